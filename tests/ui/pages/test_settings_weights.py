"""Pretrained networks on the Settings page: nothing is fetched unasked, and what is here can go."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from studio.config.requests import AddWeightsRequest, DownloadWeightsRequest, ExamineRequest
from studio.data import pretrained
from studio.data.pretrained import PUBLISHED
from studio.ground.errors import UsageError
from studio.ground.events import Ended, Event
from studio.ground.files import whole_folder, write_bytes, write_json
from studio.jobs.steering import CommandQueue
from studio.ui.pages import settings_weights
from studio.ui.pages.settings import SettingsPage
from studio.ui.pages.settings_weights import WeightsCard
from studio.ui.window import StudioWindow

NAME = "resnet18"


def put(folder: Path) -> None:
    """Weights in the cache, as far as the window can see."""
    with whole_folder(folder / NAME) as place:
        write_bytes(place / pretrained.WEIGHTS, b"w" * 5_000_000)
        write_json(place / pretrained.ABOUT, {"source": "x.pth", "sha256": "0", "published": True})


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of the test's own."""
    monkeypatch.setattr(pretrained, "weights_folder", lambda: tmp_path / "weights")
    monkeypatch.setattr("studio.jobs.weights.weights_folder", lambda: tmp_path / "weights")
    return tmp_path / "weights"


@pytest.fixture
def card(make_window: Callable[..., StudioWindow], cache: Path, jobs: dict[type, Any]) -> WeightsCard:
    """The card of a window without a project."""
    jobs[ExamineRequest] = lambda request, path, commands: iter([Ended("finished", result=[])])
    window = make_window()
    window.session.go("settings")
    page = window.pages.page("settings")
    assert isinstance(page, SettingsPage)
    return page.weights


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked; every question is answered with yes."""
    found: list[str] = []

    def ask(parent: Any, title: str, text: str, *, accept: str, more: str = "", danger: bool = False) -> bool:
        found.append(f"{title} {text} {more} {accept}")
        return True

    monkeypatch.setattr(settings_weights, "ask", ask)
    return found


def press(qtbot: Any, card: WeightsCard, name: str = NAME) -> None:
    qtbot.mouseClick(card.buttons[name], Qt.MouseButton.LeftButton)


def test_fetching_says_where_from_how_much_and_under_which_terms(
    card: WeightsCard, jobs: dict[type, Any], asked: list[str], cache: Path, qtbot: Any
) -> None:
    wanted: list[str] = []

    def fetch(request: DownloadWeightsRequest, path: Path, commands: CommandQueue) -> Iterator[Event]:
        wanted.append(request.architecture)
        put(cache)
        yield Ended("finished")

    jobs[DownloadWeightsRequest] = fetch
    assert set(card.buttons) == set(PUBLISHED)
    assert {button.text() for button in card.buttons.values()} == {"Fetch…"}
    press(qtbot, card)
    qtbot.waitUntil(lambda: card.buttons[NAME].text() == "Remove…", timeout=5000)
    assert wanted == [NAME]
    assert all(words in asked[0] for words in ("download.pytorch.org", "46.8 MB", "ImageNet"))
    press(qtbot, card)
    assert card.buttons[NAME].text() == "Fetch…" and not (cache / NAME).exists()
    assert "Remove" in asked[1]


def test_a_no_fetches_nothing(
    card: WeightsCard, jobs: dict[type, Any], monkeypatch: pytest.MonkeyPatch, qtbot: Any
) -> None:
    def never(*_: object) -> Iterator[Event]:
        raise AssertionError("it was fetched all the same")

    jobs[DownloadWeightsRequest] = never
    monkeypatch.setattr(settings_weights, "ask", lambda *_, **__: False)
    press(qtbot, card)
    assert card.buttons[NAME].isEnabled() and not card.window().findChildren(QFileDialog)


def test_a_file_that_is_refused_is_told(
    card: WeightsCard, jobs: dict[type, Any], errors: list[str], monkeypatch: pytest.MonkeyPatch, qtbot: Any
) -> None:
    given: list[Path] = []

    def refuse(request: AddWeightsRequest, path: Path, commands: CommandQueue) -> Iterator[Event]:
        given.append(request.source)
        raise UsageError("Nobody knows {name}.", name=request.source.name)
        yield

    jobs[AddWeightsRequest] = refuse
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("/x/<b>y</b>.pth", ""))
    qtbot.mouseClick(card.add_file, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(errors) and card.add_file.isEnabled(), timeout=5000)
    assert given == [Path("/x/<b>y</b>.pth")] and "Nobody knows" in errors[0]
