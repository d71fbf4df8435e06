"""Editing pictures through jobs and on the command line: one in hand, files, folders with all sorts of them."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.cli.app import run as command_line
from studio.config.base import with_overrides
from studio.config.builtin import Portraits
from studio.config.classifier import ClassifierConfig, CnnNetwork
from studio.config.cyclegan import CycleganConfig, PatchDiscriminator, ResnetGenerator
from studio.config.requests import (
    BuiltinRequest,
    EditFilesRequest,
    Editing,
    EditRequest,
    EstimateRequest,
    EvaluateRequest,
    ImportRequest,
    RoundTripRequest,
    TrainRequest,
)
from studio.generation.models import RoundTrip
from studio.ground.events import Notice, Stop
from studio.jobs.edits import Edited, EditReport
from studio.jobs.footprint import Footprint
from studio.jobs.steering import CommandQueue
from studio.projects.project import Project

from .conftest import TINY, ending, run_to_end

CONFIG = CycleganConfig(
    steps=2, batch=2, sample_count=4, split="hair=black:red", generator=ResnetGenerator(width=4, blocks=1),
    discriminator=PatchDiscriminator(width=4), pool=4, shares=1,
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _prepared() -> Iterator[None]:
    """Measures of few pictures; no estimate of the memory before each run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("studio.training.cyclegan.MEASURED", 8)
        patch.setattr("studio.jobs.trials.measure_footprint", lambda *_, **__: iter([None, Footprint(0, 0)]))
        yield


def training(**changes: Any) -> TrainRequest:
    """A request for a tiny run."""
    config = with_overrides(CONFIG, changes)
    return TrainRequest(family="cyclegan", dataset="portraits", config=config.model_dump(mode="json"), device="cpu")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A project with a run, and the run's name."""
    path = tmp_path_factory.mktemp("editing") / "project"
    with Project.create(path) as project:
        project.datasets.add(ending(run_to_end(BuiltinRequest(what=Portraits(count=48, size=32)), path)).result)
    ended = ending(run_to_end(training(), path))
    assert ended.status == "finished", (ended.error, ended.trace)
    return path, ended.result["run"]


def picture(height: int = 20, width: int = 30, channels: int = 3) -> np.ndarray:
    """Noise."""
    return np.random.default_rng(height).integers(0, 256, (height, width, channels), np.uint8)


