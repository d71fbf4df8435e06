"""Samples of several runs side by side at one step: the same place in each grid is the same latent of its run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from studio.ui import theme
from studio.ui.curve_data import nearest
from studio.ui.panels.sample_texts import SampleText, sample_texts
from studio.ui.text import Label, count_text
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.history_slider import HistorySlider
from studio.ui.widgets.passage import Passage, Piece, scrolling
from studio.ui.widgets.sample_grid import SampleGrid

if TYPE_CHECKING:
    from studio.ui.pages.runs_curves import ComparedRun

_TILE = 250
_CELL = 46  # pixels of a sample and the gap beside it, below which nobody tells samples apart


class _Swatch(QWidget):
    """A square in the colour of a run."""

    def __init__(self, colour: str) -> None:
        super().__init__()
        self.colour = colour
        self.setFixedSize(12, 12)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.current().colour(self.colour))
        painter.drawRoundedRect(self.rect(), 3, 3)


class SampleTile(Frame):
    """One run's samples at the step nearest to the one wanted."""

    def __init__(self, run: ComparedRun) -> None:
        super().__init__("card", padding=10, gap=8)
        self.run = run
        self.step: int | None = None
        self._pictures: np.ndarray | None = None
        self._shown: np.ndarray | None = None
        self.setObjectName(f"samples_{run.name}")
        self.setAccessibleName(run.title)
        self.swatch = _Swatch(run.colour)
        self.title = Label(run.title, role="strong", elide=Qt.TextElideMode.ElideMiddle)
        self.about = Label(role="dim")
        self.grid = SampleGrid(choosing="single")
        self.grid.setObjectName("tileGrid")
        self.grid.setAccessibleName(run.title)
        self.texts = Passage()
        self.texts.setObjectName("tileTexts")
        self._area = scrolling(self.texts)
        head = dense(QHBoxLayout(), gap=8)
        head.addWidget(self.swatch)
        head.addWidget(self.title, 1)
        head.addWidget(self.about)
        self.body.addLayout(head)
        self.add(self.grid, 1)
        self.add(self._area, 1)
        self._area.hide()
        self.setMinimumHeight(200)

    def read(self, wanted: int) -> bool:
        """Show the kept step nearest to a step; says whether a file was read."""
        steps = self.run.watch.sample_steps()
        if not steps:
            self.about.setText(self.tr("no samples"))
            self._pictures = None
            self._show_texts([])
            self._show_some()
            return False
        step = steps[nearest(np.asarray(steps), wanted)]
        if step == self.step:
            self._show_some()
            return False
        found = self.run.watch.sample_with_notes(step)
        pictures = found[0] if found is not None else None
        self._show_texts(sample_texts(found[1]) if found is not None else [])
        self.step = step if pictures is not None else None
        self._pictures = pictures
        self._show_some()
        self.about.setText(self.tr("cannot be read") if pictures is None else self._words(step))
        return True

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._show_some()

    def _show_texts(self, texts: Sequence[SampleText]) -> None:
        """Of families that make texts, those; each after what it continues."""
        pieces = []
        for at, sample in enumerate(texts):
            given = sample.turns[-1].text + "\n" if sample.turns else sample.prompt or sample.source + "\n"
            pieces += [Piece("\n\n" if at else ""), Piece(given, "given"), Piece(sample.text)]
        self.texts.set_pieces(pieces)
        self.grid.setVisible(not pieces)
        self._area.setVisible(bool(pieces))

    def _show_some(self) -> None:
        """As many of the samples as can be recognised in this room; the first ones, everywhere the same."""
        if self._pictures is None:
            self.grid.clear()
            return
        across, down = max(1, self.grid.width() // _CELL), max(1, self.grid.height() // _CELL)
        some = self._pictures[: across * down]
        if len(some) != self.grid.count() or self._shown is not self._pictures:
            self._shown = self._pictures
            self.grid.set_pictures(some)

    def _words(self, step: int) -> str:
        return self.tr("step {0}").format(count_text(step))


class RunsSamples(QWidget):
    """A tile a run and one slider over all their kept steps. Files are read one a tick, the newest wish first."""

    step_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runsSamples")
        self._runs: Sequence[ComparedRun] = ()
        self.tiles: list[SampleTile] = []
        self._wanted: int | None = None
        self._left: list[SampleTile] = []
        self._timer = QTimer(self)
        self._timer.setObjectName("runsSamplesTimer")
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._read_one)
        self._room = QWidget()
        theme.set_look(self._room, surface="canvas")
        self._grid = QGridLayout(self._room)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(12)
        self._area = QScrollArea()
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setWidgetResizable(True)
        self._area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setWidget(self._room)
        self.slider = HistorySlider()
        self.slider.setObjectName("runsHistory")
        self.slider.setAccessibleName(self.tr("Step of the samples"))
        self.slider.step_selected.connect(self._on_step)
        column = dense(QVBoxLayout(self), gap=8)
        column.addWidget(self._area, 1)
        column.addWidget(self.slider)

    def show_runs(self, runs: Sequence[ComparedRun]) -> None:
        """Show these."""
        if [(r.name, r.title, r.colour) for r in runs] != [(r.name, r.title, r.colour) for r in self._runs]:
            self._runs = tuple(runs)
            self._make_tiles()
        self.renew()

    def set_step(self, step: int | None) -> None:
        """Which step to show; None the last."""
        self._wanted = step
        self.renew()

    def step(self) -> int | None:
        """The step that the user has chosen; None follows the last one."""
        return None if self.slider.following() else self.slider.step()

    def renew(self) -> None:
        """The runs may have new samples."""
        steps = sorted({step for run in self._runs for step in run.watch.sample_steps()})
        if steps != self.slider.steps():
            self.slider.set_steps(steps)
            if self._wanted is not None:
                self.slider.select_step(self._wanted)
        self._ask()

    def stop(self) -> None:
        """Nobody looks."""
        self._timer.stop()
        self.slider.pause()

    def _make_tiles(self) -> None:
        for tile in self.tiles:
            self._grid.removeWidget(tile)
            tile.hide()
            tile.deleteLater()
        self.tiles = [SampleTile(run) for run in self._runs]
        for tile in self.tiles:
            tile.grid.selection_changed.connect(self._on_selection)
        self._lay_out()

    def _lay_out(self) -> None:
        columns = max(1, min(len(self.tiles), (self.width() + 12) // (_TILE + 12)))
        for at, tile in enumerate(self.tiles):
            self._grid.addWidget(tile, at // columns, at % columns)
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, int(column < columns))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()

    def _ask(self) -> None:
        self._left = list(self.tiles)
        if self._left and not self._timer.isActive():
            self._timer.start()

    def _read_one(self) -> None:
        step = self.slider.step()
        while self._left:
            if self._left.pop(0).read(step if step is not None else 0):
                return
        self._timer.stop()

    def _on_step(self, step: int) -> None:
        self._wanted = None if self.slider.following() else step
        self._ask()
        self.step_chosen.emit(step)

    def _on_selection(self, places: list[int]) -> None:
        """The same place in every grid: the same latent where the runs share their seed."""
        for tile in self.tiles:
            if tile.grid is not self.sender():
                tile.grid.set_selection(places)
