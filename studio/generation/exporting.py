"""A trained model as files that other programs can read: safetensors, and its config beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import torch

from studio.generation.models import Exported
from studio.ground.errors import DamagedError, UsageError
from studio.ground.files import whole_folder, write_bytes, write_json
from studio.models.weights import read_tensors, table_of, write_tensors


@runtime_checkable
class WritesDiffusers(Protocol):
    """A model that diffusers can express, if only some of them."""

    def diffusers_files(self) -> dict[str, Any]:
        """Path in the folder -> JSON object, or tensors by name. Raises UsageError where it cannot be expressed."""


@runtime_checkable
class WritesHuggingFace(Protocol):
    """A language model, which writes itself as transformers reads it."""

    def write_huggingface(self, folder: Path) -> None:
        """Write it into the existing ``folder``. Raises UsageError where it cannot be expressed."""


def write_huggingface(model: object, folder: Path) -> None:
    """Write a model into the new folder ``folder`` as transformers reads it, tokeniser and chat template with it.

    Raises:
        UsageError: there is something of that name already, or the format cannot express the model.
        OSError: it cannot be written.
    """
    if not isinstance(model, WritesHuggingFace):
        raise UsageError("Only language models can be written in the format of Hugging Face; leave the format away.")
    _must_be_new(folder)
    with whole_folder(folder) as target:
        model.write_huggingface(target)


def write_diffusers(model: object, folder: Path) -> None:
    """Write a model into the new folder ``folder`` as diffusers reads it, and read its tensors back.

    Raises:
        UsageError: there is something of that name already, or the format cannot express the model.
        OSError: it cannot be written.
    """
    if not isinstance(model, WritesDiffusers):
        raise UsageError("Only denoisers can be written in the format of diffusers; leave the format away.")
    files = model.diffusers_files()
    _must_be_new(folder)
    with whole_folder(folder) as target:
        for path, content in files.items():
            (target / path).parent.mkdir(exist_ok=True)
            if path.endswith(".safetensors"):
                write_tensors(target / path, content)
                _must_be_there(target / path, content)
            else:
                write_bytes(target / path, (json.dumps(content, indent=2) + "\n").encode())


def write_export(exported: Exported, folder: Path) -> dict[str, Any]:
    """Write a safetensors file for each part and ``config.json`` into the new folder ``folder`` and read them back.

    Returns what ``config.json`` holds.

    Raises:
        UsageError: there is something of that name already.
        OSError: it cannot be written.
    """
    _must_be_new(folder)
    with whole_folder(folder) as target:
        for stem, tensors in exported.tensors.items():
            write_tensors(target / f"{stem}.safetensors", tensors)
        for name, content in exported.files.items():
            write_bytes(target / name, content)
        write_json(target / "config.json", exported.facts)
        for stem, tensors in exported.tensors.items():
            _must_be_there(target / f"{stem}.safetensors", tensors)
    return dict(exported.facts)


def _must_be_new(folder: Path) -> None:
    if folder.exists():
        raise UsageError("{name} is there already; choose another name.", name=folder.name)


def _must_be_there(file: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    again = read_tensors(file, table_of(tensors))
    if not all(torch.equal(again[name], tensor.cpu()) for name, tensor in tensors.items()):
        raise DamagedError("The exported file does not hold what was written; the disk may be failing.")
