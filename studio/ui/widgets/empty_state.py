"""An empty place: says what to do next and does it with one button."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from studio.ui import theme
from studio.ui.text import Label
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.frames import dense


class EmptyState(QWidget):
    """A drawing, a headline, a sentence and one main button, in the middle of the room there is."""

    triggered = Signal()

    def __init__(
        self, icon: str, headline: str, sentence: str = "", button: str = "", *, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._icon = icon
        self._mark = QLabel()
        self._mark.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._headline = Label(role="headline", wrap=True)
        self._headline.setObjectName("emptyHeadline")
        self._sentence = Label(role="dim", wrap=True)
        self._sentence.setObjectName("emptySentence")
        for label in (self._headline, self._sentence):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setMaximumWidth(440)
            label.setMinimumWidth(220)
        self.button = Button(kind="primary")
        self.button.setObjectName("emptyButton")
        self.button.clicked.connect(self.triggered)
        self._lay_out()
        self.set_words(headline, sentence, button)
        theme.watcher().changed.connect(self._on_theme)
        self._on_theme()

    def _lay_out(self) -> None:
        column = dense(QVBoxLayout(self), padding=24, gap=10)
        centre = Qt.AlignmentFlag.AlignHCenter
        column.addStretch(2)
        column.addWidget(self._mark, 0, centre)
        column.addLayout(_centred(self._headline))
        column.addLayout(_centred(self._sentence))
        column.addSpacing(6)
        column.addWidget(self.button, 0, centre)
        column.addStretch(3)

    def set_words(self, headline: str, sentence: str = "", button: str = "", icon: str = "") -> None:
        """Say something else; without `button` there is none."""
        self._icon = icon or self._icon
        self._headline.setText(headline)
        self._sentence.setText(sentence)
        self._sentence.setVisible(bool(sentence))
        self.button.set_text(button)
        self.button.setVisible(bool(button))
        self._on_theme()

    def _on_theme(self) -> None:
        self._mark.setPixmap(theme.pixmap(self._icon, "text_dim", 48, self.devicePixelRatioF()))


def _centred(label: Label) -> QHBoxLayout:
    """A label in the middle at its greatest width: aligned directly, a layout would cut its wrapped lines off."""
    row = dense(QHBoxLayout(), gap=0)
    row.addStretch(1)
    row.addWidget(label, 1000)
    row.addStretch(1)
    return row
