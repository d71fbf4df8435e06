"""What the tests of the Create tab share: the tab of a window, a click on a picture, waiting until all is there."""

from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget

from studio.ui.panels.create_tab import CreateTab
from studio.ui.panels.diffusion_create import DiffusionCreateTab
from studio.ui.panels.gan_create import GanCreateTab
from studio.ui.window import StudioWindow


def opened(window: StudioWindow) -> GanCreateTab:
    """The Create tab of a window."""
    window.session.go("gan", tab="create")
    tab = window.pages.current.current_tab()
    assert isinstance(tab, GanCreateTab)
    return tab


def window_of(tab: CreateTab) -> StudioWindow:
    window = tab.canvas.window()
    assert isinstance(window, StudioWindow)
    return window


def settle(qtbot: Any, tab: CreateTab) -> None:
    """Wait until nothing is asked for any more."""
    qtbot.waitUntil(lambda: not tab.maker.is_busy(), timeout=5000)


def generate(qtbot: Any, tab: GanCreateTab | DiffusionCreateTab, count: int = 4) -> None:
    tab.form.count.set_value(count)
    window_of(tab).does.run("generate")
    settle(qtbot, tab)


def click(tab: CreateTab, place: int, *, add: bool = False) -> None:
    """Click a picture of the sheet."""
    modifier = Qt.KeyboardModifier.ControlModifier if add else Qt.KeyboardModifier.NoModifier
    grid = tab.view.grid
    QTest.mouseClick(grid, Qt.MouseButton.LeftButton, modifier, grid.cell_rect(place).center())


def press(parent: QWidget, name: str) -> None:
    button = parent.findChild(QPushButton, name)
    assert button is not None, name
    assert button.isEnabled(), button.toolTip()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def same(picture: np.ndarray | None, other: np.ndarray) -> bool:
    return picture is not None and bool(np.array_equal(picture, other))
