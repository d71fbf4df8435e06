"""One run: the folder ``runs/<run>/``, which belongs to the one process that trains it; everybody else only reads.

``run.json`` says what it is, ``config.json`` and ``request.json`` what was asked for, ``status.json`` how far it is.
Who trains holds the lock ``run.lock``: a run is running as long as the lock is held, whatever its status says.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from studio.config.base import validated
from studio.config.registry import load_config
from studio.config.requests import TrainRequest
from studio.config.training import TrainingSettings
from studio.ground.errors import DamagedError, StudioError, Text, text
from studio.ground.files import read_json, write_json
from studio.projects.bin import folder_size
from studio.projects.inbox import Inbox
from studio.projects.locks import Lock
from studio.projects.measures import MeasureFile
from studio.projects.metrics import MetricsFile
from studio.projects.notices import NoticeFile
from studio.projects.samples import SampleFiles

RunState = Literal["waiting", "running", "paused", "finished", "stopped", "failed", "interrupted"]
_WHILE_HELD = ("running", "paused")
_CHECKPOINT = re.compile(r"(resume|model)-(\d+)")
_ABOUT, _CONFIG, _REQUEST, _STATUS = "run.json", "config.json", "request.json", "status.json"


@dataclass(frozen=True, slots=True)
class RunStatus:
    """How far a run is. Times in seconds since 1970; ``total`` is the horizon in steps, ``records`` the number of
    metrics records known to be on the disk, ``legs`` how often it was begun or resumed."""

    state: RunState = "waiting"
    step: int = 0
    total: int | None = None
    items: int = 0
    started: float | None = None
    updated: float = 0.0
    error: str = ""
    device: str = ""
    seconds_trained: float = 0.0
    rate: float | None = None
    seconds_left: float | None = None
    best_step: int | None = None
    threads: int | None = None
    legs: int = 0
    records: int = 0

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RunStatus:
        """The inverse of ``asdict``; what a newer version added is left out. Raises DamagedError for anything else."""
        known = {field.name for field in fields(cls)}
        status = cls(**{name: value for name, value in data.items() if name in known})
        numbers = (status.step, status.items, status.updated, status.seconds_trained, status.records)
        if status.state not in get_args(RunState) or not all(isinstance(number, (int, float)) for number in numbers):
            raise DamagedError("The status of a run is damaged.")
        return status


@dataclass(frozen=True, slots=True)
class RunInfo:
    """A run in the list. ``name`` is the one that commands take and the folder bears, ``title`` what the user wrote."""

    name: str
    title: str
    family: str
    dataset: str
    created: float
    status: RunStatus
    live: bool
    folder: Path
    damage: Text | None = None


@dataclass(frozen=True, slots=True)
class CheckpointInfo:
    """A checkpoint in ``checkpoints/``: its kind, ``resume`` or ``model``, its step, and its size in bytes."""

    kind: str
    step: int
    path: Path
    size: int


class Run:
    """One run of a project. Made by :class:`studio.projects.runs.Runs`, or directly from its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = folder.name
        self.inbox = Inbox(folder / "inbox")
        self.samples = SampleFiles(folder / "samples")
        self.metrics = MetricsFile(folder / "metrics", expected=self._records_on_disk)
        self.measures = MeasureFile(folder)
        self.notices = NoticeFile(folder)
        self._lock = Lock(folder / "run.lock", text("The run {name}", name=folder.name))
        self._about: dict[str, Any] | None = None

    @property
    def title(self) -> str:
        """The name as the user wrote it."""
        return str(self._said("title"))

    @property
    def family(self) -> str:
        """The family of its model."""
        return str(self._said("family"))

    @property
    def dataset(self) -> str:
        """The name of the data set that it learns from."""
        return str(self._said("dataset"))

    @property
    def created(self) -> float:
        """When it was made, in seconds since 1970."""
        return float(self._said("created"))

    @property
    def checkpoints_folder(self) -> Path:
        """Where the training floor keeps its checkpoints."""
        return self.folder / "checkpoints"

    def config(self) -> TrainingSettings:
        """The resolved config. Raises DamagedError where it is not what was saved, UsageError where it does not fit."""
        return load_config(self._read(_CONFIG))

    def request(self) -> TrainRequest:
        """The request that made the run."""
        return validated(TrainRequest, self._read(_REQUEST))

    def set_title(self, title: str) -> None:
        """Call it otherwise; the folder keeps its name. Nobody who trains reads or writes what this changes.

        Raises:
            DamagedError: it does not say what it is, so that nothing of that may be written.
        """
        about = dict(self._read_about()) | {"title": title}
        about.pop("seal", None)
        write_json(self.folder / _ABOUT, about)
        self._about = about

    def set_config(self, config: TrainingSettings) -> None:
        """Replace the config: a longer horizon, a setting changed while it ran. Only who trains does that."""
        write_json(self.folder / _CONFIG, config.model_dump(mode="json"))

    def status(self) -> RunStatus:
        """How far it is; ``interrupted`` where it says running and nobody holds its lock.

        Raises:
            DamagedError: the status is not what was saved.
        """
        status = self.saved_status()
        if status.state in _WHILE_HELD and not self.is_live():
            # Whoever trained may have ended between the two looks: what it wrote last counts.
            status = self.saved_status()
            return replace(status, state="interrupted") if status.state in _WHILE_HELD else status
        return status

    def saved_status(self) -> RunStatus:
        """The status as it was last written, whoever holds the lock."""
        return RunStatus.from_json(self._read(_STATUS))

    def set_status(self, **changes: Any) -> RunStatus:
        """Change what ``changes`` name, after bringing the metrics to the disk. Only who trains (or queues) does that.

        A damaged status is begun anew. Raises OSError where it cannot be written.
        """
        records = self.metrics.flush()
        try:
            before = self.saved_status()
        except DamagedError:
            before = RunStatus()
        status = replace(before, **({"updated": time.time(), "records": records} | changes))
        write_json(self.folder / _STATUS, asdict(status))
        return status

    def truncate_after(self, step: int) -> int:
        """Make ready to go on from ``step``: later metrics and samples are moved aside; how many records of metrics.

        Measures of later steps are forgotten: those checkpoints will be made anew. Nothing is missed
        afterwards: the status counts what stays.
        """
        self.set_status(records=0)
        moved = self.metrics.truncate_after(step)
        self.samples.move_after(step)
        self.measures.truncate_after(step)
        self.set_status(step=max(0, step))
        return moved

    def lock(self) -> Lock:
        """Take the run's lock, to be given back with ``release()`` or at the end of a ``with``.

        Raises:
            BusyError: another process trains it; the message says which.
        """
        self._lock.acquire()
        return self._lock

    def is_live(self) -> bool:
        """Whether somebody trains it now."""
        return self._lock.is_held()

    def holder(self) -> str:
        """Who trains it, for a message; empty where nobody does."""
        return self._lock.holder_words() if self.is_live() else ""

    def info(self) -> RunInfo:
        """The run as the list shows it; damage is named, never raised."""
        damage: Text | None = None
        about: Mapping[str, Any] = {}
        status = RunStatus("interrupted")
        try:
            about = self._read_about()
            status = self.status()
        except StudioError as error:
            damage = error.text
        live = status.state in _WHILE_HELD or (damage is not None and self.is_live())
        return RunInfo(
            name=self.name, title=str(about.get("title", self.name)), family=str(about.get("family", "")),
            dataset=str(about.get("dataset", "")), created=float(about.get("created", 0.0)), status=status,
            live=live, folder=self.folder, damage=damage,
        )  # fmt: skip

    def checkpoints(self) -> list[CheckpointInfo]:
        """The checkpoints by kind and step; what they hold is the training floor's."""
        folder = self.checkpoints_folder
        names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        found = [match for name in names if (match := _CHECKPOINT.fullmatch(name))]
        return [CheckpointInfo(m[1], int(m[2]), folder / m[0], folder_size(folder / m[0])) for m in found]

    def check(self) -> tuple[Text, ...]:
        """Read everything but the checkpoints; names what is damaged."""
        losses: list[Text] = []
        for look in (self._read_about, self.config, self.request, self.saved_status):
            try:
                look()
            except StudioError as error:
                losses.append(error.text)
        for table in (self.metrics.read(), self.measures.read(), self.notices.read()):
            losses += table.losses
        return (*losses, *self.samples.check())

    @property
    def log_file(self) -> Path:
        """The text log."""
        return self.folder / "log.txt"

    def log(self, words: str) -> None:
        """Append a line to the text log, with the time before it."""
        stamp = time.strftime("%Y-%m-%d %H:%M:%S")
        with self.log_file.open("a", encoding="utf-8", errors="replace") as handle:
            handle.write(f"{stamp} {words.rstrip()}\n")

    def log_tail(self, size: int = 20_000) -> str:
        """The last ``size`` bytes of the log, from the beginning of a line."""
        if not self.log_file.is_file():
            return ""
        with self.log_file.open("rb") as handle:
            end = handle.seek(0, 2)
            handle.seek(max(0, end - size))
            data = handle.read(size)
        words = data.decode("utf-8", errors="replace")
        return words.partition("\n")[2] if end > size else words

    def _said(self, name: str) -> Any:
        return self._read_about()[name]

    def _read_about(self) -> Mapping[str, Any]:
        if self._about is None:
            about = self._read(_ABOUT)
            if not {"title", "family", "dataset", "created"} <= about.keys():
                raise DamagedError("The run {run} does not say what it is.", run=self.name)
            self._about = about
        return self._about

    def _read(self, name: str) -> dict[str, Any]:
        try:
            return read_json(self.folder / name)
        except DamagedError as error:
            raise DamagedError("In the run {run}, the file {name} is damaged.", run=self.name, name=name) from error
        except OSError as error:
            raise DamagedError("In the run {run}, the file {name} cannot be read.", run=self.name, name=name) from error

    def _records_on_disk(self) -> int:
        try:
            return self.saved_status().records
        except DamagedError:
            return 0  # named by whoever reads the status


def write_run(folder: Path, *, title: str, config: TrainingSettings, request: TrainRequest) -> None:
    """Fill the folder of a new run."""
    about = {"title": title, "family": request.family, "dataset": request.dataset, "created": time.time()}
    write_json(folder / _CONFIG, config.model_dump(mode="json"))
    write_json(folder / _REQUEST, request.model_dump(mode="json"))
    write_json(folder / _STATUS, asdict(RunStatus(total=config.steps, updated=time.time())))
    write_json(folder / _ABOUT, about)
