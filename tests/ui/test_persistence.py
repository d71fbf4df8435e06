"""What the window remembers of this computer and of a project."""

from pathlib import Path
from typing import Any

import pytest

from studio.ground.errors import UsageError
from studio.ui.persistence import UserFile, WindowMemory, default_projects_folder


def test_preferences_and_recent_projects_come_back(tmp_path: Path) -> None:
    path = tmp_path / "here" / "window.json"
    user = UserFile(path)
    user.set_preference("theme", "dark")
    for name in ("a", "b", "a"):
        user.remember_project(tmp_path / name)
    again = UserFile(path)
    assert again.preferences.theme == "dark"
    assert [r.name for r in again.recent] == ["a", "b"]
    again.forget_project(tmp_path / "a")
    assert [r.name for r in UserFile(path).recent] == ["b"]


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"preferences": {"theme": "dark"}}', b"\x00" * 64])
def test_a_damaged_file_means_defaults_and_says_so(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "window.json"
    path.write_bytes(damage)
    user = UserFile(path)
    assert user.preferences.theme == "system"
    assert user.recent == []
    assert user.loss


def test_a_wrong_preference_is_refused(tmp_path: Path) -> None:
    user = UserFile(tmp_path / "window.json")
    with pytest.raises(UsageError):
        user.set_preference("theme", "pink")
    assert user.preferences.theme == "system"


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    assert UserFile(tmp_path / "file" / "window.json").save() != ""


def test_where_projects_are_offered_a_place(tmp_path: Path) -> None:
    user = UserFile(tmp_path / "window.json")
    assert default_projects_folder(user.preferences) == Path.home() / "Generative Studio"
    user.set_preference("projects_folder", str(tmp_path))
    assert default_projects_folder(user.preferences) == tmp_path


class Store:
    """A state that counts what is written."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.writes = 0

    def get(self, key: str, default: Any = None) -> Any:
        return self.values.get(key, default)

    def set(self, key: str, value: Any) -> None:
        self.values[key] = value
        self.writes += 1


def test_changes_are_gathered() -> None:
    store, memory, place = Store(), WindowMemory(), [0]
    memory.attach(store)
    memory.watch("slider", lambda: {"at": place[0]})
    for step in range(100):
        place[0] = step
        memory.touch("slider")
    assert memory.pending
    memory.write()
    assert (store.writes, store.values["slider"]) == (1, {"at": 99})
    assert not memory.pending
    assert memory.read("slider") == {"at": 99}


def test_without_a_project_nothing_is_kept() -> None:
    memory = WindowMemory()
    memory.watch("slider", dict)
    memory.touch("slider")
    assert not memory.pending
    memory.write()
    assert memory.read("slider") == {}


def test_odd_values_read_as_nothing() -> None:
    store, memory = Store(), WindowMemory()
    store.values["page.gan"] = [1, 2]
    memory.attach(store)
    assert memory.read("page.gan") == {}
