"""The curves of a run: a row of cards, each with a plot of one group, tied together by cursor and pointer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QActionGroup, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from studio.ui.measured import MeasuredGroup, MeasuredLine
from studio.ui.panels.description import CurveGroup, FamilyDescription, Line, said
from studio.ui.text import unmarked
from studio.ui.widgets.buttons import icon_button
from studio.ui.widgets.curves import CurvePlot, Series
from studio.ui.widgets.frames import Frame, dense

Curve = tuple[np.ndarray, np.ndarray, np.ndarray]
_THIRD_FROM = 1180  # pixels of width from which a third plot has room
_NARROW = 520


class CurveCard(Frame):
    """One plot. Its “…” chooses which group it shows, and holds what the plot itself offers."""

    group_chosen = Signal(str)

    def __init__(self, number: int, description: FamilyDescription, parent: QWidget | None = None) -> None:
        super().__init__("card", padding=12, parent=parent)
        self.setObjectName(f"curveCard{number}")
        self._fed: dict[str, object] = {}
        self.offered: tuple[CurveGroup, ...] = description.groups
        self.available: frozenset[str] = frozenset()
        self.group: CurveGroup | None = None
        self.wanted = ""
        self.plot = CurvePlot()
        self.plot.setObjectName(f"curvePlot{number}")
        self._more = icon_button("more", self.tr("What this plot shows"))
        self._more.setObjectName(f"curveMenu{number}")
        self._more.clicked.connect(self._on_more)
        self.plot.add_corner(self._more)
        self.add(self.plot, 1)
        self.setMinimumSize(220, 130)

    def show_group(self, group: CurveGroup) -> None:
        """Show another group; its data is fed by `feed`."""
        if self.group == group:
            return
        self.group = group
        self._fed.clear()
        title = said(group.title)
        self.plot.set_title(title)
        self.plot.setAccessibleName(title)
        self.plot.set_series(
            [
                Series(
                    line.metric,
                    said(line.name),
                    line.colour,
                    tip=said(line.tip),
                    smoothed=line.smoothed,
                    dots=group.dots,
                )
                for line in group.lines
            ]
        )
        self.plot.set_log(group.log)
        self.plot.reset_zoom()

    def feed(self, curves: Mapping[str, Curve]) -> None:
        """Take over what is new of the group's metrics."""
        for name in self.group.metrics if self.group is not None and not self.group.dots else ():
            steps, _, values = curves.get(name, _NOTHING)
            if self._fed.get(name) != len(steps):
                self._fed[name] = len(steps)
                self.plot.set_data(name, steps, values)

    def feed_measures(self, lines: Mapping[str, MeasuredLine]) -> None:
        """The same for measures: a few values with their errors."""
        for name in self.group.metrics if self.group is not None and self.group.dots else ():
            found = lines.get(name)
            if found is not None and self._fed.get(name) is not found:
                self._fed[name] = found
                self.plot.set_data(name, found.steps, found.values, found.errors)

    def forget(self) -> None:
        """Another run: nothing of the one before stays."""
        self._fed.clear()
        self.plot.clear_data()

    def build_menu(self) -> QMenu:
        """The groups to choose from, then the plot's own menu."""
        menu = self.plot.build_menu()
        first = menu.actions()[0]
        several = QActionGroup(menu)
        measures = next((at for at, group in enumerate(self.offered) if group.dots), 0)
        for group in self.offered:
            if group.dots and group is self.offered[measures]:
                menu.insertSeparator(first)
            action = menu.addAction(unmarked(said(group.title)))
            action.setCheckable(True)
            action.setChecked(group == self.group)
            action.setEnabled(group.key in self.available or group == self.group)
            action.setData(group.key)
            several.addAction(action)
            menu.insertAction(first, action)
        menu.insertSeparator(first)
        several.triggered.connect(self._on_group)
        return menu

    def _on_more(self) -> None:
        menu = self.build_menu()
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(self._more.mapToGlobal(QPoint(0, self._more.height())))

    def _on_group(self, action: Any) -> None:
        self.group_chosen.emit(str(action.data()))


_NOTHING: Curve = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))


