"""Checking data sets in the background, and the card that shows what was found and what could be done."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QProgressBar, QVBoxLayout, QWidget

from studio.config.data import Choices
from studio.config.requests import CheckRequest
from studio.data.checking import Finding, Proposal, Report
from studio.ground.errors import Text, text
from studio.ground.events import Ended, Event, Progress
from studio.projects.datasets import DataSetRecord
from studio.ui import theme
from studio.ui.pages.data_model import is_taken
from studio.ui.text import Label, count_text
from studio.ui.widgets.buttons import Button, icon_button
from studio.ui.widgets.flow import FlowLayout
from studio.ui.widgets.frames import Frame, clear, dense
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.job_board import Job
    from studio.ui.session import Session

_MOST_LINES = 500
_MARKS = {"error": ("error", "danger"), "warning": ("warning", "text"), "info": ("info", "accent_text")}


class Checks(QObject):
    """Reports of this session's checks, by the folder of the data set; one check runs at a time."""

    changed = Signal(str)
    """The folder whose check has begun, progressed or ended."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._reports: dict[str, Report] = {}
        self._problems: dict[str, Text] = {}
        self._sizes: dict[str, int] = {}
        self._waiting: list[DataSetRecord] = []
        self._running: tuple[str, Job] | None = None
        self.progress: Progress | None = None

    def report(self, folder: str) -> Report | None:
        """What the last check of a data set has found."""
        return self._reports.get(folder)

    def problem(self, folder: str) -> Text | None:
        """Why the last check could not be done."""
        return self._problems.get(folder)

    def is_busy(self, folder: str) -> bool:
        """Whether it is being checked or waits for that."""
        return self._is_running(folder) or any(record.folder == folder for record in self._waiting)

    def knows(self, folder: str, size: int) -> bool:
        """Whether there is a report for that size, a problem, or a check under way."""
        reported = folder in self._reports and self._sizes.get(folder) == size
        return reported or folder in self._problems or self.is_busy(folder)

    def start(self, record: DataSetRecord, size: int) -> None:
        """Check a data set for training at a size in pixels, as soon as no other one is being checked."""
        if not self.is_busy(record.folder):
            self._sizes[record.folder] = size
            self._waiting.append(record)
            self._next()
            self.changed.emit(record.folder)

    def stop(self, folder: str) -> None:
        """Check it no longer."""
        self._waiting = [record for record in self._waiting if record.folder != folder]
        if self._running is not None and self._is_running(folder):
            self._running[1].stop()
        self.changed.emit(folder)

    def _is_running(self, folder: str) -> bool:
        return self._running is not None and self._running[0] == folder

    def _next(self) -> None:
        if self._running is not None or not self._waiting or self._session.project is None:
            return
        record = self._waiting.pop(0)

        def on_event(event: Event) -> None:
            self._on_event(record.folder, event)

        title = self.tr("Checking {0}").format(record.name)
        request = CheckRequest(dataset=record.name, size=self._sizes[record.folder])
        job = self._session.start(request, on_event, title=title, quiet=True)
        self.progress = None
        self._running = (record.folder, job)

    def _on_event(self, folder: str, event: Event) -> None:
        if isinstance(event, Progress):
            self.progress = event
        elif isinstance(event, Ended):
            self._running = None
            self._take(folder, event)
            self._next()
        self.changed.emit(folder)

    def _take(self, folder: str, ended: Ended) -> None:
        self._problems.pop(folder, None)
        if ended.status == "finished" and isinstance(ended.result, Report):
            self._reports[folder] = ended.result
        elif ended.status == "failed":
            self._problems[folder] = ended.error or text("The check failed without saying why.")
        elif folder not in self._reports:
            self._problems[folder] = text("The check was stopped.")

    def reset(self) -> None:
        """Another project is open."""
        self._reports.clear()
        self._problems.clear()
        self._sizes.clear()
        self._waiting.clear()
        self._running = None


class CheckCard(Frame):
    """The report: findings grouped by severity, each with its pictures and its remedies."""

    asked = Signal()
    stop_asked = Signal()
    show_asked = Signal(object)
    """A finding whose pictures are to be shown."""
    taken = Signal(object)
    """A proposal to take."""
    withdrawn = Signal(object)
    """A proposal to take back."""

    def __init__(self, parent: QWidget | None = None, *, texts: bool = False) -> None:
        super().__init__("card", padding=14, gap=8, parent=parent)
        self.setObjectName("checkCard")
        self._texts = texts
        self._report: Report | None = None
        self._choices = Choices()
        self._why_not = ""
        self._rows: list[FindingRow] = []
        self._title = Label(self.tr("Check"), role="strong")
        self._again = icon_button("refresh", self.tr("Check again"))
        self._again.setObjectName("checkAgain")
        self._again.clicked.connect(self.asked)
        self._words = Label(role="dim", wrap=True)
        self._words.setObjectName("checkWords")
        self._bar = QProgressBar()
        self._bar.setObjectName("checkBar")
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("Progress of the check"))
        self._stop = Button(self.tr("Stop the check"), kind="link")
        self._stop.setObjectName("checkStop")
        self._stop.clicked.connect(self.stop_asked)
        head = dense(QHBoxLayout(), gap=8)
        head.addWidget(self._title, 1)
        head.addWidget(self._again)
        self.body.addLayout(head)
        for widget in (self._words, self._bar):
            self.add(widget)
        self.body.addWidget(self._stop, 0, Qt.AlignmentFlag.AlignLeft)
        self._findings = dense(QVBoxLayout(), gap=10)
        self.body.addLayout(self._findings)

    def show_busy(self, progress: Progress | None) -> None:
        """A check is under way; what was found before stays until it has ended."""
        self._again.hide()
        for widget in (self._words, self._bar, self._stop):
            widget.show()
        self._words.setText(spoken(progress.what) if progress is not None else self.tr("Checking…"))
        total = progress.total if progress is not None else None
        self._bar.setRange(0, total or 0)
        self._bar.setValue(progress.done if progress is not None and total else 0)

    def show_report(self, report: Report | None, problem: Text | None = None) -> None:
        """Show what was found; None: not checked yet, or why that failed."""
        self._bar.hide()
        self._stop.hide()
        self._again.show()
        self._words.setText(self._summary(report, problem))
        if report is not self._report:
            self._report = report
            self._fill(report.findings if report is not None else ())

    def set_choices(self, choices: Choices, why_not: str = "") -> None:
        """Say which remedies are taken; `why_not` locks them all."""
        self._choices, self._why_not = choices, why_not
        for row in self._rows:
            row.set_choices(choices, why_not)

    def rows(self) -> list[FindingRow]:
        """The findings shown, the gravest first."""
        return list(self._rows)

    def _summary(self, report: Report | None, problem: Text | None) -> str:
        if problem is not None:
            return spoken(problem)
        if report is None:
            if self._texts:
                return self.tr("Not checked since the project was opened. The check looks for copies, empty, damaged "
                               "and odd texts.")
            return self.tr("Not checked since the project was opened. The check looks for broken, empty, small, double "
                           "and odd pictures.")
        if not report.findings:
            words = self.tr("Texts looked at: {0}. Nothing to complain about.") if self._texts else self.tr(
                "{0} pictures, nothing to complain about.")
        else:
            words = self.tr("Texts looked at: {0}.") if self._texts else self.tr("{0} pictures looked at.")
        return words.format(count_text(report.count))

    def _heading(self, severity: str) -> str:
        headings = {"error": self.tr("To be mended"), "warning": self.tr("Worth a look")}
        return headings.get(severity, self.tr("Good to know"))

    def _fill(self, findings: Iterable[Finding]) -> None:
        clear(self._findings)
        self._rows = []
        severity = ""
        for finding in findings:
            if finding.severity != severity:
                severity = finding.severity
                self._findings.addWidget(Label(self._heading(severity), role="small"))
            row = FindingRow(finding)
            row.show_asked.connect(self.show_asked)
            row.taken.connect(self.taken)
            row.withdrawn.connect(self.withdrawn)
            row.set_choices(self._choices, self._why_not)
            self._findings.addWidget(row)
            self._rows.append(row)


class FindingRow(QWidget):
    """One finding: its sentence, “Show”, and a button for each remedy."""

    show_asked = Signal(object)
    taken = Signal(object)
    withdrawn = Signal(object)

    def __init__(self, finding: Finding) -> None:
        super().__init__()
        self.finding = finding
        self.setObjectName(f"finding_{finding.code}")
        self._mark = QLabel()
        self._remedies: list[tuple[Button, Proposal]] = []
        self._choices = Choices()
        words = Label(spoken(finding.text), wrap=True)
        words.setObjectName("findingText")
        self._files = QPlainTextEdit()
        self._files.setObjectName("findingFiles")
        self._files.setAccessibleName(self.tr("Files"))
        self._files.setReadOnly(True)
        self._files.setFixedHeight(120)
        self._files.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._files.hide()
        column = dense(QVBoxLayout(), gap=2)
        column.addWidget(words)
        column.addWidget(self._buttons())
        column.addWidget(self._files)
        row = dense(QHBoxLayout(self), gap=8)
        row.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(column, 1)
        theme.watcher().changed.connect(self._on_theme)
        self._on_theme()

    def _buttons(self) -> QWidget:
        holder = QWidget()
        flow = FlowLayout(holder, gap=6, line_gap=0)
        if self.finding.names:
            words = self.tr("Files") if self.finding.reasons else self.tr("Show {0}")
            show = Button(words.format(count_text(len(self.finding.names))), kind="link")
            show.setObjectName("findingShow")
            show.clicked.connect(self._on_show)
            flow.addWidget(show)
        for number, proposal in enumerate(self.finding.proposals):
            button = Button(kind="link", tip=spoken(proposal.text))
            button.setObjectName(f"remedy_{number}")
            button.setProperty("remedy", number)
            button.clicked.connect(self._on_remedy)
            self._remedies.append((button, proposal))
            flow.addWidget(button)
        return holder

    def set_choices(self, choices: Choices, why_not: str) -> None:
        """Word the remedies by what is chosen already."""
        self._choices = choices
        for button, proposal in self._remedies:
            taken = is_taken(proposal, choices)
            button.set_text(self._remedy_words(proposal, taken=taken))
            done = self.tr("That is how it is now.") if taken and not proposal.leave_out else ""
            button.set_available(why_not or done)

    def _remedy_words(self, proposal: Proposal, *, taken: bool) -> str:
        if proposal.leave_out:
            words = self.tr("Put back {0}") if taken else self.tr("Leave out {0}")
            return words.format(count_text(len(proposal.leave_out)))
        if proposal.shape is not None:
            return self.tr("Cut to the middle") if proposal.shape == "crop" else self.tr("Fill up the borders")
        if proposal.headers is not None:
            return self.tr("Without headers") if proposal.headers == "remove" else self.tr("With headers")
        names = {"#ffffff": self.tr("White"), "#000000": self.tr("Black"), "#808080": self.tr("Grey")}
        return names.get(str(proposal.background), str(proposal.background))

    def _on_show(self) -> None:
        if not self.finding.reasons:
            self.show_asked.emit(self.finding)
            return
        if not self._files.toPlainText():
            pairs = list(zip(self.finding.names, self.finding.reasons, strict=True))[:_MOST_LINES]
            self._files.setPlainText("\n".join(f"{name} {spoken(reason)}" for name, reason in pairs))
        self._files.setVisible(self._files.isHidden())

    def _on_remedy(self) -> None:
        number = int(self.sender().property("remedy"))
        proposal = self._remedies[number][1]
        back = bool(proposal.leave_out) and is_taken(proposal, self._choices)
        (self.withdrawn if back else self.taken).emit(proposal)

    def _on_theme(self) -> None:
        icon, tint = _MARKS[self.finding.severity]
        self._mark.setPixmap(theme.pixmap(icon, tint, 16, self.devicePixelRatioF()))
