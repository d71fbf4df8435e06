"""Edit many pictures: files or a folder become a folder of results, in the background, with a report of what failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QUrl,
    Signal,
)
from PySide6.QtGui import QDesktopServices, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from studio.config.requests import EditFilesRequest
from studio.ground.errors import text
from studio.ground.events import Ended, Event, Progress
from studio.jobs.edits import EditReport, EditRow
from studio.ui import theme
from studio.ui.panels.cyclegan_edit_settings import EditSettings
from studio.ui.panels.maker import Maker
from studio.ui.text import Label, count_text, tooltip_text
from studio.ui.undo import Deed
from studio.ui.widgets.busy import BusyRow
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.choices import CheckBox
from studio.ui.widgets.empty_state import EmptyState
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.path_field import PathField
from studio.ui.widgets.segmented import Segment, Segmented
from studio.ui.widgets.tables import dress
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.job_board import Job
    from studio.ui.session import Session

Index = QModelIndex | QPersistentModelIndex
ALL, LEFT_OUT = "all", "left"


class ReportModel(QAbstractTableModel):
    """Of each picture its name, how large the result is and where; or why there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[EditRow, ...] = ()
        self._shown: tuple[EditRow, ...] = ()

    def set_rows(self, rows: Sequence[EditRow], *, left_out_only: bool = False) -> None:
        """Show a report, or of it what was left out."""
        self.beginResetModel()
        self._rows = tuple(rows)
        self._shown = tuple(row for row in rows if row.error is not None) if left_out_only else self._rows
        self.endResetModel()

    def rows(self) -> tuple[EditRow, ...]:
        """The whole report."""
        return self._rows

    def row(self, at: int) -> EditRow:
        """What a line shows."""
        return self._shown[at]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else 3

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._shown[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._words(row)[index.column()]
        if role == Qt.ItemDataRole.ForegroundRole and row.error is not None and index.column() == 2:
            return theme.current().colour("danger")
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip_text(f"{row.name}\n{self._words(row)[2]}")
        return None

    def _words(self, row: EditRow) -> tuple[str, str, str]:
        if row.error is not None:
            return row.name, "", spoken(row.error)
        return row.name, f"{row.width} × {row.height}", row.out.name if row.out is not None else ""

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (self.tr("Picture"), self.tr("Size"), self.tr("Result"))[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None


class ReportTable(QTableView):
    """`opened` carries the row that was double-clicked, or chosen with Enter."""

    opened = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.report = ReportModel(self)
        self.setModel(self.report)
        dress(self, select=QAbstractItemView.SelectionMode.SingleSelection)
        head = self.horizontalHeader()
        head.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        head.setSectionResizeMode(2, QHeaderView.ResizeMode.Stretch)
        self.setColumnWidth(1, 110)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open()
        else:
            super().keyPressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.indexAt(event.position().toPoint()).isValid():
            self._open()

    def _open(self) -> None:
        if self.currentIndex().isValid():
            self.opened.emit(self.report.row(self.currentIndex().row()))


class ManyTools(QWidget):
    """The left column: which pictures, where to, and the button that begins. `asked`: folder, files, edit."""

    asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("editManyTools")
        self.folder = self._button("folder", self.tr("Choose a folder…"), "folder")
        self.files = self._button("files", self.tr("Choose pictures…"), "file")
        self.sources = Label(role="small", wrap=True)
        self.sources.setObjectName("editSources")
        self.out = PathField("folder", title=self.tr("Where the results go"))
        self.out.setObjectName("editOut")
        self.out.setAccessibleName(self.tr("Folder for the results"))
        self.keep = CheckBox(self.tr("Also keep them in the gallery"), checked=True)
        self.keep.setObjectName("editManyKeep")
        self.edit = Button(self.tr("Edit them"), icon="play")
        self.edit.setObjectName("editMany")
        self.edit.setProperty("asks", "edit")
        self.edit.clicked.connect(self._on_clicked)
        words = self.tr("Names, sizes, orientation and transparency are kept. Your files stay untouched.")
        column = dense(QVBoxLayout(self), gap=8)
        column.addWidget(Label(self.tr("Pictures"), role="dim"))
        column.addWidget(self.folder)
        column.addWidget(self.files)
        column.addWidget(self.sources)
        column.addSpacing(4)
        column.addWidget(Label(self.tr("Results go to"), role="dim"))
        column.addWidget(self.out)
        column.addWidget(Label(words, role="small", wrap=True))
        column.addWidget(self.keep)
        column.addWidget(self.edit)

    def _button(self, name: str, words: str, icon: str) -> Button:
        button = Button(words, kind="small", icon=icon)
        button.setObjectName(f"editMany_{name}")
        button.setProperty("asks", name)
        button.clicked.connect(self._on_clicked)
        return button

    def _on_clicked(self) -> None:
        self.asked.emit(str(self.sender().property("asks")))


class ManyView(QWidget):
    """What to do, then how far it is, then the report."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("editManyView")
        self.title = Label(role="strong")
        self.title.setObjectName("reportTitle")
        self.details = Label(role="dim", elide=Qt.TextElideMode.ElideRight)
        self.details.setObjectName("reportDetails")
        self.filter = Segmented([Segment(ALL, self.tr("All")), Segment(LEFT_OUT, self.tr("Left out"))])
        self.filter.setObjectName("reportFilter")
        self.filter.setAccessibleName(self.tr("Which rows are shown"))
        self.show_folder = Button(self.tr("Show folder"), kind="small", icon="folder")
        self.show_folder.setObjectName("reportFolder")
        self.table = ReportTable()
        self.table.setObjectName("reportTable")
        self.table.setAccessibleName(self.tr("What became of each picture"))
        self.empty = EmptyState("folder", "", "", self.tr("Choose a folder…"))
        self.empty.setObjectName("editManyEmpty")
        self.busy = BusyRow()
        self.busy.setObjectName("editManyBusy")
        self._lay_out()
        self.show_start()

    def _lay_out(self) -> None:
        head = dense(QHBoxLayout(), gap=10)
        head.addWidget(self.title)
        head.addWidget(self.details, 1)
        head.addWidget(self.filter)
        head.addWidget(self.show_folder)
        card = Frame("card", padding=1, gap=0)
        card.add(self.table, 1)
        full = QWidget()
        column = dense(QVBoxLayout(full), gap=10)
        column.addLayout(head)
        column.addWidget(card, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(full)
        outer = dense(QVBoxLayout(self), gap=10)
        outer.addWidget(self._stack, 1)
        outer.addWidget(self.busy)

    def show_start(self) -> None:
        """Nothing was edited yet."""
        words = self.tr("Drop a folder here, or choose one. Every readable picture below it is edited at its own size.")
        self.show_words(self.tr("Edit many at once"), words, self.tr("Choose a folder…"))

    def show_words(self, headline: str, sentence: str, button: str) -> None:
        """Say what to do next, or what went wrong."""
        self.empty.set_words(headline, sentence, button)
        self._stack.setCurrentIndex(0)

    def show_report(self, report: EditReport, *, stopped: bool) -> None:
        """What became of each picture."""
        self._stack.setCurrentIndex(1)
        self.filter.set_available(LEFT_OUT, "" if report.left_out else self.tr("None was left out."))
        self.filter.set_value(ALL)
        self.table.report.set_rows(report.rows)
        self.title.setText(self.tr("{0} edited").format(count_text(report.done)))
        words = [self.tr("by {0}, step {1}").format(report.run, count_text(report.step))]
        if report.kept:
            words.insert(0, self.tr("{0} kept in the gallery").format(count_text(report.kept)))
        if report.left_out:
            words.insert(0, self.tr("{0} left out").format(count_text(report.left_out)))
        if stopped:
            words.insert(0, self.tr("stopped before the end"))
        self.details.setText(" · ".join(words))


class ManyDesk(QObject):
    """Starts the job, shows its report, takes the results into the gallery. `opened` carries the file of a row."""

    opened = Signal(object)
    state_changed = Signal()

    def __init__(self, session: Session, maker: Maker, settings: EditSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._maker, self._settings = session, maker, settings
        self.view, self.tools = ManyView(), ManyTools()
        self.report: EditReport | None = None
        self._sources: tuple[Path, ...] = ()
        self._given: Path | None = None  # the folder that the user has chosen for results
        self._made: tuple[tuple[Path, ...], Path] | None = None
        self._job: Job | None = None
        self._ready = False  # sources are chosen and wait for the word
        self.ask_folder, self.ask_files = self._ask_folder, self._ask_files
        self.tools.asked.connect(self._on_asked)
        self.tools.out.path_changed.connect(self._on_out)
        self.tools.keep.value_changed.connect(self.state_changed)
        self.view.empty.triggered.connect(self._on_empty)
        self.view.busy.cancelled.connect(self.stop)
        self.view.filter.value_changed.connect(self._on_filter)
        self.view.show_folder.clicked.connect(self._on_show_folder)
        self.view.table.opened.connect(self._on_opened)
        self.show_model()

    # --- what is possible --------------------------------------------------------------------------------------------

    def take(self, sources: Sequence[Path]) -> None:
        """These files and folders are meant; nothing begins yet."""
        if self._job is None and sources:
            self._sources, self._ready = tuple(sources), True
            self.show_model()

    def show_model(self) -> None:
        """The model, the settings or the machine have changed."""
        self.tools.sources.setText(self._source_words())
        self.tools.sources.setVisible(bool(self._sources))
        if self._given is None and self._sources:
            self.tools.out.set_path(self._usual_out())
        if self._ready:
            words = self.tr("{0} → {1}. Your files stay untouched.").format(*self._settings.direction.names())
            self.view.show_words(self._source_words(), words, self.tr("Edit them"))
        why = self._why_not()
        busy = self.tr("Pictures are being edited.") if self._job is not None else ""
        none = "" if self._sources else self.tr("Choose a folder or pictures first.")
        nowhere = "" if self.tools.out.path() is not None else self.tr("Choose where the results go.")
        self.tools.edit.set_available(why or none or nowhere)
        for button in (self.tools.folder, self.tools.files):
            button.set_available(busy)
        self.tools.keep.set_available(self._session.why_read_only())

    def _why_not(self) -> str:
        if self._job is not None:
            return self.tr("Pictures are being edited.")
        if self._session.engine.state != "ready":
            return self.tr("PyTorch is still being loaded; a few seconds more.")
        if self._settings.editing() is None:
            return self._settings.form.error()
        return "" if self._maker.model is not None else self.tr("Choose a trained run first.")

    def _usual_out(self) -> Path:
        """Beside what is edited, named after what becomes of it."""
        first = self._sources[0]
        _, after = self._settings.direction.names()
        stem = first.name if first.is_dir() else first.parent.name
        folder = first.parent if first.is_dir() else first.parent.parent
        safe = "".join(c if c.isalnum() or c in " -_" else "-" for c in after).strip() or "edited"
        return folder / f"{stem} - {safe}"

    def _source_words(self) -> str:
        if not self._sources:
            return ""
        first = self._sources[0].name
        more = len(self._sources) - 1
        return self.tr("{0} and {1} more").format(first, count_text(more)) if more else first

    # --- the work ----------------------------------------------------------------------------------------------------

    def edit(self) -> None:
        """Edit what was chosen, into the folder that was chosen."""
        model, editing, out = self._maker.model, self._settings.editing(), self.tools.out.path()
        if model is None or editing is None or out is None or not self._sources or self._job is not None:
            return
        request = EditFilesRequest(
            run=model.run, checkpoint=model.checkpoint, sources=self._sources, out=out, editing=editing,
            keep=self.tools.keep.value() and self._session.can_write, device=self._session.preferences.device,
        )  # fmt: skip
        self._made, self._ready = (self._sources, out), False
        words = self.tr("Editing {0}").format(self._source_words())
        with self._session.reporting(self.tr("Editing pictures")):
            self._job = self._session.start(request, self._on_event, title=words, quiet=True)
            self.view.busy.set_progress(words)
        self.show_model()

    def stop(self) -> None:
        """Let the work go; what is done stays."""
        if self._job is not None:
            self._job.stop()

    def forget(self) -> None:
        """Another project."""
        self.stop()
        self.report, self._sources, self._given, self._ready = None, (), None, False
        self.tools.out.set_path(None)
        self.view.show_start()
        self.show_model()

    def _on_event(self, event: Event) -> None:
        if isinstance(event, Progress):
            self.view.busy.set_progress(spoken(event.what), event.done, event.total, seconds_left=event.seconds_left)
        elif isinstance(event, Ended):
            self._job = None
            self.view.busy.finish()
            self._on_finished(event)
            self.show_model()

    def _on_finished(self, ended: Ended) -> None:
        if isinstance(ended.result, EditReport):
            self.report = ended.result
            self.view.show_report(ended.result, stopped=ended.status == "stopped")
            self._keep(ended.result)
        elif ended.status == "failed":
            self.view.show_words(self.tr("Nothing was edited"), spoken(ended.error), self.tr("Choose a folder…"))

    def _keep(self, report: EditReport) -> None:
        """Take into the gallery what lies ready for it; can be taken back."""
        project = self._session.project
        if project is None or not report.ready or not self._session.can_write:
            return
        gallery, bin_ = project.gallery, project.bin

        def on_kept(ids: list[int]) -> None:
            deed = Deed(lambda: gallery.delete(ids), bin_.undo)
            what = text("Kept {count} results in the gallery", count=len(ids))
            self._session.deleted(what, deed.do, deed.undo)

        self._session.chores.do(lambda: gallery.take_up(report.ready), self.tr("Keeping the results"), on_kept)

    def state(self) -> dict[str, Any]:
        """Plain JSON."""
        return {"keep": self.tools.keep.value()}

    def restore(self, state: object) -> None:
        """Take up `state`; what is odd is left as it is."""
        self.tools.keep.set_value(not isinstance(state, Mapping) or state.get("keep") is not False)

    # --- what the user does ------------------------------------------------------------------------------------------

    def _on_asked(self, what: str) -> None:
        if what == "edit":
            self.edit()
        elif what == "folder":
            folder = self.ask_folder()
            self.take([Path(folder)] if folder else [])
        else:
            self.take([Path(name) for name in self.ask_files()])

    def _on_empty(self) -> None:
        """The button says which of the two it does."""
        self._on_asked("edit" if self._ready else "folder")

    def _on_out(self, path: Path | None) -> None:
        self._given = path
        self.show_model()

    def _on_filter(self, what: str) -> None:
        rows = self.report.rows if self.report is not None else ()
        self.view.table.report.set_rows(rows, left_out_only=what == LEFT_OUT)

    def _on_show_folder(self) -> None:
        if self._made is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._made[1])))

    def _on_opened(self, row: EditRow) -> None:
        path = self.file_of(row)
        if path is None:
            self._session.toast(self.tr("{0} is not where it was.").format(row.name), severity="warning")
        else:
            self.opened.emit(path)

    def file_of(self, row: EditRow) -> Path | None:
        """The file that a row was made of."""
        sources = self._made[0] if self._made is not None else ()
        tries = [path for source in sources for path in (source / row.name, source.parent / row.name)]
        return next((path for path in tries if path.is_file()), None)

    def _ask_folder(self) -> str:
        return QFileDialog.getExistingDirectory(self.view.window(), self.tr("Edit the pictures of a folder"))

    def _ask_files(self) -> list[str]:
        kinds = self.tr("Pictures ({0})").format("*.png *.jpg *.jpeg *.webp *.bmp *.gif *.tif *.tiff *.ppm *.pgm *.pbm")
        return list(QFileDialog.getOpenFileNames(self.view.window(), self.tr("Edit pictures"), "", kinds)[0])
