"""Train of the CycleGAN in the real window: its two sides and their balance, its rows, its eight losses."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QWidget

from studio.config.facts import DataFacts
from studio.projects.datasets import DataSetRecord
from studio.projects.project import Project
from studio.ui.panels.cyclegan_sides import SidesBlock
from studio.ui.panels.cyclegan_stage import CycleganStage, Layout
from studio.ui.panels.cyclegan_words import keep_what_fits
from studio.ui.panels.train_tab import TrainTab
from studio.ui.window import StudioWindow
from tests.ui.panels import translated
from tests.ui.panels.conftest import DATA

MakeWindow = Callable[..., StudioWindow]


def open_train(window: StudioWindow, **what: Any) -> TrainTab:
    window.resize(1280, 800)
    window.session.go("cyclegan", tab="train", **what)
    page: Any = window.pages.current
    tab = page.current_tab()
    assert isinstance(tab, TrainTab)
    return tab


def block_of(tab: TrainTab) -> SidesBlock:
    block = tab.column.controls.block
    assert isinstance(block, SidesBlock)
    return block


def click(qtbot: Any, parent: QWidget, name: str) -> None:
    (wanted,) = [one for one in parent.findChildren(QAbstractButton, name) if not one.isHidden()]
    assert wanted.isEnabled(), (name, wanted.toolTip())
    qtbot.mouseClick(wanted, Qt.MouseButton.LeftButton)


@pytest.fixture
def two_datasets(painted_project: Path) -> Path:
    """Portraits, and a second data set without labels."""
    with Project.open(painted_project) as project:
        folder = project.datasets.new_folder("drawings")
        folder.mkdir(parents=True)
        relative = folder.relative_to(project.path).as_posix()
        project.datasets.add(DataSetRecord("drawings", relative, count=3, size=(32, 32)))
    return painted_project


@pytest.fixture
def trained_project(painted_project: Path) -> tuple[Path, str]:
    with Project.open(painted_project) as project:
        return painted_project, translated.add_run(project, DATA).name


# --- two sides -------------------------------------------------------------------------------------------------------


def test_one_data_set_is_split_and_the_sides_are_swapped(
    make_window: MakeWindow, painted_project: Path, qtbot: Any
) -> None:
    tab = open_train(make_window(painted_project), dataset=DATA)
    block = block_of(tab)
    label, a, b = block.label.value(), block.a.value(), block.b.value()
    assert label and a != b and tab.column.config().split == f"{label}={a}:{b}"  # type: ignore[union-attr]
    assert block.bar.counts() == (1, 1) and "Very few" in block.balance.text()
    click(qtbot, block, "swapSides")
    assert (block.a.value(), block.b.value()) == (b, a)
    request = tab.column.request()
    assert request is not None and request.config["split"] == f"{label}={b}:{a}" and not tab.column.error()


def test_a_side_that_is_given_the_others_value_takes_its_place(
    make_window: MakeWindow, painted_project: Path, qtbot: Any
) -> None:
    block = block_of(open_train(make_window(painted_project), dataset=DATA))
    a, b = block.a.value(), block.b.value()
    block.a.setFocus()
    block.a.set_value(b)
    block._on_side()
    assert (block.a.value(), block.b.value()) == (b, a)


def test_two_data_sets_are_the_sides(make_window: MakeWindow, two_datasets: Path, qtbot: Any) -> None:
    tab = open_train(make_window(two_datasets), dataset=DATA)
    block = block_of(tab)
    click(qtbot, block, "choice_two")
    assert block.other.isVisible() and not block.label.isVisible()
    assert block.counts() == (24, 3) and block.own.text() == DATA
    config: Any = tab.column.config()
    assert config.other_dataset == "drawings" and config.second_dataset == "drawings"
    click(qtbot, block, "choice_split")
    again: Any = tab.column.config()
    assert again.other_dataset == "" and block.label.isVisible()


def test_a_data_set_without_labels_says_what_to_do(make_window: MakeWindow, two_datasets: Path, qtbot: Any) -> None:
    window = make_window(two_datasets)
    tab = open_train(window, dataset="drawings")
    block = block_of(tab)
    assert "take a second data set" in block.why.text() and tab.column.request() is None
    assert "second data set" in window.why_not("train")
    click(qtbot, block, "choice_two")
    assert not tab.column.error() and tab.column.request() is not None
    assert not window.why_not("train")


def test_a_side_without_pictures_is_refused(qtbot: Any) -> None:
    block = SidesBlock()
    qtbot.addWidget(block)
    record = DataSetRecord("d", count=9, labels={"hair": {"black": 9, "blond": 0}})
    block.show_values({"split": "hair=black:blond", "other_dataset": ""}, record, ())
    assert block.error() == "There is no picture of blond; choose another side."
    block.show_values({"split": "", "other_dataset": "gone"}, record, ())
    assert "gone is not in the project" in block.error()
    block.set_locked("It trains.")
    assert not block.error() and not block.other.isEnabled()


def test_uneven_sides_are_told(qtbot: Any) -> None:
    block = SidesBlock()
    qtbot.addWidget(block)
    record = DataSetRecord("d", count=400, labels={"hair": {"black": 370, "blond": 30}})
    block.show_values({"split": "hair=black:blond"}, record, ())
    assert "Uneven" in block.balance.text() and block.balance.text().startswith("370 black · 30 blond.")


def test_what_another_data_set_lacks_is_left_out() -> None:
    data = DataFacts(count=9, height=32, width=32, channels=3, labels={"hair": ("red", "blue")})
    assert keep_what_fits({"split": "hair=black:blond", "batch": 2}, data) == {"batch": 2}
    fits = {"split": "hair=red:blue", "batch": 2}
    assert keep_what_fits(fits, data) == fits


# --- a run -----------------------------------------------------------------------------------------------------------


def test_rows_follow_the_history_slider(make_window: MakeWindow, trained_project: tuple[Path, str], qtbot: Any) -> None:
    path, run = trained_project
    tab = open_train(make_window(path), run=run)
    stage = tab.canvas.stage
    assert isinstance(stage, CycleganStage) and tab.canvas.title.text() == "Test pictures"
    assert stage.grid.count() == 16 and stage._line.text().startswith("in each row: real · translated")
    first, below, right, other = (stage.grid.cell_rect(at) for at in (0, 4, 1, 8))
    assert below.top() > first.bottom() and right.left() > first.right() and other.left() > first.right()
    assert other.top() == first.top()
    shade = stage.grid.picture(0).pixelColor(0, 0).red()
    slider = tab.canvas.slider.findChild(QWidget, "historyPosition")
    assert slider is not None
    slider.setFocus()
    qtbot.keyClick(slider, Qt.Key.Key_Left)
    assert stage.grid.picture(0).pixelColor(0, 0).red() != shade
    assert tab.canvas.curves.cards[0].plot.cursor_step() == 10


def test_pointing_says_what_a_picture_is(
    make_window: MakeWindow, trained_project: tuple[Path, str], qtbot: Any
) -> None:
    path, run = trained_project
    stage = open_train(make_window(path), run=run).canvas.stage
    assert isinstance(stage, CycleganStage)
    QTest.mouseMove(stage.grid, stage.grid.cell_rect(9).center())
    qtbot.waitUntil(lambda: stage._line.text() == "blond, translated to black · c.png")
    stage.grid.setFocus()
    qtbot.keyClick(stage.grid, Qt.Key.Key_Home)
    assert stage.grid.current() == 0


def test_all_eight_losses_stand_in_two_plots(make_window: MakeWindow, trained_project: tuple[Path, str]) -> None:
    path, run = trained_project
    tab = open_train(make_window(path), run=run)
    shown = [card.group.metrics for card in tab.canvas.curves.cards[:2] if card.group is not None]
    assert [len(metrics) for metrics in shown] == [4, 4]
    assert not block_of(tab).label.isEnabled() and block_of(tab).a.value() == "black"


def test_odd_notes_show_a_plain_grid(qtbot: Any) -> None:
    stage = CycleganStage()
    qtbot.addWidget(stage)
    stage.resize(600, 300)
    pictures = np.zeros((4, 8, 8, 3), np.uint8)
    for notes in ({}, {"columns": 3, "sides": []}, {"columns": ["real"], "sides": ["A"]}):
        stage.show_samples(pictures, notes)
        assert stage.grid.count() == 4 and not stage.sides._heads and not stage.grid.cell_rect(3).isEmpty()


@pytest.mark.parametrize(("abreast", "blocks"), [(1, [[0, 1, 2], [3]]), (2, [[0, 1], [2], [3]])])
def test_blocks_hold_the_rows_of_one_side(abreast: int, blocks: list[list[int]]) -> None:
    assert Layout(("real",), ("A", "A", "A", "B")).blocks(abreast) == blocks
