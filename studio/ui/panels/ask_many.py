"""Ask about many pictures: a folder, files or a data set become a table, which can be saved as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QStackedWidget, QVBoxLayout, QWidget

from studio.config.requests import ClassifyRequest
from studio.ground.events import Ended, Event, Progress
from studio.ground.files import write_bytes
from studio.ui.panels.maker import Maker
from studio.ui.panels.verdict_table import ALL, UNREADABLE, UNSURE, VerdictTable
from studio.ui.text import Label, count_text
from studio.ui.widgets.busy import BusyRow
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.empty_state import EmptyState
from studio.ui.widgets.frames import Frame, dense, rule
from studio.ui.widgets.inputs import Combo
from studio.ui.widgets.picker import Picker, PickItem
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.job_board import Job
    from studio.ui.session import Session

_SEARCH_MS = 150
_MOST_PICKS = 200


class ManyTools(QWidget):
    """The left column: where the pictures come from."""

    asked = Signal(str)  # folder, files, dataset

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("manyTools")
        self.folder = self._button("folder", self.tr("Choose a folder…"), "folder")
        self.files = self._button("files", self.tr("Choose pictures…"), "file")
        self.dataset = Combo()
        self.dataset.setObjectName("manyDataset")
        self.dataset.setAccessibleName(self.tr("Data set to classify"))
        self.classify = self._button("dataset", self.tr("Classify it"), "data")
        words = self.tr("Folders are searched with all that lies below them. Your files stay untouched.")
        column = dense(QVBoxLayout(self), gap=8)
        column.addWidget(Label(self.tr("Pictures"), role="dim"))
        column.addWidget(self.folder)
        column.addWidget(self.files)
        column.addWidget(Label(words, role="small", wrap=True))
        column.addSpacing(4)
        column.addWidget(rule())
        column.addWidget(Label(self.tr("Or a data set"), role="dim"))
        column.addWidget(self.dataset)
        column.addWidget(self.classify)

    def _button(self, name: str, words: str, icon: str) -> Button:
        button = Button(words, kind="small", icon=icon)
        button.setObjectName(f"many_{name}")
        button.setProperty("asks", name)
        button.clicked.connect(self._on_clicked)
        return button

    def set_available(self, why_not: str) -> None:
        """Whether something can be classified now."""
        for button in (self.folder, self.files, self.classify):
            button.set_available(why_not)
        if not self.dataset.count() and not why_not:
            self.classify.set_available(self.tr("There is no data set in the project."))

    def _on_clicked(self) -> None:
        self.asked.emit(str(self.sender().property("asks")))


class ManyView(QWidget):
    """The table with its filters; before there is one, what to do."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("askMany")
        self.title = Label(role="strong")
        self.title.setObjectName("manyTitle")
        self.details = Label(role="dim")
        self.details.setObjectName("manyDetails")
        self.search = QLineEdit()
        self.search.setObjectName("manySearch")
        self.search.setPlaceholderText(self.tr("Find by name"))
        self.search.setAccessibleName(self.tr("Find pictures by name"))
        self.search.setClearButtonEnabled(True)
        self.search.setMaximumWidth(260)
        self.filter = Picker(self.tr("Show"))
        self.filter.setObjectName("manyFilter")
        self.csv = Button(self.tr("Save as CSV…"), kind="small", icon="export")
        self.csv.setObjectName("manyCsv")
        self.table = VerdictTable()
        self.table.setObjectName("verdictTable")
        self.table.setAccessibleName(self.tr("Classified pictures"))
        self.empty = EmptyState("tag", self.tr("Classify many at once"), "", self.tr("Choose a folder…"))
        self.empty.setObjectName("manyEmpty")
        self.busy = BusyRow()
        self.busy.setObjectName("manyBusy")
        self._lay_out()
        self.show_empty(
            self.tr("Classify many at once"),
            self.tr("Drop a folder here, or choose one. A table tells what each picture is taken for."),
        )

    def _lay_out(self) -> None:
        head = dense(QHBoxLayout(), gap=10)
        head.addWidget(self.title)
        head.addWidget(self.details, 1)
        tools = dense(QHBoxLayout(), gap=8)
        tools.addWidget(self.search, 1)
        tools.addWidget(self.filter)
        tools.addStretch(1)
        tools.addWidget(self.csv)
        card = Frame("card", padding=1, gap=0)
        card.add(self.table, 1)
        full = QWidget()
        column = dense(QVBoxLayout(full), gap=10)
        column.addLayout(head)
        column.addLayout(tools)
        column.addWidget(card, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self._stack.addWidget(full)
        outer = dense(QVBoxLayout(self), gap=10)
        outer.addWidget(self._stack, 1)
        outer.addWidget(self.busy)

    def show_empty(self, headline: str, sentence: str) -> None:
        """Nothing was classified yet, or it went wrong."""
        self.empty.set_words(headline, sentence, self.tr("Choose a folder…"))
        self._stack.setCurrentIndex(0)

    def show_table(self, table: Any, source: str) -> None:
        """What was found."""
        self._stack.setCurrentIndex(1)
        self.table.set_table(table.labels, table.rows)
        self.title.setText(source)
        words = [self.tr("{0} pictures").format(count_text(len(table.rows)))]
        if table.unreadable:
            words.append(self.tr("{0} cannot be read").format(count_text(table.unreadable)))
        words.append(self.tr("answered by {0}, step {1}").format(table.run, count_text(table.step)))
        self.details.setText(" · ".join(words))
        self._fill_filter()

    def _fill_filter(self) -> None:
        counts = self.table.verdicts.counts()
        items = [PickItem(ALL, self.tr("all"), count_text(counts[ALL]))]
        if counts[UNSURE]:
            items.append(PickItem(UNSURE, self.tr("unsure (below 60 %)"), count_text(counts[UNSURE])))
        if counts[UNREADABLE]:
            items.append(PickItem(UNREADABLE, self.tr("unreadable"), count_text(counts[UNREADABLE]), icon="warning"))
        for key, count in sorted(counts.items()):
            if key not in (ALL, UNSURE, UNREADABLE):
                label, _, value = key.partition("=")
                items.append(PickItem(key, f"{label}: {value}", count_text(count)))
        self.filter.set_items(items[:_MOST_PICKS])
        self.filter.set_value(ALL)


class ManyDesk(QObject):
    """Starts the job, shows its table, opens rows, writes the CSV. `opened` carries a file; `data_asked` a picture."""

    opened = Signal(object)
    data_asked = Signal(str, str)

    def __init__(self, session: Session, maker: Maker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._maker = session, maker
        self.view, self.tools = ManyView(), ManyTools()
        self.table: Any = None
        self._sources: tuple[Path, ...] = ()
        self._dataset = ""
        self._job: Job | None = None
        self.ask_folder, self.ask_files, self.ask_csv = self._ask_folder, self._ask_files, self._ask_csv
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SEARCH_MS)
        self._timer.timeout.connect(self._on_filter)
        self._connect()

    def _connect(self) -> None:
        view = self.view
        self.tools.asked.connect(self._on_asked)
        view.empty.triggered.connect(self._on_folder)
        view.busy.cancelled.connect(self.stop)
        view.search.textChanged.connect(self._timer.start)
        view.filter.picked.connect(self._on_filter)
        view.csv.clicked.connect(self.save)
        view.table.opened.connect(self._on_opened)

    # --- what is possible --------------------------------------------------------------------------------------------

    def show_model(self) -> None:
        """The model, the data sets or the machine have changed."""
        names = [(record.name, record.name) for record in self._session.datasets()]
        if [name for name, _ in names] != [self.tools.dataset.itemData(at) for at in range(self.tools.dataset.count())]:
            self.tools.dataset.set_choices(names)
        self.tools.set_available(self._why_not())

    def _why_not(self) -> str:
        if self._job is not None:
            return self.tr("Pictures are being classified.")
        if self._session.engine.state != "ready":
            return self.tr("PyTorch is still being loaded; a few seconds more.")
        return "" if self._maker.model is not None else self.tr("Choose a trained run first.")

    # --- the work ----------------------------------------------------------------------------------------------------

    def classify(self, sources: Sequence[Path] = (), dataset: str = "") -> None:
        """Classify files and folders, or a data set."""
        model = self._maker.model
        if model is None or self._job is not None or not (sources or dataset):
            return
        request = ClassifyRequest(
            run=model.run, checkpoint=model.checkpoint, sources=tuple(sources), dataset=dataset,
            device=self._session.preferences.device,
        )  # fmt: skip
        self._sources, self._dataset = tuple(sources), dataset
        with self._session.reporting(self.tr("Classifying pictures")):
            self._job = self._session.start(
                request, self._on_event, title=self.tr("Classifying {0}").format(self._source_words()), quiet=True
            )
            self.view.busy.set_progress(self.tr("Classifying {0}").format(self._source_words()))
        self.show_model()

    def stop(self) -> None:
        """Let the work go."""
        if self._job is not None:
            self._job.stop()

    def forget(self) -> None:
        """Another project."""
        self.stop()
        self.table = None
        self.view.table.set_table({}, ())
        self.view.show_empty(
            self.tr("Classify many at once"),
            self.tr("Drop a folder here, or choose one. A table tells what each picture is taken for."),
        )

    def _on_event(self, event: Event) -> None:
        if isinstance(event, Progress):
            self.view.busy.set_progress(
                spoken(event.what), event.done, event.total, seconds_left=event.seconds_left
            )
        elif isinstance(event, Ended):
            self._job = None
            self.view.busy.finish()
            self._on_ended(event)
            self.show_model()

    def _on_ended(self, ended: Ended) -> None:
        if ended.status == "finished" and ended.result is not None:
            self.table = ended.result
            self.view.search.clear()
            self.view.show_table(ended.result, self._source_words())
        elif ended.status == "failed":
            self.view.show_empty(self.tr("These pictures were not classified"), spoken(ended.error))

    def _source_words(self) -> str:
        if self._dataset:
            return self._dataset
        first = self._sources[0].name if self._sources else ""
        return first if len(self._sources) == 1 else self.tr("{0} and {1} more").format(first, len(self._sources) - 1)

    # --- rows --------------------------------------------------------------------------------------------------------

    def _on_filter(self) -> None:
        self.view.table.verdicts.set_filter(self.view.search.text(), self.view.filter.value())

    def _on_opened(self, row: Any) -> None:
        if self._dataset:
            self.data_asked.emit(self._dataset, row.name)
            return
        path = self.file_of(row.name)
        if path is None:
            self._session.toast(self.tr("{0} is not where it was.").format(row.name), severity="warning")
        else:
            self.opened.emit(path)

    def file_of(self, name: str) -> Path | None:
        """The file behind a row's name: as it stands, or below one of the folders that were classified."""
        tries = [Path(name), *(source / name for source in self._sources), *(s.parent / name for s in self._sources)]
        return next((path for path in tries if path.is_absolute() and path.is_file()), None)

    # --- files -------------------------------------------------------------------------------------------------------

    def save(self) -> None:
        """Write the whole table as CSV, whole or not at all."""
        if self.table is None:
            return
        path = self.ask_csv()
        if not path:
            return
        out = Path(path) if Path(path).suffix else Path(path).with_suffix(".csv")
        with self._session.reporting(self.tr("Saving the table")):
            write_bytes(out, self.table.csv().encode())
            self._session.toast(self.tr("The table is saved: {0}").format(out.name))

    def _on_asked(self, what: str) -> None:
        if what == "folder":
            self._on_folder()
        elif what == "files":
            self.classify([Path(name) for name in self.ask_files()])
        else:
            self.classify(dataset=str(self.tools.dataset.value() or ""))

    def _on_folder(self) -> None:
        folder = self.ask_folder()
        if folder:
            self.classify([Path(folder)])

    def _ask_folder(self) -> str:
        return QFileDialog.getExistingDirectory(self.view.window(), self.tr("Classify the pictures of a folder"))

    def _ask_files(self) -> list[str]:
        kinds = self.tr("Pictures ({0})").format("*.png *.jpg *.jpeg *.webp *.bmp *.gif *.tif *.tiff *.ppm *.pgm *.pbm")
        return list(QFileDialog.getOpenFileNames(self.view.window(), self.tr("Classify pictures"), "", kinds)[0])

    def _ask_csv(self) -> str:
        name = f"{Path(self._source_words()).stem or 'table'}.csv"
        return QFileDialog.getSaveFileName(
            self.view.window(), self.tr("Save as CSV"), name, self.tr("CSV (*.csv)")
        )[0]
