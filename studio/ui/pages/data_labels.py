"""How the pictures of a data set are spread over the values of its labels: bars that filter when they are clicked."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from studio.ui import theme
from studio.ui.pages.data_model import MOST_BARS, Sight
from studio.ui.text import Label, count_text, plain_tooltip
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.frames import Frame, clear, dense

_ROW = 22


class Bars(QWidget):
    """One label: a bar for each value. `clicked` carries the value; the chosen one is lit."""

    clicked = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._counts: Sequence[tuple[str, int]] = ()
        self._chosen: str | None = None
        self._current, self._hover = 0, -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_counts(self, counts: Sequence[tuple[str, int]], chosen: str | None) -> None:
        """Values with their counts, and which of them is chosen."""
        self._counts, self._chosen = counts, chosen
        self._current = min(self._current, max(len(counts) - 1, 0))
        self.setAccessibleName(f"{self._name}: " + ", ".join(f"{value} {count}" for value, count in counts[:40]))
        self.updateGeometry()
        self.update()

    def value_at(self, point: QPoint) -> str | None:
        """The value under a point."""
        row = point.y() // _ROW
        return self._counts[row][0] if 0 <= row < len(self._counts) else None

    def sizeHint(self) -> QSize:
        return QSize(200, _ROW * len(self._counts))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, _ROW * len(self._counts))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        most = max((count for _, count in self._counts), default=1) or 1
        metrics = self.fontMetrics()
        widest = max((metrics.horizontalAdvance(value) for value, _ in self._counts), default=0)
        words = min(widest, round(self.width() * 0.4))
        numbers = max((metrics.horizontalAdvance(count_text(count)) for _, count in self._counts), default=0)
        for row, (value, count) in enumerate(self._counts):
            self._paint_row(painter, row, value, count, (words, numbers, most))

    def _paint_row(
        self, painter: QPainter, row: int, value: str, count: int, measures: tuple[int, int, int]
    ) -> None:
        look, (words, numbers, most) = theme.current(), measures
        area = QRectF(0, row * _ROW, self.width(), _ROW)
        chosen = value == self._chosen
        self._paint_back(painter, area, row, chosen=chosen)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.setPen(look.colour("accent_text" if chosen else "text"))
        shown = self.fontMetrics().elidedText(value, Qt.TextElideMode.ElideRight, words)
        painter.drawText(area.adjusted(6, 0, 0, 0), middle | Qt.AlignmentFlag.AlignLeft, shown)
        painter.setPen(look.colour("text_dim"))
        painter.drawText(area.adjusted(0, 0, -6, 0), middle | Qt.AlignmentFlag.AlignRight, count_text(count))
        left, right = words + 16.0, self.width() - numbers - 16.0
        track = QRectF(left, area.center().y() - 3, max(right - left, 8), 6)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("line"))
        painter.drawRoundedRect(track, 3, 3)
        track.setWidth(track.width() * count / most)
        painter.setBrush(look.colour("accent", 1.0 if chosen or self._chosen is None else 0.55))
        if count:
            painter.drawRoundedRect(track.adjusted(0, 0, max(0.0, 6 - track.width()), 0), 3, 3)

    def _paint_back(self, painter: QPainter, area: QRectF, row: int, *, chosen: bool) -> None:
        look = theme.current()
        focus = self.hasFocus() and row == self._current
        if not (chosen or focus or row == self._hover):
            return
        painter.setPen(QPen(look.colour("accent"), 1) if focus else Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("accent_soft" if chosen else "hover"))
        painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        value = self.value_at(event.position().toPoint())
        if value is not None and event.button() == Qt.MouseButton.LeftButton:
            self._current = event.position().toPoint().y() // _ROW
            self.clicked.emit(value)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        row = event.position().toPoint().y() // _ROW
        if row != self._hover:
            self._hover = row
            value = self.value_at(event.position().toPoint())
            plain_tooltip(self, value or "")
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = -1
        self.update()
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if Qt.Key(event.key()) in steps and self._counts:
            self._current = max(0, min(self._current + steps[Qt.Key(event.key())], len(self._counts) - 1))
            self.update()
        elif event.key() in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._counts:
            self.clicked.emit(self._counts[self._current][0])
        else:
            super().keyPressEvent(event)


class LabelsCard(Frame):
    """All labels of a data set. `picked` carries label and value; a second click on the lit one picks nothing."""

    picked = Signal(str, str)
    cleared = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("card", padding=14, gap=8, parent=parent)
        self.setObjectName("labelsCard")
        self._sight: Sight | None = None
        self._open: set[str] = set()
        self._bars: dict[str, Bars] = {}
        self._more: dict[str, Button] = {}
        self.add(Label(self.tr("Labels"), role="strong"))
        self._none = Label(self.tr("These pictures bear no labels. Folders named after classes, or a CSV beside the "
                                   "pictures, bring them in."), role="dim", wrap=True)
        self.add(self._none)
        self._groups = dense(QVBoxLayout(), gap=10)
        self.body.addLayout(self._groups)

    def show_sight(self, sight: Sight | None) -> None:
        """Another data set."""
        self._sight = sight
        self._open.clear()
        self._bars.clear()
        self._more.clear()
        clear(self._groups)
        labels = list(sight.contents.labels) if sight is not None else []
        self._none.setVisible(not labels)
        for name in labels:
            self._groups.addWidget(self._group(name))
        self.refresh()

    def refresh(self) -> None:
        """Choices or the filter have changed."""
        if self._sight is None:
            return
        chosen = self._sight.filter
        for name, bars in self._bars.items():
            counts = self._sight.value_counts(name)
            shown = counts if name in self._open else counts[:MOST_BARS]
            value = chosen.value if chosen.kind == "value" and chosen.label == name else None
            bars.set_counts(shown, value)
            more = self._more[name]
            more.setVisible(len(counts) > MOST_BARS)
            more.set_text(
                self.tr("Fewer") if name in self._open else self.tr("All {0}").format(count_text(len(counts)))
            )

    def bars(self, name: str) -> Bars | None:
        """The bars of a label."""
        return self._bars.get(name)

    def _group(self, name: str) -> QWidget:
        group = QWidget()
        column = dense(QVBoxLayout(group), gap=2)
        column.addWidget(Label(name, role="dim", elide=Qt.TextElideMode.ElideRight))
        bars = Bars(name)
        bars.setObjectName(f"bars_{len(self._bars)}")
        bars.setProperty("label", name)
        bars.clicked.connect(self._on_clicked)
        more = Button(kind="link")
        more.setObjectName(f"moreBars_{len(self._bars)}")
        more.setProperty("label", name)
        more.clicked.connect(self._on_more)
        self._bars[name], self._more[name] = bars, more
        column.addWidget(bars)
        column.addWidget(more, 0, Qt.AlignmentFlag.AlignLeft)
        return group

    def _on_clicked(self, value: str) -> None:
        label = str(self.sender().property("label"))
        now = self._sight.filter if self._sight is not None else None
        if now is not None and (now.kind, now.label, now.value) == ("value", label, value):
            self.cleared.emit()
        else:
            self.picked.emit(label, value)

    def _on_more(self) -> None:
        label = str(self.sender().property("label"))
        self._open ^= {label}
        self.refresh()
