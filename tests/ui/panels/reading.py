"""What the tests of the language panel share: a project with a run of it, and a reader that knows its text by heart."""

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.config.language import LanguageConfig, ModernNetwork
from studio.config.requests import ChatRequest, ContinueRequest, ReadRequest, TrainRequest
from studio.data.texts.store import TextStore, TextWriter
from studio.families import FAMILIES
from studio.generation.replies import ReadText, ReadToken, Replies, Reply
from studio.ground.errors import UsageError
from studio.ground.events import Ended, Event
from studio.ground.files import write_json
from studio.jobs.steering import CommandQueue
from studio.projects.datasets import DataSetRecord
from studio.projects.project import Project
from studio.projects.run import Run
from studio.ui.panels.language import LanguagePanel
from studio.ui.panels.tab import PanelTab
from studio.ui.window import StudioWindow

DATA = "stories"
STEPS = (0, 10, 40)
PROMPTS = ("Once upon a time", "Anna has a brother. His name is")
NONE = np.zeros((0, 1, 1, 3), np.uint8)
VOCABULARY = ("the", " ", "red", "house", "a", ".", "\n", "blue", "<b>", "door", "is", "small", "Once", "upon", "time")
_WORDS = re.compile(r"\n|\s|<b>|\w+|[^\w\s]")
LAYERS, HEADS = 2, 3


