"""Every text that is not our own constant reaches Qt through here, and stays plain.

Labels, tooltips, message boxes and pyqtgraph's titles take any text for HTML and open local files named in it; the
functions here show such text letter by letter. Also the few words and numbers that all panels write alike.
"""

from __future__ import annotations

import html
from typing import Literal

from PySide6.QtCore import QEvent, QPoint, QSize, Qt
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QLabel, QMessageBox, QSizePolicy, QToolTip, QWidget

from studio.ui import theme

Role = Literal["body", "dim", "small", "strong", "title", "headline", "error", "badge"]

NO_BREAK = "\u00a0"


class Label(QLabel):
    """A label that never reads its text as HTML; wraps, or shortens with an ellipsis and a tooltip."""

    def __init__(
        self,
        text: str = "",
        *,
        role: Role = "body",
        wrap: bool = False,
        elide: Qt.TextElideMode | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._full = ""
        self._own_tip = ""
        self._elide = elide
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        self.set_role(role)
        if elide is not None:
            self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.setText(text)

    def set_role(self, role: Role) -> None:
        """One of the roles of text that the style sheet knows."""
        theme.set_look(self, role=role)

    def setText(self, text: str) -> None:
        if text == self._full:
            return  # or the layout around would be done, and painted, again
        self._full = text
        self._fit()
        self.updateGeometry()

    def text(self) -> str:
        """The whole text, also where it is shown shortened."""
        return self._full

    def shown_text(self) -> str:
        """What is painted: the whole text or its shortened form."""
        return super().text()

    def set_tip(self, text: str) -> None:
        """A plain tooltip that takes the place of the one shown for shortened text."""
        self._own_tip = text
        self._fit()

    def sizeHint(self) -> QSize:
        if self._elide is None:
            return super().sizeHint()
        metrics = self.fontMetrics()
        margins = self.contentsMargins()
        return QSize(
            metrics.horizontalAdvance(self._full) + margins.left() + margins.right() + 2,
            metrics.height() + margins.top() + margins.bottom(),
        )

    def minimumSizeHint(self) -> QSize:
        if self._elide is None:
            return super().minimumSizeHint()
        return QSize(min(self.sizeHint().width(), 3 * self.fontMetrics().averageCharWidth()), self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        shown = self._full
        if self._elide is not None:
            shown = self.fontMetrics().elidedText(self._full, self._elide, max(self.contentsRect().width(), 8))
        if shown != super().text():
            super().setText(shown)
        plain_tooltip(self, self._own_tip or (self._full if shown != self._full else ""))


def plain_label(text: str = "", *, role: Role = "body", wrap: bool = False, parent: QWidget | None = None) -> Label:
    """A label for any text, ours or not."""
    return Label(text, role=role, wrap=wrap, parent=parent)


def set_plain(target: QLabel | QAbstractButton | QAction, text: str) -> None:
    """Show a text on a label, a button or an action letter by letter: neither HTML nor ``&`` mean anything."""
    if isinstance(target, QLabel):
        target.setTextFormat(Qt.TextFormat.PlainText)
        target.setText(text)
    else:
        target.setText(unmarked(text))


def unmarked(text: str) -> str:
    """Text for menus and buttons: ``&`` is shown instead of marking a shortcut letter."""
    return text.replace("&", "&&")


def tooltip_text(text: str) -> str:
    """Text as a tooltip that shows it literally and wraps at a readable width; empty stays empty."""
    if not text:
        return ""
    return "<qt>" + html.escape(text).replace("\n", "<br>") + "</qt>"


def plain_tooltip(target: QWidget | QAction, text: str) -> None:
    """Set a tooltip, and the same words for screen readers, letter by letter."""
    target.setToolTip(tooltip_text(text))
    if isinstance(target, QWidget):
        target.setAccessibleDescription(text)


def show_tooltip(target: QWidget, where: QPoint) -> None:
    """Show a widget's own tooltip now, at a point of the screen; a disabled widget never does so by itself."""
    QToolTip.showText(where, target.toolTip(), target)


def escape_for_plot(text: str) -> str:
    """Text for those places of pyqtgraph that read HTML: titles, legend names, axis labels."""
    return html.escape(text)


# --- message boxes ---------------------------------------------------------------------------------------------------


def message_box(
    parent: QWidget | None,
    title: str,
    text: str,
    *,
    icon: QMessageBox.Icon = QMessageBox.Icon.NoIcon,
    more: str = "",
    details: str = "",
) -> QMessageBox:
    """A message box all of whose texts are plain: headline `text`, sentence `more`, foldable `details`."""
    box = QMessageBox(parent)
    box.setObjectName("messageBox")
    box.setWindowTitle(title)
    box.setIcon(icon)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(text)
    if more:
        box.setInformativeText(more)
    if details:
        box.setDetailedText(details)
    for label in box.findChildren(QLabel):
        label.setTextFormat(Qt.TextFormat.PlainText)
    return box


def tell(parent: QWidget | None, title: str, text: str, *, more: str = "", details: str = "") -> None:
    """Tell the user something and wait for Close; `details` can be unfolded and copied."""
    box = message_box(parent, title, text, icon=QMessageBox.Icon.Information, more=more, details=details)
    box.setStandardButtons(QMessageBox.StandardButton.Ok)
    box.exec()
    box.deleteLater()


def ask(
    parent: QWidget | None,
    title: str,
    text: str,
    *,
    accept: str,
    reject: str = "Cancel",
    more: str = "",
    danger: bool = False,
) -> bool:
    """Ask for a yes; the buttons say what happens. With `danger` Enter means no."""
    box = message_box(parent, title, text, icon=QMessageBox.Icon.Question, more=more)
    yes = box.addButton(unmarked(accept), QMessageBox.ButtonRole.AcceptRole)
    no = box.addButton(unmarked(reject), QMessageBox.ButtonRole.RejectRole)
    yes.setObjectName("acceptButton")
    no.setObjectName("rejectButton")
    theme.set_look(yes, kind="danger" if danger else "primary")
    box.setDefaultButton(no if danger else yes)
    box.setEscapeButton(no)
    box.exec()
    agreed = box.clickedButton() is yes
    box.deleteLater()
    return agreed


# --- numbers in words ------------------------------------------------------------------------------------------------


def count_text(number: int) -> str:
    """A whole number with its thousands apart: 4 200 (no-break spaces)."""
    return f"{number:,}".replace(",", NO_BREAK)


def number_text(value: float, digits: int = 4) -> str:
    """A number in at most `digits` significant digits, C locale; not-a-number is an en dash."""
    if value != value:
        return "–"
    return f"{value:.{digits}g}".replace("-", "−")


def duration_text(seconds: float) -> str:
    """A span of time in the two largest units a person needs: 45 s, 4 min, 1 h 20 min, 3 d 4 h."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{round(whole / 60)} min"
    if whole < 86400:
        hours, minutes = divmod(round(whole / 60), 60)
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(round(whole / 3600), 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def bytes_text(size: int) -> str:
    """A size in decimal units, as file managers show it: 512 B, 1.2 GB."""
    amount = float(size)
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if amount < 1000 or unit == "TB":
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"
