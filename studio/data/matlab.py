"""Number arrays from MATLAB's version 5 files, as far as the labels of Flowers-102 need them.

The format is that of "MAT-File Format", The MathWorks, chapter 1: after a header of 128 bytes, elements with a type
and a length; a matrix is an element that holds its flags, its dimensions, its name and its numbers.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

_HEADER = 128
_MATRIX, _COMPRESSED = 14, 15
_LIMIT = 64 << 20
_NUMBERS: dict[int, str] = {
    1: "i1", 2: "u1", 3: "<i2", 4: "<u2", 5: "<i4", 6: "<u4", 7: "<f4", 9: "<f8", 12: "<i8", 13: "<u8",
}  # fmt: skip


def read_arrays(data: bytes) -> dict[str, np.ndarray]:
    """All real number arrays of a little-endian version 5 file by name, each flattened (n,).

    Raises:
        ValueError: it is no such file, or it is cut short or damaged.
    """
    if data[126:128] != b"IM" or len(data) < _HEADER:
        raise ValueError("not a little-endian MATLAB 5 file")
    try:
        return dict(_matrices(data[_HEADER:]))
    except (struct.error, zlib.error, IndexError, KeyError) as error:
        raise ValueError(f"damaged MATLAB file: {error}") from error


def _matrices(data: bytes) -> Iterator[tuple[str, np.ndarray]]:
    for kind, body in _elements(data):
        if kind == _COMPRESSED:
            yield from _matrices(zlib.decompressobj().decompress(body, _LIMIT))
        elif kind == _MATRIX:
            parts = list(_elements(body))
            name = parts[2][1].decode("ascii", "replace")
            yield name, _numbers(*parts[3])


def _numbers(kind: int, body: bytes) -> np.ndarray:
    numbers: np.dtype[Any] = np.dtype(_NUMBERS[kind])
    return np.frombuffer(body, numbers)


def _elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Types and contents; short elements carry their content inside the tag, all are padded to eight bytes."""
    position = 0
    while position + 8 <= len(data):
        kind, length = struct.unpack_from("<II", data, position)
        if kind >> 16:
            yield kind & 0xFFFF, data[position + 4 : position + 4 + (kind >> 16)]
            position += 8
            continue
        body = data[position + 8 : position + 8 + length]
        if len(body) != length:
            raise ValueError("the file is cut short")
        yield kind, body
        position += 8 + length + (0 if kind == _COMPRESSED else -length % 8)
