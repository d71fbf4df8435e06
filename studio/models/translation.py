"""The Transformer that translates: an encoder reads the source, a decoder writes and looks at it (Vaswani et al. 2017).

Shapes: B pairs, M tokens of a source, N tokens of a target, V different tokens, E numbers a token, L blocks, G heads of
D numbers that are asked; K translations of one source that are written beside each other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from studio.config.translation import TranslationConfig, TranslationNetwork
from studio.models.products import Product
from studio.models.rotary import Rotation
from studio.models.sinusoids import waves
from studio.models.transformer import Attention, Layout, Stack, Turns
from studio.models.transformer_cache import TokenCache


@dataclass(slots=True)
class Source:
    """Sources that were read: what the decoder asks of them.

    Attributes:
        offered: for each block of the decoder keys and below them values, (B, 2 G, M, D).
        mask: what is added to how much a place is looked at, (B, 1, M), minus infinity where no token is; or None.
    """

    offered: list[Tensor]
    mask: Tensor | None

    def of(self, rows: Tensor) -> Source:
        """Those at ``rows`` (R,) alone."""
        mask = None if self.mask is None else self.mask[rows]
        return Source([one[rows] for one in self.offered], mask)


class TranslationModel(nn.Module):
    """Tokens of sources (B, M) and of targets so far (B, N) -> what is likely to come next: logits (B, N, V).

    Args:
        source_tokens, target_tokens: how many different ones each language has.

    Raises:
        ValueError: languages with vocabularies of two sizes cannot share their tokens' weights.
    """

    def __init__(self, config: TranslationConfig, source_tokens: int, target_tokens: int) -> None:
        super().__init__()
        network = config.network
        if network.shared and source_tokens != target_tokens:
            raise ValueError(f"{source_tokens} and {target_tokens} tokens cannot share their weights")
        self.config, self.context = config, config.context
        self.source_tokens, self.target_tokens = source_tokens, target_tokens
        width, learned = network.width, network.positions == "learned"
        self.source_words = nn.Embedding(source_tokens, width)
        self.target_words = None if network.shared else nn.Embedding(target_tokens, width)
        self.source_places = nn.Parameter(torch.empty(self.context, width)) if learned else None
        self.target_places = nn.Parameter(torch.empty(self.context, width)) if learned else None
        self.dropout = nn.Dropout(config.dropout)
        reading, writing = layout_of(network, config.dropout), layout_of(network, config.dropout, decoder=True)
        self.encoder = Stack(reading, network.full_depth, causal=False)
        self.decoder = Stack(writing, network.full_decoder_depth, causal=True, memory_width=width)
        self.head = None if network.tied else nn.Linear(width, target_tokens, bias=False)
        self.output_bias = nn.Parameter(torch.empty(target_tokens)) if network.output_bias else None
        self.scale = math.sqrt(width) if network.scaled else 1.0
        self._writing: Product | None = None
        self._waves: Tensor | None = None
        self._turns: dict[int, Turns] = {}
        self._begin_weights()

    def forward(self, source_BM: Tensor, target_BN: Tensor, source_mask: Tensor | None = None) -> Tensor:
        """Logits (B, N, V). ``source_mask`` (B, M) is True where a source has a token; None: everywhere.

        Targets of different lengths are filled up at their ends: no place looks at a later one.
        """
        return self.logits(self.decoded(source_BM, target_BN, source_mask))

    def decoded(self, source_BM: Tensor, target_BN: Tensor, source_mask: Tensor | None = None) -> Tensor:
        """What the decoder makes of targets so far, (B, N, E): :meth:`logits` of it are those of :meth:`forward`."""
        memory_BME = self.read(source_BM, source_mask)
        x = self._placed(target_BN, 0, decoder=True)
        turns = self._turned(self.decoder.layout, 0, target_BN.shape[1])
        result: Tensor = self.decoder(x, turns=turns, memory_BME=memory_BME, memory_mask=source_mask)
        return result

    def read(self, source_BM: Tensor, source_mask: Tensor | None = None) -> Tensor:
        """What the encoder makes of sources, (B, M, E)."""
        turns = self._turned(self.encoder.layout, 0, source_BM.shape[1])
        result: Tensor = self.encoder(self._placed(source_BM, 0, decoder=False), source_mask, turns=turns)
        return result

    def offer(self, source_BM: Tensor, source_mask: Tensor | None = None) -> Source:
        """Read sources for :meth:`write`: what every step of writing asks is computed once."""
        memory_BME = self.read(source_BM, source_mask)
        added = None
        if source_mask is not None:
            added = memory_BME.new_zeros(source_mask.shape).masked_fill_(~source_mask, -torch.inf)[:, None]
        return Source([words.offer_all(memory_BME) for words in self.attentions()], added)

    def write(self, tokens_BK: Tensor, source: Source, cache: TokenCache, mask: Tensor | None = None) -> Tensor:
        """The next token of K translations of each source: what is likely to come after them, (B, K, V).

        Translations of a source are places beside each other in ``cache``, where each looks at its own past alone: so
        nothing has to be moved when one of them goes on in several ways, or not at all.

        Args:
            mask: what is added to how much each looks at the places in ``cache`` and these, (B, K, M'); None: each
                source has one translation.
        """
        count = tokens_BK.shape[1]
        place = cache.length // count
        x = self._words_of(tokens_BK, decoder=True)
        here = self._table(place + 1, decoder=True)
        if here is not None:
            x = x + here[place]
        turns = self._turned(self.decoder.layout, place, 1)
        x = self.decoder(x, mask, turns=turns, cache=cache, offered=source.offered, memory_mask=source.mask)
        return self.logits(x)

    def logits(self, x_BNE: Tensor) -> Tensor:
        """What the decoder's last numbers (B, N, E) make likely, (B, N, V)."""
        if self.head is not None:
            made: Tensor = self.head(x_BNE)
            return made if self.output_bias is None else made + self.output_bias
        if self._writing is not None:
            return self._writing(x_BNE)
        return F.linear(x_BNE, self.written_words.weight, self.output_bias)

    @property
    def written_words(self) -> nn.Embedding:
        """The weights by which the target's tokens are read."""
        return self.source_words if self.target_words is None else self.target_words

    def new_cache(self, *, rows: int, capacity: int) -> TokenCache:
        """An empty cache for ``rows`` sources, ``capacity`` places each."""
        layout = self.decoder.layout
        shape = (len(self.decoder.blocks), layout.key_heads, layout.head_width)
        return TokenCache(shape, rows=rows, capacity=capacity, like=self.source_words.weight)

    def join(self) -> TranslationModel:
        """Fewer and larger products from now on, for generation; the numbers stay the same but for rounding."""
        for block in (*self.encoder.blocks, *self.decoder.blocks):
            block.attention.join()
        if self.head is None and self._writing is None:
            self._writing = Product(self.written_words.weight, self.output_bias)
        return self

    def products(self) -> list[Product]:
        """What is computed besides its layers."""
        return [] if self._writing is None else [self._writing]

    def attentions(self) -> list[Attention]:
        """Those of the decoder that look at the source, block by block: what they look at can be kept."""
        return [block.words for block in self.decoder.blocks if isinstance(block.words, Attention)]

    def _words_of(self, tokens: Tensor, *, decoder: bool) -> Tensor:
        x: Tensor = (self.written_words if decoder else self.source_words)(tokens)
        return x * self.scale if self.scale != 1 else x

    def _placed(self, tokens: Tensor, begin: int, *, decoder: bool) -> Tensor:
        x, end = self._words_of(tokens, decoder=decoder), begin + tokens.shape[1]
        table = self._table(end, decoder=decoder)
        return self.dropout(x if table is None else x + table[begin:end])  # type: ignore[no-any-return]

    def _table(self, places: int, *, decoder: bool) -> Tensor | None:
        """What is added to tokens at each place, so many at least; None where heads are turned instead."""
        kind = self.config.network.positions
        if kind == "rotary":
            return None
        if kind == "learned":
            return self.target_places if decoder else self.source_places
        weight, known = self.source_words.weight, self._waves
        if known is None or len(known) < places or (known.device, known.dtype) != (weight.device, weight.dtype):
            count = 1 << max(8, (places - 1).bit_length())
            known = waves(count, weight.shape[1], halves=kind == "halves", device=weight.device).to(weight.dtype)
            self._waves = known
        return known

    def _turned(self, layout: Layout, begin: int, count: int) -> Turns | None:
        if self.config.network.positions != "rotary":
            return None
        weight, width, end = self.source_words.weight, layout.head_width, begin + count
        known = self._turns.get(width)
        if (
            known is None
            or len(known[0]) < end
            or (known[0].device, known[0].dtype) != (weight.device, weight.dtype)
        ):
            cosines, sines = Rotation(width).table(1 << max(8, (end - 1).bit_length()), weight.device)
            known = self._turns[width] = cosines.to(weight.dtype), sines.to(weight.dtype)
        return known[0][None, begin:end, None], known[1][None, begin:end, None]

    def _begin_weights(self) -> None:
        """Layers by their two sizes (Glorot & Bengio 2010), tokens so that scaled ones have a deviation of about 1."""
        spread = self.source_words.weight.shape[1] ** -0.5
        for name, parameter in self.named_parameters():
            if parameter.dim() < 2:
                if name.endswith("bias"):
                    nn.init.zeros_(parameter)
            elif name.endswith(("words.weight", "places")) and "blocks" not in name:
                nn.init.normal_(parameter, std=spread)
            else:
                nn.init.xavier_uniform_(parameter)


def layout_of(network: TranslationNetwork, dropout: float = 0.0, *, decoder: bool = False) -> Layout:
    """What the blocks of the encoder, or of the decoder, are made of."""
    heads = network.full_decoder_heads if decoder else network.full_heads
    return Layout(
        width=network.width, heads=heads, key_heads=heads, head_width=network.width // heads,
        inner=network.full_decoder_inner if decoder else network.full_inner, epsilon=network.epsilon,
        activation=network.activation, ask_bias=True, post=network.norm == "post", dropout=dropout,
    )  # fmt: skip


def build_translation_model(config: TranslationConfig, source_tokens: int, target_tokens: int) -> TranslationModel:
    """The network of a config for vocabularies of these sizes."""
    return TranslationModel(config, source_tokens, target_tokens)
