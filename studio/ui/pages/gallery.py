"""The Gallery page: what was made and kept. Ten thousand pictures: of those out of sight only the number is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt
from PySide6.QtGui import QImage, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from studio.config.registry import capabilities
from studio.families import FAMILIES
from studio.projects.gallery import Creation
from studio.ui import theme
from studio.ui.pages import first_panel, page_of_family
from studio.ui.pages.gallery_bar import CELLS, GalleryBar
from studio.ui.pages.gallery_details import Details
from studio.ui.pages.gallery_model import Wish, tip_of
from studio.ui.pages.gallery_thumbs import CreationThumbnails
from studio.ui.pages.gallery_works import GalleryWorks
from studio.ui.pages.page import Page
from studio.ui.palette import SIZES
from studio.ui.session import Session
from studio.ui.text import unmarked
from studio.ui.view_state import HeaderIntention, PageIntention
from studio.ui.widgets.empty_state import EmptyState
from studio.ui.widgets.frames import dense
from studio.ui.widgets.picture_grid import PictureGrid, PictureItem
from studio.ui.widgets.pictures import DragLoad

_CELL = 112
_PANE = 320
_PANE_LIMITS = (260, 560)
_READ_AT_ONCE = 100  # creations whose rows are read for the pane and for dragging


class GalleryPage(Page):
    """See the module."""

    def __init__(self, session: Session, page_id: str, parent: QWidget | None = None) -> None:
        super().__init__(session, page_id, parent)
        self._listing: list[tuple[int, bool]] | None = None
        self._wanted: list[str] = []
        self._cell, self._shown_cell = _CELL, 0
        self.works = GalleryWorks(session, self)
        self.thumbnails = CreationThumbnails(session, self._files, self)
        self._make_parts()
        self._lay_out()
        self._connect()

    # --- building ----------------------------------------------------------------------------------------------------

    def _make_parts(self) -> None:
        self.bar = GalleryBar()
        self.bar.cell.setValue(_CELL)
        self.grid = PictureGrid(cell=_CELL)
        self.grid.setObjectName("galleryGrid")
        self.grid.setAccessibleName(self.tr("Creations"))
        self.grid.setFrameShape(QFrame.Shape.NoFrame)
        theme.set_look(self.grid, kind="clear")
        self.grid.set_drag_hook(self._drag_load)
        self.grid.installEventFilter(self)
        self.details = Details(self.session)
        self.details.setMinimumWidth(_PANE_LIMITS[0])
        self.details.setMaximumWidth(_PANE_LIMITS[1])
        self.details.set_drag_hook(self._drag_chosen)
        self.empty = EmptyState("gallery", "", "", " ")
        self.empty.setObjectName("galleryEmpty")
        self.none = EmptyState("search", "", "", " ")
        self.none.setObjectName("galleryNone")
        self.none.button.setObjectName("galleryShowAll")

    def _lay_out(self) -> None:
        self._inner = QStackedWidget()
        self._inner.addWidget(self.grid)
        self._inner.addWidget(self.none)
        left = QWidget()
        column = dense(QVBoxLayout(left), padding=20, gap=12)
        column.setContentsMargins(20, 20, 12, 12)
        column.addWidget(self.bar)
        column.addWidget(self._inner, 1)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setObjectName("gallerySplitter")
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(left)
        self.splitter.addWidget(self.details)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setSizes([900, _PANE])
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.splitter)
        dense(QHBoxLayout(self), gap=0).addWidget(self._stack)

    def _connect(self) -> None:
        session, grid = self.session, self.grid
        session.gallery_changed.connect(self._on_gallery)
        session.runs_changed.connect(self._on_runs)
        self.bar.wish_changed.connect(self._on_wish)
        self.bar.cell_changed.connect(self._on_cell)
        grid.pictures.thumbnails_wanted.connect(self._on_wanted)
        grid.selection_changed.connect(self._on_selection)
        grid.entered.connect(self._on_entered)
        grid.activated_key.connect(self._on_activated)
        grid.delete_requested.connect(self._on_delete)
        grid.menu_requested.connect(self._on_menu)
        self.thumbnails.came.connect(self._on_thumbnails)
        self.details.asked.connect(self.do)
        self.details.noted.connect(self.works.set_note)
        self.empty.triggered.connect(self._on_empty)
        self.none.triggered.connect(self.show_all)
        self.splitter.splitterMoved.connect(self._on_splitter)

    # --- the page ----------------------------------------------------------------------------------------------------

    def activate(self) -> None:
        super().activate()
        self._on_gallery()

    def deactivate(self) -> None:
        super().deactivate()
        self.details.keep_note()
        self.thumbnails.stop()
        self.grid.pictures.ask_again()

    def project_changed(self) -> None:
        self.thumbnails.stop()
        self._listing = None
        self.grid.pictures.set_items([])
        self.grid.pictures.set_thumbnails({})
        self.details.show_creations(())

    def state(self) -> dict[str, Any]:
        chosen = self.grid.selected_keys()
        return {
            "wish": self.bar.wish().to_json(),
            "cell": self._cell,
            "pane": self.splitter.sizes()[-1:],
            "chosen": chosen[:50],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        self.bar.set_wish(Wish.from_json(state.get("wish")))
        cell, pane, chosen = state.get("cell"), state.get("pane"), state.get("chosen")
        if isinstance(cell, int) and CELLS[0] <= cell <= CELLS[1]:
            self.bar.cell.setValue(cell)
        if isinstance(pane, list) and pane and isinstance(pane[0], int) and pane[0] > 0:
            self.splitter.setSizes([max(self.width() - pane[0], 300), pane[0]])
        self._wanted = [key for key in chosen if isinstance(key, str)] if isinstance(chosen, list) else []
        self._listing = None
        self._on_gallery()

    def intention(self) -> PageIntention:
        header = HeaderIntention(title=self.tr("Gallery"))
        return PageIntention(page=self.page_id, offers=frozenset(self.page_actions()), header=header)

    def page_actions(self) -> Mapping[str, Callable[[], None]]:
        if not self._listing and not self.bar.wish().narrows:
            return {}
        found: dict[str, Callable[[], None]] = {"find": self._focus_search, "select_all": self.grid.selectAll}
        if self.grid.selectionModel().hasSelection():
            found |= {"copy": partial(self.do, "copy"), "export": partial(self.do, "export")}
            if self.session.can_write:
                found["delete"] = partial(self.do, "delete")
        return found

    def arrive(self, **what: Any) -> None:
        if what.get("run"):
            self.bar.set_wish(Wish(run=str(what["run"])))
            self._on_wish()
        if what.get("ids"):
            self._wanted = [str(id) for id in what["ids"]]
            self._choose_wanted()

    def close_page(self) -> None:
        self.details.keep_note()
        self.bar.stop()
        self.works.stop()
        self.thumbnails.stop()

    # --- what is shown -----------------------------------------------------------------------------------------------

    def _on_gallery(self) -> None:
        """Something was kept, changed or deleted."""
        project = self.session.project
        if self.active and project is not None:
            with self.session.reporting(self.tr("Reading the gallery")):
                self.bar.offer(project.gallery.kinds())
        self._renew()

    def _renew(self) -> None:
        """Read which creations there are; those whose pictures are here already keep them."""
        project = self.session.project
        if not self.active:
            return
        if project is None:
            self._show_stack(0)
            return
        with self.session.reporting(self.tr("Reading the gallery")):
            total = project.gallery.count()
            listing = project.gallery.listing(self.bar.wish().filter(), order=self.bar.wish().order)
            if listing != self._listing:
                self._fill(listing)
            self.bar.set_counts(len(listing), total)
            self._show_stack(total)
            self._show_details()
        self.intention_changed.emit()

    def _fill(self, listing: list[tuple[int, bool]]) -> None:
        """Show another list; what was chosen stays chosen, after a deletion its neighbour is."""
        before = self._listing or []
        chosen = self.grid.selected_keys()
        self._listing = listing
        same = [id for id, _ in before] == [id for id, _ in listing]
        if same:
            self._show_stars([(id, star) for (id, star), old in zip(listing, before, strict=True) if star != old[1]])
            return
        bar = self.grid.verticalScrollBar()
        place = bar.value()
        self.grid.pictures.set_items([PictureItem(str(id), star=star) for id, star in listing])
        self.grid.doItemsLayout()
        bar.setValue(place)
        self._choose_after(before, chosen)

    def _show_stars(self, changed: Sequence[tuple[int, bool]]) -> None:
        pictures = self.grid.pictures
        for id, star in changed:
            pictures.update_item(replace(pictures.item(pictures.row_of(str(id))), star=star))

    def _choose_after(self, before: Sequence[tuple[int, bool]], chosen: list[str]) -> None:
        if self._wanted:
            self._choose_wanted()
            return
        there = [key for key in chosen if self.grid.pictures.row_of(key) >= 0]
        if not there and chosen and self.grid.pictures.rowCount():
            at = next((row for row, (id, _) in enumerate(before) if str(id) == chosen[0]), 0)
            there = [self.grid.pictures.item(min(at, self.grid.pictures.rowCount() - 1)).key]
        if there:
            self.grid.select_keys(there)

    def _choose_wanted(self) -> None:
        there = [key for key in self._wanted if self.grid.pictures.row_of(key) >= 0]
        if there:
            self._wanted = []
            self.grid.select_keys(there)

    def _show_stack(self, total: int) -> None:
        self._stack.setCurrentWidget(self.splitter if total else self.empty)
        self._inner.setCurrentWidget(self.grid if self._listing else self.none)
        if not total:
            self._word_empty()
        elif not self._listing:
            words = self.tr("No creation has all of this.")
            self.none.set_words(self.tr("Nothing found"), words, self.tr("Show all"))

    def _word_empty(self) -> None:
        if self.session.project is None:
            words = self.tr("A project holds your data sets, runs and pictures.")
            self.empty.set_words(self.tr("No project is open"), words, self.tr("New project…"))
            return
        words = self.tr("Generate pictures with a trained model and keep those you like: they appear here.")
        self.empty.set_words(self.tr("Nothing kept yet"), words, self.tr("Generate pictures"))

    # --- rows and pictures -------------------------------------------------------------------------------------------

    def creations(self, keys: Sequence[str]) -> list[Creation]:
        """The creations of these keys in their order; those that are gone are left out."""
        project = self.session.project
        if project is None or not keys:
            return []
        found = {str(creation.id): creation for creation in project.gallery.some([int(key) for key in keys])}
        return [found[key] for key in keys if key in found]

    def chosen(self, most: int = _READ_AT_ONCE) -> list[Creation]:
        """The chosen creations, at most so many."""
        return self.creations(self.grid.selected_keys()[:most])

    def _files(self, keys: Sequence[str]) -> dict[str, str]:
        """Names of files by key; unknown keys are left out."""
        with self.session.reporting(self.tr("Reading the gallery")):
            return {str(creation.id): creation.file for creation in self.creations(keys)}
        return {}

    def _on_entered(self, index: QModelIndex) -> None:
        """The pointer is over a picture: now its words are wanted, not before."""
        item = self.grid.pictures.item(index.row())
        found = self.creations([item.key]) if not item.tip else []
        if found:
            self.grid.pictures.update_item(replace(item, tip=tip_of(found[0])))

    def _on_wanted(self, keys: list[str]) -> None:
        if self.active:
            self.thumbnails.side = round(CELLS[1] * self.devicePixelRatioF())
            if self.thumbnails.want(keys):
                self.grid.pictures.ask_again()

    def _on_thumbnails(self, images: dict[str, QImage]) -> None:
        self.grid.pictures.set_thumbnails(images)

    def _show_details(self) -> None:
        keys = self.grid.selected_keys()
        shown = self.creations(keys[:_READ_AT_ONCE])
        self.details.show_creations(shown)

    # --- what the user does ------------------------------------------------------------------------------------------

    def do(self, work: str) -> None:
        """Do something with what is chosen."""
        with self.session.reporting(self.tr("Working on creations")):
            chosen = self.chosen(len(self._listing or ()))
            if not chosen:
                return
            works: dict[str, Callable[[], None]] = {
                "star": partial(self.works.star, chosen),
                "delete": partial(self.works.delete, [creation.id for creation in chosen]),
                "export": partial(self.works.export, chosen),
                "copy": partial(self.works.copy, chosen[0]),
                "recall": partial(self.works.recall, chosen[0]),
                "look": partial(self.works.look, chosen[0]),
                "run": partial(self.works.show_run, chosen[0]),
            }
            works[work]()

    def show_all(self) -> None:
        """Take every filter away."""
        self.bar.set_wish(Wish(oldest=self.bar.wish().oldest))
        self._on_wish()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.grid and event.type() == QEvent.Type.Resize:
            self._fill_width()
        pressed = watched is self.grid and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress
        if pressed and event.key() == Qt.Key.Key_S and not event.modifiers() and self.session.can_write:  # type: ignore[attr-defined]
            self.do("star")
            return True
        return False

    def _on_wish(self) -> None:
        self._renew()
        self.grid.scrollToTop()
        self.state_changed.emit()

    def _on_cell(self, cell: int) -> None:
        self._cell = cell
        self._fill_width()
        self.state_changed.emit()

    def _fill_width(self) -> None:
        """Cells at least as large as was asked for, so many that no room stays at the right."""
        bar = self.grid.verticalScrollBar().sizeHint().width() + 2
        room = max(self.grid.width() - bar, self._cell + SIZES.gap)
        columns = room // (self._cell + SIZES.gap)
        cell = room // columns - SIZES.gap
        if cell != self._shown_cell:
            self._shown_cell = cell
            self.grid.set_cell(cell)

    def _on_selection(self) -> None:
        with self.session.reporting(self.tr("Reading the gallery")):
            self._show_details()
        self.state_changed.emit()
        self.intention_changed.emit()

    def _on_activated(self, key: str) -> None:
        found = self.creations([key])
        if found:
            self.works.recall(found[0])

    def _on_delete(self) -> None:
        if self.session.can_write:
            self.do("delete")
        else:
            self.session.toast(self.session.why_read_only(), severity="warning")

    def _on_runs(self) -> None:
        if self.active:
            self._show_details()

    def _on_menu(self, keys: list[str], spot: QPoint) -> None:
        menu = self.build_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(spot)

    def build_menu(self) -> QMenu:
        """The works as a menu, as far as they can be done now."""
        menu = QMenu(self.grid)
        menu.setObjectName("galleryMenu")
        details = self.details
        star = self.tr("Take the star away") if details.star.isChecked() else self.tr("Star")
        lines = (
            ("recall", self.tr("Make it again"), details.recall),
            ("look", self.tr("Look inside"), details.look),
            ("run", self.tr("Show the run"), details.run),
            ("star", star, details.star),
            ("copy", self.tr("Copy"), details.copy),
            ("export", self.tr("Export…"), details.export),
            ("delete", self.tr("Delete"), details.delete),
        )
        for work, words, button in lines:
            action = menu.addAction(unmarked(words))
            action.setObjectName(f"galleryMenu_{work}")
            action.setEnabled(button.isEnabled() and not button.isHidden())
            action.triggered.connect(partial(self._on_menu_action, work))
        return menu

    def _on_menu_action(self, work: str, checked: bool = False) -> None:
        self.do(work)

    def _drag_load(self, keys: list[str]) -> DragLoad:
        return self.works.drag_load(self.creations(keys[:_READ_AT_ONCE]))

    def _drag_chosen(self) -> DragLoad:
        return self.works.drag_load(self.chosen(1))

    def _focus_search(self) -> None:
        self.bar.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.bar.search.selectAll()

    def _on_splitter(self) -> None:
        self.state_changed.emit()

    def _on_empty(self) -> None:
        if self.session.project is None:
            self.session.trigger("new_project")
        else:
            self.session.go(self._maker(), tab="create")

    def _maker(self) -> str:
        """The panel of the newest run that makes pictures, else the first one."""
        families = [info.family for info in self.session.runs() if info.family in FAMILIES]
        makers = [family for family in families if "pictures" in capabilities(family)]
        return page_of_family(makers[0]) if makers else first_panel()
