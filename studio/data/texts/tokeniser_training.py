"""Tokenisers that the studio makes from a user's texts, as the text of a ``tokenizer.json``.

Both know the marks of :mod:`studio.data.texts.chat_format` under the same numbers. The same texts give the same file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from studio.config.texts import BytePairs, Characters, Tokens
from studio.data.texts.chat_format import MARKS

UNKNOWN = "<|unknown|>"
"""The character of a character tokeniser that it never saw."""
_MOST_CHARACTERS = 60_000
_LONGEST_RUN = 200
_RUNS = re.compile(rf"\w{{{_LONGEST_RUN},}}|[^\w\s]{{{_LONGEST_RUN},}}|\s{{{_LONGEST_RUN},}}")


def characters(pieces: Iterable[str]) -> str:
    """Every character that occurs is a token, in the order of Unicode; of very many the most frequent ones.

    All others become the one token ``UNKNOWN``.
    """
    counts = Counter[str]()
    for piece in pieces:
        counts.update(piece)
    kept = sorted(counts, key=lambda one: (-counts[one], one))[:_MOST_CHARACTERS]
    words = [*MARKS, UNKNOWN, *sorted(kept)]
    vocabulary = {word: number for number, word in enumerate(words)}
    made = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token=UNKNOWN, fuse_unk=False))
    made.decoder = decoders.Fuse()
    made.add_special_tokens([AddedToken(word, special=True, normalized=False) for word in (*MARKS, UNKNOWN)])
    return str(made.to_str())


def byte_pairs(pieces: Iterable[str], settings: BytePairs) -> str:
    """Byte-level pairs, joined in the order of their frequency; every text can be written in them.

    Words are told apart as by GPT-2 (Radford et al. 2019, section 2.2). Fewer tokens come out where the texts are too
    short for ``settings.size``.
    """
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=settings.size, special_tokens=[*MARKS], show_progress=False,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), min_frequency=2,
    )  # fmt: skip
    made.train_from_iterator(pieces, trainer)
    return str(made.to_str())


def trained(tokens: Tokens, pieces: Iterable[str]) -> str:
    """The ``tokenizer.json`` of a tokeniser of the kind that ``tokens`` names, made from texts."""
    if isinstance(tokens, BytePairs):
        return byte_pairs(map(shortened, pieces), tokens)
    if isinstance(tokens, Characters):
        return characters(pieces)
    raise ValueError("inherited tokens come with their tokeniser")


def shortened(words: str) -> str:
    """A text with long runs of letters, signs or spaces cut short: pairs learn nothing of what are no words."""
    return _RUNS.sub(lambda found: found.group()[:_LONGEST_RUN], words)
