"""What a panel needs to know of a trained run before it asks it for anything: its checkpoints, labels and loss."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.config.registry import best_by
from studio.ground.errors import StudioError
from studio.ground.files import read_json
from studio.models.vocabulary import Vocabulary
from studio.projects.measures import MeasureFile
from studio.ui.measured import BEST
from studio.ui.words import spoken_error

if TYPE_CHECKING:
    from studio.ui.session import Session

_STATE = "state.json"
_NAME = re.compile(r"(model|resume)-(\d+)")


@dataclass(frozen=True)
class TrainedRun:
    """A run as something that makes pictures.

    ``points``: kept checkpoints of either kind by step, with their folders. ``labels``: what it can be told, name ->
    values. ``findable``: labels of its data set that it cannot be told, for which directions can be looked for.
    ``problem``: why it cannot be used.
    """

    name: str
    dataset: str = ""
    points: Mapping[int, Path] = field(default_factory=dict)
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    findable: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    vocabulary: Vocabulary | None = None
    """The words that it reads; None where it reads none."""
    examples: tuple[str, ...] = ()
    """Some of the captions that it learned from."""
    live: bool = False
    problem: str = ""
    folder: Path | None = None

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps of the kept checkpoints, ascending."""
        return tuple(sorted(self.points))

    @property
    def usable(self) -> bool:
        """Whether there is a checkpoint to make pictures with."""
        return bool(self.steps) and not self.problem

    @property
    def side(self) -> int:
        """Width of its pictures in pixels; 0 where unknown."""
        size = self.config.get("picture_size", 0)
        return size if isinstance(size, int) else 0

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of its pictures in pixels; zeros where unknown."""
        height = self.config.get("picture_height", 0)
        return height if isinstance(height, int) and height else self.side, self.side

    @property
    def seed(self) -> int:
        """The seed that its own samples are drawn from."""
        seed = self.config.get("seed", 0)
        return seed if isinstance(seed, int) else 0

    def step_of(self, checkpoint: str) -> int | None:
        """The step that ``last``, ``best``, ``best:MEASURE`` or a number stands for; None where it is not kept."""
        if not self.steps:
            return None
        if checkpoint == "best":
            return self.best()
        if checkpoint.startswith(BEST):
            return self._best_by(checkpoint.removeprefix(BEST))
        if checkpoint.isdigit():
            return int(checkpoint) if int(checkpoint) in self.steps else None
        return self.steps[-1]

    def best(self) -> int:
        """The step that the family's own measure calls the best; the last one where none was measured."""
        if "family" not in self.config:
            return self.steps[-1]
        by = best_by(str(self.config["family"]))
        found = {step: _facts(path).get("measures", {}).get(by.metric) for step, path in self.points.items()}
        sign = 1 if by.lowest else -1
        measured = [(sign * value, step) for step, value in found.items() if isinstance(value, (int, float))]
        return min(measured)[1] if measured else self.steps[-1]

    def _best_by(self, measure: str) -> int | None:
        """The kept step that is best by what was measured afterwards; None where nothing was."""
        return MeasureFile(self.folder).best_step(measure, self.steps) if self.folder is not None else None


def read_trained(session: Session, name: str) -> TrainedRun | None:
    """What is known of a run; None where there is no run of that name. Problems are told, not raised."""
    if session.project is None or not name:
        return None
    try:
        run = session.project.runs.get(name)
        return _describe(session, run)
    except (StudioError, OSError) as error:
        return TrainedRun(name, problem=spoken_error(error))


def _describe(session: Session, run: Any) -> TrainedRun:
    points = kept_points(Path(run.folder) / "checkpoints")
    facts = _facts(points[max(points)]) if points else {}
    description = facts.get("description", {})
    labels = {str(label): tuple(values) for label, values in description.get("labels", {}).items()}
    return TrainedRun(
        name=run.name,
        dataset=run.dataset,
        points=points,
        labels=labels,
        findable=_findable(session, run.dataset, labels),
        config=facts.get("config", {}),
        vocabulary=_vocabulary(description),
        examples=tuple(map(str, description.get("examples", ()))),
        live=session.is_live(run.name),
        folder=Path(run.folder),
    )


def _vocabulary(description: Mapping[str, Any]) -> Vocabulary | None:
    words, length = description.get("words"), description.get("length")
    return Vocabulary(words, length) if isinstance(words, list) and isinstance(length, int) else None


def kept_points(folder: Path) -> dict[int, Path]:
    """The checkpoints in a run's folder by step; of one step the model point counts."""
    names = sorted((path.name for path in folder.iterdir()), reverse=True) if folder.is_dir() else []
    found = {int(match[2]): name for name in names if (match := _NAME.fullmatch(name))}
    return {step: folder / found[step] for step in sorted(found)}


@dataclass(frozen=True, slots=True)
class FoundDirection:
    """A direction that was found for a checkpoint; see ``studio.generation.gan_directions.Direction``."""

    label: str
    value: str
    accuracy: float
    reach: float


def found_directions(trained: TrainedRun, step: int) -> tuple[FoundDirection, ...]:
    """The directions found earlier for a checkpoint; nothing where none were, or they cannot be read."""
    if trained.folder is None:
        return ()
    try:
        rows = read_json(trained.folder / "directions" / f"{step:09d}.json")["directions"]
        return tuple(FoundDirection(r["label"], r["value"], r["accuracy"], r["reach"]) for r in rows)
    except (StudioError, OSError, KeyError, TypeError):
        return ()


def _findable(session: Session, dataset: str, told: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    facts = session.data_facts(dataset)
    known = facts.labels if facts is not None else {}
    return {label: tuple(values) for label, values in known.items() if label not in told}


def _facts(folder: Path) -> dict[str, Any]:
    """The sealed facts of a checkpoint; {} where they cannot be read, which the request itself will then tell."""
    try:
        return read_json(folder / _STATE)
    except (StudioError, OSError):
        return {}
