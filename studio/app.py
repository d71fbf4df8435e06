"""The door to the window: builds it, and runs it as a program with logs and a last net for what nobody caught."""

from __future__ import annotations

import faulthandler
import locale
import logging
import logging.handlers
import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType, TracebackType

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QMainWindow

import studio
from studio.ui import theme
from studio.ui.persistence import APPLICATION, UserFile, log_folder
from studio.ui.session import Session
from studio.ui.window import StudioWindow

_LOG_BYTES = 1_000_000
_log = logging.getLogger("studio")


def create_window(project: Path | None = None, *, paint_first: bool = False) -> QMainWindow:
    """Build the window, and a QApplication if there is none, without starting an event loop.

    Args:
        project: the folder of a project to open. One that cannot be opened is told in the window, which stays empty.
        paint_first: build the page after the first paint, so that a window stands on the screen at once.
    """
    application()
    user = UserFile()
    if user.preferences.threads:
        os.environ["OMP_NUM_THREADS"] = str(user.preferences.threads)  # read when torch loads, also by child processes
    if theme.choice() != user.theme:
        theme.choose(user.theme)
    window = StudioWindow(Session(user))
    window.session.setParent(window)
    if paint_first:
        window.paint_first()
    if project is None:
        window.show_page("home")
    else:
        _open(window, project)
    return window


def application() -> QApplication:
    """The QApplication, dressed in our look; numbers stay in the C locale whatever the system's."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        QGuiApplication.setHighDpiScaleFactorRoundingPolicy(Qt.HighDpiScaleFactorRoundingPolicy.PassThrough)
        app = QApplication(sys.argv[:1])
        app.setApplicationName(APPLICATION)
        app.setApplicationVersion(studio.__version__)
    locale.setlocale(locale.LC_NUMERIC, "C")
    if app.property("studioLook") is None:
        app.setProperty("studioLook", True)
        theme.install(app)
    return app


def _open(window: StudioWindow, path: Path) -> None:
    """Open a project in a new window; a failure is shown once the window is."""
    window.door.open(path)
    if window.session.project is None:
        window.show_page("home")


def main(project: Path | None = None) -> int:
    """Run the window until it is closed; returns the exit code."""
    app = application()
    net = _LastNet()
    with _logging(), closing(net):
        window = create_window(project, paint_first=True)
        assert isinstance(window, StudioWindow)
        net.attach(window)
        window.closed.connect(app.quit)  # it is hidden before it is closed, which Qt does not count as the last one
        window.show()
        with _ending_signals(window):
            code = app.exec()
        window.deleteLater()
        return code


@contextmanager
def _logging() -> Iterator[None]:
    """A log of one megabyte (and the one before it), and a file that a crash of the process writes its stacks into."""
    folder = log_folder()
    folder.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(
        folder / "studio.log", maxBytes=_LOG_BYTES, backupCount=1, encoding="utf-8", delay=True
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    _log.addHandler(handler)
    _log.setLevel(logging.INFO)
    _log.info("Generative Studio %s, process %d", studio.__version__, os.getpid())
    crash = (folder / "crash.log").open("a", encoding="utf-8")
    faulthandler.enable(crash)
    try:
        yield
    finally:
        faulthandler.disable()
        crash.close()
        _log.removeHandler(handler)
        handler.close()


@contextmanager
def _ending_signals(window: StudioWindow) -> Iterator[None]:
    """Ctrl-C and SIGTERM stop what trains with a checkpoint and close. They are heard when the window's timer ticks."""

    def end(number: int, frame: FrameType | None) -> None:
        QTimer.singleShot(0, window, window.stop_and_close)

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _LastNet(QObject):
    """What nobody caught, in any thread: written to the log and shown in the window."""

    caught = Signal(object, str)

    def __init__(self) -> None:
        super().__init__()
        self._window: StudioWindow | None = None
        self._before = (sys.excepthook, threading.excepthook)
        sys.excepthook = self._on_exception
        threading.excepthook = self._on_thread_exception
        self.caught.connect(self._show)

    def attach(self, window: StudioWindow) -> None:
        """Show in this window from now on."""
        self._window = window

    def close(self) -> None:
        """Put back the hooks that were there before."""
        sys.excepthook, threading.excepthook = self._before

    def _on_exception(self, kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            if self._window is not None:
                QTimer.singleShot(0, self._window, self._window.stop_and_close)
            return
        self._catch(error, where)

    def _on_thread_exception(self, caught: threading.ExceptHookArgs) -> None:
        if caught.exc_value is not None:
            self._catch(caught.exc_value, caught.exc_traceback)

    def _catch(self, error: BaseException, where: TracebackType | None) -> None:
        trace = "".join(traceback.format_exception(type(error), error, where))
        _log.error("uncaught\n%s", trace)
        self.caught.emit(error, trace)

    def _show(self, error: BaseException, trace: str) -> None:
        if self._window is not None:
            self._window.session.report(error, trace=trace)