def png(pixels: np.ndarray) -> bytes:
    """A picture's file."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def opened(path: Path | None) -> Image.Image:
    """The picture in a file, read to its end."""
    with Image.open(str(path)) as image:
        image.load()
        return image


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """One broken, one CMYK, one of 16 bits, one transparent, one of 3000 x 200, one lying on its side, one below."""
    folder = tmp_path / "album"
    (folder / "below").mkdir(parents=True)
    (folder / "broken.png").write_bytes(png(picture())[:150])
    Image.fromarray(picture()).convert("CMYK").save(folder / "printed.jpg")
    Image.fromarray(picture()[..., 0].astype(np.uint16) * 257).save(folder / "deep.png")
    Image.fromarray(picture(channels=4)).save(folder / "clear.png")
    Image.fromarray(picture(200, 3000)).save(folder / "long.png")
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(picture()).save(folder / "below" / "Turned.JPEG", exif=exif.tobytes())
    Image.fromarray(picture()).save(folder / "moving.gif")
    (folder / "note.txt").write_text("no picture")
    return folder


def test_a_folder_of_all_sorts(trained: tuple[Path, str], album: Path, tmp_path: Path) -> None:
    path, run = trained
    out = tmp_path / "out"
    ended = ending(run_to_end(EditFilesRequest(run=run, sources=(album,), out=out, device="cpu"), path))
    report: EditReport = ended.result
    assert ended.status == "finished" and report.done == 6 and report.left_out == 1
    (failed,) = [row for row in report.rows if row.error is not None]
    assert failed.name == "broken.png" and "damaged" in str(failed.error)
    rows = {row.name: row for row in report.rows if row.out is not None}
    sizes = {name: opened(row.out).size for name, row in rows.items()}
    assert sizes == {
        "printed.jpg": (30, 20), "deep.png": (30, 20), "clear.png": (30, 20), "long.png": (3000, 200),
        "below/Turned.JPEG": (30, 20), "moving.gif": (30, 20),
    }  # fmt: skip
    assert (rows["below/Turned.JPEG"].width, rows["below/Turned.JPEG"].height) == (20, 30)
    assert {file.relative_to(out).as_posix() for file in out.rglob("*") if file.is_file()} == {
        "printed.jpg", "deep.png", "clear.png", "long.png", "below/Turned.JPEG", "moving.png",
    }  # fmt: skip
    assert opened(out / "below" / "Turned.JPEG").getexif()[0x0112] == 6
    assert np.array_equal(np.asarray(opened(out / "clear.png"))[..., 3], picture(channels=4)[..., 3])


def test_results_lie_ready_for_the_gallery(
    trained: tuple[Path, str], album: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, run = trained
    monkeypatch.setattr("studio.jobs.keeping.CARRIED", (album / "long.png").stat().st_size - 1)
    asked = EditFilesRequest(run=run, sources=(album,), out=tmp_path / "out", keep=True, device="cpu")
    report: EditReport = ending(run_to_end(asked, path)).result
    assert report.kept == report.done == sum(row.kept for row in report.rows) == 6
    with Project.open(path) as project:
        before = project.gallery.count()
        found = {one.note: one for one in project.gallery.some(project.gallery.take_up(report.ready))}
        assert len(found) == 6 == project.gallery.count() - before and not report.ready[0].parent.exists()
        assert {one.run for one in found.values()} == {run}
        requests = {name: EditRequest.model_validate(one.request) for name, one in found.items()}
        assert requests["clear.png"].picture == (album / "clear.png").read_bytes()
        assert requests["long.png"].picture == b"" and requests["long.png"].source == album / "long.png"
        for name in ("clear.png", "long.png"):
            again: Edited = ending(run_to_end(requests[name], path)).result
            assert np.array_equal(again.after, project.gallery.picture(found[name])), name
    (album / "long.png").unlink()
    assert "no longer where it was" in str(ending(run_to_end(requests["long.png"], path)).error)


def test_what_is_too_much_for_the_gallery_lies_in_the_folder_alone(
    trained: tuple[Path, str], album: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, run = trained
    monkeypatch.setattr("studio.jobs.keeping.TOGETHER", 8_000)
    asked = EditFilesRequest(run=run, sources=(album,), out=tmp_path / "out", keep=True, device="cpu")
    events = run_to_end(asked, path)
    report: EditReport = ending(events).result
    assert report.done == 6 and 0 < report.kept < 6
    assert [event.code for event in events if isinstance(event, Notice)] == ["gallery-full"]


def test_a_request_does_not_lead_to_another_computer() -> None:
    for source in ("//server/share/a.png", "\\\\server\\share\\a.png"):
        with pytest.raises(ValueError, match="another computer"):
            EditRequest(run="run", source=Path(source))


def test_on_the_command_line(
    trained: tuple[Path, str], album: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, run = trained
    words = ["edit", str(path), run, str(album), "--direction", "a2b", "--out", str(tmp_path / "out"), "--json"]
    assert command_line(words) == 1, "one was left out"
    *_, last = [
        json.loads(line) for line in capsys.readouterr().out.splitlines() if '"name"' in line or '"done"' in line
    ]
    assert (last["done"], last["left_out"], last["status"]) == (6, 1, "finished")
    (album / "broken.png").unlink()
    assert command_line([*words[:-1], "--strength", "0.5", "--side", "16"]) == 0
    assert command_line([*words[:4], "--out", str(tmp_path / "out")]) == 2, "which way?"


def test_one_file_becomes_the_file_that_is_named(trained: tuple[Path, str], album: Path, tmp_path: Path) -> None:
    path, run = trained
    out = tmp_path / "result.webp"
    asked = EditFilesRequest(run=run, sources=(album / "clear.png",), out=out, device="cpu")
    report: EditReport = ending(run_to_end(asked, path)).result
    assert [row.out for row in report.rows] == [out] and opened(out).mode == "RGBA"


def test_a_selection_goes_into_a_folder(trained: tuple[Path, str], album: Path, tmp_path: Path) -> None:
    path, run = trained
    sources = (album / "clear.png", album / "below")
    asked = EditFilesRequest(run=run, sources=sources, out=tmp_path / "out", device="cpu")
    report: EditReport = ending(run_to_end(asked, path)).result
    assert [row.out for row in report.rows] == [tmp_path / "out/clear.png", tmp_path / "out/below/Turned.JPEG"]


def test_results_below_the_source_are_not_edited_again(trained: tuple[Path, str], album: Path) -> None:
    path, run = trained
    asked = EditFilesRequest(run=run, sources=(album,), out=album / "out", device="cpu")
    first, second = (ending(run_to_end(asked, path)).result for _ in range(2))
    assert [row.name for row in first.rows] == [row.name for row in second.rows]


def test_two_names_that_become_one(trained: tuple[Path, str], tmp_path: Path) -> None:
    path, run = trained
    (tmp_path / "in").mkdir()
    for suffix in ("gif", "png"):
        Image.fromarray(picture()).save(tmp_path / "in" / f"same.{suffix}")
    asked = EditFilesRequest(run=run, sources=(tmp_path / "in",), out=tmp_path / "out", device="cpu")
    run_to_end(asked, path)
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_what_was_asked_wrongly_is_refused(trained: tuple[Path, str], album: Path, tmp_path: Path) -> None:
    path, run = trained
    (tmp_path / "empty").mkdir()
    for sources, out, words in [
        ((album,), album, "would replace album"),
        ((album / "clear.png",), album, "would replace clear.png"),
        ((tmp_path / "empty",), tmp_path / "out", "no picture in the folder empty"),
        ((tmp_path / "nowhere",), tmp_path / "out", "nothing at"),
        ((), tmp_path / "out", "Which pictures"),
    ]:
        ended = ending(run_to_end(EditFilesRequest(run=run, sources=sources, out=out, device="cpu"), path))
        assert ended.refused and words in str(ended.error), ended.error


def test_a_stop_tells_what_is_done(trained: tuple[Path, str], album: Path, tmp_path: Path) -> None:
    path, run = trained
    commands = CommandQueue()
    commands.put(Stop())
    asked = EditFilesRequest(run=run, sources=(album,), out=tmp_path / "out", device="cpu")
    ended = ending(run_to_end(asked, path, commands))
    assert ended.status == "stopped" and not (tmp_path / "out").exists()


def test_a_picture_in_hand(trained: tuple[Path, str]) -> None:
    path, run = trained
    x = picture(channels=4)
    found = ending(run_to_end(EditRequest(run=run, picture=png(x), device="cpu"), path)).result
    assert isinstance(found, Edited) and found.before.shape == found.after.shape == (20, 30, 3)
    assert found.alpha is not None and np.array_equal(found.alpha, x[..., 3]) and found.suffix == ".png"
    assert found.request.checkpoint == "2" == str(found.step)
    again = EditRequest.model_validate_json(found.request.model_dump_json())
    assert again == found.request
    assert np.array_equal(ending(run_to_end(again, path)).result.after, found.after)
    half = again.model_copy(update={"editing": Editing(strength=0.5, direction="b2a")})
    assert not np.array_equal(ending(run_to_end(half, path)).result.after, found.after)


def test_there_and_back(trained: tuple[Path, str]) -> None:
    path, run = trained
    found = ending(run_to_end(RoundTripRequest(run=run, picture=png(picture()), device="cpu"), path)).result
    assert isinstance(found, RoundTrip) and found.back is not None and found.step == 2


def test_what_is_no_picture_and_who_cannot_edit(trained: tuple[Path, str]) -> None:
    path, run = trained
    ended = ending(run_to_end(EditRequest(run=run, picture=b"no", device="cpu"), path))
    assert ended.refused and "not a picture" in str(ended.error)
    other = TrainRequest(family="gan", dataset="portraits", config=TINY.model_dump(mode="json"), device="cpu")
    name = ending(run_to_end(other, path)).result["run"]
    refused = ending(run_to_end(EditRequest(run=name, picture=png(picture()), device="cpu"), path))
    assert refused.refused and "translates no pictures" in str(refused.error)


def test_translations_are_measured_with_a_judge_and_without(trained: tuple[Path, str]) -> None:
    path, run = trained
    config = ClassifierConfig(steps=2, batch=8, sample_count=4, network=CnnNetwork(width=4), labels=("hair", "smile"))
    asked = TrainRequest(family="classifier", dataset="portraits", config=config.model_dump(mode="json"), device="cpu")
    judge = ending(run_to_end(asked, path)).result["run"]
    alone = ending(run_to_end(EvaluateRequest(run=run, count=6, device="cpu"), path)).result
    losses = {f"{kind}_error.{way}" for kind in ("cycle", "identity") for way in ("a2b", "b2a")}
    assert {row.measure for row in alone.rows} == losses
    both = ending(run_to_end(EvaluateRequest(run=run, judge=judge, count=6, device="cpu"), path)).result
    judged = {f"changed.{way}" for way in ("a2b", "b2a")} | {f"kept.{way} smile" for way in ("a2b", "b2a")}
    assert {row.measure for row in both.rows} == losses | judged
    assert all(0 <= row.value <= 1 and row.count == 3 for row in both.rows)
    named = EvaluateRequest(run=run, measures=("changed",), device="cpu")
    refused = ending(run_to_end(named, path))
    assert refused.refused and "told by a judge" in str(refused.error)


def test_two_data_sets_are_two_sides(trained: tuple[Path, str], tmp_path: Path) -> None:
    path, _ = trained
    source = tmp_path / "noise"
    source.mkdir()
    for i in range(20):
        Image.fromarray(np.random.default_rng(i).integers(0, 256, (32, 32, 3), np.uint8)).save(source / f"{i}.png")
    with Project.open(path) as project:
        project.datasets.add(ending(run_to_end(ImportRequest(source=source, name="noise"), path)).result)
    asked = training(other_dataset="noise")
    ended = ending(run_to_end(asked, path))
    assert ended.status == "finished", (ended.error, ended.trace)
    estimate = EstimateRequest(family="cyclegan", dataset="portraits", config=asked.config, device="cpu")
    assert ending(run_to_end(estimate, path)).result["seconds_per_step"] > 0
    for name, words in (("nowhere", "nowhere"), ("portraits", "Both sides are the data set portraits")):
        refused = ending(run_to_end(training(other_dataset=name), path))
        assert refused.refused and words in str(refused.error)


def test_the_command_line_names_both_sides(trained: tuple[Path, str], capsys: pytest.CaptureFixture[str]) -> None:
    path, _ = trained
    words = ["train", str(path), "--family", "cyclegan", "--data", "portraits", "--steps", "1", "--device", "cpu",
             "--set", "generator.width=4", "--set", "generator.blocks=1", "--set", "discriminator.width=4"]  # fmt: skip
    assert command_line([*words, "--split", "hair=blue:pink"]) == 0
    assert command_line([*words, "--split", "hair=blue:green"]) == 2
    assert "there is: black, brown, blond, red, pink, blue" in capsys.readouterr().err
    assert command_line([*words, "--split", "hair=blue:pink", "--data-b", "portraits"]) == 2
    assert command_line([*words, "--data-b", "nowhere"]) == 2
    assert command_line(["train", str(path), "--data", "portraits", "--split", "hair=blue:pink"]) == 2
    assert "no setting split" in capsys.readouterr().err
