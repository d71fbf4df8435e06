"""The whole job through the real window: import, train, pause, sample, stop, generate, keep, close, come back."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QAbstractButton, QDialog, QLineEdit, QWidget

from studio.app import create_window
from studio.projects.project import Project
from studio.ui import dialogs
from studio.ui.panels.gan_create import GanCreateTab
from studio.ui.panels.panel import ModelPanel
from studio.ui.training_line import RunLive
from studio.ui.widgets.history_slider import HistorySlider
from studio.ui.widgets.segmented import Segmented
from studio.ui.window import StudioWindow

TILES = Path(__file__).resolve().parents[3] / "shared" / "data" / "dcss_tiles.zip"
TINY = {"network.width": 8, "batch": 8, "steps": 4000}
LONG = 60_000  # milliseconds, for what waits on torch and training on a busy machine


@pytest.fixture
def source(tmp_path: Path, make_pictures: Callable[..., Any]) -> Path:
    """A part of the real tiles where they are at hand, else pictures that the test draws; a folder a class."""
    folder = tmp_path / "tiles ümlaut 🙂"
    if not TILES.is_file():
        for name in ("one", "two"):
            make_pictures(folder / name, count=40, size=40)
        return folder
    with zipfile.ZipFile(TILES) as archive:
        names = [n for n in archive.namelist() if n.endswith(".png")][::12]
        for name in names:
            target = folder / Path(name).parts[0] / Path(name).name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(name))
    return folder


@pytest.fixture
def open_window(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], StudioWindow]]:
    """Open the real window on a project; dialogs that report an error fail the test."""

    def fail(parent: Any, doing: str, error: Any, *, trace: str = "", log: Any = None) -> None:
        pytest.fail(f"{doing}: {error} {trace}")

    monkeypatch.setattr(dialogs, "show_error", fail)

    def make(path: Path) -> StudioWindow:
        window = create_window(path)
        assert isinstance(window, StudioWindow)
        qtbot.addWidget(window)
        window.resize(1280, 800)
        window.show()
        qtbot.waitExposed(window)
        return window

    yield make


def click(qtbot: Any, window: QWidget, name: str, *, says: str) -> None:
    """Press the button once it offers what is meant."""
    found = [b for b in window.findChildren(QAbstractButton, name) if b.isVisible()]
    assert found, f"no button {name} is visible"
    qtbot.waitUntil(lambda: found[0].isEnabled() and says in found[0].text(), timeout=LONG)
    qtbot.mouseClick(found[0], Qt.MouseButton.LeftButton)


def click_tab(qtbot: Any, window: QWidget, tab: str) -> None:
    segments = window.findChild(Segmented, "ganTabs")
    assert segments is not None
    button = next(b for b in segments.findChildren(QAbstractButton) if tab in b.objectName())
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def live(window: StudioWindow) -> RunLive:
    """The run that trains now."""
    assert window.session.training is not None
    return window.session.training


def bring_in(qtbot: Any, window: StudioWindow) -> bool:
    """Accept the name that the import suggests; true when the data set is there."""
    for dialog in window.findChildren(QDialog):
        if dialog.isVisible():
            dialog.accept()
    return len(window.session.datasets()) == 1


def drop(window: QWidget, path: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    centre = QPointF(window.rect().center())
    event = QDropEvent(
        centre, Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    window.dropEvent(event)


def type_into(qtbot: Any, window: QWidget, setting: str, value: int) -> None:
    """Write a number into a setting's field as a person does."""
    row = window.findChild(QWidget, f"setting_{setting}")
    assert row is not None, setting
    field = row.findChild(QLineEdit)
    qtbot.mouseClick(field, Qt.MouseButton.LeftButton)
    field.selectAll()
    qtbot.keyClicks(field, str(value))
    qtbot.keyClick(field, Qt.Key.Key_Return)


def train_a_little(qtbot: Any, window: StudioWindow) -> str:
    """Tiny settings, then Train; returns the run's name once steps are made."""
    for setting, value in TINY.items():
        type_into(qtbot, window, setting, value)
    click(qtbot, window, "primaryButton", says="Train")
    session = window.session
    qtbot.waitUntil(lambda: session.training is not None and session.training.step > 3, timeout=LONG)
    assert session.training is not None
    return session.training.name


