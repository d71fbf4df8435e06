"""Long work in pieces: on all cores, in order, cancellable, with one ending whatever happens."""

from __future__ import annotations

import errno
import functools
import os
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import ParamSpec, TypeVar

from studio.ground.errors import StudioError, Text, UsageError, text
from studio.ground.events import Ended, Event, Progress

Piece = TypeVar("Piece")
Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")
Stop = Callable[[], bool]

BEAT_SECONDS = 0.1
"""The longest time between two looks at the stop signal, but for one picture that is just being decoded."""
_FAREWELL_SECONDS = 0.3
_FULL_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Stopped(Exception):
    """The user asked to stop."""


def never() -> bool:
    """The stop signal of work that nobody stops."""
    return False


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def in_order(
    function: Callable[[Piece], Result], pieces: Iterable[Piece], *, stop: Stop, threads: int | None = None
) -> Iterator[Result | None]:
    """Apply ``function`` on a pool of threads; yield results in the order of ``pieces``, and None while none is ready.

    At most three pieces a thread are under way, so memory stays bounded however fast they come.

    Raises:
        Stopped: ``stop`` said so; pieces not yet begun are dropped.
    """
    threads = threads or cores()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="pictures")
    waiting: deque[Future[Result]] = deque()
    try:
        for piece in pieces:
            waiting.append(pool.submit(function, piece))
            if len(waiting) >= 3 * threads:
                yield from _first(waiting, stop)
        while waiting:
            yield from _first(waiting, stop)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        wait(waiting, timeout=_FAREWELL_SECONDS)


def beside(function: Callable[[], Result], stop: Stop) -> Iterator[Result | None]:
    """Run one function in a thread; yield None ten times a second until its result, which comes last."""
    return in_order(lambda _: function(), [None], stop=stop, threads=1)


def _first(waiting: deque[Future[Result]], stop: Stop) -> Iterator[Result | None]:
    while not wait([waiting[0]], timeout=BEAT_SECONDS).done:
        _obey(stop)
        yield None
    _obey(stop)
    yield waiting.popleft().result()


def _obey(stop: Stop) -> None:
    if stop():
        raise Stopped


class Meter:
    """Turns a count into :class:`Progress` events, four a second, with the rate of the last seconds."""

    def __init__(self, what: Text, total: int | None = None, *, seconds: float = 0.25) -> None:
        self._what, self._total, self._seconds = what, total, seconds
        self._marks: deque[tuple[float, int]] = deque([(time.monotonic(), 0)], maxlen=20)

    def progress(self, done: int, *, always: bool = False) -> Iterator[Progress]:
        """One event if it is time for one (or ``always``)."""
        now = time.monotonic()
        if not always and now - self._marks[-1][0] < self._seconds:
            return
        then, before = self._marks[0]
        self._marks.append((now, done))
        rate = (done - before) / (now - then) if now > then else None
        left = (self._total - done) / rate if rate and self._total is not None else None
        yield Progress(self._what, done, self._total, rate, left)


def ends(function: Callable[Arguments, Iterator[Event]]) -> Callable[Arguments, Iterator[Event]]:
    """Give a job its one ending: what it raises becomes ``Ended(stopped)`` or ``Ended(failed)`` with a sentence."""

    @functools.wraps(function)
    def run(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Iterator[Event]:
        try:
            yield from function(*args, **kwargs)
        except Stopped:
            yield Ended("stopped")
        except StudioError as error:
            yield Ended("failed", error=error.text, refused=isinstance(error, UsageError))
        except OSError as error:
            yield Ended("failed", error=describe_os_error(error), trace=traceback.format_exc())
        except Exception as error:  # noqa: BLE001  the ending carries it to the user, with its trace
            what = text("Something unexpected went wrong: {error}.", error=f"{type(error).__name__}: {error}")
            yield Ended("failed", error=what, trace=traceback.format_exc())

    return run


def reason_in_passing(error: OSError) -> Text:
    """What :func:`describe_os_error` says, for work that goes on and tries again."""
    return text("The disk is full.") if error.errno in _FULL_DISK else describe_os_error(error)


def describe_os_error(error: OSError) -> Text:
    """One sentence for what the operating system refused."""
    if error.errno in _FULL_DISK:
        return text("The disk is full, so this could not be finished. Free some space and try again.")
    name = os.path.basename(str(error.filename or ""))  # noqa: PTH119  a name, not always a path
    reason = (error.strerror or type(error).__name__).rstrip(".")
    if not name:
        return text("The computer refused to read or write a file: {reason}.", reason=reason)
    return text("The computer refused to read or write {name}: {reason}.", name=name, reason=reason)
