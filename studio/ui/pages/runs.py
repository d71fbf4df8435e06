"""The Runs page: all runs with their state, what waits, and the chosen ones compared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from studio.ui.pages import first_panel, page_title
from studio.ui.pages.page import Page
from studio.ui.pages.runs_compare import Comparison
from studio.ui.pages.runs_queue import QueueCard
from studio.ui.pages.runs_rows import RunRow, matching, rows_of
from studio.ui.pages.runs_table import RunsTable
from studio.ui.pages.runs_works import RunsWorks
from studio.ui.session import Session
from studio.ui.text import Label, count_text
from studio.ui.view_state import HeaderIntention, PageIntention
from studio.ui.widgets.buttons import Button, icon_button
from studio.ui.widgets.empty_state import EmptyState
from studio.ui.widgets.frames import Frame, dense

_RENEW_MS = 400
_BUTTONS = ("open", "resume", "stop", "renew")
_ICONS = {"open": "eye", "resume": "play", "stop": "stop", "renew": "plus"}


class RunsPage(Page):
    """See the module."""

    def __init__(self, session: Session, page_id: str, parent: QWidget | None = None) -> None:
        super().__init__(session, page_id, parent)
        self._rows: list[RunRow] = []
        self._wanted: list[str] = []
        self.works = RunsWorks(session, self)
        self._renewing = QTimer(self)
        self._renewing.setObjectName("runsRenewTimer")
        self._renewing.setSingleShot(True)
        self._renewing.setInterval(_RENEW_MS)
        self._renewing.timeout.connect(self._renew)
        self._make_parts()
        self._lay_out()
        self._connect()

    # --- building ----------------------------------------------------------------------------------------------------

    def _make_parts(self) -> None:
        self.queue = QueueCard(self.session)
        self.table = RunsTable()
        self.table.setObjectName("runsTable")
        self.table.setAccessibleName(self.tr("All runs"))
        self.comparison = Comparison(self.session)
        self.search = QLineEdit()
        self.search.setObjectName("runsFind")
        self.search.setAccessibleName(self.tr("Find runs"))
        self.search.setPlaceholderText(self.tr("Find runs"))
        self.search.setClearButtonEnabled(True)
        self.search.setMaximumWidth(240)
        self._count = Label(role="dim")
        self._count.setObjectName("runsCount")
        self.buttons = {work: self._button(work) for work in _BUTTONS}
        self.more = icon_button("more", self.tr("What else can be done"))
        self.more.setObjectName("runsMore")
        self.more.clicked.connect(self._on_more)
        self.empty = EmptyState("runs", "", "", " ")
        self.empty.setObjectName("runsEmpty")

    def _button(self, work: str) -> Button:
        button = Button(self.works.words()[work], kind="small", icon=_ICONS[work])
        button.setObjectName(f"runs_{work}")
        button.clicked.connect(partial(self._on_button, work))
        return button

    def _lay_out(self) -> None:
        bar = dense(QHBoxLayout(), gap=8)
        bar.addWidget(self.search, 1)
        bar.addSpacing(4)
        bar.addWidget(self._count)
        bar.addStretch(1)
        for button in self.buttons.values():
            bar.addWidget(button)
        bar.addWidget(self.more)
        card = Frame("card", padding=4)
        card.add(self.table)
        upper = QWidget()
        column = dense(QVBoxLayout(upper), gap=12)
        column.setContentsMargins(0, 0, 0, 10)
        column.addWidget(self.queue)
        column.addLayout(bar)
        column.addWidget(card, 1)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setObjectName("runsSplitter")
        self.splitter.setProperty("kind", "clear")
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(upper)
        self.splitter.addWidget(self.comparison)
        self.splitter.setSizes([300, 400])
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.splitter)
        dense(QVBoxLayout(self), padding=20).addWidget(self._stack)

    def _connect(self) -> None:
        session = self.session
        session.runs_changed.connect(self._renew)
        session.datasets_changed.connect(self._show_works)
        session.training_changed.connect(self._renew_soon)
        session.device_changed.connect(self._show_works)
        self.works.noted.connect(self._renew)
        self.search.textChanged.connect(self._on_find)
        self.table.chosen.connect(self._on_chosen)
        self.table.opened.connect(self._on_opened)
        self.table.delete_requested.connect(partial(self.works.do, "delete"))
        self.table.menu_requested.connect(self._on_menu)
        self.comparison.colours_changed.connect(self.table.runs.set_colours)
        self.comparison.state_changed.connect(self.state_changed)
        self.comparison.export_requested.connect(self.works.export_curves)
        self.comparison.measure_asked.connect(partial(self.works.do, "measure"))
        self.splitter.splitterMoved.connect(self._on_splitter)
        self.empty.triggered.connect(self._on_empty)

    # --- the page ----------------------------------------------------------------------------------------------------

    def activate(self) -> None:
        super().activate()
        self._renew()
        self.comparison.set_active(True)

    def deactivate(self) -> None:
        super().deactivate()
        self._renewing.stop()
        self.comparison.set_active(False)

    def project_changed(self) -> None:
        self._rows, self._wanted = [], []
        self.comparison.forget()
        self.search.clear()

    def state(self) -> dict[str, Any]:
        return {
            "chosen": self.table.names(),
            "sizes": self.splitter.sizes(),
            "sort": [self.table.runs.order[0], self.table.runs.order[1].value],
            "comparison": self.comparison.state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        chosen, sizes, sort, comparison = (state.get(k) for k in ("chosen", "sizes", "sort", "comparison"))
        self._wanted = [name for name in chosen if isinstance(name, str)] if isinstance(chosen, list) else []
        if isinstance(sizes, list) and len(sizes) == 2 and all(isinstance(size, int) and size > 0 for size in sizes):
            self.splitter.setSizes(sizes)
        if isinstance(sort, list) and len(sort) == 2 and sort[0] in range(1, 9) and sort[1] in (0, 1):
            self.table.sortByColumn(sort[0], Qt.SortOrder(sort[1]))
        self.comparison.restore(comparison if isinstance(comparison, dict) else {})
        if self.active:
            self._renew()

    def intention(self) -> PageIntention:
        header = HeaderIntention(title=self.tr("Runs"))
        run = self.works.rows[0].name if len(self.works.rows) == 1 else ""
        return PageIntention(page=self.page_id, offers=frozenset(self.page_actions()), header=header, run=run)

    def page_actions(self) -> Mapping[str, Callable[[], None]]:
        if not self._rows:
            return {}
        found: dict[str, Callable[[], None]] = {"find": self._focus_find, "select_all": self.table.selectAll}
        for action, work in (("rename", "rename"), ("delete", "delete"), ("export", "export")):
            if not self.works.why_not(work):
                found[action] = partial(self.works.do, work)
        return found

    def arrive(self, **what: Any) -> None:
        names = what.get("runs") or ([what["run"]] if what.get("run") else [])
        if names:
            self.search.clear()
            self._wanted = [str(name) for name in names]
            self._renew()
        if what.get("view"):
            self.comparison.show_view(str(what["view"]))
        if what.get("queue") and not self.queue.isHidden():
            self.queue.setFocus()

    def close_page(self) -> None:
        self._renewing.stop()
        self.comparison.set_active(False)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def _renew_soon(self) -> None:
        if self.active and not self._renewing.isActive():
            self._renewing.start()

    def _renew(self) -> None:
        """Show the runs as they are now."""
        if not self.active:
            return
        self.queue.renew()
        self._rows = rows_of(self.session, self.works.notes())
        waiting = bool(self.session.line.queue.waiting)
        self._stack.setCurrentWidget(self.splitter if self._rows or waiting else self.empty)
        if not self._rows:
            self._word_empty()
        self._show_rows()

    def _show_rows(self) -> None:
        shown = matching(self._rows, self.search.text())
        self.table.set_rows(shown)
        self._choose_wanted()
        total, here = len(self._rows), len(shown)
        one = self.tr("1 run") if total == 1 else self.tr("{0} runs").format(count_text(total))
        self._count.setText(one if here == total else self.tr("{0} of {1}").format(count_text(here), one))
        self._take_up(self.table.names())

    def _choose_wanted(self) -> None:
        """What someone came for, what was chosen last time, or the newest."""
        there = [name for name in self._wanted if self.table.runs.place(name) >= 0]
        if there:
            self._wanted = []
            self.table.choose(there)
        elif not self.table.names() and self.table.runs.rows() and not self._wanted:
            self.table.choose([self._newest()])

    def _newest(self) -> str:
        return max(self.table.runs.rows(), key=lambda row: row.started or 0.0).name

    def _take_up(self, names: list[str]) -> None:
        by_name = {row.name: row for row in self._rows}
        rows = [by_name[name] for name in names if name in by_name]
        same = [row.name for row in rows] == [row.name for row in self.works.rows]
        self.works.rows = rows
        self._show_works()
        if not same or [row.title for row in rows] != self._titles:
            self._titles = [row.title for row in rows]
            self.comparison.show_rows(rows)
            self.intention_changed.emit()

    _titles: list[str] = []

    def _show_works(self) -> None:
        words = self.works.words()
        for work, button in self.buttons.items():
            button.set_text(words[work])
            button.set_available(self.works.why_not(work))
        self.more.set_available("" if self.works.rows else self.tr("Choose a run in the table first."))

    def _word_empty(self) -> None:
        if self.session.project is None:
            words = self.tr("A project holds your data sets, runs and pictures.")
            self.empty.set_words(self.tr("No project is open"), words, self.tr("New project…"))
            return
        words = self.tr("Every training is a run: it stays here with its curves, samples and settings, to be compared.")
        button = self.tr("Train: {0}").format(page_title(first_panel()))
        self.empty.set_words(self.tr("No runs yet"), words, button)

    # --- what the user does ------------------------------------------------------------------------------------------

    def _on_chosen(self, names: list[str]) -> None:
        self._take_up(names)
        self.state_changed.emit()

    def _on_opened(self, name: str) -> None:
        row = next((row for row in self._rows if row.name == name), None)
        if row is not None:
            self.works.rows = [row]
            self.works.do("open")

    def _on_button(self, work: str) -> None:
        self.works.do(work)

    def _on_more(self) -> None:
        self._pop_up(self.more.mapToGlobal(QPoint(0, self.more.height())), _BUTTONS)

    def _on_menu(self, spot: QPoint) -> None:
        self._pop_up(spot, ())

    def _pop_up(self, spot: QPoint, leave_out: tuple[str, ...]) -> None:
        menu = self.works.build_menu(leave_out)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(spot)

    def _on_find(self) -> None:
        self._show_rows()

    def _focus_find(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _on_splitter(self) -> None:
        self.state_changed.emit()

    def _on_empty(self) -> None:
        if self.session.project is None:
            self.session.trigger("new_project")
        else:
            self.session.go(first_panel(), tab="train")
