"""What holds for every family without a special case: it trains, stops, goes on, is kept, asked, exported, listed.

The last test runs everything here once more with a third family, whose files are those of ``tests/toy_family``.
"""

import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from studio.cli.app import run as command_line
from studio.config.base import DIALS, describe, get_value, with_overrides
from studio.config.builtin import Portraits
from studio.config.decoding import Decoding
from studio.config.facts import DataFacts, DeviceFacts, TextFacts
from studio.config.registry import best_by, capabilities, config_class, data_kinds, load_config, preset
from studio.config.requests import (
    AskRequest,
    BuiltinRequest,
    ContinueRequest,
    Editing,
    EditRequest,
    ExportRequest,
    FilmRequest,
    GenerateRequest,
    ResumeRequest,
    TrainRequest,
    TranslateRequest,
    grid,
)
from studio.config.texts import DataKind, Message
from studio.config.training import TrainingSettings
from studio.config.writing import Writing
from studio.data.texts.store import TextWriter
from studio.families import FAMILIES
from studio.generation.models import (
    EditingModel,
    JudgingModel,
    Model,
    PictureModel,
    TranslatingModel,
    WritingModel,
    load_model,
)
from studio.ground.errors import DamagedError
from studio.ground.events import Ended, Metrics, Samples
from studio.jobs.footprint import Footprint
from studio.jobs.registry import run_job
from studio.jobs.steering import CommandQueue
from studio.projects.datasets import DataSetRecord
from studio.projects.pictures import encode_png
from studio.projects.project import Project
from studio.projects.run import Run
from studio.training.checkpoints import Checkpoints

TREE = Path(__file__).resolve().parent.parent
CPU = torch.device("cpu")
STEPS, HALF = 6, 3
ASKS = {
    "pictures": GenerateRequest, "steps": GenerateRequest, "judges": AskRequest, "edits": EditRequest,
    "writes": ContinueRequest, "translates": TranslateRequest,
}  # fmt: skip
DATA: dict[DataKind, str] = {"pictures": "portraits", "chat": "talks", "parallel": "pairs"}
"""A data set of each kind; a family learns from the last kind that it knows."""


@dataclass(frozen=True)
class Trained:
    """A project with one run of a family, and the events of its training."""

    family: str
    path: Path
    events: list[Any]

    @property
    def ended(self) -> Ended:
        """How the training ended."""
        found: Ended = self.events[-1]
        return found

    @property
    def run(self) -> Run:
        """The run."""
        return Run(self.path / "runs" / self.ended.result["run"])

    def points(self, kind: Any) -> list[Any]:
        """The checkpoints of a kind, oldest first."""
        return Checkpoints(self.run.checkpoints_folder, best_by(self.family)).points(kind)


def kind_of(family: str) -> DataKind:
    """From what the family learns here."""
    return data_kinds(family)[-1]


def facts(family: str, count: int = 48) -> DataFacts | TextFacts:
    """Of small coloured pictures with two labels and captions, or of short texts."""
    kind = kind_of(family)
    if kind != "pictures":
        return TextFacts(kind=kind, count=count, characters=40 * count, distinct=30, longest=60)
    labels = {"hair": ("black", "red"), "smile": ("no", "yes")}
    return DataFacts(count=count, height=32, width=32, channels=3, labels=labels, captions=True)


def small(family: str) -> TrainingSettings:
    """The family's quickest preset, short and narrow; no other setting is touched."""
    config = preset(family, facts(family), DeviceFacts(), "quick")
    short = {"picture_size": 32, "context": 64, "sample_tokens": 4, "network.depth": 1}
    config = with_overrides(config, {path: value for path, value in short.items() if _has(config, path)})
    present = {row.path: row.minimum for row in describe(config) if row.path.endswith("width")}
    narrow = {path: int(least) for path, least in present.items() if least is not None and _has(config, path)}
    return with_overrides(config, narrow | {"steps": STEPS, "batch": 8, "sample_count": 4})


def _has(config: TrainingSettings, path: str) -> bool:
    *parents, name = path.split(".")
    place: Any = config
    for parent in parents:
        place = getattr(place, parent, place)
    return name in type(place).model_fields


