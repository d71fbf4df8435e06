"""Fine-tuning as a job: it begins from the weights in the cache, goes on without them, and ends at the same bits."""

from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision

from studio.config.classifier import ClassifierConfig, PretrainedNetwork
from studio.config.requests import ResumeRequest, TrainRequest
from studio.data import pretrained
from studio.ground.files import whole_folder, write_json
from studio.models.pickled import COUNTER
from studio.models.weights import write_tensors

from .conftest import ending, run_to_end

NAME = "mobilenet_v3_small"
RUN = "portraits-classifier-1"


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the drawn weights of a small network in a cache of the test's own."""
    monkeypatch.setattr(pretrained, "weights_folder", lambda: tmp_path / "weights")
    with torch.random.fork_rng():
        torch.manual_seed(3)
        whole = torchvision.models.get_model(NAME, weights=None)
    state = {name: tensor for name, tensor in whole.state_dict().items() if not name.endswith(COUNTER)}
    with whole_folder(tmp_path / "weights" / NAME) as folder:
        write_tensors(folder / pretrained.WEIGHTS, state)
        write_json(folder / pretrained.ABOUT, {"source": "x.pth", "sha256": "0", "published": False})
    return tmp_path / "weights" / NAME


def ask(**more: Any) -> TrainRequest:
    network = PretrainedNetwork(architecture=NAME, input_size=32)
    config = ClassifierConfig(steps=6, batch=4, sample_count=4, labels=("hair",), network=network, validate_every=3)
    plain = config.model_dump(mode="json")
    return TrainRequest(family="classifier", dataset="portraits", config=plain, device="cpu", **more)


@pytest.mark.usefixtures("quick_measure")
def test_a_fine_tuned_run_goes_on_to_the_same_bits_without_the_cache(project: Path, weights: Path) -> None:
    whole = ending(run_to_end(ask(), project))
    assert whole.status == "finished", whole
    stopped = ending(run_to_end(ask(stop_at=3), project))
    assert stopped.status == "stopped"
    for file in weights.iterdir():
        file.unlink()
    weights.rmdir()
    resumed = ending(run_to_end(ResumeRequest(run=stopped.result["run"]), project))
    assert (resumed.status, resumed.result["digest"]) == ("finished", whole.result["digest"])


@pytest.mark.usefixtures("quick_measure")
def test_without_the_weights_it_says_how_to_get_them(project: Path, weights: Path) -> None:
    weights.rename(weights.with_name("elsewhere"))
    end = ending(run_to_end(ask(), project))
    assert end.status == "failed"
    assert f"studio weights download {NAME}" in str(end.error)
