"""What works on this machine: versions, devices, folders, and what to do where something does not.

Neither Qt nor torch is imported by loading this module; torch only by `diagnose(engine=True)`. Qt is tried in a
process of its own, so that a Qt that aborts is a finding and not the end of the examination.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import platformdirs
import psutil

APP_NAME = "Generative Studio"  # as studio.ui.persistence names it
GB = 10**9
LEAST_FREE = 1 * GB  # bytes on a disk under which a run soon cannot save
LEAST_MEMORY = 2 * GB  # bytes that a small run with the window open takes
OLDEST_TORCH = (2, 11)


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: what was looked at, whether it is as it should be, what was seen, and what to do (may be empty)."""

    name: str
    ok: bool
    detail: str
    advice: str = ""

    def line(self) -> str:
        """The finding as one line of text, advice included."""
        return f"{'ok' if self.ok else '!!'}  {self.name}: {self.detail}" + (f". {self.advice}" if self.advice else "")


@dataclass(frozen=True, slots=True)
class Report:
    """All findings of one examination."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Whether everything is as it should be."""
        return all(check.ok for check in self.checks)

    def lines(self) -> list[str]:
        """One line a finding."""
        return [check.line() for check in self.checks]

    def to_json(self) -> dict[str, Any]:
        """`ok` and the list of `checks`, each with name, ok, detail, advice."""
        return {"ok": self.ok, "checks": [asdict(check) for check in self.checks]}


def examine() -> Report:
    """Look at everything, the engine included (imports torch, some seconds)."""
    return Report(tuple(diagnose(engine=True)))


def diagnose(*, engine: bool = False) -> list[Check]:
    """Look at everything that needs no torch; with `engine` at torch's devices too."""
    checks = [check_python(), check_qt(), check_qt_loads(), check_display(), check_sqlite(), check_memory()]
    checks += [check_folder(name, path) for name, path in folders().items()]
    checks += [check_torch(), check_torch_pair(), check_weights(), check_mp4()]
    return [*checks, *check_devices()] if engine else checks


def folders() -> dict[str, Path]:
    """The folders outside projects that the studio writes to, by what they are for."""
    places = platformdirs.PlatformDirs(APP_NAME, appauthor=False)
    return {
        "settings folder": Path(places.user_config_dir),
        "cache folder": Path(places.user_cache_dir),
        "temporary folder": Path(tempfile.gettempdir()),
    }


# --- versions --------------------------------------------------------------------------------------------------


