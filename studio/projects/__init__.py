"""A saved project: a folder and SQLite. Neither torch nor Qt."""
