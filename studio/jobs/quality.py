"""How good a classifier is on pictures that it never learnt from: what it confuses, whether its sureness is earned,
and its worst mistakes, each with its place in the data set."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from studio.config.requests import QualityRequest
from studio.data.prepared import PreparedPictures
from studio.generation.models import JudgingModel
from studio.ground.errors import UsageError, text
from studio.ground.events import Ended, Event, Notice, Progress, Started
from studio.jobs.judgements import Bin, LabelQuality, Mistake, Quality
from studio.jobs.opening import known_fingerprint, open_project, prepared_pictures
from studio.jobs.serving import ModelServer, obey
from studio.jobs.steering import CommandQueue
from studio.measures.classification import (
    accuracy_of,
    calibration,
    confusion,
    expected_calibration_error,
    precision_of,
    recall_of,
)
from studio.projects.project import Project
from studio.projects.run import Run

_CHUNK = 64


@dataclass(frozen=True, slots=True)
class _Asked:
    """The pictures at ``rows`` (N,) of the data, and of each label that both know their true codes (N,) in the
    classifier's own order, -1 where there is none."""

    data: PreparedPictures
    rows: np.ndarray
    truth: Mapping[str, np.ndarray]


def quality(request: QualityRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Judge all pictures of a part. ``Ended.result`` is a ``studio.jobs.judgements.Quality``.

    Raises:
        UsageError: there is no such part, or data set and classifier have no label with a value in common.
    """
    server = ModelServer(project_path)
    try:
        with open_project(project_path) as project:
            run = project.runs.get(request.run)
            model = yield from server.judge(run, request)
            name = request.dataset or run.dataset
            yield Started("quality", run.name, model.step)
            data = yield from _pictures(project, name, model, commands)
        with data:
            rows, part = _part(request, run, data)
            yield from _changed(run, data, part)
            truth = yield from _truth(model, data, rows, name)
            asked = _Asked(data, rows, truth)
            shares = yield from _judged(model, asked, commands)
            labels = {label: label_quality(model.labels[label], truth[label], shares[label]) for label in truth}
            worst, pictures = _worst(model, asked, shares, request.worst)
    finally:
        server.close()
    accuracy = {label: one.accuracy for label, one in labels.items()}
    yield Ended("finished", result=Quality(labels, accuracy, worst, pictures, name, part, len(rows), model.step))


def _pictures(
    project: Project, name: str, model: JudgingModel, commands: CommandQueue
) -> Generator[Event, None, PreparedPictures]:
    """The pictures of a data set as the run's were prepared, without those left out now."""
    made_as = model.choices.model_dump(include={"shape", "background"})
    choices = project.datasets.get(name).choices.model_copy(update=made_as)
    return (yield from prepared_pictures(project, name, model.settings, commands, choices=choices))


def _part(request: QualityRequest, run: Run, data: PreparedPictures) -> tuple[np.ndarray, str]:
    """Positions (n,) that are looked at, and what that part is called."""
    if request.dataset and request.dataset != run.dataset:
        return np.arange(data.count), "all"
    rows: np.ndarray = getattr(data.parts, request.part)
    if not len(rows):
        raise UsageError(
            "The data set {name} has too few pictures to keep some for {part}.", name=run.dataset, part=request.part
        )
    return rows, request.part


def _changed(run: Run, data: PreparedPictures, part: str) -> Iterator[Event]:
    known = known_fingerprint(run)
    if part != "all" and known is not None and known != data.fingerprint:
        yield Notice(
            "data-changed", "info", text("The data set has changed since the run was trained"),
            text("Where pictures came or went, a few of these may be among those that it learnt from."),
        )  # fmt: skip


def _truth(
    model: JudgingModel, data: PreparedPictures, rows: np.ndarray, name: str
) -> Generator[Event, None, dict[str, np.ndarray]]:
    """True codes in the classifier's order, labels and values matched by their names."""
    found: dict[str, np.ndarray] = {}
    missing, strange = [], []
    for label, values in model.labels.items():
        if label not in data.codes:
            missing.append(label)
            continue
        table = np.array([*(values.index(v) if v in values else -1 for v in data.values[label]), -1], np.int64)
        strange += [f"{label}={value}" for value in data.values[label] if value not in values]
        codes = table[data.codes[label][rows]]
        if (codes >= 0).any():
            found[label] = codes
    if not found:
        raise UsageError(
            "The pictures of {name} that are to be judged bear no label that the classifier tells; it tells: {known}.",
            name=name, known=", ".join(f"{label} ({', '.join(v)})" for label, v in model.labels.items()),
        )  # fmt: skip
    yield from _mismatch(missing, strange)
    return found


def _mismatch(missing: list[str], strange: list[str]) -> Iterator[Event]:
    title = text("The labels are not the same")
    if missing:
        yield Notice(
            "labels-missing", "warning", title,
            text("The data set has no labels {names}; how well they are told is not known.", names=", ".join(missing)),
        )  # fmt: skip
    if strange:
        yield Notice(
            "labels-strange", "warning", title,
            text("The classifier has not learnt {names}; pictures with them do not count.", names=", ".join(strange)),
        )  # fmt: skip


def _judged(
    model: JudgingModel, asked: _Asked, commands: CommandQueue
) -> Generator[Event, None, dict[str, np.ndarray]]:
    """label -> probabilities (N, K)."""
    pieces: list[dict[str, np.ndarray]] = []
    for start in range(0, len(asked.rows), _CHUNK):
        obey(commands)
        rows = asked.rows[start : start + _CHUNK]
        pieces.append(model.probabilities(asked.data.read(rows).transpose(0, 2, 3, 1)))
        yield Progress(text("Looking at pictures"), start + len(rows), len(asked.rows))
    return {label: np.concatenate([piece[label] for piece in pieces]) for label in asked.truth}


def _worst(
    model: JudgingModel, asked: _Asked, shares: Mapping[str, np.ndarray], count: int
) -> tuple[tuple[Mistake, ...], np.ndarray]:
    """The mistakes that the classifier was surest of, and their pictures (n, H, W, C) uint8."""
    everything = [one for label in asked.truth for one in _mistakes(label, asked, shares[label])]
    found, data = [], asked.data
    for minus, row, label, true, guessed in (shown := sorted(everything)[:count]):
        values, position = model.labels[label], int(data.source_indices[row])
        found.append(Mistake(data.names[row], position, label, values[true], values[guessed], -minus))
    pictures = data.read(np.array([row for _, row, *_ in shown], np.int64)).transpose(0, 2, 3, 1)
    return tuple(found), np.ascontiguousarray(pictures)


def _mistakes(label: str, asked: _Asked, shares_NK: np.ndarray) -> list[tuple[float, int, str, int, int]]:
    """Minus the probability, the row, the label, the true and the guessed code of each."""
    truth, guess, sure = asked.truth[label], shares_NK.argmax(axis=1), shares_NK.max(axis=1)
    wrong = np.flatnonzero((truth >= 0) & (guess != truth)).tolist()
    return [(-float(sure[i]), int(asked.rows[i]), label, int(truth[i]), int(guess[i])) for i in wrong]


def label_quality(values: tuple[str, ...], truth_N: np.ndarray, shares_NK: np.ndarray) -> LabelQuality:
    """How well a label is told: true codes (N,), -1 where there is none, against probabilities (N, K)."""
    known = truth_N >= 0
    truth, shares = truth_N[known], shares_NK[known]
    guess = shares.argmax(axis=1)
    table = confusion(truth, guess, len(values))
    sureness = shares.max(axis=1, initial=0.0), guess == truth
    return LabelQuality(
        values=values,
        confusion=table,
        precision=precision_of(table),
        recall=recall_of(table),
        calibration=tuple(Bin(float(c), float(a), int(n)) for c, a, n in zip(*calibration(*sureness), strict=True)),
        ece=expected_calibration_error(*sureness),
        count=int(known.sum()),
        accuracy=accuracy_of(table),
    )
