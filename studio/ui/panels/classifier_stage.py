"""What a classifier shows while it trains: fixed validation pictures with what it says, and what it takes for what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.ui.panels.label_chooser import LabelChooser
from studio.ui.panels.stage import PictureStage
from studio.ui.text import Label
from studio.ui.widgets.confusion_matrix import ConfusionMatrix, percent
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.sample_grid import Choosing


class ClassifierStage(PictureStage):
    """Pictures at the left, wrong ones marked; the confusion matrix of the chosen label at the right."""

    choosing: Choosing = "single"

    def build(self) -> None:
        """See the class."""
        self._notes: Mapping[str, Any] = {}
        self._wanted = ""
        self.chooser = LabelChooser()
        self.chooser.picked.connect(self._on_label)
        self.matrix = ConfusionMatrix()
        self.matrix.setObjectName("confusionMatrix")
        self.matrix.setAccessibleName(self.tr("What is taken for what"))
        self._cell = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        self._cell.setObjectName("confusionCell")
        self.matrix.told.connect(self._cell.setText)
        self._line = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        self._line.setObjectName("predictionLine")
        for label in (self._cell, self._line):
            label.setFixedHeight(label.fontMetrics().height() + 2)
        self.grid.hovered.connect(self._say)
        self.grid.current_changed.connect(self._say)
        self._lay_out()

    def _lay_out(self) -> None:
        pictures = QWidget()
        left = dense(QVBoxLayout(pictures), gap=4)
        left.addWidget(self.grid, 1)
        left.addWidget(self._line)
        self._card = Frame("card", padding=12, gap=6)
        self._card.setObjectName("confusionCard")
        head = dense(QHBoxLayout(), gap=10)
        head.addWidget(Label(self.tr("Confusion matrix"), role="strong", elide=Qt.TextElideMode.ElideRight), 1)
        head.addWidget(self.chooser)
        self._card.body.addLayout(head)
        self._card.add(self.matrix, 1)
        self._card.add(self._cell)
        row = dense(QHBoxLayout(self), gap=16)
        row.addWidget(pictures, 5)
        row.addWidget(self._card, 4)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def show_data(self, items: Sequence[Any]) -> None:
        self._notes = {}
        self._card.hide()
        self._line.hide()
        self.grid.set_marks(())
        super().show_data(items)

    def show_samples(self, pictures: np.ndarray | Sequence[Any], notes: Mapping[str, Any]) -> None:
        self._card.show()
        self._line.show()
        self._notes = notes
        values = notes.get("values")
        self.chooser.set_names(tuple(values) if isinstance(values, Mapping) else ())
        self.chooser.set_value(self._wanted)
        self.grid.set_pictures(pictures)
        self._show_label()

    def forget(self) -> None:
        super().forget()
        self._notes = {}
        self.grid.set_marks(())
        self.chooser.set_names(())
        self.matrix.clear()
        self._say(-1)

    def label(self) -> str:
        """The label looked at."""
        return self.chooser.value()

    def _show_label(self) -> None:
        label = self.label()
        values = _mapping(self._notes.get("values")).get(label, ())
        counts = _mapping(self._notes.get("confusion")).get(label)
        self.matrix.set_counts(np.array(counts if counts is not None else np.zeros((0, 0))), tuple(map(str, values)))
        said = [self._said(at, label) for at in range(self.grid.count())]
        self.grid.set_captions([value for _, value, _ in said] if any(value for _, value, _ in said) else [])
        self.grid.set_marks(at for at, (true, value, _) in enumerate(said) if true and value and true != value)
        self._say(self.grid.current())

    def _said(self, at: int, label: str) -> tuple[str, str, float]:
        """Truth, prediction and its probability for a picture; empty words where they are not noted."""
        truths, found = self._notes.get("labels"), self._notes.get("predicted")
        truth = _at(truths, at).get(label)
        prediction = _mapping(_at(found, at).get(label))
        probability = prediction.get("probability", 0.0)
        sure = float(probability) if isinstance(probability, int | float) else 0.0
        return str(truth or ""), str(prediction.get("value", "")), sure

    def _say(self, at: int) -> None:
        """The picture pointed at, else the chosen one, else how many are right."""
        place = at if at >= 0 else self.grid.current()
        if not 0 <= place < self.grid.count() or not self._notes:
            self._line.setText(self._count_words())
            return
        true, value, sure = self._said(place, self.label())
        if not true:
            words = self.tr("without a label; it says {1} ({2})")
        else:
            words = self.tr("{0}: it says so ({2})") if true == value else self.tr("{0}: it says {1} ({2})")
        self._line.setText(words.format(true, value, percent(sure)) if value else true)
        self.grid.setAccessibleDescription(self._line.text())

    def _count_words(self) -> str:
        said = [self._said(at, self.label()) for at in range(self.grid.count())] if self._notes else []
        known = [(true, value) for true, value, _ in said if true and value]
        if not known:
            return ""
        right = sum(true == value for true, value in known)
        return self.tr("{0} of these {1} pictures right").format(right, len(known))

    def _on_label(self, label: str) -> None:
        self._wanted = label
        self._show_label()
        self.state_changed.emit()

    def state(self) -> dict[str, Any]:
        return {"label": self._wanted}

    def restore(self, state: object) -> None:
        wanted = state.get("label") if isinstance(state, dict) else None
        self._wanted = wanted if isinstance(wanted, str) else ""
        self.chooser.set_value(self._wanted)
        if self._notes:
            self._show_label()


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _at(values: object, place: int) -> Mapping[str, Any]:
    return _mapping(values[place]) if isinstance(values, list | tuple) and place < len(values) else {}
