"""French verbs: every simple tense of regular verbs by rule, of irregular ones from their principal parts.

A simple tense is a stem and six endings. From the infinitive follow present stems (with the spellings of ``manger``,
``commencer``, ``acheter``, ``préférer``, ``jeter``, ``nettoyer``), from the first person plural the imperfect, from the
future's stem the conditional. Compound tenses are put together in ``french``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

Simple = Literal["present", "imperfect", "future", "conditional"]
Six = tuple[str, str, str, str, str, str]
BEING = frozenset({
    "aller", "arriver", "devenir", "entrer", "mourir", "naître", "partir", "rentrer", "rester", "retourner", "revenir",
    "sortir", "tomber", "venir",
})  # fmt: skip
"""Verbs whose compound tenses are made with ``être``; reflexive ones are, too."""
_IMPERFECT = ("ais", "ais", "ait", "ions", "iez", "aient")
_FUTURE = ("ai", "as", "a", "ons", "ez", "ont")
_DOUBLING = ("appeler", "jeter", "rappeler", "rejeter")


@dataclass(frozen=True, slots=True)
class Parts:
    """What decides all forms of a verb: the present by person, the stem of the future, the participle."""

    present: Six
    future: str
    participle: str
    imperfect: str = ""
    """The stem of the imperfect where it is not that of the present's first person plural."""

    def simple(self, tense: Simple) -> Six:
        """The six forms of a tense: I, you, he, we, you, they."""
        if tense == "present":
            return self.present
        stem = self.future if tense in ("future", "conditional") else self.imperfect or self.present[3][:-3]
        endings = _FUTURE if tense == "future" else _IMPERFECT
        if stem.endswith("ge") and tense == "imperfect":
            return _six(*(stem[:-1] + e if e.startswith("i") else stem + e for e in endings))
        if stem.endswith("ç") and tense == "imperfect":
            return _six(*(f"{stem[:-1]}c{e}" if e.startswith("i") else stem + e for e in endings))
        return _six(*(stem + ending for ending in endings))


@cache
def parts_of(infinitive: str) -> Parts:
    """The principal parts of a verb. Raises KeyError for one that has no known pattern."""
    if infinitive in _IRREGULAR:
        return _IRREGULAR[infinitive]
    for prefix, base in _DERIVED.get(infinitive, ()):
        return _prefixed(prefix, parts_of(base))
    if infinitive.endswith("er"):
        return _first(infinitive[:-2])
    if infinitive.endswith("ir"):
        return _second(infinitive[:-2])
    if infinitive.endswith("re"):
        return _third(infinitive[:-2])
    raise KeyError(infinitive)


def finite(infinitive: str, tense: Simple, person: int, plural: bool) -> str:
    """One form, by person (1 to 3)."""
    return parts_of(infinitive).simple(tense)[person - 1 + 3 * plural]


def imperative(infinitive: str, *, polite: bool) -> str:
    """What one person is told to do, or (``polite``) several or a stranger."""
    if infinitive in _COMMANDS:
        return _COMMANDS[infinitive][polite]
    form = parts_of(infinitive).present[4 if polite else 1]
    return form.removesuffix("s") if not polite and form.endswith(("es", "vas")) else form


def participle(infinitive: str, *, feminine: bool = False, plural: bool = False) -> str:
    """The past participle, agreeing."""
    form = parts_of(infinitive).participle
    if feminine:
        form = form.replace("û", "u") + "e"
    elif plural:
        form = form.replace("dû", "du")
    return form + ("s" if plural and not form.endswith("s") else "")


def _six(*forms: str) -> Six:
    assert len(forms) == 6
    return forms


def _first(stem: str) -> Parts:
    """Verbs in -er."""
    weak = strong = stem
    future = f"{stem}er"
    if stem.endswith("g"):
        weak = f"{stem}e"
    elif stem.endswith("c"):
        weak = f"{stem[:-1]}ç"
    if stem.endswith(("oy", "uy", "ay")):
        strong = f"{stem[:-1]}i"
        future = f"{strong}er"
    elif f"{stem}er" in _DOUBLING:
        strong = stem + stem[-1]
        future = f"{strong}er"
    elif _last_vowel(stem) == "e":
        strong = _with_last_vowel(stem, "è")
        future = f"{strong}er"
    elif _last_vowel(stem) == "é":  # the future keeps its é, as before 1990
        strong = _with_last_vowel(stem, "è")
    if stem in ("envoy", "renvoy"):
        future = f"{stem[:-2]}err"
    present = _six(f"{strong}e", f"{strong}es", f"{strong}e", f"{weak}ons", f"{stem}ez", f"{strong}ent")
    return Parts(present, future, f"{stem}é")


