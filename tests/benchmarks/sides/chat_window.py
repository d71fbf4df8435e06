"""The window with a conversation of 300,000 tokens: opened, scrolled, and a reply written under it; lateness.

Arguments: an empty folder, the seconds that a reply is written. Prints one JSON line. The reply comes from a stand-in
that writes 60 words a second: what is measured is the window.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np

from studio.config.language import LanguageConfig
from studio.config.requests import ChatRequest, TrainRequest
from studio.generation.replies import Replies, Reply
from studio.ground.events import Ended, Event, Written
from studio.ground.files import write_json
from studio.projects.project import Project

TURNS, TICK, WORDS_A_SECOND = 1500, 0.016, 60
QUESTION, ANSWER = "How is it with number {0}? " * 2, "The answer to number {0} is long. " * 28  # 200 tokens a turn


def fill(path: Path) -> tuple[int, int]:
    """A project with a run that only the window reads, and the two conversations, a long and an empty one."""
    with Project.create(path) as project:
        config = LanguageConfig(steps=10)
        request = TrainRequest(family="language", dataset="none", config=config.model_dump(mode="json"))
        run = project.runs.new("language", "none", config, request, "talker")
        run.set_status(state="finished", step=10, total=10)
        point = run.folder / "checkpoints" / "model-000000010"
        point.mkdir(parents=True)
        facts = {"step": 10, "family": "language", "config": config.model_dump(mode="json")}
        write_json(point / "state.json", facts | {"description": {}, "measures": {}})
        talks = project.conversations
        long, parent = talks.new("long"), 0
        for number in range(TURNS):
            _, [parent] = talks.say(long, parent, QUESTION.format(number), replies=[{"run": "talker"}])
            talks.finish(parent, ANSWER.format(number), "whole", {"run": "talker", "tokens": 200, "seconds": 2.0})
        return long, talks.new("short")


class SteadyServer:
    """Writes words at an even pace."""

    seconds = 1.0

    def __init__(self, path: Path) -> None:
        pass

    def close(self) -> None:
        """Nothing is held."""

    def serve(self, request: ChatRequest, commands: Any) -> Iterator[Event]:
        count = int(self.seconds * WORDS_A_SECOND)
        begin = time.perf_counter()
        for number in range(count):
            yield Written(0, f"word{number} ")
            time.sleep(max(0.0, begin + number / WORDS_A_SECOND - time.perf_counter()))
        rows = (Reply("".join(f"word{number} " for number in range(count)), "end", count),)
        yield Ended("finished", result=Replies(rows, request, 10, 300_000, 0, 0, self.seconds))


class Lateness:
    """How late a timer of 16 ms comes, and what the window's thread computes, in milliseconds."""

    def __init__(self) -> None:
        from PySide6.QtCore import Qt, QTimer

        self._late: list[float] = []
        self._last = 0.0
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._timer.start(int(TICK * 1000))

    def _tick(self) -> None:
        now = time.perf_counter()
        self._late.append(max(0.0, now - self._last - TICK) * 1000)
        self._last = now

    def of(self, act: Callable[[], None], milliseconds: int) -> dict[str, float]:
        """While ``act`` is done and for some time after it."""
        work(100)
        self._late.clear()
        self._last, own = time.perf_counter(), time.thread_time()
        act()
        computed = (time.thread_time() - own) * 1000
        work(milliseconds)
        late = np.array(self._late)
        found = {"late p50": float(np.percentile(late, 50)), "late p99": float(np.percentile(late, 99))}
        return found | {"late max": float(late.max()), "computed at once": computed}


def work(milliseconds: int) -> None:
    """Let the window work, as its own loop does."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def measure(path: Path, seconds: float) -> list[dict[str, Any]]:
    long, short = fill(path)
    from studio.app import create_window
    from studio.workers import latest

    SteadyServer.seconds = seconds
    latest._model_server = SteadyServer  # type: ignore[assignment]
    window = create_window(path)
    window.resize(1280, 800)
    window.show()
    window.session.select("language", run="talker", checkpoint="10")
    window.session.go("chat", tab="create")
    tab: Any = window.pages.current.current_tab()  # type: ignore[union-attr]
    work(12_000)  # torch has loaded
    lateness, rows = Lateness(), []
    bar = tab.view.transcript.verticalScrollBar()
    for _ in range(3):
        tab.arrive(conversation=short)
        rows.append({"what": "opening"} | lateness.of(lambda: tab.arrive(conversation=long), 800))
    for place in np.linspace(1, 0, 30):
        act = partial(lambda at: bar.setValue(int(at * bar.maximum())), place)
        rows += [{"what": "scrolling"} | lateness.of(act, 100)]
    tab.view.composer.field.setPlainText("And now?")
    tab.view.transcript.to_end()
    rows.append({"what": "sending and writing"} | lateness.of(tab.desk.send, int(seconds * 1000)))
    window.close()
    return rows


if __name__ == "__main__":
    found = measure(Path(sys.argv[1]), float(sys.argv[2]))
    keys = [key for key in found[0] if key != "what"]
    whole = []
    for what in dict.fromkeys(row["what"] for row in found):
        some = [row for row in found if row["what"] == what]
        whole.append({"what": what} | {key: max(row[key] for row in some) for key in keys})
    print(json.dumps({"rows": whole}), flush=True)
    os._exit(0 if threading.active_count() else 1)
