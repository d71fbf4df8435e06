"""What a portrait is, before it is drawn: its attributes, its continuous variations, its caption.

Everything is derived from one SHAKE-256 stream over (seed, index), so that a portrait depends on
nothing else: not on how many are drawn, not on the order, not on a library's random generator.
"""

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

from studio.ground.errors import UsageError

ATTRIBUTES: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "hair": ("black", "brown", "blond", "red", "pink", "blue"),
    "style": ("short", "bob", "long", "tails", "buns"),
    "eyes": ("brown", "blue", "green", "violet"),
    "glasses": ("no", "yes"),
    "smile": ("no", "yes"),
    "skin": ("fair", "tan", "brown", "dark"),
    "background": ("blue", "green", "pink", "yellow", "lilac", "grey"),
})
"""Every attribute with its values; each value is drawn with the same chance, independently."""

VARIATIONS: tuple[str, ...] = (
    "tilt", "yaw", "pitch", "x", "y", "head_size", "face_width", "jaw", "chin",
    "eye_size", "eye_spacing", "eye_height", "gaze", "brow_angle", "brow_height",
    "mouth_width", "mouth_height", "fringe_length", "parting", "forehead", "lock_count",
    "lock_phase", "hair_volume", "hair_length", "hair_shade", "hair_warmth", "skin_shade",
    "blush", "background_shade", "background_light", "light", "clothes_colour",
    "clothes_shade", "collar", "frame_size", "frame_colour", "wording",
)
"""Names of the continuous variations, in the order of `Portrait.variation`; each lies in [0, 1)."""

_STYLE_WORDS = {
    "short": "short {hair} hair",
    "bob": "a {hair} bob",
    "long": "long {hair} hair",
    "tails": "{hair} twin tails",
    "buns": "{hair} hair in two buns",
}
_WORDINGS = (
    "a girl with {hair}, {eyes} eyes{glasses} and {skin} skin, {mouth}, before a {background} background",
    "a {mouth_adjective} girl with {hair}, {skin} skin and {eyes} eyes{wearing}, on a {background} background",
    "portrait of a girl, {hair}, {eyes} eyes, {skin} skin{comma_glasses}, {mouth}, {background} background",
    "an anime face with {eyes} eyes, {skin} skin and {hair}{wearing}, {mouth}; the background is {background}",
)


@dataclass(frozen=True)
class Portrait:
    """One portrait: `attributes` by name (see ATTRIBUTES) and one number in [0, 1) for each of VARIATIONS.

    Raises UsageError if a name, a value or the length does not fit.
    """

    attributes: Mapping[str, str]
    variation: tuple[float, ...]

    def __post_init__(self) -> None:
        for name in ATTRIBUTES:
            _check_value(name, self.attributes.get(name))
        for name in self.attributes:
            _check_name(name)
        if len(self.variation) != len(VARIATIONS) or not all(0 <= v < 1 for v in self.variation):
            raise UsageError("A portrait needs {count} variations from 0 up to 1.", count=len(VARIATIONS))
        object.__setattr__(self, "attributes", MappingProxyType(dict(self.attributes)))

    def __hash__(self) -> int:
        return hash((tuple(sorted(self.attributes.items())), self.variation))

    def __reduce__(self) -> tuple[type["Portrait"], tuple[dict[str, str], tuple[float, ...]]]:
        return Portrait, (dict(self.attributes), self.variation)

    def with_attribute(self, name: str, value: str) -> "Portrait":
        """The same portrait with one attribute changed; every variation stays. UsageError if unknown."""
        _check_name(name)
        _check_value(name, value)
        return replace(self, attributes={**self.attributes, name: value})

    @cached_property
    def caption(self) -> str:
        """The portrait in English words; names every attribute, and glasses only where there are some."""
        values = self.attributes
        smiling, glasses = values["smile"] == "yes", values["glasses"] == "yes"
        wording = _WORDINGS[int(self.variation[VARIATIONS.index("wording")] * len(_WORDINGS))]
        return wording.format(
            hair=_STYLE_WORDS[values["style"]].format(hair=values["hair"]),
            eyes=values["eyes"], skin=values["skin"], background=values["background"],
            mouth="smiling" if smiling else "serious",
            mouth_adjective="smiling" if smiling else "serious",
            glasses=", glasses" if glasses else "", comma_glasses=", glasses" if glasses else "",
            wearing=", wearing glasses" if glasses else "",
        )


def portrait(seed: int, index: int) -> Portrait:
    """Portrait `index` (0 or more) of `seed` (any integer). UsageError if either is not such a number."""
    if not _is_integer(seed) or not _is_integer(index) or index < 0:
        raise UsageError(
            "A portrait is chosen by a whole number as seed and a position from 0 on, not by {seed} and {index}.",
            seed=repr(seed), index=repr(index))
    chances = _chances(seed, index, len(ATTRIBUTES) + len(VARIATIONS))
    attributes = {name: values[int(chance * len(values))]
                  for (name, values), chance in zip(ATTRIBUTES.items(), chances, strict=False)}
    return Portrait(attributes, tuple(chances[len(ATTRIBUTES):]))


def _chances(seed: int, index: int, count: int) -> list[float]:
    """`count` numbers, uniform in [0, 1) with 32 bits each."""
    stream = hashlib.shake_256(f"portraits 1/{int(seed)}/{int(index)}".encode()).digest(4 * count)
    return [word / 2**32 for word in struct.unpack(f"<{count}I", stream)]


def _is_integer(value: object) -> bool:
    return hasattr(value, "__index__") and not isinstance(value, bool)


def _check_name(name: str) -> None:
    if name not in ATTRIBUTES:
        raise UsageError("A portrait has no attribute {name}; it has {known}.",
                          name=repr(name), known=", ".join(ATTRIBUTES))


def _check_value(name: str, value: str | None) -> None:
    if value not in ATTRIBUTES[name]:
        raise UsageError("The attribute {name} of a portrait cannot be {value}; choose one of {known}.",
                          name=name, value=repr(value), known=", ".join(ATTRIBUTES[name]))
