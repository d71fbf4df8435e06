"""The tables of colours, the style sheet made from them, and the icons."""

from dataclasses import asdict, fields

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QColor, QFont, QIcon, QPalette
from PySide6.QtWidgets import QApplication, QPushButton

from studio.ground.resources import resource
from studio.ui import theme
from studio.ui.palette import DARK, LIGHT, SERIES_DARK, SERIES_LIGHT, Colours, contrast, luminance

TABLES = {"light": LIGHT, "dark": DARK}
SURFACES = ("canvas", "surface", "sidebar", "sunken", "field", "hover")
TEXT_PAIRS = [
    *((text, back) for text in ("text", "text_dim") for back in SURFACES),
    ("on_accent", "accent"),
    ("on_accent", "accent_hover"),
    ("accent_text", "accent_soft"),
    ("accent_text", "surface"),
    ("accent_text", "canvas"),
    ("danger", "surface"),
    ("text_dim", "line"),
    *((text, f"{kind}_back") for text in ("text", "accent_text", "text_dim") for kind in ("info", "warning", "error")),
]


@pytest.fixture(autouse=True)
def look(qapp: QApplication):
    theme.install(qapp, "light")
    yield
    theme.choose("light")


def test_known_contrasts():
    assert luminance("#ffffff") == pytest.approx(1)
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize(("text", "back"), TEXT_PAIRS)
def test_text_is_readable(name: str, text: str, back: str):
    colours = asdict(TABLES[name])
    assert contrast(colours[text], colours[back]) >= 4.5


@pytest.mark.parametrize("name", TABLES)
def test_lines_and_marks_are_seen(name: str):
    colours = asdict(TABLES[name])
    lines = [colours[key] for key in ("generator", "discriminator", "real", "fake", "good", "accent", "line_strong")]
    lines += SERIES_LIGHT if name == "light" else SERIES_DARK
    assert min(contrast(line, colours["surface"]) for line in lines) >= 3


def test_every_colour_is_written_in_full():
    for table in TABLES.values():
        for field in fields(Colours):
            value = getattr(table, field.name)
            assert len(value) == 7 and int(value[1:], 16) >= 0, field.name


@pytest.mark.parametrize("name", TABLES)
def test_style_sheet_is_filled(name: str):
    sheet = theme.style_sheet(theme._THEMES[name], QFont())
    assert "$" not in sheet and "px" in sheet
    assert TABLES[name].accent in sheet


def test_choosing_dresses_the_application(qapp: QApplication, qtbot):
    seen = []
    theme.watcher().changed.connect(seen.append)
    theme.choose("dark")
    theme.watcher().changed.disconnect(seen.append)
    assert [one.name for one in seen] == ["dark"]
    assert theme.current().dark and theme.choice() == "dark"
    assert qapp.palette().color(QPalette.ColorRole.Window).name() == DARK.canvas


def test_system_is_followed(qapp: QApplication):
    theme.choose("system")
    dark = qapp.styleHints().colorScheme() == Qt.ColorScheme.Dark
    assert theme.current().dark is dark
    assert theme.choice() == "system"


def test_icons_follow_the_theme(qtbot):
    button, action = QPushButton(), QAction()
    qtbot.addWidget(button)
    button.addAction(action)
    action.setParent(button)
    theme.set_icon(button, "play", "text")
    theme.set_icon(action, "stop", "text")
    before = button.icon().cacheKey(), action.icon().cacheKey()
    theme.choose("dark")
    assert button.icon().cacheKey() != before[0]
    assert action.icon().cacheKey() != before[1]


@pytest.mark.parametrize("path", sorted(resource("icons").glob("*.svg")), ids=lambda path: path.stem)
def test_every_icon_draws_something_in_its_colour(qapp: QApplication, path):
    image = theme.pixmap(path.stem, "accent", 24, 1).toImage()
    inked = [image.pixelColor(x, y) for x in range(24) for y in range(24) if image.pixelColor(x, y).alpha() > 200]
    assert len(inked) >= 4
    wanted = QColor(LIGHT.accent)
    off = [max(abs(a - b) for a, b in zip(ink.getRgb()[:3], wanted.getRgb()[:3], strict=True)) for ink in inked]
    assert max(off) <= 2  # rounding of half-transparent edges


def test_disabled_icons_are_dim(qapp: QApplication):
    icon = theme.icon("play", "text")
    normal, off = (icon.pixmap(24, mode).toImage() for mode in (QIcon.Mode.Normal, QIcon.Mode.Disabled))
    assert normal.pixelColor(12, 12) != off.pixelColor(12, 12)


def test_series_colours_repeat():
    look = theme.current()
    assert look.colour("series:0") == look.colour(f"series:{len(SERIES_LIGHT)}")
    assert look.colour("#123456").name() == "#123456"
    assert look.colour("accent", 0.5).alphaF() == pytest.approx(0.5, abs=0.01)
