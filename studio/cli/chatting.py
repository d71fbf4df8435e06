"""Commands of language models: chat, pretrained."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from studio.cli.options import AsJson, Checkpoint, DeviceName, ProjectPath, RunName, checkpoint_name
from studio.cli.output import ReaderGone, occasional_line, say, say_error, say_json, write_words
from studio.cli.serving import finish, serve, stopping_on_signals
from studio.config.base import Settings, validated
from studio.config.requests import ChatRequest, PretrainedRequest
from studio.config.texts import Message
from studio.config.writing import Writing
from studio.ground.errors import UsageError
from studio.ground.events import Ended, Event, Notice, Stop, Written, event_to_json
from studio.jobs.registry import failure
from studio.jobs.steering import CommandQueue

if TYPE_CHECKING:
    from studio.jobs.serving import ModelServer

Prompt = Annotated[
    str | None, typer.Option("--prompt", metavar="TEXT", help="What to reply to; without it, line by line.")
]
System = Annotated[str | None, typer.Option("--system", metavar="TEXT", help="What stands before the conversation.")]
Start = Annotated[str, typer.Option("--start", metavar="TEXT", help="The reply begins with these words.")]
MaxTokens = Annotated[int | None, typer.Option("--max-tokens", min=1, help="Write at most so many tokens.")]
Temperature = Annotated[
    float | None, typer.Option("--temperature", min=0, help="How bold: 0 takes the likeliest token always.")
]
TopK = Annotated[int | None, typer.Option("--top-k", min=0, help="Choose among so many of the likeliest; 0: all.")]
TopP = Annotated[float | None, typer.Option("--top-p", help="Choose among the likeliest of this probability together.")]
MinP = Annotated[float | None, typer.Option("--min-p", help="Nothing below this share of the likeliest.")]
Penalty = Annotated[float | None, typer.Option("--repetition-penalty", help="Above 1: fewer repetitions.")]
StopTexts = Annotated[
    list[str] | None, typer.Option("--stop", metavar="TEXT", help="Stop before this text; may be repeated.")
]
Seed = Annotated[int | None, typer.Option("--seed", min=0, help="The same seed writes the same text.")]
Count = Annotated[int | None, typer.Option("--count", min=1, help="So many replies at once.")]
_LEAVE = ("", "/quit", "/exit")


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command("chat")(chat)
    app.command("pretrained")(pretrained)


def chat(
    project: ProjectPath,
    run: RunName,
    prompt: Prompt = None,
    system: System = None,
    start: Start = "",
    checkpoint: Checkpoint = "best",
    max_tokens: MaxTokens = None,
    temperature: Temperature = None,
    top_k: TopK = None,
    top_p: TopP = None,
    min_p: MinP = None,
    penalty: Penalty = None,
    stop: StopTexts = None,
    seed: Seed = None,
    count: Count = None,
    device: DeviceName = "auto",
    as_json: AsJson = False,
) -> None:
    """Talk to a language model. One that knows no conversations continues what you write."""
    asked = {
        "tokens": max_tokens, "temperature": temperature, "top_k": top_k, "top_p": top_p, "min_p": min_p,
        "repetition_penalty": penalty, "stop": tuple(stop) if stop else None, "seed": seed, "count": count,
    }  # fmt: skip
    writing = validated(Writing, {name: value for name, value in asked.items() if value is not None})
    before = (Message(role="system", content=system),) if system else ()
    about: dict[str, Any] = {
        "run": run, "checkpoint": checkpoint_name(checkpoint), "start": start, "writing": writing, "device": device,
    }  # fmt: skip
    with stopping_on_signals() as commands:
        if prompt is None:
            raise typer.Exit(_interactive(project, about, before, as_json=as_json, commands=commands))
        if not prompt:
            raise UsageError("--prompt is empty; write what to reply to, or leave it away.")
        request = ChatRequest(messages=(*before, Message(role="user", content=prompt)), **about)
        server = _server(project)
        ending = _shown(server, request, commands, as_json=as_json)
        server.close()
    raise typer.Exit(finish(ending, as_json=as_json, more=_told(ending, run)))


def pretrained(
    project: ProjectPath,
    source: Annotated[
        str,
        typer.Argument(
            metavar="FOLDER_OR_NAME", show_default=False,
            help="A folder in the format of Hugging Face, or OWNER/NAME of a model there, which is then fetched.",
        ),
    ],
    name: Annotated[str | None, typer.Option("--name", metavar="NAME", help="What the run is called.")] = None,
    pickled: Annotated[
        bool,
        typer.Option("--pickled", help="Read pickled weights of a translation model whose origin you know and trust."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take a model over as a run: one of language (GPT-2, Llama, Qwen2, Qwen3), or one that translates (Marian)."""
    request = PretrainedRequest(source=source, name=name, pickled=pickled)
    with stopping_on_signals() as commands:
        ending = serve(request, project, as_json=as_json, commands=commands)
    found = ending.result if isinstance(ending.result, dict) else {}
    more = {"run": found.get("run", ""), "result": ending.result}
    raise typer.Exit(finish(ending, as_json=as_json, more=more, words=f"{found.get('run', '')} is ready."))


