"""What a trained generator is asked for: pictures of recipes.

A model here is a second instance, built on ``meta`` and filled from a checkpoint: it draws from no shared generator and
no run notices it. Shapes: N pictures, Z latent numbers, E embedding numbers, L labels.
"""

from __future__ import annotations

from collections.abc import Generator as Generating
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from studio.config.gan import GanConfig
from studio.config.registry import load_config
from studio.config.requests import Drawn, LookRequest, Recipe
from studio.data.prepared import PreparedPictures
from studio.generation.gan_directions import kept_directions
from studio.generation.gan_looking import look
from studio.generation.latents import CHUNK, drawn_code, latent_of, padded
from studio.generation.models import Exported, Insight, Wanted, each, read_facts, unknown_name
from studio.ground.errors import DamagedError
from studio.ground.events import Progress
from studio.models.gan import Discriminator, Generator, build_discriminator, build_generator, label_sizes
from studio.models.pictures import to_bytes
from studio.models.weights import read_tensors, second_instance, table_of

GENERATOR, DISCRIMINATOR = "average.generator.safetensors", "module.discriminator.safetensors"


def grow(generator: Any, z_NZ: Tensor, codes_NL: Tensor) -> Iterator[np.ndarray]:
    """Pictures (n, H, W, C) uint8 of latents and codes, in chunks of one fixed size; the last one is padded.

    ``generator`` is a second instance in eval mode. Nothing but its output is touched: no random number is drawn.
    """
    for start in range(0, len(z_NZ), CHUNK):
        with torch.no_grad():
            e = generator.embed(padded(codes_NL[start : start + CHUNK]).to(_device(generator)))
        yield grow_chunk(generator, z_NZ[start : start + CHUNK], e)


def grow_chunk(generator: Any, z_NZ: Tensor, e_NE: Tensor) -> np.ndarray:
    """At most ``CHUNK`` pictures (n, H, W, C) uint8 of latents and embedded labels, made as a whole chunk."""
    with torch.no_grad():
        x = generator.grow(padded(z_NZ).to(_device(generator)), padded(e_NE))
    return to_bytes(x[: len(z_NZ)]).cpu().numpy()


