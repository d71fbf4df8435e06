"""The phrase world as a data set: its parts, and that it is the same again."""

from collections.abc import Callable
from pathlib import Path

from studio.config.builtin import Bilingual
from studio.config.data import Choices
from studio.config.texts import Characters, PrepareTexts
from studio.data.bilingual import pairs
from studio.data.bilingual.writing import write_bilingual
from studio.data.preparing_texts import prepare_texts
from studio.data.texts.store import SPLITS, TextStore
from studio.ground.events import Ended


def test_held_out_pairs_are_for_validation_and_test(tmp_path: Path, ending: Callable[..., Ended]) -> None:
    ended = ending(write_bilingual(Bilingual(count=600), tmp_path / "set", "set"))
    assert ended.status == "finished", ended.trace
    assert (ended.result.facts.kind, ended.result.facts.count) == ("parallel", 600)
    with TextStore(tmp_path / "set") as store:
        assert store.languages == ("en", "fr")
        for place, pair in enumerate(pairs(0, 600)):
            assert store.pair(place) == (pair.english, pair.french)
            assert (SPLITS[store.splits[place]] == "training") != pair.held_out
        counts = [int((store.splits == SPLITS.index(part)).sum()) for part in ("training", "validation", "test")]
        assert counts[1] - counts[2] in (0, 1) and counts[2] > 10
        prepared = ending(prepare_texts(store, tmp_path / "cache", PrepareTexts(tokens=Characters()), Choices()))
    with prepared.result as data:
        sizes = (len(data.parts.training), len(data.parts.validation), len(data.parts.test))
    assert sizes[0] > 0.97 * counts[0] and sizes[1] > 0.9 * counts[1] and sizes[2] > 0.9 * counts[2]


def test_a_stop_leaves_nothing(tmp_path: Path, ending: Callable[..., Ended]) -> None:
    ended = ending(write_bilingual(Bilingual(), tmp_path / "set", "set", stop=lambda: True))
    assert ended.status == "stopped" and not list(tmp_path.iterdir())
