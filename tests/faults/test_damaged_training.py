"""Every damaged form of what trains: checkpoints, imported pictures, prepared pictures.

Each case ends as opened whole, opened with the loss named, or refused in a sentence. A damaged checkpoint means that
the one before it is offered, a damaged cache that it is made anew; pictures that still read are those that were
imported. A slice runs with the suite, all of it with ``python -m pytest -m faults``.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from studio.config.builtin import Portraits
from studio.config.data import Choices, PrepareSettings
from studio.config.gan import GanConfig, ResidualNetwork
from studio.config.requests import BuiltinRequest, TrainRequest, grid
from studio.data.prepared import PreparedPictures
from studio.data.preparing import prepare
from studio.data.store import PictureStore
from studio.generation.gan import GeneratorModel
from studio.ground.errors import DamagedError, StudioError
from studio.ground.events import Ended, Notice
from studio.jobs.checkpoint_choice import choose_point
from studio.jobs.footprint import Footprint
from studio.jobs.registry import run_job, sentence
from studio.jobs.steering import CommandQueue
from studio.models.weights import Table, table_of
from studio.projects.project import Project
from studio.projects.run import Run
from studio.training.checkpoints import Checkpoints
from studio.training.fitting import passed_over
from studio.training.state import digest
from tests.faults.damage import CASES_OF_A_KIND, Case, all_cases, damage_file, different, same

CPU = torch.device("cpu")
CONFIG = GanConfig(steps=4, batch=8, sample_count=4, latent_size=8, network=ResidualNetwork(width=4))
SIZE = PrepareSettings(size=16)
RUN, DATA, CACHE = "runs/portraits-gan-1", "data/portraits", "cache"
LAST, BEFORE = 4, 3
NAMES = ("last", "best", "4", "3", "2")
Content = dict[str, Any]


@dataclass(frozen=True)
class Trained:
    """A project to copy from, and what its files must hold."""

    path: Path
    tables: dict[str, Table]
    states: dict[int, str]
    original: Content


def of_checkpoint(kind: str, files: tuple[str, ...]) -> dict[str, str]:
    return {f"{kind} point, {file}": f"{RUN}/checkpoints/{kind}-{LAST:09d}/{file}" for file in files}


WEIGHTS = ("average.generator", "module.discriminator", "module.generator", "optimiser.discriminator")
MODEL_FILES = ("manifest.json", "state.json", "average.generator.safetensors", "module.discriminator.safetensors")
RESUME_FILES = (
    "manifest.json",
    "state.json",
    *(f"{part}.safetensors" for part in (*WEIGHTS, "optimiser.generator")),
)
STORED = ("manifest.json", "store.json", *(f"{n}.bin" for n in ("items", "labels", "names", "pack", "texts", "thumbs")))
CACHED = (
    "manifest.json",
    "prepared.json",
    *(f"{name}.bin" for name in ("pixels", "checks", "hashes", "indices", "labels", "names")),
)
KINDS: dict[str, str] = {
    **of_checkpoint("resume", RESUME_FILES),
    **of_checkpoint("model", MODEL_FILES),
    **{f"imported pictures, {file}": f"{DATA}/{file}" for file in STORED},
    **{f"prepared pictures, {file}": f"{CACHE}/*/{file}" for file in CACHED},
}
CASES = list(all_cases(KINDS))


# --- what a user could see -----------------------------------------------------------------------------------------


def look(action: Callable[[], Any], losses: list[str]) -> Any:
    """What an action gives, or the sentence with which a job would end."""
    try:
        return action()
    except (StudioError, OSError) as error:
        losses.append(str(sentence(error)))
        return None


def resume_content(trained: Path, tables: dict[str, Table], losses: list[str]) -> Content:
    """The state that a resumed run would begin from."""
    loaded = look(lambda: Checkpoints(trained / RUN / "checkpoints").newest_good(tables), losses)
    if loaded is None:
        return {}
    losses += map(str, passed_over(loaded))
    return {"resumed step": loaded.point.step, "resumed state": digest(loaded.parts, loaded.facts)}


def model_content(trained: Path, losses: list[str]) -> Content:
    """What each name of a checkpoint makes, and what is said meanwhile: another picture under a name must be said."""
    run, found = Run(trained / RUN), {}
    for name in NAMES:
        said: list[str] = []
        chosen = look(lambda n=name: choose_point(run, n), said)
        model = None
        if chosen is not None:
            said += map(str, chosen[1])
            model = look(lambda p=chosen[0]: GeneratorModel.from_checkpoint(p.path, CPU), said)
        made = None if model is None else (model.step, np.concatenate(list(model.pictures(grid(0, 2)))))
        found[name], found[f"said of {name}"] = made, tuple(said)
        losses += said
    return found


def store_content(trained: Path, losses: list[str]) -> Content:
    """Every picture of the data set and all that is known of it."""
    store = look(lambda: PictureStore(trained / DATA), losses)
    if store is None:
        return {}
    with store:
        found = {"names": store.names, "source": store.source, "modes": store.modes, "skipped": store.skipped}
        for name, column in store.labels.items():
            found[f"label {name}"] = (column.values, column.codes)
        for column in store.text_columns:
            found[f"text {column}"] = look(lambda c=column: store.texts(c), losses)
        found["thumbs"] = look(store.thumbs, losses)
        for place in range(len(store)):
            found[f"picture {place}"] = look(lambda p=place: np.asarray(store.picture(p)), losses)
    return found


def prepared_content(trained: Path, losses: list[str]) -> Content:
    """The prepared pictures as a run would get them, made anew where they are damaged."""
    with PictureStore(trained / DATA) as store:
        for event in prepare(store, trained / CACHE, SIZE, Choices()):
            if isinstance(event, Notice):
                losses.append(str(event.body))
            if isinstance(event, Ended):
                return as_prepared(event, losses)
    raise AssertionError("preparing has no ending")


def as_prepared(ended: Ended, losses: list[str]) -> Content:
    if ended.status != "finished":
        losses.append(str(ended.error))
        return {}
    data: PreparedPictures = ended.result
    with data:
        found = {f"codes {name}": codes for name, codes in data.codes.items()}
        return found | {
            "pixels": data.read(np.arange(len(data))),
            "names": data.names,
            "values": tuple(data.values.items()),
            "training": data.training,
            "held out": data.held_out,
            "fingerprint": data.fingerprint,
        }


def content(kind: str, path: Path, tables: dict[str, Table]) -> tuple[Content, list[str]]:
    """What can be seen of the part of the project to which a kind of file belongs."""
    losses: list[str] = []
    match kind.split()[0]:
        case "resume":
            return resume_content(path, tables, losses), losses
        case "model":
            return model_content(path, losses), losses
        case "imported":
            return store_content(path, losses), losses
        case _:
            return prepared_content(path, losses), losses


PARTS = ("resume", "model", "imported", "prepared")


# --- the project ---------------------------------------------------------------------------------------------------


def train_a_little(path: Path) -> None:
    """A resume point and a model point at each of four steps; the last three resume points stay."""
    with Project.create(path) as project:
        *_, end = run_job(BuiltinRequest(what=Portraits(count=12, size=16)), path, CommandQueue())
        assert isinstance(end, Ended)
        project.datasets.add(end.result)
    request = TrainRequest(family="gan", dataset="portraits", config=CONFIG.model_dump(mode="json"), device="cpu")
    *_, end = run_job(request, path, CommandQueue())
    assert isinstance(end, Ended) and end.status == "finished", end


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    """The undamaged project, and what it shows."""
    path = tmp_path_factory.mktemp("trained") / "project"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("studio.training.gan.MEASURED", 8)
        patch.setattr("studio.jobs.trials.measure_footprint", lambda *_, **__: iter([Footprint(0, 0)]))
        patch.setattr("studio.training.trainer.resume_interval", lambda seconds: 0.0)
        train_a_little(path)
    shutil.rmtree(path / CACHE)
    tables = tables_of(path / RUN / "checkpoints" / f"resume-{LAST:09d}")
    found: Content = {}
    for part in PARTS:
        seen, losses = content(part, path, tables)
        assert losses == []
        found[part] = seen
    yield Trained(path, tables, states_of(path, tables), found)


def tables_of(folder: Path) -> dict[str, Table]:
    """What the architecture's files hold, read by the library itself."""
    from safetensors.torch import load_file

    return {file.name.removesuffix(".safetensors"): table_of(load_file(file)) for file in folder.glob("*.safetensors")}


