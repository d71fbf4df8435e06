"""From texts to tokens: documents in pieces, conversations with their marks, pairs side by side."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from studio.config.texts import Message
from studio.data.chat_templates import ChatTemplate
from studio.data.texts import chat_format
from studio.data.texts.chat_format import END
from studio.data.texts.templated import stretches
from studio.data.tokenisers import FileTokeniser

_OTHER_ENDS = ("<|endoftext|>", "<|end_of_text|>", "</s>", "<|im_end|>", "<eos>", "<|eot_id|>")
"""What ends a text in models that others have trained."""
LOOKED_AHEAD = 4096
"""Characters behind a place that :func:`cut_near` looks at."""
_HIDDEN = 0x100000
_HIDDEN_ONES = re.compile("([\U00100000-\U0010fffd])")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_CUT = re.compile(r"(?<=\S)[ \n](?=\S)")


@dataclass(frozen=True, slots=True)
class Encoded:
    """An item, or a stretch of one, as tokens (N,) int32.

    ``characters``, ``bytes``: of what is to be learnt of it. ``answers``: (N,) bool, of conversations. ``cut``: where
    the target of a pair begins.
    """

    tokens: np.ndarray
    characters: int
    bytes: int
    answers: np.ndarray | None = None
    cut: int = 0


class TextEncoder:
    """Texts to tokens by a tokeniser.

    Args:
        template: another model's chat template, by which conversations are written; empty: our own format.
    """

    def __init__(self, tokeniser: FileTokeniser, template: str = "") -> None:
        self.tokeniser = tokeniser
        self._template = ChatTemplate(template) if template else None
        self.end = end_of(tokeniser)

    def documents(self, words: Sequence[str], *, ended: bool) -> list[Encoded]:
        """Documents, or stretches of such, as tokens; ``ended``: their end is the end of the document."""
        close = [self.end] if ended and self.end is not None else []
        found = zip(words, self.tokeniser.encode_plain(words), strict=True)
        return [_encoded(ids + close, [one]) for one, ids in found]

    def conversations(self, conversations: Sequence[Sequence[Message]]) -> list[Encoded]:
        """Conversations as tokens. Raises UsageError where the template refuses one."""
        if self._template is not None:
            return [self._templated(self._template, messages) for messages in conversations]
        every = [chat_format.parts(messages) for messages in conversations]
        texts = [part.text for parts in every for part in parts if not part.mark]
        ready = iter(self.tokeniser.encode_plain(texts))
        found = []
        for parts in every:
            tokens, answers = chat_format.to_tokens(parts, mark=self.mark, plain=lambda _: next(ready))
            said = [part.text for part in parts if part.answer and not part.mark]
            found.append(_encoded(tokens, said, answers=np.array(answers, bool)))
        return found

    def _templated(self, template: ChatTemplate, messages: Sequence[Message]) -> Encoded:
        """By a template. Letters of a message that would be a mark are hidden from it and come back as letters."""
        tokens: list[int] = []
        answers: list[bool] = []
        for stretch in stretches(template, [self.hidden_message(message) for message in messages]):
            more = self.shown(stretch.text)
            tokens += more
            answers += [stretch.answer] * len(more)
        said = [message.content for message in messages if message.role == "assistant"]
        return _encoded(tokens, said, answers=np.array(answers, bool))

    def hidden_message(self, message: Message) -> Message:
        """A message for a template, see :meth:`hidden`."""
        content = self.hidden(message.content)
        return message if content == message.content else Message(role=message.role, content=content)

    def hidden(self, words: str) -> str:
        """A text in which no letters are a mark, for a template; :meth:`shown` brings them back."""
        words = _HIDDEN_ONES.sub(_REPLACEMENT, words)
        for place, word in enumerate(self.tokeniser.marks):
            words = words.replace(word, chr(_HIDDEN + place))
        return words

    def shown(self, words: str) -> list[int]:
        """Tokens of what a template wrote: its marks are marks, hidden ones letters."""
        tokens: list[int] = []
        for piece in _HIDDEN_ONES.split(words):
            place = ord(piece) - _HIDDEN if len(piece) == 1 else -1
            if 0 <= place < len(self.tokeniser.marks):
                tokens += self.tokeniser.encode_plain([self.tokeniser.marks[place]])[0]
            else:
                tokens += self.tokeniser.encode(piece)
        return tokens

    def pairs(self, pairs: Sequence[tuple[str, str]]) -> list[Encoded]:
        """Pairs as tokens, each side closed by the end mark."""
        close = [] if self.end is None else [self.end]
        ready = self.tokeniser.encode_plain([side for pair in pairs for side in pair])
        sides = [ids + close for ids in ready]
        both = zip(pairs, sides[::2], sides[1::2], strict=True)
        return [_encoded(one + other, [pair[1]], cut=len(one)) for pair, one, other in both]

    def mark(self, word: str) -> list[int]:
        """The tokens of a mark of our own format; in tokenisers that do not have it, those of its letters."""
        number = self.tokeniser.mark(word)
        if number is None and word == END:
            number = self.end
        return self.tokeniser.encode_plain([word])[0] if number is None else [number]


def _encoded(tokens: list[int], learnt: Sequence[str], *, answers: np.ndarray | None = None, cut: int = 0) -> Encoded:
    size = sum(len(words.encode("utf-8", "replace")) for words in learnt)
    return Encoded(np.array(tokens, np.int32), sum(map(len, learnt)), size, answers, cut)


def end_of(tokeniser: FileTokeniser) -> int | None:
    """The token that ends a text; None where a tokeniser has no such."""
    found = (tokeniser.mark(word) for word in (END, *_OTHER_ENDS))
    return next((number for number in found if number is not None), None)


def ends_of(tokeniser: FileTokeniser) -> tuple[int, ...]:
    """The tokens after which a text, or an answer in it, is over."""
    found = (tokeniser.mark(word) for word in (END, *_OTHER_ENDS))
    return tuple(number for number in found if number is not None)


def cut_near(words: str, place: int) -> int:
    """Where a text may be cut at or soon after ``place`` so that its halves become the tokens that the whole does."""
    found = _CUT.search(words, place, place + LOOKED_AHEAD)
    return found.start() if found else place
