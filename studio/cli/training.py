"""Commands that train: train, resume."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from studio.cli.options import (
    AsJson,
    DeviceName,
    DialName,
    FamilyName,
    ProjectPath,
    RunName,
    SettingsWords,
    StopAt,
    pairs,
)
from studio.cli.serving import finish, serve, stopping_on_signals
from studio.config.base import Settings
from studio.config.requests import ResumeRequest, TrainRequest
from studio.families import FAMILIES
from studio.ground.errors import UsageError


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("train")(train)
    app.command("resume")(resume)


def train(
    project: ProjectPath,
    data: Annotated[
        str, typer.Option("--data", metavar="NAME", help="The data set to learn from.", show_default=False)
    ],
    family: FamilyName = FAMILIES[0],
    preset: DialName = "quick",
    steps: Annotated[int | None, typer.Option("--steps", min=1, help="The horizon in steps.")] = None,
    minutes: Annotated[
        float | None, typer.Option("--minutes", help="The horizon in minutes, turned into steps by a trial.")
    ] = None,
    stop_at: StopAt = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Decides every random draw.")] = None,
    device: DeviceName = "auto",
    changes: SettingsWords = None,
    data_b: Annotated[
        str | None, typer.Option("--data-b", metavar="NAME", help="The data set of the other side (cyclegan).")
    ] = None,
    split: Annotated[
        str | None,
        typer.Option("--split", metavar="LABEL=A:B", help="Or one data set as two sides: hair=black:blond (cyclegan)."),
    ] = None,
    start: Annotated[
        str | None, typer.Option("--start", metavar="RUN[:CHECKPOINT]", help="Begin from the weights of another run.")
    ] = None,
    start_project: Annotated[
        Path | None, typer.Option("--start-project", metavar="FOLDER", help="The project that --start is in.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Train a new run. Ctrl-C stops it with a checkpoint; 'studio resume' goes on."""
    if steps is not None and minutes is not None:
        raise UsageError("Give --steps or --minutes, not both.")
    overrides: dict[str, Any] = dict(pairs(changes, "--set"))
    if data_b is not None and split is not None:
        raise UsageError("Give --data-b or --split, not both: two data sets are two sides already.")
    named = {"steps": steps, "seed": seed, "other_dataset": data_b, "split": split}
    overrides |= {name: value for name, value in named.items() if value is not None}
    with stopping_on_signals() as commands:
        about: dict[str, Any] = {"family": family, "dial": preset, "overrides": overrides, "device": device}
        if start:
            about["start"] = (start.partition(":")[0], start_project)
        config = _plan(project, data, **about)
        request = _train_request(
            family=family, dataset=data, config=config.model_dump(mode="json"), dial=preset, minutes=minutes,
            stop_at=stop_at, device=device, start=start, start_project=start_project,
        )  # fmt: skip
        code = _run(request, project, as_json=as_json, commands=commands)
    raise typer.Exit(code)


def resume(
    project: ProjectPath,
    run: RunName,
    steps: Annotated[int | None, typer.Option("--steps", min=1, help="A longer horizon in steps.")] = None,
    stop_at: StopAt = None,
    device: DeviceName = "auto",
    as_json: AsJson = False,
) -> None:
    """Go on with a stopped or interrupted run, to its own horizon or a longer one."""
    request = ResumeRequest(run=run, steps=steps, stop_at=stop_at, device=device)
    with stopping_on_signals() as commands:
        code = _run(request, project, as_json=as_json, commands=commands, run=run)
    raise typer.Exit(code)


def _plan(project: Path, data: str, **about: Any) -> Settings:
    from studio.jobs.planning import plan

    return plan(project, data, **about)


def _train_request(*, start: str | None, start_project: Path | None, **asked: Any) -> TrainRequest:
    from studio.cli.options import checkpoint_name
    from studio.config.base import validated

    if start_project is not None and not start:
        raise UsageError("--start-project needs --start RUN[:CHECKPOINT] too.")
    if start:
        run, _, checkpoint = start.partition(":")
        asked |= {"start_run": run, "start_checkpoint": checkpoint_name(checkpoint or "last")}
        asked |= {"start_project": start_project.resolve()} if start_project is not None else {}
    return validated(TrainRequest, asked)


def _run(request: Settings, project: Path, *, as_json: bool, commands: Any, run: str = "") -> int:
    ending = serve(request, project, as_json=as_json, commands=commands)
    result = ending.result if isinstance(ending.result, dict) else {}
    name, step = result.get("run", run), result.get("step", 0)
    words = f"{name} {ending.status} at step {step}."
    if ending.status == "stopped":
        words += f" Go on with: studio resume {project} {name}"
    more = {"run": name, "step": step, "result": result}
    return finish(ending, as_json=as_json, more=more, words=words)
