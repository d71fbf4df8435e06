"""The command that asks a classifier about pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from studio.cli.options import AsJson, Checkpoint, DeviceName, ProjectPath, RunName, checkpoint_name
from studio.cli.output import say_json, say_table
from studio.cli.serving import finish, serve, stopping_on_signals
from studio.config.base import validated
from studio.config.requests import ClassifyRequest
from studio.ground.events import Ended
from studio.jobs.judgements import Row, Table, save_table


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("classify")(classify)


def classify(
    project: ProjectPath,
    run: RunName,
    sources: Annotated[
        list[Path] | None,
        typer.Argument(metavar="PICTURE_OR_FOLDER...", help="Pictures, or folders with all that is in them."),
    ] = None,
    data: Annotated[str, typer.Option("--data", metavar="NAME", help="Or the pictures of a data set instead.")] = "",
    checkpoint: Checkpoint = "best",
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write all probabilities into this file too.")
    ] = None,
    device: DeviceName = "auto",
    as_json: AsJson = False,
) -> None:
    """Tell the probabilities of labels for pictures with a trained classifier."""
    asked: dict[str, Any] = {
        "run": run, "checkpoint": checkpoint_name(checkpoint), "dataset": data, "device": device,
        "sources": tuple(sources or ()),
    }  # fmt: skip
    with stopping_on_signals() as commands:
        ending = serve(validated(ClassifyRequest, asked), project, as_json=as_json, commands=commands)
    if ending.status == "finished":
        table: Table = ending.result
        if csv is not None:
            save_table(table, csv.expanduser())
        _show(table, as_json=as_json)
    raise typer.Exit(_finish(ending, run, csv, as_json=as_json))


def _show(table: Table, *, as_json: bool) -> None:
    if as_json:
        for row in table.rows:
            error = None if row.error is None else str(row.error)
            say_json({"name": row.name, "probabilities": row.probabilities, "error": error})
        return
    say_table(("picture", *table.labels), [_cells(row, table) for row in table.rows])


def _cells(row: Row, table: Table) -> tuple[str, ...]:
    """The likeliest value of each label and how sure; why there is none where the picture cannot be read."""
    if row.error is not None:
        return (row.name, str(row.error), *[""] * (len(table.labels) - 1))
    likeliest = ((row.probabilities[label], row.likeliest(label)) for label in table.labels)
    return (row.name, *(f"{value} {found[value]:.0%}" for found, value in likeliest))


def _finish(ending: Ended, run: str, csv: Path | None, *, as_json: bool) -> int:
    if ending.status != "finished":
        return finish(ending, as_json=as_json, more={"run": run, "result": None}, words="Stopped.")
    table: Table = ending.result
    words = f"{len(table.rows)} pictures" + (f", {table.unreadable} of them unreadable" if table.unreadable else "")
    more = {
        "run": run, "step": table.step, "result": None, "count": len(table.rows), "unreadable": table.unreadable,
        "csv": None if csv is None else str(csv),
    }  # fmt: skip
    return finish(ending, as_json=as_json, more=more, words=f"{words}.")
