"""*Portraits*: the same picture for the same numbers, and attributes that are the truth about it."""

import hashlib
import pickle
import threading
from collections import Counter
from itertools import combinations

import numpy as np
import pytest

from studio.data.portraits import (
    ATTRIBUTES,
    PALETTE,
    VARIATIONS,
    Portrait,
    draw,
    draw_batch,
    draw_many,
    hair_covers,
    hair_mask,
    hair_masks,
    portrait,
)
from studio.ground.errors import StudioError

SOME = [portrait(7, index) for index in range(40)]


def digest(pictures: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(pictures).tobytes()).hexdigest()


def collected(seed: int, indices: list[int], size: int, workers: int) -> np.ndarray:
    return np.concatenate([pictures for _, pictures in draw_many(seed, indices, size, workers=workers)])


def other_value(name: str, value: str) -> str:
    values = ATTRIBUTES[name]
    return values[(values.index(value) + 1) % len(values)]


def changed(name: str, size: int) -> tuple[np.ndarray, np.ndarray, list[Portrait]]:
    """Pictures before and after changing one attribute, as whole numbers, and the changed portraits."""
    after = [one.with_attribute(name, other_value(name, one.attributes[name])) for one in SOME]
    return draw_batch(SOME, size).astype(int), draw_batch(after, size).astype(int), after


def test_portrait_depends_on_seed_and_index_alone() -> None:
    assert portrait(3, 5) == portrait(3, 5)
    assert len({portrait(seed, index) for seed in (-1, 0, 1) for index in range(4)}) == 12
    first = portrait(0, 0)
    assert dict(first.attributes) == {
        "hair": "blond",
        "style": "bob",
        "eyes": "brown",
        "glasses": "no",
        "smile": "no",
        "skin": "fair",
        "background": "blue",
    }


@pytest.mark.parametrize("size", [32, 64, 96])
def test_alone_in_a_batch_and_in_any_order_the_pixels_are_the_same(size: int) -> None:
    alone = np.stack([draw(one, size) for one in SOME[:12]])
    assert digest(alone) == digest(draw_batch(SOME[:12], size))
    assert digest(alone) == digest(draw_batch(SOME, size)[:12])
    assert digest(alone[::-1]) == digest(draw_batch(SOME[:12][::-1], size))


def test_in_parallel_and_one_by_one_the_pixels_are_the_same() -> None:
    indices = [*range(250), 5, 3]
    assert digest(collected(2, indices, 32, workers=1)) == digest(collected(2, indices, 32, workers=3))


def test_draw_many_yields_in_order_with_its_portraits() -> None:
    indices = list(range(300, 0, -1))
    drawn = [one for portraits, pictures in draw_many(2, indices, 16) for one in portraits]
    assert drawn == [portrait(2, index) for index in indices]


def test_closing_draw_many_ends_its_threads() -> None:
    drawing = draw_many(2, iter(range(10**9)), 32, workers=2)
    next(drawing)
    drawing.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("portraits")]


@pytest.fixture(scope="module")
def four_thousand() -> tuple[list[Portrait], np.ndarray]:
    """4,000 portraits and their pictures at 32 pixels."""
    batches = list(draw_many(31, range(4000), 32, workers=2))
    return [one for portraits, _ in batches for one in portraits], np.concatenate([p for _, p in batches])


def test_no_two_of_4000_are_alike(four_thousand: tuple[list[Portrait], np.ndarray]) -> None:
    pictures = four_thousand[1]
    assert pictures.shape == (4000, 32, 32, 3)
    assert len({picture.tobytes() for picture in pictures}) == 4000


def test_attributes_are_uniform_and_independent() -> None:
    """Chi-square of each attribute and of each pair, with a bound far outside chance for a fixed seed."""
    many = [portrait(5, index) for index in range(6000)]
    for names in [*((name,) for name in ATTRIBUTES), *combinations(ATTRIBUTES, 2)]:
        cells = int(np.prod([len(ATTRIBUTES[name]) for name in names]))
        counts = Counter(tuple(one.attributes[name] for name in names) for one in many)
        expected = len(many) / cells
        missing = (cells - len(counts)) * expected
        chi_square = sum((count - expected) ** 2 / expected for count in counts.values()) + missing
        freedom = cells - 1
        assert chi_square < freedom + 4.5 * (2 * freedom) ** 0.5, names


