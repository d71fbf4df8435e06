"""PyTorch in the background: loaded by a worker after the first paint, then the devices are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from studio.ui.view_state import Engine
from studio.ui.words import spoken

if TYPE_CHECKING:
    from studio.config.facts import DeviceFacts
    from studio.workers.engine import EngineLoader

_PATIENCE = 60.0
_ANNOUNCE_MS = 60  # so that “Loading PyTorch…” is painted before the import holds the interpreter


class EngineState(QObject):
    """Knows whether the engine is there, why not, and which devices it found."""

    changed = Signal()
    ready = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state: Engine = "waiting"
        self.error = ""
        self.trace = ""
        self.devices: tuple[DeviceFacts, ...] = ()
        self._loader: EngineLoader | None = None

    def load(self) -> None:
        """Announce and begin loading; does nothing the second time."""
        if self.state == "waiting":
            self.state = "loading"
            self.changed.emit()
            QTimer.singleShot(_ANNOUNCE_MS, self, self._begin)

    def device(self, wanted: str) -> DeviceFacts:
        """The device that a preference stands for; the processor where it is not there (yet)."""
        from studio.config.facts import DeviceFacts

        if wanted == "auto" and self.devices:
            return self.devices[0]
        return next((d for d in self.devices if d.kind == wanted), DeviceFacts())

    def shut(self) -> None:
        """Wait for the loader; an import cannot be cut short."""
        if self._loader is not None:
            self._loader.join(_PATIENCE)
            self._loader = None

    def _begin(self) -> None:
        self._loader = make_loader()
        self._loader.finished.connect(self._on_finished)
        self._loader.start()

    def _on_finished(self) -> None:
        loader = self._loader
        if loader is None:
            return
        self.state = "ready" if loader.ready else "failed"
        self.devices = loader.devices
        self.error = spoken(loader.error)
        self.trace = loader.trace
        self._loader = None
        self.changed.emit()
        if loader.ready:
            self.ready.emit()


def make_loader() -> EngineLoader:
    """The thread that imports the engine; imported here, after the first paint."""
    from studio.workers.engine import EngineLoader

    return EngineLoader()
