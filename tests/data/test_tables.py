"""Tables beside pictures: CSV, CelebA's lists, the labels of Flowers-102; and the binary form of CIFAR-10."""

import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.data import matlab, tables
from studio.data.labels import Labels, is_label, labels_of
from studio.data.store import PictureStore

Imported = Callable[..., PictureStore]
Refused = Callable[[Path], str]


def png(seed: int, kind: str = "PNG") -> bytes:
    """The bytes of a small picture of noise."""
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (9, 9, 3), np.uint8)).save(buffer, kind)
    return buffer.getvalue()


def pictures(folder: Path, count: int, pattern: str = "{:03d}.png", kind: str = "PNG", first: int = 0) -> Path:
    """A folder of small pictures."""
    for i in range(count):
        path = folder / pattern.format(i + first)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(i, kind))
    return folder


def values(store: PictureStore, column: str) -> list[str]:
    """The label of each picture, empty where it has none."""
    labels = store.labels[column]
    return [labels.values[c] if c >= 0 else "" for c in labels.codes.tolist()]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("chosen", ["the folder", "the table"])
def test_a_table_beside_pictures(tmp_path: Path, imported: Imported, delimiter: str, chosen: str) -> None:
    pictures(tmp_path / "set" / "images", 6)
    rows = [["file", "hair", "caption"]] + [[f"{i:03d}.png", "ab"[i % 2], f"picture {i}"] for i in range(6)]
    table = tmp_path / "set" / ("t.tsv" if delimiter == "\t" else "t.csv")
    table.write_text("\n".join(delimiter.join(row) for row in rows))
    store = imported(tmp_path / "set" if chosen == "the folder" else table)
    assert values(store, "hair") == ["a", "b"] * 3
    assert store.texts("caption") == tuple(f"picture {i}" for i in range(6)) and store.text_columns == ("caption",)
    assert store.kind == ("folder" if chosen == "the folder" else "table")


def test_a_table_inside_a_zip(tmp_path: Path, imported: Imported) -> None:
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        for i in range(4):
            archive.writestr(f"images/{i}.png", png(i))
        archive.writestr("attributes.csv", "file,skin\n0.png,fair\n1.png,dark\n2.png,\n9.png,fair\n")
    store = imported(tmp_path / "z.zip")
    assert values(store, "skin") == ["fair", "dark", "", ""]


def test_class_folders_and_a_table_go_together(tmp_path: Path, imported: Imported) -> None:
    pictures(tmp_path / "set" / "cat", 2)
    pictures(tmp_path / "set" / "dog", 2)
    (tmp_path / "set" / "t.csv").write_text(
        "path,size,class\ncat/000.png,s,x\ncat/001.png,l,x\ndog/000.png,s,y\ndog/001.png,l,y\n"
    )
    store = imported(tmp_path / "set")
    assert values(store, "class") == ["cat", "cat", "dog", "dog"]
    assert values(store, "size") == ["s", "l", "s", "l"] and values(store, "class 2") == ["x", "x", "y", "y"]


def test_only_listed_pictures_come_from_a_chosen_table(tmp_path: Path, imported: Imported) -> None:
    pictures(tmp_path / "set", 5)
    (tmp_path / "set" / "some.csv").write_text("file,c\n001.png,a\n003.png,b\n")
    assert imported(tmp_path / "set" / "some.csv").names == ("001.png", "003.png")


@pytest.mark.parametrize(
    ("content", "word"),
    [("a,b\n1,2\n", "no column that names files"), ("file,c\nnowhere.png,1\n", "None of the files"), ("", "no column"),
     ("file,c\n../../etc/passwd,1\n", "None of the files")],
)  # fmt: skip
def test_tables_that_lead_nowhere(tmp_path: Path, refused: Refused, content: str, word: str) -> None:
    pictures(tmp_path / "set", 2)
    (tmp_path / "set" / "t.csv").write_text(content)
    assert word in refused(tmp_path / "set" / "t.csv")


def test_a_folder_with_an_odd_table_is_imported_without_it(tmp_path: Path, imported: Imported) -> None:
    pictures(tmp_path / "set", 2)
    (tmp_path / "set" / "odd.csv").write_bytes(b"file,c\n\0\0\0" + bytes(range(256)) * 9)
    (tmp_path / "set" / "long.csv").write_text("file,c\n000.png," + "x" * 300_000)
    assert len(imported(tmp_path / "set")) == 2


def test_quotes_accents_and_windows_letters(tmp_path: Path, imported: Imported) -> None:
    pictures(tmp_path / "set", 4)
    content = 'file,"the ""hair"""\n000.png,"blond, long"\n001.png,Café\n002.png,Café\n003.png,"blond, long"\n'
    (tmp_path / "set" / "t.csv").write_bytes(content.encode("cp1252"))
    store = imported(tmp_path / "set")
    assert values(store, 'the "hair"') == ["blond, long", "Café", "Café", "blond, long"]


