"""What holds for the task of every family: all of it learns, and nobody who looks on disturbs it."""

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from studio.families import FAMILIES
from studio.generation.models import JudgingModel, PictureModel, load_model
from studio.ground.events import Metrics, SaveNow
from studio.training.trainer import Trainer

from .conftest import CPU, finish

pytestmark = pytest.mark.usefixtures("quick_measure")
Make = Callable[..., Trainer]


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest) -> str:
    """Everything here holds for each family."""
    return str(request.param)


def test_every_parameter_gets_a_gradient(make_trainer: Make) -> None:
    trainer = make_trainer(steps=4)
    modules = trainer.task.modules
    before = {name: {n: p.detach().clone() for n, p in m.named_parameters()} for name, m in modules.items()}
    finish(trainer)
    for name, module in modules.items():
        assert [n for n, p in module.named_parameters() if torch.equal(p, before[name][n])] == []


def test_every_number_has_a_name_and_is_finite(make_trainer: Make) -> None:
    trainer = make_trainer(steps=3)
    found: dict[str, float] = {}
    for event in finish(trainer):
        found |= event.values if isinstance(event, Metrics) else {}
    assert set(found) <= set(trainer.task.metric_names) and len(found) >= 3
    assert all(np.isfinite(value) for value in found.values())


def look(family: str, folder: Path) -> None:
    """Ask a checkpoint for what its family can do."""
    model = load_model(family, folder, CPU)
    if isinstance(model, PictureModel):
        assert len(np.concatenate(list(model.draw(1, 0, 2)))) == 2
    if isinstance(model, JudgingModel):
        model.probabilities(np.zeros((2, 32, 32, 3), np.uint8))


def test_looking_from_another_thread_changes_nothing(make_trainer: Make, family: str) -> None:
    quiet = make_trainer("quiet", steps=2)
    finish(quiet)
    watched, started, done = make_trainer("watched", steps=2), threading.Event(), threading.Event()
    list(watched.apply(SaveNow()))
    folder = watched.checkpoints.points("model")[0].path
    problems: list[BaseException] = []

    def looking() -> None:
        try:
            while not done.is_set():
                look(family, folder)
                started.set()
        except BaseException as error:
            problems.append(error)
            started.set()
            raise

    looker = threading.Thread(target=looking)
    looker.start()
    try:
        assert started.wait(60)
        finish(watched)
    finally:
        done.set()
        looker.join()
    assert problems == [] and watched.digest() == quiet.digest()
