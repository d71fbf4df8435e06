"""Chat templates of other programs: Jinja that writes a conversation as the one text that their model has learnt from.

A template is foreign code. jinja2's sandbox keeps it from the computer but bounds neither time nor memory, so before a
template is used for the first time it has to write a few conversations in a process of its own with limits
(``python -m studio.data.chat_templates``).
"""

from __future__ import annotations

import datetime
import json
import math
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

import jinja2
from jinja2.ext import Extension
from jinja2.nodes import CallBlock, Node
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from studio.config.texts import Message
from studio.ground.errors import DamagedError, UsageError
from studio.ground.files import read_object

TEMPLATE, SETTINGS = "chat_template.jinja", "tokenizer_config.json"
_LARGEST = 1 << 20  # bytes of a template
_LARGEST_SETTINGS = 1 << 24  # bytes: some list thousands of marks
_LONGEST_TEXT = 1 << 20  # characters that a trial may write
_MEMORY = 512 << 20  # bytes beyond what the process has at first
_SECONDS = 5  # of the processor
_PATIENCE = 6  # times as many seconds may pass on a busy computer
_MARKS = ("bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "cls_token", "mask_token")
_TRIALS: tuple[tuple[tuple[str, str], ...], ...] = (
    (("user", "a"),),
    (("system", "s"), ("user", "a")),
    (("user", "a"), ("assistant", "b"), ("user", "c")),
    (("system", "s"), *((("user", "a"), ("assistant", "b")) * 6), ("user", "a")),
)


class ChatTemplate:
    """One template.

    Args:
        source: in Jinja. marks: what ``bos_token`` and the like stand for in it.

    Raises:
        DamagedError: it is no Jinja.
    """

    def __init__(self, source: str, marks: Mapping[str, str] | None = None) -> None:
        self.source, self.marks = source, dict(marks or {})
        try:
            self._template = _surroundings().from_string(source)
        except (jinja2.TemplateError, RecursionError, ValueError) as error:
            raise DamagedError("The chat template cannot be read: {reason}.", reason=_short(error)) from error

    def written(self, messages: Sequence[Message], *, reply: bool) -> str:
        """The conversation as one text; ``reply``: up to where the next reply begins.

        Raises:
            UsageError: the template refuses such a conversation; says why.
        """
        self.must_behave()
        plain = [{"role": message.role, "content": message.content} for message in messages]
        try:
            return self._written(plain, reply=reply)
        except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
            raise UsageError("The model's chat template refuses it: {reason}.", reason=_short(error)) from error

    def closed(self) -> str:
        """The source with its marks in it, which needs nothing besides."""
        told = "".join(f"{{%- set {name} = {json.dumps(mark)} -%}}" for name, mark in sorted(self.marks.items()))
        return told + self.source

    def must_behave(self) -> None:
        """See that it ends in bounded time and memory, once. Raises UsageError where it does not."""
        must_behave(self.source, self.marks)

    def _written(self, messages: list[dict[str, str]], *, reply: bool) -> str:
        about: dict[str, Any] = {"tools": None, "documents": None, "add_generation_prompt": reply}
        return self._template.render(messages=messages, **about, **self.marks)


def read_template(folder: Path) -> ChatTemplate | None:
    """The template that lies beside a model; None where there is none.

    Raises:
        DamagedError: it cannot be read.
    """
    settings = read_object(folder / SETTINGS, _LARGEST_SETTINGS) if (folder / SETTINGS).is_file() else {}
    source = settings.get("chat_template")
    if (folder / TEMPLATE).is_file():
        source = _read_text(folder / TEMPLATE)
    elif isinstance(source, list):
        named = {one.get("name"): one.get("template") for one in source if isinstance(one, dict)}
        source = named.get("default")
    if not isinstance(source, str) or not source.strip():
        return None
    if len(source) > _LARGEST:
        raise DamagedError("The chat template of {name} is too long to be one.", name=folder.name)
    return ChatTemplate(source, _marks(settings))


def must_behave(source: str, marks: Mapping[str, str]) -> None:
    """Let a template write a few conversations in a process with limits, once.

    Raises:
        UsageError: it takes too long, too much memory, or writes without end.
    """
    if not _behaves(source, tuple(sorted(marks.items()))):
        raise UsageError(
            "The model's chat template is not used: it takes too much time, memory or text. The model can still "
            "continue texts."
        )


@lru_cache(maxsize=32)
def _behaves(source: str, marks: tuple[tuple[str, str], ...]) -> bool:
    asked = json.dumps({"source": source, "marks": dict(marks), "seconds": _SECONDS})
    command = [sys.executable, "-P", "-m", "studio.data.chat_templates"]
    place = str(Path(__file__).resolve().parent.parent.parent)
    try:
        done = subprocess.run(
            command, input=asked.encode(), capture_output=True, timeout=_PATIENCE * _SECONDS + 20, check=False,
            env=_environment(place),
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _environment(place: str) -> dict[str, str]:
    """What the process needs to start, and nothing else."""
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT", "TEMP", "TMP", "LANG") if name in os.environ}
    return kept | {"PYTHONPATH": place, "PYTHONIOENCODING": "utf-8"}


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as handle:
            return handle.read(_LARGEST + 1).decode("utf-8")
    except OSError as error:
        raise DamagedError("The file {name} cannot be read.", name=path.name) from error
    except UnicodeDecodeError as error:
        raise DamagedError("The file {name} is damaged: it holds no text.", name=path.name) from error


def _marks(settings: Mapping[str, Any]) -> dict[str, str]:
    """A mark is written as its text, or as an object that holds it."""
    found = {}
    for name in _MARKS:
        mark = settings.get(name)
        mark = mark.get("content") if isinstance(mark, dict) else mark
        if isinstance(mark, str):
            found[name] = mark
    return found


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:200].rstrip(".") or type(error).__name__


# --- the language of templates -----------------------------------------------------------------------------------


class _Generation(Extension):
    """``{% generation %}`` marks what the model writes; here it is only passed through."""

    tags = {"generation"}

    def parse(self, parser: Parser) -> Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return CallBlock(self.call_method("_same"), [], [], body).set_lineno(line)

    def _same(self, caller: Any) -> Any:
        return caller()


def _surroundings() -> ImmutableSandboxedEnvironment:
    """What templates of language models rely on."""
    made = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, "jinja2.ext.loopcontrols"]
    )
    made.filters["tojson"] = _to_json
    made.globals["raise_exception"] = _refuse
    made.globals["strftime_now"] = _now
    return made