def installed(name: str) -> str:
    """The version of an installed package, read without importing it; empty where it is not installed."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def numbers(version: str) -> tuple[int, ...]:
    """The leading numbers of a version: '2.15.0+cpu' -> (2, 15, 0)."""
    return tuple(int(number) for number in re.findall(r"\d+", version.partition("+")[0])[:3])


def check_python(version: tuple[int, ...] = tuple(sys.version_info[:3])) -> Check:
    """Python is new enough."""
    detail = f"{'.'.join(map(str, version))} on {platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    return Check("Python", version >= (3, 11), detail, "" if version >= (3, 11) else "Use Python 3.11 or newer")


def check_qt(version: str | None = None, python: tuple[int, ...] = tuple(sys.version_info[:2])) -> Check:
    """Qt is there and not the version that loses references on this Python and aborts after hours."""
    version = installed("PySide6-Essentials") if version is None else version
    if not version:
        return Check("Qt", False, "not installed", "The command line works; the window needs PySide6-Essentials")
    if numbers(version) == (6, 12, 0) and python < (3, 12):
        advice = "It aborts after some hours on this Python: install another version of PySide6-Essentials"
        return Check("Qt", False, f"PySide6 {version}", advice)
    return Check("Qt", True, f"PySide6 {version}")


def check_qt_loads(code: str = "import PySide6.QtWidgets, pyqtgraph") -> Check:
    """Qt and the plots load, tried in a process of its own without a display."""
    env = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=env, check=False)
    if done.returncode == 0:
        return Check("Window library", True, "loads")
    last = (done.stderr.strip().splitlines() or [f"it ended with status {done.returncode}"])[-1]
    advice = "A system library may be missing; python3 packaging/start.py names its package"
    return Check("Window library", False, f"does not load ({last})", advice)


def check_display(environment: dict[str, str] | None = None, system: str = "") -> Check:
    """There is a display for a window; only Linux can be without."""
    env = dict(os.environ) if environment is None else environment
    if (system or platform.system()) != "Linux":
        return Check("Display", True, "of the desktop")
    for name in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "DISPLAY"):
        if env.get(name):
            return Check("Display", True, f"{name}={env[name]}")
    return Check("Display", False, "none", "The window cannot open here; the command line does the same work")


def check_sqlite(version: str = sqlite3.sqlite_version) -> Check:
    """SQLite, and the journal that projects are written with.

    From 3.7.0 to 3.51.2 (but 3.44.6 and 3.50.7 are mended) a WAL database that two connections write may be
    corrupted; projects therefore use the roll-back journal with full synchronisation, with every version.
    """
    found = numbers(version)
    mended = found >= (3, 51, 3) or (3, 50, 7) <= found < (3, 51) or (3, 44, 6) <= found < (3, 45)
    why = "" if mended else " (this version can damage write-ahead logs; projects have none)"
    return Check("SQLite", found >= (3, 35), f"{version}, roll-back journal, full synchronisation{why}")


def check_torch(version: str | None = None) -> Check:
    """PyTorch is new enough, without importing it."""
    version = installed("torch") if version is None else version
    if not version:
        return Check("PyTorch", False, "not installed", "Run python3 packaging/start.py again")
    ok = numbers(version) >= OLDEST_TORCH
    return Check("PyTorch", ok, version, "" if ok else "Install 2.11 or newer")


def check_torch_pair(needs: Iterable[str] | None = None, torch: str | None = None) -> Check:
    """torchvision is the one that was built for this torch: it names its torch exactly."""
    version = installed("torchvision")
    if needs is None:
        needs = metadata.requires("torchvision") or [] if version else []
    torch = installed("torch") if torch is None else torch
    exact = [found[1] for line in needs if (found := re.match(r"torch\s*\(?==\s*([\d.]+)", line))]
    if not exact or numbers(exact[0]) == numbers(torch):
        return Check("torchvision", True, version or "not installed (only pretrained networks need it)")
    advice = f"Install the one that belongs to torch {torch}"
    return Check("torchvision", False, f"{version} was built for torch {exact[0]}", advice)


def check_weights() -> Check:
    """Which weights of pretrained networks are at hand; that there are none is no fault."""
    from studio.data.pretrained import PUBLISHED, stored

    here = [name for name in PUBLISHED if stored(name) is not None]
    if here:
        return Check("Pretrained networks", True, ", ".join(here))
    return Check("Pretrained networks", True, "none here", "To fine-tune one: studio weights list")


def check_mp4(find: Callable[[str], object] = importlib.util.find_spec) -> Check:
    """The optional package that writes MP4 files; its absence is no fault."""
    if find("av"):
        return Check("MP4 export", True, "available")
    return Check("MP4 export", True, "off (GIF and WebP work)", "For MP4 install the package av")


# --- the machine -----------------------------------------------------------------------------------------------


def check_memory() -> Check:
    """There is memory for a small run."""
    memory = psutil.virtual_memory()
    ok = memory.available >= LEAST_MEMORY
    detail = f"{memory.available / GB:.1f} GB free of {memory.total / GB:.1f} GB"
    return Check("Memory", ok, detail, "" if ok else "Close other programs before training")


def check_folder(name: str, path: Path) -> Check:
    """A folder can be written and its disk has room; a file is written, read back and removed."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path, prefix="studio-check-") as trial:
            trial.write(b"studio")
            trial.flush()
            trial.seek(0)
            whole = trial.read() == b"studio"
        free = shutil.disk_usage(path).free
    except OSError as error:
        return Check(name, False, f"{path} cannot be written ({error.strerror})", "Change its rights or its place")
    if not whole:
        return Check(name, False, f"{path} does not give back what was written", "Check the disk")
    advice = "" if free >= LEAST_FREE else "Free some space there"
    return Check(name, free >= LEAST_FREE, f"{path}, {free / GB:.0f} GB free", advice)


def check_devices() -> list[Check]:
    """What torch can compute on. Imports torch."""
    try:
        import torch
    except (ImportError, OSError) as error:  # OSError: a shared library of torch's is missing
        return [Check("Devices", False, f"PyTorch does not load ({error})", "Run python3 packaging/start.py again")]
    policy = os.environ.get("OMP_WAIT_POLICY", "not set")
    checks = [Check("CPU", True, f"{torch.get_num_threads()} threads, waiting policy {policy}")]
    for index in range(torch.cuda.device_count()):
        facts = torch.cuda.get_device_properties(index)
        checks.append(Check(f"cuda:{index}", True, f"{facts.name}, {facts.total_memory / GB:.0f} GB"))
    if torch.backends.mps.is_available():
        checks.append(Check("mps", True, "the GPU of this Mac"))
    if len(checks) == 1:
        checks.append(Check("GPU", True, "none that PyTorch can use; training runs on the CPU"))
    return checks
