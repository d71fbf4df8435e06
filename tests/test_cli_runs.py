"""The whole life of runs from the command line, each command that ends or is ended in a process of its own."""

import contextlib
import hashlib
import io
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.cli.app import run
from studio.projects.gallery import read_birth_certificate
from studio.projects.project import Project
from studio.projects.run import Run

TINY = ["--set", "network.width=8", "--set", "batch=8", "--set", "sample_count=4", "--set", "latent_size=8"]
LONG = ["--steps", "5000"]


def start(*arguments: object) -> subprocess.Popen[str]:
    """Begin a command as a process; JSON lines on its output."""
    command = [sys.executable, "-m", "studio", *map(str, arguments), "--json"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process: subprocess.Popen[str], code: int = 0) -> dict[str, Any]:
    """Wait for a command; its last line."""
    out, err = process.communicate(timeout=240)
    assert process.returncode == code, err
    return last_line(out)


def last_line(out: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


def here(*arguments: object) -> dict[str, Any]:
    """Do a command in this process, which spares the loading of PyTorch; its last line."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert run([*map(str, arguments), "--json"]) == 0
    return last_line(out.getvalue())


def wait_until(true: Callable[[], bool], seconds: float = 240.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


def files(run: Run, step: int) -> dict[str, str]:
    folder = run.checkpoints_folder / f"resume-{step:09d}"
    return {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in sorted(folder.glob("*.safetensors"))}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with 48 portraits and two runs of 8 steps: one in a piece, one stopped at 4 and resumed."""
    path = tmp_path_factory.mktemp("cli") / "mes visages 🎈"
    assert run(["new", str(path)]) == 0
    assert run(["data", "builtin", str(path), "portraits", "--count", "48", "--size", "32"]) == 0
    straight = here("train", path, "--data", "portraits", "--steps", 8, "--set", "condition=hair", *TINY)
    assert (straight["run"], straight["status"], straight["step"]) == ("portraits-gan-1", "finished", 8)
    stopped = here("train", path, "--data", "portraits", "--steps", 8, "--stop-at", 4, "--set", "condition=hair", *TINY)
    assert (stopped["run"], stopped["status"], stopped["step"]) == ("portraits-gan-2", "stopped", 4)
    resumed = finish(start("resume", path, "portraits-gan-2"))
    assert (resumed["run"], resumed["status"], resumed["step"]) == ("portraits-gan-2", "finished", 8)
    assert resumed["result"]["digest"] == straight["result"]["digest"]
    return path


def the_run(project: Path, name: str) -> Run:
    return Run(project / "runs" / name)


def test_stopped_and_resumed_is_the_same_run(project: Path):
    one, other = the_run(project, "portraits-gan-1"), the_run(project, "portraits-gan-2")
    assert len(files(one, 8)) >= 5
    assert files(one, 8) == files(other, 8)
    assert one.samples.steps() == other.samples.steps()
    for step in one.samples.steps():
        assert np.array_equal(one.samples.read(step), other.samples.read(step))


def test_runs_are_listed_with_their_status(project: Path, capsys: pytest.CaptureFixture[str]):
    assert run(["runs", str(project), "--json"]) == 0
    rows = {row["run"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert rows["portraits-gan-1"]["status"] == rows["portraits-gan-2"]["status"] == "finished"
    assert (rows["portraits-gan-2"]["step"], rows["portraits-gan-2"]["total"]) == (8, 8)
    assert run(["runs", str(project)]) == 0
    assert "portraits-gan-2\tfinished\t8/8" in capsys.readouterr().out


def test_the_same_seed_makes_the_same_pixels(project: Path, tmp_path: Path):
    ask = ["generate", str(project), "portraits-gan-1", "--count", "5", "--seed", "7", "--label", "hair=red", "--out"]
    grid, again, folder = tmp_path / "a.png", tmp_path / "b.png", tmp_path / "folder"
    for out in (grid, again, folder):
        assert run([*ask, str(out)]) == 0
    assert grid.read_bytes() == again.read_bytes()
    pictures = [np.asarray(Image.open(file)) for file in sorted(folder.iterdir())]
    assert [p.shape for p in pictures] == [(32, 32, 3)] * 5
    with Image.open(grid) as image:
        sheet = np.asarray(image)
    assert sheet.shape == (2 * 34 - 2, 3 * 34 - 2, 3)
    assert np.array_equal(sheet[:32, 34:66], pictures[1])
    other = ["generate", str(project), "portraits-gan-2", "--count", "5", "--seed", "7", "--label", "hair=red", "--out"]
    assert run([*other, str(tmp_path / "c.png")]) == 0
    assert np.array_equal(np.asarray(Image.open(tmp_path / "c.png")), sheet)


def test_a_picture_says_how_it_was_made(project: Path, tmp_path: Path):
    ask = ["generate", str(project), "portraits-gan-1", "--count", "2", "--seed", "3", "--checkpoint", "4"]
    assert run([*ask, "--out", str(tmp_path / "out")]) == 0
    second = sorted((tmp_path / "out").iterdir())[1]
    request = read_birth_certificate(second)["request"]
    assert (request["run"], request["checkpoint"]) == ("portraits-gan-1", "4")
    assert [recipe["latent"] for recipe in request["recipes"]] == [{"kind": "drawn", "seed": 3, "index": 1}]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--label", "hair=green"], "green"),
        (["--label", "shoes=red"], "shoes"),
        (["--checkpoint", "77"], "it keeps"),
    ],
)
def test_what_a_model_cannot_make_is_refused(project: Path, tmp_path: Path, more: list[str], words: str, capsys):
    assert run(["generate", str(project), "portraits-gan-1", "--out", str(tmp_path / "o"), *more]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


def test_films_and_exports(project: Path, tmp_path: Path):
    run_name = "portraits-gan-1"
    assert run(["film", str(project), run_name, "--out", str(tmp_path / "h.gif")]) == 0
    loop = ["--what", "loop", "--count", "3", "--frames", "4", "--label", "hair=pink"]
    assert run(["film", str(project), run_name, "--out", str(tmp_path / "l.webp"), *loop]) == 0
    with Image.open(tmp_path / "h.gif") as history, Image.open(tmp_path / "l.webp") as walk:
        assert history.n_frames == len(the_run(project, run_name).samples.steps())
        assert walk.n_frames == 12
    assert run(["export", str(project), run_name, "--out", str(tmp_path / "model")]) == 0
    assert {"generator.safetensors", "config.json"} <= {file.name for file in (tmp_path / "model").iterdir()}
    assert run(["export", str(project), run_name, "--out", str(tmp_path / "model")]) == 2


def test_a_finished_run_is_not_resumed_without_a_longer_horizon(project: Path, capsys: pytest.CaptureFixture[str]):
    assert run(["resume", str(project), "portraits-gan-1"]) == 2
    assert "--steps" in capsys.readouterr().err
    assert run(["stop", str(project), "portraits-gan-1"]) == 2


@pytest.mark.slow
def test_signals_and_stop_end_a_run_with_a_checkpoint_and_a_kill_leaves_it_resumable(project: Path):
    process = start("train", project, "--data", "portraits", *LONG, *TINY)
    name = "portraits-gan-3"
    stepped_past(project, name, 1)
    assert run(["resume", str(project), name]) == 1  # it trains
    process.send_signal(signal.SIGTERM)
    ended = finish(process)
    assert (ended["status"], ended["run"]) == ("stopped", name)
    _checkpoint_is_at(project, name, ended["step"])

    process = start("resume", project, name)
    stepped_past(project, name, ended["step"])
    assert run(["stop", str(project), name]) == 0
    stopped = finish(process)
    assert stopped["status"] == "stopped"
    _checkpoint_is_at(project, name, stopped["step"])

    process = start("resume", project, name)
    stepped_past(project, name, stopped["step"])
    process.kill()
    process.communicate()
    assert the_run(project, name).status().state == "interrupted"
    with Project.open(project, write="required") as opened:
        assert opened.losses == ()

    process = start("resume", project, name)
    stepped_past(project, name, stopped["step"])
    process.send_signal(signal.SIGINT)
    assert finish(process)["status"] == "stopped"


def stepped_past(project: Path, name: str, step: int) -> None:
    """Wait until the run trains now and has recorded a step beyond ``step``."""

    def so() -> bool:
        folder = project / "runs" / name
        return (
            folder.exists() and (r := Run(folder)).is_live() and max(r.metrics.read().step.tolist(), default=0) > step
        )

    wait_until(so)


def _checkpoint_is_at(project: Path, name: str, step: int) -> None:
    run_ = the_run(project, name)
    assert run_.status().state == "stopped"
    assert run_.status().step == step
    assert step in [point.step for point in run_.checkpoints() if point.kind == "resume"]


@pytest.mark.slow
def test_a_signal_before_the_first_step_leaves_a_run_that_can_go_on(project: Path):
    process = start("train", project, "--data", "portraits", *LONG, *TINY)
    assert process.stdout is not None
    first = json.loads(process.stdout.readline())
    process.send_signal(signal.SIGTERM)
    ended = finish(process)
    assert ended["status"] == "stopped"
    assert ended["run"] == first["name"]
    assert here("resume", project, ended["run"], "--stop-at", 2)["step"] == 2


@pytest.mark.slow
def test_a_reader_that_closes_the_pipe_stops_the_run_with_a_checkpoint(project: Path):
    process = start("train", project, "--data", "portraits", *LONG, *TINY)
    assert process.stdout is not None
    name = json.loads(process.stdout.readline())["name"]
    process.stdout.close()
    assert process.wait(timeout=240) == 0
    assert the_run(project, name).status().state == "stopped"
    assert process.stderr is not None
    process.stderr.close()
