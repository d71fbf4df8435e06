"""The door to the window as a program: logs, and a last net for what nobody caught."""

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from studio import app
from studio.config.facts import DeviceFacts
from studio.ui import dialogs, engine_state
from studio.ui.persistence import log_folder
from studio.ui.window import StudioWindow
from studio.workers.engine import EngineLoader


@pytest.fixture
def errors(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Sentences of the dialogs that would have been shown; PyTorch is not loaded for them."""
    shown: list[str] = []
    monkeypatch.setattr(engine_state, "make_loader", lambda: EngineLoader(load=lambda: (DeviceFacts(),)))
    monkeypatch.setattr(dialogs, "show_error", lambda parent, doing, error, **more: shown.append(str(error)))
    return shown


def window() -> StudioWindow:
    """The window that `main` has opened."""
    return next(w for w in QApplication.topLevelWidgets() if isinstance(w, StudioWindow) and w.isVisible())


def run_until(act: Callable[[], Any]) -> int:
    """Run the program; do something once it is there."""
    QTimer.singleShot(300, act)
    return app.main(None)


def test_it_runs_until_the_window_is_closed(qapp: QApplication, errors: list[str]) -> None:
    hooks = (sys.excepthook, threading.excepthook)
    assert run_until(lambda: window().close()) == 0
    assert (sys.excepthook, threading.excepthook) == hooks
    assert "Generative Studio" in (log_folder() / "studio.log").read_text(encoding="utf-8")


def test_what_nobody_caught_is_shown_and_logged(qapp: QApplication, errors: list[str]) -> None:
    def fail() -> None:
        QTimer.singleShot(400, lambda: window().close())
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()
        raise ValueError("a slot has a bug")

    assert run_until(fail) == 0
    assert sorted(errors) == ["a slot has a bug", "division by zero"]
    log = (log_folder() / "studio.log").read_text(encoding="utf-8")
    assert "ValueError: a slot has a bug" in log
    assert "ZeroDivisionError" in log


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal for oneself")
def test_a_wish_to_end_closes_the_window(qapp: QApplication, errors: list[str]) -> None:
    before = signal.getsignal(signal.SIGTERM)
    assert run_until(lambda: os.kill(os.getpid(), signal.SIGTERM)) == 0
    assert signal.getsignal(signal.SIGTERM) == before


def test_numbers_stay_in_the_c_locale(qapp: QApplication) -> None:
    import locale

    app.application()
    assert locale.setlocale(locale.LC_NUMERIC) == "C"
    assert Path(log_folder()).is_absolute()
