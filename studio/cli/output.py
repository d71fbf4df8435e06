"""What the command line prints: one JSON object a line, or text for people; errors on the other stream.

Names of the user's own (data sets, runs, files) are never read as markup, and control characters in them are shown
as marks, so that no name can repaint the terminal.
"""

from __future__ import annotations

import errno
import json
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text as RichText

from studio.ground.events import (
    CheckpointSaved,
    Ended,
    Event,
    Metrics,
    Notice,
    Paused,
    Progress,
    Samples,
    Started,
    event_to_json,
)

_PLAIN_SECONDS = 2.0
_BAR_SECONDS = 0.1
_CLOSED_PIPE = {errno.EPIPE, errno.EINVAL}  # the second is Windows' word for it
_SHORT = {"awake"}  # notices whose title says enough on a terminal


class ReaderGone(Exception):
    """Whoever read the output has closed it."""


def printable(words: object) -> str:
    """Text as it may stand on a terminal: control and direction characters become a mark."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(words))


def say_error(words: object, *, stream: TextIO | None = None) -> None:
    """One clear sentence on the error stream."""
    print(printable(words), file=stream or sys.stderr, flush=True)


def say(words: object) -> None:
    """One line of a result on the output stream."""
    _write(printable(words))


def write_words(words: str) -> None:
    """A piece of a text as it comes, with its line breaks, and no more of what could repaint the terminal."""
    _write("".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in words), end="")


def say_json(data: Mapping[str, Any]) -> None:
    """One JSON object on one line."""
    _write(json.dumps(finite(data), allow_nan=False, default=str))


def say_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str = "") -> None:
    """A table; on anything but a terminal the cells of a row are parted by tabs."""
    console = Console(markup=False, highlight=False, emoji=False)
    if not console.is_terminal:
        for row in (columns, *rows):
            _write("\t".join(printable(cell) for cell in row))
        return
    table = Table(title=title or None, box=None, header_style="bold", pad_edge=False)
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(RichText(printable(cell)) for cell in row))
    console.print(table)


def finite(value: Any) -> Any:
    """The same plain data with every not-a-number or infinity as None: JSON knows neither."""
    if isinstance(value, float):
        return value if value - value == 0.0 else None
    if isinstance(value, Mapping):
        return {key: finite(v) for key, v in value.items()}
    return [finite(v) for v in value] if isinstance(value, list) else value


class Pace:
    """How fast a run trains, as its own progress events say between those of samples and checkpoints."""

    def __init__(self) -> None:
        self.total: int | None = None
        self.words = ""
        self._training = False

    def begin(self, event: Started) -> None:
        """Some work begins; only that of training has a pace."""
        self.total, self.words, self._training = event.total, "", event.what == "train"

    def takes(self, event: Progress) -> bool:
        """Whether an event tells the pace of training, which is then remembered for the next line."""
        if not self._training or event.rate is None or event.total != self.total:
            return False
        self.words = rate_and_rest(event)
        return True


class JsonReporter:
    """Every event of a job as a line; the ending is left to the command, which adds what it knows."""

    def report(self, event: Event) -> None:
        """Print one event."""
        if not isinstance(event, Ended):
            say_json(event_to_json(event))

    def close(self) -> None:
        """Nothing to put away."""


class PlainReporter:
    """Events as plain lines, of progress and metrics at most one every two seconds: for files and pipes."""

    def __init__(self) -> None:
        self._pace = Pace()
        self._next = 0.0

    def report(self, event: Event) -> None:
        """Print one event, or leave it out."""
        line = self._line(event)
        if line:
            say_error(line)

    def close(self) -> None:
        """Nothing to put away."""

    def _line(self, event: Event) -> str:
        match event:
            case Started():
                self._pace.begin(event)
                return started_line(event)
            case Progress() if self._pace.takes(event):
                return ""
            case Metrics() | Progress() if time.monotonic() >= self._next:
                self._next = time.monotonic() + _PLAIN_SECONDS
                return progress_line(event, self._pace)
        return occasional_line(event)


class BarReporter:
    """Events on a terminal: one bar that moves, notices above it."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, markup=False, highlight=False, emoji=False)
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[rest]}", markup=False),
        )
        self._bar = Bar(*columns, console=self._console, transient=True, auto_refresh=False)
        self._task: TaskID = self._bar.add_task("", total=None, rest="")
        self._pace = Pace()
        self._next = 0.0
        self._bar.start()

    def report(self, event: Event) -> None:
        """Show one event."""
        match event:
            case Started():
                self._pace.begin(event)
                self._console.print(RichText(started_line(event)))
            case Progress() if self._pace.takes(event):
                pass
            case Metrics():
                self._show("Training", event.step, self._pace.total, f"{self._pace.words}  {numbers(event)}".strip())
            case Progress():
                self._show(printable(event.what), event.done, event.total, rate_and_rest(event))
            case _:
                line = occasional_line(event)
                if line:
                    self._console.print(RichText(line))

    def close(self) -> None:
        """Take the bar away."""
        self._bar.refresh()
        self._bar.stop()

    def _show(self, what: str, done: int, total: int | None, rest: str) -> None:
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _BAR_SECONDS
        self._bar.update(self._task, description=what, completed=done, total=total, rest=rest)
        self._bar.refresh()


