"""Translation models through the jobs and the command line: texts, terms, files that are gone on with, scores."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.cli.app import run as command_line
from studio.config.builtin import Bilingual
from studio.config.decoding import Decoding
from studio.config.requests import (
    BuiltinRequest,
    ScoreRequest,
    Term,
    TrainRequest,
    TranslateFileRequest,
    TranslateRequest,
)
from studio.config.texts import BytePairs
from studio.config.translation import TranslationConfig, TranslationNetwork
from studio.generation.translations import Translation
from studio.ground.events import Ended, Notice, Stop
from studio.jobs.footprint import Footprint
from studio.jobs.steering import CommandQueue
from studio.jobs.translate_files import JOURNAL, Journal
from studio.jobs.translations import TranslatedFile, TranslationScores
from studio.projects.project import Project

from .conftest import ending, run_to_end

CONFIG = TranslationConfig(
    network=TranslationNetwork(width=16, heads=1), tokens=BytePairs(size=300), batch=200, context=48, steps=3,
    scored=2, sample_count=1, dropout=0.0,
)  # fmt: skip
SHORT = Decoding(beam=1, tokens=4)
TEXT = "Marie sleeps. Paul eats!\n\n  The cat?\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with a run of a translation model that has learnt next to nothing; for reading only."""
    path = tmp_path_factory.mktemp("translating") / "project"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("studio.config.registry.FAMILIES", ("gan", "translation"))
        patch.setattr("studio.jobs.trials.measure_footprint", lambda *_, **__: iter([None, Footprint(0, 0)]))
        with Project.create(path) as made:
            asked = BuiltinRequest(what=Bilingual(count=200), name="pairs")
            made.datasets.add(ending(run_to_end(asked, path)).result)
        plain = CONFIG.model_dump(mode="json")
        train = TrainRequest(family="translation", dataset="pairs", config=plain, device="cpu", run="mine")
        end = ending(run_to_end(train, path))
        assert end.status == "finished", (end.error, end.trace)
        yield path


def translated(project: Path, text: str, **more: Any) -> Translation:
    asked = TranslateRequest(**{"run": "mine", "text": text, "decoding": SHORT, "device": "cpu"} | more)
    end = ending(run_to_end(asked, project))
    assert end.status == "finished", (end.error, end.trace)
    assert isinstance(end.result, Translation)
    return end.result


def test_a_text_is_translated_sentence_by_sentence(project: Path) -> None:
    found = translated(project, TEXT)
    assert [sentence.source for sentence in found.sentences] == ["Marie sleeps.", "Paul eats!", "The cat?"]
    assert [sentence.before for sentence in found.sentences] == ["", " ", "\n\n  "]
    assert found.after == "\n" and found.text.count("\n") == TEXT.count("\n")
    assert found.request.checkpoint == str(found.step) and found.step > 0
    alone = translated(project, "Paul eats!")
    one, among = alone.sentences[0].versions, found.sentences[1].versions
    assert [version.text for version in one] == [version.text for version in among]
    assert [version.score for version in one] == pytest.approx([version.score for version in among], rel=1e-4)


@pytest.mark.parametrize("text", ["", "\n", " \n\n  \n"])
def test_without_a_word_everything_stays(project: Path, text: str) -> None:
    assert translated(project, text).text == text


def test_several_versions_and_words_to_begin_with(project: Path) -> None:
    found = translated(project, "Marie sleeps.", decoding=Decoding(beam=3, count=3, tokens=4))
    versions = found.sentences[0].versions
    assert 1 < len({version.text for version in versions}) == len(versions) <= 3
    assert [v.score for v in versions] == sorted((v.score for v in versions), reverse=True)
    begun = translated(project, "Marie sleeps. And Paul.", begin="Marie dort", words=3)
    assert len(begun.sentences) == 1 and begun.text.startswith("Marie dort")
    assert len(begun.next_words) == 3


def test_what_was_looked_at_is_told(project: Path) -> None:
    seen = translated(project, "Marie sleeps. And Paul.", look=True).seen
    assert seen is not None and "".join(seen.source) == "Marie sleeps."
    assert seen.cross.shape[-2:] == (len(seen.target), len(seen.source))


def test_terms_of_a_glossary_are_in_the_translation(project: Path) -> None:
    glossary = (Term(source="cat", target="minou"), Term(source="Paul", target="Paulo"))
    found = translated(project, "The Cat sleeps. The catalogue. Paul!", glossary=glossary)
    texts = [sentence.versions[0].text for sentence in found.sentences]
    assert "minou" in texts[0].casefold() and "minou" not in texts[1].casefold() and "Paulo" in texts[2]
    end = ending(run_to_end(TranslateRequest(run="mine", text="x", glossary=(Term(source="a", target=" "),)), project))
    assert end.status == "failed" and end.refused and "both sides" in str(end.error)


