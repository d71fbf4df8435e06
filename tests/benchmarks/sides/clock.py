"""The clock of a race: wall seconds and seconds of the processor of this process."""

import time


class Clock:
    """Seconds and CPU seconds of this process; stands still while samples are drawn."""

    def __init__(self) -> None:
        self.wall, self.cpu = 0.0, 0.0
        self.go()

    def go(self) -> None:
        """Start it, or let it go on."""
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def halt(self) -> None:
        """Let it stand still."""
        self.wall, self.cpu = self.passed(), self.spent()

    def passed(self) -> float:
        """Seconds until now, while it runs."""
        return self.wall + time.perf_counter() - self._wall

    def spent(self) -> float:
        """Seconds of the processor until now, while it runs."""
        return self.cpu + time.process_time() - self._cpu
