"""Sets Generative Studio up and opens it, or runs its tests.

    python3 packaging/start.py [PROJECT]            set up what is missing, then open the window
    python3 packaging/start.py test [pytest ...]    set up what is missing, then run the tests
    python3 packaging/start.py setup                set up only
    python3 packaging/start.py missing              print the system packages that are missing (Debian's names)

Everything goes into the folder .venv beside this tree and nowhere else; delete that folder to undo it. Each command
works without the others having been run, may be run again, and mends a set-up that was interrupted.
Needs Python 3.11 or newer and nothing else. The text of this file keeps to what Python 3.6 can read, so that an old
Python says what is wrong instead of stopping at a line that it cannot parse.
"""

import contextlib
import ctypes
import hashlib
import importlib.util
import json
import os
import platform
import shutil
import struct
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from shown import run_shown

TREE = Path(__file__).resolve().parent.parent
OLDEST = (3, 11)
GB = 10**9

# Measured on Linux x86-64 with the pinned versions; the others are estimates (torch without GPU libraries).
# What pip fetches, what then lies in .venv, what must be free while both are there; in GB.
SIZES = {"Linux": (2.7, 5.9, 9.0), "Windows": (0.6, 1.8, 3.0), "Darwin": (0.5, 1.5, 3.0)}
REPAIR_NEEDS = 1.0  # GB, where torch is already in place

# Shared library -> Debian package. What Qt's core and its offscreen platform load ...
QT_LIBRARIES = (
    ("libGL.so.1", "libgl1"),
    ("libEGL.so.1", "libegl1"),
    ("libxkbcommon.so.0", "libxkbcommon0"),
    ("libfontconfig.so.1", "libfontconfig1"),
    ("libfreetype.so.6", "libfreetype6"),
    ("libglib-2.0.so.0", "libglib2.0-0"),
    ("libdbus-1.so.3", "libdbus-1-3"),
    ("libX11.so.6", "libx11-6"),
    ("libzstd.so.1", "libzstd1"),
)
# ... what a window on X11 takes besides ...
X11_LIBRARIES = (
    ("libxcb-cursor.so.0", "libxcb-cursor0"),
    ("libxcb-icccm.so.4", "libxcb-icccm4"),
    ("libxcb-image.so.0", "libxcb-image0"),
    ("libxcb-keysyms.so.1", "libxcb-keysyms1"),
    ("libxcb-randr.so.0", "libxcb-randr0"),
    ("libxcb-render-util.so.0", "libxcb-render-util0"),
    ("libxcb-shape.so.0", "libxcb-shape0"),
    ("libxcb-sync.so.1", "libxcb-sync1"),
    ("libxcb-xfixes.so.0", "libxcb-xfixes0"),
    ("libxcb-xkb.so.1", "libxcb-xkb1"),
    ("libxkbcommon-x11.so.0", "libxkbcommon-x11-0"),
    ("libX11-xcb.so.1", "libx11-xcb1"),
)
# ... or one on Wayland.
WAYLAND_LIBRARIES = (
    ("libwayland-client.so.0", "libwayland-client0"),
    ("libwayland-cursor.so.0", "libwayland-cursor0"),
    ("libwayland-egl.so.1", "libwayland-egl1"),
)
IMPORT_CHECK = (
    "import numpy, PIL, pydantic, safetensors, torch, torchvision, typer, rich, psutil, filelock, platformdirs, wakepy"
)
QT_CHECK = "import PySide6.QtWidgets, pyqtgraph"
# One test process for each core, and no more than memory is sure to hold (some 1.5 GB each). Every process begins with
# a stretch of the suite of its own and takes from the others' ends when it is through: what a file's tests share is
# made once, and no core waits long at the end. `test -n0` is one process, for -s and --pdb.
SIDE_BY_SIDE = ("-n", "logical", "--maxprocesses", "4", "--dist", "worksteal")
HEADLESS_COMMANDS = (
    ("new PROJECT", "make a project"),
    ("data builtin PROJECT portraits", "let it draw a data set"),
    ("train PROJECT --family gan --data portraits", "train"),
    ("generate PROJECT RUN --out FOLDER", "make pictures with what was trained"),
    ("--help", "all of it"),
)


