"""The named colours and sizes of the window: two tables of colours, light and dark, and one of sizes.

Nothing else in the window writes a colour down. Qt-free, so that the contrast of every pair can be tested alone.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Colours:
    """One table; every value is ``#rrggbb``. Names say the use, never the hue."""

    canvas: str  # behind the pictures and cards
    surface: str  # cards, the settings column, the header
    sidebar: str  # navigation and status bar
    sunken: str  # the tray under a grid, the track of a segmented control
    field: str  # inside an input
    line: str  # borders and rules
    line_strong: str  # borders of switched-off switches and of hovered inputs
    hover: str  # under the pointer
    text: str
    text_dim: str
    text_off: str  # disabled; exempt from the contrast rule, as in WCAG 2.1 §1.4.3
    accent: str
    accent_hover: str
    accent_press: str
    on_accent: str
    accent_soft: str  # the chosen preset, the current page
    accent_text: str  # links, and text on accent_soft
    generator: str
    discriminator: str
    real: str
    fake: str
    good: str
    danger: str
    info_back: str
    info_line: str
    warning_back: str
    warning_line: str
    error_back: str
    error_line: str


LIGHT = Colours(
    canvas="#f5f6f8",
    surface="#ffffff",
    sidebar="#eef0f3",
    sunken="#eceef2",
    field="#ffffff",
    line="#dfe3e8",
    line_strong="#868f9e",
    hover="#f0f2f5",
    text="#1d2430",
    text_dim="#5b6472",
    text_off="#a3abb7",
    accent="#3565e0",
    accent_hover="#2b59d0",
    accent_press="#244db8",
    on_accent="#ffffff",
    accent_soft="#e6edfd",
    accent_text="#2f5cd2",
    generator="#289468",
    discriminator="#b04b9e",
    real="#3565e0",
    fake="#cc7722",
    good="#289468",
    danger="#c02b32",
    info_back="#e6edfd",
    info_line="#a9bff5",
    warning_back="#fff6e0",
    warning_line="#e9bd52",
    error_back="#fdeced",
    error_line="#e9a3a7",
)

DARK = Colours(
    canvas="#15181d",
    surface="#1c2027",
    sidebar="#181b21",
    sunken="#14171c",
    field="#171a20",
    line="#2b313b",
    line_strong="#6d7684",
    hover="#242932",
    text="#e6e9ee",
    text_dim="#949eac",
    text_off="#5d6673",
    accent="#6d93ff",
    accent_hover="#82a3ff",
    accent_press="#5a80ec",
    on_accent="#0f1420",
    accent_soft="#26324f",
    accent_text="#8aa9ff",
    generator="#45c28e",
    discriminator="#e070c4",
    real="#6d93ff",
    fake="#e58d35",
    good="#45c28e",
    danger="#ff8f8f",
    info_back="#222c45",
    info_line="#40568f",
    warning_back="#332c19",
    warning_line="#7c6428",
    error_back="#3d2224",
    error_line="#84474b",
)


# Lines that mean nothing but "another run": told apart also by people who see fewer colours, as far as eight hues can.
SERIES_LIGHT = ("#3565e0", "#cc7722", "#289468", "#b04b9e", "#7a5cd0", "#c4484f", "#2a8fa8", "#857432")
SERIES_DARK = ("#6d93ff", "#e58d35", "#45c28e", "#e070c4", "#a98cff", "#ff8080", "#4fc0dc", "#c4ae5a")


# What one draws with on a pad: colours of a picture, not of the window, so the same in light and dark.
PIGMENTS = (
    ("#000000", "#ffffff", "#7a7f87", "#7a4a2b", "#d8b48a", "#d23c3c")
    + ("#e9832f", "#f2c53d", "#3f9c54", "#3b74d6", "#7d4fc4", "#e58fb8")
)  # fmt: skip
PAPERS = ("#ffffff", "#000000")


@dataclass(frozen=True)
class Sizes:
    """Lengths in device-independent pixels, on a grid of 8 (4 for the inside of small things)."""

    grid: int = 8
    gap: int = 8  # between things that belong together
    space: int = 16  # between groups
    margin: int = 20  # around the canvas
    radius: int = 6  # inputs and buttons
    radius_card: int = 10
    radius_picture: int = 6
    control: int = 30  # height of an input
    button: int = 34  # height of a button
    icon: int = 18
    focus: int = 2  # thickness of the ring around what is chosen


SIZES = Sizes()


def _channel(value: int) -> float:
    """The linear light of one sRGB channel (IEC 61966-2-1), 0..1."""
    share = value / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` as WCAG 2.1 defines it, 0 (black) .. 1 (white)."""
    red, green, blue = (_channel(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours (WCAG 2.1), 1 .. 21."""
    darker, lighter = sorted((luminance(first), luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)
