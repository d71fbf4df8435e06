"""From a file's bytes to text: whatever its encoding, with plain ends of lines, piece by piece."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from unicodedata import category

from charset_normalizer import from_bytes

from studio.data.trees import UnreadableFile

_BLOCK = 1 << 18
"""Bytes decoded at once."""
_SAMPLE = 1 << 15
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SCRIPTS = 4  # different upper halves of the letters of a text in one script, with its punctuation
_WESTERN = "cp1252"
_ACCENTED = frozenset("àáâãäåæçèéêëìíîïñòóôõöøœùúûüýÿßÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØŒÙÚÛÜÝ¿¡«»“”„‘’‚–—…€£°§·\u00a0")


def encoding_of(data: bytes) -> str:
    """The encoding of a text: told by its first bytes, or UTF-8 if it is that, or what its letters speak for.

    Raises:
        UnreadableFile: it is no text.
    """
    for bom, name in _BOMS:
        if data.startswith(bom):
            return name
    if b"\0" in data:
        return _with_zeros(data)
    if _is_utf8(data):
        return "utf-8"
    sample = _telling(data)
    if _is_western(sample):
        return _WESTERN
    best = from_bytes(sample).best()
    return best.encoding if best is not None and _can_all(best.encoding, data) else _WESTERN


def pieces_of(data: bytes, encoding: str) -> Iterator[str]:
    """The text in pieces, ends of lines as ``\\n``; bytes that mean nothing become a sign.

    A piece may be empty, but there is at least one.
    """
    decoder, held = codecs.getincrementaldecoder(encoding)("replace"), ""
    for start in range(0, max(1, len(data)), _BLOCK):
        end = start + _BLOCK >= len(data)
        piece = held + decoder.decode(data[start : start + _BLOCK], final=end)
        # A carriage return at the end may be half of the end of a line.
        held = "\r" if piece.endswith("\r") and not end else ""
        yield piece[: len(piece) - len(held)].replace("\r\n", "\n").replace("\r", "\n")


def lines_of(pieces: Iterator[str], longest: int) -> Iterator[tuple[int, str | None]]:
    """Lines with their numbers from 1; None for one of more than ``longest`` characters, which is not kept."""
    number, held, length, too_long = 1, list[str](), 0, False
    for piece in pieces:
        *ended, rest = piece.split("\n")
        for part in ended:
            too_long = too_long or length + len(part) > longest
            yield number, None if too_long else "".join([*held, part])
            number, held, length, too_long = number + 1, [], 0, False
        too_long = too_long or length + len(rest) > longest
        held, length = ([], 0) if too_long else ([*held, rest], length + len(rest))
    if length or too_long:
        yield number, None if too_long else "".join(held)


def _with_zeros(data: bytes) -> str:
    """UTF-16 without a mark at its beginning has zeros at every other place, or those of few scripts and of spaces."""
    sample = data[: _SAMPLE - _SAMPLE % 4]
    for name, high in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[::2])):
        likely = high.count(0) >= 0.4 * len(high) or (high.count(0) >= 0.05 * len(high) and len(set(high)) <= _SCRIPTS)
        if len(data) % 2 == 0 and likely and _is_clean(sample, name):
            return name
    raise UnreadableFile("holds zero bytes, the first at place {place}, which no text does", place=data.index(b"\0"))


def _is_clean(sample: bytes, encoding: str) -> bool:
    """Whether bytes are text, without signs that steer devices."""
    try:
        words = codecs.getincrementaldecoder(encoding)("strict").decode(sample)
    except UnicodeDecodeError:
        return False
    return not any(category(letter) in ("Cc", "Cn") for letter in set(words) - set("\t\n\r\f"))


def _is_western(sample: bytes) -> bool:
    """Whether bytes look like a western European language in Windows Latin: some of the letters have accents."""
    words = [word for word in sample.decode(_WESTERN, "replace").split() if not word.isascii()]
    letters = "".join(words)
    beyond = [letter for letter in letters if not letter.isascii()]
    return all(letter in _ACCENTED for letter in beyond) and len(beyond) <= 0.7 * len(letters)


def _is_utf8(data: bytes) -> bool:
    return _can_all("utf-8", data)


def _can_all(encoding: str, data: bytes) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        for start in range(0, len(data), _BLOCK):
            decoder.decode(data[start : start + _BLOCK], final=start + _BLOCK >= len(data))
    except UnicodeDecodeError:
        return False
    return True


def _telling(data: bytes) -> bytes:
    """What of a long text is looked at: from the first byte on that is more than ASCII."""
    if len(data) <= _SAMPLE:
        return data
    first = next((start for start in range(0, len(data), _BLOCK) if not data[start : start + _BLOCK].isascii()), 0)
    block = data[first : first + _BLOCK]
    place = next((i for i in range(0, len(block), 256) if not block[i : i + 256].isascii()), 0)
    start = max(0, first + place - 256)
    return data[start : start + _SAMPLE]
