"""Packing: every token is asked for once an epoch, rows are nearly full, and nothing but seed and epoch matters."""

import numpy as np
import pytest

from studio.training.language_packing import Packed, packed, places_of

SHORT = np.random.default_rng(0).integers(2, 60, 400)
LONG = np.array([1000, 3, 70, 1, 0, 64, 65, 66])


def asked(found: Packed) -> list[tuple[int, int]]:
    """Item and place of every token that is asked for."""
    pieces = zip(found.items.tolist(), found.starts.tolist(), found.counts.tolist(), strict=True)
    return sorted((item, start + place + 1) for item, start, count in pieces for place in range(count))


@pytest.mark.parametrize("seed", [None, 0, 1])
@pytest.mark.parametrize("lengths", [SHORT, LONG], ids=["short", "long"])
def test_every_token_but_the_first_of_a_text_is_asked_for_once(lengths: np.ndarray, seed: int | None) -> None:
    items = np.arange(len(lengths)) + 7
    found = packed(items, lengths, 64, seed=seed, epoch=3)
    wanted = sorted((item, place) for item, length in zip(items, lengths, strict=True) for place in range(1, length))
    assert asked(found) == wanted and len(wanted) == places_of(lengths)
    widths = [sum(count for *_, count in found.row(row)) for row in range(len(found))]
    assert max(widths) <= 64 and min(widths) > 0


def test_short_texts_stay_whole_and_rows_are_nearly_full() -> None:
    found = packed(np.arange(len(SHORT)), SHORT, 64, seed=0)
    assert not found.starts.any() and len(found.items) == len(SHORT)
    assert places_of(SHORT) / (64 * len(found)) > 0.92


def test_order_and_windows_change_with_epoch_and_seed_alone() -> None:
    lengths, items = np.array([1000, 900]), np.arange(2)
    first = packed(items, lengths, 64, seed=4, epoch=1)
    again = packed(items, lengths, 64, seed=4, epoch=1)
    assert all(np.array_equal(getattr(first, name), getattr(again, name)) for name in ("items", "starts", "rows"))
    for other in (packed(items, lengths, 64, seed=4, epoch=2), packed(items, lengths, 64, seed=5, epoch=1)):
        assert set(other.starts.tolist()) != set(first.starts.tolist())


def test_nothing_gives_no_rows() -> None:
    assert len(packed(np.arange(2), np.array([1, 0]), 8, seed=0)) == 0
