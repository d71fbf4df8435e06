"""Language models in the folder format of Hugging Face: ``config.json``, safetensors (one file or several with their
index), and beside them the tokeniser. Weights are read tensor by tensor into their places; of pickles nothing is read.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from studio.config.language import LanguageConfig
from studio.ground.errors import UsageError
from studio.ground.files import read_object
from studio.models import foreign_weights
from studio.models.foreign_weights import SHARD, Pieces, weight_files, write_object, write_weights
from studio.models.language import LanguageModel, build_language_model
from studio.models.language_settings import CONFIG, read_settings, written_settings
from studio.models.language_weights import matters, pieces_of

TOKENISER = "tokenizer.json"
BESIDE = (
    TOKENISER, "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "generation_config.json",
    "chat_template.jinja", "vocab.json", "merges.txt",
)  # fmt: skip
"""What belongs to a model besides its network, as far as a folder has it."""


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
    pieces = pieces_of(model)

    def named(name: str) -> str | None:
        whole = _whole_name(name, pieces)
        return whole if matters(whole, pieces) else None

    parameters = dict(model.named_parameters())
    yield from foreign_weights.filling(weight_files(found.folder), found.folder, pieces, parameters, named=named)


def write_folder(
    folder: Path, model: LanguageModel, *, beside: Path | None = None, ends: tuple[int, ...] = (), shard: int = SHARD
) -> None:
    """Write ``model`` into the existing ``folder`` as other programs read it.

    Args:
        beside: where its tokeniser's files are, which are copied. ends: tokens after which a text is over.
        shard: weights go into several files where they have more bytes than this.

    Raises:
        UsageError: the format cannot express it. OSError: the disk is full, gone or read-only.
    """
    about = written_settings(model.config, model.tokens) | {"eos_token_id": list(ends) or None}
    write_weights(folder, pieces_of(model), dict(model.named_parameters()), shard)
    for name in BESIDE if beside is not None else ():
        if beside is not None and (beside / name).is_file():
            shutil.copyfile(beside / name, folder / name)
    write_object(folder / CONFIG, about)


def _ends(folder: Path, about: Mapping[str, Any], tokens: int) -> tuple[int, ...]:
    beside = folder / "generation_config.json"
    said = read_object(beside).get("eos_token_id") if beside.is_file() else None
    said = about.get("eos_token_id") if said is None else said
    listed = said if isinstance(said, list) else [said]
    return tuple(one for one in listed if type(one) is int and 0 <= one < tokens)


def _whole_name(name: str, pieces: Pieces) -> str:
    """The name as a whole model has it; some files hold its trunk alone, without the first word."""
    if name in pieces:
        return name
    trunk = next(iter(pieces)).partition(".")[0]
    return f"{trunk}.{name}" if f"{trunk}.{name}" in pieces else name
