"""What the window shows and allows: intention plus reality, resolved into one frozen view state.

Intention is what the user looks at and has chosen; reality is what the project, the runs and the machine are doing.
Only here is decided what is enabled, what the main button says, and why something cannot be done. Knows no Qt.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from studio.ground.errors import Text, text

Engine = Literal["waiting", "loading", "ready", "failed"]
Dot = Literal["idle", "running", "paused", "failed"]
LIVE_STATES = ("running", "paused")
RESUMABLE_STATES = ("stopped", "interrupted", "failed")


@dataclass(frozen=True, slots=True)
class HeaderIntention:
    """What a page wants in the header: its title, which pickers, and the actions behind its buttons."""

    title: str = ""
    data: bool = False
    run: bool = False
    checkpoint: bool = False
    primary: str = ""
    secondary: tuple[str, ...] = ()


@dataclass(frozen=True)
class PageIntention:
    """What the user looks at and has chosen. ``blocks`` are a page's own reasons against actions."""

    page: str = "home"
    family: str = ""
    tab: str = ""
    form_error: str = ""
    blocks: Mapping[str, Text] = field(default_factory=dict)
    offers: frozenset[str] = frozenset()
    """Actions that only some pages serve, and that this one does."""
    header: HeaderIntention = HeaderIntention()
    dataset: str = ""
    run: str = ""


@dataclass(frozen=True, slots=True)
class RunView:
    """One run as the window sees it. ``own``: trained by this window. Rates in items a second, time in seconds."""

    name: str
    family: str = ""
    dataset: str = ""
    state: str = "waiting"
    step: int = 0
    total: int = 0
    live: bool = False
    own: bool = False
    rate: float | None = None
    seconds_left: float | None = None
    damage: str = ""
    activity: Text | None = None
    activity_share: float | None = None


@dataclass(frozen=True, slots=True)
class JobView:
    """A piece of work besides training; ``share`` of it done is None where unknown."""

    number: int
    title: str
    share: float | None = None
    rate: float | None = None
    seconds_left: float | None = None


@dataclass(frozen=True)
class Reality:
    """What is the case: project, data sets, runs, engine, jobs."""

    project: str = ""
    read_only: bool = False
    why_read_only: Text | None = None
    trouble: Text | None = None
    """Why the last write of the window's state failed; it is tried again."""
    datasets: tuple[str, ...] = ()
    runs: tuple[RunView, ...] = ()
    training: str = ""
    waiting: int = 0
    engine: Engine = "waiting"
    engine_error: str = ""
    undo: Text | None = None
    redo: Text | None = None
    jobs: tuple[JobView, ...] = ()
    closing: bool = False
    saved: Literal["saved", "saving"] = "saved"
    machine: str = ""

    def run(self, name: str) -> RunView | None:
        """The run of that name."""
        return next((r for r in self.runs if r.name == name), None)


@dataclass(frozen=True, slots=True)
class ActionView:
    """One action: enabled, or why not. ``title`` replaces the table's where the state says so."""

    why_not: Text | None = None
    title: Text | None = None
    icon: str = ""

    @property
    def enabled(self) -> bool:
        """Whether it can be done now."""
        return self.why_not is None


@dataclass(frozen=True, slots=True)
class StatusView:
    """The status bar. ``share`` of the run or job done, or None; ``activity`` is said where no numbers are.

    ``family``: of the run that trains; it decides what ``rate`` counts.
    """

    dot: Dot = "idle"
    name: str = ""
    run: str = ""
    family: str = ""
    activity: Text | None = None
    share: float | None = None
    rate: float | None = None
    seconds_left: float | None = None
    busy: bool = False
    cancel: int = 0
    waiting: int = 0
    machine: str = ""
    saved: Text | None = None


@dataclass(frozen=True)
class ViewState:
    """All that the window applies; compared with the last one, only differences are touched."""

    actions: Mapping[str, ActionView]
    primary: str
    secondary: tuple[str, ...]
    header: HeaderIntention
    status: StatusView
    title: str
    training_family: str
    banner: Text | None


def resolve(intention: PageIntention, reality: Reality) -> ViewState:
    """Decide what is shown and allowed, and say why not where it is not."""
    live = reality.run(reality.training)
    return ViewState(
        actions={name: _action(name, intention, reality) for name in (*_RULES, *_PAGE_ACTIONS)},
        primary=_main_button(intention, reality),
        secondary=tuple(_secondary(intention, reality)),
        header=intention.header,
        status=_status(reality),
        title=f"{reality.project} – Generative Studio" if reality.project else "Generative Studio",
        training_family=live.family if live is not None else "",
        banner=_banner(reality),
    )


