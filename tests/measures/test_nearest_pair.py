"""The answer of the nearest training item: what translating by heart alone would score."""

import pytest

from studio.data.bilingual import pairs
from studio.measures.nearest_pair import changes, copied_answers


def test_the_nearest_sentence_is_found() -> None:
    sources = ["Paul eats the apple.", "Marie eats the red apple.", "Marie sleeps.", "The dog sleeps."]
    answers = ["A", "B", "C", "D"]
    asked = ["Marie eats the apple.", "The dog sleeps!", "marie SLEEPS.", "Nothing of this"]
    assert copied_answers(asked, sources, answers) == ["B", "D", "C", "C"]


def test_there_must_be_an_answer_for_each() -> None:
    with pytest.raises(ValueError):
        copied_answers(["a"], [], [])
    with pytest.raises(ValueError):
        copied_answers(["a"], ["a"], [])


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [("", "", 0), ("a b", "a b", 0), ("a b", "a c", 1), ("a b c", "a c", 1), ("", "a b", 2), ("b a", "a b", 2)],
)  # fmt: skip
def test_changes_of_words(one: str, other: str, count: int) -> None:
    assert changes(one.split(), other.split()) == changes(other.split(), one.split()) == count


def test_the_phrase_world_is_not_learned_by_heart() -> None:
    some = list(pairs(0, 2500))
    training, held = [p for p in some if not p.held_out], [p for p in some if p.held_out]
    copied = copied_answers([p.english for p in held], [p.english for p in training], [p.french for p in training])
    right = sum(one == p.french for one, p in zip(copied, held, strict=True))
    assert len(held) > 100
    assert right < 0.05 * len(held)
