"""The tables of words: whole, without doubles, and each word has but one counterpart."""

from collections import defaultdict

from studio.data.bilingual.words import words


def test_every_heading_that_is_asked_for_exists() -> None:
    kinds = {kind for noun in words().nouns for kind in noun.kinds} | {"city", "country"}
    for verb in (*words().verbs, *words().giving):
        assert verb.subjects <= kinds, verb
        assert verb.objects <= kinds, verb
    for adjective in words().adjectives:
        assert adjective.kinds <= kinds, adjective


def test_a_noun_has_one_counterpart_both_ways() -> None:
    for one, other in (("english", "french"), ("french", "english"), ("english_plural", "french_plural")):
        found = defaultdict(set)
        for noun in words().nouns:
            found[getattr(noun, one)].add(getattr(noun, other))
        assert {word: many for word, many in found.items() if len(many) > 1} == {}


def test_an_adjective_has_one_counterpart_both_ways() -> None:
    for one, other in (("english", "masculine"), ("masculine", "english")):
        found = [getattr(a, one) for a in words().adjectives]
        assert len(found) == len(set(found)), (one, other)


def test_a_verb_has_one_counterpart_for_each_kind_of_object() -> None:
    for side in ("english", "french"):
        found = defaultdict(set)
        for verb in words().verbs:
            said = {
                "english": (verb.english, verb.tail, verb.preposition, verb.particle),
                "french": (verb.french, verb.french_tail, verb.french_preposition, verb.reflexive),
            }
            for kind in verb.objects or {""}:
                found[said[side], kind].add(said["french" if side == "english" else "english"])
        doubled = {key: many for key, many in found.items() if len(many) > 1}
        assert {key[0] for key in doubled if key[1] not in ("country", "city", "building")} == set()


def test_the_world_is_as_large_as_it_says() -> None:
    known = words()
    assert len(known.nouns) > 400
    assert len(known.verbs) + len(known.giving) > 180
    assert len(known.adjectives) > 120
    assert len(known.people) >= 60
    assert not {name.english for name in known.people if name.english.endswith("s")}


def test_irregular_forms_are_taken_from_the_tables() -> None:
    by_english = {noun.english: noun for noun in words().nouns}
    assert by_english["mouse"].english_plural == "mice"
    assert by_english["potato"].french_plural == "pommes de terre"
    assert by_english["horse"].french_plural == "chevaux"
    verbs = {verb.key: verb for verb in words().verbs}
    assert verbs["get up lever"].reflexive
    assert verbs["get up lever"].english == ("get", "got", "got")
    assert verbs["be hungry avoir"].french_tail == "faim"