# --- why not ---------------------------------------------------------------------------------------------------------

Reason = Callable[[PageIntention, Reality], Text | None]


def _always(intention: PageIntention, reality: Reality) -> Text | None:
    return None


def _project(intention: PageIntention, reality: Reality) -> Text | None:
    return None if reality.project else text("No project is open. Open one or make a new one first.")


def _writable(intention: PageIntention, reality: Reality) -> Text | None:
    if not reality.read_only:
        return None
    return reality.why_read_only or text("This project can only be read.")


def _engine(intention: PageIntention, reality: Reality) -> Text | None:
    if reality.engine == "failed":
        return text("PyTorch could not be loaded: {reason}", reason=reality.engine_error)
    return None if reality.engine == "ready" else text("PyTorch is still being loaded; a few seconds more.")


def _has_data(intention: PageIntention, reality: Reality) -> Text | None:
    if not reality.datasets:
        return text("There is no data set yet. Import pictures or draw Portraits first.")
    return None if intention.dataset else text("Choose a data set first.")


def _panel(intention: PageIntention, reality: Reality) -> Text | None:
    return None if intention.family else text("Open a model panel first, for example GAN.")


def _form(intention: PageIntention, reality: Reality) -> Text | None:
    return text("{error}", error=intention.form_error) if intention.form_error else None


def _live_run(intention: PageIntention, reality: Reality) -> Text | None:
    return None if steered(intention, reality) is not None else text("Nothing is training.")


def _not_closing(intention: PageIntention, reality: Reality) -> Text | None:
    return text("The window is closing.") if reality.closing else None


def _undoable(intention: PageIntention, reality: Reality) -> Text | None:
    return None if reality.undo is not None else text("There is nothing to undo.")


def _redoable(intention: PageIntention, reality: Reality) -> Text | None:
    return None if reality.redo is not None else text("Nothing was taken back that could be done again.")


def _resumable(intention: PageIntention, reality: Reality) -> Text | None:
    run = reality.run(intention.run)
    if run is None:
        return text("Choose a run first.")
    if run.damage:
        return text("This run is damaged: {damage}", damage=run.damage)
    if run.live:
        return text("This run is training already.")
    if run.state == "finished":
        return text("This run has reached its last step. Extend it on the Runs page.")
    return None


def _chosen_run(intention: PageIntention, reality: Reality) -> Text | None:
    return None if reality.run(intention.run) is not None else text("Choose a run first.")


_RULES: Mapping[str, tuple[Reason, ...]] = {
    "new_project": (_not_closing,),
    "open_project": (_not_closing,),
    "close_project": (_project, _not_closing),
    "show_folder": (_project,),
    "import_data": (_project, _writable, _not_closing),
    "load_model": (_project, _writable, _engine, _not_closing),
    "draw_portraits": (_project, _writable, _not_closing),
    "train": (_project, _writable, _panel, _has_data, _form, _engine, _not_closing),
    "resume": (_project, _writable, _resumable, _engine, _not_closing),
    "new_run": (_project, _panel),
    "pause": (_live_run, _not_closing),
    "stop": (_live_run, _not_closing),
    "sample_now": (_live_run, _not_closing),
    "save_now": (_live_run, _not_closing),
    "measure": (_project, _chosen_run, _engine, _not_closing),
    "undo": (_undoable,),
    "redo": (_redoable,),
    "palette": (_always,),
    "theme": (_always,),
    "full_screen": (_always,),
    "shortcuts": (_always,),
    "about": (_always,),
    "quit": (_always,),
}

# Done by the page that is shown: enabled where it offers them and has no reason against them.
_PAGE_ACTIONS: Mapping[str, Text] = {
    "generate": text("Open the Create tab of a model panel to generate."),
    "write_again": text("Open a conversation first."),
    "stop_writing": text("Nothing is being written."),
    "new_conversation": text("Open the Chat tab first."),
    "new_notebook": text("Open the Chat tab first."),
    "keep": text("Nothing here can be kept."),
    "export": text("Nothing here can be exported."),
    "film": text("Open a run with samples first."),
    "copy": text("Nothing here can be copied."),
    "delete": text("Nothing is chosen in a list."),
    "select_all": text("There is no list here."),
    "find": text("There is nothing to search here."),
    "rename": text("Nothing here can be renamed."),
}
_NEEDS_ENGINE = ("generate",)


def _action(name: str, intention: PageIntention, reality: Reality) -> ActionView:
    return ActionView(_why_not(name, intention, reality), *_wording(name, intention, reality))


