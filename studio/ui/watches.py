"""The runs that somebody on the screen follows, and how often each is read."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from studio.ground.events import Notice
from studio.ui.run_watch import RunWatch

if TYPE_CHECKING:
    from studio.ui.session import Session

_OWN_SECONDS = 1.0  # painting competes with training for the cores: two repaints a second cost 4 % of one
_OTHER_SECONDS = 2.0


class Watches(QObject):
    """One watch a run, however many follow it."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._watches: dict[str, RunWatch] = {}
        self._users: dict[str, int] = {}
        self._notices: dict[str, tuple[Notice, ...]] = {}
        self._last: dict[str, float] = {}

    def watch(self, run: Any) -> RunWatch:
        """The watch of a run."""
        if run.name not in self._watches:
            found = RunWatch(run, self)
            for notice in self._notices.get(run.name, ()):  # of those that could not be written
                found.add_notice(notice)
            self._watches[run.name] = found
        self._users[run.name] = self._users.get(run.name, 0) + 1
        return self._watches[run.name]

    def release(self, watch: RunWatch) -> None:
        """One fewer follows it."""
        left = self._users.get(watch.name, 0) - 1
        self._users[watch.name] = left
        if left <= 0 and self._watches.get(watch.name) is watch:
            self.drop(watch.name)

    def drop(self, name: str) -> None:
        """Nobody follows the run any more, whoever did."""
        self._users.pop(name, None)
        found = self._watches.pop(name, None)
        if found is not None:
            found.deleteLater()

    def clear(self) -> None:
        """Forget all."""
        for name in list(self._watches):
            self.drop(name)
        self._notices.clear()

    def notice(self, name: str, notice: Notice) -> None:
        """A notice of a run that this window trains."""
        held = self._notices.get(name, ())
        self._notices[name] = (*(n for n in held if n.code != notice.code), notice)
        if name in self._watches:
            self._watches[name].add_notice(notice)

    def poll_now(self, name: str) -> None:
        """Read a run at once, as when it has ended."""
        if name in self._watches:
            self._watches[name].poll()

    def tick(self, session: Session) -> None:
        """Read those whose time has come: live ones."""
        now = time.monotonic()
        for name, watch in tuple(self._watches.items()):
            own = session.is_own(name)
            if not own and not session.lists.is_live(name):
                continue
            if now - self._last.get(name, 0.0) >= (_OWN_SECONDS if own else _OTHER_SECONDS):
                self._last[name] = now
                if own and session.training is not None:
                    watch.set_speed(session.training.rate, session.training.seconds_left)
                watch.poll(own=own)
