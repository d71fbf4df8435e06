"""The Ask tab of the classifier's panel: one picture that is drawn or dropped, or a whole folder as a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout

from studio.data.decoding import SUFFIXES
from studio.ui.pages import page_of_family
from studio.ui.palette import SIZES
from studio.ui.panels.ask_many import ManyDesk
from studio.ui.panels.ask_one import OneDesk
from studio.ui.panels.maker import Maker
from studio.ui.panels.tab import PanelTab, TabIntention
from studio.ui.view_state import HeaderIntention
from studio.ui.widgets.empty_state import EmptyState
from studio.ui.widgets.frames import dense
from studio.ui.widgets.segmented import Segment, Segmented

if TYPE_CHECKING:
    from studio.ui.session import Session

ONE, MANY = "one", "many"


class ClassifierAskTab(PanelTab):
    """Two ways to ask the same model; which one is chosen at the top of the column."""

    def __init__(self, session: Session, family: str, parent: QObject | None = None) -> None:
        super().__init__(session, family, parent)
        self.maker = Maker(session, family, "ask", self)
        self.maker.doing = self.tr("Asking the classifier")
        self.one = OneDesk(session, self.maker, self)
        self.many = ManyDesk(session, self.maker, self)
        self._build()
        self._connect()
        self.show_mode(ONE)

    def _build(self) -> None:
        self.modes = Segmented([Segment(ONE, self.tr("One picture")), Segment(MANY, self.tr("Many"))])
        self.modes.setObjectName("askModes")
        self.modes.setAccessibleName(self.tr("How many pictures"))
        column = dense(QVBoxLayout(self.controls), gap=14)
        column.addWidget(self.modes)
        column.addWidget(self.one.tools)
        column.addWidget(self.many.tools)
        self.empty = EmptyState("classifier", "")
        self.empty.setObjectName("askEmpty")
        self._stack = QStackedWidget()
        for part in (self.empty, self.one.view, self.many.view):
            self._stack.addWidget(part)
        room = QVBoxLayout(self.canvas)
        room.setContentsMargins(SIZES.margin, 16, SIZES.margin, 16)
        room.addWidget(self._stack)

    def _connect(self) -> None:
        session = self.session
        self.modes.value_changed.connect(self._on_mode)
        self.empty.triggered.connect(self._on_empty_button)
        self.one.state_changed.connect(self.state_changed)
        self.many.opened.connect(self._on_opened)
        self.many.data_asked.connect(self._on_data)
        self.maker.model_changed.connect(self._on_model)
        session.selection_changed.connect(self._on_selection)
        for signal in (session.runs_changed, session.datasets_changed, session.device_changed):
            signal.connect(self.refresh)

    # --- the tab -----------------------------------------------------------------------------------------------------

    def activate(self) -> None:
        super().activate()
        self.maker.refresh(follow=True)
        self._on_model()

    def deactivate(self) -> None:
        super().deactivate()
        self.one.rest()
        self.maker.forget_all()

    def project_changed(self) -> None:
        self.maker.forget_all()
        self.many.forget()

    def close_tab(self) -> None:
        self.one.rest()
        self.many.stop()
        self.maker.forget_all()

    def state(self) -> dict[str, Any]:
        return {"mode": self.mode(), "tools": self.one.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.one.restore(state.get("tools"))
        self.show_mode(str(state.get("mode", ONE)))

    def intention_part(self) -> TabIntention:
        return TabIntention(header=HeaderIntention(run=True, checkpoint=True, primary=""))

    def actions(self) -> Mapping[str, Callable[[], None]]:
        return {"find": self._on_find} if self.mode() == MANY else {}

    def take_drop(self, paths: list[Path], certificate: Mapping[str, Any] | None) -> bool:
        """One picture is asked about (also one that was made here); a folder or several are classified."""
        if self.maker.model is None or not paths:
            return False
        if not all(path.is_dir() or path.suffix.lower() in SUFFIXES for path in paths):
            return False
        if len(paths) == 1 and not paths[0].is_dir():
            self.show_mode(ONE)
            self.one.open(paths[0])
        else:
            self.show_mode(MANY)
            self.many.classify(paths)
        return True

    # --- what is shown -----------------------------------------------------------------------------------------------

    def mode(self) -> str:
        """``one`` or ``many``."""
        return self.modes.value()

    def show_mode(self, mode: str) -> None:
        """Choose how many are asked about; an unknown mode is one."""
        wanted = mode if mode in (ONE, MANY) else ONE
        self.modes.set_value(wanted)
        self.one.tools.setVisible(wanted == ONE)
        self.many.tools.setVisible(wanted == MANY)
        self._show_canvas()
        self.state_changed.emit()
        self.intention_changed.emit()

    def refresh(self) -> None:
        """The project, its runs or the machine have changed; a run that trains is asked at its newest checkpoint."""
        if self.active:
            before = self.maker.model
            self.maker.refresh(follow=True)
            if self.maker.model == before:
                self._on_model()

    def _on_selection(self, family: str) -> None:
        if family == self.family:
            self.refresh()

    def _on_model(self) -> None:
        if not self.active:
            return
        self._show_canvas()
        self.many.show_model()
        if self.maker.model is not None:
            self.one.show_model()
        self.intention_changed.emit()

    def _show_canvas(self) -> None:
        if self.maker.model is None:
            self._show_empty()
            self._stack.setCurrentWidget(self.empty)
        else:
            self._stack.setCurrentWidget(self.one.view if self.mode() == ONE else self.many.view)

    def _show_empty(self) -> None:
        trained, newest = self.maker.trained, self._newest_run()
        if trained is None and newest:
            words = self.tr("Choose a run above; the newest is {0}.").format(newest)
            self.empty.set_words(self.tr("Which run shall be asked?"), words, self.tr("Use {0}").format(newest))
            return
        sentence = self.tr("Train a classifier first; then draw or drop a picture here and see what it says.")
        if trained is not None:
            later = self.tr("{0} has no checkpoint yet; the first comes within a minute of training.")
            sentence = trained.problem or later.format(trained.name)
        self.empty.set_words(self.tr("Nothing to ask yet"), sentence, self.tr("Train one"))

    def _newest_run(self) -> str:
        """The newest run of the family that can be read; empty where there is none."""
        return next((info.name for info in self.session.runs() if info.family == self.family and not info.damage), "")

    # --- what the user does ------------------------------------------------------------------------------------------

    def _on_mode(self, mode: str) -> None:
        self.show_mode(mode)

    def _on_empty_button(self) -> None:
        newest = self._newest_run()
        if self.maker.trained is None and newest:
            self.session.select(self.family, run=newest)
        else:
            self.session.go(page_of_family(self.family), tab="train")

    def _on_opened(self, path: Path) -> None:
        self.show_mode(ONE)
        self.one.open(path)

    def _on_data(self, dataset: str, name: str) -> None:
        self.session.go("data", dataset=dataset, pictures=(name,))

    def _on_find(self) -> None:
        self.many.view.search.setFocus()
        self.many.view.search.selectAll()
