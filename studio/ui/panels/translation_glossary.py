"""Fixed terms: words or phrases that are always translated in the same way, whatever the model would say."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from studio.config.requests import Term
from studio.ui.text import Label
from studio.ui.widgets.buttons import Button, icon_button
from studio.ui.widgets.frames import dense

_MOST = 200
_LONGEST = 200  # letters


class TermRow(QWidget):
    """A word and what it becomes. `changed` once a field is left, `removed` when the row is to go."""

    changed = Signal()
    removed = Signal()

    def __init__(self, term: Term, number: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.source = self._field(term.source, self.tr("word"), f"termSource_{number}")
        self.target = self._field(term.target, self.tr("becomes"), f"termTarget_{number}")
        self.remove = icon_button("close", self.tr("Remove this term"))
        self.remove.setObjectName(f"termRemove_{number}")
        self.remove.clicked.connect(self.removed)
        row = dense(QHBoxLayout(self), gap=4)
        row.addWidget(self.source, 1)
        row.addWidget(self.target, 1)
        row.addWidget(self.remove)

    def term(self) -> Term | None:
        """The term; None while one of its sides is empty."""
        source, target = self.source.text().strip(), self.target.text().strip()
        return Term(source=source, target=target) if source and target else None

    def _field(self, text: str, hint: str, name: str) -> QLineEdit:
        field = QLineEdit(text)
        field.setObjectName(name)
        field.setAccessibleName(hint)
        field.setPlaceholderText(hint)
        field.setMaxLength(_LONGEST)
        field.editingFinished.connect(self.changed)
        return field


class GlossaryBlock(QWidget):
    """The rows, folded away until there are any. `changed` when the `terms` are others."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("glossary")
        self.rows: list[TermRow] = []
        self._said: tuple[Term, ...] = ()
        self._count = 0
        self.add = Button(self.tr("Add a term"), kind="small", icon="plus")
        self.add.setObjectName("glossaryAdd")
        self.add.clicked.connect(self._on_add)
        self._room = dense(QVBoxLayout(), gap=4)
        column = dense(QVBoxLayout(self), gap=6)
        column.addWidget(Label(self.tr("Fixed terms"), role="dim"))
        column.addLayout(self._room)
        column.addWidget(self.add)

    def terms(self) -> tuple[Term, ...]:
        """Those that are whole, the longest first: a phrase counts before a word in it."""
        found = [term for row in self.rows if (term := row.term()) is not None]
        return tuple(sorted(found, key=lambda term: -len(term.source)))

    def state(self) -> list[list[str]]:
        """Plain JSON."""
        return [[row.source.text(), row.target.text()] for row in self.rows]

    def restore(self, state: object) -> None:
        """Take up `state`; what is odd is left out."""
        for row in tuple(self.rows):
            self._drop(row)
        for pair in (state if isinstance(state, list) else [])[:_MOST]:
            if isinstance(pair, list) and len(pair) == 2 and all(isinstance(side, str) for side in pair):
                self._put(Term(source=pair[0][:_LONGEST], target=pair[1][:_LONGEST]))
        self._said = self.terms()

    def _put(self, term: Term) -> TermRow:
        row = TermRow(term, self._count)
        self._count += 1
        row.changed.connect(self._on_changed)
        row.removed.connect(self._on_removed)
        self.rows.append(row)
        self._room.addWidget(row)
        self.add.set_available(self.tr("There are as many terms as fit.") if len(self.rows) >= _MOST else "")
        return row

    def _drop(self, row: TermRow) -> None:
        self.rows.remove(row)
        row.hide()
        row.deleteLater()
        self.add.set_available("")

    def _on_add(self) -> None:
        self._put(Term(source="", target="")).source.setFocus()

    def _on_removed(self) -> None:
        row = self.sender()
        if isinstance(row, TermRow):
            self._drop(row)
            self._on_changed()

    def _on_changed(self) -> None:
        now = self.terms()
        if now != self._said:
            self._said = now
            self.changed.emit()


