"""Black against blond hair on Portraits, by the studio's preset or by the textbook's plain loop.

Arguments: studio or plain, picture side, seconds of processor time at most, portraits to judge by for each side, a
folder for the pictures. Every mark compares translations of portraits that nobody trained on with the same portraits
drawn with the other hair. The last line of output: ``marks``, ``memory`` in MB, ``steps`` of the whole run.
"""

import json
import random
import resource
import sys
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from studio.data.portraits import Portrait, draw_batch, hair_covers, portrait

SIDE, SIZE, SECONDS, JUDGED, OUT = sys.argv[1], *map(int, sys.argv[2:5]), Path(sys.argv[5])
TRAINED, SEED, OTHERS = 4000, 0, 7
WAYS = (("a2b", "black", "blond"), ("b2a", "blond", "black"))
AT = (0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def of_hair(seed: int, hair: str, count: int) -> list[Portrait]:
    """The first portraits with this hair."""
    found, index = [], 0
    while len(found) < count:
        one = portrait(seed, index)
        found += [one] if one.attributes["hair"] == hair else []
        index += 1
    return found


class Judge:
    """Portraits of each side, the same with the other hair, and where the hair is."""

    def __init__(self) -> None:
        self.people = {way: of_hair(OTHERS, source, JUDGED) for way, source, _ in WAYS}
        self.before = {way: draw_batch(self.people[way], SIZE) / 255 for way, _, _ in WAYS}
        self.covers = {way: hair_covers(self.people[way], SIZE) for way, _, _ in WAYS}
        self.truth = {
            way: draw_batch([p.with_attribute("hair", target) for p in self.people[way]], SIZE) / 255
            for way, _, target in WAYS
        }

    def mark(self, translate) -> dict[str, float]:
        """Share of pictures whose hair is nearer the target in nine of ten pixels; difference outside the hair."""
        found = {}
        for way, _, _ in WAYS:
            before, truth, hair = self.before[way], self.truth[way], self.covers[way]
            after = translate(way, before)
            nearer = ((after - truth) ** 2).sum(-1) < ((after - before) ** 2).sum(-1)
            shares = [near[mask].mean() for near, mask in zip(nearer, hair >= 0.5, strict=True)]
            outside = [np.abs(y - x)[mask].mean() for y, x, mask in zip(after, before, hair == 0, strict=True)]
            found |= {f"{way} hair": float(np.mean(np.array(shares) >= 0.9)), f"{way} rest": float(np.mean(outside))}
        found["good"] = float(all(found[f"{w} hair"] >= 0.9 and found[f"{w} rest"] <= 0.03 for w, _, _ in WAYS))
        return found

    def show(self, translate, name: str) -> None:
        """A row before, a row after, a row of the truth, for each direction."""
        rows = []
        for way, _, _ in WAYS:
            rows += [x[:16] for x in (self.before[way], translate(way, self.before[way]), self.truth[way])]
        sheet = np.concatenate([np.concatenate(list(row), 1) for row in rows], 0)
        Image.fromarray((sheet.clip(0, 1) * 255).round().astype(np.uint8)).save(OUT / name)


def unit(x_NHWC: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(x_NHWC.transpose(0, 3, 1, 2))).float() * 2 - 1


def called(network) -> object:
    def translate(way: str, x: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return network(way)(unit(x)).clamp(-1, 1).permute(0, 2, 3, 1).numpy() / 2 + 0.5

    return translate


def raced(step, translate, total: int) -> tuple[list[dict[str, float]], int]:
    """Marks along the way; judging does not count. Ends at the last step or when the time is up."""
    judge, marks, used, wall, done = Judge(), [], 0.0, 0.0, 0
    due = sorted({max(1, round(total * share)) for share in AT})
    while done < total and used < SECONDS:
        cpu, began = time.process_time(), time.perf_counter()
        step(done)
        done += 1
        used += time.process_time() - cpu
        wall += time.perf_counter() - began
        if done in due or used >= SECONDS:
            marks.append({"side": SIDE, "step": done, "cpu": used, "wall": wall} | judge.mark(translate))
    judge.show(translate, f"{SIDE}-{SIZE}.png")
    return marks, done


def pixels() -> tuple[np.ndarray, np.ndarray]:
    people = [portrait(SEED, i) for i in range(TRAINED)]
    hair = np.array([p.attributes["hair"] for p in people])
    blocks = [draw_batch(people[i : i + 200], SIZE) for i in range(0, TRAINED, 200)]
    return np.ascontiguousarray(np.concatenate(blocks).transpose(0, 3, 1, 2)), hair


def plain() -> tuple[list[dict[str, float]], int]:
    from plain_cyclegan import Loop

    random.seed(0)
    np.random.seed(0)
    x, hair = pixels()
    loop = Loop(x[hair == "black"], x[hair == "blond"], width=64, batch=1, layers=2 if SIZE < 48 else 3)
    return raced(lambda _: loop.step(), called(lambda way: loop.to_b if way == "a2b" else loop.to_a), 10**6)


def studio() -> tuple[list[dict[str, float]], int]:
    from studio.config.cyclegan import preset
    from studio.config.data import Choices
    from studio.config.facts import DataFacts, DeviceFacts
    from studio.training.cyclegan import make_task
    from studio.training.ema import average_of
    from studio.training.precision import fast_arithmetic
    from studio.training.stepping import Stepper

    class Pictures:
        fingerprint, choices, captions = "", Choices(), ()

        def __init__(self) -> None:
            self.pixels, hair = pixels()
            self.codes = {
                "hair": np.array([("black", "blond").index(h) if h in ("black", "blond") else -1 for h in hair])
            }
            labels = {"hair": ("black", "blond")}
            self.facts = DataFacts(count=TRAINED, height=SIZE, width=SIZE, channels=3, labels=labels)
            self.training, self.held_out, self.names = np.arange(100, TRAINED), np.arange(100), [""] * TRAINED

        def read(self, rows):
            return self.pixels[rows]

    data, device = Pictures(), torch.device("cpu")
    config = preset(data.facts, DeviceFacts(), "quick" if SIZE == 32 else "balanced")
    task = make_task(config, data, device)
    averages = {name: average_of(task, name, device) for name in task.averaged}
    stepper = Stepper(task, averages, device=device, dtype=torch.float32)
    with fast_arithmetic(device):
        return raced(
            lambda i: stepper.make(i).read(), called(lambda way: averages["generators"].module[way]), config.steps
        )


if __name__ == "__main__":
    found, steps = {"studio": studio, "plain": plain}[SIDE]()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"marks": found, "memory": peak, "steps": steps}))
