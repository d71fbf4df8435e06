"""Every step of one picture, to be looked at: what the network sees, what it tells, at which word which place looks.

Shapes: C channels, H x W, N places of the network, T tokens.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from studio.generation.diffusion_making import Chunk, denoising_of
from studio.generation.diffusion_samplers import Step
from studio.generation.models import SeenStep
from studio.ground.errors import UsageError
from studio.models.diffusion import kept_attention, looks_at_words
from studio.models.pictures import to_bytes
from studio.models.vocabulary import words_of

Words = tuple[tuple[str, np.ndarray], ...]
_NOISE_SHOWN = 3.0  # so many deviations of the noise are told apart


def seen_steps(chunk: Chunk, *, words: bool) -> Iterator[SeenStep]:
    """The steps of the chunk's first picture. With ``words`` attention is computed in another order, so that pictures
    may differ in the last bits.

    Raises:
        UsageError: words are asked for and the picture has no prompt, or no place of the network looks at words.
    """
    prompt = denoising_of(chunk.recipes[0]).prompt
    if words and not prompt:
        raise UsageError("Without a prompt there are no words to look at; write one, or look at the steps alone.")
    if words and not looks_at_words(chunk.model.denoiser):
        raise UsageError("No place of this network looks at single words: it is told of them all at once.")
    return _seen(chunk, prompt if words else "")


def _seen(chunk: Chunk, prompt: str) -> Iterator[SeenStep]:
    with ExitStack() as stack:
        kept = stack.enter_context(kept_attention(chunk.model.denoiser)) if prompt else []
        for step in chunk.run():
            yield _shown(step, _word_maps(kept, prompt, chunk) if prompt else ())
            kept.clear()


def _shown(step: Step, words: Words) -> SeenStep:
    seen = step.x_BCHW / math.sqrt(1 + step.sigma**2)
    noise = step.noise_BCHW / _NOISE_SHOWN
    return SeenStep(step.number, step.sigma, _first(seen), _first(step.clean_BCHW), _first(noise), words)


def _first(x_BCHW: Tensor) -> np.ndarray:
    found: np.ndarray = to_bytes(x_BCHW[:1])[0].cpu().numpy()
    return found


def _word_maps(kept: Sequence[Tensor], prompt: str, chunk: Chunk) -> Words:
    """For each word the share of attention that it gets, the mean over heads and layers."""
    height, width = chunk.shape[1:]
    maps = torch.stack([_enlarged(weights[0].mean(dim=0), height, width) for weights in kept]).mean(dim=0)
    length = chunk.model.vocabulary.length if chunk.model.vocabulary else 1
    words = words_of(prompt)[: length - 1]
    return tuple((word, maps[place].cpu().numpy()) for place, word in enumerate(words, start=1))


def _enlarged(weights_NT: Tensor, height: int, width: int) -> Tensor:
    """(T, H, W): the places of a layer lie as the picture does, only coarser."""
    scale = math.sqrt(height * width / len(weights_NT))
    rows, columns = round(height / scale), round(width / scale)
    maps = weights_NT.T.reshape(1, -1, rows, columns).float()
    return F.interpolate(maps, size=(height, width), mode="bilinear", align_corners=False)[0]
