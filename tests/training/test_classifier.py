"""The classifier's part of training: what it learns from, what it says, and data that is odd."""

import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from studio.config.classifier import ClassifierConfig
from studio.data.splitting import Parts
from studio.ground.errors import UsageError
from studio.ground.events import Ended, Metrics, Samples
from studio.projects.metrics import MetricsFile
from studio.training.classifier import ClassifierTask, rate_factor
from studio.training.classifier_augmentation import erase, mixup, shift
from studio.training.classifier_data import ClassifierData
from studio.training.classifier_scores import Scores, head_loss
from studio.training.trainer import Trainer

from .conftest import CPU, TINY, TinyPictures, finish

Make = Callable[..., Trainer]


@pytest.fixture
def family() -> str:
    """The family of this file."""
    return "classifier"


def labelled(**columns: list[str]) -> TinyPictures:
    """Pictures whose labels are these; an empty value is missing."""
    data = TinyPictures(count=len(next(iter(columns.values()))))
    data.values = {name: tuple(sorted(set(values) - {""})) for name, values in columns.items()}
    data.codes = {
        name: np.array([data.values[name].index(v) if v else -1 for v in values], np.int32)
        for name, values in columns.items()
    }
    data.facts = data.facts.model_copy(update={"labels": data.values})
    return data


# --- the run ---------------------------------------------------------------------------------------------------


def test_a_run_tells_everything(make_trainer: Make) -> None:
    trainer = make_trainer(steps=6)
    events = finish(trainer)
    assert events[-1].status == "finished", events[-1].trace
    shown = {name for e in events if isinstance(e, Metrics) for name in e.values}
    assert shown == set(trainer.task.metric_names)
    assert "validation_accuracy_smile" in shown
    samples = [e for e in events if isinstance(e, Samples)]
    assert samples[-1].pictures.shape == (4, 32, 32, 3)
    notes = samples[-1].notes
    assert notes == trainer.recorder.notes[6]
    assert len(notes["labels"]) == len(notes["predicted"]) == 4
    assert notes["values"] == {"hair": ["black", "blond", "red"], "smile": ["no", "yes"]}
    assert np.sum(notes["confusion"]["hair"]) == 10 and np.shape(notes["confusion"]["smile"]) == (2, 2)
    assert 0 < notes["predicted"][0]["hair"]["probability"] <= 1
    assert "confusion" not in samples[0].notes


def test_it_learns(make_trainer: Make) -> None:
    trainer = make_trainer(steps=60, labels=("hair",), ema_half_life=100, batch=16)
    finish(trainer)
    assert trainer.recorder.values[60]["validation_accuracy"] >= 0.8
    assert set(trainer.task.labels) == {"hair"} and "validation_accuracy_hair" not in trainer.task.metric_names


def test_labels_of_any_name_are_columns_of_the_metrics(make_trainer: Make, tmp_path: Path) -> None:
    data = labelled(**{"Größe, <b>": ["s", "m"] * 20, "a/b=c": ["1", "2", "3", "4"] * 10})
    trainer, file = make_trainer(data=data, steps=3), MetricsFile(tmp_path / "metrics")
    for event in finish(trainer):
        if isinstance(event, Metrics):
            file.append(event.step, event.items, event.values)
    file.close()
    columns = MetricsFile(tmp_path / "metrics").columns()
    assert {"validation_accuracy_Größe, <b>", "validation_accuracy_a/b=c"} <= set(columns)


def test_bfloat16_trains(make_trainer: Make) -> None:
    trainer = make_trainer(steps=3, precision="bfloat16")
    assert finish(trainer)[-1].status == "finished"
    assert all(p.dtype == torch.float32 for p in trainer.task.network.parameters())