class Refused(Exception):
    """The set-up cannot go on; the text is one sentence for the user: what is wrong and what to do."""

    status = 1  # what the command exits with


class WrongUse(Refused):
    """The words after the command are not ones that it knows."""

    status = 2


class Host(NamedTuple):
    """The facts about this machine and this Python that decide whether the set-up can work."""

    system: str  # Linux, Windows or Darwin
    machine: str  # x86_64, AMD64, arm64, aarch64, ...
    bits: int
    libc: str  # 'glibc' on ordinary Linux, '' where there is none or another
    version: Tuple[int, int, int]
    free_threaded: bool
    env: Dict[str, str]


class Tools(NamedTuple):
    """What the set-up does to the world; tests hand in others."""

    run: Callable[..., int]  # (command, env, log) -> exit status, with progress shown
    call: Callable[..., int]  # (command, env) -> exit status, sharing this terminal
    free: Callable[[Path], int]  # bytes free on the disk of a path
    loads: Callable[[str], bool]  # whether a shared library loads
    has_module: Callable[[str], bool]
    say: Callable[[str], None]


# --- what this machine is --------------------------------------------------------------------------------------


def this_host() -> Host:
    """The facts of the machine that runs this script."""
    return Host(
        system=platform.system(),
        machine=platform.machine(),
        bits=struct.calcsize("P") * 8,
        libc=platform.libc_ver()[0],
        version=sys.version_info[:3],
        free_threaded=bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        env=dict(os.environ),
    )


def why_unsupported(host: Host) -> str:
    """One sentence where no set-up can succeed on this machine, else the empty text."""
    found = ".".join(map(str, host.version))
    if host.version[:2] < OLDEST:
        return (
            f"Generative Studio needs Python 3.11 or newer and this is {found}: install a newer one "
            "and start this file with it, for example: python3.12 packaging/start.py"
        )
    if host.free_threaded:
        return f"This Python {found} is the free-threaded build, which Qt does not support: use the ordinary one."
    if host.bits != 64:
        return f"This Python {found} is a 32-bit one and PyTorch has only 64-bit builds: install the 64-bit Python."
    if host.system == "Darwin" and host.machine != "arm64":
        return (
            "PyTorch has no builds for Intel Macs any more; on a Mac with Apple silicon "
            "install Python for Apple silicon (this one is built for Intel) and start this file with it."
        )
    if host.system == "Linux" and (host.machine not in ("x86_64", "aarch64") or host.libc != "glibc"):
        libc = host.libc or "another C library than glibc"
        return f"PyTorch has no builds for {host.machine} Linux with {libc}: use a glibc system on x86-64 or ARM64."
    return ""


def has_display(host: Host) -> bool:
    """Whether a window can appear: on Linux a session must name its display, elsewhere there always is one."""
    if host.system != "Linux" or host.env.get("QT_QPA_PLATFORM"):
        return True
    return bool(host.env.get("DISPLAY") or host.env.get("WAYLAND_DISPLAY"))


def lacking(libraries: Iterable[Tuple[str, str]], loads: Callable[[str], bool]) -> List[Tuple[str, str]]:
    """The (library, package) pairs that do not load."""
    return [pair for pair in libraries if not loads(pair[0])]


def lacking_for(host: Host, loads: Callable[[str], bool], window: bool) -> List[Tuple[str, str]]:
    """What Qt lacks on this machine, for the tests (window False) or for a window on the display that is there."""
    if host.system != "Linux":
        return []
    core = lacking(QT_LIBRARIES, loads)
    if not window or host.env.get("QT_QPA_PLATFORM"):
        return core
    x11, wayland = lacking(X11_LIBRARIES, loads), lacking(WAYLAND_LIBRARIES, loads)
    if not host.env.get("DISPLAY"):
        return core + wayland
    if host.env.get("WAYLAND_DISPLAY") and not wayland:
        return core
    return core + x11


