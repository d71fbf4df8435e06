"""Notices kept with a run: what is read is what was said, and damage is named."""

from pathlib import Path

import pytest

from studio.ground.errors import text
from studio.ground.events import Notice
from studio.projects.notices import NoticeFile


def notice(code: str = "won", *, severity: str = "warning", step: int = 300) -> Notice:
    body = text("For {steps} steps; {why}", steps=step, why=text("its share is {share}", share=0.05))
    return Notice(code, severity, text("The discriminator is winning"), body, "halve")  # type: ignore[arg-type]


def test_what_was_said_is_read_with_its_parameters(tmp_path: Path) -> None:
    file = NoticeFile(tmp_path)
    assert (file.read().notices, file.stamp) == ((), (0, 0, 0))
    file.add(notice())
    assert NoticeFile(tmp_path).read().notices == (notice(),)
    assert str(file.read().notices[0].body) == "For 300 steps; its share is 0.05"


def test_the_newest_of_a_code_stands_last_and_alone(tmp_path: Path) -> None:
    file = NoticeFile(tmp_path)
    for one in (notice("won"), notice("alike"), notice("won", step=900)):
        file.add(one)
    assert file.read().notices == (notice("alike"), notice("won", step=900))


def test_there_are_never_many(tmp_path: Path) -> None:
    file = NoticeFile(tmp_path)
    for number in range(60):
        file.add(notice(f"n{number}"))
    codes = [one.code for one in file.read().notices]
    assert (len(codes), codes[-1]) == (40, "n59")


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "zeros"])
def test_damage_is_named_and_the_next_notice_begins_anew(tmp_path: Path, damage: str) -> None:
    file = NoticeFile(tmp_path)
    file.add(notice())
    whole = file.path.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    damaged = {"cut": whole[:-9], "flipped": bytes(flipped), "empty": b"", "zeros": bytes(len(whole))}
    file.path.write_bytes(damaged[damage])
    table = file.read()
    assert table.notices == ()
    assert "damaged" in str(table.losses[0])
    file.add(notice("alike"))
    assert file.read().notices == (notice("alike"),)


def test_odd_parameters_are_kept_as_words(tmp_path: Path) -> None:
    file = NoticeFile(tmp_path)
    file.add(Notice("odd", "info", text("At {place}", place=Path("a") / "b"), text("x")))
    assert str(file.read().notices[0].title) == f"At {Path('a') / 'b'}"
