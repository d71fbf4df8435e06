"""One of a few: the segmented control of the tabs, and the preset cards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QSizePolicy, QWidget

from studio.ui import theme
from studio.ui.text import plain_tooltip, set_plain

_ARROWS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Up: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Down: 1}


@dataclass(frozen=True)
class Segment:
    """One choice: its key, its word, and for cards a second line below it."""

    key: str
    text: str
    detail: str = ""
    tip: str = ""


class _Choice(QAbstractButton):
    """What tabs and cards share: checkable, painted by itself, plain text."""

    def __init__(self, segment: Segment, parent: QWidget) -> None:
        super().__init__(parent)
        self.key = segment.key
        self.plain = segment.text
        self.detail = segment.detail
        self.tip = segment.tip
        set_plain(self, segment.text)
        self.setObjectName(f"choice_{segment.key}")
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        plain_tooltip(self, segment.tip or segment.detail)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if Qt.Key(event.key()) in _ARROWS:
            event.ignore()  # the row moves the choice; Qt's own way would skip its signal
            return
        super().keyPressEvent(event)

    def set_text(self, text: str) -> None:
        if text != self.plain:
            self.plain = text
            set_plain(self, text)
            self.updateGeometry()
            self.update()

    def set_detail(self, detail: str) -> None:
        if detail == self.detail:
            return
        self.detail = detail
        plain_tooltip(self, self.tip or detail)
        self.update()

    def _font(self, weight: QFont.Weight, share: float = 1.0) -> QFont:
        font = QFont(self.font())
        font.setWeight(weight)
        font.setPointSizeF(max(font.pointSizeF() * share, 6.0))
        return font

    def _draw_text(self, painter: QPainter, rect: QRect, text: str, *, colour: str, font: QFont) -> None:
        painter.setFont(font)
        painter.setPen(theme.current().colour(colour if self.isEnabled() else "text_off"))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, shown)


class _Tab(_Choice):
    def sizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        return QSize(metrics.horizontalAdvance(self.plain) + 24, 28)

    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self.plain) + 10, 28)

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        if self.isChecked():
            painter.setPen(QPen(look.colour("line"), 1))
            painter.setBrush(look.colour("line" if look.dark else "surface"))
            painter.drawRoundedRect(box, 6, 6)
        if self.hasFocus():
            painter.setPen(QPen(look.colour("accent"), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box, 6, 6)
        chosen = self.isChecked() or self.underMouse()
        weight = QFont.Weight.DemiBold if self.isChecked() else QFont.Weight.Medium
        self._draw_text(
            painter, self.rect(), self.plain, colour="text" if chosen else "text_dim", font=self._font(weight)
        )


class _Card(_Choice):
    def sizeHint(self) -> QSize:
        lines = self.fontMetrics().height() * (1.9 if self.detail else 1.0)
        return QSize(self.minimumSizeHint().width() + 12, round(lines) + 20)

    def minimumSizeHint(self) -> QSize:
        metrics = self.fontMetrics()
        width = max(metrics.horizontalAdvance(self.plain), metrics.horizontalAdvance(self.detail))
        return QSize(min(width, 90) + 12, 36)

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = 2.0 if self.hasFocus() else 1.0
        lit = self.isChecked() or self.hasFocus()
        painter.setPen(QPen(look.colour("accent" if lit else "line"), edge))
        painter.setBrush(look.colour(self._back()))
        inset = edge / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), 8, 8)
        self._paint_lines(painter)

    def _back(self) -> str:
        if self.isChecked():
            return "accent_soft"
        return "hover" if self.underMouse() and self.isEnabled() else "surface"

    def _paint_lines(self, painter: QPainter) -> None:
        area = self.rect().adjusted(4, 6, -4, -6)
        word = "accent_text" if self.isChecked() else "text"
        if not self.detail:
            self._draw_text(painter, area, self.plain, colour=word, font=self._font(QFont.Weight.Medium))
            return
        upper, lower = QRect(area), QRect(area)
        upper.setHeight(area.height() * 55 // 100)
        lower.setTop(upper.bottom() + 1)
        self._draw_text(painter, upper, self.plain, colour=word, font=self._font(QFont.Weight.Medium))
        self._draw_text(
            painter, lower, self.detail, colour="text_dim", font=self._font(QFont.Weight.Normal, share=0.88)
        )


class _OneOf(QWidget):
    """A row of which exactly one is chosen; arrows move the choice, Tab leaves the row."""

    value_changed = Signal(str)
    _button: type[_Choice] = _Tab
    _gap = 0
    _padding = 0

    def __init__(self, segments: Sequence[Segment] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self._row = QHBoxLayout(self)
        self._row.setSpacing(self._gap)
        self._row.setContentsMargins(self._padding, self._padding, self._padding, self._padding)
        self._group.buttonClicked.connect(self._on_clicked)
        self._value = ""
        self.set_segments(segments)

    def set_segments(self, segments: Sequence[Segment]) -> None:
        """Replace the choices; the chosen key stays chosen if it is still there, else the first is."""
        for button in self._buttons():
            self._group.removeButton(button)
            self._row.removeWidget(button)
            button.hide()
            button.deleteLater()
        for segment in segments:
            button = self._button(segment, self)
            self._group.addButton(button)
            self._row.addWidget(button)
        keys = [segment.key for segment in segments]
        if keys:
            self.set_value(self._value if self._value in keys else keys[0])

    def value(self) -> str:
        """The key of the chosen segment; empty without segments."""
        return self._value

    def set_value(self, key: str) -> None:
        """Choose by key without announcing it; an unknown key chooses nothing."""
        self._value = key
        self._group.setExclusive(False)
        for button in self._buttons():
            button.setChecked(button.key == key)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus if button.key == key else Qt.FocusPolicy.ClickFocus)
        self._group.setExclusive(True)

    def set_text(self, key: str, text: str) -> None:
        """Change the word of a segment."""
        for button in self._buttons():
            if button.key == key:
                button.set_text(text)

    def set_detail(self, key: str, detail: str) -> None:
        """Change the second line of a card."""
        for button in self._buttons():
            if button.key == key:
                button.set_detail(detail)
                button.updateGeometry()

    def set_available(self, key: str, why_not: str = "") -> None:
        """Enable a segment, or disable it with the reason as its tooltip."""
        for button in self._buttons():
            if button.key == key:
                button.setEnabled(not why_not)
                plain_tooltip(button, why_not or button.tip or button.detail)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = _ARROWS.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        self._move(step)

    def _move(self, step: int) -> None:
        able = [button for button in self._buttons() if button.isEnabled()]
        keys = [button.key for button in able]
        if not keys:
            return
        at = keys.index(self._value) + step if self._value in keys else 0
        chosen = able[max(0, min(at, len(able) - 1))]
        chosen.setFocus(Qt.FocusReason.TabFocusReason)
        self._choose(chosen.key)

    def _on_clicked(self, button: QAbstractButton) -> None:
        assert isinstance(button, _Choice)
        self._choose(button.key)

    def _choose(self, key: str) -> None:
        if key != self._value:
            self.set_value(key)
            self.value_changed.emit(key)

    def _buttons(self) -> list[_Choice]:
        return [button for button in self._group.buttons() if isinstance(button, _Choice)]


class Segmented(_OneOf):
    """The control with which a panel chooses between Train, Create and Look inside."""

    _padding = 3

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.current().colour("sunken"))
        painter.drawRoundedRect(QRectF(QPoint(0, 0), self.size()), 8, 8)


class PresetCards(_OneOf):
    """Cards with a word and a second line: Quick 3 min, Balanced 17 min, Best 2 h."""

    _button = _Card
    _gap = 6
