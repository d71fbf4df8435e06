"""Create for diffusion in the real window: pictures to begin with, a part painted anew, variations, ways between."""

from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest

from studio.config.denoising import Beginning, Denoising
from studio.config.requests import Drawn, FilmRequest, Slerp
from studio.ground.events import Ended, Event
from studio.jobs.steering import CommandQueue
from studio.ui.panels.diffusion_create import DiffusionCreateTab
from studio.ui.panels.diffusion_given import given_mask
from studio.ui.widgets.pictures import DragLoad, mime_of, to_image
from studio.ui.window import StudioWindow
from tests.ui.panels.creating import click, generate, press, same, settle, window_of
from tests.ui.panels.forming import FormingServer, completed, opened, paint, write
from tests.ui.panels.trained import painted

MakeWindow = Callable[..., StudioWindow]
LEFT, NO_KEY = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def tab(make_window: MakeWindow, project_path: Path, forming: type[FormingServer], denoiser: str) -> DiffusionCreateTab:
    """The Create tab with a run that reads words."""
    return opened(make_window(project_path), denoiser)


def way(tab: DiffusionCreateTab, place: int = -1) -> Denoising:
    found = tab.sheet.entries[place].recipe.denoising
    assert found is not None
    return found


def begin(tab: DiffusionCreateTab, place: int = -1) -> Beginning:
    found = way(tab, place).begin
    assert found is not None
    return found


# --- a picture to begin with -------------------------------------------------------------------------------------


def test_a_picked_picture_is_put_in_by_a_click_and_taken_out_by_a_key(tab: DiffusionCreateTab, qtbot: Any) -> None:
    slot = tab.form.begin.slot
    generate(qtbot, tab, 2)
    QTest.mouseClick(slot, LEFT)
    assert tab.form.begin.picture() is None  # nothing is picked
    click(tab, 1)
    QTest.mouseClick(slot, LEFT)
    picture = tab.form.begin.picture()
    assert picture is not None and np.array_equal(picture.pixels, tab.sheet.entries[1].picture)  # type: ignore[arg-type]
    tab.form.begin.strength.field.setText("0.4")
    tab.form.begin.strength.field.commit()
    generate(qtbot, tab, 1)
    assert begin(tab).strength == 0.4 and not begin(tab).mask
    slot.setFocus()
    QTest.keyClick(slot, Qt.Key.Key_Delete)
    generate(qtbot, tab, 1)
    assert way(tab).begin is None


def test_pictures_are_dropped_on_the_box(tab: DiffusionCreateTab, qtbot: Any, tmp_path: Path) -> None:
    slot = tab.form.begin.slot
    pixels = np.zeros((20, 30, 3), np.uint8) + np.array([9, 99, 199], np.uint8)
    data = mime_of([to_image(pixels)], DragLoad())
    entered = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, LEFT, NO_KEY)
    slot.dragEnterEvent(entered)
    assert entered.isAccepted()
    slot.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, LEFT, NO_KEY))
    assert tab.form.begin.picture().pixels.shape == (20, 30, 3)  # type: ignore[union-attr]
    Image.fromarray(pixels[:, :10]).save(tmp_path / "narrow.png")
    data = mime_of([], DragLoad([tmp_path / "narrow.png"]))
    slot.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, LEFT, NO_KEY))
    qtbot.waitUntil(lambda: tab.form.begin.picture().pixels.shape == (20, 10, 3))  # type: ignore[union-attr]
    generate(qtbot, tab, 1)
    with Image.open(BytesIO(begin(tab).picture)) as image:
        assert image.size == (32, 32) and image.getpixel((16, 16)) == (9, 99, 199)


def test_files_dropped_on_the_window_lie_on_the_sheet_as_they_are(
    tab: DiffusionCreateTab, qtbot: Any, tmp_path: Path
) -> None:
    for name, grey in (("a", 40), ("b", 200)):
        Image.fromarray(np.full((64, 64, 3), grey, np.uint8)).save(tmp_path / f"{name}.png")
    window_of(tab).does.take_drop([tmp_path / "a.png", tmp_path / "b.png"])
    qtbot.waitUntil(lambda: len(tab.sheet) == 2)
    settle(qtbot, tab)
    assert [begin(tab, place).strength for place in (0, 1)] == [0.0, 0.0]
    assert tab.form.begin.picture() is not None
    tab.view.pick([0, 1])
    settle(qtbot, tab)
    half = tab.bench.between.result()
    assert half is not None and half.denoising is not None and half.denoising.begin is not None
    found = half.denoising.begin
    assert (found.way, found.strength, found.share) == ("inversion", 1.0, 0.5) and found.towards
    assert half.denoising.guidance == 1.0


