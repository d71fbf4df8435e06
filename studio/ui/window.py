"""The window: navigation, header, pages and status bar around one session; it resolves and applies the view state."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QKeySequence,
    QMouseEvent,
    QMoveEvent,
    QPaintEvent,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import (
    QAbstractButton,
    QGridLayout,
    QMainWindow,
    QMenu,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from studio.ground.errors import Text, text
from studio.ui import drops, theme
from studio.ui.actions import ACTIONS, MENUS, ActionSet, menu_title, page_shortcuts
from studio.ui.banners import Banners
from studio.ui.header import Header
from studio.ui.header_items import DRAW, IMPORT, MEASURE, checkpoint_items, data_items, run_items
from studio.ui.leaving import Leaving
from studio.ui.machine import MachineWatch
from studio.ui.navigation import Navigation
from studio.ui.notes import leave_note
from studio.ui.page_stack import PageStack
from studio.ui.pages import page_of_family
from studio.ui.palette_entries import palette_entries
from studio.ui.persistence import log_folder
from studio.ui.projects_door import ProjectsDoor
from studio.ui.reality import reality_of
from studio.ui.session import Session
from studio.ui.status_bar import StatusBar
from studio.ui.text import show_tooltip, unmarked
from studio.ui.toasts import Toaster
from studio.ui.view_state import PageIntention, Reality, RunView, ViewState, resolve, steered
from studio.ui.widgets.frames import dense, rule
from studio.ui.window_actions import WindowActions
from studio.ui.words import spoken

_NARROW_BELOW = 1040
_SIZE = (1280, 800)
_FIRST_PAINT_MS = 120
_HOUSEKEEPING_MS = 2000


class StudioWindow(QMainWindow):
    """See the module. Made by `studio.app.create_window`."""

    closed = Signal()
    """Everything is saved and let go, and the window is gone: the program may end."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.setObjectName("studioWindow")
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setFocus()  # or the first button in the tab order would show a ring that nobody asked for
        self.setMinimumSize(760, 520)
        self.resize(*_SIZE)
        self.session = session
        self.intention = PageIntention()
        self.reality = Reality()
        self.view: ViewState | None = None
        self._machine = MachineWatch()
        self._painted = False
        self._paints_first = False
        self._page_wanted = ""
        self._done = False
        self._unsaved_looks = 0
        self.leaving = Leaving(session, self)
        self.door = ProjectsDoor(session, self.leaving, self)
        self.actions_table = ActionSet(self)
        self._build()
        self.pages = PageStack(session, self._stack, self)
        self.does = WindowActions(self)
        self._resolving = QTimer(self)
        self._resolving.setSingleShot(True)
        self._resolving.timeout.connect(self._resolve)
        self._housekeeping = QTimer(self)
        self._housekeeping.timeout.connect(self._keep_house)
        self._connect()
        self._restore_place()

    def paint_first(self) -> None:
        """Before it is shown: paint the frame of the window, and build its first page right after that."""
        self._paints_first = True

    def show_page(self, page_id: str) -> None:
        """Show a page now, or as soon as the frame is painted; see :meth:`paint_first`."""
        if self._paints_first and not self._painted:
            self._page_wanted = page_id
            self.navigation.set_current(page_id)
        else:
            self.pages.show(page_id)

    # --- building ----------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        self.navigation = Navigation()
        self.header = Header()
        self.status = StatusBar()
        self._stack = QStackedWidget()
        self._stack.setObjectName("pageStack")
        self.banners = Banners(self.session)
        main = QWidget()
        main.setObjectName("mainColumn")
        column = dense(QVBoxLayout(main), gap=0)
        column.addWidget(self.header)
        column.addWidget(rule())
        column.addWidget(self.banners)
        column.addWidget(self._stack, 1)
        central = QWidget()
        grid = QGridLayout(central)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(0)
        line = rule()
        line.setFixedSize(1, 16777215)
        line.setMinimumHeight(0)
        grid.addWidget(self.navigation, 0, 0)
        grid.addWidget(line, 0, 1)
        grid.addWidget(main, 0, 2)
        grid.addWidget(rule(), 1, 0, 1, 3)
        grid.addWidget(self.status, 2, 0, 1, 3)
        grid.setColumnStretch(2, 1)
        grid.setRowStretch(0, 1)
        self.setCentralWidget(central)
        self.toaster = Toaster(main)
        self._menu = self._make_menu()
        self._page_keys()

    def _make_menu(self) -> QMenu:
        """The menu behind the button of the navigation; the same menus stand in the bar on macOS."""
        menu = QMenu(self)
        menu.setObjectName("mainMenu")
        for name in MENUS:
            part = menu.addMenu(menu_title(name))
            part.setObjectName(f"menu_{name}")
            self.actions_table.fill_menu(part, name)
            part.setToolTipsVisible(True)
            if name == MENUS[0]:
                self._recent_menu = part.addMenu(self.tr("Open lately"))
                self._recent_menu.setObjectName("menu_recent")
                self._recent_menu.aboutToShow.connect(self._fill_recent)
            if self.menuBar().isNativeMenuBar():
                self.menuBar().addMenu(part)
        self.menuBar().setVisible(self.menuBar().isNativeMenuBar())
        return menu

    def _fill_recent(self) -> None:
        self._recent_menu.clear()
        for recent in self.session.user.recent:
            action = self._recent_menu.addAction(unmarked(recent.name))
            action.setData(f"open:{recent.path}")
            action.setEnabled(recent.there())
            action.triggered.connect(self._on_action)

    def _page_keys(self) -> None:
        for page_id, keys in page_shortcuts():
            shortcut = QShortcut(QKeySequence(keys, QKeySequence.SequenceFormat.PortableText), self)
            shortcut.setObjectName(f"go_{page_id}")
            shortcut.setProperty("page", page_id)
            shortcut.activated.connect(self._on_page_key)
        menu_key = QShortcut(QKeySequence("F10"), self)
        menu_key.activated.connect(self._on_menu_key)

    def _connect(self) -> None:
        session = self.session
        for spec in ACTIONS:
            self.actions_table[spec.id].triggered.connect(self._on_action)
        for signal in (session.reality_changed, session.selection_changed, self.pages.intention_changed):
            signal.connect(self._resolve_soon)
        theme.watcher().changed.connect(self._resolve_soon)
        session.project_changed.connect(self._on_project)
        session.navigated.connect(self._on_navigated)
        session.triggered.connect(self.does.run)
        session.toasted.connect(self.toaster.put)
        session.failed.connect(self._on_failed)
        session.preferences_changed.connect(self._on_preferences)
        session.line.ended.connect(self._on_run_ended)
        self.pages.shown.connect(self._on_shown)
        self.navigation.chosen.connect(self.pages.show)
        self.navigation.menu_asked.connect(self._on_menu)
        self.header.asked.connect(self.does.run)
        self.header.picked.connect(self._on_picked)
        self.status.run_asked.connect(self._on_run_asked)
        self.status.queue_asked.connect(self._on_queue_asked)
        self.status.cancel_asked.connect(self._on_cancel)
        session.memory.watch("window", self._window_state)

    # --- the view state ----------------------------------------------------------------------------------------------

    def _resolve_soon(self) -> None:
        if not self._resolving.isActive():
            self._resolving.start(0)

    def _resolve(self) -> None:
        """Intention and reality into a view state; only what differs from the last one is applied."""
        page = self.pages.current
        self.intention = page.intention() if page is not None else PageIntention()
        machine = self._machine.words(self.session.device_facts) if self._machine.measured else ""
        self.reality = reality_of(self.session, machine=machine, saving=self._unsaved_looks > 1)
        state = resolve(self.intention, self.reality)
        self._fill_pickers()
        if state != self.view:
            self.view = state
            self._apply(state)

    def _apply(self, state: ViewState) -> None:
        for name, view in state.actions.items():
            self.actions_table.apply(name, view)
        self.actions_table["full_screen"].setChecked(self.isFullScreen())
        self.header.apply(state, self.actions_table)
        self.status.apply(state.status)
        self.navigation.set_training(page_of_family(state.training_family) if state.training_family else "")
        self.banners.apply(state)
        if self.windowTitle() != state.title:
            self.setWindowTitle(state.title)

    def _fill_pickers(self) -> None:
        header, chosen = self.intention.header, self.session.selection(self.intention.family)
        if header.data:
            self.header.set_items("data", data_items(self.session, self.intention.family), chosen.dataset)
        if header.run:
            self.header.set_items("run", run_items(self.session, self.intention.family), chosen.run)
        if header.checkpoint:
            self.header.set_items("checkpoint", checkpoint_items(self.session, chosen.run), chosen.checkpoint)

    def why_not(self, action: str) -> str:
        """Why an action cannot be done now; empty where it can."""
        self._resolve()
        view = self.view.actions.get(action) if self.view is not None else None
        return spoken(view.why_not) if view is not None else ""

    def steered_run(self) -> RunView | None:
        """The live run that Pause and Stop mean."""
        return steered(self.intention, self.reality)

    # --- what the user does ------------------------------------------------------------------------------------------

    def _on_action(self) -> None:
        self.does.run(str(self.sender().data()))  # type: ignore[attr-defined]

    def _on_page_key(self) -> None:
        self.pages.show(str(self.sender().property("page")))

    def _on_menu(self, place: QPoint) -> None:
        self._menu.popup(place)

    def _on_menu_key(self) -> None:
        self.navigation.menu_button().click()

    def _on_picked(self, picker: str, key: str) -> None:
        if key == IMPORT:
            self.does.run("import_data")
        elif key == DRAW:
            self.does.run("draw_portraits")
        elif key == MEASURE:
            self.does.run("measure")
        else:
            field = "dataset" if picker == "data" else picker
            self.session.select(self.intention.family, **{field: key})

    def _on_run_asked(self, run: str) -> None:
        view = self.reality.run(run)
        self.session.go(page_of_family(view.family if view is not None else ""), run=run, tab="train")

    def _on_queue_asked(self) -> None:
        self.session.go("runs", queue=True)

    def _on_cancel(self, number: int) -> None:
        job = self.session.board.find(number)
        if job is not None:
            job.stop()

    def open_palette(self) -> None:
        """Open the command palette over the window."""
        from studio.ui.command_palette import CommandPalette

        self._resolve()
        palette = CommandPalette(palette_entries(self), self)
        palette.open_over(self)

    def toggle_full_screen(self) -> None:
        """Fill the screen, or go back to the size before."""
        self.showNormal() if self.isFullScreen() else self.showFullScreen()
        self._resolve_soon()

    # --- what happens ------------------------------------------------------------------------------------------------

    def _on_navigated(self, page_id: str, what: Mapping[str, Any]) -> None:
        page = self.pages.show(page_id)
        if what:
            page.arrive(**dict(what))
        self._resolve_soon()

    def _show_wanted(self) -> None:
        if self._page_wanted and not self._done:
            self.pages.show(self._page_wanted)

    def _on_shown(self, page_id: str) -> None:
        self._page_wanted = ""
        self.navigation.set_current(page_id)
        self.session.memory.touch("window")
        self._resolve()

    def _on_project(self) -> None:
        self.banners.project_changed()
        self.pages.project_changed()
        kept = self.session.memory.read("window")
        fresh = "data" if self.session.project is not None else "home"
        self.show_page(str(kept.get("page", fresh)))
        self._resolve()

    def _on_failed(self, doing: str, error: BaseException | Text, trace: str) -> None:
        from studio.ui import dialogs

        dialogs.show_error(self, doing, error, trace=trace, log=log_folder() / "studio.log")

    def _on_preferences(self) -> None:
        wanted = self.session.preferences.theme
        if theme.choice() != wanted:
            theme.choose(wanted)

    def _on_run_ended(self, name: str, ended: Any) -> None:
        words = {
            "finished": self.tr("{0} has finished."),
            "stopped": self.tr("{0} has stopped; its checkpoint is saved."),
            "interrupted": self.tr("{0} was interrupted."),
        }
        if ended.status in words and not self.session.closing:
            said = words[ended.status].format(name or self.tr("The run"))
            self.session.toast(said)
            if self.session.preferences.notify:
                leave_note(self, said)
        if ended.status == "failed":
            doing = self.tr("Training {0}").format(name or self.tr("The run"))
            self.session.report(ended.error or text("It ended without saying why."), doing, ended.trace)
        self._resolve_soon()

    def _keep_house(self) -> None:
        self._machine.measure()
        project = self.session.project
        self._unsaved_looks = self._unsaved_looks + 1 if project is not None and project.unsaved else 0
        self.toaster.expire()
        self._resolve_soon()

    # --- place and size ----------------------------------------------------------------------------------------------

    def _window_state(self) -> dict[str, Any]:
        return {"page": self._page_wanted or self.pages.current_id, "geometry": self._geometry()}

    def _geometry(self) -> str:
        return bytes(self.saveGeometry().toBase64().data()).decode("ascii")

    def _restore_place(self) -> None:
        geometry = self.session.user.window.get("geometry")
        if isinstance(geometry, str):
            self.restoreGeometry(QByteArray.fromBase64(geometry.encode("ascii", "replace")))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.navigation.set_narrow(self.width() < _NARROW_BELOW)
        self.session.memory.touch("window")

    def moveEvent(self, event: QMoveEvent) -> None:
        super().moveEvent(event)
        self.session.memory.touch("window")

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self, self._show_wanted)
            QTimer.singleShot(_FIRST_PAINT_MS, self, self._after_first_paint)

    def _after_first_paint(self) -> None:
        if not self._done:
            self.session.begin()
            self._housekeeping.start(_HOUSEKEEPING_MS)
            self.session.engine.load()

    # --- pointer -----------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click on something disabled arrives here: say why it is."""
        child = self.childAt(event.position().toPoint())
        if isinstance(child, QAbstractButton) and not child.isEnabled() and child.toolTip():
            show_tooltip(child, event.globalPosition().toPoint())
        super().mousePressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if drops.local_paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = drops.local_paths(event.mimeData())
        event.acceptProposedAction()
        with self.session.reporting(self.tr("Taking what was dropped")):
            self.does.take_drop([Path(p) for p in paths])

    # --- closing -----------------------------------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closes at once where nothing works; else asks, stops with a checkpoint, and closes when that is done."""
        if self._done:
            event.accept()
            return
        event.ignore()
        self.leaving.leave(self._finish)
        if self._done:
            event.accept()
        else:
            self._resolve_soon()

    def stop_and_close(self) -> None:
        """Close without a question, a run that trains with its checkpoint: for Ctrl-C and the end of the session."""
        if not self._done:
            self.leaving.leave(self._finish, ask=False)

    def _finish(self) -> None:
        """Save, let everything go, and close."""
        self._done = True
        for timer in (self._resolving, self._housekeeping):
            timer.stop()
        self.session.user.window = {"geometry": self._geometry()}
        self.session.user.save()
        self.session.memory.touch("window")
        self.pages.touch_all()
        self.session.memory.write()
        self.hide()
        self.pages.close()
        self.session.shut()
        project, self.session.project = self.session.project, None
        if project is not None:
            with self.session.reporting(self.tr("Closing the project")):
                project.flush()
                project.close()
        theme.watcher().changed.disconnect(self._resolve_soon)
        self.close()
        self.closed.emit()
