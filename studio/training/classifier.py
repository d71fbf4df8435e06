"""The classifier family's part of training: one phase, validation by the averaged weights, a verdict on them.

Shapes: B pictures, C channels, H x W, L labels, K values of a label.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from studio.config.classifier import ClassifierConfig, learned_labels
from studio.config.training import TrainingSettings
from studio.ground.errors import text
from studio.ground.events import Notice
from studio.models.classifier import Classifier, build_classifier, value_counts
from studio.models.seeding import process_generator
from studio.training.classifier_augmentation import changed
from studio.training.classifier_data import ClassifierData, Labelled
from studio.training.classifier_diagnosis import ClassifierDiagnosis
from studio.training.classifier_pretrained import begin
from studio.training.classifier_scores import Scores, head_loss
from studio.training.rng import Draws
from studio.training.state import start_optimiser
from studio.training.task import Phase, Pictures, Verdict

NAME = "classifier"
_NO_LOSS = 1e9  # higher than any; files hold finite numbers only
_FIRST_RATE = 0.04  # of the highest, at which the rise begins


class ClassifierTask:
    """One network that learns to tell labels; see ``studio.training.task.Task`` for what the trainer asks of it."""

    family = "classifier"
    averaged = (NAME,)
    rhythm = 1

    def __init__(self, config: ClassifierConfig, data: Pictures, device: torch.device) -> None:
        self.config, self.device = config, device
        self.labels = learned_labels(config, data.facts)
        self.data = ClassifierData(data, self.labels, device)
        self.items_per_step, self.validate_every = config.batch, config.validate_every
        self.metric_names = metric_names(tuple(self.labels))
        with process_generator(config.seed, "weights"):
            network = build_classifier(config, value_counts(self.labels))
        begin(network, config, self.data.spread())
        self.network: Classifier = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.modules: dict[str, nn.Module] = {NAME: self.network}
        self.optimisers = {NAME: self._adam()}
        self._weights = self.data.weights() if config.class_weights == "balanced" else (None,) * len(self.labels)
        self.diagnosis = ClassifierDiagnosis()
        self._values: dict[str, Tensor] = {}
        self._measured: Scores | None = None
        self._notes: dict[str, Any] = {}
        self._best = torch.tensor([_NO_LOSS, 0.0], dtype=torch.float64)  # the lowest, and validations since
        self._confusion = Scores(self.labels).confusion

    # --- what the trainer asks ---------------------------------------------------------------------------------

    def blank(self, name: str) -> nn.Module:
        """The network anew, on ``meta``."""
        with torch.device("meta"):
            return build_classifier(self.config, value_counts(self.labels))

    def follow(self, config: TrainingSettings) -> None:
        """Take over the highest learning rate; the schedule goes on from it."""
        assert isinstance(config, ClassifierConfig)
        self.config = config

    def phases(self, draws: Draws) -> Iterator[Phase]:
        """The one phase of a step, at the step's learning rate."""
        rate = self.config.learning_rate * rate_factor(self.config, draws.step)
        for group in self.optimisers[NAME].param_groups:
            group["lr"] = rate * group["share"]
        self._values = {"learning_rate": torch.tensor(rate)}
        self.network.follow(draws.step, self.config.steps)
        yield Phase(NAME, partial(self._loss, draws))

    def values(self) -> Mapping[str, Tensor]:
        """Loss and accuracy on the batch, as it was shown, and the learning rate."""
        return self._values

    def samples(self, averages: Mapping[str, nn.Module]) -> Iterator[np.ndarray]:
        """The first validation pictures; what the averaged network says of them goes into the notes."""
        rows = self.data.validation[: self.config.sample_count]
        batch = self.data.pictures(rows)
        with torch.no_grad():
            answers = [logits.float().softmax(dim=1).cpu() for logits in averages[NAME](batch.x_BCHW)]
        self._notes = self._noted(batch, answers)
        yield np.ascontiguousarray(self.data.data.read(rows).transpose(0, 2, 3, 1))

    def sample_notes(self) -> Mapping[str, Any]:
        """Of each sample the true labels and the answers; the confusion at the last validation."""
        return self._notes

    def sample_values(self, pictures: np.ndarray) -> dict[str, float]:
        """The pictures are the data's own and tell nothing."""
        return {}

    def measure(self, averages: Mapping[str, nn.Module]) -> Iterator[dict[str, float] | None]:
        """Loss and accuracy of the averaged network on all validation pictures."""
        scores = Scores(self.labels)
        for batch in self.data.validated():
            with torch.no_grad():
                scores.add(averages[NAME](batch.x_BCHW), batch.codes_BL)
            yield None
        self._measured = scores
        yield scores.values()

    def verdict(self, values: Mapping[str, float]) -> Verdict:
        """Keep what has the lowest validation loss; enough when ``patience`` validations brought none lower."""
        if self._measured is not None:
            for mine, found in zip(self._confusion, self._measured.confusion, strict=True):
                mine.copy_(found)
        loss, (best, waited) = values.get("validation_loss", _NO_LOSS), self._best.tolist()
        if loss < best:
            self._best.copy_(torch.tensor([loss, 0.0]))
            return Verdict(keep=True)
        self._best[1] = waited + 1
        if not 0 < self.config.patience <= waited + 1:
            return Verdict()
        self._best[1] = 0.0
        return Verdict(enough=text("{count} validations brought no lower loss.", count=self.config.patience))

    def remarks(self, step: int, values: Mapping[str, float]) -> list[Notice]:
        """That it learns the pictures by heart."""
        return self.diagnosis.observe(step, values)

    def extra_state(self) -> dict[str, Tensor]:
        """The best loss so far, the validations since, and the confusion at the last one."""
        return {"best": self._best} | {f"confusion.{i}": found for i, found in enumerate(self._confusion)}

    def load_extra_state(self, tensors: Mapping[str, Tensor]) -> None:
        """The inverse of :meth:`extra_state`."""
        self._best.copy_(tensors["best"])
        for i, mine in enumerate(self._confusion):
            mine.copy_(tensors[f"confusion.{i}"])

    def description(self) -> dict[str, Any]:
        """The labels' values, which give the heads their meaning, how often each is in the training pictures, and how
        these were made square: as any picture has to be that the network is asked about."""
        counts = {name: found.tolist() for name, found in self.data.counts.items()}
        labels = {name: list(values) for name, values in self.labels.items()}
        choices = self.data.data.choices.model_dump(mode="json", include={"shape", "background"})
        return {"labels": labels, "label_counts": counts, "choices": choices}

    # --- one step ----------------------------------------------------------------------------------------------

    def _adam(self) -> torch.optim.AdamW:
        """Weights of layers decay; biases and norms do not."""
        groups = []
        for share, parameters in self.network.rate_shares():
            matrices, rest = [p for p in parameters if p.ndim > 1], [p for p in parameters if p.ndim <= 1]
            groups.append({"params": matrices, "weight_decay": self.config.weight_decay, "share": share})
            groups.append({"params": rest, "weight_decay": 0.0, "share": share})
        optimiser = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.99), fused=True)
        start_optimiser(optimiser)
        return optimiser

    def _loss(self, draws: Draws) -> Tensor:
        config = self.config
        batch = self.data.batch(config.seed, draws.step, config.batch)
        shown = changed(batch.x_BCHW, config.augment, mirrored=config.mirror, draws=draws)
        answers = [logits.float() for logits in self.network(shown.x_BCHW)]
        total: Tensor = answers[0].new_zeros(())
        for logits, codes, weight in zip(answers, batch.codes_BL.unbind(1), self._weights, strict=True):
            loss = partial(head_loss, logits, weight=weight, smoothing=config.label_smoothing)
            if shown.share is None or shown.partner is None:
                total = total + loss(codes)
            else:
                total = total + loss(codes, share=shown.share) + loss(codes[shown.partner], share=1 - shown.share)
        total = total / len(answers)
        self._values["training_loss"] = total.detach()
        self._values["training_accuracy"] = _right(answers, batch.codes_BL)
        return total

    def _noted(self, batch: Labelled, answers: list[Tensor]) -> dict[str, Any]:
        codes = batch.codes_BL.tolist()
        columns = list(self.labels.items())
        truth = [{n: v[code] for (n, v), code in zip(columns, row, strict=True) if code >= 0} for row in codes]
        told: list[dict[str, Any]] = [{} for _ in codes]
        for (name, values), shares in zip(columns, answers, strict=True):
            for row, (share, code) in enumerate(zip(*shares.max(dim=1), strict=True)):
                told[row][name] = {"value": values[int(code)], "probability": round(float(share), 4)}
        noted: dict[str, Any] = {"labels": truth, "predicted": told}
        if any(bool(found.any()) for found in self._confusion):
            noted["confusion"] = dict(zip(self.labels, (found.tolist() for found in self._confusion), strict=True))
        return noted | {"values": {name: list(values) for name, values in columns}}


