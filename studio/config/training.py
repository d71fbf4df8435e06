"""The settings that every family's training shares."""

from __future__ import annotations

from typing import Literal

from studio.config.base import Settings, setting

Precision = Literal["auto", "float32", "bfloat16"]


def shares_setting() -> int:
    """The field ``shares`` of families whose batches can be worked on in shares."""
    shares: int = setting(
        1,
        label="Work in shares",
        help="Shares of a batch that are worked on at the same time, each by its part of the processor's cores; batch "
        "norm sees each share alone.",
        ge=1,
        le=16,
        advanced=True,
        auto="device",
    )
    return shares


class TrainingSettings(Settings):
    """Base of every family's config: horizon, batch, seed, and what the trainer does once for all families."""

    steps: int = setting(
        1000,
        help="The horizon: how many optimiser updates the run has in all.",
        unit="steps",
        ge=1,
        le=100_000_000,
        auto="preset",
        log=True,
    )
    batch: int = setting(64, help="Items in one step.", unit="items", ge=1, le=4096, auto="device", log=True)
    seed: int = setting(0, help="Decides every random draw; the same seed gives the same run.", ge=0, le=2**31 - 1)
    ema_half_life: int = setting(
        2000,
        label="EMA half-life",
        help="The averaged weights forget half of the past after this many items seen; 0 switches averaging off.",
        unit="items",
        ge=0,
        le=100_000_000,
        advanced=True,
        auto="batch",
        log=True,
    )
    gradient_clip: float = setting(
        0.0, help="Longest gradient that a step may take; 0 means no limit.", ge=0, le=1e6, advanced=True, live=True
    )
    precision: Precision = setting(
        "auto",
        help="Number format of the arithmetic; auto takes the fastest that the device has in full.",
        advanced=True,
    )
    sample_count: int = setting(
        36,
        label="Samples",
        help="Pictures in the live grid, always from the same latents.",
        unit="pictures",
        ge=1,
        le=256,
        advanced=True,
    )

    @property
    def ema_share(self) -> float:
        """Length of the averaging as a share of the run so far; 0: its memory is ``ema_half_life``."""
        return 0.0

    @property
    def sample_gap(self) -> int:
        """Items between two grids of samples: so many that drawing them takes a few per cent of the time."""
        return 512

    @property
    def picture_shape(self) -> tuple[int, int]:
        """Height and width of the pictures that it learns from; zeros for families without pictures."""
        side = int(getattr(self, "picture_size", 0))
        return side, side

    @property
    def knows_horizon(self) -> bool:
        """Whether a step depends on how long the whole run is, so that a longer run is another run."""
        return False

    @property
    def export_formats(self) -> tuple[str, ...]:
        """The formats in which other programs can be given the model (``studio.config.requests.ExportFormat``)."""
        return ("studio",)

    @property
    def second_dataset(self) -> str:
        """The data set that it learns from besides the run's own; "" for most families."""
        return ""
