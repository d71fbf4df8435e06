"""The Edit tab of the CycleGAN panel: one picture that is compared with its result, or a whole folder with a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout

from studio.data.decoding import SUFFIXES
from studio.ground.errors import Text, text
from studio.ui.pages import page_of_family
from studio.ui.palette import SIZES
from studio.ui.panels.cyclegan_edit_many import ManyDesk
from studio.ui.panels.cyclegan_edit_one import MOST_TOGETHER, OneDesk
from studio.ui.panels.cyclegan_edit_settings import EditSettings
from studio.ui.panels.maker import Maker
from studio.ui.panels.tab import PanelTab, TabIntention
from studio.ui.view_state import HeaderIntention
from studio.ui.widgets.empty_state import EmptyState
from studio.ui.widgets.frames import dense, rule
from studio.ui.widgets.segmented import Segment, Segmented

if TYPE_CHECKING:
    from studio.ui.session import Session

ONE, MANY = "one", "many"


class CycleganEditTab(PanelTab):
    """Two ways to use the same model with the same settings; which one is chosen at the top of the column."""

    def __init__(self, session: Session, family: str, parent: QObject | None = None) -> None:
        super().__init__(session, family, parent)
        self.maker = Maker(session, family, "edit", self)
        self.maker.doing = self.tr("Editing a picture")
        self.maker.tells_refusals = False
        self.settings = EditSettings()
        self.one = OneDesk(session, self.maker, self.settings, self)
        self.many = ManyDesk(session, self.maker, self.settings, self)
        self._build()
        self._connect()
        self.show_mode(ONE)

    def _build(self) -> None:
        self.modes = Segmented([Segment(ONE, self.tr("One picture")), Segment(MANY, self.tr("Many"))])
        self.modes.setObjectName("editModes")
        self.modes.setAccessibleName(self.tr("How many pictures"))
        column = dense(QVBoxLayout(self.controls), gap=14)
        column.addWidget(self.modes)
        column.addWidget(self.settings)
        column.addWidget(rule())
        column.addWidget(self.one.tools)
        column.addWidget(self.many.tools)
        self._rule = rule()
        column.addWidget(self._rule)
        column.addWidget(self.one.opinion.block)
        self.empty = EmptyState("cyclegan", "")
        self.empty.setObjectName("editEmpty")
        self._stack = QStackedWidget()
        for part in (self.empty, self.one.view, self.many.view):
            self._stack.addWidget(part)
        room = QVBoxLayout(self.canvas)
        room.setContentsMargins(SIZES.margin, 16, SIZES.margin, 16)
        room.addWidget(self._stack)

    def _connect(self) -> None:
        session = self.session
        self.modes.value_changed.connect(self._on_mode)
        self.settings.changed.connect(self._on_settings)
        self.empty.triggered.connect(self._on_empty_button)
        self.one.state_changed.connect(self.state_changed)
        self.one.changed.connect(self.intention_changed)
        self.one.all_asked.connect(self._on_all)
        self.many.opened.connect(self._on_opened)
        self.maker.model_changed.connect(self._on_model)
        session.selection_changed.connect(self._on_selection)
        for signal in (session.runs_changed, session.datasets_changed, session.device_changed):
            signal.connect(self.refresh)

    # --- the tab -----------------------------------------------------------------------------------------------------

    def activate(self) -> None:
        super().activate()
        self.maker.refresh()
        self._on_model()

    def deactivate(self) -> None:
        super().deactivate()
        self.one.rest()
        self.maker.forget_all()

    def project_changed(self) -> None:
        self.maker.forget_all()
        self.one.forget()
        self.many.forget()

    def close_tab(self) -> None:
        self.one.rest()
        self.many.stop()
        self.maker.forget_all()

    def state(self) -> dict[str, Any]:
        return {"mode": self.mode(), "settings": self.settings.state(), "one": self.one.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.settings.restore(state.get("settings"))
        self.one.restore(state.get("one"))
        self.show_mode(str(state.get("mode", ONE)))

    def intention_part(self) -> TabIntention:
        one = self.mode() == ONE and self.maker.model is not None
        header = HeaderIntention(
            run=True, checkpoint=True, primary="keep" if one else "", secondary=("export",) if one else ()
        )
        return TabIntention(header, blocks=self._blocks())

    def _blocks(self) -> dict[str, Text]:
        why = self.one.why_not_keep()
        nothing = None if self.one.edited is not None else text("There is no result yet: drop a picture first.")
        locked = None if self.session.can_write else text("This project is open to read only.")
        found = {"keep": why or locked, "export": nothing, "copy": nothing}
        return {name: reason for name, reason in found.items() if reason is not None}

    def actions(self) -> Mapping[str, Callable[[], None]]:
        if self.mode() == MANY:
            return {}
        return {"keep": self.one.keep, "export": self.one.export, "copy": self.one.view.compare.copy}

    def arrive(self, **what: Any) -> None:
        certificate = what.get("certificate")
        if isinstance(certificate, Mapping) and self.one.recall(certificate):
            self.show_mode(ONE)

    def take_drop(self, paths: list[Path], certificate: Mapping[str, Any] | None) -> bool:
        """A few pictures are edited one by one, a folder or many in the background; one of ours is made again."""
        if certificate is not None and certificate.get("family") == self.family and self.one.recall(certificate):
            self.show_mode(ONE)
            return True
        if self.maker.model is None or not paths:
            return False
        if not all(path.is_dir() or path.suffix.lower() in SUFFIXES for path in paths):
            return False
        if self.mode() == MANY or len(paths) > MOST_TOGETHER or any(path.is_dir() for path in paths):
            self._on_all(paths)
        else:
            self.one.take(paths)
        return True

    # --- what is shown -----------------------------------------------------------------------------------------------

    def mode(self) -> str:
        """``one`` or ``many``."""
        return self.modes.value()

    def show_mode(self, mode: str) -> None:
        """Choose how many are edited; an unknown mode is one."""
        wanted = mode if mode in (ONE, MANY) else ONE
        self.modes.set_value(wanted)
        for part in (self.one.tools, self.one.opinion.block, self._rule):
            part.setVisible(wanted == ONE)
        self.many.tools.setVisible(wanted == MANY)
        self._show_canvas()
        self.state_changed.emit()
        self.intention_changed.emit()

    def refresh(self) -> None:
        """The project, its runs or the machine have changed."""
        if self.active:
            before = self.maker.model
            self.maker.refresh()
            if self.maker.model == before:
                self._show_canvas()
                self.many.show_model()
                self.one.opinion.refresh()
                if self.one.edited is None:
                    self.one.ask()
                self.intention_changed.emit()

    def _on_selection(self, family: str) -> None:
        if family == self.family:
            self.refresh()

    def _on_model(self) -> None:
        if not self.active:
            return
        self.settings.set_trained(self.maker.trained)
        self._show_canvas()
        self.many.show_model()
        self.one.show_model()
        self.intention_changed.emit()

    def _show_canvas(self) -> None:
        if self.maker.model is None:
            self._show_empty()
            self._stack.setCurrentWidget(self.empty)
        else:
            self._stack.setCurrentWidget(self.one.view if self.mode() == ONE else self.many.view)
        for part in (self.settings, self.one.tools, self.many.tools):
            part.setEnabled(self.maker.model is not None)

    def _show_empty(self) -> None:
        trained, newest = self.maker.trained, self._newest_run()
        if trained is None and newest:
            words = self.tr("Choose a run above; the newest is {0}.").format(newest)
            self.empty.set_words(self.tr("Which run shall edit?"), words, self.tr("Use {0}").format(newest))
            return
        sentence = self.tr("Train a CycleGAN first; then drop a picture here, or a folder, and see it changed.")
        if trained is not None:
            later = self.tr("{0} has no checkpoint yet; the first comes within a minute of training.")
            sentence = trained.problem or later.format(trained.name)
        self.empty.set_words(self.tr("Nothing to edit with yet"), sentence, self.tr("Train one"))

    def _newest_run(self) -> str:
        """The newest run of the family that can be read; empty where there is none."""
        return next((info.name for info in self.session.runs() if info.family == self.family and not info.damage), "")

    # --- what the user does ------------------------------------------------------------------------------------------

    def _on_mode(self, mode: str) -> None:
        self.show_mode(mode)

    def _on_settings(self) -> None:
        self.one.show_model()
        self.many.show_model()
        self.state_changed.emit()

    def _on_empty_button(self) -> None:
        newest = self._newest_run()
        if self.maker.trained is None and newest:
            self.session.select(self.family, run=newest)
        else:
            self.session.go(page_of_family(self.family), tab="train")

    def _on_all(self, paths: list[Path]) -> None:
        self.show_mode(MANY)
        self.many.take(paths)

    def _on_opened(self, path: Path) -> None:
        self.show_mode(ONE)
        self.one.take([path])
