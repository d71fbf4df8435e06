"""The look is in force, light, before each test of a widget."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from studio.ui import theme


@pytest.fixture(autouse=True)
def light(qapp: QApplication) -> None:
    theme.install(qapp, "light")


@pytest.fixture
def turn_wheel() -> Callable[[QWidget, int], bool]:
    """A function that turns the wheel over a widget by notches; says whether the widget took it."""

    def turn(widget: QWidget, notches: int) -> bool:
        middle = QPointF(widget.rect().center())
        event = QWheelEvent(
            middle,
            QPointF(widget.mapToGlobal(middle.toPoint())),
            QPoint(0, 0),
            QPoint(0, 120 * notches),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(widget, event)
        return event.isAccepted()

    return turn
