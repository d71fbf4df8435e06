"""A long command that shows that it is alive: part of the set-up (start.py), and as old in its language."""

import contextlib
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Callable, Dict, Optional, Sequence

GB = 10**9


class Progress:
    """Shows that a long command is alive: its main lines, and between them how long and how much so far."""

    SHOWN = ("Collecting", "Downloading", "Using cached", "Building", "Installing", "Successfully", "ERROR")

    def __init__(self, free: Callable[[], int]) -> None:
        """`free` tells the free bytes of the disk that is being filled."""
        self.free, self.free_before, self.started = free, free(), time.monotonic()
        self.terminal = sys.stdout.isatty()
        self.done = threading.Event()
        self.lock = threading.Lock()

    def line(self, text: str) -> None:
        """One line of the command's output."""
        if text.strip().startswith(self.SHOWN):
            with self.lock:
                clear = "\r\033[K" if self.terminal and os.name != "nt" else ""
                print(clear + "     " + text.strip()[:110], flush=True)

    def beat(self) -> None:
        """Say every second on a terminal, every 20 s in a log, how far it is."""
        while not self.done.wait(1 if self.terminal else 20):
            seconds, written = int(time.monotonic() - self.started), max(0, self.free_before - self.free()) / GB
            text = f"     {seconds // 60} min {seconds % 60:02d} s, {written:.1f} GB written"
            with self.lock:
                print(text, end="\r" if self.terminal else "\n", flush=True)


def run_shown(command: Sequence[str], env: Dict[str, str], tree: Path, log: Optional[Path]) -> int:
    """Run a command from `tree` with its progress shown and all of its output in `log`; its exit status."""
    progress = Progress(lambda: shutil.disk_usage(str(tree)).free)
    beat = threading.Thread(target=progress.beat, daemon=True)
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "universal_newlines": True, "errors": "replace"}
    with contextlib.ExitStack() as stack:
        record = stack.enter_context(open(str(log) if log else os.devnull, "w", encoding="utf-8"))
        process = stack.enter_context(subprocess.Popen(list(command), env=env, cwd=str(tree), **options))
        beat.start()
        try:
            for text in process.stdout:
                record.write(text)
                progress.line(text)
        finally:
            progress.done.set()
            beat.join()
        return process.wait()
