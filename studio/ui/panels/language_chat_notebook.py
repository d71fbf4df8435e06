"""Notebook: a plain text that the model continues; every continuation stays as a version of the last one."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QMimeData, QObject, Qt, Signal
from PySide6.QtGui import QSyntaxHighlighter, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from studio.config.requests import ContinueRequest
from studio.projects.conversations import Conversations, KeptMessage, MessageTree
from studio.ui import theme
from studio.ui.palette import SIZES
from studio.ui.panels.language_chat_composer import why_too_long
from studio.ui.panels.language_chat_settings import ChatSettings
from studio.ui.panels.language_chat_text import one_kind_of_line, units
from studio.ui.panels.language_chat_view import TitleRow
from studio.ui.panels.language_chat_words import heading, note
from studio.ui.panels.language_chat_writer import Order, ReplyWriter
from studio.ui.panels.maker import Maker
from studio.ui.text import Label
from studio.ui.widgets.buttons import Button, icon_button
from studio.ui.widgets.frames import dense


class NotebookField(QPlainTextEdit):
    """A field for a long text; what would freeze it is refused in words."""

    refused = Signal(str)

    def insertFromMimeData(self, source: QMimeData) -> None:
        why = why_too_long(self.toPlainText() + source.text()) if len(source.text()) > 1000 else ""
        if why:
            self.refused.emit(why)
            return
        self.insertPlainText(source.text())


class Tint(QSyntaxHighlighter):
    """Shows in another colour what stands from one place on."""

    def __init__(self, field: QPlainTextEdit) -> None:
        super().__init__(field.document())
        self._begin = -1
        theme.watcher().changed.connect(self._on_theme)

    def set_begin(self, begin: int) -> None:
        """From which UTF-16 unit on; -1: nowhere."""
        if begin != self._begin:
            self._begin = begin
            self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        first = max(self._begin - self.currentBlock().position(), 0)
        length = self.currentBlock().length() - 1
        if self._begin >= 0 and first < length:
            form = QTextCharFormat()
            form.setForeground(theme.current().colour("accent_text"))
            self.setFormat(first, length - first, form)

    def _on_theme(self) -> None:
        self.rehighlight()


class NotebookView(QWidget):
    """Widgets only."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.head = TitleRow("notebook")
        self.field = NotebookField()
        self.field.setObjectName("notebookText")
        self.field.setAccessibleName(self.tr("Text"))
        self.field.setPlaceholderText(self.tr("Begin a text; the model continues it where it ends."))
        self.field.setTabChangesFocus(True)
        self.tint = Tint(self.field)
        self.go = Button(self.tr("Continue"), kind="primary", tip=self.tr("Continue the text at its end (Ctrl+G)"))
        self.go.setObjectName("notebookContinue")
        self.stop = Button(self.tr("Stop"), icon="stop", tip=self.tr("Stop writing at once (Esc)"))
        self.stop.setObjectName("notebookStop")
        self.back = icon_button("chevron-left", self.tr("The continuation before"))
        self.back.setObjectName("notebookBack")
        self.place = Label(role="small")
        self.place.setObjectName("notebookVersions")
        self.on = icon_button("chevron-right", self.tr("The next continuation"))
        self.on.setObjectName("notebookOn")
        self.again = Button(self.tr("Another"), icon="refresh", tip=self.tr("Another continuation (Ctrl+Shift+G)"))
        self.again.setObjectName("notebookAgain")
        self.note = Label(role="small", elide=Qt.TextElideMode.ElideRight)
        self.note.setObjectName("notebookNote")
        self._lay_out()

    def _lay_out(self) -> None:
        row = dense(QHBoxLayout(), gap=4)
        row.addWidget(self.note, 1)
        for widget in (self.back, self.place, self.on, self.again, self.go, self.stop):
            row.addWidget(widget)
        inner = QVBoxLayout()
        inner.setContentsMargins(SIZES.margin, 0, SIZES.margin, 14)
        inner.setSpacing(8)
        inner.addWidget(self.field, 1)
        inner.addLayout(row)
        column = dense(QVBoxLayout(self), gap=0)
        column.addWidget(self.head)
        column.addLayout(inner, 1)


