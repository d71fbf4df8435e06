"""Finding by a few letters."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from studio.ui.command_palette import CommandPalette, Entry, matching, score


def entry(title: str, detail: str = "", why_not: str = "", done: list[str] | None = None) -> Entry:
    return Entry(title, detail, "play", lambda: (done if done is not None else []).append(title), why_not)


def test_letters_must_come_in_order() -> None:
    assert score("tr", "Train") is not None
    assert score("rt", "Train") is None
    assert score("x", "Train") is None


def test_starts_of_words_beat_letters_inside() -> None:
    titles = [e.title for e in matching("op", [entry("Stop"), entry("Open project…")])]
    assert titles == ["Open project…", "Stop"]


def test_initials_find_an_action() -> None:
    entries = [entry("Save a checkpoint now"), entry("Sample now"), entry("Full screen")]
    assert matching("fs", entries)[0].title == "Full screen"
    assert matching("sacn", entries)[0].title == "Save a checkpoint now"


def test_details_are_searched_too() -> None:
    assert [e.title for e in matching("finished", [entry("cats-1", "Run · finished"), entry("dogs")])] == ["cats-1"]


def test_no_letters_list_everything() -> None:
    entries = [entry("b"), entry("a")]
    assert matching("  ", entries) == entries


def test_enter_does_the_chosen_one(qtbot: Any) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(800, 600)
    window.show()
    done: list[str] = []
    palette = CommandPalette([entry("Off", why_not="Not now.", done=done), entry("Import", done=done)], window)
    palette.open_over(window)
    assert palette.list.currentRow() == 1, "what cannot be done is not chosen"
    qtbot.keyClicks(palette.field, "imp")
    assert palette.titles() == ["Import"]
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert done == ["Import"]
    assert not palette.isVisible()


def test_html_in_titles_is_shown_as_letters(qtbot: Any) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    palette = CommandPalette([entry("<b>bold</b>", why_not="<img src=x>")], window)
    palette.open_over(window)
    assert palette.list.item(0).text() == "<b>bold</b>"
    assert "<img" not in palette.list.item(0).toolTip()
    palette.close()