def import_by_dropping(qtbot: Any, window: StudioWindow, source: Path) -> None:
    """Drop a folder on the window, and choose the data set that comes of it."""
    drop(window, source)
    qtbot.waitUntil(lambda: bring_in(qtbot, window), timeout=LONG)
    window.session.go("gan")
    window.session.select("gan", dataset=window.session.datasets()[0].name)
    qtbot.waitUntil(lambda: window.findChild(QWidget, "setting_batch") is not None, timeout=LONG)


def pause_sample_and_stop(qtbot: Any, window: StudioWindow) -> None:
    """Pause, ask for samples meanwhile, go on, stop."""
    session = window.session
    click(qtbot, window, "primaryButton", says="Pause")
    qtbot.waitUntil(lambda: live(window).paused, timeout=LONG)
    qtbot.wait(700)  # what was under way when the button was pressed arrives
    paused_at, shown = live(window).step, live(window).samples
    session.trigger("sample_now")
    qtbot.waitUntil(lambda: live(window).samples is not shown, timeout=LONG)
    assert live(window).step == paused_at
    click(qtbot, window, "primaryButton", says="Continue")
    qtbot.waitUntil(lambda: live(window).step > paused_at, timeout=LONG)
    click(qtbot, window, "headerButton_stop", says="Stop")
    qtbot.waitUntil(lambda: session.training is None, timeout=LONG)


def generate_and_keep(qtbot: Any, window: StudioWindow) -> int:
    """Make pictures with what was trained and keep them; how many."""
    session, panel = window.session, window.pages.page("gan")
    assert isinstance(panel, ModelPanel)
    click_tab(qtbot, window, "create")
    qtbot.waitUntil(lambda: panel.tab() == "create", timeout=LONG)
    create = panel.current_tab()
    assert isinstance(create, GanCreateTab), type(create)
    click(qtbot, window, "primaryButton", says="Generate")
    qtbot.waitUntil(lambda: len(create.desk.pictured()) == 16, timeout=LONG)
    session.trigger("select_all")
    session.trigger("keep")
    qtbot.waitUntil(lambda: session.project is not None and session.project.gallery.count() > 0, timeout=LONG)
    assert session.project is not None
    return session.project.gallery.count()


def look_back(qtbot: Any, window: StudioWindow, step: int) -> None:
    """Move the history slider of the Train tab."""
    click_tab(qtbot, window, "train")
    slider = window.findChild(HistorySlider)
    assert slider is not None
    slider.select_step(step)
    slider.step_selected.emit(step)


def shows_the_run(qtbot: Any, again: StudioWindow, run: str, steps: list[int]) -> None:
    """The curves are there, and the samples are those on the disk."""
    assert again.session.project is not None
    watch = again.session.watch(run)
    assert watch is not None
    qtbot.waitUntil(lambda: bool(watch.curves()), timeout=LONG)
    assert list(watch.sample_steps()) == list(steps)
    assert np.array_equal(watch.sample(steps[1]), again.session.project.runs.get(run).samples.read(steps[1]))
    again.session.release(watch)


def test_the_whole_journey(
    qtbot: Any, tmp_path: Path, source: Path, open_window: Callable[[Path], StudioWindow]
) -> None:
    path = tmp_path / "My first é project"
    Project.create(path).close()
    window = open_window(path)
    session = window.session
    import_by_dropping(qtbot, window, source)
    run = train_a_little(qtbot, window)
    pause_sample_and_stop(qtbot, window)
    assert session.project is not None
    status = session.project.runs.get(run).status()
    assert (status.state, 0 < status.step < TINY["steps"]) == ("stopped", True)

    kept = generate_and_keep(qtbot, window)
    steps = session.project.runs.get(run).samples.steps()
    look_back(qtbot, window, steps[1])
    before = window.pages.page("gan").state()
    assert window.close()
    qtbot.waitUntil(lambda: session.project is None, timeout=LONG)

    again = open_window(path)
    assert again.pages.current_id == "gan"
    assert again.pages.page("gan").state() == before
    assert again.session.selection("gan").run == run
    assert again.session.project is not None
    assert again.session.project.gallery.count() == kept
    shows_the_run(qtbot, again, run, steps)
    assert again.close()
