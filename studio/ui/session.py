"""The session: the one object that pages talk to. It holds the open project, the jobs, the selection and the timer.

Everything here is called from the window's thread. Workers speak through mailboxes that one timer reads.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from studio.families import FAMILIES
from studio.ground.errors import StudioError, Text, text
from studio.ground.events import Command, Ended, Event
from studio.ui.chores import Chores
from studio.ui.engine_state import EngineState
from studio.ui.job_board import Job, JobBoard, OnEvent, make_worker
from studio.ui.live_requests import LiveRequests
from studio.ui.persistence import UserFile, WindowMemory
from studio.ui.project_lists import ProjectLists
from studio.ui.run_watch import RunWatch
from studio.ui.training_line import RunLive, TrainingLine
from studio.ui.undo import Deed, UndoStack
from studio.ui.watches import Watches
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.config.base import Settings
    from studio.config.facts import DataFacts, DeviceFacts, Facts
    from studio.config.preferences import Preferences
    from studio.config.requests import ResumeRequest, TrainRequest
    from studio.jobs.queue import RunQueue
    from studio.projects.project import Project
    from studio.workers.latest import Server
    from studio.workers.pump import Worker

_BUSY_MS = 33
_TRAINING_MS = 250
_TOLD_SECONDS, _TOLD_SECONDS_TRAINING = 0.2, 1.0  # how often progress is told to what shows it
_IDLE_MS = 500


@dataclass(frozen=True, slots=True)
class Selection:
    """What a panel works on; empty names: nothing chosen, ``run`` empty also: a new run."""

    dataset: str = ""
    run: str = ""
    checkpoint: str = "last"


@dataclass(frozen=True, slots=True)
class Toast:
    """A short message that goes by itself. ``callback`` belongs to the word ``action``."""

    text: str
    severity: str = "info"
    action: str = ""
    callback: Callable[[], Any] | None = None
    details: str = ""


class Session(QObject):
    """See the module. Signals carry nothing or a name; read what is new from the session."""

    project_changed = Signal()
    datasets_changed = Signal()
    runs_changed = Signal()
    gallery_changed = Signal()
    selection_changed = Signal(str)
    training_changed = Signal()
    jobs_changed = Signal()
    device_changed = Signal()
    preferences_changed = Signal()
    reality_changed = Signal()
    """Something that the view state is made of may have changed."""

    toasted = Signal(object)
    failed = Signal(str, object, str)
    """What was being done, the exception or Text, and the trace."""
    navigated = Signal(str, object)
    triggered = Signal(str)

    def __init__(
        self,
        user: UserFile | None = None,
        parent: QObject | None = None,
        *,
        worker: Callable[[Settings, Path], Worker] = make_worker,
    ) -> None:
        super().__init__(parent)
        self.user = user or UserFile()
        self.project: Project | None = None
        self.memory = WindowMemory()
        self.undo = UndoStack(self)
        self.board = JobBoard(self)
        self.line = TrainingLine(self._launch, self)
        self.lists = ProjectLists(self)
        self.watches = Watches(self)
        self.chores = Chores(self)
        self.live = LiveRequests(self)
        self.browser = LiveRequests(self, _picture_server)
        self.engine = EngineState(self)
        self.closing = False
        self._worker = worker
        self._selection: dict[str, Selection] = {}
        self._untold, self._told = False, 0.0
        self._timer = QTimer(self)
        self._timer.setObjectName("sessionTimer")
        self._timer.timeout.connect(self._tick)
        self._connect()

    def _connect(self) -> None:
        self.memory.watch("selection", self._selection_state)
        for signal in (self.board.changed, self.line.changed, self.undo.changed, self.engine.changed):
            signal.connect(self.reality_changed)
        self.board.changed.connect(self.jobs_changed)
        self.board.progressed.connect(self._on_progressed)
        self.board.failed.connect(self._on_job_failed)
        self.line.changed.connect(self.training_changed)
        self.line.started.connect(self._on_run_started)
        self.line.ended.connect(self._on_run_ended)
        self.line.noticed.connect(self.watches.notice)
        self.engine.ready.connect(self.device_changed)
        self.lists.datasets_changed.connect(self.datasets_changed)
        self.lists.runs_changed.connect(self.runs_changed)
        self.lists.runs_changed.connect(self.reality_changed)
        self.lists.datasets_changed.connect(self.reality_changed)

    # --- project -----------------------------------------------------------------------------------------------------

    def set_project(self, project: Project | None) -> None:
        """Work on another project, or on none. The caller has stopped the jobs of the one before, and closes it."""
        self.memory.write()
        self.project = project
        self.undo.clear()
        self.watches.clear()
        self.live.attach(project)
        self.browser.attach(project)
        self.memory.attach(project.state if project is not None and not project.read_only else None)
        self.lists.attach(project)
        self._selection = _selections(project)
        self.line.attach(self._queue_of(project))
        if project is not None:
            self.user.remember_project(project.path)
        self._pace()
        self.project_changed.emit()
        self.reality_changed.emit()

    @property
    def can_write(self) -> bool:
        """Whether the open project may be changed."""
        return self.project is not None and not self.project.read_only

    def why_read_only(self) -> str:
        """Why the open project may not be changed; empty where it may."""
        if self.project is None or not self.project.read_only:
            return ""
        return spoken(self.project.why_read_only) or self.tr("This project can only be read.")

    def remember(self, key: str, value: Any) -> None:
        """Keep a value in the project's state under a key of the caller's."""
        if self.can_write and self.project is not None:
            self.project.state.set(key, value)

    def recall(self, key: str, default: Any = None) -> Any:
        """A value kept by `remember`."""
        return self.project.state.get(key, default) if self.project is not None else default

    # --- lists, facts, selection -------------------------------------------------------------------------------------

    def runs(self) -> Sequence[Any]:
        """All runs of the project, the newest first, as their RunInfo."""
        return self.lists.runs

    def datasets(self) -> Sequence[Any]:
        """All data sets of the project as their DataSetRecord."""
        return self.lists.datasets

    def data_facts(self, name: str) -> DataFacts | None:
        """What a preset needs to know of a data set of pictures; None where there is no such one."""
        return self.lists.facts(name)

    def facts_for(self, family: str, name: str) -> Facts | None:
        """What a preset of a family needs to know of a data set; None where there is none, or of another kind."""
        record = self.lists.dataset(name)
        if record is None or record not in self.lists.datasets_for(family):
            return None
        return self.lists.facts(name) or self.lists.text_facts(name)

    def device_facts(self) -> DeviceFacts:
        """The device that new runs use; the processor until PyTorch is loaded."""
        return self.engine.device(self.preferences.device)

    def selection(self, family: str) -> Selection:
        """What the panel of a family works on; names that are gone are left out."""
        chosen = self._selection.get(family, Selection())
        record = self.lists.dataset(chosen.dataset)
        dataset = record.name if record is not None else ""
        run = chosen.run if self.lists.run(chosen.run) is not None else ""
        return replace(chosen, dataset=dataset or self.lists.only_dataset(family), run=run)

    def select(self, family: str, **changes: str) -> None:
        """Choose ``dataset``, ``run`` or ``checkpoint`` for a panel; a run brings its own data set with it."""
        before = self.selection(family)
        info = self.lists.run(changes.get("run", ""))
        if info is not None and "dataset" not in changes and self.lists.dataset(info.dataset) is not None:
            changes["dataset"] = info.dataset
        if "run" in changes and changes["run"] != before.run:
            changes.setdefault("checkpoint", "last")
        self._selection[family] = replace(before, **changes)
        if self._selection[family] != before:
            self.memory.touch("selection")
            self.selection_changed.emit(family)
            self.reality_changed.emit()

    def refresh(self) -> None:
        """Read the lists of the project anew."""
        self.lists.refresh()

    # --- jobs --------------------------------------------------------------------------------------------------------

    def start(
        self,
        request: Settings,
        on_event: OnEvent | None = None,
        *,
        title: str = "",
        quiet: bool = False,
        anywhere: bool = False,
    ) -> Job:
        """Begin a piece of work; its events come to `on_event` in this thread, the ending last.

        Raises:
            StudioError: no project is open, and it is not work that needs none (`anywhere`).
        """
        self.chores.finish()
        recording = _Recording(self, on_event)
        path = Path() if anywhere and self.project is None else self._path()
        job = self.board.start(self._worker(request, path), title=title, on_event=recording, quiet=quiet)
        self._pace()
        return job

    def latest(self, key: str, request: Settings, on_answer: Callable[[Any], None]) -> None:
        """Ask for something that only counts if nothing newer is asked under the same key (sliders)."""
        self.live.ask(key, request, on_answer)
        self._pace()

    def browse(self, key: str, request: Settings, on_answer: Callable[[Any], None]) -> None:
        """Like `latest`, for looking at data sets (`studio.jobs.browsing`): no model is in the way of the answer."""
        self.browser.ask(key, request, on_answer)
        self._pace()

    def forget_latest(self, key: str) -> None:
        """Nobody wants the answer under this key any more."""
        self.live.forget(key)

    def train(self, request: TrainRequest) -> None:
        """Train a new run as soon as nothing else trains."""
        self._path()
        self.line.add(request)
        self._pace()

    def resume(self, request: ResumeRequest) -> None:
        """Go on with a run as soon as nothing else trains. Raises UsageError where it is in the queue already."""
        self._path()
        self.line.add(request)
        self._pace()

    @property
    def training(self) -> RunLive | None:
        """The run that this window trains."""
        return self.line.live

    def is_own(self, run: str) -> bool:
        """Whether this window trains that run now."""
        return self.line.live is not None and bool(run) and self.line.live.name == run

    def is_live(self, run: str) -> bool:
        """Whether someone trains that run now."""
        return self.is_own(run) or self.lists.is_live(run)

    def send(self, run: str, command: Command) -> None:
        """Tell a live run something: directly if it is ours, else by its inbox. Failures are shown."""
        if self.is_own(run):
            self.line.send(command)
            return
        with self.reporting(self.tr("Telling the run")):
            if self.project is not None:
                self.project.runs.get(run).inbox.send(command)

    def watch(self, run: str) -> RunWatch | None:
        """Follow a run; `release` the watch when it is not needed. None where the run cannot be read."""
        with self.reporting(self.tr("Reading the run")):
            if self.project is not None:
                self._pace()
                return self.watches.watch(self.project.runs.get(run))
        return None

    def release(self, watch: RunWatch) -> None:
        """Follow a run no longer."""
        self.watches.release(watch)

    # --- deleting ----------------------------------------------------------------------------------------------------

    def delete_run(self, name: str) -> None:
        """Move a run to the bin; a toast offers to bring it back."""
        if self.is_live(name):
            self.toast(self.tr("{0} is training. Stop it before you delete it.").format(name), severity="warning")
            return
        with self.reporting(self.tr("Deleting the run")):
            if self.project is not None:
                project, watches = self.project, self.watches

                def remove() -> str:
                    watches.drop(name)
                    return project.runs.remove(name)

                self._bin(text("Deleted the run {name}", name=name), remove)

    def delete_dataset(self, name: str) -> None:
        """Move a data set to the bin; a toast offers to bring it back."""
        with self.reporting(self.tr("Deleting the data set")):
            if self.project is not None:
                project, browser = self.project, self.browser

                def remove() -> str:
                    browser.rest()
                    return project.datasets.remove(name)

                self._bin(text("Deleted the data set {name}", name=name), remove)

    def delete_creations(self, ids: Sequence[Any]) -> None:
        """Move creations to the bin; a toast offers to bring them back."""
        with self.reporting(self.tr("Deleting creations")):
            if self.project is not None and ids:
                gallery, some = self.project.gallery, list(ids)
                self._bin(text("Deleted {count} creations", count=len(some)), lambda: gallery.delete(some))

    def _bin(self, what: Text, remove: Callable[[], str]) -> None:
        """Do what moves something into the bin and returns its token; it can be taken back and done again."""
        assert self.project is not None
        deed = Deed(remove, self.project.bin.undo)
        deed.do()
        self.deleted(what, deed.undo, deed.do)

    def deleted(self, what: Text, undo: Callable[[], None], redo: Callable[[], None] | None = None) -> None:
        """Something was done that can be taken back: remember how, say so with an Undo, read the lists anew."""
        number = self.undo.push(what, undo, redo)
        self.changed_on_disk()
        self.toast(spoken(what), action=self.tr("Undo"), callback=lambda: self.undo_now(number))

    def undo_now(self, number: int | None = None) -> None:
        """Take back the newest thing (or the one of a number) and say so."""
        with self.reporting(self.tr("Undo")):
            done = self.undo.undo(number)
            if done is not None:
                self.changed_on_disk()
                self.toast(self.tr("Taken back: {0}").format(spoken(done.what)))

    def redo_now(self) -> None:
        """Do again what was taken back last, and say so."""
        with self.reporting(self.tr("Redo")):
            done = self.undo.redo()
            if done is not None:
                self.changed_on_disk()
                self.toast(self.tr("Done again: {0}").format(spoken(done.what)))

    def changed_on_disk(self) -> None:
        """Data sets, runs or creations have changed: read them anew."""
        self.lists.refresh()
        self.gallery_changed.emit()

    # --- saying ------------------------------------------------------------------------------------------------------

    def toast(
        self, message: str, severity: str = "info", *, action: str = "", callback: Callable[[], Any] | None = None
    ) -> None:
        """Say something that goes by itself."""
        self.toasted.emit(Toast(message, severity, action, callback))

    def report(self, error: BaseException | Text, doing: str = "", trace: str = "") -> None:
        """Show a failure: what happened, what to do, and for the unexpected the trace."""
        self.failed.emit(doing, error, trace)

    @contextmanager
    def reporting(self, doing: str) -> Iterator[None]:
        """Show what goes wrong inside instead of raising it; exits of the program go through."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - shown to the user, with its trace
            self.report(error, doing)

    def go(self, page: str, **what: Any) -> None:
        """Show a page and tell it for what."""
        self.navigated.emit(page, what)

    def trigger(self, action: str) -> None:
        """Do an action of the table, as if chosen from the menu."""
        self.triggered.emit(action)

    @property
    def preferences(self) -> Preferences:
        """What the user prefers on this computer."""
        return self.user.preferences

    def set_preference(self, path: str, value: Any) -> None:
        """Change a preference and save it; what is refused is shown."""
        with self.reporting(self.tr("Changing a preference")):
            try:
                self.user.set_preference(path, value)
            finally:  # what could not be saved holds all the same
                self.preferences_changed.emit()
                self.device_changed.emit()

    # --- timer -------------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """Start the timer; called when the window is shown or a job begins."""
        self._pace()

    def shut(self) -> None:
        """Stop the timer, let workers and watches go. Jobs have ended before."""
        self._timer.stop()
        self.watches.clear()
        self.live.attach(None)
        self.browser.attach(None)
        self.engine.shut()

    def _pace(self) -> None:
        """How often mailboxes are read: as often as the eye sees, less while only a run trains, seldom when idle."""
        others = any(not job.training for job in self.board) or self.live.busy() or self.browser.busy()
        wanted = _BUSY_MS if others else _TRAINING_MS if len(self.board) else _IDLE_MS
        if not self._timer.isActive() or self._timer.interval() != wanted:
            self._timer.start(wanted)

    def _tick(self) -> None:
        self.board.drain()
        self.live.drain()
        self.browser.drain()
        self.watches.tick(self)
        self.lists.tick()
        self._tell_progress()
        if self.memory.pending:
            self.memory.write()
        self._pace()

    def _on_progressed(self) -> None:
        self._untold = True

    def _tell_progress(self) -> None:
        """Progress moves numbers and bars at a reader's pace; what begins, ends or pauses is told at once."""
        now = time.monotonic()
        pause = _TOLD_SECONDS_TRAINING if all(job.training for job in self.board) else _TOLD_SECONDS
        if not self._untold or now - self._told < pause:
            return
        self._untold, self._told = False, now
        self.jobs_changed.emit()
        if self.training is not None:
            self.training_changed.emit()
        self.reality_changed.emit()

    # --- inside ------------------------------------------------------------------------------------------------------

    def _path(self) -> Path:
        if self.project is None:
            raise StudioError("No project is open. Open one or make a new one first.")
        return self.project.path

    def _launch(self, request: TrainRequest | ResumeRequest, on_event: OnEvent) -> Job:
        self.chores.finish()
        title = request.run or self.tr("Starting a run")
        request = request.model_copy(update={"keep_awake": self.preferences.keep_awake})
        return self.board.start(self._worker(request, self._path()), title=title, on_event=on_event, training=True)

    def _queue_of(self, project: Project | None) -> RunQueue | None:
        if project is None:
            return None
        from studio.jobs.queue import RunQueue

        entries = project.state.get("queue", [])
        save = (lambda waiting: project.state.set("queue", waiting)) if not project.read_only else None
        return RunQueue(entries if isinstance(entries, list) else (), save)

    def _on_run_started(self, name: str) -> None:
        self.lists.refresh()
        live = self.line.live
        info = self.lists.run(name)
        family = info.family if info is not None else live.family if live is not None else ""
        if family:
            self.select(family, run=name)

    def _on_run_ended(self, name: str, ended: Ended) -> None:
        self.lists.refresh()
        self.watches.poll_now(name)

    def _on_job_failed(self, job: Job, ended: Ended) -> None:
        self.failed.emit(job.title, ended.error or text("The work failed without saying why."), ended.trace)

    def _selection_state(self) -> dict[str, Any]:
        return {family: asdict(chosen) for family, chosen in self._selection.items()}


def _picture_server(project: Path) -> Server:
    """What answers while one looks at data sets; imported when first asked."""
    from studio.jobs.browsing import PictureServer

    return PictureServer(project)


class _Recording:
    """Hands events on, and before the ending writes what the job made into the project."""

    def __init__(self, session: Session, on_event: OnEvent | None) -> None:
        self._session = session
        self._on_event = on_event

    def __call__(self, event: Event) -> None:
        if isinstance(event, Ended) and event.status == "finished":
            with self._session.reporting(self._session.tr("Recording what was made")):
                self._session.lists.record(event.result)
        if self._on_event is not None:
            self._on_event(event)


def _selections(project: Project | None) -> dict[str, Selection]:
    """The remembered selection of every family; what does not fit is left out."""
    kept = project.state.get("selection", {}) if project is not None else {}
    found = {}
    for family in FAMILIES:
        values = kept.get(family) if isinstance(kept, dict) else None
        if isinstance(values, dict):
            known = {k: v for k, v in values.items() if k in Selection.__slots__ and isinstance(v, str)}
            found[family] = Selection(**known)
    return found
