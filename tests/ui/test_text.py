"""Foreign text stays plain in labels, tooltips and boxes; numbers are told in words."""

import math

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QTextDocument
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QPushButton

from studio.ui import text, theme

EVIL = '<img src="file:///etc/hostname"> & <b>name</b>'


@pytest.fixture(autouse=True)
def look(qapp: QApplication) -> None:
    theme.install(qapp, "light")


def read(tooltip: str) -> str:
    """What a person reads in a tooltip."""
    if not tooltip.startswith("<qt>"):
        return tooltip
    document = QTextDocument()
    document.setHtml(tooltip)
    return document.toPlainText()


def test_label_is_plain(qtbot):
    label = text.plain_label(EVIL)
    qtbot.addWidget(label)
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert label.text() == EVIL == label.shown_text()


@pytest.mark.parametrize("words", [EVIL, "two\nlines", "a < b > c", "&lt;b&gt;", "plain"])
def test_tooltip_shows_letters(qtbot, words: str):
    label = QLabel()
    qtbot.addWidget(label)
    text.plain_tooltip(label, words)
    assert read(label.toolTip()) == words
    assert label.accessibleDescription() == words


def test_no_text_is_no_tooltip(qtbot):
    label = QLabel()
    qtbot.addWidget(label)
    text.plain_tooltip(label, "")
    assert label.toolTip() == ""


def test_set_plain_on_what_has_text(qtbot):
    label, button, action = QLabel(), QPushButton(), QAction()
    qtbot.addWidget(label)
    qtbot.addWidget(button)
    for target in (label, button, action):
        text.set_plain(target, EVIL)
    assert (label.text(), label.textFormat()) == (EVIL, Qt.TextFormat.PlainText)
    assert button.text() == action.text() == EVIL.replace("&", "&&")
    assert button.shortcut().isEmpty()


def test_elided_label_tells_the_rest(qtbot):
    label = text.Label("a long name " * 20, elide=Qt.TextElideMode.ElideRight)
    qtbot.addWidget(label)
    label.resize(120, 20)
    label.show()
    assert label.shown_text().endswith("…")
    assert label.text() == "a long name " * 20
    assert read(label.toolTip()).startswith("a long name")
    label.resize(label.sizeHint())
    assert label.shown_text() == label.text()
    assert label.toolTip() == ""


def test_own_tip_wins(qtbot):
    label = text.Label("short", elide=Qt.TextElideMode.ElideRight)
    qtbot.addWidget(label)
    label.set_tip(EVIL)
    assert read(label.toolTip()) == EVIL


def test_every_text_of_a_message_box_is_plain(qtbot):
    box = text.message_box(None, EVIL, EVIL, more=EVIL, details=EVIL)
    qtbot.addWidget(box)
    labels = [label for label in box.findChildren(QLabel) if EVIL in label.text()]
    assert len(labels) == 2
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in labels)


@pytest.mark.parametrize(("name", "agreed"), [("acceptButton", True), ("rejectButton", False)])
def test_ask_says_what_was_pressed(qtbot, monkeypatch, name: str, agreed: bool):
    def press(box: QMessageBox) -> int:
        box.findChild(QPushButton, name).click()
        return 0

    monkeypatch.setattr(QMessageBox, "exec", press)
    assert text.ask(None, "Delete", EVIL, accept="Delete & go", danger=True) is agreed


def test_danger_makes_no_the_default(qtbot, monkeypatch):
    defaults = []
    monkeypatch.setattr(QMessageBox, "exec", lambda box: defaults.append(box.defaultButton().objectName()))
    text.ask(None, "t", "q", accept="Delete", danger=True)
    text.ask(None, "t", "q", accept="Go on")
    assert defaults == ["rejectButton", "acceptButton"]


def test_tell_shows_and_goes(qtbot, monkeypatch):
    shown = []
    monkeypatch.setattr(QMessageBox, "exec", lambda box: shown.append(box.text()))
    text.tell(None, "Failed", EVIL, details="trace")
    assert shown == [EVIL]


def test_escape_for_plot():
    assert text.escape_for_plot(EVIL).startswith("&lt;img")


def test_numbers_in_words():
    assert text.count_text(4200) == "4\u00a0200"
    assert text.number_text(0.000234567) == "0.0002346"
    assert text.number_text(-1.5) == "−1.5"
    assert text.number_text(math.nan) == "–"
    assert [text.bytes_text(size) for size in (512, 1234, 1_250_000_000)] == ["512 B", "1.2 kB", "1.2 GB"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "0 s"),
        (45, "45 s"),
        (59.6, "1 min"),
        (240, "4 min"),
        (3600, "1 h"),
        (4800, "1 h 20 min"),
        (273600, "3 d 4 h"),
    ],
)
def test_durations(seconds: float, words: str):
    assert text.duration_text(seconds) == words
