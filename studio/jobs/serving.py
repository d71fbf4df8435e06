"""Keeps trained models loaded and asks them: for pictures, for texts, and for what lies inside.

A model is a second instance, filled from a checkpoint; no run notices it. A slider may so ask thirty times a second
without a file being read in between.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from studio.config.base import Settings
from studio.config.denoising import Denoising
from studio.config.registry import capabilities
from studio.config.requests import (
    AskRequest,
    ChatRequest,
    ClassifyRequest,
    ContinueRequest,
    EditFilesRequest,
    EditRequest,
    GenerateRequest,
    LookRequest,
    QualityRequest,
    ReadRequest,
    Recipe,
    RoundTripRequest,
    ScoreRequest,
    TranslateFileRequest,
    TranslateRequest,
)
from studio.data.decoding import BrokenPicture
from studio.data.preparing import prepare_bytes
from studio.generation.models import (
    EditingModel,
    Insight,
    JudgingModel,
    LooksInside,
    Model,
    PictureModel,
    SeenStep,
    StepwiseModel,
    TranslatingModel,
    WritingModel,
    load_model,
)
from studio.ground.errors import UsageError, text
from studio.ground.events import Ended, Event, Progress, Samples
from studio.jobs.checkpoint_choice import choose_point
from studio.jobs.editing import edited, round_trip
from studio.jobs.judgements import Answer
from studio.jobs.nesting import Stopped
from studio.jobs.opening import open_project, pictures_of_run
from studio.jobs.racing import race
from studio.jobs.recording import loss_notice
from studio.jobs.registry import find_job
from studio.jobs.steering import CommandQueue
from studio.jobs.translating import translated
from studio.jobs.writing import read, written
from studio.projects.run import Run
from studio.training.precision import choose_device

_MODELS = 3
_SHOWN_EVERY = 0.25  # seconds between two looks at pictures on their way
_STEPS = ("steps", "words", "race")  # what is looked at without any data
Found = TypeVar("Found")
ModelRequest = (
    GenerateRequest | LookRequest | AskRequest | ClassifyRequest | QualityRequest | EditRequest | EditFilesRequest
    | RoundTripRequest | ChatRequest | ContinueRequest | ReadRequest | TranslateRequest | TranslateFileRequest
    | ScoreRequest
)  # fmt: skip
_REFUSALS = {
    "pictures": "{run} is a run of the family {family}, which makes no pictures; choose one that does.",
    "judges": "{run} is a run of the family {family}, which tells no labels; choose one of a classifier.",
    "edits": "{run} is a run of the family {family}, which translates no pictures; choose one of a CycleGAN.",
    "writes": "{run} is a run of the family {family}, which writes no texts; choose one of a language model.",
    "translates": "{run} is a run of the family {family}, which translates no texts; choose one that does.",
}


@dataclass(frozen=True, slots=True)
class MadePictures:
    """What a :class:`GenerateRequest` made.

    ``pictures`` (N, H, W, C) uint8; ``request`` names the checkpoint by its step, so that it stays true when the run
    goes on; ``labels`` has for each picture the value of every label, also of those left open.
    """

    pictures: np.ndarray
    request: GenerateRequest
    run: str
    family: str
    step: int
    labels: tuple[dict[str, str], ...]


class ModelServer:
    """Serves requests on one project; not thread-safe, used by the thread that made it. Close it at the end."""

    def __init__(self, project_path: Path) -> None:
        self._path = project_path
        self._models: OrderedDict[tuple[str, str, str], Model] = OrderedDict()

    def close(self) -> None:
        """Let the models go."""
        self._models.clear()

    def serve(self, request: Settings, commands: CommandQueue) -> Iterator[Event]:
        """The events of a request to a model; the ending's result is what was asked for: a :class:`MadePictures`, an
        ``Insight``, an ``Answer``, an ``Edited``, a ``RoundTrip``, ``Replies``, a ``ReadText``, a ``Translation``. What
        needs no model is left to its own job.

        Pictures come as :class:`Samples` that grow from chunk to chunk; a stop ends between two chunks. Texts come as
        :class:`Written`, token by token.
        """
        try:
            if isinstance(request, GenerateRequest):
                yield from self._generate(request, commands)
            elif isinstance(request, LookRequest):
                yield from self._look(request, commands)
            elif isinstance(request, AskRequest):
                yield from self._ask(request, commands)
            elif isinstance(request, EditRequest | RoundTripRequest):
                yield from self._edit(request, commands)
            elif isinstance(request, ChatRequest | ContinueRequest | ReadRequest):
                yield from self._write(request, commands)
            elif isinstance(request, TranslateRequest):
                yield from self._translate(request, commands)
            else:
                yield from find_job(request)(request, self._path, commands)
        except Stopped:
            yield Ended("stopped")

    def model(self, run: Run, request: ModelRequest) -> Generator[Event, None, Model]:
        """The model of a request, loaded or from memory; notices where a damaged checkpoint was passed over."""
        point, skipped = choose_point(run, request.checkpoint)
        device = choose_device(request.device)
        key = (run.name, point.path.name, str(device))
        for words in skipped:
            yield loss_notice(words, code="checkpoint")
        if key not in self._models:
            yield Progress(text("Loading the model"), 0)
            self._models[key] = load_model(run.family, point.path, device)
            while len(self._models) > _MODELS:
                self._models.popitem(last=False)
        self._models.move_to_end(key)
        model = self._models[key]
        if isinstance(model, LooksInside):
            model.recall(run.folder)
        return model

    def judge(self, run: Run, request: ModelRequest) -> Generator[Event, None, JudgingModel]:
        """Like :meth:`model`, of a family that judges. Raises UsageError for a run of another."""
        must_be_able(run, "judges")
        model = yield from self.model(run, request)
        assert isinstance(model, JudgingModel)
        return model

    def _generate(self, request: GenerateRequest, commands: CommandQueue) -> Iterator[Event]:
        with open_project(self._path) as project:
            run = project.runs.get(request.run)
            must_be_able(run, "pictures")
            model = yield from self.model(run, request)
        assert isinstance(model, PictureModel)
        must_take_steps(run, model, request.recipes)
        if isinstance(model, StepwiseModel):
            request = request.model_copy(update={"recipes": tuple(map(model.completed, request.recipes))})
            yield from model.remarks(request.recipes)
            pictures = yield from _formed(model, request.recipes, commands)
        else:
            pictures = yield from _made(model, request.recipes, commands)
        labels = tuple(model.labels_of(recipe) for recipe in request.recipes)
        fixed = request.model_copy(update={"checkpoint": str(model.step), "run": run.name})
        yield Ended("finished", result=MadePictures(pictures, fixed, run.name, run.family, model.step, labels))

    def _look(self, request: LookRequest, commands: CommandQueue) -> Iterator[Event]:
        with open_project(self._path) as project:
            run = project.runs.get(request.run)
            model = yield from self.model(run, request)
            if request.what in _STEPS:
                must_take_steps(run, model, request.recipes, always=True)
                assert isinstance(model, StepwiseModel)
                look = race if request.what == "race" else _steps_seen
                yield Ended("finished", result=(yield from look(model, request, commands)))
                return
            if not isinstance(model, LooksInside):
                raise UsageError("Models of the family {family} cannot be looked into in this way.", family=run.family)
            data = yield from pictures_of_run(project, run, commands)
        with data:
            insight = yield from _cut(model.look(request, data, run.folder), commands)
        yield Ended("finished", result=insight)

    def _ask(self, request: AskRequest, commands: CommandQueue) -> Iterator[Event]:
        with open_project(self._path) as project:
            run = project.runs.get(request.run)
            model = yield from self.judge(run, request)
        obey(commands)
        yield Ended("finished", result=answer(model, request))

    def _edit(self, request: EditRequest | RoundTripRequest, commands: CommandQueue) -> Iterator[Event]:
        with open_project(self._path) as project:
            run = project.runs.get(request.run)
            must_be_able(run, "edits")
            model = yield from self.model(run, request)
        assert isinstance(model, EditingModel)
        if isinstance(request, EditRequest):
            result: object = yield from _cut(edited(model, request, run), commands)
        else:
            result = yield from _cut(round_trip(model, request), commands)
        yield Ended("finished", result=result)

    def _write(self, request: ChatRequest | ContinueRequest | ReadRequest, commands: CommandQueue) -> Iterator[Event]:
        with open_project(self._path) as project:
            run = project.runs.get(request.run)
            must_be_able(run, "writes")
            model = yield from self.model(run, request)
        assert isinstance(model, WritingModel)
        obey(commands)
        work = read(model, request, commands) if isinstance(request, ReadRequest) else written(
            model, run, request, commands
        )  # fmt: skip
        yield from work

    def _translate(self, request: TranslateRequest, commands: CommandQueue) -> Iterator[Event]:
        with open_project(self._path) as project:
            run = project.runs.get(request.run)
            must_be_able(run, "translates")
            model = yield from self.model(run, request)
        assert isinstance(model, TranslatingModel)
        yield from translated(model, run, request, commands)


def must_be_able(run: Run, capability: str) -> None:
    """Refuse a run whose family cannot do what is asked. Raises UsageError."""
    if capability not in capabilities(run.family):
        raise UsageError(_REFUSALS[capability], run=run.name, family=run.family)


def must_take_steps(run: Run, model: Model, recipes: Sequence[Recipe], *, always: bool = False) -> None:
    """Refuse prompts and all else that only models which make pictures in steps know. Raises UsageError."""
    if isinstance(model, StepwiseModel):
        return
    if always or any(recipe.denoising is not None for recipe in recipes):
        raise UsageError(
            "{run} is a run of the family {family}, which makes pictures at once: prompts, guidance, samplers and "
            "pictures to begin with are for families that take noise away step by step.",
            run=run.name, family=run.family,
        )  # fmt: skip


def _made(model: PictureModel, recipes: Sequence[Recipe], commands: CommandQueue) -> Generator[Event, None, np.ndarray]:
    """Pictures that grow from chunk to chunk."""
    pieces: list[np.ndarray] = []
    for piece in model.pictures(recipes):
        obey(commands)
        pieces.append(piece)
        yield Samples(model.step, np.concatenate(pieces), kind="pictures")
        yield Progress(text("Making pictures"), sum(map(len, pieces)), len(recipes))
    return _joined(pieces)


def _formed(
    model: StepwiseModel, recipes: Sequence[Recipe], commands: CommandQueue
) -> Generator[Event, None, np.ndarray]:
    """The same, and in between (kind ``forming``) what pictures on their way are taken for; a stop ends at a step."""
    pieces: list[np.ndarray] = []
    shown = time.monotonic()
    for piece in model.forming(recipes):
        obey(commands)
        pieces += [piece.pictures] if piece.whole else []
        if piece.whole or time.monotonic() - shown > _SHOWN_EVERY:
            shown = time.monotonic()
            so_far = pieces if piece.whole else [*pieces, piece.pictures]
            kind, notes = "pictures" if piece.whole else "forming", {"whole": sum(map(len, pieces))}
            yield Samples(model.step, np.concatenate(so_far), kind, notes)
            yield Progress(text("Taking noise away"), piece.done, piece.total)
    return _joined(pieces)


def _joined(pieces: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(pieces) if pieces else np.zeros((0, 1, 1, 3), np.uint8)


def _steps_seen(model: StepwiseModel, request: LookRequest, commands: CommandQueue) -> Generator[Event, None, Insight]:
    """An insight whose ``found`` has for each recipe the tuple of its steps; on the way what the newest picture is
    taken for comes as samples, step by step."""
    found = []
    yield from model.remarks(request.recipes)
    for recipe in request.recipes:
        steps: list[SeenStep] = []
        for step in model.seen_steps(recipe, words=request.what == "words"):
            obey(commands)
            steps.append(step)
            yield Samples(model.step, np.stack([one.clean for one in steps]), kind="forming")
            yield Progress(text("Taking noise away"), len(steps), _steps_of(recipe))
        found.append(tuple(steps))
    return Insight(request.what, model.step, tuple(found))


def _steps_of(recipe: Recipe) -> int | None:
    """How many steps a picture takes, where that is known at once."""
    denoising = recipe.denoising or Denoising()
    return denoising.sampler_steps if denoising.begin is None else None


def answer(model: JudgingModel, request: AskRequest) -> Answer:
    """Probabilities for the request's picture, and which places speak for what its ``heat`` names.

    Raises:
        UsageError: it is no picture that can be read, or the model does not know the label or value.
    """
    try:
        seen_HWC = prepare_bytes(request.picture, model.settings, model.choices)
    except BrokenPicture as error:
        raise UsageError("The picture {reason}.", reason=str(error)) from error
    found = named_probabilities(model, seen_HWC[None])[0]
    heat_HW = None
    if request.heat:
        label, _, value = request.heat.partition("=")
        heat_HW = model.grad_cam(seen_HWC[None], label, value)[0]
    return Answer(found, heat_HW, model.step, seen_HWC)


def named_probabilities(model: JudgingModel, x_NHWC: np.ndarray) -> list[dict[str, dict[str, float]]]:
    """For each picture label -> value -> probability."""
    found = {label: shares.tolist() for label, shares in model.probabilities(x_NHWC).items()}
    return [
        {label: dict(zip(model.labels[label], rows[i], strict=True)) for label, rows in found.items()}
        for i in range(len(x_NHWC))
    ]


def _cut(work: Generator[Progress, None, Found], commands: CommandQueue) -> Generator[Event, None, Found]:
    """Let progress pass and stop between two pieces."""
    try:
        while True:
            try:
                progress = next(work)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            obey(commands)
            yield progress
    finally:
        work.close()


def obey(commands: CommandQueue) -> None:
    """Raise Stopped where a stop was asked for."""
    if commands.stop_requested:
        raise Stopped
