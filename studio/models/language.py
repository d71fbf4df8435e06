"""The decoder-only Transformer that continues texts (Radford et al. 2018), in the layouts of GPT-2 and of Llama.

Shapes: B texts, N tokens, M tokens so far, V different tokens, E numbers a token.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from studio.config.language import Gpt2Network, LanguageConfig, ModernNetwork
from studio.models.neighbours import look_at_neighbours
from studio.models.products import Product
from studio.models.rotary import Rotation
from studio.models.transformer import Attention, Layout, Stack, Turns
from studio.models.transformer_cache import TokenCache

_SPREAD = 0.02  # of first weights (Radford et al. 2019)


class LanguageModel(nn.Module):
    """Tokens (B, N) -> what each makes likely to come next: logits (B, N, V).

    Args:
        tokens: V.

    Attributes:
        context: the most tokens that a text may have.
    """

    def __init__(self, config: LanguageConfig, tokens: int) -> None:
        super().__init__()
        network = config.network
        self.config, self.context, self.tokens = config, config.context, tokens
        layout = layout_of(network, config.dropout)
        self.words = nn.Embedding(tokens, layout.width)
        self.places = (
            nn.Parameter(torch.empty(self.context, layout.width)) if isinstance(network, Gpt2Network) else None
        )
        self.dropout = nn.Dropout(config.dropout)
        self.stack = Stack(layout, network.depth, causal=True)
        self.head = None if network.tied else nn.Linear(layout.width, tokens, bias=False)
        self.rotation = rotation_of(network)
        self._writing: Product | None = None
        self._turns: Turns | None = None
        self._begin_weights(network)

    def forward(
        self, tokens_BN: Tensor, mask: Tensor | None = None, *, cache: TokenCache | None = None,
        places_BN: Tensor | None = None, last: bool = False,
    ) -> Tensor:  # fmt: skip
        """Logits (B, N, V), or with ``last`` those of the last place alone, (B, 1, V).

        Args:
            mask: (B, M) True where a token is real (of those in ``cache`` and these), with anything but tokens before
                them left out of the count of places; or (B, N, N), who may look at whom.
            cache: the tokens before; these are added to it.
            places_BN: which place each token has, where they do not simply follow each other.
        """
        x = self.states(tokens_BN, mask, cache=cache, places_BN=places_BN)
        return self.logits(x[:, -1:] if last else x)

    def states(
        self, tokens_BN: Tensor, mask: Tensor | None = None, *, cache: TokenCache | None = None,
        places_BN: Tensor | None = None,
    ) -> Tensor:  # fmt: skip
        """What the last norm gives, (B, N, E), of which :meth:`logits` makes logits; arguments as above."""
        begin, count = 0 if cache is None else cache.length, tokens_BN.shape[1]
        if places_BN is None and mask is not None and mask.dim() == 2:
            places_BN = (mask.cumsum(dim=1) - 1).clamp(min=0)[:, begin:]
        x = self.words(tokens_BN)
        if self.places is not None:
            x = x + (self.places[begin : begin + count] if places_BN is None else self.places[places_BN])
        turns = self._turned(begin, count, places_BN)
        result: Tensor = self.stack(self.dropout(x), mask, turns=turns, cache=cache)
        return result

    def logits(self, x_BNE: Tensor) -> Tensor:
        """What the last norm's numbers (..., E) make likely, (..., V)."""
        if self._writing is not None:
            return self._writing(x_BNE)
        result: Tensor = F.linear(x_BNE, self.words.weight) if self.head is None else self.head(x_BNE)
        return result

    def new_cache(self, *, rows: int = 1, capacity: int | None = None) -> TokenCache:
        """An empty cache for ``rows`` texts of up to ``capacity`` tokens (None: of the whole context)."""
        layout = self.stack.layout
        shape = (len(self.stack.blocks), layout.key_heads, layout.head_width)
        return TokenCache(shape, rows=rows, capacity=capacity or self.context, like=self.words.weight)

    def join(self) -> LanguageModel:
        """Fewer and larger products from now on, for generation; the numbers stay the same but for rounding."""
        for module in self.modules():
            if isinstance(module, Attention):
                module.join()
        if self.head is None and self._writing is None:
            self._writing = Product(self.words.weight, None)
        return self

    def products(self) -> list[Product]:
        """What is computed besides its layers."""
        return [] if self._writing is None else [self._writing]

    def _turned(self, begin: int, count: int, places_BN: Tensor | None) -> Turns | None:
        if self.rotation is None:
            return None
        cosines_ND, sines_ND = self._turn_table(begin + count)
        if places_BN is None:
            return cosines_ND[None, begin : begin + count, None], sines_ND[None, begin : begin + count, None]
        return cosines_ND[places_BN][:, :, None], sines_ND[places_BN][:, :, None]

    def _turn_table(self, places: int) -> Turns:
        """For so many places at least, kept: models that can read very long texts seldom do."""
        weight, known = self.words.weight, self._turns
        if (
            known is None
            or len(known[0]) < places
            or (known[0].device, known[0].dtype) != (weight.device, weight.dtype)
        ):
            assert self.rotation is not None
            with torch.inference_mode(False):  # who writes with it must not keep it from learning
                cosines, sines = self.rotation.table(1 << max(8, (places - 1).bit_length()), weight.device)
                known = self._turns = cosines.to(weight.dtype), sines.to(weight.dtype)
        return known

    def _begin_weights(self, network: Gpt2Network | ModernNetwork) -> None:
        """As GPT-2: what adds to the path through all blocks begins smaller the more of them there are."""
        for name, parameter in self.named_parameters():
            if parameter.dim() < 2:
                if name.endswith("bias"):
                    nn.init.zeros_(parameter)
                continue
            smaller = name.endswith(("out.weight", "down.weight"))
            nn.init.normal_(parameter, std=_SPREAD / (math.sqrt(2 * network.depth) if smaller else 1))
        if isinstance(network, ModernNetwork) and network.begins_with_neighbours and self.rotation is not None:
            look_at_neighbours(self.stack, self.words, self.rotation, tied=network.tied)


def layout_of(network: Gpt2Network | ModernNetwork, dropout: float = 0.0) -> Layout:
    """What the blocks of a network are made of."""
    modern = network if isinstance(network, ModernNetwork) else None
    return Layout(
        width=network.full_width, heads=network.full_heads, key_heads=network.full_key_heads,
        head_width=network.full_head_width, inner=network.full_inner, epsilon=network.epsilon, dropout=dropout,
        activation="silu" if isinstance(network, ModernNetwork) else network.activation,
        rms=modern is not None, gated=modern is not None,
        ask_bias=modern is None or modern.input_bias, out_bias=modern is None, inner_bias=modern is None,
        head_norms=modern is not None and modern.head_norms,
    )  # fmt: skip


def rotation_of(network: Gpt2Network | ModernNetwork) -> Rotation | None:
    """How places turn heads; None where they are learned."""
    if isinstance(network, Gpt2Network):
        return None
    return Rotation(
        network.full_head_width, network.rotary_base, network.rotary_factor, network.rotary_original,
        network.rotary_low, network.rotary_high,
    )  # fmt: skip


def build_language_model(config: LanguageConfig, tokens: int) -> LanguageModel:
    """The network of a config for ``tokens`` different tokens."""
    return LanguageModel(config, tokens)
