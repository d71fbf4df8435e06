"""Another name for a data set: its folder stays, and whoever knows the old name still finds it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from studio.config.data import Choices
from studio.ground.errors import UsageError
from studio.projects.datasets import DataSetRecord
from studio.projects.project import Project

Make = Callable[..., DataSetRecord]


def test_a_new_name_is_kept_and_the_old_one_still_finds_it(project: Project, make_dataset: Make) -> None:
    before = make_dataset(project, "cats")
    renamed = project.datasets.rename("cats", "  Katzen <b>  ")
    assert renamed == replace(before, name="Katzen <b>", former=("cats",))
    assert project.datasets.all() == [renamed] and project.datasets.get("cats") == renamed
    assert project.datasets.folder("cats") == project.path / before.folder
    project.close()
    with Project.open(project.path) as again:
        assert again.datasets.all() == [renamed] and again.losses == ()


def test_naming_it_back_leaves_no_trace_of_itself(project: Project, make_dataset: Make) -> None:
    make_dataset(project, "cats")
    project.datasets.rename("cats", "dogs")
    back = project.datasets.rename("dogs", "cats")
    assert (back.name, back.former) == ("cats", ("dogs",))
    assert project.datasets.rename("cats", "cats") == back


def test_names_of_others_are_refused_also_former_ones(project: Project, make_dataset: Make) -> None:
    make_dataset(project, "cats")
    make_dataset(project, "dogs")
    with pytest.raises(UsageError, match="already"):
        project.datasets.rename("cats", "dogs")
    project.datasets.rename("dogs", "wolves")
    for refused in (lambda: project.datasets.rename("cats", "dogs"), lambda: project.datasets.check_new_name("dogs")):
        with pytest.raises(UsageError, match=r"wolves was called dogs before"):
            refused()
    with pytest.raises(UsageError):
        project.datasets.rename("cats", "\n")
    assert [record.name for record in project.datasets.all()] == ["cats", "wolves"]


def test_a_renamed_data_set_is_changed_deleted_and_restored(project: Project, make_dataset: Make) -> None:
    make_dataset(project, "cats")
    renamed = project.datasets.rename("cats", "lions")
    project.datasets.update(replace(renamed, choices=Choices(shape="pad")))
    token = project.datasets.remove("lions")
    assert project.datasets.all() == []
    project.bin.undo(token)
    found = project.datasets.get("cats")
    assert (found.name, found.former, found.choices.shape) == ("lions", ("cats",), "pad")
