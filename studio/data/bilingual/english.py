"""A sentence of the phrase world in English."""

from __future__ import annotations

from studio.data.bilingual import english_forms as forms
from studio.data.bilingual.syntax import (
    Clause,
    Comparison,
    Features,
    Named,
    Phrase,
    Place,
    Pronoun,
    Sentence,
    Someone,
    There,
    Thing,
    Topic,
)
from studio.data.bilingual.words import Adjective, Both, Profession, Verb

_SUBJECTS = {(1, False): "I", (2, False): "you", (1, True): "we", (2, True): "you", (3, True): "they"}
_OBJECTS = {(1, False): "me", (2, False): "you", (1, True): "us", (2, True): "you", (3, True): "them"}
_OWNERS = {(1, False): "my", (2, False): "your", (1, True): "our", (2, True): "your", (3, True): "their"}
_DETERMINERS = {
    "this": ("this", "these"), "that": ("that", "those"), "many": ("many", "many"), "several": ("several", "several"),
    "every": ("every", "every"), "all": ("all the", "all the"), "how many": ("how many", "how many"),
    "which": ("which", "which"), "": ("", ""), "the": ("the", "the"),
}  # fmt: skip
_ASKING = {"where": "where", "why": "why", "when": "when"}
_BE = {(1, False): ("am", "was"), (3, False): ("is", "was")}


def english(sentence: Sentence) -> str:
    """The sentence as it is written: with its capital and its mark."""
    words = " ".join(filter(None, (_piece(piece) for piece in sentence.pieces)))
    words = words.replace(" ,", ",")
    return words[0].upper() + words[1:] + sentence.mark


def _piece(piece: Clause | Phrase | Both | Topic) -> str:
    if isinstance(piece, Both):
        return piece.english
    if isinstance(piece, Topic):
        return f"{phrase(piece.phrase)},"
    return clause(piece) if isinstance(piece, Clause) else phrase(piece)


def phrase(some: Phrase, *, subject: bool = False, negated: bool = False) -> str:
    """A phrase; ``negated`` stands after a "not", where "some" becomes "any"."""
    if isinstance(some, Pronoun):
        return _pronoun(some.features, _SUBJECTS if subject else _OBJECTS, ("he", "she") if subject else ("him", "her"))
    if isinstance(some, Someone):
        return some.which
    if isinstance(some, Named):
        return " and ".join(name.english for name in some.names)
    if isinstance(some, There):
        return some.name.english
    words = " ".join(
        [*(a.english for a in some.adjectives), some.noun.english_plural if some.plural else some.noun.english]
    )
    words = " ".join(filter(None, (_determiner(some, words, negated=negated), words)))
    return f"{words} {_relative(some, some.relative)}" if some.relative else words


def clause(some: Clause) -> str:
    """Who does what."""
    if some.tense == "imperative":
        return _command(some)
    subject = "" if some.gap == "subject" else phrase(some.subject, subject=True)
    finite, rest = _verbs(some)
    if some.asked not in ("", "subject"):
        if not finite:
            finite, rest = _with_do(some, rest)
        asked = _ASKING.get(some.asked, "")
        if some.asked == "object":
            asked = "what" if some.object is None else phrase(some.object)
        inner = [*_negation(some), *_middle(some), *rest]
        return _line(asked, finite, subject, *inner, *_after(some))
    if some.negation == "not" and not finite:
        finite, rest = _with_do(some, rest)
    return _line(subject, finite, *_negation(some), *_middle(some), *rest, *_after(some))


def _command(some: Clause) -> str:
    assert some.verb is not None
    verb = [some.verb.english[0], some.verb.tail]
    start = {"not": ["do not"], "never": ["never"], "no longer": ["no longer"]}.get(some.negation, [])
    return _line(*start, *verb, *_after(some))


def _negation(some: Clause) -> list[str]:
    return [some.negation] if some.negation else []


def _middle(some: Clause) -> list[str]:
    return [some.often.english] if some.often else []


def _verbs(some: Clause) -> tuple[str, list[str]]:
    """The finite auxiliary ("" where there is none) and the verbs after it."""
    features = some.subject.features
    verb = some.verb
    base, past, participle = verb.english if verb else ("be", "was", "been")
    tail = [verb.tail] if verb and verb.tail else []
    if some.modal:
        modal_base, modal_past, modal_participle = some.modal.english
        inner = [base, *tail]
        if some.modal.auxiliary:
            return modal_past if some.tense in ("past", "imperfect") else modal_base, inner
        inner = ["to", *inner]
        return _tensed(some, features, modal_base, modal_past, modal_participle, inner)
    return _tensed(some, features, base, past, participle, tail)


