"""Edit one picture at a time, from a file, the clipboard or the data set; the result stands over it at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from studio.config.requests import EditRequest
from studio.ground.errors import Text, text
from studio.ground.files import write_bytes
from studio.jobs.browsing import ReadBytes, ReadFile
from studio.jobs.edits import Edited
from studio.ui.drops import local_paths
from studio.ui.palette import SIZES
from studio.ui.panels.cyclegan_edit_opinion import OpinionDesk
from studio.ui.panels.cyclegan_edit_settings import EditSettings
from studio.ui.panels.cyclegan_side_pictures import SidePictures
from studio.ui.panels.maker import Maker
from studio.ui.text import Label, count_text
from studio.ui.widgets.busy import BusyRow
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.compare import WAYS, CompareView
from studio.ui.widgets.empty_state import EmptyState
from studio.ui.widgets.frames import dense
from studio.ui.widgets.pictures import to_image
from studio.ui.widgets.sample_grid import SampleGrid
from studio.ui.widgets.segmented import Segment, Segmented
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.session import Session

MOST_TOGETHER = 48
_ASK_MS = 30
_THUMB, _SHOWN = 96, 1600
_MOST_KEPT = 24_000_000  # bytes of a picture that a creation carries inside
_FILES = "*.png *.jpg *.jpeg *.webp *.bmp *.gif *.tif *.tiff *.ppm *.pgm *.pbm"


@dataclass(frozen=True)
class InHand:
    """A picture that is edited: what it is called, and the bytes of its file (empty while they are being read)."""

    name: str
    file: bytes = b""
    path: Path | None = None


class OneTools(QWidget):
    """Where the picture comes from, and how it is compared. `asked` carries ``open``, ``paste``, ``chance``."""

    asked = Signal(str)
    way_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("editOneTools")
        self.buttons = {
            "open": Button(self.tr("Open…"), kind="small", icon="folder", tip=self.tr("Open picture files")),
            "paste": Button(self.tr("Paste"), kind="small", icon="paste", tip=self.tr("The picture on the clipboard")),
            "chance": Button(
                self.tr("Any picture of this side"),
                kind="small",
                icon="random",
                tip=self.tr("One of the data set's, by chance, of the side that the direction leads from"),
            ),
        }
        for name, button in self.buttons.items():
            button.setObjectName(f"edit_{name}")
            button.setProperty("asks", name)
            button.clicked.connect(self._on_clicked)
        words = {"wipe": self.tr("Wipe"), "beside": self.tr("Beside"), "flicker": self.tr("Flicker")}
        self.ways = Segmented([Segment(way, words[way]) for way in WAYS])
        self.ways.setObjectName("compareWay")
        self.ways.setAccessibleName(self.tr("How before and after are compared"))
        self.ways.value_changed.connect(self.way_chosen)
        pair = dense(QHBoxLayout(), gap=8)
        pair.addWidget(self.buttons["open"], 1)
        pair.addWidget(self.buttons["paste"], 1)
        column = dense(QVBoxLayout(self), gap=8)
        column.addWidget(Label(self.tr("Picture"), role="dim"))
        column.addLayout(pair)
        column.addWidget(self.buttons["chance"])
        column.addSpacing(4)
        column.addWidget(Label(self.tr("Before and after"), role="dim"))
        column.addWidget(self.ways)

    def _on_clicked(self) -> None:
        self.asked.emit(str(self.sender().property("asks")))


class OneView(QWidget):
    """The comparison, with what it is above it and the other pictures of a selection below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("editOne")
        self.title = Label(role="strong", elide=Qt.TextElideMode.ElideMiddle)
        self.title.setObjectName("editTitle")
        self.details = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        self.details.setObjectName("editDetails")
        self.count = Label(role="dim")
        self.count.setObjectName("editCount")
        self.compare = CompareView()
        self.compare.setObjectName("compareView")
        self.compare.setAccessibleName(self.tr("The picture before and after"))
        self.empty = EmptyState("cyclegan", "", "", self.tr("Any picture of this side"))
        self.empty.setObjectName("editOneEmpty")
        self.strip = SampleGrid(choosing="single")
        self.strip.setObjectName("editStrip")
        self.strip.setAccessibleName(self.tr("The pictures of the selection"))
        self.strip.setFixedHeight(84)
        self.all = Button(self.tr("Edit them all…"), kind="small", icon="folder")
        self.all.setObjectName("editAll")
        self.busy = BusyRow()
        self.busy.setObjectName("editBusy")
        self._lay_out()
        self.show_empty()

    def _lay_out(self) -> None:
        head = dense(QHBoxLayout(), gap=10)
        head.addWidget(self.title)
        head.addWidget(self.details, 1)
        head.addWidget(self.count)
        self._strip_row = QWidget()
        below = dense(QHBoxLayout(self._strip_row), gap=SIZES.gap)
        below.addWidget(self.strip, 1)
        below.addWidget(self.all)
        column = dense(QVBoxLayout(self), gap=10)
        column.addLayout(head)
        column.addWidget(self.compare, 1)
        column.addWidget(self.empty, 1)
        column.addWidget(self.busy)
        column.addWidget(self._strip_row)

    def show_empty(self, why: str = "") -> None:
        """No picture is in hand, or it cannot be read."""
        words = self.tr("Drop a picture here, several of them, or a folder. Or begin with any picture of this side.")
        headline = self.tr("This picture was not edited") if why else self.tr("Which picture shall be edited?")
        self.empty.set_words(headline, why or words, self.tr("Any picture of this side"))
        self._show(empty=True)

    def show_picture(self) -> None:
        """There is something to compare."""
        self._show(empty=False)

    def _show(self, *, empty: bool) -> None:
        self.empty.setVisible(empty)
        self.compare.setVisible(not empty)
        if empty:
            self.title.setText("")
            self.details.setText("")

    def show_selection(self, pictures: Sequence[InHand], at: int) -> None:
        """How many pictures were given together, and which is shown."""
        several = len(pictures) > 1
        self._strip_row.setVisible(several)
        self.count.setText(self.tr("{0} of {1}").format(at + 1, len(pictures)) if several else "")


