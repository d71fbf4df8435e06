"""Loads torch after the window has been painted, so that the first paint need not wait three seconds for it."""

from __future__ import annotations

import atexit
import gc
import importlib
import traceback
from collections.abc import Callable

from PySide6.QtCore import QObject

from studio.config.facts import DeviceFacts
from studio.ground.errors import Text, text
from studio.workers.pump import PumpThread

_LATER = ("studio.jobs.train", "studio.jobs.serving")


class EngineLoader(PumpThread):
    """Imports the engine in a thread; ``finished`` says that :attr:`ready` or :attr:`error` is set.

    The import holds the interpreter for about half a second once: say so in the window before starting it.
    """

    def __init__(
        self, parent: QObject | None = None, *, load: Callable[[], tuple[DeviceFacts, ...]] | None = None
    ) -> None:
        super().__init__(parent)
        self.ready = False
        self.devices: tuple[DeviceFacts, ...] = ()
        self.error: Text | None = None
        self.trace = ""
        self._load = load or load_engine

    def run(self) -> None:
        """The body of the thread."""
        try:
            self.devices = self._load()
            self.ready = True
        except BaseException as error:  # noqa: BLE001 - shown by the window; nothing may leave a thread
            self.error = text("PyTorch could not be loaded: {reason}", reason=str(error) or type(error).__name__)
            self.trace = traceback.format_exc()


def load_engine() -> tuple[DeviceFacts, ...]:
    """Import torch and the jobs that need it; return the devices that this computer has, the best first.

    What was imported stays for ever, so the collector of unreachable objects need not go through it: each time that
    it did, it held the window for 150 ms.
    """
    devices = importlib.import_module("studio.jobs.devices")
    for module in _LATER:
        importlib.import_module(module)
    found: tuple[DeviceFacts, ...] = devices.available_devices()
    gc.freeze()
    atexit.register(gc.unfreeze)  # or libraries report at the end what they take for lost
    return found
