"""The forward process: how pictures drown in noise, by any process that a denoiser can be trained with.

No model is needed for it. Shapes: N pictures, T times, H x W, C channels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from pydantic import ValidationError

from studio.config.diffusion import Flow, Gradual, Process
from studio.ground.errors import UsageError
from studio.models.diffusion_schedules import make_schedule
from studio.models.pictures import to_bytes, to_unit
from studio.models.seeding import seeded_generator

COMPARED: Mapping[str, Process] = {
    "linear": Gradual(schedule="linear"),
    "cosine": Gradual(schedule="cosine"),
    "sigmoid": Gradual(schedule="sigmoid"),
    "flow": Flow(),
}
"""The processes whose curves are told beside the chosen one."""


@dataclass(frozen=True, slots=True, eq=False)
class Drowned:
    """Pictures on their way into noise.

    Attributes:
        pictures: (N, T, H, W, C) uint8, z = a x0 + b n at each time, the same n for a picture all the way.
        times: (T,) from 0 to 1. picture, noise: (T,) the shares a and b. sigma: (T,) b / a, capped where a is 0.
        others: name of another process -> its share a, (T,).
    """

    pictures: np.ndarray
    times: np.ndarray
    picture: np.ndarray
    noise: np.ndarray
    sigma: np.ndarray
    others: Mapping[str, np.ndarray]


def read_process(data: Mapping[str, Any]) -> Process:
    """A process from plain data. Raises UsageError where it is none."""
    kind = Flow if data.get("kind", "flow") == "flow" else Gradual
    try:
        return kind.model_validate(dict(data))
    except ValidationError as error:
        raise UsageError("The noise process cannot be read: {reason}.", reason=error.errors()[0]["msg"]) from error


def drown(x_NHWC: np.ndarray, process: Process, *, count: int, seed: int) -> Drowned:
    """Pictures (N, H, W, C) uint8 at ``count`` even times of a process; each has noise of its own from the seed."""
    times = torch.linspace(0, 1, count, dtype=torch.float32)
    schedule = make_schedule(process)
    levels = schedule.levels(times)
    x0_NCHW = to_unit(torch.from_numpy(np.ascontiguousarray(x_NHWC)).permute(0, 3, 1, 2))
    rows = []
    for number, x0_CHW in enumerate(x0_NCHW):
        n_CHW = torch.randn(x0_CHW.shape, generator=seeded_generator("forward", seed, number))
        z_TCHW = levels.picture_B.view(-1, 1, 1, 1) * x0_CHW + levels.noise_B.view(-1, 1, 1, 1) * n_CHW
        rows.append(to_bytes(z_TCHW).numpy())
    others = {name: make_schedule(other).levels(times).picture_B.numpy() for name, other in COMPARED.items()}
    return Drowned(
        np.stack(rows) if rows else np.zeros((0, count, 1, 1, 3), np.uint8),
        times.numpy(), levels.picture_B.numpy(), levels.noise_B.numpy(), schedule.sigma(times).numpy(), others,
    )  # fmt: skip