def _tensed(
    some: Clause, features: Features, base: str, past: str, participle: str, tail: list[str]
) -> tuple[str, list[str]]:
    be_now, be_then = _BE.get((features.person, features.plural), ("are", "were"))
    tense = some.tense
    if base == "be":
        if tense == "present":
            return be_now, tail
        if tense in ("past", "imperfect"):
            return be_then, tail
    if tense == "present":
        third = features.person == 3 and not features.plural
        return "", [forms.third_of(base) if third else base, *tail]
    if tense in ("past", "unreal"):
        return "", [past, *tail]
    if tense == "imperfect":
        return "", ["used", "to", base, *tail]
    if tense in ("future", "conditional"):
        return "will" if tense == "future" else "would", [base, *tail]
    if tense == "pluperfect":
        return "had", [participle, *tail]
    if tense == "just":
        has = "has" if features.person == 3 and not features.plural else "have"
        return has, ["just", participle, *tail]
    if tense == "doing":
        return be_then, [forms.ing_of(base), *tail]
    assert tense in ("progressive", "near"), tense
    if tense == "near":
        return be_now, ["going", "to", base, *tail]
    return be_now, [forms.ing_of(base), *tail]


def _with_do(some: Clause, rest: list[str]) -> tuple[str, list[str]]:
    """A simple tense said with "do": ("does", ["eat"])."""
    verb = some.modal.english if some.modal else some.verb.english if some.verb else ("be", "was", "been")
    features = some.subject.features
    third = features.person == 3 and not features.plural
    if some.tense == "imperfect":
        return "did", ["use", *rest[1:]]
    finite = "did" if some.tense in ("past", "unreal") else "does" if third else "do"
    return finite, [verb[0], *rest[1:]]


def _after(some: Clause) -> list[str]:
    """All that follows the verb."""
    negated = some.negation != "" or some.subject == Someone("nobody")
    words: list[str] = []
    if some.verb is not None:
        words += _object(some, some.verb, negated)
    if some.recipient is not None:
        words += ["to", phrase(some.recipient)]
    if some.predicate is not None:
        words.append(_predicate(some))
    words += [end.english if isinstance(end, Both) else place(end) for end in some.ends]
    return words


def _object(some: Clause, verb: Verb, negated: bool) -> list[str]:
    hidden = some.object is None or some.asked == "object" or some.gap == "object"
    said = "" if hidden or some.object is None else phrase(some.object, negated=negated)
    if verb.particle and isinstance(some.object, Pronoun):
        return [said, verb.particle]
    takes = some.object is not None or some.asked == "object"
    return [verb.preposition if takes else "", verb.particle, said]


def _predicate(some: Clause) -> str:
    found = some.predicate
    if isinstance(found, Adjective):
        return found.english
    if isinstance(found, Comparison):
        than = phrase(found.than)
        return f"{found.adjective.comparative} than {than}" if found.more else f"as {found.adjective.english} as {than}"
    if isinstance(found, Profession):
        if some.subject.features.plural:
            return forms.plural_of(found.english)
        return f"{forms.a_or_an(found.english)} {found.english}"
    if isinstance(found, Place):
        return place(found)
    assert isinstance(found, Both)
    return found.english


def place(some: Place) -> str:
    """``in the garden``."""
    return f"{some.relation.english} {phrase(some.phrase)}"


def _pronoun(features: Features, table: dict[tuple[int, bool], str], he_she: tuple[str, str]) -> str:
    found = table.get((features.person, features.plural))
    return found or ("it" if features.thing else he_she[features.gender == "f"])


def _determiner(thing: Thing, words: str, *, negated: bool) -> str:
    if isinstance(thing.owner, Features):
        return _pronoun(thing.owner, _OWNERS, ("his", "her")) if not thing.owner.thing else "its"
    if thing.owner is not None:
        said = phrase(thing.owner)
        return f"{said}'" if said.endswith("s") else f"{said}'s"
    if thing.number:
        return forms.number(thing.number)
    if thing.determiner == "a":
        if thing.plural or thing.noun.mass:
            return "any" if negated else "some"
        return forms.a_or_an(words)
    return _DETERMINERS[thing.determiner][thing.plural]


def _relative(thing: Thing, some: Clause) -> str:
    who = "that" if thing.features.thing or some.gap == "object" else "who"
    return f"{who} {clause(some)}"


def _line(*words: str) -> str:
    return " ".join(filter(None, words))
