"""The pieces of the Data page by themselves: what is shown, names of new data sets, the wall, the bars."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QWheelEvent
from PySide6.QtWidgets import QApplication

from studio.config.data import Choices
from studio.data.checking import Proposal
from studio.data.labels import Labels
from studio.ground.errors import text
from studio.jobs.browsing import Contents
from studio.ui import theme
from studio.ui.pages.data_deeds import choice_words
from studio.ui.pages.data_labels import Bars
from studio.ui.pages.data_model import (
    OUT,
    USED,
    Filter,
    Offer,
    Sight,
    is_taken,
    label_counts,
    leave_out,
    offers_of,
    put_back,
    relabel,
    sources_of,
    suggested_name,
    value_filter,
)
from studio.ui.pages.data_wall import PictureWall


@pytest.fixture(autouse=True)
def light(qapp: QApplication) -> None:
    theme.install(qapp, "light")


def contents(count: int = 6) -> Contents:
    names = tuple(f"{at:02d}.png" for at in range(count))
    codes = np.array([at % 3 - 1 for at in range(count)], np.int32)  # none, a, b, none, a, b
    sides = np.full(count, 32, np.int64)
    return Contents(
        folder="data/x", kind="folder", names=names, places={n: at for at, n in enumerate(names)}, widths=sides,
        heights=sides, labels={"class": Labels(("a", "b"), codes)}, captions=(), bytes=9, transparent=0, skipped=(),
    )  # fmt: skip


def test_a_changed_label_is_seen_counted_and_taken_back() -> None:
    choices = relabel(Choices(), ["01.png", "00.png"], "class", "b")
    sight = Sight(contents(), choices)
    assert [sight.value_of(at, "class") for at in range(3)] == ["b", "b", "b"]
    assert sight.value_counts("class") == [("b", 4), ("a", 1)] and sight.line(1).endswith("class: b")
    assert label_counts(contents(), choices) == {"class": {"a": 1, "b": 4}}
    sight.filter = value_filter("class", "b")
    assert sight.shown().tolist() == [0, 1, 2, 5]
    again = relabel(choices, ["01.png"], "class", "")
    assert [(one.name, one.value) for one in again.relabelled] == [("00.png", "b"), ("01.png", "")]
    sight.choose(again)
    assert sight.value_of(1, "class") == ""
    assert str(choice_words("x", Choices(), choices)) == "Changed a label of 2 pictures of x"


# --- what is shown ---------------------------------------------------------------------------------------------------


def test_filters_and_search_narrow_what_is_shown() -> None:
    sight = Sight(contents(), Choices(leave_out=("01.png", "gone.png")))
    assert sight.shown().tolist() == [0, 1, 2, 3, 4, 5] and sight.used_count() == 5
    for chosen, shown in (
        (OUT, [1]),
        (USED, [0, 2, 3, 4, 5]),
        (value_filter("class", "a"), [1, 4]),
        (value_filter("class", ""), [0, 3]),
        (value_filter("size", "a"), [0, 1, 2, 3, 4, 5]),
        (Filter("finding", names=("05.png", "nobody", "02.png")), [5, 2]),
    ):
        sight.filter = chosen
        assert sight.shown().tolist() == shown, chosen
    sight.found = np.array([2, 3])
    assert sight.shown().tolist() == [2], "a search narrows a filter and keeps its order"


def test_counts_follow_the_choices() -> None:
    sight = Sight(contents())
    assert sight.value_counts("class") == [("a", 2), ("b", 2)]
    sight.choose(Choices(leave_out=("01.png",)))
    assert sight.value_counts("class") == [("b", 2), ("a", 1)] and sight.used_count() == 5
    assert sight.line(1) == "01.png · 32 × 32 · class: a" and sight.line(0) == "00.png · 32 × 32"


def test_leaving_out_and_putting_back_undo_one_another() -> None:
    some = leave_out(Choices(shape="pad"), ["b", "a", "b"])
    assert some.leave_out == ("b", "a") and put_back(some, ["b"]).leave_out == ("a",) and some.shape == "pad"


def test_a_proposal_is_taken_only_as_a_whole() -> None:
    two = Proposal(text("Leave out these 2."), leave_out=("a", "b"))
    assert not is_taken(two, Choices(leave_out=("a",))) and is_taken(two, Choices(leave_out=("b", "c", "a")))
    white = Proposal(text("White."), background="#FFFFFF")
    assert is_taken(white, Choices()) and not is_taken(white, Choices(background="#000000"))
    assert not is_taken(Proposal(text("Pad."), shape="pad"), Choices())


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (Choices(leave_out=("a", "b", "c")), "Left out 2 pictures of x"),
        (Choices(leave_out=()), "Put back 1 pictures of x"),
        (Choices(leave_out=("a",), shape="pad"), "Changed how odd shapes of x are treated"),
        (Choices(leave_out=("a",), background="#000000"), "Changed the background of x"),
    ],
)
def test_every_change_has_a_sentence(after: Choices, words: str) -> None:
    assert str(choice_words("x", Choices(leave_out=("a",)), after)) == words


# --- new data sets ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "suggested"),
    [("cats.zip", "cats"), ("a.b.tar.gz", "a.b"), ("train-images-idx3-ubyte.gz", "train-images-idx3-ubyte"),
     ("é 🎨.ZIP", "é 🎨"), (".zip", "data"), ("x\x07y.zip", "x y"), ("n" * 300 + ".zip", "n" * 200)],
)  # fmt: skip
def test_names_are_suggested(name: str, suggested: str) -> None:
    assert suggested_name(Path("/some") / name) == suggested


def test_folders_keep_their_name_and_taken_ones_get_a_number(tmp_path: Path) -> None:
    (tmp_path / "cats.zip").mkdir()
    assert suggested_name(tmp_path / "cats.zip") == "cats.zip"
    assert suggested_name(Path("cats.zip"), ["cats", "cats 2"]) == "cats 3"


def test_idx_files_of_a_folder_are_one_source(tmp_path: Path) -> None:
    images, labels = tmp_path / "images.gz", tmp_path / "labels.gz"
    assert sources_of([images, labels]) == [tmp_path]
    assert sources_of([images]) == [images]
    assert sources_of([tmp_path / "a.zip", tmp_path / "b.zip"]) == [tmp_path / "a.zip", tmp_path / "b.zip"]
    assert sources_of([tmp_path / "1.png", tmp_path / "2.jpg"]) == [tmp_path]


def test_two_files_in_two_languages_are_one_offer(tmp_path: Path) -> None:
    english, french, other = (tmp_path / name for name in ("train.en.gz", "train.fr.gz", "test.en"))
    assert offers_of([english, other, french]) == [Offer(english, french), Offer(other)]
    texts = [tmp_path / "a.txt", tmp_path / "b.txt"]
    assert offers_of(texts) == [Offer(path) for path in texts]


# --- the wall --------------------------------------------------------------------------------------------------------


@pytest.fixture
def wall(qtbot: Any) -> Callable[..., PictureWall]:
    """A function that shows a wall of so many pictures."""

    def make(count: int, size: tuple[int, int] = (400, 300)) -> PictureWall:
        made = PictureWall()
        qtbot.addWidget(made)
        made.resize(*size)
        made.show_positions(np.arange(count))
        made.show()
        qtbot.waitExposed(made)
        return made

    return make


def test_only_what_is_seen_is_asked_for(qtbot: Any, wall: Callable[..., PictureWall]) -> None:
    one = wall(60_000)
    with qtbot.waitSignal(one.wanted, timeout=5000) as first:
        one.viewport().update()
    assert first.args is not None and first.args[0] == list(range(len(first.args[0]))) and len(first.args[0]) < 40
    with qtbot.waitSignal(one.wanted, timeout=5000) as later:
        one.verticalScrollBar().setValue(one.verticalScrollBar().maximum())
    assert later.args is not None and later.args[0][-1] == 59_999 and len(later.args[0]) < 40
    image = QImage(8, 8, QImage.Format.Format_RGB888)
    image.fill(Qt.GlobalColor.red)
    one.set_images(dict.fromkeys(later.args[0], image))
    qtbot.waitUntil(lambda: not one.is_waiting(), timeout=5000)
    middle = one.grab().toImage().pixelColor(one.cell_rect(59_999).center())
    assert middle.name() == "#ff0000"


def test_keys_walk_and_choose(qtbot: Any, wall: Callable[..., PictureWall]) -> None:
    one = wall(100)
    columns = sum(one.cell_rect(at).top() == one.cell_rect(0).top() for at in range(20))
    for key, current in ((Qt.Key.Key_Right, 0), (Qt.Key.Key_Right, 1), (Qt.Key.Key_Down, 1 + columns),
                         (Qt.Key.Key_End, 99), (Qt.Key.Key_Right, 99), (Qt.Key.Key_Home, 0)):  # fmt: skip
        qtbot.keyClick(one, key)
        assert one.current() == current
    qtbot.keyClick(one, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert one.selected().tolist() == [0, 1]
    qtbot.keyClick(one, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert one.selected_count() == 100
    qtbot.keyClick(one, Qt.Key.Key_Escape)
    assert one.selected_count() == 0
    qtbot.keyClick(one, Qt.Key.Key_End)
    assert one.viewport().rect().contains(one.cell_rect(99))


def test_the_choice_stays_where_the_pictures_stay(wall: Callable[..., PictureWall]) -> None:
    one = wall(50)
    one.select_positions([4, 9])
    one.show_positions(np.array([9, 10, 11]), keep=True)
    assert one.selected().tolist() == [9]
    one.show_positions(np.array([9, 10, 11]))
    assert one.selected_count() == 0


def test_clicks_between_pictures_choose_nothing(qtbot: Any, wall: Callable[..., PictureWall]) -> None:
    one = wall(50)
    place = one.cell_rect(1)
    qtbot.mouseClick(one.viewport(), Qt.MouseButton.LeftButton, pos=place.center())
    assert one.selected().tolist() == [1]
    assert one.index_at(QPoint(place.right() + 4, place.center().y())) == -1
    qtbot.mouseClick(one.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(place.right() + 4, place.center().y()))
    assert one.selected_count() == 0


def test_ctrl_and_the_wheel_ask_for_another_size(wall: Callable[..., PictureWall]) -> None:
    one, asked = wall(500), []
    one.cell_step.connect(asked.append)
    spot, glob = QPointF(50, 50), QPointF(one.mapToGlobal(QPoint(50, 50)))
    for turn, keys in ((120, Qt.KeyboardModifier.ControlModifier), (-120, Qt.KeyboardModifier.NoModifier)):
        event = QWheelEvent(spot, glob, QPoint(), QPoint(0, turn), Qt.MouseButton.NoButton, keys,
                            Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
        QApplication.sendEvent(one.viewport(), event)
    assert asked == [1] and one.verticalScrollBar().value() > 0


def test_a_larger_size_keeps_the_first_picture_in_sight(wall: Callable[..., PictureWall]) -> None:
    one = wall(5000)
    one.verticalScrollBar().setValue(20_000)
    first = one.index_at(QPoint(one.cell_rect(0).center().x(), 40))
    one.set_cell(144)
    assert one.viewport().rect().intersects(one.cell_rect(first))


# --- bars ------------------------------------------------------------------------------------------------------------


def test_bars_are_clicked_and_walked(qtbot: Any) -> None:
    bars, picked = Bars("hair"), []
    qtbot.addWidget(bars)
    bars.set_counts([("red", 7), ("<b>", 0)], None)
    bars.resize(bars.sizeHint())
    bars.show()
    bars.clicked.connect(picked.append)
    qtbot.mouseClick(bars, Qt.MouseButton.LeftButton, pos=QPoint(20, 30))
    qtbot.keyClick(bars, Qt.Key.Key_Up)
    qtbot.keyClick(bars, Qt.Key.Key_Return)
    assert picked == ["<b>", "red"]
    assert bars.accessibleName() == "hair: red 7, <b> 0"
    assert bars.value_at(QPoint(5, 500)) is None
