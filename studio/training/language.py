"""The language family's part of training: one decoder that learns to say what comes next, and what it writes meanwhile.

Shapes: B rows, N places, E numbers a place, V different tokens, T places that count.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from studio.config.language import LanguageConfig
from studio.config.training import TrainingSettings
from studio.config.writing import Writing
from studio.data.chat_templates import TEMPLATE
from studio.data.texts.encoding import ends_of
from studio.generation.language import tuned
from studio.generation.language_texts import TextWriter
from studio.generation.language_writing import Writer
from studio.ground.errors import Text, UsageError, text
from studio.ground.events import Notice
from studio.models.language import LanguageModel, build_language_model
from studio.models.language_format import TOKENISER
from studio.models.seeding import process_generator
from studio.models.weights import Table
from studio.training import language_transfer
from studio.training.language_data import Beginning, LanguageData, Rows, Texts
from studio.training.language_diagnosis import LanguageDiagnosis
from studio.training.language_optimiser import make_optimiser
from studio.training.rng import Draws
from studio.training.task import Phase, Verdict

NAME = "decoder"
METRICS = (
    "training_loss", "learning_rate", "decoder_gradient", "validation_loss", "perplexity", "bits_per_byte",
)  # fmt: skip
SAMPLED = Writing(temperature=0.8, top_p=0.95)
_MEASURED_SHARE = 0.1  # of the tokens between two validations, at which it is measured
_LEAST_MEASURED, _MOST_MEASURED = 8192, 1 << 17
_NO_LOSS = 1e9  # higher than any; files hold finite numbers only
_LARGEST_LOGITS = 1 << 25  # numbers that are held at once
_HIGHEST = 1e4  # perplexity


class LanguageTask:
    """A Transformer that learns to continue texts; see ``studio.training.task.Task`` for what the trainer asks."""

    family = "language"
    metric_names = METRICS
    rhythm = 1

    def __init__(self, config: LanguageConfig, data: Texts, device: torch.device) -> None:
        self.config, self.device = config, device
        self.data = LanguageData(data, config.context, answers_only=config.answers_only)
        self._digest = hashlib.sha256(data.tokeniser_text.encode()).hexdigest()
        self.tokens = vocabulary(config, data)
        with process_generator(config.seed, "weights"):
            self.decoder: LanguageModel = self._build().to(device)
        self.decoder.stack.recompute = config.recompute
        self.modules: dict[str, nn.Module] = {NAME: self.decoder}
        self.averaged = (NAME,) if config.ema_half_life else ()
        self.optimisers = {NAME: make_optimiser(self.decoder, config)}
        self.items_per_step = config.batch * config.context
        self.validate_every = config.validate_every
        self.diagnosis = LanguageDiagnosis()
        self._values: dict[str, Tensor] = {}
        self._beginnings: list[Beginning] | None = None
        self._notes: dict[str, Any] = {}
        self._made: dict[int, Tensor] = {}
        self._best = torch.tensor([_NO_LOSS, 0.0], dtype=torch.float64)  # the lowest, and validations since

    # --- what the trainer asks ---------------------------------------------------------------------------------

    def blank(self, name: str) -> nn.Module:
        """The decoder anew, on ``meta``."""
        with torch.device("meta"):
            return self._build()

    def follow(self, config: TrainingSettings) -> None:
        """Take over the highest learning rate; the schedule goes on from it."""
        assert isinstance(config, LanguageConfig)
        self.config = config

    def phases(self, draws: Draws) -> Iterator[Phase]:
        """The one phase of a step, at the step's learning rate."""
        rate = self.config.learning_rate * rate_factor(self.config, draws.step)
        for group in self.optimisers[NAME].param_groups:
            group["lr"] = rate * (self.config.matrix_rate if group["orthogonal"] else 1.0)
        self._values = {"learning_rate": torch.tensor(rate)}
        self.decoder.train()
        self._made.clear()
        rounds = self._rounds(draws.step)
        first, *others = rounds
        yield Phase(NAME, first[0], beside=first[1:], later=tuple(others))
        self._values["training_loss"] = torch.stack([self._made[number] for number in sorted(self._made)]).mean()

    def values(self) -> Mapping[str, Tensor]:
        """The loss on the batch, in nats a token, and the learning rate."""
        return self._values

    def samples(self, averages: Mapping[str, nn.Module]) -> Iterator[np.ndarray]:
        """Texts that go on from the same beginnings; they are told by :meth:`sample_notes`."""
        model, config = self._asked(averages), self.config
        if self._beginnings is None:
            most = max(1, config.context - max(1, min(config.sample_tokens, config.context // 4)))
            self._beginnings = self.data.beginnings(config.sample_count, most)
        writer = TextWriter(Writer(model, self._ends(), joined=False), self.data.data.tokeniser)
        words = [""] * len(self._beginnings)
        none = np.zeros((0, 1, 1, 3), np.uint8)
        if self._beginnings:
            writing = SAMPLED.model_copy(update={"tokens": config.sample_tokens, "seed": config.seed})
            for step in writer.continued([beginning.tokens for beginning in self._beginnings], writing):
                for one in step:
                    words[one.row] += one.text
                    if one.ending:
                        yield none
        self._notes = {
            "texts": [
                {"prompt": beginning.shown, "text": written, "reference": beginning.reference}
                for beginning, written in zip(self._beginnings, words, strict=True)
            ],
            "kind": self.data.data.kind,
        }
        yield none

    def sample_notes(self) -> Mapping[str, Any]:
        """Of each sample what it went on from, what it wrote, what really follows there; ``kind`` is the data's."""
        return self._notes

    def sample_values(self, pictures: np.ndarray) -> dict[str, float]:
        """Texts tell no number."""
        return {}

    def measure(self, averages: Mapping[str, nn.Module]) -> Iterator[dict[str, float] | None]:
        """Loss in nats a token on the validation part, its perplexity, and bits for each byte of text."""
        model = self._asked(averages)
        total, counted, read = 0.0, 0, 0
        for rows in self.data.measured(measured_tokens(self.config)):
            count = int(rows.learnt.sum())
            if count:
                with torch.no_grad():
                    total += float(self._summed(model, rows.to(self.device)))
                counted, read = counted + count, read + self.data.bytes_of(rows)
            yield None
        loss = total / max(1, counted)
        found = {"validation_loss": loss, "perplexity": min(_HIGHEST, math.exp(min(loss, 50.0)))}
        yield found | ({"bits_per_byte": total / math.log(2) / read} if read else {})

    def verdict(self, values: Mapping[str, float]) -> Verdict:
        """Keep what has the lowest validation loss; enough when ``patience`` validations brought none lower."""
        loss, (best, waited) = values.get("validation_loss", _NO_LOSS), self._best.tolist()
        if loss < best:
            self._best.copy_(torch.tensor([loss, 0.0]))
            return Verdict(keep=True)
        self._best[1] = waited + 1
        if not 0 < self.config.patience <= waited + 1:
            return Verdict()
        self._best[1] = 0.0
        return Verdict(enough=text("{count} validations brought no lower loss.", count=self.config.patience))

    def remarks(self, step: int, values: Mapping[str, float]) -> list[Notice]:
        """That it learns the texts by heart."""
        return self.diagnosis.observe(step, values)

    def extra_state(self) -> dict[str, Tensor]:
        """The best loss so far, and the validations since."""
        return {"best": self._best}

    def load_extra_state(self, tensors: Mapping[str, Tensor]) -> None:
        """The inverse of :meth:`extra_state`."""
        self._best.copy_(tensors["best"])

    def description(self) -> dict[str, Any]:
        """How many tokens there are, by which tokeniser, where texts end, whether it learns conversations."""
        return {
            "tokens": self.tokens, "ends": list(self._ends()), "tokeniser": self._digest,
            "conversations": self.data.data.kind == "chat",
        }  # fmt: skip

    def files(self) -> Mapping[str, bytes]:
        """What turns texts into tokens, and conversations into texts where that is another model's way."""
        data = self.data.data
        found = {TOKENISER: data.tokeniser_text.encode()}
        return found | ({TEMPLATE: data.template.encode()} if data.template else {})

    # --- weights of another run --------------------------------------------------------------------------------

    def table_there(self, module: str, table: Table, facts: Mapping[str, Any]) -> Table:
        """With or without additions, of another length."""
        return language_transfer.table_there(facts, self._digest)

    def fitted(self, module: str, tensors: Mapping[str, Tensor], facts: Mapping[str, Any]) -> Mapping[str, Tensor]:
        """Additions there become part of the weights; those here begin anew."""
        return language_transfer.fitted(tensors, self.decoder.state_dict(), facts)

    def new_here(self, facts: Mapping[str, Any]) -> Text | None:
        """Nothing that needs to be said."""
        return None

    # --- one step ----------------------------------------------------------------------------------------------

    def _build(self) -> LanguageModel:
        return tuned(build_language_model(self.config, self.tokens), self.config)

    def _rounds(self, step: int) -> list[tuple[Callable[[], Tensor], ...]]:
        """What each share of each part of the batch is to descend."""
        config = self.config
        rows = self.data.batch(config.seed, step, config.batch)
        total = max(1, int(rows.learnt.sum()))
        parts = next(n for n in range(min(config.accumulate, config.batch), 0, -1) if config.batch % n == 0)
        part = config.batch // parts
        shares = config.shares if config.dropout == 0 and part % config.shares == 0 else 1
        turns = torch.arange(config.batch).view(parts, part // shares, shares)
        pieces, every = list[tuple[Callable[[], Tensor], ...]](), parts * shares
        for number, round_rows in enumerate(turns):
            each = [rows.of(round_rows[:, share]) if every > 1 else rows for share in range(shares)]
            pieces.append(
                tuple(
                    partial(self._loss, number * shares + share, some.to(self.device), every / total)
                    for share, some in enumerate(each)
                )
            )
        return pieces

    def _loss(self, number: int, rows: Rows, weight: float) -> Tensor:
        """The loss of one piece, so that the mean over pieces is the mean over all places that count."""
        loss = self._summed(self.decoder, rows) * weight
        self._made[number] = loss.detach()
        return loss

    def _summed(self, model: LanguageModel, rows: Rows) -> Tensor:
        """The sum of - log p(next token) over the places that count."""
        x_BNE = model.states(rows.tokens, rows.mask(), places_BN=rows.places)
        x_TE, next_T = x_BNE.flatten(0, 1), rows.next.flatten()
        if not bool(rows.learnt.all()):  # known on the host, so that no device is waited for
            counted = rows.learnt.flatten().nonzero()[:, 0].to(x_TE.device, non_blocking=True)
            x_TE, next_T = x_TE.index_select(0, counted), next_T.index_select(0, counted)
        at_once = max(1, _LARGEST_LOGITS // self.tokens)
        if len(next_T) <= at_once:
            return _cross_entropy(model, x_TE, next_T)
        pieces = zip(x_TE.split(at_once), next_T.split(at_once), strict=True)
        found = [checkpoint(_cross_entropy, model, x, y, use_reentrant=False) for x, y in pieces]
        return torch.stack(found).sum()

    # --- what is shown -----------------------------------------------------------------------------------------

    def _asked(self, averages: Mapping[str, nn.Module]) -> LanguageModel:
        """The averaged decoder, else the one that learns, which the next step puts back to learning."""
        model = averages.get(NAME, self.decoder)
        assert isinstance(model, LanguageModel)
        return model.eval()

    def _ends(self) -> tuple[int, ...]:
        return ends_of(self.data.data.tokeniser)


def vocabulary(config: LanguageConfig, data: Texts) -> int:
    """How many different tokens the network knows. Raises UsageError where the tokeniser has more than it should."""
    bound = data.tokeniser.bound
    if config.vocabulary and config.vocabulary < bound:
        raise UsageError(
            "The tokeniser has {bound} tokens and vocabulary is {count}; set vocabulary to 0.",
            bound=bound, count=config.vocabulary,
        )  # fmt: skip
    return config.vocabulary or bound


def measured_tokens(config: LanguageConfig) -> int:
    """Places at which it is measured: so many that measuring takes a few per cent of the time."""
    between = config.validate_every * config.batch * config.context
    return int(min(_MOST_MEASURED, max(_LEAST_MEASURED, _MEASURED_SHARE * between)))


def rate_factor(config: LanguageConfig, step: int) -> float:
    """The share of the highest learning rate at update number ``step`` (0 is the first): up in a straight line, then
    it stays, or goes down along half a cosine (Loshchilov & Hutter 2016, arXiv:1608.03983)."""
    rise = config.warm_up if config.schedule == "constant" else min(config.warm_up, config.steps - 1)
    if step < rise:
        return (step + 1) / (rise + 1)
    if config.schedule == "constant":
        return 1.0
    done = min(1.0, (step - rise) / max(1, config.steps - rise))
    return config.final_rate + (1 - config.final_rate) * 0.5 * (1 + math.cos(math.pi * done))


def _cross_entropy(model: LanguageModel, x_TE: Tensor, next_T: Tensor) -> Tensor:
    return F.cross_entropy(model.logits(x_TE).float(), next_T, reduction="sum")


def make_task(config: LanguageConfig, data: Texts, device: torch.device) -> LanguageTask:
    """The task of this family; every family's training module has this function."""
    return LanguageTask(config, data, device)
