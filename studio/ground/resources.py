"""Where the files lie that the program reads but does not execute: icons, styles, starter files."""

from __future__ import annotations

from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2] / "resources"


def resource(*parts: str) -> Path:
    """The path of a file or folder under ``resources/``; it is not checked to exist."""
    return _ROOT.joinpath(*parts)
