"""What samplers are called, in the order in which they are offered."""

from __future__ import annotations

from typing import get_args

from PySide6.QtCore import QCoreApplication

from studio.config.denoising import Sampler

SAMPLERS: tuple[Sampler, ...] = get_args(Sampler)
FRESH: frozenset[str] = frozenset({"ddpm", "euler-ancestral"})
"""Those that put in fresh noise at every step: their pictures differ however many steps are made."""
_NAMES = {
    "ddpm": "DDPM",
    "ddim": "DDIM",
    "euler": "Euler",
    "heun": "Heun",
    "dpm++2m": "DPM++ 2M",
    "unipc": "UniPC",
}


def sampler_words(name: str) -> str:
    """The name of a sampler as people write it; an unknown one as it is."""
    if name == "euler-ancestral":
        return QCoreApplication.translate("Samplers", "Euler ancestral")
    return _NAMES.get(name, name)


def sampler_choices() -> list[tuple[str, str]]:
    """Every sampler with its words, for a list to choose from."""
    return [(name, sampler_words(name)) for name in SAMPLERS]
