"""Asks what of a run is to be measured, says what each measure tells, and has it measured."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from studio.config.registry import capabilities
from studio.config.requests import EvaluateRequest
from studio.ground.errors import UsageError
from studio.ground.events import Ended, Event, Notice
from studio.measures.registry import Measure, measures_for
from studio.ui.form_fields import Choices
from studio.ui.forms import SettingsForm
from studio.ui.measured import direction, title, value_words
from studio.ui.text import Label, count_text
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.frames import Frame, clear, dense
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.projects.measures import MeasureRow
    from studio.ui.session import Session

_BY_JUDGE = ("features", "attributes")
_PICTURES = ("measures", "checkpoints", "judge", "count", "seed", "dataset")
_JUDGES = ("measures", "checkpoints", "part", "seed", "dataset")
_CONTROL = 236
_TOLD = 3  # numbers that a toast names


def _tr(words: str) -> str:
    return QCoreApplication.translate("Measure", words)


def possible(session: Session, run: str) -> tuple[Measure, ...]:
    """By what a run can be measured at all: it depends on what its family does."""
    info = session.lists.run(run)
    try:
        return measures_for(capabilities(info.family)) if info is not None else ()
    except UsageError:
        return ()  # of a family that this version does not know


def why_not(session: Session, run: str) -> str:
    """Why a run cannot be measured now; empty where it can."""
    info = session.lists.run(run)
    if info is None:
        return _tr("Choose a run first.")
    if info.damage is not None:
        return spoken(info.damage)
    if not possible(session, run):
        return _tr("This version knows no measure for such a model.")
    if not session.lists.checkpoint_steps(run):
        return _tr("This run has no checkpoint yet.")
    state = session.engine.state
    if state == "failed":
        return _tr("PyTorch could not be loaded.")
    return "" if state == "ready" else _tr("PyTorch is still being loaded; a few seconds more.")


def judges(session: Session) -> list[str]:
    """The runs that can judge pictures, the newest first."""
    return [info.name for info in session.runs() if _judges(info.family) and session.lists.checkpoint_steps(info.name)]


def _judges(family: str) -> bool:
    try:
        return "judges" in capabilities(family)
    except UsageError:
        return False


class MeasureDialog(QDialog):
    """`agreed` carries the request. The form is made from the request itself, like every other."""

    agreed = Signal(object)

    def __init__(self, session: Session, run: str, checkpoint: str = "last", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("measureDialog")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Measure"))
        self._session = session
        self._measures = possible(session, run)
        self._judges = judges(session)
        pictures = any(measure.capability == "pictures" for measure in self._measures)
        self.form = SettingsForm(name="measureForm", control_width=_CONTROL, only=_PICTURES if pictures else _JUDGES)
        base = EvaluateRequest(
            run=run,
            checkpoints=(checkpoint,),
            judge=self._judges[0] if self._judges and pictures else "",
            device=session.preferences.device,
        )
        self.form.set_model(base, choices=self._choices(run, checkpoint))
        self.form.changed.connect(self._renew)
        self.button = Button(self.tr("Measure"), kind="primary")
        self.button.setObjectName("measureAccept")
        self.button.setDefault(True)
        self.button.clicked.connect(self._on_accept)
        self._lay_out(run)
        self._renew()

    def _lay_out(self, run: str) -> None:
        cancel = Button(self.tr("Cancel"))
        cancel.setObjectName("measureCancel")
        cancel.clicked.connect(self.reject)
        buttons = dense(QHBoxLayout(), gap=8)
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.button)
        self._list = dense(QVBoxLayout(), gap=10)
        left = dense(QVBoxLayout(), gap=12)
        left.addWidget(self.form)
        left.addStretch(1)
        both = dense(QHBoxLayout(), gap=24)
        both.addLayout(left, 1)
        both.addWidget(self._told(), 1)
        column = dense(QVBoxLayout(self), padding=20, gap=14)
        column.addWidget(Label(self.tr("Measure {0}").format(run), role="headline", elide=Qt.TextElideMode.ElideMiddle))
        column.addLayout(both, 1)
        column.addLayout(buttons)
        self.resize(860, 520)

    def _told(self) -> QWidget:
        """What each measure tells, beside the form."""
        inner = QWidget()
        inner.setLayout(self._list)
        area = QScrollArea()
        area.setObjectName("measureWords")
        area.setAccessibleName(self.tr("What is measured"))
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        for part in (area.viewport(), inner):
            part.setAutoFillBackground(False)
        tray = Frame("tray", padding=14, gap=10)
        tray.add(Label(self.tr("What is measured"), role="strong"))
        tray.add(area, 1)
        return tray

    # --- what can be chosen ------------------------------------------------------------------------------------------

    def _choices(self, run: str, checkpoint: str) -> dict[str, Choices]:
        info = self._session.lists.run(run)
        own = info.dataset if info is not None else ""
        others = [record.name for record in self._session.datasets() if record.name != own]
        measures = [(one.name, spoken(one.title), _words(one)) for one in self._measures]
        return {
            "measures": measures,
            "checkpoints": self._checkpoints(run, checkpoint),
            "judge": [("", self.tr("none: pixels alone")), *((name, name) for name in self._judges)],
            "dataset": [("", self.tr("its own: {0}").format(own)), *((name, name) for name in others)],
        }

    def _checkpoints(self, run: str, checkpoint: str) -> Choices:
        steps = self._session.lists.checkpoint_steps(run)
        named = [("all", self.tr("all kept: a curve")), ("last", self.tr("last")), ("best", self.tr("best"))]
        known = {key for key, _ in named} | {str(step) for step in steps}
        if checkpoint not in known:
            named.append((checkpoint, checkpoint))
        return named + [(str(step), self.tr("step {0}").format(count_text(step))) for step in reversed(steps)]

    # --- what is chosen ----------------------------------------------------------------------------------------------

    def request(self) -> EvaluateRequest | None:
        """What is asked for; None while the form refuses something."""
        value = self.form.value()
        if not isinstance(value, EvaluateRequest):
            return None
        return value if value.checkpoints else value.model_copy(update={"checkpoints": ("last",)})

    def chosen(self) -> list[tuple[Measure, str]]:
        """The measures that are asked for, each with why it cannot be taken."""
        request = self.request()
        if request is None:
            return []
        named = [one for one in self._measures if one.name in request.measures]
        wanted = named or [one for one in self._measures if not one.asked_only]
        return [(one, self._why_not(one, request)) for one in wanted]

    def _why_not(self, measure: Measure, request: EvaluateRequest) -> str:
        if measure.needs not in _BY_JUDGE or request.judge:
            return ""
        if not self._judges:
            return self.tr("Needs a judge: train a classifier first.")
        return self.tr("Needs a judge: choose a classifier.")

    def _renew(self) -> None:
        """Say what the chosen measures tell, and whether all can be taken."""
        request, chosen = self.request(), self.chosen()
        clear(self._list)
        for measure, why in chosen:
            self._list.addWidget(_told(measure, why))
        self._list.addStretch(1)
        named = request is not None and bool(request.measures)
        missing = next((f"{spoken(one.title)}: {why}" for one, why in chosen if why), "")
        nothing = "" if any(not why for _, why in chosen) else self.tr("Nothing can be measured so.")
        self.button.set_available(self.form.error() or (missing if named else "") or nothing)

    def _on_accept(self) -> None:
        request = self.request()
        if request is not None and self.button.isEnabled():
            self.agreed.emit(request)
            self.accept()


def _words(measure: Measure) -> str:
    return f"{spoken(measure.help)} {direction(measure.lowest_is_best)}"


def _told(measure: Measure, why: str) -> QWidget:
    """The name of a measure, what it tells, and why it is left out."""
    part = QWidget()
    column = dense(QVBoxLayout(part), gap=1)
    name = Label(spoken(measure.title), role="dim" if why else "body")
    column.addWidget(name)
    column.addWidget(Label(why or _words(measure), role="small", wrap=True))
    return part


# --- measuring -------------------------------------------------------------------------------------------------------


def open_measuring(session: Session, run: str, checkpoint: str, parent: QWidget) -> MeasureDialog | None:
    """Ask what to measure of a run and have it measured; None where it cannot be, which is then said."""
    why = why_not(session, run)
    if why:
        session.toast(why, severity="warning")
        return None
    dialog = MeasureDialog(session, run, checkpoint, parent)
    dialog.agreed.connect(partial(measure, session))
    dialog.open()
    return dialog


def measure(session: Session, request: EvaluateRequest) -> None:
    """Measure as a job, with progress and a cancel in the status bar; what came out is told."""

    def on_event(event: Event) -> None:
        if isinstance(event, Notice):
            session.toast(f"{spoken(event.title)}. {spoken(event.body)}", severity=event.severity)
        elif isinstance(event, Ended):
            session.watches.poll_now(request.run)
            if event.status == "finished":
                _tell(session, request.run, getattr(event.result, "rows", ()))

    with session.reporting(_tr("Measuring")):
        session.start(request, on_event, title=_tr("Measuring {0}").format(request.run))


def _tell(session: Session, run: str, rows: Sequence[MeasureRow]) -> None:
    steps = sorted({row.step for row in rows})
    if not steps:
        return
    newest = [row for row in rows if row.step == steps[-1]]
    numbers = ", ".join(f"{title(row.measure)} {value_words(row)}" for row in newest[:_TOLD])
    if len(steps) == 1:
        words = _tr("Measured {0} at step {1}: {2}").format(run, count_text(steps[0]), numbers)
    else:
        words = _tr("Measured {0} at {1} checkpoints; at the last: {2}").format(run, len(steps), numbers)
    show = partial(session.go, "runs", run=run, view="measures")
    session.toast(words + (" …" if len(newest) > _TOLD else ""), action=_tr("Show"), callback=show)
