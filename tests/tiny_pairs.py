"""A tiny language and its translation, prepared in memory: numbers in words, their order turned."""

from functools import cache

import numpy as np

from studio.config.texts import BytePairs
from studio.data.splitting import Parts
from studio.data.texts.encoding import TextEncoder
from studio.data.texts.tokeniser_training import trained
from studio.data.tokenisers import FileTokeniser

SOURCE = ("one", "two", "three", "four", "five", "six", "seven")
TARGET = ("un", "deux", "trois", "quatre", "cinq", "six", "sept")


class TinyPairs:
    """What ``studio.data.prepared_texts.PreparedTexts`` offers of pairs, in memory."""

    kind = "parallel"

    def __init__(self, count: int = 120, *, seed: int = 0) -> None:
        generator = np.random.default_rng(seed)
        self.texts = [pair_of(generator.integers(0, len(SOURCE), generator.integers(1, 6))) for _ in range(count)]
        self.tokeniser_text = tokeniser_text()
        self.tokeniser = FileTokeniser(self.tokeniser_text, "tokenizer.json")
        found = TextEncoder(self.tokeniser).pairs(self.texts)
        self._tokens = [one.tokens for one in found]
        self.source_lengths = np.array([one.cut for one in found])
        self.target_lengths = np.array([len(one.tokens) - one.cut for one in found])
        rows = np.arange(count)
        self.parts = Parts(rows[count // 5 :], rows[: count // 10], rows[count // 10 : count // 5])
        self.fingerprint = f"pairs {count} {seed}"

    def source(self, index: int) -> np.ndarray:
        """The tokens (M,) of the first sentence, its end mark last."""
        return self._tokens[index][: self.source_lengths[index]]

    def target(self, index: int) -> np.ndarray:
        """The tokens (N,) of the second."""
        return self._tokens[index][self.source_lengths[index] :]


def pair_of(numbers: np.ndarray) -> tuple[str, str]:
    """The words of some numbers, and in the other language from the last to the first."""
    return " ".join(SOURCE[i] for i in numbers), " ".join(TARGET[i] for i in numbers[::-1])


@cache
def tokeniser_text() -> str:
    """A byte-level tokeniser that knows the words of both languages."""
    words = [" ".join((*side, *side[::-1])) for side in (SOURCE, TARGET)]
    return trained(BytePairs(size=330), words * 4)
