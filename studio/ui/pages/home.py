"""Home: the starters, the project that is open, the projects opened lately."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPainterPath, QPaintEvent, QPixmap
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from studio.ground.resources import resource
from studio.ui import theme
from studio.ui.pages.page import Page, set_enabled
from studio.ui.persistence import Recent, default_projects_folder
from studio.ui.session import Session
from studio.ui.starters import STARTERS, Starter, translated
from studio.ui.text import Label, count_text
from studio.ui.view_state import HeaderIntention, PageIntention
from studio.ui.widgets.buttons import Button, icon_button
from studio.ui.widgets.frames import Frame, clear, dense
from studio.ui.widgets.path_field import PathLabel

_WIDEST = 1080
_SHOWN = 8


class Strip(QWidget):
    """A picture from our resources, cut to the room there is, with round corners."""

    def __init__(self, path: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = QPixmap(str(path))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(QSize(200, 120))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._picture.isNull():
            return
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        shape = QPainterPath()
        shape.addRoundedRect(self.rect(), 8, 8)
        painter.setClipPath(shape)
        ratio = self.devicePixelRatioF()
        mode = Qt.AspectRatioMode.KeepAspectRatioByExpanding
        scaled = self._picture.scaled(self.size() * ratio, mode, Qt.TransformationMode.SmoothTransformation)
        scaled.setDevicePixelRatio(ratio)
        size = scaled.deviceIndependentSize()
        painter.drawPixmap(round((self.width() - size.width()) / 2), round((self.height() - size.height()) / 2), scaled)


class StarterCard(Frame):
    """A starter: what it does, how long it takes, one button."""

    def __init__(self, session: Session, starter: Starter, *, large: bool = False) -> None:
        super().__init__("card", padding=16, gap=6)
        self._session = session
        self.starter = starter
        self.setObjectName(f"starter_{starter.id}")
        self.setAccessibleName(translated(starter.title))
        words = self._words(large)
        if large:
            row = dense(QHBoxLayout(), gap=20)
            row.addLayout(words, 4)
            row.addWidget(Strip(resource("starters", "portraits.png")), 6)
            self.body.addLayout(row)
        else:
            self.body.addLayout(words)

    def _words(self, large: bool) -> QVBoxLayout:
        column = dense(QVBoxLayout(), gap=6)
        mark = icon_button(self.starter.icon, translated(self.starter.title))
        mark.setEnabled(False)
        mark.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        title = Label(translated(self.starter.title), role="headline" if large else "strong", wrap=True)
        sentence = Label(translated(self.starter.sentence), role="dim", wrap=True)
        self.button = Button(
            self.tr("Start") if self.starter.works else self.tr("Later"), kind="primary" if large else "small"
        )
        self.button.setObjectName(f"start_{self.starter.id}")
        self.button.setAccessibleName(f"{self.button.text()}: {translated(self.starter.title)}")
        self.button.clicked.connect(self._on_start)
        column.addWidget(title)
        column.addWidget(sentence)
        column.addStretch(1)
        row = dense(QHBoxLayout(), gap=10)
        row.addWidget(self.button)
        row.addWidget(Label(translated(self.starter.time) if self.starter.works else "", role="small"), 1)
        column.addLayout(row)
        mark.deleteLater()
        return column

    def refresh(self) -> None:
        """Say whether it can begin now, and why not."""
        why = ""
        if not self.starter.works:
            why = self.tr("This starter comes in a later version of the studio.")
        elif self._session.project is not None and not self._session.can_write:
            why = self._session.why_read_only()
        set_enabled(self.button, why)

    def _on_start(self) -> None:
        self._session.trigger(f"starter:{self.starter.id}")


class RecentRow(QWidget):
    """A project opened lately: name, place, and a way off the list."""

    opened = Signal(object)
    forgotten = Signal(object)

    def __init__(self, recent: Recent, number: int) -> None:
        super().__init__()
        self._path = recent.path
        there = recent.there()
        self._open = Button(recent.name, kind="link")
        self._open.setObjectName(f"recent_{number}")
        self._open.clicked.connect(self._on_open)
        set_enabled(
            self._open, "" if there else self.tr("This folder is not there any more, or its drive is not connected.")
        )
        place = PathLabel(recent.path.parent)
        self._forget = icon_button("close", self.tr("Take {0} off this list; nothing is deleted").format(recent.name))
        self._forget.setObjectName(f"forget_{number}")
        self._forget.clicked.connect(self._on_forget)
        row = dense(QHBoxLayout(self), gap=12)
        row.addWidget(self._open)
        row.addWidget(place, 1)
        row.addWidget(self._forget)

    def _on_open(self) -> None:
        self.opened.emit(self._path)

    def _on_forget(self) -> None:
        self.forgotten.emit(self._path)


class HomePage(Page):
    """See the module."""

    def __init__(self, session: Session, page_id: str, parent: QWidget | None = None) -> None:
        super().__init__(session, page_id, parent)
        self._cards = [StarterCard(session, s, large=number == 0) for number, s in enumerate(STARTERS)]
        self._open_title = Label(role="headline")
        self._open_title.setObjectName("homeProject")
        self._open_place = PathLabel()
        self._open_counts = Label(role="dim", wrap=True)
        self._recent = dense(QVBoxLayout(), gap=2)
        self._recent_title = Label(self.tr("Opened lately"), role="strong")
        self._build()
        for signal in (session.project_changed, session.datasets_changed, session.runs_changed):
            signal.connect(self._refresh)
        self._refresh()

    def _build(self) -> None:
        inner = QWidget()
        inner.setMaximumWidth(_WIDEST)
        column = dense(QVBoxLayout(inner), gap=16)
        column.setContentsMargins(20, 20, 20, 20)
        column.addWidget(self._project_card())
        column.addWidget(self._cards[0])
        column.addLayout(self._small_cards())
        column.addLayout(self._recent_part())
        column.addStretch(1)
        holder = QWidget()
        theme.set_look(holder, surface="canvas")
        row = dense(QHBoxLayout(holder))
        row.addStretch(1)
        row.addWidget(inner, 100)
        row.addStretch(1)
        area = QScrollArea()
        area.setObjectName("homeScroll")
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(holder)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        dense(QVBoxLayout(self)).addWidget(area)

    def _project_card(self) -> QWidget:
        words = dense(QVBoxLayout(), gap=3)
        for label in (self._open_title, self._open_place, self._open_counts):
            words.addWidget(label)
        self._new = self._button("new_project", self.tr("New project…"), "plus")
        self._open = self._button("open_project", self.tr("Open project…"), "folder")
        self._card = Frame("card", horizontal=True, padding=16, gap=12)
        self._card.setObjectName("projectCard")
        self._card.body.addLayout(words, 1)
        self._card.add(self._new)
        self._card.add(self._open)
        return self._card

    def _button(self, action: str, words: str, icon: str) -> Button:
        button = Button(words, icon=icon)
        button.setObjectName(f"home_{action}")
        button.setProperty("action", action)
        button.clicked.connect(self._on_button)
        return button

    def _small_cards(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(16)
        for number, card in enumerate(self._cards[1:]):
            grid.addWidget(card, 0, number)
            grid.setColumnStretch(number, 1)
            card.setMinimumHeight(132)
        self._cards[0].setMinimumHeight(206)
        return grid

    def _recent_part(self) -> QVBoxLayout:
        part = dense(QVBoxLayout(), gap=6)
        part.addWidget(self._recent_title)
        part.addLayout(self._recent)
        return part

    def intention(self) -> PageIntention:
        return PageIntention(page="home", header=HeaderIntention(title=self.tr("Home")))

    def activate(self) -> None:
        super().activate()
        self._refresh()

    def _refresh(self) -> None:
        project = self.session.project
        for card in self._cards:
            card.refresh()
        self._open_title.setText(project.name if project is not None else self.tr("No project is open"))
        self._open_place.set_path(project.path if project is not None else None)
        self._open_place.setVisible(project is not None)
        self._open_counts.setText(self._counts() if project is not None else self._invitation())
        self._fill_recent()

    def _counts(self) -> str:
        datasets, runs = len(self.session.datasets()), len(self.session.runs())
        some = self.tr("1 data set") if datasets == 1 else self.tr("{0} data sets").format(count_text(datasets))
        more = self.tr("1 run") if runs == 1 else self.tr("{0} runs").format(count_text(runs))
        return f"{some} · {more}"

    def _invitation(self) -> str:
        return self.tr(
            "A project is a folder that holds your data sets, runs and pictures. "
            "Drop one on this window, or begin with a starter."
        )

    def _fill_recent(self) -> None:
        clear(self._recent)
        here = self.session.project.path if self.session.project is not None else None
        shown = [r for r in self.session.user.recent if r.path != here][:_SHOWN]
        for number, recent in enumerate(shown):
            row = RecentRow(recent, number)
            row.opened.connect(self._on_open)
            row.forgotten.connect(self._on_forget)
            self._recent.addWidget(row)
        self._recent_title.setVisible(bool(shown))

    def _on_button(self) -> None:
        self.session.trigger(str(self.sender().property("action")))

    def _on_open(self, path: Path) -> None:
        self.session.trigger(f"open:{path}")

    def _on_forget(self, path: Path) -> None:
        self.session.user.forget_project(path)
        self._fill_recent()


def starter_place(session: Session) -> Path:
    """The folder in which starters make their projects."""
    return default_projects_folder(session.preferences)
