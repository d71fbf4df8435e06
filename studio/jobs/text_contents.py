"""Looking at a data set of texts: what it holds, the beginnings of its items, and page by page what a model will read.

Like :mod:`studio.jobs.browsing`, none of this is a piece of work to be kept; a long text is never read as a whole.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from studio.config.base import Settings
from studio.config.data import Choices
from studio.config.texts import BytePairs, Characters, PrepareTexts, TextKind, Tokens
from studio.data.store import Skipped
from studio.data.texts.chat_format import END, parts
from studio.data.texts.headers import body_of
from studio.data.texts.store import TextStore
from studio.ground.errors import DamagedError

if TYPE_CHECKING:
    from studio.data.prepared_texts import PreparedTexts

PAGE_LETTERS, PAGE_TOKENS = 4000, 1200
"""How much of an item one page shows."""
_SNIPPET, _SEARCHED = 160, 600
Reading = Literal["letters", "characters", "byte_pairs"]
"""A text as letters and marks, or as the tokens of one of the kinds that the studio makes."""
Look = Literal["text", "mark", "answer", "note"]


class ReadTextContents(Settings):
    """What is in the data set of texts that lies in ``folder``? Answer: :class:`TextContents`."""

    folder: str


class ReadSnippets(Settings):
    """How items begin. Answer: position -> text in one line."""

    folder: str
    positions: tuple[int, ...]


class FindTexts(Settings):
    """Which items' names, or first pieces, hold all of ``words``? Answer: positions (n,) int64, ascending."""

    folder: str
    words: str


class ReadTextPage(Settings):
    """A page of an item as a model reads it. Answer: :class:`TextPage`."""

    folder: str
    position: int
    page: int = 0
    reading: Reading = "letters"
    choices: Choices = Choices()


TextRequest = ReadTextContents | ReadSnippets | FindTexts | ReadTextPage


@dataclass(frozen=True, slots=True, eq=False)
class TextContents:
    """A data set of texts at a glance. ``characters`` (N,) of each item; ``bytes`` of all of them."""

    folder: str
    kind: TextKind
    names: tuple[str, ...]
    places: Mapping[str, int]
    characters: np.ndarray
    distinct: int
    bytes: int
    skipped: tuple[Skipped, ...]

    def __len__(self) -> int:
        return len(self.names)

    def positions(self, names: Sequence[str]) -> np.ndarray:
        """Where these items are (n,) int64, in the order of their names; unknown ones are left out."""
        unknown = itertools.repeat(-1)
        found = np.fromiter(map(self.places.get, names, unknown), np.int64, len(names))
        return found[found >= 0]


@dataclass(frozen=True, slots=True)
class PagePiece:
    """A stretch of a page. ``token``: its number, -1 where it is no token; ``answer`` is what is learnt of a chat."""

    text: str
    look: Look = "text"
    token: int = -1


@dataclass(frozen=True, slots=True)
class TextPage:
    """One of ``pages``; ``made`` False: these tokens have not been made yet. ``tokens``: of the whole item."""

    pieces: tuple[PagePiece, ...]
    page: int
    pages: int
    made: bool = True
    tokens: int = 0
    vocabulary: int = 0


class TextServer:
    """Answers the requests above; one data set and its tokens stay open in between."""

    def __init__(self, project_path: Path) -> None:
        self._path = project_path
        self._store: TextStore | None = None
        self._prepared: PreparedTexts | None = None

    def close(self) -> None:
        """Close the data set."""
        for opened in (self._store, self._prepared):
            if opened is not None:
                opened.close()
        self._store = self._prepared = None

    def answer(self, request: TextRequest) -> object:
        """The answer to a request. Raises DamagedError where the data set cannot be read."""
        store = self._open(request.folder, anew=isinstance(request, ReadTextContents))
        if isinstance(request, ReadTextContents):
            return text_contents(store, request.folder)
        if isinstance(request, ReadSnippets):
            return {at: snippet(store, at) for at in request.positions if 0 <= at < len(store)}
        if isinstance(request, FindTexts):
            return self._find(store, request)
        if request.reading == "letters":
            return letters_page(store, request)
        return self._tokens_page(store, request)

    def _open(self, folder: str, *, anew: bool) -> TextStore:
        path = self._path / folder
        if anew or self._store is None or self._store.folder != path:
            self.close()
            self._store = TextStore(path)
        return self._store

    @staticmethod
    def _find(store: TextStore, request: FindTexts) -> np.ndarray:
        words, found = request.words.casefold().split(), list[int]()
        for at, (name, line) in enumerate(zip(store.names, store.beginnings(_SEARCHED), strict=True)):
            plain = f"{name}\n{line}".casefold()
            if all(word in plain for word in words):
                found.append(at)
        return np.array(found, np.int64)

    def _tokens_page(self, store: TextStore, request: ReadTextPage) -> TextPage:
        # The library of tokenisers takes a while to import; the window starts without it.
        from studio.data.prepared_texts import PreparedTexts
        from studio.data.preparing_texts import cache_name

        tokens: Tokens = Characters() if request.reading == "characters" else BytePairs()
        folder = self._path / "cache" / cache_name(store, PrepareTexts(tokens=tokens), request.choices)
        if not folder.is_dir():
            return TextPage((), 0, 1, made=False)
        if self._prepared is None or self._prepared.folder != folder:
            if self._prepared is not None:
                self._prepared.close()
            self._prepared = PreparedTexts(folder, memory_bytes=0)
        return tokens_page(self._prepared, request)


