"""What the system says when something cannot be saved or read, in one sentence for the user."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from studio.ground.errors import StudioError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


@contextmanager
def saving(what: str) -> Iterator[None]:
    """Turn what the disk or SQLite raises inside into a :class:`StudioError` that names ``what`` was being saved."""
    try:
        yield
    except (OSError, sqlite3.Error, UnicodeDecodeError) as error:
        raise saving_error(error, what) from error


@contextmanager
def reading(what: str) -> Iterator[None]:
    """Turn what the disk or SQLite raises inside into a :class:`StudioError` that names ``what`` was being read."""
    try:
        yield
    except (OSError, sqlite3.Error, UnicodeDecodeError) as error:
        raise reading_error(error, what) from error


def is_full(error: Exception) -> bool:
    """Whether the disk had no room (or the user's share of it, or the largest size of a file, was reached)."""
    return (isinstance(error, OSError) and error.errno in _FULL) or "is full" in str(error)


def reading_error(error: OSError | sqlite3.Error | UnicodeDecodeError, what: str) -> StudioError:
    """The sentence for a failed reading of ``what``."""
    if "locked" in str(error):
        return StudioError("{what} could not be read: another program uses it. Try again.", what=_capital(what))
    return StudioError("{what} could not be read: {reason}.", what=_capital(what), reason=str(error))


def saving_error(error: OSError | sqlite3.Error | UnicodeDecodeError, what: str) -> StudioError:
    """The sentence for a failed write of ``what``; nothing that was saved before is touched by it."""
    words = str(error)
    number = error.errno if isinstance(error, OSError) else None
    if is_full(error):
        return StudioError(
            "The disk is full: {what} could not be saved. Free some space and try again; nothing saved before is lost.",
            what=what,
        )
    if number in _FORBIDDEN or "readonly" in words:
        return StudioError("{what} could not be saved: the folder may not be written to.", what=_capital(what))
    if "locked" in words:
        return StudioError("{what} could not be saved: another program uses it. Try again.", what=_capital(what))
    return StudioError("{what} could not be saved: {reason}.", what=_capital(what), reason=words)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