def _second(stem: str) -> Parts:
    """Verbs in -ir like ``finir``."""
    forms = (f"{stem}{e}" for e in ("is", "is", "it", "issons", "issez", "issent"))
    return Parts(_six(*forms), f"{stem}ir", f"{stem}i")


def _third(stem: str) -> Parts:
    """Verbs in -re like ``vendre``."""
    forms = (f"{stem}{e}" for e in ("s", "s", "" if stem.endswith(("d", "t")) else "t", "ons", "ez", "ent"))
    return Parts(_six(*forms), f"{stem}r", f"{stem}u")


def _last_vowel(stem: str) -> str:
    """The vowel before the last consonants where a mute syllable would follow it, else nothing."""
    consonants = 0
    while consonants < len(stem) and stem[-1 - consonants] not in "aeiouyéèêâîôûàù":
        consonants += 1
    if not consonants or consonants == len(stem):
        return ""
    ending, vowel = stem[len(stem) - consonants :], stem[-1 - consonants]
    before = stem[-2 - consonants : -1 - consonants]
    single = consonants == 1 or ending in ("ch", "gn", "vr", "br", "gr", "tr", "gl")
    return vowel if single and not (vowel == "e" and before and before in "aeiouy") else ""


def _with_last_vowel(stem: str, vowel: str) -> str:
    place = max(stem.rfind("e"), stem.rfind("é"))
    return stem[:place] + vowel + stem[place + 1 :]


def _prefixed(prefix: str, base: Parts) -> Parts:
    present = _six(*(prefix + form for form in base.present))
    imperfect = base.imperfect and prefix + base.imperfect
    return Parts(present, prefix + base.future, prefix + base.participle, imperfect)


def _short(stem: str, full: str, infinitive: str, participle: str) -> Parts:
    """Verbs whose singular loses its last consonant: ``je pars, nous partons``."""
    forms = (f"{stem}s", f"{stem}s", f"{stem}t", f"{full}ons", f"{full}ez", f"{full}ent")
    return Parts(_six(*forms), infinitive.removesuffix("e"), participle)


def _like_er(stem: str, infinitive: str, participle: str, future: str = "") -> Parts:
    """Verbs in -ir that change like those in -er: ``j'ouvre``."""
    forms = (f"{stem}{e}" for e in ("e", "es", "e", "ons", "ez", "ent"))
    return Parts(_six(*forms), future or infinitive, participle)


def _parts(present: str, future: str, participle: str, imperfect: str = "") -> Parts:
    return Parts(_six(*present.split()), future, participle, imperfect)


