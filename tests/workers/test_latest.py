"""Latest wins: of many requests the newest is answered, one model stays loaded, late answers are dropped."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from studio.config.base import Settings
from studio.ground.errors import StudioError
from studio.ground.events import Ended, Event, Samples, Written
from studio.jobs.steering import CommandQueue
from studio.workers.latest import Answer, LatestWins


class Ask(Settings):
    value: int
    steps: int = 1


class FakeServer:
    """Answers with the value asked for; waits at a gate so that a test decides when."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.begun = threading.Event()
        self.served: list[int] = []
        self.cut: list[int] = []
        self.closed = False

    def serve(self, request: Settings, commands: CommandQueue) -> Iterator[Event]:
        assert isinstance(request, Ask)
        self.served.append(request.value)
        self.begun.set()
        self.gate.wait(5)
        if request.value < 0:
            raise StudioError("Value {value} is not served.", value=request.value)
        for step in range(request.steps):
            if commands.stop_requested:
                self.cut.append(request.value)
                yield Ended("stopped")
                return
            yield Written(step % 2, f"{step} ")
            yield Samples(step, np.full((step + 1, 1, 1, 3), request.value, np.uint8))
        yield Ended("finished", result=request.value)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def server() -> FakeServer:
    return FakeServer()


@pytest.fixture
def latest(qtbot, server: FakeServer) -> Iterator[LatestWins]:
    worker = LatestWins(Path(), make=lambda _: server)
    worker.start()
    yield worker
    server.gate.set()
    assert worker.close(seconds=5)
    assert server.closed or not server.served


def answers(qtbot, worker: LatestWins, count: int = 1) -> list[Answer]:
    """Wait until ``count`` slots have their final answer."""
    final: dict[str, Answer] = {}

    def enough() -> bool:
        final.update({a.slot: a for a in worker.take() if a.done})
        return len(final) >= count

    qtbot.waitUntil(enough, timeout=5000)
    return list(final.values())


def test_an_answer_bears_its_number_and_pictures(qtbot, latest, server):
    server.gate.set()
    with qtbot.waitSignal(latest.answered, timeout=5000):
        number = latest.ask(Ask(value=7, steps=3))
    (answer,) = answers(qtbot, latest)
    assert (answer.number, answer.result, answer.error) == (number, 7, None)
    assert answer.pictures is not None
    assert answer.pictures.shape == (3, 1, 1, 3)


def test_texts_grow_row_by_row_and_stay_where_they_are_stopped(qtbot, latest, server):
    latest.ask(Ask(value=7, steps=5))
    assert server.begun.wait(5)
    server.gate.set()
    (answer,) = answers(qtbot, latest)
    assert answer.texts == ("0 2 4 ", "1 3 ") and answer.result == 7
    server.gate.clear()
    server.begun.clear()
    number = latest.ask(Ask(value=8, steps=5))
    assert server.begun.wait(5)
    latest.stop()
    server.gate.set()
    (answer,) = answers(qtbot, latest)
    assert (answer.number, answer.texts, answer.result, server.cut) == (number, (), None, [8])


def test_a_text_is_put_together_only_when_it_is_taken(qtbot, latest, server):
    latest.ask(Ask(value=7, steps=400))
    assert server.begun.wait(5)
    order = latest._serving
    server.gate.set()
    qtbot.waitUntil(lambda: order.answer.done, timeout=5000)
    assert [len(row) for row in order.rows] == [200, 200], "nothing was copied while it grew"
    (answer,) = latest.take()
    assert answer.texts[1].split() == [str(step) for step in range(1, 400, 2)]
    assert [len(row) for row in order.rows] == [1, 1] and latest.take() == []


def test_only_the_newest_of_many_is_served_and_the_one_under_way_is_cut(qtbot, latest, server):
    latest.ask(Ask(value=1))
    assert server.begun.wait(5)
    for value in range(2, 50):
        latest.ask(Ask(value=value))
    number = latest.ask(Ask(value=50))
    server.gate.set()
    (answer,) = answers(qtbot, latest)
    assert (answer.number, answer.result) == (number, 50)
    assert server.served == [1, 50]
    assert server.cut == [1]


def test_slots_do_not_disturb_each_other(qtbot, latest, server):
    latest.ask(Ask(value=1), "grid")
    assert server.begun.wait(5)
    latest.ask(Ask(value=2), "opinion")
    server.gate.set()
    found = {a.slot: a.result for a in answers(qtbot, latest, 2)}
    assert found == {"grid": 1, "opinion": 2}
    assert server.cut == []


def test_a_failure_is_an_answer_and_the_next_request_is_served(qtbot, latest, server):
    server.gate.set()
    latest.ask(Ask(value=-1))
    (failed,) = answers(qtbot, latest)
    assert str(failed.error) == "Value -1 is not served."
    latest.ask(Ask(value=3))
    (good,) = answers(qtbot, latest)
    assert good.result == 3


def test_a_forgotten_request_is_not_answered(qtbot, latest, server):
    latest.ask(Ask(value=1))
    assert server.begun.wait(5)
    latest.forget()
    server.gate.set()
    qtbot.waitUntil(lambda: not latest.busy(), timeout=5000)
    assert latest.take() == []


def test_closing_while_serving_ends_quickly(qtbot, server):
    worker = LatestWins(Path(), make=lambda _: server)
    worker.start()
    worker.ask(Ask(value=1, steps=1000))
    assert server.begun.wait(5)
    server.gate.set()
    assert worker.close(seconds=5)
    assert server.closed
    assert worker.take() == []


def test_a_server_that_cannot_be_made_is_an_answer(qtbot):
    def broken(_: Path):
        raise StudioError("The engine is missing.")

    worker = LatestWins(Path(), make=broken)
    worker.start()
    worker.ask(Ask(value=1))
    (answer,) = answers(qtbot, worker)
    assert str(answer.error) == "The engine is missing."
    assert worker.close(seconds=5)
