"""What the transcript shows of a message, and one such message with its text where it was in view."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QFont

from studio.ui.panels.language_chat_text import TextBlock, estimated_height

FOLDED = 2_000
"""Characters that are shown of a long message."""
FOLDED_FROM = 6_000
UNFOLDED = 100_000
"""Characters more with each unfolding."""
GAP, HEAD, PAD, LINK, FOOT = 6, 28, 10, 28, 32  # heights; PAD is what surrounds the text
_OWN_FOOT = 8  # what is said of one's own message stands in its heading
_ABOVE_ERROR = 8


@dataclass(frozen=True, slots=True)
class Entry:
    """A message as it is shown. ``position`` of ``count`` versions, from 1; ``note`` says something at its foot, of
    one's own in its heading. ``bare``: only what its height depends on is known so far."""

    id: int
    own: bool
    length: int
    heading: str = ""
    position: int = 1
    count: int = 1
    note: str = ""
    error: str = ""
    writing: bool = False
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Measure:
    """By what texts are laid out: ``width`` in pixels, ``line`` as `line_of` gives it."""

    font: QFont
    width: float
    line: tuple[float, float]


class Row:
    """An entry with its place. Without a block its height is an estimate."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.block: TextBlock | None = None
        self.error: TextBlock | None = None
        self.shown = FOLDED if entry.length > FOLDED_FROM and not entry.writing else 0
        """How many characters are shown; 0 is all."""
        self.length = entry.length
        self.editor = 0
        """The height of a widget that takes the place of the text."""
        self._estimate: float | None = None

    def renew(self, entry: Entry) -> None:
        """The same message, in another state."""
        if entry.error != self.entry.error:
            self.error = None
        self.entry = entry

    def fill(self, text: str, measure: Measure) -> None:
        """Take the text; what is folded is left out."""
        self.length = len(text)
        visible = text[: self.shown] if self.shown else text
        if self.block is None:
            self.block = TextBlock(visible, measure.font, measure.width)
        else:
            self.block.set_text(visible)
        if self.entry.error and self.error is None:
            self.error = TextBlock(self.entry.error, measure.font, measure.width)

    def forget(self) -> None:
        """Let the text go, not its height."""
        if self.block is not None:
            self._estimate = self._text_height()
            self.block = self.error = None

    def set_width(self, width: float) -> None:
        """The column has another width."""
        self._estimate = None
        for block in (self.block, self.error):
            if block is not None:
                block.set_width(width)

    def unfold(self) -> None:
        """Show more of the text."""
        self.shown = 0 if self.shown + UNFOLDED >= self.length else self.shown + UNFOLDED
        self._estimate = None

    @property
    def hidden(self) -> int:
        """How many characters are folded away."""
        return max(self.length - self.shown, 0) if self.shown else 0

    @property
    def foot(self) -> int:
        """The height below the text."""
        return _OWN_FOOT if self.entry.own else FOOT

    def text_top(self) -> float:
        """Where the text begins, from the top of the row."""
        return GAP + HEAD + PAD

    def text_height(self, measure: Measure) -> float:
        """The height of the text, and of the error below it."""
        if self.editor:
            return float(self.editor)
        if self.block is not None:
            return self._text_height()
        if self._estimate is None:
            length = min(self.length, self.shown or self.length)
            self._estimate = estimated_height(length, length // 200, measure.line)
        return self._estimate

    def height(self, measure: Measure) -> float:
        """The height of the row."""
        link = LINK if self.hidden and not self.editor else 0
        return GAP + HEAD + 2 * PAD + self.text_height(measure) + link + self.foot

    def _text_height(self) -> float:
        assert self.block is not None
        return self.error_top() + self.error.height() if self.error is not None else self.block.height()

    def error_top(self) -> float:
        """Where the error begins, from the top of the text; in its place where there is none."""
        return self.block.height() + _ABOVE_ERROR if self.block is not None and self.length else 0.0
