"""How every table of the window looks and moves: no frame, no grid, nothing edited, scrolled by pixels."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QFrame, QTableView

LINE = 30
"""Height of one row in pixels."""


def dress(table: QTableView, *, line: int = LINE, select: QAbstractItemView.SelectionMode | None = None) -> None:
    """Give a table the look that all share.

    Args:
        line: height of a row in pixels.
        select: how whole rows are chosen; None where nothing is, and only Tab brings the focus.
    """
    table.setFrameShape(QFrame.Shape.NoFrame)
    table.setShowGrid(False)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setTabKeyNavigation(False)
    table.setCornerButtonEnabled(False)
    table.setWordWrap(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(line)
    table.horizontalHeader().setHighlightSections(False)
    if select is None:
        table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        table.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        table.horizontalHeader().setSectionsClickable(False)
    else:
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(select)