def test_the_rate_rises_and_falls_to_nothing() -> None:
    config = ClassifierConfig(steps=100, warm_up=0.2)
    factors = [rate_factor(config, step) for step in range(100)]
    assert factors.index(max(factors)) in (19, 20) and max(factors) > 0.98
    assert factors[0] < 0.1 and factors[-1] < 0.001
    assert all(a < b for a, b in pairwise(factors[:20]))
    assert all(a > b for a, b in pairwise(factors[20:]))
    assert rate_factor(config, 150) < 1e-9
    constant = ClassifierConfig(schedule="constant")
    assert rate_factor(constant, 5) == 1.0 and not constant.knows_horizon and config.knows_horizon


# --- scores ----------------------------------------------------------------------------------------------------


def test_the_loss_is_that_of_torch_and_ignores_what_is_unknown() -> None:
    generator = torch.Generator().manual_seed(0)
    logits, codes = torch.randn((12, 5), generator=generator), torch.arange(12) % 5
    weight = torch.tensor([1.0, 2.0, 0.5, 1.0, 3.0])
    for smoothing in (0.0, 0.1):
        ours = head_loss(logits, codes, smoothing=smoothing)
        assert torch.allclose(ours, F.cross_entropy(logits, codes, label_smoothing=smoothing))
    assert torch.allclose(head_loss(logits, codes, weight=weight), F.cross_entropy(logits, codes, weight=weight))
    holes = torch.where(torch.arange(12) < 4, -1, codes)
    assert torch.allclose(head_loss(logits, holes), F.cross_entropy(logits[4:], codes[4:]))
    nothing = head_loss(logits.requires_grad_(), torch.full((12,), -1))
    nothing.backward()
    assert nothing.item() == 0 and logits.grad is not None and not logits.grad.any()


def test_scores_add_up_whatever_the_pieces() -> None:
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn((30, 3), generator=generator), torch.randn((30, 2), generator=generator)
    codes = torch.stack([torch.arange(30) % 3, torch.arange(30) % 3 - 1], dim=1)
    whole, parts = (Scores({"a": "xyz", "b": "uv"}) for _ in range(2))
    whole.add((a, b), codes)
    for start in range(0, 30, 7):
        parts.add((a[start : start + 7], b[start : start + 7]), codes[start : start + 7])
    assert whole.values() == pytest.approx(parts.values())
    assert int(whole.confusion[0].sum()) == 30 and int(whole.confusion[1].sum()) == 20
    known = codes[:, 1] >= 0
    right = [(a.argmax(1) == codes[:, 0]).float().mean(), (b[known].argmax(1) == codes[known, 1]).float().mean()]
    assert whole.values()["validation_accuracy_b"] == pytest.approx(float(right[1]))
    assert whole.values()["validation_accuracy"] == pytest.approx(float(sum(right)) / 2)
    losses = F.cross_entropy(a, codes[:, 0]), F.cross_entropy(b[known], codes[known, 1])
    assert whole.values()["validation_loss"] == pytest.approx(float(sum(losses)) / 2, rel=1e-5)
    assert Scores({"a": "xyz"}).values() == {}


# --- augmentation ----------------------------------------------------------------------------------------------


def test_a_shift_brings_in_the_border() -> None:
    x = torch.arange(24.0).view(1, 1, 1, 24).expand(40, 1, 24, 24).contiguous()
    moved = shift(x, torch.Generator().manual_seed(0))
    offsets = set((moved[:, 0, 12, 12] - 12).tolist())
    assert offsets == {-2.0, -1.0, 0.0, 1.0, 2.0}
    assert moved.min() == 0 and moved.max() == 23


def test_erasing_takes_at_most_its_share_of_every_second_picture() -> None:
    x = torch.full((200, 3, 32, 32), 0.123)
    erased = (erase(x, torch.Generator().manual_seed(0)) != x).any(dim=1).float().mean(dim=(1, 2))
    assert 70 < int((erased > 0).sum()) < 130 and erased.max() <= 0.36**2


def test_mixed_pictures_know_their_shares() -> None:
    x = torch.rand((50, 1, 4, 4), generator=torch.Generator().manual_seed(1))
    made = mixup(x, torch.Generator().manual_seed(0))
    assert made.share is not None and made.partner is not None
    assert float(made.share.min()) >= 0.5 and float(made.share.max()) <= 1
    part = made.share.view(-1, 1, 1, 1)
    assert torch.allclose(made.x_BCHW, x * part + x[made.partner] * (1 - part))


