"""A field for one number: C locale, a decimal comma too, a unit inside, Enter commits, Escape restores."""

from __future__ import annotations

import math

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QWidget

from studio.ui import theme
from studio.ui.text import plain_tooltip
from studio.ui.widgets.wheel import WheelGuard

Number = int | float


def parse_number(text: str, *, whole: bool) -> Number | None:
    """Read a number as people type it: 0.0002, 0,0002, 2e-4, 4 200; None if it is none or not finite.

    A comma is a decimal comma. In a field for whole numbers it is refused, since 1,000 may mean one or a thousand.
    """
    tidy = "".join(text.split()).replace("−", "-").replace("\u202f", "")
    if not whole:
        tidy = tidy.replace(",", ".") if tidy.count(",") == 1 and "." not in tidy else tidy
    if not tidy or "_" in tidy or "," in tidy:
        return None
    try:
        value = float(tidy)
    except ValueError:
        return None
    if not math.isfinite(value) or (whole and value != int(value)):
        return None
    return int(value) if whole else value


def format_number(value: Number, digits: int = 6) -> str:
    """A number in the C locale with at most `digits` significant digits (whole numbers in full)."""
    if isinstance(value, int) or (float(value).is_integer() and abs(value) < 1e15):
        return str(int(value))
    return f"{value:.{digits}g}"


class NumberField(QLineEdit):
    """One number, or nothing where `optional` (shown as its placeholder, for example “auto”).

    `value_changed` carries the number (or None) once it is committed: Enter, leaving the field, arrow keys, wheel.
    Arrow keys change by `step`, Page keys by ten of them; with `log` they walk 1, 2, 5, 10, 20 …
    """

    value_changed = Signal(object)

    def __init__(
        self,
        value: Number | None = None,
        *,
        minimum: Number | None = None,
        maximum: Number | None = None,
        whole: bool = False,
        step: Number | None = None,
        log: bool = False,
        unit: str = "",
        optional: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._minimum, self._maximum = minimum, maximum
        self._whole, self._log = whole, log
        self._step: Number = step if step is not None else (1 if whole else 0.1)
        self._optional = bool(optional)
        self._unit = ""
        self._value: Number | None = None
        self._tip = ""
        self._guard = WheelGuard(self)
        self.setPlaceholderText(optional)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.textEdited.connect(self._on_edited)
        self.set_unit(unit)
        self.set_value(value)

    # --- value -------------------------------------------------------------------------------------------------------

    def value(self) -> Number | None:
        """The committed number; None is “nothing given”."""
        return self._value

    def set_value(self, value: Number | None) -> None:
        """Show a number without announcing it."""
        self._value = value
        self._show()

    def set_range(self, minimum: Number | None, maximum: Number | None) -> None:
        """Bounds of what can be committed; None is unbounded."""
        self._minimum, self._maximum = minimum, maximum
        self._show()

    def set_unit(self, unit: str) -> None:
        """The dim word at the right end."""
        self._unit = unit
        self._fit_unit()
        self.update()

    def set_tip(self, tip: str) -> None:
        """The tooltip while what is typed is valid."""
        self._tip = tip
        self._check()

    def is_valid(self) -> bool:
        """Whether what is typed now could be committed as it stands."""
        return not self._complaint()

    def commit(self) -> None:
        """Take what is typed; what lies outside the bounds becomes the nearest bound, what is no number is undone."""
        text = self.text().strip()
        value = parse_number(text, whole=self._whole)
        if value is None and not (self._optional and not text):
            self._show()
            return
        if value is not None and text == self._text_of(self._value):
            return
        self._take(None if value is None else self._bounded(value))

    def _take(self, value: Number | None) -> None:
        changed = value != self._value
        self.set_value(value)
        if changed:
            self.value_changed.emit(value)

    def _bounded(self, value: Number) -> Number:
        if self._minimum is not None and value < self._minimum:
            return self._minimum
        if self._maximum is not None and value > self._maximum:
            return self._maximum
        return value

    def _text_of(self, value: Number | None) -> str:
        return "" if value is None else format_number(value)

    def _show(self) -> None:
        self.setText(self._text_of(self._value))
        self.setCursorPosition(0)
        self._check()

    # --- validity ----------------------------------------------------------------------------------------------------

    def _on_edited(self) -> None:
        self._check()

    def _check(self) -> None:
        complaint = self._complaint()
        if bool(self.property("invalid")) != bool(complaint):
            theme.set_look(self, invalid=bool(complaint))
        plain_tooltip(self, complaint or self._tip)

    def _complaint(self) -> str:
        text = self.text().strip()
        if not text:
            return "" if self._optional or self._value is None else self.tr("A number is needed here.")
        value = parse_number(text, whole=self._whole)
        if value is None:
            return self.tr("A whole number is needed here.") if self._whole else self.tr("A number is needed here.")
        return "" if self._bounded(value) == value else self._range_text()

    def _range_text(self) -> str:
        if self._maximum is None:
            return self.tr("At least {0}.").format(self._text_of(self._minimum))
        if self._minimum is None:
            return self.tr("At most {0}.").format(self._text_of(self._maximum))
        return self.tr("From {0} to {1}.").format(self._text_of(self._minimum), self._text_of(self._maximum))

    # --- keys and wheel ----------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in _STEPS:
            self._nudge(_STEPS[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.commit()
            self.selectAll()
        elif key == Qt.Key.Key_Escape and self.text() != self._text_of(self._value):
            self._show()
        else:
            super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if event.angleDelta().y():
            self._nudge(1 if event.angleDelta().y() > 0 else -1)
        event.accept()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.commit()

    def _nudge(self, steps: int) -> None:
        if self.isReadOnly():
            return
        now = parse_number(self.text(), whole=self._whole)
        if now is None:
            now = self._value if self._value is not None else (self._minimum or 0)
        moved = _log_step(now, steps) if self._log and now > 0 else now + steps * self._step
        value = self._bounded(round(moved) if self._whole else float(f"{moved:.12g}"))
        self._take(value)

    # --- the unit ----------------------------------------------------------------------------------------------------

    def _unit_width(self) -> int:
        return self.fontMetrics().horizontalAdvance(self._unit) if self._unit else 0

    def _fit_unit(self) -> None:
        self.setTextMargins(0, 0, self._unit_width() + 6 if self._unit else 0, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_unit()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._unit:
            return
        painter = QPainter(self)
        font = painter.font()
        font.setPointSizeF(font.pointSizeF() * 0.92)
        painter.setFont(font)
        painter.setPen(theme.current().colour("text_dim" if self.isEnabled() else "text_off"))
        area = QRect(self.rect().adjusted(0, 0, -9, 0))
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self._unit)


_STEPS = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1, Qt.Key.Key_PageUp: 10, Qt.Key.Key_PageDown: -10}
_LADDER = (1.0, 2.0, 5.0)


def _log_step(value: Number, steps: int) -> float:
    """Walk `steps` rungs of the ladder 1, 2, 5, 10 … from the rung nearest to `value` (which is positive)."""
    decade = math.floor(math.log10(value))
    rungs = [3 * (decade + shift) + at for shift in (0, 1) for at in range(3)]
    nearest = min(rungs, key=lambda rung: abs(math.log(_rung(rung) / value)))
    return _rung(nearest + steps)


def _rung(number: int) -> float:
    decade, at = divmod(number, len(_LADDER))
    return _LADDER[at] * 10.0**decade
