"""Measuring models that make pictures: their samples beside real pictures, in pixels and in the eyes of a judge.

Real pictures are those that the run trains on or keeps aside, or those of another data set that the request names;
never the test pictures of the data set. Copies are always looked for among the run's own training pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from studio.config.registry import capabilities
from studio.data.joined import TrainingPictures
from studio.generation.models import JudgingModel, Model, PictureModel, load_model
from studio.ground.errors import StudioError, Text, UsageError, text
from studio.ground.events import Event, Notice, Progress
from studio.jobs.checkpoint_choice import choose_point
from studio.jobs.evaluate import Finding, Order
from studio.jobs.opening import picture_settings, pictures_of_run, prepared_pictures
from studio.jobs.recording import loss_notice
from studio.measures.attributes import matched
from studio.measures.copies import cells, ratios
from studio.measures.estimate import Estimate
from studio.measures.registry import Measure
from studio.models.seeding import stable_seed
from studio.projects.run import Run

PIXELS, INCEPTION = "pixels", "inception 2015"
_PIECE = 128
_BY_JUDGE = ("features", "attributes")
Work = Generator[Event, None, list[Finding]]


@dataclass(frozen=True, slots=True)
class Judge:
    """A classifier in whose eyes pictures are measured."""

    run: Run
    model: JudgingModel

    @property
    def name(self) -> str:
        """How rows name its features."""
        return f"{self.run.family} {self.run.name} step {self.model.step}"


@dataclass
class PictureBench:
    """Real pictures (M, H, W, C) uint8, the judge, and what was found out about the real pictures already."""

    order: Order
    own: TrainingPictures
    real: np.ndarray
    against: str
    judge: Judge | None
    measures: tuple[Measure, ...]
    _features: dict[str, Tensor] = field(default_factory=dict)
    _usual: Tensor | None = None

    @classmethod
    def set_up(cls, order: Order) -> Generator[Event, None, PictureBench]:
        """Prepare the pictures, load the judge, and see what can be measured.

        Raises:
            UsageError: a measure was named that lacks something: a judge, labels, the weights of Inception.
        """
        judge = yield from judge_of(order)
        measures = yield from _measurable(order, judge)
        own = yield from pictures_of_run(order.project, order.run, order.commands)
        try:
            against = order.request.dataset or order.run.dataset
            real = yield from _real_pictures(order, own)
            return cls(order, own, real, against, judge, measures)
        except BaseException:
            own.close()
            raise

    def close(self) -> None:
        """Close the prepared pictures."""
        self.own.close()

    def findings(self, model: Model) -> Work:
        """Draw the samples of the request and measure them by everything that was asked."""
        maker = cast(PictureModel, model)
        made = yield from self._draw(maker)
        ways = {
            "pictures": self._by_pixels, "features": self._by_features, "inception": self._by_inception,
            "copies": self._by_copies, "attributes": self._by_attributes,
        }  # fmt: skip
        found: list[Finding] = []
        for needs, way in ways.items():
            measures = [measure for measure in self.measures if measure.needs == needs]
            if measures:
                found += yield from way(measures, made, maker)
        order = [measure.name for measure in self.measures]
        return sorted(found, key=lambda one: order.index(one.measure.partition(".")[0]))

    def _draw(self, model: PictureModel) -> Generator[Event, None, np.ndarray]:
        count, pieces = self.order.request.count, list[np.ndarray]()
        for piece in model.draw(self.order.request.seed, 0, count):
            self.order.obey()
            pieces.append(piece)
            yield Progress(text("Making pictures"), sum(map(len, pieces)), count)
        return np.concatenate(pieces)

    def _by_pixels(self, measures: Sequence[Measure], made: np.ndarray, model: PictureModel) -> Work:
        arguments = partial(_call, made=made, real=self.real)
        return (yield from self._each(measures, arguments, PIXELS, len(made)))

    def _by_features(self, measures: Sequence[Measure], made: np.ndarray, model: PictureModel) -> Work:
        assert self.judge is not None
        if self.judge.name not in self._features:
            self._features[self.judge.name] = yield from self._features_of(self.real, self.judge.model)
        real = self._features[self.judge.name]
        scale = float(real.double().var(dim=0).mean().sqrt()) or 1.0
        found = yield from self._features_of(made, self.judge.model)
        return (yield from self._each(measures, partial(_call, made=found / scale, real=real / scale),
                                      self.judge.name, len(made)))  # fmt: skip

    def _by_inception(self, measures: Sequence[Measure], made: np.ndarray, model: PictureModel) -> Work:
        from studio.jobs.inception_weights import load_network

        network = yield from load_network(self.order.device, self.order.commands)
        if INCEPTION not in self._features:
            self._features[INCEPTION] = yield from self._features_of(self.real, network)
        found = yield from self._features_of(made, network)
        arguments = partial(_call, made=found, real=self._features[INCEPTION])
        return (yield from self._each(measures, arguments, INCEPTION, len(made)))

    def _by_copies(self, measures: Sequence[Measure], made: np.ndarray, model: PictureModel) -> Work:
        if self._usual is None:
            unseen = self.own.read(np.asarray(self.own.held_out)).transpose(0, 2, 3, 1)
            self._usual = yield from self._ratios(unseen)
        found = yield from self._ratios(made)
        arguments = partial(_call, made=found, real=self._usual)
        return (yield from self._each(measures, arguments, PIXELS, len(made), self.order.run.dataset))

    def _by_attributes(self, measures: Sequence[Measure], made: np.ndarray, model: PictureModel) -> Work:
        assert self.judge is not None
        table = matched(model.labels, self.judge.model.labels)
        drawn = model.labels_drawn(self.order.request.seed, 0, len(made))
        asked = {
            name: torch.tensor([codes[model.labels[name].index(labels[name])] for labels in drawn])
            for name, codes in table.items()
        }
        seen = yield from _in_pieces(self.order, made, self.judge.model.probabilities, text("Asking the judge"))
        known = {name: torch.cat([torch.from_numpy(piece[name]) for piece in seen]) for name in asked}
        shares: dict[str, Estimate] = measures[0].load()(known, asked)
        name = measures[0].name
        shares = {"": shares[""]} if len(asked) == 1 else shares
        return [
            Finding(f"{name}.{label}" if label else name, share, self.judge.name, self.order.run.dataset, len(made))
            for label, share in sorted(shares.items())
        ]

    def _each(
        self, measures: Sequence[Measure], arguments: partial[Estimate], features: str, count: int, data: str = ""
    ) -> Work:
        """Every measure of two sets, one after the other."""
        found = []
        for measure in measures:
            function = partial(arguments, measure, self.order.request.seed)
            what = text("Measuring: {measure}", measure=str(measure.title))
            estimate = yield from self.order.apart(function, what)
            found.append(Finding(measure.name, estimate, features, data or self.against, min(count, len(self.real))))
        return found

    def _features_of(self, pictures: np.ndarray, network: object) -> Generator[Event, None, Tensor]:
        ask = network.features  # type: ignore[attr-defined]
        pieces = yield from _in_pieces(self.order, pictures, ask, text("Looking at pictures"))
        return torch.cat([torch.from_numpy(piece) for piece in pieces])

    def _ratios(self, pictures: np.ndarray) -> Generator[Event, None, Tensor]:
        rows = np.asarray(self.own.training)
        parts = [cells(self.own.read(part).transpose(0, 2, 3, 1)) for part in _split(rows)]
        mirrored = bool(getattr(self.order.run.config(), "mirror", False))
        for done, found in enumerate(ratios(cells(pictures), torch.cat(parts), mirrored=mirrored)):
            self.order.obey()
            if found is not None:
                return found
            yield Progress(text("Comparing with the training pictures"), done)
        raise AssertionError("ratios end with a result")


def _call(measure: Measure, seed: int, *, made: object, real: object) -> Estimate:
    """Ask a measure of two sets; only the one of pixels draws directions from the seed."""
    function = measure.load()
    estimate: Estimate = function(made, real, seed) if measure.needs == "pictures" else function(made, real)
    return estimate


def _split(rows: np.ndarray) -> list[np.ndarray]:
    return np.array_split(rows, max(1, -(-len(rows) // 1024)))


def _in_pieces(
    order: Order, pictures: np.ndarray, ask: Callable[[np.ndarray], Any], what: Text
) -> Generator[Event, None, list[Any]]:
    """What a network says about pictures, a piece at a time; a stop ends between two."""
    found = []
    for start in range(0, len(pictures), _PIECE):
        order.obey()
        found.append(ask(pictures[start : start + _PIECE]))
        yield Progress(what, min(start + _PIECE, len(pictures)), len(pictures))
    return found


def _real_pictures(order: Order, own: TrainingPictures) -> Generator[Event, None, np.ndarray]:
    """At most as many real pictures as samples, (M, H, W, C) uint8, drawn by the seed."""
    name = order.request.dataset
    if not name or name == order.run.dataset:
        return _drawn(own, order)
    other = yield from prepared_pictures(order.project, name, picture_settings(order.run.config()), order.commands)
    with other:
        return _drawn(other, order)


def _drawn(data: TrainingPictures, order: Order) -> np.ndarray:
    rows = np.sort(np.concatenate([data.training, data.held_out]))
    draw = np.random.default_rng(stable_seed("real pictures", order.request.seed))
    chosen = np.sort(draw.permutation(rows)[: order.request.count])
    return np.ascontiguousarray(data.read(chosen).transpose(0, 2, 3, 1))


def judge_of(order: Order) -> Generator[Event, None, Judge | None]:
    """The judge of the request, loaded; None where none is named. Says so where it has seen the same pictures."""
    if not order.request.judge:
        return None
    run = order.project.runs.get(order.request.judge)
    if "judges" not in capabilities(run.family):
        raise UsageError(
            "The run {run} is a {family}; a judge has to be a classifier.", run=run.name, family=run.family
        )
    point, skipped = choose_point(run, order.request.judge_checkpoint)
    for words in skipped:
        yield loss_notice(words, code="checkpoint")
    if run.dataset == order.run.dataset:
        title = text("The judge has learnt from the same pictures as the generator")
        body = text("Its numbers flatter a generator that copies; train the judge on other pictures of the same kind.")
        yield Notice("same-pictures", "info", title, body)
    model = cast(JudgingModel, load_model(run.family, point.path, order.device))
    return Judge(run, model)


def _measurable(order: Order, judge: Judge | None) -> Generator[Event, None, tuple[Measure, ...]]:
    """The measures of the order that can be computed. What cannot is refused where it was named, else left out."""
    kept, reasons = list[Measure](), dict[str, StudioError]()
    for measure in order.measures:
        reason = _lacking(measure, order, judge)
        if reason is None:
            kept.append(measure)
        elif order.named:
            raise reason
        else:
            reasons.setdefault(measure.needs, reason)
    for reason in reasons.values():
        yield Notice("left-out", "info", text("Some measures are left out"), reason.text)
    return tuple(kept)


def _lacking(measure: Measure, order: Order, judge: Judge | None) -> StudioError | None:
    """What stands in the way of a measure."""
    if measure.needs in _BY_JUDGE and judge is None:
        return UsageError(
            "{measure} needs a judge: train a classifier on pictures of the same kind and name its run "
            "(studio evaluate … --judge RUN).", measure=str(measure.title),
        )  # fmt: skip
    if measure.needs == "attributes" and judge is not None:
        return _lacking_labels(order, judge)
    if measure.needs == "inception":
        from studio.jobs.inception_weights import lacking_weights

        return lacking_weights()
    return None


def _lacking_labels(order: Order, judge: Judge) -> UsageError | None:
    told = _labels_told(order)
    if not told:
        return UsageError("Attribute accuracy is of conditional models; {run} is told nothing.", run=order.run.name)
    try:
        matched(told, judge.model.labels)
    except UsageError as error:
        return error
    return None


def _labels_told(order: Order) -> dict[str, tuple[str, ...]]:
    """What the models of the run can be told, as its newest checkpoint says."""
    point, _ = choose_point(order.run, "last")
    model = load_model(order.run.family, point.path, torch.device("cpu"))
    return {name: tuple(values) for name, values in model.labels.items()}
