"""Tokenisers: text to tokens and back, and back token by token without ever showing half a character."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer

from studio.ground.errors import DamagedError

_LARGEST = 1 << 28  # bytes
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_FALLBACK = re.compile(r"<0x([0-9A-F]{2})>")  # a byte for which a tokeniser of words has no word
_LONGEST_CHARACTER = 4  # bytes, so at most so many tokens


class FileTokeniser:
    """The tokeniser of a ``tokenizer.json``.

    Attributes:
        size: tokens that it knows; every number it gives is below ``bound``.
        text: the ``tokenizer.json``. marks: the special tokens as it writes them, the longest first.
    """

    def __init__(self, text: str, name: str) -> None:
        try:
            self._tokeniser = Tokenizer.from_str(text)
            decoder = (json.loads(text).get("decoder") or {}).get("type")
        except Exception as error:  # the library's errors have no type of their own
            raise DamagedError("The file {name} is damaged: it holds no tokeniser.", name=name) from error
        self._tokeniser.no_padding()
        self._tokeniser.no_truncation()
        self.size = self._tokeniser.get_vocab_size(with_added_tokens=True)
        self.bound = max(self._tokeniser.get_vocab(with_added_tokens=True).values(), default=-1) + 1
        added = self._tokeniser.get_added_tokens_decoder()
        self._special = frozenset(number for number, token in added.items() if token.special)
        words = (token.content for token in added.values() if token.special)
        self.marks: tuple[str, ...] = tuple(sorted(words, key=lambda word: (-len(word), word)))
        self._bytewise = decoder == "ByteLevel"
        self.text = text
        self._plain: Tokenizer | None = None

    @classmethod
    def from_file(cls, path: Path) -> FileTokeniser:
        """Read ``tokenizer.json``. Raises DamagedError where that cannot be done."""
        try:
            with path.open("rb") as handle:
                text = handle.read(_LARGEST).decode("utf-8")
        except OSError as error:
            raise DamagedError("The file {name} cannot be read.", name=path.name) from error
        except UnicodeDecodeError as error:
            raise DamagedError("The file {name} is damaged: it holds no tokeniser.", name=path.name) from error
        return cls(text, path.name)

    def must_fit(self, tokens: int) -> None:
        """Raises DamagedError where it gives numbers that a model of ``tokens`` tokens does not know."""
        if self.bound > tokens:
            raise DamagedError(
                "The tokeniser does not fit the model: it has {bound} tokens, the model knows {tokens}.",
                bound=self.bound, tokens=tokens,
            )  # fmt: skip

    def encode(self, text: str, *, marks: bool = False) -> list[int]:
        """The tokens of a text; with ``marks`` also those that a model expects around any text."""
        return list(self._tokeniser.encode(text, add_special_tokens=marks).ids)

    def encode_plain(self, texts: Sequence[str]) -> list[list[int]]:
        """The tokens of each text, in which letters that look like a special token stay letters; no marks are added.

        Other threads go on meanwhile.
        """
        if self._plain is None:
            plain = Tokenizer.from_str(self.text)
            plain.no_padding()
            plain.no_truncation()
            plain.encode_special_tokens = True
            self._plain = plain
        return [found.ids for found in self._plain.encode_batch_fast(list(texts), add_special_tokens=False)]

    def mark(self, word: str) -> int | None:
        """The number of a special token, None where it has no such."""
        number = self._tokeniser.token_to_id(word)
        return number if number in self._special else None

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of tokens; marks, and numbers that it does not know, are nothing."""
        return str(self._tokeniser.decode(list(tokens), skip_special_tokens=True))

    def is_mark(self, token: int) -> bool:
        """Whether a token stands for no text of its own (the beginning of a message, ...)."""
        return token in self._special

    def shown(self, token: int) -> str:
        """What to show for one token alone: its text, parts of a character by their bytes (``<e2>``), marks by name."""
        word = self._tokeniser.id_to_token(token)
        if word is None or self.is_mark(token):
            return word or ""
        if self._bytewise:
            return _legible(self.bytes_of(token))
        byte = _FALLBACK.fullmatch(word)
        return _legible(bytes([int(byte[1], 16)])) if byte else word.replace("\N{LOWER ONE EIGHTH BLOCK}", " ")

    def stream(self) -> TokenStream:
        """For tokens that come one by one."""
        return ByteStream(self) if self._bytewise else WindowStream(self)

    def bytes_of(self, token: int) -> bytes:
        """What a token of a bytewise tokeniser stands for; nothing for marks and unknown numbers."""
        word = None if token in self._special else self._tokeniser.id_to_token(token)
        if word is None:
            return b""
        known = [_BYTES.get(letter) for letter in word]
        return word.encode() if None in known else bytes(byte for byte in known if byte is not None)


class TokenStream:
    """Gives text as tokens come; together it is what all of them decode to."""

    def add(self, token: int) -> str:
        """What is certain after one more token; often nothing inside of a character."""
        raise NotImplementedError

    def finish(self) -> str:
        """What was held back in the hope of more."""
        raise NotImplementedError


class ByteStream(TokenStream):
    """Of tokens that stand for bytes."""

    def __init__(self, tokeniser: FileTokeniser) -> None:
        self._tokeniser = tokeniser
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def add(self, token: int) -> str:
        return self._decoder.decode(self._tokeniser.bytes_of(token))

    def finish(self) -> str:
        return self._decoder.decode(b"", final=True)


class WindowStream(TokenStream):
    """Of any tokens: what a few more of them add to the text of a few before."""

    def __init__(self, tokeniser: FileTokeniser) -> None:
        self._tokeniser = tokeniser
        self._before: list[int] = []
        self._new: list[int] = []
        self._waiting = 0

    def add(self, token: int) -> str:
        self._new.append(token)
        text = self._more()
        self._waiting = self._waiting + 1 if text.endswith(_REPLACEMENT) else 0
        if 0 < self._waiting < _LONGEST_CHARACTER:
            return ""
        return self._given(text)

    def finish(self) -> str:
        return self._given(self._more())

    def _more(self) -> str:
        known = self._tokeniser.decode(self._before)
        return self._tokeniser.decode(self._before + self._new)[len(known) :]

    def _given(self, text: str) -> str:
        if text:  # tokens without text of their own stay, since what follows may depend on them
            self._before, self._new, self._waiting = self._new, [], 0
        return text


def _legible(found: bytes) -> str:
    """Text, with every byte that is none of its own as ``<e2>``."""
    letters = found.decode("utf-8", errors="surrogateescape")
    return "".join(f"<{ord(letter) - 0xDC00:02x}>" if "\udc80" <= letter <= "\udcff" else letter for letter in letters)


def _byte_letters() -> dict[str, int]:
    """Letters for bytes in byte-level tokenisers (Radford et al. 2019): those that print, for the rest some above."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(byte): byte for byte in plain} | {chr(256 + number): byte for number, byte in enumerate(others)}


_BYTES = _byte_letters()
