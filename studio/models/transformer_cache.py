"""What a decoder has read: keys and values in places that stay, so that nothing is computed or moved twice.

Shapes: L blocks, B rows, G heads that are asked, M places, N places that come, D numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

_GRAIN = 64  # capacities are multiples of this, so that a few places more are seldom a new allocation


@dataclass(slots=True)
class Store:
    """The keys of one block and below them the values, (B, 2 G, capacity, D).

    ``begin`` places are taken, ``end`` will be.
    """

    offered: Tensor
    begin: int
    end: int

    def added(self, *parts: Tensor) -> Tensor:
        """Write those of the places that come, (B, 2 G, N, D) in one part or several; give all so far."""
        place, head = self.offered.narrow(2, self.begin, self.end - self.begin), 0
        for part in parts:
            (place if len(parts) == 1 else place.narrow(1, head, part.shape[1])).copy_(part)
            head += part.shape[1]
        return self.offered.narrow(2, 0, self.end)


class TokenCache:
    """Keys and values of all blocks for ``rows`` texts.

    Attributes:
        length: places taken so far; making it smaller forgets the last ones.
    """

    def __init__(self, shape: tuple[int, int, int], *, rows: int, capacity: int, like: Tensor) -> None:
        """``shape``: L, G and D. ``like``: a tensor of the wished type on the wished device."""
        depth, heads, width = shape
        room = -(-capacity // _GRAIN) * _GRAIN
        self._all = torch.zeros(depth, rows, 2 * heads, room, width, dtype=like.dtype, device=like.device)
        self._blocks = list(self._all)
        self.length = 0

    @property
    def rows(self) -> int:
        return self._all.shape[1]

    @property
    def capacity(self) -> int:
        """Places that there are in all."""
        return self._all.shape[3]

    def stores(self, count: int) -> list[Store]:
        """One for every block, for ``count`` places that come.

        Raises:
            ValueError: there is no room for them; see :meth:`with_room`.
        """
        end = self.length + count
        if end > self.capacity:
            raise ValueError(f"{end} places do not fit into {self.capacity}")
        return [Store(block, self.length, end) for block in self._blocks]

    def with_room(self, capacity: int, rows: int | None = None) -> TokenCache:
        """This one where it has so many places and rows, else a larger one that has read the same.

        A cache of one row may become one of many, all of which have read what it has.
        """
        rows = rows or self.rows
        if capacity <= self.capacity and rows == self.rows:
            return self
        depth, _, offered, _, width = self._all.shape
        made = TokenCache((depth, offered // 2, width), rows=rows, capacity=max(capacity, self.length), like=self._all)
        made._all[:, :, :, : self.length] = self._all[:, :, :, : self.length]
        made.length = self.length
        return made

    def of(self, rows: Tensor) -> TokenCache:
        """What the texts at ``rows`` (R,) have read, with the same room."""
        depth, _, offered, room, width = self._all.shape
        made = TokenCache((depth, offered // 2, width), rows=len(rows), capacity=room, like=self._all)
        made._all[:, :, :, : self.length] = self._all[:, rows, :, : self.length]
        made.length = self.length
        return made