def celeba(folder: Path, count: int = 8) -> Path:
    """A folder as somebody has who fetched CelebA by hand."""
    folder.mkdir(parents=True, exist_ok=True)
    names = ["5_o_Clock_Shadow", "Blond_Hair", "Smiling"]
    rows = [f"{i + 1:06d}.jpg " + " ".join("1" if (i >> b) & 1 else "-1" for b in range(3)) for i in range(count)]
    (folder / "list_attr_celeba.txt").write_text(f"{count}\n{' '.join(names)} \n" + "\n".join(rows) + "\n")
    parts = "\n".join(f"{i + 1:06d}.jpg {i % 3}" for i in range(count))
    (folder / "list_eval_partition.txt").write_text(parts + "\n")
    return folder


@pytest.mark.parametrize("layout", ["unpacked", "twice nested", "zip"])
def test_celeba_fetched_by_hand(tmp_path: Path, imported: Imported, layout: str) -> None:
    folder = celeba(tmp_path / "CelebA")
    inner = {"unpacked": "img_align_celeba", "twice nested": "img_align_celeba/img_align_celeba", "zip": "../x"}[layout]
    pictures(folder / inner, 8, "{:06d}.jpg", "JPEG", first=1)
    if layout == "zip":
        with zipfile.ZipFile(folder / "img_align_celeba.zip", "w") as archive:
            for path in sorted((tmp_path / "x").iterdir()):
                archive.write(path, f"img_align_celeba/{path.name}")
    store = imported(folder)
    assert len(store) == 8 and set(store.labels) == {"5_o_Clock_Shadow", "Blond_Hair", "Smiling", "split"}
    assert values(store, "Blond_Hair") == ["no", "no", "yes", "yes"] * 2
    assert values(store, "split")[:3] == ["train", "valid", "test"]


def test_celeba_lists_as_csv(tmp_path: Path, imported: Imported) -> None:
    pictures(tmp_path / "c", 4, "{:06d}.jpg", "JPEG", first=1)
    rows = "".join(f"{i + 1:06d}.jpg,{1 if i % 2 else -1},1\n" for i in range(4))
    (tmp_path / "c" / "list_attr_celeba.csv").write_text("image_id,Male,Young\n" + rows)
    store = imported(tmp_path / "c")
    assert values(store, "Male") == ["no", "yes"] * 2 and values(store, "Young") == ["yes"] * 4


def test_forty_attributes_of_many_pictures_are_read_quickly() -> None:
    names = " ".join(f"A{i}" for i in range(40))
    rows = "\n".join(f"{i:06d}.jpg " + "-1  1 " * 20 for i in range(20_000))
    table = tables.read_table("list_attr_celeba.txt", f"20000\n{names}\n{rows}\n".encode())
    assert table is not None and len(table.files) == 20_000 and len(table.columns) == 40


def test_matching_by_path_end_and_bare_name() -> None:
    table = tables.Table("t", ("x/a.png", "b.png", "y/c.png", "z/c.png"), {})
    found = tables.match(table, ["top/x/a.png", "elsewhere/b.png", "other/a.png", "z/c.png", "c.png", "d.png"])
    assert found == [0, 1, 0, 3, -1, -1]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (["a", "b", "a", "b"], True),
        (["a", "b", "c", "d"], False),
        (["", "", ""], False),
        (["yes"], True),
        (["1", "2"], True),
        ([f"a picture of cat {i % 20}" for i in range(100)], False),
        ([f"African hunting dog {i % 20}" for i in range(100)], True),
        (["a long sentence in words", "another long sentence in words"] * 9, True),
    ],
)
def test_what_is_a_label(column: list[str], expected: bool) -> None:
    assert is_label(column) is expected


def test_labels_are_sorted_as_people_do() -> None:
    assert labels_of(["10", "9", "", "1"]).values == ("1", "9", "10")
    assert labels_of(["b", "a10", "a9"]).values == ("a10", "a9", "b")


def test_taking_labels_drops_unused_values() -> None:
    labels = Labels(("a", "b", "c"), np.array([0, 2, -1, 1, 2], np.int32))
    taken = labels.take(np.array([4, 2, 0]))
    assert taken.values == ("a", "c") and taken.codes.tolist() == [1, -1, 0] and taken.missing() == 1


# --- MATLAB, Flowers-102, CIFAR-10 -----------------------------------------------------------------------------


def element(kind: int, body: bytes) -> bytes:
    """One element of a MATLAB file, padded."""
    return struct.pack("<II", kind, len(body)) + body + bytes(-len(body) % 8)


