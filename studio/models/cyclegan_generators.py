"""Translators of pictures: a ResNet and a U-Net, and the three ways in which they paint.

Shapes: B pictures, C channels, H x W (multiples of ``grain``).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from studio.models.cyclegan_layers import InstanceNorm, doubling, halving_conv, reflected_conv

_WIDEST = 8
_SLOPE = 0.2
_GENTLE = 0.1  # of the last layer's first weights, where the generator changes a picture instead of painting it


class Translator(nn.Module):
    """Pictures (B, C, H, W) in [-1, 1] -> pictures; what :meth:`paint` gives is laid on as ``output`` says.

    residual: the picture and a change within [-2, 2]. mask: the picture, and where a mask in [0, 1] is open paint over
    it. plain: paint alone. Only ``plain`` stays within [-1, 1] by itself.

    ``strength`` lies straight between the picture (0) and its translation (1), pixel by pixel. Looked at over portraits
    of 32 x 32, black hair and blond, at seven strengths from 0 to 1.5, beside two other ways: this one goes evenly
    through brown. In feature space, where the residual blocks' changes are scaled, the change is whole from a quarter
    on and faces are spoilt towards 0; scaled in both ways it cannot be told from this one. Between the averaged network
    and one that changes nothing (the last layer's answer is scaled before it is squashed) nearly nothing happens up to
    a half, and beyond 1 a halo grows round the head. Beyond 1 all of them burn out.
    """

    grain = 4

    def __init__(self, channels: int, output: str) -> None:
        super().__init__()
        self.channels, self.output = channels, output

    @property
    def painted(self) -> int:
        """How many channels :meth:`paint` gives: those of a picture, and the mask."""
        return self.channels + (self.output == "mask")

    def paint(self, x_BCHW: Tensor) -> Tensor:
        """What to change, (B, ``painted``, H, W), before it is squashed."""
        raise NotImplementedError

    def features(self, x_BCHW: Tensor) -> list[Tensor]:
        """Maps on the way down, from fine to coarse, in which places are compared."""
        raise NotImplementedError

    def forward(self, x_BCHW: Tensor, strength: float = 1.0) -> Tensor:
        return self.lay(x_BCHW, self.paint(x_BCHW), strength)

    def lay(self, x_BCHW: Tensor, h: Tensor, strength: float = 1.0) -> Tensor:
        """The picture with what :meth:`paint` gives laid on."""
        if self.output == "residual":
            return torch.add(x_BCHW, h.tanh(), alpha=2 * strength)
        if self.output == "plain":
            return h.tanh() if strength == 1 else torch.lerp(x_BCHW, h.tanh(), strength)
        paint, mask = h[:, : self.channels].tanh(), h[:, self.channels :].sigmoid()
        return torch.addcmul(x_BCHW, mask, paint - x_BCHW, value=strength)

    def _begin(self, last: nn.Conv2d) -> None:
        """First weights: normal, of deviation 0.02; those of the last layer smaller where a change is learnt."""
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.normal_(layer.weight, std=0.02)
        assert last.bias is not None
        with torch.no_grad():
            last.bias.zero_()
            if self.output == "residual":
                last.weight.mul_(_GENTLE)


class ResidualBlock(nn.Module):
    """(B, C, H, W) -> the same shape: two convolutions, added to what came."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.change = nn.Sequential(
            *reflected_conv(width, width, 3), InstanceNorm(), nn.ReLU(inplace=True),
            *reflected_conv(width, width, 3), InstanceNorm(),
        )  # fmt: skip

    def forward(self, x_BCHW: Tensor) -> Tensor:
        changed: Tensor = x_BCHW + self.change(x_BCHW)
        return changed


