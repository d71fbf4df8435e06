"""The Chat tab: sending, stopping, versions, branches, edits, two checkpoints, and that nothing of it is lost."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPlainTextEdit, QPushButton

from studio.ground.errors import StudioError
from studio.ui.panels.language_chat import LanguageChatTab
from studio.ui.panels.sheet import Model
from studio.ui.window import StudioWindow
from tests.ui.panels.talking import TalkingServer, answer_to, opened, shown, write

MakeWindow = Callable[..., StudioWindow]
Talking = type[TalkingServer]
HOSTILE = "<img src='file:///x'> <b>bold</b> & שלום"


@pytest.fixture
def window(make_window: MakeWindow, talking: Talking, talker: str, project_path: Path) -> StudioWindow:
    window = make_window(project_path)
    window.resize(1280, 800)
    return window


@pytest.fixture
def tab(window: StudioWindow, talker: str) -> LanguageChatTab:
    return opened(window, talker)


def idle(tab: LanguageChatTab, qtbot: Any) -> None:
    """Wait until nothing is being written."""
    qtbot.waitUntil(lambda: tab.writer.busy_with() == 0, timeout=10_000)


def say(tab: LanguageChatTab, qtbot: Any, words: str) -> None:
    """Send a message with the keys, and wait for the reply."""
    write(tab.view.composer.field, words)
    idle(tab, qtbot)


def click(tab: LanguageChatTab, name: str) -> None:
    button = tab.canvas.findChild(QPushButton, name)
    assert button is not None and button.isEnabled() and not button.isHidden(), name
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def press(tab: LanguageChatTab, key: Qt.Key) -> None:
    tab.view.transcript.setFocus()
    QTest.keyClick(tab.view.transcript, key)


def test_a_message_is_answered_and_kept(tab: LanguageChatTab, talking: Talking, qtbot: Any) -> None:
    tab.settings.system.set_value("Be brief.")
    tab.settings.start.setText("Well, ")
    say(tab, qtbot, HOSTILE)
    [request] = talking.asked
    assert [(m.role, m.content) for m in request.messages] == [("system", "Be brief."), ("user", HOSTILE)]
    assert request.start == "Well, " and request.checkpoint == "4000"
    assert shown(tab) == [HOSTILE, answer_to(request)] and shown(tab)[1].startswith("Well, ")
    [talk] = tab.session.project.conversations.all()
    assert talk.title == HOSTILE and tab.list.titles() == [HOSTILE]
    entry = tab.view.transcript.entries()[1]
    assert "stories" in entry.heading and "tokens" in entry.note and not entry.writing
    assert tab.view.composer.field.toPlainText() == "" and tab.session.project.conversations.draft(talk.id) == ""


def test_the_next_request_holds_all_that_was_said(tab: LanguageChatTab, talking: Talking, qtbot: Any) -> None:
    say(tab, qtbot, "one")
    press(tab, Qt.Key.Key_Home)
    say(tab, qtbot, "two")
    assert tab.view.transcript.active() == tab.desk.path()[-1].id, "what can be done is offered at the newest"
    assert [m.role for m in talking.asked[1].messages] == ["user", "assistant", "user"]
    assert talking.asked[0].writing.seed != talking.asked[1].writing.seed, "every reply has a seed of its own"


def test_shift_enter_begins_a_line(tab: LanguageChatTab, talking: Talking, qtbot: Any) -> None:
    field = tab.view.composer.field
    write(field, "a", enter=False)
    QTest.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClicks(field, "b")
    assert field.toPlainText() == "a\nb" and talking.asked == []
    click(tab, "chatSend")
    idle(tab, qtbot)
    assert shown(tab)[0] == "a\nb"


def test_escape_stops_at_once_and_what_was_written_stays(
    tab: LanguageChatTab, window: StudioWindow, talking: Talking, qtbot: Any
) -> None:
    talking.held.set()
    write(tab.view.composer.field, "go")
    qtbot.waitUntil(lambda: len(shown(tab)) == 2 and len(shown(tab)[1].split()) == talking.words, timeout=10_000)
    assert tab.view.transcript.entries()[1].writing and not tab.view.composer.stop.isHidden()
    write(tab.view.composer.field, "more", enter=True)
    assert tab.view.composer.field.toPlainText() == "more", "nothing is sent meanwhile, nothing is lost"
    qtbot.waitUntil(lambda: window.why_not("stop_writing") == "", timeout=5000)
    QTest.keyClick(tab.view.composer.field, Qt.Key.Key_Escape)
    assert tab.writer.busy_with() == 0
    entry = tab.view.transcript.entries()[1]
    assert entry.note == "stopped" and not entry.writing
    partial = shown(tab)[1]
    assert len(partial.split()) == talking.words
    qtbot.waitUntil(lambda: len(talking.stopped) == 1, timeout=5000)
    talking.held.clear()
    tab.view.transcript.set_current(entry.id)
    click(tab, "chatBar_further")
    idle(tab, qtbot)
    assert talking.asked[-1].start == partial and shown(tab)[1].startswith(partial)


def test_all_versions_stay_and_arrows_switch(tab: LanguageChatTab, talking: Talking, qtbot: Any) -> None:
    say(tab, qtbot, "q")
    first = shown(tab)[1]
    click(tab, "chatBar_again")
    idle(tab, qtbot)
    second = shown(tab)[1]
    assert second != first
    entry = tab.view.transcript.entries()[1]
    assert (entry.position, entry.count) == (2, 2)
    press(tab, Qt.Key.Key_Left)
    assert shown(tab) == ["q", first]
    press(tab, Qt.Key.Key_Left)
    assert shown(tab) == ["q", first], "there is none before the first"
    click(tab, "chatBar_on")
    assert shown(tab) == ["q", second]
    tab.view.composer.field.setFocus()
    QTest.keyClick(tab.view.composer.field, Qt.Key.Key_Left)
    assert shown(tab) == ["q", first], "also from the empty field"


def test_an_edit_keeps_the_old_one_with_what_followed(tab: LanguageChatTab, talking: Talking, qtbot: Any) -> None:
    say(tab, qtbot, "old")
    say(tab, qtbot, "then")
    before = shown(tab)
    press(tab, Qt.Key.Key_Home)
    press(tab, Qt.Key.Key_Return)
    field = tab.canvas.findChild(QPlainTextEdit, "chatEditorField")
    assert field is not None and field.toPlainText() == "old"
    QTest.keyClicks(field, "er")
    click(tab, "chatEditorSend")
    idle(tab, qtbot)
    assert shown(tab)[0] == "older" and len(shown(tab)) == 2
    assert [m.content for m in talking.asked[-1].messages] == ["older"]
    tab.view.transcript.set_current(tab.view.transcript.entries()[0].id)
    press(tab, Qt.Key.Key_Left)
    assert shown(tab) == before


def test_a_reply_can_be_edited_without_an_answer(tab: LanguageChatTab, talking: Talking, qtbot: Any) -> None:
    say(tab, qtbot, "q")
    click(tab, "chatBar_edit")
    field = tab.canvas.findChild(QPlainTextEdit, "chatEditorField")
    assert field is not None
    field.selectAll()
    QTest.keyClicks(field, "what I wanted")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert shown(tab) == ["q", "what I wanted"] and len(talking.asked) == 1
    assert tab.view.transcript.entries()[1].count == 2
    click(tab, "chatBar_edit")
    editor = tab.canvas.findChildren(QPlainTextEdit, "chatEditorField")[-1]
    QTest.keyClicks(editor, "x")
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    assert shown(tab) == ["q", "what I wanted"]


def test_one_can_branch_anywhere(tab: LanguageChatTab, talking: Talking, qtbot: Any) -> None:
    for words in ("one", "two", "three"):
        say(tab, qtbot, words)
    whole = shown(tab)
    tab.view.transcript.set_current(tab.view.transcript.entries()[1].id)
    click(tab, "chatBar_branch")
    assert shown(tab) == whole[:2] and tab.view.branch_note.text()
    click(tab, "chatBranchBack")
    assert shown(tab) == whole
    tab.view.transcript.set_current(tab.view.transcript.entries()[1].id)
    click(tab, "chatBar_branch")
    say(tab, qtbot, "elsewhere")
    assert shown(tab)[:3] == [*whole[:2], "elsewhere"] and len(shown(tab)) == 4
    assert tab.view.transcript.entries()[2].count == 2
    tab.view.transcript.set_current(tab.view.transcript.entries()[2].id)
    press(tab, Qt.Key.Key_Left)
    assert shown(tab) == whole


def test_variants_are_versions(tab: LanguageChatTab, talking: Talking, qtbot: Any) -> None:
    tab.settings.form.set_value("count", 3)
    say(tab, qtbot, "q")
    assert len(talking.asked) == 1 and talking.asked[0].writing.count == 3
    found = [shown(tab)[1]]
    for _ in range(2):
        press(tab, Qt.Key.Key_Right)
        found.append(shown(tab)[1])
    assert found == [answer_to(talking.asked[0], row) for row in range(3)]


def test_two_checkpoints_beside_each_other(tab: LanguageChatTab, talker: str, talking: Talking, qtbot: Any) -> None:
    tab.settings.set_second(Model(talker, "100"))
    say(tab, qtbot, "q")
    assert [request.checkpoint for request in talking.asked] == ["4000", "100"]
    assert talking.asked[0].writing == talking.asked[1].writing, "the same parameters and seed"
    beside = tab.view.beside
    assert [beside.text_of(entry.id) for entry in beside.entries()] == ["q", answer_to(talking.asked[1])]
    assert beside.isVisible() and shown(tab) == ["q", answer_to(talking.asked[0])]
    click(tab, "chatTake")
    assert shown(tab) == ["q", answer_to(talking.asked[1])]
    assert beside.text_of(beside.entries()[1].id) == answer_to(talking.asked[0])
    tab.settings.set_second(None)
    say(tab, qtbot, "on")
    assert talking.asked[-1].messages[1].content == answer_to(talking.asked[1]) and not beside.isVisible()


def test_a_failure_says_what_to_do_and_can_be_tried_again(
    tab: LanguageChatTab, talking: Talking, qtbot: Any, errors: list[str]
) -> None:
    talking.fail = StudioError("There is not enough memory; choose a smaller context.")
    say(tab, qtbot, "q")
    entry = tab.view.transcript.entries()[1]
    assert entry.error == "There is not enough memory; choose a smaller context." and entry.note == "failed"
    assert errors == ["There is not enough memory; choose a smaller context."]
    talking.fail = None
    click(tab, "chatBar_again")
    idle(tab, qtbot)
    assert shown(tab)[1] == answer_to(talking.asked[-1]) and tab.view.transcript.entries()[1].error == ""


def test_without_a_run_it_says_what_to_do(
    make_window: MakeWindow, talking: Talking, project_path: Path, qtbot: Any
) -> None:
    window = make_window(project_path)
    tab = opened(window)
    assert tab.empty.isVisible() and "Train" in tab.empty.button.text()
    write(tab.view.composer.field, "kept?", enter=False)
    assert not tab.view.composer.send.isEnabled() and tab.view.composer.send.toolTip() != ""
    assert window.why_not("generate") != ""


def test_with_a_run_not_chosen_one_button_chooses_it(
    window: StudioWindow, talker: str, talking: Talking, qtbot: Any
) -> None:
    tab = opened(window)
    assert tab.empty.isVisible() and talker in tab.empty.button.text()
    QTest.mouseClick(tab.empty.button, Qt.MouseButton.LeftButton)
    assert tab.view.isVisible() and tab.view.composer.send.isEnabled()


def test_copy_takes_the_letters(tab: LanguageChatTab, window: StudioWindow, talking: Talking, qtbot: Any) -> None:
    say(tab, qtbot, HOSTILE)
    press(tab, Qt.Key.Key_Home)
    window.does.run("copy")
    assert QGuiApplication.clipboard().text() == HOSTILE
    window.does.run("select_all")
    window.does.run("copy")
    assert QGuiApplication.clipboard().text() == "\n\n".join(shown(tab))


def test_everything_is_there_again(
    make_window: MakeWindow, talking: Talking, talker: str, project_path: Path, qtbot: Any
) -> None:
    window = make_window(project_path)
    tab = opened(window, talker)
    tab.settings.system.set_value("Be brief.")
    tab.settings.form.set_value("temperature", 0.3)
    say(tab, qtbot, "q")
    talking.held.set()
    write(tab.view.composer.field, "never finished")
    qtbot.waitUntil(lambda: len(shown(tab)) == 4 and bool(shown(tab)[3]), timeout=10_000)
    partial = shown(tab)
    tab.view.composer.field.setPlainText("half a thou")
    window.close()
    window.session.set_project(None)
    talking.held.clear()
    again = make_window(project_path)
    tab = opened(again)
    assert shown(tab) == partial and tab.view.transcript.entries()[3].note == "stopped"
    assert tab.view.composer.field.toPlainText() == "half a thou"
    assert tab.settings.system_text() == "Be brief." and tab.settings.writing().temperature == 0.3


def test_what_is_written_for_a_new_one_is_there_again(
    make_window: MakeWindow, talking: Talking, talker: str, project_path: Path, qtbot: Any
) -> None:
    window = make_window(project_path)
    tab = opened(window, talker)
    say(tab, qtbot, "q")
    click(tab, "chatNew")
    write(tab.view.composer.field, "not sent yet", enter=False)
    window.close()
    window.session.set_project(None)
    tab = opened(make_window(project_path))
    assert tab.view.composer.field.toPlainText() == "not sent yet" and shown(tab) == []


def test_a_project_for_reading_only_can_be_read(
    make_window: MakeWindow, talking: Talking, talker: str, project_path: Path, qtbot: Any
) -> None:
    from studio.projects.project import Project

    with Project.open(project_path) as project:
        id = project.conversations.new("t")
        _, [reply] = project.conversations.say(id, 0, "q", replies=[{"run": talker}])
        project.conversations.finish(reply, "r", "whole", {"run": talker})
        window = make_window(project_path)
        tab = opened(window, talker)
        tab.arrive(conversation=id)
        assert shown(tab) == ["q", "r"]
        assert not tab.view.composer.send.isEnabled() and not tab.view.bar.edit.isEnabled()
        assert not tab.list.new_button.isEnabled() and tab.view.bar.copy.isEnabled()
        press(tab, Qt.Key.Key_Return)
        assert tab.canvas.findChild(QPlainTextEdit, "chatEditorField") is None


def test_a_paragraph_that_would_freeze_the_field_is_refused_in_words(
    tab: LanguageChatTab, talking: Talking, qtbot: Any
) -> None:
    said: list[str] = []
    tab.session.toasted.connect(lambda toast: said.append(toast.text))
    QGuiApplication.clipboard().setText("word " * 20_000)
    tab.view.composer.field.paste()
    assert tab.view.composer.field.toPlainText() == "" and "paragraph" in said[0]
    QGuiApplication.clipboard().setText("line of words\n" * 2000)
    tab.view.composer.field.paste()
    assert tab.view.composer.field.toPlainText() == "line of words\n" * 2000
