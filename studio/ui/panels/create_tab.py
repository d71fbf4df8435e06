"""The Create tab of a family that makes pictures: a sheet that grows, and what can be made of picked ones.

What pictures are made with, and what is made of them, a family says in a subclass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from studio.config.requests import Drawn, Recipe
from studio.ground.errors import StudioError, Text, text
from studio.ui import theme
from studio.ui.pages import page_of_family
from studio.ui.palette import SIZES
from studio.ui.panels.bench import Bench
from studio.ui.panels.bench_part import Picked, filled
from studio.ui.panels.create_export import CreateExport
from studio.ui.panels.maker import Maker
from studio.ui.panels.model_tab import ModelTab
from studio.ui.panels.recipe_words import recipe_words
from studio.ui.panels.sheet import MOST, Entry, Model, recipe_to_json
from studio.ui.panels.sheet_desk import SheetDesk
from studio.ui.panels.sheet_view import SheetView
from studio.ui.panels.tab import TabIntention
from studio.ui.panels.tiles import recipe_load
from studio.ui.text import Label, count_text
from studio.ui.view_state import HeaderIntention
from studio.ui.widgets.pictures import DragLoad
from studio.ui.widgets.seed_field import SeedField
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.session import Session

MenuGroup = Sequence[tuple[str, str, Callable[[], None]]]
_SAVED = 300  # recipes of a sheet that are there again tomorrow
_CELL = 96


class CreateForm(Protocol):
    """The left column: what new pictures are made with."""

    seed_field: SeedField

    def recipes(self, first: int) -> tuple[Recipe, ...]:
        """Recipes of the pictures that come next, from index ``first`` of the seed."""

    def show_recipe(self, recipe: Recipe) -> None:
        """Set everything but seed and count as a recipe has it, silently."""

    def state(self) -> dict[str, Any]:
        """Plain JSON of what is set."""

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up what `state` gave; what is odd is passed over."""


