"""What can be done with creations: star, note, delete, recall, export, copy, drag out."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from studio.ground.errors import text
from studio.ground.files import write_bytes
from studio.projects.gallery import Creation
from studio.ui.pages import page_of_family
from studio.ui.pages.gallery_model import certificate_of, common, file_name
from studio.ui.text import count_text
from studio.ui.widgets.pictures import DragLoad, copy_image, to_image

if TYPE_CHECKING:
    from studio.ui.session import Session

_SLICE = 0.004  # seconds of copying between two looks at the mouse


class GalleryWorks(QObject):
    """Done on behalf of the Gallery page; ``ask_*`` are the file dialogs."""

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self._session, self._window = session, window
        self._left: list[tuple[Path, Path]] = []
        self._copied = 0
        self._copying = QTimer(self)
        self._copying.setObjectName("galleryExportTimer")
        self._copying.setInterval(0)
        self._copying.timeout.connect(self._copy_some)

    def stop(self) -> None:
        """Copy no more."""
        self._copying.stop()
        self._left.clear()

    # --- marks -------------------------------------------------------------------------------------------------------

    def star(self, creations: Sequence[Creation]) -> None:
        """Star them all; where all have a star, take it away."""
        project = self._session.project
        if project is None or not creations:
            return
        with self._session.reporting(self.tr("Starring")):
            wanted = not common([creation.starred for creation in creations])
            project.gallery.star([creation.id for creation in creations], wanted)
            self._session.gallery_changed.emit()

    def set_note(self, id: int, note: str) -> None:
        """Change the note of a creation; can be taken back."""
        project = self._session.project
        if project is None:
            return
        with self._session.reporting(self.tr("Saving the note")):
            before = project.gallery.get(id).note
            project.gallery.set_note(id, note)
            back, again = partial(self._set_note_back, id, before), partial(self._set_note_back, id, note)
            self._session.undo.push(text("Change a note"), back, again)
            self._session.gallery_changed.emit()

    def _set_note_back(self, id: int, note: str) -> None:
        if self._session.project is not None:
            self._session.project.gallery.set_note(id, note)

    def delete(self, ids: Sequence[int]) -> None:
        """Into the bin, with Undo."""
        self._session.delete_creations(list(ids))

    # --- where it came from ------------------------------------------------------------------------------------------

    def recall(self, creation: Creation) -> None:
        """Open the panel that made it with everything set as it was."""
        self._open(creation, "create")

    def look(self, creation: Creation) -> None:
        """Open the panel that made it, to see how it came about."""
        self._open(creation, "look")

    def _open(self, creation: Creation, tab: str) -> None:
        with self._session.reporting(self.tr("Recalling the picture")):
            certificate = certificate_of(creation)
            self._session.go(page_of_family(creation.family), tab=tab, certificate=certificate)

    def show_run(self, creation: Creation) -> None:
        """Show the run that made it."""
        self._session.go("runs", run=creation.run, view="samples")

    # --- out of the window -------------------------------------------------------------------------------------------

    def paths(self, creations: Sequence[Creation]) -> list[Path]:
        """Their files in the project."""
        project = self._session.project
        return [project.gallery.path(creation) for creation in creations] if project is not None else []

    def drag_load(self, creations: Sequence[Creation]) -> DragLoad:
        """The files themselves: each says how it was made."""
        return DragLoad(self.paths(creations))

    def copy(self, creation: Creation) -> None:
        """Put the picture on the clipboard."""
        project = self._session.project
        if project is None:
            return
        with self._session.reporting(self.tr("Copying the picture")):
            copy_image(to_image(project.gallery.picture(creation)))
            self._session.toast(self.tr("Copied the picture"))

    def export(self, creations: Sequence[Creation]) -> None:
        """Ask for a file (for several a folder) and write copies that say how they were made."""
        if len(creations) == 1:
            path = self.ask_file(self.tr("Export the picture"), file_name(creations[0]))
            if path is not None:
                self._export_one(creations[0], path)
        elif creations:
            folder = self.ask_folder(self.tr("Export {0} pictures into a folder").format(count_text(len(creations))))
            if folder is not None:
                self._export_all(creations, folder)

    def _export_one(self, creation: Creation, path: Path) -> None:
        path = path if path.suffix.lower() == ".png" else path.with_name(f"{path.name}.png")
        with self._session.reporting(self.tr("Exporting the picture")):
            write_bytes(path, self.paths([creation])[0].read_bytes())
            self._tell(self.tr("Exported {0}").format(path.name), path.parent)

    def _export_all(self, creations: Sequence[Creation], folder: Path) -> None:
        names = [_free(folder / file_name(creation)) for creation in creations]
        self._left = list(zip(self.paths(creations), names, strict=True))
        self._copied = 0
        self._copying.start()

    def _copy_some(self) -> None:
        until = time.monotonic() + _SLICE
        with self._session.reporting(self.tr("Exporting pictures")):
            while self._left and time.monotonic() < until:
                source, target = self._left[0]
                shutil.copyfile(source, target)
                self._left.pop(0)
                self._copied += 1
            if not self._left:
                self._copying.stop()
                words = self.tr("Exported {0} pictures to {1}")
                self._tell(words.format(count_text(self._copied), target.parent.name), target.parent)
            return
        self.stop()

    def _tell(self, words: str, folder: Path) -> None:
        show = partial(QDesktopServices.openUrl, QUrl.fromLocalFile(str(folder)))
        self._session.toast(words, action=self.tr("Show folder"), callback=show)

    def _start(self) -> Path:
        return Path(self._session.preferences.export_folder or Path.home()).expanduser()

    def ask_file(self, title: str, name: str) -> Path | None:
        """Where to write a file; None if the user thinks better of it."""
        kinds = self.tr("Pictures (*.png)")
        chosen, _ = QFileDialog.getSaveFileName(self._window.window(), title, str(self._start() / name), kinds)
        return Path(chosen) if chosen else None

    def ask_folder(self, title: str) -> Path | None:
        """Into which folder; None if the user thinks better of it."""
        chosen = QFileDialog.getExistingDirectory(self._window.window(), title, str(self._start()))
        return Path(chosen) if chosen else None


def _free(path: Path) -> Path:
    """The path, or one with a number behind it where that is taken."""
    number, found = 2, path
    while found.exists():
        found = path.with_name(f"{path.stem}-{number}{path.suffix}")
        number += 1
    return found
