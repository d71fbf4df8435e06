"""What the actions of the table do: one method for each callback name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from studio.families import FAMILIES
from studio.ground.events import Command, Continue, Ended, Event, Pause, SampleNow, SaveNow, Stop
from studio.ui import drops, theme
from studio.ui.actions import ACTIONS, PAGE
from studio.ui.pages import page_of_family
from studio.ui.starters import DATASET, FirstTraining, embedded, find_starter, place_for

if TYPE_CHECKING:
    from studio.ui.window import StudioWindow


class WindowActions(QObject):
    """Does what was asked for: actions of the table, starters, files that were dropped."""

    def __init__(self, window: StudioWindow) -> None:
        super().__init__(window)
        self._window = window
        self._session = window.session
        self._door = window.door
        self._callbacks = {spec.id: spec.callback for spec in ACTIONS}
        self._starter = FirstTraining(window.session, self)

    def run(self, name: str) -> None:
        """Do an action by its id; ``open:PATH`` and ``starter:ID`` come from Home. Disabled ones say why instead."""
        kind, _, rest = name.partition(":")
        if kind == "open":
            self._door.open(Path(rest))
        elif kind == "starter":
            self._begin_starter(rest)
        elif name in self._callbacks:
            self._run_action(name)

    def _run_action(self, name: str) -> None:
        why = self._window.why_not(name)
        if why:
            self._session.toast(why, severity="warning")
            return
        callback = self._callbacks[name]
        found = self._page_action(name) if callback == PAGE else getattr(self, callback)
        if found is not None:
            found()

    def _page_action(self, name: str) -> Callable[[], None] | None:
        page = self._window.pages.current
        return page.page_actions().get(name) if page is not None else None

    # --- project -----------------------------------------------------------------------------------------------------

    def new_project(self) -> None:
        """Ask for name and place of a new project."""
        self._door.ask_new()

    def open_project(self) -> None:
        """Ask which project to open."""
        self._door.ask_open()

    def close_project(self) -> None:
        """Work on no project."""
        self._door.close()

    def show_folder(self) -> None:
        """Show the project's folder in the file manager."""
        if self._session.project is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._session.project.path)))

    def import_data(self) -> None:
        """Go where pictures are imported."""
        self._session.go("data", ask="import")

    def load_model(self) -> None:
        """Ask for a folder with a U-Net as diffusers saves it, and take it over as a run."""
        folder = self.ask_model()
        if folder is not None:
            self._load_model(folder)

    def ask_model(self) -> Path | None:
        """Which folder; None if the user thinks better of it."""
        title = self.tr("Load a U-Net: a folder with config.json and weights, as diffusers saves it")
        chosen = QFileDialog.getExistingDirectory(self._window, title)
        return Path(chosen) if chosen else None

    def _load_model(self, folder: Path) -> None:
        from studio.config.requests import LoadRequest

        def on_event(event: Event) -> None:
            if isinstance(event, Ended) and event.status == "finished":
                self._show_loaded(str(event.result["run"]), str(event.result["family"]))

        with self._session.reporting(self.tr("Loading a model")):
            title = self.tr("Loading {0}").format(folder.name)
            self._session.start(LoadRequest(folder=folder), on_event, title=title)

    def _show_loaded(self, run: str, family: str) -> None:
        self._session.refresh()
        self._session.select(family, run=run)
        self._session.go(page_of_family(family), tab="create", run=run)
        self._session.toast(self.tr("{0} is here as a run: make pictures with it, or begin a run with its weights."
                                    ).format(run))  # fmt: skip

    def draw_portraits(self) -> None:
        """Draw the embedded data set, or go to it where it is there already."""
        if self._session.lists.dataset(DATASET) is not None:
            self._session.go("data", dataset=DATASET)
            return
        with self._session.reporting(self.tr("Drawing Portraits")):
            self._session.start(embedded(DATASET), self._on_drawn, title=self.tr("Drawing Portraits"))

    def _on_drawn(self, event: Event) -> None:
        if isinstance(event, Ended) and event.status == "finished":
            self._session.toast(self.tr("Portraits are ready to train on."))

    def quit(self) -> None:
        """Close the window, and with it the program."""
        self._window.close()

    def _begin_starter(self, starter_id: str) -> None:
        """One click: a project if none is open, the starter's data set, and a run."""
        starter = find_starter(starter_id)
        begin = partial(self._starter.begin, starter)
        if self._session.project is not None:
            begin()
            return
        self._door.create(place_for(self._session, starter.dataset), begin)

    # --- runs --------------------------------------------------------------------------------------------------------

    def train(self) -> None:
        """Let the shown panel make the request and queue it."""
        found = self._page_action("train")
        if found is not None:
            found()

    def resume(self) -> None:
        """Go on with the chosen run."""
        from studio.config.requests import ResumeRequest

        run = self._window.intention.run
        with self._session.reporting(self.tr("Going on with the run")):
            self._session.resume(ResumeRequest(run=run, device=self._session.preferences.device))

    def new_run(self) -> None:
        """Leave the chosen run: the panel shows a new one."""
        self._session.select(self._window.intention.family, run="")

    def pause(self) -> None:
        """Pause the run that trains, or let it go on."""
        run = self._window.steered_run()
        if run is not None:
            self._session.send(run.name, Continue() if run.state == "paused" else Pause())

    def stop(self) -> None:
        """Stop the run that trains, with a checkpoint."""
        self._send(Stop())

    def sample_now(self) -> None:
        """Make samples now, also while paused."""
        self._send(SampleNow())

    def save_now(self) -> None:
        """Write a checkpoint now."""
        self._send(SaveNow())

    def measure(self) -> None:
        """Ask what of the chosen run is to be measured."""
        from studio.ui.measure_dialog import open_measuring

        about = self._window.intention
        checkpoint = self._session.selection(about.family).checkpoint if about.header.checkpoint else "last"
        with self._session.reporting(self.tr("Measuring")):
            open_measuring(self._session, about.run, checkpoint, self._window)

    def _send(self, command: Command) -> None:
        run = self._window.steered_run()
        if run is not None:
            self._session.send(run.name, command)

    # --- edit, view, help --------------------------------------------------------------------------------------------

    def undo(self) -> None:
        """Take back the newest thing that can be."""
        self._session.undo_now()

    def redo(self) -> None:
        """Do again what was taken back last."""
        self._session.redo_now()

    def show_palette(self) -> None:
        """Open the command palette."""
        self._window.open_palette()

    def toggle_theme(self) -> None:
        """From light to dark or back; from now on the system is not asked."""
        self._session.set_preference("theme", "light" if theme.current().dark else "dark")

    def toggle_full_screen(self) -> None:
        """Fill the screen, or go back."""
        self._window.toggle_full_screen()

    def show_shortcuts(self) -> None:
        """Show all keys."""
        from studio.ui import dialogs

        dialogs.ShortcutsDialog(self._window).open()

    def show_about(self) -> None:
        """Version and what the program stands on."""
        from studio.ui import dialogs

        dialogs.show_about(self._window)

    # --- what was dropped --------------------------------------------------------------------------------------------

    def take_drop(self, paths: list[Path]) -> None:
        """Open a project, load a model, import pictures, or recall a picture of ours."""
        drop = drops.understand(paths)
        page = self._window.pages.current
        never = drop.kind in ("project", "model")
        if not never and page is not None and page.take_drop(list(drop.paths), drop.certificate):
            return
        if drop.kind == "project":
            self._door.open(drop.paths[0])
        elif drop.kind == "model":
            self._take_model(drop.paths[0])
        elif drop.kind == "recall" and drop.certificate is not None:
            self._recall(drop)
        elif drop.kind in ("import", "pictures"):
            self._import(drop)
        else:
            words = self.tr("Drop a folder, zip, CSV or idx file of pictures, a project, or a picture made here.")
            self._session.toast(words, severity="warning")

    def _take_model(self, folder: Path) -> None:
        why = self._window.why_not("load_model")
        if why:
            self._session.toast(why, severity="warning")
        else:
            self._load_model(folder)

    def _recall(self, drop: drops.Drop) -> None:
        certificate = dict(drop.certificate or {})
        family = str(certificate.get("family", ""))
        if family not in FAMILIES:
            words = self.tr("This picture was made by a model of the kind {0}, which this version does not have.")
            self._session.toast(words.format(family or self.tr("unknown")), severity="warning")
            return
        self._session.go(page_of_family(family), tab="create", certificate=certificate)

    def _import(self, drop: drops.Drop) -> None:
        why = self._window.why_not("import_data")
        if why:
            self._session.toast(why, severity="warning")
        elif drop.kind == "pictures":
            words = self.tr("Single pictures are not imported: drop the folder that holds them.")
            self._session.toast(words, severity="warning")
        else:
            self._session.go("data", source=drop.paths[0], sources=list(drop.paths))
