"""Ask about one picture: a pad to draw on or drop into, and beside it bars of Prob(label) that move as one draws."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QImage, QResizeEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from studio.config.requests import AskRequest
from studio.jobs.browsing import ReadFile, ReadThumbnails
from studio.ui import theme
from studio.ui.drops import local_paths
from studio.ui.palette import PAPERS, SIZES
from studio.ui.panels.maker import Maker
from studio.ui.panels.pad_tools import PadTools
from studio.ui.panels.tiles import Tile
from studio.ui.text import Label, count_text
from studio.ui.widgets.confusion_matrix import percent
from studio.ui.widgets.drawing_pad import DrawingPad
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.pictures import to_image
from studio.ui.widgets.probability_bars import ProbabilityBars
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.session import Session

_ASK_MS = 30  # a stroke asks no more often than this
_SIDE = 384  # pixels of a picture that comes in
_SEEN = 72
_YES, _NO = ("yes", "true"), ("no", "false")
_CARD = (312, 620)
_FILES = "*.png *.jpg *.jpeg *.webp *.bmp *.gif *.tif *.tiff *.ppm *.pgm *.pbm"


class OneView(QWidget):
    """The pad at the left, at the right what the classifier says."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("askOne")
        self.pad = DrawingPad()
        self.pad.setObjectName("drawingPad")
        self.pad.setAccessibleName(self.tr("Picture to ask about; draw on it or drop one"))
        self.bars = ProbabilityBars()
        self.bars.setObjectName("probabilityBars")
        self.bars.setAccessibleName(self.tr("Probabilities of the labels"))
        self.bars.set_row_tip(self.tr("Click to show what speaks for it"))
        self.title = Label(self.tr("Draw, or drop a picture"), role="strong", elide=Qt.TextElideMode.ElideMiddle)
        self.title.setObjectName("askTitle")
        self.model = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        self.model.setObjectName("askModel")
        self.verdict = Label(role="headline", elide=Qt.TextElideMode.ElideRight)
        self.verdict.setObjectName("askVerdict")
        self.seen = Tile(_SEEN, focusable=False)
        self.seen.setObjectName("askSeen")
        self.seen.setAccessibleName(self.tr("The picture as the network sees it"))
        self._seen_words = Label(role="small", wrap=True)
        self._lay_out()
        self.show_seen(None)

    def _lay_out(self) -> None:
        head = dense(QHBoxLayout(), gap=10)
        head.addWidget(self.title, 0)
        head.addWidget(self.model, 1)
        row = dense(QHBoxLayout(), gap=SIZES.space)
        row.addWidget(self.pad, 1000)
        self._card = self._make_card()
        row.addWidget(self._card, 10)
        row.addStretch(1)
        foot = dense(QHBoxLayout(), gap=12)
        foot.addWidget(self.seen)
        foot.addWidget(self._seen_words, 1)
        column = dense(QVBoxLayout(self), gap=10)
        column.addLayout(head)
        column.addLayout(row, 1000)
        column.addLayout(foot)
        column.addStretch(1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The pad is the largest square that leaves room for the bars beside and for what the network sees below."""
        super().resizeEvent(event)
        below = self.title.sizeHint().height() + self.seen.sizeHint().height() + 24
        side = max(160, min(self.width() - _CARD[0] - SIZES.space, self.height() - below))
        self.pad.setMaximumSize(side, side)
        self._card.setMaximumHeight(side)

    def _make_card(self) -> QWidget:
        """The bars below what is likeliest; they scroll where there are many."""
        card = Frame("card", padding=16, gap=10)
        card.setObjectName("askCard")
        self.verdict.setFixedHeight(self.verdict.sizeHint().height() + 4)
        card.add(self.verdict)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        holder = QWidget()
        theme.set_look(holder, surface="surface")
        inner = dense(QVBoxLayout(holder))
        inner.addWidget(self.bars)
        inner.addStretch(1)
        area.setWidget(holder)
        card.add(area, 1)
        card.setMinimumWidth(_CARD[0])
        card.setMaximumWidth(_CARD[1])
        return card

    def show_seen(self, picture_HWC: np.ndarray | None) -> None:
        """The picture as the network saw it."""
        self.seen.set_picture(picture_HWC)
        if picture_HWC is None:
            self._seen_words.setText(self.tr("Here stands what the network sees of it."))
            return
        size = f"{picture_HWC.shape[1]} × {picture_HWC.shape[0]}"
        self._seen_words.setText(self.tr("What the network sees: {0} pixels").format(size))

    def show_answer(self, found: Mapping[str, Mapping[str, float]]) -> None:
        """Move the bars, and say the likeliest in words."""
        self.bars.set_probabilities(found)
        best = [(label, self.bars.best(label)) for label in found]
        if len(best) == 1:
            label, value = best[0]
            self.verdict.setText(f"{value} · {percent(found[label][value])}")
        else:
            self.verdict.setText(" · ".join(self._words(label, value) for label, value in best))

    def _words(self, label: str, value: str) -> str:
        """A label and its value as one says them: “black hair”, “glasses”, “no glasses”."""
        if value in _YES:
            return label
        return self.tr("no {0}").format(label) if value in _NO else f"{value} {label}"

    def show_nothing(self) -> None:
        """Nothing is asked."""
        self.bars.clear()
        self.verdict.setText(self.tr("What will it say?"))
        self.show_seen(None)


class OneDesk(QObject):
    """Joins pad, bars and tools to the model: every stroke asks, the newest question counts."""

    state_changed = Signal()

    def __init__(self, session: Session, maker: Maker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._maker = session, maker
        self.view = OneView()
        self.tools = PadTools(self.view.pad)
        self.ask_file = self._ask_file
        self._name = ""
        self._paper_for = ""
        self._heat_late = False
        self._timer = QTimer(self)
        self._timer.setObjectName("askTimer")
        self._timer.setSingleShot(True)
        self._timer.setInterval(_ASK_MS)
        self._timer.timeout.connect(self.ask)
        self.view.pad.changed.connect(self._on_changed)
        self.view.pad.paste_asked.connect(self.paste)
        self.view.bars.picked.connect(self._on_bar)
        self.tools.asked.connect(self._on_asked)
        self.tools.heat_chosen.connect(self._on_heat)
        self.tools.state_changed.connect(self.state_changed)

    # --- asking ------------------------------------------------------------------------------------------------------

    def show_model(self) -> None:
        """Another model, or another step of it: the same picture is asked about again."""
        labels = self._maker.labels()
        self.view.bars.set_labels(labels)
        self.tools.set_labels(labels)
        self._take_paper()
        model = self._maker.model
        if model is not None:
            step = count_text(int(model.checkpoint))
            self.view.model.setText(self.tr("answered by {0}, step {1}").format(model.run, step))
        self.ask()

    def ask(self) -> None:
        """Ask about the picture as it is now."""
        self._timer.stop()
        model, pad = self._maker.model, self.view.pad
        if model is None or self._session.engine.state != "ready":
            return
        if pad.is_blank():
            self._maker.forget("answer")
            self.view.show_nothing()
            return
        heat = self.heat()
        request = AskRequest(
            run=model.run, checkpoint=model.checkpoint, picture=pad.png(), heat=heat,
            device=self._session.preferences.device,
        )  # fmt: skip
        self._maker.look("answer", request, self._on_answer)

    def heat(self) -> str:
        """The ``label=value`` for which heat is shown; empty for none."""
        return str(self.tools.heat.value() or "")

    def _on_answer(self, answer: Any) -> None:
        self.view.show_answer(answer.probabilities)
        self.view.show_seen(answer.seen)
        self.view.pad.set_heat(answer.heat if self.heat() else None)

    def _on_changed(self) -> None:
        if not self._timer.isActive():
            self._timer.start()
        if self.view.pad.is_blank():
            self.set_name("")
        self.state_changed.emit()

    def rest(self) -> None:
        """Nobody looks."""
        self._timer.stop()
        self._maker.forget("answer")

    # --- pictures ----------------------------------------------------------------------------------------------------

    def set_name(self, name: str) -> None:
        """What the picture is called."""
        self._name = name
        self.view.title.setText(name or self.tr("Draw, or drop a picture"))

    def show_picture(self, image: QImage, name: str) -> None:
        """Put a picture in and ask about it."""
        self.view.pad.set_picture(image)
        self.set_name(name)

    def open(self, path: Path) -> None:
        """Read a file in another thread, then show it; what cannot be read is said."""

        def on_answer(answer: Any) -> None:
            if answer.done and answer.error is not None:
                self._session.toast(spoken(answer.error), severity="warning")
            elif answer.done:
                self.show_picture(to_image(answer.result), path.name)

        self._session.browse("askFile", ReadFile(path=path, side=_SIDE), on_answer)

    def paste(self) -> None:
        """Take what the clipboard holds: a picture, or the address of a file."""
        data = QGuiApplication.clipboard().mimeData()
        paths = local_paths(data) if data is not None else []
        if paths:
            self.open(paths[0])
        elif self.view.pad.paste():
            self.set_name(self.tr("from the clipboard"))
        else:
            self._session.toast(self.tr("There is no picture on the clipboard."), severity="warning")

    def chance(self) -> None:
        """Any picture of the run's data set."""
        trained = self._maker.trained
        record = self._session.lists.dataset(trained.dataset) if trained is not None else None
        if record is None or not record.count:
            self._session.toast(self.tr("The data set of this run is not in the project."), severity="warning")
            return
        import random

        position = random.SystemRandom().randrange(record.count)
        request = ReadThumbnails(
            folder=record.folder, positions=(position,), side=_SIDE, background=record.choices.background
        )

        def on_answer(answer: Any) -> None:
            found = (answer.result or {}).get(position) if answer.done else None
            if found is not None:
                self.show_picture(to_image(found), self.tr("picture {0} of {1}").format(
                    count_text(position + 1), record.name))  # fmt: skip
            elif answer.done and answer.error is not None:
                self._session.toast(spoken(answer.error), severity="warning")

        self._session.browse("askChance", request, on_answer)

    def _take_paper(self) -> None:
        """Black paper for grey pictures, whose ground is black nearly always; once for each run."""
        trained = self._maker.trained
        if trained is None or trained.name == self._paper_for or not self.view.pad.is_blank():
            return
        self._paper_for = trained.name
        if trained.config.get("channels") == 1:
            self.tools.set_paper(PAPERS[1])

    def _on_asked(self, what: str) -> None:
        if what == "open":
            path = self.ask_file()
            if path:
                self.open(Path(path))
        elif what == "paste":
            self.paste()
        else:
            self.chance()

    def _ask_file(self) -> str:
        kinds = self.tr("Pictures ({0})").format(_FILES)
        return QFileDialog.getOpenFileName(self.view.window(), self.tr("Ask about a picture"), "", kinds)[0]

    # --- heat --------------------------------------------------------------------------------------------------------

    def _on_bar(self, label: str, value: str) -> None:
        wanted = f"{label}={value}"
        self.tools.heat.set_value("" if self.heat() == wanted else wanted)
        self._on_heat()

    def _on_heat(self) -> None:
        label, _, value = self.heat().partition("=")
        self.view.bars.set_lit((label, value) if label else None)
        if not self.heat():
            self.view.pad.set_heat(None)
        self.ask()
        self.state_changed.emit()

    # --- state -------------------------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Pen, paper, heat; the picture itself is not kept."""
        return self.tools.state()

    def restore(self, state: object) -> None:
        """Take up `state`."""
        self.tools.restore(state)
