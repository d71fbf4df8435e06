"""Follows one run and keeps the canvas up to date: samples, history, curves, notices. Works only while shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from studio.ground.errors import Text
from studio.ground.events import Notice as EngineNotice
from studio.ui.measured import groups
from studio.ui.panels.description import FamilyDescription, said
from studio.ui.panels.train_canvas import TrainCanvas
from studio.ui.panels.train_view import StateNotice
from studio.ui.text import count_text
from studio.ui.widgets.notice_bar import Notice
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.run_watch import RunWatch
    from studio.ui.session import Session

STATE = "state"
_GRAVITY = {"error": 0, "warning": 1, "info": 2}
WHY = "why"


class RunPane(QObject):
    """`show` a run; the slider's position is remembered for the run it was set on."""

    changed = Signal()
    """What can be done with the samples may have changed."""
    moved = Signal()
    """The user stands at another step."""

    def __init__(
        self, session: Session, canvas: TrainCanvas, description: FamilyDescription, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._canvas = canvas
        self._about = description
        self._watch: RunWatch | None = None
        self._run = ""
        self._live = False
        self._total = 0
        self._active = False
        self._place: tuple[str, int | None] = ("", None)
        self._shown: tuple[str, int] | None = None
        self._gone: dict[tuple[str, str], EngineNotice | StateNotice | None] = {}
        self._state: StateNotice | None = None
        self._told_why: set[str] = set()
        canvas.step_chosen.connect(self._on_step)
        canvas.notices.dismissed.connect(self._on_dismissed)

    @property
    def run(self) -> str:
        """The name of the run shown; empty for none."""
        return self._run

    @property
    def use(self) -> Text:
        """What is done with a trained run of the family."""
        return self._about.use

    @property
    def watch(self) -> RunWatch | None:
        """What follows it."""
        return self._watch

    def step(self) -> int | None:
        """The step whose samples are shown."""
        return self._canvas.slider.step() if self._run else None

    # --- which run ---------------------------------------------------------------------------------------------------

    def show(self, run: str, *, live: bool, total: int) -> None:
        """Show a run (or none); the same one again costs nothing."""
        known = (run, live, total) == (self._run, self._live, self._total)
        self._live, self._total = live, total
        if run != self._run:
            self._leave()
            self._run = run
            self._shown = None
            self._canvas.forget_run()
            if run and self._active:
                self._follow()
        elif self._watch is not None and not known:
            self._refresh()

    def activate(self) -> None:
        """Somebody looks."""
        self._active = True
        if self._run and self._watch is None:
            self._follow()
        elif self._watch is not None:
            self._refresh()

    def deactivate(self) -> None:
        """Nobody looks: what comes meanwhile is read when somebody does."""
        self._active = False
        self._canvas.slider.pause()

    def close(self) -> None:
        """Let the run go."""
        self._leave()
        self._run = ""

    def drop(self) -> None:
        """The run is gone, and what followed it too."""
        self._watch = None
        self._run = ""

    def _follow(self) -> None:
        watch = self._session.watch(self._run)
        if watch is None:
            return
        self._watch = watch
        for signal, slot in self._ties(watch):
            signal.connect(slot)
        self._refresh()

    def _ties(self, watch: RunWatch) -> tuple[tuple[Any, Callable[[], None]], ...]:
        return (
            (watch.status_changed, self._on_status),
            (watch.metrics_changed, self._on_metrics),
            (watch.samples_changed, self._on_samples),
            (watch.notices_changed, self._on_notices),
            (watch.measures_changed, self._on_measures),
            (watch.destroyed, self._on_watch_gone),
        )

    def _leave(self) -> None:
        watch, self._watch = self._watch, None
        if watch is None:
            return
        for signal, slot in self._ties(watch):
            signal.disconnect(slot)
        self._session.release(watch)

    def _on_watch_gone(self) -> None:
        """The run was deleted while nobody looked."""
        self._watch = None

    # --- what is new -------------------------------------------------------------------------------------------------

    def _refresh(self) -> None:
        if self._watch is not None and not self._live:
            self._watch.poll()  # nobody reads an ended run again by himself
        self._on_samples()
        self._on_metrics()
        self._on_measures()
        self._on_notices()

    def _on_status(self) -> None:
        if self._watch is not None and self._active:
            self._canvas.curves.set_run(self._total or None, self._watch.seams(), live=self._live)
            self._canvas.set_live(self._live)
            self._words()

    def _on_metrics(self) -> None:
        if self._watch is not None and self._active:
            self._canvas.curves.set_run(self._total or None, self._watch.seams(), live=self._live)
            self._canvas.curves.set_curves(self._watch.curves())

    def _on_measures(self) -> None:
        if self._watch is not None and self._active:
            self._canvas.curves.set_measures(groups(self._watch.measures))

    def _on_samples(self) -> None:
        watch = self._watch
        if watch is None or not self._active:
            return
        steps = watch.sample_steps()
        first = not self._canvas.slider.steps()
        self._canvas.show_steps(steps, live=self._live)
        if steps and first:
            found = watch.sample_with_notes(steps[0])
            self._canvas.show_beginning(found[1] if found is not None else {})
            run, step = self._place
            self._canvas.select_step(step if run == self._run and step is not None else steps[-1])
        self._show_samples()

    def _show_samples(self) -> None:
        """The samples of the step at which the slider stands; the same ones again cost nothing."""
        step = self._canvas.slider.step()
        if self._watch is None or step is None:
            self._words()
            self.changed.emit()
            return
        if self._shown != (self._run, step):
            found = self._watch.sample_with_notes(step)
            pictures, notes = found if found is not None else (np.zeros((0, 1, 1, 3), np.uint8), {})
            if self._canvas.stage.compares:
                self._canvas.stage.show_before(self._noted_before(step))
            self._canvas.show_samples(pictures, notes)
            self._shown = (self._run, step)
            self._canvas.curves.set_cursor(step)
        self._words()
        self.changed.emit()

    def _noted_before(self, step: int) -> Mapping[str, Any]:
        """What was noted of the kept step before one; {} where there is none."""
        earlier = [kept for kept in self._canvas.slider.steps() if kept < step]
        found = self._watch.sample_with_notes(earlier[-1]) if earlier and self._watch is not None else None
        return found[1] if found is not None else {}

    def _words(self) -> None:
        """“same seeds at every step · step 4 200 of 5 400”."""
        step = self._canvas.slider.step()
        words = [said(self._about.constant)]
        if step is not None and self._total:
            words.append(self.tr("step {0} of {1}").format(count_text(step), count_text(self._total)))
        if step is None:
            words = [self.tr("the first ones come within seconds") if self._live else self.tr("none were kept")]
        elif self._canvas.stage.count() == 0:
            words.append(self.tr("they cannot be read"))
        self._canvas.subtitle.setText(" · ".join(words))

    # --- the user ----------------------------------------------------------------------------------------------------

    def _on_step(self, step: int) -> None:
        self._canvas.curves.set_cursor(step)
        self._show_samples()
        self._note_place()
        self.moved.emit()

    def _note_place(self) -> None:
        following = self._canvas.slider.following()
        self._place = (self._run, None if following else self._canvas.slider.step())

    def state(self) -> dict[str, Any]:
        """Run and step of the slider; no step: it stands at the end and goes with it."""
        return {"run": self._place[0], "step": self._place[1]}

    def restore(self, state: object) -> None:
        """Take up `state`; what is odd is left out."""
        found = state if isinstance(state, dict) else {}
        run, step = found.get("run"), found.get("step")
        self._place = (run if isinstance(run, str) else "", step if isinstance(step, int) else None)

    # --- notices -----------------------------------------------------------------------------------------------------

    def show_state(self, notice: StateNotice | None) -> None:
        """Say what there is to say about the run's state."""
        self._state = notice
        self._show_notices()

    def _on_notices(self) -> None:
        if self._watch is not None and self._active:
            self._show_notices()

    def _show_notices(self) -> None:
        """The state first, then what the engine said, the gravest and newest first.

        Of a run that trains no more only what was wrong is still worth saying.
        """
        shown = []
        if self._state is not None and not self._is_gone(STATE, self._state):
            shown.append(self._state_bar(self._state))
        if self._watch is not None:
            worth = [n for n in self._watch.notices if self._live or n.severity != "info"]
            told = [n for n in reversed(worth) if not self._is_gone(n.code, n)]
            shown += [self._bar(n) for n in sorted(told, key=lambda n: _GRAVITY[n.severity])]
        if tuple(shown) != tuple(self._canvas.notices.notices()):
            self._canvas.notices.clear()
            for notice in reversed(shown):
                self._canvas.notices.put(notice)

    def _state_bar(self, notice: StateNotice) -> Notice:
        choices = tuple((choice.id, spoken(choice.words)) for choice in notice.choices)
        details = self._log() if notice.details else ""
        return Notice(STATE, spoken(notice.title), spoken(notice.sentence), notice.kind, choices, details)

    def _log(self) -> str:
        watch = self._watch
        return watch.run.log_tail() if watch is not None else ""

    def _bar(self, notice: EngineNotice) -> Notice:
        """A notice of the engine: its first sentence, what can be done, and on “Why?” the rest."""
        sentence, more = spoken(notice.body), said(self._about.reasons.get(notice.code, ""))
        short = first_sentence(sentence)
        actions: list[tuple[str, str]] = []
        remedy = said(self._about.remedies.get(notice.action, ""))
        if remedy and self._live:
            actions.append((notice.action, remedy))
        if more or short != sentence:
            told = notice.code in self._told_why
            actions.append((WHY, self.tr("Less") if told else self.tr("Why?")))
            sentence = f"{sentence} {more}".strip() if told else short
        return Notice(notice.code, spoken(notice.title), sentence, notice.severity, tuple(actions))

    def toggle_why(self, code: str) -> None:
        """Unfold or fold the explanation of a notice."""
        self._told_why ^= {code}
        self._show_notices()

    def forgive(self, code: str) -> None:
        """What a notice proposed was done: it goes, until the engine says it again."""
        self._on_dismissed(code)

    def _on_dismissed(self, code: str) -> None:
        held = next((n for n in self._watch.notices if n.code == code), None) if self._watch is not None else None
        self._gone[self._run, code] = self._state if code == STATE else held
        self._show_notices()

    def _is_gone(self, code: str, notice: EngineNotice | StateNotice) -> bool:
        """Whether just this notice was dismissed; one said anew shows again."""
        return self._gone.get((self._run, code)) == notice


def first_sentence(words: str) -> str:
    """Up to the first full stop, question or exclamation mark that ends a sentence."""
    return re.split(r"(?<=[.!?])\s", words, maxsplit=1)[0]
