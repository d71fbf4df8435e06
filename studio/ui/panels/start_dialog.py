"""Asks with which trained weights a new run begins: of any run of the family, of this project or of another one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QFormLayout, QHBoxLayout, QVBoxLayout, QWidget

from studio.config.base import get_value
from studio.config.training import TrainingSettings
from studio.ground.errors import StudioError, UsageError
from studio.projects.run import Run, RunInfo
from studio.ui.form_fields import choice_words
from studio.ui.panels.trained_run import kept_points
from studio.ui.persistence import default_projects_folder
from studio.ui.text import Label, count_text
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.frames import dense
from studio.ui.widgets.inputs import Combo
from studio.ui.words import spoken_error

if TYPE_CHECKING:
    from studio.ui.session import Session

_OTHER = "\0other"
_MOST_STEPS = 60


@dataclass(frozen=True)
class Beginning:
    """The weights that were chosen: project (None: the one that is open), run, checkpoint; the settings of that run."""

    project: Path | None
    run: str
    checkpoint: str
    config: TrainingSettings


class StartDialog(QDialog):
    """`beginning` is what was chosen once it was accepted."""

    def __init__(self, session: Session, family: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("startDialog")
        self.setWindowTitle(self.tr("Begin with trained weights"))
        self._session, self._family = session, family
        self._home = session.project.path if session.project is not None else None
        self._projects = self._known_projects()
        self._runs: Sequence[RunInfo] = ()
        self._config: TrainingSettings | None = None
        self._place: Path | None = None
        self._make()
        self._lay_out()
        self._choose_project(self._home)

    def _make(self) -> None:
        self.project, self.run, self.checkpoint = Combo(), Combo(), Combo()
        parts = (
            (self.project, "startProject", self.tr("Project")),
            (self.run, "startRun", self.tr("Run")),
            (self.checkpoint, "startCheckpoint", self.tr("Checkpoint")),
        )
        for combo, name, words in parts:
            combo.setObjectName(name)
            combo.setAccessibleName(words)
        self.project.value_changed.connect(self._on_project)
        self.run.value_changed.connect(self._show_run)
        self.facts = Label(role="dim", wrap=True)
        self.facts.setObjectName("startFacts")
        self.accept_button = Button(self.tr("Use these weights"), kind="primary")
        self.accept_button.setObjectName("startAccept")
        self.accept_button.setDefault(True)
        self.accept_button.clicked.connect(self.accept)

    def _lay_out(self) -> None:
        sentence = Label(
            self.tr(
                "A run that begins with trained weights needs fewer steps. Its settings are taken over; what its "
                "network is made of has to stay the same."
            ),
            role="dim",
            wrap=True,
        )
        form = QFormLayout()
        form.setHorizontalSpacing(16)
        form.setVerticalSpacing(8)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for combo in (self.project, self.run, self.checkpoint):
            form.addRow(Label(combo.accessibleName()), combo)
        cancel = Button(self.tr("Cancel"))
        cancel.setObjectName("startCancel")
        cancel.clicked.connect(self.reject)
        row = dense(QHBoxLayout(), gap=8)
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(self.accept_button)
        column = dense(QVBoxLayout(self), padding=20, gap=12)
        column.addWidget(Label(self.tr("Begin with trained weights"), role="headline", wrap=True))
        column.addWidget(sentence)
        column.addLayout(form)
        column.addWidget(self.facts)
        column.addLayout(row)
        self.setMinimumWidth(460)

    # --- projects ----------------------------------------------------------------------------------------------------

    def _known_projects(self) -> list[Path]:
        """The open project first, then those that were open lately."""
        lately = [recent.path for recent in self._session.user.recent if recent.there()]
        home = [self._home] if self._home is not None else []
        return list(dict.fromkeys([*home, *lately]))

    def _list_projects(self) -> None:
        names = [(str(path), self._project_name(path)) for path in self._projects]
        self.project.set_choices([*names, (_OTHER, self.tr("Another project…"))])

    def _project_name(self, path: Path) -> str:
        return self.tr("{0} (this one)").format(path.stem) if path == self._home else path.stem

    def _on_project(self, value: str) -> None:
        path = self.ask_folder() if value == _OTHER else Path(value)
        self._choose_project(path if path is not None else self._place)

    def ask_folder(self) -> Path | None:
        """Which other project; None if the user thinks better of it."""
        start = str(default_projects_folder(self._session.preferences))
        chosen = QFileDialog.getExistingDirectory(self, self.tr("A project to begin from"), start)
        return Path(chosen) if chosen else None

    def _choose_project(self, path: Path | None) -> None:
        if path is not None and path not in self._projects:
            self._projects.append(path)
        self._list_projects()
        self.project.set_value(str(path))
        self._place, problem = path, ""
        try:
            self._runs = usable(self._list_runs(path), self._family) if path is not None else ()
        except (StudioError, OSError) as error:
            self._runs, problem = (), spoken_error(error)
        self.run.set_choices([(info.name, info.title) for info in self._runs])
        self.run.set_available("" if self._runs else self.tr("There is no run to begin from."))
        self._show_run()
        if problem:
            self.facts.setText(problem)

    def _list_runs(self, path: Path) -> Sequence[RunInfo]:
        if path == self._home:
            return self._session.runs()
        from studio.projects.project import Project

        with Project.open(path, write=False) as project:
            return sorted(project.runs.all(), key=lambda info: -info.created)

    # --- the run -----------------------------------------------------------------------------------------------------

    def _show_run(self) -> None:
        info = next((one for one in self._runs if one.name == self.run.value()), None)
        steps = sorted(kept_points(info.folder / "checkpoints"), reverse=True) if info is not None else []
        words = [(str(step), self.tr("step {0}").format(count_text(step))) for step in steps[:_MOST_STEPS]]
        named = [("last", self.tr("the last")), ("best", self.tr("the best"))] if words else []
        self.checkpoint.set_choices([*named, *words])
        self.checkpoint.set_available("" if words else self.tr("There is no run to begin from."))
        self._config, problem = self._read(info)
        self.facts.setText(problem or self._facts(info))
        self.accept_button.set_available(problem)

    def _read(self, info: RunInfo | None) -> tuple[TrainingSettings | None, str]:
        """The settings of a run, or why it cannot be begun from."""
        if info is None:
            return None, self.tr("This project has no run of this family with a checkpoint.")
        try:
            return Run(info.folder).config(), ""
        except (StudioError, OSError) as error:
            return None, spoken_error(error)

    def _facts(self, info: RunInfo | None) -> str:
        """“32 × 32 px · U-Net, width 32 · learned from Portraits · step 1 000”."""
        if info is None or self._config is None:
            return ""
        height, width = self._config.picture_shape
        parts = [self.tr("{0} × {1} px").format(width, height)] if height else []
        network, channels = _value(self._config, "network"), _value(self._config, "network.width")
        blocks = _value(self._config, "network.depth")
        if network:
            size = self.tr("width {0}").format(channels) if channels else self.tr("{0} blocks").format(blocks)
            parts.append(f"{choice_words(str(network))}, {size}" if channels or blocks else choice_words(str(network)))
        parts.append(self.tr("learned from {0}").format(info.dataset))
        parts.append(self.tr("step {0}").format(count_text(info.status.step)))
        return " · ".join(parts)

    def beginning(self) -> Beginning | None:
        """What was chosen."""
        if self._config is None or self._place is None:
            return None
        elsewhere = self._place if self._place != self._home else None
        return Beginning(elsewhere, str(self.run.value()), str(self.checkpoint.value()), self._config)


def usable(runs: Sequence[RunInfo], family: str) -> list[RunInfo]:
    """The whole runs of a family that keep a checkpoint."""
    whole = (info for info in runs if info.family == family and info.damage is None)
    return [info for info in whole if kept_points(info.folder / "checkpoints")]


def _value(config: TrainingSettings, path: str) -> object:
    """A setting that not every family has; empty where it has none."""
    try:
        return get_value(config, path)
    except UsageError:
        return ""


def ask_beginning(
    session: Session, family: str, parent: QWidget, chosen: Callable[[Beginning], None]
) -> StartDialog:
    """Open the dialog; `chosen` is called with what was chosen."""
    dialog = StartDialog(session, family, parent)

    def accept() -> None:
        found = dialog.beginning()
        if found is not None:
            chosen(found)

    dialog.accepted.connect(accept)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog
