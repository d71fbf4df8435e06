"""Ask in the real window: draw, drop, open and paste; bars and heat; a folder as a table."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QWidget

from studio.config.requests import ClassifyRequest
from studio.ground.errors import StudioError
from studio.ground.events import Event
from studio.projects.project import Project
from studio.ui.panels.ask_many import ManyDesk
from studio.ui.panels.classifier_ask import ClassifierAskTab
from studio.ui.panels.verdict_table import UNREADABLE
from studio.ui.window import StudioWindow
from studio.workers.latest import LatestWins
from tests.ui.panels import judged
from tests.ui.panels.conftest import DATA

MakeWindow = Callable[..., StudioWindow]
Jobs = dict[type, Callable[..., Iterator[Event]]]


@pytest.fixture
def asked_server(monkeypatch: pytest.MonkeyPatch) -> type[judged.AskedServer]:
    """A classifier that answers by shade, in the real thread of the real worker."""

    class Server(judged.AskedServer):
        asked: list[Any] = []

    monkeypatch.setattr("studio.workers.latest.LatestWins", _worker(Server))
    return Server


def _worker(server: type[judged.AskedServer]) -> Callable[..., LatestWins]:
    def make(path: Path, make: Any = None) -> LatestWins:
        return LatestWins(path, make=make or server)

    return make


@pytest.fixture
def ask(
    make_window: MakeWindow, painted_project: Path, asked_server: type[judged.AskedServer], jobs: Jobs, qtbot: Any
) -> ClassifierAskTab:
    """The tab with a trained run."""
    jobs[ClassifyRequest] = judged.classify_job
    with Project.open(painted_project) as project:
        run = judged.add_run(project, DATA).name
    return opened(make_window(painted_project), run=run)


def opened(window: StudioWindow, **what: Any) -> ClassifierAskTab:
    window.resize(1280, 800)
    window.session.go("classifier", tab="create", **what)
    page: Any = window.pages.current
    tab = page.current_tab()
    assert isinstance(tab, ClassifierAskTab)
    return tab


def button(parent: QWidget, name: str) -> QAbstractButton:
    found = [one for one in parent.findChildren(QAbstractButton, name) if not one.isHidden()]
    assert found, name
    return found[-1]


def click(qtbot: Any, parent: QWidget, name: str) -> None:
    wanted = button(parent, name)
    assert wanted.isEnabled(), (name, wanted.toolTip())
    qtbot.mouseClick(wanted, Qt.MouseButton.LeftButton)


def settle(qtbot: Any, tab: ClassifierAskTab) -> None:
    qtbot.waitUntil(lambda: not tab.maker.is_busy() and not tab.one._timer.isActive(), timeout=8000)


def stroke(qtbot: Any, tab: ClassifierAskTab, *points: tuple[int, int]) -> None:
    pad = tab.one.view.pad
    qtbot.mousePress(pad, Qt.MouseButton.LeftButton, pos=QPoint(*points[0]))
    for point in points[1:]:
        QTest.mouseMove(pad, QPoint(*point))
    qtbot.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=QPoint(*points[-1]))


def picture_file(path: Path, shade: int, size: tuple[int, int] = (24, 24)) -> Path:
    Image.new("RGB", size, (shade, shade, shade)).save(path)
    return path


# --- empty -----------------------------------------------------------------------------------------------------------


def test_without_a_run_it_leads_to_training(
    make_window: MakeWindow, painted_project: Path, asked_server: type[judged.AskedServer], qtbot: Any
) -> None:
    window = make_window(painted_project)
    tab = opened(window)
    assert tab.empty.isVisible() and tab.empty.button.text() == "Train one"
    qtbot.mouseClick(tab.empty.button, Qt.MouseButton.LeftButton)
    page: Any = window.pages.current
    assert page.tab() == "train"


def test_the_newest_run_is_one_click_away(
    make_window: MakeWindow, painted_project: Path, asked_server: type[judged.AskedServer], qtbot: Any
) -> None:
    with Project.open(painted_project) as project:
        run = judged.add_run(project, DATA).name
    window = make_window(painted_project)
    window.session.select("classifier", run="")
    tab = opened(window)
    assert run in tab.empty.button.text()
    qtbot.mouseClick(tab.empty.button, Qt.MouseButton.LeftButton)
    assert tab.one.view.isVisible() and tab.maker.model is not None


# --- one picture -----------------------------------------------------------------------------------------------------


def test_bars_move_as_one_draws(ask: ClassifierAskTab, asked_server: type[judged.AskedServer], qtbot: Any) -> None:
    view = ask.one.view
    assert not asked_server.asked and view.verdict.text() == "What will it say?"
    stroke(qtbot, ask, (60, 60), (200, 60))
    settle(qtbot, ask)
    first = view.bars.probabilities()["glasses"]["no"]
    assert 0.5 < first < 1 and view.verdict.text().startswith("red hair · no glasses")
    ask.one.tools.width_slider.set_value(48)
    ask.one.tools._on_width(48)
    stroke(qtbot, ask, (40, 120), (400, 120), (40, 160), (400, 200), (40, 240), (400, 260))
    settle(qtbot, ask)
    assert view.bars.probabilities()["glasses"]["no"] < first
    assert len(asked_server.asked) >= 2 and asked_server.asked[-1].checkpoint == "40"
    assert "32 × 32" in view._seen_words.text()


def test_clearing_asks_nothing(ask: ClassifierAskTab, asked_server: type[judged.AskedServer], qtbot: Any) -> None:
    stroke(qtbot, ask, (60, 60), (200, 60))
    settle(qtbot, ask)
    count = len(asked_server.asked)
    click(qtbot, ask.one.tools, "padClear")
    settle(qtbot, ask)
    assert ask.one.view.bars.probabilities() == {} and len(asked_server.asked) == count
    click(qtbot, ask.one.tools, "padUndo")
    settle(qtbot, ask)
    assert ask.one.view.bars.probabilities() and len(asked_server.asked) == count + 1


def test_a_click_on_a_bar_shows_what_speaks_for_it(
    ask: ClassifierAskTab, asked_server: type[judged.AskedServer], qtbot: Any
) -> None:
    bars, pad = ask.one.view.bars, ask.one.view.pad
    stroke(qtbot, ask, (60, 60), (200, 60))
    settle(qtbot, ask)
    at = bars.rows().index(("hair", "brown"))
    qtbot.mouseClick(bars, Qt.MouseButton.LeftButton, pos=bars.row_rect(at).center().toPoint())
    settle(qtbot, ask)
    assert asked_server.asked[-1].heat == "hair=brown" and pad.has_heat()
    assert ask.one.tools.heat.value() == "hair=brown"
    qtbot.mouseClick(bars, Qt.MouseButton.LeftButton, pos=bars.row_rect(at).center().toPoint())
    settle(qtbot, ask)
    assert asked_server.asked[-1].heat == "" and not pad.has_heat()


def test_a_dropped_file_is_asked_about(ask: ClassifierAskTab, tmp_path: Path, qtbot: Any) -> None:
    assert ask.take_drop([picture_file(tmp_path / "dark.png", 5, (60, 20))], None)
    qtbot.waitUntil(lambda: bool(ask.one.view.bars.probabilities()), timeout=8000)
    assert ask.one.view.title.text() == "dark.png"
    assert ask.one.view.bars.best("hair") == "black" and ask.one.view.bars.best("glasses") == "yes"
    assert ask.one.view.pad.picture().width() == 20  # the middle square


def test_what_is_no_picture_is_said_in_a_sentence(ask: ClassifierAskTab, tmp_path: Path, qtbot: Any) -> None:
    (tmp_path / "no.png").write_bytes(b"nothing")
    told: list[Any] = []
    ask.session.toasted.connect(told.append)
    ask.one.ask_file = lambda: str(tmp_path / "no.png")
    click(qtbot, ask.one.tools, "pad_open")
    qtbot.waitUntil(lambda: bool(told), timeout=8000)
    assert told[0].text == "no.png is not a picture that can be read."
    assert not ask.take_drop([tmp_path / "table.csv"], None)


def test_a_picture_of_the_data_set_comes_by_chance(ask: ClassifierAskTab, qtbot: Any) -> None:
    click(qtbot, ask.one.tools, "pad_chance")
    qtbot.waitUntil(lambda: bool(ask.one.view.bars.probabilities()), timeout=8000)
    assert DATA in ask.one.view.title.text() and ask.one.view.pad.picture().width() == 32


def test_the_clipboard(ask: ClassifierAskTab, qtbot: Any) -> None:
    image = QImage(12, 12, QImage.Format.Format_RGB32)
    image.fill(QColor("#101010"))
    QGuiApplication.clipboard().setImage(image)
    click(qtbot, ask.one.tools, "pad_paste")
    settle(qtbot, ask)
    assert ask.one.view.bars.best("hair") == "black"


def test_a_failure_is_said_once(
    ask: ClassifierAskTab, asked_server: type[judged.AskedServer], errors: list[str], qtbot: Any
) -> None:
    asked_server.fail = StudioError("This checkpoint is damaged.")
    for _ in range(2):
        stroke(qtbot, ask, (60, 60), (200, 60))
        settle(qtbot, ask)
    assert errors == ["This checkpoint is damaged."]


def test_pen_and_paper_are_remembered(ask: ClassifierAskTab, qtbot: Any) -> None:
    tools = ask.one.tools
    click(qtbot, tools, "swatch_d23c3c")
    click(qtbot, tools, "choice_#000000")
    state = ask.state()
    ask.restore({"mode": "one", "tools": {"colour": "#3f9c54", "paper": "#ffffff", "width": 3}})
    assert tools.state()["colour"] == "#3f9c54" and tools.state()["width"] == 3
    ask.restore(state)
    assert (tools.colours.value(), tools.papers.value()) == ("#d23c3c", "#000000")
    assert ask.one.view.pad.paper() == QColor("black")
    ask.restore({"mode": 7, "tools": []})
    assert ask.mode() == "one"


def test_black_paper_takes_a_white_pen(ask: ClassifierAskTab, qtbot: Any) -> None:
    click(qtbot, ask.one.tools, "choice_#000000")
    assert ask.one.tools.colours.value() == "#ffffff"


# --- many ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures and a broken one."""
    place = tmp_path / "some <b>pictures"
    place.mkdir()
    for name, shade in (("a dark.png", 4), ("b middle.png", 120), ("c light.png", 250)):
        picture_file(place / name, shade)
    (place / "broken.png").write_bytes(b"no")
    return place


