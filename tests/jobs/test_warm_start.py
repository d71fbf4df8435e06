"""Beginning with the weights of another run: of this project, of another one, of one that knows other words."""

import csv
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from studio.cli.app import run as command_line
from studio.config.diffusion import DiffusionConfig, UnetNetwork
from studio.config.requests import ImportRequest, ResumeRequest, TrainRequest
from studio.ground.events import Event, Notice
from studio.jobs.footprint import Footprint
from studio.models.vocabulary import SPECIAL, Vocabulary
from studio.models.weights import read_tensors, table_of
from studio.projects.project import Project
from studio.projects.run import Run
from studio.training import diffusion_transfer
from studio.training.checkpoints import Checkpoints

from .conftest import TINY, ending, run_to_end

CONFIG = DiffusionConfig(steps=2, batch=8, sample_count=4, text=True, network=UnetNetwork(width=4))
WORDS, PLACES = diffusion_transfer.WORDS, diffusion_transfer.PLACES


@pytest.fixture(scope="module", autouse=True)
def _quick() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("studio.training.diffusion.MEASURED", 16)
        patch.setattr("studio.training.diffusion.SAMPLE_STEPS", 2)
        patch.setattr("studio.training.gan.MEASURED", 16)
        patch.setattr("studio.jobs.trials.measure_footprint", lambda *_, **__: iter([None, Footprint(0, 0)]))
        yield


def train(path: Path, status: str = "finished", **changes: Any) -> list[Event]:
    """Train a run; the events."""
    config = changes.pop("config", CONFIG)
    family = {"dataset": "portraits", "family": config.family, "device": "cpu"}
    events = run_to_end(TrainRequest(config=config.model_dump(mode="json"), **(family | changes)), path)
    assert ending(events).status == status, (ending(events).error, ending(events).trace)
    return events


