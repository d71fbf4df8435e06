"""Look inside of the translation panel in the real window: alignments, the search, a sentence in training."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from studio.ui.panels.translation_look import TranslationLookTab
from studio.ui.panels.translation_look_views import CrossView, SearchView, SentenceTrainingView
from studio.ui.window import StudioWindow
from studio.workers.latest import LatestWins
from tests.ui.panels.spoken import STEPS, SpellingServer, add_translator

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def look(
    make_window: Callable[..., StudioWindow], project_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: Any
) -> TranslationLookTab:
    class Server(SpellingServer):
        asked: list[Any] = []

    monkeypatch.setattr("studio.workers.latest.LatestWins", lambda path, make=None: LatestWins(path, make=Server))
    add_translator(project_path)
    window = make_window(project_path)
    window.resize(1280, 800)
    window.session.select("translation", run="there")
    window.session.go("translate", tab="look")
    tab = window.pages.current.current_tab()
    assert isinstance(tab, TranslationLookTab)
    return tab


def settle(qtbot: Any, tab: TranslationLookTab) -> None:
    qtbot.waitUntil(lambda: not tab.maker.is_busy(), timeout=5000)


def view_of(qtbot: Any, tab: TranslationLookTab, name: str) -> Any:
    radio = tab.view_list.radios[name]
    QTest.mouseClick(radio, LEFT, pos=QPoint(8, radio.rect().center().y()))
    settle(qtbot, tab)
    return tab.views[name]


def write(qtbot: Any, tab: TranslationLookTab, words: str) -> None:
    tab.choice.text.setFocus()
    QTest.keyClicks(tab.choice.text, words)
    QTest.keyClick(tab.choice.text, Qt.Key.Key_Return)
    settle(qtbot, tab)


def test_without_a_sentence_it_asks_for_one(look: TranslationLookTab) -> None:
    assert look.empty.isVisible()


def test_each_word_shows_what_was_looked_at(look: TranslationLookTab, qtbot: Any) -> None:
    write(qtbot, look, "the red cat")
    view = look.views["cross"]
    assert isinstance(view, CrossView)
    assert view.alignment.shares().shape == (4, 4) and view.alignment.shares()[1].argmax() == 1
    encoder = view_of(qtbot, look, "encoder")
    assert encoder.alignment.shares().shape == (4, 4)


def test_the_search_is_a_tree_whose_best_way_can_be_read(look: TranslationLookTab, qtbot: Any) -> None:
    write(qtbot, look, "one two")
    view = view_of(qtbot, look, "search")
    assert isinstance(view, SearchView)
    tree = view.tree
    assert tree.way_to(2) == [0, 1, 2] and tree.box(1).left() > tree.box(0).right()
    QTest.mouseMove(tree, tree.box(1).center().toPoint())
    qtbot.waitUntil(lambda: "eno owt" in view._line.text())
    QTest.mouseMove(tree, tree.box(3).center().toPoint())
    qtbot.waitUntil(lambda: "let fall" in view._line.text())


def test_one_sentence_through_every_checkpoint(look: TranslationLookTab, qtbot: Any) -> None:
    write(qtbot, look, "go on")
    view = view_of(qtbot, look, "training")
    assert isinstance(view, SentenceTrainingView)
    qtbot.waitUntil(lambda: view.steps() == list(STEPS), timeout=5000)
    assert view.step == STEPS[-1] and view.text.text() == "og no"
    view.choose(STEPS[0])
    assert view.slider.step() == STEPS[0] and view.state() == {"step": STEPS[0]}
    write(qtbot, look, "!")
    qtbot.waitUntil(lambda: view.text.text() == "og !no", timeout=5000)
