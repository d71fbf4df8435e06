"""One picture of a data set, large; the arrows lead to its neighbours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from studio.jobs.browsing import ReadThumbnails
from studio.ui.pages.data_model import Sight
from studio.ui.text import Label
from studio.ui.widgets.buttons import Button, icon_button
from studio.ui.widgets.frames import dense
from studio.ui.widgets.picture_view import PictureView
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.session import Session

_LARGEST = 1600


class PictureDialog(QDialog):
    """Steps through the pictures that the wall shows."""

    def __init__(
        self, parent: QWidget, session: Session, sight: Sight, positions: np.ndarray, position: int
    ) -> None:
        super().__init__(parent)
        self.setObjectName("pictureDialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Picture"))
        self.resize(680, 640)
        self._session, self._sight, self._positions = session, sight, positions
        self._at = int(np.flatnonzero(positions == position)[0]) if position in positions else 0
        self.picture = PictureView()
        self.picture.setObjectName("largePicture")
        self._line = Label(elide=Qt.TextElideMode.ElideRight)
        self._caption = Label(role="dim", wrap=True)
        self._before = icon_button("chevron-left", self.tr("The picture before"))
        self._before.setObjectName("pictureBefore")
        self._before.clicked.connect(self._on_before)
        self._after = icon_button("chevron-right", self.tr("The next picture"))
        self._after.setObjectName("pictureAfter")
        self._after.clicked.connect(self._on_after)
        close = Button(self.tr("Close"))
        close.setObjectName("pictureClose")
        close.clicked.connect(self.close)
        row = dense(QHBoxLayout(), gap=8)
        row.addWidget(self._before)
        row.addWidget(self._line, 1)
        row.addWidget(self._after)
        row.addWidget(close)
        column = dense(QVBoxLayout(self), padding=16, gap=10)
        column.addWidget(self.picture, 1)
        column.addWidget(self._caption)
        column.addLayout(row)
        self._show()
        self.picture.setFocus()

    def position(self) -> int:
        """The position in the data set of what is shown."""
        return int(self._positions[self._at])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if Qt.Key(event.key()) in steps:
            self._step(steps[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self._session.browser.forget("large")
        super().closeEvent(event)

    def _step(self, by: int) -> None:
        wanted = self._at + by
        if 0 <= wanted < len(self._positions):
            self._at = wanted
            self._show()

    def _show(self) -> None:
        position = self.position()
        self._line.setText(self._sight.line(position))
        self._caption.setText(self._sight.caption(position))
        self._before.set_available("" if self._at else self.tr("This is the first picture."))
        last = self._at == len(self._positions) - 1
        self._after.set_available(self.tr("This is the last picture.") if last else "")
        request = ReadThumbnails(
            folder=self._sight.contents.folder,
            positions=(position,),
            side=_LARGEST,
            background=self._sight.choices.background,
        )
        self._session.browse("large", request, self._on_answer)

    def _on_answer(self, answer: Any) -> None:
        if not answer.done:
            return
        found = (answer.result or {}).get(self.position())
        self.picture.set_picture(found)
        if found is None:
            words = spoken(answer.error) or self.tr("This picture can no longer be read. The disk may be failing.")
            self._caption.setText(words)

    def _on_before(self) -> None:
        self._step(-1)

    def _on_after(self) -> None:
        self._step(1)
