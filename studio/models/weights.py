"""Tensors in safetensors files: written whole and finite, read tensor by tensor against a table, never mapped.

A mapped file that is cut short while it is read kills the process, so reading goes by position. The header is checked
against the table of what an architecture holds: names, shapes and types must be exactly those. Tensors that do not
learn may be in a file of their own beside (see :func:`still_beside`); whoever reads notices nothing of it.
"""

from __future__ import annotations

import errno
import json
import math
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor, nn

from studio.ground.errors import DamagedError, StudioError

Table = Mapping[str, tuple[torch.dtype, tuple[int, ...]]]
"""Tensor name -> its type and shape."""

_TYPES = {
    "F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16,
    "I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool,
}  # fmt: skip
_LARGEST_HEADER = 10_000_000


class NotFiniteError(StudioError):
    """Something that holds a not-a-number was about to be written."""


def still_beside(path: Path) -> Path:
    """The file that holds those tensors of ``path`` that do not learn, where these are kept apart."""
    return path.with_name(f"{path.name.removesuffix('.safetensors')}.still.safetensors")


def table_of(tensors: Mapping[str, Tensor]) -> Table:
    """What a file of ``tensors`` must hold."""
    return {name: (tensor.dtype, tuple(tensor.shape)) for name, tensor in tensors.items()}


def write_tensors(path: Path, tensors: Mapping[str, Tensor], facts: Mapping[str, str] | None = None) -> None:
    """Write ``tensors`` into a new safetensors file, with ``facts`` about them for programs that ask.

    Raises:
        NotFiniteError: one of them holds a number that is not finite; nothing is written.
        OSError: the disk is full, gone or read-only.
    """
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    for name, tensor in plain.items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor).all()):
            raise NotFiniteError("{name} holds a number that is not finite, so it was not saved.", name=name)
    try:
        save_file(plain, path, metadata=None if facts is None else dict(facts))
    except SafetensorError as error:  # the library's own name for whatever the system said
        raise _system_error(error, path) from error
    path.chmod(path.parent.stat().st_mode & 0o666)  # the library leaves it to its owner alone


def _system_error(error: SafetensorError, path: Path) -> OSError:
    found = re.search(r"os error (\d+)", str(error))
    number = int(found[1]) if found else errno.EIO
    return OSError(number, os.strerror(number), str(path))


def read_tensors(path: Path, table: Table) -> dict[str, Tensor]:
    """Read a safetensors file, and what is kept apart from it, into new contiguous tensors on the CPU.

    Raises:
        DamagedError: it is cut, no safetensors file, or holds other names, shapes or types than ``table``.
    """
    beside = still_beside(path)
    still = tensor_names(beside) if beside.is_file() else frozenset[str]()
    found = _read_all(path, {name: entry for name, entry in table.items() if name not in still})
    if still:
        found |= _read_all(beside, {name: entry for name, entry in table.items() if name in still})
    return found


def _read_all(path: Path, table: Table) -> dict[str, Tensor]:
    try:
        with path.open("rb") as handle:
            header, start = _read_header(handle, path)
            _compare(header, table, path)
            return {name: _read_one(handle, entry, start, path) for name, entry in header.items()}
    except OSError as error:
        raise DamagedError("The file {name} cannot be read.", name=path.name) from error


def tensor_names(path: Path) -> frozenset[str]:
    """Which tensors a safetensors file holds. Raises DamagedError where that cannot be read."""
    try:
        with path.open("rb") as handle:
            return frozenset(_read_header(handle, path)[0])
    except OSError as error:
        raise DamagedError("The file {name} cannot be read.", name=path.name) from error