def states_of(path: Path, tables: dict[str, Table]) -> dict[int, str]:
    """The state that each resume point holds."""
    points = Checkpoints(path / RUN / "checkpoints").points("resume")
    found: dict[int, str] = {}
    for point in points:
        alone = path.parent / "alone"
        shutil.copytree(point.path, alone / point.path.name)
        loaded = Checkpoints(alone).newest_good(tables)
        assert loaded is not None
        found[point.step] = digest(loaded.parts, loaded.facts)
        shutil.rmtree(alone)
    return found


# --- the cases -----------------------------------------------------------------------------------------------------


def check(case: Case, trained: Trained, place: Path) -> str:
    """Damage a copy and look at it; returns how it ended. Fails where something changed and nobody said so."""
    part = case.kind.split()[0]
    needed = {"resume": (RUN,), "model": (RUN,), "imported": (DATA,), "prepared": (DATA, CACHE)}[part]
    for folder in needed:
        shutil.copytree(trained.path / folder, place / folder)
    (file,) = place.glob(KINDS[case.kind])
    damage_file(file, case)
    found, losses = content(case.kind, place, trained.tables)
    changed = different(found, trained.original[part])
    assert losses or not changed, f"{case}: silently changed: {changed}"
    assert all(words.endswith(".") and "Traceback" not in words for words in losses), losses
    AFTER[part](case, trained, found, changed, losses)
    if not losses:
        return "whole"
    return "named" if found else "refused"


