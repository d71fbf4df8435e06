"""What others tell the process that trains a run: one small sealed file a command, taken out in the order they came."""

from __future__ import annotations

import time
import uuid
from pathlib import Path

from studio.ground.errors import DamagedError, Text, text
from studio.ground.events import Command, command_from_json, command_to_json
from studio.ground.files import read_json, replace, write_json
from studio.projects.saving import saving

_REFUSED = ".refused"


class Inbox:
    """The commands in ``folder``. Anybody sends; only the process that trains polls."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._refused: list[Text] = []

    def send(self, command: Command) -> None:
        """Leave a command; it appears whole or not at all.

        Raises:
            StudioError: the folder cannot be written to.
        """
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex[:8]}.json"
        with saving("the command"):
            write_json(self.folder / name, command_to_json(command))

    def poll(self) -> list[Command]:
        """Take out all commands, the oldest first. What is none of ours is moved aside; see :meth:`refused`."""
        taken: list[Command] = []
        for path in self._waiting():
            try:
                command = command_from_json(read_json(path))
            except FileNotFoundError:
                continue
            except (OSError, DamagedError, KeyError, TypeError, ValueError, AttributeError):
                self._refuse(path)
                continue
            path.unlink(missing_ok=True)
            taken.append(command)
        return taken

    def refused(self) -> list[Text]:
        """What was moved aside since the last call, in sentences."""
        found, self._refused = self._refused, []
        return found

    def clear(self) -> None:
        """Throw away what was said to an earlier leg of the run; a run does so when it begins."""
        for path in self._waiting():
            path.unlink(missing_ok=True)

    def _waiting(self) -> list[Path]:
        return sorted(self.folder.glob("*.json")) if self.folder.is_dir() else []

    def _refuse(self, path: Path) -> None:
        replace(path, path.with_name(f"{path.name}{_REFUSED}"))
        self._refused.append(text("The command {name} could not be understood and was put aside.", name=path.name))
