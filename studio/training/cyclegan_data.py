"""What a CycleGAN reads of its data: two sides that are drawn independently of each other, or pairs of both.

Shapes: B pictures, C channels, S x S the side of a step's pictures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
import torch
from torch import Tensor

from studio.config.cyclegan import CycleganConfig, Paired, parse_split
from studio.data.joined import ORIGIN
from studio.data.order import batch_indices
from studio.ground.errors import UsageError
from studio.models.pictures import to_unit
from studio.models.seeding import stable_seed
from studio.training.augmentation import mirror
from studio.training.rng import Draws
from studio.training.task import Pictures

LEAST_ASIDE = 1  # test pictures of a side, however small it is, if there are three at all
_SMALL = 3


@dataclass(frozen=True, slots=True)
class Side:
    """One side: its name, and the rows of the data set to learn from and to be tested with, (n,) int64 each."""

    name: str
    training: np.ndarray
    aside: np.ndarray

    @property
    def shown(self) -> np.ndarray:
        """Test pictures; of a side too small to have any its training pictures."""
        return self.aside if len(self.aside) else self.training


class TwoSides:
    """The two sides of prepared pictures on a device.

    Attributes:
        sides: ``a`` and ``b``. training: all rows that are learnt from.

    Raises:
        UsageError: no such label or value; a side without a picture; no pairs where there must be some.
    """

    def __init__(self, config: CycleganConfig, data: Pictures, device: torch.device) -> None:
        self.config, self.data, self.device = config, data, device
        self.training, self.held_out = np.asarray(data.training), np.asarray(data.held_out)
        label, values = _told(config, data)
        codes = np.asarray(data.codes[label])
        known = list(data.facts.labels[label])
        rows = [np.flatnonzero(codes == known.index(value)) for value in values]
        self.paired = isinstance(config.mode, Paired)
        if self.paired:
            self.sides = self._pairs(values, rows)
        else:
            self.sides = {key: self._side(n, r) for key, n, r in zip("ab", values, rows, strict=True)}

    def batch(self, draws: Draws) -> dict[str, Tensor]:
        """Pictures (B, C, S, S) in [-1, 1] of both sides for a step; partners of each other where there are pairs."""
        config = self.config
        found = {}
        for key, side in self.sides.items():
            order = "pairs" if self.paired else f"side {key}"
            chosen = batch_indices(stable_seed(config.seed, order), len(side.training), draws.step, config.batch)
            x = self.pictures(side.training[chosen])
            stream = "pairs" if self.paired else key
            x = self._cut(x, draws, stream) if config.crop else x
            found[key] = mirror(x, draws.stream(f"mirror {stream}")) if config.mirror else x
        return found

    def pictures(self, rows: np.ndarray) -> Tensor:
        """Whole pictures (n, C, H, W) in [-1, 1] at rows of the data set."""
        return to_unit(torch.from_numpy(self.data.read(rows)).to(self.device, non_blocking=True))

    def bytes(self, rows: np.ndarray) -> np.ndarray:
        """Whole pictures (n, H, W, C) uint8 at rows of the data set."""
        return self.data.read(rows).transpose(0, 2, 3, 1)

    def _cut(self, x_BCHW: Tensor, draws: Draws, stream: str) -> Tensor:
        """Random squares, one of each picture."""
        side, room = self.config.crop, x_BCHW.shape[-1] - self.config.crop
        corners = torch.randint(0, room + 1, (len(x_BCHW), 2), generator=draws.on_host(f"crop {stream}")).tolist()
        cut = [one[:, y : y + side, x : x + side] for one, (y, x) in zip(x_BCHW, corners, strict=True)]
        return torch.stack(cut).contiguous(memory_format=torch.channels_last)

    def _side(self, name: str, rows: np.ndarray) -> Side:
        """A side divided as the data set is; where that leaves one of the two parts empty, anew."""
        if not len(rows):
            raise UsageError(
                "There is no picture on the side {name}; look at the balance of the sides in Data.", name=name
            )
        aside, training = np.intersect1d(rows, self.held_out), np.intersect1d(rows, self.training)
        if not len(training):
            aside, training = aside[:0], aside
        if not len(training):
            raise UsageError("All pictures of the side {name} are for tests; none is left to learn from.", name=name)
        if not len(aside) and len(training) >= _SMALL:
            aside, training = self._one_aside(training)
        return Side(name, training, aside)

    def _one_aside(self, training: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The last picture set aside with its copies; none where all are the same."""
        pictures = self.data.read(training)
        copies = (pictures == pictures[-1]).all(axis=(1, 2, 3))
        return (training[copies], training[~copies]) if not copies.all() else (training[:0], training)

    def _pairs(self, names: tuple[str, str], rows: list[np.ndarray]) -> dict[str, Side]:
        """Both sides reduced to partners, in the same order."""
        texts = self.data.names
        stems = [{PurePosixPath(texts[row]).stem: row for row in side.tolist()} for side in rows]
        common = sorted(stems[0].keys() & stems[1].keys())
        if not common:
            raise UsageError(
                "The sides {a} and {b} have no pictures of the same name, so there are no pairs; choose another mode.",
                a=names[0], b=names[1],
            )  # fmt: skip
        held, trained = set(self.held_out.tolist()), set(self.training.tolist())
        pairs = [(stems[0][stem], stems[1][stem]) for stem in common]
        training = [pair for pair in pairs if trained.issuperset(pair)]
        aside = [pair for pair in pairs if not held.isdisjoint(pair) and (held | trained).issuperset(pair)]
        if not training:
            training, aside = pairs, []
        if not aside and len(training) >= _SMALL:
            training, aside = training[:-1], training[-1:]
        return {
            key: Side(names[i], *(np.array([pair[i] for pair in part], np.int64) for part in (training, aside)))
            for i, key in enumerate("ab")
        }


def _told(config: CycleganConfig, data: Pictures) -> tuple[str, tuple[str, str]]:
    """By which label the sides are told, and its two values.

    Raises:
        UsageError: neither a split nor a second data set is named, or there is no such label or value.
    """
    labels: Mapping[str, tuple[str, ...]] = data.facts.labels
    if config.other_dataset:
        values = labels[ORIGIN]
        return ORIGIN, (values[0], values[1])
    if not config.split:
        raise UsageError(
            "Which are the two sides? Name a second data set, or a label that splits this one: hair=black:blond."
        )
    split = parse_split(config.split)
    known = data.facts.chosen_labels((split.label,))[split.label]
    for value in (split.a, split.b):
        if value not in known:
            raise UsageError(
                "No picture of the data set has {label}={value}; there is: {known}.",
                label=split.label, value=value, known=", ".join(known),
            )  # fmt: skip
    return split.label, (split.a, split.b)
