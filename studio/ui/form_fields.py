"""One row of a form: label, the control that a setting's kind asks for, a way back to the preset, a line for errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from studio.config.base import Row
from studio.ui.text import Label, plain_tooltip
from studio.ui.widgets.buttons import icon_button
from studio.ui.widgets.choices import Choice
from studio.ui.widgets.frames import dense
from studio.ui.widgets.inputs import Combo, MultiChoice, NumberField, Switch

Choices = Sequence[Choice]
_NAMES = {
    "dcgan": "DCGAN", "resnet": "ResNet", "unet": "U-Net", "dit": "DiT", "x0": "Clean picture", "epsilon": "Noise",
    "v": "v", "ddpm": "DDPM", "ddim": "DDIM", "euler-ancestral": "Euler ancestral", "dpm++2m": "DPM-Solver++ 2M",
    "unipc": "UniPC",
}  # fmt: skip
"""Choices that have a name of their own, which no rule of letters would find."""


def choice_words(value: str) -> str:
    """A choice of the config as a person reads it: ``non_saturating`` → Non-saturating, ``unet`` → U-Net."""
    known = QCoreApplication.translate("Choices", value)
    if known != value:
        return known
    if value in _NAMES:
        return _NAMES[value]
    words = value.replace("_", " ")
    return words[:1].upper() + words[1:]


def setting_label(row: Row) -> str:
    """The translated label of a setting."""
    return QCoreApplication.translate("Settings", row.label)


def setting_help(row: Row) -> str:
    """The translated help of a setting, with where an automatic value comes from."""
    words = QCoreApplication.translate("Settings", row.help)
    if row.auto:
        source = QCoreApplication.translate("Settings", row.auto)
        words += " " + QCoreApplication.translate("Forms", "Automatic: from {0}.").format(source)
    return words


class FieldRow(QWidget):
    """Shows one setting. `edited` carries path and value when the user has committed another."""

    edited = Signal(str, object)
    reset_asked = Signal(str)
    focused = Signal(str)

    def __init__(
        self, row: Row, *, choices: Choices = (), control_width: int = 112, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.row = row
        self._tip = setting_help(row)
        self._choices: Choices = tuple(choices)
        self._locked = ""
        self._said = ""
        self.setObjectName(f"setting_{row.path}")
        self._label = Label(setting_label(row), elide=Qt.TextElideMode.ElideRight)
        self._reset = icon_button("undo", self.tr("Back to the preset's value"))
        self._reset.setObjectName(f"reset_{row.path}")
        self._reset.clicked.connect(self._on_reset)
        self._error = Label(role="error", wrap=True)
        self._error.setObjectName(f"error_{row.path}")
        self.control = self._make_control()
        self._lay_out(control_width)
        self._name_control()
        self.set_choices(choices or [(value, choice_words(value)) for value in row.choices])
        self.set_changed(False)
        self.set_error("")

    def _lay_out(self, width: int) -> None:
        if not isinstance(self.control, Switch):
            self.control.setFixedWidth(width)
        line = dense(QHBoxLayout(), gap=4)
        line.addWidget(self._label, 1)
        line.addWidget(self._reset)
        line.addWidget(self.control, 0, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        column = dense(QVBoxLayout(self), gap=2)
        column.addLayout(line)
        column.addWidget(self._error)
        self._label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._label.setBuddy(self.control)

    # --- the control -------------------------------------------------------------------------------------------------

    def _make_control(self) -> QWidget:
        makers = {
            "int": self._number,
            "float": self._number,
            "bool": self._switch,
            "choice": self._combo,
            "names": self._names,
        }
        if self.row.kind == "text" and self._choices:
            return self._combo()
        return makers.get(self.row.kind, self._line)()

    def _number(self) -> QWidget:
        row, whole = self.row, self.row.kind == "int"
        low, high = (None if v is None else int(v) if whole else v for v in (row.minimum, row.maximum))
        field = NumberField(minimum=low, maximum=high, whole=whole, log=row.log, step=None, unit=self._unit())
        field.value_changed.connect(self._on_value)
        return field

    def _switch(self) -> QWidget:
        switch = Switch()
        switch.value_changed.connect(self._on_value)
        return switch

    def _combo(self) -> QWidget:
        combo = Combo()
        combo.value_changed.connect(self._on_value)
        return combo

    def _names(self) -> QWidget:
        several = MultiChoice(placeholder=self._empty_words() or self._unit() or self.tr("nothing"))
        several.values_changed.connect(self._on_names)
        return several

    def _empty_words(self) -> str:
        return QCoreApplication.translate("Settings", self.row.empty) if self.row.empty else ""

    def _line(self) -> QWidget:
        line = QLineEdit()
        line.setPlaceholderText(self._empty_words())
        line.editingFinished.connect(self._on_line)
        return line

    def _unit(self) -> str:
        if self.row.unit:
            return QCoreApplication.translate("Settings", self.row.unit)
        return self.tr("auto") if self.row.auto else ""

    def _name_control(self) -> None:
        self.control.setObjectName(f"field_{self.row.path}")
        self.control.setAccessibleName(setting_label(self.row))
        self.control.installEventFilter(self)
        self._tell(self._tip)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def set_choices(self, choices: Choices) -> None:
        """What can be chosen, where the setting is a choice or a list of names."""
        self._choices = tuple(choices)
        if isinstance(self.control, Combo):
            self.control.set_choices([(str(choice[0]), *choice[1:]) for choice in choices])
        elif isinstance(self.control, MultiChoice):
            self.control.set_choices(list(choices))
        self._apply_lock()

    def set_value(self, value: Any) -> None:
        """Show a value without announcing it."""
        control = self.control
        if isinstance(control, Combo):
            control.set_value(str(value))
        elif isinstance(control, MultiChoice):
            control.set_values(value)
            self._tell(self._said)  # the control tells its values instead, which the button shows anyway
        elif isinstance(control, QLineEdit) and not isinstance(control, NumberField):
            control.setText(str(value))
        else:
            control.set_value(value)  # type: ignore[attr-defined]

    def set_changed(self, changed: bool, preset: Any = None) -> None:
        """Whether the value differs from the preset's: then there is a way back to it."""
        self._reset.setVisible(changed and not self._locked)
        self._reset.set_tip(self.tr("Back to the preset's value: {0}").format(_words(preset)))
        if isinstance(self.control, NumberField):
            self.control.set_unit("" if changed and not self.row.unit else self._unit())

    def set_derived(self, words: str) -> None:
        """Show what follows from the value, in place of the unit."""
        if isinstance(self.control, NumberField):
            self.control.set_unit(words or self._unit())

    def set_error(self, sentence: str) -> None:
        """Say below the control why its value is refused; empty takes the line away."""
        self._error.setText(sentence)
        self._error.setVisible(bool(sentence))

    def error(self) -> str:
        """What is said below the control."""
        return self._error.text()

    def set_locked(self, why: str) -> None:
        """Disable the control with a reason; empty enables it."""
        self._locked = why
        self._apply_lock()
        self._reset.setVisible(self._reset.isVisible() and not why)

    def help(self) -> str:
        """The sentence about this setting."""
        return self._locked or self._tip

    def _apply_lock(self) -> None:
        why = self._locked
        if isinstance(self.control, MultiChoice) and not self._choices and not why:
            why = self.tr("The chosen data set has no labels.")
        self.control.setEnabled(not why)
        self._label.setEnabled(not why)
        self._tell(why or self._tip)

    def _tell(self, words: str) -> None:
        self._said = words
        self._label.set_tip(words)
        if isinstance(self.control, NumberField):
            self.control.set_tip(words)
        else:
            plain_tooltip(self.control, words)

    # --- what the user does ------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusIn:
            self.focused.emit(self.row.path)
        return False

    def _on_value(self, value: Any) -> None:
        if value is not None:
            self.edited.emit(self.row.path, _typed(self.row, value))

    def _on_names(self, values: list[Any]) -> None:
        self._tell(self._said)
        self.edited.emit(self.row.path, tuple(values))

    def _on_line(self) -> None:
        assert isinstance(self.control, QLineEdit)
        self.edited.emit(self.row.path, self.control.text())

    def _on_reset(self) -> None:
        self.reset_asked.emit(self.row.path)


def _typed(row: Row, value: Any) -> Any:
    """The value in the type that the config stores: choices of whole numbers come out of a combo as words."""
    if row.kind == "choice" and isinstance(row.default, int) and not isinstance(row.default, bool):
        return int(value)
    return value


def _words(value: Any) -> str:
    """A value of a config in words."""
    if isinstance(value, bool):
        return QCoreApplication.translate("Forms", "on") if value else QCoreApplication.translate("Forms", "off")
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value)) or QCoreApplication.translate("Forms", "nothing")
    return choice_words(value) if isinstance(value, str) else str(value)


def as_choices(names: Mapping[str, Choices] | None, path: str) -> Choices:
    """The choices that a caller gives for a path."""
    return (names or {}).get(path, ())
