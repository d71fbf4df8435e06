"""A sentence of the phrase world in French."""

from __future__ import annotations

from studio.data.bilingual import french_sounds
from studio.data.bilingual.conjugation import BEING, Simple, finite, imperative, participle
from studio.data.bilingual.french_sounds import joined, opens_with_vowel, with_a, with_de
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
from studio.data.bilingual.words import Adjective, Both, Profession

_SUBJECTS = {(1, False): "je", (2, False): "tu", (1, True): "nous", (2, True): "vous"}
_CLITICS = {(1, False): "me", (2, False): "te", (1, True): "nous", (2, True): "vous"}
_OWNERS = {
    (1, False): ("mon", "ma", "mes"), (2, False): ("ton", "ta", "tes"), (3, False): ("son", "sa", "ses"),
    (1, True): ("notre", "notre", "nos"), (2, True): ("votre", "votre", "vos"), (3, True): ("leur", "leur", "leurs"),
}  # fmt: skip
_SOMEONE = {"everybody": "tout le monde", "nobody": "personne", "somebody": "quelqu'un", "who": "qui"}
_NEGATIONS = {"not": "pas", "never": "jamais", "no longer": "plus"}
_ASKING = {"where": "où est-ce que", "why": "pourquoi est-ce que", "when": "quand est-ce que", "yes": "est-ce que"}
_SIMPLE: dict[str, Simple] = {
    "present": "present", "imperfect": "imperfect", "future": "future", "conditional": "conditional"
}  # fmt: skip
_BOLD = {"me": "moi", "te": "toi"}


def french(sentence: Sentence) -> str:
    """The sentence as it is written: with its capital, and a space before ``?`` and ``!``."""
    words = joined(" ".join(filter(None, (_piece(piece) for piece in sentence.pieces))))
    words = words.replace(" ,", ",").replace(" .", ".")
    mark = sentence.mark if sentence.mark == "." else f" {sentence.mark}"
    return words[0].upper() + words[1:] + mark


def _piece(piece: Clause | Phrase | Both | Topic) -> str:
    if isinstance(piece, Both):
        return piece.french
    if isinstance(piece, Topic):
        return f"{phrase(piece.phrase)},"
    return clause(piece) if isinstance(piece, Clause) else phrase(piece)


def phrase(some: Phrase, *, subject: bool = False, negated: bool = False, after_de: bool = False) -> str:
    """A phrase, words still apart. ``negated``: after ``pas``; ``after_de``: ``de`` swallows ``des`` and ``du``."""
    if isinstance(some, Pronoun):
        return _subject_pronoun(some.features) if subject else _strong(some.features)
    if isinstance(some, Someone):
        return _SOMEONE[some.which]
    if isinstance(some, Named):
        return " et ".join(name.french for name in some.names)
    if isinstance(some, There):
        return some.name.french
    return _thing(some, negated=negated, after_de=after_de)


def _subject_pronoun(features: Features) -> str:
    if features.polite and features.person == 2:
        return "vous"
    found = _SUBJECTS.get((features.person, features.plural))
    return found or ("elle" if features.gender == "f" else "il") + ("s" if features.plural else "")


def _strong(features: Features) -> str:
    table = {(1, False): "moi", (2, False): "toi", (1, True): "nous", (2, True): "vous", (3, True): "eux"}
    if features.person == 3 and features.gender == "f":
        return "elles" if features.plural else "elle"
    return table.get((features.person, features.plural), "lui")


def agreeing(adjective: Adjective, features: Features, following: str = "") -> str:
    """The form of an adjective; ``following`` is the word after it, before which ``beau`` becomes ``bel``."""
    if features.gender == "f":
        return adjective.feminine + ("s" if features.plural and not adjective.feminine.endswith("s") else "")
    if features.plural:
        return adjective.masculine_plural
    if following and opens_with_vowel(following):
        return {"beau": "bel", "vieux": "vieil", "nouveau": "nouvel"}.get(adjective.masculine, adjective.masculine)
    return adjective.masculine


def _thing(thing: Thing, *, negated: bool, after_de: bool) -> str:
    noun = thing.noun.french_plural if thing.plural else thing.noun.french
    features = thing.features
    before = [agreeing(a, features, noun) for a in thing.adjectives if a.before]
    after = [agreeing(a, features) for a in thing.adjectives if not a.before]
    words = " ".join([*before, noun, *after])
    determiner = _determiner(thing, words, bool(before), negated=negated, after_de=after_de)
    words = f"{determiner} {words}".strip()
    if thing.owner is not None and not isinstance(thing.owner, Features):
        words = f"{words} {with_de(phrase(thing.owner))}"
    if thing.relative is not None:
        words = f"{words} {'qui' if thing.relative.gap == 'subject' else 'que'} {clause(thing.relative)}"
    return words