def done(request: Any, path: Path, status: str = "finished") -> list[Any]:
    """The events of a job that ends as it should."""
    events = list(run_job(request, path, CommandQueue()))
    assert events[-1].status == status, (events[-1].error, events[-1].trace)
    return events


@pytest.fixture(scope="module", autouse=True)
def _no_estimate() -> Iterator[None]:
    """No estimate of the memory before each run, which ``tests/jobs/test_footprint.py`` is about."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("studio.jobs.trials.measure_footprint", lambda *_, **__: iter([None, Footprint(0, 0)]))
        yield


@pytest.fixture(scope="module")
def empty_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with 48 portraits, as many conversations and as many pairs of sentences."""
    path = tmp_path_factory.mktemp("families") / "project"
    with Project.create(path) as project:
        project.datasets.add(done(BuiltinRequest(what=Portraits(count=48, size=32)), path)[-1].result)
        folder = project.datasets.new_folder("talks")
        with TextWriter(folder, "chat") as writer:
            for number in range(48):
                asked = Message(role="user", content=f"{number} and {number * 37 % 100}?")
                said = Message(role="assistant", content=f"That is {number + number * 37 % 100}.")
                writer.add_conversation(f"{number}", (asked, said))
            writer.finish(source="tests", origin="file").close()
        home = folder.relative_to(path).as_posix()
        project.datasets.add(DataSetRecord(name="talks", folder=home, kind="chat", count=48))
        folder = project.datasets.new_folder("pairs")
        with TextWriter(folder, "parallel") as writer:
            for number in range(48):
                writer.add_pair(f"{number}", f"{number} and {number * 37 % 100}", f"{number * 37 % 100} et {number}")
            writer.finish(source="tests", origin="file").close()
        home = folder.relative_to(path).as_posix()
        project.datasets.add(DataSetRecord(name="pairs", folder=home, kind="parallel", count=48))
    return path


