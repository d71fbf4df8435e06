"""A Marian translation model (OPUS-MT) from elsewhere as a run of the project: asked, looked into, written again."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from studio.config.requests import PretrainedRequest, TrainRequest
from studio.config.texts import Inherited
from studio.data.pair_tokenisers import MarianTokeniser
from studio.ground.errors import UsageError, text
from studio.ground.events import Ended, Event, Progress
from studio.ground.files import read_object
from studio.jobs.nesting import Stopped
from studio.jobs.opening import open_project
from studio.jobs.steering import CommandQueue
from studio.jobs.weights import unpickled
from studio.models.foreign_weights import INDEX, WEIGHTS
from studio.models.translation import TranslationModel
from studio.models.translation_format import (
    BESIDE,
    CONFIG,
    KIND,
    PICKLED,
    ForeignTranslation,
    blank,
    filling,
    read_folder,
)
from studio.projects.run import Run
from studio.training.checkpoints import Checkpoints

FAMILY, PART = "translation", "average.translator"


def is_marian(folder: Path) -> bool:
    """Whether a folder says that it holds a Marian model. Raises DamagedError where its settings cannot be read."""
    return (folder / CONFIG).is_file() and read_object(folder / CONFIG).get("model_type") == KIND


def load(
    request: PretrainedRequest, folder: Path, project_path: Path, commands: CommandQueue
) -> Iterator[Event]:
    """Read the model of ``folder`` into a new run that is finished. ``Ended.result`` holds ``run`` and ``folder``.

    Pickled weights are read where the request says so, in a process of its own that takes nothing but tensors.

    Raises:
        UsageError: the weights are pickled and the request does not say so. DamagedError: something is not whole.
    """
    found = read_folder(folder)
    marks = {"begin": found.begin, "end": found.end, "pad": found.pad}
    MarianTokeniser(folder, **marks).must_fit(found.source_tokens, found.target_tokens)
    model = blank(found)
    with tempfile.TemporaryDirectory(prefix="studio-weights-") as place:
        weights = None
        if _only_pickled(folder):
            if not request.pickled:
                raise UsageError(
                    "The weights of {name} are pickled, which can run foreign code; if you know where they come from "
                    "and trust it, say so: --pickled",
                    name=folder.name,
                )
            weights = Path(place) / WEIGHTS
            yield from unpickled(folder / PICKLED, weights, commands)
        for done, total in filling(found, model, weights):
            if commands.stop_requested:
                raise Stopped
            yield Progress(text("Reading the weights"), done, total)
    with open_project(project_path) as project:
        config = found.config.model_copy(update={"tokens": Inherited()})
        asked = TrainRequest(family=FAMILY, dataset="", config=config.model_dump(mode="json"))
        run = project.runs.new(FAMILY, "", config, asked, request.name or Path(request.source).name)
        with run.lock():
            yield from _kept(run, found, model, marks)
    yield Ended("finished", result={"run": run.name, "folder": str(folder)})


def _only_pickled(folder: Path) -> bool:
    return (folder / PICKLED).is_file() and not any((folder / name).is_file() for name in (WEIGHTS, INDEX))


def _kept(run: Run, found: ForeignTranslation, model: TranslationModel, marks: dict[str, int]) -> Iterator[Event]:
    """Write its one model point; nothing is known of how it learnt."""
    config = run.config().model_dump(mode="json")
    sizes = {"source_tokens": found.source_tokens, "target_tokens": found.target_tokens}
    facts: dict[str, Any] = {
        "family": FAMILY, "step": 0, "items": 0, "seconds": 0.0, "seed": found.config.seed, "config": config,
        "original": config, "changes": [], "measures": {}, "fingerprint": "", "description": {**sizes, "marks": marks},
    }  # fmt: skip
    files = {name: (found.folder / name).read_bytes() for name in BESIDE if (found.folder / name).is_file()}
    yield from Checkpoints(run.checkpoints_folder).save_model({PART: model.state_dict()}, facts, 0, files=files)
    run.set_status(state="finished", step=0, total=found.config.steps)
