"""What the tests of the data share: to run a job to its ending, to import a source, to see that nothing was left."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

from studio.data.importing import import_pictures
from studio.data.store import PictureStore
from studio.ground.events import Ended, Event


@pytest.fixture
def ending() -> Callable[[Iterable[Event]], Ended]:
    """A function that runs a job to its end and returns its ending, having seen that it is the only one."""

    def run(events: Iterable[Event]) -> Ended:
        seen = list(events)
        endings = [event for event in seen if isinstance(event, Ended)]
        assert endings == seen[-1:]
        return endings[0]

    return run


@pytest.fixture
def imported(tmp_path: Path, ending: Callable[..., Ended]) -> Iterator[Callable[..., PictureStore]]:
    """A function (source) that imports it and opens the data set; closed after the test."""
    opened: list[PictureStore] = []

    def run(source: Path, name: str = "set") -> PictureStore:
        ended = ending(import_pictures(source, tmp_path / "data" / name, name))
        assert ended.status == "finished", (str(ended.error), ended.trace)
        opened.append(PictureStore(ended.result.folder))
        return opened[-1]

    yield run
    for store in opened:
        store.close()


@pytest.fixture
def refused(tmp_path: Path, ending: Callable[..., Ended]) -> Callable[..., str]:
    """A function (source) whose import must fail: returns the sentence, having seen that nothing was left behind."""

    def run(source: Path) -> str:
        ended = ending(import_pictures(source, tmp_path / "data" / "refused", "refused"))
        assert ended.status == "failed" and ended.error is not None
        assert not list((tmp_path / "data").glob("*")) if (tmp_path / "data").exists() else True
        return str(ended.error)

    return run
