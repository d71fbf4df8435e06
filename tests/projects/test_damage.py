"""Every damaged form of every file of a project: opened whole, opened with the loss named, or refused in a sentence.

"Opened and silently changed" is the failure. The oracle compares everything a user could see with the original. A slice
runs with the suite, all of it with ``python -m pytest -m faults``.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from studio.ground.errors import StudioError
from studio.projects.gallery import read_birth_certificate
from studio.projects.project import Project
from studio.projects.run import Run
from tests.faults.damage import CASES_OF_A_KIND, Case, all_cases, damage_file, different

RUN = "runs/portraits-gan-1"
# Kind of file -> where it lies, and which parts of the content may be refused or incomplete when it is damaged.
KINDS: dict[str, tuple[str, str]] = {
    "database": ("project.db", "nothing: its copy is current"),
    "database without its copy": ("project.db", "state|datasets|name|creations|bin|.*png.*"),
    "copy of the database": ("project.db.backup", "nothing"),
    "record of a data set": ("data/portraits.record.json", "nothing: the row has it"),
    "run": (f"{RUN}/run.json", "info"),
    "config": (f"{RUN}/config.json", "config"),
    "request": (f"{RUN}/request.json", "request"),
    "status": (f"{RUN}/status.json", "status"),
    "metrics, first file": (f"{RUN}/metrics/0000.bin", "metrics.*|columns"),
    "metrics, last file": (f"{RUN}/metrics/0001.bin", "metrics.*|columns"),
    "seams": (f"{RUN}/metrics/seams.json", "seams"),
    "samples": (f"{RUN}/samples/0000000020-*.png", "samples 20"),
    "measures": (f"{RUN}/measures.json", "measures"),
    "creation": ("gallery/*-000.png", ".*-000.png( certificate)?"),
    "command": (f"{RUN}/inbox/*.json", "commands"),
    "note in the bin": ("bin/*/entry.json", "bin"),
    "lock": ("project.lock", "nothing"),
}
CASES = list(all_cases(KINDS))


def look(action: Callable[[], Any], losses: list[str]) -> Any:
    """What an action gives, or the sentence with which it is refused."""
    try:
        return action()
    except StudioError as error:
        losses.append(str(error))
        return None


def content(path: Path) -> tuple[dict[str, Any], list[str]]:
    """Everything a user could see of a project, and every loss that is named on the way."""
    losses: list[str] = []
    try:
        opened = Project.open(path)
    except StudioError as error:
        return {}, [str(error)]
    with opened as project:
        losses += map(str, project.losses)
        found = project_content(project, losses)
        for info in project.runs.all():
            losses += [str(info.damage)] if info.damage is not None else []
            found |= run_content(project.runs.get(info.name), losses)
    return found, losses


def project_content(project: Project, losses: list[str]) -> dict[str, Any]:
    """Name, data sets, state, gallery, bin."""
    creations = look(lambda: project.gallery.query(limit=-1), losses) or []
    entries = project.bin.list()
    losses += [str(entry.damage) for entry in entries if entry.damage is not None]
    found = {
        "name": project.name,
        "datasets": look(project.datasets.all, losses),
        "state": {key: project.state.get(key) for key in project.state.keys()},  # noqa: SIM118
        "creations": {c.file: (c.starred, c.note, c.run, c.request, c.created) for c in creations},
        "bin": sorted((entry.kind, entry.name, entry.count) for entry in entries),
        "runs": sorted(info.name for info in project.runs.all()),
    }
    for creation in creations:
        found[creation.file] = look(lambda c=creation: project.gallery.picture(c), losses)
        path = project.gallery.path(creation)
        found[f"{creation.file} certificate"] = look(lambda p=path: read_birth_certificate(p), losses)
    return found


def run_content(run: Run, losses: list[str]) -> dict[str, Any]:
    """Config, request, status, metrics, samples, commands."""
    table = look(run.metrics.read, losses)
    losses += map(str, table.losses)
    found = {
        "info": look(lambda: (run.title, run.family, run.dataset, run.created), losses),
        "config": look(run.config, losses),
        "request": look(run.request, losses),
        "status": look(run.status, losses),
        "seams": look(run.metrics.seams, losses),
        "steps": run.samples.steps(),
        "commands": run.inbox.poll(),
        "columns": sorted(table.values),
        "metrics": (table.step, table.items, table.time),
        "measures": run.measures.all(),
    }
    losses += map(str, run.measures.read().losses)
    losses += map(str, run.inbox.refused())
    for name, values in table.values.items():
        found[f"metrics {name}"] = values
    for step in run.samples.steps():
        found[f"samples {step}"] = look(lambda s=step: run.samples.read_with_notes(s), losses)
    return found


@pytest.fixture(scope="module")
def original(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the undamaged project shows."""
    copy = tmp_path_factory.mktemp("original") / "project"
    shutil.copytree(filled, copy)
    found, losses = content(copy)
    assert losses == []
    assert len(found["metrics"][0]) == 35 and len(found["creations"]) == 2 and len(found["commands"]) == 2
    return found


