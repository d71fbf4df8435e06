"""Settings of the language family: the Transformer that continues texts, what of it is tuned, how it trains."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from studio.config.base import Best, Dial, Settings, setting
from studio.config.facts import DeviceFacts, TextFacts
from studio.config.texts import BytePairs, Characters, DataKind, Inherited, Tokens
from studio.config.training import TrainingSettings, shares_setting

CAPABILITIES: frozenset[str] = frozenset({"writes"})
DATA_KINDS: tuple[DataKind, ...] = ("text", "chat")
BEST = Best("validation_loss", lowest=True)
Activation = Literal["gelu", "gelu_tanh", "relu", "silu"]
Target = Literal["ask", "offer", "out", "up", "down"]
_WIDTH_A_BLOCK = 64
_RATE_TIMES_WIDTH = 0.64  # the highest learning rate of Muon times the width
_TOKENS_A_STEP = 2048  # on a processor: small batches make the more steps
_LITTLE_TEXT = 200_000  # characters
_WIDE = 256  # from here on products of 16 bits pay on a processor: 1.6 times the pace at 384, none gained at 128
_HEAD = 64
_TUNED_CONTEXT, _TUNED_RATE = 512, 2e-4


class _Sizes(Settings):
    """The one dial, and what follows from it where nothing else is set."""

    depth: int = setting(
        6, label="Size", help="Blocks; width and heads follow from it: 4 is about 1 million weights, 12 about 100.",
        unit="blocks", ge=1, le=200, auto="device",
    )  # fmt: skip
    width: int = setting(
        0, help="Numbers a token; 0: 64 times the blocks.", unit="numbers", ge=0, le=16_384, advanced=True, log=True
    )
    heads: int = setting(
        0, help="Heads of attention in a block; 0: one for 64 numbers.", unit="heads", ge=0, le=256, advanced=True
    )
    inner: int = setting(
        0, help="Numbers inside the feed-forward part; 0: what suits the width.", ge=0, le=131_072, advanced=True,
        log=True,
    )  # fmt: skip
    tied: bool = setting(True, help="Tokens are read and written by the same weights.", advanced=True)

    @property
    def full_width(self) -> int:
        """Numbers a token."""
        return self.width or _WIDTH_A_BLOCK * self.depth

    @property
    def full_heads(self) -> int:
        """Heads that ask."""
        return self.heads or max(1, self.full_width // _HEAD)


class Gpt2Network(_Sizes):
    """Learned positions, layer norms, GELU (Radford et al. 2019, GPT-2)."""

    kind: Literal["gpt2"] = "gpt2"
    activation: Activation = setting(
        "gelu_tanh", help="What bends the numbers inside the feed-forward part.", advanced=True
    )
    epsilon: float = setting(
        1e-5, help="What keeps the norms from dividing by nothing.", gt=0, le=0.1, advanced=True, log=True
    )

    @property
    def full_inner(self) -> int:
        """Numbers inside the feed-forward part."""
        return self.inner or 4 * self.full_width

    @property
    def full_key_heads(self) -> int:
        """Heads that are asked."""
        return self.full_heads

    @property
    def full_head_width(self) -> int:
        """Numbers of a head."""
        return self.full_width // self.full_heads

    @model_validator(mode="after")
    def _heads_fit(self) -> Self:
        if self.full_width % self.full_heads:
            raise ValueError(f"{self.full_heads} heads do not divide a width of {self.full_width}")
        return self


class ModernNetwork(_Sizes):
    """Rotary positions, root mean square norms, gated feed-forward, shared keys (as in Llama, Qwen2 and Qwen3)."""

    kind: Literal["modern"] = "modern"
    key_heads: int = setting(
        0, help="Heads whose keys the others share; 0: each has its own.", unit="heads", ge=0, le=256, advanced=True
    )
    head_width: int = setting(
        0, help="Numbers of one head; 0: the width shared out among them.", ge=0, le=1024, advanced=True
    )
    input_bias: bool = setting(False, help="Questions, keys and values have a bias, as in Qwen2.", advanced=True)
    head_norms: bool = setting(
        False, help="Questions and keys of every head are normalised, as in Qwen3.", advanced=True
    )
    neighbours: bool = setting(
        False, label="Begin with neighbours",
        help="Heads of the first block begin by looking at the tokens just before each, from which it learns to look "
        "up what it has read; only together with norms of heads.",
        advanced=True,
    )  # fmt: skip
    epsilon: float = setting(
        1e-6, help="What keeps the norms from dividing by nothing.", gt=0, le=0.1, advanced=True, log=True
    )
    rotary_base: float = setting(
        10_000.0, help="How slowly the slowest pair of numbers turns from place to place.", gt=1, le=1e9, advanced=True,
        log=True,
    )  # fmt: skip
    rotary_factor: float = setting(
        1.0, help="How much longer texts may be than those it was first made for.", ge=1, le=1024, advanced=True
    )
    rotary_original: int = setting(
        0, help="Length it was first made for, where only slow pairs are stretched (Llama 3.1); 0: all of them are.",
        unit="tokens", ge=0, le=10_000_000, advanced=True,
    )  # fmt: skip
    rotary_low: float = setting(
        1.0, help="Pairs that turn less often than this are stretched fully.", gt=0, advanced=True
    )
    rotary_high: float = setting(4.0, help="Pairs that turn more often than this are left alone.", gt=0, advanced=True)

    @property
    def full_inner(self) -> int:
        """Numbers inside the feed-forward part: about as many weights as without a gate."""
        return self.inner or -(-8 * self.full_width // 3 // 32) * 32

    @property
    def full_key_heads(self) -> int:
        """Heads that are asked."""
        return self.key_heads or self.full_heads

    @property
    def full_head_width(self) -> int:
        """Numbers of a head."""
        return self.head_width or self.full_width // self.full_heads

    @property
    def begins_with_neighbours(self) -> bool:
        """Without norms of heads it would not last."""
        return self.neighbours and self.head_norms

    @model_validator(mode="after")
    def _heads_fit(self) -> Self:
        if not self.head_width and self.full_width % self.full_heads:
            raise ValueError(f"{self.full_heads} heads do not divide a width of {self.full_width}")
        if self.full_heads % self.full_key_heads:
            raise ValueError(f"{self.full_key_heads} shared heads do not divide {self.full_heads} heads")
        if self.full_head_width % 2:
            raise ValueError(f"rotary positions need heads of an even width, not {self.full_head_width}")
        if self.rotary_high <= self.rotary_low:
            raise ValueError("rotary_high has to be greater than rotary_low")
        return self


Network = Gpt2Network | ModernNetwork


class FullTuning(Settings):
    """Every weight learns."""

    kind: Literal["full"] = "full"


class LoraTuning(Settings):
    """Only small additions to some layers learn (Hu et al. 2021, arXiv:2106.09685)."""

    kind: Literal["lora"] = "lora"
    rank: int = setting(
        8, help="How much the additions can express: columns of their two factors.", ge=1, le=1024, log=True
    )
    scale: float = setting(2.0, help="How strongly the additions count (alpha / rank).", gt=0, le=100, advanced=True)
    targets: tuple[Target, ...] = setting(
        ("ask", "offer", "out", "up", "down"), help="Layers that get an addition.", advanced=True
    )

    @model_validator(mode="after")
    def _has_targets(self) -> Self:
        if not self.targets:
            raise ValueError("choose at least one of ask, offer, out, up, down as tuning.targets")
        return self


Tuning = FullTuning | LoraTuning


class LanguageConfig(TrainingSettings):
    """Everything that decides a language model's run; the resolved one is stored with the run."""

    family: Literal["language"] = "language"
    network: Network = setting(ModernNetwork(), help="The Transformer.", discriminator="kind", auto="device")
    context: int = setting(
        256, help="How many tokens it sees at once.", unit="tokens", ge=8, le=1_000_000, auto="device", log=True
    )
    tokens: Tokens = setting(
        BytePairs(), help="What a token is; inherited ones are those of the model that the run begins with.",
        discriminator="kind", auto="data",
    )  # fmt: skip
    vocabulary: int = setting(
        0, help="Different tokens that the network has room for; 0: as many as there are.", unit="tokens", ge=0,
        le=10_000_000, advanced=True,
    )  # fmt: skip
    tuning: Tuning = setting(FullTuning(), help="What learns.", discriminator="kind")
    answers_only: bool = setting(
        True, help="Of conversations only the assistant's turns are learnt; the others are merely read.", advanced=True
    )
    batch: int = setting(
        16, help="Texts of full length in one step; shorter ones share the place of one.", unit="texts", ge=1, le=4096,
        auto="device", log=True,
    )  # fmt: skip
    accumulate: int = setting(
        1, label="Gradient accumulation",
        help="Parts of a batch that are worked on one after another, so that it need not fit into the memory at once; "
        "at most so many as divide it.",
        unit="parts", ge=1, le=1024, advanced=True,
    )  # fmt: skip
    recompute: bool = setting(
        False, label="Gradient checkpointing",
        help="What blocks made is computed again instead of being kept: less memory, a third more time.", advanced=True,
    )  # fmt: skip
    shares: int = shares_setting()
    dropout: float = setting(
        0.0, help="Share of numbers inside the network that are left out, against learning by heart.", ge=0, lt=0.9,
        advanced=True,
    )  # fmt: skip
    optimiser: Literal["adamw", "muon"] = setting(
        "muon", help="Muon makes the updates of matrices orthogonal (Jordan et al. 2024); the rest goes by AdamW.",
        advanced=True,
    )  # fmt: skip
    learning_rate: float = setting(
        2e-3, help="Step size at its highest.", gt=0, le=1, advanced=True, live=True, log=True
    )
    schedule: Literal["cosine", "constant"] = setting(
        "cosine", help="The learning rate falls along half a cosine to the end of the run, or stays.", advanced=True
    )
    matrix_rate: float = setting(
        1.0, label="Muon's learning rate", help="Of matrices that Muon moves, as a multiple of the learning rate.",
        gt=0, le=100, advanced=True, log=True, when=("optimiser", ("muon",)),
    )  # fmt: skip
    final_rate: float = setting(
        0.0, label="Final learning rate", help="Share of the highest learning rate that is left at the end.", ge=0,
        le=1, advanced=True, when=("schedule", ("cosine",)),
    )  # fmt: skip
    warm_up: int = setting(
        100, help="Steps in which the learning rate rises to its highest.", unit="steps", ge=0, le=1_000_000,
        advanced=True,
    )  # fmt: skip
    weight_decay: float = setting(
        0.1, help="How strongly weights are drawn towards zero.", ge=0, le=10, advanced=True, log=True
    )
    second_momentum: float = setting(
        0.99, help="How long AdamW remembers how large gradients are (beta 2).", ge=0, lt=1, advanced=True
    )
    gradient_clip: float = setting(
        1.0, help="Longest gradient that a step may take; 0 means no limit.", ge=0, le=1e6, advanced=True, live=True
    )
    ema_half_life: int = setting(
        0, label="EMA half-life",
        help="The averaged weights forget half of the past after this many tokens seen; 0 switches averaging off.",
        unit="tokens", ge=0, le=100_000_000_000, advanced=True, log=True,
    )  # fmt: skip
    validate_every: int = setting(
        100, help="Measure on the validation part every so many steps.", unit="steps", ge=1, le=1_000_000,
        advanced=True, auto="steps", log=True,
    )  # fmt: skip
    patience: int = setting(
        0, help="End the run when so many validations in a row were no better than the best; 0 never does.",
        unit="validations", ge=0, le=10_000, advanced=True,
    )  # fmt: skip
    sample_count: int = setting(
        4, label="Samples", help="Texts that are written to show progress, always from the same beginnings.",
        unit="texts", ge=1, le=64, advanced=True,
    )  # fmt: skip
    sample_tokens: int = setting(
        96, label="Length of samples", help="Each is continued by so many tokens at most.", unit="tokens", ge=1,
        le=4096, advanced=True, log=True,
    )  # fmt: skip

    @property
    def sample_gap(self) -> int:
        """Tokens between two sets of samples: a text is written in many calls of the network."""
        return 800 * self.sample_tokens

    @property
    def knows_horizon(self) -> bool:
        """A learning rate that falls ends with the run."""
        return self.schedule != "constant"


