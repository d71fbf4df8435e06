"""One metric of several runs in one plot, a colour a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.ui import measured
from studio.ui.measured import order, title
from studio.ui.panels.description import description_of, said
from studio.ui.widgets.curves import CurvePlot, Series
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.inputs import Combo

if TYPE_CHECKING:
    from studio.ui.run_watch import RunWatch

_FIRST = ("distance", "generator_loss")  # what tells most when runs are compared
MEASURE = "measure:"  # before the name of a measure among the metrics
_FEW = 80  # points: so few are shown as they are


@dataclass(frozen=True)
class ComparedRun:
    """A run in the comparison: its watch, the words for it and its colour."""

    name: str
    title: str
    colour: str
    watch: RunWatch


class RunsCurves(QWidget):
    """The plot and the choice of its metric."""

    metric_chosen = Signal(str)
    export_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runsCurves")
        self._runs: Sequence[ComparedRun] = ()
        self._fed: dict[str, tuple[str, int]] = {}
        self._wanted = ""
        self.plot = CurvePlot()
        self.plot.setObjectName("runsPlot")
        self.choice = Combo()
        self.choice.setObjectName("runsMetric")
        self.choice.setAccessibleName(self.tr("What is drawn"))
        self.choice.setMinimumWidth(230)
        self.choice.value_changed.connect(self._on_metric)
        self.plot.add_corner(self.choice)
        self.plot.export_requested.connect(self._on_export)
        card = Frame("card", padding=12)
        card.add(self.plot, 1)
        dense(QVBoxLayout(self)).addWidget(card)

    def set_metric(self, metric: str) -> None:
        """Which metric to draw where a run has it."""
        self._wanted = metric
        self.renew()

    def chosen_metric(self) -> str:
        """The metric drawn."""
        return str(self.choice.value() or "")

    def show_runs(self, runs: Sequence[ComparedRun]) -> None:
        """Draw these."""
        self._runs = tuple(runs)
        self.renew()

    def renew(self) -> None:
        """Take over what the runs have recorded."""
        names = list(dict.fromkeys(name for run in self._runs for name in run.watch.curves()))
        names += [f"{MEASURE}{name}" for name in order(n for run in self._runs for n in run.watch.measures.names())]
        self._offer(names)
        metric = self.chosen_metric()
        series = [self._series(run, metric) for run in self._runs]
        self.plot.set_series(series)
        self._fed = {run.name: self._fed[run.name] for run in self._runs if run.name in self._fed}
        for run in self._runs:
            self._feed(run, metric)
        horizon = max((run.watch.status.total or 0 for run in self._runs if run.watch.status is not None), default=0)
        self.plot.set_horizon(horizon or None)
        self.plot.set_live(any(run.watch.run.is_live() for run in self._runs))

    def _series(self, run: ComparedRun, metric: str) -> Series:
        if metric.startswith(MEASURE):
            return Series(run.name, run.title, run.colour, dots=True)
        curve = run.watch.curves().get(metric)
        return Series(run.name, run.title, run.colour, smoothed=curve is not None and len(curve[0]) > _FEW)

    def _feed(self, run: ComparedRun, metric: str) -> None:
        if metric.startswith(MEASURE):
            found = measured.line(metric.removeprefix(MEASURE), run.watch.measures)
            self._fed.pop(run.name, None)
            self.plot.set_data(run.name, found.steps, found.values, found.errors)
            return
        curve = run.watch.curves().get(metric)
        state = (metric, len(curve[0]) if curve is not None else 0)
        if self._fed.get(run.name) != state:
            self._fed[run.name] = state
            self.plot.set_data(run.name, *((curve[0], curve[2]) if curve is not None else ((), ())))

    def _offer(self, names: Sequence[str]) -> None:
        words = metric_words({run.watch.run.family for run in self._runs})
        ordered = sorted(names, key=lambda name: list(words).index(name) if name in words else len(words))
        self.choice.set_choices([(name, _title(name, words)) for name in ordered])
        wanted = self._wanted if self._wanted in names else next((one for one in _FIRST if one in names), "")
        if wanted:
            self.choice.set_value(wanted)
        self.choice.set_available("" if names else self.tr("These runs have recorded nothing yet."))
        self.plot.set_title(_title(self.chosen_metric(), words))

    def _on_metric(self, metric: str) -> None:
        self._wanted = metric
        self.plot.reset_zoom()
        self.renew()
        self.metric_chosen.emit(metric)

    def _on_export(self) -> None:
        self.export_requested.emit(self.plot.csv_text())


def metric_words(families: set[str]) -> Mapping[str, str]:
    """What metrics are called, in the order in which the panels of these families show them."""
    found: dict[str, str] = {}
    for family in sorted(families):
        about = description_of(family)
        for group in about.groups if about is not None else ():
            title = said(group.title)
            for line in group.lines:
                name = said(line.name)
                alone = len(group.lines) == 1
                found.setdefault(line.metric, title if alone else f"{title} · {name}")
    return found


def _title(name: str, words: Mapping[str, str]) -> str:
    """What a metric or a measure is called."""
    if name.startswith(MEASURE):
        return title(name.removeprefix(MEASURE))
    return words.get(name, _plain(name))


def _plain(name: str) -> str:
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]
