"""What lies over the page while files are dragged across it: it says that dropping imports them."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from studio.ui import theme
from studio.ui.text import count_text


class DropVeil(QWidget):
    """Covers its parent; never takes the mouse."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("dropVeil")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._words = ""
        parent.installEventFilter(self)
        self.hide()

    def lift(self, count: int) -> None:
        """Show that this many files or folders would be imported."""
        one, many = self.tr("Drop to import it"), self.tr("Drop to import {0} sources").format(count_text(count))
        self._words = one if count == 1 else many
        self.setAccessibleName(self._words)
        self._cover()
        self.show()
        self.raise_()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and not self.isHidden():
            self._cover()
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), look.colour("canvas", 0.82))
        box = QRectF(self.rect()).adjusted(20, 20, -20, -20)
        painter.setPen(QPen(look.colour("accent"), 2, Qt.PenStyle.DashLine))
        painter.setBrush(look.colour("accent_soft", 0.6))
        painter.drawRoundedRect(box, 14, 14)
        ratio = self.devicePixelRatioF()
        mark = theme.pixmap("import", "accent_text", 48, ratio)
        centre = box.center()
        painter.drawPixmap(round(centre.x()) - 24, round(centre.y()) - 52, mark)
        font = painter.font()
        font.setPointSizeF(font.pointSizeF() * 1.3)
        painter.setFont(font)
        painter.setPen(look.colour("accent_text"))
        line = QRectF(box.left(), centre.y() + 8, box.width(), 40)
        painter.drawText(line, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, self._words)

    def _cover(self) -> None:
        parent = self.parentWidget()
        if parent is not None:
            self.setGeometry(parent.rect())