def after_resume(case: Case, trained: Trained, found: Content, changed: list[str], losses: list[str]) -> None:
    """The checkpoint before is offered, exactly as it was saved."""
    step = found["resumed step"]
    assert step == (BEFORE if losses else LAST), case
    assert found["resumed state"] == trained.states[step]
    assert not losses or f"step {LAST}" in losses[0]


def after_model(case: Case, trained: Trained, found: Content, changed: list[str], losses: list[str]) -> None:
    """``last`` and ``best`` fall back to a whole one and say so; what another step makes is untouched."""
    right = dict(trained.original["model"][name] for name in NAMES)
    for name in NAMES:
        if not same(found[name], trained.original["model"][name]):
            assert found[f"said of {name}"], (case, name)
        if found[name] is not None:
            step, pictures = found[name]
            assert same(pictures, right[step]), (case, name)
    assert found["last"] is not None and found["best"] is not None, case
    assert str(BEFORE) not in changed, changed


def after_store(case: Case, trained: Trained, found: Content, changed: list[str], losses: list[str]) -> None:
    """What still reads is what was imported; of a damaged pack only pictures suffer."""
    for name in changed:
        assert found.get(name) is None, f"{case}: {name} is another now"
    if case.kind.endswith("pack.bin") and found:
        assert all(name.startswith("picture") for name in changed), changed


def after_prepared(case: Case, trained: Trained, found: Content, changed: list[str], losses: list[str]) -> None:
    """They are whole in any case; where they had to be made anew it was said."""
    assert changed == [], case


AFTER = {"resume": after_resume, "model": after_model, "imported": after_store, "prepared": after_prepared}


def test_the_oracle_notices_another_state(trained: Trained) -> None:
    assert len(set(trained.states.values())) == 3
    assert trained.original["resume"]["resumed state"] == trained.states[LAST]
    made = trained.original["model"]
    assert different(made | {"last": made[str(BEFORE)]}, made) == ["last"]


@pytest.mark.parametrize("case", CASES[::23], ids=str)
def test_a_slice_of_the_damages(case: Case, trained: Trained, tmp_path: Path) -> None:
    check(case, trained, tmp_path)


@pytest.mark.parametrize("kind", ["resume point, state.json", "model point, state.json"])
def test_all_checkpoints_damaged_is_one_sentence(kind: str, trained: Trained, tmp_path: Path) -> None:
    shutil.copytree(trained.path / RUN, tmp_path / RUN)
    for file in (tmp_path / RUN).glob("checkpoints/*/state.json"):
        damage_file(file, Case(kind, "flipped", 3))
    losses: list[str] = []
    assert resume_content(tmp_path, trained.tables, losses) == {} and len(losses) == 1
    assert [model_content(tmp_path, [])[name] for name in NAMES] == [None] * len(NAMES)
    with pytest.raises(DamagedError, match="damaged"):
        choose_point(Run(tmp_path / RUN), "last")


@pytest.mark.faults
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", KINDS)
def test_every_damage(kind: str, trained: Trained, tmp_path: Path) -> None:
    assert len(CASES) >= 500
    outcomes: dict[str, int] = {}
    for case in (case for case in CASES if case.kind == kind):
        place = tmp_path / f"{case.damage}-{case.number}"
        outcome = check(case, trained, place)
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
        shutil.rmtree(place)
    print(kind, outcomes)
    assert sum(outcomes.values()) == CASES_OF_A_KIND
