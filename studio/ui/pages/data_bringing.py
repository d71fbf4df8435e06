"""Bringing data sets in: imports, drawings and downloads one after the other, each with a row that says how far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.config.requests import BuiltinRequest, DownloadRequest, ImportRequest
from studio.ground.errors import StudioError, Text, text
from studio.ground.events import Ended, Event, Notice, Progress
from studio.ui.text import Label, bytes_text, count_text
from studio.ui.widgets.busy import BusyRow
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.frames import Frame, dense
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.job_board import Job
    from studio.ui.session import Session

BringRequest = ImportRequest | BuiltinRequest | DownloadRequest
_FETCHING = "Fetching {title}"


@dataclass(eq=False)
class Bring:
    """One data set on its way; ``job`` is None while it waits. ``ours``: it is in the queue, nobody else began it."""

    request: BringRequest
    title: str
    job: Job | None = None
    skipped: int = 0
    ours: bool = True

    @property
    def key(self) -> object:
        """What stays the same from the waiting to the end."""
        return self if self.ours else self.job


class BringQueue(QObject):
    """`add` requests; one is served at a time, also counting those that others have started."""

    changed = Signal()
    arrived = Signal(str, int)
    """Name of a data set that is in the project now, number of files that were skipped."""
    failed = Signal(str, object, str)
    """Name, sentence, trace."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._entries: list[Bring] = []
        session.jobs_changed.connect(self._on_jobs)

    def add(self, requests: Sequence[BringRequest]) -> None:
        """Serve these after those that wait already."""
        for request in requests:
            self._entries.append(Bring(request, self._title(request)))
        self._next()
        self.changed.emit()

    def entries(self) -> list[Bring]:
        """What is on its way, the one being served first; also what a starter or the menu has begun."""
        jobs = [(job, job.request) for job in self._jobs() if not self._knows(job)]
        known = [(job, request) for job, request in jobs if isinstance(request, BringRequest)]
        return [*(Bring(request, job.title, job, ours=False) for job, request in known), *self._entries]

    def names(self) -> list[str]:
        """The names that those on their way will take."""
        return [entry.request.name for entry in self.entries()]

    def cancel(self, entry: Bring) -> None:
        """Stop it, or take it out of the queue."""
        if entry.job is not None:
            entry.job.stop()
        elif entry in self._entries:
            self._entries.remove(entry)
            self.changed.emit()

    def _jobs(self) -> list[Job]:
        return [job for job in self._session.board if isinstance(job.request, BringRequest)]

    def _knows(self, job: Job) -> bool:
        return any(entry.job is job for entry in self._entries)

    def _next(self) -> None:
        if self._jobs() or self._session.project is None or self._session.closing:
            return
        entry = next((entry for entry in self._entries if entry.job is None), None)
        if entry is None:
            return

        def on_event(event: Event) -> None:
            self._on_event(entry, event)

        try:
            entry.job = self._session.start(entry.request, on_event, title=entry.title, quiet=True)
        except StudioError as error:
            self._entries.remove(entry)
            self.failed.emit(entry.request.name, error.text, "")

    def _on_event(self, entry: Bring, event: Event) -> None:
        if isinstance(event, Notice) and event.code == "files-skipped":
            entry.skipped = int(dict(event.title.params).get("count", 0))
        if not isinstance(event, Ended):
            return
        if entry in self._entries:
            self._entries.remove(entry)
        name = entry.request.name.strip()
        if event.status == "finished" and self._session.lists.dataset(name) is not None:
            self.arrived.emit(name, entry.skipped)
        elif event.status == "failed":
            sentence = event.error or text("The work failed without saying why.")
            self.failed.emit(name, sentence, "" if event.refused else event.trace)
        self._next()
        self.changed.emit()

    def _on_jobs(self) -> None:
        self._next()
        self.changed.emit()

    def reset(self) -> None:
        """Another project is open: what waited for the one before is forgotten."""
        self._entries.clear()
        self.changed.emit()

    def _title(self, request: BringRequest) -> str:
        if isinstance(request, BuiltinRequest):
            drawn = request.what.kind == "portraits"
            return (self.tr("Drawing {0}") if drawn else self.tr("Writing {0}")).format(request.name)
        if isinstance(request, DownloadRequest):
            return self.tr("Fetching {0}").format(request.name)
        return self.tr("Importing {0}").format(request.name)


