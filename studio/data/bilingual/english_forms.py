"""How English words change: plurals, third persons, -ing, past, comparatives, "a" or "an", numbers in words."""

from __future__ import annotations

_SIBILANTS = ("s", "x", "z", "ch", "sh")
_VOWELS = "aeiou"
_DOUBLED = frozenset({"begin", "forget", "prefer", "travel"})
"""Verbs of more than one syllable that double their last letter."""
_LIKE_YOU = ("uni", "use", "eu", "one")
_SILENT_H = ("hour", "honest")
_ODD_COMPARATIVES = {
    "shy": "shyer", "dry": "drier", "grey": "greyer", "sincere": "more sincere",
}  # fmt: skip
_LONG_ENDINGS = ("ful", "less", "ous", "ing", "ed", "ant", "ent", "est", "ish", "ese", "able", "ret", "ern", "ect")
_NEVER_SHORT = frozenset({"tired", "ill", "lost", "blind", "broken", "French", "Greek", "golden", "open", "closed"})
_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def plural_of(noun: str) -> str:
    """The plural of a regular noun; of a compound that of its last word."""
    if noun.endswith("y") and noun[-2] not in _VOWELS:
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(_SIBILANTS) else f"{noun}s"


def third_of(verb: str) -> str:
    """What he or she does: ``goes``, ``cries``, ``washes``."""
    if verb in {"have", "be"}:
        return {"have": "has", "be": "is"}[verb]
    return f"{verb}es" if verb.endswith("o") else plural_of(verb)


def ing_of(verb: str) -> str:
    """``making``, ``running``, ``lying``, ``seeing``."""
    if verb.endswith("ie"):
        return f"{verb[:-2]}ying"
    if verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")) and verb != "be":
        return f"{verb[:-1]}ing"
    return f"{_doubled(verb)}ing"


def past_of(verb: str) -> str:
    """The past and participle of a regular verb: ``loved``, ``cried``, ``stopped``."""
    if verb.endswith("e"):
        return f"{verb}d"
    if verb.endswith("y") and verb[-2] not in _VOWELS:
        return f"{verb[:-1]}ied"
    return f"{_doubled(verb)}ed"


def comparative_of(adjective: str) -> str:
    """``smaller``, ``bigger``, ``happier``, ``more beautiful``."""
    if adjective in _ODD_COMPARATIVES:
        return _ODD_COMPARATIVES[adjective]
    vowels = sum(1 for a, b in zip(" " + adjective, adjective, strict=False) if b in "aeiouy" and a not in "aeiouy")
    syllables = vowels - (adjective.endswith("e") and not adjective.endswith("le"))
    short = syllables == 1 or (syllables == 2 and adjective.endswith(("y", "ow", "le")))
    if not short or adjective in _NEVER_SHORT or (adjective.endswith(_LONG_ENDINGS) and syllables > 1):
        return f"more {adjective}"
    if adjective.endswith("y"):
        return f"{adjective[:-1]}ier"
    return f"{adjective}r" if adjective.endswith("e") else f"{_doubled(adjective)}er"


def a_or_an(word: str) -> str:
    """The article by the sound that the word begins with."""
    lower = word.lower()
    if lower.startswith(_SILENT_H):
        return "an"
    return "an" if lower[0] in _VOWELS and not lower.startswith(_LIKE_YOU) else "a"


def number(value: int) -> str:
    """A whole number from 0 to 99 in words."""
    if value < 20:
        return _ONES[value]
    tens, ones = divmod(value, 10)
    return _TENS[tens] + (f"-{_ONES[ones]}" if ones else "")


def _doubled(word: str) -> str:
    """With its last letter doubled where one short vowel stands before it."""
    if len(word) < 3 or word[-1] in "aeiouywx" or word[-2] not in _VOWELS:
        return word
    one_syllable = word[-3] not in _VOWELS and not any(letter in "aeiouy" for letter in word[:-3])
    return word + word[-1] if one_syllable or word in _DOUBLED else word