def text_contents(store: TextStore, folder: str) -> TextContents:
    """What a data set holds."""
    places = {name: place for place, name in enumerate(store.names)}
    distinct, size = store.facts().distinct, int(store.bytes.sum())
    return TextContents(folder, store.kind, store.names, places, store.characters, distinct, size, store.skipped)


def snippet(store: TextStore, position: int, length: int = _SNIPPET) -> str:
    """How an item begins, in one line; empty where it cannot be read (the check names it)."""
    try:
        found = (store.excerpt(position, 0, length),) if store.kind == "text" else store.texts(position)
    except DamagedError:
        return ""
    return " ".join(" · ".join(words[:length] for words in found[:4]).split())[:length]


def letters_page(store: TextStore, request: ReadTextPage) -> TextPage:
    """A page of an item as letters, its marks apart."""
    position = request.position
    if store.kind == "text":
        removed = request.choices.headers == "remove"
        begin, end = body_of(store, position) if removed else (0, int(store.characters[position]))
        pages = max(1, -(-(end - begin) // PAGE_LETTERS))
        page = min(max(0, request.page), pages - 1)
        start = begin + page * PAGE_LETTERS
        words = store.excerpt(position, start, min(end, start + PAGE_LETTERS))
        return TextPage((PagePiece(words),), page, pages)
    if store.kind == "chat":
        found = [
            PagePiece(p.text, "mark" if p.mark else _look(answer=p.answer)) for p in parts(store.conversation(position))
        ]
    else:
        source, target = store.pair(position)
        found = [PagePiece(source), PagePiece(END, "mark"), PagePiece(target, "answer"), PagePiece(END, "mark")]
    return _letters_of(found, request.page)


def tokens_page(data: PreparedTexts, request: ReadTextPage) -> TextPage:
    """A page of an item as tokens."""
    rows = np.flatnonzero(data.source_indices == request.position).tolist()
    total = int(data.lengths[rows].sum())
    pages = max(1, -(-total // PAGE_TOKENS))
    page = min(max(0, request.page), pages - 1)
    start, left = page * PAGE_TOKENS, PAGE_TOKENS
    pieces: list[PagePiece] = []
    for row in rows:
        length = int(data.lengths[row])
        if start >= length:
            start -= length
            continue
        if left <= 0:
            break
        if len(rows) > 1 or start == 0:
            pieces.append(PagePiece(_part_of(data, row), "note"))
        pieces += _pieces(data, row, start, left)
        left -= min(left, length - start)
        start = 0
    return TextPage(tuple(pieces), page, pages, tokens=total, vocabulary=data.tokeniser.size)


def _pieces(data: PreparedTexts, row: int, start: int, count: int) -> Iterator[PagePiece]:
    tokens = data.window(row, start, count).tolist()
    if data.kind == "chat":
        learnt = data.answers_window(row, start, count).tolist()
    else:
        cut = int(data.source_lengths[row]) if data.kind == "parallel" else len(tokens) + start
        learnt = [start + place >= cut for place in range(len(tokens))]
    for token, answer in zip(tokens, learnt, strict=True):
        look: Look = "mark" if data.tokeniser.is_mark(token) else _look(answer=answer)
        yield PagePiece(data.tokeniser.shown(token), look, token)


def _part_of(data: PreparedTexts, row: int) -> str:
    names = ("training", "validation", "test")
    parts_ = (data.parts.training, data.parts.validation, data.parts.test)
    found = (name for name, part in zip(names, parts_, strict=True) if row in part)
    return next(found, "in no part, being a copy")


def _look(*, answer: bool) -> Look:
    return "answer" if answer else "text"


def _letters_of(found: Sequence[PagePiece], page: int) -> TextPage:
    """A page of pieces that are all there."""
    total = sum(len(piece.text) for piece in found)
    pages = max(1, -(-total // PAGE_LETTERS))
    page = min(max(0, page), pages - 1)
    start, left, shown = page * PAGE_LETTERS, PAGE_LETTERS, list[PagePiece]()
    for piece in found:
        words = piece.text[start : start + left]
        start = max(0, start - len(piece.text))
        left -= len(words)
        if words:
            shown.append(PagePiece(words, piece.look))
        if left <= 0:
            break
    return TextPage(tuple(shown), page, pages)
