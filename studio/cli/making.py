"""Commands that use a trained model, or bring one: generate, export, load, film."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from studio.cli.options import AsJson, Checkpoint, DeviceName, LabelWords, ProjectPath, RunName, checkpoint_name, pairs
from studio.cli.serving import finish, serve, stopping_on_signals
from studio.config.base import Settings, validated
from studio.config.denoising import Beginning, Denoising, Sampler
from studio.config.requests import ExportFormat, ExportRequest, FilmRequest, GenerateRequest, LoadRequest, grid
from studio.ground.errors import UsageError

Seed = Annotated[int, typer.Option("--seed", min=0, help="The same seed makes the same pictures.")]
Truncation = Annotated[
    float, typer.Option("--truncation", min=0, max=2, help="Below 1: safer and more alike; above: bolder.")
]
Prompt = Annotated[str | None, typer.Option("--prompt", metavar="TEXT", help="What the pictures shall show.")]
Negative = Annotated[str | None, typer.Option("--negative", metavar="TEXT", help="What they shall not show.")]
Guidance = Annotated[
    float | None, typer.Option("--guidance", min=0, max=30, help="How strictly labels and words are followed.")
]
SamplerName = Annotated[Sampler | None, typer.Option("--sampler", help="How noise is taken away.")]
SamplerSteps = Annotated[int | None, typer.Option("--sampler-steps", min=4, max=1000, help="In how many steps.")]
Init = Annotated[Path | None, typer.Option("--init", metavar="PICTURE", help="Begin with a picture.")]
Strength = Annotated[
    float | None, typer.Option("--strength", min=0, max=1, help="How much of it is made anew; 0.6, or 1 with a mask.")
]
Mask = Annotated[Path | None, typer.Option("--mask", metavar="MASK", help="Make anew only where this one is light.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("generate")(generate)
    app.command("export")(export)
    app.command("load")(load)
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
    prompt: Prompt = None,
    negative: Negative = None,
    guidance: Guidance = None,
    sampler: SamplerName = None,
    sampler_steps: SamplerSteps = None,
    init: Init = None,
    strength: Strength = None,
    mask: Mask = None,
    device: DeviceName = "auto",
    as_json: AsJson = False,
) -> None:
    """Make pictures with a trained model; the same seed gives the same pixels."""
    from studio.jobs.saving import is_picture_file, save_pictures

    one_file = is_picture_file(out)
    asked = {"prompt": prompt, "negative": negative, "guidance": guidance, "sampler": sampler}
    denoising = denoising_of(asked | {"sampler_steps": sampler_steps}, _beginning(init, strength, mask))
    labels = pairs(label, "--label")
    recipes = grid(seed, count, labels=labels, truncation=truncation, denoising=denoising)
    request = GenerateRequest(run=run, checkpoint=checkpoint_name(checkpoint), recipes=recipes, device=device)
    with stopping_on_signals() as commands:
        ending = serve(request, project, as_json=as_json, commands=commands)
    files: list[str] = []
    if ending.status == "finished":
        files = [str(path) for path in save_pictures(ending.result, out, one_file=one_file)]
    where = f"{count} pictures in {out}" if ending.status == "finished" else "Stopped; nothing was written."
    more = {"run": run, "result": None, "files": files}
    raise typer.Exit(finish(ending, as_json=as_json, more=more, words=where))


def denoising_of(asked: dict[str, Any], begin: Beginning | None) -> Denoising | None:
    """What the options say of taking noise away; None where they say nothing.

    Raises:
        UsageError: an empty prompt, or a value that is out of its bounds.
    """
    said = {name: value for name, value in asked.items() if value is not None}
    for name in ("prompt", "negative"):
        if name in said and not said[name].strip():
            raise UsageError("--{name} is empty; write what you mean, or leave it away.", name=name)
    return validated(Denoising, said | {"begin": begin}) if said or begin is not None else None


def _beginning(init: Path | None, strength: float | None, mask: Path | None) -> Beginning | None:
    if init is None:
        if strength is not None or mask is not None:
            raise UsageError("--strength and --mask belong to --init, the picture to begin with.")
        return None
    # Behind a mask everything is made anew, unless it is said otherwise.
    usual = 0.6 if mask is None else 1.0
    asked = {"picture": _read(init), "strength": usual if strength is None else strength}
    return validated(Beginning, asked | ({} if mask is None else {"mask": _read(mask)}))


def _read(file: Path) -> bytes:
    try:
        return file.expanduser().read_bytes()
    except OSError as error:
        raise UsageError("{name} cannot be read: {reason}.", name=file.name, reason=error.strerror or "") from error


def export(
    project: ProjectPath,
    run: RunName,
    out: Annotated[
        Path, typer.Option("--out", metavar="FOLDER", help="Where the model and its config go.", show_default=False)
    ],
    checkpoint: Checkpoint = "best",
    form: Annotated[
        ExportFormat, typer.Option("--format", help="diffusers: as UNet2DModel reads it, for classic denoisers.")
    ] = "studio",
    as_json: AsJson = False,
) -> None:
    """Write a trained model as safetensors with its config beside it."""
    request = ExportRequest(run=run, checkpoint=checkpoint_name(checkpoint), folder=out, format=form)
    _simple(request, project, as_json=as_json, run=run, words=f"Exported to {out}")


def load(
    project: ProjectPath,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A U-Net's or a pipeline's, as diffusers saves it.")],
    run: Annotated[
        str | None, typer.Option("--run", metavar="NAME", help="What to call it; by default as FOLDER.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take a U-Net over from a folder in diffusers' format; then generate with it, or begin a run with its weights."""
    with stopping_on_signals() as commands:
        ending = serve(LoadRequest(folder=folder, run=run), project, as_json=as_json, commands=commands)
    found = dict(ending.result or {})
    words = (
        f"{found['run']} is here; make pictures with: studio generate PROJECT {found['run']} --out FOLDER"
        if ending.status == "finished"
        else "Stopped; nothing was written."
    )
    raise typer.Exit(finish(ending, as_json=as_json, more=found, words=words))


