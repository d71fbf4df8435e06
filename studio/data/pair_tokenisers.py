"""What turns sentences of two languages into tokens and back: the one tokeniser that the studio trains for both, or the
two of a Marian model (OPUS-MT)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from studio.data.tokenisers import FileTokeniser
from studio.ground.errors import DamagedError
from studio.ground.files import read_object

TOKENISER = "tokenizer.json"
SOURCE_PIECES, TARGET_PIECES, VOCABULARY, TARGET_VOCABULARY = (
    "source.spm", "target.spm", "vocab.json", "target_vocab.json",
)  # fmt: skip
_LARGEST = 1 << 26  # bytes of a file of pieces or words
_WORD = re.compile(r"\S+")
_CODE = re.compile(r">>[\w-]+<<")


class PairTokeniser(Protocol):
    """Sentences of two languages and their tokens.

    Attributes:
        begin: the token before a translation. end: the one after every text. never: those that are never written.
    """

    begin: int
    end: int
    never: tuple[int, ...]

    def read(self, sentence: str) -> list[int]:
        """The tokens of a source, the end mark last."""

    def begun(self, text: str) -> list[int]:
        """The tokens of the beginning of a translation."""

    def written(self, tokens: Sequence[int]) -> list[str]:
        """What each token of a translation adds to its text; together they are the text."""

    def shown(self, sentence: str) -> list[str]:
        """The tokens of :meth:`read` as they are shown to people, the end mark as nothing."""

    def unknown(self, sentence: str) -> tuple[tuple[int, int], ...]:
        """From where to where in ``sentence`` there are words that the model cannot read."""


class JointTokeniser:
    """One tokeniser for both languages. ``unread``: tokens that no source of the training had."""

    def __init__(self, tokeniser: FileTokeniser, end: int, unread: Collection[int] = ()) -> None:
        self.tokeniser, self._unread = tokeniser, frozenset(unread)
        self.begin = self.end = end
        self.never = tuple(t for t in range(tokeniser.bound) if tokeniser.is_mark(t) and t != end)

    def read(self, sentence: str) -> list[int]:
        return [*self.tokeniser.encode_plain([sentence])[0], self.end]

    def begun(self, text: str) -> list[int]:
        return self.tokeniser.encode_plain([text])[0]

    def written(self, tokens: Sequence[int]) -> list[str]:
        stream = self.tokeniser.stream()
        pieces = [stream.add(token) for token in tokens]
        return [*pieces[:-1], pieces[-1] + stream.finish()] if pieces else []

    def shown(self, sentence: str) -> list[str]:
        return [*self.written(self.read(sentence)[:-1]), ""]

    def unknown(self, sentence: str) -> tuple[tuple[int, int], ...]:
        found = list(_WORD.finditer(sentence))
        tokens = self.tokeniser.encode_plain([word[0] if word.start() == 0 else f" {word[0]}" for word in found])
        pairs = zip(found, tokens, strict=True)
        return tuple(word.span() for word, ids in pairs if any(self._cannot_read(token) for token in ids))

    def _cannot_read(self, token: int) -> bool:
        return token in self._unread or self.tokeniser.is_mark(token)


class MarianTokeniser:
    """Pieces by sentencepiece (Kudo & Richardson 2018, arXiv:1808.06226), numbered by a list of words of their own.

    Of a model for several languages a source begins with the code of the one that is wanted, as ``>>fra<<``.

    Args:
        folder: with the files of both tokenisers. begin, pad: the network's own marks.

    Raises:
        DamagedError: a file is missing or makes no sense.
    """

    def __init__(self, folder: Path, *, begin: int, end: int, pad: int) -> None:
        self.begin, self.end = begin, end
        self.never: tuple[int, ...] = (pad,)
        self._source, self._target = _pieces(folder / SOURCE_PIECES), _pieces(folder / TARGET_PIECES)
        self._numbers = _vocabulary(folder / VOCABULARY)
        apart = (folder / TARGET_VOCABULARY).is_file()
        self._target_numbers = _vocabulary(folder / TARGET_VOCABULARY) if apart else self._numbers
        self._words = {number: word for word, number in self._target_numbers.items()}
        self._unknown = self._numbers["<unk>"]

    def must_fit(self, source_tokens: int, target_tokens: int) -> None:
        """Raises DamagedError where it gives numbers that the model does not know."""
        for numbers, known in ((self._numbers, source_tokens), (self._target_numbers, target_tokens)):
            bound = max(numbers.values()) + 1
            if bound > known:
                raise DamagedError(
                    "The tokeniser does not fit the model: it has {bound} tokens, the model knows {tokens}.",
                    bound=bound, tokens=known,
                )  # fmt: skip

    def read(self, sentence: str) -> list[int]:
        return [*(self._numbers.get(piece, self._unknown) for piece in self._read_pieces(sentence)), self.end]

    def begun(self, text: str) -> list[int]:
        unknown = self._target_numbers.get("<unk>", self._unknown)
        return [self._target_numbers.get(piece, unknown) for piece in self._target.encode(text, out_type=str)]

    def written(self, tokens: Sequence[int]) -> list[str]:
        pieces, before = list[str](), ""
        words = [self._words.get(token, "<unk>") for token in tokens]
        for count in range(1, len(words) + 1):
            text = str(self._target.decode_pieces(words[:count])).replace("▁", " ").lstrip()
            pieces.append(text[len(before) :])
            before = text
        return pieces

    def shown(self, sentence: str) -> list[str]:
        return [*(piece.replace("▁", " ") for piece in self._read_pieces(sentence)), ""]

    def unknown(self, sentence: str) -> tuple[tuple[int, int], ...]:
        code = _CODE.match(sentence)
        strange = [code.span()] if code and code[0] not in self._numbers else []
        found = _WORD.finditer(sentence, code.end() if code else 0)
        return (*strange, *(word.span() for word in found if self._unknown in self.read(word[0])))

    def _read_pieces(self, sentence: str) -> list[str]:
        code = _CODE.match(sentence)
        rest = sentence[code.end() :] if code else sentence
        return [*([code[0]] if code else []), *self._source.encode(rest, out_type=str)]


def _pieces(path: Path) -> Any:
    """A model of sentencepiece, read by ourselves: the library would map the file."""
    import sentencepiece

    try:
        with path.open("rb") as handle:
            content = handle.read(_LARGEST)
        found = sentencepiece.SentencePieceProcessor()
        found.LoadFromSerializedProto(content)
    except OSError as error:
        raise DamagedError("The model lacks its tokeniser, the file {name}.", name=path.name) from error
    except RuntimeError as error:
        raise DamagedError("The file {name} is damaged: it holds no tokeniser.", name=path.name) from error
    return found


def _vocabulary(path: Path) -> Mapping[str, int]:
    if not path.is_file():
        raise DamagedError("The model lacks its tokeniser, the file {name}.", name=path.name)
    found = read_object(path, _LARGEST)
    if not all(type(number) is int and number >= 0 for number in found.values()) or "<unk>" not in found:
        raise DamagedError("The file {name} is damaged: it holds no tokeniser.", name=path.name)
    return found
