"""What is the case, gathered from the session for the view state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio.ui.job_board import Job
from studio.ui.session import Session
from studio.ui.training_line import RunLive
from studio.ui.view_state import JobView, Reality, RunView
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.projects.run import RunInfo


def reality_of(session: Session, *, machine: str = "", saving: bool = False) -> Reality:
    """Project, data sets, runs, engine and jobs as they are now."""
    project, live = session.project, session.training
    runs = _runs(session, live)
    return Reality(
        project=session.lists.project_name,
        read_only=project is not None and project.read_only,
        why_read_only=project.why_read_only if project is not None else None,
        trouble=project.trouble if project is not None else None,
        datasets=tuple(d.name for d in session.datasets()),
        runs=runs,
        training=_training(runs, live),
        waiting=session.line.waiting_count,
        engine=session.engine.state,
        engine_error=session.engine.error,
        undo=top.what if (top := session.undo.top()) is not None else None,
        redo=after.what if (after := session.undo.next()) is not None else None,
        jobs=tuple(
            _job(job) for job in session.board if job.title and not (job.training and live is not None and live.name)
        ),
        closing=session.closing,
        saved="saving" if saving else "saved",
        machine=machine,
    )


def _runs(session: Session, live: RunLive | None) -> tuple[RunView, ...]:
    listed = tuple(_run(info, live) for info in session.runs())
    if live is not None and live.name and all(r.name != live.name for r in listed):
        listed = (_own(RunView(live.name, live.family), live), *listed)
    return listed


def _run(info: RunInfo, live: RunLive | None) -> RunView:
    status = info.status
    damage = spoken(info.damage) if info.damage else ""
    view = RunView(
        name=info.name,
        family=info.family,
        dataset=info.dataset,
        state=status.state,
        step=status.step,
        total=status.total or 0,
        live=info.live,
        rate=status.rate,
        seconds_left=status.seconds_left,
        damage=damage,
    )
    return _own(view, live) if live is not None and live.name == view.name else view


def _own(view: RunView, live: RunLive) -> RunView:
    """A run of this window: its worker knows better than the status file."""
    activity = live.activity
    return RunView(
        name=view.name,
        family=view.family or live.family,
        dataset=view.dataset or getattr(live.request, "dataset", ""),
        state="paused" if live.paused else "running",
        step=max(live.step, 0),
        total=live.total or view.total,
        live=True,
        own=True,
        rate=live.rate,
        seconds_left=live.seconds_left,
        activity=activity.what if activity is not None else None,
        activity_share=activity.done / activity.total if activity is not None and activity.total else None,
    )


def _training(runs: tuple[RunView, ...], live: RunLive | None) -> str:
    """The run that the status bar tells of: ours, else one of another process."""
    if live is not None and live.name:
        return live.name
    return next((r.name for r in runs if r.live), "")


def _job(job: Job) -> JobView:
    progress = job.progress
    if progress is None:
        return JobView(job.number, job.title)
    share = progress.done / progress.total if progress.total else None
    return JobView(job.number, job.title, share, progress.rate, progress.seconds_left)