@pytest.fixture
def many(ask: ClassifierAskTab, folder: Path, qtbot: Any) -> ManyDesk:
    """The table of that folder, by clicks."""
    click(qtbot, ask.controls, "choice_many")
    ask.many.ask_folder = lambda: str(folder)
    qtbot.mouseClick(ask.many.view.empty.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: ask.many.table is not None, timeout=8000)
    return ask.many


def names(desk: ManyDesk) -> list[str]:
    model = desk.view.table.verdicts
    return [model.row(at).name for at in range(model.rowCount())]


def test_a_folder_becomes_a_table(many: ManyDesk) -> None:
    assert names(many) == ["a dark.png", "b middle.png", "broken.png", "c light.png"]
    assert "4 pictures" in many.view.details.text() and "1 cannot be read" in many.view.details.text()
    model = many.view.table.verdicts
    assert model.index(0, 1).data() == "black" and model.index(3, 2).data() == "no"
    assert "not a picture" in model.index(2, 1).data() and many.view.table.columnSpan(2, 1) == 2


def test_sorting_and_filtering(many: ManyDesk, qtbot: Any) -> None:
    model = many.view.table.verdicts
    model.sort(0, Qt.SortOrder.DescendingOrder)
    assert names(many)[0] == "c light.png"
    model.sort(1, Qt.SortOrder.AscendingOrder)
    assert names(many)[-1] == "broken.png"
    qtbot.keyClicks(many.view.search, "dark")
    qtbot.waitUntil(lambda: names(many) == ["a dark.png"])
    many.view.search.clear()
    many.view.filter._on_chosen(UNREADABLE)
    assert names(many) == ["broken.png"]
    many.view.filter._on_chosen("hair=red")
    assert names(many) == ["c light.png"]


