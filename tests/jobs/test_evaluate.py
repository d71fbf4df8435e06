"""Measuring runs: numbers are kept, are the same again, can be stopped, and choose the best checkpoint."""

import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from studio.config.builtin import Portraits
from studio.config.data import Choices, PrepareSettings
from studio.config.requests import BuiltinRequest, EvaluateRequest, GenerateRequest, TrainRequest, grid
from studio.data.portraits import ATTRIBUTES
from studio.ground.errors import UsageError
from studio.ground.events import Ended, Event, Notice, Progress, Stop
from studio.ground.files import whole_folder, write_json
from studio.jobs.checkpoint_choice import choose_point
from studio.jobs.registry import run_job
from studio.jobs.steering import CommandQueue
from studio.projects.measures import MeasureRow
from studio.projects.project import Project
from studio.projects.run import Run

from .conftest import TINY, ending, run_to_end

NAME, JUDGE = "portraits-gan-1", "judge"
HAIR = ATTRIBUTES["hair"]


class Eyes:
    """A judge that sees mean colours, and hair where the middle of the top is."""

    step = 7
    settings, choices = PrepareSettings(size=32, channels=3), Choices()

    def __init__(self, labels: dict[str, tuple[str, ...]]) -> None:
        self.labels = labels

    def features(self, x_NHWC: np.ndarray) -> np.ndarray:
        return x_NHWC.reshape(len(x_NHWC), 4, 8, 4, 8, 3).mean((2, 4)).reshape(len(x_NHWC), -1).astype(np.float32)

    def probabilities(self, x_NHWC: np.ndarray) -> dict[str, np.ndarray]:
        first = (x_NHWC[:, 4, 16, 0] > 100).astype(np.int64)
        return {name: np.eye(len(values), dtype=np.float32)[first] for name, values in self.labels.items()}


