"""Which pictures the diffusion panel looks into, and how they are made: words, labels, guidance, sampler, seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from studio.config.denoising import Denoising
from studio.config.requests import Drawn, Recipe, grid
from studio.generation.prompts import unread_words
from studio.models.vocabulary import Vocabulary
from studio.ui.panels.attribute_sliders import form_row
from studio.ui.panels.latents import in_one_call
from studio.ui.panels.look_view import LooksAt
from studio.ui.panels.looked_at import LookedAt
from studio.ui.panels.sampler_words import SAMPLERS, sampler_choices
from studio.ui.text import Label
from studio.ui.widgets.frames import dense
from studio.ui.widgets.inputs import Combo, NumberField
from studio.ui.widgets.prompt_field import PromptField
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.panels.trained_run import TrainedRun

_MOST_STEPS = 200
_USUAL = Denoising()


class DenoisedAt(LookedAt):
    """The controls show how the first picture is made; a change holds for it too, when it was brought from Create."""

    fewest, most, usual = 1, 16, 4

    def __init__(self, parent: QWidget | None = None) -> None:
        self._labels: dict[str, Combo] = {}
        self._values: dict[str, tuple[str, ...]] = {}
        self._wanted: dict[str, str] = {}
        self._base = _USUAL  # what the controls do not show: size, what it begins with, ...
        self._untouched = True
        self._vocabulary: Vocabulary | None = None
        super().__init__(parent)
        self._build_way()
        self.number = NumberField(1, minimum=1, maximum=self.most, whole=True)
        self.number.setObjectName("lookNumber")
        self.number.set_tip(self.tr("Which of the seed's pictures is looked at."))
        self.number.value_changed.connect(self.changed)
        self.number_label = form_row(self.form, self.tr("Picture no."), self.number)
        self.show_for("one")

    def _build_way(self) -> None:
        self.prompt = PromptField(lines=4)
        self.prompt.setObjectName("lookPrompt")
        self.prompt.setAccessibleName(self.tr("Prompt"))
        self.prompt.value_changed.connect(self._on_way)
        self._note = Label(role="small", wrap=True)
        self._note.setObjectName("lookPromptNote")
        self._prompt_block = QWidget()
        block = dense(QVBoxLayout(self._prompt_block), gap=6)
        block.addWidget(Label(self.tr("Prompt"), role="dim"))
        block.addWidget(self.prompt)
        block.addWidget(self._note)
        self._label_block = QWidget()
        self._label_grid = QGridLayout(self._label_block)
        dense(self._label_grid, gap=7)  # type: ignore[type-var]
        self.guidance = NumberField(_USUAL.guidance, minimum=0, maximum=30, step=0.5)
        self.guidance.setObjectName("lookGuidance")
        self.guidance.set_tip(Denoising.model_fields["guidance"].description or "")
        self.sampler = Combo(sampler_choices())
        self.sampler.setObjectName("lookSampler")
        self.sampler.set_value(_USUAL.sampler)
        self.steps = NumberField(_USUAL.sampler_steps, minimum=4, maximum=_MOST_STEPS, whole=True, log=True)
        self.steps.setObjectName("lookSteps")
        self.steps.set_tip(Denoising.model_fields["sampler_steps"].description or "")
        guidance, sampler, steps = self.tr("Guidance"), self.tr("Sampler"), self.tr("Steps")
        self._sampling: list[QWidget] = []
        for words, field in ((guidance, self.guidance), (sampler, self.sampler), (steps, self.steps)):
            label = form_row(self.form, words, field)
            field.value_changed.connect(self._on_way)
            self._sampling += [label, field] if field is not self.guidance else []
        self._column.insertWidget(0, self._prompt_block)
        self._column.insertWidget(1, self._label_block)

    # --- what the model can be told ----------------------------------------------------------------------------------

    def set_trained(self, trained: TrainedRun | None) -> None:
        """Offer what the model of the moment can be told."""
        self._vocabulary = trained.vocabulary if trained is not None else None
        reads = self._vocabulary is not None
        self._prompt_block.setVisible(reads)
        examples = trained.examples if trained is not None else ()
        if reads and self._untouched and not self.prompt.value() and examples:
            self.prompt.set_value(examples[0])
        if examples:
            self.prompt.setPlaceholderText(examples[0])
        self._offer_labels(dict(trained.labels) if trained is not None else {})
        self._show_note()

    def _show_note(self) -> None:
        """Name the words that the model does not know."""
        recipe = Recipe(latent=Drawn(seed=0), denoising=_USUAL.model_copy(update={"prompt": self.prompt.value()}))
        notices = unread_words(self._vocabulary, [recipe])
        self._note.setText("\n".join(spoken(notice.body) for notice in notices))
        self._note.setVisible(bool(notices))

    def reads_words(self) -> bool:
        """Whether the model of the moment can be told words."""
        return self._vocabulary is not None

    def _offer_labels(self, labels: Mapping[str, Sequence[str]]) -> None:
        values = {name: tuple(found) for name, found in labels.items()}
        self._label_block.setVisible(bool(values))
        if values == self._values:
            return
        self._values = values
        while (item := self._label_grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._labels = {}
        for name, found in values.items():
            combo = Combo([("", self.tr("by chance")), *((value, value) for value in found)])
            combo.setObjectName(f"lookLabel_{name}")
            combo.set_value(self._wanted.get(name, ""))
            combo.value_changed.connect(self._on_label)
            form_row(self._label_grid, name, combo)
            self._labels[name] = combo

    def show_for(self, looks_at: LooksAt) -> None:
        """One picture is chosen by its number, several by how many; how it starts needs no sampler."""
        one = looks_at in ("one", "start")
        for widget in self._sampling:
            widget.setVisible(looks_at != "start")
        for widget in (self.number, self.number_label):
            widget.setVisible(one)
        for widget in (self.count, self.count_label):
            widget.setVisible(not one)

    # --- recipes -----------------------------------------------------------------------------------------------------

    def way(self) -> Denoising:
        """How pictures are made, as the controls say."""
        changes: dict[str, Any] = {
            "prompt": self.prompt.value(),
            "guidance": float(self.guidance.value() or 0),
            "sampler": str(self.sampler.value()),
            "sampler_steps": int(self.steps.value() or _USUAL.sampler_steps),
        }
        kept = tuple(one for one in self._base.restarts if one.step < changes["sampler_steps"])
        return self._base.model_copy(update=changes | {"restarts": kept})

    def labels(self) -> dict[str, str]:
        """The labels that were chosen."""
        return {name: value for name, value in self._wanted.items() if value}

    def place(self) -> int:
        """Which of the recipes is looked at where only one is."""
        return int(self.number.value() or 1) - 1

    def recipes(self) -> tuple[Recipe, ...]:
        """What is looked at, made in as few calls of the network as can be."""
        return tuple(in_one_call(super().recipes()))

    def picked(self) -> tuple[Recipe, ...]:
        """The one recipe of views that look at one, made alone."""
        return (alone(self._drawn_from(self.place() + 1)[self.place()]),)

    def _drawn(self, seed: int, count: int) -> tuple[Recipe, ...]:
        return grid(seed, count, labels=self.labels(), denoising=self.way())

    def _drawn_from(self, count: int) -> tuple[Recipe, ...]:
        drawn = self._drawn(int(self.seed.value() or 0), count)
        return (self.single, *drawn[: count - 1]) if self.single is not None else drawn

    def bring(self, recipe: Recipe) -> None:
        """Look first at this picture; the controls show how it is made."""
        self.number.set_value(1)
        self._show_way(recipe.denoising or _USUAL)
        self._wanted = dict(recipe.labels)
        for name, combo in self._labels.items():
            combo.set_value(self._wanted.get(name, ""))
        if isinstance(recipe.latent, Drawn):
            self.seed.set_value(recipe.latent.seed)
        self._untouched = False
        super().bring(recipe)

    def forget(self) -> None:
        """Let the picture that was brought here go, and what only it has: a beginning, restarts."""
        self._base = _USUAL
        super().forget()

    def _show_way(self, way: Denoising) -> None:
        self._base = way
        self.prompt.set_value(way.prompt)
        self.guidance.set_value(way.guidance)
        self.sampler.set_value(way.sampler)
        self.steps.set_value(min(way.sampler_steps, _MOST_STEPS))

    # --- what is kept ------------------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        shown = ("prompt", "guidance", "sampler", "sampler_steps")
        way = {name: getattr(self.way(), name) for name in shown}
        return super().state() | {"number": self.number.value(), "way": way, "labels": self.labels()}

    def restore(self, state: Mapping[str, Any]) -> None:
        super().restore(state)
        way, labels, number = state.get("way"), state.get("labels"), state.get("number")
        self._show_way(_way_from(way if isinstance(way, dict) else {}))
        if self.single is not None and self.single.denoising is not None:
            self._base = self.single.denoising
        self._untouched = not isinstance(way, dict)
        self._wanted = {str(k): str(v) for k, v in labels.items()} if isinstance(labels, dict) else {}
        for name, combo in self._labels.items():
            combo.set_value(self._wanted.get(name, ""))
        self.number.set_value(min(max(number, 1), self.most) if isinstance(number, int) else 1)

    # --- what happens ------------------------------------------------------------------------------------------------

    def _on_way(self) -> None:
        self._untouched = False
        self._show_note()
        if self.single is not None:
            self.single = self.single.model_copy(update={"denoising": self.way()})
        self.show_single()
        self.changed.emit()

    def _on_label(self) -> None:
        self._wanted = {name: str(combo.value() or "") for name, combo in self._labels.items()}
        if self.single is not None:
            self.single = self.single.model_copy(update={"labels": self.labels()})
        self.changed.emit()


def alone(recipe: Recipe) -> Recipe:
    """The recipe made in calls of the network for one picture: many times as fast, equal but for the last bits."""
    way = recipe.denoising or _USUAL
    return recipe if way.chunk == 1 else recipe.model_copy(update={"denoising": way.model_copy(update={"chunk": 1})})


def _way_from(held: Mapping[str, Any]) -> Denoising:
    """What was kept of a way, as far as it can be understood."""
    found: dict[str, Any] = {}
    if isinstance(held.get("prompt"), str):
        found["prompt"] = held["prompt"]
    if isinstance(held.get("guidance"), int | float) and 0 <= held["guidance"] <= 30:
        found["guidance"] = float(held["guidance"])
    if held.get("sampler") in SAMPLERS:
        found["sampler"] = held["sampler"]
    if isinstance(held.get("sampler_steps"), int) and 4 <= held["sampler_steps"] <= _MOST_STEPS:
        found["sampler_steps"] = held["sampler_steps"]
    return _USUAL.model_copy(update=found)