def test_a_row_opens_its_picture(ask: ClassifierAskTab, many: ManyDesk, qtbot: Any) -> None:
    table = many.view.table
    table.setFocus()
    table.selectRow(0)
    qtbot.keyClick(table, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: ask.one.view.title.text() == "a dark.png", timeout=8000)
    assert ask.mode() == "one"


def test_a_row_whose_file_has_gone_says_so(ask: ClassifierAskTab, many: ManyDesk, folder: Path) -> None:
    told: list[Any] = []
    ask.session.toasted.connect(told.append)
    (folder / "a dark.png").unlink()
    many._on_opened(many.view.table.verdicts.row(0))
    assert "a dark.png" in told[0].text and ask.mode() == "many"


def test_the_table_is_saved_whole(many: ManyDesk, tmp_path: Path, qtbot: Any) -> None:
    many.ask_csv = lambda: str(tmp_path / "told")
    many.view.filter._on_chosen(UNREADABLE)
    click(qtbot, many.view, "manyCsv")
    lines = (tmp_path / "told.csv").read_text().splitlines()
    assert len(lines) == 5 and lines[0].startswith("name,hair,hair=black")
    assert lines[3].startswith("broken.png,,") and "not a picture" in lines[3]


def test_an_empty_folder_is_told_in_place(ask: ClassifierAskTab, tmp_path: Path, errors: list[str], qtbot: Any) -> None:
    (tmp_path / "nothing").mkdir()
    assert ask.take_drop([tmp_path / "nothing"], None) and ask.mode() == "many"
    view = ask.many.view
    qtbot.waitUntil(lambda: "nothing" in view.empty._sentence.text(), timeout=8000)
    assert view.empty._headline.text() == "These pictures were not classified" and not errors
    assert view.busy.isHidden() and ask.many.tools.folder.isEnabled()


