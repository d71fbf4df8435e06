"""Archives: what is taken from them, and what never is."""

import io
import os
import stat
import struct
import tarfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.data import trees
from studio.data.importing import import_pictures
from studio.data.store import PictureStore

Imported = Callable[..., PictureStore]
Refused = Callable[[Path], str]
HOSTILE = '<img src="file:///x">'


def png(seed: int = 0) -> bytes:
    """The bytes of a small picture of noise."""
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (9, 9, 3), np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def zipped(path: Path, members: dict[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> Path:
    """A zip with these members."""
    with zipfile.ZipFile(path, "w", kind) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def outside(tmp_path: Path) -> dict[str, bytes]:
    """Every file that is there, but for the project's."""
    files = [p for p in tmp_path.rglob("*") if p.is_file() and "data" not in p.relative_to(tmp_path).parts]
    return {str(p): p.read_bytes() for p in files}


def test_a_zip_of_class_folders(tmp_path: Path, imported: Imported) -> None:
    names = ["top/cat/a.png", "top/cat/b.png", "top/dog/a.png", "__MACOSX/top/cat/._a.png", "top/LICENSE"]
    store = imported(zipped(tmp_path / "z.zip", {name: png(i) for i, name in enumerate(names)}))
    assert store.names == ("cat/a.png", "cat/b.png", "dog/a.png")
    assert store.labels["class"].counts() == {"cat": 2, "dog": 1} and store.kind == "zip"


@pytest.mark.parametrize(
    "name",
    [
        "../out.png",
        "a/../../out.png",
        "/out.png",
        "C:/out.png",
        "C:\\out.png",
        "..\\out.png",
        "\\\\host\\share\\out.png",
    ],
)
def test_a_member_that_climbs_out_is_refused(tmp_path: Path, imported: Imported, name: str) -> None:
    source = zipped(tmp_path / "z.zip", {"good/a.png": png(1), "good/b.png": png(2), name: png(3)})
    before = outside(tmp_path)
    store = imported(source)
    assert store.names == ("a.png", "b.png")
    assert [str(s.reason) for s in store.skipped] == ["has a name that climbs out of the zip"]
    assert outside(tmp_path) == before


def test_a_zip_that_only_climbs_is_one_sentence(tmp_path: Path, refused: Refused) -> None:
    sentence = refused(zipped(tmp_path / "z.zip", {"../../evil.png": png()}))
    assert sentence.startswith("z.zip holds no picture that can be imported; 1 files were refused.")
    assert "climbs out" in sentence


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_in_a_zip_are_refused(tmp_path: Path, imported: Imported, kind: int) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(png(9))
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr("a.png", png(1))
        info = zipfile.ZipInfo("link.png")
        info.external_attr = (kind | 0o777) << 16
        archive.writestr(info, str(secret))
    store = imported(tmp_path / "z.zip")
    assert store.names == ("a.png",)
    assert [str(s.reason) for s in store.skipped] == ["is a link or a device, not a file"]


def test_a_zip_in_a_zip_is_not_opened(tmp_path: Path, imported: Imported, refused: Refused) -> None:
    inner = zipped(tmp_path / "inner.zip", {"a.png": png(1)}).read_bytes()
    assert "1 × .zip" in refused(zipped(tmp_path / "outer.zip", {"inner.zip": inner}))
    assert imported(zipped(tmp_path / "both.zip", {"inner.zip": inner, "b.png": png(2)})).names == ("b.png",)


def test_a_member_packed_beyond_reason_is_refused(tmp_path: Path, imported: Imported) -> None:
    store = imported(zipped(tmp_path / "z.zip", {"a.png": png(1), "bomb.png": bytes(30_000_000)}))
    assert store.names == ("a.png",)
    assert "only bombs" in str(store.skipped[0].reason)


def test_a_zip_beyond_the_bounds_is_refused_at_once(tmp_path: Path, refused: Refused, monkeypatch: Any) -> None:
    source = zipped(tmp_path / "z.zip", {f"{i}.png": png(i) for i in range(30)})
    monkeypatch.setattr(trees, "MAX_MEMBERS", 29)
    assert "more than 29 files" in refused(source)
    monkeypatch.setattr(trees, "MAX_MEMBERS", 100)
    monkeypatch.setattr(trees, "MAX_UNPACKED", 1000)
    assert "would unpack to more than" in refused(source)


def test_a_member_that_is_longer_than_it_says_is_refused(tmp_path: Path, imported: Imported) -> None:
    source = zipped(tmp_path / "z.zip", {"a.png": png(1), "b.png": png(2)}, zipfile.ZIP_STORED)
    data = bytearray(source.read_bytes())
    entry = data.rindex(b"PK\x01\x02")
    (size,) = struct.unpack_from("<I", data, entry + 24)
    struct.pack_into("<I", data, entry + 24, size - 20)
    source.write_bytes(data)
    store = imported(source)
    assert store.names == ("a.png",) and len(store.skipped) == 1


def test_a_member_whose_check_sum_is_wrong_is_skipped(tmp_path: Path, imported: Imported) -> None:
    source = zipped(tmp_path / "z.zip", {"a.png": png(1), "b.png": png(2)}, zipfile.ZIP_STORED)
    data = bytearray(source.read_bytes())
    data[data.index(b"a.png") + 60] ^= 1
    source.write_bytes(data)
    store = imported(source)
    assert store.names == ("b.png",) and "damaged in the zip" in str(store.skipped[0].reason)


def test_a_locked_member_is_skipped(tmp_path: Path, imported: Imported) -> None:
    source = zipped(tmp_path / "z.zip", {"a.png": png(1), "b.png": png(2)})
    data = bytearray(source.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    source.write_bytes(data)
    assert [str(s.reason) for s in imported(source).skipped] == ["is locked with a password"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_comes_twice_counts_once(tmp_path: Path, imported: Imported) -> None:
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr("a.png", png(1))
        archive.writestr("a.png", png(2))
    store = imported(tmp_path / "z.zip")
    assert store.data(0) == png(1) and len(store.skipped) == 1


@pytest.mark.parametrize("cut", [0.2, 0.5, 0.9, 0.999])
def test_a_zip_that_was_cut_is_one_sentence(tmp_path: Path, refused: Refused, cut: float) -> None:
    source = zipped(tmp_path / "z.zip", {f"{i}.png": png(i) for i in range(20)})
    source.write_bytes(source.read_bytes()[: int(cut * source.stat().st_size)])
    assert refused(source) == "z.zip is not a whole zip; perhaps its download was cut short."


def test_any_damaged_zip_ends_in_a_sentence_or_whole(tmp_path: Path, ending: Any) -> None:
    """Bits flipped and pages zeroed all over: no unexpected error, and no picture that is not ours."""
    source = zipped(tmp_path / "z.zip", {f"{i}.png": png(i) for i in range(8)})
    data, generator = source.read_bytes(), np.random.default_rng(3)
    ours = {png(i) for i in range(8)}
    for trial in range(60):
        damaged = bytearray(data)
        place = int(generator.integers(len(data)))
        if trial % 3:
            damaged[place] ^= 1 << int(generator.integers(8))
        else:
            damaged[place : place + 200] = bytes(len(damaged[place : place + 200]))
        source.write_bytes(damaged)
        ended = ending(import_pictures(source, tmp_path / "data" / str(trial), "d"))
        assert "unexpected" not in str(ended.error), ended.trace
        if ended.status == "finished":
            with PictureStore(ended.result.folder) as store:
                assert {store.data(i) for i in range(len(store))} <= ours


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such names")
def test_markup_as_class_and_file_name(tmp_path: Path, imported: Imported) -> None:
    store = imported(zipped(tmp_path / "z.zip", {f"{HOSTILE}/{HOSTILE}.png": png(1), "b/c.png": png(2)}))
    # A zip's folders are split at every slash, as everywhere.
    assert any(value.startswith("<img src=") for value in store.labels["class"].values)


# --- tar -------------------------------------------------------------------------------------------------------


def tarred(path: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    """A packed tar with these members."""
    with tarfile.open(path, "w:gz" if path.name.endswith("gz") else "w") as archive:
        for info, data in members:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


@pytest.mark.parametrize("ending_of_name", [".tar", ".tar.gz", ".tgz"])
def test_a_tar_of_class_folders(tmp_path: Path, imported: Imported, ending_of_name: str) -> None:
    names = [f"set/{kind}/{i:02d}.png" for kind in ("b", "a") for i in range(40)]
    members = [(tarfile.TarInfo(name), png(i)) for i, name in enumerate(names)]
    store = imported(tarred(tmp_path / f"t{ending_of_name}", members))
    assert store.labels["class"].counts() == {"a": 40, "b": 40} and store.kind == "tar"
    assert all(store.data(store.position(n.removeprefix("set/"))) == png(i) for i, n in enumerate(names))


def test_a_hostile_tar(tmp_path: Path, imported: Imported) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(png(9))
    link, hard, pipe = tarfile.TarInfo("link.png"), tarfile.TarInfo("hard.png"), tarfile.TarInfo("pipe.png")
    link.type, link.linkname = tarfile.SYMTYPE, str(secret)
    hard.type, hard.linkname = tarfile.LNKTYPE, "../secret.png"
    pipe.type = tarfile.FIFOTYPE
    members = [(info, b"") for info in (link, hard, pipe)]
    members += [
        (tarfile.TarInfo(name), png(i)) for i, name in enumerate(("a.png", "../b.png", "/c.png", "d/../../e.png"))
    ]
    store = imported(tarred(tmp_path / "t.tgz", members))
    assert store.names == ("a.png",) and len(store.skipped) == 6
    assert {str(s.reason) for s in store.skipped} == {
        "is a link or a device, not a file", "has a name that climbs out of the archive",
    }  # fmt: skip


@pytest.mark.parametrize("cut", [0.3, 0.7, 0.95])
def test_a_tar_that_was_cut_is_one_sentence(tmp_path: Path, refused: Refused, cut: float) -> None:
    source = tarred(tmp_path / "t.tgz", [(tarfile.TarInfo(f"{i}.png"), png(i)) for i in range(30)])
    source.write_bytes(source.read_bytes()[: int(cut * source.stat().st_size)])
    assert refused(source) == "t.tgz is not a whole archive; perhaps its download was cut short."


def test_a_tar_bomb_stops_at_the_bound(tmp_path: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "MAX_UNPACKED", 1_000_000)
    source = tarred(tmp_path / "t.tgz", [(tarfile.TarInfo("zeros.png"), bytes(2_000_000))])
    began = time.monotonic()
    assert "would unpack" in refused(source)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("a/b.png", False),
        ("a..b/c.png", False),
        ("..", True),
        ("a/..", True),
        ("/a", True),
        ("c:a", True),
        ("a\\..\\b", True),
    ],
)
def test_which_names_climb(name: str, bad: bool) -> None:
    assert trees.climbs(name) is bad
