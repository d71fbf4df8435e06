"""PNG files with a sealed note: pixels come back equal, whatever was changed is noticed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from studio.ground.errors import DamagedError, UsageError
from studio.projects.pictures import checked_pixels, decode_png, encode_png, read_note, stack, unstack


@pytest.mark.parametrize("channels", [1, 3])
def test_pixels_and_note_come_back(pictures: Callable[..., np.ndarray], channels: int) -> None:
    picture = pictures(1, channels=channels)[0]
    pixels, note = decode_png(encode_png(picture, {"a": "ä<b>", "n": [1, 2.5, None]}), "x")
    assert np.array_equal(pixels, picture) and pixels.shape == picture.shape
    assert note == {"a": "ä<b>", "n": [1, 2.5, None]}


def test_stacked_and_back(pictures: Callable[..., np.ndarray]) -> None:
    some = pictures(5, size=4)
    assert stack(some).shape == (20, 4, 3) and np.array_equal(unstack(stack(some), 5), some)


@pytest.mark.parametrize("shape", [(1, 4, 4), (1, 4, 4, 2), (0, 4, 4, 3), (1, 0, 4, 3)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match="uint8"):
        checked_pixels(np.zeros(shape, np.uint8))
    with pytest.raises(UsageError):
        checked_pixels(np.zeros((1, 4, 4, 3), np.float32))


def test_a_picture_of_others_has_no_note(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "x.png")
    with pytest.raises(UsageError, match="does not say how it was made"):
        read_note(tmp_path / "x.png")
    with pytest.raises(UsageError, match="no file"):
        read_note(tmp_path / "y.png")
    (tmp_path / "z.png").write_text("<svg/>")
    with pytest.raises(DamagedError):
        read_note(tmp_path / "z.png")
    Image.new("RGB", (4, 4)).save(tmp_path / "j.png", format="JPEG")
    with pytest.raises(DamagedError):
        read_note(tmp_path / "j.png")


@pytest.mark.parametrize("chunk", ["", "[]", "{}", '{"seal": "x", "request": {}}', "{" * 5000, "\x00"])
def test_a_note_of_others_is_refused(tmp_path: Path, chunk: str) -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("studio", chunk)
    Image.new("RGB", (4, 4)).save(tmp_path / "x.png", pnginfo=info)
    with pytest.raises(DamagedError):
        read_note(tmp_path / "x.png")


def test_other_pixels_under_the_same_note_are_noticed(tmp_path: Path) -> None:
    """Every checksum of the format fits: only the digest of the pixels speaks."""
    (tmp_path / "x.png").write_bytes(encode_png(np.zeros((4, 4, 3), np.uint8), {}))
    with Image.open(tmp_path / "x.png") as image:
        info = PngImagePlugin.PngInfo()
        info.add_itxt("studio", str(image.info["studio"]))
    Image.new("RGB", (4, 4), "red").save(tmp_path / "x.png", pnginfo=info)
    with pytest.raises(DamagedError, match="x is damaged"):
        decode_png((tmp_path / "x.png").read_bytes(), "x")


def test_a_bomb_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    """40,000 x 40,000 pixels in a few bytes: only the header is real."""
    data = bytearray(encode_png(np.zeros((4, 4, 3), np.uint8), {}))
    data[16:24] = (40_000).to_bytes(4, "big") * 2
    import zlib

    data[29:33] = zlib.crc32(data[12:29]).to_bytes(4, "big")
    (tmp_path / "bomb.png").write_bytes(data)
    with pytest.raises(DamagedError):
        read_note(tmp_path / "bomb.png")
    with pytest.raises(DamagedError):
        decode_png(bytes(data), "bomb")
