"""What a translation model of a checkpoint answers: sentences, the beginnings of some, words, what was looked at."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from studio.config.decoding import Decoding
from studio.config.translation import TranslationConfig, TranslationNetwork
from studio.generation.models import TranslatingModel
from studio.generation.translation import TranslatorModel, different, load_model
from studio.generation.translation_words import joined
from studio.generation.translations import Version
from studio.ground.errors import DamagedError, UsageError
from studio.ground.files import read_json, write_json, write_manifest
from studio.models.weights import write_tensors
from studio.training.translation import TranslationTask, make_task
from tests.tiny_pairs import TinyPairs

CPU = torch.device("cpu")
DATA = TinyPairs(40)
KNOWN = [DATA.texts[row] for row in DATA.parts.training]
(TWO, TWO_THERE), (ONE, ONE_THERE) = (next(p for p in KNOWN if p[0].count(" ") == gaps) for gaps in (1, 0))
LONG, LONG_THERE = max(KNOWN, key=lambda pair: len(pair[0]))
CONFIG = TranslationConfig(
    network=TranslationNetwork(width=48, heads=3), batch=400, context=16, warm_up=10, steps=80, dropout=0.0,
    learning_rate=4e-3, label_smoothing=0.0,
)  # fmt: skip


def trained(steps: int) -> TranslationTask:
    """A task that has learnt a little, by plain descent."""
    from studio.training.rng import Draws

    task, draws = make_task(CONFIG, DATA, CPU), Draws(0, CPU)
    for step in range(steps):
        for phase in task.phases(draws.at(step)):
            task.optimisers[phase.name].zero_grad()
            phase.loss().backward()
            task.optimisers[phase.name].step()
    return task


def write_point(folder: Path, task: TranslationTask) -> Path:
    """A model point as the trainer writes it."""
    folder.mkdir(exist_ok=True)
    write_tensors(folder / "average.translator.safetensors", task.network.state_dict())
    facts = {"family": "translation", "step": 7, "config": CONFIG.model_dump(mode="json")}
    write_json(folder / "state.json", facts | {"description": task.description()})
    for name, content in task.files().items():
        (folder / name).write_bytes(content)
    write_manifest(folder)
    return folder


@pytest.fixture(scope="module", autouse=True)
def _planned_family() -> Generator[None, None, None]:
    """As long as the family is no part of the window."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("studio.config.registry.FAMILIES", ("translation",))
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_point(tmp_path_factory.mktemp("translation") / "model-000000007", trained(80))


@pytest.fixture(scope="module")
def model(folder: Path) -> TranslatorModel:
    return load_model(folder, CPU)


def done(work: Generator[Any, None, Any]) -> tuple[list[Any], Any]:
    told = []
    while True:
        try:
            told.append(next(work))
        except StopIteration as end:
            return told, end.value


def test_sentences_are_translated_each_for_itself(model: TranslatorModel) -> None:
    assert isinstance(model, TranslatingModel) and model.step == 7
    sentences = [TWO, "", ONE, LONG, "  "]
    told, found = done(model.translate(sentences, Decoding(count=2)))
    assert told[-1] == (3, 3) and [len(versions) for versions in found] == [2, 1, 2, 2, 1]
    assert [found[row][0].text for row in (0, 2, 3)] == [TWO_THERE, ONE_THERE, LONG_THERE]
    assert [versions[0].text for versions in (found[1], found[4])] == ["", ""]
    for versions in found:
        assert [one.score for one in versions] == sorted((one.score for one in versions), reverse=True)
        for one in versions:
            assert "".join(word.text for word in one.words) == one.text
            assert all(0 < word.probability <= 1 for word in one.words)
    for sentence, versions in zip(sentences, found, strict=True):
        alone = done(model.translate([sentence], Decoding(count=2)))[1][0]
        assert [one.text for one in alone] == [one.text for one in versions]


def test_each_text_comes_once_with_its_best_score(model: TranslatorModel, monkeypatch: pytest.MonkeyPatch) -> None:
    told = [Version("a b", -1.0, ()), Version("c", -2.0, ()), Version("a b", -3.0, ())]
    assert different(told) == told[:2]
    _, (plain,) = done(model.translate([TWO], Decoding(beam=4, count=4)))
    monkeypatch.setattr("studio.generation.translation.version", lambda one, _: Version("same", one.score, ()))
    _, (same,) = done(model.translate([TWO], Decoding(beam=4, count=4)))
    assert len(plain) > 1 and [(one.text, one.score) for one in same] == [("same", plain[0].score)]
    _, (drawn,) = done(model.translate([TWO], Decoding(count=3, temperature=1.0)))
    assert len(drawn) == 3, "what is drawn is shown as it was drawn"


