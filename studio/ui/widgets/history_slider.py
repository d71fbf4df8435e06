"""The history slider: every kept step of a run, played like a film, with the live end."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.ui.text import Label, count_text
from studio.ui.widgets.buttons import icon_button
from studio.ui.widgets.frames import dense
from studio.ui.widgets.sliders import Slider


class HistorySlider(QWidget):
    """◀ ▶ play, a slider over the kept steps, and the step it stands at.

    `step_selected` only when the user moves it or the film plays. While it *follows* (its handle stands at the last
    step), new steps move the handle along silently: the live pictures are shown by whoever receives them.
    """

    step_selected = Signal(int)
    following_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._steps: list[int] = []
        self._following = True
        self._live = False
        self._play = icon_button("play", self.tr("Play the history"))
        self._back = icon_button("step-back", self.tr("One kept step back"))
        self._on = icon_button("step-forward", self.tr("One kept step on"))
        self._slider = Slider(0, 0)
        self._slider.setAccessibleName(self.tr("Training step"))
        self._label = Label(role="dim")
        self._timer = QTimer(self)
        self._timer.setInterval(125)
        self._timer.timeout.connect(self._on_tick)
        self._lay_out()
        self._connect()
        self._refresh()

    def _lay_out(self) -> None:
        parts = {
            "historyPlay": self._play,
            "historyBack": self._back,
            "historyForward": self._on,
            "historyPosition": self._slider,
            "historyLabel": self._label,
        }
        row = dense(QHBoxLayout(self), gap=4)
        for name, widget in parts.items():
            widget.setObjectName(name)
            row.addWidget(widget, 1 if widget is self._slider else 0)
        row.insertSpacing(4, 4)
        row.insertSpacing(3, 4)
        self.setFocusProxy(self._slider)

    def _connect(self) -> None:
        self._play.clicked.connect(self.toggle_play)
        self._back.clicked.connect(self._on_back)
        self._on.clicked.connect(self._on_forward)
        self._slider.valueChanged.connect(self._on_value)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def set_steps(self, steps: Sequence[int]) -> None:
        """The kept steps, ascending. Following goes to the new end; otherwise the handle stays at its step."""
        before = self.step()
        self._steps = list(steps)
        self._slider.blockSignals(True)
        self._slider.setRange(0, max(len(self._steps) - 1, 0))
        self._slider.setPageStep(max(1, len(self._steps) // 10))
        self._slider.setValue(self._slider.maximum() if self._following or before is None else self._nearest(before))
        self._slider.blockSignals(False)
        self._refresh()

    def steps(self) -> list[int]:
        """The kept steps."""
        return list(self._steps)

    def step(self) -> int | None:
        """The step the handle stands at; None without steps."""
        return self._steps[self._slider.value()] if self._steps else None

    def select_step(self, step: int) -> None:
        """Put the handle at the kept step nearest to `step`, without announcing it."""
        if self._steps:
            self._slider.blockSignals(True)
            self._slider.setValue(self._nearest(step))
            self._slider.blockSignals(False)
            self._note_following()
            self._refresh()

    def set_live(self, live: bool) -> None:
        """Whether the end is a run in training: the label then says so."""
        self._live = live
        self._refresh()

    def following(self) -> bool:
        """Whether the handle stands at the end and goes with it."""
        return self._following

    def follow(self) -> None:
        """Go to the end and stay there; announced like a move of the user."""
        self._slider.setValue(self._slider.maximum())

    def set_speed(self, steps_per_second: float) -> None:
        """How fast Play walks; 8 by default."""
        self._timer.setInterval(max(20, round(1000 / steps_per_second)))

    # --- the film ----------------------------------------------------------------------------------------------------

    def playing(self) -> bool:
        """Whether the film runs."""
        return self._timer.isActive()

    def toggle_play(self) -> None:
        """Play from where it stands (from the start if at the end), or pause."""
        if self.playing():
            self.pause()
            return
        if len(self._steps) < 2:
            return
        if self._slider.value() == self._slider.maximum():
            self._slider.setValue(0)
        self._timer.start()
        self._refresh()

    def pause(self) -> None:
        """Stop the film where it is."""
        self._timer.stop()
        self._refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        self.pause()
        super().hideEvent(event)

    def _on_tick(self) -> None:
        self._slider.setValue(self._slider.value() + 1)
        if self._slider.value() == self._slider.maximum():
            self.pause()

    # --- moves -------------------------------------------------------------------------------------------------------

    def _on_back(self) -> None:
        self._slider.setValue(self._slider.value() - 1)

    def _on_forward(self) -> None:
        self._slider.setValue(self._slider.value() + 1)

    def _on_value(self) -> None:
        self._note_following()
        self._refresh()
        step = self.step()
        if step is not None:
            self.step_selected.emit(step)

    def _note_following(self) -> None:
        following = self._slider.value() == self._slider.maximum()
        if following != self._following:
            self._following = following
            self.following_changed.emit(following)

    def _nearest(self, step: int) -> int:
        at = bisect_left(self._steps, step)
        if at == len(self._steps) or (at and step - self._steps[at - 1] <= self._steps[at] - step):
            at -= 1
        return at

    def _refresh(self) -> None:
        many = len(self._steps) > 1
        why_not = "" if many else self.tr("There is no history yet: samples are kept as the run goes on.")
        self._play.set_icon("pause" if self.playing() else "play")
        self._play.set_available(why_not)
        at_start = self.tr("This is the first kept step.") if self._slider.value() == 0 else ""
        at_end = self.tr("This is the last kept step.") if self._slider.value() == self._slider.maximum() else ""
        self._back.set_available(why_not or at_start)
        self._on.set_available(why_not or at_end)
        self._slider.setEnabled(many)
        self._label.setText(self._words())
        self._label.setMinimumWidth(self._label_width())

    def _words(self) -> str:
        step = self.step()
        if step is None:
            return self.tr("no steps yet")
        words = self.tr("step {0}").format(count_text(step))
        return f"{words} · {self.tr('live')}" if self._live and self._following else words

    def _label_width(self) -> int:
        """Room for the longest label, so that the slider does not jump while it moves."""
        longest = self.tr("step {0}").format(count_text(self._steps[-1])) if self._steps else self._words()
        ending = f" · {self.tr('live')}" if self._live else ""
        return self._label.fontMetrics().horizontalAdvance(longest + ending) + 2
