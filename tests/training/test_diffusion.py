"""The diffusion task: times, bands of noise, what is told, what is shown, and what is refused."""

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from studio.config.base import with_overrides
from studio.config.diffusion import DiffusionConfig
from studio.ground.errors import UsageError
from studio.ground.events import Notice
from studio.models.vocabulary import BEGIN, PAD, SPECIAL, Vocabulary
from studio.training.cadence import sample_steps
from studio.training.diffusion import DiffusionTask, by_band, rate_factor, times, watched_times
from studio.training.diffusion_data import without_clauses
from studio.training.rng import Draws
from studio.training.trainer import Trainer

from .conftest import CPU, TINY, TinyPictures, finish

pytestmark = pytest.mark.usefixtures("quick_measure")
CONFIG = TINY["diffusion"]
Make = Callable[..., Trainer]


@pytest.fixture
def family() -> str:
    """The family of this file."""
    return "diffusion"


def _config(**changes: Any) -> DiffusionConfig:
    found = DiffusionConfig.model_validate(CONFIG.model_dump() | changes)
    assert isinstance(found, DiffusionConfig)
    return found


def _drawn_times(count: int = 4096, **process: Any) -> torch.Tensor:
    return times(_config(process=process), count, Draws(0, CPU).at(3))


def test_gradual_times_are_the_discrete_ones_all_alike() -> None:
    found = _drawn_times(5000, kind="gradual") * 999
    assert torch.allclose(found, found.round(), atol=1e-3)
    assert torch.equal(torch.bincount(found.round().long()), torch.full((1000,), 5))


def test_flow_times_are_logit_normal() -> None:
    found = _drawn_times(kind="flow", location=-0.5, spread=0.8).sort().values
    logits = torch.logit(found)
    assert float(logits.mean()) == pytest.approx(-0.5, abs=0.01)
    assert float(logits.std()) == pytest.approx(0.8, abs=0.02)
    assert float(found[0]) > 0 and float(found[-1]) < 1


def test_every_step_has_other_times_and_one_batch_spreads_them() -> None:
    config = _config()
    first, second = (times(config, 8, Draws(0, CPU).at(step)) for step in (0, 1))
    assert not torch.equal(first, second)
    process = config.process
    places = torch.distributions.Normal(process.location, process.spread).cdf(torch.logit(first))
    assert sorted((places * 8).long().tolist()) == list(range(8))


def test_bands_of_noise() -> None:
    found = by_band(torch.tensor([1.0, 3.0, 8.0]), torch.tensor([0.0, 0.3, 1.0]))
    assert float(found["loss_low_noise"]) == 2.0 and float(found["loss_high_noise"]) == 8.0
    assert torch.isnan(found["loss_middle_noise"])


def test_the_rate_rises_stays_and_falls_if_it_is_told_to() -> None:
    config = _config(warm_up=3, steps=100)
    assert [rate_factor(config, step) for step in (0, 1, 2, 3, 99)] == [0.25, 0.5, 0.75, 1.0, 1.0]
    falling = _config(warm_up=3, steps=100, decay="linear")
    assert rate_factor(falling, 60) == 1.0
    assert rate_factor(falling, 80) == pytest.approx(0.5)
    assert rate_factor(falling, 99) == pytest.approx(0.025)
    assert falling.knows_horizon and not config.knows_horizon


def test_labels_and_words_are_kept_back_as_often_as_wished(tiny: TinyPictures) -> None:
    task = DiffusionTask(_config(condition_dropout=0.25), tiny, CPU)
    rows = np.resize(np.arange(72), 4000)
    codes = torch.from_numpy(task.data.codes_NL[rows])
    told = task._told_of(rows, codes, Draws(0, CPU).at(0))
    assert told.drop_B is not None
    assert float(told.drop_B.float().mean()) == pytest.approx(0.25, abs=0.03)
    hidden = (told.codes_BL[:, 0] < 0) & (codes[:, 0] >= 0)
    assert float(hidden.float().mean()) == pytest.approx(0.25, abs=0.03)
    assert bool(((told.codes_BL == codes) | (told.codes_BL == -1)).all())


def test_clauses_are_left_out_as_often_as_wished() -> None:
    vocabulary = Vocabulary.of(["a face with red hair, a hat, and a scarf; dark"])
    plain = ["a face", "with red hair", ", a hat", ", and a scarf", "; dark"]
    tokens = torch.from_numpy(vocabulary.encode_all([" ".join(plain)] * 4000))
    clauses = torch.from_numpy(vocabulary.clauses(tokens.numpy()))
    assert clauses[0].tolist()[:14] == [-1, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 4]
    generator = torch.Generator().manual_seed(0)
    found = [texts_of(vocabulary, row) for row in without_clauses(tokens, clauses, 0.5, generator).tolist()]
    whole = " ".join(plain)
    assert np.mean([text == whole for text in found]) == pytest.approx(0.5 + 0.5 / 5, abs=0.03)
    kept = np.array([[clause in text for clause in plain] for text in found if text != whole])
    assert kept.any(axis=1).all(), "something is always told"
    assert all(" ".join(part for part, stays in zip(plain, row, strict=True) if stays) == text
               for row, text in zip(kept, [text for text in found if text != whole], strict=True))  # fmt: skip
    assert kept.mean(axis=0) == pytest.approx(np.full(5, 0.5), abs=0.05)


