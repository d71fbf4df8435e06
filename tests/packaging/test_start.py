"""The set-up script with a fake machine under it: what it refuses, in which words, and what it mends."""

import ast
import importlib.util
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

TREE = Path(__file__).resolve().parents[2]
SCRIPT = TREE / "packaging" / "start.py"
SCRIPTS = (SCRIPT, SCRIPT.with_name("shown.py"))
GB = 10**9


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("start_script", SCRIPT)
    assert spec is not None and spec.loader is not None
    sys.path.insert(0, str(SCRIPT.parent))  # Python itself does so when it starts a script
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(SCRIPT.parent))
    return module


start = _load()


class FakeWorld:
    """A machine whose commands succeed (or fail where told) and leave behind what the real ones would."""

    def __init__(self, tree: Path) -> None:
        self.tree = tree
        self.said: list[str] = []
        self.ran: list[list[str]] = []
        self.called: list[tuple[list[str], dict[str, str]]] = []
        self.env_of_pip: dict[str, str] = {}
        self.absent_libraries: set[str] = set()
        self.absent_modules: set[str] = set()
        self.free_bytes = 100 * GB
        self.fails: Callable[[list[str]], str | None] = lambda command: None
        self.healthy = False

    def run(self, command: list[str], env: dict[str, str], log: Path | None) -> int:
        self.ran.append(command)
        trouble = self.fails(command)
        if trouble is not None:
            if log:
                log.write_text(trouble)
            return 1
        if "venv" in command:
            (self.tree / ".venv/bin").mkdir(parents=True, exist_ok=True)
            (self.tree / ".venv/bin/python").touch()
            (self.tree / ".venv/lib/python3.11/site-packages").mkdir(parents=True, exist_ok=True)
            self.healthy = True
        if "pip" in command:
            self.env_of_pip = env
        if "-c" in command and "import sys, pip" in command[-1]:
            return 0 if self.healthy else 1
        return 0

    def call(self, command: list[str], env: dict[str, str]) -> int:
        self.called.append((command, env))
        return 5

    def tools(self) -> Any:
        return start.Tools(
            run=self.run,
            call=self.call,
            free=lambda path: self.free_bytes,
            loads=lambda name: name not in self.absent_libraries,
            has_module=lambda name: name not in self.absent_modules,
            say=self.said.append,
        )

    def main(self, *words: str, host: Any = None) -> int:
        return int(start.main(list(words), host=host or a_host(), tools=self.tools(), tree=self.tree))

    @property
    def text(self) -> str:
        return "\n".join(self.said)

    @property
    def pip_runs(self) -> list[list[str]]:
        return [command for command in self.ran if "install" in command]


def a_host(**changes: Any) -> Any:
    """An ordinary Linux machine with a display, with some facts changed."""
    facts = {
        "system": "Linux", "machine": "x86_64", "bits": 64, "libc": "glibc", "version": (3, 11, 7),
        "free_threaded": False, "env": {"DISPLAY": ":0", "PATH": "/usr/bin"},
    }  # fmt: skip
    return start.Host(**{**facts, **changes})


@pytest.fixture
def world(tmp_path: Path) -> FakeWorld:
    (tmp_path / "packaging").mkdir()
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "packaging" / "constraints.txt").write_text("torch==2.15.0\n")
    return FakeWorld(tmp_path)


# --- the file itself -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_old_pythons_can_read_it(script: Path) -> None:
    """Python 3.6 must get as far as the sentence that says it is too old."""
    ast.parse(script.read_text(encoding="utf-8"), feature_version=(3, 6))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_it_imports_only_the_standard_library(script: Path) -> None:
    tree = ast.parse(script.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= set(sys.stdlib_module_names) | {"shown"}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.name)
def test_what_it_prints_is_ascii(script: Path) -> None:
    """A Windows console in its old code page shows anything else as rubbish, or stops."""
    assert script.read_text(encoding="utf-8").isascii()


# --- machines that cannot work ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"version": (3, 10, 13)}, "needs Python 3.11 or newer and this is 3.10.13"),
        ({"free_threaded": True}, "free-threaded"),
        ({"bits": 32}, "32-bit"),
        ({"system": "Darwin", "machine": "x86_64"}, "no builds for Intel Macs"),
        ({"libc": ""}, "no builds for x86_64 Linux with another C library than glibc"),
        ({"machine": "riscv64"}, "no builds for riscv64 Linux"),
    ],
)
def test_a_machine_without_builds_is_refused_in_a_sentence(world: FakeWorld, changes: dict, words: str) -> None:
    assert world.main("test", host=a_host(**changes)) == 1
    assert words in world.text
    assert world.ran == []


@pytest.mark.parametrize(
    "changes",
    [
        {"system": "Windows", "machine": "AMD64", "libc": "", "env": {}},
        {"system": "Darwin", "machine": "arm64", "libc": "", "env": {}},
        {"machine": "aarch64"},
        {"version": (3, 13, 0)},
    ],
)
def test_machines_with_builds_are_accepted(changes: dict) -> None:
    assert start.why_unsupported(a_host(**changes)) == ""


