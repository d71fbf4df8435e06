"""The check: what it finds, what it proposes, and that it changes nothing."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from studio.config.data import Choices
from studio.data import likeness
from studio.data.checking import Finding, Report, check
from studio.data.store import PictureStore
from studio.ground.events import Ended, Progress

Imported = Callable[..., PictureStore]
NONE = Choices()


def noise(seed: int, size: tuple[int, int] = (48, 48)) -> Image.Image:
    """A picture with large and small features, different for every seed."""
    generator = np.random.default_rng(seed)
    coarse = Image.fromarray(generator.integers(0, 255, (7, 6, 3), np.uint8)).resize(size, Image.Resampling.BICUBIC)
    fine = generator.integers(-8, 9, (size[1], size[0], 3))
    return Image.fromarray((np.asarray(coarse) + fine).clip(0, 255).astype(np.uint8))


def save(path: Path, image: Image.Image, **options: Any) -> None:
    """Write a picture in the format of its ending."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, **options)


def ordinary(folder: Path, count: int = 12) -> Path:
    """A folder of pictures with nothing wrong."""
    for i in range(count):
        save(folder / f"{i:02d}.png", noise(i))
    return folder


@pytest.fixture
def report(imported: Imported, ending: Callable[..., Ended]) -> Callable[..., dict[str, Finding]]:
    """A function (source, choices) that imports and checks; returns the findings by their codes."""

    def run(source: Path, choices: Choices = NONE, **options: Any) -> dict[str, Finding]:
        ended = ending(check(imported(source), choices, **options))
        assert ended.status == "finished", (str(ended.error), ended.trace)
        assert isinstance(ended.result, Report)
        return {finding.code: finding for finding in ended.result.findings}

    return run


def test_good_pictures_have_no_findings_but_that_they_are_few(tmp_path: Path, report: Any) -> None:
    assert set(report(ordinary(tmp_path / "s"))) == {"few"}


def test_broken_files_are_named_with_their_reasons(tmp_path: Path, report: Any) -> None:
    source = ordinary(tmp_path / "s")
    (source / "bad.png").write_bytes(b"")
    found = report(source)["broken"]
    assert found.names == ("bad.png",) and [str(r) for r in found.reasons] == ["is empty"] and found.proposal is None


def test_empty_pictures(tmp_path: Path, report: Any) -> None:
    source = ordinary(tmp_path / "s")
    save(source / "white.png", Image.new("RGB", (50, 50), "white"))
    save(source / "clear.png", Image.new("RGBA", (50, 50), (0, 0, 0, 0)))
    board = ((np.indices((80, 80)).sum(0) % 2) * 255).astype(np.uint8)
    save(source / "board.png", Image.fromarray(board))  # even from afar, but not empty
    assert report(source)["blank"].names == ("clear.png", "white.png")


def test_small_pictures_depend_on_the_training_size(tmp_path: Path, report: Any) -> None:
    source = ordinary(tmp_path / "s", 4)
    save(source / "small.png", noise(50, (40, 20)))
    assert report(source, size=32)["small"].names == ("small.png",)
    assert "small" not in {f.code for f in _findings_again(tmp_path, size=16)}


def _findings_again(tmp_path: Path, **options: Any) -> tuple[Finding, ...]:
    with PictureStore(tmp_path / "data" / "set") as store:
        last = list(check(store, Choices(), **options))[-1]
    assert isinstance(last, Ended)
    return last.result.findings  # type: ignore[no-any-return]


def test_all_small_pictures_are_not_to_be_left_out(tmp_path: Path, report: Any) -> None:
    found = report(ordinary(tmp_path / "s", 3), size=64)["small"]
    assert len(found.names) == 3 and found.proposal is None


def test_exact_copies_and_contradicting_labels(tmp_path: Path, report: Any) -> None:
    source = tmp_path / "s"
    for kind in ("cat", "dog"):
        ordinary(source / kind, 0)
        for i in range(4):
            save(source / kind / f"{i}.png", noise(i + 10 * ord(kind[0])))
    for copy in ("cat/again.png", "dog/also.png"):
        (source / copy).write_bytes((source / "cat" / "0.png").read_bytes())
    found = report(source)
    group = ("cat/0.png", "cat/again.png", "dog/also.png")
    assert found["duplicates"].groups == (group,)
    assert found["duplicates"].proposal.leave_out == group[1:]
    assert found["conflicting"].groups == (group,) and found["conflicting"].proposal.leave_out == group
    assert "near-duplicates" not in found


