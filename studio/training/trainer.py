"""One loop for all families: steps, samples, checkpoints, notices, told as events and steered between two of them.

The trainer is given its parts and builds none. A step is a pure function of state and step number; when something is
shown or saved never changes it. Exactly one :class:`Ended` closes every run.
"""

from __future__ import annotations

import time
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import nn

from studio.config.base import describe, get_value, with_overrides
from studio.data.work import reason_in_passing
from studio.ground.errors import StudioError, Text, UsageError, text
from studio.ground.events import (
    ChangeSetting,
    CheckpointSaved,
    Command,
    Continue,
    Ended,
    Event,
    Metrics,
    Notice,
    Pause,
    Paused,
    Progress,
    SampleNow,
    Samples,
    SaveNow,
    Started,
    Stop,
)
from studio.models.weights import NotFiniteError
from studio.training.cadence import model_steps, resume_interval, sample_steps
from studio.training.checkpoints import Checkpoints
from studio.training.ema import average_of
from studio.training.fitting import inexact, must_fit, passed_over, surroundings
from studio.training.memory import out_of_memory, release
from studio.training.notices import enough_notice, not_finite, not_saved
from studio.training.precision import choose_precision, fast_arithmetic
from studio.training.recorder import Recorder
from studio.training.state import collect, digest, model_parts, put_back, still, tables
from studio.training.stepping import Made, Stepper
from studio.training.task import BringsFiles, Task

GIVE_UP = 20  # updates in a row that were not finite
_BREATH = 0.4  # seconds between two progress events
_RETRY = 15.0  # seconds until a failed checkpoint is tried again
_AFTER_CHANGE = 5.0  # seconds after which a changed setting is safe on disk
_LAST_ATTEMPTS = 3
_TOO_LARGE = "The memory of the device does not suffice for {batch} items a step; "


@dataclass
class Counters:
    """The plain facts that are part of a run's state: with the tensors they decide every later step."""

    step: int = 0
    bad_in_a_row: int = 0
    validated: int = 0
    enough: bool = False
    changes: list[tuple[int, str, Any]] = field(default_factory=list)


