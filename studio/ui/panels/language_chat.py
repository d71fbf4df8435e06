"""The Create tab of the language panel: conversations and notebooks, kept in the project as they come."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout

from studio.ground.errors import Text, text
from studio.projects.conversations import Conversations, Hit
from studio.ui import theme
from studio.ui.panels.language_chat_desk import ChatDesk
from studio.ui.panels.language_chat_export import ChatExport
from studio.ui.panels.language_chat_list import FOLDER, TALK, ConversationList
from studio.ui.panels.language_chat_notebook import NotebookDesk, NotebookView
from studio.ui.panels.language_chat_settings import ChatSettings
from studio.ui.panels.language_chat_view import ChatView
from studio.ui.panels.language_chat_writer import ReplyWriter
from studio.ui.panels.maker import Maker
from studio.ui.panels.model_tab import ModelTab
from studio.ui.panels.sheet import Model
from studio.ui.panels.tab import TabIntention
from studio.ui.undo import Deed
from studio.ui.view_state import HeaderIntention
from studio.ui.widgets.empty_state import EmptyState
from studio.ui.widgets.frames import dense

_LIST = 220
_REST_MS = 250  # after the last letter, before texts are searched
Kind = Literal["chat", "notebook"]


class LanguageChatTab(ModelTab):
    """The list at the left, what is open at the right; replies go on being written while one looks elsewhere."""

    listed = Signal()
    """The list has changed, in whichever thread."""

    def __init__(self, session: Any, family: str, parent: QObject | None = None) -> None:
        super().__init__(session, family, parent)
        self.maker = Maker(session, family, "chat", self)
        self.settings = ChatSettings(session, family)
        self.writer = ReplyWriter(session, family, self)
        self.list = ConversationList()
        self.view, self.notebook_view = ChatView(), NotebookView()
        self.desk = ChatDesk(self.maker, self.settings, self.writer, self.view, self._begin, self)
        self.notebook = NotebookDesk(self.maker, self.settings, self.writer, self.notebook_view, self)
        self.export = ChatExport(session, self)
        self.empty = EmptyState("chat", "")
        self.empty.setObjectName("chatEmpty")
        self._kind: Kind = "chat"
        self._open = 0
        self._hits: dict[int, Hit] | None = None
        self._stop_listening: Callable[[], None] | None = None
        self._restored: Mapping[str, Any] = {}
        self._searching = QTimer(self)
        self._searching.setSingleShot(True)
        self._searching.setInterval(_REST_MS)
        self._lay_out()
        self._connect()
        self.listen()
        self.project_changed()

    def _lay_out(self) -> None:
        dense(QVBoxLayout(self.controls)).addWidget(self.settings)
        self._stack = QStackedWidget()
        for view in (self.empty, self.view, self.notebook_view):
            self._stack.addWidget(view)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setObjectName("chatListSplitter")
        self.splitter.setHandleWidth(1)
        self.splitter.addWidget(self.list)
        self.splitter.addWidget(self._stack)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setCollapsible(1, False)
        self.splitter.setSizes([_LIST, 800])
        dense(QHBoxLayout(self.canvas), gap=0).addWidget(self.splitter)

    def _connect(self) -> None:
        for desk in (self.desk, self.notebook):
            desk.reason_by(self._why_not)
            desk.changed.connect(self.intention_changed)
            desk.said.connect(lambda words: self.session.toast(words, severity="warning"))
        self.desk.drafted.connect(self.state_changed)
        self.empty.triggered.connect(self.choose_or_train)
        self.maker.model_changed.connect(self._on_model)
        self.settings.changed.connect(self._on_settings)
        self.settings.compared.connect(self._on_compared)
        self.writer.working.connect(self._on_working)
        self.writer.changed.connect(self._on_writer)
        self.view.head.export_asked.connect(self._on_export)
        self.notebook_view.head.export_asked.connect(self._on_export)
        self.list.opened.connect(self._on_opened)
        self.list.new_asked.connect(self._on_new)
        self.list.folder_asked.connect(self._on_folder)
        self.list.renamed.connect(self._on_renamed)
        self.list.moved.connect(self._on_moved)
        self.list.delete_asked.connect(self._on_delete)
        self.list.searched.connect(self._on_search)
        self.list.folded_changed.connect(self.state_changed)
        self.splitter.splitterMoved.connect(self.state_changed)
        self.listed.connect(self.show_list)
        theme.watcher().changed.connect(self._on_theme)
        self._searching.timeout.connect(self._search)

    # --- the tab -----------------------------------------------------------------------------------------------------

    def activate(self) -> None:
        super().activate()
        self.refresh()
        self.show_list()

    def close_tab(self) -> None:
        self.active = False
        self.writer.stop()
        self._listen_to(None)

    def project_changed(self) -> None:
        """Another project is open: its conversations, none of the old."""
        project = self.session.project
        self._hits = None
        self.list.search.clear()
        self._listen_to(project)
        self.settings.presets.refresh()
        self.list.set_available(self._why_no_conversations())
        self._show_open(0)
        self.show_list()

    def _listen_to(self, project: Any) -> None:
        if self._stop_listening is not None:
            self._stop_listening()
        self._stop_listening = project.on_change(self._on_change) if project is not None else None

    def state(self) -> dict[str, Any]:
        second = self.settings.second()
        return {
            "open": self._open,
            "folders": self.list.open_folders(),
            "list": self.splitter.sizes()[0],
            "second": [second.run, second.checkpoint] if second is not None else None,
            "fresh": self.settings.state() if not self._open else None,
            "draft": self.view.composer.field.text() if not self._open else "",
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        width, second = state.get("list"), state.get("second")
        if isinstance(width, int) and width >= 0:
            self.splitter.setSizes([width, max(self.canvas.width() - width, 300)])
        self.list.set_open_folders(state.get("folders"))
        if isinstance(second, list) and len(second) == 2 and all(isinstance(word, str) for word in second):
            self.settings.compare.set_model(Model(*second))
        wanted = state.get("open")
        ids = {talk.id for talk in self._talks.all()} if self._talks is not None else set()
        self._show_open(wanted if wanted in ids else 0)
        if not self._open:
            fresh, draft = state.get("fresh"), state.get("draft")
            self.settings.restore(fresh if isinstance(fresh, dict) else {})
            self.view.composer.field.setPlainText(draft if isinstance(draft, str) else "")
        self.show_list()

    def intention_part(self) -> TabIntention:
        desk = self.desk if self._kind == "chat" else self.notebook
        writing = text("Nothing is being written.") if not self.writer.busy_with() else None
        why, new = desk.why_not(), self._why_no_conversations()
        blocks = {"stop_writing": writing, "generate": _block(why), "write_again": _block(why)}
        blocks |= {"new_conversation": _block(new), "new_notebook": _block(new)}
        if not self._open:
            blocks |= {"export": text("Open a conversation first."), "rename": text("Open a conversation first.")}
        header = HeaderIntention(run=True, checkpoint=True, primary="")
        return TabIntention(header=header, blocks={name: why for name, why in blocks.items() if why is not None})

    def actions(self) -> Mapping[str, Callable[[], None]]:
        chat = self._kind == "chat"
        found: dict[str, Callable[[], None]] = {
            "generate": self.desk.send if chat else self.notebook.go,
            "write_again": self._on_again,
            "stop_writing": self.writer.stop,
            "new_conversation": lambda: self._on_new("chat"),
            "new_notebook": lambda: self._on_new("notebook"),
            "find": self._on_find,
            "rename": self._on_rename,
            "delete": self.list.delete_chosen,
            "export": self._on_export,
        }
        if chat:
            found |= {"copy": self.view.transcript.copy, "select_all": self.view.transcript.select_all}
        return found

    def arrive(self, **what: Any) -> None:
        if isinstance(what.get("conversation"), int):
            self._on_opened(what["conversation"])

    # --- what is shown -----------------------------------------------------------------------------------------------

    @property
    def _talks(self) -> Conversations | None:
        return self.session.project.conversations if self.session.project is not None else None

    def refresh(self) -> None:
        """A run that trains writes with its newest checkpoint."""
        if self.active:
            before = self.maker.model
            self.maker.refresh(follow=True)
            if self.maker.model == before:
                self._on_model()

    def show_list(self) -> None:
        """The conversations, or of them what was found."""
        talks = self._talks
        if talks is None:
            self.list.fill((), (), None)
            return
        with self.session.reporting(self.tr("Reading the conversations")):
            found = talks.all()
            if self._open and self._open not in {talk.id for talk in found}:
                self._show_open(0)
            excerpts = None if self._hits is None else {id: hit.excerpt for id, hit in self._hits.items()}
            self.list.fill(found, talks.folders(), excerpts)

    def show_canvas(self) -> None:
        """What is open; the empty place where there is no model and nothing is open."""
        if self._kind == "notebook":
            self._stack.setCurrentWidget(self.notebook_view)
        elif self.maker.model is None and not self._open:
            self._show_empty()
            self._stack.setCurrentWidget(self.empty)
        else:
            self._stack.setCurrentWidget(self.view)

    def _show_empty(self) -> None:
        sentence = self.tr("Train a language model first; then write with it here. What you write stays.")
        self.fill_empty(
            self.empty, which=self.tr("Which run shall answer?"), nothing=self.tr("Nobody to talk to yet"),
            why=self.why_no_model(sentence),
        )  # fmt: skip

    def _on_model(self) -> None:
        if not self.active:
            return
        self.settings.set_first(self.maker.model.run if self.maker.model is not None else "")
        self.desk.show_state()
        if self._kind == "notebook":
            self.notebook.show_state()
        self.show_canvas()
        self.intention_changed.emit()

    def _why_not(self) -> str:
        """Why no model can write; empty where one can."""
        if self.session.project is None:
            return self.tr("No project is open. Open one or make a new one first.")
        if self.maker.model is None:
            return self.why_no_model(self.tr("Choose above which run shall answer."))
        return ""

    def _why_no_conversations(self) -> str:
        if self.session.project is None:
            return self.tr("No project is open. Open one or make a new one first.")
        return self.session.why_read_only()

    # --- opening -----------------------------------------------------------------------------------------------------

    def _show_open(self, id: int, *, message: int = 0) -> None:
        """Show a conversation with what is set for it; 0 is the place for a new one."""
        talks = self._talks
        self._open, self._kind = id, "chat"
        self.list.set_current(id)
        if talks is not None and id:
            self._kind = "notebook" if talks.get(id).kind == "notebook" else "chat"
            self.settings.restore(talks.settings(id))
        self.settings.set_kind(self._kind)
        if self._kind == "notebook" and talks is not None:
            self.notebook.open(talks, id)
            self.desk.open(talks, 0)
        else:
            self.desk.open(talks, id, message=message)
        self.show_canvas()
        self.state_changed.emit()
        self.intention_changed.emit()

    def _on_opened(self, id: int) -> None:
        hit = (self._hits or {}).get(id)
        with self.session.reporting(self.tr("Opening the conversation")):
            self._show_open(id, message=hit.message if hit is not None else 0)

    def _begin(self, title: str, kind: Kind = "chat") -> int:
        """A new conversation with what is set now, in the folder that is current."""
        talks = self._talks
        assert talks is not None
        settings = self.settings.state()
        id = talks.new(title, folder=self.list.folder_here(), kind=kind)
        talks.keep_draft(id, settings=settings)
        self._show_open(id)
        self.show_list()
        return id

    def _on_new(self, kind: str) -> None:
        if why := self._why_no_conversations():
            self.session.toast(why, severity="warning")
            return
        with self.session.reporting(self.tr("Making a conversation")):
            if kind == "notebook":
                self._begin(self.tr("Notebook"), "notebook")
                self.notebook_view.field.setFocus()
                return
            self._show_open(0)  # it is kept with its first message
            self.view.composer.field.setFocus()

    # --- what the user does ------------------------------------------------------------------------------------------

    def _on_again(self) -> None:
        if self._kind == "notebook":
            self.notebook.again()
        elif (id := self.view.transcript.active()) or self.desk.path():
            self.desk.again(id or self.desk.path()[-1].id)

    def _on_export(self) -> None:
        if self._talks is not None and self._open:
            head = self.view.head if self._kind == "chat" else self.notebook_view.head
            self.export.ask(self._talks, self._open, head.export)

    def _on_find(self) -> None:
        self.list.search.setFocus()
        self.list.search.selectAll()

    def _on_rename(self) -> None:
        self.list.rename() if self.list.tree.hasFocus() else self.list.edit(TALK, self._open)

    def _on_folder(self) -> None:
        with self.session.reporting(self.tr("Making a folder")):
            if self._talks is not None:
                id = self._talks.new_folder(self.tr("New folder"), parent=self.list.folder_here())
                self.show_list()
                self.list.edit(FOLDER, id)

    def _on_renamed(self, kind: str, id: int, name: str) -> None:
        with self.session.reporting(self.tr("Renaming")):
            if self._talks is not None and name:
                (self._talks.rename if kind == TALK else self._talks.rename_folder)(id, name)
        self.show_list()
        if self._open:
            (self.desk if self._kind == "chat" else self.notebook).renamed()

    def _on_moved(self, talks: list[int], folders: list[int], home: int) -> None:
        with self.session.reporting(self.tr("Moving")):
            if self._talks is not None:
                for folder in folders:
                    self._talks.move_folder(folder, home)
                if talks:
                    self._talks.move(talks, home)
        self.show_list()

    def _on_delete(self, ids: Sequence[int], folders: Sequence[int]) -> None:
        project = self.session.project
        if project is None:
            return
        if self.writer.busy_with() in ids or folders:
            self.writer.stop()
        with self.session.reporting(self.tr("Deleting")):
            some, homes = list(ids), list(folders)
            title = project.conversations.get(some[0]).title if len(some) == 1 and not homes else ""
            deed = Deed(lambda: project.conversations.delete(some, folders=homes), project.bin.undo)
            deed.do()
            what = text("Deleted the conversation {title}", title=title) if title else text("Deleted conversations")
            self.session.deleted(what, deed.undo, deed.do)

    def _on_settings(self) -> None:
        if self._open and self._talks is not None:
            self._talks.keep_draft(self._open, settings=self.settings.state())
        else:
            self.state_changed.emit()
        self.desk.show_state()

    def _on_compared(self) -> None:
        self.desk.show_state()
        self.state_changed.emit()

    # --- searching ---------------------------------------------------------------------------------------------------

    def _on_search(self, words: str) -> None:
        if words.strip():
            self._searching.start()
        else:
            self._searching.stop()
            self._hits = None
            self.show_list()

    def _search(self) -> None:
        talks, words = self._talks, self.list.search.text()
        if talks is None:
            return

        def on_done(hits: list[Hit]) -> None:
            if words == self.list.search.text() and talks is self._talks:
                self._hits = {}
                for hit in hits:
                    if hit.message or hit.conversation not in self._hits:
                        self._hits.setdefault(hit.conversation, hit)
                self.show_list()

        self.session.chores.do(lambda: talks.search(words), self.tr("Searching"), on_done)

    # --- what happens ------------------------------------------------------------------------------------------------

    def _on_change(self, topic: str) -> None:
        if topic == "conversations":
            self.listed.emit()

    def _on_theme(self) -> None:
        """The drawings in the list have the colours of the theme."""
        if self.active:
            self.show_list()

    def _on_working(self, words: str) -> None:
        if self.writer.busy_with() == self._open:
            writing = self.tr("Writing… Esc stops.")
            self.view.composer.note.setText(words or writing)

    def _on_writer(self) -> None:
        if self.writer.busy_with():
            self.show_list()
        self.intention_changed.emit()


def _block(why: str) -> Text | None:
    return text("{why}", why=why) if why else None
