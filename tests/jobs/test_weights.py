"""Weights of pretrained networks: taken by published hash or on the user's word, never as a pickle that runs."""

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision

from studio.config.requests import AddWeightsRequest, DownloadWeightsRequest
from studio.data import pretrained
from studio.data.catalogue import Entry, RemoteFile
from studio.data.pretrained import ARCHITECTURES, PUBLISHED, Stored, stored, weights_file, weights_folder
from studio.ground.errors import DamagedError, UsageError
from studio.ground.events import Ended
from studio.jobs.weights import remove_weights
from studio.models.pickled import convert

from .conftest import ending, run_to_end

NAME = "mobilenet_v3_small"


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setattr(pretrained, "weights_folder", lambda: tmp_path / "cache" / "weights")
    monkeypatch.setattr("studio.jobs.weights.weights_folder", lambda: tmp_path / "cache" / "weights")
    monkeypatch.setattr("studio.jobs.weights.downloads_folder", lambda: tmp_path / "cache" / "downloads")
    return tmp_path / "cache"


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are read in this process, which saves the seconds that another one takes to load PyTorch."""

    def read(source: Path, target: Path, commands: Any) -> Iterator[Any]:
        return convert(source, target)
        yield

    monkeypatch.setattr("studio.jobs.weights._read_apart", read)


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file as torchvision publishes them, of a network whose weights are drawn; its name carries its hash."""
    network = torchvision.models.get_model(NAME, weights=None)
    path = tmp_path_factory.mktemp("weights") / "file.pth"
    torch.save(network.state_dict(), path)
    return path.rename(path.with_name(f"{NAME}-{sha256(path)[:8]}.pth"))


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def add(path: Path, **more: Any) -> Ended:
    return ending(run_to_end(AddWeightsRequest(source=path, **more), Path()))


@pytest.fixture
def publish(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path, str], None]:
    """A function that makes a file the published one of a network."""

    def make(path: Path, address: str = "https://example.org/x") -> None:
        file = RemoteFile(path.name, (address,), path.stat().st_size, sha256(path))
        before = PUBLISHED[NAME]
        entry = Entry(NAME, NAME, before.about, 0, before.size, before.page, before.licence, before.citation, (file,))
        monkeypatch.setattr(pretrained, "PUBLISHED", dict(PUBLISHED) | {NAME: entry})

    return make


def nothing_is_left(cache: Path) -> bool:
    return not [path for path in cache.rglob("*") if path.is_file()]


def test_the_list_agrees_with_torchvision() -> None:
    for name in ARCHITECTURES:
        entry = PUBLISHED[name]
        known = torchvision.models.get_model_weights(name).IMAGENET1K_V1
        file = entry.files[0]
        assert file.addresses == (known.url,)
        assert file.name.removesuffix(".pth").endswith(f"-{file.sha256[:8]}")
        assert round(file.bytes / 2**20, 3) == known.meta["_file_size"]
        assert f"{known.meta['_metrics']['ImageNet-1K']['acc@1']:.1f} %" in str(entry.about)


def test_a_published_file_becomes_safetensors(drawn: Path, publish: Callable[..., None], empty_cache: Path) -> None:
    publish(drawn)
    end = add(drawn)
    assert end.status == "finished", end
    assert end.result == stored(NAME)
    assert isinstance(end.result, Stored) and end.result.published and end.result.source == drawn.name
    assert sorted(p.name for p in weights_file(NAME).parent.iterdir()) == [
        "about.json", "manifest.json", "weights.safetensors",
    ]  # fmt: skip
    assert [p.name for p in pretrained.weights_folder().iterdir()] == [NAME]
    from studio.models.classifier_pretrained import weights_table
    from studio.models.weights import read_tensors

    found = read_tensors(weights_file(NAME), weights_table(NAME))
    for name, tensor in torch.load(drawn, weights_only=True).items():
        assert name.endswith("num_batches_tracked") or torch.equal(found[name], tensor)


@pytest.mark.usefixtures("here")
def test_an_unpublished_file_needs_the_users_word(drawn: Path, tmp_path: Path, empty_cache: Path) -> None:
    refused = add(drawn)
    assert refused.refused and "--unpublished" in str(refused.error)
    assert nothing_is_left(empty_cache)
    end = add(drawn, unpublished=True)
    assert end.status == "finished" and not end.result.published
    other = tmp_path / "my own.pth"
    other.write_bytes(drawn.read_bytes())
    assert "--architecture" in str(add(other, unpublished=True).error)
    assert add(other, unpublished=True, architecture=NAME).status == "finished"
    assert stored(NAME).source == "my own.pth"  # type: ignore[union-attr]


