"""What is made of picked pictures, in one card below the sheet: its parts are those of the family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from studio.config.requests import Recipe
from studio.ui.panels.bench_part import BenchPart, Picked
from studio.ui.panels.maker import Maker
from studio.ui.panels.sheet import Model
from studio.ui.text import Label
from studio.ui.widgets.buttons import Button, icon_button
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.segmented import Segment, Segmented

_OPEN, _CLOSED = 208, 60  # heights
_TAB = 97  # width of a tab


class Bench(Frame):
    """Ways to make new pictures of picked ones. `add_asked` and `keep_asked` carry a tuple of recipes."""

    add_asked = Signal(object)
    keep_asked = Signal(object)
    film_asked = Signal()
    changed = Signal()

    def __init__(self, maker: Maker, parts: Sequence[BenchPart], parent: QWidget | None = None) -> None:
        super().__init__("card", padding=12, gap=8, parent=parent)
        self._maker = maker
        self._fed: Model | None = None
        self._open = False
        self._used = False
        self.parts = {part.key: part for part in parts}
        self.picked: tuple[Picked, ...] = ()
        self.modes = Segmented([Segment(part.key, part.title()) for part in parts])
        self.modes.setObjectName("benchModes")
        self.modes.setAccessibleName(self.tr("What to make of picked pictures"))
        self.modes.value_changed.connect(self._on_mode)
        self._stack = QStackedWidget()
        self._hint = Label(role="dim", wrap=True)
        self._hint.setObjectName("benchHint")
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for widget in (*parts, self._hint):
            self._stack.addWidget(widget)
        for part in parts:
            part.result_changed.connect(self._on_result)
        self._build_buttons()
        self.add(self._head())
        self.add(self._stack)
        self._show()

    def _build_buttons(self) -> None:
        self.add_button = Button(self.tr("Add to the sheet"), kind="quiet", icon="grid-plus")
        self.add_button.setObjectName("benchAdd")
        self.add_button.clicked.connect(self._on_add)
        self.keep_button = Button(self.tr("Keep"), kind="quiet", icon="star")
        self.keep_button.setObjectName("benchKeep")
        self.keep_button.clicked.connect(self._on_keep)
        self.film_button = Button(self.tr("Export loop…"), kind="quiet", icon="film")
        self.film_button.setObjectName("benchFilm")
        self.film_button.clicked.connect(self.film_asked)
        self.fold = icon_button("chevron-up", self.tr("Open or close what is made of picked pictures"))
        self.fold.setObjectName("benchFold")
        self.fold.clicked.connect(self._on_fold)

    def _head(self) -> QWidget:
        head = QWidget()
        row = dense(QHBoxLayout(head), gap=4)
        self.modes.setFixedWidth(_TAB * len(self.parts))
        row.addWidget(self.modes)
        row.addStretch(1)
        self._short_hint = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        row.insertWidget(1, self._short_hint, 1000)
        for button in (self.add_button, self.keep_button, self.film_button, self.fold):
            row.addWidget(button)
        return head

    # --- what it shows -----------------------------------------------------------------------------------------------

    def mode(self) -> str:
        """The key of the part that is shown."""
        return self.modes.value()

    def part(self) -> BenchPart:
        """The part that is shown."""
        return self.parts[self.mode()]

    def set_picked(self, picked: Sequence[Picked]) -> None:
        """Work with these pictures."""
        before = [one.recipe for one in self.picked]
        self.picked = tuple(picked)
        if len(picked) >= 2 and not self._used and self.part().is_ready(len(picked)):
            self._used = self._open = True
        if before != [one.recipe for one in picked]:
            self._feed()
        self._show()

    def show_mode(self, mode: str) -> None:
        """Open the card at one of its modes."""
        self._used = self._open = True
        self.modes.set_value(mode)
        self._on_mode(mode)

    def refresh(self) -> None:
        """Make everything anew if the model is another one, or nothing was asked for so far."""
        if self._open and self._maker.model != self._fed:
            self._feed(again=True)
        self._show()

    def rest(self) -> None:
        """Nobody looks, or something else comes first: what was asked for is void until `refresh`."""
        self._fed = None
        for part in self.parts.values():
            for key in part.asks_for():
                self._maker.forget(key)

    def stops(self) -> tuple[Recipe, ...]:
        """The recipes that a loop would go through."""
        part = self.part()
        return part.stops() if part.loops else next((p.stops() for p in self.parts.values() if p.loops), ())

    def state(self) -> dict[str, Any]:
        """Plain JSON."""
        parts = {key: part.state() for key, part in self.parts.items()}
        return {"mode": self.mode(), "open": self._open, "used": self._used, "parts": parts}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up what `state` gave."""
        mode, parts = str(state.get("mode", "")), state.get("parts")
        self.modes.set_value(mode if mode in self.parts else next(iter(self.parts)))
        for key, part in self.parts.items():
            part.restore(parts.get(key) if isinstance(parts, dict) else None)
        self._open = state.get("open") is True
        self._used = state.get("used") is True
        self._fed = None
        self._show()

    def _feed(self, *, again: bool = False) -> None:
        """Hand the picked pictures to the part that is shown; the others, and a closed card, wait until they are."""
        if not self._open:
            self._fed = None
            return
        self._fed = self._maker.model
        self.part().set_picked(self.picked)
        if again:
            self.part().refresh()

    def _show(self) -> None:
        part, count = self.part(), len(self.picked)
        self._stack.setCurrentWidget(part if part.is_ready(count) else self._hint)
        self._hint.setText(part.hint(count))
        why = "" if part.results() else part.why_not()
        for button in (self.add_button, self.keep_button):
            button.set_available(why)
            button.setVisible(self._open)
        self.film_button.setVisible(self._open and part.loops)
        self._short_hint.setText("" if self._open else part.hint(count))
        self._stack.setVisible(self._open)
        self.fold.set_icon("chevron-down" if self._open else "chevron-up")
        self.setFixedHeight(_OPEN if self._open else _CLOSED)
        self.film_button.set_available("" if len(part.stops()) >= 2 else part.why_not())

    # --- what the user does ------------------------------------------------------------------------------------------

    def _on_fold(self) -> None:
        self._open, self._used = not self._open, True
        self.refresh()
        self.changed.emit()

    def _on_mode(self, mode: str) -> None:
        self._open = True
        self._feed(again=True)
        self._show()
        self.changed.emit()

    def _on_result(self) -> None:
        self._show()
        self.changed.emit()

    def _on_add(self) -> None:
        if results := self.part().results():
            self.add_asked.emit(results)

    def _on_keep(self) -> None:
        if results := self.part().results():
            self.keep_asked.emit(results)
