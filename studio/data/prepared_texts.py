"""The prepared texts of a data set: tokens with the tokeniser that made them, read by position.

An item is a document (or a stretch of one), a conversation or a pair. Up to ``MEMORY_BYTES`` tokens are read once and
kept; beyond, only what is asked for is read. Either way everything is checked before anybody trains on it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from studio.config.facts import TextFacts
from studio.config.texts import TextKind
from studio.data.blocks import Blocks
from studio.data.folders import FolderReader
from studio.data.splitting import Parts
from studio.data.store import split_texts
from studio.data.tokenisers import FileTokeniser
from studio.ground.errors import DamagedError

VERSION = 1
MEMORY_BYTES = 512 << 20
"""Tokens up to this size are kept in memory while they are used; more cost no memory at all."""
TOKENS, TOKEN_CHECKS, ANSWERS, ANSWER_CHECKS, ITEMS, NAMES, TOKENISER, ABOUT = (
    "tokens.bin", "tokens.checks", "answers.bin", "answers.checks", "items.bin", "names.bin", "tokenizer.json",
    "prepared_texts.json",
)  # fmt: skip
ITEM = np.dtype(
    [
        ("start", "<i8"),
        ("length", "<i8"),
        ("cut", "<i8"),
        ("characters", "<i8"),
        ("bytes", "<i8"),
        ("source", "<i8"),
        ("part", "u1"),
        ("free", "u1", (7,)),
    ]
)
PARTS = ("training", "validation", "test", "none")
"""The parts by their numbers; ``none``: copies of items that another part holds."""


class PreparedTexts:
    """Texts as tokens, opened for reading from any thread.

    Attributes:
        kind: what the items are. count: N, how many.
        tokeniser, tokeniser_text: what made the tokens, and its ``tokenizer.json``.
        template: the chat template of an inherited tokeniser, in Jinja; empty: our own format.
        parts: training, validation and test; no text is in two of them, nor nearly equal ones. Few long documents are
            divided by place: the first nine tenths of each are one item, for training, the rest another.
            Validation is empty where there are fewer than four items.
        lengths: (N,) int64, tokens of each item; of pairs also ``source_lengths`` and ``target_lengths``.
        characters, bytes: (N,) int64, of what is to be learnt of each item: its text, its answers, its target.
        source_indices: (N,) int64, where each item is in the imported data set.
        facts: what presets need, without what the user leaves out.
        fingerprint: SHA-256 over tokens, answers, parts and tokeniser; equal ones mean equal data.
        lost: names of items that were damaged when this was prepared, and are left out.

    Raises:
        DamagedError: a file is missing or changed.
    """

    def __init__(self, folder: Path, *, memory_bytes: int = MEMORY_BYTES) -> None:
        self.folder = folder
        reader = self._reader = FolderReader(folder)
        about = self._about()
        self.kind: TextKind = about["kind"]
        self.count: int = about["count"]
        self.template: str = about["template"]
        self.lost: tuple[str, ...] = tuple(about["lost"])
        self.facts = TextFacts(**about["facts"])
        self._items = np.frombuffer(reader.bytes(ITEMS), ITEM)
        if len(self._items) != self.count:
            raise self._damaged()
        text = reader.bytes(TOKENISER)
        self.tokeniser_text = text.decode("utf-8")
        self.tokeniser = FileTokeniser(self.tokeniser_text, TOKENISER)
        self.lengths, self.characters, self.bytes, self.source_indices, self.source_lengths, self._starts = (
            self._items[name].astype(np.int64) for name in ("length", "characters", "bytes", "source", "cut", "start")
        )
        self.target_lengths = self.lengths - self.source_lengths
        self.parts = Parts(*(np.flatnonzero(self._items["part"] == number) for number in range(3)))
        self._tokens = Blocks(reader, TOKENS, TOKEN_CHECKS, about["type"], memory_bytes=memory_bytes)
        self._answers: Blocks | None = None
        if self.kind == "chat":
            self._answers = Blocks(reader, ANSWERS, ANSWER_CHECKS, "u1", memory_bytes=memory_bytes)
        self.fingerprint = self._fingerprint()
        self._names: tuple[str, ...] | None = None

    def __len__(self) -> int:
        return self.count

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the files; what is kept in memory is let go."""
        self._tokens.close()
        if self._answers is not None:
            self._answers.close()

    @property
    def training(self) -> np.ndarray:
        """Positions (n,) int64 of the items to learn from, ascending."""
        return self.parts.training

    @property
    def held_out(self) -> np.ndarray:
        """Positions (n,) int64 of the items that watch a run, ascending."""
        return self.parts.validation

    @property
    def total(self) -> int:
        """Tokens of all items."""
        return self._tokens.count

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the items in the data set; stretches of one document have the same."""
        if self._names is None:
            self._names = split_texts(self._reader.bytes(NAMES))
        return self._names

    def follow(self, fingerprint: str) -> None:
        """Texts are divided in one way only."""

    def tokens(self, index: int) -> np.ndarray:
        """The tokens (N,) int32 of an item; the end mark is the last where the text ends there.

        Raises:
            DamagedError: they changed on the disk since they were prepared.
            IndexError: there is no such item.
        """
        return self.window(index, 0, None)

    def window(self, index: int, start: int, count: int | None) -> np.ndarray:
        """At most ``count`` tokens of an item from its ``start``-th on. Raises as :meth:`tokens`."""
        first, end = self._span(index, start, count)
        return self._tokens.read(first, end).astype(np.int32)

    def answers(self, index: int) -> np.ndarray:
        """Which tokens (N,) bool of a conversation are to be learnt: an answer's words and the mark that ends them."""
        return self.answers_window(index, 0, None)

    def answers_window(self, index: int, start: int, count: int | None) -> np.ndarray:
        """:meth:`answers` for the tokens that :meth:`window` gives."""
        if self._answers is None:
            raise ValueError(f"a set of {self.kind} has no answers")
        first, end = self._span(index, start, count)
        return self._answers.read(first, end).astype(bool)

    def source(self, index: int) -> np.ndarray:
        """The tokens (N,) int32 of the first sentence of a pair, closed by the end mark."""
        return self.window(index, 0, int(self.source_lengths[index]))

    def target(self, index: int) -> np.ndarray:
        """The tokens (N,) int32 of the second sentence of a pair, closed by the end mark."""
        return self.window(index, int(self.source_lengths[index]), None)

    def read(self, positions: Sequence[int] | np.ndarray) -> list[np.ndarray]:
        """The tokens (N,) int32 of many items, in the order of ``positions``. Raises as :meth:`tokens`."""
        return [self.tokens(index) for index in np.asarray(positions, np.int64).tolist()]

    def verify(self, *, blocks: int = 256) -> Iterator[int]:
        """Check all tokens, in pieces; yields how many tokens are done. Raises DamagedError."""
        for held in filter(None, (self._tokens, self._answers)):
            for start in range(0, held.blocks, blocks):
                held.verify(start, start + blocks)
                yield min(self.total, (start + blocks) * held.count // max(1, held.blocks))

    def _span(self, index: int, start: int, count: int | None) -> tuple[int, int]:
        if not 0 <= index < self.count:
            raise IndexError(f"positions must lie in [0, {self.count})")
        length = int(self.lengths[index])
        start = min(max(0, start), length)
        end = length if count is None else min(length, start + max(0, count))
        first = int(self._starts[index])
        return first + start, first + end

    def _about(self) -> dict[str, Any]:
        about = self._reader.json(ABOUT)
        if about.get("version") != VERSION:
            raise DamagedError("The prepared texts in {name} were made by another version.", name=self.folder.name)
        return about

    def _fingerprint(self) -> str:
        found = hashlib.sha256(f"{self.kind} {self.template}\0{self.tokeniser_text}".encode())
        found.update(self._items.tobytes() + self._reader.bytes(TOKEN_CHECKS))
        if self._answers is not None:
            found.update(self._reader.bytes(ANSWER_CHECKS))
        return found.hexdigest()

    def _damaged(self) -> DamagedError:
        return DamagedError("The prepared texts in {name} are damaged; prepare them again.", name=self.folder.name)
