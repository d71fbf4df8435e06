"""Asks for the name of a run and for a note about it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from studio.ui.text import Label
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.frames import dense

_LONGEST = 200


class RunNameDialog(QDialog):
    """`agreed` carries name and note once they were accepted."""

    agreed = Signal(str, str)

    def __init__(self, title: str, note: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runNameDialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Name and note"))
        self.setMinimumWidth(460)
        self.name = self._line("runName", self.tr("Name"), title)
        self.note = self._line("runNote", self.tr("Note"), note)
        self.note.setPlaceholderText(self.tr("What this run was for"))
        self.save = Button(self.tr("Save"), kind="primary")
        self.save.setObjectName("runNameSave")
        self.save.setDefault(True)
        self.save.clicked.connect(self._on_save)
        cancel = Button(self.tr("Cancel"))
        cancel.setObjectName("runNameCancel")
        cancel.clicked.connect(self.reject)
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(10)
        for row, field in enumerate((self.name, self.note)):
            grid.addWidget(Label(field.accessibleName()), row, 0)
            grid.addWidget(field, row, 1)
        buttons = dense(QHBoxLayout(), gap=8)
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.save)
        column = dense(QVBoxLayout(self), padding=20, gap=14)
        column.addWidget(Label(self.windowTitle(), role="headline"))
        column.addLayout(grid)
        column.addLayout(buttons)
        self.name.textChanged.connect(self._on_name)
        self.name.selectAll()

    def _line(self, name: str, words: str, value: str) -> QLineEdit:
        line = QLineEdit(value)
        line.setObjectName(name)
        line.setAccessibleName(words)
        line.setMaxLength(_LONGEST)
        return line

    def _on_name(self, name: str) -> None:
        self.save.set_available("" if name.strip() else self.tr("A run needs a name."))

    def _on_save(self) -> None:
        self.agreed.emit(self.name.text().strip(), self.note.text().strip())
        self.accept()
