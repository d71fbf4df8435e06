"""Importing whole sources: what is found, what it is called, what goes wrong."""

import errno
import gzip
import os
import shutil
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.data import folders, importing, sources
from studio.data.importing import import_pictures
from studio.data.store import PictureStore
from studio.ground.events import Ended, Notice, Progress, Started

Imported = Callable[..., PictureStore]
Refused = Callable[[Path], str]
HOSTILE = '<img src="file:///etc/x">'
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def picture(path: Path, seed: int = 0, size: tuple[int, int] = (20, 16)) -> Path:
    """Write one PNG of noise, different for every seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), np.uint8)
    Image.fromarray(pixels).save(path, "PNG")
    return path


def classes(store: PictureStore, column: str = "class") -> dict[str, str]:
    """Name of the picture -> its label, empty where it has none."""
    labels = store.labels[column]
    return {n: labels.values[c] if c >= 0 else "" for n, c in zip(store.names, labels.codes.tolist(), strict=True)}


# --- folders ---------------------------------------------------------------------------------------------------


def test_one_folder_a_class(tiny_pictures: Path, imported: Imported) -> None:
    store = imported(tiny_pictures)
    assert len(store) == 36 and store.labels["class"].counts() == {"circles": 12, "squares": 12, "stripes": 12}
    assert store.names[0] == "circles/circles_00.png" and store.kind == "folder"
    assert store.typical_size() == (40, 40) and store.facts().channels == 3
    name = "squares/squares_03.png"
    assert store.data(store.position(name)) == (tiny_pictures / name).read_bytes()


def test_a_flat_folder_has_no_labels(tmp_path: Path, imported: Imported) -> None:
    for i in range(3):
        picture(tmp_path / "flat" / f"{i}.png", i)
    store = imported(tmp_path / "flat")
    assert store.labels == {} and store.names == ("0.png", "1.png", "2.png")


def test_folders_around_the_classes_do_not_count(tmp_path: Path, imported: Imported) -> None:
    for kind in ("cat", "dog"):
        picture(tmp_path / "top" / "inner" / "pictures" / kind / "a.png", len(kind) + ord(kind[0]))
    (tmp_path / "top" / "README.md").write_text("about")
    assert classes(imported(tmp_path / "top")) == {"cat/a.png": "cat", "dog/a.png": "dog"}


def test_train_and_test_are_a_split_and_not_classes(tmp_path: Path, imported: Imported) -> None:
    for number, (part, kind) in enumerate((p, k) for p in ("train", "test") for k in ("cat", "dog")):
        picture(tmp_path / "set" / part / kind / "a.png", number)
    store = imported(tmp_path / "set")
    assert set(classes(store).values()) == {"cat", "dog"}
    assert store.labels["split"].counts() == {"test": 2, "train": 2}


def test_pictures_beside_class_folders_have_no_class(tmp_path: Path, imported: Imported) -> None:
    picture(tmp_path / "set" / "loose.png", 1)
    picture(tmp_path / "set" / "cat" / "a.png", 2)
    assert classes(imported(tmp_path / "set")) == {"loose.png": "", "cat/a.png": "cat"}


def test_names_of_all_kinds_stay_as_they_are(tmp_path: Path, imported: Imported) -> None:
    names = ["é à ü", "日本語", "🙂", "a b", "'quote\" #%&", "con"]
    for number, name in enumerate(names):
        picture(tmp_path / "sét 🙂" / name / f"{name}.png", number)
    store = imported(tmp_path / "sét 🙂", "d🙂 é")
    assert set(store.labels["class"].values) == set(names)
    assert all(store.position(f"{name}/{name}.png") >= 0 for name in names)


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such names")
def test_markup_in_names_is_only_letters(tmp_path: Path, imported: Imported) -> None:
    folder = tmp_path / "set" / "<img src='x'>"
    picture(folder / "<b>bold<b>.png", 1)
    picture(tmp_path / "set" / "other" / "a.png", 2)
    assert classes(imported(tmp_path / "set"))["<img src='x'>/<b>bold<b>.png"] == "<img src='x'>"


@pytest.mark.skipif(os.name == "nt", reason="Windows names are always letters")
def test_a_name_that_is_no_text_can_be_shown(tmp_path: Path, imported: Imported) -> None:
    source = tmp_path / "set"
    picture(source / "good.png", 1)
    with open(os.fsencode(source) + b"/bad\xff.png", "wb") as handle:  # noqa: PTH123  a path of bytes
        handle.write(picture(tmp_path / "x.png", 2).read_bytes())
    assert imported(source).names == ("bad\ufffd.png", "good.png")


def test_wrong_and_missing_endings(tmp_path: Path, imported: Imported) -> None:
    source = tmp_path / "set"
    shutil.copy(picture(tmp_path / "a.png", 1), tmp_path / "b")
    picture(source / "plain.png", 3)
    shutil.copy(tmp_path / "a.png", source / "really_png.jpg")
    shutil.copy(tmp_path / "a.png", source / "without")
    (source / "notes").write_text("P is for picture")
    assert imported(source).names == ("plain.png", "really_png.jpg", "without")


def test_hidden_files_and_litter_are_passed_over(tmp_path: Path, imported: Imported) -> None:
    source = tmp_path / "set"
    picture(source / "a.png", 1)
    for noise in (".hidden.png", ".thumbs/b.png", "__MACOSX/._a.png", "Thumbs.db"):
        picture(source / noise, 2)
    assert imported(source).names == ("a.png",)


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_are_followed_but_never_round_in_circles(tmp_path: Path, imported: Imported) -> None:
    source = tmp_path / "set"
    picture(source / "inner" / "a.png", 1)
    (source / "inner" / "loop").symlink_to(source, target_is_directory=True)
    (source / "linked.png").symlink_to(picture(tmp_path / "elsewhere.png", 2))
    (source / "dangling.png").symlink_to(tmp_path / "nowhere.png")
    store = imported(source)
    assert set(store.names) == {"inner/a.png", "linked.png"}
    assert [s.name for s in store.skipped] == ["dangling.png"]


# --- broken pictures and unusable sources ----------------------------------------------------------------------


def test_broken_files_are_skipped_and_listed(tiny_pictures: Path, tmp_path: Path, ending: Any) -> None:
    whole = (tiny_pictures / "circles" / "circles_00.png").read_bytes()
    (tiny_pictures / "circles" / "cut.png").write_bytes(whole[: len(whole) // 2])
    (tiny_pictures / "circles" / "empty.jpg").write_bytes(b"")
    (tiny_pictures / "squares" / "page.webp").write_bytes(b"<html>not found</html>")
    events = list(import_pictures(tiny_pictures, tmp_path / "d", "d"))
    ended = events[-1]
    assert isinstance(ended, Ended) and ended.result.count == 36
    reasons = {s.name: str(s.reason) for s in ended.result.skipped}
    assert reasons["circles/empty.jpg"] == "is empty"
    assert reasons["squares/page.webp"] == "is not a picture that can be read"
    assert reasons["circles/cut.png"].startswith("is damaged")
    assert [e.code for e in events if isinstance(e, Notice)] == ["files-skipped"]
    with PictureStore(tmp_path / "d") as store:
        assert {s.name: str(s.reason) for s in store.skipped} == reasons


def test_a_class_whose_pictures_are_all_broken_vanishes(tiny_pictures: Path, imported: Imported) -> None:
    for path in (tiny_pictures / "squares").iterdir():
        path.write_bytes(b"")
    assert imported(tiny_pictures).labels["class"].values == ("circles", "stripes")


def test_a_class_with_one_picture(tiny_pictures: Path, imported: Imported) -> None:
    picture(tiny_pictures / "alone" / "a.png", 5)
    assert imported(tiny_pictures).labels["class"].counts()["alone"] == 1


def test_an_empty_folder(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "empty").mkdir()
    assert refused(tmp_path / "empty") == "empty is empty: there is no picture in it."


def test_a_folder_without_pictures_says_what_is_there(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "texts").mkdir()
    for i in range(3):
        (tmp_path / "texts" / f"{i}.txt").write_text("x")
    assert refused(tmp_path / "texts") == "There is no picture in texts; found were 3 × .txt."


def test_a_folder_of_broken_pictures_only(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "a.png").write_bytes(b"nothing")
    sentence = refused(tmp_path / "bad")
    assert sentence.startswith("None of the 1 files in bad is a picture that can be read; the first, a.png, is not")


def test_a_source_that_is_not_there(tmp_path: Path, refused: Refused) -> None:
    assert "There is no file or folder" in refused(tmp_path / "gone")


@pytest.mark.parametrize(
    "name", ["a.png", "notes.docx", "model.safetensors", "a.csv", "x.zip", "y.tar.gz", "z-idx3-ubyte.gz"]
)
def test_a_file_that_is_nothing_to_import(tmp_path: Path, refused: Refused, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x01nothing in particular, but some bytes of it\n" * 5)
    assert name in refused(tmp_path / name)


def test_a_taken_name_is_refused_and_the_data_set_stays(tiny_pictures: Path, imported: Imported, ending: Any) -> None:
    store = imported(tiny_pictures)
    ended = ending(import_pictures(tiny_pictures, store.folder, "set"))
    assert ended.status == "failed" and "already" in str(ended.error)
    assert PictureStore(store.folder).names == store.names


def test_an_unreadable_folder_is_one_sentence(
    tiny_pictures: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(path: Any) -> Any:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", denied)
    assert refused(tiny_pictures) == "The folder tiny cannot be read: Permission denied."


def test_an_unreadable_file_is_skipped(
    tiny_pictures: Path, imported: Imported, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.read_bytes

    def denied(self: Path) -> bytes:
        if self.name == "circles_03.png":
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        return real(self)

    monkeypatch.setattr(Path, "read_bytes", denied)
    store = imported(tiny_pictures)
    assert len(store) == 35
    assert [str(s.reason) for s in store.skipped] == ["cannot be read (Permission denied)"]


@pytest.mark.parametrize("how", ["removed", "empty mount point"])
def test_a_source_that_goes_away_ends_in_one_sentence(
    tmp_path: Path, how: str, ending: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "drive"
    for i in range(300):
        picture(source / f"{i:03d}.png", i)
    real, reads = Path.read_bytes, [0]

    def unplugging(self: Path) -> bytes:
        reads[0] += 1
        if reads[0] == 120:
            source.rename(tmp_path / "unplugged")
            if how == "empty mount point":
                source.mkdir()
        return real(self)

    monkeypatch.setattr(Path, "read_bytes", unplugging)
    ended = ending(import_pictures(source, tmp_path / "project" / "d", "d"))
    assert ended.status == "failed"
    assert (
        str(ended.error)
        == "The folder drive went away while it was being read. Connect or restore it, and import it again."
    )
    assert list((tmp_path / "project").iterdir()) == []


def test_the_data_set_needs_its_source_no_more(tiny_pictures: Path, imported: Imported, tmp_path: Path) -> None:
    store = imported(tiny_pictures)
    shutil.rmtree(tiny_pictures)
    moved = tmp_path / "moved"
    shutil.copytree(store.folder, moved)
    with PictureStore(moved) as other:
        assert np.array_equal(np.asarray(other.read(5)), np.asarray(store.read(5)))


# --- a full disk, stopping, progress ---------------------------------------------------------------------------


@pytest.mark.parametrize("when", [0, 3, 20])
def test_a_full_disk_leaves_nothing(
    tiny_pictures: Path, tmp_path: Path, when: int, ending: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, writes = folders.HashedFile.write, [0]

    def full(self: folders.HashedFile, data: Any) -> int:
        writes[0] += 1
        if writes[0] > when:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, data)

    monkeypatch.setattr(folders.HashedFile, "write", full)
    ended = ending(import_pictures(tiny_pictures, tmp_path / "data" / "d", "d"))
    assert str(ended.error) == "The disk is full, so this could not be finished. Free some space and try again."
    assert list((tmp_path / "data").iterdir()) == []


@pytest.mark.parametrize("when", [0, 1, 4])
def test_a_disk_that_is_full_only_at_the_flush(
    tiny_pictures: Path, tmp_path: Path, when: int, ending: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = os.fsync, [0]

    def full(descriptor: int) -> None:
        calls[0] += 1
        if calls[0] > when:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    ended = ending(import_pictures(tiny_pictures, tmp_path / "data" / "d", "d"))
    assert ended.status == "failed" and "disk is full" in str(ended.error)
    assert list((tmp_path / "data").iterdir()) == []


def test_too_little_space_is_said_before(
    tiny_pictures: Path, refused: Refused, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(".")._replace(free=1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    assert "1 MB are free" in refused(tiny_pictures)


def test_stopping_leaves_nothing(tiny_pictures: Path, tmp_path: Path) -> None:
    asked = [0]

    def stop() -> bool:
        asked[0] += 1
        return asked[0] > 20

    events = list(import_pictures(tiny_pictures, tmp_path / "data" / "d", "d", stop))
    assert isinstance(events[-1], Ended) and events[-1].status == "stopped"
    assert not (tmp_path / "data").exists() or list((tmp_path / "data").iterdir()) == []


def test_stopping_takes_half_a_second_at_most_while_a_picture_takes_long(
    tiny_pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release, begun = threading.Event(), threading.Event()
    real = importing.describe

    def slow(payload: Any) -> Any:
        begun.set()
        release.wait(20)
        return real(payload)

    monkeypatch.setattr(importing, "describe", slow)
    asked: list[float] = []
    events = import_pictures(tiny_pictures, tmp_path / "data" / "d", "d", lambda: bool(asked))
    timer = threading.Timer(0.3, lambda: (begun.wait(), asked.append(time.monotonic())))
    timer.start()
    last = list(events)[-1]
    took = time.monotonic() - asked[0]
    release.set()
    timer.join()
    assert isinstance(last, Ended) and last.status == "stopped"
    assert took < 2.0  # 0.3 s on a quiet machine; the picture takes 20
    assert list((tmp_path / "data").iterdir()) == []


def test_closing_the_iterator_early_leaves_nothing(tiny_pictures: Path, tmp_path: Path) -> None:
    events = import_pictures(tiny_pictures, tmp_path / "data" / "d", "d")
    assert isinstance(next(events), Started)
    for event in events:
        if isinstance(event, Progress) and "Importing" in str(event.what):
            break
    events.close()  # type: ignore[attr-defined]
    assert list((tmp_path / "data").glob("*")) == []


def test_progress_comes_at_least_twice_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for i in range(12):
        picture(tmp_path / "set" / f"{i}.png", i)
    real = importing.describe
    monkeypatch.setattr(importing, "describe", lambda payload: (time.sleep(0.1), real(payload))[1])
    last, gaps, counts = time.monotonic(), [], []
    for event in import_pictures(tmp_path / "set", tmp_path / "d", "d"):
        gaps.append(time.monotonic() - last)
        last = time.monotonic()
        if isinstance(event, Progress) and str(event.what) == "Importing pictures":
            counts.append((event.done, event.rate))
    assert max(gaps) < 1.0  # 0.25 s on a quiet machine
    assert counts[-1][0] == 12 and (counts[-1][1] or 0) > 0


# --- idx -------------------------------------------------------------------------------------------------------


def idx_file(path: Path, values: np.ndarray) -> Path:
    """Write an idx file, packed if its name ends so."""
    head = struct.pack(f">I{values.ndim}I", 0x0800 + values.ndim, *values.shape)
    data = head + values.astype(np.uint8).tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def idx_set(folder: Path, part: str, count: int, suffix: str = ".gz") -> tuple[np.ndarray, np.ndarray]:
    """A pair of idx files; returns pixels (N, 28, 28) and labels (N,)."""
    generator = np.random.default_rng(count)
    pictures, labels = generator.integers(0, 255, (count, 28, 28), np.uint8), generator.integers(0, 4, count)
    idx_file(folder / f"{part}-images-idx3-ubyte{suffix}", pictures)
    idx_file(folder / f"{part}-labels-idx1-ubyte{suffix}", labels)
    return pictures, labels


@pytest.mark.parametrize("suffix", [".gz", ""])
def test_a_folder_of_idx_files(tmp_path: Path, imported: Imported, suffix: str) -> None:
    train, labels = idx_set(tmp_path / "mnist", "train", 30, suffix)
    idx_set(tmp_path / "mnist", "t10k", 10, suffix)
    store = imported(tmp_path / "mnist")
    assert len(store) == 40 and store.kind == "idx" and store.is_grey()
    assert store.labels["split"].counts() == {"test": 10, "train": 30}
    index = store.position("train/00007")
    assert np.array_equal(np.asarray(store.read(index)), train[7])
    assert classes(store)["train/00007"] == str(labels[7])


@pytest.mark.parametrize("which", ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"])
def test_one_idx_file_finds_its_partner(tmp_path: Path, imported: Imported, which: str) -> None:
    idx_set(tmp_path, "train", 9)
    idx_set(tmp_path, "t10k", 5)
    store = imported(tmp_path / which)
    assert len(store) == 9 and set(store.labels) == {"class"}


def test_idx_pictures_without_labels(tmp_path: Path, imported: Imported) -> None:
    idx_file(tmp_path / "my-images-idx3-ubyte.gz", np.zeros((4, 8, 8)))
    assert imported(tmp_path / "my-images-idx3-ubyte.gz").labels == {}


@pytest.mark.parametrize(
    "damage", ["cut gzip", "cut content", "long content", "wrong magic", "other count", "huge", "no pictures"]
)
def test_damaged_idx_files_are_one_sentence(tmp_path: Path, refused: Refused, damage: str) -> None:
    idx_set(tmp_path, "train", 9)
    path = tmp_path / "train-images-idx3-ubyte.gz"
    plain = gzip.decompress(path.read_bytes())
    changed = {
        "cut gzip": path.read_bytes()[:-30],
        "cut content": gzip.compress(plain[:-100]),
        "long content": gzip.compress(plain + b"x"),
        "wrong magic": gzip.compress(b"\0\0\x0b\x03" + plain[4:]),
        "other count": gzip.compress(struct.pack(">4I", 0x803, 8, 28, 28) + plain[16 : 16 + 8 * 784]),
        "huge": gzip.compress(struct.pack(">4I", 0x803, 2**31, 2**31, 2**31)),
        "no pictures": gzip.compress(struct.pack(">4I", 0x803, 0, 28, 28)),
    }
    path.write_bytes(changed[damage])
    if damage == "no pictures":
        (tmp_path / "train-labels-idx1-ubyte.gz").unlink()
    assert "train-images-idx3-ubyte.gz" in refused(path)


# --- the sets beside the repository, where they are -----------------------------------------------------------


@pytest.mark.skipif(not (SHARED / "dcss_tiles.zip").exists(), reason="needs ../shared/data")
def test_the_dungeon_tiles(imported: Imported) -> None:
    store = imported(SHARED / "dcss_tiles.zip")
    assert len(store) == 3377 and store.skipped == () and len(store.labels["class"].values) == 19
    assert store.labels["class"].counts()["player"] == 819


@pytest.mark.skipif(not (SHARED / "emoji_people_attrs.zip").exists(), reason="needs ../shared/data")
def test_the_people_with_their_attributes(imported: Imported) -> None:
    store = imported(SHARED / "emoji_people_attrs.zip")
    assert len(store) == 940 and set(store.labels) == {"skin_tone", "gender", "hair", "unicode_name"}
    assert store.labels["hair"].missing() == 865


@pytest.mark.slow
@pytest.mark.skipif(not (SHARED / "fashion_mnist_idx").exists(), reason="needs ../shared/data")
def test_fashion_mnist(imported: Imported) -> None:
    store = imported(SHARED / "fashion_mnist_idx")
    assert len(store) == 70_000 and set(store.labels["class"].counts().values()) == {7000}
    assert "Ankle boot" in store.labels["class"].values


def test_what_is_listed_is_only_looked_at(tiny_pictures: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in tiny_pictures.rglob("*")}
    listing = sources.list_source(tiny_pictures)
    assert len(listing.names) == 36 and {p: p.stat().st_mtime_ns for p in tiny_pictures.rglob("*")} == before
