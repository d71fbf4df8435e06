"""The measures of a run: kept, replaced, compared only with their like, and never in the way when they are damaged."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from studio.ground.errors import BusyError
from studio.projects.measures import MeasureFile, MeasureRow
from studio.projects.project import Project
from studio.projects.run import Run

ROW = MeasureRow("coverage", 0.5, 0.02, 1000, 0, "classifier judge step 9", 10, "model", False, 1.0, "", "portraits")


@pytest.fixture
def measures(tmp_path: Path) -> MeasureFile:
    """The measures of a folder in which nothing was measured."""
    return MeasureFile(tmp_path)


def curve_of(measures: MeasureFile, values: dict[int, float], **changes: object) -> None:
    """Store a value for each step."""
    measures.add(replace(ROW, step=step, value=value, **changes) for step, value in values.items())  # type: ignore[arg-type]


def test_nothing_measured_is_no_loss(measures: MeasureFile) -> None:
    assert measures.all() == () and measures.read().losses == ()
    assert measures.curve("coverage") == ([], [], []) and measures.best_step("coverage") is None
    assert not measures.path.exists() and measures.stamp == (0, 0, 0)


def test_rows_come_back_equal_and_the_same_again_replaces(measures: MeasureFile) -> None:
    none = replace(ROW, measure="accuracy", error=None, note="few")
    measures.add([ROW, none])
    assert MeasureFile(measures.path.parent).all() == (ROW, none)
    newer = replace(ROW, value=0.6, at=2.0)
    measures.add([newer])
    assert measures.all() == (none, newer)
    measures.add([replace(ROW, seed=1)])
    assert len(measures.all()) == 3 and measures.names() == ("accuracy", "coverage")


def test_a_curve_joins_only_what_can_be_compared(measures: MeasureFile) -> None:
    curve_of(measures, {30: 0.3, 10: 0.1, 20: 0.2})
    curve_of(measures, {10: 0.9, 20: 0.8}, features="classifier other step 5", at=9.0)
    assert measures.curve("coverage") == ([10, 20, 30], [0.1, 0.2, 0.3], [0.02] * 3)
    curve_of(measures, {30: 0.7}, features="classifier other step 5", at=10.0)
    assert measures.curve("coverage")[1] == [0.9, 0.8, 0.7]


def test_the_best_is_the_lowest_or_the_highest_and_of_equals_the_earlier(measures: MeasureFile) -> None:
    curve_of(measures, {10: 0.5, 20: 0.7, 30: 0.7, 40: 0.2})
    curve_of(measures, {10: 0.5, 20: 0.7, 30: 0.2, 40: 0.2}, measure="kid", lowest_is_best=True)
    assert measures.best_step("coverage") == 20 and measures.best_step("kid") == 30
    assert measures.best_step("coverage", among=(10, 30, 40)) == 30
    assert measures.best_step("coverage", among=()) is None


def test_what_was_measured_of_steps_made_anew_is_forgotten(project: Project, make_run: Callable[..., Run]) -> None:
    run = make_run(project)
    curve_of(run.measures, {0: 0.1, 50: 0.2, 60: 0.3})
    with run.lock():
        run.truncate_after(50)
        run.metrics.close()
    assert run.measures.curve("coverage")[0] == [0, 50]


def changed(path: Path) -> None:
    data = json.loads(path.read_text())
    data["rows"][0]["value"] = 0.99
    path.write_text(json.dumps(data))


def folder_instead(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "x").write_text("x")


DAMAGES: list[Callable[[Path], object]] = [
    changed,
    folder_instead,
    lambda path: path.write_bytes(b""),
    lambda path: path.write_bytes(path.read_bytes()[:-40]),
    lambda path: path.write_bytes(b"[" * 100_000),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_named_and_the_next_measuring_goes_on(
    project: Project, make_run: Callable[..., Run], damage: Callable[[Path], object]
) -> None:
    run = make_run(project)
    run.measures.add([ROW])
    damage(run.measures.path)
    assert run.measures.all() == ()
    (loss,) = run.measures.read().losses
    assert str(loss) in map(str, run.check()) and run.info().damage is None
    run.measures.add([replace(ROW, step=20)])
    assert [row.step for row in run.measures.all()] == [20] and run.measures.read().losses == ()
    assert len(list(run.folder.glob("measures.json.damaged-1"))) == 1


@pytest.mark.parametrize("wrong", [{"value": float("nan")}, {"value": "1"}, {"step": None}, {"measure": 3}])
def test_a_sealed_row_that_makes_no_sense_is_damage_too(measures: MeasureFile, wrong: dict[str, object]) -> None:
    measures.add([replace(ROW, **wrong)])  # type: ignore[arg-type]
    assert measures.all() == () and len(measures.read().losses) == 1


def test_what_a_newer_version_added_is_left_out() -> None:
    plain = {name: getattr(ROW, name) for name in MeasureRow.__slots__}
    assert MeasureRow.from_json(plain | {"colour": "blue"}) == ROW


def test_two_programs_do_not_overwrite_one_another(measures: MeasureFile, monkeypatch: pytest.MonkeyPatch) -> None:
    measures.add([ROW])
    other = MeasureFile(measures.path.parent)
    monkeypatch.setattr("studio.projects.locks._PATIENCE", 0.0)
    with other._lock:
        monkeypatch.setattr(measures._lock, "acquire", lambda: type(other._lock).acquire(measures._lock, 0.0))
        with pytest.raises(BusyError, match="measures of the run"):
            measures.add([replace(ROW, step=20)])
    assert [row.step for row in measures.all()] == [10]
