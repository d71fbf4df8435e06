"""One side of the comparison of a CycleGAN's training step.

Arguments: studio or plain, width, picture side, batch, steps, a file of pictures (N, 3, side, side) uint8. The last
line of output: ``rate`` in steps a second, ``memory`` in MB at the peak.

``plain`` is the loop of the reference recipe with default torch settings: the six calls of the generators one by one,
torch's own layers, Adam as it comes, pools of 50.
"""

import json
import random
import resource
import sys
import time
from pathlib import Path

import numpy as np

SIDE, WIDTH, SIZE, BATCH, STEPS, FILE = sys.argv[1], *map(int, sys.argv[2:6]), Path(sys.argv[6])
WARM = 3


def timed(step) -> float:
    """Steps a second, after some to warm up; the median of three stretches."""
    for i in range(WARM):
        step(i)
    rates, start = [], WARM
    for _ in range(3):
        began = time.perf_counter()
        for i in range(start, start + STEPS):
            step(i)
        rates.append(STEPS / (time.perf_counter() - began))
        start += STEPS
    return float(sorted(rates)[1])


def studio() -> float:
    import torch

    from studio.config.base import with_overrides
    from studio.config.cyclegan import CycleganConfig
    from studio.config.data import Choices
    from studio.config.facts import DataFacts
    from studio.training.cyclegan import make_task
    from studio.training.ema import average_of
    from studio.training.precision import fast_arithmetic
    from studio.training.stepping import Stepper

    class Pictures:
        fingerprint, choices, captions = "", Choices(), ()

        def __init__(self) -> None:
            self.pixels = np.load(FILE)
            count = len(self.pixels)
            self.codes = {"side": np.arange(count) % 2}
            self.facts = DataFacts(count=count, height=SIZE, width=SIZE, channels=3, labels={"side": ("a", "b")})
            self.training, self.held_out, self.names = np.arange(16, count), np.arange(16), [""] * count

        def read(self, rows):
            return self.pixels[rows]

    changes = {
        "split": "side=a:b", "batch": BATCH, "picture_size": SIZE, "generator.width": WIDTH, "output": "plain",
        "generator.upsample": "transposed", "discriminator.width": WIDTH, "shares": 2, "ema_half_life": 0,
        "discriminator.layers": 2 if SIZE < 48 else 3,
    }  # fmt: skip
    device = torch.device("cpu")
    with fast_arithmetic(device):
        task = make_task(with_overrides(CycleganConfig(), changes), Pictures(), device)
        averages = {name: average_of(task, name, device) for name in task.averaged}
        stepper = Stepper(task, averages, device=device, dtype=torch.float32)
        return timed(lambda i: stepper.make(i).read())


def plain() -> float:
    from plain_cyclegan import Loop

    loop = Loop(np.load(FILE)[::2], np.load(FILE)[1::2], width=WIDTH, batch=BATCH, layers=2 if SIZE < 48 else 3)
    random.seed(0)
    return timed(lambda _: loop.step())


if __name__ == "__main__":
    rate = {"studio": studio, "plain": plain}[SIDE]()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rate": rate, "memory": peak}))
