"""Asking a classifier: pictures of any kind, folders, data sets, a picture being drawn; and how good it is."""

import io
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from studio.config.classifier import ClassifierConfig, CnnNetwork
from studio.config.data import Choices
from studio.config.requests import (
    AskRequest,
    ClassifyRequest,
    ExportRequest,
    GenerateRequest,
    ImportRequest,
    LookRequest,
    QualityRequest,
    TrainRequest,
    grid,
)
from studio.ground.events import Notice, Stop
from studio.jobs.judgements import Row, Table, save_table
from studio.jobs.quality import label_quality
from studio.jobs.steering import CommandQueue
from studio.projects.project import Project

from .conftest import ending, run_to_end

RUN = "shapes-classifier-1"
CONFIG = ClassifierConfig(
    steps=60, batch=16, picture_size=16, network=CnnNetwork(width=8), sample_count=4, validate_every=20, mirror=False,
    learning_rate=0.02, ema_half_life=100,
)  # fmt: skip


def shape(kind: str, number: int, size: int = 24) -> Image.Image:
    """A bright circle or square somewhere on dark ground."""
    random = np.random.default_rng([number, kind == "circle"])
    image = Image.new("RGB", (size, size), tuple(random.integers(0, 60, 3).tolist()))
    x, y, r = (int(n) for n in (*random.integers(9, 15, 2), random.integers(5, 8)))
    draw = ImageDraw.Draw(image)
    (draw.ellipse if kind == "circle" else draw.rectangle)((x - r, y - r, x + r, y + r), fill=(230, 230, 200))
    return image


def shapes_folder(root: Path, count: int = 40, kinds: tuple[str, ...] = ("circle", "square")) -> Path:
    """A folder of shapes, one sub-folder a class."""
    for kind in kinds:
        (root / kind).mkdir(parents=True)
        for number in range(count):
            shape(kind, number).save(root / kind / f"{number:02d}.png")
    return root


def add_data(path: Path, source: Path, name: str) -> None:
    """Import a folder into a project."""
    with Project.open(path, write="required") as project:
        end = ending(run_to_end(ImportRequest(source=source, name=name), path))
        assert end.status == "finished", end.error
        project.datasets.add(end.result)
        project.flush()


