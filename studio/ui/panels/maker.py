"""Asks the session for pictures of recipes, with the checkpoint that a panel has chosen, says once what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from studio.config.base import Settings
from studio.config.registry import capabilities
from studio.config.requests import EditRequest, GenerateRequest, Recipe
from studio.ground.events import Progress
from studio.ui.panels.sheet import Model, fitted, fitted_steps, request_from_json
from studio.ui.panels.trained_run import TrainedRun, read_trained
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.session import Session

OnPictures = Callable[[np.ndarray, int], None]
"""Pictures (n, H, W, C) uint8 so far, and how many of them, from the first, stay as they are; others still form."""
OnResult = Callable[[Any], None]


class Maker(QObject):
    """One for each tab. `trained` is the chosen run, `model` its chosen checkpoint; both None where there is none.

    Requests of one key replace one another. `working` tells how far the longest is, `failed` that one gave up. Where
    the request itself was at fault, a dialog says so only while `tells_refusals`.
    """

    model_changed = Signal()
    working = Signal(str, object)
    """Key, and a Progress or None."""
    ended = Signal(str, bool)
    """Key, and whether it was finished."""
    failed = Signal(str, str)
    """Key, and why, as a sentence."""

    def __init__(self, session: Session, family: str, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session, self.family, self._name = session, family, name
        self.trained: TrainedRun | None = None
        self.model: Model | None = None
        self.newer: int | None = None
        self.directions: tuple[str, ...] = ()
        """Directions beyond its labels that the checkpoint knows by now."""
        self._wanted = ("", "")
        self._open: set[str] = set()
        self._said = ""
        self.tells_refusals = True
        self.doing = self.tr("Making pictures")
        """What is being done when a request fails."""

    def refresh(self, *, follow: bool = False) -> None:
        """Look again what is chosen and what is kept of it.

        While a run trains, “last” moves on. Pictures on the screen shall not change by themselves, so the step stays
        until it is asked to `follow` or is no longer kept; `newer` names the one that waits.
        """
        chosen = self.session.selection(self.family)
        wanted = (chosen.run, chosen.checkpoint)
        before = (self.trained, self.model, self.newer)
        self.trained = read_trained(self.session, chosen.run)
        step = self.trained.step_of(chosen.checkpoint) if self.trained is not None and self.trained.usable else None
        held = self._held(step) if wanted == self._wanted and not follow else step
        self.newer = step if held != step else None
        self._wanted = wanted
        self.model = Model(chosen.run, str(held)) if held is not None else None
        if before[1] != self.model:
            self._said = ""
        if before != (self.trained, self.model, self.newer):
            self.model_changed.emit()

    def _held(self, step: int | None) -> int | None:
        """The step in use as long as it is kept, else the one that is meant now."""
        kept = self.trained.steps if self.trained is not None else ()
        return int(self.model.checkpoint) if self.model is not None and int(self.model.checkpoint) in kept else step

    def choose(self, run: str, checkpoint: str) -> None:
        """Choose the model that made a picture; where its checkpoint is no longer kept, the nearest, and say so."""
        self.session.select(self.family, run=run, checkpoint=checkpoint)
        self.refresh()
        trained = self.trained
        if self.model is None and trained is not None and trained.steps and checkpoint.isdigit():
            nearest = min(trained.steps, key=lambda step: abs(step - int(checkpoint)))
            self.session.select(self.family, checkpoint=str(nearest))
            self.refresh()
            words = self.tr("Step {0} is no longer kept; this is made with step {1} and may differ.")
            self.session.toast(words.format(checkpoint, nearest), severity="warning")

    def recalled(self, certificate: Mapping[str, Any]) -> GenerateRequest | None:
        """The request that a picture's certificate holds, where it is one for this family."""
        request = request_from_json(certificate)
        if request is None or not request.recipes or certificate.get("family") not in (None, "", self.family):
            return None
        return request

    def misses(self, request: GenerateRequest | EditRequest) -> bool:
        """Whether the run that made a picture is not in this project; then it is said."""
        if request.run in {info.name for info in self.session.runs()}:
            return False
        words = self.tr("The run {0}, which made this picture, is not in this project.").format(request.run)
        self.session.toast(words, severity="warning")
        return True

    def labels(self) -> Mapping[str, Sequence[str]]:
        """What the model can be told."""
        return self.trained.labels if self.trained is not None else {}

    def known_directions(self) -> tuple[str, ...]:
        """Every direction that a recipe may have: towards values of its labels, and those found."""
        towards = [f"{label}={value}" for label, values in self.labels().items() for value in values]
        return (*towards, *self.directions)

    def fit(self, recipe: Recipe) -> Recipe:
        """What the model can make of a recipe."""
        if "steps" in capabilities(self.family):
            return fitted_steps(
                recipe, self.labels(), words=self.trained is None or self.trained.vocabulary is not None
            )
        return fitted(recipe, self.labels(), self.known_directions())

    def request(self, recipes: Sequence[Recipe], model: Model | None = None) -> GenerateRequest | None:
        """The request for pictures of recipes; None where there is no checkpoint."""
        chosen = model or self.model
        if chosen is None or not recipes:
            return None
        device = self.session.preferences.device
        return GenerateRequest(
            run=chosen.run, checkpoint=chosen.checkpoint, recipes=tuple(map(self.fit, recipes)), device=device
        )

    def ask(
        self,
        key: str,
        recipes: Sequence[Recipe],
        on_pictures: OnPictures,
        *,
        model: Model | None = None,
        on_result: OnResult | None = None,
    ) -> bool:
        """Ask for pictures; they come as they grow, then the result. Says whether there is something to ask for."""
        request = self.request(recipes, model)
        if request is None:
            return False
        self._ask(key, request, on_pictures, on_result)
        return True

    def look(self, key: str, request: Settings, on_result: OnResult, *, on_pictures: OnPictures | None = None) -> None:
        """Ask for something else than pictures; the result comes once, pictures on the way as they grow."""
        self._ask(key, request, on_pictures, on_result)

    def forget(self, key: str) -> None:
        """Nobody wants the answer of a key any more."""
        if key in self._open:
            self._open.discard(key)
            self.session.forget_latest(self._slot(key))

    def forget_all(self) -> None:
        """Let go of everything that was asked for."""
        for key in tuple(self._open):
            self.forget(key)

    def is_open(self, key: str) -> bool:
        """Whether an answer is still to come."""
        return key in self._open

    def is_busy(self) -> bool:
        """Whether any answer is still to come."""
        return bool(self._open)

    def _slot(self, key: str) -> str:
        return f"{self.family}.{self._name}.{key}"

    def _ask(self, key: str, request: Settings, on_pictures: OnPictures | None, on_result: OnResult | None) -> None:
        self._open.add(key)

        def on_answer(answer: Any) -> None:
            self._on_answer(key, answer, on_pictures, on_result)

        self.session.latest(self._slot(key), request, on_answer)

    def _on_answer(self, key: str, answer: Any, on_pictures: OnPictures | None, on_result: OnResult | None) -> None:
        if answer.done:
            self._open.discard(key)
        pictures = answer.pictures
        if on_pictures is not None and isinstance(pictures, np.ndarray) and len(pictures):
            on_pictures(pictures, answer.whole)
        if not answer.done:
            self.working.emit(key, answer.progress if isinstance(answer.progress, Progress) else None)
            return
        if answer.error is not None:
            self._say(answer)
            self.failed.emit(key, spoken(answer.error))
        elif on_result is not None:
            on_result(answer.result)
        self.ended.emit(key, answer.error is None)

    def _say(self, answer: Any) -> None:
        """Report a failure, but not the same one at every movement of a slider."""
        if answer.refused and not self.tells_refusals:
            return
        if str(answer.error) != self._said:
            self._said = str(answer.error)
            self.session.report(answer.error, self.doing, answer.trace)
