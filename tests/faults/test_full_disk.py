"""A disk that is full, for real: a sentence, nothing lost, nothing hung, and it goes on once there is room.

The disk is a small file system of its own where the tests may mount one (see ``disks.py``).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from studio.config.base import Settings
from studio.config.builtin import Portraits
from studio.config.gan import GanConfig, ResidualNetwork
from studio.config.requests import BuiltinRequest, ImportRequest, PrepareRequest, ResumeRequest, TrainRequest
from studio.ground.errors import StudioError
from studio.ground.events import Ended, Event, Metrics, Notice
from studio.jobs.footprint import Footprint
from studio.jobs.registry import run_job
from studio.jobs.steering import CommandQueue
from studio.projects.project import Project
from studio.projects.run import Run
from tests.faults.disks import SmallDisk, small_disk

CONFIG = GanConfig(steps=12, batch=8, sample_count=4, latent_size=8, network=ResidualNetwork(width=4))
TRAIN = TrainRequest(family="gan", dataset="portraits", config=CONFIG.model_dump(mode="json"), device="cpu")
RUN = "portraits-gan-1"
Say = Callable[[Event], None]


def carry_out(request: Settings, path: Path, say: Say = lambda event: None) -> tuple[list[Event], Ended]:
    events = []
    for event in run_job(request, path, CommandQueue()):
        events.append(event)
        say(event)
    assert isinstance(events[-1], Ended)
    return events, events[-1]


def at_step(*deeds: tuple[int, Callable[[], None]]) -> Say:
    """Do something once when a step has been made."""
    left = dict(deeds)

    def say(event: Event) -> None:
        if isinstance(event, Metrics) and event.step in left:
            left.pop(event.step)()

    return say


def notices(events: list[Event], code: str) -> list[str]:
    return [f"{e.title} {e.body}" for e in events if isinstance(e, Notice) and e.code == code]


def leftovers(path: Path) -> list[str]:
    return sorted(str(p.relative_to(path)) for p in path.rglob("*.part-*"))


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with 32 portraits, prepared; only to be copied."""
    path = tmp_path_factory.mktemp("full") / "fresh"
    with Project.create(path) as project:
        _, end = carry_out(BuiltinRequest(what=Portraits(count=32, size=32)), path)
        project.datasets.add(end.result)
    carry_out(PrepareRequest(dataset="portraits", size=32), path)
    return path


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Checkpoints at every step, and failed ones tried again at once."""
    monkeypatch.setattr("studio.training.gan.MEASURED", 16)
    monkeypatch.setattr("studio.jobs.trials.measure_footprint", lambda *_, **__: iter([Footprint(0, 0)]))
    monkeypatch.setattr("studio.training.trainer.resume_interval", lambda seconds: 0.0)
    monkeypatch.setattr("studio.training.trainer._RETRY", 0.0)
    monkeypatch.setattr("studio.training.trainer._BREATH", 0.01)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """Room enough for the work, also for what must be free before an import begins."""
    with small_disk(tmp_path / "disk", 96) as made:
        yield made


@pytest.fixture
def project(disk: SmallDisk, fresh: Path) -> Path:
    """The project on the small disk."""
    path = disk.path / "project"
    shutil.copytree(fresh, path)
    return path


@pytest.fixture(scope="module")
def whole(fresh: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The digest of the run on a disk with room."""
    path = tmp_path_factory.mktemp("full") / "whole"
    shutil.copytree(fresh, path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("studio.training.gan.MEASURED", 16)
        _, end = carry_out(TRAIN, path)
    return str(end.result["digest"])


# --- training ------------------------------------------------------------------------------------------------------


def test_a_run_goes_on_over_a_full_disk_and_loses_nothing(disk: SmallDisk, project: Path, whole: str) -> None:
    events, end = carry_out(TRAIN, project, at_step((3, disk.fill), (9, disk.free)))
    assert (end.status, end.result["digest"]) == ("finished", whole)
    told = [*notices(events, "not_saved"), *notices(events, "not_written")]
    assert told and all("full" in words for words in told), told
    assert len(notices(events, "not_written")) <= 3, "told once, not at every step"
    run = Run(project / "runs" / RUN)
    table = run.metrics.read()
    assert (sorted(set(table.step.tolist())), table.losses) == (list(range(13)), ())
    assert [point.step for point in run.checkpoints() if point.kind == "resume"] == [10, 11, 12]
    assert run.status().state == "finished"
    assert run.check() == () and leftovers(project) == []


def test_a_run_that_ends_on_a_full_disk_keeps_the_checkpoint_before(disk: SmallDisk, project: Path, whole: str) -> None:
    _, end = carry_out(TRAIN, project, at_step((5, disk.fill)))
    assert end.status == "failed"
    assert "Free some space and resume" in str(end.error)
    run = Run(project / "runs" / RUN)
    kept = [point.step for point in run.checkpoints() if point.kind == "resume"]
    assert kept == [2, 3, 4]
    assert run.status().state in ("failed", "interrupted")
    disk.free()
    _, resumed = carry_out(ResumeRequest(run=RUN), project)
    assert (resumed.status, resumed.result["digest"]) == ("finished", whole)
    assert run.metrics.read().losses == () and leftovers(project) == []


def test_a_run_begun_on_a_full_disk_is_refused_in_a_sentence(disk: SmallDisk, project: Path, whole: str) -> None:
    disk.fill()
    _, end = carry_out(TRAIN, project)
    assert end.status == "failed"
    assert "full" in str(end.error) and str(end.error).endswith(".")
    disk.free()
    with Project.open(project, write="required") as opened:
        assert opened.losses == ()
    _, again = carry_out(TRAIN, project)
    assert (again.status, again.result["digest"]) == ("finished", whole)


# --- data ----------------------------------------------------------------------------------------------------------


def test_an_import_meets_a_full_disk(
    disk: SmallDisk, project: Path, make_pictures: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_pictures(count=40, size=64)
    before = sorted(p.read_bytes() for p in source.rglob("*.png"))
    request = ImportRequest(source=source, name="tiny")
    with monkeypatch.context() as patch:
        patch.setattr("studio.data.importing.check_space", lambda *_: disk.fill())
        _, end = carry_out(request, project)
    assert end.status == "failed"
    assert str(end.error) == "The disk is full, so this could not be finished. Free some space and try again."
    assert sorted(p.name for p in (project / "data").iterdir()) == ["portraits", "portraits.record.json"]
    assert sorted(p.read_bytes() for p in source.rglob("*.png")) == before
    disk.free()
    _, again = carry_out(request, project)
    assert again.status == "finished" and again.result.count == 120


def test_too_little_room_is_said_before_anything_is_written(
    disk: SmallDisk, project: Path, make_pictures: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    disk.fill(leave=2 << 20)
    if not disk.real:
        monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=2 << 20))
    _, end = carry_out(ImportRequest(source=make_pictures(), name="tiny"), project)
    assert "MB on the disk of the project, and 2 MB are free" in str(end.error)
    assert not (project / "data" / "tiny").exists()


def test_preparing_meets_a_full_disk(disk: SmallDisk, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.data.preparing.check_space", lambda *_: None)
    disk.fill()
    _, end = carry_out(PrepareRequest(dataset="portraits", size=64), project)
    assert end.status == "failed" and "disk is full" in str(end.error)
    assert len(list((project / "cache").iterdir())) == 1
    disk.free()
    assert carry_out(PrepareRequest(dataset="portraits", size=64), project)[1].status == "finished"


# --- what the user does --------------------------------------------------------------------------------------------


def test_keeping_a_creation_on_a_full_disk(disk: SmallDisk, project: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), np.uint8)
    with Project.open(project, write="required") as opened:
        (first,) = opened.gallery.keep(picture, {"number": 1})
        disk.fill()
        with pytest.raises(StudioError, match=r"The disk is full: .* could not be saved"):
            opened.gallery.keep(picture, {"number": 2})
        with pytest.raises(StudioError, match="The disk is full"):
            opened.gallery.set_note(first, "a note " * 3000)
        assert [creation.request for creation in opened.gallery.query()] == [{"number": 1}]
        assert opened.gallery.get(first).note == ""
        disk.free()
        assert opened.gallery.keep(picture, {"number": 2})
    with Project.open(project, write="required") as again:
        assert again.losses == () and again.gallery.check() == ()
        assert sorted(c.request["number"] for c in again.gallery.query()) == [1, 2]


def test_the_state_of_the_window_waits_for_room(disk: SmallDisk, project: Path) -> None:
    with Project.open(project, write="required") as opened:
        opened.state.set("window", {"panel": "home"})
        opened.flush()
        disk.fill()
        opened.state.set("window", {"panel": "gan", "much": "x" * 30_000})
        with pytest.raises(StudioError, match="The disk is full"):
            opened.flush()
        assert opened.unsaved
        disk.free()
        opened.flush()
    with Project.open(project, write=False) as again:
        assert again.state.get("window")["panel"] == "gan"


def test_a_project_on_a_full_disk_opens_for_reading_and_says_why(disk: SmallDisk, project: Path) -> None:
    disk.fill()
    with Project.open(project) as opened:
        assert opened.datasets.get("portraits").count == 32
        assert opened.read_only
        assert "full" in str(opened.why_read_only)
    with pytest.raises(StudioError, match="full"):
        Project.open(project, write="required")
    disk.free()
    with Project.open(project) as opened:
        assert not opened.read_only and opened.losses == ()


def test_a_new_project_on_a_full_disk_is_refused(disk: SmallDisk) -> None:
    place = disk.path / "new"
    disk.fill()
    with pytest.raises(StudioError, match="The disk is full"):
        Project.create(place)
    disk.free()
    Project.create(place).close()


def test_preferences_on_a_full_disk_stay_what_they_were(disk: SmallDisk) -> None:
    from studio.ui.persistence import UserFile

    path = disk.path / "settings" / "window.json"
    user = UserFile(path)
    user.set_preference("theme", "dark")
    disk.fill()
    with pytest.raises(StudioError, match="could not be saved"):
        user.set_preference("theme", "light")
    assert user.preferences.theme == "light", "it holds until the program ends"
    assert (UserFile(path).preferences.theme, UserFile(path).loss) == ("dark", "")
    disk.free()
    assert user.save() == ""
    assert UserFile(path).preferences.theme == "light"
