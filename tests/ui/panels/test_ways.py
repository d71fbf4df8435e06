"""On the way between pictures that are made in steps; states with each picture once; no window needed."""

import numpy as np
import pytest

from studio.config.denoising import Beginning, Denoising, Restart
from studio.config.requests import Drawn, Recipe, Slerp
from studio.models.vocabulary import Vocabulary, unknown_places
from studio.ui.panels.diffusion_given import GivenPicture, given, given_mask, mask_file, png_of
from studio.ui.panels.folded import folded, unfolded
from studio.ui.panels.latents import between, in_one_call, mean, varied
from studio.ui.panels.recipe_words import recipe_words
from studio.ui.panels.sheet import fitted_steps, recipe_from_json, recipe_to_json
from studio.ui.panels.ways import way_between
from studio.ui.text import NO_BREAK

PICTURE, OTHER = (png_of(np.full((8, 8, 3), grey, np.uint8)) for grey in (20, 200))


def drawn(index: int, *, labels: dict[str, str] | None = None, **way: object) -> Recipe:
    return Recipe(latent=Drawn(seed=7, index=index), labels=labels or {}, denoising=Denoising.model_validate(way))


def half(a: Recipe, b: Recipe) -> Denoising:
    found = between(a, b, 0.5).denoising
    assert found is not None
    return found


# --- between -----------------------------------------------------------------------------------------------------


def test_words_labels_and_guidance_are_mixed_and_the_rest_is_of_the_first() -> None:
    a = drawn(0, labels={"hair": "red", "smile": "no"}, prompt="x", guidance=2.0, sampler="heun", negative="p")
    b = drawn(1, labels={"hair": "blue", "smile": "no"}, prompt="y", guidance=4.0, sampler="ddim", negative="q")
    recipe = between(a, b, 0.25)
    way = recipe.denoising
    assert way is not None
    assert recipe.latent == Slerp(a=a.latent, b=b.latent, t=0.25)
    assert (recipe.labels, recipe.directions) == (a.labels, {})
    assert (way.prompt, way.other_prompt, way.other_labels, way.other_share) == ("x", "y", {"hair": "blue"}, 0.25)
    assert (way.guidance, way.sampler, way.negative) == (2.5, "heun", "p")
    assert half(a, b).negative == "q"
    assert between(a, b, 0.0) == a and between(a, b, 1.0) == b


def test_the_same_words_and_noise_are_no_way() -> None:
    way = half(drawn(0, prompt="x"), drawn(1, prompt="x"))
    assert not way.is_between
    assert between(drawn(0), drawn(0, prompt="y"), 0.5).latent == Drawn(seed=7, index=0)
    assert half(drawn(0), drawn(0, prompt="y")).other_prompt == "y"


def test_from_a_way_it_goes_on_from_the_nearer_end() -> None:
    way = half(drawn(0, prompt="x", other_prompt="y", other_share=0.7), drawn(1, prompt="z"))
    assert (way.prompt, way.other_prompt) == ("y", "z")


def test_a_picture_goes_over_into_noise() -> None:
    way = way_between(Denoising(begin=Beginning(picture=PICTURE, strength=0.5)), Denoising(), 0.5, labels={})
    assert way.begin is not None and way.begin.strength == 0.75
    back = way_between(Denoising(), Denoising(begin=Beginning(picture=PICTURE, strength=0.5)), 0.5, labels={})
    assert back.begin == way.begin


@pytest.mark.parametrize(("strength", "way", "told"), [(0.4, "noise", 2.0), (0.0, "inversion", 1.0)])
def test_a_picture_goes_over_into_another(strength: float, way: str, told: float) -> None:
    a, b = (drawn(0, begin=Beginning(picture=p, strength=strength)) for p in (PICTURE, OTHER))
    found = half(a, b)
    assert found.begin is not None and found.guidance == told
    assert (found.begin.picture, found.begin.towards, found.begin.share) == (PICTURE, OTHER, 0.5)
    assert found.begin.way == way
    same = half(a, a.model_copy(update={"latent": Drawn(seed=8)}))
    assert same.begin is not None and not same.begin.towards


def test_restarts_stay_only_where_both_have_them() -> None:
    restarts = (Restart(step=3, seed=1),)
    assert half(drawn(0, restarts=restarts), drawn(1, restarts=restarts)).restarts == restarts
    assert half(drawn(0, restarts=restarts), drawn(1)).restarts == ()


