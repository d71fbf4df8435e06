"""A stretch of training, headless or beside the open window, or the idle window: rates, the window's share, lateness.

Arguments: ``headless|window|idle``, the project, the seconds to measure. Prints one JSON line.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np

from studio.config.base import with_overrides
from studio.config.gan import GanConfig
from studio.config.requests import TrainRequest

SETTLE_STEPS = 40
LONG = 1_000_000
TICK = 0.016


def request() -> TrainRequest:
    config = with_overrides(GanConfig(), {"steps": LONG, "batch": 64, "shares": 2})
    return TrainRequest(family="gan", dataset="portraits", config=config.model_dump(mode="json"), device="cpu")


def headless(project: Path, seconds: float) -> dict[str, float]:
    from studio.ground.events import Metrics, Stop
    from studio.jobs.registry import run_job
    from studio.jobs.steering import CommandQueue

    commands, begin, items = CommandQueue(), 0.0, 0
    for event in run_job(request(), project, commands):
        if not isinstance(event, Metrics) or event.step < SETTLE_STEPS:
            continue
        if not begin:
            begin, items = time.perf_counter(), event.items
        elif time.perf_counter() - begin > seconds and not commands.stop_requested:
            rate = (event.items - items) / (time.perf_counter() - begin)
            commands.put(Stop())
    return {"rate": rate}


def beside_window(project: Path, seconds: float, *, train: bool) -> dict[str, float]:
    from PySide6.QtCore import Qt, QTimer

    from studio.app import create_window

    window = create_window(project)
    window.resize(1280, 800)
    window.show()
    session = window.session
    session.go("gan")
    wait_until(lambda: bool(session.engine.devices), 60)
    work(12_000)  # torch has loaded, the measurement of the costs is over
    if train:
        session.train(request())
        wait_until(lambda: session.training is not None and session.training.step >= SETTLE_STEPS, 240)
    late, last = [], [time.perf_counter()]

    def tick() -> None:
        now = time.perf_counter()
        late.append(max(0.0, now - last[0] - TICK))
        last[0] = now

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(tick)
    timer.start(int(TICK * 1000))
    step = session.training.step if train else 0
    begin, own, process = time.perf_counter(), time.thread_time(), time.process_time()
    work(int(seconds * 1000))
    wall = time.perf_counter() - begin
    own, process = time.thread_time() - own, time.process_time() - process
    made = (session.training.step if train else 0) - step
    timer.stop()
    if train:
        session.trigger("stop")
        wait_until(lambda: session.training is None, 120)
    window.close()
    wait_until(lambda: session.project is None, 60)
    milliseconds = np.array(late[1:]) * 1000
    return {
        "rate": made * 64 / wall,
        "share": own / process if process else 0.0,
        "of one core": own / wall,
        "late p50": float(np.percentile(milliseconds, 50)),
        "late p99": float(np.percentile(milliseconds, 99)),
        "late max": float(milliseconds.max()),
        "over 100 ms a minute": float((milliseconds > 100).sum() * 60 / wall),
    }


def work(milliseconds: int) -> None:
    """Let the window work, as its own loop does; QTest.qWait would hold the interpreter and starve the trainer."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def wait_until(ready: Callable[[], bool], seconds: float) -> None:
    end = time.perf_counter() + seconds
    while not ready():
        assert time.perf_counter() < end, "waited too long"
        work(50)


if __name__ == "__main__":
    mode, where, stretch = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
    result = headless(where, stretch) if mode == "headless" else beside_window(where, stretch, train=mode == "window")
    print(json.dumps(result), flush=True)
    os._exit(0 if threading.active_count() else 1)
