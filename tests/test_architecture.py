"""The house rules that a program can check: who may know whom, what may be loaded, and what no file may do.

The floors and their arrows are those of the design; an import that is only for typing counts like any other.
"""

import ast
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from studio.families import FAMILIES

TREE = Path(__file__).resolve().parent.parent
STUDIO = TREE / "studio"

# floor -> the floors that it may know; `families` and the package itself are known by all.
BELOW_TRAINING = {"ground", "config", "models", "data", "generation", "measures"}
ENGINE = BELOW_TRAINING | {"training"}
DOORS = {"__main__", "cli", "app", "doctor"}
MAY_KNOW: dict[str, set[str]] = {
    "families": set(),
    "ground": set(),
    "config": {"ground"},
    "projects": {"ground", "config"},
    "models": {"ground", "config"},
    "data": {"ground", "config"},
    "generation": {"ground", "config", "models", "data"},
    "measures": {"ground", "config", "models", "data"},
    "training": BELOW_TRAINING,
    "jobs": ENGINE | {"projects"},
    "workers": ENGINE | {"jobs"},
    "ui": ENGINE | {"projects", "jobs", "workers"},
    **{door: ENGINE | {"projects", "jobs", "workers", "ui"} | DOORS for door in DOORS},
}
KNOWN_BY_ALL = {"families", ""}

QT = {"PySide6", "shiboken6", "pyqtgraph", "qtpy", "PyQt6"}
QT_FLOORS = {"ui", "workers", "app"}
TORCH = {"torch", "torchvision"}
TORCHVISION_HOME = "studio.models.classifier_pretrained"
# Where a panel of its own, networks, a task and settings of a family must lie.
FAMILY_PLACES = ("config", "models", "training", "generation", "ui/panels")
# Shared modules that may know a family's files, each for its reason; a family more needs no line here.
KNOWN_EXCEPTIONS = {
    "studio.data.pretrained": "published weights belong to the classifier's networks",
    "studio.jobs.weights": "published weights belong to the classifier's networks",
}
UNTELLING_NAMES = {"utils", "util", "common", "helpers", "helper", "misc", "stuff"}
LONGEST_FUNCTION = 60
LONGEST_FILE = 600


# --- reading the tree ------------------------------------------------------------------------------------------


def files() -> list[Path]:
    """Every source file of the studio."""
    return sorted(STUDIO.rglob("*.py"))


@cache
def tree_of(path: Path) -> ast.Module:
    """The syntax tree of one file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def module_of(path: Path) -> str:
    """The dotted name under which a file is imported."""
    parts = path.relative_to(TREE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def floor_of(module: str) -> str:
    """The floor of a dotted name: 'studio.config.gan' -> 'config', the package itself ''."""
    return module.split(".")[1] if "." in module else ""


def where(path: Path, node: ast.AST) -> str:
    """file:line of a finding."""
    return f"{path.relative_to(TREE)}:{getattr(node, 'lineno', 1)}"


def imported(tree: ast.Module, module: str, *, is_package: bool) -> Iterator[tuple[str, ast.AST]]:
    """Every dotted name that a module imports, wherever the import stands, relative ones and import_module resolved."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, module, is_package=is_package)
            yield from ((f"{base}.{alias.name}", node) for alias in node.names)
        elif isinstance(node, ast.Call) and _called(node) in ("importlib.import_module", "import_module", "__import__"):
            name = _leading_text(node.args[0]) if node.args else ""
            if name:
                yield name, node


def _absolute(node: ast.ImportFrom, module: str, *, is_package: bool) -> str:
    """The absolute module of a 'from ... import'."""
    if not node.level:
        return node.module or ""
    parts = module.split(".")
    parts = parts[: len(parts) - node.level + (1 if is_package else 0)]
    return ".".join([*parts, node.module] if node.module else parts)


def _leading_text(node: ast.AST) -> str:
    """The constant text, or the constant beginning of an f-string."""
    if isinstance(node, ast.JoinedStr) and node.values:
        node = node.values[0]
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _called(node: ast.Call) -> str:
    """The dotted name of what is called, as written ('torch.load', 'archive.extractall')."""
    return ast.unparse(node.func)


def bad_arrows(tree: ast.Module, module: str, *, is_package: bool = False) -> list[str]:
    """What a module imports of the studio although its floor may not know it."""
    floor = floor_of(module)
    allowed = KNOWN_BY_ALL | {floor} | MAY_KNOW.get(floor, set() if floor else set(MAY_KNOW))
    bad = []
    for name, _ in imported(tree, module, is_package=is_package):
        if name.split(".")[0] != "studio":
            continue
        target = floor_of(name)
        known_floor = target in MAY_KNOW
        if known_floor and target not in allowed:
            bad.append(f"{floor} -> {target} ({name})")
    return bad


