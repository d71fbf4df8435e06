"""How much a classifier learns with a preset, in how long: Fashion-MNIST, and *Portraits* beside a linear probe.

Figures are those of the studio's own jobs: import, train, quality on the part for testing. Choose the dial with
``STUDIO_DIAL`` (default ``balanced``).
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from studio.config.base import Settings
from studio.config.builtin import Portraits
from studio.config.requests import BuiltinRequest, ImportRequest, QualityRequest, TrainRequest
from studio.ground.events import Ended
from studio.jobs.opening import open_project, picture_settings, prepared_pictures
from studio.jobs.planning import plan
from studio.jobs.registry import run_job
from studio.jobs.steering import CommandQueue
from studio.projects.project import Project

FASHION = Path(__file__).resolve().parents[3] / "shared" / "data" / "fashion_mnist_idx"
DIAL: Any = os.environ.get("STUDIO_DIAL", "balanced")
TEXTBOOK = 0.882  # of Fashion-MNIST's test pictures, by a multilayer perceptron
Report = Callable[[list[dict[str, Any]]], None]


def finished(request: Settings, project: Path) -> Any:
    """The result of a job, which has to come to its end."""
    *_, ended = run_job(request, project, CommandQueue())
    assert isinstance(ended, Ended) and ended.status == "finished", f"{ended.error} {ended.trace}"
    return ended.result


def filled(project: Path, request: Settings) -> Path:
    """A project with one data set."""
    with Project.create(project) as made:
        made.datasets.add(finished(request, project))
    return project


def trained(project: Path, dataset: str, **overrides: Any) -> dict[str, Any]:
    """Train with the dial and judge the test part: accuracy by label, and what it cost."""
    config = plan(project, dataset, family="classifier", dial=DIAL, overrides=overrides)
    began, cpu = time.monotonic(), time.process_time()
    request = TrainRequest(family="classifier", dataset=dataset, config=config.model_dump(mode="json"), dial=DIAL)
    run = finished(request, project)
    cost = {"steps": run["step"], "minutes": (time.monotonic() - began) / 60}
    cost["cpu_minutes"] = (time.process_time() - cpu) / 60
    quality = finished(QualityRequest(run=run["run"], checkpoint="best", part="test"), project)
    return {"accuracy": quality.accuracy, "count": quality.count, **cost}


@pytest.mark.skipif(not FASHION.is_dir(), reason="Fashion-MNIST is not in ../shared/data")
def test_fashion_mnist(tmp_path: Path, report: Report) -> None:
    project = filled(tmp_path / "project", ImportRequest(source=FASHION, name="fashion"))
    found = trained(project, "fashion")
    (accuracy,) = found.pop("accuracy").values()
    report([{"dial": DIAL, "accuracy": accuracy, "textbook": TEXTBOOK, "threads": torch.get_num_threads(), **found}])
    assert found["count"] == 10_000
    assert accuracy >= {"quick": 0.90, "balanced": 0.93}.get(DIAL, 0.935)


def test_portraits_beside_a_linear_probe(tmp_path: Path, report: Report) -> None:
    project = filled(tmp_path / "project", BuiltinRequest(what=Portraits(count=4000, size=32, seed=1)))
    found = trained(project, "portraits", picture_size=32)
    accuracy = found.pop("accuracy")
    linear = probed(project, "portraits", tuple(accuracy))
    report([{"label": name, "accuracy": a, "linear_probe": linear[name], **found} for name, a in accuracy.items()])
    assert accuracy["hair"] >= 0.98 and accuracy["glasses"] >= 0.98


def probed(project: Path, dataset: str, labels: tuple[str, ...]) -> dict[str, float]:
    """Accuracy on the test part of logistic regression from raw pixels, its penalty chosen by the validation part."""
    config = plan(project, dataset, family="classifier", dial=DIAL, overrides={"picture_size": 32})
    with open_project(project) as opened:
        work = prepared_pictures(opened, dataset, picture_settings(config), CommandQueue())
        try:
            while True:
                next(work)
        except StopIteration as end:
            data = end.value
    with data:
        rows = (data.parts.training, data.parts.validation, data.parts.test)
        x = [torch.from_numpy(data.read(part).reshape(len(part), -1).astype(np.float32)) for part in rows]
        mean, std = x[0].mean(dim=0), x[0].std(dim=0) + 1
        x = [(part - mean) / std for part in x]
        codes = {name: [torch.from_numpy(data.codes[name][part]).long() for part in rows] for name in labels}
        return {name: _probe(x, codes[name], len(data.values[name])) for name in labels}


def _probe(x: list[torch.Tensor], y: list[torch.Tensor], values: int) -> float:
    found = []
    for penalty in (1e-3, 1e-2, 1e-1):
        weights = torch.zeros(x[0].shape[1], values, requires_grad=True)
        optimiser = torch.optim.LBFGS([weights], max_iter=60, line_search_fn="strong_wolfe")

        def loss(weights: torch.Tensor = weights, penalty: float = penalty, optimiser: Any = optimiser) -> torch.Tensor:
            optimiser.zero_grad()
            result = F.cross_entropy(x[0] @ weights, y[0]) + penalty * weights.square().sum()
            result.backward()
            return result

        optimiser.step(loss)
        with torch.no_grad():
            right = [
                ((part @ weights).argmax(dim=1) == truth).float().mean().item()
                for part, truth in zip(x, y, strict=True)
            ]
        found.append((right[1], right[2]))
    return max(found)[1]