def test_an_unknown_script_is_warned_of(project: Path) -> None:
    asked = TranslateRequest(run="mine", text="Это очень странное предложение.", decoding=SHORT, device="cpu")
    events = run_to_end(asked, project)
    assert ending(events).status == "finished"
    assert [event.code for event in events if isinstance(event, Notice)] == ["unknown-text"]


def test_a_sentence_of_5000_words_is_translated_in_parts(project: Path) -> None:
    found = translated(project, "Marie eats the apple and " * 1000 + "sleeps.", decoding=Decoding(beam=1, tokens=3))
    assert len(found.sentences) == 1 and found.text


def test_a_stop_ends_between_steps(project: Path) -> None:
    commands = CommandQueue()
    commands.put(Stop())
    assert ending(run_to_end(TranslateRequest(run="mine", text=TEXT), project, commands)).status == "stopped"


# --- files -----------------------------------------------------------------------------------------------------------


def file_request(source: Path, out: Path, **more: Any) -> TranslateFileRequest:
    return TranslateFileRequest(
        **{"run": "mine", "source": source, "out": out, "decoding": SHORT, "device": "cpu"} | more
    )


def file_of(project: Path, source: Path, out: Path, **more: Any) -> TranslatedFile:
    end = ending(run_to_end(file_request(source, out, **more), project))
    assert end.status == "finished", (end.error, end.trace)
    assert isinstance(end.result, TranslatedFile)
    return end.result


def test_a_file_is_translated_as_its_text_is(project: Path, tmp_path: Path) -> None:
    source, out = tmp_path / "in.txt", tmp_path / "made" / "out.txt"
    source.write_bytes(TEXT.replace("cat", "café").replace("\n", "\r\n").encode("latin-1"))
    report = file_of(project, source, out)
    expected = translated(project, TEXT.replace("cat", "café"))
    texts = [" ".join(sentence.versions[0].text.split("\n")).strip() for sentence in expected.sentences]
    before = [sentence.before for sentence in expected.sentences]
    whole = "".join(b + t for b, t in zip(before, texts, strict=True)) + expected.after
    assert out.read_bytes().decode() == whole.replace("\n", "\r\n")
    assert (report.out, report.sentences, report.done, report.reused) == (out, 3, 3, 0)
    assert list(out.parent.iterdir()) == [out]


