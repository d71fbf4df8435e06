"""The state of the window: quick to set, on the disk a second later, there again tomorrow."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.projects.project import Project
from studio.projects.tables import insert


def test_values_come_back(tmp_path: Path) -> None:
    with Project.create(tmp_path / "p") as project:
        project.state.set("window", {"size": [1280, 800], "name": "ä<b>"})
        project.state.set("gone", 1)
        project.state.set("gone", None)
        assert project.unsaved and project.state.keys() == ["window"]
        project.flush()
        assert not project.unsaved
        project.state.set("slider", 0.25)
    with Project.open(tmp_path / "p", write=False) as project:
        assert project.state.get("window") == {"size": [1280, 800], "name": "ä<b>"}
        assert project.state.get("slider") == 0.25
        assert project.state.get("gone", "default") == "default"
        project.state.set("slider", 0.5)  # nobody is told no; it lasts as long as the window
        assert project.state.get("slider") == 0.5 and not project.unsaved
    with Project.open(tmp_path / "p", write=False) as project:
        assert project.state.get("slider") == 0.25


def test_what_is_got_may_be_changed(project: Project) -> None:
    project.state.set("list", [1])
    project.state.get("list").append(2)
    assert project.state.get("list") == [1]


def test_setting_the_same_again_writes_nothing(project: Project) -> None:
    project.state.set("x", 1)
    project.flush()
    project.state.set("x", 1)
    assert not project.unsaved


@pytest.mark.parametrize("value", [float("nan"), object(), {1, 2}])
def test_what_json_cannot_hold_is_an_error_of_the_caller(project: Project, value: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        project.state.set("x", value)


def test_anything_under_a_good_seal(project: Project) -> None:
    """A project from a stranger: what is no JSON is as if it were not there."""
    for key, value in (("a", "{"), ("b", "[" * 100_000), ("c", "[1]")):
        row = {"key": key, "value": value}
        project._database.write(lambda c, row=row: insert(c, "state", row), "it")  # type: ignore[misc]
    with Project.open(project.path, write=False) as again:
        assert again.state.keys() == ["c"] and again.losses == ()


def test_many_keys_many_times(project: Project) -> None:
    for number in range(2000):
        project.state.set(f"key {number % 7}", number)
    project.flush()
    assert [project.state.get(f"key {n}") for n in range(7)] == [1995, 1996, 1997, 1998, 1999, 1993, 1994]
