"""The CycleGAN family's part of training: two translators, two discriminators, what they show of their test pictures.

Shapes: B pictures, C channels, H x W.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from studio.config.cyclegan import Cycle, CycleganConfig, Paired
from studio.config.requests import Direction
from studio.config.training import TrainingSettings
from studio.ground.events import Notice
from studio.measures.wasserstein import comparable, deviation, sliced_wasserstein
from studio.models.cyclegan import SIDES, build_discriminators, build_generators
from studio.models.pictures import to_bytes
from studio.models.seeding import process_generator
from studio.training.cyclegan_data import TwoSides
from studio.training.cyclegan_diagnosis import Diagnosis
from studio.training.cyclegan_pool import PicturePool
from studio.training.cyclegan_step import OPPOSITE, Way
from studio.training.falling import rate_factor
from studio.training.rng import Draws
from studio.training.state import start_optimiser
from studio.training.task import Phase, Pictures, Verdict

GENERATORS, DISCRIMINATORS = "generators", "discriminators"
MEASURED = 256  # pictures of each side behind "best"
CHUNK = 32
METRICS = (
    "a2b_loss", "b2a_loss", "cycle_a", "cycle_b", "identity_a", "identity_b",
    "discriminator_a_loss", "discriminator_b_loss", "contrastive", "contrastive_identity",
    "difference_a", "difference_b", "generators_gradient", "discriminators_gradient", "learning_rate",
    "real_score_a", "real_score_b", "fake_score_a", "fake_score_b",
    "distance", "distance_a2b", "distance_b2a", "cycle_error", "diversity",
)  # fmt: skip


class CycleganTask:
    """Two sides and the ways between them; see ``studio.training.task.Task`` for what the trainer asks of it."""

    family = "cyclegan"
    averaged = (GENERATORS,)
    metric_names = METRICS
    validate_every = 0
    rhythm = 1

    def __init__(self, config: CycleganConfig, data: Pictures, device: torch.device) -> None:
        self.config, self.device = config, device
        self.data = TwoSides(config, data, device)
        self.items_per_step = config.batch
        with process_generator(config.seed, "weights"):
            generators, discriminators = build_generators(config), build_discriminators(config)
        place: Any = partial(nn.Module.to, device=device, memory_format=torch.channels_last)
        self.modules: dict[str, nn.Module] = {GENERATORS: place(generators), DISCRIMINATORS: place(discriminators)}
        self.optimisers = {name: _adam(module) for name, module in self.modules.items()}
        pooled = config.pool if isinstance(config.mode, Cycle) else 0
        self._ways = [
            Way(way, config, generators, discriminators[SIDES[way]],
                PicturePool(pooled, config.channels, config.side, device))
            for way in config.directions
        ]  # fmt: skip
        self.diagnosis = Diagnosis()
        self._rate = torch.zeros(())

    # --- what the trainer asks ---------------------------------------------------------------------------------

    def blank(self, name: str) -> nn.Module:
        """The generators or the discriminators anew, on ``meta``."""
        with torch.device("meta"):
            return build_generators(self.config) if name == GENERATORS else build_discriminators(self.config)

    def follow(self, config: TrainingSettings) -> None:
        """Take over the learning rates."""
        assert isinstance(config, CycleganConfig)
        self.config = config

    def phases(self, draws: Draws) -> Iterator[Phase]:
        """The generators, then the discriminators, at the step's learning rates."""
        self._set_rates(rate_factor(self.config, draws.step))
        batch = self.data.batch(draws)
        for way in self._ways:
            way.values = {}
        losses = [partial(way.generator_loss, batch, draws) for way in self._ways]
        yield self._phase(GENERATORS, losses, frozen=(DISCRIMINATORS,))
        yield self._phase(DISCRIMINATORS, [partial(way.discriminator_loss, draws) for way in self._ways])

    def values(self) -> Mapping[str, Tensor]:
        """The losses and scores of both directions, and the generators' learning rate."""
        found: dict[str, Tensor] = {"learning_rate": self._rate}
        for way in self._ways:
            found |= way.values
        return {name: found[name] for name in METRICS if name in found}

    def samples(self, averages: Mapping[str, nn.Module]) -> Iterator[np.ndarray]:
        """For test pictures of both sides a row each: real, translated, back, identity (see :meth:`columns`)."""
        for way, rows in self._shown():
            for start in range(0, len(rows), CHUNK):
                yield self._rows_of(averages[GENERATORS], way, rows[start : start + CHUNK])

    def columns(self) -> tuple[str, ...]:
        """What each row of samples shows."""
        if isinstance(self.config.mode, Paired):
            return ("real", "translated", "true")
        return ("real", "translated", "back", "identity") if len(self._ways) == 2 else ("real", "translated")

    def sample_notes(self) -> Mapping[str, Any]:
        """How the samples are laid out, and of which side and name each row's picture is."""
        shown = [(way[0], row) for way, rows in self._shown() for row in rows.tolist()]
        sides = self.data.sides
        return {
            "layout": "rows",
            "columns": list(self.columns()),
            "values": [sides["a"].name, sides["b"].name],
            "sides": [side.upper() for side, _ in shown],
            "names": [self.data.data.names[row] for _, row in shown],
        }

    def sample_values(self, pictures: np.ndarray) -> dict[str, float]:
        """Nothing: too few pictures to say anything."""
        return {}

    def measure(self, averages: Mapping[str, nn.Module]) -> Iterator[dict[str, float] | None]:
        """How far translations are from real pictures of their side, how diverse they are, and what a cycle loses."""
        found: dict[str, list[float]] = {"distance": [], "diversity": [], "cycle_error": []}
        named: dict[str, float] = {}
        for way in self.config.directions:
            rows, reference = self._measured(way[0]), self._measured(way[2])
            made = []
            for start in range(0, len(rows), CHUNK):
                translated, lost = self._there_and_back(averages[GENERATORS], way, rows[start : start + CHUNK])
                made.append(comparable(translated))
                found["cycle_error"] += lost
                yield None
            real = comparable(self.data.bytes(reference))
            translations = torch.cat(made)
            found["diversity"].append(deviation(translations) / max(1e-6, deviation(real)))
            for distance in sliced_wasserstein(translations, real, seed=self.config.seed):
                if distance is not None:
                    named[f"distance_{way}"] = distance
                    found["distance"].append(distance)
                yield None
        yield named | {name: float(np.mean(numbers)) for name, numbers in found.items() if numbers}

    def verdict(self, values: Mapping[str, float]) -> Verdict:
        """The losses of a game do not say when it is good enough."""
        return Verdict()

    def remarks(self, step: int, values: Mapping[str, float]) -> list[Notice]:
        """A game that the discriminators have won."""
        return self.diagnosis.observe(step, values)

    def extra_state(self) -> dict[str, Tensor]:
        """The pools of earlier translations."""
        return {f"pool_{way.target}.{n}": t for way in self._ways for n, t in way.pool.state().items()}

    def load_extra_state(self, tensors: Mapping[str, Tensor]) -> None:
        """The inverse of :meth:`extra_state`."""
        for way in self._ways:
            way.pool.load({name: tensors[f"pool_{way.target}.{name}"] for name in way.pool.state()})

    def description(self) -> dict[str, Any]:
        """What the sides are called, and how many pictures each has to learn from and for tests."""
        sides = self.data.sides.values()
        counts = [[len(side.training), len(side.aside)] for side in sides]
        background = self.data.data.choices.background
        return {
            "sides": [side.name for side in sides],
            "side_counts": counts,
            "background": background,
        }

    # --- one step ----------------------------------------------------------------------------------------------

    def _set_rates(self, factor: float) -> None:
        rates = {GENERATORS: self.config.generator_rate, DISCRIMINATORS: self.config.discriminator_rate}
        for name, optimiser in self.optimisers.items():
            for group in optimiser.param_groups:
                group["lr"] = rates[name] * factor
        self._rate = torch.tensor(rates[GENERATORS] * factor)

    def _phase(self, name: str, losses: Sequence[Callable[[], Tensor]], frozen: tuple[str, ...] = ()) -> Phase:
        """The sum of the losses: one after the other, or side by side, where their mean is taken."""
        if self.config.shares == 1 or len(losses) == 1:
            return Phase(name, lambda: torch.stack([loss() for loss in losses]).sum(), frozen)
        each = [partial(_times, len(losses), loss) for loss in losses]
        return Phase(name, each[0], frozen, tuple(each[1:]))

    # --- what is shown -----------------------------------------------------------------------------------------

    def _shown(self) -> list[tuple[Direction, np.ndarray]]:
        """Which test pictures are shown in which direction: about as many of each side, always the same."""
        count = max(1, self.config.sample_count // len(self.columns()))
        ways = self.config.directions
        shares = [len(part) for part in np.array_split(np.arange(count), len(ways))]
        sides = self.data.sides
        return [(way, np.resize(sides[way[0]].shown, share)) for way, share in zip(ways, shares, strict=True) if share]

    def _rows_of(self, generators: nn.Module, way: Direction, rows: np.ndarray) -> np.ndarray:
        """The samples of some rows, (rows x columns, H, W, C) uint8."""
        assert isinstance(generators, nn.ModuleDict)
        x = self.data.pictures(rows)
        with torch.no_grad():
            shown = {"real": x, "translated": generators[way](x)}
            if "back" in self.columns():
                shown["back"] = generators[OPPOSITE[way]](shown["translated"])
                shown["identity"] = generators[OPPOSITE[way]](x)
            if "true" in self.columns():
                side = self.data.sides
                partner = dict(zip(side[way[0]].shown.tolist(), side[way[2]].shown.tolist(), strict=True))
                shown["true"] = self.data.pictures(np.array([partner[row] for row in rows.tolist()]))
        ordered = torch.stack([shown[column] for column in self.columns()], dim=1)
        return to_bytes(ordered.flatten(0, 1)).cpu().numpy()

    def _measured(self, side: str) -> np.ndarray:
        """The pictures of a side that are measured: test pictures first."""
        found = self.data.sides[side]
        return np.concatenate([found.aside, found.training])[:MEASURED]

    def _there_and_back(
        self, generators: nn.Module, way: Direction, rows: np.ndarray
    ) -> tuple[np.ndarray, list[float]]:
        """Translations (n, H, W, C) uint8, and what each lost on the way back, in [0, 1], where there is one."""
        assert isinstance(generators, nn.ModuleDict)
        x = self.data.pictures(rows)
        with torch.no_grad():
            there = generators[way](x)
            lost: list[float] = []
            if OPPOSITE[way] in generators:
                lost = ((generators[OPPOSITE[way]](there) - x).abs().mean(dim=(1, 2, 3)) / 2).tolist()
        return to_bytes(there).cpu().numpy(), lost


def _adam(module: nn.Module) -> torch.optim.Adam:
    optimiser = torch.optim.Adam(module.parameters(), lr=1e-3, betas=(0.5, 0.999), fused=True)
    start_optimiser(optimiser)
    return optimiser


def _times(count: int, loss: Callable[[], Tensor]) -> Tensor:
    return count * loss()


def make_task(config: CycleganConfig, data: Pictures, device: torch.device) -> CycleganTask:
    """The task of this family; every family's training module has this function."""
    return CycleganTask(config, data, device)
