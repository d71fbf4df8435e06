"""Data sets that the studio can fetch on request, or tells how to fetch by hand.

Sizes and SHA-256 are those that the lists of TensorFlow Datasets publish for the same files. Those of Fashion-MNIST's
labels were compared with the files themselves; for all others a download is accepted only if size and hash agree.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from studio.ground.errors import Text, UsageError, text


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file to fetch: its name here, addresses to try in turn (https), its length in bytes and its SHA-256."""

    name: str
    addresses: tuple[str, ...]
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A data set of the catalogue. Without ``files`` it is fetched by hand, as ``by_hand`` explains."""

    key: str
    title: str
    about: Text
    count: int
    size: tuple[int, int]
    page: str
    licence: Text
    citation: str
    files: tuple[RemoteFile, ...] = ()
    by_hand: Text | None = None

    @property
    def bytes(self) -> int:
        """What has to be fetched, in bytes."""
        return sum(file.bytes for file in self.files)


def _fashion(name: str, size: int, sha256: str) -> RemoteFile:
    places = (
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
    )
    return RemoteFile(name, tuple(place + name for place in places), size, sha256)


def _oxford(name: str, size: int, sha256: str) -> RemoteFile:
    return RemoteFile(name, (f"https://www.robots.ox.ac.uk/~vgg/data/flowers/102/{name}",), size, sha256)


FASHION = Entry(
    key="fashion-mnist",
    title="Fashion-MNIST",
    about=text("Clothes in ten classes, grey, 28 × 28 pixels."),
    count=70_000,
    size=(28, 28),
    page="https://github.com/zalandoresearch/fashion-mnist",
    licence=text("MIT licence, © Zalando SE."),
    citation="Xiao, Rasul, Vollgraf: Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning "
    "Algorithms. 2017, arXiv:1708.07747.",
    files=(
        _fashion(
            "train-images-idx3-ubyte.gz", 26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
        ),
        _fashion(
            "train-labels-idx1-ubyte.gz", 29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
        ),
        _fashion(
            "t10k-images-idx3-ubyte.gz", 4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"
        ),
        _fashion(
            "t10k-labels-idx1-ubyte.gz", 5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"
        ),
    ),
)

CIFAR = Entry(
    key="cifar-10",
    title="CIFAR-10",
    about=text("Photographs of animals and vehicles in ten classes, 32 × 32 pixels."),
    count=60_000,
    size=(32, 32),
    page="https://www.cs.toronto.edu/~kriz/cifar.html",
    licence=text(
        "Its page states no licence; it asks to cite the report. The photographs were collected from the web."
    ),
    citation="Krizhevsky: Learning Multiple Layers of Features from Tiny Images. Technical report, 2009.",
    files=(
        RemoteFile(
            "cifar-10-binary.tar.gz",
            ("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",),
            170_052_171,
            "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        ),
    ),
)

FLOWERS = Entry(
    key="flowers-102",
    title="Flowers-102",
    about=text("Photographs of flowers in 102 numbered classes, about 500 pixels on the shorter side."),
    count=8_189,
    size=(500, 600),
    page="https://www.robots.ox.ac.uk/~vgg/data/flowers/102/",
    licence=text("Its page states no licence; it asks to cite the paper. The photographs belong to their owners."),
    citation="Nilsback, Zisserman: Automated Flower Classification over a Large Number of Classes. ICVGIP 2008.",
    files=(
        _oxford("102flowers.tgz", 344_862_509, "2d01ecc807db462958cfe3d92f57a8c252b4abd240eb955770201e45f783b246"),
        _oxford("imagelabels.mat", 502, "4903e94206bac23bf772aadf06451916df56b58fc483a62db32a97b82656651d"),
        _oxford("setid.mat", 14_989, "46b8678f91fd95d3c8f4feab80d271a6c834a1dd896fe29fd3e6ad9ce5c8dccd"),
    ),
)

CELEBA = Entry(
    key="celeba",
    title="CelebA",
    about=text("Faces of celebrities with forty attributes, 178 × 218 pixels."),
    count=202_599,
    size=(218, 178),
    page="https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html",
    licence=text("For non-commercial research only; read the agreement on its page."),
    citation="Liu, Luo, Wang, Tang: Deep Learning Face Attributes in the Wild. ICCV 2015.",
    by_hand=text(
        "Open its page, accept the agreement, and fetch img_align_celeba.zip, list_attr_celeba.txt and, if you like, "
        "list_eval_partition.txt. Put them into one folder (the zip may stay packed) and drop the folder here."
    ),
)

CATALOGUE: Mapping[str, Entry] = MappingProxyType({e.key: e for e in (FASHION, CIFAR, FLOWERS, CELEBA)})
"""All entries by their keys, in the order in which they are shown."""


def find_entry(key: str) -> Entry:
    """The entry ``key``. Raises UsageError with the nearest keys."""
    if key in CATALOGUE:
        return CATALOGUE[key]
    near = difflib.get_close_matches(key, CATALOGUE, n=3, cutoff=0.4) or list(CATALOGUE)
    raise UsageError("There is no {key} in the catalogue; the nearest are: {near}.", key=key, near=", ".join(near))