def written(step: int) -> list[dict[str, Any]]:
    """What a run notes of its samples: from step to step a word more is right, the last word stays."""
    right = ("there", "lived", "a", "fox", "<i>who</i>", "slept").__getitem__
    words = [right(at) if at < step // 10 + 1 else f"x{at}" for at in range(5)]
    return [{"prompt": prompt, "text": f" {' '.join(words)} in the wood."} for prompt in PROMPTS]


def add_run(project: Project, dataset: str = DATA, *, state: str = "finished", error: str = "") -> Run:
    """A run with curves, samples and checkpoints that hold no weights, only what the window reads."""
    if dataset not in {record.name for record in project.datasets.all()}:
        add_texts(project, dataset)
    config = LanguageConfig(steps=40, seed=3, network=ModernNetwork(depth=LAYERS))
    request = TrainRequest(family="language", dataset=dataset, config=config.model_dump(mode="json"), dial="quick")
    run = project.runs.new("language", dataset, config, request)
    for at in range(1, 41):
        values = {"training_loss": 6 / (1 + at / 8), "learning_rate": 1e-3}
        if at % 5 == 0:
            loss = 6 / (1 + at / 9)
            values |= {"validation_loss": loss, "perplexity": float(np.exp(loss)), "bits_per_byte": loss / 2}
        run.metrics.append(at, 8 * at, values)
    for at in STEPS:
        run.samples.write(at, NONE, items=8 * at, notes={"texts": written(at)})
        folder = run.folder / "checkpoints" / f"model-{at:09d}"
        folder.mkdir(parents=True)
        facts = {"step": at, "family": "language", "config": config.model_dump(mode="json"), "description": {}}
        write_json(folder / "state.json", facts | {"measures": {"validation_loss": 3.0 - at / 40}})
    run.set_status(state=state, step=40, items=320, total=40, seconds_trained=4.0, error=error)
    run.metrics.close()
    return run


def tokens_of(text: str) -> list[tuple[str, bool]]:
    """The tokens of a text, each with whether it is a mark; what is no Latin letter comes in bytes."""
    found = []
    for word in _WORDS.findall(text):
        if word.isascii():
            found.append((word, False))
        else:
            found += [(f"<{byte:02x}>" if byte > 127 else chr(byte), False) for byte in word.encode()]
    return found


def read(request: ReadRequest) -> ReadText:
    """How the stand-in reads: probabilities that depend on everything, and grow with the checkpoint."""
    tokens = tokens_of(request.text)
    for message in request.messages:
        tokens += [(f"<|{message.role}|>", True), *tokens_of(message.content), ("<|end|>", True)]
    if len(tokens) > 200:
        raise UsageError("The text has {count} tokens, the model reads at most 200; shorten it.", count=len(tokens))
    step = int(request.checkpoint)
    rows = []
    for at, (text, mark) in enumerate(tokens):
        likely = alternatives(tokens[:at], text)
        chance = {word: share for word, _, share in likely}.get(text, 0.003) if at else None
        chance = chance ** (1 + 2 / (1 + step)) if chance is not None else None
        rows.append(ReadToken(number(text), text, mark, chance, likely[: request.alternatives] if at else ()))
    after = tuple(alternatives(tokens, "."))[: request.alternatives]
    logits = _logits(tokens[: request.logits_after], tokens) if request.logits_after is not None else None
    return ReadText(tuple(rows), after, step, _attention(len(rows)) if request.attention else None, logits)


def number(text: str) -> int:
    """The number of a token."""
    if text in VOCABULARY:
        return VOCABULARY.index(text)
    return len(VOCABULARY) + int.from_bytes(hashlib.sha256(text.encode()).digest()[:2], "big") % 200


def alternatives(before: list[tuple[str, bool]], actual: str) -> tuple[tuple[str, int, float], ...]:
    """Twelve words with falling probabilities that depend on what stands before; what came is among the first."""
    seed = int.from_bytes(hashlib.sha256(json.dumps(before).encode()).digest()[:4], "big")
    draw = np.random.default_rng(seed)
    words = [VOCABULARY[at] for at in draw.permutation(len(VOCABULARY))[:11] if VOCABULARY[at] != actual]
    words.insert(min(int(draw.integers(0, 6)), len(words)), actual)
    shares = 0.5 ** np.arange(1, len(words) + 1)
    return tuple((word, number(word), float(share)) for word, share in zip(words, shares, strict=True))


def _logits(before: list[tuple[str, bool]], tokens: list[tuple[str, bool]]) -> np.ndarray:
    """Those of the alternatives' probabilities; what is left lies evenly on all other tokens."""
    actual = tokens[len(before)][0] if len(before) < len(tokens) else "."
    found = np.zeros(len(VOCABULARY) + 200)
    for _, place, share in alternatives(before, actual):
        found[place] = share
    found[found == 0] = (1 - found.sum()) / np.count_nonzero(found == 0)
    return np.log(found).astype(np.float32)


def _attention(count: int) -> np.ndarray:
    """Every head looks back in its own way; rows add up to one."""
    weights = np.zeros((LAYERS, HEADS, count, count), np.float32)
    for layer in range(LAYERS):
        for head in range(HEADS):
            for row in range(count):
                shares = np.exp(-np.abs(np.arange(row + 1) - (row - head)) / (1 + layer))
                shares[0] += 1
                weights[layer, head, row, : row + 1] = shares / shares.sum()
    return weights


class ReadingServer:
    """Stands in for `studio.jobs.serving.ModelServer`. ``asked`` lists the requests; ``fail`` makes it fail."""

    asked: list[Any] = []
    fail: Exception | None = None

    def __init__(self, path: Path) -> None:
        self._path = path

    def close(self) -> None:
        """Nothing is held."""

    def serve(self, request: Any, commands: CommandQueue) -> Iterator[Event]:
        """One answer."""
        type(self).asked.append(request)
        if type(self).fail is not None:
            raise type(self).fail
        if isinstance(request, ReadRequest):
            yield Ended("finished", result=read(request))
            return
        assert isinstance(request, ChatRequest | ContinueRequest)
        text = " and so it went on."
        text = request.start + text if isinstance(request, ChatRequest) else text
        row = Reply(text, "full", 6)
        yield Ended("finished", result=Replies((row,), request, int(request.checkpoint), 4, 0, 0, 0.1))


def add_texts(project: Project, name: str = DATA) -> None:
    """A data set of thirty short stories, as the import leaves it."""
    folder = project.datasets.new_folder(name)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TextWriter(folder, "text") as writer:
        for at in range(30):
            writer.add_document(f"story {at}", f"Story {at}: the <b>fox</b> slept in the wood.")
        writer.finish(source="", origin="files")
    with TextStore(folder) as store:
        facts = store.facts()
    relative = folder.relative_to(project.path).as_posix()
    project.datasets.add(DataSetRecord(
        name, relative, kind="text", count=facts.count, characters=facts.characters, distinct=facts.distinct,
        longest=facts.longest,
    ))  # fmt: skip


def know_language(monkeypatch: pytest.MonkeyPatch) -> None:
    """The family is one of the program's."""
    families = tuple(dict.fromkeys((*FAMILIES, "language")))
    for module in ("studio.ui.pages", "studio.config.registry", "studio.ui.session"):
        monkeypatch.setattr(f"{module}.FAMILIES", families)


def shown(window: StudioWindow, tab: str) -> PanelTab:
    """One tab of the panel, on the screen."""
    window.resize(1280, 800)
    window.session.go("chat", tab=tab)
    page: Any = window.pages.current
    assert isinstance(page, LanguagePanel), page
    return page.current_tab()
