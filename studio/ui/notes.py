"""A note of the system when a run has ended and the user looks elsewhere."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from studio.ui import theme

_SHOWN_MS = 10_000


def leave_note(window: QWidget, words: str) -> None:
    """Flash the window in the task bar, and show ``words`` as a note of the system where it has such.

    Nothing happens while the window is the active one: its own message is in sight. Some systems read a little markup
    in notes, so ``words`` must hold nothing but our own text and names that are folder names.
    """
    if window.isActiveWindow():
        return
    QApplication.alert(window)
    if not QSystemTrayIcon.isSystemTrayAvailable():
        return
    tray = QSystemTrayIcon(theme.icon("check", "good"), window)
    tray.setObjectName("noteIcon")
    tray.messageClicked.connect(window.activateWindow)
    tray.show()
    tray.showMessage(QApplication.applicationName(), words, theme.icon("check", "good"), _SHOWN_MS)
    QTimer.singleShot(2 * _SHOWN_MS, tray, tray.deleteLater)