def test_a_file_that_is_not_what_its_name_says(drawn: Path, tmp_path: Path, empty_cache: Path) -> None:
    data = bytearray(drawn.read_bytes())
    data[len(data) // 2] ^= 1
    path = tmp_path / drawn.name
    path.write_bytes(data)
    end = add(path, unpublished=True)
    assert end.refused and "SHA-256 begins with" in str(end.error)
    assert nothing_is_left(empty_cache)


@pytest.mark.usefixtures("here")
def test_weights_of_another_network(drawn: Path, publish: Callable[..., None], empty_cache: Path) -> None:
    end = add(drawn, unpublished=True, architecture="resnet18")
    assert end.refused and "does not hold the weights of resnet18" in str(end.error)
    publish(drawn)
    end = add(drawn, architecture="resnet18")
    assert end.refused and f"weights of {NAME}, not of resnet18" in str(end.error)
    assert nothing_is_left(empty_cache)


class Canary:
    """What a hostile pickle does when it is opened."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


def test_code_in_a_pickle_does_not_run(tmp_path: Path, empty_cache: Path) -> None:
    path = tmp_path / f"{NAME}.pth"
    torch.save({"features.0.0.weight": Canary(tmp_path / "ran")}, path)
    end = add(path, unpublished=True)
    assert end.status == "failed" and "is refused" in str(end.error)
    assert "took more than" not in str(end.error), "it was read, and that was the answer"
    assert str(end.error).endswith(".") and "\n" not in str(end.error)
    assert not (tmp_path / "ran").exists(), "the code has run"
    assert nothing_is_left(empty_cache)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("what", ["a network", "numbers", "no table", "not finite", "sparse", "no names"])
def test_more_than_weights_is_refused(what: str, tmp_path: Path, empty_cache: Path) -> None:
    content: dict[str, object] = {
        "a network": torchvision.models.get_model(NAME, weights=None),
        "numbers": {"x": 1.0},
        "no table": [torch.zeros(3)],
        "not finite": {"x": torch.full((3,), float("nan"))},
        "sparse": {"x": torch.zeros(3).to_sparse()},
        "no names": {3: torch.zeros(3)},
    }
    path = tmp_path / f"{NAME}.pth"
    torch.save(content[what], path)
    end = add(path, unpublished=True)
    assert end.status == "failed" and "is refused" in str(end.error)
    assert nothing_is_left(empty_cache)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no zip", b"\x80\x04" + b"]" * 1000, bytes(range(256)) * 20])
def test_no_pickle_at_all_is_refused(data: bytes, tmp_path: Path, empty_cache: Path) -> None:
    path = tmp_path / f"{NAME}.pth"
    path.write_bytes(data)
    assert "is refused" in str(add(path, unpublished=True).error)
    assert nothing_is_left(empty_cache)


def test_a_process_that_never_answers_is_ended(drawn: Path, empty_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.jobs.weights._SECONDS", 0.2)
    end = add(drawn, unpublished=True)
    assert "took more than the computer gives it" in str(end.error)
    assert nothing_is_left(empty_cache)


@pytest.mark.usefixtures("here")
def test_fetching_is_checked_and_leaves_no_pickle(
    drawn: Path, publish: Callable[..., None], empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(drawn)

    def fetch(entry: Entry, folder: Path, stop: Any) -> Iterator[Any]:
        folder.mkdir(parents=True)
        (folder / entry.files[0].name).write_bytes(drawn.read_bytes())
        yield Ended("finished", result=folder)

    monkeypatch.setattr("studio.jobs.weights.fetch", fetch)
    end = ending(run_to_end(DownloadWeightsRequest(architecture=NAME), Path()))
    assert end.status == "finished" and end.result.published
    assert not list(empty_cache.rglob("*.pth"))
    unknown = ending(run_to_end(DownloadWeightsRequest(architecture="vgg"), Path()))
    assert unknown.refused and "resnet18" in str(unknown.error)


@pytest.mark.usefixtures("here")
def test_what_is_not_here_says_how_to_get_it_and_damage_is_named(drawn: Path, empty_cache: Path) -> None:
    with pytest.raises(UsageError, match="studio weights download"):
        weights_file(NAME)
    add(drawn, unpublished=True)
    with weights_file(NAME).open("r+b") as handle:
        handle.seek(100_000)
        handle.write(b"\0\1\2\3")
    with pytest.raises(DamagedError, match="bring them again"):
        weights_file(NAME)
    assert add(drawn, unpublished=True).status == "finished", "and that mends it"
    weights_file(NAME)
    assert remove_weights(NAME) > 1_000_000
    with pytest.raises(UsageError):
        remove_weights(NAME)
    assert weights_folder().name == "weights"
