"""The commands, and what happens to a line that is none."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

import studio
from studio.cli import chatting, data, editing, judging, making, measuring, project, training, translating, weights
from studio.cli.output import ReaderGone, say, say_error
from studio.ground.errors import StudioError, UsageError

FAILED = 1
WRONG_USE = 2

# The base of all that typer raises for a line it cannot read; older versions take it from click, newer carry it.
_Unreadable: type[Exception] = next(c for c in typer.BadParameter.__mro__ if c.__name__ == "ClickException")

app = typer.Typer(
    name="studio",
    help="Generative Studio: train generative models, watch them learn, use them. "
    "Without a command it opens the window: studio [PROJECT].",
    add_completion=False,
    no_args_is_help=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
project.register(app)
training.register(app)
making.register(app)
editing.register(app)
judging.register(app)
chatting.register(app)
measuring.register(app)
translating.register(app)
app.add_typer(data.app, name="data")
app.add_typer(weights.app, name="weights")


@app.callback(invoke_without_command=True)
def _studio(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if version:
        say(studio.__version__)
        raise typer.Exit


def run(arguments: list[str]) -> int:
    """Carry out one line; returns the exit code: 0 finished or stopped, 1 failed, 2 wrong use."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    return _guarded(lambda: _dispatch(arguments))


def _dispatch(arguments: list[str]) -> int:
    first = arguments[0] if arguments else ""
    commands = typer.main.get_command(app)
    if not arguments or not (first.startswith("-") or first in commands.commands):  # type: ignore[attr-defined]
        return open_window(arguments)
    return int(commands.main(arguments, prog_name="studio", standalone_mode=False) or 0)


def _guarded(work: Callable[[], int]) -> int:
    """What goes wrong as one sentence on the error stream and an exit code."""
    try:
        return work()
    except typer.Exit as leaving:
        return leaving.exit_code
    except UsageError as error:
        say_error(error)
        return WRONG_USE
    except _Unreadable as error:
        say_error(error.format_message())  # type: ignore[attr-defined]
        return WRONG_USE
    except (StudioError, OSError, MemoryError) as error:
        from studio.jobs.registry import sentence

        say_error(sentence(error))
        return FAILED
    except ReaderGone:
        _silence_stdout()
        return 0
    except (KeyboardInterrupt, typer.Abort):
        say_error("Interrupted; a run goes on from its last checkpoint with: studio resume PROJECT RUN")
        return FAILED


def open_window(arguments: list[str]) -> int:
    """Open the window on a project, or on Home.

    Raises:
        UsageError: more than one word, or a folder that is not there.
        StudioError: there is no display.
    """
    if len(arguments) > 1:
        raise _no_command(arguments[0])
    path = Path(arguments[0]).expanduser() if arguments else None
    if path is not None and not path.exists():
        raise UsageError("There is no project at {path}; make one with: studio new {path}", path=str(path))
    if not has_display():
        raise StudioError(
            "There is no display to open a window on; without one, studio train PROJECT --data NAME trains, "
            "studio generate makes pictures, and studio --help lists the rest."
        )
    from studio.app import main

    return int(main(path))


def has_display() -> bool:
    """Whether a window can appear: a display on Unix, or a platform of Qt that needs none."""
    if sys.platform in {"win32", "darwin"} or os.environ.get("QT_QPA_PLATFORM", "") in {
        "offscreen",
        "minimal",
        "vnc",
        "linuxfb",
    }:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _no_command(word: str) -> UsageError:
    import difflib

    names = list(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    near = difflib.get_close_matches(word, names, n=2) or ["--help"]
    return UsageError("{word} is no command of studio; did you mean: {near}?", word=word, near=", ".join(near))


def _silence_stdout() -> None:
    """Keep Python from complaining, at its end, about the pipe that the reader has closed."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
