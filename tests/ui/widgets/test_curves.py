"""The plot of curves: what it reads, when it paints, how it is steered."""

import math

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from studio.ui import theme
from studio.ui.widgets import curves
from studio.ui.widgets.curve_canvas import Line, _log_text, _runs, _step_text, _tick_text
from studio.ui.widgets.curves import CurvePlot, LegendEntry, Series, SmoothingSlider

EVIL = '<img src="file:///etc/hostname"> & co'
TWO = [Series("g", "generator", "generator"), Series("d", EVIL, "discriminator")]
STEPS = np.arange(0, 1000)


@pytest.fixture
def plot(qtbot) -> CurvePlot:
    widget = CurvePlot("Loss")
    qtbot.addWidget(widget)
    widget.resize(480, 260)
    widget.set_series(TWO)
    widget.set_data("g", STEPS, np.linspace(1, 2, 1000))
    widget.set_data("d", STEPS[:500], np.linspace(3, 1, 500))
    widget.show()
    qtbot.waitExposed(widget)
    qtbot.waitUntil(lambda: not widget._dirty)
    return widget


def entry(plot: CurvePlot, key: str) -> LegendEntry:
    return plot.findChild(LegendEntry, f"legend_{key}")


def heading(plot: CurvePlot) -> str:
    return plot.findChild(QLabel, "curvesTitle").text()


