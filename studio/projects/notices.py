"""The notices of a run: one sealed file with the latest of each kind, so that they show tomorrow and in other windows.

Only who trains the run writes it. A damaged file is named and begun anew by the next notice: nothing in it decides
anything, and the log of the run has every notice too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from studio.ground.errors import DamagedError, Text, text
from studio.ground.events import Notice, Severity
from studio.ground.files import read_json, stamp_of, write_json

FILE = "notices.json"
_MOST = 40
_DAMAGED = text("The notices of this run are damaged and left out; its log has them too.")
_PLAIN = (str, int, float, bool)


@dataclass(frozen=True, slots=True)
class NoticeTable:
    """The notices, the newest last, and what could not be read."""

    notices: tuple[Notice, ...] = ()
    losses: tuple[Text, ...] = ()


class NoticeFile:
    """The notices in the folder of a run."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    @property
    def stamp(self) -> tuple[int, int, int]:
        """Changes whenever the file does; cheap to ask for. (0, 0, 0) where there is none."""
        return stamp_of(self.path)

    def read(self) -> NoticeTable:
        """What was kept; damage is named, never raised."""
        try:
            rows = read_json(self.path)["notices"]
            return NoticeTable(tuple(_from_json(row) for row in rows))
        except FileNotFoundError:
            return NoticeTable()
        except (DamagedError, OSError, KeyError, TypeError, ValueError, AttributeError):
            return NoticeTable(losses=(_DAMAGED,))

    def add(self, notice: Notice) -> None:
        """Keep a notice, in the place of an older one of the same code; of too many the oldest goes.

        Raises:
            OSError: it cannot be written; what was kept stays.
        """
        kept = [old for old in self.read().notices if old.code != notice.code]
        rows = [_to_json(one) for one in [*kept, notice][-_MOST:]]
        write_json(self.path, {"notices": rows})


def _to_json(notice: Notice) -> dict[str, Any]:
    return {
        "code": notice.code,
        "severity": notice.severity,
        "title": _text_to_json(notice.title),
        "body": _text_to_json(notice.body),
        "action": notice.action,
    }


def _from_json(row: Mapping[str, Any]) -> Notice:
    if row["severity"] not in get_args(Severity):
        raise ValueError(f"no severity is called {row['severity']}")
    title, body = _text_from_json(row["title"]), _text_from_json(row["body"])
    str(title), str(body)  # a template that lacks a parameter is damage, found here and not while painting
    return Notice(str(row["code"]), row["severity"], title, body, str(row["action"]))


def _text_to_json(words: Text) -> dict[str, Any]:
    """Template and parameters, so that it still translates; a text within a text stays one."""
    params = {name: _text_to_json(value) if isinstance(value, Text) else _plain(value) for name, value in words.params}
    return {"template": words.template, "params": params}


def _plain(value: Any) -> Any:
    return value if isinstance(value, _PLAIN) else str(value)


def _text_from_json(data: Mapping[str, Any]) -> Text:
    params = {name: _text_from_json(v) if isinstance(v, Mapping) else v for name, v in data["params"].items()}
    return Text(str(data["template"]), tuple(params.items()))