@pytest.fixture(scope="module")
def first(portraits_project: Path, tmp_path_factory: pytest.TempPathFactory, _quick: None) -> Path:
    """A project with a denoiser that reads the words of Portraits."""
    path = tmp_path_factory.mktemp("warm") / "first"
    shutil.copytree(portraits_project, path)
    train(path)
    return path


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another project, whose pictures are described in partly other words."""
    folder = tmp_path_factory.mktemp("other")
    rows = []
    for i in range(24):
        pixels = np.random.default_rng(i).integers(0, 255, (32, 32, 3), np.uint8)
        (folder / "pictures").mkdir(exist_ok=True)
        Image.fromarray(pixels).save(folder / "pictures" / f"{i}.png")
        rows.append((f"{i}.png", ("a zebra with glasses", "a girl, smiling")[i % 2]))
    with (folder / "pictures" / "words.csv").open("w", newline="") as handle:
        csv.writer(handle).writerows([("file", "caption"), *rows])
    with Project.create(folder / "second") as project:
        asked = ImportRequest(source=folder / "pictures", name="portraits")
        project.datasets.add(ending(run_to_end(asked, folder / "second")).result)
    return folder / "second"


def weights(path: Path, run: str, step: int) -> dict[str, torch.Tensor]:
    """The averaged denoiser of a model point."""
    (point,) = [p for p in Checkpoints(Run(path / "runs" / run).checkpoints_folder).points("model") if p.step == step]
    facts = point.facts()
    there = diffusion_transfer.vocabulary_there(facts)
    assert there is not None
    from studio.models.diffusion import build_denoiser

    table = table_of(build_denoiser(CONFIG, (), there.size, there.length).state_dict())
    return read_tensors(point.path / "average.denoiser.safetensors", table)


def said(events: list[Event]) -> Notice:
    """From where it says that its weights are."""
    (notice,) = [event for event in events if isinstance(event, Notice) and event.code == "started_from"]
    return notice


def copied(path: Path, tmp_path: Path) -> Path:
    """A copy to work on."""
    return Path(shutil.copytree(path, tmp_path / path.name))


def test_a_run_of_the_same_project(first: Path, tmp_path: Path) -> None:
    path = copied(first, tmp_path)
    notice = said(train(path, start_run="portraits-diffusion-1"))
    assert str(notice.title) == "It begins with the weights of portraits-diffusion-1, step 2"
    begun, source = weights(path, "portraits-diffusion-2", 0), weights(path, "portraits-diffusion-1", 2)
    assert all(torch.equal(begun[name], tensor) for name, tensor in source.items())
    stored = Run(path / "runs" / "portraits-diffusion-2").request()
    assert (stored.start_run, stored.start_checkpoint) == ("portraits-diffusion-1", "2")


def test_a_run_of_another_project_that_knows_other_words(first: Path, second: Path, tmp_path: Path) -> None:
    path = copied(second, tmp_path)
    events = train(path, start_run="portraits-diffusion-1", start_project=first)
    assert "zebra" in str(said(events).body) and "girl" not in str(said(events).body)
    begun, source = weights(path, "portraits-diffusion-1", 0), weights(first, "portraits-diffusion-1", 2)
    here, there = (
        diffusion_transfer.vocabulary_there(Checkpoints(Run(p / "runs" / "portraits-diffusion-1").checkpoints_folder)
                                            .points("model")[0].facts())
        for p in (path, first)
    )  # fmt: skip
    assert here is not None and there is not None and here.words != there.words
    for word in set(here.words) & set(there.words):
        rows = begun[WORDS][SPECIAL + here.words.index(word)], source[WORDS][SPECIAL + there.words.index(word)]
        assert torch.equal(*rows)
    assert not torch.equal(begun[WORDS][SPECIAL + here.words.index("zebra")], torch.zeros(begun[WORDS].shape[1]))
    others = set(source) - {WORDS, PLACES}
    assert all(torch.equal(begun[name], source[name]) for name in others)


def test_a_run_that_begins_anew_begins_with_the_same_weights(first: Path, tmp_path: Path) -> None:
    path = copied(first, tmp_path)
    whole = ending(train(path, start_run="portraits-diffusion-1", start_checkpoint="last")).result["digest"]
    name = ending(train(path, start_run="portraits-diffusion-1", run="cut")).result["run"]
    shutil.rmtree(path / "runs" / name / "checkpoints")  # as after a kill before its first checkpoint
    status = Run(path / "runs" / name)
    status.set_status(state="interrupted", step=0)
    train(path, start_run="portraits-diffusion-1", run="later")  # what is newest elsewhere does not matter
    again = ending(run_to_end(ResumeRequest(run=name, device="cpu"), path))
    assert again.status == "finished" and again.result["digest"] == whole


def test_a_run_with_checkpoints_goes_on_without_its_source(first: Path, second: Path, tmp_path: Path) -> None:
    path, source = copied(second, tmp_path), copied(first, tmp_path)
    train(path, "stopped", start_run="portraits-diffusion-1", start_project=source, stop_at=1, run="half")
    shutil.rmtree(source)
    assert ending(run_to_end(ResumeRequest(run="half", device="cpu"), path)).status == "finished"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"start_run": "portraits-diffusion-9"}, "There is no run portraits-diffusion-9"),
        ({"start_run": "portraits-diffusion-1", "start_checkpoint": "77"}, "keeps no checkpoint of step 77"),
        ({"start_run": "portraits-diffusion-1", "start_project": Path("/nowhere")}, "There is no project at /nowhere"),
        ({"start_run": "portraits-diffusion-1", "config": TINY}, "is a run of the family diffusion"),
    ],
)
def test_what_cannot_be_begun_from_is_refused_before_there_is_a_run(
    first: Path, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    path = copied(first, tmp_path)
    assert words in str(ending(train(path, "failed", **changes)).error)
    assert [folder.name for folder in (path / "runs").iterdir() if folder.is_dir()] == ["portraits-diffusion-1"]


def test_another_shape_is_refused_in_a_sentence(first: Path, tmp_path: Path) -> None:
    path = copied(first, tmp_path)
    wider = CONFIG.model_copy(update={"network": UnetNetwork(width=8)})
    error = str(ending(train(path, "failed", start_run="portraits-diffusion-1", config=wider)).error)
    assert "cannot be taken over" in error and "Use the same network settings and labels." in error


def test_from_the_command_line(first: Path, second: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = copied(second, tmp_path)
    command = ["train", str(path), "--data", "portraits", "--family", "diffusion", "--steps", "1", "--device", "cpu"]
    command += ["--set", "batch=8", "--set", "network.width=4", "--set", "sample_count=4"]
    assert command_line([*command, "--start-project", str(first)]) == 2
    assert "needs --start" in capsys.readouterr().err
    assert command_line([*command, "--start", "portraits-diffusion-1:last", "--start-project", str(first)]) == 0
    assert "It begins with the weights of portraits-diffusion-1, step 2" in capsys.readouterr().err


def test_shorter_texts_keep_the_places_that_both_have() -> None:
    long, short = Vocabulary(("a", "b"), 32), Vocabulary(("b", "c"), 16)
    own = {WORDS: torch.zeros(short.size, 4), PLACES: torch.zeros(16, 4), "x": torch.zeros(1)}
    read = {WORDS: torch.arange(float(long.size * 4)).view(-1, 4), PLACES: torch.ones(32, 4), "x": torch.ones(1)}
    table = diffusion_transfer.table_there(table_of(own), long)
    assert table == table_of(read)
    found = diffusion_transfer.fitted(read, own, short, long)
    assert table_of(found) == table_of(own) and torch.equal(found[PLACES], torch.ones(16, 4))
    assert torch.equal(found[WORDS][SPECIAL], read[WORDS][SPECIAL + 1])
    assert torch.equal(found[WORDS][SPECIAL + 1], torch.zeros(4)) and torch.equal(found["x"], torch.ones(1))
    assert diffusion_transfer.new_words(short, long) is not None
    assert diffusion_transfer.new_words(long, long) is None and diffusion_transfer.new_words(None, long) is None
