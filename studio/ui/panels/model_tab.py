"""A tab that uses a trained model: which one, why there is none yet, and the button that leads on."""

from __future__ import annotations

from studio.ui.pages import page_of_family
from studio.ui.panels.maker import Maker
from studio.ui.panels.tab import PanelTab
from studio.ui.widgets.empty_state import EmptyState


class ModelTab(PanelTab):
    """Base of the tabs that ask a model: they have a `maker`, and an empty place for the time before there is one."""

    maker: Maker

    def refresh(self) -> None:
        """The project, its runs, the choice of one or the machine have changed."""

    def listen(self) -> None:
        """Let `refresh` be called whenever something changes that it depends on."""
        session = self.session
        session.selection_changed.connect(self._on_selection)
        for signal in (session.runs_changed, session.datasets_changed, session.device_changed):
            signal.connect(self.refresh)

    def newest_run(self) -> str:
        """The newest run of the family that can be read; empty where there is none."""
        return next((info.name for info in self.session.runs() if info.family == self.family and not info.damage), "")

    def why_no_model(self, untrained: str) -> str:
        """Why there is no model: ``untrained`` where no run is chosen; empty where there is one."""
        trained = self.maker.trained
        if trained is None:
            return untrained
        if trained.problem or self.maker.model is not None:
            return trained.problem
        later = self.tr("{0} has no checkpoint yet; the first comes within a minute of training.")
        return later.format(trained.name)

    def fill_empty(self, empty: EmptyState, *, which: str, nothing: str, why: str) -> None:
        """Say in the empty place that a run is to be chosen (headline ``which``), or else ``nothing`` and ``why``."""
        newest = self.newest_run()
        if self.maker.trained is None and newest:
            words = self.tr("Choose a run above; the newest is {0}.").format(newest)
            empty.set_words(which, words, self.tr("Use {0}").format(newest))
        else:
            empty.set_words(nothing, why, self.tr("Train one"))

    def choose_or_train(self) -> None:
        """What the empty place's button does: take the newest run, or go where one is trained."""
        newest = self.newest_run()
        if self.maker.trained is None and newest:
            self.session.select(self.family, run=newest)
        else:
            self.session.go(page_of_family(self.family), tab="train")

    def _on_selection(self, family: str) -> None:
        if family == self.family:
            self.refresh()