@pytest.fixture(scope="module")
def judging(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with data of two shapes and a classifier that tells them apart."""
    root = tmp_path_factory.mktemp("judging")
    path = root / "project"
    Project.create(path).close()
    add_data(path, shapes_folder(root / "shapes"), "shapes")
    request = TrainRequest(family="classifier", dataset="shapes", config=CONFIG.model_dump(mode="json"), device="cpu")
    end = ending(run_to_end(request, path))
    assert end.status == "finished", (end.error, end.trace)
    return path


def classified(path: Path, *sources: Path, **changes: Any) -> Table:
    events = run_to_end(ClassifyRequest(**({"run": RUN, "sources": sources, "device": "cpu"} | changes)), path)
    assert ending(events).status == "finished", (ending(events).error, ending(events).trace)
    found: Table = ending(events).result
    return found


def refused(path: Path, request: Any) -> str:
    end = ending(run_to_end(request, path))
    assert end.status == "failed" and end.refused, (end, end.trace)
    return str(end.error)


# --- many pictures ---------------------------------------------------------------------------------------------


def test_a_folder_becomes_a_table(judging: Path, tmp_path: Path) -> None:
    folder = shapes_folder(tmp_path / "new", count=6)
    (folder / "circle" / "broken.png").write_bytes(b"\x89PNG\r\n but not really")
    (folder / "notes.txt").write_text("no picture")
    table = classified(judging, folder)
    assert table.labels == {"class": ("circle", "square")}
    names = sorted(str(p.relative_to(folder).as_posix()) for p in folder.rglob("*.png"))
    assert [row.name for row in table.rows] == names
    broken = [row for row in table.rows if row.error is not None]
    assert [row.name for row in broken] == ["circle/broken.png"] and table.unreadable == 1
    assert not broken[0].probabilities and "This picture" in str(broken[0].error)
    for row in table.rows:
        if row.error is None:
            assert sum(row.probabilities["class"].values()) == pytest.approx(1, abs=1e-5)
    told = [row.likeliest("class") == row.name.split("/")[0] for row in table.rows if row.error is None]
    assert np.mean(told) >= 0.75


def test_every_mode_size_and_turn_is_read(judging: Path, tmp_path: Path) -> None:
    """One drawing saved in many ways gives nearly the same answer."""
    big = shape("square", 3).resize((240, 240), Image.Resampling.NEAREST)
    saved = {
        "plain.png": big, "grey.png": big.convert("L"), "palette.gif": big.convert("P"),
        "cmyk.jpg": big.convert("CMYK"), "alpha.png": big.convert("RGBA"),
        "deep.tif": Image.fromarray(np.asarray(big.convert("L")).astype(np.int32)),
        "web.webp": big, "bits.bmp": big.convert("1"),
    }  # fmt: skip
    for name, image in saved.items():
        image.save(tmp_path / name)
    turned = Image.Exif()
    turned[0x0112] = 6
    big.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "turned.jpg", exif=turned, quality=95)
    table = classified(judging, tmp_path)
    assert len(table.rows) == 9 and not table.unreadable
    found = {row.name: row.probabilities["class"]["square"] for row in table.rows}
    exact = found["plain.png"]
    for name in ("alpha.png", "web.webp", "turned.jpg", "cmyk.jpg"):
        assert found[name] == pytest.approx(exact, abs=0.1), found


def test_files_and_a_data_set(judging: Path, tmp_path: Path) -> None:
    one = tmp_path / "one.png"
    shape("circle", 99).save(one)
    table = classified(judging, one, shapes_folder(tmp_path / "more", 2))
    assert [row.name for row in table.rows] == [
        "one.png", "more/circle/00.png", "more/circle/01.png", "more/square/00.png", "more/square/01.png",
    ]  # fmt: skip
    of_data = classified(judging, dataset="shapes")
    assert len(of_data.rows) == 80
    picture = classified(judging, tmp_path / "more").rows[0]
    same = next(row for row in of_data.rows if row.name == picture.name)
    assert same.probabilities["class"]["circle"] == pytest.approx(picture.probabilities["class"]["circle"], abs=1e-5)


def test_what_cannot_be_asked_is_said_in_a_sentence(judging: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    base = {"run": RUN, "device": "cpu"}
    assert "no picture in the folder empty" in refused(judging, ClassifyRequest(**base, sources=(tmp_path / "empty",)))
    assert "nothing at" in refused(judging, ClassifyRequest(**base, sources=(tmp_path / "nowhere",)))
    assert "Which pictures" in refused(judging, ClassifyRequest(**base))
    assert "Which pictures" in refused(judging, ClassifyRequest(**base, sources=(tmp_path,), dataset="shapes"))
    refused(judging, ClassifyRequest(**base, dataset="shape"))
    assert "makes no pictures" in refused(judging, GenerateRequest(run=RUN, recipes=grid(0, 1), device="cpu"))
    assert "looked into" in refused(judging, LookRequest(what="nearest", run=RUN, recipes=grid(0, 1), device="cpu"))


def test_a_stop_ends_it(judging: Path) -> None:
    commands = CommandQueue()
    commands.put(Stop())
    request = ClassifyRequest(run=RUN, dataset="shapes", device="cpu")
    assert ending(run_to_end(request, judging, commands)).status == "stopped"
    assert ending(run_to_end(QualityRequest(run=RUN, device="cpu"), judging, commands)).status == "stopped"


def test_a_table_is_written_whole_and_harmless(tmp_path: Path) -> None:
    rows = (Row('=1+1,"x".png', {"class": {"a": 0.25, "-b": 0.75}}), Row("b.png", {}, None))
    table = Table({"class": ("a", "-b")}, rows)
    save_table(table, tmp_path / "out.csv")
    lines = (tmp_path / "out.csv").read_bytes().decode().split("\r\n")
    assert lines[0] == "name,class,class=a,class=-b,error"
    assert lines[1] == '"\'=1+1,""x"".png",\'-b,0.250000,0.750000,'
    assert lines[2] == "b.png,,,,"


# --- one picture in hand ---------------------------------------------------------------------------------------


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def test_a_drawn_picture_is_answered_with_its_heat(judging: Path) -> None:
    ask = AskRequest(run=RUN, picture=png(shape("square", 3)), heat="class=square", device="cpu")
    answer = ending(run_to_end(ask, judging)).result
    assert set(answer.probabilities["class"]) == {"circle", "square"}
    assert answer.heat.shape == answer.seen.shape[:2] == (16, 16) and answer.seen.dtype == np.uint8
    assert answer.heat.dtype == np.float32 and 0 <= answer.heat.min() <= answer.heat.max() <= 1
    without = ending(run_to_end(ask.model_copy(update={"heat": ""}), judging)).result
    assert without.heat is None and without.probabilities == answer.probabilities


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"picture": b""}, "empty"), ({"picture": b"GIF89a"}, "picture"), ({"heat": "class=star"}, "no value of class"),
     ({"heat": "colour=red"}, "no label colour"), ({"checkpoint": "7"}, "no checkpoint of step 7")],
)  # fmt: skip
def test_what_cannot_be_answered_is_said(judging: Path, changes: dict[str, Any], words: str) -> None:
    asked: dict[str, Any] = {"run": RUN, "picture": png(shape("circle", 1)), "device": "cpu"}
    assert words in refused(judging, AskRequest(**(asked | changes)))


# --- quality ---------------------------------------------------------------------------------------------------


def quality_of(path: Path, **changes: Any) -> tuple[Any, list[Notice]]:
    events = run_to_end(QualityRequest(**({"run": RUN, "device": "cpu"} | changes)), path)
    assert ending(events).status == "finished", (ending(events).error, ending(events).trace)
    return ending(events).result, [event for event in events if isinstance(event, Notice)]


@pytest.mark.parametrize("part", ["validation", "test"])
def test_quality_on_a_part(judging: Path, part: str) -> None:
    found, notices = quality_of(judging, part=part)
    one = found.labels["class"]
    assert (found.part, found.dataset, found.count, one.count) == (part, "shapes", 16, 16) and not notices
    assert one.confusion.sum() == 16 and one.accuracy == found.accuracy["class"] == np.trace(one.confusion) / 16
    wrong = 16 - int(np.trace(one.confusion))
    assert len(found.worst) == wrong == len(found.pictures)
    assert sum(b.count for b in one.calibration) == 16 and 0 <= one.ece <= 1


def test_mistakes_lead_back_to_the_data_set(judging: Path, tmp_path: Path) -> None:
    """Data labelled the wrong way round: everything that is told right is a mistake, the surest first."""
    folder = shapes_folder(tmp_path / "shapes", 8)
    (folder / "circle").rename(folder / "other")
    (folder / "square").rename(folder / "circle")
    (folder / "other").rename(folder / "square")
    path = tmp_path / "project"
    shutil.copytree(judging, path)
    add_data(path, folder, "swapped")
    found, _ = quality_of(path, dataset="swapped", worst=5)
    assert (found.part, found.count) == ("all", 16) and found.accuracy["class"] < 0.4
    sure = [mistake.probability for mistake in found.worst]
    assert len(sure) == 5 and sure == sorted(sure, reverse=True) and found.pictures.shape == (5, 16, 16, 3)
    with Project.open(path, write=False) as project:
        names = list(_store_names(project, "swapped"))
    for mistake in found.worst:
        assert names[mistake.position] == mistake.name and mistake.name.startswith(mistake.true)
        assert mistake.true != mistake.predicted


def _store_names(project: Project, name: str) -> tuple[str, ...]:
    from studio.jobs.opening import open_store

    with open_store(project, name) as store:
        return store.names


def test_labels_are_matched_by_name_and_value(judging: Path, tmp_path: Path) -> None:
    path = tmp_path / "project"
    shutil.copytree(judging, path)
    mixed = shapes_folder(tmp_path / "mixed", 4)
    shapes_folder(tmp_path / "stars", 3, ("circle",))
    (tmp_path / "stars" / "circle").rename(mixed / "a star")
    add_data(path, mixed, "mixed")
    found, notices = quality_of(path, dataset="mixed")
    assert found.labels["class"].count == 8 and found.count == 11
    assert [notice.code for notice in notices] == ["labels-strange"] and "class=a star" in str(notices[0].body)
    strangers = shapes_folder(tmp_path / "strangers", 4)
    (strangers / "circle").rename(strangers / "round")
    (strangers / "square").rename(strangers / "edgy")
    add_data(path, strangers, "strangers")
    words = refused(path, QualityRequest(run=RUN, dataset="strangers", device="cpu"))
    assert "class (circle, square)" in words


def test_a_changed_data_set_is_said_and_made_square_as_then(judging: Path, tmp_path: Path) -> None:
    path = tmp_path / "project"
    shutil.copytree(judging, path)
    with Project.open(path, write="required") as project:
        out = Choices(shape="pad", background="#ff0000", leave_out=("circle/00.png",))
        project.datasets.update(replace(project.datasets.get("shapes"), choices=out))
        project.flush()
    found, notices = quality_of(path)
    assert [notice.code for notice in notices] == ["data-changed"] and found.count > 0


def test_the_numbers_of_a_label() -> None:
    truth = np.array([0, 0, 1, 1, 2, -1])
    told = ((0.9, 0.1), (0.4, 0.6), (0.2, 0.8), (0, 1), (0.6, 0.4), (1, 0))
    shares = np.array([(*pair, 0, 0) for pair in told])
    found = label_quality(("a", "b", "c", "d"), truth, shares)
    assert found.confusion.tolist() == [[1, 1, 0, 0], [0, 2, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]
    assert np.array_equal(found.precision, [1 / 2, 2 / 3, np.nan, np.nan], equal_nan=True)
    assert np.array_equal(found.recall, [1 / 2, 1, 0, np.nan], equal_nan=True)
    assert (found.count, found.accuracy) == (5, 3 / 5)
    # Bins of a fifteenth: 0.6 twice (both wrong), 0.8, 0.9 and 1 (all right).
    assert [(b.count, b.accuracy) for b in found.calibration] == [(2, 0), (1, 1), (1, 1), (1, 1)]
    assert found.ece == pytest.approx((2 * 0.6 + 0.2 + 0.1 + 0) / 5)


# --- export ----------------------------------------------------------------------------------------------------


def test_an_export_says_how_answers_are_read(judging: Path, tmp_path: Path) -> None:
    end = ending(run_to_end(ExportRequest(run=RUN, folder=tmp_path / "out"), judging))
    assert end.status == "finished", (end.error, end.trace)
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"classifier.safetensors", "config.json", "manifest.json"}


# --- data that is not as it should be --------------------------------------------------------------------------


def train_on(path: Path, name: str) -> Any:
    quick = CONFIG.model_dump(mode="json") | {"steps": 3}
    return ending(run_to_end(TrainRequest(family="classifier", dataset=name, config=quick, device="cpu"), path))


def test_pictures_without_a_label_and_a_class_of_one(judging: Path, tmp_path: Path) -> None:
    folder, path = shapes_folder(tmp_path / "odd", 20), tmp_path / "project"
    shutil.copytree(judging, path)
    (folder / "star").mkdir()
    shape("circle", 500).save(folder / "star" / "only.png")
    for number in range(10):
        shape("square", 600 + number).save(folder / f"nobody knows {number}.png")
    add_data(path, folder, "odd")
    end = train_on(path, "odd")
    assert end.status == "finished", (end.error, end.trace)
    found, notices = quality_of(path, run=end.result["run"])
    one = found.labels["class"]
    assert one.values == ("circle", "square", "star") and one.count <= found.count and not notices
    assert one.confusion.sum() == one.count and np.isnan(one.recall[2]) == (one.confusion[2].sum() == 0)
    table = classified(path, folder, run=end.result["run"])
    assert len(table.rows) == 51 and not table.unreadable


@pytest.mark.parametrize("kinds", [("circle",), ()])
def test_nothing_to_tell_apart_is_refused(judging: Path, tmp_path: Path, kinds: tuple[str, ...]) -> None:
    folder, path = tmp_path / "alike", tmp_path / "project"
    shutil.copytree(judging, path)
    shapes_folder(folder, 8, kinds or ("circle",))
    if not kinds:
        for file in list((folder / "circle").iterdir()):
            file.rename(folder / file.name)
        (folder / "circle").rmdir()
    add_data(path, folder, "alike")
    end = train_on(path, "alike")
    assert end.status == "failed" and end.refused and "label" in str(end.error)


def test_too_few_pictures_for_a_test(judging: Path, tmp_path: Path) -> None:
    path = tmp_path / "project"
    shutil.copytree(judging, path)
    folder = shapes_folder(tmp_path / "few", 1)
    shape("circle", 7).save(folder / "circle" / "more.png")
    add_data(path, folder, "few")
    end = train_on(path, "few")
    assert end.status == "finished", (end.error, end.trace)
    words = refused(path, QualityRequest(run=end.result["run"], device="cpu"))
    assert "too few pictures" in words