def _determiner(thing: Thing, words: str, adjective_first: bool, *, negated: bool, after_de: bool) -> str:
    plural, feminine = thing.plural, thing.noun.gender == "f"
    if isinstance(thing.owner, Features):
        owner = thing.owner
        forms = _OWNERS[owner.person, owner.plural or (owner.polite and owner.person == 2)]
        melting = feminine and opens_with_vowel(words) and not plural
        return forms[2] if plural else forms[feminine and not melting]
    if thing.number:
        return french_sounds.number(thing.number, feminine=feminine)
    opens = opens_with_vowel(words)
    match thing.determiner:
        case "the" | "":
            return "les" if plural else "la" if feminine else "le"
        case "this" | "that":
            return "ces" if plural else "cette" if feminine else "cet" if opens else "ce"
        case "many":
            return "beaucoup de"
        case "several":
            return "plusieurs"
        case "every":
            return "chaque"
        case "all":
            return ("toutes les" if feminine else "tous les") if plural else ("toute la" if feminine else "tout le")
        case "how many":
            return "combien de"
        case "which":
            return ("quelles" if feminine else "quels") if plural else ("quelle" if feminine else "quel")
    return _indefinite(thing, opens, adjective_first, negated=negated, after_de=after_de)


def _indefinite(thing: Thing, opens: bool, adjective_first: bool, *, negated: bool, after_de: bool) -> str:
    """``un``, ``une``, ``des``, ``du``, ``de la``; ``de`` after ``pas`` and before an adjective in the plural."""
    feminine, uncounted = thing.noun.gender == "f", thing.plural or thing.noun.mass
    if after_de:
        return "" if uncounted else "une" if feminine else "un"
    if negated or (thing.plural and adjective_first):
        return "de"
    if thing.plural:
        return "des"
    if thing.noun.mass:
        return "de la" if feminine or opens else "du"
    return "une" if feminine else "un"


def clause(some: Clause) -> str:
    """Who does what, words still apart."""
    if some.tense == "imperative":
        return _command(some)
    subject = "" if some.gap == "subject" else phrase(some.subject, subject=True)
    asked = _ASKING.get(some.asked, "")
    if some.asked == "object":
        asked = "qu'est-ce que" if some.object is None else f"{phrase(some.object)} est-ce que"
    return _line(asked, subject, _verbs(some), *_after(some))


def _verbs(some: Clause) -> str:
    """The finite verb with ``ne``, pronouns and all that belongs to it."""
    features = some.subject.features
    infinitive = some.verb.french if some.verb else "être"
    clitics = _clitics(some, features)
    no = "ne" if some.negation or some.subject == Someone("nobody") else ""
    middle = [_NEGATIONS[some.negation] if some.negation else "", some.often.french if some.often else ""]
    tail = some.verb.french_tail if some.verb else ""
    if some.modal:
        outer = _conjugated(some.modal.french, "imperfect" if some.tense == "past" else some.tense, features)
        return _line(no, outer, *middle, some.modal.french_preposition, *clitics, infinitive, tail)
    if some.tense in ("near", "just", "progressive"):
        helper, link = {"near": ("aller", ""), "just": ("venir", "de"), "progressive": ("être", "en train de")}[
            some.tense
        ]
        return _line(no, _conjugated(helper, "present", features), *middle, link, *clitics, infinitive, tail)
    state = some.verb is None or some.verb.state
    if some.tense in ("past", "pluperfect") and not (state and some.tense == "past"):
        reflexive = some.verb is not None and some.verb.reflexive
        helper = "être" if reflexive or infinitive in BEING else "avoir"
        auxiliary = _conjugated(helper, "present" if some.tense == "past" else "imperfect", features)
        return _line(no, *clitics, auxiliary, *middle, _participle(some, infinitive, helper == "être"), tail)
    return _line(no, *clitics, _conjugated(infinitive, some.tense, features), *middle, tail)


def _conjugated(infinitive: str, tense: str, features: Features) -> str:
    plural = features.plural or (features.polite and features.person == 2)
    return finite(infinitive, _SIMPLE.get(tense, "imperfect"), features.person, plural)


def _participle(some: Clause, infinitive: str, being: bool) -> str:
    """It agrees with the subject after ``être``, with a direct object that stands before it after ``avoir``."""
    if being:
        features = some.subject.features
        return participle(infinitive, feminine=features.gender == "f", plural=features.plural)
    leads = some.gap == "object" or some.asked == "object" or isinstance(some.object, Pronoun)
    if leads and some.object is not None and some.verb is not None and not some.verb.french_preposition:
        features = some.object.features
        return participle(infinitive, feminine=features.gender == "f", plural=features.plural)
    return participle(infinitive)


