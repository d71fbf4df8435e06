"""What the tests of texts share: sets of texts written, prepared and closed again."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from studio.config.data import Choices
from studio.config.texts import Characters, Message, PrepareTexts
from studio.data.prepared_texts import PreparedTexts
from studio.data.preparing_texts import prepare_texts
from studio.data.texts.store import TextStore, TextWriter
from studio.ground.events import Ended

CHARACTERS = PrepareTexts(tokens=Characters())
NO_CHOICES = Choices()


def said(*words: str) -> tuple[Message, ...]:
    """A conversation in which user and assistant take turns."""
    return tuple(Message(role=("user", "assistant")[i % 2], content=word) for i, word in enumerate(words))


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Callable[..., TextStore]]:
    """A function (items) that writes documents (str), conversations (tuples of messages) or pairs (lists of two)."""
    opened: list[TextStore] = []

    def run(items: Sequence[object], splits: Sequence[str] = (), name: str = "set") -> TextStore:
        first = items[0]
        kind = "text" if isinstance(first, str) else "parallel" if isinstance(first, list) else "chat"
        with TextWriter(tmp_path / name, kind) as writer:
            for number, item in enumerate(items):
                split = splits[number] if splits else ""
                if kind == "text":
                    writer.add_document(f"{number}", item, split)
                elif kind == "chat":
                    writer.add_conversation(f"{number}", item, split)
                else:
                    writer.add_pair(f"{number}", *item, split)
            opened.append(writer.finish(source="tests", origin="file"))
        return opened[-1]

    yield run
    for store in opened:
        store.close()


@pytest.fixture
def prepared(tmp_path: Path, ending: Callable[..., Ended]) -> Iterator[Callable[..., PreparedTexts]]:
    """A function (store, settings, choices) that prepares; closed after the test."""
    opened: list[PreparedTexts] = []

    def run(store: TextStore, settings: PrepareTexts = CHARACTERS, choices: Choices = NO_CHOICES) -> PreparedTexts:
        ended = ending(prepare_texts(store, tmp_path / "cache", settings, choices))
        assert ended.status == "finished", (str(ended.error), ended.trace)
        opened.append(ended.result)
        return opened[-1]

    yield run
    for data in opened:
        data.close()
