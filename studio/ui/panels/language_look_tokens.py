"""What the model sees of a text: its tokens, with their numbers, bytes and marks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.generation.replies import ReadText
from studio.ui.panels.language_look_text import Looked
from studio.ui.panels.look_view import LookView
from studio.ui.panels.maker import Maker
from studio.ui.panels.read_words import bytes_of, is_broken
from studio.ui.text import Label, count_text, number_text
from studio.ui.widgets.choice_bars import visible
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.passage import scrolling
from studio.ui.widgets.token_chips import Chip, TokenChips


class TokensView(LookView):
    """Chips in lines; below, the one that is pointed at in words."""

    key = "tokens"
    looks_at = "one"

    def __init__(self, maker: Maker, parent: QWidget | None = None) -> None:
        super().__init__(maker, parent)
        self._read: ReadText | None = None
        self.chips = TokenChips()
        self.chips.setObjectName("tokenChips")
        self.chips.setAccessibleName(self.tr("The tokens of the text; arrows go from one to the next"))
        self.chips.pointed.connect(self._tell)
        self._line = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        self._line.setObjectName("tokenLine")
        card = Frame("card", padding=14, gap=8)
        card.add(scrolling(self.chips), 1)
        card.add(self._line)
        dense(QVBoxLayout(self)).addWidget(card)

    def words(self) -> tuple[str, str]:
        explained = self.tr(
            "A model reads numbers. Its tokeniser cuts the text into pieces it has a number for: frequent words whole, "
            "rare ones in parts. Orange is part of a letter, grey a sign that stands for no text."
        )
        return self.tr("Tokens"), explained

    def show_recipes(self, recipes: Sequence[Any]) -> None:
        self._read = None
        self.chips.set_chips([])
        self._tell(-1)
        model = self.maker.model
        looked: Looked | None = recipes[0] if recipes else None
        if looked is None or model is None:
            return
        device = self.maker.session.preferences.device
        request = looked.request(model.run, model.checkpoint, device, alternatives=1)
        self.maker.look("tokens", request, self._on_read)

    def _on_read(self, read: ReadText) -> None:
        self._read = read
        self.chips.set_chips(
            [Chip(token.text, token.token, token.mark, is_broken(token.text)) for token in read.tokens]
        )
        count, marks = len(read.tokens), sum(token.mark for token in read.tokens)
        size = sum(len(bytes_of(token.text)) for token in read.tokens if not token.mark)
        distinct = len({token.token for token in read.tokens})
        words = self.tr("{0} tokens, {1} different · {2} bytes, {3} a token")
        each = number_text(size / max(count - marks, 1), 2)
        said = words.format(count_text(count), count_text(distinct), count_text(size), each)
        self.said.emit(said + (self.tr(" · {0} signs that stand for no text").format(marks) if marks else ""))
        self._tell(-1)

    def _tell(self, at: int) -> None:
        """The token pointed at: its place, number and bytes."""
        if self._read is None or not 0 <= at < len(self._read.tokens):
            self._line.setText(self.tr("Point at a token to see its number and its bytes") if self._read else "")
            return
        token = self._read.tokens[at]
        words = [self.tr("place {0}").format(at + 1), self.tr("number {0}").format(count_text(token.token))]
        if token.mark:
            words.append(self.tr("a sign that stands for no text"))
        else:
            found = bytes_of(token.text)
            shown = " ".join(f"{byte:02x}" for byte in found[:24]) + (" …" if len(found) > 24 else "")
            words.append(self.tr("bytes {0}").format(shown))
        self._line.setText(f"“{visible(token.text)}” · {' · '.join(words)}")
