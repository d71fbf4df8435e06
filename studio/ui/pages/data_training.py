"""The card that says what a run will learn from: how many pictures, how cut, on which colour; as the model sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QColorDialog, QHBoxLayout, QWidget

from studio.config.base import describe
from studio.config.data import Choices, PrepareSettings
from studio.jobs.browsing import ReadPrepared
from studio.ui import theme
from studio.ui.form_fields import setting_help, setting_label
from studio.ui.pages.data_model import Sight
from studio.ui.text import Label, count_text, plain_tooltip
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.pictures import to_image
from studio.ui.widgets.sample_grid import SampleGrid
from studio.ui.widgets.segmented import Segment, Segmented

if TYPE_CHECKING:
    from studio.ui.session import Session

_SEEN = 8
_SIZES = (32, 64, 128)
_ROWS = {row.path: row for row in describe(Choices)}
_GREYS = (("#ffffff", "White"), ("#000000", "Black"), ("#808080", "Grey"))


class Swatch(QAbstractButton):
    """A round button of one colour."""

    def __init__(self, colour: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.colour = colour
        self._name = name
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        plain_tooltip(self, name)

    def set_available(self, why_not: str) -> None:
        """Enable, or disable with the reason as the tooltip."""
        self.setEnabled(not why_not)
        plain_tooltip(self, why_not or self._name)

    def sizeHint(self) -> QSize:
        return QSize(26, 26)

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        lit = self.isChecked() or self.hasFocus()
        painter.setPen(QPen(look.colour("accent" if lit else "line_strong"), 2.0 if lit else 1.0))
        painter.setBrush(look.colour("surface"))
        inset = 1.5 if self.isChecked() else 3.5
        ring = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        if self.isChecked():
            painter.drawEllipse(ring)
            painter.setPen(QPen(look.colour("line_strong"), 1))
            ring.adjust(3, 3, -3, -3)
        painter.setBrush(QColor(self.colour))
        painter.drawEllipse(ring)


class TrainingCard(Frame):
    """`chosen` carries other `Choices` that the user has made here."""

    chosen = Signal(object)
    show_out_asked = Signal()
    size_changed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("card", padding=14, gap=8, parent=parent)
        self.setObjectName("trainingCard")
        self._session = session
        self._sight: Sight | None = None
        self._channels = 3
        self._why_not = ""
        self._asked: object = None
        self.active = False
        self._counts = Label(wrap=True)
        self._counts.setObjectName("usedCount")
        self._show_out = Button(self.tr("Show what is left out"), kind="link")
        self._show_out.setObjectName("showOut")
        self._show_out.clicked.connect(self.show_out_asked)
        self._put_back = Button(self.tr("Put all back"), kind="link")
        self._put_back.setObjectName("putAllBack")
        self._put_back.clicked.connect(self._on_put_back)
        self._shape = Segmented([Segment("crop", self.tr("Cut")), Segment("pad", self.tr("Fill up"))])
        self._shape.setObjectName("shapeChoice")
        self._shape.value_changed.connect(self._on_shape)
        self._swatches = [Swatch(colour, self.tr(name)) for colour, name in _GREYS]
        self._other = Swatch("#3565e0", self.tr("Another colour…"))
        self._size = Segmented([Segment(str(size), str(size)) for size in _SIZES])
        self._size.setObjectName("seenSize")
        self._size.setAccessibleName(self.tr("Size at which the model sees the pictures, in pixels"))
        self._size.value_changed.connect(self._on_size)
        self.preview = SampleGrid(choosing="none", tray=True)
        self.preview.setObjectName("seenPictures")
        self.preview.setAccessibleName(self.tr("The first pictures as the model sees them"))
        self.preview.setFixedHeight(136)
        self._note = Label(role="small", wrap=True)
        self._note.setObjectName("choicesNote")
        self._lay_out()

    def _lay_out(self) -> None:
        self.add(Label(self.tr("For training"), role="strong"))
        self.add(self._counts)
        links = dense(QHBoxLayout(), gap=6)
        links.addWidget(self._show_out)
        links.addWidget(self._put_back)
        links.addStretch(1)
        self.body.addLayout(links)
        colours = QWidget()
        row = dense(QHBoxLayout(colours), gap=4)
        for number, swatch in enumerate((*self._swatches, self._other)):
            swatch.setObjectName(f"background_{number}")
            swatch.clicked.connect(self._on_swatch)
            row.addWidget(swatch)
        self._add_row("shape", self._shape)
        self._add_row("background", colours)
        head = dense(QHBoxLayout(), gap=8)
        head.addWidget(Label(self.tr("As it is seen"), elide=Qt.TextElideMode.ElideRight), 1)
        head.addWidget(self._size)
        self.body.addLayout(head)
        self.add(self.preview)
        self.add(self._note)

    def _add_row(self, path: str, control: QWidget) -> None:
        """A row named and explained by the setting itself."""
        name, words = setting_label(_ROWS[path]), setting_help(_ROWS[path])
        label = Label(name, elide=Qt.TextElideMode.ElideRight)
        label.set_tip(words)
        control.setAccessibleName(name)
        plain_tooltip(control, words)
        row = dense(QHBoxLayout(), gap=8)
        row.addWidget(label, 1)
        row.addWidget(control)
        self.body.addLayout(row)

    # --- what it shows -----------------------------------------------------------------------------------------------

    @property
    def seen_size(self) -> int:
        """The size at which the pictures are shown, as the model would get them."""
        return int(self._size.value())

    def set_seen_size(self, size: int) -> None:
        """Show another size without announcing it; unknown ones change nothing."""
        if size in _SIZES:
            self._size.set_value(str(size))

    def show_sight(self, sight: Sight | None, channels: int) -> None:
        """Another data set."""
        self._sight, self._channels = sight, channels
        self._asked = None
        self.preview.set_pictures([])
        self.refresh()

    def set_why_not(self, why_not: str) -> None:
        """Lock the choices with a reason, or unlock them."""
        self._why_not = why_not
        self.refresh()

    def set_note(self, words: str) -> None:
        """What changing the choices means."""
        self._note.setText(words)

    def refresh(self) -> None:
        """The choices have changed."""
        if self._sight is None:
            return
        choices, total, used = self._sight.choices, len(self._sight.contents), self._sight.used_count()
        whole = self.tr("All {0} pictures are used.").format(count_text(total))
        part = self.tr("{0} of {1} pictures are used.").format(count_text(used), count_text(total))
        self._counts.setText(whole if used == total else part)
        for link in (self._show_out, self._put_back):
            link.setVisible(used != total)
        self._put_back.set_available(self._why_not)
        self._shape.set_value(choices.shape)
        for key in ("crop", "pad"):
            self._shape.set_available(key, self._why_not)
        self._show_colours(choices)
        self._see()

    def _show_colours(self, choices: Choices) -> None:
        known = [swatch.colour for swatch in self._swatches]
        now = choices.background.lower()
        if now not in known:
            self._other.colour = now
        why = self._why_not or self._no_colour_needed(choices)
        for swatch in (*self._swatches, self._other):
            swatch.setChecked(swatch.colour == now)
            swatch.set_available(why)
            swatch.update()

    def _no_colour_needed(self, choices: Choices) -> str:
        if self._sight is None or self._sight.contents.transparent or choices.shape == "pad":
            return ""
        return self.tr("No picture is transparent and none is filled up, so no colour shows.")

    def _see(self) -> None:
        """Ask for the first used pictures as they would be prepared, unless they are here already."""
        if self._sight is None or not self.active:
            return
        first = np.flatnonzero(~self._sight.out)[:_SEEN].tolist()
        choices = Choices(shape=self._sight.choices.shape, background=self._sight.choices.background)
        channels: Any = self._channels
        settings = PrepareSettings(size=self.seen_size, channels=channels)
        request = ReadPrepared(
            folder=self._sight.contents.folder, positions=tuple(first), settings=settings, choices=choices
        )
        if request != self._asked:
            self._asked = request
            self._session.browse("prepared", request, self._on_answer)

    def _on_answer(self, answer: Any) -> None:
        if answer.done and answer.request == self._asked:
            found = (answer.result or {}).values()
            self.preview.set_pictures([to_image(picture) for picture in found if picture is not None])

    # --- what the user does ------------------------------------------------------------------------------------------

    def _choose(self, **changes: object) -> None:
        if self._sight is not None:
            self.chosen.emit(self._sight.choices.model_copy(update=changes))
            self.refresh()

    def _on_put_back(self) -> None:
        self._choose(leave_out=())

    def _on_shape(self, value: str) -> None:
        self._choose(shape=value)

    def _on_swatch(self) -> None:
        swatch = self.sender()
        if swatch is self._other:
            dialog = QColorDialog(QColor(self._other.colour), self)
            dialog.setObjectName("colourDialog")
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.colorSelected.connect(self._on_colour)
            dialog.open()
            self.refresh()
        elif isinstance(swatch, Swatch):
            self._choose(background=swatch.colour)

    def _on_colour(self, colour: QColor) -> None:
        self._choose(background=colour.name())

    def _on_size(self) -> None:
        self._see()
        self.size_changed.emit()
