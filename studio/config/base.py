"""What every settings model shares: how a field describes itself, and how settings are listed, changed and compared.

A field is declared once, with :func:`setting`; the form in the window, the option on the command line, the file in
the run and the manual are made from the rows that :func:`describe` lists.
"""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from studio.ground.errors import UsageError

Dial = Literal["quick", "balanced", "best"]
DIALS: tuple[Dial, ...] = typing.get_args(Dial)
Kind = Literal["int", "float", "bool", "choice", "names", "text"]
Model = TypeVar("Model", bound="Settings")


@dataclass(frozen=True, slots=True)
class Best:
    """By which of its own measures a family calls a checkpoint the best one."""

    metric: str
    lowest: bool = True


class Settings(BaseModel):
    """Base of all settings: frozen, and refusing names it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


def setting(
    default: Any,
    *,
    help: str,
    label: str = "",
    unit: str = "",
    advanced: bool = False,
    auto: str = "",
    live: bool = False,
    when: tuple[str, tuple[str, ...]] | None = None,
    log: bool = False,
    empty: str = "",
    **limits: Any,
) -> Any:
    """Declare a field.

    Args:
        help: one plain sentence, shown beside the control and in ``--help``.
        label: what the form calls it; the field's name with spaces where empty.
        unit: shown in the control (``px``, ``pictures``).
        advanced: hidden until the details are opened.
        auto: from what a preset derives the value; empty where it does not.
        live: whether it may change while the run trains.
        when: ``(path, values)``: shown only if the setting at ``path`` has one of ``values``.
        log: whether a control steps by factors rather than by differences.
        empty: what an empty list or word means, where it does not mean nothing.
        limits: ``ge``, ``gt``, ``le``, ``lt``, ``multiple_of``, ``discriminator``, as in pydantic.
    """
    extra: dict[str, Any] = {"unit": unit, "advanced": advanced, "auto": auto, "live": live, "when": when}
    extra |= {"log": log, "empty": empty}
    return Field(default, title=label or None, description=help, json_schema_extra=extra, **limits)


@dataclass(frozen=True, slots=True)
class Row:
    """One setting as a form or an option shows it. ``path`` is dotted; limits are None where there are none."""

    path: str
    label: str
    kind: Kind
    default: Any
    help: str
    choices: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    unit: str = ""
    advanced: bool = False
    auto: str = ""
    live: bool = False
    when: tuple[str, tuple[str, ...]] | None = None
    log: bool = False
    empty: str = ""


def describe(model: type[Settings] | Settings, prefix: str = "") -> tuple[Row, ...]:
    """List the settings of a model in order: its own before those that it shares with others (steps, batch, seed),
    those of tagged unions behind their choice."""
    return tuple(_rows(model if isinstance(model, type) else type(model), prefix))


def get_value(settings: Settings, path: str) -> Any:
    """The value at a dotted path (for a tagged union: its kind). Raises UsageError for an unknown path."""
    value: Any = settings
    for name in path.split("."):
        if not isinstance(value, BaseModel) or name not in type(value).model_fields:
            raise unknown_setting(path, [row.path for row in describe(settings)])
        value = getattr(value, name)
    return getattr(value, "kind", value) if isinstance(value, BaseModel) else value


def with_overrides(settings: Model, overrides: Mapping[str, Any]) -> Model:
    """Change settings by dotted paths; strings are parsed, ``loss=hinge`` picks a variant of a tagged union.

    Raises:
        UsageError: an unknown path (with the nearest names), or a value or combination that is refused.
    """
    rows = {row.path: row for row in describe(settings)}
    data = settings.model_dump()
    variants = [path for path in overrides if isinstance(_variant_key(data, path), dict)]
    for path in sorted(overrides, key=lambda p: (p not in variants, p.count("."))):
        if path not in rows:
            raise unknown_setting(path, rows)
        _assign(data, path, _parse(rows[path], overrides[path]), settings)
    return validated(type(settings), data)


def validated(model: type[Model], data: Mapping[str, Any]) -> Model:
    """Build settings from plain data; what pydantic refuses comes out as one sentence.

    Raises:
        UsageError: names the setting, the value and the reason.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        names = [str(part) for part in first["loc"] if part not in _tags(model)]
        reason = str(first["msg"]).removeprefix("Value error, ")
        if not names:
            raise UsageError("{reason}", reason=reason) from error
        raise UsageError("The setting {name} is refused: {reason}.", name=".".join(names), reason=reason) from error


def differences(settings: Settings, other: Settings) -> dict[str, tuple[Any, Any]]:
    """Paths whose values differ, with both values (None where a side has no such setting)."""
    mine, theirs = flat(settings), flat(other)
    return {
        path: (mine.get(path), theirs.get(path))
        for path in dict.fromkeys([*mine, *theirs])
        if mine.get(path) != theirs.get(path)
    }


def flat(settings: Settings) -> dict[str, Any]:
    """All settings as ``{dotted path: value}``; a tagged union's kind stands under its own path."""
    result: dict[str, Any] = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, Settings):
            if "kind" in type(value).model_fields:
                result[name] = value.kind  # type: ignore[attr-defined]
            result |= {f"{name}.{key}": v for key, v in flat(value).items() if key != "kind"}
        else:
            result[name] = value
    return result


