"""The settings of several runs beside one another, what differs marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QCoreApplication, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QTableView, QVBoxLayout, QWidget

from studio.config.base import Settings, describe, differences, flat
from studio.ui import theme
from studio.ui.form_fields import choice_words, setting_label
from studio.ui.pages.runs_cells import PlainCells
from studio.ui.text import Label, count_text, number_text, tooltip_text
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.inputs import Switch
from studio.ui.widgets.tables import dress

Index = QModelIndex | QPersistentModelIndex
_LINE = 28
_FIRST = 210
_COLUMN = 180
_STRETCHED = 5  # so many runs share the width; more scroll


@dataclass(frozen=True)
class SettingsOf:
    """A run's settings and what else is worth comparing: words for its column, and facts by label."""

    title: str
    config: Settings | None
    facts: Mapping[str, str]
    problem: str = ""


@dataclass(frozen=True)
class Line:
    """One row: what it is about, a value a run ("" where a run has no such setting), whether they differ."""

    label: str
    values: tuple[str, ...]
    differs: bool
    help: str = ""


def compare(runs: Sequence[SettingsOf]) -> list[Line]:
    """All settings of the runs in the order of their forms, facts first."""
    lines = [_fact_line(name, runs) for name in dict.fromkeys(name for run in runs for name in run.facts)]
    configs = [run.config for run in runs]
    known = [config for config in configs if config is not None]
    labels = {row.path: row for config in known for row in describe(config)}
    differing = {path for config in known[1:] for path in differences(known[0], config)}
    flats = [flat(config) if config is not None else {} for config in configs]
    for path in dict.fromkeys(path for values in flats for path in values):
        if path == "family":
            continue
        row = labels.get(path)
        words = tuple(value_words(values[path]) if path in values else "" for values in flats)
        label = setting_label(row) if row is not None else path
        lines.append(Line(label, words, path in differing, row.help if row is not None else ""))
    return lines


def _fact_line(name: str, runs: Sequence[SettingsOf]) -> Line:
    values = tuple(run.facts.get(name, "") for run in runs)
    return Line(name, values, len(set(values)) > 1)


def value_words(value: Any) -> str:
    """A value of a config as a person reads it."""
    if isinstance(value, bool):
        return _tr("on") if value else _tr("off")
    if isinstance(value, int):
        return count_text(value)
    if isinstance(value, float):
        return number_text(value, 6)
    if isinstance(value, tuple | list):
        return ", ".join(value_words(one) for one in value) or "–"
    return choice_words(str(value))


def _tr(words: str) -> str:
    return QCoreApplication.translate("Forms", words)


class _Model(QAbstractTableModel):
    """The lines; the first column names the setting."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.lines: Sequence[Line] = ()
        self.titles: Sequence[str] = ()

    def show(self, lines: Sequence[Line], titles: Sequence[str]) -> None:
        """Show other lines."""
        self.beginResetModel()
        self.lines, self.titles = lines, titles
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else len(self.lines)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else len(self.titles) + 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        line, column = self.lines[index.row()], index.column()
        marked = line.differs and column > 0
        if role == Qt.ItemDataRole.DisplayRole:
            return line.label if column == 0 else line.values[column - 1] or "–"
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip_text(line.help if column == 0 else line.values[column - 1])
        if role == Qt.ItemDataRole.AccessibleDescriptionRole and line.differs:
            return self.tr("differs")
        if role == Qt.ItemDataRole.BackgroundRole and marked:
            return theme.current().colour("accent_soft")
        if role == Qt.ItemDataRole.ForegroundRole:
            return theme.current().colour("text" if column else "text_dim")
        if role == Qt.ItemDataRole.FontRole and marked:
            font = QFont()
            font.setWeight(QFont.Weight.DemiBold)
            return font
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self.tr("Setting") if section == 0 else self.titles[section - 1]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None


class RunsSettings(QWidget):
    """The table and a switch that leaves only what differs."""

    only_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runsSettings")
        self._runs: Sequence[SettingsOf] = ()
        self._all: list[Line] = []
        self._summary = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        self._summary.setObjectName("runsDifferences")
        self.only = Switch(self.tr("Only what differs"))
        self.only.setObjectName("runsOnlyDifferences")
        self.only.value_changed.connect(self._on_only)
        self._model = _Model(self)
        self.table = QTableView()
        self.table.setObjectName("runsSettingsTable")
        self.table.setAccessibleName(self.tr("Settings of the chosen runs"))
        self.table.setModel(self._model)
        self.table.setItemDelegate(PlainCells(self.table))
        dress(self.table, line=_LINE)
        head = dense(QHBoxLayout(), gap=12)
        head.addWidget(self._summary, 1)
        head.addWidget(self.only)
        card = Frame("card", padding=12)
        card.body.addLayout(head)
        card.add(self.table, 1)
        dense(QVBoxLayout(self)).addWidget(card)

    def show_runs(self, runs: Sequence[SettingsOf]) -> None:
        """Compare these."""
        if runs == self._runs:
            return
        self._runs = runs
        self._all = compare(runs)
        self._fill()

    def lines(self) -> Sequence[Line]:
        """What is shown."""
        return self._model.lines

    def _fill(self) -> None:
        several = len(self._runs) > 1
        count = sum(line.differs for line in self._all)
        only = several and self.only.value()
        lines = [line for line in self._all if line.differs] if only else self._all
        self._model.show(lines, [run.title for run in self._runs])
        self._summary.setText(self._words(count, several))
        self.only.set_available("" if several else self.tr("Choose a second run to compare with."))
        head = self.table.horizontalHeader()
        stretched = len(self._runs) <= _STRETCHED
        for column in range(self._model.columnCount()):
            stretch = column > 0 and stretched
            mode = QHeaderView.ResizeMode.Stretch if stretch else QHeaderView.ResizeMode.Interactive
            head.setSectionResizeMode(column, mode)
            if not stretch:
                self.table.setColumnWidth(column, _COLUMN if column else _FIRST)

    def _words(self, count: int, several: bool) -> str:
        problem = next((run.problem for run in self._runs if run.problem), "")
        if problem or not several:
            return problem
        if not count:
            return self.tr("These runs have the same settings.")
        return self.tr("{0} of {1} differ").format(count, len(self._all))

    def _on_only(self, on: bool) -> None:
        self._fill()
        self.only_changed.emit(on)
