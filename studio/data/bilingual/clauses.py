"""Clauses of the phrase world: who does what, and who is what, with a tense that fits the rest."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from studio.data.bilingual.conjugation import BEING
from studio.data.bilingual.drawing import HE, SHE, THEY, WE, Draw, I, fitting_adjectives
from studio.data.bilingual.english_forms import number as english_number
from studio.data.bilingual.english_forms import plural_of
from studio.data.bilingual.french_sounds import number as french_number
from studio.data.bilingual.syntax import (
    Clause,
    Determiner,
    Features,
    Named,
    Negation,
    Phrase,
    Place,
    Pronoun,
    Someone,
    Tense,
    There,
    Thing,
)
from studio.data.bilingual.words import Both, Verb, words

Tenses = Sequence[tuple[int, Tense]]
ALL_TENSES: Tenses = (
    (30, "present"), (24, "past"), (14, "future"), (10, "imperfect"), (7, "progressive"), (5, "near"), (4, "just"),
    (3, "pluperfect"), (3, "conditional"),
)  # fmt: skip
STATE_TENSES: Tenses = ((5, "present"), (3, "past"), (2, "future"))
_NEGATIONS: tuple[tuple[int, Negation], ...] = ((7, "not"), (2, "never"), (2, "no longer"))
_TIMES = (("hour", "heures"), ("day", "jours"), ("week", "semaines"), ("month", "mois"), ("year", "ans"))
_MOMENT = Both("at the moment", "en ce moment")
_TIMED: dict[Tense, str] = {
    "present": "habit",
    "imperfect": "habit",
    "past": "past",
    "future": "future",
    "near": "future",
}
_INDIRECT = frozenset({"répondre", "obéir", "téléphoner", "ressembler", "sourire", "désobéir", "mentir"})


def deed(
    draw: Draw,
    *,
    subject: Phrase | None = None,
    tenses: Tenses = ALL_TENSES,
    bare: bool = False,
    lasting: bool = True,
    asking: bool = False,
) -> Clause:
    """Who does what.

    ``bare``: nothing about time, place and manner. ``lasting``: verbs of state may be drawn. ``asking``: the clause
    will be a question, of somebody who can be asked about.
    """
    verb = _verb(draw, lasting=lasting, person=subject is not None)
    tense = draw.weighted(tenses)
    while verb.felt and tense in ("progressive", "doing"):
        verb = _verb(draw, lasting=lasting, person=subject is not None)
    if verb.state:
        tense = draw.weighted([(w, t) for w, t in tenses if t in ("present", "past", "future")] or STATE_TENSES)
    if tense in ("past", "unreal") and verb.english[0] == verb.english[1]:
        subject = subject if subject and _tells_past(subject) else Pronoun(draw.one((HE, SHE)))
    if subject is None:
        agreeing = (verb.reflexive or verb.french in BEING) and tense in ("past", "pluperfect")
        subject = draw.subject(verb, agreeing=agreeing)
        while asking and isinstance(subject, Someone):
            subject = draw.subject(verb, agreeing=agreeing)
    found = _object(draw, verb, subject, tense)
    negation = negated(draw, subject, 0.13 if tense not in ("progressive", "just", "imperfect") else 0.0)
    often = None
    if not bare and not negation and not verb.state and tense in ("present", "past", "future") and draw.chance(0.1):
        often = draw.one(draw.words.adverbs["often"])
        draw.bond("often", often.english, verb.key)
    ends: tuple[Both | Place, ...] = () if bare else when(draw, tense, 0.1 if often else 0.25)
    if not bare and not ends and not verb.preposition and draw.chance(0.16):
        ends = (draw.place(verb.key),)
    elif not bare and not ends and not verb.state and not verb.objects and draw.chance(0.2):
        how = draw.one(draw.words.adverbs["how"])
        draw.bond("how", verb.key, how.english)
        ends = (how,)
    return Clause(subject, verb, tense, found, negation=negation, often=often, ends=ends)


def _verb(draw: Draw, *, lasting: bool, person: bool) -> Verb:
    found = draw.one(draw.words.verbs)
    while (found.state and not lasting) or (person and "person" not in found.subjects):
        found = draw.one(draw.words.verbs)
    return found


def _tells_past(subject: Phrase) -> bool:
    """Whether "read" and "reads" differ for it."""
    return subject.features.person == 3 and not subject.features.plural


def _object(draw: Draw, verb: Verb, subject: Phrase, tense: Tense) -> Phrase | None:
    """What it is done to: a place for verbs of going, else a noun, a name, sometimes a pronoun."""
    if not verb.objects:
        return None
    places = verb.objects & {"city", "country"}
    if places and (places == verb.objects or draw.chance(0.4)):
        place = draw.one([name for name in draw.words.places if name.kind in places])
        draw.bond("place", verb.key, place.english)
        return There(place)
    if "person" in verb.objects and draw.chance(0.35):
        agreeing = tense in ("past", "pluperfect")
        pronouns = [f for f in _others(agreeing=agreeing) if (f.person, f.plural) != _who(subject)]
        if draw.chance(0.35) and takes_pronoun(verb) and subject.features.person != 2:
            return Pronoun(draw.one(pronouns))
        name = draw.name()
        while isinstance(subject, Named) and name in subject.names:
            name = draw.name()
        return Named((name,))
    return draw.object(verb, subject)


def _others(*, agreeing: bool) -> tuple[Features, ...]:
    """Whom something may be done to; ``agreeing``: the participle tells their gender, which "me" does not."""
    return (HE, SHE, THEY) if agreeing else (I, HE, SHE, THEY, WE)


def _who(subject: Phrase) -> tuple[int, bool]:
    """Whom a pronoun of the same kind would mean; none for the third person, where it is somebody else."""
    features = subject.features
    if features.person == 1:
        return (1, True) if features.plural else (1, False)
    return (0, False)


def takes_pronoun(verb: Verb) -> bool:
    """Whether its object may be a pronoun before the French verb."""
    return not verb.french_preposition or verb.french in _INDIRECT


def about(draw: Draw, subject: Phrase | None = None, tense: Tense | None = None, *, asking: bool = False) -> Clause:
    """Somebody or something is somehow, or is somewhere."""
    usual: Tenses = ((6, "present"), (3, "past"), (2, "future"), (1, "conditional"))
    found: Tense = draw.weighted(usual) if tense is None else tense
    if subject is None:
        subject = _described(draw)
        while asking and isinstance(subject, Someone):
            subject = _described(draw)
    negation = negated(draw, subject, 0.2)
    key = subject.noun.english if isinstance(subject, Thing) else "somebody"
    fitting = fitting_adjectives(subject.noun.kinds if isinstance(subject, Thing) else frozenset({"person"}))
    if not fitting or (draw.chance(0.22) and not isinstance(subject, Someone)):
        return Clause(subject, None, found, predicate=draw.place(key), negation=negation)
    features = subject.features
    if features.person < 3 and features in (I, Features(2)):
        fitting = [adjective for adjective in fitting if adjective.alike]
    adjective = draw.one(fitting)
    draw.bond("adjective", adjective.english, key)
    return Clause(subject, None, found, predicate=adjective, negation=negation)


def _described(draw: Draw) -> Phrase:
    """Somebody, or a thing of which something can be said."""
    if draw.chance(0.45):
        return draw.person()
    noun = draw.noun(
        "animal", "food", "object", "clothing", "furniture", "part", "vehicle", "building", "room", "document"
    )
    determiner: Determiner = draw.weighted(((6, "the"), (1, "this")))
    if draw.chance(0.2):
        return Thing(noun, owner=draw.one((I, WE, HE, SHE, THEY)), plural=draw.chance(0.3) and not noun.mass)
    if draw.chance(0.15):
        return Thing(noun, owner=draw.owner(noun))
    return Thing(noun, plural=draw.chance(0.3) and not noun.mass, determiner=determiner)


def negated(draw: Draw, subject: Phrase, share: float) -> Negation:
    """Whether and how it is not so; of nobody everything is denied already."""
    if isinstance(subject, Someone) and subject.which in ("nobody", "everybody", "somebody"):
        return ""
    return draw.weighted(_NEGATIONS) if draw.chance(share) else ""


def when(draw: Draw, tense: Tense, share: float) -> tuple[Both, ...]:
    """When it happens, in words that fit the tense."""
    if not draw.chance(share):
        return ()
    if tense == "progressive":
        return (_MOMENT,)
    kind = _TIMED.get(tense)
    if kind is None:
        return ()
    if kind in ("past", "future") and draw.chance(0.25):
        return (_distance(draw, ago=kind == "past"),)
    return (draw.one(draw.words.adverbs[kind]),)


def _distance(draw: Draw, *, ago: bool) -> Both:
    """Three days ago; in three days."""
    many = draw.number(2, 20)
    unit, units = draw.one(_TIMES)
    english = f"{english_number(many)} {plural_of(unit)}"
    french = f"{french_number(many)} {units}"
    return Both(f"{english} ago", f"il y a {french}") if ago else Both(f"in {english}", f"dans {french}")


@cache
def noun_kinds() -> frozenset[str]:
    """All headings that nouns stand under."""
    return frozenset(kind for noun in words().nouns for kind in noun.kinds)