def test_near_duplicates_are_found_and_others_are_not(tmp_path: Path, report: Any) -> None:
    source = ordinary(tmp_path / "s", 40)
    first = noise(3)
    save(source / "03_jpeg.jpg", first, quality=60)
    save(source / "03_large.png", first.resize((96, 96), Image.Resampling.LANCZOS))
    save(source / "03_brighter.png", ImageEnhance.Brightness(first).enhance(1.01))
    save(source / "mirrored.png", first.transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    save(source / "other_colours.png", Image.merge("RGB", first.split()[::-1]))
    found = report(source)["near-duplicates"]
    assert found.groups == (("03.png", "03_brighter.png", "03_jpeg.jpg", "03_large.png"),)


def test_shapes_modes_transparency_and_motion(tmp_path: Path, report: Any) -> None:
    source = ordinary(tmp_path / "s", 4)
    save(source / "wide.png", noise(20, (60, 48)))
    save(source / "very_wide.png", noise(21, (160, 48)))
    save(source / "grey.png", noise(22).convert("L"))
    clear = noise(23).convert("RGBA")
    clear.putalpha(Image.fromarray(np.tile(np.arange(48, dtype=np.uint8) * 5, (48, 1))))
    save(source / "clear.png", clear)
    save(source / "moving.gif", noise(24), save_all=True, append_images=[noise(25)])
    found = report(source)
    assert found["shapes"].names == ("very_wide.png", "wide.png")
    assert [p.shape for p in found["shapes"].proposals] == ["crop", "pad"]
    assert found["very-odd-shapes"].names == ("very_wide.png",)
    assert "1 × grey" in str(found["modes"].text)
    assert found["transparency"].names == ("clear.png",) and found["transparency"].proposal.background == "#ffffff"
    assert found["animated"].names == ("moving.gif",)


def test_balance_and_missing_labels(tmp_path: Path, report: Any) -> None:
    source = tmp_path / "s"
    for i in range(20):
        save(source / "many" / f"{i}.png", noise(i))
    save(source / "few" / "a.png", noise(100))
    save(source / "none.png", noise(101))
    found = report(source)
    assert found["balance"].names == ("few/a.png",)
    assert str(found["balance"].text).startswith("class is unbalanced: many has 20 pictures, few has 1.")
    assert found["unlabelled"].names == ("none.png",)


def test_what_was_left_out_is_not_found_again(tmp_path: Path, report: Any, imported: Imported, ending: Any) -> None:
    source = ordinary(tmp_path / "s")
    (source / "copy.png").write_bytes((source / "00.png").read_bytes())
    found = report(source)["duplicates"]
    choices = found.proposal.apply(Choices(leave_out=("05.png",)))
    assert choices.leave_out == ("05.png", "copy.png") and found.proposal.apply(choices) == choices
    assert found.proposal.withdraw(choices) == Choices(leave_out=("05.png",))
    with PictureStore(tmp_path / "data" / "set") as store:
        assert {f.code for f in ending(check(store, choices)).result.findings} == {"few"}


def test_a_damaged_picture_comes_first(tmp_path: Path, imported: Imported, ending: Any) -> None:
    store = imported(ordinary(tmp_path / "s"))
    with (store.folder / "pack.bin").open("r+b") as handle:
        handle.seek(int(store.items[4]["offset"]) + 30)
        handle.write(b"????")
    findings = ending(check(store, Choices())).result.findings
    assert findings[0].code == "damaged" and findings[0].severity == "error" and findings[0].names == ("04.png",)


def test_the_check_changes_nothing_and_can_be_stopped(tmp_path: Path, imported: Imported, ending: Any) -> None:
    store = imported(ordinary(tmp_path / "s"))
    before = {p.name: p.read_bytes() for p in store.folder.iterdir()}
    assert ending(check(store, Choices(), lambda: True)).status == "stopped"
    assert ending(check(store, Choices())).status == "finished"
    assert {p.name: p.read_bytes() for p in store.folder.iterdir()} == before


def test_everything_left_out_is_no_error(tmp_path: Path, imported: Imported, ending: Any) -> None:
    store = imported(ordinary(tmp_path / "s", 3))
    assert ending(check(store, Choices(leave_out=store.names))).status == "finished"


# --- likeness --------------------------------------------------------------------------------------------------


def brute_force(hashes: np.ndarray) -> set[tuple[int, int]]:
    """All pairs at most DISTANCE bits apart, compared one by one."""
    values = hashes.tolist()
    pairs = [(i, j) for i in range(len(values)) for j in range(i + 1, len(values))]
    return {(i, j) for i, j in pairs if (values[i] ^ values[j]).bit_count() <= likeness.DISTANCE}


def test_no_pair_is_missed() -> None:
    generator = np.random.default_rng(5)
    base = generator.integers(0, 2**63, 40).astype(np.uint64)
    hashes = np.repeat(base, 5)
    for i in range(len(hashes)):
        for bit in generator.integers(0, 64, generator.integers(0, 4)):
            hashes[i] ^= np.uint64(1) << np.uint64(bit)
    thumbs = np.zeros((len(hashes), 8, 9, 3), np.uint8)
    found = {(min(p), max(p)) for _, pairs in likeness.alike_pairs(hashes, thumbs) for p in pairs}
    assert found == brute_force(hashes) and len(found) > 100


def test_bits_are_counted() -> None:
    values = np.array([0, 1, 2**64 - 1, 0xF0F0F0F0F0F0F0F0, 3 << 62], np.uint64)
    assert likeness.popcount(values).tolist() == [0, 1, 64, 32, 2]


def test_likeness_does_not_wander_along_a_chain() -> None:
    assert likeness.groups_of([(1, 2), (0, 1), (2, 3)]) == [[0, 1], [2, 3]]
    assert likeness.groups_of([]) == []


def test_comparing_many_is_quick_even_when_many_share_bits() -> None:
    generator = np.random.default_rng(0)
    hashes = generator.integers(0, 2**63, 30_000).astype(np.uint64)
    hashes[:10_000] &= np.uint64(0xFF000000000000FF)
    thumbs = generator.integers(0, 255, (30_000, 8, 9, 3), np.uint8)
    began = time.process_time()
    assert [done for done, _ in likeness.alike_pairs(hashes, thumbs)][-1] == 30_000
    assert time.process_time() - began < 30


def test_progress_of_the_check(tmp_path: Path, imported: Imported) -> None:
    store = imported(ordinary(tmp_path / "s"))
    events = list(check(store, Choices()))
    assert all(isinstance(e.done, int) and e.done <= (e.total or 0) for e in events if isinstance(e, Progress))