def film(
    project: ProjectPath,
    run: RunName,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="A .gif or .webp file.", show_default=False)],
    what: Annotated[
        Literal["history", "loop", "steps"],
        typer.Option("--what", help="The samples from first to last, a walk through latents, or a picture's steps."),
    ] = "history",
    checkpoint: Checkpoint = "last",
    count: Annotated[int, typer.Option("--count", min=2, max=64, help="Pictures that a loop passes through.")] = 4,
    frames: Annotated[int, typer.Option("--frames", min=1, max=240, help="Frames between two of them.")] = 12,
    seconds: Annotated[float, typer.Option("--seconds", min=0.02, max=10, help="How long a frame is shown.")] = 0.1,
    zoom: Annotated[int, typer.Option("--zoom", min=1, max=16, help="Enlargement.")] = 2,
    seed: Seed = 0,
    label: LabelWords = None,
    prompt: Prompt = None,
    sampler_steps: SamplerSteps = None,
    device: DeviceName = "auto",
    as_json: AsJson = False,
) -> None:
    """Write a moving picture: how the samples grew, a loop through latents, how a picture comes out of the noise."""
    way = denoising_of({"prompt": prompt, "sampler_steps": sampler_steps}, None)
    if way is not None and what != "steps":
        raise UsageError("--prompt and --sampler-steps belong to --what steps.")
    number = {"history": 0, "loop": count, "steps": 1}[what]
    recipes = grid(seed, number, labels=pairs(label, "--label"), denoising=way)
    asked: dict[str, Any] = {
        "what": what, "run": run, "out": out, "checkpoint": checkpoint_name(checkpoint), "recipes": recipes,
        "frames": frames, "seconds": seconds, "zoom": zoom, "device": device,
    }  # fmt: skip
    if what == "history" and label:
        raise UsageError("--label belongs to --what loop and steps; the history shows the samples as they were.")
    _simple(validated(FilmRequest, asked), project, as_json=as_json, run=run, words=f"The film is in {out}")


def _simple(request: Settings, project: Path, *, as_json: bool, run: str, words: str) -> None:
    with stopping_on_signals() as commands:
        ending = serve(request, project, as_json=as_json, commands=commands)
    said = words if ending.status == "finished" else "Stopped; nothing was written."
    raise typer.Exit(finish(ending, as_json=as_json, more={"run": run}, words=said))
