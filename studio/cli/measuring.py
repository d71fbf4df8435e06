"""The command that measures how good the model of a run is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated, Any, Literal

import typer

from studio.cli.options import AsJson, DeviceName, ProjectPath, RunName, checkpoint_name
from studio.cli.output import say_table
from studio.cli.serving import finish, serve, stopping_on_signals
from studio.config.base import validated
from studio.config.requests import EvaluateRequest
from studio.measures.registry import NOTES, find_measure
from studio.projects.measures import MeasureRow

EVERY = "all"
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
    count: Annotated[int, typer.Option("--count", min=2, max=100_000, help="How many samples.")] = 1000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same numbers.")] = 0,
    part: Annotated[
        Literal["training", "validation", "test"], typer.Option("--part", help="What a classifier is asked about.")
    ] = "validation",
    device: DeviceName = "auto",
    as_json: AsJson = False,
) -> None:
    """Measure how good a run's model is, at one checkpoint or along the run, with error bars."""
    asked: dict[str, Any] = {
        "run": run, "dataset": data, "measures": tuple(find_measure(name).name for name in measure or ()),
        "checkpoints": tuple(_name(word) for word in checkpoint or ("last",)), "judge": judge, "count": count,
        "seed": seed, "part": part, "device": device,
    }  # fmt: skip
    with stopping_on_signals() as commands:
        ending = serve(validated(EvaluateRequest, asked), project, as_json=as_json, commands=commands)
    rows: tuple[MeasureRow, ...] = ending.result.rows if ending.status == "finished" else ()
    if not as_json:
        _show(rows)
    said = "" if rows else "Stopped; what was measured until then is kept with the run."
    more = {"run": run, "result": None, "rows": [asdict(row) for row in rows]}
    raise typer.Exit(finish(ending, as_json=as_json, more=more, words=said))


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
