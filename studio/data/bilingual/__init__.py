"""The embedded English-French phrase world, written by the program's own bilingual grammar.

Pair ``index`` of ``seed`` is a pure function of the two. Its English has one right French and the other way round, so
that a translation can be exactly right; what is held out has combinations of words that no training pair has.
"""

from studio.data.bilingual.pairs import HELD_OUT_SHARE, Pair, is_held_out, pair, pairs

__all__ = ["HELD_OUT_SHARE", "Pair", "is_held_out", "pair", "pairs"]
