"""How good translations are, beside those that people made: BLEU and chrF as papers report them, and exact ones."""

from __future__ import annotations

from collections.abc import Sequence


def scores(found: Sequence[str], references: Sequence[str]) -> dict[str, float]:
    """Of translations and their references, one each:

    - ``bleu``: BLEU (Papineni et al. 2002), 0 to 100, with the tokens of sacrebleu (Post 2018, arXiv:1804.08771).
    - ``chrf``: chrF, F-score of sequences of up to 6 characters (Popović 2015), 0 to 100.
    - ``exact``: percentage of those that are their reference, spaces at both ends aside.

    Raises:
        ValueError: there are none, or not as many of one as of the other.
    """
    if not found or len(found) != len(references):
        raise ValueError(f"{len(found)} translations and {len(references)} references")
    import sacrebleu

    same = sum(one.strip() == other.strip() for one, other in zip(found, references, strict=True))
    return {
        "bleu": float(sacrebleu.corpus_bleu(list(found), [list(references)]).score),
        "chrf": float(sacrebleu.corpus_chrf(list(found), [list(references)]).score),
        "exact": 100 * same / len(found),
    }


def signatures() -> dict[str, str]:
    """How ``bleu`` and ``chrf`` are computed, in sacrebleu's own words, which papers state beside the numbers."""
    from sacrebleu.metrics import BLEU, CHRF

    found = {}
    for name, metric in (("bleu", BLEU()), ("chrf", CHRF())):
        metric.corpus_score(["a"], [["a"]])  # a signature names how many references there were
        found[name] = str(metric.get_signature())
    return found
