"""Chunks of pictures that are made together: how they begin, what is told, where they go on differently.

Everything that decides a picture comes from its recipe; a chunk is filled up with its first recipe, so that the network
always sees as many. Shapes: B pictures, C channels, H x W.
"""

from __future__ import annotations

from collections.abc import Generator, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from studio.config.denoising import Beginning, Denoising
from studio.config.requests import Drawn, Recipe
from studio.generation.diffusion_checking import first_step
from studio.generation.diffusion_guidance import Asked, Guidance, Known, between
from studio.generation.diffusion_pictures import read_mask, read_picture
from studio.generation.diffusion_samplers import Noise, Step, inverted, method_of, noise_levels
from studio.generation.latents import first_drawn, latent_of, slerp
from studio.models.pictures import to_bytes, to_unit
from studio.models.seeding import seeded_generator

if TYPE_CHECKING:
    from studio.generation.diffusion import DiffusionModel

Making = Generator[Step, None, np.ndarray]
_INVERTED_FROM = 1e-3  # the noise level that a picture is taken to have


def chunks_of(model: DiffusionModel, recipes: Sequence[Recipe]) -> Iterator[Chunk]:
    """Completed recipes, in their order, in chunks of those that go the same way."""
    for _, group in groupby(recipes, lambda recipe: _way(model, recipe)):
        alike = list(group)
        size = denoising_of(alike[0]).chunk
        for start in range(0, len(alike), size):
            yield Chunk(model, tuple(alike[start : start + size]))


def denoising_of(recipe: Recipe) -> Denoising:
    """The denoising of a completed recipe."""
    assert recipe.denoising is not None
    return recipe.denoising


def _way(model: DiffusionModel, recipe: Recipe) -> Hashable:
    """What recipes of one chunk have in common: the calls of the network, not what they are about."""
    d = denoising_of(recipe)
    begin = d.begin and (d.begin.strength, d.begin.way, bool(d.begin.towards), bool(d.begin.mask))
    restarts = tuple((one.step, one.seed is None) for one in d.restarts)
    return (
        d.sampler, d.sampler_steps, d.spacing, d.eta, d.size, d.chunk, begin, restarts, d.is_between,
        _is_guided(recipe, model),
    )  # fmt: skip


def _is_guided(recipe: Recipe, model: DiffusionModel) -> bool:
    """Guidance of 1, or of nothing, asks the network once a step instead of twice."""
    d = denoising_of(recipe)
    texts = (d.prompt, d.negative, d.other_prompt, *(t for one in d.restarts for t in (one.prompt, one.negative)))
    return d.guidance != 1.0 and (any(texts) or any(name in recipe.labels for name in model.labels))


