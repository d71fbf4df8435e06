"""The Look inside tab of the GAN panel: what the discriminator thinks, what is nearest, how a latent grew up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from studio.config.requests import Recipe, grid
from studio.ui.pages import page_of_family
from studio.ui.palette import SIZES
from studio.ui.panels.attribute_sliders import form_row
from studio.ui.panels.look_checkpoints import CheckpointsView
from studio.ui.panels.look_nearest import NearestView
from studio.ui.panels.look_opinion import OpinionView
from studio.ui.panels.look_view import LookView
from studio.ui.panels.maker import Maker
from studio.ui.panels.recipe_words import recipe_words
from studio.ui.panels.sheet import recipe_from_json, recipe_to_json
from studio.ui.panels.tab import PanelTab, TabIntention
from studio.ui.panels.view_list import ViewList
from studio.ui.text import Label
from studio.ui.view_state import HeaderIntention
from studio.ui.widgets.busy import BusyRow
from studio.ui.widgets.buttons import Button, icon_button
from studio.ui.widgets.empty_state import EmptyState
from studio.ui.widgets.frames import dense, rule
from studio.ui.widgets.inputs import NumberField
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.session import Session

_PATIENCE_MS = 500
_LARGEST_SEED = 2**31 - 1


class GanLookTab(PanelTab):
    """Three views of the same pictures, chosen by a list."""

    def __init__(self, session: Session, family: str, parent: QObject | None = None) -> None:
        super().__init__(session, family, parent)
        self.maker = Maker(session, family, "look", self)
        self.views: dict[str, LookView] = {}
        self._single: Recipe | None = None
        self._shown: tuple[Any, ...] = ()
        self.view_list = ViewList(self._all_views())
        self.view_list.picked.connect(self._on_view)
        self._build_controls()
        self._build_canvas()
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_PATIENCE_MS)
        self._patience.timeout.connect(self._show_busy)
        self._connect()
        self.show_view("opinion")

    def _all_views(self) -> dict[str, tuple[str, str]]:
        """Of each view its name, and one sentence that explains it."""
        opinion = self.tr(
            "The discriminator scores every picture: the higher, the more real it seems. Beside are real pictures that "
            "it has never learned from."
        )
        nearest = self.tr(
            "Each generated picture is compared with every training picture. A generator that has learned by heart "
            "would show copies."
        )
        checkpoints = self.tr(
            "How the pictures of the same latents grew in training: move the slider, or compare with any checkpoint of "
            "any run."
        )
        return {
            "opinion": (self.tr("What the discriminator thinks"), opinion),
            "nearest": (self.tr("Copied or new?"), nearest),
            "checkpoints": (self.tr("Same latents, other checkpoint"), checkpoints),
        }

    # --- building ----------------------------------------------------------------------------------------------------

    def _build_controls(self) -> None:
        self.seed = NumberField(0, minimum=0, maximum=_LARGEST_SEED, whole=True)
        self.seed.setObjectName("lookSeed")
        self.seed.set_tip(self.tr("The pictures that are looked at are drawn from this seed."))
        self.seed.value_changed.connect(self._on_pictures)
        self.dice = icon_button("random", self.tr("Another seed by chance"))
        self.dice.setObjectName("lookDice")
        self.dice.clicked.connect(self._on_dice)
        self.count = NumberField(24, minimum=4, maximum=64, whole=True, unit=self.tr("pictures"))
        self.count.setObjectName("lookCount")
        self.count.value_changed.connect(self._on_pictures)
        box = QWidget()
        row = dense(QHBoxLayout(box), gap=2)
        row.addWidget(self.seed, 1)
        row.addWidget(self.dice)
        form = QGridLayout()
        dense(form, gap=7)  # type: ignore[type-var]
        form_row(form, self.tr("Seed"), box)
        self.seed.setAccessibleName(self.tr("Seed"))
        form_row(form, self.tr("Count"), self.count)
        self._single_words = Label(role="small", wrap=True)
        self._single_words.setObjectName("lookSingle")
        self._single_off = Button(self.tr("Look at the seed's pictures only"), kind="link")
        self._single_off.setObjectName("lookSingleOff")
        self._single_off.clicked.connect(self._on_single_off)
        column = dense(QVBoxLayout(self.controls), gap=12)
        column.addWidget(Label(self.tr("Show"), role="dim"))
        column.addWidget(self.view_list)
        column.addWidget(rule())
        column.addWidget(Label(self.tr("Pictures"), role="dim"))
        column.addLayout(form)
        column.addWidget(self._single_words)
        column.addWidget(self._single_off)

    def _build_canvas(self) -> None:
        self._title = Label(role="strong")
        self._said = Label(role="dim", wrap=True)
        self._said.setObjectName("lookSaid")
        self.busy = BusyRow()
        self.busy.setObjectName("lookBusy")
        self.busy.cancelled.connect(self._on_cancelled)
        self.empty = EmptyState("eye", "", "", self.tr("Train one"))
        self.empty.triggered.connect(self._on_empty_button)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        for view in (OpinionView(self.maker), NearestView(self.maker), CheckpointsView(self.maker)):
            self.views[view.key] = view
            view.said.connect(self._on_said)
            view.changed.connect(self.state_changed)
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
        session = self.session
        session.selection_changed.connect(self._on_selection)
        for signal in (session.runs_changed, session.datasets_changed, session.device_changed):
            signal.connect(self.refresh)
        self.maker.working.connect(self._on_working)
        self.maker.ended.connect(self._on_ended)

    # --- the tab -----------------------------------------------------------------------------------------------------

    def activate(self) -> None:
        super().activate()
        self.refresh()

    def deactivate(self) -> None:
        super().deactivate()
        self._stop()

    def project_changed(self) -> None:
        self._stop()
        self._single = None

    def close_tab(self) -> None:
        self._stop()

    def _stop(self) -> None:
        if self.maker.is_busy():
            self._shown = ()  # what was not finished is asked for again
        self.maker.forget_all()
        self._patience.stop()
        self.busy.finish()

    def state(self) -> dict[str, Any]:
        return {
            "show": self.view_name(),
            "seed": self.seed.value(),
            "count": self.count.value(),
            "single": recipe_to_json(self._single) if self._single is not None else None,
            "views": {name: view.state() for name, view in self.views.items()},
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        seed, count, views = state.get("seed", 0), state.get("count", 24), state.get("views")
        self.seed.set_value(seed if isinstance(seed, int) and 0 <= seed <= _LARGEST_SEED else 0)
        self.count.set_value(min(max(count, 4), 64) if isinstance(count, int) else 24)
        self._single = recipe_from_json(state.get("single"))
        for name, view in self.views.items():
            held = views.get(name) if isinstance(views, dict) else None
            view.restore(held if isinstance(held, dict) else {})
        self._shown = ()
        self.show_view(str(state.get("show", "opinion")))

    def intention_part(self) -> TabIntention:
        return TabIntention(header=HeaderIntention(run=True, checkpoint=True, primary=""))

    def arrive(self, **what: Any) -> None:
        recipe = recipe_from_json(what.get("recipe"))
        if recipe is not None:
            self._single = recipe
            for view in self.views.values():
                view.restore({"place": 0})
            self._shown = ()
        if "show" in what or recipe is not None:
            self.show_view(str(what.get("show", self.view_name())))
            self.state_changed.emit()

    # --- what is shown -----------------------------------------------------------------------------------------------

    def view_name(self) -> str:
        """The view shown."""
        return self.view_list.value()

    def show_view(self, name: str) -> None:
        """Show a view; an unknown name shows the first."""
        self.view_list.choose(name)
        self._title.setText(self.view_list.title())
        self._said.setText("")
        self.refresh()

    def recipes(self) -> tuple[Recipe, ...]:
        """What is looked at: the picture that was brought here, then those of the seed."""
        drawn = grid(int(self.seed.value() or 0), int(self.count.value() or 24))
        return (self._single, *drawn[:-1]) if self._single is not None else drawn

    def refresh(self) -> None:
        """Look again, if anything that matters has changed."""
        if not self.active:
            return
        self.maker.refresh()
        why, trained = self._why_not(), self.maker.trained
        self._head.setVisible(not why)
        self._show_single()
        if why:
            self._show_empty(why)
            return
        view = self.views[self.view_name()]
        self._stack.setCurrentWidget(view)
        steps = trained.steps if trained is not None and view.key == "checkpoints" else ()
        wanted = (view.key, self.maker.model, self.recipes(), steps)
        if self.session.engine.state != "ready" or wanted == self._shown:
            return
        self.maker.forget_all()
        self._shown = wanted
        self._said.setText("")
        self._patience.start()
        view.show_recipes(self.recipes())

    def _why_not(self) -> str:
        trained = self.maker.trained
        if trained is None:
            return self.tr("Looking inside needs a trained run.")
        if trained.problem:
            return trained.problem
        if self.maker.model is None:
            return self.tr("{0} has no checkpoint yet; the first comes within a minute of training.").format(
                trained.name
            )
        return ""

    def _show_empty(self, why: str) -> None:
        self._stack.setCurrentWidget(self.empty)
        newest = self._newest_run()
        if self.maker.trained is None and newest:
            words = self.tr("Choose a run above; the newest is {0}.").format(newest)
            self.empty.set_words(self.tr("Which run shall be looked into?"), words, self.tr("Use {0}").format(newest))
        else:
            self.empty.set_words(self.tr("Nothing to look into yet"), why, self.tr("Train one"))

    def _show_single(self) -> None:
        single = self._single
        self._single_words.setVisible(single is not None)
        self._single_off.setVisible(single is not None)
        if single is not None:
            self._single_words.setText(
                self.tr("First stands the picture from Create: {0}").format(recipe_words(single))
            )

    def _newest_run(self) -> str:
        return next((info.name for info in self.session.runs() if info.family == self.family and not info.damage), "")

    # --- what happens ------------------------------------------------------------------------------------------------

    def _on_selection(self, family: str) -> None:
        if family == self.family:
            self.refresh()

    def _on_view(self, name: str) -> None:
        self.show_view(name)
        self.state_changed.emit()

    def _on_pictures(self) -> None:
        self.refresh()
        self.state_changed.emit()

    def _on_dice(self) -> None:
        import random

        self.seed.set_value(random.SystemRandom().randrange(1_000_000))
        self._on_pictures()

    def _on_single_off(self) -> None:
        self._single = None
        self._on_pictures()

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

    def _show_busy(self) -> None:
        if self.maker.is_busy():
            self.busy.set_progress(self.tr("Looking"))

    def _on_cancelled(self) -> None:
        shown = self._shown
        self._stop()
        self._shown = shown
        self._said.setText(self.tr("Stopped. Change a setting to look again."))

    def _on_empty_button(self) -> None:
        newest = self._newest_run()
        if self.maker.trained is None and newest:
            self.session.select(self.family, run=newest)
        else:
            self.session.go(page_of_family(self.family), tab="train")
