"""Language models in the folder format of Hugging Face: ``config.json``, safetensors (one file or several with their
index), and beside them the tokeniser. Weights are read tensor by tensor into their places; of pickles nothing is read.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from studio.config.language import LanguageConfig
from studio.ground.errors import DamagedError, UsageError
from studio.ground.files import read_object
from studio.models.language import LanguageModel, build_language_model
from studio.models.language_settings import CONFIG, read_settings, written_settings
from studio.models.language_weights import Pieces, matters, pieces_of, put, rows_of, shape_of, taken
from studio.models.weights import open_tensors, write_tensors

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
TOKENISER = "tokenizer.json"
BESIDE = (
    TOKENISER, "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "generation_config.json",
    "chat_template.jinja", "vocab.json", "merges.txt",
)  # fmt: skip
"""What belongs to a model besides its network, as far as a folder has it."""
_LARGEST_INDEX = 1 << 26  # bytes
_SHARD = 2 << 30  # bytes of weights in one file


@dataclass(frozen=True)
class Foreign:
    """What a folder says of its model before any weight is read.

    Attributes:
        tokens: how many different ones there are. ends: those after which a text is over.
    """

    folder: Path
    config: LanguageConfig
    tokens: int
    ends: tuple[int, ...]


def read_folder(folder: Path) -> Foreign:
    """What kind of model a folder holds.

    Raises:
        UsageError: it is no such folder, or of a kind that no network here can express. DamagedError: it is not whole.
    """
    if not folder.is_dir():
        raise UsageError("There is no folder {name}; choose the folder of a language model.", name=folder.name)
    if not (folder / CONFIG).is_file():
        raise UsageError("{name} holds no config.json; choose the folder of a language model.", name=folder.name)
    about = read_object(folder / CONFIG)
    config, tokens = read_settings(about, folder.name)
    return Foreign(folder, config, tokens, _ends(folder, about, tokens))


def load_folder(folder: Path, *, device: torch.device | str = "cpu") -> tuple[Foreign, LanguageModel]:
    """The model of a folder in float32, in eval mode and frozen. Raises as :func:`read_folder` and :func:`filling`."""
    found = read_folder(folder)
    model = blank(found, device=device)
    for _ in filling(found, model):
        pass
    return found, model.eval().requires_grad_(False)


def blank(found: Foreign, *, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32) -> LanguageModel:
    """The network without its weights, which takes its whole memory but draws nothing; fill it next."""
    with torch.device("meta"):
        model = build_language_model(found.config, found.tokens)
    return model.to(dtype).to_empty(device=device)


def filling(found: Foreign, model: LanguageModel) -> Iterator[tuple[int, int]]:
    """Read the weights tensor by tensor into their places; after each, how many of how many are there.

    So in memory there is never more than the model and one tensor.

    Raises:
        UsageError: the weights are pickled. DamagedError: a file or a tensor is missing, of another shape, not finite,
            or one that does not belong there.
    """
    pieces, parameters = pieces_of(model), dict(model.named_parameters())
    missing = set(pieces)
    for file in _files(found.folder):
        with open_tensors(file) as tensors:
            for name, shape in tensors.shapes.items():
                whole = _whole_name(name, pieces)
                if not matters(whole, pieces):
                    continue
                wanted = _wanted(whole, pieces, parameters, file)
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
    if missing:
        raise DamagedError("The weights of {folder} lack {name}.", folder=found.folder.name, name=min(missing))


def write_folder(
    folder: Path, model: LanguageModel, *, beside: Path | None = None, ends: tuple[int, ...] = (), shard: int = _SHARD
) -> None:
    """Write ``model`` into the existing ``folder`` as other programs read it.

    Args:
        beside: where its tokeniser's files are, which are copied. ends: tokens after which a text is over.
        shard: weights go into several files where they have more bytes than this.

    Raises:
        UsageError: the format cannot express it. OSError: the disk is full, gone or read-only.
    """
    about = written_settings(model.config, model.tokens) | {"eos_token_id": list(ends) or None}
    pieces, parameters = pieces_of(model), dict(model.named_parameters())
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
        _write_object(folder / INDEX, {"metadata": {"total_size": total}, "weight_map": places})
    for name in BESIDE if beside is not None else ():
        if beside is not None and (beside / name).is_file():
            shutil.copyfile(beside / name, folder / name)
    _write_object(folder / CONFIG, about)


def _write_object(path: Path, data: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


def _ends(folder: Path, about: Mapping[str, Any], tokens: int) -> tuple[int, ...]:
    beside = folder / "generation_config.json"
    said = read_object(beside).get("eos_token_id") if beside.is_file() else None
    said = about.get("eos_token_id") if said is None else said
    listed = said if isinstance(said, list) else [said]
    return tuple(one for one in listed if type(one) is int and 0 <= one < tokens)


def _files(folder: Path) -> list[Path]:
    """Where the weights are. Raises UsageError or DamagedError as :func:`filling`."""
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


def _shard_file(folder: Path, name: str) -> Path:
    if Path(name).name != name or not name.endswith(".safetensors"):
        raise DamagedError("The file {name} is damaged: it names weights outside its folder.", name=INDEX)
    if not (folder / name).is_file():
        raise DamagedError(
            "{folder} lacks the file {name}, which holds some of its weights.", folder=folder.name, name=name
        )
    return folder / name


def _whole_name(name: str, pieces: Pieces) -> str:
    """The name as a whole model has it; some files hold its trunk alone, without the first word."""
    if name in pieces:
        return name
    trunk = next(iter(pieces)).partition(".")[0]
    return f"{trunk}.{name}" if f"{trunk}.{name}" in pieces else name


def _wanted(name: str, pieces: Pieces, parameters: Mapping[str, Tensor], file: Path) -> tuple[int, ...]:
    if name not in pieces:
        raise DamagedError("In {file}, {name} does not belong to a model of this kind.", file=file.name, name=name)
    return shape_of(pieces[name], parameters)


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
