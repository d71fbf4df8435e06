"""The draws of a step: each from a generator seeded by (run seed, stream, step), so that a step has no memory.

Hardly any random state is left to save: whoever knows the seed and the step number knows every draw.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

import torch

from studio.models.seeding import process_generator, stable_seed


class Draws:
    """The generators of one run on one device; :meth:`at` chooses the step, :meth:`stream` the purpose."""

    def __init__(self, seed: int, device: torch.device) -> None:
        self.seed, self.device, self.step = seed, device, 0
        self._generators: dict[str, torch.Generator] = {}

    def at(self, step: int) -> Draws:
        """The draws of update number ``step`` (0 is the first)."""
        self.step = step
        return self

    def stream(self, name: str) -> torch.Generator:
        """The generator for one purpose in this step, freshly seeded at every call: ask once, then draw from it."""
        generator = self._generators.get(name)
        if generator is None:
            generator = self._generators[name] = torch.Generator(self.device)
        return generator.manual_seed(stable_seed(self.seed, name, self.step))

    def on_host(self, name: str) -> torch.Generator:
        """A generator for one purpose in this step whose draws are made on the CPU, so that no device is waited for."""
        return torch.Generator().manual_seed(stable_seed(self.seed, name, self.step))

    def process_wide(self) -> AbstractContextManager[None]:
        """Seeds the process-wide generators for this step, for layers that take no generator (dropout)."""
        return process_generator(self.seed, "process", self.step, device=self.device)
