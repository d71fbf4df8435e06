"""What trained models of any family can be asked: the promises that jobs rely on, and how a family is found by name.

Each ``studio.generation.<family>`` has ``load_model(folder, device)``, which gives a second instance in eval mode,
filled from a checkpoint: it draws from no shared generator and no run notices it. Families whose capabilities name
``pictures`` give a :class:`PictureModel`, those that name ``judges`` a :class:`JudgingModel`, those that name ``edits``
an :class:`EditingModel`, those that name ``writes`` a :class:`WritingModel`, those that name ``translates`` a
:class:`TranslatingModel` (``studio.config.registry``).
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from torch import Tensor

from studio.config.data import Choices, PrepareSettings
from studio.config.decoding import Decoding
from studio.config.requests import Direction, Editing, LookRequest, Recipe
from studio.config.texts import Message
from studio.config.training import TrainingSettings
from studio.config.writing import Writing
from studio.data.joined import TrainingPictures
from studio.generation.replies import Prompt, ReadText, WrittenToken
from studio.generation.translations import SeenTranslation, Version, Word
from studio.ground.errors import DamagedError, UsageError
from studio.ground.events import Notice, Progress
from studio.ground.files import read_json, verify_manifest

Wanted = Mapping[str, str] | Sequence[Mapping[str, str]]
"""Labels of pictures to be made: the same for all, or those of each."""
STATE = "state.json"


@dataclass(frozen=True, slots=True)
class Exported:
    """A model as other programs read it: file stem -> tensors, plain facts that describe them, files as they are."""

    tensors: Mapping[str, Mapping[str, Tensor]]
    facts: Mapping[str, Any]
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Insight:
    """What a ``LookRequest`` found, by ``what``; of which kind ``found`` and ``real`` are, the family says.

    ``pictures`` and ``names``: position in the data set as prepared -> picture (H, W, C) uint8, its name.
    """

    what: str
    step: int
    found: tuple[object, ...]
    pictures: Mapping[int, np.ndarray] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)
    real: tuple[object, ...] = ()


@runtime_checkable
class Model(Protocol):
    """A trained model as a checkpoint holds it.

    Attributes:
        config: the settings of its run. step: when in the run.
        labels: what it can be told, or what it tells: name -> values in the order of their codes.
    """

    config: TrainingSettings
    step: int
    labels: Mapping[str, tuple[str, ...]]

    def exported(self) -> Exported:
        """What other programs need to use it."""


@runtime_checkable
class PictureModel(Model, Protocol):
    """Makes pictures; each is the same alone and among others."""

    def pictures(self, recipes: Sequence[Recipe]) -> Iterator[np.ndarray]:
        """The recipes' pictures (n, H, W, C) uint8, a piece at a time. Raises UsageError for what cannot be made."""

    def labels_of(self, recipe: Recipe) -> dict[str, str]:
        """The value of every label that the recipe's picture is made with, also of those left open."""

    def draw(self, seed: int, start: int, count: int, labels: Wanted = ()) -> Iterator[np.ndarray]:
        """Pictures ``start`` to ``start + count`` of those that ``seed`` draws, (n, H, W, C) uint8 a piece at a time.

        Raises:
            UsageError: a label or value that there is not; labels for another number of pictures.
        """

    def labels_drawn(self, seed: int, start: int, count: int) -> list[dict[str, str]]:
        """The labels of the same pictures where they are left open: drawn as often as in the data."""


@dataclass(frozen=True, slots=True)
class Forming:
    """Pictures of one call on their way, (n, H, W, C) uint8: what they are taken for so far, or ``whole`` at the end.

    ``done`` of ``total`` steps of the request are made.
    """

    pictures: np.ndarray
    whole: bool
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class SeenStep:
    """One step of a picture, uint8 (H, W, C) each: as the network sees it, what it is taken for, the noise in it.

    ``words``: each word of the prompt and how much the places look at it, (H, W) float32, adding up to at most 1.
    """

    number: int
    sigma: float
    seen: np.ndarray
    clean: np.ndarray
    noise: np.ndarray
    words: tuple[tuple[str, np.ndarray], ...] = ()


