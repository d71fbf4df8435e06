"""The Data page: the data sets of the project at the left, the chosen one at the right, and ways to get more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from studio.config.data import Choices
from studio.data.checking import Proposal
from studio.ground.errors import Text
from studio.projects.datasets import DataSetRecord
from studio.ui import theme
from studio.ui.drops import local_paths, understand
from studio.ui.pages import page_of_family
from studio.ui.pages.data_bringing import BringQueue, BringRows, arrived_words
from studio.ui.pages.data_checks import Checks
from studio.ui.pages.data_deeds import Deeds
from studio.ui.pages.data_doors import Doors
from studio.ui.pages.data_families import family_menu
from studio.ui.pages.data_list import Covers, DataList
from studio.ui.pages.data_model import first_size, label_counts, leave_out, put_back, relabel
from studio.ui.pages.data_text_view import TextView
from studio.ui.pages.data_veil import DropVeil
from studio.ui.pages.data_view import DataView
from studio.ui.pages.data_viewer import PictureDialog
from studio.ui.pages.page import Page, set_enabled
from studio.ui.session import Session
from studio.ui.text import count_text, set_plain, unmarked
from studio.ui.view_state import HeaderIntention, PageIntention
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.empty_state import EmptyState
from studio.ui.widgets.frames import dense
from studio.ui.widgets.notice_bar import Notice, NoticeStack
from studio.ui.words import spoken

_COLUMN = 272
_COLUMN_LIMITS = (184, 420)
_CHECK_UP_TO = 20_000
"""Data sets up to this size are checked by themselves when they are looked at; larger ones when they come in or on
demand, since every byte of them is read."""


class DataPage(Page):
    """See the module."""

    def __init__(self, session: Session, page_id: str, parent: QWidget | None = None) -> None:
        super().__init__(session, page_id, parent)
        self._current = ""
        self._wanted = ""
        self._known: set[str] | None = None
        self._project = session.project
        self.queue = BringQueue(session, self)
        self.checks = Checks(session, self)
        self.deeds = Deeds(session, self)
        self.doors = Doors(self, session, self.queue, self.deeds)
        self._make_parts()
        self._build()
        self._connect()
        self._refresh()

    # --- building ----------------------------------------------------------------------------------------------------

    def _make_parts(self) -> None:
        self.list = DataList()
        self._covers = Covers(self.session, self.list)
        self.import_button = self._button("importData", self.tr("Import…"), "import")
        self.draw_button = self._button("drawPortraits", self.tr("Draw Portraits…"), "random")
        self.world_button = self._button("writeWorld", self.tr("Write a World…"), "chat")
        self.bilingual_button = self._button("writeBilingual", self.tr("Write English and French…"), "translate")
        self.catalogue_button = self._button("openCatalogue", self.tr("Catalogue…"), "download")
        self._bringing = (
            self.import_button, self.draw_button, self.world_button, self.bilingual_button, self.catalogue_button,
        )  # fmt: skip
        self.view = DataView(self.session)
        self.view.setObjectName("dataView")
        self.texts = TextView(self.session)
        self.texts.setObjectName("textView")
        self.rows = BringRows(self.queue)
        self.notices = NoticeStack(limit=2)
        self.notices.setObjectName("dataNotices")
        self.empty = EmptyState("data", "", "", " ")
        self.empty.setObjectName("dataEmpty")
        self.second = self._button("emptyImport", self.tr("Import…"), "import")
        inner = self.empty.layout()
        assert isinstance(inner, QVBoxLayout)
        inner.insertWidget(inner.count() - 1, self.second, 0, Qt.AlignmentFlag.AlignHCenter)
        self.veil = DropVeil(self)
        self.setAcceptDrops(True)

    def _button(self, name: str, words: str, icon: str) -> Button:
        button = Button(words, icon=icon)
        button.setObjectName(name)
        return button

    def _build(self) -> None:
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setObjectName("dataSplitter")
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self._column())
        self.splitter.addWidget(self._canvas())
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([_COLUMN, 1000])
        dense(QHBoxLayout(self), gap=0).addWidget(self.splitter)

    def _column(self) -> QWidget:
        column = QWidget()
        column.setObjectName("dataColumn")
        column.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        theme.set_look(column, surface="surface")
        column.setMinimumWidth(_COLUMN_LIMITS[0])
        column.setMaximumWidth(_COLUMN_LIMITS[1])
        layout = QVBoxLayout(column)
        layout.setContentsMargins(0, 12, 0, 14)
        layout.setSpacing(10)
        layout.addWidget(self.list, 1)
        buttons = QVBoxLayout()
        buttons.setContentsMargins(16, 0, 16, 0)
        buttons.setSpacing(8)
        for button in self._bringing:
            buttons.addWidget(button)
        layout.addLayout(buttons)
        return column

    def _canvas(self) -> QWidget:
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.view)
        self._stack.addWidget(self.texts)
        canvas = QWidget()
        column = dense(QVBoxLayout(canvas), padding=20, gap=12)
        column.addWidget(self.rows)
        column.addWidget(self.notices)
        column.addWidget(self._stack, 1)
        return canvas

    def _connect(self) -> None:
        session, view = self.session, self.view
        session.datasets_changed.connect(self._refresh)
        session.runs_changed.connect(self._tell_note)
        for button, slot in self._slots():
            button.clicked.connect(slot)
        self.list.chosen.connect(self._on_chosen)
        self.list.delete_requested.connect(self.delete_current)
        self.list.rename_requested.connect(self.rename_current)
        self.list.menu_requested.connect(self._on_menu)
        self.queue.arrived.connect(self._on_arrived)
        self.queue.failed.connect(self._on_failed)
        self.queue.changed.connect(self._show_stack)
        self.checks.changed.connect(self._on_check)
        for shown in (view, self.texts):
            shown.train_asked.connect(self._on_train)
            shown.rename_asked.connect(self.rename_current)
            shown.delete_asked.connect(self.delete_current)
            shown.leave_out_asked.connect(self._on_leave_out)
            shown.put_back_asked.connect(self._on_put_back)
            shown.check.asked.connect(self._on_check_asked)
            shown.check.stop_asked.connect(self._on_check_stop)
            shown.check.taken.connect(self._on_taken)
            shown.check.withdrawn.connect(self._on_withdrawn)
        view.relabel_asked.connect(self._on_relabel)
        view.opened.connect(self._on_opened)
        view.looks_changed.connect(self.state_changed)
        view.training.chosen.connect(self._choose)
        view.training.size_changed.connect(self._check_if_small)
        view.wall.selection_changed.connect(self.intention_changed)
        self.splitter.splitterMoved.connect(self._on_splitter)

    def _slots(self) -> tuple[tuple[Button, Callable[[], None]], ...]:
        return (
            (self.import_button, self._on_import),
            (self.second, self._on_import),
            (self.draw_button, self.doors.open_portraits),
            (self.world_button, self.doors.open_world),
            (self.bilingual_button, self.doors.open_bilingual),
            (self.catalogue_button, self.doors.open_catalogue),
            (self.empty.button, self._on_empty),
        )

    # --- the page ----------------------------------------------------------------------------------------------------

    def activate(self) -> None:
        super().activate()
        self.view.set_active(True)
        self.texts.set_active(True)
        self._refresh()
        self._check_if_small()

    def deactivate(self) -> None:
        super().deactivate()
        self.view.set_active(False)
        self.texts.set_active(False)

    def state(self) -> dict[str, Any]:
        return {
            "dataset": self._current,
            "column": self.splitter.sizes()[:1],
            "side": self.view.splitter_sizes()[-1:],
            "cell": self.view.wall.cell,
            "seen": self.view.training.seen_size,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        column, side = first_size(state.get("column"), _COLUMN), first_size(state.get("side"), 0)
        self.splitter.setSizes([column, max(self.width() - column, 400)])
        if side:
            self.view.set_splitter(side)
        takers = {"cell": self.view.set_cell, "seen": self.view.training.set_seen_size}
        for key, take in takers.items():
            if isinstance(state.get(key), int):
                take(state[key])
        self._wanted = str(state.get("dataset", ""))
        self._refresh()

    def intention(self) -> PageIntention:
        header = HeaderIntention(title=self.tr("Data"))
        return PageIntention(page=self.page_id, offers=frozenset(self.page_actions()), header=header)

    def page_actions(self) -> Mapping[str, Callable[[], None]]:
        if not self._current:
            return {}
        texts = self._holds_texts()
        select_all = self.texts.list.selectAll if texts else self.view.wall.select_all
        found: dict[str, Callable[[], None]] = {"select_all": select_all, "find": self._on_find}
        if not texts and self.view.wall.selected_count():
            found["copy"] = self.view.wall.copy_current
        if self.session.can_write:
            found |= {"rename": self.rename_current, "delete": self.delete_current}
        return found

    def arrive(self, **what: Any) -> None:
        if "dataset" in what:
            self.select(str(what["dataset"]))
        if what.get("pictures"):
            names = tuple(map(str, what["pictures"]))
            self.view.show_only(names, str(what.get("picture", names[0])), str(what.get("words") or names[0]))
        sources = what.get("sources") or ([what["source"]] if "source" in what else [])
        if sources:
            self.doors.open_import([Path(source) for source in sources])
            return
        go = self.doors
        ways = {
            "import": self._on_import,
            "portraits": go.open_portraits,
            "world": go.open_world,
            "bilingual": go.open_bilingual,
            "catalogue": go.open_catalogue,
        }
        way = ways.get(str(what.get("ask", "")))
        if way is not None:
            way()

    def take_drop(self, paths: list[Path], certificate: Mapping[str, Any] | None) -> bool:
        if certificate is not None or not paths or not self.session.can_write:
            return False
        self.doors.open_import(paths)
        return True

    def close_page(self) -> None:
        self.view.set_active(False)
        self.texts.set_active(False)
        self._covers.stop()

    # --- what is there -----------------------------------------------------------------------------------------------

    def current(self) -> DataSetRecord | None:
        """The chosen data set."""
        return self.session.lists.dataset(self._current) if self._current else None

    def select(self, name: str) -> None:
        """Choose a data set by name; unknown ones change nothing."""
        record = self.session.lists.dataset(name)
        if record is not None and record.name != self._current:
            self._current = record.name
            self.list.set_current(record.name)
            self._show_current()
            self._check_if_small()
            self.state_changed.emit()
            self.intention_changed.emit()

    def project_changed(self) -> None:
        self._project = self.session.project
        self._known, self._current, self._wanted = None, "", ""
        self.view.show_record(None)
        self.texts.show_record(None)
        for part in (self.queue, self.checks):
            part.reset()
        self._covers.stop()
        self.notices.clear()

    def _refresh(self) -> None:
        """The list of data sets may have changed: something new is chosen and checked, what has gone is not."""
        if self.session.project is not self._project:
            return  # the lists are those of the next project already; `project_changed` and `restore` follow
        records: Sequence[DataSetRecord] = self.session.datasets()
        folders = {record.folder for record in records}
        fresh = [r for r in records if r.folder not in self._known] if self._known is not None else []
        self._known = folders if self.session.project is not None else None
        self._current = self._choice(records, fresh)
        self.list.set_records(records, self._current)
        self._show_current()
        for record in fresh:
            if self.session.project is not None:
                self._start_check(record)
        self._show_stack()
        self._covers.complete()
        self._check_if_small()
        self.intention_changed.emit()

    def _choice(self, records: Sequence[DataSetRecord], fresh: Sequence[DataSetRecord]) -> str:
        """Which data set to show: the newest that came in, the remembered one, the one shown, or the first."""
        if fresh:
            return max(fresh, key=lambda record: record.created).name
        for name in (self._wanted, self._current):
            record = self.session.lists.dataset(name)
            if record is not None:
                self._wanted = ""
                return record.name
        return records[0].name if records else ""

    def _holds_texts(self) -> bool:
        """Whether the chosen data set is one of texts."""
        record = self.current()
        return record is not None and record.kind != "pictures"

    def _show_current(self) -> None:
        record, texts = self.current(), self._holds_texts()
        self.view.show_record(None if texts else record)
        self.texts.show_record(record if texts else None)
        for shown in (self.view, self.texts):
            shown.set_why_not(self.session.why_read_only())
        self._show_check()
        self._tell_note()

    def _show_stack(self) -> None:
        why = self.session.why_read_only()
        if self.session.project is None:
            why = self.tr("No project is open. Open one or make a new one first.")
        for button in (*self._bringing, self.second):
            set_enabled(button, why)
        shown = self.texts if self._holds_texts() else self.view
        self._stack.setCurrentWidget(shown if self._current else self.empty)
        if not self._current:
            self._word_empty()

    def _word_empty(self) -> None:
        if self.session.project is None:
            words = (self.tr("No project is open"), self.tr("A project holds your data sets, runs and pictures."))
            self.empty.set_words(*words, self.tr("New project…"))
        elif self.queue.entries():
            self.empty.set_words(self.tr("Data is on its way"), self.tr("It appears here in a moment."))
        else:
            sentence = self.tr(
                "Draw Portraits to begin at once, or bring your own: drop pictures or texts anywhere here."
            )
            self.empty.set_words(self.tr("No data yet"), sentence, self.tr("Draw Portraits"))
        self.second.setVisible(self.session.project is not None and not self.queue.entries())
        if self.session.project is not None:
            set_enabled(self.empty.button, self.session.why_read_only())

    # --- getting more ------------------------------------------------------------------------------------------------

    def _on_import(self) -> None:
        self.doors.open_import()

    def _on_empty(self) -> None:
        self.session.trigger("draw_portraits" if self.session.project is not None else "new_project")

    def _on_arrived(self, name: str, skipped: int) -> None:
        record = self.session.lists.dataset(name)
        if record is not None:
            severity = "warning" if skipped else "info"
            self.session.toast(spoken(arrived_words(name, record.count, skipped, record.kind)), severity=severity)

    def _on_failed(self, name: str, sentence: Text, trace: str) -> None:
        title = self.tr("{0} was not brought in.").format(name)
        self.notices.put(Notice(f"bring:{name}", title, spoken(sentence), kind="error", details=trace))

    # --- check -------------------------------------------------------------------------------------------------------

    def _check_if_small(self) -> None:
        record = self.current()
        if record is None or not self.active or record.count > _CHECK_UP_TO:
            return
        if self.checks.knows(record.folder, self.view.training.seen_size):
            return
        self._start_check(record)

    def _start_check(self, record: DataSetRecord) -> None:
        with self.session.reporting(self.tr("Checking the data set")):
            self.checks.start(record, self.view.training.seen_size)

    def _on_check(self, folder: str) -> None:
        record = self.current()
        if record is not None and record.folder == folder:
            self._show_check()

    def _show_check(self) -> None:
        record = self.current()
        if record is None:
            return
        shown = self.texts if self._holds_texts() else self.view
        card = shown.check
        card.show_report(self.checks.report(record.folder), self.checks.problem(record.folder))
        if self.checks.is_busy(record.folder):
            card.show_busy(self.checks.progress)
        shown.tell_check()

    def _on_check_asked(self) -> None:
        record = self.current()
        if record is not None:
            self._start_check(record)

    def _on_check_stop(self) -> None:
        record = self.current()
        if record is not None:
            self.checks.stop(record.folder)

    # --- choices -----------------------------------------------------------------------------------------------------

    def _on_leave_out(self, names: list[str]) -> None:
        record = self.current()
        if record is not None:
            self._choose(leave_out(record.choices, names))

    def _on_put_back(self, names: list[str]) -> None:
        record = self.current()
        if record is not None:
            self._choose(put_back(record.choices, names))

    def _on_relabel(self, names: list[str], label: str, value: str) -> None:
        record, sight = self.current(), self.view.sight
        if record is not None and sight is not None:
            choices = relabel(record.choices, names, label, value)
            self.deeds.choose(record, choices, label_counts(sight.contents, choices))

    def _on_taken(self, proposal: Proposal) -> None:
        record = self.current()
        if record is not None:
            self._choose(proposal.apply(record.choices))

    def _on_withdrawn(self, proposal: Proposal) -> None:
        record = self.current()
        if record is not None:
            self._choose(proposal.withdraw(record.choices))

    def _choose(self, choices: Choices) -> None:
        record = self.current()
        if record is not None:
            self.deeds.choose(record, choices)

    def _tell_note(self) -> None:
        record = self.current()
        if record is None:
            return
        words = self.tr("Your files stay as they are. After a change the next run prepares the pictures anew.")
        bound = self.deeds.bound_runs(record)
        if bound:
            more = self.tr("Runs that are not finished go on only with the choices they began with: {0}.")
            words += f" {more.format(count_text(bound))}"
        self.view.training.set_note(words)

    # --- one data set ------------------------------------------------------------------------------------------------

    def rename_current(self) -> None:
        """Ask for another name of the chosen data set."""
        self.doors.open_rename(self._current)

    def delete_current(self) -> None:
        """Move the chosen data set to the bin; a toast offers to bring it back."""
        record = self.current()
        if record is not None:
            self.checks.stop(record.folder)
            self.deeds.delete(record.name)

    def _on_chosen(self, name: str) -> None:
        self.select(name)

    def _on_menu(self, name: str, place: QPoint) -> None:
        menu = QMenu(self)
        menu.setObjectName("dataMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        record = self.current()
        kind = record.kind if record is not None else "pictures"
        families = family_menu(menu, kind, self.session.data_facts(self._current), self._on_train)
        set_plain(menu.addMenu(families), self.tr("Train with it"))
        menu.addAction(unmarked(self.tr("Rename…")), self.rename_current).setEnabled(self.session.can_write)
        menu.addAction(unmarked(self.tr("Delete")), self.delete_current).setEnabled(self.session.can_write)
        menu.popup(place)

    def _on_train(self, family: str) -> None:
        if self._current:
            self.session.go(page_of_family(family), dataset=self._current, run="", tab="train")

    def _on_opened(self, position: int) -> None:
        sight = self.view.sight
        if sight is not None:
            PictureDialog(self, self.session, sight, self.view.wall.shown(), position).open()

    def _on_find(self) -> None:
        search = self.texts.search if self._holds_texts() else self.view.search
        search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        search.selectAll()

    def _on_splitter(self) -> None:
        self.state_changed.emit()

    # --- dropping ----------------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Projects and pictures of ours go on to the window, everything else is imported here."""
        paths = local_paths(event.mimeData())
        if paths and self.session.can_write and understand(paths).kind not in ("project", "recall"):
            event.acceptProposedAction()
            self.veil.lift(len(paths))
        else:
            event.ignore()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.veil.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        self.veil.hide()
        event.acceptProposedAction()
        with self.session.reporting(self.tr("Taking what was dropped")):
            self.take_drop(local_paths(event.mimeData()), None)
