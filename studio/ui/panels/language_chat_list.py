"""The list of conversations: in folders, searched, renamed in place, moved by dragging."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QDropEvent, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from studio.projects.conversations import Conversation, ConversationFolder
from studio.ui import theme
from studio.ui.text import Label, set_plain, tooltip_text
from studio.ui.widgets.buttons import icon_button
from studio.ui.widgets.frames import dense

_KEY = Qt.ItemDataRole.UserRole
_EXCERPT = Qt.ItemDataRole.UserRole + 1
FOLDER, TALK = "folder", "talk"
Key = tuple[str, int]
_ROW = 26  # height of a line


class ConversationTree(QTreeWidget):
    """The tree itself; it changes nothing by itself, it asks."""

    moved = Signal(list, list, int)
    """Conversations, folders, and the folder into which they were dragged (0: the top)."""
    deleted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setHeaderHidden(True)
        self.setIndentation(14)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setUniformRowHeights(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

    def chosen(self, kind: str) -> list[int]:
        """The ids of the selected folders or conversations."""
        keys = [item.data(0, _KEY) for item in self.selectedItems()]
        return [id for found, id in keys if found == kind]

    def dropEvent(self, event: QDropEvent) -> None:
        target = self.itemAt(event.position().toPoint())
        event.setDropAction(Qt.DropAction.IgnoreAction)  # the model is told, then shown anew
        event.accept()
        self.drop_on(target)

    def drop_on(self, target: QTreeWidgetItem | None) -> None:
        """Ask that what is selected be put where an item lies: into a folder, or beside a conversation."""
        kind, id = target.data(0, _KEY) if target is not None else (FOLDER, 0)
        if kind == TALK and target is not None:
            above = target.parent()
            id = above.data(0, _KEY)[1] if above is not None else 0
        folders = [one for one in self.chosen(FOLDER) if one != id]
        if self.chosen(TALK) or folders:
            self.moved.emit(self.chosen(TALK), folders, id)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete and self.state() != QAbstractItemView.State.EditingState:
            self.deleted.emit()
            return
        super().keyPressEvent(event)


class ConversationList(QWidget):
    """`opened` carries a conversation; the others ask for what their names say."""

    opened = Signal(int)
    new_asked = Signal(str)
    folder_asked = Signal()
    renamed = Signal(str, int, str)
    moved = Signal(list, list, int)
    delete_asked = Signal(list, list)
    searched = Signal(str)
    folded_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        theme.set_look(self, surface="surface")
        self._current = 0
        self._open_folders: set[int] = set()
        self._filling = False
        self.search = QLineEdit()
        self.search.setObjectName("chatSearch")
        self.search.setPlaceholderText(self.tr("Search titles and texts"))
        self.search.setAccessibleName(self.tr("Search conversations"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self.searched)
        self.tree = ConversationTree()
        self.tree.setObjectName("chatList")
        self.tree.setAccessibleName(self.tr("Conversations"))
        self.note = Label(role="small", wrap=True)
        self.note.setObjectName("chatListNote")
        self._build()
        self._connect()

    def _build(self) -> None:
        self.new_button = icon_button("plus", self.tr("New conversation (Ctrl+Alt+N)"))
        self.new_button.setObjectName("chatNew")
        self.notebook_button = icon_button("file", self.tr("New notebook: the model continues a plain text"))
        self.notebook_button.setObjectName("chatNewNotebook")
        self.folder_button = icon_button("folder", self.tr("New folder"))
        self.folder_button.setObjectName("chatNewFolder")
        head = dense(QHBoxLayout(), gap=2)
        head.addWidget(Label(self.tr("Conversations"), role="strong", elide=Qt.TextElideMode.ElideRight), 1)
        for button in (self.new_button, self.notebook_button, self.folder_button):
            head.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 14, 8, 8)
        column.setSpacing(8)
        column.addLayout(head)
        column.addWidget(self.search)
        column.addWidget(self.note)
        column.addWidget(self.tree, 1)
        self.note.hide()

    def _connect(self) -> None:
        self.new_button.clicked.connect(lambda: self.new_asked.emit("chat"))
        self.notebook_button.clicked.connect(lambda: self.new_asked.emit("notebook"))
        self.folder_button.clicked.connect(self.folder_asked)
        self.tree.currentItemChanged.connect(self._on_current)
        self.tree.itemClicked.connect(self._on_clicked)
        self.tree.itemChanged.connect(self._on_item_changed)
        self.tree.itemExpanded.connect(self._on_folded)
        self.tree.itemCollapsed.connect(self._on_folded)
        self.tree.moved.connect(self.moved)
        self.tree.deleted.connect(self.delete_chosen)
        self.tree.customContextMenuRequested.connect(self._on_menu)

    # --- what it shows -----------------------------------------------------------------------------------------------

    def fill(
        self, talks: Sequence[Conversation], folders: Sequence[ConversationFolder], excerpts: Mapping[int, str] | None
    ) -> None:
        """Show folders and what lies in them; while searching (``excerpts`` is given) only what was found, flat."""
        self._filling = True
        self.tree.blockSignals(True)
        bar = self.tree.verticalScrollBar().value()
        self.tree.clear()
        homes: dict[int, QTreeWidgetItem] = {}
        if excerpts is None:
            self._add_folders(folders, homes)
        for talk in talks:
            if excerpts is None or talk.id in excerpts:
                item = self._item((TALK, talk.id), talk.title, "file" if talk.kind == "notebook" else "chat")
                item.setToolTip(0, tooltip_text(excerpts[talk.id] if excerpts is not None else talk.title))
                self._put(item, homes.get(talk.folder))
                if excerpts is not None and excerpts[talk.id] != talk.title:
                    self._add_excerpt(item, excerpts[talk.id])
                if talk.id == self._current:
                    item.setSelected(True)
                    self.tree.setCurrentItem(item)
        self.tree.verticalScrollBar().setValue(bar)
        self.tree.blockSignals(False)
        self._filling = False
        self._say(bool(talks), excerpts)

    def _add_folders(self, folders: Sequence[ConversationFolder], homes: dict[int, QTreeWidgetItem]) -> None:
        waiting = list(folders)
        while waiting:
            ready = [one for one in waiting if not one.parent or one.parent in homes]
            for folder in ready or waiting:  # whose parent is gone stands at the top
                item = self._item((FOLDER, folder.id), folder.name, "folder")
                homes[folder.id] = item
                self._put(item, homes.get(folder.parent) if folder.parent != folder.id else None)
                item.setExpanded(folder.id in self._open_folders)
            waiting = [one for one in waiting if one.id not in homes]

    def _add_excerpt(self, item: QTreeWidgetItem, words: str) -> None:
        """Show below a conversation where something was found in it."""
        line = QTreeWidgetItem([words])
        line.setData(0, _KEY, item.data(0, _KEY))
        line.setData(0, _EXCERPT, True)
        line.setForeground(0, theme.current().colour("text_dim"))
        line.setToolTip(0, tooltip_text(words))
        line.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
        line.setSizeHint(0, QSize(0, _ROW))
        item.addChild(line)
        item.setExpanded(True)

    def _item(self, key: Key, words: str, icon: str) -> QTreeWidgetItem:
        item = QTreeWidgetItem([words.replace("\n", " ")])
        item.setData(0, _KEY, key)
        item.setIcon(0, theme.icon(icon))
        item.setSizeHint(0, QSize(0, _ROW))
        flags = item.flags() | Qt.ItemFlag.ItemIsEditable | Qt.ItemFlag.ItemIsDragEnabled
        drop = Qt.ItemFlag.ItemIsDropEnabled
        item.setFlags(flags | drop if key[0] == FOLDER else flags & ~drop)
        return item

    def _put(self, item: QTreeWidgetItem, home: QTreeWidgetItem | None) -> None:
        if home is None:
            self.tree.addTopLevelItem(item)
        else:
            home.addChild(item)

    def _say(self, any_: bool, excerpts: Mapping[int, str] | None) -> None:
        words = ""
        if excerpts is not None and not excerpts:
            words = self.tr("Nothing was found.")
        elif not any_ and excerpts is None:
            words = self.tr("What you write with a model is listed here.")
        self.note.setText(words)
        self.note.setVisible(bool(words))

    def set_current(self, id: int) -> None:
        """Mark the conversation that is open."""
        self._current = id
        item = self.item(TALK, id)
        self.tree.blockSignals(True)
        self.tree.clearSelection()
        if item is not None:
            self.tree.setCurrentItem(item)
        self.tree.blockSignals(False)

    def item(self, kind: str, id: int) -> QTreeWidgetItem | None:
        """The line of a folder or a conversation."""
        found = self.tree.findItems("", Qt.MatchFlag.MatchContains | Qt.MatchFlag.MatchRecursive)
        names = (one for one in found if not one.data(0, _EXCERPT))
        return next((one for one in names if tuple(one.data(0, _KEY)) == (kind, id)), None)

    def titles(self) -> list[str]:
        """The names of all folders and conversations, from the top."""
        found = self.tree.findItems("", Qt.MatchFlag.MatchContains | Qt.MatchFlag.MatchRecursive)
        return [one.text(0) for one in found if not one.data(0, _EXCERPT)]

    def excerpts(self) -> list[str]:
        """Where something was found, from the top."""
        found = self.tree.findItems("", Qt.MatchFlag.MatchContains | Qt.MatchFlag.MatchRecursive)
        return [one.text(0) for one in found if one.data(0, _EXCERPT)]

    def open_folders(self) -> list[int]:
        """The folders that are unfolded."""
        return sorted(self._open_folders)

    def set_open_folders(self, ids: object) -> None:
        """Unfold these when the list is filled next."""
        self._open_folders = {id for id in ids if isinstance(id, int)} if isinstance(ids, list) else set()

    def set_available(self, why_not: str) -> None:
        """Whether conversations can be made, or why not."""
        for button in (self.new_button, self.notebook_button, self.folder_button):
            button.set_available(why_not)

    # --- what the user does ------------------------------------------------------------------------------------------

    def rename(self) -> None:
        """Change the name of the current line in place."""
        item = self.tree.currentItem()
        if item is not None:
            self.tree.setFocus()
            self.tree.editItem(item, 0)

    def edit(self, kind: str, id: int) -> None:
        """Change the name of a line in place."""
        item = self.item(kind, id)
        if item is not None:
            home = item.parent()
            if home is not None:
                home.setExpanded(True)
            self.tree.setCurrentItem(item)
            self.rename()

    def delete_chosen(self) -> None:
        """Ask to delete what is selected."""
        talks, folders = self.tree.chosen(TALK), self.tree.chosen(FOLDER)
        if talks or folders:
            self.delete_asked.emit(talks, folders)

    def folder_here(self) -> int:
        """The folder that is current, or in which the current conversation lies."""
        item = self.tree.currentItem()
        while item is not None and item.data(0, _KEY)[0] != FOLDER:
            item = item.parent()
        return int(item.data(0, _KEY)[1]) if item is not None else 0

    def _on_current(self, item: QTreeWidgetItem | None) -> None:
        if item is not None and not self._filling:
            self._open(item)

    def _on_clicked(self, item: QTreeWidgetItem) -> None:
        self._open(item)

    def _open(self, item: QTreeWidgetItem) -> None:
        kind, id = item.data(0, _KEY)
        if kind == TALK and id != self._current:
            self._current = id
            self.opened.emit(id)

    def _on_item_changed(self, item: QTreeWidgetItem) -> None:
        if not self._filling:
            kind, id = item.data(0, _KEY)
            self.renamed.emit(kind, id, item.text(0).strip())

    def _on_folded(self, item: QTreeWidgetItem) -> None:
        kind, id = item.data(0, _KEY)
        if kind != FOLDER:
            return
        (self._open_folders.add if item.isExpanded() else self._open_folders.discard)(id)
        self.folded_changed.emit()

    def _on_menu(self, place: QPoint) -> None:
        menu = self.build_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.tree.viewport().mapToGlobal(place))

    def build_menu(self) -> QMenu:
        """What can be done with what is selected."""
        menu = QMenu(self.tree)
        menu.setObjectName("chatListMenu")
        lines = (
            (self.tr("Rename"), "pencil", self.rename), (self.tr("New conversation"), "plus", self.new_button.click),
            (self.tr("New folder"), "folder", self.folder_button.click),
            (self.tr("Delete"), "trash", self.delete_chosen),
        )  # fmt: skip
        for words, icon, do in lines:
            action = menu.addAction("")
            set_plain(action, words)
            theme.set_icon(action, icon)
            action.triggered.connect(do)
            if words != self.tr("New folder") and words != self.tr("New conversation"):
                action.setEnabled(bool(self.tree.selectedItems()))
        return menu
