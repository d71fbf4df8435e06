"""What of a source becomes texts: its files by their kind, and their documents or conversations one after the other.

Nothing of the source is changed. One bad file or line is named and passed over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Literal

from studio.config.texts import Message, TextKind
from studio.data.store import Skipped
from studio.data.texts import plain_data
from studio.data.texts.conversations import ANSWERING, ASKING, as_text, conversations, document, is_conversation
from studio.data.texts.decoding import encoding_of, pieces_of
from studio.data.texts.store import Split
from studio.data.trees import FileEntry, FolderTree, TarTree, Tick, Tree, UnreadableFile, ZipTree, unpack_gzip
from studio.ground.errors import StudioError, Text, text

PLAIN = (".txt", ".text", ".md", ".markdown", ".rst", ".tex", ".log", ".srt", ".html", ".htm", ".xml")
LINES, JSONS, TABLES, YAMLS = (".jsonl", ".ndjson"), (".json",), (".csv", ".tsv"), (".yml", ".yaml")
SUFFIXES = (*PLAIN, *LINES, *JSONS, *TABLES, *YAMLS)
_ZIPS, _TARS = (".zip",), (".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2")
_PARTS: dict[str, Split] = {
    "train": "training", "training": "training", "test": "test", "testing": "test",
    "val": "validation", "valid": "validation", "validation": "validation", "dev": "validation",
}  # fmt: skip
_ABOUT = frozenset(("license", "licence", "copying", "notice", "readme", "source", "changelog"))
_LARGEST = 1 << 30  # bytes
_LOOKED_AT = 20  # items of a file that decide what it holds
_NAMED = 1000  # bad lines that are kept by name
Form = Literal["plain", "lines", "json", "table", "yaml"]


@dataclass(frozen=True, slots=True)
class Item:
    """A document in pieces, or a conversation, on its way into the data set."""

    name: str
    split: Split
    words: Iterator[str] | None = None
    messages: tuple[Message, ...] = ()


@dataclass(slots=True)
class Source:
    """Files of a source that hold texts, opened.

    ``files``: what there is to read. ``skipped``: what could not be; grows while :meth:`items` are read. ``notes``:
    what else is worth saying. ``columns``: of tables and JSON, that which holds the texts, or the two that hold
    questions and answers, by their names or as numbers from 0; none: told by their names.
    """

    tree: Tree
    files: list[FileEntry]
    columns: tuple[str, ...] = ()
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[Text] = field(default_factory=list)
    done: int = 0
    """Bytes read so far."""
    bad: int = 0
    """Lines, rows and elements passed over."""

    @property
    def total(self) -> int:
        """Bytes to be read."""
        return sum(entry.size for entry in self.files)

    def close(self) -> None:
        """Let the source go."""
        self.tree.close()

    def kind(self) -> TextKind:
        """What the source holds, told by its first items: conversations if any file does."""
        found = [self._holds(entry) for entry in self.files]
        self.tree.rewind()
        return "chat" if "chat" in found else "text"

    def items(self, kind: TextKind) -> Iterator[Item]:
        """All items of a kind. Files of another kind are named in ``notes``."""
        others: list[str] = []
        splits = splits_of([entry.path for entry in self.files])
        for entry, split in zip(self.files, splits, strict=True):
            try:
                if kind == "chat" and form_of(entry.path) in (None, "plain"):
                    others.append(entry.path)
                else:
                    yield from self._of_file(entry, kind, split)
            except UnreadableFile as error:
                self.skipped.append(Skipped(entry.path, error.text))
            self.done += entry.size
        if others:
            shown = ", ".join(others[:3]) + (" …" if len(others) > 3 else "")
            self.notes.append(text("Plain texts are no conversations and were passed over: {names}.", names=shown))
        if self.bad:
            self.notes.append(text("{count} lines, rows or elements were passed over.", count=self.bad))

    def _of_file(self, entry: FileEntry, kind: TextKind, split: Split) -> Iterator[Item]:
        data = self.tree.read(entry)
        form = form_of(entry.path) or "plain"
        encoding = encoding_of(data)
        if form == "plain":
            yield Item(entry.path, split, words=pieces_of(data, encoding))
            return
        for number, found in _read(form, data, encoding):
            name = f"{entry.path} {number}"
            try:
                yield from self._item(name, split, found, kind)
            except UnreadableFile as error:
                self._pass_over(name, error.text)

    def _item(self, name: str, split: Split, found: object, kind: TextKind) -> Iterator[Item]:
        """The items in one line, row or element. Raises UnreadableFile where there is none."""
        if isinstance(found, Text):
            raise UnreadableFile(found.template, **dict(found.params))
        if self.columns and isinstance(found, dict):
            found = _chosen(found, self.columns)
        alone = document(found)
        if kind == "text" and alone is not None:
            yield Item(name, split, words=iter([_plain(alone)]))
            return
        if kind == "chat" and isinstance(found, str):
            raise UnreadableFile("is a text and no conversation")
        for place, messages in enumerate(conversations(found)):
            tidy = tuple(Message(role=m.role, content=_plain(m.content)) for m in messages)
            if not any(message.content.strip() for message in tidy):
                raise UnreadableFile("is empty")
            own = name if not place else f"{name}.{place + 1}"
            yield Item(own, split, words=iter([as_text(tidy)])) if kind == "text" else Item(own, split, messages=tidy)

    def _pass_over(self, name: str, reason: Text) -> None:
        self.bad += 1
        if self.bad <= _NAMED:
            self.skipped.append(Skipped(name, reason))

    def _holds(self, entry: FileEntry) -> TextKind:
        form = form_of(entry.path) or "plain"
        if form == "plain" or self.columns:
            return "chat" if len(self.columns) > 1 else "text"
        if form == "yaml":
            return "chat"
        try:
            data = self.tree.read(entry)
            for seen, (_, found) in enumerate(_read(form, data, encoding_of(data))):
                if form == "table" and isinstance(found, dict):
                    names = {str(name).lower() for name in found}
                    return "chat" if names & ASKING and names & ANSWERING else "text"
                if is_conversation(found):
                    return "chat"
                if seen >= _LOOKED_AT or document(found) is not None:
                    return "text"
        except UnreadableFile:
            return "text"  # reading it for good names it
        return "text"


def open_source(source: Path, tick: Tick = lambda count: None, *, columns: tuple[str, ...] = ()) -> Source:
    """Find the texts of a file, folder, zip or tar.

    Raises:
        StudioError: it is not there, is of no known kind, or holds no text; one sentence.
        OSError: it cannot be read at all.
    """
    tree = tree_of(source)
    try:
        found = tree.files(tick)
        files = found if isinstance(tree, OneFile) else _taken(found)
        refused = [Skipped(name, reason) for name, reason in tree.refused()]
        if not files:
            raise _no_texts(tree, found, refused)
        notes = _notes(found, files)
        return Source(tree, files, columns, refused, notes)
    except BaseException:
        tree.close()
        raise


def tree_of(source: Path) -> Tree:
    """The files of a source. Raises StudioError where it is not there."""
    if not source.exists():
        raise StudioError("There is no file or folder {name}.", name=str(source))
    if source.is_dir():
        return FolderTree(source)
    lowered = source.name.lower()
    if lowered.endswith(_TARS):
        return TarTree(source)
    return ZipTree(source) if lowered.endswith(_ZIPS) else OneFile(source)


class OneFile:
    """A single file as a tree; packed with gzip it is unpacked."""

    kind, sequential = "file", False

    def __init__(self, path: Path) -> None:
        self.path, self.title = path, path.name

    def files(self, tick: Tick) -> list[FileEntry]:
        name = self.path.name
        inner = name[:-3] if name.lower().endswith(".gz") else name
        return [FileEntry(inner, self.path.stat().st_size, self.path)]

    def read(self, entry: FileEntry) -> bytes:
        if not self.path.exists():
            raise StudioError(
                "{name} went away while it was being read. Restore it, and import it again.", name=self.title
            )
        return unpack_gzip(self.path, _LARGEST)

    def rewind(self) -> None:
        """It can be read at any time."""

    def refused(self) -> list[tuple[str, Text]]:
        return []

    def close(self) -> None:
        """Nothing is held open."""


def form_of(path: str) -> Form | None:
    """How a file holds its texts, by its name; None for what holds none."""
    suffix = PurePosixPath(path).suffix.lower()
    forms: tuple[tuple[Form, Sequence[str]], ...] = (
        ("plain", PLAIN), ("lines", LINES), ("json", JSONS), ("table", TABLES), ("yaml", YAMLS),
    )  # fmt: skip
    return next((form for form, suffixes in forms if suffix in suffixes), None)


def plain_objects(tree: Tree, entry: FileEntry) -> Iterator[plain_data.Found]:
    """The lines, rows or elements of a file that has some. Raises UnreadableFile."""
    data = tree.read(entry)
    return _read(form_of(entry.path) or "plain", data, encoding_of(data))


def splits_of(paths: Sequence[str]) -> list[Split]:
    """The part that each file is of, where their first folders or their own names tell training from test."""
    first = [path.split("/")[0].lower() if "/" in path else "" for path in paths]
    stems = [PurePosixPath(path).stem.lower() for path in paths]
    for names in (first, stems):
        found = [_PARTS.get(name, "") for name in names]
        if "training" in found and len(set(found) - {""}) > 1:
            return found
    return [""] * len(paths)


def _read(form: Form, data: bytes, encoding: str) -> Iterator[plain_data.Found]:
    pieces = pieces_of(data, encoding)
    if form == "lines":
        return plain_data.json_lines(pieces)
    if form == "json":
        return plain_data.json_items("".join(pieces))
    return plain_data.csv_rows(pieces) if form == "table" else plain_data.chatterbot(pieces)


def _chosen(found: Mapping[str, object], columns: Sequence[str]) -> str | list[str]:
    """One text, or a question and its answer. Raises UnreadableFile where a column is not there."""
    names, cells = list(found), []
    for column in columns:
        name = names[int(column)] if column.isdecimal() and int(column) < len(names) else column
        if name not in found:
            raise UnreadableFile("has no column {name}", name=column)
        cells.append("" if found[name] is None else str(found[name]))
    return cells[0] if len(cells) == 1 else cells


def _plain(words: str) -> str:
    return words.replace("\r\n", "\n").replace("\r", "\n")


def _taken(found: Sequence[FileEntry]) -> list[FileEntry]:
    """The texts among files; what merely tells about the others is none, where there are others."""
    texts = [entry for entry in found if form_of(entry.path) is not None]
    told = [entry for entry in texts if PurePosixPath(entry.path).stem.lower() not in _ABOUT]
    return told or texts


def _notes(found: Sequence[FileEntry], files: Sequence[FileEntry]) -> list[Text]:
    taken = {entry.path for entry in files}
    others = [entry.path for entry in found if entry.path not in taken]
    if not others:
        return []
    kinds = Counter(path if form_of(path) else PurePosixPath(path).suffix.lower() or path for path in others)
    shown = ", ".join(f"{count} × {kind}" for kind, count in kinds.most_common(4)) + (", …" if len(kinds) > 4 else "")
    return [text("Files that are no texts to learn from were passed over: {kinds}.", kinds=shown)]


def _no_texts(tree: Tree, found: Sequence[FileEntry], refused: Sequence[Skipped]) -> StudioError:
    if refused:
        return StudioError(
            "{name} holds no text that can be imported; {count} files were refused. The first is {file}: it {reason}.",
            name=tree.title, count=len(refused), file=refused[0].name, reason=str(refused[0].reason),
        )  # fmt: skip
    if not found:
        return StudioError("{name} is empty: there is no text in it.", name=tree.title)
    return StudioError(
        "There is no text in {name}; texts are files such as .txt, .md, .json, .jsonl and .csv.", name=tree.title
    )
