"""An item of a data set of texts, page by page, as a model reads it: letters and marks, or its tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QStackedWidget, QVBoxLayout, QWidget

from studio.config.requests import PrepareRequest
from studio.config.texts import BytePairs, Characters
from studio.ground.events import Ended, Event, Progress
from studio.jobs.text_contents import PagePiece, ReadTextPage, TextPage
from studio.projects.datasets import DataSetRecord
from studio.ui.text import Label, count_text
from studio.ui.widgets.buttons import Button, icon_button
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.passage import Passage, Piece, scrolling
from studio.ui.widgets.segmented import Segment, Segmented
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.job_board import Job
    from studio.ui.session import Session

_TINTS = (0.10, 0.24)
_SLOT = "textPage"


class TextPageView(QWidget):
    """Shows one item; `reading_changed` when the user wants to see it in another way."""

    reading_changed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._record: DataSetRecord | None = None
        self._position, self._page, self._pages = -1, 0, 1
        self._job: Job | None = None
        self.active = False
        self._make_parts()
        self._build()
        session.browser.dropped.connect(self._on_dropped)

    def _make_parts(self) -> None:
        self.reading = Segmented(
            [
                Segment("letters", self.tr("Letters"), tip=self.tr("The text and its marks")),
                Segment("characters", self.tr("Characters"), tip=self.tr("Every character is a token")),
                Segment("byte_pairs", self.tr("Word pieces"), tip=self.tr("Frequent sequences of bytes are tokens")),
            ]
        )
        self.reading.setObjectName("textReading")
        self.reading.setAccessibleName(self.tr("How the text is shown"))
        self.reading.set_value("letters")
        self.reading.value_changed.connect(self._on_reading)
        self._line = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        self._line.setObjectName("textLine")
        self.back = icon_button("chevron-left", self.tr("The page before"))
        self.back.setObjectName("pageBack")
        self.forth = icon_button("chevron-right", self.tr("The next page"))
        self.forth.setObjectName("pageForth")
        self.back.clicked.connect(self._on_back)
        self.forth.clicked.connect(self._on_forth)
        self.passage = Passage()
        self.passage.setObjectName("textPassage")
        self.passage.setAccessibleName(self.tr("What the model reads"))
        self._scroll = scrolling(self.passage)
        self._none = Label(role="dim", wrap=True)
        self._none.setObjectName("textNone")
        self.make = Button(self.tr("Make the tokens"), icon="refresh")
        self.make.setObjectName("makeTokens")
        self.make.clicked.connect(self._on_make)
        self._bar = QProgressBar()
        self._bar.setObjectName("tokensBar")
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName(self.tr("Progress of making the tokens"))
        self._stop = Button(self.tr("Stop"), kind="link")
        self._stop.setObjectName("stopTokens")
        self._stop.clicked.connect(self._on_stop)

    def _build(self) -> None:
        head = dense(QHBoxLayout(), gap=8)
        head.addWidget(self.reading)
        head.addStretch(1)
        foot = dense(QHBoxLayout(), gap=8)
        foot.addWidget(self._line, 1)
        foot.addWidget(self.back)
        foot.addWidget(self.forth)
        unmade = QWidget()
        words = dense(QVBoxLayout(unmade), gap=10)
        for widget in (self._none, self._bar):
            words.addWidget(widget)
        for button in (self.make, self._stop):
            words.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        words.addStretch(1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._scroll)
        self._stack.addWidget(unmade)
        card = Frame("card", padding=16, gap=10)
        card.add(self._stack, 1)
        column = dense(QVBoxLayout(self), gap=10)
        column.addLayout(head)
        column.addWidget(card, 1)
        column.addLayout(foot)
        self._line.setMinimumHeight(self.back.sizeHint().height())
        self.setMinimumWidth(320)
        self._show_state()

    # --- what is shown -----------------------------------------------------------------------------------------------

    def show_item(self, record: DataSetRecord | None, position: int, *, anew: bool = False) -> None:
        """Show an item of a data set from its first page; -1 shows none."""
        same = record is not None and self._record is not None and record.folder == self._record.folder
        if same and position == self._position and not anew:
            return
        if not same:
            self._on_stop()
        if not same or position != self._position:
            self._page = 0
        self._record, self._position = record, position
        self._ask()

    def page(self) -> int:
        """The page shown, from 0."""
        return self._page

    def set_active(self, active: bool) -> None:
        """Shown or hidden: nothing is read while nobody looks."""
        self.active = active
        if active:
            self._ask()
        else:
            self._session.browser.forget(_SLOT)

    def _on_dropped(self) -> None:
        QTimer.singleShot(0, self, self._ask)

    def _ask(self) -> None:
        record = self._record
        if record is None or self._position < 0:
            self._session.browser.forget(_SLOT)
            self._show(TextPage((), 0, 1))
            return
        if not self.active:
            return
        request = ReadTextPage(
            folder=record.folder, position=self._position, page=self._page,
            reading=self.reading.value(), choices=record.choices,
        )  # fmt: skip
        self._session.browse(_SLOT, request, self._on_answer)

    def _on_answer(self, answer: Any) -> None:
        if not answer.done:
            return
        if isinstance(answer.result, TextPage):
            self._show(answer.result)
        else:
            self._show(TextPage((), 0, 1))
            self._show_words(spoken(answer.error))

    def _show(self, found: TextPage) -> None:
        self._page, self._pages = found.page, found.pages
        self.passage.set_pieces(pieces_of(found.pieces))
        self._scroll.verticalScrollBar().setValue(0)
        self._line.setText(self._words(found))
        for button, possible in ((self.back, found.page > 0), (self.forth, found.page < found.pages - 1)):
            button.setVisible(found.pages > 1)
            button.set_available("" if possible else self.tr("There is no further page."))
        self._show_state(made=found.made)

    def _show_state(self, *, made: bool = True) -> None:
        busy = self._job is not None
        self._stack.setCurrentIndex(0 if made and not busy else 1)
        self.make.setVisible(not made and not busy)
        self._bar.setVisible(busy)
        self._stop.setVisible(busy)
        if not busy and not made:
            self._none.setText(
                self.tr(
                    "These tokens have not been made yet. They are made once, in the background, and kept for the runs "
                    "that use them."
                )
            )

    def _show_words(self, words: str) -> None:
        """Say why nothing is shown."""
        self._none.setText(words)
        self._stack.setCurrentIndex(1)

    def _words(self, found: TextPage) -> str:
        words = []
        if found.tokens:
            words.append(self.tr("{0} tokens").format(count_text(found.tokens)))
            words.append(self.tr("{0} different ones known").format(count_text(found.vocabulary)))
        if found.pages > 1:
            words.append(self.tr("page {0} of {1}").format(count_text(found.page + 1), count_text(found.pages)))
        return " · ".join(words)

    # --- what the user does ------------------------------------------------------------------------------------------

    def _on_reading(self) -> None:
        self._page = 0
        self._ask()
        self.reading_changed.emit()

    def _on_back(self) -> None:
        self._page = max(0, self._page - 1)
        self._ask()

    def _on_forth(self) -> None:
        self._page = min(self._pages - 1, self._page + 1)
        self._ask()

    def _on_make(self) -> None:
        record = self._record
        if record is None or self._job is not None:
            return
        tokens = Characters() if self.reading.value() == "characters" else BytePairs()
        request = PrepareRequest(dataset=record.name, tokens=tokens, choices=record.choices)
        title = self.tr("Making the tokens of {0}").format(record.name)
        with self._session.reporting(title):
            self._job = self._session.start(request, self._on_event, title=title, quiet=True)
            self._bar.setRange(0, 0)
        self._none.setText(self.tr("Making the tokens…"))
        self._show_state(made=False)

    def _on_event(self, event: Event) -> None:
        if isinstance(event, Progress):
            self._none.setText(spoken(event.what))
            self._bar.setRange(0, event.total or 0)
            self._bar.setValue(event.done if event.total else 0)
        elif isinstance(event, Ended):
            self._job = None
            if event.status == "failed":
                self._show_state(made=False)
                self._show_words(spoken(event.error))
            else:
                self._ask()

    def _on_stop(self) -> None:
        if self._job is not None:
            self._job.stop()


def pieces_of(found: tuple[PagePiece, ...]) -> list[Piece]:
    """How a page is painted: marks apart, answers in a colour of their own, tokens told apart by two tints."""
    pieces: list[Piece] = []
    for number, piece in enumerate(found):
        if piece.look == "note":
            pieces.append(Piece(("\n\n" if number else "") + f"{piece.text}:\n", "dim"))
        elif piece.look == "mark":
            pieces.append(Piece(piece.text, "mark"))
        elif piece.token >= 0:
            colour = "good" if piece.look == "answer" else "accent"
            pieces.append(Piece(piece.text, "tint", _TINTS[number % 2], colour))
        else:
            pieces.append(Piece(piece.text, "tint", 0.14, "good") if piece.look == "answer" else Piece(piece.text))
    return pieces
