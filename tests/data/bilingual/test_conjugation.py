"""French verbs against forms from a grammar book, each written out by hand."""

import pytest

from studio.data.bilingual.conjugation import Simple, finite, imperative, participle, parts_of
from studio.data.bilingual.words import words

PRESENT = {
    "parler": "parle parles parle parlons parlez parlent",
    "manger": "mange manges mange mangeons mangez mangent",
    "lancer": "lance lances lance lançons lancez lancent",
    "acheter": "achète achètes achète achetons achetez achètent",
    "peser": "pèse pèses pèse pesons pesez pèsent",
    "enlever": "enlève enlèves enlève enlevons enlevez enlèvent",
    "préférer": "préfère préfères préfère préférons préférez préfèrent",
    "posséder": "possède possèdes possède possédons possédez possèdent",
    "protéger": "protège protèges protège protégeons protégez protègent",
    "sécher": "sèche sèches sèche séchons séchez sèchent",
    "inquiéter": "inquiète inquiètes inquiète inquiétons inquiétez inquiètent",
    "appeler": "appelle appelles appelle appelons appelez appellent",
    "jeter": "jette jettes jette jetons jetez jettent",
    "nettoyer": "nettoie nettoies nettoie nettoyons nettoyez nettoient",
    "payer": "paie paies paie payons payez paient",
    "envoyer": "envoie envoies envoie envoyons envoyez envoient",
    "étudier": "étudie étudies étudie étudions étudiez étudient",
    "finir": "finis finis finit finissons finissez finissent",
    "obéir": "obéis obéis obéit obéissons obéissez obéissent",
    "vendre": "vends vends vend vendons vendez vendent",
    "mordre": "mords mords mord mordons mordez mordent",
    "être": "suis es est sommes êtes sont",
    "avoir": "ai as a avons avez ont",
    "aller": "vais vas va allons allez vont",
    "voir": "vois vois voit voyons voyez voient",
    "pouvoir": "peux peux peut pouvons pouvez peuvent",
    "vouloir": "veux veux veut voulons voulez veulent",
    "devoir": "dois dois doit devons devez doivent",
    "recevoir": "reçois reçois reçoit recevons recevez reçoivent",
    "revenir": "reviens reviens revient revenons revenez reviennent",
    "souvenir": "souviens souviens souvient souvenons souvenez souviennent",
    "comprendre": "comprends comprends comprend comprenons comprenez comprennent",
    "promettre": "promets promets promet promettons promettez promettent",
    "lire": "lis lis lit lisons lisez lisent",
    "écrire": "écris écris écrit écrivons écrivez écrivent",
    "boire": "bois bois boit buvons buvez boivent",
    "connaître": "connais connais connaît connaissons connaissez connaissent",
    "disparaître": "disparais disparais disparaît disparaissons disparaissez disparaissent",
    "ouvrir": "ouvre ouvres ouvre ouvrons ouvrez ouvrent",
    "accueillir": "accueille accueilles accueille accueillons accueillez accueillent",
    "partir": "pars pars part partons partez partent",
    "servir": "sers sers sert servons servez servent",
    "dormir": "dors dors dort dormons dormez dorment",
    "suivre": "suis suis suit suivons suivez suivent",
    "courir": "cours cours court courons courez courent",
    "mourir": "meurs meurs meurt mourons mourez meurent",
    "sourire": "souris souris sourit sourions souriez sourient",
    "conduire": "conduis conduis conduit conduisons conduisez conduisent",
    "peindre": "peins peins peint peignons peignez peignent",
    "convaincre": "convaincs convaincs convainc convainquons convainquez convainquent",
    "interrompre": "interromps interromps interrompt interrompons interrompez interrompent",
    "asseoir": "assieds assieds assied asseyons asseyez asseyent",
}
OTHERS: list[tuple[str, Simple, int, bool, str]] = [
    ("manger", "imperfect", 1, False, "mangeais"), ("manger", "imperfect", 1, True, "mangions"),
    ("lancer", "imperfect", 3, False, "lançait"), ("lancer", "imperfect", 2, True, "lanciez"),
    ("étudier", "imperfect", 1, True, "étudiions"), ("être", "imperfect", 3, True, "étaient"),
    ("finir", "imperfect", 3, False, "finissait"), ("prendre", "imperfect", 2, False, "prenais"),
    ("voir", "imperfect", 1, True, "voyions"), ("peindre", "imperfect", 3, True, "peignaient"),
    ("pleuvoir", "imperfect", 3, False, "pleuvait"), ("neiger", "imperfect", 3, False, "neigeait"),
    ("acheter", "future", 1, False, "achèterai"), ("préférer", "future", 3, False, "préférera"),
    ("appeler", "future", 3, True, "appelleront"), ("jeter", "future", 2, False, "jetteras"),
    ("nettoyer", "future", 1, True, "nettoierons"), ("envoyer", "future", 3, False, "enverra"),
    ("payer", "future", 2, True, "paierez"), ("vendre", "future", 1, False, "vendrai"),
    ("être", "future", 3, False, "sera"), ("avoir", "future", 3, True, "auront"), ("aller", "future", 1, False, "irai"),
    ("voir", "future", 3, False, "verra"), ("venir", "future", 3, False, "viendra"),
    ("mourir", "future", 3, False, "mourra"),
    ("courir", "future", 3, False, "courra"), ("recevoir", "future", 3, False, "recevra"),
    ("accueillir", "future", 3, False, "accueillera"), ("ouvrir", "future", 3, True, "ouvriront"),
    ("pouvoir", "conditional", 3, False, "pourrait"), ("devoir", "conditional", 1, True, "devrions"),
    ("vouloir", "conditional", 2, True, "voudriez"), ("asseoir", "future", 3, False, "assiéra"),
    ("boire", "conditional", 3, True, "boiraient"), ("rire", "conditional", 1, False, "rirais"),
]  # fmt: skip
PARTICIPLES = {
    "parler": "parlé", "finir": "fini", "vendre": "vendu", "être": "été", "avoir": "eu", "lire": "lu",
    "écrire": "écrit",
    "prendre": "pris", "mettre": "mis", "ouvrir": "ouvert", "offrir": "offert", "souffrir": "souffert", "voir": "vu",
    "boire": "bu", "connaître": "connu", "disparaître": "disparu", "recevoir": "reçu", "venir": "venu",
    "mourir": "mort",
    "conduire": "conduit", "détruire": "détruit", "peindre": "peint", "suivre": "suivi", "courir": "couru",
    "rire": "ri",
    "convaincre": "convaincu", "interrompre": "interrompu", "accueillir": "accueilli", "asseoir": "assis",
    "endormir": "endormi", "pleuvoir": "plu",
}  # fmt: skip


