"""The denoiser: an estimate D(x, sigma) of the clean picture, whatever the network inside is asked to tell.

x = x0 + sigma n as in Karras et al. 2022 (arXiv:2206.00364). Samplers see nothing but D.
Shapes: B pictures, C channels, H x W, L labels, T tokens, V numbers of the steering vector, E numbers a word.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from studio.config.diffusion import ClassicNetwork, DiffusionConfig, DitNetwork, Network
from studio.models.diffusion_classic import Classic
from studio.models.diffusion_dit import Dit
from studio.models.diffusion_preconditioning import Preconditioning, target_of
from studio.models.diffusion_schedules import STEPS, make_schedule
from studio.models.diffusion_text import TextEncoder
from studio.models.diffusion_unet import Unet
from studio.models.layers import LabelEmbedding
from studio.models.transformer import Attention
from studio.models.vocabulary import BEGIN, PAD

EMBEDDING = 32  # numbers of one label; of the classic network as many as steer it, which any U-Net can be loaded into
LEAST_TEXT_WIDTH, MOST_TEXT_WIDTH = 64, 512


@dataclass(frozen=True)
class Condition:
    """What the denoiser is told of each picture.

    Attributes:
        codes_BL: int64, -1 where a label is unknown; (B, 0) where the model has no labels.
        tokens_BT: int64 of the captions; None where the model reads no text, or for no words.
        drop_B: bool, True where a picture is to be told nothing at all; None: nowhere.
    """

    codes_BL: Tensor
    tokens_BT: Tensor | None = None
    drop_B: Tensor | None = None

    def __len__(self) -> int:
        return len(self.codes_BL)

    def of(self, places: Tensor) -> Condition:
        """Those at some places."""
        tokens, drop = (None if t is None else t[places] for t in (self.tokens_BT, self.drop_B))
        return Condition(self.codes_BL[places], tokens, drop)

    def nothing(self) -> Condition:
        """The same number of pictures of which nothing is told."""
        return replace(self, drop_B=torch.ones(len(self), dtype=torch.bool, device=self.codes_BL.device))

    def to(self, device: torch.device) -> Condition:
        """The same on a device."""
        moved = [None if t is None else t.to(device) for t in (self.tokens_BT, self.drop_B)]
        return Condition(self.codes_BL.to(device), *moved)


@dataclass(frozen=True)
class Told:
    """A condition after it was read: what it adds to the steering vector (B, V), its words (B, T, E) and which of them
    count (B, T). Made once and used at every step."""

    vector_BV: Tensor
    words_BTE: Tensor | None = None
    mask_BT: Tensor | None = None

    def __len__(self) -> int:
        return len(self.vector_BV)

    def with_more(self, other: Told) -> Told:
        """The pictures of both, one behind the other."""
        pairs = zip(self._parts(), other._parts(), strict=True)
        return Told(*(None if a is None or b is None else torch.cat([a, b]) for a, b in pairs))  # type: ignore[arg-type]

    def _parts(self) -> tuple[Tensor | None, ...]:
        return self.vector_BV, self.words_BTE, self.mask_BT


class Denoiser(nn.Module):
    """x (B, C, H, W), sigma (B,) and a condition -> D (B, C, H, W), the estimate of x0 in [-1, 1].

    Args:
        labels: how many values each label has. words: different tokens (0: it reads no text). length: T.

    Attributes:
        schedule: times, sigmas, ``sigma_max`` to begin at, ``sigmas(count)`` to go through.
        channels: C. multiple: every side has to be a multiple of this.
        self_conditioning: whether it wants to see its last estimate.
    """

    def __init__(self, config: DiffusionConfig, labels: tuple[int, ...] = (), words: int = 0, length: int = 0) -> None:
        super().__init__()
        network = config.network
        self.channels, self.self_conditioning = config.channels, config.self_conditioning
        self.schedule = make_schedule(config.process)
        self.preconditioning = Preconditioning(
            target_of(config.process), helped=not isinstance(network, ClassicNetwork)
        )
        self.steering = steering = _steering(network)
        self.time = TimeVector(_waves_of(network), steering)
        embedding = steering if isinstance(network, ClassicNetwork) else EMBEDDING
        self.labels = LabelEmbedding(labels, embedding) if labels else None
        self.label_vector = nn.Linear(self.labels.total, steering) if self.labels else None
        memory = min(MOST_TEXT_WIDTH, max(LEAST_TEXT_WIDTH, steering // 2)) if words else 0
        self.text = TextEncoder(words, length, memory) if words else None
        self.text_vector = nn.Linear(memory, steering) if words else None
        self.network = _network(config, steering, memory)
        self.multiple = self.network.multiple

    def read(self, condition: Condition) -> Told:
        """Read a condition, once for all steps of a sampler."""
        drop = condition.drop_B
        device = condition.codes_BL.device
        vector = torch.zeros((len(condition), self.steering), device=device)
        if self.labels is not None and self.label_vector is not None:
            codes = condition.codes_BL
            known = codes if drop is None else torch.where(drop[:, None], -1, codes)
            vector = vector + self.label_vector(self.labels(known))
        if self.text is None or self.text_vector is None:
            return Told(vector)
        tokens = condition.tokens_BT
        if tokens is None:
            tokens = torch.full((len(condition), 1), BEGIN, device=device)
        if drop is not None:
            nothing = torch.full_like(tokens, PAD)
            nothing[:, 0] = BEGIN
            tokens = torch.where(drop[:, None], nothing, tokens)
        words = self.text(tokens)
        # The first place has read the whole text, as in BERT (Devlin et al. 2018).
        return Told(vector + self.text_vector(words[:, 0]), words, tokens != PAD)

    def answer(self, z_BCHW: Tensor, time_B: Tensor, told: Told, previous: Tensor | None = None) -> Tensor:
        """What is told of z = a x0 + b n at times in [0, 1] (``preconditioning`` knows what it means)."""
        guess = self.preconditioning.guess(self.schedule.levels(time_B))
        x = z_BCHW / guess.size
        if self.self_conditioning:
            x = torch.cat([x, torch.zeros_like(x) if previous is None else previous], dim=1)
        v_BV = F.silu(self.time(time_B) + told.vector_BV)
        added: Tensor = self.network(x, v_BV, told.words_BTE, told.mask_BT)
        return guess.share * z_BCHW + guess.scale * added

    def forward(
        self, x_BCHW: Tensor, sigma_B: Tensor, condition: Condition | Told, previous: Tensor | None = None
    ) -> Tensor:
        """D(x, sigma). ``previous``: the last estimate (B, C, H, W), for models with self-conditioning."""
        told = self.read(condition) if isinstance(condition, Condition) else condition
        time_B = self.schedule.time(sigma_B)
        levels = self.schedule.levels(time_B)
        z = x_BCHW * levels.picture_B.view(-1, 1, 1, 1)
        return self.preconditioning.clean(z, self.answer(z, time_B, told, previous).float(), levels)


@dataclass(frozen=True)
class Waves:
    """How the time is told in waves: so many frequencies, in sines and cosines."""

    frequencies: int = 64
    scale: float = 1000.0
    shift: int = 0
    cosine_first: bool = True

    def __call__(self, time_B: Tensor) -> Tensor:
        """Times in [0, 1] as (B, 2 * frequencies) (Vaswani et al. 2017, section 3.5)."""
        places = torch.arange(self.frequencies, device=time_B.device)
        rates = torch.exp(places * (-math.log(10_000.0) / (self.frequencies - self.shift)))
        phases = self.scale * time_B.float()[:, None] * rates
        pair = (phases.cos(), phases.sin()) if self.cosine_first else (phases.sin(), phases.cos())
        return torch.cat(pair, dim=1)


class TimeVector(nn.Sequential):
    """Times (B,) in [0, 1] -> (B, V)."""

    def __init__(self, waves: Waves, steering: int) -> None:
        inner = nn.Linear(2 * waves.frequencies, steering), nn.SiLU(), nn.Linear(steering, steering)
        super().__init__(*inner)
        self.waves = waves

    def forward(self, time_B: Tensor) -> Tensor:
        result: Tensor = super().forward(self.waves(time_B))
        return result


def _steering(network: Network) -> int:
    """V: how many numbers steer it."""
    if isinstance(network, ClassicNetwork):
        return 4 * network.level_widths[0]
    return network.width if isinstance(network, DitNetwork) else 4 * network.width


def _waves_of(network: Network) -> Waves:
    if not isinstance(network, ClassicNetwork):
        return Waves()
    return Waves(network.level_widths[0] // 2, STEPS - 1.0, network.shift, network.cosine_first)


def _network(config: DiffusionConfig, steering: int, memory: int) -> Unet | Dit | Classic:
    network, inputs = config.network, config.channels * (2 if config.self_conditioning else 1)
    shared = {"inputs": inputs, "outputs": config.channels, "steering": steering, "dropout": config.dropout}
    if isinstance(network, ClassicNetwork):
        return Classic(network, **shared)  # type: ignore[arg-type]
    kind = Dit if isinstance(network, DitNetwork) else Unet
    sizes = {"shape": config.picture_shape, "width": network.width, "depth": network.depth, "memory": memory}
    return kind(**sizes, **shared)  # type: ignore[arg-type]


def build_denoiser(config: DiffusionConfig, labels: tuple[int, ...] = (), words: int = 0, length: int = 0) -> Denoiser:
    """The denoiser of a config; see :class:`Denoiser` for the rest."""
    return Denoiser(config, labels, words, length)


@contextmanager
def kept_attention(denoiser: Denoiser) -> Iterator[list[Tensor]]:
    """Inside the block the list gathers, call by call and finest level last, which places of the picture looked at
    which words: (B, heads, places, T), rows adding up to one."""
    kept: list[Tensor] = []
    watched = _word_layers(denoiser)
    for layer in watched:
        layer.kept = kept
    try:
        yield kept
    finally:
        for layer in watched:
            layer.kept = None


def looks_at_words(denoiser: Denoiser) -> bool:
    """Whether places of the picture look at words; a classic network is told of them as a whole."""
    return bool(_word_layers(denoiser))


def _word_layers(denoiser: Denoiser) -> list[Attention]:
    layers = [module for name, module in denoiser.network.named_modules() if name.endswith("words")]
    return [layer for layer in layers if isinstance(layer, Attention)]
