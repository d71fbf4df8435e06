"""Buttons, segments, pickers, notices, empty places, progress and the history slider."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QListWidget, QPlainTextEdit, QPushButton, QWidget

from studio.ui import theme
from studio.ui.widgets.busy import BusyRow
from studio.ui.widgets.buttons import Button, icon_button
from studio.ui.widgets.empty_state import EmptyState
from studio.ui.widgets.flow import FlowLayout
from studio.ui.widgets.frames import Frame, clear, rule
from studio.ui.widgets.history_slider import HistorySlider
from studio.ui.widgets.notice_bar import Notice, NoticeBar, NoticeStack
from studio.ui.widgets.picker import Picker, PickItem
from studio.ui.widgets.segmented import PresetCards, Segment, Segmented

EVIL = '<img src="file:///etc/hostname"> & co'
TABS = [Segment("train", "Train"), Segment("create", "Create"), Segment("look", "Look inside")]


def show(qtbot, widget: QWidget, width: int = 500, height: int = 200) -> QWidget:
    qtbot.addWidget(widget)
    widget.resize(width, height)
    widget.show()
    qtbot.waitExposed(widget)
    widget.activateWindow()
    return widget


# --- buttons and frames ----------------------------------------------------------------------------------------------


def test_a_disabled_button_says_why(qtbot):
    button = Button("Train", kind="primary", tip="Start training")
    show(qtbot, button)
    button.set_available("Choose a data set first.")
    assert not button.isEnabled() and "Choose a data set" in button.toolTip()
    button.set_available()
    assert button.isEnabled() and "Start training" in button.toolTip()


def test_button_text_is_plain_and_marks_no_letter(qtbot):
    button = show(qtbot, Button(EVIL))
    assert button.text() == EVIL.replace("&", "&&")
    button.set_text("a & b")
    assert button.text() == "a && b"


def test_icon_button_has_a_name(qtbot):
    button = show(qtbot, icon_button("close", "Dismiss"))
    assert button.accessibleName() == "Dismiss" and not button.icon().isNull()


def test_button_kind_changes_its_look(qtbot):
    button = show(qtbot, Button("Keep", icon="star"))
    before = button.icon().cacheKey()
    button.set_kind("primary")
    assert button.property("kind") == "primary" and button.icon().cacheKey() != before


def test_frame_holds_and_is_cleared(qtbot):
    frame = show(qtbot, Frame("card"))
    frame.add(QLabel())
    frame.add(rule())
    assert frame.body.count() == 2
    clear(frame.body)
    assert frame.body.count() == 0


def test_flow_goes_on_in_the_next_line(qtbot):
    holder = QWidget()
    flow = FlowLayout(holder, gap=10)
    labels = [QLabel() for _ in range(5)]
    for label in labels:
        label.setFixedSize(80, 20)
        flow.addWidget(label)
    show(qtbot, holder, 280, 100)
    tops = [label.y() for label in labels]
    assert tops[0] == tops[1] == tops[2] < tops[3] == tops[4]
    assert flow.heightForWidth(1000) == 20 < flow.heightForWidth(100)


# --- one of a few ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Segmented, PresetCards])
def test_segments_by_click_and_by_arrows(qtbot, kind):
    row = kind(TABS)
    show(qtbot, row)
    seen = []
    row.value_changed.connect(seen.append)
    assert row.value() == "train"
    row.set_value("look")
    assert seen == []
    qtbot.mouseClick(row.findChild(QWidget, "choice_create"), Qt.MouseButton.LeftButton)
    button = row.findChild(QWidget, "choice_create")
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Left)
    qtbot.keyClick(row.findChild(QWidget, "choice_train"), Qt.Key.Key_Left)
    assert seen == ["create", "train"]
    row.grab()


def test_unavailable_segments_say_why_and_are_skipped(qtbot):
    row = show(qtbot, Segmented(TABS))
    row.set_available("create", EVIL)
    button = row.findChild(QWidget, "choice_create")
    assert not button.isEnabled() and "&lt;img" in button.toolTip()
    first = row.findChild(QWidget, "choice_train")
    first.setFocus()
    qtbot.keyClick(first, Qt.Key.Key_Right)
    assert row.value() == "look"


def test_new_segments_keep_the_choice(qtbot):
    row = show(qtbot, PresetCards([Segment("quick", "Quick", "3 min"), Segment("best", EVIL, "2 h")]))
    row.set_value("best")
    row.set_detail("best", "1 h")
    assert row.findChild(QWidget, "choice_best").detail == "1 h"
    row.set_segments([Segment("best", "Best"), Segment("own", "Own")])
    assert row.value() == "best"
    row.set_segments([Segment("own", "Own")])
    assert row.value() == "own"


# --- picker ----------------------------------------------------------------------------------------------------------


def items(count: int) -> list[PickItem]:
    return [PickItem(str(number), f"portraits-gan-{number}", f"step {number}00") for number in range(count)]


def test_picker_shows_and_picks(qtbot):
    picker = show(qtbot, Picker("Run"))
    seen = []
    picker.picked.connect(seen.append)
    assert picker.value_text() == "none yet"
    picker.set_items([*items(3), PickItem("import", "Import…", command=True), PickItem("x", "X", why_not=EVIL)])
    picker.set_value("1")
    assert seen == [] and picker.accessibleName() == "Run: portraits-gan-1"
    for row in (2, 3, 4):
        qtbot.keyClick(picker, Qt.Key.Key_Down)
        listed = picker.popup().findChild(QListWidget)
        spot = listed.visualItemRect(listed.item(row)).center()
        qtbot.mouseClick(listed.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert seen == ["2", "import"] and picker.value() == "2"
    assert "&lt;img" in picker.popup().findChild(QListWidget).item(4).toolTip()
    picker.popup().close()
    picker.grab()


def test_many_items_are_found_by_typing(qtbot):
    picker = show(qtbot, Picker("Run"))
    picker.set_items(items(30))
    picker.open()
    field = picker.popup().findChild(QWidget, "pickerFilter")
    assert field.isVisible()
    qtbot.keyClicks(field, "GAN-2")
    qtbot.keyClick(field, Qt.Key.Key_Down)
    with qtbot.waitSignal(picker.picked) as signal:
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert signal.args == ["20"]


def test_a_few_items_need_no_filter(qtbot):
    picker = show(qtbot, Picker("Run"))
    picker.set_items(items(3))
    picker.open()
    assert not picker.popup().findChild(QWidget, "pickerFilter").isVisible()
    qtbot.keyClick(picker.popup(), Qt.Key.Key_Escape)
    assert picker.popup() is None


def test_picker_says_why_not_and_tells_long_names(qtbot):
    picker = show(qtbot, Picker("Data"))
    picker.set_items([PickItem("a", EVIL * 3)])
    picker.set_value("a")
    assert "&lt;img" in picker.toolTip()
    picker.set_available("No data set yet.")
    assert not picker.isEnabled() and "No data set yet." in picker.toolTip()


# --- notices ---------------------------------------------------------------------------------------------------------

WINNING = Notice("d", "The discriminator is winning.", EVIL, "warning", (("halve", "Halve"), ("why", "Why?")))
FAILED = Notice("f", EVIL, "It failed.", "error", details=EVIL)


def test_notice_is_plain_and_acts(qtbot):
    bar = NoticeBar()
    qtbot.addWidget(bar)
    assert bar.isHidden()
    bar.show_notice(WINNING)
    labels = [label for label in bar.findChildren(QLabel) if label.text()]
    assert {label.text() for label in labels} == {WINNING.title, EVIL}
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in labels)
    with qtbot.waitSignal(bar.action_triggered) as signal:
        qtbot.mouseClick(bar.findChild(QPushButton, "noticeAction_halve"), Qt.MouseButton.LeftButton)
    assert signal.args == ["d", "halve"]
    with qtbot.waitSignal(bar.dismissed):
        qtbot.mouseClick(bar.findChild(QPushButton, "noticeClose"), Qt.MouseButton.LeftButton)
    assert bar.isHidden() and bar.notice() is None


def test_details_unfold_and_are_copied(qtbot):
    bar = NoticeBar()
    qtbot.addWidget(bar)
    bar.show_notice(FAILED)
    field = bar.findChild(QPlainTextEdit, "detailsText")
    assert not field.isVisible()
    qtbot.mouseClick(bar.findChild(QPushButton, "detailsToggle"), Qt.MouseButton.LeftButton)
    assert field.isVisible() and field.toPlainText() == EVIL
    qtbot.mouseClick(bar.findChild(QPushButton, "detailsCopy"), Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == EVIL


def test_stack_keeps_one_a_key_and_shows_the_newest(qtbot):
    stack = NoticeStack(limit=1)
    qtbot.addWidget(stack)
    stack.put(WINNING)
    stack.put(FAILED)
    stack.put(Notice("d", "Again"))
    assert [one.key for one in stack.notices()] == ["f", "d"]
    bar = stack.findChild(NoticeBar)
    assert bar.notice() == FAILED
    with qtbot.waitSignal(stack.dismissed):
        qtbot.mouseClick(bar.findChild(QPushButton, "noticeClose"), Qt.MouseButton.LeftButton)
    assert bar.notice() == Notice("d", "Again")
    stack.remove("d")
    assert stack.isHidden()


def test_notice_mark_follows_the_theme(qtbot):
    bar = NoticeBar()
    qtbot.addWidget(bar)
    bar.show_notice(WINNING)
    before = bar._mark.pixmap().cacheKey()
    theme.choose("dark")
    assert bar._mark.pixmap().cacheKey() != before
    bar.grab()


# --- empty and busy --------------------------------------------------------------------------------------------------


def test_empty_place_offers_one_button(qtbot):
    empty = show(qtbot, EmptyState("data", "No data set yet", EVIL, "Import…"))
    assert all(
        label.textFormat() == Qt.TextFormat.PlainText for label in empty.findChildren(QLabel) if label.text()
    )
    with qtbot.waitSignal(empty.triggered):
        qtbot.mouseClick(empty.button, Qt.MouseButton.LeftButton)
    empty.set_words("Nothing here")
    assert not empty.button.isVisible()


def test_busy_tells_what_how_far_how_long(qtbot):
    row = BusyRow()
    qtbot.addWidget(row)
    row.set_progress(EVIL, 320, 4000, seconds_left=12, rate="220 pictures/s")
    far = row.findChild(QLabel, "busyFar").text()
    assert far == "320 of 4\u00a0000 · 220 pictures/s · 12 s left"
    with qtbot.waitSignal(row.cancelled):
        qtbot.mouseClick(row.cancel, Qt.MouseButton.LeftButton)
    assert not row.cancel.isEnabled() and row.isVisible()
    row.finish()
    assert row.isHidden() and row.cancel.isEnabled()


# --- history ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def history(qtbot) -> HistorySlider:
    slider = HistorySlider()
    show(qtbot, slider, 600, 40)
    slider.set_steps([0, 100, 400, 4200])
    return slider


def test_history_follows_its_end_silently(qtbot, history: HistorySlider):
    seen = []
    history.step_selected.connect(seen.append)
    history.set_steps([0, 100, 400, 4200, 5000])
    assert history.step() == 5000 and history.following() and seen == []
    history.set_live(True)
    assert "5\u00a0000" in history.findChild(QLabel, "historyLabel").text()
    assert "live" in history.findChild(QLabel, "historyLabel").text()


def test_history_stays_where_the_user_put_it(qtbot, history: HistorySlider):
    seen = []
    history.step_selected.connect(seen.append)
    qtbot.mouseClick(history.findChild(QPushButton, "historyBack"), Qt.MouseButton.LeftButton)
    assert seen == [400] and not history.following()
    history.set_steps([0, 100, 400, 4200, 5000])
    assert history.step() == 400
    position = history.findChild(QWidget, "historyPosition")
    position.setFocus()
    qtbot.keyClick(position, Qt.Key.Key_Left)
    qtbot.keyClick(position, Qt.Key.Key_End)
    assert seen == [400, 100, 5000] and history.following()


def test_history_selects_the_nearest_step_silently(qtbot, history: HistorySlider):
    seen = []
    history.step_selected.connect(seen.append)
    for asked, found in ((260, 400), (249, 100), (-9, 0), (99999, 4200)):
        history.select_step(asked)
        assert history.step() == found
    assert seen == []
    history.select_step(0)
    with qtbot.waitSignal(history.following_changed):
        history.follow()


def test_history_plays_to_its_end_and_stops(qtbot, history: HistorySlider):
    history.set_speed(50)
    seen = []
    history.step_selected.connect(seen.append)
    qtbot.mouseClick(history.findChild(QPushButton, "historyPlay"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not history.playing(), timeout=5000)
    assert seen == [0, 100, 400, 4200]


def test_hidden_history_does_not_play_on(qtbot, history: HistorySlider):
    history.toggle_play()
    assert history.playing()
    history.hide()
    assert not history.playing()


def test_without_steps_everything_says_why(qtbot, history: HistorySlider):
    history.set_steps([])
    assert history.step() is None
    button = history.findChild(QPushButton, "historyPlay")
    assert not button.isEnabled() and "no history yet" in button.toolTip()
    history.toggle_play()
    history.select_step(5)
    assert not history.playing()
