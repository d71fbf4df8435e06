"""Curves over training steps: raw faint and smoothed strong, a legend that reads and toggles, a cursor, seams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import monotonic

import numpy as np
from numpy.typing import ArrayLike
from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QMenu, QSizePolicy, QVBoxLayout, QWidget, QWidgetAction

from studio.ui import theme
from studio.ui.curve_data import Curve, Floats, gaps, log_values, table_text, thin, value_range
from studio.ui.text import Label, count_text, number_text, plain_tooltip, set_plain
from studio.ui.widgets.curve_canvas import CurveCanvas, Line, Marks
from studio.ui.widgets.flow import FlowLayout
from studio.ui.widgets.frames import dense
from studio.ui.widgets.sliders import ValueSlider

LIVE_INTERVAL_MS = 500  # repaints compete with training for the cores (design §4)
_IDLE_INTERVAL_MS = 15
_SMOOTHING = 0.9
_BESIDE_TITLE = 3  # more series than this put the legend into a line of its own


@dataclass(frozen=True)
class Series:
    """One line: key, words for the legend, and a colour (name of the theme's table or ``#rrggbb``)."""

    key: str
    name: str
    colour: str
    tip: str = ""
    smoothed: bool = True  # False for what must be read as it is, for example a schedule
    dots: bool = False  # few values, each measured with an error: dots with bars


class LegendEntry(QAbstractButton):
    """A dash in the colour of the line, its name, and under the pointer its value; a click hides or shows the line."""

    def __init__(self, series: Series, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.series = series
        self._value = ""
        self.setObjectName(f"legend_{series.key}")
        self.setCheckable(True)
        self.setChecked(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        set_plain(self, series.name)
        plain_tooltip(self, series.tip or self.tr("Hide or show “{0}”").format(series.name))

    def set_value(self, value: str) -> None:
        """Show a number beside the name; empty for none."""
        if value != self._value:
            widths_differ = bool(value) != bool(self._value) or len(value) > max(len(self._value), 7)
            self._value = value
            self.setAccessibleDescription(value)
            if widths_differ:
                self.updateGeometry()
            self.update()

    def value_text(self) -> str:
        """The number shown now."""
        return self._value

    def _number_width(self) -> int:
        return self.fontMetrics().horizontalAdvance(max("−0.0000", self._value, key=len)) + 6

    def sizeHint(self) -> QSize:
        width = 18 + self.fontMetrics().horizontalAdvance(self.series.name) + 2
        return QSize(width + (self._number_width() if self._value else 0), max(20, self.fontMetrics().height() + 2))

    def minimumSizeHint(self) -> QSize:
        return QSize(40, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour(self.series.colour if self.isChecked() else "line_strong"))
        painter.drawRoundedRect(QRectF(2, self.height() / 2 - 1.5, 10, 3), 1.5, 1.5)
        painter.setPen(look.colour("text" if self.underMouse() or self.hasFocus() else "text_dim"))
        font = painter.font()
        font.setStrikeOut(not self.isChecked())
        painter.setFont(font)
        area = self.rect().adjusted(18, 0, -(self._number_width() if self._value else 0), 0)
        shown = painter.fontMetrics().elidedText(self.series.name, Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
        if self._value:
            painter.setPen(look.colour("text"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self._value)


class CurvePlot(QWidget):
    """A plot of named series over steps. See `set_series`, `set_data`, `set_cursor`.

    While `live` it repaints at most twice a second; under the pointer, zoomed or idle at once; hidden never.
    """

    cursor_moved = Signal(int)  # the user has clicked or dragged to this step
    hover_moved = Signal(object)  # step (float) under the pointer, or None: tie it to another plot's `set_hover`
    export_requested = Signal()
    smoothing_changed = Signal(float)

    def __init__(self, title: str = "", *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._series: list[Series] = []
        self._curves: dict[str, Curve] = {}
        self._errors: dict[str, Floats] = {}
        self._entries: list[LegendEntry] = []
        self._title = title
        self._smoothing = _SMOOTHING
        self._log = self._live = self._zoomed = False
        self._horizon: int | None = None
        self._dirty = True
        self._painted_at = 0.0
        self._heading = Label(title, role="strong", elide=Qt.TextElideMode.ElideRight)
        self._heading.setObjectName("curvesTitle")
        self.canvas = CurveCanvas()
        self.canvas.setObjectName("curvesCanvas")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._refresh)
        self._lay_out()
        self._connect()
        self.setAccessibleName(title)
        self.canvas.setAccessibleName(title or self.tr("Curves"))

    def _lay_out(self) -> None:
        self._beside = dense(QHBoxLayout(), gap=12)
        self._top = top = dense(QHBoxLayout(), gap=12)
        top.addWidget(self._heading, 1)
        top.addLayout(self._beside)
        self._below = QWidget()
        self._lines_of_legend = FlowLayout(self._below, gap=14)
        self._below.hide()
        column = dense(QVBoxLayout(self), gap=4)
        column.addLayout(top)
        column.addWidget(self._below)
        column.addWidget(self.canvas, 1)

    def _connect(self) -> None:
        self.canvas.cursor_dragged.connect(self._on_cursor_dragged)
        self.canvas.hover_moved.connect(self._on_hover)
        self.canvas.zoomed.connect(self._on_zoomed)
        self.canvas.reset_asked.connect(self.reset_zoom)
        self.canvas.menu_asked.connect(self._on_menu)
        theme.watcher().changed.connect(self._on_theme)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def set_title(self, title: str) -> None:
        """The words at the upper left."""
        self._title = title
        self._heading.setText(title)

    def add_corner(self, widget: QWidget) -> None:
        """Put a widget of the owner's at the upper right, after the legend."""
        self._top.addWidget(widget)

    def set_series(self, series: Sequence[Series]) -> None:
        """Which lines there are and what the legend calls them; data of keys that stay is kept."""
        if list(series) == self._series:
            return
        self._series = list(series)
        self._curves = {one.key: self._curves.get(one.key, Curve()) for one in series}
        self._errors = {key: found for key, found in self._errors.items() if key in self._curves}
        for entry in self._entries:
            entry.hide()
            entry.setParent(None)
            entry.deleteLater()
        self._entries = [LegendEntry(one) for one in series]
        below = len(series) > _BESIDE_TITLE
        for entry in self._entries:
            entry.toggled.connect(self._on_toggled)
            (self._lines_of_legend if below else self._beside).addWidget(entry)
        self._below.setVisible(below)
        self._changed()

    def set_data(self, key: str, steps: ArrayLike, values: ArrayLike, errors: ArrayLike = ()) -> None:
        """Replace one line: ascending steps and as many values; values that are not finite are gaps.

        ``errors``: the standard error of each value, where the series shows them.
        """
        self._curves[key].set(steps, values)
        self._errors[key] = gaps(errors)
        self._changed()

    def append(self, key: str, steps: ArrayLike, values: ArrayLike) -> None:
        """Add points at the end of one line."""
        self._curves[key].append(steps, values)
        self._changed()

    def clear_data(self) -> None:
        """Empty all lines, forget zoom, seams, events and cursor."""
        for curve in self._curves.values():
            curve.set([], [])
        self._errors.clear()
        self._zoomed = False
        self.canvas.marks.set_marks(Marks())
        self._changed()

    def curve(self, key: str) -> Curve:
        """The data of one line."""
        return self._curves[key]

    def set_horizon(self, last_step: int | None) -> None:
        """Up to which step the axis reaches although there is no data yet."""
        if last_step != self._horizon:
            self._horizon = last_step
            self._changed()

    def set_seams(self, steps: Sequence[int]) -> None:
        """Where a run was resumed: dashed verticals."""
        self._mark(seams=tuple(float(step) for step in steps))

    def set_events(self, events: Sequence[tuple[int, str]]) -> None:
        """Named moments: dotted verticals whose words show when the pointer is near."""
        self._mark(events=tuple((float(step), text) for step, text in events))

    def set_cursor(self, step: int | None) -> None:
        """Put the cursor line at a step without announcing it; None hides it."""
        self._mark(cursor=None if step is None else float(step))

    def cursor_step(self) -> int | None:
        """Where the cursor line stands."""
        at = self.canvas.marks.marks.cursor
        return None if at is None else round(at)

    def set_hover(self, step: float | None) -> None:
        """Show what all lines read at a step, as if the pointer were there."""
        self._mark(hover=step)
        self._read_at(step)

    def set_live(self, live: bool) -> None:
        """Whether a run trains: repaints then wait for each other half a second."""
        self._live = live
        if not live and self._dirty:
            self._schedule()

    def set_smoothing(self, weight: float) -> None:
        """Share of the past in the strong lines, 0 (none) .. 0.99."""
        if weight != self._smoothing:
            self._smoothing = weight
            self._at_once()
            self.smoothing_changed.emit(weight)

    def smoothing(self) -> float:
        """The share of the past in the strong lines."""
        return self._smoothing

    def set_log(self, on: bool) -> None:
        """Logarithmic values; what is not positive becomes a gap."""
        self._log = on
        self.canvas.set_log(on)
        self._at_once()

    def is_log(self) -> bool:
        """Whether the axis of values is logarithmic."""
        return self._log

    def reset_zoom(self) -> None:
        """Show everything again."""
        self._zoomed = False
        self._at_once()

    def csv_text(self) -> str:
        """All raw values as CSV: a column `step`, then one a series; gaps are empty."""
        return table_text({one.key: self._curves[one.key] for one in self._series})

    # --- repainting --------------------------------------------------------------------------------------------------

    def _changed(self) -> None:
        self._dirty = True
        self._schedule()

    def _schedule(self) -> None:
        if self._timer.isActive() or not self.isVisible():
            return
        since = (monotonic() - self._painted_at) * 1000
        wait = LIVE_INTERVAL_MS - since if self._live else 0
        self._timer.start(max(_IDLE_INTERVAL_MS, round(wait)))

    def _at_once(self) -> None:
        self._dirty = True
        if self.isVisible():
            self._timer.stop()
            self._refresh()

    def _refresh(self) -> None:
        if not self._dirty or not self.isVisible():
            return
        self._dirty = False
        self._painted_at = monotonic()
        if not self._zoomed:
            self._show_all()
        self.canvas.lines.set_lines(self._lines())
        if self.canvas.marks.marks.hover is not None:
            self._read_at(self.canvas.marks.marks.hover)

    def _shown(self) -> list[Series]:
        return [entry.series for entry in self._entries if entry.isChecked()]

    def _weight(self, series: Series) -> float:
        return self._smoothing if series.smoothed and not series.dots else 0.0

    def _spans(self, series: Series) -> tuple[Floats, Floats]:
        """The lowest and the highest of what each value may be: one standard error to either side."""
        values, errors = self._curves[series.key].values, self._errors.get(series.key)
        if errors is None or len(errors) != len(values):
            return values, values
        return values - errors, values + errors

    def _show_all(self) -> None:
        curves = [(self._curves[one.key], self._weight(one)) for one in self._shown()]
        ends = [float(curve.steps[at]) for curve, _ in curves if len(curve.steps) for at in (0, -1)]
        ends += [0.0, float(self._horizon)] if self._horizon else []
        ends_of = [end for one in self._shown() if one.dots for end in self._spans(one)]
        values = [curve.smoothed(weight) for curve, weight in curves] + ends_of, [curve.values for curve, _ in curves]
        if self._log:
            values = [log_values(v) for v in values[0]], [log_values(v) for v in values[1]]
        found = value_range(*values)
        low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
        self.canvas.show_range((low, high if high > low else low + 1), found or (0.0, 1.0))

    def _lines(self) -> list[Line]:
        faint, strong = [], []
        for one in self._shown():
            weight = self._weight(one)
            curve = self._curves[one.key]
            if one.dots:
                strong.append(self._dotted(curve, one))
                continue
            if weight:
                faint.append(self._line(curve.steps, curve.values, one, strong=False))
            strong.append(self._line(curve.steps, curve.smoothed(weight), one, strong=True))
        return faint + strong

    def _dotted(self, curve: Curve, series: Series) -> Line:
        low, high = self._spans(series)
        if self._log:
            low, high = log_values(low), log_values(high)
        values = log_values(curve.values) if self._log else curve.values
        return Line(curve.steps, values, series.colour, True, (low, high))

    def _line(self, steps: Floats, values: Floats, series: Series, *, strong: bool) -> Line:
        low, high = self.canvas.seen_steps()
        x, y = thin(steps, values, low=low, high=high, columns=self.canvas.columns())
        return Line(x, log_values(y) if self._log else y, series.colour, strong)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._changed()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._dirty:
            self._schedule()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.canvas.restyle()

    def _on_theme(self) -> None:
        self.canvas.restyle()

    # --- the user ----------------------------------------------------------------------------------------------------

    def _mark(self, **changes: object) -> None:
        self.canvas.marks.set_marks(replace(self.canvas.marks.marks, **changes))  # type: ignore[arg-type]

    def _bounds(self) -> tuple[float, float] | None:
        ends = [curve.steps[at] for curve in self._curves.values() if len(curve.steps) for at in (0, -1)]
        return (float(min(ends)), float(max(ends))) if ends else None

    def _on_cursor_dragged(self, step: float) -> None:
        bounds = self._bounds()
        if bounds is not None:
            at = round(min(max(step, bounds[0]), bounds[1]))
            if at != self.cursor_step():
                self.set_cursor(at)
                self.cursor_moved.emit(at)

    def _on_hover(self, step: float | None) -> None:
        if step is not None and self._dirty:
            self._at_once()
        bounds = self._bounds()
        inside = step is not None and bounds is not None and bounds[0] <= step <= bounds[1]
        self.set_hover(step if inside else None)
        self.hover_moved.emit(step if inside else None)

    def _read_at(self, step: float | None) -> None:
        read: list[float] = []
        for entry in self._entries:
            found = None if step is None else self._curves[entry.series.key].at(step, self._weight(entry.series))
            entry.set_value("" if found is None else self._read_words(entry.series, found))
            if found is not None:
                read.append(found[0])
        self._heading.setText(self._step_words(step, read) if step is not None and read else self._title)

    def _read_words(self, series: Series, found: tuple[float, float, float]) -> str:
        """The number at a point, with its error where the series has one."""
        errors, steps = self._errors.get(series.key), self._curves[series.key].steps
        if not series.dots or errors is None or len(errors) != len(steps):
            return number_text(found[2])
        error = float(errors[int(np.searchsorted(steps, found[0]))])
        return f"{number_text(found[2])} ± {number_text(error, 2)}" if error > 0 else number_text(found[2])

    def _step_words(self, step: float, read: list[float]) -> str:
        at = min(read, key=lambda one: abs(one - step))
        words = self.tr("step {0}").format(count_text(round(at)))
        low, high = self.canvas.seen_steps()
        near = (high - low) / 60
        close = [text for place, text in self.canvas.marks.marks.events if abs(place - step) <= near]
        close += [self.tr("resumed here") for place in self.canvas.marks.marks.seams if abs(place - step) <= near]
        return " · ".join([words, *close[:2]])

    def _on_zoomed(self) -> None:
        self._zoomed = True
        self._at_once()

    def _on_toggled(self) -> None:
        self._at_once()

    def _on_menu(self, spot: QPoint) -> None:
        menu = self.build_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(spot)

    def build_menu(self) -> QMenu:
        """The short menu: smoothing, logarithmic, reset zoom, export."""
        menu = QMenu(self)
        menu.setObjectName("curvesMenu")
        slider = SmoothingSlider(self._smoothing)
        slider.value_changed.connect(self.set_smoothing)
        holder = QWidgetAction(menu)
        holder.setDefaultWidget(slider)
        menu.addAction(holder)
        menu.addSeparator()
        log = menu.addAction(self.tr("Logarithmic values"))
        log.setCheckable(True)
        log.setChecked(self._log)
        log.toggled.connect(self.set_log)
        menu.addAction(self.tr("Show everything")).triggered.connect(self.reset_zoom)
        menu.addSeparator()
        menu.addAction(self.tr("Export as CSV…")).triggered.connect(self.export_requested)
        return menu


class SmoothingSlider(QWidget):
    """“Smoothing” and its slider, 0 .. 0.99; one may steer all plots of a panel."""

    value_changed = Signal(float)

    def __init__(self, value: float = _SMOOTHING, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.slider = ValueSlider(0.0, 0.99, value, step=0.01)
        self.slider.setObjectName("smoothing")
        self.slider.setAccessibleName(self.tr("Smoothing"))
        self.slider.value_changed.connect(self.value_changed)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 10, 4)
        row.addWidget(Label(self.tr("Smoothing"), role="dim"))
        row.addWidget(self.slider, 1)
        self.setMinimumWidth(260)

    def value(self) -> float:
        """The share of the past."""
        return float(self.slider.value())

    def set_value(self, value: float) -> None:
        """Show a value without announcing it."""
        self.slider.set_value(value)