def venv_package(host: Host, has_module: Callable[[str], bool]) -> str:
    """Debian's package with the part of Python that makes environments, where that part is missing."""
    if has_module("venv") and has_module("ensurepip"):
        return ""
    return "python{}.{}-venv".format(*host.version[:2])


def packages_for(host: Host, tools: Tools, libraries: Sequence[Tuple[str, str]]) -> List[str]:
    """Debian packages to install before the set-up can work, in a fixed order without repeats."""
    venv = venv_package(host, tools.has_module)
    return list(dict.fromkeys(([venv] if venv else []) + [package for _, package in libraries]))


def refuse_missing(host: Host, tools: Tools, libraries: Sequence[Tuple[str, str]]) -> None:
    """Raise `Refused` with the packages to install and the command that does it, if any is missing."""
    packages = packages_for(host, tools, libraries)
    if not packages:
        return
    what = []
    if venv_package(host, tools.has_module):
        what.append("the part of Python that makes environments (python3-venv)")
    if libraries:
        what.append("the system libraries that Qt needs ({})".format(", ".join(name for name, _ in libraries)))
    raise Refused(
        "Missing: {}. On Debian and Ubuntu install them with\n\n    sudo apt-get install {}\n\n"
        "(elsewhere the packages that hold the same), then run this command again.".format(
            " and ".join(what), " ".join(packages)
        )
    )


# --- where things go -------------------------------------------------------------------------------------------


def venv_of(tree: Path) -> Path:
    """The environment's folder."""
    return tree / ".venv"


def python_of(tree: Path, system: str) -> Path:
    """The environment's Python."""
    return venv_of(tree) / ("Scripts/python.exe" if system == "Windows" else "bin/python")


def studio_command(system: str) -> str:
    """How a user types the studio's command line from the tree."""
    return ".venv\\Scripts\\studio" if system == "Windows" else ".venv/bin/studio"


def site_packages(tree: Path) -> List[Path]:
    """The folders of the environment that hold packages (none before it is made)."""
    venv = venv_of(tree)
    return sorted(venv.glob("lib*/python3*/site-packages")) + sorted(venv.glob("Lib/site-packages"))


# --- is it done already? ---------------------------------------------------------------------------------------


def fingerprint(tree: Path, version: Tuple[int, int, int]) -> str:
    """Changes when the packages that are wanted, the Python or the place of the tree change."""
    digest = hashlib.sha256()
    for part in ("pyproject.toml", "packaging/constraints.txt"):
        digest.update((tree / part).read_bytes() + b"\0")
    digest.update(f"{version} {tree}".encode())
    return digest.hexdigest()


def stamp_of(tree: Path) -> Path:
    """The file that says that the set-up went through to its end."""
    return venv_of(tree) / "studio-setup.json"


