"""The pane at the right of the gallery: the chosen picture large, how it was made, a note, and what can be done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QPlainTextEdit, QScrollArea, QVBoxLayout, QWidget

from studio.jobs.browsing import ReadCreations
from studio.projects.gallery import Creation
from studio.ui import theme
from studio.ui.pages.gallery_model import common, facts_of, request_of
from studio.ui.text import Label, count_text
from studio.ui.widgets.buttons import Button, icon_button
from studio.ui.widgets.frames import clear, dense
from studio.ui.widgets.picture_view import PictureView
from studio.ui.widgets.pictures import DragLoad

if TYPE_CHECKING:
    from studio.ui.session import Session

_LARGEST = 1600
_NOTE = 64


class Details(QWidget):
    """`asked` carries what to do: recall, look, export, copy, delete, star, run."""

    asked = Signal(str)
    noted = Signal(int, str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("galleryDetails")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground, True)
        theme.set_look(self, surface="surface")
        self._session = session
        self._creations: Sequence[Creation] = ()
        self._shown = 0
        self._ever = False  # whether anything was shown yet, if only that nothing is chosen
        self._make_parts()
        self._lay_out()

    def _make_parts(self) -> None:
        self.picture = PictureView()
        self.picture.setObjectName("galleryPicture")
        self.picture.setAccessibleName(self.tr("The chosen picture"))
        self.picture.setMinimumHeight(200)
        self.title = Label(role="strong", elide=Qt.TextElideMode.ElideMiddle)
        self.title.setObjectName("galleryTitle")
        self.star = icon_button("star", self.tr("Star (S)"))
        self.star.setObjectName("galleryStar")
        self.star.setCheckable(True)
        self.run = Button(self.tr("Show run"), kind="link", tip=self.tr("Show the run that made it"))
        self.run.setObjectName("galleryRun")
        self.note = QPlainTextEdit()
        self.note.setObjectName("galleryNote")
        self.note.setAccessibleName(self.tr("Note"))
        self.note.setPlaceholderText(self.tr("A note of yours"))
        self.note.setTabChangesFocus(True)
        self.note.setFixedHeight(_NOTE)
        self.note.installEventFilter(self)
        self.recall = self._button("galleryRecall", self.tr("Make it again"), "refresh", "primary")
        self.look = self._button("galleryLook", self.tr("Look inside"), "eye")
        self.export = self._button("galleryExport", self.tr("Export…"), "export")
        self.copy = self._button("galleryCopy", self.tr("Copy"), "copy")
        self.delete = self._button("galleryDelete", self.tr("Delete"), "trash")
        asks = {"star": self.star, "run": self.run, "recall": self.recall, "export": self.export, "copy": self.copy}
        for what, button in {**asks, "delete": self.delete, "look": self.look}.items():
            button.setProperty("ask", what)
            button.clicked.connect(self._on_button)

    def _button(self, name: str, words: str, icon: str, kind: Any = "plain") -> Button:
        button = Button(words, icon=icon, kind=kind)
        button.setObjectName(name)
        return button

    def _lay_out(self) -> None:
        head = dense(QHBoxLayout(), gap=8)
        head.addWidget(self.title)
        head.addWidget(self.run)
        head.addStretch(1)
        head.addWidget(self.star)
        self._facts = QGridLayout()
        self._facts.setContentsMargins(0, 0, 0, 0)
        self._facts.setHorizontalSpacing(16)
        self._facts.setVerticalSpacing(4)
        self._facts.setColumnStretch(1, 1)
        inner = QWidget()
        theme.set_look(inner, surface="surface")
        lines = dense(QVBoxLayout(inner), gap=10)
        lines.addLayout(self._facts)
        lines.addStretch(1)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inner)
        row = dense(QHBoxLayout(), gap=8)
        for button in (self.export, self.copy, self.delete):
            row.addWidget(button, 1)
        column = dense(QVBoxLayout(self), padding=16, gap=12)
        column.addWidget(self.picture, 3)
        column.addLayout(head)
        column.addWidget(area, 2)
        column.addWidget(self.note)
        made = dense(QHBoxLayout(), gap=8)
        made.addWidget(self.recall, 1)
        made.addWidget(self.look, 1)
        column.addLayout(made)
        column.addLayout(row)

    def set_drag_hook(self, hook: Callable[[], DragLoad]) -> None:
        """Which file travels when the picture is dragged out."""
        self.picture.set_drag_hook(hook)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def show_creations(self, creations: Sequence[Creation]) -> None:
        """Show one creation, or that several (or none) are chosen."""
        if self._ever and list(creations) == list(self._creations):
            return
        self._ever = True
        self.keep_note()
        self._creations = list(creations)
        one = creations[0] if len(creations) == 1 else None
        self._show_picture(creations[0] if creations else None)
        self._show_title()
        self._show_facts(one)
        self.note.setVisible(one is not None)
        self.note.setPlainText(one.note if one is not None else "")
        self.star.setChecked(common([creation.starred for creation in creations]))
        theme.set_icon(self.star, "star-full" if self.star.isChecked() else "star", "accent_text")
        self._show_possible(one)

    def _show_title(self) -> None:
        count = len(self._creations)
        words = self._creations[0].run or self.tr("Without a run") if count == 1 else ""
        many = self.tr("{0} chosen").format(count_text(count)) if count else self.tr("Nothing chosen")
        self.title.setText(words if count == 1 else many)

    def _show_facts(self, one: Creation | None) -> None:
        clear(self._facts)
        for row, (label, words) in enumerate(facts_of(one) if one is not None else ()):
            name = Label(label, role="dim")
            value = Label(words, wrap=True)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._facts.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
            self._facts.addWidget(value, row, 1)
        self.run.setVisible(one is not None and self._session.lists.run(one.run) is not None)

    def _show_possible(self, one: Creation | None) -> None:
        none = "" if self._creations else self.tr("Choose a picture first.")
        locked = none or self._session.why_read_only()
        for button, why in ((self.star, locked), (self.delete, locked), (self.export, none), (self.copy, none)):
            button.set_available(why)
        self.note.setReadOnly(bool(self._session.why_read_only()))
        self.recall.set_available(self._why_no_recall(one))
        self.look.set_available(self._why_no_recall(one))

    def _why_no_recall(self, one: Creation | None) -> str:
        if one is None:
            return self.tr("Choose a single picture first.")
        if request_of(one) is None:
            return self.tr("It does not say how it was made.")
        if self._session.lists.run(one.run) is None:
            return self.tr("The run {0}, which made it, is no longer in this project.").format(one.run)
        return ""

    # --- the picture -------------------------------------------------------------------------------------------------

    def _show_picture(self, creation: Creation | None) -> None:
        wanted = creation.id if creation is not None else 0
        if wanted == self._shown:
            return
        self._shown = wanted
        if creation is None:
            self._session.browser.forget("creation")
            self.picture.set_picture(None)
            return
        request = ReadCreations(names=(creation.file,), side=_LARGEST)
        self._session.browse("creation", request, self._on_picture)

    def _on_picture(self, answer: Any) -> None:
        if answer.done:
            found = next(iter((answer.result or {}).values()), None)
            self.picture.set_picture(found)
            if found is None:
                self.title.setText(self.tr("This picture cannot be read; its file is damaged or gone."))

    # --- the user ----------------------------------------------------------------------------------------------------

    def keep_note(self) -> None:
        """Save the note where it was changed."""
        words = self.note.toPlainText()
        if len(self._creations) == 1 and words != self._creations[0].note:
            one = replace(self._creations[0], note=words)
            self._creations = [one]  # first: what follows from the change asks again
            self.noted.emit(one.id, words)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.note and event.type() == QEvent.Type.FocusOut:
            self.keep_note()
        return False

    def _on_button(self) -> None:
        self.asked.emit(str(self.sender().property("ask")))