def test_too_little_space_is_refused_with_what_to_free(world: FakeWorld) -> None:
    world.free_bytes = 4 * GB
    assert world.main("test") == 1
    assert "5.9 GB on disk, with PyTorch's GPU libraries" in world.said[0], "the size is stated before anything starts"
    assert "needs about 9 GB free" in world.text
    assert "4.0 GB is free: free 5.0 GB there" in world.text
    assert world.ran == []


def test_pip_keeps_its_downloads_only_where_there_is_room(world: FakeWorld) -> None:
    world.free_bytes = 10 * GB
    assert world.main("test") == 5
    assert "--no-cache-dir" in world.pip_runs[0]


def test_a_debian_python_without_venv_is_told_the_package(world: FakeWorld) -> None:
    world.absent_modules = {"ensurepip"}
    assert world.main("test", host=a_host(version=(3, 12, 1))) == 1
    assert "python3-venv" in world.text and "sudo apt-get install python3.12-venv\n" in world.text


def test_missing_libraries_are_named_before_anything_is_fetched(world: FakeWorld) -> None:
    world.absent_libraries = {"libEGL.so.1", "libxkbcommon.so.0"}
    world.absent_modules = {"ensurepip"}
    assert world.main("test") == 1
    assert "libEGL.so.1, libxkbcommon.so.0" in world.text
    assert "sudo apt-get install python3.11-venv libegl1 libxkbcommon0\n" in world.text
    assert world.ran == []


def test_the_tests_need_no_library_of_a_window(world: FakeWorld) -> None:
    world.absent_libraries = {"libxcb-cursor.so.0", "libwayland-cursor.so.0"}
    assert world.main("test") == 5


@pytest.mark.parametrize(
    ("env", "absent", "package"),
    [
        ({"DISPLAY": ":0"}, "libxcb-cursor.so.0", "libxcb-cursor0"),
        ({"WAYLAND_DISPLAY": "w"}, "libwayland-cursor.so.0", "libwayland-cursor0"),
    ],
)
def test_a_window_needs_the_libraries_of_its_display(
    world: FakeWorld, env: dict[str, str], absent: str, package: str
) -> None:
    world.absent_libraries = {absent}
    assert world.main(host=a_host(env=env)) == 1
    assert f"sudo apt-get install {package}\n" in world.text


def test_on_both_displays_the_libraries_of_one_are_enough(world: FakeWorld) -> None:
    world.absent_libraries = {"libxcb-cursor.so.0"}
    assert world.main(host=a_host(env={"DISPLAY": ":0", "WAYLAND_DISPLAY": "w"})) == 5


def test_missing_prints_packages_for_a_script(world: FakeWorld) -> None:
    world.absent_libraries = {"libGL.so.1", "libxcb-cursor.so.0"}
    assert world.main("missing") == 0
    assert world.said == ["libgl1"]


# --- the two commands ------------------------------------------------------------------------------------------


def test_test_sets_up_runs_pytest_offscreen_and_answers_its_status(world: FakeWorld) -> None:
    assert world.main("test", "-k", "resume") == 5
    command, env = world.called[0]
    assert command == [str(world.tree / ".venv/bin/python"), "-m", "pytest", *start.SIDE_BY_SIDE, "-k", "resume"]
    assert env["QT_QPA_PLATFORM"] == "offscreen"
    assert world.pip_runs[0][-2:] == ["--editable", f"{world.tree}[test]"]
    assert str(world.tree / "packaging" / "constraints.txt") in world.pip_runs[0]


def test_opening_sets_up_and_opens_a_project(world: FakeWorld) -> None:
    assert world.main("My Portraits") == 5
    assert world.called[0][0] == [str(world.tree / ".venv/bin/python"), "-m", "studio", "My Portraits"]
    assert world.pip_runs[0][-1] == str(world.tree)


def test_more_words_are_wrong_use(world: FakeWorld) -> None:
    assert world.main("train", "project") == 2
    assert ".venv/bin/studio" in world.text and world.ran == []


def test_without_a_display_it_sets_up_and_names_the_headless_command(world: FakeWorld) -> None:
    world.absent_libraries = {"libGL.so.1"}
    assert world.main(host=a_host(env={})) == 1
    assert "There is no display here" in world.text and ".venv/bin/studio train PROJECT" in world.text
    assert len(world.pip_runs) == 1 and world.called == []
    assert not any("PySide6" in command[-1] for command in world.ran), "Qt cannot load here and need not"


def test_a_platform_chosen_by_the_user_counts_as_a_display(world: FakeWorld) -> None:
    assert world.main(host=a_host(env={"QT_QPA_PLATFORM": "vnc"})) == 5


def test_windows_paths(world: FakeWorld) -> None:
    assert start.python_of(world.tree, "Windows") == world.tree / ".venv" / "Scripts" / "python.exe"
    assert start.headless_advice("Windows").count(".venv\\Scripts\\studio ") == 5


