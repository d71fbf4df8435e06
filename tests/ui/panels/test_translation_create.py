"""Translate in the real window, by clicks and keys."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu

from studio.config.requests import TranslateFileRequest
from studio.ui.panels.translation_create import TranslationTab
from studio.ui.text import Label
from studio.ui.widgets.buttons import Button
from studio.ui.window import StudioWindow
from studio.workers.latest import LatestWins
from tests.ui.panels.spoken import SpellingServer, add_translator, file_job

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def spelling(monkeypatch: pytest.MonkeyPatch) -> type[SpellingServer]:
    class Server(SpellingServer):
        asked: list[Any] = []

    monkeypatch.setattr("studio.workers.latest.LatestWins", lambda path, make=None: LatestWins(path, make=Server))
    return Server


@pytest.fixture
def tab(
    make_window: Callable[..., StudioWindow], project_path: Path, spelling: type[SpellingServer], qtbot: Any
) -> TranslationTab:
    add_translator(project_path)
    return opened(make_window(project_path), qtbot)


def opened(window: StudioWindow, qtbot: Any) -> TranslationTab:
    window.resize(1280, 800)
    window.session.select("translation", run="there")
    window.session.go("translate", tab="create")
    tab = window.pages.current.current_tab()
    assert isinstance(tab, TranslationTab)
    settle(qtbot, tab)
    return tab


def settle(qtbot: Any, tab: TranslationTab) -> None:
    qtbot.waitUntil(lambda: not tab.one._late.isActive() and not tab.maker.is_busy(), timeout=5000)


def write(qtbot: Any, tab: TranslationTab, words: str) -> None:
    pane = tab.one.view.source
    pane.setFocus()
    pane.selectAll()
    if words.isascii():
        QTest.keyClicks(pane, words)
    else:
        data = QMimeData()
        data.setText(words)
        pane.insertFromMimeData(data)
    settle(qtbot, tab)


def shown(tab: TranslationTab) -> str:
    return tab.one.view.target.toPlainText()


def click_word(tab: TranslationTab, word: str) -> None:
    pane = tab.one.view.target
    cursor = pane.document().find(word)
    cursor.setPosition(cursor.selectionStart() + 1)
    spot = pane.cursorRect(cursor).center()
    QTest.mouseMove(pane.viewport(), spot)
    QTest.mouseClick(pane.viewport(), LEFT, pos=spot)


def menu_of(qtbot: Any, name: str) -> QMenu:
    found: list[QMenu] = []

    def look() -> bool:
        found[:] = [w for w in QApplication.topLevelWidgets() if isinstance(w, QMenu) and w.objectName() == name]
        return bool(found) and found[0].isVisible()

    qtbot.waitUntil(look, timeout=5000)
    return found[0]


def test_a_text_is_translated_as_it_is_written(tab: TranslationTab, qtbot: Any) -> None:
    write(qtbot, tab, "the cat")
    assert shown(tab) == "eht tac"
    QTest.keyClick(tab.one.view.source, Qt.Key.Key_Return)
    QTest.keyClicks(tab.one.view.source, "on it")
    settle(qtbot, tab)
    assert shown(tab) == "eht tac\nno ti"


def test_html_and_letters_beyond_the_first_plane_stay_letters(tab: TranslationTab, qtbot: Any) -> None:
    write(qtbot, tab, "<b>x</b> 🐈☃ z")
    assert shown(tab) == ">b/<x>b< ☃🐈 z"
    marked = tab.one.view.source.extraSelections()
    assert [m.cursor.selectedText() for m in marked] == ["☃"]
    click_word(tab, " z")
    assert menu_of(qtbot, "wordsMenu").actions()[0].text().startswith("one")


def test_a_clicked_word_offers_others_and_the_rest_follows(
    tab: TranslationTab, spelling: type[SpellingServer], qtbot: Any
) -> None:
    write(qtbot, tab, "a little cat")
    click_word(tab, "elttil")
    menu = menu_of(qtbot, "wordsMenu")
    assert spelling.asked[-1].begin == "a" and spelling.asked[-1].words > 1
    menu.actions()[1].trigger()
    menu.close()
    settle(qtbot, tab)
    assert spelling.asked[-1].begin == "a two"
    assert shown(tab) == "a twotil tac"
    QTest.keyClick(tab.one.view.source, Qt.Key.Key_Space)  # the sentence is another: its own translation counts
    settle(qtbot, tab)
    assert shown(tab).startswith("a elttil")


def test_words_can_be_walked_through_by_keys(tab: TranslationTab, qtbot: Any) -> None:
    write(qtbot, tab, "one two three")
    pane = tab.one.view.target
    pane.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Return):
        QTest.keyClick(pane, key)
    settle(qtbot, tab)
    menu = menu_of(qtbot, "wordsMenu")
    assert [action.text().split("\t")[0] for action in menu.actions()] == ["one", "two"]
    menu.close()


def test_several_translations_stand_below(tab: TranslationTab, qtbot: Any) -> None:
    tab.form.set_value("count", 3)
    write(qtbot, tab, "go on")
    card = tab.one.view.versions
    assert card.isVisible() and [row.text.text() for row in card.rows] == ["og no", "OG NO", "Og No"]
    QTest.mouseClick(card.rows[1].take, LEFT)
    assert shown(tab) == "OG NO"
    assert not card.rows[1].take.isEnabled() and card.rows[0].take.isEnabled()


def test_a_failure_is_said_in_place_and_goes_with_the_next_text(tab: TranslationTab, qtbot: Any) -> None:
    write(qtbot, tab, "refuse me")
    problem = tab.one.view.problem
    assert problem.isVisible() and "cannot be translated: refuse me" in problem.text()
    write(qtbot, tab, "fine")
    assert not problem.isVisible() and shown(tab) == "enif"


def test_without_a_run_it_says_what_to_do(
    make_window: Callable[..., StudioWindow], project_path: Path, qtbot: Any
) -> None:
    window = make_window(project_path)
    window.session.go("translate", tab="create")
    tab = window.pages.current.current_tab()
    assert isinstance(tab, TranslationTab) and tab.empty.isVisible()


def test_there_and_back_and_the_other_way(
    tab: TranslationTab, project_path: Path, spelling: type[SpellingServer], qtbot: Any
) -> None:
    assert not tab.swap.isEnabled() and "The other way" in tab.swap.toolTip()
    add_translator(project_path, "back", backwards=True)
    tab.session.refresh()
    qtbot.waitUntil(tab.swap.isEnabled, timeout=5000)
    tab.one.show_model()
    write(qtbot, tab, "good day")
    QTest.mouseClick(tab.one.view.back, LEFT)
    settle(qtbot, tab)
    back = tab.one.view.findChild(Label, "backText")
    assert spelling.asked[-1].run == "back" and back.text() == "good day"
    QTest.mouseClick(tab.swap, LEFT)
    settle(qtbot, tab)
    assert tab.maker.model is not None and tab.maker.model.run == "back"
    assert tab.one.view.source.text() == "doog yad" and shown(tab) == "good day"


def test_fixed_terms_are_part_of_what_is_asked(
    tab: TranslationTab, spelling: type[SpellingServer], qtbot: Any
) -> None:
    QTest.mouseClick(tab.glossary.add, LEFT)
    fields = tab.glossary.findChildren(QLineEdit)
    QTest.keyClicks(fields[0], "cat")
    QTest.keyClicks(fields[1], "chat")
    fields[1].editingFinished.emit()
    write(qtbot, tab, "cat")
    assert [(t.source, t.target) for t in spelling.asked[-1].glossary] == [("cat", "chat")]
    QTest.mouseClick(tab.glossary.findChild(Button, "termRemove_0"), LEFT)
    settle(qtbot, tab)
    assert spelling.asked[-1].glossary == ()


def test_what_was_translated_is_remembered_and_comes_back(tab: TranslationTab, qtbot: Any) -> None:
    write(qtbot, tab, "first")
    tab.one._on_settled()
    write(qtbot, tab, "second")
    tab.one._on_settled()
    assert [source for source, _ in tab.history.entries] == ["second", "first"]
    QTest.mouseClick(tab.history, LEFT)
    menu_of(qtbot, "translateHistoryMenu").actions()[1].trigger()
    settle(qtbot, tab)
    assert tab.one.view.source.text() == "first" and shown(tab) == "tsrif"


def test_a_file_is_translated_in_the_background(
    tab: TranslationTab, jobs: dict[type, Any], tmp_path: Path, qtbot: Any
) -> None:
    jobs[TranslateFileRequest] = file_job
    path = tmp_path / "a text.txt"
    path.write_text("abc\n\ndef", encoding="utf-8")
    assert tab.take_drop([path], None)
    assert tab.mode() == "many" and tab.many.view.empty.isVisible()
    QTest.mouseClick(tab.many.tools.translate, LEFT)
    qtbot.waitUntil(lambda: tab.many.made is not None, timeout=5000)
    made = tab.many.made
    assert made is not None and made.out is not None and made.out.read_text(encoding="utf-8") == "cba\n\nfed"


def test_everything_is_there_after_reopening(
    tab: TranslationTab, make_window: Callable[..., StudioWindow], project_path: Path, qtbot: Any
) -> None:
    tab.form.set_value("beam", 2)
    write(qtbot, tab, "stay here")
    tab.one._on_settled()
    window = tab.canvas.window()
    window.close()
    again = opened(make_window(project_path), qtbot)
    settle(qtbot, again)
    assert again.one.view.source.text() == "stay here" and shown(again) == "yats ereh"
    assert again.decoding() is not None and again.decoding().beam == 2
    assert again.history.entries[0][0] == "stay here"


def test_odd_state_is_passed_over(tab: TranslationTab) -> None:
    tab.restore({"changed": [1], "glossary": [["a"], 3], "history": {"x": 1}, "text": 5, "mode": "none"})
    assert tab.mode() == "one" and tab.glossary.terms() == ()


def test_every_control_has_a_name(tab: TranslationTab) -> None:
    for button in (*tab.controls.findChildren(Button), *tab.canvas.findChildren(Button)):
        assert button.objectName() and (button.text() or button.accessibleName()), button


def test_words_at_points(tab: TranslationTab, qtbot: Any) -> None:
    write(qtbot, tab, "one two")
    assert tab.one.view.target.span_at(0) == 0 and tab.one.view.target.span_at(3) is None
    assert tab.one.view.target._under(QPoint(4000, 4000)) is None