# --- odd data --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("columns", "changes", "words"),
    [
        ({"hair": ["black"] * 40}, {}, "at least two values; the data set has only: hair"),
        ({"split": ["train", "test"] * 20}, {}, "no labels"),
        ({"hair": ["a", "b"] * 20}, {"labels": ("nose",)}, "no label nose; it has: hair"),
        ({"split": ["train", "test"] * 20, "hair": ["a", "b"] * 20}, {"labels": ("split",)}, "split says which"),
        ({"hair": ["a", "b"] * 20, "eye": ["e"] * 40}, {"labels": ("eye",)}, "eye has 1 values"),
        ({"hair": ["b"] * 10 + ["a"] * 30}, {}, "fewer than two values of the label hair"),
        ({"hair": ["a", "b"] * 8 + [""] * 24}, {}, "fewer than two values of the label hair"),
    ],
)
def test_what_cannot_be_learnt_is_refused_in_a_sentence(
    columns: dict[str, list[str]], changes: dict[str, Any], words: str
) -> None:
    config = TINY["classifier"].model_copy(update=changes)
    with pytest.raises(UsageError, match=words):
        ClassifierTask(config, labelled(**columns), CPU)


@pytest.mark.parametrize("weights", ["none", "balanced"])
def test_a_value_with_one_picture_and_missing_labels_are_no_trouble(make_trainer: Make, weights: str) -> None:
    data = labelled(hair=["a", "b", ""] * 20 + ["rare"], eye=[""] * 50 + ["x", "y"] * 5 + [""])
    trainer = make_trainer(data=data, steps=4, class_weights=weights)
    ended = finish(trainer)[-1]
    assert isinstance(ended, Ended) and ended.status == "finished", ended.trace
    assert trainer.task.data.counts["hair"].tolist() == [14, 15, 1]
    assert all((trainer.task.data.codes_NL[row] >= 0).any() for row in trainer.task.data.training)
    assert all(math.isfinite(value) for values in trainer.recorder.values.values() for value in values.values())
    # The validation pictures know nothing of eyes: no number is made up for them.
    assert "validation_accuracy_eye" not in trainer.recorder.values[3]
    assert trainer.recorder.notes[4]["labels"][2] == {"hair": "a"}


def test_a_split_column_is_never_learnt() -> None:
    data = labelled(hair=["a", "b"] * 20, split=["train", "test"] * 20)
    assert set(ClassifierTask(TINY["classifier"], data, CPU).labels) == {"hair"}


def test_too_few_pictures_to_split_are_validated_by_what_is_learnt() -> None:
    data = labelled(hair=["a", "b", "b"])
    data.parts = Parts(np.arange(3), np.arange(0), np.arange(0))
    task = ClassifierTask(TINY["classifier"], data, CPU)
    assert task.data.validation.tolist() == [0, 1, 2]


def test_balanced_weights_count_each_value_alike() -> None:
    data = ClassifierData(labelled(hair=["a"] * 16 + ["b"] * 30 + ["c"] * 10), {"hair": ("a", "b", "c")}, CPU)
    counts, (weights,) = data.counts["hair"], data.weights()
    assert counts.tolist() == [0, 30, 10]
    assert weights.tolist() == pytest.approx([0.0, 40 / 60, 40 / 20])
    assert float((weights * torch.from_numpy(counts)).sum()) == pytest.approx(40)


def test_pictures_are_standardised_by_those_to_train_on() -> None:
    tiny = TinyPictures()
    task = ClassifierTask(TINY["classifier"], tiny, CPU)
    x = tiny.read(tiny.training).astype(np.float64) / 127.5 - 1
    assert task.network.mean.tolist() == pytest.approx(x.mean(axis=(0, 2, 3)).tolist(), abs=1e-5)
    assert task.network.std.tolist() == pytest.approx(x.std(axis=(0, 2, 3)).tolist(), abs=1e-5)
