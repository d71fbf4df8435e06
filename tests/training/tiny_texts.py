"""What ``studio.data.prepared_texts.PreparedTexts`` offers, in memory."""

from collections.abc import Sequence

import numpy as np

from studio.config.facts import TextFacts
from studio.config.texts import BytePairs, Message, TextKind
from studio.data.splitting import Parts
from studio.data.texts.encoding import TextEncoder
from studio.data.texts.tokeniser_training import byte_pairs, characters
from studio.data.tokenisers import FileTokeniser

NAMES, PLACES = ("Ann", "Bob", "Cleo", "Dan", "Eve", "Finn"), ("garden", "kitchen", "tower", "forest")


class TinyTexts:
    """Items as tokens; every fifth one is held out."""

    def __init__(self, items: Sequence[str] | Sequence[Sequence[Message]], *, pairs: int = 0) -> None:
        self.kind: TextKind = "text" if isinstance(items[0], str) else "chat"
        plain = [item if isinstance(item, str) else " ".join(message.content for message in item) for item in items]
        self.tokeniser_text = byte_pairs(plain, BytePairs(size=pairs)) if pairs else characters(plain)
        self.tokeniser = FileTokeniser(self.tokeniser_text, "tokenizer.json")
        self.template, self.lost = "", ()
        encoder = TextEncoder(self.tokeniser)
        self._answers: list[np.ndarray] = []
        if self.kind == "text":
            self._tokens = [one.tokens for one in encoder.documents(plain, ended=True)]
        else:
            encoded = encoder.conversations(items)  # type: ignore[arg-type]
            self._tokens = [one.tokens for one in encoded]
            self._answers = [one.answers for one in encoded if one.answers is not None]
        self.lengths = np.array([len(tokens) for tokens in self._tokens])
        every = np.arange(len(items))
        held_out = every % 5 == 4
        self.parts = Parts(every[~held_out], every[held_out], every[:0])
        self.facts = TextFacts(
            kind=self.kind, count=len(items), characters=sum(map(len, plain)), distinct=len(set("".join(plain))),
            longest=max(map(len, plain)),
        )  # fmt: skip
        self.fingerprint = f"tiny {len(items)} {self.lengths.sum()}"

    def window(self, index: int, start: int, count: int | None) -> np.ndarray:
        """Tokens (n,) int32 of an item."""
        return self._tokens[index][start : None if count is None else start + count]

    def answers_window(self, index: int, start: int, count: int | None) -> np.ndarray:
        """Which of them (n,) bool are answers."""
        return self._answers[index][start : None if count is None else start + count]


def stories(count: int = 40) -> list[str]:
    """Short texts of different lengths."""
    return [
        f"{NAMES[i % 6]} is in the {PLACES[i % 4]}." + f" {NAMES[(i + 1) % 6]} goes there too." * (i % 3)
        for i in range(count)
    ]


def talks(count: int = 40) -> list[list[Message]]:
    """Short conversations."""
    return [
        [
            Message(role="user", content=f"{NAMES[i % 6]} is in the {PLACES[i % 4]}. Where is {NAMES[i % 6]}?"),
            Message(role="assistant", content=f"In the {PLACES[i % 4]}."),
        ]
        for i in range(count)
    ]
