"""What tests of Look inside of the diffusion panel do with it."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from studio.ui.panels.diffusion_look import DiffusionLookTab
from studio.ui.panels.diffusion_look_film import FilmView
from studio.ui.panels.diffusion_look_forward import ForwardView
from studio.ui.text import Label
from studio.ui.window import StudioWindow

MakeWindow = Callable[..., StudioWindow]
LEFT = Qt.MouseButton.LeftButton


def opened(window: StudioWindow, qtbot: Any, run: str = "") -> DiffusionLookTab:
    window.resize(1280, 800)
    if run:
        window.session.select("diffusion", run=run)
    window.session.go("diffusion", tab="look")
    tab = window.pages.current.current_tab()
    assert isinstance(tab, DiffusionLookTab)
    settle(qtbot, tab)
    return tab


def window_of(tab: DiffusionLookTab) -> StudioWindow:
    window = tab.canvas.window()
    assert isinstance(window, StudioWindow)
    return window


def settle(qtbot: Any, tab: DiffusionLookTab) -> None:
    qtbot.waitUntil(lambda: not tab.maker.is_busy(), timeout=5000)


def choose(qtbot: Any, tab: DiffusionLookTab, name: str) -> Any:
    """Click a line of the list; returns the view."""
    radio = tab.view_list.radios[name]
    QTest.mouseClick(radio, LEFT, pos=QPoint(8, radio.rect().center().y()))
    settle(qtbot, tab)
    return tab.views[name]


def film_of(tab: DiffusionLookTab) -> FilmView:
    view = tab.views["film"]
    assert isinstance(view, FilmView)
    return view


def text_of(tab: DiffusionLookTab, name: str) -> str:
    label = tab.canvas.findChild(Label, name)
    assert isinstance(label, Label)
    return label.text()


def write(field: Any, words: str) -> None:
    """Replace the words of a prompt by keys, and press Enter."""
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, words)
    QTest.keyClick(field, Qt.Key.Key_Return)


def forward_of(tab: DiffusionLookTab, qtbot: Any) -> ForwardView:
    view = choose(qtbot, tab, "forward")
    assert isinstance(view, ForwardView)
    return view
