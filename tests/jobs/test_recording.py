"""What a run leaves while it trains: an honest status at a bearable rate, and writes that wait for a full disk."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.config.gan import GanConfig
from studio.config.requests import TrainRequest
from studio.ground.errors import text
from studio.ground.events import CheckpointSaved, Ended, Metrics, Notice, Paused, Progress, Started
from studio.jobs.recording import RunLog, RunRecorder, StatusBoard, not_written
from studio.projects.project import Project
from studio.projects.run import Run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    with Project.create(tmp_path / "project") as project:
        request = TrainRequest(family="gan", dataset="d", config={})
        return project.runs.new("gan", "d", GanConfig(steps=100), request)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def writes(run: Run, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Every call that writes the status."""
    found: list[dict[str, Any]] = []
    real = run.set_status
    monkeypatch.setattr(run, "set_status", lambda **changes: found.append(changes) or real(**changes))
    return found


def test_the_status_is_written_once_a_second_and_when_the_state_changes(run: Run, monkeypatch):
    found, clock = writes(run, monkeypatch), Clock()
    board = StatusBoard(run, clock=clock)
    with run.lock():
        board.begin(total=100)
        board.see(Started("train", step=0, total=100))
        before = len(found)
        for step in range(1, 31):
            clock.now += 0.125
            board.see(Metrics(step, step * 8, {}))
        assert len(found) - before == 3
        board.see(Paused(True, 30))
        assert run.status().state == "paused"
        assert (run.status().step, run.status().items) == (30, 240)
        board.see(Paused(False, 30))
        assert run.status().state == "running"
        board.see(CheckpointSaved(30, "model", best=True))
        board.see(Progress(text("Training"), 30, 100, 12.5, 70.0))
        clock.now += 1
        board.see(Metrics(31, 248, {}))
        status = run.status()
        assert (status.best_step, status.rate, status.seconds_left) == (30, 12.5, 70.0)
        board.end(Ended("failed", text("It broke.")))
    status = run.status()
    assert (status.state, status.error, status.seconds_left, status.legs) == ("failed", "It broke.", None, 1)
    assert status.seconds_trained == pytest.approx(4.75)


def test_time_trained_adds_up_over_legs_and_an_error_is_forgotten(run: Run):
    for leg in (1, 2):
        clock = Clock()
        board = StatusBoard(run, clock=clock)
        board.begin()
        assert run.saved_status().error == ""
        board.see(Started("train", step=0, total=100))
        clock.now = 5.0
        board.end(Ended("failed", text("x")))
        assert run.status().seconds_trained == pytest.approx(5.0 * leg)
        assert run.status().legs == leg


def test_a_status_that_cannot_be_written_is_told_once_and_written_later(run: Run, monkeypatch):
    clock, real = Clock(), run.set_status
    board = StatusBoard(run, clock=clock)
    board.begin()

    def full(**changes: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run, "set_status", full)
    for step in (1, 2, 3):
        clock.now += 2
        board.see(Metrics(step, step, {}))
    assert [n.code for n in board.problems()] == ["not_written"]
    monkeypatch.setattr(run, "set_status", real)
    clock.now += 2
    board.note(rate=1.0)
    assert run.saved_status().step == 3
    assert board.problems() == []


def test_numbers_and_samples_wait_for_room_and_keep_their_order(run: Run, monkeypatch):
    recorder, real = RunRecorder(run), run.metrics.append
    recorder.metrics(1, 8, {"a": 1.0})

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run.metrics, "append", full)
    for step in (2, 3):
        recorder.metrics(step, step * 8, {"a": float(step)})
    recorder.samples(3, 24, np.zeros((2, 4, 4, 3), np.uint8), {"labels": [{}, {}]})
    assert len(recorder.problems()) == 1
    assert run.samples.steps() == []
    monkeypatch.setattr(run.metrics, "append", real)
    recorder.metrics(4, 32, {"a": 4.0})
    assert run.metrics.read().step.tolist() == [1, 2, 3, 4]
    assert run.samples.steps() == [3]
    assert recorder.problems() == []
    run.metrics.close()


def test_the_log_tells_what_matters_and_a_failure_with_its_trace(run: Run):
    log = RunLog(run)
    events = (
        Started("train", step=3, total=9),
        Metrics(4, 4, {}),
        Notice("c", "warning", text("Title"), text("Body of {x}.", x="<b>")),
        CheckpointSaved(5, "resume"),
        Ended("failed", text("Broken."), "Traceback: line 1"),
    )
    assert [notice for event in events for notice in log.see(event)] == []
    words = run.log_tail()
    for part in (
        "from step 3 to 9",
        "Title. Body of <b>.",
        "resume point at step 5",
        "failed: Broken.",
        "Traceback: line 1",
    ):
        assert part in words
    assert len(words.splitlines()) == 5
    assert [notice.code for notice in run.notices.read().notices] == ["c"]


def test_a_notice_that_cannot_be_kept_is_told_and_one_of_the_moment_is_not_kept(run: Run, monkeypatch):
    log = RunLog(run)
    list(log.see(not_written(text("The disk is full."))))
    assert run.notices.read().notices == ()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(run.notices, "add", full)
    assert [n.code for n in log.see(Notice("c", "warning", text("Title"), text("Body")))] == ["not_written"]
