"""Translation in training: batches of like length, schedules, it learns, stops and goes on to the same bits."""

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from studio.config.translation import BEST, TranslationConfig, TranslationNetwork
from studio.ground.errors import UsageError
from studio.ground.events import Metrics, Samples
from studio.training.checkpoints import Checkpoints
from studio.training.recorder import MemoryRecorder
from studio.training.trainer import Trainer
from studio.training.translation import METRICS, make_task, rate_factor
from studio.training.translation_data import IGNORED, TranslationData
from tests.tiny_pairs import TinyPairs

from .conftest import CPU, finish

CONFIG = TranslationConfig(
    network=TranslationNetwork(width=32, heads=2), batch=200, context=24, warm_up=4, steps=12, validate_every=5,
    scored=10, sample_count=2, ema_half_life=400, dropout=0.2,
)  # fmt: skip
Make = Callable[..., Trainer]


pytestmark = pytest.mark.usefixtures("planned_families")


@pytest.fixture(scope="module")
def pairs() -> TinyPairs:
    return TinyPairs()


@pytest.fixture
def make(pairs: TinyPairs, tmp_path: Path) -> Make:
    def made(folder: str = "run", *, stop_at: int | None = None, **changes: object) -> Trainer:
        task = make_task(CONFIG.model_copy(update=changes), pairs, CPU)
        checkpoints = Checkpoints(tmp_path / folder, BEST)
        return Trainer(task, device=CPU, recorder=MemoryRecorder(), checkpoints=checkpoints, stop_at=stop_at)

    return made


def data(pairs: TinyPairs, *, size: int = 200, longest: int = 24, backwards: bool = False) -> TranslationData:
    return TranslationData(pairs, CPU, backwards=backwards, longest=longest, size=size, begin=0)


def test_every_pair_comes_once_in_an_epoch_in_batches_of_like_length(pairs: TinyPairs) -> None:
    read = data(pairs)
    count = len(read.bounds) - 1
    seen: dict[int, list[int]] = {}
    for epoch in range(2):
        firsts = []
        for number in range(epoch * count, (epoch + 1) * count):
            batch = read.batch(3, number)
            rows, width = batch.source_BM.shape
            assert rows * (width + batch.target_BN.shape[1]) <= 200
            lengths = (batch.next_BN != IGNORED).sum(dim=1)
            assert lengths.max() - lengths.min() <= 4
            firsts += [tuple(source.tolist()) for source in batch.source_BM]
        assert len(firsts) == len(read.training)
        seen[epoch] = firsts
    assert seen[0] != seen[1]
    assert torch.equal(data(pairs).batch(3, count + 1).source_BM, read.batch(3, count + 1).source_BM)
    others = [tuple(source.tolist()) for number in range(count) for source in read.batch(4, number).source_BM]
    assert sorted(map(len, others)) == sorted(map(len, seen[0])) and others != seen[0]


def test_a_batch_says_what_comes_next(pairs: TinyPairs) -> None:
    batch = data(pairs).pairs([20, 21, 22])
    for row, number in enumerate((20, 21, 22)):
        source, target = pairs.source(number), pairs.target(number)
        real = np.ones(len(source)) if batch.source_mask is None else batch.source_mask[row].numpy()
        assert batch.source_BM[row, : len(source)].tolist() == source.tolist() and real.sum() == len(source)
        assert batch.next_BN[row, : len(target)].tolist() == target.tolist()
        assert batch.target_BN[row, : len(target)].tolist() == [0, *target[:-1]]
        assert (batch.next_BN[row, len(target) :] == IGNORED).all()


def test_the_other_way_the_sides_are_turned(pairs: TinyPairs) -> None:
    forth, back = data(pairs).pairs([20]), data(pairs, backwards=True).pairs([20])
    assert torch.equal(forth.next_BN, back.source_BM) and torch.equal(forth.source_BM, back.next_BN)


def test_long_pairs_are_left_out(pairs: TinyPairs) -> None:
    short = data(pairs, longest=4)
    rows = short.training
    assert 0 < len(rows) < len(pairs.parts.training)
    assert max(pairs.source_lengths[rows].max(), pairs.target_lengths[rows].max()) <= 4
    with pytest.raises(UsageError, match="No pair has texts of at most 1 tokens"):
        data(pairs, longest=1)


def test_tokens_that_no_source_has_are_known(pairs: TinyPairs) -> None:
    unread = set(data(pairs).unread())
    sources = {token for row in pairs.parts.training for token in pairs.source(int(row)).tolist()}
    assert not unread & sources and pairs.tokeniser.encode_plain(["Ж"])[0][0] in unread


def test_schedules() -> None:
    cosine = [rate_factor(CONFIG, step) for step in range(12)]
    assert cosine[:4] == [0.25, 0.5, 0.75, 1.0] and 0 < cosine[-1] < 0.05
    assert all(a > b for a, b in itertools.pairwise(cosine[3:]))
    root = CONFIG.model_copy(update={"schedule": "inverse_root", "warm_up": 100})
    assert rate_factor(root, 99) == 1.0 and rate_factor(root, 399) == pytest.approx(0.5)
    constant = CONFIG.model_copy(update={"schedule": "constant"})
    assert rate_factor(constant, 1000) == 1.0
    assert [one.knows_horizon for one in (CONFIG, root, constant)] == [True, False, False]


def test_a_run_tells_its_numbers_and_its_sentences(make: Make) -> None:
    trainer = make()
    events = finish(trainer)
    found: dict[str, float] = {}
    for event in events:
        found |= event.values if isinstance(event, Metrics) else {}
    assert set(found) == set(METRICS) and all(np.isfinite(value) for value in found.values())
    samples = [event for event in events if isinstance(event, Samples)]
    texts = samples[-1].notes["texts"]
    assert len(samples[-1].pictures) == 0 and len(texts) == 2
    rows = trainer.task.data.validation[:2]  # type: ignore[attr-defined]
    known = trainer.task.data.data.texts  # type: ignore[attr-defined]
    assert [(one["source"], one["reference"]) for one in texts] == [known[row] for row in rows]
    assert all(isinstance(one["text"], str) for one in texts)
    best = trainer.checkpoints.best()
    assert best is not None and (best.path / "tokenizer.json").is_file()


def test_stopped_and_gone_on_with_it_is_the_same_run(make: Make) -> None:
    whole, half = make("whole"), make("half", stop_at=7)
    finish(whole)
    finish(half)
    again = make("half")
    assert again.restore() == () and again.step == 7
    finish(again)
    assert again.digest() == whole.digest()


def test_it_learns_what_pairs_say(make: Make) -> None:
    trainer = make(
        steps=60, learning_rate=5e-3, dropout=0.0, validate_every=60, warm_up=10, schedule="constant", ema_half_life=0,
        batch=600,
    )  # fmt: skip
    losses = [
        event.values["training_loss"] for event in finish(trainer)
        if isinstance(event, Metrics) and "training_loss" in event.values
    ]  # fmt: skip
    assert losses[-1] < 0.35 * losses[0]
