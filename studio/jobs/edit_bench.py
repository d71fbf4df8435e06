"""Measuring models that translate pictures: on test pictures of both sides, by pixels and in the eyes of a judge."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import cast

import numpy as np
import torch
from torch import Tensor

from studio.config.requests import Direction
from studio.data.joined import TrainingPictures
from studio.generation.models import EditingModel, Model
from studio.ground.errors import UsageError, text
from studio.ground.events import Event, Notice, Progress
from studio.jobs.evaluate import Finding, Order
from studio.jobs.opening import pictures_of_run
from studio.jobs.picture_bench import PIXELS, Judge, judge_of
from studio.measures.estimate import Estimate
from studio.measures.registry import Measure

_LOST = {"cycle_error": "cycle_error", "identity_error": "identity_error"}


@dataclass
class _Seen:
    """Pictures of one side before and after, (n, H, W, C) uint8, and what each lost, by the name of the measure."""

    before: list[np.ndarray] = field(default_factory=list)
    after: list[np.ndarray] = field(default_factory=list)
    lost: dict[str, list[float]] = field(default_factory=dict)


@dataclass
class EditBench:
    """The pictures of the run, and the judge."""

    order: Order
    data: TrainingPictures
    judge: Judge | None

    @classmethod
    def set_up(cls, order: Order) -> Generator[Event, None, EditBench]:
        """Prepare the pictures and load the judge.

        Raises:
            UsageError: a measure was named that needs a judge, and there is none; another data set was named.
        """
        if order.request.dataset and order.request.dataset != order.run.dataset:
            raise UsageError("Translations are measured on the test pictures of their own run; name no data set.")
        judge = yield from judge_of(order)
        if judge is None and order.named and any(measure.needs == "judged edits" for measure in order.measures):
            raise UsageError("Whether pictures changed is told by a judge: name the run of a classifier (--judge RUN).")
        if judge is None:
            title = text("Some measures are left out")
            body = text("Whether pictures changed and what was kept is told by a judge: name the run of a classifier.")
            yield Notice("left-out", "info", title, body)
        return cls(order, (yield from pictures_of_run(order.project, order.run, order.commands)), judge)

    def close(self) -> None:
        """Close the pictures."""
        self.data.close()

    def findings(self, model: Model) -> Generator[Event, None, list[Finding]]:
        """Translate test pictures of each side there and back, and measure them by everything that was asked."""
        editor, found = cast(EditingModel, model), list[Finding]()
        for direction, rows in editor.test_rows(self.data).items():
            rows = rows[: max(1, self.order.request.count // len(editor.directions))]
            seen = yield from self._translated(editor, direction, rows)
            for measure in self.order.measures:
                found += self._by(measure, editor, direction, seen)
        order = [measure.name for measure in self.order.measures]
        return sorted(found, key=lambda one: order.index(one.measure.partition(".")[0]))

    def _translated(
        self, editor: EditingModel, direction: Direction, rows: np.ndarray
    ) -> Generator[Event, None, _Seen]:
        seen = _Seen()
        for done, row in enumerate(rows.tolist()):
            self.order.obey()
            trip = editor.round_trip(self.data.read(np.array([row]))[0].transpose(1, 2, 0), direction)
            seen.before.append(trip.real)
            seen.after.append(trip.translated)
            for name in _LOST:
                error = getattr(trip, name)
                if error is not None:
                    seen.lost.setdefault(name, []).append(float(error.mean()))
            yield Progress(text("Translating pictures"), done + 1, len(rows))
        return seen

    def _by(self, measure: Measure, editor: EditingModel, direction: Direction, seen: _Seen) -> list[Finding]:
        """What one measure says of one direction."""
        function, count = measure.load(), len(seen.before)
        if measure.name in _LOST:
            if measure.name not in seen.lost:
                return []
            estimate = function(torch.tensor(seen.lost[measure.name]))
            return [Finding(f"{measure.name}.{direction}", estimate, PIXELS, self.order.run.dataset, count)]
        if self.judge is None or not count:
            return []
        before, after = (self._judged(pictures) for pictures in (seen.before, seen.after))
        label, wanted = editor.told_by, editor.sides[0 if direction == "b2a" else 1]
        known = self.judge.model.labels
        found = list[tuple[str, Estimate]]()
        if measure.name == "changed" and wanted in known.get(label, ()):
            found.append((direction, function(after[label], known[label].index(wanted))))
        if measure.name == "kept":
            found += [(f"{direction} {n}", function(before[n], after[n])) for n in known if n != label]
        return [
            Finding(f"{measure.name}.{part}", estimate, self.judge.name, self.order.run.dataset, count)
            for part, estimate in found
        ]

    def _judged(self, pictures: list[np.ndarray]) -> dict[str, Tensor]:
        """What the judge says of pictures: label -> probabilities (N, K)."""
        assert self.judge is not None
        shares = self.judge.model.probabilities(np.stack(pictures))
        return {name: torch.from_numpy(found) for name, found in shares.items()}
