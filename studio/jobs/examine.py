"""What works on this computer, asked of ``studio doctor`` in a process of its own.

That command is a door of the program, above the jobs; and looking at devices imports torch, which must not happen a
second time or fail inside the window.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import studio
from studio.config.requests import ExamineRequest
from studio.ground.errors import StudioError, text
from studio.ground.events import Ended, Event, Progress
from studio.jobs.steering import CommandQueue

_COMMAND = (sys.executable, "-m", "studio", "doctor", "--json")
_TREE = Path(studio.__file__).parents[1]
_LOOK_SECONDS = 0.2


def examine(request: ExamineRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """``Ended.result``: a list of findings, each with ``name``, ``ok``, ``detail`` and ``advice``."""
    no_input, pipe = subprocess.DEVNULL, subprocess.PIPE
    with subprocess.Popen(_COMMAND, text=True, cwd=_TREE, stdin=no_input, stdout=pipe, stderr=pipe) as child:
        try:
            while True:
                yield Progress(text("Looking at what works here"), 0, None)
                if commands.stop_requested:
                    child.kill()
                    yield Ended("stopped")
                    return
                try:
                    said, complaint = child.communicate(timeout=_LOOK_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    continue
        finally:
            child.kill()
    yield Ended("finished", result=findings(said, complaint))


def findings(said: str, complaint: str = "") -> list[dict[str, Any]]:
    """The checks in what the command printed. Raises StudioError where it printed none."""
    found: list[dict[str, Any]] = []
    for line in said.splitlines():
        try:
            data = json.loads(line)
        except ValueError:
            continue
        if isinstance(data, dict):
            found += data.get("checks", [data] if "detail" in data else [])
    if not found:
        last = (complaint.strip().splitlines() or ["it said nothing"])[-1]
        raise StudioError("What works here could not be found out: {reason}.", reason=last)
    return found
