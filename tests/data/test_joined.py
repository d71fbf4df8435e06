"""Two data sets as one."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.config.data import Choices, PrepareSettings
from studio.data.importing import import_pictures
from studio.data.joined import ORIGIN, JoinedPictures
from studio.data.prepared import PreparedPictures
from studio.data.preparing import prepare
from studio.data.store import PictureStore
from studio.ground.errors import UsageError


def prepared(folder: Path, name: str, count: int, *, size: int = 16, labels: tuple[str, ...] = ()) -> PreparedPictures:
    """Pictures of noise, in a folder for each label."""
    source = folder / f"{name}-source"
    draw = np.random.default_rng(count)
    for i in range(count):
        path = source / (labels[i % len(labels)] if labels else "") / f"{i:03d}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw.integers(0, 256, (size, size, 3), np.uint8)).save(path)
    list(import_pictures(source, folder / name, name))
    with PictureStore(folder / name) as store:
        *_, ended = prepare(store, folder / f"cache-{name}-{size}", PrepareSettings(size=size), Choices())
    found = ended.result
    assert isinstance(found, PreparedPictures), ended
    return found


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[PreparedPictures, PreparedPictures]]:
    """Thirty pictures of two kinds, and twenty-four of which one kind is the same."""
    one = prepared(tmp_path, "one", 30, labels=("cat", "dog"))
    other = prepared(tmp_path, "other", 24, labels=("dog", "cow"))
    yield one, other
    one.close()
    other.close()


def test_the_second_lies_behind_the_first(both: tuple[PreparedPictures, PreparedPictures]) -> None:
    one, other = both
    with JoinedPictures(one, other, ("one", "other")) as joined:
        assert len(joined) == 54 == joined.facts.count and joined.names == (*one.names, *other.names)
        assert np.array_equal(joined.codes[ORIGIN], [0] * 30 + [1] * 24)
        assert joined.facts.labels[ORIGIN] == ("one", "other")
        order = np.array([53, 0, 30, 29, 0])
        wanted = [other.read(np.array([23])), one.read(np.array([0])), other.read(np.array([0]))]
        assert np.array_equal(joined.read(order)[:3], np.concatenate(wanted))
        assert np.array_equal(joined.read(np.array([31, 32])), other.read(np.array([1, 2])))
        with pytest.raises(IndexError):
            joined.read(np.array([54]))


def test_labels_of_both_have_the_values_of_either(both: tuple[PreparedPictures, PreparedPictures]) -> None:
    with JoinedPictures(*both, ("one", "other")) as joined:
        (label,) = set(joined.values) - {ORIGIN}
        assert set(joined.values[label]) == {"cat", "dog", "cow"}
        for start, data in zip((0, 30), both, strict=True):
            for i in range(data.count):
                value = data.values[label][data.codes[label][i]]
                assert joined.values[label][joined.codes[label][start + i]] == value


def test_each_is_divided_as_it_would_be_alone(both: tuple[PreparedPictures, PreparedPictures]) -> None:
    one, other = both
    with JoinedPictures(one, other, ("one", "other")) as joined:
        assert np.array_equal(joined.training, np.concatenate([one.training, other.training + 30]))
        assert np.array_equal(joined.held_out, np.concatenate([one.held_out, other.held_out + 30]))
        assert np.array_equal(joined.parts.test, np.concatenate([one.parts.test, other.parts.test + 30]))
        fingerprint = joined.fingerprint
    assert JoinedPictures(other, one, ("one", "other")).fingerprint != fingerprint


def test_what_cannot_be_joined_is_refused(both: tuple[PreparedPictures, PreparedPictures], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Both sides are the data set one"):
        JoinedPictures(*both, ("one", "one"))
    with prepared(tmp_path, "large", 20, size=24) as large:
        with pytest.raises(UsageError, match="different sizes"):
            JoinedPictures(both[0], large, ("one", "large"))