class ResnetTranslator(Translator):
    """Two halvings, ``blocks`` residual blocks, two doublings (Johnson et al. 2016, as in CycleGAN, section 7.2)."""

    def __init__(self, *, channels: int, width: int, blocks: int, upsample: str, output: str) -> None:
        super().__init__(channels, output)
        relu = nn.ReLU(inplace=True)
        self.begin = nn.Sequential(*reflected_conv(channels, width, 7), InstanceNorm(), relu)
        self.down = nn.ModuleList(
            nn.Sequential(halving_conv(width * n, 2 * width * n), InstanceNorm(), relu) for n in (1, 2)
        )
        self.blocks = nn.ModuleList(ResidualBlock(4 * width) for _ in range(blocks))
        self.up = nn.Sequential(
            doubling(4 * width, 2 * width, upsample), InstanceNorm(), relu,
            doubling(2 * width, width, upsample), InstanceNorm(), relu,
        )  # fmt: skip
        last = nn.Conv2d(width, self.painted, 7)
        self.end = nn.Sequential(nn.ReflectionPad2d(3), last)
        self._begin(last)

    def paint(self, x_BCHW: Tensor) -> Tensor:
        h = self.head(x_BCHW)
        for block in self.blocks:
            h = block(h)
        return self.tail(h)

    def head(self, x_BCHW: Tensor) -> Tensor:
        """What the residual blocks work on, (B, ``inner``, H/4, W/4)."""
        h: Tensor = self.begin(x_BCHW)
        for part in self.down:
            h = part(h)
        return h

    def tail(self, h_BChw: Tensor) -> Tensor:
        """From what they make of it to what is painted."""
        painted: Tensor = self.end(self.up(h_BChw))
        return painted

    @property
    def inner(self) -> int:
        """Channels between head and tail."""
        return self.feature_widths[-1]

    def features(self, x_BCHW: Tensor) -> list[Tensor]:
        found, h = [x_BCHW], self.begin(x_BCHW)
        for part in (*self.down, *self.blocks[: (len(self.blocks) + 1) // 2]):
            h = part(h)
            found.append(h)
        return [*found[:3], found[-1]]

    @property
    def feature_widths(self) -> list[int]:
        """Channels of :meth:`features`."""
        width = self.begin[1].out_channels
        assert isinstance(width, int)
        return [self.channels, 2 * width, 4 * width, 4 * width]


class UnetTranslator(Translator):
    """``depth`` halvings down, as many doublings up, every size joined across (as in pix2pix, section 6.1.1)."""

    def __init__(self, *, channels: int, width: int, depth: int, upsample: str, output: str) -> None:
        super().__init__(channels, output)
        self.grain = 2**depth
        widths = [width * min(_WIDEST, 2**i) for i in range(depth)]
        self.feature_widths = [channels, *widths]
        self.down = nn.ModuleList()
        for i, (before, after) in enumerate(zip([channels, *widths], widths, strict=False)):
            outermost, innermost = i == 0, i == depth - 1
            parts: list[nn.Module] = [] if outermost else [nn.LeakyReLU(_SLOPE)]
            plain = outermost or innermost  # of one place nothing would be left by a norm
            parts.append(nn.Conv2d(before, after, 4, stride=2, padding=1, bias=plain))
            self.down.append(nn.Sequential(*parts, *([] if plain else [InstanceNorm()])))
        self.up = nn.ModuleList()
        for i in reversed(range(1, depth)):
            joined = widths[i] * (1 if i == depth - 1 else 2)
            self.up.append(nn.Sequential(nn.ReLU(), doubling(joined, widths[i - 1], upsample), InstanceNorm()))
        last = nn.Conv2d(width, self.painted, 3, padding=1)
        self.end = nn.Sequential(nn.ReLU(), doubling(2 * width, width, upsample), InstanceNorm(), nn.ReLU(), last)
        self._begin(last)

    def paint(self, x_BCHW: Tensor) -> Tensor:
        maps = self.features(x_BCHW)[1:]
        h = maps.pop()
        for part in self.up:
            h = torch.cat([part(h), maps.pop()], dim=1)
        painted: Tensor = self.end(h)
        return painted

    def features(self, x_BCHW: Tensor) -> list[Tensor]:
        found = [x_BCHW]
        for part in self.down:
            found.append(part(found[-1]))
        return found
