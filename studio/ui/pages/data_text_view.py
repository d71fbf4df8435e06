"""The chosen data set of texts: its facts, its items, what a model reads of them, the check and how long they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QScrollArea, QSplitter, QVBoxLayout, QWidget

from studio.data.checking import Finding
from studio.jobs.text_contents import FindTexts, ReadTextContents, TextContents
from studio.projects.datasets import DataSetRecord
from studio.ui import theme
from studio.ui.pages.data_checks import CheckCard
from studio.ui.pages.data_families import family_menu
from studio.ui.pages.data_model import finding_words
from studio.ui.pages.data_text_list import TextList
from studio.ui.pages.data_text_page import TextPageView
from studio.ui.text import Label, bytes_text, count_text
from studio.ui.widgets.buttons import Button, icon_button
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.histogram import LengthHistogram
from studio.ui.widgets.picker import Picker, PickItem
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.session import Session

_SIDE, _LIST = 260, 220
_SEARCH_MS = 150


class TextView(QWidget):
    """Shows one data set of texts. What the user wants done with it goes out as signals; the page does it."""

    train_asked = Signal(str)
    rename_asked = Signal()
    delete_asked = Signal()
    leave_out_asked = Signal(list)
    put_back_asked = Signal(list)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._record: DataSetRecord | None = None
        self._why_not = ""
        self._filter = "all"
        self._shown_finding: Finding | None = None
        self._found: np.ndarray | None = None
        self.contents: TextContents | None = None
        self.out = np.zeros(0, bool)
        self.active = False
        self._search_timer = QTimer(self)
        self._search_timer.setSingleShot(True)
        self._search_timer.setInterval(_SEARCH_MS)
        self._make_parts()
        self._build()
        self._connect()

    # --- building ----------------------------------------------------------------------------------------------------

    def _make_parts(self) -> None:
        self._name = Label(role="headline", elide=Qt.TextElideMode.ElideMiddle)
        self._name.setObjectName("textsName")
        self._facts = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        self._facts.setObjectName("textsFacts")
        self.rename = icon_button("pencil", self.tr("Rename the data set"))
        self.rename.setObjectName("renameTexts")
        self.delete = icon_button("trash", self.tr("Delete the data set; undo brings it back"))
        self.delete.setObjectName("deleteTexts")
        self.train = Button(self.tr("Train with it…"), kind="primary", icon="play")
        self.train.setObjectName("trainWithTexts")
        self.search = QLineEdit()
        self.search.setObjectName("searchTexts")
        self.search.setPlaceholderText(self.tr("Find"))
        self.search.setAccessibleName(self.tr("Find texts by name or beginning"))
        self.search.setClearButtonEnabled(True)
        self.picker = Picker(self.tr("Show"))
        self.picker.setObjectName("filterTexts")
        self.list = TextList(self._session)
        self.page = TextPageView(self._session)
        self._problem = Label(role="error", wrap=True)
        self._problem.setObjectName("textsProblem")
        self._line = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        self._line.setObjectName("textsLine")
        self.leave = Button(kind="small")
        self.leave.setObjectName("leaveOutTexts")
        self.back = Button(kind="small")
        self.back.setObjectName("putBackTexts")
        self.check = CheckCard(texts=True)
        self.histogram = LengthHistogram(self.tr("Lengths in characters"))
        self.histogram.setObjectName("lengthHistogram")

    def _build(self) -> None:
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setObjectName("textsSplitter")
        theme.set_look(self._splitter, kind="clear")
        self._splitter.setHandleWidth(16)
        self._splitter.setChildrenCollapsible(False)
        for part in (self._left(), self.page, self._side()):
            self._splitter.addWidget(part)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setSizes([_LIST, 700, _SIDE])
        column = dense(QVBoxLayout(self), gap=14)
        column.addLayout(self._head())
        column.addWidget(self._problem)
        column.addWidget(self._splitter, 1)
        self._problem.hide()

    def _head(self) -> QHBoxLayout:
        title = dense(QHBoxLayout(), gap=4)
        title.addWidget(self._name, 0)
        title.addWidget(self.rename)
        title.addWidget(self.delete)
        title.addStretch(1)
        words = dense(QVBoxLayout(), gap=2)
        words.addLayout(title)
        words.addWidget(self._facts)
        row = dense(QHBoxLayout(), gap=12)
        row.addLayout(words, 1)
        row.addWidget(self.train, 0, Qt.AlignmentFlag.AlignVCenter)
        return row

    def _left(self) -> QWidget:
        holder = QWidget()
        holder.setMinimumWidth(180)
        tools = dense(QHBoxLayout(), gap=8)
        tools.addWidget(self.search, 1)
        tools.addWidget(self.picker)
        foot = dense(QHBoxLayout(), gap=8)
        foot.addWidget(self._line, 1)
        foot.addWidget(self.leave)
        foot.addWidget(self.back)
        column = dense(QVBoxLayout(holder), gap=10)
        column.addLayout(tools)
        column.addWidget(self.list, 1)
        column.addLayout(foot)
        return holder

    def _side(self) -> QWidget:
        self._lengths = Frame("card", padding=14, gap=8)
        self._lengths.add(Label(self.tr("Lengths in characters"), role="strong"))
        self._lengths.add(self.histogram)
        inner = QWidget()
        theme.set_look(inner, surface="canvas")
        column = dense(QVBoxLayout(inner), gap=12)
        for card in (self._lengths, self.check):
            column.addWidget(card)
        column.addStretch(1)
        area = QScrollArea()
        area.setObjectName("textsSide")
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setMinimumWidth(240)
        area.setMaximumWidth(420)
        area.setWidget(inner)
        return area

    def _connect(self) -> None:
        self.train.clicked.connect(self._on_train)
        self.rename.clicked.connect(self.rename_asked)
        self.delete.clicked.connect(self.delete_asked)
        self.search.textChanged.connect(self._search_timer.start)
        self._search_timer.timeout.connect(self._find)
        self.picker.picked.connect(self._on_picked)
        self.list.chosen.connect(self._on_chosen)
        self.list.selection_changed.connect(self._on_selection)
        self.list.delete_requested.connect(self._on_leave_out)
        self.leave.clicked.connect(self._on_leave_out)
        self.back.clicked.connect(self._on_put_back)
        self.check.show_asked.connect(self._on_finding)
        self._session.browser.dropped.connect(self._on_dropped)

    # --- which data set ----------------------------------------------------------------------------------------------

    def show_record(self, record: DataSetRecord | None) -> None:
        """Show a data set; the same one again only takes up its name and its choices."""
        before, self._record = self._record, record
        if record is None or before is None or before.folder != record.folder:
            self._forget()
            self._read()
        elif before.choices != record.choices:
            self._take_choices(record)
        self._show_head()

    def set_active(self, active: bool) -> None:
        """Shown or hidden: texts are read only while somebody looks."""
        self.active = active
        for part in (self.list, self.page):
            part.set_active(active)
        if active and self.contents is None:
            self._read()

    def set_why_not(self, why_not: str) -> None:
        """Lock what would change the project, with a reason; empty unlocks."""
        self._why_not = why_not
        for button in (self.rename, self.delete):
            button.set_available(why_not)
        self._on_selection()
        self.tell_check()

    def tell_check(self) -> None:
        """The report or the choices have changed."""
        if self._record is not None:
            self.check.set_choices(self._record.choices, self._why_not)

    def _forget(self) -> None:
        self.contents, self.out = None, np.zeros(0, bool)
        self._filter, self._shown_finding, self._found = "all", None, None
        self.search.blockSignals(True)
        self.search.clear()
        self.search.blockSignals(False)
        self._search_timer.stop()
        self._problem.hide()
        self.list.show_items(None, np.zeros(0, np.int64))
        self.page.show_item(None, -1)
        self.histogram.set_lengths(np.zeros(0, np.int64))

    def _read(self) -> None:
        if self._record is not None and self.active:
            self._session.browse("texts", ReadTextContents(folder=self._record.folder), self._on_contents)

    def _on_dropped(self) -> None:
        if self.contents is None:
            QTimer.singleShot(0, self, self._read)

    def _on_contents(self, answer: Any) -> None:
        record = self._record
        if not answer.done or record is None or answer.request.folder != record.folder:
            return
        if not isinstance(answer.result, TextContents):
            self._problem.setText(spoken(answer.error))
            self._problem.show()
            return
        self.contents = answer.result
        self._take_choices(record)
        self._show_head()

    def _take_choices(self, record: DataSetRecord) -> None:
        contents = self.contents
        if contents is None:
            return
        self.out = np.zeros(len(contents), bool)
        self.out[contents.positions(record.choices.leave_out)] = True
        self.list.items.set_out(self.out)
        self.histogram.set_lengths(contents.characters[~self.out])
        self._lengths.setVisible(len(contents) > 1)
        self.tell_check()
        self._refresh()
        self.page.show_item(record, self.list.current(), anew=True)

    def _show_head(self) -> None:
        record = self._record
        if record is None:
            return
        self._name.setText(record.name)
        counted = {
            "text": self.tr("{0} texts") if record.count > 1 else self.tr("{0} text"),
            "chat": self.tr("{0} conversations"),
            "parallel": self.tr("{0} pairs of sentences"),
        }
        words = [counted.get(record.kind, "{0}").format(count_text(record.count))]
        words.append(self.tr("{0} characters").format(count_text(record.characters)))
        words.append(self.tr("{0} different ones").format(count_text(record.distinct)))
        if self.contents is not None:
            words.append(bytes_text(self.contents.bytes))
        if record.source:
            words.append(self.tr("from {0}").format(record.source))
        self._facts.setText(" · ".join(words))

    # --- what is shown of it -----------------------------------------------------------------------------------------

    def shown(self) -> np.ndarray:
        """The positions (n,) that pass filter and search."""
        contents = self.contents
        if contents is None:
            return np.zeros(0, np.int64)
        if self._filter == "finding" and self._shown_finding is not None:
            passed = contents.positions(self._shown_finding.names)
        elif self._filter in ("used", "out"):
            passed = np.flatnonzero(self.out if self._filter == "out" else ~self.out)
        else:
            passed = np.arange(len(contents))
        return passed if self._found is None else passed[np.isin(passed, self._found)]

    def _refresh(self) -> None:
        contents = self.contents
        if contents is None:
            return
        positions = self.shown()
        self.list.show_items(contents, positions)
        self._fill_picker(contents)
        self._on_selection()

    def _fill_picker(self, contents: TextContents) -> None:
        gone = int(np.count_nonzero(self.out))
        items = [PickItem("all", self.tr("all"), count_text(len(contents)))]
        if gone:
            items.append(PickItem("used", self.tr("used"), count_text(len(contents) - gone)))
            items.append(PickItem("out", self.tr("left out"), count_text(gone)))
        if self._shown_finding is not None and self._filter == "finding":
            words, count = finding_words(self._shown_finding), len(self._shown_finding.names)
            items.append(PickItem("finding", words, count_text(count), icon="info"))
        self.picker.set_items(items)
        self.picker.set_value(self._filter)

    def _on_picked(self, key: str) -> None:
        self._filter = key
        self._refresh()

    def _on_finding(self, finding: Finding) -> None:
        self._shown_finding, self._filter = finding, "finding"
        self._refresh()

    def _find(self) -> None:
        if self.contents is None:
            return
        words = self.search.text().strip()
        if words:
            self._session.browse("findTexts", FindTexts(folder=self.contents.folder, words=words), self._on_found)
        else:
            self._session.browser.forget("findTexts")
            self._found = None
            self._refresh()

    def _on_found(self, answer: Any) -> None:
        contents, found = self.contents, answer.result
        if contents is not None and isinstance(found, np.ndarray) and answer.request.folder == contents.folder:
            self._found = found
            self._refresh()

    def _on_chosen(self, position: int) -> None:
        self.page.show_item(self._record, position)

    # --- what the user does ------------------------------------------------------------------------------------------

    def _chosen_names(self, *, out: bool) -> list[str]:
        if self.contents is None:
            return []
        chosen = self.list.selected()
        return [self.contents.names[at] for at in chosen[self.out[chosen] == out].tolist()]

    def _on_selection(self) -> None:
        used, gone = len(self._chosen_names(out=False)), len(self._chosen_names(out=True))
        self.leave.set_text(self.tr("Leave out {0}").format(count_text(used)))
        self.back.set_text(self.tr("Put back {0}").format(count_text(gone)))
        for button, count in ((self.leave, used), (self.back, gone)):
            button.setVisible(count > 0)
            button.set_available(self._why_not)
        total = len(self.contents) if self.contents is not None else 0
        self._line.setText(self.tr("{0} of {1}").format(count_text(len(self.list.items.positions)), count_text(total)))

    def _on_leave_out(self) -> None:
        names = self._chosen_names(out=False)
        if names and not self._why_not:
            self.leave_out_asked.emit(names)

    def _on_put_back(self) -> None:
        names = self._chosen_names(out=True)
        if names and not self._why_not:
            self.put_back_asked.emit(names)

    def _on_train(self) -> None:
        """Which family shall learn from it."""
        if self._record is not None:
            menu = family_menu(self, self._record.kind, None, self.train_asked.emit)
            menu.aboutToHide.connect(menu.deleteLater)
            menu.popup(self.train.mapToGlobal(QPoint(0, self.train.height() + 2)))
