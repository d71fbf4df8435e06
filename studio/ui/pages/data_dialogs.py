"""The small dialogs of the Data page: which sources under which names, another name, how much of what is embedded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QLayout, QLineEdit, QVBoxLayout, QWidget

from studio.config.builtin import Bilingual, Builtin, Portraits, World
from studio.config.requests import BuiltinRequest, ImportRequest
from studio.ground.errors import StudioError
from studio.ui import theme
from studio.ui.drops import local_paths
from studio.ui.forms import SettingsForm
from studio.ui.pages.data_model import sources_of, suggested_name
from studio.ui.text import Label
from studio.ui.widgets.buttons import Button, icon_button
from studio.ui.widgets.frames import Frame, dense
from studio.ui.widgets.inputs import NumberField, PathLabel
from studio.ui.words import spoken

CheckName = Callable[[str], str]
"""Why a name cannot be given to a new data set; empty where it can."""

_FILES = "*.zip *.tar *.tgz *.tar.gz *.gz *.csv *.tsv *.txt *.md *.json *.jsonl *.yml *.tmx"
_LONGEST = 255
_WIDTH = 460


def _t(words: str) -> str:
    return str(QT_TRANSLATE_NOOP("DataDialogs", words))


def _tr(words: str) -> str:
    return QCoreApplication.translate("DataDialogs", words)


class NameField(QWidget):
    """A line for a name, with a sentence below it while the name cannot be taken."""

    changed = Signal()

    def __init__(self, check: CheckName, name: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._check = check
        self.edit = QLineEdit(name)
        self.edit.setObjectName("nameEdit")
        self.edit.setMaxLength(_LONGEST)
        self.edit.setAccessibleName(self.tr("Name of the data set"))
        self.edit.textChanged.connect(self._on_changed)
        self._error = Label(role="error", wrap=True)
        self._error.setObjectName("nameError")
        label = Label(self.tr("Name"))
        label.setBuddy(self.edit)
        row = dense(QHBoxLayout(), gap=12)
        row.addWidget(label)
        row.addWidget(self.edit, 1)
        column = dense(QVBoxLayout(self), gap=3)
        column.addLayout(row)
        column.addWidget(self._error)
        self.setFocusProxy(self.edit)
        self.validate()

    def name(self) -> str:
        """The name as typed, without white space around it."""
        return self.edit.text().strip()

    def validate(self) -> str:
        """Say why the name cannot be taken, or nothing."""
        why = self._check(self.name())
        self._error.setText(why)
        self._error.setVisible(bool(why))
        theme.set_look(self.edit, invalid="true" if why else "false")
        return why

    def error(self) -> str:
        """What is said below the line."""
        return self._error.text()

    def _on_changed(self) -> None:
        self.changed.emit()


class _Dialog(QDialog):
    """Headline, content, and a row with Cancel and one main button."""

    def __init__(self, parent: QWidget | None, name: str, headline: str, accept: str) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(headline)
        column = dense(QVBoxLayout(self), padding=20, gap=14)
        column.setSizeConstraint(QLayout.SizeConstraint.SetMinimumSize)
        column.addStrut(_WIDTH)
        column.addWidget(Label(headline, role="headline", wrap=True))
        self.content = dense(QVBoxLayout(), gap=12)
        column.addLayout(self.content, 1)
        self.main = Button(accept, kind="primary")
        self.main.setObjectName(f"{name}Accept")
        self.main.setDefault(True)
        self.main.clicked.connect(self.accept)
        cancel = Button(self.tr("Cancel"))
        cancel.setObjectName(f"{name}Cancel")
        cancel.clicked.connect(self.reject)
        row = dense(QHBoxLayout(), gap=8)
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(self.main)
        column.addLayout(row)


class NameDialog(_Dialog):
    """Another name for a data set; `named` carries it."""

    named = Signal(str)

    def __init__(self, parent: QWidget | None, name: str, check: CheckName) -> None:
        super().__init__(parent, "renameDialog", _tr("Rename the data set"), _tr("Rename"))
        self._field = NameField(check, name)
        self._field.changed.connect(self._on_changed)
        self._field.edit.selectAll()
        self.content.addWidget(self._field)
        self._on_changed()

    def accept(self) -> None:
        """Take the name if it can be taken."""
        if not self._field.validate():
            self.named.emit(self._field.name())
            super().accept()

    def _on_changed(self) -> None:
        self.main.set_available(self._field.validate())


@dataclass(frozen=True, slots=True)
class Made:
    """An embedded data set as its dialog shows it."""

    what: Builtin
    title: str
    words: str
    button: str


PORTRAITS = Made(
    Portraits(),
    _t("Draw Portraits"),
    _t(
        "Faces drawn by the program itself, each with its attributes and a caption in words. The same numbers draw "
        "the same faces."
    ),
    _t("Draw"),
)


WORLD = Made(
    World(),
    _t("Write a World"),
    _t(
        "A small valley that the program writes about: who lives there, what is known of them, stories that they are "
        "in. A language model learns it in minutes and can then be asked. The same numbers write the same texts."
    ),
    _t("Write"),
)


BILINGUAL = Made(
    Bilingual(),
    _t("Write English and French"),
    _t(
        "Sentences in both languages by the program's own grammar, each with one right translation. Some combinations "
        "of words are held out, so that what is tested was never seen. The same numbers write the same sentences."
    ),
    _t("Write"),
)


class MadeDialog(_Dialog):
    """How much of an embedded data set, from which seed; `asked` carries the request."""

    asked = Signal(object)

    def __init__(self, parent: QWidget | None, made: Made, name: str, check: CheckName) -> None:
        super().__init__(parent, f"{made.what.kind}Dialog", _tr(made.title), _tr(made.button))
        self._field = NameField(check, name)
        self._field.changed.connect(self._on_changed)
        self.form = SettingsForm(name=f"{made.what.kind}Form", control_width=140)
        self.form.set_model(made.what)
        self.form.changed.connect(self._on_changed)
        self.content.addWidget(Label(_tr(made.words), role="dim", wrap=True))
        self.content.addWidget(self._field)
        self.content.addWidget(self.form)
        self._on_changed()

    def accept(self) -> None:
        """Ask for the drawing if name and numbers allow it."""
        for field in self.form.findChildren(NumberField):
            field.commit()  # what is being typed counts, also where buttons take no focus
        value = self.form.value()
        if not self._field.validate() and isinstance(value, Builtin):
            self.asked.emit(BuiltinRequest(what=value, name=self._field.name()))
            super().accept()

    def _on_changed(self) -> None:
        self.main.set_available(self._field.validate() or self.form.error())


class ImportDialog(_Dialog):
    """Sources, each with a name that can be changed; more are added by the buttons or dropped on the dialog."""

    asked = Signal(list)
    """The import requests."""

    def __init__(self, parent: QWidget | None, check: CheckName, sources: Sequence[Path] = ()) -> None:
        super().__init__(parent, "importDialog", _tr("Import"), _tr("Import"))
        self._check = check
        self._rows: list[_SourceRow] = []
        self.setAcceptDrops(True)
        self._hint = Frame("tray", padding=20, gap=10)
        self._hint.add(Label(self.tr("Drop a folder or file of pictures or texts here, or choose one."), wrap=True))
        self._hint.add(
            Label(
                self.tr(
                    "Of pictures, sub-folders become classes, and a CSV with a column of file names brings labels. "
                    "Texts are plain ones, Markdown, JSON and JSONL of conversations, and tables. Your own files are "
                    "never changed."
                ),
                role="dim",
                wrap=True,
            )
        )
        self._list = dense(QVBoxLayout(), gap=8)
        folder = Button(self.tr("Choose a folder…"), icon="folder")
        folder.setObjectName("chooseFolder")
        folder.clicked.connect(self._on_folder)
        file = Button(self.tr("Choose a file…"), icon="file")
        file.setObjectName("chooseFile")
        file.clicked.connect(self._on_file)
        row = dense(QHBoxLayout(), gap=8)
        row.addWidget(folder)
        row.addWidget(file)
        row.addStretch(1)
        self.content.addLayout(self._list)
        self.content.addWidget(self._hint)
        self.content.addLayout(row)
        self.add_sources(sources)

    def add_sources(self, paths: Sequence[Path]) -> None:
        """Add what was chosen or dropped; what is in the list already is not added again."""
        known = [row.source for row in self._rows]
        for source in sources_of(paths):
            if source not in known:
                self._add(source)
        self._refresh()

    def rows(self) -> list[_SourceRow]:
        """The sources with their names."""
        return list(self._rows)

    def accept(self) -> None:
        """Ask for all imports if every name can be taken."""
        if self._rows and not any(row.field.validate() for row in self._rows):
            self.asked.emit([ImportRequest(source=row.source, name=row.field.name()) for row in self._rows])
            super().accept()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if local_paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.add_sources(local_paths(event.mimeData()))

    def _add(self, source: Path) -> None:
        taken = [row.field.name() for row in self._rows]
        base, name, number = suggested_name(source), "", 1
        while not name or name in taken or (self._check(name) and number < 1000):
            name = base if number == 1 else f"{base} {number}"
            number += 1
        row = _SourceRow(source, name, self._why_not)
        row.field.changed.connect(self._refresh)
        row.removed.connect(self._on_removed)
        self._rows.append(row)
        self._list.addWidget(row)

    def _why_not(self, name: str) -> str:
        twice = sum(row.field.name() == name for row in self._rows) > 1
        return self.tr("Two sources cannot share one name.") if twice else self._check(name)

    def _refresh(self) -> None:
        errors = [row.field.validate() for row in self._rows]
        why = next((error for error in errors if error), "")
        self.main.set_available(why if self._rows else self.tr("Choose a folder or a file first."))
        self._hint.setVisible(not self._rows)

    def _on_removed(self, row: _SourceRow) -> None:
        self._rows.remove(row)
        row.hide()
        row.deleteLater()
        self._refresh()

    def _on_folder(self) -> None:
        found = QFileDialog.getExistingDirectory(self, self.tr("A folder of pictures or texts"))
        if found:
            self.add_sources([Path(found)])

    def _on_file(self) -> None:
        words = self.tr("Archives, tables and texts")
        found, _ = QFileDialog.getOpenFileNames(self, self.tr("A file to import"), "", f"{words} ({_FILES})")
        if found:
            self.add_sources([Path(path) for path in found])


class _SourceRow(Frame):
    """Where from, and under which name."""

    removed = Signal(object)

    def __init__(self, source: Path, name: str, check: CheckName) -> None:
        super().__init__("card", padding=10, gap=6)
        self.source = source
        self.field = NameField(check, name)
        remove = icon_button("close", self.tr("Do not import this"))
        remove.setObjectName("removeSource")
        remove.clicked.connect(self._on_remove)
        head = dense(QHBoxLayout(), gap=8)
        head.addWidget(PathLabel(source), 1)
        head.addWidget(remove)
        self.body.addLayout(head)
        self.add(self.field)

    def _on_remove(self) -> None:
        self.removed.emit(self)


def name_checker(check: Callable[[str], object], taken: Callable[[], Sequence[str]], already: str) -> CheckName:
    """A check of names: `check` raises StudioError for one that cannot be, `taken` are on their way already.

    ``already`` says that a name is on its way; ``{0}`` in it is the name.
    """

    def why_not(name: str) -> str:
        try:
            check(name)
        except StudioError as error:
            return spoken(error.text)
        return already.format(name) if name.strip() in taken() else ""

    return why_not


__all__ = [
    "BILINGUAL", "PORTRAITS", "WORLD", "ImportDialog", "Made", "MadeDialog", "NameDialog", "NameField", "name_checker",
]  # fmt: skip
