"""What a family adds to Train's column where a row of the form is not enough: it shows settings and sets them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from studio.projects.datasets import DataSetRecord


class ColumnBlock(QWidget):
    """Stands above the form. `edited` carries path and value of one of its `paths`, which then have no row."""

    edited = Signal(str, object)
    paths: tuple[str, ...] = ()

    def show_values(
        self, values: Mapping[str, Any], dataset: DataSetRecord | None, others: Sequence[DataSetRecord]
    ) -> None:
        """Show the values at its paths, for a run on `dataset`; `others` are the project's other data sets."""
        raise NotImplementedError

    def set_locked(self, why: str) -> None:
        """Close it with a reason; empty opens it."""
        raise NotImplementedError

    def error(self) -> str:
        """Why nothing can be trained with what is shown; empty where it can."""
        return ""


MakeBlock = Callable[[], ColumnBlock]