def read_stamp(tree: Path) -> Dict[str, Any]:
    """What the last complete set-up wrote; empty where there was none or it cannot be read."""
    try:
        stamp = json.loads(stamp_of(tree).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def is_ready(tree: Path, host: Host, extras: Sequence[str]) -> bool:
    """Whether the environment holds exactly what is wanted, with at least these extras."""
    stamp = read_stamp(tree)
    same = stamp.get("fingerprint") == fingerprint(tree, host.version)
    return same and set(extras) <= set(stamp.get("extras", ())) and python_of(tree, host.system).exists()


def write_stamp(tree: Path, host: Host, extras: Sequence[str]) -> None:
    """Say that the set-up is complete; appears whole or not at all."""
    text = json.dumps({"fingerprint": fingerprint(tree, host.version), "extras": sorted(extras)})
    temporary = stamp_of(tree).with_suffix(".tmp")
    temporary.write_text(text, encoding="utf-8")
    os.replace(str(temporary), str(stamp_of(tree)))


@contextlib.contextmanager
def only_one(tree: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock of this tree's set-up; a second one waits. The system frees it when the process ends."""
    try:
        handle = (tree / ".venv.lock").open("w")
    except OSError as error:
        raise Refused(f"The folder {tree} cannot be written ({error.strerror}): move it to one that you own.") from None
    with handle:
        if not _try_lock(handle):
            say("Another set-up is running in this folder; waiting for it to end.")
            while not _try_lock(handle):
                time.sleep(1)
        yield


def _try_lock(handle: Any) -> bool:
    """Take an operating-system lock on an open file, or answer False at once."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


# --- setting up ------------------------------------------------------------------------------------------------


def child_environment(host: Host, **more: str) -> Dict[str, str]:
    """The variables for a child: this process's own without those that would mix another Python in."""
    env = {name: value for name, value in host.env.items() if name not in ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV")}
    env.update(more)
    return env


def has_torch(tree: Path) -> bool:
    """Whether the large part is installed already, so that only little is left to fetch."""
    return any(list(folder.glob("torch-*.dist-info/RECORD")) for folder in site_packages(tree))


def announce_size(tree: Path, host: Host, tools: Tools) -> bool:
    """Say how much will be fetched and stored, and refuse without the space. Returns whether there is room to spare.

    Room to spare means that pip may keep its downloads, so that an interrupted set-up need not fetch them again.
    """
    download, disk, need = SIZES.get(host.system, SIZES["Linux"])
    free = tools.free(tree) / GB
    if has_torch(tree):
        need = REPAIR_NEEDS
        tools.say(f"Completing the environment in {venv_of(tree)} (up to {need:.0f} GB; {free:.0f} GB free).")
    else:
        with_gpu = ", with PyTorch's GPU libraries" if host.system == "Linux" else ""
        tools.say(
            f"Setting up in {venv_of(tree)}: about {download:.1f} GB to fetch and {disk:.1f} GB on disk{with_gpu}; "
            f"{free:.0f} GB free. This happens once and takes some minutes."
        )
    if free < need:
        raise Refused(
            f"The set-up needs about {need:.0f} GB free on the disk of {tree} while it works and {free:.1f} GB is "
            f"free: free {need - free:.1f} GB there (empty the bin, move large files away, python3 -m pip cache purge) "
            "or move this folder to a larger disk, then run this command again."
        )
    return free >= need + download and tools.free(Path.home()) / GB >= download


def sweep_leftovers(tree: Path) -> List[str]:
    """Remove what an interrupted pip left, so that it installs those packages again. Returns their names.

    pip writes a package's RECORD last, yet takes a package for installed as soon as its metadata is there. What it had
    fetched lies in a folder of ours, some gigabytes.
    """
    leftovers = list(venv_of(tree).glob("fetch-*"))
    for folder in site_packages(tree):
        leftovers += [info for info in folder.glob("*.dist-info") if not (info / "RECORD").exists()]
        leftovers += folder.glob("~*")
    for leftover in leftovers:
        shutil.rmtree(str(leftover), ignore_errors=True)
    return sorted(leftover.name for leftover in leftovers)


def make_environment(tree: Path, host: Host, tools: Tools) -> None:
    """Make .venv, or keep it where its Python runs, is this version and has pip."""
    check = "import sys, pip; sys.exit(sys.version_info[:2] != {!r})".format(host.version[:2])
    python = python_of(tree, host.system)
    if python.exists() and tools.run([str(python), "-c", check], child_environment(host), None) == 0:
        return
    command = [sys.executable, "-m", "venv", "--clear", str(venv_of(tree))]
    if tools.run(command, child_environment(host), None) != 0:
        raise Refused(
            "Python could not make an environment in {}: on Debian and Ubuntu install python{}.{}-venv, elsewhere the "
            "venv part of Python, then run this command again.".format(venv_of(tree), *host.version[:2])
        )


def pip_command(tree: Path, host: Host, extras: Sequence[str], keep_downloads: bool) -> List[str]:
    """pip's command line: the tree itself, editable, held to the pinned versions."""
    target = str(tree) + ("[{}]".format(",".join(extras)) if extras else "")
    command = [str(python_of(tree, host.system)), "-m", "pip", "install", "--disable-pip-version-check"]
    command += ["--no-input", "--progress-bar", "off"] + ([] if keep_downloads else ["--no-cache-dir"])
    return command + ["--constraint", str(tree / "packaging" / "constraints.txt"), "--editable", target]


def install(tree: Path, host: Host, tools: Tools, extras: Sequence[str], keep_downloads: bool) -> None:
    """Let pip install everything, with its temporary files on the tree's own disk (/tmp is often a small one)."""
    log = venv_of(tree) / "setup.log"
    with tempfile.TemporaryDirectory(prefix="fetch-", dir=str(venv_of(tree))) as scratch:
        env = child_environment(host, TMPDIR=scratch, TEMP=scratch, TMP=scratch, PYTHONUNBUFFERED="1")
        if tools.run(pip_command(tree, host, extras, keep_downloads), env, log) != 0:
            raise Refused(explain_pip(log, host))


def explain_pip(log: Path, host: Host) -> str:
    """A sentence for what pip stumbled over, from the end of its log."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    tail = "\n".join("    " + line for line in text.splitlines()[-8:])
    if "No space left" in text:
        reason = "the disk is full: free some space"
    elif any(word in text for word in ("ConnectionError", "name resolution", "getaddrinfo", "ReadTimeout", "SSLError")):
        reason = "the package registry could not be reached: check the network (and its certificates, behind a proxy)"
    elif "No matching distribution" in text:
        reason = (
            "a package has no build for Python {}.{} on this {} system: "
            "use Python 3.11, 3.12 or 3.13, or a newer system".format(host.version[0], host.version[1], host.system)
        )
    else:
        reason = f"pip stopped with an error (all of it in {log})"
    return f"The packages could not be installed, {reason}, then run this command again.\n{tail}"


def check_imports(tree: Path, host: Host, tools: Tools, code: str) -> None:
    """Import what was installed, once, in the environment itself."""
    log = venv_of(tree) / "check.log"
    env = child_environment(host, QT_QPA_PLATFORM="offscreen")
    if tools.run([str(python_of(tree, host.system)), "-c", code], env, log) != 0:
        last = (log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or ["no message"])[-1]
        raise Refused(
            f"The packages are installed but do not load ({last}): delete the folder {venv_of(tree)} "
            "and run this command again."
        )


def set_up(tree: Path, host: Host, tools: Tools, extras: Sequence[str], with_qt: bool) -> None:
    """Bring the environment to what pyproject.toml and the constraints ask for; nothing is done if it is there."""
    with only_one(tree, tools.say):
        if is_ready(tree, host, extras):
            return
        sweep_leftovers(tree)
        keep_downloads = announce_size(tree, host, tools)
        had = read_stamp(tree).get("extras", ())
        extras = sorted(set(extras) | set(had))  # asking for the window must not take the tests away
        if stamp_of(tree).exists():
            stamp_of(tree).unlink()
        tools.say("1/3  Environment")
        make_environment(tree, host, tools)
        tools.say("2/3  Packages")
        install(tree, host, tools, extras, keep_downloads)
        tools.say("3/3  Check")
        check_imports(tree, host, tools, IMPORT_CHECK + ("; " + QT_CHECK if with_qt else ""))
        write_stamp(tree, host, extras)
        tools.say("Set up.")


# --- the commands ----------------------------------------------------------------------------------------------


def headless_advice(system: str) -> str:
    """What to type where no window can open."""
    studio = studio_command(system)
    lines = [f"    {studio} {command:<46} {what}" for command, what in HEADLESS_COMMANDS]
    return "The command line does the same work without a window:\n" + "\n".join(lines)


def open_studio(tree: Path, host: Host, tools: Tools, arguments: Sequence[str]) -> int:
    """Set up and open the window; without a display set up, say so, and name the commands that need none."""
    if len(arguments) > 1 or any(word.startswith("-") for word in arguments):
        raise WrongUse(
            "This command takes at most the folder of a project; "
            f"for everything else use {studio_command(host.system)} (see its --help) after the set-up."
        )
    display = has_display(host)
    if display:
        refuse_missing(host, tools, lacking_for(host, tools.loads, window=True))
    set_up_headless(tree, host, tools)
    if not display:
        tools.say("There is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so no window can open.")
        tools.say(headless_advice(host.system))
        return 1
    return tools.call([str(python_of(tree, host.system)), "-m", "studio", *arguments], child_environment(host))


def set_up_headless(tree: Path, host: Host, tools: Tools) -> None:
    """Set up what the window and the command line need; Qt is checked only where its libraries are there."""
    refuse_missing(host, tools, libraries=())
    set_up(tree, host, tools, [], with_qt=not lacking_for(host, tools.loads, window=False))


def run_tests(tree: Path, host: Host, tools: Tools, arguments: Sequence[str]) -> int:
    """Set up with what the tests need and run them without a display; pytest's own exit status."""
    refuse_missing(host, tools, lacking_for(host, tools.loads, window=False))
    set_up(tree, host, tools, ["test"], with_qt=True)
    env = child_environment(host, QT_QPA_PLATFORM="offscreen")
    return tools.call([str(python_of(tree, host.system)), "-m", "pytest", *SIDE_BY_SIDE, *arguments], env)


def print_missing(host: Host, tools: Tools) -> int:
    """Print the Debian packages that the test command would ask for, for a script to install."""
    tools.say(" ".join(packages_for(host, tools, lacking_for(host, tools.loads, window=False))))
    return 0


def obey(arguments: Sequence[str], tree: Path, host: Host, tools: Tools) -> int:
    """Do what the words ask; the exit status."""
    word = arguments[0] if arguments else ""
    if word in ("-h", "--help"):
        tools.say(__doc__)
        return 0
    trouble = why_unsupported(host)
    if trouble:
        raise Refused(trouble)
    if word == "missing":
        return print_missing(host, tools)
    if word == "setup":
        set_up_headless(tree, host, tools)
        return 0
    if word == "test":
        return run_tests(tree, host, tools, arguments[1:])
    return open_studio(tree, host, tools, arguments)


def main(
    arguments: Sequence[str], host: Optional[Host] = None, tools: Optional[Tools] = None, tree: Path = TREE
) -> int:
    """The exit status: 0 done, 1 refused or failed, 2 wrong use, 130 stopped, else that of the program it ran."""
    host, tools = host or this_host(), tools or real_tools()
    try:
        return obey(arguments, tree, host, tools)
    except Refused as refusal:
        tools.say(str(refusal))
        return refusal.status
    except KeyboardInterrupt:
        tools.say("Stopped. Run the same command again to go on.")
        return 130


# --- the real world --------------------------------------------------------------------------------------------


def library_loads(name: str) -> bool:
    """Whether the system's loader finds a shared library."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def call(command: Sequence[str], env: Dict[str, str]) -> int:
    """Run a program in this terminal, from the tree; its exit status. Ctrl-C is the program's to answer."""
    process = subprocess.Popen(list(command), env=env, cwd=str(TREE))
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # the terminal has told the child too; it stops with a checkpoint, and we wait for that


def real_tools() -> Tools:
    """The tools that do what they say."""
    return Tools(
        run=lambda command, env, log: run_shown(command, env, TREE, log),
        call=call,
        free=lambda path: shutil.disk_usage(str(path)).free,
        loads=library_loads,
        has_module=lambda name: importlib.util.find_spec(name) is not None,
        say=lambda text: print(text, flush=True),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
