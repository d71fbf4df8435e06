"""Heat over a picture: where a classifier looked, as a glow from clear over violet and orange to yellow."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QImage

from studio.ui.widgets.pictures import to_image

# Stops of the glow as (heat, red, green, blue): perceived lightness rises evenly, so that it reads without its hues.
_STOPS = ((0.0, 30, 10, 70), (0.35, 110, 30, 140), (0.6, 205, 60, 100), (0.8, 245, 130, 40), (1.0, 252, 230, 90))
_CLEAREST, _DENSEST = 0.25, 0.72


def heat_image(heat_HW: np.ndarray) -> QImage:
    """Heat (H, W) in [0, 1] as a transparent QImage of the same size; what is cold darkens the picture a little."""
    heat = np.clip(np.nan_to_num(np.asarray(heat_HW, np.float64)), 0.0, 1.0)
    at = np.array([stop[0] for stop in _STOPS])
    channels = [np.interp(heat, at, np.array([stop[1 + i] for stop in _STOPS])) for i in range(3)]
    alpha = 255 * (_CLEAREST + (_DENSEST - _CLEAREST) * heat)
    return to_image(np.stack([*channels, alpha], axis=-1).round().astype(np.uint8))
