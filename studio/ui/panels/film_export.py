"""A picture's steps as a moving picture: asks where to, writes by a job."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from studio.config.requests import FilmRequest, Recipe
from studio.ground.events import Ended, Event
from studio.ui.panels.sheet import Model

if TYPE_CHECKING:
    from studio.ui.session import Session

_SECONDS, _FASTEST, _SLOWEST = 4.0, 0.04, 0.4  # of a film in all, and of one frame
_SIDE = 256  # pixels to which each of the three pictures is enlarged, by whole factors


class FilmExport(QObject):
    """Done on behalf of a widget; `ask_file` is the file dialog."""

    def __init__(self, session: Session, widget: QWidget) -> None:
        super().__init__(widget)
        self._session, self._widget = session, widget
        self.ask_file: Callable[[str, str, str], str] = self._ask_file

    def steps(self, recipe: Recipe, model: Model, *, side: int, steps: int) -> None:
        """Ask for a file and write how a recipe's picture, ``side`` pixels wide, comes out of the noise."""
        path = self.ask_file(self.tr("Export the film"), f"{model.run}-steps.gif", self.tr("Films (*.gif *.webp)"))
        if not path:
            return
        out = Path(path)
        out = out if out.suffix.lower() in (".gif", ".webp") else out.with_name(f"{out.name}.gif")
        request = FilmRequest(
            what="steps", run=model.run, checkpoint=model.checkpoint, out=out, recipes=(recipe,),
            seconds=min(max(_SECONDS / max(steps, 1), _FASTEST), _SLOWEST), zoom=min(max(1, _SIDE // side), 16),
            device=self._session.preferences.device,
        )  # fmt: skip
        with self._session.reporting(self.tr("Exporting the film")):
            self._session.start(request, partial(self._on_event, out), title=self.tr("Exporting a film"))

    def _on_event(self, out: Path, event: Event) -> None:
        if isinstance(event, Ended) and event.status == "finished":
            show = partial(QDesktopServices.openUrl, QUrl.fromLocalFile(str(out.parent)))
            self._session.toast(
                self.tr("The film is saved: {0}").format(out.name), action=self.tr("Show folder"), callback=show
            )

    def _ask_file(self, title: str, name: str, kinds: str) -> str:
        start = Path(self._session.preferences.export_folder or Path.home()).expanduser() / name
        return QFileDialog.getSaveFileName(self._widget.window(), title, str(start), kinds)[0]
