"""The Train tab of every family: settings and their cost at the left; samples, history and curves on the canvas.

All that is of one family comes from its `FamilyDescription` and its config. What is shown is decided in `train_view`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QPoint

from studio.config.requests import ResumeRequest
from studio.ground.events import ChangeSetting
from studio.ui.pages import page_of_family
from studio.ui.panels.description import FamilyDescription, said
from studio.ui.panels.longer_dialog import LongerDialog
from studio.ui.panels.run_pane import STATE, WHY, RunPane
from studio.ui.panels.run_works import RunWorks
from studio.ui.panels.start_dialog import ask_beginning
from studio.ui.panels.tab import PanelTab, TabIntention
from studio.ui.panels.train_canvas import TrainCanvas
from studio.ui.panels.train_column import TrainColumn
from studio.ui.panels.train_facts import gather
from studio.ui.panels.train_view import TrainView, resolve
from studio.ui.text import count_text
from studio.ui.view_state import HeaderIntention
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.session import Session


class TrainTab(PanelTab):
    """See the module. `train` is what the window's Train does."""

    def __init__(self, session: Session, description: FamilyDescription, parent: QObject | None = None) -> None:
        super().__init__(session, description.family, parent)
        self._about = description
        self._view: TrainView | None = None
        self.column = TrainColumn(session, description, self)
        self.controls = self.column.controls
        self.footer = self.column.footer
        self.canvas: TrainCanvas = TrainCanvas(description)
        self.sheet = self.canvas.stage.make_sheet(session, self)
        self.pane = RunPane(session, self.canvas, description, self)
        self.works = RunWorks(session, self.canvas, self.pane, self)
        self._connect_session()
        self._connect_parts()

    def _connect_session(self) -> None:
        session = self.session
        for signal in (
            session.datasets_changed,
            session.runs_changed,
            session.training_changed,
            session.device_changed,
            session.jobs_changed,
        ):
            signal.connect(self._renew)
        session.selection_changed.connect(self._on_selection)

    def _connect_parts(self) -> None:
        column, canvas = self.column, self.canvas
        column.state_changed.connect(self.state_changed)
        column.intention_changed.connect(self.intention_changed)
        column.dial_changed.connect(self._renew)
        column.live_changed.connect(self._tell)
        column.renew_asked.connect(self.renew)
        column.controls.start_asked.connect(self._on_start_asked)
        self.sheet.grown.connect(self._on_sheet)
        canvas.empty.chosen.connect(self._on_empty)
        canvas.keep_asked.connect(self.works.keep)
        canvas.film_asked.connect(self.works.export_film)
        canvas.menu_asked.connect(self._on_menu)
        canvas.selection_changed.connect(self._on_possible)
        canvas.cancel_start_asked.connect(self._on_cancel_start)
        canvas.state_changed.connect(self.state_changed)
        canvas.notices.action_triggered.connect(self._on_notice)
        canvas.curves.export_requested.connect(self.works.export_curves)
        self.pane.changed.connect(self._on_possible)
        self.pane.moved.connect(self.state_changed)

    # --- the tab -----------------------------------------------------------------------------------------------------

    def activate(self) -> None:
        super().activate()
        self.pane.activate()
        self.column.costs.set_active(True)
        self._view = None
        self._renew()

    def deactivate(self) -> None:
        super().deactivate()
        self.pane.deactivate()
        self.column.costs.set_active(False)
        self.sheet.pause()

    def project_changed(self) -> None:
        self.pane.drop()
        self.sheet.forget()
        self.column.reset()
        self.canvas.forget_run()
        self._view = None

    def close_tab(self) -> None:
        self.column.costs.clear()
        self.sheet.forget()
        self.pane.close()

    def state(self) -> dict[str, Any]:
        return {**self.column.state(), "history": self.pane.state(), "canvas": self.canvas.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.column.restore(state)
        self.pane.restore(state.get("history"))
        self.canvas.restore(state.get("canvas"))
        self._renew()

    def intention_part(self) -> TabIntention:
        header = HeaderIntention(data=True, run=True, primary="train", secondary=("stop",))
        return TabIntention(header, form_error=self.column.error(), blocks=self.works.blocks())

    def actions(self) -> Mapping[str, Callable[[], None]]:
        made = {"keep": self.works.keep, "film": self.works.export_film} if self._about.makes_pictures else {}
        return {
            **made,
            "train": self.train,
            "copy": self.works.copy,
            "select_all": self.works.select_all,
            "export": self.works.export_model,
        }

    def arrive(self, **what: Any) -> None:
        if what.get("renew"):
            self._renew()
            self.renew()

    # --- what is shown -----------------------------------------------------------------------------------------------

    def _renew(self) -> None:
        """Look at what is the case and show what has changed."""
        if not self.active:
            return
        view = resolve(gather(self.session, self._about))
        before, self._view = self._view, view
        self._show_canvas(view)
        self.column.show(view)
        if view != before:
            self.pane.show_state(view.notice)
            self.intention_changed.emit()

    def _show_canvas(self, view: TrainView) -> None:
        chosen = self.session.selection(self.family)
        info = self.session.lists.run(chosen.run)
        total = info.status.total or 0 if info is not None else 0
        self.pane.show(chosen.run if view.canvas == "run" else "", live=view.live, total=total)
        if view.canvas == "empty" and view.empty is not None:
            self.canvas.show_empty(view.empty, self._why_not_now())
            return
        self.canvas.show_work(sheet=view.canvas == "sheet")
        if view.canvas == "sheet":
            self._show_sheet(chosen.dataset)
        else:
            self.sheet.pause()
        self._show_starting(view)

    def _why_not_now(self) -> str:
        """Whether data is on its way already."""
        job = next((job for job in self.session.board if job.title and not job.training), None)
        return self.tr("Under way: {0}").format(job.title) if job is not None else ""

    def _show_sheet(self, dataset: str) -> None:
        self.sheet.show(dataset)
        record = self.session.lists.dataset(dataset)
        count = count_text(record.count) if record is not None else ""
        items = said(self._about.counted or self._about.items)
        words = self.tr("{0} · {1} {2} · press Train to begin").format(dataset, count, items)
        self.canvas.subtitle.setText(self.sheet.problem or words)
        self._on_sheet(self.sheet.items())

    def _on_sheet(self, items: list[Any]) -> None:
        if self._view is not None and self._view.canvas == "sheet":
            self.canvas.show_data(items)
            if self.sheet.problem:
                self.canvas.subtitle.setText(self.sheet.problem)

    def _show_starting(self, view: TrainView) -> None:
        """What is done before the first samples are there: preparing, estimating."""
        training = self.session.training
        begun = training is not None and (view.canvas == "starting" or self.session.is_own(self.pane.run))
        if training is None or not begun or self.canvas.slider.steps() or training.rate:
            self.canvas.show_busy("")
            return
        progress = training.job.progress
        if progress is None:
            self.canvas.show_busy(self.tr("Starting"))
            return
        done = progress.done if progress.total else 0
        self.canvas.show_busy(spoken(progress.what), done, progress.total, seconds_left=progress.seconds_left)

    # --- what the user does ------------------------------------------------------------------------------------------

    def train(self) -> None:
        """Train a new run with the settings shown."""
        request = self.column.request()
        if request is None:
            return
        self.column.costs.make_way()
        with self.session.reporting(self.tr("Starting the run")):
            waits = self.session.training is not None
            self.session.train(request)
            self.column.was_asked()
            if waits:
                self.session.toast(self.tr("The run waits until the one before it has ended."))

    def renew(self) -> None:
        """A new run with the settings shown."""
        self.column.use_settings_shown({})

    def start_from(self, checkpoint: str) -> None:
        """A new run with the settings shown, from the weights of a checkpoint of the run shown."""
        self.column.use_settings_shown({}, start_run=self.pane.run, start_checkpoint=checkpoint)

    def _on_start_asked(self) -> None:
        """Choose a checkpoint of any run to begin with."""
        with self.session.reporting(self.tr("Looking for trained runs")):
            ask_beginning(self.session, self.family, self.canvas.window(), self.column.begin_with)

    def _on_selection(self, family: str) -> None:
        if family == self.family:
            self._renew()

    def _on_empty(self, action: str) -> None:
        if action:
            self.session.trigger(action)

    def _on_possible(self) -> None:
        blocks = self.works.blocks()
        self.canvas.keep.set_available(spoken(blocks.get("keep")))
        self.canvas.film.set_available(spoken(blocks.get("film")))
        self.intention_changed.emit()

    def _on_cancel_start(self) -> None:
        if self.session.training is not None:
            self.session.training.job.stop()

    def _on_menu(self, spot: QPoint) -> None:
        menu = self.works.build_menu(renew=self.renew, start_from=self.start_from, create=self._create)
        self.canvas.popup(menu, spot)

    def _create(self, checkpoint: str = "last") -> None:
        self.session.go(page_of_family(self.family), tab="create", run=self.pane.run, checkpoint=checkpoint)

    def _tell(self, path: str, value: object) -> None:
        """Change a setting of the run that trains."""
        self.session.send(self.pane.run, ChangeSetting(path, value))
        words = self.tr("Told the run: {0} is {1} from the next step on.")
        shown = f"{value:g}" if isinstance(value, float) else str(value)
        self.session.toast(words.format(self.column.label(path), shown))

    # --- notices -----------------------------------------------------------------------------------------------------

    def _on_notice(self, code: str, action: str) -> None:
        if action == WHY:
            self.pane.toggle_why(code)
        elif code == STATE:
            self._on_choice(action)
        else:
            self._on_remedy(code, action)

    def _on_choice(self, choice: str) -> None:
        works: dict[str, Callable[[], None]] = {
            "renew": self.renew,
            "create": self._create,
            "longer": self._ask_longer,
            "smaller_batch": self._on_smaller_batch,
        }
        if choice in works:
            works[choice]()
        else:
            self.session.trigger(choice)

    def _on_smaller_batch(self) -> None:
        facts = gather(self.session, self._about).run
        if facts is not None and facts.smaller_batch:
            self.column.use_settings_shown({"batch": facts.smaller_batch})
            self.session.toast(self.tr("The batch is {0} now. Press Train to try again.").format(facts.smaller_batch))

    def _on_remedy(self, code: str, action: str) -> None:
        """Do what a notice proposes: change the setting that it stands for."""
        config = self.column.config()
        remedy = getattr(importlib.import_module(f"studio.config.{self.family}"), "remedy", None)
        found = remedy(config, action) if remedy is not None and config is not None else None
        if found is not None:
            self.column.controls.form.show_value(*found)
            self.pane.forgive(code)
            self._tell(*found)

    def _ask_longer(self) -> None:
        info = self.session.lists.run(self.pane.run)
        if info is None:
            return
        dialog = LongerDialog(info.name, info.status.total or info.status.step, self.canvas.window())
        dialog.accepted.connect(lambda: self._go_longer(info.name, dialog.steps()))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _go_longer(self, run: str, steps: int) -> None:
        with self.session.reporting(self.tr("Going on with the run")):
            self.session.resume(ResumeRequest(run=run, steps=steps, device=self.session.preferences.device))
