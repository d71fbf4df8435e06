"""Requests survive being saved, and are equal when they ask for the same."""

from studio.config import requests


def test_a_nested_recipe_comes_back_equal() -> None:
    a, b = requests.Drawn(seed=1), requests.Drawn(seed=2, index=3)
    latent = requests.Slerp(a=a, b=requests.Mean(of=(a, b)), t=0.25)
    recipe = requests.Recipe(latent=latent, labels={"hair": "blond"}, directions={"smile=yes": 1.5})
    made = requests.GenerateRequest(run="r", recipes=(recipe,))
    assert requests.GenerateRequest.model_validate_json(made.model_dump_json()) == made


def test_a_grid_is_the_same_pictures_whatever_its_count() -> None:
    assert requests.grid(7, 3) == requests.grid(7, 9)[:3]
