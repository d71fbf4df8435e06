"""Noto emoji as Fluent ones. Arguments: the zip, a folder. The last line of output: ``rows``, one a mode.

Trained on the training folders, judged on the test folders against the true partners: mean absolute difference, and
that of the pictures' gradients, which is blind to flat colours; 0 to 1.
"""

import io
import json
import os
import sys
import zipfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from studio.config.base import with_overrides
from studio.config.cyclegan import preset
from studio.config.data import Choices
from studio.config.facts import DataFacts, DeviceFacts
from studio.training.cyclegan import make_task
from studio.training.ema import average_of
from studio.training.precision import fast_arithmetic
from studio.training.stepping import Stepper

ZIP, OUT = map(Path, sys.argv[1:3])
SIZE, STEPS = 32, int(os.environ.get("STUDIO_EMOJI_STEPS", "800"))
MODES = os.environ.get("STUDIO_EMOJI_MODES", "cycle,paired").split(",")


def read() -> dict[str, dict[str, np.ndarray]]:
    """Folder -> name -> (H, W, 3) uint8 on white."""
    found: dict[str, dict[str, np.ndarray]] = {}
    with zipfile.ZipFile(ZIP) as archive:
        for name in archive.namelist():
            folder, _, file = name.rpartition("/")
            if file.endswith(".png"):
                image = Image.open(io.BytesIO(archive.read(name))).convert("RGBA")
                ground = Image.new("RGB", image.size, "white")
                ground.paste(image, mask=image.getchannel("A"))
                found.setdefault(folder, {})[file] = np.asarray(ground.resize((SIZE, SIZE), Image.Resampling.BOX))
    return found


class Pictures:
    """The training folders as prepared pictures."""

    fingerprint, choices, captions = "", Choices(), ()

    def __init__(self, emoji: dict[str, dict[str, np.ndarray]]) -> None:
        both = [(side, name, x) for side in ("trainA", "trainB") for name, x in sorted(emoji[side].items())]
        self.names = [f"{side}/{name}" for side, name, _ in both]
        self.pixels = np.stack([x for _, _, x in both]).transpose(0, 3, 1, 2)
        self.codes = {"side": np.array([int(side == "trainB") for side, _, _ in both])}
        labels = {"side": ("noto", "fluent")}
        self.facts = DataFacts(count=len(both), height=SIZE, width=SIZE, channels=3, labels=labels)
        held = np.array([i for i, (_, name, _) in enumerate(both) if hash_of(name) % 20 == 0])
        self.held_out, self.training = held, np.setdiff1d(np.arange(len(both)), held)

    def read(self, rows):
        return self.pixels[rows]


def hash_of(name: str) -> int:
    return sum(map(ord, name)) * 7919


def gradients(x_NHWC: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.diff(x_NHWC, axis=1), np.diff(x_NHWC, axis=2)


def apart(one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """L1, and L1 of gradients."""
    steps = [np.abs(a - b).mean() for a, b in zip(gradients(one), gradients(other), strict=True)]
    return float(np.abs(one - other).mean()), float(np.mean(steps))


def main() -> list[dict]:
    emoji, device, rows = read(), torch.device("cpu"), []
    common = sorted(emoji["testA"].keys() & emoji["testB"].keys())
    noto, fluent = (np.stack([emoji[side][n] for n in common]) / 255 for side in ("testA", "testB"))
    data = Pictures(emoji)
    for mode in MODES:
        two_folders = data.facts.model_copy(update={"labels": {}}) if mode == "cycle" else data.facts
        plan = preset(two_folders, DeviceFacts(), "quick")
        changes = {"split": "side=noto:fluent", "steps": STEPS} | ({} if mode == "cycle" else {"mode": mode})
        config = with_overrides(plan, changes)
        task = make_task(config, data, device)
        averages = {name: average_of(task, name, device) for name in task.averaged}
        stepper = Stepper(task, averages, device=device, dtype=torch.float32)
        with fast_arithmetic(device):
            for step in range(STEPS):
                stepper.make(step).read()
        with torch.no_grad():
            x = torch.from_numpy(noto.transpose(0, 3, 1, 2)).float() * 2 - 1
            y = averages["generators"].module["a2b"](x).clamp(-1, 1).permute(0, 2, 3, 1).numpy() / 2 + 0.5
        before, after = apart(noto, fluent), apart(y, fluent)
        rows.append({"mode": mode, "steps": STEPS, "count": len(common), "L1": after[0], "L1 untouched": before[0],
                     "gradient": after[1], "gradient untouched": before[1]})  # fmt: skip
        sheet = np.concatenate([np.concatenate(list(row[:16]), 1) for row in (noto, y, fluent)])
        Image.fromarray((sheet * 255).round().astype(np.uint8)).save(OUT / f"emoji-{mode}.png")
    return rows


if __name__ == "__main__":
    print(json.dumps({"rows": main()}))
