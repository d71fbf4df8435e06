"""What every family's Look inside tab is: several views of the same pictures, chosen by a list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from studio.config.requests import Recipe
from studio.ui.palette import SIZES
from studio.ui.panels.look_view import LookView
from studio.ui.panels.looked_at import LookChoice, LookedAt
from studio.ui.panels.maker import Maker
from studio.ui.panels.model_tab import ModelTab
from studio.ui.panels.sheet import recipe_from_json
from studio.ui.panels.tab import TabIntention
from studio.ui.panels.view_list import ViewList
from studio.ui.text import Label
from studio.ui.view_state import HeaderIntention
from studio.ui.widgets.busy import BusyRow
from studio.ui.widgets.empty_state import EmptyState
from studio.ui.widgets.frames import dense, rule
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.session import Session

_PATIENCE_MS = 500


class LookTab(ModelTab):
    """A family says which views there are (`make_views`) and, where seed and count are not all, which pictures."""

    def __init__(self, session: Session, family: str, parent: QObject | None = None) -> None:
        super().__init__(session, family, parent)
        self.maker = Maker(session, family, "look", self)
        self.maker.tells_refusals = False
        self._shown: tuple[Any, ...] = ()
        self._why = ""  # why the last thing asked for could not be found
        self.pictures = self.make_pictures()
        self.views: dict[str, LookView] = {view.key: view for view in self.make_views()}
        self.view_list = ViewList({key: view.words() for key, view in self.views.items()})
        self._build_controls()
        self._build_canvas()
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_PATIENCE_MS)
        self._connect()
        self.show_view(next(iter(self.views)))

    def make_views(self) -> Sequence[LookView]:
        """The views, the first of them shown at first."""
        raise NotImplementedError

    def make_pictures(self) -> LookChoice:
        """What says which pictures are looked at."""
        return LookedAt()

    # --- building ----------------------------------------------------------------------------------------------------

    def _build_controls(self) -> None:
        column = dense(QVBoxLayout(self.controls), gap=12)
        column.addWidget(Label(self.tr("Show"), role="dim"))
        column.addWidget(self.view_list)
        self._rule = rule()
        column.addWidget(self._rule)
        column.addWidget(self.pictures)
        for view in self.views.values():
            if view.controls is not None:
                column.addWidget(view.controls)

    def _build_canvas(self) -> None:
        self._title = Label(role="strong")
        self._said = Label(role="dim", wrap=True)
        self._said.setObjectName("lookSaid")
        self.busy = BusyRow()
        self.busy.setObjectName("lookBusy")
        self.empty = EmptyState("eye", "", "", self.tr("Train one"))
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        for view in self.views.values():
            view.said.connect(self._on_said)
            view.changed.connect(self.state_changed)
            view.outdated.connect(self._on_pictures)
            self._stack.addWidget(view)
        column = QVBoxLayout(self.canvas)
        column.setContentsMargins(SIZES.margin, 16, SIZES.margin, 16)
        column.setSpacing(10)
        self._head = QWidget()
        head = dense(QVBoxLayout(self._head), gap=3)
        head.addWidget(self._title)
        head.addWidget(self._said)
        column.addWidget(self._head)
        column.addWidget(self._stack, 1)
        column.addWidget(self.busy)

    def _connect(self) -> None:
        self.listen()
        self.view_list.picked.connect(self._on_view)
        self.pictures.changed.connect(self._on_pictures)
        self.empty.triggered.connect(self._on_empty_button)
        self.busy.cancelled.connect(self._on_cancelled)
        self.maker.working.connect(self._on_working)
        self.maker.ended.connect(self._on_ended)
        self.maker.failed.connect(self._on_failed)
        self._patience.timeout.connect(self._show_busy)

    # --- the tab -----------------------------------------------------------------------------------------------------

    def activate(self) -> None:
        super().activate()
        self.refresh()

    def deactivate(self) -> None:
        super().deactivate()
        self._stop()

    def project_changed(self) -> None:
        self._stop()
        self.pictures.forget()

    def close_tab(self) -> None:
        self._stop()

    def _stop(self) -> None:
        if self.maker.is_busy():
            self._shown = ()  # what was not finished is asked for again
        self.maker.forget_all()
        self._patience.stop()
        self.busy.finish()

    def state(self) -> dict[str, Any]:
        views = {name: view.state() for name, view in self.views.items()}
        return {"show": self.view_name(), "views": views, **self.pictures.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.pictures.restore(state)
        views = state.get("views")
        for name, view in self.views.items():
            held = views.get(name) if isinstance(views, dict) else None
            view.restore(held if isinstance(held, dict) else {})
        self._shown = ()
        self.show_view(str(state.get("show", "")))

    def intention_part(self) -> TabIntention:
        return TabIntention(header=HeaderIntention(run=True, checkpoint=True, primary=""))

    def arrive(self, **what: Any) -> None:
        certificate, recipe = what.get("certificate"), recipe_from_json(what.get("recipe"))
        if isinstance(certificate, Mapping):
            self.recall(certificate)
        if recipe is not None:
            self._bring(recipe)
        if "show" in what or recipe is not None:
            self.show_view(str(what.get("show", self.view_name())))
            self.state_changed.emit()

    def take_drop(self, paths: list[Path], certificate: Mapping[str, Any] | None) -> bool:
        return certificate is not None and self.recall(certificate)

    def recall(self, certificate: Mapping[str, Any]) -> bool:
        """Look at a picture that says how it was made. False where that is not by this family."""
        request = self.maker.recalled(certificate)
        if request is None or self.maker.misses(request):
            return request is not None
        self.maker.choose(request.run, request.checkpoint)
        self._bring(request.recipes[0])
        self.show_view(self.view_name())
        self.state_changed.emit()
        return True

    def _bring(self, recipe: Recipe) -> None:
        """Look first at this picture."""
        self.pictures.bring(recipe)
        for view in self.views.values():
            view.restore({"place": 0})
        self._shown = ()

    # --- what is shown -----------------------------------------------------------------------------------------------

    def view_name(self) -> str:
        """The view shown."""
        return self.view_list.value()

    def show_view(self, name: str) -> None:
        """Show a view; an unknown name shows the first."""
        self.view_list.choose(name)
        self._title.setText(self.view_list.title())
        self._show_controls()
        self._said.setText("")
        self._why = ""
        self._shown = ()
        self.refresh()

    def _show_controls(self) -> None:
        """Of the column only what matters to the view."""
        shown = self.views[self.view_name()]
        self.pictures.setVisible(shown.looks_at != "none")
        self.pictures.show_for(shown.looks_at)
        for view in self.views.values():
            if view.controls is not None:
                view.controls.setVisible(view is shown)

    def recipes(self) -> tuple[Any, ...]:
        """What is looked at."""
        return self.pictures.recipes()

    def refresh(self) -> None:
        """Look again, if anything that matters has changed."""
        if not self.active:
            return
        self.maker.refresh()
        self.pictures.set_trained(self.maker.trained)
        view = self.views[self.view_name()]
        why = self.why_no_model(self.tr("Looking inside needs a trained run.")) if view.needs_run else ""
        self._head.setVisible(not why)
        self.pictures.show_single()
        if why:
            self._show_empty(why)
            return
        missing = self.pictures.missing() if view.looks_at != "none" else ""
        if missing:
            self._show_missing(missing)
            return
        recipes = view.concerned(self.recipes())
        wanted = (view.key, self.maker.model if view.needs_run else None, recipes, view.depends())
        if self.session.engine.state != "ready" or wanted == self._shown:
            self._show_found(view)
            return
        self.maker.forget_all()
        self._shown, self._why = wanted, ""
        self._show_found(view)
        self._said.setText("")
        self._patience.start()
        view.show_recipes(recipes)

    def _show_found(self, view: LookView) -> None:
        """The view, or why there is nothing in it."""
        if self._why:
            self.empty.set_words(self.tr("This could not be looked at"), self._why, self.tr("Look again"))
        self._stack.setCurrentWidget(self.empty if self._why else view)

    def _show_empty(self, why: str) -> None:
        self._stack.setCurrentWidget(self.empty)
        self.fill_empty(
            self.empty,
            which=self.tr("Which run shall be looked into?"),
            nothing=self.tr("Nothing to look into yet"),
            why=why,
        )

    def _show_missing(self, words: str) -> None:
        """There is a model and nothing to look at with it."""
        self._stop()
        self._shown, self._why = (), ""
        self._said.setText("")
        self._stack.setCurrentWidget(self.empty)
        self.empty.set_words(self.tr("Nothing to look at yet"), words)

    # --- what happens ------------------------------------------------------------------------------------------------

    def _on_view(self, name: str) -> None:
        self.show_view(name)
        self.state_changed.emit()

    def _on_pictures(self) -> None:
        self.refresh()
        self.state_changed.emit()

    def _on_said(self, words: str) -> None:
        if self.sender() is self.views[self.view_name()]:
            self._said.setText(words)

    def _on_working(self, key: str, progress: Any) -> None:
        if progress is not None and not self.busy.isHidden():
            self.busy.set_progress(spoken(progress.what), progress.done, progress.total)

    def _on_ended(self, key: str, finished: bool) -> None:
        if not self.maker.is_busy():
            self._patience.stop()
            self.busy.finish()

    def _on_failed(self, key: str, why: str) -> None:
        view = self.views[self.view_name()]
        if not view.fails(key, why):
            self._why = why
            self._show_found(view)

    def _show_busy(self) -> None:
        if self.maker.is_busy():
            self.busy.set_progress(self.tr("Looking"))

    def _on_cancelled(self) -> None:
        shown = self._shown
        self._stop()
        self._shown = shown
        self._said.setText(self.tr("Stopped. Change a setting to look again."))

    def _on_empty_button(self) -> None:
        if self._why:
            self._shown = ()
            self.refresh()
        else:
            self.choose_or_train()