def _to_json(
    value: Any, ensure_ascii: bool = False, indent: int | None = None, separators: Any = None, sort_keys: bool = False
) -> str:
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def _refuse(message: object) -> NoReturn:
    raise jinja2.TemplateError(str(message))


def _now(form: str) -> str:
    return datetime.datetime.now().strftime(form)


# --- the process with limits -------------------------------------------------------------------------------------


def _bound(seconds: float) -> None:
    """Limit memory and processor time, where the system has such limits."""
    try:
        import resource
    except ImportError:  # Windows; there the time limit of the one who started this process must do
        return
    import psutil

    used, taken = sum(psutil.Process().cpu_times()[:2]), psutil.Process().memory_info().vms
    for what, limit in ((resource.RLIMIT_AS, taken + _MEMORY), (resource.RLIMIT_CPU, math.ceil(used + seconds))):
        _, hard = resource.getrlimit(what)
        most = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(what, (most, most))


def _try(source: str, marks: Mapping[str, str]) -> bool:
    """Whether every trial ends; a conversation that the template refuses by itself is an end as well."""
    template = ChatTemplate(source, marks)
    for trial in _TRIALS:
        messages = [{"role": role, "content": words} for role, words in trial]
        for reply in (True, False):
            try:
                length = len(template._written(messages, reply=reply))
            except Exception as error:  # noqa: BLE001 - whatever else a template raises is its own refusal
                length = _LONGEST_TEXT + 1 if isinstance(error, MemoryError) else 0
            if length > _LONGEST_TEXT:
                return False
    return True


if __name__ == "__main__":
    asked = json.loads(sys.stdin.buffer.read())
    _bound(asked["seconds"])
    sys.exit(0 if _try(asked["source"], asked["marks"]) else 1)
