"""The training pictures nearest to a generated one: copied, or new?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.config.requests import Recipe
from studio.ui.panels.look_view import LookView, titled
from studio.ui.panels.maker import Maker
from studio.ui.panels.tiles import Tile
from studio.ui.text import Label, number_text
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.sample_grid import SampleGrid

_NEAREST = 6


class NearestView(LookView):
    """A sheet to pick from, and below the picked picture beside its nearest training pictures."""

    key = "nearest"

    def __init__(self, maker: Maker, parent: QWidget | None = None) -> None:
        super().__init__(maker, parent)
        self._pictures = np.zeros((0, 1, 1, 3), np.uint8)
        self._found: Any = None
        self._place = 0
        self.made = SampleGrid(choosing="single")
        self.made.setObjectName("nearestMade")
        self.made.setAccessibleName(self.tr("Generated pictures; pick one"))
        self.made.current_changed.connect(self._on_picked)
        self.tile = Tile(132, focusable=False)
        self.tile.setObjectName("nearestPicked")
        self.tile.setAccessibleName(self.tr("The picked picture"))
        self.near = SampleGrid(choosing="single", tray=False)
        self.near.setObjectName("nearestTraining")
        self.near.setAccessibleName(self.tr("The nearest training pictures"))
        self.near.current_changed.connect(self._on_near)
        self._verdict = Label(role="strong", wrap=True)
        self._verdict.setObjectName("nearestVerdict")
        self._names = Label(role="dim")
        self._names.setObjectName("nearestName")
        self._lay_out()

    def _lay_out(self) -> None:
        made, _ = titled(self.tr("Generated; pick one"), self.made)
        card = Frame("card", padding=14, gap=10)
        row = dense(QHBoxLayout(), gap=20)
        left, _ = titled(self.tr("This picture"), self.tile)
        left.setFixedWidth(150)
        left.layout().addStretch(1)  # type: ignore[union-attr]
        right, _ = titled(self.tr("Its nearest training pictures, with their distances"), self.near)
        row.addWidget(left)
        row.addWidget(right, 1)
        card.add(self._verdict)
        card.body.addLayout(row, 1)
        card.add(self._names)
        card.setFixedHeight(258)
        column = dense(QVBoxLayout(self), gap=12)
        column.addWidget(made, 1)
        column.addWidget(card)

    def state(self) -> dict[str, Any]:
        return {"place": self._place}

    def restore(self, state: dict[str, Any]) -> None:
        place = state.get("place", 0)
        self._place = place if isinstance(place, int) else 0

    def words(self) -> tuple[str, str]:
        explained = self.tr(
            "Each generated picture is compared with every training picture. A model that has learned by heart would "
            "show copies."
        )
        return self.tr("Copied or new?"), explained

    # --- asking ------------------------------------------------------------------------------------------------------

    def show_recipes(self, recipes: Sequence[Recipe]) -> None:
        self.recipes = tuple(recipes)
        self._found = None
        self._show()
        request = self._request("nearest", _NEAREST)
        if request is None:
            return
        self.maker.ask("nearest pictures", self.recipes, self._on_pictures)
        self.maker.look("nearest", request, self._on_found)

    def _on_pictures(self, pictures: np.ndarray, whole: int) -> None:
        self._pictures = pictures
        self.made.set_pictures(pictures)
        self._show()

    def _on_found(self, insight: Any) -> None:
        self._found = insight
        verdicts = [one.verdict for one in insight.found]
        self.made.set_captions([self._word(verdict) for verdict in verdicts])
        words = self.tr("Of {0} pictures {1} are new, {2} come close to a training picture, {3} are near copies.")
        self.said.emit(words.format(len(verdicts), *(verdicts.count(name) for name in ("new", "close", "copy"))))
        self._show()

    # --- showing -----------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        place = min(max(self._place, 0), len(self.recipes) - 1)
        if 0 <= place < len(self._pictures):
            self.tile.set_picture(self._pictures[place])
            self.made.set_selection([place])
        if self._found is None or not 0 <= place < len(self._found.found):
            self.near.clear()
            self.near.set_captions([])
            self._verdict.setText(self.tr("Comparing with every training picture…") if self.recipes else "")
            self._names.setText("")
            return
        neighbours = self._found.found[place]
        self.near.set_captions([number_text(distance, 3) for distance in neighbours.distances])
        self.near.set_pictures(np.stack([self._found.pictures[row] for row in neighbours.rows]))
        self._verdict.setText(self._sentence(neighbours))
        self._on_near(self.near.current())

    def _sentence(self, neighbours: Any) -> str:
        first, usual = neighbours.distances[0], neighbours.usual
        words = self.tr(
            "The closest training picture is {0} away; {1} is usual for a real picture that was never trained on: {2}."
        )
        return words.format(number_text(first, 3), number_text(usual, 3), self._verdict_words(neighbours.verdict))

    def _verdict_words(self, verdict: str) -> str:
        words = {
            "new": self.tr("this picture is new"),
            "close": self.tr("it comes close to one that it has learned from"),
            "copy": self.tr("nearly a copy"),
        }
        return words.get(verdict, verdict)

    def _word(self, verdict: str) -> str:
        return {"new": self.tr("new"), "close": self.tr("close"), "copy": self.tr("copy")}.get(verdict, verdict)

    def _on_picked(self, place: int) -> None:
        if place >= 0:
            self._place = place
            self._show()
            self.changed.emit()

    def _on_near(self, place: int) -> None:
        neighbours = (
            self._found.found[min(self._place, len(self._found.found) - 1)] if self._found is not None else None
        )
        if neighbours is None:
            return
        row = neighbours.rows[max(place, 0)] if max(place, 0) < len(neighbours.rows) else None
        name = self._found.names.get(row, "") if row is not None else ""
        self._names.setText(
            self.tr("{0}: {1}").format(
                self.tr("closest") if place < 1 else self.tr("number {0}").format(place + 1), name
            )
        )
