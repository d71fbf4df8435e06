"""The foot of the Train column: what the run costs on this machine, measured before it or as it goes."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.ui.text import Label, bytes_text, count_text, duration_text
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.frames import dense, rule


@dataclass(frozen=True, slots=True)
class Cost:
    """What is shown. ``rate`` in items a second; ``seconds`` of the whole run, or left where it ``trains``; memory in
    bytes. ``why_not``: why nothing can be measured now."""

    items: str = ""
    rate: float | None = None
    seconds: float | None = None
    memory: int = 0
    free: int = 0
    trains: bool = False
    busy: bool = False
    progress: str = ""
    problem: str = ""
    why_not: str = ""
    ended: bool = False


class MeasureBlock(QWidget):
    """Three quiet lines and a button."""

    measure_asked = Signal()
    cancel_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("measureBlock")
        self._cost: Cost | None = None
        self._caption = Label(role="small", wrap=True)
        self._caption.setObjectName("measureCaption")
        self._rows = {name: self._row(name) for name in ("rate", "time", "memory")}
        self.button = Button(self.tr("Measure"), kind="small")
        self.button.setObjectName("measureButton")
        self.button.clicked.connect(self._on_clicked)
        self._lay_out()
        self.show_cost(Cost())

    def _row(self, name: str) -> tuple[Label, Label]:
        words = {"rate": self.tr("Speed"), "time": self.tr("Time"), "memory": self.tr("Memory")}
        key, value = Label(words[name], role="small"), Label(role="strong", wrap=False)
        value.setObjectName(f"measured_{name}")
        value.setAccessibleName(words[name])
        return key, value

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(1, 1)
        for row, (key, value) in enumerate(self._rows.values()):
            grid.addWidget(key, row, 0)
            grid.addWidget(value, row, 1)
        foot = dense(QHBoxLayout(), gap=8)
        foot.addWidget(self._caption, 1)
        foot.addWidget(self.button)
        column = dense(QVBoxLayout(self), gap=8)
        column.addWidget(rule())
        column.addLayout(foot)
        column.addLayout(grid)

    def show_cost(self, cost: Cost) -> None:
        """Show what is known; touches only what differs."""
        if cost == self._cost:
            return
        self._cost = cost
        self.setVisible(not (cost.ended and cost.rate is None and cost.seconds is None))
        self._caption.setText(self._caption_words(cost))
        self._set("rate", "" if cost.rate is None else self.tr("{0} {1}/s").format(_rate_text(cost.rate), cost.items))
        self._set("time", self._time_words(cost))
        self._set("memory", self._memory_words(cost))
        self.button.setVisible(not cost.trains and not cost.ended)
        self.button.set_text(
            self.tr("Cancel")
            if cost.busy
            else self.tr("Measure again")
            if cost.rate is not None
            else self.tr("Measure")
        )
        self.button.set_available("" if cost.busy else cost.why_not)

    def _set(self, name: str, words: str) -> None:
        key, value = self._rows[name]
        value.setText(words)
        for label in (key, value):
            label.setVisible(bool(words))

    def _caption_words(self, cost: Cost) -> str:
        if cost.busy:
            return cost.progress or self.tr("Measuring by trial steps…")
        if cost.problem:
            return cost.problem
        if cost.trains:
            return self.tr("Measured as it trains")
        if cost.ended:
            return self.tr("As it was measured")
        if cost.rate is not None:
            return self.tr("Measured here by trial steps")
        return self.tr("How fast on this machine?")

    def _time_words(self, cost: Cost) -> str:
        if cost.seconds is None:
            return ""
        spoken = duration_text(cost.seconds)
        if cost.trains:
            return self.tr("{0} left").format(spoken)
        return spoken if cost.ended else self.tr("about {0}").format(spoken)

    def _memory_words(self, cost: Cost) -> str:
        if not cost.memory:
            return ""
        if not cost.free:
            return bytes_text(cost.memory)
        return self.tr("{0} of {1} free").format(bytes_text(cost.memory), bytes_text(cost.free))

    def _on_clicked(self) -> None:
        if self._cost is not None and self._cost.busy:
            self.cancel_asked.emit()
        else:
            self.measure_asked.emit()


def _rate_text(rate: float) -> str:
    """A rate in as many digits as mean something."""
    return count_text(round(rate)) if rate >= 10 else f"{rate:.1f}"
