"""Commands about a project and its runs: new, runs, stop, settings, doctor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from studio.cli.options import AsJson, FamilyName, ProjectPath, RunName
from studio.cli.output import duration, say, say_error, say_json, say_table
from studio.config.base import Row, describe
from studio.config.registry import config_class
from studio.families import FAMILIES
from studio.ground.errors import UsageError
from studio.ground.events import Stop

if TYPE_CHECKING:
    from studio.projects.run import RunInfo


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("new")(new)
    app.command("runs")(runs)
    app.command("stop")(stop)
    app.command("settings")(settings)
    app.command("doctor")(doctor)


def new(project: ProjectPath, as_json: AsJson = False) -> None:
    """Make a new, empty project."""
    from studio.projects.project import Project

    with Project.create(project) as made:
        if as_json:
            say_json({"project": str(made.path), "name": made.name, "status": "finished"})
        else:
            say(f"A new project is at {made.path}")


def runs(project: ProjectPath, as_json: AsJson = False) -> None:
    """List the runs of a project with their status."""
    from studio.projects.project import Project

    with Project.open(project, write=False) as opened:
        found = list(opened.runs.all())
        for loss in opened.losses:
            say_error(loss)
    if as_json:
        for info in found:
            say_json(_run_json(info))
        return
    if not found:
        say("There are no runs yet; train one with: studio train PROJECT --data NAME")
        return
    say_table(("run", "status", "step", "family", "data set", "time", "note"), map(_run_row, found))


def stop(project: ProjectPath, run: RunName, as_json: AsJson = False) -> None:
    """Ask a run to write a checkpoint and stop, wherever it trains."""
    from studio.projects.project import Project

    with Project.open(project, write=False) as opened:
        found = opened.runs.get(run)
        if not found.is_live():
            raise UsageError("The run {run} does not train now; there is nothing to stop.", run=run)
        found.inbox.send(Stop())
    if as_json:
        say_json({"run": run, "asked": "stop"})
    else:
        say(f"{run} was asked to stop; it writes a checkpoint first.")


def settings(family: FamilyName = FAMILIES[0], as_json: AsJson = False) -> None:
    """List every setting of a family: path, default, range, what it means."""
    rows = describe(config_class(family))
    if as_json:
        for row in rows:
            say_json({"family": family} | asdict(row))
        return
    say_table(("setting", "default", "range", "help"), ((r.path, _shown(r.default), _range(r), _help(r)) for r in rows))


def doctor(as_json: AsJson = False) -> None:
    """Show versions, devices and folders, and say what works here."""
    from studio import doctor as examination

    report = examination.examine()
    if as_json:
        say_json(report.to_json())
    else:
        for line in report.lines():
            say(line)


def _run_json(info: RunInfo) -> dict[str, Any]:
    plain = asdict(info.status)
    state = plain.pop("state")
    about = {"run": info.name, "status": state, "title": info.title, "family": info.family, "data": info.dataset}
    return about | plain | {"live": info.live, "damage": None if info.damage is None else str(info.damage)}


def _run_row(info: RunInfo) -> tuple[object, ...]:
    status = info.status
    steps, note = f"{status.step}/{status.total}", info.damage or status.error
    return (info.name, status.state, steps, info.family, info.dataset, duration(status.seconds_trained), note)


def _range(row: Row) -> str:
    if row.choices:
        return " | ".join(row.choices)
    if row.minimum is None and row.maximum is None:
        return "yes | no" if row.kind == "bool" else row.kind
    low = "" if row.minimum is None else _number(row.minimum)
    high = "" if row.maximum is None else _number(row.maximum)
    return f"{low} to {high}".strip()


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:g}"


def _help(row: Row) -> str:
    only = f" Only with {row.when[0]}={' or '.join(row.when[1])}." if row.when else ""
    auto = f" A preset derives it from: {row.auto}." if row.auto else ""
    return f"{row.help}{auto}{only}"


def _shown(value: object) -> str:
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ",".join(map(str, value)) or "-"
    return str(value)
