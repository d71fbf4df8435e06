"""One picker for every kept checkpoint of every run of a family, the live one included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QWidget

from studio.ui.measured import best_choices
from studio.ui.panels.sheet import Model
from studio.ui.panels.trained_run import TrainedRun, read_trained
from studio.ui.text import count_text
from studio.ui.widgets.picker import Picker, PickItem

if TYPE_CHECKING:
    from studio.ui.session import Session


def _tr(words: str) -> str:
    return QCoreApplication.translate("Checkpoints", words)


def key_of(model: Model) -> str:
    """A checkpoint as the key of a pick item."""
    return f"{model.checkpoint}\n{model.run}"


def model_of(key: str) -> Model:
    """The inverse of `key_of`."""
    checkpoint, _, run = key.partition("\n")
    return Model(run, checkpoint)


def usable_runs(session: Session, family: str) -> list[TrainedRun]:
    """The runs of a family that have a checkpoint, the newest first."""
    names = [info.name for info in session.runs() if info.family == family and not info.damage]
    found = [read_trained(session, name) for name in names]
    return [trained for trained in found if trained is not None and trained.usable]


def checkpoint_choices(session: Session, family: str, first: str = "") -> list[PickItem]:
    """Every kept checkpoint, those of the run `first` before the others; the newest of a run first. What a checkpoint
    is the best by stands beside it."""
    runs = sorted(usable_runs(session, family), key=lambda trained: trained.name != first)
    return [item for trained in runs for item in _items(session, trained, own=trained.name == first)]


def _items(session: Session, trained: TrainedRun, *, own: bool) -> list[PickItem]:
    best, newest = _best(session, trained, own=own), trained.steps[-1]
    items = []
    for step in reversed(trained.steps):
        words = _tr("step {0}").format(count_text(step))
        marks = list(best.get(step, ()))
        if step == newest:
            marks.insert(0, _tr("live") if trained.live else _tr("newest"))
        icon = "flag" if step == newest else "star" if marks else ""
        shown = words if own else f"{trained.name}, {words}"
        items.append(PickItem(key_of(Model(trained.name, str(step))), shown, detail=" · ".join(marks), icon=icon))
    return items


def _best(session: Session, trained: TrainedRun, *, own: bool) -> dict[int, list[str]]:
    """Step -> the measures by which it is the best; of the chosen run also the family's own."""
    found: dict[int, list[str]] = {}
    if own and len(trained.steps) > 1:
        found[trained.best()] = [_tr("best")]
    file = session.lists.measures(trained.name)
    if file is not None and file.stamp != (0, 0, 0):
        for best in best_choices(file, trained.steps):
            found.setdefault(best.step, []).append(best.words)
    return found


class CheckpointPicker(Picker):
    """Shows and changes a checkpoint; `model_picked` carries a `Model`."""

    model_picked = Signal(object)

    def __init__(self, caption: str, parent: QWidget | None = None) -> None:
        super().__init__(caption, placeholder=_tr("choose"), parent=parent)
        self.picked.connect(self._on_picked)

    def model(self) -> Model | None:
        """The checkpoint chosen."""
        return model_of(self.value()) if self.value() else None

    def set_model(self, model: Model | None) -> None:
        """Show a checkpoint without announcing it."""
        self.set_value(key_of(model) if model is not None else "")

    def _on_picked(self, key: str) -> None:
        self.model_picked.emit(model_of(key))
