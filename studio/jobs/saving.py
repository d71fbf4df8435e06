"""Pictures that were made, as PNG files outside the project; each carries the request that makes it again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.ground.errors import UsageError
from studio.ground.files import write_bytes
from studio.jobs.sheets import sheet
from studio.projects.pictures import encode_png

if TYPE_CHECKING:
    from studio.jobs.serving import MadePictures

_OTHERS = {".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"}


def is_picture_file(out: Path) -> bool:
    """Whether ``out`` means one PNG file rather than a folder.

    Raises:
        UsageError: it means a picture of another format, which could not carry the request.
    """
    if out.is_dir():
        return False
    if out.suffix.lower() in _OTHERS:
        raise UsageError(
            "Pictures are written as .png, which can carry how they were made; not as {name}.", name=out.name
        )
    return out.suffix.lower() == ".png"


def save_pictures(made: MadePictures, out: Path, *, one_file: bool) -> list[Path]:
    """Write one grid, or one PNG each into the folder ``out``; returns the files. Same pictures, same bytes.

    Raises:
        OSError: it cannot be written.
    """
    whole = made.request.model_dump(mode="json")
    if one_file:
        write_bytes(out, encode_png(sheet(made.pictures), _note(made, whole)))
        return [out]
    files = []
    for index, picture in enumerate(made.pictures):
        path = out / f"{made.run}-{made.step:09d}-{index:04d}.png"
        write_bytes(path, encode_png(picture, _note(made, whole | {"recipes": [whole["recipes"][index]]})))
        files.append(path)
    return files


def _note(made: MadePictures, request: dict[str, Any]) -> dict[str, Any]:
    about = {"run": made.run, "family": made.family, "kind": "picture", "note": "", "created": 0.0}
    return about | {"request": request}
