"""Seconds from the start of the process to the first paint: ``bare`` (a window with an empty plot) or ``studio``."""

import json
import os
import sys
import time
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def bare() -> object:
    import pyqtgraph
    from PySide6.QtWidgets import QApplication, QMainWindow

    app = QApplication([])
    window = QMainWindow()
    window.setCentralWidget(pyqtgraph.PlotWidget())
    return app, window


def studio() -> object:
    from studio.app import create_window

    return None, create_window(Path(sys.argv[2]) if len(sys.argv) > 2 else None, paint_first=True)


if __name__ == "__main__":
    made = {"bare": bare, "studio": studio}[sys.argv[1]]()
    from PySide6.QtCore import QEvent, QObject, QTimer
    from PySide6.QtWidgets import QApplication

    class Watch(QObject):
        """Hears of the first paint of anything in the window, which is done when the loop comes round again."""

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() == QEvent.Type.Paint:
                QTimer.singleShot(0, report)
                QApplication.instance().removeEventFilter(self)
            return False

    def report() -> None:
        seconds = time.time() - psutil.Process().create_time()
        print(json.dumps({"seconds": seconds, "torch": "torch" in sys.modules}), flush=True)
        os._exit(0)

    watch = Watch()
    QApplication.instance().installEventFilter(watch)
    made[1].resize(1280, 800)
    made[1].show()
    QApplication.exec()
