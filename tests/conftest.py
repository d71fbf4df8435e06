"""What every test gets: a home of its own, no network, no window left behind, and pictures to train on.

The first lines run before anything of the studio or of Qt is imported, because both read the environment at import.
Nothing here imports Qt or torch: a test of the engine must not load a window library by accident.
"""

import atexit
import gc
import ipaddress
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

# --- a home of its own -----------------------------------------------------------------------------------------


def _redirect_home() -> Path:
    """Point every folder that a program may write for its user into one temporary folder, for this whole session."""
    home = Path(tempfile.mkdtemp(prefix="studio-tests-"))
    places = {
        "HOME": "", "USERPROFILE": "", "APPDATA": "roaming", "LOCALAPPDATA": "local",
        "XDG_CONFIG_HOME": "config", "XDG_DATA_HOME": "data", "XDG_CACHE_HOME": "cache",
        "XDG_STATE_HOME": "state", "XDG_RUNTIME_DIR": "runtime",
    }  # fmt: skip
    for name, folder in places.items():
        place = home / folder
        place.mkdir(mode=0o700, exist_ok=True)
        os.environ[name] = str(place)
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    return home


TEST_HOME = _redirect_home()
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# One thread on every machine: sums in another order are other numbers, and tests must depend neither on the count of
# cores nor on how many tests run side by side. What is about several threads sets them itself; measurements take what
# the user asked for.
THREADS_ASKED = os.environ.get("OMP_NUM_THREADS")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.pop("STUDIO_PROJECT", None)


@pytest.fixture(scope="session")
def test_home() -> Path:
    """The temporary folder that HOME and its relatives point into."""
    return TEST_HOME


# --- no network ------------------------------------------------------------------------------------------------


class NetworkUsed(AssertionError):
    """A test reached for an address outside this machine."""


_network_attempts: list[str] = []


def _is_loopback(host: object) -> bool:
    """Whether a host names this machine; None and the empty name mean 'any address of this machine'."""
    text = host.decode(errors="replace") if isinstance(host, bytes) else host
    if text in (None, "", "localhost", "<broadcast>"):
        return text != "<broadcast>"
    try:
        return ipaddress.ip_address(str(text).partition("%")[0]).is_loopback
    except ValueError:
        return False


def _asked_host(event: str, args: tuple[Any, ...]) -> object:
    """The host of a socket event, or 'localhost' for sockets that are files (AF_UNIX) and cannot leave the machine."""
    if event == "socket.getaddrinfo":
        return args[0]
    address = args[1]
    return address[0] if isinstance(address, tuple) and address else "localhost"


def _network_guard(event: str, args: tuple[Any, ...]) -> None:
    """Audit hook: refuses connections, datagrams and name look-ups that leave this machine."""
    if event not in ("socket.connect", "socket.sendto", "socket.getaddrinfo"):
        return
    host = _asked_host(event, args)
    if not _is_loopback(host):
        _network_attempts.append(f"{event} {host!r}")
        raise NetworkUsed(f"a test tried to reach {host!r} ({event}); tests speak to loopback servers only")


sys.addaudithook(_network_guard)  # sees every socket of this process, also those opened in C


@pytest.fixture(autouse=True)
def _no_network() -> Iterator[None]:
    """Fails a test that reached for the network, also where the code under test swallowed the refusal."""
    before = len(_network_attempts)
    yield
    attempts = _network_attempts[before:]
    if attempts:
        pytest.fail(f"this test reached for the network: {attempts}. Use a server on 127.0.0.1.", pytrace=False)


# --- nothing left behind ---------------------------------------------------------------------------------------


def pytest_collection_finish() -> None:
    """Leave what the imports made out of every later search for garbage: it is 400 000 objects, 0.3 s a search."""
    gc.collect()
    gc.freeze()


_PATIENCE = 30.0  # seconds that an ending thread or a deleted widget gets before it counts as left behind
# Threads of the test tools themselves, and of libraries that keep one helper for the life of the process.
_KNOWN_THREADS = ("pytest_timeout", "tqdm_monitor", "_colorama")
_KNOWN_WINDOWS = ("QTipLabel",)  # Qt keeps one tooltip window and uses it again


def _python_threads() -> set[threading.Thread]:
    """Threads that Python started and that still run (a QThread shows up among Qt's objects instead)."""
    return {
        thread
        for thread in threading.enumerate()
        if thread is not threading.main_thread()
        and not isinstance(thread, threading._DummyThread)
        and not thread.name.startswith(_KNOWN_THREADS)
    }


def _qt_module(name: str) -> Any:
    """A module of Qt if something has imported it already, else None: looking must not load Qt."""
    return sys.modules.get(f"PySide6.{name}")


def _qt_objects() -> dict[int, Any]:
    """Running QThreads, timers and animations and all top-level widgets, by identity."""
    core, widgets = _qt_module("QtCore"), _qt_module("QtWidgets")
    if core is None or core.QCoreApplication.instance() is None:
        return {}
    import shiboken6

    alive = [thing for thing in shiboken6.getAllValidWrappers() if _is_active(core, thing)]
    if widgets is not None and widgets.QApplication.instance() is not None:
        alive += [w for w in widgets.QApplication.topLevelWidgets() if type(w).__name__ not in _KNOWN_WINDOWS]
    return {id(thing): thing for thing in alive}


