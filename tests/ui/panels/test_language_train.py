"""The Train tab over texts: samples at every kept step, what is new in them, the data before a run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from studio.projects.project import Project
from studio.ui.header_items import data_items
from studio.ui.panels.text_stage import TextStage
from studio.ui.panels.train_tab import TrainTab
from studio.ui.text import Label
from studio.ui.window import StudioWindow
from tests.ui.panels.reading import (
    DATA,
    NONE,
    PROMPTS,
    add_run,
    add_texts,
    know_language,
    shown,
    written,
)

MakeWindow = Callable[..., StudioWindow]
Open = Callable[[str], TrainTab]
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def open_train(
    make_window: MakeWindow, project_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Open:
    """Opens the tab over a run, or over the data set alone."""
    know_language(monkeypatch)

    def opened(run: str) -> TrainTab:
        window = make_window(project_path)
        window.session.select("language", run=run)
        tab = shown(window, "train")
        assert isinstance(tab, TrainTab)
        return tab

    return opened


@pytest.fixture
def tab(open_train: Open, project_path: Path) -> TrainTab:
    """The tab over a finished run."""
    with Project.open(project_path) as project:
        run = add_run(project).name
    return open_train(run)


def stage_of(tab: TrainTab) -> TextStage:
    assert isinstance(tab.canvas.stage, TextStage)
    return tab.canvas.stage


def looks(stage: TextStage, at: int = 0) -> list[tuple[str, str]]:
    """What stands on a card, with how it looks."""
    return [(piece.text, piece.look) for piece in stage.cards[at].passage.pieces()]


def test_samples_are_shown_with_their_prompts(tab: TrainTab, errors: list[str]) -> None:
    stage = stage_of(tab)
    assert stage.count() == len(PROMPTS) and stage.isVisible()
    assert [looks(stage, at)[0] for at in range(2)] == [(prompt, "given") for prompt in PROMPTS]
    assert stage.cards[0].passage.text() == PROMPTS[0] + written(40)[0]["text"]
    assert "<i>who</i>" in stage.cards[0].passage.text() and "same prompts" in tab.canvas.subtitle.text()
    assert not tab.canvas.keep.isVisible() and not tab.canvas.film.isVisible(), "of texts there is no film"
    tab.canvas.grab()
    assert errors == []


def test_what_is_new_since_the_step_before_is_marked(tab: TrainTab) -> None:
    stage = stage_of(tab)
    new = [text for text, look in looks(stage) if look == "new"]
    assert "".join(new).split() == ["a", "fox", "<i>who</i>"], "from step 10 to step 40"
    tab.canvas.slider.select_step(10)
    tab.canvas.step_chosen.emit(10)
    assert [text for text, look in looks(stage) if look == "new"] == ["lived"]
    assert "marked" in stage._line.text()
    tab.canvas.slider.select_step(0)
    tab.canvas.step_chosen.emit(0)
    assert not [text for text, look in looks(stage) if look == "new"] and "marked" not in stage._line.text()


def test_a_text_is_chosen_and_copied(tab: TrainTab, qtbot: Any) -> None:
    stage = stage_of(tab)
    assert tab.works.blocks()["copy"] and stage.selection() == []
    qtbot.mouseClick(stage.cards[1], LEFT)
    assert stage.selection() == [1] and "copy" not in tab.works.blocks()
    tab.actions()["copy"]()
    assert QGuiApplication.clipboard().text() == PROMPTS[1] + written(40)[1]["text"]
    tab.actions()["select_all"]()
    tab.actions()["copy"]()
    assert QGuiApplication.clipboard().text().count("in the wood.") == 2
    qtbot.keyClick(stage.cards[0], Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == PROMPTS[0] + written(40)[0]["text"]


def test_long_texts_are_folded_and_stay_unfolded(open_train: Open, project_path: Path, qtbot: Any) -> None:
    with Project.open(project_path) as project:
        run = add_run(project)
        long = {"texts": [{"prompt": "Once", "text": " word" * 2000}, {"prompt": "", "text": "short"}]}
        for step in (50, 60):
            run.samples.write(step, NONE, items=8 * step, notes=long)
        name = run.name
    tab = open_train(name)
    stage = stage_of(tab)
    card = stage.cards[0]
    qtbot.waitUntil(card.more.isVisible)
    folded = card.height()
    assert not stage.cards[1].more.isVisible()
    qtbot.mouseClick(card.more, LEFT)
    qtbot.waitUntil(lambda: card.height() > 4 * folded)
    assert tab.state()["canvas"]["stage"] == {"open": [0]}
    tab.canvas.slider.select_step(50)
    tab.canvas.step_chosen.emit(50)
    assert card.is_open()
    qtbot.keyClick(card, Qt.Key.Key_Return)
    assert not card.is_open() and tab.state()["canvas"]["stage"] == {"open": []}
    stage.restore({"open": [0, "odd"]})
    assert card.is_open()


def test_answers_stand_apart_from_what_was_asked(open_train: Open, project_path: Path) -> None:
    with Project.open(project_path) as project:
        run = add_run(project)
        texts = [{"prompt": "Who is Anna?", "text": "A fox.", "reference": "A girl."}]
        run.samples.write(50, NONE, items=400, notes={"texts": texts, "kind": "chat"})
        name = run.name
    stage = stage_of(open_train(name))
    found = looks(stage)
    assert ("Who is Anna?", "given") in found and ("A fox.", "") in found and ("A girl.", "dim") in found
    assert found[found.index(("Who is Anna?", "given")) + 1] == ("\n", "")


@pytest.mark.parametrize("notes", [{}, {"texts": "odd"}, {"texts": [1, None, {"words": 3}]}])
def test_notes_that_are_odd_show_nothing(
    open_train: Open, project_path: Path, notes: dict[str, Any], errors: list[str]
) -> None:
    with Project.open(project_path) as project:
        run = add_run(project)
        run.samples.write(50, NONE, items=400, notes=notes)
        name = run.name
    tab = open_train(name)
    assert stage_of(tab).count() == 0 and "cannot be read" in tab.canvas.subtitle.text() and errors == []


def test_the_cards_lie_side_by_side_where_there_is_room(tab: TrainTab, qtbot: Any) -> None:
    stage = stage_of(tab)
    first, second = stage.cards
    assert first.y() == second.y() and first.x() < second.x()
    stage.resize(330, 400)
    qtbot.waitUntil(lambda: first.y() < second.y())
    assert first.x() == second.x()


# --- before a run ----------------------------------------------------------------------------------------------------


def test_before_a_run_there_are_texts_of_the_data(
    open_train: Open, project_path: Path, qtbot: Any, errors: list[str]
) -> None:
    with Project.open(project_path) as project:
        add_texts(project)
    tab = open_train("")
    stage = stage_of(tab)
    assert tab.canvas.title.text() == "Texts to learn from" and "30 texts" in tab.canvas.subtitle.text()
    qtbot.waitUntil(lambda: stage.count() == 12)
    assert looks(stage)[0] == ("Story 0: the <b>fox</b> slept in the wood.", "") and not stage._line.isVisible()
    request = tab.column.request()
    assert request is not None and request.family == "language" and request.dataset == DATA
    assert request.config["tokens"]["kind"] == "characters" and errors == []


def test_pictures_are_no_texts(open_train: Open, project_path: Path, errors: list[str]) -> None:
    tab = open_train("")  # the project has pictures alone
    assert tab.canvas.empty.isVisible() and "Texts" in tab.canvas.empty.findChildren(Label)[0].text()
    session = tab.session
    session.select("language", dataset="cats")
    with Project.open(project_path, write=False) as project:
        assert [record.kind for record in project.datasets.all()] == ["pictures"]
    tab._renew()
    assert tab.canvas.empty.isVisible() and tab.column.request() is None and errors == []


def test_a_data_set_of_another_kind_is_refused(open_train: Open, project_path: Path, errors: list[str]) -> None:
    with Project.open(project_path) as project:
        add_texts(project)
    tab = open_train("")
    tab.session.select("language", dataset="cats")
    assert tab.canvas.empty.isVisible() and tab.column.request() is None
    assert "pictures" in tab.canvas.empty.findChildren(Label)[1].text()
    families = ("language", "gan")
    offered = [[one.key for one in data_items(tab.session, family) if not one.command] for family in families]
    assert offered == [[DATA], ["cats"]]
    tab.session.select("language", dataset=DATA)
    assert not tab.canvas.empty.isVisible() and errors == []


def test_curves_have_the_names_of_the_run(tab: TrainTab) -> None:
    found = {line.metric for group in tab._about.groups for line in group.lines}
    assert {"training_loss", "validation_loss", "perplexity", "bits_per_byte", "learning_rate"} <= found
