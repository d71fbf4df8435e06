"""Texts that a language model writes: words as they come, whole characters only, until one of the stop texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from studio.config.writing import Writing
from studio.data.tokenisers import FileTokeniser, TokenStream
from studio.generation.language_writing import Chosen, Writer
from studio.generation.replies import Ending, WrittenToken


class StopTexts:
    """Lets text through until one of ``stops`` comes, of which nothing is let through."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = [stop for stop in stops if stop]
        self._held = ""
        self.found = False

    def add(self, text: str) -> str:
        """What of it can be shown already."""
        if self.found:
            return ""
        text, self._held = self._held + text, ""
        places = [place for stop in self._stops if (place := text.find(stop)) >= 0]
        if places:
            self.found = True
            return text[: min(places)]
        held = max((_overlap(text, stop) for stop in self._stops), default=0)
        self._held = text[len(text) - held :]
        return text[: len(text) - held]

    def finish(self) -> str:
        """What was held back, now that nothing comes any more."""
        held, self._held = self._held, ""
        return "" if self.found else held


class TextWriter:
    """Writes texts with a model and its tokeniser."""

    def __init__(self, writer: Writer, tokeniser: FileTokeniser) -> None:
        tokeniser.must_fit(writer.model.tokens)
        self.writer, self.tokeniser = writer, tokeniser

    def write(
        self, texts: Sequence[str], writing: Writing, *, marks: bool = False
    ) -> Iterator[tuple[WrittenToken, ...]]:
        """Continue each text ``writing.count`` times; see :meth:`Writer.write` for when nothing is yielded.

        ``marks``: with what the model expects around any text. Raises UsageError as there.
        """
        return self.continued([self.tokeniser.encode(text, marks=marks) for text in texts], writing)

    def continued(self, prompts: Sequence[Sequence[int]], writing: Writing) -> Iterator[tuple[WrittenToken, ...]]:
        """The same for texts that are tokens already."""
        ended = set[int]()
        rows = [_Row(self.tokeniser.stream(), StopTexts(writing.stop)) for _ in prompts for _ in range(writing.count)]
        for step in self.writer.write(prompts, writing, ended):
            yield tuple(self._written(one, rows[one.row], ended) for one in step)

    def _written(self, one: Chosen, row: _Row, ended: set[int]) -> WrittenToken:
        at_end = one.token in self.writer.ends
        text = row.stops.add("" if at_end else row.stream.add(one.token))
        if row.stops.found:
            ended.add(one.row)
            return WrittenToken(one.row, text, one.token, one.probability, "stop")
        if one.row not in ended:
            return WrittenToken(one.row, text, one.token, one.probability)
        text += row.stops.add(row.stream.finish())
        text += row.stops.finish()
        ending: Ending = "stop" if row.stops.found else "end" if at_end else "full"
        return WrittenToken(one.row, text, one.token, one.probability, ending)


@dataclass(slots=True)
class _Row:
    stream: TokenStream
    stops: StopTexts


def _overlap(text: str, stop: str) -> int:
    """Letters at the end of ``text`` with which ``stop`` begins."""
    return next((n for n in range(min(len(text), len(stop) - 1), 0, -1) if text.endswith(stop[:n])), 0)
