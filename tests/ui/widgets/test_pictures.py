"""Grids and views of pictures: what is shown, chosen, copied and dragged out."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QImage, QWheelEvent
from PySide6.QtWidgets import QApplication, QScrollArea

from studio.ui import theme
from studio.ui.widgets import picture_grid, picture_view, pictures, sample_grid
from studio.ui.widgets.picture_grid import PictureGrid, PictureItem
from studio.ui.widgets.picture_view import PictureView
from studio.ui.widgets.pictures import DragLoad, friendly_size, is_smooth, mime_of, scaled, to_image, to_images
from studio.ui.widgets.sample_grid import SampleGrid, folded, widest
from studio.ui.widgets.selection import Selection

EVIL = '<img src="file:///etc/hostname"> & co'
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton


def noise(count: int, size: int = 16, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 256, (count, size, size, channels), dtype=np.uint8)


# --- shared painting -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pixels_survive(channels: int):
    picture = noise(1, 5, channels)[0]
    image = to_image(picture)
    for y, x in ((0, 0), (4, 1), (2, 4)):
        read = image.pixelColor(x, y).getRgb()
        wanted = [int(v) for v in picture[y, x]]
        assert list(read[:3]) == (wanted * 3 if channels == 1 else wanted[:3])


def test_images_own_their_bytes_and_odd_inputs_are_refused():
    batch = noise(2)
    images = to_images(batch)
    before = images[0].pixel(0, 0)
    batch[:] = 0
    assert images[0].pixel(0, 0) == before
    assert to_images(images) == images
    assert to_image(np.zeros((4, 6), np.uint8)).size() == QSize(6, 4)
    assert not to_image(noise(1, 9)[0, :, ::2]).isNull()
    for bad in (np.zeros((4, 4, 3)), np.zeros((4, 4, 2), np.uint8)):
        with pytest.raises(ValueError, match="uint8"):
            to_image(bad)


def test_whole_factors_show_pixels():
    assert not is_smooth(32, 64) and not is_smooth(32, 32)
    assert is_smooth(32, 48) and is_smooth(64, 32)


@given(st.integers(1, 300), st.integers(1, 2000))
def test_friendly_size_loses_little_room(source: int, room: int):
    side = friendly_size(source, room)
    assert 0.85 * room <= side <= room
    assert side == room or side % source == 0


def test_scaling_keeps_proportions(qapp):
    image = QImage(20, 10, QImage.Format.Format_RGB32)
    pixmap = scaled(image, QSize(40, 40), 2.0)
    assert (pixmap.width(), pixmap.height(), pixmap.deviceIndependentSize().width()) == (80, 40, 40)


def test_what_is_dragged_holds_picture_files_and_own_formats(tmp_path: Path):
    data = mime_of(to_images(noise(2)), DragLoad([tmp_path / "a b.png"], {"application/x-test": b"1"}))
    assert data.hasImage() and data.urls()[0].toLocalFile() == str(tmp_path / "a b.png")
    assert bytes(data.data("application/x-test").data()) == b"1"


# --- choosing --------------------------------------------------------------------------------------------------------


def test_selection_like_a_file_manager():
    chosen = Selection(several=True)
    chosen.click(2)
    chosen.click(5, extend=True)
    assert chosen.chosen() == [2, 3, 4, 5]
    chosen.click(3, add=True)
    chosen.click(8, add=True)
    assert chosen.chosen() == [2, 4, 5, 8] and chosen.current == 8
    chosen.click(9, add=True, extend=True)
    assert chosen.chosen() == [2, 4, 5, 8, 9]
    assert chosen.limit(5) and chosen.chosen() == [2, 4] and chosen.current == 4
    assert not chosen.limit(5)


def test_selection_of_one():
    chosen = Selection(several=False)
    chosen.set([3, 4])
    assert chosen.chosen() == [3]
    chosen.click(1, add=True)
    assert chosen.chosen() == [1]
    chosen.click(2, extend=True)
    assert chosen.chosen() == [2]
    chosen.click(2, add=True)
    assert chosen.chosen() == []


# --- live samples ----------------------------------------------------------------------------------------------------


@pytest.fixture
def grid(qtbot) -> SampleGrid:
    widget = SampleGrid(choosing="multi")
    qtbot.addWidget(widget)
    widget.resize(500, 260)
    widget.set_pictures(noise(12))
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def click(qtbot, grid: SampleGrid, index: int, modifiers=Qt.KeyboardModifier.NoModifier) -> None:
    qtbot.mouseClick(grid, LEFT, modifiers, grid.cell_rect(index).center())


def test_cells_lie_inside_and_apart(grid: SampleGrid):
    cells = [grid.cell_rect(index) for index in range(12)]
    assert all(grid.rect().contains(cell) for cell in cells)
    assert not any(a.intersects(b) for i, a in enumerate(cells) for b in cells[:i])
    assert cells[0].width() == friendly_size(16, cells[0].width())
    assert [grid.index_at(cell.center()) for cell in cells] == list(range(12))
    assert grid.index_at(QPoint(0, 0)) == -1


@given(st.integers(1, 80), st.integers(160, 1500), st.integers(96, 900), st.sampled_from([1.0, 1.5, 0.25]))
def test_any_number_of_any_shape_fits_into_any_room(count: int, width: int, height: int, shape: float):
    columns, side = widest(count, QSize(width, height), gap=6, shape=shape)
    rows = -(-count // columns)
    assert columns * side + (columns - 1) * 6 <= width
    assert rows * round(side * shape - 0.5) + (rows - 1) * 6 <= height


def test_pictures_that_are_not_square_have_cells_of_their_shape(grid: SampleGrid):
    grid.set_pictures(np.zeros((12, 24, 16, 3), np.uint8))
    cells = [grid.cell_rect(index) for index in range(12)]
    assert all(abs(cell.height() / cell.width() - 1.5) < 0.05 and grid.rect().contains(cell) for cell in cells)
    assert not any(a.intersects(b) for i, a in enumerate(cells) for b in cells[:i])
    assert grid.grab().toImage().pixelColor(cells[5].center()).name() == "#000000"


def between_rows(grid: SampleGrid) -> int:
    """Pixels from the bottom of the first row to the top of the second."""
    tops = sorted({grid.cell_rect(index).top() for index in range(12)})
    return tops[1] - tops[0] - grid.cell_rect(0).height()


def test_long_captions_take_two_lines(grid: SampleGrid):
    grid.set_captions(["a girl with blond hair and glasses, smiling"] * 12)
    one = between_rows(grid)
    grid.set_captions(["a girl with blond hair and glasses, smiling"] * 12, lines=2)
    assert between_rows(grid) == one + grid.fontMetrics().height()
    grid.grab()


def test_captions_are_left_out_where_pictures_would_become_too_small(grid: SampleGrid):
    bare = grid.cell_rect(0)
    grid.set_captions(["a girl with blond hair"] * 12, lines=2, least=60)
    with_words = grid.cell_rect(0).height()
    grid.set_captions(["a girl with blond hair"] * 12, lines=2, least=200)
    assert grid.cell_rect(0) == bare and between_rows(grid) == 6
    grid.resize(1600, 900)
    assert between_rows(grid) == 6 + 2 * grid.fontMetrics().height() and grid.cell_rect(0).height() > with_words
    grid.grab()


def test_a_text_is_folded_between_its_words(grid: SampleGrid):
    metrics = grid.fontMetrics()
    width = metrics.horizontalAdvance("a girl with")
    assert folded(metrics, "a girl with glasses", width, 2) == ["a girl with", "glasses"]
    assert folded(metrics, "a", width, 2) == ["a"] and folded(metrics, "", width, 2) == []
    lines = folded(metrics, "a girl with blond hair and glasses", width, 2)
    assert len(lines) == 2 and lines[1].endswith("…")
    assert max(map(metrics.horizontalAdvance, lines)) <= width


def test_mouse_chooses(qtbot, grid: SampleGrid):
    seen = []
    grid.selection_changed.connect(seen.append)
    click(qtbot, grid, 2)
    click(qtbot, grid, 4, SHIFT)
    click(qtbot, grid, 3, CTRL)
    assert seen == [[2], [2, 3, 4], [2, 4]]
    click(qtbot, grid, 4)
    assert grid.selection() == [4] and grid.current() == 4
    with qtbot.waitSignal(grid.activated):
        qtbot.mouseDClick(grid, LEFT, pos=grid.cell_rect(1).center())


def test_keys_move_choose_and_copy(qtbot, grid: SampleGrid):
    keys = [Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_End, Qt.Key.Key_Home]
    places = []
    grid.current_changed.connect(places.append)
    for key in keys:
        qtbot.keyClick(grid, key)
    assert places == [0, 1, 11, 0]
    qtbot.keyClick(grid, Qt.Key.Key_Right, SHIFT)
    assert grid.selection() == [0, 1]
    qtbot.keyClick(grid, Qt.Key.Key_Right, CTRL)
    qtbot.keyClick(grid, Qt.Key.Key_Right, CTRL)
    qtbot.keyClick(grid, Qt.Key.Key_Space)
    assert grid.selection() == [0, 1, 3]
    qtbot.keyClick(grid, Qt.Key.Key_C, CTRL)
    assert QGuiApplication.clipboard().image().size() == QSize(16, 16)
    qtbot.keyClick(grid, Qt.Key.Key_A, CTRL)
    assert len(grid.selection()) == 12
    with qtbot.waitSignal(grid.activated):
        qtbot.keyClick(grid, Qt.Key.Key_Return)


def test_fewer_pictures_shrink_the_choice(qtbot, grid: SampleGrid):
    grid.set_selection([1, 9])
    with qtbot.waitSignal(grid.selection_changed):
        grid.set_pictures(noise(4))
    assert grid.selection() == [1] and grid.count() == 4
    grid.clear()
    assert grid.selection() == [] and grid.count() == 0
    grid.grab()


def test_a_grid_that_chooses_nothing(qtbot):
    grid = SampleGrid(choosing="none")
    qtbot.addWidget(grid)
    grid.resize(300, 100)
    grid.set_pictures(noise(3))
    grid.show()
    click(qtbot, grid, 1)
    qtbot.keyClick(grid, Qt.Key.Key_Right)
    assert grid.selection() == [] and grid.current() == -1


def test_menu_chooses_what_it_is_for(qtbot, grid: SampleGrid):
    spot = grid.cell_rect(5).center()
    with qtbot.waitSignal(grid.menu_requested) as signal:
        event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, spot, grid.mapToGlobal(spot))
        QApplication.sendEvent(grid, event)
    assert signal.args[0] == 5 and grid.selection() == [5]


def test_hover_is_told(qtbot, grid: SampleGrid):
    seen = []
    grid.hovered.connect(seen.append)
    qtbot.mouseMove(grid, grid.cell_rect(3).center())
    qtbot.mouseMove(grid, QPoint(1, 1))
    assert seen == [3, -1]


def test_dragging_takes_the_chosen_out(qtbot, grid: SampleGrid, monkeypatch):
    dragged = []
    monkeypatch.setattr(sample_grid, "start_drag", lambda source, images, load: dragged.append((len(images), load)))
    grid.set_drag_hook(lambda chosen: DragLoad([Path(f"{index}.png") for index in chosen]))
    grid.set_selection([1, 2])
    start = grid.cell_rect(2).center()
    qtbot.mousePress(grid, LEFT, pos=start)
    move = pictures_move(start + QPoint(40, 0))
    QApplication.sendEvent(grid, move)
    qtbot.mouseRelease(grid, LEFT, pos=start)
    assert dragged == [(2, DragLoad([Path("1.png"), Path("2.png")]))]
    assert grid.selection() == [1, 2]


def pictures_move(point: QPoint):
    """A move of the mouse with the left button held (qtbot's moves hold none)."""
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QMouseEvent

    spot = QPointF(point)
    return QMouseEvent(QEvent.Type.MouseMove, spot, spot, LEFT, LEFT, Qt.KeyboardModifier.NoModifier)


def test_the_pictures_are_painted(grid: SampleGrid):
    red = np.zeros((12, 16, 16, 3), np.uint8)
    red[..., 0] = 255
    grid.set_pictures(red)
    shot = grid.grab().toImage()
    assert shot.pixelColor(grid.cell_rect(6).center()).name() == "#ff0000"
    assert shot.pixelColor(20, 1).name() == theme.current().colours.sunken


def test_captions_and_stars_take_room_and_stay_plain(grid: SampleGrid):
    before = grid.cell_rect(0).width()
    grid.set_captions([EVIL] * 12)
    grid.set_stars([0, 3])
    assert grid.cell_rect(0).width() <= before
    grid.grab()


def test_growing_grid_grows(qtbot):
    grid = SampleGrid(fit=False, cell=64)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setWidget(grid)
    qtbot.addWidget(area)
    area.resize(300, 200)
    area.show()
    grid.set_pictures(noise(4))
    first = grid.minimumHeight()
    grid.append_pictures(noise(40))
    assert grid.count() == 44 and grid.minimumHeight() > first
    assert grid.cell_rect(0).width() == 64
    grid.set_cell(32)
    assert grid.cell_rect(0).width() == 32


def test_the_same_array_again_costs_nothing(grid: SampleGrid):
    batch = noise(12)
    grid.set_pictures(batch)
    shown = grid.picture(0)
    grid.set_pictures(batch)
    assert grid.picture(0) is shown


# --- the long list ---------------------------------------------------------------------------------------------------


@pytest.fixture
def long_list(qtbot) -> PictureGrid:
    view = PictureGrid(cell=64, captions=True)
    qtbot.addWidget(view)
    view.resize(500, 300)
    view.pictures.set_items([PictureItem(f"k{n}", EVIL, tip=EVIL, star=n % 3 == 0) for n in range(10_000)])
    view.show()
    qtbot.waitExposed(view)
    return view


def test_only_what_is_seen_is_asked_for(qtbot, long_list: PictureGrid):
    with qtbot.waitSignal(long_list.pictures.thumbnails_wanted) as signal:
        long_list.viewport().update()
    wanted = signal.args[0]
    assert "k0" in wanted and len(wanted) < 100
    long_list.pictures.set_thumbnails(dict.fromkeys(wanted, to_image(noise(1)[0])))
    with qtbot.waitSignal(long_list.pictures.thumbnails_wanted) as signal:
        long_list.verticalScrollBar().setValue(long_list.verticalScrollBar().maximum())
    assert "k9999" in signal.args[0] and "k0" not in signal.args[0]


def test_what_was_asked_for_is_asked_again_only_on_wish(qtbot, long_list: PictureGrid):
    model = long_list.pictures
    with qtbot.waitSignal(model.thumbnails_wanted):
        long_list.viewport().update()
    with qtbot.assertNotEmitted(model.thumbnails_wanted, wait=80):
        long_list.viewport().update()
    model.ask_again()
    with qtbot.waitSignal(model.thumbnails_wanted):
        long_list.viewport().update()


def test_thumbnails_kept_are_bounded(long_list: PictureGrid, monkeypatch):
    monkeypatch.setattr(picture_grid, "_KEPT_THUMBNAILS", 5)
    image = to_image(noise(1)[0])
    long_list.pictures.set_thumbnails({f"k{n}": image for n in range(9)})
    assert [f"k{n}" for n in range(9) if f"k{n}" in long_list.pictures._images] == [f"k{n}" for n in range(4, 9)]


def test_long_list_chooses_activates_and_asks_to_delete(qtbot, long_list: PictureGrid):
    long_list.select_keys(["k7", "gone", "k2"])
    assert long_list.selected_keys() == ["k2", "k7"]
    with qtbot.waitSignal(long_list.delete_requested) as signal:
        qtbot.keyClick(long_list, Qt.Key.Key_Delete)
    assert signal.args == [["k2", "k7"]]
    long_list.select_keys(["k3"])
    with qtbot.waitSignal(long_list.activated_key) as signal:
        qtbot.keyClick(long_list, Qt.Key.Key_Return)
    assert signal.args == ["k3"]
    with qtbot.waitSignal(long_list.selection_changed):
        qtbot.keyClick(long_list, Qt.Key.Key_Right)
    assert long_list.selected_keys() == ["k4"]


def test_long_list_copies_and_drags(qtbot, long_list: PictureGrid, monkeypatch):
    long_list.pictures.set_thumbnails({"k1": to_image(noise(1, 9)[0])})
    long_list.select_keys(["k1"])
    qtbot.keyClick(long_list, Qt.Key.Key_C, CTRL)
    assert QGuiApplication.clipboard().image().width() == 9
    dragged = []
    monkeypatch.setattr(picture_grid, "start_drag", lambda source, images, load: dragged.append((len(images), load)))
    long_list.set_drag_hook(lambda keys: DragLoad([Path(keys[0])]))
    long_list.startDrag(Qt.DropAction.CopyAction)
    assert dragged == [(1, DragLoad([Path("k1")]))]


def test_items_change_in_place(long_list: PictureGrid):
    model = long_list.pictures
    model.update_item(PictureItem("k5", "new"))
    assert model.item(5).caption == "new"
    model.append_items([PictureItem("last")])
    assert model.row_of("last") == 10_000 and model.rowCount() == 10_001
    assert "&lt;img" in model.data(model.index(1), Qt.ItemDataRole.ToolTipRole)
    model.set_items([])
    assert model.rowCount() == 0


def test_unreadable_pictures_are_blanks(long_list: PictureGrid):
    long_list.pictures.set_thumbnails({"k0": QImage()})
    long_list.grab()
    assert long_list.pictures.image("k0").isNull()


# --- one picture -----------------------------------------------------------------------------------------------------


@pytest.fixture
def view(qtbot) -> PictureView:
    widget = PictureView()
    qtbot.addWidget(widget)
    widget.resize(320, 240)
    widget.set_picture(noise(1, 64)[0])
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def test_keys_zoom(qtbot, view: PictureView):
    assert view.is_fitted() and view.zoom() == 3
    qtbot.keyClick(view, Qt.Key.Key_Plus)
    assert view.zoom() == 3.75
    qtbot.keyClick(view, Qt.Key.Key_1)
    assert view.zoom() == 1
    qtbot.keyClick(view, Qt.Key.Key_0)
    assert view.is_fitted()
    view.set_zoom(1e9)
    assert view.zoom() == 32
    view.grab()


def test_wheel_zooms_only_with_ctrl(view: PictureView):
    spot = QPointF(100, 100)
    for modifier, zoomed in ((Qt.KeyboardModifier.NoModifier, False), (CTRL, True)):
        event = QWheelEvent(
            spot, spot, QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, modifier, Qt.ScrollPhase.NoScrollPhase, False
        )
        QApplication.sendEvent(view, event)
        assert event.isAccepted() is zoomed and view.is_fitted() is not zoomed


def test_zoom_keeps_the_point_under_the_pointer(view: PictureView):
    spot = QPointF(200, 150)
    before = (spot - view._place().topLeft()) / view.zoom()
    view.set_zoom(10, spot)
    after = (spot - view._place().topLeft()) / view.zoom()
    assert (before - after).manhattanLength() < 0.2


def test_same_size_keeps_the_zoom_and_another_fits(view: PictureView):
    view.set_zoom(8)
    view.set_picture(noise(2, 64)[1])
    assert view.zoom() == 8
    view.set_picture(noise(1, 32)[0])
    assert view.is_fitted()
    view.set_picture(None)
    view.set_zoom(4)
    assert view.picture().isNull() and view.is_fitted()


def test_copy_menu_and_smoothness(view: PictureView):
    view.copy()
    assert QGuiApplication.clipboard().image().size() == QSize(64, 64)
    menu = view.build_menu()
    pixels = next(action for action in menu.actions() if action.isCheckable())
    pixels.trigger()
    assert view._smooth is False
    pixels.trigger()
    assert view._smooth is None
    menu.deleteLater()


def test_a_fitted_picture_is_dragged_out_and_a_zoomed_one_moved(qtbot, view: PictureView, monkeypatch):
    dragged = []
    monkeypatch.setattr(picture_view, "start_drag", lambda source, images, load: dragged.append(load))
    view.set_drag_hook(lambda: DragLoad([Path("a.png")]))
    for _ in range(2):  # first fitted, then enlarged
        qtbot.mousePress(view, LEFT, pos=QPoint(160, 120))
        QApplication.sendEvent(view, pictures_move(QPoint(120, 120)))
        qtbot.mouseRelease(view, LEFT, pos=QPoint(120, 120))
        view.set_zoom(20)
    assert dragged == [DragLoad([Path("a.png")])]
    assert view._shift.x() < -30


def test_drag_pictures_have_a_size(qtbot, view: PictureView, monkeypatch):
    seen = []
    monkeypatch.setattr(pictures.QDrag, "exec", lambda drag, action: seen.append(drag.pixmap().width()))
    pictures.start_drag(view, [to_image(noise(1, 200)[0])], DragLoad())
    pictures.start_drag(view, [], DragLoad())
    assert seen == [96]
