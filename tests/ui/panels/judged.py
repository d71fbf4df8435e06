"""What the tests of the classifier's panel share: a project with a run of it, and an engine that answers by numbers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from studio.config.classifier import ClassifierConfig
from studio.config.requests import AskRequest, ClassifyRequest, QualityRequest, TrainRequest
from studio.data.decoding import open_picture, plain
from studio.data.store import PictureStore
from studio.ground.errors import StudioError, text
from studio.ground.events import Ended, Event, Progress
from studio.ground.files import write_json
from studio.jobs.judgements import Answer, Bin, LabelQuality, Mistake, Quality, Row, Table
from studio.jobs.steering import CommandQueue
from studio.projects.project import Project
from studio.projects.run import Run

HAIR = ("black", "blond", "brown", "red")
GLASSES = ("no", "yes")
VALUES = {"hair": HAIR, "glasses": GLASSES}
STEPS = (0, 10, 40)
_PICTURES = 12


def add_run(
    project: Project, dataset: str, *, state: str = "finished", step: int = 40, total: int = 40, error: str = ""
) -> Run:
    """A run with curves, samples with their notes, and checkpoints that hold no weights."""
    config = ClassifierConfig(steps=total, seed=3, channels=3)
    request = TrainRequest(family="classifier", dataset=dataset, config=config.model_dump(mode="json"), dial="quick")
    run = project.runs.new("classifier", dataset, config, request)
    with PictureStore(project.datasets.folder(dataset)) as store:
        pictures = np.stack([np.asarray(store.picture(at).convert("RGB")) for at in range(min(_PICTURES, len(store)))])
    for at in range(1, step + 1):
        share = at / max(step, 1)
        values = {"training_loss": 1.4 - share, "training_accuracy": 0.3 + 0.7 * share}
        if at % 5 == 0:
            values |= {"validation_loss": 1.4 - 0.9 * share, "validation_accuracy": 0.3 + 0.6 * share}
        run.metrics.append(at, 8 * at, values)
    for at in STEPS:
        if at <= step:
            run.samples.write(at, pictures, items=8 * at, notes=notes(at, len(pictures)))
            add_point(run.folder, at, config)
    run.set_status(state=state, step=step, items=8 * step, total=total, error=error, seconds_trained=4.0)
    run.metrics.close()
    return run


def add_point(run: Path, step: int, config: ClassifierConfig) -> None:
    """One more checkpoint, which only the window reads."""
    folder = run / "checkpoints" / f"model-{step:09d}"
    folder.mkdir(parents=True)
    description = {"labels": {name: list(values) for name, values in VALUES.items()}}
    facts = {"step": step, "family": "classifier", "config": config.model_dump(mode="json"), "description": description}
    write_json(folder / "state.json", facts | {"measures": {"validation_loss": 1.0 / (1 + step)}})


def notes(step: int, count: int) -> dict[str, Any]:
    """What a classifier notes: at step 40 only the second picture is told wrong, earlier every other one is."""
    labels = [{"hair": HAIR[at % 4], "glasses": GLASSES[at % 2]} for at in range(count)]
    wrong = {1} if step >= 40 else set(range(0, count, 2))
    predicted = [
        {name: {"value": _other(values, truth[name]) if at in wrong else truth[name], "probability": 0.9}
         for name, values in VALUES.items()}
        for at, truth in enumerate(labels)
    ]  # fmt: skip
    confusion = {"hair": confused(4, 3 if step >= 40 else 40).tolist(), "glasses": confused(2, 5).tolist()}
    return {"labels": labels, "predicted": predicted, "confusion": confusion, "values": dict(VALUES)}


def _other(values: tuple[str, ...], value: str) -> str:
    return values[(values.index(value) + 1) % len(values)]


def confused(size: int, wrong: int) -> np.ndarray:
    """Counts (K, K): 100 right of each value, `wrong` of each taken for the next one."""
    counts = np.diag(np.full(size, 100)).astype(np.int64)
    for at in range(size):
        counts[at, (at + 1) % size] += wrong
    return counts


# --- what stands in for the engine -----------------------------------------------------------------------------------


def told(picture: bytes) -> dict[str, dict[str, float]]:
    """Probabilities that depend on the mean shade of a picture: dark is black hair, light is red; glasses if darker."""
    shade = float(np.asarray(plain(open_picture(picture)).convert("L")).mean()) / 255
    weights = np.exp(-40 * (np.linspace(0, 1, 4) - shade) ** 2)
    hair = weights / weights.sum()
    return {
        "hair": dict(zip(HAIR, hair.tolist(), strict=True)),
        "glasses": {"no": shade, "yes": 1 - shade},
    }


class AskedServer:
    """Stands in for `studio.jobs.serving.ModelServer`. ``asked`` lists the requests; ``fail`` makes it fail."""

    asked: list[AskRequest] = []
    fail: Exception | None = None

    def __init__(self, path: Path) -> None:
        self._path = path

    def close(self) -> None:
        """Nothing is held."""

    def serve(self, request: Any, commands: CommandQueue) -> Iterator[Event]:
        """One answer."""
        type(self).asked.append(request)
        if type(self).fail is not None:
            raise type(self).fail
        seen = np.asarray(plain(open_picture(request.picture)).convert("RGB").resize((32, 32)))
        rows, columns = np.mgrid[0:32, 0:32] / 31
        heat = np.exp(-12 * ((rows - 0.4) ** 2 + (columns - 0.5) ** 2)).astype(np.float32) if request.heat else None
        yield Ended("finished", result=Answer(told(request.picture), heat, int(request.checkpoint), seen))


def quality_job(request: QualityRequest, path: Path, commands: CommandQueue) -> Iterator[Event]:
    """An examination by numbers; the worst mistakes are pictures of the data set."""
    yield Progress(text("Asking"), 10, 100)
    with Project.open(path, write=False) as project:
        name = request.dataset or project.runs.get(request.run).dataset
        with PictureStore(project.datasets.folder(name)) as store:
            count = min(8, len(store))
            pictures = np.stack([np.asarray(store.picture(at).convert("RGB")) for at in range(count)])
            names = store.names[:count]
    worst = tuple(
        Mistake(names[at], at, "hair", HAIR[at % 4], HAIR[(at + 1) % 4], 0.99 - 0.05 * at) for at in range(count)
    )
    labels = {"hair": label_quality(HAIR, 12), "glasses": label_quality(GLASSES, 2)}
    accuracy = {label: found.accuracy for label, found in labels.items()}
    part = "all" if request.dataset else request.part
    step = int(request.checkpoint)
    yield Ended("finished", result=Quality(labels, accuracy, worst, pictures, name, part, 400, step))


def label_quality(values: tuple[str, ...], wrong: int) -> LabelQuality:
    """The quality of a label of which `wrong` of each hundred and odd are taken for the next value."""
    confusion = confused(len(values), wrong)
    right = np.diag(confusion) / confusion.sum(axis=1)
    precision = np.diag(confusion) / confusion.sum(axis=0)
    bins = tuple(Bin(0.05 + 0.1 * at, min(1.0, max(0.0, 0.1 * at - 0.04)), 4 + at**3) for at in range(3, 10))
    return LabelQuality(
        values, confusion, precision, right, bins, 0.06, int(confusion.sum()),
        float(np.trace(confusion)) / float(confusion.sum()),
    )  # fmt: skip


def classify_job(request: ClassifyRequest, path: Path, commands: CommandQueue) -> Iterator[Event]:
    """A table of all files below the sources; a name with “broken” cannot be read."""
    files = [
        file
        for source in request.sources
        for file in (sorted(source.rglob("*.png")) if source.is_dir() else [source])
    ]
    if request.sources and not files:
        raise StudioError("There is no picture in {name}.", name=request.sources[0].name)
    rows = []
    for at, file in enumerate(files):
        yield Progress(text("Classifying"), at, len(files))
        if commands.stop_requested:
            yield Ended("stopped")
            return
        if "broken" in file.name:
            rows.append(Row(file.name, {}, text("This file is not a picture that can be read.")))
        else:
            rows.append(Row(file.name, told(file.read_bytes())))
    yield Ended("finished", result=Table(VALUES, tuple(rows), request.run, int(request.checkpoint)))
