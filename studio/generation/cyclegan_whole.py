"""One translator on whole pictures of any size and shape: borders reflected, large ones in tiles.

A norm takes its mean and deviation from the whole picture. Tiles each with their own would disagree in colour and
contrast; so the moments of the whole picture are found first, norm by norm: all tiles go through the network up to
that norm, with the moments already found. (Two cheaper ways were tried and given up. A copy at reduced size shows the
kernels other details: the mean error was a tenth of the change itself. Moments of tiles that are normed with those of
the round before feed on themselves and run away.) Shapes: C channels, H x W.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from studio.models.cyclegan_generators import ResnetTranslator, Translator
from studio.models.cyclegan_layers import Enough, InstanceNorm, MomentSums, norms_lent, norms_of

WHOLE_PIXELS = 1152 * 1152
"""Pictures of more pixels are worked on in tiles."""
TILE, OVERLAP = 768, 192
INNER_BYTES = 320 << 20
"""A ResNet's inner map up to this size is worked on as a whole, which a few times its size is needed for."""
_LEAST = 16  # narrower pictures are widened by their reflection: less would leave too little to be normed
Work = Generator[tuple[int, int], None, Tensor]
"""Tells how many of how many pieces are done; the picture at last."""


@dataclass(frozen=True, slots=True)
class Tiling:
    """From how many pixels on a picture is cut, and into what; side and overlap are multiples of every grain."""

    above: int = WHOLE_PIXELS
    side: int = TILE
    overlap: int = OVERLAP
    inner: int = INNER_BYTES


@dataclass(frozen=True, slots=True)
class _Span:
    """Where a tile lies along one side, and the part of it that is no other tile's: positions in the picture."""

    start: int
    end: int
    core_start: int
    core_end: int


