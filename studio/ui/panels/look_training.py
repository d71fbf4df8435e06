"""The same thing given to every kept checkpoint of a run: asked one after the other, the chosen one first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtWidgets import QWidget

from studio.config.base import Settings
from studio.ui.panels.look_view import LookView
from studio.ui.panels.maker import Maker
from studio.ui.widgets.history_slider import HistorySlider


class ThroughTraining(LookView):
    """A subclass lays itself out, says in `request` how a checkpoint is asked and shows in `show_found` what is `found`
    so far; `step` is the chosen one, on the `slider`."""

    key = "training"
    looks_at = "one"

    def __init__(self, maker: Maker, parent: QWidget | None = None) -> None:
        super().__init__(maker, parent)
        self.found: dict[int, Any] = {}
        """By step what each checkpoint that was asked made of it."""
        self.step = -1
        self._asked: tuple[str, Any] | None = None  # run, and what it is given
        self._waiting: list[int] = []
        self.slider = HistorySlider()
        self.slider.setObjectName("trainingSlider")
        self.slider.set_speed(4)
        self.slider.step_selected.connect(self._on_step)

    # --- what a family says ------------------------------------------------------------------------------------------

    def request(self, run: str, checkpoint: str, looked: Any) -> Settings:
        """What asks a checkpoint."""
        raise NotImplementedError

    def taken(self, answer: Any) -> Any:
        """What of an answer is kept."""
        return answer

    def begin(self) -> None:
        """Something else is looked at: nothing is found yet."""

    def show_found(self) -> None:
        """Show everything that is found so far."""
        raise NotImplementedError

    def show_step(self) -> None:
        """Show another step; what is found is the same."""
        self.show_found()

    # --- the view ----------------------------------------------------------------------------------------------------

    def steps(self) -> list[int]:
        """The checkpoints whose answers are there, in order."""
        return sorted(self.found)

    def depends(self) -> object:
        return self.maker.trained.steps if self.maker.trained is not None else ()

    def state(self) -> dict[str, Any]:
        return {"step": self.step}

    def restore(self, state: dict[str, Any]) -> None:
        step = state.get("step", -1)
        self.step = step if isinstance(step, int) else -1

    def show_recipes(self, recipes: Sequence[Any]) -> None:
        model, trained = self.maker.model, self.maker.trained
        asked = (model.run, recipes[0]) if model is not None and recipes else None
        if asked != self._asked:
            self._asked, self.found = asked, {}
            self.begin()
        if model is None or trained is None or asked is None:
            self._waiting = []
            self._show()
            return
        if self.step not in trained.steps:
            self.step = int(model.checkpoint)
        self.slider.set_steps(trained.steps)
        self._waiting = [step for step in trained.steps if step not in self.found]
        self._waiting.sort(key=lambda step: step != self.step)
        self._show()
        self._ask_next()

    def choose(self, step: int) -> None:
        """Choose a checkpoint; it is asked next where it was not yet."""
        if step == self.step:
            return
        self.step = step
        if step in self._waiting:
            self._waiting.remove(step)
            self._waiting.insert(0, step)
        self.slider.select_step(step)
        self.show_step()
        self.changed.emit()

    def _show(self) -> None:
        self.slider.select_step(self.step)
        self.show_found()

    def _ask_next(self) -> None:
        if not self._waiting or self._asked is None:
            return
        step, (run, looked) = self._waiting.pop(0), self._asked

        def on_answer(answer: Any) -> None:
            self.found[step] = self.taken(answer)
            self._show()
            self._ask_next()

        self.maker.look(self.key, self.request(run, str(step), looked), on_answer)

    def _on_step(self, step: int) -> None:
        self.choose(step)
