"""What a language model has read, in words and pieces: tints by probability, and what stands before a token. No Qt."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from studio.generation.replies import ReadText, ReadToken

_BYTE = re.compile(r"<([89a-f][0-9a-f])>")
LEAST = 1e-4
"""Probability from which on a tint is as strong as can be."""


def surprise(probability: float | None) -> float:
    """How surprised the model was, 0 (at one half or more) .. 1 (at 1 in 10 000 or less)."""
    if probability is None or probability >= 0.5:
        return 0.0
    return min(1.0, math.log(0.5 / max(probability, LEAST)) / math.log(0.5 / LEAST))


def loss_of(tokens: Sequence[ReadToken]) -> float:
    """The mean surprise in nats over the tokens that were foreseen at all."""
    found = [-math.log(max(token.probability, 1e-30)) for token in tokens if token.probability is not None]
    return sum(found) / len(found) if found else math.nan


def bytes_of(text: str) -> bytes:
    """The bytes that a token stands for: of its letters, and those that are shown as ``<e2>``."""
    found, place = bytearray(), 0
    for match in _BYTE.finditer(text):
        found += text[place : match.start()].encode("utf-8", "surrogatepass") + bytes([int(match[1], 16)])
        place = match.end()
    return bytes(found + text[place:].encode("utf-8", "surrogatepass"))


def is_broken(text: str) -> bool:
    """Whether a token holds only a part of a letter."""
    return bool(_BYTE.search(text))


def text_of(tokens: Sequence[ReadToken], whole: str) -> str:
    """The text of tokens that were read of ``whole``; half a letter at the end is left out."""
    literal = "".join(token.text for token in tokens if not token.mark)
    if literal in whole:
        return literal
    return b"".join(bytes_of(token.text) for token in tokens if not token.mark).decode("utf-8", "ignore")


def last_turn(read: ReadText) -> tuple[int, int]:
    """Which tokens of a conversation the last message has, from which to which (not itself)."""
    marks = [at for at, token in enumerate(read.tokens) if token.mark]
    end = len(read.tokens)
    while marks and marks[-1] == end - 1:
        end = marks.pop()
    return (marks[-1] + 1 if marks else 0), end


def begun(read: ReadText, at: int, text: str, reply: str | None) -> str | None:
    """What stands before token ``at``: of a text, or of the ``reply`` that ends a conversation.

    None where it is no part of the reply, or in the middle of a letter.
    """
    if at and at < len(read.tokens) and is_broken(read.tokens[at].text) and is_broken(read.tokens[at - 1].text):
        return None
    if reply is None:
        return text_of(read.tokens[:at], text)
    first, end = last_turn(read)
    if not first <= at <= end:
        return None
    whole = text_of(read.tokens[first:end], reply)
    before = text_of(read.tokens[first:at], reply)
    lead = len(whole) - len(reply)  # what a chat template writes before a message
    return before[lead:] if lead >= 0 and len(before) >= lead else None
