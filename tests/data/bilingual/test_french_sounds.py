"""Elision, contraction, plurals and numbers."""

import pytest

from studio.data.bilingual import french_sounds
from studio.data.bilingual.french_sounds import joined, number, opens_with_vowel, plural_of, with_a, with_de


@pytest.mark.parametrize(
    "word", ["arbre", "Élise", "homme", "hôtel", "hôpital", "œuf", "île", "habite", "Henri", "y", "une"]
)
def test_words_that_melt_with_the_one_before(word: str) -> None:
    assert opens_with_vowel(word)


@pytest.mark.parametrize(
    "word",
    ["garçon", "hibou", "hiboux", "héros", "hérissons", "hache", "haricots", "homard", "harpe", "hamster", "hockey",
     "Hongrie", "hurle", "haute", "onze", "huit", "yaourt", "yaourts", "oui", ""],
)  # fmt: skip
def test_words_that_stay_apart(word: str) -> None:
    assert not opens_with_vowel(word)


@pytest.mark.parametrize(
    ("apart", "written"),
    [("je ai le arbre", "j'ai l'arbre"), ("il ne a pas de argent", "il n'a pas d'argent"), ("la hache", "la hache"),
     ("je me habille", "je m'habille"), ("si il pleut", "s'il pleut"), ("si elle vient", "si elle vient"),
     ("est-ce que elle se assied", "est-ce qu'elle s'assied"), ("parce que Anne", "parce qu'Anne"),
     ("le onze", "le onze"), ("il y a", "il y a"), ("il ne y a pas", "il n'y a pas"), ("de huit œufs", "de huit œufs")],
)  # fmt: skip
def test_elision(apart: str, written: str) -> None:
    assert joined(apart) == written


@pytest.mark.parametrize(
    ("phrase", "to", "of"),
    [("le garçon", "au garçon", "du garçon"), ("la fille", "à la fille", "de la fille"),
     ("le hôtel", "à le hôtel", "de le hôtel"), ("les enfants", "aux enfants", "des enfants"),
     ("le hibou", "au hibou", "du hibou"), ("Marie", "à Marie", "de Marie"), ("mon ami", "à mon ami", "de mon ami"),
     ("tous les jours", "à tous les jours", "de tous les jours")],
)  # fmt: skip
def test_contraction(phrase: str, to: str, of: str) -> None:
    assert (with_a(phrase), with_de(phrase)) == (to, of)


def test_contraction_gives_way_to_elision() -> None:
    assert joined(with_a("le hôtel")) == "à l'hôtel"
    assert joined(with_de("le élève")) == "de l'élève"


@pytest.mark.parametrize(
    ("one", "many"),
    [("chat", "chats"), ("cheval", "chevaux"), ("bal", "bals"), ("gâteau", "gâteaux"), ("neveu", "neveux"),
     ("bleu", "bleus"), ("souris", "souris"), ("noix", "noix"), ("hibou", "hiboux"), ("kangourou", "kangourous"),
     ("bijou", "bijoux"), ("national", "nationaux")],
)  # fmt: skip
def test_plurals(one: str, many: str) -> None:
    assert plural_of(one) == many


def test_numbers() -> None:
    expected = {
        0: "zéro", 1: "un", 16: "seize", 17: "dix-sept", 20: "vingt", 21: "vingt et un", 22: "vingt-deux",
        31: "trente et un", 60: "soixante", 61: "soixante et un", 70: "soixante-dix", 71: "soixante et onze",
        72: "soixante-douze", 79: "soixante-dix-neuf", 80: "quatre-vingts", 81: "quatre-vingt-un",
        90: "quatre-vingt-dix", 91: "quatre-vingt-onze", 99: "quatre-vingt-dix-neuf",
    }  # fmt: skip
    assert {value: number(value) for value in expected} == expected
    assert [number(v, feminine=True) for v in (1, 21, 81, 80)] == [
        "une",
        "vingt et une",
        "quatre-vingt-une",
        "quatre-vingts",
    ]
    assert len({french_sounds.number(value) for value in range(100)}) == 100
