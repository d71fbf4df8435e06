"""Commands about weights of pretrained networks: list, download, add, remove."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from studio.cli.options import AsJson
from studio.cli.output import say, say_json, say_table, size
from studio.cli.serving import finish, serve, stopping_on_signals
from studio.config.base import Settings
from studio.config.requests import AddWeightsRequest, DownloadWeightsRequest

app = typer.Typer(
    help="Weights of pretrained networks, kept for all projects of this user.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="A name from 'studio weights list'.")]


@app.command("list")
def list_weights(as_json: AsJson = False) -> None:
    """List the networks, what fetching them takes, and which are here. Opens no connection."""
    from studio.data.pretrained import PUBLISHED, stored

    found = {name: stored(name) for name in PUBLISHED}
    if as_json:
        for name, entry in PUBLISHED.items():
            here = found[name]
            about = {"name": name, "about": str(entry.about), "bytes": entry.bytes, "licence": str(entry.licence)}
            say_json(about | {"here": None if here is None else asdict(here)})
        return
    rows = ((n, "yes" if found[n] else "no", size(e.bytes), e.about, e.licence) for n, e in PUBLISHED.items())
    say_table(("network", "here", "download", "about", "licence"), rows)


@app.command("download")
def download(name: Name, as_json: AsJson = False) -> None:
    """Fetch published weights. Opens a connection, as asked."""
    _bring(DownloadWeightsRequest(architecture=name), as_json=as_json)


@app.command("add")
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A .pth file as torchvision publishes them.")],
    architecture: Annotated[
        str, typer.Option("--architecture", metavar="NAME", help="Of which network it is; by default it is recognised.")
    ] = "",
    unpublished: Annotated[
        bool, typer.Option("--unpublished", help="Take a file although nobody has published its SHA-256.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take over a file; it is read in a process of its own and kept as safetensors."""
    request = AddWeightsRequest(source=file.expanduser(), architecture=architecture, unpublished=unpublished)
    _bring(request, as_json=as_json)


@app.command("remove")
def remove(name: Name, as_json: AsJson = False) -> None:
    """Take weights out of the cache; runs keep their own."""
    from studio.jobs.weights import remove_weights

    freed = remove_weights(name)
    if as_json:
        say_json({"name": name, "freed": freed, "status": "finished"})
    else:
        say(f"{name} is gone; {size(freed)} freed.")


def _use(name: str) -> str:
    from studio.data.pretrained import ARCHITECTURES

    if name not in ARCHITECTURES:
        return f"{name} is here."
    return f"{name} is here; fine-tune it with: --set network=pretrained --set network.architecture={name}"


def _bring(request: Settings, *, as_json: bool) -> None:
    with stopping_on_signals() as commands:
        ending = serve(request, Path(), as_json=as_json, commands=commands)
    more: dict[str, Any] = {}
    if ending.status == "finished":
        more = {"result": asdict(ending.result)}
        if not as_json:
            say(_use(ending.result.architecture))
    raise typer.Exit(finish(ending, as_json=as_json, more=more, words="Stopped." if not more else ""))
