"""New recipes from picked ones: the way between two, their average, A − B + C. Knows no Qt and no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from studio.config.denoising import Denoising
from studio.config.requests import Arithmetic, Drawn, Mean, Recipe, Slerp, variations
from studio.ui.panels.ways import LARGEST_CHUNK, in_chunks, way_between


def between(a: Recipe, b: Recipe, share: float) -> Recipe:
    """The recipe at a share (0..1) of the way from ``a`` to ``b``; exactly these at the ends.

    Latents turn on their great circle; truncation and directions change evenly; a label that differs is moved
    towards the value of ``b`` (which a generator that knows the label understands). Where pictures are made in steps,
    see `ways.way_between`.
    """
    if share <= 0:
        return a
    if share >= 1:
        return b
    differing = {label: value for label, value in b.labels.items() if a.labels.get(label, value) != value}
    moves = _mixed(a.directions, b.directions, share)
    stepwise = a.denoising is not None or b.denoising is not None
    for label, value in differing.items() if not stepwise else ():
        moves[f"{label}={value}"] = moves.get(f"{label}={value}", 0.0) + share
    denoising = None
    if stepwise:
        denoising = way_between(a.denoising or Denoising(), b.denoising or Denoising(), share, labels=differing)
    latent = a.latent if a.latent == b.latent else Slerp(a=a.latent, b=b.latent, t=share)
    return Recipe(
        latent=latent,
        labels=dict(a.labels),
        truncation=(1 - share) * a.truncation + share * b.truncation,
        directions={name: strength for name, strength in moves.items() if strength},
        denoising=denoising,
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
    """The average of latents, truncations and directions; labels on which all agree; the rest as in the first."""
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
        denoising=first.denoising,
    )


def arithmetic(a: Recipe, b: Recipe, c: Recipe) -> Recipe:
    """A − B + C of the latents; everything else as in A."""
    return a.model_copy(update={"latent": Arithmetic(a=a.latent, b=b.latent, c=c.latent)})


def in_one_call(recipes: Sequence[Recipe]) -> list[Recipe]:
    """The recipes made by as few calls of the network as can be: for pictures to be looked at. Kept ones keep theirs,
    with which they are the same to the bit."""
    chunk = min(len(recipes), LARGEST_CHUNK)
    return [
        recipe if (way := recipe.denoising) is None else recipe.model_copy(update={"denoising": in_chunks(way, chunk)})
        for recipe in recipes
    ]


def varied(recipe: Recipe, seed: int, count: int, share: float) -> list[Recipe]:
    """Recipes of pictures near one, further off with ``share`` (0..1): other noise is mixed into its own. A picture
    that was brought from elsewhere has none; it is covered by so much noise instead."""
    way = recipe.denoising
    if way is None or way.begin is None or way.begin.strength > 0:
        return list(variations(recipe, seed, count, share))
    begin = way.begin.model_copy(update={"strength": share})
    drawn = (Drawn(seed=seed, index=index) for index in range(count))
    changed = way.model_copy(update={"begin": begin})
    return [recipe.model_copy(update={"latent": latent, "denoising": changed}) for latent in drawn]


def _mixed(a: Mapping[str, float], b: Mapping[str, float], share: float) -> dict[str, float]:
    names = dict.fromkeys([*a, *b])
    return {name: (1 - share) * a.get(name, 0.0) + share * b.get(name, 0.0) for name in names}