class Trainer:
    """Trains one run.

    Args:
        task: the family's part.
        fingerprint: of the prepared data; a resume with other data is refused.
        checkpoints: the run's own folder of checkpoints.
        stop_at: end (as ``stopped``) at this step, inside the horizon ``task.config.steps``.
        rescue: after memory ran out, finds a batch that fits (None: none does), once everything here is freed.
        clock: seconds that only go forward.
    """

    def __init__(
        self,
        task: Task,
        *,
        device: torch.device,
        recorder: Recorder,
        checkpoints: Checkpoints,
        fingerprint: str = "",
        stop_at: int | None = None,
        rescue: Callable[[], int | None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.task, self.device, self.recorder, self.checkpoints = task, device, recorder, checkpoints
        self.fingerprint, self.rescue, self.clock = fingerprint, rescue, clock
        self.original = task.config
        self.total = task.config.steps
        self.end = min(self.total, stop_at or self.total)
        self.counters = Counters()
        self.averages = {name: average_of(task, name, device) for name in task.averaged}
        dtype = choose_precision(task.config.precision, device)
        self.stepper = Stepper(task, self.averages, device=device, dtype=dtype)
        self.seconds = 0.0  # spent in steps, also before this start
        self._sample_steps = sample_steps(self.total, task.items_per_step, task.config.sample_gap)
        self._model_steps = model_steps(self.total, task.items_per_step)
        self._sampled_at = -1
        self._saved_at, self._patience, self._save_wanted = clock(), resume_interval(0.0), False
        self._stopping = self._saving = False
        self._pending: tuple[int, Made] | None = None
        self._backlog: deque[Event] = deque()
        self._bad_phase = ""
        self._measures: tuple[int, dict[str, float]] | None = None  # of the last step that was measured
        self._pace: deque[float] = deque(maxlen=50)

    # --- state -------------------------------------------------------------------------------------------------

    @property
    def step(self) -> int:
        """Steps made so far."""
        return self.counters.step

    @property
    def items(self) -> int:
        """Items seen so far."""
        return self.counters.step * self.task.items_per_step

    def state_facts(self) -> dict[str, Any]:
        """The plain facts that belong to the state."""
        return {
            "step": self.step,
            "items": self.items,
            "bad_in_a_row": self.counters.bad_in_a_row,
            "validated": self.counters.validated,
            "enough": self.counters.enough,
            "changes": [list(change) for change in self.counters.changes],
            "seed": self.task.config.seed,
            "config": self.task.config.model_dump(mode="json"),
            "fingerprint": self.fingerprint,
        }

    def digest(self) -> str:
        """SHA-256 over everything that decides how the run goes on; the horizon is no part of it."""
        self._settle()
        facts = self.state_facts()
        return digest(collect(self.task, self.averages), facts | {"config": facts["config"] | {"steps": None}})

    def restore(self) -> tuple[Text, ...]:
        """Go to the newest resume point that is whole; what was passed over or differs, in words.

        Raises:
            StudioError: there are resume points and none is whole, or they belong to other settings or other data.
        """
        self.checkpoints.sweep()
        loaded = self.checkpoints.newest_good(tables(collect(self.task, self.averages)))
        if loaded is None:
            return ()
        must_fit(loaded.facts, self.original, self.fingerprint, self.task.description())
        put_back(loaded.parts, self.task, self.averages)
        facts = loaded.facts
        self.counters = Counters(int(facts["step"]), int(facts["bad_in_a_row"]), int(facts.get("validated", 0)))
        self.counters.enough = bool(facts.get("enough")) and facts["config"]["steps"] == self.total
        self.counters.changes = [(int(at), str(path), value) for at, path, value in facts["changes"]]
        self.task.follow(with_overrides(self.original, {path: value for _, path, value in self.counters.changes}))
        self.seconds = float(facts["seconds"])
        self._sampled_at = int(facts.get("sampled_at", -1))
        self.checkpoints.set_aside([point for point, _ in loaded.skipped])
        return (*passed_over(loaded), *inexact(facts, self.device, self.stepper.dtype))

    # --- the loop ----------------------------------------------------------------------------------------------

    def run(self) -> Iterator[Event]:
        """Train to the end; the one :class:`Ended` comes last, whatever happens."""
        try:
            with fast_arithmetic(self.device):
                yield from self._work()
            done = self.step >= self.total or self.counters.enough
            ended = Ended("finished" if done else "stopped", result=self._result())
        except StudioError as error:
            ended = Ended("failed", error.text, traceback.format_exc(), self._result())
        except Exception as error:  # noqa: BLE001  every error reaches the user, as the last event
            ended = self._failed(error, traceback.format_exc())
        yield ended

    def apply(self, command: Command) -> Iterator[Event]:
        """Obey ``command`` between two events of :meth:`run`, also while paused.

        Raises:
            UsageError: a change that is refused; nothing has changed then.
        """
        if isinstance(command, Stop):
            self._stopping = True
        elif isinstance(command, Pause | Continue):
            yield Paused(isinstance(command, Pause), self.step)
        elif isinstance(command, SampleNow):
            yield from self._samples()
        elif isinstance(command, SaveNow) and not self._saving:
            yield from self._save_resume()
            yield from self._save_model()
        elif isinstance(command, ChangeSetting):
            yield self._change(command)

    def close(self) -> None:
        """Free what the run holds; says nothing."""
        for module in (*self.task.modules.values(), *(a.module for a in self.averages.values())):
            module.to("meta")
        for optimiser in self.task.optimisers.values():
            optimiser.state.clear()
        release(self.device)

    def _work(self) -> Iterator[Event]:
        self._saved_at = spoke = self.clock()
        yield Started("train", self.task.family, self.step, self.total)
        while True:
            yield from self._due()
            if self._stopping or self.counters.enough or self.step >= self.end:
                break
            yield from self._advance()
            if self.clock() - spoke >= _BREATH:
                spoke = self.clock()
                yield self._progress()
        self._settle()
        yield from self._said()
        yield from self._save_last()

    def _due(self) -> Iterator[Event]:
        """Whatever this step calls for that was not done yet."""
        if self.step in self._sample_steps and self._sampled_at != self.step:
            yield from self._samples()
        if self._validation_due():
            yield from self._validate()
        if self.step in self._model_steps and all(p.step != self.step for p in self.checkpoints.points("model")):
            yield from self._save_model()
        waited = self.clock() - self._saved_at
        if waited >= self._patience or (self._save_wanted and waited >= _AFTER_CHANGE):
            yield from self._save_resume()

    def _validation_due(self) -> bool:
        every = self.task.validate_every
        due = every > 0 and self.step > 0 and self.step % every == 0
        return due and self.counters.validated != self.step and not self._stopping

    def _validate(self) -> Iterator[Event]:
        """Measure and take the task's verdict; given up when told to stop meanwhile, and then made up for later."""
        measures = yield from self._measured()
        if measures is None:
            return
        yield self._record(self.step, measures)
        verdict = self.task.verdict(measures)
        ends = verdict.enough is not None and self.step < self.total
        self.counters.validated, self.counters.enough = self.step, ends
        if verdict.keep or ends:
            yield from self._keep_model(measures)
        yield from self.task.remarks(self.step, measures)
        if verdict.enough is not None and ends:
            yield from self._samples()
            yield enough_notice(verdict.enough, self.step, self.total)

    def _advance(self) -> Iterator[Event]:
        """One step. Its numbers are read one step later where the device would have to be waited for."""
        began = self.clock()
        made = self.stepper.make(self.step)
        self.counters.step += 1
        if self.stepper.lazy:
            self._settle()
        self._pending = (self.step, made)
        if not self.stepper.lazy:
            self._settle()
        self._pace.append(self.clock() - began)
        self.seconds += self._pace[-1]
        yield from self._said()

    # --- what is said ------------------------------------------------------------------------------------------

    def _said(self) -> Iterator[Event]:
        """Events that were put by, oldest first; raises when updates keep failing."""
        while self._backlog:
            yield self._backlog.popleft()
        if self.counters.bad_in_a_row >= GIVE_UP:
            raise StudioError(
                "The numbers of the {network} are no longer finite, {count} steps in a row. Resume from the last "
                "checkpoint with a smaller learning rate or a limit for gradients.",
                network=self._bad_phase,
                count=GIVE_UP,
            )

    def _settle(self) -> None:
        """Read the numbers of the last step, count updates that were left out, and put the events by."""
        if self._pending is None:
            return
        (step, made), self._pending = self._pending, None
        values, skipped = made.read()
        self._backlog.append(self._record(step, values))
        for phase in skipped:
            self._bad_phase = phase
            if self.counters.bad_in_a_row == 0:
                self._backlog.append(not_finite(phase, step))
        self.counters.bad_in_a_row = self.counters.bad_in_a_row + 1 if skipped else 0
        self._backlog.extend(self.task.remarks(step, values))

    def _record(self, step: int, values: Mapping[str, float]) -> Metrics:
        items = step * self.task.items_per_step
        self.recorder.metrics(step, items, values)
        return Metrics(step, items, values)

    def _progress(self) -> Progress:
        rate = self.task.items_per_step * len(self._pace) / max(1e-9, sum(self._pace))
        left = (self.end - self.step) * self.task.items_per_step / rate
        return Progress(text("Training"), self.step, self.total, rate, left)

    def _result(self) -> dict[str, Any]:
        found = {"step": self.step, "items": self.items, "total": self.total, "seconds": round(self.seconds, 3)}
        return found | ({"enough": True} if self.counters.enough else {})

    def _samples(self) -> Iterator[Event]:
        pieces = []
        for piece in self.task.samples(self._averaged()):
            pieces.append(piece)
            most = self.task.config.sample_count
            done = sum(len(piece) or 1 for piece in pieces)  # a piece without pictures stands for a text
            yield Progress(text("Making samples"), min(done, most), most)
        pictures = np.concatenate(pieces)
        self._sampled_at, notes = self.step, dict(self.task.sample_notes())
        self.recorder.samples(self.step, self.items, pictures, notes)
        yield Samples(self.step, pictures, notes=notes)
        values = self.task.sample_values(pictures)
        yield self._record(self.step, values)
        yield from self.task.remarks(self.step, values)

    def _averaged(self) -> dict[str, nn.Module]:
        return {name: average.module for name, average in self.averages.items()}

    # --- checkpoints -------------------------------------------------------------------------------------------

    def _save_resume(self) -> Iterator[Event]:
        """Write a resume point; a failure is told and tried again soon, and training goes on."""
        try:
            yield from self._write_resume()
        except (OSError, NotFiniteError) as error:
            self._patience = _RETRY
            yield not_saved(error)

    def _write_resume(self) -> Iterator[Event]:
        self._settle()
        self._saved_at, self._save_wanted = self.clock(), False
        self._patience = resume_interval(self.seconds)
        step = self.step
        with self._writing():
            parts, facts = collect(self.task, self.averages), self._saved_facts()
            yield from self.checkpoints.save_resume(parts, facts, step, files=self._files(), still=still(self.task))
        yield CheckpointSaved(step, "resume")

    def _save_last(self) -> Iterator[Event]:
        """The checkpoint of a run that ends: tried a few times, because nothing comes after it.

        Raises:
            StudioError: it could not be written; the one before is still there.
        """
        for attempt in range(_LAST_ATTEMPTS):
            try:
                yield from self._write_resume()
                return
            except (OSError, NotFiniteError) as error:
                yield not_saved(error)
                failure = error
            if attempt < _LAST_ATTEMPTS - 1:
                time.sleep(_BREATH)
        raise StudioError(
            "The last checkpoint could not be written ({reason}). Free some space and resume: the run goes on from the "
            "checkpoint before.",
            reason=str(reason_in_passing(failure) if isinstance(failure, OSError) else failure).rstrip("."),
        )

    def _save_model(self) -> Iterator[Event]:
        """Measure the averaged networks and keep them; given up when the run is told to stop meanwhile."""
        measures = yield from self._measured()
        if measures is None:
            return
        yield self._record(self.step, measures)
        yield from self._keep_model(measures)
        yield from self.task.remarks(self.step, measures)

    def _measured(self) -> Generator[Event, None, dict[str, float] | None]:
        """How good the averaged networks are; None when the run is told to stop meanwhile."""
        if self._measures is not None and self._measures[0] == self.step:
            return self._measures[1]
        measures: dict[str, float] = {}
        for done, found in enumerate(self.task.measure(self._averaged())):
            if self._stopping:
                return None
            measures = found or measures
            yield Progress(text("Measuring how good it is"), done)
        self._measures = self.step, measures
        return measures

    def _keep_model(self, measures: Mapping[str, float]) -> Iterator[Event]:
        """Write a model point with what was measured; a failure is told, and training goes on."""
        parts = model_parts(collect(self.task, self.averages))
        facts = self._saved_facts() | {"measures": dict(measures)}
        try:
            with self._writing():
                yield from self.checkpoints.save_model(
                    parts, facts, self.step, files=self._files(), still=still(self.task)
                )
        except (OSError, NotFiniteError) as error:
            yield not_saved(error)
            return
        best = self.checkpoints.best()
        yield CheckpointSaved(self.step, "model", best is not None and best.step == self.step)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """While a checkpoint is being written, the command to write one is obeyed already."""
        self._saving = True
        try:
            yield
        finally:
            self._saving = False

    def _files(self) -> Mapping[str, bytes]:
        return self.task.files() if isinstance(self.task, BringsFiles) else {}

    def _saved_facts(self) -> dict[str, Any]:
        return self.state_facts() | {
            "family": self.task.family,
            "original": self.original.model_dump(mode="json"),
            "seconds": self.seconds,
            "sampled_at": self._sampled_at,
            "description": self.task.description(),
            **surroundings(self.device, self.stepper.dtype),
        }

    # --- steering ----------------------------------------------------------------------------------------------

    def _change(self, command: ChangeSetting) -> Notice:
        """Change one setting from the next step on; it becomes part of the state."""
        rows = {row.path: row for row in describe(self.original)}
        if command.path in rows and not rows[command.path].live:
            raise UsageError("{path} is fixed when a run starts; start a new run with it.", path=command.path)
        config = with_overrides(self.task.config, {command.path: command.value})
        value = get_value(config, command.path)
        self.task.follow(config)
        self.counters.changes.append((self.step, command.path, value))
        self._save_wanted = True
        return Notice(
            "setting_changed",
            "info",
            text("{path} is now {value}", path=rows[command.path].label, value=value),
            text("It holds from step {step} on and is kept with the run.", step=self.step + 1),
        )

    def _failed(self, error: Exception, trace: str) -> Ended:
        """The end after an error that is none of ours; after lack of memory with a batch that fits."""
        result = self._result()
        if not out_of_memory(error):
            sentence = text("Training failed at step {step}: {error}", step=self.step + 1, error=str(error))
            return Ended("failed", sentence, trace, result)
        error.__traceback__ = None  # it holds the tensors that have to go
        batch = self.task.config.batch
        self.close()
        fits = self.rescue() if self.rescue else None
        if fits is None:
            sentence = text(_TOO_LARGE + "try a smaller batch or smaller networks.", batch=batch)
        else:
            sentence = text(_TOO_LARGE + "{fits} fit: start again with a batch of {fits}.", batch=batch, fits=fits)
        return Ended("failed", sentence, trace, result | {"batch_that_fits": fits})