def bad_libraries(tree: ast.Module, module: str) -> list[str]:
    """Window libraries outside their floors, torchvision, and the network outside the downloader."""
    floor, bad = floor_of(module), []
    for name, node in imported(tree, module, is_package=False):
        top = name.split(".")[0]
        line = getattr(node, "lineno", 0)
        if top in QT and floor not in QT_FLOORS:
            bad.append(f"{module}:{line} {name}: Qt lives in ui, workers and app alone")
        if top == "torchvision" and module != TORCHVISION_HOME:
            bad.append(f"{module}:{line} {name}: it takes seven seconds to import; only {TORCHVISION_HOME} does")
        if _is_network(name) and "download" not in module.rpartition(".")[2]:
            bad.append(f"{module}:{line} {name}: only the downloader opens sockets")
    return bad


def _is_network(name: str) -> bool:
    """Whether an import brings the means to reach other machines."""
    names = ("socket", "ssl", "http.client", "http.server", "urllib.request", "ftplib", "requests", "httpx", "aiohttp")
    return any(name == banned or name.startswith(banned + ".") for banned in (*names, "PySide6.QtNetwork"))


# --- what no file may do ---------------------------------------------------------------------------------------

BANNED_MODULES = {"pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "mmap"}
BANNED_CALLS = {
    "eval": "runs text as code",
    "exec": "runs text as code",
    "os.system": "runs a shell",
    "os.popen": "runs a shell",
    "tempfile.mktemp": "another process can take the name",
    "torch.hub.load": "runs code from the network",
    "numpy.memmap": "a mapped file that is cut short kills the process",
    "np.memmap": "a mapped file that is cut short kills the process",
    "yaml.load": "builds any object",
}
BROAD = {"Exception", "BaseException", "RuntimeError"}


def banned(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Findings of one file: the place and the reason."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from ((node, reason) for reason in _banned_call(node))
        elif isinstance(node, ast.ExceptHandler) and _swallows(node):
            yield node, "an exception is swallowed; torch's ordinary error is a RuntimeError"
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((node, reason) for reason in _banned_import(node))


def _banned_import(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    yield from (f"{name} runs or maps what it reads" for name in names if name.split(".")[0] in BANNED_MODULES)


def _banned_call(node: ast.Call) -> Iterator[str]:
    name, keywords = _called(node), {word.arg: ast.unparse(word.value) for word in node.keywords}
    if name in BANNED_CALLS:
        yield f"{name}: {BANNED_CALLS[name]}"
    if name.endswith(".extractall"):
        yield f"{name}: archives are unpacked member by member"
    if name == "torch.load" and keywords.get("weights_only") != "True":
        yield "torch.load without weights_only=True runs what it reads"
    if keywords.get("weights_only", "True") != "True" or keywords.get("allow_pickle", "False") != "False":
        yield f"{name}: reads pickles"
    if keywords.get("shell", "False") != "False":
        yield f"{name}: shell=..."
    if name.endswith("terminate") and "thread" in name.lower():
        yield f"{name}: ends a thread in the middle of anything; ask it to stop and wait"
    if name.rpartition(".")[2] == "suppress" and {ast.unparse(argument) for argument in node.args} & BROAD:
        yield f"{ast.unparse(node)} swallows every failure of torch"


def _swallows(node: ast.ExceptHandler) -> bool:
    """Whether a broad handler does nothing at all."""
    types = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type] if node.type else []
    broad = not types or any(ast.unparse(kind) in BROAD for kind in types)
    return broad and all(isinstance(statement, ast.Pass | ast.Continue) for statement in node.body)


def over_all_files(find: Callable[[ast.Module], Iterator[tuple[ast.AST, str]]]) -> list[str]:
    """The findings of every file, each with its place."""
    return [f"{where(path, node)} {reason}" for path in files() for node, reason in find(tree_of(path))]


# --- the tests -------------------------------------------------------------------------------------------------


def test_every_floor_is_known_here() -> None:
    """A new folder or door has to be given its place in the house before anything can import it."""
    found = {floor_of(module_of(path)) for path in files()} - {""}
    assert found <= set(MAY_KNOW), f"no rule for {sorted(found - set(MAY_KNOW))}: add it to MAY_KNOW"


def test_knowledge_runs_downwards() -> None:
    bad = [
        f"{path.relative_to(TREE)}: {arrow}"
        for path in files()
        for arrow in bad_arrows(tree_of(path), module_of(path), is_package=path.name == "__init__.py")
    ]
    assert bad == []


def test_libraries_stay_on_their_floors() -> None:
    assert [line for path in files() for line in bad_libraries(tree_of(path), module_of(path))] == []


def test_nothing_dangerous_is_called() -> None:
    assert over_all_files(banned) == []


def test_names_say_what_is_inside() -> None:
    names = {path for path in files() if {path.stem, path.parent.name} & UNTELLING_NAMES}
    assert names == set()


def test_functions_and_files_are_short() -> None:
    def long_functions(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > LONGEST_FUNCTION:
                    yield node, f"{node.name} has {lines} lines"

    long_files = [
        f"{path.relative_to(TREE)} has {lines} lines"
        for path in files()
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE
    ]
    assert over_all_files(long_functions) + long_files == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [str(path.relative_to(TREE)) for path in files() if not ast.get_docstring(tree_of(path))]
    assert silent == []


def of_a_family(module: str) -> str:
    """The family whose own module this is ('studio.models.gan_dcgan' -> 'gan'); nothing for what all share."""
    parts = module.split(".")
    inside = parts[3:] if parts[1:3] == ["ui", "panels"] else parts[2:]
    return next((f for f in FAMILIES if inside and f in (inside[0], inside[0].partition("_")[0])), "")


def known_families(tree: ast.Module, module: str) -> list[str]:
    """Families of which a module that all share knows the files."""
    if of_a_family(module):
        return []
    names = {name for name, _ in imported(tree, module, is_package=False) if name.startswith("studio.")}
    return sorted(f"{module} -> {name}" for name in names if of_a_family(name))


def test_what_all_families_share_knows_none_of_them() -> None:
    """A family is found by its name: so adding one changes no file but the registry's."""
    found = {line for path in files() for line in known_families(tree_of(path), module_of(path))}
    assert {line for line in found if not line.startswith(tuple(KNOWN_EXCEPTIONS))} == set()
    assert all(any(line.startswith(name) for line in found) for name in KNOWN_EXCEPTIONS), "an exception is not needed"


@pytest.mark.parametrize(
    ("module", "source", "count"),
    [
        ("studio.jobs.serving", "from studio.generation.gan import GeneratorModel", 1),
        ("studio.training.assemble", "import studio.models.classifier_pretrained", 1),
        ("studio.jobs.serving", "from studio.generation.models import load_model", 0),
        ("studio.training.gan_data", "from studio.models.gan import to_unit", 0),
        ("studio.ui.panels.gan_create", "from studio.config.gan import GanConfig", 0),
        ("studio.ui.pages.data", "from studio.config.classifier import suits", 1),
    ],
)
def test_a_shared_module_that_knows_a_family_is_found(module: str, source: str, count: int) -> None:
    assert len(known_families(ast.parse(source), module)) >= count
    assert bool(known_families(ast.parse(source), module)) == bool(count)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("place", FAMILY_PLACES)
def test_a_family_has_its_file_on_every_floor(family: str, place: str) -> None:
    candidates = (STUDIO / place / f"{family}.py", STUDIO / place / family / "__init__.py")
    assert any(path.exists() for path in candidates), f"studio/{place}/{family}.py is missing"


# --- what loads without what -----------------------------------------------------------------------------------

BLOCKER = """
import importlib, importlib.abc, json, sys, traceback

class Blocked(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED_NAMES:
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocked())
failed = {}
for module in MODULES:
    try:
        importlib.import_module(module)
    except BaseException:
        failed[module] = traceback.format_exc(limit=-4)
print(json.dumps(failed))
"""


def import_blocked(modules: list[str], blocked: set[str]) -> dict[str, str]:
    """Import modules in a fresh Python in which some libraries do not exist; the traceback of each that fails."""
    head = f"BLOCKED_NAMES = {sorted(blocked)!r}\nMODULES = {modules!r}\n"
    done = subprocess.run(
        [sys.executable, "-c", head + BLOCKER], capture_output=True, text=True, check=True, timeout=240, cwd=TREE
    )
    return dict(json.loads(done.stdout.splitlines()[-1]))


def modules_on(floors: set[str]) -> list[str]:
    """The modules of these floors, doors included; __main__ only runs where it is the program."""
    return [module for path in files() if floor_of(module := module_of(path)) in floors]


def test_the_window_and_the_doors_load_without_torch() -> None:
    light = {"families", "ground", "config", "projects", "ui"} | DOORS
    assert import_blocked(modules_on(light), TORCH) == {}


def test_the_blocker_blocks() -> None:
    assert "torch is blocked" in import_blocked(["torch"], TORCH)["torch"]


def test_the_engine_loads_and_trains_without_qt(tmp_path: Path) -> None:
    """Every module, and the whole way from nothing to a trained run, in a Python in which Qt does not exist."""
    project = str(tmp_path / "project")
    small = ["--steps", "2", "--set", "network.width=8", "--set", "batch=8", "--set", "sample_count=4"]
    commands = [
        ["new", project],
        ["data", "builtin", project, "portraits", "--count", "64", "--size", "32"],
        ["train", project, "--family", "gan", "--data", "portraits", *small, "--device", "cpu", "--json"],
    ]
    modules = modules_on(set(MAY_KNOW) - QT_FLOORS)
    head = f"BLOCKED_NAMES = {sorted(QT)!r}\nMODULES = {modules!r}\nCOMMANDS = {commands!r}\n"
    tail = """
from studio.__main__ import main
for words in COMMANDS:
    sys.argv = ["studio", *words]
    try:
        status = main()
    except SystemExit as end:
        status = end.code
    assert not status, (words, status)
assert "PySide6" not in sys.modules
"""
    command = [sys.executable, "-c", head + BLOCKER + tail]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240, cwd=TREE)
    failed, *_, ended = done.stdout.splitlines()
    assert json.loads(failed) == {}
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(ended)["status"] == "finished"


# --- the checker itself ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "source", "arrow"),
    [
        ("studio.config.gan", "import studio.models.gan", "config -> models"),
        ("studio.models.gan", "from studio.data import cache", "models -> data"),
        ("studio.models.gan", "from studio import jobs", "models -> jobs"),
        ("studio.training.loop", "from ..jobs import queue", "training -> jobs"),
        ("studio.workers.pump", "from studio.projects import open_project", "workers -> projects"),
        ("studio.projects.store", "def f():\n    from studio.training import loop", "projects -> training"),
        ("studio.jobs.train", "import importlib\nimportlib.import_module('studio.ui.window')", "jobs -> ui"),
        ("studio.jobs.train", "from importlib import import_module\nimport_module(f'studio.ui.{x}')", "jobs -> ui"),
        ("studio.ui.panel", "from studio.app import create_window", "ui -> app"),
        (
            "studio.generation.gan",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from studio.training import Trainer",
            "generation -> training",
        ),
    ],
)
def test_a_wrong_arrow_is_found(module: str, source: str, arrow: str) -> None:
    assert any(found.startswith(arrow) for found in bad_arrows(ast.parse(source), module))


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("studio.training.loop", "from studio.generation import gan\nfrom . import save\nfrom studio import families"),
        ("studio.ui.window", "from studio.jobs import queue\nfrom .panels import gan\nimport studio"),
        ("studio.cli", "from studio import doctor, jobs"),
        ("studio.cli.output", "from studio.jobs import queue"),
    ],
)
def test_a_right_arrow_is_left_alone(module: str, source: str) -> None:
    assert bad_arrows(ast.parse(source), module) == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from mmap import mmap",
        "torch.load(p)",
        "torch.load(p, weights_only=False)",
        "np.load(p, allow_pickle=True)",
        "archive.extractall(folder)",
        "subprocess.run(line, shell=True)",
        "eval('1')",
        "self.thread.terminate()",
        "try:\n    f()\nexcept RuntimeError:\n    pass",
        "with contextlib.suppress(Exception):\n    f()",
    ],
)
def test_a_banned_line_is_found(source: str) -> None:
    assert list(banned(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        "torch.load(p, weights_only=True)",
        "model.eval()",
        "process.terminate()",
        "try:\n    f()\nexcept FileNotFoundError:\n    pass",
        "subprocess.run(['ls'])",
        "re.compile('x')",
    ],
)
def test_an_ordinary_line_is_left_alone(source: str) -> None:
    assert list(banned(ast.parse(source))) == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("studio.jobs.queue", "from PySide6.QtCore import QObject"),
        ("studio.models.gan", "import torchvision.models"),
        ("studio.data.catalogue", "import urllib.request"),
        ("studio.ui.window", "from PySide6 import QtNetwork"),
    ],
)
def test_a_library_on_the_wrong_floor_is_found(module: str, source: str) -> None:
    assert len(bad_libraries(ast.parse(source), module)) == 1


def test_the_downloader_may_use_the_network() -> None:
    assert bad_libraries(ast.parse("import urllib.request, urllib.parse"), "studio.data.downloader") == []
