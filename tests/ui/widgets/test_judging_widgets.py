"""The widgets that tell of a classifier: confusion matrix, probability bars, calibration diagram, heat, drawing pad."""

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from studio.jobs.judgements import Bin
from studio.ui import theme
from studio.ui.widgets.confusion_matrix import ConfusionMatrix, percent
from studio.ui.widgets.drawing_pad import DrawingPad
from studio.ui.widgets.heat import heat_image
from studio.ui.widgets.probability_bars import ProbabilityBars
from studio.ui.widgets.reliability import ReliabilityDiagram

EVIL = "<img src='file:///x'>"


@pytest.fixture(autouse=True)
def look(qapp: QApplication) -> None:
    theme.install(qapp, "light")


def shown(qtbot: Any, widget: Any, width: int = 320, height: int = 300) -> Any:
    qtbot.addWidget(widget)
    widget.resize(width, height)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


@pytest.mark.parametrize(
    ("share", "words"), [(0.0, "0"), (0.0004, "0"), (0.004, "0.4"), (0.5, "50"), (0.994, "99.4"), (0.9999, "100")]
)
def test_a_percentage_is_exact_only_near_its_ends(share: float, words: str) -> None:
    assert percent(share) == f"{words}\u00a0%"


# --- confusion matrix ------------------------------------------------------------------------------------------------


@pytest.fixture
def matrix(qtbot: Any) -> ConfusionMatrix:
    matrix: ConfusionMatrix = shown(qtbot, ConfusionMatrix())
    matrix.set_counts(np.array([[8, 2, 0], [0, 5, 5], [0, 0, 0]]), ("black", EVIL, "red"))
    return matrix


def test_the_cell_under_the_pointer_is_told(matrix: ConfusionMatrix, qtbot: Any) -> None:
    with qtbot.waitSignal(matrix.told) as told:
        QTest.mouseMove(matrix, matrix.cell_rect(0, 1).center().toPoint())
    assert told.args == [f"2 of 10 black are taken for {EVIL} (20\u00a0%)."]
    assert matrix.accessibleDescription() == told.args[0]
    assert matrix.sentence(2, 2) == "There is no red here."


def test_arrows_walk_over_the_cells_and_enter_picks_one(matrix: ConfusionMatrix, qtbot: Any) -> None:
    matrix.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Right):
        qtbot.keyClick(matrix, key)
    assert matrix.accessibleDescription().startswith(f"5 of 10 {EVIL} are taken for red")
    with qtbot.waitSignal(matrix.picked) as picked:
        qtbot.keyClick(matrix, Qt.Key.Key_Return)
    assert picked.args == [1, 2]


def test_accuracy_and_what_does_not_fit(matrix: ConfusionMatrix) -> None:
    assert matrix.accuracy() == pytest.approx(13 / 20)
    matrix.set_counts(np.zeros((2, 3)), ("a", "b"))
    assert matrix.counts().size == 0 and matrix.accuracy() is None and matrix.summary() == ""


def test_many_values_still_fit_into_the_widget(qtbot: Any) -> None:
    matrix = shown(qtbot, ConfusionMatrix())
    matrix.set_counts(np.eye(100, dtype=np.int64), [f"value {at}" for at in range(100)])
    last = matrix.cell_rect(99, 99)
    assert last.right() <= matrix.width() and last.bottom() <= matrix.height()
    assert matrix.cell_at(last.center().toPoint()) == (99, 99)


# --- bars ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def bars(qtbot: Any) -> ProbabilityBars:
    bars: ProbabilityBars = shown(qtbot, ProbabilityBars())
    bars.set_labels({"hair": ("black", "red"), EVIL: ("no", "yes")})
    return bars


def test_bars_stay_where_they_are_and_glide(bars: ProbabilityBars, qtbot: Any) -> None:
    places = [bars.row_rect(at) for at in range(4)]
    bars.set_probabilities({"hair": {"black": 0.9, "red": 0.1}, EVIL: {"no": 0.3, "yes": 0.7}})
    assert bars._shown.tolist() == [0.9, 0.1, 0.3, 0.7]  # the first answer stands at once
    bars.set_probabilities({"hair": {"black": 0.1, "red": 0.9}, EVIL: {"no": 0.3, "yes": 0.7}})
    assert bars._shown[0] == 0.9 and bars.best("hair") == "red"
    qtbot.waitUntil(lambda: bars._shown[0] == pytest.approx(0.1) and not bars._timer.isActive())
    assert [bars.row_rect(at) for at in range(4)] == places
    assert bars.accessibleDescription() == f"hair: red, {EVIL}: yes"


def test_a_bar_is_picked_by_click_and_by_key(bars: ProbabilityBars, qtbot: Any) -> None:
    with qtbot.waitSignal(bars.picked) as picked:
        qtbot.mouseClick(bars, Qt.MouseButton.LeftButton, pos=bars.row_rect(1).center().toPoint())
    assert picked.args == ["hair", "red"]
    bars.setFocus()
    qtbot.keyClick(bars, Qt.Key.Key_Down)
    with qtbot.waitSignal(bars.picked) as picked:
        qtbot.keyClick(bars, Qt.Key.Key_Space)
    assert picked.args == [EVIL, "no"]


def test_cleared_bars_know_nothing(bars: ProbabilityBars) -> None:
    bars.set_probabilities({"hair": {"black": 1.0, "red": 0.0}})
    bars.clear()
    assert bars.probabilities() == {} and bars.best("hair") == "" and not bars._shown.any()


