"""What a picture was made with, in a line of words."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication

from studio.config.requests import Arithmetic, Drawn, Latent, Mean, Recipe, Slerp
from studio.ui.text import NO_BREAK, number_text


def _tr(words: str) -> str:
    return QCoreApplication.translate("Recipes", words)


def latent_words(latent: Latent) -> str:
    """Where a latent comes from: “seed 7, no. 3”, “45 % from … to …”, “mean of 3”, “A − B + C”."""
    if isinstance(latent, Drawn):
        return _tr("seed {0}, no. {1}").format(latent.seed, latent.index + 1)
    if isinstance(latent, Slerp):
        return _tr("{0} % from {1} to {2}").format(round(100 * latent.t), _short(latent.a), _short(latent.b))
    if isinstance(latent, Mean):
        return _tr("mean of {0}").format(
            ", ".join(_short(one) for one in latent.of[:4]) + ("…" if len(latent.of) > 4 else "")
        )
    assert isinstance(latent, Arithmetic)
    return f"{_short(latent.a)} − {_short(latent.b)} + {_short(latent.c)}"


def recipe_words(recipe: Recipe, labels: Mapping[str, str] | None = None) -> str:
    """One line: latent, labels (those that fell by chance included), truncation, directions."""
    parts = [latent_words(recipe.latent)]
    shown = dict(labels or {}) | recipe.labels
    parts += [f"{name}{NO_BREAK}{value}" for name, value in shown.items()]
    if recipe.truncation != 1:
        parts.append(_tr("truncation {0}").format(number_text(recipe.truncation, 3)))
    parts += [
        f"{name.replace('=', NO_BREAK)}{NO_BREAK}{strength:+.2g}".replace("-", "−")
        for name, strength in recipe.directions.items()
    ]
    return " · ".join(parts)


def _short(latent: Latent) -> str:
    """A part of a latent: “7·3” for drawn ones, the kind for the rest."""
    if isinstance(latent, Drawn):
        return f"{latent.seed}·{latent.index + 1}"
    return {Slerp: _tr("a way"), Mean: _tr("a mean"), Arithmetic: _tr("a sum")}[type(latent)]
