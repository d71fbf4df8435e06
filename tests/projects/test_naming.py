"""Names are kept letter by letter; folders get harmless ones."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.ground.errors import UsageError
from studio.projects.naming import check_name, is_slug, not_found, slug

HOSTILE = ["<img src=x>", "../x", "..", "con", "COM1", "a/b\\c", "x.", " x ", "🙂", "日本語", "é" * 240, "-", "%2e%2e"]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_become_harmless_folders(name: str) -> None:
    assert is_slug(slug(name, set(), "run"))


@given(st.text(), st.text())
def test_a_slug_is_one_component_of_a_path(name: str, taken: str) -> None:
    made = slug(name, {slug(taken, set())}, "data")
    assert is_slug(made) and made != slug(taken, set())
    assert len(made) < 60 and made == made.lower()


def test_a_taken_slug_gets_a_number() -> None:
    assert slug("Faces", {"faces", "faces-2"}) == "faces-3"
    assert slug("日本語", {"data"}, "data") == "data-2"


@pytest.mark.parametrize("name", ["a/b", "..", "", "Con", "con", "a.b", "a--b", "-a", "a\n"])
def test_what_is_no_slug(name: str) -> None:
    assert not is_slug(name)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\x00b", "x" * 256, "\ud800", "a\u2028b"])
def test_refused_names(name: str) -> None:
    with pytest.raises(UsageError):
        check_name(name, "run")


def test_a_good_name_is_kept() -> None:
    assert check_name(" <b>Ä 🙂 ", "run") == "<b>Ä 🙂"


def test_the_nearest_names_are_told() -> None:
    assert "portraits" in str(not_found("data set", "portrait", ["portraits", "shoes"]))
    assert "none yet" in str(not_found("data set", "portrait", []))
