"""The store and the prepared pictures: damage is noticed, the cache is used again, and the split holds."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from studio.config.builtin import Portraits
from studio.config.data import Choices, PrepareSettings, Relabelled
from studio.data.builtin import draw_portraits
from studio.data.folders import FolderReader, PositionReader
from studio.data.prepared import PreparedPictures
from studio.data.preparing import cache_name, prepare
from studio.data.splitting import split
from studio.data.store import RAW, PictureStore, difference_hash
from studio.data.work import never
from studio.ground.errors import DamagedError
from studio.ground.events import Ended, Notice, Progress
from studio.ground.files import verify_manifest

Imported = Callable[..., PictureStore]
NONE = Choices()
SIZE = PrepareSettings(size=16)


@pytest.fixture
def prepared(tmp_path: Path, ending: Callable[..., Ended]) -> Any:
    """A function (store, settings, choices) that prepares and opens; closed after the test."""
    opened: list[PreparedPictures] = []

    def run(store: PictureStore, settings: PrepareSettings = SIZE, choices: Choices = NONE) -> PreparedPictures:
        ended = ending(prepare(store, tmp_path / "cache", settings, choices))
        assert ended.status == "finished", (str(ended.error), ended.trace)
        opened.append(ended.result)
        return ended.result

    yield run
    for one in opened:
        one.close()


def damage(path: Path, kind: str, place: float) -> None:
    """Spoil a file: cut it, flip a bit, zero a page, empty it, or make it another file."""
    data = bytearray(path.read_bytes())
    at = min(int(place * len(data)), len(data) - 1)
    if kind == "cut":
        del data[at:]
    elif kind == "bit":
        data[at] ^= 1 << (at % 8)
    elif kind == "zeros":
        end = min(at + 4096, len(data))
        same = data[at:end] == bytes(end - at)
        data[at:end] = (b"\xff" if same else b"\0") * (end - at)
    path.write_bytes({"empty": b"", "other": b"something else\n" * 50}.get(kind, bytes(data)))


# --- the store -------------------------------------------------------------------------------------------------


def test_the_store_carries_a_manifest_that_holds(tiny_pictures: Path, imported: Imported) -> None:
    store = imported(tiny_pictures)
    verify_manifest(store.folder)
    files = {p.name for p in store.folder.iterdir()}
    assert files == {
        "pack.bin", "items.bin", "thumbs.bin", "names.bin", "labels.bin", "texts.bin", "store.json", "manifest.json",
    }  # fmt: skip


def contents(store: PictureStore) -> tuple[Any, ...]:
    """Everything that can be read from a store."""
    pictures = [store.data(i) for i in range(len(store))]
    return pictures, store.names, store.labels["class"].codes.tolist(), store.thumbs().tolist(), store.source


@pytest.mark.parametrize(
    "name", ["pack.bin", "items.bin", "thumbs.bin", "names.bin", "labels.bin", "store.json", "manifest.json"]
)
def test_a_damaged_store_is_never_silently_another(tiny_pictures: Path, imported: Imported, name: str) -> None:
    store = imported(tiny_pictures)
    before = contents(store)
    path = store.folder / name
    whole, noticed = path.read_bytes(), 0
    for kind, place in [(k, p) for k in ("cut", "bit", "zeros") for p in np.linspace(0, 1, 10)] + [
        ("empty", 0),
        ("other", 0),
    ]:
        damage(path, kind, place)
        assert path.read_bytes() != whole
        try:
            with PictureStore(store.folder) as again:
                assert contents(again) == before, (kind, place)
        except DamagedError as error:
            noticed += "damaged" in str(error) or "missing" in str(error)
        path.write_bytes(whole)
    assert noticed >= 30


def test_a_missing_file_is_named(tiny_pictures: Path, imported: Imported) -> None:
    store = imported(tiny_pictures)
    for path in sorted(store.folder.iterdir()):
        shutil.move(path, path.with_suffix(".away"))
        if path.name not in ("thumbs.bin", "texts.bin"):
            with pytest.raises(DamagedError, match="missing"):
                PictureStore(store.folder).close()
        shutil.move(path.with_suffix(".away"), path)
    with pytest.raises(DamagedError, match="missing"):
        PictureStore(store.folder / "nowhere")


def test_one_damaged_picture_does_not_hide_the_others(tiny_pictures: Path, imported: Imported) -> None:
    store = imported(tiny_pictures)
    with (store.folder / "pack.bin").open("r+b") as handle:
        handle.seek(int(store.items[3]["offset"]) + 20)
        handle.write(b"\xaa\x55\xaa")
    with pytest.raises(DamagedError, match="circles_03"):
        store.read(3)
    assert store.read(4).size == (40, 40)


def test_reading_from_many_threads_and_without_preadv(
    tiny_pictures: Path, imported: Imported, monkeypatch: pytest.MonkeyPatch
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    store = imported(tiny_pictures)
    whole = [store.data(i) for i in range(36)]
    monkeypatch.delattr("os.preadv", raising=False)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(store.data, list(range(36)) * 5)) == whole * 5


def test_hashes_tell_mirror_images_apart() -> None:
    ramp = np.tile(np.arange(9, dtype=np.uint8) * 20, (8, 1))[:, :, None].repeat(3, axis=2)
    found = difference_hash(np.stack([ramp, ramp[:, ::-1], np.zeros_like(ramp)]))
    assert found.tolist() == [2**64 - 1, 0, 0]


# --- preparing -------------------------------------------------------------------------------------------------


def test_pixels_are_those_of_the_pictures(tiny_pictures: Path, imported: Imported, prepared: Any) -> None:
    store = imported(tiny_pictures)
    data = prepared(store, PrepareSettings(size=40))
    assert (data.count, data.shape) == (36, (3, 40, 40))
    pictures = data.read(np.array([7, 0, 7]))
    assert pictures.shape == (3, 3, 40, 40) and pictures.dtype == np.uint8
    for row, index in enumerate((7, 0, 7)):
        assert np.array_equal(pictures[row].transpose(1, 2, 0), np.asarray(store.read(index)))
    assert data.names == store.names and np.array_equal(data.codes["class"], store.labels["class"].codes)
    assert data.facts.labels == {"class": ("circles", "squares", "stripes")} and data.facts.height == 40


def test_a_read_batch_belongs_to_the_caller(tiny_pictures: Path, imported: Imported, prepared: Any) -> None:
    data = prepared(imported(tiny_pictures))
    batch = data.read(np.arange(4))
    before = batch.copy()
    batch[:] = 0
    assert np.array_equal(data.read(np.arange(4)), before)


def test_large_data_is_read_by_position_and_the_same(tiny_pictures: Path, imported: Imported, prepared: Any) -> None:
    data = prepared(imported(tiny_pictures))
    order = np.random.default_rng(0).permutation(36)
    with PreparedPictures(data.folder, memory_bytes=0) as other:
        assert np.array_equal(other.read(order), data.read(order)) and list(other.verify())[-1] == 36
        assert other.read(np.array([], np.int64)).shape == (0, 3, 16, 16)
        for bad in ([36], [-1]):
            with pytest.raises(IndexError):
                other.read(np.array(bad))


def test_the_cache_is_used_again(tiny_pictures: Path, imported: Imported, prepared: Any) -> None:
    store = imported(tiny_pictures)
    first = prepared(store)
    stamp = (first.folder / "pixels.bin").stat().st_mtime_ns
    second = prepared(store)
    assert second.folder == first.folder and second.fingerprint == first.fingerprint
    assert (second.folder / "pixels.bin").stat().st_mtime_ns == stamp


def test_changed_labels_are_prepared_and_have_a_cache_of_their_own(
    tiny_pictures: Path, imported: Imported, prepared: Any
) -> None:
    store = imported(tiny_pictures)
    other = Relabelled(name=store.names[3], label="class", value="stripes")
    new = Relabelled(name=store.names[0], label="class", value="stars")
    data = prepared(store, SIZE, Choices(relabelled=(other, new), leave_out=store.names[1:2]))
    assert data.values["class"] == ("circles", "squares", "stripes", "stars")
    place = data.names.index(store.names[3])
    assert (data.codes["class"][0], data.codes["class"][place]) == (3, 2)
    plain = cache_name(store, SIZE, Choices())
    assert len({plain, *(cache_name(store, SIZE, Choices(relabelled=(one,))) for one in (other, new))}) == 3
    both = [cache_name(store, SIZE, Choices(relabelled=order)) for order in ((other, new), (new, other))]
    assert both[0] == both[1]


def test_every_setting_and_choice_has_a_cache_of_its_own(tiny_pictures: Path, imported: Imported) -> None:
    store = imported(tiny_pictures)
    names = {
        cache_name(store, settings, choices)
        for settings in (SIZE, PrepareSettings(size=17), PrepareSettings(size=16, channels=1))
        for choices in (
            Choices(),
            Choices(shape="pad"),
            Choices(background="#000000"),
            Choices(leave_out=store.names[:1]),
        )
    }
    assert len(names) == 12
    both = [cache_name(store, SIZE, Choices(leave_out=out)) for out in (store.names[:2], store.names[1::-1])]
    assert both[0] == both[1]


@pytest.mark.parametrize(
    "name", ["pixels.bin", "checks.bin", "hashes.bin", "indices.bin", "labels.bin", "prepared.json"]
)
def test_a_damaged_cache_is_noticed(tiny_pictures: Path, imported: Imported, prepared: Any, name: str) -> None:
    data = prepared(imported(tiny_pictures))
    path = data.folder / name
    whole = path.read_bytes()
    for kind in ("cut", "bit", "zeros", "empty", "other"):
        for memory_bytes in (0, 1 << 30):
            damage(path, kind, 0.4)
            with pytest.raises(DamagedError), PreparedPictures(data.folder, memory_bytes=memory_bytes) as broken:
                broken.read(np.arange(36))
            path.write_bytes(whole)
    with PreparedPictures(data.folder) as mended:
        assert np.array_equal(mended.read(np.arange(36)), data.read(np.arange(36)))


@pytest.mark.parametrize("name", ["pixels.bin", "labels.bin", "prepared.json", "manifest.json"])
@pytest.mark.parametrize("kind", ["bit", "gone"])
def test_a_damaged_cache_is_made_anew(
    tiny_pictures: Path, imported: Imported, prepared: Any, tmp_path: Path, name: str, kind: str
) -> None:
    store = imported(tiny_pictures)
    first = prepared(store)
    pixels, fingerprint, training = first.read(np.arange(36)), first.fingerprint, first.training
    first.close()
    if kind == "gone":
        (first.folder / name).unlink()
    else:
        damage(first.folder / name, kind, 0.4)
    events = list(prepare(store, tmp_path / "cache", SIZE, Choices()))
    assert [e.code for e in events if isinstance(e, Notice)] == ["cache-damaged"]
    with events[-1].result as again:  # type: ignore[attr-defined]
        assert np.array_equal(again.read(np.arange(36)), pixels)
        assert again.fingerprint == fingerprint and np.array_equal(again.training, training)


def test_damage_while_it_is_used_is_noticed(tiny_pictures: Path, imported: Imported, prepared: Any) -> None:
    data = prepared(imported(tiny_pictures))
    with PreparedPictures(data.folder, memory_bytes=0) as other:
        other.read(np.arange(36))
        damage(data.folder / "pixels.bin", "bit", 0.5)
        with pytest.raises(DamagedError):
            other.read(np.arange(36))
        damage(data.folder / "pixels.bin", "cut", 0.5)
        with pytest.raises(DamagedError, match="cut short"):
            other.read(np.array([35]))


def test_damaged_pictures_are_left_out_and_named_each_time(
    tiny_pictures: Path, imported: Imported, tmp_path: Path
) -> None:
    store = imported(tiny_pictures)
    with (store.folder / "pack.bin").open("r+b") as handle:
        handle.seek(int(store.items[3]["offset"]) + 20)
        handle.write(b"\xaa\x55\xaa")
    for _ in range(2):
        events = list(prepare(store, tmp_path / "cache", SIZE, Choices()))
        notes = [e for e in events if isinstance(e, Notice)]
        assert [n.code for n in notes] == ["pictures-damaged"] and "circles_03" in str(notes[0].body)
        with events[-1].result as data:  # type: ignore[attr-defined]
            assert data.count == 35 and data.lost == ("circles/circles_03.png",) and 3 not in data.source_indices


def test_captions_go_with_their_pictures(tmp_path: Path, ending: Any, prepared: Any) -> None:
    ending(draw_portraits(Portraits(count=6, size=16), tmp_path / "p", "p"))
    with PictureStore(tmp_path / "p") as store:
        names, captions = store.names, store.texts("caption")
        data = prepared(store, choices=Choices(leave_out=(names[0], names[3])))
        assert data.captions == tuple(captions[i] for i in (1, 2, 4, 5))
        assert data.facts.captions and store.facts().captions


def test_without_captions_there_are_none(tiny_pictures: Path, imported: Imported, prepared: Any) -> None:
    data = prepared(imported(tiny_pictures))
    assert data.captions == () and not data.facts.captions


def test_left_out_pictures_are_not_there(
    tiny_pictures: Path, imported: Imported, prepared: Any, ending: Any, tmp_path: Path
) -> None:
    store = imported(tiny_pictures)
    data = prepared(store, SIZE, Choices(leave_out=(*store.names[:12], "no such picture")))
    assert data.count == 24 and data.names == store.names[12:] and data.source_indices.tolist() == list(range(12, 36))
    ended = ending(prepare(store, tmp_path / "cache", SIZE, Choices(leave_out=store.names)))
    assert str(ended.error) == "No pictures are left: all 36 of the data set are left out."


def test_stopping_leaves_nothing(tiny_pictures: Path, imported: Imported, tmp_path: Path, ending: Any) -> None:
    store = imported(tiny_pictures)
    assert ending(prepare(store, tmp_path / "cache", SIZE, Choices(), lambda: True)).status == "stopped"
    assert list((tmp_path / "cache").iterdir()) == []
    events = prepare(store, tmp_path / "cache", SIZE, Choices(), never)
    next(e for e in events if isinstance(e, Progress))
    events.close()  # type: ignore[attr-defined]
    left = [p.name for p in (tmp_path / "cache").iterdir()]
    assert left in ([], [cache_name(store, SIZE, Choices())])


# --- shapes, colours -------------------------------------------------------------------------------------------


def single(tmp_path: Path, image: Image.Image, imported: Imported) -> PictureStore:
    """A data set of one picture."""
    (tmp_path / "one").mkdir()
    image.save(tmp_path / "one" / "a.png")
    return imported(tmp_path / "one")


def test_crop_takes_the_middle(tmp_path: Path, imported: Imported, prepared: Any) -> None:
    pixels = np.zeros((20, 60, 3), np.uint8)
    pixels[:, :20], pixels[:, 20:40], pixels[:, 40:] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    store = single(tmp_path, Image.fromarray(pixels), imported)
    found = prepared(store, PrepareSettings(size=10)).read(np.array([0]))[0]
    red, green, blue = found.reshape(3, -1).mean(axis=1)
    assert green > 250 and max(red, blue) < 5  # the filter reaches a pixel beyond the cut


def test_pad_keeps_the_whole_on_the_background(tmp_path: Path, imported: Imported, prepared: Any) -> None:
    store = single(tmp_path, Image.new("RGB", (60, 20), "#ff0000"), imported)
    choices = Choices(shape="pad", background="#0000ff")
    found = prepared(store, PrepareSettings(size=12), choices).read(np.array([0]))[0].transpose(1, 2, 0)
    rows = ["red" if tuple(row[6]) == (255, 0, 0) else "blue" if tuple(row[6]) == (0, 0, 255) else "?" for row in found]
    assert rows == ["blue"] * 4 + ["red"] * 4 + ["blue"] * 4


@pytest.mark.parametrize(("width", "height"), [(60, 20), (20, 60), (40, 30), (32, 24)])
def test_shapes_that_are_not_square(
    tmp_path: Path, imported: Imported, prepared: Any, width: int, height: int
) -> None:
    store = single(tmp_path, Image.new("RGB", (width, height), "#ff0000"), imported)
    settings = PrepareSettings(size=32, height=24)
    cut = prepared(store, settings)
    assert cut.shape == (3, 24, 32) and (cut.facts.height, cut.facts.width) == (24, 32)
    assert cut.read(np.array([0]))[0].reshape(3, -1).T.tolist() == [[255, 0, 0]] * (24 * 32)
    whole = prepared(store, settings, Choices(shape="pad", background="#0000ff")).read(np.array([0]))[0]
    share = min(1.0, (width / 32) / (height / 24), (height / 24) / (width / 32))
    assert (whole[0] > 128).mean() == pytest.approx(share, abs=0.05)
    assert {tuple(corner) for corner in (whole[:, 0, 0], whole[:, -1, -1])} <= {(255, 0, 0), (0, 0, 255)}


def test_square_pictures_keep_the_names_of_their_caches(tmp_path: Path, imported: Imported) -> None:
    store = single(tmp_path, Image.new("RGB", (8, 8), "#ff0000"), imported)
    assert cache_name(store, PrepareSettings(size=16), NONE).startswith("16x3-")
    names = {cache_name(store, PrepareSettings(size=16, height=height), NONE) for height in (0, 24, 32)}
    assert len(names) == 3 and "16x24x3-" in "".join(names)


@pytest.mark.parametrize(("size", "method"), [(8, "smaller"), (32, "same"), (64, "larger")])
def test_transparency_shows_the_chosen_colour(
    tmp_path: Path, imported: Imported, prepared: Any, size: int, method: str
) -> None:
    pixels = np.zeros((32, 32, 4), np.uint8)
    pixels[:, :16] = (10, 200, 30, 255)
    pixels[:, 16:, :3] = (255, 0, 0)  # colour under full transparency must never show
    store = single(tmp_path, Image.fromarray(pixels), imported)
    data = prepared(store, PrepareSettings(size=size), Choices(background="#0000ff"))
    found = data.read(np.array([0]))[0].transpose(1, 2, 0)
    assert found[0, 0].tolist() == [10, 200, 30] and found[0, -1].tolist() == [0, 0, 255], method
    assert found[:, :, 0].max() <= 24


def test_grey_and_colour(tmp_path: Path, imported: Imported, prepared: Any) -> None:
    store = single(tmp_path, Image.new("RGB", (20, 20), (255, 0, 0)), imported)
    grey = prepared(store, PrepareSettings(size=10, channels=1))
    assert grey.shape == (1, 10, 10) and grey.read(np.array([0])).tolist()[0][0][0][0] == 76
    assert prepared(store, PrepareSettings(size=10)).shape == (3, 10, 10)


def test_a_fine_pattern_becomes_its_mean(tmp_path: Path, imported: Imported, prepared: Any) -> None:
    """No moiré: a chessboard of single pixels, made much smaller, is an even grey."""
    board = ((np.indices((512, 512)).sum(0) % 2) * 255).astype(np.uint8)
    store = single(tmp_path, Image.fromarray(board), imported)
    found = prepared(store).read(np.array([0]))
    assert abs(found.astype(int) - 127).max() <= 2


def test_raw_pictures_are_prepared_too(imported: Imported, prepared: Any, tmp_path: Path) -> None:
    import struct

    pixels = np.random.default_rng(0).integers(0, 255, (5, 16, 16), np.uint8)
    (tmp_path / "a-images-idx3-ubyte").write_bytes(struct.pack(">4I", 0x803, 5, 16, 16) + pixels.tobytes())
    store = imported(tmp_path / "a-images-idx3-ubyte")
    assert store.formats == (RAW,)
    assert np.array_equal(prepared(store, PrepareSettings(size=16, channels=1)).read(np.arange(5))[:, 0], pixels)


# --- the split -------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 40), max_size=300))
@settings(max_examples=200, deadline=None)
def test_equal_pictures_are_never_on_both_sides(values: list[int]) -> None:
    hashes = np.array(values, np.uint64)
    out, training = split(hashes)
    assert sorted([*out.tolist(), *training.tolist()]) == list(range(len(values)))
    assert not set(hashes[out].tolist()) & set(hashes[training].tolist())
    assert len(out) <= len(values) // 4


@pytest.mark.parametrize(("count", "expected"), [(1, 0), (4, 1), (40, 10), (100, 16), (1000, 50), (50_000, 1024)])
def test_how_many_are_held_out(count: int, expected: int) -> None:
    hashes = np.random.default_rng(0).permutation(count).astype(np.uint64)
    assert len(split(hashes)[0]) == expected


def test_the_split_hardly_changes_when_pictures_are_added() -> None:
    hashes = np.random.default_rng(0).integers(0, 2**63, 2200).astype(np.uint64)
    before = set(hashes[:2000][split(hashes[:2000])[0]].tolist())
    after = set(hashes[split(hashes)[0]].tolist())
    assert len(before & after) >= 0.85 * len(before)


def test_a_reader_that_was_closed_says_so(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"abc")
    reader = PositionReader(tmp_path / "f")
    assert reader.read(1, 2) == b"bc"
    reader.close()
    with pytest.raises(ValueError):
        reader.read(0, 1)


def test_a_folder_without_manifest_is_not_whole(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    with pytest.raises(DamagedError, match="manifest is missing"):
        FolderReader(tmp_path / "d")
