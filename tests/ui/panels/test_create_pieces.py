"""Pieces of Create and Look inside alone: tiles and slots, histogram, pickers, what is read of a trained run."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest

from studio.config.requests import Arithmetic, Drawn, Mean, Recipe, Slerp
from studio.ui.panels.attribute_sliders import Attribute, AttributeSliders
from studio.ui.panels.create_controls import CreateControls
from studio.ui.panels.picture_files import NamedPicture, PictureWriter, sheet_picture
from studio.ui.panels.recipe_words import recipe_words
from studio.ui.panels.score_histogram import ScoreHistogram
from studio.ui.panels.tiles import RECIPE_FORMAT, Slot, Tile, recipe_in, recipe_load
from studio.ui.panels.trained_run import TrainedRun, found_directions, kept_points
from studio.ui.text import NO_BREAK
from studio.ui.widgets.pictures import mime_of, to_image

PICTURE = np.arange(192, dtype=np.uint8).reshape(8, 8, 3)


# --- tiles and slots ---------------------------------------------------------------------------------------------


def test_a_slot_takes_recipes_and_nothing_else(qtbot: Any) -> None:
    slot = Slot("A")
    qtbot.addWidget(slot)
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    words = QMimeData()
    words.setText("hello")
    refused = QDragEnterEvent(QPoint(9, 9), Qt.DropAction.CopyAction, words, left, none)
    refused.ignore()
    slot.dragEnterEvent(refused)
    assert not refused.isAccepted()
    data = mime_of([], recipe_load({"latent": {"seed": 4}}))
    taken = QDragEnterEvent(QPoint(9, 9), Qt.DropAction.CopyAction, data, left, none)
    slot.dragEnterEvent(taken)
    assert taken.isAccepted()
    with qtbot.waitSignal(slot.recipe_dropped) as dropped:
        slot.dropEvent(QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, left, none))
    assert dropped.args == [{"latent": {"seed": 4}}]


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\xff\xfe"])
def test_a_damaged_drag_is_no_recipe(content: bytes) -> None:
    data = QMimeData()
    data.setData(RECIPE_FORMAT, content)
    assert recipe_in(data) is None


def test_a_tile_is_clicked_by_mouse_and_key_and_paints_empty_and_full(qtbot: Any) -> None:
    tile = Tile(64, hint="nothing yet")
    qtbot.addWidget(tile)
    tile.show()
    clicks: list[int] = []
    tile.clicked.connect(lambda: clicks.append(1))
    empty = tile.grab().toImage()
    tile.set_picture(PICTURE)
    assert tile.grab().toImage() != empty
    assert tile.picture() == to_image(PICTURE)
    QTest.mouseClick(tile, Qt.MouseButton.LeftButton)
    QTest.keyClick(tile, Qt.Key.Key_Space)
    assert len(clicks) == 2


# --- controls ----------------------------------------------------------------------------------------------------


def test_sliders_of_one_label_at_a_time_and_all_are_remembered(qtbot: Any) -> None:
    sliders = AttributeSliders()
    qtbot.addWidget(sliders)
    sliders.set_attributes([Attribute("hair", "red"), Attribute("hair", "blue"), Attribute("smile", "yes")])
    assert [row.attribute.value for row in sliders._rows] == ["red", "blue"]
    sliders._rows[1].slider.setValue(-150)
    sliders.set_label("smile")
    assert [row.attribute.value for row in sliders._rows] == ["yes"]
    sliders._rows[0].slider.setValue(200)
    assert sliders.strengths() == {"hair=blue": -1.5, "smile=yes": 2.0}
    sliders.set_label("hair")
    assert sliders._rows[1].slider.value() == -150
    assert "2" in sliders.reset.text()


def test_labels_chosen_before_they_are_listed_are_not_lost(qtbot: Any) -> None:
    controls = CreateControls()
    qtbot.addWidget(controls)
    controls.restore({"labels": {"hair": "blue"}, "seed": 4, "count": 2})
    controls.set_labels({"hair": ("red", "blue")})
    assert [recipe.labels for recipe in controls.recipes(0)] == [{"hair": "blue"}] * 2
    controls.set_labels({})
    assert controls.recipes(0)[0].labels == {}
    controls.set_labels({"hair": ("red", "blue")})
    assert controls.labels() == {"hair": "blue"}


def test_a_label_with_markup_is_shown_as_letters(qtbot: Any) -> None:
    controls = CreateControls()
    qtbot.addWidget(controls)
    name = "<img src='file:///x'>"
    controls.set_labels({name: (name, "b")})
    assert controls.choices.combos[name].itemText(1) == name


# --- histogram ---------------------------------------------------------------------------------------------------


def test_the_bars_are_shares_of_each_group(qtbot: Any) -> None:
    histogram = ScoreHistogram()
    qtbot.addWidget(histogram)
    histogram.set_scores([1.0, 2.0, 3.0, float("nan")], [-1.0, -1.0], line=0.0)
    edges, real, fake = histogram.bars()
    assert len(edges) == len(real) + 1
    assert real.sum() == pytest.approx(1.0) and fake.sum() == pytest.approx(1.0)
    assert edges[0] < -1 and edges[-1] > 3
    histogram.resize(300, 160)
    plain = histogram.grab().toImage()
    histogram.mark(2.0, real=True)
    assert histogram.grab().toImage() != plain


def test_no_scores_are_no_bars(qtbot: Any) -> None:
    histogram = ScoreHistogram()
    qtbot.addWidget(histogram)
    histogram.set_scores([], [])
    assert histogram.bars()[1].sum() == 0
    assert not histogram.grab().isNull()


# --- trained runs ------------------------------------------------------------------------------------------------


def test_kept_points_of_both_kinds_by_step(tmp_path: Path) -> None:
    for name in ("model-000000010", "resume-000000010", "resume-000000030", "damaged-model-000000020-1", "model-x"):
        (tmp_path / name).mkdir()
    found = kept_points(tmp_path)
    assert list(found) == [10, 30]
    assert found[10].name == "model-000000010"
    assert kept_points(tmp_path / "nothing") == {}


def test_which_step_a_name_means(tmp_path: Path) -> None:
    run = TrainedRun("r", points={10: tmp_path, 30: tmp_path})
    assert (run.step_of("last"), run.step_of("10"), run.step_of("20"), run.step_of("best")) == (30, 10, None, 30)
    assert TrainedRun("r").step_of("last") is None
    assert not TrainedRun("r", points={1: tmp_path}, problem="torn").usable


def test_damaged_directions_are_none(tmp_path: Path) -> None:
    (tmp_path / "directions").mkdir()
    (tmp_path / "directions" / "000000010.json").write_text('{"directions": [{}]}')
    assert found_directions(TrainedRun("r", folder=tmp_path), 10) == ()
    assert found_directions(TrainedRun("r"), 10) == ()


# --- words and files ---------------------------------------------------------------------------------------------


def test_a_recipe_in_words() -> None:
    a, b = Drawn(seed=7, index=2), Drawn(seed=7, index=4)
    recipe = Recipe(latent=a, labels={"hair": "red"}, truncation=0.7, directions={"smile=yes": -1.5})
    words = recipe_words(recipe, {"hair": "blue", "glasses": "none"}).replace(NO_BREAK, " ")
    assert words == "seed 7, no. 3 · hair red · glasses none · truncation 0.7 · smile yes −1.5"
    assert recipe_words(Recipe(latent=Slerp(a=a, b=b, t=0.25))) == "25 % from 7·3 to 7·5"
    assert recipe_words(Recipe(latent=Mean(of=(a, b)))) == "mean of 7·3, 7·5"
    assert recipe_words(Recipe(latent=Arithmetic(a=a, b=b, c=a))) == "7·3 − 7·5 + 7·3"


def test_a_sheet_of_pictures_has_white_between() -> None:
    made = sheet_picture([PICTURE] * 5)
    assert made.shape == (18, 28, 3)
    assert np.array_equal(made[10:, :8], PICTURE)
    assert (made[8:10] == 255).all() and (made[10:, 20:] == 255).all()


def test_writing_can_be_stopped(qtbot: Any, tmp_path: Path) -> None:
    from studio.config.requests import GenerateRequest

    request = GenerateRequest(run="r", recipes=(Recipe(latent=Drawn(seed=1)),))
    pictures = [NamedPicture(f"{number}.png", PICTURE, request) for number in range(50)]
    writer = PictureWriter(tmp_path, pictures, family="gan")
    writer.start()
    qtbot.waitUntil(lambda: len(writer.files) > 0)
    writer.stop()
    assert len(writer.files) < 50
    assert {path.name for path in writer.files} == {path.name for path in tmp_path.iterdir()}
