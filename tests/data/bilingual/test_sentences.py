"""Sentences from what they say: agreement, order of words, negation, questions, pronouns, in both languages."""

import pytest

from studio.data.bilingual.drawing import HE, SHE, THEY, WE, YOU, I
from studio.data.bilingual.english import english
from studio.data.bilingual.french import french
from studio.data.bilingual.syntax import (
    Clause,
    Comparison,
    Features,
    Modal,
    Named,
    Place,
    Pronoun,
    Sentence,
    Someone,
    There,
    Thing,
    Topic,
)
from studio.data.bilingual.words import Both, words

NOUNS = {noun.english: noun for noun in words().nouns}
ADJECTIVES = {adjective.english: adjective for adjective in words().adjectives}
VERBS = {verb.key: verb for verb in words().verbs}
GIVE = next(verb for verb in words().giving if verb.english[0] == "give")
PEOPLE = {name.english: name for name in words().people}
PLACES = {name.english: name for name in words().places}
DOCTOR = next(p for p in words().professions if p.english == "baker")


def thing(noun: str, *adjectives: str, **more) -> Thing:
    return Thing(NOUNS[noun], adjectives=tuple(ADJECTIVES[a] for a in adjectives), **more)


def named(*names: str) -> Named:
    return Named(tuple(PEOPLE[name] for name in names))


def said(*pieces, mark: str = ".") -> tuple[str, str]:
    sentence = Sentence(pieces, mark)
    return english(sentence), french(sentence)


MARIE, PAUL, ALICE = named("Marie"), named("Paul"), named("Alice")
EAT, SEE, OPEN, LIKE, READ = (VERBS[k] for k in ("eat manger", "see voir", "open ouvrir", "like aimer", "read lire"))
ARRIVE, GET_UP, OBEY, HAVE, FEAR = (
    VERBS[k] for k in ("arrive arriver", "get up lever", "obey obéir à", "have avoir", "be afraid of avoir de")
)
GO, COME, LIVE = VERBS["go to aller à"], VERBS["come from venir de"], VERBS["live in habiter dans"]


@pytest.mark.parametrize(
    ("phrase", "left", "right"),
    [
        (thing("apple", "red", determiner="a"), "a red apple", "une pomme rouge"),
        (thing("tree", "old", determiner="a"), "an old tree", "un vieil arbre"),
        (thing("hotel", "beautiful", determiner="this"), "this beautiful hotel", "ce bel hôtel"),
        (thing("tree", determiner="this"), "this tree", "cet arbre"),
        (thing("owl", determiner="this"), "this owl", "ce hibou"),
        (thing("car", "new", "red", plural=True), "the new red cars", "les nouvelles voitures rouges"),
        (thing("house", "big", determiner="a", plural=True), "some big houses", "de grandes maisons"),
        (thing("flower", "white", determiner="a", plural=True), "some white flowers", "des fleurs blanches"),
        (thing("bread", determiner="a"), "some bread", "du pain"),
        (thing("water", determiner="a"), "some water", "de l'eau"),
        (thing("story", owner=SHE), "her story", "son histoire"),
        (thing("axe", owner=I), "my axe", "ma hache"),
        (thing("shirt", owner=THEY, plural=True), "their shirts", "leurs chemises"),
        (thing("book", owner=Features(2, polite=True)), "your book", "votre livre"),
        (thing("dog", owner=thing("boy")), "the boy's dog", "le chien du garçon"),
        (thing("dog", owner=thing("child", plural=True)), "the children's dog", "le chien des enfants"),
        (thing("dog", owner=thing("pupil", plural=True)), "the pupils' dog", "le chien des élèves"),
        (thing("house", owner=ALICE), "Alice's house", "la maison d'Alice"),
        (thing("apple", plural=True, number=21), "twenty-one apples", "vingt et une pommes"),
        (thing("egg", plural=True, determiner="many"), "many eggs", "beaucoup d'œufs"),
        (thing("girl", plural=True, determiner="all"), "all the girls", "toutes les filles"),
        (thing("hero", determiner="the"), "the hero", "le héros"),
        (thing("book", "original", plural=True), "the original books", "les livres originaux"),
    ],
)
def test_phrases(phrase: Thing, left: str, right: str) -> None:
    expected = f"{left[0].upper()}{left[1:]}.", f"{right[0].upper()}{right[1:]}."
    assert said(phrase) == expected


