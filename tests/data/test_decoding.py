"""Pictures of every allowed format and mode, broken ones, and bombs."""

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.data.decoding import MAX_PIXELS, THUMB, BrokenPicture, flatten, load, look, open_picture, plain

# Outside of tests these remarks of Pillow are switched off; here every warning would be an error.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

SIDE = 24
RAMP = np.tile(np.linspace(0, 255, SIDE).astype(np.uint8), (SIDE, 1))
COLOUR = np.stack([RAMP, RAMP.T, 255 - RAMP], axis=2)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The bytes of a picture file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def read(data: bytes) -> Image.Image:
    """Decode as the studio does."""
    image = open_picture(data)
    load(image)
    return plain(image)


RGB = Image.fromarray(COLOUR)
FILES = {
    "png": encoded(RGB, "PNG"),
    "jpeg": encoded(RGB, "JPEG", quality=95),
    "webp": encoded(RGB, "WEBP", lossless=True),
    "bmp": encoded(RGB, "BMP"),
    "gif": encoded(RGB.convert("P", palette=Image.Palette.ADAPTIVE), "GIF"),
    "tiff": encoded(RGB, "TIFF", compression="tiff_lzw"),
    "pnm": encoded(RGB, "PPM"),
}


@pytest.mark.parametrize("kind", FILES)
def test_every_allowed_format_is_read(kind: str) -> None:
    pixels = np.asarray(read(FILES[kind]).convert("RGB")).astype(int)
    assert pixels.shape == (SIDE, SIDE, 3)
    assert abs(pixels - COLOUR).mean() < 8  # palettes of 256 colours and JPEG are not exact
    seen = look(FILES[kind])
    assert (seen.width, seen.height, len(seen.thumb)) == (SIDE, SIDE, THUMB[0] * THUMB[1] * 3)


@pytest.mark.parametrize("share", [0.0, 0.02, 0.3, 0.6, 0.8])
@pytest.mark.parametrize("kind", FILES)
def test_a_picture_that_was_cut_short_is_broken(kind: str, share: float) -> None:
    with pytest.raises(BrokenPicture) as caught:
        look(FILES[kind][: int(share * len(FILES[kind]))])
    assert str(caught.value).startswith(("is damaged", "is empty", "is not a picture", "has more than"))


@pytest.mark.parametrize("kind", FILES)
def test_no_damage_escapes_as_another_error(kind: str) -> None:
    """Bits are flipped all over the file: it is read, or it is broken; nothing else happens."""
    generator = np.random.default_rng(7)
    outcomes = {"read": 0, "broken": 0}
    for _ in range(60):
        data = bytearray(FILES[kind])
        data[generator.integers(len(data))] ^= 1 << generator.integers(8)
        try:
            look(bytes(data))
            outcomes["read"] += 1
        except BrokenPicture:
            outcomes["broken"] += 1
    assert sum(outcomes.values()) == 60


@pytest.mark.parametrize("name", ["svg", "eps", "fits", "ico", "pdf", "html"])
def test_other_formats_are_not_opened(name: str) -> None:
    heads = {
        "svg": b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>",
        "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        "fits": b"SIMPLE  =                    T".ljust(2880),
        "ico": encoded(RGB, "ICO"),
        "pdf": encoded(RGB, "PDF"),
        "html": b"<!DOCTYPE html><title>404</title>",
    }
    with pytest.raises(BrokenPicture, match="not a picture"):
        look(heads[name])


def png_claiming(width: int, height: int, bits: int = 8) -> bytes:
    """A small PNG file that claims to be large and whose data would go on for long."""
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(5001)) for _ in range(400)) + packer.flush()
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, 0, 0, 0, 0)), (b"IDAT", packed), (b"IEND", b"")]
    chunks = b"".join(struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d)) for n, d in parts)
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.parametrize(("side", "bits"), [(10_000, 8), (13_000, 8), (40_000, 8), (40_000, 1)])
def test_a_picture_bomb_is_refused_before_it_is_decoded(side: int, bits: int) -> None:
    assert side * side > MAX_PIXELS
    with pytest.raises(BrokenPicture, match="million pixels"):
        look(png_claiming(side, side, bits))


@pytest.mark.parametrize("head", [b"GIF89a\xff\xff\xff\xff\0\0\0", b"P5 40000 40000 255\n", b"P6\n1 1000000000\n255\n"])
def test_bombs_of_other_formats_are_refused(head: bytes) -> None:
    with pytest.raises(BrokenPicture):
        look(head + bytes(1000))


def test_one_bit() -> None:
    image = read(encoded(Image.fromarray(RAMP > 127), "PNG"))
    assert image.mode == "L" and set(np.unique(np.asarray(image))) == {0, 255}


