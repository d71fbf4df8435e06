"""The dialogs through which data sets come in or get another name, each with a name that can be taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from studio.ui.pages.data_bringing import BringQueue, BringRequest
from studio.ui.pages.data_deeds import Deeds
from studio.ui.pages.data_dialogs import (
    BILINGUAL,
    PORTRAITS,
    WORLD,
    CheckName,
    Made,
    MadeDialog,
    NameDialog,
    name_checker,
)
from studio.ui.pages.data_import import ImportDialog
from studio.ui.session import Session

_TRIES = 1000
_PORTRAITS = "Portraits"
_WORLD = "World"
_BILINGUAL = "English-French"


class Doors(QObject):
    """Opens dialogs over a page; what they ask for goes into the queue."""

    def __init__(self, page: QWidget, session: Session, queue: BringQueue, deeds: Deeds) -> None:
        super().__init__(page)
        self._page, self._session, self._queue, self._deeds = page, session, queue, deeds

    def open_import(self, paths: Sequence[Path] = ()) -> None:
        """Ask what to import, beginning with these files and folders."""
        if self._session.can_write:
            dialog = ImportDialog(self._page, self._session, self.name_check(), paths)
            dialog.asked.connect(self._queue.add)
            dialog.open()

    def open_portraits(self) -> None:
        """Ask how many portraits to draw."""
        self._open_made(PORTRAITS, _PORTRAITS)

    def open_world(self) -> None:
        """Ask how much to write of the embedded world."""
        self._open_made(WORLD, _WORLD)

    def open_bilingual(self) -> None:
        """Ask how many sentences to write in both languages."""
        self._open_made(BILINGUAL, _BILINGUAL)

    def open_catalogue(self) -> None:
        """Show what can be fetched."""
        from studio.ui.pages.data_catalogue import CatalogueDialog

        if self._session.can_write:
            dialog = CatalogueDialog(self._page, self.free_name, self.name_check())
            dialog.asked.connect(self._bring)
            dialog.open()

    def open_rename(self, name: str) -> None:
        """Ask for another name of a data set."""
        if not name or not self._session.can_write:
            return
        dialog = NameDialog(self._page, name, self.name_check(own=name))

        def on_named(new: str) -> None:
            self._deeds.rename(name, new)

        dialog.named.connect(on_named)
        dialog.open()

    def name_check(self, own: str = "") -> CheckName:
        """Says why a name cannot be taken; a data set may keep its ``own``."""
        project = self._session.project
        check: Callable[[str], object] = str if project is None else project.datasets.check_new_name
        why_not = name_checker(check, self._queue.names, self.tr("A data set {0} is being brought in already."))
        return lambda name: "" if own and name == own else why_not(name)

    def free_name(self, name: str) -> str:
        """The name, with a number where it is taken."""
        check, free, number = self.name_check(), name, 1
        while check(free) and number < _TRIES:
            number += 1
            free = f"{name} {number}"
        return free

    def _open_made(self, made: Made, name: str) -> None:
        if self._session.can_write:
            dialog = MadeDialog(self._page, made, self.free_name(name), self.name_check())
            dialog.asked.connect(self._bring)
            dialog.open()

    def _bring(self, request: BringRequest) -> None:
        self._queue.add([request])
