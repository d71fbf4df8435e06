"""English plurals, verb forms, comparatives, articles and numbers."""

import pytest

from studio.data.bilingual import english_forms as forms
from studio.data.bilingual.words import words


@pytest.mark.parametrize(
    ("one", "many"),
    [("cat", "cats"), ("cherry", "cherries"), ("boy", "boys"), ("box", "boxes"), ("witch", "witches"), ("bus", "buses"),
     ("post office", "post offices"), ("peach", "peaches")],
)  # fmt: skip
def test_plurals(one: str, many: str) -> None:
    assert forms.plural_of(one) == many


@pytest.mark.parametrize(
    ("verb", "third", "ing", "past"),
    [("love", "loves", "loving", "loved"), ("cry", "cries", "crying", "cried"),
     ("stop", "stops", "stopping", "stopped"),
     ("play", "plays", "playing", "played"), ("wash", "washes", "washing", "washed"), ("lie", "lies", "lying", "lied"),
     ("free", "frees", "freeing", "freed"), ("travel", "travels", "travelling", "travelled"),
     ("open", "opens", "opening", "opened"), ("visit", "visits", "visiting", "visited"),
     ("follow", "follows", "following", "followed"), ("fill", "fills", "filling", "filled"),
     ("rain", "rains", "raining", "rained"), ("remember", "remembers", "remembering", "remembered"),
     ("hug", "hugs", "hugging", "hugged")],
)  # fmt: skip
def test_verbs(verb: str, third: str, ing: str, past: str) -> None:
    assert (forms.third_of(verb), forms.ing_of(verb), forms.past_of(verb)) == (third, ing, past)


@pytest.mark.parametrize(
    ("verb", "third", "ing"),
    [("go", "goes", "going"), ("have", "has", "having"), ("run", "runs", "running"), ("see", "sees", "seeing"),
     ("be", "is", "being"), ("sit", "sits", "sitting"), ("get", "gets", "getting"), ("forget", "forgets", "forgetting"),
     ("swim", "swims", "swimming"), ("die", "dies", "dying"), ("write", "writes", "writing"),
     ("put", "puts", "putting")],
)  # fmt: skip
def test_irregular_verbs(verb: str, third: str, ing: str) -> None:
    assert (forms.third_of(verb), forms.ing_of(verb)) == (third, ing)


COMPARATIVES = {
    "big": "bigger", "small": "smaller", "pretty": "prettier", "beautiful": "more beautiful", "tired": "more tired",
    "white": "whiter", "simple": "simpler", "narrow": "narrower", "sad": "sadder", "thin": "thinner", "brave": "braver",
    "clever": "more clever", "polite": "more polite", "noisy": "noisier", "red": "redder", "quiet": "quieter",
    "grey": "greyer", "dry": "drier", "shy": "shyer", "wicked": "more wicked", "fat": "fatter",
    "precious": "more precious",
    "young": "younger", "heavy": "heavier", "round": "rounder", "famous": "more famous", "weak": "weaker",
}  # fmt: skip


@pytest.mark.parametrize("adjective", COMPARATIVES)
def test_comparatives(adjective: str) -> None:
    assert forms.comparative_of(adjective) == COMPARATIVES[adjective]


def test_good_and_bad_are_irregular() -> None:
    assert {a.english: a.comparative for a in words().adjectives if a.english in ("good", "bad")} == {
        "good": "better", "bad": "worse"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("word", "article"),
    [("apple", "an"), ("uniform", "a"), ("university", "a"), ("honest man", "an"), ("hotel", "a"), ("umbrella", "an"),
     ("Italian singer", "an"), ("useful book", "a"), ("one", "a"), ("octopus", "an"), ("ugly uniform", "an")],
)  # fmt: skip
def test_a_or_an(word: str, article: str) -> None:
    assert forms.a_or_an(word) == article


def test_numbers() -> None:
    assert [forms.number(n) for n in (0, 7, 13, 20, 21, 90, 99)] == [
        "zero", "seven", "thirteen", "twenty", "twenty-one", "ninety", "ninety-nine"
    ]  # fmt: skip