def check(case: Case, filled: Path, place: Path, original: dict[str, Any]) -> str:
    """Damage a copy and open it; returns how it ended. Fails where something changed and nobody said so."""
    shutil.copytree(filled, place)
    pattern, may_suffer = KINDS[case.kind]
    file = sorted(place.glob(pattern))[0]
    damage_file(file, case)
    if case.kind == "database without its copy":
        (place / "project.db.backup").unlink()
    found, losses = content(place)
    changed = different(found, original)
    assert losses or not changed, f"{case}: silently changed: {changed}"
    assert all(re.fullmatch(may_suffer, part) for part in changed), f"{case}: {changed} suffered too: {losses}"
    assert all(sentence.endswith(".") and "Traceback" not in sentence for sentence in losses), losses
    if not changed:
        return "whole"
    return "named" if found else "refused"


def test_the_oracle_notices_what_nobody_names(original: dict[str, Any]) -> None:
    changed = dict(original) | {"state": {}}
    assert different(changed, original) == ["state"]
    assert different(dict(original) | {"metrics generator": original["metrics generator"][:-1]}, original)
    assert not different(dict(original), original)


@pytest.mark.parametrize("case", CASES[::13], ids=str)
def test_a_slice_of_the_damages(case: Case, filled: Path, tmp_path: Path, original: dict[str, Any]) -> None:
    check(case, filled, tmp_path / "project", original)


@pytest.mark.faults
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", KINDS)
def test_every_damage(kind: str, filled: Path, tmp_path: Path, original: dict[str, Any]) -> None:
    assert len(CASES) >= 500
    outcomes: dict[str, int] = {}
    for case in (case for case in CASES if case.kind == kind):
        place = tmp_path / f"{case.damage}-{case.number}"
        outcome = check(case, filled, place, original)
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
        shutil.rmtree(place)
    print(kind, outcomes)
    assert sum(outcomes.values()) == CASES_OF_A_KIND


@pytest.mark.faults
def test_five_hundred_bits_of_a_database_that_has_no_copy(
    filled: Path, tmp_path: Path, original: dict[str, Any]
) -> None:
    used = np.flatnonzero(np.fromfile(filled / "project.db", np.uint8))
    generator = np.random.default_rng(7)
    outcomes = []
    for number, place in enumerate(generator.choice(used, 500) * 8 + generator.integers(0, 8, 500)):
        target = tmp_path / str(number)
        shutil.copytree(filled, target)
        data = bytearray((target / "project.db").read_bytes())
        data[place // 8] ^= 1 << (place % 8)
        (target / "project.db").write_bytes(data)
        (target / "project.db.backup").unlink()
        found, losses = content(target)
        assert losses or not different(found, original), f"bit {place}: {different(found, original)}"
        outcomes.append(bool(losses))
        shutil.rmtree(target)
    assert 0 < sum(outcomes) < len(outcomes)  # some bits hold nothing, others do
