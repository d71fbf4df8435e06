"""Texts on the Data page, in the real window with the real jobs."""

import json
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QMenu

from studio.config.requests import CheckRequest, ImportRequest, PrepareRequest
from studio.families import FAMILIES
from studio.jobs.registry import run_job
from studio.jobs.text_contents import PAGE_LETTERS
from studio.ui.pages.data import DataPage
from tests.ui.pages.data_page import HOSTILE, LONG, click, dialog_of, drop, fill, labels_of

TALKS = [{"question": f"Who is {i}? {HOSTILE}", "answer": f"She is {i // 2}."} for i in range(40)]


@pytest.fixture
def jobs() -> dict[Any, Any]:
    """The real jobs: these tests are about what becomes of real texts."""
    return dict.fromkeys((ImportRequest, CheckRequest, PrepareRequest), run_job)


@pytest.fixture
def talks(tmp_path: Path) -> Path:
    """A file of conversations, one of them twice."""
    path = tmp_path / "talks.jsonl"
    path.write_text("\n".join(map(json.dumps, [*TALKS, TALKS[3]])))
    return path


@pytest.fixture
def shown(qtbot: Any, path: Path, talks: Path, open_page: Any) -> DataPage:
    """The page with the conversations chosen, read and checked."""
    fill(path, talks, "talks")
    page = open_page(path)
    settled(qtbot, page)
    return page


def settled(qtbot: Any, page: DataPage) -> None:
    """Jobs, contents, beginnings and the page of the text have come."""

    def ready() -> bool:
        session = page.session
        return page.texts.contents is not None and not len(session.board) and not session.browser.busy()

    qtbot.waitUntil(ready, timeout=LONG)


def words_of(page: DataPage) -> str:
    return page.texts.page.passage.text()


def test_texts_are_dropped_and_imported(qtbot: Any, path: Path, talks: Path, open_page: Any) -> None:
    page = open_page(path)
    book = talks.with_name("book.txt")
    book.write_bytes("Élan vital.\r\n".encode("latin-1") * 400)
    assert drop(page, talks, book)
    dialog = dialog_of(page, "importDialog")
    assert [row.field.name() for row in dialog.rows()] == ["talks", "book"]  # type: ignore[attr-defined]
    click(qtbot, dialog, "importDialogAccept")
    qtbot.waitUntil(lambda: len(page.session.datasets()) == 2, timeout=LONG)
    settled(qtbot, page)
    kinds = {record.name: record.kind for record in page.session.datasets()}
    assert kinds == {"talks": "chat", "book": "text"}
    page.select("book")
    settled(qtbot, page)
    assert page.texts.isVisible() and not page.view.isVisible()
    assert words_of(page) == "Élan vital.\n" * (PAGE_LETTERS // 12) + "Élan vital.\n"[: PAGE_LETTERS % 12]
    assert page.texts.findChild(QLabel, "textsFacts").text().startswith("1 text · ")


def test_what_the_model_reads_is_shown_as_letters(qtbot: Any, shown: DataPage) -> None:
    assert words_of(shown) == f"<|user|>Who is 0? {HOSTILE}<|end|><|assistant|>She is 0.<|end|>"
    looks = [piece.look for piece in shown.texts.page.passage.pieces()]
    assert looks == ["mark", "", "mark", "mark", "tint", "mark"]
    assert shown.texts.list.items.rowCount() == 41
    qtbot.keyClick(shown.texts.list, Qt.Key.Key_Down)
    settled(qtbot, shown)
    assert words_of(shown).startswith("<|user|>Who is 1?")


def test_tokens_are_made_on_demand_and_paged(qtbot: Any, shown: DataPage) -> None:
    page = shown.texts.page
    click(qtbot, page, "choice_characters")
    settled(qtbot, shown)
    assert page.make.isVisible() and not page.passage.isVisible()
    click(qtbot, page, "makeTokens")
    qtbot.waitUntil(page.passage.isVisible, timeout=LONG)
    settled(qtbot, shown)
    pieces = page.passage.pieces()
    assert "".join(piece.text for piece in pieces[1:]).startswith("<|user|>Who is 0?")
    assert len([piece for piece in pieces if piece.look == "tint"]) == len(f"Who is 0? {HOSTILE}She is 0.")
    assert "tokens" in " ".join(labels_of(page))


def test_copies_are_found_shown_and_left_out(qtbot: Any, shown: DataPage) -> None:
    rows = {row.finding.code: row for row in shown.texts.check.rows()}
    assert set(rows) == {"duplicates", "statistics", "few"}
    click(qtbot, rows["duplicates"], "findingShow")
    assert shown.texts.shown().tolist() == [3, 40]
    click(qtbot, rows["duplicates"], "remedy_0")
    settled(qtbot, shown)
    record = shown.current()
    assert record is not None and record.choices.leave_out == ("talks.jsonl 41",)
    assert shown.texts.out.tolist() == [False] * 40 + [True]


def test_items_are_left_out_and_put_back_by_hand(qtbot: Any, shown: DataPage) -> None:
    qtbot.keyClick(shown.texts.list, Qt.Key.Key_Delete)
    assert shown.current().choices.leave_out == ("talks.jsonl 1",)  # type: ignore[union-attr]
    click(qtbot, shown.texts, "putBackTexts")
    assert shown.current().choices.leave_out == ()  # type: ignore[union-attr]


def test_texts_are_found_by_their_words(qtbot: Any, shown: DataPage) -> None:
    qtbot.keyClicks(shown.texts.search, "who 17?")
    qtbot.waitUntil(lambda: shown.texts.shown().tolist() == [17], timeout=LONG)
    shown.texts.search.clear()
    qtbot.waitUntil(lambda: len(shown.texts.shown()) == 41, timeout=LONG)


def test_only_families_that_learn_from_texts_are_offered(qtbot: Any, shown: DataPage) -> None:
    click(qtbot, shown.texts, "trainWithTexts")
    menu = shown.texts.findChild(QMenu, "familyMenu")
    offered = {action.objectName().removeprefix("train_"): action.isEnabled() for action in menu.actions()}
    assert offered == {family: family == "language" for family in FAMILIES}
    menu.close()


def test_lengths_are_shown_as_bars_that_say_what_they_mean(qtbot: Any, shown: DataPage) -> None:
    bars = shown.texts.histogram
    assert bars.isVisible() and bars.accessibleDescription()
    assert bars.bar_at(QPoint(0, 5)) == 0 and bars.words(0).count(":") == 1


def test_a_huge_line_is_shown_in_pieces(qtbot: Any, path: Path, tmp_path: Path, open_page: Any) -> None:
    source = tmp_path / "line.txt"
    source.write_text("x" * 5_000_000)
    fill(path, source, "line")
    page = open_page(path)
    settled(qtbot, page)
    assert len(words_of(page)) == PAGE_LETTERS
    click(qtbot, page.texts.page, "pageForth")
    settled(qtbot, page)
    assert page.texts.page.page() == 1 and len(words_of(page)) == PAGE_LETTERS
