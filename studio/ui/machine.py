"""The computer in a few words for the status bar: which device, how many cores, how much memory this program takes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from studio.ui.text import bytes_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio.config.facts import DeviceFacts

_SECONDS = 2.0


class MachineWatch:
    """Measures at most every two seconds; psutil is imported with the first measurement."""

    def __init__(self) -> None:
        self._last = 0.0
        self._process: object | None = None
        self._memory = 0
        self._cores = 0

    @property
    def measured(self) -> bool:
        """Whether there is something to tell."""
        return self._memory > 0

    def words(self, facts: Callable[[], DeviceFacts]) -> str:
        """For example “CPU, 2 cores · 1.2 GB”."""
        device = facts()
        if device.kind == "cpu":
            place = QCoreApplication.translate("Machine", "CPU, {0} cores").format(self._cores)
        else:
            place = device.name or device.kind.upper()
        return f"{place} · {bytes_text(self._memory)}"

    def measure(self) -> None:
        """Look again if it is time to."""
        now = time.monotonic()
        if now - self._last < _SECONDS:
            return
        import psutil

        self._last = now
        if self._process is None:
            self._process = psutil.Process()
            self._cores = _cores()
        assert isinstance(self._process, psutil.Process)
        self._memory = self._process.memory_info().rss


def _cores() -> int:
    """The cores that this program may use."""
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