def test_other_environments_do_not_leak_in(world: FakeWorld) -> None:
    world.main("test", host=a_host(env={"PYTHONPATH": "/elsewhere", "PYTHONHOME": "/old", "DISPLAY": ":0"}))
    assert not {"PYTHONPATH", "PYTHONHOME"} & (set(world.env_of_pip) | set(world.called[0][1]))
    assert Path(world.env_of_pip["TMPDIR"]).parent == world.tree / ".venv", "downloads stay off a small /tmp"


# --- safe to run again -----------------------------------------------------------------------------------------


def test_the_second_time_nothing_is_installed(world: FakeWorld) -> None:
    world.main("test")
    world.ran.clear()
    assert world.main("test") == 5
    assert world.ran == []


def test_the_window_after_the_tests_installs_nothing(world: FakeWorld) -> None:
    world.main("test")
    world.ran.clear()
    assert world.main() == 5
    assert world.ran == []


def test_the_tests_after_the_window_add_what_they_need(world: FakeWorld) -> None:
    world.main()
    assert world.main("test") == 5
    assert len(world.pip_runs) == 2 and sum("--clear" in command for command in world.ran) == 1


@pytest.mark.parametrize("part", ["pyproject.toml", "packaging/constraints.txt"])
def test_a_changed_wish_is_installed(world: FakeWorld, part: str) -> None:
    world.main("test")
    (world.tree / part).write_text("changed")
    world.main("test")
    assert len(world.pip_runs) == 2


def test_another_python_is_noticed(world: FakeWorld) -> None:
    world.main("test")
    world.healthy = False
    world.main("test", host=a_host(version=(3, 12, 1)))
    assert sum("--clear" in command for command in world.ran) == 2


def test_a_set_up_that_failed_is_not_taken_for_done(world: FakeWorld) -> None:
    world.fails = lambda command: "ERROR: something" if "install" in command else None
    assert world.main("test") == 1
    assert "ERROR: something" in world.text and world.called == []
    world.fails = lambda command: None
    assert world.main("test") == 5


def test_a_torn_stamp_is_not_taken_for_done(world: FakeWorld) -> None:
    world.main("test")
    (world.tree / ".venv/studio-setup.json").write_text('{"fingerp')
    world.main("test")
    assert len(world.pip_runs) == 2
    assert set(json.loads((world.tree / ".venv/studio-setup.json").read_text())) == {"fingerprint", "extras"}


def test_a_half_installed_package_is_installed_again(world: FakeWorld) -> None:
    """Killed between a package's metadata and its RECORD, pip would call it installed for ever."""
    world.main()
    site = world.tree / ".venv/lib/python3.11/site-packages"
    for name in ("torch-2.15.0.dist-info", "numpy-2.4.6.dist-info", "~orch"):
        (site / name).mkdir()
    (site / "numpy-2.4.6.dist-info" / "RECORD").touch()
    (world.tree / ".venv/fetch-abc").mkdir()
    assert start.sweep_leftovers(world.tree) == ["fetch-abc", "torch-2.15.0.dist-info", "~orch"]
    assert not (world.tree / ".venv/fetch-abc").exists(), "gigabytes of downloads"
    assert [entry.name for entry in site.iterdir()] == ["numpy-2.4.6.dist-info"]


def test_completing_an_environment_with_torch_needs_little_space(world: FakeWorld) -> None:
    world.main()
    info = world.tree / ".venv/lib/python3.11/site-packages/torch-2.15.0.dist-info"
    info.mkdir()
    (info / "RECORD").touch()
    world.free_bytes = 2 * GB
    assert world.main("test") == 5


@pytest.mark.parametrize(
    ("log", "words"),
    [
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("NewConnectionError: name resolution", "could not be reached"),
        ("ERROR: No matching distribution found for torch", "has no build for Python 3.11"),
        ("ERROR: odd", "pip stopped with an error"),
    ],
)
def test_what_pip_stumbled_over_is_said(world: FakeWorld, log: str, words: str) -> None:
    world.fails = lambda command: log if "install" in command else None
    assert world.main("test") == 1
    assert words in world.text and "run this command again" in world.text


def test_packages_that_do_not_load_are_said(world: FakeWorld) -> None:
    world.fails = lambda command: "ImportError: libfoo" if "import numpy" in command[-1] else None
    assert world.main("test") == 1
    assert "do not load (ImportError: libfoo)" in world.text
    assert not (world.tree / ".venv/studio-setup.json").exists()


def test_one_set_up_at_a_time(tmp_path: Path) -> None:
    with start.only_one(tmp_path, print), (tmp_path / ".venv.lock").open("w") as other:
        assert not start._try_lock(other)
    with (tmp_path / ".venv.lock").open("w") as other:
        assert start._try_lock(other)


def test_real_commands_run_with_their_output_logged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = "print('Collecting torch'); print('a detail'); raise SystemExit(3)"
    assert start.run_shown([sys.executable, "-c", code], {"PATH": "/usr/bin"}, tmp_path, tmp_path / "log") == 3
    assert (tmp_path / "log").read_text().splitlines() == ["Collecting torch", "a detail"]
    assert capsys.readouterr().out.strip() == "Collecting torch"
