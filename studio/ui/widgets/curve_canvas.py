"""The drawing surface of a curve plot: pyqtgraph's view and axes, our own lines, marks, mouse and keys.

The lines are painted once into a picture that later repaints reuse (hover and cursor move above it), which keeps a
repaint within milliseconds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
    QPixmap,
    QPolygonF,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem, QWidget

from studio.ui import theme
from studio.ui.curve_data import Floats
from studio.ui.text import count_text

FAINT = 0.28  # opacity of raw values behind their smoothed line


@dataclass(frozen=True)
class Line:
    """One polyline to paint: thinned points in the view's coordinates (gaps are not-a-number)."""

    x: Floats
    y: Floats
    colour: str  # a name of the theme's table, or #rrggbb
    strong: bool
    spans: tuple[Floats, Floats] | None = None
    """Lowest and highest of what each value may be; the points are then dots, each with a bar."""


@dataclass(frozen=True)
class Marks:
    """What stands above the lines, as steps: the cursor, the pointer, seams of resumed legs, named events."""

    cursor: float | None = None
    hover: float | None = None
    seams: tuple[float, ...] = ()
    events: tuple[tuple[float, str], ...] = ()


def _runs(line: Line) -> list[tuple[int, int]]:
    """Stretches [first, end) of a line without gaps."""
    known = np.isfinite(line.y)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


class _Overlay(pg.GraphicsObject):
    """An item as large as the view."""

    def boundingRect(self) -> QRectF:
        return QRectF(self.viewRect())

    def viewTransformChanged(self) -> None:
        super().viewTransformChanged()
        self.prepareGeometryChange()


class LinesItem(_Overlay):
    """All lines of a plot, kept as one picture until lines, view, size or theme change."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: Sequence[Line] = ()
        self._picture: QPixmap | None = None
        self._key: object = None
        self._version = 0

    def set_lines(self, lines: Sequence[Line]) -> None:
        """Paint these from now on."""
        self._lines = lines
        self.spoil()

    def spoil(self) -> None:
        """Paint anew at the next chance."""
        self._version += 1
        self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        to_view = painter.transform()
        frame = to_view.mapRect(self.boundingRect()).toAlignedRect()
        ratio = painter.device().devicePixelRatio()
        key = (self._version, frame, to_view, ratio)
        if self._picture is None or self._key != key:
            self._picture, self._key = self._painted(frame, to_view, ratio), key
        painter.save()
        painter.resetTransform()
        painter.drawPixmap(frame.topLeft(), self._picture)
        painter.restore()

    def _painted(self, frame: QRect, to_view: QTransform, ratio: float) -> QPixmap:
        """The lines in device pixels: there a pen of one pixel stays one, and wider pens cost thirty times as much."""
        picture = QPixmap(max(1, round(frame.width() * ratio)), max(1, round(frame.height() * ratio)))
        picture.fill(Qt.GlobalColor.transparent)
        to_picture = to_view * QTransform.fromTranslate(-frame.x(), -frame.y()) * QTransform.fromScale(ratio, ratio)
        painter = QPainter(picture)
        for line in self._lines:
            self._paint_line(painter, line, to_picture, thickness=1.6 * ratio)
        painter.end()
        picture.setDevicePixelRatio(ratio)
        return picture

    def _paint_line(self, painter: QPainter, line: Line, to_picture: QTransform, *, thickness: float) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, line.strong)
        pen = QPen(_ink(line), 1)
        painter.setPen(pen)
        x = line.x * to_picture.m11() + to_picture.dx()
        y = line.y * to_picture.m22() + to_picture.dy()
        for first, end in _runs(line):
            if end - first == 1:
                self._paint_point(painter, QPointF(x[first], y[first]), pen)
                continue
            polygon = _polygon(x[first:end], y[first:end])
            painter.drawPolyline(polygon)
            for layer in range(1, round(thickness) if line.strong else 0):
                painter.drawPolyline(polygon.translated(0.4 * layer, 0.8 * layer))
        if line.spans is not None:
            low, high = (ends * to_picture.m22() + to_picture.dy() for ends in line.spans)
            self._paint_dots(painter, np.stack([x, y, low, high], 1), pen, 3.0 * thickness / 1.6)

    def _paint_dots(self, painter: QPainter, dots_N4: Floats, pen: QPen, radius: float) -> None:
        """Each a dot at (x, y) with a bar from the lowest to the highest value."""
        painter.setBrush(pen.color())
        for x, y, low, high in dots_N4[np.isfinite(dots_N4[:, 1])].tolist():
            if math.isfinite(low) and math.isfinite(high) and abs(high - low) > 1:
                painter.drawLine(QPointF(x, low), QPointF(x, high))
                for end in (low, high):
                    painter.drawLine(QPointF(x - radius, end), QPointF(x + radius, end))
            painter.drawEllipse(QPointF(x, y), radius, radius)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _paint_point(self, painter: QPainter, spot: QPointF, pen: QPen) -> None:
        """A value between two gaps is still seen."""
        painter.save()
        painter.setBrush(pen.color())
        painter.drawEllipse(spot, 1.5, 1.5)
        painter.restore()


def _ink(line: Line) -> QColor:
    """The colour of a line; faint ones are mixed with the surface, since painting them translucent costs five times."""
    look = theme.current()
    ink, paper = look.colour(line.colour), look.colour("surface")
    if line.strong:
        return ink
    own = ((ink.red(), paper.red()), (ink.green(), paper.green()), (ink.blue(), paper.blue()))
    return QColor(*(round(FAINT * mine + (1 - FAINT) * back) for mine, back in own))


def _polygon(x_N: Floats, y_N: Floats) -> QPolygonF:
    """Points as Qt keeps them, filled through the polygon's own memory."""
    polygon = pg.functions.arrayToQPolygonF(x_N, y_N)
    assert isinstance(polygon, QPolygonF)
    return polygon


