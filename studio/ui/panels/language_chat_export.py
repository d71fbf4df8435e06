"""Writes a conversation as Markdown or JSON where the user says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from studio.ground.files import write_bytes
from studio.projects.conversation_export import as_data, as_markdown, file_name
from studio.projects.conversations import Conversations
from studio.ui.text import set_plain

if TYPE_CHECKING:
    from studio.ui.session import Session


class ChatExport(QObject):
    """`ask` shows the two formats below a button; `ask_file` asks for a name and may be replaced."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.ask_file: Callable[[QWidget, str, str], str] = self._ask_file

    def ask(self, talks: Conversations, conversation: int, button: QWidget) -> None:
        """Show what it can be written as."""
        menu = self.build_menu(talks, conversation, button)
        menu.popup(button.mapToGlobal(QPoint(0, button.height() + 2)))

    def build_menu(self, talks: Conversations, conversation: int, button: QWidget) -> QMenu:
        """A line for each format."""
        menu = QMenu(button)
        menu.setObjectName("chatExportMenu")
        lines = ((self.tr("Markdown, what is shown…"), "md"), (self.tr("JSON, with every version…"), "json"))
        for words, suffix in lines:
            action = menu.addAction("")
            action.setObjectName(f"chatExport_{suffix}")
            set_plain(action, words)
            action.triggered.connect(lambda checked=False, kind=suffix: self.write(talks, conversation, kind, button))
        return menu

    def write(self, talks: Conversations, conversation: int, suffix: str, parent: QWidget) -> None:
        """Ask for a name and write the file."""
        with self._session.reporting(self.tr("Exporting the conversation")):
            wanted = self.ask_file(parent, file_name(talks.get(conversation)), suffix)
            if not wanted:
                return
            path = Path(wanted)
            if suffix == "md":
                data = as_markdown(talks, conversation)
            else:
                data = json.dumps(as_data(talks, conversation), ensure_ascii=False, indent=2) + "\n"
            write_bytes(path, data.encode())
            self._session.toast(self.tr("Wrote {0}").format(path.name))

    def _ask_file(self, parent: QWidget, name: str, suffix: str) -> str:
        kinds = {"md": self.tr("Markdown (*.md)"), "json": self.tr("JSON (*.json)")}
        start = str(Path.home() / f"{name}.{suffix}")
        return QFileDialog.getSaveFileName(parent.window(), self.tr("Export"), start, kinds[suffix])[0]
