"""The command of translation models: translate; and what evaluate says of them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from studio.cli.options import AsJson, Checkpoint, DeviceName, ProjectPath, RunName, checkpoint_name, pairs
from studio.cli.output import say, say_table
from studio.cli.serving import finish, serve, stopping_on_signals
from studio.config.base import validated
from studio.config.decoding import Decoding
from studio.config.requests import Device, ScoreRequest, Term, TranslateFileRequest, TranslateRequest
from studio.ground.errors import UsageError
from studio.jobs.translations import TranslatedFile, TranslationScores

if TYPE_CHECKING:
    from studio.generation.translations import Translation

_SHOWN = 5
"""Sentences that evaluate shows."""


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("translate")(translate)


def translate(
    project: ProjectPath,
    run: RunName,
    words: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="What is translated; without it and --file, what is piped in.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="A text file or subtitles (.srt); needs --out.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="The file that is made.")] = None,
    beam: Annotated[int | None, typer.Option("--beam", min=1, help="So many translations in view at once.")] = None,
    n_best: Annotated[int | None, typer.Option("--n-best", min=1, help="Give so many of each sentence.")] = None,
    begin: Annotated[
        str, typer.Option("--begin", metavar="TEXT", help="The translation begins with these words.")
    ] = "",
    term: Annotated[
        list[str] | None,
        typer.Option("--term", metavar="SOURCE=TARGET", help="A fixed translation of a word; may be repeated."),
    ] = None,
    length_penalty: Annotated[float | None, typer.Option("--length-penalty", help="Above 0 favours long ones.")] = None,
    no_repeat: Annotated[int | None, typer.Option("--no-repeat", min=0, help="No so many tokens come twice.")] = None,
    temperature: Annotated[float | None, typer.Option("--temperature", min=0, help="Above 0 draws, boldly.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="The same seed draws the same.")] = None,
    int8: Annotated[bool, typer.Option("--int8", help="Faster on a CPU, a little less exact.")] = False,
    checkpoint: Checkpoint = "best",
    device: DeviceName = "auto",
    as_json: AsJson = False,
) -> None:
    """Translate a text, or a file in the background of your work: what is interrupted is gone on with."""
    asked = {
        "beam": beam, "count": n_best, "length_penalty": length_penalty, "no_repeat": no_repeat,
        "temperature": temperature, "seed": seed, "int8": int8 or None,
    }  # fmt: skip
    decoding = validated(Decoding, {name: value for name, value in asked.items() if value is not None})
    glossary = tuple(Term(source=one, target=other) for one, other in pairs(term, "--term").items())
    about = {
        "run": run, "checkpoint": checkpoint_name(checkpoint), "decoding": decoding, "glossary": glossary,
        "device": device,
    }  # fmt: skip
    if file is not None or out is not None:
        _translate_file(project, file, out, words, about, as_json=as_json)
    if words is None and sys.stdin.isatty():
        raise UsageError("What is to be translated? Give a text, or --file with --out.")
    said = sys.stdin.read().removesuffix("\n") if words is None else words
    request = validated(TranslateRequest, {"text": said, "begin": begin} | about)
    with stopping_on_signals() as commands:
        ending = serve(request, project, as_json=as_json, commands=commands)
    found: Translation | None = ending.result if ending.status == "finished" else None
    if found is not None and not as_json:
        _show(found, decoding.count)
    raise typer.Exit(finish(ending, as_json=as_json, more=_told(found, run)))


def evaluate_translations(
    project: Path, run: str, *, source: Path | None, reference: Path | None, part: str, count: int, beam: int | None,
    checkpoint: str, device: Device, as_json: bool,
) -> int:  # fmt: skip
    """What ``studio evaluate`` does for translation models. Returns the exit code."""
    asked: dict[str, Any] = {
        "run": run, "checkpoint": checkpoint_name(checkpoint), "source": source, "reference": reference, "part": part,
        "count": count, "decoding": Decoding() if beam is None else validated(Decoding, {"beam": beam}),
        "device": device,
    }  # fmt: skip
    with stopping_on_signals() as commands:
        ending = serve(validated(ScoreRequest, asked), project, as_json=as_json, commands=commands)
    found = ending.result if isinstance(ending.result, TranslationScores) else None
    if found is not None and not as_json:
        _show_scores(found)
    more = {"run": run, "result": None} | (_scores_told(found) if found else {})
    return finish(ending, as_json=as_json, more=more)


def _translate_file(
    project: Path, file: Path | None, out: Path | None, words: str | None, about: dict[str, Any], *, as_json: bool
) -> None:
    if file is None or out is None:
        raise UsageError("A file is translated with both --file and --out.")
    if words is not None:
        raise UsageError("Give a text or --file, not both.")
    request = validated(TranslateFileRequest, {"source": file, "out": out} | about)
    with stopping_on_signals() as commands:
        ending = serve(request, project, as_json=as_json, commands=commands)
    found = ending.result if isinstance(ending.result, TranslatedFile) else None
    more: dict[str, Any] = {"run": request.run, "result": None}
    said = ""
    if found is not None:
        more |= {"step": found.step, "sentences": found.sentences, "done": found.done, "reused": found.reused,
                 "out": None if found.out is None else str(found.out)}  # fmt: skip
        said = f"{found.done} sentences in {found.out}." if found.out else (
            f"Stopped after {found.done} of {found.sentences} sentences; the same command goes on."
        )  # fmt: skip
    raise typer.Exit(finish(ending, as_json=as_json, more=more, words=said))


def _show(found: Translation, count: int) -> None:
    """The translation line by line; of several the versions of each sentence with their scores."""
    if count == 1:
        for line in found.text.split("\n"):
            say(line)
        return
    rows = [
        (number, f"{version.score:.3f}", version.text)
        for number, sentence in enumerate(found.sentences, 1) for version in sentence.versions
    ]  # fmt: skip
    say_table(("sentence", "score", "translation"), rows)


def _told(found: Translation | None, run: str) -> dict[str, Any]:
    if found is None:
        return {"run": run, "result": None}
    sentences = [
        {
            "source": sentence.source,
            "versions": [{"text": version.text, "score": version.score} for version in sentence.versions],
            "unknown": [sentence.source[start:end] for start, end in sentence.unknown],
        }
        for sentence in found.sentences
    ]
    return {"run": run, "step": found.step, "result": found.text, "sentences": sentences, "seconds": found.seconds}


def _show_scores(found: TranslationScores) -> None:
    columns: Sequence[str] = ("", "BLEU", "chrF", "exactly right", "sentences")
    rows = [("model", *_numbers(found.scores), len(found.rows))]
    if found.copied:
        rows.append(("nearest sentence copied", *_numbers(found.copied), len(found.rows)))
    say_table(columns, rows, title=f"{found.run} at step {found.step} against {found.against}")
    for signature in found.signatures.values():
        say(signature)
    for row in found.rows[:_SHOWN]:
        say(f"{row.source} → {row.translation}" + ("" if row.translation == row.reference else f" ({row.reference})"))


def _numbers(scores: dict[str, float]) -> tuple[str, str, str]:
    return f"{scores['bleu']:.1f}", f"{scores['chrf']:.1f}", f"{scores['exact']:.1f} %"


def _scores_told(found: TranslationScores) -> dict[str, Any]:
    rows = [{"source": r.source, "reference": r.reference, "translation": r.translation} for r in found.rows]
    return {
        "step": found.step, "against": found.against, "scores": found.scores, "copied": found.copied,
        "signatures": found.signatures, "seconds": found.seconds, "rows": rows, "count": len(rows),
    }  # fmt: skip
