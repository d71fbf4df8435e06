"""Pictures of one of a run's two sides, drawn by chance from the data sets that it learned from."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject

from studio.config.cyclegan import parse_split
from studio.config.requests import Direction
from studio.jobs.browsing import ReadBytes, ReadContents
from studio.ui.panels.cyclegan_edit_settings import config_of
from studio.ui.text import count_text
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.projects.datasets import DataSetRecord
    from studio.ui.panels.trained_run import TrainedRun
    from studio.ui.session import Session

OnPicture = Callable[[bytes, str], None]
"""The bytes of a picture's file, and what it is called."""


class SidePictures(QObject):
    """Reads in another thread; what goes wrong is said in a toast. ``key`` keeps several askers apart."""

    def __init__(self, session: Session, key: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._key = session, key
        self._places: dict[tuple[str, str], np.ndarray] = {}

    def draw(self, trained: TrainedRun | None, direction: Direction, then: OnPicture) -> bool:
        """Hand over any picture of the side from which a direction leads. False where its data set is gone."""
        side = _side(self._session, trained, direction)
        if side is None:
            return False
        record, value = side
        known = self._places.get((record.folder, value))
        if not value:
            self._read(record, random.SystemRandom().randrange(record.count), then)
        elif known is not None:
            self._read_one(record, known, then)
        else:
            self._find(record, value, then)
        return True

    def forget(self) -> None:
        """Another project, or other labels."""
        self._places.clear()

    def _find(self, record: DataSetRecord, value: str, then: OnPicture) -> None:
        def on_contents(answer: Any) -> None:
            if not answer.done:
                return
            if answer.error is not None:
                self._session.toast(spoken(answer.error), severity="warning")
                return
            label, _, wanted = value.partition("=")
            found = answer.result.labels.get(label)
            at = found.values.index(wanted) if found is not None and wanted in found.values else -2
            places = np.flatnonzero(found.codes == at) if found is not None else np.zeros(0, np.int64)
            self._places[record.folder, value] = places
            self._read_one(record, places, then)

        self._session.browse(f"{self._key}.contents", ReadContents(folder=record.folder), on_contents)

    def _read_one(self, record: DataSetRecord, places: np.ndarray, then: OnPicture) -> None:
        if len(places):
            self._read(record, int(places[random.SystemRandom().randrange(len(places))]), then)
        else:
            self._session.toast(self.tr("{0} has no picture of this side any more.").format(record.name))

    def _read(self, record: DataSetRecord, position: int, then: OnPicture) -> None:
        name = self.tr("picture {0} of {1}").format(count_text(position + 1), record.name)

        def on_read(answer: Any) -> None:
            if answer.done and answer.error is not None:
                self._session.toast(spoken(answer.error), severity="warning")
            elif answer.done:
                then(answer.result, name)

        self._session.browse(f"{self._key}.picture", ReadBytes(folder=record.folder, position=position), on_read)


def _side(session: Session, trained: TrainedRun | None, direction: Direction) -> tuple[DataSetRecord, str] | None:
    """The data set of a side, and ``label=value`` where a label splits it."""
    config = config_of(trained)
    if trained is None or config is None:
        return None
    from_b = direction == "b2a"
    name = config.other_dataset if from_b and config.other_dataset else trained.dataset
    record = session.lists.dataset(name)
    if record is None or not record.count:
        return None
    if config.other_dataset or not config.split:
        return record, ""
    split = parse_split(config.split)
    return record, f"{split.label}={split.b if from_b else split.a}"
