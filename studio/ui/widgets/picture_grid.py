"""Ten thousand pictures in a list that scrolls without a frozen moment: thumbnails come only for what is seen."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelection,
    QItemSelectionModel,
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
from PySide6.QtGui import QContextMenuEvent, QImage, QKeyEvent, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from studio.ui import theme
from studio.ui.palette import SIZES
from studio.ui.text import tooltip_text
from studio.ui.widgets.pictures import DragLoad, copy_image, draw_picture, draw_ring, draw_star, scaled, start_drag

Index = QModelIndex | QPersistentModelIndex
DragHook = Callable[[list[str]], DragLoad]

_KEPT_THUMBNAILS = 800
_KEY = Qt.ItemDataRole.UserRole


@dataclass(frozen=True)
class PictureItem:
    """One picture of a list: the key that its owner knows it by, a caption, a tooltip, and whether it has a star."""

    key: str
    caption: str = ""
    tip: str = ""
    star: bool = False


class PictureModel(QAbstractListModel):
    """Items and the thumbnails that have come so far.

    What is painted without a thumbnail is asked for once every 20 ms through `thumbnails_wanted` (keys in the order of
    painting); the answer comes by `set_thumbnails`. An older, unanswered wish may be dropped: what is still seen is
    asked for again by `ask_again`.
    """

    thumbnails_wanted = Signal(list)
    looks_changed = Signal()
    """Something looks different. Not `dataChanged`: for each of those Qt walks all items, 12 ms of ten thousand."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._items: list[PictureItem] = []
        self._rows: dict[str, int] = {}
        self._images: OrderedDict[str, QImage] = OrderedDict()
        self._wanted: dict[str, None] = {}
        self._asked: set[str] = set()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(20)
        self._timer.timeout.connect(self._ask)

    def set_items(self, items: Sequence[PictureItem]) -> None:
        """Replace the list; thumbnails of keys that stay are kept."""
        self.beginResetModel()
        self._items = list(items)
        self._rows = {item.key: row for row, item in enumerate(self._items)}
        self._wanted.clear()
        self._asked.clear()
        self.endResetModel()

    def append_items(self, items: Sequence[PictureItem]) -> None:
        """Add at the end; the view keeps its place."""
        if not items:
            return
        first = len(self._items)
        self.beginInsertRows(QModelIndex(), first, first + len(items) - 1)
        self._items += items
        self._rows.update({item.key: first + at for at, item in enumerate(items)})
        self.endInsertRows()

    def update_item(self, item: PictureItem) -> None:
        """Change caption, tooltip or star of an item that is in the list."""
        self._items[self._rows[item.key]] = item
        self.looks_changed.emit()

    def items(self) -> Sequence[PictureItem]:
        """All items in order."""
        return tuple(self._items)

    def item(self, row: int) -> PictureItem:
        """The item of a row."""
        return self._items[row]

    def row_of(self, key: str) -> int:
        """The row of a key; -1 if it is not in the list."""
        return self._rows.get(key, -1)

    def image(self, key: str) -> QImage | None:
        """The thumbnail, if it has come; else it is asked for soon."""
        found = self._images.get(key)
        if found is not None:
            self._images.move_to_end(key)
        elif key not in self._asked:
            self._wanted[key] = None
            if not self._timer.isActive():
                self._timer.start()
        return found

    def set_thumbnails(self, images: Mapping[str, QImage]) -> None:
        """Thumbnails that have come; a null image stands for one that cannot be read."""
        for key, image in images.items():
            self._images[key] = image
            self._images.move_to_end(key)
            self._asked.discard(key)
        self.looks_changed.emit()
        while len(self._images) > _KEPT_THUMBNAILS:
            self._images.popitem(last=False)

    def ask_again(self) -> None:
        """Forget which thumbnails were asked for, so that those still seen are asked for at the next painting."""
        self._asked.clear()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else len(self._items)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        item = self._items[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return item.caption
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip_text(item.tip)
        return item.key if role == _KEY else None

    def _ask(self) -> None:
        keys = list(self._wanted)
        self._wanted.clear()
        self._asked.update(keys)
        if keys:
            self.thumbnails_wanted.emit(keys)


class _Delegate(QStyledItemDelegate):
    """Paints one thumbnail like a live sample, with its caption below."""

    def __init__(self, view: PictureGrid) -> None:
        super().__init__(view)
        self._view = view
        self._drawn: OrderedDict[tuple[int, int], QPixmap] = OrderedDict()

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return self._view.gridSize()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = self._view.pictures
        item = model.item(index.row())
        image = model.image(item.key)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = self._view.picture_rect(option.rect)
        pixmap = self._pixmap(image, box.size().toSize()) if image is not None else None
        place = draw_picture(painter, box, pixmap, radius=SIZES.radius_picture)
        self._paint_ring(painter, option, place)
        if item.star:
            draw_star(painter, place)
        self._paint_caption(painter, option, box, item.caption)
        painter.restore()

    def _paint_ring(self, painter: QPainter, option: QStyleOptionViewItem, place: QRectF) -> None:
        if option.state & QStyle.StateFlag.State_Selected:
            draw_ring(painter, place, "accent", radius=SIZES.radius_picture)
        elif option.state & QStyle.StateFlag.State_HasFocus:
            draw_ring(painter, place, "text", radius=SIZES.radius_picture)
        elif option.state & QStyle.StateFlag.State_MouseOver:
            draw_ring(painter, place, "line_strong", radius=SIZES.radius_picture)

    def _paint_caption(self, painter: QPainter, option: QStyleOptionViewItem, box: QRectF, text: str) -> None:
        if not text or not self._view.has_captions():
            return
        painter.setPen(theme.current().colour("text_dim"))
        area = QRectF(box.left(), box.bottom() + 3, box.width(), option.fontMetrics.height())
        shown = option.fontMetrics.elidedText(text, Qt.TextElideMode.ElideMiddle, int(area.width()))
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, shown)

    def _pixmap(self, image: QImage, size: QSize) -> QPixmap | None:
        if image.isNull():
            return None
        key = (image.cacheKey(), size.width())
        found = self._drawn.get(key)
        if found is None:
            found = self._drawn[key] = scaled(image, size, self._view.devicePixelRatioF())
            while len(self._drawn) > 300:
                self._drawn.popitem(last=False)
        return found


