"""The queue of runs: one trains, the others wait, and what waits is there tomorrow."""

import pytest

from studio.config.requests import ResumeRequest, TrainRequest
from studio.ground.errors import UsageError
from studio.jobs.queue import RunQueue


def request(dataset: str) -> TrainRequest:
    return TrainRequest(family="gan", dataset=dataset, config={"steps": 3})


def names(queue: RunQueue) -> list[str]:
    return [w.request.dataset for w in queue.waiting if isinstance(w.request, TrainRequest)]


def test_one_trains_and_the_others_wait_in_order():
    queue = RunQueue()
    for name in "abc":
        queue.add(request(name))
    first = queue.begin_next()
    assert first is not None
    assert first is queue.training
    assert queue.begin_next() is None
    assert names(queue) == ["b", "c"]
    queue.ended()
    second = queue.begin_next()
    assert second is not None
    assert isinstance(second.request, TrainRequest)
    assert second.request.dataset == "b"


def test_an_empty_queue_begins_nothing():
    assert RunQueue().begin_next() is None


def test_moving_removing_and_going_first():
    queue = RunQueue()
    a, b, c = (queue.add(request(name)) for name in "abc")
    queue.move(c.number, 0)
    assert names(queue) == ["c", "a", "b"]
    queue.move(c.number, 99)
    assert names(queue) == ["a", "b", "c"]
    queue.remove(b.number)
    queue.add(request("d"), first=True)
    assert names(queue) == ["d", "a", "c"]
    with pytest.raises(UsageError, match=str(b.number)):
        queue.remove(b.number)
    assert a in queue.waiting


def test_what_waits_comes_back_and_what_trains_does_not():
    saved: list[list] = [[]]
    queue = RunQueue(save=lambda entries: saved.append(entries))
    for name in "abc":
        queue.add(request(name))
    queue.begin_next()
    again = RunQueue(saved[-1])
    assert names(again) == ["b", "c"]
    assert again.training is None
    assert len({w.number for w in again.waiting}) == 2


def test_an_entry_that_no_longer_fits_is_named_and_the_others_stay():
    good = {"kind": "train", "request": request("a").model_dump(mode="json")}
    queue = RunQueue([{"kind": "train", "request": {"family": 3}}, {"kind": "bake", "request": {}}, "x", good])  # type: ignore[list-item]
    assert names(queue) == ["a"]
    assert len(queue.losses) == 3


def test_a_run_waits_only_once():
    queue = RunQueue()
    queue.add(ResumeRequest(run="r-1"))
    with pytest.raises(UsageError, match="r-1"):
        queue.add(ResumeRequest(run="r-1"))
    queue.begin_next()
    with pytest.raises(UsageError, match="r-1"):
        queue.add(ResumeRequest(run="r-1"))
    queue.ended()
    queue.add(ResumeRequest(run="r-1"))
