"""The window with a conversation of 300,000 tokens: how late its loop comes while one opens, scrolls and reads it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

SECONDS = float(os.environ.get("STUDIO_CHAT", "20"))


def test_a_long_conversation(
    side: Callable[..., dict[str, Any]], tmp_path: Path, report: Callable[[list[dict[str, Any]]], None]
) -> None:
    rows = side("chat_window.py", tmp_path / "project", SECONDS)["rows"]
    report(rows)
    assert {row["what"] for row in rows} == {"opening", "scrolling", "sending and writing"}
