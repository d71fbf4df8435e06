"""Commands that use a trained model: generate, export, film."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from studio.cli.options import AsJson, Checkpoint, DeviceName, LabelWords, ProjectPath, RunName, checkpoint_name, pairs
from studio.cli.serving import finish, serve, stopping_on_signals
from studio.config.base import Settings, validated
from studio.config.requests import ExportRequest, FilmRequest, GenerateRequest, grid
from studio.ground.errors import UsageError

Seed = Annotated[int, typer.Option("--seed", min=0, help="The same seed makes the same pictures.")]
Truncation = Annotated[
    float, typer.Option("--truncation", min=0, max=2, help="Below 1: safer and more alike; above: bolder.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("generate")(generate)
    app.command("export")(export)
    app.command("film")(film)


def generate(
    project: ProjectPath,
    run: RunName,
    out: Annotated[
        Path,
        typer.Option(
            "--out", metavar="FILE_OR_FOLDER", help="A .png file: one grid. A folder: one PNG each.", show_default=False
        ),
    ],
    checkpoint: Checkpoint = "last",
    count: Annotated[int, typer.Option("--count", min=1, max=100_000, help="How many pictures.")] = 16,
    seed: Seed = 0,
    label: LabelWords = None,
    truncation: Truncation = 1.0,
    device: DeviceName = "auto",
    as_json: AsJson = False,
) -> None:
    """Make pictures with a trained generator; the same seed gives the same pixels."""
    from studio.jobs.saving import is_picture_file, save_pictures

    one_file = is_picture_file(out)
    recipes = grid(seed, count, labels=pairs(label, "--label"), truncation=truncation)
    request = GenerateRequest(run=run, checkpoint=checkpoint_name(checkpoint), recipes=recipes, device=device)
    with stopping_on_signals() as commands:
        ending = serve(request, project, as_json=as_json, commands=commands)
    files: list[str] = []
    if ending.status == "finished":
        files = [str(path) for path in save_pictures(ending.result, out, one_file=one_file)]
    where = f"{count} pictures in {out}" if ending.status == "finished" else "Stopped; nothing was written."
    more = {"run": run, "result": None, "files": files}
    raise typer.Exit(finish(ending, as_json=as_json, more=more, words=where))


def export(
    project: ProjectPath,
    run: RunName,
    out: Annotated[
        Path, typer.Option("--out", metavar="FOLDER", help="Where the model and its config go.", show_default=False)
    ],
    checkpoint: Checkpoint = "best",
    as_json: AsJson = False,
) -> None:
    """Write a trained model as safetensors with its config beside it."""
    request = ExportRequest(run=run, checkpoint=checkpoint_name(checkpoint), folder=out)
    _simple(request, project, as_json=as_json, run=run, words=f"Exported to {out}")


def film(
    project: ProjectPath,
    run: RunName,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="A .gif or .webp file.", show_default=False)],
    what: Annotated[
        Literal["history", "loop"],
        typer.Option("--what", help="The samples from first to last, or a walk through the latent space."),
    ] = "history",
    checkpoint: Checkpoint = "last",
    count: Annotated[int, typer.Option("--count", min=2, max=64, help="Pictures that a loop passes through.")] = 4,
    frames: Annotated[int, typer.Option("--frames", min=1, max=240, help="Frames between two of them.")] = 12,
    seconds: Annotated[float, typer.Option("--seconds", min=0.02, max=10, help="How long a frame is shown.")] = 0.1,
    zoom: Annotated[int, typer.Option("--zoom", min=1, max=16, help="Enlargement.")] = 2,
    seed: Seed = 0,
    label: LabelWords = None,
    device: DeviceName = "auto",
    as_json: AsJson = False,
) -> None:
    """Write a moving picture: how the samples grew, or a loop through latents."""
    recipes = grid(seed, count, labels=pairs(label, "--label")) if what == "loop" else ()
    asked: dict[str, Any] = {
        "what": what, "run": run, "out": out, "checkpoint": checkpoint_name(checkpoint), "recipes": recipes,
        "frames": frames, "seconds": seconds, "zoom": zoom, "device": device,
    }  # fmt: skip
    if what == "history" and label:
        raise UsageError("--label belongs to --what loop; the history shows the samples as they were.")
    _simple(validated(FilmRequest, asked), project, as_json=as_json, run=run, words=f"The film is in {out}")


def _simple(request: Settings, project: Path, *, as_json: bool, run: str, words: str) -> None:
    with stopping_on_signals() as commands:
        ending = serve(request, project, as_json=as_json, commands=commands)
    said = words if ending.status == "finished" else "Stopped; nothing was written."
    raise typer.Exit(finish(ending, as_json=as_json, more={"run": run}, words=said))