@pytest.mark.parametrize(
    ("tense", "left", "right"),
    [
        ("present", "Marie eats the apple.", "Marie mange la pomme."),
        ("progressive", "Marie is eating the apple.", "Marie est en train de manger la pomme."),
        ("past", "Marie ate the apple.", "Marie a mangé la pomme."),
        ("imperfect", "Marie used to eat the apple.", "Marie mangeait la pomme."),
        ("pluperfect", "Marie had eaten the apple.", "Marie avait mangé la pomme."),
        ("future", "Marie will eat the apple.", "Marie mangera la pomme."),
        ("near", "Marie is going to eat the apple.", "Marie va manger la pomme."),
        ("just", "Marie has just eaten the apple.", "Marie vient de manger la pomme."),
        ("conditional", "Marie would eat the apple.", "Marie mangerait la pomme."),
        ("doing", "Marie was eating the apple.", "Marie mangeait la pomme."),
    ],
)
def test_tenses(tense: str, left: str, right: str) -> None:
    assert said(Clause(MARIE, EAT, tense, thing("apple"))) == (left, right)


@pytest.mark.parametrize(
    ("subject", "left", "right"),
    [
        (MARIE, "Marie arrived.", "Marie est arrivée."),
        (named("Marie", "Anne"), "Marie and Anne arrived.", "Marie et Anne sont arrivées."),
        (named("Marie", "Paul"), "Marie and Paul arrived.", "Marie et Paul sont arrivés."),
        (Pronoun(Features(2, gender="f", polite=True)), "You arrived.", "Vous êtes arrivée."),
        (Pronoun(WE), "We arrived.", "Nous sommes arrivés."),
        (Someone("nobody"), "Nobody arrived.", "Personne n'est arrivé."),
    ],
)
def test_after_being_the_participle_agrees_with_who_does_it(subject, left: str, right: str) -> None:
    assert said(Clause(subject, ARRIVE, "past")) == (left, right)


def test_reflexive_verbs_take_being_and_their_pronoun() -> None:
    assert said(Clause(MARIE, GET_UP, "past")) == ("Marie got up.", "Marie s'est levée.")
    assert said(Clause(Pronoun(I), GET_UP, "near")) == ("I am going to get up.", "Je vais me lever.")
    assert said(Clause(Pronoun(YOU), GET_UP, "imperative"), mark="!") == ("Get up!", "Lève-toi !")
    polite = Pronoun(Features(2, polite=True))
    assert said(Clause(polite, GET_UP, "imperative", negation="not"), mark="!") == (
        "Do not get up!",
        "Ne vous levez pas !",
    )


@pytest.mark.parametrize(
    ("negation", "left", "right"),
    [
        ("not", "Paul does not have a car.", "Paul n'a pas de voiture."),
        ("never", "Paul never has a car.", "Paul n'a jamais de voiture."),
        ("no longer", "Paul no longer has a car.", "Paul n'a plus de voiture."),
    ],
)
def test_negation_swallows_the_article(negation: str, left: str, right: str) -> None:
    assert said(Clause(PAUL, HAVE, "present", thing("car", determiner="a"), negation=negation)) == (left, right)


def test_negation_in_compound_tenses_and_before_vowels() -> None:
    assert said(Clause(PAUL, EAT, "past", thing("egg", plural=True, determiner="a"), negation="not")) == (
        "Paul did not eat any eggs.", "Paul n'a pas mangé d'œufs."
    )  # fmt: skip
    assert said(Clause(Someone("nobody"), EAT, "present", thing("bread", determiner="a"))) == (
        "Nobody eats any bread.", "Personne ne mange de pain."
    )  # fmt: skip
    assert said(Clause(PAUL, EAT, "progressive", thing("soup"), negation="not")) == (
        "Paul is not eating the soup.", "Paul n'est pas en train de manger la soupe."
    )  # fmt: skip


