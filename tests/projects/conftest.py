"""Projects to try things on: an empty one, and one that holds a little of everything."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.config.gan import GanConfig
from studio.config.requests import TrainRequest
from studio.ground.events import ChangeSetting, Pause
from studio.projects.datasets import DataSetRecord
from studio.projects.measures import MeasureRow
from studio.projects.project import Project
from studio.projects.run import Run


def random_pictures(count: int, *, seed: int = 0, size: int = 12, channels: int = 3) -> np.ndarray:
    """Pictures (count, size, size, channels) uint8 of noise."""
    return np.random.default_rng(seed).integers(0, 256, (count, size, size, channels), np.uint8)


def add_dataset(project: Project, name: str = "portraits") -> DataSetRecord:
    """A data set whose folder holds one small file."""
    folder = project.datasets.new_folder(name)
    folder.mkdir(parents=True)
    (folder / "pack.bin").write_bytes(b"pictures")
    labels = {"class": {"a": 3, "b": 4}}
    place = folder.relative_to(project.path).as_posix()
    return project.datasets.add(DataSetRecord(name, folder=place, count=7, size=(64, 64), labels=labels, created=1.0))


def add_run(project: Project, name: str | None = None, *, dataset: str = "portraits") -> Run:
    """A run that waits."""
    config = GanConfig(steps=100)
    request = TrainRequest(family="gan", dataset=dataset, config=config.model_dump(mode="json"))
    return project.runs.new("gan", dataset, config, request, name)


def train_a_little(run: Run, steps: int = 40) -> None:
    """Metrics in two files, a seam, samples and an end."""
    with run.lock():
        run.set_status(state="running")
        for step in range(1, steps + 1):
            values = {"generator": step / 8, "discriminator": float("nan") if step == 3 else 1 / step}
            run.metrics.append(step, step * 32, values | ({"held_out": 0.5} if step > steps // 2 else {}))
        for step in (0, steps // 2, steps):
            run.samples.write(step, random_pictures(4, seed=step), items=step * 32, notes={"labels": [{"l": "a"}] * 4})
        run.set_status(step=steps, items=steps * 32)
        run.measures.add(MeasureRow("coverage", 0.5, 0.1, 9, 0, "x", at, "model", False, 1.0) for at in (0, steps // 2))
        run.truncate_after(steps - 5)
        run.set_status(state="stopped")
        run.metrics.close()


def fill(path: Path) -> Path:
    """A closed project with a little of everything."""
    with Project.create(path) as project:
        add_dataset(project)
        add_dataset(project, "<img src=x>")
        project.datasets.remove("<img src=x>")
        run = add_run(project)
        train_a_little(run)
        run.inbox.send(Pause())
        run.inbox.send(ChangeSetting("gradient_clip", 1.0))
        ids = project.gallery.keep(
            random_pictures(3), {"labels": {"hair": "red"}}, run=run.name, family="gan", note="Ä"
        )
        project.gallery.star(ids[:1])
        project.gallery.delete(ids[2:])
        project.state.set("window", {"panel": "gan", "slider": 20})
    return path


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """An empty project, open for writing."""
    with Project.create(tmp_path / "project") as opened:
        yield opened


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed project with a little of everything: copy it, do not change it."""
    return fill(tmp_path_factory.mktemp("filled") / "project")


@pytest.fixture
def make_dataset() -> Callable[..., DataSetRecord]:
    """``make_dataset(project, name)``: see :func:`add_dataset`."""
    return add_dataset


@pytest.fixture
def make_run() -> Callable[..., Run]:
    """``make_run(project, name, dataset=...)``: see :func:`add_run`."""
    return add_run


@pytest.fixture
def train() -> Callable[..., None]:
    """``train(run)``: see :func:`train_a_little`."""
    return train_a_little


@pytest.fixture
def pictures() -> Callable[..., Any]:
    """``pictures(count, seed=, size=, channels=)``: see :func:`random_pictures`."""
    return random_pictures