@runtime_checkable
class StepwiseModel(PictureModel, Protocol):
    """Makes pictures step by step, as the ``denoising`` of recipes says."""

    def completed(self, recipe: Recipe) -> Recipe:
        """The recipe with all that it leaves open, so that it makes the same picture for ever."""

    def remarks(self, recipes: Sequence[Recipe]) -> list[Notice]:
        """What is worth knowing before they are made: words that the model does not know."""

    def forming(self, recipes: Sequence[Recipe]) -> Iterator[Forming]:
        """Like :meth:`pictures`, and what they are taken for after each step."""

    def seen_steps(self, recipe: Recipe, *, words: bool = False) -> Iterator[SeenStep]:
        """Every step of one picture, with ``words`` also where its words are looked at. Raises UsageError."""


@runtime_checkable
class JudgingModel(Model, Protocol):
    """Tells probabilities of labels for pictures, whatever their size: each is made ready as the run's data was.

    Attributes:
        settings, choices: how the run's pictures were prepared.
    """

    settings: PrepareSettings
    choices: Choices

    def probabilities(self, x_NHWC: np.ndarray) -> dict[str, np.ndarray]:
        """label -> (N, K) float32, rows adding up to one, of pictures (N, H, W, C) uint8 with one or three channels."""

    def features(self, x_NHWC: np.ndarray) -> np.ndarray:
        """What the network makes of pictures before it decides: (N, F) float32."""

    def grad_cam(self, x_NHWC: np.ndarray, label: str, value: str) -> np.ndarray:
        """Which places speak for ``label=value``: (N, size, size) float32 in [0, 1].

        Raises:
            UsageError: there is no such label or value.
        """


@dataclass(frozen=True, slots=True, eq=False)
class RoundTrip:
    """A picture on its way to the other side and back, (H, W, C) uint8 each; None where a model has no way back.

    Attributes:
        translated, back: there, and back again. identity: what makes pictures of its own side makes of it.
        cycle_error, identity_error: what that changed, (H, W) float32: the mean difference over channels, 0 to 1.
        patches_real, patches_translated: raw scores (h, w) float32 of the discriminators of the sides that the pictures
            are of or pretend to be of. threshold: above it a patch is taken for real.
    """

    real: np.ndarray
    translated: np.ndarray
    patches_translated: np.ndarray
    threshold: float
    step: int
    back: np.ndarray | None = None
    identity: np.ndarray | None = None
    cycle_error: np.ndarray | None = None
    identity_error: np.ndarray | None = None
    patches_real: np.ndarray | None = None


@runtime_checkable
class EditingModel(Model, Protocol):
    """Translates given pictures between two sides; each comes back at its own size.

    Attributes:
        sides: what the sides are called. told_by: the label whose values they are; "" where they are two data sets.
        directions: which ways it knows. channels: 1 or 3, of the pictures it takes.
        background: what showed through transparent pictures when it learned, as #rrggbb.
    """

    sides: tuple[str, str]
    told_by: str
    directions: tuple[Direction, ...]
    channels: int
    background: str

    def test_rows(self, data: TrainingPictures) -> Mapping[Direction, np.ndarray]:
        """Which pictures (n,) of its run's data each direction begins with: those set aside first."""

    def edit(self, x_HWC: np.ndarray, editing: Editing) -> Generator[tuple[int, int], None, np.ndarray]:
        """The picture (H, W, C) uint8 translated; tells on the way how many of how many pieces are done.

        Raises:
            UsageError: it does not know this direction.
        """

    def round_trip(self, x_HWC: np.ndarray, direction: Direction) -> RoundTrip:
        """The picture there and back again, of large ones a smaller copy. Raises UsageError as above."""


