"""Runs: made, watched, steered and deleted; running means that the lock is held, whatever the status says."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

from studio.config.gan import GanConfig
from studio.config.requests import TrainRequest
from studio.ground.errors import BusyError, DamagedError, StudioError, UsageError
from studio.projects.project import Project
from studio.projects.run import Run, RunStatus

Make = Callable[..., Run]
TRAIN = """
import sys
from pathlib import Path
from studio.projects.run import Run
run = Run(Path(sys.argv[1]))
with run.lock():
    run.set_status(state="running", step=3)
    print("trains", flush=True)
    sys.stdin.readline()
"""


def test_a_run_says_what_it_is(project: Project, make_run: Make) -> None:
    run = make_run(project)
    assert run.name == run.title == run.folder.name == "portraits-gan-1"
    found = project.runs.get("portraits-gan-1")
    assert (found.family, found.dataset) == ("gan", "portraits") and found.created > 0
    assert found.config() == GanConfig(steps=100)
    assert found.request() == TrainRequest(
        family="gan", dataset="portraits", config=GanConfig(steps=100).model_dump(mode="json")
    )
    status = found.status()
    assert (status.state, status.step, status.total) == ("waiting", 0, 100)
    assert make_run(project).name == "portraits-gan-2"


@pytest.mark.parametrize("title", ["<img src='file:///x'>", "../x", "con", "Lauf 🙂.", "é" * 240])
def test_titles_are_kept_and_folders_harmless(project: Project, make_run: Make, title: str) -> None:
    run = make_run(project, title)
    assert run.title == title and run.folder.parent == project.path / "runs"
    assert project.runs.get(title).name == project.runs.get(run.name).name == run.name
    assert [info.title for info in project.runs.all()] == [title]


def test_unknown_names_and_names_that_climb(project: Project, make_run: Make) -> None:
    make_run(project)
    for name in ("portraits-gan", "../runs/portraits-gan-1", "..", "", "/etc", "portraits-gan-1/"):
        with pytest.raises(UsageError, match="no run"):
            project.runs.get(name)


def test_two_runs_of_one_title(project: Project, make_run: Make) -> None:
    names = [make_run(project, "Mine!").name for _ in range(2)]
    assert names == ["mine", "mine-2"]
    with pytest.raises(UsageError, match="mine, mine-2"):
        project.runs.get("Mine!")


def test_running_is_who_holds_the_lock(project: Project, make_run: Make) -> None:
    run = make_run(project)
    child = subprocess.Popen(
        [sys.executable, "-c", TRAIN, str(run.folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout is not None and child.stdout.readline() == "trains\n"
        info = project.runs.all()[0]
        assert info.live and info.status.state == "running" and info.status.step == 3
        assert str(child.pid) in run.holder()
        with pytest.raises(BusyError, match=rf"The run portraits-gan-1 is in use by .*{child.pid}"):
            run._lock.acquire(patience=0)
        with pytest.raises(BusyError, match="stop it before"):
            project.runs.remove(run.name)
    finally:
        child.kill()
        child.communicate()
    info = project.runs.all()[0]
    assert not info.live and info.status.state == "interrupted" and info.status.step == 3
    assert run.saved_status().state == "running" and run.holder() == ""
    with run.lock():
        assert run.is_live() and project.runs.all()[0].status.state == "running"


@pytest.mark.parametrize("state", ["waiting", "finished", "stopped", "failed"])
def test_other_states_are_what_they_say(project: Project, make_run: Make, state: str) -> None:
    run = make_run(project)
    run.set_status(state=state, error="why", best_step=5)
    status = run.status()
    assert (status.state, status.error, status.best_step, status.total) == (state, "why", 5, 100)
    assert not project.runs.all()[0].live


def test_a_paused_run_without_its_process_is_interrupted(project: Project, make_run: Make) -> None:
    run = make_run(project)
    run.set_status(state="paused")
    assert run.status().state == "interrupted"


def test_a_status_of_a_newer_version_is_read(project: Project, make_run: Make) -> None:
    assert RunStatus.from_json({"state": "stopped", "step": 4, "mood": "good"}) == RunStatus("stopped", 4)
    for wrong in ({"state": "flying"}, {"step": "4"}, {"records": None}):
        with pytest.raises(DamagedError):
            RunStatus.from_json(wrong)


def test_damaged_runs_are_listed_with_what_is_wrong(project: Project, make_run: Make) -> None:
    good, bad, worse, folder = (make_run(project) for _ in range(4))
    (bad.folder / "status.json").write_text("{}")
    (worse.folder / "run.json").unlink()
    data = json.loads((folder.folder / "run.json").read_text())
    (folder.folder / "run.json").write_text(json.dumps(data | {"title": "other"}))
    damages = {info.name: str(info.damage) for info in project.runs.all() if info.damage is not None}
    assert damages.keys() == {bad.name, worse.name, folder.name}
    assert "status.json" in damages[bad.name] and "run.json" in damages[worse.name]
    assert project.runs.get(good.name).check() == ()
    assert "status.json" in str(project.runs.get(bad.name).check()[0])
    with bad.lock():
        bad.set_status(state="stopped")  # begun anew
    assert bad.status().state == "stopped"


def test_the_config_may_become_longer(project: Project, make_run: Make) -> None:
    run = make_run(project)
    run.set_config(GanConfig(steps=200))
    assert Run(run.folder).config() == GanConfig(steps=200)


def test_going_on_counts_what_stays(project: Project, make_run: Make, train: Callable[[Run], None]) -> None:
    run = make_run(project)
    train(run)
    again = Run(run.folder)
    table = again.metrics.read()
    assert table.step.tolist() == list(range(1, 36)) and table.losses == ()
    assert again.metrics.seams() == [35] and again.samples.steps() == [0, 20]
    assert again.saved_status().records == 35 and again.saved_status().step == 35
    with again.lock():
        assert again.truncate_after(-1) == 35
        assert again.saved_status().step == 0 and again.metrics.seams() == []
    assert Run(run.folder).metrics.read().losses == ()


def test_metrics_that_were_confirmed_and_are_gone_are_named(
    project: Project, make_run: Make, train: Callable[[Run], None]
) -> None:
    run = make_run(project)
    train(run)
    (run.folder / "metrics" / "0001.bin").unlink()
    table = Run(run.folder).metrics.read()
    assert len(table.step) == 20 and str(table.losses[0]) == "15 metrics records are missing at the end."


def test_checkpoints_are_listed_by_kind_and_step(project: Project, make_run: Make) -> None:
    run = make_run(project)
    assert run.checkpoints() == []
    for name in ("resume-000000010", "resume-000000002", "model-000000003", "damaged-model-000000001-1", "model-x"):
        (run.checkpoints_folder / name).mkdir(parents=True)
        (run.checkpoints_folder / name / "weights").write_bytes(b"12345")
    found = [(point.kind, point.step, point.size) for point in run.checkpoints()]
    assert found == [("model", 3, 5), ("resume", 2, 5), ("resume", 10, 5)]


def test_the_log(project: Project, make_run: Make) -> None:
    run = make_run(project)
    assert run.log_tail() == ""
    for number in range(100):
        run.log(f"line {number} ä\ud800")
    assert run.log_tail(100_000).count("\n") == 100
    tail = run.log_tail(200).splitlines()
    assert 2 < len(tail) < 10 and tail[-1].endswith("line 99 ä?")
    assert all(line[:2] == "20" for line in tail)


def test_deleting_and_bringing_back(project: Project, make_run: Make, train: Callable[[Run], None]) -> None:
    run = make_run(project)
    train(run)
    samples = run.samples.read(20)
    token = project.runs.remove(run.name)
    assert project.runs.all() == [] and [entry.kind for entry in project.bin.list()] == ["run"]
    assert make_run(project).name == run.name  # its place is free, and taken again
    with pytest.raises(UsageError, match="a new one in its place"):
        project.bin.undo(token)
    second = project.runs.remove(run.name)
    project.bin.undo(token)
    assert np.array_equal(project.runs.get(run.name).samples.read(20), samples)
    assert project.bin.empty() > 0 and project.bin.list() == []
    with pytest.raises(UsageError, match="no longer in the bin"):
        project.bin.undo(second)


def test_a_run_is_made_while_another_holds_the_project(project: Project, make_run: Make) -> None:
    with Project.open(project.path, write=False) as job:
        run = make_run(job)
        with pytest.raises(StudioError, match="reading only"):
            job.runs.remove(run.name)
    assert [info.name for info in project.runs.all()] == [run.name]


def test_what_interrupted_writes_left_is_swept_unless_the_run_lives(project: Project, make_run: Make) -> None:
    dead, live = make_run(project), make_run(project)
    litter = [run.folder / "samples" / "x.png.part-1" for run in (dead, live)]
    half_made = project.runs.folder / "other.part-2"
    half_made.mkdir()
    for path in litter:
        path.parent.mkdir()
        path.write_text("half")
    project.close()
    with live.lock(), Project.open(project.path) as again:
        assert [path.exists() for path in litter] == [False, True] and not half_made.exists()
        assert [info.name for info in again.runs.all()] == [dead.name, live.name]


def test_two_processes_make_runs_at_once(project: Project) -> None:
    code = (
        "import sys; from pathlib import Path\n"
        "from studio.projects.project import Project\n"
        "from studio.config.gan import GanConfig\n"
        "from studio.config.requests import TrainRequest\n"
        "with Project.open(Path(sys.argv[1]), write=False) as p:\n"
        "    for _ in range(8):\n"
        "        p.runs.new('gan', 'd', GanConfig(), TrainRequest(family='gan', dataset='d', config={}))\n"
    )
    children = [subprocess.Popen([sys.executable, "-c", code, str(project.path)]) for _ in range(2)]
    assert [child.wait(120) for child in children] == [0, 0]
    assert sorted(info.name for info in project.runs.all()) == sorted(f"d-gan-{n}" for n in range(1, 17))
