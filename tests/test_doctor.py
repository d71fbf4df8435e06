"""The examination: what it finds, what it advises, and what it does not load."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from studio import doctor

TREE = Path(__file__).resolve().parent.parent


def test_it_loads_neither_qt_nor_torch() -> None:
    code = "import sys, studio.doctor as d; d.diagnose(); print([m for m in ('torch', 'PySide6') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=TREE)
    assert done.stdout.strip() == "[]"


def test_this_machine_is_described() -> None:
    report = doctor.Report(tuple(doctor.diagnose()))
    names = [check.name for check in report.checks]
    assert len(names) == len(set(names)) and {"Python", "Qt", "SQLite", "PyTorch", "cache folder"} <= set(names)
    assert json.loads(json.dumps(report.to_json()))["checks"][0]["name"] == "Python"
    assert all(check.detail for check in report.checks)
    assert len(report.lines()) == len(names)


def test_the_engine_names_the_cpu_and_its_threads() -> None:
    checks = {check.name: check for check in doctor.check_devices()}
    assert "threads, waiting policy PASSIVE" in checks["CPU"].detail


@pytest.mark.parametrize(
    ("version", "python", "ok"),
    [
        ("6.11.3", (3, 11), True),
        ("6.12.0", (3, 11), False),
        ("6.12.0", (3, 12), True),
        ("6.12.1", (3, 11), True),
        ("", (3, 11), False),
    ],
)
def test_the_bad_pair_of_qt_and_python(version: str, python: tuple[int, int], ok: bool) -> None:
    check = doctor.check_qt(version, python)
    assert check.ok is ok
    assert bool(check.advice) is not ok


@pytest.mark.parametrize(
    ("version", "warns"),
    [("3.40.1", True), ("3.44.5", True), ("3.44.6", False), ("3.50.6", True), ("3.50.7", False), ("3.51.2", True),
     ("3.51.3", False), ("3.52.0", False)],
)  # fmt: skip
def test_the_sqlite_versions_that_damage_write_ahead_logs(version: str, warns: bool) -> None:
    check = doctor.check_sqlite(version)
    assert check.ok and "roll-back journal" in check.detail
    assert ("can damage" in check.detail) is warns


@pytest.mark.parametrize(("version", "ok"), [("2.15.0+cpu", True), ("2.11.0", True), ("2.9.1", False), ("", False)])
def test_torch_must_be_new_enough(version: str, ok: bool) -> None:
    assert doctor.check_torch(version).ok is ok


def test_torchvision_must_be_the_pair_of_torch() -> None:
    assert doctor.check_torch_pair(["numpy", "torch==2.15.0"], "2.15.0+cpu").ok
    wrong = doctor.check_torch_pair(["torch==2.14.0"], "2.15.0")
    assert not wrong.ok and "built for torch 2.14.0" in wrong.detail


def test_without_a_display_the_command_line_is_named() -> None:
    check = doctor.check_display({}, "Linux")
    assert not check.ok and "command line" in check.advice
    assert doctor.check_display({"DISPLAY": ":0"}, "Linux").ok
    assert doctor.check_display({}, "Windows").ok


def test_a_qt_that_does_not_load_is_a_finding() -> None:
    check = doctor.check_qt_loads("raise ImportError('libEGL.so.1')")
    assert not check.ok and "libEGL.so.1" in check.detail
    assert "status" in doctor.check_qt_loads("import os; os._exit(3)").detail


def test_a_folder_is_tried_and_left_as_it_was(tmp_path: Path) -> None:
    check = doctor.check_folder("cache folder", tmp_path / "new")
    assert check.ok and str(tmp_path / "new") in check.detail
    assert list((tmp_path / "new").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    check = doctor.check_folder("cache folder", tmp_path / "file" / "below")
    assert not check.ok and "cannot be written" in check.detail


def test_mp4_is_optional() -> None:
    assert doctor.check_mp4(lambda name: None).ok
    assert "GIF and WebP work" in doctor.check_mp4(lambda name: None).detail
    assert doctor.check_mp4(lambda name: object()).detail == "available"