class CurveCards(QWidget):
    """A card for each group that a family shows, as many as fit. One cursor, one pointer, one smoothing."""

    cursor_moved = Signal(int)
    export_requested = Signal(str)  # the CSV of one plot
    state_changed = Signal()

    def __init__(self, description: FamilyDescription, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("curveCards")
        self._description = description
        self._curves: Mapping[str, Curve] = {}
        self._lines: dict[str, MeasuredLine] = {}
        self._measured: Sequence[MeasuredGroup] = ()
        self._run: tuple[int | None, tuple[int, ...], bool] | None = None
        self.cards = [CurveCard(number, description, self) for number in range(len(description.shown))]
        row = dense(QHBoxLayout(self), gap=16)
        for card, key in zip(self.cards, description.shown, strict=True):
            card.wanted = key
            row.addWidget(card, 1)
            self._connect(card)
        self._regroup()

    def _connect(self, card: CurveCard) -> None:
        card.plot.cursor_moved.connect(self.cursor_moved)
        card.plot.hover_moved.connect(self._on_hover)
        card.plot.smoothing_changed.connect(self._on_smoothing)
        card.plot.export_requested.connect(self._on_export)
        card.group_chosen.connect(self._on_group)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def set_curves(self, curves: Mapping[str, Curve]) -> None:
        """Everything that a run has recorded. Hidden, it is only remembered."""
        fresh = set(curves) != set(self._curves)
        self._curves = curves
        if fresh:
            self._regroup()
        self._feed()

    def set_measures(self, measured: Sequence[MeasuredGroup]) -> None:
        """All that was measured of the run: more groups to choose from, each with its few values."""
        self._lines = {line.measure: line for group in measured for line in group.lines}
        self._measured = measured
        self._regroup()
        self._feed()

    def _regroup(self) -> None:
        """Other metrics or measures are there: which groups can be chosen, and what those shown consist of."""
        groups = [group.of(self._curves) for group in self._description.groups]
        offered = (*(group for group in groups if group.lines), *map(_curve_group, self._measured))
        for at, card in enumerate(self.cards):
            card.offered = offered
            card.show_group(self._group(card.wanted, at))
        self._offer()

    def set_run(self, horizon: int | None, seams: Sequence[int], *, live: bool) -> None:
        """Up to where the axis goes, where the run was resumed, whether it trains."""
        if self._run == (horizon, tuple(seams), live):
            return
        self._run = (horizon, tuple(seams), live)
        for card in self.cards:
            card.plot.set_horizon(horizon)
            card.plot.set_seams(seams)
            card.plot.set_live(live)

    def set_cursor(self, step: int | None) -> None:
        """Put the cursor of all plots at a step."""
        for card in self.cards:
            card.plot.set_cursor(step)

    def set_events(self, events: Sequence[tuple[int, str]]) -> None:
        """Named moments in all plots."""
        for card in self.cards:
            card.plot.set_events(events)

    def forget(self) -> None:
        """Another run, or none."""
        self._curves, self._run = {}, None
        for card in self.cards:
            card.forget()
        self.set_measures(())

    def state(self) -> dict[str, Any]:
        """Which groups are shown, smoothing and logarithmic axes."""
        plots = [card.plot for card in self.cards]
        return {
            "groups": [card.wanted for card in self.cards],
            "smoothing": plots[0].smoothing(),
            "log": [plot.is_log() for plot in plots],
        }

    def restore(self, state: object) -> None:
        """Take up `state`; what is odd is left as it is."""
        found = state if isinstance(state, dict) else {}
        keys, logs, smoothing = found.get("groups"), found.get("log"), found.get("smoothing")
        for at, card in enumerate(self.cards):
            key = keys[at] if isinstance(keys, list) and at < len(keys) else self._description.shown[at]
            card.wanted = str(key)
            card.show_group(self._group(card.wanted, at))
            if isinstance(logs, list) and at < len(logs) and isinstance(logs[at], bool):
                card.plot.set_log(logs[at])
            if isinstance(smoothing, int | float) and 0 <= smoothing < 1:
                card.plot.set_smoothing(float(smoothing))
        self._feed()

    def _feed(self) -> None:
        for card in self.cards:
            if card.isVisible():
                self._feed_one(card)

    def _feed_one(self, card: CurveCard) -> None:
        card.feed(self._curves)
        card.feed_measures(self._lines)

    def _group(self, key: str, at: int) -> CurveGroup:
        """The group of a key; for one that this run has no numbers of, what the plot shows first, or another one."""
        offered = {group.key: group for group in self.cards[at].offered if group.lines}
        others = {card.wanted for card in self.cards if card is not self.cards[at]}
        spare = next((group for name, group in offered.items() if name not in others), self._description.groups[0])
        return offered.get(key) or offered.get(self._description.shown[at]) or spare

    def _offer(self) -> None:
        there = {**self._curves, **self._lines}
        for card in self.cards:
            card.available = frozenset(g.key for g in card.offered if any(name in there for name in g.metrics))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        self._make_room()
        self._feed()

    def _make_room(self) -> None:
        """As many plots as the width can hold."""
        fitting = 3 if self.width() >= _THIRD_FROM else 2 if self.width() >= _NARROW else 1
        for at, card in enumerate(self.cards):
            wanted = at < fitting
            if card.isHidden() == wanted:
                card.setVisible(wanted)
                if wanted:
                    self._feed_one(card)

    # --- the user ----------------------------------------------------------------------------------------------------

    def _on_hover(self, step: float | None) -> None:
        for card in self.cards:
            if card.plot is not self.sender():
                card.plot.set_hover(step)

    def _on_smoothing(self, weight: float) -> None:
        for card in self.cards:
            if card.plot is not self.sender():
                card.plot.set_smoothing(weight)
        self.state_changed.emit()

    def _on_export(self) -> None:
        plot = self.sender()
        if isinstance(plot, CurvePlot):
            self.export_requested.emit(plot.csv_text())

    def _on_group(self, key: str) -> None:
        card = self.sender()
        if isinstance(card, CurveCard):
            card.wanted = key
            card.show_group(self._group(key, self.cards.index(card)))
            self._feed_one(card)
            self.state_changed.emit()


def _curve_group(measured: MeasuredGroup) -> CurveGroup:
    """A plot of measures, a colour each."""
    lines = tuple(Line(one.measure, one.name, f"series:{at}", one.tip) for at, one in enumerate(measured.lines))
    return CurveGroup(measured.key, measured.title, lines, dots=True)
