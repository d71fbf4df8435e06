"""The Ask tab of the classifier's panel: one picture that is drawn or dropped, or a whole folder as a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from studio.ui.panels.ask_many import ManyDesk
from studio.ui.panels.ask_one import OneDesk
from studio.ui.panels.one_many_tab import MANY, ONE, OneManyTab, can_be_tried
from studio.ui.panels.tab import TabIntention
from studio.ui.view_state import HeaderIntention


class ClassifierAskTab(OneManyTab):
    """Two ways to ask the same model."""

    key = "ask"
    one: OneDesk
    many: ManyDesk

    def make_desks(self) -> tuple[OneDesk, ManyDesk]:
        self.maker.doing = self.tr("Asking the classifier")
        one, many = OneDesk(self.session, self.maker, self), ManyDesk(self.session, self.maker, self)
        many.opened.connect(self._on_opened)
        many.data_asked.connect(self._on_data)
        return one, many

    # --- the tab -----------------------------------------------------------------------------------------------------

    def activate(self) -> None:
        super().activate()
        self.maker.refresh(follow=True)
        self._on_model()

    def project_changed(self) -> None:
        self.maker.forget_all()
        self.many.forget()

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
        if self.maker.model is None or not can_be_tried(paths):
            return False
        if len(paths) == 1 and not paths[0].is_dir():
            self.show_mode(ONE)
            self.one.open(paths[0])
        else:
            self.show_mode(MANY)
            self.many.classify(paths)
        return True

    # --- what is shown -----------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """A run that trains is asked at its newest checkpoint."""
        if self.active:
            before = self.maker.model
            self.maker.refresh(follow=True)
            if self.maker.model == before:
                self._on_model()

    def model_shown(self) -> None:
        if self.maker.model is not None:
            self.one.show_model()

    def show_empty(self) -> None:
        sentence = self.tr("Train a classifier first; then draw or drop a picture here and see what it says.")
        self.fill_empty(
            self.empty,
            which=self.tr("Which run shall be asked?"),
            nothing=self.tr("Nothing to ask yet"),
            why=self.why_no_model(sentence),
        )

    # --- what the user does ------------------------------------------------------------------------------------------

    def _on_opened(self, path: Path) -> None:
        self.show_mode(ONE)
        self.one.open(path)

    def _on_data(self, dataset: str, name: str) -> None:
        self.session.go("data", dataset=dataset, pictures=(name,))

    def _on_find(self) -> None:
        self.many.view.search.setFocus()
        self.many.view.search.selectAll()
