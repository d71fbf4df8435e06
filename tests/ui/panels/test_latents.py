"""New recipes from picked ones, and the sheet that holds them: no window needed."""

import numpy as np
import pytest

from studio.config.requests import Arithmetic, Drawn, GenerateRequest, Mean, Recipe, Slerp
from studio.ui.panels.create_export import loop
from studio.ui.panels.latents import along, arithmetic, between, frames, mean
from studio.ui.panels.sheet import (
    MOST,
    Model,
    Sheet,
    fitted,
    recipe_from_json,
    recipe_to_json,
    request_from_json,
    with_direction,
    with_label,
    with_truncation,
)


def drawn(index: int, **more: object) -> Recipe:
    """A recipe of seed 7."""
    return Recipe.model_validate({"latent": Drawn(seed=7, index=index), **more})


# --- between, mean, arithmetic -----------------------------------------------------------------------------------


def test_the_ends_of_a_way_are_the_recipes_themselves() -> None:
    a, b = drawn(0, truncation=0.5, labels={"hair": "red"}), drawn(1, labels={"hair": "blue"})
    assert between(a, b, 0.0) == a
    assert between(a, b, 1.0) == b


def test_half_way_truncation_is_half_and_a_differing_label_moves_towards_the_other() -> None:
    a, b = drawn(0, truncation=0.5, labels={"hair": "red"}), drawn(1, truncation=1.5, labels={"hair": "blue"})
    half = between(a, b, 0.5)
    assert isinstance(half.latent, Slerp) and half.latent.t == 0.5
    assert half.truncation == pytest.approx(1.0)
    assert half.labels == {"hair": "red"}
    assert half.directions == {"hair=blue": 0.5}


def test_directions_change_evenly_and_vanish_where_they_are_zero() -> None:
    a, b = drawn(0, directions={"smile=yes": 2.0}), drawn(1, directions={"glasses=yes": 4.0})
    assert between(a, b, 0.25).directions == {"smile=yes": 1.5, "glasses=yes": 1.0}


def test_every_stop_is_a_frame_of_the_way() -> None:
    stops = [drawn(0), drawn(1), drawn(2)]
    made = frames(stops, 9)
    assert len(made) == 9
    assert [made[0], made[4], made[8]] == stops
    assert along(stops, 0.75).latent == Slerp(a=stops[1].latent, b=stops[2].latent, t=0.5)


def test_a_loop_comes_back_without_showing_a_stop_twice() -> None:
    stops = [drawn(0), drawn(1)]
    made = loop(stops, 4)
    assert len(made) == 8
    assert made[0] == stops[0] and made[4] == stops[1]
    assert made[7] == between(stops[1], stops[0], 0.75)


def test_a_mean_averages_and_keeps_only_labels_that_agree() -> None:
    a = drawn(0, truncation=0.6, labels={"hair": "red", "smile": "yes"}, directions={"x=y": 1.0})
    b = drawn(1, truncation=1.0, labels={"hair": "red", "smile": "no"})
    made = mean([a, b])
    assert made.latent == Mean(of=(a.latent, b.latent))
    assert made.truncation == pytest.approx(0.8)
    assert made.labels == {"hair": "red"}
    assert made.directions == {"x=y": 0.5}


def test_arithmetic_takes_all_but_the_latent_from_a() -> None:
    a, b, c = drawn(0, labels={"hair": "red"}), drawn(1), drawn(2)
    made = arithmetic(a, b, c)
    assert made.latent == Arithmetic(a=a.latent, b=b.latent, c=c.latent)
    assert made.labels == a.labels


# --- recipes -----------------------------------------------------------------------------------------------------


def test_a_recipe_survives_json_with_all_its_nesting() -> None:
    recipe = arithmetic(drawn(0, truncation=0.7), between(drawn(1), drawn(2), 0.3), mean([drawn(3), drawn(4)]))
    assert recipe_from_json(recipe_to_json(recipe)) == recipe


@pytest.mark.parametrize(
    "odd", [None, 3, "x", [], {"latent": 5}, {"latent": {"kind": "drawn"}}, {"latent": {"kind": "no"}}]
)
def test_what_is_no_recipe_is_none(odd: object) -> None:
    assert recipe_from_json(odd) is None


