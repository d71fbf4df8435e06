"""The diffusion family's part of training: one denoiser that learns at all noise levels at once, what it shows.

Shapes: B pictures, C channels, H x W, L labels; levels and times (B,).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from studio.config.diffusion import DiffusionConfig, Flow, Gradual
from studio.config.training import TrainingSettings
from studio.generation.diffusion_guidance import Asked, Guidance
from studio.generation.diffusion_samplers import dpm_solver_2m, sampled
from studio.generation.latents import CHUNK, drawn_latent, padded
from studio.ground.errors import Text
from studio.ground.events import Notice
from studio.measures.wasserstein import comparable, deviation
from studio.models.diffusion import Condition, Denoiser, Told, build_denoiser
from studio.models.diffusion_schedules import STEPS, Levels
from studio.models.layers import label_sizes
from studio.models.pictures import to_bytes
from studio.models.seeding import process_generator, seeded_generator, stable_seed
from studio.models.weights import Table
from studio.training import diffusion_transfer
from studio.training.augmentation import mirror
from studio.training.diffusion_data import DiffusionData
from studio.training.picture_data import compared, named_codes
from studio.training.rng import Draws
from studio.training.sharing import places
from studio.training.state import start_optimiser
from studio.training.task import Phase, Pictures, Verdict

NAME = "denoiser"
MEASURED = 96  # fixed samples behind "best"
SAMPLE_STEPS = 10
GUIDANCE = 1.5  # of the samples that are shown
WATCHED, WATCHED_LEVELS = 32, 8  # held-out pictures, and noise levels at which they are looked at
METRICS = (
    "loss", "loss_low_noise", "loss_middle_noise", "loss_high_noise", "learning_rate", "denoiser_gradient",
    "validation_loss", "distance", "diversity", "diversity_within",
)  # fmt: skip
_BANDS = METRICS[1:4]
_FALLING = 0.4  # share of the run in which a rate that falls does so
_EXAMPLES = 16  # captions that a model point carries, so that prompts can be suggested


class DiffusionTask:
    """A network that learns to take noise away; see ``studio.training.task.Task`` for what the trainer asks of it."""

    family = "diffusion"
    averaged = (NAME,)
    metric_names = METRICS
    validate_every = 0
    rhythm = 1

    def __init__(self, config: DiffusionConfig, data: Pictures, device: torch.device) -> None:
        self.config, self.device = config, device
        self.labels = data.facts.chosen_labels(config.condition)
        self.data = DiffusionData(data, config.condition, device, text=config.text)
        self.items_per_step = config.batch
        with process_generator(config.seed, "weights"):
            network = self._build()
        self.denoiser: Denoiser = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.modules: dict[str, nn.Module] = {NAME: self.denoiser}
        self.optimisers = {NAME: torch.optim.AdamW(network.parameters(), lr=1e-3, betas=(0.9, 0.99), fused=True)}
        start_optimiser(self.optimisers[NAME])
        self._values: dict[str, Tensor] = {}
        # Layers that leave numbers out draw from one generator for all threads.
        self._places = places(config.batch, 1 if config.dropout > 0 else config.shares)
        self._made: dict[int, tuple[Tensor, Tensor, Tensor]] = {}
        self._references: tuple[Tensor, Tensor] | None = None
        self._watched: list[float] = []

    # --- what the trainer asks ---------------------------------------------------------------------------------

    def blank(self, name: str) -> nn.Module:
        """The denoiser anew, on ``meta``."""
        with torch.device("meta"):
            return self._build()

    def follow(self, config: TrainingSettings) -> None:
        """Take over the learning rate."""
        assert isinstance(config, DiffusionConfig)
        self.config = config

    def phases(self, draws: Draws) -> Iterator[Phase]:
        """The one phase of a step, at the step's learning rate."""
        rate = self.config.learning_rate * rate_factor(self.config, draws.step)
        for group in self.optimisers[NAME].param_groups:
            group["lr"] = rate
        self._values = {"learning_rate": torch.tensor(rate)}
        self.denoiser.train()
        losses = self._losses(draws)
        yield Phase(NAME, losses[0], beside=tuple(losses[1:]))
        loss, error_B, time_B = zip(*(self._made[share] for share in range(len(losses))), strict=True)
        self._values |= {"loss": torch.stack(loss).mean(), **by_band(torch.cat(error_B), torch.cat(time_B))}

    def values(self) -> Mapping[str, Tensor]:
        """The loss, also for low, middle and high noise, and the learning rate."""
        return self._values

    def samples(self, averages: Mapping[str, nn.Module]) -> Iterator[np.ndarray]:
        """The averaged denoiser's pictures from the run's own noise: seed of the run, indices from 0."""
        denoiser = averages[NAME]
        assert isinstance(denoiser, Denoiser)
        self._watched = self._watch(denoiser)
        yield from self._drawn(denoiser, self._shown(self.config.sample_count), GUIDANCE)

    def sample_notes(self) -> Mapping[str, Any]:
        """With which labels and words each sample is made, and the held-out loss at rising times of noise."""
        count = self.config.sample_count
        noted: dict[str, Any] = {"loss_by_noise": self._by_noise(), "denoising": self._way()}
        if self.labels:
            noted["labels"] = named_codes(self.labels, self._shown_codes(count))
        if self.data.vocabulary is not None:
            noted["captions"] = [self.data.captions[row] for row in self.data.shown_rows(count).tolist()]
        return noted

    def _way(self) -> dict[str, Any]:
        """How the samples are made, as a recipe says it (``studio.config.denoising.Denoising``)."""
        guidance = GUIDANCE if self._is_told() else 1.0
        return {"guidance": guidance, "sampler": "dpm++2m", "sampler_steps": SAMPLE_STEPS, "chunk": CHUNK}

    def _is_told(self) -> bool:
        return bool(self.labels) or self.data.vocabulary is not None

    def _by_noise(self) -> dict[str, list[float]]:
        """The watched times, the shares of picture and noise there, and the losses."""
        times = watched_times()
        levels = self.denoiser.schedule.levels(torch.tensor(times))
        shares = {"picture": levels.picture_B.tolist(), "noise": levels.noise_B.tolist()}
        rounded = {name: [round(value, 4) for value in values] for name, values in {"times": times, **shares}.items()}
        return rounded | {"losses": self._watched}

    def sample_values(self, pictures: np.ndarray) -> dict[str, float]:
        """The loss on held-out pictures; how diverse the samples are, as a share of the data's."""
        real, _ = self._reference_pictures()
        found = {"diversity": deviation(comparable(pictures)) / max(1e-6, deviation(real))}
        return found | {"validation_loss": sum(self._watched) / len(self._watched)}

    def measure(self, averages: Mapping[str, nn.Module]) -> Iterator[dict[str, float] | None]:
        """Distance of fixed samples from real pictures, and their diversity as a share of the data's."""
        denoiser, pieces = averages[NAME], []
        assert isinstance(denoiser, Denoiser)
        rows = self.data.shown_rows(MEASURED)
        for piece in self._drawn(denoiser, self.data.condition(rows), 1.0):
            pieces.append(comparable(piece))
            yield None
        codes = torch.from_numpy(self.data.codes_NL[rows])
        yield from compared(torch.cat(pieces), codes, self._reference_pictures(), seed=self.config.seed)

    def verdict(self, values: Mapping[str, float]) -> Verdict:
        """A denoiser's loss does not say when its pictures are good enough."""
        return Verdict()

    def remarks(self, step: int, values: Mapping[str, float]) -> list[Notice]:
        """After the first step, what there is to say of the captions."""
        return list(self.data.remarks()) if step == 1 and "loss" in values else []

    def extra_state(self) -> dict[str, Tensor]:
        """Nothing is kept beyond the network and its optimiser."""
        return {}

    def load_extra_state(self, tensors: Mapping[str, Tensor]) -> None:
        """Nothing to load; see :meth:`extra_state`."""

    def description(self) -> dict[str, Any]:
        """The labels' values, how often each occurs; the vocabulary, some captions, and a digest of them all."""
        labels = {name: list(values) for name, values in self.labels.items()}
        found: dict[str, Any] = {"labels": labels, "label_counts": self.data.label_counts(self.labels)}
        vocabulary = self.data.vocabulary
        if vocabulary is not None:
            examples = [self.data.captions[row] for row in self.data.shown_rows(_EXAMPLES).tolist()]
            found |= {"words": list(vocabulary.words), "length": vocabulary.length, "examples": examples}
            found["captions"] = self.data.digest()
        return found

    # --- weights of another run ------------------------------------------------------------------------------------

    def table_there(self, module: str, table: Table, facts: Mapping[str, Any]) -> Table:
        """The same but for the words."""
        return diffusion_transfer.table_there(table, diffusion_transfer.vocabulary_there(facts))

    def fitted(self, module: str, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> Mapping[str, Tensor]:
        """Words that both know keep what they mean."""
        there = diffusion_transfer.vocabulary_there(facts)
        return diffusion_transfer.fitted(tensors, self.denoiser.state_dict(), self.data.vocabulary, there)

    def new_here(self, facts: Mapping[str, Any]) -> Text | None:
        """Words that the weights never saw."""
        return diffusion_transfer.new_words(self.data.vocabulary, diffusion_transfer.vocabulary_there(facts))

    # --- one step ----------------------------------------------------------------------------------------------

    def _build(self) -> Denoiser:
        vocabulary = self.data.vocabulary
        words, length = (vocabulary.size, vocabulary.length) if vocabulary else (0, 0)
        return build_denoiser(self.config, label_sizes(self.labels), words, length)

    def _losses(self, draws: Draws) -> list[Callable[[], Tensor]]:
        """What each share of the batch is to descend; all that is drawn is drawn here, for the whole batch."""
        config = self.config
        batch = self.data.batch(config.seed, draws.step, config.batch)
        x0 = mirror(batch.x_BCHW, draws.stream("mirror")) if config.mirror else batch.x_BCHW
        condition = self._told_of(batch.rows_B, batch.codes_BL, draws)
        time = times(config, config.batch, draws)
        n = torch.randn(x0.shape, generator=draws.stream("noise"), device=self.device)
        again = config.self_conditioning and stable_seed(config.seed, "again", draws.step) % 2 == 1
        if len(self._places) == 1:
            return [partial(self._loss, 0, x0, n, time, condition, again=again)]
        return [
            partial(self._loss, share, x0[at], n[at], time[at], condition.of(at), again=again)
            for share, at in enumerate(self._places)
        ]

    def _loss(
        self, share: int, x0: Tensor, n: Tensor, time: Tensor, condition: Condition, *, again: bool
    ) -> Tensor:
        """The loss of one share; what it is made of is left for :meth:`values`."""
        config = self.config
        told = self.denoiser.read(condition)
        error_B, levels = self._errors(self.denoiser, x0, n, time, told, again=again)
        weight = config.process.min_snr if isinstance(config.process, Gradual) else 0.0
        loss = (self.denoiser.preconditioning.weight(levels, weight) * error_B).mean()
        self._made[share] = loss.detach(), error_B.detach(), time
        return loss

    def _told_of(self, rows: np.ndarray, codes_BL: Tensor, draws: Draws) -> Condition:
        """The pictures' conditions; of some nothing is told, of some not every label or clause."""
        share, labels = self.config.condition_dropout, codes_BL.shape[1]
        chances = torch.rand((1 + labels, len(rows)), generator=draws.stream("told"), device=self.device)
        if labels > 1:
            codes_BL = codes_BL.masked_fill((chances[1:] < share).T, -1)
        leave = self.config.clause_dropout
        tokens = self.data.shortened(rows, leave, draws.on_host("clauses")) if leave else None
        return self.data.condition(rows, codes_BL, chances[0] < share, tokens)

    def _errors(
        self, denoiser: Denoiser, x0: Tensor, n: Tensor, time: Tensor, told: Told, *, again: bool = False
    ) -> tuple[Tensor, Levels]:
        """The mean squared error (B,) of the answers; ``again``: after a first estimate (Chen et al. 2022,
        arXiv:2208.04202, section 2.2)."""
        asked = denoiser.preconditioning
        levels = denoiser.schedule.levels(time)
        z = asked.mixed(x0, n, levels)
        previous = None
        if again:
            with torch.no_grad():
                previous = asked.clean(z, denoiser.answer(z, time, told).float(), levels)
        answer = denoiser.answer(z, time, told, previous).float()
        return (answer - asked.answer(x0, n, levels)).square().mean(dim=(1, 2, 3)), levels

    # --- what is shown -----------------------------------------------------------------------------------------

    def _shown(self, count: int) -> Condition:
        return self.data.condition(self.data.shown_rows(count), self._shown_codes(count))

    def _shown_codes(self, count: int) -> Tensor:
        """Codes (count, L) of the samples: of the pictures whose captions they have, else through all values."""
        return self.data.shown_codes(count, cycle=self.data.vocabulary is None)

    def _drawn(self, denoiser: Denoiser, condition: Condition, guidance: float) -> Iterator[np.ndarray]:
        """Pictures (n, H, W, C) uint8 of conditions, in chunks of one fixed size."""
        config = self.config
        shape = (config.channels, *config.picture_shape)
        guided = guidance if self._is_told() else 1.0
        for start in range(0, len(condition), CHUNK):
            places = range(start, min(start + CHUNK, len(condition)))
            noise = torch.stack([drawn_latent(config.seed, i, int(np.prod(shape))).view(shape) for i in places])
            chunk = Condition(
                padded(condition.codes_BL[start : start + CHUNK]),
                None if condition.tokens_BT is None else padded(condition.tokens_BT[start : start + CHUNK]),
            )
            x = _denoised(denoiser, padded(noise).to(self.device), chunk, guided)
            yield to_bytes(x[: len(places)]).cpu().numpy()

    def _watch(self, denoiser: Denoiser) -> list[float]:
        """The mean error on held-out pictures at even times, always with the same noise."""
        batch = self.data.judges(WATCHED)
        generator = seeded_generator(self.config.seed, "watch")
        n = torch.randn(batch.x_BCHW.shape, generator=generator).to(self.device)
        found = []
        with torch.no_grad():
            told = denoiser.read(self.data.condition(batch.rows_B, batch.codes_BL))
            for time in watched_times():
                at = torch.full((len(n),), time, device=self.device)
                found.append(float(self._errors(denoiser, batch.x_BCHW, n, at, told)[0].mean()))
        return found

    def _reference_pictures(self) -> tuple[Tensor, Tensor]:
        """The real pictures that generated ones are measured by, ready to be compared, and their codes."""
        if self._references is None:
            self._references = self.data.references(4 * MEASURED)
        return self._references


def rate_factor(config: DiffusionConfig, step: int) -> float:
    """The share of the highest learning rate at update number ``step`` (0 is the first)."""
    rise = min(1.0, (step + 1) / (config.warm_up + 1))
    if config.decay == "none":
        return rise
    return min(rise, max(0.0, (config.steps - step) / (_FALLING * config.steps)))


def times(config: DiffusionConfig, count: int, draws: Draws) -> Tensor:
    """Times (count,) in [0, 1] to be trained at, spread evenly so that batches differ little (Kingma et al. 2021,
    arXiv:2107.00630, appendix I.1): all alike, or for flow logit-normal (Esser et al. 2024, arXiv:2403.03206, 3.1)."""
    offset = torch.rand((), generator=draws.stream("times"), device=draws.device)
    even = (offset + torch.arange(count, device=draws.device) / count) % 1.0
    process = config.process
    if isinstance(process, Flow):
        normal = torch.special.ndtri(even.clamp(1e-4, 1 - 1e-4))
        return torch.sigmoid(process.location + process.spread * normal)
    return (even * STEPS).floor().clamp(max=STEPS - 1) / (STEPS - 1)


def watched_times() -> list[float]:
    """The times at which the loss is watched, rising."""
    return [(i + 0.5) / WATCHED_LEVELS for i in range(WATCHED_LEVELS)]


def by_band(error_B: Tensor, time_B: Tensor) -> dict[str, Tensor]:
    """Mean error at low, middle and high noise; not a number where a batch has none, and then not recorded."""
    band = (time_B * len(_BANDS)).long().clamp(max=len(_BANDS) - 1)
    total = error_B.new_zeros(len(_BANDS)).index_add(0, band, error_B)
    count = error_B.new_zeros(len(_BANDS)).index_add(0, band, torch.ones_like(error_B))
    return dict(zip(_BANDS, (total / count).unbind(), strict=True))


def _denoised(denoiser: Denoiser, noise: Tensor, condition: Condition, guidance: float) -> Tensor:
    """Pictures from noise (B, C, H, W) of variance 1, by the sampler that needs the fewest steps."""
    with torch.no_grad():
        told = denoiser.read(condition)
        against = None if guidance == 1.0 else denoiser.read(condition.nothing())
    scale = torch.full((len(noise),), guidance, device=noise.device)
    asked = Asked(denoiser, Guidance(told, against, scale, torch.zeros_like(scale)))
    sigmas: list[float] = denoiser.schedule.sigmas(SAMPLE_STEPS).tolist()
    return sampled(dpm_solver_2m(asked, noise * sigmas[0], sigmas, lambda _: noise), lambda _: None)


def make_task(config: DiffusionConfig, data: Pictures, device: torch.device) -> DiffusionTask:
    """The task of this family; every family's training module has this function."""
    return DiffusionTask(config, data, device)
