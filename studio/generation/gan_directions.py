"""Directions in latent space for labels that a generator was never told.

A linear probe on the discriminator's features of labelled real pictures tells a value from the others; the generator's
own pictures are scored by it; the scores regressed on the latents give the direction in which the value grows.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from studio.data.prepared import PreparedPictures
from studio.generation.latents import CHUNK, drawn_latent, padded
from studio.ground.errors import DamagedError, UsageError, text
from studio.ground.events import Progress
from studio.ground.files import read_json, write_json
from studio.models.pictures import to_unit

if TYPE_CHECKING:
    from studio.generation.gan import GeneratorModel

_REAL = 2048  # labelled pictures at most
_MADE = 1024  # generated pictures
_LEAST = 8  # pictures that a value needs, and that must lack it
_RIDGE = 1e-2


@dataclass(frozen=True)
class Direction:
    """Where a value grows. ``vector`` (Z,) has length one.

    ``accuracy``: share of real pictures kept from the probe that it tells right, over both sides equally (0.5 is
    chance). ``reach``: how much of the probe's opinion of generated pictures the direction explains, 0 to 1.
    """

    label: str
    value: str
    vector: np.ndarray
    accuracy: float
    reach: float


def find_directions(model: GeneratorModel, data: PreparedPictures) -> Generator[Progress, None, list[Direction]]:
    """A direction for every value of every label that the model cannot be told and that has enough pictures.

    Raises:
        UsageError: the data set has no such label.
    """
    names = [name for name in data.codes if name not in model.labels]
    if not names:
        raise UsageError(
            "The data set has no labels beyond those that the generator is told, so there is nothing to find."
        )
    rows = np.asarray(data.training)[:_REAL]
    real = yield from _features_of_data(model, data, rows)
    z, made = yield from _features_of_samples(model)
    shift, scale = real.mean(dim=0), real.std(dim=0) + 1e-6
    found = []
    for name in names:
        codes = torch.from_numpy(np.asarray(data.codes[name])[rows].astype(np.int64))
        for code, value in enumerate(data.facts.labels[name]):
            direction = _direction((real - shift) / scale, codes, code, (made - shift) / scale, z)
            if direction is not None:
                found.append(Direction(name, value, *direction))
        yield Progress(text("Looking for directions"), len(found))
    return found


def keep_directions(run_folder: Path, found: list[Direction], model: GeneratorModel) -> None:
    """Keep directions with their run, and tell the model of them."""
    save_directions(directions_file(run_folder, model.step), found, model.step)
    model.directions = by_name(found)


def kept_directions(run_folder: Path, step: int) -> dict[str, np.ndarray]:
    """``label=value`` -> direction (Z,), as found earlier for this step; nothing where none can be read."""
    try:
        found_step, found = load_directions(directions_file(run_folder, step))
    except (OSError, DamagedError, KeyError, TypeError):
        return {}
    return by_name(found) if found_step == step else {}


def by_name(found: list[Direction]) -> dict[str, np.ndarray]:
    """Directions as recipes name them."""
    return {f"{d.label}={d.value}": d.vector for d in found}


def directions_file(run_folder: Path, step: int) -> Path:
    """Where the directions of one step of a run are kept."""
    return run_folder / "directions" / f"{step:09d}.json"


def save_directions(path: Path, directions: list[Direction], step: int) -> None:
    """Keep directions beside their run, for one step of it."""
    rows = [{"label": d.label, "value": d.value, "vector": d.vector.tolist(), "accuracy": d.accuracy, "reach": d.reach}
            for d in directions]  # fmt: skip
    write_json(path, {"step": step, "directions": rows})


def load_directions(path: Path) -> tuple[int, list[Direction]]:
    """The step and what :func:`save_directions` kept. Raises DamagedError or OSError where it cannot be read."""
    data = read_json(path)
    rows = [{**row, "vector": np.asarray(row["vector"], dtype=np.float32)} for row in data["directions"]]
    return int(data["step"]), [Direction(**row) for row in rows]


def _features_of_data(
    model: GeneratorModel, data: PreparedPictures, rows: np.ndarray
) -> Generator[Progress, None, Tensor]:
    pieces = []
    for start in range(0, len(rows), CHUNK):
        pictures = torch.from_numpy(data.read(rows[start : start + CHUNK]))
        pieces.append(_features(model, to_unit(pictures)))
        yield Progress(text("Looking at real pictures"), start + len(pictures), len(rows))
    return torch.cat(pieces)


def _features_of_samples(model: GeneratorModel) -> Generator[Progress, None, tuple[Tensor, Tensor]]:
    """Latents (N, Z) and the features (N, F) of their pictures, the labels as the data has them."""
    z_NZ = torch.stack([drawn_latent(model.config.seed, i, model.config.latent_size) for i in range(_MADE)])
    codes = torch.zeros((CHUNK, len(model.labels)), dtype=torch.int64)
    pieces = []
    for start in range(0, _MADE, CHUNK):
        z = padded(z_NZ[start : start + CHUNK]).to(model.device)
        with torch.no_grad():
            x = model.generator(z, codes.to(model.device))
        pieces.append(_features(model, x))
        yield Progress(text("Looking at generated pictures"), start + CHUNK, _MADE)
    return z_NZ, torch.cat(pieces)[:_MADE]


def _features(model: GeneratorModel, x_NCHW: Tensor) -> Tensor:
    with torch.no_grad():
        return model.discriminator.features(padded(x_NCHW).to(model.device))[: len(x_NCHW)].float().cpu()


def _direction(
    real_NF: Tensor, codes_N: Tensor, code: int, made_MF: Tensor, z_MZ: Tensor
) -> tuple[np.ndarray, float, float] | None:
    """Direction, accuracy and reach for one value against the others; None where it has too few pictures."""
    known = codes_N >= 0
    is_so = (codes_N == code)[known]
    if int(is_so.sum()) < _LEAST or int((~is_so).sum()) < _LEAST:
        return None
    x = real_NF[known]
    kept = torch.arange(len(x)) % 4 == 3
    probe = _ridge(x[~kept], _sides(is_so[~kept]))
    accuracy = _balanced(_apply(x[kept], probe) > 0, is_so[kept])
    score = _apply(made_MF, probe)
    weights = _ridge(z_MZ, score)[:-1]
    explained = (z_MZ @ weights - (z_MZ @ weights).mean()).square().sum() / (
        score - score.mean()
    ).square().sum().clamp_min(1e-12)
    vector = weights / weights.norm().clamp_min(1e-12)
    return vector.numpy(), accuracy, float(explained.clamp(0, 1))


def _sides(is_so: Tensor) -> Tensor:
    """Targets 1 and -1 whose sum is zero, whatever the share of either side."""
    target = torch.where(is_so, 1.0, -1.0)
    weight = torch.where(is_so, 0.5 / is_so.float().mean(), 0.5 / (~is_so).float().mean())
    return target * weight


def _ridge(x_NF: Tensor, y_N: Tensor) -> Tensor:
    """Weights (F + 1,) of ridge regression with a constant (Hoerl and Kennard 1970)."""
    x = torch.cat([x_NF, torch.ones(len(x_NF), 1)], dim=1).double()
    penalty = torch.eye(x.shape[1], dtype=torch.float64) * (_RIDGE * len(x))
    return torch.linalg.solve(x.T @ x + penalty, x.T @ y_N.double()).float()


def _apply(x_NF: Tensor, weights: Tensor) -> Tensor:
    return x_NF @ weights[:-1] + weights[-1]


def _balanced(guess: Tensor, truth: Tensor) -> float:
    sides = [(guess == truth)[truth == side].float().mean() for side in (True, False) if bool((truth == side).any())]
    return float(torch.stack(sides).mean())
