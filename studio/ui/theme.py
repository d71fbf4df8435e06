"""The look: Fusion, a palette, one small style sheet and tinted icons, all from the tables in `palette`.

`install` once per application; painting code asks `current()` and listens to `watcher().changed`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from string import Template
from typing import Literal

from PySide6.QtCore import QByteArray, QEvent, QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QColor, QFont, QFontInfo, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QWidget

from studio.ground.resources import resource
from studio.ui.palette import DARK, LIGHT, SERIES_DARK, SERIES_LIGHT, SIZES, Colours, Sizes

Choice = Literal["system", "light", "dark"]

_ICON_SIZES = (16, 18, 20, 24, 32, 48)
_ICON_NAME, _ICON_TINT = "studioIcon", "studioTint"


@dataclass(frozen=True)
class Theme:
    """What painting code needs: which table is in force, its colours and the sizes."""

    name: Literal["light", "dark"]
    colours: Colours
    sizes: Sizes = SIZES

    def colour(self, name: str, alpha: float = 1.0) -> QColor:
        """A named colour of the table, ``series:N``, or a literal ``#rrggbb``, with an opacity of 0..1."""
        colour = QColor(self._value(name))
        colour.setAlphaF(alpha)
        return colour

    def _value(self, name: str) -> str:
        if name.startswith("#"):
            return name
        if name.startswith("series:"):
            series = SERIES_DARK if self.dark else SERIES_LIGHT
            return series[int(name.removeprefix("series:")) % len(series)]
        return str(getattr(self.colours, name))

    @property
    def dark(self) -> bool:
        return self.name == "dark"


_THEMES = {"light": Theme("light", LIGHT), "dark": Theme("dark", DARK)}


class Watcher(QObject):
    """Emits `changed` with the new `Theme` after the palette and the style sheet are in force."""

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.choice: Choice = "system"
        self.theme = _THEMES["light"]
        self._applying = False
        self._followed: QApplication | None = None

    def follow(self, app: QApplication) -> None:
        """Listen to the system's light/dark switch, once per application."""
        if self._followed is not app:
            self._followed = app
            app.styleHints().colorSchemeChanged.connect(self._on_system_changed)

    def apply(self, choice: Choice) -> None:
        """Put a choice in force: tell Qt, resolve it, dress the application, tell the painters."""
        app = _application()
        self.choice = choice
        self._applying = True
        try:
            app.styleHints().setColorScheme(_SCHEMES[choice])
        finally:
            self._applying = False
        self._dress(app)

    def _on_system_changed(self) -> None:
        if not self._applying and self.choice == "system":
            self._dress(_application())

    def _dress(self, app: QApplication) -> None:
        self.theme = _THEMES[_resolve(app, self.choice)]
        app.setPalette(palette_of(self.theme))
        app.setStyleSheet(style_sheet(self.theme, app.font()))
        _renew_icons(app)
        self.changed.emit(self.theme)


_SCHEMES = {
    "system": Qt.ColorScheme.Unknown,
    "light": Qt.ColorScheme.Light,
    "dark": Qt.ColorScheme.Dark,
}


def _application() -> QApplication:
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        raise RuntimeError("A theme needs a QApplication; make one first.")
    return app


def _resolve(app: QApplication, choice: Choice) -> Literal["light", "dark"]:
    if choice != "system":
        return choice
    return "dark" if app.styleHints().colorScheme() == Qt.ColorScheme.Dark else "light"


@lru_cache(maxsize=1)
def watcher() -> Watcher:
    """The one object that knows the theme in force and announces changes."""
    return Watcher()


def install(app: QApplication, choice: Choice = "system") -> None:
    """Give the application its look: Fusion style, system font, then `choose`."""
    app.setStyle("Fusion")
    watcher().follow(app)
    watcher().apply(choice)


def choose(choice: Choice) -> None:
    """Follow the system, or force light or dark; every open window changes at once."""
    watcher().apply(choice)


def choice() -> Choice:
    """What was chosen: ``system``, ``light`` or ``dark``."""
    return watcher().choice


def current() -> Theme:
    """The theme in force."""
    return watcher().theme


def palette_of(theme: Theme) -> QPalette:
    """The QPalette of a theme, all roles set so that nothing of the system's shines through."""
    palette = QPalette()
    for role, name in _ROLES.items():
        palette.setColor(role, theme.colour(name))
    for role in (QPalette.ColorRole.WindowText, QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, theme.colour("text_off"))
    palette.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Highlight, theme.colour("line"))
    palette.setColor(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Accent, theme.colour("line_strong"))
    return palette


