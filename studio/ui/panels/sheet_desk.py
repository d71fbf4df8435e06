"""Keeps a sheet, its pictures and its view together: asks for what is missing, shows what comes, takes things back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from studio.config.requests import Recipe
from studio.ground.errors import Text, text
from studio.projects.pictures import digest_of
from studio.ui.panels.kept import KeptPictures
from studio.ui.panels.maker import Maker
from studio.ui.panels.recipe_words import recipe_words
from studio.ui.panels.sheet import Entry, Model, Sheet
from studio.ui.panels.sheet_view import SheetView
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.session import Session

KEY = "sheet"
_PATIENCE_MS = 500  # what takes longer shows its progress


class SheetDesk(QObject):
    """`shown`: pictures have come or gone. `changed`: the recipes, what is picked or what is kept are other ones.
    `asked`: pictures are asked for."""

    shown = Signal()
    changed = Signal()
    asked = Signal()

    def __init__(
        self, session: Session, family: str, maker: Maker, view: SheetView, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.session, self.maker, self.view = session, maker, view
        self.sheet = Sheet()
        self.sheet.fit = maker.fit
        self.kept = KeptPictures(session, family)
        self.active = False
        self._count = 0  # pictures asked for
        self._expected: dict[int, str] = {}  # digests of pictures that are made again
        self._same: list[bool] = []
        self._pick: list[int] = []  # places to pick as soon as they are there
        self._show_from = -1  # place to scroll to
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(_PATIENCE_MS)
        self._patience.timeout.connect(self._show_busy)
        maker.working.connect(self._on_working)
        maker.ended.connect(self._on_ended)
        view.cancelled.connect(self.cancel)

    def rest(self) -> None:
        """Nobody looks: stop asking."""
        self.active = False
        self.maker.forget(KEY)
        self._end_busy()

    # --- what is on it -----------------------------------------------------------------------------------------------

    def append(self, recipes: Iterable[Recipe], *, pick: bool = False, digest: str = "") -> None:
        """Add recipes at the end and bring them into sight. With the ``digest`` of the picture that one of them made,
        it is said whether it is the same again."""
        first = len(self.sheet)
        added = self.sheet.append(recipes)
        if not added:
            return
        if digest:
            self.expect(added[0], digest)
        self._show_from = first
        if pick:
            self._pick = list(range(first, len(self.sheet)))
        self.show()
        self.changed.emit()
        self.fill()

    def pick_later(self, places: Sequence[int]) -> None:
        """Pick places as soon as they are on the sheet."""
        self._pick = list(places)

    def picked(self) -> list[Entry]:
        """The entries that are picked."""
        return [self.sheet.entries[at] for at in self.view.grid.selection() if at < len(self.sheet)]

    def pictured(self) -> list[Entry]:
        """The picked entries, or all where none is picked, as far as they have pictures."""
        return [entry for entry in self.picked() or self.sheet.entries if entry.picture is not None]

    def change(self, change: Callable[[Recipe], Recipe]) -> None:
        """Replace the recipes of the picked entries (or of all) by others made from them."""
        self.sheet.change(change, [entry.number for entry in self.picked()] or None)
        self.fill()

    def remove_picked(self) -> None:
        """Take the picked pictures off the sheet; undo brings them back."""
        gone = {entry.number for entry in self.picked()}
        if gone:
            left = [entry for entry in self.sheet.entries if entry.number not in gone]
            self.replace(left, text("Took {count} pictures off the sheet", count=len(gone)))

    def clear(self) -> None:
        """Empty the sheet; undo brings it back."""
        if len(self.sheet):
            self.replace([], text("Cleared the sheet"))

    def replace(self, entries: list[Entry], what: Text) -> None:
        """Show other entries; undo brings back what was there."""
        before = self.sheet.clear()
        self.sheet.put_back(entries)
        again = partial(self._put_back, list(entries))
        number = self.session.undo.push(what, partial(self._put_back, before), again)
        self.session.toast(spoken(what), action=self.tr("Undo"), callback=partial(self.session.undo_now, number))
        self._renew()

    def _put_back(self, entries: list[Entry]) -> None:
        self.sheet.put_back(entries)
        self._renew()

    def _renew(self) -> None:
        self.view.grid.set_selection([])
        self.show()
        self.fill()
        self.changed.emit()

    def keep(self, entries: Sequence[Entry]) -> None:
        """Put pictures into the gallery and say so."""
        with self.session.reporting(self.tr("Keeping pictures")):
            count = self.kept.keep(entries)
            self.session.gallery_changed.emit()
            words = self.tr("Kept {0} pictures").format(count) if count != 1 else self.tr("Kept one picture")
            if not count:
                words = self.tr("These are in the gallery already")
            self.session.toast(words, action=self.tr("Show"), callback=partial(self.session.go, "gallery"))

    def read_kept(self) -> None:
        """Look in the gallery which pictures are kept."""
        model = self.maker.model
        self.kept.read(model.run if model is not None else "")
        self.view.grid.set_stars(self.kept.stars(self.sheet.entries))

    # --- pictures ----------------------------------------------------------------------------------------------------

    def fill(self) -> None:
        """Ask for every picture that is missing or out of date, those on the screen first."""
        model = self.maker.model
        if not self.active or model is None or self.session.engine.state != "ready":
            return
        outdated = {entry.number for entry in self.sheet.outdated(model)}
        entries = [self.sheet.entries[at] for at in self.view.visible_first(len(self.sheet))]
        asked = [(entry.number, self.maker.fit(entry.recipe)) for entry in entries if entry.number in outdated]
        asked = [one for one in asked if _size(one[1]) == _size(asked[0][1])]  # pictures of one request have one size
        if not asked:
            self.maker.forget(KEY)
            self._end_busy()
            return
        self._count = len(asked)
        if not self._patience.isActive() and self.view.busy.isHidden():
            self._patience.start()
        numbers = [number for number, _ in asked]
        self.asked.emit()
        on_pictures, on_result = partial(self._take, asked, model), partial(self._take_result, numbers)
        self.maker.ask(KEY, [recipe for _, recipe in asked], on_pictures, on_result=on_result)

    def cancel(self) -> None:
        """Stop asking; what has no picture goes."""
        self.maker.forget(KEY)
        self.sheet.settle()
        self._end_busy()
        self.show()
        self.changed.emit()

    def _take(self, asked: Sequence[tuple[int, Recipe]], model: Model, pictures: np.ndarray, whole: int) -> None:
        """Pictures have come: put those that are new into their places, and show those that still form."""
        entries = {entry.number: entry for entry in self.sheet.entries}
        for place, ((number, recipe), picture) in enumerate(zip(asked, pictures, strict=False)):
            entry = entries.get(number)
            if entry is None or entry.shows(recipe, model):
                continue
            if place < whole:
                entry.take(picture, recipe, model)
                self._compare(entry)
            else:
                entry.forming = picture
        self.show()

    def _take_result(self, numbers: Sequence[int], made: Any) -> None:
        """What was left open: the values of labels, and all else that the recipe did not say."""
        entries = {entry.number: entry for entry in self.sheet.entries}
        recipes = getattr(getattr(made, "request", None), "recipes", ())
        for number, labels in zip(numbers, getattr(made, "labels", ()), strict=False):
            if number in entries:
                entries[number].labels = labels
        for number, recipe in zip(numbers, recipes, strict=False):
            if number in entries:
                entries[number].whole = recipe

    # --- the same again ----------------------------------------------------------------------------------------------

    def make_again(self, entries: Sequence[Entry], change: Callable[[Recipe], Recipe]) -> None:
        """Make pictures anew with changed recipes; where nothing has changed, say whether they are the same again."""
        for entry in entries:
            entry.recipe = change(entry.recipe)
            if entry.picture is not None and entry.made == self.maker.fit(entry.recipe):
                self.expect(entry, digest_of(entry.picture))
            entry.again = True
        self.show()
        self.changed.emit()
        self.fill()

    def expect(self, entry: Entry, digest: str) -> None:
        """Compare the picture that an entry is to get with one that was made before."""
        self._expected[entry.number] = digest

    def _compare(self, entry: Entry) -> None:
        expected = self._expected.pop(entry.number, "")
        if expected and entry.picture is not None:
            self._same.append(digest_of(entry.picture) == expected)

    def _tell_same(self) -> None:
        """Say once whether what was made again is the same."""
        same, self._same = self._same, []
        if same and all(same):
            count = len(same)
            words = self.tr("Made again: {0} pictures, the same to the bit").format(count)
            self.session.toast(words if count > 1 else self.tr("Made again: the same to the bit"))
        elif same:
            words = self.tr(
                "Made again, but not the same: another device, program or number of threads rounds otherwise."
            )
            self.session.toast(words, severity="warning")

    def show(self) -> None:
        """Bring the view up to date with the sheet."""
        entries = self.sheet.entries
        self.view.show_entries(entries)
        self.view.grid.set_stars(self.kept.stars(entries))
        large = self.view.is_large()
        self.view.set_large_words([recipe_words(entry.recipe, entry.labels) for entry in entries] if large else [])
        if self._pick and entries:
            wanted, self._pick = self._pick, []
            self.view.pick(wanted)
        if self._show_from >= 0:
            QTimer.singleShot(0, self.view, partial(self.view.scroll_to, self._show_from))
            self._show_from = -1
        self.shown.emit()

    # --- how far it is -----------------------------------------------------------------------------------------------

    def _on_working(self, key: str, progress: Any) -> None:
        if key == KEY and progress is not None and not self.view.busy.isHidden():
            self.view.busy.set_progress(spoken(progress.what), progress.done, progress.total)

    def _on_ended(self, key: str, finished: bool) -> None:
        if key != KEY:
            return
        self._end_busy()
        if not finished:
            self._expected.clear()
            self.sheet.settle()
        self._tell_same()
        self.show()
        self.changed.emit()
        if finished:
            self.fill()  # pictures of another size

    def _show_busy(self) -> None:
        if self.maker.is_open(KEY):
            self.view.busy.set_progress(self.tr("Making pictures"), 0, self._count)

    def _end_busy(self) -> None:
        self._patience.stop()
        self.view.busy.finish()


def _size(recipe: Recipe) -> tuple[int, int] | None:
    return recipe.denoising.size if recipe.denoising is not None else None
