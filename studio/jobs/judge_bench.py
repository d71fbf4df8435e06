"""Measuring models that judge: how right they are on one part of a data set, label by label."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass
from functools import partial
from typing import cast

import numpy as np
import torch
from torch import Tensor

from studio.data.joined import TrainingPictures
from studio.generation.models import JudgingModel, Model, load_model
from studio.ground.errors import UsageError, text
from studio.ground.events import Event, Progress
from studio.jobs.checkpoint_choice import choose_point
from studio.jobs.evaluate import Finding, Order
from studio.jobs.opening import pictures_of_run, prepared_pictures
from studio.measures.estimate import Estimate
from studio.measures.registry import Measure
from studio.models.seeding import stable_seed

OWN = "own"
_PIECE = 128


@dataclass
class JudgeBench:
    """Pictures (N, H, W, C) uint8 and their true codes (N,) by label, in the order of the model's values."""

    order: Order
    pictures: np.ndarray
    truth: dict[str, Tensor]
    data: str

    @classmethod
    def set_up(cls, order: Order) -> Generator[Event, None, JudgeBench]:
        """Choose the pictures, at most as many as the request's count, by its seed.

        Raises:
            UsageError: the part has no picture, or the data set none of the labels that the model tells.
        """
        point, _ = choose_point(order.run, "last")
        model = cast(JudgingModel, load_model(order.run.family, point.path, torch.device("cpu")))
        data = yield from _data(order, model)
        with data:
            rows = np.asarray(getattr(data.parts, order.request.part))
            draw = np.random.default_rng(stable_seed("judged pictures", order.request.seed))
            chosen = np.sort(draw.permutation(rows)[: order.request.count])
            name = order.request.dataset or order.run.dataset
            if not len(chosen):
                raise UsageError("The {part} part of {name} has no pictures.", part=order.request.part, name=name)
            truth = _truth(data, chosen, model, name)
            pictures = np.ascontiguousarray(data.read(chosen).transpose(0, 2, 3, 1))
            return cls(order, pictures, truth, f"{name} ({order.request.part})")

    def close(self) -> None:
        """Nothing is open."""

    def findings(self, model: Model) -> Generator[Event, None, list[Finding]]:
        """Ask the model about every picture, once, and measure its answers."""
        judge = cast(JudgingModel, model)
        pieces: dict[str, list[Tensor]] = {name: [] for name in self.truth}
        for start in range(0, len(self.pictures), _PIECE):
            self.order.obey()
            seen = judge.probabilities(self.pictures[start : start + _PIECE])
            for name, found in pieces.items():
                found.append(torch.from_numpy(seen[name]))
            yield Progress(text("Asking the model"), start, len(self.pictures))
        probabilities = {name: torch.cat(found) for name, found in pieces.items()}
        findings: list[Finding] = []
        for measure in self.order.measures:
            findings += yield from self._measured(measure, probabilities)
        return findings

    def _measured(self, measure: Measure, probabilities: dict[str, Tensor]) -> Generator[Event, None, list[Finding]]:
        found: dict[str, Estimate] = {}
        for label, truth in self.truth.items():
            what = text("Measuring: {measure}", measure=str(measure.title))
            estimate = yield from self.order.apart(partial(measure.load(), probabilities[label], truth), what)
            if estimate is not None:
                found[label] = estimate
        return self._named(measure.name, found)

    def _named(self, measure: str, by_label: dict[str, Estimate]) -> list[Finding]:
        """The mean over labels under the measure's name and, where there are several, each behind a dot."""
        if not by_label:
            return []
        rows = {measure: _mean(list(by_label.values()))}
        if len(by_label) > 1:
            rows |= {f"{measure}.{label}": one for label, one in by_label.items()}
        return [Finding(name, one, OWN, self.data, len(self.pictures)) for name, one in rows.items()]


def _mean(estimates: list[Estimate]) -> Estimate:
    """The mean over labels. Its error is at most the mean of their errors: they are of the same pictures."""
    errors = [one.error for one in estimates if one.error is not None]
    error = math.fsum(errors) / len(errors) if len(errors) == len(estimates) else None
    return Estimate(math.fsum(one.value for one in estimates) / len(estimates), error)


def _data(order: Order, model: JudgingModel) -> Generator[Event, None, TrainingPictures]:
    name = order.request.dataset
    if not name or name == order.run.dataset:
        return (yield from pictures_of_run(order.project, order.run, order.commands))
    return (yield from prepared_pictures(order.project, name, model.settings, order.commands, choices=model.choices))


def _truth(data: TrainingPictures, rows: np.ndarray, model: JudgingModel, name: str) -> dict[str, Tensor]:
    """The codes of the model for the pictures' own values; -1 where a picture has none that the model knows."""
    shared = [label for label in model.labels if label in data.codes]
    if not shared:
        told, known = ", ".join(model.labels), ", ".join(data.codes) or "none"
        raise UsageError(
            "The model tells {told}, but {name} has the labels: {known}.", told=told, name=name, known=known
        )
    found = {}
    for label in shared:
        values = list(model.labels[label])
        codes = [values.index(value) if value in values else -1 for value in data.values[label]]
        table = np.array([*codes, -1], np.int64)
        found[label] = torch.from_numpy(table[data.codes[label][rows]])
    return found
