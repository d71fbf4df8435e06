"""Small parts that several networks share: embedded labels, the spread of a batch, spectral norm, initial weights.

Shapes: B pictures, C channels, H x W, Z latent numbers, L labels, E embedding numbers, F features.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


def label_sizes(labels: Mapping[str, tuple[str, ...]]) -> tuple[int, ...]:
    """How many values each label has."""
    return tuple(len(values) for values in labels.values())


class LabelEmbedding(nn.Module):
    """One learned vector for every value of every label, side by side; code -1 (no label) has a vector of its own.

    Args:
        sizes: how many values each label has.
        width: length of one label's vector.
        spread: standard deviation of the initial vectors.
    """

    def __init__(self, sizes: tuple[int, ...], width: int, spread: float = 1.0) -> None:
        super().__init__()
        self.sizes, self.width = sizes, width
        self.tables = nn.ModuleList(nn.Embedding(size + 1, width) for size in sizes)
        for table in self.tables:
            nn.init.normal_(table.weight, std=spread)  # type: ignore[arg-type]

    @property
    def total(self) -> int:
        """Length of the vectors of all labels together."""
        return self.width * len(self.sizes)

    def vector(self, label: int, code: int) -> Tensor:
        """The vector (width,) of one value."""
        table = self.tables[label]
        assert isinstance(table, nn.Embedding)
        return table.weight[code]

    def forward(self, codes_BL: Tensor) -> Tensor:
        """Codes (B, L) int64 -> (B, L * width). A code of -1 means that the label is unknown."""
        columns = [torch.where(c < 0, n, c) for c, n in zip(codes_BL.unbind(1), self.sizes, strict=True)]
        return torch.cat([table(c) for table, c in zip(self.tables, columns, strict=True)], dim=1)


class DoublingConv(nn.Conv2d):
    """(B, before, H, W) -> (B, after, 2H, 2W): every pixel four times, then a convolution of 3 x 3.

    Both are done as one transposed convolution of 4 x 4 with stride 2, whose weights are sums of the nine: the same
    numbers but for rounding, with less than half of the multiplications and no large map in between.
    """

    def __init__(self, before: int, after: int, bias: bool = True) -> None:
        super().__init__(before, after, 3, padding=1, bias=bias)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        w = self.weight.flip(2, 3).transpose(0, 1)
        w = F.pad(w, (0, 1)) + F.pad(w, (1, 0))
        w = F.pad(w, (0, 0, 0, 1)) + F.pad(w, (0, 0, 1, 0))
        w = w.contiguous(memory_format=torch.channels_last)
        return F.conv_transpose2d(x_BCHW, w, self.bias, stride=2, padding=1)


class PointToMap(nn.ConvTranspose2d):
    """(B, before, 1, 1) -> (B, after, k, k): a transposed convolution of a single point, done as one matrix product.

    The same numbers but for rounding, in a fifth of the time that a convolution's kernels take for it.
    """

    def __init__(self, before: int, after: int, side: int) -> None:
        super().__init__(before, after, side, bias=False)

    def forward(self, x_BC11: Tensor) -> Tensor:  # type: ignore[override]
        before, after, *sides = self.weight.shape
        h_BK = x_BC11.flatten(1) @ self.weight.permute(0, 2, 3, 1).reshape(before, -1)
        return h_BK.view(len(h_BK), *sides, after).permute(0, 3, 1, 2)


class MapToPoint(nn.Conv2d):
    """(B, before, k, k) -> (B, after, 1, 1): a convolution as large as its map, done as one matrix product."""

    def __init__(self, before: int, after: int, side: int) -> None:
        super().__init__(before, after, side, bias=False)

    def forward(self, x_BCkk: Tensor) -> Tensor:
        weight_AK = self.weight.permute(0, 2, 3, 1).flatten(1)
        return (x_BCkk.permute(0, 2, 3, 1).flatten(1) @ weight_AK.t())[:, :, None, None]


class BatchSpread(nn.Module):
    """Appends one map with the standard deviation inside small groups, so that sameness can be seen.

    (Karras et al. 2018, arXiv:1710.10196, section 3.) While training, a group is four neighbours of a batch. In eval
    mode every picture gets the running mean of training, so that a picture's score does not depend on its company.
    """

    running: Tensor

    def __init__(self, group: int = 4, momentum: float = 0.02) -> None:
        super().__init__()
        self.group, self.momentum = group, momentum
        self.register_buffer("running", torch.zeros(()))

    def forward(self, x_BCHW: Tensor, parts: int = 1) -> Tensor:
        """``parts``: how many batches of equal length lie one behind the other in x; groups do not cross them."""
        b, _, h, w = x_BCHW.shape
        if self.training:
            spread_B = self._spread(x_BCHW, b // parts)
            with torch.no_grad():
                self.running.lerp_(spread_B.detach().mean().to(self.running.dtype), self.momentum)
        else:
            spread_B = self.running.to(x_BCHW.dtype).expand(b)
        return torch.cat([x_BCHW, spread_B.view(b, 1, 1, 1).expand(b, 1, h, w)], dim=1)

    def _spread(self, x_BCHW: Tensor, batch: int) -> Tensor:
        """One value a picture: the mean over all features of its group's standard deviation."""
        size = next((g for g in range(self.group, 1, -1) if batch % g == 0), batch)
        groups = x_BCHW.float().permute(0, 2, 3, 1).reshape(len(x_BCHW) // size, size, -1)
        variance = (groups - groups.mean(dim=1, keepdim=True)).square().mean(dim=1)
        return (variance + 1e-8).sqrt().mean(dim=1).repeat_interleave(size).to(x_BCHW.dtype)


def bound_by_spectral_norm(module: nn.Module) -> None:
    """Divide the weights of all layers by their largest singular value (Miyato et al. 2018, arXiv:1802.05957)."""
    for layer in list(module.modules()):
        if isinstance(layer, nn.Conv2d | nn.Linear | nn.Embedding):
            spectral_norm(layer)


def initialise_dcgan(module: nn.Module) -> None:
    """Normal weights of deviation 0.02, norms around one (Radford et al. 2015, section 3)."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(layer.weight, std=0.02)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        elif isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1.0, 0.02)
            nn.init.zeros_(layer.bias)
