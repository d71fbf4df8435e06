"""Lengths as bars: every text is in one class, and each bar says what it stands for."""

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint

from studio.ui.widgets.histogram import LengthHistogram, classes_of


@pytest.mark.parametrize("lengths", [[0], [5, 5, 5], [0, 1, 2], list(range(1000)), [1, 10**9], [3, 4] * 50])
def test_every_text_is_in_one_class(lengths: list[int]) -> None:
    edges, counts = classes_of(np.array(lengths))
    assert counts.sum() == len(lengths) and len(edges) == len(counts) + 1 <= 25
    assert edges[0] == min(lengths) and edges[-1] == max(lengths) + 1 and (np.diff(edges) > 0).all()


def test_nothing_has_no_bars(qtbot: Any) -> None:
    assert not len(classes_of(np.zeros(0, np.int64))[1])
    bars = LengthHistogram("Lengths")
    qtbot.addWidget(bars)
    bars.set_lengths(np.zeros(0, np.int64))
    assert bars.bar_at(QPoint(3, 3)) == -1
    bars.grab()


def test_bars_say_what_they_stand_for(qtbot: Any) -> None:
    bars = LengthHistogram("Lengths")
    qtbot.addWidget(bars)
    bars.set_lengths(np.array([3, 3, 3]))
    assert bars.words(0) == bars.accessibleDescription() == "3: 3"
    bars.set_lengths(np.array([1, 100]))
    bars.resize(240, 96)
    assert bars.bar_at(QPoint(239, 5)) == len(bars.accessibleDescription().split(";")) - 1
    bars.grab()
