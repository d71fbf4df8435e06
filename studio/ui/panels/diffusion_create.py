"""The Create tab of the diffusion panel: pictures by words or labels, from noise or from a picture, as they form."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtWidgets import QFileDialog, QStackedWidget, QVBoxLayout, QWidget

from studio.config.denoising import Beginning
from studio.config.requests import Drawn, Recipe
from studio.ground.errors import Text, UsageError, text
from studio.jobs.browsing import ReadFile
from studio.ui.panels.create_tab import CreateTab, MenuGroup
from studio.ui.panels.diffusion_bench import DiffusionBench
from studio.ui.panels.diffusion_controls import DiffusionControls
from studio.ui.panels.diffusion_given import LARGEST, GivenPicture, mask_over
from studio.ui.panels.folded import folded, unfolded
from studio.ui.panels.mask_painter import MaskPainter
from studio.ui.panels.request_history import RequestHistory
from studio.ui.panels.sheet import Entry
from studio.ui.panels.sheet_desk import KEY
from studio.ui.widgets.frames import dense
from studio.ui.words import spoken

_FILES = "*.png *.jpg *.jpeg *.webp *.bmp *.gif *.tif *.tiff *.ppm *.pgm *.pbm"
_MOST_FILES = 16  # that are dropped at once


class DiffusionCreateTab(CreateTab):
    """Generate from words, labels or a picture; edit a part of it; vary it; walk between pictures or words."""

    form: DiffusionControls
    bench: DiffusionBench

    def build(self) -> None:
        self.form = DiffusionControls()
        self.bench = DiffusionBench(self.maker, self.draft)
        self.history = RequestHistory(self.form.history, self)
        self.painter = MaskPainter()
        self.ask_file: Callable[[], str] = partial(self._ask_file, self.tr("Begin with a picture"))
        self.ask_mask: Callable[[], str] = partial(self._ask_file, self.tr("Open a mask"))
        dense(QVBoxLayout(self.controls)).addWidget(self.form)
        sheet = QWidget()
        self.lay_out_canvas(sheet)
        self._pages = QStackedWidget()
        self._pages.addWidget(sheet)
        self._pages.addWidget(self.painter)
        dense(QVBoxLayout(self.canvas)).addWidget(self._pages)
        self.again = self.view.add_button("again", self.tr("Make again"), "refresh")
        self.again.clicked.connect(self.make_again)
        self.desk.asked.connect(self.bench.rest)  # what is only looked at comes after what was asked for
        self.maker.ended.connect(self._on_made)
        self._connect_form()

    def _connect_form(self) -> None:
        form, begin = self.form, self.form.begin
        form.changed.connect(self._on_form)
        form.entered.connect(self._on_entered)
        form.history_asked.connect(self.history.ask)
        self.history.chosen.connect(self._on_history)
        begin.pick_asked.connect(self._on_begin_pick)
        begin.open_asked.connect(self._on_begin_open)
        begin.file_given.connect(partial(self._read_file, then=begin.set_picture))
        begin.paint_asked.connect(self.show_painter)
        begin.mask_asked.connect(self._on_mask_open)
        self.painter.file_dropped.connect(self._read_mask)
        begin.picture_changed.connect(self.show_sheet)
        self.painter.left.connect(self.show_sheet)
        self.painter.changed.connect(self._on_painted)

    # --- the tab -----------------------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        return folded(super().state() | {"history": self.history.state()})

    def restore(self, state: Mapping[str, Any]) -> None:
        state = unfolded(dict(state))
        self.history.restore(state.get("history"))
        super().restore(state)

    def actions(self) -> Mapping[str, Callable[[], None]]:
        return {**super().actions(), "delete": self._delete}

    def model_shown(self) -> None:
        self.form.set_trained(self.maker.trained)

    def picked_shown(self) -> None:
        picked = len(self.view.grid.selection())
        which = self.tr("The picked pictures") if picked else self.tr("All pictures")
        self.again.set_tip(self.tr("{0} with what is set at the left, each from its own seed").format(which))
        self.again.set_available(self.form.problem())

    def why_not_generate(self) -> Text | None:
        problem = self.form.problem()
        return text("{problem}", problem=problem) if problem else None

    def may_generate(self) -> bool:
        self.form.words.look_up()
        self.show_sheet()
        if self.form.problem():
            self.intention_changed.emit()
            return False
        self.history.add(self.draft())
        return True

    def draft(self) -> Recipe:
        """The first recipe of what is set."""
        return self.form.recipes(0)[0]

    def take_drop(self, paths: list[Path], certificate: Mapping[str, Any] | None) -> bool:
        if certificate is not None:
            return self.recall(certificate)
        if self.maker.model is None or not paths or any(path.is_dir() for path in paths):
            return False
        for path in paths[:_MOST_FILES]:
            self._read_file(path, then=self._bring)
        return True

    # --- doing -------------------------------------------------------------------------------------------------------

    def make_again(self) -> None:
        """Make the picked pictures (or all) anew with what is set, each from its own seed."""
        entries = self.desk.picked() or list(self.sheet.entries)
        self.form.words.look_up()
        if self.maker.model is None or not entries or self.form.problem():
            return
        self.history.add(self.draft())
        self.show_sheet()
        if self._differ(entries):
            self.desk.make_again(entries, self.form.applied)
        else:
            self.desk.make_again(entries, _same)

    def _differ(self, entries: Sequence[Entry]) -> bool:
        """Whether what is set would make other pictures; what another model does not know counts for nothing."""
        fit = self.maker.fit
        return any(fit(self.form.applied(entry.recipe)) != fit(entry.recipe) for entry in entries)

    def set_as(self, recipe: Recipe) -> None:
        with self.session.reporting(self.tr("Reading the picture")):
            self.form.set_trained(self.maker.trained)
            super().set_as(recipe)

    def show_painter(self) -> None:
        """Paint which part is made anew."""
        picture = self.form.begin.picture()
        size = self.form.picture_size()
        if picture is None or self.form.words.problem() or not all(size):
            return
        mask = self.form.begin.painted()
        fitting = mask if mask is not None and mask.shape == size else None
        with self.session.reporting(self.tr("Reading the picture")):
            pixels = picture.pixels_at(size)
            self.painter.set_picture(pixels, fitting)
            self._pages.setCurrentWidget(self.painter)
            self.painter.pad.setFocus()

    def show_sheet(self) -> None:
        """Leave the brush."""
        self._pages.setCurrentIndex(0)

    def is_painting(self) -> bool:
        """Whether the brush is shown."""
        return self._pages.currentWidget() is self.painter

    def begin_with(self, entry: Entry) -> None:
        """Begin with a picture of the sheet."""
        if entry.picture is not None:
            self.form.begin.set_picture(entry.picture)

    def menu_groups(self, place: int, entry: Entry) -> list[MenuGroup]:
        use = [
            (self.tr("Begin with this picture"), "import", partial(self.begin_with, entry)),
            (self.tr("Change a part of it…"), "pencil", partial(self._paint_over, entry)),
            (self.tr("Variations of it"), "gan", partial(self.bench.show_mode, "variations")),
            (self.tr("Set everything as it was"), "clock", partial(self.set_as, entry.whole or entry.recipe)),
            (self.tr("Make again"), "refresh", partial(self.desk.make_again, [entry], _same)),
        ]
        looks = [
            (self.tr("The film of its steps"), "film", partial(self.look, "film", entry)),
            (self.tr("Nearest training pictures"), "search", partial(self.look, "nearest", entry)),
        ]
        return [use, looks]

    # --- pictures from elsewhere -------------------------------------------------------------------------------------

    def _read_file(self, path: Path, then: Callable[[np.ndarray], None], *, behind: str = "#ffffff") -> None:
        """Read a file in another thread, on a background where it is transparent; what cannot be read is said."""

        def on_answer(answer: Any) -> None:
            if answer.done and answer.error is not None:
                self.session.toast(spoken(answer.error), severity="warning")
            elif answer.done:
                then(answer.result)

        self.session.browse(f"createFile {path}", ReadFile(path=path, side=LARGEST, background=behind), on_answer)

    def _bring(self, pixels: np.ndarray) -> None:
        """Lay a picture on the sheet as it is, and begin with it."""
        size = self.form.picture_size()
        if not all(size):
            return
        with self.session.reporting(self.tr("Reading the picture")):
            begin = Beginning(picture=GivenPicture(pixels).at(size), strength=0.0)
            draft = self.draft()
            way = draft.denoising.model_copy(update={"begin": begin, "chunk": 1}) if draft.denoising else None
            self.desk.append([draft.model_copy(update={"latent": Drawn(seed=0, index=0), "denoising": way})])
            self.form.begin.set_picture(pixels)

    def _read_mask(self, path: Path) -> None:
        """Take a mask from a file; behind a transparent one it is black, as for the command line."""
        self._read_file(path, self._take_mask, behind="#000000")

    def _take_mask(self, mask_HWC: np.ndarray) -> None:
        """Make anew where a mask is light, and show it under the brush."""
        picture, size = self.form.begin.picture(), self.form.picture_size()
        if picture is None or not all(size):
            return
        try:
            mask = mask_over(mask_HWC, picture, size)
        except UsageError as error:
            self.session.toast(spoken(error.text), severity="warning")
            return
        self.form.begin.set_mask(mask)
        self.show_painter()

    def _paint_over(self, entry: Entry) -> None:
        self.begin_with(entry)
        self.show_painter()

    def _ask_file(self, title: str) -> str:
        kinds = self.tr("Pictures ({0})").format(_FILES)
        return QFileDialog.getOpenFileName(self.canvas.window(), title, "", kinds)[0]

    # --- what happens ------------------------------------------------------------------------------------------------

    def _on_made(self, key: str, finished: bool) -> None:
        if key == KEY and not self.maker.is_open(key):
            self.bench.refresh()

    def _on_form(self) -> None:
        self.picked_shown()
        self.show_note()
        self.state_changed.emit()
        self.intention_changed.emit()

    def _on_entered(self) -> None:
        if not self._blocks().get("generate"):
            self.generate()

    def _on_history(self, recipe: Recipe) -> None:
        with self.session.reporting(self.tr("Setting everything as it was")):
            self.set_as(recipe)

    def _on_begin_pick(self) -> None:
        picked = self.desk.pictured() if self.desk.picked() else []
        if picked:
            self.begin_with(picked[0])
        else:
            self.session.toast(self.tr("Pick a picture on the sheet first, or drop one on the box."))

    def _on_begin_open(self) -> None:
        path = self.ask_file()
        if path:
            self._read_file(Path(path), then=self.form.begin.set_picture)

    def _on_mask_open(self) -> None:
        path = self.ask_mask()
        if path:
            self._read_mask(Path(path))

    def _on_painted(self) -> None:
        if self.is_painting():
            self.form.begin.set_mask(self.painter.painted())

    def _delete(self) -> None:
        if not self.is_painting():
            self.desk.remove_picked()


def _same(recipe: Recipe) -> Recipe:
    return recipe