@dataclass(frozen=True)
class Chunk:
    """Recipes that are made in one call after the other, all of the same way."""

    model: DiffusionModel
    recipes: tuple[Recipe, ...]

    @property
    def way(self) -> Denoising:
        """What the recipes have in common."""
        return denoising_of(self.recipes[0])

    @property
    def step_count(self) -> int:
        """How many steps it takes."""
        return self.way.sampler_steps - first_step(self.way)

    @property
    def levels(self) -> list[float]:
        """The noise levels of all steps, falling, and a 0."""
        return noise_levels(self.model.denoiser.schedule, self.way.sampler_steps, self.way.spacing)

    def bytes_of(self, x_BCHW: Tensor) -> np.ndarray:
        """The pictures (n, H, W, C) uint8 of the recipes, without what the chunk is filled up with."""
        return to_bytes(x_BCHW[: len(self.recipes)]).cpu().numpy()

    def run(self) -> Making:
        """Yields every step, numbered from the first of the whole way, and returns the pictures."""
        first, levels, cuts = first_step(self.way), self.levels, self._cuts()
        asked = self._asked(0)
        x = self._begin(levels, first, asked)
        for leg, (start, end) in enumerate(pairwise(cuts)):
            if leg:
                asked = self._asked(leg)
                x = self._renewed(x, levels[start], leg, asked)
            method = method_of(self.way.sampler, self.way.eta)
            steps = method(asked, x, levels[start : end + 1], self._noise(leg, start))
            x = yield from _numbered(steps, start)
        return self._finished(x)

    # --- what the network is asked -----------------------------------------------------------------------------

    @property
    def filled(self) -> tuple[Recipe, ...]:
        """The recipes, filled up with the first one."""
        return self.recipes + self.recipes[:1] * (self.way.chunk - len(self.recipes))

    def _cuts(self) -> list[int]:
        return [first_step(self.way), *(one.step for one in self.way.restarts), self.way.sampler_steps]

    def _asked(self, leg: int) -> Asked:
        return Asked(self.model.denoiser, self._guidance(leg), self._known())

    def _guidance(self, leg: int) -> Guidance:
        model, recipes = self.model, self.filled
        texts = [_texts(denoising_of(recipe), leg) for recipe in recipes]
        read = model.denoiser.read
        with torch.no_grad():
            told = read(model.condition(recipes, [prompt for prompt, _ in texts]))
            if self.way.is_between:
                others = [_other(recipe) for recipe in recipes]
                other = read(model.condition(others, [denoising_of(recipe).other_prompt for recipe in recipes]))
                told = between(told, other, self._numbers("other_share"))
            against = None
            if _is_guided(recipes[0], model):
                against = read(model.condition(recipes, [negative for _, negative in texts], labels=False))
        return Guidance(told, against, self._numbers("guidance"), self._numbers("guidance_rescale"))

    def _numbers(self, name: str) -> Tensor:
        return torch.tensor([getattr(denoising_of(recipe), name) for recipe in self.filled], device=self.model.device)

    def _known(self) -> Known | None:
        if self.way.begin is None or not self.way.begin.mask:
            return None
        free = torch.from_numpy(np.stack([_mask(recipe) for recipe in self.filled]))
        return Known(self._pictures("picture"), free[:, None].to(self.model.device))

    # --- how it begins, and goes on ----------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, int, int]:
        """C, H, W."""
        assert self.way.size is not None
        return (self.model.config.channels, *self.way.size)

    def _begin(self, levels: Sequence[float], first: int, asked: Asked) -> Tensor:
        begin = self.way.begin
        if begin is None:
            return self._latents() * levels[0]
        x = self._pictures("picture")
        if first == self.way.sampler_steps:
            return x
        if begin.way == "inversion":
            return self._inverted(levels[first:], first)
        if begin.towards:
            shares = [_beginning(recipe).share for recipe in self.filled]
            x = torch.lerp(x, self._pictures("towards"), torch.tensor(shares, device=x.device).view(-1, 1, 1, 1))
        return x + levels[first] * self._latents()

    def _inverted(self, levels: Sequence[float], first: int) -> Tensor:
        """The noise that leads to the pictures, followed without guidance; between two of them a turn."""
        lowest = min(_INVERTED_FROM, levels[-2] / 2)
        rising = [lowest, *reversed(levels[:-1])]
        plain = Asked(self.model.denoiser, replace(self._guidance(0), against=None))
        x = inverted(plain, self._pictures("picture"), rising)
        begin = self.way.begin
        if begin is None or not begin.towards:
            return x
        plain = Asked(self.model.denoiser, replace(self._guidance(0), against=None))
        other = inverted(plain, self._pictures("towards"), rising)
        rows = zip(x, other, self.filled, strict=True)
        return torch.stack([slerp(a.flatten(), b.flatten(), _beginning(r).share).view_as(a) for a, b, r in rows])

    def _renewed(self, x: Tensor, sigma: float, leg: int, asked: Asked) -> Tensor:
        """Other noise of the same level on what x is taken for, where the restart has a seed of its own."""
        rows = []
        for recipe in self.filled:
            restart = denoising_of(recipe).restarts[leg - 1]
            if restart.seed is None:  # then the others have none either
                return x
            generator = seeded_generator("restart", restart.seed, _drawn(recipe).index, restart.step)
            rows.append(torch.randn(self.shape, generator=generator))
        return asked(x, sigma) + sigma * torch.stack(rows).to(x.device)

    def _noise(self, leg: int, start: int) -> Noise:
        """Fresh noise of a step, which depends on nothing but each picture's own seed, index and the step."""
        seeds = []
        for recipe in self.filled:
            drawn, restarts = _drawn(recipe), denoising_of(recipe).restarts[:leg]
            seeds.append(([drawn.seed] + [one.seed for one in restarts if one.seed is not None], drawn.index))

        def noise(number: int) -> Tensor:
            rows = [
                torch.randn(self.shape, generator=seeded_generator("step", own[-1], index, start + number))
                for own, index in seeds
            ]
            return torch.stack(rows).to(self.model.device)

        return noise

    def _latents(self) -> Tensor:
        size = int(np.prod(self.shape))
        rows = [latent_of(recipe.latent, size).view(self.shape) for recipe in self.filled]
        return torch.stack(rows).to(self.model.device)

    def _pictures(self, which: str) -> Tensor:
        """The recipes' own pictures (B, C, H, W) in [-1, 1]."""
        assert self.way.size is not None
        size, channels = self.way.size, self.model.config.channels
        rows = [read_picture(getattr(_beginning(recipe), which), size, channels) for recipe in self.filled]
        return to_unit(torch.from_numpy(np.stack(rows)).permute(0, 3, 1, 2)).contiguous().to(self.model.device)

    def _finished(self, x: Tensor) -> np.ndarray:
        """As bytes; outside of masks those of the picture to begin with."""
        made = self.bytes_of(x)
        for row, recipe in enumerate(self.recipes):
            begin = denoising_of(recipe).begin
            if begin is not None and begin.mask:
                kept = read_picture(begin.picture, made.shape[1:3], made.shape[3])
                made[row] = np.where(_mask(recipe)[..., None], made[row], kept)
        return made


def _numbered(steps: Generator[Step, None, Tensor], start: int) -> Generator[Step, None, Tensor]:
    try:
        while True:
            step = next(steps)
            yield replace(step, number=start + step.number)
    except StopIteration as end:
        found: Tensor = end.value
        return found


def _texts(denoising: Denoising, leg: int) -> tuple[str, str]:
    """The prompt and the negative one after so many restarts."""
    prompt, negative = denoising.prompt, denoising.negative
    for restart in denoising.restarts[:leg]:
        prompt = prompt if restart.prompt is None else restart.prompt
        negative = negative if restart.negative is None else restart.negative
    return prompt, negative


def _other(recipe: Recipe) -> Recipe:
    """The recipe with the labels to which it is on the way."""
    return recipe.model_copy(update={"labels": recipe.labels | denoising_of(recipe).other_labels})


def _beginning(recipe: Recipe) -> Beginning:
    begin = denoising_of(recipe).begin
    assert begin is not None
    return begin


def _mask(recipe: Recipe) -> np.ndarray:
    begin, size = _beginning(recipe), denoising_of(recipe).size
    assert size is not None
    return read_mask(begin.mask, begin.picture, size)


def _drawn(recipe: Recipe) -> Drawn:
    return first_drawn(recipe.latent)
