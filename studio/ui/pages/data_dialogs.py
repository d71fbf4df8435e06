"""The small dialogs of the Data page: another name, how much of what is embedded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLayout, QLineEdit, QVBoxLayout, QWidget

from studio.config.builtin import Bilingual, Builtin, Portraits, World
from studio.config.requests import BuiltinRequest
from studio.ground.errors import StudioError
from studio.ui import theme
from studio.ui.forms import SettingsForm
from studio.ui.text import Label
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.frames import dense
from studio.ui.widgets.inputs import NumberField
from studio.ui.words import spoken

CheckName = Callable[[str], str]
"""Why a name cannot be given to a new data set; empty where it can."""

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
        self.label = Label(self.tr("Name"))
        self.label.setBuddy(self.edit)
        row = dense(QHBoxLayout(), gap=12)
        row.addWidget(self.label)
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


class DataDialog(QDialog):
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


class NameDialog(DataDialog):
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


class MadeDialog(DataDialog):
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
    "BILINGUAL", "PORTRAITS", "WORLD", "DataDialog", "Made", "MadeDialog", "NameDialog", "NameField", "name_checker",
]  # fmt: skip
