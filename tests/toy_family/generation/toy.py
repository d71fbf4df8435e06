"""What a trained toy is asked for: pictures of latents."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from studio.config.registry import load_config
from studio.config.requests import Drawn, Recipe
from studio.config.toy import ToyConfig
from studio.generation.latents import drawn_latent, latent_of
from studio.generation.models import Exported, Wanted, read_facts
from studio.models.pictures import to_bytes
from studio.models.toy import Squeeze
from studio.models.weights import read_tensors, second_instance, table_of


class ToyModel:
    """See ``studio.generation.models.PictureModel``."""

    def __init__(self, folder: Path, device: torch.device) -> None:
        facts = read_facts(folder, "toy")
        config = load_config(facts["config"])
        assert isinstance(config, ToyConfig)
        self.config, self.step, self.device = config, int(facts["step"]), device
        self.labels: Mapping[str, tuple[str, ...]] = {}
        with torch.device("meta"):
            blank = Squeeze(config)
        tensors = read_tensors(folder / "average.squeeze.safetensors", table_of(blank.state_dict()))
        network = second_instance(blank, tensors, device)
        assert isinstance(network, Squeeze)
        self.network = network

    def exported(self) -> Exported:
        facts = {"family": "toy", "step": self.step, "config": self.config.model_dump(mode="json")}
        return Exported({"squeeze": self.network.state_dict()}, facts)

    def pictures(self, recipes: Sequence[Recipe]) -> Iterator[np.ndarray]:
        for recipe in recipes:
            z = latent_of(recipe.latent, self.config.latent_size) * recipe.truncation
            with torch.no_grad():
                yield to_bytes(self.network.unfold(z[None].to(self.device))).cpu().numpy()

    def labels_of(self, recipe: Recipe) -> dict[str, str]:
        return {}

    def draw(self, seed: int, start: int, count: int, labels: Wanted = ()) -> Iterator[np.ndarray]:
        yield from self.pictures([Recipe(latent=Drawn(seed=seed, index=start + i)) for i in range(count)])

    def labels_drawn(self, seed: int, start: int, count: int) -> list[dict[str, str]]:
        return [{}] * count


def load_model(folder: Path, device: torch.device) -> ToyModel:
    """The model of a checkpoint."""
    return ToyModel(folder, device)


def drawn(seed: int, indices: Sequence[int], size: int) -> Tensor:
    """The latents (n, Z) that a seed draws."""
    return torch.stack([drawn_latent(seed, index, size) for index in indices])
