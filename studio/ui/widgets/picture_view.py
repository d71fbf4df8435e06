"""One large picture: fitted, at its own size or enlarged pixel by pixel; dragged about, dragged out, copied."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QMenu, QSizePolicy, QWidget

from studio.ui import theme
from studio.ui.palette import SIZES
from studio.ui.widgets.pictures import DragLoad, copy_image, is_smooth, start_drag, to_image

_STEP = 1.25
_LARGEST = 32.0
_SMALLEST = 1 / 16


class PictureView(QWidget):
    """Fit is the start; + and − or Ctrl with the wheel zoom, 0 fits, 1 shows picture pixels on screen pixels.

    A zoomed picture is moved with the mouse; a fitted one is dragged out. `zoom_changed` carries the factor.
    """

    zoom_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self._zoom = 0.0  # 0 is fit
        self._shift = QPointF(0, 0)
        self._smooth: bool | None = None
        self._pressed: QPointF | None = None
        self._load: Callable[[], DragLoad] | None = None
        self._extra: Callable[[], list[QAction]] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(96, 96)

    # --- picture -----------------------------------------------------------------------------------------------------

    def set_picture(self, picture: NDArray[np.uint8] | QImage | None) -> None:
        """Show a uint8 array HWC or a QImage; the zoom stays where the size stays."""
        image = to_image(picture) if isinstance(picture, np.ndarray) else (picture or QImage())
        if image.size() != self._image.size():
            self._zoom, self._shift = 0.0, QPointF(0, 0)
        self._image = image
        self.update()

    def picture(self) -> QImage:
        """What is shown; null if nothing is."""
        return self._image

    def set_drag_hook(self, hook: Callable[[], DragLoad]) -> None:
        """Who says which file travels when the picture is dragged out."""
        self._load = hook

    def set_menu_hook(self, hook: Callable[[], list[QAction]]) -> None:
        """Further entries of the context menu."""
        self._extra = hook

    def copy(self) -> None:
        """Put the picture on the clipboard."""
        if not self._image.isNull():
            copy_image(self._image)

    # --- zoom --------------------------------------------------------------------------------------------------------

    def zoom(self) -> float:
        """Device-independent pixels a picture pixel takes."""
        return self._zoom or self._fit()

    def is_fitted(self) -> bool:
        """Whether the picture follows the size of the widget."""
        return self._zoom == 0.0

    def set_zoom(self, factor: float, around: QPointF | None = None) -> None:
        """Zoom to a factor (0 fits), keeping the point `around` of the widget where it is."""
        if self._image.isNull():
            return
        spot = around if around is not None else QPointF(self.rect().center())
        before = self._place()
        share = (spot - before.topLeft()) / before.width()
        self._zoom = factor and min(max(factor, _SMALLEST), _LARGEST)
        if self._zoom:
            after = self._place()
            moved = spot - (after.topLeft() + share * after.width())
            self._shift = self._bounded(self._shift + moved)
        else:
            self._shift = QPointF(0, 0)
        self.zoom_changed.emit(self.zoom())
        self.update()

    def set_smooth(self, smooth: bool | None) -> None:
        """Interpolate, show pixels, or (None) decide by the factor."""
        self._smooth = smooth
        self.update()

    def _fit(self) -> float:
        if self._image.isNull():
            return 1.0
        room = self.rect().adjusted(8, 8, -8, -8)
        factor = min(room.width() / self._image.width(), room.height() / self._image.height())
        return float(int(factor)) if factor > 1 and int(factor) >= 0.85 * factor else max(factor, _SMALLEST)

    def _place(self) -> QRectF:
        size = QSizeF(self._image.size()) * self.zoom()
        corner = QRectF(self.rect()).center() - QPointF(size.width() / 2, size.height() / 2) + self._shift
        return QRectF(QPointF(round(corner.x()), round(corner.y())), size)

    def _bounded(self, shift: QPointF) -> QPointF:
        size = QSizeF(self._image.size()) * self.zoom()
        across, down = (max(0.0, (size.width() - self.width()) / 2), max(0.0, (size.height() - self.height()) / 2))
        return QPointF(min(max(shift.x(), -across), across), min(max(shift.y(), -down), down))

    # --- painting and events -----------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.current().colour("sunken"))
        painter.drawRoundedRect(QRectF(self.rect()), SIZES.radius_card, SIZES.radius_card)
        if self._image.isNull():
            return
        place = self._place()
        automatic = is_smooth(self._image.width(), place.width() * self.devicePixelRatioF())
        smooth = automatic if self._smooth is None else self._smooth
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        painter.drawImage(place, self._image)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not event.modifiers() & Qt.KeyboardModifier.ControlModifier or not event.angleDelta().y():
            event.ignore()
            return
        self.set_zoom(self.zoom() * _STEP ** (event.angleDelta().y() / 120), event.position())
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.set_zoom(self.zoom() * _STEP)
        elif key == Qt.Key.Key_Minus:
            self.set_zoom(self.zoom() / _STEP)
        elif key == Qt.Key.Key_0:
            self.set_zoom(0)
        elif key == Qt.Key.Key_1:
            self.set_zoom(1 / self.devicePixelRatioF())
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None or self._image.isNull():
            return
        moved = event.position() - self._pressed
        if not self.is_fitted():
            self._shift = self._bounded(self._shift + moved)
            self._pressed = event.position()
            self.update()
        elif moved.manhattanLength() >= QApplication.startDragDistance():
            self._pressed = None
            start_drag(self, [self._image], self._load() if self._load is not None else DragLoad())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.set_zoom(0 if not self.is_fitted() else 1 / self.devicePixelRatioF(), event.position())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self._image.isNull():
            return
        menu = self.build_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def build_menu(self) -> QMenu:
        """Copy, the zooms, smooth or not, and whatever the menu hook adds."""
        menu = QMenu(self)
        menu.addAction(self.tr("Copy picture")).triggered.connect(self.copy)
        menu.addSeparator()
        menu.addAction(self.tr("Fit")).triggered.connect(self._on_fit)
        menu.addAction(self.tr("Original size")).triggered.connect(self._on_original)
        pixels = menu.addAction(self.tr("Show pixels"))
        pixels.setCheckable(True)
        pixels.setChecked(self._smooth is False)
        pixels.toggled.connect(self._on_pixels)
        if self._extra is not None:
            menu.addSeparator()
            menu.addActions(self._extra())
        return menu

    def _on_fit(self) -> None:
        self.set_zoom(0)

    def _on_original(self) -> None:
        self.set_zoom(1 / self.devicePixelRatioF())

    def _on_pixels(self, on: bool) -> None:
        self.set_smooth(False if on else None)
