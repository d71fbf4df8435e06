"""The order in which runs train: one trains, the others wait.

The queue knows nothing of threads or windows. Whoever trains (the window) asks :meth:`RunQueue.begin_next` when
nothing trains, and says when a run has ended; what is waiting is written through ``save`` after every change, so that
it is there again tomorrow.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from studio.config.base import Settings, validated
from studio.config.requests import ResumeRequest, TrainRequest
from studio.ground.errors import StudioError, UsageError

Entry = dict[str, Any]
Save = Callable[[list[Entry]], None]
_KINDS: dict[str, type[Settings]] = {"train": TrainRequest, "resume": ResumeRequest}


@dataclass(frozen=True, slots=True)
class Waiting:
    """One request in the queue; ``number`` names it as long as it waits or trains."""

    number: int
    request: TrainRequest | ResumeRequest


class RunQueue:
    """Requests for training in their order, and the one that trains now."""

    def __init__(self, entries: Iterable[Entry] = (), save: Save | None = None) -> None:
        """``entries`` is what ``save`` last got. Entries that no longer fit are listed in :attr:`losses`."""
        self._save = save or (lambda _: None)
        self._waiting: list[Waiting] = []
        self._training: Waiting | None = None
        self._next_number = 1
        self.losses: list[str] = []
        for entry in entries:
            self._restore(entry)

    @property
    def waiting(self) -> tuple[Waiting, ...]:
        """What waits, the next first."""
        return tuple(self._waiting)

    @property
    def training(self) -> Waiting | None:
        """What trains now."""
        return self._training

    def add(self, request: TrainRequest | ResumeRequest, *, first: bool = False) -> Waiting:
        """Put a request at the end, or at the head. Raises UsageError for a run that is in the queue already."""
        run = request.run if isinstance(request, ResumeRequest) else None
        if run is not None and run in self._runs():
            raise UsageError("The run {run} is in the queue already.", run=run)
        entry = self._number(request)
        self._waiting.insert(0 if first else len(self._waiting), entry)
        self._store()
        return entry

    def remove(self, number: int) -> Waiting:
        """Take a request out that still waits. Raises UsageError where none of that number does."""
        entry = self._find(number)
        self._waiting.remove(entry)
        self._store()
        return entry

    def move(self, number: int, position: int) -> None:
        """Put a waiting request at ``position`` (0: next), clipped to the queue's length."""
        entry = self._find(number)
        self._waiting.remove(entry)
        self._waiting.insert(max(0, position), entry)
        self._store()

    def begin_next(self) -> Waiting | None:
        """Take the next request as the one that trains; None while another trains or nothing waits."""
        if self._training is not None or not self._waiting:
            return None
        self._training = self._waiting.pop(0)
        self._store()
        return self._training

    def ended(self) -> None:
        """The run that trained has ended, however it did."""
        self._training = None
        self._store()

    def _restore(self, entry: Entry) -> None:
        try:
            request = validated(_KINDS[entry["kind"]], entry["request"])
        except (StudioError, KeyError, TypeError) as error:
            self.losses.append(str(error))
            return
        self._waiting.append(self._number(request))  # type: ignore[arg-type]

    def _number(self, request: TrainRequest | ResumeRequest) -> Waiting:
        entry = Waiting(self._next_number, request)
        self._next_number += 1
        return entry

    def _runs(self) -> set[str]:
        all_entries = [*self._waiting, *([self._training] if self._training else [])]
        return {e.request.run for e in all_entries if isinstance(e.request, ResumeRequest)}

    def _find(self, number: int) -> Waiting:
        for entry in self._waiting:
            if entry.number == number:
                return entry
        raise UsageError("Nothing with the number {number} waits in the queue.", number=number)

    def _store(self) -> None:
        """Only what waits is kept: what trains has a run folder of its own, and is resumed, not begun again."""
        self._save([{"kind": _kind(e.request), "request": e.request.model_dump(mode="json")} for e in self._waiting])


def _kind(request: Settings) -> str:
    return next(name for name, cls in _KINDS.items() if type(request) is cls)
