"""Captions: from a column of a table, from texts beside the pictures, from both; what is missing is told."""

import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.config.data import Choices
from studio.data.checking import check
from studio.data.importing import import_pictures
from studio.data.labels import caption_column, is_caption
from studio.data.store import PictureStore, has_captions
from studio.ground.events import Ended, Event

Imported = Callable[..., PictureStore]


def picture(seed: int) -> bytes:
    """A small picture of noise as PNG."""
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (9, 9, 3), np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def files(words: dict[int, str | bytes], count: int = 4, ending: str = ".txt") -> dict[str, bytes]:
    """Pictures in a folder ``a``, some with words beside them."""
    made = {f"a/{i}.png": picture(i) for i in range(count)}
    told = {f"a/{i}{ending}": w.encode() if isinstance(w, str) else w for i, w in words.items()}
    return dict(sorted({**made, **told}.items()))


def put(folder: Path, content: dict[str, bytes]) -> Path:
    """Write files into a folder."""
    for name, data in content.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def packed(path: Path, content: dict[str, bytes]) -> Path:
    """The same as a zip or a tar, by the path's ending."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in content.items():
                archive.writestr(name, data)
        return path
    with tarfile.open(path, "w:gz") as tar:
        for name, data in content.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def events_of(source: Path, folder: Path) -> list[Event]:
    """All events of an import."""
    return list(import_pictures(source, folder, "set"))


def notes_of(source: Path, folder: Path) -> list[str]:
    """What the import says of its captions and files."""
    ended = events_of(source, folder)[-1]
    assert isinstance(ended, Ended) and ended.status == "finished", ended
    return [str(note) for note in ended.result.notes]


@pytest.mark.parametrize("kind", ["folder", "s.zip", "s.tar.gz"])
@pytest.mark.parametrize("last", [False, True])
def test_texts_beside_pictures_are_their_captions(tmp_path: Path, imported: Imported, kind: str, last: bool) -> None:
    content = files({0: "a red\n  cat ", 2: "ein Bär"})
    if last:  # texts behind all pictures, as no tool sorts them: nothing of an archive is lost
        content = dict(sorted(content.items(), key=lambda item: item[0].endswith("txt")))
    store = imported(put(tmp_path / "s", content) if kind == "folder" else packed(tmp_path / kind, content))
    assert len(store) == 4 and store.skipped == ()
    assert dict(zip(store.names, store.captions, strict=True)) == {
        "0.png": "a red cat", "1.png": "", "2.png": "ein Bär", "3.png": "",
    }  # fmt: skip
    assert store.text_columns == ("caption",) and store.facts().captions and has_captions(store.folder)
    assert store.labels == {}


def test_other_endings_and_letters(tmp_path: Path, imported: Imported) -> None:
    content = files({0: "Café".encode("cp1252")}) | files({1: "one"}, 0, ".caption") | {"a/2.png.txt": b"two"}
    store = imported(put(tmp_path / "s", content))
    assert store.captions == ("Café", "one", "two", "")


def test_a_table_beside_pictures_at_the_end_of_a_tar_loses_no_picture(tmp_path: Path, imported: Imported) -> None:
    content = files({}) | {"words.csv": b"file,hair\n0.png,red\n1.png,red\n2.png,blue\n3.png,blue\n"}
    assert len(imported(packed(tmp_path / "s.tar.gz", content))) == 4


def test_a_caption_column_is_text_even_where_captions_repeat(tmp_path: Path, imported: Imported) -> None:
    rows = "".join(f"{i}.png,{'a cat' if i % 2 else 'a dog'},{'ab'[i % 2]}\n" for i in range(4))
    store = imported(put(tmp_path / "s", files({}) | {"t.csv": f"file,caption,hair\n{rows}".encode()}))
    assert store.captions == ("a dog", "a cat", "a dog", "a cat") and set(store.labels) == {"hair"}


def test_texts_fill_the_gaps_of_a_table(tmp_path: Path, imported: Imported) -> None:
    table = b"file,Caption\n0.png,from the table\n1.png,\n"
    store = imported(put(tmp_path / "s", files({0: "beside", 1: "beside"}) | {"t.csv": table}))
    assert store.captions == ("from the table", "beside", "", "") and store.text_columns == ("Caption",)


def test_what_has_no_caption_is_told(tmp_path: Path) -> None:
    notes = notes_of(put(tmp_path / "s", files({0: "one", 1: "two", 2: "three"})), tmp_path / "made")
    assert notes == ["1 of 4 pictures have no caption. A model that reads words learns these without any."]
    assert notes_of(put(tmp_path / "whole", files(dict.fromkeys(range(4), "x"))), tmp_path / "made too") == []


def test_texts_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    notes = notes_of(put(tmp_path / "s", files({0: "one", 1: b"\0\1\2"})), tmp_path / "made")
    assert notes[0] == "1 texts beside pictures cannot be read; the first is a/1.txt."
    assert "3 of 4 pictures have no caption" in notes[1]


def test_texts_that_belong_to_no_picture_are_passed_over(tmp_path: Path, imported: Imported) -> None:
    content = files({}) | {"a/readme.txt": b"Made in spring."}
    assert imported(put(tmp_path / "s", content)).text_columns == ()
    assert notes_of(tmp_path / "s", tmp_path / "made") == ["Files that are no pictures were passed over: 1 × .txt."]


def test_of_several_columns_of_texts_one_is_the_caption_and_is_named(tmp_path: Path) -> None:
    rows = "".join(f"{i}.png,photographer {i},picture {i}\n" for i in range(4))
    content = files({}) | {"t.csv": f"file,by,text\n{rows}".encode()}
    notes = notes_of(put(tmp_path / "s", content), tmp_path / "made")
    assert notes == ["Of the columns of texts (by, text) text is taken for the captions."]
    with PictureStore(tmp_path / "made") as store:
        assert store.captions[0] == "picture 0"


@pytest.mark.parametrize(
    ("names", "found"),
    [(("a", "Caption", "text"), "Caption"), (("text", "prompt"), "prompt"), (("a", "b"), "a"), ((), "")],
)
def test_which_column_describes(names: tuple[str, ...], found: str) -> None:
    assert caption_column(names) == found


def test_what_reads_like_captions() -> None:
    assert is_caption("caption", ["cat", "cat", "dog"]) and is_caption(" Prompt ", ["cat"] * 9)
    assert is_caption("description", ["a cat", "a cat"]) and not is_caption("description", ["cat", "cat"])
    assert not is_caption("caption", ["", ""]) and not is_caption("hair", ["a b", "a b"])


def test_the_check_names_pictures_without_a_caption(tmp_path: Path, imported: Imported) -> None:
    store = imported(put(tmp_path / "s", files({0: "one", 2: "two"}, 30)))
    (*_, ended) = check(store, Choices())
    assert isinstance(ended, Ended)
    (found,) = [finding for finding in ended.result.findings if finding.code == "uncaptioned"]
    assert str(found.text) == "Without a caption: 28 of 30 pictures." and len(found.names) == 28
