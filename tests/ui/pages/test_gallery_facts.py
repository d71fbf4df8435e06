"""What the gallery says of a creation; no window needed."""

from dataclasses import replace
from pathlib import Path

from studio.config.denoising import Beginning, Denoising
from studio.config.requests import Drawn, Editing, EditRequest, GenerateRequest, Recipe
from studio.projects.creations import Creation
from studio.ui.pages.gallery_model import facts_of


def creation(recipe: Recipe) -> Creation:
    request = GenerateRequest(run="faces", checkpoint="40", recipes=(recipe,)).model_dump_json()
    return Creation(1, "a.png", "", 10, 8, 8, "picture", "diffusion", "faces", 0.0, False, "", request)


def test_words_and_sampler_of_a_denoised_picture() -> None:
    way = Denoising(prompt="a <b>girl</b>", negative="hat", guidance=3.5, sampler="ddim", sampler_steps=8)
    facts = dict(facts_of(creation(Recipe(latent=Drawn(seed=7), labels={"hair": "red"}, denoising=way))))
    assert (facts["Prompt"], facts["Not"], facts["Hair"]) == ("a <b>girl</b>", "hat", "red")
    assert (facts["Guidance"], facts["Sampler"]) == ("3.5", "DDIM, 8 steps")
    assert "Begins with" not in facts and "Towards" not in facts


def test_where_a_picture_begins() -> None:
    way = Denoising(begin=Beginning(picture=b"x", mask=b"y", strength=0.5), other_prompt="blue", other_share=0.5)
    facts = dict(facts_of(creation(Recipe(latent=Drawn(seed=7), denoising=way))))
    assert facts["Begins with"] == "a part of a picture, strength 0.5" and facts["Towards"] == "blue"


def test_an_edited_picture_names_the_file_that_it_does_not_carry() -> None:
    request = EditRequest(run="hair", checkpoint="40", editing=Editing(direction="b2a", strength=0.8))
    known = Creation(1, "a.png", "", 10, 8, 8, "picture", "cyclegan", "hair", 0.0, False, "", "")
    found = [dict(facts_of(replace(known, request_json=one.model_dump_json()))) for one in (
        request, request.model_copy(update={"source": Path("/home/me/a.jpg")}))]  # fmt: skip
    assert found[0]["Strength"] == "80 %" and "Made of" not in found[0]
    assert Path(found[1]["Made of"]) == Path("/home/me/a.jpg")


def test_a_picture_of_a_gan_says_nothing_of_steps() -> None:
    facts = dict(facts_of(creation(Recipe(latent=Drawn(seed=7)))))
    assert facts["Seed"] == "7" and "Sampler" not in facts