class CreateTab(ModelTab):
    """Generate, keep, export, recall, and a bench for picked pictures; all on the sheet is a recipe.

    A subclass makes the form and the bench in `build`, lays them out and connects what only it has.
    """

    form: CreateForm
    bench: Bench

    def __init__(self, session: Session, family: str, parent: QObject | None = None) -> None:
        super().__init__(session, family, parent)
        self.maker = Maker(session, family, "create", self)
        self.view = SheetView(family)
        self.desk = SheetDesk(session, family, self.maker, self.view, self)
        self.sheet = self.desk.sheet
        self.export = CreateExport(session, family, self.desk.pictured, self.view.buttons["export"], self)
        self.note = Label(role="small", wrap=True)
        self.note.setObjectName("createNote")
        self.footer = self.note
        self.build()
        self._connect()

    # --- what a family says ------------------------------------------------------------------------------------------

    def build(self) -> None:
        """Make the form and the bench and lay everything out."""
        raise NotImplementedError

    def model_shown(self) -> None:
        """Another model: bring the form up to date."""

    def picked_shown(self) -> None:
        """Other pictures are picked, or they have changed."""

    def why_not_generate(self) -> Text | None:
        """Why nothing can be generated with what is set."""
        return None

    def may_generate(self) -> bool:
        """Called before pictures are generated: say no where the form first has to be mended."""
        return True

    def menu_groups(self, place: int, entry: Entry) -> list[MenuGroup]:
        """What else can be done with a picture of the sheet: lines of words, icon and deed."""
        return []

    def lay_out_canvas(self, canvas: QWidget) -> None:
        """The sheet above, the bench below."""
        column = QVBoxLayout(canvas)
        column.setContentsMargins(SIZES.margin, 16, SIZES.margin, 12)
        column.setSpacing(SIZES.gap)
        column.addWidget(self.view, 1)
        column.addWidget(self.bench)

    def _connect(self) -> None:
        view, bench = self.view, self.bench
        self.desk.shown.connect(self._on_shown)
        self.desk.changed.connect(self._changed)
        view.picked.connect(self._on_picked)
        view.hovered.connect(self._on_hovered)
        view.asked.connect(self._on_asked)
        view.cell_changed.connect(self.state_changed)
        view.menu_requested.connect(self._on_menu)
        view.empty_asked.connect(self._on_empty_button)
        view.grid.set_drag_hook(self._drag)
        bench.add_asked.connect(self._on_bench_add)
        bench.keep_asked.connect(self._on_bench_keep)
        bench.film_asked.connect(self.export_loop)
        bench.changed.connect(self._changed)
        self.maker.model_changed.connect(self._on_model)
        session = self.session
        self.listen()
        session.training_changed.connect(self.show_note)
        session.gallery_changed.connect(self._on_gallery)

    # --- the tab -----------------------------------------------------------------------------------------------------

    def activate(self) -> None:
        super().activate()
        self.desk.active = True
        self.maker.refresh()
        self.desk.read_kept()
        self._on_model()

    def deactivate(self) -> None:
        super().deactivate()
        self.desk.rest()
        self.bench.rest()
        self.maker.forget_all()

    def project_changed(self) -> None:
        self.maker.forget_all()
        self.sheet.clear()
        self.bench.set_picked([])
        self.desk.show()

    def close_tab(self) -> None:
        self.desk.rest()
        self.maker.forget_all()
        self.export.close()

    def state(self) -> dict[str, Any]:
        return {
            "controls": self.form.state(),
            "sheet": self.sheet.to_json()[:_SAVED],
            "picked": [at for at in self.view.grid.selection() if at < _SAVED],
            "bench": self.bench.state(),
            "cell": self.view.cell_size.value(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        controls, bench, cell = state.get("controls"), state.get("bench"), state.get("cell")
        self.form.restore(controls if isinstance(controls, dict) else {})
        self.bench.restore(bench if isinstance(bench, dict) else {})
        self.view.set_cell(cell if isinstance(cell, int) else _CELL)
        self.sheet.load(state.get("sheet"))
        picked = state.get("picked")
        self.desk.pick_later([at for at in picked if isinstance(at, int)] if isinstance(picked, list) else [])
        self.desk.show()
        self.refresh()

    def intention_part(self) -> TabIntention:
        header = HeaderIntention(run=True, checkpoint=True, primary="generate")
        return TabIntention(header=header, blocks=self._blocks())

    def actions(self) -> Mapping[str, Callable[[], None]]:
        return {
            "generate": self.generate,
            "keep": self.keep,
            "export": self.export.ask,
            "film": self.export_loop,
            "copy": self.export.copy,
            "select_all": self.select_all,
            "delete": self.desk.remove_picked,
        }

    def arrive(self, **what: Any) -> None:
        certificate = what.get("certificate")
        if isinstance(certificate, Mapping):
            self.recall(certificate)

    def take_drop(self, paths: list[Path], certificate: Mapping[str, Any] | None) -> bool:
        return certificate is not None and self.recall(certificate)

    # --- what is allowed ---------------------------------------------------------------------------------------------

    def _why_no_model(self) -> Text | None:
        trained = self.maker.trained
        if trained is None:
            return text("There is no trained run to generate with. Choose one, or train one first.")
        if trained.problem:
            return text("{problem}", problem=trained.problem)
        if self.maker.model is None:
            return text("{run} has no checkpoint yet; the first comes within a minute of training.", run=trained.name)
        return None

    def _blocks(self) -> dict[str, Text]:
        none = None if self.desk.pictured() else text("There are no pictures on the sheet yet.")
        full = (
            text("The sheet is full ({most} pictures). Clear it first.", most=MOST) if len(self.sheet) >= MOST else None
        )
        two = text("Pick two or more pictures to make a loop.") if len(self.bench.stops()) < 2 else None
        no_pick = None if self.view.grid.selection() else text("Nothing is picked on the sheet.")
        reasons = {
            "generate": self._why_no_model() or full or self.why_not_generate(),
            "keep": none or self._why_not_writable(),
            "export": none,
            "copy": none,
            "select_all": none,
            "film": two,
            "delete": no_pick,
        }
        return {name: why for name, why in reasons.items() if why is not None}

    def _why_not_writable(self) -> Text | None:
        if self.session.can_write:
            return None
        return text("This project is open to read only: {holder}", holder=self.session.why_read_only())

    # --- doing -------------------------------------------------------------------------------------------------------

    def generate(self) -> None:
        """Add pictures of the seed to the sheet: its first ones, or those that follow what is there."""
        if self.maker.model is not None and self.may_generate():
            self.view.show_sheet()
            self.desk.append(self.form.recipes(self.sheet.following(self.form.seed_field.value())))

    def keep(self) -> None:
        """Put the picked pictures (or all) into the gallery."""
        self.desk.keep(self.desk.pictured())

    def select_all(self) -> None:
        """Pick every picture."""
        self.view.pick(range(len(self.sheet)))

    def export_loop(self) -> None:
        """Write the way through the picked pictures, and back to the first, as a film."""
        if self.maker.model is not None:
            self.export.film(self.bench.stops(), self.maker.model)

    def recall(self, certificate: Mapping[str, Any]) -> bool:
        """Set everything as it was when a picture was made, and make it again. False where it is not of this family."""
        request = self.maker.recalled(certificate)
        if request is None or self.maker.misses(request):
            return request is not None
        self._use(request.run, request.checkpoint)
        self.set_as(request.recipes[0])
        self.view.show_sheet()
        alone = str(certificate.get("pixels") or "") if len(request.recipes) == 1 else ""
        self.desk.append(request.recipes, pick=True, digest=alone)
        return True

    def set_as(self, recipe: Recipe) -> None:
        """Set everything as it was when a recipe was made."""
        self.form.show_recipe(recipe)
        if isinstance(recipe.latent, Drawn):
            self.form.seed_field.set_value(recipe.latent.seed)
        self.state_changed.emit()

    def _use(self, run: str, checkpoint: str) -> None:
        """Choose the model of a recalled picture; a sheet of another one is set aside."""
        if self.maker.model != Model(run, checkpoint) and len(self.sheet):
            self.desk.replace([], text("Set the sheet aside"))
        self.maker.choose(run, checkpoint)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """The project, its runs or the machine have changed."""
        if self.active:
            self.maker.refresh()
            self._on_model()

    def _on_model(self) -> None:
        if not self.active:
            return
        self.model_shown()
        if self.maker.model is not None and self.maker.model.run != self.desk.kept.run:
            self.desk.read_kept()
        self.desk.show()
        self.show_note()
        self.intention_changed.emit()
        if self.session.engine.state == "ready":
            self.desk.fill()
            self.bench.refresh()

    def _on_shown(self) -> None:
        self._show_empty()
        self._show_words()
        self._show_picked()

    def _show_empty(self) -> None:
        why, trained = self._why_no_model(), self.maker.trained
        self.bench.setVisible(why is None and len(self.sheet) > 0)
        if why is None and len(self.sheet):
            self.view.show_pictures()
        elif why is None:
            sentence = self.tr("Every picture grows from a seed, and the same seed always makes the same picture.")
            self.view.show_empty(self.tr("Make the first pictures"), sentence, self.tr("Generate"), "grid-plus")
        elif trained is None and (newest := self.newest_run()):
            sentence = self.tr("Choose a run above; the newest is {0}.").format(newest)
            self.view.show_empty(
                self.tr("Which run shall make the pictures?"), sentence, self.tr("Use {0}").format(newest)
            )
        else:
            self.view.show_empty(self.tr("Nothing to generate with yet"), spoken(why), self.tr("Train one"))

    def _show_words(self) -> None:
        trained, model = self.maker.trained, self.maker.model
        has = trained is not None and model is not None and len(self.sheet) > 0
        self.view.head.setVisible(has)
        if trained is None or model is None:
            return
        count = len(self.sheet)
        pictures = self.tr("{0} pictures").format(count_text(count)) if count != 1 else self.tr("One picture")
        step = self.tr("step {0}").format(count_text(int(model.checkpoint)))
        newer = self.tr("Show step {0}").format(count_text(self.maker.newer)) if self.maker.newer is not None else ""
        self.view.set_words(f"{pictures} · {trained.name}, {step}", newer=newer)
        self.view.buttons["keep"].set_available(spoken(self._why_not_writable()))

    def show_note(self) -> None:
        live = self._training()
        words = self.tr("Everything here can be made again: drop a kept or exported picture on the window.")
        if live:
            words = self.tr(
                "{0} is training. Both share the cores: pictures come slower, and so does the training."
            ).format(live)
        problem = self.why_not_generate()
        self.note.set_role("error" if problem is not None else "small")
        self.note.setText(spoken(problem) if problem is not None else words)

    def _training(self) -> str:
        """The run that trains now, here or in another process; empty where none does."""
        own = self.session.training
        if own is not None:
            return own.name
        return next((info.name for info in self.session.runs() if self.session.is_live(info.name)), "")

    def _show_picked(self) -> None:
        entries = self.desk.picked()
        picked = [
            Picked(filled(e.made, e.labels), e.picture) for e in entries if e.made is not None and e.picture is not None
        ]
        self.bench.set_picked(picked)
        self._show_details(self.view.grid.selection()[:1])
        self.picked_shown()

    def _show_details(self, places: Sequence[int]) -> None:
        entries = [self.sheet.entries[at] for at in places if 0 <= at < len(self.sheet)]
        self.view.set_details(recipe_words(entries[0].recipe, entries[0].labels) if entries else "")

    # --- asked by the canvas -----------------------------------------------------------------------------------------

    def _changed(self) -> None:
        self.state_changed.emit()
        self.intention_changed.emit()

    def _on_picked(self, places: list[int]) -> None:
        self._show_picked()
        self._changed()

    def _on_hovered(self, place: int) -> None:
        self._show_details([place] if place >= 0 else self.view.grid.selection()[:1])

    def _on_asked(self, what: str) -> None:
        doing: dict[str, Callable[[], None]] = {
            "keep": self.keep, "copy": self.export.copy, "export": self.export.ask, "clear": self.desk.clear,
            "remove": self.desk.remove_picked, "newer": partial(self.maker.refresh, follow=True),
        }  # fmt: skip
        doing[what]()

    def _on_empty_button(self) -> None:
        if self.maker.model is not None:
            self.generate()
        else:
            self.choose_or_train()

    def _on_gallery(self) -> None:
        if self.active:
            self.desk.read_kept()

    def _on_bench_add(self, recipes: tuple[Recipe, ...]) -> None:
        self.desk.append(recipes)

    def _on_bench_keep(self, recipes: tuple[Recipe, ...]) -> None:
        """Keep results of the bench without putting them on the sheet."""
        model = self.maker.model
        made: list[np.ndarray] = []

        def on_pictures(pictures: np.ndarray, whole: int) -> None:
            made[:] = pictures[:whole]

        def on_result(result: Any) -> None:
            wholes = getattr(getattr(result, "request", None), "recipes", ()) or map(self.maker.fit, recipes)
            rows = zip(recipes, made, wholes, strict=True)
            self.desk.keep([Entry(-1 - at, r, p, whole, model) for at, (r, p, whole) in enumerate(rows)])

        self.maker.ask("keep", recipes, on_pictures, on_result=on_result)

    def _on_menu(self, place: int, where: QPoint) -> None:
        menu = self.build_menu(place)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(where)

    def build_menu(self, place: int) -> QMenu:
        """What can be done with a picture of the sheet."""
        menu, entry = QMenu(self.view), self.sheet.entries[place]
        first: MenuGroup = (
            (self.tr("Show large"), "zoom-in", partial(self.view.show_large, place)),
            (self.tr("Keep"), "star", self.keep),
            (self.tr("Copy"), "copy", self.export.copy),
            (self.tr("Export…"), "export", self.export.ask),
        )
        last: MenuGroup = ((self.tr("Take off the sheet"), "trash", self.desk.remove_picked),)
        for group in (first, *self.menu_groups(place, entry), last):
            for words, icon, do in group:
                _add_action(menu, words, icon, do)
            menu.addSeparator()
        return menu

    def look(self, view: str, entry: Entry) -> None:
        """Go to Look inside with a picture."""
        recipe = recipe_to_json(filled(entry.recipe, entry.labels))
        self.session.go(page_of_family(self.family), tab="look", show=view, recipe=recipe)

    def _drag(self, places: list[int]) -> DragLoad:
        """Files for other programs, and the first recipe for our slots."""
        entries = [self.sheet.entries[at] for at in places if at < len(self.sheet)]
        inner = recipe_load(recipe_to_json(filled(entries[0].recipe, entries[0].labels))) if entries else DragLoad()
        try:
            return DragLoad(self.export.drag_files(entries), inner.formats)
        except (OSError, StudioError) as error:
            self.session.report(error, self.tr("Dragging pictures out"))
            return inner


def _add_action(menu: QMenu, words: str, icon: str, do: Callable[[], None]) -> None:
    action = QAction(words, menu)
    theme.set_icon(action, icon)
    action.triggered.connect(lambda: do())
    menu.addAction(action)
