"""The wheel changes a value only where the user has clicked first; elsewhere it scrolls the form."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget


class WheelGuard(QObject):
    """An event filter: wheel turns over a widget that was not clicked and focused go on to the form behind it."""

    def __init__(self, guarded: QWidget) -> None:
        super().__init__(guarded)
        self._guarded = guarded
        self.clicked = False
        guarded.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.MouseButtonPress:
            self.clicked = True
        elif kind == QEvent.Type.FocusOut:
            self.clicked = False
        elif kind == QEvent.Type.Wheel and not (self.clicked and self._guarded.hasFocus()):
            event.ignore()
            return True
        return False
