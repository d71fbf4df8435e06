"""Judges samples by a classifier of the studio's own that no generator was trained with or chosen by.

Arguments: a folder for the judge's project (kept and used again), then files of pictures (.npy, uint8). The judge
learns portraits of seed 77; the real ones that samples are compared with are of seed 500; generators learn those of
seed 0, and a file of these gives the floor. Prints one JSON line: what the judge gets right, and for each file the
Fréchet and the kernel distance in its features with their errors.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

import numpy as np
import torch

from studio.config.builtin import Portraits
from studio.config.registry import preset
from studio.config.requests import BuiltinRequest, TrainRequest
from studio.data.portraits import ATTRIBUTES, Portrait, draw_batch, portrait
from studio.generation.classifier import ClassifierModel, load_model
from studio.ground.events import Ended
from studio.jobs.checkpoint_choice import choose_point
from studio.jobs.planning import data_facts
from studio.jobs.registry import run_job
from studio.jobs.steering import CommandQueue
from studio.measures.distributions import frechet_distance, kernel_distance
from studio.projects.project import Project

JUDGE_SEED, REAL_SEED = 77, 500
TAUGHT, REAL, SIZE = 6000, 2000, 32


def drawn(seed: int, count: int) -> tuple[list[Portrait], np.ndarray]:
    """Portraits and their pictures (N, SIZE, SIZE, 3) uint8."""
    people = [portrait(seed, i) for i in range(count)]
    return people, np.concatenate([draw_batch(people[i : i + 200], SIZE) for i in range(0, count, 200)])


def done(request: BuiltinRequest | TrainRequest, project: Path) -> Any:
    """The result of a job."""
    *_, ended = run_job(request, project, CommandQueue())
    assert isinstance(ended, Ended) and ended.status == "finished", ended
    return ended.result


def taught(project: Path) -> ClassifierModel:
    """The judge of the project, taught first where there is none yet."""
    if not project.exists():
        from studio.jobs.devices import device_facts

        Project.create(project).close()
        portraits = done(BuiltinRequest(what=Portraits(count=TAUGHT, size=SIZE, seed=JUDGE_SEED)), project)
        with Project.open(project) as opened:
            opened.datasets.add(portraits)
            opened.flush()
        config = preset("classifier", data_facts(project, "portraits"), device_facts("cpu"), "quick")
        done(TrainRequest(family="classifier", dataset="portraits", config=config.model_dump(), run="judge"), project)
    with Project.open(project, write=False) as opened:
        point, _ = choose_point(opened.runs.get("judge"), "best")
    return load_model(point.path, torch.device("cpu"))


def main(folder: Path, files: list[str]) -> None:
    judge = taught(folder / "judge")
    people, pictures = drawn(REAL_SEED, REAL)
    shares = judge.probabilities(pictures)
    right = {}
    for name in ATTRIBUTES:
        truth = [judge.labels[name].index(one.attributes[name]) for one in people]
        right[name] = float((shares[name].argmax(axis=1) == truth).mean())
    real, rows = torch.from_numpy(judge.features(pictures)), {}
    for file in files:
        samples = np.load(file)
        samples = samples if samples.shape[-1] == 3 else samples.transpose(0, 2, 3, 1)
        found = torch.from_numpy(judge.features(np.ascontiguousarray(samples[:REAL])))
        frechet, kernel = frechet_distance(found, real), kernel_distance(found, real)
        rows[file] = {"frechet": frechet.value, "frechet error": frechet.error}
        rows[file] |= {"kernel": kernel.value, "kernel error": kernel.error}
    print(json.dumps({"right": right, "files": rows}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
