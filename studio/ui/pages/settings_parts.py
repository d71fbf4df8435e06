"""What the cards of the Settings page share."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.ui.text import Label
from studio.ui.widgets.frames import Frame, dense


class Card(Frame):
    """A headline, perhaps a sentence and a widget at its right, and what follows."""

    def __init__(self, name: str, title: str, sentence: str = "", *, corner: QWidget | None = None) -> None:
        super().__init__("card", padding=20, gap=10)
        self.setObjectName(name)
        self.setAccessibleName(title)
        head = dense(QHBoxLayout(), gap=12)
        head.addWidget(Label(title, role="title"), 1)
        if corner is not None:
            head.addWidget(corner)
        self.body.addLayout(head)
        if sentence:
            self.add(Label(sentence, role="dim", wrap=True))
