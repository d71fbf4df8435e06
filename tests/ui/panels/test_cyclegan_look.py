"""Look inside of the CycleGAN in the real window: there and back, the judges' patches, every checkpoint."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton

from studio.config.requests import EditRequest
from studio.projects.project import Project
from studio.ui.panels.cyclegan_look import CycleganLookTab
from studio.ui.panels.cyclegan_look_judges import JudgesView
from studio.ui.panels.cyclegan_look_training import TrainingView
from studio.ui.panels.cyclegan_look_trip import TripView
from studio.ui.window import StudioWindow
from studio.workers.latest import LatestWins
from tests.ui.panels import translated
from tests.ui.panels.conftest import DATA

MakeWindow = Callable[..., StudioWindow]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> type[translated.TranslatingServer]:
    class Server(translated.TranslatingServer):
        asked: list[Any] = []

    monkeypatch.setattr(
        "studio.workers.latest.LatestWins", lambda path, make=None: LatestWins(path, make=make or Server)
    )
    return Server


@pytest.fixture
def look(make_window: MakeWindow, painted_project: Path, server: type[translated.TranslatingServer]) -> CycleganLookTab:
    """The tab with a trained run."""
    with Project.open(painted_project) as project:
        run = translated.add_run(project, DATA).name
    window = make_window(painted_project)
    window.resize(1280, 800)
    window.session.go("cyclegan", tab="look", run=run)
    page: Any = window.pages.current
    tab = page.current_tab()
    assert isinstance(tab, CycleganLookTab)
    return tab


def choose(qtbot: Any, tab: CycleganLookTab, view: str) -> None:
    (button,) = tab.view_list.findChildren(QAbstractButton, f"look_{view}")
    button.click()
    assert tab.view_name() == view


def test_a_picture_of_the_side_goes_there_and_back(look: CycleganLookTab, qtbot: Any) -> None:
    trip = look.views["trip"]
    assert isinstance(trip, TripView) and look.view_name() == "trip"
    qtbot.waitUntil(lambda: trip.trip is not None, timeout=20_000)
    assert look.choice.name.text().endswith("of portraits")
    assert all(not picture.picture().isNull() for picture in trip.pictures.values())
    assert all(heat.has_heat() for heat in trip.maps.values())
    assert trip.means["back"].text() == "cycle error 0.050" and trip.means["identity"].text() == "identity error 0.025"
    assert look._said.text().startswith("Cycle error 0.050, identity error 0.025")


def test_another_picture_and_direction(
    look: CycleganLookTab, server: type[translated.TranslatingServer], tmp_path: Path, qtbot: Any
) -> None:
    qtbot.waitUntil(lambda: bool(server.asked), timeout=20_000)
    path = tmp_path / "mine.png"
    Image.new("RGB", (20, 30), (9, 9, 9)).save(path)
    assert look.take_drop([path], None)
    qtbot.waitUntil(lambda: look.choice.name.text() == "mine.png", timeout=20_000)
    (back,) = look.choice.findChildren(QAbstractButton, "choice_b2a")
    qtbot.mouseClick(back, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: server.asked[-1].direction == "b2a", timeout=20_000)
    assert server.asked[-1].picture == path.read_bytes() and look.state()["direction"] == "b2a"


def test_judges_see_patches(look: CycleganLookTab, qtbot: Any) -> None:
    view = look.views["judges"]
    assert isinstance(view, JudgesView)
    choose(qtbot, look, "judges")
    qtbot.waitUntil(lambda: view.trip is not None, timeout=20_000)
    assert view.shares[0].text().startswith("67") and "of its 6 patches" in view.shares[0].text()
    patches = view.left.patches()
    assert patches is not None and patches.shape == (2, 3) and abs(patches).max() == pytest.approx(1)
    covered = view.left.grab().toImage()
    qtbot.mouseClick(view.cover, Qt.MouseButton.LeftButton)
    assert view.left.grab().toImage() != covered


def test_the_same_picture_through_every_checkpoint(
    look: CycleganLookTab, server: type[translated.TranslatingServer], qtbot: Any
) -> None:
    view = look.views["training"]
    assert isinstance(view, TrainingView)
    choose(qtbot, look, "training")
    qtbot.waitUntil(lambda: view.steps() == list(translated.STEPS), timeout=20_000)
    asked = [request.checkpoint for request in server.asked if isinstance(request, EditRequest)]
    assert sorted(asked, key=int) == ["0", "10", "40"] and asked[0] == "40"
    assert "Step 40 changes" in look._said.text()
    view.strip.setFocus()
    qtbot.keyClick(view.strip, Qt.Key.Key_Home)
    assert look._said.text() == "Step 0 changes the picture by 0.000 on average." and view.state() == {"step": 0}


def test_what_cannot_be_read_is_said_in_place(
    look: CycleganLookTab, tmp_path: Path, qtbot: Any, errors: list[str]
) -> None:
    path = tmp_path / "broken.png"
    path.write_bytes(b"no")
    look.take_drop([path], None)
    qtbot.waitUntil(lambda: look.empty.isVisible() and "not a picture" in look._why, timeout=20_000)
    assert errors == []
