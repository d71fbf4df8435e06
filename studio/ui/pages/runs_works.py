"""What can be done with the chosen runs, and why not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from studio.config.requests import EXPORT_ENDINGS, ExportFormat, ExportRequest, ResumeRequest
from studio.ground.errors import StudioError, text
from studio.ground.events import Ended, Event, Stop
from studio.ground.files import write_bytes
from studio.jobs.queue import Waiting
from studio.projects.naming import check_name
from studio.ui.pages import BY_ID, page_of_family
from studio.ui.pages.runs_dialog import RunNameDialog
from studio.ui.pages.runs_rows import RunRow
from studio.ui.panels.longer_dialog import LongerDialog
from studio.ui.text import plain_tooltip, unmarked
from studio.ui.view_state import RESUMABLE_STATES

if TYPE_CHECKING:
    from studio.projects.project import Project
    from studio.ui.session import Session

NOTES = "run_notes"


class RunsWorks(QObject):
    """Acts on `rows`, the chosen runs. ``noted``: a name or a note has changed."""

    noted = Signal()

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._window = session, window
        self.rows: Sequence[RunRow] = ()

    # --- why not -----------------------------------------------------------------------------------------------------

    def why_not(self, work: str) -> str:
        """Why something cannot be done with what is chosen; empty where it can."""
        if not self.rows:
            return self.tr("Choose a run in the table first.")
        if work != "delete" and work != "stop" and len(self.rows) > 1:
            return self.tr("Choose a single run.")
        checks: dict[str, Callable[[], str]] = {
            "open": self._why_not_open,
            "resume": self._why_not_resume,
            "stop": self._why_not_stop,
            "renew": self._why_not_renew,
            "rename": self._why_not_rename,
            "delete": self._why_not_delete,
            "export": self._why_not_export,
            "export_diffusers": self._why_not_export,
            "measure": self._why_not_measure,
        }
        return checks[work]() if work in checks else ""

    def _why_not_open(self) -> str:
        row = self.rows[0]
        if BY_ID[page_of_family(row.family)].family != row.family:
            return self.tr("This version has no panel for such a model.")
        return row.damage

    def _why_not_resume(self) -> str:
        row = self.rows[0]
        if row.damage or not self._session.can_write:
            return row.damage or self._session.why_read_only()
        if row.live:
            return self.tr("This run is training already.")
        if any(isinstance(w.request, ResumeRequest) and w.request.run == row.name for w in self._waiting()):
            return self.tr("This run is in the queue already.")
        if row.state not in (*RESUMABLE_STATES, "finished"):
            return self.tr("This run has not begun yet.")
        return self._why_no_engine()

    def _why_no_engine(self) -> str:
        state = self._session.engine.state
        if state == "failed":
            return self.tr("PyTorch could not be loaded.")
        return "" if state == "ready" else self.tr("PyTorch is still being loaded; a few seconds more.")

    def _waiting(self) -> tuple[Waiting, ...]:
        return self._session.line.queue.waiting

    def _why_not_stop(self) -> str:
        return "" if any(row.live for row in self.rows) else self.tr("This run is not training.")

    def _why_not_renew(self) -> str:
        row = self.rows[0]
        if self._session.lists.dataset(row.dataset) is None:
            return self.tr("Its data set {0} is no longer in the project.").format(row.dataset)
        return self._why_not_open()

    def _why_not_rename(self) -> str:
        return self.rows[0].damage or self._session.why_read_only()

    def _why_not_delete(self) -> str:
        if any(row.live for row in self.rows):
            return self.tr("It is training. Stop it before you delete it.")
        return self._session.why_read_only()

    def _why_not_export(self) -> str:
        if self._session.lists.checkpoint_steps(self.rows[0].name):
            return self.rows[0].damage
        return self.tr("This run has no checkpoint yet.")

    def _why_not_measure(self) -> str:
        from studio.ui.measure_dialog import why_not

        return why_not(self._session, self.rows[0].name)

    # --- works -------------------------------------------------------------------------------------------------------

    def do(self, work: str) -> None:
        """Do something with what is chosen; where it cannot be done, say why."""
        why = self.why_not(work)
        if why:
            self._session.toast(why, severity="warning")
            return
        works: dict[str, Callable[[], None]] = {
            "open": self.open,
            "resume": self.resume,
            "stop": self.stop,
            "renew": self.renew,
            "rename": self.rename,
            "delete": self.delete,
            "export": self.export,
            "export_diffusers": partial(self.export, "diffusers"),
            "measure": self.measure,
            "reveal": self.reveal,
        }
        works[work]()

    def open(self) -> None:
        """Show the run in its panel."""
        row = self.rows[0]
        self._session.go(page_of_family(row.family), run=row.name, tab="train")

    def renew(self) -> None:
        """Show its settings as those of a new run."""
        row = self.rows[0]
        self._session.go(page_of_family(row.family), run=row.name, tab="train", renew=True)

    def measure(self) -> None:
        """Ask what of the run is to be measured; all kept checkpoints make a curve."""
        from studio.ui.measure_dialog import open_measuring

        open_measuring(self._session, self.rows[0].name, "last", self._window.window())

    def resume(self) -> None:
        """Go on to the run's own horizon; where that is reached, ask for a longer one."""
        row = self.rows[0]
        if row.state != "finished":
            self._resume(row.name, None)
            return
        dialog = LongerDialog(row.title, row.total or row.step, self._window)
        dialog.accepted.connect(lambda: self._resume(row.name, dialog.steps()))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _resume(self, run: str, steps: int | None) -> None:
        with self._session.reporting(self.tr("Going on with the run")):
            waits = self._session.training is not None
            request = ResumeRequest(run=run, steps=steps, device=self._session.preferences.device)
            self._session.resume(request)
            if waits:
                self._session.toast(self.tr("{0} waits until the run before it has ended.").format(run))

    def stop(self) -> None:
        """Stop those that train, with a checkpoint each."""
        for row in self.rows:
            if row.live:
                self._session.send(row.name, Stop())

    def delete(self) -> None:
        """Move the runs to the bin; Undo brings all of them back."""
        session, project = self._session, self._session.project
        if len(self.rows) == 1:
            session.delete_run(self.rows[0].name)
            return
        if project is None:
            return
        names = [row.name for row in self.rows]
        tokens: list[str] = []

        def restore() -> None:
            while tokens:
                project.bin.undo(tokens.pop())

        def remove() -> None:
            for name in names:
                session.watches.drop(name)
                tokens.append(project.runs.remove(name))

        with session.reporting(self.tr("Deleting runs")):
            try:
                remove()
            finally:
                if tokens:
                    session.deleted(text("Deleted {count} runs", count=len(tokens)), restore, remove)

    def reveal(self) -> None:
        """Show the run's folder in the file manager."""
        project = self._session.project
        if project is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(project.runs.folder / self.rows[0].name)))

    # --- name and note -----------------------------------------------------------------------------------------------

    def rename(self) -> None:
        """Ask for another name and a note."""
        row = self.rows[0]
        dialog = RunNameDialog(row.title, row.note, self._window)
        dialog.agreed.connect(partial(self.set_name_and_note, row.name))
        dialog.open()

    def notes(self) -> dict[str, str]:
        """The notes by run."""
        kept = self._session.recall(NOTES, {})
        return {k: v for k, v in kept.items() if isinstance(v, str)} if isinstance(kept, dict) else {}

    def set_name_and_note(self, run: str, title: str, note: str) -> None:
        """Call a run otherwise and say something about it; can be taken back."""
        session, project = self._session, self._session.project
        if project is None:
            return
        with session.reporting(self.tr("Renaming the run")):
            before = (project.runs.get(run).title, self.notes().get(run, ""))
            if (title, note) == before:
                return
            write = partial(self._write_name_and_note, project, run)
            write(title, note)
            session.undo.push(text("Rename {run}", run=run), partial(write, *before), partial(write, title, note))

    def _write_name_and_note(self, project: Project, run: str, title: str, note: str) -> None:
        found = project.runs.get(run)
        if title != found.title:
            found.set_title(check_name(title, "run"))
        notes = self.notes() | {run: note}
        self._session.remember(NOTES, {name: words for name, words in notes.items() if words})
        self._session.refresh()
        self.noted.emit()

    # --- files -------------------------------------------------------------------------------------------------------

    def export(self, form: ExportFormat = "studio") -> None:
        """The best checkpoint of the run as safetensors with its config."""
        row = self.rows[0]
        folder = self.ask_folder(self.tr("Export the trained model into a folder"))
        if folder is None:
            return
        place = folder / f"{row.name}-{EXPORT_ENDINGS[form]}"

        def on_event(event: Event) -> None:
            if isinstance(event, Ended) and event.status == "finished":
                self._tell(place, self.tr("The model is saved: {0}"))

        with self._session.reporting(self.tr("Exporting the model")):
            request = ExportRequest(run=row.name, folder=place, format=form)
            self._session.start(request, on_event, title=self.tr("Exporting a model"))

    def export_curves(self, words: str) -> None:
        """The numbers of the plot as CSV."""
        path = self.ask_path(self.tr("Export as CSV"), "runs.csv", self.tr("CSV (*.csv)"))
        if path is None:
            return
        path = path if path.suffix else path.with_suffix(".csv")
        with self._session.reporting(self.tr("Exporting the curves")):
            write_bytes(path, words.encode())
            self._tell(path, self.tr("The numbers are saved: {0}"))

    def _tell(self, path: Path, words: str) -> None:
        place = path if path.is_dir() else path.parent
        show = partial(QDesktopServices.openUrl, QUrl.fromLocalFile(str(place)))
        self._session.toast(words.format(path.name), action=self.tr("Show folder"), callback=show)

    def _start(self) -> str:
        return str(Path(self._session.preferences.export_folder or Path.home()).expanduser())

    def ask_folder(self, title: str) -> Path | None:
        """Into which folder; None if the user thinks better of it."""
        chosen = QFileDialog.getExistingDirectory(self._window.window(), title, self._start())
        return Path(chosen) if chosen else None

    def ask_path(self, title: str, name: str, kinds: str) -> Path | None:
        """Where to write a file; None if the user thinks better of it."""
        start = str(Path(self._start()) / name)
        chosen, _ = QFileDialog.getSaveFileName(self._window.window(), title, start, kinds)
        return Path(chosen) if chosen else None

    # --- the menu ----------------------------------------------------------------------------------------------------

    def words(self) -> dict[str, str]:
        """What each work is called, in the order of the menu; an empty key is a line between."""
        finished = len(self.rows) == 1 and self.rows[0].state == "finished"
        found = {
            "open": self.tr("Open"),
            "resume": self.tr("Go on longer…") if finished else self.tr("Go on"),
            "stop": self.tr("Stop"),
            "renew": self.tr("New run with these settings"),
            "-1": "",
            "rename": self.tr("Name and note…"),
            "measure": self.tr("Measure…"),
            "export": self.tr("Export the trained model…"),
            "export_diffusers": self.tr("Export it as diffusers reads it…"),
            "reveal": self.tr("Show the run's folder"),
            "-2": "",
            "delete": self.tr("Delete {0} runs").format(len(self.rows)) if len(self.rows) > 1 else self.tr("Delete"),
        }
        if "diffusers" not in self._formats():
            del found["export_diffusers"]
        return found

    def _formats(self) -> tuple[str, ...]:
        """The formats in which the model of the chosen run can be exported."""
        project = self._session.project
        if project is None or len(self.rows) != 1 or self.rows[0].damage:
            return ()
        try:
            return project.runs.get(self.rows[0].name).config().export_formats
        except (StudioError, OSError):
            return ()

    def build_menu(self, leave_out: Sequence[str] = ()) -> QMenu:
        """All that can be done; what cannot says why."""
        menu = QMenu(self._window)
        menu.setObjectName("runsMenu")
        menu.setToolTipsVisible(True)
        for work, words in self.words().items():
            if work in leave_out:
                continue
            if not words:
                menu.addSeparator()
                continue
            action = menu.addAction(unmarked(words))
            action.setObjectName(f"runsMenu_{work}")
            why = self.why_not(work)
            action.setEnabled(not why)
            plain_tooltip(action, why)
            action.triggered.connect(partial(self._on_menu, work))
        return menu

    def _on_menu(self, work: str, checked: bool = False) -> None:
        self.do(work)
