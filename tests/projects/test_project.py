"""A project: made, opened once for writing, moved about, read-only where it must be, refused where it is none."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.ground.errors import BusyError, StudioError, UsageError
from studio.projects.datasets import DataSetRecord
from studio.projects.project import Project, is_project
from studio.projects.run import Run

NAMES = [
    "日本語 ümlaut 🙂 'quote\" <b>x<b> #%&?", "con", "a.", " space ", "\u202eright to left", "%41", "é" * 120,
    "--json", "~", "project.db", "a=b;c", "new\u00a0space",
]  # fmt: skip
HOLD = """
import sys
from pathlib import Path
from studio.projects.project import Project
with Project.open(Path(sys.argv[1]), write="required"):
    print("open", flush=True)
    sys.stdin.readline()
"""


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_of_any_name(
    tmp_path: Path, name: str, make_dataset: Callable[..., DataSetRecord], make_run: Callable[..., Run]
) -> None:
    path = tmp_path / name
    with Project.create(path) as project:
        assert project.name == name.strip() and project.path == path and not project.read_only
        make_dataset(project)
        make_run(project)
        project.state.set("x", 1)
    for write in (True, False):
        with Project.open(path, write=write) as project:
            assert (project.state.get("x"), project.losses) == (1, ())
            assert len(project.runs.all()) == len(project.datasets.all()) == 1


def test_a_project_has_a_name_of_its_own(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p", name="<img src='file:///x'>") as project:
        assert project.name == "<img src='file:///x'>"
        project.rename("Other")
    (tmp_path / "p").rename(tmp_path / "moved")
    with Project.open(tmp_path / "moved") as project:
        assert project.name == "Other"


def test_what_no_project_is_made_in(tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    Project.create(tmp_path / "project").close()
    for name, why in (("full", "not empty"), ("file", "a file"), ("project", "a project already")):
        with pytest.raises(UsageError, match=why):
            Project.create(tmp_path / name)
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["letter.txt"]
    (tmp_path / "empty").mkdir()
    Project.create(tmp_path / "empty").close()


def test_what_is_no_project(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "other").mkdir()
    connection = sqlite3.connect(tmp_path / "other" / "project.db")
    connection.execute("CREATE TABLE mine (x)")
    connection.commit()
    connection.close()
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "project.db").write_text("not a database, and not ours to repair")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    for name in ("folder", "missing", "other", "text", "x" * 300):
        assert not is_project(tmp_path / name) or name in {"other", "text"}
        for write in (True, False):
            with pytest.raises(UsageError, match=r"no project at|not a project of the studio"):
                Project.open(tmp_path / name, write=write)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_moved_copied_and_zipped(filled: Path, tmp_path: Path) -> None:
    shutil.make_archive(str(tmp_path / "mail"), "zip", filled)
    shutil.unpack_archive(tmp_path / "mail.zip", tmp_path / "elsewhere")
    shutil.copytree(filled, tmp_path / "copy")
    (tmp_path / "copy").rename(tmp_path / "moved ä")
    for path in (tmp_path / "elsewhere", tmp_path / "moved ä"):
        with Project.open(path) as project:
            assert project.losses == () and project.gallery.count() == 2 and project.gallery.check() == ()
            assert project.runs.get("portraits-gan-1").check() == ()
            assert project.datasets.folder("portraits").is_relative_to(path)
    for file in filled.rglob("*"):
        if file.is_file():
            assert str(filled).encode() not in file.read_bytes(), f"{file.name} knows where the project lay"


def test_opened_twice(project: Project) -> None:
    second = Project.open(project.path)
    assert second.read_only and str(os.getpid()) in second.holder and "is in use by" in str(second.why_read_only)
    with pytest.raises(StudioError, match="reading only"):
        second.rename("x")
    with pytest.raises(BusyError, match=str(os.getpid())):
        Project.open(project.path, write="required")
    second.close()
    with Project.open(project.path, write=False) as reader:
        assert reader.read_only and reader.holder == "" and reader.why_read_only is None
    project.close()
    with Project.open(project.path) as again:
        assert not again.read_only and again.holder == "" and again.why_read_only is None


def test_opened_by_two_processes(tmp_path: Path) -> None:
    path = tmp_path / "p"
    Project.create(path).close()
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout is not None and child.stdout.readline() == "open\n"
        with Project.open(path) as second:
            assert second.read_only and f"process {child.pid} on" in second.holder
    finally:
        child.kill()
        child.communicate()
    with Project.open(path, write="required") as again:  # the dead hold nothing
        assert not again.read_only and again.losses == ()


def test_what_one_writes_the_other_reads(project: Project, make_dataset: Callable[..., DataSetRecord]) -> None:
    with Project.open(project.path, write=False) as job:
        assert job.datasets.all() == []
        record = make_dataset(project)
        assert job.datasets.all() == [record]


def test_a_folder_that_may_not_be_written_to(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "p"
    shutil.copytree(filled, path)
    before = {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}
    monkeypatch.setattr(os, "access", lambda place, mode: False)  # the tests may run as root, whom no mode stops
    with Project.open(path) as project:
        assert project.read_only and project.holder == "" and "may not be written to" in str(project.why_read_only)
        assert project.gallery.count() == 2 and project.losses == ()
    with pytest.raises(StudioError, match="may not be written to"):
        Project.open(path, write="required")
    assert {file: file.read_bytes() for file in path.rglob("*") if file.is_file()} == before


def test_changes_are_told(project: Project, make_dataset: Callable[..., DataSetRecord]) -> None:
    told: list[str] = []
    stop = project.on_change(told.append)
    make_dataset(project)
    project.bin.undo(project.datasets.remove("portraits"))
    project.rename("x")
    assert told == ["datasets", "datasets", "datasets", "name"]
    stop()
    stop()
    project.rename("y")
    assert len(told) == 4


def test_leftovers_are_swept(filled: Path, tmp_path: Path) -> None:
    path = tmp_path / "p"
    shutil.copytree(filled, path)
    litter = [path / place for place in ("project.db.part-1", "data/x.part-2/pack", "gallery/x.png.part-0")]
    for file in litter:
        file.parent.mkdir(exist_ok=True)
        file.write_text("half")
    old, young = path / "cache" / "a.part-1", path / "cache" / "b.part-1"
    for folder in (old, young):
        folder.mkdir(parents=True)
    os.utime(old, (1e9, 1e9))
    with Project.open(path) as project:
        assert project.losses == ()
    assert [file.exists() for file in (*litter, old, young)] == [False, False, False, False, True]


def test_a_crash_while_a_project_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched, pytest.raises(StudioError, match="disk is full"):
        patched.setattr("studio.projects.repair.replace", fail)
        Project.create(tmp_path / "p")
    assert not is_project(tmp_path / "p")


def test_the_whole_check(filled: Path, tmp_path: Path) -> None:
    path = tmp_path / "p"
    shutil.copytree(filled, path)
    with Project.open(path) as project:
        assert project.check() == ()
        sample = next((path / "runs").glob("*/samples/*.png"))
        sample.write_bytes(sample.read_bytes()[:-30])
        assert [sample.name in str(loss) for loss in project.check()] == [True]


def test_the_floor_needs_neither_torch_nor_qt() -> None:
    code = (
        "import sys, studio.projects.project\n"
        "print([name for name in sys.modules if name.partition('.')[0] in {'torch', 'PySide6', 'torchvision'}])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