class MarksItem(_Overlay):
    """Cursor, pointer, seams and events: vertical lines above the curves."""

    def __init__(self) -> None:
        super().__init__()
        self.marks = Marks()

    def set_marks(self, marks: Marks) -> None:
        """Show these from now on."""
        if marks != self.marks:
            self.marks = marks
            self.update()

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        look = theme.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for step in self.marks.seams:
            self._vertical(painter, step, QPen(look.colour("line_strong"), 1, Qt.PenStyle.DashLine))
        for step, _ in self.marks.events:
            self._vertical(painter, step, QPen(look.colour("fake"), 1, Qt.PenStyle.DotLine))
        if self.marks.hover is not None:
            self._vertical(painter, self.marks.hover, QPen(look.colour("text_dim"), 1))
        if self.marks.cursor is not None:
            self._vertical(painter, self.marks.cursor, QPen(look.colour("accent"), 1, Qt.PenStyle.DashLine))

    def _vertical(self, painter: QPainter, step: float, pen: QPen) -> None:
        box = self.boundingRect()
        if box.left() <= step <= box.right():
            pen.setCosmetic(True)
            painter.setPen(pen)
            painter.drawLine(QPointF(step, box.top()), QPointF(step, box.bottom()))


class _Axis(pg.AxisItem):
    """An axis whose numbers read like all others in the window, and which paints no line of its own."""

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        if self.orientation == "bottom":
            return [_step_text(value) if value >= 0 else "" for value in values]
        if self.logMode:
            shown = self._log_mantissas()
            return [_log_text(value) if round(10.0 ** (value % 1), 6) in shown else "" for value in values]
        return [_tick_text(value, spacing) for value in values]

    def _log_mantissas(self) -> tuple[float, ...]:
        """Which of the numbers 1 .. 9 within a decade have room for a label."""
        decade = self.height() / max(self.range[1] - self.range[0], 1e-9)
        if decade > 150:
            return (1.0, 2.0, 3.0, 5.0, 7.0)
        return (1.0, 2.0, 5.0) if decade > 70 else (1.0,)

    def logTickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        return self.tickStrings(values, scale, spacing)


def _step_text(value: float) -> str:
    if value and value >= 100_000:
        return f"{value / 1_000_000:g} M" if value % 1_000_000 == 0 else f"{value / 1000:g} k"
    return count_text(round(value)) if value == round(value) else ""


def _log_text(exponent: float) -> str:
    value = 10.0**exponent
    return f"{value:g}" if 1e-4 < value < 1e6 else f"{value:.0e}".replace("-", "−")


def _tick_text(value: float, spacing: float) -> str:
    if abs(value) < spacing / 1000:
        return "0"
    if abs(value) >= 1e5 or spacing < 1e-4:
        return f"{value:.2g}".replace("-", "−")
    places = max(0, -math.floor(math.log10(spacing)))
    return f"{value:.{places}f}".replace("-", "−")


