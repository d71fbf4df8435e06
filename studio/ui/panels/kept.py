"""Which pictures of a sheet are in the gallery already: known by the request that makes them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from studio.config.requests import GenerateRequest
from studio.ui.panels.sheet import Entry

if TYPE_CHECKING:
    from studio.ui.session import Session

_LOOKED_AT = 300  # newest creations of a run in which a star is looked for


class KeptPictures:
    """Keeps pictures in the gallery and remembers which; one for each Create tab."""

    def __init__(self, session: Session, family: str) -> None:
        self._session, self._family = session, family
        self._keys: set[str] = set()
        self._named: dict[int, tuple[tuple[object, ...], frozenset[str]]] = {}
        self.run = ""

    def read(self, run: str) -> None:
        """Look in the gallery which pictures of a run are kept."""
        from studio.projects.gallery import Filter

        self.run = run
        self._keys.clear()
        project = self._session.project
        if project is None or not run:
            return
        with self._session.reporting("Reading the gallery"):
            for creation in project.gallery.query(Filter(run=run), limit=_LOOKED_AT):
                self._keys.add(_key(creation.request))

    def has(self, entry: Entry) -> bool:
        """Whether the picture of an entry is kept."""
        return not self._keys.isdisjoint(self._keys_of(entry))

    def _keys_of(self, entry: Entry) -> frozenset[str]:
        """Of the recipe as it was asked for, and with all that it left open. Remembered: a sheet is shown often."""
        now = (entry.made, entry.whole, entry.model)
        known = self._named.get(entry.number)
        if known is None or any(a is not b for a, b in zip(known[0], now, strict=True)):
            known = self._named[entry.number] = (now, frozenset(map(request_key, entry.requests())))
        return known[1]

    def stars(self, entries: Sequence[Entry]) -> list[int]:
        """The places of those that are kept."""
        return [at for at, entry in enumerate(entries) if self.has(entry)]

    def keep(self, entries: Iterable[Entry]) -> int:
        """Keep what is not kept yet; returns how many.

        Raises:
            StudioError: it could not be saved; nothing is kept then.
        """
        fresh = [entry for entry in entries if entry.picture is not None and not self.has(entry)]
        project = self._session.project
        if not fresh or project is None:
            return 0
        for run in dict.fromkeys(entry.model.run for entry in fresh if entry.model is not None):
            group = [entry for entry in fresh if entry.model is not None and entry.model.run == run]
            requests = [request for entry in group if (request := entry.request()) is not None]
            pictures = np.stack([entry.picture for entry in group if entry.picture is not None])
            plain = [request.model_dump(mode="json") for request in requests]
            project.gallery.keep(pictures, plain, run=run, family=self._family)
            self._keys.update(map(request_key, requests))
        self._named.clear()
        return len(fresh)


def request_key(request: GenerateRequest) -> str:
    """What two requests share that make the same picture."""
    return _key(request.model_dump(mode="json"))


def _key(request: Mapping[str, Any]) -> str:
    return json.dumps({name: value for name, value in request.items() if name != "device"}, sort_keys=True)
