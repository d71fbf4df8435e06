"""The losses of a step in one direction: from the pictures of one side to what pretends to be of the other.

The two directions need nothing of each other, so that they can be worked on side by side.
Shapes: B pictures, C channels, H x W, P places, F features.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from studio.config.cyclegan import Contrastive, Cycle, CycleganConfig, Paired
from studio.config.requests import Direction
from studio.models.cyclegan import HEADS
from studio.models.cyclegan_generators import Translator
from studio.training.augmentation import augment
from studio.training.cyclegan_pool import PicturePool
from studio.training.gan_losses import discriminator_loss, generator_loss
from studio.training.rng import Draws

OPPOSITE: dict[Direction, Direction] = {"a2b": "b2a", "b2a": "a2b"}


class Way:
    """One direction of a run.

    Args:
        direction: ``a2b`` or ``b2a``.

    Attributes:
        values: what the losses of this step were made of.
    """

    def __init__(
        self,
        direction: Direction,
        config: CycleganConfig,
        generators: nn.ModuleDict,
        discriminator: nn.Module,
        pool: PicturePool,
    ) -> None:
        self.direction, self.config, self.pool = direction, config, pool
        self.source, self.target = direction[0], direction[2]
        self.generators, self.discriminator = generators, discriminator
        self.values: dict[str, Tensor] = {}
        self._fake = self._real = self._given = torch.empty(0)

    @property
    def translator(self) -> Translator:
        """The generator of this direction."""
        found = self.generators[self.direction]
        assert isinstance(found, Translator)
        return found

    def generator_loss(self, batch: dict[str, Tensor], draws: Draws) -> Tensor:
        """What the generators descend for the pictures of this direction's source."""
        mode = self.config.mode
        self._given, self._real = batch[self.source], batch[self.target]
        if isinstance(mode, Cycle):
            return self._cycle_loss(mode, draws)
        fake = self.translator(self._given)
        if isinstance(mode, Contrastive):
            return self._adversarial(fake, draws) + self._contrast(mode, fake, draws)
        difference = F.l1_loss(fake.float(), self._real)
        self.values[f"difference_{self.target}"] = difference.detach()
        return self._adversarial(fake, draws) + mode.l1_weight * difference

    def discriminator_loss(self, draws: Draws) -> Tensor:
        """What the discriminator of the target descends, on this step's translations and earlier ones."""
        generator = draws.on_host(f"pool {self.target}")
        fake = self.pool.exchange(self._fake.float(), generator)
        fake = self._seen(augment(fake, self.config.augment, draws.stream(f"augment fake {self.target}")))
        real = self._seen(augment(self._real, self.config.augment, draws.stream(f"augment real {self.target}")))
        real_scores, fake_scores = self.discriminator(torch.cat([real, fake])).float().chunk(2)
        loss = discriminator_loss(self.config.loss, real_scores, fake_scores)
        self.values[f"discriminator_{self.target}_loss"] = loss.detach()
        self.values[f"real_score_{self.target}"] = real_scores.detach().mean()
        self.values[f"fake_score_{self.target}"] = fake_scores.detach().mean()
        return loss

    # --- what the generators play for ----------------------------------------------------------------------------

    def _adversarial(self, fake: Tensor, draws: Draws) -> Tensor:
        """That the discriminator takes translations for real; least squares without the half (there, section 4)."""
        self._fake = fake.detach()
        view = augment(fake, self.config.augment, draws.stream(f"augment {self.direction}"))
        loss = generator_loss(self.config.loss, self.discriminator(self._seen(view)).float())
        loss = 2 * loss if self.config.loss == "least_squares" else loss
        self.values[f"{self.direction}_loss"] = loss.detach()
        return loss

    def _seen(self, x_BCHW: Tensor) -> Tensor:
        """What the discriminator sees: with pairs also the picture that is translated."""
        return torch.cat([self._given, x_BCHW], dim=1) if isinstance(self.config.mode, Paired) else x_BCHW

    def _cycle_loss(self, mode: Cycle, draws: Draws) -> Tensor:
        """There and back, and what is of the side already stays as it is: both in one call of the way back."""
        given, back_by = self._given, self.generators[OPPOSITE[self.direction]]
        fake = self.translator(given)
        loss = self._adversarial(fake, draws)
        if not mode.identity_weight:
            cycle = F.l1_loss(back_by(fake).float(), given)
            self.values[f"cycle_{self.source}"] = cycle.detach()
            return loss + mode.cycle_weight * cycle
        back, same = back_by(torch.cat([fake, given.to(fake.dtype)])).float().chunk(2)
        cycle, identity = F.l1_loss(back, given), F.l1_loss(same, given)
        self.values |= {f"cycle_{self.source}": cycle.detach(), f"identity_{self.source}": identity.detach()}
        return loss + mode.cycle_weight * (cycle + mode.identity_weight * identity)

    def _contrast(self, mode: Contrastive, fake: Tensor, draws: Draws) -> Tensor:
        """Each place is told from the others of its picture (Park et al. 2020, equations 3 to 5)."""
        loss = self._places_told(mode, self._given, fake, draws, "places")
        self.values["contrastive"] = loss.detach()
        if not mode.identity:
            return mode.contrastive_weight * loss
        same = self._places_told(mode, self._real, self.translator(self._real), draws, "places of identity")
        self.values["contrastive_identity"] = same.detach()
        return mode.contrastive_weight * (loss + same) / 2

    def _places_told(self, mode: Contrastive, before: Tensor, after: Tensor, draws: Draws, stream: str) -> Tensor:
        with torch.no_grad():
            keys = self.translator.features(before)
        queries, heads = self.translator.features(after), self.generators[HEADS]
        assert isinstance(heads, nn.ModuleList)
        generator = draws.on_host(stream)
        found = []
        for query, key, head in zip(queries, keys, heads, strict=True):
            count = query.shape[2] * query.shape[3]
            places = torch.randperm(count, generator=generator)[: mode.patches].to(query.device)
            with torch.no_grad():
                key_BPF = _at(key, places, head)
            found.append(_told_apart(_at(query, places, head), key_BPF, mode.temperature))
        return torch.stack(found).mean()


def _at(x_BCHW: Tensor, places_P: Tensor, head: nn.Module) -> Tensor:
    """The features (B, P, F) of some places, as the head compares them."""
    x_BPC = x_BCHW.float().flatten(2).index_select(2, places_P).transpose(1, 2)
    found: Tensor = head(x_BPC.flatten(0, 1)).view(*x_BPC.shape[:2], -1)
    return found


def _told_apart(query_BPF: Tensor, key_BPF: Tensor, temperature: float) -> Tensor:
    """Cross-entropy of finding each place's own key among those of its picture."""
    likeness_BPP = torch.bmm(query_BPF.float(), key_BPF.float().transpose(1, 2)) / temperature
    own = torch.arange(likeness_BPP.shape[1], device=likeness_BPP.device).expand(len(likeness_BPP), -1)
    return F.cross_entropy(likeness_BPP.flatten(0, 1), own.flatten())