@pytest.fixture(scope="module")
def trained(portraits_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a run of 6 steps that is told hair; it is only to be copied."""
    path = tmp_path_factory.mktemp("evaluate") / "project"
    shutil.copytree(portraits_project, path)
    config = TINY.model_dump(mode="json") | {"condition": ["hair"]}
    assert ending(run_to_end(TrainRequest(family="gan", dataset="portraits", config=config, device="cpu"), path)).status
    return path


@pytest.fixture
def project(trained: Path, tmp_path: Path) -> Path:
    """The same, of the test's own."""
    return Path(shutil.copytree(trained, tmp_path / "project"))


@pytest.fixture
def judge(project: Path, monkeypatch: pytest.MonkeyPatch) -> Eyes:
    """A run of a classifier whose model is :class:`Eyes`."""
    eyes = Eyes({"hair": HAIR})
    config = Run(project / "runs" / NAME).config()
    with Project.open(project) as opened:
        request = TrainRequest(family="classifier", dataset="portraits", config={})
        run = opened.runs.new("classifier", "others", config, request, JUDGE)
    with whole_folder(run.checkpoints_folder / "model-000000007") as place:
        write_json(place / "state.json", {"family": "classifier", "step": 7, "measures": {}})
    import studio.generation.models as models

    real = models.load_model
    load = lambda family, folder, device: eyes if family == "classifier" else real(family, folder, device)  # noqa: E731
    monkeypatch.setattr("studio.jobs.picture_bench.load_model", load)
    monkeypatch.setattr("studio.jobs.judge_bench.load_model", load)
    monkeypatch.setattr("studio.jobs.evaluate.load_model", load)
    return eyes


def measured(path: Path, **asked: object) -> list[Event]:
    plain = {"run": NAME, "count": 40, "device": "cpu"} | asked
    return run_to_end(EvaluateRequest.model_validate(plain), path)


def rows_of(path: Path, **asked: object) -> tuple[MeasureRow, ...]:
    end = ending(measured(path, **asked))
    assert end.status == "finished", (end.error, end.trace)
    return end.result.rows


def values(rows: tuple[MeasureRow, ...]) -> list[tuple[str, int, float, float | None]]:
    return [(row.measure, row.step, row.value, row.error) for row in rows]


def test_without_a_judge_what_needs_none_is_measured_and_the_rest_is_said(project: Path) -> None:
    events = measured(project)
    rows = ending(events).result.rows
    assert [row.measure for row in rows] == ["sliced_wasserstein", "near_copies"]
    assert {(row.step, row.kind, row.count, row.seed, row.features, row.data) for row in rows} == {
        (6, "model", 40, 0, "pixels", "portraits")
    }
    assert all(row.note == "few" and row.error is not None and row.error > 0 for row in rows)
    said = [str(event.body) for event in events if isinstance(event, Notice)]
    assert len(said) == 2 and all("needs a judge" in words for words in said)
    assert Run(project / "runs" / NAME).measures.all() == rows
    progress = [event for event in events if isinstance(event, Progress)]
    assert len(progress) > 5


def test_the_same_again_to_the_bit_and_another_seed_differs(project: Path, judge: Eyes) -> None:
    first, again = rows_of(project, judge=JUDGE), rows_of(project, judge=JUDGE)
    assert values(first) == values(again)
    assert len(first) == 9 and values(rows_of(project, judge=JUDGE, seed=1)) != values(first)
    stored = Run(project / "runs" / NAME).measures
    assert len(stored.all()) == 18  # the second took the place of the first


def test_in_the_eyes_of_a_judge(project: Path, judge: Eyes) -> None:
    rows = {row.measure: row for row in rows_of(project, judge=JUDGE)}
    assert set(rows) == {
        "sliced_wasserstein", "near_copies", "frechet_distance", "kernel_distance", "precision", "recall", "density",
        "coverage", "attribute_accuracy",
    }  # fmt: skip
    assert rows["coverage"].features == f"classifier {JUDGE} step 7"
    assert rows["frechet_distance"].note == "few" and rows["frechet_distance"].value > 0.5


def test_a_judge_of_other_labels(project: Path, judge: Eyes) -> None:
    judge.labels = {"mood": ("good", "bad")}
    events = measured(project, judge=JUDGE)
    assert "attribute_accuracy" not in [row.measure for row in ending(events).result.rows]
    said = " ".join(str(event.body) for event in events if isinstance(event, Notice))
    assert "The judge knows mood, but the generator is told hair" in said
    end = ending(measured(project, judge=JUDGE, measures=("attribute_accuracy",)))
    assert end.refused and "judge knows mood" in str(end.error)


def test_a_curve_along_the_run_and_the_best_by_it(project: Path) -> None:
    rows = rows_of(project, measures=("sliced_wasserstein",), checkpoints=("all", "last"))
    run = Run(project / "runs" / NAME)
    kept = sorted({point.step for point in run.checkpoints() if point.kind == "model"})
    assert [row.step for row in rows] == kept == run.measures.curve("sliced_wasserstein")[0]
    best = min(rows, key=lambda row: row.value).step
    made = ending(run_to_end(
        GenerateRequest(run=NAME, checkpoint="best:sliced_wasserstein", recipes=grid(0, 1), device="cpu"), project
    )).result  # fmt: skip
    assert made.step == best


def test_the_best_by_a_measure_passes_over_damaged_and_thinned_checkpoints(project: Path) -> None:
    run = Run(project / "runs" / NAME)
    row = MeasureRow("coverage", 0.0, None, 9, 0, "x", 0, "model", False, 1.0)
    run.measures.add(replace(row, step=step, value=value) for step, value in {1: 0.1, 3: 0.9, 5: 0.8, 77: 1.0}.items())
    assert choose_point(run, "best:coverage")[0].step == 3
    (run.checkpoints_folder / "model-000000003" / "state.json").write_text("{}")
    point, said = choose_point(run, "best:coverage")
    assert point.step == 5 and "step 3 is damaged" in str(said[0])
    with pytest.raises(UsageError, match="measure them first: studio evaluate"):
        choose_point(run, "best:precision")
    with pytest.raises(UsageError, match="nearest are: coverage"):
        choose_point(run, "best:covrage")


def test_another_data_set_to_compare_with(project: Path) -> None:
    with Project.open(project) as opened:
        opened.datasets.add(
            ending(run_to_end(BuiltinRequest(name="others", what=Portraits(count=60, size=32, seed=5)), project)).result
        )
    rows = {row.measure: row for row in rows_of(project, dataset="others")}
    own = {row.measure: row for row in rows_of(project)}
    assert rows["sliced_wasserstein"].data == "others" and rows["near_copies"] == replace(
        own["near_copies"], at=rows["near_copies"].at
    )
    assert rows["sliced_wasserstein"].value != own["sliced_wasserstein"].value


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"run": "x"}, "no run x"),
        ({"dataset": "nothing"}, "nothing"),
        ({"measures": ("covrage",)}, "no measure covrage"),
        ({"measures": ("accuracy",)}, "says nothing about a gan"),
        ({"measures": ("coverage",)}, "Coverage needs a judge"),
        ({"judge": NAME}, "has to be a classifier"),
        ({"checkpoints": ("99",)}, "no checkpoint of step 99"),
    ],
)
def test_what_cannot_be_measured_is_a_sentence(project: Path, asked: dict, words: str) -> None:
    end = ending(measured(project, **asked))
    assert end.refused and words in str(end.error)
    assert Run(project / "runs" / NAME).measures.all() == ()


