"""Asks up to which step a finished run is to go on."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from studio.ui.text import Label, count_text
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.frames import dense
from studio.ui.widgets.inputs import NumberField

_MOST = 100_000_000


class LongerDialog(QDialog):
    """`steps` is the new horizon once it was accepted."""

    def __init__(self, run: str, total: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("longerDialog")
        self.setWindowTitle(self.tr("Go on longer"))
        title = Label(self.tr("How far should {0} go?").format(run), role="headline", wrap=True)
        sentence = Label(self._sentence(total), role="dim", wrap=True)
        self.field = NumberField(
            minimum=total + 1, maximum=_MOST, whole=True, log=True, step=None, unit=self.tr("steps")
        )
        self.field.setObjectName("longerSteps")
        self.field.setAccessibleName(self.tr("Last step"))
        self.field.set_value(2 * total)
        self.accept_button = Button(self.tr("Go on"), kind="primary")
        self.accept_button.setObjectName("longerAccept")
        self.accept_button.setDefault(True)
        self.accept_button.clicked.connect(self._on_accept)
        cancel = Button(self.tr("Cancel"))
        cancel.setObjectName("longerCancel")
        cancel.clicked.connect(self.reject)
        row = dense(QHBoxLayout(), gap=8)
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(self.accept_button)
        column = dense(QVBoxLayout(self), padding=20, gap=12)
        for part in (title, sentence, self.field):
            column.addWidget(part)
        column.addLayout(row)
        self.setMinimumWidth(420)

    def _sentence(self, total: int) -> str:
        words = self.tr("It has done its {0} steps. Going on begins a new leg, marked by a seam in the curves.")
        return words.format(count_text(total))

    def _on_accept(self) -> None:
        self.field.commit()
        if self.field.is_valid():
            self.accept()

    def steps(self) -> int:
        """The new horizon."""
        value = self.field.value()
        return int(value) if value is not None else 0
