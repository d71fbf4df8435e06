"""The translation family's part of training: one phase, validation by the averaged weights in loss, BLEU and chrF.

Shapes: B pairs, M tokens of a source, N of a target, V different tokens.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from studio.config.decoding import Decoding
from studio.config.training import TrainingSettings
from studio.config.translation import TranslationConfig
from studio.data.pair_tokenisers import TOKENISER, JointTokeniser
from studio.generation.translation_decoding import Decoder, Marks
from studio.ground.errors import text
from studio.ground.events import Notice
from studio.measures.wording import scores
from studio.models.seeding import process_generator
from studio.models.translation import TranslationModel, build_translation_model
from studio.training.rng import Draws
from studio.training.state import start_optimiser
from studio.training.task import Phase, Verdict
from studio.training.translation_data import IGNORED, Pairs, TranslationData

NAME = "translator"
GREEDY = Decoding(beam=1)
METRICS = (
    "training_loss", "learning_rate", "translator_gradient", "validation_loss", "bleu", "chrf", "exact",
)  # fmt: skip
_MOST_VALIDATED = 2000  # pairs
_ROWS = 32  # sentences that are translated at once
_NOTHING = np.zeros((0, 1, 1, 3), np.uint8)


class TranslationTask:
    """One network that learns to translate; see ``studio.training.task.Task`` for what the trainer asks of it."""

    family = "translation"
    averaged = (NAME,)
    rhythm = 1
    metric_names = METRICS

    def __init__(self, config: TranslationConfig, data: Pairs, device: torch.device) -> None:
        self.config, self.device = config, device
        end = int(data.target(0)[-1])  # every text has the mark of its end
        self.tokeniser, self._file = JointTokeniser(data.tokeniser, end), data.tokeniser_text
        self.data = TranslationData(
            data, device, backwards=config.backwards, longest=config.context, size=config.batch,
            begin=self.tokeniser.begin,
        )  # fmt: skip
        self.tokens = data.tokeniser.bound
        self.items_per_step, self.validate_every = config.batch, config.validate_every
        with process_generator(config.seed, "weights"):
            network = build_translation_model(config, self.tokens, self.tokens)
        self.network: TranslationModel = network.to(device)
        self.modules: dict[str, nn.Module] = {NAME: self.network}
        self.optimisers = {NAME: self._adam()}
        self._unread = self.data.unread()
        self._values: dict[str, Tensor] = {}
        self._notes: dict[str, Any] = {}
        self._best = torch.tensor([-1.0, 0.0], dtype=torch.float64)  # the highest chrF, and validations since

    # --- what the trainer asks ---------------------------------------------------------------------------------

    def blank(self, name: str) -> nn.Module:
        """The network anew, on ``meta``."""
        with torch.device("meta"):
            return build_translation_model(self.config, self.tokens, self.tokens)

    def follow(self, config: TrainingSettings) -> None:
        """Take over the highest learning rate and the limit of gradients; the schedule goes on from there."""
        assert isinstance(config, TranslationConfig)
        self.config = config

    def phases(self, draws: Draws) -> Iterator[Phase]:
        """The one phase of a step, at the step's learning rate."""
        rate = self.config.learning_rate * rate_factor(self.config, draws.step)
        for group in self.optimisers[NAME].param_groups:
            group["lr"] = rate
        self._values = {"learning_rate": torch.tensor(rate)}
        yield Phase(NAME, partial(self._loss, draws))

    def values(self) -> Mapping[str, Tensor]:
        """Loss of the batch, without smoothing, and the learning rate."""
        return self._values

    def samples(self, averages: Mapping[str, nn.Module]) -> Iterator[np.ndarray]:
        """No pictures; the averaged network's translations of the first validation sentences go into the notes."""
        rows = self.data.validation[: self.config.sample_count]
        texts, work = [], self._translated(averages[NAME], rows)
        while True:
            try:
                next(work)
            except StopIteration as end:
                texts = end.value
                break
            yield _NOTHING
        sources, references = self._texts(rows)
        trios = zip(sources, references, texts, strict=True)
        self._notes = {"texts": [{"source": s, "reference": r, "text": t} for s, r, t in trios]}
        yield _NOTHING

    def sample_notes(self) -> Mapping[str, Any]:
        """Of each sample the source, the reference and the present translation."""
        return self._notes

    def sample_values(self, pictures: np.ndarray) -> dict[str, float]:
        """There are no pictures."""
        return {}

    def measure(self, averages: Mapping[str, nn.Module]) -> Iterator[dict[str, float] | None]:
        """Loss of the averaged network on validation pairs, and scores of its translations of some of them."""
        total, count, network = 0.0, 0, averages[NAME]
        assert isinstance(network, TranslationModel)
        for batch in self.data.validated(self.config.batch, _MOST_VALIDATED):
            with torch.no_grad():
                logits = network(batch.source_BM, batch.target_BN, batch.source_mask).float()
                losses = F.cross_entropy(logits.flatten(0, 1), batch.next_BN.flatten(), reduction="sum")
            total, count = total + float(losses), count + int((batch.next_BN != IGNORED).sum())
            yield None
        rows = self.data.validation[: self.config.scored]
        found = yield from self._translated(network, rows)
        yield {"validation_loss": total / max(1, count), **scores(found, self._texts(rows)[1])}

    def verdict(self, values: Mapping[str, float]) -> Verdict:
        """Keep what has the highest chrF; enough when ``patience`` validations brought none higher."""
        score, (best, waited) = values.get("chrf", -1.0), self._best.tolist()
        if score > best:
            self._best.copy_(torch.tensor([score, 0.0]))
            return Verdict(keep=True)
        self._best[1] = waited + 1
        if not 0 < self.config.patience <= waited + 1:
            return Verdict()
        self._best[1] = 0.0
        return Verdict(enough=text("{count} validations brought no higher chrF.", count=self.config.patience))

    def remarks(self, step: int, values: Mapping[str, float]) -> list[Notice]:
        """Nothing so far."""
        return []

    def extra_state(self) -> dict[str, Tensor]:
        """The best score so far, and the validations since."""
        return {"best": self._best}

    def load_extra_state(self, tensors: Mapping[str, Tensor]) -> None:
        """The inverse of :meth:`extra_state`."""
        self._best.copy_(tensors["best"])

    def description(self) -> dict[str, Any]:
        """How many tokens there are, which ends a text, and which of them no source had."""
        sizes = {"source_tokens": self.tokens, "target_tokens": self.tokens}
        return {**sizes, "end": self.tokeniser.end, "unread": self._unread}

    def files(self) -> Mapping[str, bytes]:
        """What turns sentences into tokens."""
        return {TOKENISER: self._file.encode()}

    # --- one step ----------------------------------------------------------------------------------------------

    def _adam(self) -> torch.optim.AdamW:
        """With the memory of Vaswani et al. 2017, section 5.3; weights of layers decay, biases and norms do not."""
        parameters = list(self.network.parameters())
        matrices, rest = [p for p in parameters if p.ndim > 1], [p for p in parameters if p.ndim <= 1]
        groups = [
            {"params": matrices, "weight_decay": self.config.weight_decay}, {"params": rest, "weight_decay": 0.0},
        ]  # fmt: skip
        optimiser = torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.98), eps=1e-9, fused=True)
        start_optimiser(optimiser)
        return optimiser

    def _loss(self, draws: Draws) -> Tensor:
        """Cross entropy with smoothed labels (Szegedy et al. 2015, arXiv:1512.00567, section 7)."""
        batch, smoothing = self.data.batch(self.config.seed, draws.step), self.config.label_smoothing
        decoded_BNE = self.network.decoded(batch.source_BM, batch.target_BN, batch.source_mask)
        real_BN = batch.next_BN != IGNORED
        likely = self.network.logits(decoded_BNE[real_BN]).float().log_softmax(dim=-1)
        right = -likely.gather(1, batch.next_BN[real_BN][:, None]).mean()
        self._values["training_loss"] = right.detach()
        return (1 - smoothing) * right - smoothing * likely.mean() if smoothing > 0 else right

    def _translated(self, network: nn.Module, rows: np.ndarray) -> Generator[None, None, list[str]]:
        """The likeliest translations of the sources at ``rows``, word after word; yields between two steps."""
        assert isinstance(network, TranslationModel)
        marks = Marks(self.tokeniser.begin, self.tokeniser.end, self.tokeniser.never)
        decoder, found = Decoder(network, marks, joined=False), list[str]()
        for first in range(0, len(rows), _ROWS):
            sources = [self.data.source(int(row)).tolist() for row in rows[first : first + _ROWS]]
            work = decoder.decode(sources, GREEDY)
            while True:
                try:
                    next(work)
                except StopIteration as end:
                    found += ["".join(self.tokeniser.written(one.tokens)) for (one,) in end.value]
                    break
                yield None
        return found

    def _texts(self, rows: Sequence[int] | np.ndarray) -> tuple[list[str], list[str]]:
        decode = self.data.data.tokeniser.decode
        sources = [decode(self.data.source(int(row)).tolist()) for row in rows]
        return sources, [decode(self.data.target(int(row)).tolist()) for row in rows]


def rate_factor(config: TranslationConfig, step: int) -> float:
    """The share of the highest learning rate at update number ``step`` (0 is the first).

    Up in a straight line, then down along half a cosine (Loshchilov & Hutter 2016, arXiv:1608.03983), or with the
    inverse root of the step (Vaswani et al. 2017, equation 3), or not at all.
    """
    rise = min(config.warm_up, config.steps // 2) if config.schedule == "cosine" else config.warm_up
    if step < rise:
        return (step + 1) / rise
    if config.schedule == "inverse_root":
        return math.sqrt(max(1, rise) / (step + 1))
    if config.schedule == "constant":
        return 1.0
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (step + 0.5 - rise) / max(1, config.steps - rise))))


def make_task(config: TranslationConfig, data: Pairs, device: torch.device) -> TranslationTask:
    """The task of this family; every family's training module has this function."""
    return TranslationTask(config, data, device)
