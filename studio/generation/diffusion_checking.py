"""What a denoiser cannot make, said before it begins, and what of a prompt it does not read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from studio.config.denoising import MOST_SIDE, Beginning, Denoising
from studio.config.requests import Recipe
from studio.generation.diffusion_pictures import read_mask, read_picture
from studio.generation.models import unknown_name
from studio.ground.errors import UsageError, text
from studio.ground.events import Notice
from studio.models.diffusion_text import Vocabulary, words_of

if TYPE_CHECKING:
    from studio.generation.diffusion import DiffusionModel

LEAST_SIDE = 8
LONGEST_PROMPT = 4096  # characters
_NAMED = 12  # words that are named, at most


def must_be_possible(model: DiffusionModel, recipe: Recipe) -> None:
    """Refuse a completed recipe that the model cannot make.

    Raises:
        UsageError: says what is wrong and what there is.
    """
    if recipe.truncation != 1 or recipe.directions:
        raise UsageError("Truncation and directions are of GANs; steer a denoiser by labels, words and guidance.")
    for name, value in recipe.labels.items():
        if name not in model.labels:
            raise unknown_name("label", name, list(model.labels))
        if value not in model.labels[name]:
            raise unknown_name(f"value of {name}", value, list(model.labels[name]))
    denoising = recipe.denoising or Denoising()
    for prompt in all_texts(denoising):
        _check_prompt(model.vocabulary, prompt)
    _check_size(model, denoising)
    if denoising.begin is not None:
        _check_beginning(model, denoising, denoising.begin)


def checked_together(recipes: Sequence[Recipe]) -> None:
    """Raises UsageError for recipes that cannot be made in one request."""
    if len({recipe.denoising.size for recipe in recipes if recipe.denoising is not None}) > 1:
        raise UsageError("Pictures of one request have one size; ask for other sizes in a request of their own.")


def unread_words(vocabulary: Vocabulary | None, recipes: Sequence[Recipe]) -> list[Notice]:
    """Notices of the words that are not known, and of those beyond what the model reads, each named once."""
    if vocabulary is None:
        return []
    texts = dict.fromkeys(t for recipe in recipes if recipe.denoising for t in all_texts(recipe.denoising))
    read = [vocabulary.encode(prompt) for prompt in texts]
    unknown = list(dict.fromkeys(word for one in read for word in one.unknown))
    cut = list(dict.fromkeys(word for one in read for word in one.cut))
    found = []
    if unknown:
        body = text("The captions it learned from do not hold: {words}. It reads on as if it were any word.",
                    words=_listed(unknown))  # fmt: skip
        found.append(Notice("unknown-words", "warning", text("The model does not know some words"), body))
    if cut:
        body = text("It reads {count} words and marks; left out: {words}.", count=vocabulary.length - 1,
                    words=_listed(cut))  # fmt: skip
        found.append(Notice("words-left-out", "warning", text("The prompt is longer than the model reads"), body))
    return found


def all_texts(denoising: Denoising) -> list[str]:
    """Every text of a recipe that is not empty."""
    restarts = [words for one in denoising.restarts for words in (one.prompt, one.negative)]
    return [words for words in (denoising.prompt, denoising.negative, denoising.other_prompt, *restarts) if words]


def _check_prompt(vocabulary: Vocabulary | None, prompt: str) -> None:
    if vocabulary is None:
        raise UsageError("This model reads no words: it was trained without captions. Steer it by its labels.")
    if len(prompt) > LONGEST_PROMPT:
        raise UsageError("The prompt has {count} characters; shorten it to {most}.",
                         count=len(prompt), most=LONGEST_PROMPT)  # fmt: skip
    words = [word for word in words_of(prompt) if word[0].isalnum()]
    if not words:
        raise UsageError("The prompt holds no words; write what the picture shall show, or leave it away.")
    unknown = vocabulary.encode(prompt).unknown
    if not set(words) - set(unknown):
        raise UsageError(
            "The model knows none of these words: {words}. Its captions hold, for example: {known}.",
            words=_listed(unknown), known=", ".join(vocabulary.words[:_NAMED]),
        )  # fmt: skip


def _check_size(model: DiffusionModel, denoising: Denoising) -> None:
    assert denoising.size is not None
    height, width = denoising.size
    multiple = model.denoiser.multiple
    if any(side % multiple or not LEAST_SIDE <= side <= MOST_SIDE for side in (height, width)):
        raise UsageError(
            "The model cannot make {height} × {width} pixels: sides are multiples of {multiple} up to {most}; it "
            "learned {own} × {own}.",
            height=height, width=width, multiple=multiple, most=MOST_SIDE, own=model.config.picture_size,
        )  # fmt: skip


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


def _listed(words: Sequence[str]) -> str:
    shown = ", ".join(words[:_NAMED])
    return shown if len(words) <= _NAMED else f"{shown}, …"
