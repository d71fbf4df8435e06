"""Writes packaging/constraints.txt: the exact version of everything the project needs, as installed around this Python.

    .venv/bin/python packaging/pin.py

Run it in an environment whose tests pass. It walks from pyproject.toml through what each package asks for, on every
system (a package that only Windows wants is pinned where it is installed). Left out is what torch pins itself, exactly
and a different set for each of its builds: the GPU libraries and their compiler. Only names and versions are written.
"""

import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

TREE = Path(__file__).resolve().parent.parent
CONSTRAINTS = TREE / "packaging" / "constraints.txt"
PINNED_BY_TORCH = re.compile(r"^(nvidia-|cuda-|triton$|pytorch-triton)")
HEADER = """\
# The versions that the tests passed with, written by packaging/pin.py. Names and versions only: where packages come
# from is the user's own setting. torch pins its GPU libraries itself.
"""


def canonical(name: str) -> str:
    """A package's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def name_of(requirement: str) -> tuple[str, frozenset[str]]:
    """The canonical name and the extras of one requirement line such as 'fsspec[http]>=1; python_version<"4"'."""
    match = re.match(r"\s*([A-Za-z0-9._-]+)\s*(?:\[([^\]]*)\])?", requirement)
    if match is None:
        raise ValueError(f"not a requirement: {requirement!r}")
    extras = frozenset(canonical(extra.strip()) for extra in (match[2] or "").split(",") if extra.strip())
    return canonical(match[1]), extras


def asked_by(requirement: str, extras: frozenset[str]) -> bool:
    """Whether a dependency counts: always without an extra in its marker, else only where that extra was asked for."""
    wanted = re.findall(r"extra\s*==\s*['\"]([^'\"]+)['\"]", requirement)
    return not wanted or any(canonical(extra) in extras for extra in wanted)


def project_requirements() -> list[str]:
    """What pyproject.toml asks for, the tests' extra included, optional extras left out."""
    project = tomllib.loads((TREE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [*project["dependencies"], *project["optional-dependencies"]["test"]]


def walk(requirements: list[str]) -> dict[str, str]:
    """Versions of all packages reachable from these requirements, by the name that each calls itself."""
    versions: dict[str, str] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [name_of(requirement) for requirement in requirements]
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen or PINNED_BY_TORCH.match(name):
            continue
        seen.add((name, extras))
        try:
            found = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # another system's dependency
        versions[canonical(found.metadata["Name"])] = found.version.partition("+")[0]
        waiting += [name_of(line) for line in found.requires or () if asked_by(line, extras)]
    return versions


def main() -> int:
    """Write the file; refuse where a direct dependency is not installed, since the set would have a hole."""
    requirements = project_requirements()
    versions = walk(requirements)
    absent = [name for name, _ in map(name_of, requirements) if name not in versions]
    if absent:
        print(f"Not installed around {sys.executable}: {', '.join(absent)}. Install the project with its tests first.")
        return 1
    lines = [f"{name}=={version}\n" for name, version in sorted(versions.items())]
    CONSTRAINTS.write_text(HEADER + "".join(lines), encoding="utf-8")
    print(f"{len(lines)} versions written to {CONSTRAINTS}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
