"""Which picture a CycleGAN is looked at with: one of its sides by chance, a file, the clipboard; and the direction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from studio.config.cyclegan import side_names
from studio.config.requests import Direction
from studio.jobs.browsing import ReadBytes
from studio.ui.drops import local_paths
from studio.ui.panels.cyclegan_edit_one import png_bytes
from studio.ui.panels.cyclegan_edit_settings import DirectionChoice, config_of
from studio.ui.panels.cyclegan_side_pictures import SidePictures
from studio.ui.panels.looked_at import LookChoice
from studio.ui.text import Label
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.frames import dense
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.panels.trained_run import TrainedRun
    from studio.ui.session import Session

_FILES = "*.png *.jpg *.jpeg *.webp *.bmp *.gif *.tif *.tiff *.ppm *.pgm *.pbm"


@dataclass(frozen=True)
class Translated:
    """What is looked at: the bytes of a picture's file, and which way it is translated."""

    file: bytes
    direction: Direction


class PictureChoice(LookChoice):
    """With no picture brought here, one of the side that the direction leads from is drawn."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._file, self._name, self._drawn_for = b"", "", ("", "")
        self._trained: TrainedRun | None = None
        self._sides = SidePictures(session, "look", self)
        self.ask_file = self._ask_file
        self.direction = DirectionChoice()
        self.direction.chosen.connect(self._on_direction)
        self.name = Label(role="small", wrap=True)
        self.name.setObjectName("lookPictureName")
        self.buttons = {
            "chance": Button(self.tr("Another of this side"), kind="small", icon="random"),
            "open": Button(self.tr("Open…"), kind="small", icon="folder"),
            "paste": Button(self.tr("Paste"), kind="small", icon="paste"),
        }
        for key, button in self.buttons.items():
            button.setObjectName(f"look_{key}")
            button.setProperty("asks", key)
            button.clicked.connect(self._on_clicked)
        self._lay_out()

    def _lay_out(self) -> None:
        pair = dense(QHBoxLayout(), gap=8)
        pair.addWidget(self.buttons["open"], 1)
        pair.addWidget(self.buttons["paste"], 1)
        column = dense(QVBoxLayout(self), gap=8)
        column.addWidget(self.direction)
        column.addSpacing(4)
        column.addWidget(Label(self.tr("Picture"), role="dim"))
        column.addWidget(self.buttons["chance"])
        column.addLayout(pair)
        column.addWidget(self.name)

    # --- what is looked at -------------------------------------------------------------------------------------------

    def recipes(self) -> tuple[Translated, ...]:
        return (Translated(self._file, self.direction.value()),) if self._file else ()

    def names(self) -> tuple[str, str]:
        """From which side to which it is translated."""
        return self.direction.names()

    def set_trained(self, trained: TrainedRun | None) -> None:
        self._trained = trained
        config = config_of(trained)
        if trained is None or config is None:
            return
        self.direction.set_sides(side_names(config, trained.dataset), config.directions)
        if not self._file and self._drawn_for != (trained.name, self.direction.value()):
            self.draw()

    def draw(self) -> None:
        """Any picture of the side that the direction leads from."""
        trained = self._trained
        self._drawn_for = (trained.name if trained is not None else "", self.direction.value())
        if not self._sides.draw(trained, self.direction.value(), self.show_bytes):
            self.name.setText(self.tr("The run's data set is not in the project; open a picture."))

    def show_bytes(self, file: bytes, name: str) -> None:
        """Look at a picture that came as the bytes of a file."""
        self._file, self._name = file, name
        self.name.setText(name)
        self.changed.emit()

    def open(self, path: Path) -> None:
        """Look at a file of the user's."""

        def on_read(answer: Any) -> None:
            if answer.done and answer.error is not None:
                self._session.toast(spoken(answer.error), severity="warning")
            elif answer.done:
                self.show_bytes(answer.result, path.name)

        self._session.browse("lookFile", ReadBytes(path=path), on_read)

    def forget(self) -> None:
        self._file, self._name, self._drawn_for = b"", "", ("", "")
        self._sides.forget()
        self.name.setText("")

    def state(self) -> dict[str, Any]:
        return {"direction": self.direction.value()}

    def restore(self, state: Mapping[str, Any]) -> None:
        self.direction.set_value(state.get("direction"))

    # --- what the user does ------------------------------------------------------------------------------------------

    def _on_direction(self) -> None:
        self.changed.emit()

    def _on_clicked(self) -> None:
        what = str(self.sender().property("asks"))
        if what == "chance":
            self.draw()
        elif what == "open":
            path = self.ask_file()
            if path:
                self.open(Path(path))
        else:
            self._paste()

    def _paste(self) -> None:
        clipboard = QGuiApplication.clipboard()
        data = clipboard.mimeData()
        paths = local_paths(data) if data is not None else []
        image = clipboard.image()
        if paths:
            self.open(paths[0])
        elif not image.isNull():
            self.show_bytes(png_bytes(image), self.tr("from the clipboard"))
        else:
            self._session.toast(self.tr("There is no picture on the clipboard."), severity="warning")

    def _ask_file(self) -> str:
        kinds = self.tr("Pictures ({0})").format(_FILES)
        return QFileDialog.getOpenFileName(self.window(), self.tr("Look at a picture"), "", kinds)[0]
