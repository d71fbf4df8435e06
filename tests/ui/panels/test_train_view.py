"""What the Train tab decides to show, without a window."""

from dataclasses import replace

import pytest

from studio.config.base import with_overrides
from studio.config.facts import DataFacts, DeviceFacts
from studio.config.gan import preset
from studio.config.requests import TrainRequest
from studio.ground.errors import text
from studio.ui.panels.measuring import Measured, measured_from, measuring_key
from studio.ui.panels.run_pane import first_sentence
from studio.ui.panels.train_draft import Draft, fill, fill_from_run
from studio.ui.panels.train_facts import smaller_batch
from studio.ui.panels.train_view import (
    LABELLED_PICTURES,
    PAIRS,
    PICTURES,
    TEXTS,
    DataWords,
    RunFacts,
    TrainFacts,
    TrainView,
    resolve,
)
from studio.ui.starters import STARTERS

DATA = DataFacts(count=3000, height=32, width=32, channels=3, labels={"hair": ("red", "blue"), "one": ("x",)})
CPU = DeviceFacts()
RUN = RunFacts("r", "running", step=10, total=40, live=True, own=True)


def ids(view: TrainView) -> list[str]:
    assert view.notice is not None
    return [choice.id for choice in view.notice.choices]


def test_without_a_project_it_offers_one() -> None:
    view = resolve(TrainFacts())
    assert view.canvas == "empty"
    assert view.empty is not None and view.empty.main is not None and view.empty.main.id == "new_project"


def test_without_data_it_offers_to_draw_or_import() -> None:
    view = resolve(TrainFacts(project=True))
    assert view.empty is not None and view.empty.main is not None and view.empty.other is not None
    assert (view.empty.main.id, view.empty.other.id) == ("draw_portraits", "import_data")


@pytest.mark.parametrize("words", [PICTURES, LABELLED_PICTURES, TEXTS, PAIRS])
def test_every_kind_of_data_offers_what_there_is(words: DataWords) -> None:
    view = resolve(TrainFacts(project=True, data_words=words))
    facts = TrainFacts(project=True, datasets=1, dataset="x", data_words=words, why_not_data=text("It is empty."))
    why = resolve(facts)
    for empty in (view.empty, why.empty):
        assert empty is not None and empty.main is not None
        kind, _, starter = empty.main.id.partition(":")
        assert kind != "starter" or starter in {one.id for one in STARTERS}
    assert why.empty is not None and str(why.empty.sentence) == "It is empty."


def test_a_read_only_project_offers_nothing_to_write() -> None:
    view = resolve(TrainFacts(project=True, read_only=True))
    assert view.empty is not None and view.empty.main is None and view.empty.other is None


def test_with_data_it_shows_a_sheet_that_can_be_measured() -> None:
    view = resolve(TrainFacts(project=True, datasets=1, dataset="cats"))
    assert (view.canvas, view.locked, view.measurable) == ("sheet", None, True)


def test_several_data_sets_ask_for_a_choice() -> None:
    view = resolve(TrainFacts(project=True, datasets=2))
    assert view.canvas == "empty"


def test_starting_closes_the_settings() -> None:
    view = resolve(TrainFacts(project=True, datasets=1, dataset="cats", starting=True))
    assert view.canvas == "starting" and view.locked is not None


def test_a_live_run_leaves_open_what_may_change() -> None:
    view = resolve(TrainFacts(project=True, run=RUN))
    assert view.live and view.live_open and view.locked is not None and view.notice is None


@pytest.mark.parametrize(
    ("state", "kind", "wanted"),
    [
        ("finished", "info", ["create", "longer", "renew"]),
        ("stopped", "info", ["resume", "create"]),
        ("interrupted", "warning", ["resume", "renew"]),
        ("failed", "error", ["resume", "renew"]),
        ("waiting", "info", []),
    ],
)
def test_every_ended_state_says_what_to_do(state: str, kind: str, wanted: list[str]) -> None:
    view = resolve(TrainFacts(project=True, run=replace(RUN, state=state, live=False)))
    assert view.notice is not None and view.notice.kind == kind
    assert ids(view) == wanted
    assert not view.live_open, "what has ended cannot be told anything"


