"""Marian models taken over as runs: asked at once, written again; pickled ones only where the user says so."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from studio.config.decoding import Decoding
from studio.config.requests import PretrainedRequest
from studio.generation.translation import TranslatorModel, load_model
from studio.projects.project import Project
from studio.projects.run import Run
from tests.foreign_translations import END, PAD, foreign_folder, write_tokenisers

from .conftest import ending, run_to_end

pytestmark = pytest.mark.usefixtures("planned_families")


@pytest.fixture
def marian(tmp_path: Path) -> Path:
    """A whole folder: the network of random weights, and tokenisers that fit it."""
    folder = tmp_path / "opus-mt-en-fr"
    shutil.copytree(foreign_folder("marian"), folder)
    assert write_tokenisers(folder) <= PAD + 1
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    with Project.create(tmp_path / "project"):
        return tmp_path / "project"


def model_of(project: Path, name: str) -> TranslatorModel:
    (point,) = Run(project / "runs" / name).checkpoints_folder.glob("model-*")
    return load_model(point, torch.device("cpu"))


def test_it_is_a_run_that_translates_and_is_written_again(marian: Path, project: Path, tmp_path: Path) -> None:
    end = ending(run_to_end(PretrainedRequest(source=str(marian), name="opus"), project))
    assert end.status == "finished", end.error
    model = model_of(project, end.result["run"])
    assert (model.tokeniser.begin, model.tokeniser.end) == (PAD, END)
    work = model.translate(["the cat", "zebra"], Decoding(beam=2, tokens=8))
    assert list(work)[-1] == (2, 2)
    assert model.unknown("the жук") == ((4, 7),)
    seen = model.look("the cat", Decoding(beam=2, tokens=8))
    assert len(seen.source) == seen.cross.shape[3]
    again = tmp_path / "again"
    again.mkdir()
    model.write_huggingface(again)
    ours, theirs = load_file(again / "model.safetensors"), load_file(marian / "model.safetensors")
    assert set(ours) == set(theirs) and all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert (again / "source.spm").read_bytes() == (marian / "source.spm").read_bytes()
    assert json.loads((again / "config.json").read_text())["forced_eos_token_id"] == END


def test_pickled_weights_are_read_only_where_the_user_says_so(marian: Path, project: Path) -> None:
    tensors = load_file(marian / "model.safetensors")
    torch.save(tensors, marian / "pytorch_model.bin")
    (marian / "model.safetensors").unlink()
    refused = ending(run_to_end(PretrainedRequest(source=str(marian)), project))
    assert refused.status == "failed" and "pickled" in str(refused.error) and "--pickled" in str(refused.error)
    end = ending(run_to_end(PretrainedRequest(source=str(marian), pickled=True), project))
    assert end.status == "finished", end.error
    words = model_of(project, end.result["run"]).network.source_words.weight
    assert torch.equal(words, tensors["model.shared.weight"])
    (marian / "pytorch_model.bin").write_bytes(b"nonsense")
    damaged = ending(run_to_end(PretrainedRequest(source=str(marian), pickled=True), project))
    assert damaged.status == "failed" and "pytorch_model.bin" in str(damaged.error)


def test_a_tokeniser_that_does_not_fit_is_refused(marian: Path, project: Path) -> None:
    words = json.loads((marian / "vocab.json").read_text())
    (marian / "vocab.json").write_text(json.dumps(words | {"more": 99}))
    assert "does not fit" in str(ending(run_to_end(PretrainedRequest(source=str(marian)), project)).error)
    save_file({"x": torch.zeros(1)}, marian / "model.safetensors")
    (marian / "vocab.json").write_text(json.dumps(words))
    assert "does not belong" in str(ending(run_to_end(PretrainedRequest(source=str(marian)), project)).error)