_IRREGULAR: dict[str, Parts] = {
    "être": _parts("suis es est sommes êtes sont", "ser", "été", "ét"),
    "avoir": _parts("ai as a avons avez ont", "aur", "eu"),
    "aller": _parts("vais vas va allons allez vont", "ir", "allé"),
    "faire": _parts("fais fais fait faisons faites font", "fer", "fait"),
    "dire": _parts("dis dis dit disons dites disent", "dir", "dit"),
    "voir": _parts("vois vois voit voyons voyez voient", "verr", "vu"),
    "savoir": _parts("sais sais sait savons savez savent", "saur", "su"),
    "pouvoir": _parts("peux peux peut pouvons pouvez peuvent", "pourr", "pu"),
    "vouloir": _parts("veux veux veut voulons voulez veulent", "voudr", "voulu"),
    "devoir": _parts("dois dois doit devons devez doivent", "devr", "dû"),
    "recevoir": _parts("reçois reçois reçoit recevons recevez reçoivent", "recevr", "reçu"),
    "venir": _parts("viens viens vient venons venez viennent", "viendr", "venu"),
    "tenir": _parts("tiens tiens tient tenons tenez tiennent", "tiendr", "tenu"),
    "prendre": _parts("prends prends prend prenons prenez prennent", "prendr", "pris"),
    "mettre": _parts("mets mets met mettons mettez mettent", "mettr", "mis"),
    "battre": _parts("bats bats bat battons battez battent", "battr", "battu"),
    "lire": _short("li", "lis", "lire", "lu"),
    "écrire": _short("écri", "écriv", "écrire", "écrit"),
    "boire": _parts("bois bois boit buvons buvez boivent", "boir", "bu"),
    "croire": _parts("crois crois croit croyons croyez croient", "croir", "cru"),
    "connaître": _parts("connais connais connaît connaissons connaissez connaissent", "connaîtr", "connu"),
    "paraître": _parts("parais parais paraît paraissons paraissez paraissent", "paraîtr", "paru"),
    "naître": _parts("nais nais naît naissons naissez naissent", "naîtr", "né"),
    "ouvrir": _like_er("ouvr", "ouvrir", "ouvert"),
    "offrir": _like_er("offr", "offrir", "offert"),
    "souffrir": _like_er("souffr", "souffrir", "souffert"),
    "cueillir": _like_er("cueill", "cueillir", "cueilli", "cueiller"),
    "partir": _short("par", "part", "partir", "parti"),
    "sortir": _short("sor", "sort", "sortir", "sorti"),
    "dormir": _short("dor", "dorm", "dormir", "dormi"),
    "servir": _short("ser", "serv", "servir", "servi"),
    "sentir": _short("sen", "sent", "sentir", "senti"),
    "mentir": _short("men", "ment", "mentir", "menti"),
    "suivre": _short("sui", "suiv", "suivre", "suivi"),
    "vivre": _short("vi", "viv", "vivre", "vécu"),
    "courir": _parts("cours cours court courons courez courent", "courr", "couru"),
    "mourir": _parts("meurs meurs meurt mourons mourez meurent", "mourr", "mort"),
    "rire": _parts("ris ris rit rions riez rient", "rir", "ri"),
    "conduire": _short("condui", "conduis", "conduire", "conduit"),
    "construire": _short("construi", "construis", "construire", "construit"),
    "détruire": _short("détrui", "détruis", "détruire", "détruit"),
    "traduire": _short("tradui", "traduis", "traduire", "traduit"),
    "peindre": _short("pein", "peign", "peindre", "peint"),
    "éteindre": _short("étein", "éteign", "éteindre", "éteint"),
    "craindre": _short("crain", "craign", "craindre", "craint"),
    "vaincre": _parts("vaincs vaincs vainc vainquons vainquez vainquent", "vaincr", "vaincu"),
    "rompre": _parts("romps romps rompt rompons rompez rompent", "rompr", "rompu"),
    "asseoir": _parts("assieds assieds assied asseyons asseyez asseyent", "assiér", "assis"),
    "falloir": _parts("- - faut - - -", "faudr", "fallu", "fall"),
    "pleuvoir": _parts("- - pleut - - -", "pleuvr", "plu", "pleuv"),
    "neiger": _first("neig"),
}
_DERIVED: dict[str, tuple[tuple[str, str], ...]] = {
    made: ((prefix, made.removeprefix(prefix) if base is None else base),)
    for made, prefix, base in (
        ("revenir", "re", None), ("devenir", "de", None), ("souvenir", "sou", None), ("apprendre", "ap", None),
        ("comprendre", "com", None), ("surprendre", "sur", None), ("promettre", "pro", None), ("sourire", "sou", None),
        ("reconnaître", "re", None), ("disparaître", "dis", None), ("accueillir", "ac", None), ("endormir", "en", None),
        ("convaincre", "con", None), ("interrompre", "inter", None), ("découvrir", "dé", "couvrir"),
        ("couvrir", "c", "ouvrir"), ("retenir", "re", None),
    )
}  # fmt: skip
_COMMANDS = {
    "être": ("sois", "soyez"), "avoir": ("aie", "ayez"), "savoir": ("sache", "sachez"),
    "vouloir": ("veuille", "veuillez"),
}  # fmt: skip
