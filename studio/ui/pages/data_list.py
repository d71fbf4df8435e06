"""The list of data sets at the left: a few of its pictures, name, count, size and labels of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QT_TRANSLATE_NOOP,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QFont, QImage, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from studio.projects.datasets import DataSetRecord
from studio.ui import theme
from studio.ui.pages.data_thumbs import Thumbnails
from studio.ui.text import count_text, tooltip_text
from studio.ui.widgets.pictures import draw_picture, scaled

if TYPE_CHECKING:
    from studio.ui.session import Session

COVER = 4
"""Pictures on the cover of a data set."""
COVER_SIDE = 24
_KEY = Qt.ItemDataRole.UserRole
_RECORD = Qt.ItemDataRole.UserRole + 1
_HEIGHT, _MARK = 68, 50
_KIND_ICONS = {"text": "file", "chat": "chat", "parallel": "translate"}


def cover_positions(count: int) -> tuple[int, ...]:
    """Which pictures stand for a data set: four, evenly taken."""
    return tuple(sorted({at * max(count - 1, 0) // max(COVER - 1, 1) for at in range(min(COVER, count))}))


def facts_line(record: DataSetRecord) -> str:
    """Count and size: 4 000 · 64 × 64; of texts what they are: 4 140 conversations."""
    words = {
        "text": QT_TRANSLATE_NOOP("DataList", "{0} texts"),
        "chat": QT_TRANSLATE_NOOP("DataList", "{0} conversations"),
        "parallel": QT_TRANSLATE_NOOP("DataList", "{0} pairs of sentences"),
    }
    if record.kind == "text" and record.count == 1:
        return QCoreApplication.translate("DataList", "1 text")
    if record.kind in words:
        return QCoreApplication.translate("DataList", str(words[record.kind])).format(count_text(record.count))
    height, width = record.size
    return f"{count_text(record.count)} · {width} × {height}"


def third_line(record: DataSetRecord) -> str:
    """The labels of pictures, the length of texts."""
    if record.kind != "pictures":
        return QCoreApplication.translate("DataList", "{0} characters").format(count_text(record.characters))
    return ", ".join(record.labels)


class DataList(QListWidget):
    """One row a data set; `chosen` when the user has chosen another one."""

    chosen = Signal(str)
    delete_requested = Signal()
    rename_requested = Signal()
    menu_requested = Signal(str, QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("dataList")
        self.setAccessibleName(self.tr("Data sets"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setItemDelegate(_Rows(self))
        self.setMouseTracking(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._on_menu)
        self.currentItemChanged.connect(self._on_current)
        self._covers: dict[str, Sequence[QImage]] = {}

    def set_records(self, records: Sequence[DataSetRecord], current: str) -> None:
        """Show these data sets, one of them chosen."""
        self.blockSignals(True)
        try:
            self.clear()
            for record in records:
                self._add(record, current=record.name == current)
        finally:
            self.blockSignals(False)
        self.viewport().update()

    def set_current(self, name: str) -> None:
        """Choose a row without announcing it."""
        self.blockSignals(True)
        try:
            row = next((r for r in range(self.count()) if self.item(r).data(_KEY) == name), -1)
            self.setCurrentRow(row)
        finally:
            self.blockSignals(False)
        self.viewport().update()

    def current(self) -> str:
        """The name of the chosen data set; empty for none."""
        item = self.currentItem()
        return str(item.data(_KEY)) if item is not None else ""

    def has_cover(self, folder: str) -> bool:
        """Whether the pictures of a data set's cover are there."""
        return folder in self._covers

    def cover(self, folder: str) -> Sequence[QImage]:
        """The pictures that stand for a data set, as far as they have come."""
        return self._covers.get(folder, ())

    def forget_covers(self) -> None:
        """Another project is open."""
        self._covers.clear()

    def set_cover(self, folder: str, images: Mapping[int, QImage]) -> None:
        """The pictures that stand for a data set."""
        self._covers[folder] = [image for _, image in sorted(images.items()) if not image.isNull()]
        self.viewport().update()

    def _add(self, record: DataSetRecord, *, current: bool) -> None:
        item = QListWidgetItem()
        item.setData(_KEY, record.name)
        item.setData(_RECORD, record)
        item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{record.name}, {facts_line(record)}")
        item.setData(Qt.ItemDataRole.ToolTipRole, tooltip_text(f"{record.name}\n{record.source}"))
        item.setSizeHint(QSize(120, _HEIGHT))
        self.addItem(item)
        if current:
            self.setCurrentItem(item)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete and self.current():
            self.delete_requested.emit()
        elif event.key() == Qt.Key.Key_F2 and self.current():
            self.rename_requested.emit()
        else:
            super().keyPressEvent(event)

    def _on_current(self) -> None:
        if self.current():
            self.chosen.emit(self.current())

    def _on_menu(self, place: QPoint) -> None:
        item = self.itemAt(place)
        if item is not None:
            self.menu_requested.emit(str(item.data(_KEY)), self.viewport().mapToGlobal(place))


