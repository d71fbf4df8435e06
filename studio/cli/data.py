"""Commands about data sets: add, builtin, list, check, catalogue, download."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from studio.cli.options import AsJson, ProjectPath
from studio.cli.output import say, say_error, say_json, say_table, size
from studio.cli.serving import finish, serve, stopping_on_signals
from studio.config.base import Settings, validated
from studio.config.builtin import Builtin
from studio.config.requests import BuiltinRequest, CheckRequest, DownloadRequest, ImportRequest
from studio.config.texts import DataKind
from studio.ground.errors import UsageError
from studio.ground.events import Ended

if TYPE_CHECKING:
    from studio.data.catalogue import Entry

_ITEMS = {"pictures": "pictures", "text": "texts", "chat": "conversations", "parallel": "pairs of sentences"}

app = typer.Typer(
    help="Bring data sets into a project, list and check them.", no_args_is_help=True, rich_markup_mode=None
)

_KINDS = get_args(DataKind)

Name = Annotated[str | None, typer.Option("--name", help="What the data set is called in the project.")]


@app.command("add")
def add(
    project: ProjectPath,
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SOURCE",
            help="Pictures: a folder, zip, CSV or idx file. Texts: a file, folder or zip of them, JSON, JSONL, CSV.",
        ),
    ],
    target: Annotated[
        Path | None,
        typer.Argument(metavar="TARGET", help="Of pairs in two files: the one with the translations, line by line."),
    ] = None,
    name: Name = None,
    kind: Annotated[
        str | None,
        typer.Option("--kind", metavar="KIND", help=f"One of {', '.join(_KINDS)}; told by the source if not given."),
    ] = None,
    columns: Annotated[
        str,
        typer.Option("--columns", metavar="A[,B]", help="Columns of a table, or fields of JSON, that hold the texts."),
    ] = "",
    preview: Annotated[
        bool, typer.Option("--preview", help="Only show what would be read of texts; nothing is imported.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Import pictures or texts; the source itself is never changed."""
    source, target = source.expanduser(), target and target.expanduser()
    for path in filter(None, (source, target)):
        if not path.exists():
            raise UsageError("There is nothing at {source}.", source=str(path))
    if target is not None and kind not in (None, "parallel"):
        raise UsageError("Two files are pairs, which are of the kind parallel, not {kind}.", kind=kind)
    chosen = tuple(filter(None, (column.strip() for column in columns.split(","))))
    asked = {"source": source.absolute(), "name": name or source.stem, "kind": kind, "columns": chosen,
             "target": target and target.absolute()}  # fmt: skip
    request = validated(ImportRequest, asked)
    if preview:
        _preview(request, as_json=as_json)
    else:
        _bring(project, request, as_json=as_json)


def _preview(request: ImportRequest, *, as_json: bool) -> None:
    """Say what an import would read."""
    from studio.data.texts.first_look import first_look

    look = first_look(request.source, request.target, request.kind, request.columns)
    columns = ", ".join(column.title for column in look.columns)
    if as_json:
        names = [column.key for column in look.columns]
        more = {"columns": names, "chosen": list(look.chosen), "items": list(look.items)}
        say_json({"source": str(request.source), "kind": look.kind, **more, "why": look.why and look.why.to_json()})
        return
    say(f"{request.source.name} is read as {_ITEMS[look.kind]}.")
    if columns:
        read = ", ".join(column.title for column in look.columns if column.key in look.chosen)
        say(f"Columns: {columns}. Read: {read or 'whole items'}.")
    if look.why is not None:
        say_error(str(look.why))
    for number, item in enumerate(look.items, 1):
        for line in _item_lines(item):
            say(f"  {number}  {line}")


def _item_lines(item: Mapping[str, Any]) -> list[str]:
    """An item as a preview shows it."""
    said = [f"{one['role']}: {one['content']}" for one in item.get("messages", ())]
    lines = said or list(filter(None, (item.get("source", ""), item["text"])))
    return [" ".join(line.split()) for line in lines]


