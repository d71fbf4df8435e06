"""Paths: a field with a Browse button that takes a dropped file, and a label that shortens in the middle."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QDragEnterEvent, QDropEvent, QGuiApplication, QKeyEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QMenu, QWidget

from studio.ui.text import Label, plain_tooltip
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.frames import dense

Kind = Literal["folder", "open", "save"]


class _PathEdit(QLineEdit):
    """A line that Escape restores."""

    committed = ""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text() != self.committed:
            self.setText(self.committed)
            return
        super().keyPressEvent(event)


class PathField(QWidget):
    """A folder or file, typed, browsed for or dropped; `path_changed` carries a `Path` or None."""

    path_changed = Signal(object)

    def __init__(
        self, kind: Kind = "folder", *, title: str = "", name_filter: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._kind: Kind = kind
        self._title = title
        self._filter = name_filter
        self.edit = _PathEdit()
        self.edit.setObjectName("pathEdit")
        self.edit.setAcceptDrops(False)
        self.edit.editingFinished.connect(self._on_edited)
        self.browse = Button(self.tr("Browse…"), kind="small")
        self.browse.setObjectName("browseButton")
        self.browse.clicked.connect(self._on_browse)
        self.setAcceptDrops(True)
        self.setFocusProxy(self.edit)
        row = dense(QHBoxLayout(self))
        row.addWidget(self.edit, 1)
        row.addWidget(self.browse)

    def path(self) -> Path | None:
        """The committed path; None if empty."""
        return Path(self.edit.committed) if self.edit.committed else None

    def set_path(self, path: Path | None) -> None:
        """Show a path without announcing it."""
        self.edit.committed = "" if path is None else str(path)
        self.edit.setText(self.edit.committed)
        plain_tooltip(self.edit, self.edit.committed)

    def setAccessibleName(self, name: str) -> None:
        super().setAccessibleName(name)
        self.edit.setAccessibleName(name)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        local = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if local:
            self._take(local[0])
            event.acceptProposedAction()

    def _on_edited(self) -> None:
        self._take(self.edit.text().strip())

    def _on_browse(self) -> None:
        start = self.edit.committed
        if self._kind == "folder":
            found = QFileDialog.getExistingDirectory(self, self._title, start)
        elif self._kind == "open":
            found, _ = QFileDialog.getOpenFileName(self, self._title, start, self._filter)
        else:
            found, _ = QFileDialog.getSaveFileName(self, self._title, start, self._filter)
        if found:
            self._take(found)

    def _take(self, text: str) -> None:
        changed = text != self.edit.committed
        self.set_path(Path(text) if text else None)
        if changed:
            self.path_changed.emit(self.path())


class PathLabel(Label):
    """A path shortened in the middle, whole in the tooltip, copied from its menu."""

    def __init__(self, path: Path | None = None, *, parent: QWidget | None = None) -> None:
        super().__init__("", role="dim", elide=Qt.TextElideMode.ElideMiddle, parent=parent)
        self.set_path(path)

    def set_path(self, path: Path | None) -> None:
        """Show another path."""
        self.setText("" if path is None else str(path))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("Copy path")).triggered.connect(self._copy)
        menu.popup(event.globalPos())

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text())
