"""What is in the open project: its data sets and runs, read once and again when they have changed."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, get_args

from PySide6.QtCore import QObject, Signal

from studio.config.registry import data_kinds
from studio.config.texts import DataKind
from studio.ground.errors import StudioError, UsageError

if TYPE_CHECKING:
    from studio.config.facts import DataFacts, TextFacts
    from studio.projects.datasets import DataSetRecord
    from studio.projects.measures import MeasureFile
    from studio.projects.project import Project
    from studio.projects.run import RunInfo

_POLL_SECONDS = 2.0  # how soon a run of another process is noticed
_MODEL_POINT = re.compile(r"model-(\d+)")


class ProjectLists(QObject):
    """Lists for the whole window. `tick` notices what other processes do to the runs."""

    datasets_changed = Signal()
    runs_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._project: Project | None = None
        self._last = 0.0
        self._known: dict[str, tuple[int, RunInfo]] = {}
        self._measures: dict[str, MeasureFile] = {}
        self._held = False
        self.runs: Sequence[RunInfo] = ()
        self.datasets: Sequence[DataSetRecord] = ()
        self.problem = ""
        self.project_name = ""
        self._stop_listening: Callable[[], None] | None = None

    def attach(self, project: Project | None) -> None:
        """Read another project."""
        if self._stop_listening is not None:
            self._stop_listening()
        self._project = project
        self._stop_listening = project.on_change(self._on_change) if project is not None else None
        self._known.clear()
        self._measures.clear()
        self._held = False
        self._read_name()
        self.refresh()

    def _on_change(self, topic: str) -> None:
        if topic == "name":
            self._read_name()

    def _read_name(self) -> None:
        """Kept here, since the window's title asks for it at every look and the database should not be."""
        self.project_name = self._project.name if self._project is not None else ""

    def refresh(self) -> None:
        """Read both lists and say which has changed."""
        self._read_datasets()
        self._read_runs()

    def hold(self, on: bool) -> None:
        """While data sets are being written beside the window, what is listed counts, not what is read."""
        self._held = on

    def put(self, record: DataSetRecord) -> None:
        """List a data set as it will be once it is written; its folder says which."""
        self.datasets = tuple(record if old.folder == record.folder else old for old in self.datasets)
        self.datasets_changed.emit()

    def tick(self) -> None:
        """Look for what others did, every two seconds."""
        now = time.monotonic()
        if self._project is not None and now - self._last >= _POLL_SECONDS:
            self._read_runs()

    def run(self, name: str) -> RunInfo | None:
        """The run of that name."""
        return next((r for r in self.runs if r.name == name), None)

    def dataset(self, name: str) -> DataSetRecord | None:
        """The data set of that name, or the one that bore it before."""
        same = next((d for d in self.datasets if d.name == name), None)
        return same or next((d for d in self.datasets if name in d.former), None)

    def datasets_for(self, family: str) -> list[DataSetRecord]:
        """The data sets of the kinds that a family learns from."""
        kinds = kinds_for(family)
        return [record for record in self.datasets if record.kind in kinds]

    def only_dataset(self, family: str) -> str:
        """The name of the data set that a family can learn from, where there is exactly one."""
        fitting = self.datasets_for(family)
        return fitting[0].name if len(fitting) == 1 else ""

    def is_live(self, name: str) -> bool:
        """Whether a run trains or is paused, as its status says."""
        info = self.run(name)
        return info is not None and info.live

    def checkpoint_steps(self, run: str) -> list[int]:
        """Steps of the model points that are kept of a run, ascending."""
        info = self.run(run)
        folder = info.folder / "checkpoints" if info is not None else None
        if folder is None or not folder.is_dir():
            return []
        return sorted(int(match[1]) for path in folder.iterdir() if (match := _MODEL_POINT.fullmatch(path.name)))

    def measures(self, run: str) -> MeasureFile | None:
        """What was measured of a run; an unchanged file is read once. None where there is no such run."""
        info = self.run(run)
        if info is None:
            return None
        if run not in self._measures:
            from studio.projects.measures import MeasureFile

            self._measures[run] = MeasureFile(info.folder)
        return self._measures[run]

    def facts(self, name: str) -> DataFacts | None:
        """What a preset needs to know of a data set of pictures; None for others."""
        record = self.dataset(name)
        if record is None or record.kind != "pictures":
            return None
        from studio.config.facts import DataFacts

        labels = {label: tuple(values) for label, values in record.labels.items()}
        height, width = record.size
        return DataFacts(
            count=record.count, height=height, width=width, channels=record.channels, labels=labels,
            captions=self._is_captioned(record),
        )  # fmt: skip

    def text_facts(self, name: str) -> TextFacts | None:
        """What a preset needs to know of a data set of texts; None for others."""
        record = self.dataset(name)
        if record is None or record.kind == "pictures":
            return None
        from studio.config.facts import TextFacts

        return TextFacts.model_validate(
            {name: getattr(record, name) for name in ("kind", "count", "characters", "distinct", "longest")}
        )

    def _is_captioned(self, record: DataSetRecord) -> bool:
        """Whether pictures are described in words; older records do not say, their folder does."""
        if record.captions is not None or self._project is None:
            return bool(record.captions)
        from studio.data.store import has_captions

        return has_captions(self._project.path / record.folder)

    def record(self, made: Any) -> None:
        """Write what a job made into the project, where it is something that belongs there."""
        from studio.projects.datasets import DataSetRecord

        if self._project is not None and isinstance(made, DataSetRecord):
            self._project.datasets.add(made)
            self._read_datasets()

    def _read_datasets(self) -> None:
        if self._held:
            return
        found = tuple(self._project.datasets.all()) if self._project is not None else ()
        if found != tuple(self.datasets):
            self.datasets = found
            self.datasets_changed.emit()

    def _read_runs(self) -> None:
        """The newest first. Only runs that live or whose status file has changed are read again."""
        self._last = time.monotonic()
        try:
            found = tuple(self._read_run(name) for name in self._run_names())
            self.problem = ""
        except (OSError, StudioError) as error:
            self.problem = str(error)
            return
        found = tuple(sorted(found, key=lambda info: (-info.created, info.name)))
        if found != tuple(self.runs):
            self.runs = found
            self.runs_changed.emit()

    def _run_names(self) -> list[str]:
        folder = self._project.runs.folder if self._project is not None else None
        if folder is None or not folder.is_dir():
            return []
        from studio.projects.naming import is_slug

        return [entry.name for entry in os.scandir(folder) if is_slug(entry.name) and entry.is_dir()]

    def _read_run(self, name: str) -> RunInfo:
        from studio.projects.run import Run

        assert self._project is not None
        folder = self._project.runs.folder / name
        files = (folder / "status.json", folder / "run.json")
        stamp = sum(file.stat().st_mtime_ns for file in files if file.exists())
        known = self._known.get(name)
        if known is None or known[0] != stamp or known[1].live or known[1].damage is not None:
            known = (stamp, Run(folder).info())
            self._known[name] = known
        return known[1]


def kinds_for(family: str) -> tuple[str, ...]:
    """The kinds of data sets that a family learns from; all of them for one that this version does not have."""
    try:
        return data_kinds(family)
    except UsageError:
        return get_args(DataKind)
