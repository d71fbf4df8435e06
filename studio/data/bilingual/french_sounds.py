"""How French words meet and change: elision before a vowel's sound, contraction with the article, plurals, numbers."""

from __future__ import annotations

import unicodedata

_ELIDED = frozenset({"je", "le", "la", "de", "ne", "que", "me", "te", "se", "ce"})
_UNELIDED_H = (
    "hache", "hamster", "haricot", "harpe", "haut", "hérisson", "héros", "hibou", "hockey", "homard", "hongr", "hurl",
)  # fmt: skip
"""Stems whose h keeps words apart (h aspiré); before every other h words melt together."""
_UNELIDED = ("huit", "onze", "onzième", "oui", "yaourt", "ouistiti", "uhlan")
_PLURAL_X = frozenset({"bijou", "caillou", "chou", "genou", "hibou", "joujou", "pou"})
_PLURAL_ALS = frozenset({"bal", "carnaval", "festival", "chacal"})
_ONES = (
    "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze", "treize",
    "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf",
)  # fmt: skip
_TENS = ("", "", "vingt", "trente", "quarante", "cinquante", "soixante", "soixante", "quatre-vingt", "quatre-vingt")


def opens_with_vowel(word: str) -> bool:
    """Whether the word before it is cut short: ``arbre``, ``homme``, ``œuf`` and ``y``, but neither ``hibou`` nor
    ``onze``."""
    first = word.split(" ")[0].lower().strip(".,;:?!")
    if not first or first in _UNELIDED or first.removesuffix("s") in _UNELIDED or first.startswith(_UNELIDED_H):
        return False
    letter = unicodedata.normalize("NFD", first)[0]
    return letter in "aeiouhœ" or first == "y"


def joined(words: str) -> str:
    """Words parted by spaces, as they are written: ``je ai`` becomes ``j'ai``, ``si il`` becomes ``s'il``."""
    pieces = words.split()
    made: list[str] = []
    for word, following in zip(pieces, [*pieces[1:], ""], strict=True):
        cut = word in _ELIDED and opens_with_vowel(following)
        cut = cut or (word == "si" and following in {"il", "ils"})
        made.append(f"{word[:-1]}'" if cut else f"{word} ")
    return "".join(made).strip()


def with_a(phrase: str) -> str:
    """A phrase after ``à``: ``au garçon``, ``à l'école``, ``aux enfants``."""
    return _contracted("à", "au", "aux", phrase)


def with_de(phrase: str) -> str:
    """A phrase after ``de``: ``du garçon``, ``de l'école``, ``des enfants``."""
    return _contracted("de", "du", "des", phrase)


def _contracted(preposition: str, masculine: str, plural: str, phrase: str) -> str:
    article, _, rest = phrase.partition(" ")
    if article == "les" and rest:
        return f"{plural} {rest}"
    if article == "le" and rest and not opens_with_vowel(rest):
        return f"{masculine} {rest}"
    return f"{preposition} {phrase}"


def plural_of(word: str) -> str:
    """The plural of a regular noun or masculine adjective."""
    if word.endswith(("s", "x", "z")):
        return word
    if word.endswith("al") and word not in _PLURAL_ALS:
        return f"{word[:-2]}aux"
    if (word.endswith(("eau", "eu")) and word != "bleu") or word.endswith("yau") or word in _PLURAL_X:
        return f"{word}x"
    return f"{word}s"


def number(value: int, *, feminine: bool = False) -> str:
    """A whole number from 0 to 99 in words, hyphens as before 1990: ``vingt et un``, ``quatre-vingts``."""
    one = "une" if feminine else "un"
    if value < 20:
        return one if value == 1 else _ONES[value]
    tens, ones = divmod(value, 10)
    if tens in (7, 9):
        ones += 10
    name = _TENS[tens]
    if value == 80:
        return "quatre-vingts"
    if ones == 0:
        return name
    if ones in (1, 11) and tens < 8:
        return f"{name} et {one if ones == 1 else 'onze'}"
    return f"{name}-{one if ones == 1 else _ONES[ones]}"
