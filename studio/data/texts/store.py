"""The imported texts of a data set: documents, conversations or pairs of sentences, in one file inside the project.

Texts lie in ``texts.bin`` as UTF-8, in pieces of at most ``PIECE`` characters, each with its SHA-256, so that reading a
little of a long text costs little and every reading is checked. A conversation or pair is JSON in there. Nothing is
mapped: a file that is cut short is an error and no crash.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, get_args

import numpy as np

from studio.config.facts import TextFacts
from studio.config.texts import Message, TextKind
from studio.data.folders import FolderReader, FolderWriter
from studio.data.store import Skipped, join_texts, split_texts
from studio.ground.errors import DamagedError, Text

VERSION = 1
ABOUT = "texts.json"
PIECE = 1 << 18
"""Characters of a long text that are read and checked at once."""
Split = Literal["", "training", "validation", "test"]
"""The part that a data set itself puts an item in; empty: it does not say."""
SPLITS: tuple[Split, ...] = get_args(Split)
_PIECES, _ITEMS, _NAMES, _TEXTS = "pieces.bin", "items.bin", "names.bin", "texts.bin"
_READ_AHEAD = 4 << 20
_PIECE_RECORD = np.dtype([("offset", "<u8"), ("length", "<u8"), ("sha256", "u1", (32,))])
_ITEM_RECORD = np.dtype(
    [
        ("first", "<u8"),
        ("characters", "<u8"),
        ("bytes", "<u8"),
        ("pieces", "<u4"),
        ("split", "u1"),
        ("free", "u1", (3,)),
    ]
)


class TextWriter:
    """Writes a :class:`TextStore`, whole or not at all: without :meth:`finish`, nothing is left.

    Attributes:
        characters: how many were added so far.
    """

    def __init__(self, folder: Path, kind: TextKind) -> None:
        self.kind: TextKind = kind
        self._folder = FolderWriter(folder)
        self._pieces: list[tuple[int, int, bytes]] = []
        self._items: list[tuple[int, int, int, int, int]] = []
        self._names: list[str] = []
        self._distinct: set[str] = set()
        self.characters = 0

    def __enter__(self) -> Self:
        self._folder.__enter__()
        self._texts = self._folder.open(_TEXTS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._folder.__exit__(kind, error, trace)

    def __len__(self) -> int:
        return len(self._names)

    def add_document(self, name: str, words: str | Iterable[str], split: Split = "") -> None:
        """Append a document; a long one may come in pieces of any length."""
        self._must_be("text")
        self._add(name, [words] if isinstance(words, str) else words, split, None)

    def adding_document(self, name: str, words: Iterable[str], split: Split = "") -> Iterator[int]:
        """Append a document piece by piece; yields how many characters are written, until it is whole."""
        self._must_be("text")
        return self._adding(name, words, split, None)

    def add_conversation(self, name: str, messages: Sequence[Message], split: Split = "") -> None:
        """Append a conversation."""
        self._must_be("chat")
        plain = json.dumps([[m.role, m.content] for m in messages], ensure_ascii=False, separators=(",", ":"))
        self._add(name, [plain], split, [m.content for m in messages])

    def add_pair(self, name: str, source: str, target: str, split: Split = "") -> None:
        """Append a pair of sentences."""
        self._must_be("parallel")
        plain = json.dumps([source, target], ensure_ascii=False, separators=(",", ":"))
        self._add(name, [plain], split, [source, target])

    def finish(
        self, *, source: str, origin: str, skipped: Sequence[Skipped] = (), languages: tuple[str, str] = ("", "")
    ) -> TextStore:
        """Write index, names and manifest; the folder takes its name.

        Args:
            source: where the texts came from, for display. origin: what that was: file, folder, zip, ...
            languages: of pairs, the codes of both languages where they are known (``en``).
        """
        items = np.zeros(len(self._items), _ITEM_RECORD)
        for column, name in enumerate(("first", "pieces", "characters", "bytes", "split")):
            items[name] = [item[column] for item in self._items]
        pieces = np.zeros(len(self._pieces), _PIECE_RECORD)
        pieces["offset"], pieces["length"] = ([piece[i] for piece in self._pieces] for i in (0, 1))
        pieces["sha256"] = np.frombuffer(b"".join(p[2] for p in self._pieces), np.uint8).reshape(-1, 32)
        folder = self._folder
        folder.write(_ITEMS, items.tobytes())
        folder.write(_PIECES, pieces.tobytes())
        folder.write(_NAMES, join_texts(self._names))
        about = {
            "version": VERSION, "kind": self.kind, "count": len(items), "distinct": len(self._distinct),
            "source": source, "origin": origin, "languages": list(languages),
            "skipped": [[s.name, s.reason.template, dict(s.reason.params)] for s in skipped],
        }  # fmt: skip
        folder.write_json(ABOUT, about)
        folder.finish()
        return TextStore(folder.path)

    def _must_be(self, kind: TextKind) -> None:
        if self.kind != kind:
            raise ValueError(f"a set of {self.kind} takes no {kind}")

    def _add(self, name: str, words: Iterable[str], split: Split, told: Sequence[str] | None) -> None:
        for _ in self._adding(name, words, split, told):
            pass

    def _adding(self, name: str, words: Iterable[str], split: Split, told: Sequence[str] | None) -> Iterator[int]:
        """``told``: the texts of an item that is written down as JSON."""
        first, characters, size = len(self._pieces), 0, 0
        for piece in _pieces(words):
            data = _storable(piece).encode("utf-8")
            self._pieces.append((self._texts.write(data), len(data), hashlib.sha256(data).digest()))
            characters, size = characters + len(piece), size + len(data)
            if told is None:
                self._distinct.update(piece)
            yield characters
        if told is not None:
            self._distinct.update(*told)
            characters = sum(map(len, told))
            size = sum(len(_storable(one).encode("utf-8")) for one in told)
        self.characters += characters
        self._items.append((first, len(self._pieces) - first, characters, size, SPLITS.index(split)))
        self._names.append(name)


class TextStore:
    """Imported texts, opened for reading from any thread.

    Attributes:
        kind: what its items are. count: how many. names: of the items, all different.
        characters, bytes: (N,) int64 of each item: of its text, of a conversation's messages, of both sides of a pair.
        source, origin: where they came from, and what that was. languages: of pairs, where they are known.
        skipped: what of the source could not be read.

    Raises:
        DamagedError: a file is missing or changed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._reader = FolderReader(folder)
        about = self._about()
        self.kind: TextKind = about["kind"]
        self.count: int = about["count"]
        self.source, self.origin = str(about["source"]), str(about["origin"])
        self.languages: tuple[str, str] = (about["languages"][0], about["languages"][1])
        self.skipped = tuple(Skipped(name, Text(t, tuple(params.items()))) for name, t, params in about["skipped"])
        self._distinct: int = about["distinct"]
        self._items = np.frombuffer(self._reader.bytes(_ITEMS), _ITEM_RECORD)
        self._pieces = np.frombuffer(self._reader.bytes(_PIECES), _PIECE_RECORD)
        self.characters, self.bytes = (self._items[name].astype(np.int64) for name in ("characters", "bytes"))
        self.names: tuple[str, ...] = split_texts(self._reader.bytes(_NAMES))
        if not len(self.names) == len(self._items) == self.count:
            raise DamagedError("The data set {name} is damaged; import it again.", name=folder.name)
        self._texts = self._reader.positions(_TEXTS)
        self._size = int(self._pieces[-1]["offset"] + self._pieces[-1]["length"]) if len(self._pieces) else 0

    def __len__(self) -> int:
        return self.count

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._texts.close()

    def document(self, index: int) -> str:
        """A whole document. Raises DamagedError if it is not what was imported."""
        self._must_be("text")
        return self._whole(index)

    def pieces(self, index: int) -> Iterator[str]:
        """A document in pieces of at most ``PIECE`` characters. Raises DamagedError."""
        self._must_be("text")
        return self._read(index)

    def piece_count(self, index: int) -> int:
        """How many pieces an item has."""
        return int(self._items[index]["pieces"])

    def piece(self, index: int, which: int) -> str:
        """One piece of a document. Raises DamagedError, IndexError."""
        self._must_be("text")
        if not 0 <= which < self.piece_count(index):
            raise IndexError(which)
        return self._piece(int(self._items[index]["first"]) + which, index)

    def excerpt(self, index: int, start: int, end: int) -> str:
        """Characters ``start`` to ``end`` of a document, or what there is of them; little more is read.

        Raises:
            DamagedError: they are not what was imported.
        """
        self._must_be("text")
        first, last = max(0, start) // PIECE, min(-(-end // PIECE), self.piece_count(index))
        words = "".join(self.piece(index, which) for which in range(first, last))
        return words[max(0, start) - first * PIECE : end - first * PIECE]

    def conversation(self, index: int) -> tuple[Message, ...]:
        """The messages of a conversation. Raises DamagedError."""
        self._must_be("chat")
        return tuple(Message(role=role, content=content) for role, content in json.loads(self._whole(index)))

    def pair(self, index: int) -> tuple[str, str]:
        """Both sentences of a pair. Raises DamagedError."""
        self._must_be("parallel")
        source, target = json.loads(self._whole(index))
        return source, target

    def texts(self, index: int) -> tuple[str, ...]:
        """All texts of an item: its document, its messages' contents, both sides. Raises DamagedError."""
        if self.kind == "text":
            return (self._whole(index),)
        plain = json.loads(self._whole(index))
        return tuple(plain) if self.kind == "parallel" else tuple(content for _, content in plain)

    def beginnings(self, length: int) -> Iterator[str]:
        """About the first ``length`` bytes of every item as they are written down, unchecked: to search many."""
        pieces = self._pieces[self._items["first"].astype(np.int64)] if self.count else self._pieces[:0]
        starts, lengths = pieces["offset"].tolist(), np.minimum(pieces["length"], length).tolist()
        held, begin = b"", 0
        for start, some in zip(starts, lengths, strict=True):
            if start < begin or start + some > begin + len(held):
                begin = start
                held = self._texts.read(start, min(_READ_AHEAD, self._size - start))
            yield held[start - begin : start - begin + some].decode("utf-8", "ignore")

    @property
    def hashes(self) -> np.ndarray:
        """(N,) uint64: equal for equal items."""
        first, many = self._items["first"].astype(np.int64), self._items["pieces"]
        found = np.zeros(self.count, np.uint64)
        one = many == 1
        found[one] = self._pieces["sha256"][first[one]][:, :8].copy().view("<u8").reshape(-1)
        for row in np.flatnonzero(~one).tolist():
            parts = self._pieces["sha256"][first[row] : first[row] + many[row]]
            found[row] = int.from_bytes(hashlib.sha256(parts.tobytes()).digest()[:8], "little")
        return found

    @property
    def splits(self) -> np.ndarray:
        """(N,) uint8: the part that the data set itself puts each item in, as a position in ``SPLITS``."""
        return self._items["split"]

    @property
    def digest(self) -> bytes:
        """SHA-256 over all texts, their names and the data set's own split."""
        found = hashlib.sha256(self.kind.encode())
        for part in (self._pieces["sha256"], self._items["pieces"], self._items["split"]):
            found.update(part.tobytes())
        found.update(join_texts(self.names))
        return found.digest()

    def facts(self) -> TextFacts:
        """What presets need to know."""
        return TextFacts(
            kind=self.kind, count=self.count, characters=int(self.characters.sum()), distinct=self._distinct,
            longest=int(self.characters.max(initial=0)),
        )  # fmt: skip

    def _about(self) -> dict[str, Any]:
        about = self._reader.json(ABOUT)
        if about.get("version") != VERSION:
            raise DamagedError("The data set in {name} was made by another version.", name=self.folder.name)
        return about

    def _must_be(self, kind: TextKind) -> None:
        if self.kind != kind:
            raise ValueError(f"a set of {self.kind} holds no {kind}")

    def _whole(self, index: int) -> str:
        return "".join(self._read(index))

    def _read(self, index: int) -> Iterator[str]:
        first = int(self._items[index]["first"])
        for number in range(first, first + self.piece_count(index)):
            yield self._piece(number, index)

    def _piece(self, number: int, index: int) -> str:
        piece = self._pieces[number]
        data = self._texts.read(int(piece["offset"]), int(piece["length"]))
        if hashlib.sha256(data).digest() != piece["sha256"].tobytes():
            raise DamagedError("The text {name} of the data set is damaged.", name=self.names[index])
        return data.decode("utf-8")


def is_text_store(folder: Path) -> bool:
    """Whether a data set in ``folder`` is one of texts."""
    return (folder / ABOUT).is_file()


def _pieces(words: Iterable[str]) -> Iterator[str]:
    """Pieces of exactly ``PIECE`` characters, the last one shorter; an empty text is one empty piece."""
    held, length, given = list[str](), 0, False
    for word in words:
        held.append(word)
        length += len(word)
        if length >= PIECE:
            whole = "".join(held)
            full = length - length % PIECE
            yield from (whole[start : start + PIECE] for start in range(0, full, PIECE))
            held, length, given = [whole[full:]], length - full, True
    if length or not given:
        yield "".join(held)


def _storable(words: str) -> str:
    """Without halves of characters, which JSON can bring and UTF-8 cannot hold."""
    try:
        words.encode("utf-8")
    except UnicodeEncodeError:
        return words.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return words
