"""A tab with two ways to use the same model: on one thing at hand, or on many in the background."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from studio.data.decoding import SUFFIXES
from studio.ui.pages import BY_ID, page_of_family
from studio.ui.palette import SIZES
from studio.ui.panels.maker import Maker
from studio.ui.panels.model_tab import ModelTab
from studio.ui.widgets.empty_state import EmptyState
from studio.ui.widgets.frames import dense
from studio.ui.widgets.segmented import Segment, Segmented

if TYPE_CHECKING:
    from studio.ui.session import Session

ONE, MANY = "one", "many"


class OneManyTab(ModelTab):
    """Which of the two ways is chosen at the top of the column. ``key`` begins the names of its controls.

    A subclass makes in `make_desks` the desks `one` and `many`, each with ``tools`` for the column and a ``view`` for
    the canvas, says in `column_parts` what stands in the column, and in `show_empty` why there is nothing to use yet.
    """

    key = ""

    def __init__(self, session: Session, family: str, parent: QObject | None = None) -> None:
        super().__init__(session, family, parent)
        self.maker = Maker(session, family, self.key, self)
        self.one, self.many = self.make_desks()
        self.modes = Segmented([Segment(way, words) for way, words in zip((ONE, MANY), self.mode_words(), strict=True)])
        self.modes.setObjectName(f"{self.key}Modes")
        self.modes.setAccessibleName(self.tr("One or many"))
        self.empty = EmptyState(BY_ID[page_of_family(family)].icon, "")
        self.empty.setObjectName(f"{self.key}Empty")
        self._lay_out()
        self.modes.value_changed.connect(self.show_mode)
        self.empty.triggered.connect(self.choose_or_train)
        self.one.state_changed.connect(self.state_changed)
        self.maker.model_changed.connect(self._on_model)
        self.listen()
        self.show_mode(ONE)

    # --- what a family says ------------------------------------------------------------------------------------------

    def mode_words(self) -> tuple[str, str]:
        """What the two ways are called."""
        return self.tr("One picture"), self.tr("Many")

    def make_desks(self) -> tuple[Any, Any]:
        """The desk for one picture and that for many."""
        raise NotImplementedError

    def column_parts(self) -> Sequence[QWidget]:
        """What stands below the choice of the way."""
        return self.one.tools, self.many.tools

    def of_one(self) -> Sequence[QWidget]:
        """What of the column belongs to one picture alone."""
        return (self.one.tools,)

    def show_empty(self) -> None:
        """Say in the empty place why there is nothing to use yet."""
        raise NotImplementedError

    def model_shown(self) -> None:
        """There is a model, perhaps another one, or what it depends on has changed."""

    # --- the tab -----------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        column = dense(QVBoxLayout(self.controls), gap=14)
        for part in (self.modes, *self.column_parts()):
            column.addWidget(part)
        self._stack = QStackedWidget()
        for view in (self.empty, self.one.view, self.many.view):
            self._stack.addWidget(view)
        room = QVBoxLayout(self.canvas)
        room.setContentsMargins(SIZES.margin, 16, SIZES.margin, 16)
        room.addWidget(self._stack)

    def deactivate(self) -> None:
        super().deactivate()
        self.one.rest()
        self.maker.forget_all()

    def close_tab(self) -> None:
        self.one.rest()
        self.many.stop()
        self.maker.forget_all()

    def mode(self) -> str:
        """``one`` or ``many``."""
        return self.modes.value()

    def show_mode(self, mode: str) -> None:
        """Choose one of the ways; an unknown one is that for one picture."""
        wanted = mode if mode in (ONE, MANY) else ONE
        self.modes.set_value(wanted)
        for part in self.of_one():
            part.setVisible(wanted == ONE)
        self.many.tools.setVisible(wanted == MANY)
        self.show_canvas()
        self.state_changed.emit()
        self.intention_changed.emit()

    def show_canvas(self) -> None:
        """The way that is chosen, or the empty place."""
        if self.maker.model is None:
            self.show_empty()
            self._stack.setCurrentWidget(self.empty)
        else:
            self._stack.setCurrentWidget(self.one.view if self.mode() == ONE else self.many.view)

    def _on_model(self) -> None:
        if not self.active:
            return
        self.model_shown()
        self.show_canvas()
        self.many.show_model()
        self.intention_changed.emit()


def can_be_tried(paths: Sequence[Path]) -> bool:
    """Whether dropped files are folders and pictures, and nothing else."""
    return bool(paths) and all(path.is_dir() or path.suffix.lower() in SUFFIXES for path in paths)
