"""States in which the same picture is held many times, with each picture once. Knows no Qt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_PLACES = ("picture", "mask", "towards")
_MARK = "#"  # begins no base64


def folded(state: dict[str, Any]) -> dict[str, Any]:
    """The same plain data with the pictures in it listed once, under ``pictures``."""
    known: dict[str, str] = {}

    def name(text: str) -> str:
        return known.setdefault(text, f"{_MARK}{len(known)}")

    found: dict[str, Any] = _replaced(state, name)
    return found | {"pictures": list(known)}


def unfolded(state: dict[str, Any]) -> dict[str, Any]:
    """The inverse; names of pictures that are not there stay, and what they stand in is then no picture."""
    listed = state.get("pictures")
    pictures = [text for text in listed if isinstance(text, str)] if isinstance(listed, list) else []
    known = {f"{_MARK}{number}": text for number, text in enumerate(pictures)}
    rest = {key: value for key, value in state.items() if key != "pictures"}
    found: dict[str, Any] = _replaced(rest, lambda text: known.get(text, text))
    return found


def _replaced(data: Any, change: Callable[[str], str]) -> Any:
    if isinstance(data, list):
        return [_replaced(one, change) for one in data]
    if not isinstance(data, dict):
        return data
    return {
        key: change(value) if key in _PLACES and isinstance(value, str) and value else _replaced(value, change)
        for key, value in data.items()
    }
