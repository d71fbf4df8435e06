"""A notice in plain words above the curves: evidence, likely cause, what to try; never a box in the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from studio.ui import theme
from studio.ui.text import Label
from studio.ui.widgets.buttons import Button, icon_button
from studio.ui.widgets.frames import clear, dense

Kind = Literal["info", "warning", "error"]

_TINTS: dict[str, tuple[str, str]] = {
    "info": ("info", "accent_text"),
    "warning": ("warning", "text"),
    "error": ("error", "danger"),
}


@dataclass(frozen=True)
class Notice:
    """What a bar says. `key` names the matter: a newer notice of the same key takes the older one's place."""

    key: str
    title: str
    sentence: str = ""
    kind: Kind = "info"
    actions: tuple[tuple[str, str], ...] = ()  # (key, words) of the links
    details: str = ""  # a trace or a log tail, folded away, with a copy button
    dismissable: bool = True


class NoticeBar(QFrame):
    """One notice; hidden while there is none."""

    action_triggered = Signal(str, str)  # key of the notice, key of the action
    dismissed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._notice: Notice | None = None
        self._mark = QLabel()
        self._title = Label(role="strong", wrap=True)
        self._sentence = Label(wrap=True)
        for label, name in ((self._title, "noticeTitle"), (self._sentence, "noticeSentence")):
            label.setObjectName(name)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._links = dense(QHBoxLayout(), gap=10)
        self._details = _Details()
        self._close = icon_button("close", self.tr("Dismiss this notice"))
        self._close.setObjectName("noticeClose")
        self._close.clicked.connect(self._on_close)
        self._lay_out()
        theme.watcher().changed.connect(self._on_theme)
        self.hide()

    def _lay_out(self) -> None:
        words = dense(QVBoxLayout(), gap=2)
        words.addWidget(self._title)
        words.addWidget(self._sentence)
        words.addWidget(self._details)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 9, 8, 9)
        row.setSpacing(10)
        top = Qt.AlignmentFlag.AlignTop
        row.addWidget(self._mark, 0, top)
        row.addLayout(words, 1)
        row.addLayout(self._links)
        row.setAlignment(self._links, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._close, 0, Qt.AlignmentFlag.AlignVCenter)

    def notice(self) -> Notice | None:
        """What is shown now."""
        return self._notice

    def show_notice(self, notice: Notice) -> None:
        """Show a notice in place of the one before."""
        if notice == self._notice:
            return
        self._notice = notice
        theme.set_look(self, notice=notice.kind)
        self._title.setText(notice.title)
        self._sentence.setText(notice.sentence)
        self._sentence.setVisible(bool(notice.sentence))
        self._details.set_text(notice.details)
        self._close.setVisible(notice.dismissable)
        self._fill_links(notice)
        self.setAccessibleName(f"{notice.title} {notice.sentence}")
        self._on_theme()
        self.show()

    def clear(self) -> None:
        """Show nothing and take no room."""
        self._notice = None
        self.hide()

    def _fill_links(self, notice: Notice) -> None:
        clear(self._links)
        for key, words in notice.actions:
            link = Button(words, kind="link")
            link.setObjectName(f"noticeAction_{key}")
            link.setProperty("actionKey", key)
            link.clicked.connect(self._on_link)
            self._links.addWidget(link)

    def _on_link(self) -> None:
        if self._notice is not None:
            self.action_triggered.emit(self._notice.key, str(self.sender().property("actionKey")))

    def _on_close(self) -> None:
        if self._notice is not None:
            key = self._notice.key
            self.clear()
            self.dismissed.emit(key)

    def _on_theme(self) -> None:
        if self._notice is not None:
            name, tint = _TINTS[self._notice.kind]
            self._mark.setPixmap(theme.pixmap(name, tint, 18, self.devicePixelRatioF()))


class _Details(QWidget):
    """A text that unfolds, with a button that copies it."""

    def __init__(self) -> None:
        super().__init__()
        self._toggle = Button(self.tr("Details"), kind="quiet", icon="chevron-right")
        self._toggle.setObjectName("detailsToggle")
        self._toggle.setCheckable(True)
        self._toggle.toggled.connect(self._on_toggled)
        self._copy = Button(self.tr("Copy"), kind="quiet", icon="copy")
        self._copy.setObjectName("detailsCopy")
        self._copy.clicked.connect(self._on_copy)
        self._text = QPlainTextEdit()
        self._text.setObjectName("detailsText")
        self._text.setReadOnly(True)
        self._text.setMinimumHeight(120)
        self._text.setAccessibleName(self.tr("Details"))
        self._text.hide()
        row = dense(QHBoxLayout(), gap=4)
        row.addWidget(self._toggle)
        row.addWidget(self._copy)
        row.addStretch(1)
        column = dense(QVBoxLayout(self), gap=4)
        column.addLayout(row)
        column.addWidget(self._text)

    def set_text(self, text: str) -> None:
        self._text.setPlainText(text)
        self._toggle.setChecked(False)
        self.setVisible(bool(text))

    def _on_toggled(self, on: bool) -> None:
        self._text.setVisible(on)
        self._toggle.set_icon("chevron-down" if on else "chevron-right")

    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text.toPlainText())


class NoticeStack(QWidget):
    """Several notices below one another, the newest first, at most `limit`; one a key."""

    action_triggered = Signal(str, str)
    dismissed = Signal(str)

    def __init__(self, *, limit: int = 2, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._limit = limit
        self._notices: list[Notice] = []
        self._bars = [NoticeBar() for _ in range(limit)]
        column = dense(QVBoxLayout(self))
        for bar in self._bars:
            bar.action_triggered.connect(self.action_triggered)
            bar.dismissed.connect(self._on_dismissed)
            column.addWidget(bar)
        self.hide()

    def notices(self) -> Sequence[Notice]:
        """All that are waiting, the newest first; those beyond the limit show once others go."""
        return tuple(self._notices)

    def put(self, notice: Notice) -> None:
        """Add a notice, or renew the one of the same key in its place."""
        keys = [held.key for held in self._notices]
        if notice.key in keys:
            self._notices[keys.index(notice.key)] = notice
        else:
            self._notices.insert(0, notice)
        self._refresh()

    def remove(self, key: str) -> None:
        """Take a notice away; nothing happens if it is not there."""
        self._notices = [held for held in self._notices if held.key != key]
        self._refresh()

    def clear(self) -> None:
        """Take all away."""
        self._notices = []
        self._refresh()

    def _refresh(self) -> None:
        for at, bar in enumerate(self._bars):
            if at < len(self._notices):
                bar.show_notice(self._notices[at])
            else:
                bar.clear()
        self.setVisible(bool(self._notices))

    def _on_dismissed(self, key: str) -> None:
        self.remove(key)
        self.dismissed.emit(key)
