"""The chosen data set: its facts, its pictures, and beside them the check, the choices for training and the labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from studio.data.checking import Finding
from studio.jobs.browsing import Contents, FindPictures, ReadContents
from studio.projects.datasets import DataSetRecord
from studio.ui import theme
from studio.ui.pages.data_checks import CheckCard
from studio.ui.pages.data_families import family_menu
from studio.ui.pages.data_labels import LabelsCard
from studio.ui.pages.data_model import ALL, OUT, USED, Filter, Sight, finding_words, value_filter
from studio.ui.pages.data_relabel import add_labels
from studio.ui.pages.data_thumbs import Thumbnails
from studio.ui.pages.data_training import TrainingCard
from studio.ui.pages.data_wall import PictureWall
from studio.ui.text import Label, bytes_text, count_text, unmarked
from studio.ui.widgets.buttons import Button, icon_button
from studio.ui.widgets.frames import dense
from studio.ui.widgets.picker import Picker, PickItem
from studio.ui.widgets.segmented import Segment, Segmented
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.session import Session

CELLS = (48, 64, 96, 144)
_SIDE = 296
_SEARCH_MS = 150
_MOST_PICKS = 300


class DataView(QWidget):
    """Shows one data set. What the user wants done with it goes out as signals; the page does it."""

    train_asked = Signal(str)
    """The family."""
    rename_asked = Signal()
    delete_asked = Signal()
    leave_out_asked = Signal(list)
    """Names of pictures."""
    put_back_asked = Signal(list)
    relabel_asked = Signal(list, str, str)
    """Names of pictures, a label, and its new value (empty: none)."""
    opened = Signal(int)
    """A position that is to be shown large."""
    looks_changed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._record: DataSetRecord | None = None
        self._why_not = ""
        self.sight: Sight | None = None
        self._awaited: tuple[tuple[str, ...], str, str] | None = None
        self.active = False
        self._thumbs = Thumbnails(session, parent=self)
        self._search_timer = QTimer(self)
        self._search_timer.setObjectName("searchTimer")
        self._search_timer.setSingleShot(True)
        self._search_timer.setInterval(_SEARCH_MS)
        self._make_parts()
        self._build()
        self._connect()

    # --- building ----------------------------------------------------------------------------------------------------

    def _make_parts(self) -> None:
        self._name = Label(role="headline", elide=Qt.TextElideMode.ElideMiddle)
        self._name.setObjectName("dataName")
        self._facts = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        self._facts.setObjectName("dataFacts")
        self.rename = icon_button("pencil", self.tr("Rename the data set"))
        self.rename.setObjectName("renameData")
        self.delete = icon_button("trash", self.tr("Delete the data set; undo brings it back"))
        self.delete.setObjectName("deleteData")
        self.train = Button(self.tr("Train with it…"), kind="primary", icon="play")
        self.train.setObjectName("trainWithIt")
        self.search = QLineEdit()
        self.search.setObjectName("searchPictures")
        self.search.setPlaceholderText(self.tr("Find by name or caption"))
        self.search.setAccessibleName(self.tr("Find pictures by name or caption"))
        self.search.setClearButtonEnabled(True)
        self.picker = Picker(self.tr("Show"))
        self.picker.setObjectName("filterPictures")
        words = zip(CELLS, ("S", "M", "L", "XL"), strict=True)
        self._cells = Segmented([Segment(str(cell), word) for cell, word in words])
        self._cells.setObjectName("cellSize")
        self._cells.setAccessibleName(self.tr("Size of the pictures on the wall"))
        self._cells.set_value("64")
        self.wall = PictureWall()
        self.wall.setObjectName("pictureWall")
        self.wall.setAccessibleName(self.tr("Pictures"))
        self._problem = Label(role="error", wrap=True)
        self._problem.setObjectName("dataProblem")
        self._line = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        self._line.setObjectName("pictureLine")
        self._caption = Label(role="small", elide=Qt.TextElideMode.ElideRight)
        self._caption.setObjectName("pictureCaption")
        self.leave = Button(kind="small")
        self.leave.setObjectName("leaveOut")
        self.relabel = Button(self.tr("Change label"), kind="small", icon="tag")
        self.relabel.setObjectName("changeLabel")
        self.back = Button(kind="small")
        self.back.setObjectName("putBack")
        self.check = CheckCard()
        self.training = TrainingCard(self._session)
        self.labels = LabelsCard()

    def _build(self) -> None:
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setObjectName("dataInnerSplitter")
        theme.set_look(self._splitter, kind="clear")
        self._splitter.setHandleWidth(16)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self._pictures())
        self._splitter.addWidget(self._side())
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setSizes([1000, _SIDE])
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

    def _pictures(self) -> QWidget:
        holder = QWidget()
        holder.setMinimumWidth(248)
        tools = dense(QHBoxLayout(), gap=8)
        tools.addWidget(self.search, 1)
        tools.addWidget(self.picker)
        tools.addWidget(self._cells)
        words = dense(QVBoxLayout(), gap=1)
        words.addWidget(self._line)
        words.addWidget(self._caption)
        foot = dense(QHBoxLayout(), gap=8)
        foot.addLayout(words, 1)
        foot.addWidget(self.relabel)
        foot.addWidget(self.leave)
        foot.addWidget(self.back)
        column = dense(QVBoxLayout(holder), gap=10)
        column.addLayout(tools)
        column.addWidget(self.wall, 1)
        column.addLayout(foot)
        for label in (self._line, self._caption):
            label.setFixedHeight(label.fontMetrics().height() + 2)
        return holder

    def _side(self) -> QWidget:
        inner = QWidget()
        theme.set_look(inner, surface="canvas")
        column = dense(QVBoxLayout(inner), gap=12)
        for card in (self.check, self.training, self.labels):
            column.addWidget(card)
        column.addStretch(1)
        area = QScrollArea()
        area.setObjectName("dataSide")
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setMinimumWidth(250)
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
        self._cells.value_changed.connect(self._on_cells)
        self.wall.wanted.connect(self._thumbs.want)
        self.wall.hovered.connect(self._say)
        self.wall.current_changed.connect(self._say)
        self.wall.selection_changed.connect(self._on_selection)
        self.wall.activated.connect(self.opened)
        self.wall.delete_requested.connect(self._on_leave_out)
        self.wall.cell_step.connect(self._on_cell_step)
        self.wall.menu_requested.connect(self._on_menu)
        self._thumbs.came.connect(self.wall.set_images)
        self._thumbs.failed.connect(self._show_problem)
        self.relabel.clicked.connect(self._on_relabel)
        self.leave.clicked.connect(self._on_leave_out)
        self.back.clicked.connect(self._on_put_back)
        self.check.show_asked.connect(self._on_finding)
        self.training.show_out_asked.connect(self._on_show_out)
        self.training.size_changed.connect(self.looks_changed)
        self.labels.picked.connect(self._on_value)
        self.labels.cleared.connect(self.show_all)
        self._splitter.splitterMoved.connect(self._on_splitter)
        self._session.browser.dropped.connect(self._on_dropped)

    # --- which data set ----------------------------------------------------------------------------------------------

    def show_record(self, record: DataSetRecord | None) -> None:
        """Show a data set; the same one again only takes up its name and its choices."""
        before, self._record = self._record, record
        if record is None or before is None or before.folder != record.folder:
            self._forget()
            self._read()
        elif self.sight is not None and self.sight.choices != record.choices:
            self._take_choices(record)
        self._show_head()

    def set_active(self, active: bool) -> None:
        """Shown or hidden: pictures are read only while somebody looks."""
        self.active = self.training.active = active
        if active:
            if self.sight is None:
                self._read()
            self.training.refresh()
            self.wall.viewport().update()
        else:
            self._thumbs.stop()

    def set_why_not(self, why_not: str) -> None:
        """Lock what would change the project, with a reason; empty unlocks."""
        self._why_not = why_not
        for button in (self.rename, self.delete):
            button.set_available(why_not)
        self.training.set_why_not(why_not)
        self._on_selection()
        self._tell_check()

    def _forget(self) -> None:
        self.sight = None
        self._thumbs.stop()
        self.search.blockSignals(True)
        self.search.clear()
        self.search.blockSignals(False)
        self._search_timer.stop()
        self._problem.hide()
        self.wall.forget_images()
        self.wall.show_positions(np.zeros(0, np.int64))
        self.wall.set_out(np.zeros(0, bool))
        self.labels.show_sight(None)
        self.training.show_sight(None, 3)
        self._say(-1)

    def _read(self) -> None:
        if self._record is not None and self.active:
            self._session.browse("contents", ReadContents(folder=self._record.folder), self._on_contents)

    def _on_dropped(self) -> None:
        if self.sight is None:
            QTimer.singleShot(0, self, self._read)

    def _on_contents(self, answer: Any) -> None:
        record = self._record
        if not answer.done or record is None or answer.request.folder != record.folder:
            return
        if not isinstance(answer.result, Contents):
            self._show_problem(spoken(answer.error))
            return
        self.sight = Sight(answer.result, record.choices)
        self._aim()
        self.wall.set_out(self.sight.out)
        self.labels.show_sight(self.sight)
        self.training.show_sight(self.sight, record.channels)
        self._fill_picker()
        self._refresh()
        self._show_head()
        self._arrive()

    def _take_choices(self, record: DataSetRecord) -> None:
        assert self.sight is not None
        background = self.sight.choices.background
        self.sight.choose(record.choices)
        self.wall.set_out(self.sight.out)
        if record.choices.background != background:
            self._aim()
        self.labels.refresh()
        self.training.refresh()
        self._fill_picker()
        self._tell_check()
        self._refresh(keep=True)

    def _aim(self) -> None:
        """Read thumbnails of this data set in the size of the wall from now on."""
        if self.sight is not None:
            side = round(self.wall.cell * self.devicePixelRatioF())
            self._thumbs.look_at(self.sight.contents.folder, side, self.sight.choices.background)
            self.wall.forget_images()

    def _show_head(self) -> None:
        record = self._record
        if record is None:
            return
        self._name.setText(record.name)
        height, width = record.size
        words = [self.tr("{0} pictures").format(count_text(record.count)), f"{width} × {height} px"]
        words.append(self.tr("colour") if record.channels == 3 else self.tr("grey"))
        if self.sight is not None:
            words.append(bytes_text(self.sight.contents.bytes))
            words += self._caption_words(self.sight.contents)
        if record.source:
            words.append(self.tr("from {0}").format(record.source))
        self._facts.setText(" · ".join(words))

    def _caption_words(self, contents: Contents) -> list[str]:
        """Whether words describe the pictures, or how many of them."""
        described = sum(map(bool, contents.captions))
        if not described:
            return []
        some = self.tr("captions for {0}").format(count_text(described))
        return [self.tr("with captions") if described == len(contents) else some]

    def _on_train(self) -> None:
        """Which family shall learn from it."""
        if self._record is None:
            return
        menu = family_menu(self, self._record.kind, self._session.data_facts(self._record.name), self.train_asked.emit)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self.train.mapToGlobal(QPoint(0, self.train.height() + 2)))

    def _show_problem(self, words: str) -> None:
        self._problem.setText(words)
        self._problem.setVisible(bool(words))

    # --- what is shown of it -----------------------------------------------------------------------------------------

    def show_all(self) -> None:
        """No filter."""
        self._filter(ALL)

    def show_only(self, names: tuple[str, ...], first: str, words: str) -> None:
        """Show these pictures and choose one of them, as soon as the data set has been read."""
        self._awaited = (names, first, words)
        if self.sight is not None:
            self._arrive()

    def _arrive(self) -> None:
        if self._awaited is None or self.sight is None:
            return
        (names, first, words), self._awaited = self._awaited, None
        self._filter(Filter("finding", "shown", "", names, words))
        self.wall.select_positions(self.sight.contents.positions((first,)).tolist())
        self._say(-1)
        self.wall.setFocus(Qt.FocusReason.OtherFocusReason)

    def set_cell(self, cell: int) -> None:
        """The size of the pictures on the wall; unknown ones change nothing."""
        if cell in CELLS:
            self._cells.set_value(str(cell))
            self.wall.set_cell(cell)
            self._aim()

    def splitter_sizes(self) -> list[int]:
        """Widths of pictures and side column."""
        return self._splitter.sizes()

    def set_splitter(self, side: int) -> None:
        """The width of the side column."""
        self._splitter.setSizes([max(self.width() - side, 248), side])

    def _filter(self, chosen: Filter) -> None:
        if self.sight is None:
            return
        self.sight.filter = chosen
        self._fill_picker()
        self.labels.refresh()
        self._refresh()

    def _refresh(self, *, keep: bool = False) -> None:
        if self.sight is None:
            return
        self.wall.set_faded(self.sight.filter.kind != "out")
        self.wall.show_positions(self.sight.shown(), keep=keep)
        self._say(-1)

    def _fill_picker(self) -> None:
        assert self.sight is not None
        sight, chosen = self.sight, self.sight.filter
        out = len(sight.contents) - sight.used_count()
        items = [PickItem(ALL.key(), self.tr("all"), count_text(len(sight.contents)))]
        if out:
            items.append(PickItem(USED.key(), self.tr("used"), count_text(sight.used_count())))
            items.append(PickItem(OUT.key(), self.tr("left out"), count_text(out)))
        if chosen.kind == "finding":
            items.append(PickItem(chosen.key(), chosen.words, count_text(len(chosen.names)), icon="info"))
        for label in sight.contents.labels:
            for value, count in sight.value_counts(label):
                one = value_filter(label, value)
                items.append(PickItem(one.key(), one.words, count_text(count)))
        self.picker.set_items(items[:_MOST_PICKS])
        self.picker.set_value(chosen.key())

    def _find(self) -> None:
        if self.sight is None:
            return
        words = self.search.text().strip()
        if not words:
            self._session.browser.forget("find")
            self.sight.found = None
            self._refresh()
            return
        request = FindPictures(folder=self.sight.contents.folder, words=words)
        self._session.browse("find", request, self._on_found)

    def _on_found(self, answer: Any) -> None:
        sight, found = self.sight, answer.result
        if sight is not None and isinstance(found, np.ndarray) and answer.request.folder == sight.contents.folder:
            sight.found = found
            self._refresh()

    def _say(self, position: int) -> None:
        """Name the picture under the pointer, else the one that the keyboard stands on, else how many there are."""
        sight = self.sight
        at = position if position >= 0 else self.wall.current()
        if sight is None:
            self._line.setText("")
            self._caption.setText("")
        elif 0 <= at < len(sight.contents):
            self._line.setText(sight.line(at))
            self._caption.setText(sight.caption(at))
            self.wall.setAccessibleDescription(sight.line(at))
        else:
            words = self.tr("{0} of {1} pictures").format(
                count_text(self.wall.count()), count_text(len(sight.contents))
            )
            self._line.setText(words if self.wall.count() else self.tr("No picture passes the filter."))
            self._caption.setText("")

    # --- what the user does ------------------------------------------------------------------------------------------

    def _on_picked(self, key: str) -> None:
        kind, label, value = key.split("\0", 2)
        if kind == "value":
            self._filter(value_filter(label, value))
        elif kind in ("all", "used", "out"):
            self._filter({"all": ALL, "used": USED, "out": OUT}[kind])

    def _on_value(self, label: str, value: str) -> None:
        self._filter(value_filter(label, value))

    def _on_show_out(self) -> None:
        self._filter(OUT)

    def _on_finding(self, finding: Finding) -> None:
        words = finding_words(finding)
        self._filter(Filter("finding", finding.code, "", finding.names, words))

    def _on_cells(self, value: str) -> None:
        self.set_cell(int(value))
        self.looks_changed.emit()

    def _on_cell_step(self, step: int) -> None:
        at = CELLS.index(self.wall.cell) + step
        if 0 <= at < len(CELLS):
            self._on_cells(str(CELLS[at]))

    def _on_splitter(self) -> None:
        self.looks_changed.emit()

    def _chosen_names(self, *, out: bool) -> list[str]:
        if self.sight is None:
            return []
        chosen = self.wall.selected()
        wanted = chosen[self.sight.out[chosen] == out]
        return [self.sight.contents.names[at] for at in wanted.tolist()]

    def _on_selection(self) -> None:
        sight, chosen = self.sight, self.wall.selected()
        gone = int(np.count_nonzero(sight.out[chosen])) if sight is not None else 0
        used = len(chosen) - gone
        self.leave.set_text(self.tr("Leave out {0}").format(count_text(used)))
        self.back.set_text(self.tr("Put back {0}").format(count_text(gone)))
        labelled = len(chosen) if sight is not None and sight.labels else 0
        for button, count in ((self.leave, used), (self.back, gone), (self.relabel, labelled)):
            button.setVisible(count > 0)
            button.set_available(self._why_not)

    def _on_leave_out(self) -> None:
        names = self._chosen_names(out=False)
        if names and not self._why_not:
            self.leave_out_asked.emit(names)

    def _on_put_back(self) -> None:
        names = self._chosen_names(out=True)
        if names and not self._why_not:
            self.put_back_asked.emit(names)

    def _on_menu(self, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setObjectName("wallMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for button, slot in ((self.leave, self._on_leave_out), (self.back, self._on_put_back)):
            if not button.isHidden():
                menu.addAction(unmarked(button.text().replace("&&", "&")), slot).setEnabled(button.isEnabled())
        menu.addAction(self.tr("Copy picture"), self.wall.copy_current)
        if not self.relabel.isHidden() and self.relabel.isEnabled():
            menu.addSeparator()
            self._add_labels(menu)
        menu.popup(place)

    def _on_relabel(self) -> None:
        menu = self.build_label_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.relabel.mapToGlobal(QPoint(0, self.relabel.height() + 2)))

    def build_label_menu(self) -> QMenu:
        """Every label with its values; the one that all chosen pictures have is ticked."""
        menu = QMenu(self)
        menu.setObjectName("labelMenu")
        self._add_labels(menu)
        return menu

    def _add_labels(self, menu: QMenu) -> None:
        if self.sight is not None:
            add_labels(menu, self.sight, self.wall.selected().tolist(), self._on_value_chosen)

    def _on_value_chosen(self, label: str, value: str) -> None:
        if self.sight is not None and not self._why_not:
            names = [self.sight.contents.names[at] for at in self.wall.selected().tolist()]
            self.relabel_asked.emit(names, label, value)

    def _tell_check(self) -> None:
        if self._record is not None:
            self.check.set_choices(self._record.choices, self._why_not)

    def tell_check(self) -> None:
        """The report or the choices have changed."""
        self._tell_check()
