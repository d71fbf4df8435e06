"""Look inside of the language panel: what was expected, who looks at whom, tokens, the same text in training."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from studio.config.requests import ChatRequest, ContinueRequest, ReadRequest
from studio.config.writing import Writing
from studio.generation.token_cut import cut
from studio.projects.project import Project
from studio.ui.panels.language_look import LanguageLookTab
from studio.ui.panels.language_look_attention import AttentionView
from studio.ui.panels.language_look_reading import ReadingView
from studio.ui.panels.language_look_tokens import TokensView
from studio.ui.panels.language_look_training import TextTrainingView
from studio.ui.text import Label
from studio.ui.window import StudioWindow
from studio.workers.latest import LatestWins
from tests.ui.panels.reading import (
    STEPS,
    ReadingServer,
    add_run,
    know_language,
    shown,
    tokens_of,
    written,
)

MakeWindow = Callable[..., StudioWindow]
LEFT = Qt.MouseButton.LeftButton
TEXT = "the red house is <b>small</b>."
HTML = "<img src='file:///x'>"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> type[ReadingServer]:
    """The reader, in the real thread of the real worker."""

    class Server(ReadingServer):
        asked: list[Any] = []
        fail = None

    def worker(path: Path, make: Any = None) -> LatestWins:
        return LatestWins(path, make=make or Server)

    monkeypatch.setattr("studio.workers.latest.LatestWins", worker)
    return Server


@pytest.fixture
def tab(
    make_window: MakeWindow, project_path: Path, server: type[ReadingServer], monkeypatch: pytest.MonkeyPatch,
    qtbot: Any,
) -> LanguageLookTab:  # fmt: skip
    """The tab over a finished run."""
    know_language(monkeypatch)
    with Project.open(project_path) as project:
        run = add_run(project).name
    window = make_window(project_path)
    window.session.select("language", run=run)
    made = shown(window, "look")
    assert isinstance(made, LanguageLookTab)
    settle(qtbot, made)
    return made


def settle(qtbot: Any, tab: LanguageLookTab) -> None:
    qtbot.waitUntil(lambda: not tab.maker.is_busy(), timeout=5000)


def choose(qtbot: Any, tab: LanguageLookTab, name: str) -> Any:
    """Click a line of the list; returns the view."""
    radio = tab.view_list.radios[name]
    QTest.mouseClick(radio, LEFT, pos=QPoint(8, radio.rect().center().y()))
    settle(qtbot, tab)
    return tab.views[name]


def write(qtbot: Any, tab: LanguageLookTab, words: str) -> None:
    """Replace the text by keys, and press Enter."""
    field = tab.choice.text
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, words)
    QTest.keyClick(field, Qt.Key.Key_Return)
    settle(qtbot, tab)


def reading_of(tab: LanguageLookTab) -> ReadingView:
    view = tab.views["reading"]
    assert isinstance(view, ReadingView)
    return view


def said(tab: LanguageLookTab, name: str = "lookSaid") -> str:
    label = tab.canvas.findChild(Label, name)
    assert isinstance(label, Label)
    return label.text()


# --- the text --------------------------------------------------------------------------------------------------------


def test_at_first_the_last_sample_is_read(tab: LanguageLookTab, server: type[ReadingServer], errors: list[str]) -> None:
    sample = written(STEPS[-1])[0]
    assert tab.choice.text.value() == sample["prompt"] + sample["text"]
    assert isinstance(server.asked[0], ReadRequest) and server.asked[0].text == tab.choice.text.value()
    assert server.asked[0].checkpoint == "40"
    assert f"{len(tokens_of(tab.choice.text.value()))} tokens" in said(tab) and errors == []


def test_what_is_written_is_read_and_kept(
    tab: LanguageLookTab, server: type[ReadingServer], qtbot: Any, errors: list[str]
) -> None:
    write(qtbot, tab, HTML)
    assert server.asked[-1].text == HTML and HTML in reading_of(tab).passage.text()
    kept = tab.state()
    write(qtbot, tab, TEXT)
    tab.restore(kept)
    settle(qtbot, tab)
    assert tab.choice.text.value() == HTML and server.asked[-1].text == HTML
    qtbot.mouseClick(tab.choice.again, LEFT)
    settle(qtbot, tab)
    assert server.asked[-1].text.startswith(written(40)[0]["prompt"]) and tab.choice.state() == {} and errors == []


def test_nothing_to_read_says_what_to_do(tab: LanguageLookTab, qtbot: Any) -> None:
    field = tab.choice.text
    field.setFocus()
    field.selectAll()
    QTest.keyClick(field, Qt.Key.Key_Delete)
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert tab.empty.isVisible() and not reading_of(tab).isVisible()
    write(qtbot, tab, TEXT)
    assert reading_of(tab).isVisible()


def test_a_text_that_is_too_long_says_so(tab: LanguageLookTab, qtbot: Any, errors: list[str]) -> None:
    tab.choice.show_text("a " * 300)
    settle(qtbot, tab)
    assert tab.empty.isVisible() and "shorten" in tab.empty.findChildren(Label)[1].text()
    assert errors == [], "a refusal is told in the view"
    tab.choice.show_text(TEXT)
    settle(qtbot, tab)
    assert reading_of(tab).isVisible()


def test_a_conversation_is_read_with_its_marks(tab: LanguageLookTab, server: type[ReadingServer], qtbot: Any) -> None:
    tab.arrive(text="a fox", asked="Who is it?")
    settle(qtbot, tab)
    assert [(one.role, one.content) for one in server.asked[-1].messages] == [
        ("user", "Who is it?"), ("assistant", "a fox"),
    ]  # fmt: skip
    looks = {piece.look for piece in reading_of(tab).passage.pieces()}
    assert "mark" in looks and tab.choice.asked.isVisible()


# --- what was expected -----------------------------------------------------------------------------------------------


def test_unexpected_tokens_are_tinted_deeper(tab: LanguageLookTab, qtbot: Any) -> None:
    write(qtbot, tab, TEXT)
    view = reading_of(tab)
    found = view._read
    assert found is not None
    by_chance = sorted(
        (token.probability, piece.tint)
        for token, piece in zip(found.tokens, view.passage.pieces(), strict=False)
        if token.probability is not None
    )
    tints = [tint for _, tint in by_chance]
    assert tints == sorted(tints, reverse=True) and tints[0] > tints[-1]
    least = min(
        (at for at in range(1, len(found.tokens))), key=lambda at: found.tokens[at].probability or 0
    )  # the most unexpected one is looked at first
    assert view.passage.current() == least


def test_a_token_shows_what_else_could_have_come(tab: LanguageLookTab, server: type[ReadingServer], qtbot: Any) -> None:
    write(qtbot, tab, TEXT)
    view = reading_of(tab)
    QTest.mouseClick(view.passage, LEFT, pos=view.passage.piece_rects(2)[0].center().toPoint())
    settle(qtbot, tab)
    assert view.passage.current() == 2 and server.asked[-1].logits_after == 2
    bars = view.bars.bars()
    assert [bar.text for bar in bars if bar.stands] == ["red"] and len(bars) == 12
    assert "red" in said(tab, "readingPlace")
    QTest.keyClick(view.passage, Qt.Key.Key_End)
    settle(qtbot, tab)
    assert "next" in said(tab, "readingPlace") and not any(bar.stands for bar in view.bars.bars())


def test_the_cut_follows_the_sliders(tab: LanguageLookTab, qtbot: Any) -> None:
    write(qtbot, tab, TEXT)
    view = reading_of(tab)
    logits = view._logits
    assert logits is not None
    sliders = view.settings.sliders
    for name, value in (("temperature", "1"), ("top_k", "4"), ("top_p", "0.8"), ("min_p", "0.3")):
        field = sliders[name].field
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, value)
        QTest.keyClick(field, Qt.Key.Key_Return)
        held = cut(logits, Writing(**view.settings.state()))
        shares = [bar.drawn for bar in view.bars.bars() if bar.drawn]
        assert sorted(shares, reverse=True) == pytest.approx([share for share in held.shares if share > 0][:12])
        assert set(view.bars.cuts()) == set(held.limits.values())
        assert said(tab, "readingLeft").startswith(f"{held.left} of {len(logits)}")
    assert len(shares) < 4
    QTest.keyClick(sliders["temperature"].slider, Qt.Key.Key_Home)  # 0: the likeliest alone
    assert [bar.drawn for bar in view.bars.bars()].count(0.0) == len(view.bars.bars()) - 1


def test_it_goes_on_from_another_choice(
    tab: LanguageLookTab, server: type[ReadingServer], qtbot: Any, errors: list[str]
) -> None:
    write(qtbot, tab, TEXT)
    view = reading_of(tab)
    QTest.mouseClick(view.passage, LEFT, pos=view.passage.piece_rects(4)[0].center().toPoint())
    settle(qtbot, tab)
    assert not view.go_on.isEnabled() and view.go_on.toolTip()
    other = next(at for at, bar in enumerate(view.bars.bars()) if not bar.stands)
    QTest.mouseClick(view.bars, LEFT, pos=view.bars.row_rect(other).center().toPoint())
    qtbot.mouseClick(view.go_on, LEFT)
    settle(qtbot, tab)
    request = server.asked[-1]
    begin = "the red " + view.bars.bars()[other].text
    assert isinstance(request, ContinueRequest) and request.text == begin
    assert request.writing.temperature == pytest.approx(view.settings.writing().temperature)
    assert view.further.text() == begin + " and so it went on."
    qtbot.mouseClick(view.take, LEFT)
    settle(qtbot, tab)
    assert tab.choice.text.value() == begin + " and so it went on." and errors == []


def test_only_a_reply_goes_on_differently(tab: LanguageLookTab, server: type[ReadingServer], qtbot: Any) -> None:
    tab.choice.show_text("red house", "Who?")
    settle(qtbot, tab)
    view = reading_of(tab)
    names = [piece.text for piece in view.passage.pieces()]
    QTest.mouseClick(view.passage, LEFT, pos=view.passage.piece_rects(names.index("Who"))[0].center().toPoint())
    settle(qtbot, tab)
    view.bars.setFocus()
    QTest.keyClick(view.bars, Qt.Key.Key_Home)
    assert not view.go_on.isEnabled()
    QTest.mouseClick(view.passage, LEFT, pos=view.passage.piece_rects(names.index("house"))[0].center().toPoint())
    settle(qtbot, tab)
    QTest.keyClick(view.bars, Qt.Key.Key_Home)
    QTest.keyClick(view.bars, Qt.Key.Key_Return)
    settle(qtbot, tab)
    request = server.asked[-1]
    assert isinstance(request, ChatRequest) and request.start == "red " + view.bars.bars()[0].text
    assert [one.content for one in request.messages] == ["Who?"]
    assert view.further.text() == request.start + " and so it went on."


# --- who looks at whom -----------------------------------------------------------------------------------------------


def test_attention_of_a_token_tints_the_others(tab: LanguageLookTab, server: type[ReadingServer], qtbot: Any) -> None:
    write(qtbot, tab, TEXT)
    view = choose(qtbot, tab, "attention")
    assert isinstance(view, AttentionView) and server.asked[-1].attention
    weights = view.shown()
    assert np.allclose(weights.sum(axis=1), 1, atol=1e-5) and view.head() == (-1, -1)
    QTest.mouseMove(view.passage, view.passage.piece_rects(4)[0].center().toPoint())
    qtbot.waitUntil(lambda: view._at == 4)
    tints = [piece.tint for piece in view.passage.pieces()]
    assert int(np.argmax(tints)) == int(np.argmax(weights[4])) and not any(tints[5:])
    assert said(tab, "attentionLine").startswith("“house”")


def test_a_head_is_looked_at_alone(tab: LanguageLookTab, qtbot: Any) -> None:
    view = choose(qtbot, tab, "attention")
    mean = view.shown().copy()
    QTest.mouseClick(view.heads, LEFT, pos=view.heads.cell_rect(1, 2).center().toPoint())
    assert view.head() == (1, 2) and not view.mean.isChecked()
    assert np.array_equal(view.shown(), view._weights[1, 2]) and not np.allclose(view.shown(), mean)
    QTest.mouseClick(view.first, LEFT, pos=QPoint(10, view.first.rect().center().y()))
    assert view.first.isChecked() and not view.shown()[:, 0].any()
    assert np.allclose(view.shown()[1:].sum(axis=1), 1, atol=1e-5)
    kept = view.state()
    QTest.mouseClick(view.mean, LEFT, pos=QPoint(10, view.mean.rect().center().y()))
    assert view.head() == (-1, -1)
    view.restore(kept)
    assert view.head() == (1, 2)


def test_a_cell_of_the_matrix_is_told(tab: LanguageLookTab, qtbot: Any) -> None:
    write(qtbot, tab, TEXT)
    view = choose(qtbot, tab, "attention")
    QTest.mouseMove(view.matrix, view.matrix.cell_rect(4, 2).center().toPoint())
    qtbot.waitUntil(lambda: view.matrix.at() == (4, 2))
    assert said(tab, "attentionLine") == view.matrix.sentence(4, 2)
    assert "“house” looks at “red”" in view.matrix.sentence(4, 2)
    assert view.passage._lit == {2}


# --- tokens ----------------------------------------------------------------------------------------------------------


def test_tokens_have_numbers_and_bytes(tab: LanguageLookTab, qtbot: Any) -> None:
    tab.choice.show_text("a ü")
    view = choose(qtbot, tab, "tokens")
    assert isinstance(view, TokensView)
    assert [chip.text for chip in view.chips.chips()] == ["a", " ", "<c3>", "<bc>"]
    assert [chip.broken for chip in view.chips.chips()] == [False, False, True, True]
    view.chips.setFocus()
    QTest.keyClick(view.chips, Qt.Key.Key_End)
    assert "bytes bc" in said(tab, "tokenLine") and "place 4" in said(tab, "tokenLine")
    assert said(tab).startswith("4 tokens, 4 different · 4 bytes")


# --- in training -----------------------------------------------------------------------------------------------------


def test_every_checkpoint_reads_the_text(tab: LanguageLookTab, server: type[ReadingServer], qtbot: Any) -> None:
    write(qtbot, tab, TEXT)
    server.asked.clear()
    view = choose(qtbot, tab, "training")
    assert isinstance(view, TextTrainingView)
    qtbot.waitUntil(lambda: view.steps() == list(STEPS))
    assert [request.checkpoint for request in server.asked] == ["40", "0", "10"], "the chosen one first"
    weights = view.matrix.weights()
    assert weights.shape == (3, len(tokens_of(TEXT)))
    assert (weights[0] >= weights[2]).all() and weights[0].sum() > weights[2].sum()
    assert "step 40" in said(tab)
    last = [piece.tint for piece in view.passage.pieces()]
    view.slider.select_step(0)
    view.slider.step_selected.emit(0)
    first = [piece.tint for piece in view.passage.pieces()]
    assert sum(first) > sum(last) and view.state() == {"step": 0}
    choose(qtbot, tab, "tokens")
    server.asked.clear()
    choose(qtbot, tab, "training")
    assert server.asked == [], "what was read is not read again"
