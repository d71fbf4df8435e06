"""Settings of preparing pictures, and what the user chose for a data set of pictures or texts."""

from __future__ import annotations

from typing import Literal

from studio.config.base import Settings, setting


class PrepareSettings(Settings):
    """How the pictures of a data set become arrays of one size. Part of the cache's key."""

    size: int = setting(32, help="Width of the pictures.", unit="px", ge=8, le=1024)
    channels: Literal[1, 3] = setting(3, help="3 for colour, 1 for grey.")
    height: int = setting(0, help="Height where they are not square; 0: as high as wide.", unit="px", ge=0, le=1024)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.height or self.size, self.size


class Relabelled(Settings):
    """Another value of a label for one picture; the empty value takes the label away."""

    name: str
    label: str
    value: str


class Choices(Settings):
    """What the user decided after the check; pictures and texts themselves are never changed."""

    leave_out: tuple[str, ...] = setting((), help="Items left out, by their names in the data set.", advanced=True)
    shape: Literal["crop", "pad"] = setting(
        "crop",
        label="Odd shapes",
        help="Cut pictures that are not square to their middle, or fill up the borders.",
    )
    background: str = setting(
        "#ffffff", label="Behind transparency", help="The colour that shows through transparent pictures, as #rrggbb."
    )
    headers: Literal["keep", "remove"] = setting(
        "keep", label="Headers of books", help="What Project Gutenberg writes before and after a book is learnt or not."
    )
    relabelled: tuple[Relabelled, ...] = setting(
        (), label="Labels changed", help="Pictures that were given another value of a label.", advanced=True
    )
