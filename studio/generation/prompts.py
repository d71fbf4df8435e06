"""What of a prompt a model cannot read, and which sizes it cannot make. No torch: engine and window say the same.

A model reads no words where its vocabulary is None.
"""

from __future__ import annotations

from collections.abc import Sequence

from studio.config.denoising import MOST_SIDE, Denoising
from studio.config.requests import Recipe
from studio.ground.errors import UsageError, text
from studio.ground.events import Notice
from studio.models.vocabulary import Vocabulary, words_of

LEAST_SIDE = 8
LONGEST_PROMPT = 4096  # characters
_NAMED = 12  # words that are named, at most


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
        body = text("The captions it learned from do not hold: {words}. What is not known tells it nothing.",
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


def check_prompt(vocabulary: Vocabulary | None, prompt: str) -> None:
    """Raises UsageError for a text that is no prompt for the model: says what is wrong with it."""
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
            words=_listed(unknown), known=_examples(vocabulary),
        )  # fmt: skip


def check_size(size: tuple[int, int], multiple: int, own: str) -> None:
    """Raises UsageError for a height and width that a model with sides of a ``multiple`` cannot make.

    ``own``: the size that it learned, in words; width before height, as everywhere in sentences.
    """
    height, width = size
    if any(side % multiple or not LEAST_SIDE <= side <= MOST_SIDE for side in size):
        raise UsageError(
            "The model cannot make {width} × {height} pixels: sides are multiples of {multiple} up to {most}; it "
            "learned {own}.",
            height=height, width=width, multiple=multiple, most=MOST_SIDE, own=own,
        )  # fmt: skip


def _examples(vocabulary: Vocabulary) -> str:
    """Some words that it knows; marks are none."""
    return ", ".join([word for word in vocabulary.words if word[0].isalnum()][:_NAMED])


def _listed(words: Sequence[str]) -> str:
    shown = ", ".join(words[:_NAMED])
    return shown if len(words) <= _NAMED else f"{shown}, …"
