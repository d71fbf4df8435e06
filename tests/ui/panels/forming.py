"""What the tests of Create for diffusion share: a model whose pictures form, and stop when the test says so."""

import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from studio.config.denoising import Denoising
from studio.config.requests import GenerateRequest, Recipe
from studio.ground.errors import text
from studio.ground.events import Ended, Event, Progress, Samples
from studio.jobs.steering import CommandQueue
from studio.ui.panels.diffusion_create import DiffusionCreateTab
from studio.ui.window import StudioWindow
from tests.ui.panels.denoised import DenoisingServer
from tests.ui.panels.trained import painted

OWN = 32  # side of what the model learnt


class FormingServer(DenoisingServer):
    """Pictures are grey while they form. While ``held`` they go no further; ``stopped`` counts those that were given
    up. ``drift`` makes other pictures of the same recipes, as another machine would."""

    held = threading.Event()
    stopped: list[GenerateRequest] = []
    drift = ""

    def serve(self, request: Any, commands: CommandQueue) -> Iterator[Event]:
        if not isinstance(request, GenerateRequest):
            yield from super().serve(request, commands)
            return
        events = super().serve(request, commands)
        ended = next(event for event in events if isinstance(event, Ended))
        whole = tuple(map(completed, request.recipes))
        forming = np.full((len(whole), 8, 8, 3), 128, np.uint8)
        for step in range(3):
            yield Samples(0, forming, "forming", {"whole": 0})
            yield Progress(text("Taking noise away"), step, 3)
            while type(self).held.is_set():
                if commands.stop_requested:
                    type(self).stopped.append(request)
                    yield Ended("stopped")
                    return
                commands.wait(0.01)
        made = np.stack([painted(one, request.checkpoint, request.run + type(self).drift) for one in whole])
        yield Samples(0, made)
        request = request.model_copy(update={"recipes": whole})
        assert ended.status == "finished"
        yield Ended("finished", result=SimpleNamespace(labels=({},) * len(made), request=request, pictures=made))


def completed(recipe: Recipe) -> Recipe:
    """With its size, as the real model fills it in."""
    way = recipe.denoising or Denoising()
    return recipe.model_copy(update={"denoising": way.model_copy(update={"size": way.size or (OWN, OWN)})})


def opened(window: StudioWindow, run: str = "") -> DiffusionCreateTab:
    """The Create tab of a window."""
    if run:
        window.session.select("diffusion", run=run)
    window.session.go("diffusion", tab="create")
    tab = window.pages.current.current_tab()
    assert isinstance(tab, DiffusionCreateTab)
    return tab


def write(field: QWidget, words: str, *, enter: bool = False) -> None:
    """Type into a field with the keys, over what is there."""
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(field, Qt.Key.Key_Delete)
    QTest.keyClicks(field, words)
    if enter:
        QTest.keyClick(field, Qt.Key.Key_Return)


def paint(tab: DiffusionCreateTab, start: tuple[float, float], end: tuple[float, float]) -> None:
    """A stroke over the picture, in shares of its width and height."""
    pad = tab.painter.pad
    place = pad.place()

    def at(share: tuple[float, float]) -> QPoint:
        return QPoint(round(place.left() + share[0] * place.width()), round(place.top() + share[1] * place.height()))

    QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=at(start))
    QTest.mouseMove(pad, at(end))
    QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=at(end))
