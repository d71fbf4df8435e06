"""How a connection to ``project.db`` is made."""

from __future__ import annotations

import sqlite3
from pathlib import Path

DATABASE = "project.db"
UNREADABLE = (sqlite3.Error, UnicodeDecodeError)
"""What a damaged file makes ``sqlite3`` raise; the latter where SQLite's message quotes bytes that are no text."""
_PATIENCE = 10.0  # seconds that one connection waits for another's transaction
_LONGEST_VALUE = 64 << 20


def connect(path: Path, *, write: bool, create: bool = False) -> sqlite3.Connection:
    """Open the database at ``path``; reading never makes or changes a file. Transactions are begun by hand.

    Raises:
        sqlite3.Error, UnicodeDecodeError: it cannot be opened.
    """
    mode = "rwc" if create else "rw" if write else "ro"
    address = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(address, uri=True, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
    try:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
        for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0", "synchronous = EXTRA"):
            connection.execute(f"PRAGMA {pragma}")
        if write:
            connection.execute("PRAGMA journal_mode = DELETE")
    except BaseException:
        connection.close()
        raise
    return connection
