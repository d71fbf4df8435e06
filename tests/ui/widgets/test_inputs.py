"""Number fields, combos, switches, several of many, sliders and paths, driven by keys, clicks and the wheel."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QLocale, QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QLineEdit, QVBoxLayout, QWidget

from studio.ui import theme
from studio.ui.widgets.inputs import (
    CheckBox,
    Combo,
    MultiChoice,
    NumberField,
    PathField,
    PathLabel,
    RadioButton,
    Slider,
    Switch,
    ValueSlider,
    format_number,
    parse_number,
)
from studio.ui.widgets.number_field import _log_step

EVIL = '<img src="file:///etc/hostname"> & co'


def shown(qtbot, *widgets: QWidget) -> QWidget:
    """The widgets in an open window, with a line before them that takes the focus first."""
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    for widget in (QLineEdit(), *widgets):
        column.addWidget(widget)
        widget.keeper = window  # qtbot holds it weakly
    window.show()
    qtbot.waitExposed(window)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    return window


def retype(qtbot, field: QLineEdit, text: str) -> None:
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)


# --- numbers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "whole", "value"),
    [
        ("0.0002", False, 0.0002), ("0,0002", False, 0.0002), ("2e-4", False, 0.0002), ("−3", False, -3.0),
        ("4 200", True, 4200), ("4\u00a0200", True, 4200), ("64.0", True, 64),
        ("1,000", True, None), ("1.5", True, None), ("1,2.3", False, None), ("1_0", False, None), ("nan", False, None),
        ("inf", False, None), ("", False, None), ("x", True, None),
    ],
)  # fmt: skip
def test_parse(text, whole, value):
    assert parse_number(text, whole=whole) == value


@given(st.floats(-1e9, 1e9))
def test_what_is_shown_is_read_again(value):
    assert parse_number(format_number(value, 17), whole=False) == pytest.approx(value, rel=1e-15, abs=0)


def test_a_decimal_comma_is_taken_in_any_locale(qtbot):
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.French))
    try:
        field = NumberField(0.1)
        shown(qtbot, field)
        for text in ("0,0002", "0.0003"):
            retype(qtbot, field, text)
            qtbot.keyClick(field, Qt.Key.Key_Return)
            assert field.value() == float(text.replace(",", "."))
        assert field.text() == "0.0003"
    finally:
        QLocale.setDefault(before)


def test_enter_commits_escape_restores_leaving_commits(qtbot):
    field, other = NumberField(32, whole=True), QLineEdit()
    shown(qtbot, field, other)
    seen = []
    field.value_changed.connect(seen.append)
    retype(qtbot, field, "64")
    assert (field.value(), seen) == (32, [])
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == "32"
    retype(qtbot, field, "64")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert seen == [64]
    retype(qtbot, field, "128")
    other.setFocus()
    assert seen == [64, 128]
    field.commit()
    assert seen == [64, 128]


def test_what_is_no_number_is_marked_and_undone(qtbot):
    field = NumberField(5, whole=True, minimum=1, maximum=9)
    shown(qtbot, field)
    retype(qtbot, field, "five")
    assert not field.is_valid() and field.property("invalid") is True
    assert "whole number" in field.toolTip()
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert (field.value(), field.text(), field.is_valid()) == (5, "5", True)


def test_out_of_bounds_is_marked_and_becomes_the_bound(qtbot):
    field = NumberField(5, whole=True, minimum=1, maximum=9)
    shown(qtbot, field)
    retype(qtbot, field, "12")
    assert "From 1 to 9." in field.toolTip()
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert field.value() == 9 and field.is_valid()


def test_optional_may_be_empty(qtbot):
    field = NumberField(3, optional="auto")
    shown(qtbot, field)
    seen = []
    field.value_changed.connect(seen.append)
    field.setFocus()
    field.selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Delete)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert seen == [None] and field.placeholderText() == "auto"


def test_arrows_and_pages(qtbot):
    field = NumberField(5, whole=True, maximum=30)
    shown(qtbot, field)
    field.setFocus()
    for key, value in ((Qt.Key.Key_Up, 6), (Qt.Key.Key_Down, 5), (Qt.Key.Key_PageUp, 15), (Qt.Key.Key_PageUp, 25)):
        qtbot.keyClick(field, key)
        assert field.value() == value
    qtbot.keyClick(field, Qt.Key.Key_PageUp)
    assert field.value() == 30


def test_steps_do_not_gather_dust(qtbot):
    field = NumberField(0.1, step=0.1)
    shown(qtbot, field)
    for _ in range(2):
        qtbot.keyClick(field, Qt.Key.Key_Up)
    assert field.value() == 0.3


@given(st.floats(1e-6, 1e6))
def test_the_ladder_goes_up_and_down(value):
    assert _log_step(value, 1) > _log_step(value, 0) > _log_step(value, -1)
    assert _log_step(_log_step(value, 0), 3) == pytest.approx(10 * _log_step(value, 0))


def test_log_field_walks_the_ladder(qtbot):
    field = NumberField(0.0002, log=True)
    shown(qtbot, field)
    values = []
    for _ in range(3):
        qtbot.keyClick(field, Qt.Key.Key_Up)
        values.append(field.value())
    assert values == [0.0005, 0.001, 0.002]


def test_unit_does_not_cover_the_number(qtbot):
    field = NumberField(64, unit="pictures")
    qtbot.addWidget(field)
    assert field.textMargins().right() > field.fontMetrics().horizontalAdvance("pictures")


# --- the wheel -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make", [lambda: NumberField(5, whole=True), lambda: Combo([(1, "a"), (2, "b"), (3, "c")]), lambda: Slider(0, 9)]
)
def test_wheel_needs_a_click(qtbot, turn_wheel, make):
    widget = make()
    shown(qtbot, widget)
    value = widget.value()
    assert not turn_wheel(widget, -1) and widget.value() == value
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    assert not turn_wheel(widget, -1) and widget.value() == value


def test_wheel_works_after_a_click_until_the_focus_leaves(qtbot, turn_wheel):
    field, other = NumberField(5, whole=True), QLineEdit()
    shown(qtbot, field, other)
    qtbot.mouseClick(field, Qt.MouseButton.LeftButton)
    assert turn_wheel(field, 1) and field.value() == 6
    other.setFocus()
    field.setFocus()
    assert not turn_wheel(field, 1) and field.value() == 6


# --- choices ---------------------------------------------------------------------------------------------------------


def test_combo_announces_what_the_user_chose(qtbot):
    combo = Combo([("bce", "BCE"), ("hinge", "Hinge", EVIL)])
    shown(qtbot, combo)
    seen = []
    combo.value_changed.connect(seen.append)
    combo.set_value("hinge")
    combo.set_value("unknown")
    assert (combo.value(), seen) == ("hinge", [])
    combo.setFocus()
    qtbot.keyClick(combo, Qt.Key.Key_Up)
    assert (combo.value(), seen) == ("bce", ["bce"])
    assert "&lt;img" in combo.itemData(1, Qt.ItemDataRole.ToolTipRole)
    combo.set_choices([("new", "New"), ("bce", "BCE")])
    assert combo.value() == "bce"


@pytest.mark.parametrize("kind", [Switch, CheckBox])
def test_switch_and_check_box(qtbot, kind):
    box = kind(EVIL)
    shown(qtbot, box)
    seen = []
    box.value_changed.connect(seen.append)
    box.set_value(True)
    assert seen == [] and box.value()
    qtbot.mouseClick(box, Qt.MouseButton.LeftButton)
    qtbot.keyClick(box, Qt.Key.Key_Space)
    assert seen == [False, True]
    assert box.text() == EVIL.replace("&", "&&")
    box.set_available("Not now.")
    assert not box.isEnabled() and "Not now." in box.toolTip()
    box.grab()


def test_radio_buttons_exclude_each_other(qtbot):
    one, two = RadioButton("one", checked=True), RadioButton("two")
    shown(qtbot, one, two)
    with qtbot.waitSignal(two.picked):
        qtbot.mouseClick(two, Qt.MouseButton.LeftButton)
    assert two.isChecked() and not one.isChecked()
    two.set_available("No.")
    assert "No." in two.toolTip()
    two.grab()


def test_several_of_many(qtbot):
    field = MultiChoice([("h", "hair"), ("g", "glasses"), ("x", EVIL)])
    shown(qtbot, field)
    seen = []
    field.values_changed.connect(seen.append)
    field.set_values(["g"])
    assert (field.values(), seen) == (["g"], [])
    field.setFocus()
    qtbot.keyClick(field, Qt.Key.Key_Down)
    menu = field._menu
    assert menu.isVisible()
    spot = menu.actionGeometry(field.menu_actions()[0]).center()
    qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=spot)
    assert menu.isVisible() and seen == [["h", "g"]]
    menu.setActiveAction(field.menu_actions()[2])
    qtbot.keyClick(menu, Qt.Key.Key_Space)
    assert seen[-1] == ["h", "g", "x"] and "&lt;img" in field.toolTip()
    qtbot.keyClick(menu, Qt.Key.Key_Return)
    assert not menu.isVisible()
    field.set_choices([("g", "glasses")])
    assert field.values() == ["g"]
    field.set_available("No labels in this data set.")
    assert "No labels" in field.toolTip()
    field.grab()


def test_several_of_many_that_is_closed_looks_closed(qtbot, qapp):
    theme.install(qapp, "light")
    several, combo = MultiChoice([("h", "hair")]), Combo([("h", "hair")])
    shown(qtbot, several, combo)

    def back(widget: QWidget) -> str:
        return widget.grab().toImage().pixelColor(5, widget.height() // 2).name()

    assert back(several) == back(combo) == theme.current().colour("field").name()
    for widget in (several, combo):
        widget.setEnabled(False)
    assert back(several) == back(combo) == theme.current().colour("canvas").name()


# --- sliders ---------------------------------------------------------------------------------------------------------


def test_slider_comes_to_the_pointer(qtbot):
    slider = Slider(0, 100)
    shown(qtbot, slider)
    slider.resize(200, 24)
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=slider.rect().center())
    assert 45 <= slider.value() <= 55


def test_value_slider_by_slider_and_by_field(qtbot):
    slider = ValueSlider(0, 1, 0.7, step=0.05)
    shown(qtbot, slider)
    seen, rested = [], []
    slider.value_changed.connect(seen.append)
    slider.value_committed.connect(rested.append)
    slider.slider.setFocus()
    qtbot.keyClick(slider.slider, Qt.Key.Key_Right)
    assert seen == rested == [0.75] and slider.field.value() == 0.75
    retype(qtbot, slider.field, "0,2")
    qtbot.keyClick(slider.field, Qt.Key.Key_Return)
    assert slider.value() == 0.2 == seen[-1]
    slider.set_value(5)
    assert slider.value() == 1 and seen[-1] == 0.2
    assert slider.slider.value() == slider.slider.maximum()


def test_log_value_slider_covers_its_decades(qtbot):
    slider = ValueSlider(1e-5, 1e-1, 1e-3, log=True)
    shown(qtbot, slider)
    assert slider.slider.value() == 500
    slider.slider.setValue(750)
    assert slider.value() == pytest.approx(1e-2)
    slider.setAccessibleName("Learning rate")
    assert slider.field.accessibleName() == "Learning rate"


def test_whole_value_slider(qtbot):
    slider = ValueSlider(1, 12, 4, whole=True)
    shown(qtbot, slider)
    slider.slider.setFocus()
    qtbot.keyClick(slider.slider, Qt.Key.Key_Right)
    assert slider.value() == 5 and isinstance(slider.value(), int)


# --- paths -----------------------------------------------------------------------------------------------------------


def test_path_field(qtbot, tmp_path: Path, monkeypatch):
    field = PathField("folder", title="Choose")
    shown(qtbot, field)
    seen = []
    field.path_changed.connect(seen.append)
    retype(qtbot, field.edit, str(tmp_path))
    qtbot.keyClick(field.edit, Qt.Key.Key_Escape)
    assert field.path() is None and field.edit.text() == ""
    retype(qtbot, field.edit, str(tmp_path))
    qtbot.keyClick(field.edit, Qt.Key.Key_Return)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "é <b>"))
    qtbot.mouseClick(field.browse, Qt.MouseButton.LeftButton)
    assert seen == [tmp_path, tmp_path / "é <b>"]
    assert "&lt;b&gt;" in field.edit.toolTip()


def test_path_field_takes_a_drop(qtbot, tmp_path: Path):
    field = PathField("open")
    shown(qtbot, field)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path))])
    drop = QDropEvent(
        QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    with qtbot.waitSignal(field.path_changed):
        field.dropEvent(drop)
    assert field.path() == tmp_path


def test_path_label_shortens_in_the_middle_and_copies(qtbot):
    path = Path("/a") / ("long" * 40) / "end.png"
    label = PathLabel(path)
    qtbot.addWidget(label)
    label.resize(150, 20)
    label.show()
    assert "…" in label.shown_text() and label.shown_text().endswith(".png")
    label._copy()
    assert QGuiApplication.clipboard().text() == str(path)
