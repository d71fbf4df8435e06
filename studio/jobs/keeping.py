"""Results of a batch on their way into the gallery: finished files in the cache, which the project's owner takes up.

A job only reads the project, so that it cannot keep anything itself. A result carries all that made it. Of a small
source that is the file itself; a larger one is named, for a folder of photographs would otherwise lie in the project
twice. What interrupted work leaves is swept from the cache after a day.
"""

from __future__ import annotations

import time
import uuid
from pathlib import Path

import numpy as np

from studio.config.requests import EditFilesRequest, EditRequest, is_elsewhere
from studio.ground.files import LEFTOVER, write_bytes
from studio.projects.pictures import encode_png

CARRIED = 256 << 10
"""Bytes of a source up to which a result carries it inside."""
CARRIED_TOGETHER, TOGETHER = 64 << 20, 512 << 20
"""Bytes of all sources carried, and of all results, of one batch."""


class ReadyResults:
    """The results of one batch, each a file as the gallery has them.

    Attributes:
        files: those written, in order.
    """

    def __init__(self, cache: Path, request: EditFilesRequest, *, run: str, family: str, step: int) -> None:
        self._folder = cache / f"edits{LEFTOVER}{uuid.uuid4().hex[:8]}"
        self._request, self._step = request, step
        self._about = {"run": run, "family": family, "kind": "picture", "created": time.time()}
        self._carried = self._written = 0
        self.files: list[Path] = []

    def add(self, source: Path, data: bytes, after_HWC: np.ndarray) -> bool:
        """Write a result, (H, W, C) uint8, of the file ``source`` with the content ``data``; False where there is no
        room for more.

        Raises:
            OSError: it cannot be written.
        """
        small = len(data) <= CARRIED and self._carried + len(data) <= CARRIED_TOGETHER
        carried = small or is_elsewhere(source)
        request = EditRequest(
            run=self._about["run"], checkpoint=str(self._step), picture=data if carried else b"",
            source=None if carried else source.absolute(), editing=self._request.editing, device=self._request.device,
        )  # fmt: skip
        note = self._about | {"note": source.name, "request": request.model_dump(mode="json")}
        file = encode_png(after_HWC, note)
        if self._written + len(file) > TOGETHER:
            return False
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / f"{len(self.files):06d}.png"
        write_bytes(path, file)
        self.files.append(path)
        self._carried, self._written = self._carried + len(data) * carried, self._written + len(file)
        return True