def test_variations_are_uniform_and_know_nothing_of_the_attributes() -> None:
    many = [portrait(5, index) for index in range(3000)]
    numbers = np.array([one.variation for one in many])
    assert numbers.shape[1] == len(VARIATIONS) >= 12
    assert np.abs(numbers.mean(0) - 0.5).max() < 0.025
    blond = np.array([one.attributes["hair"] == "blond" for one in many])
    assert np.abs(numbers[blond].mean(0) - numbers[~blond].mean(0)).max() < 0.06


def test_every_variation_but_the_wording_changes_the_picture() -> None:
    """Held by one portrait that shows everything: glasses, a collar, hair that hangs."""
    base = Portrait(
        {
            "hair": "blond",
            "style": "tails",
            "eyes": "green",
            "glasses": "yes",
            "smile": "yes",
            "skin": "fair",
            "background": "blue",
        },
        (0.4,) * len(VARIATIONS),
    )
    picture = draw(base, 128)
    for position, name in enumerate(VARIATIONS):
        numbers = list(base.variation)
        numbers[position] = 0.9
        same = np.array_equal(picture, draw(Portrait(base.attributes, tuple(numbers)), 128))
        assert same == (name == "wording"), name


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_one_attribute_changed_leaves_the_rest(name: str) -> None:
    before, after, portraits = changed(name, 64)
    touched = np.abs(after - before).max(-1) > 0
    assert touched.any((1, 2)).all()
    for one, twin in zip(SOME, portraits, strict=True):
        assert one.variation == twin.variation
        assert {key for key in ATTRIBUTES if one.attributes[key] != twin.attributes[key]} == {name}


@pytest.mark.parametrize("size", [32, 64])
def test_hair_colour_changes_the_hair_alone(size: int) -> None:
    before, after, _ = changed("hair", size)
    difference, covers = np.abs(after - before).max(-1), hair_covers(SOME, size)
    assert difference[covers == 0].max() == 0
    assert (difference[covers >= 0.5] > 10).mean() > 0.97
    assert (np.abs(after - before)[covers < 0.5] / 255).mean() < 0.01


@pytest.mark.parametrize(
    ("name", "share", "top", "bottom"),
    [("glasses", 0.22, 0.28, 0.80), ("eyes", 0.12, 0.28, 0.80), ("smile", 0.08, 0.50, 0.92)],
)
def test_small_things_change_a_small_place(name: str, share: float, top: float, bottom: float) -> None:
    before, after, _ = changed(name, 64)
    touched = np.abs(after - before).max(-1) > 2
    assert touched.mean((1, 2)).max() < share
    rows = np.flatnonzero(touched.any((0, 2))) / 64
    assert top <= rows.min() and rows.max() <= bottom


def test_hair_mask_shows_hair() -> None:
    masks = hair_masks(SOME, 64)
    assert np.array_equal(masks[3], hair_mask(SOME[3], 64))
    shares = masks.mean((1, 2))
    assert shares.min() > 0.08 and shares.max() < 0.5
    long, short = (
        np.mean([share for share, one in zip(shares, SOME, strict=True) if one.attributes["style"] == style])
        for style in ("long", "short")
    )
    assert long > short


def test_captions_say_what_the_picture_shows() -> None:
    for one in (portrait(9, index) for index in range(300)):
        words = one.caption
        for name in ("hair", "eyes", "skin", "background"):
            assert one.attributes[name] in words
        assert f"{one.attributes['eyes']} eyes" in words and f"{one.attributes['skin']} skin" in words
        assert ("glasses" in words) == (one.attributes["glasses"] == "yes")
        assert ("smiling" in words) == (one.attributes["smile"] == "yes")
        style = {"tails": "twin tails", "buns": "two buns"}.get(one.attributes["style"], one.attributes["style"])
        assert style in words
        assert one.caption == portrait(9, 0).__class__(one.attributes, one.variation).caption
    assert len({tuple(portrait(9, index).caption.split()[:2]) for index in range(40)}) > 2


def test_changing_an_attribute_keeps_the_wording() -> None:
    one = portrait(9, 1).with_attribute("hair", "blond")
    assert one.with_attribute("hair", "black").caption == one.caption.replace("blond", "black")


