"""What surrounds the face: background, neck and clothes."""

import numpy as np

from studio.data.portraits.figure import Figure, colours, mix, shaded
from studio.data.portraits.sheet import Sheet, ellipse, oval, smooth, unit

WHITE = colours([(255, 255, 255)])


def paint_background(figure: Figure, sheet: Sheet) -> None:
    """A calm colour, lighter above and around the head."""
    colour = figure.background()
    sheet.rgb_B3HW[:] = colour
    sheet.tint(0.10 + 0.10 * sheet.y, shaded(colour, 0.35))
    glow_x = 0.35 * figure.light()
    glow = 1.15 - oval(sheet.x - glow_x, sheet.y + 0.25, 1.0, 1.0) - 1.0
    sheet.tint(smooth(glow) * figure.vary("background_light", 0.25, 0.6), WHITE)


def paint_body(figure: Figure, sheet: Sheet) -> None:
    """Neck, shoulders and one of three collars. They follow the head by half."""
    x0, y0, size = figure.head_place()
    low = sheet.moved(sheet.x - 0.7 * x0, sheet.y - 0.6 * y0 - 0.62 * (size - 1.0) + 0.06)
    _paint_neck(figure, low)
    clothes, collar = figure.clothes(), figure.vary("collar", 0.0, 3.0)
    shoulders = ellipse(low.x, low.y - 1.32, 0.80, 0.58)
    opening = _opening(low, collar)
    cover = low.cover(np.maximum(shoulders, -opening))
    low.paint(cover, clothes)
    low.tint(cover * unit(0.5 + 1.6 * (np.abs(low.x) - 0.42)) * 0.5, shaded(clothes, 0.35))
    low.tint(cover * unit(-0.6 * low.x * figure.light()) * 0.3, shaded(clothes, 0.4))
    _paint_collar(figure, low, opening, cover)


def _paint_neck(figure: Figure, low: Sheet) -> None:
    skin, shade = figure.skin(), figure.skin_shadow(0.34)
    flare = 0.6 * np.maximum(low.y - 0.66, 0.0)
    neck = np.maximum(np.abs(low.x) - 0.145 - flare * flare * 4.0, 0.3 - low.y)
    cover = low.cover(neck)
    low.paint(cover, skin)
    low.tint(cover * smooth((0.80 - low.y) * 5.0) * 0.85, shade)


def _opening(low: Sheet, collar: np.ndarray) -> np.ndarray:
    """Where the clothes are cut out at the neck: a V below collar 2, a round neck above."""
    v_neck = (np.abs(low.x) * 1.35 + low.y - 0.98) * 0.6
    round_neck = ellipse(low.x, low.y - 0.70, 0.24, 0.15)
    return np.where(collar < 2.0, v_neck, round_neck)


def _paint_collar(figure: Figure, low: Sheet, opening: np.ndarray, cover: np.ndarray) -> None:
    """Below 1 a sailor's collar with a stripe, below 2 a shirt's, else a knitted edge."""
    kind, clothes = figure.vary("collar", 0.0, 3.0), figure.clothes()
    width = np.where(kind < 1.0, 0.17, np.where(kind < 2.0, 0.12, 0.055)).astype(np.float32)
    band = cover * low.cover(opening - width)
    pale = mix(clothes, WHITE, 0.82)
    dark = shaded(clothes, 0.42)
    edge = np.where((kind < 2.0)[:, None], pale, dark)
    low.tint(band, edge)
    stripe = cover * low.cover(np.abs(opening - 0.115) - 0.016)
    low.tint(np.where(kind < 1.0, stripe, 0.0), dark)
    low.tint(cover * unit(1.0 - np.abs(opening - width) / 0.03) * 0.35, shaded(clothes, 0.5))
