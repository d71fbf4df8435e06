"""The forward process: the user's own pictures drown in noise, by a schedule that can be changed while one looks."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from studio.config.requests import ForwardRequest, Recipe
from studio.ui.panels.legend import Legend
from studio.ui.panels.look_view import LookView
from studio.ui.panels.maker import Maker
from studio.ui.text import Label, number_text
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.empty_state import EmptyState
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.heat import HeatPicture
from studio.ui.widgets.inputs import Combo, Slider, Switch
from studio.ui.widgets.picture_table import PictureTable
from studio.ui.widgets.schedule_curve import ScheduleCurve
from studio.ui.widgets.segmented import Segment, Segmented

_PICTURES, _TIMES = 3, 61
_SHOWN = 26  # of the times, at first
_LARGEST_SIDE = 64
_SCHEDULES = ("linear", "cosine", "sigmoid", "flow")


class ForwardView(LookView):
    """Rows of pictures over time, a slider, the schedule as curves with a dot, and the picture at the dot large."""

    key = "forward"
    looks_at = "none"
    needs_run = False

    def __init__(self, maker: Maker, parent: QWidget | None = None) -> None:
        super().__init__(maker, parent)
        self._found: Any = None
        self._place, self._row = _SHOWN, 0
        self._seed = 0
        self._touched = False  # the user has chosen a schedule; else it is the run's
        self._dataset = ""
        self.controls = QWidget()
        self._build_controls()
        self._build_canvas()

    # --- building ----------------------------------------------------------------------------------------------------

    def words(self) -> tuple[str, str]:
        explained = self.tr(
            "This is all that a denoiser learns from: your pictures, covered by more and more noise. The schedule says "
            "how fast they drown."
        )
        return self.tr("Your pictures in the noise"), explained

    def _build_controls(self) -> None:
        self.dataset = Combo()
        self.dataset.setObjectName("forwardDataset")
        self.dataset.setAccessibleName(self.tr("Data set"))
        self.dataset.value_changed.connect(self._on_dataset)
        self.schedule = Segmented(
            [
                Segment("linear", self.tr("Linear")),
                Segment("cosine", self.tr("Cosine")),
                Segment("sigmoid", self.tr("Sigmoid")),
                Segment("flow", self.tr("Flow")),
            ]
        )
        self.schedule.setObjectName("forwardSchedule")
        self.schedule.setAccessibleName(self.tr("Schedule"))
        self.schedule.set_value("flow")
        self.schedule.value_changed.connect(self._on_schedule)
        self.pure = Switch(self.tr("End in pure noise"))
        self.pure.setObjectName("forwardPure")
        self.pure.value_changed.connect(self._on_schedule)
        self._own = Label(role="small", wrap=True)
        self._own.setObjectName("forwardOwn")
        self.others = Button(self.tr("Other pictures"), kind="small", icon="random")
        self.others.setObjectName("forwardOthers")
        self.others.clicked.connect(self._on_others)
        assert self.controls is not None
        column = dense(QVBoxLayout(self.controls), gap=10)
        column.addWidget(Label(self.tr("Data set"), role="dim"))
        column.addWidget(self.dataset)
        column.addWidget(self.others)
        column.addSpacing(6)
        column.addWidget(Label(self.tr("Schedule"), role="dim"))
        column.addWidget(self.schedule)
        column.addWidget(self.pure)
        column.addWidget(self._own)

    def _build_canvas(self) -> None:
        self.table = PictureTable("column")
        self.table.setObjectName("forwardTable")
        self.table.setAccessibleName(self.tr("Your pictures over time; arrow keys walk through it"))
        self.table.picked.connect(self._on_table)
        self.slider = Slider(0, _TIMES - 1)
        self.slider.setObjectName("forwardSlider")
        self.slider.setAccessibleName(self.tr("Time"))
        self.slider.setValue(self._place)
        self.slider.valueChanged.connect(self._go_to)
        self._where = Label(role="dim")
        self._where.setObjectName("forwardWhere")
        self.curve = ScheduleCurve()
        self.curve.setObjectName("forwardCurve")
        self.curve.setAccessibleName(self.tr("The schedule: shares of picture and noise over time"))
        self.curve.moved.connect(self._go_to)
        self.large = HeatPicture()
        self.large.setObjectName("forwardLarge")
        self.large.setAccessibleName(self.tr("The picture at this time"))
        self._name = Label(role="dim")
        self._name.setObjectName("forwardName")
        self._told = Label(role="dim", wrap=True)
        self._told.setObjectName("forwardTold")
        self._headline = Label(role="strong", wrap=True)
        words = self.tr("Here you see how your own pictures drown in noise.")
        self.empty = EmptyState("data", self.tr("No pictures yet"), words, self.tr("Import pictures"))
        self.empty.setObjectName("forwardEmpty")
        self.empty.triggered.connect(self._on_empty_button)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._full())
        self._stack.addWidget(self.empty)
        dense(QVBoxLayout(self)).addWidget(self._stack)

    def _full(self) -> QWidget:
        full = QWidget()
        rows = Frame("card", padding=14, gap=8)
        rows.add(self.table, 1)
        line = dense(QHBoxLayout(), gap=12)
        line.addWidget(self.slider, 1)
        line.addWidget(self._where)
        rows.body.addLayout(line)
        both = dense(QHBoxLayout(), gap=12)
        both.addWidget(self._curve_card(), 5)
        both.addWidget(self._large_card(), 6)
        column = dense(QVBoxLayout(full), gap=12)
        column.addWidget(rows, 1)
        column.addLayout(both, 1)
        return full

    def _curve_card(self) -> Frame:
        card = Frame("card", padding=14)
        head = dense(QHBoxLayout(), gap=12)
        head.addWidget(Label(self.tr("The schedule"), role="strong"))
        head.addStretch(1)
        head.addWidget(Legend(self.tr("picture"), "real"))
        head.addWidget(Legend(self.tr("noise"), "fake"))
        card.body.addLayout(head)
        card.add(self.curve, 1)
        return card

    def _large_card(self) -> Frame:
        card = Frame("card", padding=14)
        row = dense(QHBoxLayout(), gap=16)
        words = dense(QVBoxLayout(), gap=6)
        words.addStretch(1)
        words.addWidget(self._headline)
        words.addWidget(self._told)
        words.addWidget(self._name)
        words.addStretch(1)
        row.addWidget(self.large, 3)
        row.addLayout(words, 2)
        card.body.addLayout(row, 1)
        return card

    # --- what is kept ------------------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        schedule = self.schedule.value() if self._touched else ""
        held = {"time": self._place, "row": self._row, "seed": self._seed, "dataset": self._dataset}
        return held | {"schedule": schedule, "pure": self.pure.isChecked()}

    def restore(self, state: dict[str, Any]) -> None:
        if state.get("place") == 0 and len(state) == 1:
            return  # another picture has come to the tab, which means nothing here
        time, row, seed = (state.get(name) for name in ("time", "row", "seed"))
        self._place = time if isinstance(time, int) and 0 <= time < _TIMES else _SHOWN
        self._row = row if isinstance(row, int) and 0 <= row < _PICTURES else 0
        self._seed = seed if isinstance(seed, int) and 0 <= seed < 2**31 else 0
        self._dataset = str(state.get("dataset") or "")
        self._touched = state.get("schedule") in _SCHEDULES
        self.schedule.set_value(str(state["schedule"]) if self._touched else "flow")
        self.pure.set_value(state.get("pure") is True)

    # --- asking ------------------------------------------------------------------------------------------------------

    def depends(self) -> object:
        self._refresh_controls()
        return self._ask_for()

    def _ask_for(self) -> ForwardRequest | None:
        """What is to be shown; None without a data set."""
        record = self.maker.session.lists.dataset(str(self.dataset.value() or ""))
        if record is None:
            return None
        trained = self.maker.trained
        own = trained is not None and self.maker.session.lists.dataset(trained.dataset) == record
        side = trained.side if own and trained is not None else min(*record.size, _LARGEST_SIDE)
        channels = 1 if (trained.config.get("channels") if own and trained is not None else record.channels) == 1 else 3
        return ForwardRequest(
            dataset=record.name, process=self.process(), count=_PICTURES, size=max(side or 32, 8), channels=channels,
            times=_TIMES, seed=self._seed,
        )  # fmt: skip

    def process(self) -> dict[str, Any]:
        """The chosen schedule as plain data."""
        chosen = self.schedule.value()
        if chosen == "flow":
            return {"kind": "flow"}
        return {"kind": "gradual", "schedule": chosen, "zero_terminal_snr": self.pure.isChecked()}

    def show_recipes(self, recipes: Sequence[Recipe]) -> None:
        request = self._ask_for()
        self._stack.setCurrentIndex(0 if request is not None else 1)
        if request is not None:
            self.maker.look("forward", request, self._on_found)

    def _on_found(self, found: Any) -> None:
        if found is not None:
            self._found = found
            self._show()

    # --- showing -----------------------------------------------------------------------------------------------------

    def _refresh_controls(self) -> None:
        """The data sets that there are, and the run's own schedule until another is chosen."""
        names = [record.name for record in self.maker.session.datasets()]
        if names != [self.dataset.itemData(row) for row in range(self.dataset.count())]:
            self.dataset.set_choices([(name, name) for name in names])
        trained = self.maker.trained
        record = self.maker.session.lists.dataset(trained.dataset) if trained is not None else None
        own = record.name if record is not None else ""
        wanted = next((name for name in (self._dataset, own, *names) if name in names), "")
        self.dataset.set_value(wanted)
        process = dict(trained.config.get("process", {})) if trained is not None else {}
        name = str(process.get("schedule", "cosine")) if process.get("kind") == "gradual" else "flow"
        if not self._touched:
            self.schedule.set_value(name)
            self.pure.set_value(bool(process.get("zero_terminal_snr")))
        flow = self.schedule.value() == "flow"
        self.pure.set_available(self.tr("Flow ends in pure noise by itself.") if flow else "")
        self._own.setText(self._own_words(name) if trained is not None and process else "")

    def _own_words(self, name: str) -> str:
        words = dict(zip(_SCHEDULES, self._schedule_words(), strict=True))
        run = self.maker.trained.name if self.maker.trained is not None else ""
        return self.tr("{0} was trained with: {1}.").format(run, words.get(name, name))

    def _schedule_words(self) -> tuple[str, ...]:
        return (self.tr("linear"), self.tr("cosine"), self.tr("sigmoid"), self.tr("flow"))

    def _show(self) -> None:
        drowned = self._found.drowned
        last = len(drowned.times) - 1
        headings = [f"{round(100 * at / last)} %" for at in range(last + 1)]
        self.table.set_rows([list(row) for row in drowned.pictures], names=self._found.names, headings=headings)
        others = {name: curve for name, curve in drowned.others.items() if name != self.schedule.value()}
        self.curve.set_curves(drowned.picture, drowned.noise, others)
        self._show_time()

    def _show_time(self) -> None:
        if self._found is None:
            return
        drowned, place = self._found.drowned, min(self._place, len(self._found.drowned.times) - 1)
        row = min(self._row, len(drowned.pictures) - 1)
        self.slider.blockSignals(True)
        self.slider.setValue(place)
        self.slider.blockSignals(False)
        self.table.choose(place, row)
        self.curve.set_place(place)
        self.large.set_picture(drowned.pictures[row, place])
        self._name.setText(self._found.names[row])
        a, b, sigma = (float(curve[place]) for curve in (drowned.picture, drowned.noise, drowned.sigma))
        percent = round(100 * float(drowned.times[place]))
        self._where.setText(self.tr("{0} % · σ {1}").format(percent, _sigma_text(sigma)))
        self._headline.setText(self.tr("{0} of the picture, {1} of noise").format(f"{a:.2f}", f"{b:.2f}"))
        self._told.setText(self._time_words(a, b, sigma))
        self.said.emit(self._crossing_words(drowned))

    def _time_words(self, a: float, b: float, sigma: float) -> str:
        ratio = a * a / (b * b) if b > 0 else float("inf")
        shown = number_text(ratio, 2) if 1e-3 <= ratio < 1e4 else self.tr("nearly none") if ratio < 1 else "∞"
        return self.tr("Signal-to-noise ratio {0}, noise level σ {1}.").format(shown, _sigma_text(sigma))

    def _crossing_words(self, drowned: Any) -> str:
        at = int(np.argmax(np.asarray(drowned.noise) >= np.asarray(drowned.picture)))
        percent = round(100 * float(drowned.times[at]))
        return self.tr("Picture and noise are equally strong at {0} % of the time.").format(percent)

    # --- what happens ------------------------------------------------------------------------------------------------

    def _go_to(self, place: int) -> None:
        self._place = place
        self._show_time()
        self.changed.emit()

    def _on_table(self, row: int, column: int) -> None:
        self._row = row
        self._go_to(column)

    def _on_dataset(self, name: str) -> None:
        self._dataset = name
        self.outdated.emit()

    def _on_schedule(self) -> None:
        self._touched = True
        self.outdated.emit()

    def _on_others(self) -> None:
        self._seed = random.SystemRandom().randrange(1_000_000)
        self.outdated.emit()

    def _on_empty_button(self) -> None:
        self.maker.session.go("data")


def _sigma_text(sigma: float) -> str:
    """A noise level; where nothing of the picture is left it has no end."""
    return "∞" if sigma >= 1000 else number_text(sigma, 3)
