"""Parts that share no picture: equal ones stay together, a split of the data set's own rules, small sets keep some."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from studio.config.data import Choices, PrepareSettings
from studio.data.prepared import PreparedPictures
from studio.data.preparing import prepare
from studio.data.splitting import Parts, near_keys, own_split, parts_of, split, split_among
from studio.data.store import PictureStore
from studio.ground.events import Ended

Imported = Callable[..., PictureStore]
NAMES = ("dev", "Test", "train")


def positions(parts: Parts) -> list[int]:
    """All that are in some part, as often as they are."""
    return np.concatenate([parts.training, parts.validation, parts.test]).tolist()


def labelled(codes: Any) -> tuple[dict[str, np.ndarray], dict[str, tuple[str, ...]]]:
    """A data set's own split with these codes of NAMES."""
    return {"split": np.array(codes, np.int32)}, {"split": NAMES}


pictures = st.lists(st.tuples(st.integers(0, 60), st.integers(-1, 2)), max_size=200)


@given(pictures, st.booleans())
@settings(max_examples=150, deadline=None)
def test_no_picture_leaks(drawn: list[tuple[int, int]], own: bool) -> None:
    keys = np.array([key for key, _ in drawn], np.uint64)
    codes, values = labelled([code for _, code in drawn]) if own else ({}, {})
    parts = parts_of(keys, codes, values)
    found = positions(parts)
    assert len(found) == len(set(found)) and set(found) <= set(range(len(keys)))
    sides = [set(keys[part].tolist()) for part in (parts.training, parts.validation, parts.test)]
    assert not (sides[0] & sides[1] or sides[0] & sides[2] or sides[1] & sides[2])
    assert all((np.diff(part) > 0).all() for part in (parts.training, parts.validation, parts.test))
    if not own:
        assert sorted(found) == list(range(len(keys)))
        assert len(parts.validation) <= len(keys) // 4 and len(parts.test) <= len(keys) // 4


@given(pictures)
@settings(max_examples=150, deadline=None)
def test_a_split_of_its_own_rules(drawn: list[tuple[int, int]]) -> None:
    keys = np.array([key for key, _ in drawn], np.uint64)
    codes, values = labelled([code for _, code in drawn])
    parts = parts_of(keys, codes, values)
    given_test, given_validation = own_split(codes, values)
    if given_test is not None:
        assert parts.test.tolist() == np.flatnonzero(given_test).tolist()
        assert not set(split_among(keys, given_test)[1].tolist()) & set(parts.test.tolist())
    if given_validation is not None:
        assert set(parts.validation.tolist()) <= set(np.flatnonzero(given_validation).tolist())
        assert not set(parts.training.tolist()) & set(np.flatnonzero(given_validation).tolist())


@given(st.permutations(list(range(90))))
@settings(max_examples=30, deadline=None)
def test_the_parts_follow_from_the_pictures_not_from_their_order(order: list[int]) -> None:
    keys = np.random.default_rng(0).integers(0, 50, 90).astype(np.uint64)
    shuffled = keys[order]
    for part, other in zip(_keys(keys), _keys(shuffled), strict=True):
        assert part == other


def _keys(keys: np.ndarray) -> list[list[int]]:
    parts = parts_of(keys, {}, {})
    return [sorted(keys[part].tolist()) for part in (parts.training, parts.validation, parts.test)]


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, (0, 0, 0)), (1, (1, 0, 0)), (3, (3, 0, 0)), (4, (2, 1, 1)), (100, (68, 16, 16)), (4000, (3400, 200, 400)),
     (60_000, (56_976, 1024, 2000))],
)  # fmt: skip
def test_how_many_are_in_which_part(count: int, expected: tuple[int, int, int]) -> None:
    keys = np.random.default_rng(0).permutation(count).astype(np.uint64)
    parts = parts_of(keys, {}, {})
    assert (len(parts.training), len(parts.validation), len(parts.test)) == expected


def test_validation_is_what_a_generator_holds_out() -> None:
    keys = np.random.default_rng(1).integers(0, 2**63, 700).astype(np.uint64)
    assert parts_of(keys, {}, {}).validation.tolist() == split(keys)[0].tolist()


def test_a_given_validation_leaves_the_test_to_chance() -> None:
    parts = parts_of(np.arange(100, dtype=np.uint64), *labelled([0] * 20 + [2] * 80))
    assert parts.validation.tolist() == list(range(20))
    assert parts.test.tolist() == list(range(20, 36)) and parts.training.tolist() == list(range(36, 100))


@pytest.mark.parametrize("code", [0, 1])
def test_a_split_that_leaves_nothing_to_learn_from_does_not_rule(code: int) -> None:
    keys = np.arange(40, dtype=np.uint64)
    assert own_split(*labelled([code] * 40)) == (None, None)
    assert len(parts_of(keys, *labelled([code] * 40)).training) == 20


