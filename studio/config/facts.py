"""What presets and checks know of the world: the prepared data, the device. Plain values, measured elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from studio.config.base import Settings
from studio.config.texts import TextKind
from studio.ground.errors import UsageError

DeviceKind = Literal["cpu", "cuda", "mps"]


class DataFacts(Settings):
    """A data set of pictures as a preset sees it."""

    count: int
    height: int
    width: int
    channels: int
    labels: Mapping[str, tuple[str, ...]] = {}
    """Label name -> its values, in the order of their codes."""
    captions: bool = False
    """Whether pictures are described in words."""

    def chosen_labels(self, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The labels of these names, with their values. Raises UsageError where there is no such label."""
        for name in names:
            if name not in self.labels:
                known = ", ".join(self.labels) or "none"
                raise UsageError("The data set has no label {name}; it has: {known}.", name=name, known=known)
        return {name: tuple(self.labels[name]) for name in names}


class TextFacts(Settings):
    """A data set of texts as a preset sees it; lengths are in characters.

    ``count``: documents, conversations or pairs. ``characters``: in all of them, of pairs on both sides. ``distinct``:
    different characters. ``longest``: of one item.
    """

    kind: TextKind
    count: int
    characters: int
    distinct: int
    longest: int

    @property
    def labels(self) -> Mapping[str, tuple[str, ...]]:
        """Texts have none."""
        return {}


Facts = DataFacts | TextFacts


class DeviceFacts(Settings):
    """The device that a run would use. ``memory`` is in bytes: of the device, or what the computer has free.

    ``bfloat16``: it multiplies numbers of 16 bits faster than those of 32, and adds them up in 32.
    """

    kind: DeviceKind = "cpu"
    name: str = ""
    cores: int = 1
    memory: int = 0
    bfloat16: bool = False
