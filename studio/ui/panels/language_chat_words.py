"""What the transcript says of a message: who wrote it, and how it came to its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QCoreApplication

from studio.projects.conversations import KeptMessage
from studio.ui.text import count_text


def _tr(words: str) -> str:
    return QCoreApplication.translate("Chat", words)


def heading(message: KeptMessage, about: Mapping[str, Any]) -> str:
    """Who wrote it: you, or which checkpoint."""
    if message.role == "user":
        return _tr("You")
    run, checkpoint = str(about.get("run", "")), str(about.get("checkpoint", ""))
    if not run:
        return _tr("Model")
    step = count_text(int(checkpoint)) if checkpoint.isdigit() and len(checkpoint) < 12 else checkpoint
    return _tr("{0}, step {1}").format(run, step)


def note(message: KeptMessage, about: Mapping[str, Any], *, writing: bool) -> str:
    """How it came to its end, and how fast."""
    if writing:
        return _tr("writing…")
    parts = []
    if message.role == "user" and about.get("edited"):
        parts.append(_tr("edited"))
    if message.role == "assistant":
        parts.append(_ending(message, about))
        if about.get("edited"):
            parts.append(_tr("edited by you"))
        else:
            parts.append(_pace(about))
            if isinstance(about.get("dropped"), int) and about["dropped"] > 0:
                parts.append(_tr("{0} tokens of the beginning did not fit").format(count_text(about["dropped"])))
    return " · ".join(part for part in parts if part)


def _ending(message: KeptMessage, about: Mapping[str, Any]) -> str:
    if message.state == "stopped":
        return _tr("stopped")
    if message.state == "failed":
        return _tr("failed")
    if message.state == "writing":
        return _tr("not finished")
    said = {"full": _tr("its length was used up"), "stop": _tr("ended at a stop text")}
    return said.get(str(about.get("ending")), "")


def _pace(about: Mapping[str, Any]) -> str:
    tokens, seconds = about.get("tokens"), about.get("seconds")
    if not isinstance(tokens, int) or not tokens:
        return ""
    words = _tr("{0} tokens").format(count_text(tokens)) if tokens != 1 else _tr("1 token")
    if isinstance(seconds, (int, float)) and seconds > 0.05:
        pace = tokens / seconds
        words += " · " + _tr("{0} a second").format(f"{pace:.0f}" if pace >= 10 else f"{pace:.1f}")
    return words