def test_a_mask_comes_from_a_file(
    tab: DiffusionCreateTab, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab.form.begin.set_picture(np.full((48, 64, 3), 90, np.uint8))
    light = np.zeros((96, 128), np.uint8)
    light[:, :64] = 255
    Image.fromarray(light).save(tmp_path / "mask.png")  # of the same proportions, twice as large
    Image.fromarray(light[:, :50]).save(tmp_path / "narrow.png")
    tab.ask_mask = lambda: str(tmp_path / "mask.png")
    QTest.mouseClick(tab.form.begin.mask_file, LEFT)
    qtbot.waitUntil(tab.is_painting)
    mask = tab.form.begin.painted()
    assert mask is not None and mask.shape == (32, 32) and mask[:, :16].all() and not mask[:, 16:].any()
    assert tab.form.begin.strength.value() == 1 and np.array_equal(tab.painter.painted(), mask)
    generate(qtbot, tab, 1)
    assert np.array_equal(given_mask(begin(tab)), mask)
    said: list[str] = []
    monkeypatch.setattr(tab.session, "toast", lambda words, **_: said.append(words))
    tab.show_painter()
    data = mime_of([], DragLoad([tmp_path / "narrow.png"]))
    tab.painter.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, LEFT, NO_KEY))
    qtbot.waitUntil(lambda: bool(said))
    assert said == ["The mask is 50 × 96 and the picture 64 × 48; make the mask as large as the picture."]
    assert tab.form.begin.painted() is mask, "what was painted stays"