def test_a_verb_with_de_keeps_only_the_article_that_counts() -> None:
    assert said(Clause(PAUL, FEAR, "present", thing("dog", plural=True, determiner="a"))) == (
        "Paul is afraid of some dogs.", "Paul a peur de chiens."
    )  # fmt: skip
    assert said(Clause(PAUL, FEAR, "future", thing("dog", plural=True))) == (
        "Paul will be afraid of the dogs.", "Paul aura peur des chiens."
    )  # fmt: skip
    assert said(Clause(PAUL, FEAR, "past", thing("wolf", determiner="a"))) == (
        "Paul was afraid of a wolf.", "Paul avait peur d'un loup."
    )  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "object_", "left", "right"),
    [
        ("yes", "apple", "Does Alice eat the apple?", "Est-ce qu'Alice mange la pomme ?"),
        ("where", "apple", "Where does Alice eat the apple?", "Où est-ce qu'Alice mange la pomme ?"),
        ("why", "apple", "Why does Alice eat the apple?", "Pourquoi est-ce qu'Alice mange la pomme ?"),
        ("object", None, "What does Alice eat?", "Qu'est-ce qu'Alice mange ?"),
    ],
)
def test_questions(asked: str, object_: str | None, left: str, right: str) -> None:
    told = Clause(ALICE, EAT, "present", thing(object_) if object_ else None, asked=asked)
    assert said(told, mark="?") == (left, right)


def test_what_is_asked_for_leads_and_the_participle_agrees_with_it() -> None:
    which = thing("door", determiner="which")
    assert said(Clause(Pronoun(HE), OPEN, "past", which, asked="object"), mark="?") == (
        "Which door did he open?", "Quelle porte est-ce qu'il a ouverte ?"
    )  # fmt: skip
    many = thing("apple", determiner="how many", plural=True)
    assert said(Clause(Pronoun(THEY), EAT, "past", many, asked="object"), mark="?") == (
        "How many apples did they eat?", "Combien de pommes est-ce qu'ils ont mangées ?"
    )  # fmt: skip
    assert said(Clause(Someone("who"), EAT, "past", thing("pear"), asked="subject"), mark="?") == (
        "Who ate the pear?", "Qui a mangé la poire ?"
    )  # fmt: skip


def test_questions_with_used_to_and_with_being() -> None:
    assert said(Clause(PAUL, EAT, "imperfect", thing("pear"), asked="yes"), mark="?") == (
        "Did Paul use to eat the pear?", "Est-ce que Paul mangeait la poire ?"
    )  # fmt: skip
    assert said(Clause(PAUL, None, "present", predicate=ADJECTIVES["tired"], asked="yes"), mark="?") == (
        "Is Paul tired?", "Est-ce que Paul est fatigué ?"
    )  # fmt: skip


def test_pronouns_stand_before_the_french_verb_and_agree() -> None:
    letter = thing("letter")
    told = Clause(PAUL, READ, "past", Pronoun(letter.features))
    assert said(Topic(letter), told) == ("The letter, Paul read it.", "La lettre, Paul l'a lue.")
    told = Clause(PAUL, SEE, "past", Pronoun(thing("girl", plural=True).features), negation="not")
    assert said(told) == ("Paul did not see them.", "Paul ne les a pas vues.")
    assert said(Clause(MARIE, OBEY, "future", Pronoun(THEY))) == ("Marie will obey them.", "Marie leur obéira.")
    order = Clause(Pronoun(YOU), OPEN, "imperative", Pronoun(Features(gender="f", thing=True)))
    assert said(order, mark="!") == ("Open it!", "Ouvre-la !")
    given = Clause(PAUL, GIVE, "past", thing("key", determiner="a"), Pronoun(SHE))
    assert said(given) == ("Paul gave a key to her.", "Paul lui a donné une clé.")


def test_giving_contracts_with_whom_it_is_given_to() -> None:
    given = Clause(PAUL, GIVE, "present", thing("book"), thing("child", plural=True))
    assert said(given) == ("Paul gives the book to the children.", "Paul donne le livre aux enfants.")


