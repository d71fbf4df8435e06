"""Pictures that are not square: prepared, learned, sampled, made and exported in their own shape."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.cli.app import run as command_line
from studio.config.denoising import Denoising
from studio.config.requests import ExportRequest, GenerateRequest, ImportRequest, TrainRequest, grid
from studio.ground.events import Samples
from studio.jobs.footprint import Footprint
from studio.jobs.planning import plan
from studio.projects.project import Project
from studio.projects.run import Run

from .conftest import ending, run_to_end

NARROW = {"network.width": 4, "steps": 2, "batch": 8, "sample_count": 4}


@pytest.fixture(scope="module", autouse=True)
def _quick() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("studio.training.diffusion.MEASURED", 16)
        patch.setattr("studio.training.diffusion.SAMPLE_STEPS", 2)
        patch.setattr("studio.jobs.trials.measure_footprint", lambda *_, **__: iter([None, Footprint(0, 0)]))
        yield


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose pictures are 60 pixels wide and 40 high."""
    folder = tmp_path_factory.mktemp("wide")
    (folder / "pictures").mkdir()
    for i in range(24):
        pixels = np.random.default_rng(i).integers(0, 255, (40, 60, 3), np.uint8)
        Image.fromarray(pixels).save(folder / "pictures" / f"{i}.png")
    with Project.create(folder / "wide") as project:
        asked = ImportRequest(source=folder / "pictures", name="wide")
        project.datasets.add(ending(run_to_end(asked, folder / "wide")).result)
    return folder / "wide"


@pytest.mark.parametrize("kind", ["unet", "dit"])
def test_all_the_way(wide: Path, tmp_path: Path, kind: str) -> None:
    changes = {"network": "dit", "network.width": 16, "network.depth": 1} if kind == "dit" else {}
    config = plan(wide, "wide", family="diffusion", overrides=NARROW | changes)
    assert config.picture_shape == (32, 48)
    asked = TrainRequest(family="diffusion", dataset="wide", config=config.model_dump(mode="json"), device="cpu")
    events = run_to_end(asked, wide)
    assert ending(events).status == "finished", (ending(events).error, ending(events).trace)
    assert {event.pictures.shape for event in events if isinstance(event, Samples)} == {(4, 32, 48, 3)}
    name = ending(events).result["run"]
    assert Run(wide / "runs" / name).samples.read(2).shape == (4, 32, 48, 3)
    few = Denoising(sampler_steps=4)
    made = ending(run_to_end(GenerateRequest(run=name, recipes=grid(1, 2, denoising=few), device="cpu"), wide)).result
    assert made.pictures.shape == (2, 32, 48, 3) and made.request.recipes[0].denoising.size == (32, 48)
    other = GenerateRequest(run=name, recipes=grid(1, 1, denoising=Denoising(sampler_steps=4, size=(48, 64))))
    assert ending(run_to_end(other, wide)).result.pictures.shape == (1, 48, 64, 3)
    ending(run_to_end(ExportRequest(run=name, folder=tmp_path / "out"), wide))
    assert json.loads((tmp_path / "out" / "config.json").read_text())["output"]["size"] == [32, 48]


def test_other_families_cut_to_squares(wide: Path) -> None:
    assert plan(wide, "wide", family="gan").picture_shape == (32, 32)
    assert plan(wide, "wide", family="diffusion", overrides={"picture_height": "0"}).picture_shape == (48, 48)


def test_a_size_that_a_network_cannot_have_is_refused(wide: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = ["train", str(wide), "--data", "wide", "--family", "diffusion", "--set"]
    assert command_line([*command, "picture_height=50"]) == 2
    assert "multiple of 8" in capsys.readouterr().err