def test_palette_with_transparency_shows_the_background() -> None:
    image = Image.new("P", (4, 2))
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.putdata([0, 0, 1, 1] * 2)
    found = read(encoded(image, "PNG", transparency=0))
    assert found.mode == "RGBA"
    assert np.asarray(flatten(found, "#0000ff"))[0].tolist() == [[0, 0, 255]] * 2 + [[0, 255, 0]] * 2


def test_grey_with_alpha_is_flattened() -> None:
    pixels = np.dstack([np.full((3, 3), 200, np.uint8), np.array([[0, 128, 255]] * 3, np.uint8)])
    found = read(encoded(Image.fromarray(pixels), "PNG"))
    assert found.mode == "LA"
    flat = np.asarray(flatten(found, "#000000"))[0, :, 0].tolist()
    assert flat[0] == 0 and abs(flat[1] - 100) <= 1 and flat[2] == 200


def test_grey_png_with_a_transparent_grey() -> None:
    found = read(encoded(Image.fromarray(np.array([[7, 200]], np.uint8)), "PNG", transparency=7))
    assert np.asarray(flatten(found, "#ff0000"))[0].tolist() == [[255, 0, 0], [200, 200, 200]]


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
def test_sixteen_bits_are_scaled_and_not_clipped(kind: str) -> None:
    deep = np.array([[0, 257, 32896, 65535]], np.uint16)
    assert np.asarray(read(encoded(Image.fromarray(deep), kind)))[0].tolist() == [0, 1, 128, 255]


def test_big_endian_sixteen_bits() -> None:
    image = Image.frombytes("I;16B", (4, 1), np.array([0, 257, 32896, 65535], ">u2").tobytes())
    assert np.asarray(read(encoded(image, "TIFF")))[0].tolist() == [0, 1, 128, 255]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.5, 1.0], [0, 128, 255]),
        ([0.0, 100.0, 255.0], [0, 100, 255]),
        ([-1.0, 0.0, 1.0], [0, 128, 255]),
        ([0.0, 1000.0, 4000.0], [0, 64, 255]),
        ([float("nan"), 0.0, 1.0], [0, 0, 255]),
        ([5000.0, 5000.0, 5000.0], [0, 0, 0]),
    ],
)
def test_floating_point_greys(values: list[float], expected: list[int]) -> None:
    data = encoded(Image.fromarray(np.array([values], np.float32)), "TIFF")
    assert np.asarray(read(data))[0].tolist() == expected


def test_thirty_two_bit_greys() -> None:
    data = encoded(Image.fromarray(np.array([[-100, 0, 100]], np.int32)), "TIFF")
    assert np.asarray(read(data))[0].tolist() in ([0, 127, 255], [0, 128, 255])


def test_print_colours() -> None:
    image = Image.new("CMYK", (SIDE, SIDE), (0, 255, 255, 0))
    for kind in ("JPEG", "TIFF"):
        found = read(encoded(image, kind))
        assert found.mode == "RGB" and abs(np.asarray(found).reshape(-1, 3).mean(0) - [255, 0, 0]).max() < 4


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_exif_turns_are_applied(kind: str, turn: int) -> None:
    """A picture that is dark at the left of its upper half, stored turned in all eight ways, is upright again."""
    upright = np.full((32, 48), 220, np.uint8)
    upright[:16, :24] = 20
    back = {
        1: lambda a: a, 2: lambda a: a[:, ::-1], 3: lambda a: a[::-1, ::-1], 4: lambda a: a[::-1],
        5: lambda a: a.T, 6: lambda a: np.rot90(a), 7: lambda a: a[::-1, ::-1].T, 8: lambda a: np.rot90(a, -1),
    }  # fmt: skip
    exif = Image.Exif()
    exif[0x0112] = turn
    stored = Image.fromarray(np.ascontiguousarray(back[turn](upright)))
    data = encoded(stored, kind, exif=exif)
    seen = look(data)
    assert (seen.width, seen.height) == (48, 32)
    assert abs(np.asarray(read(data).convert("L")).astype(int) - upright).max() < 25


def test_only_the_first_frame_of_a_moving_picture_counts() -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue", "green")]
    for kind, options in (("GIF", {}), ("WEBP", {"lossless": True}), ("PNG", {})):
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options)
        seen = look(data)
        assert seen.animated, kind
        assert read(data).convert("RGB").getpixel((8, 8)) == (255, 0, 0)
    assert not look(FILES["png"]).animated


def test_a_damaged_exif_note_does_not_matter() -> None:
    data = encoded(RGB, "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + bytes(range(40)))
    assert look(data).width == SIDE


def test_a_large_jpeg_is_decoded_small_but_to_its_last_byte() -> None:
    large = Image.fromarray(np.random.default_rng(0).integers(0, 255, (512, 768, 3), np.uint8))
    data = encoded(large, "JPEG")
    image = open_picture(data)
    load(image, near=64)
    assert image.size == (96, 64)
    assert look(data).width == 768
    with pytest.raises(BrokenPicture):
        look(data[:-2000])
