"""What the tests of the CycleGAN panel share: a project with a run of it, and a translator that inverts by numbers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from studio.config.cyclegan import Contrastive, Cycle, CycleganConfig
from studio.config.requests import AskRequest, EditFilesRequest, EditRequest, RoundTripRequest, TrainRequest
from studio.data.decoding import SUFFIXES, BrokenPicture, open_picture, plain
from studio.data.originals import read_original
from studio.generation.models import RoundTrip
from studio.ground.errors import UsageError, text
from studio.ground.events import Ended, Event, Progress
from studio.ground.files import write_json
from studio.jobs.edits import Edited, EditReport, EditRow
from studio.jobs.judgements import Answer
from studio.jobs.steering import CommandQueue
from studio.projects.project import Project
from studio.projects.run import Run
from tests.ui.panels.judged import told

COLUMNS = ("real", "translated", "back", "identity")
STEPS = (0, 10, 40)
SPLIT = "hair=black:blond"


def add_run(
    project: Project, dataset: str, *, state: str = "finished", step: int = 40, total: int = 40, one_way: bool = False
) -> Run:
    """A run with curves, samples with their notes, and checkpoints that hold no weights."""
    mode = Contrastive() if one_way else Cycle()
    config = CycleganConfig(steps=total, seed=3, split=SPLIT, picture_size=16, mode=mode)
    request = TrainRequest(family="cyclegan", dataset=dataset, config=config.model_dump(mode="json"), dial="quick")
    run = project.runs.new("cyclegan", dataset, config, request)
    names = ("a2b_loss", "b2a_loss", "cycle_a", "cycle_b", "identity_a", "identity_b",
             "discriminator_a_loss", "discriminator_b_loss")  # fmt: skip
    for at in range(1, step + 1):
        run.metrics.append(at, 8 * at, dict.fromkeys(names, 1 / at))
    for at in STEPS:
        if at <= step:
            run.samples.write(at, samples(at), items=8 * at, notes=notes())
            add_point(run.folder, at, config)
    run.set_status(state=state, step=step, items=8 * step, total=total, seconds_trained=4.0)
    run.metrics.close()
    return run


def samples(step: int) -> np.ndarray:
    """Four rows of four pictures; the shade tells step and place."""
    count = 4 * len(COLUMNS)
    return np.stack([np.full((8, 8, 3), (step + 10 * at) % 256, np.uint8) for at in range(count)])


def notes() -> dict[str, Any]:
    """What a CycleGAN notes of its samples."""
    return {
        "layout": "rows", "columns": list(COLUMNS), "sides": ["A", "A", "B", "B"], "values": ["black", "blond"],
        "names": ["a.png", "b.png", "c.png", "d.png"],
    }  # fmt: skip


def add_point(run: Path, step: int, config: CycleganConfig) -> None:
    """One more checkpoint, which only the window reads."""
    folder = run / "checkpoints" / f"model-{step:09d}"
    folder.mkdir(parents=True)
    facts = {"step": step, "family": "cyclegan", "config": config.model_dump(mode="json")}
    description = {"sides": ["black", "blond"], "label": "hair", "background": "#ffffff"}
    write_json(folder / "state.json", facts | {"description": description, "measures": {"distance": 1 / (1 + step)}})


def changed(x_HWC: np.ndarray, strength: float, step: int) -> np.ndarray:
    """Inverted, as far as the strength says; a checkpoint of step 0 changes nothing."""
    share = strength * step / STEPS[-1]
    return (x_HWC + share * (255.0 - 2.0 * x_HWC)).round().clip(0, 255).astype(np.uint8)


class TranslatingServer:
    """Stands in for `studio.jobs.serving.ModelServer`. ``asked`` lists the requests."""

    asked: list[Any] = []

    def __init__(self, path: Path) -> None:
        self._path = path

    def close(self) -> None:
        """Nothing is held."""

    def serve(self, request: Any, commands: CommandQueue) -> Iterator[Event]:
        """One answer."""
        type(self).asked.append(request)
        if isinstance(request, AskRequest):
            seen = np.asarray(plain(open_picture(request.picture)).convert("RGB").resize((32, 32)))
            yield Ended("finished", result=Answer(told(request.picture), None, 40, seen))
            return
        try:
            original = read_original(request.picture, "#ffffff")
        except BrokenPicture as error:
            raise UsageError("The picture {reason}.", reason=str(error)) from error
        before, step = original.pixels(3), int(request.checkpoint)
        if isinstance(request, EditRequest):
            after = changed(before, request.editing.strength, step)
            suffix = original.suffix()
            yield Progress(text("Translating"), 1, 2)
            yield Ended("finished", result=Edited(
                before, after, original.alpha, request, request.run, "cyclegan", step,
                original.changed(after, suffix), suffix,
            ))  # fmt: skip
        else:
            yield Ended("finished", result=round_trip(before, request, step))


def round_trip(before: np.ndarray, request: RoundTripRequest, step: int) -> RoundTrip:
    """There and back with an error of 0.1 in the upper half; of six patches four are taken for real."""
    error = np.zeros(before.shape[:2], np.float32)
    error[: len(error) // 2] = 0.1
    scores = np.array([[0.9, 0.8, 0.7], [0.6, 0.1, 0.0]], np.float32)
    return RoundTrip(
        real=before, translated=changed(before, 1.0, step), patches_translated=scores[::-1], threshold=0.5, step=step,
        back=before, identity=before, cycle_error=error, identity_error=error / 2, patches_real=scores,
    )  # fmt: skip


def edit_job(request: EditFilesRequest, path: Path, commands: CommandQueue) -> Iterator[Event]:
    """Edits nothing, but reports on every file; a name with “broken” is left out. Goes on until it is stopped where a
    name has “endless”."""
    files = [f for s in request.sources for f in (sorted(s.rglob("*")) if s.is_dir() else [s])]
    rows: list[EditRow] = []
    for at, file in enumerate(f for f in files if f.suffix in SUFFIXES):
        yield Progress(text("Translating pictures"), at, len(files))
        while "endless" in file.name and not commands.stop_requested:
            commands.wait(0.01)
        if commands.stop_requested:
            yield Ended("stopped", result=EditReport(tuple(rows), request.run, 40))
            return
        error = text("This picture is not a picture that can be read.") if "broken" in file.name else None
        rows.append(EditRow(file.name, None if error else request.out / file.name, 24, 24, error))
    yield Ended("finished", result=EditReport(tuple(rows), request.run, 40))
