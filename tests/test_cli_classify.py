"""A classifier from the command line: trained, asked about pictures and folders, refused in a sentence."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio.cli.app import run
from studio.families import FAMILIES
from tests.conftest import TINY_CLASSES, tiny_picture

TRAIN = ["--steps", "6", "--set", "batch=8", "--set", "network=cnn", "--set", "network.width=4", "--device", "cpu"]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with 36 pictures of three classes and a classifier of 6 steps."""
    root = tmp_path_factory.mktemp("judging")
    path = root / "project"
    for kind in TINY_CLASSES:
        (root / "shapes" / kind).mkdir(parents=True)
        for number in range(12):
            tiny_picture(kind, size=24, seed=number).save(root / "shapes" / kind / f"{number}.png")
    assert run(["new", str(path)]) == 0
    assert run(["data", "add", str(path), str(root / "shapes")]) == 0
    assert run(["train", str(path), "--family", "classifier", "--data", "shapes", *TRAIN]) == 0
    return path


@pytest.fixture
def classify(project: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """A function (words) that classifies as JSON and returns the lines of pictures and the last line."""

    def ask(*words: object, code: int = 0) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        capsys.readouterr()
        assert run(["classify", str(project), "shapes-classifier-1", *map(str, words), "--json"]) == code
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return [line for line in lines if "probabilities" in line], lines[-1]

    return ask


def test_a_folder_is_classified(classify: Callable[..., Any], tiny_pictures: Path, tmp_path: Path) -> None:
    (tiny_pictures / "broken.png").write_bytes(b"nothing of the kind")
    rows, last = classify(tiny_pictures, "--csv", tmp_path / "out.csv")
    assert (last["status"], last["count"], last["unreadable"]) == ("finished", 37, 1)
    assert (rows[0]["name"], rows[0]["probabilities"]) == ("broken.png", {})
    assert rows[0]["error"] == "This picture is not a picture that can be read."
    for row in rows[1:]:
        assert set(row["probabilities"]["class"]) == set(TINY_CLASSES)
        assert sum(row["probabilities"]["class"].values()) == pytest.approx(1, abs=1e-5)
    with (tmp_path / "out.csv").open(newline="") as file:
        written = list(csv.DictReader(file))
    assert [line["name"] for line in written] == [row["name"] for row in rows]
    assert float(written[5]["class=circles"]) == pytest.approx(rows[5]["probabilities"]["class"]["circles"], abs=1e-6)


def test_one_picture_at_a_step(classify: Callable[..., Any], project: Path, tiny_pictures: Path, capsys: Any) -> None:
    picture = tiny_pictures / "circles" / "circles_00.png"
    rows, last = classify(picture, "--checkpoint", "0")
    assert [row["name"] for row in rows] == ["circles_00.png"] and last["step"] == 0
    assert run(["classify", str(project), "shapes-classifier-1", str(picture), "--checkpoint", "last"]) == 0
    shown = capsys.readouterr()
    assert shown.out.splitlines()[0] == "picture\tclass"
    assert shown.out.splitlines()[1].startswith("circles_00.png\t") and shown.out.rstrip().endswith("%")


def test_a_data_set_is_classified(classify: Callable[..., Any]) -> None:
    assert len(classify("--data", "shapes")[0]) == 36


def test_what_cannot_be_classified(classify: Callable[..., Any], project: Path, tmp_path: Path, capsys: Any) -> None:
    classify(tmp_path, code=2)
    classify(tmp_path / "nowhere.png", code=2)
    classify(code=2)
    capsys.readouterr()
    assert run(["classify", str(project), "shapes-classifier-1", str(tmp_path)]) == 2
    assert "There is no picture in the folder" in capsys.readouterr().err
    assert run(["generate", str(project), "shapes-classifier-1", "--out", str(tmp_path / "x")]) == 2
    assert "makes no pictures" in capsys.readouterr().err


def test_one_class_or_no_labels_are_refused_before_training(project: Path, tmp_path: Path, capsys: Any) -> None:
    for name, folder in (("alike", tmp_path / "alike" / "only"), ("bare", tmp_path / "bare")):
        folder.mkdir(parents=True)
        for number in range(4):
            tiny_picture("circles", size=24, seed=number).save(folder / f"{number}.png")
        assert run(["data", "add", str(project), str(tmp_path / name), "--name", name]) == 0
        capsys.readouterr()
        assert run(["train", str(project), "--family", "classifier", "--data", name, *TRAIN]) == 2
        said = capsys.readouterr().err.splitlines()[-1]
        assert "label" in said and "Traceback" not in said


def test_the_families_are_named(project: Path, capsys: Any) -> None:
    assert run(["train", str(project), "--family", "gna", "--data", "shapes"]) == 2
    said = capsys.readouterr().err
    assert all(family in said for family in FAMILIES)
    assert run(["settings", "--family", "classifier"]) == 0
    assert "label_smoothing" in capsys.readouterr().out
    run(["runs", str(project)])
    assert "\tclassifier\tshapes\t" in capsys.readouterr().out
