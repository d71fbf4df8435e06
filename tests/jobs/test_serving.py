"""Loaded models: served from memory, the same pictures as ever, and a run that trains notices nothing."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from studio.config.requests import EstimateRequest, FilmRequest, GenerateRequest, LookRequest, TrainRequest, grid
from studio.ground.events import Ended, Event, Metrics, Notice, Samples, Stop
from studio.jobs.registry import run_job
from studio.jobs.serving import ModelServer
from studio.jobs.steering import CommandQueue
from studio.projects.run import Run

from .conftest import TINY, ending, run_to_end

NAME = "portraits-gan-1"


@pytest.fixture(scope="module")
def trained(portraits_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one run of 6 steps that knows hair."""
    path = tmp_path_factory.mktemp("serving") / "project"
    shutil.copytree(portraits_project, path)
    config = TINY.model_dump(mode="json") | {"condition": ["hair"]}
    end = ending(run_to_end(TrainRequest(family="gan", dataset="portraits", config=config, device="cpu"), path))
    assert end.status == "finished"
    return path


def generated(path: Path, **changes) -> list[Event]:
    return run_to_end(GenerateRequest(**({"run": NAME, "recipes": grid(3, 20), "device": "cpu"} | changes)), path)


def test_pictures_grow_and_the_result_names_its_step(trained: Path):
    events = generated(trained)
    counts = [len(e.pictures) for e in events if isinstance(e, Samples)]
    made = ending(events).result
    assert counts == [16, 20]
    assert made.pictures.shape == (20, 32, 32, 3)
    assert (made.step, made.request.checkpoint) == (6, "6")
    assert {labels.keys() == {"hair"} for labels in made.labels} == {True}
    again = ending(run_to_end(made.request, trained)).result
    assert np.array_equal(again.pictures, made.pictures)


def test_one_alone_is_the_one_in_the_grid(trained: Path):
    whole = ending(generated(trained)).result.pictures
    alone = ending(generated(trained, recipes=grid(3, 20)[17:18])).result.pictures
    assert np.array_equal(alone[0], whole[17])


def test_a_server_reads_a_checkpoint_once(trained: Path, monkeypatch: pytest.MonkeyPatch):
    from studio.generation.gan import GeneratorModel

    loads = []
    real = GeneratorModel.from_checkpoint
    monkeypatch.setattr(GeneratorModel, "from_checkpoint", lambda *a: loads.append(a) or real(*a))
    server = ModelServer(trained)
    for seed in range(3):
        *_, end = server.serve(GenerateRequest(run=NAME, recipes=grid(seed, 2), device="cpu"), CommandQueue())
        assert isinstance(end, Ended)
        assert end.status == "finished"
    assert len(loads) == 1
    *_, end = server.serve(GenerateRequest(run=NAME, checkpoint="0", recipes=grid(0, 2), device="cpu"), CommandQueue())
    assert len(loads) == 2
    server.close()


def test_a_stop_ends_between_two_chunks(trained: Path):
    commands = CommandQueue()
    commands.put(Stop())
    request = GenerateRequest(run=NAME, recipes=grid(3, 40), device="cpu")
    assert ending(run_to_end(request, trained, commands)).status == "stopped"


def test_looking_inside(trained: Path):
    ask = {"run": NAME, "recipes": grid(3, 3), "device": "cpu"}
    opinion = ending(run_to_end(LookRequest(what="opinion", **ask), trained)).result
    assert len(opinion.found) == 3
    near = ending(run_to_end(LookRequest(what="nearest", count=4, **ask), trained)).result
    assert [len(n.rows) for n in near.found] == [4, 4, 4]
    assert set(near.pictures) == set(near.names) == {row for n in near.found for row in n.rows}
    assert next(iter(near.pictures.values())).shape == (32, 32, 3)
    refused = ending(run_to_end(LookRequest(what="nearest", run=NAME), trained))
    assert refused.refused


def test_directions_are_kept_for_later(trained: Path):
    found = ending(run_to_end(LookRequest(what="directions", run=NAME, device="cpu"), trained)).result.found
    assert ending(generated(trained)).status == "finished"
    for direction in found[:1]:
        moved = grid(3, 2)[0].model_copy(update={"directions": {f"{direction.label}={direction.value}": 2.0}})
        assert ending(generated(trained, recipes=(moved,))).status == "finished"
    assert (trained / "runs" / NAME / "directions" / "000000006.json").exists()


def test_a_damaged_newest_checkpoint_is_named_and_passed_over(trained: Path, tmp_path: Path):
    path = tmp_path / "copy"
    shutil.copytree(trained, path)
    for file in (path / "runs" / NAME / "checkpoints").glob("*-000000006/average.generator.safetensors"):
        file.write_bytes(file.read_bytes()[:-1] + b"x")
    events = generated(path)
    assert ending(events).result.step < 6
    assert any(isinstance(e, Notice) and "step 6" in str(e.body) for e in events)
    asked = ending(generated(path, checkpoint="6"))
    assert asked.status == "failed"
    assert "damaged" in str(asked.error)


def test_generating_while_a_run_trains_changes_nothing_in_it(trained: Path, tmp_path: Path, quick_measure: None):
    def digest(look: Callable[[], None]) -> str:
        path = tmp_path / f"{look.__name__}"
        shutil.copytree(trained, path)
        request = TrainRequest(family="gan", dataset="portraits", config=TINY.model_dump(mode="json"), device="cpu")
        for event in run_job(request, path, CommandQueue()):
            if isinstance(event, Metrics):
                look()
            if isinstance(event, Ended):
                return str(event.result["digest"])
        raise AssertionError

    server = ModelServer(trained)

    def nothing() -> None:
        pass

    def looking() -> None:
        for request in (
            GenerateRequest(run=NAME, recipes=grid(1, 2), device="cpu"),
            LookRequest(what="opinion", run=NAME, recipes=grid(1, 2), device="cpu"),
        ):
            *_, end = server.serve(request, CommandQueue())
            assert isinstance(end, Ended)
            assert end.status == "finished"

    assert digest(nothing) == digest(looking)
    server.close()


def test_films_leave_out_what_is_damaged_and_say_so(trained: Path, tmp_path: Path):
    path = tmp_path / "copy"
    shutil.copytree(trained, path)
    run = Run(path / "runs" / NAME)
    run.samples.files()[1].path.write_bytes(b"no picture")
    events = run_to_end(FilmRequest(run=NAME, out=tmp_path / "film.gif"), path)
    assert ending(events).result["frames"] == len(run.samples.steps()) - 1
    assert any(isinstance(e, Notice) for e in events)


def test_an_estimate_says_speed_and_memory(trained: Path):
    config = TINY.model_dump(mode="json")
    result = ending(
        run_to_end(EstimateRequest(family="gan", dataset="portraits", config=config, device="cpu"), trained)
    ).result
    assert 0 < result["memory"] < result["free"]
    assert result["batch_that_fits"] > 8
    assert result["seconds"] == pytest.approx(6 * result["seconds_per_step"])
