"""The gallery: kept whole or not at all, searched fast, deleted with undo, and every picture is what was kept."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.config.requests import GenerateRequest, grid
from studio.ground.errors import DamagedError, StudioError, UsageError
from studio.projects import creations
from studio.projects.gallery import Filter, Gallery, read_birth_certificate
from studio.projects.project import Project
from studio.projects.tables import update

Pictures = Callable[..., np.ndarray]


def request(hair: str = "red") -> dict[str, object]:
    recipes = grid(7, 1, labels={"hair": hair})
    return GenerateRequest(run="portraits-gan-1", recipes=recipes).model_dump(mode="json")


def files(gallery: Gallery) -> list[str]:
    return sorted(path.name for path in gallery.folder.iterdir())


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_come_back_equal(project: Project, pictures: Pictures, channels: int) -> None:
    made = pictures(3, channels=channels)
    ids = project.gallery.keep(made, request(), run="portraits-gan-1", family="gan", note="Ä <b>")
    assert len(ids) == 3 and project.gallery.count() == 3
    for id, picture in zip(ids, made, strict=True):
        creation = project.gallery.get(id)
        assert np.array_equal(project.gallery.picture(creation), picture)
        assert (creation.width, creation.height, creation.note) == (12, 12, "Ä <b>")
        assert GenerateRequest.model_validate(creation.request).recipes == grid(7, 1, labels={"hair": "red"})
        assert creation.bytes == project.gallery.path(creation).stat().st_size
    assert project.gallery.check() == ()


def test_a_picture_that_left_says_how_it_was_made(project: Project, pictures: Pictures, tmp_path: Path) -> None:
    id = project.gallery.keep(pictures(1), request(), run="portraits-gan-1", family="gan", note="n")[0]
    copy = shutil.copy(project.gallery.path(project.gallery.get(id)), tmp_path / "found <b> ä.png")
    certificate = read_birth_certificate(Path(copy))
    assert certificate["request"] == request() and certificate["run"] == "portraits-gan-1"
    assert (certificate["family"], certificate["kind"], certificate["note"]) == ("gan", "picture", "n")
    Image.new("RGB", (3, 3)).save(tmp_path / "other.png")
    with pytest.raises(UsageError):
        read_birth_certificate(tmp_path / "other.png")


def test_each_picture_has_its_own_request(project: Project, pictures: Pictures) -> None:
    ids = project.gallery.keep(pictures(2), [request("red"), request("blue")])
    assert [project.gallery.get(id).request == request(hair) for id, hair in zip(ids, ("red", "blue"), strict=True)]
    assert project.gallery.count("blue") == 1
    with pytest.raises(UsageError, match="one request or as many"):
        project.gallery.keep(pictures(2), [request()])
    assert project.gallery.count() == 2 and len(files(project.gallery)) == 2


def test_searching_and_filtering(project: Project, pictures: Pictures) -> None:
    gallery = project.gallery
    first = gallery.keep(pictures(2), request("red"), run="a-1", family="gan", note="Sunset over ÄTNA")
    second = gallery.keep(pictures(1), request("blue"), run="b-1", family="diffusion", kind="film", note="100% _x_ 'q'")
    gallery.star(first[:1])
    found = {
        text: gallery.count(text)
        for text in ("red", "RED hair", "blue sunset", "ätna", "100%", "_x_", "'", '"', "%", "gan", "b-1", "")
    }
    assert found == {
        "red": 2, "RED hair": 2, "blue sunset": 0, "ätna": 2, "100%": 1, "_x_": 1, "'": 1, '"': 0, "%": 1,
        "gan": 3, "b-1": 1, "": 3,
    }  # fmt: skip
    assert gallery.count(Filter(run="a-1")) == 2 and gallery.count(Filter(family="diffusion")) == 1
    assert gallery.count(Filter(kind="film", text="blue")) == 1 and gallery.count(Filter(starred=True)) == 1
    assert gallery.count(Filter(starred=False)) == 2
    assert [creation.id for creation in gallery.query()] == [*second, *reversed(first)]
    assert [creation.id for creation in gallery.query(order="oldest", offset=1, limit=1)] == first[1:]
    gallery.star(first, False)
    assert gallery.count(Filter(starred=True)) == 0


def test_a_note_can_be_changed_and_found(project: Project, pictures: Pictures) -> None:
    id = project.gallery.keep(pictures(1), request("red"), note="before")[0]
    project.gallery.set_note(id, "After")
    assert project.gallery.get(id).note == "After"
    assert [project.gallery.count(text) for text in ("before", "after", "red")] == [0, 1, 1]


def test_deleting_and_bringing_back(project: Project, pictures: Pictures) -> None:
    gallery = project.gallery
    ids = gallery.keep(pictures(4), request())
    token = gallery.delete(ids[1:3])
    assert gallery.count() == 2
    with pytest.raises(UsageError):
        gallery.get(ids[1])
    with pytest.raises(UsageError):
        gallery.delete(ids[1:2])
    entry = project.bin.list()[0]
    assert (entry.token, entry.kind, entry.count) == (token, "creations", 2)
    assert entry.size == sum(path.stat().st_size for path in gallery.folder.iterdir()) // 2
    project.bin.undo(token)
    assert gallery.count() == 4 and project.bin.list() == []
    with pytest.raises(UsageError):
        project.bin.undo(token)
    gallery.delete(ids[:1])
    assert project.bin.empty() == entry.size // 2
    assert gallery.count() == 3 and len(files(gallery)) == 3
    project.close()
    with Project.open(project.path) as again:
        assert again.losses == () and again.gallery.count() == 3


def test_what_is_deleted_stays_deleted_after_reopening(project: Project, pictures: Pictures) -> None:
    token = project.gallery.delete(project.gallery.keep(pictures(2), request()))
    project.close()
    with Project.open(project.path) as again:
        assert again.gallery.count() == 0 and again.losses == ()
        again.bin.undo(token)
        assert again.gallery.count() == 2


@pytest.mark.parametrize("step", ["sync", "replace"])
def test_a_full_disk_keeps_nothing_and_says_so(
    project: Project, pictures: Pictures, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    project.gallery.keep(pictures(1), request())
    before = files(project.gallery)

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(creations, step, full)
    with pytest.raises(StudioError, match="The disk is full: the creations could not be saved"):
        project.gallery.keep(pictures(3), request())
    assert files(project.gallery) == before and project.gallery.count() == 1


def test_pictures_without_a_row_are_taken_up_again(project: Project, pictures: Pictures) -> None:
    """Killed between the files and the row, or the database was lost."""
    made = pictures(2)
    ids = project.gallery.keep(made, request(), run="r", family="gan", note="n")
    first = project.gallery.get(ids[0])
    (project.gallery.folder / "holiday.png").write_bytes(b"mine, not the studio's")
    project.close()
    for name in ("project.db", "project.db.backup"):
        (project.path / name).unlink()
    shutil.copy(project.path / "gallery" / first.file, project.path / "project.db")
    with Project.open(project.path) as again:
        found = again.gallery.query(order="oldest")
        assert [creation.request for creation in found] == [request()] * 2
        assert {creation.file for creation in found} == {first.file, first.file.replace("-000.", "-001.")}
        assert (found[0].run, found[0].family, found[0].note) == ("r", "gan", "n")
        assert any("2 pictures of the gallery were missing from its list" in str(loss) for loss in again.losses)
    assert (project.path / "gallery" / "holiday.png").exists()


def test_missing_and_damaged_pictures_have_a_name(project: Project, pictures: Pictures) -> None:
    ids = project.gallery.keep(pictures(2), request())
    gone, bad = (project.gallery.get(id) for id in ids)
    project.gallery.path(gone).unlink()
    path = project.gallery.path(bad)
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)
    for creation in (gone, bad):
        with pytest.raises(DamagedError, match=creation.file):
            project.gallery.picture(creation)
    assert len(project.gallery.check()) == 2
    project.close()
    with Project.open(project.path) as again:
        assert [gone.file in str(loss) for loss in again.losses] == [True]


@pytest.mark.parametrize("file", ["../project.db", "/etc/passwd", "a/b.png", "project.db"])
def test_a_row_that_points_elsewhere_is_refused(project: Project, pictures: Pictures, file: str) -> None:
    """A project from a stranger may hold any row under a good seal."""
    id = project.gallery.keep(pictures(1), request())[0]
    project._database.write(lambda c: update(c, "creations", [id], {"file": file}), "it")
    with pytest.raises(DamagedError, match="outside the gallery"):
        project.gallery.picture(project.gallery.get(id))


@pytest.mark.parametrize("text", ["{", "[]", "[" * 100_000])
def test_a_row_with_any_text_for_a_request(project: Project, pictures: Pictures, text: str) -> None:
    id = project.gallery.keep(pictures(1), request())[0]
    project._database.write(lambda c: update(c, "creations", [id], {"request": text}), "it")
    with pytest.raises(DamagedError, match="does not say how"):
        assert project.gallery.get(id).request


def test_ten_thousand_creations(project: Project, pictures: Pictures) -> None:
    note = {"request": request(), "kind": "picture", "family": "gan", "run": "r", "note": ""}
    data = creations.encode_png(pictures(1)[0], note)
    rows = [
        creations.row_of(f"{n}.png", data, (12, 12, 3), note | {"created": float(n), "note": f"number {n}"})
        for n in range(10_000)
    ]
    project._database.write(lambda c: creations.insert_rows(c, rows), "it")
    assert project.gallery.count() == 10_000
    assert [creation.file for creation in project.gallery.query(offset=9_000, limit=2)] == ["999.png", "998.png"]
    assert project.gallery.count("number 77") == sum("77" in str(n) for n in range(10_000))
    token = project.gallery.delete([creation.id for creation in project.gallery.query(limit=3000)])
    assert project.gallery.count() == 7_000
    project.bin.undo(token)
    assert project.gallery.count() == 10_000
