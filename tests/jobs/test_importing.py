"""Bringing data in as jobs: the record that comes out, and that nothing stays of what did not come to its end."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from studio.config.builtin import Portraits
from studio.config.requests import BuiltinRequest, CheckRequest, DownloadRequest, ImportRequest, PrepareRequest
from studio.ground.errors import text
from studio.ground.events import Ended, Event, Progress, Stop
from studio.jobs.steering import CommandQueue
from studio.projects.project import Project

from .conftest import ending, run_to_end


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    path = tmp_path / "empty"
    Project.create(path).close()
    return path


def test_the_record_is_what_the_project_lists(empty: Path, tiny_pictures: Path):
    record = ending(run_to_end(ImportRequest(source=tiny_pictures, name="Formes é"), empty)).result
    with Project.open(empty, write="required") as project:
        project.datasets.add(record)
        (listed,) = project.datasets.all()
    assert (listed.name, listed.count, listed.size, listed.channels) == ("Formes é", 36, (40, 40), 3)
    assert listed.labels == {"class": {"circles": 12, "squares": 12, "stripes": 12}}
    assert listed.folder == "data/formes-e"
    shutil.rmtree(tiny_pictures)
    assert ending(run_to_end(CheckRequest(dataset="Formes é"), empty)).status == "finished"


@pytest.mark.parametrize("what", [Portraits(count=5000, size=64), Portraits(count=50, size=32)])
def test_stopped_nothing_is_left(empty: Path, what: Portraits):
    commands = CommandQueue()
    commands.put(Stop())
    assert ending(run_to_end(BuiltinRequest(what=what), empty, commands)).status == "stopped"
    assert list((empty / "data").iterdir()) == []


def test_a_source_of_nothing_is_a_sentence(empty: Path, tmp_path: Path):
    (tmp_path / "source").mkdir()
    end = ending(run_to_end(ImportRequest(source=tmp_path / "source", name="x"), empty))
    assert end.status == "failed"
    assert end.error is not None
    assert list((empty / "data").iterdir()) == []


def test_preparing_ahead_fills_the_cache_once(project: Path):
    ask = PrepareRequest(dataset="portraits", size=32)
    first = run_to_end(ask, project)
    cached = {path.name: path.stat().st_mtime_ns for path in (project / "cache").iterdir()}
    again = run_to_end(ask, project)
    assert ending(first).result == ending(again).result
    assert ending(first).result["count"] == 48
    assert {path.name: path.stat().st_mtime_ns for path in (project / "cache").iterdir()} == cached


def test_a_download_is_imported_and_what_was_fetched_stays(
    empty: Path, make_pictures: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
):
    from studio.jobs import download as job

    def fetch(entry: object, folder: Path, stop: Callable[[], bool]) -> Iterator[Event]:
        shutil.copytree(make_pictures(count=3), folder, dirs_exist_ok=True)
        yield Progress(text("Fetching"), 1)
        yield Ended("finished", result=folder)

    monkeypatch.setattr(job, "fetch", fetch)
    record = ending(run_to_end(DownloadRequest(entry="cifar-10", name="cifar"), empty)).result
    assert (record.name, record.count) == ("cifar", 9)
    assert (job.downloads_folder() / "cifar-10" / "circles").is_dir()
    shutil.rmtree(job.downloads_folder())


@pytest.mark.parametrize(("entry", "words"), [("celeba", "by hand"), ("cifar", "cifar-10")])
def test_what_cannot_be_fetched_is_said(empty: Path, entry: str, words: str):
    end = ending(run_to_end(DownloadRequest(entry=entry, name="x"), empty))
    assert end.status == "failed"
    assert words in str(end.error)
