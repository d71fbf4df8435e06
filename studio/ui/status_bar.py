"""The status bar: what is going on, how far, how long; what waits; what it costs; whether all is saved."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from studio.ui import theme
from studio.ui.panels.description import description_of, said
from studio.ui.text import Label, count_text, duration_text, number_text
from studio.ui.view_state import StatusView
from studio.ui.widgets.buttons import Button
from studio.ui.words import spoken

_PARTS = 1000
_COLOURS = {"idle": "line_strong", "running": "good", "paused": "fake", "failed": "danger"}


class Dot(QWidget):
    """A small disc whose colour says the state; the words beside it say it too."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind = "idle"
        self.setFixedSize(QSize(9, 9))

    def set_kind(self, kind: str) -> None:
        """One of the states of a status view."""
        if kind != self._kind:
            self._kind = kind
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.current().colour(_COLOURS[self._kind]))
        painter.drawEllipse(QRectF(self.rect()))


class StatusBar(QWidget):
    """One line at the bottom; a click on the run goes to it, on what waits to the queue."""

    run_asked = Signal(str)
    queue_asked = Signal()
    cancel_asked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("statusBar")
        self.setAccessibleName(self.tr("Status"))
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        theme.set_look(self, surface="sidebar")
        self.setFixedHeight(29)
        self._view = StatusView()
        self._dot = Dot()
        self._name = Label(elide=Qt.TextElideMode.ElideMiddle)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(120)
        self._bar.setRange(0, _PARTS)
        self._activity = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        self._cancel = Button(self.tr("Cancel"), kind="quiet")
        self._cancel.clicked.connect(self._on_cancel)
        self._waiting = Button(kind="quiet")
        self._waiting.clicked.connect(self.queue_asked)
        self._machine = Label(role="dim")
        self._saved = Label(role="dim")
        self._lay_out()
        self.apply(StatusView(), force=True)

    def _lay_out(self) -> None:
        parts = {
            "Dot": self._dot,
            "Name": self._name,
            "Bar": self._bar,
            "Activity": self._activity,
            "Cancel": self._cancel,
        }
        right = {"Waiting": self._waiting, "Machine": self._machine, "Saved": self._saved}
        row = QHBoxLayout(self)
        row.setContentsMargins(17, 0, 16, 0)
        row.setSpacing(18)
        for name, part in parts.items():
            part.setObjectName(f"status{name}")
            row.addWidget(part)
        row.addStretch(1)
        for name, part in right.items():
            part.setObjectName(f"status{name}")
            row.addWidget(part)

    def apply(self, view: StatusView, *, force: bool = False) -> None:
        """Show what has changed."""
        if view == self._view and not force:
            return
        self._view = view
        self._dot.set_kind(view.dot)
        self._dot.setVisible(bool(view.name))
        _say(self._name, view.name)
        self._name.setCursor(Qt.CursorShape.PointingHandCursor if view.run else Qt.CursorShape.ArrowCursor)
        self._apply_bar(view)
        _say(self._activity, self._words(view))
        self._cancel.setVisible(view.cancel > 0)
        self._waiting.set_text(self._waiting_words(view.waiting))
        self._waiting.setVisible(view.waiting > 0)
        _say(self._machine, view.machine)
        _say(self._saved, spoken(view.saved))

    def text(self) -> str:
        """All that is said, for tests and screen readers."""
        labels = (self._name, self._activity, self._machine, self._saved)
        return " · ".join(label.text() for label in labels if label.text())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        child = self.childAt(event.position().toPoint())
        if self._view.run and child in (self._dot, self._name, self._bar, self._activity):
            self.run_asked.emit(self._view.run)
        super().mousePressEvent(event)

    def _apply_bar(self, view: StatusView) -> None:
        busy = view.busy and view.share is None
        self._bar.setVisible(busy or view.share is not None)
        self._bar.setRange(0, 0 if busy else _PARTS)
        if view.share is not None:
            self._bar.setValue(round(_PARTS * min(max(view.share, 0.0), 1.0)))

    def _words(self, view: StatusView) -> str:
        words = [spoken(view.activity)] if view.activity is not None else []
        if view.share is not None:
            words.insert(0, self.tr("{0} %").format(int(100 * view.share)))
        if view.rate:
            about = description_of(view.family)
            items = said(about.items) if about is not None else self.tr("items")
            words.append(self.tr("{0} {1}/s").format(_rate(view.rate), items))
        if view.seconds_left is not None:
            words.append(self.tr("{0} left").format(duration_text(view.seconds_left)))
        return " · ".join(words)

    def _waiting_words(self, count: int) -> str:
        return self.tr("1 run waiting") if count == 1 else self.tr("{0} runs waiting").format(count)

    def _on_cancel(self) -> None:
        self.cancel_asked.emit(self._view.cancel)


def _say(label: Label, words: str) -> None:
    if label.text() != words:
        label.setText(words)
    if label.isHidden() != (not words):
        label.setVisible(bool(words))


def _rate(rate: float) -> str:
    return count_text(round(rate)) if rate >= 10 else number_text(rate, 3)
