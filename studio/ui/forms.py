"""Forms made from a settings model: whatever `config.describe` lists becomes a row, nothing else does.

A form's value is the overrides over a base, usually a preset's config; it shows which values differ and leads back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from studio.config.base import Row, Settings, describe, get_value, with_overrides
from studio.ground.errors import UsageError
from studio.ui.form_fields import Choices, FieldRow, as_choices
from studio.ui.text import Label
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.frames import dense, rule
from studio.ui.words import spoken


class SettingsForm(QWidget):
    """Basic rows first, then “Advanced” folded away with a badge that counts what was changed there.

    Settings at the paths ``elsewhere`` belong to its value but have no row: a widget of their own shows them, which
    reads them with `shown_value` and sets them with `set_value`.
    """

    changed = Signal()
    live_changed = Signal(str, object)
    """A setting that may change while the run trains was changed while the form is locked."""
    advanced_toggled = Signal(bool)

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        name: str = "settingsForm",
        control_width: int = 112,
        only: Iterable[str] = (),
        without: Iterable[str] = (),
        elsewhere: Iterable[str] = (),
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._width = control_width
        self._elsewhere = frozenset(elsewhere)
        self._only, self._without = frozenset(only), frozenset(without)
        self._base: Settings | None = None
        self._valid: Settings | None = None
        self._overrides: dict[str, Any] = {}
        self._choices: dict[str, Choices] = {}
        self._fields: dict[str, FieldRow] = {}
        self._locked = ""
        self._live_too = False
        self._error = ""
        self._error_path = ""
        self._derived: dict[str, str] = {}
        self._deciders: set[str] = set()
        self._build()

    def _build(self) -> None:
        self._basic, self._more = QWidget(), QWidget()
        for part in (self._basic, self._more):
            dense(QVBoxLayout(part), gap=7)
        self._toggle = Button(self.tr("Advanced"), kind="quiet", icon="chevron-right")
        self._toggle.setObjectName("advancedToggle")
        self._toggle.setCheckable(True)
        self._toggle.toggled.connect(self._on_toggled)
        self._badge = Label(role="badge")
        self._badge.setObjectName("advancedBadge")
        self._general = Label(role="error", wrap=True)
        self._general.setObjectName("formError")
        self._help = Label(role="small", wrap=True)
        self._help.setObjectName("formHelp")
        self._line = rule()
        head = dense(QHBoxLayout(), gap=6)
        head.addWidget(self._toggle)
        head.addStretch(1)
        head.addWidget(self._badge)
        column = dense(QVBoxLayout(self), gap=7)
        column.addWidget(self._basic)
        column.addWidget(self._general)
        column.addSpacing(6)
        column.addWidget(self._line)
        column.addLayout(head)
        column.addWidget(self._more)
        column.addWidget(self._help)
        for hidden in (self._more, self._general, self._badge, self._help):
            hidden.hide()

    # --- what it shows -----------------------------------------------------------------------------------------------

    def set_model(
        self,
        base: Settings,
        overrides: Mapping[str, Any] | None = None,
        *,
        choices: Mapping[str, Choices] | None = None,
        why_locked: str = "",
    ) -> None:
        """Show a base and what differs from it. Overrides that no longer fit are left out; what is shown already is
        not shown again.

        ``choices`` lists what can be chosen at a path of kind ``names`` (labels of a data set).
        """
        wanted = base, dict(choices or {}), _fitting(base, overrides or {}), why_locked
        if wanted == (self._base, self._choices, self._overrides, self._locked):
            return
        rebuild = self._base is None or type(base) is not type(self._base)
        self._base, self._choices, self._overrides, self._locked = wanted
        if rebuild:
            self._rebuild()
        else:
            self._renew_choices()
        self._refresh()

    def overrides(self) -> dict[str, Any]:
        """What differs from the base, as far as it is shown."""
        return {path: self._overrides[path] for path in self._active_paths()}

    def value(self) -> Settings | None:
        """The settings as they stand; None while something is refused."""
        return None if self._error else self._valid

    def error(self) -> str:
        """Why the settings are refused, or nothing."""
        return self._error

    def set_locked(self, why: str, *, live_too: bool = False) -> None:
        """Disable what cannot change while a run trains, with the reason; empty enables all.

        With `live_too` also what could: a run that has ended cannot be told anything.
        """
        if (why, live_too) != (self._locked, self._live_too):
            self._locked, self._live_too = why, live_too
            self._apply_locks()

    def set_derived(self, words: Mapping[str, str]) -> None:
        """Show in fields what follows from their values."""
        self._derived = dict(words)
        for path, field in self._fields.items():
            if path in self._derived:
                field.set_derived(self._derived[path])

    def show_value(self, path: str, value: Any) -> None:
        """Show another value of a setting without announcing it: something else has changed it."""
        if path in self._fields:
            self._overrides[path] = value
            self._refresh()

    def set_value(self, path: str, value: Any) -> None:
        """Set a setting as its row would."""
        if path in self._fields:
            self._on_edited(path, value)

    def shown_value(self, path: str) -> Any:
        """What a setting is as it stands."""
        return self._raw(path)

    def reset(self) -> None:
        """Go back to the base everywhere."""
        if self._overrides:
            self._overrides.clear()
            self._refresh()
            self.changed.emit()

    def differences_count(self) -> int:
        """How many values differ from the base."""
        return len(self._active_paths())

    @property
    def advanced_open(self) -> bool:
        """Whether the details are unfolded."""
        return self._toggle.isChecked()

    @advanced_open.setter
    def advanced_open(self, on: bool) -> None:
        self._toggle.setChecked(on)

    def field(self, path: str) -> FieldRow | None:
        """The row of a setting."""
        return self._fields.get(path)

    # --- rows --------------------------------------------------------------------------------------------------------

    def _rows(self) -> list[Row]:
        if self._base is None:
            return []
        rows = describe(self._base)
        return [r for r in rows if r.path not in self._without and (not self._only or r.path in self._only)]

    def _rebuild(self) -> None:
        for field in self._fields.values():
            field.hide()
            field.deleteLater()
        rows = self._rows()
        self._deciders = {row.when[0] for row in rows if row.when is not None}
        self._fields = {row.path: self._make(row) for row in rows}
        for field in self._fields.values():
            part = self._more if field.row.advanced else self._basic
            layout = part.layout()
            assert layout is not None
            layout.addWidget(field)
        self._apply_locks()

    def _make(self, row: Row) -> FieldRow:
        field = FieldRow(row, choices=as_choices(self._choices, row.path), control_width=self._width)
        field.edited.connect(self._on_edited)
        field.reset_asked.connect(self._on_reset)
        field.focused.connect(self._on_focused)
        return field

    def _renew_choices(self) -> None:
        for path, field in self._fields.items():
            if field.row.kind == "names" and not field.row.choices:
                field.set_choices(as_choices(self._choices, path))
        self._apply_locks()

    def _apply_locks(self) -> None:
        for field in self._fields.values():
            field.set_locked("" if field.row.live and not self._live_too else self._locked)

    # --- resolving ---------------------------------------------------------------------------------------------------

    def _active_paths(self) -> list[str]:
        """Paths of overrides whose rows are shown, those that decide over others first."""
        shown = [path for path in self._overrides if path in self._elsewhere or self._is_shown(path)]
        return sorted(shown, key=lambda path: (path not in self._deciders, path))

    def _is_shown(self, path: str) -> bool:
        return path in self._fields and not self._fields[path].isHidden()

    def _refresh(self) -> None:
        """Resolve overrides over the base, then show values, conditions, differences and errors."""
        if self._base is None:
            return
        self._show_conditions()
        self._resolve()
        for path, field in self._fields.items():
            self._show(path, field)
        self._show_error()
        self._show_counts()

    def _show_conditions(self) -> None:
        for field in self._fields.values():
            when = field.row.when
            met = when is None or str(self._raw(when[0])) in when[1]
            field.setVisible(met and field.row.path not in self._elsewhere)

    def _raw(self, path: str) -> Any:
        if path in self._overrides:
            return self._overrides[path]
        assert self._base is not None
        return get_value(self._base, path)

    def _resolve(self) -> None:
        assert self._base is not None
        self._error, self._error_path = "", ""
        try:
            self._valid = with_overrides(self._base, self.overrides())
        except UsageError as error:
            self._error = spoken(error.text)
            named = str(dict(error.text.params).get("name", ""))
            self._error_path = named if self._is_shown(named) else ""

    def _show(self, path: str, field: FieldRow) -> None:
        if field.isHidden():
            return
        changed = path in self._overrides
        preset = self._preset_value(path)
        field.set_value(self._overrides[path] if changed else preset)
        field.set_changed(changed, preset)
        if path in self._derived:
            field.set_derived(self._derived[path])

    def _preset_value(self, path: str) -> Any:
        """The value without an override of its own: the base's, or the default of a variant chosen here."""
        assert self._base is not None
        others = {p: v for p, v in self.overrides().items() if p != path and self._decides(p, path)}
        try:
            return get_value(with_overrides(self._base, others) if others else self._base, path)
        except UsageError:
            return self._fields[path].row.default

    def _decides(self, decider: str, path: str) -> bool:
        when = self._fields[path].row.when
        return when is not None and when[0] == decider

    def _show_error(self) -> None:
        for path, field in self._fields.items():
            field.set_error(self._error if path == self._error_path else "")
        unplaced = self._error if not self._error_path else ""
        self._general.setText(unplaced)
        self._general.setVisible(bool(unplaced))

    def _show_counts(self) -> None:
        advanced = [f for f in self._fields.values() if f.row.advanced]
        changed = sum(f.row.path in self._overrides and not f.isHidden() for f in advanced)
        self._badge.setText(self.tr("{0} changed").format(changed))
        self._badge.setVisible(changed > 0)
        for part in (self._toggle, self._line):
            part.setVisible(bool(advanced))

    # --- what the user does ------------------------------------------------------------------------------------------

    def _on_edited(self, path: str, value: Any) -> None:
        if value == self._preset_value(path):
            self._overrides.pop(path, None)
        else:
            self._overrides[path] = value
        self._refresh()
        if self._locked and self._fields[path].row.live and not self._error:
            self.live_changed.emit(path, value)
        self.changed.emit()

    def _on_reset(self, path: str) -> None:
        self._on_edited(path, self._preset_value(path))

    def _on_focused(self, path: str) -> None:
        self._help.setText(self._fields[path].help())
        self._help.setVisible(bool(self._help.text()))

    def _on_toggled(self, on: bool) -> None:
        self._more.setVisible(on)
        self._toggle.set_icon("chevron-down" if on else "chevron-right")
        self.advanced_toggled.emit(on)


def _fitting(base: Settings, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """The overrides that the model knows: all that fit together, or else those whose values it can read one by one."""
    rows = describe(base)
    deciders = {row.when[0] for row in rows if row.when is not None}
    given = {row.path: overrides[row.path] for row in rows if row.path in overrides}
    wanted = {p: tuple(given[p]) if isinstance(given[p], list) else given[p] for p in given}
    if _is_read(base, wanted):
        return wanted
    kept: dict[str, Any] = {}
    for path in sorted(wanted, key=lambda p: (p not in deciders, p)):
        if _is_read(base, {p: v for p, v in kept.items() if p in deciders} | {path: wanted[path]}):
            kept[path] = wanted[path]
    return kept


def _is_read(base: Settings, overrides: Mapping[str, Any]) -> bool:
    try:
        with_overrides(base, overrides)
    except UsageError:
        return False
    return True
