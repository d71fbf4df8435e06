"""Sets that come as arrays: idx files (MNIST and its relatives) and the binary form of CIFAR-10."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from studio.data.labels import Labels, labels_of
from studio.data.store import Columns
from studio.data.trees import FileEntry, FolderTree, TarTree, Tick, Tree, unpack_gzip
from studio.ground.errors import StudioError

if TYPE_CHECKING:
    from studio.data.sources import Listing

MAX_ARRAY_BYTES = 4 << 30
MAX_SIDE = 4096
_IMAGES, _LABELS = 0x0803, 0x0801
CIFAR_ARCHIVE = "cifar-10-binary.tar.gz"
_CIFAR_SIDE = 32
_CIFAR_RECORD = 1 + 3 * _CIFAR_SIDE**2
_CIFAR_NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
_FASHION_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


@dataclass(frozen=True, slots=True)
class RawPicture:
    """Pixels as they come: ``data`` holds height × width × channels bytes, channels last; mode L or RGB."""

    data: bytes
    width: int
    height: int
    mode: str


@dataclass(frozen=True, slots=True)
class _Part:
    """Pictures (N, H, W) or (N, H, W, 3) uint8 of one file, their codes (N,) or None, and which split they are."""

    title: str
    pictures: np.ndarray
    codes: np.ndarray | None
    split: str


def is_idx(path: Path) -> bool:
    """Whether a file is an idx file, by its name."""
    name = path.name.lower().removesuffix(".gz")
    return "idx3-ubyte" in name or "idx1-ubyte" in name or name.endswith((".idx", ".idx3", ".idx1"))


def idx_files(folder: Path) -> list[Path]:
    """The idx files of pictures directly in a folder; of a file and its packed twin, one."""
    found = sorted(p for p in folder.iterdir() if p.is_file() and is_idx(p) and "idx3" in p.name.lower())
    seen: dict[str, Path] = {}
    for path in found:
        seen.setdefault(path.name.lower().removesuffix(".gz"), path)
    return list(seen.values())


def list_idx(files: Sequence[Path], tick: Tick) -> Listing:
    """Pictures of idx files with the labels beside them. A label file chosen by itself leads to its pictures.

    Raises:
        StudioError: not an idx file of pictures, cut short, or labels that do not fit.
    """
    parts: list[_Part] = []
    for path in files:
        tick(sum(len(p.pictures) for p in parts))
        parts.append(_idx_part(path))
    title = files[0].name if len(files) == 1 else files[0].resolve().parent.name
    return _listing("idx", title, parts)


def _idx_part(path: Path) -> _Part:
    images, labels = _pair(path)
    pictures = _read_idx(images, _IMAGES)
    codes = _read_idx(labels, _LABELS) if labels is not None else None
    if codes is not None and len(codes) != len(pictures):
        raise StudioError(
            "{images} holds {pictures} pictures and {labels} {codes} labels; they do not belong together.",
            images=images.name, pictures=len(pictures), labels=labels.name if labels else "", codes=len(codes),
        )  # fmt: skip
    return _Part(images.name, pictures, codes, _split_of(images.name))


def _pair(path: Path) -> tuple[Path, Path | None]:
    """The picture file and the label file beside it, from either."""
    name = path.name
    if "idx1" in name.lower():
        images = _sibling(path, name.replace("labels", "images").replace("idx1", "idx3"))
        if images is None:
            raise StudioError("{name} holds labels, and the file of the pictures is not beside it.", name=name)
        return images, path
    return path, _sibling(path, name.replace("images", "labels").replace("idx3", "idx1"))


def _sibling(path: Path, name: str) -> Path | None:
    for candidate in (name, name.removesuffix(".gz"), name.removesuffix(".gz") + ".gz"):
        other = path.with_name(candidate)
        if other != path and other.is_file():
            return other
    return None


def _read_idx(path: Path, magic: int) -> np.ndarray:
    """An idx array: (N, H, W) or (N,) uint8 (format as described by LeCun et al., the MNIST page)."""
    data = unpack_gzip(path, MAX_ARRAY_BYTES)
    axes = magic & 0xFF
    header = np.frombuffer(data, ">u4", min(1 + axes, len(data) // 4))
    if len(header) < 1 + axes or header[0] != magic:
        raise StudioError(
            "{name} is not an idx file of {what}.", name=path.name, what="pictures" if axes == 3 else "labels"
        )
    shape = tuple(int(n) for n in header[1:])
    if axes == 3 and not (0 < shape[1] <= MAX_SIDE and 0 < shape[2] <= MAX_SIDE):
        raise StudioError(
            "{name} speaks of pictures of {w} × {h}, which cannot be.", name=path.name, w=shape[2], h=shape[1]
        )
    expected = int(np.prod(shape, dtype=object)) + 4 * (1 + axes)
    if len(data) != expected:
        raise StudioError(
            "{name} is not whole: it should hold {expected} bytes and has {found}.",
            name=path.name,
            expected=expected,
            found=len(data),
        )
    return np.frombuffer(data, np.uint8, offset=4 * (1 + axes)).reshape(shape)


def _split_of(name: str) -> str:
    return "test" if name.lower().startswith(("t10k", "test")) else "train" if name.lower().startswith("train") else ""


def list_cifar_folder(folder: Path, tick: Tick) -> Listing | None:
    """CIFAR-10's ``.bin`` files in a folder, or its archive as it is downloaded; None if there is neither."""
    archive = folder / CIFAR_ARCHIVE
    if archive.is_file():
        return list_cifar_tar(archive, tick)
    if not any(folder.glob("data_batch_*.bin")):
        return None
    tree = FolderTree(folder)
    return _list_cifar(tree, tree.files(tick))


