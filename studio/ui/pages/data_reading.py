"""What a source is to be read as: texts, conversations or pairs, from which columns; and what will be read so."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, Qt, QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from studio.config.texts import DataKind
from studio.data.texts.first_look import FirstLook
from studio.jobs.browsing_texts import ReadSource
from studio.ui.pages.data_model import Offer
from studio.ui.session import Session
from studio.ui.text import Label
from studio.ui.widgets.frames import Frame, clear, dense
from studio.ui.widgets.inputs import CheckBox, Combo, PathField
from studio.ui.words import spoken


def _t(words: str) -> str:
    return str(QT_TRANSLATE_NOOP("ReadingChoice", words))


_KINDS: Mapping[DataKind, str] = {
    "text": _t("Plain texts"), "chat": _t("Conversations"), "parallel": _t("Pairs of sentences"),
    "pictures": _t("Pictures"),
}  # fmt: skip
_SIDES: Mapping[DataKind, tuple[str, ...]] = {
    "text": (_t("Texts in"),),
    "chat": (_t("Questions in"), _t("Answers in")),
    "parallel": (_t("Sentences in"), _t("Translations in")),
}
_LETTERS, _TITLE = 150, 40
LABEL_WIDTH = 104
_number = itertools.count()


def _tr(words: str) -> str:
    return QCoreApplication.translate("ReadingChoice", words)


class ReadingChoice(QWidget):
    """The choice, prefilled by a first look; takes no room where there is none. `changed` also when the look comes."""

    changed = Signal()

    def __init__(self, session: Session, offer: Offer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._offer = session, offer
        self._slot = f"firstLook{next(_number)}"
        self._kind: DataKind | None = None
        self._columns: tuple[str, ...] = ()
        self._target = offer.target
        self._whole: set[DataKind] = set()
        self._look: FirstLook | None = None
        self._make_parts()
        self._build()
        self._show()
        session.browser.dropped.connect(self._on_dropped)

    def _make_parts(self) -> None:
        self.kind = Combo()
        self.kind.setObjectName("readAs")
        self.kind.setAccessibleName(self.tr("What it is read as"))
        self.kind.value_changed.connect(self._on_kind)
        self.columns = (Combo(), Combo())
        for place, combo in enumerate(self.columns):
            combo.setObjectName(f"column{place}")
            combo.value_changed.connect(self._on_column)
        self._titles = (Label(), Label())
        self.head = CheckBox(self.tr("The first line names the columns"))
        self.head.setObjectName("headNames")
        self.head.value_changed.connect(self._on_head)
        self.second = PathField("open", title=self.tr("The file with the translations"))
        self.second.setObjectName("translations")
        self.second.setAccessibleName(self.tr("The file with the translations, line by line"))
        self.second.path_changed.connect(self._on_second)
        self._error = Label(role="error", wrap=True)
        self._error.setObjectName("readingError")
        self._shown = Frame("tray", padding=10, gap=8)
        self._shown.setObjectName("firstItems")

    def _build(self) -> None:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnMinimumWidth(0, LABEL_WIDTH)
        grid.setColumnStretch(1, 1)
        self._kind_title, self._second_title = Label(self.tr("Read as")), Label(self.tr("Translations"))
        titles = (self._kind_title, *self._titles, self._second_title)
        for row, (title, widget) in enumerate(zip(titles, (self.kind, *self.columns, self.second), strict=True)):
            title.setBuddy(widget)
            grid.addWidget(title, row, 0)
            grid.addWidget(widget, row, 1)
        column = dense(QVBoxLayout(self), gap=8)
        column.addLayout(grid)
        for below in (self.head, self._error, self._shown):
            column.addWidget(below)

    # --- what is chosen ----------------------------------------------------------------------------------------------

    def choice(self) -> tuple[DataKind | None, tuple[str, ...], Path | None]:
        """Kind, columns and second file as an ``ImportRequest`` takes them; nothing is named that is told anyway."""
        return self._kind, self._columns, self._target

    def error(self) -> str:
        """Why nothing can be imported so, as far as the user can mend it here."""
        return spoken(self._look.why) if self._look is not None and self._look.second and self._look.why else ""

    def look(self) -> FirstLook | None:
        """What was seen; None while nothing was."""
        return self._look

    def ask(self) -> None:
        """Look at the source as it is chosen now."""
        request = ReadSource(source=self._offer.source, target=self._target, kind=self._kind, columns=self._columns)
        self._session.browse(self._slot, request, self._on_answer)

    def stop(self) -> None:
        """Nobody looks any more."""
        self._session.browser.forget(self._slot)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def _show(self) -> None:
        look = self._look
        kinds = look.kinds if look is not None else ()
        columns = look is not None and len(look.columns) > 1 and look.kind in _SIDES
        second = look is not None and look.kind == "parallel" and (look.second or self.second.path() is not None)
        several = len(kinds) > 1
        for of_kind in (self._kind_title, self.kind):
            of_kind.setVisible(several)
        for of_second in (self._second_title, self.second):
            of_second.setVisible(second)
        self.head.setVisible(look is not None and look.head is not None)
        self._show_columns(look if columns else None)
        if look is None:
            self._show_items((), "")
            return
        self.kind.set_choices([(kind, _tr(_KINDS[kind])) for kind in kinds])
        self.kind.set_value(look.kind)
        self.head.set_value(bool(look.head))
        self._show_items(look.items, spoken(look.why) if look.why is not None else "")

    def _show_columns(self, look: FirstLook | None) -> None:
        sides = _SIDES[look.kind] if look is not None else ()
        for place, (title, combo) in enumerate(zip(self._titles, self.columns, strict=True)):
            shown = look is not None and place < len(sides) and (place == 0 or bool(look.chosen))
            title.setVisible(shown)
            combo.setVisible(shown)
            if look is None or not shown:
                continue
            title.setText(_tr(sides[place]))
            combo.setAccessibleName(_tr(sides[place]))
            whole = [("", self.tr("The whole item"))] if look.kind in self._whole and place == 0 else []
            combo.set_choices([*whole, *((column.key, _title(column.key, column.title)) for column in look.columns)])
            combo.set_value(look.chosen[place] if place < len(look.chosen) else "")

    def _show_items(self, items: Sequence[Mapping[str, Any]], why: str) -> None:
        self._error.setText(why)
        self._error.setVisible(bool(why))
        clear(self._shown.body)
        for item in items:
            shown = QWidget()
            lines = dense(QVBoxLayout(shown), gap=2)
            for words, role in _lines(item):
                lines.addWidget(Label(words, role=role, elide=Qt.TextElideMode.ElideRight))
            self._shown.add(shown)
        self._shown.setVisible(bool(items))

    # --- what the user does ------------------------------------------------------------------------------------------

    def _on_kind(self, kind: DataKind) -> None:
        self._kind, self._columns = kind, ()
        if kind != "parallel":
            self._target = self._offer.target
            self.second.set_path(None)
        self.ask()

    def _on_column(self) -> None:
        look = self._look
        if look is None:
            return
        wanted = [str(combo.value()) for combo in self.columns[: len(_SIDES[look.kind])]]
        if not wanted[0]:
            wanted = []
        elif len(wanted) > 1 and (wanted[1] in ("", wanted[0]) or not look.chosen):
            before = [key for key in (*look.chosen, *(column.key for column in look.columns)) if key != wanted[0]]
            wanted[1] = before[0]
        self._kind, self._columns = look.kind, tuple(wanted)
        self.ask()

    def _on_head(self, on: bool) -> None:
        look = self._look
        if look is not None and len(look.columns) > 1:
            places = {column.key: place for place, column in enumerate(look.columns)}
            chosen = [places[key] for key in look.chosen]
            self._kind = look.kind
            self._columns = tuple(look.columns[place].title if on else str(place) for place in chosen)
            self.ask()

    def _on_second(self, path: Path | None) -> None:
        self._target, self._kind, self._columns = path, "parallel", ()
        self.ask()

    def _on_answer(self, answer: Any) -> None:
        if not answer.done:
            return
        if answer.error is not None:
            self._show_items((), spoken(answer.error))
        elif isinstance(answer.result, FirstLook):
            self._look = answer.result
            if not self._columns and not self._look.chosen:
                self._whole.add(self._look.kind)
            self._show()
        self.changed.emit()

    def _on_dropped(self) -> None:
        QTimer.singleShot(0, self, self.ask)


def _title(key: str, title: str) -> str:
    """How a column is called: by its name, or by its number and how it begins."""
    begins = title if len(title) <= _TITLE else f"{title[: _TITLE - 1]}…"
    return f"{int(key) + 1}: {begins}" if key.isdecimal() and key != title else begins


def _lines(item: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """An item in lines, each with the role of its label."""
    if item.get("messages"):
        return [
            (_short(one["content"]), "body" if one["role"] == "user" else "dim") for one in item["messages"][:4]
        ]
    if "source" in item:
        return [(_short(item["source"]), "body"), (_short(item["text"]), "dim")]
    return [(_short(item["text"]), "body")]


def _short(words: str) -> str:
    return " ".join(words.split())[:_LETTERS]


__all__ = ["LABEL_WIDTH", "ReadingChoice"]
