"""What a user prefers on this computer, whatever the project; the Settings page is made from it."""

from __future__ import annotations

from typing import Literal

from studio.config.base import Settings, setting

ThemeChoice = Literal["system", "light", "dark"]
DeviceChoice = Literal["auto", "cpu", "cuda", "mps"]


class Preferences(Settings):
    """Kept in the user's configuration folder, not in a project."""

    theme: ThemeChoice = setting("system", label="Appearance", help="Light, dark, or as the system says.", live=True)
    device: DeviceChoice = setting(
        "auto", help="Where new runs train; auto takes the fastest device that is found.", live=True
    )
    threads: int = setting(
        0,
        help="Processor threads for training and generating; 0 takes one for each core. Counts from the next start.",
        ge=0,
        le=1024,
        advanced=True,
        live=True,
    )
    projects_folder: str = setting(
        "",
        label="Projects folder",
        help="Where new projects are offered a place; empty means Generative Studio in your home folder.",
        live=True,
    )
    export_folder: str = setting(
        "",
        label="Exports folder",
        help="Where exported pictures and models are offered a place; empty means your home folder.",
        live=True,
    )
    keep_awake: bool = setting(
        True,
        label="Keep the computer awake while training",
        help="Ask the system not to fall asleep as long as a run of this window trains.",
        live=True,
    )
    notify: bool = setting(
        True, label="Note at the end", help="Say in a note of the system when a run has ended.", live=True
    )
