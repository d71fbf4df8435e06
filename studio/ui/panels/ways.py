"""How pictures that are made in steps are made on the way from one to another. Knows no Qt and no torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from studio.config.denoising import Beginning, Denoising

LARGEST_CHUNK = 16


def way_between(a: Denoising, b: Denoising, share: float, *, labels: Mapping[str, str]) -> Denoising:
    """On the way from ``a`` to ``b``, whose ``labels`` are other ones: words and labels are mixed, guidance changes
    evenly, pictures to begin with go over into one another. Sampler, steps and size are those of ``a``."""
    nearer = a if share < 0.5 else b
    changes: dict[str, Any] = {
        "negative": nearer.negative,
        "guidance": _mix(a.guidance, b.guidance, share),
        "guidance_rescale": _mix(a.guidance_rescale, b.guidance_rescale, share),
        "begin": _begin_between(a.begin, b.begin, share),
        "restarts": a.restarts if a.restarts == b.restarts else (),
    }
    prompts = _nearest_prompt(a), _nearest_prompt(b)
    if prompts[0] != prompts[1] or labels:
        changes |= {"prompt": prompts[0], "other_prompt": prompts[1], "other_labels": dict(labels)}
        changes["other_share"] = share
    if changes["begin"] is not None and changes["begin"].way == "inversion":
        changes["guidance"] = 1.0  # or the way there would not be the way back
    return a.model_copy(update=changes)


def in_chunks(way: Denoising, size: int) -> Denoising:
    """The same way with so many pictures in one call of the network."""
    return way if way.chunk == size else way.model_copy(update={"chunk": size})


def _nearest_prompt(way: Denoising) -> str:
    """What is told; of what is itself on a way, the nearer end."""
    return way.other_prompt if way.is_between and way.other_share >= 0.5 else way.prompt


def _begin_between(a: Beginning | None, b: Beginning | None, share: float) -> Beginning | None:
    """Between a picture and none, more and more of it is gone; between two, one goes over into the other."""
    if a is None or b is None:
        one = a or b
        away = share if a is not None else 1 - share
        return one and one.model_copy(update={"strength": _mix(one.strength, 1.0, away)})
    strength = _mix(a.strength, b.strength, share)
    if a.picture == b.picture:
        return a.model_copy(update={"strength": strength})
    if max(a.strength, b.strength) > 0:
        return Beginning(picture=a.picture, towards=b.picture, share=share, strength=max(strength, 0.05), way=a.way)
    return Beginning(picture=a.picture, towards=b.picture, share=share, strength=1.0, way="inversion")


def _mix(a: float, b: float, share: float) -> float:
    return (1 - share) * a + share * b
