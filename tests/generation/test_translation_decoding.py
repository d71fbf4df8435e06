"""Translating, against transformers' ``generate``; one by one as in batches; forced, limited and drawn."""

import itertools
import math
from collections.abc import Sequence
from typing import Any

import pytest
import torch

from studio.config.decoding import Decoding
from studio.generation.translation_decoding import Decoder, Marks, finished
from studio.generation.translation_search import Hypothesis, Search
from studio.ground.errors import UsageError
from studio.models.products import packed
from studio.models.translation_format import load_folder
from tests.foreign_translations import END, KINDS, PAD, foreign_folder, foreign_model

MARKS = Marks(begin=PAD, end=END, never=(PAD,))
SOURCES = [[5, 9, 44, 31, 7, END], [8, END], [50, 42, 17, 6, 25, 3, 11, 9, END], [1, 2, 3, END]]
ROOM = 14


def decoder(kind: str = "marian") -> Decoder:
    return Decoder(load_folder(foreign_folder(kind))[1], MARKS)


def translated(
    one: Decoder, sources: Sequence[Sequence[int]], decoding: Decoding, **more: Any
) -> list[list[Hypothesis]]:
    return finished(one.decode(sources, decoding, **more))


def tokens(found: list[list[Hypothesis]]) -> list[list[tuple[int, ...]]]:
    return [[one.tokens for one in sentence] for sentence in found]


def foreign(kind: str, source: list[int], decoding: Decoding, **more: Any) -> list[tuple[tuple[int, ...], float]]:
    """What transformers makes of one source: tokens without marks, and their scores."""
    made = foreign_model(kind).generate(
        torch.tensor([source]), num_beams=decoding.beam, num_return_sequences=decoding.count, do_sample=False,
        max_new_tokens=ROOM, length_penalty=decoding.length_penalty, early_stopping=False, bad_words_ids=[[PAD]],
        no_repeat_ngram_size=decoding.no_repeat, return_dict_in_generate=True, output_scores=True, **more,
    )  # fmt: skip
    begun = more["decoder_input_ids"].shape[1] if "decoder_input_ids" in more else 1
    texts = [row.tolist() for row in made.sequences]
    texts = [row[1:begun] + list(itertools.takewhile(lambda t: t not in (END, PAD), row[begun:])) for row in texts]
    scores = made.sequences_scores.tolist() if decoding.beam > 1 else [math.nan] * len(texts)
    return [(tuple(text), score) for text, score in zip(texts, scores, strict=True)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "decoding",
    [
        Decoding(beam=4, count=4, tokens=ROOM),
        Decoding(beam=3, count=2, tokens=ROOM, length_penalty=0.0),
        Decoding(beam=5, count=5, tokens=ROOM, length_penalty=2.0, no_repeat=2),
        Decoding(beam=1, tokens=ROOM),
        Decoding(beam=1, tokens=ROOM, no_repeat=1),
    ],
    ids=["beam 4", "plain likelihoods", "long and without repeats", "greedy", "no token twice"],
)
def test_translations_and_scores_are_those_of_transformers(kind: str, decoding: Decoding) -> None:
    """One by one there; here in one batch of different lengths, with padding. Ties closer than 1e-4 may be swapped."""
    found = translated(decoder(kind), SOURCES, decoding)
    for source, ours in zip(SOURCES, found, strict=True):
        theirs = foreign(kind, source, decoding)
        assert len(ours) == len(theirs)
        if decoding.beam == 1:
            assert ours[0].tokens == theirs[0][0]
            continue
        assert [one.score for one in ours] == pytest.approx([score for _, score in theirs], abs=1e-4)
        for one, (text, score) in zip(ours, theirs, strict=True):
            ties = {other for other, near in theirs if abs(near - score) < 1e-4}
            assert one.tokens in ties | {text}


def test_alone_and_in_a_batch_are_the_same() -> None:
    one, decoding = decoder(), Decoding(beam=4, count=3, tokens=ROOM)
    together = translated(one, SOURCES, decoding)
    alone = [translated(one, [source], decoding)[0] for source in SOURCES]
    assert tokens(together) == tokens(alone)
    for a, b in zip(itertools.chain(*together), itertools.chain(*alone), strict=True):
        assert a.score == pytest.approx(b.score, abs=1e-5) and a.likelihoods == pytest.approx(b.likelihoods, abs=1e-4)


@pytest.mark.parametrize("beam", [1, 4])
def test_likelihoods_are_those_of_one_reading_without_a_cache(beam: int) -> None:
    one = decoder("apart")
    for source, (found,) in zip(SOURCES, translated(one, SOURCES, Decoding(beam=beam, tokens=40)), strict=True):
        read = torch.tensor([[PAD, *found.tokens]])
        with torch.no_grad():
            likely = one.model(torch.tensor([source]), read)[0].log_softmax(dim=-1)
        wanted = [float(likely[place, token]) for place, token in enumerate([*found.tokens, END])]
        assert found.likelihoods[:-1] == pytest.approx(wanted[:-1], abs=1e-4)
        assert found.score == pytest.approx(sum(found.likelihoods) / len(found.likelihoods), abs=1e-5)


def test_the_cache_grows_with_long_translations() -> None:
    one = decoder("uneven")
    with torch.no_grad():
        assert one.model.output_bias is not None
        one.model.output_bias[END] = -100.0
    found = translated(one, [[5, END], [7, 8, END]], Decoding(beam=3, tokens=90))
    assert [len(sentence[0].tokens) for sentence in found] == [89, 89]
    for source, (hypothesis,) in zip(([5, END], [7, 8, END]), found, strict=True):
        with torch.no_grad():
            likely = one.model(torch.tensor([source]), torch.tensor([[PAD, *hypothesis.tokens]]))[0].log_softmax(dim=-1)
        wanted = [float(likely[place, token]) for place, token in enumerate(hypothesis.tokens)]
        assert hypothesis.likelihoods[:-1] == pytest.approx(wanted, abs=1e-3)


