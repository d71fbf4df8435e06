"""Qt must give back every reference that it takes to None and True.

One version of PySide6 on Python 3.11 loses a reference to None at every void call and one to True at every emit; the
process aborts when they run out, minutes or hours later. Short tests pass all the same, so the loss itself is measured.
From Python 3.12 on both objects live for ever and the count does not move.
"""

import gc
import sys
from collections.abc import Callable

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QProgressBar, QWidget
from pytestqt.qtbot import QtBot

CALLS = 2000
# A lost reference a call is a drift of 2,000; what other code of the process does in between is a handful.
NOISE = CALLS // 20


class Bell(QObject):
    """Something that emits."""

    rung = Signal(bool)
    silent = Signal()


def drift(action: Callable[[], object]) -> dict[str, int]:
    """How many references to None and to True `CALLS` calls of an action lose or keep."""
    action()
    gc.collect()
    before = sys.getrefcount(None), sys.getrefcount(True)
    for _ in range(CALLS):
        action()
    after = sys.getrefcount(None), sys.getrefcount(True)
    return {"None": after[0] - before[0], "True": after[1] - before[1]}


def assert_steady(found: dict[str, int]) -> None:
    """Nothing is lost and nothing piles up."""
    assert {name: abs(change) < NOISE for name, change in found.items()} == {"None": True, "True": True}, found


def test_void_calls_keep_every_reference(qtbot: QtBot) -> None:
    widget, bar = QWidget(), QProgressBar()
    qtbot.addWidget(widget)
    qtbot.addWidget(bar)
    assert_steady(drift(widget.update))
    assert_steady(drift(lambda: widget.setEnabled(True)))
    assert_steady(drift(lambda: bar.setValue(1)))


@pytest.mark.parametrize("connected", [False, True])
def test_emits_keep_every_reference(connected: bool) -> None:
    bell, heard = Bell(), []
    if connected:
        bell.rung.connect(heard.append)
    assert_steady(drift(lambda: bell.rung.emit(False)))
    assert_steady(drift(bell.silent.emit))
    assert len(heard) == (CALLS + 1 if connected else 0)


def test_the_measure_sees_a_loss() -> None:
    """The counting itself: keeping one reference a call must show as a drift (where None is counted at all)."""
    kept: list[object] = []
    found = drift(lambda: kept.append(None))
    assert found["None"] >= CALLS or sys.version_info >= (3, 12)
