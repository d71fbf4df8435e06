"""What a trained denoiser is asked for: pictures of recipes, edits of given pictures, and every step on the way.

A model here is a second instance, built on ``meta`` and filled from a checkpoint: it draws from no shared generator and
no run notices it. Pictures are made in chunks of a fixed size that their recipes name, so that a picture alone is the
same call as in a grid. Shapes: B pictures, C channels, H x W, L labels, T tokens.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from studio.config.denoising import Denoising
from studio.config.diffusion import DiffusionConfig
from studio.config.registry import load_config
from studio.config.requests import Drawn, LookRequest, Recipe
from studio.data.prepared import PreparedPictures
from studio.generation.diffusion_checking import checked_together, must_be_possible
from studio.generation.diffusion_looking import look
from studio.generation.diffusion_making import Chunk, chunks_of
from studio.generation.diffusion_steps import seen_steps
from studio.generation.latents import drawn_code
from studio.generation.models import Exported, Forming, Insight, SeenStep, Wanted, each, read_facts
from studio.generation.prompts import unread_words
from studio.ground.errors import DamagedError
from studio.ground.events import Notice, Progress
from studio.models.diffusion import Condition, Denoiser, build_denoiser
from studio.models.diffusion_format import unet_files
from studio.models.layers import label_sizes
from studio.models.vocabulary import Vocabulary
from studio.models.weights import read_tensors, second_instance, table_of

DENOISER = "average.denoiser.safetensors"


class DiffusionModel:
    """A denoiser as a checkpoint holds it.

    Attributes:
        config: the settings of its run. step: when in the run. labels: what it can be told, name -> values.
        vocabulary: the words that it reads; None where it reads none. examples: some captions of its data.
    """

    def __init__(self, folder: Path, facts: Mapping[str, Any], device: torch.device) -> None:
        config = load_config(facts["config"])
        if not isinstance(config, DiffusionConfig):
            raise DamagedError("The checkpoint {name} does not hold the settings of a denoiser.", name=folder.name)
        self.config, self.device, self.step = config, device, int(facts["step"])
        description = facts["description"]
        self.labels = {name: tuple(values) for name, values in description["labels"].items()}
        self._counts = description["label_counts"]
        self.examples: tuple[str, ...] = tuple(description.get("examples", ()))
        self.vocabulary: Vocabulary | None = None
        if "words" in description:
            self.vocabulary = Vocabulary(description["words"], int(description["length"]))
        self.denoiser = self._load(folder / DENOISER)

    @classmethod
    def from_checkpoint(cls, folder: Path, device: torch.device) -> DiffusionModel:
        """See :func:`load_model`."""
        facts = read_facts(folder, "diffusion")
        try:
            return cls(folder, facts, device)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DamagedError("The checkpoint {name} lacks what a denoiser needs.", name=folder.name) from error

    # --- pictures ----------------------------------------------------------------------------------------------

    def pictures(self, recipes: Sequence[Recipe]) -> Iterator[np.ndarray]:
        """The recipes' pictures (n, H, W, C) uint8, a chunk at a time; each is the same alone and among others.

        Raises:
            UsageError: a recipe that the model cannot make; it says why.
        """
        for piece in self.forming(recipes):
            if piece.whole:
                yield piece.pictures

    def forming(self, recipes: Sequence[Recipe]) -> Iterator[Forming]:
        """Like :meth:`pictures`, and what they are taken for after each step."""
        chunks = self._chunks(recipes)
        total, done = sum(chunk.step_count for chunk in chunks), 0
        for chunk in chunks:
            work = chunk.run()
            try:
                while True:
                    step = next(work)
                    done += 1
                    yield Forming(chunk.bytes_of(step.clean_BCHW), False, done, total)
            except StopIteration as end:
                yield Forming(end.value, True, done, total)

    def seen_steps(self, recipe: Recipe, *, words: bool = False) -> Iterator[SeenStep]:
        """Every step of one picture; see :class:`SeenStep`."""
        (chunk,) = self._chunks([recipe])
        return seen_steps(chunk, words=words)

    def recall(self, run_folder: Path) -> None:
        """Nothing is kept with a run yet."""

    def look(
        self, request: LookRequest, data: PreparedPictures, run_folder: Path
    ) -> Generator[Progress, None, Insight]:
        """See :func:`studio.generation.diffusion_looking.look`."""
        return look(self, request, data)

    def draw(self, seed: int, start: int, count: int, labels: Wanted = ()) -> Iterator[np.ndarray]:
        """Pictures ``start`` to ``start + count`` of those that ``seed`` draws, (n, H, W, C) uint8 a chunk at a time.

        Raises:
            UsageError: a label or value that there is not.
        """
        yield from self.pictures(_recipes(seed, start, each(labels, count)))

    def _chunks(self, recipes: Sequence[Recipe]) -> list[Chunk]:
        whole = [self.completed(recipe) for recipe in recipes]
        for recipe in whole:
            must_be_possible(self, recipe)
        checked_together(whole)
        return list(chunks_of(self, whole))

    # --- recipes -----------------------------------------------------------------------------------------------

    def completed(self, recipe: Recipe) -> Recipe:
        """The recipe with labels, size and all ways of denoising that it leaves open."""
        denoising = recipe.denoising or Denoising()
        denoising = denoising.model_copy(update={"size": denoising.size or self.config.picture_shape})
        return recipe.model_copy(update={"denoising": denoising, "labels": recipe.labels | self.labels_of(recipe)})

    def labels_of(self, recipe: Recipe) -> dict[str, str]:
        """The value of every label that the picture is made with.

        Labels that are left open are drawn as often as in the data; beside a prompt, which may speak of the same, they
        stay open.
        """
        worded = recipe.denoising is not None and bool(recipe.denoising.prompt)
        found: dict[str, str] = {}
        for name, values in self.labels.items():
            if name in recipe.labels:
                found[name] = recipe.labels[name]
            elif not worded:
                found[name] = values[drawn_code(name, self._counts[name], recipe.latent)]
        return found

    def labels_drawn(self, seed: int, start: int, count: int) -> list[dict[str, str]]:
        """The labels of the same pictures as :meth:`draw` makes where they are left open."""
        return [self.labels_of(recipe) for recipe in _recipes(seed, start, [{}] * count)]

    def remarks(self, recipes: Sequence[Recipe]) -> list[Notice]:
        """Words of the prompts that the model does not know, or that are too many."""
        return unread_words(self.vocabulary, recipes)

    def condition(self, recipes: Sequence[Recipe], prompts: Sequence[str], *, labels: bool = True) -> Condition:
        """What is told of each picture: its labels, or none of them, and words."""
        codes = torch.full((len(recipes), len(self.labels)), -1, dtype=torch.int64)
        for row, recipe in enumerate(recipes if labels else ()):
            for column, (name, values) in enumerate(self.labels.items()):
                if name in recipe.labels:
                    codes[row, column] = values.index(recipe.labels[name])
        tokens = None if self.vocabulary is None else torch.from_numpy(self.vocabulary.encode_all(prompts))
        return Condition(codes, tokens).to(self.device)

    def exported(self) -> Exported:
        """The denoiser, without what it learnt from; its words where it reads any."""
        config, vocabulary = self.config, self.vocabulary
        labels = {name: list(values) for name, values in self.labels.items()}
        told: dict[str, Any] = {"labels": labels}
        if vocabulary is not None:
            told |= {"words": list(vocabulary.words), "length": vocabulary.length}
        height, width = config.picture_shape
        size = height if height == width else [height, width]
        facts = {
            "family": config.family,
            "step": self.step,
            "input": told,
            "output": {"size": size, "channels": config.channels, "range": [-1, 1]},
            "config": config.model_dump(mode="json"),
        }
        return Exported({"denoiser": self.denoiser.state_dict()}, facts)

    def diffusers_files(self) -> dict[str, Any]:
        """The denoiser as diffusers reads it; see ``studio.generation.exporting``."""
        return unet_files(self.config, self.labels, self.denoiser)

    def _load(self, file: Path) -> Denoiser:
        words, length = (self.vocabulary.size, self.vocabulary.length) if self.vocabulary else (0, 0)
        with torch.device("meta"):
            blank = build_denoiser(self.config, label_sizes(self.labels), words, length)
        made = second_instance(blank, read_tensors(file, table_of(blank.state_dict())), self.device)
        assert isinstance(made, Denoiser)
        return made


def load_model(folder: Path, device: torch.device) -> DiffusionModel:
    """The model of a checkpoint of either kind; every family's generation module has this function.

    Raises:
        DamagedError: it is not whole, or not of this family.
    """
    return DiffusionModel.from_checkpoint(folder, device)


def _recipes(seed: int, start: int, labels: Sequence[Mapping[str, str]]) -> list[Recipe]:
    return [Recipe(latent=Drawn(seed=seed, index=start + i), labels=dict(one)) for i, one in enumerate(labels)]
