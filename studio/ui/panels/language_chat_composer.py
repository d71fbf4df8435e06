"""Where a message is written: Enter sends it, Shift with Enter begins a line; it grows with what is written."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.ui.text import Label, count_text
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.prompt_field import PromptField

LONGEST = 400_000
"""Characters of a message that is written by hand or pasted."""
LONGEST_PARAGRAPH = 30_000
"""Longer ones freeze a field of text; they are refused, in words."""
_MOST_LINES = 9


def why_too_long(text: str) -> str:
    """Why a text cannot be pasted into a field; empty where it can."""
    longest = max(map(len, text.split("\n")), default=0)
    if longest > LONGEST_PARAGRAPH:
        words = "This text has a paragraph of {0} characters. Break it into paragraphs of at most {1}, then paste it."
        return words.format(count_text(longest), count_text(LONGEST_PARAGRAPH))
    if len(text) > LONGEST:
        words = "This text has {0} characters; at most {1} can be written here. Paste a part of it."
        return words.format(count_text(len(text)), count_text(LONGEST))
    return ""


class MessageField(PromptField):
    """`flipped`: the arrow keys were pressed in the empty field, to look at other versions of the last reply."""

    flipped = Signal(int)
    refused = Signal(str)

    def __init__(self, hint: str = "", *, lines: int = 1, parent: QWidget | None = None) -> None:
        super().__init__(hint, lines=lines, parent=parent)
        self._least = lines
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self._fit()

    def text(self) -> str:
        """Everything, with the blanks around it."""
        return self.toPlainText()

    def insertFromMimeData(self, source: QMimeData) -> None:
        why = why_too_long(self.toPlainText() + source.text()) if len(source.text()) > 1000 else ""
        if why:
            self.refused.emit(why)
            return
        super().insertFromMimeData(source)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        arrows = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        step = arrows.get(Qt.Key(event.key()))
        if step is not None and self.document().isEmpty() and not event.modifiers():
            self.flipped.emit(step)
            return
        super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        lines = min(max(round(self.document().size().height()), self._least), _MOST_LINES)
        return QSize(320, lines * self.fontMetrics().lineSpacing() + 20)

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.sizeHint().height())

    def _fit(self) -> None:
        self.setFixedHeight(self.sizeHint().height())
        self.updateGeometry()


class Composer(QWidget):
    """The field with Send, or with Stop while something is written, and a line that says with what."""

    sent = Signal()
    stopped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.field = MessageField(self.tr("Write to the model"))
        self.field.setObjectName("chatMessage")
        self.field.setAccessibleName(self.tr("Your message"))
        self.field.entered.connect(self.sent)
        self.send = Button(self.tr("Send"), kind="primary", tip=self.tr("Enter sends; Shift with Enter begins a line."))
        self.send.setObjectName("chatSend")
        self.send.clicked.connect(self.sent)
        self.stop = Button(self.tr("Stop"), icon="stop", tip=self.tr("Stop writing at once (Esc)"))
        self.stop.setObjectName("chatStop")
        self.stop.clicked.connect(self.stopped)
        self.stop.hide()
        self.note = Label(role="small", elide=Qt.TextElideMode.ElideRight)
        self.note.setObjectName("chatNote")
        row = dense(QHBoxLayout(), gap=8)
        row.addWidget(self.field, 1)
        row.addWidget(self.send, 0, Qt.AlignmentFlag.AlignBottom)
        row.addWidget(self.stop, 0, Qt.AlignmentFlag.AlignBottom)
        column = dense(QVBoxLayout(self), gap=4)
        column.addLayout(row)
        column.addWidget(self.note)

    def set_writing(self, writing: bool) -> None:
        """Whether a reply is being written here."""
        self.stop.setVisible(writing)
        self.send.setVisible(not writing)


class MessageEditor(Frame):
    """A message being edited in its place. `saved` keeps it as another version, `sent` asks for a reply to it, too."""

    saved = Signal(str)
    sent = Signal(str)
    left = Signal()

    def __init__(self, text: str, *, answer: bool, parent: QWidget | None = None) -> None:
        super().__init__("card", padding=8, gap=6, parent=parent)
        self.setObjectName("chatEditor")
        self.field = MessageField(lines=2)
        self.field.setObjectName("chatEditorField")
        self.field.setAccessibleName(self.tr("The message"))
        self.field.setPlainText(text)
        self._answer = answer
        self.send = Button(self.tr("Send"), kind="primary", tip=self.tr("Keep this version and write a reply to it"))
        self.send.setObjectName("chatEditorSend")
        self.send.setVisible(answer)
        self.save = Button(self.tr("Keep"), tip=self.tr("Keep as another version; the old one stays, too"))
        self.save.setObjectName("chatEditorSave")
        cancel = Button(self.tr("Cancel"), kind="quiet")
        cancel.setObjectName("chatEditorCancel")
        self.send.clicked.connect(lambda: self.sent.emit(self.field.text()))
        self.save.clicked.connect(lambda: self.saved.emit(self.field.text()))
        cancel.clicked.connect(self.left)
        self.field.entered.connect(self._on_enter)
        row = dense(QHBoxLayout(), gap=6)
        row.addStretch(1)
        for button in (cancel, self.save, self.send):
            row.addWidget(button)
        self.add(self.field)
        self.body.addLayout(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            return
        super().keyPressEvent(event)

    def _on_enter(self) -> None:
        (self.sent if self._answer else self.saved).emit(self.field.text())
