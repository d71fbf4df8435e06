"""Weights of other programs' folders: where each tensor lies in ours, piece by piece; read tensor by tensor, written.

The folders are those of Hugging Face: safetensors in one file, or in several with their index. Of pickles nothing is
read here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from studio.ground.errors import DamagedError, UsageError
from studio.ground.files import read_object
from studio.models.weights import open_tensors, write_tensors

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
SHARD = 2 << 30  # bytes of weights in one file
_LARGEST_INDEX = 1 << 26  # bytes
Rows = tuple[int, int | None]
"""From the first of them to before the last; None: to the end."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows ``theirs`` of the foreign tensor ``name`` are rows ``ours`` of the parameter ``target``.

    ``turned``: the foreign one has columns where ours has rows. ``wrapped``: it is a matrix of one row, ours a vector.
    """

    name: str
    target: str
    theirs: Rows = (0, None)
    ours: Rows = (0, None)
    turned: bool = False
    wrapped: bool = False


Pieces = Mapping[str, tuple[Piece, ...]]
"""Foreign name -> where its rows go, from the first to the last."""


def by_name(pieces: Iterator[Piece]) -> Pieces:
    """Pieces gathered by the tensor that they are of, in their order."""
    found: dict[str, tuple[Piece, ...]] = {}
    for piece in pieces:
        found[piece.name] = (*found.get(piece.name, ()), piece)
    return found


def rows_of(piece: Piece, parameters: Mapping[str, Tensor]) -> Tensor:
    """The part of ours that a piece is, as a view."""
    return parameters[piece.target][slice(*piece.ours)]


def shape_of(pieces: tuple[Piece, ...], parameters: Mapping[str, Tensor]) -> tuple[int, ...]:
    """The shape that a foreign tensor must have."""
    parts = [rows_of(piece, parameters) for piece in pieces]
    shape = (sum(len(part) for part in parts), *parts[0].shape[1:])
    if pieces[0].wrapped:
        return (1, *shape)
    return shape[::-1] if pieces[0].turned else shape


def put(tensor: Tensor, pieces: tuple[Piece, ...], parameters: Mapping[str, Tensor]) -> None:
    """Copy a foreign tensor of the right shape into its places."""
    with torch.no_grad():
        for piece in pieces:
            source = tensor[0] if piece.wrapped else tensor.t() if piece.turned else tensor
            rows_of(piece, parameters).copy_(source[slice(*piece.theirs)])


def taken(pieces: tuple[Piece, ...], parameters: Mapping[str, Tensor]) -> Tensor:
    """The foreign tensor, new and contiguous."""
    parts = [rows_of(piece, parameters).detach() for piece in pieces]
    whole = torch.cat(parts) if len(parts) > 1 else parts[0]
    whole = whole[None] if pieces[0].wrapped else whole.t() if pieces[0].turned else whole
    return whole.clone(memory_format=torch.contiguous_format)


def filling(
    files: list[Path], folder: Path, pieces: Pieces, parameters: Mapping[str, Tensor], *,
    named: Callable[[str], str | None], optional: frozenset[str] = frozenset(),
) -> Iterator[tuple[int, int]]:  # fmt: skip
    """Read weights tensor by tensor into ``parameters``; after each, how many of how many are there.

    So in memory there is never more than the model and one tensor.

    Args:
        folder: what the user chose, for the errors.
        named: under which name of ``pieces`` a file's tensor is known; None for one that may be passed over.
        optional: names of ``pieces`` that a file may lack.

    Raises:
        DamagedError: a file or a tensor is missing, of another shape, not finite, or one that does not belong there.
    """
    missing = set(pieces)
    for file in files:
        with open_tensors(file) as tensors:
            for name, shape in tensors.shapes.items():
                whole = named(name)
                if whole is None:
                    continue
                if whole not in pieces:
                    raise DamagedError(
                        "In {file}, {name} does not belong to a model of this kind.", file=file.name, name=whole
                    )
                wanted = shape_of(pieces[whole], parameters)
                if shape != wanted:
                    raise DamagedError(
                        "In {file}, {name} has the shape {found} where config.json asks for {wanted}.",
                        file=file.name, name=name, found=shape, wanted=wanted,
                    )  # fmt: skip
                tensor = tensors.read(name)
                if not bool(tensor.isfinite().all()):
                    raise DamagedError(
                        "In {file}, {name} holds numbers that are not finite.", file=file.name, name=name
                    )
                put(tensor, pieces[whole], parameters)
                missing.discard(whole)
                yield len(pieces) - len(missing), len(pieces)
    if missing - optional:
        raise DamagedError("The weights of {folder} lack {name}.", folder=folder.name, name=min(missing - optional))


def weight_files(folder: Path) -> list[Path]:
    """Where the weights of a folder are.

    Raises:
        UsageError: they are pickled. DamagedError: there are none, or the index names what is not there.
    """
    if (folder / WEIGHTS).is_file():
        return [folder / WEIGHTS]
    if (folder / INDEX).is_file():
        places = read_object(folder / INDEX, _LARGEST_INDEX).get("weight_map")
        if not isinstance(places, dict) or not places:
            raise DamagedError("The file {name} is damaged: it names no weights.", name=INDEX)
        return [_shard_file(folder, name) for name in sorted(set(map(str, places.values())))]
    if any(folder.glob("*.bin")) or any(folder.glob("*.pt")) or any(folder.glob("*.pth")):
        raise UsageError(
            "{name} holds pickled weights, which can run foreign code; save the model as safetensors.", name=folder.name
        )
    raise DamagedError("{name} lacks its weights, the file {file}.", name=folder.name, file=WEIGHTS)


def write_weights(folder: Path, pieces: Pieces, parameters: Mapping[str, Tensor], shard: int = SHARD) -> None:
    """Write the foreign tensors into ``folder``, into several files where they have more bytes than ``shard``.

    Raises:
        OSError: the disk is full, gone or read-only.
    """
    shares = list(_shares(pieces, parameters, shard))
    names = [WEIGHTS] if len(shares) == 1 else [
        f"model-{number + 1:05d}-of-{len(shares):05d}.safetensors" for number in range(len(shares))
    ]  # fmt: skip
    for name, share in zip(names, shares, strict=True):
        tensors = {foreign: taken(pieces[foreign], parameters) for foreign in share}
        write_tensors(folder / name, tensors, {"format": "pt"})
    if len(shares) > 1:
        total = sum(parameter.nbytes for parameter in parameters.values())
        places = {foreign: name for name, share in zip(names, shares, strict=True) for foreign in share}
        write_object(folder / INDEX, {"metadata": {"total_size": total}, "weight_map": places})


def write_object(path: Path, data: Mapping[str, Any]) -> None:
    """Write JSON as other programs do."""
    path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


def _shard_file(folder: Path, name: str) -> Path:
    if Path(name).name != name or not name.endswith(".safetensors"):
        raise DamagedError("The file {name} is damaged: it names weights outside its folder.", name=INDEX)
    if not (folder / name).is_file():
        raise DamagedError(
            "{folder} lacks the file {name}, which holds some of its weights.", folder=folder.name, name=name
        )
    return folder / name


def _shares(pieces: Pieces, parameters: Mapping[str, Tensor], most: int) -> Iterator[list[str]]:
    """Foreign names whose tensors have ``most`` bytes together, or one that has more."""
    share, size = list[str](), 0
    for name, parts in pieces.items():
        more = sum(rows_of(piece, parameters).nbytes for piece in parts)
        if share and size + more > most:
            yield share
            share, size = [], 0
        share.append(name)
        size += more
    yield share
