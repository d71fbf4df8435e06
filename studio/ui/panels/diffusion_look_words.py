"""Where each word of the prompt is looked at: cross-attention as heat over the picture, step by step and averaged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from studio.config.requests import Recipe
from studio.ui.pages import page_of_family
from studio.ui.panels.diffusion_look_pictures import DenoisedAt
from studio.ui.panels.look_view import LookView, titled
from studio.ui.panels.maker import Maker
from studio.ui.text import Label, number_text
from studio.ui.widgets.empty_state import EmptyState
from studio.ui.widgets.flow import FlowLayout
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.heat import HeatPicture, heat_image
from studio.ui.widgets.inputs import Slider, Switch
from studio.ui.widgets.pictures import to_image
from studio.ui.widgets.sample_grid import SampleGrid
from studio.ui.widgets.word_chip import WordChip

_FLAT = 0.3  # words whose attention differs less than by this share of its most count as flat
_COARSE = 64  # pixels a side that heat is worked out at; attention itself is coarser


class WordsView(LookView):
    """The prompt as words to click, the picture under the heat of the chosen one, and all of them side by side."""

    key = "words"
    looks_at = "one"

    def __init__(self, maker: Maker, pictures: DenoisedAt, parent: QWidget | None = None) -> None:
        super().__init__(maker, parent)
        self._pictures = pictures
        self._steps: tuple[Any, ...] = ()
        self._words: list[str] = []
        self._maps = np.zeros((0, 0, 1, 1), np.float32)  # (steps, words, H, W)
        self._mean = self._maps[:0]
        self._word, self._place = -1, -1  # -1: the word that belongs most clearly to a place; the last step
        self.chips: list[WordChip] = []
        self._build()
        self._lay_out()

    # --- building ----------------------------------------------------------------------------------------------------

    def words(self) -> tuple[str, str]:
        explained = self.tr(
            "At every place of the picture the network asks the words what belongs there. Bright is where a word is "
            "listened to most."
        )
        return self.tr("Where each word looks"), explained

    def _build(self) -> None:
        self.heat = HeatPicture()
        self.heat.setObjectName("wordsHeat")
        self.heat.setAccessibleName(self.tr("The picture, bright where the chosen word is looked at"))
        self.grid = SampleGrid(choosing="single", tray=False)
        self.grid.setObjectName("wordsGrid")
        self.grid.setAccessibleName(self.tr("Each word over the picture; pick one"))
        self.grid.current_changed.connect(self._on_grid)
        self.slider = Slider(0, 0)
        self.slider.setObjectName("wordsSlider")
        self.slider.setAccessibleName(self.tr("Step"))
        self.slider.valueChanged.connect(self._on_slider)
        self.mean = Switch(self.tr("Mean of all steps"), checked=True)
        self.mean.setObjectName("wordsMean")
        self.mean.value_changed.connect(self._on_mean)
        self._where = Label(role="dim")
        self._where.setObjectName("wordsWhere")
        self._told = Label(role="dim", wrap=True)
        self._told.setObjectName("wordsTold")
        self.empty = EmptyState("chat", self.tr("There is no prompt"), "", self.tr("Write one"))
        self.empty.setObjectName("wordsEmpty")
        self.empty.triggered.connect(self._on_empty_button)

    def _lay_out(self) -> None:
        full = QWidget()
        self._line = QWidget()
        self._chips = FlowLayout(self._line, gap=4, line_gap=4)
        line = Frame("card", padding=12)
        line.add(self._line)
        left = Frame("card", padding=14)
        left.add(self.heat, 1)
        left.add(self._told)
        right = Frame("card", padding=14)
        block, self._grid_words = titled(self.tr("Every word over the picture"), self.grid)
        right.add(block, 1)
        both = dense(QHBoxLayout(), gap=12)
        both.addWidget(left, 1)
        both.addWidget(right, 1)
        steps = Frame("card", padding=12, horizontal=True, gap=14)
        steps.add(self.mean)
        steps.add(self.slider, 1)
        steps.add(self._where)
        column = dense(QVBoxLayout(full), gap=12)
        column.addWidget(line)
        column.addLayout(both, 1)
        column.addWidget(steps)
        self._stack = QStackedWidget()
        self._stack.addWidget(full)
        self._stack.addWidget(self.empty)
        dense(QVBoxLayout(self)).addWidget(self._stack)

    # --- what is kept ------------------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        return {"word": self._word, "step": self._place, "mean": self.mean.isChecked()}

    def restore(self, state: dict[str, Any]) -> None:
        word, step = state.get("word", -1), state.get("step", -1)
        self._word = word if isinstance(word, int) and word >= 0 else -1
        self._place = step if isinstance(step, int) else -1
        self.mean.set_value(state.get("mean") is not False)

    # --- asking ------------------------------------------------------------------------------------------------------

    def concerned(self, recipes: Sequence[Recipe]) -> tuple[Recipe, ...]:
        return self._pictures.picked()

    def show_recipes(self, recipes: Sequence[Recipe]) -> None:
        self.recipes = tuple(recipes)
        self._steps, self._words = (), []
        why = self._why_not()
        self._stack.setCurrentIndex(1 if why else 0)
        self._show_words()
        if why:
            return
        request = self._request("words")
        if request is not None:
            self.maker.look("words", request, self._on_found, on_pictures=self._on_forming)

    def _why_not(self) -> str:
        """Why there are no words to look at; it is told in the view's own empty place."""
        prompt = self.recipes[0].denoising.prompt if self.recipes and self.recipes[0].denoising else ""
        if not self._pictures.reads_words():
            words = self.tr("This model was trained without captions. Train one on a data set that has some.")
            self.empty.set_words(self.tr("It reads no words"), words, self.tr("Train one"))
        elif not prompt:
            words = self.tr("Write at the left what the picture shall show; each word can then be looked at.")
            self.empty.set_words(self.tr("There is no prompt"), words, self.tr("Write one"))
        else:
            return ""
        return "empty"

    def _on_forming(self, pictures: np.ndarray, whole: int) -> None:
        if not self._steps:
            self.heat.set_picture(pictures[-1])

    def _on_found(self, insight: Any) -> None:
        if insight is None:
            return
        steps = tuple(insight.found[0])
        kept = [at for at, (word, _) in enumerate(steps[0].words) if any(letter.isalnum() for letter in word)]
        self._words = [steps[0].words[at][0] for at in kept]
        apart = max(1, max(steps[0].clean.shape[:2]) // _COARSE)
        self._maps = np.stack([[step.words[at][1][::apart, ::apart] for at in kept] for step in steps])
        self._mean = self._maps.mean(axis=0)
        self._steps = steps
        if not 0 <= self._word < len(self._words):
            self._word = int(unevenness(self._mean).argmax())
        self._show_words()
        self._show()

    # --- showing -----------------------------------------------------------------------------------------------------

    def place(self) -> int:
        """The index of the chosen step."""
        last = len(self._steps) - 1
        return last if self._place < 0 else max(min(self._place, last), 0)

    def maps(self) -> np.ndarray:
        """(words, H, W): how much each word is looked at, of the mean or of the chosen step."""
        return self._mean if self.mean.isChecked() else self._maps[self.place()]

    def word(self) -> str:
        """The chosen word."""
        return self._words[self._word] if self._words else ""

    def _show_words(self) -> None:
        """The prompt as chips."""
        if [chip.word for chip in self.chips] != self._words:
            while (item := self._chips.takeAt(0)) is not None:
                widget = item.widget()
                if widget is not None:
                    widget.hide()
                    widget.deleteLater()
            self.chips = [WordChip(word) for word in self._words]
            for at, chip in enumerate(self.chips):
                chip.setObjectName(f"word_{at}")
                chip.clicked.connect(self._on_chip)
                self._chips.addWidget(chip)
        self.slider.setEnabled(len(self._steps) > 1)
        self.slider.blockSignals(True)
        self.slider.setRange(0, max(len(self._steps) - 1, 0))
        self.slider.setValue(max(self.place(), 0))
        self.slider.blockSignals(False)
        if not self._steps:
            self.grid.clear()
            self.grid.set_captions([])
            self.heat.set_picture(None)
            for label in (self._where, self._told):
                label.setText("")

    def _show(self) -> None:
        if not self._steps:
            return
        step, maps, mean = self._steps[self.place()], self.maps(), self.mean.isChecked()
        picture = self._steps[-1].clean if mean else step.clean
        most, glow = maps.max(axis=(1, 2)), glows(maps)
        self.grid.set_captions(self._words)
        self.grid.set_pictures([glowing(picture, one) for one in glow])
        self.grid.set_selection([self._word])
        for at, chip in enumerate(self.chips):
            chip.setChecked(at == self._word)
        self.heat.set_picture(picture)
        self.heat.set_heat(glow[self._word])
        total = self._steps[-1].number + 1
        where = self.tr("step {0} of {1} · σ {2}").format(step.number + 1, total, number_text(step.sigma, 3))
        self._where.setText(self.tr("all {0} steps").format(len(self._steps)) if mean else where)
        self._told.setText(self._told_words(float(most[self._word]), float(maps[self._word].mean())))
        self.said.emit(self._said_words(maps))

    def _told_words(self, most: float, mean: float) -> str:
        words = self.tr("“{0}” gets {1} % of the attention where it is looked at most, {2} % everywhere on average.")
        return words.format(self.word(), round(100 * most), round(100 * mean))

    def _said_words(self, maps: np.ndarray) -> str:
        """The word that is looked at most unevenly: the one that belongs to a place."""
        words = self.tr("The word that belongs most clearly to one place is “{0}”.")
        return words.format(self._words[int(unevenness(maps).argmax())])

    # --- what happens ------------------------------------------------------------------------------------------------

    def _choose(self, word: int) -> None:
        if 0 <= word < len(self._words):
            self._word = word
            self._show()
            self.changed.emit()

    def _on_chip(self) -> None:
        self._choose(self.chips.index(self.sender()))  # type: ignore[arg-type]

    def _on_grid(self, place: int) -> None:
        if place != self._word:
            self._choose(place)

    def _on_slider(self, place: int) -> None:
        self._place = -1 if place >= len(self._steps) - 1 else place
        self.mean.set_value(False)
        self._show()
        self.changed.emit()

    def _on_mean(self) -> None:
        self._show()
        self.changed.emit()

    def _on_empty_button(self) -> None:
        if self._pictures.reads_words():
            self._pictures.prompt.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.maker.session.go(page_of_family(self.maker.family), tab="train")


def unevenness(maps_NHW: np.ndarray) -> np.ndarray:
    """(N,): how much more a word is looked at at its place than anywhere."""
    found: np.ndarray = maps_NHW.max(axis=(1, 2)) / np.maximum(maps_NHW.mean(axis=(1, 2)), 1e-6)
    return found


def glows(maps_NHW: np.ndarray) -> np.ndarray:
    """Attention as heat from 0 to 1: each word from its least to its most, but what hardly differs glows little."""
    least, most = maps_NHW.min(axis=(1, 2), keepdims=True), maps_NHW.max(axis=(1, 2), keepdims=True)
    found: np.ndarray = (maps_NHW - least) / np.maximum(most - least, np.maximum(_FLAT * most, 1e-6))
    return found


def glowing(picture_HWC: np.ndarray, heat_HW: np.ndarray) -> QImage:
    """A picture with heat (0 to 1, perhaps of another size) laid over it."""
    image = to_image(picture_HWC).convertToFormat(QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(image.rect(), heat_image(heat_HW))
    painter.end()
    return image
