"""Settings of the translation family: the Transformer with encoder and decoder, how it trains, how it is averaged."""

from __future__ import annotations

import math
from typing import Literal, Self

from pydantic import model_validator

from studio.config.base import Best, Dial, Settings, setting
from studio.config.facts import DeviceFacts, TextFacts
from studio.config.texts import BytePairs, DataKind, Tokens
from studio.config.training import TrainingSettings

CAPABILITIES: frozenset[str] = frozenset({"translates"})
DATA_KINDS: tuple[DataKind, ...] = ("parallel",)
BEST = Best("chrf", lowest=False)
Activation = Literal["gelu", "gelu_tanh", "relu", "silu"]
_HEAD = 64
_WIDTH_A_BLOCK = 85  # six blocks for a width of 512 (Vaswani et al. 2017)
_CHARACTERS_A_TOKEN = 3.0  # about as many, with a vocabulary of some thousand
_RATE_TIMES_WIDTH = 0.384
_SAMPLE_TOKENS = 24  # about as many in a sentence


class TranslationNetwork(Settings):
    """An encoder that reads the source and a decoder that looks at it (Vaswani et al. 2017, arXiv:1706.03762)."""

    width: int = setting(
        256, label="Size", help="Numbers a token; blocks, heads and inner sizes follow from it where they are 0.",
        unit="numbers", ge=16, le=8192, auto="device", log=True,
    )  # fmt: skip
    depth: int = setting(
        0, help="Blocks of the encoder; 0: what suits the width.", unit="blocks", ge=0, le=100, advanced=True
    )
    decoder_depth: int = setting(
        0, help="Blocks of the decoder; 0: as many as the encoder has.", unit="blocks", ge=0, le=100, advanced=True
    )
    heads: int = setting(
        0, help="Heads of attention in a block of the encoder; 0: one for 64 numbers.", unit="heads", ge=0, le=256,
        advanced=True,
    )  # fmt: skip
    decoder_heads: int = setting(
        0, help="Heads of attention in a block of the decoder; 0: as many as in the encoder.", unit="heads", ge=0,
        le=256, advanced=True,
    )  # fmt: skip
    inner: int = setting(
        0, help="Numbers inside the encoder's feed-forward parts; 0: four times the width.", ge=0, le=65_536,
        advanced=True, log=True,
    )  # fmt: skip
    decoder_inner: int = setting(
        0, help="Numbers inside the decoder's feed-forward parts; 0: as many as in the encoder.", ge=0, le=65_536,
        advanced=True, log=True,
    )  # fmt: skip
    norm: Literal["pre", "post"] = setting(
        "pre", help="Norms before each part, which trains calmly, or after it as in the first Transformer.",
        advanced=True,
    )  # fmt: skip
    positions: Literal["learned", "rotary", "sinusoid", "halves"] = setting(
        "sinusoid",
        help="How places are told apart: learned, turned heads, waves, or waves with all sines first (Marian).",
        advanced=True,
    )
    activation: Activation = setting(
        "gelu", help="What bends the numbers inside the feed-forward part; silu is also called swish.", advanced=True
    )
    scaled: bool = setting(True, help="Tokens are multiplied by the root of the width before places.", advanced=True)
    shared: bool = setting(True, help="Both languages read their tokens by the same weights.", advanced=True)
    tied: bool = setting(True, help="Tokens are written by the weights that read them.", advanced=True)
    output_bias: bool = setting(False, help="Every token has a likelihood of its own to begin with.", advanced=True)
    epsilon: float = setting(
        1e-5, help="What keeps the norms from dividing by nothing.", gt=0, le=0.1, advanced=True, log=True
    )

    @property
    def full_depth(self) -> int:
        """Blocks of the encoder."""
        return self.depth or max(2, round(self.width / _WIDTH_A_BLOCK))

    @property
    def full_decoder_depth(self) -> int:
        """Blocks of the decoder."""
        return self.decoder_depth or self.full_depth

    @property
    def full_heads(self) -> int:
        """Heads in a block of the encoder: about one for 64 numbers, so many that they divide the width."""
        wanted = max(1, self.width // _HEAD)
        return self.heads or next(count for count in range(wanted, 0, -1) if self.width % count == 0)

    @property
    def full_decoder_heads(self) -> int:
        """Heads in a block of the decoder."""
        return self.decoder_heads or self.full_heads

    @property
    def full_inner(self) -> int:
        """Numbers inside the encoder's feed-forward parts."""
        return self.inner or 4 * self.width

    @property
    def full_decoder_inner(self) -> int:
        """Numbers inside the decoder's feed-forward parts."""
        return self.decoder_inner or self.full_inner

    @model_validator(mode="after")
    def _heads_fit(self) -> Self:
        for heads in (self.full_heads, self.full_decoder_heads):
            if self.width % heads:
                raise ValueError(f"{heads} heads do not divide a width of {self.width}")
            if self.positions == "rotary" and self.width // heads % 2:
                raise ValueError(f"rotary positions need heads of an even width, not {self.width // heads}")
        return self


class TranslationConfig(TrainingSettings):
    """Everything that decides a translation model's run; the resolved one is stored with the run."""

    family: Literal["translation"] = "translation"
    backwards: bool = setting(
        False, label="The other way", help="Learn to translate the second language of the data into the first."
    )
    network: TranslationNetwork = TranslationNetwork()
    tokens: Tokens = setting(
        BytePairs(size=4096),
        help="What a token is, in both languages; inherited ones are those of the model that the run begins with.",
        discriminator="kind", auto="data",
    )  # fmt: skip
    context: int = setting(
        128, label="Longest text", help="Longer texts are left out of training and cut when they are translated.",
        unit="tokens", ge=8, le=100_000, auto="data", log=True,
    )  # fmt: skip
    batch: int = setting(
        2048, label="Batch",
        help="Tokens in one step, of sources and targets together; texts of like length stand in one batch.",
        unit="tokens", ge=1, le=1_000_000, auto="device", log=True,
    )  # fmt: skip
    dropout: float = setting(
        0.1, help="Share of numbers inside the network that are left out, against learning by heart.", ge=0, lt=0.9,
        auto="data", advanced=True,
    )  # fmt: skip
    label_smoothing: float = setting(
        0.1, help="Share of certainty taken from the right token and spread over all, against overconfidence.", ge=0,
        le=0.5, advanced=True,
    )  # fmt: skip
    learning_rate: float = setting(
        1e-3, help="Step size at its highest.", gt=0, le=1, advanced=True, live=True, log=True
    )
    schedule: Literal["cosine", "inverse_root", "constant"] = setting(
        "cosine",
        help="How the learning rate goes on after its rise: down to nothing, with the root of the steps, or not at "
        "all; only the first knows when the run ends.",
        advanced=True,
    )
    warm_up: int = setting(
        200, help="Steps in which the learning rate rises to its highest.", unit="steps", ge=0, le=1_000_000,
        advanced=True,
    )  # fmt: skip
    weight_decay: float = setting(
        0.01, help="How strongly weights are drawn towards zero.", ge=0, le=10, advanced=True, log=True
    )
    ema_half_life: int = setting(
        100_000, label="EMA half-life",
        help="The averaged weights, which translate, forget half of the past after so many tokens; 0: no averaging.",
        unit="tokens", ge=0, le=10_000_000_000, advanced=True, auto="batch", log=True,
    )  # fmt: skip
    gradient_clip: float = setting(
        1.0, help="Longest gradient that a step may take; 0 means no limit.", ge=0, le=1e6, advanced=True, live=True
    )
    validate_every: int = setting(
        200, help="Measure on validation pairs every so many steps.", unit="steps", ge=1, le=1_000_000, advanced=True,
        auto="steps", log=True,
    )  # fmt: skip
    scored: int = setting(
        100, label="Scored pairs", help="So many validation pairs are translated for BLEU and chrF.", unit="pairs",
        ge=1, le=100_000, advanced=True, auto="device", log=True,
    )  # fmt: skip
    patience: int = setting(
        0, help="End the run when so many validations in a row were no better than the best; 0 never does.",
        unit="validations", ge=0, le=10_000, advanced=True,
    )  # fmt: skip
    sample_count: int = setting(
        8, label="Samples", help="Validation sentences that are translated again and again while it learns.",
        unit="sentences", ge=1, le=256, advanced=True,
    )  # fmt: skip

    @property
    def sample_gap(self) -> int:
        """Tokens between two sets of samples: a sentence is translated in many calls of the network."""
        return 64 * self.sample_count * _SAMPLE_TOKENS

    @property
    def knows_horizon(self) -> bool:
        """Half a cosine ends with the run; the other schedules know no end."""
        return self.schedule == "cosine"


def preset(data: TextFacts, device: DeviceFacts, dial: Dial) -> TranslationConfig:
    """The configuration that ``dial`` stands for, derived from the data and the device.

    So many times through the data, within bounds of steps. Small sets are learned with more dropout, large ones that
    are gone through a few times without; narrow networks bear greater rates. A text is as long as the longest of the
    data, in tokens, up to what a sentence may need.
    """
    slow = device.kind == "cpu"
    width = {"quick": 128, "balanced": 256, "best": 512}[dial] if slow else {
        "quick": 256, "balanced": 384, "best": 512}[dial]  # fmt: skip
    batch = 2048 if slow else 12_288
    tokens = max(1.0, data.characters / _CHARACTERS_A_TOKEN)
    passes = {"quick": 8, "balanced": 12, "best": 30}[dial]
    least, most = {"quick": (600, 4000), "balanced": (2000, 12_000), "best": (5000, 60_000)}[dial]
    steps = int(max(least, min(most, round(passes * tokens / batch, -2))))
    context = 1 << min(9, max(5, math.ceil(math.log2(data.longest / 2 + 8))))
    return TranslationConfig(
        network=TranslationNetwork(width=width), tokens=tokens_of(data), context=context, batch=batch, steps=steps,
        learning_rate=_RATE_TIMES_WIDTH / width, dropout=_dropout(tokens, dial),
        ema_half_life=batch * max(1, steps // 40), warm_up=max(50, min(2000, steps // 10)),
        validate_every=max(1, steps // 20), scored={"quick": 100, "balanced": 200, "best": 500}[dial],
    )  # fmt: skip


def _dropout(tokens: float, dial: Dial) -> float:
    if tokens <= 300_000:
        return 0.2
    return 0.0 if dial == "quick" else 0.1


def tokens_of(data: TextFacts) -> BytePairs:
    """The more text the more tokens: each has to be met often enough to be learnt."""
    wanted = 1 << max(9, min(14, round(math.log2(max(1.0, data.characters / 1200)))))
    return BytePairs(size=wanted)


def remedy(config: TranslationConfig, action: str) -> tuple[str, float] | None:
    """The change of a setting, as (path, value), that a notice's ``action`` stands for; None for an unknown action."""
    if action != "halve_translator_rate":
        return None
    return "learning_rate", config.learning_rate / 2
