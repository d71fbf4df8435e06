"""The numbers a portrait is drawn from: colours, pose and proportions of B portraits at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from studio.data.portraits.description import VARIATIONS, Portrait
from studio.data.portraits.sheet import Pixels, Sheet

Colours = NDArray[np.floating[Any]]
"""float32, shape (B, 3, 1, 1), red, green and blue from 0 to 1."""

PALETTE: dict[str, dict[str, tuple[int, int, int]]] = {
    "hair": {"black": (44, 40, 58), "brown": (128, 82, 50), "blond": (244, 208, 108),
             "red": (206, 66, 44), "pink": (244, 146, 186), "blue": (74, 122, 214)},
    "eyes": {"brown": (158, 92, 40), "blue": (46, 138, 238), "green": (44, 172, 96), "violet": (156, 84, 226)},
    "skin": {"fair": (255, 230, 213), "tan": (244, 204, 166), "brown": (203, 149, 109), "dark": (142, 95, 70)},
    "background": {"blue": (184, 216, 246), "green": (194, 228, 196), "pink": (248, 206, 214),
                   "yellow": (252, 236, 178), "lilac": (214, 202, 244), "grey": (208, 212, 220)},
}
"""The middle colour of each value; shades vary around it."""

SHADOWS: dict[str, tuple[int, int, int]] = {
    "black": (18, 16, 32), "brown": (76, 40, 30), "blond": (204, 134, 58),
    "red": (126, 26, 38), "pink": (192, 78, 140), "blue": (38, 62, 156),
}
"""The deepest shadow of each hair colour."""

CLOTHES = ((52, 66, 112), (92, 140, 128), (196, 92, 92), (240, 238, 232), (128, 104, 168), (232, 172, 96))
"""Colours along which `clothes_colour` wanders."""


@dataclass
class Figure:
    """B portraits that share a hair style, ready to be drawn."""

    portraits: Sequence[Portrait]
    variation_BV: NDArray[np.float64]

    @classmethod
    def of(cls, portraits: Sequence[Portrait]) -> "Figure":
        return cls(portraits, np.array([p.variation for p in portraits], dtype=np.float64))

    @property
    def style(self) -> str:
        return self.portraits[0].attributes["style"]

    def vary(self, name: str, low: float, high: float) -> Pixels:
        """Variation `name` between two ends, (B, 1, 1)."""
        chance_B = self.variation_BV[:, VARIATIONS.index(name)]
        return (low + (high - low) * chance_B).astype(np.float32)[:, None, None]

    def having(self, name: str, value: str) -> list[int]:
        """Which of the B portraits have that value."""
        return [i for i, p in enumerate(self.portraits) if p.attributes[name] == value]

    def among(self, chosen: list[int]) -> "Figure":
        return Figure([self.portraits[i] for i in chosen], self.variation_BV[chosen])

    def colour(self, name: str) -> Colours:
        """The palette's colour of an attribute."""
        table = PALETTE[name]
        return colours([table[p.attributes[name]] for p in self.portraits])

    def hair(self) -> Colours:
        """The hair's own shade of its colour: lighter or darker, warmer or cooler."""
        warmth = _per_channel(self.vary("hair_warmth", -0.02, 0.03)) * colours([(255, 0, -255)])
        base = self.colour("hair")
        return np.clip(base * _per_channel(self.vary("hair_shade", 0.9, 1.06)) + warmth * (0.4 + base), 0, 1)

    def hair_shadow(self, depth: float) -> Colours:
        """The hair in shadow: `depth` 0 is its own colour, 1 the deepest."""
        deepest = colours([SHADOWS[p.attributes["hair"]] for p in self.portraits])
        return self.hair() * mix(deepest, self.colour("hair"), 1.0 - depth) / self.colour("hair")

    def skin(self) -> Colours:
        return np.clip(self.colour("skin") * _per_channel(self.vary("skin_shade", 0.95, 1.02)), 0, 1)

    def skin_shadow(self, depth: float) -> Colours:
        """The skin in shadow: darker and redder."""
        return self.skin() * (1.0 - depth * colours([(155, 245, 235)]))

    def background(self) -> Colours:
        return np.clip(self.colour("background") * _per_channel(self.vary("background_shade", 0.93, 1.04)), 0, 1)

    def clothes(self) -> Colours:
        """A colour on the closed path through CLOTHES."""
        place_B = self.variation_BV[:, VARIATIONS.index("clothes_colour")] * len(CLOTHES)
        first_B = place_B.astype(int) % len(CLOTHES)
        path = colours(CLOTHES)
        part = _per_channel((place_B - np.floor(place_B)).astype(np.float32)[:, None, None])
        colour = mix(path[first_B], path[(first_B + 1) % len(CLOTHES)], part)
        return np.clip(colour * _per_channel(self.vary("clothes_shade", 0.85, 1.08)), 0, 1)

    def light(self) -> Pixels:
        """Where the light comes from: -1 left to 1 right, (B, 1, 1)."""
        return self.vary("light", -1.0, 1.0)

    def yaw(self) -> Pixels:
        return self.vary("yaw", -1.0, 1.0)

    def head_place(self) -> tuple[Pixels, Pixels, Pixels]:
        """Centre (x, y) and size of the head on a picture that reaches from -1 to 1."""
        return self.vary("x", -0.07, 0.07), self.vary("y", -0.02, 0.06), self.vary("head_size", 0.95, 1.07)

    def head(self, sheet: Sheet) -> Sheet:
        """The sheet in the head's coordinates: turned, moved and scaled with it."""
        x0, y0, size = self.head_place()
        slope = self.vary("tilt", -0.13, 0.13)
        # cosine and sine from the tangent, because sqrt and / are exact everywhere and cos is not
        cosine = 1.0 / np.sqrt(1.0 + slope * slope)
        dx, dy = (sheet.x - x0) * (cosine / size), (sheet.y - y0) * (cosine / size)
        return sheet.moved(dx + slope * dy, dy - slope * dx, size)


def colours(values: Sequence[tuple[int, int, int]]) -> Colours:
    """(B, 3, 1, 1) from B colours of 0 to 255."""
    return (np.array(values, dtype=np.float32) / np.float32(255.0))[:, :, None, None]


def mix(first: Colours, second: Colours, part: Pixels | float) -> Colours:
    """`first` where `part` is 0, `second` where it is 1."""
    return first + part * (second - first)


def shaded(colour: Colours, amount: Pixels | float) -> Colours:
    """A shadow of `colour`: darker, and a little towards violet, as painters do."""
    return colour * (1.0 - amount * colours([(240, 255, 215)]))


def _per_channel(value: Pixels) -> Colours:
    return value[:, None]
