"""Hair: what hangs behind the head, and the cap, fringe and side locks before it."""

from dataclasses import dataclass

import numpy as np

from studio.data.portraits.figure import Colours, Figure, colours, mix, shaded
from studio.data.portraits.patches import patch
from studio.data.portraits.sheet import Pixels, Sheet, ellipse, fraction, oval, smooth, unit

WHITE = colours([(255, 255, 255)])
SKULL_Y = -0.10
CROWN_Y = -0.98
"""Where the locks of the fringe seem to come from: all strands point there."""


@dataclass(frozen=True)
class Cut:
    """A hair style, in the head's units. Lengths are heights below the middle of the head."""

    back: tuple[float, float]
    """How far the hair behind the head reaches, shortest and longest."""
    sides: tuple[float, float]
    """How far the locks before the ears reach."""
    flare: float
    """How much wider the hair gets downwards."""
    side_width: float
    """How far inwards the side locks come, from the outline of the skull."""


CUTS = {
    "short": Cut(back=(0.30, 0.44), sides=(0.14, 0.26), flare=-0.45, side_width=0.11),
    "bob": Cut(back=(0.50, 0.62), sides=(0.42, 0.54), flare=0.16, side_width=0.15),
    "long": Cut(back=(1.20, 1.60), sides=(0.62, 0.90), flare=0.17, side_width=0.15),
    "tails": Cut(back=(0.05, 0.12), sides=(0.34, 0.52), flare=-0.30, side_width=0.135),
    "buns": Cut(back=(0.12, 0.22), sides=(0.22, 0.40), flare=-0.35, side_width=0.135),
}


def paint_back_hair(figure: Figure, head: Sheet) -> None:
    """The hair behind neck and face, in shadow; tails and buns where the style has them."""
    dark = figure.hair_shadow(0.85)
    if figure.style == "tails":
        _paint_tails(figure, head)
    if figure.style == "buns":
        _paint_buns(figure, head)
    distance = _back_distance(figure, head)
    cover = head.cover(distance)
    head.paint_hair(cover, dark)
    head.tint(cover * smooth(1.0 + distance / 0.10) * 0.65, figure.hair())
    lines = unit(0.7 - fraction(head.x * 8.0 + figure.vary("lock_phase", 0.0, 1.0)) * 5.0)
    head.tint(cover * lines * unit(head.y) * 0.35, figure.hair_shadow(1.00))


def front_distance(figure: Figure, head: Sheet) -> Pixels:
    """Distance to the hair before the face: the cap down to the fringe, and the locks at the sides."""
    cap = np.maximum(_skull(figure, head), head.y - _fringe(figure, head))
    return np.minimum(cap, _side_distance(figure, head))


def paint_front_hair(figure: Figure, head: Sheet, distance: Pixels) -> None:
    """The hair before the face; `distance` as `front_distance` gives it."""
    hair = figure.hair()
    cover = head.cover(distance)
    head.paint_hair(cover, hair)
    away = unit(0.25 - 0.75 * head.x * figure.light() + 0.35 * head.y)
    head.tint(cover * away * 0.55, figure.hair_shadow(0.67))
    head.tint(cover * _strands(figure, head) * 0.55, figure.hair_shadow(0.84))
    _paint_shine(figure, head, cover)
    head.tint(cover * smooth(1.0 + distance / 0.035) * 0.50, figure.hair_shadow(0.93))
    if figure.style in ("tails", "buns"):
        _paint_ties(figure, head)


def _volume(figure: Figure) -> Pixels:
    return figure.vary("hair_volume", 0.555, 0.605)


def _outline(figure: Figure, head: Sheet, flare: Pixels | float) -> Pixels:
    """Distance to a skull whose sides go on downwards, wider by `flare` a unit of height."""
    radius = _volume(figure)
    below = np.maximum(head.y - SKULL_Y, 0.0)
    wide = np.maximum(radius * (1.0 + flare * below), 0.05)
    x, y = head.x / wide, np.minimum(head.y - SKULL_Y, 0.0) / (radius + 0.03)
    return (np.sqrt(x * x + y * y) - 1.0) * radius


def _skull(figure: Figure, head: Sheet) -> Pixels:
    return _outline(figure, head, CUTS[figure.style].flare * 0.5)


def _back_distance(figure: Figure, head: Sheet) -> Pixels:
    cut = CUTS[figure.style]
    end = figure.vary("hair_length", *cut.back)
    wave = fraction(head.x * 3.2 + figure.vary("lock_phase", 0.0, 1.0)) - 0.5
    edge = end - 0.55 * head.x * head.x * (0.6 if figure.style == "bob" else 0.2) + 0.16 * wave * wave
    bulge = _bulge(figure, head, end)
    return np.maximum(_outline(figure, head, cut.flare) - bulge - _tufts(figure, head), (head.y - edge) * 0.9)