class BringRows(QWidget):
    """One row for each data set on its way; takes no room when there is none."""

    def __init__(self, queue: BringQueue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("bringRows")
        self._queue = queue
        self._column = dense(QVBoxLayout(self), gap=8)
        self._rows: dict[object, _BringRow] = {}
        queue.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show what is on its way now."""
        entries = {entry.key: entry for entry in self._queue.entries()}
        for key in [key for key in self._rows if key not in entries]:
            row = self._rows.pop(key)
            row.hide()
            row.deleteLater()
        for place, (key, entry) in enumerate(entries.items()):
            if key not in self._rows:
                self._rows[key] = _BringRow(self._queue)
                self._column.insertWidget(place, self._rows[key])
            self._rows[key].show_entry(entry)
        self.setVisible(bool(entries))


class _BringRow(Frame):
    """Title, bar, count, rate, time left, cancel."""

    def __init__(self, queue: BringQueue) -> None:
        super().__init__("card", padding=10)
        self._queue = queue
        self._entry: Bring | None = None
        self._row = BusyRow()
        self._row.setObjectName("bringRow")
        self._row.cancelled.connect(self._on_cancel)
        self._waiting = Label(role="dim", elide=Qt.TextElideMode.ElideMiddle)
        self._take_out = Button(self.tr("Cancel"), kind="small")
        self._take_out.setObjectName("takeOut")
        self._take_out.clicked.connect(self._on_cancel)
        self.add(self._row)
        line = dense(QHBoxLayout(), gap=12)
        line.addWidget(self._waiting, 1)
        line.addWidget(self._take_out)
        self.body.addLayout(line)

    def show_entry(self, entry: Bring) -> None:
        self._entry = entry
        job = entry.job
        self.setAccessibleName(entry.title)
        for widget in (self._waiting, self._take_out):
            widget.setVisible(job is None)
        if job is None:
            self._waiting.setText(self.tr("{0} waits its turn").format(entry.request.name))
        elif job.progress is None:
            self._row.set_progress(entry.title)
        else:
            self._show_progress(entry.request.name, job.progress)
        if job is not None and job.stopping and self._row.cancel.isEnabled():
            self._row.set_cancelling()

    def _show_progress(self, name: str, progress: Progress) -> None:
        fetching = progress.what.template == _FETCHING
        number = bytes_text if fetching else count_text
        rate = f"{number(round(progress.rate))}/s" if progress.rate else ""
        what = spoken(progress.what) if fetching else f"{name} · {spoken(progress.what)}"
        left = progress.seconds_left if progress.total else None
        self._row.set_progress(
            what, progress.done, progress.total, seconds_left=left, rate=rate, number=number
        )

    def _on_cancel(self) -> None:
        if self._entry is not None:
            self._queue.cancel(self._entry)


def arrived_words(name: str, count: int, skipped: int, kind: str = "pictures") -> Text:
    """What is said when a data set has come in."""
    if kind != "pictures":
        words = "{name} is ready. Texts: {count}. Files, lines or rows that could not be read were skipped: {skipped}."
        plain = text("{name} is ready. Texts: {count}.", name=name, count=count_text(count))
        return text(words, name=name, count=count_text(count), skipped=skipped) if skipped else plain
    if skipped:
        return text(
            "{name}: {count} pictures. Files that are no pictures were skipped: {skipped}.",
            name=name,
            count=count_text(count),
            skipped=skipped,
        )
    return text("{name}: {count} pictures are ready.", name=name, count=count_text(count))
