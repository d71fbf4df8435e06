"""What a denoiser shows while it trains: samples with the words they follow, and its loss at each noise level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.ui.panels.stage import PictureStage
from studio.ui.text import Label, plain_tooltip
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.noise_plot import NoiseLevel, NoisePlot

_CAPTION_LINES = 2
_CAPTIONED_FROM = 96  # pixels; below narrower pictures no words would be read


class DiffusionStage(PictureStage):
    """Samples at the left, each above its words; at the right the loss by noise level, beside that at the beginning."""

    def build(self) -> None:
        """See the class."""
        self._told: list[str] = []
        self._pictures: np.ndarray | None = None
        self.plot = NoisePlot()
        self.plot.setObjectName("noisePlot")
        self.plot.setAccessibleName(self.tr("Loss by noise level"))
        self._level = _line("noiseLevelLine")
        self.plot.told.connect(self._say_level)
        self._line = _line("captionLine")
        self.grid.hovered.connect(self._say)
        self.grid.current_changed.connect(self._say)
        self._lay_out()

    def _lay_out(self) -> None:
        pictures = QWidget()
        left = dense(QVBoxLayout(pictures), gap=4)
        left.addWidget(self.grid, 1)
        left.addWidget(self._line)
        self._card = Frame("card", padding=12, gap=6)
        self._card.setObjectName("noiseCard")
        title = Label(self.tr("Loss by noise level"), role="strong", elide=Qt.TextElideMode.ElideRight)
        tip = self.tr("How wrong its answers are for pictures it never learns from, always in the same noise.")
        plain_tooltip(title, tip)
        self._card.add(title)
        self._card.add(self.plot, 1)
        self._card.add(self._level)
        row = dense(QHBoxLayout(self), gap=16)
        row.addWidget(pictures, 5)
        row.addWidget(self._card, 3)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def show_data(self, items: Sequence[Any]) -> None:
        self._told, self._pictures = [], None
        self._card.hide()
        self._line.hide()
        super().show_data(items)

    def show_beginning(self, notes: Mapping[str, Any]) -> None:
        self.plot.set_before([level.loss for level in levels_of(notes)])
        self._say_level("")

    def show_samples(self, pictures: np.ndarray | Sequence[Any], notes: Mapping[str, Any]) -> None:
        self._card.show()
        self._line.show()
        self._pictures = pictures if isinstance(pictures, np.ndarray) else None
        self._told = words_of(notes, len(pictures))
        self.grid.set_pictures(pictures)
        told = self._told if any(self._told) else []
        self.grid.set_captions(told, lines=_CAPTION_LINES, least=_CAPTIONED_FROM)
        self.plot.set_levels(levels_of(notes))
        self._say(self.grid.current())

    def forget(self) -> None:
        super().forget()
        self._told, self._pictures = [], None
        self.plot.set_levels(())
        self.plot.set_before(())
        self._say(-1)

    def _say(self, at: int) -> None:
        """The words of the picture pointed at, else of the chosen one; it is also the one that drowns."""
        place = at if at >= 0 else self.grid.current()
        known = 0 <= place < self.grid.count()
        words = self._told[place] if known and place < len(self._told) else ""
        if not words and any(self._told):
            words = self.tr("each follows the words of a picture of the data set: point at one to read them")
        self._line.setText(words)
        self.grid.setAccessibleDescription(words)
        shown = self._pictures
        self.plot.set_picture(shown[place if known else 0] if shown is not None and len(shown) else None)


    def _say_level(self, words: str) -> None:
        """The level pointed at, else which curve is which."""
        known = bool(self.plot.levels())
        self._level.setText(words or (self.tr("strong: at this step · faint: at the first") if known else ""))


def words_of(notes: Mapping[str, Any], count: int) -> list[str]:
    """What each of `count` samples was told: its caption, or its labels; empty where nothing was noted."""
    captions, labels = _list(notes.get("captions")), _list(notes.get("labels"))
    found = []
    for at in range(count):
        caption = str(captions[at]) if at < len(captions) else ""
        values = labels[at] if at < len(labels) and isinstance(labels[at], Mapping) else {}
        found.append(caption or " · ".join(f"{name}: {value}" for name, value in values.items()))
    return found


def levels_of(notes: Mapping[str, Any]) -> list[NoiseLevel]:
    """The noted losses by noise level; empty where they are missing or odd."""
    noted = notes.get("loss_by_noise")
    parts = noted if isinstance(noted, Mapping) else {}
    times, losses = _list(parts.get("times")), _list(parts.get("losses"))
    kept = _list(parts.get("picture")) or [1 - time for time in times]
    noise = _list(parts.get("noise")) or times
    try:
        return [NoiseLevel(*map(float, level)) for level in zip(losses, kept, noise, strict=True)]
    except (TypeError, ValueError):
        return []


def _list(value: object) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def _line(name: str) -> Label:
    label = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
    label.setObjectName(name)
    label.setFixedHeight(label.fontMetrics().height() + 2)
    return label
