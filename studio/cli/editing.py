"""The command that translates pictures with a trained CycleGAN."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from studio.cli.options import AsJson, Checkpoint, DeviceName, ProjectPath, RunName, checkpoint_name
from studio.cli.output import say, say_error, say_json
from studio.cli.serving import FAILED, finish, serve, stopping_on_signals
from studio.config.base import validated
from studio.config.requests import Direction, EditFilesRequest
from studio.jobs.edits import EditReport, EditRow


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("edit")(edit)


def edit(
    project: ProjectPath,
    run: RunName,
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="A picture, or a folder with all below it.", show_default=False)
    ],
    direction: Annotated[
        Direction, typer.Option("--direction", help="From side A to side B, or back.", show_default=False)
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE_OR_FOLDER", help="Where the results go.", show_default=False)
    ],
    strength: Annotated[
        float, typer.Option("--strength", min=0, max=1.5, help="How much of the change is made.")
    ] = 1.0,
    side: Annotated[
        int, typer.Option("--side", min=0, max=8192, help="Shorter side to work at; 0 is the picture's own.")
    ] = 0,
    checkpoint: Checkpoint = "last",
    device: DeviceName = "auto",
    as_json: AsJson = False,
) -> None:
    """Translate pictures, each at its own size. Exit code 0 only if no picture was left out."""
    asked: dict[str, Any] = {
        "run": run, "checkpoint": checkpoint_name(checkpoint), "sources": (source,), "out": out, "device": device,
        "editing": {"direction": direction, "strength": strength, "side": side},
    }  # fmt: skip
    with stopping_on_signals() as commands:
        ending = serve(validated(EditFilesRequest, asked), project, as_json=as_json, commands=commands)
    report = ending.result if isinstance(ending.result, EditReport) else EditReport(())
    for row in report.rows:
        _show(row, as_json=as_json)
    words = f"{report.done} pictures in {out}" + (f", {report.left_out} left out" if report.left_out else "")
    more = {
        "run": run, "step": report.step, "result": None, "done": report.done, "left_out": report.left_out,
    }  # fmt: skip
    code = finish(ending, as_json=as_json, more=more, words=f"{words}.")
    raise typer.Exit(code or (FAILED if report.left_out else 0))


def _show(row: EditRow, *, as_json: bool) -> None:
    if as_json:
        error = None if row.error is None else str(row.error)
        out = None if row.out is None else str(row.out)
        say_json({"name": row.name, "out": out, "width": row.width, "height": row.height, "error": error})
    elif row.error is not None:
        say_error(f"{row.name}: {row.error}")
    else:
        say(row.out)