@dataclass(frozen=True, slots=True)
class _Tile:
    """A tile by its rows and columns."""

    rows: _Span
    columns: _Span

    def of(self, x_CHW: Tensor) -> Tensor:
        """The part of a picture that it is."""
        return x_CHW[:, self.rows.start : self.rows.end, self.columns.start : self.columns.end]

    def core(self, map_BCHW: Tensor) -> Tensor:
        """Of a map of the tile, whatever its resolution, the part that is no other tile's."""
        slices = []
        for span, length in ((self.rows, map_BCHW.shape[2]), (self.columns, map_BCHW.shape[3])):
            whole = span.end - span.start
            slices.append([(place - span.start) * length // whole for place in (span.core_start, span.core_end)])
        (top, bottom), (left, right) = slices
        return map_BCHW[:, :, top:bottom, left:right]

    def place(self, map_BCHW: Tensor, x_CHW: Tensor) -> Tensor:
        """Of a map of the whole picture the part that is no other tile's."""
        return self._cut(map_BCHW, x_CHW, [(s.core_start, s.core_end) for s in (self.rows, self.columns)])

    def part(self, map_BCHW: Tensor, x_CHW: Tensor) -> Tensor:
        """Of a map of the whole picture the part that is this tile."""
        return self._cut(map_BCHW, x_CHW, [(s.start, s.end) for s in (self.rows, self.columns)])

    @staticmethod
    def _cut(map_BCHW: Tensor, x_CHW: Tensor, spans: Sequence[tuple[int, int]]) -> Tensor:
        shares = zip(spans, map_BCHW.shape[2:], x_CHW.shape[1:], strict=True)
        (top, bottom), (left, right) = [(a * inner // whole, b * inner // whole) for (a, b), inner, whole in shares]
        return map_BCHW[:, :, top:bottom, left:right]


def translate(translator: Translator, x_CHW: Tensor, strength: float = 1.0, tiling: Tiling | None = None) -> Work:
    """The translated picture, as large as it came; both (C, H, W) in [-1, 1]."""
    tiling = tiling or Tiling()
    _, height, width = x_CHW.shape
    if height * width <= tiling.above:
        yield 0, 1
        return _whole(translator, x_CHW, strength)
    return (yield from _tiled(translator, x_CHW, strength, tiling))


def _whole(translator: Translator, x_CHW: Tensor, strength: float) -> Tensor:
    """In one call; the border beyond the picture is its reflection."""
    _, height, width = x_CHW.shape
    padded, top, left = reflected(x_CHW, translator.grain)
    return _called(translator, padded, strength)[:, top : top + height, left : left + width]


def _called(translator: Translator, x_CHW: Tensor, strength: float) -> Tensor:
    with torch.no_grad():
        y: Tensor = translator(x_CHW[None], strength)[0]
    return y.float().clamp(-1, 1)


def reflected(x_CHW: Tensor, grain: int, least: int = _LEAST) -> tuple[Tensor, int, int]:
    """The picture with its reflection around it up to multiples of ``grain``, and where in it the picture lies."""
    (above, below), (left, right) = (_margins(side, grain, least) for side in x_CHW.shape[1:])
    if not (above or below or left or right):
        return x_CHW, 0, 0
    if max(above, below) < x_CHW.shape[1] and max(left, right) < x_CHW.shape[2]:
        return F.pad(x_CHW[None], (left, right, above, below), mode="reflect")[0], above, left
    padded = np.pad(x_CHW.cpu().numpy(), ((0, 0), (above, below), (left, right)), mode="reflect")
    return torch.from_numpy(padded).to(x_CHW.device), above, left


def _margins(side: int, grain: int, least: int) -> tuple[int, int]:
    wanted = max(-(-side // grain) * grain, -(-least // grain) * grain)
    return (wanted - side) // 2, wanted - side - (wanted - side) // 2


def _tiled(translator: Translator, x_CHW: Tensor, strength: float, tiling: Tiling) -> Work:
    """Tile by tile, all with the moments of the whole."""
    padded, top, left = reflected(x_CHW, translator.grain)
    rows, columns = (_spans(length, translator.grain, tiling) for length in padded.shape[1:])
    tiles = [_Tile(row, column) for row in rows for column in columns]
    inner = translator.inner * padded[0].numel() // 4 if isinstance(translator, ResnetTranslator) else 0
    with norms_lent(translator):
        if isinstance(translator, ResnetTranslator) and inner <= tiling.inner:
            laid = yield from _in_stages(translator, padded, strength, tiles)
        else:
            yield from _moments_found(lambda t: translator(t.of(padded)[None]), norms_of(translator), tiles)
            laid = yield from _joined(lambda t: _called(translator, t.of(padded), strength), tiles, padded)
    _, height, width = x_CHW.shape
    return laid[:, top : top + height, left : left + width]


def _in_stages(translator: ResnetTranslator, x_CHW: Tensor, strength: float, tiles: Sequence[_Tile]) -> Work:
    """In a ResNet only head and tail, which work at full size, see tiles; the blocks between see the whole map."""
    head = [norm for part in (translator.begin, translator.down) for norm in norms_of(part)]
    yield from _moments_found(lambda t: translator.head(t.of(x_CHW)[None]), head, tiles)
    h_1Chw = x_CHW.new_empty(
        (1, translator.inner, x_CHW.shape[1] // translator.grain, x_CHW.shape[2] // translator.grain)
    )
    with torch.no_grad():
        for done, tile in enumerate(tiles):
            yield done, len(tiles)
            tile.place(h_1Chw, x_CHW).copy_(tile.core(translator.head(tile.of(x_CHW)[None])))
        for done, block in enumerate(translator.blocks):
            yield done, len(translator.blocks)
            h_1Chw = block(h_1Chw)
    yield from _moments_found(lambda t: translator.tail(t.part(h_1Chw, x_CHW)), norms_of(translator.up), tiles)

    def painted(tile: _Tile) -> Tensor:
        with torch.no_grad():
            y: Tensor = translator.lay(tile.of(x_CHW)[None], translator.tail(tile.part(h_1Chw, x_CHW)), strength)
        return y[0].float().clamp(-1, 1)

    return (yield from _joined(painted, tiles, x_CHW))


def _moments_found(
    run: Callable[[_Tile], Tensor], norms: Sequence[InstanceNorm], tiles: Sequence[_Tile]
) -> Generator[tuple[int, int], None, None]:
    """Give each norm, in the order in which a picture meets them, the moments of what comes to it from all tiles."""
    for number, norm in enumerate(norms):
        sums = MomentSums()
        for done, tile in enumerate(tiles):
            yield number * len(tiles) + done, len(norms) * len(tiles)
            _measure(run, norm, tile, sums)
        norm.given = sums.moments()


def _measure(run: Callable[[_Tile], Tensor], norm: InstanceNorm, tile: _Tile, sums: MomentSums) -> None:
    """Send a tile through the network as far as ``norm``, and add what comes there."""

    def take(map_BCHW: Tensor) -> None:
        sums.add(tile.core(map_BCHW))
        raise Enough

    norm.measure = take
    with suppress(Enough), torch.no_grad():
        run(tile)
    norm.measure = None


def _joined(run: Callable[[_Tile], Tensor], tiles: Sequence[_Tile], x_CHW: Tensor) -> Work:
    """Tiles of the result, blended where they overlap."""
    painted, weights = torch.zeros_like(x_CHW), torch.zeros_like(x_CHW[:1])
    for done, tile in enumerate(tiles):
        yield done, len(tiles)
        weight = _ramp(tile, x_CHW)
        tile.of(painted).add_(run(tile) * weight)
        tile.of(weights).add_(weight)
    return painted / weights


def _spans(length: int, grain: int, tiling: Tiling) -> list[_Span]:
    """Tiles along one side, evenly, so that each overlaps the next by about ``overlap``; all at multiples of grain."""
    if length <= tiling.side:
        return [_Span(0, length, 0, length)]
    count = -(-(length - tiling.overlap) // (tiling.side - tiling.overlap))
    starts = [round(i * (length - tiling.side) / (count - 1) / grain) * grain for i in range(count)]
    ends = [start + tiling.side for start in starts]
    cuts = [(after + end) // 2 // grain * grain for after, end in zip(starts[1:], ends, strict=False)]
    return [_Span(*spans) for spans in zip(starts, ends, [0, *cuts], [*cuts, length], strict=True)]


def _ramp(tile: _Tile, x_CHW: Tensor) -> Tensor:
    """How much each place of a tile counts, (1, h, w): less and less towards edges that another tile goes beyond."""
    sides = []
    for span, whole in zip((tile.rows, tile.columns), x_CHW.shape[1:], strict=True):
        place = torch.arange(span.start, span.end, dtype=torch.float32) + 0.5
        reach = 2 * max(1, span.core_start - span.start, span.end - span.core_end)
        near = torch.full_like(place, reach) if span.start == 0 else place - span.start
        far = torch.full_like(place, reach) if span.end == whole else span.end - place
        sides.append(torch.minimum(near, far).clamp(max=reach) / reach)
    return (sides[0][:, None] * sides[1][None, :])[None].to(x_CHW.device)