def test_a_translation_goes_on_from_given_words(model: TranslatorModel) -> None:
    first, last = TWO_THERE.split()
    _, found = done(model.translate([TWO, TWO], Decoding(), begins=[last, ""]))
    assert found[0][0].text.startswith(last) and found[1][0].text == TWO_THERE
    words = model.next_words(TWO, "", 3)
    assert words[0].text == first and 1 <= len(words) <= 3
    assert [word.probability for word in words] == sorted((word.probability for word in words), reverse=True)
    assert model.next_words(TWO, f"{first} ", 1)[0].text == f" {last}" and model.next_words(" ", "", 3) == ()


def test_a_text_that_is_too_long_is_translated_in_parts(model: TranslatorModel) -> None:
    long = f"{TWO}. " * 30 + ONE
    _, ((found, *_),) = done(model.translate([long], Decoding(beam=1)))
    assert found.text.count(TWO_THERE.split()[0]) > 9 and "".join(word.text for word in found.words) == found.text
    _, ((mass, *_),) = done(model.translate(["x" * 3000], Decoding(beam=1)))
    assert len(mass.text) < 3000


def test_words_that_no_source_had_are_told(model: TranslatorModel) -> None:
    assert model.unknown("one Ж two жук") == ((4, 5), (10, 13)) and model.unknown("one two") == ()


def test_a_look_tells_the_search_and_what_was_looked_at(model: TranslatorModel) -> None:
    seen = model.look(LONG, Decoding(beam=3))
    source, target = len(seen.source), len(seen.target)
    blocks, heads = model.config.network.full_depth, 3
    assert "".join(seen.source) == LONG and seen.source[-1] == seen.target[-1] == ""
    assert seen.cross.shape == (blocks, heads, target, source)
    assert seen.encoder.shape == (blocks, heads, source, source)
    np.testing.assert_allclose(seen.cross.sum(axis=-1), 1, atol=1e-5)
    texts = {-1: ""}
    for number, node in enumerate(seen.search):
        texts[number] = texts[node.parent] + node.text
        assert node.parent < number and (node.parent < 0 or seen.search[node.parent].step == node.step - 1)
    best = "".join(seen.target)
    assert best in [texts[number] for number, node in enumerate(seen.search) if node.fate == "ended"]
    assert all(attention.kept is None for attention in model.network.attentions())


def test_eight_bits_translate_as_well(model: TranslatorModel) -> None:
    _, found = done(model.translate([TWO, ONE], Decoding(int8=True)))
    assert [one.text for one, *_ in found] == [TWO_THERE, ONE_THERE]


def test_draws_do_not_depend_on_the_other_sentences(model: TranslatorModel) -> None:
    drawn = Decoding(temperature=1.5, seed=3)
    _, both = done(model.translate([LONG, ONE], drawn))
    ((alone,),) = done(model.translate([LONG], drawn))[1]
    assert both[0][0].text == alone.text and both[0][0].score == pytest.approx(alone.score, abs=1e-4)


def test_what_is_exported_is_whole_and_what_no_format_knows_is_refused(model: TranslatorModel, tmp_path: Path) -> None:
    made = model.exported()
    assert set(made.tensors["translator"]) == set(model.network.state_dict()) and "tokenizer.json" in made.files
    with pytest.raises(UsageError, match="norm = pre"):
        model.write_huggingface(tmp_path)


def test_a_damaged_checkpoint_is_told(folder: Path, tmp_path: Path) -> None:
    task = make_task(CONFIG, DATA, CPU)
    point = write_point(tmp_path / "model-000000001", task)
    (point / "tokenizer.json").write_text("{}")
    write_manifest(point)
    with pytest.raises(DamagedError, match=r"tokenizer\.json is damaged"):
        load_model(point, CPU)
    state = read_json(point / "state.json")
    del state["description"]["end"]
    (point / "tokenizer.json").write_bytes(task.files()["tokenizer.json"])
    write_json(point / "state.json", state)
    write_manifest(point)
    with pytest.raises(DamagedError, match="lacks what a translation model needs"):
        load_model(point, CPU)


def test_pieces_become_words() -> None:
    pieces, likelihoods = ["Le", " ch", "at", ",", " l", "'", "oi", "seau", "."], [-0.1] * 9
    assert [word.text for word in joined(pieces, likelihoods)] == ["Le", " chat", ",", " l'oiseau", "."]
    assert joined(["a", "b"], [-1.0, -1.0])[0].probability == pytest.approx(np.exp(-2.0))
