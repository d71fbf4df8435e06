"""A run of any family that is stopped and resumed is the same run, to the last bit of all its state."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
import pytest
import torch

from studio.config.base import describe, get_value
from studio.config.gan import DcganNetwork, LeastSquares
from studio.families import FAMILIES
from studio.ground.errors import DamagedError, UsageError
from studio.ground.events import ChangeSetting, Ended, SampleNow, SaveNow
from studio.training.checkpoints import read_point
from studio.training.state import collect, put_back, tables
from studio.training.trainer import Counters, Trainer

from .conftest import finish, other_data

pytestmark = pytest.mark.usefixtures("quick_measure", "planned_families")
Make = Callable[..., Trainer]
FACTS = ("step", "changes", "bad_in_a_row", "validated", "enough")


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest) -> str:
    """Everything here holds for each family."""
    return str(request.param)


def live_rate(trainer: Trainer) -> str:
    """A learning rate that may change while the run trains."""
    return next(row.path for row in describe(trainer.original) if row.live and row.path.endswith("rate"))


def _status(trainer: Trainer) -> str:
    ended = finish(trainer)[-1]
    assert isinstance(ended, Ended)
    assert ended.status != "failed", ended.trace
    return ended.status


def _resumed(make: Make, folder: str, **arguments: Any) -> Trainer:
    trainer = make(folder, **arguments)
    assert trainer.restore() == ()
    return trainer


VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "residual": ("gan", {}),
    "residual, in shares": ("gan", {"shares": 2, "batch": 8, "augment": ("translation",)}),
    "residual, in shares, 16 bits": ("gan", {"shares": 2, "batch": 8, "precision": "bfloat16", "decay": 0.5}),
    "dcgan": (
        "gan",
        {"network": DcganNetwork(width=4, discriminator_norm="batch"), "loss": LeastSquares(), "condition": ()},
    ),
    "everything drawn": (
        "gan",
        {"spectral_norm": True, "mirror": True, "augment": ("colour", "translation", "cutout")},
    ),
    "wasserstein": ("gan", {"loss": {"kind": "wasserstein"}, "discriminator_steps": 2, "gradient_clip": 1.0}),
    "relativistic": (
        "gan",
        {"loss": {"kind": "relativistic", "interval": 2}, "condition": ("hair", "smile"), "ema_half_life": 0},
    ),
    "classifier": ("classifier", {}),
    "classifier, everything drawn": (
        "classifier",
        {"mirror": True, "augment": ("shift", "colour", "erase", "mixup"), "schedule": "cosine"},
    ),
    "cnn": ("classifier", {"network": {"kind": "cnn", "width": 4}, "labels": ("hair",), "class_weights": "balanced"}),
    "diffusion": ("diffusion", {}),
    "diffusion, in shares": ("diffusion", {"shares": 2, "self_conditioning": True}),
    "diffusion, everything drawn": (
        "diffusion",
        {
            "network": {"kind": "dit", "width": 16, "depth": 2},
            "dropout": 0.1,
            "mirror": True,
            "ema_length": 0,
            "self_conditioning": True,
            "process": {"kind": "gradual", "zero_terminal_snr": True},
        },
    ),
    "language": ("language", {}),
    "language, everything drawn": (
        "language",
        {
            "network": {"kind": "gpt2", "depth": 1, "width": 16, "heads": 2}, "dropout": 0.1, "recompute": True,
            "optimiser": "muon", "ema_half_life": 0, "tuning": {"kind": "lora", "rank": 2},
        },
    ),
    "translation": ("translation", {}),
    "translation, backwards": (
        "translation",
        {"backwards": True, "schedule": "cosine", "ema_half_life": 0, "dropout": 0.0, "label_smoothing": 0.0},
    ),
    "mlp": ("classifier", {"network": {"kind": "mlp", "width": 8}, "ema_half_life": 0, "gradient_clip": 0.1}),
}


@pytest.mark.parametrize(("family", "changes"), VARIANTS.values(), ids=VARIANTS, indirect=["family"])
def test_stopping_half_way_and_resuming_is_the_same_run(make_trainer: Make, changes: dict[str, Any]) -> None:
    whole = make_trainer("whole", **changes)
    assert _status(whole) == "finished"
    assert _status(make_trainer("parts", stop_at=6, **changes)) == "stopped"
    second = _resumed(make_trainer, "parts", **changes)
    assert second.step == 6
    assert _status(second) == "finished"
    assert second.digest() == whole.digest()
    for step, pictures in second.recorder.pictures.items():
        assert np.array_equal(pictures, whole.recorder.pictures[step])
        assert second.recorder.notes[step] == whole.recorder.notes[step]


def test_three_stops_within_one_epoch(make_trainer: Make) -> None:
    whole = make_trainer("whole", steps=7)
    finish(whole)
    for stop in (2, 3, 5):
        trainer = _resumed(make_trainer, "parts", steps=7, stop_at=stop)
        assert _status(trainer) == "stopped"
    last = _resumed(make_trainer, "parts", steps=7)
    finish(last)
    assert last.items == 7 * last.task.items_per_step
    assert last.digest() == whole.digest()


def test_extending_a_finished_run_is_the_long_run(make_trainer: Make) -> None:
    long = make_trainer("long", steps=9)
    finish(long)
    finish(make_trainer("short", steps=5))
    extended = _resumed(make_trainer, "short", steps=9)
    assert _status(extended) == "finished"
    assert extended.digest() == long.digest()


def test_when_checkpoints_are_written_changes_nothing(make_trainer: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    quiet, busy = make_trainer("quiet"), make_trainer("busy")
    finish(quiet)
    monkeypatch.setattr("studio.training.trainer.resume_interval", lambda _: 0.0)
    for event in busy.run():
        if type(event).__name__ == "Metrics":
            list(busy.apply(SampleNow()))
            list(busy.apply(SaveNow()))
    assert busy.digest() == quiet.digest()


PARTS = {
    "gan": (
        "module.generator", "module.discriminator", "average.generator",
        "optimiser.generator", "optimiser.discriminator",
    ),
    "classifier": ("module.classifier", "average.classifier", "optimiser.classifier", "task"),
    "diffusion": ("module.denoiser", "average.denoiser", "optimiser.denoiser"),
    "cyclegan": (
        "module.generators", "module.discriminators", "average.generators",
        "optimiser.generators", "optimiser.discriminators", "task",
    ),
    "language": ("module.decoder", "average.decoder", "optimiser.decoder", "task"),
    "translation": ("module.translator", "average.translator", "optimiser.translator", "task"),
}  # fmt: skip


def _interrupted(make: Make) -> Trainer:
    """A run stopped at step 6 in which every counter has a value of its own."""
    trainer = make("parts", stop_at=6)
    list(trainer.apply(ChangeSetting(live_rate(trainer), 1e-4)))
    finish(trainer)
    trainer.counters.bad_in_a_row, trainer.counters.validated, trainer.counters.enough = 3, 5, True
    list(trainer.apply(SaveNow()))
    return trainer


def test_the_ablation_below_knows_every_part(make_trainer: Make, family: str) -> None:
    trainer = make_trainer()
    assert tuple(collect(trainer.task, trainer.averages)) == PARTS[family]
    assert {field.name for field in fields(trainer.counters)} == set(FACTS)


@pytest.mark.parametrize(
    ("family", "left_out"),
    [(family, part) for family in FAMILIES for part in (*PARTS[family], *FACTS)],
    indirect=["family"],
)
def test_leaving_any_part_out_is_noticed(make_trainer: Make, left_out: str) -> None:
    expected = _interrupted(make_trainer).digest()
    trainer = make_trainer("parts")
    parts, facts = read_point(
        trainer.checkpoints.points("resume")[-1].path, tables(collect(trainer.task, trainer.averages))
    )
    assert _resumed(make_trainer, "parts").digest() == expected
    parts.pop(left_out, None)
    put_back(parts, trainer.task, trainer.averages)
    kept = {name: facts[name] for name in FACTS if name != left_out}
    changes = kept.pop("changes", [])
    for _, path, value in changes:
        list(trainer.apply(ChangeSetting(path, value)))
    trainer.counters = Counters(**kept, changes=[(at, path, value) for at, path, value in changes])
    assert trainer.digest() != expected


def test_leaving_any_one_tensor_out_is_noticed(make_trainer: Make) -> None:
    finish(first := make_trainer("parts", stop_at=3))
    expected = first.digest()
    state = {
        (part, name): t for part, tensors in collect(first.task, first.averages).items() for name, t in tensors.items()
    }
    assert len(state) > 60
    for key, tensor in state.items():
        before = tensor.detach().clone()
        with torch.no_grad():
            tensor.add_(1)
        assert first.digest() != expected, key
        with torch.no_grad():
            tensor.copy_(before)
    assert first.digest() == expected


def test_a_changed_setting_is_part_of_the_run(make_trainer: Make) -> None:
    def changed(trainer: Trainer) -> Trainer:
        for event in trainer.run():
            if type(event).__name__ == "Metrics" and event.step == 4 and not trainer.counters.changes:
                list(trainer.apply(ChangeSetting(live_rate(trainer), "1e-5")))
        return trainer

    whole = changed(make_trainer("whole"))
    changed(make_trainer("parts", stop_at=7))
    second = _resumed(make_trainer, "parts")
    assert get_value(second.task.config, live_rate(second)) == 1e-5
    finish(second)
    assert second.digest() == whole.digest()


def test_other_settings_or_other_data_are_refused(make_trainer: Make, family: str) -> None:
    finish(make_trainer("run", stop_at=2))
    with pytest.raises(UsageError, match=r"other settings \(ema_half_life"):
        make_trainer("run", ema_half_life=7).restore()
    with pytest.raises(UsageError, match="data set has changed"):
        make_trainer("run", data=other_data(family)).restore()


def test_the_newest_whole_checkpoint_is_taken_and_the_damaged_one_named(make_trainer: Make) -> None:
    for stop in (3, 5):
        trainer = make_trainer("run", stop_at=stop)
        trainer.restore()
        finish(trainer)
    newest = trainer.checkpoints.points("resume")[-1].path
    file = next(newest.glob("module.*.safetensors"))
    data = bytearray(file.read_bytes())
    data[-5] ^= 1
    file.write_bytes(bytes(data))
    again = make_trainer("run")
    words = again.restore()
    assert again.step == 3
    assert "step 5 is damaged" in str(words[0]) and file.name in str(words[0])
    assert [point.step for point in again.checkpoints.points("resume")] == [3]
    assert newest.with_name(f"damaged-{newest.name}-1").is_dir()


def test_nothing_whole_is_said(make_trainer: Make) -> None:
    finish(trainer := make_trainer("run", stop_at=2))
    (trainer.checkpoints.points("resume")[0].path / "state.json").write_text("{}")
    with pytest.raises(DamagedError, match="No checkpoint of this run can be read"):
        make_trainer("run").restore()


def test_another_thread_count_is_said(make_trainer: Make) -> None:
    finish(make_trainer("run", stop_at=1))
    before = torch.get_num_threads()
    torch.set_num_threads(before + 1)
    try:
        words = make_trainer("run").restore()
    finally:
        torch.set_num_threads(before)
    assert f"The number of threads was {before} and is {before + 1}" in str(words[0])
