"""Beginning with trained weights: which runs are offered, of which project, and what the next run is asked for."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QWidget

from studio.projects.project import Project
from studio.ui.panels.start_dialog import StartDialog
from studio.ui.panels.train_draft import Draft
from studio.ui.panels.train_tab import TrainTab
from studio.ui.window import StudioWindow
from tests.ui.panels.conftest import add_run
from tests.ui.panels.test_train_tab import open_train

MakeWindow = Callable[..., StudioWindow]


def keep_points(run_folder: Path, *steps: int) -> None:
    """Folders as checkpoints have them."""
    for step in steps:
        (run_folder / "checkpoints" / f"model-{step:09d}").mkdir(parents=True)


@pytest.fixture
def new_run(make_window: MakeWindow, project_with_run: Path) -> tuple[StudioWindow, TrainTab]:
    """The Train tab before a new run, in a project with a finished one of checkpoints at 10 and 30."""
    window = make_window(project_with_run)
    keep_points(window.session.runs()[0].folder, 10, 30)
    return window, open_train(window, run="")


def click(qtbot: Any, parent: QWidget, name: str) -> None:
    found = parent.findChild(QAbstractButton, name)
    assert found is not None and found.isEnabled(), name
    qtbot.mouseClick(found, Qt.MouseButton.LeftButton)


def opened(window: StudioWindow, tab: TrainTab, qtbot: Any) -> StartDialog:
    """The dialog, by a click on its link."""
    click(qtbot, tab.column.controls, "startChoose")
    qtbot.waitUntil(lambda: window.findChild(StartDialog) is not None)
    dialog = window.findChild(StartDialog)
    assert dialog is not None
    return dialog


def choose(combo: Any, value: object) -> None:
    """As a user chooses in a combo."""
    combo.setCurrentIndex(combo.findData(value))
    combo.activated.emit(combo.currentIndex())


def test_weights_of_a_run_of_this_project(new_run: tuple[StudioWindow, TrainTab], qtbot: Any) -> None:
    window, tab = new_run
    dialog = opened(window, tab, qtbot)
    assert "this one" in dialog.project.currentText()
    assert [dialog.checkpoint.itemText(i) for i in range(4)] == ["the last", "the best", "step 30", "step 10"]
    assert "× 32 px" in dialog.facts.text() and "portraits" in dialog.facts.text()
    choose(dialog.checkpoint, "10")
    click(qtbot, dialog, "startAccept")
    request = tab.column.request()
    assert request is not None
    assert (request.start_run, request.start_checkpoint, request.start_project) == ("portraits-gan-1", "10", None)
    assert (request.config["steps"], request.config["seed"]) == (40, 7)
    shown = tab.controls.findChild(QWidget, "startNote")
    assert shown is not None and shown.isVisible() and "step 10" in shown.text()  # type: ignore[attr-defined]
    assert not tab.column.controls.begin.isVisible()
    click(qtbot, tab.controls, "startClear")
    request = tab.column.request()
    assert request is not None and request.start_run is None and tab.column.controls.begin.isVisible()


def test_weights_of_a_run_of_another_project(
    new_run: tuple[StudioWindow, TrainTab], tmp_path: Path, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, tab = new_run
    other = tmp_path / "Elsewhere"
    with Project.create(other) as project:
        keep_points(add_run(project, steps=20, total=20).folder, 20)
    monkeypatch.setattr(StartDialog, "ask_folder", lambda self: other)
    dialog = opened(window, tab, qtbot)
    choose(dialog.project, dialog.project.itemData(dialog.project.count() - 1))
    assert dialog.project.currentText() == "Elsewhere"
    click(qtbot, dialog, "startAccept")
    request = tab.column.request()
    assert request is not None and request.start_project == other and request.start_checkpoint == "last"
    assert request.config["steps"] == 20
    note = tab.controls.findChild(QWidget, "startNote")
    assert note is not None and "in Elsewhere" in note.text()  # type: ignore[attr-defined]
    assert Draft.from_json(tab.column.state()["draft"]).start_project == str(other)


def test_nothing_to_begin_with_is_said(
    new_run: tuple[StudioWindow, TrainTab], tmp_path: Path, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    window, tab = new_run
    shutil.rmtree(window.session.runs()[0].folder / "checkpoints")
    dialog = opened(window, tab, qtbot)
    assert not dialog.accept_button.isEnabled() and "no run of this family" in dialog.facts.text()
    assert dialog.accept_button.toolTip() and dialog.beginning() is None
    monkeypatch.setattr(StartDialog, "ask_folder", lambda self: tmp_path)
    choose(dialog.project, dialog.project.itemData(dialog.project.count() - 1))
    assert "is not a project" in dialog.facts.text() and not dialog.accept_button.isEnabled()
    monkeypatch.setattr(StartDialog, "ask_folder", lambda self: None)
    choose(dialog.project, dialog.project.itemData(dialog.project.count() - 1))
    assert "is not a project" in dialog.facts.text()  # thought better of: as before
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    request = tab.column.request()
    assert request is not None and request.start_run is None


def test_a_run_that_trains_or_has_trained_offers_no_other_weights(new_run: tuple[StudioWindow, TrainTab]) -> None:
    window, tab = new_run
    window.session.select("gan", run=window.session.runs()[0].name)
    assert not tab.column.controls.begin.isVisible()
