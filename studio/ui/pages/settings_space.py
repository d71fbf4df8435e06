"""What the project takes on the disk, ways to free some of it, and what lies in its bin."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from studio.config.requests import FreeSpaceRequest, MeasureSpaceRequest
from studio.ground.events import Ended, Event
from studio.projects.bin import BinEntry
from studio.projects.disk import FREEABLE, KINDS
from studio.ui import theme
from studio.ui.pages.runs_rows import when_words
from studio.ui.pages.settings_parts import Card
from studio.ui.text import Label, ask, bytes_text, count_text
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.frames import clear
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.session import Session

_COLOURS = {kind: f"series:{at}" for at, kind in enumerate(KINDS)} | {"other": "line_strong"}


class SpaceBar(QWidget):
    """One bar, a part for each kind."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._use: Mapping[str, int] = {}
        self.setFixedHeight(12)

    def set_use(self, use: Mapping[str, int]) -> None:
        """Bytes by kind."""
        self._use = use
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        look, total, left = theme.current(), max(sum(self._use.values()), 1), 0.0
        painter.fillRect(self.rect(), look.colour("line"))
        for kind, size in self._use.items():
            width = self.width() * size / total
            painter.fillRect(QRectF(left, 0, max(width - 1, 0), self.height()), look.colour(_COLOURS[kind]))
            left += width


