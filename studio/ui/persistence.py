"""What the window remembers: of each project in the project itself, of this computer in one small file.

Everything is saved as it happens. In a project the State gathers writes by itself; here changes are gathered once
more, because a splitter that is dragged says so at every pixel.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

import platformdirs

from studio.ground.errors import DamagedError, StudioError
from studio.ground.files import read_json, write_json

if TYPE_CHECKING:
    from studio.config.preferences import Preferences, ThemeChoice

APPLICATION = "Generative Studio"
_RECENT_LIMIT = 12


def config_folder() -> Path:
    """Where this user's preferences lie."""
    return Path(platformdirs.user_config_dir(APPLICATION, appauthor=False))


def log_folder() -> Path:
    """Where the log and the crash report lie."""
    return Path(platformdirs.user_log_dir(APPLICATION, appauthor=False))


def default_projects_folder(preferences: Preferences) -> Path:
    """Where a new project is offered a place."""
    chosen = preferences.projects_folder.strip()
    return Path(chosen).expanduser() if chosen else Path.home() / APPLICATION


@dataclass(frozen=True, slots=True)
class Recent:
    """A project opened lately."""

    path: Path

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    def there(self) -> bool:
        """Whether the folder can be seen now (it may be on a drive that is gone)."""
        try:
            return self.path.is_dir()
        except OSError:
            return False


class UserFile:
    """Preferences, recent projects and the place of the window; read once, written at every change.

    A damaged or unreadable file means defaults; :attr:`loss` says so once.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or config_folder() / "window.json"
        self.loss = ""
        data = self._read()
        self._raw: Any = data.get("preferences")
        self._preferences: Preferences | None = None
        recent = data.get("recent")
        self.recent = [Recent(Path(p)) for p in recent if isinstance(p, str)] if isinstance(recent, list) else []
        window = data.get("window")
        self.window: dict[str, Any] = window if isinstance(window, dict) else {}

    @property
    def preferences(self) -> Preferences:
        """What the user prefers; checked when first asked for, which is after the first paint."""
        if self._preferences is None:
            self._preferences = self._checked(self._raw)
        return self._preferences

    @property
    def theme(self) -> ThemeChoice:
        """The appearance that was chosen, readable without the settings' machinery."""
        if self._preferences is not None:
            return self._preferences.theme
        chosen = self._raw.get("theme") if isinstance(self._raw, dict) else None
        return cast("ThemeChoice", chosen) if chosen in ("light", "dark") else "system"

    def set_preference(self, path: str, value: Any) -> None:
        """Change one preference.

        Raises:
            UsageError: for what cannot be. StudioError: it holds, but only until the program ends.
        """
        from studio.config.base import with_overrides

        self._preferences = with_overrides(self.preferences, {path: value})
        reason = self.save()
        if reason:
            raise StudioError(
                "The preference could not be saved ({reason}), so it holds only until the program ends.", reason=reason
            )

    def remember_project(self, path: Path) -> None:
        """Put a project at the head of the recent ones."""
        whole = path.absolute()
        self.recent = [Recent(whole), *(r for r in self.recent if r.path != whole)][:_RECENT_LIMIT]
        self.save()

    def forget_project(self, path: Path) -> None:
        """Take a project off the list; its folder is not touched."""
        self.recent = [r for r in self.recent if r.path != path]
        self.save()

    def save(self) -> str:
        """Write the file; returns why it could not be written, or nothing."""
        data = {
            "preferences": self._raw if self._preferences is None else self._preferences.model_dump(mode="json"),
            "recent": [str(r.path) for r in self.recent],
            "window": self.window,
        }
        try:
            write_json(self._path, data)
        except OSError as error:
            return str(error.strerror or error)
        return ""

    def _read(self) -> dict[str, Any]:
        if not self._path.exists():
            return {}
        try:
            return read_json(self._path)
        except (DamagedError, OSError) as error:
            self.loss = str(error)
            return {}

    def _checked(self, data: Any) -> Preferences:
        from studio.config.base import validated
        from studio.config.preferences import Preferences

        try:
            return validated(Preferences, data) if isinstance(data, dict) else Preferences()
        except StudioError as error:
            self.loss = str(error)
            return Preferences()


class KeyValues(Protocol):
    """What the project's State offers."""

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key."""

    def set(self, key: str, value: Any) -> None:
        """Remember a value."""


class WindowMemory:
    """Gathers what changed in the window and hands it to the project's State a few times a second.

    ``watch(key, read)`` registers where a value comes from; ``touch(key)`` says that it has changed; ``write`` reads
    and stores what was touched.
    """

    def __init__(self) -> None:
        self._sources: dict[str, Callable[[], Any]] = {}
        self._touched: set[str] = set()
        self._store: KeyValues | None = None

    @property
    def pending(self) -> bool:
        """Whether something has changed that is not handed over yet."""
        return bool(self._touched)

    def attach(self, store: KeyValues | None) -> None:
        """Write into another project from now on; what was touched before is forgotten (`write` first)."""
        self._touched.clear()
        self._store = store

    def watch(self, key: str, read: Callable[[], Any]) -> None:
        """Say where the value of a key comes from."""
        self._sources[key] = read

    def touch(self, key: str) -> None:
        """The value of a key has changed."""
        if self._store is not None:
            self._touched.add(key)

    def write(self) -> None:
        """Hand over what was touched."""
        if self._store is None:
            return
        for key in sorted(self._touched):
            self._store.set(key, self._sources[key]())
        self._touched.clear()

    def read(self, key: str) -> dict[str, Any]:
        """A remembered mapping; empty where there is none or it is something else."""
        value = self._store.get(key, {}) if self._store is not None else {}
        return dict(value) if isinstance(value, Mapping) else {}
