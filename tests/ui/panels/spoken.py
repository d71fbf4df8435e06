"""What tests of the translation panel share: runs of both ways, and a translator that spells backwards."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from studio.config.requests import TrainRequest, TranslateFileRequest, TranslateRequest
from studio.config.translation import TranslationConfig
from studio.generation.translations import (
    SearchNode,
    SeenTranslation,
    TranslatedSentence,
    Translation,
    Version,
    Word,
)
from studio.ground.errors import UsageError
from studio.ground.events import Ended, Event
from studio.ground.files import write_json
from studio.jobs.steering import CommandQueue
from studio.jobs.translations import TranslatedFile
from studio.projects.project import Project

STEPS = (0, 10, 40)


def add_translator(path: Path, name: str = "there", *, backwards: bool = False) -> str:
    """A run whose checkpoints hold no weights, only what the window reads; returns its name."""
    with Project.open(path) as project:
        config = TranslationConfig(steps=40, backwards=backwards)
        request = TrainRequest(family="translation", dataset="cats", config=config.model_dump(mode="json"))
        run = project.runs.new("translation", "cats", config, request, name)
        run.set_status(state="finished", step=STEPS[-1], total=40)
        for step in STEPS:
            folder = run.folder / "checkpoints" / f"model-{step:09d}"
            folder.mkdir(parents=True)
            facts = {"step": step, "family": "translation", "config": config.model_dump(mode="json")}
            write_json(folder / "state.json", facts | {"description": {}, "measures": {}})
        return run.name


def words_of(text: str) -> tuple[Word, ...]:
    """Every word with the space before it; the more letters, the less likely."""
    pieces = text.split(" ")
    return tuple(Word((" " if n else "") + piece, 1 / (1 + len(piece))) for n, piece in enumerate(pieces))


def translated(source: str, begin: str = "", count: int = 1) -> tuple[Version, ...]:
    """The words spelled backwards, the second version in capitals, ..."""
    right = " ".join(word[::-1] for word in source.split(" "))
    if begin:
        right = begin + right[len(begin) :]
    texts = [right, right.upper(), right.title(), right.swapcase()][:count]
    return tuple(Version(text, -0.1 * (n + 1), words_of(text)) for n, text in enumerate(texts))


def looked_into(sentence: TranslatedSentence) -> SeenTranslation:
    """Each word was looked at for its own; the search let one other beginning fall."""
    source = (*(word.text for word in words_of(sentence.source)), "")
    target = (*(word.text for word in sentence.versions[0].words), "")
    count = len(source)
    alike = np.broadcast_to(np.eye(count, dtype=np.float32), (2, 3, count, count))
    nodes = [SearchNode(at - 1, text, -0.1 * at, at, "kept") for at, text in enumerate(target[:-1])]
    nodes.append(SearchNode(len(nodes) - 1, "", -1.0, len(nodes), "ended"))
    nodes.append(SearchNode(-1, "else", -5.0, 0, "fell"))
    return SeenTranslation(source, target, alike, alike, tuple(nodes))


class SpellingServer:
    """Answers at once; texts with ``refuse`` in them are refused, ``☃`` is unknown to it."""

    asked: list[Any] = []

    def __init__(self, path: Path) -> None:
        self.path = path

    def close(self) -> None:
        """Nothing is held."""

    def serve(self, request: Any, commands: CommandQueue) -> Iterator[Event]:
        type(self).asked.append(request)
        assert isinstance(request, TranslateRequest)
        if "refuse" in request.text:
            raise UsageError("This text cannot be translated: {text}.", text=request.text)
        sentences, before = [], ""
        for line in request.text.split("\n"):
            if line:
                unknown = tuple((n, n + 1) for n, letter in enumerate(line) if letter == "☃")
                versions = translated(line, request.begin, request.decoding.count)
                sentences.append(TranslatedSentence(line, before, versions, unknown))
                before = ""
            before += "\n"
        after = before[:-1]
        following = (Word(" one", 0.6), Word(" two", 0.3))[: request.words]
        seen = looked_into(sentences[0]) if request.look and sentences else None
        step = int(request.checkpoint) if request.checkpoint.isdigit() else STEPS[-1]
        yield Ended("finished", result=Translation(tuple(sentences), after, request, step, 0.12, following, seen))


def file_job(request: TranslateFileRequest, path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Translates every line of a file."""
    lines = request.source.read_text(encoding="utf-8").split("\n")
    request.out.write_text("\n".join(line[::-1] for line in lines), encoding="utf-8")
    made = TranslatedFile(request.out, len(lines), len(lines), 0, request.run, 40)
    yield Ended("finished", result=made)
