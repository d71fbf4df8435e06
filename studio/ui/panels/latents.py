"""New recipes from picked ones: the way between two, their average, A − B + C. Knows no Qt and no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from studio.config.requests import Arithmetic, Mean, Recipe, Slerp


def between(a: Recipe, b: Recipe, share: float) -> Recipe:
    """The recipe at a share (0..1) of the way from ``a`` to ``b``; exactly these at the ends.

    Latents turn on their great circle; truncation and directions change evenly; a label that differs is moved
    towards the value of ``b`` (which a generator that knows the label understands).
    """
    if share <= 0:
        return a
    if share >= 1:
        return b
    moves = _mixed(a.directions, b.directions, share)
    for label, value in b.labels.items():
        if a.labels.get(label, value) != value:
            moves[f"{label}={value}"] = moves.get(f"{label}={value}", 0.0) + share
    return Recipe(
        latent=Slerp(a=a.latent, b=b.latent, t=share),
        labels=dict(a.labels),
        truncation=(1 - share) * a.truncation + share * b.truncation,
        directions={name: strength for name, strength in moves.items() if strength},
    )


def along(recipes: Sequence[Recipe], place: float) -> Recipe:
    """The recipe at ``place`` (0..1) of the way through all of them, each leg equally long."""
    legs = len(recipes) - 1
    if legs < 1:
        return recipes[0]
    position = min(max(place, 0.0), 1.0) * legs
    leg = min(int(position), legs - 1)
    return between(recipes[leg], recipes[leg + 1], position - leg)


def frames(recipes: Sequence[Recipe], count: int) -> list[Recipe]:
    """``count`` recipes evenly along the way, the first and the last included."""
    return [along(recipes, at / max(count - 1, 1)) for at in range(count)]


def mean(recipes: Sequence[Recipe]) -> Recipe:
    """The average of latents, truncations and directions; labels on which all agree."""
    first, count = recipes[0], len(recipes)
    names = {name for recipe in recipes for name in recipe.directions}
    moves = {name: sum(r.directions.get(name, 0.0) for r in recipes) / count for name in sorted(names)}
    return Recipe(
        latent=Mean(of=tuple(recipe.latent for recipe in recipes)),
        labels={
            label: value for label, value in first.labels.items() if all(r.labels.get(label) == value for r in recipes)
        },
        truncation=sum(recipe.truncation for recipe in recipes) / count,
        directions={name: strength for name, strength in moves.items() if strength},
    )


def arithmetic(a: Recipe, b: Recipe, c: Recipe) -> Recipe:
    """A − B + C of the latents; everything else as in A."""
    return a.model_copy(update={"latent": Arithmetic(a=a.latent, b=b.latent, c=c.latent)})


def _mixed(a: Mapping[str, float], b: Mapping[str, float], share: float) -> dict[str, float]:
    names = dict.fromkeys([*a, *b])
    return {name: (1 - share) * a.get(name, 0.0) + share * b.get(name, 0.0) for name in names}
