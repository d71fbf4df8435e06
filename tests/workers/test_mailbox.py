"""The mailbox: what is kept, what is replaced, and that nothing is lost between two threads."""

import math
import threading

import numpy as np
import pytest

from studio.ground.errors import text
from studio.ground.events import CheckpointSaved, Ended, Event, Metrics, Notice, Paused, Progress, Samples, Started
from studio.workers.mailbox import Mailbox, MetricsBuffer


def picture(value: int) -> np.ndarray:
    return np.full((1, 2, 2, 3), value, np.uint8)


def test_metrics_of_many_steps_come_back_in_order_with_gaps_as_not_a_number():
    buffer = MetricsBuffer()
    for step in range(1000):
        buffer.append(Metrics(step, step * 4, {"a": float(step)} | ({"b": 2.0} if step == 700 else {})))
    block = buffer.block()
    assert len(block) == len(buffer) == 1000
    assert block.steps.tolist() == list(range(1000))
    assert block.items[-1] == 3996
    assert block.values["a"].tolist() == [float(s) for s in range(1000)]
    assert block.values["b"][700] == 2.0
    assert np.isnan(block.values["b"]).sum() == 999


def test_a_name_that_comes_late_is_missing_before():
    buffer = MetricsBuffer()
    buffer.append(Metrics(1, 1, {}))
    buffer.append(Metrics(2, 2, {"late": 5.0}))
    late = buffer.block().values["late"]
    assert math.isnan(late[0])
    assert late[1] == 5.0


def test_samples_and_progress_are_latest_wins_each_kind_for_itself():
    box = Mailbox()
    for step in (1, 2):
        box.put(Samples(step, picture(step)))
        box.put(Samples(step, picture(step), kind="wide"))
        box.put(Progress(text("x"), step))
    post = box.take()
    assert {kind: s.step for kind, s in post.samples.items()} == {"samples": 2, "wide": 2}
    assert post.progress is not None
    assert post.progress.done == 2


def test_notices_and_checkpoints_are_all_kept_in_order():
    box = Mailbox()
    for step in range(3):
        box.put(CheckpointSaved(step, "resume"))
        box.put(Notice(f"n{step}", "info", text("a"), text("b")))
    post = box.take()
    assert [c.step for c in post.checkpoints] == [0, 1, 2]
    assert [n.code for n in post.notices] == ["n0", "n1", "n2"]


def test_what_was_taken_does_not_come_again():
    box = Mailbox()
    for event in (Started("train"), Paused(True, 3), Metrics(1, 1, {"a": 1.0}), Samples(1, picture(1))):
        box.put(event)
    first, second = box.take(), box.take()
    assert first
    assert first.started == Started("train")
    assert first.paused == Paused(True, 3)
    assert not second
    assert second.started is None
    assert len(second.metrics) == 0


def test_exactly_one_ending_and_nothing_after_it():
    box = Mailbox()
    box.put(Ended("stopped"))
    box.put(Ended("failed"))
    box.put(Metrics(1, 1, {"a": 1.0}))
    post = box.take()
    assert post.ended == Ended("stopped")
    assert len(post.metrics) == 0
    assert box.take().ended is None
    assert box.ended == Ended("stopped")


def test_an_event_of_another_kind_is_refused():
    with pytest.raises(TypeError):
        Mailbox().put(Event())


def test_nothing_is_lost_or_doubled_between_two_threads():
    box, count = Mailbox(), 5000

    def fill() -> None:
        for step in range(count):
            box.put(Metrics(step, step, {"a": float(step)}))
        box.put(Ended("finished"))

    writer = threading.Thread(target=fill)
    writer.start()
    steps: list[int] = []
    ended = None
    while ended is None:
        post = box.take()
        steps += post.metrics.steps.tolist()
        ended = post.ended
    writer.join()
    assert steps == list(range(count))