@runtime_checkable
class WritingModel(Model, Protocol):
    """Writes texts, token by token.

    Attributes:
        context: the most tokens that it reads and writes together. reused: tokens of the last prompt that had been read
            before. converses: whether it has learnt how conversations are written; others continue their texts.
    """

    context: int

    @property
    def reused(self) -> int:
        """How much of the last prompt had not to be read again."""

    @property
    def converses(self) -> bool:
        """Whether it knows conversations."""

    def conversation(self, messages: Sequence[Message], start: str = "", tokens: int = 1) -> Prompt:
        """A conversation up to the reply, with room for so many tokens. Raises UsageError."""

    def text(self, text: str, tokens: int = 1) -> Prompt:
        """A text to be continued."""

    def write(self, prompt: Prompt, writing: Writing) -> Iterator[tuple[WrittenToken, ...]]:
        """The next token of every row that goes on; nothing (an empty tuple) while it reads. Raises UsageError."""

    def read_whole(self, text: str, messages: Sequence[Message]) -> Prompt:
        """A text or a conversation as it stands, to be looked at."""

    def read(
        self, prompt: Prompt, *, alternatives: int, attention: bool, logits_after: int | None = None
    ) -> Iterator[tuple[int, int] | ReadText]:
        """How many of how many tokens are read; at last what was found. Raises UsageError."""


@runtime_checkable
class TranslatingModel(Model, Protocol):
    """Translates sentences."""

    def translate(
        self, sentences: Sequence[str], decoding: Decoding, *, begins: Sequence[str] = ()
    ) -> Generator[tuple[int, int], None, list[tuple[Version, ...]]]:
        """Translations of each sentence, the best first; tells on the way how many of how many are done.

        ``begins``: what those of each sentence begin with; nothing where it is empty.
        """

    def unknown(self, sentence: str) -> tuple[tuple[int, int], ...]:
        """From where to where in a sentence there are words that the model cannot read."""

    def next_words(self, sentence: str, begin: str, count: int, *, int8: bool = False) -> tuple[Word, ...]:
        """At most ``count`` words that could stand after ``begin`` in the translation, the likeliest first."""

    def likelihoods(self, sentence: str, translations: Sequence[str]) -> list[float]:
        """How likely the model holds each translation of a sentence to be, as logarithms."""

    def look(self, sentence: str, decoding: Decoding, begin: str = "") -> SeenTranslation:
        """How one sentence is translated: the search, and what was looked at."""


@runtime_checkable
class LooksInside(Protocol):
    """A model of which more can be asked than what it makes."""

    def recall(self, run_folder: Path) -> None:
        """Take up what was found about it earlier and kept with its run; quick, called before each request."""

    def look(
        self, request: LookRequest, data: TrainingPictures, run_folder: Path
    ) -> Generator[Progress, None, Insight]:
        """Find what is asked, in pieces that a job can stop between. Raises UsageError where it cannot."""


def load_model(family: str, folder: Path, device: torch.device) -> Model:
    """The model of a checkpoint of either kind, by its family.

    Raises:
        DamagedError: it is not whole, or not of this family.
    """
    made: Model = importlib.import_module(f"studio.generation.{family}").load_model(folder, device)
    return made


def read_facts(folder: Path, family: str) -> dict[str, Any]:
    """The plain facts of a checkpoint, whose files have all been checked.

    Raises:
        DamagedError: it is not whole, or of another family.
    """
    verify_manifest(folder)
    facts = read_json(folder / STATE)
    if facts.get("family") != family:
        found = facts.get("family") or "unknown"
        raise DamagedError(
            "The checkpoint {name} is of the family {found}, not of the family {family}.",
            name=folder.name, found=found, family=family,
        )  # fmt: skip
    return facts


def each(labels: Wanted, count: int) -> list[dict[str, str]]:
    """Labels for each of ``count`` pictures. Raises ValueError where they are for another number."""
    if isinstance(labels, Mapping):
        return [dict(labels)] * count
    if labels and len(labels) != count:
        raise ValueError(f"labels for {len(labels)} pictures, but {count} are to be made")
    return [dict(one) for one in labels] or [{}] * count


def unknown_name(what: str, name: str, known: Sequence[str]) -> UsageError:
    """The error for a name that there is not, with the nearest and all that there are."""
    near = difflib.get_close_matches(name, known, n=1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    return UsageError(
        "There is no {what} {name}{hint}; there is: {known}.",
        what=what, name=name, hint=hint, known=", ".join(known) or "none",
    )  # fmt: skip
