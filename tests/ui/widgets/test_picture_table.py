"""Pictures in rows and columns, and the curve of a schedule: where things lie, keys and clicks."""

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from studio.ui.widgets.picture_table import PictureTable, Row
from studio.ui.widgets.pictures import to_image
from studio.ui.widgets.prompt_field import PromptField
from studio.ui.widgets.schedule_curve import ScheduleCurve
from studio.ui.widgets.word_chip import WordChip

LEFT = Qt.MouseButton.LeftButton


def pictures(rows: int, columns: int) -> list[Row]:
    return [[np.full((8, 8, 3), 10 * row + column, np.uint8) for column in range(columns)] for row in range(rows)]


@pytest.fixture
def film(qtbot: Any) -> PictureTable:
    table = PictureTable("column")
    qtbot.addWidget(table)
    table.resize(700, 260)
    headings = [str(at + 1) for at in range(40)]
    table.set_rows(pictures(3, 40), names=["picture", "believed", "noise"], headings=headings)
    table.show()
    return table


def test_columns_are_left_out_evenly_but_the_chosen_one_is_there(film: PictureTable) -> None:
    shown = film.shown_columns()
    assert shown[0] == 0 and shown[-1] == 39 and 4 < len(shown) < 40
    assert max(np.diff(shown)) - min(np.diff(shown)) <= 1
    hidden = next(at for at in range(40) if at not in shown)
    film.choose(hidden)
    assert hidden in film.shown_columns() and film.shown_columns() == sorted(film.shown_columns())
    assert film.cell_rect(0, hidden + 1).isEmpty() or hidden + 1 in film.shown_columns()


def test_nothing_lies_outside_or_over_another(film: PictureTable) -> None:
    boxes = [film.cell_rect(row, column) for row in range(3) for column in film.shown_columns()]
    assert all(film.rect().contains(box.toRect()) for box in boxes)
    assert not any(a.intersects(b) for at, a in enumerate(boxes) for b in boxes[:at])


def test_keys_walk_through_all_columns(film: PictureTable) -> None:
    told: list[tuple[int, int]] = []
    film.picked.connect(lambda row, column: told.append((row, column)))
    film.setFocus()
    film.choose(3)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_PageDown, Qt.Key.Key_End, Qt.Key.Key_Right):
        QTest.keyClick(film, key)
    assert told == [(0, 4), (1, 4), (1, 9), (1, 39)], "beyond the end nothing happens"
    QTest.keyClick(film, Qt.Key.Key_Home)
    QTest.keyClick(film, Qt.Key.Key_Up)
    QTest.keyClick(film, Qt.Key.Key_Up)
    assert film.chosen() == (0, 0)


def test_a_press_and_a_drag_choose(film: PictureTable) -> None:
    shown = film.shown_columns()
    QTest.mousePress(film, LEFT, pos=film.cell_rect(1, shown[2]).center().toPoint())
    assert film.chosen() == (1, shown[2])
    QTest.mouseMove(film, film.cell_rect(1, shown[4]).center().toPoint())
    QTest.mouseRelease(film, LEFT, pos=film.cell_rect(1, shown[4]).center().toPoint())