def _is_active(core: Any, thing: Any) -> bool:
    """Whether an object of Qt would go on doing something after the test."""
    if isinstance(thing, core.QThread):
        return bool(thing.isRunning()) and thing is not core.QThread.currentThread()
    if isinstance(thing, core.QTimer):
        return bool(thing.isActive())
    if isinstance(thing, core.QAbstractAnimation):
        return bool(thing.state() == core.QAbstractAnimation.State.Running)
    return False


def _settle() -> None:
    """Let deleted widgets go and ending threads end."""
    core = _qt_module("QtCore")
    if core is not None and core.QCoreApplication.instance() is not None:
        core.QCoreApplication.sendPostedEvents(None, core.QEvent.Type.DeferredDelete.value)
        core.QCoreApplication.processEvents()
    gc.collect()
    time.sleep(0.01)


def _describe(thing: Any) -> str:
    """One line that says which object it is, so that its owner can be found."""
    if isinstance(thing, threading.Thread):
        target = getattr(thing, "_target", None)
        return f"thread {thing.name!r} running {target!r}: join it, or stop what owns it"
    name = thing.objectName() or "no objectName"
    kind = type(thing).__name__
    if isinstance(thing, _qt_module("QtCore").QThread):
        return f"QThread {kind} ({name}): quit() and wait() for it where its owner closes"
    if not thing.isWidgetType():
        return f"{kind} ({name}, parent {thing.parent()!r}): stop() it where its owner closes"
    title = thing.windowTitle()
    return f"window {kind} ({name}, title {title!r}): give it to qtbot.addWidget, or a parent, or deleteLater()"


def _left_behind(threads_before: set[threading.Thread], qt_before: dict[int, Any]) -> list[Any]:
    """What is alive now and was not before."""
    threads = sorted(_python_threads() - threads_before, key=lambda thread: thread.name)
    return [*threads, *(thing for key, thing in _qt_objects().items() if key not in qt_before)]


@pytest.fixture(autouse=True)
def _nothing_left_behind() -> Iterator[None]:
    """Fails a test that leaves a thread, a running timer or animation, or a window; says which and what to do."""
    threads_before, qt_before = _python_threads(), _qt_objects()
    yield
    deadline = time.monotonic() + _PATIENCE
    left = _left_behind(threads_before, qt_before)
    while left and time.monotonic() < deadline:
        del left  # or this list itself keeps the widgets alive
        _settle()
        left = _left_behind(threads_before, qt_before)
    if left:
        pytest.fail("this test leaves behind:\n  " + "\n  ".join(map(_describe, left)), pytrace=False)


# --- patience --------------------------------------------------------------------------------------------------

_LONG = 60_000  # ms


@pytest.fixture
def qtbot(qtbot: Any) -> Any:
    """pytest-qt's, which here waits for what must come true until it does: no test may fail because others run too."""
    wait_until = qtbot.waitUntil

    def patient(callback: Callable[[], object], *, timeout: int = _LONG) -> None:
        wait_until(callback, timeout=max(timeout, _LONG))

    qtbot.waitUntil = patient
    return qtbot


# --- pictures --------------------------------------------------------------------------------------------------

TINY_CLASSES = ("circles", "squares", "stripes")


def _shape(kind: str, *, size: int, generator: np.random.Generator) -> np.ndarray:
    """One mask of a class, (size, size) of bool, in a place and a size of its own."""
    rows, columns = np.mgrid[0:size, 0:size]
    x, y = generator.integers(size // 3, 2 * size // 3, size=2)
    reach = int(generator.integers(size // 6, size // 3))
    if kind == "circles":
        return (rows - y) ** 2 + (columns - x) ** 2 <= reach**2
    if kind == "squares":
        return (abs(rows - y) <= reach) & (abs(columns - x) <= reach)
    return (rows + columns + int(x)) % (2 * max(2, reach // 2)) < max(2, reach // 2)


def tiny_picture(kind: str, *, size: int, seed: int) -> Image.Image:
    """One RGB picture of a class: a shape on a plain ground with a little noise; the same seed, the same picture."""
    generator = np.random.default_rng([seed, TINY_CLASSES.index(kind)])
    ground, ink = generator.integers(0, 110, size=3), generator.integers(140, 250, size=3)
    mask = _shape(kind, size=size, generator=generator)
    pixels = np.where(mask[..., None], ink, ground) + generator.integers(-5, 6, size=(size, size, 3))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


@pytest.fixture
def make_pictures(tmp_path: Path) -> Callable[..., Path]:
    """A function (folder_name, count, size, suffix) that makes a folder with one sub-folder of pictures a class."""

    def make(folder: str = "tiny", *, count: int = 12, size: int = 40, suffix: str = ".png") -> Path:
        root = tmp_path / folder
        for kind in TINY_CLASSES:
            (root / kind).mkdir(parents=True, exist_ok=True)
            for number in range(count):
                tiny_picture(kind, size=size, seed=number).save(root / kind / f"{kind}_{number:02d}{suffix}")
        return root

    return make


@pytest.fixture
def tiny_pictures(make_pictures: Callable[..., Path]) -> Path:
    """A folder of 3 classes with 12 PNG files of 40x40 each: circles, squares, stripes."""
    return make_pictures()


@pytest.fixture
def planned_families(monkeypatch: pytest.MonkeyPatch) -> None:
    """Families that are not yet among the others are found as well."""
    from studio.families import FAMILIES, PLANNED

    monkeypatch.setattr("studio.config.registry.FAMILIES", (*FAMILIES, *PLANNED))