def test_classifying_is_cancelled(ask: ClassifierAskTab, tmp_path: Path, jobs: Jobs, qtbot: Any) -> None:
    def slow(request: ClassifyRequest, path: Path, commands: Any) -> Iterator[Event]:
        from studio.ground.errors import text
        from studio.ground.events import Ended, Progress

        yield Progress(text("Classifying"), 3, 1000)
        while not commands.stop_requested:
            commands.wait(0.02)
        yield Ended("stopped")

    jobs[ClassifyRequest] = slow
    click(qtbot, ask.controls, "choice_many")
    ask.many.classify([tmp_path])
    view = ask.many.view
    qtbot.waitUntil(lambda: "3 of" in view.busy._far.text().replace("\u00a0", " "))
    assert not ask.many.tools.folder.isEnabled() and ask.many.tools.folder.toolTip()
    click(qtbot, view.busy, "busyCancel")
    qtbot.waitUntil(lambda: view.busy.isHidden(), timeout=8000)
    assert ask.many.table is None and ask.many.tools.folder.isEnabled()


def test_a_data_set_leads_back_to_it(ask: ClassifierAskTab, jobs: Jobs, qtbot: Any) -> None:
    def of_data(request: ClassifyRequest, path: Path, commands: Any) -> Iterator[Event]:
        from studio.ground.events import Ended
        from studio.jobs.judgements import Row, Table

        rows = (Row("000003", {"hair": {"black": 1.0}}),)
        yield Ended("finished", result=Table({"hair": ("black",)}, rows, request.run, 40))

    jobs[ClassifyRequest] = of_data
    click(qtbot, ask.controls, "choice_many")
    click(qtbot, ask.many.tools, "many_dataset")
    qtbot.waitUntil(lambda: ask.many.table is not None, timeout=8000)
    led: list[Any] = []
    ask.session.navigated.connect(lambda page, what: led.append((page, what)))
    ask.many._on_opened(ask.many.table.rows[0])
    assert led == [("data", {"dataset": DATA, "pictures": ("000003",)})]


def test_the_answer_is_the_same_array_shape_for_grey_paper(ask: ClassifierAskTab, qtbot: Any) -> None:
    stroke(qtbot, ask, (60, 60), (61, 60))
    settle(qtbot, ask)
    picture = ask.one.view.seen.picture()
    assert (picture.width(), picture.height()) == (32, 32)
    assert np.isclose(sum(ask.one.view.bars.probabilities()["hair"].values()), 1)
