"""The canvas of a Create tab: the growing sheet of pictures, one of them large, or what to do first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QImage, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QStackedWidget, QStyle, QVBoxLayout, QWidget

from studio.ui import theme
from studio.ui.panels.sheet import Entry
from studio.ui.text import Label, plain_tooltip
from studio.ui.widgets.busy import BusyRow
from studio.ui.widgets.buttons import Button, icon_button
from studio.ui.widgets.empty_state import EmptyState
from studio.ui.widgets.frames import dense
from studio.ui.widgets.inputs import Slider
from studio.ui.widgets.picture_view import PictureView
from studio.ui.widgets.pictures import to_image
from studio.ui.widgets.sample_grid import SampleGrid

_CELLS = (48, 256)
_CELL = 96
_PADDING, _GAP = 10, 8  # of the grid
_WIDE = 1100  # room from which pictures are larger


class LargePicture(QWidget):
    """One picture of the sheet as large as there is room; arrows go on, Escape goes back."""

    left = Signal()
    moved = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = PictureView()
        self.view.setObjectName("largePicture")
        self.view.setAccessibleName(self.tr("One picture, large"))
        back = Button(self.tr("Back to the sheet"), kind="quiet", icon="chevron-left")
        back.setObjectName("largeBack")
        back.clicked.connect(self.left)
        self.words = Label(role="dim")
        head = dense(QHBoxLayout(), gap=8)
        head.addWidget(back)
        head.addStretch(1)
        head.addWidget(self.words)
        column = dense(QVBoxLayout(self), gap=8)
        column.addLayout(head)
        column.addWidget(self.view, 1)
        self.setFocusProxy(self.view)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        elif Qt.Key(event.key()) in moves:
            self.moved.emit(moves[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)


class SheetView(QWidget):
    """Shows entries; knows nothing of how they are made. Indices are places on the sheet, ``icon`` is the family's."""

    picked = Signal(list)
    hovered = Signal(int)
    asked = Signal(str)  # keep, copy, export, clear, remove, newer
    cell_changed = Signal()
    menu_requested = Signal(int, QPoint)
    empty_asked = Signal()
    cancelled = Signal()

    def __init__(self, icon: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon = icon
        self._images: dict[int, tuple[object, QImage]] = {}
        self._blank = QImage()
        self._large_at = -1
        self._large_words: list[str] = []
        self.grid = SampleGrid(choosing="multi", fit=False, cell=_CELL)
        self.grid.setObjectName("createSheet")
        self.grid.setAccessibleName(self.tr("Pictures on the sheet"))
        self.grid.selection_changed.connect(self.picked)
        self.grid.hovered.connect(self.hovered)
        self.grid.activated.connect(self.show_large)
        self.grid.menu_requested.connect(self.menu_requested)
        self.empty = EmptyState(icon, "")
        self.empty.triggered.connect(self.empty_asked)
        self.large = LargePicture()
        self.large.left.connect(self.show_sheet)
        self.large.moved.connect(self._on_large_moved)
        self.busy = BusyRow()
        self.busy.setObjectName("createBusy")
        self.busy.cancelled.connect(self.cancelled)
        self._foot = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        self._foot.setObjectName("createDetails")
        self._lay_out()

    # --- building ----------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.area = QScrollArea()
        self.area.setObjectName("createScroll")
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.viewport().setAutoFillBackground(False)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(self.grid)
        self._stack = QStackedWidget()
        for page in (self.area, self.empty, self.large):
            self._stack.addWidget(page)
        column = dense(QVBoxLayout(self), gap=8)
        column.addWidget(self._head())
        column.addWidget(self._stack, 1)
        column.addWidget(self.busy)
        column.addWidget(self._foot)
        theme.watcher().changed.connect(self._on_theme)

    def _head(self) -> QWidget:
        self.head = QWidget()
        self._title = Label(self.tr("Pictures"), role="strong")
        self._words = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        self._words.setObjectName("createWords")
        self.newer = Button(kind="link")
        self.newer.setObjectName("createNewer")
        self.newer.setAccessibleName(self.tr("Show the newer checkpoint"))
        self.newer.clicked.connect(lambda: self.asked.emit("newer"))
        self.newer.hide()
        self.cell_size = Slider(*_CELLS)
        self.cell_size.setObjectName("createCellSize")
        self.cell_size.setAccessibleName(self.tr("Size of the pictures on the screen"))
        plain_tooltip(self.cell_size, self.tr("Size of the pictures on the screen"))
        self.cell_size.setFixedWidth(84)
        self.cell_size.setSingleStep(16)
        self.cell_size.setValue(_CELL)
        self.cell_size.valueChanged.connect(self._on_size)
        row = dense(QHBoxLayout(self.head), gap=8)
        row.addWidget(self._title)
        row.addWidget(self._words, 1)
        row.addWidget(self.newer)
        row.addWidget(self.cell_size)
        self.buttons: dict[str, Button] = {}
        for name, words, icon in (
            ("keep", self.tr("Keep"), "star"),
            ("copy", self.tr("Copy"), "copy"),
            ("export", self.tr("Export"), "export"),
        ):
            self.buttons[name] = Button(words, kind="quiet", icon=icon)
        self.buttons["clear"] = icon_button("trash", self.tr("Clear the sheet"))
        for name, button in self.buttons.items():
            button.setObjectName(f"create_{name}")
            button.setProperty("asks", name)
            button.clicked.connect(self._on_button)
            row.addWidget(button)
        return self.head

    def add_button(self, name: str, words: str, icon: str) -> Button:
        """One more button before the others of the head."""
        button = Button(words, kind="quiet", icon=icon)
        button.setObjectName(f"create_{name}")
        layout = self.head.layout()
        assert isinstance(layout, QHBoxLayout)
        layout.insertWidget(layout.indexOf(self.buttons["keep"]), button)
        return button

    # --- what it shows -----------------------------------------------------------------------------------------------

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Show the pictures of a sheet; what is not made yet stands blank."""
        kept: dict[int, tuple[object, QImage]] = {}
        for entry in entries:
            known, picture = self._images.get(entry.number), entry.picture if entry.forming is None else entry.forming
            if picture is not None and (known is None or known[0] is not picture):
                known = (picture, to_image(picture))
            kept[entry.number] = known or (None, self._blank_image())
        self._images = kept
        self.grid.set_pictures([kept[entry.number][1] for entry in entries])
        if self._stack.currentWidget() is self.large:
            self._show_large_picture()

    def show_sheet(self) -> None:
        """The sheet itself."""
        self._stack.setCurrentWidget(self.area)
        self.grid.setFocus()

    def show_empty(self, headline: str, sentence: str, button: str, icon: str = "") -> None:
        """Say what to do first."""
        self.empty.set_words(headline, sentence, button, icon or self._icon)
        self._stack.setCurrentWidget(self.empty)

    def show_pictures(self) -> None:
        """Leave the empty state, if it is shown."""
        if self._stack.currentWidget() is self.empty:
            self._stack.setCurrentWidget(self.area)

    def is_empty_shown(self) -> bool:
        """Whether the place says what to do first."""
        return self._stack.currentWidget() is self.empty

    def set_words(self, words: str, *, newer: str = "") -> None:
        """The dim words beside the title, and the link to a newer checkpoint (empty: none)."""
        self._words.setText(words)
        self.newer.set_text(newer)
        self.newer.setVisible(bool(newer))

    def set_details(self, words: str) -> None:
        """The line below: what the picture under the pointer, or the picked one, was made with."""
        self._foot.setText(words)

    def set_large_words(self, words: Sequence[str]) -> None:
        """What stands above each large picture."""
        self._large_words = list(words)

    def show_large(self, index: int) -> None:
        """Show one picture large."""
        if 0 <= index < self.grid.count():
            self._large_at = index
            self._stack.setCurrentWidget(self.large)
            self._show_large_picture()
            self.large.setFocus()

    def is_large(self) -> bool:
        """Whether one picture is shown large."""
        return self._stack.currentWidget() is self.large

    def visible_first(self, count: int) -> list[int]:
        """All places, those on the screen first."""
        shown = QRect(0, self.area.verticalScrollBar().value(), self.grid.width(), self.area.viewport().height())
        return sorted(range(count), key=lambda at: not shown.intersects(self.grid.cell_rect(at)))

    def scroll_to(self, place: int) -> None:
        """Bring the row of a place to the top, as far as that goes."""
        if 0 <= place < self.grid.count():
            self.area.verticalScrollBar().setValue(self.grid.cell_rect(place).top() - _PADDING)

    def set_cell(self, cell: int) -> None:
        """About how wide the pictures are on the screen; they fill the rows."""
        self.cell_size.setValue(min(max(cell, _CELLS[0]), _CELLS[1]))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete and self.window().focusWidget() is self.grid:
            self.asked.emit("remove")
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_cells()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._fit_cells()

    def _fit_cells(self) -> None:
        """Make the pictures so wide that they fill the rows; the room of a scroll bar is left free, there or not."""
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)
        room = self.width() - max(bar, self.area.verticalScrollBar().sizeHint().width()) - 2 * _PADDING + _GAP
        wanted = self.cell_size.value() * (1.4 if room > _WIDE else 1.0)
        columns = max(1, round(room / (wanted + _GAP)))
        self.grid.set_cell(max(_CELLS[0] // 2, room // columns - _GAP))

    def pick(self, indices: Iterable[int]) -> None:
        """Pick places and announce it."""
        self.grid.set_selection(indices)
        self.picked.emit(self.grid.selection())

    def _show_large_picture(self) -> None:
        self._large_at = min(self._large_at, self.grid.count() - 1)
        if self._large_at < 0:
            self.show_sheet()
            return
        self.large.view.set_picture(self.grid.picture(self._large_at))
        words = self._large_words
        self.large.words.setText(words[self._large_at] if self._large_at < len(words) else "")

    def _on_large_moved(self, by: int) -> None:
        self._large_at = min(max(self._large_at + by, 0), self.grid.count() - 1)
        self._show_large_picture()

    def _blank_image(self) -> QImage:
        if self._blank.isNull():
            self._blank = to_image(np.zeros((1, 1, 3), np.uint8))
            self._blank.fill(theme.current().colour("line"))
        return self._blank

    def _on_theme(self) -> None:
        self._blank = QImage()

    def _on_size(self, cell: int) -> None:
        self._fit_cells()
        self.cell_changed.emit()

    def _on_button(self) -> None:
        self.asked.emit(str(self.sender().property("asks")))