def mat_file(arrays: dict[str, np.ndarray], *, packed: bool = True) -> bytes:
    """A MATLAB 5 file, as its format's description says; small names in the short form."""
    out = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<H", 0x0100) + b"IM"
    for name, array in arrays.items():
        kind = {"u1": 2, "u2": 4, "f8": 9}[array.dtype.str[1:]]
        short = struct.pack("<I", len(name) << 16 | 1) + name.encode().ljust(4, b"\0")
        named = short if len(name) <= 4 else element(1, name.encode())
        body = (
            element(6, bytes(8))
            + element(5, struct.pack("<ii", 1, len(array)))
            + named
            + element(kind, array.tobytes())
        )
        matrix = element(14, body)
        out += struct.pack("<II", 15, len(zlib.compress(matrix))) + zlib.compress(matrix) if packed else matrix
    return out


@pytest.mark.parametrize("packed", [True, False])
def test_number_arrays_of_matlab_files(packed: bool) -> None:
    arrays = {
        "labels": np.arange(9, dtype="<u1"),
        "id": np.array([7, 300], "<u2"),
        "tstid": np.array([1.0, 2.5], "<f8"),
    }
    found = matlab.read_arrays(mat_file(arrays, packed=packed))
    assert set(found) == set(arrays)
    assert all(np.array_equal(found[name], arrays[name]) for name in arrays)


def test_damaged_matlab_files_are_value_errors() -> None:
    data = mat_file({"labels": np.arange(200, dtype="<u1")})
    generator, outcomes = np.random.default_rng(0), []
    for trial in range(200):
        changed = bytearray(data[: int(generator.integers(1, len(data)))] if trial % 2 else data)
        changed[int(generator.integers(len(changed)))] ^= 1 << int(generator.integers(8))
        try:
            matlab.read_arrays(bytes(changed))
            outcomes.append("read")
        except ValueError:
            outcomes.append("refused")
    assert "refused" in outcomes


@pytest.mark.parametrize("layout", ["as downloaded", "unpacked"])
def test_flowers_with_their_labels(tmp_path: Path, imported: Imported, layout: str) -> None:
    folder = pictures(tmp_path / "f", 6, "jpg/image_{:05d}.jpg", "JPEG", first=1)
    (folder / "imagelabels.mat").write_bytes(mat_file({"labels": np.array([77, 77, 9, 9, 102, 102], "<u1")}))
    ids = {"trnid": np.array([1, 3, 5], "<u2"), "valid": np.array([2], "<u2"), "tstid": np.array([4, 6], "<u2")}
    (folder / "setid.mat").write_bytes(mat_file(ids))
    if layout == "as downloaded":
        with tarfile.open(folder / "102flowers.tgz", "w:gz") as archive:
            archive.add(folder / "jpg", "jpg")
        for path in (folder / "jpg").iterdir():
            path.unlink()
    store = imported(folder)
    assert values(store, "class") == ["77", "77", "9", "9", "102", "102"]
    assert values(store, "split") == ["train", "valid", "train", "test", "train", "test"]
    assert store.labels["class"].values == ("9", "77", "102")


def cifar(count: int, seed: int) -> tuple[bytes, np.ndarray, np.ndarray]:
    """One file of records, and what is in it: pixels (N, 32, 32, 3) and codes (N,)."""
    generator = np.random.default_rng(seed)
    pixels, codes = generator.integers(0, 255, (count, 32, 32, 3), np.uint8), generator.integers(0, 10, count)
    rows = [bytes([code]) + picture.transpose(2, 0, 1).tobytes() for code, picture in zip(codes, pixels, strict=True)]
    return b"".join(rows), pixels, codes


@pytest.mark.parametrize("layout", ["archive", "archive in its folder", "files"])
def test_cifar_in_its_binary_form(tmp_path: Path, imported: Imported, layout: str) -> None:
    folder = tmp_path / "cifar"
    folder.mkdir()
    files = {"data_batch_1.bin": cifar(12, 1), "data_batch_2.bin": cifar(12, 2), "test_batch.bin": cifar(8, 3)}
    if layout == "files":
        for name, (data, _, _) in files.items():
            (folder / name).write_bytes(data)
    else:
        with tarfile.open(folder / "cifar-10-binary.tar.gz", "w:gz") as archive:
            for name, (data, _, _) in files.items():
                info = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
    store = imported(folder / "cifar-10-binary.tar.gz" if layout == "archive" else folder)
    assert len(store) == 32 and store.labels["split"].counts() == {"test": 8, "train": 24}
    index = store.position("data_batch_2/00005")
    _, pixels, codes = files["data_batch_2.bin"]
    assert np.array_equal(np.asarray(store.read(index)), pixels[5])
    names = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
    assert values(store, "class")[index] == names[codes[5]]


def test_cifar_cut_short(tmp_path: Path, refused: Refused) -> None:
    (tmp_path / "data_batch_1.bin").write_bytes(cifar(3, 0)[0][:-1])
    sentence: Any = refused(tmp_path)
    assert "data_batch_1.bin is not whole" in sentence
