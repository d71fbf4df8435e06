"""How a picture is made out of noise: what it is told, how strictly, by which sampler, from what it begins.

A part of a recipe; with the seed it decides every bit of the picture, so it is kept with it.
"""

from __future__ import annotations

import base64
import binascii
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, PlainSerializer, model_validator

from studio.config.base import Settings, setting

Sampler = Literal["ddpm", "ddim", "euler", "euler-ancestral", "heun", "dpm++2m", "unipc"]
Spacing = Literal["training", "karras"]
MOST_SIDE = 256
FEWEST_STEPS, MOST_STEPS = 4, 1000


def _from_text(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise ValueError("the picture inside is no base64 text") from error


def _to_text(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")


PictureBytes = Annotated[bytes, BeforeValidator(_from_text), PlainSerializer(_to_text, when_used="json")]
"""A picture's file; base64 in JSON."""


class Beginning(Settings):
    """Begin with a picture instead of with noise alone.

    ``picture``, ``mask`` and ``towards`` are files of any readable format. Where the mask is light the picture is made
    anew, where it is dark it stays equal to the bit.
    """

    picture: PictureBytes
    strength: float = setting(
        0.6, help="How much of the way is gone again: 0 leaves the picture as it is, 1 begins with noise.", ge=0, le=1
    )
    mask: PictureBytes = b""
    towards: PictureBytes = b""
    share: float = setting(0.0, help="How far it is from the first picture to the second.", ge=0, le=1)
    way: Literal["noise", "inversion"] = setting(
        "noise",
        help="Cover the picture with fresh noise, or ask the model which noise leads to it (DDIM inversion).",
        advanced=True,
    )


class Restart(Settings):
    """From step ``step`` on (0 is the first) go on differently: with other noise, other words, or both."""

    step: int = Field(ge=0, lt=MOST_STEPS)
    seed: int | None = None
    prompt: str | None = None
    negative: str | None = None


class Sampling(Settings):
    """How strictly and by which steps the noise is taken away."""

    guidance: float = setting(
        2.0, help="How strictly labels and words are followed; 1 is not at all beyond what was learnt.", ge=0, le=30
    )
    guidance_rescale: float = setting(
        0.0,
        help="Takes back the glaring contrast of strong guidance: 0 nothing of it, 1 all of it.",
        ge=0,
        le=1,
        advanced=True,
    )
    sampler: Sampler = setting("dpm++2m", help="How noise is taken away step by step.")
    sampler_steps: int = setting(
        20, label="Steps", help="How many steps are made; more are finer and slower.", unit="steps",
        ge=FEWEST_STEPS, le=MOST_STEPS, log=True,
    )  # fmt: skip
    spacing: Spacing = setting(
        "training", help="Noise levels at even times of the training, or as Karras et al. spread them.", advanced=True
    )
    eta: float = setting(
        0.0, help="Fresh noise in each step of DDIM: 0 none, 1 as much as DDPM.", ge=0, le=1, advanced=True,
        when=("sampler", ("ddim",)),
    )  # fmt: skip


class Denoising(Sampling):
    """All that decides a denoised picture beyond its seed and its labels."""

    prompt: str = setting("", help="What the picture shall show, in words.", empty="no words")
    negative: str = setting("", label="Not", help="What it shall not show.", empty="nothing")
    size: tuple[int, int] | None = setting(None, help="Height and width; as it was trained where left open.")
    other_prompt: str = setting("", help="Words on the way to which the prompt is.", empty="no words", advanced=True)
    other_labels: dict[str, str] = {}
    """Labels on the way to which the picture's own are, as far as they differ."""
    other_share: float = setting(0.0, help="How far it is to the other words.", ge=0, le=1, advanced=True)
    begin: Beginning | None = None
    restarts: tuple[Restart, ...] = ()
    chunk: int = Field(16, ge=1, le=256)
    """How many pictures the network makes in one call, this one padded to so many where it is alone."""

    @property
    def is_between(self) -> bool:
        """Whether it is told something on the way from one to another."""
        return bool(self.other_prompt or self.other_labels) or self.other_share > 0

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        places = [restart.step for restart in self.restarts]
        if any(a >= b for a, b in pairwise(places)) or any(step >= self.sampler_steps for step in places):
            raise ValueError("restarts have to be at rising steps, all of them before the last")
        return self
