"""What was dropped on the window: a project, a model to load, pictures to import, or a picture of ours to recall."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from PySide6.QtCore import QMimeData

from studio.ground.errors import StudioError

_PICTURES = {".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm"}
_TABLES = (".csv", ".zip", ".gz", ".txt")
_DIFFUSERS, _LOOKED_AT = b'"_class_name"', 1 << 16  # what only its configs say, and bytes in which it is looked for
PROJECT_FILE = "project.db"


@dataclass(frozen=True)
class Drop:
    """What to do with what was dropped; ``certificate`` is what a picture of ours says of its making."""

    kind: Literal["project", "model", "import", "recall", "pictures", "nothing"]
    paths: tuple[Path, ...] = ()
    certificate: Mapping[str, Any] | None = None


def local_paths(data: QMimeData) -> list[Path]:
    """The files and folders of a drag; empty where it brings none."""
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]


def understand(paths: list[Path]) -> Drop:
    """Decide by looking at names and, for a single PNG, at its text."""
    if len(paths) == 1 and (paths[0] / PROJECT_FILE).is_file():
        return Drop("project", tuple(paths))
    if len(paths) == 1 and _holds_model(paths[0]):
        return Drop("model", tuple(paths))
    certificate = _certificate(paths[0]) if len(paths) == 1 and paths[0].suffix.lower() == ".png" else None
    if certificate:
        return Drop("recall", tuple(paths), certificate)
    if paths and all(p.is_dir() or p.suffix.lower() in _TABLES for p in paths):
        return Drop("import", tuple(paths))
    if paths and all(p.suffix.lower() in _PICTURES for p in paths):
        return Drop("pictures", tuple(paths))
    return Drop("nothing", tuple(paths))


def _holds_model(folder: Path) -> bool:
    """Whether a folder is a network's, or a whole pipeline's, as diffusers saves them."""
    return any(_is_network(place) for place in (folder, folder / "unet"))


def _is_network(folder: Path) -> bool:
    if not any(folder.glob("*.safetensors")):
        return False
    try:
        with (folder / "config.json").open("rb") as file:
            return _DIFFUSERS in file.read(_LOOKED_AT)
    except OSError:
        return False


def _certificate(path: Path) -> Mapping[str, Any] | None:
    """The request that made a picture, where it is one of ours."""
    from studio.projects.gallery import read_birth_certificate

    try:
        return read_birth_certificate(path)
    except (StudioError, OSError):
        return None
