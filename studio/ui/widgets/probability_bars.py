"""Bars of Prob(label): a group for each label, a bar for each of its values; they glide to new values in place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from studio.ui import theme
from studio.ui.text import plain_tooltip
from studio.ui.widgets.confusion_matrix import percent

_ROW = 24
_HEAD = 26
_GAP = 12
_FRAME_MS = 16
_EASE = 0.3  # of the way that is left, at every frame
_CLOSE = 0.002
_NUMBER = 52


class ProbabilityBars(QWidget):
    """`set_labels` lays the bars out once; `set_probabilities` only moves them. A click (or Space) picks a value.

    `picked` carries label and value; `lit` marks the one that something else shows, for example the heat.
    """

    picked = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._labels: dict[str, tuple[str, ...]] = {}
        self._rows: list[tuple[str, str]] = []
        self._tops: list[float] = []
        self._heads: dict[str, float] = {}
        self._target = np.zeros(0)
        self._shown = np.zeros(0)
        self._known = False
        self._lit: tuple[str, str] | None = None
        self._current, self._hover = 0, -1
        self._tip = ""
        self._timer = QTimer(self)
        self._timer.setObjectName("barsTimer")
        self._timer.setInterval(_FRAME_MS)
        self._timer.timeout.connect(self._glide)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def set_labels(self, labels: Mapping[str, Sequence[str]]) -> None:
        """Which labels with which values there are; the same ones again change nothing."""
        wanted = {name: tuple(values) for name, values in labels.items()}
        if wanted == self._labels:
            return
        self._labels = wanted
        self._rows = [(name, value) for name, values in wanted.items() for value in values]
        self._target = np.zeros(len(self._rows))
        self._shown = np.zeros(len(self._rows))
        self._known, self._lit, self._current = False, None, 0
        self._place()
        self.updateGeometry()
        self.update()
        self._describe()

    def _place(self) -> None:
        self._tops, self._heads, top = [], {}, 0.0
        for name, values in self._labels.items():
            self._heads[name] = top
            top += _HEAD
            self._tops += [top + at * _ROW for at in range(len(values))]
            top += len(values) * _ROW + _GAP

    def set_probabilities(self, found: Mapping[str, Mapping[str, float]]) -> None:
        """New probabilities 0 .. 1 by label and value; the bars glide there."""
        self._target = np.array([float(found.get(name, {}).get(value, 0.0)) for name, value in self._rows])
        if not self._known or not self.isVisible():
            self._shown = self._target.copy()
        self._known = True
        self._describe()
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()
        self.update()

    def clear(self) -> None:
        """Nothing was asked: empty bars without numbers."""
        self._known = False
        self._target = np.zeros(len(self._rows))
        self._timer.stop()
        self._shown = self._target.copy()
        self._describe()
        self.update()

    def probabilities(self) -> dict[str, dict[str, float]]:
        """Where the bars are or are on their way to; empty while nothing was asked."""
        if not self._known:
            return {}
        found: dict[str, dict[str, float]] = {}
        for (name, value), share in zip(self._rows, self._target.tolist(), strict=True):
            found.setdefault(name, {})[value] = share
        return found

    def best(self, label: str) -> str:
        """The most probable value of a label; empty while nothing was asked."""
        found = self.probabilities().get(label, {})
        return max(found, key=lambda value: found[value]) if found else ""

    def set_lit(self, lit: tuple[str, str] | None) -> None:
        """Mark one bar."""
        if lit != self._lit:
            self._lit = lit
            self.update()

    def set_row_tip(self, words: str) -> None:
        """What a click on a bar does."""
        self._tip = words

    def _describe(self) -> None:
        words = [f"{name}: {self.best(name)}" for name in self._labels] if self._known else []
        self.setAccessibleDescription(", ".join(words))

    def _glide(self) -> None:
        left = self._target - self._shown
        if not self.isVisible() or np.abs(left).max(initial=0.0) < _CLOSE:
            self._shown = self._target.copy()
            self._timer.stop()
        else:
            self._shown = self._shown + _EASE * left
        self.update()

    # --- where things lie --------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(260, self._height())

    def minimumSizeHint(self) -> QSize:
        return QSize(180, self._height())

    def _height(self) -> int:
        rows = sum(len(values) for values in self._labels.values())
        return max(_HEAD * len(self._labels) + _ROW * rows + _GAP * max(len(self._labels) - 1, 0), 1)

    def row_rect(self, at: int) -> QRectF:
        """Where a bar lies, with its name and number."""
        return QRectF(0, self._tops[at], self.width(), _ROW)

    def row_at(self, point: QPoint) -> int:
        """The bar under a point; -1 for none."""
        return next((at for at in range(len(self._rows)) if self.row_rect(at).contains(point)), -1)

    def rows(self) -> list[tuple[str, str]]:
        """Label and value of every bar, from the top."""
        return list(self._rows)

    # --- painting ----------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        strong = QFont(self.font())
        strong.setWeight(QFont.Weight.DemiBold)
        look = theme.current()
        for name, top in self._heads.items():
            painter.setFont(strong)
            painter.setPen(look.colour("text"))
            box = QRectF(6, top, self.width() - 12, _HEAD)
            shown = painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, int(box.width()))
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, shown)
        painter.setFont(self.font())
        names = max((self.fontMetrics().horizontalAdvance(value) for _, value in self._rows), default=0)
        width = min(names, round(self.width() * 0.38))
        best = {name: self.best(name) for name in self._labels}
        for at, (name, value) in enumerate(self._rows):
            self._paint_row(painter, at, width, is_best=best[name] == value)

    def _paint_row(self, painter: QPainter, at: int, names: int, *, is_best: bool) -> None:
        look, area, (_, value) = theme.current(), self.row_rect(at), self._rows[at]
        self._paint_back(painter, area, at)
        painter.setPen(look.colour("text" if is_best else "text_dim"))
        shown = self.fontMetrics().elidedText(value, Qt.TextElideMode.ElideRight, names)
        painter.drawText(area.adjusted(6, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, shown)
        track = QRectF(names + 18, area.center().y() - 4, max(self.width() - names - 18 - _NUMBER - 8, 8), 8)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("line"))
        painter.drawRoundedRect(track, 4, 4)
        if not self._known:
            return
        share = float(self._shown[at])
        if share * track.width() >= 1:
            painter.setBrush(look.colour("accent", 1.0 if is_best else 0.5))
            filled = QRectF(track)
            filled.setWidth(max(track.width() * share, 2.0))
            painter.drawRoundedRect(filled, min(4.0, filled.width() / 2), 4)
        painter.setPen(look.colour("text" if is_best else "text_dim"))
        number = QRectF(area.right() - _NUMBER - 6, area.top(), _NUMBER, area.height())
        painter.drawText(number, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, percent(share))

    def _paint_back(self, painter: QPainter, area: QRectF, at: int) -> None:
        look = theme.current()
        lit, focus = self._rows[at] == self._lit, self.hasFocus() and at == self._current
        if not (lit or focus or at == self._hover):
            return
        painter.setPen(QPen(look.colour("accent"), 1) if focus else Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("accent_soft" if lit else "hover"))
        painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_theme_change(event):
            self.update()

    # --- pointer and keys --------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = self.row_at(event.position().toPoint())
        if at >= 0 and event.button() == Qt.MouseButton.LeftButton:
            self._current = at
            self.picked.emit(*self._rows[at])

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = self.row_at(event.position().toPoint())
        if at != self._hover:
            self._hover = at
            plain_tooltip(self, f"{self._rows[at][1]}\n{self._tip}".strip() if at >= 0 else "")
            self._describe()
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hover = -1
        self.update()
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        key = Qt.Key(event.key())
        if key in steps and self._rows:
            self._current = max(0, min(self._current + steps[key], len(self._rows) - 1))
            self._say_current()
            self.update()
        elif key in (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._rows:
            self.picked.emit(*self._rows[self._current])
        else:
            super().keyPressEvent(event)

    def _say_current(self) -> None:
        label, value = self._rows[self._current]
        share = percent(float(self._target[self._current])) if self._known else ""
        self.setAccessibleDescription(f"{label}: {value} {share}".strip())