def test_a_mean_keeps_how_noise_is_taken_away() -> None:
    recipes = [drawn(0, sampler="heun"), drawn(1)]
    assert mean(recipes).denoising == recipes[0].denoising


def test_pictures_to_be_looked_at_are_made_in_one_call() -> None:
    made = in_one_call([drawn(index) for index in range(9)])
    assert {recipe.denoising.chunk for recipe in made if recipe.denoising} == {9}
    assert in_one_call([Recipe(latent=Drawn(seed=1))])[0].denoising is None


def test_variations_mix_noise_in_or_cover_what_was_brought() -> None:
    near = varied(drawn(0), 5, 2, 0.3)
    assert [recipe.latent for recipe in near] == [
        Slerp(a=Drawn(seed=7, index=0), b=Drawn(seed=5, index=at), t=0.3) for at in (0, 1)
    ]
    brought = varied(drawn(0, begin=Beginning(picture=PICTURE, strength=0.0)), 5, 2, 0.3)
    assert [recipe.latent for recipe in brought] == [Drawn(seed=5, index=0), Drawn(seed=5, index=1)]
    assert all(one.denoising and one.denoising.begin and one.denoising.begin.strength == 0.3 for one in brought)


# --- what a model can read ---------------------------------------------------------------------------------------


def test_a_model_without_words_gets_none_and_nothing_is_forgotten() -> None:
    recipe = drawn(0, labels={"hair": "red", "q": "r"}, prompt="x", negative="y", other_labels={"q": "s"})
    found = fitted_steps(recipe.model_copy(update={"truncation": 0.5}), {"hair": ("red",)}, words=False)
    assert found.denoising == Denoising()
    assert (found.labels, found.truncation) == ({"hair": "red"}, 1.0)
    assert fitted_steps(recipe, {}, words=True).denoising.prompt == "x"  # type: ignore[union-attr]
    assert fitted_steps(found, {"hair": ("red",)}, words=False) == found


def test_where_unknown_words_stand() -> None:
    vocabulary = Vocabulary(["a", "girl", ",", "with"], 16)
    text = "A Girl, with İ hat"
    assert [text[start:end] for start, end in unknown_places(vocabulary, text)] == ["İ", "hat"]


# --- pictures ----------------------------------------------------------------------------------------------------


def test_a_given_picture_is_cut_and_a_recalled_one_stays_to_the_bit() -> None:
    wide = GivenPicture(np.random.default_rng(0).integers(0, 256, (16, 32, 3), np.uint8))
    assert wide.pixels_at((8, 8)).shape == (8, 8, 3)
    mask = np.zeros((8, 8), bool)
    mask[2:4] = True
    begin = Beginning(picture=wide.at((8, 8)), mask=mask_file(mask))
    assert given(begin).at((8, 8)) == begin.picture
    assert np.array_equal(given_mask(begin), mask)  # type: ignore[arg-type]


def test_a_state_holds_each_picture_once() -> None:
    rows = [recipe_to_json(drawn(at, begin=Beginning(picture=PICTURE, mask=OTHER))) for at in range(3)]
    state = {"sheet": rows, "controls": {"begin": {"picture": rows[0]["denoising"]["begin"]["picture"]}, "seed": 4}}
    small = folded(state)
    assert len(small["pictures"]) == 2 and str(small).count("iVBOR") == 2
    assert unfolded(small) == state
    assert recipe_from_json(unfolded({"sheet": small["sheet"]})["sheet"][0]) is None  # its picture is gone


def test_how_it_was_made_in_words() -> None:
    words = recipe_words(drawn(2, prompt="a girl", negative="hat", size=(32, 48), sampler_steps=8))
    assert words.replace(NO_BREAK, " ") == (
        "“a girl” · seed 7, no. 3 · not “hat” · guidance 2 · DPM++ 2M, 8 steps · 48 × 32 pixels"
    )
    assert "a part of a picture" in recipe_words(drawn(0, begin=Beginning(picture=PICTURE, mask=OTHER)))
    assert "as it was brought" in recipe_words(drawn(0, begin=Beginning(picture=PICTURE, strength=0.0)))
    assert "“x” → 30 % “y”" in recipe_words(drawn(0, prompt="x", other_prompt="y", other_share=0.3))
