"""The command that measures how good the model of a run is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from studio.cli.options import AsJson, DeviceName, ProjectPath, RunName, checkpoint_name
from studio.cli.output import say_table
from studio.cli.serving import finish, serve, stopping_on_signals
from studio.cli.translating import evaluate_translations
from studio.config.base import validated
from studio.config.registry import capabilities
from studio.config.requests import EvaluateRequest
from studio.ground.errors import UsageError
from studio.measures.registry import NOTES, find_measure
from studio.projects.measures import MeasureRow

EVERY = "all"
Sources = Annotated[Path | None, typer.Option("--source", metavar="FILE", help="Sentences to translate, one a line.")]
References = Annotated[
    Path | None, typer.Option("--reference", metavar="FILE", help="Their translations by people, one a line.")
]
_DIGITS = 4


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("evaluate")(evaluate)


def evaluate(
    project: ProjectPath,
    run: RunName,
    data: Annotated[
        str, typer.Option("--data", metavar="NAME", help="Compare with this data set instead of the run's own.")
    ] = "",
    measure: Annotated[
        list[str] | None,
        typer.Option("--measure", metavar="NAME", help="One measure; may be repeated. Without it all but FID and KID."),
    ] = None,
    checkpoint: Annotated[
        list[str] | None,
        typer.Option(
            "--checkpoint", metavar="NAME", help="last, best, best:MEASURE, a kept step, or all; may be repeated."
        ),
    ] = None,
    judge: Annotated[
        str, typer.Option("--judge", metavar="RUN", help="The run of a classifier that compares pictures.")
    ] = "",
    count: Annotated[
        int | None, typer.Option("--count", min=2, max=100_000, help="How many samples; 1000, or all pairs.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same numbers.")] = 0,
    part: Annotated[
        Literal["training", "validation", "test"] | None,
        typer.Option("--part", help="What a classifier or a translation model is asked about."),
    ] = None,
    source: Sources = None,
    reference: References = None,
    beam: Annotated[int | None, typer.Option("--beam", min=1, help="So many translations in view at once.")] = None,
    device: DeviceName = "auto",
    as_json: AsJson = False,
) -> None:
    """Measure how good a run's model is, at one checkpoint or along the run, with error bars.

    A translation model is compared with the translations of people: BLEU, chrF, how many are exactly right.
    """
    if source is not None or reference is not None or _translates(project, run):
        if part == "training" or len(checkpoint or ()) > 1:
            raise UsageError("A translation model is asked at one checkpoint about validation or test.")
        code = evaluate_translations(
            project, run, source=source, reference=reference, part=part or "test", count=0 if count is None else count,
            beam=beam, checkpoint=(checkpoint or ["best"])[0], device=device, as_json=as_json,
        )  # fmt: skip
        raise typer.Exit(code)
    asked: dict[str, Any] = {
        "run": run, "dataset": data, "measures": tuple(find_measure(name).name for name in measure or ()),
        "checkpoints": tuple(_name(word) for word in checkpoint or ("last",)), "judge": judge,
        "count": 1000 if count is None else count, "seed": seed, "part": part or "validation", "device": device,
    }  # fmt: skip
    with stopping_on_signals() as commands:
        ending = serve(validated(EvaluateRequest, asked), project, as_json=as_json, commands=commands)
    rows: tuple[MeasureRow, ...] = ending.result.rows if ending.status == "finished" else ()
    if not as_json:
        _show(rows)
    said = "" if rows else "Stopped; what was measured until then is kept with the run."
    more = {"run": run, "result": None, "rows": [asdict(row) for row in rows]}
    raise typer.Exit(finish(ending, as_json=as_json, more=more, words=said))


def _translates(project: Path, run: str) -> bool:
    from studio.projects.project import Project

    with Project.open(project, write=False) as opened:
        return "translates" in capabilities(opened.runs.get(run).family)


def _name(word: str) -> str:
    return word if word == EVERY else checkpoint_name(word)


def _show(rows: Iterable[MeasureRow]) -> None:
    rows = tuple(rows)
    if rows:
        columns = ("step", "measure", "value", "± one error", "better", "samples", "in the eyes of", "against", "")
        say_table(columns, [_cells(row) for row in rows])


def _cells(row: MeasureRow) -> tuple[object, ...]:
    return (
        row.step, row.measure, _number(row.value), "" if row.error is None else _number(row.error),
        "lower" if row.lowest_is_best else "higher", row.count, row.features, row.data, NOTES.get(row.note, row.note),
    )  # fmt: skip


def _number(value: float) -> str:
    return f"{value:.{_DIGITS}g}"
