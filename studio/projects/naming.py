"""Names as the user writes them, and the names of folders made from them.

A name is kept letter by letter and shown as plain text; on the disk lies a slug of a few harmless letters, so that no
name can leave its folder, collide by case, or be one that Windows keeps for itself.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection, Iterable

from studio.ground.errors import UsageError

LONGEST_NAME = 255
_LONGEST_SLUG = 40
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def check_name(name: str, what: str) -> str:
    """Return ``name`` without white space around it. Raises UsageError for one that cannot be kept or shown."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise UsageError("A {what} needs a name of 1 to {most} letters.", what=what, most=LONGEST_NAME)
    if any(unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"} for letter in name):
        raise UsageError("The name of a {what} cannot hold line breaks or control characters.", what=what)
    return name


def slug(name: str, taken: Collection[str], fallback: str = "item") -> str:
    """A folder name for ``name`` (lower-case ASCII letters, digits, single hyphens) that is not in ``taken``."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST_SLUG].strip("-") or fallback
    if base in _RESERVED:
        base = f"{base}-{fallback}"
    number, found = 1, base
    while found in taken:
        number += 1
        found = f"{base}-{number}"
    return found


def is_slug(name: str) -> bool:
    """Whether ``name`` could have come from :func:`slug`: one harmless path component."""
    return bool(_SLUG.fullmatch(name)) and name not in _RESERVED


def not_found(what: str, name: str, known: Iterable[str]) -> UsageError:
    """The error for a name that nobody bears, with the nearest ones."""
    names = list(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.4) or names[:5]
    if not near:
        return UsageError("There is no {what} {name}; the project has none yet.", what=what, name=name)
    return UsageError("There is no {what} {name}; there is: {near}.", what=what, name=name, near=", ".join(near))