_ROLES = {
    QPalette.ColorRole.Window: "canvas",
    QPalette.ColorRole.WindowText: "text",
    QPalette.ColorRole.Base: "field",
    QPalette.ColorRole.AlternateBase: "sunken",
    QPalette.ColorRole.Text: "text",
    QPalette.ColorRole.PlaceholderText: "text_dim",
    QPalette.ColorRole.Button: "surface",
    QPalette.ColorRole.ButtonText: "text",
    QPalette.ColorRole.BrightText: "danger",
    QPalette.ColorRole.Light: "surface",
    QPalette.ColorRole.Midlight: "hover",
    QPalette.ColorRole.Mid: "line",
    QPalette.ColorRole.Dark: "line_strong",
    QPalette.ColorRole.Shadow: "line_strong",
    QPalette.ColorRole.Highlight: "accent",
    QPalette.ColorRole.HighlightedText: "on_accent",
    QPalette.ColorRole.Accent: "accent",
    QPalette.ColorRole.Link: "accent_text",
    QPalette.ColorRole.LinkVisited: "accent_text",
    QPalette.ColorRole.ToolTipBase: "surface",
    QPalette.ColorRole.ToolTipText: "text",
}


@lru_cache(maxsize=1)
def _template() -> Template:
    return Template(resource("styles", "studio.qss").read_text(encoding="utf-8"))


def style_sheet(theme: Theme, font: QFont) -> str:
    """The one style sheet, filled from the table; text sizes follow the system font in points."""
    points = QFontInfo(font).pointSizeF()
    sizes = {f"{name}_px": f"{value}px" for name, value in asdict(theme.sizes).items()}
    fonts = {
        "font_small": f"{points * 0.9:.2f}pt",
        "font_read": f"{points * 1.2:.2f}pt",
        "font_title": f"{points * 1.3:.2f}pt",
        "font_headline": f"{points * 1.5:.2f}pt",
    }
    return _template().substitute(asdict(theme.colours) | sizes | fonts)


# --- icons -----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=128)
def _drawing(name: str) -> str:
    return resource("icons", f"{name}.svg").read_text(encoding="utf-8")


@lru_cache(maxsize=512)
def _pixmap(name: str, colour: str, size: int, ratio: int) -> QPixmap:
    renderer = QSvgRenderer(QByteArray(_drawing(name).replace("#000000", colour).encode()))
    pixmap = QPixmap(size * ratio, size * ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    renderer.render(painter, QRectF(0, 0, size * ratio, size * ratio))
    painter.end()
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def pixmap(name: str, tint: str = "text_dim", size: int = SIZES.icon, ratio: float = 2.0) -> QPixmap:
    """One of our drawings in a named colour, for painting code; `ratio` is the screen's pixel ratio."""
    return _pixmap(name, current().colour(tint).name(), size, max(1, round(ratio + 0.49)))


@lru_cache(maxsize=512)
def _icon(name: str, colour: str, colour_off: str) -> QIcon:
    result = QIcon()
    for mode, tinted in ((QIcon.Mode.Normal, colour), (QIcon.Mode.Disabled, colour_off)):
        for size in _ICON_SIZES:
            for ratio in (1, 2):
                result.addPixmap(_pixmap(name, tinted, size, ratio), mode)
    return result


def icon(name: str, tint: str = "text_dim") -> QIcon:
    """One of our drawings in a named colour, dimmer when disabled. Use `set_icon` to follow the theme."""
    return QIcon(_icon(name, current().colour(tint).name(), current().colour("text_off").name()))


def set_icon(target: QWidget | QAction, name: str, tint: str = "text_dim") -> None:
    """Give a button or an action an icon that is tinted anew whenever the theme changes."""
    target.setProperty(_ICON_NAME, name)
    target.setProperty(_ICON_TINT, tint)
    target.setIcon(icon(name, tint))  # type: ignore[union-attr]  # every button has it, QWidget alone has not
    if isinstance(target, QWidget) and hasattr(target, "setIconSize"):
        target.setIconSize(QSize(SIZES.icon, SIZES.icon))


def _renew_icons(app: QApplication) -> None:
    for widget in app.allWidgets():
        _renew_icon(widget)
        for action in widget.findChildren(QAction, options=Qt.FindChildOption.FindDirectChildrenOnly):
            _renew_icon(action)


def _renew_icon(target: QObject) -> None:
    name = target.property(_ICON_NAME)
    if isinstance(name, str):
        target.setIcon(icon(name, str(target.property(_ICON_TINT))))  # type: ignore[attr-defined]


# --- small helps for widgets -----------------------------------------------------------------------------------------


def set_look(widget: QWidget, **properties: str | bool) -> None:
    """Set dynamic properties that the style sheet selects by (``role``, ``kind``, ``surface``, …) and restyle."""
    for name, value in properties.items():
        widget.setProperty(name, value)
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)
    widget.update()


def is_theme_change(event: QEvent) -> bool:
    """Whether a `changeEvent` means that cached paintings have the wrong colours or sizes."""
    return event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange, QEvent.Type.FontChange)
