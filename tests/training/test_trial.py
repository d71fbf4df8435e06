"""Trial steps, devices and precision."""

import platform
from collections.abc import Callable

import pytest
import torch

from studio.config.gan import GanConfig, Relativistic
from studio.ground.errors import UsageError
from studio.ground.events import Metrics
from studio.training.memory import keep_freed, out_of_memory, release
from studio.training.precision import choose_device, choose_precision
from studio.training.trainer import Trainer
from studio.training.trial import trial

from .conftest import CPU, TinyPictures, finish

pytestmark = pytest.mark.usefixtures("quick_measure")
Make = Callable[..., Trainer]


def test_a_trial_measures_and_leaves_no_trace(make_trainer: Make, config: GanConfig, tiny: TinyPictures) -> None:
    trainer = make_trainer(steps=4)
    run = trainer.run()
    while not isinstance(next(run), Metrics):
        pass
    before, random = trainer.digest(), torch.get_rng_state()
    for loss in (config.loss, Relativistic(interval=4)):
        found = trial(config.model_copy(update={"loss": loss}), tiny, family="gan", device=CPU)
        assert 0 < found.seconds_per_step < 60 and found.items_per_second == pytest.approx(8 / found.seconds_per_step)
        assert found.memory >= 0 and found.free > 0
    assert trainer.digest() == before and torch.equal(torch.get_rng_state(), random)
    run.close()


def test_devices_are_chosen_or_refused() -> None:
    assert choose_device("cpu") == CPU
    assert choose_device("auto").type in {"cpu", "cuda", "mps"}
    if not torch.cuda.is_available():
        with pytest.raises(UsageError, match="no device cuda"):
            choose_device("cuda")
    with pytest.raises(UsageError, match="no device toaster"):
        choose_device("toaster")


def test_precision_is_what_was_asked_for() -> None:
    assert choose_precision("float32", CPU) == torch.float32
    assert choose_precision("bfloat16", CPU) == torch.bfloat16
    assert choose_precision("auto", CPU) == torch.float32


def test_bfloat16_trains(make_trainer: Make) -> None:
    trainer = make_trainer(steps=3, precision="bfloat16")
    finish(trainer)
    assert all(p.dtype == torch.float32 and torch.isfinite(p).all() for p in trainer.task.generator.parameters())


def test_what_counts_as_lack_of_memory() -> None:
    assert out_of_memory(torch.OutOfMemoryError("x")) and out_of_memory(MemoryError())
    assert out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"))
    assert not out_of_memory(RuntimeError("shapes")) and not out_of_memory(ValueError("out of memory"))


def test_freed_memory_is_kept_where_the_system_can() -> None:
    assert keep_freed() == (platform.system() == "Linux" and platform.libc_ver()[0] == "glibc")
    release(CPU)