@app.command("builtin")
def builtin(
    project: ProjectPath,
    what: Annotated[str, typer.Argument(metavar="portraits|world|bilingual", help="The embedded data set.")],
    name: Name = None,
    count: Annotated[int | None, typer.Option("--count", help="How many pictures, texts or pairs.")] = None,
    size: Annotated[int | None, typer.Option("--size", help="Side of portraits in pixels.")] = None,
    form: Annotated[str | None, typer.Option("--kind", metavar="text|chat", help="How the world is written.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", help="Another seed makes other ones.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make an embedded data set in the project: portraits are drawn, texts and pairs of sentences are written."""
    options = {"count": count, "size": size, "form": form, "seed": seed}
    given = {option: value for option, value in options.items() if value is not None}
    request = validated(BuiltinRequest, {"what": {"kind": what}, "name": name or what})
    _bring(project, request.model_copy(update={"what": _chosen(type(request.what), given)}), as_json=as_json)


@app.command("download")
def download(
    project: ProjectPath,
    entry: Annotated[str, typer.Argument(metavar="ENTRY", help="A name from 'studio data catalogue'.")],
    name: Name = None,
    as_json: AsJson = False,
) -> None:
    """Fetch a data set of the catalogue and import it. Opens a connection, as asked."""
    _bring(project, DownloadRequest(entry=entry, name=name or entry), as_json=as_json)


@app.command("catalogue")
def catalogue(as_json: AsJson = False) -> None:
    """List the data sets that can be fetched, with size and licence. Opens no connection."""
    from studio.data.catalogue import CATALOGUE

    if as_json:
        for entry in CATALOGUE.values():
            say_json(_entry_json(entry))
        return
    rows = ((e.key, e.title, e.count, size(e.bytes) if e.files else "by hand", e.licence) for e in CATALOGUE.values())
    say_table(("entry", "data set", "pictures", "download", "licence"), rows)


@app.command("list")
def list_data(project: ProjectPath, as_json: AsJson = False) -> None:
    """List the data sets of a project."""
    from studio.projects.project import Project

    with Project.open(project, write=False) as opened:
        found = list(opened.datasets.all())
    if as_json:
        for record in found:
            say_json(record_json(record))
    elif not found:
        say("There are no data sets yet; add one with: studio data add PROJECT SOURCE --name NAME")
    else:
        say_table(("data set", "kind", "items", "size", "labels", "captions", "source"), map(_record_row, found))


@app.command("check")
def check(
    project: ProjectPath,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The data set.")],
    size: Annotated[int, typer.Option(min=8, max=1024, help="Side at which a model would see the pictures.")] = 32,
    as_json: AsJson = False,
) -> None:
    """Look for broken, small, duplicate and odd pictures. Changes nothing."""
    with stopping_on_signals() as commands:
        ending = serve(CheckRequest(dataset=name, size=size), project, as_json=as_json, commands=commands)
    findings = getattr(ending.result, "findings", ())
    if as_json:
        more = {"data": name, "result": None, "findings": [_finding_json(f) for f in findings]}
    else:
        more = {}
        for finding in findings:
            say(
                f"{finding.severity}: {finding.text} ({_some(finding.names)})"
                if finding.names
                else f"{finding.severity}: {finding.text}"
            )
        if ending.status == "finished" and not findings:
            say("Nothing to complain about.")
    raise typer.Exit(finish(ending, as_json=as_json, more=more))


def _chosen(kind: type[Builtin], given: Mapping[str, object]) -> Builtin:
    """An embedded data set with the options that were given. Raises UsageError for those that it does not have."""
    for option in given:
        if option not in kind.model_fields:
            option = "kind" if option == "form" else option
            raise UsageError("{what} knows no --{option}.", option=option, what=kind.model_fields["kind"].default)
    return validated(kind, given)


def _bring(project: Path, request: Settings, *, as_json: bool) -> None:
    """Run an importing job and write its data set into the project, which is held for writing meanwhile."""
    from studio.projects.project import Project

    with Project.open(project, write="required") as opened, stopping_on_signals() as commands:
        opened.datasets.check_new_name(request.name)  # type: ignore[attr-defined]
        ending = serve(request, project, as_json=as_json, commands=commands)
        if ending.status == "finished":
            opened.datasets.add(ending.result)
            opened.flush()
    raise typer.Exit(_finish_import(ending, as_json=as_json))


def _finish_import(ending: Ended, *, as_json: bool) -> int:
    if ending.status != "finished":
        return finish(ending, as_json=as_json, words="Stopped; nothing was added.")
    record = ending.result
    if not as_json:
        say_error(f"{record.name}: {record.count} {_ITEMS[record.kind]}.")
    return finish(ending, as_json=as_json, more={"data": record.name, "result": record_json(record)})


def record_json(record: Any) -> dict[str, Any]:
    """A data set's record as plain data."""
    return {
        "name": record.name,
        "kind": record.kind,
        "count": record.count,
        "characters": record.characters,
        "size": list(record.size),
        "channels": record.channels,
        "labels": {label: dict(values) for label, values in record.labels.items()},
        "captions": record.captions,
        "source": str(record.source),
    }


def _entry_json(entry: Entry) -> dict[str, Any]:
    return {
        "entry": entry.key,
        "title": entry.title,
        "about": str(entry.about),
        "count": entry.count,
        "bytes": entry.bytes,
        "page": entry.page,
        "licence": str(entry.licence),
        "by_hand": None if entry.by_hand is None else str(entry.by_hand),
    }


def _record_row(record: Any) -> tuple[object, ...]:
    if record.kind != "pictures":
        return (record.name, record.kind, record.count, f"{record.characters:,} characters", "", "", record.source)
    height, width = record.size
    labels = ", ".join(f"{label} ({len(values)})" for label, values in record.labels.items())
    return (record.name, record.kind, record.count, f"{width}×{height}", labels, record.captions or "", record.source)


def _finding_json(finding: Any) -> dict[str, Any]:
    return {
        "code": finding.code,
        "severity": finding.severity,
        "text": str(finding.text),
        "names": list(finding.names),
    }


def _some(names: Any) -> str:
    shown = ", ".join(map(str, list(names)[:5]))
    return f"{shown} and {len(names) - 5} more" if len(names) > 5 else shown
