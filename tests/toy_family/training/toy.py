"""The toy family's part of training: one phase, the squared error of unfolded pictures."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from studio.config.toy import ToyConfig
from studio.config.training import TrainingSettings
from studio.data.order import batch_indices
from studio.generation.toy import drawn
from studio.ground.events import Notice
from studio.models.pictures import to_bytes, to_unit
from studio.models.seeding import process_generator
from studio.models.toy import Squeeze
from studio.training.rng import Draws
from studio.training.state import start_optimiser
from studio.training.task import Phase, Pictures, Verdict


class ToyTask:
    """See ``studio.training.task.Task``."""

    family, averaged, rhythm, validate_every = "toy", ("squeeze",), 1, 0
    metric_names = ("loss", "squeeze_gradient", "error")

    def __init__(self, config: ToyConfig, data: Pictures, device: torch.device) -> None:
        self.config, self.data, self.device = config, data, device
        self.items_per_step = config.batch
        with process_generator(config.seed, "weights"):
            self.network = Squeeze(config).to(device)
        self.modules: dict[str, nn.Module] = {"squeeze": self.network}
        self.optimisers = {"squeeze": torch.optim.Adam(self.network.parameters(), lr=config.learning_rate)}
        start_optimiser(self.optimisers["squeeze"])
        self._loss = torch.zeros(())

    def blank(self, name: str) -> nn.Module:
        with torch.device("meta"):
            return Squeeze(self.config)

    def follow(self, config: TrainingSettings) -> None:
        assert isinstance(config, ToyConfig)
        self.config = config
        for group in self.optimisers["squeeze"].param_groups:
            group["lr"] = config.learning_rate

    def phases(self, draws: Draws) -> Iterator[Phase]:
        def loss() -> Tensor:
            rows = self.data.training
            x = self._read(rows[batch_indices(self.config.seed, len(rows), draws.step, self.config.batch)])
            noise = torch.randn(x.shape, generator=draws.stream("noise"), device=self.device)
            found = (self.network(x + 0.1 * noise) - x).square().mean()
            self._loss = found.detach()
            return found

        yield Phase("squeeze", loss)

    def values(self) -> Mapping[str, Tensor]:
        return {"loss": self._loss}

    def samples(self, averages: Mapping[str, nn.Module]) -> Iterator[np.ndarray]:
        z = drawn(self.config.seed, range(self.config.sample_count), self.config.latent_size)
        with torch.no_grad():
            yield to_bytes(averages["squeeze"].unfold(z.to(self.device))).cpu().numpy()

    def sample_notes(self) -> Mapping[str, Any]:
        return {"toy": "unfolded"}

    def sample_values(self, pictures: np.ndarray) -> dict[str, float]:
        return {}

    def measure(self, averages: Mapping[str, nn.Module]) -> Iterator[dict[str, float] | None]:
        x = self._read(self.data.held_out[:64])
        with torch.no_grad():
            yield {"error": float((averages["squeeze"](x) - x).square().mean())}

    def verdict(self, values: Mapping[str, float]) -> Verdict:
        return Verdict()

    def remarks(self, step: int, values: Mapping[str, float]) -> list[Notice]:
        return []

    def extra_state(self) -> dict[str, Tensor]:
        return {}

    def load_extra_state(self, tensors: Mapping[str, Tensor]) -> None:
        pass

    def description(self) -> dict[str, Any]:
        return {}

    def _read(self, rows: np.ndarray) -> Tensor:
        return to_unit(torch.from_numpy(self.data.read(rows)).to(self.device))


def make_task(config: ToyConfig, data: Pictures, device: torch.device) -> ToyTask:
    """The task of this family."""
    return ToyTask(config, data, device)
