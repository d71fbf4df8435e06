"""Taking pictures out of a Create tab: PNG each, one sheet, a loop as a film, the clipboard, a drag."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from studio.config.requests import FilmRequest, Recipe
from studio.ground.errors import StudioError
from studio.ground.events import Ended, Event
from studio.ground.files import write_bytes
from studio.ui.panels.latents import between
from studio.ui.panels.picture_files import (
    DragFiles,
    NamedPicture,
    PictureWriter,
    named,
    png_of,
    sheet_picture,
    whole_request,
)
from studio.ui.panels.sheet import Entry, Model
from studio.ui.widgets.pictures import copy_image, to_image

if TYPE_CHECKING:
    from studio.ui.session import Session

_FRAMES = 16  # of a loop between two pictures
_FRAME_SECONDS = 0.06
_FILM_SIDE = 256  # a loop is enlarged by whole factors to about this


class CreateExport(QObject):
    """Asks where to, writes in slices or by a job, says when it is done. `entries` gives what is picked (or all)."""

    def __init__(
        self, session: Session, family: str, entries: Callable[[], Sequence[Entry]], button: QWidget, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._session, self._family, self._entries, self._button = session, family, entries, button
        self._drag = DragFiles()
        self._writer: PictureWriter | None = None
        self.ask_folder: Callable[[str], str] = self._ask_folder
        self.ask_file: Callable[[str, str, str], str] = self._ask_file

    def close(self) -> None:
        """Stop writing, delete the files of drags."""
        if self._writer is not None:
            self._writer.stop()
            self._writer = None
        self._drag.close()

    # --- the menu ----------------------------------------------------------------------------------------------------

    def ask(self) -> None:
        """Show what can be exported, below the button."""
        menu = self.build_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self._button.mapToGlobal(QPoint(0, self._button.height() + 2)))

    def build_menu(self) -> QMenu:
        """Each picture as a PNG, or all on one."""
        menu = QMenu(self._button)
        menu.setObjectName("exportMenu")
        count = len(self._pictures())
        one = self.tr("This picture as PNG…") if count == 1 else self.tr("{0} pictures, a PNG each…").format(count)
        lines = [(one, "exportEach", self.ask_each)]
        if count > 1:
            lines.append((self.tr("All on one PNG…"), "exportSheet", self.ask_sheet))
        for words, name, do in lines:
            action = QAction(words, menu)
            action.setObjectName(name)
            action.triggered.connect(do)
            menu.addAction(action)
        return menu

    def ask_each(self) -> None:
        """Ask for a folder (for one picture: a file) and write a PNG each."""
        pictures = self._pictures()
        if len(pictures) == 1:
            path = self.ask_file(self.tr("Export the picture"), pictures[0].name, self.tr("Pictures (*.png)"))
            if path:
                self.write_one(_with_suffix(Path(path), ".png"), pictures[0])
            return
        folder = self.ask_folder(self.tr("Export {0} pictures into a folder").format(len(pictures)))
        if folder:
            self.write_each(Path(folder), pictures)

    def ask_sheet(self) -> None:
        """Ask for a file and write all pictures on it."""
        pictures = self._pictures()
        path = self.ask_file(self.tr("Export one sheet"), "sheet.png", self.tr("Pictures (*.png)")) if pictures else ""
        if path:
            self.write_one(_with_suffix(Path(path), ".png"), _on_one(pictures))

    # --- writing -----------------------------------------------------------------------------------------------------

    def write_one(self, path: Path, picture: NamedPicture) -> None:
        """Write one PNG."""
        with self._session.reporting(self.tr("Exporting")):
            write_bytes(path, png_of(picture, family=self._family))
            self._session.toast(self.tr("Exported {0}").format(path.name))

    def write_each(self, folder: Path, pictures: Sequence[NamedPicture]) -> None:
        """Write a PNG each, a few milliseconds at a time."""
        if self._writer is not None:
            self._writer.stop()
        self._writer = PictureWriter(folder, pictures, family=self._family, parent=self)
        self._writer.ended.connect(self._on_written)
        self._writer.start()

    def _on_written(self, files: list[Path], error: OSError | None) -> None:
        self._writer = None
        if error is not None:
            self._session.report(error, self.tr("Exporting pictures"))
        else:
            folder = files[0].parent.name if files else ""
            self._session.toast(self.tr("Exported {0} pictures to {1}").format(len(files), folder))

    # --- a loop ------------------------------------------------------------------------------------------------------

    def film(self, stops: Sequence[Recipe], model: Model) -> None:
        """Ask for a file and write a loop through recipes and back to the first."""
        if len(stops) < 2:
            return
        path = self.ask_file(self.tr("Export the loop"), f"{model.run}-loop.gif", self.tr("Films (*.gif *.webp)"))
        if path:
            out = Path(path)
            self.write_film(out if out.suffix.lower() in (".gif", ".webp") else _with_suffix(out, ".gif"), stops, model)

    def write_film(self, out: Path, stops: Sequence[Recipe], model: Model) -> None:
        """Write the loop as a job."""
        request = FilmRequest(
            what="loop",
            run=model.run,
            checkpoint=model.checkpoint,
            out=out,
            recipes=loop(stops, _FRAMES),
            frames=1,
            seconds=_FRAME_SECONDS,
            zoom=self._zoom(),
            device=self._session.preferences.device,
        )

        def on_event(event: Event) -> None:
            if isinstance(event, Ended) and event.status == "finished":
                self._session.toast(self.tr("The loop is in {0}").format(out.name))

        with self._session.reporting(self.tr("Exporting the loop")):
            self._session.start(request, on_event, title=self.tr("Exporting a loop"))

    def _zoom(self) -> int:
        sides = [entry.picture.shape[0] for entry in self._entries() if entry.picture is not None]
        return min(max(1, _FILM_SIDE // sides[0]), 16) if sides else 2

    # --- clipboard and drag ------------------------------------------------------------------------------------------

    def copy(self) -> None:
        """One picture as it is, several on one sheet."""
        pictures = self._pictures()
        if pictures:
            copy_image(
                to_image(pictures[0].picture if len(pictures) == 1 else sheet_picture([p.picture for p in pictures]))
            )
            count = len(pictures)
            self._session.toast(
                self.tr("Copied one picture") if count == 1 else self.tr("Copied {0} pictures as one").format(count)
            )

    def drag_files(self, entries: Sequence[Entry]) -> list[Path]:
        """Files of entries that are dragged out. Raises OSError where they cannot be written."""
        pictures = [one for entry in entries if (one := named(entry)) is not None]
        return self._drag.write(pictures, family=self._family)

    def _pictures(self) -> list[NamedPicture]:
        return [one for entry in self._entries() if (one := named(entry)) is not None]

    # --- dialogs -----------------------------------------------------------------------------------------------------

    def _ask_folder(self, title: str) -> str:
        return QFileDialog.getExistingDirectory(self._button.window(), title)

    def _ask_file(self, title: str, name: str, kinds: str) -> str:
        return QFileDialog.getSaveFileName(self._button.window(), title, name, kinds)[0]


def loop(stops: Sequence[Recipe], frames: int) -> tuple[Recipe, ...]:
    """``frames`` recipes from each to the next and from the last back to the first.

    Raises:
        StudioError: fewer than two recipes.
    """
    if len(stops) < 2:
        raise StudioError("A loop needs at least two pictures to pass through.")
    legs = zip(stops, [*stops[1:], stops[0]], strict=True)
    return tuple(between(a, b, at / frames) for a, b in legs for at in range(frames))


def _on_one(pictures: Sequence[NamedPicture]) -> NamedPicture:
    return NamedPicture("sheet.png", sheet_picture([one.picture for one in pictures]), whole_request(pictures))


def _with_suffix(path: Path, suffix: str) -> Path:
    return path if path.suffix.lower() == suffix else path.with_name(path.name + suffix)
