"""Fixed terms: where they are asked for, and what translations could hold them."""

import pytest

from studio.config.requests import Term
from studio.generation.glossary import asked_for, beginnings, exchanged, holds

DOG, HOT_DOG = Term(source="dog", target="toutou"), Term(source="hot dog", target="hot-dog")


def test_terms_are_whole_words_and_the_longer_ones_win() -> None:
    assert asked_for("The Dog and the dogma.", (DOG, HOT_DOG)) == (DOG,)
    assert asked_for("A hot  dog.", (DOG, HOT_DOG)) == (HOT_DOG,)
    assert asked_for("A hot dog and a dog.", (DOG, HOT_DOG)) == (HOT_DOG, DOG)
    assert asked_for("Dogma.", (DOG, HOT_DOG)) == ()


@pytest.mark.parametrize(
    ("translation", "holding"),
    [("Le toutou dort.", True), ("Toutou dort.", True), ("Le toutous dort.", False), ("Le TOUTOU dort.", False)],
)
def test_a_translation_holds_a_term_in_its_own_case(translation: str, holding: bool) -> None:
    assert holds(translation, DOG) == holding


def test_translations_that_could_hold_it() -> None:
    assert beginnings("Le chien dort.", DOG) == ["Toutou", "Le toutou", "Le chien toutou", "Le chien dort. toutou"]
    assert beginnings("Le chien dort.", DOG, after=3) == ["Le chien toutou", "Le chien dort. toutou"]
    assert exchanged("Le chien dort.", DOG) == ["Toutou chien dort.", "Le toutou dort.", "Le chien toutou."]
    assert exchanged("Le chien dort.", DOG, after=5) == ["Le chien toutou."]
