"""A U-Net of diffusers through the jobs and the command line: loaded, used, learnt on from, written again."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import UNet2DModel
from safetensors.torch import load_file

from studio.cli.app import run as command_line
from studio.config.denoising import Denoising
from studio.config.requests import ExportRequest, GenerateRequest, LoadRequest, ResumeRequest, TrainRequest, grid
from studio.models.diffusion_format import WEIGHTS
from studio.projects.project import Project

from .conftest import ending, run_to_end


@pytest.fixture
def unet(tmp_path: Path) -> Path:
    """The folder of a tiny U-Net with random weights."""
    torch.manual_seed(3)
    made = UNet2DModel(
        sample_size=32, block_out_channels=(8, 16), layers_per_block=1, norm_num_groups=4,
        down_block_types=("DownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "UpBlock2D"),
    )  # fmt: skip
    made.save_pretrained(tmp_path / "My U-Net")
    return tmp_path / "My U-Net"


def loaded(project: Path, unet: Path) -> str:
    end = ending(run_to_end(LoadRequest(folder=unet), project))
    assert end.status == "finished", (end.error, end.trace)
    return str(end.result["run"])


def test_pictures_are_made_with_it_and_it_comes_out_as_it_went_in(project: Path, unet: Path, tmp_path: Path) -> None:
    name = loaded(project, unet)
    with Project.open(project, write=False) as opened:
        info = next(info for info in opened.runs.all() if info.name == name)
    assert (info.title, info.family, info.status.state) == ("My U-Net", "diffusion", "finished")
    recipes = grid(3, 2, denoising=Denoising(sampler_steps=4))
    made = ending(run_to_end(GenerateRequest(run=name, recipes=recipes, device="cpu"), project)).result
    assert made.pictures.shape == (2, 32, 32, 3)
    out = tmp_path / "out"
    end = ending(run_to_end(ExportRequest(run=name, folder=out, format="diffusers"), project))
    assert end.status == "finished", (end.error, end.trace)
    before, after = load_file(unet / WEIGHTS), load_file(out / WEIGHTS)
    assert before.keys() == after.keys() and all(torch.equal(before[key], after[key]) for key in before)


@pytest.mark.usefixtures("quick_measure")
def test_a_run_begins_with_its_weights(project: Path, unet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.training.diffusion.MEASURED", 16)
    monkeypatch.setattr("studio.training.diffusion.SAMPLE_STEPS", 2)
    name = loaded(project, unet)
    with Project.open(project, write=False) as opened:
        config = opened.runs.get(name).config()
    changed: dict[str, Any] = {"steps": 1, "batch": 4, "sample_count": 2}
    asked = TrainRequest(
        family="diffusion", dataset="portraits", config=config.model_dump(mode="json") | changed, device="cpu",
        start_run=name,
    )  # fmt: skip
    end = ending(run_to_end(asked, project))
    assert end.status == "finished", (end.error, end.trace)


def test_it_cannot_be_resumed_itself(project: Path, unet: Path) -> None:
    end = ending(run_to_end(ResumeRequest(run=loaded(project, unet), steps=2000), project))
    assert end.status == "failed" and end.refused, end
    assert "no data set" in str(end.error)


def test_the_command_line_loads_exports_and_refuses(
    project: Path, unet: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line(["load", str(project), str(unet), "--run", "Their net", "--json"]) == 0
    name = json.loads(capsys.readouterr().out.strip().splitlines()[-1])["run"]
    words = ["export", str(project), name, "--format", "diffusers", "--out", str(tmp_path / "out")]
    assert command_line(words) == 0
    assert UNet2DModel.from_pretrained(tmp_path / "out").config.block_out_channels == [8, 16]
    (unet / WEIGHTS).unlink()
    capsys.readouterr()
    assert command_line(["load", str(project), str(unet)]) != 0
    assert "lacks its weights" in capsys.readouterr().err
    with Project.open(project, write=False) as opened:
        assert [info.name for info in opened.runs.all()] == [name]
