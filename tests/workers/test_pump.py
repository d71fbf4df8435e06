"""The pump: events come through, commands go in, and one ending comes whatever happens."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QThread

from studio.config.base import Settings
from studio.ground.errors import UsageError
from studio.ground.events import Ended, Event, Metrics, SampleNow, Started, Stop
from studio.jobs.steering import CommandQueue
from studio.workers import pump
from studio.workers.pump import Worker

Job = Callable[[Settings, Path, CommandQueue], Iterator[Event]]


def run_to_end(qtbot, jobs: Job) -> Worker:
    worker = Worker(Settings(), Path(), jobs=jobs)
    with qtbot.waitSignal(worker.finished, timeout=5000):
        worker.start()
    return worker


def test_events_come_through_and_the_ending_last(qtbot):
    def job(request, path, commands):
        yield Started("x")
        yield Metrics(1, 2, {"a": 3.0})
        yield Ended("finished", result=7)

    post = run_to_end(qtbot, job).mailbox.take()
    assert post.started == Started("x")
    assert post.metrics.values["a"].tolist() == [3.0]
    assert post.ended is not None
    assert (post.ended.status, post.ended.result) == ("finished", 7)


def raises(request, path, commands):
    yield Started("x")
    raise RuntimeError("torch says no")


def refuses(request, path, commands):
    raise UsageError("No run is called {run}.", run="<b>x</b>")
    yield


def says_nothing(request, path, commands):
    yield Started("x")


def exits(request, path, commands):
    yield Started("x")
    raise SystemExit(3)


def cannot_begin(request, path, commands):
    raise ValueError("before the first event")


@pytest.mark.parametrize("job", [raises, refuses, says_nothing, exits, cannot_begin])
def test_whatever_goes_wrong_is_one_failed_ending_with_a_sentence(qtbot, job):
    ended = run_to_end(qtbot, job).mailbox.take().ended
    assert ended is not None
    assert ended.status == "failed"
    assert str(ended.error).endswith((".", "no", "3", "event"))


def test_the_trace_and_the_refusal_are_told_apart(qtbot):
    failed = run_to_end(qtbot, raises).mailbox.ended
    assert failed is not None
    assert "torch says no" in failed.trace
    assert not failed.refused
    refused = run_to_end(qtbot, refuses).mailbox.ended
    assert refused is not None
    assert refused.refused
    assert str(refused.error) == "No run is called <b>x</b>."


def test_the_iterator_is_closed_before_the_ending_is_shown(qtbot):
    order = []

    def job(request, path, commands):
        try:
            yield Ended("finished")
        finally:
            order.append("closed")

    worker = Worker(Settings(), Path(), jobs=job)
    put = worker.mailbox.put
    worker.mailbox.put = lambda event: (order.append(type(event).__name__), put(event))  # type: ignore[method-assign]
    with qtbot.waitSignal(worker.finished, timeout=5000):
        worker.start()
    assert order == ["closed", "Ended"]


def test_an_error_while_closing_does_not_pass_as_finished(qtbot):
    def job(request, path, commands):
        try:
            yield Ended("finished")
        finally:
            raise OSError("the drive has gone")

    ended = run_to_end(qtbot, job).mailbox.ended
    assert ended is not None
    assert ended.status == "failed"
    assert "the drive has gone" in ended.trace


def obedient(request, path, commands):
    step = 0
    while True:
        for command in commands.drain():
            if isinstance(command, Stop):
                yield Ended("stopped", result=step)
                return
            if isinstance(command, SampleNow):
                yield Metrics(-1, -1, {"sampled": 1.0})
        step += 1
        yield Metrics(step, step, {"a": 1.0})
        time.sleep(0.001)


def test_commands_reach_the_job_and_close_waits_for_its_ending(qtbot):
    worker = Worker(Settings(), Path(), jobs=obedient)
    worker.start()
    worker.send(SampleNow())
    qtbot.waitUntil(lambda: -1 in worker.mailbox.take().metrics.steps, timeout=5000)
    assert worker.close(seconds=5)
    assert worker.isFinished()
    assert worker.mailbox.ended == Ended("stopped", result=worker.mailbox.ended.result)


def test_a_worker_that_nobody_remembers_lives_until_it_has_ended(qtbot):
    worker = Worker(Settings(), Path(), jobs=obedient)
    worker.start()
    mailbox, send = worker.mailbox, worker.send
    assert worker in pump._running
    del worker
    qtbot.waitUntil(lambda: len(mailbox.take().metrics) > 0, timeout=5000)
    send(Stop())
    del send
    qtbot.waitUntil(lambda: mailbox.ended is not None and not pump._running, timeout=5000)


def test_closing_a_worker_that_never_began_or_is_over_is_harmless(qtbot):
    assert Worker(Settings(), Path(), jobs=obedient).close(seconds=1)
    assert run_to_end(qtbot, refuses).close(seconds=1)


def test_the_job_runs_in_the_workers_own_thread(qtbot):
    seen = []

    def job(request, path, commands):
        seen.append(QThread.currentThread() is worker)
        yield Ended("finished")

    worker = Worker(Settings(), Path(), jobs=job)
    with qtbot.waitSignal(worker.finished, timeout=5000):
        worker.start()
    assert seen == [True]
