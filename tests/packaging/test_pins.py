"""The pinned versions: complete, names and versions only, and never the pair that aborts."""

import importlib.util
import re
import tomllib
from pathlib import Path

import pytest

TREE = Path(__file__).resolve().parents[2]
SPEC = importlib.util.spec_from_file_location("pin_script", TREE / "packaging" / "pin.py")
assert SPEC is not None and SPEC.loader is not None
pin = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(pin)


def _pins() -> dict[str, str]:
    lines = (TREE / "packaging" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def test_every_direct_dependency_is_pinned() -> None:
    assert {pin.name_of(line)[0] for line in pin.project_requirements()} <= set(_pins())


def test_names_and_versions_only() -> None:
    for name, version in _pins().items():
        assert re.fullmatch(r"[a-z0-9-]+", name) and re.fullmatch(r"[0-9][0-9a-z.]*", version), (name, version)
    texts = [(TREE / part).read_text(encoding="utf-8") for part in ("pyproject.toml", "packaging/constraints.txt")]
    assert not any("://" in text for text in texts)


def test_the_gpu_libraries_are_left_to_torch() -> None:
    assert not any(pin.PINNED_BY_TORCH.match(name) for name in _pins())


def test_the_bad_qt_is_neither_pinned_nor_allowed() -> None:
    assert _pins()["pyside6-essentials"] == _pins()["shiboken6"] != "6.12.0"
    project = tomllib.loads((TREE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert any(line.startswith("PySide6") and "!=6.12.0" in line for line in project["dependencies"])


@pytest.mark.parametrize(
    ("line", "name", "extras"),
    [
        ("PySide6-Essentials>=6.8,!=6.12.0", "pyside6-essentials", set()),
        ("cuda.toolkit[cublas,Cu_Dart]==13.2 ; sys_platform == 'linux'", "cuda-toolkit", {"cublas", "cu-dart"}),
        ("typing_extensions (>=4.10)", "typing-extensions", set()),
    ],
)
def test_requirement_lines_are_read(line: str, name: str, extras: set[str]) -> None:
    assert pin.name_of(line) == (name, frozenset(extras))


def test_an_extra_counts_only_where_it_is_asked_for() -> None:
    line = 'fsspec; extra == "remote"'
    assert not pin.asked_by(line, frozenset())
    assert pin.asked_by(line, frozenset({"remote"}))
    assert pin.asked_by("fsspec; sys_platform == 'win32'", frozenset())
