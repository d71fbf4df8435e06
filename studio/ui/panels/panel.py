"""The frame that all model panels share: Train, Create and Look inside at the left, the canvas at the right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from studio.ui import theme
from studio.ui.pages import BY_ID, page_title
from studio.ui.pages.page import Page
from studio.ui.panels.tab import PanelTab
from studio.ui.session import Session
from studio.ui.view_state import PageIntention
from studio.ui.widgets.frames import dense
from studio.ui.widgets.segmented import Segment, Segmented

TABS = ("train", "create", "look")
_COLUMN = 272
_COLUMN_LIMITS = (232, 420)


class ModelPanel(Page):
    """A family's panel. Subclasses say how a tab is made in `make_tab`; everything else is done here."""

    def __init__(self, session: Session, page_id: str, parent: QWidget | None = None) -> None:
        super().__init__(session, page_id, parent)
        self.family = BY_ID[page_id].family
        self._tabs: dict[str, PanelTab] = {}
        self._tab_states: dict[str, dict[str, Any]] = {}
        self._column_width = _COLUMN
        self._build()
        session.selection_changed.connect(self._on_selection)
        self.show_tab(TABS[0])

    def make_tab(self, tab: str) -> PanelTab:
        """Build one tab; called once for each, when it is first shown."""
        raise NotImplementedError

    def tab_words(self) -> Mapping[str, str]:
        """What the tabs are called; a family may have its own word for one."""
        return {"train": self.tr("Train"), "create": self.tr("Create"), "look": self.tr("Look inside")}

    # --- building ----------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        words = self.tab_words()
        self.segments = Segmented([Segment(tab, words[tab]) for tab in TABS])
        self.segments.setObjectName(f"{self.page_id}Tabs")
        self.segments.setAccessibleName(self.tr("What to do with the model"))
        self.segments.value_changed.connect(self._on_tab)
        self._controls, self._footers, self._canvases = QStackedWidget(), QStackedWidget(), QStackedWidget()
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setObjectName(f"{self.page_id}Splitter")
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self._column())
        self.splitter.addWidget(self._canvases)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([_COLUMN, 1000])
        self.splitter.splitterMoved.connect(self._on_splitter)
        dense(QHBoxLayout(self), gap=0).addWidget(self.splitter)

    def _column(self) -> QWidget:
        column = QWidget()
        column.setObjectName(f"{self.page_id}Column")
        column.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        theme.set_look(column, surface="surface")
        column.setMinimumWidth(_COLUMN_LIMITS[0])
        column.setMaximumWidth(_COLUMN_LIMITS[1])
        layout = QVBoxLayout(column)
        layout.setContentsMargins(0, 16, 0, 14)
        layout.setSpacing(12)
        head = QHBoxLayout()
        head.setContentsMargins(16, 0, 16, 0)
        head.addWidget(self.segments)
        layout.addLayout(head)
        layout.addWidget(self._controls, 1)
        layout.addWidget(self._footers)
        return column

    def _ensure(self, tab: str) -> PanelTab:
        if tab not in self._tabs:
            made = self.make_tab(tab)
            made.setParent(self)
            self._tabs[tab] = made
            self._controls.addWidget(_scrolling(made.controls))
            self._footers.addWidget(_footer(made.footer))
            self._canvases.addWidget(made.canvas)
            made.state_changed.connect(self.state_changed)
            made.intention_changed.connect(self.intention_changed)
            made.restore(self._tab_states.get(tab, {}))
        return self._tabs[tab]

    # --- tabs --------------------------------------------------------------------------------------------------------

    def tab(self) -> str:
        """The tab shown."""
        return self.segments.value()

    def current_tab(self) -> PanelTab:
        """The tab shown, built."""
        return self._ensure(self.tab())

    def show_tab(self, tab: str) -> None:
        """Show a tab; unknown names show the first."""
        wanted = tab if tab in TABS else TABS[0]
        for name, held in self._tabs.items():
            if name != wanted and held.active:
                held.deactivate()
        self.segments.set_value(wanted)
        made = self._ensure(wanted)
        index = list(self._tabs).index(wanted)
        self._controls.setCurrentIndex(index)
        self._footers.setCurrentIndex(index)
        self._footers.setVisible(made.footer is not None)
        self._canvases.setCurrentIndex(index)
        if self.active and not made.active:
            made.activate()
        self.state_changed.emit()
        self.intention_changed.emit()

    def _on_tab(self, tab: str) -> None:
        self.show_tab(tab)

    # --- the page ----------------------------------------------------------------------------------------------------

    def activate(self) -> None:
        super().activate()
        self.current_tab().activate()

    def deactivate(self) -> None:
        super().deactivate()
        for held in self._tabs.values():
            if held.active:
                held.deactivate()

    def project_changed(self) -> None:
        for held in self._tabs.values():
            held.project_changed()

    def state(self) -> dict[str, Any]:
        tabs = self._tab_states | {name: held.state() for name, held in self._tabs.items()}
        return {"tab": self.tab(), "column": self._column_width, "tabs": tabs}

    def restore(self, state: Mapping[str, Any]) -> None:
        tabs = state.get("tabs")
        self._tab_states = (
            {k: dict(v) for k, v in tabs.items() if isinstance(v, dict)} if isinstance(tabs, dict) else {}
        )
        for name, held in self._tabs.items():
            held.restore(self._tab_states.get(name, {}))
        column = state.get("column")
        low, high = _COLUMN_LIMITS
        self._column_width = min(max(column, low), high) if isinstance(column, int) else _COLUMN
        self.splitter.setSizes([self._column_width, max(self.width() - self._column_width, 200)])
        self.show_tab(str(state.get("tab", TABS[0])))

    def intention(self) -> PageIntention:
        tab = self.current_tab()
        chosen = self.session.selection(self.family)
        wanted = tab.intention_part()
        header = replace(wanted.header, title=page_title(self.page_id))
        return PageIntention(
            page=self.page_id,
            family=self.family,
            tab=self.tab(),
            form_error=wanted.form_error,
            blocks=wanted.blocks,
            offers=frozenset(tab.actions()),
            header=header,
            dataset=chosen.dataset,
            run=chosen.run,
        )

    def page_actions(self) -> Mapping[str, Callable[[], None]]:
        train = self._tabs[TABS[0]].actions() if TABS[0] in self._tabs else {}
        return {**train, **self.current_tab().actions()}

    def arrive(self, **what: Any) -> None:
        chosen = {name: str(what[name]) for name in ("dataset", "run", "checkpoint") if name in what}
        if chosen:
            self.session.select(self.family, **chosen)
        if "tab" in what:
            self.show_tab(str(what["tab"]))
        self.current_tab().arrive(**what)

    def take_drop(self, paths: list[Path], certificate: Mapping[str, Any] | None) -> bool:
        return self.current_tab().take_drop(paths, certificate)

    def close_page(self) -> None:
        for held in self._tabs.values():
            held.close_tab()

    def _on_selection(self, family: str) -> None:
        if family == self.family:
            self.intention_changed.emit()

    def _on_splitter(self) -> None:
        self._column_width = self.splitter.sizes()[0]  # only what the user has set: a layout in the making has others
        self.state_changed.emit()


def _scrolling(inner: QWidget) -> QScrollArea:
    """The column's content in an area that scrolls only up and down."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    holder = QWidget()
    layout = QVBoxLayout(holder)
    layout.setContentsMargins(16, 0, 16, 0)
    layout.setSpacing(12)
    layout.addWidget(inner)
    layout.addStretch(1)
    theme.set_look(holder, surface="surface")
    area.viewport().setAutoFillBackground(False)
    area.setWidget(holder)
    return area


def _footer(inner: QWidget | None) -> QWidget:
    """What stays at the bottom of the column, with its distances."""
    holder = QWidget()
    layout = QVBoxLayout(holder)
    layout.setContentsMargins(16, 0, 16, 0)
    if inner is not None:
        layout.addWidget(inner)
    return holder