def _why_not(name: str, intention: PageIntention, reality: Reality) -> Text | None:
    if name in _PAGE_ACTIONS and name not in intention.offers:
        return _PAGE_ACTIONS[name]
    rules = _RULES.get(name, (_engine,) if name in _NEEDS_ENGINE else ())
    for rule in rules:
        reason = rule(intention, reality)
        if reason is not None:
            return reason
    return intention.blocks.get(name)


def _wording(name: str, intention: PageIntention, reality: Reality) -> tuple[Text | None, str]:
    """Title and icon where they depend on the state."""
    live = steered(intention, reality)
    if name == "pause" and live is not None and live.state == "paused":
        return text("Continue"), "play"
    if name == "train" and reality.training:
        return text("Add to queue"), "queue"
    if name == "undo" and reality.undo is not None:
        return text("Undo: {what}", what=reality.undo), ""
    if name == "redo" and reality.redo is not None:
        return text("Redo: {what}", what=reality.redo), ""
    return None, ""


# --- buttons of the header -------------------------------------------------------------------------------------------


def steered(intention: PageIntention, reality: Reality) -> RunView | None:
    """The live run that Pause and Stop mean: the chosen one if it lives, else the one that trains."""
    for name in (intention.run, reality.training):
        run = reality.run(name)
        if run is not None and run.live:
            return run
    return None


def _main_button(intention: PageIntention, reality: Reality) -> str:
    """What the one coloured button does: Train, Pause or Continue, Resume; or what the page asked for."""
    wanted = intention.header.primary
    if wanted != "train":
        return wanted
    run = reality.run(intention.run)
    if run is not None and run.live:
        return "pause"
    if run is not None and run.state in RESUMABLE_STATES and not run.damage:
        return "resume"
    return "train"


def _secondary(intention: PageIntention, reality: Reality) -> list[str]:
    """The quiet buttons. Beside Resume stands New run; Stop is there while there is something to stop."""
    wanted = list(intention.header.secondary)
    if intention.header.primary != "train":
        return wanted
    main = _main_button(intention, reality)
    extra = ["new_run"] if main in ("resume", "train") and reality.run(intention.run) is not None else []
    return extra + [name for name in wanted if name != "stop" or main == "pause"]


# --- status and banner -----------------------------------------------------------------------------------------------


def _status(reality: Reality) -> StatusView:
    common = {"waiting": reality.waiting, "machine": reality.machine, "saved": _saved(reality)}
    run = reality.run(reality.training)
    if run is not None and run.live:
        return StatusView(**common, **_run_status(run))  # type: ignore[arg-type]
    if reality.jobs:
        return StatusView(**common, **_job_status(reality.jobs[0]))  # type: ignore[arg-type]
    return StatusView(**common, **_quiet_status(reality))  # type: ignore[arg-type]


def _run_status(run: RunView) -> dict[str, object]:
    paused = run.state == "paused"
    state: dict[str, object] = {"dot": "paused" if paused else "running", "name": run.name, "run": run.name}
    state["family"] = run.family
    if paused:
        return state | {"activity": text("paused"), "share": _share(run)}
    if run.rate is None or (run.activity is not None and run.step == 0):
        starting = run.activity or text("starting")
        return state | {"activity": starting, "share": run.activity_share, "busy": run.activity_share is None}
    return state | {"share": _share(run), "rate": run.rate, "seconds_left": run.seconds_left}


def _share(run: RunView) -> float | None:
    return run.step / run.total if run.total else None


def _job_status(job: JobView) -> dict[str, object]:
    return {
        "dot": "running",
        "name": job.title,
        "share": job.share,
        "rate": job.rate,
        "seconds_left": job.seconds_left,
        "busy": job.share is None,
        "cancel": job.number,
    }


def _quiet_status(reality: Reality) -> dict[str, object]:
    if reality.engine == "loading":
        return {"activity": text("Loading PyTorch…"), "busy": True}
    if reality.engine == "failed":
        return {"dot": "failed", "activity": text("PyTorch could not be loaded")}
    return {"activity": text("Nothing is training")}


def _saved(reality: Reality) -> Text | None:
    if not reality.project:
        return None
    if reality.read_only:
        return text("Read only")
    if reality.trouble is not None:
        return text("Not saved")
    return text("Saving…") if reality.saved == "saving" else text("All saved")


def _banner(reality: Reality) -> Text | None:
    if not (reality.project and reality.read_only):
        return None
    return reality.why_read_only or text("This project can only be read.")
