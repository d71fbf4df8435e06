"""Looking at data sets: contents, thumbnails in pieces, searching, and pictures exactly as a run would get them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.config.base import Settings
from studio.config.data import Choices, PrepareSettings
from studio.config.requests import GenerateRequest, PrepareRequest
from studio.data.prepared import PreparedPictures
from studio.ground.errors import DamagedError, StudioError
from studio.ground.events import Ended, Stop
from studio.jobs import browsing
from studio.jobs.browsing import (
    Contents,
    FindPictures,
    PictureServer,
    ReadContents,
    ReadFile,
    ReadPrepared,
    ReadThumbnails,
)
from studio.jobs.registry import run_job
from studio.jobs.steering import CommandQueue

FOLDER = "data/portraits"


@pytest.fixture
def server(project: Path) -> Iterator[PictureServer]:
    found = PictureServer(project)
    yield found
    found.close()


def answer(server: PictureServer, request: Settings, commands: CommandQueue | None = None) -> Any:
    """The one result of a request."""
    events = list(server.serve(request, commands or CommandQueue()))
    assert len(events) == 1 and isinstance(events[0], Ended) and events[0].status == "finished"
    return events[0].result


def test_contents_say_what_there_is(server: PictureServer) -> None:
    found = answer(server, ReadContents(folder=FOLDER))
    assert isinstance(found, Contents) and len(found) == len(found.names) == 48
    assert set(found.widths) == set(found.heights) == {32}
    assert found.positions(["000007", "nobody", "000003"]).tolist() == [7, 3]
    assert found.captions[5] and "hair" in found.labels and found.kind == "portraits"


def test_thumbnails_come_small_and_never_enlarged(server: PictureServer) -> None:
    small = answer(server, ReadThumbnails(folder=FOLDER, positions=(3, 1, 999), side=16))
    assert {at: picture.shape for at, picture in small.items()} == {3: (16, 16, 3), 1: (16, 16, 3)}
    large = answer(server, ReadThumbnails(folder=FOLDER, positions=(3,), side=500))
    assert large[3].shape == (32, 32, 3) and large[3].dtype == np.uint8


def test_a_file_of_the_users_comes_upright_small_and_flat(server: PictureServer, tmp_path: Path) -> None:
    tall = Image.new("RGBA", (40, 100), (0, 0, 0, 0))
    exif = Image.Exif()
    exif[0x0112] = 6
    tall.save(tmp_path / "turned.png", exif=exif)
    found = answer(server, ReadFile(path=tmp_path / "turned.png", side=50, background="#204060"))
    assert found.shape == (20, 50, 3) and found[3, 3].tolist() == [0x20, 0x40, 0x60]


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "a.png is empty."), (b"no", "a.png is not a picture that can be read."), (None, "a.png cannot be read")],
)
def test_what_is_no_picture_is_said_in_a_sentence(
    server: PictureServer, tmp_path: Path, content: bytes | None, words: str
) -> None:
    if content is not None:
        (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(StudioError, match=words.replace(".", r"\.")):
        answer(server, ReadFile(path=tmp_path / "a.png", side=50))


def test_an_answer_goes_out_before_all_is_read(server: PictureServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browsing, "_PIECE_SECONDS", -1.0)
    found = answer(server, ReadThumbnails(folder=FOLDER, positions=tuple(range(20)), side=16))
    assert list(found) == [0], "at least one, so that asking again comes to an end"


def test_a_stopped_request_ends_early(server: PictureServer) -> None:
    commands = CommandQueue()
    commands.put(Stop())
    settings = PrepareSettings(size=16)
    request = ReadPrepared(folder=FOLDER, positions=tuple(range(20)), settings=settings, choices=Choices())
    assert answer(server, request, commands) == {}


def test_words_are_found_in_names_and_captions(server: PictureServer) -> None:
    contents = answer(server, ReadContents(folder=FOLDER))
    assert answer(server, FindPictures(folder=FOLDER, words="000012")).tolist() == [12]
    wanted = [i for i, caption in enumerate(contents.captions) if "blue" in caption and "hair" in caption]
    assert answer(server, FindPictures(folder=FOLDER, words="Hair BLUE")).tolist() == wanted != []


def test_pictures_as_seen_are_those_that_are_prepared(server: PictureServer, project: Path) -> None:
    choices = Choices(shape="pad", background="#102030")
    settings = PrepareSettings(size=16, channels=3)
    request = ReadPrepared(folder=FOLDER, positions=(0, 9), settings=settings, choices=choices)
    seen = answer(server, request)
    prepare = PrepareRequest(dataset="portraits", size=16, choices=choices)
    assert list(run_job(prepare, project, CommandQueue()))[-1].status == "finished"  # type: ignore[attr-defined]
    (cache,) = (project / "cache").glob("16x3-*")
    with PreparedPictures(cache) as prepared:
        pixels = prepared.read(np.array([0, 9])).transpose(0, 2, 3, 1)
    assert np.array_equal(np.stack([seen[0], seen[9]]), pixels)


def test_a_picture_that_changed_is_none(server: PictureServer, project: Path) -> None:
    pack = project / FOLDER / "pack.bin"
    data = bytearray(pack.read_bytes())
    data[10] ^= 255
    pack.write_bytes(data)
    found = answer(server, ReadThumbnails(folder=FOLDER, positions=(0, 1), side=16))
    assert found[0] is None and found[1] is not None


def test_a_data_set_that_cannot_be_read_is_refused(server: PictureServer, project: Path) -> None:
    (project / FOLDER / "names.bin").unlink()
    with pytest.raises(DamagedError):
        answer(server, ReadContents(folder=FOLDER))
    with pytest.raises(TypeError):
        answer(server, GenerateRequest(run="x", recipes=()))


def test_contents_are_read_anew_and_few_stay_open(server: PictureServer, project: Path) -> None:
    import shutil

    for number in range(5):
        shutil.copytree(project / FOLDER, project / f"data/copy-{number}")
        answer(server, ReadContents(folder=f"data/copy-{number}"))
    assert list(server._stores) == ["data/copy-2", "data/copy-3", "data/copy-4"]
    shutil.rmtree(project / "data/copy-4")
    with pytest.raises((DamagedError, OSError)):
        answer(server, ReadContents(folder="data/copy-4"))