@pytest.mark.parametrize("beam", [1, 4])
def test_a_translation_begins_as_it_has_to(beam: int) -> None:
    decoding, begins = Decoding(beam=beam, count=beam, tokens=ROOM), [(7, 9), (), (30,), (12, 4, 4)]
    found = translated(decoder(), SOURCES, decoding, prefixes=begins)
    for source, begin, ours in zip(SOURCES, begins, found, strict=True):
        forced = torch.tensor([[PAD, *begin]])
        decode = decoding.model_copy(update={"tokens": ROOM})
        theirs = foreign("marian", source, decode, decoder_input_ids=forced)
        assert all(one.tokens[: len(begin)] == begin for one in ours)
        if len(theirs[0][0]) < ROOM - 4:  # both had room enough
            assert ours[0].tokens == theirs[0][0]
            assert beam == 1 or ours[0].score == pytest.approx(theirs[0][1], abs=1e-4)


def test_no_sequence_comes_twice() -> None:
    for found in translated(decoder("apart"), SOURCES, Decoding(beam=3, tokens=40, no_repeat=2)):
        pairs = list(itertools.pairwise(found[0].tokens))
        assert len(pairs) == len(set(pairs))


def test_what_is_drawn_depends_on_the_seed_and_not_on_the_others() -> None:
    one, decoding = decoder(), Decoding(temperature=1.0, count=3, tokens=ROOM, seed=5)
    found = translated(one, SOURCES, decoding)
    assert tokens(found) == tokens(translated(decoder(), SOURCES, decoding))
    alone = translated(one, SOURCES[2:3], decoding, seeds=[2])
    assert tokens(alone) == tokens(found[2:3])
    assert tokens(found) != tokens(translated(one, SOURCES, decoding.model_copy(update={"seed": 6})))
    assert len({text for sentence in tokens(found) for text in sentence}) > len(SOURCES)
    fewer = translated(one, SOURCES, decoding.model_copy(update={"count": 1}))
    assert [sentence[0] for sentence in tokens(fewer)] == [sentence[0] for sentence in tokens(found)]
    bold = Decoding(temperature=1.0, top_k=1, tokens=ROOM)
    assert tokens(translated(one, SOURCES, bold)) == tokens(translated(one, SOURCES, Decoding(beam=1, tokens=ROOM)))


def test_drawing_touches_no_shared_generator() -> None:
    before = torch.get_rng_state()
    translated(decoder(), SOURCES, Decoding(temperature=1.0, tokens=5))
    assert torch.equal(torch.get_rng_state(), before)


def test_it_can_be_stopped_between_two_steps_and_tells_what_it_looked_at() -> None:
    one = decoder()
    work = one.decode(SOURCES, Decoding(beam=2, tokens=ROOM), traced=True)
    first, second = next(work), next(work)
    work.close()
    assert (first.place, second.place) == (1, 2) and set(first.choices) == {0, 1, 2, 3}
    for choices in first.choices.values():
        assert [choice.parent for choice in choices] == [0] * 4
        assert sorted(choice.place for choice in choices if choice.place >= 0) == [0, 1]
        assert [choice.score for choice in choices] == sorted((choice.score for choice in choices), reverse=True)


def test_sources_are_asked_once_and_sentences_that_are_over_leave() -> None:
    one, rows, read = decoder(), [], []
    one.model.encoder.register_forward_pre_hook(lambda _, args: read.append(args[0].shape[0]))
    one.model.decoder.register_forward_pre_hook(lambda _, args: rows.append(args[0].shape[:2]))
    with torch.no_grad():
        assert one.model.output_bias is not None
        one.model.output_bias[END] = -100.0
    translated(one, SOURCES, Decoding(beam=3))
    longest = sorted((2 * len(source) + 20 for source in SOURCES), reverse=True)
    assert read == [4] and rows == [(sum(place < end for end in longest), 3) for place in range(longest[0])]


def test_nothing_to_translate_and_too_much() -> None:
    assert translated(decoder(), [], Decoding()) == []
    one = decoder()
    one.model.config = one.model.config.model_copy(
        update={"network": one.model.config.network.model_copy(update={"positions": "learned"})}
    )
    with pytest.raises(UsageError, match="The text has 70 tokens, the model reads at most 64"):
        translated(one, [[1] * 70], Decoding())


def test_a_search_ends_where_nothing_may_be_said() -> None:
    search = Search(2, END, 1.0)
    parents, kept, choices = search.step(0, [(-math.inf, 0, 3), (-math.inf, 0, 4)])
    assert search.over and parents == [0, 0] and choices == [] and search.found(2) == [] and len(kept) == 2


@pytest.mark.parametrize("beam", [1, 4])
def test_in_a_faster_form_translations_are_the_same(beam: int) -> None:
    decoding = Decoding(beam=beam, count=beam, tokens=ROOM)
    fast = decoder("uneven")
    packed(fast.model)
    assert tokens(translated(fast, SOURCES, decoding)) == tokens(translated(decoder("uneven"), SOURCES, decoding))


def test_in_eight_bits_likelihoods_are_near() -> None:
    small, found = decoder(), translated(decoder(), SOURCES, Decoding(tokens=ROOM))
    packed(small.model, int8=True)
    decoding = Decoding(beam=1, tokens=ROOM)
    again = translated(small, SOURCES, decoding, prefixes=[one.tokens for (one,) in found])
    assert [one.tokens for (one,) in again] == [one.tokens for (one,) in found]
