"""The rail at the left: where one can go, where one is, and where something trains."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.ui import theme
from studio.ui.pages import PAGES, PageEntry, is_there, page_title
from studio.ui.text import Label, plain_tooltip, set_plain
from studio.ui.widgets.buttons import Button, icon_button
from studio.ui.widgets.frames import dense, rule

WIDE, NARROW = 176, 56
_ITEM = 33


class NavigationItem(QAbstractButton):
    """One page: drawing, word, and a dot while something of it trains."""

    def __init__(self, entry: PageEntry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entry = entry
        self.narrow = False
        self.dot = False
        self.there = is_there(entry)
        set_plain(self, page_title(entry.id))
        self.setObjectName(f"nav_{entry.id}")
        self.setCheckable(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.describe()

    def describe(self) -> None:
        """Tooltip and accessible words for what is shown now."""
        title = page_title(self.entry.id)
        later = "" if self.there else self.tr("comes in a later version")
        state = self.tr("training") if self.dot else later
        self.setAccessibleName(f"{title} ({state})" if state else title)
        plain_tooltip(self, " · ".join(part for part in (title if self.narrow else "", state) if part))

    def sizeHint(self) -> QSize:
        return QSize(40 if self.narrow else 152, _ITEM)

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        self._paint_back(painter, box)
        tint = "accent_text" if self.isChecked() else "text" if self.there else "text_dim"
        drawing = theme.pixmap(
            self.entry.icon, "accent_text" if self.isChecked() else "text_dim", 17, self.devicePixelRatioF()
        )
        left = (self.width() - 17) // 2 if self.narrow else 10
        painter.drawPixmap(QPoint(left, (self.height() - 17) // 2), drawing)
        if not self.narrow:
            font = QFont(self.font())
            font.setWeight(QFont.Weight.DemiBold if self.isChecked() else QFont.Weight.Normal)
            painter.setFont(font)
            painter.setPen(look.colour(tint))
            area = self.rect().adjusted(37, 0, -22, 0)
            painter.drawText(
                area, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, page_title(self.entry.id)
            )
        if self.dot:
            self._paint_dot(painter)

    def _paint_back(self, painter: QPainter, box: QRectF) -> None:
        look = theme.current()
        painter.setPen(Qt.PenStyle.NoPen)
        if self.isChecked() or self.underMouse():
            painter.setBrush(look.colour("accent_soft" if self.isChecked() else "hover"))
            painter.drawRoundedRect(box, 7, 7)
        if self.hasFocus():
            painter.setPen(QPen(look.colour("accent"), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box, 7, 7)

    def _paint_dot(self, painter: QPainter) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.current().colour("good"))
        centre = QRectF(self.width() - 18, self.height() / 2 - 3.5, 7, 7)
        painter.drawEllipse(centre.translated(5, -9) if self.narrow else centre)


class Navigation(QWidget):
    """All pages in their groups. `chosen` carries a page id, `menu_asked` the place for the menu."""

    chosen = Signal(str)
    menu_asked = Signal(QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("navigation")
        self.setAccessibleName(self.tr("Pages"))
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        theme.set_look(self, surface="sidebar")
        self._narrow = False
        self.items = {entry.id: NavigationItem(entry) for entry in PAGES}
        self._title = Label("Generative Studio", role="strong")
        self._menu = icon_button("menu", self.tr("Menu"))
        self._menu.setObjectName("menuButton")
        self._menu.clicked.connect(self._on_menu)
        self._lay_out()
        self.setFixedWidth(WIDE)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(10, 0, 0, 0)
        head.addWidget(self._title, 1)
        head.addWidget(self._menu)
        column = dense(QVBoxLayout(self), gap=1)
        column.setContentsMargins(8, 12, 8, 10)
        column.addLayout(head)
        column.addSpacing(10)
        group = PAGES[0].group
        for entry in PAGES:
            if entry.group != group:
                column.addSpacing(9)
                column.addStretch(1) if entry.group == "bottom" else self._add_rule(column)
                column.addSpacing(9)
                group = entry.group
            item = self.items[entry.id]
            item.clicked.connect(self._on_clicked)
            column.addWidget(item)
        self._head = head

    def _add_rule(self, column: QVBoxLayout) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(11, 0, 11, 0)
        row.addWidget(rule())
        column.addLayout(row)

    def menu_button(self) -> Button:
        """The button that opens the menu."""
        return self._menu

    def set_current(self, page_id: str) -> None:
        """Show which page is open."""
        for name, item in self.items.items():
            item.setChecked(name == page_id)
            item.setFocusPolicy(Qt.FocusPolicy.StrongFocus if name == page_id else Qt.FocusPolicy.ClickFocus)

    def set_training(self, page_id: str) -> None:
        """Show a dot beside the panel whose model trains; empty for none."""
        for name, item in self.items.items():
            if item.dot != (name == page_id):
                item.dot = name == page_id
                item.describe()
                item.update()

    def set_narrow(self, narrow: bool) -> None:
        """Only drawings, for small windows."""
        if narrow == self._narrow:
            return
        self._narrow = narrow
        self.setFixedWidth(NARROW if narrow else WIDE)
        self._title.setVisible(not narrow)
        self._head.setContentsMargins(6 if narrow else 10, 0, 6 if narrow else 0, 0)
        for item in self.items.values():
            item.narrow = narrow
            item.describe()
            item.updateGeometry()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        order = [self.items[entry.id] for entry in PAGES]
        focused = next((i for i, item in enumerate(order) if item.hasFocus()), None)
        if focused is None:
            super().keyPressEvent(event)
        elif step is not None:
            order[max(0, min(focused + step, len(order) - 1))].setFocus(Qt.FocusReason.TabFocusReason)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            order[focused].click()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_theme_change(event):
            self.update()

    def _on_clicked(self) -> None:
        item = self.sender()
        assert isinstance(item, NavigationItem)
        self.chosen.emit(item.entry.id)

    def _on_menu(self) -> None:
        self.menu_asked.emit(self._menu.mapToGlobal(QPoint(0, self._menu.height() + 2)))
