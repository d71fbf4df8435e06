"""The Edit tab of the CycleGAN panel: one picture that is compared with its result, or a whole folder with a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QWidget

from studio.ground.errors import Text, text
from studio.ui.panels.cyclegan_edit_many import ManyDesk
from studio.ui.panels.cyclegan_edit_one import MOST_TOGETHER, OneDesk
from studio.ui.panels.cyclegan_edit_settings import EditSettings
from studio.ui.panels.one_many_tab import MANY, ONE, OneManyTab, can_be_tried
from studio.ui.panels.tab import TabIntention
from studio.ui.view_state import HeaderIntention
from studio.ui.widgets.frames import rule


class CycleganEditTab(OneManyTab):
    """Two ways to use the same model with the same settings."""

    key = "edit"
    one: OneDesk
    many: ManyDesk

    def make_desks(self) -> tuple[OneDesk, ManyDesk]:
        self.maker.doing = self.tr("Editing a picture")
        self.maker.tells_refusals = False
        self.settings = EditSettings()
        one = OneDesk(self.session, self.maker, self.settings, self)
        many = ManyDesk(self.session, self.maker, self.settings, self)
        self._rule = rule()
        self.settings.changed.connect(self._on_settings)
        one.changed.connect(self.intention_changed)
        one.all_asked.connect(self._on_all)
        many.opened.connect(self._on_opened)
        many.state_changed.connect(self.state_changed)
        return one, many

    def column_parts(self) -> Sequence[QWidget]:
        one, many = self.one, self.many
        return self.settings, rule(), one.tools, many.tools, self._rule, one.opinion.block

    def of_one(self) -> Sequence[QWidget]:
        return self.one.tools, self.one.opinion.block, self._rule

    # --- the tab -----------------------------------------------------------------------------------------------------

    def activate(self) -> None:
        super().activate()
        self.maker.refresh()
        self._on_model()

    def project_changed(self) -> None:
        self.maker.forget_all()
        self.one.forget()
        self.many.forget()

    def state(self) -> dict[str, Any]:
        own = {"mode": self.mode(), "settings": self.settings.state()}
        return own | {"one": self.one.state(), "many": self.many.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.settings.restore(state.get("settings"))
        self.one.restore(state.get("one"))
        self.many.restore(state.get("many"))
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
        if self.maker.model is None or not can_be_tried(paths):
            return False
        if self.mode() == MANY or len(paths) > MOST_TOGETHER or any(path.is_dir() for path in paths):
            self._on_all(paths)
        else:
            self.one.take(paths)
        return True

    # --- what is shown -----------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """The project, its runs or the machine have changed."""
        if self.active:
            before = self.maker.model
            self.maker.refresh()
            if self.maker.model == before:
                self.show_canvas()
                self.many.show_model()
                self.one.opinion.refresh()
                if self.one.edited is None:
                    self.one.ask()
                self.intention_changed.emit()

    def model_shown(self) -> None:
        self.settings.set_trained(self.maker.trained)
        self.one.show_model()

    def show_canvas(self) -> None:
        super().show_canvas()
        for part in (self.settings, self.one.tools, self.many.tools):
            part.setEnabled(self.maker.model is not None)

    def show_empty(self) -> None:
        sentence = self.tr("Train a CycleGAN first; then drop a picture here, or a folder, and see it changed.")
        self.fill_empty(
            self.empty,
            which=self.tr("Which run shall edit?"),
            nothing=self.tr("Nothing to edit with yet"),
            why=self.why_no_model(sentence),
        )

    # --- what the user does ------------------------------------------------------------------------------------------

    def _on_settings(self) -> None:
        self.one.show_model()
        self.many.show_model()
        self.state_changed.emit()

    def _on_all(self, paths: list[Path]) -> None:
        self.show_mode(MANY)
        self.many.take(paths)

    def _on_opened(self, path: Path) -> None:
        self.show_mode(ONE)
        self.one.take([path])
