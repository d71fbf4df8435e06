"""A conversation at work: sending, writing again, versions, branches, edits; what the view shows of all that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QObject, Signal

from studio.config.requests import ChatRequest
from studio.config.texts import Message
from studio.projects.conversations import Conversations, KeptMessage, MessageTree
from studio.ui.panels.language_chat_bar import Doable
from studio.ui.panels.language_chat_composer import LONGEST_PARAGRAPH, MessageEditor, why_too_long
from studio.ui.panels.language_chat_rows import Entry
from studio.ui.panels.language_chat_said import Said
from studio.ui.panels.language_chat_settings import ChatSettings
from studio.ui.panels.language_chat_view import ChatView
from studio.ui.panels.language_chat_words import heading, note
from studio.ui.panels.language_chat_writer import Order, ReplyWriter
from studio.ui.panels.maker import Maker
from studio.ui.panels.sheet import Model
from studio.ui.text import count_text

_TITLE = 48  # characters of the first message that name a conversation


class ChatDesk(QObject):
    """`begun` carries the title of a conversation that the first message begins, and is answered by `open`.

    `changed`: what may be done would be another now.
    """

    changed = Signal()
    said = Signal(str)
    """A sentence for the user that goes by itself."""
    drafted = Signal()
    """Something was written for a conversation that is not there yet."""

    def __init__(
        self, maker: Maker, settings: ChatSettings, writer: ReplyWriter, view: ChatView, begin: Callable[[str], int],
        parent: QObject | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.maker, self.settings, self.writer, self.view = maker, settings, writer, view
        self._begin = begin
        self.talks: Conversations | None = None
        self.conversation = 0
        self._tree = MessageTree(0, ())
        self._path: list[KeptMessage] = []
        self._beside = 0
        self._branch = 0
        self._why: Callable[[], str] = lambda: ""
        self._said = Said(self._peek, self)
        view.transcript.fetch = view.beside.fetch = self._texts
        view.transcript.describe = self._describe
        self._connect()

    def _connect(self) -> None:
        view, transcript = self.view, self.view.transcript
        view.composer.sent.connect(self.send)
        view.composer.stopped.connect(self.writer.stop)
        view.composer.field.textChanged.connect(self._on_draft)
        view.composer.field.flipped.connect(self._on_field_flipped)
        view.composer.field.refused.connect(self.said)
        view.bar.asked.connect(self._on_bar)
        view.take.clicked.connect(self._on_take)
        view.branch_back.clicked.connect(self.leave_branch)
        transcript.flipped.connect(self.flip)
        transcript.edit_asked.connect(self.edit)
        transcript.looked_at.connect(self._show_bar)
        self.writer.grew.connect(self._on_grew)
        self.writer.ended.connect(self._on_ended)
        self.writer.changed.connect(self.show_state)

    def reason_by(self, why: Callable[[], str]) -> None:
        """Who knows why nothing can be written at all (no model, no engine, read only)."""
        self._why = why

    # --- what is open ------------------------------------------------------------------------------------------------

    def open(self, talks: Conversations | None, conversation: int, *, message: int = 0) -> None:
        """Show a conversation (0: an empty place for a new one), at its end or at one of its messages."""
        self.view.transcript.set_editor(0, None)
        self.talks, self.conversation, self._branch = talks, conversation, 0
        self._said.forget()
        draft = talks.draft(conversation) if talks is not None and conversation else ""
        field = self.view.composer.field
        field.blockSignals(True)
        field.setPlainText(draft)
        field.moveCursor(field.textCursor().MoveOperation.End)
        field.blockSignals(False)
        self.view.head.title.setText(self._title())
        self._read()
        if message in self._tree:
            choices = self._tree.choices_for(message)
            if choices and talks is not None and not talks.read_only:
                talks.choose(conversation, choices)
                self._read()
        self._show(to_end=True)
        if message:
            self.view.transcript.set_current(message)

    def renamed(self) -> None:
        """The conversation has another title."""
        self.view.head.title.setText(self._title())

    def path(self) -> Sequence[KeptMessage]:
        """The messages that are shown."""
        return self._path

    def _title(self) -> str:
        if self.talks is None or not self.conversation:
            return self.tr("New conversation")
        return self.talks.get(self.conversation).title

    def _read(self) -> None:
        """Read the messages anew, without their texts."""
        found = self.talks is not None and self.conversation
        self._tree = self.talks.tree(self.conversation) if found and self.talks is not None else MessageTree(0, ())
        if self._branch not in self._tree:
            self._branch = 0
        self._path = self._tree.line(self._branch) if self._branch else self._tree.path()
        self._beside = self._pair_of(self._path[-1]) if self._path else 0
        self._said.follow(self._path)

    def _pair_of(self, message: KeptMessage) -> int:
        """The reply of the other checkpoint to the same message, written together with this one."""
        pair = message.about.get("pair")
        if not pair:
            return 0
        others = [self._tree[id] for id in self._tree.versions(message.id) if id != message.id]
        mine = _made_by(message)
        return next((one.id for one in others if one.about.get("pair") == pair and _made_by(one) != mine), 0)

    def _texts(self, ids: Sequence[int]) -> Mapping[int, str]:
        if self.talks is None:
            return {}
        found: dict[int, str] = {}
        with self.maker.session.reporting(self.tr("Reading the conversation")):
            found = self.talks.contents(ids)
        for id in ids:
            growing = self.writer.text(id)
            if growing is not None:
                found[id] = growing
        return found

    def _peek(self, ids: Sequence[int]) -> Mapping[int, str]:
        """Texts of the open project. Raises StudioError where they cannot be read."""
        project, talks = self.maker.session.project, self.talks
        if talks is None or project is None or project.conversations is not talks:
            return {}
        return talks.contents(ids)

    # --- showing -----------------------------------------------------------------------------------------------------

    def _show(self, *, to_end: bool = False) -> None:
        view = self.view
        writes = self.writer.writes
        view.transcript.set_entries(
            [
                Entry(one.id, one.role == "user", one.length, writing=one.id in writes, bare=True)
                for one in self._path
            ],
            to_end=to_end,
        )
        if self._beside:
            pair = [self._tree[self._beside]]
            pair = [*(one for one in self._path[-2:-1]), *pair]
            view.beside.set_entries([self._entry(message) for message in pair], to_end=True)
        view.show_beside(bool(self._beside))
        branch = self.tr("You go on from here. What followed stays as another version.") if self._branch else ""
        view.show_branch(branch)
        self.show_state()

    def _describe(self, id: int) -> Entry:
        return self._entry(self._tree[id])

    def _entry(self, message: KeptMessage) -> Entry:
        versions = self._tree.versions(message.id)
        writing = message.id in self.writer.writes
        about = message.about
        return Entry(
            message.id, message.role == "user", message.length, heading(message, about),
            versions.index(message.id) + 1, len(versions), note(message, about, writing=writing),
            str(about.get("error", "")) if message.state == "failed" else "", writing,
        )  # fmt: skip

    def show_state(self) -> None:
        """Show what may be done, and why not."""
        why, composer = self.why_not(), self.view.composer
        here = self.writer.busy_with() != 0 and self.writer.busy_with() == self.conversation
        composer.set_writing(here)
        composer.send.set_available(why)
        if not here:
            composer.note.setText(why or self._model_words())
        self.view.transcript.hint = why or self.tr("Write something below, and the model answers.")
        self.view.head.export.set_available("" if self._path else self.tr("There is nothing to export yet."))
        self.view.take.set_available(self.why_read_only())
        self._show_bar()
        self.changed.emit()

    def _model_words(self) -> str:
        model, second = self.maker.model, self.settings.second()
        if model is None:
            return ""
        words = self.tr("{0}, step {1} writes").format(model.run, count_text(int(model.checkpoint)))
        if second is not None:
            with_ = self.tr("{0}, beside it {1}, step {2}")
            words = with_.format(words, second.run, count_text(int(second.checkpoint)))
        return words

    def _show_bar(self) -> None:
        id = self.view.transcript.active()
        if not id or id not in self._tree:
            return
        message, versions = self._tree[id], self._tree.versions(id)
        long = self.tr("It is too long to be edited in a field; copy it and edit it elsewhere.")
        state = Doable(
            versions.index(id) + 1, len(versions), reply=message.role == "assistant",
            last=bool(self._path) and self._path[-1].id == id, why_not_write=self.why_not(),
            why_not_change=self.why_read_only(), why_not_edit=long if message.length > 4 * LONGEST_PARAGRAPH else "",
        )  # fmt: skip
        self.view.bar.show_for(state)

    def why_read_only(self) -> str:
        """Why nothing can be changed; empty where it can."""
        return self.maker.session.why_read_only()

    def why_not(self) -> str:
        """Why no reply can be written now; empty where it can."""
        why = self.why_read_only() or self._why() or self.settings.problem()
        if not why and self.writer.busy_with():
            why = self.tr("A reply is being written; stop it first (Esc).")
        return why

    # --- what the user does ------------------------------------------------------------------------------------------

    def send(self) -> None:
        """Send what is written, or let the model answer where the last message has no answer."""
        text = self.view.composer.field.text()
        if self.why_not():
            if text.strip() and self.writer.busy_with() != self.conversation:
                self.said.emit(self.why_not())
            return
        if not text.strip():
            if self._path and self._path[-1].role == "user":
                self.again(self._path[-1].id)
            return
        with self.maker.session.reporting(self.tr("Sending the message")):
            if not self.conversation:
                self._begin(_first_words(text))
            self._say(self._path[-1].id if self._path else 0, text)
            self.view.composer.field.clear()

    def again(self, id: int, *, further: bool = False) -> None:
        """Write another version of a reply (or a reply to a message); ``further``: one that begins with all of it."""
        talks, why = self.talks, self.why_not()
        if talks is None or id not in self._tree or why:
            if why:
                self.said.emit(why)
            return
        with self.maker.session.reporting(self.tr("Writing a reply")):
            message = self._tree[id]
            start = self.view.transcript.text_of(id) if further else self.settings.start_text()
            to = message.parent if message.role == "assistant" else id
            before = self._tree.line(to)
            groups = self._groups(start)
            begun = talks.begin(self.conversation, to, [about for _, abouts in groups for about in abouts])
            if message.state == "failed" and message.length == 0 and message.role == "assistant":
                talks.discard(self.conversation, id)
            self._write(begun, groups, self._messages(before), start)

    def flip(self, id: int, step: int) -> None:
        """Choose another version of a message."""
        talks = self.talks
        if talks is None or id not in self._tree or talks.read_only:
            return
        versions = self._tree.versions(id)
        at = versions.index(id) + step
        if 0 <= at < len(versions):
            with self.maker.session.reporting(self.tr("Choosing a version")):
                self._branch = 0
                talks.choose(self.conversation, {**self._tree.choices_for(id), self._tree[id].parent: versions[at]})
                follow = self.view.transcript.at_end()
                self._read()
                self._show(to_end=follow)
                self.view.transcript.set_current(versions[at], show=not follow)

    def edit(self, id: int) -> None:
        """Edit a message in its place."""
        if id not in self._tree or self.why_read_only():
            return
        text = self.view.transcript.text_of(id)
        if why := why_too_long(text):
            self.said.emit(why)
            return
        answer = self._tree[id].role == "user"
        editor = MessageEditor(text, answer=answer)
        editor.saved.connect(lambda text: self._on_edited(id, text, answer=False))
        editor.sent.connect(lambda text: self._on_edited(id, text, answer=True))
        editor.left.connect(self._leave_editor)
        editor.field.refused.connect(self.said)
        editor.field.textChanged.connect(self.view.transcript.resize_editor)
        self.view.transcript.set_editor(id, editor)
        editor.field.setFocus()
        editor.field.moveCursor(editor.field.textCursor().MoveOperation.End)

    def branch(self, id: int) -> None:
        """Go on from an earlier message."""
        if id in self._tree and (not self._path or self._path[-1].id != id):
            self._branch = id
            self._read()
            self._show(to_end=True)
            self.view.composer.field.setFocus()

    def leave_branch(self) -> None:
        """Show what followed again."""
        self._branch = 0
        self._read()
        self._show(to_end=True)

    # --- asking ------------------------------------------------------------------------------------------------------

    def _say(self, parent: int, text: str) -> None:
        """Add a message and let it be answered."""
        talks = self.talks
        assert talks is not None
        start = self.settings.start_text()
        groups = self._groups(start)
        before = self._tree.line(parent) if parent else []
        abouts = [about for _, some in groups for about in some]
        _, begun = talks.say(self.conversation, parent, text, replies=abouts)
        talks.keep_draft(self.conversation, "")
        self._branch = 0
        self._write(begun, groups, (*self._messages(before), Message(role="user", content=text)), start)

    def _groups(self, start: str) -> list[tuple[Model, list[dict[str, Any]]]]:
        """For each checkpoint that writes, what is known beforehand of each reply."""
        writing = self.settings.writing()
        models = [model for model in (self.maker.model, self.settings.second()) if model is not None]
        pair = f"{self.conversation}.{len(self._tree)}" if len(models) > 1 else ""
        known = {"writing": writing.model_dump(mode="json"), "start": start} | ({"pair": pair} if pair else {})
        return [
            (model, [{"run": model.run, "checkpoint": model.checkpoint, **known}] * writing.count) for model in models
        ]

    def _write(
        self, begun: Sequence[int], groups: Sequence[tuple[Model, list[dict[str, Any]]]], messages: Sequence[Message],
        start: str,
    ) -> None:  # fmt: skip
        talks, device = self.talks, self.maker.session.preferences.device
        assert talks is not None
        orders, at = [], 0
        for model, abouts in groups:
            request = ChatRequest(
                run=model.run, checkpoint=model.checkpoint, messages=tuple(messages), start=start,
                writing=abouts[0]["writing"], device=device,
            )  # fmt: skip
            orders.append(Order(self.conversation, tuple(begun[at : at + len(abouts)]), request, abouts[0]))
            at += len(abouts)
        self.writer.write(talks, orders)
        self.view.transcript.leave_current()
        self._read()
        self._show(to_end=True)

    def _messages(self, path: Sequence[KeptMessage]) -> tuple[Message, ...]:
        """What a model is given: the system text, then the messages of a path; replies without a word are left out."""
        system = self.settings.system_text()
        first = (Message(role="system", content=system),) if system else ()
        return (*first, *self._said.messages(path, self._texts))

    # --- what happens ------------------------------------------------------------------------------------------------

    def _on_grew(self, id: int, text: str) -> None:
        self.view.transcript.set_text(id, text)
        if id == self._beside:
            self.view.beside.set_text(id, text)

    def _on_ended(self, id: int) -> None:
        if id not in self._tree:
            return
        follow = self.view.transcript.at_end()
        self._read()
        if id in self._tree:
            entry = self._entry(self._tree[id])
            self.view.transcript.renew(entry)
            self.view.beside.renew(entry)
            if follow:
                self.view.transcript.to_end()
        self.show_state()

    def _on_draft(self) -> None:
        if self.talks is not None and self.conversation:
            self.talks.keep_draft(self.conversation, self.view.composer.field.text())
        else:
            self.drafted.emit()

    def _on_field_flipped(self, step: int) -> None:
        if self._path:
            self.flip(self._path[-1].id, step)

    def _on_bar(self, what: str) -> None:
        transcript = self.view.transcript
        id = transcript.active()
        deeds: Mapping[str, Callable[[], None]] = {
            "back": lambda: self.flip(id, -1), "on": lambda: self.flip(id, 1),
            "copy": lambda: transcript.copy_message(id), "edit": lambda: self.edit(id),
            "again": lambda: self.again(id), "further": lambda: self.again(id, further=True),
            "branch": lambda: self.branch(id),
        }  # fmt: skip
        deeds[what]()

    def _on_edited(self, id: int, text: str, *, answer: bool) -> None:
        talks = self.talks
        if talks is None or id not in self._tree:
            return
        with self.maker.session.reporting(self.tr("Keeping the edited message")):
            if answer and self.why_not():
                self.said.emit(self.why_not())
                return
            self._leave_editor()
            if answer:
                self._say(self._tree[id].parent, text)
            elif text != self.view.transcript.text_of(id):
                talks.edit(self.conversation, id, text)
                self._branch = 0
                self._read()
                self._show()

    def _leave_editor(self) -> None:
        self.view.transcript.set_editor(0, None)
        self.view.transcript.setFocus()

    def _on_take(self) -> None:
        talks = self.talks
        if talks is not None and self._beside:
            with self.maker.session.reporting(self.tr("Choosing a version")):
                talks.choose(self.conversation, {self._tree[self._beside].parent: self._beside})
                self._read()
                self._show(to_end=True)


def _made_by(message: KeptMessage) -> tuple[object, object]:
    about = message.about
    return about.get("run"), about.get("checkpoint")


def _first_words(text: str) -> str:
    """A title from the first message."""
    words = " ".join(text[:400].split())
    return words if len(words) <= _TITLE else f"{words[: _TITLE - 1].rstrip()}…"