def test_a_file_that_is_no_picture_is_told(
    tab: DiffusionCreateTab, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.png").write_bytes(b"no picture")
    said: list[str] = []
    monkeypatch.setattr(tab.session, "toast", lambda words, **more: said.append(words))
    tab.ask_file = lambda: str(tmp_path / "x.png")
    press(tab.form, "beginOpen")
    qtbot.waitUntil(lambda: bool(said))
    assert "x.png" in said[0] and tab.form.begin.picture() is None


def test_what_a_recalled_picture_began_with_stays_the_same_to_the_bit(tab: DiffusionCreateTab, qtbot: Any) -> None:
    tab.form.begin.set_picture(np.random.default_rng(0).integers(0, 256, (50, 40, 3), np.uint8))
    generate(qtbot, tab, 1)
    recipe = tab.sheet.entries[0].recipe
    tab.form.begin.set_picture(None)
    tab.set_as(recipe)
    assert tab.form.denoising().begin == begin(tab)
    assert not tab._differ(tab.sheet.entries)


# --- a part of it ------------------------------------------------------------------------------------------------


def test_only_what_is_painted_is_made_anew(tab: DiffusionCreateTab, qtbot: Any) -> None:
    generate(qtbot, tab, 1)
    click(tab, 0)
    QTest.mouseClick(tab.form.begin.slot, LEFT)
    press(tab.form, "beginPaint")
    assert tab.is_painting()
    paint(tab, (0.25, 0.25), (0.75, 0.25))
    assert tab.form.begin.strength.value() == 1.0  # behind a mask everything is made anew, unless it is said otherwise
    mask = tab.form.begin.painted()
    assert mask is not None and mask.shape == (32, 32)
    assert mask[8, 8:24].all() and not mask[16:].any() and not mask[:4].any()
    QTest.keyClick(tab.painter.pad, Qt.Key.Key_Escape)
    assert not tab.is_painting()
    generate(qtbot, tab, 2)
    assert np.array_equal(given_mask(begin(tab)), mask)  # type: ignore[arg-type]


def test_the_brush_by_keys_undo_swap_and_clear(tab: DiffusionCreateTab, qtbot: Any) -> None:
    tab.form.begin.set_picture(np.full((32, 32, 3), 120, np.uint8))
    press(tab.form, "beginPaint")
    pad = tab.painter.pad
    QTest.keyClick(pad, Qt.Key.Key_Space)
    QTest.keyClick(pad, Qt.Key.Key_Right)
    QTest.keyClick(pad, Qt.Key.Key_Space)
    middle = tab.form.begin.painted()
    assert middle is not None and middle[16, 16] and not middle[0, 0]
    press(tab.painter, "maskSwap")
    swapped = tab.form.begin.painted()
    assert swapped is not None and np.array_equal(swapped, ~middle)
    QTest.keyClick(pad, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert np.array_equal(tab.form.begin.painted(), middle)  # type: ignore[arg-type]
    QTest.keyClick(pad, Qt.Key.Key_Plus)
    assert tab.painter.brush.value() == 34
    QTest.keyClick(pad, Qt.Key.Key_E)
    assert tab.painter.eraser.isChecked()
    paint(tab, (0.4, 0.5), (0.6, 0.5))
    assert tab.form.begin.painted() is None
    QTest.keyClick(pad, Qt.Key.Key_E)
    paint(tab, (0.4, 0.5), (0.6, 0.5))
    press(tab.painter, "maskClear")
    assert tab.form.begin.painted() is None and tab.form.begin.strength.value() == 0.6
    press(tab.painter, "maskDone")
    assert not tab.is_painting()


def test_the_mask_of_a_picture_that_is_not_square(tab: DiffusionCreateTab, qtbot: Any) -> None:
    write(tab.form.width_field, "64", enter=True)
    tab.form.begin.set_picture(np.full((32, 64, 3), 120, np.uint8))
    tab.show_painter()
    paint(tab, (0.02, 0.5), (0.2, 0.5))  # the picture lies in the middle half of the square
    mask = tab.form.begin.painted()
    assert mask is not None and mask.shape == (32, 64)
    assert mask[15, 3:12].all() and not mask[:, 30:].any() and not mask[0].any()


def test_a_mask_of_another_size_is_told_until_it_is_painted_again(tab: DiffusionCreateTab, qtbot: Any) -> None:
    tab.form.begin.set_picture(np.full((32, 32, 3), 120, np.uint8))
    tab.show_painter()
    paint(tab, (0.4, 0.4), (0.6, 0.6))
    tab.show_sheet()
    write(tab.form.width_field, "40", enter=True)
    assert "painted for 32 × 32 pixels, and 40 × 32 are to be made" in tab.form.problem()
    assert "generate" in tab.intention_part().blocks
    tab.show_painter()
    paint(tab, (0.4, 0.4), (0.6, 0.6))
    assert not tab.form.problem()
    assert tab.form.begin.painted().shape == (32, 40)  # type: ignore[union-attr]


def test_the_menu_leads_to_every_edit(tab: DiffusionCreateTab, qtbot: Any) -> None:
    generate(qtbot, tab, 2)
    click(tab, 1)
    menu = tab.build_menu(1)
    lines = {action.text(): action for action in menu.actions()}
    lines["Begin with this picture"].trigger()
    assert tab.form.begin.picture() is not None
    lines["Change a part of it…"].trigger()
    assert tab.is_painting()
    tab.show_sheet()
    lines["Variations of it"].trigger()
    assert tab.bench.mode() == "variations"
    settle(qtbot, tab)
    lines["The film of its steps"].trigger()
    assert window_of(tab).pages.current.tab() == "look"
    menu.deleteLater()


# --- near it, and on the way -------------------------------------------------------------------------------------


def test_variations_of_a_picked_picture(tab: DiffusionCreateTab, qtbot: Any) -> None:
    generate(qtbot, tab, 2)
    click(tab, 1)
    tab.bench.show_mode("variations")
    settle(qtbot, tab)
    part = tab.bench.variations
    assert part.strip.count() == 8 and part.tile.picture() == to_image(tab.sheet.entries[1].picture)  # type: ignore[arg-type]
    grid = part.strip
    QTest.mouseClick(grid, LEFT, NO_KEY, grid.cell_rect(2).center())
    press(tab.bench, "benchAdd")
    settle(qtbot, tab)
    assert len(tab.sheet) == 3
    assert tab.sheet.entries[2].recipe.latent == Slerp(a=Drawn(seed=0, index=1), b=Drawn(seed=0, index=2), t=0.3)
    before = grid.picture(0)
    press(tab.bench, "variationMore")
    settle(qtbot, tab)
    assert grid.picture(0) != before


def test_between_two_pictures_of_other_words(tab: DiffusionCreateTab, qtbot: Any, denoiser: str) -> None:
    write(tab.form.words.prompt, "red hair")
    generate(qtbot, tab, 1)
    write(tab.form.words.prompt, "blue hair")
    generate(qtbot, tab, 1)
    click(tab, 0)
    click(tab, 1, add=True)
    settle(qtbot, tab)
    assert tab.bench.between.strip.count() == 9
    press(tab.bench, "benchAdd")
    settle(qtbot, tab)
    found = way(tab)
    assert (found.prompt, found.other_prompt, found.other_share) == ("red hair", "blue hair", 0.5)
    assert same(tab.sheet.entries[2].picture, painted(completed(tab.sheet.entries[2].recipe), "40", denoiser))
    tab.view.pick([2])
    assert "“red hair” → 50 % “blue hair”" in tab.view._foot.text()


def test_pictures_of_two_sizes_have_no_way_between(tab: DiffusionCreateTab, qtbot: Any) -> None:
    generate(qtbot, tab, 2)
    tab.sheet.entries[1].picture = np.zeros((8, 16, 3), np.uint8)
    tab.view.pick([0, 1])
    assert "differ in size" in tab.bench._hint.text()
    assert not tab.bench.add_button.isEnabled()


def test_from_words_to_words_as_a_row_and_a_film(
    tab: DiffusionCreateTab, qtbot: Any, tmp_path: Path, jobs: dict[Any, Any]
) -> None:
    films: list[FilmRequest] = []

    def film(request: FilmRequest, path: Path, commands: CommandQueue) -> Iterator[Event]:
        films.append(request)
        yield Ended("finished")

    jobs[FilmRequest] = film
    write(tab.form.words.prompt, "a girl with red hair")
    generate(qtbot, tab, 1)
    tab.bench.show_mode("words")
    part = tab.bench.words
    write(part.other, "zebra", enter=True)
    assert "none of these words" in part._says.text() and not part.results()
    write(part.other, "a girl with blue hair, smiling", enter=True)
    assert "smiling" in part._says.text()
    settle(qtbot, tab)
    assert part.way.strip.count() == 9
    stops = part.stops()
    assert [stop.denoising.prompt for stop in stops if stop.denoising][1] == "a girl with blue hair, smiling"
    assert stops[0].latent == stops[1].latent == Drawn(seed=0, index=0)
    tab.export.ask_file = lambda *words: str(tmp_path / "way.gif")
    press(tab.bench, "benchFilm")
    qtbot.waitUntil(lambda: len(films) == 1)
    ways = [recipe.denoising for recipe in films[0].recipes]
    assert len(ways) == 32 and max(one.other_share for one in ways if one) > 0.9


def test_what_is_asked_for_comes_before_what_is_only_looked_at(
    tab: DiffusionCreateTab, qtbot: Any, forming: type[FormingServer]
) -> None:
    generate(qtbot, tab, 2)
    forming.held.set()
    tab.view.pick([0, 1])
    qtbot.waitUntil(lambda: tab.maker.is_open("between"))
    window_of(tab).does.run("generate")
    assert not tab.maker.is_open("between") and tab.maker.is_open("sheet")
    forming.held.clear()
    qtbot.waitUntil(lambda: tab.bench.between.strip.count() == 9 and not tab.maker.is_busy())


def test_a_closed_card_asks_for_nothing(tab: DiffusionCreateTab, qtbot: Any) -> None:
    generate(qtbot, tab, 2)
    tab.view.pick([0, 1])
    settle(qtbot, tab)
    press(tab.bench, "benchFold")
    tab.view.pick([1, 0])
    tab.view.pick([0])
    assert not tab.maker.is_busy()
    tab.view.pick([0, 1])
    press(tab.bench, "benchFold")
    assert tab.maker.is_open("between")
    settle(qtbot, tab)
