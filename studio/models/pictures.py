"""Pictures as networks see them: bytes to numbers around zero, and back. Shapes: B pictures, C channels, H x W."""

from __future__ import annotations

import torch
from torch import Tensor


def to_unit(pictures: Tensor) -> Tensor:
    """uint8 (B, C, H, W) -> float32 in [-1, 1], channels last in memory."""
    return pictures.to(torch.float32, memory_format=torch.channels_last).div_(127.5).sub_(1.0)


def to_bytes(x_BCHW: Tensor) -> Tensor:
    """Pictures in [-1, 1] -> uint8 (B, H, W, C), rounded to the nearest."""
    return x_BCHW.float().add(1.0).mul(127.5).round().clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1).contiguous()
