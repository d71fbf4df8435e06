"""The widgets that show texts and what models see in them: by clicks and keys, in light and dark."""

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from studio.ui import theme
from studio.ui.widgets.alignment import Alignment
from studio.ui.widgets.attention_matrix import AttentionMatrix, HeadGrid, weights_image
from studio.ui.widgets.choice_bars import ChoiceBar, ChoiceBars, visible
from studio.ui.widgets.passage import Passage, Piece, format_of, units
from studio.ui.widgets.ribbons import Ribbons
from studio.ui.widgets.tint_legend import TintLegend
from studio.ui.widgets.token_chips import Chip, TokenChips

LEFT = Qt.MouseButton.LeftButton
HTML = "<b>bold</b><img src='file:///x'>"
ODD = f"a\u0000b\tc \U0001f98a שלום {HTML}\r\nnext\u2029last"


def shown(qtbot: Any, widget: QWidget, width: int = 400, height: int = 300) -> None:
    qtbot.addWidget(widget)
    widget.resize(width, height)
    widget.show()


# --- passages --------------------------------------------------------------------------------------------------------


def test_a_passage_shows_letters_and_copies_them(qtbot: Any) -> None:
    passage = Passage(choosing=True)
    passage.set_pieces([Piece("Once ", "given"), Piece(ODD)])
    shown(qtbot, passage)
    assert passage.text() == "Once " + ODD
    passage.grab()
    qtbot.keyClick(passage, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "Once " + ODD
    high = passage.heightForWidth(400)
    place = passage.piece_rects(1)
    assert passage.heightForWidth(90) > high, "narrow text is higher"
    assert passage.piece_rects(1) == place, "and what was asked for other widths moves nothing"


def test_pieces_are_pointed_at_and_chosen(qtbot: Any) -> None:
    passage = Passage(choosing=True)
    words = ["One ", "fox \U0001f98a\U0001f98a ", "and ", "another."]
    passage.set_pieces([Piece(word, "tint", 0.3) for word in words])
    shown(qtbot, passage)
    found: list[int] = []
    passage.picked.connect(found.append)
    for at in range(4):
        spot = passage.piece_rects(at)[0].center().toPoint()
        assert passage.piece_at(spot) == at
        qtbot.mouseClick(passage, LEFT, pos=spot)
    assert found == [0, 1, 2, 3] and passage.current() == 3
    assert passage.piece_at(QPoint(390, 5)) == -1, "beside the text there is none"
    for key in (Qt.Key.Key_Home, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_End, Qt.Key.Key_Right):
        qtbot.keyClick(passage, key)
    assert found[4:] == [0, 0, 1, 3, 3]
    passage.grab()


def test_other_tints_of_the_same_text_leave_what_is_chosen(qtbot: Any) -> None:
    passage = Passage(choosing=True)
    passage.set_pieces([Piece("a "), Piece("b")])
    shown(qtbot, passage)
    passage.set_current(1)
    passage.set_pieces([Piece("a ", "tint", 0.5), Piece("b")])
    assert passage.current() == 1
    passage.set_pieces([Piece("other")])
    assert passage.current() == -1


def test_a_long_text_is_folded(qtbot: Any) -> None:
    passage = Passage(most_lines=3)
    passage.set_pieces([Piece("word " * 400)])
    shown(qtbot, passage)
    folded = passage.heightForWidth(400)
    assert passage.is_cut() and folded < 100
    passage.set_most_lines(0)
    assert not passage.is_cut() and passage.heightForWidth(400) > 3 * folded


def test_a_piece_over_two_lines_has_two_boxes(qtbot: Any) -> None:
    passage = Passage()
    passage.set_pieces([Piece("first\nsecond"), Piece(" rest")])
    shown(qtbot, passage)
    assert [round(box.left()) for box in passage.piece_rects(0)] == [0, 0]


def test_looks_differ_and_follow_the_theme(qtbot: Any) -> None:
    looks = ("given", "dim", "new", "mark", "tint")
    light = [format_of(Piece("x", look, 0.5)) for look in looks]
    theme.choose("dark")
    dark = [format_of(Piece("x", look, 0.5)) for look in looks]
    assert all(one != other for one, other in zip(light, dark, strict=True))
    assert units("\U0001f98a") == 2 and units("é") == 1


# --- bars ------------------------------------------------------------------------------------------------------------


def test_bars_are_picked_and_taken(qtbot: Any) -> None:
    bars = ChoiceBars()
    bars.set_bars([ChoiceBar(" the", 0.5, 0.7), ChoiceBar(HTML, 0.3, 0.3, stands=True), ChoiceBar("\n", 0.1, 0.0)])
    shown(qtbot, bars)
    picked: list[int] = []
    taken: list[int] = []
    bars.picked.connect(picked.append)
    bars.taken.connect(taken.append)
    qtbot.mouseClick(bars, LEFT, pos=bars.row_rect(1).center().toPoint())
    qtbot.keyClick(bars, Qt.Key.Key_Up)
    qtbot.keyClick(bars, Qt.Key.Key_End)
    qtbot.keyClick(bars, Qt.Key.Key_Return)
    assert picked == [1, 0, 2] and taken == [2]
    qtbot.mouseDClick(bars, LEFT, pos=bars.row_rect(0).center().toPoint())
    assert taken == [2, 0]
    assert [bars.is_left(at) for at in range(3)] == [True, True, False]
    assert bars.sentence(0).startswith("␣the 70")
    bars.grab()


def test_cuts_move_the_rows_below_them(qtbot: Any) -> None:
    bars = ChoiceBars()
    bars.set_bars([ChoiceBar(str(at), 0.2, 0.2) for at in range(4)])
    before = bars.row_rect(3).top()
    bars.set_cuts({2: "top-k 2", 9: "out of sight", 0: "nothing"})
    shown(qtbot, bars)
    assert bars.cuts() == {2: "top-k 2"}
    assert bars.row_rect(1).bottom() < bars.row_rect(2).top() and bars.row_rect(3).top() > before
    assert bars.row_at(QPointF(20, (bars.row_rect(1).bottom() + bars.row_rect(2).top()) / 2).toPoint()) == -1
    bars.grab()


def test_the_picked_row_stays_where_its_text_does() -> None:
    bars = ChoiceBars()
    bars.set_bars([ChoiceBar("a", 0.5), ChoiceBar("b", 0.3)])
    bars.pick(1)
    bars.set_bars([ChoiceBar("b", 0.6), ChoiceBar("a", 0.3)])
    assert bars.current() == 0
    bars.set_bars([ChoiceBar("c", 0.6)])
    assert bars.current() == -1


def test_tokens_can_be_seen() -> None:
    assert [visible(text) for text in (" the", "  ", "\n", "a b ", "\t\0")] == ["␣the", "␣␣", "↵", "a b␣", "⇥␀"]


# --- attention -------------------------------------------------------------------------------------------------------


def test_a_cell_of_the_matrix_is_pointed_at(qtbot: Any) -> None:
    matrix = AttentionMatrix()
    weights = np.array([[1, 0, 0], [0.4, 0.6, 0]], np.float32)
    matrix.set_weights(weights, ["a", HTML], ["x", " y", "z"])
    shown(qtbot, matrix)
    found: list[tuple[int, int]] = []
    matrix.pointed.connect(lambda row, column: found.append((row, column)))
    spot = matrix.cell_rect(1, 1).center().toPoint()
    assert matrix.cell_at(spot) == (1, 1)
    qtbot.mouseMove(matrix, spot)
    qtbot.waitUntil(lambda: found[-1:] == [(1, 1)])
    assert "60" in matrix.sentence(1, 1) and HTML in matrix.sentence(1, 1)
    assert "<b>" not in matrix.toolTip() and "&lt;b&gt;" in matrix.toolTip()
    qtbot.keyClick(matrix, Qt.Key.Key_Left)
    qtbot.keyClick(matrix, Qt.Key.Key_Up)
    qtbot.keyClick(matrix, Qt.Key.Key_Up)
    assert matrix.at() == (0, 0)
    matrix.grab()


def test_what_does_not_fit_shows_nothing(qtbot: Any) -> None:
    matrix = AttentionMatrix()
    matrix.set_weights(np.ones((2, 2)), ["a"], ["b", "c"])
    shown(qtbot, matrix)
    assert matrix.weights().size == 0 and matrix.cell_at(QPoint(50, 50)) == (-1, -1)
    qtbot.keyClick(matrix, Qt.Key.Key_Right)
    assert matrix.at() == (-1, -1)
    matrix.grab()


def test_many_cells_go_without_names(qtbot: Any) -> None:
    matrix, wide = AttentionMatrix(), AttentionMatrix(square=False, colour="fake")
    names = [str(at) for at in range(150)]
    matrix.set_weights(np.eye(150), names, names)
    wide.set_weights(np.ones((4, 150)), names[:4], names)
    for one in (matrix, wide):
        shown(qtbot, one)
        one.grab()
    assert matrix.box().left() < 60 and wide.box().right() == pytest.approx(400)
    assert wide.sentence(1, 1) == "", "it shows no attention"


def test_tints_go_from_the_tray_to_the_accent() -> None:
    image = weights_image(np.array([[0.0, 1.0]]))
    look = theme.current()
    assert image.pixelColor(0, 0) == look.colour("sunken") and image.pixelColor(1, 0) == look.colour("accent")


def test_a_head_is_chosen(qtbot: Any) -> None:
    heads = HeadGrid()
    heads.set_weights(np.random.default_rng(0).random((2, 3, 5, 5)).astype(np.float32))
    shown(qtbot, heads)
    found: list[tuple[int, int]] = []
    heads.picked.connect(lambda layer, head: found.append((layer, head)))
    qtbot.mouseClick(heads, LEFT, pos=heads.cell_rect(1, 2).center().toPoint())
    qtbot.keyClick(heads, Qt.Key.Key_Up)
    qtbot.keyClick(heads, Qt.Key.Key_Left)
    qtbot.keyClick(heads, Qt.Key.Key_Down)
    assert found == [(1, 2), (0, 2), (0, 1), (1, 1)] and heads.current() == (1, 1)
    heads.grab()
    heads.set_weights(np.zeros((1, 1, 2, 2), np.float32))
    assert heads.current() == (-1, -1)
    qtbot.keyClick(heads, Qt.Key.Key_Right)
    assert heads.current() == (0, 0)


# --- chips -----------------------------------------------------------------------------------------------------------


def test_chips_break_lines_where_the_text_does(qtbot: Any) -> None:
    chips = TokenChips()
    chips.set_chips([Chip("One", 1), Chip("\n", 2), Chip("two", 3), Chip("<|end|>", 4, mark=True), Chip("<e2>", 5)])
    shown(qtbot, chips)
    tops = [chips.chip_rect(at).top() for at in range(5)]
    assert tops[0] == tops[1] < tops[2] == tops[3]
    assert chips.heightForWidth(60) > chips.heightForWidth(400)
    found: list[int] = []
    chips.pointed.connect(found.append)
    qtbot.mouseClick(chips, LEFT, pos=chips.chip_rect(3).center().toPoint())
    qtbot.keyClick(chips, Qt.Key.Key_Right)
    qtbot.keyClick(chips, Qt.Key.Key_Home)
    assert found[-3:] == [3, 4, 0] and chips.at() == 0
    chips.grab()


# --- ribbons ---------------------------------------------------------------------------------------------------------


def test_ribbons_are_followed(qtbot: Any) -> None:
    ribbons = Ribbons()
    weights = np.array([[0.9, 0.1, 0.0], [0.0, 0.03, 0.97]], np.float32)
    ribbons.set_words(["The", " little", HTML], ["La", "petite"], weights)
    shown(qtbot, ribbons, 500, 150)
    pointed: list[int] = []
    picked: list[int] = []
    ribbons.pointed.connect(pointed.append)
    ribbons.picked.connect(picked.append)
    spot = ribbons.word_rect("below", 1).center().toPoint()
    assert ribbons.word_at(spot) == ("below", 1)
    qtbot.mouseMove(ribbons, spot)
    qtbot.waitUntil(lambda: pointed[-1:] == [1])
    assert HTML in ribbons.sentence("below", 1) and "97" in ribbons.sentence("below", 1)
    assert "nobody" not in ribbons.sentence("above", 0) and "La" in ribbons.sentence("above", 0)
    assert "nobody" in ribbons.sentence("above", 1) or "La" in ribbons.sentence("above", 1)
    qtbot.mouseClick(ribbons, LEFT, pos=spot)
    qtbot.keyClick(ribbons, Qt.Key.Key_Up)
    assert ribbons.at() == ("above", 1) and pointed[-1] == -1
    qtbot.keyClick(ribbons, Qt.Key.Key_Right)
    assert ribbons.at() == ("above", 2)
    qtbot.keyClick(ribbons, Qt.Key.Key_Down)
    qtbot.keyClick(ribbons, Qt.Key.Key_Left)
    qtbot.keyClick(ribbons, Qt.Key.Key_Return)
    assert picked == [1, 0]
    ribbons.grab()


def test_words_keep_their_room() -> None:
    ribbons = Ribbons()
    ribbons.set_words(["word"] * 60, ["mot"] * 50, np.zeros((50, 60), np.float32))
    assert ribbons.minimumSizeHint().width() > 60 * 30
    ribbons.set_words(["a"], ["b"], np.zeros((7, 7), np.float32))  # does not fit: the words stand alone
    assert ribbons.sentence("below", 0) and "nobody" in ribbons.sentence("below", 0)


def test_a_legend_names_its_tints(qtbot: Any) -> None:
    legend = TintLegend()
    legend.set_tints("Probability", [("50 %", 0.0, "fake"), ("1 %", 0.4, "fake")])
    shown(qtbot, legend, 400, 30)
    assert legend.accessibleDescription() == "50 %, 1 %" and legend.sizeHint().width() > 100
    legend.grab()


@pytest.mark.parametrize("look", ["light", "dark"])
def test_tinted_text_can_be_read(look: Any) -> None:
    """Text on the deepest tint keeps a contrast of 4.5 (WCAG 2.1)."""
    from studio.ui.palette import contrast
    from studio.ui.panels.language_look_reading import DEEPEST

    theme.choose(look)
    colours = theme.current().colours
    for tint, depth in ((colours.fake, DEEPEST), (colours.accent, 0.6)):
        mixed = [
            round(int(tint[at : at + 2], 16) * depth + int(colours.surface[at : at + 2], 16) * (1 - depth))
            for at in (1, 3, 5)
        ]
        assert contrast(colours.text, "#{:02x}{:02x}{:02x}".format(*mixed)) >= 4.5


# --- alignments ------------------------------------------------------------------------------------------------------


@pytest.fixture
def alignment(qtbot: Any) -> Alignment:
    made = Alignment()
    draw = np.random.default_rng(1)
    weights = draw.dirichlet(np.ones(4), (2, 3, 3)).astype(np.float32)
    made.set_weights(weights, ["The", " red", " door", "."], ["La", " porte", " rouge"])
    shown(qtbot, made, 700, 260)
    return made


def test_the_mean_of_the_last_layer_comes_first(alignment: Alignment, qtbot: Any) -> None:
    weights = alignment._weights
    assert np.allclose(alignment.shares(), weights[1].mean(axis=0)) and not alignment.mean.isVisible()
    qtbot.mouseClick(alignment.heads, LEFT, pos=alignment.heads.cell_rect(0, 2).center().toPoint())
    assert np.array_equal(alignment.shares(), weights[0, 2]) and alignment.head() == (0, 2)
    assert np.array_equal(alignment.matrix.weights(), weights[0, 2])
    qtbot.mouseClick(alignment.mean, LEFT)
    assert alignment.head() == (-1, -1)


def test_ribbons_and_matrix_show_the_same(alignment: Alignment, qtbot: Any) -> None:
    pointed: list[int] = []
    alignment.pointed.connect(pointed.append)
    assert alignment.ribbons.isVisible() and not alignment.matrix.isVisible()
    qtbot.mouseMove(alignment.ribbons, alignment.ribbons.word_rect("below", 1).center().toPoint())
    qtbot.waitUntil(lambda: pointed[-1:] == [1])
    assert "porte" in alignment._line.text()
    alignment.grab()
    qtbot.mouseClick(alignment.way, LEFT)
    assert alignment.matrix.isVisible() and alignment.is_matrix()
    qtbot.mouseMove(alignment.matrix, alignment.matrix.cell_rect(2, 1).center().toPoint())
    qtbot.waitUntil(lambda: pointed[-1:] == [2])
    assert "rouge" in alignment._line.text() and "red" in alignment._line.text()
    alignment.set_chosen(0)
    alignment.grab()
    kept = alignment.state()
    other = Alignment()
    other.restore(kept)
    assert other.is_matrix() and other.state() == kept
    other.restore({"head": [1, "x"], "matrix": 3})
    assert other.state() == {"head": [-1, -1], "matrix": False}


def test_weights_that_do_not_fit_show_nothing(alignment: Alignment) -> None:
    alignment.set_weights(np.ones((1, 1, 2, 2), np.float32), ["a"], ["b"])
    assert alignment.shares().size == 0
    alignment.grab()
