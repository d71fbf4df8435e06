"""The left column of Create for diffusion: words or labels, a picture to begin with, seed, size, and how it is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.config.base import validated
from studio.config.denoising import MOST_SIDE, Denoising, Sampling
from studio.config.requests import Drawn, Recipe
from studio.generation.prompts import LEAST_SIDE, check_size
from studio.ground.errors import UsageError
from studio.ui.forms import SettingsForm
from studio.ui.panels.attribute_sliders import form_row
from studio.ui.panels.diffusion_begin import BeginBlock
from studio.ui.panels.label_choices import LabelChoices
from studio.ui.panels.prompt_block import PromptBlock
from studio.ui.panels.sampler_words import sampler_choices
from studio.ui.panels.trained_run import TrainedRun
from studio.ui.panels.ways import LARGEST_CHUNK
from studio.ui.text import Label
from studio.ui.widgets.buttons import icon_button
from studio.ui.widgets.frames import dense, rule
from studio.ui.widgets.inputs import NumberField
from studio.ui.widgets.seed_field import SeedField
from studio.ui.words import spoken

Size = tuple[int, int]
_MOST_AT_ONCE = 256


class DiffusionControls(QWidget):
    """What new pictures are made with. `changed`: something of it; `entered`: Enter was pressed in the prompt."""

    changed = Signal()
    entered = Signal()
    history_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._own: Size = (0, 0)  # as the model learnt
        self._multiple = 8
        self.history = icon_button("clock", self.tr("What was made before: set everything as it was"))
        self.history.setObjectName("createHistory")
        self.history.clicked.connect(self.history_asked)
        self.words = PromptBlock(self.history)
        self.choices = LabelChoices(
            open_words=self.tr("open"),
            open_tip=self.tr("Beside a prompt the words decide; without one it falls as often as in the data."),
        )
        self._untold = Label(role="small", wrap=True)
        self._untold.setObjectName("createUntold")
        self.begin = BeginBlock()
        self._make_numbers()
        self.sampling = SettingsForm(name="samplingForm")
        self.sampling.set_model(Sampling(), choices={"sampler": sampler_choices()})
        self.problem_words = Label(role="error", wrap=True)
        self.problem_words.setObjectName("createProblem")
        self._lay_out()
        self._connect()
        self._on_changed()

    def _make_numbers(self) -> None:
        self.seed_field = SeedField("create")
        self.count = NumberField(LARGEST_CHUNK, minimum=1, maximum=_MOST_AT_ONCE, whole=True, unit=self.tr("pictures"))
        self.count.setObjectName("createCount")
        self.count.set_tip(
            self.tr("How many pictures are added each time; {0} are made at once.").format(LARGEST_CHUNK)
        )
        self.width_field, self.height_field = self._make_side("createWidth"), self._make_side("createHeight")

    def _make_side(self, name: str) -> NumberField:
        field = NumberField(minimum=1, maximum=9999, whole=True, step=8, optional=" ")
        field.setObjectName(name)
        return field

    def _lay_out(self) -> None:
        grid = QGridLayout()
        dense(grid, gap=7)  # type: ignore[type-var]
        form_row(grid, self.tr("Seed"), self.seed_field)
        form_row(grid, self.tr("Count"), self.count)
        sides = QWidget()
        row = dense(QHBoxLayout(sides), gap=4)
        for part in (self.width_field, Label("×", role="dim"), self.height_field):
            row.addWidget(part, 1 if isinstance(part, NumberField) else 0)
        form_row(grid, self.tr("Size"), sides, tip=self.tr("Width and height; empty: as the model learnt."))
        self.width_field.setAccessibleName(self.tr("Width"))
        self.height_field.setAccessibleName(self.tr("Height"))
        column = dense(QVBoxLayout(self), gap=10)
        above: list[QWidget] = [self.words, self.choices, self._untold, rule(), self.begin, rule()]
        for widget in above:
            column.addWidget(widget)
        column.addLayout(grid)
        column.addWidget(self.problem_words)
        column.addWidget(self.sampling)

    def _connect(self) -> None:
        for signal in (self.words.changed, self.words.looked_up, self.choices.chosen, self.begin.changed):
            signal.connect(self._on_changed)
        for signal in (self.seed_field.changed, self.count.value_changed, self.sampling.changed):
            signal.connect(self._on_changed)
        for side in (self.width_field, self.height_field):
            side.value_changed.connect(self._on_changed)
        self.words.entered.connect(self.entered)

    # --- the model ---------------------------------------------------------------------------------------------------

    def set_trained(self, trained: TrainedRun | None) -> None:
        """What the model reads and learnt."""
        self.words.set_model(trained.vocabulary if trained is not None else None, trained.examples if trained else ())
        self.choices.set_labels(trained.labels if trained is not None else {})
        self._untold.setText(self._untold_words(trained))
        self._untold.setVisible(trained is not None and trained.vocabulary is None)
        self._own = trained.size if trained is not None else (0, 0)
        for field, side in zip((self.height_field, self.width_field), self._own, strict=True):
            field.setPlaceholderText(str(side) if side else "")
        self._on_changed()

    def _untold_words(self, trained: TrainedRun | None) -> str:
        if trained is not None and trained.labels:
            return self.tr("It reads no words, since it was trained without captions. Its labels steer it.")
        return self.tr("It was told neither words nor labels in training, so it draws whatever it has seen.")

    def picture_size(self) -> Size:
        """Height and width of new pictures."""
        height, width = self.height_field.value(), self.width_field.value()
        return int(height or self._own[0]), int(width or self._own[1])

    def asked_size(self) -> Size | None:
        """The same; None where it is the model's own."""
        return None if self.picture_size() == self._own else self.picture_size()

    def problem(self) -> str:
        """Why nothing can be made with what is set; empty where it can."""
        return self.words.problem() or self._size_problem() or self._mask_problem() or self.sampling.error()

    def _size_problem(self) -> str:
        if not all(self.picture_size()):
            return ""
        try:
            check_size(self.picture_size(), self._multiple, f"{self._own[1]} × {self._own[0]}")
        except UsageError as error:
            return spoken(error.text)
        return ""

    def _mask_problem(self) -> str:
        mask, size = self.begin.painted(), self.picture_size()
        if mask is None or mask.shape == size:
            return ""
        words = self.tr("The mask was painted for {0} × {1} pixels, and {2} × {3} are to be made; paint it again.")
        return words.format(*mask.shape[::-1], *size[::-1])

    # --- recipes -----------------------------------------------------------------------------------------------------

    def denoising(self, count: int = 1) -> Denoising:
        """How pictures are made with what is set, so many at once."""
        sampling = self.sampling.value() or Sampling()
        begin = self.begin.beginning(self.picture_size()) if all(self.picture_size()) else None
        chosen = {"size": self.asked_size(), "begin": begin, "chunk": min(max(count, 1), LARGEST_CHUNK)}
        return validated(Denoising, {**sampling.model_dump(), **self.words.texts(), **chosen})

    def recipes(self, first: int) -> tuple[Recipe, ...]:
        """Recipes of the pictures that come next, from index ``first`` of the seed."""
        seed, count = self.seed_field.value(), int(self.count.value() or 1)
        denoising, labels = self.denoising(count), self.choices.labels()
        return tuple(
            Recipe(latent=Drawn(seed=seed, index=first + i), labels=labels, denoising=denoising) for i in range(count)
        )

    def applied(self, recipe: Recipe) -> Recipe:
        """The recipe with what is set here, and its own seed, place on a way, and restarts."""
        before, now = recipe.denoising or Denoising(), self.denoising()
        names = [*Sampling.model_fields, "prompt", "negative", "begin"]
        changes: dict[str, Any] = {name: getattr(now, name) for name in names}
        changes["size"] = before.size if (before.size or self._own) == self.picture_size() else now.size
        changes["restarts"] = tuple(one for one in before.restarts if one.step < now.sampler_steps)
        return recipe.model_copy(
            update={"labels": self.choices.labels(), "denoising": before.model_copy(update=changes)}
        )

    def show_recipe(self, recipe: Recipe) -> None:
        """Set everything but seed and count as a recipe has it, silently."""
        way = recipe.denoising or Denoising()
        self.words.show_texts(way.prompt, way.negative)
        self.choices.restore(recipe.labels)
        self._show_sampling({name: getattr(way, name) for name in Sampling.model_fields})
        self._show_size(way.size)
        self.begin.show_beginning(way.begin)
        self._on_changed()

    def _show_sampling(self, values: Mapping[str, Any]) -> None:
        usual = Sampling()
        self.sampling.set_model(
            usual,
            {name: value for name, value in values.items() if value != getattr(usual, name, None)},
            choices={"sampler": sampler_choices()},
        )

    def _show_size(self, size: Size | None) -> None:
        shown = (None, None) if size is None or size == self._own else size
        self.height_field.set_value(shown[0])
        self.width_field.set_value(shown[1])

    # --- state -------------------------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Plain JSON of what is set."""
        return {
            "words": self.words.state(),
            "labels": self.choices.labels(),
            "seed": self.seed_field.value(),
            "count": self.count.value(),
            "size": [self.height_field.value(), self.width_field.value()],
            "sampling": self.sampling.overrides(),
            "advanced": self.sampling.advanced_open,
            "begin": self.begin.state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up what `state` gave; what is odd is passed over."""
        words, sampling, size = state.get("words"), state.get("sampling"), state.get("size")
        self.words.restore(words if isinstance(words, dict) else {})
        self.choices.restore(state.get("labels"))
        self.seed_field.set_value(state.get("seed"))
        count = state.get("count")
        self.count.set_value(min(max(count, 1), _MOST_AT_ONCE) if isinstance(count, int) else LARGEST_CHUNK)
        self._show_sampling(sampling if isinstance(sampling, dict) else {})
        self.sampling.advanced_open = state.get("advanced") is True
        sides = size if isinstance(size, list) and len(size) == 2 else [None, None]
        for field, side in zip((self.height_field, self.width_field), sides, strict=True):
            field.set_value(side if isinstance(side, int) and LEAST_SIDE <= side <= MOST_SIDE else None)
        self.begin.restore(state.get("begin"))
        self._on_changed()

    def _on_changed(self) -> None:
        problem = self._size_problem() or self._mask_problem()  # words and settings tell theirs beside them
        self.problem_words.setText(problem)
        self.problem_words.setVisible(bool(problem))
        self.changed.emit()