def list_cifar_tar(path: Path, tick: Tick) -> Listing | None:
    """CIFAR-10's binary archive, or None if it is another one."""
    tree = TarTree(path)
    files = tree.files(tick)
    if not any(f.path.rpartition("/")[2] == "data_batch_1.bin" for f in files):
        return None
    try:
        return _list_cifar(tree, files)
    finally:
        tree.close()


def _list_cifar(tree: Tree, files: Sequence[FileEntry]) -> Listing:
    parts = []
    for entry in files:
        name = entry.path.rpartition("/")[2]
        if name.endswith(".bin") and name.startswith(("data_batch", "test_batch")):
            parts.append(_cifar_part(name, tree.read(entry)))
    parts.sort(key=lambda p: p.title)
    return _listing("cifar", "CIFAR-10", parts, _CIFAR_NAMES)


def _cifar_part(name: str, data: bytes) -> _Part:
    if not data or len(data) % _CIFAR_RECORD:
        raise StudioError(
            "{name} is not whole: its length is no multiple of {record} bytes.", name=name, record=_CIFAR_RECORD
        )
    records = np.frombuffer(data, np.uint8).reshape(-1, _CIFAR_RECORD)
    planes = records[:, 1:].reshape(-1, 3, _CIFAR_SIDE, _CIFAR_SIDE)
    return _Part(
        name.removesuffix(".bin"),
        planes.transpose(0, 2, 3, 1),
        records[:, 0],
        "test" if name.startswith("test") else "train",
    )


def _listing(kind: str, title: str, parts: Sequence[_Part], values: Sequence[str] = ()) -> Listing:
    from studio.data.sources import CLASS, SPLIT, Listing

    starts = np.cumsum([0] + [len(p.pictures) for p in parts])
    if not starts[-1]:
        raise StudioError("There is no picture in {name}.", name=title)
    labels: dict[str, Labels] = {}
    if any(p.codes is not None for p in parts):
        labels[CLASS] = _class_labels(parts, values)
    if len({p.split for p in parts}) > 1:
        labels[SPLIT] = labels_of([p.split for p in parts for _ in range(len(p.pictures))])
    sizes = np.concatenate([np.full(len(p.pictures), p.pictures[0].size, np.int64) for p in parts if len(p.pictures)])
    return Listing(kind, title, tuple(_names(parts)), sizes, lambda i: _raw(parts, starts, i), Columns(labels))


def _raw(parts: Sequence[_Part], starts: np.ndarray, index: int) -> RawPicture:
    part = int(np.searchsorted(starts, index, side="right")) - 1
    picture = parts[part].pictures[index - int(starts[part])]
    return RawPicture(picture.tobytes(), picture.shape[1], picture.shape[0], "RGB" if picture.ndim == 3 else "L")


def _names(parts: Sequence[_Part]) -> list[str]:
    titles = [p.split or p.title if p.title[0] != "d" else p.title for p in parts]
    return [f"{title}/{i:05d}" for title, part in zip(titles, parts, strict=True) for i in range(len(part.pictures))]


def _class_labels(parts: Sequence[_Part], values: Sequence[str]) -> Labels:
    codes = np.concatenate(
        [np.full(len(p.pictures), -1, np.int32) if p.codes is None else p.codes.astype(np.int32) for p in parts]
    )
    highest = int(codes.max(initial=-1)) + 1
    if not values and _is_fashion(parts):
        values = _FASHION_NAMES
    if highest > len(values):
        values = tuple(str(i) for i in range(highest))
    return Labels(tuple(values), codes).take(np.arange(len(codes)))


def _is_fashion(parts: Sequence[_Part]) -> bool:
    """Fashion-MNIST tells itself from MNIST, whose files bear the same names, by its first labels."""
    first = {"train": (9, 0, 0, 3, 0, 2, 7, 2, 5, 5), "test": (9, 2, 1, 1, 6, 1, 4, 6, 5, 7)}
    return all(
        p.codes is not None and len(p.codes) >= 10_000 and tuple(p.codes[:10]) == first.get(p.split) for p in parts
    )
