"""The Look inside tab of the classifier's panel: what it gets right, how sure it is, and its worst mistakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from studio.config.requests import AskRequest
from studio.ground.errors import Text, text
from studio.ground.events import Progress
from studio.ui.palette import SIZES
from studio.ui.panels.label_chooser import LabelChooser
from studio.ui.panels.maker import Maker
from studio.ui.panels.model_tab import ModelTab
from studio.ui.panels.quality_views import QualityView, RightView, SureView, WorstView
from studio.ui.panels.quality_work import Examined, QualityWork
from studio.ui.panels.tab import TabIntention
from studio.ui.panels.view_list import ViewList
from studio.ui.text import Label, count_text
from studio.ui.view_state import HeaderIntention
from studio.ui.widgets.busy import BusyRow
from studio.ui.widgets.buttons import Button
from studio.ui.widgets.empty_state import EmptyState
from studio.ui.widgets.frames import dense, rule
from studio.ui.widgets.inputs import Combo
from studio.ui.widgets.pictures import to_image
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.ui.session import Session

_FIRST = "right"
_OTHER = "\0"  # before the name of another data set, among the parts


class ClassifierLookTab(ModelTab):
    """Three views of one examination; it is made once for each checkpoint and part, in the background."""

    def __init__(self, session: Session, family: str, parent: QObject | None = None) -> None:
        super().__init__(session, family, parent)
        self.maker = Maker(session, family, "look", self)
        self.maker.doing = self.tr("Asking the classifier")
        self.work = QualityWork(session, self)
        self.views: dict[str, QualityView] = {}
        self._told: Text | None = None
        self._label = ""
        self._choices = ""
        self.view_list = ViewList(self._all_views())
        self.view_list.picked.connect(self._on_view)
        self._build_controls()
        self._build_canvas()
        self._connect()
        self.show_view(_FIRST)

    def _all_views(self) -> dict[str, tuple[str, str]]:
        """Of each view its name, and one sentence that explains it."""
        right = self.tr(
            "Precision: of what it takes for a value, the share that is. Recall: of what is that value, the share it "
            "recognises."
        )
        sure = self.tr(
            "A probability of 80 % should be right four times in five. Where it is right less often, it promises more "
            "than it keeps."
        )
        worst = self.tr(
            "The pictures about which it was surest and wrong. Often the label is wrong, not the classifier: go there "
            "and change it."
        )
        return {
            "right": (self.tr("What it gets right"), right),
            "sure": (self.tr("How sure it is"), sure),
            "worst": (self.tr("Its worst mistakes"), worst),
        }

    # --- building ----------------------------------------------------------------------------------------------------

    def _build_controls(self) -> None:
        self.part = Combo()
        self.part.setObjectName("qualityPart")
        self.part.setAccessibleName(self.tr("Pictures to examine it on"))
        self.part.value_changed.connect(self._on_part)
        self.again = Button(self.tr("Look again"), kind="small", icon="refresh")
        self.again.setObjectName("qualityAgain")
        self.again.clicked.connect(self._on_again)
        self._part_words = Label(role="small", wrap=True)
        column = dense(QVBoxLayout(self.controls), gap=12)
        column.addWidget(Label(self.tr("Show"), role="dim"))
        column.addWidget(self.view_list)
        column.addWidget(rule())
        column.addWidget(Label(self.tr("Examined on"), role="dim"))
        column.addWidget(self.part)
        column.addWidget(self._part_words)
        column.addWidget(self.again)

    def _build_canvas(self) -> None:
        self._title = Label(role="strong")
        self._said = Label(role="dim", wrap=True)
        self._said.setObjectName("lookSaid")
        self.chooser = LabelChooser()
        self.busy = BusyRow()
        self.busy.setObjectName("lookBusy")
        self.empty = EmptyState("eye", "")
        self.empty.setObjectName("lookEmpty")
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        for view in (RightView(), SureView(), WorstView()):
            self.views[view.key] = view
            self._stack.addWidget(view)
        self._head = QWidget()
        words = dense(QVBoxLayout(), gap=3)
        words.addWidget(self._title)
        words.addWidget(self._said)
        head = dense(QHBoxLayout(self._head), gap=16)
        head.addLayout(words, 1)
        head.addWidget(self.chooser)
        column = QVBoxLayout(self.canvas)
        column.setContentsMargins(SIZES.margin, 16, SIZES.margin, 16)
        column.setSpacing(12)
        column.addWidget(self._head)
        column.addWidget(self._stack, 1)
        column.addWidget(self.busy)

    def _connect(self) -> None:
        worst = self.views["worst"]
        assert isinstance(worst, WorstView)
        worst.heat_asked.connect(self._on_heat)
        worst.data_asked.connect(self._on_data)
        self.chooser.picked.connect(self._on_label)
        self.busy.cancelled.connect(self.work.stop)
        self.busy.cancelled.connect(self._on_cancelled)
        self.empty.triggered.connect(self._on_empty_button)
        self.work.found.connect(self._on_found)
        self.work.failed.connect(self._on_failed)
        self.work.working.connect(self._on_working)
        self.listen()

    # --- the tab -----------------------------------------------------------------------------------------------------

    def activate(self) -> None:
        super().activate()
        self.refresh()

    def deactivate(self) -> None:
        super().deactivate()
        self.maker.forget_all()
        self.work.stop()
        self.busy.finish()

    def project_changed(self) -> None:
        self.maker.forget_all()
        self.work.forget()
        self._told = None

    def close_tab(self) -> None:
        self.maker.forget_all()
        self.work.stop()

    def state(self) -> dict[str, Any]:
        return {"show": self.view_name(), "label": self._label, "part": str(self.part.value() or "test")}

    def restore(self, state: Mapping[str, Any]) -> None:
        label = state.get("label")
        self._label = label if isinstance(label, str) else ""
        self._fill_parts()
        self.part.set_value(str(state.get("part", "test")))
        self.show_view(str(state.get("show", _FIRST)))

    def intention_part(self) -> TabIntention:
        return TabIntention(header=HeaderIntention(run=True, checkpoint=True, primary=""))

    def actions(self) -> Mapping[str, Callable[[], None]]:
        return {"copy": self._copy} if self.view_name() == "worst" else {}

    def arrive(self, **what: Any) -> None:
        if "show" in what:
            self.show_view(str(what["show"]))
            self.state_changed.emit()

    # --- what is shown -----------------------------------------------------------------------------------------------

    def view_name(self) -> str:
        """The view shown."""
        return self.view_list.value()

    def show_view(self, name: str) -> None:
        """Show a view; an unknown name shows the first."""
        self.view_list.choose(name)
        self._title.setText(self.view_list.title())
        self.intention_changed.emit()
        self.refresh()

    def examined(self) -> Examined | None:
        """What is looked at; None where no checkpoint is chosen."""
        if self.maker.model is None:
            return None
        part = str(self.part.value() or "test")
        if part.startswith(_OTHER):
            return Examined(self.maker.model, dataset=part.removeprefix(_OTHER))
        return Examined(self.maker.model, part)

    def refresh(self) -> None:
        """Show what was found, or look."""
        if not self.active:
            return
        self.maker.refresh()
        self._fill_parts()
        self._forget_if_relabelled()
        what = self.examined()
        why = self.why_no_model(self.tr("Looking inside needs a trained run."))
        self._head.setVisible(not why and what is not None and self.work.get(what) is not None)
        self.again.set_available(why or (self.tr("It is being examined.") if self.work.busy else ""))
        if why or what is None:
            self._show_empty(why)
        elif self.work.get(what) is not None:
            self._show_quality(self.work.get(what))
        elif self._told is not None:
            self.empty.set_words(self.tr("It was not examined"), spoken(self._told), self.tr("Look again"))
            self._stack.setCurrentWidget(self.empty)
        elif self.session.engine.state == "ready":
            self._look(what)

    def _look(self, what: Examined) -> None:
        self.empty.set_words(self.tr("Being examined"), self.tr("Every picture of the part is asked about once."))
        self._stack.setCurrentWidget(self.empty)
        if not self.work.busy:
            self.busy.set_progress(self.tr("Examining"))
        self.work.look(what)

    def _show_quality(self, quality: Any) -> None:
        self.busy.finish()
        names = tuple(quality.labels)
        self.chooser.set_names(names)
        self.chooser.set_value(self._label)
        view = self.views[self.view_name()]
        if not names:
            self.empty.set_words(self.tr("Nothing to compare"), self.tr("These pictures bear none of its labels."))
            self._stack.setCurrentWidget(self.empty)
            return
        view.show_quality(quality, self.chooser.value())
        self._said.setText(view.sentence())
        self._part_words.setText(self._examined_words(quality))
        self._stack.setCurrentWidget(view)

    def _examined_words(self, quality: Any) -> str:
        words = self.tr("{0} pictures it never learned from, asked at step {1}.")
        if quality.part == "all":
            words = self.tr("All {0} pictures, asked at step {1}.")
        return words.format(count_text(quality.count), count_text(quality.step))

    def _fill_parts(self) -> None:
        """The parts of its own data set, then the other data sets."""
        trained = self.maker.trained
        own = self.session.lists.dataset(trained.dataset) if trained is not None else None
        choices: list[tuple[Any, str]] = [
            ("test", self.tr("its test pictures")),
            ("validation", self.tr("its validation pictures")),
        ]
        choices += [
            (f"{_OTHER}{record.name}", self.tr("all of {0}").format(record.name))
            for record in self.session.datasets()
            if own is None or record.folder != own.folder
        ]
        if [key for key, _ in choices] != [self.part.itemData(row) for row in range(self.part.count())]:
            self.part.set_choices(choices)

    def _forget_if_relabelled(self) -> None:
        """Labels or choices of a data set have changed since: what was found is no longer true."""
        now = repr([(record.name, record.choices) for record in self.session.datasets()])
        if now != self._choices:
            if self._choices:
                self.work.forget()
                self._told = None
            self._choices = now

    def _show_empty(self, why: str) -> None:
        self._stack.setCurrentWidget(self.empty)
        self.busy.finish()
        self._part_words.setText("")
        self.fill_empty(
            self.empty,
            which=self.tr("Which run shall be looked into?"),
            nothing=self.tr("Nothing to look into yet"),
            why=why,
        )

    # --- what happens ------------------------------------------------------------------------------------------------

    def _on_selection(self, family: str) -> None:
        if family == self.family:
            self._told = None
            self.refresh()

    def _on_view(self, name: str) -> None:
        self.show_view(name)
        self.state_changed.emit()

    def _on_part(self) -> None:
        self._told = None
        self.refresh()
        self.state_changed.emit()

    def _on_again(self) -> None:
        what = self.examined()
        self._told = None
        if what is not None:
            self.work.look(what, anew=True)
        self.refresh()

    def _on_label(self, label: str) -> None:
        self._label = label
        self.refresh()
        self.state_changed.emit()

    def _on_working(self, progress: Progress) -> None:
        self.busy.set_progress(
            spoken(progress.what), progress.done, progress.total, seconds_left=progress.seconds_left
        )

    def _on_found(self) -> None:
        self.busy.finish()
        self.refresh()

    def _on_failed(self, why: Text) -> None:
        self.busy.finish()
        self._told = why
        self.refresh()

    def _on_cancelled(self) -> None:
        self._on_failed(text("Stopped before it was through."))

    def _on_empty_button(self) -> None:
        if self._told is not None and self.maker.model is not None:
            self._on_again()
        else:
            self.choose_or_train()

    # --- mistakes ----------------------------------------------------------------------------------------------------

    def _on_heat(self, picture_HWC: np.ndarray, wanted: str) -> None:
        what, worst = self.examined(), self.views["worst"]
        if what is None or not isinstance(worst, WorstView):
            return
        request = AskRequest(
            run=what.model.run, checkpoint=what.model.checkpoint, picture=_png(picture_HWC), heat=wanted,
            device=self.session.preferences.device,
        )  # fmt: skip

        def on_answer(answer: Any) -> None:
            worst.set_heat(answer.heat)

        self.maker.look("heat", request, on_answer)

    def _on_data(self, name: str) -> None:
        what, worst = self.examined(), self.views["worst"]
        found = self.work.get(what) if what is not None else None
        if found is None or not isinstance(worst, WorstView):
            return
        words = self.tr("mistakes of {0}").format(self.chooser.value())
        self.session.go("data", dataset=found.dataset, pictures=worst.names(), picture=name, words=words)

    def _copy(self) -> None:
        worst = self.views["worst"]
        if isinstance(worst, WorstView):
            worst.grid.copy_current()


def _png(picture_HWC: np.ndarray) -> bytes:
    """A picture as a PNG file."""
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    to_image(picture_HWC).save(buffer, "PNG")  # type: ignore[call-overload]
    buffer.close()
    return bytes(data.data())
