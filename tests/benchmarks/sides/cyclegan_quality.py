"""The preset on Portraits as a user runs it, and a judge that learned from other portraits.

Arguments: picture side, portraits to judge by for each direction, a folder. The last line of output: ``rows``, one a
direction. Everything is judged on portraits of a third seed, which neither has seen.
"""

import json
import os
import platform
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

from studio.config.base import with_overrides
from studio.config.builtin import Portraits
from studio.config.facts import DeviceFacts
from studio.config.registry import preset
from studio.config.requests import BuiltinRequest, Editing, TrainRequest
from studio.data.portraits import ATTRIBUTES, draw_batch, hair_covers, portrait
from studio.jobs.checkpoint_choice import choose_point
from studio.jobs.planning import data_facts
from studio.jobs.registry import run_job
from studio.jobs.steering import CommandQueue
from studio.projects.project import Project

SIZE, COUNT, FOLDER = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
DIAL = "quick" if SIZE == 32 else "balanced"
WAYS = (("a2b", "black", "blond"), ("b2a", "blond", "black"))
KEPT = ("glasses", "smile", "skin", "background")


def done(request, path: Path):
    """The result of a job that ends as it should."""
    *_, event = run_job(request, path, CommandQueue())
    assert event.status == "finished", (event.error, event.trace)
    return event.result


def trained(path: Path, family: str, dataset: str, changes: dict) -> tuple[str, dict, float]:
    """A run by the preset: its name, what it ended with, and seconds."""
    config = with_overrides(preset(family, data_facts(path, dataset), DeviceFacts(), DIAL), changes)
    request = TrainRequest(family=family, dataset=dataset, config=config.model_dump(mode="json"), device="cpu")
    began = time.perf_counter()
    result = done(request, path)
    return result["run"], result, time.perf_counter() - began


def model_of(path: Path, name: str, checkpoint: str):
    import torch

    from studio.generation.models import load_model

    with Project.open(path, write=False) as project:
        run = project.runs.get(name)
        point, _ = choose_point(run, checkpoint)
        return load_model(run.family, point.path, torch.device("cpu"))


def edited(model, x_HWC: np.ndarray, direction: str) -> np.ndarray:
    work = model.edit(x_HWC, Editing(direction=direction))
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def of_hair(hair: str) -> list:
    """The first portraits of the third seed with this hair."""
    found, index = [], 0
    while len(found) < COUNT:
        one = portrait(7, index)
        found += [one] if one.attributes["hair"] == hair else []
        index += 1
    return found


def judged(translator, judge, direction: str, source: str, target: str) -> dict[str, float]:
    """All that the issue asks for in one direction."""
    people = of_hair(source)
    before = draw_batch(people, SIZE)
    truth = draw_batch([p.with_attribute("hair", target) for p in people], SIZE) / 255
    after = np.stack([edited(translator, x, direction) for x in before])
    told = judge.probabilities(after)
    found = {"direction": direction, "changed": right(judge, told, "hair", [target] * COUNT)}
    for label in KEPT:
        found[label] = right(judge, told, label, [p.attributes[label] for p in people])
    hair = hair_covers(people, SIZE)
    y, x = after / 255, before / 255
    nearer = ((y - truth) ** 2).sum(-1) < ((y - x) ** 2).sum(-1)
    found["hair"] = float(np.mean([near[mask].mean() >= 0.9 for near, mask in zip(nearer, hair >= 0.5, strict=True)]))
    outside = [np.abs(b - a)[mask].mean() for b, a, mask in zip(y, x, hair == 0, strict=True)]
    found["outside"] = float(np.mean(outside))
    sheet = np.concatenate(
        [np.concatenate(list(row[:12]), 1) for row in (before, after, (truth * 255).astype(np.uint8))]
    )
    Image.fromarray(sheet).save(FOLDER / f"{direction}.png")
    return found


def right(judge, told: dict, label: str, wanted: list[str]) -> float:
    """Share of pictures in which the judge sees what is wanted."""
    codes = np.array([judge.labels[label].index(value) for value in wanted])
    return float((told[label].argmax(axis=1) == codes).mean())


def main() -> list[dict]:
    path = FOLDER / "project"
    with Project.create(path) as project:
        for name, seed in (("portraits", 0), ("others", 5)):
            what = Portraits(size=SIZE, seed=seed, count=4000)
            project.datasets.add(done(BuiltinRequest(name=name, what=what), path))
    assert set(KEPT) <= set(ATTRIBUTES)
    name, result, seconds = trained(path, "cyclegan", "portraits", {"split": "hair=black:blond"})
    teacher, _, _ = trained(path, "classifier", "others", {"labels": ("hair", *KEPT)})
    translator, judge = model_of(path, name, "last"), model_of(path, teacher, "best")
    about = {"size": SIZE, "preset": DIAL, "steps": result["step"], "minutes": seconds / 60}
    about |= {"machine": f"{os.cpu_count()} x {platform.machine()}"}
    return [about | judged(translator, judge, *way) for way in WAYS]


if __name__ == "__main__":
    print(json.dumps({"rows": main()}))
