"""What the Train tab shows, decided in one place: facts in, one frozen view out. Knows no Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from studio.ground.errors import Text, text
from studio.ui.view_state import LIVE_STATES

Canvas = Literal["empty", "sheet", "starting", "run"]
Kind = Literal["info", "warning", "error"]


@dataclass(frozen=True, slots=True)
class Choice:
    """A button: the id of what it does, and its words."""

    id: str
    words: Text


@dataclass(frozen=True, slots=True)
class EmptyWords:
    """What an empty canvas says, and the one or two things to do about it."""

    icon: str
    headline: Text
    sentence: Text
    main: Choice | None = None
    other: Choice | None = None


@dataclass(frozen=True, slots=True)
class DataWords:
    """What a family says where data are missing: ``first`` where there is none at all; ``unfit``, with the reason in
    place of its sentence, where it can learn nothing from what was chosen."""

    first: EmptyWords
    unfit: EmptyWords


_IMPORT = Choice("import_data", text("Import pictures…"))
PICTURES = DataWords(
    EmptyWords(
        "data",
        text("Pictures to learn from come first"),
        text("Draw Portraits, 4 000 faces that the program makes by itself, or bring your own pictures."),
        Choice("draw_portraits", text("Draw Portraits")),
        _IMPORT,
    ),
    EmptyWords("data", text("It cannot learn from these"), text(""), Choice("import_data", text("Import others…"))),
)
_LEARN_PORTRAITS = Choice("starter:labels", text("Learn Portraits"))
LABELLED_PICTURES = DataWords(
    EmptyWords(
        "tag",
        text("Labelled pictures come first"),
        text(
            "Portraits are 4 000 faces that the program draws itself, labelled with hair, glasses and more: a first "
            "classifier learns them within minutes. Or bring a folder for each class."
        ),
        _LEARN_PORTRAITS,
        _IMPORT,
    ),
    EmptyWords("tag", text("Nothing to tell apart here"), text(""), _LEARN_PORTRAITS, _IMPORT),
)
_IMPORT_TEXTS = Choice("import_data", text("Import texts…"))
_LEARN_WORLD = Choice("starter:stories", text("Learn World"))
TEXTS = DataWords(
    EmptyWords(
        "chat",
        text("Texts to learn from come first"),
        text(
            "World is a valley whose people, stories and conversations the program writes itself. Or bring texts of "
            "your own: files, folders of them, conversations."
        ),
        _LEARN_WORLD,
        _IMPORT_TEXTS,
    ),
    EmptyWords("chat", text("It cannot learn from these"), text(""), _LEARN_WORLD, _IMPORT_TEXTS),
)
_LEARN_PAIRS = Choice("starter:translate", text("Learn English to French"))
PAIRS = DataWords(
    EmptyWords(
        "translate",
        text("Pairs of sentences come first"),
        text("The program writes English sentences with their French ones by itself. Or bring pairs of your own."),
        _LEARN_PAIRS,
        _IMPORT_TEXTS,
    ),
    EmptyWords("translate", text("It cannot learn from these"), text(""), _LEARN_PAIRS, _IMPORT_TEXTS),
)


@dataclass(frozen=True, slots=True)
class StateNotice:
    """What there is to say about the state of a run; ``details`` asks for the run's log to be folded below."""

    kind: Kind
    title: Text
    sentence: Text
    choices: tuple[Choice, ...] = ()
    details: bool = False


