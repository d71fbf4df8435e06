"""The sheet that portraits are painted on, and signed distances of simple shapes.

Many portraits are painted at once: every array starts with the portraits, B. Only operations whose
result IEEE 754 fixes to the last bit are used on pixels (+ - * / sqrt, minimum, maximum, floor), so
the same portrait has the same pixels in any batch, on any thread and on any machine.
Distances are negative inside; edges are smoothed over one pixel.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.floating[Any]]
"""float32, shape (B, H, W), or (B, 1, 1) for one number a portrait."""


@dataclass
class Sheet:
    """A rectangle of each of B pictures. `x`, `y`: coordinates in which a drawing function thinks."""

    rgb_B3HW: Pixels
    hair_BHW: Pixels
    x: Pixels
    y: Pixels
    px: Pixels
    """The size of a pixel in the units of `x` and `y`, (B, 1, 1)."""

    def cover(self, distance: Pixels) -> Pixels:
        """How much of each pixel lies inside, 0 to 1."""
        return unit(0.5 - distance / self.px)

    def paint(self, cover: Pixels, colour: Pixels) -> None:
        """Paint something that hides the hair beneath it. `colour`: (B, 3, 1, 1) or a picture."""
        self.tint(cover, colour)
        self.hair_BHW -= cover * self.hair_BHW

    def paint_hair(self, cover: Pixels, colour: Pixels) -> None:
        """Paint hair, and note where."""
        self.tint(cover, colour)
        self.hair_BHW += cover * (1.0 - self.hair_BHW)

    def tint(self, cover: Pixels, colour: Pixels) -> None:
        """Colour what is there without turning it into something else: shade, light, line."""
        self.rgb_B3HW += cover[:, None] * (colour - self.rgb_B3HW)

    def moved(self, x: Pixels, y: Pixels, scale: Pixels | float = 1.0) -> "Sheet":
        """The same pixels in other coordinates whose unit is `scale` of the present ones."""
        return Sheet(self.rgb_B3HW, self.hair_BHW, x, y, self.px / scale)


def unit(value: Pixels) -> Pixels:
    """Clip to 0 to 1, in place where the argument is ours alone."""
    return np.clip(value, 0.0, 1.0)


def smooth(value: Pixels) -> Pixels:
    """Smoothstep: 0 below 0, 1 above 1, without corners between."""
    value = unit(value)
    return value * value * (3.0 - 2.0 * value)


def fraction(value: Pixels) -> Pixels:
    """The part behind the point, 0 to 1."""
    return value - np.floor(value)


def ellipse(x: Pixels, y: Pixels, rx: Pixels | float, ry: Pixels | float) -> Pixels:
    """Distance to an ellipse around 0, exact to first order near the edge."""
    ux, uy = x / rx, y / ry
    k = np.sqrt(ux * ux + uy * uy)
    ux /= rx
    uy /= ry
    slope = np.sqrt(ux * ux + uy * uy)
    return k * (k - 1.0) / np.maximum(slope, 1e-6)


def oval(x: Pixels, y: Pixels, rx: Pixels | float, ry: Pixels | float) -> Pixels:
    """A cheaper `ellipse` for those that are nearly round."""
    ux, uy = x / rx, y / ry
    return (np.sqrt(ux * ux + uy * uy) - 1.0) * (0.5 * (rx + ry))


def rounded_box(x: Pixels, y: Pixels, half: tuple[Pixels | float, Pixels | float], corner: float) -> Pixels:
    """Distance to a rectangle around 0 with half sides `half`, its corners rounded by `corner`."""
    dx = np.abs(x) - half[0] + corner
    dy = np.abs(y) - half[1] + corner
    outside = np.sqrt(np.maximum(dx, 0.0) ** 2 + np.maximum(dy, 0.0) ** 2)
    return outside + np.minimum(np.maximum(dx, dy), 0.0) - corner


def segment(x: Pixels, y: Pixels, start: tuple[Pixels | float, Pixels | float],
            end: tuple[Pixels | float, Pixels | float]) -> Pixels:
    """Distance to a straight line between two points (0 on the line, never negative)."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    px, py = x - start[0], y - start[1]
    along = unit((px * dx + py * dy) / (dx * dx + dy * dy))
    px = px - along * dx
    py = py - along * dy
    return np.sqrt(px * px + py * py)
