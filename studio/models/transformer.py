"""The Transformer, once for all families: attention, feed-forward, blocks, stacks of them; what makes it read on.

Each part stands beside the paper that it is from; a :class:`Layout` says which of them a stack is made of. A stack is
an encoder (everybody looks at everybody), a decoder (``causal``: only back), or a decoder that looks at an encoder's
words too (``memory_width``).

Shapes: B items, N places, M places of what is attended to, E numbers a place, H heads of D numbers that ask, G heads
that are asked, F numbers inside the feed-forward part.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from studio.models.products import Product
from studio.models.transformer_cache import Store, TokenCache

Activation = Literal["gelu", "gelu_tanh", "relu", "silu"]
Turns = tuple[Tensor, Tensor]
"""Cosines and sines (B or 1, N, 1, D) by which places are told apart (see ``studio.models.rotary``)."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the blocks of one stack are made of; as it stands, of what Xiong et al. 2020 (arXiv:2002.04745) describe.

    Attributes:
        width: E. heads, key_heads: H and G, of which H is a multiple. head_width: D. inner: F.
        rms: root mean square norms instead of layer norms. gated: a gate inside the feed-forward part.
        ask_bias, out_bias, inner_bias: whether these layers add a constant. head_norms: norms of every head's
            questions and keys. post: norms come after what is added. dropout: share of numbers left out in training.
    """

    width: int
    heads: int
    key_heads: int
    head_width: int
    inner: int
    rms: bool = False
    epsilon: float = 1e-5
    activation: Activation = "gelu"
    gated: bool = False
    ask_bias: bool = False
    out_bias: bool = True
    inner_bias: bool = True
    head_norms: bool = False
    post: bool = False
    dropout: float = 0.0


def plain(width: int, dropout: float = 0.0) -> Layout:
    """The layout of small Transformers on pictures and captions: heads as :func:`head_count` has them, F = 4 E."""
    heads = head_count(width)
    return Layout(
        width=width, heads=heads, key_heads=heads, head_width=width // heads, inner=4 * width, dropout=dropout
    )


def head_count(width: int, head_width: int = 32) -> int:
    """How many heads suit a width: heads of about ``head_width`` numbers, so many that they divide it."""
    return next(count for count in range(max(1, width // head_width), 0, -1) if width % count == 0)


def norm_of(layout: Layout, width: int | None = None) -> nn.Module:
    """Layer norm (Ba et al. 2016, arXiv:1607.06450), or without the mean (Zhang & Sennrich 2019, arXiv:1910.07467)."""
    kind = nn.RMSNorm if layout.rms else nn.LayerNorm
    return kind(width or layout.width, eps=layout.epsilon)


class Attention(nn.Module):
    """Scaled dot-product attention (Vaswani et al. 2017, arXiv:1706.03762, section 3.2).

    With G < H several heads ask the same keys (Ainslie et al. 2023, arXiv:2305.13245): head h asks h // (H / G).

    Args:
        memory_width: E of the places that are asked (None: the same places that ask).

    Attributes:
        kept: None, or a list to which the weights (B, H, N, M) of every call are appended.
    """

    def __init__(self, layout: Layout, memory_width: int | None = None) -> None:
        super().__init__()
        self.heads, self.key_heads, self.head_width = layout.heads, layout.key_heads, layout.head_width
        asked, offered = self.heads * self.head_width, self.key_heads * self.head_width
        self.ask = nn.Linear(layout.width, asked, bias=layout.ask_bias)
        self.offer = nn.Linear(memory_width or layout.width, 2 * offered, bias=layout.ask_bias)
        self.out = nn.Linear(asked, layout.width, bias=layout.out_bias)
        self.ask_norm = norm_of(layout, self.head_width) if layout.head_norms else None
        self.key_norm = norm_of(layout, self.head_width) if layout.head_norms else None
        self.kept: list[Tensor] | None = None
        self._joined: Product | None = None

    def forward(
        self, x_BNE: Tensor, memory_BME: Tensor | None = None, mask: Tensor | None = None, *,
        causal: bool = False, turns: Turns | None = None, store: Store | None = None, offered: Tensor | None = None,
    ) -> Tensor:  # fmt: skip
        """What each place makes of what it attends to, (B, N, E).

        Args:
            mask: True where a place may be attended to, one at least of every row: (B, M), or (B or 1, N, M). Or
                numbers that are added to how much it is: 0 and minus infinity stand for true and false.
            causal: no place attends to a later one (without ``mask`` and without an earlier part in ``store``).
            store: keys and values of the places before, to which those of these places are added.
            offered: what :meth:`offer_all` made of a memory, in its place.
        """
        if offered is not None:
            q_BHND, parts = self._asked(x_BNE), [offered]
        else:
            q_BHND, *parts = self._heads(x_BNE, memory_BME, turns)
        if store is not None:
            parts = [store.added(*parts)]
        k_BGMD, v_BGMD = parts if len(parts) == 2 else parts[0].split(self.key_heads, dim=1)
        if mask is not None:
            mask = mask[:, None, None, :] if mask.dim() == 2 else mask[:, None]
        if self.kept is None:
            made = self._attended(q_BHND, k_BGMD, v_BGMD, mask, causal)
        else:
            made = self._told(q_BHND, k_BGMD, mask, causal) @ self._for_each(v_BGMD)
        result: Tensor = self.out(made.transpose(1, 2).flatten(2))
        return result

    def offer_all(self, memory_BME: Tensor) -> Tensor:
        """Keys and below them values of a memory, (B, 2 G, M, D): for many questions, which each take them as they are.

        Only for attention without norms of heads.
        """
        offered = self.offer(memory_BME).unflatten(2, (2 * self.key_heads, self.head_width))
        result: Tensor = offered.transpose(1, 2).contiguous()
        return result

    def join(self) -> None:
        """Ask and offer in one product from now on, which is faster place by place; not for training.

        Both weights become views of one: nothing is held twice. Only for attention to oneself.

        Raises:
            ValueError: the layers are no ordinary ones: what was added to them has to be merged first.
        """
        if self._joined is not None:
            return
        if type(self.ask) is not nn.Linear or type(self.offer) is not nn.Linear:
            raise ValueError("merge what was added to the layers before joining them")
        weight = torch.cat([self.ask.weight, self.offer.weight]).detach()
        bias = None if self.ask.bias is None else torch.cat([self.ask.bias, self.offer.bias]).detach()
        rows = self.ask.out_features
        self.ask.weight.data, self.offer.weight.data = weight[:rows], weight[rows:]
        if bias is not None:
            self.ask.bias.data, self.offer.bias.data = bias[:rows], bias[rows:]
        self._joined = Product(weight, bias)

    def products(self) -> list[Product]:
        """What is computed besides its layers."""
        return [] if self._joined is None else [self._joined]

    @property
    def bypassed(self) -> tuple[str, ...]:
        """Layers that :meth:`products` stand for."""
        return () if self._joined is None else ("ask", "offer")

    def _asked(self, x: Tensor) -> Tensor:
        """What is asked of a memory (B, H, N, D)."""
        q: Tensor = self.ask(x)
        return q.view(*q.shape[:2], self.heads, self.head_width).transpose(1, 2)

    def _heads(self, x: Tensor, memory: Tensor | None, turns: Turns | None) -> list[Tensor]:
        """What is asked (B, H, N, D); the keys and values (B, G, M, D) one by one, or together as (B, 2 G, M, D)."""
        if self._joined is None:
            q = self.ask(x).unflatten(2, (self.heads, self.head_width))
            offered = self.offer(x if memory is None else memory).unflatten(2, (2 * self.key_heads, self.head_width))
        else:
            both = self._joined(x)
            both = both.view(*both.shape[:2], -1, self.head_width)
            q, offered = both.split((self.heads, 2 * self.key_heads), dim=2)
        if self.ask_norm is None and turns is None:
            return [q.transpose(1, 2), offered.transpose(1, 2)]
        k, v = offered.split(self.key_heads, dim=2)
        if self.ask_norm is not None and self.key_norm is not None:
            q, k = self.ask_norm(q), self.key_norm(k)
        if turns is not None:
            q, k = turned(q, turns), turned(k, turns)
        return [q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)]

    def _attended(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, causal: bool) -> Tensor:
        if self.key_heads == self.heads:
            return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal)
        if q.shape[2] == 1:  # heads that ask the same keys are like places that do: nothing has to be repeated
            rows = q.reshape(q.shape[0], self.key_heads, -1, self.head_width)
            return F.scaled_dot_product_attention(rows, k, v, attn_mask=mask).reshape(q.shape)
        k, v = self._for_each(k), self._for_each(v)
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal)

    def _told(self, q: Tensor, k: Tensor, mask: Tensor | None, causal: bool) -> Tensor:
        scores = q @ self._for_each(k).transpose(2, 3) / math.sqrt(q.shape[-1])
        if causal:
            mask = torch.ones(scores.shape[2:], dtype=torch.bool, device=q.device).tril()
        if mask is not None:
            scores = scores.masked_fill(~mask, -torch.inf) if mask.dtype == torch.bool else scores + mask
        weights = scores.softmax(dim=-1)
        assert self.kept is not None
        self.kept.append(weights.detach())
        return weights

    def _for_each(self, offered_BGMD: Tensor) -> Tensor:
        """The keys or values (B, H, M, D) for every head that asks."""
        if self.key_heads == self.heads:
            return offered_BGMD
        return offered_BGMD.repeat_interleave(self.heads // self.key_heads, dim=1)


def turned(x_BNHD: Tensor, turns: Turns) -> Tensor:
    """Rotary positions (Su et al. 2021, arXiv:2104.09864, equation 34), the halves of a head as pairs' two sides."""
    cosines, sines = turns
    return torch.addcmul(x_BNHD * cosines, x_BNHD.roll(x_BNHD.shape[-1] // 2, -1), sines)


class FeedForward(nn.Module):
    """(..., E) -> (..., E) by way of F numbers (Vaswani et al. 2017, section 3.3), as a rule with GELU.

    ``gated``: one half of what goes up decides how much of the other passes (Shazeer 2020, arXiv:2002.05202).
    """

    def __init__(self, layout: Layout) -> None:
        super().__init__()
        self.gated, self.activation = layout.gated, layout.activation
        self.up = nn.Linear(layout.width, layout.inner * (2 if layout.gated else 1), bias=layout.inner_bias)
        self.down = nn.Linear(layout.inner, layout.width, bias=layout.inner_bias)
        self.dropout = nn.Dropout(layout.dropout)

    def forward(self, x: Tensor) -> Tensor:
        inner = self.up(x)
        if self.gated:
            gate, inner = inner.chunk(2, dim=-1)
            inner = activated(gate, self.activation) * inner
        else:
            inner = activated(inner, self.activation)
        result: Tensor = self.down(self.dropout(inner) if self.training else inner)
        return result


def activated(x: Tensor, kind: Activation) -> Tensor:
    """GELU (Hendrycks & Gimpel 2016, arXiv:1606.08415) exactly or by their tanh; ReLU; SiLU."""
    if kind == "gelu_tanh":
        return F.gelu(x, approximate="tanh")
    if kind == "silu":
        return F.silu(x)
    return F.relu(x) if kind == "relu" else F.gelu(x)


class Block(nn.Module):
    """Attention to oneself, to a memory where there is one, then feed-forward; each normalised before, added after.

    (B, N, E) -> (B, N, E). Norms come before, as in Xiong et al. 2020 (arXiv:2002.04745), equation 4; with
    ``Layout.post`` they come after what is added, as in Vaswani et al. 2017, section 3.1.
    """

    def __init__(self, layout: Layout, memory_width: int | None = None) -> None:
        super().__init__()
        self.post = layout.post
        self.norm1, self.norm2 = norm_of(layout), norm_of(layout)
        self.attention, self.forward_part = Attention(layout), FeedForward(layout)
        self.dropout = nn.Dropout(layout.dropout)
        if memory_width is not None:
            self.norm3, self.words = norm_of(layout), Attention(layout, memory_width)

    def forward(
        self, x_BNE: Tensor, mask: Tensor | None = None, *, causal: bool = False, turns: Turns | None = None,
        store: Store | None = None, memory_BME: Tensor | None = None, memory_mask: Tensor | None = None,
        offered: Tensor | None = None,
    ) -> Tensor:  # fmt: skip
        """``mask``, ``causal``, ``turns`` and ``store`` as in :class:`Attention`; they concern these places alone.

        ``offered``: what ``words.offer_all`` made of the memory, in its place.
        """
        x = x_BNE
        own = self.attention(x if self.post else self.norm1(x), mask=mask, causal=causal, turns=turns, store=store)
        x = x + (self.dropout(own) if self.training else own)
        x = self.norm1(x) if self.post else x
        if memory_BME is not None or offered is not None:
            seen = self.words(x if self.post else self.norm3(x), memory_BME, memory_mask, offered=offered)
            x = x + (self.dropout(seen) if self.training else seen)
            x = self.norm3(x) if self.post else x
        result: Tensor = x + self.forward_part(x if self.post else self.norm2(x))
        return self.norm2(result) if self.post else result


class Stack(nn.Module):
    """Blocks one after another and a norm: an encoder, or where ``causal`` a decoder. (B, N, E) -> (B, N, E).

    Attributes:
        recompute: while it learns, what a block made is computed again instead of being kept (Chen et al. 2016,
            arXiv:1604.06174).
    """

    def __init__(self, layout: Layout, depth: int, *, causal: bool, memory_width: int | None = None) -> None:
        super().__init__()
        self.layout, self.causal, self.recompute = layout, causal, False
        self.blocks = nn.ModuleList(Block(layout, memory_width) for _ in range(depth))
        self.norm = None if layout.post else norm_of(layout)

    def forward(
        self, x_BNE: Tensor, mask: Tensor | None = None, *, turns: Turns | None = None,
        cache: TokenCache | None = None, memory_BME: Tensor | None = None, memory_mask: Tensor | None = None,
        offered: Sequence[Tensor] | None = None,
    ) -> Tensor:  # fmt: skip
        """``mask``: True where a place is real, (B, M) over the places in ``cache`` and these, or who may look at whom,
        (B, N, M); with ``cache`` the places follow those in it. ``offered``: of the memory, for each block."""
        seen, causal = self._seen(x_BNE, mask, 0 if cache is None else cache.length)
        x, stores = x_BNE, None if cache is None else cache.stores(x_BNE.shape[1])
        for i, block in enumerate(self.blocks):
            store = None if stores is None else stores[i]
            call = partial(
                block, causal=causal, turns=turns, store=store, memory_BME=memory_BME, memory_mask=memory_mask,
                offered=None if offered is None else offered[i],
            )  # fmt: skip
            again = self.recompute and self.training and torch.is_grad_enabled()
            x = checkpoint(call, x, seen, use_reentrant=False) if again else call(x, seen)
        if cache is not None:
            cache.length += x.shape[1]
        return x if self.norm is None else self.norm(x)

    def _seen(self, x_BNE: Tensor, mask: Tensor | None, begin: int) -> tuple[Tensor | None, bool]:
        """The mask of each block's attention, and whether attention itself sees to causality."""
        count = x_BNE.shape[1]
        if not self.causal or count == 1 or (mask is not None and mask.dim() == 3):
            return mask, False
        if mask is None and begin == 0:
            return None, True
        back = torch.ones(count, begin + count, dtype=torch.bool, device=x_BNE.device).tril(begin)[None]
        if mask is None:
            return back, False
        # A place that is not real looks at itself: a row without any place would make numbers of nothing.
        own = torch.eye(count, dtype=torch.bool, device=x_BNE.device)
        own = torch.cat([own.new_zeros(count, begin), own], dim=1)
        return (back & mask[:, None, :]) | own, False
