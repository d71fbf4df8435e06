"""The embedded data set *Portraits* as a data set of the project: drawn, labelled, captioned.

The pictures are stored raw, since they are prepared at once and packing them would cost more time than drawing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from studio.config.builtin import Portraits
from studio.data.arrays import RawPicture
from studio.data.folders import check_space
from studio.data.importing import describe_raw, summarise
from studio.data.labels import CAPTION, Labels
from studio.data.portraits import ATTRIBUTES, Portrait, draw_batch, portrait
from studio.data.store import Columns, Item, PictureStore, StoreWriter
from studio.data.work import Meter, Stop, ends, in_order, never
from studio.ground.errors import StudioError, text
from studio.ground.events import Ended, Event, Started

_PIECE_PIXELS = 1 << 18


@ends
def draw_portraits(what: Portraits, folder: Path, name: str, stop: Stop = never) -> Iterator[Event]:
    """Draw ``what.count`` portraits into a new data set ``name`` in ``folder``.

    Attributes become label columns with all their values, the words the text column ``caption``; portrait i is named
    ``00000i`` and can be drawn again from the seed. The last event is ``Ended(result=ImportSummary)``; failed or
    stopped, nothing is left in ``folder``.
    """
    if folder.exists():
        raise StudioError("There is a data set {name} already; choose another name.", name=name)
    yield Started("builtin", name, total=what.count)
    check_space(folder, what.count * (3 * what.size**2 + 600))
    meter = Meter(text("Drawing portraits"), what.count)
    portraits: list[Portrait] = []
    with StoreWriter(folder) as writer:
        for drawn in in_order(lambda some: _draw(what, some), _pieces(what), stop=stop):
            for one, item in drawn or ():
                writer.add(f"{len(portraits):06d}", item)
                portraits.append(one)
            yield from meter.progress(len(portraits))
        yield from meter.progress(len(portraits), always=True)
        source = f"Portraits (seed {what.seed}, {what.size} px)"
        store = writer.finish(source=source, kind="portraits", columns=_columns(portraits))
    yield Ended("finished", result=_summary(store, name))


def _summary(store: PictureStore, name: str) -> object:
    with store:
        return summarise(store, name)


def _pieces(what: Portraits) -> Iterator[range]:
    """Positions drawn together: enough for numpy, few enough to be stopped at once."""
    many = max(1, _PIECE_PIXELS // max(64, what.size) ** 2)
    return (range(start, min(start + many, what.count)) for start in range(0, what.count, many))


def _draw(what: Portraits, indices: range) -> list[tuple[Portrait, Item]]:
    """Runs in the pool."""
    portraits = [portrait(what.seed, index) for index in indices]
    pictures = draw_batch(portraits, what.size)
    raws = (RawPicture(picture.tobytes(), what.size, what.size, "RGB") for picture in pictures)
    return [(one, describe_raw(raw)) for one, raw in zip(portraits, raws, strict=True)]


def _columns(portraits: list[Portrait]) -> Columns:
    labels = {}
    for name, values in ATTRIBUTES.items():
        codes = {value: code for code, value in enumerate(values)}
        labels[name] = Labels(values, np.array([codes[p.attributes[name]] for p in portraits], np.int32))
    return Columns(labels, {CAPTION: [p.caption for p in portraits]})
