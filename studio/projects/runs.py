"""The runs of a project: the folders in ``runs/``. Runs are made and trained also while another holds the project."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

from studio.config.requests import TrainRequest
from studio.config.training import TrainingSettings
from studio.ground.errors import BusyError, Text, UsageError, text
from studio.ground.files import LEFTOVER, replace, sweep_leftovers
from studio.projects.bin import Bin
from studio.projects.locks import Lock
from studio.projects.naming import check_name, is_slug, not_found, slug
from studio.projects.run import Run, RunInfo, write_run
from studio.projects.saving import saving

_SWEPT = (".", "samples", "metrics", "inbox", "checkpoints")


class Runs:
    """The runs of one project."""

    def __init__(self, project: Path, bin_: Bin, changed: Callable[[], None]) -> None:
        self.folder = project / "runs"
        self._bin = bin_
        self._changed = changed
        bin_.on_restored("run", lambda record: changed())

    def all(self) -> list[RunInfo]:
        """All runs, the oldest first; damaged ones say so in ``damage``."""
        infos = [Run(path).info() for path in self._folders()]
        return sorted(infos, key=lambda info: (info.created, info.name))

    def get(self, name: str) -> Run:
        """The run that bears ``name``, or whose title it is.

        Raises:
            UsageError: there is none, or more than one has this title; names the nearest.
        """
        if is_slug(name) and (self.folder / name).is_dir():
            return Run(self.folder / name)
        titled = [info.name for info in self.all() if info.title == name]
        if len(titled) == 1:
            return Run(self.folder / titled[0])
        if titled:
            names = ", ".join(titled)
            raise UsageError("Several runs are called {title}; use one of the names {names}.", title=name, names=names)
        raise not_found("run", name, (path.name for path in self._folders()))

    def new(
        self, family: str, dataset: str, config: TrainingSettings, request: TrainRequest, name: str | None = None
    ) -> Run:
        """Make a run that waits. Without a ``name`` it is called after data set and family, with a number.

        Raises:
            StudioError: it cannot be written.
        """
        title = check_name(name, "run") if name is not None else None
        request = request.model_copy(update={"family": family, "dataset": dataset})
        with saving("the new run"), self._making():
            taken = {path.name for path in self.folder.iterdir()}
            chosen = slug(title, taken, "run") if title is not None else _numbered(dataset, family, taken)
            temporary = self.folder / f"{chosen}{LEFTOVER}{uuid.uuid4().hex[:8]}"
            try:
                temporary.mkdir()
                write_run(temporary, title=title or chosen, config=config, request=request)
                replace(temporary, self.folder / chosen)
            finally:
                if temporary.exists():
                    shutil.rmtree(temporary)
        self._changed()
        return Run(self.folder / chosen)

    def remove(self, name: str) -> str:
        """Move a run to the bin; returns the token that brings it back.

        Raises:
            BusyError: it trains now.
        """
        run = self.get(name)
        if run.is_live():
            raise BusyError("The run {run} trains now; stop it before deleting it.", run=run.name)
        token = self._bin.move_in(run.folder, kind="run", name=run.name, record={})
        self._changed()
        return token

    def recover(self) -> tuple[Text, ...]:
        """On opening: sweep what interrupted writes left; names the runs that are damaged."""
        if self.folder.is_dir():
            with self._making():
                sweep_leftovers(self.folder)
        for path in self._folders():
            _sweep_run(path)
        return tuple(_damage(info) for info in self.all() if info.damage is not None)

    def _folders(self) -> list[Path]:
        found = sorted(self.folder.iterdir()) if self.folder.is_dir() else []
        return [path for path in found if path.is_dir() and is_slug(path.name)]

    def _making(self) -> Lock:
        """Held while a run is made or leftovers are swept, by whichever process."""
        self.folder.mkdir(exist_ok=True)
        return Lock(self.folder / "making.lock", text("The list of runs"))


def _numbered(dataset: str, family: str, taken: set[str]) -> str:
    base, number = f"{slug(dataset, (), 'data')}-{family}", 1
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"


def _sweep_run(folder: Path) -> None:
    """Sweep a run's leftovers, unless somebody trains it and may be writing them just now."""
    places = [folder / part for part in _SWEPT]
    if not any(place.is_dir() and any(place.glob(f"*{LEFTOVER}*")) for place in places):
        return
    try:
        with Run(folder).lock():
            for place in places:
                sweep_leftovers(place)
    except BusyError:
        return


def _damage(info: RunInfo) -> Text:
    return text("The run {run}: {damage}", run=info.name, damage=info.damage)
