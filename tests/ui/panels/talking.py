"""What the tests of Chat share: a project with a run of a language model, and a stand-in that answers by rule."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from studio.config.language import LanguageConfig
from studio.config.requests import ChatRequest, ContinueRequest, TrainRequest
from studio.generation.replies import Replies, Reply
from studio.ground.errors import text
from studio.ground.events import Ended, Event, Progress, Written
from studio.ground.files import write_json
from studio.jobs.steering import CommandQueue
from studio.projects.project import Project
from studio.ui.panels.language_chat import LanguageChatTab
from studio.ui.panels.tab import PanelTab
from studio.ui.window import StudioWindow

STEPS = (0, 100, 4000)


def add_talker(path: Path, name: str = "stories") -> str:
    """A run of a language model whose checkpoints hold no weights, only what the window reads; its name."""
    with Project.open(path) as project:
        config = LanguageConfig(steps=4000)
        request = TrainRequest(family="language", dataset="cats", config=config.model_dump(mode="json"))
        run = project.runs.new("language", "cats", config, request, name)
        run.set_status(state="finished", step=STEPS[-1], total=4000)
        for step in STEPS:
            folder = run.folder / "checkpoints" / f"model-{step:09d}"
            folder.mkdir(parents=True)
            facts = {"step": step, "family": "language", "config": config.model_dump(mode="json")}
            write_json(folder / "state.json", facts | {"description": {}, "measures": {}})
        return run.name


def answer_to(request: ChatRequest | ContinueRequest, row: int = 0) -> str:
    """What the stand-in writes: it names all that it was given."""
    step, seed = request.checkpoint, request.writing.seed
    if isinstance(request, ContinueRequest):
        return f" and so on ({len(request.text)}, {step}, {row})"
    said = "|".join(f"{message.role}:{message.content}" for message in request.messages)
    return f"{request.start}{request.run} {step} heard {said} [{row}] seed {seed}"


class TalkingServer:
    """Writes word by word. While ``held`` it writes no further than ``words`` words; ``stopped`` counts what was given
    up, ``fail`` makes it fail after the first word."""

    asked: list[Any] = []
    stopped: list[Any] = []
    held = threading.Event()
    words = 2
    fail: Exception | None = None
    reply = ""

    def __init__(self, path: Path) -> None:
        self._path = path

    def close(self) -> None:
        """Nothing is held."""

    def serve(self, request: Any, commands: CommandQueue) -> Iterator[Event]:
        """Words, then all of it."""
        cls = type(self)
        assert isinstance(request, ChatRequest | ContinueRequest)
        cls.asked.append(request)
        yield Progress(text("Loading the model"), 0)
        rows = [cls.reply or answer_to(request, row) for row in range(request.writing.count)]
        for row, whole in enumerate(rows):
            for number, word in enumerate(_words(whole)):
                if cls.fail is not None and number == 1:
                    raise cls.fail
                yield Written(row, word)
                while cls.held.is_set() and number + 1 >= cls.words:
                    if commands.stop_requested:
                        cls.stopped.append(request)
                        yield Ended("stopped")
                        return
                    commands.wait(0.01)
        tokens = tuple(Reply(whole, "end", len(whole.split())) for whole in rows)
        yield Ended("finished", result=Replies(tokens, request, int(request.checkpoint), 9, 3, 0, 2.0))


def _words(whole: str) -> list[str]:
    parts = whole.split(" ")
    return [parts[0], *(f" {part}" for part in parts[1:])]


def opened(window: StudioWindow, run: str = "") -> LanguageChatTab:
    """The Chat tab of a window."""
    if run:
        window.session.select("language", run=run)
    window.session.go("chat", tab="create")
    page: Any = window.pages.current
    tab = page.current_tab()
    assert isinstance(tab, LanguageChatTab)
    return tab


def write(field: QWidget, words: str, *, enter: bool = True) -> None:
    """Type into a field with the keys, or paste what a test's keyboard has no keys for."""
    field.setFocus()
    if words.isascii():
        QTest.keyClicks(field, words)
    else:
        QGuiApplication.clipboard().setText(words)
        QTest.keySequence(field, QKeySequence(QKeySequence.StandardKey.Paste))
    if enter:
        QTest.keyClick(field, Qt.Key.Key_Return)


def shown(tab: LanguageChatTab) -> list[str]:
    """The texts of the messages that are shown."""
    transcript = tab.view.transcript
    return [transcript.text_of(entry.id) for entry in transcript.entries()]


def without_train(make: Any) -> Any:
    """A panel's way to make its tabs, with an empty one in the place of Train: these tests are about Chat."""

    def make_tab(panel: Any, tab: str) -> PanelTab:
        return PanelTab(panel.session, panel.family, panel) if tab == "train" else make(panel, tab)

    return make_tab