_CREATE = text("Create with it")


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The chosen run as its status says."""

    name: str
    state: str
    step: int = 0
    total: int = 0
    live: bool = False
    own: bool = False
    damage: Text | None = None
    error: str = ""
    smaller_batch: int = 0
    dataset_there: bool = True
    use: Text = _CREATE


@dataclass(frozen=True, slots=True)
class TrainFacts:
    """All that the view depends on. ``why_not_data``: why nothing can be learned from the chosen data set.
    ``starting``: a run of this family was asked for and has no folder yet."""

    project: bool = False
    read_only: bool = False
    datasets: int = 0
    dataset: str = ""
    dataset_fits: bool = True
    data_words: DataWords = PICTURES
    why_not_data: Text | None = None
    run: RunFacts | None = None
    starting: bool = False
    others_train: bool = False


@dataclass(frozen=True, slots=True)
class TrainView:
    """What is shown. ``locked``: why settings cannot be changed; ``live_open``: but for those that may change live."""

    canvas: Canvas
    empty: EmptyWords | None = None
    notice: StateNotice | None = None
    locked: Text | None = None
    live_open: bool = False
    live: bool = False
    note: Text | None = None
    can_renew: bool = False
    measurable: bool = False
    why_not: Text | None = None
    """Why the chosen data cannot be trained on."""


def resolve(facts: TrainFacts) -> TrainView:
    """Decide what the tab shows."""
    if facts.run is not None:
        return _run_view(facts.run)
    if facts.starting:
        locked = text("The run is being started with these settings.")
        return TrainView("starting", locked=locked, live=True)
    empty = _why_empty(facts)
    if empty is not None:
        return TrainView("empty", empty=empty, why_not=facts.why_not_data)
    return TrainView("sheet", measurable=not facts.read_only)


def _why_empty(facts: TrainFacts) -> EmptyWords | None:
    if not facts.project:
        return EmptyWords(
            "folder",
            text("No project is open"),
            text("A project is a folder that keeps your data, your runs and what you make."),
            Choice("new_project", text("New project…")),
            Choice("open_project", text("Open project…")),
        )
    if not facts.datasets:
        return _no_data(facts)
    if not facts.dataset:
        return EmptyWords("data", text("Choose a data set"), text("Its name stands at the top, beside “Data”."))
    if not facts.dataset_fits:
        return EmptyWords("data", text("This data set is empty"), text("Choose another one at the top, beside “Data”."))
    if facts.why_not_data is not None:
        return _unfit(facts, facts.why_not_data)
    return None


def _no_data(facts: TrainFacts) -> EmptyWords:
    if facts.read_only:
        return EmptyWords("data", text("There is no data set"), text("This project is open to read only."))
    return facts.data_words.first


def _unfit(facts: TrainFacts, why_not: Text) -> EmptyWords:
    unfit = replace(facts.data_words.unfit, sentence=why_not)
    return replace(unfit, main=None, other=None) if facts.read_only else unfit


# --- a run -----------------------------------------------------------------------------------------------------------


def _run_view(run: RunFacts) -> TrainView:
    live = run.live and run.state in LIVE_STATES
    return TrainView(
        "run",
        notice=None if live else _state_notice(run),
        locked=_why_locked(run, live),
        live_open=live,
        live=live,
        note=_note(run, live),
        can_renew=run.damage is None and run.dataset_there,
        measurable=False,
    )


def _why_locked(run: RunFacts, live: bool) -> Text:
    if live:
        return text("This cannot change while the run trains.")
    return text("These are the settings of {run}. Make a new run to change them.", run=run.name)


def _note(run: RunFacts, live: bool) -> Text:
    if live:
        return text("Closed while it trains, but for some settings under Advanced.")
    return text("The settings of {run}.", run=run.name)


_RENEW = Choice("renew", text("New run with these settings"))
_RESUME = Choice("resume", text("Go on"))


def _state_notice(run: RunFacts) -> StateNotice | None:
    if run.damage is not None:
        return StateNotice("error", text("This run is damaged"), run.damage)
    makers = {
        "finished": _finished,
        "stopped": _stopped,
        "interrupted": _interrupted,
        "failed": _failed,
        "waiting": _waiting,
    }
    maker = makers.get(run.state)
    return maker(run) if maker is not None else None


def _finished(run: RunFacts) -> StateNotice:
    choices = (Choice("create", run.use), Choice("longer", text("Go on longer…")), _RENEW)
    if 0 < run.step < run.total:
        return StateNotice("info", text("Learned enough"), _enough(run), choices)
    return StateNotice(
        "info", text("Finished"), text("{run} has reached step {step}.", run=run.name, step=_count(run.step)), choices
    )


def _enough(run: RunFacts) -> Text:
    return text(
        "{run} ended by itself at step {step} of {total}: it no longer became better. Its best checkpoint is kept.",
        run=run.name,
        step=_count(run.step),
        total=_count(run.total),
    )


def _stopped(run: RunFacts) -> StateNotice:
    sentence = text(
        "It stands at step {step} of {total} and can go on from there to the same result.",
        step=_count(run.step),
        total=_count(run.total),
    )
    go_on = Choice("resume", text("Go on from step {step}", step=_count(run.step)))
    return StateNotice("info", text("Stopped"), sentence, (go_on, Choice("create", run.use)))


def _interrupted(run: RunFacts) -> StateNotice:
    sentence = text(
        "Whatever trained it ended without a word, at about step {step} of {total}. Its last checkpoint is there.",
        step=_count(run.step),
        total=_count(run.total),
    )
    go_on = Choice("resume", text("Go on from the last checkpoint"))
    return StateNotice("warning", text("Interrupted"), sentence, (go_on, _RENEW), details=True)


def _failed(run: RunFacts) -> StateNotice:
    choices: tuple[Choice, ...] = (_RESUME, _RENEW) if run.step else (_RENEW,)
    if run.smaller_batch:
        choices = (Choice("smaller_batch", text("Use batch {batch}", batch=run.smaller_batch)), *choices)
    reason = text("{error}", error=run.error) if run.error else text("It ended without saying why; its log may tell.")
    return StateNotice("error", text("Failed at step {step}", step=_count(run.step)), reason, choices[:2], details=True)


def _waiting(run: RunFacts) -> StateNotice:
    return StateNotice("info", text("Waiting"), text("{run} begins when the run before it has ended.", run=run.name))


def _count(number: int) -> str:
    """Thousands apart, as the window writes numbers."""
    return f"{number:,}".replace(",", "\u00a0")
