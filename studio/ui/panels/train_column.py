"""The left column of Train at work: the draft of the next run or the settings of a stored one, and what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from studio.config.facts import Facts
from studio.config.registry import nothing
from studio.config.requests import TrainRequest
from studio.config.training import TrainingSettings
from studio.ground.errors import StudioError
from studio.projects.datasets import DataSetRecord
from studio.ui.form_fields import setting_label
from studio.ui.panels.costs import Costs, Wanted
from studio.ui.panels.description import FamilyDescription, said
from studio.ui.panels.measure_block import Cost, MeasureBlock
from studio.ui.panels.start_dialog import Beginning
from studio.ui.panels.train_controls import TrainControls
from studio.ui.panels.train_draft import Draft, Filled, changes_over, fill, fill_from_run
from studio.ui.panels.train_view import TrainView
from studio.ui.text import count_text
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.session import Session

_LIVE_SECONDS = 0.5


class TrainColumn(QObject):
    """`show` what a view says; ask it for the `request` of a new run."""

    state_changed = Signal()
    intention_changed = Signal()
    dial_changed = Signal()
    live_changed = Signal(str, object)
    renew_asked = Signal()

    def __init__(self, session: Session, description: FamilyDescription, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._about = description
        self._family = description.family
        self._draft = Draft()
        self._key: object = None
        self._cost_at = 0.0
        self._view: TrainView | None = None
        self._stored: tuple[object, Filled, TrainingSettings] | None = None
        self.controls = TrainControls(description)
        self.footer = MeasureBlock()
        self.costs = Costs(session, self._family, self)
        self._connect()

    def _connect(self) -> None:
        controls = self.controls
        controls.dial_chosen.connect(self._on_dial)
        controls.changed.connect(self._on_form)
        controls.live_changed.connect(self.live_changed)
        controls.renew_asked.connect(self.renew_asked)
        controls.start_cleared.connect(self._on_start_cleared)
        controls.advanced_toggled.connect(self.state_changed)
        self.footer.measure_asked.connect(self.costs.measure)
        self.footer.cancel_asked.connect(self.costs.cancel)
        self.costs.changed.connect(self.show_cost)
        self.costs.measured.connect(self.state_changed)

    # --- what is shown -----------------------------------------------------------------------------------------------

    def show(self, view: TrainView) -> None:
        """Fill the form where something else is to be shown; else only close or open it."""
        self._view = view
        self.controls.set_refused(spoken(view.why_not))
        chosen = self._session.selection(self._family)
        data = self._facts(chosen.dataset)
        source = self._source(chosen.run, data)
        shown = (view.locked, view.live_open, view.note, view.can_renew, view.why_not)
        key = (source, self._session.device_facts(), self._records(), *shown)
        if key != self._key:
            self._key = key
            self._show_form(view, chosen.run, source, data)
            self._cost_at = 0.0
            self.intention_changed.emit()
        self.show_cost()

    def forget_shown(self) -> None:
        """Read the run's settings anew at the next chance."""
        self._key = None
        self._stored = None

    def _source(self, run: str, data: Facts) -> object:
        """What the form is filled from; a run that was extended is read again."""
        info = self._session.lists.run(run)
        if info is not None:
            return run, info.status.legs, info.status.total, data
        return self._draft.dial, self._draft.start_run, self._draft.start_checkpoint, self._draft.start_project, data

    def _show_form(self, view: TrainView, run: str, source: object, data: Facts) -> None:
        locked = spoken(view.locked)
        filled = self._filled(run, source, data)
        if filled is not None:
            self.controls.show_settings(filled, data, locked, live_open=view.live_open)
            dataset, others = self._records()
            self.controls.show_block(dataset, others)
        self.controls.lock(locked, live_open=view.live_open)
        self.controls.set_note(spoken(view.note), can_renew=view.can_renew)
        self.controls.set_start("" if run else self._start_words(), can_choose=not run and not locked)
        self._set_wanted()

    def _records(self) -> tuple[DataSetRecord | None, tuple[DataSetRecord, ...]]:
        """The chosen data set, and the others, where the family's own block wants to know them."""
        name = self._session.selection(self._family).dataset
        if self._about.block is None:
            return None, ()
        others = tuple(record for record in self._session.datasets() if record.name != name)
        return self._session.lists.dataset(name), others

    def _filled(self, run: str, source: object, data: Facts) -> Filled | None:
        if not run:
            self._stored = None
            fitting = replace(self._draft, overrides=self._about.fitting(self._draft.overrides, data))
            return fill(self._family, fitting, data, self._session.device_facts())
        if self._stored is None or self._stored[0] != source:
            self._stored = self._read_run(run, source, data)
        return self._stored[1] if self._stored is not None else None

    def _read_run(self, run: str, source: object, data: Facts) -> tuple[object, Filled, TrainingSettings] | None:
        """The settings of a stored run; a damaged one shows none (the notice says why)."""
        project = self._session.project
        if project is None:
            return None
        try:
            found = project.runs.get(run)
            config = found.config()
        except (OSError, StudioError):
            return None
        try:
            request = found.request()
        except (OSError, StudioError):
            request = None  # only the name of the preset is lost: the nearest one is shown
        return source, fill_from_run(config, request, data, self._session.device_facts()), config

    def _start_words(self) -> str:
        draft = self._draft
        if not draft.start_run:
            return ""
        at = draft.start_checkpoint
        words_of = {"last": self.tr("its last checkpoint"), "best": self.tr("its best checkpoint")}
        named = self.tr("step {0}").format(count_text(int(at))) if at.isdigit() else words_of.get(at, at)
        words = self.tr("Starts from the weights of {0}, {1}. What its network is made of must stay the same.")
        place = Path(draft.start_project).stem
        run = self.tr("{0} in {1}").format(draft.start_run, place) if place else draft.start_run
        return words.format(run, named)

    def _facts(self, dataset: str) -> Facts:
        """What presets need to know of a data set; of none, or one of another kind, that it holds nothing."""
        return self._session.facts_for(self._family, dataset) or nothing(self._family)

    # --- costs -------------------------------------------------------------------------------------------------------

    def _data(self) -> tuple[str, Facts]:
        """The chosen data set and what presets need to know of it."""
        name = self._session.selection(self._family).dataset
        return name, self._facts(name)

    def _set_wanted(self) -> None:
        """What is there to be measured: only the settings of a new run."""
        name, data = self._data()
        if self._session.selection(self._family).run or not data.count:
            self.costs.set_wanted(None)
            return
        value = self.controls.form.value()
        config = value if isinstance(value, TrainingSettings) else None
        self.costs.set_wanted(Wanted(name, data, config))

    def show_cost(self) -> None:
        """Show what is known of speed, time and memory; while a run trains at most twice a second."""
        if self._view is None or (self._view.live and monotonic() - self._cost_at < _LIVE_SECONDS):
            return
        self._cost_at = monotonic()
        self.footer.show_cost(self._cost(self._view))
        self.controls.set_times(self.costs.times(*self._data()))
        self.controls.form.set_derived({"steps": self.costs.steps_words()})

    def _cost(self, view: TrainView) -> Cost:
        items = said(self._about.items)
        if view.canvas == "run":
            return self._cost_of_run(items, live=view.live)
        if view.canvas == "sheet":
            return self.costs.cost(items, self._why_not_measure())
        return Cost(items=items, ended=True)

    def _cost_of_run(self, items: str, *, live: bool) -> Cost:
        """Speed and time of a run: as it goes, or what it took."""
        info = self._session.lists.run(self._session.selection(self._family).run)
        if info is None:
            return Cost(items=items, ended=True)
        status, training = info.status, self._session.training
        held = self.costs.of(info.dataset, self._stored[2] if self._stored is not None else None)
        memory, free = (held.memory, held.free) if held is not None else (0, 0)
        if live and training is not None and self._session.is_own(info.name):
            return Cost(items, training.rate, training.seconds_left, memory, free, trains=True)
        if live:
            return Cost(items, status.rate, status.seconds_left, memory, free, trains=True)
        if not status.items or not status.seconds_trained:
            return Cost(items, None, status.seconds_trained or None, memory, ended=True)
        return Cost(items, status.items / status.seconds_trained, status.seconds_trained, memory, ended=True)

    def _why_not_measure(self) -> str:
        if self._session.engine.state != "ready":
            return self.tr("PyTorch is not loaded yet.")
        if self.controls.form.error():
            return self.controls.form.error()
        if self._session.training is not None:
            return self.tr("Something trains; the figures would be wrong.")
        return self.tr("Something else is being measured.") if self.costs.found.busy else ""

    # --- requests and drafts -----------------------------------------------------------------------------------------

    def error(self) -> str:
        """Why the settings are refused, or nothing."""
        return self.controls.refused() or self.controls.form.error()

    def config(self) -> TrainingSettings | None:
        """The settings shown; None while they are refused."""
        value = self.controls.form.value()
        return value if isinstance(value, TrainingSettings) else None

    def request(self) -> TrainRequest | None:
        """What asks for a new run with the settings shown; None while they are refused."""
        config, chosen = self.config(), self._session.selection(self._family)
        if config is None or not chosen.dataset or self.controls.refused():
            return None
        start = self._draft.start_run if not chosen.run else ""
        return TrainRequest(
            family=self._family,
            dataset=chosen.dataset,
            config=config.model_dump(mode="json"),
            dial=self._draft.with_dial(self.controls.cards.value()).dial,
            device=self._session.preferences.device,
            start_run=start or None,
            start_checkpoint=self._draft.start_checkpoint if start else "last",
            start_project=Path(self._draft.start_project) if start and self._draft.start_project else None,
        )

    def use_settings_shown(
        self, changes: Mapping[str, Any], *, start_run: str = "", start_checkpoint: str = "last"
    ) -> None:
        """Make a draft of the stored run's settings, with changes, and show it."""
        if self._stored is None:
            return
        _, filled, config = self._stored
        overrides = {**changes_over(filled.base, config), **changes}
        self._take(Draft(self._draft.with_dial(filled.dial).dial, overrides, start_run, start_checkpoint))

    def begin_with(self, found: Beginning) -> None:
        """Make a draft of the settings of a trained run, from its weights, and show it."""
        filled = fill_from_run(found.config, None, self._data()[1], self._session.device_facts())
        place = str(found.project) if found.project is not None else ""
        overrides = changes_over(filled.base, found.config)
        dial = self._draft.with_dial(filled.dial).dial
        self._take(Draft(dial, overrides, found.run, found.checkpoint, place))

    def _take(self, draft: Draft) -> None:
        self._draft = draft
        self.forget_shown()
        self._session.select(self._family, run="")
        self.dial_changed.emit()
        self.state_changed.emit()

    def was_asked(self) -> None:
        """The draft was asked for: the next run starts from fresh weights again."""
        self._draft = self._draft.afresh()

    def label(self, path: str) -> str:
        """What the form calls a setting."""
        field = self.controls.form.field(path)
        return setting_label(field.row) if field is not None else path

    def reset(self) -> None:
        """Another project."""
        self.costs.clear()
        self._draft, self._view = Draft(), None
        self.forget_shown()

    def state(self) -> dict[str, Any]:
        """What should be the same tomorrow."""
        return {
            "draft": self._draft.to_json(),
            "advanced": self.controls.form.advanced_open,
            "measured": self.costs.state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up `state`."""
        self._draft = Draft.from_json(state.get("draft"))
        self.controls.form.advanced_open = state.get("advanced") is True
        self.costs.restore(state.get("measured"))
        self.forget_shown()

    # --- what the user does ------------------------------------------------------------------------------------------

    def _on_dial(self, dial: str) -> None:
        self._draft = self._draft.with_dial(dial)
        self.dial_changed.emit()
        self.state_changed.emit()

    def _on_form(self) -> None:
        if not self._session.selection(self._family).run:
            self._draft = replace(self._draft, overrides=self.controls.form.overrides())
            self._set_wanted()
            self.show_cost()
            self.state_changed.emit()
        self.intention_changed.emit()

    def _on_start_cleared(self) -> None:
        self.was_asked()
        self.controls.set_start("", can_choose=True)
        self.state_changed.emit()