def unknown_setting(path: str, known: typing.Iterable[str]) -> UsageError:
    """The error for a setting that does not exist, with the nearest names."""
    names = list(known)
    near = difflib.get_close_matches(path, names, n=3, cutoff=0.4)
    near += [n for n in names if n.split(".")[-1] == path.split(".")[-1] and n not in near]
    hint = ", ".join(near or names[:5])
    return UsageError("There is no setting {path}; the nearest are: {near}.", path=path, near=hint)


def _rows(model: type[Settings], prefix: str) -> Iterator[Row]:
    for name, info in _own_first(model):
        if name in {"kind", "family"}:
            continue
        path = f"{prefix}{name}"
        variants = _variants(info.annotation)
        if variants:
            yield _row(path, name, info, variants)
            yield from _variant_rows(path, variants)
        elif isinstance(info.annotation, type) and issubclass(info.annotation, Settings):
            yield from _rows(info.annotation, f"{path}.")
        else:
            yield _row(path, name, info, ())


def _own_first(model: type[Settings]) -> list[tuple[str, FieldInfo]]:
    shared = {name for base in model.__mro__[1:] if issubclass(base, Settings) for name in base.model_fields}
    return sorted(model.model_fields.items(), key=lambda field: field[0] in shared)


def _variant_rows(path: str, variants: tuple[type[Settings], ...]) -> Iterator[Row]:
    """Rows of all variants; a setting that several share appears once, shown for each of them."""
    found: dict[str, Row] = {}
    for variant in variants:
        for row in _rows(variant, f"{path}."):
            kinds = found[row.path].when[1] if row.path in found else ()  # type: ignore[index]
            base = found.get(row.path, row)
            found[row.path] = _replace(base, when=(path, (*kinds, _kind(variant))))
    yield from found.values()


def _replace(row: Row, **changes: Any) -> Row:
    return Row(**({name: getattr(row, name) for name in Row.__slots__} | changes))


def _row(path: str, name: str, info: FieldInfo, variants: tuple[type[Settings], ...]) -> Row:
    extra = typing.cast(dict[str, Any], info.json_schema_extra or {})
    kind, choices = _kind_and_choices(info.annotation, variants)
    default = info.get_default(call_default_factory=True)
    limits = {key: getattr(m, key) for m in info.metadata for key in ("ge", "gt", "le", "lt") if hasattr(m, key)}
    return Row(
        path=path,
        label=info.title or name.replace("_", " ").capitalize(),
        kind=kind,
        default=getattr(default, "kind", default),
        help=info.description or "",
        choices=choices,
        minimum=limits.get("ge", limits.get("gt")),
        maximum=limits.get("le", limits.get("lt")),
        **extra,
    )


def _kind_and_choices(annotation: Any, variants: tuple[type[Settings], ...]) -> tuple[Kind, tuple[str, ...]]:
    if variants:
        return "choice", tuple(_kind(v) for v in variants)
    if typing.get_origin(annotation) is Literal:
        return "choice", tuple(str(v) for v in typing.get_args(annotation))
    if typing.get_origin(annotation) is tuple:
        inner = typing.get_args(annotation)[0]
        return "names", tuple(typing.get_args(inner)) if typing.get_origin(inner) is Literal else ()
    kinds: dict[Any, Kind] = {int: "int", float: "float", bool: "bool", str: "text"}
    return kinds[annotation], ()


def _variants(annotation: Any) -> tuple[type[Settings], ...]:
    """The models of a tagged union, () for everything else."""
    if typing.get_origin(annotation) not in (typing.Union, types.UnionType):
        return ()
    return tuple(a for a in typing.get_args(annotation) if isinstance(a, type) and issubclass(a, Settings))


def _kind(variant: type[Settings]) -> str:
    return str(variant.model_fields["kind"].default)


def _tags(model: type[Settings]) -> set[str]:
    return {_kind(v) for info in model.model_fields.values() for v in _variants(info.annotation)}


def _variant_key(data: dict[str, Any], path: str) -> Any:
    value: Any = data
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _assign(data: dict[str, Any], path: str, value: Any, settings: Settings) -> None:
    *parents, name = path.split(".")
    target = data
    for parent in parents:
        target = target[parent]
    if isinstance(target.get(name), dict) and "kind" in target[name]:
        if target[name]["kind"] != value:
            target[name] = {"kind": value}
        return
    if "kind" in target and parents and not _belongs(settings, parents, target["kind"], name):
        parent, kind = ".".join(parents), target["kind"]
        raise UsageError("{path} has no meaning while {parent} is {kind}.", path=path, parent=parent, kind=kind)
    target[name] = value


def _belongs(settings: Settings, parents: list[str], kind: str, name: str) -> bool:
    model: Any = type(settings)
    for parent in parents[:-1]:
        model = model.model_fields[parent].annotation
    variants = _variants(model.model_fields[parents[-1]].annotation)
    return any(_kind(v) == kind and name in v.model_fields for v in variants)


def _parse(row: Row, value: Any) -> Any:
    if row.kind == "names" and isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if row.kind == "names" and isinstance(value, list):
        return tuple(value)
    if row.kind == "choice" and isinstance(row.default, int) and str(value) in row.choices:
        return int(value)
    if row.kind in {"int", "float"} and isinstance(value, str):
        return value.strip().replace(",", ".")
    return value
