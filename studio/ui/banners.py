"""Banners under the header for what concerns the whole project: read only, damage, runs that wait or were cut short."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from studio.ui.session import Session
from studio.ui.view_state import ViewState
from studio.ui.widgets.notice_bar import Notice, NoticeStack
from studio.ui.words import spoken


class Banners(QWidget):
    """At most two are shown; the others wait behind them."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("banners")
        self._session = session
        self._stack = NoticeStack(limit=2)
        self._stack.action_triggered.connect(self._on_action)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 12, 20, 0)
        column.addWidget(self._stack)
        self._engine_told = False
        self.hide()

    def project_changed(self) -> None:
        """Another project: say what was found on opening it."""
        self._stack.clear()
        project = self._session.project
        if project is not None:
            self._tell_losses([spoken(loss) for loss in project.losses])
            self._tell_interrupted()
            self._tell_waiting()
        self._fit()

    def apply(self, state: ViewState) -> None:
        """Show or take away what the view state decides."""
        if state.banner is None:
            self._stack.remove("read_only")
        else:
            self._stack.put(Notice("read_only", self.tr("Read only"), spoken(state.banner), dismissable=False))
        self._tell_engine()
        self._fit()

    def notices(self) -> tuple[Notice, ...]:
        """What is shown or waits."""
        return tuple(self._stack.notices())

    def _tell_losses(self, losses: list[str]) -> None:
        if losses:
            title = self.tr("Something in this project is damaged")
            more = self.tr("{0} more are listed in the details.").format(len(losses) - 1) if len(losses) > 1 else ""
            details = "\n".join(losses) if len(losses) > 1 else ""
            self._stack.put(Notice("losses", title, f"{losses[0]} {more}".strip(), kind="warning", details=details))

    def _tell_interrupted(self) -> None:
        cut = [info for info in self._session.runs() if info.status.state == "interrupted" and info.damage is None]
        if cut:
            newest = cut[0]
            title = self.tr("A run was interrupted")
            words = self.tr("{0} ended without saying so at step {1}. It can go on from its last checkpoint.")
            actions = (("resume", self.tr("Go on")),) if self._session.can_write else ()
            self._interrupted = newest.name
            self._stack.put(
                Notice("interrupted", title, words.format(newest.title, newest.status.step), actions=actions)
            )

    def _tell_waiting(self) -> None:
        count = len(self._session.line.queue.waiting)
        if count and self._session.can_write:
            title = self.tr("Runs wait in the queue")
            words = self.tr("{0} were waiting when the project was closed.").format(count)
            self._stack.put(Notice("waiting", title, words, actions=(("advance", self.tr("Start them")),)))

    def _tell_engine(self) -> None:
        engine = self._session.engine
        if engine.state == "failed" and not self._engine_told:
            self._engine_told = True
            title = self.tr("PyTorch could not be loaded")
            words = self.tr(
                "Nothing can be trained or generated. Run the first command of the README again to repair it."
            )
            self._stack.put(Notice("engine", title, words, kind="error", details=engine.trace))

    def _on_action(self, key: str, action: str) -> None:
        self._stack.remove(key)
        if action == "resume":
            from studio.config.requests import ResumeRequest

            self._session.go("runs", run=self._interrupted)
            with self._session.reporting(self.tr("Going on with the run")):
                self._session.resume(ResumeRequest(run=self._interrupted, device=self._session.preferences.device))
        elif action == "advance":
            self._session.line.held = False
            self._session.line.advance()
        self._fit()

    def _fit(self) -> None:
        self.setVisible(bool(self._stack.notices()))