class SpaceDot(QWidget):
    """The colour of a kind in the bar."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self._kind = kind
        self.setFixedSize(10, 10)

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(self.rect(), theme.current().colour(_COLOURS[self._kind]))


class SpaceCard(Card):
    """Sizes by kind, measured beside the window, each with what can be freed."""

    def __init__(self, session: Session) -> None:
        self.again = Button(_tr("Measure again"), kind="small", icon="refresh")
        self.again.setObjectName("spaceAgain")
        title = _tr("This project on the disk")
        super().__init__("settings_space", title, corner=self.again)
        self._session = session
        self._busy = ""
        self.use: dict[str, int] = {}
        self.place = Label(role="dim", elide=Qt.TextElideMode.ElideMiddle)
        self.place.setObjectName("spacePlace")
        self.bar = SpaceBar()
        self.total = Label(role="strong")
        self.total.setObjectName("spaceTotal")
        self.sizes: dict[str, Label] = {}
        self.buttons: dict[str, Button] = {}
        self.add(self.place)
        self.add(self.total)
        self.add(self.bar)
        self.body.addLayout(self._grid())
        self.again.clicked.connect(self.measure)

    def _grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setContentsMargins(0, 4, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(2, 1)
        for row, kind in enumerate(KINDS):
            size = Label()
            size.setObjectName(f"space_{kind}")
            size.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.sizes[kind] = size
            grid.addWidget(SpaceDot(kind), row, 0)
            grid.addWidget(Label(kind_title(kind)), row, 1)
            grid.addWidget(Label(kind_sentence(kind), role="small", elide=Qt.TextElideMode.ElideRight), row, 2)
            grid.addWidget(size, row, 3)
            if kind in FREEABLE and kind != "bin":
                button = Button(_tr("Free"), kind="small")
                button.setObjectName(f"free_{kind.replace(' ', '_')}")
                button.setAccessibleName(_tr("Free: {0}").format(kind_title(kind)))
                button.clicked.connect(partial(self.free, kind))
                self.buttons[kind] = button
                grid.addWidget(button, row, 4)
        return grid

    # --- work --------------------------------------------------------------------------------------------------------

    def measure(self) -> None:
        """Measure beside the window."""
        if self._busy or self._session.project is None:
            return
        self.place.setText(str(self._session.project.path))
        self._begin(_tr("Measuring…"), MeasureSpaceRequest(), self._on_measured)

    def free(self, kind: str) -> None:
        """Free a kind beside the window; runs that train are left alone."""
        if not self._busy and kind in self.buttons:
            self._begin(_tr("Freeing…"), FreeSpaceRequest(kind=kind), self._on_freed)

    def _begin(self, words: str, request: Any, done: Callable[[Any], None]) -> None:
        def on_event(event: Event) -> None:
            if isinstance(event, Ended):
                self._busy = ""
                if event.status == "finished":
                    done(event.result)
                self.renew()

        with self._session.reporting(words):
            self._busy = words
            self._session.start(request, on_event)
        self.renew()

    def _on_measured(self, use: Mapping[str, int]) -> None:
        self.use = dict(use)

    def _on_freed(self, freed: int) -> None:
        self._session.toast(_tr("Freed {0}").format(bytes_text(freed)))
        self._session.refresh()
        self._busy = ""
        self.measure()

    def forget(self) -> None:
        """Another project, or none."""
        self.use, self._busy = {}, ""
        self.renew()

    def renew(self) -> None:
        """Show what was measured, and what can be done."""
        total = sum(self.use.values())
        self.total.setText(self._busy or (bytes_text(total) if self.use else "–"))
        self.bar.set_use(self.use)
        for kind, label in self.sizes.items():
            label.setText(bytes_text(self.use[kind]) if kind in self.use else "–")
        locked = self._busy or self._session.why_read_only()
        for kind, button in self.buttons.items():
            none = "" if self.use.get(kind) else _tr("There is nothing to free.")
            button.set_available(locked or none)
        self.again.set_available(self._busy)


class BinCard(Card):
    """What was deleted: bring it back, or empty the bin."""

    def __init__(self, session: Session, changed: Callable[[], None]) -> None:
        self.empty = Button(_tr("Empty the bin…"), kind="danger")
        self.empty.setObjectName("binEmpty")
        title, words = _tr("Bin"), _tr("What you delete waits here until you empty the bin.")
        super().__init__("settings_bin", title, words, corner=self.empty)
        self._session, self._changed = session, changed
        self._rows = QWidget()
        self._column = QGridLayout(self._rows)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setHorizontalSpacing(16)
        self._column.setVerticalSpacing(6)
        self._column.setColumnStretch(0, 1)
        self.add(self._rows)
        self.empty.clicked.connect(self.ask_empty)
        self.entries: list[BinEntry] = []
        self._sizes: dict[str, int] = {}  # bytes by token, of those that were measured
        self._labels: dict[str, Label] = {}
        self._emptying = self._measuring = False

    def renew(self) -> None:
        """Read what lies there."""
        project = self._session.project
        with self._session.reporting(_tr("Reading the bin")):
            there = project is not None and not self._emptying
            self.entries = project.bin.list(measured=False) if there and project is not None else []
            self._labels.clear()
            clear(self._column)
            for row, entry in enumerate(self.entries):
                self._add(row, entry)
            none = _tr("The bin is being emptied.") if self._emptying else _tr("The bin is empty.")
            if not self.entries:
                self._column.addWidget(Label(none, role="dim"), 0, 0)
            nothing = "" if self.entries else none
            self.empty.set_available(nothing or self._session.why_read_only())
        self._measure()

    def _measure(self) -> None:
        """Sizes of folders come later: thousands of files may have to be asked."""
        project = self._session.project
        self._show_sizes()
        if project is None or self._measuring or self._all_measured():
            return
        self._measuring = True

        def on_done(entries: list[BinEntry]) -> None:
            self._sizes = {entry.token: entry.size for entry in entries}
            self._show_sizes()

        def on_end() -> None:
            self._measuring = False

        self._session.chores.do(project.bin.list, _tr("Measuring the bin"), on_done, on_end)

    def _all_measured(self) -> bool:
        return all(entry.kind == "creations" or entry.token in self._sizes for entry in self.entries)

    def _size(self, entry: BinEntry) -> int:
        return entry.size or self._sizes.get(entry.token, 0)

    def _show_sizes(self) -> None:
        for entry in self.entries:
            known = entry.kind == "creations" or entry.token in self._sizes
            self._labels[entry.token].setText(bytes_text(self._size(entry)) if known else "…")

    def _add(self, row: int, entry: BinEntry) -> None:
        name = Label(entry_words(entry), elide=Qt.TextElideMode.ElideMiddle)
        name.set_tip(spoken(entry.damage))
        back = Button(_tr("Restore"), kind="small", icon="undo")
        back.setObjectName(f"restore_{entry.token}")
        back.setAccessibleName(_tr("Restore {0}").format(entry_words(entry)))
        back.set_available(spoken(entry.damage) or self._session.why_read_only())
        back.clicked.connect(partial(self.restore, entry.token))
        self._column.addWidget(name, row, 0)
        self._column.addWidget(Label(when_words(entry.deleted), role="dim"), row, 1)
        size = self._labels[entry.token] = Label(role="dim")
        self._column.addWidget(size, row, 2, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._column.addWidget(back, row, 3)

    def restore(self, token: str) -> None:
        """Bring something back."""
        with self._session.reporting(_tr("Restoring")):
            if self._session.project is not None:
                self._session.project.bin.undo(token)
                self._session.changed_on_disk()
                self._session.toast(_tr("It is back in its place."))
        self._changed()

    def ask_empty(self) -> None:
        """Emptying cannot be taken back, so it is asked for."""
        size = bytes_text(sum(map(self._size, self.entries)))
        whole = self._all_measured()
        question = _tr("Empty the bin and free {0}?").format(size) if whole else _tr("Empty the bin?")
        more = _tr("What lies in it cannot be brought back afterwards.")
        if ask(self.window(), _tr("Empty the bin"), question, accept=_tr("Empty"), more=more, danger=True):
            self.destroy_all()

    def destroy_all(self) -> None:
        """Empty the bin, beside the window: it may hold thousands of files."""
        project = self._session.project
        if project is None or self._emptying:
            return
        self._emptying = True
        self._session.undo.clear()  # what it leads back to is going
        self._session.chores.do(lambda: project.free("bin"), _tr("Emptying the bin"), self._on_emptied, self._on_end)
        self.renew()

    def _on_emptied(self, freed: int) -> None:
        self._session.toast(_tr("Freed {0}").format(bytes_text(freed)))

    def _on_end(self) -> None:
        self._emptying = False
        self._changed()


def entry_words(entry: BinEntry) -> str:
    """What a thing in the bin is called."""
    if entry.kind == "creations":
        return _tr("{0} creations").format(count_text(entry.count)) if entry.count != 1 else _tr("1 creation")
    if entry.kind == "conversations" and entry.count != 1:
        return _tr("{0} conversations").format(count_text(entry.count))
    kinds = {"run": _tr("Run {0}"), "dataset": _tr("Data set {0}"), "data set": _tr("Data set {0}")}
    return kinds.get(entry.kind, "{0}").format(entry.name)


def kind_title(kind: str) -> str:
    """A kind of files in words."""
    words = {
        "data sets": _tr("Data sets"),
        "caches": _tr("Prepared pictures"),
        "resume points": _tr("Resume points"),
        "model points": _tr("Model points"),
        "samples": _tr("Samples"),
        "gallery": _tr("Gallery"),
        "bin": _tr("Bin"),
        "other": _tr("Everything else"),
    }
    return words[kind]


def kind_sentence(kind: str) -> str:
    """What stays when a kind is freed, or how it is freed."""
    words = {
        "data sets": _tr("Delete them on the Data page."),
        "caches": _tr("Made again when a run needs them."),
        "resume points": _tr("The newest of every run stays, so that it can go on."),
        "model points": _tr("First, best and last of every run stay."),
        "samples": _tr("First and last of every run stay; the history slider loses the rest."),
        "gallery": _tr("Delete creations in the Gallery."),
        "bin": _tr("Emptied below."),
        "other": _tr("The database, curves, settings and logs."),
    }
    return words[kind]


def _tr(words: str) -> str:
    return QCoreApplication.translate("Space", words)


