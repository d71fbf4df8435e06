"""The lower half of the Runs page: curves overlaid, settings compared, samples side by side of the chosen runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from studio.ground.errors import StudioError
from studio.ui.form_fields import choice_words
from studio.ui.pages.runs_curves import ComparedRun, RunsCurves
from studio.ui.pages.runs_measures import RunsMeasures
from studio.ui.pages.runs_rows import RunRow, family_title
from studio.ui.pages.runs_samples import RunsSamples
from studio.ui.pages.runs_settings import RunsSettings, SettingsOf
from studio.ui.text import Label, count_text, duration_text
from studio.ui.widgets.frames import dense
from studio.ui.widgets.segmented import Segment, Segmented
from studio.ui.words import spoken_error

if TYPE_CHECKING:
    from studio.ui.run_watch import RunWatch
    from studio.ui.session import Session

MOST = 8
"""Runs that are compared at once: as many as there are colours."""
VIEWS = ("curves", "measures", "settings", "samples")


class Comparison(QWidget):
    """Follows the chosen runs while it is seen; each is opened in a beat of its own, so that nothing freezes."""

    state_changed = Signal()
    colours_changed = Signal(dict)
    export_requested = Signal(str)
    measure_asked = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("comparison")
        self._session = session
        self._rows: list[RunRow] = []
        self._watches: dict[str, RunWatch] = {}
        self._settings: dict[str, SettingsOf] = {}
        self._slots: dict[str, int] = {}
        self._active = False
        self._opening = QTimer(self)
        self._opening.setObjectName("comparisonTimer")
        self._opening.setInterval(0)
        self._opening.timeout.connect(self._open_next)
        self._make_parts()
        self._lay_out()

    def _make_parts(self) -> None:
        self.segments = Segmented(
            [
                Segment("curves", self.tr("Curves")),
                Segment("measures", self.tr("Measures")),
                Segment("settings", self.tr("Settings")),
                Segment("samples", self.tr("Samples")),
            ]
        )
        self.segments.setObjectName("runsViews")
        self.segments.setAccessibleName(self.tr("What of the runs is compared"))
        self.segments.setMinimumWidth(380)
        self.segments.value_changed.connect(self.show_view)
        self._hint = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        self._hint.setObjectName("runsHint")
        self.curves, self.measures = RunsCurves(), RunsMeasures()
        self.settings, self.samples = RunsSettings(), RunsSamples()
        self.curves.metric_chosen.connect(self.state_changed)
        self.curves.export_requested.connect(self.export_requested)
        self.measures.measure_chosen.connect(self.state_changed)
        self.measures.measure_asked.connect(self.measure_asked)
        self.settings.only_changed.connect(self.state_changed)
        self.samples.step_chosen.connect(self.state_changed)
        self._stack = QStackedWidget()
        for part in (self.curves, self.measures, self.settings, self.samples):
            self._stack.addWidget(part)

    def _lay_out(self) -> None:
        head = dense(QHBoxLayout(), gap=16)
        head.addWidget(self.segments)
        head.addWidget(self._hint, 1)
        column = dense(QVBoxLayout(self), gap=12)
        column.setContentsMargins(0, 10, 0, 0)
        column.addLayout(head)
        column.addWidget(self._stack, 1)

    # --- what is compared --------------------------------------------------------------------------------------------

    def show_rows(self, rows: Sequence[RunRow]) -> None:
        """Compare these runs; of more than eight the first."""
        wanted = [row for row in rows if not row.damage][:MOST]
        self._rows = wanted
        self._hint.setText(self._words(rows))
        self._colour()
        self._release({row.name for row in wanted})
        if self._active:
            self._opening.start()

    def set_active(self, on: bool) -> None:
        """Follow the runs, or let them go."""
        self._active = on
        if on:
            self._opening.start()
        else:
            self._opening.stop()
            self.samples.stop()
            self._release(set())
            self._show()

    def forget(self) -> None:
        """Another project."""
        self._slots.clear()
        self._settings.clear()
        self.show_rows(())

    def show_view(self, view: str) -> None:
        """Curves, measures, settings or samples."""
        wanted = view if view in VIEWS else VIEWS[0]
        self.segments.set_value(wanted)
        self._stack.setCurrentIndex(VIEWS.index(wanted))
        self._show()
        self.state_changed.emit()

    def state(self) -> dict[str, Any]:
        """What should be the same tomorrow."""
        return {
            "view": self.segments.value(),
            "metric": self.curves.chosen_metric(),
            "measure": self.measures.chosen_measure(),
            "only": self.settings.only.value(),
            "step": self.samples.step(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up `state`."""
        self.settings.only.set_value(state.get("only") is True)
        self.curves.set_metric(str(state.get("metric", "")))
        self.measures.set_measure(str(state.get("measure", "")))
        step = state.get("step")
        self.samples.set_step(step if isinstance(step, int) else None)
        self.show_view(str(state.get("view", VIEWS[0])))

    # --- following ---------------------------------------------------------------------------------------------------

    def _colour(self) -> None:
        """A run keeps its colour as long as it is chosen."""
        names = [row.name for row in self._rows]
        self._slots = {name: slot for name, slot in self._slots.items() if name in names}
        for name in names:
            if name not in self._slots:
                self._slots[name] = next(at for at in range(MOST) if at not in self._slots.values())
        self.colours_changed.emit({name: f"series:{slot}" for name, slot in self._slots.items()})

    def _release(self, keep: set[str]) -> None:
        for name in [name for name in self._watches if name not in keep]:
            watch = self._watches.pop(name)
            watch.metrics_changed.disconnect(self._on_metrics)
            watch.samples_changed.disconnect(self._on_samples)
            watch.measures_changed.disconnect(self._on_measures)
            self._session.release(watch)

    def _open_next(self) -> None:
        """Begin to follow one more run; show all when all are there."""
        missing = next((row.name for row in self._rows if row.name not in self._watches), None)
        if missing is None:
            self._opening.stop()
            self._show()
            return
        watch = self._session.watch(missing)
        if watch is None:
            self._rows = [row for row in self._rows if row.name != missing]
            return
        watch.metrics_changed.connect(self._on_metrics)
        watch.samples_changed.connect(self._on_samples)
        watch.measures_changed.connect(self._on_measures)
        self._watches[missing] = watch

    def _compared(self) -> list[ComparedRun]:
        return [
            ComparedRun(row.name, row.title, f"series:{self._slots[row.name]}", self._watches[row.name])
            for row in self._rows
            if row.name in self._watches
        ]

    def _show(self) -> None:
        """Bring what is seen up to date; the other views follow when they are shown."""
        view = self.segments.value()
        if view == "settings":
            self.settings.show_runs([self._settings_of(row) for row in self._rows] if self._active else ())
        elif view == "samples":
            self.samples.show_runs(self._compared())
        elif view == "measures":
            self.measures.show_runs(self._compared())
        else:
            self.curves.show_runs(self._compared())

    def _on_metrics(self) -> None:
        if self.segments.value() == "curves":
            self.curves.renew()

    def _on_measures(self) -> None:
        if self.segments.value() == "measures":
            self.measures.renew()
        else:
            self._on_metrics()

    def _on_samples(self) -> None:
        if self.segments.value() == "samples":
            self.samples.renew()

    # --- settings ----------------------------------------------------------------------------------------------------

    def _settings_of(self, row: RunRow) -> SettingsOf:
        found = self._settings.get(row.name)
        if found is None or found.title != row.title or row.live:
            found = self._settings[row.name] = self._read_settings(row)
        return found

    def _read_settings(self, row: RunRow) -> SettingsOf:
        project = self._session.project
        if project is None:
            return SettingsOf(row.title, None, {})
        try:
            run = project.runs.get(row.name)
            config, request, status = run.config(), run.request(), run.status()
        except (StudioError, OSError) as error:
            return SettingsOf(row.title, None, {}, spoken_error(error))
        none = "–"
        facts = {
            self.tr("Model"): family_title(row.family),
            self.tr("Data set"): row.dataset,
            self.tr("Preset"): choice_words(request.dial) if request.dial is not None else none,
            self.tr("Started from"): request.start_run or self.tr("fresh weights"),
            self.tr("Device"): status.device.upper() or none,
            self.tr("Trained"): duration_text(row.seconds) if row.seconds else none,
            self.tr("Best checkpoint"): none if row.best is None else count_text(row.best),
        }
        return SettingsOf(row.title, config, facts)

    def _words(self, rows: Sequence[RunRow]) -> str:
        if not rows:
            return self.tr("Choose a run above; tick several to compare them.")
        if len(rows) > MOST:
            return self.tr("The first {0} of {1} chosen runs are compared.").format(MOST, len(rows))
        if len(rows) == 1:
            return self.tr("Tick more runs above to compare them.")
        return self.tr("{0} runs compared").format(len(rows))