# --- calibration -----------------------------------------------------------------------------------------------------


def test_a_bin_is_read_by_pointer_and_by_key(qtbot: Any) -> None:
    diagram = shown(qtbot, ReliabilityDiagram(), 420, 380)
    diagram.set_bins([Bin(0.55, 0.5, 10), Bin(0.95, 0.8, 1200)])
    with qtbot.waitSignal(diagram.told) as told:
        QTest.mouseMove(diagram, diagram._bin_rect(1).center().toPoint())
    assert told.args == ["1\u00a0200 predictions made with about 95\u00a0%: 80\u00a0% of them right"]
    diagram.setFocus()
    with qtbot.waitSignal(diagram.told) as told:
        qtbot.keyClick(diagram, Qt.Key.Key_Left)
    assert told.args[0].startswith("10 predictions")


def test_heat_glows_where_it_is_hot(qapp: QApplication) -> None:
    image = heat_image(np.array([[0.0, 1.0], [np.nan, 0.5]], np.float32))
    cold, hot = QColor(image.pixelColor(0, 0)), QColor(image.pixelColor(1, 0))
    assert (image.width(), image.height()) == (2, 2)
    assert hot.alpha() > cold.alpha() and hot.lightness() > cold.lightness()


# --- pad -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def pad(qtbot: Any) -> DrawingPad:
    pad: DrawingPad = shown(qtbot, DrawingPad(), 256, 256)
    return pad


def stroke(qtbot: Any, pad: DrawingPad, *points: tuple[int, int]) -> None:
    """Draw with the mouse from point to point."""
    qtbot.mousePress(pad, Qt.MouseButton.LeftButton, pos=QPoint(*points[0]))
    for point in points[1:]:
        QTest.mouseMove(pad, QPoint(*point))
    qtbot.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=QPoint(*points[-1]))


def dark(image: QImage, x: int, y: int) -> bool:
    return QColor(image.pixelColor(x, y)).lightness() < 128


def test_a_stroke_is_drawn_erased_and_taken_back(pad: DrawingPad, qtbot: Any) -> None:
    with qtbot.waitSignal(pad.changed):
        stroke(qtbot, pad, (40, 128), (200, 128))
    assert dark(pad.picture(), 120, 128) and not dark(pad.picture(), 120, 40)
    pad.set_eraser(True)
    stroke(qtbot, pad, (120, 100), (120, 150))
    assert not dark(pad.picture(), 120, 128) and dark(pad.picture(), 60, 128)
    pad.setFocus()
    qtbot.keyClick(pad, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert dark(pad.picture(), 120, 128)
    qtbot.keyClick(pad, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert pad.is_blank() and not pad.can_undo()


def test_the_keyboard_draws(pad: DrawingPad, qtbot: Any) -> None:
    pad.setFocus()
    qtbot.keyClick(pad, Qt.Key.Key_Space)
    for _ in range(20):
        qtbot.keyClick(pad, Qt.Key.Key_Right)
    qtbot.keyClick(pad, Qt.Key.Key_Space)
    for _ in range(10):
        qtbot.keyClick(pad, Qt.Key.Key_Right)
    assert dark(pad.picture(), 128 + 70, 128) and not dark(pad.picture(), 128 + 110, 128)
    with qtbot.waitSignal(pad.eraser_changed) as asked:
        qtbot.keyClick(pad, Qt.Key.Key_E)
    assert asked.args == [True]


def test_a_picture_comes_back_as_it_was_while_nothing_is_drawn_on_it(pad: DrawingPad, qtbot: Any) -> None:
    small = QImage(28, 40, QImage.Format.Format_RGB32)
    small.fill(QColor("#204060"))
    pad.set_picture(small)
    assert (pad.picture().width(), pad.picture().height()) == (28, 28)
    stroke(qtbot, pad, (128, 128), (140, 140))
    assert pad.picture().width() == 280 and dark(pad.picture(), 140, 140)
    pad.clear()
    assert pad.is_blank()
    pad.undo()
    assert not pad.is_blank() and QColor(pad.picture().pixelColor(5, 5)) == QColor("#204060")


def test_transparent_pictures_lie_on_white(pad: DrawingPad) -> None:
    clear = QImage(16, 16, QImage.Format.Format_ARGB32)
    clear.fill(Qt.GlobalColor.transparent)
    pad.set_picture(clear)
    assert QColor(pad.picture().pixelColor(3, 3)) == QColor("white")


def test_the_clipboard_is_pasted_and_the_picture_copied(pad: DrawingPad, qtbot: Any) -> None:
    red = QImage(20, 20, QImage.Format.Format_RGB32)
    red.fill(QColor("red"))
    QGuiApplication.clipboard().setImage(red)
    assert pad.paste() and QColor(pad.picture().pixelColor(1, 1)) == QColor("red")
    pad.clear()
    pad.setFocus()
    qtbot.keyClick(pad, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QColor(QGuiApplication.clipboard().image().pixelColor(1, 1)) == QColor("white")


def test_black_paper_and_a_file(pad: DrawingPad) -> None:
    pad.set_paper(QColor("black"))
    image = QImage.fromData(pad.png())
    assert (image.width(), image.hasAlphaChannel()) == (256, False) and dark(image, 9, 9)


def test_heat_stays_until_another_picture_comes(pad: DrawingPad, qtbot: Any) -> None:
    pad.set_heat(np.ones((4, 4), np.float32))
    stroke(qtbot, pad, (30, 30), (60, 60))
    assert pad.has_heat()
    pad.clear()
    assert not pad.has_heat()
