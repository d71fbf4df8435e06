"""What a family adds to the trainer: its networks, its optimisers, its phases, what it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from torch import Tensor, nn
from torch.optim import Optimizer

from studio.config.data import Choices
from studio.config.facts import DataFacts
from studio.config.training import TrainingSettings
from studio.data.prepared_texts import PreparedTexts
from studio.data.splitting import Parts
from studio.ground.errors import Text
from studio.ground.events import Notice
from studio.models.weights import Table
from studio.training.rng import Draws


class Pictures(Protocol):
    """Prepared pictures, as ``studio.data.prepared`` gives them."""

    fingerprint: str
    training: np.ndarray
    held_out: np.ndarray
    choices: Choices

    @property
    def parts(self) -> Parts:
        """Which to learn from, which to be watched by, which never to see."""

    @property
    def facts(self) -> DataFacts:
        """What presets know of them, at the prepared size."""

    @property
    def codes(self) -> Mapping[str, np.ndarray]:
        """Label name -> (N,) codes, -1 where a picture has none."""

    @property
    def names(self) -> Sequence[str]:
        """What each picture is called in its data set."""

    @property
    def captions(self) -> Sequence[str]:
        """What describes each picture in words; () where the data set has no captions."""

    def read(self, indices: np.ndarray) -> np.ndarray:
        """uint8 (N, C, H, W)."""


TrainingData = Pictures | PreparedTexts
"""What a run learns from; each family knows which of the two it is given."""


@dataclass(frozen=True)
class Verdict:
    """What a validation means: ``keep``: the best weights so far, worth a model point; ``enough``: why to end now."""

    keep: bool = False
    enough: Text | None = None


@dataclass(frozen=True)
class Phase:
    """One update of one optimiser within a step.

    ``loss`` gives the scalar to descend; while it is computed and differentiated the modules in ``frozen`` take no
    gradients. Where a batch is worked on in shares, ``beside`` holds the other shares' losses, each computed in a
    thread of its own, and the mean of all is descended; they must not draw from process-wide generators. Where it does
    not fit into the memory at once, ``later`` holds further parts, each in as many shares, which are worked on one
    after another; the mean over all parts is descended.
    """

    name: str
    loss: Callable[[], Tensor]
    frozen: tuple[str, ...] = ()
    beside: tuple[Callable[[], Tensor], ...] = ()
    later: tuple[tuple[Callable[[], Tensor], ...], ...] = ()


@runtime_checkable
class TakesOver(Protocol):
    """A task that can begin with weights of networks that were told other things than its own: of other words, say.

    ``facts`` are those of the checkpoint that the weights lie in.
    """

    def table_there(self, module: str, table: Table, facts: Mapping[str, Any]) -> Table:
        """What the checkpoint holds of a module whose own table is ``table``."""

    def fitted(self, module: str, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> Mapping[str, Tensor]:
        """The checkpoint's tensors as the module here needs them."""

    def new_here(self, facts: Mapping[str, Any]) -> Text | None:
        """What the weights do not know; None where they know all."""


@runtime_checkable
class BringsFiles(Protocol):
    """A task whose checkpoints hold files besides tensors: what turns texts into tokens, say."""

    def files(self) -> Mapping[str, bytes]:
        """Name -> content; always the same."""


class Task(Protocol):
    """A family's part. ``optimisers`` and phases share names with the modules that they move."""

    family: str
    config: TrainingSettings
    modules: Mapping[str, nn.Module]
    optimisers: Mapping[str, Optimizer]
    averaged: tuple[str, ...]
    items_per_step: int
    metric_names: tuple[str, ...]
    rhythm: int
    """Every so many steps the work repeats itself (1: all steps are alike)."""
    validate_every: int
    """Every so many steps it is measured, and :meth:`verdict` asked; 0: only where a model point is kept."""

    def blank(self, name: str) -> nn.Module:
        """The module ``name`` anew, on ``meta``: to be filled with an average."""

    def phases(self, draws: Draws) -> Iterator[Phase]:
        """The phases of one step, in order; each is carried out before the next is asked for."""

    def values(self) -> Mapping[str, Tensor]:
        """Scalars of the step just made, on the device."""

    def follow(self, config: TrainingSettings) -> None:
        """Take over settings that may change while running."""

    def samples(self, averages: Mapping[str, nn.Module]) -> Iterator[np.ndarray]:
        """What the run shows: always the same pieces, (n, H, W, C) uint8 (of a generator: from fixed latents)."""

    def sample_notes(self) -> Mapping[str, Any]:
        """What there is to say of the last :meth:`samples`, as plain JSON data; asked right after them."""

    def sample_values(self, pictures: np.ndarray) -> dict[str, float]:
        """Numbers that the samples themselves tell."""

    def measure(self, averages: Mapping[str, nn.Module]) -> Iterator[dict[str, float] | None]:
        """How good the averaged networks are: None while at work, the named numbers at last."""

    def verdict(self, values: Mapping[str, float]) -> Verdict:
        """What the measures of a validation mean for the run.

        Asked once for every validation that is due, never for those that a user asks for; what it remembers belongs
        into :meth:`extra_state`. After ``enough`` it counts anew, since the run may be made longer.
        """

    def remarks(self, step: int, values: Mapping[str, float]) -> list[Notice]:
        """What is worth knowing about the numbers of a step."""

    def extra_state(self) -> dict[str, Tensor]:
        """Tensors to be saved beyond modules and optimisers (a pool of pictures, ...)."""

    def load_extra_state(self, tensors: Mapping[str, Tensor]) -> None:
        """The inverse of :meth:`extra_state`."""

    def description(self) -> dict[str, Any]:
        """Plain facts that a model point needs besides the config (label values, ...)."""
