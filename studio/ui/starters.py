"""The starters on Home: from nothing to a model that visibly learns, on embedded data, with one click."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QObject, QTimer

from studio.families import FAMILIES
from studio.ground.events import Ended, Event
from studio.ui.pages import page_of_family
from studio.ui.persistence import default_projects_folder
from studio.ui.session import Session

if TYPE_CHECKING:
    from studio.config.requests import BuiltinRequest

DATASET = "Portraits"
WORLD = "World"
BILINGUAL = "English-French"
_RETRY_MS = 200


@dataclass(frozen=True, slots=True)
class Starter:
    """One card: ``family`` decides whether it works already; ``dataset`` is what it learns, made by the program."""

    id: str
    family: str
    icon: str
    title: str
    sentence: str
    time: str
    dataset: str = DATASET

    @property
    def works(self) -> bool:
        """Whether this version has the family."""
        return self.family in FAMILIES


def _t(words: str) -> str:
    return str(QT_TRANSLATE_NOOP("Starters", words))


def translated(words: str) -> str:
    """A text of a starter in the user's language."""
    return QCoreApplication.translate("Starters", words)


STARTERS: tuple[Starter, ...] = (
    Starter(
        "faces",
        "gan",
        "gan",
        _t("Faces that never were"),
        _t("A GAN learns to draw portraits from 4 000 drawn ones. Watch faces appear, then walk between them."),
        _t("first faces in about a minute"),
    ),
    Starter(
        "labels",
        "classifier",
        "classifier",
        _t("Hair, glasses, smile?"),
        _t("A classifier learns to tell what a portrait shows. Then draw glasses on a face and see what it says."),
        _t("two minutes"),
    ),
    Starter(
        "words",
        "diffusion",
        "diffusion",
        _t("Pictures from words"),
        _t("A diffusion model turns noise into the portrait that you describe."),
        _t("ten minutes"),
    ),
    Starter(
        "hair",
        "cyclegan",
        "cyclegan",
        _t("Another hair colour"),
        _t("A CycleGAN learns to change one thing and to leave the rest."),
        _t("ten minutes"),
    ),
    Starter(
        "stories",
        "language",
        "chat",
        _t("A valley to talk about"),
        _t("A Transformer gets to know a valley and its people. Then ask it about them, or tell it a story."),
        _t("five minutes"),
        WORLD,
    ),
    Starter(
        "translate",
        "translation",
        "translate",
        _t("A small translator"),
        _t("A Transformer learns to translate English into French and shows which word looks at which."),
        _t("ten minutes"),
        BILINGUAL,
    ),
)


def embedded(name: str) -> BuiltinRequest:
    """The request that makes the data set of a starter as it is meant to be begun with."""
    from studio.config.builtin import Bilingual, Portraits, World
    from studio.config.requests import BuiltinRequest

    made = {WORLD: World(), BILINGUAL: Bilingual()}
    return BuiltinRequest(what=made.get(name, Portraits()), name=name)


def free_folder(folder: Path, name: str) -> Path:
    """A path in ``folder`` that is not taken: name, name 2, name 3, …"""
    path, number = folder / name, 1
    while path.exists():
        number += 1
        path = folder / f"{name} {number}"
    return path


def find_starter(starter_id: str) -> Starter:
    """The starter of an id; the first where there is none of it."""
    return next((starter for starter in STARTERS if starter.id == starter_id), STARTERS[0])


class FirstTraining(QObject):
    """Makes a starter's data set in the open project, then trains its family on it with the quick preset."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._starter = STARTERS[0]
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._train_when_ready)

    def begin(self, starter: Starter) -> None:
        """Go: show the panel at once, make the data set if it is not there yet, train."""
        self._starter, name = starter, starter.dataset
        self._session.go(page_of_family(starter.family), tab="train", run="", dataset=name)
        if self._session.lists.dataset(name) is not None:
            self._train_when_ready()
            return
        title = self.tr("Drawing {0}") if name == DATASET else self.tr("Writing {0}")
        self._session.start(embedded(name), self._on_event, title=title.format(name))

    def _on_event(self, event: Event) -> None:
        if isinstance(event, Ended) and event.status == "finished":
            self._session.select(self._starter.family, dataset=self._starter.dataset, run="")
            self._train_when_ready()

    def _train_when_ready(self) -> None:
        """Presets depend on the device, which is known once PyTorch is loaded."""
        if self._session.closing or self._session.project is None:
            return
        if self._session.engine.state in ("waiting", "loading"):
            self._session.engine.load()
            self._timer.start(_RETRY_MS)
            return
        from studio.config.registry import preset
        from studio.config.requests import TrainRequest

        family, dataset = self._starter.family, self._starter.dataset
        facts = self._session.facts_for(family, dataset)
        if facts is not None:
            config = preset(family, facts, self._session.device_facts(), "quick")
            device = self._session.preferences.device
            request = TrainRequest(
                family=family, dataset=dataset, config=config.model_dump(), dial="quick", device=device
            )
            with self._session.reporting(self.tr("Starting the run")):
                self._session.train(request)


def place_for(session: Session, name: str) -> Path:
    """Where the project of a starter is made."""
    return free_folder(default_projects_folder(session.preferences), name)
