"""What a classifier of the project says of a picture before and after it was edited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from studio.config.registry import capabilities
from studio.config.requests import AskRequest
from studio.families import FAMILIES
from studio.ui.panels.maker import Maker
from studio.ui.text import Label
from studio.ui.widgets.choices import Combo
from studio.ui.widgets.confusion_matrix import percent
from studio.ui.widgets.frames import clear, dense
from studio.ui.widgets.pictures import to_image

if TYPE_CHECKING:
    from studio.ui.session import Session

Shares = Mapping[str, Mapping[str, float]]
_SIDE = 384  # pixels at which a classifier is shown a picture: more than any of ours looks at


class OpinionBlock(QWidget):
    """Which classifier is asked, and for each of its labels what it said before and says now."""

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("opinionBlock")
        self.judge = Combo()
        self.judge.setObjectName("opinionJudge")
        self.judge.setAccessibleName(self.tr("Classifier that is asked"))
        self.judge.value_changed.connect(self.chosen)
        self.note = Label(role="small", wrap=True)
        self.note.setObjectName("opinionNote")
        self._rows = QGridLayout()
        dense(self._rows, gap=4)  # type: ignore[type-var]
        self._rows.setColumnStretch(1, 1)
        column = dense(QVBoxLayout(self), gap=8)
        column.addWidget(Label(self.tr("What a classifier says"), role="dim"))
        column.addWidget(self.judge)
        column.addLayout(self._rows)
        column.addWidget(self.note)

    def set_judges(self, names: tuple[str, ...]) -> None:
        """Which runs can be asked; the newest first."""
        wanted = [("", self.tr("nobody")), *((name, name) for name in names)]
        if [self.judge.itemData(at) for at in range(self.judge.count())] != [key for key, _ in wanted]:
            self.judge.set_choices(wanted)
        self.judge.setVisible(bool(names))
        if not names:
            self.show_nothing(self.tr("Train a classifier in this project, and it will say here what has changed."))

    def show_nothing(self, words: str = "") -> None:
        """Nothing was asked."""
        clear(self._rows)
        self.note.setText(words)
        self.note.setVisible(bool(words))

    def show_both(self, before: Shares, after: Shares) -> None:
        """Each label with the likeliest value before and after; what became another stands out."""
        self.show_nothing()
        for row, label in enumerate(after):
            first, second = _best(before.get(label, {})), _best(after[label])
            words = f"{first[0]} {percent(first[1])} → {second[0]} {percent(second[1])}"
            self._rows.addWidget(Label(label, role="dim"), row, 0, Qt.AlignmentFlag.AlignTop)
            said = Label(words, role="strong" if first[0] != second[0] else "body", wrap=True)
            said.setObjectName(f"opinion_{label}")
            self._rows.addWidget(said, row, 1)

    def said(self) -> dict[str, str]:
        """What is shown, by label."""
        found = {}
        for row in range(self._rows.rowCount()):
            label, words = self._rows.itemAtPosition(row, 0), self._rows.itemAtPosition(row, 1)
            if label is not None and words is not None:
                one, other = label.widget(), words.widget()
                if isinstance(one, Label) and isinstance(other, Label):
                    found[one.text()] = other.text()
        return found


class OpinionDesk(QObject):
    """Asks the chosen classifier about both pictures; the newest pair counts."""

    state_changed = Signal()

    def __init__(self, session: Session, maker: Maker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._maker = session, maker
        self.block = OpinionBlock()
        self.block.chosen.connect(self._on_chosen)
        self._wanted: str | None = None
        self._pair: tuple[np.ndarray, np.ndarray] | None = None
        self._before: Shares | None = None
        self._before_of: object = None
        self._file = b""

    def refresh(self) -> None:
        """The project's runs have changed."""
        able = {family for family in FAMILIES if "judges" in capabilities(family)}
        runs = [info for info in self._session.runs() if info.family in able and not info.damage and info.status.step]
        names = tuple(info.name for info in runs)
        self.block.set_judges(names)
        wanted = self._wanted if self._wanted is not None else (names[0] if names else "")
        self.block.judge.set_value(wanted if wanted in names else "")

    def judge(self) -> str:
        """The run that is asked; empty for none."""
        return str(self.block.judge.value() or "")

    def show_pair(self, before_HWC: np.ndarray, after_HWC: np.ndarray, file: bytes) -> None:
        """Ask about a picture, which came as a file, and what became of it."""
        self._pair, self._file = (before_HWC, after_HWC), file
        self._ask()

    def forget(self) -> None:
        """There is no pair any more."""
        self._pair = self._before = self._before_of = None
        for key in ("judged before", "judged after"):
            self._maker.forget(key)
        if self.judge():
            self.block.show_nothing()

    def _ask(self) -> None:
        judge, pair = self.judge(), self._pair
        if not judge or pair is None:
            return
        if self._before is None or self._before_of != (judge, self._file):
            self._before, self._before_of = None, (judge, self._file)
            self._look("judged before", pair[0], self._on_before)
        else:
            self._ask_after()

    def _on_before(self, answer: Any) -> None:
        self._before = answer.probabilities
        self._ask_after()

    def _ask_after(self) -> None:
        if self._pair is not None:
            self._look("judged after", self._pair[1], self._on_after)

    def _on_after(self, answer: Any) -> None:
        if self._before is not None:
            self.block.show_both(self._before, answer.probabilities)

    def _look(self, key: str, picture_HWC: np.ndarray, then: Any) -> None:
        device = self._session.preferences.device
        request = AskRequest(run=self.judge(), picture=small_png(picture_HWC), device=device)
        self._maker.look(key, request, then)

    def _on_chosen(self, name: object) -> None:
        self._wanted = str(name or "")
        self._before = None
        if name:
            self._ask()
        else:
            self.block.show_nothing()
        self.state_changed.emit()

    def state(self) -> Any:
        """The run that the user has chosen; None where nobody has."""
        return self._wanted

    def restore(self, state: object) -> None:
        """Take up `state`."""
        self._wanted = state if isinstance(state, str) else None


def small_png(picture_HWC: np.ndarray) -> bytes:
    """A picture (H, W, C) uint8 as a PNG file, made smaller where it is larger than a classifier looks at."""
    stride = max(1, min(picture_HWC.shape[:2]) // (2 * _SIDE))  # of a large one the most is left out at once
    image = to_image(picture_HWC[::stride, ::stride])
    if min(image.width(), image.height()) > _SIDE:
        image = image.scaled(
            _SIDE, _SIDE, Qt.AspectRatioMode.KeepAspectRatioByExpanding, Qt.TransformationMode.SmoothTransformation
        )
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    buffer.close()
    return bytes(data.data())


def _best(shares: Mapping[str, float]) -> tuple[str, float]:
    value = max(shares, key=lambda name: shares[name], default="")
    return value, float(shares.get(value, 0.0))
