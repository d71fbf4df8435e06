"""What every job opens first: the project, read-only, and the pictures or texts of a data set."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

from studio.config.base import get_value
from studio.config.data import Choices, PrepareSettings
from studio.config.registry import must_learn_from
from studio.config.texts import PrepareTexts
from studio.config.training import TrainingSettings
from studio.data.joined import JoinedPictures, TrainingPictures
from studio.data.prepared import PreparedPictures
from studio.data.prepared_texts import PreparedTexts
from studio.data.preparing import prepare
from studio.data.preparing_texts import prepare_texts
from studio.data.store import PictureStore
from studio.data.texts.store import TextStore
from studio.ground.errors import DamagedError
from studio.ground.events import Event
from studio.ground.files import read_json
from studio.jobs.nesting import nested
from studio.jobs.steering import CommandQueue
from studio.projects.project import Project
from studio.projects.run import Run

TrainingData = TrainingPictures | PreparedTexts
"""What a run learns from."""


def open_project(path: Path) -> Project:
    """The project for reading; jobs write nothing into its database."""
    return Project.open(path, write=False)


def open_store(project: Project, dataset: str) -> PictureStore:
    """The imported pictures of a data set. Raises UsageError with the nearest names where there is none."""
    return PictureStore(project.datasets.folder(dataset))


def open_texts(project: Project, dataset: str) -> TextStore:
    """The imported texts of a data set. Raises UsageError with the nearest names where there is none."""
    return TextStore(project.datasets.folder(dataset))


def kind_of(project: Project, dataset: str) -> str:
    """What a data set holds. Raises UsageError with the nearest names where there is none."""
    return project.datasets.get(dataset).kind


def must_suit(project: Project, family: str, dataset: str) -> None:
    """Raises UsageError where there is no such data set, or a family learns from another kind of data."""
    must_learn_from(family, kind_of(project, dataset), dataset)


def data_of_run(
    project: Project,
    run: Run,
    commands: CommandQueue,
    *,
    config: TrainingSettings | None = None,
    texts: PrepareTexts | None = None,
) -> Generator[Event, None, TrainingData]:
    """The pictures or texts that a run trains on, by its family; see :func:`training_data`.

    Raises:
        UsageError: its data set is of another kind.
    """
    config = config or run.config()
    if kind_of(project, run.dataset) == "pictures":
        must_suit(project, run.family, run.dataset)
        return (yield from pictures_of_run(project, run, commands, config=config))
    return (yield from training_data(project, run.family, run.dataset, config, commands, texts=texts))


def training_data(
    project: Project,
    family: str,
    dataset: str,
    config: TrainingSettings,
    commands: CommandQueue,
    *,
    texts: PrepareTexts | None = None,
) -> Generator[Event, None, TrainingData]:
    """The pictures or texts that a config trains on.

    Args:
        texts: how texts become tokens, where more is known of that than the config says: inherited tokens need it.

    Raises:
        UsageError: the family does not learn from this kind of data.
    """
    must_suit(project, family, dataset)
    if kind_of(project, dataset) == "pictures":
        return (yield from training_pictures(project, dataset, config, commands))
    settings = texts or PrepareTexts.model_validate(config.model_dump(include={"tokens"}))
    return (yield from prepared_texts(project, dataset, settings, commands))


def prepared_texts(
    project: Project, dataset: str, settings: PrepareTexts, commands: CommandQueue, *, choices: Choices | None = None
) -> Generator[Event, None, PreparedTexts]:
    """The texts of a data set as tokens, prepared now if they are not yet; ``choices`` default to the data set's.

    Raises:
        Stopped, InnerFailure: it did not come to its end.
    """
    chosen = choices if choices is not None else project.datasets.get(dataset).choices
    with open_texts(project, dataset) as store:
        work = prepare_texts(store, project.cache_folder, settings, chosen, stop=commands.stopping)
        found: PreparedTexts = yield from nested(work, announced=False)
    return found


def prepared_pictures(
    project: Project, dataset: str, settings: PrepareSettings, commands: CommandQueue, *, choices: Choices | None = None
) -> Generator[Event, None, PreparedPictures]:
    """The pictures of a data set at a size, prepared now if they are not yet; ``choices`` default to the data set's.

    Raises:
        Stopped, InnerFailure: it did not come to its end.
    """
    chosen = choices if choices is not None else project.datasets.get(dataset).choices
    with open_store(project, dataset) as store:
        work = prepare(store, project.cache_folder, settings, chosen, stop=commands.stopping)
        found: PreparedPictures = yield from nested(work, announced=False)
    return found


def training_pictures(
    project: Project, dataset: str, config: TrainingSettings, commands: CommandQueue
) -> Generator[Event, None, TrainingPictures]:
    """The pictures that a config trains on: those of a data set, joined with those of the second one if it has one."""
    settings, second = picture_settings(config), config.second_dataset
    first = yield from prepared_pictures(project, dataset, settings, commands)
    if not second:
        return first
    try:
        other = yield from prepared_pictures(project, second, settings, commands)
        return JoinedPictures(first, other, (dataset, second))
    except BaseException:
        first.close()
        raise


def pictures_of_run(
    project: Project, run: Run, commands: CommandQueue, *, config: TrainingSettings | None = None
) -> Generator[Event, None, TrainingPictures]:
    """The pictures that a run trains on, divided as it began with them; ``config`` defaults to the run's own."""
    data = yield from training_pictures(project, run.dataset, config or run.config(), commands)
    fingerprint = known_fingerprint(run)
    if fingerprint is not None:
        data.follow(fingerprint)
    return data


def known_fingerprint(run: Run) -> str | None:
    """With which data the run began, as its newest readable checkpoint says. Read without torch."""
    for found in sorted(run.checkpoints(), key=lambda checkpoint: -checkpoint.step):
        try:
            return str(read_json(found.path / "state.json")["fingerprint"])
        except (DamagedError, OSError, KeyError):
            continue  # restoring names it and passes it over; an older one knows the data as well
    return None


def picture_settings(config: TrainingSettings) -> PrepareSettings:
    """At which size and with how many channels a run wants its pictures."""
    height, width = config.picture_shape
    other = {"height": height} if height != width else {}
    return PrepareSettings(size=width, channels=get_value(config, "channels"), **other)