def spot(plot: CurvePlot, step: float) -> QPoint:
    """The place of a step in the canvas' viewport."""
    return QPoint(round(plot.canvas.x_of(step)), plot.canvas.height() // 2)


# --- reading ---------------------------------------------------------------------------------------------------------


def test_hover_reads_every_line_at_that_step(qtbot, plot: CurvePlot):
    plot.set_smoothing(0.0)
    with qtbot.waitSignal(plot.hover_moved):
        qtbot.mouseMove(plot.canvas.viewport(), spot(plot, 300))
    step = round(plot.canvas.marks.marks.hover)
    assert abs(step - 300) <= 3
    assert heading(plot) == f"step {step}"
    assert float(entry(plot, "g").value_text()) == pytest.approx(1 + step / 999, abs=1e-3)
    assert float(entry(plot, "d").value_text()) == pytest.approx(3 - 2 * step / 499, abs=1e-3)
    plot.canvas.hover_moved.emit(None)
    assert heading(plot) == "Loss" and entry(plot, "g").value_text() == ""


def test_gaps_read_as_gaps(plot: CurvePlot):
    plot.set_data("g", [0, 1, 2], [1.0, math.nan, 2.0])
    plot.set_hover(1)
    assert entry(plot, "g").value_text() == "–"


def test_names_are_letters(plot: CurvePlot):
    assert entry(plot, "d").text() == EVIL.replace("&", "&&")
    assert "&lt;img" in entry(plot, "d").toolTip()
    plot.set_title(EVIL)
    assert plot.findChild(QLabel, "curvesTitle").textFormat() == Qt.TextFormat.PlainText
    plot.set_events([(100, EVIL)])
    plot.set_hover(101)
    assert EVIL in heading(plot)


def test_seams_are_named_under_the_pointer(plot: CurvePlot):
    plot.set_seams([400])
    plot.set_hover(402)
    assert heading(plot) == "step 402 · resumed here"


def test_one_plot_reads_for_another(qtbot, plot: CurvePlot):
    other = CurvePlot("Belief")
    qtbot.addWidget(other)
    other.set_series([Series("r", "real", "real")])
    other.set_data("r", STEPS, STEPS / 1000)
    plot.hover_moved.connect(other.set_hover)
    plot.canvas.hover_moved.emit(250.0)
    assert entry(other, "r").value_text() != ""


# --- cursor ----------------------------------------------------------------------------------------------------------


def test_click_and_drag_move_the_cursor(qtbot, plot: CurvePlot):
    seen = []
    plot.cursor_moved.connect(seen.append)
    plot.set_cursor(700)
    assert plot.cursor_step() == 700 and seen == []
    qtbot.mouseClick(plot.canvas.viewport(), Qt.MouseButton.LeftButton, pos=spot(plot, 400))
    assert len(seen) == 1 and abs(seen[0] - 400) <= 3
    qtbot.mouseClick(plot.canvas.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(0, 20))
    assert seen[-1] == 0
    qtbot.keyClick(plot.canvas, Qt.Key.Key_Right)
    assert 0 < seen[-1] < 30 and plot.cursor_step() == seen[-1]
    plot.set_cursor(None)
    assert plot.cursor_step() is None


def test_no_data_no_cursor(qtbot):
    plot = CurvePlot()
    qtbot.addWidget(plot)
    with qtbot.assertNotEmitted(plot.cursor_moved):
        plot.canvas.cursor_dragged.emit(5.0)


# --- range and zoom --------------------------------------------------------------------------------------------------


def test_everything_is_shown_and_the_horizon_too(qtbot, plot: CurvePlot):
    assert plot.canvas.seen_steps() == (0, 999)
    plot.set_horizon(4000)
    qtbot.waitUntil(lambda: plot.canvas.seen_steps() == (0, 4000))


def test_zoom_stays_until_it_is_reset(qtbot, plot: CurvePlot, turn_wheel):
    assert turn_wheel(plot.canvas.viewport(), 3)
    low, high = plot.canvas.seen_steps()
    assert high - low == pytest.approx(999 * 0.8**3, rel=0.01)
    plot.append("g", [1000], [2.0])
    qtbot.waitUntil(lambda: not plot._dirty)
    assert plot.canvas.seen_steps() == (low, high)
    plot.canvas.reset_asked.emit()
    assert plot.canvas.seen_steps() == (0, 1000)
    qtbot.keyClick(plot.canvas, Qt.Key.Key_Plus)
    qtbot.keyClick(plot.canvas, Qt.Key.Key_Minus)
    assert plot.canvas.seen_steps() == pytest.approx((0, 1000), abs=1)
    qtbot.keyClick(plot.canvas, Qt.Key.Key_Home)
    assert not plot._zoomed


def test_right_drag_pans_and_right_click_asks_for_the_menu(qtbot, plot: CurvePlot):
    plot.canvas.zoom(0.5, 500)
    before = plot.canvas.seen_steps()
    viewport, right = plot.canvas.viewport(), Qt.MouseButton.RightButton
    qtbot.mousePress(viewport, right, pos=QPoint(200, 80))
    qtbot.mouseMove(viewport, QPoint(150, 80))
    qtbot.mouseRelease(viewport, right, pos=QPoint(150, 80))
    assert plot.canvas.seen_steps()[0] > before[0]
    with qtbot.waitSignal(plot.canvas.menu_asked):
        plot.canvas.menu_asked.disconnect(plot._on_menu)
        qtbot.mouseClick(viewport, right, pos=QPoint(150, 80))


def test_hidden_lines_do_not_count(qtbot, plot: CurvePlot):
    assert len(plot.canvas.lines._lines) == 4
    qtbot.mouseClick(entry(plot, "g"), Qt.MouseButton.LeftButton)
    assert len(plot.canvas.lines._lines) == 2
    assert plot.canvas.seen_steps() == (0, 499)
    plot.grab()


def test_log_axis(qtbot, plot: CurvePlot):
    plot.set_data("g", STEPS, np.where(STEPS == 5, -1.0, 10.0 ** (STEPS / 500)))
    plot.set_log(True)
    assert plot.is_log()
    raw = plot.canvas.lines._lines[0]
    assert raw.y[-1] == pytest.approx(999 / 500)
    plot.grab()


# --- the lines -------------------------------------------------------------------------------------------------------


def test_lines_are_thinned_to_the_plot(qtbot, plot: CurvePlot):
    many = np.arange(100_000)
    plot.set_data("g", many, np.sin(many))
    qtbot.waitUntil(lambda: not plot._dirty)
    assert all(len(line.x) <= 5 * plot.canvas.columns() + 10 for line in plot.canvas.lines._lines)


def test_unsmoothed_series_have_one_line(qtbot):
    plot = CurvePlot("Schedule")
    qtbot.addWidget(plot)
    plot.set_series([Series("s", "signal", "real", smoothed=False)])
    plot.set_data("s", [0, 1, 2], [0.0, 5.0, 0.0])
    plot.show()
    qtbot.waitUntil(lambda: not plot._dirty)
    (line,) = plot.canvas.lines._lines
    assert line.strong and line.y.tolist() == [0, 5, 0]


def test_runs_between_gaps():
    y = np.array([math.nan, 1, 2, math.nan, 3])
    assert _runs(Line(np.arange(5.0), y, "real", True)) == [(1, 3), (4, 5)]


def inked(plot: CurvePlot, colour: str) -> int:
    """Pixels of the canvas in about this colour (edges are smoothed, so that few have just this one)."""
    image = plot.canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    pixels_PC = rows[:, : image.width() * 3].reshape(-1, 3).astype(int)
    wanted_C = np.array(theme.current().colour(colour).getRgb()[:3])
    return int((abs(pixels_PC - wanted_C).max(axis=1) < 40).sum())


def test_lines_are_painted_in_their_colours_and_follow_the_theme(qtbot, plot: CurvePlot):
    plot.set_series([TWO[0]])
    plot.set_data("g", [0, 10], [1.0, 1.0])
    qtbot.waitUntil(lambda: not plot._dirty)
    assert inked(plot, "generator") > 100
    theme.choose("dark")
    assert inked(plot, "generator") > 100
    assert plot.canvas.grab().toImage().pixelColor(2, 2).name() == theme.current().colours.surface


def test_a_gap_is_not_bridged(qtbot, plot: CurvePlot):
    plot.set_series([TWO[0]])
    plot.set_data("g", [0, 1, 2, 3], [1.0, 1.0, 1.0, 1.0])
    qtbot.waitUntil(lambda: not plot._dirty)
    whole = inked(plot, "generator")
    plot.set_data("g", [0, 1, 2, 3], [1.0, math.nan, math.nan, 1.0])
    qtbot.waitUntil(lambda: not plot._dirty)
    assert inked(plot, "generator") < whole / 4


def test_legend_of_many_series_stands_below_the_title(qtbot, plot: CurvePlot):
    plot.set_series([Series(str(n), f"run {n}", f"series:{n}") for n in range(9)])
    assert plot._below.isVisible()
    assert len(plot.findChildren(LegendEntry)) == 9
    plot.set_series(TWO)
    assert not plot._below.isVisible()


# --- when it paints --------------------------------------------------------------------------------------------------


def test_live_data_wait_for_each_other(qtbot, plot: CurvePlot, monkeypatch):
    painted = []
    real = plot.canvas.lines.set_lines
    monkeypatch.setattr(plot.canvas.lines, "set_lines", lambda lines: (painted.append(1), real(lines)))
    clock = [curves.monotonic()]
    monkeypatch.setattr(curves, "monotonic", lambda: clock[0])
    plot.set_live(True)
    plot._painted_at = clock[0]
    for step in range(1000, 1010):
        plot.append("g", [step], [2.0])
    assert painted == [] and 400 <= plot._timer.remainingTime() <= 1.06 * curves.LIVE_INTERVAL_MS  # Qt's coarse timer
    plot.set_hover(None)
    plot._on_hover(500.0)
    assert painted == [1]
    plot.set_live(False)


def test_hidden_plots_do_not_paint(qtbot, plot: CurvePlot):
    plot.hide()
    plot.append("g", [1000], [2.0])
    assert plot._dirty and not plot._timer.isActive()
    plot.show()
    qtbot.waitUntil(lambda: not plot._dirty)


# --- menu, smoothing, export -----------------------------------------------------------------------------------------


def test_menu_steers_smoothing_log_and_export(qtbot, plot: CurvePlot):
    menu = plot.build_menu()
    slider = menu.findChild(SmoothingSlider)
    with qtbot.waitSignal(plot.smoothing_changed):
        slider.slider.slider.setValue(0)
    assert plot.smoothing() == 0
    actions = [action for action in menu.actions() if action.text()]
    actions[0].trigger()
    assert plot.is_log()
    with qtbot.waitSignal(plot.export_requested):
        actions[-1].trigger()
    menu.deleteLater()


def test_csv(plot: CurvePlot):
    plot.set_data("g", [1, 2], [0.5, math.nan])
    plot.set_data("d", [2], [1.0])
    assert plot.csv_text() == "step,g,d\n1,0.5,\n2,,1.0\n"


def test_clearing_forgets(plot: CurvePlot):
    plot.set_cursor(5)
    plot.set_seams([3])
    plot.clear_data()
    assert plot.cursor_step() is None and not len(plot.curve("g").steps)


def test_smoothing_slider_is_set_silently(qtbot):
    slider = SmoothingSlider(0.5)
    qtbot.addWidget(slider)
    with qtbot.assertNotEmitted(slider.value_changed):
        slider.set_value(0.25)
    assert slider.value() == 0.25


def test_labels_of_axes():
    assert [_step_text(v) for v in (0, 4200, 250_000, 2_000_000, 0.5)] == ["0", "4\u00a0200", "250 k", "2 M", ""]
    assert [_tick_text(v, 0.5) for v in (0.5, -1, 0)] == ["0.5", "−1.0", "0"]
    assert [_log_text(v) for v in (0, -2, 7)] == ["1", "0.01", "1e+07"]


def test_a_plot_in_a_window_leaves_nothing_running(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    plot = CurvePlot("a")
    column.addWidget(plot)
    plot.set_series(TWO)
    plot.set_data("g", STEPS, STEPS)
    window.show()
    window.close()
    assert not plot.isVisible()
