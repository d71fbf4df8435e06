"""The canvas of a conversation: its title, its messages, beside them those of a second checkpoint, the field below."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from studio.ui.palette import SIZES
from studio.ui.panels.language_chat_bar import MessageBar
from studio.ui.panels.language_chat_composer import Composer
from studio.ui.panels.language_chat_transcript import Transcript
from studio.ui.text import Label
from studio.ui.widgets.buttons import Button, icon_button
from studio.ui.widgets.frames import dense


class TitleRow(QWidget):
    """The name of what is open, and what can be done with it as a whole."""

    export_asked = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = Label(role="title", elide=Qt.TextElideMode.ElideRight)
        self.title.setObjectName(f"{name}Title")
        self.export = icon_button("export", self.tr("Export as Markdown or JSON (Ctrl+E)"))
        self.export.setObjectName(f"{name}Export")
        self.export.clicked.connect(self.export_asked)
        row = QHBoxLayout(self)
        row.setContentsMargins(SIZES.margin, 12, 12, 6)
        row.setSpacing(4)
        row.addWidget(self.title, 1)
        row.addWidget(self.export)


class ChatView(QWidget):
    """Widgets only; what happens is decided at the desk."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.head = TitleRow("chat")
        self.transcript = Transcript()
        self.transcript.setObjectName("chatTranscript")
        self.bar = MessageBar()
        self.transcript.set_bar(self.bar)
        self.beside = Transcript()
        self.beside.setObjectName("chatBeside")
        self.beside.setAccessibleName(self.tr("What the second checkpoint writes"))
        self.take = Button(self.tr("Go on with this reply"), kind="small", icon="check")
        self.take.setObjectName("chatTake")
        self.composer = Composer()
        self.branch_note = Label(role="small", wrap=True)
        self.branch_note.setObjectName("chatBranchNote")
        self.branch_back = Button(self.tr("Back"), kind="quiet", tip=self.tr("Show what followed again"))
        self.branch_back.setObjectName("chatBranchBack")
        self._lay_out()

    def _lay_out(self) -> None:
        self._second = QWidget()
        second = dense(QVBoxLayout(self._second), gap=4)
        second.addWidget(self.beside, 1)
        second.addWidget(self.take, 0, Qt.AlignmentFlag.AlignHCenter)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setObjectName("chatSplitter")
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.transcript)
        self.splitter.addWidget(self._second)
        self.splitter.setSizes([500, 500])
        self._second.hide()
        self._branch = QWidget()
        branch = QHBoxLayout(self._branch)
        branch.setContentsMargins(0, 0, 0, 0)
        branch.addWidget(self.branch_note, 1)
        branch.addWidget(self.branch_back)
        self._branch.hide()
        below = QWidget()
        below.setMaximumWidth(760 + 40)
        inner = QVBoxLayout(below)
        inner.setContentsMargins(SIZES.margin, 6, SIZES.margin, 12)
        inner.setSpacing(4)
        inner.addWidget(self._branch)
        inner.addWidget(self.composer)
        centred = dense(QHBoxLayout(), gap=0)
        centred.addStretch(1)
        centred.addWidget(below, 1000)
        centred.addStretch(1)
        column = dense(QVBoxLayout(self), gap=0)
        column.addWidget(self.head)
        column.addWidget(self.splitter, 1)
        column.addLayout(centred)

    def show_beside(self, on: bool) -> None:
        """Show what the second checkpoint wrote, or not."""
        if on and self._second.isHidden():
            half = max(self.splitter.width() // 2, 200)
            self._second.show()
            self.splitter.setSizes([half, half])
        self._second.setVisible(on)

    def show_branch(self, words: str) -> None:
        """Say that one goes on from an earlier message; nothing where one does not."""
        self.branch_note.setText(words)
        self._branch.setVisible(bool(words))