def test_the_picture_is_copied(film: PictureTable) -> None:
    film.choose(5, 2)
    film.setFocus()
    QTest.keyClick(film, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().image().pixelColor(0, 0).red() == 25


def test_fewer_rows_and_columns_keep_what_is_chosen_inside(film: PictureTable) -> None:
    film.choose(39, 2)
    film.set_rows(pictures(1, 4), names=["one"], headings=list("abcd"))
    assert film.chosen() == (0, 3) and film.picture(0, 3) == to_image(np.full((8, 8, 3), 3, np.uint8))
    film.set_rows([], names=[], headings=[])
    assert film.columns() == 0 and film.picture(0, 0) is None
    QTest.keyClick(film, Qt.Key.Key_Right)
    assert not film.grab().isNull()


def test_single_cells_have_words_below_and_headings_above(qtbot: Any) -> None:
    table = PictureTable("cell")
    qtbot.addWidget(table)
    table.resize(700, 400)
    rows = pictures(2, 3)
    captions = [["a", "b", "c"], ["d", "e", "f"]]
    table.set_rows([rows[0], [None, *rows[1][1:]]], names=["x", "y"], headings=["l", "m", "n"], captions=captions)
    table.show()
    assert table.cell_rect(0, 0).top() >= table.fontMetrics().height()
    assert table.shown_columns() == [0, 1, 2]
    QTest.mouseClick(table, LEFT, pos=table.cell_rect(1, 2).center().toPoint())
    assert table.chosen() == (1, 2)
    assert not table.grab().isNull()


def test_other_pictures_are_painted(film: PictureTable) -> None:
    before = film.grab().toImage()
    film.set_rows(pictures(3, 7), names=["a", "b", "c"], headings=list("abcdefg"))
    assert film.grab().toImage() != before


# --- the schedule ------------------------------------------------------------------------------------------------


@pytest.fixture
def curve(qtbot: Any) -> ScheduleCurve:
    made = ScheduleCurve()
    qtbot.addWidget(made)
    made.resize(400, 240)
    made.set_curves(np.linspace(1, 0, 21), np.linspace(0, 1, 21), {"other": np.linspace(1, 0, 21) ** 2})
    made.show()
    return made


def test_the_dot_goes_where_one_clicks_and_drags(curve: ScheduleCurve) -> None:
    told: list[int] = []
    curve.moved.connect(told.append)
    QTest.mouseClick(curve, LEFT, pos=curve.point_of(8, 0.2).toPoint())
    QTest.mouseClick(curve, LEFT, pos=curve.point_of(8, 0.9).toPoint())
    assert told == [8] and curve.place() == 8, "the same place again is no news"
    assert curve.accessibleDescription() == "picture 0.6, noise 0.4"
    QTest.mouseClick(curve, LEFT, pos=curve.rect().topRight())
    assert curve.place() == 20


def test_keys_move_the_dot(curve: ScheduleCurve) -> None:
    curve.setFocus()
    for key in (Qt.Key.Key_End, Qt.Key.Key_Left, Qt.Key.Key_PageUp, Qt.Key.Key_Right):
        QTest.keyClick(curve, key)
    assert curve.place() == 14
    QTest.keyClick(curve, Qt.Key.Key_Home)
    QTest.keyClick(curve, Qt.Key.Key_Left)
    assert curve.place() == 0


def test_the_dot_is_painted_and_an_empty_one_too(curve: ScheduleCurve) -> None:
    before = curve.grab().toImage()
    curve.set_place(9)
    assert curve.grab().toImage() != before
    curve.set_curves([], [])
    assert curve.place() == 0 and not curve.grab().isNull()


# --- words -------------------------------------------------------------------------------------------------------


def test_a_prompt_is_told_once_when_it_is_committed(qtbot: Any) -> None:
    field = PromptField("hint")
    qtbot.addWidget(field)
    told: list[str] = []
    field.value_changed.connect(told.append)
    field.set_value("a girl")
    field.show()
    QTest.keyClicks(field, " ")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert told == [] and field.value() == "a girl", "blanks around it mean nothing"
    field.moveCursor(field.textCursor().MoveOperation.End)
    QTest.keyClicks(field, "and")
    QTest.keyClick(field, Qt.Key.Key_Return)
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert len(told) == 1
    QTest.keyClicks(field, "s")
    qtbot.waitUntil(lambda: len(told) == 2, timeout=5000)
    QTest.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert field.toPlainText().count("\n") == 1
    field.set_available("This model reads no words.")
    assert not field.isEnabled() and "reads no words" in field.accessibleDescription()
    field._rest.stop()


def test_a_word_is_shown_letter_by_letter(qtbot: Any) -> None:
    chip = WordChip("<b>&x")
    qtbot.addWidget(chip)
    chip.show()
    plain = chip.grab().toImage()
    chip.setChecked(True)
    assert chip.grab().toImage() != plain and chip.accessibleName() == "<b>&x"
    assert chip.sizeHint().width() > WordChip("x").sizeHint().width()