def test_a_stop_keeps_what_was_measured(project: Path) -> None:
    commands = CommandQueue()
    request = EvaluateRequest(run=NAME, count=40, measures=("sliced_wasserstein",), checkpoints=("all",), device="cpu")
    stored = Run(project / "runs" / NAME).measures
    events = []
    for event in run_job(request, project, commands):
        events.append(event)
        if stored.all() and not commands.stop_requested:
            commands.put(Stop())
    assert isinstance(events[-1], Ended) and events[-1].status == "stopped"
    assert len(stored.all()) == 1


def test_a_judging_model_by_its_own_measures(project: Path, judge: Eyes) -> None:
    rows = rows_of(project, run=JUDGE, dataset="portraits", part="training")
    assert [row.measure for row in rows] == ["accuracy", "balanced_accuracy", "cross_entropy", "calibration_error"]
    assert all(row.features == "own" and row.data == "portraits (training)" for row in rows)
    assert 0 <= rows[0].value <= 1 and rows[0].count > 10
    judge.labels = {"hair": HAIR, "smile": ("no", "yes")}
    names = [row.measure for row in rows_of(project, run=JUDGE, dataset="portraits", measures=("accuracy",))]
    known = [name for name in names if name != "accuracy"]
    assert names[0] == "accuracy" and known in ([], ["accuracy.hair", "accuracy.smile"])


def test_a_judging_model_and_labels_that_it_does_not_know(project: Path, judge: Eyes) -> None:
    judge.labels = {"mood": ("good", "bad")}
    end = ending(measured(project, run=JUDGE, dataset="portraits"))
    assert end.refused and "The model tells mood, but portraits has the labels" in str(end.error)


def test_the_bench_of_pictures_reads_the_same_real_pictures_for_a_seed(project: Path) -> None:
    from studio.jobs.picture_bench import _drawn

    data = SimpleNamespace(
        training=np.arange(50), held_out=np.arange(50, 60), read=lambda rows: np.repeat(rows, 3).reshape(-1, 1, 1, 3)
    )
    order = lambda seed: SimpleNamespace(request=SimpleNamespace(seed=seed, count=20))  # noqa: E731
    chosen = [_drawn(data, order(seed)) for seed in (0, 0, 1)]
    assert np.array_equal(chosen[0], chosen[1]) and not np.array_equal(chosen[0], chosen[2]) and len(chosen[0]) == 20
