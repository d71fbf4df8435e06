"""Which pictures are the two sides: one data set split by a label, or two data sets; and how many each side has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from studio.config.cyclegan import Split, parse_split
from studio.ground.errors import UsageError
from studio.projects.datasets import DataSetRecord
from studio.ui import theme
from studio.ui.panels.column_block import ColumnBlock
from studio.ui.text import Label, count_text
from studio.ui.widgets.buttons import icon_button
from studio.ui.widgets.choices import Combo
from studio.ui.widgets.frames import dense
from studio.ui.widgets.segmented import Segment, Segmented

SPLIT, TWO = "split", "two"
_CONTROL = 146
_UNEVEN = 4  # times as many on one side
_FEW = 20


class BalanceBar(QWidget):
    """Two counts as shares of one bar: side A at the left, side B at the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._counts = (0, 0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_counts(self, a: int, b: int) -> None:
        """How many pictures each side has."""
        self._counts = (a, b)
        self.update()

    def counts(self) -> tuple[int, int]:
        """What is shown."""
        return self._counts

    def sizeHint(self) -> QSize:
        return QSize(120, 8)

    def paintEvent(self, event: QPaintEvent) -> None:
        look, (a, b) = theme.current(), self._counts
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        whole, gap = float(self.width()), 2.0 if a and b else 0.0
        left = (whole - gap) * a / max(a + b, 1)
        parts = (("real", 0.0, left), ("fake", left + gap, whole - gap - left)) if a + b else (("line", 0.0, whole),)
        for colour, start, wide in parts:
            painter.setBrush(look.colour(colour))
            painter.drawRoundedRect(QRectF(start, 0, max(wide, 0.0), self.height()), 4, 4)


class SidesBlock(ColumnBlock):
    """See the module. What is chosen stands in the settings ``split`` and ``other_dataset``."""

    paths = ("split", "other_dataset")

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sidesBlock")
        self._split: Split | None = None
        self._other, self._locked = "", ""
        self._dataset: DataSetRecord | None = None
        self._others: tuple[DataSetRecord, ...] = ()
        self._make_choices()
        self._make_balance()
        self._lay_out()

    def _make_choices(self) -> None:
        self.kinds = Segmented([Segment(SPLIT, self.tr("One, split")), Segment(TWO, self.tr("Two data sets"))])
        self.kinds.setObjectName("sidesKind")
        self.kinds.setAccessibleName(self.tr("Where the two sides come from"))
        self.kinds.value_changed.connect(self._on_kind)
        self.label = self._combo("sidesLabel", self.tr("Label that splits the data set"))
        self.a = self._combo("sideA", self.tr("Side A"))
        self.b = self._combo("sideB", self.tr("Side B"))
        self.other = self._combo("otherDataset", self.tr("Data set of side B"))
        self.label.value_changed.connect(self._on_label)
        self.a.value_changed.connect(self._on_side)
        self.b.value_changed.connect(self._on_side)
        self.other.value_changed.connect(self._on_other)
        self.swap = icon_button("refresh", self.tr("Swap the sides"))
        self.swap.setObjectName("swapSides")
        self.swap.clicked.connect(self._on_swap)

    def _combo(self, name: str, words: str) -> Combo:
        combo = Combo()
        combo.setObjectName(name)
        combo.setAccessibleName(words)
        combo.setFixedWidth(_CONTROL)
        return combo

    def _make_balance(self) -> None:
        self.own = Label(elide=Qt.TextElideMode.ElideRight)
        self.own.setObjectName("sideADataset")
        self.own.setFixedWidth(_CONTROL)
        self.bar = BalanceBar()
        self.bar.setObjectName("balanceBar")
        self.balance = Label(role="small", wrap=True)
        self.balance.setObjectName("balanceWords")
        self.why = Label(role="error", wrap=True)
        self.why.setObjectName("sidesError")

    def _lay_out(self) -> None:
        form = QGridLayout()
        dense(form, gap=7)  # type: ignore[type-var]
        form.setColumnStretch(0, 1)
        rows = (
            (self.tr("Label"), self.label, None),
            (self.tr("Side A"), self.a, self.own),
            (self.tr("Side B"), self.b, self.other),
        )
        self._words = tuple(Label(words) for words, _, _ in rows)
        for row, (_, first, second) in enumerate(rows):
            form.addWidget(self._words[row], row, 0)
            for control in (first, second):
                if control is not None:
                    form.addWidget(control, row, 1)
        column = dense(QVBoxLayout(self), gap=8)
        head = QGridLayout()
        dense(head, gap=4)  # type: ignore[type-var]
        head.addWidget(Label(self.tr("Two sides"), role="dim"), 0, 0)
        head.setColumnStretch(0, 1)
        head.addWidget(self.swap, 0, 1)
        column.addLayout(head)
        column.addWidget(self.kinds)
        column.addLayout(form)
        column.addWidget(self.bar)
        column.addWidget(self.balance)
        column.addWidget(self.why)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def show_values(
        self, values: Mapping[str, Any], dataset: DataSetRecord | None, others: Sequence[DataSetRecord]
    ) -> None:
        self._dataset, self._others = dataset, tuple(others)
        self._other = str(values.get("other_dataset") or "")
        self._split = split_of(values.get("split"))
        self._show()

    def set_locked(self, why: str) -> None:
        self._locked = why
        self._show()

    def error(self) -> str:
        return "" if self._locked else self._error()

    def kind(self) -> str:
        """``split`` or ``two``."""
        return TWO if self._other else SPLIT

    def _show(self) -> None:
        two = self.kind() == TWO
        self.kinds.set_value(self.kind())
        for part in (self.label, self._words[0], self.a, self.b):
            part.setVisible(not two)
        for part in (self.own, self.other):
            part.setVisible(two)
        self.swap.setVisible(not two)
        self._show_split()
        self.own.setText(self._dataset.name if self._dataset is not None else "")
        names = [record.name for record in self._others]
        self.other.set_choices([(name, name) for name in dict.fromkeys((*names, *([self._other] if two else ())))])
        self.other.set_value(self._other)
        self._show_balance()
        self._show_locks()

    def _show_split(self) -> None:
        labels, split = self.usable(), self._split
        self.label.set_choices([(name, name) for name in labels])
        if split is None or split.label not in labels:
            self.label.setCurrentIndex(-1)
        else:
            self.label.set_value(split.label)
        values = labels.get(split.label, ()) if split is not None else ()
        for combo, value in ((self.a, split.a if split else ""), (self.b, split.b if split else "")):
            combo.set_choices([(one, one) for one in values])
            combo.set_value(value)

    def _show_locks(self) -> None:
        why = self._locked
        one = why or ("" if self.usable() else self.tr("The chosen data set has no label with two values."))
        two = why or ("" if self._others else self.tr("The project has only one data set; import another."))
        self.kinds.set_available(SPLIT, one if self.kind() != SPLIT else why)
        self.kinds.set_available(TWO, two if self.kind() != TWO else why)
        for control in (self.label, self.a, self.b):
            control.set_available(one)
        self.other.set_available(why)
        for words in (*self._words, self.own):
            words.setEnabled(not why)
        self.swap.set_available(why or ("" if self._split is not None else self._error()))

    def _show_balance(self) -> None:
        a, b = self.counts()
        self.bar.set_counts(a, b)
        names = self.names()
        words = self.tr("{0} {1} · {2} {3}").format(count_text(a), names[0], count_text(b), names[1])
        known = all(names)
        self.bar.setVisible(known)
        self.balance.setVisible(known)
        self.balance.setText(" ".join(one for one in (words + ".", self._remark(a, b)) if one))
        self.bar.setAccessibleName(words)
        self.why.setText(self.error())
        self.why.setVisible(bool(self.error()))

    def _remark(self, a: int, b: int) -> str:
        """What is worth knowing of these counts."""
        if not a or not b:
            return ""
        if min(a, b) < _FEW:
            return self.tr("Very few: it may learn them by heart.")
        if max(a, b) > _UNEVEN * min(a, b):
            return self.tr("Uneven: each step draws as many of both, so the smaller side repeats more often.")
        return ""

    def _error(self) -> str:
        if self._dataset is None:
            return ""
        if self._other:
            if all(record.name != self._other for record in self._others):
                return self.tr("The data set {0} is not in the project; choose another.").format(self._other)
        elif not self.usable():
            if self._others:
                return self.tr("{0} has no label to split it by; take a second data set.").format(self._dataset.name)
            words = self.tr("{0} has no label to split it by, and there is no second data set; import one.")
            return words.format(self._dataset.name)
        elif self._split is None or self._split.label not in self.usable():
            return self.tr("Choose the label that tells the sides apart.")
        empty = [name for name, count in zip(self.names(), self.counts(), strict=True) if not count]
        return self.tr("There is no picture of {0}; choose another side.").format(empty[0]) if empty else ""

    def names(self) -> tuple[str, str]:
        """What the sides are called; empty where they are not chosen."""
        if self._other:
            return (self._dataset.name if self._dataset is not None else ""), self._other
        return (self._split.a, self._split.b) if self._split is not None else ("", "")

    def counts(self) -> tuple[int, int]:
        """How many pictures the sides have, those set aside for tests among them."""
        own = self._dataset
        if self._other:
            other = next((record for record in self._others if record.name == self._other), None)
            return (own.count if own is not None else 0), (other.count if other is not None else 0)
        found = own.labels.get(self._split.label, {}) if own is not None and self._split is not None else {}
        return (found.get(self._split.a, 0), found.get(self._split.b, 0)) if self._split is not None else (0, 0)

    def usable(self) -> dict[str, tuple[str, ...]]:
        """Labels of the data set that split it, with their values."""
        if self._dataset is None:
            return {}
        return usable_labels(self._dataset.labels)

    # --- what the user does ------------------------------------------------------------------------------------------

    def _on_kind(self, kind: str) -> None:
        self._choose_other(self._others[0].name if kind == TWO and self._others else "")

    def _on_other(self, name: str) -> None:
        self._choose_other(name)

    def _choose_other(self, name: str) -> None:
        self._other = name
        self._show()
        self.edited.emit("other_dataset", name)

    def _on_label(self, label: str) -> None:
        values = self.usable().get(label, ())
        if len(values) > 1:
            self._choose_split(Split(label, values[0], values[1]))

    def _on_side(self) -> None:
        """A side that is given the other's value takes its place."""
        split, a, b = self._split, str(self.a.value()), str(self.b.value())
        if split is not None and a == b:
            a, b = (a, split.a) if a != split.a else (split.b, b)
        if split is not None:
            self._choose_split(Split(split.label, a, b))

    def _on_swap(self) -> None:
        if self._split is not None:
            self._choose_split(Split(self._split.label, self._split.b, self._split.a))

    def _choose_split(self, split: Split) -> None:
        self._split = split
        self._show()
        self.edited.emit("split", str(split))


def split_of(words: object) -> Split | None:
    """A split as it stands in the settings; None for none, or one that cannot be read."""
    try:
        return parse_split(words) if isinstance(words, str) and words else None
    except UsageError:
        return None


def usable_labels(labels: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Labels with at least two values, all of which can stand in a split."""
    found = {name: tuple(value for value in values if _sayable(value)) for name, values in labels.items()}
    return {name: values for name, values in found.items() if len(values) > 1 and _sayable(name)}


def _sayable(words: str) -> bool:
    return bool(words.strip()) and not set("=:") & set(words)
