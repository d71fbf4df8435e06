"""A language model from elsewhere as a run of the project: talked to, looked into, and runs begun with it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from studio.config.requests import PretrainedRequest, TrainRequest
from studio.config.texts import Inherited
from studio.data import work
from studio.data.chat_templates import read_template
from studio.data.hub_downloading import fetched, is_hub_name
from studio.data.tokenisers import FileTokeniser
from studio.ground.errors import DamagedError, UsageError, text
from studio.ground.events import Ended, Event, Notice, Progress, Started
from studio.jobs import translation_load
from studio.jobs.nesting import Stopped
from studio.jobs.opening import open_project
from studio.jobs.steering import CommandQueue
from studio.models.language import LanguageModel
from studio.models.language_format import BESIDE, TOKENISER, Foreign, blank, filling, read_folder
from studio.projects.run import Run
from studio.training.checkpoints import Checkpoints

FAMILY, PART = "language", "average.decoder"


def load(request: PretrainedRequest, project_path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Read the model into a new run that is finished. ``Ended.result`` holds ``run``, its name, and ``folder``.

    The run has learnt from no data set of the project, so it cannot be resumed; a new run can begin with its weights.
    """
    folder = Path(request.source).expanduser().absolute()
    yield Started("pretrained", request.source)
    if not folder.is_dir():
        if not is_hub_name(request.source):
            raise UsageError(
                "There is no folder {name}; give the folder of a language model, or its name on Hugging Face as "
                "OWNER/NAME.",
                name=request.source,
            )  # fmt: skip
        try:
            folder = yield from fetched(request.source, commands.stopping)
        except work.Stopped:
            raise Stopped from None
    if translation_load.is_marian(folder):
        yield from translation_load.load(request, folder, project_path, commands)
        return
    found = read_folder(folder)
    tokeniser = _tokeniser(folder, found.tokens)
    yield from _remarks(folder)
    model = blank(found)
    for done, total in filling(found, model):
        if commands.stop_requested:
            raise Stopped
        yield Progress(text("Reading the weights"), done, total)
    with open_project(project_path) as project:
        config = found.config.model_copy(update={"tokens": Inherited(), "vocabulary": found.tokens})
        asked = TrainRequest(family=FAMILY, dataset="", config=config.model_dump(mode="json"))
        run = project.runs.new(FAMILY, "", config, asked, request.name or Path(request.source).name)
        with run.lock():
            yield from _kept(run, found, model, tokeniser)
    yield Ended("finished", result={"run": run.name, "folder": str(folder)})


def _tokeniser(folder: Path, tokens: int) -> FileTokeniser:
    if not (folder / TOKENISER).is_file():
        raise DamagedError("{name} lacks its tokeniser, the file {file}.", name=folder.name, file=TOKENISER)
    tokeniser = FileTokeniser.from_file(folder / TOKENISER)
    tokeniser.must_fit(tokens)
    return tokeniser


def _digest(tokeniser: FileTokeniser) -> str:
    return hashlib.sha256(tokeniser.text.encode()).hexdigest()


def _remarks(folder: Path) -> Iterator[Notice]:
    """Say what is wrong with the chat template; the model is of use without it."""
    try:
        template = read_template(folder)
        if template is not None:
            template.must_behave()
    except (DamagedError, UsageError) as error:
        yield Notice("template", "warning", text("Its chat template cannot be used"), error.text)


def _kept(run: Run, found: Foreign, model: LanguageModel, tokeniser: FileTokeniser) -> Iterator[Event]:
    """Write its one model point; nothing is known of how it learnt."""
    config = run.config().model_dump(mode="json")
    ends = list(found.ends)
    facts: dict[str, Any] = {
        "family": FAMILY, "step": 0, "items": 0, "seconds": 0.0, "seed": found.config.seed, "config": config,
        "original": config, "changes": [], "measures": {}, "fingerprint": "",
        "description": {"tokens": found.tokens, "ends": ends, "marks": True, "tokeniser": _digest(tokeniser)},
    }  # fmt: skip
    files = {name: (found.folder / name).read_bytes() for name in BESIDE if (found.folder / name).is_file()}
    parts = {PART: model.state_dict()}
    yield from Checkpoints(run.checkpoints_folder).save_model(parts, facts, 0, files=files)
    run.set_status(state="finished", step=0, total=found.config.steps)
