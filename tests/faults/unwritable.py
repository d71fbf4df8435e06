"""A process that may read a project and write nothing into it: tries everything and prints what it was told.

``python tests/faults/unwritable.py PROJECT SOURCE SETTINGS`` prints one JSON object: deed -> the sentence that it was
refused with, or what came of it. Where it may, it first becomes another user, whom the folders' rights hold for.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import studio.jobs.check
import studio.jobs.export
import studio.jobs.film
import studio.jobs.generate
import studio.jobs.importing
import studio.jobs.train  # noqa: F401 - all of them now: another user may not be able to read where they lie
from studio.config.base import Settings
from studio.config.requests import (
    CheckRequest,
    ExportRequest,
    FilmRequest,
    GenerateRequest,
    ImportRequest,
    ResumeRequest,
    TrainRequest,
    grid,
)
from studio.ground.errors import StudioError
from studio.ground.events import Ended, Stop
from studio.jobs.registry import run_job
from studio.jobs.steering import CommandQueue
from studio.projects.project import Project
from studio.ui.persistence import UserFile

RUN = "portraits-gan-1"
NOBODY = 65534


def become_another_user() -> None:
    """Rights do not hold for root."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def job(request: Settings, path: Path) -> str:
    """How a job ends."""
    *_, end = run_job(request, path, CommandQueue())
    assert isinstance(end, Ended)
    return f"{end.status}: {end.error}" if end.error else end.status


def told(deed: Callable[[], Any]) -> str:
    """What came of a deed, or the sentence with which it was refused; a traceback for anything else."""
    try:
        return str(deed())
    except StudioError as error:
        return f"refused: {error}"
    except Exception:
        return traceback.format_exc()


def deeds(project: Path, source: Path, settings: Path) -> dict[str, Callable[[], Any]]:
    """Everything that somebody may try."""
    opened = Project.open(project)
    config = opened.runs.get(RUN).request().config
    train = TrainRequest(family="gan", dataset="portraits", config=config, device="cpu")
    made = GenerateRequest(run=RUN, recipes=grid(0, 1), device="cpu")
    return {
        "open": lambda: opened.why_read_only,
        "open to write": lambda: Project.open(project, write="required"),
        "new project inside": lambda: Project.create(project / "new"),
        "keep": lambda: opened.gallery.keep(np.zeros((1, 8, 8, 3), np.uint8), {}),
        "rename": lambda: opened.rename("other"),
        "delete": lambda: opened.runs.remove(RUN),
        "free": lambda: opened.free("caches"),
        "stop": lambda: opened.runs.get(RUN).inbox.send(Stop()),
        "state": lambda: opened.state.set("window", {"panel": "gan"}),
        "train": lambda: job(train, project),
        "resume": lambda: job(ResumeRequest(run=RUN), project),
        "import": lambda: job(ImportRequest(source=source, name="more"), project),
        "check": lambda: job(CheckRequest(dataset="portraits"), project),
        "generate": lambda: job(made, project),
        "export": lambda: job(ExportRequest(run=RUN, folder=project / "out"), project),
        "film": lambda: job(FilmRequest(run=RUN, out=project / "film.gif"), project),
        "preferences": lambda: UserFile(settings).set_preference("theme", "dark"),
        "close": opened.close,
    }


def main() -> None:
    """Try it all."""
    project, source, settings = map(Path, sys.argv[1:])
    job(GenerateRequest(run=RUN, recipes=grid(0, 1), device="cpu"), project)  # torch loads what it needs
    become_another_user()
    print(json.dumps({name: told(deed) for name, deed in deeds(project, source, settings).items()}))


if __name__ == "__main__":
    main()
