"""What a trained CycleGAN is asked for: pictures translated at their own size, and the way there and back.

A model here is a second instance, filled from a checkpoint: it draws no random number and no run notices it.
Shapes: H x W, C channels, h x w patches.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from studio.config.cyclegan import CycleganConfig, Paired, parse_split
from studio.config.registry import load_config
from studio.config.requests import Direction, Editing
from studio.data.joined import ORIGIN, TrainingPictures
from studio.generation.cyclegan_whole import Tiling, reflected, translate
from studio.generation.models import Exported, RoundTrip, read_facts
from studio.ground.errors import DamagedError, UsageError
from studio.models.cyclegan import SIDES, build_discriminators, build_generators
from studio.models.cyclegan_generators import Translator
from studio.models.gan import score_threshold
from studio.models.pictures import to_bytes, to_unit
from studio.models.weights import read_tensors, second_instance, table_of

GENERATORS, DISCRIMINATORS = "average.generators.safetensors", "module.discriminators.safetensors"
LOOKED_PIXELS = 768 * 768
"""Larger pictures are looked at as smaller copies."""
_WAY_BACK: dict[Direction, Direction] = {"a2b": "b2a", "b2a": "a2b"}


class TranslatorModel:
    """The translators (and discriminators) of a checkpoint.

    Attributes:
        config: the settings of its run. step: when in the run. sides: what the two sides are called.
    """

    def __init__(self, folder: Path, facts: Mapping[str, Any], device: torch.device) -> None:
        config = load_config(facts["config"])
        if not isinstance(config, CycleganConfig):
            raise DamagedError("The checkpoint {name} does not hold the settings of a CycleGAN.", name=folder.name)
        self.folder, self.config, self.device, self.step = folder, config, device, int(facts["step"])
        description = facts["description"]
        one, other = description["sides"]
        self.sides = str(one), str(other)
        self.told_by = "" if config.second_dataset else parse_split(config.split).label
        self.background = str(description["background"])
        self.labels: Mapping[str, tuple[str, ...]] = {}
        self.directions, self.channels = config.directions, config.channels
        self.generators = self._load(GENERATORS, build_generators)
        self._discriminators: nn.ModuleDict | None = None

    @property
    def discriminators(self) -> nn.ModuleDict:
        """The discriminators of the same step, by side; loaded when first asked for."""
        if self._discriminators is None:
            self._discriminators = self._load(DISCRIMINATORS, build_discriminators)
        return self._discriminators

    def test_rows(self, data: TrainingPictures) -> Mapping[Direction, np.ndarray]:
        """See :class:`studio.generation.models.EditingModel`."""
        label = self.told_by or ORIGIN
        codes, values = np.asarray(data.codes[label]), data.facts.labels[label]
        sides = dict(zip("ab", self.sides, strict=True))
        ordered = np.concatenate([data.held_out, data.training])
        return {
            direction: ordered[codes[ordered] == values.index(sides[direction[0]])] for direction in self.directions
        }

    def edit(
        self, x_HWC: np.ndarray, editing: Editing, tiling: Tiling | None = None
    ) -> Generator[tuple[int, int], None, np.ndarray]:
        """See :class:`studio.generation.models.EditingModel`."""
        translator, x = self._translator(editing.direction), self._taken(x_HWC)
        small = _at_side(x, editing.side)
        y = yield from translate(translator, small, editing.strength, tiling)
        if small is not x:
            change = F.interpolate((y - small)[None], x.shape[1:], mode="bicubic", align_corners=False)[0]
            y = (x + change).clamp(-1, 1)
        return _given(y)

    def round_trip(self, x_HWC: np.ndarray, direction: Direction) -> RoundTrip:
        """See :class:`studio.generation.models.EditingModel`."""
        translator, x = self._translator(direction), _at_most(self._taken(x_HWC), LOOKED_PIXELS)
        there = _ended(translate(translator, x))
        found: dict[str, Any] = {}
        if _WAY_BACK[direction] in self.directions:
            other = self._translator(_WAY_BACK[direction])
            back, same = _ended(translate(other, there)), _ended(translate(other, x))
            found = {"back": _given(back), "identity": _given(same)}
            found |= {"cycle_error": _difference(back, x), "identity_error": _difference(same, x)}
            found["patches_real"] = self._patches(direction[0], x, there)
        return RoundTrip(
            real=_given(x), translated=_given(there), patches_translated=self._patches(SIDES[direction], there, x),
            threshold=float(score_threshold(self.config.loss, torch.zeros(1), torch.zeros(1))), step=self.step, **found,
        )  # fmt: skip

    def exported(self) -> Exported:
        """The translators, without what they learnt from."""
        config = self.config
        facts = {
            "family": config.family,
            "step": self.step,
            "sides": list(self.sides),
            "input": {"channels": config.channels, "range": [-1, 1], "multiple": self._translator("a2b").grain},
            "output": {"channels": config.channels, "range": [-1, 1], "paints": config.output},
            "config": config.model_dump(mode="json"),
        }
        return Exported({way: self._translator(way).state_dict() for way in self.directions}, facts)

    def _translator(self, direction: Direction) -> Translator:
        if direction not in self.directions:
            raise UsageError(
                "This model translates from {a} to {b} alone; train one with a cycle for the way back.",
                a=self.sides[0], b=self.sides[1],
            )  # fmt: skip
        found = self.generators[direction]
        assert isinstance(found, Translator)
        return found

    def _patches(self, side: str, x_CHW: Tensor, beside: Tensor) -> np.ndarray:
        """Raw scores (h, w) that the discriminator of a side gives; with pairs it sees the other picture first."""
        seen = torch.cat([beside, x_CHW]) if isinstance(self.config.mode, Paired) else x_CHW
        padded, top, left = reflected(seen, 1, least=self.config.smallest_judged)
        with torch.no_grad():
            scores: Tensor = self.discriminators[side](padded[None])[0, 0]
        rows, columns = (
            slice(start * n // whole, max(start * n // whole + 1, -(-(start + length) * n // whole)))
            for start, length, n, whole in zip(
                (top, left), x_CHW.shape[1:], scores.shape, padded.shape[1:], strict=True
            )
        )
        found: np.ndarray = scores[rows, columns].float().cpu().numpy()
        return found

    def _taken(self, x_HWC: np.ndarray) -> Tensor:
        """A picture as the networks see it, (C, H, W)."""
        x = torch.from_numpy(np.array(x_HWC)).permute(2, 0, 1)
        if x.shape[0] != self.channels:
            raise ValueError(f"pictures have {self.channels} channels, not {x.shape[0]}")
        return to_unit(x[None].to(self.device))[0]

    def _load(self, file: str, build: Callable[[CycleganConfig], nn.ModuleDict]) -> nn.ModuleDict:
        with torch.device("meta"):
            blank = build(self.config)
        tensors = read_tensors(self.folder / file, table_of(blank.state_dict()))
        made = second_instance(blank, tensors, self.device)
        assert isinstance(made, nn.ModuleDict)
        return made


def load_model(folder: Path, device: torch.device) -> TranslatorModel:
    """The model of a checkpoint of either kind; every family's generation module has this function.

    Raises:
        DamagedError: it is not whole, or not of a CycleGAN.
    """
    facts = read_facts(folder, "cyclegan")
    try:
        return TranslatorModel(folder, facts, device)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise DamagedError("The checkpoint {name} lacks what a CycleGAN needs.", name=folder.name) from error


def _at_side(x_CHW: Tensor, side: int) -> Tensor:
    """The picture itself, or with ``side`` as its shorter side."""
    _, height, width = x_CHW.shape
    share = side / min(height, width)
    if not side or share == 1:
        return x_CHW
    size = max(1, round(height * share)), max(1, round(width * share))
    return _resized(x_CHW, size)


def _at_most(x_CHW: Tensor, pixels: int) -> Tensor:
    """The picture itself, or smaller, so that it has at most so many pixels."""
    _, height, width = x_CHW.shape
    share = (pixels / (height * width)) ** 0.5
    return x_CHW if share >= 1 else _resized(x_CHW, (max(1, int(height * share)), max(1, int(width * share))))


def _resized(x_CHW: Tensor, size: tuple[int, int]) -> Tensor:
    found = F.interpolate(x_CHW[None], size, mode="bilinear", antialias=True, align_corners=False)
    return found[0].clamp(-1, 1)


def _difference(one_CHW: Tensor, other_CHW: Tensor) -> np.ndarray:
    """Mean over channels of the difference as a share of the range, (H, W) float32."""
    found: np.ndarray = ((one_CHW - other_CHW).abs().mean(dim=0) / 2).cpu().numpy()
    return found


def _given(x_CHW: Tensor) -> np.ndarray:
    """(H, W, C) uint8."""
    found: np.ndarray = to_bytes(x_CHW[None])[0].cpu().numpy()
    return found


def _ended(work: Generator[tuple[int, int], None, Tensor]) -> Tensor:
    """What a piece of work comes to, without what it tells on the way."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            made: Tensor = end.value
            return made