def size(device: DeviceFacts, dial: Dial) -> tuple[ModernNetwork, int]:
    """The network and the context that ``dial`` stands for: on a processor narrow, so that many steps are made."""
    context = {"quick": 128, "balanced": 256, "best": 512}[dial]
    if device.kind == "cpu":
        depth, width = {"quick": (3, 128), "balanced": (4, 128), "best": (6, 256)}[dial]
        return ModernNetwork(depth=depth, width=width, heads=width // 32, head_norms=True, neighbours=True), context
    return ModernNetwork(depth={"quick": 5, "balanced": 6, "best": 10}[dial], head_norms=True, neighbours=True), context


def preset(data: TextFacts, device: DeviceFacts, dial: Dial) -> LanguageConfig:
    """The configuration that ``dial`` stands for, derived from the data and the device."""
    network, context = size(device, dial)
    steps = {"quick": 1400, "balanced": 5000, "best": 20_000}[dial]
    cpu = device.kind == "cpu"
    return LanguageConfig(
        network=network,
        context=context,
        tokens=tokens_of(data),
        batch=_TOKENS_A_STEP // context if cpu else 16,
        shares=2 if cpu else 1,
        precision="bfloat16" if cpu and device.bfloat16 and network.full_width >= _WIDE else "auto",
        optimiser="muon",
        learning_rate=_RATE_TIMES_WIDTH / network.full_width,
        second_momentum=0.95,
        warm_up=50,
        steps=steps,
        validate_every=max(1, steps // 20),
    )


def begun_with(config: LanguageConfig, other: LanguageConfig) -> LanguageConfig:
    """The config of a run that goes on from a model of ``other``: its network, its tokens, smaller steps."""
    changed = {
        "network": other.network, "context": min(other.context, max(config.context, _TUNED_CONTEXT)),
        "tokens": Inherited(), "vocabulary": other.vocabulary,
        "learning_rate": min(config.learning_rate, _TUNED_RATE), "optimiser": "adamw",
    }  # fmt: skip
    return config.model_copy(update=changed)


def tokens_of(data: TextFacts) -> Tokens:
    """Characters where there is little text, which many pairs would only cut into few tokens."""
    if data.characters < _LITTLE_TEXT:
        return Characters()
    return BytePairs(size=1024 if data.characters < 10 * _LITTLE_TEXT else 4096)


def remedy(config: LanguageConfig, action: str) -> tuple[str, float] | None:
    """The change of a setting, as (path, value), that a notice's ``action`` stands for; None for an unknown action."""
    if action != "halve_decoder_rate":
        return None
    return "learning_rate", config.learning_rate / 2