class OneDesk(QObject):
    """Asks for the result whenever picture, model or settings are others; the newest request counts.

    `changed` when what can be done with it may be another; `all_asked` carries the files of the selection.
    """

    changed = Signal()
    state_changed = Signal()
    all_asked = Signal(object)

    def __init__(self, session: Session, maker: Maker, settings: EditSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._maker, self._settings = session, maker, settings
        self.view, self.tools = OneView(), OneTools()
        self.opinion = OpinionDesk(session, maker, self)
        self._sides = SidePictures(session, "edit", self)
        self.pictures: list[InHand] = []
        self.edited: Edited | None = None
        self._at, self._digest = 0, ""
        self.ask_files, self.ask_out = self._ask_files, self._ask_out
        self._timer = QTimer(self)
        self._timer.setObjectName("editTimer")
        self._timer.setSingleShot(True)
        self._timer.setInterval(_ASK_MS)
        self._timer.timeout.connect(self.ask)
        self._connect()
        self.view.show_selection((), 0)

    def _connect(self) -> None:
        view, maker = self.view, self._maker
        self.tools.asked.connect(self._on_asked)
        self.tools.way_chosen.connect(self._on_way)
        view.compare.split_changed.connect(self.state_changed)
        view.empty.triggered.connect(self.chance)
        view.strip.current_changed.connect(self._on_current)
        view.all.clicked.connect(self._on_all)
        view.busy.cancelled.connect(self._on_cancelled)
        maker.working.connect(self._on_working)
        maker.ended.connect(self._on_ended)
        maker.failed.connect(self._on_failed)
        self.opinion.state_changed.connect(self.state_changed)

    # --- asking ------------------------------------------------------------------------------------------------------

    def in_hand(self) -> InHand | None:
        """The picture that is edited."""
        return self.pictures[self._at] if self._at < len(self.pictures) else None

    def show_model(self) -> None:
        """Another model, or other settings."""
        self.opinion.refresh()
        self.view.compare.set_names(*self._settings.direction.names())
        self._timer.start()

    def ask(self) -> None:
        """Ask for the result as everything is set now."""
        self._timer.stop()
        request = self.request()
        if request is not None and self._session.engine.state == "ready":
            self._maker.look("edit", request, self._on_edited)

    def request(self) -> EditRequest | None:
        """What is asked for; None where there is no picture, no model, or a setting is refused."""
        model, picture, editing = self._maker.model, self.in_hand(), self._settings.editing()
        if model is None or picture is None or not picture.file or editing is None:
            return None
        device = self._session.preferences.device
        return EditRequest(
            run=model.run, checkpoint=model.checkpoint, picture=picture.file, editing=editing, device=device
        )

    def _on_edited(self, edited: Edited) -> None:
        self.edited = edited
        compare, picture = self.view.compare, self.in_hand()
        compare.set_names(*self._settings.direction.names(edited.request.editing.direction))
        compare.set_both(edited.before, edited.after)
        self.view.show_picture()
        self.view.title.setText(picture.name if picture is not None else "")
        self.view.details.setText(self._details(edited))
        self.opinion.show_pair(edited.before, edited.after, edited.request.picture)
        self._compare_digest(edited)
        self.changed.emit()

    def _details(self, edited: Edited) -> str:
        size = f"{edited.after.shape[1]} × {edited.after.shape[0]}"
        words = [size, self.tr("by {0}, step {1}").format(edited.run, count_text(edited.step))]
        if edited.alpha is not None:
            words.insert(1, self.tr("as transparent as before"))
        return " · ".join(words)

    def _compare_digest(self, edited: Edited) -> None:
        """Say whether a picture that was recalled came out the same."""
        wanted, self._digest = self._digest, ""
        if not wanted:
            return
        from studio.projects.pictures import digest_of

        same = digest_of(edited.after) == wanted
        words = self.tr("Made again: the same to the bit.") if same else self.tr("Made again; it is not the same.")
        self._session.toast(words, severity="info" if same else "warning")

    def _on_working(self, key: str, progress: Any) -> None:
        if key == "edit" and progress is not None and (progress.total or 0) > 1:
            self.view.busy.set_progress(spoken(progress.what), progress.done, progress.total)

    def _on_ended(self, key: str, finished: bool) -> None:
        if key == "edit":
            self.view.busy.finish()

    def _on_failed(self, key: str, why: str) -> None:
        if key == "edit":
            self.edited = None
            self.opinion.forget()
            self.view.show_empty(why)
            self.changed.emit()

    def _on_cancelled(self) -> None:
        self._maker.forget("edit")
        self.view.busy.finish()

    def rest(self) -> None:
        """Nobody looks."""
        self._timer.stop()
        self.view.busy.finish()

    def forget(self) -> None:
        """Another project."""
        self.rest()
        self._sides.forget()
        self._show(())

    # --- pictures ----------------------------------------------------------------------------------------------------

    def take(self, paths: Sequence[Path]) -> None:
        """Edit files of the user's: the first at once, the others below it."""
        self._show([InHand(path.name, path=path) for path in paths[:MOST_TOGETHER]])

    def show_bytes(self, file: bytes, name: str) -> None:
        """Edit a picture that came as the bytes of a file."""
        self._show([InHand(name, file)])

    def _show(self, pictures: Sequence[InHand]) -> None:
        self.pictures, self._at, self.edited, self._digest = list(pictures), 0, None, ""
        self.opinion.forget()
        self.view.compare.set_before(None)
        self.view.show_empty()
        self._fill_strip()
        self._begin()
        self.changed.emit()

    def _fill_strip(self) -> None:
        blank = QImage(_THUMB, _THUMB, QImage.Format.Format_RGB888)
        blank.fill(Qt.GlobalColor.gray)
        several = len(self.pictures) > 1
        self.view.strip.set_pictures([blank] * len(self.pictures) if several else [])
        self.view.strip.set_selection([0])
        self._thumbs: list[QImage] = [blank] * len(self.pictures)
        for at, picture in enumerate(self.pictures if several else ()):
            if picture.path is not None:
                request = ReadFile(path=picture.path, side=_THUMB)
                self._session.browse(f"editThumb{at}", request, partial(self._on_thumb, at, picture.path))

    def _on_thumb(self, at: int, path: Path, answer: Any) -> None:
        known = at < len(self.pictures) and self.pictures[at].path == path
        if answer.done and answer.error is None and known:
            self._thumbs[at] = to_image(answer.result)
            self.view.strip.set_pictures(list(self._thumbs))

    def _begin(self) -> None:
        """Read the picture that is to be shown, unless it is there."""
        self.view.show_selection(self.pictures, self._at)
        picture = self.in_hand()
        if picture is None:
            return
        if picture.file or picture.path is None:
            self.ask()
        else:
            on_read = partial(self._on_read, picture.path)
            self._session.browse("editFile", ReadBytes(path=picture.path), on_read)

    def _on_read(self, path: Path, answer: Any) -> None:
        picture = self.in_hand()
        if not answer.done or picture is None or picture.path != path:
            return
        if answer.error is not None:
            self._on_failed("edit", spoken(answer.error))
            return
        self.pictures[self._at] = InHand(picture.name, answer.result, path)
        self.ask()

    def _on_current(self, at: int) -> None:
        if 0 <= at < len(self.pictures) and at != self._at:
            self._at = at
            self._begin()

    def paste(self) -> None:
        """Take what the clipboard holds: files, or a picture."""
        data = QGuiApplication.clipboard().mimeData()
        paths = local_paths(data) if data is not None else []
        image = QGuiApplication.clipboard().image()
        if paths:
            self.take(paths)
        elif not image.isNull():
            self.show_bytes(png_bytes(image), self.tr("from the clipboard"))
        else:
            self._session.toast(self.tr("There is no picture on the clipboard."), severity="warning")

    def chance(self) -> None:
        """Any picture of the side from which the direction leads."""
        if not self._sides.draw(self._maker.trained, self._settings.direction.value(), self.show_bytes):
            self._session.toast(self.tr("The data set of this run is not in the project."), severity="warning")

    def _on_asked(self, what: str) -> None:
        if what == "open":
            paths = [Path(name) for name in self.ask_files()]
            if paths:
                self.take(paths)
        elif what == "paste":
            self.paste()
        else:
            self.chance()

    def _on_all(self) -> None:
        self.all_asked.emit([picture.path for picture in self.pictures if picture.path is not None])

    def _on_way(self, way: str) -> None:
        self.view.compare.set_way(next((one for one in WAYS if one == way), WAYS[0]))
        self.state_changed.emit()

    # --- what comes of it --------------------------------------------------------------------------------------------

    def why_not_keep(self) -> Text | None:
        """Why the result cannot be kept; None where it can."""
        if self.edited is None:
            return text("There is no result yet: drop a picture first.")
        if len(self.edited.request.picture) > _MOST_KEPT:
            return text("This picture is too large to be kept with all that made it; save it as a file.")
        return None

    def keep(self) -> None:
        """Put the result into the gallery with the request that makes it again, the picture itself inside."""
        edited, project = self.edited, self._session.project
        if edited is None or project is None:
            return
        with self._session.reporting(self.tr("Keeping the picture")):
            request = edited.request.model_dump(mode="json")
            picture = self.in_hand()
            note = picture.name if picture is not None else ""
            project.gallery.keep(edited.after[None], request, run=edited.run, family=edited.family, note=note)
            self._session.gallery_changed.emit()
            self._session.toast(self.tr("Kept in the gallery."))

    def export(self) -> None:
        """Save the result as a file like the one that came: transparency, orientation and notes of the camera kept."""
        edited = self.edited
        path = self.ask_out() if edited is not None else ""
        if edited is None or not path:
            return
        out = Path(path)
        out = out if out.suffix.lower() == edited.suffix else out.with_name(out.name + edited.suffix)
        with self._session.reporting(self.tr("Saving the picture")):
            write_bytes(out, edited.file)
            self._session.toast(self.tr("Saved {0}").format(out.name))

    def recall(self, certificate: Mapping[str, Any]) -> bool:
        """Set everything as it was when a picture was made, and make it again. False where it says nothing of that."""
        try:
            request = EditRequest.model_validate(certificate.get("request"))
        except (ValidationError, RecursionError):
            return False
        if self._maker.misses(request):
            return True
        self._maker.choose(request.run, request.checkpoint)
        self._settings.set_trained(self._maker.trained)
        self._settings.set_editing(request.editing)
        if request.source is not None and not request.picture:
            self.take([request.source])
        else:
            self.show_bytes(request.picture, str(certificate.get("note") or self.tr("from the gallery")))
        self._digest = str(certificate.get("pixels") or "")
        self.state_changed.emit()
        return True

    def _ask_files(self) -> Sequence[str]:
        kinds = self.tr("Pictures ({0})").format(_FILES)
        return list(QFileDialog.getOpenFileNames(self.view.window(), self.tr("Edit pictures"), "", kinds)[0])

    def _ask_out(self) -> str:
        edited, picture = self.edited, self.in_hand()
        assert edited is not None
        stem = Path(picture.name).stem if picture is not None else "picture"
        name = f"{stem}-{self._settings.direction.names()[1]}{edited.suffix}"
        start = Path(self._session.preferences.export_folder or Path.home()).expanduser() / name
        kinds = self.tr("Pictures ({0})").format(f"*{edited.suffix}")
        return QFileDialog.getSaveFileName(self.view.window(), self.tr("Save the picture"), str(start), kinds)[0]

    # --- state -------------------------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """How it is compared and who is asked; the picture itself is not kept."""
        compare = self.view.compare
        return {"way": compare.way(), "split": compare.split(), "judge": self.opinion.state()}

    def restore(self, state: object) -> None:
        """Take up `state`; what is odd is left as it is."""
        found = state if isinstance(state, dict) else {}
        way, split = found.get("way"), found.get("split")
        self.view.compare.set_way(next((one for one in WAYS if one == way), WAYS[0]))
        self.tools.ways.set_value(self.view.compare.way())
        self.view.compare.set_split(float(split) if isinstance(split, int | float) else 0.5)
        self.opinion.restore(found.get("judge"))


def png_bytes(image: QImage) -> bytes:
    """A picture as a PNG file."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    buffer.close()
    return bytes(data.data())