@pytest.mark.parametrize(
    ("verb", "place", "left", "right"),
    [
        (GO, "Paris", "Marie goes to Paris.", "Marie va à Paris."),
        (GO, "France", "Marie goes to France.", "Marie va en France."),
        (GO, "Japan", "Marie goes to Japan.", "Marie va au Japon."),
        (GO, "the United States", "Marie goes to the United States.", "Marie va aux États-Unis."),
        (COME, "Italy", "Marie comes from Italy.", "Marie vient d'Italie."),
        (COME, "Morocco", "Marie comes from Morocco.", "Marie vient du Maroc."),
        (COME, "the Netherlands", "Marie comes from the Netherlands.", "Marie vient des Pays-Bas."),
        (COME, "Hungary", "Marie comes from Hungary.", "Marie vient de Hongrie."),
        (COME, "Athens", "Marie comes from Athens.", "Marie vient d'Athènes."),
    ],
)
def test_countries_have_their_own_prepositions(verb, place: str, left: str, right: str) -> None:
    assert said(Clause(MARIE, verb, "present", There(PLACES[place]))) == (left, right)


def test_places_and_relations_contract() -> None:
    near = Place(Both("near", "près de"), thing("market"))
    assert said(Clause(MARIE, None, "past", predicate=near)) == (
        "Marie was near the market.", "Marie était près du marché."
    )  # fmt: skip
    assert said(Clause(MARIE, LIVE, "present", thing("castle"))) == (
        "Marie lives in the castle.", "Marie habite dans le château."
    )  # fmt: skip


def test_people_are_described_and_compared() -> None:
    taller = Comparison(ADJECTIVES["old"], ALICE)
    assert said(Clause(MARIE, None, "present", predicate=taller)) == (
        "Marie is older than Alice.", "Marie est plus vieille qu'Alice."
    )  # fmt: skip
    better = Comparison(ADJECTIVES["good"], thing("pear"))
    assert said(Clause(thing("apple", plural=True), None, "present", predicate=better)) == (
        "The apples are better than the pear.", "Les pommes sont meilleures que la poire."
    )  # fmt: skip
    assert said(Clause(MARIE, None, "present", predicate=DOCTOR)) == ("Marie is a baker.", "Marie est boulangère.")
    assert said(Clause(named("Paul", "Marie"), None, "present", predicate=DOCTOR)) == (
        "Paul and Marie are bakers.", "Paul et Marie sont boulangers."
    )  # fmt: skip


def test_modals_and_adverbs() -> None:
    must = Modal(("must", "must", ""), "devoir", auxiliary=True)
    assert said(Clause(PAUL, EAT, "present", thing("soup"), modal=must, negation="not")) == (
        "Paul must not eat the soup.", "Paul ne doit pas manger la soupe."
    )  # fmt: skip
    tries = Modal(("try", "tried", "tried"), "essayer", french_preposition="de")
    assert said(Clause(PAUL, OPEN, "present", Pronoun(Features(thing=True)), modal=tries)) == (
        "Paul tries to open it.", "Paul essaie de l'ouvrir."
    )  # fmt: skip
    assert said(Clause(PAUL, EAT, "past", thing("soup"), often=Both("often", "souvent"))) == (
        "Paul often ate the soup.", "Paul a souvent mangé la soupe."
    )  # fmt: skip


def test_a_noun_is_described_by_a_clause() -> None:
    inner = Clause(PAUL, READ, "past", thing("letter"), gap="object")
    whole = thing("letter", relative=inner)
    assert said(Clause(whole, None, "present", predicate=ADJECTIVES["boring"])) == (
        "The letter that Paul read is boring.", "La lettre que Paul a lue est ennuyeuse."
    )  # fmt: skip
    inner = Clause(thing("woman"), EAT, "present", thing("soup"), gap="subject")
    whole = thing("woman", relative=inner)
    assert said(Clause(whole, None, "present", predicate=ADJECTIVES["happy"])) == (
        "The woman who eats the soup is happy.", "La femme qui mange la soupe est heureuse."
    )  # fmt: skip


def test_liking_is_of_things_at_large() -> None:
    assert said(Clause(PAUL, LIKE, "present", thing("cheese", plural=True, determiner=""))) == (
        "Paul likes cheeses.", "Paul aime les fromages."
    )  # fmt: skip


def test_if_melts_with_he_alone() -> None:
    rain = Clause(Pronoun(HE), EAT, "unreal", thing("soup"))
    assert said(Both("if", "si"), rain, Both(",", ","), Clause(PAUL, ARRIVE, "conditional")) == (
        "If he ate the soup, Paul would arrive.", "S'il mangeait la soupe, Paul arriverait."
    )  # fmt: skip
