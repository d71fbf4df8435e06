"""Models by name: what is fetched, where it lies, how it is stopped, and a sentence for whatever goes wrong."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub import errors

from studio.data.hub_downloading import fetched, is_hub_name
from studio.data.work import Stopped
from studio.ground.errors import StudioError, UsageError

FILES = [
    "README.md", "config.json", "model.safetensors", "pytorch_model.bin", "onnx/model.safetensors", "tokenizer.json",
]  # fmt: skip


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """The names of the files that were fetched from a model of two megabytes; nobody goes to the network."""
    taken: list[str] = []

    def fetch(name: str, file: str, *, tqdm_class: Any) -> str:
        taken.append(file)
        with tqdm_class(total=1_000_000, desc=file) as bar:
            for _ in range(10):
                bar.update(100_000)
        (tmp_path / file).write_bytes(b"")
        return str(tmp_path / file)

    monkeypatch.setattr(huggingface_hub, "list_repo_files", lambda name: FILES)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", fetch)
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda name, file: None)
    return taken


def to_the_end(work: Generator[Any, None, Path]) -> Path:
    while True:
        try:
            next(work)
        except StopIteration as end:
            return Path(end.value)


def test_names() -> None:
    assert is_hub_name("HuggingFaceTB/SmolLM2-135M-Instruct")
    assert not any(map(is_hub_name, ("gpt2", "/tmp/x", "a/b/c", "../x", "a b/c", "")))


def test_only_what_belongs_to_a_model_is_fetched(hub: list[str], tmp_path: Path) -> None:
    assert to_the_end(fetched("a/b", lambda: False)) == tmp_path
    assert hub == ["config.json", "model.safetensors", "tokenizer.json"]


def test_it_is_stopped_between_two_pieces(hub: list[str]) -> None:
    with pytest.raises(Stopped):
        to_the_end(fetched("a/b", lambda: bool(hub)))
    assert hub == ["config.json"]


def test_pickles_alone_are_refused(hub: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub, "list_repo_files", lambda name: ["config.json", "pytorch_model.bin"])
    with pytest.raises(UsageError, match="no weights as safetensors"):
        to_the_end(fetched("a/b", lambda: False))


def test_without_a_network_what_lies_in_the_cache_serves(
    hub: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def offline(name: str) -> list[str]:
        raise OSError("no route to host")

    monkeypatch.setattr(huggingface_hub, "list_repo_files", offline)
    with pytest.raises(StudioError, match=r"cannot be fetched now: no route to host\. Try again"):
        to_the_end(fetched("a/b", lambda: False))
    (tmp_path / "model.safetensors").write_bytes(b"")
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda name, file: str(tmp_path / "config.json"))
    assert to_the_end(fetched("a/b", lambda: False)) == tmp_path and hub == []


def test_a_name_that_there_is_not_has_a_sentence(hub: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> list[str]:
        raise errors.HFValidationError("no such name")

    monkeypatch.setattr(huggingface_hub, "list_repo_files", missing)
    with pytest.raises(UsageError, match="no model a/b"):
        to_the_end(fetched("a/b", lambda: False))