class OpenTensors:
    """A safetensors file whose tensors are read one by one (see :func:`open_tensors`).

    Attributes:
        shapes: name -> shape of every tensor in it, and of those that are kept apart.
    """

    def __init__(self, handle: IO[bytes], path: Path, still: OpenTensors | None = None) -> None:
        self._handle, self._path, self._still = handle, path, still
        self._entries, self._start = _read_header(handle, path)
        room = os.fstat(handle.fileno()).st_size - self._start
        self.shapes = {name: self._shape(name, entry, room) for name, entry in self._entries.items()}
        if still is not None:
            self.shapes |= still.shapes

    def read(self, name: str) -> Tensor:
        """A new contiguous tensor on the CPU. Raises DamagedError where the file is cut."""
        if self._still is not None and name in self._still.shapes:
            return self._still.read(name)
        return _read_one(self._handle, self._entries[name], self._start, self._path)

    def _shape(self, name: str, entry: Mapping[str, Any], room: int) -> tuple[int, ...]:
        """Checked before anything of that size is made."""
        shape, kind = entry.get("shape"), _TYPES.get(str(entry.get("dtype")))
        if kind is None:
            raise DamagedError(
                "In {file}, {name} is of a type that cannot be read here: {kind}.",
                file=self._path.name, name=name, kind=str(entry.get("dtype"))[:40],
            )  # fmt: skip
        if not isinstance(shape, list) or not all(type(size) is int and size >= 0 for size in shape):
            raise DamagedError("The file {name} is damaged: its header cannot be read.", name=self._path.name)
        if math.prod(shape) * kind.itemsize > room:
            raise DamagedError("The file {name} is cut short.", name=self._path.name)
        return tuple(shape)


@contextmanager
def open_tensors(path: Path) -> Iterator[OpenTensors]:
    """Open a safetensors file of an unknown architecture. Raises DamagedError where it cannot be read."""
    beside = still_beside(path)
    try:
        with path.open("rb") as handle, beside.open("rb") if beside.is_file() else nullcontext() as second:
            yield OpenTensors(handle, path, OpenTensors(second, beside) if second is not None else None)
    except OSError as error:
        raise DamagedError("The file {name} cannot be read.", name=path.name) from error


def fill(module: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Copy ``tensors`` into the parameters and buffers of ``module``; their places and memory formats stay."""
    with torch.no_grad():
        for name, target in module.state_dict(keep_vars=True).items():
            target.copy_(tensors[name])


def second_instance(blank: nn.Module, source: Mapping[str, Tensor], device: torch.device) -> nn.Module:
    """``blank`` (built on ``meta``, so without a random draw) with the state ``source``, in eval mode and frozen.

    For looking and averaging: the instance that trains is never called by anybody but its trainer.
    """
    other = blank.to_empty(device=device).to(memory_format=torch.channels_last)
    fill(other, source)
    result: nn.Module = other.requires_grad_(False).eval()
    return result


def _read_header(handle: IO[bytes], path: Path) -> tuple[dict[str, Any], int]:
    length = int.from_bytes(handle.read(8), "little")
    if not 2 <= length <= _LARGEST_HEADER:
        raise DamagedError("The file {name} is not a safetensors file.", name=path.name)
    try:
        header = json.loads(handle.read(length).decode("utf-8"))
        header.pop("__metadata__", None)
        entries = {str(name): dict(entry) for name, entry in header.items()}
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise DamagedError("The file {name} is damaged: its header cannot be read.", name=path.name) from error
    return entries, 8 + length


def _compare(header: Mapping[str, Any], table: Table, path: Path) -> None:
    for name in sorted(set(header) ^ set(table)):
        raise DamagedError("In {file}, {name} is missing or does not belong there.", file=path.name, name=name)
    for name, (dtype, shape) in table.items():
        entry = header[name]
        found = (_TYPES.get(str(entry.get("dtype"))), entry.get("shape"))
        if found != (dtype, list(shape)):
            raise DamagedError("In {file}, {name} has another shape or type than the model.", file=path.name, name=name)


def _read_one(handle: IO[bytes], entry: Mapping[str, Any], start: int, path: Path) -> Tensor:
    tensor = torch.empty(entry["shape"], dtype=_TYPES[entry["dtype"]])
    size = tensor.numel() * tensor.element_size()
    offsets = entry.get("data_offsets")
    begin = offsets[0] if isinstance(offsets, list) and offsets and isinstance(offsets[0], int) else -1
    if begin < 0 or offsets != [begin, begin + size]:
        raise DamagedError("The file {name} is damaged: its header does not fit its content.", name=path.name)
    if size == 0:
        return tensor
    handle.seek(start + begin)
    space: Any = tensor.view(-1).view(torch.uint8).numpy()
    got = handle.readinto(space)  # type: ignore[attr-defined]
    if got != size:
        raise DamagedError("The file {name} is cut short.", name=path.name)
    return tensor
