"""What Project Gutenberg writes before and after a book: found, so that a model need not learn it."""

from __future__ import annotations

import re

from studio.data.texts.store import TextStore

_LOOKED_AT = 40_000  # characters at either end
_MARK = r"\*\*\* ?{} OF (?:THE|THIS) PROJECT GUTENBERG E(?:BOOK|TEXT)[^\n]*\n"
_START = re.compile(_MARK.format("START"), re.IGNORECASE)
_END = re.compile(r"(?:\n *End of (?:the )?Project Gutenberg'?s?[^\n]*\n\s*)?" + _MARK.format("END"), re.IGNORECASE)


def body_of(store: TextStore, index: int) -> tuple[int, int]:
    """Where a book begins and ends in a document, in characters; all of it where there is no header.

    Raises:
        DamagedError: it is not what was imported.
    """
    length = int(store.characters[index])
    head = store.excerpt(index, 0, _LOOKED_AT)
    start = _START.search(head)
    if start is None:
        return 0, length
    begin = start.end() + len(head[start.end() :]) - len(head[start.end() :].lstrip())
    place = max(begin, length - _LOOKED_AT)
    tail = store.excerpt(index, place, length) + "\n"
    end = _END.search(tail)
    return begin, place + len(tail[: end.start()].rstrip()) if end is not None else length
