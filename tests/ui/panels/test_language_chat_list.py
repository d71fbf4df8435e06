"""The list of conversations, notebooks, presets and export: by clicks and keys."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QTreeWidgetItem

from studio.config.requests import ContinueRequest
from studio.projects.conversations import Conversations
from studio.ui.panels.language_chat import LanguageChatTab
from studio.ui.panels.language_chat_list import FOLDER, TALK
from studio.ui.window import StudioWindow
from tests.ui.panels.talking import TalkingServer, answer_to, opened, shown, write

MakeWindow = Callable[..., StudioWindow]
Talking = type[TalkingServer]


@pytest.fixture
def window(make_window: MakeWindow, talking: Talking, talker: str, project_path: Path) -> StudioWindow:
    window = make_window(project_path)
    window.resize(1280, 800)
    return window


@pytest.fixture
def tab(window: StudioWindow, talker: str) -> LanguageChatTab:
    return opened(window, talker)


@pytest.fixture
def talks(tab: LanguageChatTab) -> Conversations:
    project = tab.session.project
    assert project is not None
    return project.conversations


def idle(tab: LanguageChatTab, qtbot: Any) -> None:
    qtbot.waitUntil(lambda: tab.writer.busy_with() == 0, timeout=10_000)


def click(tab: LanguageChatTab, name: str) -> None:
    button = (tab.canvas.findChild(QPushButton, name)) or tab.controls.findChild(QPushButton, name)
    assert button is not None and button.isEnabled() and not button.isHidden(), name
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def line(tab: LanguageChatTab, kind: str, id: int) -> QTreeWidgetItem:
    item = tab.list.item(kind, id)
    assert item is not None
    return item


def rename(tab: LanguageChatTab, name: str) -> None:
    """Write a name into the field that is open in the list."""
    [editor] = [one for one in tab.list.tree.viewport().findChildren(QLineEdit) if one.isVisible()]
    editor.selectAll()
    QTest.keyClicks(editor, name)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()  # the list takes a name over only then


def test_a_new_one_begins_with_its_first_message(tab: LanguageChatTab, talks: Conversations, qtbot: Any) -> None:
    click(tab, "chatNew")
    assert talks.all() == [], "an empty one is not kept"
    write(tab.view.composer.field, "first words")
    idle(tab, qtbot)
    click(tab, "chatNew")
    assert shown(tab) == []
    write(tab.view.composer.field, "others")
    idle(tab, qtbot)
    assert tab.list.titles() == ["others", "first words"]
    first = next(talk for talk in talks.all() if talk.title == "first words")
    tab.list.tree.setCurrentItem(line(tab, TALK, first.id))
    assert shown(tab)[0] == "first words"


def test_folders_are_made_renamed_and_filled(
    tab: LanguageChatTab, window: StudioWindow, talks: Conversations, qtbot: Any
) -> None:
    id = talks.new("<b>talk</b>")
    click(tab, "chatNewFolder")
    rename(tab, "Village")
    [folder] = talks.folders()
    assert folder.name == "Village"
    tab.list.tree.setCurrentItem(line(tab, TALK, id))
    window.does.run("rename")
    rename(tab, "Other name")
    assert talks.get(id).title == "Other name" and tab.view.head.title.text() == "Other name"
    tab.list.set_current(id)
    tab.list.tree.drop_on(line(tab, FOLDER, folder.id))
    assert talks.get(id).folder == folder.id
    assert line(tab, TALK, id).parent() is line(tab, FOLDER, folder.id)
    tab.list.set_current(id)
    tab.list.tree.drop_on(None)
    assert talks.get(id).folder == 0


def test_delete_can_be_undone(
    tab: LanguageChatTab, window: StudioWindow, talks: Conversations, qtbot: Any
) -> None:
    write(tab.view.composer.field, "keep me")
    idle(tab, qtbot)
    [talk] = talks.all()
    tab.list.set_current(talk.id)
    tab.list.tree.setFocus()
    QTest.keyClick(tab.list.tree, Qt.Key.Key_Backspace)
    assert talks.all() == [talk], "Backspace destroys nothing"
    QTest.keyClick(tab.list.tree, Qt.Key.Key_Delete)
    assert talks.all() == [] and shown(tab) == [] and tab.list.titles() == []
    window.does.run("undo")
    assert [one.id for one in talks.all()] == [talk.id] and tab.list.titles() == ["keep me"]
    window.does.run("redo")
    assert talks.all() == []


def test_search_looks_into_texts(tab: LanguageChatTab, talks: Conversations, qtbot: Any) -> None:
    a, b = talks.new("alpha"), talks.new("beta")
    said, _ = talks.say(b, 0, "the Lighthouse at night")
    tab.show_list()
    assert set(tab.list.titles()) == {"alpha", "beta"}
    write(tab.list.search, "lighthouse", enter=False)
    qtbot.waitUntil(lambda: tab.list.titles() == ["beta"], timeout=10_000)
    assert tab.list.excerpts() == ["the Lighthouse at night"]
    tab.list.tree.setCurrentItem(line(tab, TALK, b).child(0))
    assert tab.view.transcript.current() == said
    QTest.keyClicks(tab.list.search, "xyz")
    qtbot.waitUntil(lambda: tab.list.titles() == [], timeout=10_000)
    assert tab.list.note.text() == "Nothing was found."
    tab.list.search.clear()
    assert set(tab.list.titles()) == {"alpha", "beta"} and talks.get(a).title == "alpha"


def test_a_notebook_goes_on_and_keeps_its_continuations(
    tab: LanguageChatTab, window: StudioWindow, talking: Talking, talks: Conversations, qtbot: Any
) -> None:
    click(tab, "chatNewNotebook")
    field = tab.notebook_view.field
    assert field.isVisible() and not tab.notebook_view.go.isEnabled()
    QTest.keyClicks(field, "Once upon a time")
    click(tab, "notebookContinue")
    idle(tab, qtbot)
    [request] = talking.asked
    assert isinstance(request, ContinueRequest) and request.text == "Once upon a time"
    first = "Once upon a time" + answer_to(request)
    assert tab.notebook.text() == first
    tinted = field.document().firstBlock().layout().formats()
    assert [(one.start, one.length) for one in tinted] == [(16, len(first) - 16)], "what the model wrote"
    talking.reply = " there was a cat"
    click(tab, "notebookAgain")
    idle(tab, qtbot)
    assert talking.asked[1].text == "Once upon a time" and tab.notebook.text() == "Once upon a time there was a cat"
    click(tab, "notebookBack")
    assert tab.notebook.text() == first
    field.moveCursor(field.textCursor().MoveOperation.End)
    QTest.keyClicks(field, "!")
    assert not tab.notebook_view.again.isEnabled(), "the text is another one now"
    window.does.run("generate")
    idle(tab, qtbot)
    assert talking.asked[2].text == first + "!" and tab.notebook.text().startswith(first + "!")
    [talk] = talks.all()
    assert talks.draft(talk.id) == tab.notebook.text() and talk.kind == "notebook"


def test_a_notebook_can_be_stopped_and_is_there_again(
    tab: LanguageChatTab, talking: Talking, talks: Conversations, qtbot: Any
) -> None:
    click(tab, "chatNewNotebook")
    QTest.keyClicks(tab.notebook_view.field, "It begins")
    talking.held.set()
    click(tab, "notebookContinue")
    qtbot.waitUntil(lambda: len(tab.notebook.text()) > len("It begins"), timeout=10_000)
    assert tab.notebook_view.field.isReadOnly()
    click(tab, "notebookStop")
    stopped = tab.notebook.text()
    assert not tab.notebook_view.field.isReadOnly() and stopped.startswith("It begins ")
    [talk] = talks.all()
    talking.held.clear()
    click(tab, "chatNew")
    tab._on_opened(talk.id)
    assert tab.notebook.text() == stopped and tab.notebook_view.field.isVisible()


def test_presets_are_kept_by_name(tab: LanguageChatTab, window: StudioWindow, qtbot: Any) -> None:
    settings = tab.settings
    settings.form.set_value("temperature", 0.2)
    click(tab, "chatPresetSave")
    write(settings.presets.name, "<b>Calm</b>")
    assert settings.presets.value() == "own:<b>Calm</b>" and settings.form.overrides() == {}
    settings.presets.set_value("bold")
    settings.presets.chosen.emit()
    assert settings.writing().temperature == 1.2
    settings.presets.set_value("own:<b>Calm</b>")
    settings.presets.chosen.emit()
    assert settings.writing().temperature == 0.2
    click(tab, "chatPresetRemove")
    assert settings.presets.value() == "balanced" and settings.writing().temperature == 0.8
    assert not settings.presets.remove.isEnabled()


def test_the_same_seed_can_be_kept(tab: LanguageChatTab, talking: Talking, qtbot: Any) -> None:
    tab.settings.fresh.click()
    tab.settings.seed.set_value(7)
    for words in ("one", "two"):
        write(tab.view.composer.field, words)
        idle(tab, qtbot)
    assert [request.writing.seed for request in talking.asked] == [7, 7]


def test_each_conversation_has_its_own_settings(tab: LanguageChatTab, qtbot: Any) -> None:
    tab.settings.system.set_value("one")
    write(tab.view.composer.field, "a")
    idle(tab, qtbot)
    first = tab._open
    click(tab, "chatNew")
    assert tab.settings.system_text() == "one", "a new one begins with what was set"
    write(tab.view.composer.field, "b")
    idle(tab, qtbot)
    tab.settings.system.setPlainText("two")
    tab._on_opened(first)
    assert tab.settings.system_text() == "one"


def test_export(tab: LanguageChatTab, talks: Conversations, tmp_path: Path, qtbot: Any) -> None:
    write(tab.view.composer.field, "q <b>")
    idle(tab, qtbot)
    click(tab, "chatBar_again")
    idle(tab, qtbot)
    tab.export.ask_file = lambda parent, name, suffix: str(tmp_path / f"{name}.{suffix}")
    menu = tab.export.build_menu(talks, tab._open, tab.view.head.export)
    for action in menu.actions():
        action.trigger()
    markdown = (tmp_path / "q b.md").read_text(encoding="utf-8")
    assert "# q <b>" in markdown and shown(tab)[1] in markdown
    data = json.loads((tmp_path / "q b.json").read_text(encoding="utf-8"))
    assert [message["content"] for message in data["messages"]] == shown(tab) and len(data["versions"]) == 3
