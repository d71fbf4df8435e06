"""What families that make texts show while they train: the texts of fixed prompts, at every kept step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from studio.ui import theme
from studio.ui.panels.sample_texts import SampleText, parts, sample_text, sample_texts
from studio.ui.panels.stage import Sheet, Stage
from studio.ui.text import Label, count_text
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.passage import Passage, Piece

if TYPE_CHECKING:
    from studio.ui.session import Session

_COLUMN = 340  # pixels that a card has at least, beside another one
_MOST_COLUMNS = 3
_LINES = 7  # of a text, before it is unfolded
_MOST_SHOWN = 20_000  # characters of one text


class TextCard(Frame):
    """One text: what was given, what was made of it, and what is new in that. `chosen` when it was clicked."""

    chosen = Signal()
    unfolded = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("card", padding=12, gap=4, parent=parent)
        self.sample = SampleText("")
        self.passage = Passage(most_lines=_LINES)
        self.more = Button(kind="link")
        self.more.setObjectName("moreText")
        self.more.clicked.connect(self._on_more)
        self._open = False
        self.add(self.passage)
        self.body.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)
        self.body.addStretch(1)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def show_sample(self, sample: SampleText, before: SampleText | None) -> None:
        """Show a text; ``before`` is the one of the step before, None where there is nothing to compare."""
        self.sample = sample
        self.passage.set_pieces(self._pieces(sample, before))
        self.setAccessibleName(sample.prompt or sample.source or sample.text[:80])
        self.setAccessibleDescription(sample.text)
        self.show_more()

    def show_more(self) -> None:
        """Offer the rest of a folded text."""
        cut = self.passage.is_cut()
        self.more.setVisible(cut or self._open)
        length = count_text(len(self.passage.text()))
        self.more.set_text(self.tr("Less") if self._open else self.tr("All {0} characters").format(length))

    def set_open(self, is_open: bool) -> None:
        """Unfold or fold."""
        self._open = is_open
        self.passage.set_most_lines(0 if is_open else _LINES)
        self.show_more()

    def is_open(self) -> bool:
        """Whether all of it is shown."""
        return self._open

    def set_chosen(self, chosen: bool) -> None:
        """Show that it is the chosen one."""
        theme.set_look(self, surface="chosen" if chosen else "card")

    def _pieces(self, sample: SampleText, before: SampleText | None) -> list[Piece]:
        found: list[Piece] = []
        for turn in sample.turns:
            look = self._look_of(turn.role)
            found += [Piece(f"{self._role(turn.role)}  ", "dim"), Piece(turn.text, look), Piece("\n")]
        if sample.turns and sample.text:
            found.append(Piece(f"{self._role('assistant')}  ", "dim"))
        if sample.source:
            found += [Piece(sample.source, "given"), Piece("\n")]
        if sample.prompt:
            found.append(Piece(sample.prompt, "given"))
        written = parts(before.text if before is not None else None, sample.text[:_MOST_SHOWN])
        found += [Piece(words, "new" if is_new else "") for words, is_new in written]
        if sample.reference:
            found += [Piece("\n" + self.tr("in the data") + "  ", "dim"), Piece(sample.reference, "dim")]
        return found

    def _look_of(self, role: str) -> Any:
        return "" if role == "assistant" else "given"

    def _role(self, role: str) -> str:
        words = {"user": self.tr("asked"), "assistant": self.tr("answer"), "system": self.tr("system")}
        return words.get(role, role)

    def _on_more(self) -> None:
        self.set_open(not self._open)
        self.unfolded.emit(self._open)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.show_more()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setFocus()
            self.chosen.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(self.sample.whole())
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit()
            if self.more.isVisible():
                self._on_more()
        else:
            super().keyPressEvent(event)


class TextStage(Stage):
    """Cards side by side, as many as the width bears, that scroll; long texts are folded."""

    compares = True

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("stage")
        self.cards: list[TextCard] = []
        self._chosen: list[int] = []
        self._opened: set[int] = set()
        self._before: list[SampleText] | None = None
        self._columns = 0
        self._line = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        self._line.setObjectName("textLine")
        self._line.setFixedHeight(self._line.fontMetrics().height() + 2)
        self._inner = QWidget()
        self._rows = QGridLayout()
        self._rows.setSpacing(10)
        inner = dense(QVBoxLayout(self._inner), gap=0)
        inner.setContentsMargins(0, 0, 6, 0)
        inner.addLayout(self._rows)
        inner.addStretch(1)
        self.area = QScrollArea()
        self.area.setObjectName("textArea")
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(self._inner)
        theme.set_look(self._inner, surface="canvas")
        self.area.viewport().setAutoFillBackground(False)
        column = dense(QVBoxLayout(self), gap=4)
        column.addWidget(self.area, 1)
        column.addWidget(self._line)

    def data_words(self) -> str:
        return self.tr("Texts to learn from")

    def make_sheet(self, session: Session, parent: QObject) -> Sheet:
        from studio.ui.panels.data_sheet import TextSheet

        return TextSheet(session, parent)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def show_data(self, items: Sequence[Any]) -> None:
        found = [sample for item in items if (sample := sample_text(item)) is not None]
        self._show(found, [None] * len(found))
        self._line.hide()

    def show_before(self, notes: Mapping[str, Any]) -> None:
        self._before = sample_texts(notes) or None

    def show_samples(self, pictures: np.ndarray | Sequence[Any], notes: Mapping[str, Any]) -> None:
        found = sample_texts(notes)
        self._show(found, [self._earlier(at, sample) for at, sample in enumerate(found)])
        self._line.setText(self._reading(found))
        self._line.setVisible(bool(found))

    def _earlier(self, at: int, sample: SampleText) -> SampleText | None:
        """What the same prompt became at the step before."""
        before = self._before[at] if self._before is not None and at < len(self._before) else None
        same = before is not None and (before.prompt, before.source, before.turns) == (
            sample.prompt, sample.source, sample.turns,
        )  # fmt: skip
        return before if same else None

    def _reading(self, found: Sequence[SampleText]) -> str:
        words = []
        if any(sample.prompt or sample.source or sample.turns for sample in found):
            words.append(self.tr("blue: what was given"))
        if self._before is not None:
            words.append(self.tr("marked: new since the kept step before"))
        return " · ".join(words)

    def _show(self, samples: Sequence[SampleText], before: Sequence[SampleText | None]) -> None:
        while len(self.cards) > len(samples):
            card = self.cards.pop()
            self._rows.removeWidget(card)
            card.hide()
            card.deleteLater()
        while len(self.cards) < len(samples):
            self._add()
        for card, sample, earlier in zip(self.cards, samples, before, strict=True):
            card.show_sample(sample, earlier)
        kept = [at for at in self._chosen if at < len(samples)]
        if kept != self._chosen:
            self._choose(kept)

    def _add(self) -> None:
        card, at = TextCard(self._inner), len(self.cards)
        card.setObjectName("textCard")
        card.chosen.connect(lambda: self._choose([at]))
        card.unfolded.connect(lambda is_open: self._on_unfolded(at, is_open))
        card.set_open(at in self._opened)
        self.cards.append(card)
        self._put(at)
        card.show()

    def _put(self, at: int) -> None:
        columns = max(self._columns, 1)
        self._rows.addWidget(self.cards[at], at // columns, at % columns)

    def forget(self) -> None:
        self._before = None
        self._show([], [])
        self._line.setText("")

    def name_samples(self, words: str) -> None:
        self.area.setAccessibleName(words)

    # --- layout ------------------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        columns = min(max(self.width() // _COLUMN, 1), _MOST_COLUMNS)
        if columns != self._columns:
            self._columns = columns
            for card in self.cards:
                self._rows.removeWidget(card)
            for column in range(_MOST_COLUMNS):
                self._rows.setColumnStretch(column, 1 if column < columns else 0)
            for at in range(len(self.cards)):
                self._put(at)
        QTimer.singleShot(0, self, self._show_more)

    def _show_more(self) -> None:
        for card in self.cards:
            card.show_more()

    # --- what is chosen ----------------------------------------------------------------------------------------------

    def count(self) -> int:
        return len(self.cards)

    def selection(self) -> list[int]:
        return list(self._chosen)

    def select_all(self) -> None:
        self._choose(list(range(len(self.cards))))

    def copy(self) -> None:
        chosen = [self.cards[at].sample.whole() for at in self._chosen]
        QGuiApplication.clipboard().setText("\n\n".join(chosen))

    def _choose(self, wanted: list[int]) -> None:
        self._chosen = wanted
        for at, card in enumerate(self.cards):
            card.set_chosen(at in wanted)
        self.selection_changed.emit()

    def _on_unfolded(self, at: int, is_open: bool) -> None:
        self._opened ^= {at} if is_open != (at in self._opened) else set()
        self.state_changed.emit()

    def state(self) -> dict[str, Any]:
        return {"open": sorted(self._opened)}

    def restore(self, state: object) -> None:
        found = state.get("open") if isinstance(state, dict) else None
        self._opened = {at for at in found if isinstance(at, int)} if isinstance(found, list) else set()
        for at, card in enumerate(self.cards):
            card.set_open(at in self._opened)
