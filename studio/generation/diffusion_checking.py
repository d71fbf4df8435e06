"""What a denoiser cannot make, said before it begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio.config.denoising import Beginning, Denoising
from studio.config.requests import Recipe
from studio.generation.diffusion_pictures import read_mask, read_picture
from studio.generation.models import unknown_name
from studio.generation.prompts import all_texts, check_prompt, check_size
from studio.ground.errors import UsageError

if TYPE_CHECKING:
    from studio.generation.diffusion import DiffusionModel


def must_be_possible(model: DiffusionModel, recipe: Recipe) -> None:
    """Refuse a completed recipe that the model cannot make.

    Raises:
        UsageError: says what is wrong and what there is.
    """
    if recipe.truncation != 1 or recipe.directions:
        raise UsageError("Truncation and directions are of GANs; steer a denoiser by labels, words and guidance.")
    denoising = recipe.denoising or Denoising()
    for name, value in (*recipe.labels.items(), *denoising.other_labels.items()):
        if name not in model.labels:
            raise unknown_name("label", name, list(model.labels))
        if value not in model.labels[name]:
            raise unknown_name(f"value of {name}", value, list(model.labels[name]))
    for prompt in all_texts(denoising):
        check_prompt(model.vocabulary, prompt)
    assert denoising.size is not None
    height, width = model.config.picture_shape
    check_size(denoising.size, model.denoiser.multiple, f"{width} × {height}")
    if denoising.begin is not None:
        _check_beginning(model, denoising, denoising.begin)


def checked_together(recipes: Sequence[Recipe]) -> None:
    """Raises UsageError for recipes that cannot be made in one request."""
    if len({recipe.denoising.size for recipe in recipes if recipe.denoising is not None}) > 1:
        raise UsageError("Pictures of one request have one size; ask for other sizes in a request of their own.")


def _check_beginning(model: DiffusionModel, denoising: Denoising, begin: Beginning) -> None:
    assert denoising.size is not None
    for picture in (begin.picture, begin.towards):
        if picture or picture is begin.picture:
            read_picture(picture, denoising.size, model.config.channels)
    if begin.mask:
        read_mask(begin.mask, begin.picture, denoising.size)
    first = first_step(denoising)
    early = [restart.step for restart in denoising.restarts if restart.step < first]
    if early:
        raise UsageError(
            "At this strength the picture begins at step {first}; restart there or later, not at {step}.",
            first=first, step=early[0],
        )  # fmt: skip


def first_step(denoising: Denoising) -> int:
    """Where the way begins: at 0, or later for a picture that is not made anew altogether."""
    if denoising.begin is None:
        return 0
    return denoising.sampler_steps - round(denoising.begin.strength * denoising.sampler_steps)
