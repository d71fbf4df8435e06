"""Data sets: listed, found, deleted, brought back, and taken up again when the list was lost."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace

import pytest

from studio.config.data import Choices
from studio.ground.errors import DamagedError, UsageError
from studio.projects.datasets import DataSetRecord
from studio.projects.project import Project

Make = Callable[..., DataSetRecord]


def reopen(project: Project) -> Project:
    project.close()
    return Project.open(project.path)


def test_a_data_set_is_listed_and_found(project: Project, make_dataset: Make) -> None:
    record = make_dataset(project, "Gesichter <b>")
    assert project.datasets.all() == [record] and project.datasets.get("Gesichter <b>") == record
    assert record.folder == "data/gesichter-b"
    assert project.datasets.folder("Gesichter <b>") == project.path / "data" / "gesichter-b"
    with reopen(project) as again:
        assert again.datasets.all() == [record] and again.losses == ()


@pytest.mark.parametrize("name", ["<img src='file:///x'>", "../x", "con", "x.", "🙂", "é" * 240])
def test_hostile_names_are_only_names(project: Project, make_dataset: Make, name: str) -> None:
    record = make_dataset(project, name)
    assert project.datasets.get(name).name == name
    assert (project.path / record.folder).parent == project.path / "data"


def test_a_name_is_given_once(project: Project, make_dataset: Make) -> None:
    make_dataset(project, "one")
    for refused in ("one", " one ", "", "a\nb"):
        with pytest.raises(UsageError):
            project.datasets.check_new_name(refused)
    assert project.datasets.check_new_name("One") == "One"
    assert make_dataset(project, "One").folder == "data/one-2"  # folders do not collide by case


def test_an_unknown_name_hears_the_nearest(project: Project, make_dataset: Make) -> None:
    make_dataset(project, "portraits")
    with pytest.raises(UsageError, match=r"no data set portrait; there is: portraits\."):
        project.datasets.get("portrait")


@pytest.mark.parametrize("folder", ["", "data/missing", "../outside", "data/../x", "runs/a", "/etc", "data/A"])
def test_a_folder_elsewhere_is_refused(project: Project, folder: str) -> None:
    with pytest.raises((UsageError, DamagedError)):
        project.datasets.add(DataSetRecord("x", folder=folder))
    assert project.datasets.all() == []


def test_an_update_keeps_the_folder(project: Project, make_dataset: Make) -> None:
    record = make_dataset(project)
    project.datasets.update(replace(record, choices=Choices(leave_out=("a", "b")), folder="data/evil"))
    found = project.datasets.get("portraits")
    assert found.choices.leave_out == ("a", "b") and found.folder == record.folder


def test_deleting_and_bringing_back(project: Project, make_dataset: Make) -> None:
    record = make_dataset(project)
    token = project.datasets.remove("portraits")
    assert project.datasets.all() == [] and not (project.path / record.folder).exists()
    assert [(entry.kind, entry.name) for entry in project.bin.list()] == [("data set", "portraits")]
    project.bin.undo(token)
    assert project.datasets.all() == [record] and project.bin.list() == []
    assert (project.datasets.folder("portraits") / "pack.bin").read_bytes() == b"pictures"


def test_coming_back_beside_a_new_one_of_the_same_name(project: Project, make_dataset: Make) -> None:
    make_dataset(project, "x")
    token = project.datasets.remove("x")
    (project.path / "data" / "x").mkdir()  # a name of a folder that somebody else has taken
    make_dataset(project, "x")
    shutil.rmtree(project.path / "data" / "x")
    project.bin.undo(token)
    assert [record.name for record in project.datasets.all()] == ["x", "x (2)"]


def test_a_missing_folder_is_named_and_the_rest_goes_on(project: Project, make_dataset: Make) -> None:
    record = make_dataset(project)
    make_dataset(project, "other")
    shutil.rmtree(project.path / record.folder)
    with pytest.raises(DamagedError, match="folder of the data set portraits is missing"):
        project.datasets.folder("portraits")
    with reopen(project) as again:
        assert [str(loss) for loss in again.losses] == [
            "The folder of the data set portraits is missing: data/portraits."
        ]
        assert len(again.datasets.all()) == 2
        again.datasets.forget_missing("portraits")
        assert [found.name for found in again.datasets.all()] == ["other"]
        with pytest.raises(UsageError):
            again.datasets.forget_missing("other")


def test_a_lost_list_is_taken_up_again(project: Project, make_dataset: Make) -> None:
    record = make_dataset(project)
    project.close()
    for name in ("project.db", "project.db.backup"):
        (project.path / name).write_bytes(b"nothing")
    with Project.open(project.path) as again:
        assert again.datasets.all() == [record]
        assert any("taken up again" in str(loss) for loss in again.losses)


def test_a_crash_between_moving_and_forgetting_deletes(project: Project, make_dataset: Make) -> None:
    record = make_dataset(project)
    project.bin.move_in(project.path / record.folder, kind="data set", name=record.name, record=record.to_json())
    with reopen(project) as again:
        assert again.datasets.all() == [] and again.losses == ()
        again.bin.undo(again.bin.list()[0].token)
        assert again.datasets.all() == [record]


def test_a_crash_between_coming_back_and_listing_brings_back(project: Project, make_dataset: Make) -> None:
    record = make_dataset(project)
    token = project.datasets.remove("portraits")
    (project.path / "bin" / token / "content").rename(project.path / record.folder)
    with reopen(project) as again:
        assert again.datasets.all() == [record] and again.bin.list() == [] and again.losses == ()


def test_a_crash_before_moving_leaves_all_as_it_was(project: Project, make_dataset: Make) -> None:
    record = make_dataset(project)
    token = project.datasets.remove("portraits")
    project.bin.undo(token)
    place = project.path / "bin" / "1-portraits"
    place.mkdir()
    with reopen(project) as again:
        assert again.datasets.all() == [record] and not place.exists()
