"""Language models learn what comes next: no text looks at another, answers alone count, and the numbers are right."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from studio.config.language import FullTuning, Gpt2Network, LanguageConfig, LoraTuning
from studio.config.texts import BytePairs
from studio.generation.language import load_model
from studio.generation.models import WritingModel
from studio.ground.errors import UsageError
from studio.ground.events import Ended, Metrics, Notice, Samples
from studio.models.lora import additions_of
from studio.training.language import LanguageTask, make_task, rate_factor
from studio.training.language_data import LanguageData
from studio.training.language_diagnosis import LanguageDiagnosis
from studio.training.language_optimiser import orthogonal
from studio.training.rng import Draws
from studio.training.trainer import Trainer

from .conftest import CPU, TINY, finish
from .tiny_texts import TinyTexts, stories, talks

Make = Callable[..., Trainer]
CONFIG = TINY["language"]
assert isinstance(CONFIG, LanguageConfig)


@pytest.fixture
def family() -> str:
    """The fixtures of this file are about language models."""
    return "language"


def changed(**changes: Any) -> LanguageConfig:
    assert isinstance(CONFIG, LanguageConfig)
    return CONFIG.model_copy(update=changes)


def gradients(task: LanguageTask, step: int = 0) -> dict[str, torch.Tensor]:
    """Of one step, as the stepper adds them up."""
    task.decoder.zero_grad()
    for phase in task.phases(Draws(0, CPU).at(step)):
        parts = ((phase.loss, *phase.beside), *phase.later)
        for pieces in parts:
            (sum(piece() for piece in pieces) / len(pieces) / len(parts)).backward()
    return {name: p.grad.clone() for name, p in task.decoder.named_parameters() if p.grad is not None}


@torch.no_grad()
@pytest.mark.parametrize("network", [CONFIG.network, Gpt2Network(depth=1, width=16, heads=2)], ids=["modern", "gpt2"])
def test_packed_texts_do_not_see_each_other(network: Any, tiny_texts: TinyTexts) -> None:
    """The loss in packed rows is that of each text alone."""
    task = make_task(changed(network=network, context=128, answers_only=False), tiny_texts, CPU)
    rows = task.data.batch(0, 0, 4)
    assert rows.segments is not None and int(rows.segments.max()) >= 1
    packed = float(task._summed(task.decoder.eval(), rows))
    alone = 0.0
    for row in range(4):
        for segment in range(int(rows.segments[row].max()) + 1):
            here = rows.segments[row] == segment
            logits = task.decoder(rows.tokens[row, here][None])[0]
            alone += float(F.cross_entropy(logits, rows.next[row, here], reduction="sum"))
    assert packed == pytest.approx(alone, rel=1e-4)


def test_only_answers_count_and_all_of_them(tiny_texts: TinyTexts) -> None:
    data = LanguageData(tiny_texts, 64, answers_only=True)
    steps, learnt = [data.batch(1, step, 4) for step in range(40)], list[str]()
    for rows in steps[:6]:
        for row in range(4):
            learnt.append(tiny_texts.tokeniser.decode(rows.next[row][rows.learnt[row]].tolist()))
    assert all("Where" not in one and "In the" in one for one in learnt if one)
    every = LanguageData(tiny_texts, 64, answers_only=False).batch(1, 0, 4)
    assert int(every.learnt.sum()) > 3 * int(steps[0].learnt.sum())


@pytest.mark.parametrize("changes", [{"accumulate": 1, "shares": 1}, {"recompute": True}, {"shares": 1}])
def test_parts_shares_and_checkpointing_change_no_gradient(changes: dict[str, Any], tiny_texts: TinyTexts) -> None:
    one, other = (gradients(make_task(config, tiny_texts, CPU)) for config in (changed(), changed(**changes)))
    assert one.keys() == other.keys()
    for name, gradient in one.items():
        torch.testing.assert_close(gradient, other[name], atol=1e-6, rtol=1e-4)


def test_it_learns_and_says_how_well(make_trainer: Make) -> None:
    trainer = make_trainer(steps=40, learning_rate=0.04, validate_every=20)
    found: dict[str, list[float]] = {}
    texts: dict[str, Any] = {}
    for event in finish(trainer):
        if isinstance(event, Metrics):
            for name, value in event.values.items():
                found.setdefault(name, []).append(value)
        elif isinstance(event, Samples):
            texts = dict(event.notes)
            assert len(event.pictures) == 0
    assert found["validation_loss"][-1] < 0.6 * found["validation_loss"][0]
    assert found["perplexity"][-1] == pytest.approx(math.exp(found["validation_loss"][-1]))
    loss, bits = found["validation_loss"][-1], found["bits_per_byte"][-1]
    assert 0.5 < loss / math.log(2) / bits < 1.5  # nearly one token a byte, and the mark at the end
    assert [one.keys() == {"prompt", "text", "reference"} for one in texts["texts"]] == [True, True]
    first = texts["texts"][0]
    assert first["prompt"].startswith("Eve is in the") and first["reference"].startswith("In the")
    best = trainer.checkpoints.best()
    assert best is not None and best.facts()["measures"]["validation_loss"] == min(found["validation_loss"])


def test_a_checkpoint_stands_alone_and_talks(make_trainer: Make) -> None:
    trainer = make_trainer(steps=2)
    finish(trainer)
    model = load_model(trainer.checkpoints.points("model")[-1].path, CPU)
    assert isinstance(model, WritingModel) and model.converses and model.step == 2
    resumed = load_model(trainer.checkpoints.points("resume")[-1].path, CPU)
    average = trainer.averages["decoder"].module.state_dict()
    for one in (model, resumed):
        assert all(torch.equal(tensor, average[name]) for name, tensor in one.network.state_dict().items())


def test_additions_learn_alone_and_are_merged_when_it_is_used(make_trainer: Make) -> None:
    trainer = make_trainer(steps=3, tuning=LoraTuning(rank=2), ema_half_life=0, shares=1)
    decoder = trainer.task.modules["decoder"]
    before = {name: tensor.clone() for name, tensor in decoder.state_dict().items()}
    finish(trainer)
    moved = {name for name, tensor in decoder.state_dict().items() if not torch.equal(tensor, before[name])}
    assert moved == set(additions_of(decoder))
    model = load_model(trainer.checkpoints.points("model")[-1].path, CPU)
    tokens = torch.arange(5, 15)[None]
    torch.testing.assert_close(model.network(tokens), decoder.eval()(tokens), atol=1e-5, rtol=1e-4)
    apart = model.exported().tensors["additions"]
    assert apart.keys() == additions_of(decoder).keys()


@pytest.mark.parametrize("there", [{"tuning": LoraTuning(rank=2)}, {"ema_half_life": 0}, {}])
@pytest.mark.parametrize("here", [{"tuning": LoraTuning(rank=3)}, {"tuning": FullTuning(), "ema_half_life": 0}])
def test_a_run_begins_with_any_other(
    make_trainer: Make, tiny_texts: TinyTexts, there: dict[str, Any], here: dict[str, Any]
) -> None:
    """What it says at first is what the other said at last."""
    first = make_trainer("first", steps=2, **there)
    finish(first)
    facts = first.checkpoints.points("resume")[-1].facts()
    task = make_task(changed(**here), tiny_texts, CPU)
    state = first.task.modules["decoder"].state_dict()
    assert task.table_there("decoder", {}, facts).keys() == state.keys()
    fitted = task.fitted("decoder", state, facts)
    task.decoder.load_state_dict(dict(fitted))
    tokens = torch.arange(5, 15)[None]
    torch.testing.assert_close(
        task.decoder.eval()(tokens), first.task.modules["decoder"].eval()(tokens), atol=1e-5, rtol=1e-4
    )


def test_weights_for_other_tokens_are_refused(make_trainer: Make) -> None:
    first = make_trainer(steps=1)
    finish(first)
    task = make_task(changed(tokens=BytePairs(size=300)), TinyTexts(stories(), pairs=300), CPU)
    with pytest.raises(Exception, match="its tokens are others"):
        task.table_there("decoder", {}, first.checkpoints.points("resume")[-1].facts())


@pytest.mark.parametrize("shape", [(12, 30), (30, 12), (16, 16)])
def test_muon_makes_updates_nearly_orthogonal(shape: tuple[int, int]) -> None:
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    values = torch.linalg.svdvals(orthogonal(matrix))
    assert float(values.min()) > 0.5 and float(values.max()) < 1.5
    wanted = torch.linalg.svd(matrix, full_matrices=False)
    assert float((orthogonal(matrix) * (wanted.U @ wanted.Vh)).sum()) / min(shape) > 0.7


def test_muon_moves_matrices_of_blocks_and_adam_the_rest(make_trainer: Make) -> None:
    trainer = make_trainer(steps=40, optimiser="muon", learning_rate=0.03, ema_half_life=0)
    told = [event.values for event in finish(trainer) if isinstance(event, Metrics)]
    losses = [values["training_loss"] for values in told if "training_loss" in values]
    assert np.mean(losses[-5:]) < 0.7 * losses[0]
    optimiser = trainer.task.optimisers["decoder"]
    for name, parameter in trainer.task.modules["decoder"].named_parameters():
        turned = parameter.ndim == 2 and name.startswith("stack.")
        assert set(optimiser.state[parameter]) == ({"momentum"} if turned else {"step", "exp_avg", "exp_avg_sq"})


def test_the_rate_rises_and_falls() -> None:
    config = changed(steps=100, warm_up=10, final_rate=0.1, schedule="cosine")
    rates = [rate_factor(config, step) for step in range(100)]
    assert rates[0] == pytest.approx(1 / 11) and max(rates) == rates[10] == 1
    assert rates[10:] == sorted(rates[10:], reverse=True) and rates[-1] == pytest.approx(0.1, abs=1e-3)


@pytest.mark.parametrize("items", [stories(6), talks(6), ["ab" * 300], ["a"] * 5 + ["ab"]], ids=str)
def test_texts_of_any_length_train(make_trainer: Make, items: Any) -> None:
    """Few and short ones, one that is longer than the context, and some of one letter."""
    data = TinyTexts(items)
    trainer = make_trainer(data=data, steps=2)
    events = finish(trainer)
    assert isinstance(events[-1], Ended) and events[-1].status == "finished", events[-1].trace


def test_nothing_to_learn_has_a_sentence() -> None:
    data = TinyTexts(stories(6))
    data.lengths = np.ones_like(data.lengths)
    with pytest.raises(UsageError, match="no text to learn from"):
        make_task(changed(), data, CPU)


def test_it_says_that_texts_are_learnt_by_heart() -> None:
    diagnosis = LanguageDiagnosis()
    said: list[Notice] = []
    for loss in (2.0, 1.5, 1.6, 1.7, 1.8, 1.9):
        said += diagnosis.observe(1, {"training_loss": 1.0})
        said += diagnosis.observe(1, {"validation_loss": loss})
    assert [notice.code for notice in said] == ["learnt_by_heart"]
