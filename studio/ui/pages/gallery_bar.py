"""The line above the gallery: search, filters, order and size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from studio.ui import theme
from studio.ui.pages.gallery_model import Wish, kind_words
from studio.ui.text import Label, count_text
from studio.ui.widgets.buttons import icon_button
from studio.ui.widgets.frames import dense
from studio.ui.widgets.inputs import Combo, Slider

CELLS = (64, 256)
_TYPING_MS = 120


class GalleryBar(QWidget):
    """`wish_changed` when something else is to be shown; `cell_changed` carries the size of the small pictures."""

    wish_changed = Signal()
    cell_changed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._wish = Wish()
        self.search = QLineEdit()
        self.search.setObjectName("gallerySearch")
        self.search.setAccessibleName(self.tr("Search the gallery"))
        self.search.setPlaceholderText(self.tr("Search notes, runs and labels"))
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(140)
        self.search.setMaximumWidth(360)
        self.run = self._combo("galleryRunFilter", self.tr("Run"), 128)
        self.kind = self._combo("galleryKindFilter", self.tr("Kind"), 104)
        self.order = self._combo("galleryOrder", self.tr("Order"), 118)
        self.order.set_choices([(False, self.tr("Newest first")), (True, self.tr("Oldest first"))])
        self.starred = icon_button("star", self.tr("Only those with a star"))
        self.starred.setObjectName("galleryOnlyStarred")
        self.starred.setCheckable(True)
        self.cell = Slider(*CELLS)
        self.cell.setObjectName("gallerySize")
        self.cell.setAccessibleName(self.tr("Size of the pictures"))
        self.cell.setFixedWidth(72)
        self.count = Label(role="dim")
        self.count.setObjectName("galleryCount")
        self._typing = QTimer(self)
        self._typing.setObjectName("gallerySearchTimer")
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._lay_out()
        self._connect()

    def _combo(self, name: str, words: str, width: int) -> Combo:
        combo = Combo()
        combo.setObjectName(name)
        combo.setAccessibleName(words)
        combo.setFixedWidth(width)
        return combo

    def _lay_out(self) -> None:
        row = dense(QHBoxLayout(self), gap=8)
        row.addWidget(self.search, 100)
        for part in (self.run, self.kind, self.starred, self.order):
            row.addWidget(part)
        row.addStretch(1)
        row.addWidget(self.count)
        row.addWidget(self.cell)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._on_typed)
        self._typing.timeout.connect(self._on_changed)
        for combo in (self.run, self.kind, self.order):
            combo.value_changed.connect(self._on_changed)
        self.starred.clicked.connect(self._on_changed)
        self.cell.valueChanged.connect(self.cell_changed)

    # --- what is wished ----------------------------------------------------------------------------------------------

    def wish(self) -> Wish:
        """What to show."""
        return self._wish

    def set_wish(self, wish: Wish) -> None:
        """Show a wish without announcing it."""
        self._wish = wish
        self.search.blockSignals(True)
        self.search.setText(wish.words)
        self.search.blockSignals(False)
        for combo, value in ((self.run, wish.run), (self.kind, wish.kind)):
            if value and value not in [combo.itemData(row) for row in range(combo.count())]:
                combo.addItem(value, value)
            combo.set_value(value)
        self.order.set_value(wish.oldest)
        self._show_star(wish.starred)

    def offer(self, found: Mapping[str, Sequence[str]]) -> None:
        """What runs and kinds there are to choose from."""
        runs = [("", self.tr("All runs")), *((run, run) for run in found.get("run", ()) if run)]
        kinds = [("", self.tr("All kinds")), *((kind, kind_words(kind)) for kind in found.get("kind", ()))]
        self.run.set_choices(_with(runs, self._wish.run))
        self.kind.set_choices(_with(kinds, self._wish.kind))
        self.run.set_value(self._wish.run)
        self.kind.set_value(self._wish.kind)

    def set_counts(self, shown: int, total: int) -> None:
        """How many are shown, and of how many."""
        one = self.tr("1 picture") if total == 1 else self.tr("{0} pictures").format(count_text(total))
        some = self.tr("{0} of {1}").format(count_text(shown), count_text(total))
        self.count.setText(one if shown == total else some)

    def stop(self) -> None:
        """Announce nothing any more."""
        self._typing.stop()

    def _on_typed(self) -> None:
        self._typing.start()

    def _on_changed(self) -> None:
        self._typing.stop()
        wish = replace(
            self._wish,
            words=self.search.text(),
            run=str(self.run.value() or ""),
            kind=str(self.kind.value() or ""),
            starred=self.starred.isChecked(),
            oldest=bool(self.order.value()),
        )
        self._show_star(wish.starred)
        if wish != self._wish:
            self._wish = wish
            self.wish_changed.emit()

    def _show_star(self, on: bool) -> None:
        self.starred.setChecked(on)
        theme.set_icon(self.starred, "star-full" if on else "star", "accent_text" if on else "text_dim")


def _with(choices: list[tuple[str, str]], value: str) -> list[tuple[str, str]]:
    """The choices and the value, also where nothing bears it any more."""
    return choices if value in [key for key, _ in choices] else [*choices, (value, value)]