def metric_names(labels: tuple[str, ...]) -> tuple[str, ...]:
    """The numbers of a run; with several labels also the accuracy of each."""
    names = ("training_loss", "training_accuracy", "learning_rate", "classifier_gradient")
    each = tuple(f"validation_accuracy_{name}" for name in labels) if len(labels) > 1 else ()
    return (*names, "validation_loss", "validation_accuracy", *each)


def rate_factor(config: ClassifierConfig, step: int) -> float:
    """The share of the highest learning rate at update number ``step`` (0 is the first).

    Up in a straight line, then down along half a cosine to nothing (Loshchilov & Hutter 2016, arXiv:1608.03983; with a
    long rise this is the one cycle of Smith 2018, arXiv:1803.09820).
    """
    if config.schedule == "constant":
        return 1.0
    done, rise = (step + 0.5) / config.steps, config.warm_up
    if done < rise:
        return _FIRST_RATE + (1 - _FIRST_RATE) * done / rise
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (done - rise) / (1 - rise))))


def _right(answers: list[Tensor], codes_BL: Tensor) -> Tensor:
    """Share of the known labels of a batch that are told right, ()."""
    known = codes_BL >= 0
    right = torch.stack([logits.detach().argmax(dim=1) for logits in answers], dim=1) == codes_BL
    return (right & known).sum() / known.sum().clamp(min=1)


def make_task(config: ClassifierConfig, data: Pictures, device: torch.device) -> ClassifierTask:
    """The task of this family; every family's training module has this function."""
    return ClassifierTask(config, data, device)
