"""Create for diffusion in the real window: prompts, pictures as they form, the same again, history."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from studio.config.requests import Drawn
from studio.projects.gallery import read_birth_certificate
from studio.ui.panels.diffusion_create import DiffusionCreateTab
from studio.ui.window import StudioWindow
from tests.ui.panels.creating import click, generate, press, same, settle, window_of
from tests.ui.panels.denoised import EXAMPLE, add_denoiser
from tests.ui.panels.forming import FormingServer, completed, opened, write
from tests.ui.panels.trained import painted

MakeWindow = Callable[..., StudioWindow]


@pytest.fixture
def tab(make_window: MakeWindow, project_path: Path, forming: type[FormingServer], denoiser: str) -> DiffusionCreateTab:
    """The Create tab with a run that reads words."""
    return opened(make_window(project_path), denoiser)


def toasts(monkeypatch: pytest.MonkeyPatch, tab: DiffusionCreateTab) -> list[str]:
    said: list[str] = []
    monkeypatch.setattr(tab.session, "toast", lambda words, **more: said.append(words))
    return said


def marked(tab: DiffusionCreateTab) -> list[str]:
    """The words of the prompt that are underlined; Qt counts letters in units of sixteen bits."""
    block = tab.form.words.prompt.document().firstBlock()
    units = block.text().encode("utf-16-le")
    places = [(mark.start, mark.start + mark.length) for mark in block.layout().formats()]
    return [units[2 * start : 2 * end].decode("utf-16-le") for start, end in places]


# --- words -------------------------------------------------------------------------------------------------------


def test_enter_in_the_prompt_makes_pictures_of_it(tab: DiffusionCreateTab, qtbot: Any, denoiser: str) -> None:
    assert EXAMPLE in tab.form.words.prompt.placeholderText()
    tab.form.count.set_value(3)
    write(tab.form.words.negative, "glasses")
    write(tab.form.words.prompt, "a girl with red hair", enter=True)
    settle(qtbot, tab)
    ways = [entry.recipe.denoising for entry in tab.sheet.entries]
    assert [way.prompt for way in ways if way] == ["a girl with red hair"] * 3
    assert [(way.negative, way.chunk) for way in ways if way] == [("glasses", 3)] * 3
    for entry in tab.sheet.entries:
        assert same(entry.picture, painted(completed(entry.recipe), "40", denoiser))
        assert entry.whole is not None and entry.whole.denoising is not None
        assert entry.whole.denoising.size == (32, 32)


def test_words_that_it_never_saw_are_named_while_one_types(tab: DiffusionCreateTab, qtbot: Any) -> None:
    write(tab.form.words.prompt, "a girl with a ")
    tab.form.words.prompt.insertPlainText("🎩 ")  # no key has it, and Qt counts it as two letters
    QTest.keyClicks(tab.form.words.prompt, "and purple Hair, hat")
    qtbot.waitUntil(lambda: "purple, hat" in tab.form.words.note.text())
    assert marked(tab) == ["purple", "hat"]
    assert "generate" not in tab.intention_part().blocks
    write(tab.form.words.prompt, "a girl")
    qtbot.waitUntil(lambda: not tab.form.words.note.text())
    assert marked(tab) == []


@pytest.mark.parametrize(
    ("words", "sentence"),
    [("?! ...", "holds no words"), ("zebra qwert", "knows none of these words: zebra, qwert")],
)
def test_what_is_no_prompt_is_said_and_blocks(tab: DiffusionCreateTab, qtbot: Any, words: str, sentence: str) -> None:
    write(tab.form.words.prompt, words)
    qtbot.waitUntil(lambda: sentence in tab.form.words.error.text())
    assert sentence in tab.note.text()
    window = window_of(tab)
    qtbot.waitUntil(lambda: not window.actions_table["generate"].isEnabled())
    QTest.keyClick(tab.form.words.prompt, Qt.Key.Key_Return)
    assert len(tab.sheet) == 0


def test_an_endless_prompt_is_refused_and_does_not_stop_the_window(tab: DiffusionCreateTab, qtbot: Any) -> None:
    QGuiApplication.clipboard().setText("a girl " * 200_000)
    tab.form.words.prompt.setFocus()
    QTest.keyClick(tab.form.words.prompt, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: "shorten it to 4096" in tab.form.problem())
    assert len(tab.form.words.prompt.toPlainText()) < 10_000
    write(tab.form.words.prompt, "a " * 40)
    qtbot.waitUntil(lambda: "11 words" in tab.form.words.note.text())
    assert not tab.form.problem()


def test_without_words_labels_are_chosen(
    make_window: MakeWindow, project_path: Path, forming: type[FormingServer], qtbot: Any
) -> None:
    run = add_denoiser(project_path, reads=False, labels={"hair": ("red", "blue")}, name="labels")
    tab = opened(make_window(project_path), run)
    assert not tab.form.words.isVisibleTo(tab.controls)
    assert "labels" in tab.form._untold.text()
    combo = tab.form.choices.combos["hair"]
    combo.setCurrentIndex(combo.findText("blue"))
    combo.activated.emit(combo.currentIndex())
    generate(qtbot, tab, 2)
    assert [entry.recipe.labels for entry in tab.sheet.entries] == [{"hair": "blue"}] * 2


# --- as they form ------------------------------------------------------------------------------------------------


def test_pictures_are_shown_as_they_form_and_the_window_goes_on(
    tab: DiffusionCreateTab, qtbot: Any, forming: type[FormingServer]
) -> None:
    forming.held.set()
    tab.form.count.set_value(4)
    window_of(tab).does.run("generate")
    qtbot.waitUntil(lambda: all(entry.forming is not None for entry in tab.sheet.entries))
    assert tab.view.grid.picture(2).pixelColor(3, 3).red() == 128
    assert all(entry.picture is None for entry in tab.sheet.entries) and tab.desk.pictured() == []
    write(tab.form.words.prompt, "a girl")  # the window answers meanwhile
    assert tab.form.words.prompt.value() == "a girl"
    forming.held.clear()
    settle(qtbot, tab)
    assert all(entry.forming is None and entry.picture is not None for entry in tab.sheet.entries)


def test_cancel_stops_at_once(tab: DiffusionCreateTab, qtbot: Any, forming: type[FormingServer]) -> None:
    generate(qtbot, tab, 2)
    forming.held.set()
    window_of(tab).does.run("generate")
    qtbot.waitUntil(lambda: tab.view.busy.isVisible())
    QTest.mouseClick(tab.view.busy.cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(forming.stopped) == 1)
    assert len(tab.sheet) == 2 and not tab.maker.is_busy()
    assert all(entry.forming is None for entry in tab.sheet.entries)


def test_the_newest_wins(tab: DiffusionCreateTab, qtbot: Any, forming: type[FormingServer], denoiser: str) -> None:
    forming.held.set()
    tab.form.count.set_value(1)
    window_of(tab).does.run("generate")
    qtbot.waitUntil(lambda: tab.sheet.entries[0].forming is not None)
    window_of(tab).does.run("generate")
    qtbot.waitUntil(lambda: len(forming.stopped) == 1)
    forming.held.clear()
    settle(qtbot, tab)
    assert len(tab.sheet) == 2
    assert all(same(e.picture, painted(completed(e.recipe), "40", denoiser)) for e in tab.sheet.entries)


# --- how they are made -------------------------------------------------------------------------------------------


def test_guidance_sampler_steps_and_size_are_in_the_request(tab: DiffusionCreateTab, qtbot: Any) -> None:
    guidance, steps, sampler = (tab.form.sampling.field(n) for n in ("guidance", "sampler_steps", "sampler"))
    assert guidance is not None and steps is not None and sampler is not None
    write(guidance.control, "5.5", enter=True)
    write(steps.control, "8", enter=True)
    combo: Any = sampler.control
    combo.setCurrentIndex(combo.findData("ddim"))
    combo.activated.emit(combo.currentIndex())
    write(tab.form.width_field, "48", enter=True)
    generate(qtbot, tab, 1)
    way = tab.sheet.entries[0].recipe.denoising
    assert way is not None
    assert (way.guidance, way.sampler_steps, way.sampler, way.size) == (5.5, 8, "ddim", (32, 48))


def test_a_size_that_it_cannot_make_is_said(tab: DiffusionCreateTab, qtbot: Any) -> None:
    write(tab.form.height_field, "30", enter=True)
    assert "cannot make 32 × 30 pixels" in tab.form.problem_words.text()
    assert "multiples of 8" in str(tab.intention_part().blocks["generate"])
    assert not tab.again.isEnabled() and "multiples of 8" in tab.again.toolTip()
    write(tab.form.height_field, "40", enter=True)
    assert not tab.form.problem()


def test_pictures_of_several_sizes_lie_on_one_sheet(
    tab: DiffusionCreateTab, qtbot: Any, forming: type[FormingServer], denoiser: str
) -> None:
    generate(qtbot, tab, 2)
    write(tab.form.width_field, "40", enter=True)
    generate(qtbot, tab, 2)
    window_of(tab).session.select("diffusion", checkpoint="10")
    qtbot.waitUntil(lambda: not tab.maker.is_busy() and not tab.sheet.outdated(tab.maker.model))  # type: ignore[arg-type]
    assert all(same(e.picture, painted(completed(e.recipe), "10", denoiser)) for e in tab.sheet.entries)
    for request in forming.asked:
        assert len({recipe.denoising.size for recipe in request.recipes}) == 1


# --- the same again ----------------------------------------------------------------------------------------------


def test_a_dropped_picture_of_ours_sets_everything_as_it_was(
    tab: DiffusionCreateTab, qtbot: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write(tab.form.words.prompt, "a girl with blue glasses")
    write(tab.form.sampling.field("sampler_steps").control, "12", enter=True)  # type: ignore[union-attr]
    tab.form.seed_field.set_value(7)
    generate(qtbot, tab, 3)
    tab.view.pick([1])
    tab.keep()
    project = window_of(tab).session.project
    assert project is not None
    file = project.gallery.path(project.gallery.query()[0])
    before = tab.sheet.entries[1].picture
    assert tab.desk.kept.stars(tab.sheet.entries) == [1]
    tab.desk.clear()
    write(tab.form.words.prompt, "red hair")
    write(tab.form.sampling.field("sampler_steps").control, "40", enter=True)  # type: ignore[union-attr]
    tab.form.seed_field.set_value(1)
    said = toasts(monkeypatch, tab)
    window_of(tab).does.take_drop([file])
    settle(qtbot, tab)
    assert tab.form.words.prompt.value() == "a girl with blue glasses"
    assert tab.form.seed_field.value() == 7
    assert tab.form.sampling.value().sampler_steps == 12  # type: ignore[union-attr]
    assert before is not None and len(tab.sheet) == 1 and same(tab.sheet.entries[0].picture, before)
    assert tab.desk.kept.stars(tab.sheet.entries) == [0]
    assert "Made again: the same to the bit" in said


def test_make_again_tells_whether_it_is_the_same(
    tab: DiffusionCreateTab, qtbot: Any, monkeypatch: pytest.MonkeyPatch, forming: type[FormingServer]
) -> None:
    generate(qtbot, tab, 2)
    said = toasts(monkeypatch, tab)
    QTest.mouseClick(tab.again, Qt.MouseButton.LeftButton)
    settle(qtbot, tab)
    assert said == ["Made again: 2 pictures, the same to the bit"]
    forming.drift = "elsewhere"
    QTest.mouseClick(tab.again, Qt.MouseButton.LeftButton)
    settle(qtbot, tab)
    assert "not the same" in said[-1]
    assert [entry.recipe.latent for entry in tab.sheet.entries] == [Drawn(seed=0, index=0), Drawn(seed=0, index=1)]


def test_make_again_takes_what_is_set_and_keeps_each_seed(
    tab: DiffusionCreateTab, qtbot: Any, forming: type[FormingServer], denoiser: str
) -> None:
    generate(qtbot, tab, 3)
    before = [entry.picture for entry in tab.sheet.entries]
    write(tab.form.words.prompt, "red glasses")
    click(tab, 1)
    QTest.mouseClick(tab.again, Qt.MouseButton.LeftButton)
    settle(qtbot, tab)
    prompts = [e.recipe.denoising.prompt for e in tab.sheet.entries if e.recipe.denoising]
    assert prompts == ["", "red glasses", ""]
    assert tab.sheet.entries[1].recipe.latent == Drawn(seed=0, index=1)
    changed = [not same(e.picture, old) for e, old in zip(tab.sheet.entries, before, strict=True)]  # type: ignore[arg-type]
    assert changed == [False, True, False]
    assert same(tab.sheet.entries[1].picture, painted(completed(tab.sheet.entries[1].recipe), "40", denoiser))


def test_cancelling_make_again_leaves_what_was_there(
    tab: DiffusionCreateTab, qtbot: Any, forming: type[FormingServer]
) -> None:
    generate(qtbot, tab, 1)
    before = tab.sheet.entries[0]
    recipe, picture = before.recipe, before.picture
    forming.held.set()
    write(tab.form.words.prompt, "red glasses")
    tab.make_again()
    qtbot.waitUntil(lambda: before.forming is not None)
    tab.desk.cancel()
    assert tab.sheet.entries == [before] and picture is not None
    assert before.recipe == recipe and same(before.picture, picture) and before.forming is None


def test_the_history_sets_everything_as_it_was(tab: DiffusionCreateTab, qtbot: Any) -> None:
    write(tab.form.words.prompt, "a girl with red hair")
    tab.form.seed_field.set_value(5)
    generate(qtbot, tab, 1)
    write(tab.form.words.prompt, "blue glasses")
    tab.form.seed_field.set_value(6)
    generate(qtbot, tab, 1)
    menu = tab.history.build_menu()
    lines = [action.text() for action in menu.actions()]
    assert lines[0].startswith("“blue glasses”") and lines[1].startswith("“a girl with red hair”")
    menu.actions()[1].trigger()
    assert (tab.form.words.prompt.value(), tab.form.seed_field.value()) == ("a girl with red hair", 5)
    menu.deleteLater()


def test_a_picture_of_the_sheet_sets_everything_as_it_was(tab: DiffusionCreateTab, qtbot: Any) -> None:
    write(tab.form.words.prompt, "a girl with red hair")
    generate(qtbot, tab, 2)
    write(tab.form.words.prompt, "glasses")
    click(tab, 1)
    assert tab.form.words.prompt.value() == "glasses"  # picking alone takes nothing away that was written
    menu = tab.build_menu(1)
    {action.text(): action for action in menu.actions()}["Set everything as it was"].trigger()
    assert tab.form.words.prompt.value() == "a girl with red hair"
    menu.deleteLater()


def test_a_picture_of_a_run_that_is_gone_is_told(
    tab: DiffusionCreateTab, qtbot: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    generate(qtbot, tab, 1)
    tab.export.ask_file = lambda *words: str(tmp_path / "one.png")
    tab.export.ask_each()
    certificate = read_birth_certificate(tmp_path / "one.png")
    certificate["request"]["run"] = "gone"
    said = toasts(monkeypatch, tab)
    assert tab.recall(certificate)
    assert "gone" in said[0] and len(tab.sheet) == 1


# --- tomorrow ----------------------------------------------------------------------------------------------------


def test_everything_is_there_again_when_the_project_is_reopened(
    tab: DiffusionCreateTab, qtbot: Any, make_window: MakeWindow, project_path: Path
) -> None:
    write(tab.form.words.prompt, "a girl with red hair")
    write(tab.form.words.negative, "glasses")
    write(tab.form.width_field, "40", enter=True)
    tab.form.begin.set_picture(np.full((32, 40, 3), 90, np.uint8))
    generate(qtbot, tab, 3)
    kept = tab.form.state(), [entry.recipe for entry in tab.sheet.entries], tab.history.recipes
    begins = [entry.recipe.denoising.begin for entry in tab.sheet.entries if entry.recipe.denoising]
    assert len(tab.state()["pictures"]) == 1 and all(begin is not None for begin in begins)
    assert window_of(tab).close()
    window = make_window(project_path)
    again = window.pages.current.current_tab()
    assert isinstance(again, DiffusionCreateTab)
    settle(qtbot, again)
    assert (again.form.state(), [e.recipe for e in again.sheet.entries], again.history.recipes) == kept
    qtbot.waitUntil(lambda: all(entry.picture is not None for entry in again.sheet.entries))


def test_odd_state_is_passed_over(tab: DiffusionCreateTab, qtbot: Any) -> None:
    tab.restore(
        {"controls": {"words": 5, "size": [9999, "x"], "begin": {"picture": "#7"}, "sampling": {"guidance": "x"}}}
    )
    tab.restore({"controls": {"count": "x", "seed": -4, "begin": 5}, "history": [1, {}], "pictures": 5, "sheet": [{}]})
    generate(qtbot, tab, 1)
    assert len(tab.sheet) == 1


def test_every_control_has_a_name(tab: DiffusionCreateTab, qtbot: Any) -> None:
    from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QComboBox, QLineEdit, QPlainTextEdit, QScrollBar

    generate(qtbot, tab, 1)
    for place in (tab.controls, tab.canvas):
        for kind in (QAbstractButton, QAbstractSlider, QComboBox, QLineEdit, QPlainTextEdit):
            for widget in place.findChildren(kind):
                if isinstance(widget, QScrollBar):
                    continue
                assert widget.objectName(), widget
                assert widget.accessibleName() or getattr(widget, "text", str)(), widget.objectName()


def test_dice_and_switches_by_mouse(tab: DiffusionCreateTab) -> None:
    press(tab.form, "createSeedOn")
    press(tab.form, "createSeedOn")
    assert tab.form.seed_field.value() == 2
    tab.form.begin.set_picture(np.zeros((32, 32, 3), np.uint8))
    QTest.mouseClick(tab.form.begin.inversion, Qt.MouseButton.LeftButton, pos=QPoint(8, 8))
    begin = tab.form.denoising().begin
    assert begin is not None and begin.way == "inversion"
