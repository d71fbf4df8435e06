"""Other translations of the sentence where the cursor stands, with what the search ranks them by."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.generation.translations import Version
from studio.ui.text import Label
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.confusion_matrix import percent
from studio.ui.widgets.frames import Frame, clear, dense

_BUTTON = 72  # as wide as the longer of its two words


class VersionRow(QWidget):
    """One of them: its text, how likely its words are on the mean, and a way to take it."""

    def __init__(self, number: int, version: Version, *, chosen: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = Label(version.text, role="body" if chosen else "dim", elide=Qt.TextElideMode.ElideRight)
        self.text.setObjectName(f"versionText_{number}")
        self.score = Label(percent(mean_probability(version)), role="small")
        self.score.setObjectName(f"versionScore_{number}")
        self.score.set_tip(
            self.tr("How likely its words are on the mean. The search ranks it by {0}.").format(f"{version.score:.3f}")
        )
        self.take = Button(self.tr("Shown") if chosen else self.tr("Show"), kind="small")
        self.take.setObjectName(f"versionTake_{number}")
        self.take.setAccessibleName(self.tr("Show translation {0}").format(number + 1))
        self.take.set_available(self.tr("This one is shown.") if chosen else "")
        self.take.setMinimumWidth(_BUTTON)
        row = dense(QHBoxLayout(self), gap=10)
        row.addWidget(self.score)
        row.addWidget(self.text, 1)
        row.addWidget(self.take)


class VersionsCard(Frame):
    """The sentence, and its translations below one another. `taken` carries the number of the one to be shown."""

    taken = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("card", padding=12, gap=6, parent=parent)
        self.setObjectName("versionsCard")
        self.title = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        self.title.setObjectName("versionsTitle")
        self._shown: tuple[str, tuple[Version, ...], int] = ("", (), -1)
        self.rows: list[VersionRow] = []
        self._room = dense(QVBoxLayout(), gap=4)
        self.add(self.title)
        self.body.addLayout(self._room)
        self.hide()

    def show_versions(self, source: str, versions: Sequence[Version], chosen: int) -> None:
        """Show those of a sentence; ``chosen`` is the one that stands in the text, -1: none of them."""
        found = (source, tuple(versions), chosen)
        if found == self._shown:
            return
        self._shown = found
        clear(self._room)
        self.title.setText(source)
        self.rows = [VersionRow(n, version, chosen=n == chosen) for n, version in enumerate(versions)]
        for row in self.rows:
            row.take.clicked.connect(self._on_take)
            self._room.addWidget(row)
        self.setVisible(len(versions) > 1)

    def _on_take(self) -> None:
        number = next((n for n, row in enumerate(self.rows) if row.take is self.sender()), None)
        if number is not None:
            self.taken.emit(number)


def mean_probability(version: Version) -> float:
    """The geometric mean of the probabilities of its words, 0 to 1."""
    if not version.words:
        return 0.0
    logs = [math.log(max(word.probability, 1e-12)) for word in version.words]
    return math.exp(sum(logs) / len(logs))
