"""The CycleGAN family: sides, losses, the pool, what it shows, and that every mode comes back to the same bits."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import torch

from studio.config.base import with_overrides
from studio.config.cyclegan import CycleganConfig
from studio.ground.errors import UsageError
from studio.ground.events import Ended, Metrics
from studio.training.cyclegan import CycleganTask, make_task
from studio.training.cyclegan_data import TwoSides
from studio.training.cyclegan_diagnosis import Diagnosis
from studio.training.cyclegan_pool import PicturePool
from studio.training.falling import rate_factor
from studio.training.rng import Draws
from studio.training.stepping import Stepper
from studio.training.trainer import Trainer

from .conftest import CPU, TINY, TinyPictures, finish

Make = Callable[..., Trainer]
pytestmark = pytest.mark.usefixtures("quick_measure")


@pytest.fixture
def family() -> str:
    """Everything here is about this one."""
    return "cyclegan"


def tiny_config(**changes: Any) -> CycleganConfig:
    """The small run with some settings changed."""
    config = TINY["cyclegan"]
    assert isinstance(config, CycleganConfig)
    return with_overrides(config, changes)


def task_of(data: Any, **changes: Any) -> CycleganTask:
    """A task on tiny pictures."""
    return make_task(tiny_config(**changes), data, CPU)


def stepper_of(task: CycleganTask) -> Stepper:
    """What carries out its steps."""
    return Stepper(task, {}, device=CPU, dtype=torch.float32)


def with_labels(tiny: TinyPictures, rows: dict[str, int]) -> TinyPictures:
    """The same pictures, of which so many have each value of the label ``side``; the rest none."""
    data = TinyPictures(len(tiny.codes["hair"]))
    codes = np.full(len(data.codes["hair"]), -1, np.int32)
    start = 0
    for code, count in enumerate(rows.values()):
        codes[start : start + count] = code
        start += count
    data.codes = {**data.codes, "side": codes}
    data.facts = data.facts.model_copy(update={"labels": {**data.values, "side": tuple(rows)}})
    return data


# --- sides -----------------------------------------------------------------------------------------------------


def test_each_side_has_its_own_pictures_and_some_set_aside(tiny: TinyPictures) -> None:
    sides = TwoSides(tiny_config(), tiny, CPU).sides
    for key, value in (("a", "black"), ("b", "blond")):
        side, code = sides[key], tiny.values["hair"].index(value)
        assert side.name == value and len(side.aside) and set(tiny.codes["hair"][side.training]) == {code}
        assert set(side.aside) <= set(tiny.held_out) and set(side.training) <= set(tiny.training)


def test_both_sides_are_drawn_without_heed_of_each_other(tiny: TinyPictures) -> None:
    sides, draws = TwoSides(tiny_config(), tiny, CPU), Draws(0, CPU)
    seen: list[set[tuple[int, int]]] = []
    for step in range(6):
        batch = sides.batch(draws.at(step))
        seen.append({(int(a.sum() * 100), int(b.sum() * 100)) for a, b in zip(batch["a"], batch["b"], strict=True)})
    partners: dict[int, set[int]] = {}
    for a, b in set().union(*seen):
        partners.setdefault(a, set()).add(b)
    assert max(map(len, partners.values())) > 1


def test_sides_of_very_different_sizes(tiny: TinyPictures) -> None:
    data = with_labels(tiny, {"few": 3, "many": 60})
    sides = TwoSides(tiny_config(split="side=few:many"), data, CPU).sides
    assert len(sides["a"].training) + len(sides["a"].aside) == 3 and len(sides["b"].training) > 30
    assert len(sides["a"].aside) == 1 and not set(sides["a"].aside) & set(sides["a"].training)
    stepper_of(task_of(data, split="side=few:many")).make(0).read()


@pytest.mark.parametrize(
    ("split", "words"),
    [
        ("", "Which are the two sides"),
        ("height=tall:short", "no label height"),
        ("hair=black:green", "hair=green; there is: black, blond, red"),
        ("side=none:many", "no picture on the side none"),
    ],
)
def test_sides_that_are_not_there_are_refused_in_a_sentence(tiny: TinyPictures, split: str, words: str) -> None:
    data = with_labels(tiny, {"none": 0, "many": 40})
    with pytest.raises(UsageError, match=words):
        task_of(data, split=split)


def test_pairs_are_those_of_the_same_name(tiny: TinyPictures) -> None:
    sides = TwoSides(tiny_config(mode="paired"), tiny, CPU).sides
    names = [[tiny.names[row].rpartition("/")[2] for row in sides[key].training] for key in "ab"]
    assert names[0] == names[1] and len(names[0]) > 5
    assert len(sides["a"].aside) == len(sides["b"].aside) > 0
    other = TinyPictures()
    other.names = tuple(f"{i}.png" for i in range(len(other.names)))
    with pytest.raises(UsageError, match="no pictures of the same name"):
        task_of(other, mode="paired")


def test_partners_are_cut_and_mirrored_alike(tiny: TinyPictures) -> None:
    tiny = TinyPictures()
    tiny.read = lambda rows: np.broadcast_to(  # type: ignore[method-assign]
        np.arange(32 * 32, dtype=np.uint16).reshape(1, 1, 32, 32) // 4, (len(rows), 3, 32, 32)
    ).astype(np.uint8)
    sides = TwoSides(tiny_config(mode="paired", crop=16, mirror=True), tiny, CPU)
    batch = sides.batch(Draws(0, CPU).at(3))
    assert batch["a"].shape == (8, 3, 16, 16) and torch.equal(batch["a"], batch["b"])
    assert len({tuple(one.flatten().tolist()) for one in batch["a"]}) > 1


# --- losses ----------------------------------------------------------------------------------------------------

EIGHT = {
    "a2b_loss", "b2a_loss", "cycle_a", "cycle_b", "identity_a", "identity_b",
    "discriminator_a_loss", "discriminator_b_loss",
}  # fmt: skip
LOSSES = {
    "cycle": EIGHT,
    "contrastive": {"a2b_loss", "contrastive", "contrastive_identity", "discriminator_b_loss"},
    "paired": {
        "a2b_loss", "b2a_loss", "difference_a", "difference_b", "discriminator_a_loss", "discriminator_b_loss",
    },
}  # fmt: skip


@pytest.mark.parametrize("mode", LOSSES)
@pytest.mark.parametrize("loss", ["least_squares", "non_saturating", "hinge"])
def test_every_mode_tells_its_losses(tiny: TinyPictures, mode: str, loss: str) -> None:
    task = task_of(tiny, mode=mode, loss=loss)
    values, skipped = stepper_of(task).make(0).read()
    assert LOSSES[mode] <= set(values) <= set(task.metric_names) and not skipped
    told = {name for name in values if "loss" in name or name.split("_")[0] in {"cycle", "identity", "difference"}}
    assert told - {"contrastive", "contrastive_identity"} <= LOSSES[mode]


@pytest.mark.parametrize("generator", ["resnet", "unet"])
@pytest.mark.parametrize("discriminator", ["patch", "pixel"])
@pytest.mark.parametrize("mode", LOSSES)
def test_every_parameter_gets_a_gradient(tiny: TinyPictures, mode: str, generator: str, discriminator: str) -> None:
    task = task_of(tiny, mode=mode, generator=generator, discriminator=discriminator)
    moved = {name: {n: p.detach().clone() for n, p in m.named_parameters()} for name, m in task.modules.items()}
    stepper_of(task).make(0).read()
    for name, module in task.modules.items():
        still = [n for n, p in module.named_parameters() if torch.equal(p, moved[name][n])]
        assert not still, (name, still)


def test_the_losses_are_those_of_the_textbook(tiny: TinyPictures) -> None:
    """Written out once more, without batching, pools or shares (Zhu et al. 2017, equations 1 to 4)."""
    config = tiny_config(pool=0)
    task = make_task(config, tiny, CPU)
    g, d = task.modules["generators"], task.modules["discriminators"]
    batch = task.data.batch(Draws(config.seed, CPU).at(0))
    a, b = batch["a"], batch["b"]
    with torch.no_grad():
        fake_b, fake_a = g["a2b"](a), g["b2a"](b)
        expected = {
            "a2b_loss": (d["b"](fake_b) - 1).square().mean(),
            "b2a_loss": (d["a"](fake_a) - 1).square().mean(),
            "cycle_a": (g["b2a"](fake_b) - a).abs().mean(),
            "cycle_b": (g["a2b"](fake_a) - b).abs().mean(),
            "identity_a": (g["b2a"](a) - a).abs().mean(),
            "identity_b": (g["a2b"](b) - b).abs().mean(),
            "discriminator_a_loss": ((d["a"](a) - 1).square().mean() + d["a"](fake_a).square().mean()) / 2,
            "discriminator_b_loss": ((d["b"](b) - 1).square().mean() + d["b"](fake_b).square().mean()) / 2,
        }
    values, _ = stepper_of(task).make(0).read()
    for name, wanted in expected.items():
        assert values[name] == pytest.approx(float(wanted), abs=1e-5), name


def test_two_shares_take_the_step_of_one(tiny: TinyPictures) -> None:
    states = []
    for shares in (1, 2):
        task = task_of(tiny, shares=shares, generator_rate=1e-3)
        stepper = stepper_of(task)
        for step in range(2):
            values, _ = stepper.make(step).read()
        states.append((values, torch.cat([p.detach().flatten() for p in task.modules["generators"].parameters()])))
    assert states[0][0].keys() == states[1][0].keys()
    assert float((states[0][1] - states[1][1]).abs().mean()) < 1e-5, "gradients lie in memory as their weights do"
    for name in EIGHT:
        assert states[0][0][name] == pytest.approx(states[1][0][name], abs=1e-3)


def test_rates_are_constant_and_then_fall_to_nothing() -> None:
    config = CycleganConfig(steps=100, decay=0.5)
    assert [rate_factor(config, step) for step in (0, 50, 75, 99)] == pytest.approx([1, 1, 0.5, 0.02])
    assert rate_factor(CycleganConfig(steps=100, decay=0), 99) == 1.0


# --- the pool --------------------------------------------------------------------------------------------------


def _numbered(start: int, count: int) -> torch.Tensor:
    return torch.arange(start, start + count, dtype=torch.float32).view(-1, 1, 1, 1)


def test_a_pool_fills_and_then_gives_half_of_it_back() -> None:
    pool, generator = PicturePool(10, 1, 1, CPU), torch.Generator().manual_seed(0)
    for start in (0, 4):
        assert torch.equal(pool.exchange(_numbered(start, 4), generator), _numbered(start, 4))
    shown = [pool.exchange(_numbered(start, 4), generator).flatten().tolist() for start in range(8, 400, 4)]
    old = sum(x < start for start, row in zip(range(8, 400, 4), shown, strict=True) for x in row)
    assert 0.4 < old / (4 * len(shown)) < 0.6
    kept = pool.state()["kept"].flatten()
    assert int(pool.state()["count"]) == 10 and len(kept.unique()) == 10
    everything = [x for row in shown for x in row if x >= 10]  # the first ten are shown and kept
    assert len(everything) == len(set(everything)), "no translation is shown twice"


def test_a_pool_of_none_and_one_smaller_than_a_batch() -> None:
    x = _numbered(0, 6)
    assert PicturePool(0, 1, 1, CPU).exchange(x, torch.Generator()) is x
    small, generator = PicturePool(4, 1, 1, CPU), torch.Generator().manual_seed(1)
    small.exchange(x, generator)
    assert small.exchange(_numbered(10, 6), generator).shape == x.shape


def test_what_is_not_finite_never_lies_in_a_pool() -> None:
    pool = PicturePool(2, 1, 1, CPU)
    pool.exchange(torch.full((1, 1, 1, 1), torch.nan), torch.Generator())
    assert bool(torch.isfinite(pool.state()["kept"]).all())


# --- what it shows ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "columns", "sides"),
    [
        ("cycle", ["real", "translated", "back", "identity"], ["A", "A", "B", "B"]),
        ("contrastive", ["real", "translated"], ["A"] * 8),
        ("paired", ["real", "translated", "true"], ["A", "A", "A", "B", "B"]),
    ],
)
def test_samples_are_rows_of_test_pictures(tiny: TinyPictures, mode: str, columns: list[str], sides: list[str]) -> None:
    task = task_of(tiny, mode=mode, sample_count=16)
    pictures = np.concatenate(list(task.samples(task.modules)))
    notes = task.sample_notes()
    assert notes["columns"] == columns and notes["sides"] == sides and notes["values"] == ["black", "blond"]
    assert len(pictures) == len(columns) * len(sides) and pictures.shape[1:] == (32, 32, 3)
    rows = [tiny.names.index(name) for name in notes["names"]]
    assert set(rows) <= set(tiny.held_out)
    real = tiny.read(np.array(rows)).transpose(0, 2, 3, 1)
    assert np.array_equal(pictures[:: len(columns)], real)
    if "true" in columns:
        partner = tiny.read(np.array([_partner(tiny, row) for row in rows])).transpose(0, 2, 3, 1)
        assert np.array_equal(pictures[2::3], partner)


def _partner(tiny: TinyPictures, row: int) -> int:
    other = {"black": "blond", "blond": "black"}
    side, _, name = tiny.names[row].partition("/")
    return tiny.names.index(f"{other[side]}/{name}")


def test_measures_tell_the_distance_of_both_directions(tiny: TinyPictures) -> None:
    task = task_of(tiny)
    found = [one for one in task.measure(task.modules) if one is not None][-1]
    assert found["distance"] == pytest.approx((found["distance_a2b"] + found["distance_b2a"]) / 2)
    assert found["cycle_error"] > 0 and found["diversity"] > 0 and set(found) <= set(task.metric_names)


def test_it_says_what_its_sides_are(tiny: TinyPictures) -> None:
    told = task_of(tiny).description()
    assert told["sides"] == ["black", "blond"] and told["background"] == "#ffffff"
    assert [sum(counts) for counts in told["side_counts"]] == [int((tiny.codes["hair"] == i).sum()) for i in (0, 1)]


def test_a_game_that_is_won_is_said_once() -> None:
    diagnosis = Diagnosis()
    values = {"discriminator_a_loss": 0.001, "discriminator_b_loss": 0.3}
    said = [notice.code for step in range(300, 500) for notice in diagnosis.observe(step, values)]
    assert said == ["discriminator_a_won"]
    assert [n.code for n in diagnosis.observe(500, {"diversity": 0.1})] == ["diversity_lost"]
    assert [n.code for n in diagnosis.observe(500, {"cycle_error": 0.3})] == ["picture_lost"]


# --- the same bits ---------------------------------------------------------------------------------------------

VARIANTS: dict[str, dict[str, Any]] = {
    "everything drawn": {
        "picture_size": 32, "crop": 24, "mirror": True, "augment": ("colour", "translation", "cutout"),
        "discriminator.layers": 3, "decay": 0.5, "pool": 12,
    },
    "contrastive": {"mode": "contrastive", "mode.patches": 8, "output": "residual"},
    "paired": {"mode": "paired", "output": "plain", "loss": "hinge"},
    "unet in shares": {"generator": "unet", "generator.width": 4, "shares": 2, "discriminator": "pixel"},
}  # fmt: skip


@pytest.fixture(params=VARIANTS)
def changed(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """Settings of a variant as data."""
    yield tiny_config(**VARIANTS[str(request.param)]).model_dump()


def test_stopped_and_resumed_every_mode_is_the_same_run(make_trainer: Make, changed: dict[str, Any]) -> None:
    changed = changed | {"steps": 6}
    whole = make_trainer("whole", **changed)
    for event in finish(whole):
        if isinstance(event, Metrics):
            assert set(event.values) <= set(whole.task.metric_names)
    ended = finish(make_trainer("parts", stop_at=3, **changed))[-1]
    assert isinstance(ended, Ended) and ended.status == "stopped", ended.trace
    second = make_trainer("parts", **changed)
    assert second.restore() == () and second.step == 3
    finish(second)
    assert second.digest() == whole.digest()


def test_a_forgotten_pool_is_noticed(make_trainer: Make) -> None:
    trainer = make_trainer("run", stop_at=3)
    finish(trainer)
    before = trainer.digest()
    trainer.task.extra_state()["pool_a.kept"][0] += 1
    assert trainer.digest() != before
