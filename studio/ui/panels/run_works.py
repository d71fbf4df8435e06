"""What can be done with the run that Train shows: keep samples, export a film or the model, start from it, bin it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from studio.config.base import validated
from studio.config.denoising import Denoising
from studio.config.requests import (
    EXPORT_ENDINGS,
    Drawn,
    ExportFormat,
    ExportRequest,
    FilmRequest,
    GenerateRequest,
    Recipe,
)
from studio.ground.errors import StudioError, Text, text
from studio.ground.events import Ended, Event
from studio.ground.files import write_bytes
from studio.ui.panels.run_pane import RunPane
from studio.ui.panels.train_canvas import TrainCanvas
from studio.ui.text import count_text, plain_tooltip, unmarked
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.session import Session

_FILM_SECONDS = 6.0  # a film of samples lasts about so long
_FILM_SIDE = 640  # and is about so many pixels wide


class RunWorks(QObject):
    """Done on behalf of the Train tab; ``ask_*`` are the file dialogs."""

    def __init__(self, session: Session, canvas: TrainCanvas, pane: RunPane, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._canvas = canvas
        self._pane = pane
        self._model = ("", False)
        self._looked_at = 0.0

    # --- why not -----------------------------------------------------------------------------------------------------

    def blocks(self) -> dict[str, Text]:
        """Reasons against actions of the window as things stand."""
        found: dict[str, Text] = {}
        samples = self._canvas.stage.count() if self._pane.run else 0
        if not samples:
            none = text("There are no samples yet: they come as a run trains.")
            return {"keep": none, "film": none, "copy": none, "select_all": none, "export": self._no_model() or none}
        if not self._session.can_write:
            found["keep"] = text("This project is open to read only.")
        elif not self._canvas.stage.selection():
            found["keep"] = text("Choose samples in the grid first.")
        if not self._canvas.stage.selection():
            found["copy"] = text("Choose a sample first.")
        if len(self._canvas.slider.steps()) < 2:
            found["film"] = text("A film needs samples of at least two steps.")
        model = self._no_model()
        return found | ({"export": model} if model is not None else {})

    def _no_model(self) -> Text | None:
        if not self._pane.run:
            return text("Choose a run first.")
        return None if self._has_model(self._pane.run) else text("This run has no checkpoint yet.")

    def _has_model(self, run: str) -> bool:
        """Whether a run has a checkpoint; a folder is not listed more often than once a second."""
        now = monotonic()
        if self._model != (run, True) and (self._model[0] != run or now - self._looked_at > 1.0):
            self._model, self._looked_at = (run, bool(self._session.lists.checkpoint_steps(run))), now
        return self._model[1]

    # --- samples -----------------------------------------------------------------------------------------------------

    def keep(self) -> None:
        """Keep the chosen samples in the gallery, each with what makes it again."""
        step, watch, project = self._pane.step(), self._pane.watch, self._session.project
        chosen = self._canvas.stage.selection()
        if step is None or watch is None or project is None or not chosen:
            return
        with self._session.reporting(self.tr("Keeping samples")):
            pictures, notes = watch.run.samples.read_with_notes(step)
            requests = [self._request(step, index, notes) for index in chosen]
            project.gallery.keep(pictures[chosen], requests, run=watch.name, family=watch.run.family, kind="sample")
            self._session.gallery_changed.emit()
            words = (
                self.tr("Kept a sample of step {1}") if len(chosen) == 1 else self.tr("Kept {0} samples of step {1}")
            )
            kept = words.format(len(chosen), count_text(step))
            self._session.toast(kept, action=self.tr("Show"), callback=self._show_gallery)

    def _request(self, step: int, index: int, notes: Mapping[str, Any]) -> dict[str, Any]:
        """What makes a sample again: the run's own latents are those that its seed draws."""
        watch = self._pane.watch
        assert watch is not None
        seed = int(watch.run.config().seed)
        noted = notes.get("labels", [])
        labels = dict(noted[index]) if index < len(noted) else {}
        recipe = Recipe(latent=Drawn(seed=seed, index=index), labels=labels, denoising=_way(notes, index))
        request = GenerateRequest(run=watch.name, checkpoint=self.checkpoint(step), recipes=(recipe,))
        return request.model_dump(mode="json")

    def checkpoint(self, step: int) -> str:
        """The name of the kept checkpoint nearest to a step, not after it where there is one."""
        steps = self._session.lists.checkpoint_steps(self._pane.run)
        before = [kept for kept in steps if kept <= step]
        return str(before[-1] if before else steps[0]) if steps else "last"

    def copy(self) -> None:
        """Copy the current sample."""
        self._canvas.stage.copy()

    def select_all(self) -> None:
        """Choose all samples."""
        self._canvas.stage.select_all()

    def _show_gallery(self) -> None:
        self._session.go("gallery")

    # --- files -------------------------------------------------------------------------------------------------------

    def export_film(self) -> None:
        """The samples from first to last as GIF or animated WebP."""
        path = self.ask_path(
            self.tr("Export film"), f"{self._pane.run}.webp", self.tr("Animated WebP (*.webp);;GIF (*.gif)")
        )
        frames = len(self._canvas.slider.steps())
        if path is None or not frames:
            return
        path = path if path.suffix.lower() in (".gif", ".webp") else path.with_suffix(".webp")
        request = FilmRequest(run=self._pane.run, out=path, seconds=_frame_seconds(frames), zoom=self._zoom())
        with self._session.reporting(self.tr("Exporting the film")):
            self._session.start(
                request, self._telling(path, self.tr("The film is saved: {0}")), title=self.tr("Exporting a film")
            )

    def _zoom(self) -> int:
        """Whole pixels of the film for each of the samples', so that it is about 640 pixels wide."""
        stage = self._canvas.stage
        columns = max(1, round(stage.count() ** 0.5))
        return max(1, min(8, round(_FILM_SIDE / max((stage.sample_width() or 32) * columns, 1))))

    def export_model(self, form: ExportFormat = "studio") -> None:
        """The best checkpoint as safetensors with its config."""
        folder = self.ask_folder(self.tr("Export the trained model into a folder"))
        if folder is None:
            return
        place = folder / f"{self._pane.run}-{EXPORT_ENDINGS[form]}"
        request = ExportRequest(run=self._pane.run, folder=place, format=form)
        with self._session.reporting(self.tr("Exporting the model")):
            self._session.start(
                request, self._telling(place, self.tr("The model is saved: {0}")), title=self.tr("Exporting a model")
            )

    def _formats(self) -> tuple[str, ...]:
        """The formats in which the run's model can be exported."""
        watch = self._pane.watch
        try:
            return watch.run.config().export_formats if watch is not None else ()
        except (StudioError, OSError):
            return ()

    def export_curves(self, words: str) -> None:
        """The numbers of one plot as a CSV file."""
        path = self.ask_path(self.tr("Export as CSV"), f"{self._pane.run}.csv", self.tr("CSV (*.csv)"))
        if path is None:
            return
        path = path if path.suffix else path.with_suffix(".csv")
        with self._session.reporting(self.tr("Exporting the curves")):
            write_bytes(path, words.encode())
            self._tell(path, self.tr("The numbers are saved: {0}"))

    def _telling(self, path: Path, words: str) -> Callable[[Event], None]:
        def on_event(event: Event) -> None:
            if isinstance(event, Ended) and event.status == "finished":
                self._tell(path, words)

        return on_event

    def _tell(self, path: Path, words: str) -> None:
        folder = path if path.is_dir() else path.parent

        def show() -> None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

        self._session.toast(words.format(path.name), action=self.tr("Show folder"), callback=show)

    def ask_path(self, title: str, name: str, kinds: str) -> Path | None:
        """Where to write a file; None if the user thinks better of it."""
        chosen, _ = QFileDialog.getSaveFileName(self._window(), title, str(Path.home() / name), kinds)
        return Path(chosen) if chosen else None

    def ask_folder(self, title: str) -> Path | None:
        """Into which folder; None if the user thinks better of it."""
        chosen = QFileDialog.getExistingDirectory(self._window(), title, str(Path.home()))
        return Path(chosen) if chosen else None

    def _window(self) -> QWidget:
        return self._canvas.window()

    # --- the menu ----------------------------------------------------------------------------------------------------

    def build_menu(
        self, *, renew: Callable[[], None], start_from: Callable[[str], None], create: Callable[[str], None]
    ) -> QMenu:
        """All that can be done with the run."""
        menu = QMenu(self._canvas)
        menu.setObjectName("runMenu")
        menu.setToolTipsVisible(True)
        self._looked_at = -1.0  # look now
        step = self._pane.step()
        point = self.checkpoint(step) if step is not None else "last"
        no_model = self._no_model()
        at = self.tr("step {0}").format(count_text(int(point))) if point.isdigit() else point
        _add(menu, "renew", self.tr("New run with these settings"), renew)
        _add(
            menu,
            "startFrom",
            self.tr("New run from this checkpoint ({0})").format(at),
            lambda: start_from(point),
            no_model,
        )
        use = self.tr("{0} ({1})").format(spoken(self._pane.use), at)
        _add(menu, "createFrom", use, lambda: create(point), no_model)
        menu.addSeparator()
        _add(menu, "measure", self.tr("Measure ({0})…").format(at), lambda: self._measure(point), no_model)
        _add(menu, "exportModel", self.tr("Export the trained model…"), self.export_model, no_model)
        if "diffusers" in self._formats():
            export = partial(self.export_model, "diffusers")
            _add(menu, "exportDiffusers", self.tr("Export it as diffusers reads it…"), export, no_model)
        _add(menu, "showRuns", self.tr("Compare with other runs"), self._compare)
        _add(menu, "showFolder", self.tr("Show the run's folder"), self._show_folder)
        menu.addSeparator()
        why = text("It is training. Stop it first.") if self._session.is_live(self._pane.run) else None
        _add(menu, "deleteRun", self.tr("Delete this run"), self._delete, why)
        return menu

    def _measure(self, checkpoint: str) -> None:
        from studio.ui.measure_dialog import open_measuring

        with self._session.reporting(self.tr("Measuring")):
            open_measuring(self._session, self._pane.run, checkpoint, self._window())

    def _compare(self) -> None:
        self._session.go("runs", run=self._pane.run)

    def _show_folder(self) -> None:
        watch = self._pane.watch
        if watch is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(watch.run.folder)))

    def _delete(self) -> None:
        self._session.delete_run(self._pane.run)


def _add(menu: QMenu, name: str, words: str, slot: Callable[[], Any], why_not: Text | None = None) -> None:
    action = menu.addAction(unmarked(words))
    action.setObjectName(f"runMenu_{name}")
    action.setEnabled(why_not is None)
    plain_tooltip(action, str(why_not) if why_not is not None else "")
    action.triggered.connect(lambda: slot())


def _way(notes: Mapping[str, Any], index: int) -> Denoising | None:
    """How a sample was denoised, with its words; None for families that make pictures at once."""
    noted, captions = notes.get("denoising"), notes.get("captions", [])
    if not isinstance(noted, Mapping):
        return None
    return validated(Denoising, {**noted, "prompt": captions[index] if index < len(captions) else ""})


def _frame_seconds(frames: int) -> float:
    return min(0.5, max(0.05, _FILM_SECONDS / max(frames, 1)))
