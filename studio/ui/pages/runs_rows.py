"""A run as a line of the table: what the project says of it, and where this window trains it what its worker says."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QLocale

from studio.projects.run import RunInfo
from studio.ui.header_items import state_words
from studio.ui.pages import BY_ID, page_of_family, page_title
from studio.ui.text import NO_BREAK, count_text, duration_text
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.session import Session

STATE_COLOURS = {
    "running": "good",
    "paused": "fake",
    "finished": "accent",
    "stopped": "line_strong",
    "failed": "danger",
    "interrupted": "series:7",
    "waiting": "line",
}


@dataclass(frozen=True, slots=True)
class RunRow:
    """One line. ``seconds`` trained so far; ``started`` in seconds since 1970, None where it never was."""

    name: str
    title: str
    family: str
    dataset: str
    state: str
    step: int
    total: int
    seconds: float
    started: float | None
    best: int | None
    live: bool
    note: str = ""
    damage: str = ""
    error: str = ""
    seconds_left: float | None = None

    @property
    def share(self) -> float:
        """How much of the horizon is done, 0..1."""
        return min(1.0, self.step / self.total) if self.total else 0.0

    def state_words(self) -> str:
        """The state as a person reads it."""
        return _tr("damaged") if self.damage else state_words(self.state)

    def steps_words(self) -> str:
        """“640 / 1 000”."""
        return f"{count_text(self.step)}{NO_BREAK}/{NO_BREAK}{count_text(self.total)}" if self.total else "–"

    def search_text(self) -> str:
        """What a search looks in."""
        words = (self.name, self.title, family_title(self.family), self.dataset, self.state_words(), self.note)
        return " ".join(words).casefold()

    def tip(self) -> str:
        """All that the line has no room for."""
        lines = [self.title if self.title == self.name else f"{self.title} ({self.name})", self.note, self.damage]
        lines.append(self.error if self.state == "failed" else "")
        return "\n".join(line for line in lines if line)


def rows_of(session: Session, notes: Mapping[str, str]) -> list[RunRow]:
    """All runs of the project, the newest first."""
    return [_row(session, info, notes.get(info.name, "")) for info in session.runs()]


def _row(session: Session, info: RunInfo, note: str) -> RunRow:
    status, live = info.status, session.training
    own = live is not None and live.name == info.name
    state, step, left = status.state, status.step, status.seconds_left if info.live else None
    if own and live is not None:
        state = "paused" if live.paused else "running"
        step, left = max(live.step, step), live.seconds_left
    return RunRow(
        name=info.name,
        title=info.title,
        family=info.family,
        dataset=info.dataset,
        state=state,
        step=step,
        total=status.total or 0,
        seconds=status.seconds_trained,
        started=status.started or info.created or None,
        best=status.best_step,
        live=info.live or own,
        note=note,
        damage=spoken(info.damage),
        error=status.error,
        seconds_left=left,
    )


def matching(rows: Sequence[RunRow], words: str) -> list[RunRow]:
    """The rows in which all words of a search appear."""
    wanted = words.casefold().split()
    return [row for row in rows if all(word in row.search_text() for word in wanted)]


def family_title(family: str) -> str:
    """“GAN”; the bare name of a family that this version does not know."""
    page = page_of_family(family)
    return page_title(page) if family and BY_ID[page].family == family else family or "–"


def when_words(moment: float | None, now: float | None = None) -> str:
    """A moment in few words: the time today, the day this year, else the date; an en dash for none."""
    if not moment:
        return "–"
    then, today = time.localtime(moment), time.localtime(now)
    clock = time.strftime("%H:%M", then)
    if then[:3] == today[:3]:
        return _tr("today {0}").format(clock)
    month = QLocale().standaloneMonthName(then.tm_mon, QLocale.FormatType.ShortFormat)
    if then.tm_year == today.tm_year:
        return f"{then.tm_mday} {month} {clock}"
    return f"{then.tm_mday} {month} {then.tm_year}"


def trained_words(row: RunRow) -> str:
    """How long it has trained, and while it does how long it will."""
    if row.live and row.state == "running" and row.seconds_left is not None:
        return _tr("{0} left").format(duration_text(row.seconds_left))
    return duration_text(row.seconds) if row.seconds else "–"


def _tr(words: str) -> str:
    return QCoreApplication.translate("Runs", words)