def _interactive(
    project: Path, about: dict[str, Any], messages: tuple[Message, ...], *, as_json: bool, commands: CommandQueue
) -> int:
    """Line by line until an empty one; Ctrl-C stops a reply. Returns the exit code."""
    server, code = _server(project), 0
    try:
        for words in _lines(asks=sys.stdin.isatty() and not as_json):
            asked = (*messages, Message(role="user", content=words))
            ending = _shown(server, ChatRequest(messages=asked, **about), commands, as_json=as_json)
            code = finish(ending, as_json=as_json, more=_told(ending, about["run"]))
            if code:
                break
            messages = (*asked, Message(role="assistant", content=ending.result.rows[0].text))
            commands.drain()
    finally:
        server.close()
    return code


def _lines(*, asks: bool) -> Iterator[str]:
    while True:
        if asks:
            write_words("> ")
        line = sys.stdin.readline()
        if line.strip() in _LEAVE:
            return
        yield line.rstrip("\n")


def _shown(server: ModelServer, request: Settings, commands: CommandQueue, *, as_json: bool) -> Ended:
    """Show a reply as it is written, of several each when all are; the ending."""
    streams = not as_json and request.writing.count == 1  # type: ignore[attr-defined]
    ending = Ended("stopped")
    for event in _events(server, request, commands):
        if isinstance(event, Ended):
            ending = event
        elif as_json:
            say_json(event_to_json(event))
        elif isinstance(event, Written) and streams:
            try:
                write_words(event.text)
            except ReaderGone:
                commands.put(Stop())
        elif isinstance(event, Notice):
            say_error(occasional_line(event))
    if streams and ending.result is not None:
        say("")
    elif not as_json and ending.result is not None:
        for row in ending.result.rows:
            write_words(row.text + "\n\n")
    return ending


def _events(server: ModelServer, request: Settings, commands: CommandQueue) -> Iterator[Event]:
    try:
        yield from server.serve(request, commands)
    except Exception as error:  # noqa: BLE001 - becomes the ending, as in every job
        yield failure(error)


def _told(ending: Ended, run: str) -> dict[str, Any]:
    """What the last JSON line holds: the first reply, all of them, and how they came about."""
    found = ending.result
    if found is None:
        return {"run": run, "result": None}
    rows = [{"text": row.text, "ending": row.ending, "tokens": row.tokens} for row in found.rows]
    result = {"step": found.step, "read": found.read, "reused": found.reused, "dropped": found.dropped}
    return {"run": run, "text": rows[0]["text"], "rows": rows, "result": result | {"seconds": round(found.seconds, 3)}}


def _server(project: Path) -> ModelServer:
    from studio.jobs.serving import ModelServer

    return ModelServer(project)
