"""Translating against transformers, against CTranslate2, and against the bare chain of the same products, in one run.

Aims of the issue, with a beam of 4, one sentence and 16 at once: in float32 at least 1.15 and 1.2 times transformers,
0.75 and 0.6 of CTranslate2; in eight bits at least twice transformers, as fast as CTranslate2's and 0.8 of it.

    python -m pytest tests/benchmarks/test_translation_speed.py -m benchmark -s
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

import pytest

ROUNDS = {1: (5, 32), 16: (3, 32)}
"""Sentences at once: rounds, and tokens written for each sentence."""


@pytest.mark.parametrize("batch", list(ROUNDS))
def test_translating_against_others(
    batch: int, side: Callable[..., dict[str, Any]], report: Callable[[list[dict[str, Any]]], None]
) -> None:
    """All take turns in one process; the medians of the rates, and of the rounds' ratios."""
    rounds, tokens = ROUNDS[batch]
    found = side("translation_decode.py", batch, tokens, rounds, environment={"OMP_WAIT_POLICY": "PASSIVE"})
    assert found["same"] == found["of"], "the translations have to be those of transformers, ties aside"
    ours = {"float32": "studio", "int8": "studio int8"}
    rows = []
    for numbers, name in ours.items():
        row: dict[str, Any] = {"numbers": numbers, "sentences": batch, "threads": found["threads"]}
        row["studio/s"] = statistics.median(found[name])
        suffix = "" if numbers == "float32" else " int8"
        peers = {"transformers": "transformers", "ctranslate2": f"ctranslate2{suffix}", "chain": f"chain{suffix}"}
        for label, peer in peers.items():
            if peer in found:
                row[f"{label}/s"] = statistics.median(found[peer])
                row[f"of {label}"] = statistics.median(a / b for a, b in zip(found[name], found[peer], strict=True))
        rows.append(row)
    report(rows)
