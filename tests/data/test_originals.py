"""Pictures that are given back as they came."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.data.decoding import BrokenPicture
from studio.data.originals import read_original

WHITE = "#ffffff"


def file_of(image: Image.Image, kind: str, **more: Any) -> bytes:
    """A picture's file."""
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def noise(height: int = 20, width: int = 30, channels: int = 3) -> np.ndarray:
    """A picture of noise."""
    return np.random.default_rng(0).integers(0, 256, (height, width, channels), np.uint8)


def opened(data: bytes) -> Image.Image:
    """The picture in a file, as it lies there."""
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "BMP", "TIFF", "PPM"])
def test_unchanged_pixels_come_back_in_the_same_format(kind: str) -> None:
    more = {"lossless": True} if kind == "WEBP" else {}
    original = read_original(file_of(Image.fromarray(noise()), kind, **more), WHITE)
    again = opened(original.changed(original.pixels(3), original.suffix()))
    assert again.format == kind and np.array_equal(np.asarray(again.convert("RGB")), noise())


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_orientation_is_kept_with_the_pixels_that_it_turns(turn: int, kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = turn
    exif[0x010E] = "a note"
    flat = np.repeat(np.repeat(noise(4, 6), 8, axis=0), 8, axis=1)
    more = {"quality": 100, "subsampling": 0} if kind == "JPEG" else {"lossless": True} if kind == "WEBP" else {}
    data = file_of(Image.fromarray(flat), kind, exif=exif.tobytes(), **more)
    original = read_original(data, WHITE)
    assert original.pixels(3).shape[:2] == ((32, 48) if turn < 5 else (48, 32))
    again = opened(original.changed(original.pixels(3), original.suffix()))
    assert again.size == (48, 32) and again.getexif()[0x0112] == turn and again.getexif()[0x010E] == "a note"
    assert np.abs(np.asarray(again.convert("RGB")).astype(int) - flat).mean() < 6


def test_transparency_is_kept_and_the_colours_seen_are_those_wanted() -> None:
    rgba = noise(channels=4)
    rgba[:5, :, 3] = 0
    original = read_original(file_of(Image.fromarray(rgba), "PNG"), WHITE)
    assert original.alpha is not None and np.array_equal(original.alpha, rgba[..., 3])
    same = np.asarray(opened(original.changed(original.pixels(3), ".png")))
    assert np.array_equal(same[..., 3], rgba[..., 3]) and np.array_equal(same[:5, :, :3], rgba[:5, :, :3])
    wanted = np.full_like(original.pixels(3), 200)
    result = read_original(original.changed(wanted, ".png"), WHITE)
    visible = rgba[..., 3] > 100
    assert np.abs(result.pixels(3)[visible].astype(int) - 200).max() <= 60
    assert np.abs(result.pixels(3)[rgba[..., 3] > 220].astype(int) - 200).max() <= 1


def test_what_cannot_be_transparent_becomes_png() -> None:
    gif = file_of(Image.fromarray(noise()), "GIF")
    assert read_original(gif, WHITE).suffix() == ".png"
    rgba = read_original(file_of(Image.fromarray(noise(channels=4)), "TIFF"), WHITE)
    assert rgba.suffix() == ".tif" and opened(rgba.changed(rgba.pixels(3), ".tif")).mode == "RGBA"
    assert opened(rgba.changed(rgba.pixels(3), ".jpg")).mode == "RGB"


def test_printers_colours_deep_greys_and_grey_are_read() -> None:
    cmyk = read_original(file_of(Image.fromarray(noise()).convert("CMYK"), "JPEG", icc_profile=b"not for red"), WHITE)
    assert opened(cmyk.changed(cmyk.pixels(3), cmyk.suffix())).mode == "RGB" and not cmyk.profile
    deep = Image.fromarray((np.arange(600, dtype=np.uint16) * 100).reshape(20, 30))
    assert read_original(file_of(deep, "PNG"), WHITE).pixels(3).shape == (20, 30, 3)
    grey = read_original(file_of(Image.fromarray(noise()[..., 0]), "PNG", icc_profile=b"of grey"), WHITE)
    assert "icc_profile" in opened(grey.changed(grey.pixels(1), ".png")).info
    assert "icc_profile" not in opened(grey.changed(grey.pixels(3), ".png")).info


def test_what_is_no_picture_says_so(tmp_path: Path) -> None:
    with pytest.raises(BrokenPicture, match="not a picture"):
        read_original(b"nothing of the kind", WHITE)
    with pytest.raises(BrokenPicture, match="damaged"):
        read_original(file_of(Image.fromarray(noise()), "PNG")[:-200], WHITE)
