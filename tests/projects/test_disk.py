"""What a project takes, and what can be freed without losing what is needed to go on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from studio.ground.errors import BusyError, StudioError, UsageError
from studio.ground.files import write_json
from studio.projects.disk import KINDS
from studio.projects.project import Project
from studio.projects.run import Run

Make = Callable[..., Run]


def add_points(run: Run) -> None:
    """Resume points 10, 20, 30; model points 0 to 30, the best at 10."""
    for step in (10, 20, 30):
        (run.checkpoints_folder / f"resume-{step:09d}").mkdir(parents=True)
        (run.checkpoints_folder / f"resume-{step:09d}" / "w").write_bytes(bytes(1000))
    for step, distance in ((0, 9.0), (10, 1.0), (20, 2.0), (30, None)):
        folder = run.checkpoints_folder / f"model-{step:09d}"
        write_json(folder / "state.json", {"measures": {"distance": distance}})


def left(run: Run) -> list[tuple[str, int]]:
    return [(point.kind, point.step) for point in run.checkpoints()]


def test_use_by_kind(
    project: Project, make_run: Make, make_dataset: Callable[..., object], train: Callable[[Run], None],
    pictures: Callable[..., object],
) -> None:  # fmt: skip
    make_dataset(project)
    run = make_run(project)
    train(run)
    add_points(run)
    project.cache_folder.mkdir()
    (project.cache_folder / "x").write_bytes(bytes(500))
    ids = project.gallery.keep(pictures(2), {})  # type: ignore[arg-type]
    use = project.disk_use()
    assert list(use) == list(KINDS) and all(use[kind] > 0 for kind in KINDS if kind != "bin")
    assert use["resume points"] == 3000 and use["caches"] == 500 and use["bin"] == 0
    project.gallery.delete(ids[:1])
    after = project.disk_use()
    assert after["bin"] + after["gallery"] == use["gallery"] and after["bin"] > 0
    everything = sum(path.stat().st_size for path in project.path.rglob("*") if path.is_file())
    assert sum(after.values()) == everything


def test_freeing_keeps_what_is_needed_to_go_on(project: Project, make_run: Make, train: Callable[[Run], None]) -> None:
    run = make_run(project)
    train(run)
    add_points(run)
    assert project.free("resume points") == 2000
    assert project.free("model points") > 0
    assert left(run) == [("model", 0), ("model", 10), ("model", 30), ("resume", 30)]
    assert project.free("samples") > 0 and run.samples.steps() == [0, 20]
    assert project.free("resume points") == project.free("model points") == project.free("samples") == 0


def test_a_live_run_is_left_alone(project: Project, make_run: Make) -> None:
    run = make_run(project)
    add_points(run)
    project.cache_folder.mkdir()
    with Run(run.folder).lock():
        assert project.free("resume points") == project.free("model points") == 0
        with pytest.raises(BusyError, match="portraits-gan-1"):
            project.free("caches")
    assert len(left(run)) == 7 and project.cache_folder.exists()


def test_caches_and_bin(project: Project, make_run: Make) -> None:
    (project.cache_folder / "32x3").mkdir(parents=True)
    (project.cache_folder / "32x3" / "x").write_bytes(bytes(700))
    assert project.free("caches") == 700 and not project.cache_folder.exists()
    make_run(project)
    project.runs.remove("portraits-gan-1")
    assert project.free("bin") > 0 and project.bin.list() == []


@pytest.mark.parametrize("kind", ["data sets", "gallery", "other", "everything"])
def test_what_cannot_be_made_again_is_not_freed(project: Project, kind: str) -> None:
    with pytest.raises(UsageError, match="cannot be freed as a whole"):
        project.free(kind)


def test_a_reader_frees_nothing(project: Project) -> None:
    with Project.open(project.path, write=False) as reader, pytest.raises(StudioError, match="reading only"):
        reader.free("caches")
