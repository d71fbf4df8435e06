"""A run that goes on without the window: in a process of its own, which a closed window does not take along."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from studio.config.builtin import Portraits
from studio.config.gan import GanConfig, ResidualNetwork
from studio.config.requests import BuiltinRequest, TrainRequest
from studio.ground.events import Ended, Stop
from studio.jobs.registry import run_job
from studio.jobs.steering import CommandQueue
from studio.projects.project import Project
from studio.projects.run import Run

TREE = Path(__file__).resolve().parents[2]
CONFIG = GanConfig(steps=3000, batch=8, sample_count=4, latent_size=8, network=ResidualNetwork(width=4))
# What the window does when it closes; then it waits, so that the test decides how it ends: whoever started the tests
# may have told everything below to take no notice of a terminal that goes.
WINDOW = """
import signal, sys, time
from pathlib import Path
if hasattr(signal, "SIGHUP"):
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
from studio.ui.leaving import start_detached
start_detached(Path(sys.argv[1]), sys.argv[2])
print("gone on", flush=True)
time.sleep(600)
"""


def train(path: Path, stop_at: int) -> Run:
    request = TrainRequest(
        family="gan", dataset="portraits", config=CONFIG.model_dump(mode="json"), device="cpu", stop_at=stop_at
    )
    *_, end = run_job(request, path, CommandQueue())
    assert isinstance(end, Ended) and end.status == "stopped", end
    return Run(path / "runs" / end.result["run"])


def wait_for(what: Callable[[], bool], seconds: float = 120.0) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.1)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with 32 portraits, in a folder with a difficult name."""
    path = tmp_path / "Gesichter é 🎨"
    with Project.create(path) as made:
        *_, end = run_job(BuiltinRequest(what=Portraits(count=32, size=32)), path, CommandQueue())
        assert isinstance(end, Ended)
        made.datasets.add(end.result)
    return path


def trainer_of(run: Run) -> psutil.Process | None:
    """The process that trains a run."""
    holder = run._lock.holder()
    return psutil.Process(holder.pid) if run.is_live() and holder is not None else None


def weights(run: Run, step: int) -> dict[str, bytes]:
    folder = run.checkpoints_folder / f"resume-{step:09d}"
    return {file.name: file.read_bytes() for file in folder.glob("*.safetensors")}


@pytest.mark.slow
def test_the_run_goes_on_when_the_window_is_gone(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.training.gan.MEASURED", 16)
    run = train(project, stop_at=2)
    command = [sys.executable, "-c", WINDOW, str(project), run.name]
    window = subprocess.Popen(command, cwd=TREE, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert window.stdout is not None and window.stdout.readline() == "gone on\n"
        wait_for(lambda: trainer_of(run) is not None)
        trainer = trainer_of(run)
        assert trainer is not None and trainer.pid not in (os.getpid(), window.pid)
        end_group(window)
        with window.stdout:
            window.wait(20)
        reached = run.status().step
        wait_for(lambda: run.status().step > max(reached, 4))
        assert trainer.is_running() and run.status().state == "running"
    finally:
        end_group(window)
        if run.is_live():
            run.inbox.send(Stop())
    wait_for(lambda: not run.is_live() and not psutil.pid_exists(trainer.pid))
    status = run.status()
    assert (status.state, status.error, status.legs) == ("stopped", "", 2)
    assert run.check() == ()
    again = train(project, stop_at=status.step)
    assert weights(run, status.step) == weights(again, status.step) != {}


def end_group(process: subprocess.Popen[str]) -> None:
    """End a process as a terminal does that is closed: everything in its group."""
    if process.poll() is not None:
        return
    if os.name == "nt":
        process.terminate()
    else:
        os.killpg(process.pid, signal.SIGHUP)