@pytest.mark.parametrize("size", [8, 16, 17, 32, 48, 63, 65, 100, 128, 512])
def test_any_size(size: int) -> None:
    picture = draw(SOME[0], size)
    assert picture.shape == (size, size, 3) and picture.dtype == np.uint8
    assert hair_mask(SOME[0], size).shape == (size, size)


def test_size_changes_the_resolution_only() -> None:
    large = draw_batch(SOME, 256).reshape(len(SOME), 32, 8, 32, 8, 3).mean((2, 4))
    small = draw_batch(SOME, 32)
    assert np.abs(large - small).mean() < 2.5


def test_hair_colour_is_the_nearest_of_the_palette_at_32() -> None:
    many = [portrait(21, index) for index in range(240)]
    names, palette = list(PALETTE["hair"]), np.array(list(PALETTE["hair"].values()))
    pictures, masks = draw_batch(many, 32), hair_masks(many, 32)
    right = 0
    for one, picture, mask in zip(many, pictures, masks, strict=True):
        distance = np.abs(np.median(picture[mask], 0) - palette).sum(-1)
        right += names[int(distance.argmin())] == one.attributes["hair"]
    assert right / len(many) > 0.97


def test_background_is_the_nearest_of_the_palette_at_32() -> None:
    many = [portrait(22, index) for index in range(240)]
    corners = draw_batch(many, 32)[:, 1:3, :2].mean((1, 2))
    nearest = np.abs(corners[:, None] - np.array(list(PALETTE["background"].values()))).sum(-1).argmin(-1)
    truth = [ATTRIBUTES["background"].index(one.attributes["background"]) for one in many]
    assert (nearest == truth).mean() > 0.93


def readable(portraits: list[Portrait], pictures: np.ndarray, names: list[str]) -> dict[str, float]:
    """For each attribute, the share of the last quarter of which a ridge classifier of the others reads it."""
    count = len(portraits)
    x, half = pictures.reshape(count, -1).astype(np.float32) / 255 - 0.5, count * 3 // 4
    truth = {name: np.array([ATTRIBUTES[name].index(one.attributes[name]) for one in portraits]) for name in names}
    y = np.concatenate([np.eye(len(ATTRIBUTES[name]), dtype=np.float32)[truth[name][:half]] for name in names], 1)
    kernel = x[:half] @ x[:half].T + 30 * np.eye(half, dtype=np.float32)
    scores = x[half:] @ (x[:half].T @ np.linalg.solve(kernel, y - y.mean(0)))
    ends = np.cumsum([len(ATTRIBUTES[name]) for name in names])[:-1]
    return {
        name: float((part.argmax(1) == truth[name][half:]).mean())
        for name, part in zip(names, np.split(scores, ends, axis=1), strict=True)
    }


def test_attributes_can_be_read_at_32(four_thousand: tuple[list[Portrait], np.ndarray]) -> None:
    portraits, pictures = four_thousand
    least = {"glasses": 0.97, "style": 0.97, "eyes": 0.94, "smile": 0.90, "skin": 0.80}
    found = readable(portraits[:2400], pictures[:2400], list(least))
    assert all(found[name] >= share for name, share in least.items()), found


def test_a_portrait_cannot_be_altered_and_survives_pickling() -> None:
    one = portrait(1, 2)
    with pytest.raises(TypeError):
        one.attributes["hair"] = "red"  # type: ignore[index]
    assert pickle.loads(pickle.dumps(one)) == one


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: portrait(1, -1),
        lambda: portrait(1.5, 0),
        lambda: portrait("a", 0),
        lambda: draw(SOME[0], 0),
        lambda: draw(SOME[0], 5000),
        lambda: draw(SOME[0], 32.5),
        lambda: draw_many(1, range(3), 0),
        lambda: draw_many(1, range(3), 32, workers=0),
        lambda: SOME[0].with_attribute("nose", "long"),
        lambda: SOME[0].with_attribute("hair", "striped"),
        lambda: Portrait(SOME[0].attributes, (0.5,)),
        lambda: Portrait({"hair": "red"}, SOME[0].variation),
        lambda: list(draw_many(1, [-4], 32)),
    ],
)
def test_wrong_arguments_get_a_sentence(wrong: object) -> None:
    with pytest.raises(StudioError, match=r"\.$"):
        wrong()  # type: ignore[operator]


def test_nothing_on_the_pixels_warns() -> None:
    with np.errstate(all="raise", under="ignore"):
        draw_batch(SOME, 64)
        draw(SOME[0], 400)