class CurveCanvas(pg.GraphicsView):
    """The view. Left button moves the cursor, wheel zooms along the steps, middle or right drag pans, double click
    shows all; arrows move the cursor, + and − zoom, Home shows all."""

    cursor_dragged = Signal(float)
    hover_moved = Signal(object)  # step, or None when the pointer has left
    zoomed = Signal()
    reset_asked = Signal()
    menu_asked = Signal(object)  # global position

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = pg.ViewBox(enableMenu=False)
        self._axes = {"left": _Axis("left"), "bottom": _Axis("bottom")}
        self.lines = LinesItem()
        self.marks = MarksItem()
        self._pan_from: QPointF | None = None
        self._panned = False
        self._set_up()
        self.restyle()

    def _set_up(self) -> None:
        layout = pg.GraphicsLayout()  # not a PlotItem: it brings seven menus that nobody opens and nobody deletes
        layout.setContentsMargins(0, 0, 14, 0)  # room for half of the last number below
        layout.setSpacing(0)
        layout.addItem(self._axes["left"], row=0, col=0)
        layout.addItem(self.view, row=0, col=1)
        layout.addItem(self._axes["bottom"], row=1, col=1)
        self.setCentralItem(layout)
        for axis in self._axes.values():
            axis.linkToView(self.view)
        self.view.setMouseEnabled(False, False)
        self.view.disableAutoRange()
        self.view.setDefaultPadding(0)
        for z, item in enumerate((self.lines, self.marks)):
            item.setZValue(10 + z)
            item.setFlag(QGraphicsItem.GraphicsItemFlag.ItemClipsToShape, False)
            self.view.addItem(item, ignoreBounds=True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.viewport().setMouseTracking(True)
        self.setMinimumSize(120, 72)

    def restyle(self) -> None:
        """Take the colours and the font of the theme in force."""
        look = theme.current()
        self.setBackground(look.colour("surface"))
        font = QFont(self.font())
        font.setPointSizeF(max(font.pointSizeF() * 0.82, 6.5))
        for name, axis in self._axes.items():
            axis.setPen(QPen(QColor(0, 0, 0, 0)))
            axis.setTextPen(look.colour("text_dim"))
            axis.setTickPen(QPen(look.colour("line" if name == "left" else "surface"), 1))
            axis.setStyle(tickFont=font, tickLength=0, tickTextOffset=4, maxTickLevel=0, hideOverlappingLabels=False)
            axis.setZValue(-1000)  # the grid lies behind the curves
            axis.enableAutoSIPrefix(False)
        self._axes["left"].setGrid(255)
        self._axes["left"].setWidth(44)
        self.lines.spoil()
        self.marks.update()

    def set_log(self, on: bool) -> None:
        """Whether the values given are logarithms to base ten."""
        self._axes["left"].setLogMode(x=False, y=on)

    def show_range(self, steps: tuple[float, float], values: tuple[float, float]) -> None:
        """What part of the plane is seen."""
        self.view.setRange(xRange=steps, yRange=values, padding=0)

    def seen_steps(self) -> tuple[float, float]:
        """First and last step seen."""
        low, high = self.view.viewRange()[0]
        return float(low), float(high)

    def columns(self) -> int:
        """Columns to thin to: device-independent pixels, since finer ones cost more than they show."""
        return max(1, int(self.view.width()))

    def step_at(self, x: float) -> float:
        """The step under an x of this widget."""
        return float(self.view.mapSceneToView(self.mapToScene(round(x), 0)).x())

    def x_of(self, step: float) -> float:
        """The x of this widget at which a step lies."""
        return float(self.mapFromScene(self.view.mapViewToScene(QPointF(step, 0))).x())

    # --- mouse, wheel, keys: pyqtgraph's own handling is left out, it costs milliseconds a move ----------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.cursor_dragged.emit(self.step_at(event.position().x()))
        elif event.button() in (Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton):
            self._pan_from, self._panned = event.position(), False
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.cursor_dragged.emit(self.step_at(event.position().x()))
        elif self._pan_from is not None:
            self._pan(event.position())
        self.hover_moved.emit(self.step_at(event.position().x()))
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        was_click = self._pan_from is not None and not self._panned
        if event.button() == Qt.MouseButton.RightButton and was_click:
            self.menu_asked.emit(event.globalPosition().toPoint())
        self._pan_from = None
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.reset_asked.emit()
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        turns = event.angleDelta().y() / 120
        if turns:
            self.zoom(0.8**turns, self.step_at(event.position().x()))
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        self.hover_moved.emit(None)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._nudge_cursor(-1 if key == Qt.Key.Key_Left else 1)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            low, high = self.seen_steps()
            self.zoom(1.25 if key == Qt.Key.Key_Minus else 0.8, (low + high) / 2)
        elif key == Qt.Key.Key_Home:
            self.reset_asked.emit()
        elif key == Qt.Key.Key_Menu:
            self.menu_asked.emit(self.mapToGlobal(self.rect().center()))
        else:
            event.ignore()

    def zoom(self, factor: float, around: float) -> None:
        """Show `factor` times as many steps as now, keeping the step `around` where it is."""
        low, high = self.seen_steps()
        if (high - low) * factor >= 1:
            self.view.setXRange(around - (around - low) * factor, around + (high - around) * factor, padding=0)
            self.zoomed.emit()

    def _pan(self, point: QPointF) -> None:
        assert self._pan_from is not None
        moved = self.step_at(self._pan_from.x()) - self.step_at(point.x())
        if abs(point.x() - self._pan_from.x()) >= 2:
            low, high = self.seen_steps()
            self.view.setXRange(low + moved, high + moved, padding=0)
            self._pan_from, self._panned = point, True
            self.zoomed.emit()

    def _nudge_cursor(self, direction: int) -> None:
        low, high = self.seen_steps()
        now = self.marks.marks.cursor if self.marks.marks.cursor is not None else high
        self.cursor_dragged.emit(now + direction * max(1.0, (high - low) / 100))
