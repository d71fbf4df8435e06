"""Beginning with the weights of a denoiser that has learned from other captions: words that both know keep what they
mean, the rest begins anew.

Shapes: V tokens of a vocabulary, T places of a text, E numbers a token.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from studio.ground.errors import DamagedError, Text, text
from studio.models.vocabulary import SPECIAL, Vocabulary
from studio.models.weights import Table

WORDS, PLACES = "text.words.weight", "text.places"
_NAMED = 8  # new words that are named


def vocabulary_there(facts: Mapping[str, Any]) -> Vocabulary | None:
    """The words that a checkpoint with these facts reads; None where it reads none.

    Raises:
        DamagedError: what it says of them is odd.
    """
    description = facts.get("description", {})
    try:
        return Vocabulary(description["words"], int(description["length"])) if "words" in description else None
    except (KeyError, TypeError, ValueError) as error:
        raise DamagedError("What the checkpoint says of its words is damaged.") from error


def table_there(table: Table, there: Vocabulary | None) -> Table:
    """What a checkpoint with these words holds of a denoiser whose own table is ``table``."""
    if there is None or WORDS not in table:
        return table
    (kind, (_, width)), (other, _) = table[WORDS], table[PLACES]
    return {**table, WORDS: (kind, (there.size, width)), PLACES: (other, (there.length, width))}


def fitted(
    tensors: Mapping[str, Tensor], own: Mapping[str, Tensor], here: Vocabulary | None, there: Vocabulary | None
) -> Mapping[str, Tensor]:
    """The checkpoint's tensors for the words read here; ``own``: the fresh ones, for what is new."""
    if here is None or there is None or WORDS not in tensors:
        return tensors
    words_VE, places_TE = (own[name].detach().cpu().clone() for name in (WORDS, PLACES))
    words_VE[:SPECIAL] = tensors[WORDS][:SPECIAL]
    known = {word: SPECIAL + place for place, word in enumerate(there.words)}
    for place, word in enumerate(here.words):
        if word in known:
            words_VE[SPECIAL + place] = tensors[WORDS][known[word]]
    both = min(here.length, there.length)
    places_TE[:both] = tensors[PLACES][:both]
    return {**tensors, WORDS: words_VE, PLACES: places_TE}


def new_words(here: Vocabulary | None, there: Vocabulary | None) -> Text | None:
    """Which words are read here that the checkpoint never saw; None where there are none."""
    if here is None or there is None:
        return None
    known = set(there.words)
    new = [word for word in here.words if word not in known]
    if not new:
        return None
    shown = ", ".join(new[:_NAMED]) + (" …" if len(new) > _NAMED else "")
    return text(
        "Of the {total} words here {count} are new to it and begin without a meaning: {words}.",
        total=len(here.words), count=len(new), words=shown,
    )  # fmt: skip
