"""Which checkpoint of a run a request means, and the model that it holds."""

from __future__ import annotations

from studio.config.registry import best_by
from studio.config.requests import CheckpointName
from studio.ground.errors import DamagedError, Text, UsageError, text
from studio.ground.files import verify_manifest
from studio.measures.registry import find_measure
from studio.projects.run import Run
from studio.training.checkpoints import Checkpoints, Point

BEST_BY = "best:"


def choose_point(run: Run, name: CheckpointName) -> tuple[Point, tuple[Text, ...]]:
    """The checkpoint that ``last``, ``best``, ``best:MEASURE`` or a step stands for; with sentences about damaged ones.

    Raises:
        UsageError: there is none yet, or none of that step (names the kept ones), or it was never measured so.
        DamagedError: the one asked for by its step is damaged, or all are.
    """
    points = kept_points(run)
    if not points:
        raise UsageError("The run {run} has no checkpoint yet; train it first.", run=run.name)
    if name == "last":
        return _first_whole(run, points, [])
    if name == "best":
        return _best_whole(run, points)
    if name.startswith(BEST_BY):
        return _best_by(run, points, name.removeprefix(BEST_BY))
    wanted = [point for point in points if point.step == int(name)]
    if not wanted:
        steps = ", ".join(str(step) for step in sorted({point.step for point in points}))
        raise UsageError(
            "The run {run} keeps no checkpoint of step {step}; it keeps: {steps}.", run=run.name, step=name, steps=steps
        )
    return _first_whole(run, wanted, [])


def _best_by(run: Run, points: list[Point], name: str) -> tuple[Point, tuple[Text, ...]]:
    """The best of the kept checkpoints by the stored numbers of a measure; of damaged ones the next."""
    measure = find_measure(name)
    ranked = run.measures.ranked(name, {point.step for point in points})
    if not ranked:
        raise UsageError(
            "No kept checkpoint of {run} was measured by {measure}; measure them first: "
            "studio evaluate PROJECT {run} --checkpoint all --measure {measure}",
            run=run.name, measure=measure.name,
        )  # fmt: skip
    by_step = {point.step: point for point in reversed(points)}
    return _first_whole(run, [by_step[step] for step in ranked], [])


def kept_points(run: Run) -> list[Point]:
    """All checkpoints of a run, the newest first; of one step the model point before the resume point."""
    checkpoints = Checkpoints(run.checkpoints_folder)
    both = [*checkpoints.points("model"), *checkpoints.points("resume")]
    return sorted(both, key=lambda point: (-point.step, point.kind))


def _best_whole(run: Run, points: list[Point]) -> tuple[Point, tuple[Text, ...]]:
    """The best of those that are whole, else the newest. One whose measure cannot be read may have been the best."""
    checkpoints = Checkpoints(run.checkpoints_folder, best_by(run.family))
    skipped = []
    for point in checkpoints.points("model"):
        try:
            point.facts()
        except (DamagedError, OSError) as error:
            skipped.append(_is_damaged(point, error))
    ranked = checkpoints.ranked()
    others = [point for point in points if point not in ranked]
    return _first_whole(run, [*ranked, *others], skipped)


def _first_whole(run: Run, points: list[Point], skipped: list[Text]) -> tuple[Point, tuple[Text, ...]]:
    for point in points:
        try:
            verify_manifest(point.path)
            return point, tuple(dict.fromkeys(skipped))
        except DamagedError as error:
            skipped.append(_is_damaged(point, error))
    raise DamagedError(
        "All checkpoints of the run {run} that may be meant are damaged: {reason}",
        run=run.name,
        reason=str(skipped[0]),
    )


def _is_damaged(point: Point, error: Exception) -> Text:
    reason = str(error) if isinstance(error, DamagedError) else "its facts cannot be read."
    return text("The checkpoint of step {step} is damaged: {reason}", step=point.step, reason=reason)