class GeneratorModel:
    """A generator (and its discriminator) as a checkpoint holds them.

    Attributes:
        config: the settings of its run. step: when in the run. labels: what it can be told, name -> values.
        directions: ``label=value`` -> latent direction (Z,), for labels that it cannot be told; filled by the caller.
    """

    def __init__(self, folder: Path, facts: Mapping[str, Any], device: torch.device) -> None:
        config = load_config(facts["config"])
        if not isinstance(config, GanConfig):
            raise DamagedError("The checkpoint {name} does not hold the settings of a GAN.", name=folder.name)
        self.folder, self.config, self.device, self.step = folder, config, device, int(facts["step"])
        description = facts["description"]
        self.labels = {name: tuple(values) for name, values in description["labels"].items()}
        self._counts = description["label_counts"]
        self.directions: dict[str, np.ndarray] = {}
        self.generator: Generator = self._load(GENERATOR, build_generator)
        self._discriminator: Discriminator | None = None

    @classmethod
    def from_checkpoint(cls, folder: Path, device: torch.device) -> GeneratorModel:
        """See :func:`load_model`."""
        facts = read_facts(folder, "gan")
        try:
            return cls(folder, facts, device)
        except (KeyError, TypeError, AttributeError) as error:
            raise DamagedError("The checkpoint {name} lacks what a GAN needs.", name=folder.name) from error

    @property
    def discriminator(self) -> Discriminator:
        """The discriminator of the same step, in eval mode; loaded when first asked for."""
        if self._discriminator is None:
            self._discriminator = self._load(DISCRIMINATOR, build_discriminator)
        return self._discriminator

    def pictures(self, recipes: Sequence[Recipe]) -> Iterator[np.ndarray]:
        """The recipes' pictures (n, H, W, C) uint8, a chunk at a time; each is the same alone and among others.

        Raises:
            UsageError: a label, value or direction that there is not.
        """
        for recipe in recipes:
            self.check(recipe)
        for start in range(0, len(recipes), CHUNK):
            chunk = recipes[start : start + CHUNK]
            z = torch.stack([self.latent(recipe) for recipe in chunk])
            yield grow_chunk(self.generator, z, self._embedded(chunk))

    def draw(self, seed: int, start: int, count: int, labels: Wanted = ()) -> Iterator[np.ndarray]:
        """Pictures ``start`` to ``start + count`` of those that ``seed`` draws, (n, H, W, C) uint8 a chunk at a time.

        Raises:
            UsageError: a label or value that there is not.
        """
        yield from self.pictures(_recipes(seed, start, each(labels, count)))

    def labels_drawn(self, seed: int, start: int, count: int) -> list[dict[str, str]]:
        """The labels of the same pictures where they are left open."""
        return [self.labels_of(recipe) for recipe in _recipes(seed, start, [{}] * count)]

    def recall(self, run_folder: Path) -> None:
        """Take up the directions that were found earlier for this step."""
        if not self.directions:
            self.directions = kept_directions(run_folder, self.step)

    def look(
        self, request: LookRequest, data: PreparedPictures, run_folder: Path
    ) -> Generating[Progress, None, Insight]:
        """See :func:`studio.generation.gan_looking.look`."""
        return look(self, request, data, run_folder)

    def exported(self) -> Exported:
        """The generator, without what it learnt from."""
        config = self.config
        labels = {name: list(values) for name, values in self.labels.items()}
        facts = {
            "family": config.family,
            "step": self.step,
            "input": {"latent": config.latent_size, "labels": labels},
            "output": {"size": config.picture_size, "channels": config.channels, "range": [-1, 1]},
            "config": config.model_dump(mode="json"),
        }
        return Exported({"generator": self.generator.state_dict()}, facts)

    def latent(self, recipe: Recipe) -> Tensor:
        """The latent (Z,) of a recipe: truncated, then moved along its directions (strength 1 is one deviation)."""
        z = latent_of(recipe.latent, self.config.latent_size) * recipe.truncation
        for name, strength in recipe.directions.items():
            if name in self.directions:
                z = z + strength * torch.from_numpy(self.directions[name]).to(z)
        return z

    def labels_of(self, recipe: Recipe) -> dict[str, str]:
        """The value of every label of the model: the recipe's, or one drawn as often as in the data, by its latent."""
        found: dict[str, str] = {}
        for name, values in self.labels.items():
            found[name] = recipe.labels.get(name) or values[drawn_code(name, self._counts[name], recipe.latent)]
        return found

    def codes_of(self, recipe: Recipe) -> list[int]:
        """The codes of :meth:`labels_of`, in the order of the networks."""
        return [self.labels[name].index(value) for name, value in self.labels_of(recipe).items()]

    def check(self, recipe: Recipe) -> None:
        """Refuse what the model cannot make.

        Raises:
            UsageError: names what there is.
        """
        for name, value in recipe.labels.items():
            if name not in self.labels:
                raise unknown_name("label", name, list(self.labels))
            if value not in self.labels[name]:
                raise unknown_name(f"value of {name}", value, list(self.labels[name]))
        for name in recipe.directions:
            if name not in self.directions and self._blend(name) is None:
                raise unknown_name("direction", name, [*self.directions, *self.blends()])

    def blends(self) -> list[str]:
        """The ``label=value`` that a recipe may move towards by its directions because the model knows the label."""
        return [f"{name}={value}" for name, values in self.labels.items() for value in values]

    def _blend(self, direction: str) -> tuple[int, int] | None:
        """Position of the label and code of the value; None for a direction of another kind."""
        name, _, value = direction.partition("=")
        if name not in self.labels or value not in self.labels[name]:
            return None
        return list(self.labels).index(name), self.labels[name].index(value)

    def _embedded(self, recipes: Sequence[Recipe]) -> Tensor:
        """Embedded labels (n, E); a direction of a known label moves that part towards the value by its strength."""
        codes = torch.tensor([self.codes_of(recipe) for recipe in recipes], dtype=torch.int64).view(len(recipes), -1)
        with torch.no_grad():
            e_NE = self.generator.embed(padded(codes).to(self.device))[: len(recipes)].clone()
            for row, recipe in enumerate(recipes):
                for name, strength in recipe.directions.items():
                    blend = self._blend(name)
                    if blend is not None and self.generator.embedding is not None:
                        label, code = blend
                        width = self.generator.embedding.width
                        part = e_NE[row, label * width : (label + 1) * width]
                        part.lerp_(self.generator.embedding.vector(label, code), strength)
        return e_NE

    def _load(self, file: str, build: Any) -> Any:
        with torch.device("meta"):
            blank = build(self.config, label_sizes(self.labels))
        tensors = read_tensors(self.folder / file, table_of(blank.state_dict()))
        return second_instance(blank, tensors, self.device)


def load_model(folder: Path, device: torch.device) -> GeneratorModel:
    """The model of a checkpoint of either kind; every family's generation module has this function.

    Raises:
        DamagedError: it is not whole, or not of a GAN.
    """
    return GeneratorModel.from_checkpoint(folder, device)


def _recipes(seed: int, start: int, labels: Sequence[Mapping[str, str]]) -> list[Recipe]:
    return [Recipe(latent=Drawn(seed=seed, index=start + i), labels=dict(one)) for i, one in enumerate(labels)]


def _device(module: nn.Module) -> torch.device:
    return next(module.parameters()).device
