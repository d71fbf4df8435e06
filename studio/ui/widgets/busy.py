"""Progress that is honest: what is being done, how far, how long, and a cancel that works."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from studio.ui.text import Label, count_text, duration_text
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.frames import dense

_PARTS = 1000


class BusyRow(QWidget):
    """One row: words, bar, “320 of 4 000 · 12 s left”, Cancel."""

    cancelled = Signal()

    def __init__(self, *, cancellable: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._what = Label(elide=Qt.TextElideMode.ElideRight)
        self._what.setObjectName("busyWhat")
        self._bar = QProgressBar()
        self._bar.setObjectName("busyBar")
        self._bar.setTextVisible(False)
        self._bar.setMinimumWidth(80)
        self._far = Label(role="dim")
        self._far.setObjectName("busyFar")
        self.cancel = Button(self.tr("Cancel"), kind="small")
        self.cancel.setObjectName("busyCancel")
        self.cancel.clicked.connect(self._on_cancel)
        row = dense(QHBoxLayout(self), gap=12)
        row.addWidget(self._what, 2)
        row.addWidget(self._bar, 3)
        row.addWidget(self._far)
        row.addWidget(self.cancel)
        self.cancel.setVisible(cancellable)
        self.hide()

    def set_progress(
        self,
        what: str,
        done: int = 0,
        total: int | None = None,
        *,
        seconds_left: float | None = None,
        rate: str = "",
        number: Callable[[int], str] = count_text,
    ) -> None:
        """Show the row. Without `total` the bar moves to and fro and only the count is told, as `number` writes it."""
        self._what.setText(what)
        self._bar.setAccessibleName(what)
        self._bar.setRange(0, _PARTS if total else 0)
        if total:
            self._bar.setValue(min(_PARTS, round(_PARTS * done / total)))
        self._far.setText(" · ".join(self._words(number(done), number(total) if total else "", seconds_left, rate)))
        self.show()

    def set_cancelling(self) -> None:
        """Say that the wish to cancel was heard; the row stays until `finish`."""
        self.cancel.set_available(self.tr("Stopping as soon as the current piece is done."))
        self.cancel.set_text(self.tr("Cancelling…"))

    def finish(self) -> None:
        """Hide the row and be ready for the next piece of work."""
        self.hide()
        self._bar.setRange(0, _PARTS)
        self._bar.setValue(0)
        self.cancel.set_text(self.tr("Cancel"))
        self.cancel.set_available()

    def _words(self, done: str, total: str, seconds_left: float | None, rate: str) -> list[str]:
        words = []
        if total:
            words.append(self.tr("{0} of {1}").format(done, total))
        elif done != "0":
            words.append(done)
        if rate:
            words.append(rate)
        if seconds_left is not None:
            words.append(self.tr("{0} left").format(duration_text(seconds_left)))
        return words

    def _on_cancel(self) -> None:
        self.set_cancelling()
        self.cancelled.emit()
