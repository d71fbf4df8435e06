"""What a picture was made with, in a line of words."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication

from studio.config.denoising import Beginning, Denoising
from studio.config.requests import Arithmetic, Drawn, Latent, Mean, Recipe, Slerp
from studio.ui.panels.sampler_words import sampler_words
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
    """One line: prompt, latent, labels (those that fell by chance included), truncation, directions, how noise goes."""
    way = recipe.denoising
    parts = [f"“{_prompt_words(way)}”"] if way is not None and (way.prompt or way.other_prompt) else []
    parts.append(latent_words(recipe.latent))
    shown = dict(labels or {}) | recipe.labels
    parts += [f"{name}{NO_BREAK}{value}" for name, value in shown.items()]
    if recipe.truncation != 1:
        parts.append(_tr("truncation {0}").format(number_text(recipe.truncation, 3)))
    parts += [
        f"{name.replace('=', NO_BREAK)}{NO_BREAK}{strength:+.2g}".replace("-", "−")
        for name, strength in recipe.directions.items()
    ]
    return " · ".join(parts + (way_words(way) if way is not None else []))


def way_words(way: Denoising) -> list[str]:
    """How noise is taken away, each in a few words; what is usual is left out, except sampler and steps."""
    parts = [begin_words(way.begin)] if way.begin is not None else []
    if way.begin is not None and way.begin.strength == 0:
        return parts
    parts += [_tr("not “{0}”").format(way.negative)] if way.negative else []
    parts.append(_tr("guidance {0}").format(number_text(way.guidance, 3)))
    parts.append(_tr("{0}, {1} steps").format(sampler_words(way.sampler), way.sampler_steps))
    parts += [_tr("{0} × {1} pixels").format(way.size[1], way.size[0])] if way.size is not None else []
    parts += [_tr("from step {0} on differently").format(one.step + 1) for one in way.restarts[:2]]
    return parts


def _prompt_words(way: Denoising) -> str:
    if not way.is_between or way.prompt == way.other_prompt:
        return way.prompt
    share = round(100 * way.other_share)
    return _tr("{0}” → {1} % “{2}").format(way.prompt, share, way.other_prompt)


def begin_words(begin: Beginning) -> str:
    """What it began with."""
    if begin.towards:
        return _tr("{0} % from picture to picture").format(round(100 * begin.share))
    if begin.strength == 0:
        return _tr("a picture as it was brought")
    words = _tr("a part of a picture, strength {0}") if begin.mask else _tr("from a picture, strength {0}")
    return words.format(number_text(begin.strength, 2))


def _short(latent: Latent) -> str:
    """A part of a latent: “7·3” for drawn ones, the kind for the rest."""
    if isinstance(latent, Drawn):
        return f"{latent.seed}·{latent.index + 1}"
    return {Slerp: _tr("a way"), Mean: _tr("a mean"), Arithmetic: _tr("a sum")}[type(latent)]
