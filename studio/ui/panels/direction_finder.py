"""Sliders for attributes: towards the labels that a generator knows, and along directions found for the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from studio.config.requests import LookRequest
from studio.ui.panels.attribute_sliders import Attribute
from studio.ui.panels.create_controls import CreateControls
from studio.ui.panels.maker import Maker
from studio.ui.panels.sheet import TOLD_MOST
from studio.ui.panels.trained_run import FoundDirection, found_directions
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.session import Session

_KEY = "directions"
_WEAK_ACCURACY, _WEAK_REACH = 0.65, 0.1
_FOUND_MOST = 4.0  # deviations
_NAMED = 4


class DirectionFinder(QObject):
    """Fills the attribute part of the controls, and finds directions when asked. `found`: there are new ones."""

    found = Signal()

    def __init__(self, session: Session, maker: Maker, form: CreateControls, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._maker, self._form = session, maker, form
        form.directions_asked.connect(self.find)
        form.cancel_asked.connect(self.cancel)
        maker.working.connect(self._on_working)
        maker.ended.connect(self._on_ended)

    def find(self) -> None:
        """Look for the directions of the labels that the generator was never told."""
        model = self._maker.model
        if model is None:
            return
        device = self._session.preferences.device
        request = LookRequest(what="directions", run=model.run, checkpoint=model.checkpoint, device=device)
        self._form.busy.set_progress(self.tr("Finding directions"))
        self._maker.look(_KEY, request, self._on_found)
        self.show()

    def cancel(self) -> None:
        """Look no further."""
        self._maker.forget(_KEY)
        self._form.busy.finish()
        self.show()

    def show(self) -> None:
        """Bring the sliders up to date with the chosen checkpoint."""
        trained, model = self._maker.trained, self._maker.model
        if trained is None or model is None:
            self._maker.directions = ()
            self._form.set_attributes((), words=self.tr("Sliders for attributes come with a trained run."))
            return
        found = found_directions(trained, int(model.checkpoint))
        self._maker.directions = tuple(f"{one.label}={one.value}" for one in found)
        told = [
            Attribute(name, value, 0.0, TOLD_MOST, self._told_tip(value))
            for name, values in trained.labels.items()
            for value in values
        ]
        why_not = self.tr("They are being looked for now.") if self._maker.is_open(_KEY) else ""
        words, can_find = self._words(bool(found))
        self._form.set_attributes(
            [*told, *map(self._attribute, found)], words=words, can_find=can_find, why_not=why_not
        )

    def _told_tip(self, value: str) -> str:
        return self.tr("From the picture's own value (0) to {0} (1), and a little beyond.").format(value)

    def _attribute(self, found: FoundDirection) -> Attribute:
        weak = found.accuracy < _WEAK_ACCURACY or found.reach < _WEAK_REACH
        tip = self.tr("Tells {0} % of real pictures right, and explains {1} % of what it sees in generated ones.")
        tip = tip.format(round(100 * found.accuracy), round(100 * found.reach))
        if weak:
            tip += " " + self.tr("Too little to expect much of this slider.")
        return Attribute(found.label, found.value, -_FOUND_MOST, _FOUND_MOST, tip, weak)

    def _words(self, found: bool) -> tuple[str, str]:
        """The sentence under the sliders, and the words of the button that finds directions (empty: no button)."""
        trained = self._maker.trained
        if trained is None or not trained.findable:
            none = trained is not None and not trained.labels
            return (self.tr("The data set has no labels, so there are no attributes to steer.") if none else "", "")
        if found:
            return "", ""
        names = ", ".join(list(trained.findable)[:_NAMED])
        names += self.tr(" and more") if len(trained.findable) > _NAMED else ""
        words = self.tr("The generator was not told {0}. Directions for these can be found from the labels.")
        return words.format(names), self.tr("Find directions")

    def _on_found(self, insight: Any) -> None:
        self.show()
        self.found.emit()

    def _on_working(self, key: str, progress: Any) -> None:
        if key == _KEY and progress is not None:
            self._form.busy.set_progress(spoken(progress.what), progress.done, progress.total)

    def _on_ended(self, key: str, finished: bool) -> None:
        if key == _KEY:
            self._form.busy.finish()
            self.show()