def test_lack_of_memory_offers_the_batch_that_fits() -> None:
    failed = replace(RUN, state="failed", live=False, error="No memory.", smaller_batch=16)
    view = resolve(TrainFacts(project=True, run=failed))
    assert ids(view)[0] == "smaller_batch"
    assert view.notice is not None and view.notice.details


def test_a_damaged_run_says_so_and_offers_no_settings() -> None:
    view = resolve(TrainFacts(project=True, run=replace(RUN, live=False, damage=text("Its status is damaged."))))
    assert view.notice is not None and str(view.notice.sentence) == "Its status is damaged."
    assert not view.can_renew


@pytest.mark.parametrize(
    ("error", "batch"),
    [
        ("Memory does not suffice for 64 items a step; 16 a step fit: start again with a batch of 16.", 16),
        ("A batch of 64 would take about 9 GB of memory and 4 GB are free; start it with a batch of 8.", 8),
        ("A batch of 64 would take about 9 GB of memory and 4 GB are free; choose smaller networks or pictures.", 0),
        ("", 0),
    ],
)  # fmt: skip
def test_the_batch_is_read_from_the_sentence(error: str, batch: int) -> None:
    assert smaller_batch(error) == batch


# --- drafts ----------------------------------------------------------------------------------------------------------


def test_a_draft_survives_json() -> None:
    draft = Draft("best", {"batch": 48, "condition": ("hair",)}, "run-1", "40", "there")
    back = Draft.from_json(draft.to_json())
    assert back == replace(draft, overrides={"batch": 48, "condition": ["hair"]})


@pytest.mark.parametrize("odd", [None, 3, {}, {"dial": "slow", "overrides": 4, "start": ["a"]}, {"start": [1, 2]}])
def test_an_odd_draft_is_a_fresh_one(odd: object) -> None:
    assert Draft.from_json(odd) == Draft()


def test_labels_that_the_data_lack_are_left_out() -> None:
    filled = fill("gan", Draft("quick", {"condition": ("hair", "gone"), "batch": 8}), DATA, CPU)
    assert filled.overrides == {"condition": ("hair",), "batch": 8}
    assert fill("gan", Draft("quick", {"condition": ("gone",)}), DATA, CPU).overrides == {}


def test_a_stored_run_shows_what_differs_from_its_preset() -> None:
    changes = {"loss": "wasserstein", "loss.penalty": 5.0, "network.width": 16, "steps": 77}
    config = with_overrides(preset(DATA, CPU, "balanced"), changes)
    request = TrainRequest(family="gan", dataset="cats", config={}, dial="balanced")
    filled = fill_from_run(config, request, DATA, CPU)
    assert (filled.dial, filled.overrides) == ("balanced", changes)
    assert with_overrides(filled.base, filled.overrides) == config


def test_a_run_without_a_dial_shows_the_nearest_preset() -> None:
    config = with_overrides(preset(DATA, CPU, "best"), {"seed": 9})
    filled = fill_from_run(config, None, DATA, CPU)
    assert (filled.dial, filled.overrides) == ("best", {"seed": 9})


# --- measurements ----------------------------------------------------------------------------------------------------


def test_what_does_not_matter_for_speed_is_measured_once() -> None:
    config = preset(DATA, CPU, "quick")
    same = with_overrides(config, {"steps": 9, "seed": 5, "generator_rate": 1e-3})
    other = with_overrides(config, {"batch": 8})
    assert measuring_key("cats", "cpu", config) == measuring_key("cats", "cpu", same)
    keys = {
        measuring_key("cats", "cpu", config),
        measuring_key("cats", "cpu", other),
        measuring_key("dogs", "cpu", config),
    }
    assert len(keys) == 3


def test_a_measurement_tells_the_time_of_any_horizon() -> None:
    result = {"memory": 10, "free": 20, "batch_that_fits": 64, "seconds_per_step": 0.1, "items_per_second": 320.0}
    found = measured_from(result)
    assert found == Measured(320.0, 32.0, 10, 20, 64)
    assert found.seconds(600) == pytest.approx(60.0)
    assert measured_from(None) is None


def test_the_first_sentence_ends_at_its_stop() -> None:
    assert first_sentence("It judges 98.5 % right. Usually it learns too fast.") == "It judges 98.5 % right."
    assert first_sentence("No stop") == "No stop"