@pytest.mark.parametrize("infinitive", PRESENT)
def test_the_present_is_that_of_the_grammar_book(infinitive: str) -> None:
    assert parts_of(infinitive).present == tuple(PRESENT[infinitive].split())


@pytest.mark.parametrize(("infinitive", "tense", "person", "plural", "form"), OTHERS)
def test_other_tenses_are_those_of_the_grammar_book(
    infinitive: str, tense: Simple, person: int, plural: bool, form: str
) -> None:
    assert finite(infinitive, tense, person, plural) == form


def test_participles_are_those_of_the_grammar_book() -> None:
    assert {infinitive: participle(infinitive) for infinitive in PARTICIPLES} == PARTICIPLES


@pytest.mark.parametrize(
    ("infinitive", "feminine", "plural", "form"),
    [("prendre", True, True, "prises"), ("prendre", False, True, "pris"), ("devoir", True, False, "due"),
     ("devoir", False, True, "dus"), ("venir", False, True, "venus"), ("mourir", True, False, "morte")],
)  # fmt: skip
def test_participles_agree(infinitive: str, feminine: bool, plural: bool, form: str) -> None:
    assert participle(infinitive, feminine=feminine, plural=plural) == form


@pytest.mark.parametrize(
    ("infinitive", "familiar", "polite"),
    [("parler", "parle", "parlez"), ("ouvrir", "ouvre", "ouvrez"), ("aller", "va", "allez"),
     ("finir", "finis", "finissez"),
     ("lire", "lis", "lisez"), ("être", "sois", "soyez"), ("avoir", "aie", "ayez"), ("courir", "cours", "courez"),
     ("accueillir", "accueille", "accueillez"), ("suivre", "suis", "suivez")],
)  # fmt: skip
def test_orders_lose_the_s_of_verbs_in_er(infinitive: str, familiar: str, polite: str) -> None:
    assert (imperative(infinitive, polite=False), imperative(infinitive, polite=True)) == (familiar, polite)


def test_every_verb_of_the_world_has_all_its_forms() -> None:
    for verb in (*words().verbs, *words().giving):
        parts = parts_of(verb.french)
        forms = [*parts.present, *parts.simple("imperfect"), *parts.simple("future"), *parts.simple("conditional")]
        assert len(forms) == 24
        assert all(form.isalpha() for form in forms), verb.french


def test_a_word_that_is_no_verb_is_refused() -> None:
    with pytest.raises(KeyError):
        parts_of("table")
