"""The command queue: order, waiting, and a stop that is remembered."""

import threading
import time

from studio.ground.events import Continue, Pause, SampleNow, Stop
from studio.jobs.steering import CommandQueue


def test_commands_come_out_once_and_in_order():
    queue = CommandQueue()
    queue.put(Pause())
    queue.put(SampleNow())
    assert queue.drain() == [Pause(), SampleNow()]
    assert queue.drain() == []


def test_waiting_leaves_the_command_in_the_queue():
    queue = CommandQueue()
    queue.put(Pause())
    queue.put(Continue())
    assert queue.wait(0)
    assert queue.wait(0)
    assert queue.drain() == [Pause(), Continue()]


def test_waiting_ends_when_a_command_comes_and_not_before_the_time_is_up():
    queue = CommandQueue()
    assert not queue.wait(0.01)
    sender = threading.Timer(0.05, queue.put, [Pause()])
    sender.start()
    began = time.monotonic()
    assert queue.wait(5)
    assert time.monotonic() - began < 4
    sender.join()


def test_a_stop_is_remembered_after_it_was_taken():
    queue = CommandQueue()
    queue.put(SampleNow())
    assert not queue.stop_requested
    queue.put(Stop())
    queue.drain()
    assert queue.stop_requested
    assert queue.stopping()


def test_many_threads_lose_nothing():
    queue = CommandQueue()
    threads = [threading.Thread(target=lambda: [queue.put(Pause()) for _ in range(500)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    taken = 0
    while taken < 2000 and queue.wait(5):
        taken += len(queue.drain())
    for thread in threads:
        thread.join()
    assert taken == 2000
    assert queue.drain() == []
