"""Captions of a data set that is being imported: put together from tables and texts beside the pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from studio.data.labels import CAPTION, caption_column
from studio.data.store import Columns
from studio.ground.errors import Text, text


def with_captions(columns: Columns, texts: Sequence[str]) -> Columns:
    """The columns with texts (n,) beside the pictures, which fill the gaps of a table's captions."""
    if not any(texts):
        return columns
    name = caption_column(tuple(columns.texts)) or _free(columns)
    own = columns.texts.get(name, [""] * len(texts))
    filled = [one or other for one, other in zip(own, texts, strict=True)]
    return Columns(columns.labels, {**columns.texts, name: filled})


def caption_notes(columns: Columns) -> Iterator[Text]:
    """What is worth knowing of captions: which of several columns they are, and how many pictures have none."""
    names = tuple(columns.texts)
    column = caption_column(names)
    if not column:
        return
    if len(names) > 1:
        yield text(
            "Of the columns of texts ({names}) {column} is taken for the captions.",
            names=", ".join(names), column=column,
        )  # fmt: skip
    missing = sum(not caption for caption in columns.texts[column])
    if missing:
        yield text(
            "{count} of {total} pictures have no caption. A model that reads words learns these without any.",
            count=missing, total=len(columns.texts[column]),
        )  # fmt: skip


def _free(columns: Columns) -> str:
    """The name of a new column of captions."""
    number, name = 2, CAPTION
    while name in columns.labels:
        name, number = f"{CAPTION} {number}", number + 1
    return name