class PictureGrid(QListView):
    """The list itself: chosen with mouse and keys, dragged out, Enter opens, Delete asks its owner to delete."""

    selection_changed = Signal(list)  # keys
    activated_key = Signal(str)
    delete_requested = Signal(list)
    menu_requested = Signal(list, QPoint)

    def __init__(self, *, cell: int = 112, captions: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pictures = PictureModel(self)
        self._cell, self._captions = cell, captions
        self._drag_hook: DragHook | None = None
        self.setViewMode(QListView.ViewMode.ListMode)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setLayoutMode(QListView.LayoutMode.SinglePass)  # 10,000 cells take 15 ms; batches make the bar creep
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setDragEnabled(True)
        self.setMouseTracking(True)
        self.verticalScrollBar().setSingleStep(24)
        self.setItemDelegate(_Delegate(self))
        self.setModel(self.pictures)
        self.set_cell(cell)
        self.activated.connect(self._on_activated)
        self.pictures.looks_changed.connect(self.viewport().update)

    def set_cell(self, cell: int) -> None:
        """The side of a thumbnail in device-independent pixels."""
        self._cell = cell
        caption = self.fontMetrics().height() + 4 if self._captions else 0
        self.setGridSize(QSize(cell + SIZES.gap, cell + SIZES.gap + caption))

    def set_drag_hook(self, hook: DragHook) -> None:
        """Who says which files and formats travel when pictures are dragged out."""
        self._drag_hook = hook

    def has_captions(self) -> bool:
        """Whether captions are shown below the pictures."""
        return self._captions

    def picture_rect(self, cell: QRect) -> QRectF:
        """Where the picture lies in its cell."""
        return QRectF(cell.left() + SIZES.gap / 2, cell.top() + SIZES.gap / 2, self._cell, self._cell)

    def selected_keys(self) -> list[str]:
        """Keys of the chosen items in the order of the list."""
        rows = sorted(index.row() for index in self.selectionModel().selectedIndexes())
        return [self.pictures.item(row).key for row in rows]

    def select_keys(self, keys: Sequence[str]) -> None:
        """Choose by key and scroll to the first."""
        rows = [row for row in map(self.pictures.row_of, keys) if row >= 0]
        wanted = QItemSelection()
        for row in rows:
            place = self.pictures.index(row)
            wanted.select(place, place)
        self.selectionModel().select(wanted, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if rows:
            first = self.pictures.index(rows[0])
            self.selectionModel().setCurrentIndex(first, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.scrollTo(first)

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        super().selectionChanged(selected, deselected)
        self.selection_changed.emit(self.selected_keys())

    def startDrag(self, actions: Qt.DropAction) -> None:
        keys = self.selected_keys()
        images = [image for image in map(self.pictures.image, keys) if image is not None and not image.isNull()]
        start_drag(self, images, self._drag_hook(keys) if self._drag_hook is not None else DragLoad())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = self.selected_keys()
        if event.key() == Qt.Key.Key_Delete and keys:
            self.delete_requested.emit(keys)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._on_activated(self.currentIndex())
        elif event.key() == Qt.Key.Key_C and event.modifiers() == Qt.KeyboardModifier.ControlModifier and keys:
            self._copy(keys[0])
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        keys = self.selected_keys()
        if keys:
            self.menu_requested.emit(keys, event.globalPos())

    def _copy(self, key: str) -> None:
        image = self.pictures.image(key)
        if image is not None and not image.isNull():
            copy_image(image)

    def _on_activated(self, index: QModelIndex) -> None:
        self.activated_key.emit(self.pictures.item(index.row()).key)
