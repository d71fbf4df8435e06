"""Pairs of sentences on the command line: brought in from one file or two, written by the program, checked."""

import json
from pathlib import Path
from typing import Any

import pytest

from studio.cli.app import run
from studio.projects.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = tmp_path / "project"
    with Project.create(path):
        pass
    return path


def last(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return found


def test_two_files_and_columns(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.en").write_text("Hello.\nGood night.\nHello.\n")
    (tmp_path / "a.fr").write_text("Bonjour.\nBonne nuit.\nBonjour.\n")
    assert run(["data", "add", str(project), str(tmp_path / "a.en"), str(tmp_path / "a.fr"), "--json"]) == 0
    assert (last(capsys)["result"]["kind"], run(["data", "check", str(project), "a", "--json"])) == ("parallel", 0)
    assert {finding["code"] for finding in last(capsys)["findings"]} == {"duplicates", "few"}
    (tmp_path / "b.tsv").write_text("1\tHello.\tBonjour.\n2\tBye.\tSalut.\n")
    words = ["data", "add", str(project), str(tmp_path / "b.tsv"), "--kind", "parallel", "--columns", "1,2", "--json"]
    assert run(words) == 0
    assert last(capsys)["result"]["count"] == 2


def test_a_preview_imports_nothing(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.csv").write_text("id,story,note\n1,Once upon a time,x\n")
    words = ["data", "add", str(project), str(tmp_path / "a.csv"), "--preview"]
    assert run(words) == 0
    said = capsys.readouterr().out
    assert "a.csv is read as texts." in said and "Read: story." in said and "Once upon a time" in said
    assert run([*words, "--kind", "chat", "--columns", "note,story", "--json"]) == 0
    found = last(capsys)
    assert (found["kind"], found["chosen"], found["why"]) == ("chat", ["note", "story"], None)
    assert run(["data", "list", str(project)]) == 0 and "There are no data sets yet" in capsys.readouterr().out


def test_what_does_not_fit_is_refused(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.en").write_text("Hello.\n")
    words = ["data", "add", str(project), str(tmp_path / "a.en")]
    assert run([*words, str(tmp_path / "nothing")]) == 2
    assert run([*words, str(tmp_path / "a.en"), "--kind", "chat"]) == 2
    assert "There is nothing at" in (said := capsys.readouterr().err) and "kind parallel, not chat" in said
    assert run([*words, "--kind", "parallel"]) == 1
    assert "name a second file" in capsys.readouterr().err


def test_the_phrase_world_is_written(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["data", "builtin", str(project), "bilingual", "--count", "300", "--seed", "4", "--json"]) == 0
    record = last(capsys)["result"]
    assert (record["name"], record["kind"], record["count"]) == ("bilingual", "parallel", 300)
    assert run(["data", "builtin", str(project), "bilingual", "--size", "32", "--name", "x"]) == 2
    assert "bilingual knows no --size" in capsys.readouterr().err
