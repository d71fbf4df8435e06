"""The left column of Train: the preset cards, the form of the run's settings, and what they belong to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.config.base import DIALS
from studio.config.facts import Facts
from studio.projects.datasets import DataSetRecord
from studio.ui.forms import SettingsForm
from studio.ui.panels.description import FamilyDescription
from studio.ui.panels.train_draft import Filled, label_choices, label_settings
from studio.ui.text import Label
from studio.ui.widgets.buttons import Button, icon_button
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.segmented import PresetCards, Segment

NO_TIME = "—"
_CONTROL = 124  # pixels; the longest choice, “Non-saturating”, fits


class TrainControls(QWidget):
    """Shows what a `Filled` says; says what the user chose."""

    dial_chosen = Signal(str)
    changed = Signal()
    live_changed = Signal(str, object)
    renew_asked = Signal()
    start_cleared = Signal()
    start_asked = Signal()
    advanced_toggled = Signal()

    def __init__(self, description: FamilyDescription, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("trainControls")
        self._about = description
        self._make_note()
        self._make_start()
        self._refused = Label(role="error", wrap=True)
        self._refused.setObjectName("dataRefused")
        self._refused.hide()
        caption = Label(self.tr("Preset"), role="dim")
        self.cards = PresetCards(
            [Segment(dial, self._dial_words(dial), NO_TIME, self._dial_tip(dial)) for dial in DIALS]
        )
        self.cards.setObjectName("presetCards")
        self.cards.setAccessibleName(self.tr("Preset"))
        self.cards.value_changed.connect(self.dial_chosen)
        self.block = self._about.block() if self._about.block is not None else None
        elsewhere = self.block.paths if self.block is not None else ()
        self.form = SettingsForm(name="trainForm", control_width=_CONTROL, elsewhere=elsewhere)
        self.form.changed.connect(self.changed)
        self.form.live_changed.connect(self.live_changed)
        self.form.advanced_toggled.connect(self._on_advanced)
        column = dense(QVBoxLayout(self), gap=8)
        for part in (self._note_row, self._start_card, self._refused, caption, self.cards):
            column.addWidget(part)
        column.addSpacing(10)
        if self.block is not None:
            self.block.edited.connect(self.form.set_value)
            column.addWidget(self.block)
            column.addSpacing(10)
        column.addWidget(self.form)
        column.addWidget(self.begin, 0, Qt.AlignmentFlag.AlignLeft)

    def _make_note(self) -> None:
        """Whose settings these are, where they are not a new run's."""
        self._note = Label(role="small", wrap=True)
        self._note.setObjectName("settingsNote")
        self.renew = icon_button("copy", self.tr("New run with these settings"))
        self.renew.setObjectName("renewButton")
        self.renew.clicked.connect(self.renew_asked)
        self._note_row = QWidget()
        row = dense(QHBoxLayout(self._note_row), gap=4)
        row.addWidget(self._note, 1)
        row.addWidget(self.renew)
        self._note_row.hide()

    def _make_start(self) -> None:
        """From which checkpoint a new run starts, where not from fresh weights."""
        self._start = Label(role="small", wrap=True)
        self._start.setObjectName("startNote")
        away = icon_button("close", self.tr("Start from fresh weights instead"))
        away.setObjectName("startClear")
        away.clicked.connect(self.start_cleared)
        self._start_card = Frame("tray", padding=8, gap=4)
        row = dense(QHBoxLayout(), gap=4)
        row.addWidget(self._start, 1)
        row.addWidget(away)
        self._start_card.body.addLayout(row)
        self._start_card.hide()
        self.begin = Button(self.tr("Begin with trained weights…"), kind="link")
        self.begin.setObjectName("startChoose")
        self.begin.clicked.connect(self.start_asked)
        self.begin.hide()

    def _dial_words(self, dial: str) -> str:
        return {"quick": self.tr("Quick"), "balanced": self.tr("Balanced"), "best": self.tr("Best")}[dial]

    def _dial_tip(self, dial: str) -> str:
        tips = {
            "quick": self.tr("Small and short: shows in minutes whether it works."),
            "balanced": self.tr("Larger, more steps: a good result in reasonable time."),
            "best": self.tr("As good as this machine can do; takes hours."),
        }
        return tips[dial]

    # --- what is shown -----------------------------------------------------------------------------------------------

    def show_settings(self, filled: Filled, data: Facts, why_locked: str, *, live_open: bool) -> None:
        """Show settings; `why_locked` closes them, with `live_open` all but those that may change live."""
        self.cards.set_value(filled.dial)
        self.form.set_model(
            filled.base,
            filled.overrides,
            choices=dict.fromkeys(label_settings(filled.base), self._labels(data)),
            why_locked=why_locked,
        )
        self.lock(why_locked, live_open=live_open)

    def lock(self, why: str, *, live_open: bool) -> None:
        """Close or open what is shown."""
        for dial in DIALS:
            self.cards.set_available(dial, why)
        self.form.set_locked(why, live_too=not live_open)
        if self.block is not None:
            self.block.set_locked(why)

    def show_block(self, dataset: DataSetRecord | None, others: Sequence[DataSetRecord]) -> None:
        """Show the values of the family's own block, for a run on `dataset`."""
        if self.block is not None:
            values = {path: self.form.shown_value(path) for path in self.block.paths}
            self.block.show_values(values, dataset, others)

    def set_note(self, words: str, *, can_renew: bool) -> None:
        """Say whose settings these are; empty for those of a new run."""
        self._note.setText(words)
        self._note_row.setVisible(bool(words))
        self.renew.setVisible(can_renew)

    def set_start(self, words: str, *, can_choose: bool) -> None:
        """Say from which checkpoint the new run starts; empty for fresh weights, for which others may be chosen."""
        self._start.setText(words)
        self._start_card.setVisible(bool(words))
        self.begin.setVisible(can_choose and not words)

    def set_refused(self, words: str) -> None:
        """Say why the chosen data cannot be trained on; empty where it can."""
        self._refused.setText(words)
        self._refused.setVisible(bool(words))

    def refused(self) -> str:
        """What `set_refused` says, or why the family's own block refuses."""
        return self._refused.text() or (self.block.error() if self.block is not None else "")

    def set_times(self, words: Mapping[str, str]) -> None:
        """Estimated time of each preset; a dash where it was not measured."""
        for dial in DIALS:
            self.cards.set_detail(dial, words.get(dial, NO_TIME))

    def _labels(self, data: Facts) -> list[tuple[Any, str]]:
        suited = label_choices(data, self._about.suits)
        return [(name, self.tr("{0} · {1} values").format(name, count)) for name, count in suited]

    def _on_advanced(self) -> None:
        self.advanced_toggled.emit()
