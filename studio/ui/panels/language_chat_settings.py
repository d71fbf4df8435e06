"""The left column of Chat: system text, how replies begin, parameters with presets, and what to compare with."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from studio.config.base import describe, get_value
from studio.config.writing import Writing
from studio.ui.forms import SettingsForm
from studio.ui.panels.checkpoint_picker import CheckpointPicker, checkpoint_choices
from studio.ui.panels.language_chat_presets import PresetBlock
from studio.ui.panels.sheet import Model
from studio.ui.text import Label
from studio.ui.widgets.buttons import icon_button
from studio.ui.widgets.frames import dense, rule
from studio.ui.widgets.inputs import Switch
from studio.ui.widgets.prompt_field import PromptField
from studio.ui.widgets.seed_field import LARGEST_SEED, SeedField

if TYPE_CHECKING:
    from studio.ui.session import Session

_LONGEST_SYSTEM = 20_000


class ChatSettings(QWidget):
    """`changed`: something of what belongs to the conversation is set otherwise. `compared`: another second model."""

    changed = Signal()
    compared = Signal()

    def __init__(self, session: Session, family: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._family = session, family
        self._build_words()
        self.presets = PresetBlock(session)
        self.form = SettingsForm(name="chatForm", without=("seed",))
        self.fresh = Switch(checked=True)
        self.fresh.setObjectName("chatFreshSeed")
        self.fresh.setAccessibleName(self.tr("A new seed for every reply"))
        self.seed = SeedField("chat")
        self.seed.number.set_tip(self.tr("The same seed and the same words give the same reply."))
        self.compare = CheckpointPicker(self.tr("Beside"))
        self.compare.setObjectName("chatCompare")
        self.compare_off = icon_button("close", self.tr("Write with one checkpoint only"))
        self.compare_off.setObjectName("chatCompareOff")
        self._lay_out()
        self.presets.chosen.connect(self._on_preset)
        self.presets.save_asked.connect(self._on_save)
        for signal in (self.form.changed, self.seed.changed, self.system.textChanged, self.start.textChanged):
            signal.connect(self.changed)
        self.fresh.value_changed.connect(self._on_fresh)
        self.compare.model_picked.connect(self._on_compare)
        self.compare_off.clicked.connect(lambda: self.set_second(None))
        self.form.set_model(self.presets.base())
        self._on_fresh(announce=False)

    def _build_words(self) -> None:
        self.system = PromptField(self.tr("none"), lines=3)
        self.system.setObjectName("chatSystem")
        self.system.setAccessibleName(self.tr("System text"))
        self.system.set_most(_LONGEST_SYSTEM)
        self.start = QLineEdit()
        self.start.setObjectName("chatStart")
        self.start.setPlaceholderText(self.tr("anything"))
        self.start.setAccessibleName(self.tr("The reply begins with"))
        self._words = QWidget()
        column = dense(QVBoxLayout(self._words), gap=4)
        column.addWidget(Label(self.tr("System text"), role="dim"))
        column.addWidget(self.system)
        column.addSpacing(6)
        column.addWidget(Label(self.tr("The reply begins with"), role="dim"))
        column.addWidget(self.start)
        column.addSpacing(8)
        column.addWidget(rule())

    def _lay_out(self) -> None:
        fresh = dense(QHBoxLayout(), gap=4)
        fresh.addWidget(Label(self.tr("A new seed every time")), 1)
        fresh.addWidget(self.fresh)
        self._seed_row = QWidget()
        seed = dense(QHBoxLayout(self._seed_row), gap=6)
        seed.addWidget(Label(self.tr("Seed")))
        seed.addWidget(self.seed, 1)
        self._second = QWidget()
        beside = dense(QVBoxLayout(self._second), gap=10)
        second = dense(QHBoxLayout(), gap=2)
        second.addWidget(self.compare)
        second.addWidget(self.compare_off)
        second.addStretch(1)
        column = dense(QVBoxLayout(self), gap=10)
        column.addWidget(self._words)
        column.addWidget(self.presets)
        column.addWidget(self.form)
        column.addLayout(fresh)
        column.addWidget(self._seed_row)
        beside.addWidget(rule())
        beside.addWidget(Label(self.tr("Write with a second checkpoint, too"), role="dim", wrap=True))
        beside.addLayout(second)
        column.addWidget(self._second)

    # --- what is set -------------------------------------------------------------------------------------------------

    def problem(self) -> str:
        """Why nothing can be written with what is set; empty where it can."""
        return self.form.error()

    def writing(self) -> Writing:
        """The parameters for the next reply, with a new seed where that is wished."""
        found = self.form.value()
        settings = found if isinstance(found, Writing) else Writing()
        if self.fresh.value():
            self.seed.set_value(random.SystemRandom().randrange(LARGEST_SEED))
        return settings.model_copy(update={"seed": self.seed.value()})

    def system_text(self) -> str:
        """What the model is told before everything."""
        return self.system.value()

    def start_text(self) -> str:
        """With which words the reply begins."""
        return self.start.text()

    def second(self) -> Model | None:
        """The checkpoint that writes beside the chosen one."""
        return self.compare.model()

    def set_second(self, model: Model | None) -> None:
        """Write with a second checkpoint, or with one only."""
        self.compare.set_model(model)
        self.compare_off.setVisible(model is not None)
        self.compared.emit()

    def set_first(self, run: str) -> None:
        """Offer the checkpoints of all runs, first those of the run in use."""
        items = checkpoint_choices(self._session, self._family, run)
        self.compare.set_items(items)
        if self.compare.value() and self.compare.value() not in {item.key for item in items}:
            self.compare.set_model(None)
        why = "" if items else self.tr("There is no other checkpoint yet.")
        self.compare.set_available(why)
        self.compare_off.setVisible(bool(self.compare.value()))

    def set_kind(self, kind: str) -> None:
        """A notebook has no system text, and its replies begin with its text; two checkpoints write only in chats."""
        self._words.setVisible(kind == "chat")
        self._second.setVisible(kind == "chat")

    def state(self) -> dict[str, Any]:
        """What belongs to a conversation; plain JSON."""
        return {
            "preset": self.presets.value(),
            "overrides": self.form.overrides(),
            "fresh": self.fresh.value(),
            "seed": self.seed.value(),
            "system": self.system.value(),
            "start": self.start.text(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up what `state` gave; anything odd or missing is as in the beginning."""
        widgets = (self.system, self.start, self.form)
        for widget in widgets:
            widget.blockSignals(True)
        self.presets.refresh()
        self.presets.set_value(str(state.get("preset", "balanced")))
        overrides = state.get("overrides")
        self.form.set_model(self.presets.base(), overrides if isinstance(overrides, dict) else {})
        self.fresh.set_value(state.get("fresh") is not False)
        self.seed.set_value(state.get("seed"))
        self.system.set_value(str(state.get("system", "")))
        self.start.setText(str(state.get("start", "")))
        for widget in widgets:
            widget.blockSignals(False)
        self._on_fresh(announce=False)

    # --- what the user does ------------------------------------------------------------------------------------------

    def _on_preset(self) -> None:
        self.form.set_model(self.presets.base())
        self.changed.emit()

    def _on_save(self, name: str) -> None:
        value = self.form.value()
        if isinstance(value, Writing):
            standard = Writing()
            paths = [row.path for row in describe(Writing) if row.path != "seed"]
            differing = {path: get_value(value, path) for path in paths}
            self.presets.keep(name, {p: v for p, v in differing.items() if v != get_value(standard, p)})

    def _on_fresh(self, on: bool | None = None, *, announce: bool = True) -> None:
        self._seed_row.setVisible(not self.fresh.value())
        if announce:
            self.changed.emit()

    def _on_compare(self) -> None:
        self.set_second(self.compare.model())