def _clitics(some: Clause, subject: Features) -> list[str]:
    """The pronouns before the verb."""
    found = []
    if some.verb is not None and some.verb.reflexive:
        plural = subject.plural or (subject.polite and subject.person == 2)
        found.append(_CLITICS.get((subject.person, plural), "se"))
    if isinstance(some.object, Pronoun) and some.verb is not None:
        features = some.object.features
        plural = features.plural or (features.polite and features.person == 2)
        found.append(_CLITICS.get((features.person, plural)) or _third(features, some.verb.french_preposition == "à"))
    if isinstance(some.recipient, Pronoun):
        features = some.recipient.features
        plural = features.plural or (features.polite and features.person == 2)
        found.append(_CLITICS.get((features.person, plural)) or _third(features, indirect=True))
        if isinstance(some.object, Pronoun) and features.person != 3:
            found.reverse()
    return found


def _third(features: Features, indirect: bool) -> str:
    if indirect:
        return "leur" if features.plural else "lui"
    return "les" if features.plural else "la" if features.gender == "f" else "le"


def _command(some: Clause) -> str:
    assert some.verb is not None
    features = some.subject.features
    form = imperative(some.verb.french, polite=features.plural or features.polite)
    clitics = _clitics(some, features)
    if some.negation:
        return _line("ne", *clitics, form, _NEGATIONS[some.negation], some.verb.french_tail, *_after(some))
    bold = "-".join([form, *(_BOLD.get(c, c) for c in clitics)])
    return _line(bold, some.verb.french_tail, *_after(some))


def _after(some: Clause) -> list[str]:
    """All that follows the verb."""
    words: list[str] = []
    if some.object is not None and some.verb is not None and some.asked != "object" and some.gap != "object":
        words.append(_object(some))
    if some.recipient is not None and not isinstance(some.recipient, Pronoun):
        words.append(with_a(phrase(some.recipient)))
    if some.predicate is not None:
        words.append(_predicate(some))
    words += [end.french if isinstance(end, Both) else place(end) for end in some.ends]
    return words


def _object(some: Clause) -> str:
    assert some.verb is not None and some.object is not None
    if isinstance(some.object, Pronoun):
        return ""
    preposition = some.verb.french_preposition
    negated = (some.negation != "" or some.subject == Someone("nobody")) and not preposition
    if preposition and isinstance(some.object, There) and preposition in ("à", "de", "dans"):
        return located(some.object, preposition)
    if some.verb.french == "parler" and isinstance(some.object, Thing) and "tongue" in some.object.noun.kinds:
        return some.object.noun.french
    if preposition == "de":
        return with_de(phrase(some.object, after_de=True))
    said = phrase(some.object, negated=negated)
    if preposition == "à":
        return with_a(said)
    return f"{preposition} {said}"


def located(there: There, preposition: str) -> str:
    """In, to or from a city or country: ``à Paris``, ``en France``, ``au Japon``, ``des États-Unis``."""
    name = there.name
    if name.kind == "city":
        return f"{preposition} {name.french}"
    if name.plural:
        return f"{'des' if preposition == 'de' else 'aux'} {name.french}"
    melts = opens_with_vowel(name.french)
    if name.gender == "f" or melts:
        return f"{'de' if preposition == 'de' else 'en'} {name.french}"
    return f"{'du' if preposition == 'de' else 'au'} {name.french}"


def _predicate(some: Clause) -> str:
    found, features = some.predicate, some.subject.features
    if isinstance(found, Adjective):
        return agreeing(found, features)
    if isinstance(found, Comparison):
        return _comparison(found, features)
    if isinstance(found, Profession):
        form = found.feminine if features.gender == "f" else found.masculine
        return french_sounds.plural_of(form) if features.plural else form
    if isinstance(found, Place):
        return place(found)
    assert isinstance(found, Both)
    return found.french


def _comparison(found: Comparison, features: Features) -> str:
    form, than = agreeing(found.adjective, features), phrase(found.than)
    if not found.more:
        return f"aussi {form} que {than}"
    better = {"bon": "meilleur", "mauvais": "pire"}.get(found.adjective.masculine)
    if better is None:
        return f"plus {form} que {than}"
    better += ("e" if features.gender == "f" and better == "meilleur" else "") + ("s" if features.plural else "")
    return f"{better} que {than}"


def place(some: Place) -> str:
    """``dans le jardin``, ``près de l'école``, ``à côté du musée``."""
    relation = some.relation.french
    if isinstance(some.phrase, There):
        return located(some.phrase, relation)
    if relation.endswith(" de"):
        return f"{relation.removesuffix('de')}{with_de(phrase(some.phrase, after_de=True))}"
    return f"{relation} {phrase(some.phrase)}"


def _line(*words: str) -> str:
    return " ".join(filter(None, words))