def texts_of(vocabulary: Vocabulary, tokens: list[int]) -> str:
    """The words of a text; nothing but filling stands behind them."""
    words = [vocabulary.words[token - SPECIAL] for token in tokens if token >= SPECIAL]
    assert tokens[0] == BEGIN and set(tokens[1 + len(words) :]) <= {PAD}
    return " ".join(words)


def test_leaving_clauses_out_changes_no_other_draw(tiny: TinyPictures) -> None:
    rows = np.arange(16, 24)
    told = []
    for share in (0.0, 1.0):
        task = DiffusionTask(_config(clause_dropout=share), tiny, CPU)
        codes = torch.from_numpy(task.data.codes_NL[rows])
        told.append([task._told_of(rows, codes, Draws(0, CPU).at(step)) for step in (3, 3, 4)])
    (whole, _, _), (first, again, other) = told
    assert torch.equal(first.tokens_BT, again.tokens_BT) and not torch.equal(first.tokens_BT, other.tokens_BT)
    assert not torch.equal(whole.tokens_BT, first.tokens_BT) and torch.equal(whole.drop_B, first.drop_B)


def test_every_weight_learns(make_trainer: Make) -> None:
    trainer = make_trainer(steps=4)
    before = copy.deepcopy(trainer.task.modules["denoiser"].state_dict())
    finish(trainer)
    after = trainer.task.modules["denoiser"].state_dict()
    assert [name for name in before if torch.equal(before[name], after[name])] == []


def test_the_loss_falls(make_trainer: Make) -> None:
    trainer = make_trainer(steps=40, condition=(), text=False, network={"kind": "unet", "width": 8})
    finish(trainer)
    losses = [values["loss"] for _, values in sorted(trainer.recorder.values.items()) if "loss" in values]
    assert np.mean(losses[-8:]) < 0.95 * np.mean(losses[:8])


def test_samples_are_noted_with_labels_words_and_losses(make_trainer: Make, tiny: TinyPictures) -> None:
    trainer = make_trainer(steps=2)
    finish(trainer)
    notes = trainer.recorder.notes[2]
    assert len(notes["labels"]) == len(notes["captions"]) == 4
    rows = tiny.training[:4]
    assert [one["hair"] for one in notes["labels"]] == [tiny.values["hair"][code] for code in tiny.codes["hair"][rows]]
    assert notes["captions"] == [tiny.captions[row] for row in rows]
    assert notes["loss_by_noise"]["times"] == [round(time, 4) for time in watched_times()]
    assert all(loss > 0 for loss in notes["loss_by_noise"]["losses"])
    assert trainer.recorder.pictures[2].shape == (4, 32, 32, 3)


def test_the_description_holds_the_words(tiny: TinyPictures) -> None:
    found = DiffusionTask(_config(), tiny, CPU).description()
    assert set(found["words"]) == {"a", "square", ",", "black", "blond", "red"}
    assert found["labels"]["smile"] == ["no", "yes"] and len(found["examples"]) > 0
    assert "words" not in DiffusionTask(_config(text=False), tiny, CPU).description()


def test_without_captions_there_are_no_words_to_learn() -> None:
    data = TinyPictures()
    data.captions = ("",) * 72
    with pytest.raises(UsageError, match="has no captions"):
        DiffusionTask(_config(), data, CPU)
    with pytest.raises(UsageError, match="no label beard; it has: hair, smile"):
        DiffusionTask(_config(condition=("beard",)), data, CPU)


def test_missing_and_endless_captions_are_told_once(make_trainer: Make, tiny: TinyPictures) -> None:
    def said(data: Any) -> list[str]:
        events = finish(make_trainer("run", data=data, steps=3))
        return [str(event.title) for event in events if isinstance(event, Notice)]

    missing = sum(not tiny.captions[row] for row in tiny.training.tolist())
    assert 0 < missing < len(tiny.training)
    assert said(None) == [f"{missing} of {len(tiny.training)} pictures have no caption"]


def test_captions_that_are_cut_are_told() -> None:
    data = TinyPictures()
    data.captions = tuple("a " * 80 if row % 2 else "a" for row in range(72))
    found = list(DiffusionTask(_config(), data, CPU).data.remarks())
    cut = sum(row % 2 for row in data.training.tolist())
    assert [str(notice.title) for notice in found] == [f"{cut} captions are longer than 63 words"]


def test_other_captions_are_other_data(make_trainer: Make) -> None:
    finish(make_trainer("run", stop_at=1))
    data = TinyPictures()
    data.captions = ("something else", *data.captions[1:])
    with pytest.raises(UsageError, match="data set has changed"):
        make_trainer("run", data=data).restore()


def test_dear_samples_are_drawn_less_often() -> None:
    cheap, dear = sample_steps(1000, 64), sample_steps(1000, 64, 4096)
    assert len(dear) < len(cheap) / 5
    assert {0, 4, 8, 16, 32, 64, 128, 1000} <= dear and 1 not in dear


@pytest.mark.parametrize("changes", [{"process.prediction": "x0"}, {"network.kind": "dit"}, {"network": "resnet"}])
def test_settings_that_have_no_meaning_are_refused(changes: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        with_overrides(CONFIG, changes)