@pytest.fixture(scope="module", params=FAMILIES)
def trained(request: pytest.FixtureRequest, empty_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A finished run of each family."""
    family = str(request.param)
    path = tmp_path_factory.mktemp(family) / "project"
    shutil.copytree(empty_project, path)
    config = small(family).model_dump(mode="json")
    asked = TrainRequest(family=family, dataset=DATA[kind_of(family)], config=config, device="cpu")
    return Trained(family, path, done(asked, path))


@pytest.fixture
def family(trained: Trained) -> str:
    """The family of the run."""
    return trained.family


# --- files and settings ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("floor", ["config", "models", "training", "generation", "ui.panels"])
def test_its_files_are_where_each_floor_finds_them(family: str, floor: str) -> None:
    assert importlib.util.find_spec(f"studio.{floor}.{family}") is not None


@pytest.mark.parametrize("dial", DIALS)
def test_its_presets_fit_their_own_settings(family: str, dial: Any) -> None:
    made = preset(family, facts(family, 4000), DeviceFacts(), dial)
    assert type(made) is config_class(family)
    needed = ("picture_size", "channels") if kind_of(family) == "pictures" else ("tokens",)
    assert all(get_value(made, path) for path in needed)
    assert load_config(made.model_dump(mode="json")) == made


def test_its_settings_explain_themselves(family: str) -> None:
    assert all(row.help.endswith((".", ")")) for row in describe(config_class(family)))


def test_it_says_what_it_can_do(family: str) -> None:
    assert capabilities(family) and capabilities(family) <= set(ASKS)


# --- training --------------------------------------------------------------------------------------------------


def test_it_trains(trained: Trained) -> None:
    assert trained.ended.result["step"] == STEPS and trained.run.status().state == "finished"
    found: dict[str, float] = {}
    for event in trained.events:
        if isinstance(event, Metrics):
            found |= event.values
    assert best_by(trained.family).metric in found and all(np.isfinite(value) for value in found.values())


def test_its_samples_and_notes_are_kept(trained: Trained) -> None:
    steps = trained.run.samples.steps()
    assert steps[0] == 0 and steps[-1] == STEPS
    told = [event for event in trained.events if isinstance(event, Samples)]
    for step in steps:
        pictures, notes = trained.run.samples.read_with_notes(step)
        shown = notes["texts"] if kind_of(trained.family) != "pictures" else pictures
        assert len(shown) == 4 and (len(pictures) == 0 or pictures.shape == (4, 32, 32, 3))
        assert notes == json.loads(json.dumps(notes))
    assert np.array_equal(told[-1].pictures, pictures) and told[-1].notes == notes


def test_its_checkpoints_are_whole_and_one_is_the_best(trained: Trained) -> None:
    steps = [point.step for point in trained.points("model")]
    assert steps[0] == 0 and steps[-1] == STEPS and trained.points("resume")[-1].step == STEPS
    best = Checkpoints(trained.run.checkpoints_folder, best_by(trained.family)).best()
    assert best is not None and best.step in steps


def test_stopped_and_resumed_it_is_the_same_run(trained: Trained, empty_project: Path, tmp_path: Path) -> None:
    path = tmp_path / "project"
    shutil.copytree(empty_project, path)
    config = small(trained.family).model_dump(mode="json")
    data = DATA[kind_of(trained.family)]
    asked = TrainRequest(family=trained.family, dataset=data, config=config, device="cpu", stop_at=HALF)
    name = done(asked, path, "stopped")[-1].result["run"]
    again = done(ResumeRequest(run=name, device="cpu"), path)[-1]
    assert again.result["digest"] == trained.ended.result["digest"]
    other = Run(path / "runs" / name)
    assert other.samples.steps() == trained.run.samples.steps()
    for step in other.samples.steps():
        mine, theirs = (run.samples.read_with_notes(step) for run in (other, trained.run))
        assert np.array_equal(mine[0], theirs[0]) and mine[1] == theirs[1]


# --- asking ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["model", "resume"])
def test_a_checkpoint_is_a_model_that_keeps_its_promises(trained: Trained, kind: Any) -> None:
    model = load_model(trained.family, trained.points(kind)[-1].path, CPU)
    assert isinstance(model, Model) and model.step == STEPS
    able = capabilities(trained.family)
    assert isinstance(model, PictureModel) == ("pictures" in able)
    assert isinstance(model, JudgingModel) == ("judges" in able)
    assert isinstance(model, EditingModel) == ("edits" in able)
    assert isinstance(model, WritingModel) == ("writes" in able)
    assert isinstance(model, TranslatingModel) == ("translates" in able)
    if isinstance(model, PictureModel):
        drawn = np.concatenate(list(model.draw(3, 0, 20)))
        assert drawn.shape == (20, 32, 32, 3) and drawn.dtype == np.uint8
        assert np.array_equal(np.concatenate(list(model.draw(3, 17, 3))), drawn[17:])
        assert [set(labels) for labels in model.labels_drawn(3, 0, 20)] == [set(model.labels)] * 20
    if isinstance(model, JudgingModel):
        x = np.random.default_rng(0).integers(0, 255, (5, 40, 30, 1), np.uint8)
        for label, shares in model.probabilities(x).items():
            assert shares.shape == (5, len(model.labels[label])) and np.allclose(shares.sum(axis=1), 1, atol=1e-5)
            assert model.grad_cam(x, label, model.labels[label][0]).shape == (5, 32, 32)
        assert model.features(x).shape[0] == 5 and np.isfinite(model.features(x)).all()
    if isinstance(model, EditingModel):
        x = np.random.default_rng(0).integers(0, 255, (37, 50, 3), np.uint8)
        for direction in model.directions:
            *_, found = _to_the_end(model.edit(x, Editing(direction=direction)))
            assert found.shape == x.shape and found.dtype == np.uint8
    if isinstance(model, WritingModel):
        for prompt in (model.text("1 and"), model.conversation([Message(role="user", content="1 and 2?")])):
            steps = [list(model.write(prompt, Writing(tokens=5, seed=3))) for _ in range(2)]
            again = [[one.token for step in each for one in step] for each in steps]
            assert again[0] == again[1] and 0 < len(again[0]) <= 5
        *_, read = model.read(model.read_whole("1 and", ()), alternatives=3, attention=True)
        assert not isinstance(read, tuple) and len(read.tokens) == len(model.text("1 and").tokens)
    if isinstance(model, TranslatingModel):
        decoding = Decoding(count=2, tokens=6)
        *_, found = _to_the_end(model.translate(["1 and 37", ""], decoding))
        assert [len(versions) for versions in found] == [2, 1] and found[1][0].text == ""
        *_, again = _to_the_end(model.translate(["1 and 37"], decoding))
        assert again == found[:1] and len(model.look("1 and 37", decoding).source) > 1


def _to_the_end(work: Generator[Any, None, Any]) -> list[Any]:
    """What a piece of work yields, and at last what it returns."""
    found = []
    while True:
        try:
            found.append(next(work))
        except StopIteration as end:
            return [*found, end.value]


def test_it_is_asked_for_what_it_can_do_and_refuses_the_rest(trained: Trained) -> None:
    picture = encode_png(np.full((20, 24, 3), 90, np.uint8), {})
    requests = {
        "pictures": GenerateRequest(run=trained.run.name, recipes=grid(1, 3), device="cpu"),
        "judges": AskRequest(run=trained.run.name, picture=picture, device="cpu"),
        "edits": EditRequest(run=trained.run.name, picture=picture, device="cpu"),
        "writes": ContinueRequest(run=trained.run.name, text="1 and", writing=Writing(tokens=5), device="cpu"),
    }
    for capability, asked in requests.items():
        if capability in capabilities(trained.family):
            steps = {point.step for point in trained.points("model")}
            assert done(asked, trained.path)[-1].result.step in steps
        else:
            refused = done(asked, trained.path, "failed")[-1]
            assert refused.refused and trained.family in str(refused.error)


def test_a_checkpoint_of_another_family_is_named(trained: Trained) -> None:
    for other in FAMILIES:
        if other != trained.family:
            with pytest.raises(DamagedError, match=f"of the family {trained.family}, not of the family {other}"):
                load_model(other, trained.points("model")[-1].path, CPU)


def test_a_damaged_checkpoint_is_noticed(trained: Trained, tmp_path: Path) -> None:
    source = trained.points("model")[-1].path
    for file in sorted(source.iterdir()):
        copy = tmp_path / file.name / source.name
        shutil.copytree(source, copy)
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1
        (copy / file.name).write_bytes(data)
        with pytest.raises(DamagedError):
            load_model(trained.family, copy, CPU)


def test_it_is_exported_and_its_history_filmed(trained: Trained, tmp_path: Path) -> None:
    done(ExportRequest(run=trained.run.name, folder=tmp_path / "out"), trained.path)
    assert json.loads((tmp_path / "out" / "config.json").read_text())["family"] == trained.family
    assert list((tmp_path / "out").glob("*.safetensors"))
    film = FilmRequest(run=trained.run.name, out=tmp_path / "film.gif")
    if kind_of(trained.family) != "pictures":
        assert "texts" in str(done(film, trained.path, "failed")[-1].error)
        return
    done(film, trained.path)
    assert (tmp_path / "film.gif").stat().st_size > 0


def test_it_is_listed(trained: Trained, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line(["runs", str(trained.path), "--json"]) == 0
    (row,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (row["family"], row["status"], row["data"]) == (trained.family, "finished", DATA[kind_of(trained.family)])
    assert command_line(["settings", "--family", trained.family]) == 0


# --- a third family --------------------------------------------------------------------------------------------


@pytest.mark.skipif("toy" in FAMILIES, reason="this is the run that the test below begins")
def test_a_third_family_takes_its_files_and_its_name() -> None:
    """All of the above, and its panel in the window, with the toy family put beside the others."""
    files = sorted(p.relative_to(TREE / "tests/toy_family").as_posix() for p in TREE.glob("tests/toy_family/*/**/*.py"))
    floors = ("config", "generation", "models", "training", "ui/panels")
    assert files == [f"{floor}/toy.py" for floor in floors]
    surroundings = os.environ | {"PYTHONPATH": os.pathsep.join([str(TREE / "tests" / "toy_family"), str(TREE)])}
    command = [sys.executable, "-m", "pytest", "-p", "toy_plugin", "-p", "no:cacheprovider", "-q",
               "-k", "toy", "tests/test_families.py", "tests/ui/test_family_panels.py"]  # fmt: skip
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, cwd=TREE, env=surroundings)
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    passed = [line for line in ran.stdout.splitlines() if " passed" in line]
    assert passed and int(passed[0].split()[0]) >= 24, ran.stdout
