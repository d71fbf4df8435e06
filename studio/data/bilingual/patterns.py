"""The sentences of the phrase world: how clauses are put together, and how often each kind comes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from studio.data.bilingual import english, french
from studio.data.bilingual.clauses import Tenses, about, deed, negated, noun_kinds, takes_pronoun, when
from studio.data.bilingual.drawing import HE, SHE, THEY, WE, YOU, Draw, I, fitting_adjectives
from studio.data.bilingual.english_forms import number as english_number
from studio.data.bilingual.french_sounds import number as french_number
from studio.data.bilingual.syntax import (
    Asked,
    Clause,
    Comparison,
    Determiner,
    Features,
    Modal,
    Named,
    Negation,
    Phrase,
    Pronoun,
    Sentence,
    Someone,
    Tense,
    There,
    Thing,
    Topic,
)
from studio.data.bilingual.words import Adjective, Both, Verb, words

_STATE_TENSES: Tenses = ((5, "present"), (3, "past"), (2, "future"))
_NOW: Tenses = ((1, "present"),)
_NOW_PAST_FUTURE: Tenses = ((2, "present"), (2, "past"), (1, "future"))
_OFTEN_PAST: Tenses = ((3, "present"), (5, "past"), (2, "future"), (1, "imperfect"))
_NOBODY: frozenset[str] = frozenset()
_MODALS: tuple[tuple[Modal, tuple[Tense, ...]], ...] = (
    (Modal(("can", "could", ""), "pouvoir", auxiliary=True), ("present",)),
    (Modal(("could", "could", ""), "pouvoir", auxiliary=True), ("conditional",)),
    (Modal(("must", "must", ""), "devoir", auxiliary=True), ("present",)),
    (Modal(("should", "should", ""), "devoir", auxiliary=True), ("conditional",)),
    (Modal(("want", "wanted", "wanted"), "vouloir"), ("present", "past", "future")),
    (Modal(("like", "liked", "liked"), "aimer"), ("present", "conditional")),
    (Modal(("try", "tried", "tried"), "essayer", french_preposition="de"), ("present", "future")),
    (Modal(("hope", "hoped", "hoped"), "espérer"), ("present",)),
    (Modal(("begin", "began", "begun"), "commencer", french_preposition="à"), ("present", "future")),
    (Modal(("refuse", "refused", "refused"), "refuser", french_preposition="de"), ("present", "future")),
    (Modal(("forget", "forgot", "forgotten"), "oublier", french_preposition="de"), ("present", "future")),
    (Modal(("learn", "learnt", "learnt"), "apprendre", french_preposition="à"), ("present", "future")),
    (Modal(("continue", "continued", "continued"), "continuer", french_preposition="à"), ("present", "future")),
)
_WEATHER = (("rain", ("pleut", "pleuvait", "pleuvra")), ("snow", ("neige", "neigeait", "neigera")))
_SKY = (("cold", "froid"), ("hot", "chaud"), ("dark", "nuit"), ("cool", "frais"))
_CALLED = (
    (Both("children ,", "les enfants ,"), Features(2, plural=True)),
    (Both("my friends ,", "mes amis ,"), Features(2, plural=True)),
    (Both("girls ,", "les filles ,"), Features(2, plural=True, gender="f")),
    (Both("sir ,", "monsieur ,"), Features(2, polite=True)),
    (Both("madam ,", "madame ,"), Features(2, gender="f", polite=True)),
    (Both("doctor ,", "docteur ,"), Features(2, polite=True)),
)
_ABSOLUTE = frozenset({"royal", "national", "public", "golden", "lost", "broken", "square", "original", "magic"})
_HOURS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def _verb(english_words: tuple[str, str, str], french_word: str) -> Verb:
    return Verb(english_words, "", "", "", french_word, "", "", False, _NOBODY, _NOBODY, state=True)


_AGE = _verb(("be", "was", "been"), "avoir")
_COST = _verb(("cost", "cost", "cost"), "coûter")
_THINK = _verb(("think", "thought", "thought"), "penser")


def plain(draw: Draw) -> Sentence:
    """Who does what, when and where."""
    return Sentence((deed(draw),))


def addressed(draw: Draw) -> Sentence:
    """Somebody is called and told, or asked, about themselves."""
    called, features = _called(draw)
    told = about(draw, Pronoun(features)) if draw.chance(0.35) else deed(draw, subject=Pronoun(features))
    return Sentence((called, told)) if draw.chance(0.5) else Sentence((called, replace(told, asked="yes")), "?")


def _called(draw: Draw) -> tuple[Both, Features]:
    """Who is spoken to: one by name is "tu", a sir or several are "vous"."""
    if draw.chance(0.5):
        name = draw.name()
        return Both(f"{name.english} ,", f"{name.french} ,"), Features(2, gender="f" if name.gender == "f" else "m")
    return draw.one(_CALLED)


def description(draw: Draw) -> Sentence:
    """Somebody or something is somehow."""
    return Sentence((about(draw),))


def question(draw: Draw) -> Sentence:
    """Whether, where, why, when, who, what."""
    kinds: tuple[tuple[int, Asked], ...] = (
        (35, "yes"), (12, "where"), (12, "why"), (10, "when"), (12, "subject"), (19, "object"),
    )  # fmt: skip
    asked = draw.weighted(kinds)
    if asked == "object":
        return Sentence((_asked_object(draw),), "?")
    if asked == "yes" and draw.chance(0.3):
        return Sentence((replace(about(draw, asking=True), asked="yes"),), "?")
    tenses: Tenses = ((4, "present"), (4, "past"), (2, "future"))
    who = Someone("who") if asked == "subject" else None
    told = deed(draw, subject=who, tenses=tenses, bare=asked != "yes", asking=True)
    return Sentence((replace(told, asked=asked, negation="" if asked in ("where", "when") else told.negation),), "?")


def _asked_object(draw: Draw) -> Clause:
    """What, which or how many somebody does something to."""
    verb = draw.one(_direct_verbs())
    doer = draw.person()
    while isinstance(doer, Someone):
        doer = draw.person()
    tense = draw.weighted(_STATE_TENSES if verb.state else _NOW_PAST_FUTURE)
    draw.bond("asked", verb.key, tense)
    kinds = verb.objects & noun_kinds()
    if draw.chance(0.4) and not kinds & {"person", "animal"}:
        return Clause(doer, verb, tense, None, asked="object")
    noun = draw.noun(*kinds)
    while noun.mass:
        noun = draw.noun(*kinds)
    draw.bond("object", verb.key, noun.english)
    determiner: Determiner = draw.one(("which", "how many"))
    thing = Thing(noun, plural=determiner == "how many" or draw.chance(0.3), determiner=determiner)
    return Clause(doer, verb, tense, thing, asked="object")


def giving(draw: Draw) -> Sentence:
    """Something is given to somebody."""
    verb = draw.one(draw.words.giving)
    subject = draw.person()
    thing = draw.object(verb, subject)
    recipient: Phrase = Named((draw.name(),))
    if draw.chance(0.55):
        recipient = Thing(draw.noun("person"), plural=draw.chance(0.3))
        draw.bond("giving", verb.key, recipient.noun.english)
    elif draw.chance(0.3):
        others = (I, HE, SHE, THEY, WE) if subject.features.person == 3 else (HE, SHE, THEY)
        recipient = Pronoun(draw.one(others))
    tense: Tense = draw.weighted(((3, "present"), (4, "past"), (2, "future"), (1, "near")))
    negation = negated(draw, subject, 0.15)
    return Sentence((Clause(subject, verb, tense, thing, recipient, negation=negation, ends=when(draw, tense, 0.25)),))


def modal(draw: Draw) -> Sentence:
    """Somebody can, must, wants to do something."""
    some, tenses = draw.one(_MODALS)
    told = deed(draw, bare=True, lasting=False, tenses=_NOW)
    assert told.verb is not None
    draw.bond("modal", some.english[0], told.verb.key)
    negation = negated(draw, told.subject, 0.2)
    told = replace(told, tense=draw.one(tenses), modal=some, negation=negation)
    if draw.chance(0.2) and not isinstance(told.subject, Someone):
        return Sentence((replace(told, asked="yes"),), "?")
    return Sentence((told,))


def command(draw: Draw) -> Sentence:
    """Somebody is told to do something, or not to."""
    called, features = _called(draw) if draw.chance(0.6) else (None, YOU)
    told = deed(draw, subject=Pronoun(features), bare=True, lasting=False, tenses=_NOW)
    negation: Negation = "not" if draw.chance(0.35) else ""
    told = replace(told, tense="imperative", negation=negation)
    return Sentence((called, told) if called else (told,), "!")


def there_is(draw: Draw) -> Sentence:
    """Something is somewhere."""
    noun = draw.noun("animal", "object", "person", "food", "furniture", "vehicle")
    plural = draw.chance(0.4) and not noun.mass
    number = draw.number(2, 20) if plural and draw.chance(0.4) else 0
    some = Thing(noun, plural=plural, determiner="a", number=number, adjectives=draw.adjectives(noun, 0.25))
    place = draw.place(noun.english)
    no = not number and draw.chance(0.15)
    tense: Tense = draw.weighted(_STATE_TENSES)
    asks = draw.chance(0.2)
    be = {"present": "are" if plural else "is", "past": "were" if plural else "was", "future": "will"}[tense]
    left = (be, "there") if asks else ("there", be)
    has = {"present": "a", "past": "avait", "future": "aura"}[tense]
    right = (*(("est-ce", "que") if asks else ()), "il", *(("ne",) if no else ()), "y", has, *(("pas",) if no else ()))
    said = (
        Both(" ".join((*left, *(("not",) if no else ()), *(("be",) if tense == "future" else ()))), " ".join(right)),
        Both(english.phrase(some, negated=no), french.phrase(some, negated=no)),
        Both(english.place(place), french.place(place)),
    )
    return Sentence(said, "?" if asks else ".")


def profession(draw: Draw) -> Sentence:
    """What somebody is by trade."""
    subject: Phrase = Named((draw.name(),)) if draw.chance(0.7) else Pronoun(draw.one((HE, SHE, THEY)))
    found = draw.one(draw.words.professions)
    draw.bond("profession", english.phrase(subject, subject=True), found.english)
    tense: Tense = draw.weighted(_STATE_TENSES)
    told = Clause(subject, None, tense, predicate=found, negation=negated(draw, subject, 0.2))
    return Sentence((replace(told, asked="yes"),), "?") if draw.chance(0.2) else Sentence((told,))


def counted(draw: Draw) -> Sentence:
    """Ages, prices, the time of day, the weather."""
    return draw.weighted(((4, _age), (4, _price), (2, _clock), (2, _weather)))(draw)


def _age(draw: Draw) -> Sentence:
    many = draw.number(2, 99)
    subject: Phrase = Named((draw.name(),)) if draw.chance(0.6) else Thing(draw.noun("person"), owner=draw.one((I, WE)))
    draw.bond("age", english.phrase(subject), many)
    tail = Both(f"{english_number(many)} years old", f"{french_number(many)} ans")
    return Sentence((Clause(subject, _AGE, draw.weighted(_STATE_TENSES), ends=(tail,)),))


def _price(draw: Draw) -> Sentence:
    noun = draw.noun("object", "clothing", "furniture", "vehicle", "document")
    many = draw.number(2, 99)
    determiner: Determiner = draw.one(("the", "this"))
    thing = Thing(noun, plural=draw.chance(0.3), determiner=determiner, adjectives=draw.adjectives(noun, 0.3))
    draw.bond("price", noun.english, many)
    tail = Both(f"{english_number(many)} euros", f"{french_number(many)} euros")
    tense: Tense = draw.weighted(_STATE_TENSES)
    if thing.plural and tense == "past":  # "they cost" would be said of both
        tense = "present"
    return Sentence((Clause(thing, _COST, tense, ends=(tail,)),))


def _clock(draw: Draw) -> Sentence:
    """It is half past three."""
    hour = draw.number(1, 12)
    left = "twelve" if hour == 12 else _HOURS[hour - 1]
    right = f"{french_number(hour, feminine=True)} heure{'s' if hour > 1 else ''}"
    part = draw.number(0, 4)
    draw.bond("clock", hour, part)
    minutes = draw.number(2, 25)
    said = (
        Both(f"{left} o'clock", right), Both(f"half past {left}", f"{right} et demie"),
        Both(f"quarter past {left}", f"{right} et quart"), Both(f"quarter to {left}", f"{right} moins le quart"),
        Both(f"{english_number(minutes)} minutes past {left}", f"{right} {french_number(minutes)}"),
    )[part]  # fmt: skip
    be, is_ = draw.one((("it is", "il est"), ("it was", "il était"), ("it will soon be", "il sera bientôt")))
    return Sentence((Both(be, is_), said))


def _weather(draw: Draw) -> Sentence:
    """It rains, it was cold."""
    tense: Tense = draw.weighted(((4, "present"), (3, "past"), (3, "future")))
    place = draw.one(draw.words.places)
    where = english.phrase(There(place)), french.located(There(place), "à")
    if draw.chance(0.5):
        deed_, forms = draw.one(_WEATHER)
        said = {"present": f"often {deed_}s", "past": f"often {deed_}ed", "future": f"will often {deed_}"}
        left = f"it {said[tense]}"
        right = f"il {forms[('present', 'past', 'future').index(tense)]} souvent"
    else:
        deed_, sky = draw.one(_SKY)
        be, makes = {"present": ("is", "fait"), "past": ("was", "faisait"), "future": ("will be", "fera")}[tense]
        left, right = f"it {be} {deed_}", f"il {makes} {sky}"
    draw.bond("weather", deed_, place.english)
    return Sentence((Both(f"{left} in {where[0]}", f"{right} {where[1]}"),))


def joined_clauses(draw: Draw) -> Sentence:
    """Two clauses: because, when, if, but, that."""
    return draw.weighted(((4, _because), (3, _when), (3, _if), (2, _if_it_were), (3, _but), (2, _thinking)))(draw)


def _because(draw: Draw) -> Sentence:
    first = deed(draw, bare=True, tenses=_NOW_PAST_FUTURE)
    while isinstance(first.subject, Someone):
        first = deed(draw, bare=True, tenses=_NOW_PAST_FUTURE)
    second = about(draw, Pronoun(first.subject.features), "past" if first.tense == "past" else "present")
    return Sentence((first, Both("because", "parce que"), second))


def _when(draw: Draw) -> Sentence:
    first = deed(draw, bare=True, tenses=((1, "doing"),), lasting=False)
    second = deed(draw, bare=True, tenses=((1, "past"),), lasting=False)
    return Sentence((replace(first, negation=""), Both("when", "quand"), replace(second, negation="")))


def _if(draw: Draw) -> Sentence:
    first = deed(draw, bare=True, tenses=_NOW)
    return Sentence((Both("if", "si"), first, Both(",", ","), deed(draw, bare=True, tenses=((1, "future"),))))


def _if_it_were(draw: Draw) -> Sentence:
    first = deed(draw, bare=True, tenses=((1, "unreal"),), lasting=False)
    second = deed(draw, bare=True, tenses=((1, "conditional"),), lasting=False)
    return Sentence((Both("if", "si"), first, Both(",", ","), second))


def _but(draw: Draw) -> Sentence:
    tenses: Tenses = ((1, draw.weighted(_NOW_PAST_FUTURE)),)
    first, second = (deed(draw, bare=True, tenses=tenses) for _ in range(2))
    return Sentence((first, Both(", but", ", mais"), second))


def _thinking(draw: Draw) -> Sentence:
    thinker: Phrase = Named((draw.name(),)) if draw.chance(0.4) else Pronoun(draw.one((I, HE, SHE, WE)))
    told = about(draw) if draw.chance(0.5) else deed(draw, bare=True, tenses=_NOW_PAST_FUTURE)
    return Sentence((Clause(thinker, _THINK), Both("that", "que"), told))


def followed_up(draw: Draw) -> Sentence:
    """Something is named, then spoken of by a pronoun that agrees with it."""
    verb = draw.one(_direct_verbs())
    doer = draw.person()
    thing = _countable(draw, verb, draw.one(("the", "this")), 0.25)
    tense = draw.weighted(_STATE_TENSES if verb.state else _OFTEN_PAST)
    told = Clause(doer, verb, tense, Pronoun(thing.features), negation=negated(draw, doer, 0.2))
    if draw.chance(0.45):
        return Sentence((Topic(thing), told))
    first = about(draw, thing, "past" if tense in ("past", "imperfect") else "present")
    return Sentence((first, Both("and", "et"), told))


def _countable(draw: Draw, verb: Verb, determiner: Determiner, adjective: float) -> Thing:
    """What the verb may be done to, one or several."""
    kinds = verb.objects & noun_kinds()
    noun = draw.noun(*kinds)
    while noun.mass:
        noun = draw.noun(*kinds)
    draw.bond("object", verb.key, noun.english)
    adjectives = draw.adjectives(noun, adjective)
    return Thing(noun, plural=draw.chance(0.35), determiner=determiner, adjectives=adjectives)


def compared(draw: Draw) -> Sentence:
    """Somebody or something is more or as much so than another."""
    if draw.chance(0.5):
        name = draw.name()
        first: Phrase = Named((name,))
        second: Phrase = Named((draw.name(),)) if draw.chance(0.5) else Thing(draw.noun("person"))
        adjective, key = draw.one(_comparable(frozenset({"person"}))), name.english
    else:
        kind = draw.one(("object", "animal", "clothing", "vehicle", "building", "food", "document"))
        one, other = draw.noun(kind), draw.noun(kind)
        while one.mass or other.mass or one == other:
            one, other = draw.noun(kind), draw.noun(kind)
        first = Thing(one, plural=draw.chance(0.25), determiner=draw.one(("the", "this")))
        second = Thing(other, plural=draw.chance(0.2))
        adjective, key = draw.one(_comparable(one.kinds)), one.english
        draw.bond("compared", one.english, other.english)
    draw.bond("adjective", adjective.english, key)
    tense: Tense = draw.weighted(((7, "present"), (2, "past"), (1, "future")))
    found = Comparison(adjective, second, more=draw.chance(0.7))
    return Sentence((Clause(first, None, tense, predicate=found, negation=negated(draw, first, 0.15)),))


def described(draw: Draw) -> Sentence:
    """A noun with a clause about it."""
    if draw.chance(0.5):
        who = Thing(draw.noun("person"), plural=draw.chance(0.3))
        inner = deed(draw, subject=who, bare=True, tenses=_NOW_PAST_FUTURE)
        whole = replace(who, relative=replace(inner, gap="subject"))
        if draw.chance(0.5):
            return Sentence((about(draw, whole, "present"),))
        verb = draw.one([verb for verb in _direct_verbs() if "person" in verb.objects])
        draw.bond("object", verb.key, who.noun.english)
        return Sentence((Clause(draw.person(), verb, "present", whole),))
    verb = draw.one(_direct_verbs())
    thing = _countable(draw, verb, "the", 0.0)
    tense = draw.weighted(_STATE_TENSES if verb.state else _NOW_PAST_FUTURE)
    inner = Clause(draw.person(), verb, tense, thing, gap="object")
    return Sentence((about(draw, replace(thing, relative=inner), draw.one(("present", "past"))),))


@cache
def _comparable(kinds: frozenset[str]) -> list[Adjective]:
    """What one may be more than another: not French, not royal."""
    return [a for a in fitting_adjectives(kinds) if a.english.islower() and a.english not in _ABSOLUTE]


@cache
def _direct_verbs() -> list[Verb]:
    """Verbs whose object stands without a preposition in both languages, and can be counted."""
    odd = frozenset({"tongue", "game", "money", "city"})
    countable = {kind for noun in words().nouns if not noun.mass for kind in noun.kinds}
    return [
        verb for verb in words().verbs
        if (verb.objects - odd) & countable and takes_pronoun(verb)
        and not (verb.french_preposition or verb.preposition or verb.particle) and verb.english[0] != verb.english[1]
    ]  # fmt: skip


PATTERNS: tuple[tuple[int, Callable[[Draw], Sentence]], ...] = (
    (30, plain), (6, addressed), (11, description), (11, question), (6, giving), (8, modal), (6, command),
    (4, there_is), (3, profession), (5, counted), (8, joined_clauses), (7, followed_up), (4, compared), (5, described),
)  # fmt: skip


def sentence(draw: Draw) -> Sentence:
    """Any sentence of the world, with the bonds between its words."""
    found = draw.weighted(PATTERNS)(draw)
    return replace(found, bonds=frozenset(draw.bonds))
