"""What was measured of the chosen runs: all numbers of one run, or several runs compared by one measure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRectF, Qt, Signal
from PySide6.QtGui import QFont, QPainter
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QStackedWidget,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from studio.projects.measures import MeasureFile, MeasureRow
from studio.ui import theme
from studio.ui.measured import (
    Standing,
    features_words,
    help_words,
    leader,
    note_words,
    order,
    same_terms,
    standing,
    title,
    value_words,
)
from studio.ui.pages.runs_cells import PADDING, PlainCells, paint_back
from studio.ui.pages.runs_curves import ComparedRun
from studio.ui.pages.runs_rows import when_words
from studio.ui.text import Label, count_text, tooltip_text
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.empty_state import EmptyState
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.inputs import Combo
from studio.ui.widgets.tables import dress

Index = QModelIndex | QPersistentModelIndex
ALL = ""
_LINE = 28
_OTHER = 78
_WIDTHS = {"measure": 224, "run": 224, "value": 140, "best": 140, "last": 140, "data": 120, "at": 120}
_NUMBERS = frozenset({"value", "best", "best step", "last", "step", "count", "seed"})


@dataclass(frozen=True)
class Cells:
    """One line: its words by column, what the tooltip says, and whether it stands best. ``colour``: that of a run."""

    words: Mapping[str, str]
    tip: str = ""
    best: bool = False
    colour: str = ""
    doubtful: bool = False


@dataclass(frozen=True)
class Sheet:
    """What the table shows: columns by key with their titles, and the lines."""

    columns: Mapping[str, str] = field(default_factory=dict)
    lines: Sequence[Cells] = ()


class _Model(QAbstractTableModel):
    """A `Sheet` as Qt reads it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.sheet = Sheet()

    def show(self, sheet: Sheet) -> None:
        """Show another sheet."""
        self.beginResetModel()
        self.sheet = sheet
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else len(self.sheet.lines)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else len(self.sheet.columns)

    def key(self, column: int) -> str:
        """Which column it is."""
        return list(self.sheet.columns)[column]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        line, key = self.sheet.lines[index.row()], self.key(index.column())
        if role == Qt.ItemDataRole.DisplayRole:
            return line.words.get(key, "")
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip_text(line.tip)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._side(key)
        if role == Qt.ItemDataRole.BackgroundRole and line.best:
            return theme.current().colour("accent_soft")
        if role == Qt.ItemDataRole.ForegroundRole:
            return theme.current().colour("text_dim" if line.doubtful or key not in _MAIN else "text")
        if role == Qt.ItemDataRole.FontRole and line.best and key in _MAIN:
            font = QFont()
            font.setWeight(QFont.Weight.DemiBold)
            return font
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return list(self.sheet.columns.values())[section]
        if role == Qt.ItemDataRole.TextAlignmentRole and orientation == Qt.Orientation.Horizontal:
            return self._side(self.key(section))
        return None

    def _side(self, key: str) -> Qt.AlignmentFlag:
        side = Qt.AlignmentFlag.AlignRight if key in _NUMBERS else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter


_MAIN = frozenset({"measure", "run", "value", "best"})