def _bulge(figure: Figure, head: Sheet, end: Pixels) -> Pixels:
    """A bob swells on its way down and turns in at its end."""
    if figure.style != "bob":
        return np.zeros_like(head.y)
    way = unit((head.y - SKULL_Y) / (end - SKULL_Y))
    return 0.075 * way * way * (1.0 - way) * 3.0 - 0.05 * way * way * way


def _tufts(figure: Figure, head: Sheet) -> Pixels:
    """Short hair stands off in tufts towards the nape."""
    if figure.style != "short":
        return np.zeros_like(head.y)
    place = fraction(head.y * 4.0 + figure.vary("lock_phase", 0.0, 1.0))
    return 0.08 * place * smooth((head.y + 0.42) * 1.8)


def _lock_place(figure: Figure, head: Sheet) -> Pixels:
    """Number of the lock at each pixel, counted from the parting; whole numbers lie between two locks."""
    slope = (head.x - 0.055 * figure.yaw()) / np.maximum(head.y - CROWN_Y, 0.12)
    return slope * figure.vary("lock_count", 4.2, 6.2) + figure.vary("lock_phase", 0.0, 1.0)


def _tip(figure: Figure, number: Pixels) -> Pixels:
    """How long the tip between two locks is, 0.45 to 1, as if by chance."""
    return 0.45 + 0.55 * fraction(number * 0.618034 + figure.vary("lock_phase", 0.0, 7.0))


def _fringe(figure: Figure, head: Sheet) -> Pixels:
    """Height of the lower edge of the fringe: arcs that end in points, parted where `parting` says."""
    place = _lock_place(figure, head)
    number = np.floor(place)
    within = place - number
    left, right = np.maximum(1.0 - 2.0 * within, 0.0), np.maximum(2.0 * within - 1.0, 0.0)
    tips = left * left * _tip(figure, number) + right * right * _tip(figure, number + 1.0)
    away = np.abs(head.x - figure.vary("parting", -0.24, 0.24) - 0.05 * figure.yaw())
    gap = unit(1.0 - away / 0.22)
    base = figure.vary("fringe_length", -0.20, -0.09) + 0.16 * head.x * head.x
    return base + 0.17 * tips - figure.vary("forehead", 0.0, 0.24) * gap * gap


def _side_distance(figure: Figure, head: Sheet) -> Pixels:
    """Distance to the two locks that hang before the ears and end in points."""
    cut = CUTS[figure.style]
    end = figure.vary("hair_length", *cut.sides)
    away = np.abs(head.x - 0.04 * figure.yaw())
    inner = _volume(figure) - cut.side_width
    way = unit((head.y + 0.25) / (end + 0.25))
    taper = 0.10 * way * way * way - 0.02
    pointed = head.y - end + 1.1 * np.abs(away - inner - 0.6 * cut.side_width - 0.02)
    outer = _outline(figure, head, cut.flare * (0.5 if cut.flare < 0.0 else 1.0)) - _bulge(figure, head, end)
    outer = outer - _tufts(figure, head)
    return np.maximum(np.maximum(outer, inner + taper - away), np.maximum(pointed * 0.7, -0.35 - head.y))


def _strands(figure: Figure, head: Sheet) -> Pixels:
    """Dark lines between the locks, strongest in the middle of their way."""
    place = _lock_place(figure, head)
    within = fraction(place) - 0.5
    fine = fraction(place * 2.0 + 0.3) - 0.5
    line = unit(1.0 - np.abs(np.abs(within) - 0.5) * 11.0) + 0.5 * unit(1.0 - np.abs(np.abs(fine) - 0.5) * 7.0)
    return line * smooth((head.y + 0.62) * 3.0)


def _paint_shine(figure: Figure, head: Sheet, cover: Pixels) -> None:
    """The ring of light on the cap, broken up along the locks."""
    hair = figure.hair()
    place = fraction(_lock_place(figure, head) * 1.5 + 0.2) - 0.5
    middle = -0.40 + 0.34 * head.x * head.x - 0.04 * figure.vary("pitch", -1.0, 1.0)
    width = 0.055 * (1.25 - 4.2 * place * place)
    ring = smooth((width - np.abs(head.y - middle)) / 0.03 + 0.5)
    side = unit(0.75 + 0.9 * head.x * figure.light()) * unit((0.50 - np.abs(head.x)) * 6.0)
    head.tint(cover * ring * side * 0.62, mix(hair, WHITE, 0.62 - 0.34 * _darkness(hair)))
    top = oval(head.x - 0.22 * figure.light(), head.y + 0.45, 0.38, 0.30)
    head.tint(cover * smooth(-top / 0.3) * 0.30, mix(hair, WHITE, 0.45))


