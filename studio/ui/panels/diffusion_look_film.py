"""The film of a picture: at each step what the network sees, what it takes it for, the noise in it; other endings."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.config.denoising import Denoising, Restart
from studio.config.requests import GenerateRequest, Recipe
from studio.ui.pages import page_of_family
from studio.ui.panels.attribute_sliders import form_row
from studio.ui.panels.diffusion_look_pictures import DenoisedAt
from studio.ui.panels.film_export import FilmExport
from studio.ui.panels.look_view import LookView, titled
from studio.ui.panels.looked_at import LARGEST_SEED
from studio.ui.panels.maker import Maker
from studio.ui.text import Label, number_text
from studio.ui.widgets.buttons import Button, icon_button
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.heat import HeatPicture
from studio.ui.widgets.inputs import NumberField, Slider
from studio.ui.widgets.picture_table import PictureTable, Row
from studio.ui.widgets.prompt_field import PromptField
from studio.ui.widgets.segmented import Segment, Segmented

_TRACKS = ("seen", "clean", "noise")
_COARSE = 32  # pixels at which pictures are compared, at least


class FilmView(LookView):
    """Three rows over all steps, a slider through them, the chosen step large, and beside it where it went instead."""

    key = "film"
    looks_at = "one"

    def __init__(self, maker: Maker, pictures: DenoisedAt, parent: QWidget | None = None) -> None:
        super().__init__(maker, parent)
        self._pictures = pictures
        self._steps: tuple[Any, ...] = ()
        self._shares: list[float] = []  # of the way that is gone at each step
        self._other: tuple[Any, ...] = ()  # the steps of the other ending
        self._restart: Restart | None = None
        self._forming = np.zeros((0, 1, 1, 3), np.uint8)
        self._place = 0  # of the chosen step; -1: the last
        self.exporter = FilmExport(maker.session, self)
        self._build_film()
        self._build_large()
        self._build_restart()
        self._lay_out()
        self._refresh_buttons()

    # --- building ----------------------------------------------------------------------------------------------------

    def words(self) -> tuple[str, str]:
        explained = self.tr(
            "Each step takes a little noise away. What the network believes at first is only a blur: the mean of all "
            "that it could still become."
        )
        return self.tr("Film of the steps"), explained

    def _build_film(self) -> None:
        self.table = PictureTable("column")
        self.table.setObjectName("filmTable")
        self.table.setAccessibleName(self.tr("The steps of the picture; arrow keys walk through them"))
        self.table.picked.connect(self._on_table)
        self.slider = Slider(0, 0)
        self.slider.setObjectName("filmSlider")
        self.slider.setAccessibleName(self.tr("Step"))
        self.slider.valueChanged.connect(self._on_slider)
        self._where = Label(role="dim")
        self._where.setObjectName("filmWhere")
        self.export = Button(self.tr("Export…"), kind="small", icon="export", tip=self.tr("All steps as GIF or WebP"))
        self.export.setObjectName("filmExport")
        self.export.clicked.connect(self._on_export)

    def _build_large(self) -> None:
        self.track = Segmented(
            [
                Segment("seen", self.tr("Picture")),
                Segment("clean", self.tr("Believed")),
                Segment("noise", self.tr("Noise seen")),
            ]
        )
        self.track.setObjectName("filmTrack")
        self.track.setAccessibleName(self.tr("What is shown large"))
        self.track.set_value("clean")
        self.track.value_changed.connect(self._on_track)
        self.large = HeatPicture()
        self.large.setObjectName("filmLarge")
        self.large.setAccessibleName(self.tr("The chosen step"))
        self.beside = HeatPicture()
        self.beside.setObjectName("filmBeside")
        self.beside.setAccessibleName(self.tr("The same step on the other way"))
        self._large_words = Label(role="strong")
        self._large_words.setObjectName("filmLargeWords")
        self._decided = Label(role="dim", wrap=True)
        self._decided.setObjectName("filmDecided")

    def _build_restart(self) -> None:
        self.seed = NumberField(None, minimum=0, maximum=LARGEST_SEED, whole=True, optional=self.tr("same noise"))
        self.seed.setObjectName("filmSeed")
        self.seed.set_tip(self.tr("Fresh noise of this seed from here on; left empty, the noise stays."))
        self.seed.value_changed.connect(self._on_draft)
        self.dice = icon_button("random", self.tr("Another seed by chance"))
        self.dice.setObjectName("filmDice")
        self.dice.clicked.connect(self._on_dice)
        self.prompt = PromptField(self.tr("the same words"), lines=2)
        self.prompt.setObjectName("filmPrompt")
        self.prompt.setAccessibleName(self.tr("Other words from here on"))
        self.prompt.textChanged.connect(self._on_draft)
        self.go = Button(self.tr("Go on from here"), kind="primary")
        self.go.setObjectName("filmGo")
        self.go.clicked.connect(self._on_go)
        self.back = Button(self.tr("Take it back"), kind="quiet")
        self.back.setObjectName("filmBack")
        self.back.clicked.connect(self._on_back)
        self.open = Button(
            self.tr("Open in Create"), kind="quiet", tip=self.tr("Make the other ending there, to keep it")
        )
        self.open.setObjectName("filmOpen")
        self.open.clicked.connect(self._on_open)
        self._restart_words = Label(role="small", wrap=True)
        self._restart_words.setObjectName("filmRestartWords")

    def _lay_out(self) -> None:
        film = Frame("card", padding=14, gap=8)
        film.add(self.table, 1)
        row = dense(QHBoxLayout(), gap=12)
        row.addWidget(self.slider, 1)
        row.addWidget(self._where)
        row.addWidget(self.export)
        film.body.addLayout(row)
        both = dense(QHBoxLayout(), gap=12)
        both.addWidget(self._large_card(), 3)
        both.addWidget(self._restart_card(), 2)
        column = dense(QVBoxLayout(self), gap=12)
        column.addWidget(film, 5)
        column.addLayout(both, 5)

    def _large_card(self) -> Frame:
        card = Frame("card", padding=14, gap=8)
        head = dense(QHBoxLayout(), gap=12)
        head.addWidget(self._large_words, 1)
        head.addWidget(self.track)
        card.body.addLayout(head)
        row = dense(QHBoxLayout(), gap=16)
        first, self._large_title = titled(self.tr("as it went"), self.large)
        self._beside_block, self._beside_words = titled(self.tr("the other ending"), self.beside)
        for block, label in ((first, self._large_title), (self._beside_block, self._beside_words)):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            row.addWidget(block, 1)
        card.body.addLayout(row, 1)
        card.add(self._decided)
        return card

    def _restart_card(self) -> Frame:
        card = Frame("card", padding=14, gap=8)
        card.add(Label(self.tr("Another ending"), role="strong"))
        seeds = QWidget()
        row = dense(QHBoxLayout(seeds), gap=2)
        row.addWidget(self.seed, 1)
        row.addWidget(self.dice)
        form = QGridLayout()
        dense(form, gap=7)  # type: ignore[type-var]
        form_row(form, self.tr("Seed"), seeds)
        self.seed.setAccessibleName(self.tr("Other seed from here on"))
        card.body.addLayout(form)
        card.add(self.prompt)
        card.add(self._restart_words)
        card.body.addStretch(1)
        card.add(self.go)
        buttons = dense(QHBoxLayout(), gap=4)
        buttons.addWidget(self.open)
        buttons.addWidget(self.back)
        buttons.addStretch(1)
        card.body.addLayout(buttons)
        return card

    # --- what is kept ------------------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        restart = self._restart.model_dump(mode="json") if self._restart is not None else None
        return {"step": self._place, "track": self.track.value(), "restart": restart}

    def restore(self, state: dict[str, Any]) -> None:
        step, track = state.get("step", -1), state.get("track", "clean")
        self._place = step if isinstance(step, int) else -1
        self.track.set_value(track if track in _TRACKS else "clean")
        self._restart = _restart_from(state.get("restart"))
        self.prompt.set_value((self._restart.prompt if self._restart is not None else None) or "")
        self.seed.set_value(self._restart.seed if self._restart is not None else None)

    # --- asking ------------------------------------------------------------------------------------------------------

    def concerned(self, recipes: Sequence[Recipe]) -> tuple[Recipe, ...]:
        return self._pictures.picked()

    def show_recipes(self, recipes: Sequence[Recipe]) -> None:
        self.recipes = tuple(recipes)
        self._steps, self._other = (), ()
        self._forming = self._forming[:0]
        self.prompt.setVisible(self._pictures.reads_words())
        request = self._request("steps")
        if request is None:
            return
        self.maker.look("film", request, self._on_found, on_pictures=self._on_forming)
        if self._restart is not None:
            self._ask_other()
        self._show()

    def _ask_other(self) -> None:
        """The film with the other ending."""
        wanted, way = self.restarted(), self.way()
        if wanted is None or self._restart is None or self._restart.step >= way.sampler_steps:
            self._forget_restart()
            return
        request = self._request("steps", recipes=(wanted,))
        if request is not None:
            self.maker.look("film.other", request, self._on_other)

    def way(self) -> Denoising:
        """How the picture is made."""
        return self.recipes[0].denoising or Denoising() if self.recipes else Denoising()

    def restarted(self) -> Recipe | None:
        """The recipe of the other ending; None where there is none."""
        if self._restart is None or not self.recipes:
            return None
        before = tuple(one for one in self.way().restarts if one.step < self._restart.step)
        way = self.way().model_copy(update={"restarts": (*before, self._restart)})
        return self.recipes[0].model_copy(update={"denoising": way})

    def fails(self, key: str, why: str) -> bool:
        if key != "film.other":
            return False
        self._forget_restart()
        self._restart_words.setText(why)
        self._show()
        return True

    def _forget_restart(self) -> None:
        self._restart, self._other = None, ()
        self.maker.forget("film.other")
        self._restart_words.setText("")

    def _on_forming(self, pictures: np.ndarray, whole: int) -> None:
        """What it is taken for so far, before the whole film is there."""
        self._forming = pictures
        if not self._steps:
            self._show()

    def _on_found(self, insight: Any) -> None:
        if insight is None:
            return
        self._steps = tuple(insight.found[0])
        self._shares = decided([step.clean for step in self._steps])
        self._forming = self._forming[:0]
        self._show()

    def _on_other(self, insight: Any) -> None:
        if insight is None:
            return
        self._other = tuple(insight.found[0])
        self._show()

    # --- showing -----------------------------------------------------------------------------------------------------

    def place(self) -> int:
        """The index of the chosen step."""
        last = len(self._steps) - 1
        return last if self._place < 0 else max(min(self._place, last), 0)

    def _show(self) -> None:
        rows, names = self._tracks()
        total = len(self._steps) or len(self._forming)
        headings = [str(step.number + 1) for step in self._steps] or [str(at + 1) for at in range(total)]
        self.table.set_rows(rows, names=names, headings=headings)
        self.slider.blockSignals(True)
        self.slider.setRange(0, max(len(self._steps) - 1, 0))
        self.slider.blockSignals(False)
        self.slider.setEnabled(len(self._steps) > 1)
        self._show_step()

    def _tracks(self) -> tuple[list[Row], list[str]]:
        """The rows of the table: three tracks, and what it is taken for on the other way."""
        names = [self.tr("picture"), self.tr("believed"), self.tr("noise seen")]
        if not self._steps:
            waiting: Row = [None] * len(self._forming)
            return ([waiting, list(self._forming), waiting] if len(self._forming) else []), names
        rows: list[Row] = [[getattr(step, track) for step in self._steps] for track in _TRACKS]
        if self._restart is not None:
            names.append(self.tr("other ending"))
            rows.append(self._other_row())
        return rows, names

    def _other_row(self) -> Row:
        """What the other way is taken for, under the steps from which on it is another."""
        found = {step.number: step.clean for step in self._other}
        begins = self._restart.step if self._restart is not None else 0
        return [found.get(step.number) if step.number >= begins else None for step in self._steps]

    def _show_step(self) -> None:
        place = self.place()
        self.slider.blockSignals(True)
        self.slider.setValue(max(place, 0))
        self.slider.blockSignals(False)
        if self._steps:
            self.table.choose(place, self.table.chosen()[0])
        self._show_large(place)
        self._refresh_buttons()

    def _show_large(self, place: int) -> None:
        if not self._steps:
            self.large.set_picture(self._forming[-1] if len(self._forming) else None)
            self.beside.set_picture(None)
            for label in (self._where, self._large_words, self._decided):
                label.setText("")
            return
        step, track = self._steps[place], self.track.value()
        self.large.set_picture(getattr(step, track))
        begins = self._restart.step if self._restart is not None else 0
        other = next((one for one in self._other if one.number == step.number >= begins), None)
        self.beside.set_picture(getattr(other, track) if other is not None else None)
        words = self.tr("step {0} of {1}").format(step.number + 1, self._steps[-1].number + 1)
        self._where.setText(f"{words} · σ {number_text(step.sigma, 3)}")
        self._large_words.setText(self.tr("Step {0}, σ {1}").format(step.number + 1, number_text(step.sigma, 3)))
        self._decided.setText(self._decided_words(place))
        self.said.emit(self._said_words())

    def _said_words(self) -> str:
        half = next(at for at, share in enumerate(self._shares) if share >= 0.5)
        words = self.tr("{0} steps. Half of what the picture becomes is decided at step {1}.")
        return words.format(len(self._steps), self._steps[half].number + 1)

    def _decided_words(self, place: int) -> str:
        share = round(100 * self._shares[place])
        return self.tr("{0} % of the way from the first guess to the finished picture.").format(share)

    def _refresh_buttons(self) -> None:
        """Whether one can go on from here, and how."""
        step = self._steps[self.place()] if self._steps else None
        why = self._why_not()
        self.go.set_available(why)
        self.export.set_available("" if self._steps else self.tr("The film is being made."))
        if step is not None:
            self.go.set_text(self.tr("Go on from step {0}").format(step.number + 1))
        for button in (self.back, self.open):
            button.setVisible(self._restart is not None)
        self._beside_block.setVisible(self._restart is not None)
        self._large_title.setVisible(self._restart is not None)
        if self._restart is not None:
            self._restart_words.setText(self._told(self._restart))

    def _why_not(self) -> str:
        if not self._steps:
            return self.tr("The film is being made.")
        if self.seed.value() is None and not self._other_prompt():
            if self._pictures.reads_words():
                return self.tr("Choose another seed or other words first: with the same ones it ends the same.")
            return self.tr("Choose another seed first: with the same one it ends the same.")
        return ""

    def _other_prompt(self) -> str:
        words = self.prompt.value() if self._pictures.reads_words() else ""
        return "" if words == self.way().prompt else words

    def _told(self, restart: Restart) -> str:
        parts = []
        if restart.seed is not None:
            parts.append(self.tr("seed {0}").format(restart.seed))
        if restart.prompt is not None:
            parts.append(self.tr("“{0}”").format(restart.prompt))
        return self.tr("From step {0} on: {1}").format(restart.step + 1, " · ".join(parts))

    # --- what happens ------------------------------------------------------------------------------------------------

    def _go_to(self, place: int) -> None:
        last = len(self._steps) - 1
        self._place = -1 if place >= last else place
        self._show_step()
        self.changed.emit()

    def _on_table(self, row: int, column: int) -> None:
        if row < len(_TRACKS):
            self.track.set_value(_TRACKS[row])
        self._go_to(column)

    def _on_slider(self, place: int) -> None:
        self._go_to(place)

    def _on_track(self, track: str) -> None:
        self.table.choose(self.table.chosen()[1], _TRACKS.index(track))
        self._show_step()
        self.changed.emit()

    def _on_draft(self) -> None:
        self._refresh_buttons()

    def _on_dice(self) -> None:
        self.seed.set_value(random.SystemRandom().randrange(1_000_000))
        self._refresh_buttons()

    def _on_go(self) -> None:
        seed, step = self.seed.value(), self._steps[self.place()].number
        prompt = self._other_prompt() or None
        self._restart = Restart(step=step, seed=None if seed is None else int(seed), prompt=prompt)
        self._other = ()
        self._show()
        self._ask_other()
        self.changed.emit()

    def _on_open(self) -> None:
        """The other ending as a picture of Create."""
        recipe, model = self.restarted(), self.maker.model
        if recipe is None or model is None:
            return
        request = GenerateRequest(run=model.run, checkpoint=model.checkpoint, recipes=(recipe,))
        certificate = {"request": request.model_dump(mode="json"), "family": self.maker.family}
        self.maker.session.go(page_of_family(self.maker.family), tab="create", certificate=certificate)

    def _on_export(self) -> None:
        model, side = self.maker.model, self._steps[0].clean.shape[1]
        if model is not None:
            recipe = self.restarted() or self.recipes[0]
            self.exporter.steps(self.maker.fit(recipe), model, side=side, steps=len(self._steps))

    def _on_back(self) -> None:
        self._forget_restart()
        self._show()
        self.changed.emit()


def decided(pictures: Sequence[np.ndarray]) -> list[float]:
    """How much of the way from the first guess to the last is gone at each, 0 to 1, by the mean difference; of large
    pictures every few pixels are looked at."""
    apart = max(1, max(pictures[0].shape[:2]) // _COARSE)
    small = [picture[::apart, ::apart].astype(np.float32) for picture in pictures]
    left = [float(np.abs(one - small[-1]).mean()) for one in small]
    return [1.0 if left[0] == 0 else min(max(1 - one / left[0], 0.0), 1.0) for one in left]


def _restart_from(data: object) -> Restart | None:
    """What was kept of another ending; None for anything else."""
    from pydantic import ValidationError

    try:
        return Restart.model_validate(data)
    except ValidationError:
        return None