class _Cells(PlainCells):
    """Plain text; before the name of a run its colour."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        model = index.model()
        colour = model.sheet.lines[index.row()].colour if isinstance(model, _Model) else ""
        if index.column() or not colour:
            super().paint(painter, option, index)
            return
        paint_back(painter, option, index)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.current().colour(colour))
        box = QRectF(option.rect)
        painter.drawRoundedRect(QRectF(box.left() + PADDING, box.center().y() - 5.5, 11, 11), 3, 3)
        painter.restore()
        moved = QStyleOptionViewItem(option)
        moved.rect = option.rect.adjusted(PADDING + 12, 0, 0, 0)
        super().paint(painter, moved, index)


class RunsMeasures(QWidget):
    """Chooses a measure and shows the numbers; `measure_asked` where there are none, or more are wanted."""

    measure_chosen = Signal(str)
    measure_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runsMeasures")
        self._runs: Sequence[ComparedRun] = ()
        self._wanted = ALL
        self.choice = Combo()
        self.choice.setObjectName("runsMeasure")
        self.choice.setAccessibleName(self.tr("Which measure"))
        self.choice.setMinimumWidth(230)
        self.choice.value_changed.connect(self._on_chosen)
        self._words = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        self._words.setObjectName("runsMeasureWords")
        self.more = Button(self.tr("Measure…"), kind="small", icon="measure")
        self.more.setObjectName("runsMeasureMore")
        self.more.clicked.connect(self.measure_asked)
        self._model = _Model(self)
        self.table = QTableView()
        self.table.setObjectName("runsMeasuresTable")
        self.table.setAccessibleName(self.tr("What was measured"))
        self.empty = EmptyState("measure", "", "", self.tr("Measure…"))
        self.empty.setObjectName("runsMeasuresEmpty")
        self.empty.triggered.connect(self.measure_asked)
        self.table.setModel(self._model)
        self.table.setItemDelegate(_Cells(self.table))
        dress(self.table, line=_LINE)
        self._lay_out()

    def _lay_out(self) -> None:
        head = dense(QHBoxLayout(), gap=12)
        head.addWidget(self.choice)
        head.addWidget(self._words, 1)
        head.addWidget(self.more)
        full = Frame("card", padding=12)
        full.body.addLayout(head)
        full.add(self.table, 1)
        none = Frame("card", padding=12)
        none.add(self.empty, 1)
        self._faces = QStackedWidget()
        self._faces.addWidget(none)
        self._faces.addWidget(full)
        dense(QVBoxLayout(self)).addWidget(self._faces)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def set_measure(self, measure: str) -> None:
        """Which measure to show where it was taken; empty for all of them."""
        self._wanted = measure
        self.renew()

    def chosen_measure(self) -> str:
        """The measure that the user has chosen; empty for all of them."""
        return self._wanted

    def show_runs(self, runs: Sequence[ComparedRun]) -> None:
        """Show what was measured of these."""
        self._runs = tuple(runs)
        self.renew()

    def renew(self) -> None:
        """Something may have been measured."""
        names = order(name for run in self._runs for name in run.watch.measures.names())
        self._faces.setCurrentIndex(1 if names else 0)
        if not names:
            self._word_empty()
        self._offer(names)
        measure = str(self.choice.value() or ALL)
        several = len(self._runs) > 1
        self._show(self._compared(measure) if several and measure else self._one(measure))
        one = "" if len(self._runs) == 1 else self.tr("Choose a single run to measure it.")
        for button in (self.more, self.empty.button):
            button.set_available(one)

    def sheet(self) -> Sheet:
        """What the table shows."""
        return self._model.sheet

    def words(self) -> str:
        """What is said of the measure, or of the comparison."""
        return self._words.text()

    def _word_empty(self) -> None:
        lost = next((str(loss) for run in self._runs for loss in run.watch.measures.read().losses), "")
        words = self.tr("Measures tell how good the pictures of a checkpoint are, and which checkpoint is the best.")
        self.empty.set_words(self.tr("Nothing was measured yet"), lost or words, self.tr("Measure…"), icon="measure")

    def _offer(self, names: Sequence[str]) -> None:
        several = len(self._runs) > 1
        choices = [(name, title(name), help_words(name)) for name in names]
        self.choice.set_choices(choices if several else [(ALL, self.tr("All measures")), *choices])
        wanted = self._wanted if self._wanted in names else (names[0] if several and names else ALL)
        self.choice.set_value(wanted)

    # --- one run -----------------------------------------------------------------------------------------------------

    def _one(self, measure: str) -> Sheet:
        """Of all measures the number of the latest checkpoint and the best one; of one measure every number."""
        if not self._runs:
            return Sheet()
        file = self._runs[0].watch.measures
        if not measure:
            self._words.setText(self.tr("Point at a line to read what it means."))
            columns = {"measure": self.tr("Measure"), "value": self.tr("Last"), "step": self.tr("At step")}
            columns |= {"best": self.tr("Best"), "best step": self.tr("At step")}
            columns |= {key: words for key, words in self._common().items() if key not in ("data", "at")}
            return Sheet(columns, [self._overview(name, file) for name in order(file.names())])
        rows = sorted(
            (row for row in file.all() if row.measure == measure), key=lambda row: (row.step, row.at), reverse=True
        )
        self._words.setText(help_words(measure))
        columns = {"measure": self.tr("Measure"), "value": self.tr("Value"), "step": self.tr("Step")}
        best = file.best_step(measure) if len(file.series(measure)) > 1 else None
        return Sheet(columns | self._common(), [self._line(row, best) for row in rows])

    def _common(self) -> dict[str, str]:
        return {
            "count": self.tr("Samples"),
            "seed": self.tr("Seed"),
            "features": self.tr("In the eyes of"),
            "data": self.tr("Compared with"),
            "at": self.tr("Measured"),
        }

    def _overview(self, measure: str, file: MeasureFile) -> Cells:
        stand = standing(file, measure)
        assert stand.best is not None and stand.last is not None  # it is among the names of the file
        best = {"best": value_words(stand.best), "best step": count_text(stand.best.step)}
        found = self._line(stand.last, None)
        return replace(found, words={**found.words, **best})

    def _line(self, row: MeasureRow, best: int | None) -> Cells:
        words = {
            "measure": title(row.measure),
            "value": value_words(row),
            "step": count_text(row.step),
            "count": count_text(row.count),
            "seed": str(row.seed),
            "features": features_words(row),
            "data": row.data or "–",
            "at": when_words(row.at),
        }
        tip = "\n".join(part for part in (help_words(row.measure), note_words(row)) if part)
        return Cells(words, tip, best=row.step == best, doubtful=bool(row.note))

    # --- several runs ------------------------------------------------------------------------------------------------

    def _compared(self, measure: str) -> Sheet:
        """A line a run by its best number, the best run first."""
        stand = {run.name: standing(run.watch.measures, measure) for run in self._runs}
        first = leader(stand)
        apart = "" if same_terms(stand.values()) else self.tr("Not measured on the same terms: compare with care.")
        self._words.setText(" ".join(part for part in (apart, help_words(measure)) if part))
        columns = {
            "run": self.tr("Run"),
            "best": self.tr("Best"),
            "step": self.tr("At step"),
            "last": self.tr("Last"),
            **{key: words for key, words in self._common().items() if key != "at"},
        }
        ordered = sorted(self._runs, key=lambda run: _rank(stand[run.name]))
        best = first if not apart else ""
        return Sheet(columns, [self._run_line(run, stand[run.name], best=run.name == best) for run in ordered])

    def _run_line(self, run: ComparedRun, stand: Standing, *, best: bool) -> Cells:
        row, last = stand.best, stand.last
        if row is None or last is None:
            return Cells({"run": run.title, "best": self.tr("not measured")}, colour=run.colour, doubtful=True)
        words = {
            "run": run.title,
            "best": value_words(row),
            "step": count_text(row.step),
            "last": value_words(last),
            "count": count_text(row.count),
            "seed": str(row.seed),
            "features": features_words(row),
            "data": row.data or "–",
        }
        return Cells(words, note_words(row), best=best, colour=run.colour, doubtful=bool(row.note))

    # --- the table ---------------------------------------------------------------------------------------------------

    def _show(self, sheet: Sheet) -> None:
        if sheet == self._model.sheet:
            return
        self._model.show(sheet)
        head = self.table.horizontalHeader()
        for column, key in enumerate(sheet.columns):
            stretch = key == "features"
            mode = QHeaderView.ResizeMode.Stretch if stretch else QHeaderView.ResizeMode.Interactive
            head.setSectionResizeMode(column, mode)
            if not stretch:
                self.table.setColumnWidth(column, _WIDTHS.get(key, _OTHER))

    def _on_chosen(self, measure: str) -> None:
        self._wanted = measure
        self.renew()
        self.measure_chosen.emit(measure)


def _rank(stand: Standing) -> tuple[int, float]:
    """Measured ones first, the best before the others."""
    if stand.best is None:
        return 1, 0.0
    return 0, stand.best.value if stand.best.lowest_is_best else -stand.best.value
