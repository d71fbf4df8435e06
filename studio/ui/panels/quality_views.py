"""What is found inside a classifier: what it gets right, how sure it is, its worst mistakes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.ui.panels.value_table import ValueRow, ValueTable
from studio.ui.text import Label, count_text
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.confusion_matrix import ConfusionMatrix, percent
from studio.ui.widgets.empty_state import EmptyState
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.heat import HeatPicture
from studio.ui.widgets.reliability import ReliabilityDiagram
from studio.ui.widgets.sample_grid import SampleGrid
from studio.ui.widgets.segmented import Segment, Segmented

_CARD = 320
_FEW = 100  # pictures; fewer are said to be few
_CLOSE = 0.01  # of the confidence: as often right as it is sure


class QualityView(QWidget):
    """One thing to look at. `show_quality` shows what was found for a label; `sentence` says it."""

    key = ""

    def show_quality(self, quality: Any, label: str) -> None:
        """Show ``studio.jobs.judgements.Quality`` for one of its labels."""
        raise NotImplementedError

    def sentence(self) -> str:
        """What was found, in words."""
        return ""


class RightView(QualityView):
    """The confusion matrix beside precision and recall of every value."""

    key = "right"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentence = ""
        self.matrix = ConfusionMatrix()
        self.matrix.setObjectName("qualityMatrix")
        self.matrix.setAccessibleName(self.tr("What is taken for what"))
        self.table = ValueTable()
        self.table.setObjectName("qualityTable")
        self.table.setAccessibleName(self.tr("Precision and recall of every value"))
        self._cell = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        self._cell.setFixedHeight(self._cell.fontMetrics().height() + 2)
        self.matrix.told.connect(self._cell.setText)
        left = Frame("card", padding=14, gap=8)
        left.add(Label(self.tr("Confusion matrix"), role="strong"))
        left.add(self.matrix, 1)
        left.add(self._cell)
        right = Frame("card", padding=14, gap=8)
        right.add(Label(self.tr("Value by value"), role="strong"))
        right.add(self.table, 1)
        row = dense(QHBoxLayout(self), gap=16)
        row.addWidget(left, 8)
        row.addWidget(right, 9)

    def show_quality(self, quality: Any, label: str) -> None:
        found = quality.labels[label]
        self.matrix.set_counts(found.confusion, found.values)
        counts = np.asarray(found.confusion).sum(axis=1)
        rows = [
            ValueRow(value, int(counts[at]), float(found.precision[at]), float(found.recall[at]))
            for at, value in enumerate(found.values)
        ]
        self.table.values.set_rows(rows)
        self._sentence = self._words(label, found, rows)

    def _words(self, label: str, found: Any, rows: list[ValueRow]) -> str:
        if not found.count:
            return self.tr("None of these pictures has the label {0}.").format(label)
        right, margin = float(found.accuracy), spread(float(found.accuracy), int(found.count))
        words = self.tr("{0} is told right for {1} ± {2} of {3} pictures.").format(
            label, percent(right), percent(margin), count_text(int(found.count))
        )
        known = [row for row in rows if not math.isnan(row.recall)]
        if right < 1 and known:
            hardest = min(known, key=lambda row: row.recall)
            words += " " + self.tr("Hardest is {0}: {1} are recognised.").format(hardest.value, percent(hardest.recall))
        if found.count < _FEW:
            words += " " + self.tr("So few pictures tell little.")
        return words

    def sentence(self) -> str:
        return self._sentence


class SureView(QualityView):
    """The calibration diagram, and what it says in words."""

    key = "sure"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sentence = ""
        self.diagram = ReliabilityDiagram()
        self.diagram.setObjectName("calibrationDiagram")
        self.diagram.setAccessibleName(self.tr("How sure it was, and how often it was right"))
        self._bin = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        self._bin.setFixedHeight(self._bin.fontMetrics().height() + 2)
        self.diagram.told.connect(self._on_told)
        self.verdict = Label(role="headline", wrap=True)
        self.verdict.setObjectName("calibrationVerdict")
        self._explains = Label(role="dim", wrap=True)
        self._explains.setObjectName("calibrationWords")
        left = Frame("card", padding=14, gap=8)
        left.add(Label(self.tr("Right as often as it is sure?"), role="strong"))
        left.add(self.diagram, 1)
        left.add(self._bin)
        right = Frame("card", padding=18, gap=12)
        right.add(self.verdict)
        right.add(self._explains)
        for colour, words in self._legend():
            right.body.addLayout(_legend_row(colour, words))
        right.body.addStretch(1)
        row = dense(QHBoxLayout(self), gap=16)
        row.addWidget(left, 3)
        row.addWidget(right, 2)

    def _legend(self) -> tuple[tuple[str, str], ...]:
        return (
            ("accent", self.tr("how often it was right")),
            ("fake", self.tr("how sure it was, and the way between")),
            ("line_strong", self.tr("how many predictions were made so surely")),
        )

    def _on_told(self, words: str) -> None:
        self._bin.setText(words or self.tr("Point at a bar to read it."))

    def show_quality(self, quality: Any, label: str) -> None:
        found = quality.labels[label]
        self.diagram.set_bins(found.calibration, total=bin_total(found.calibration))
        count = sum(one.count for one in found.calibration)
        self._sentence = self.tr("{0} predictions of {1}, sorted by how sure they were.").format(
            count_text(count), label
        )
        if not count:
            self.verdict.setText(self.tr("Nothing to compare"))
            self._explains.setText("")
            return
        sure = sum(one.confidence * one.count for one in found.calibration) / count
        right = sum(one.accuracy * one.count for one in found.calibration) / count
        self.verdict.setText(self._verdict(sure, right))
        words = self.tr(
            "On average it is {0} sure and right {1} of the time. From bin to bin the two lie {2} apart "
            "(expected calibration error)."
        )
        self._explains.setText(words.format(percent(sure), percent(right), percent(float(found.ece))))

    def _verdict(self, sure: float, right: float) -> str:
        if abs(sure - right) <= _CLOSE:
            return self.tr("It is about as sure as it may be")
        return self.tr("It is too sure of itself") if sure > right else self.tr("It is not sure enough")

    def sentence(self) -> str:
        return self._sentence


class WorstView(QualityView):
    """The mistakes made most surely; one of them large, with what speaks for what was said or for the truth."""

    key = "worst"
    heat_asked = Signal(object, str)  # the picture (H, W, C), and label=value
    data_asked = Signal(str)  # the name of the mistake to be shown in the data set

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._quality: Any = None
        self._places: list[int] = []
        self._sentence = ""
        self.grid = SampleGrid(choosing="single")
        self.grid.setObjectName("worstGrid")
        self.grid.setAccessibleName(self.tr("The worst mistakes, the surest first"))
        self.grid.current_changed.connect(self._on_picked)
        self.grid.activated.connect(self._on_activated)
        self.large = HeatPicture()
        self.large.setObjectName("worstLarge")
        self.large.setAccessibleName(self.tr("The chosen mistake"))
        self.large.setFixedHeight(_CARD - 28)
        self.words = Label(role="strong", wrap=True)
        self.words.setObjectName("worstWords")
        self.name = Label(role="dim", elide=Qt.TextElideMode.ElideMiddle)
        self.name.setObjectName("worstName")
        self.heat = Segmented([Segment("", self.tr("nothing")), Segment("said", ""), Segment("truth", "")])
        self.heat.setObjectName("worstHeat")
        self.heat.setAccessibleName(self.tr("Show what speaks for"))
        self.heat.value_changed.connect(self._on_heat)
        self.show_data = Button(self.tr("Show it in the data set"), icon="data")
        self.show_data.setObjectName("worstShow")
        self.show_data.clicked.connect(self._on_data)
        self._hint = Label(self.tr("Is the label wrong? There it can be changed."), role="small", wrap=True)
        self._lay_out()

    def _lay_out(self) -> None:
        self._card = Frame("card", padding=14, gap=8)
        self._card.setFixedWidth(_CARD)
        self._card.add(self.large)
        self._card.add(self.words)
        self._card.add(self.name)
        self._card.add(Label(self.tr("What speaks for"), role="dim"))
        self._card.add(self.heat)
        self._card.add(self.show_data)
        self._card.add(self._hint)
        self._card.body.addStretch(1)
        self._none = EmptyState("check", self.tr("No mistake to show"))
        self._none.setObjectName("worstNone")
        row = dense(QHBoxLayout(self), gap=16)
        row.addWidget(self.grid, 1)
        row.addWidget(self._card)
        row.addWidget(self._none, 1)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def show_quality(self, quality: Any, label: str) -> None:
        self._quality = quality
        self._places = [at for at, mistake in enumerate(quality.worst) if mistake.label == label]
        found = quality.labels[label]
        wrong = round((1 - float(found.accuracy)) * int(found.count)) if found.count else 0
        for part in (self._card, self.grid):
            part.setVisible(bool(self._places))
        self._none.setVisible(not self._places)
        self.grid.set_captions([quality.worst[at].predicted for at in self._places])
        self.grid.set_pictures(quality.pictures[self._places] if self._places else [])
        if not self._places:
            some = self.tr("{0} mistakes were made; none is among the worst that were kept.").format(count_text(wrong))
            self._sentence = some if wrong else self.tr("Every picture is told right.")
            self._none.set_words(self.tr("No mistake to show"), self._sentence)
            return
        words = self.tr("{0} of {1} mistakes, the surest first; below each stands what it was taken for.")
        self._sentence = words.format(count_text(len(self._places)), count_text(max(wrong, len(self._places))))
        self.grid.set_selection([0])
        self._show(0)

    def mistake(self) -> Any | None:
        """The chosen mistake."""
        chosen = self.grid.selection()
        if self._quality is None or not chosen or chosen[0] >= len(self._places):
            return None
        return self._quality.worst[self._places[chosen[0]]]

    def names(self) -> tuple[str, ...]:
        """The names of all mistakes shown, in their order."""
        return tuple(self._quality.worst[at].name for at in self._places) if self._quality is not None else ()

    def set_heat(self, heat_HW: np.ndarray | None) -> None:
        """The heat that was asked for has come."""
        if self.heat.value():
            self.large.set_heat(heat_HW)

    def _show(self, place: int) -> None:
        mistake = self._quality.worst[self._places[place]]
        self.large.set_picture(self._quality.pictures[self._places[place]])
        words = self.tr("Taken for {0} ({1}); its label says {2}.")
        self.words.setText(words.format(mistake.predicted, percent(float(mistake.probability)), mistake.true))
        self.large.setAccessibleDescription(self.words.text())
        self.name.setText(mistake.name)
        self.heat.set_text("said", _short(mistake.predicted))
        self.heat.set_text("truth", _short(mistake.true))
        self._ask_heat()

    def _ask_heat(self) -> None:
        mistake = self.mistake()
        if mistake is None or not self.heat.value():
            self.large.set_heat(None)
            return
        value = mistake.predicted if self.heat.value() == "said" else mistake.true
        picture = self._quality.pictures[self._places[self.grid.selection()[0]]]
        self.heat_asked.emit(picture, f"{mistake.label}={value}")

    def sentence(self) -> str:
        return self._sentence

    # --- what the user does ------------------------------------------------------------------------------------------

    def _on_picked(self, place: int) -> None:
        if 0 <= place < len(self._places):
            self._show(place)

    def _on_activated(self, place: int) -> None:
        if 0 <= place < len(self._places):
            self._on_data()

    def _on_heat(self) -> None:
        self._ask_heat()

    def _on_data(self) -> None:
        mistake = self.mistake()
        if mistake is not None:
            self.data_asked.emit(mistake.name)


def spread(share: float, count: int) -> float:
    """Half the width of the 95 % interval of a share (Wilson 1927), 0 .. 1; one where nothing was counted."""
    if count <= 0:
        return 1.0
    z = 1.96
    inner = share * (1 - share) / count + z * z / (4 * count * count)
    return float(z * math.sqrt(inner) / (1 + z * z / count))


def bin_total(bins: Any) -> int:
    """Into how many bins confidence was parted: the fewest that keep all of these apart, at least ten."""
    centres = [float(one.confidence) for one in bins]
    for total in (10, 15, 20, 30, 50):
        slots = [min(int(centre * total), total - 1) for centre in centres]
        if len(set(slots)) == len(slots):
            return total
    return 100


def _short(words: str) -> str:
    return words if len(words) <= 12 else f"{words[:11]}…"


def _legend_row(colour: str, words: str) -> QHBoxLayout:
    from studio.ui.panels.legend import Legend

    row = dense(QHBoxLayout(), gap=8)
    row.addWidget(Legend(words, colour))
    row.addStretch(1)
    return row
