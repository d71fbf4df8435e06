"""How likely each token was to the model, what else could have come, and what is left of that to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from studio.config.base import Settings
from studio.config.requests import ChatRequest, ContinueRequest
from studio.generation.replies import ReadText, Replies
from studio.generation.token_cut import Cut, cut
from studio.ui.panels.language_look_choice import WritingSliders
from studio.ui.panels.language_look_text import Looked, TextChoice
from studio.ui.panels.look_view import LookView
from studio.ui.panels.maker import Maker
from studio.ui.panels.read_words import begun, is_broken, last_turn, loss_of, surprise
from studio.ui.text import Label, count_text, number_text
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.choice_bars import ChoiceBar, ChoiceBars, visible
from studio.ui.widgets.confusion_matrix import percent
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.passage import Passage, Piece, scrolling
from studio.ui.widgets.tint_legend import TintLegend

DEEPEST = 0.55  # opacity of the strongest tint: text on it is still read
_FURTHER = 60  # tokens that are written from another choice
_SHARES = (0.5, 0.1, 0.01, 0.001)
_SHOWN = 12  # alternatives


class ReadingView(LookView):
    """At the left the text, tinted; at the right the alternatives at the chosen place, and what is written from one."""

    key = "reading"
    looks_at = "one"

    def __init__(self, maker: Maker, choice: TextChoice, parent: QWidget | None = None) -> None:
        super().__init__(maker, parent)
        self._choice = choice
        self._looked: Looked | None = None
        self._read: ReadText | None = None
        self._at = -1
        self._logits: np.ndarray | None = None
        self._written = ""
        self._build()
        self._lay_out()

    # --- building ----------------------------------------------------------------------------------------------------

    def words(self) -> tuple[str, str]:
        explained = self.tr(
            "The deeper a token is tinted, the less the model expected it. Click one to see what else could have come "
            "there, and move the settings to see what they cut off."
        )
        return self.tr("What it expected"), explained

    def _build(self) -> None:
        self.passage = Passage(choosing=True)
        self.passage.setObjectName("readingText")
        self.passage.setAccessibleName(self.tr("The text, tinted where it was unexpected"))
        self.passage.picked.connect(self._on_token)
        self.legend = TintLegend()
        tints = [(percent(share), DEEPEST * surprise(share), "fake") for share in _SHARES]
        self.legend.set_tints(self.tr("Probability of each token"), tints)
        self.bars = ChoiceBars()
        self.bars.setObjectName("readingBars")
        self.bars.setAccessibleName(self.tr("What could have come here"))
        self.bars.picked.connect(self._on_bar)
        self.bars.taken.connect(self._continue)
        self._place = Label(role="strong", elide=Qt.TextElideMode.ElideRight)
        self._place.setObjectName("readingPlace")
        self._left = Label(role="dim", wrap=True)
        self._left.setObjectName("readingLeft")
        self.go_on = Button(self.tr("Continue from this one instead"))
        self.go_on.setObjectName("readingContinue")
        self.go_on.clicked.connect(self._on_go_on)
        self.further = Passage(most_lines=12)
        self.further.setObjectName("readingFurther")
        self.take = Button(self.tr("Look at this text"), kind="link")
        self.take.setObjectName("readingTake")
        self.take.clicked.connect(self._on_take)
        self.settings = WritingSliders()
        self.settings.changed.connect(self._on_settings)
        self.controls = self.settings

    def _lay_out(self) -> None:
        left = Frame("card", padding=14, gap=10)
        left.add(self.legend)
        left.add(scrolling(self.passage), 1)
        right = Frame("card", padding=14, gap=8)
        right.add(self._place)
        right.add(self.bars)
        right.add(self._left)
        right.body.addWidget(self.go_on, 0, Qt.AlignmentFlag.AlignLeft)
        right.add(self.further)
        right.body.addWidget(self.take, 0, Qt.AlignmentFlag.AlignLeft)
        right.body.addStretch(1)
        row = dense(QHBoxLayout(self), gap=12)
        row.addWidget(left, 5)
        row.addWidget(right, 4)

    # --- what is kept ------------------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        return {"writing": self.settings.state()}

    def restore(self, state: dict[str, Any]) -> None:
        self.settings.restore(state.get("writing"))

    # --- asking ------------------------------------------------------------------------------------------------------

    def show_recipes(self, recipes: Sequence[Any]) -> None:
        self._looked = recipes[0] if recipes else None
        self._read, self._at = None, -1
        self._show()
        self._ask("reading", self._on_read)

    def _ask(self, key: str, on_result: Any, **more: Any) -> None:
        model = self.maker.model
        if model is not None and self._looked is not None:
            device = self.maker.session.preferences.device
            request = self._looked.request(model.run, model.checkpoint, device, alternatives=_SHOWN, **more)
            self.maker.look(key, request, on_result)

    def _on_read(self, read: ReadText) -> None:
        self._read = read
        chances = [token.probability for token in read.tokens]
        known = [at for at in range(*last_turn(read)) if chances[at] is not None]
        self._show()
        self._go(min(known, key=lambda at: chances[at] or 0.0) if known else len(chances))

    def _on_token(self, at: int) -> None:
        self._go(at)

    def _go(self, at: int) -> None:
        """Show what could have stood at a place; one after the last is what would come next."""
        self._at, self._logits, self._written = at, None, ""
        self.passage.set_current(at)
        self._show_bars()
        self.bars.pick(-1)
        self._show_further()
        if at > 0:
            self._ask("logits", self._on_logits, logits_after=at)

    def _on_logits(self, read: ReadText) -> None:
        self._logits = read.logits
        self._show_bars()

    # --- showing -----------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        tokens = self._read.tokens if self._read is not None else ()
        pieces = [
            Piece(token.text, "mark") if token.mark
            else Piece(token.text, "tint", DEEPEST * surprise(token.probability), "fake")
            for token in tokens
        ]  # fmt: skip
        self.passage.set_pieces([*pieces, Piece(" … ", "dim")] if pieces else [])
        if self._read is not None:
            loss = loss_of(tokens)
            words = self.tr("{0} tokens · {1} nats a token · as undecided as among {2} equally likely ones")
            numbers = (number_text(loss, 3), number_text(float(np.exp(loss)), 3))
            self.said.emit(words.format(count_text(len(tokens)), *numbers))
        self._show_bars()
        self._show_further()

    def _alternatives(self) -> tuple[tuple[str, int, float], ...]:
        read, at = self._read, self._at
        if read is None or at < 0:
            return ()
        return read.next if at >= len(read.tokens) else read.tokens[at].alternatives

    def _show_bars(self) -> None:
        read, at = self._read, self._at
        found = self._alternatives()
        stands = read.tokens[at] if read is not None and 0 <= at < len(read.tokens) else None
        self._place.setText(self._title(stands is None))
        held = cut(self._logits, self.settings.writing()) if self._logits is not None else None
        rows = [(text, number, chance) for text, number, chance in found]
        if stands is not None and stands.probability is not None and all(row[1] != stands.token for row in rows):
            rows.append((stands.text, stands.token, stands.probability))
        drawn = shares_of(held, [number for _, number, _ in rows])
        self.bars.set_bars(
            [
                ChoiceBar(text, chance, share, stands is not None and number == stands.token)
                for (text, number, chance), share in zip(rows, drawn, strict=True)
            ]
        )
        self.bars.set_cuts(self._cuts(held))
        self._left.setText(self._left_words(held, len(found)))
        self._show_button()

    def _title(self, after: bool) -> str:
        if self._read is None or self._at < 0:
            return ""
        if after:
            return self.tr("What would come next")
        if self._at == 0 or self._read.tokens[self._at].probability is None:
            return self.tr("The first token follows nothing")
        return self.tr("Instead of “{0}”").format(visible(self._read.tokens[self._at].text))

    def _cuts(self, held: Cut | None) -> dict[int, str]:
        """Lines on the bars, for the rules that cut within them; of several at one place all are named."""
        found: dict[int, str] = {}
        names = self.settings.names()
        for rule, left in (held.limits if held is not None else {}).items():
            found[left] = f"{found[left]} · {names[rule]}" if left in found else names[rule]
        return found

    def _left_words(self, held: Cut | None, shown: int) -> str:
        if held is None or not shown:
            return ""
        words = self.tr("{0} of {1} tokens are left to choose from")
        said = words.format(count_text(held.left), count_text(len(held.tokens)))
        more = held.left - shown
        if more > 0:
            rest = float(held.shares[shown:].sum())
            said += self.tr("; {0} more than shown have {1} together").format(count_text(more), percent(rest))
        return said + self.tr(". Outlined: as likely as learnt.")

    # --- going on differently ----------------------------------------------------------------------------------------

    def _chosen(self) -> str | None:
        """The text up to the picked alternative, with it; None where nothing can be continued from it."""
        if self._read is None or self._looked is None or self.bars.current() < 0:
            return None
        reply = self._looked.text if self._looked.asked is not None else None
        before = begun(self._read, self._at, self._looked.whole(), reply)
        text = self.bars.bars()[self.bars.current()].text
        return None if before is None or is_broken(text) else before + text

    def _show_button(self) -> None:
        if self.bars.current() < 0:
            self.go_on.set_available(self.tr("Pick one of the alternatives first."))
        elif self._chosen() is None:
            words = self.tr("Nothing can be continued here: it is not in the reply, or only a part of a letter.")
            self.go_on.set_available(words)
        else:
            self.go_on.set_available("")
        self.go_on.setVisible(bool(self._alternatives()))

    def _on_bar(self, at: int) -> None:
        self._show_button()

    def _on_go_on(self) -> None:
        self._continue(self.bars.current())

    def _continue(self, at: int) -> None:
        chosen, model, looked = self._chosen(), self.maker.model, self._looked
        if chosen is None or model is None or looked is None:
            return
        writing = self.settings.writing().model_copy(update={"tokens": _FURTHER})
        common: dict[str, Any] = {
            "run": model.run, "checkpoint": model.checkpoint, "writing": writing,
            "device": self.maker.session.preferences.device,
        }  # fmt: skip
        request: Settings = ContinueRequest(text=chosen, **common)
        if looked.asked is not None:
            asked = looked.messages()[:1] if looked.asked else ()
            request = ChatRequest(messages=asked, start=chosen, **common)
        self._written = chosen
        self._show_further(self.tr("writing …"))

        def on_written(replies: Replies) -> None:
            if replies.rows and self._written == chosen:
                text = replies.rows[0].text
                self._show_further(text.removeprefix(chosen) if looked.asked is not None else text)

        self.maker.look("further", request, on_written)

    def _show_further(self, text: str = "") -> None:
        begin = self._written[-160:]
        self.further.set_pieces([Piece(("…" if begin != self._written else "") + begin, "given"), Piece(text)])
        self.further.setVisible(bool(self._written))
        self.take.setVisible(bool(self._written and text))

    def _on_take(self) -> None:
        text = self._written + self.further.pieces()[-1].text
        self._choice.show_text(text, self._looked.asked if self._looked is not None else None)

    def _on_settings(self) -> None:
        self._show_bars()
        self.changed.emit()


def shares_of(held: Cut | None, tokens: Sequence[int]) -> list[float | None]:
    """How likely each of these tokens is drawn; None where that is not known."""
    if held is None:
        return [None] * len(tokens)
    places = np.empty(len(held.tokens), np.int64)
    places[held.tokens] = np.arange(len(held.tokens))
    return [float(held.shares[places[token]]) if 0 <= token < len(places) else None for token in tokens]