class Covers(QObject):
    """Fetches the pictures that stand for data sets, one data set after the other."""

    def __init__(self, session: Session, view: DataList) -> None:
        super().__init__(view)
        self._session, self._view = session, view
        self._thumbs = Thumbnails(session, "covers", self)
        self._thumbs.came.connect(self._on_came)
        self._thumbs.failed.connect(self._on_failed)
        self._folder = ""

    def complete(self) -> None:
        """Fetch the next cover that is missing, if none is on its way."""
        if self._folder or self._session.project is None:
            return
        pictures = (r for r in self._session.datasets() if r.kind == "pictures" and r.count)
        missing = (r for r in pictures if not self._view.has_cover(r.folder))
        record = next(missing, None)
        if record is not None:
            self._folder = record.folder
            side = round(COVER_SIDE * self._view.devicePixelRatioF())
            self._thumbs.look_at(record.folder, side, record.choices.background)
            self._thumbs.want(cover_positions(record.count))

    def stop(self) -> None:
        """Nobody looks any more, or another project is open."""
        self._folder = ""
        self._thumbs.stop()
        self._view.forget_covers()

    def _on_came(self, images: Mapping[int, QImage]) -> None:
        folder, self._folder = self._folder, ""
        self._view.set_cover(folder, images)
        QTimer.singleShot(0, self, self.complete)

    def _on_failed(self) -> None:
        self._on_came({})  # the page says why when the data set is chosen


class _Rows(QStyledItemDelegate):
    """Paints a row as a card that lights up when it is chosen."""

    def __init__(self, view: DataList) -> None:
        super().__init__(view)
        self._view = view

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(120, _HEIGHT)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        record = index.data(_RECORD)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(option.rect).adjusted(8, 2, -8, -2)
        self._paint_back(painter, option, box)
        self._paint_cover(painter, record, box)
        self._paint_words(painter, option, record, box)
        painter.restore()

    def _paint_back(self, painter: QPainter, option: QStyleOptionViewItem, box: QRectF) -> None:
        look = theme.current()
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        hover = bool(option.state & QStyle.StateFlag.State_MouseOver)
        painter.setPen(Qt.PenStyle.NoPen)
        if chosen or hover:
            painter.setBrush(look.colour("accent_soft" if chosen else "hover"))
            painter.drawRoundedRect(box, 8, 8)
        if chosen and self._view.hasFocus():
            painter.setPen(QPen(look.colour("accent"), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(0.75, 0.75, -0.75, -0.75), 8, 8)

    def _paint_cover(self, painter: QPainter, record: DataSetRecord, box: QRectF) -> None:
        left, top = box.left() + 8, box.center().y() - _MARK / 2
        if record.kind != "pictures":
            self._paint_kind(painter, record, QRectF(left, top, _MARK, _MARK))
            return
        images = self._view.cover(record.folder)
        ratio = painter.device().devicePixelRatio()
        step = COVER_SIDE + 2
        for at in range(COVER):
            place = QRectF(left + at % 2 * step, top + at // 2 * step, COVER_SIDE, COVER_SIDE)
            pixmap = scaled(images[at], QSize(COVER_SIDE, COVER_SIDE), ratio) if at < len(images) else None
            if pixmap is not None or at == 0 or not images:
                draw_picture(painter, place, pixmap, radius=4)

    def _paint_kind(self, painter: QPainter, record: DataSetRecord, place: QRectF) -> None:
        """A sign in the place of pictures."""
        look = theme.current()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(look.colour("sunken"))
        painter.drawRoundedRect(place, 8, 8)
        icon = theme.pixmap(_KIND_ICONS.get(record.kind, "file"), "text_dim", 22, painter.device().devicePixelRatio())
        painter.drawPixmap(round(place.center().x()) - 11, round(place.center().y()) - 11, icon)

    def _paint_words(
        self, painter: QPainter, option: QStyleOptionViewItem, record: DataSetRecord, box: QRectF
    ) -> None:
        look = theme.current()
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        area = QRect(round(box.left()) + _MARK + 18, round(box.top()) + 7, 0, 18)
        area.setRight(round(box.right()) - 8)
        strong = QFont(option.font)
        strong.setWeight(QFont.Weight.DemiBold)
        small = QFont(option.font)
        small.setPointSizeF(max(6.0, option.font.pointSizeF() * 0.9))
        lines = (
            (record.name, strong, "accent_text" if chosen else "text", Qt.TextElideMode.ElideMiddle),
            (facts_line(record), small, "text_dim", Qt.TextElideMode.ElideRight),
            (third_line(record), small, "text_dim", Qt.TextElideMode.ElideRight),
        )
        for words, font, tint, elide in lines:
            painter.setFont(font)
            painter.setPen(look.colour(tint))
            shown = painter.fontMetrics().elidedText(words, elide, area.width())
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, shown)
            area.translate(0, 17)
