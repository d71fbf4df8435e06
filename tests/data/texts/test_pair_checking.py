"""The check of pairs: each thing that spoils a training is found and named, and what is well is left alone."""

from collections.abc import Callable

import numpy as np
import pytest

from studio.config.data import Choices
from studio.data.checking import Finding, Report
from studio.data.texts.pair_checking import check_pairs, misaligned, script_of
from studio.data.texts.store import TextStore
from studio.ground.events import Ended

GOOD = [[f"This is sentence number {n}.", f"Ceci est la phrase numéro {n}."] for n in range(300)]


@pytest.fixture
def found(written: Callable[..., TextStore], ending: Callable[..., Ended]) -> Callable[..., dict[str, Finding]]:
    def run(items: list[list[str]], leave_out: tuple[str, ...] = ()) -> dict[str, Finding]:
        ended = ending(check_pairs(written(items), leave_out))
        assert ended.status == "finished", ended.trace
        report = ended.result
        assert isinstance(report, Report) and report.count == len(items) - len(leave_out)
        return {finding.code: finding for finding in report.findings}

    return run


def test_good_pairs_are_left_alone(found: Callable[..., dict[str, Finding]]) -> None:
    assert found(GOOD) == {}


def test_odd_pairs_are_named_and_can_be_left_out(found: Callable[..., dict[str, Finding]]) -> None:
    odd = [
        ["Only one side.", ""], ["Berlin is large.", "berlin is  large."],
        ["Short words here.", "Ceci est une phrase beaucoup trop longue pour être la traduction de celle qui précède."],
        ["Это русское предложение.", "Ceci est une phrase russe."], GOOD[7],
        [GOOD[8][0], "C'est la phrase numéro huit."], ["12 + 13", "12 + 13"],
    ]  # fmt: skip
    findings = found(GOOD + odd)
    named = {code: finding.names for code, finding in findings.items()}
    assert named == {
        "empty-side": ("300",), "copied": ("301",), "misaligned": ("302",), "scripts": ("303",), "duplicates": ("304",),
        "several": ("305",),
    }  # fmt: skip
    assert findings["duplicates"].groups == (("7", "304"),)
    choices = Choices()
    for finding in findings.values():
        assert finding.proposal is not None
        choices = finding.proposal.apply(choices)
    assert set(choices.leave_out) == {"300", "301", "302", "303", "304", "305"}


def test_what_is_left_out_is_not_looked_at(found: Callable[..., dict[str, Finding]]) -> None:
    assert found([*GOOD, ["", "rien"]], leave_out=("300",)) == {}


def test_few_pairs_are_warned_of(found: Callable[..., dict[str, Finding]]) -> None:
    assert set(found(GOOD[:50])) == {"few"}


def test_lengths_are_judged_beside_what_is_usual() -> None:
    usual = np.tile([20.0, 60.0], (50, 1))
    odd = np.array([[60.0, 20.0], [2.0, 8.0], [30.0, 80.0]])
    assert misaligned(np.concatenate([usual, odd]))[50:].tolist() == [True, False, False]
    assert misaligned(np.zeros((0, 2))).tolist() == []


@pytest.mark.parametrize(
    ("words", "script"),
    [("Ça va, Zoé ?", "LATIN"), ("Привет, Bob", "CYRILLIC"), ("你好", "CJK"), ("12 + 3", ""), ("", ""),
     ("שלום", "HEBREW")],
)  # fmt: skip
def test_scripts(words: str, script: str) -> None:
    assert script_of(words) == script
