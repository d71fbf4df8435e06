"""Writing: greedy as transformers does, alone and in rows; reproducible; nothing read twice; stopped in time."""

from collections.abc import Iterable, Sequence

import pytest
import torch

from studio.config.writing import Writing
from studio.data.tokenisers import FileTokeniser
from studio.generation.language_texts import StopTexts, TextWriter
from studio.generation.language_writing import Chosen, Writer, trimmed
from studio.generation.replies import WrittenToken
from studio.ground.errors import DamagedError, UsageError
from studio.models.language_format import load_folder
from tests.foreign_languages import KINDS, TOKENS, foreign_folder, foreign_model

GREEDY = Writing(temperature=0, tokens=12)
PROMPTS = [[5, 9, 200, 31, 7], [8, 1, 1], [100, 42, 17, 6, 250, 3, 77]]


def writer(kind: str = "qwen3", ends: Sequence[int] = ()) -> Writer:
    return Writer(load_folder(foreign_folder(kind))[1], ends)


def rows_of(steps: Iterable[tuple[Chosen, ...]]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for step in steps:
        for one in step:
            found.setdefault(one.row, []).append(one.token)
    return found


def read_lengths(one: Writer) -> list[int]:
    """Grows with every call of the model by how many tokens it was given."""
    lengths: list[int] = []
    one.model.register_forward_pre_hook(lambda _, args: lengths.append(args[0].shape[1]))
    return lengths


@pytest.mark.parametrize("kind", KINDS)
def test_greedy_texts_are_those_of_transformers(kind: str) -> None:
    """Each alone, all of them in rows with padding on the left, and again with what was read before."""
    theirs, ours = foreign_model(kind), writer(kind)
    wanted = []
    for prompt in PROMPTS:
        made = theirs.generate(
            torch.tensor([prompt]), attention_mask=torch.ones(1, len(prompt)), max_new_tokens=12, do_sample=False,
            pad_token_id=0,
        )  # fmt: skip
        wanted.append(made[0, len(prompt) :].tolist())
    assert [rows_of(ours.write([prompt], GREEDY))[0] for prompt in PROMPTS] == wanted
    assert rows_of(ours.write(PROMPTS, GREEDY)) == dict(enumerate(wanted))
    assert [rows_of(ours.write([prompt], GREEDY))[0] for prompt in PROMPTS] == wanted


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_the_penalty_is_that_of_transformers(kind: str) -> None:
    prompt = PROMPTS[0]
    made = foreign_model(kind).generate(
        torch.tensor([prompt]), attention_mask=torch.ones(1, 5), max_new_tokens=12, do_sample=False, pad_token_id=0,
        repetition_penalty=1.7,
    )  # fmt: skip
    changed = GREEDY.model_copy(update={"repetition_penalty": 1.7})
    assert rows_of(writer(kind).write([prompt], changed))[0] == made[0, 5:].tolist()


def test_a_seed_makes_the_same_text_and_variants_differ() -> None:
    drawn = Writing(temperature=1.0, top_p=1.0, tokens=10, seed=4, count=3)
    ours = writer()
    first = rows_of(ours.write(PROMPTS[:1], drawn))
    assert rows_of(ours.write(PROMPTS[:1], drawn)) == first == rows_of(writer().write(PROMPTS[:1], drawn))
    assert len({tuple(row) for row in first.values()}) == 3
    assert rows_of(ours.write(PROMPTS[:1], drawn.model_copy(update={"count": 1})))[0] == first[0]
    assert rows_of(ours.write(PROMPTS[:1], drawn.model_copy(update={"seed": 5}))) != first


def test_variants_of_several_prompts_stand_one_after_another() -> None:
    both = rows_of(writer().write(PROMPTS[:2], GREEDY.model_copy(update={"count": 2})))
    assert both[0] == both[1] != both[2] == both[3]


def test_writing_draws_from_no_shared_generator() -> None:
    before = torch.get_rng_state()
    list(writer().write(PROMPTS[:1], Writing(tokens=5)))
    assert torch.equal(torch.get_rng_state(), before)


def test_the_beginning_of_a_conversation_is_not_read_again() -> None:
    ours, prompt = writer(), PROMPTS[2]
    lengths = read_lengths(ours)
    answer = rows_of(ours.write([prompt], GREEDY))[0]
    assert lengths == [len(prompt), *[1] * 11]
    lengths.clear()
    longer = [*prompt, *answer, 9, 9, 9]
    after = rows_of(ours.write([longer], GREEDY))[0]
    assert lengths[0] == 4 and ours.reused == len(prompt) + 11  # the last token written had not been read yet
    assert after == rows_of(writer().write([longer], GREEDY))[0]
    lengths.clear()
    edited = [*prompt, answer[0], 200]
    assert rows_of(ours.write([edited], GREEDY)) == rows_of(writer().write([edited], GREEDY))
    assert lengths[0] == 1 and ours.reused == len(prompt) + 1
    lengths.clear()
    assert rows_of(ours.write([edited], GREEDY)) and lengths[0] == 1, "the last token has to be read for its answer"


def test_stopped_in_the_middle_it_knows_what_it_has_read() -> None:
    ours, prompt = writer(), PROMPTS[0]
    work = ours.write([prompt], GREEDY)
    begun = [next(work)[0].token for _ in range(4)]
    work.close()
    lengths = read_lengths(ours)
    assert rows_of(ours.write([[*prompt, *begun]], GREEDY))[0][0] == rows_of(writer().write([prompt], GREEDY))[0][4]
    assert lengths[0] == 1


def test_long_prompts_are_read_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.generation.language_writing._PIECE", 3)
    for prompts in (PROMPTS[2:], PROMPTS):
        steps = list(writer().write(prompts, GREEDY))
        assert [bool(step) for step in steps[:3]] == [False, False, True]
        monkeypatch.undo()
        assert rows_of(steps) == rows_of(writer().write(prompts, GREEDY))
        monkeypatch.setattr("studio.generation.language_writing._PIECE", 3)


@pytest.mark.parametrize(("rows", "wanted"), [(1, 1), (2, 2)])
def test_a_single_row_is_written_by_one_thread(rows: int, wanted: int) -> None:
    writer, before = Writer(load_folder(foreign_folder("gpt2"))[1]), torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        steps = writer.write([[1, 2, 3]] * rows, Writing(temperature=0, tokens=4))
        assert [torch.get_num_threads() for step in steps if step] == [wanted] * 4
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_a_row_ends_with_its_end_and_the_others_go_on() -> None:
    free = rows_of(writer().write(PROMPTS, GREEDY))
    end = free[0][3]
    found = rows_of(writer(ends=[end]).write(PROMPTS, GREEDY))
    for row, tokens in free.items():
        assert found[row] == (tokens[: tokens.index(end) + 1] if end in tokens else tokens)


def test_the_context_is_filled_to_the_last_place() -> None:
    long = [tokens % TOKENS for tokens in range(60)]
    for prompt, count in ((long, 5), ([*long, 1, 2, 3, 4], 1)):
        assert len(rows_of(writer("gpt2").write([prompt], GREEDY))[0]) == count
    with pytest.raises(UsageError, match="The text has 65 tokens, the model reads at most 64; shorten it"):
        list(writer().write([[1] * 65], GREEDY))
    with pytest.raises(UsageError, match="nothing to continue"):
        list(writer().write([[]], GREEDY))


def test_trimming_keeps_the_beginning_and_the_last() -> None:
    assert trimmed(range(10), most=6, kept=2) == [0, 1, 6, 7, 8, 9]
    assert trimmed(range(5), most=6, kept=2) == list(range(5))
    with pytest.raises(ValueError, match="leave nothing"):
        trimmed(range(10), most=3, kept=3)


def test_probabilities_are_the_models_own() -> None:
    ours = writer()
    (chosen,) = next(ours.write(PROMPTS[:1], Writing(temperature=3.0, tokens=1)))
    with torch.no_grad():
        shares = ours.model(torch.tensor(PROMPTS[:1]))[0, -1].softmax(dim=-1)
    assert chosen.probability == pytest.approx(float(shares[chosen.token]), rel=1e-3)


# --- texts -----------------------------------------------------------------------------------------------------


def text_writer(ends: Sequence[int] = ()) -> TextWriter:
    folder = foreign_folder("gpt2")
    return TextWriter(writer("gpt2", ends), FileTokeniser.from_file(folder / "tokenizer.json"))


def joined(steps: Iterable[tuple[WrittenToken, ...]]) -> tuple[dict[int, str], dict[int, str]]:
    texts: dict[int, str] = {}
    endings: dict[int, str] = {}
    for step in steps:
        for one in step:
            texts[one.row] = texts.get(one.row, "") + one.text
            endings[one.row] = one.ending
    return texts, endings


def test_a_text_comes_in_pieces_and_whole() -> None:
    ours = text_writer()
    drawn = Writing(temperature=2.0, top_p=1.0, tokens=40, count=2)
    steps = list(ours.write(["the cat"], drawn))
    tokens = rows_of(tuple(Chosen(w.row, w.token, w.probability) for w in step) for step in steps)
    assert joined(steps)[0] == {row: ours.tokeniser.decode(ids) for row, ids in tokens.items()}
    assert joined(steps)[1] == {0: "full", 1: "full"}


def test_it_stops_before_a_stop_text_that_comes_in_parts() -> None:
    ours = text_writer()
    whole = joined(ours.write(["the cat"], GREEDY))[0][0]
    stop = whole[5:8]
    found, endings = joined(ours.write(["the cat"], GREEDY.model_copy(update={"stop": ("never", stop)})))
    assert (found[0], endings[0]) == (whole[: whole.index(stop)], "stop")


def test_it_stops_at_the_end_that_the_model_sets() -> None:
    ours = text_writer()
    tokens = [step[0].token for step in ours.write(["the cat"], GREEDY)]
    found, endings = joined(text_writer(ends=tokens[4:5]).write(["the cat"], GREEDY))
    before = tokens[: tokens.index(tokens[4])]
    assert (found[0], endings[0]) == (ours.tokeniser.decode(before), "end")


def test_a_tokeniser_of_another_model_is_refused() -> None:
    tokeniser = FileTokeniser.from_file(foreign_folder("gpt2") / "tokenizer.json")
    tokeniser.bound = TOKENS + 1
    with pytest.raises(DamagedError, match="does not fit"):
        TextWriter(writer("gpt2"), tokeniser)


def test_stop_texts_hold_back_no_more_than_they_must() -> None:
    stops = StopTexts(["</s>", "User:"])
    assert [stops.add(text) for text in ("a <", "b </", "s", " Us", "e")] == ["a ", "<b ", "", "</s ", ""]
    assert [stops.add("r"), stops.add(": gone"), stops.add("more"), stops.finish()] == ["", "", "", ""]
    assert stops.found
    open_end = StopTexts(["</s>"])
    assert (open_end.add("a </"), open_end.finish()) == ("a ", "</")