Reporter = JsonReporter | PlainReporter | BarReporter


def reporter(as_json: bool) -> Reporter:
    """The reporter that suits the output."""
    if as_json:
        return JsonReporter()
    return BarReporter() if sys.stderr.isatty() else PlainReporter()


def started_line(event: Started) -> str:
    """What begins."""
    if event.what != "train":
        return printable(f"{event.what} {event.name}".strip())
    return f"training from step {event.step} to {event.total or 'the end'}"


def progress_line(event: Metrics | Progress, pace: Pace) -> str:
    """How far the work is."""
    if isinstance(event, Metrics):
        of = f" of {pace.total}" if pace.total else ""
        return f"step {event.step}{of}{f', {pace.words}' if pace.words else ''}: {numbers(event)}"
    done = f"{event.done} of {event.total}" if event.total else str(event.done)
    return printable(f"{event.what}: {done} {rate_and_rest(event)}".rstrip())


def occasional_line(event: Event) -> str:
    """What is worth a line of its own; nothing for the others."""
    match event:
        case Notice():
            body = "" if event.code in _SHORT else f" {event.body}"
            return printable(f"{event.severity}: {event.title}.{body}")
        case CheckpointSaved(kind="resume"):
            return f"checkpoint at step {event.step}"
        case Paused():
            return f"{'paused' if event.paused else 'going on'} at step {event.step}"
        case Samples() | CheckpointSaved() | Metrics() | Progress():
            return ""
    return ""


def numbers(event: Metrics) -> str:
    """The step's numbers in short."""
    return printable("  ".join(f"{name} {value:.4g}" for name, value in list(event.values.items())[:6]))


def rate_and_rest(event: Progress) -> str:
    """Rate and time left, where known."""
    rate = f"{event.rate:.0f}/s" if event.rate else ""
    rest = f"{duration(event.seconds_left)} left" if event.seconds_left is not None else ""
    return " ".join(part for part in (rate, rest) if part)


def duration(seconds: float) -> str:
    """Seconds in words: ``40 s``, ``3 min``, ``2 h 05 min``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60:02d} min"


def size(count: float) -> str:
    """Bytes in words."""
    for unit in ("B", "KB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            break
        count /= 1000
    return f"{count:.0f} {unit}" if unit in {"B", "KB"} else f"{count:.1f} {unit}"


def _write(line: str, *, end: str = "\n") -> None:
    try:
        sys.stdout.write(line + end)
        sys.stdout.flush()
    except OSError as error:
        if error.errno not in _CLOSED_PIPE:
            raise
        raise ReaderGone from error
