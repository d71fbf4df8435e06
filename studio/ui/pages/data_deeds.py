"""What the Data page does to data sets: choices, names, deletion; each can be taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from studio.config.data import Choices
from studio.ground.errors import Text, text
from studio.projects.datasets import DataSetRecord
from studio.ui.text import count_text

if TYPE_CHECKING:
    from studio.projects.project import Project
    from studio.ui.session import Session

LabelCounts = Mapping[str, Mapping[str, int]]
_UNFINISHED = ("stopped", "interrupted", "paused", "running")


class Deeds(QObject):
    """Changes data sets through the open project and remembers how to undo it."""

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session

    def choose(self, record: DataSetRecord, choices: Choices, labels: LabelCounts | None = None) -> None:
        """Store other choices, and how many pictures have each value of each ``label`` then."""
        project = self._session.project
        if project is None or choices == record.choices:
            return

        def undo() -> None:
            self._change(project, record.folder, record.choices, record.labels)

        def redo() -> None:
            self._change(project, record.folder, choices, labels)

        with self._session.reporting(self.tr("Saving the choices")):
            redo()
            what = choice_words(record.name, record.choices, choices)
            if len(choices.leave_out) != len(record.choices.leave_out) or labels is not None:
                self._session.deleted(what, undo, redo)
            else:
                self._session.undo.push(what, undo, redo)
                self._session.changed_on_disk()

    def _change(self, project: Project, folder: str, choices: Choices, labels: LabelCounts | None) -> None:
        """Show the change at once and write it beside the window: tens of thousands of names take their time."""
        for now in self._session.lists.datasets:
            if now.folder == folder:
                self._session.lists.put(_changed(now, choices, labels))
        store = partial(_store, project, folder, choices, labels)
        self._session.chores.do(store, self.tr("Saving the choices"))

    def rename(self, name: str, new: str) -> None:
        """Give a data set another name."""
        project = self._session.project
        if project is None or name == new:
            return
        with self._session.reporting(self.tr("Renaming the data set")):
            project.datasets.rename(name, new)
            back, again = partial(project.datasets.rename, new, name), partial(project.datasets.rename, name, new)
            self._session.undo.push(text("Renamed {name} to {new}", name=name, new=new), back, again)
            self._session.changed_on_disk()

    def delete(self, name: str) -> None:
        """Move a data set to the bin; a toast offers to bring it back."""
        if name and self._session.can_write:
            self._session.delete_dataset(name)

    def bound_runs(self, record: DataSetRecord) -> int:
        """How many unfinished runs learn from this data set: they go on only with the choices they began with."""
        names = (record.name, *record.former)
        runs = self._session.runs()
        return sum(info.dataset in names and info.status.state in _UNFINISHED for info in runs)


def _store(project: Project, folder: str, choices: Choices, labels: LabelCounts | None = None) -> None:
    """Store the choices of the data set in a folder, whatever it is called now."""
    for now in project.datasets.all():
        if now.folder == folder:
            project.datasets.update(_changed(now, choices, labels))


def _changed(record: DataSetRecord, choices: Choices, labels: LabelCounts | None) -> DataSetRecord:
    return replace(record, choices=choices, labels=labels if labels is not None else record.labels)


def choice_words(name: str, before: Choices, after: Choices) -> Text:
    """What a change of the choices did."""
    more = len(after.leave_out) - len(before.leave_out)
    if more > 0:
        return text("Left out {count} pictures of {name}", count=count_text(more), name=name)
    if more < 0:
        return text("Put back {count} pictures of {name}", count=count_text(-more), name=name)
    if after.relabelled != before.relabelled:
        changed = set(after.relabelled) ^ set(before.relabelled)
        count = len({(change.name, change.label) for change in changed})
        return text("Changed a label of {count} pictures of {name}", count=count_text(count), name=name)
    if after.shape != before.shape:
        return text("Changed how odd shapes of {name} are treated", name=name)
    return text("Changed the background of {name}", name=name)