def _darkness(colour: Colours) -> Colours:
    """1 for black, 0 for white, (B, 1, 1, 1)."""
    return 1.0 - (colour[:, :1] + colour[:, 1:2] + colour[:, 2:]) * np.float32(1.0 / 3.0)


def _paint_tails(figure: Figure, head: Sheet) -> None:
    """Two tails that swing outwards and end in a point."""
    hair, end = figure.hair(), figure.vary("hair_length", 0.72, 1.02)
    way = unit((head.y + 0.46) / (end + 0.46))
    swing = way * (1.0 - way)
    for side in (-1, 1):
        middle = 0.52 + 0.56 * swing + 0.08 * way + 0.04 * side * -figure.yaw()
        across = head.x * side - middle
        half = (figure.vary("hair_volume", 0.33, 0.41) * np.sqrt(way) * (1.0 - way * way)) + 0.012
        distance = np.maximum((np.abs(across) - half) * 0.85, np.maximum(-0.46 - head.y, head.y - end))
        cover = head.cover(distance)
        head.paint_hair(cover, hair)
        head.tint(cover * unit(0.5 - 2.2 * across) * 0.65, figure.hair_shadow(0.76))
        line = unit(1.0 - np.abs(fraction(across / half * 1.4 + 0.5) - 0.5) * 9.0)
        head.tint(cover * line * smooth(way * 3.0) * 0.4, figure.hair_shadow(0.89))
        shine = smooth(1.0 - np.abs(head.y - 0.02) / 0.09) * unit(1.0 - np.abs(across - 0.03) / 0.10)
        head.tint(cover * shine * 0.45, mix(hair, WHITE, 0.45))
        head.tint(cover * smooth(1.0 + distance / 0.03) * 0.45, figure.hair_shadow(0.93))


def _paint_buns(figure: Figure, head: Sheet) -> None:
    """Two balls of hair on top, with the turn of the strand in them."""
    hair = figure.hair()
    for side in (-1, 1):
        with patch(head, side * 0.43, -0.61, (0.27, 0.27)) as bun:
            radius = figure.vary("hair_volume", 0.195, 0.235)
            distance = oval(bun.x, bun.y, radius, radius)
            cover = bun.cover(distance)
            bun.paint_hair(cover, hair)
            bun.tint(cover * unit(0.4 - 2.0 * bun.x * figure.light() + 1.6 * bun.y) * 0.6, figure.hair_shadow(0.76))
            turn = np.abs(ellipse(bun.x - 0.03 * side, bun.y - 0.03, 0.11, 0.09)) - 0.008
            bun.tint(bun.cover(turn) * cover * 0.5, figure.hair_shadow(1.00))
            shine = ellipse(bun.x - 0.05 * figure.light(), bun.y + 0.10, 0.085, 0.035)
            bun.tint(smooth(0.5 - shine / 0.03) * 0.6, mix(hair, WHITE, 0.5))
            bun.tint(cover * smooth(1.0 + distance / 0.03) * 0.5, figure.hair_shadow(0.93))


def _paint_ties(figure: Figure, head: Sheet) -> None:
    """Ribbons in the colour of the clothes."""
    clothes = mix(figure.clothes(), WHITE, 0.1)
    place = (0.50, -0.37) if figure.style == "tails" else (0.345, -0.49)
    for side in (-1, 1):
        with patch(head, side * place[0], place[1], (0.16, 0.16)) as tie:
            x, y = tie.x * side, tie.y
            along, across = 0.8 * x + 0.6 * y, 0.8 * y - 0.6 * x
            out, off = np.abs(along), np.abs(across)
            wing = np.maximum(off - 0.015 - 0.42 * out, out - 0.125 + 0.2 * off)
            distance = np.minimum(wing, oval(x, y, 0.04, 0.04))
            cover = tie.cover(distance)
            tie.paint(cover, clothes)
            tie.tint(cover * unit(1.0 + distance / 0.02) * 0.6, shaded(clothes, 0.5))
            tie.tint(tie.cover(np.abs(oval(x, y, 0.04, 0.04)) - 0.005) * 0.5, shaded(clothes, 0.5))
