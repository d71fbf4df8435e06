"""Copied or new: the nearest training pictures of any picture."""

from collections.abc import Generator
from typing import Any

import numpy as np
import pytest

from studio.generation.nearest import nearest
from tests.training.conftest import TinyPictures


def _result(work: Generator[Any, None, Any]) -> Any:
    try:
        while True:
            next(work)
    except StopIteration as end:
        return end.value


def test_a_copy_is_found_and_a_new_picture_is_new(tiny: TinyPictures, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.generation.nearest._BLOCK", 10)
    copied = tiny.read(np.array([40, 25])).transpose(0, 2, 3, 1)
    strange = np.full((1, 32, 32, 3), 255, np.uint8)
    found = _result(nearest(np.concatenate([copied, strange]), tiny, 3))
    assert [n.rows[0] for n in found[:2]] == [40, 25]
    assert [n.distances[0] for n in found[:2]] == [0.0, 0.0]
    assert [n.verdict for n in found] == ["copy", "copy", "new"]
    assert all(len(n.rows) == 3 and list(n.distances) == sorted(n.distances) for n in found)
    assert all(row in tiny.training for n in found for row in n.rows)


def test_a_mirrored_copy_is_a_copy_where_the_run_mirrors(tiny: TinyPictures) -> None:
    turned = tiny.read(np.array([40])).transpose(0, 2, 3, 1)[:, :, ::-1]
    assert _result(nearest(turned, tiny, 1))[0].verdict == "new"
    assert _result(nearest(turned, tiny, 1, mirrored=True))[0].verdict == "copy"


def test_pictures_of_another_size_are_compared_all_the_same(tiny: TinyPictures) -> None:
    enlarged = tiny.read(np.array([40])).transpose(0, 2, 3, 1).repeat(2, axis=1).repeat(2, axis=2)
    found = _result(nearest(enlarged, tiny, 1))
    assert found[0].rows == (40,) and found[0].distances == (0.0,)