def test_a_copy_of_a_test_picture_is_in_no_other_part() -> None:
    keys = np.array([7, 7, 7, *range(10, 50)], np.uint64)
    parts = parts_of(keys, *labelled([1, 0, 2, *[2] * 40]))
    assert parts.test.tolist() == [0]
    assert not {1, 2} & set(positions(Parts(parts.training, parts.validation, np.zeros(0, np.int64))))


def test_only_equal_pictures_and_no_others_are_one_group() -> None:
    parts = parts_of(np.full(30, 5, np.uint64), {}, {})
    assert len(parts.training) == 30 and not len(parts.validation) and not len(parts.test)


# --- nearly equal pictures -------------------------------------------------------------------------------------


def noisy(count: int, *, size: int = 24, channels: int = 3) -> np.ndarray:
    """Pictures (count, C, H, W) uint8 with rough shapes, no two alike."""
    generator = np.random.default_rng(3)
    coarse = generator.integers(0, 255, (count, channels, 6, 6), np.uint8)
    return coarse.repeat(size // 6, axis=2).repeat(size // 6, axis=3)


@pytest.mark.parametrize(("size", "channels"), [(24, 3), (24, 1), (12, 1), (6, 3)])
def test_nearly_equal_pictures_share_a_key(size: int, channels: int) -> None:
    pixels = noisy(60, size=size, channels=channels)
    near = np.clip(pixels[:20].astype(int) + 1, 0, 255).astype(np.uint8)
    everything = np.concatenate([pixels, near])
    keys = near_keys([everything[:33], everything[33:]], np.arange(100, 180, dtype=np.uint64))
    assert keys[60:].tolist() == keys[:20].tolist() == list(range(100, 120))
    assert len(set(keys.tolist())) == 60


def test_equal_hashes_share_a_key_whatever_they_look_like() -> None:
    hashes = np.array([4, 9, 4, 2, 9], np.uint64)
    keys = near_keys([noisy(5)], hashes)
    assert keys.tolist() == [4, 9, 4, 2, 9]


# --- prepared pictures -----------------------------------------------------------------------------------------


@pytest.fixture
def prepared(tmp_path: Path, ending: Callable[..., Ended], imported: Imported) -> Any:
    """A function (folder of pictures) that imports and prepares it."""
    opened: list[PreparedPictures] = []

    def run(source: Path) -> PreparedPictures:
        work = prepare(imported(source), tmp_path / "cache", PrepareSettings(size=16), Choices())
        opened.append(ending(work).result)
        return opened[-1]

    yield run
    for one in opened:
        one.close()


def folder_with_tests(root: Path, *, tests: int = 6, training: int = 30) -> Path:
    """A folder with train and test, one picture of the test in training too."""
    pixels = noisy(tests + training).transpose(0, 2, 3, 1)
    for number, picture in enumerate(pixels):
        place = root / ("test" if number < tests else "train") / "abc"[number % 3]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(place / f"{number:02d}.png")
    Image.fromarray(pixels[0]).save(root / "train" / "a" / "copy.png")
    return root


def test_tests_of_the_data_set_are_never_trained_on(tmp_path: Path, prepared: Any) -> None:
    data = prepared(folder_with_tests(tmp_path / "set"))
    tests = {i for i, name in enumerate(data.names) if name.startswith("test/")}
    copy = data.names.index("train/a/copy.png")
    assert len(tests) == 6 and set(data.parts.test.tolist()) == tests
    for part in (data.training, data.held_out, data.parts.training, data.parts.validation):
        assert not set(part.tolist()) & (tests | {copy})
    assert sorted([*data.training, *data.held_out]) == sorted(set(range(data.count)) - tests - {copy})


def test_a_run_from_before_goes_on_with_what_it_began_with(tmp_path: Path, prepared: Any) -> None:
    data = prepared(folder_with_tests(tmp_path / "set"))
    before, now = data._content, data.fingerprint
    assert before != now
    data.follow("of other data")
    assert data.fingerprint == now
    data.follow(now)
    assert data.fingerprint == now and len(data.training) + len(data.held_out) == 30
    data.follow(before)
    assert data.fingerprint == before
    assert sorted([*data.training, *data.held_out]) == list(range(data.count))


def test_without_tests_of_its_own_nothing_changes(tiny_pictures: Path, prepared: Any) -> None:
    data = prepared(tiny_pictures)
    assert data.fingerprint == data._content
    assert sorted([*data.training, *data.held_out]) == list(range(data.count))
    assert sorted(positions(data.parts)) == list(range(data.count))


def test_parts_are_the_same_whether_kept_in_memory_or_not(tiny_pictures: Path, prepared: Any) -> None:
    data = prepared(tiny_pictures)
    with PreparedPictures(data.folder, memory_bytes=0) as other:
        assert positions(other.parts) == positions(data.parts)
