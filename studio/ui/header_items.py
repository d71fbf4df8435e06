"""What the pickers of the header offer: data sets, runs and checkpoints of the open project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from studio.ui.project_lists import kinds_for
from studio.ui.session import Session
from studio.ui.text import count_text
from studio.ui.view_state import RESUMABLE_STATES
from studio.ui.widgets.picker import PickItem

if TYPE_CHECKING:
    from studio.projects.run import RunInfo

IMPORT, DRAW, MEASURE, NEW_RUN = "\0import", "\0draw", "\0measure", ""
_STATE_ICONS = {"running": "play", "paused": "pause", "failed": "error", "interrupted": "warning"}


def _tr(words: str) -> str:
    return QCoreApplication.translate("Header", words)


def state_words(state: str) -> str:
    """The state of a run in words."""
    words = {
        "waiting": _tr("waiting"),
        "running": _tr("training"),
        "paused": _tr("paused"),
        "finished": _tr("finished"),
        "stopped": _tr("stopped"),
        "failed": _tr("failed"),
        "interrupted": _tr("interrupted"),
    }
    return words.get(state, state)


def data_items(session: Session, family: str) -> list[PickItem]:
    """The data sets that a family can learn from, with their sizes, then ways to get more."""
    fitting = session.lists.datasets_for(family)
    items = [PickItem(d.name, d.name, detail=count_text(d.count), icon="data") for d in fitting]
    pictures = "pictures" in kinds_for(family)
    if session.can_write:
        words = _tr("Import pictures…") if pictures else _tr("Import texts…")
        items.append(PickItem(IMPORT, words, icon="import", command=True))
    if session.can_write and pictures:
        items.append(PickItem(DRAW, _tr("Draw Portraits"), icon="random", command=True))
    return items


def run_items(session: Session, family: str) -> list[PickItem]:
    """A new run, then the runs of the family, the newest first."""
    items = [PickItem(NEW_RUN, _tr("new run"), icon="plus")]
    return items + [_run_item(info) for info in session.runs() if info.family in (family, "")]


def _run_item(info: RunInfo) -> PickItem:
    status, state = info.status, info.status.state
    words = _tr("damaged") if info.damage is not None else state_words(state)
    if status.total and (info.live or state in RESUMABLE_STATES):
        words += f" · {100 * status.step // status.total} %"
    icon = "error" if info.damage is not None else _STATE_ICONS.get(state, "runs")
    return PickItem(info.name, info.title, detail=words, icon=icon)


def checkpoint_items(session: Session, run: str) -> list[PickItem]:
    """Last and best, the best by what was measured, then every kept model point, the newest first; and to measure."""
    items = [PickItem("last", _tr("last"), icon="flag"), PickItem("best", _tr("best"), icon="star")]
    steps = session.lists.checkpoint_steps(run) if run else []
    items += _best_items(session, run, steps)
    measure = [PickItem(MEASURE, _tr("Measure…"), icon="measure", command=True)] if steps else []
    return items + measure + [PickItem(str(step), _tr("step {0}").format(count_text(step))) for step in reversed(steps)]


def _best_items(session: Session, run: str, steps: list[int]) -> list[PickItem]:
    """One for each measure that can tell which checkpoint is the best."""
    file = session.lists.measures(run) if run else None
    if file is None or file.stamp == (0, 0, 0):
        return []
    from studio.ui.measured import best_choices

    step = _tr("step {0}")
    return [
        PickItem(best.checkpoint, best.words, detail=step.format(count_text(best.step)), icon="star")
        for best in best_choices(file, steps)
    ]