def test_a_certificate_holds_the_request() -> None:
    request = GenerateRequest(run="r", checkpoint="40", recipes=(drawn(3),))
    assert request_from_json({"request": request.model_dump(mode="json"), "family": "gan"}) == request
    assert request_from_json({"request": {"run": 5}}) is None
    assert request_from_json(None) is None


def test_changes_leave_the_rest_alone_and_nothing_is_stored_for_zero() -> None:
    recipe = drawn(0, labels={"hair": "red"}, directions={"a=b": 1.0})
    assert with_label(recipe, "hair", "").labels == {}
    assert with_label(recipe, "smile", "yes").labels == {"hair": "red", "smile": "yes"}
    assert with_direction(recipe, "a=b", 0.0).directions == {}
    assert with_truncation(recipe, 0.5) == drawn(0, labels={"hair": "red"}, directions={"a=b": 1.0}, truncation=0.5)


def test_a_model_gets_only_what_it_knows() -> None:
    recipe = drawn(
        0, labels={"hair": "green", "smile": "yes"}, directions={"hair=red": 3.0, "eyes=blue": -2.0, "q=r": 1.0}
    )
    labels = {"hair": ("red", "blue"), "smile": ("yes", "no")}
    made = fitted(recipe, labels, ("hair=red", "eyes=blue"))
    assert made.labels == {"smile": "yes"}
    assert made.directions == {"hair=red": 1.5, "eyes=blue": -2.0}  # a share of the way, and deviations
    assert fitted(made, labels, ("hair=red", "eyes=blue")) == made


# --- the sheet ---------------------------------------------------------------------------------------------------

PICTURE = np.zeros((4, 4, 3), np.uint8)
MODEL = Model("run", "10")


def filled_sheet(count: int) -> Sheet:
    """A sheet whose pictures are all made."""
    sheet = Sheet()
    for entry in sheet.append(drawn(index) for index in range(count)):
        entry.picture, entry.made, entry.model = PICTURE, entry.recipe, MODEL
    return sheet


def test_generating_goes_on_where_the_seed_stopped() -> None:
    sheet = filled_sheet(3)
    assert sheet.following(7) == 3
    assert sheet.following(8) == 0


def test_only_what_changed_is_out_of_date() -> None:
    sheet = filled_sheet(3)
    assert sheet.outdated(MODEL) == []
    sheet.change(lambda recipe: with_truncation(recipe, 0.5), [sheet.entries[1].number])
    assert sheet.outdated(MODEL) == [sheet.entries[1]]
    assert len(sheet.outdated(Model("run", "20"))) == 3


def test_what_another_model_does_not_know_is_not_forgotten() -> None:
    sheet = filled_sheet(1)
    sheet.change(lambda recipe: with_label(recipe, "hair", "red"))
    sheet.fit = lambda recipe: fitted(recipe, {}, ())
    assert sheet.outdated(MODEL) == []
    assert sheet.entries[0].recipe.labels == {"hair": "red"}


def test_giving_up_leaves_what_is_shown() -> None:
    sheet = filled_sheet(2)
    sheet.append([drawn(9)])
    sheet.change(lambda recipe: with_truncation(recipe, 0.5))
    sheet.settle()
    assert [entry.recipe for entry in sheet.entries] == [drawn(0), drawn(1)]


def test_a_sheet_has_an_end() -> None:
    sheet = Sheet()
    added = sheet.append(drawn(index) for index in range(MOST + 10))
    assert len(added) == len(sheet) == MOST


def test_a_sheet_is_there_again_without_what_is_damaged() -> None:
    sheet = filled_sheet(2)
    other = Sheet()
    other.load([*sheet.to_json(), {"latent": None}, 5])
    assert [entry.recipe for entry in other.entries] == [drawn(0), drawn(1)]
    other.load("nonsense")
    assert len(other) == 0


def test_an_entry_names_the_request_that_makes_it_again() -> None:
    entry = filled_sheet(1).entries[0]
    assert entry.request() == GenerateRequest(run="run", checkpoint="10", recipes=(drawn(0),))
    assert Sheet().append([drawn(0)])[0].request() is None