class NotebookDesk(QObject):
    """A root of the tree is the text before a continuation, its children are the continuations."""

    changed = Signal()
    said = Signal(str)

    def __init__(
        self, maker: Maker, settings: ChatSettings, writer: ReplyWriter, view: NotebookView,
        parent: QObject | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.maker, self.settings, self.writer, self.view = maker, settings, writer, view
        self.talks: Conversations | None = None
        self.conversation = 0
        self._tree = MessageTree(0, ())
        self._root: KeptMessage | None = None
        self._reply: KeptMessage | None = None
        self._before = ""
        self._shown = ""
        self._why: Callable[[], str] = lambda: ""
        view.go.clicked.connect(self.go)
        view.again.clicked.connect(self.again)
        view.stop.clicked.connect(writer.stop)
        view.back.clicked.connect(lambda: self.flip(-1))
        view.on.clicked.connect(lambda: self.flip(1))
        view.field.textChanged.connect(self._on_text)
        view.field.refused.connect(self.said)
        writer.grew.connect(self._on_grew)
        writer.ended.connect(self._on_ended)
        writer.changed.connect(self.show_state)

    def reason_by(self, why: Callable[[], str]) -> None:
        """Who knows why nothing can be written at all."""
        self._why = why

    def open(self, talks: Conversations, conversation: int) -> None:
        """Show a notebook as it was left; what was being written when the program ended is taken in."""
        self.talks, self.conversation = talks, conversation
        self._read()
        text = talks.draft(conversation)
        if self._reply is not None and self._reply.state != "whole" and text == self._before:
            text = self._before + self._reply_text()
        self._set_text(text)
        self.renamed()
        self.show_state()

    def renamed(self) -> None:
        """It has another title."""
        if self.talks is not None and self.conversation:
            self.view.head.title.setText(self.talks.get(self.conversation).title)

    def text(self) -> str:
        """The text as it stands, to the letter."""
        return one_kind_of_line(self.view.field.document().toRawText())

    # --- what the user does ------------------------------------------------------------------------------------------

    def go(self) -> None:
        """Continue the text."""
        if why := self.why_not():
            self.said.emit(why)
            return
        self._write(self.text(), None)

    def again(self) -> None:
        """Another continuation of the same text."""
        why = self.why_not() or self.why_not_again()
        if why:
            self.said.emit(why)
            return
        self._write(self._before, self._root)

    def flip(self, step: int) -> None:
        """Choose another continuation."""
        talks, reply = self.talks, self._reply
        if talks is None or reply is None or self._root is None or self.why_not_again():
            return
        versions = self._tree.versions(reply.id)
        at = versions.index(reply.id) + step
        if 0 <= at < len(versions):
            with self.maker.session.reporting(self.tr("Choosing a version")):
                talks.choose(self.conversation, {self._root.id: versions[at]})
                self._read()
                self._set_text(self._before + self._reply_text())
                talks.keep_draft(self.conversation, self.text())
            self.show_state()

    def _write(self, text: str, root: KeptMessage | None) -> None:
        talks, model = self.talks, self.maker.model
        if talks is None or model is None:
            return
        with self.maker.session.reporting(self.tr("Continuing the text")):
            writing = self.settings.writing()
            known = {"run": model.run, "checkpoint": model.checkpoint, "writing": writing.model_dump(mode="json")}
            abouts = [known] * writing.count
            if root is None:
                _, begun = talks.say(self.conversation, 0, text, replies=abouts)
            else:
                begun = talks.begin(self.conversation, root.id, abouts)
            request = ContinueRequest(
                run=model.run, checkpoint=model.checkpoint, text=text, writing=writing,
                device=self.maker.session.preferences.device,
            )  # fmt: skip
            self.writer.write(talks, [Order(self.conversation, tuple(begun), request, known)])
            self._read()
            if self.text() != text:
                self._set_text(text)
            self._shown = ""
            self.view.field.moveCursor(QTextCursor.MoveOperation.End)
            self.show_state()

    # --- showing -----------------------------------------------------------------------------------------------------

    def why_not(self) -> str:
        """Why the text cannot be continued now; empty where it can."""
        why = self.maker.session.why_read_only() or self._why() or self.settings.problem()
        if not why and self.writer.busy_with():
            why = self.tr("Something is being written; stop it first (Esc).")
        return why or ("" if self.text() else self.tr("Write how the text begins first."))

    def why_not_again(self) -> str:
        """Why there is no other continuation to write or to look at; empty where there is."""
        if self._reply is None:
            return self.tr("Nothing was continued yet.")
        if self.text() != one_kind_of_line(self._before + self._reply_text()):
            return self.tr("The text was changed since; continue it anew.")
        return ""

    def show_state(self) -> None:
        """Show what may be done, and why not."""
        view, here = self.view, self.conversation != 0 and self.writer.busy_with() == self.conversation
        view.stop.setVisible(here)
        view.go.setVisible(not here)
        view.go.set_available(self.why_not())
        view.field.setReadOnly(here or bool(self.maker.session.why_read_only()))
        versions = self._tree.versions(self._reply.id) if self._reply is not None else []
        why = self.why_not_again()
        several = len(versions) > 1 and not why
        for widget in (view.back, view.place, view.on):
            widget.setVisible(several)
        if several and self._reply is not None:
            at = versions.index(self._reply.id)
            view.place.setText(f"{at + 1}/{len(versions)}")
            view.back.set_available("" if at else self.tr("This is the first."))
            view.on.set_available("" if at + 1 < len(versions) else self.tr("This is the newest."))
        view.again.setVisible(self._reply is not None and not here)
        view.again.set_available(self.why_not() or why)
        view.note.setText(self._words(here))
        view.head.export.set_available("" if self.text() else self.tr("There is nothing to export yet."))
        self._tint()
        self.changed.emit()

    def _words(self, here: bool) -> str:
        reply = self._reply
        if reply is None:
            return self.why_not()
        about = reply.about
        error = str(about.get("error", "")) if reply.state == "failed" else ""
        parts = (heading(reply, about), note(reply, about, writing=here), error)
        return " · ".join(part for part in parts if part)

    def _tint(self) -> None:
        """What the model wrote last is tinted, as long as the text was not changed."""
        here = self.conversation != 0 and self.writer.busy_with() == self.conversation
        shown = self._reply is not None and (here or not self.why_not_again())
        self.view.tint.set_begin(units(one_kind_of_line(self._before)) if shown else -1)

    def _set_text(self, text: str) -> None:
        field = self.view.field
        field.blockSignals(True)
        field.setPlainText(text)
        field.moveCursor(QTextCursor.MoveOperation.End)
        field.blockSignals(False)

    def _read(self) -> None:
        assert self.talks is not None
        self._tree = self.talks.tree(self.conversation)
        path = self._tree.path()
        self._root = path[0] if path else None
        self._reply = path[1] if len(path) > 1 else None
        self._before = self.talks.contents([self._root.id])[self._root.id] if self._root is not None else ""

    def _reply_text(self) -> str:
        if self._reply is None or self.talks is None:
            return ""
        growing = self.writer.text(self._reply.id)
        return growing if growing is not None else self.talks.contents([self._reply.id]).get(self._reply.id, "")

    # --- what happens ------------------------------------------------------------------------------------------------

    def _on_text(self) -> None:
        if self.talks is not None and self.conversation and self.writer.busy_with() != self.conversation:
            self.talks.keep_draft(self.conversation, self.text())
            self.show_state()

    def _on_grew(self, id: int, text: str) -> None:
        if self._reply is None or id != self._reply.id:
            return
        bar = self.view.field.verticalScrollBar()
        follow = bar.value() >= bar.maximum() - 2
        cursor = QTextCursor(self.view.field.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        if text.startswith(self._shown):
            cursor.insertText(text[len(self._shown) :])
        else:
            cursor.setPosition(units(self._before), QTextCursor.MoveMode.KeepAnchor)
            cursor.insertText(text)
        self._shown = text
        if follow:
            bar.setValue(bar.maximum())
        self._tint()

    def _on_ended(self, id: int) -> None:
        if self.talks is None or id not in self._tree:
            return
        self._read()
        self.talks.keep_draft(self.conversation, self.text())
        self.show_state()
