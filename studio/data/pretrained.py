"""Weights of pretrained networks: what can be fetched on request, and what lies in the user's cache as safetensors.

Sizes and SHA-256 were published by several who fetched the same files; their first eight digits are those in the names
that torchvision gives the files, which is how it publishes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import get_args

import platformdirs

from studio.config.classifier import Architecture
from studio.data.catalogue import Entry, RemoteFile
from studio.ground.errors import DamagedError, UsageError, text
from studio.ground.files import read_json, verify_manifest

WEIGHTS, ABOUT = "weights.safetensors", "about.json"
ARCHITECTURES: tuple[str, ...] = get_args(Architecture)
INCEPTION = "inception_2015"
"""The network in whose features FID and KID are defined; for measuring alone, it is never fine-tuned."""
_PLACE = "https://download.pytorch.org/models/"
_LICENCE = text(
    "BSD 3-Clause, as torchvision; trained on ImageNet, whose terms are for research and teaching without profit."
)


def _entry(architecture: str, file: str, size: int, sha256: str, about: str) -> Entry:
    return Entry(
        key=architecture,
        title=architecture,
        about=text(about),
        count=0,
        size=(224, 224),
        page=f"https://docs.pytorch.org/vision/stable/models/generated/torchvision.models.{architecture}.html",
        licence=_LICENCE,
        citation="TorchVision maintainers and contributors: TorchVision, PyTorch's computer vision library. 2016.",
        files=(RemoteFile(file, (_PLACE + file,), size, sha256),),
    )


_INCEPTION_FILE = "weights-inception-2015-12-05-6726825d.pth"
_INCEPTION = Entry(
    key=INCEPTION,
    title=INCEPTION,
    about=text("For measuring: FID and KID are distances in its features."),
    count=0,
    size=(299, 299),
    page="https://github.com/toshas/torch-fidelity",
    licence=text("Apache 2.0; converted by torch-fidelity from the network that its authors trained on ImageNet."),
    citation="Heusel, Ramsauer, Unterthiner, Nessler, Hochreiter: GANs Trained by a Two Time-Scale Update Rule "
    "Converge to a Local Nash Equilibrium. 2017, arXiv:1706.08500.",
    files=(
        RemoteFile(
            _INCEPTION_FILE,
            (f"https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/{_INCEPTION_FILE}",),
            95_628_359,
            "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
        ),
    ),
)

PUBLISHED: Mapping[str, Entry] = MappingProxyType(
    {
        entry.key: entry
        for entry in (
            _entry(
                "mobilenet_v3_small", "mobilenet_v3_small-047dcff4.pth", 10_306_551,
                "047dcff4addef86ea5bc2eff13c9614dc11f47ab1160d0a71a25e7db994f4e1f",
                "Small and fast, for a processor without a GPU; 67.7 % of ImageNet right.",
            ),
            _entry(
                "mobilenet_v3_large", "mobilenet_v3_large-8738ca79.pth", 22_139_423,
                "8738ca797c879b547d18bbd15da5736ff2557b2036a9af72225393ca61759a04",
                "The larger one of the same kind; 74.0 % of ImageNet right.",
            ),
            _entry(
                "efficientnet_b0", "efficientnet_b0_rwightman-7f5810bc.pth", 21_444_401,
                "7f5810bc96def8f7552d5b7e68d53c4786f81167d28291b21c0d90e1fca14934",
                "Slower and better; 77.7 % of ImageNet right.",
            ),
            _entry(
                "resnet18", "resnet18-f37072fd.pth", 46_830_571,
                "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec",
                "The textbook's residual network; 69.8 % of ImageNet right.",
            ),
            _entry(
                "resnet34", "resnet34-b627a593.pth", 87_319_819,
                "b627a593bcbe140c234610266fe4f8ae95ea42fc881d091c9b6052e6b1d0590f",
                "The same with twice the layers; 73.3 % of ImageNet right.",
            ),
        )
    }
    | {INCEPTION: _INCEPTION}
)  # fmt: skip
"""Every network's weights by its name, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Weights in the cache: of which architecture, from which file, its SHA-256, whether that is a published one."""

    architecture: str
    source: str
    sha256: str
    published: bool
    bytes: int


def weights_folder() -> Path:
    """Where the weights lie, for all projects of this user: a folder each."""
    return platformdirs.user_cache_path("Generative Studio", appauthor=False) / "weights"


def find_published(architecture: str) -> Entry:
    """The entry of an architecture. Raises UsageError with those there are."""
    if architecture not in PUBLISHED:
        known = ", ".join(PUBLISHED)
        raise UsageError("There is no network {name}; there is: {known}.", name=architecture, known=known)
    return PUBLISHED[architecture]


def published_as(sha256: str) -> str | None:
    """The architecture whose published file has this SHA-256."""
    return next((name for name, entry in PUBLISHED.items() if entry.files[0].sha256 == sha256), None)


def stored(architecture: str) -> Stored | None:
    """What lies in the cache of an architecture; None where there is nothing, or nothing whole."""
    folder = weights_folder() / architecture
    try:
        about = read_json(folder / ABOUT)
        size = (folder / WEIGHTS).stat().st_size
        return Stored(architecture, str(about["source"]), str(about["sha256"]), bool(about["published"]), size)
    except (OSError, DamagedError, KeyError):
        return None


def weights_file(architecture: str) -> Path:
    """The safetensors file of an architecture.

    Raises:
        UsageError: it is not at hand; says how to get it. DamagedError: it is not what was stored.
    """
    entry, folder = find_published(architecture), weights_folder() / architecture
    if not folder.is_dir():
        raise UsageError(
            "The weights of {name} are not here: fetch {size} MB with 'studio weights download {name}', or bring the "
            "file with 'studio weights add FILE'.",
            name=architecture,
            size=f"{entry.bytes / 1e6:.0f}",
        )
    try:
        verify_manifest(folder)
    except DamagedError as error:
        raise DamagedError(
            "The weights of {name} are damaged ({reason}); bring them again with 'studio weights'.",
            name=architecture, reason=str(error).rstrip("."),
        ) from error  # fmt: skip
    return folder / WEIGHTS
