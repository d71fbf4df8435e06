"""Choosing: a combo box, a switch, a check box, and several of many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QMenu,
    QPushButton,
    QRadioButton,
    QSizePolicy,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionButton,
    QWidget,
)

from studio.ui import theme
from studio.ui.text import plain_tooltip, set_plain, tooltip_text, unmarked
from studio.ui.widgets.wheel import WheelGuard

Choice = tuple[Any, str] | tuple[Any, str, str]  # value, words, and perhaps a sentence of help


class Combo(QComboBox):
    """One of several values; `value_changed` carries the value when the user has chosen another."""

    value_changed = Signal(object)

    def __init__(self, choices: Sequence[Choice] = (), *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._guard = WheelGuard(self)
        self._shown: Any = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(6)
        self.setItemDelegate(QStyledItemDelegate(self))  # the one that obeys the style sheet
        self.activated.connect(self._on_activated)
        self.set_choices(choices)

    def set_choices(self, choices: Sequence[Choice]) -> None:
        """Replace the values; the chosen one stays if it is still there."""
        kept = self.value()
        self.clear()
        for choice in choices:
            self.addItem(choice[1])
            self.setItemData(self.count() - 1, choice[0], Qt.ItemDataRole.UserRole)
            if len(choice) > 2:
                self.setItemData(self.count() - 1, tooltip_text(choice[2]), Qt.ItemDataRole.ToolTipRole)
        self.set_value(kept if kept is not None else self.itemData(0))
        self._fit_popup()

    def value(self) -> Any:
        """The value chosen; None in an empty combo."""
        return self.currentData()

    def set_value(self, value: Any) -> None:
        """Choose without announcing; an unknown value changes nothing."""
        for row in range(self.count()):
            if self.itemData(row) == value:
                self.setCurrentIndex(row)
                break
        self._shown = self.value()

    def set_available(self, why_not: str = "") -> None:
        """Enable, or disable with the reason as the tooltip."""
        self.setEnabled(not why_not)
        plain_tooltip(self, why_not)

    def minimumSizeHint(self) -> QSize:
        return QSize(64, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        tint = "text_dim" if self.isEnabled() else "text_off"
        chevron = theme.pixmap("chevron-down", tint, 14, self.devicePixelRatioF())
        QPainter(self).drawPixmap(QPoint(self.width() - 22, (self.height() - 14) // 2), chevron)

    def _fit_popup(self) -> None:
        metrics = self.fontMetrics()
        widest = max((metrics.horizontalAdvance(self.itemText(row)) for row in range(self.count())), default=0)
        self.view().setMinimumWidth(min(widest + 40, 480))

    def _on_activated(self) -> None:
        if self.value() != self._shown:
            self._shown = self.value()
            self.value_changed.emit(self._shown)


class CheckBox(QCheckBox):
    """A check box whose words are shown letter by letter; `value_changed` only when the user toggles it."""

    value_changed = Signal(bool)

    def __init__(self, text: str = "", *, checked: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_plain(self, text)
        self.setChecked(checked)
        self.clicked.connect(self.value_changed)

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 29, max(24, self.fontMetrics().height()))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    def value(self) -> bool:
        """Whether it is on."""
        return self.isChecked()

    def set_value(self, on: bool) -> None:
        """Turn on or off without announcing it."""
        self.setChecked(on)

    def set_available(self, why_not: str = "") -> None:
        """Enable, or disable with the reason as the tooltip."""
        self.setEnabled(not why_not)
        plain_tooltip(self, why_not)


    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(1, (self.height() - 16) / 2, 16, 16)
        edge = "accent" if self.isChecked() or self.hasFocus() else "line_strong"
        painter.setPen(QPen(look.colour(edge if self.isEnabled() else "line"), 2 if self.hasFocus() else 1))
        filled = "accent" if self.isEnabled() else "line"
        painter.setBrush(look.colour(filled if self.isChecked() else "field"))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        if self.isChecked():
            tint = "on_accent" if self.isEnabled() else "text_off"
            mark = theme.pixmap("check", tint, 14, self.devicePixelRatioF())
            painter.drawPixmap(box.topLeft() + QPointF(1, 1), mark)
        _paint_words(self, painter, left=25)


def _paint_words(box: QAbstractButton, painter: QPainter, *, left: int) -> None:
    painter.setPen(theme.current().colour("text" if box.isEnabled() else "text_off"))
    area = box.rect().adjusted(left, 0, 0, 0)
    painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextShowMnemonic, box.text())


class Switch(CheckBox):
    """A check box that looks like a switch: for settings that act at once."""

    _track = QSize(34, 20)

    def sizeHint(self) -> QSize:
        words = self.fontMetrics().horizontalAdvance(self.text())
        return QSize(self._track.width() + 4 + (words + 8 if words else 0), max(24, self.fontMetrics().height()))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        top = (self.height() - self._track.height()) / 2
        track = QRectF(2, top, self._track.width(), self._track.height())
        painter.setPen(QPen(look.colour("text"), 1.5) if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(look.colour(self._track_colour()))
        painter.drawRoundedRect(track, track.height() / 2, track.height() / 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("surface" if self.isEnabled() else "canvas"))
        knob = track.height() - 6
        left = track.right() - knob - 3 if self.isChecked() else track.left() + 3
        painter.drawEllipse(QRectF(left, track.top() + 3, knob, knob))
        _paint_words(self, painter, left=round(track.right()) + 8)

    def _track_colour(self) -> str:
        if not self.isEnabled():
            return "line"
        return "accent" if self.isChecked() else "line_strong"


class RadioButton(QRadioButton):
    """One of a few that stand below one another; `picked` when the user chooses it."""

    picked = Signal()

    def __init__(self, text: str = "", *, checked: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_plain(self, text)
        self.setChecked(checked)
        self.clicked.connect(self.picked)

    def set_available(self, why_not: str = "") -> None:
        """Enable, or disable with the reason as the tooltip."""
        self.setEnabled(not why_not)
        plain_tooltip(self, why_not)

    def sizeHint(self) -> QSize:
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 29, max(24, self.fontMetrics().height()))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ring = QRectF(1.5, (self.height() - 16) / 2 + 0.5, 15, 15)
        edge = "accent" if self.isChecked() or self.hasFocus() else "line_strong"
        painter.setPen(QPen(look.colour(edge if self.isEnabled() else "line"), 2 if self.hasFocus() else 1))
        painter.setBrush(look.colour("field"))
        painter.drawEllipse(ring)
        if self.isChecked():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour("accent" if self.isEnabled() else "line"))
            painter.drawEllipse(ring.adjusted(4, 4, -4, -4))
        _paint_words(self, painter, left=25)


class MultiChoice(QPushButton):
    """Several of many, shown as “hair, glasses ▾”; the menu stays open while boxes are ticked."""

    values_changed = Signal(list)

    def __init__(
        self, choices: Sequence[Choice] = (), *, placeholder: str = "", parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._placeholder = placeholder or self.tr("none")
        self._actions: list[QAction] = []
        self._menu = _StayOpenMenu(self)
        self._menu.setObjectName("multiChoiceMenu")
        self._menu.setToolTipsVisible(True)
        self._menu.aboutToHide.connect(self.update)
        self.setAutoDefault(False)
        theme.set_look(self, kind="field")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self.open)
        self.set_choices(choices)

    def set_choices(self, choices: Sequence[Choice]) -> None:
        """Replace what can be ticked; what was ticked stays so if it is still there."""
        kept = self.values()
        self._menu.clear()
        self._actions = []
        for choice in choices:
            action = self._menu.addAction(unmarked(choice[1]))
            plain_tooltip(action, choice[2] if len(choice) > 2 else "")
            action.setCheckable(True)
            action.setData(choice)
            action.setChecked(choice[0] in kept)
            action.toggled.connect(self._on_toggled)
            self._actions.append(action)
        self._describe()

    def values(self) -> list[Any]:
        """The ticked values in their order."""
        return [action.data()[0] for action in self._actions if action.isChecked()]

    def set_values(self, values: Iterable[Any]) -> None:
        """Tick without announcing."""
        wanted = list(values)
        for action in self._actions:
            action.blockSignals(True)
            action.setChecked(action.data()[0] in wanted)
            action.blockSignals(False)
        self._describe()

    def set_available(self, why_not: str = "") -> None:
        """Enable, or disable with the reason as the tooltip."""
        self.setEnabled(not why_not)
        plain_tooltip(self, why_not or self._words())

    def open(self) -> None:
        """Show the menu; it closes with Escape, Enter or a click elsewhere."""
        self._menu.setMinimumWidth(self.width())
        self._menu.popup(self.mapToGlobal(QPoint(0, self.height() + 2)))

    def menu_actions(self) -> list[QAction]:
        """The entries, for tests and for the keyboard palette."""
        return list(self._actions)

    def sizeHint(self) -> QSize:
        return QSize(min(self.fontMetrics().horizontalAdvance(self._words()) + 44, 220), 30)

    def minimumSizeHint(self) -> QSize:
        return QSize(64, 30)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.open()
            return
        super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        frame = QStyleOptionButton()
        self.initStyleOption(frame)
        self.style().drawControl(QStyle.ControlElement.CE_PushButtonBevel, frame, painter, self)
        area = self.rect().adjusted(9, 0, -26, 0)
        dim = not self.values()
        tint = "text_off" if not self.isEnabled() else ("text_dim" if dim else "text")
        painter.setPen(theme.current().colour(tint))
        words = self.fontMetrics().elidedText(self._words(), Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)
        arrow = "text_dim" if self.isEnabled() else "text_off"
        chevron = theme.pixmap("chevron-down", arrow, 14, self.devicePixelRatioF())
        painter.drawPixmap(QPoint(self.width() - 22, (self.height() - 14) // 2), chevron)

    def _words(self) -> str:
        chosen = [action.data()[1] for action in self._actions if action.isChecked()]
        return ", ".join(chosen) or self._placeholder

    def _describe(self) -> None:
        plain_tooltip(self, self._words())
        self.updateGeometry()
        self.update()

    def _on_toggled(self) -> None:
        self._describe()
        self.values_changed.emit(self.values())


class _StayOpenMenu(QMenu):
    """A menu that a click on a checkable entry does not close."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        action = self.actionAt(event.position().toPoint())
        if action is not None and action.isCheckable() and action.isEnabled():
            action.toggle()
            return
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        action = self.activeAction()
        if event.key() == Qt.Key.Key_Space and action is not None and action.isCheckable():
            action.toggle()
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.close()
            return
        super().keyPressEvent(event)
