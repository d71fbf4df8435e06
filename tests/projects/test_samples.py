"""Samples: what was written is read, thinned evenly in the logarithm of items, and damage has a name."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from studio.ground.errors import DamagedError, UsageError
from studio.projects.samples import MOST, SampleFiles, superfluous

Pictures = Callable[..., np.ndarray]


@pytest.mark.parametrize("channels", [1, 3])
def test_pictures_come_back_equal(tmp_path: Path, pictures: Pictures, channels: int) -> None:
    samples = SampleFiles(tmp_path / "samples")
    assert samples.steps() == []
    made = pictures(7, channels=channels)
    samples.write(30, made, items=960, notes={"labels": [{"hair": "red"}] * 7})
    samples.write(0, made[:1], items=0)
    found, notes = SampleFiles(tmp_path / "samples").read_with_notes(30)
    assert np.array_equal(found, made) and notes == {"labels": [{"hair": "red"}] * 7}
    assert samples.steps() == [0, 30] and samples.read(0).shape == (1, 12, 12, channels)
    assert samples.check() == ()


def test_texts_have_a_file_that_is_kept_thinned_and_checked_alike(tmp_path: Path, pictures: Pictures) -> None:
    samples, none = SampleFiles(tmp_path, most=3), pictures(1)[:0]
    notes = {"texts": [{"prompt": "Once <b>", "text": "\N{ZERO WIDTH JOINER}\N{SNOWMAN}\n", "reference": ""}]}
    for step in range(5):
        samples.write(step, none, items=64 * step, notes=notes | {"step": step})
    first, middle, last = samples.steps()
    assert (first, last) == (0, 4) and {file.path.suffix for file in samples.files()} == {".json"}
    found, read = samples.read_with_notes(4)
    assert len(found) == 0 and found.dtype == np.uint8 and read == notes | {"step": 4}
    path = samples.files()[1].path
    path.write_bytes(path.read_bytes().replace(b"Once", b"Ones"))
    assert len(samples.check()) == 1
    assert samples.move_after(middle) == 1 and samples.steps() == [first, middle]
    assert samples.keep_ends() > 0 and not list((tmp_path / "aside").iterdir())


def test_the_later_of_one_step_counts(tmp_path: Path, pictures: Pictures) -> None:
    samples = SampleFiles(tmp_path)
    samples.write(3, pictures(2, seed=1), items=90)
    samples.write(3, pictures(2, seed=2), items=96)
    assert samples.steps() == [3] and np.array_equal(samples.read(3), pictures(2, seed=2))


def test_a_step_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no samples of step 5"):
        SampleFiles(tmp_path).read(5)


def test_samples_of_another_step_are_noticed(tmp_path: Path, pictures: Pictures) -> None:
    samples = SampleFiles(tmp_path)
    samples.write(1, pictures(1), items=32)
    path = samples.files()[0].path
    path.rename(path.with_name("0000000002-00000000000064.png"))
    with pytest.raises(DamagedError, match="another step"):
        samples.read(2)
    assert len(samples.check()) == 1


def test_strangers_in_the_folder_are_left_alone(tmp_path: Path, pictures: Pictures) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "0000000001-00000000000032.png.part-12345678").write_text("half")
    samples = SampleFiles(tmp_path)
    samples.write(2, pictures(1), items=64)
    assert samples.steps() == [2] and (tmp_path / "notes.txt").exists()


def test_thinning_keeps_the_ends_and_an_even_spread(tmp_path: Path, pictures: Pictures) -> None:
    samples = SampleFiles(tmp_path, most=12)
    picture = pictures(1, size=1)
    for step in range(300):
        samples.write(step, picture, items=step * 32)
    steps = samples.steps()
    assert len(steps) == 12 and steps[0] == 0 and steps[-1] == 299
    gaps = np.diff([math.log1p(step * 32) for step in steps[1:]])
    assert gaps.max() < 4 * np.median(gaps)
    assert MOST == 300


def test_the_superfluous_one_is_never_an_end() -> None:
    assert superfluous([0, 1, 2]) == 1
    assert superfluous([0, 10, 100, 110, 1000]) == 3
    assert superfluous([0, 0, 0, 5]) == 1


def test_later_steps_are_moved_aside(tmp_path: Path, pictures: Pictures) -> None:
    samples = SampleFiles(tmp_path)
    for step in (0, 10, 20, 30):
        samples.write(step, pictures(1), items=step)
    assert samples.move_after(15) == 2 and samples.steps() == [0, 10]
    assert len(list((tmp_path / "aside").glob("*.png"))) == 2
    samples.write(20, pictures(1), items=20)
    assert samples.move_after(15) == 1  # the same step again takes the place of the one before
    freed = samples.keep_ends()
    assert freed > 0 and samples.steps() == [0, 10] and not list((tmp_path / "aside").glob("*"))
