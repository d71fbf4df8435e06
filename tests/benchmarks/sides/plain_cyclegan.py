"""The textbook's CycleGAN, written down plainly: what ours is compared with. Shapes: B pictures, C channels, H x W."""

import itertools
import random

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn


def conv(before: int, after: int, side: int) -> list[nn.Module]:
    """Reflected border, convolution, norm."""
    return [nn.ReflectionPad2d(side // 2), nn.Conv2d(before, after, side), nn.InstanceNorm2d(after)]


class Block(nn.Module):
    """A residual block."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.change = nn.Sequential(*conv(width, width, 3), nn.ReLU(True), *conv(width, width, 3))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.change(x)


def generator(width: int, blocks: int = 6) -> nn.Sequential:
    """ResNet with transposed convolutions and a tanh."""
    parts: list[nn.Module] = [*conv(3, width, 7), nn.ReLU(True)]
    for n in (1, 2):
        parts += [nn.Conv2d(width * n, 2 * width * n, 3, 2, 1), nn.InstanceNorm2d(2 * width * n), nn.ReLU(True)]
    parts += [Block(4 * width) for _ in range(blocks)]
    for n in (4, 2):
        parts += [nn.ConvTranspose2d(width * n, width * n // 2, 3, 2, 1, 1)]
        parts += [nn.InstanceNorm2d(width * n // 2), nn.ReLU(True)]
    return begun(nn.Sequential(*parts, nn.ReflectionPad2d(3), nn.Conv2d(width, 3, 7), nn.Tanh()))


def discriminator(width: int, layers: int) -> nn.Sequential:
    """PatchGAN."""
    parts: list[nn.Module] = [nn.Conv2d(3, width, 4, 2, 1), nn.LeakyReLU(0.2, True)]
    for n in range(1, layers + 1):
        before, after = width * min(8, 2 ** (n - 1)), width * min(8, 2**n)
        parts += [nn.Conv2d(before, after, 4, 2 if n < layers else 1, 1), nn.InstanceNorm2d(after)]
        parts += [nn.LeakyReLU(0.2, True)]
    return begun(nn.Sequential(*parts, nn.Conv2d(width * min(8, 2**layers), 1, 4, 1, 1)))


def begun(network: nn.Sequential) -> nn.Sequential:
    """Normal weights of deviation 0.02."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(layer.weight, 0, 0.02)
            nn.init.zeros_(layer.bias)
    return network


class Pool:
    """Fifty earlier translations."""

    def __init__(self) -> None:
        self.kept: list[Tensor] = []

    def query(self, x: Tensor) -> Tensor:
        """About half of them exchanged."""
        found = []
        for one in x:
            one = one[None]
            if len(self.kept) < 50:
                self.kept.append(one)
            elif random.random() > 0.5:
                place = random.randrange(50)
                self.kept[place], one = one.clone(), self.kept[place].clone()
            found.append(one)
        return torch.cat(found)


class Loop:
    """The reference recipe on pictures (N, 3, H, W) uint8 of two sides.

    Least squares, cycle 10, identity 5, Adam at 2e-4 and (0.5, 0.999), pools, constant rate.
    """

    def __init__(self, a: np.ndarray, b: np.ndarray, *, width: int, batch: int, layers: int) -> None:
        torch.manual_seed(0)
        self.sides, self.batch = (a, b), batch
        self.to_b, self.to_a = generator(width), generator(width)
        self.judge_a, self.judge_b = discriminator(width, layers), discriminator(width, layers)
        both = itertools.chain(self.to_b.parameters(), self.to_a.parameters())
        self.generators = torch.optim.Adam(both, 2e-4, (0.5, 0.999))
        judges = itertools.chain(self.judge_a.parameters(), self.judge_b.parameters())
        self.discriminators = torch.optim.Adam(judges, 2e-4, (0.5, 0.999))
        self.pools = Pool(), Pool()

    def draw(self, side: np.ndarray) -> Tensor:
        """A random batch in [-1, 1]."""
        rows = np.random.randint(0, len(side), self.batch)
        return torch.from_numpy(side[rows]).float() / 127.5 - 1

    def step(self) -> None:
        """One update of all four."""
        a, b = map(self.draw, self.sides)
        for network in (self.judge_a, self.judge_b):
            network.requires_grad_(False)
        self.generators.zero_grad()
        fake_b, fake_a = self.to_b(a), self.to_a(b)
        adversarial = ((self.judge_b(fake_b) - 1) ** 2).mean() + ((self.judge_a(fake_a) - 1) ** 2).mean()
        cycle = F.l1_loss(self.to_a(fake_b), a) + F.l1_loss(self.to_b(fake_a), b)
        identity = F.l1_loss(self.to_b(b), b) + F.l1_loss(self.to_a(a), a)
        loss = adversarial + 10 * cycle + 5 * identity
        loss.backward()
        self.generators.step()
        for network in (self.judge_a, self.judge_b):
            network.requires_grad_(True)
        self.discriminators.zero_grad()
        for judge, real, fake, pool in (
            (self.judge_b, b, fake_b, self.pools[0]),
            (self.judge_a, a, fake_a, self.pools[1]),
        ):
            shown = pool.query(fake.detach())
            half = ((judge(real) - 1) ** 2).mean() + (judge(shown) ** 2).mean()
            (0.5 * half).backward()
        self.discriminators.step()
        loss.item()