def test_what_is_interrupted_is_gone_on_with(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.jobs.translate_files._BLOCK", 2)
    source, whole, out = tmp_path / "in.txt", tmp_path / "whole.txt", tmp_path / "out.txt"
    source.write_text("".join(f"Marie eats {n}.\n" for n in range(9)))
    file_of(project, source, whole)
    journal = out.with_name(out.name + JOURNAL)

    class StopsOnceBegun(CommandQueue):
        @property
        def stop_requested(self) -> bool:
            return journal.exists()

    from studio.jobs.registry import run_job

    *_, ended = run_job(file_request(source, out), project, StopsOnceBegun())
    assert isinstance(ended, Ended) and ended.status == "stopped"
    report: Any = ended.result
    assert 0 < report.done < 9 and report.out is None and not out.exists()
    with journal.open("ab") as handle:
        handle.write(b'{"at": 2, "texts": ["to')  # a line that was torn
    again = file_of(project, source, out)
    assert again.reused == report.done
    assert out.read_bytes() == whole.read_bytes() and not journal.exists()


def test_a_journal_of_something_else_is_begun_anew(project: Path, tmp_path: Path) -> None:
    source, out = tmp_path / "in.txt", tmp_path / "out.txt"
    source.write_text("Marie sleeps.\n")
    Journal(out, "another").append(0, ["nonsense"])
    assert file_of(project, source, out).reused == 0
    assert "nonsense" not in out.read_text()


def test_a_journal_knows_no_line_twice(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "out", "key")
    journal.append(0, ["a", "b\nb"])
    journal.append(2, ["é"])
    assert Journal(tmp_path / "out", "key").read() == ["a", "b\nb", "é"]
    with journal.path.open("ab") as handle:
        handle.write(b'{"at": 2, "texts": ["again"]}\n{"at": 3, "texts": ["x"]}\n')
    again = Journal(tmp_path / "out", "key")
    assert again.read() == ["a", "b\nb", "é"]
    again.append(3, ["d"])
    assert Journal(tmp_path / "out", "key").read() == ["a", "b\nb", "é", "d"]
    assert Journal(tmp_path / "out", "other").read() == []


def test_subtitles_keep_their_times(project: Path, tmp_path: Path) -> None:
    source, out = tmp_path / "in.srt", tmp_path / "out.srt"
    source.write_text("1\n00:00:01,000 --> 00:00:02,000\nMarie sleeps.\n\n2\n00:00:03,000 --> 00:00:04,000\nPaul.\n")
    file_of(project, source, out)
    lines = out.read_text().split("\n")
    assert lines[:2] == ["1", "00:00:01,000 --> 00:00:02,000"] and "00:00:03,000 --> 00:00:04,000" in lines


@pytest.mark.parametrize(
    ("source", "out", "sentence"),
    [("missing.txt", "out.txt", "There is no file"), ("in.txt", "in.txt", "would replace in.txt"),
     ("in.txt", ".", "is a folder"), ("zeros.txt", "out.txt", "zeros.txt holds zero bytes")],
)  # fmt: skip
def test_bad_places_are_refused(project: Path, tmp_path: Path, source: str, out: str, sentence: str) -> None:
    (tmp_path / "in.txt").write_text("Hello.")
    (tmp_path / "zeros.txt").write_bytes(b"a\0b\0\0")
    end = ending(run_to_end(file_request(tmp_path / source, tmp_path / out), project))
    assert end.status == "failed" and end.refused and sentence in str(end.error)


# --- scores ----------------------------------------------------------------------------------------------------------


def test_translations_are_compared_with_those_of_people(project: Path, tmp_path: Path) -> None:
    source, reference = tmp_path / "a.en", tmp_path / "a.fr"
    source.write_text("Marie sleeps.\n\nPaul eats.\n")
    known = [s.versions[0].text for s in translated(project, "Marie sleeps.\nPaul eats.").sentences]
    reference.write_text(f"{known[0]}\n\nautre chose\n")
    end = ending(run_to_end(ScoreRequest(run="mine", source=source, reference=reference, decoding=SHORT), project))
    found = end.result
    assert isinstance(found, TranslationScores), (end.error, end.trace)
    assert found.scores["exact"] == 50.0 and found.copied == {}
    assert "version" in found.signatures["bleu"] and "nc:6" in found.signatures["chrf"]
    reference.write_text("one line\n")
    end = ending(run_to_end(ScoreRequest(run="mine", source=source, reference=reference), project))
    assert end.refused and "has 3 lines and a.fr has 1" in str(end.error)


def test_a_part_of_the_own_data_is_scored_beside_the_nearest_sentence(project: Path) -> None:
    end = ending(run_to_end(ScoreRequest(run="mine", count=3, decoding=SHORT, device="cpu"), project))
    found = end.result
    assert isinstance(found, TranslationScores), (end.error, end.trace)
    assert found.against == "pairs (test)" and len(found.rows) == 3
    assert set(found.scores) == set(found.copied) == {"bleu", "chrf", "exact"}


# --- the command line ------------------------------------------------------------------------------------------------


def test_the_command_translates(project: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert command_line(["translate", str(project), "mine", TEXT, "--beam", "1", "--json"]) == 0
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["status"] == "finished" and last["result"].count("\n") == TEXT.count("\n")
    assert [sentence["source"] for sentence in last["sentences"]] == ["Marie sleeps.", "Paul eats!", "The cat?"]
    assert command_line(["translate", str(project), "mine", "Marie sleeps.", "--n-best", "2"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    (tmp_path / "in.txt").write_text("Marie sleeps.\n")
    words = ["translate", str(project), "mine", "--file", str(tmp_path / "in.txt"), "--out", str(tmp_path / "out.txt")]
    assert command_line([*words, "--term", "Marie=Maria", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["sentences"] == 1
    assert "Maria" in (tmp_path / "out.txt").read_text()
    assert command_line(words[:-2]) == 2
    assert "both --file and --out" in capsys.readouterr().err


def test_the_command_evaluates(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line(["evaluate", str(project), "mine", "--count", "2", "--beam", "1", "--json"]) == 0
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert last["count"] == 2 and set(last["scores"]) == {"bleu", "chrf", "exact"}
    assert command_line(["evaluate", str(project), "mine", "--source", "x"]) == 2
    assert "needs its reference" in capsys.readouterr().err
