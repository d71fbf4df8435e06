"""*Portraits* as a data set of a project."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.config.builtin import Portraits
from studio.data.builtin import draw_portraits
from studio.data.labels import CAPTION
from studio.data.portraits import ATTRIBUTES, draw, portrait
from studio.data.store import PictureStore
from studio.ground.events import Ended, Progress

WHAT = Portraits(count=150, size=32, seed=3)


def test_portraits_carry_their_attributes_and_captions(tmp_path: Path, ending: Callable[..., Ended]) -> None:
    summary = ending(draw_portraits(WHAT, tmp_path / "p", "p")).result
    assert (summary.count, summary.size, summary.channels, summary.texts) == (150, (32, 32), 3, (CAPTION,))
    with PictureStore(tmp_path / "p") as store:
        assert {n: c.values for n, c in store.labels.items()} == dict(ATTRIBUTES)
        for index in (0, 77, 149):
            one = portrait(3, index)
            labels = {name: column.values[column.codes[index]] for name, column in store.labels.items()}
            assert labels == dict(one.attributes) and store.texts(CAPTION)[index] == one.caption
            assert np.array_equal(np.asarray(store.read(index)), draw(one, 32))
        assert store.facts().count == 150 and store.kind == "portraits"


def test_all_values_are_listed_even_where_none_was_drawn(tmp_path: Path, ending: Callable[..., Ended]) -> None:
    ending(draw_portraits(Portraits(count=2, size=16), tmp_path / "p", "p"))
    with PictureStore(tmp_path / "p") as store:
        assert store.labels["hair"].values == ATTRIBUTES["hair"]


def test_the_same_request_gives_the_same_bytes(tmp_path: Path, ending: Callable[..., Ended]) -> None:
    for name in ("a", "b"):
        ending(draw_portraits(Portraits(count=20, size=32), tmp_path / name, "p"))
    assert (tmp_path / "a" / "pack.bin").read_bytes() == (tmp_path / "b" / "pack.bin").read_bytes()


def test_stopping_leaves_nothing_and_a_taken_name_is_refused(tmp_path: Path, ending: Callable[..., Ended]) -> None:
    assert ending(draw_portraits(WHAT, tmp_path / "d" / "p", "p", lambda: True)).status == "stopped"
    assert list((tmp_path / "d").iterdir()) == []
    (tmp_path / "d" / "p").mkdir()
    assert "already" in str(ending(draw_portraits(WHAT, tmp_path / "d" / "p", "p")).error)


def test_progress_counts_portraits(tmp_path: Path) -> None:
    last: Any = [e for e in draw_portraits(WHAT, tmp_path / "p", "p") if isinstance(e, Progress)][-1]
    assert (last.done, last.total) == (150, 150)


@pytest.mark.parametrize("size", [16, 200])
def test_sizes_that_are_no_powers_of_two(tmp_path: Path, size: int, ending: Callable[..., Ended]) -> None:
    assert ending(draw_portraits(Portraits(count=2, size=size), tmp_path / "p", "p")).result.size == (size, size)
