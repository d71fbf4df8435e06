"""Sheets and films: where each picture lies, and that a film holds its frames."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from studio.config.requests import Drawn, Recipe, Slerp
from studio.ground.errors import UsageError
from studio.jobs.film import loop_recipes
from studio.jobs.sheets import sheet, write_film


def pictures(count: int, *, channels: int = 3) -> np.ndarray:
    return np.stack([np.full((4, 6, channels), 10 * i, np.uint8) for i in range(count)])


def test_a_sheet_is_about_square_and_in_reading_order():
    laid = sheet(pictures(5), gap=1)
    assert laid.shape == (2 * 5 - 1, 3 * 7 - 1, 3)
    assert (laid[0:4, 7:13] == 10).all()
    assert (laid[5:9, 0:6] == 30).all()
    assert (laid[5:9, 14:20] == 255).all()
    assert (laid[4] == 255).all()


def test_grey_pictures_columns_and_zoom():
    laid = sheet(pictures(2, channels=1), columns=1, gap=0, zoom=3)
    assert laid.shape == (24, 18, 3)
    assert (laid[:12] == 0).all()
    assert (laid[12:] == 10).all()


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_a_film_holds_all_frames_for_their_time(tmp_path: Path, suffix: str):
    generator = np.random.default_rng(0)
    frames = [generator.integers(0, 255, (16, 16, 3), dtype=np.uint8) for _ in range(5)]
    out = tmp_path / f"film{suffix}"
    assert list(write_film(frames, out, seconds=0.1, hold=1.0)) == [1, 2, 3, 4, 5]
    with Image.open(out) as image:
        assert image.n_frames == 5
        shown = []
        for frame in range(5):
            image.seek(frame)
            image.load()
            shown.append(image.info["duration"])
    assert shown == [100, 100, 100, 100, 1100]


def test_another_format_is_refused(tmp_path: Path):
    with pytest.raises(UsageError, match=r"film\.mp3"):
        list(write_film([sheet(pictures(1))], tmp_path / "film.mp3", seconds=0.1))
    assert list(tmp_path.iterdir()) == []


def test_a_loop_passes_through_every_latent_and_comes_back():
    stops = [Recipe(latent=Drawn(seed=s), labels={"hair": str(s)}) for s in range(3)]
    made = loop_recipes(stops, 4)
    assert len(made) == 12
    assert [r.latent for r in made[::4]] == [Slerp(a=Drawn(seed=s), b=Drawn(seed=(s + 1) % 3), t=0.0) for s in range(3)]
    assert [r.labels["hair"] for r in made[:4]] == ["0", "0", "1", "1"]
    with pytest.raises(UsageError):
        loop_recipes(stops[:1], 4)
