"""The transcript: any length in pieces, nothing jumps, letters stay letters."""

import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QFont
from PySide6.QtTest import QTest

from studio.app import application
from studio.ui.panels.language_chat_rows import FOLDED, Entry, Measure, Row
from studio.ui.panels.language_chat_text import PIECE, TextBlock, cut, units
from studio.ui.panels.language_chat_transcript import Transcript

TEXTS = {
    "nothing": "",
    "one line": "a",
    "lines": "a\n\nb\n",
    "a long paragraph": "word " * 3000,
    "no blanks": "x" * 5001,
    "many short lines": "ab\n" * 4000,
    "letters of several kinds": ("שלום עולם\n" + "naïve 🎨👩‍👩‍👧 text\n" + "plain\n") * 300,
    "marks that belong to a letter": "e\u0301" * 3000,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_pieces_are_the_text(text: str) -> None:
    pieces = list(cut(text))
    assert "".join(part + ("\n" if ends else "") for part, ends in pieces) == text
    assert max(len(part) for part, _ in pieces) <= PIECE
    starts = [after for (_, ends), (after, _) in pairwise(pieces) if not ends and after]
    assert not any(unicodedata.combining(after[0]) for after in starts)


def test_a_text_that_grows_keeps_its_first_pieces() -> None:
    application()
    whole = TEXTS["letters of several kinds"] + TEXTS["a long paragraph"]
    block = TextBlock(whole[:4000], QFont(), 400)
    first = block.pieces[0]
    for end in range(4000, len(whole), 700):
        block.set_text(whole[:end])
    block.set_text(whole)
    assert block.pieces[0] is first
    assert [(p.text, p.ends) for p in block.pieces] == list(cut(whole))
    assert block.text_between((0, 0), block.end()) == whole
    block.set_text("other")
    assert [p.text for p in block.pieces] == ["other"]


def test_only_what_is_in_view_is_laid_out() -> None:
    application()
    block = TextBlock("word " * 300_000, QFont(), 600)
    middle = block.height() / 2
    block.settle(middle, middle + 800)
    laid_out = [number for number, piece in enumerate(block.pieces) if piece.layout is not None]
    assert 1 <= len(laid_out) < 12 and min(laid_out) > 100
    block.let_go(0, 100)
    assert not any(piece.layout is not None for piece in block.pieces)


def test_places_count_as_qt_does() -> None:
    application()
    block = TextBlock("a🎨b\nשלום", QFont(), 600)
    block.settle(0, 500)
    assert units("a🎨b") == 4
    assert block.text_between((0, 1), (0, 3)) == "🎨"
    assert block.text_between((0, 0), block.end()) == "a🎨b\nשלום"


class Held:
    """Texts by id, and which were asked for."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = dict(enumerate(texts, 1))
        self.asked: list[int] = []

    def __call__(self, ids: Sequence[int]) -> dict[int, str]:
        self.asked += ids
        return {id: self.texts[id] for id in ids}

    def entries(self) -> list[Entry]:
        return [Entry(id, id % 2 == 1, len(text), f"head {id}") for id, text in self.texts.items()]


def transcript(held: Held, qtbot: Any, height: int = 500) -> Transcript:
    application()
    made = Transcript()
    qtbot.addWidget(made)
    made.fetch = held
    made.resize(700, height)
    made.show()
    made.set_entries(held.entries(), to_end=True)
    return made


def test_of_ten_thousand_messages_only_those_in_view_are_read(qtbot: Any) -> None:
    held = Held([f"message {n} " * (1 + n % 40) for n in range(10_000)])
    made = transcript(held, qtbot)
    assert made.at_end() and len(set(held.asked)) < 30 and max(held.asked) == 10_000
    held.asked.clear()
    made.verticalScrollBar().setValue(made.verticalScrollBar().maximum() // 2)
    assert 0 < len(set(held.asked)) < 30
    filled = [row for row in made._rows if row.block is not None]
    assert len(filled) < 80, "what is far away is let go"


def test_scrolling_up_moves_what_is_in_view_by_as_much_and_no_more(qtbot: Any) -> None:
    held = Held(["שורה " * (n * 37 % 200) + "x" for n in range(1, 400)])
    made = transcript(held, qtbot)
    bar = made.verticalScrollBar()
    for _ in range(60):
        at = made._row_at(250)
        id, before = made._rows[at].entry.id, made.top_of(made._rows[at].entry.id).top()
        bar.setValue(bar.value() - 70)
        assert abs(made.top_of(id).top() - before - 70) <= 2


def test_who_is_at_the_end_stays_there_and_nobody_else_is_moved(qtbot: Any) -> None:
    held = Held(["text " * 100] * 20)
    made = transcript(held, qtbot)
    for length in range(1, 40):
        held.texts[20] = "growing " * 30 * length
        made.set_text(20, held.texts[20])
        assert made.at_end()
    made.verticalScrollBar().setValue(made.verticalScrollBar().maximum() - 800)
    at = made.verticalScrollBar().value()
    made.set_text(20, held.texts[20] + "more " * 200)
    assert made.verticalScrollBar().value() == at and not made.at_end()


def test_a_long_message_is_folded_and_unfolds(qtbot: Any) -> None:
    held = Held(["short", "word " * 60_000, "end"])
    made = transcript(held, qtbot)
    assert len(made.shown_text(2)) == FOLDED
    made.set_current(2)
    QTest.keyClick(made, Qt.Key.Key_Space)
    assert len(made.shown_text(2)) == FOLDED + 100_000
    row = made._rows[1]
    link = made._link_rect(1).center().toPoint()
    made.verticalScrollBar().setValue(made.verticalScrollBar().value() + link.y() - 200)
    QTest.mouseClick(made.viewport(), Qt.MouseButton.LeftButton, pos=made._link_rect(1).center().toPoint())
    assert row.hidden == 300_000 - FOLDED - 200_000
    made.copy_message(2)
    from PySide6.QtGui import QGuiApplication

    assert QGuiApplication.clipboard().text() == held.texts[2], "a copy is whole, folded or not"


def test_text_is_selected_with_the_mouse_over_messages(qtbot: Any) -> None:
    held = Held(["first <b>line</b>", "second\nlines here", "third"])
    made = transcript(held, qtbot)
    view = made.viewport()
    begin, end = made.viewport_point(1), made.viewport_point(3)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=QPoint(0, begin.y()))
    QTest.mouseMove(view, QPoint(690, end.y()))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(690, end.y()))
    assert made.selected_text() == "first <b>line</b>\n\nsecond\nlines here\n\nthird"
    QTest.mouseDClick(view, Qt.MouseButton.LeftButton, pos=begin)
    assert made.selected_text() in ("first", "b", "line")


def test_keys_move_the_current_message_and_tell_screen_readers(qtbot: Any) -> None:
    held = Held(["one", "two", "three"])
    made = transcript(held, qtbot)
    made.setFocus()
    QTest.keyClick(made, Qt.Key.Key_Home)
    assert made.current() == 1
    QTest.keyClick(made, Qt.Key.Key_Down)
    assert made.current() == 2 and "two" in made.accessibleDescription()
    QTest.keyClick(made, Qt.Key.Key_End)
    assert made.current() == 3
    QTest.keyClick(made, Qt.Key.Key_Up)
    assert made.current() == 2


def test_another_width_lays_out_anew_and_keeps_the_place(qtbot: Any) -> None:
    held = Held(["word " * 200] * 50)
    made = transcript(held, qtbot)
    made.verticalScrollBar().setValue(made.verticalScrollBar().maximum() // 2)
    first = made._rows[made._row_at(1)].entry.id
    made.resize(420, 500)
    assert made._rows[made._row_at(1)].entry.id == first
    made.to_end()
    made.resize(800, 500)
    assert made.at_end()


def test_a_failure_without_a_word_stands_in_the_place_of_the_text() -> None:
    application()
    measure = Measure(QFont(), 400.0, (16.0, 60.0))
    row = Row(Entry(1, own=False, length=0, error="It failed."))
    row.fill("", measure)
    assert row.error is not None and row.error_top() == 0
    assert row.text_height(measure) == row.error.height() > 0
    row.fill("Some words", measure)
    assert row.error_top() > row.error.height() and row.text_height(measure) == row.error_top() + row.error.height()
