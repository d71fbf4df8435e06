"""The preference for threads reaches torch by the environment, before it loads."""

import os
from pathlib import Path
from typing import Any

import pytest

from studio import app
from studio.ui.persistence import UserFile
from studio.ui.window import StudioWindow


def test_threads_are_set_before_torch_loads(
    qtbot: Any, quick_engine: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.setattr(app, "UserFile", lambda: UserFile(tmp_path / "window.json"))
    for expected in ("7", "1"):
        window = app.create_window(None)
        assert isinstance(window, StudioWindow)
        qtbot.addWidget(window)
        assert os.environ["OMP_NUM_THREADS"] == expected
        window.session.set_preference("threads", 1)
        assert window.close()
