"""The loader of the engine: says what it found, or why it failed."""

import subprocess
import sys

from studio.config.facts import DeviceFacts
from studio.workers.engine import EngineLoader


def test_the_devices_are_known_when_it_has_finished(qtbot):
    loader = EngineLoader(load=lambda: (DeviceFacts(kind="cpu"),))
    with qtbot.waitSignal(loader.finished, timeout=5000):
        loader.start()
    assert loader.ready
    assert loader.devices == (DeviceFacts(kind="cpu"),)


def test_a_torch_that_cannot_be_loaded_is_a_sentence(qtbot):
    def broken():
        raise ImportError("libc10.so is missing")

    loader = EngineLoader(load=broken)
    with qtbot.waitSignal(loader.finished, timeout=5000):
        loader.start()
    assert not loader.ready
    assert "libc10.so is missing" in str(loader.error)
    assert "ImportError" in loader.trace


def test_workers_import_without_torch():
    names = "studio.workers.pump, studio.workers.latest, studio.workers.mailbox, studio.workers.engine"
    code = f"import sys; sys.modules['torch'] = None; import {names}; assert sys.modules['torch'] is None"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
