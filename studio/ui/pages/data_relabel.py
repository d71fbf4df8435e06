"""The menu that gives pictures of a data set another value of a label."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMenu

from studio.ui.pages.data_model import Sight
from studio.ui.text import unmarked

_MOST = 300  # values that a menu holds

OnValue = Callable[[str, str], None]


def add_labels(menu: QMenu, sight: Sight, positions: Sequence[int], on_value: OnValue) -> None:
    """Add every label with its values; the one that all these pictures have is ticked.

    ``on_value`` gets the label and the value chosen, which is empty for none.
    """
    for label, column in sight.labels.items():
        inner = menu.addMenu(unmarked(label)) if len(sight.labels) > 1 else menu
        have = {sight.value_of(position, label) for position in positions}
        for value in (*column.values[:_MOST], ""):
            words = value or QCoreApplication.translate("DataRelabel", "no value")
            action = inner.addAction(unmarked(words))
            action.setObjectName(f"label_{label}_{value}")
            action.setCheckable(True)
            action.setChecked(have == {value})
            action.triggered.connect(partial(_tell, on_value, label, value))


def _tell(on_value: OnValue, label: str, value: str, _checked: bool = False) -> None:
    on_value(label, value)
