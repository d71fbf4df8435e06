"""What a language model is given to read: a text or a conversation as tokens, cut where it is too long."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from studio.config.texts import Message
from studio.data.chat_templates import ChatTemplate
from studio.data.texts import chat_format
from studio.data.texts.encoding import TextEncoder
from studio.data.tokenisers import FileTokeniser
from studio.generation.language_writing import trimmed
from studio.generation.replies import Prompt
from studio.ground.errors import UsageError


class Conversations:
    """How one model has its conversations: by its template, or (None) in our own format."""

    def __init__(self, tokeniser: FileTokeniser, template: ChatTemplate | None) -> None:
        self._tokeniser, self._template = tokeniser, template
        self._encoder = TextEncoder(tokeniser)

    def tokens(self, messages: Sequence[Message], *, reply: bool, start: str = "") -> list[int]:
        """All of a conversation; nothing in a message is a mark. Raises UsageError where the template refuses it."""
        if self._template is not None:
            hidden = [self._encoder.hidden_message(message) for message in messages]
            return self._encoder.shown(self._template.written(hidden, reply=reply) + self._encoder.hidden(start))
        parts = chat_format.parts(messages, open_answer=reply)
        tokens, _ = chat_format.to_tokens(parts, mark=self._encoder.mark, plain=self._plain)
        return tokens + (self._plain(start) if start else [])

    def prompt(self, messages: Sequence[Message], start: str, most: int) -> Prompt:
        """Up to where the reply goes on after ``start``, in ``most`` tokens.

        Oldest turns go first, an answer together with its question; where even the last is too long, its beginning.
        """
        if not messages:
            raise UsageError("There is nothing to reply to; write a message.")
        system = [message for message in messages[:1] if message.role == "system"]
        turns = messages[len(system) :]
        tokens = whole = self.tokens(messages, reply=True, start=start)
        if len(whole) > most and len(turns) > 1:
            begins = [i for i, turn in enumerate(turns) if i and turn.role != "assistant"] or [len(turns) - 1]

            def rest(begin: int) -> list[int]:
                return self.tokens([*system, *turns[begin:]], reply=True, start=start)

            found = bisect_left(begins, True, key=lambda begin: len(rest(begin)) <= most)
            tokens = rest(begins[min(found, len(begins) - 1)])
        kept = min(self._kept(system), most // 2)
        cut = trimmed(tokens, most=most, kept=kept)
        return Prompt(tuple(cut), start, len(whole) - len(cut))

    def whole(self, messages: Sequence[Message], most: int) -> Prompt:
        """As it stands, with nothing that asks for a reply."""
        tokens = self.tokens(messages, reply=False)
        return Prompt(tuple(tokens[:most]), dropped=max(0, len(tokens) - most))

    def _plain(self, text: str) -> list[int]:
        return self._tokeniser.encode_plain([text])[0]

    def _kept(self, system: Sequence[Message]) -> int:
        """How many tokens the system text takes at the beginning."""
        if not system:
            return 0
        try:
            return len(self.tokens(system, reply=False))
        except UsageError:  # a template that refuses a system text alone
            return 0


def trimmed_text(tokeniser: FileTokeniser, text: str, most: int, *, marks: bool) -> Prompt:
    """A plain text in ``most`` tokens, of a longer one its end."""
    tokens = tokeniser.encode(text, marks=marks)
    return Prompt(tuple(trimmed(tokens, most=most)), dropped=max(0, len(tokens) - most))
