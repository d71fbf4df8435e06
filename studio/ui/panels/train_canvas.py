"""The canvas of Train: the family's stage, the history slider, notices, and the curves whose cursor the slider is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSizePolicy, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from studio.ui import theme
from studio.ui.panels.curve_cards import CurveCards
from studio.ui.panels.description import FamilyDescription, said
from studio.ui.panels.train_view import EmptyWords
from studio.ui.text import Label
from studio.ui.widgets.busy import BusyRow
from studio.ui.widgets.buttons import Button, icon_button
from studio.ui.widgets.empty_state import EmptyState
from studio.ui.widgets.frames import dense
from studio.ui.widgets.history_slider import HistorySlider
from studio.ui.widgets.notice_bar import NoticeStack
from studio.ui.words import spoken

_SHARE = 0.57  # of the height, for the samples


class EmptyCanvas(EmptyState):
    """An empty place with a second, quieter way on."""

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("data", "", parent=parent)
        self._ids = ("", "")
        self.other = Button(kind="link")
        self.other.setObjectName("emptyOther")
        self.other.clicked.connect(self._on_other)
        self.triggered.connect(self._on_main)
        column = self.layout()
        assert isinstance(column, QVBoxLayout)
        column.insertWidget(column.count() - 1, self.other, 0, Qt.AlignmentFlag.AlignHCenter)

    def show_words(self, words: EmptyWords, why_not: str = "") -> None:
        """Say what is missing and offer what to do; with `why_not` it cannot be done now."""
        main, other = words.main, words.other
        self._ids = (main.id if main is not None else "", other.id if other is not None else "")
        main_words = spoken(main.words) if main is not None else ""
        self.set_words(spoken(words.headline), spoken(words.sentence), main_words, icon=words.icon)
        self.other.set_text(spoken(other.words) if other is not None else "")
        self.other.setVisible(other is not None)
        for button in (self.button, self.other):
            button.set_available(why_not)

    def _on_main(self) -> None:
        self.chosen.emit(self._ids[0])

    def _on_other(self) -> None:
        self.chosen.emit(self._ids[1])


class TrainCanvas(QWidget):
    """Two faces: an empty place, or samples above curves. It shows what it is told and says what the user does."""

    keep_asked = Signal()
    film_asked = Signal()
    menu_asked = Signal(QPoint)
    step_chosen = Signal(int)
    selection_changed = Signal()
    cancel_start_asked = Signal()
    state_changed = Signal()

    def __init__(self, description: FamilyDescription, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trainCanvas")
        self._about = description
        self._sheet: bool | None = None
        self._live = False
        self.empty = EmptyCanvas()
        self.stage = description.stage()
        self.stage.name_samples(said(description.samples))
        self.slider = HistorySlider()
        self.slider.setObjectName("historySlider")
        self.notices = NoticeStack(limit=2)
        self.notices.setObjectName("notices")
        self.curves = CurveCards(description)
        self.busy = BusyRow()
        self.busy.setObjectName("startingRow")
        self._make_head()
        self._lay_out()
        self._connect()

    def _make_head(self) -> None:
        self.title = Label(said(self._about.samples), role="strong")
        self.title.setObjectName("samplesTitle")
        self.subtitle = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        self.subtitle.setObjectName("samplesSubtitle")
        self.subtitle.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.keep = Button(self.tr("Keep"), kind="quiet", tip=self.tr("Keep the chosen samples in the gallery"))
        self.keep.setObjectName("keepSamples")
        self.film = Button(
            self.tr("Export film"), kind="quiet", tip=self.tr("The samples from first to last as GIF or animated WebP")
        )
        self.film.setObjectName("exportFilm")
        self.more = icon_button("more", self.tr("More to do with this run"))
        self.more.setObjectName("runMenuButton")
        self._head = QWidget()
        row = dense(QHBoxLayout(self._head), gap=8)
        row.addWidget(self.title)
        row.addWidget(self.subtitle, 1)
        for button in (self.keep, self.film, self.more):
            row.addWidget(button)

    def _lay_out(self) -> None:
        upper = QWidget()
        column = dense(QVBoxLayout(upper), gap=10)
        column.addWidget(self._head)
        column.addWidget(self.stage, 1)
        column.addWidget(self.busy)
        column.addWidget(self.slider)
        self._lower = QWidget()
        below = dense(QVBoxLayout(self._lower), gap=12)
        below.addWidget(self.notices)
        below.addWidget(self.curves, 1)
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.setObjectName("trainSplitter")
        theme.set_look(self.split, kind="clear")
        self.split.setHandleWidth(14)
        self.split.setChildrenCollapsible(False)
        self.split.addWidget(upper)
        self.split.addWidget(self._lower)
        self.split.setStretchFactor(0, 4)
        self.split.setStretchFactor(1, 3)
        self._set_share(_SHARE)
        full = QWidget()
        dense(QVBoxLayout(full), padding=0).addWidget(self.split)
        full.layout().setContentsMargins(20, 12, 20, 14)  # type: ignore[union-attr]
        self._faces = QStackedWidget()
        self._faces.addWidget(self.empty)
        self._faces.addWidget(full)
        dense(QVBoxLayout(self)).addWidget(self._faces)

    def _connect(self) -> None:
        self.keep.clicked.connect(self.keep_asked)
        self.film.clicked.connect(self.film_asked)
        self.more.clicked.connect(self._on_more)
        self.slider.step_selected.connect(self.step_chosen)
        self.curves.cursor_moved.connect(self._on_cursor)
        self.curves.state_changed.connect(self.state_changed)
        self.slider.following_changed.connect(self.state_changed)
        self.stage.selection_changed.connect(self.selection_changed)
        self.stage.state_changed.connect(self.state_changed)
        self.busy.cancelled.connect(self.cancel_start_asked)
        self.split.splitterMoved.connect(self._on_split)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def show_empty(self, words: EmptyWords, why_not: str) -> None:
        """Nothing to show yet: say what to do."""
        self.empty.show_words(words, why_not)
        self._faces.setCurrentIndex(0)

    def show_work(self, *, sheet: bool) -> None:
        """Samples and curves; with `sheet` only items of the data set and a hint."""
        self._faces.setCurrentIndex(1)
        if sheet == self._sheet:
            return
        self._sheet = sheet
        self.title.setText(self.stage.data_words() if sheet else said(self._about.samples))
        self.stage.name_samples(self.title.text())
        for part in (self.more, self.slider, self.curves):
            part.setVisible(not sheet)
        for part in (self.keep, self.film):
            part.setVisible(not sheet and self._about.makes_pictures)
        self._lower.setVisible(not sheet)

    def show_data(self, items: Sequence[Any]) -> None:
        """Items of the data set, while there is no run."""
        self.stage.show_data(items)

    def show_samples(self, pictures: np.ndarray | Sequence[Any], notes: Mapping[str, Any]) -> None:
        """What a run has kept of one step, with what was noted of it."""
        self.stage.show_samples(pictures, notes)

    def show_beginning(self, notes: Mapping[str, Any]) -> None:
        """What was noted of the first step that the run has kept."""
        self.stage.show_beginning(notes)

    def show_busy(
        self, what: str, done: int = 0, total: int | None = None, *, seconds_left: float | None = None
    ) -> None:
        """Say below the samples what is being done before there are samples; nothing hides the row."""
        if what:
            self.busy.set_progress(what, done, total, seconds_left=seconds_left)
        elif not self.busy.isHidden():
            self.busy.finish()

    def show_steps(self, steps: Sequence[int], *, live: bool) -> None:
        """The kept steps of the run."""
        if list(steps) != self.slider.steps():
            self.slider.set_steps(steps)
        self.set_live(live)

    def set_live(self, live: bool) -> None:
        """Whether the run trains; said to the slider only when it changes, for its labels cost milliseconds."""
        if live != self._live:
            self._live = live
            self.slider.set_live(live)

    def select_step(self, step: int) -> None:
        """Put the slider and the curves' cursor at the kept step nearest to `step`."""
        self.slider.select_step(step)
        self.curves.set_cursor(self.slider.step())

    def forget_run(self) -> None:
        """Another run, or none: nothing of the one before stays."""
        self.slider.pause()
        self.slider.set_steps([])
        self.slider.select_step(0)
        self.curves.forget()
        self.notices.clear()
        self.stage.forget()
        self.busy.finish()

    def state(self) -> dict[str, Any]:
        """How the height is shared, and what the plots show."""
        return {"split": self._share, "curves": self.curves.state(), "stage": self.stage.state()}

    def restore(self, state: object) -> None:
        """Take up `state`; what is odd is left as it is."""
        found = state if isinstance(state, dict) else {}
        share = found.get("split")
        self._set_share(share if isinstance(share, float) and 0.1 < share < 0.9 else _SHARE)
        self.curves.restore(found.get("curves"))
        self.stage.restore(found.get("stage"))

    def _set_share(self, share: float) -> None:
        self._share = share
        self.split.setSizes([round(1000 * share), round(1000 * (1 - share))])

    def _on_split(self) -> None:
        sizes = self.split.sizes()
        self._share = sizes[0] / max(sum(sizes), 1)
        self.state_changed.emit()

    # --- the user ----------------------------------------------------------------------------------------------------

    def _on_cursor(self, step: int) -> None:
        """The cursor of a plot was dragged: the nearest kept step is shown, and the cursor stands there."""
        before = self.slider.step()
        self.select_step(step)
        now = self.slider.step()
        if now is not None and now != before:
            self.step_chosen.emit(now)

    def _on_more(self) -> None:
        self.menu_asked.emit(self.more.mapToGlobal(QPoint(0, self.more.height())))

    def popup(self, menu: QMenu, spot: QPoint) -> None:
        """Show a menu that goes when it is closed."""
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(spot)
