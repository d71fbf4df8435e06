"""What a trained language model is asked for: replies, continuations, how it reads a text.

A model here is a second instance, built on ``meta`` and filled tensor by tensor from a checkpoint. Shapes: N tokens.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from studio.config.language import LanguageConfig, LoraTuning
from studio.config.registry import load_config
from studio.config.texts import Message
from studio.config.writing import Writing
from studio.data.chat_templates import SETTINGS, TEMPLATE, read_template
from studio.data.texts import chat_format
from studio.data.tokenisers import FileTokeniser
from studio.generation.language_prompts import Conversations, trimmed_text
from studio.generation.language_reading import reading
from studio.generation.language_texts import TextWriter
from studio.generation.language_writing import Writer
from studio.generation.models import Exported, read_facts
from studio.generation.replies import Prompt, ReadText, WrittenToken
from studio.ground.errors import DamagedError
from studio.models.language import LanguageModel, build_language_model
from studio.models.language_format import BESIDE, TOKENISER, write_folder
from studio.models.lora import add_lora, additions_of, merge_lora
from studio.models.products import twin
from studio.models.weights import open_tensors

PARTS = ("average.decoder.safetensors", "module.decoder.safetensors")
"""Where the weights of a checkpoint are: those that are averaged, where there are some."""


class WritingLanguageModel:
    """A language model as a checkpoint holds it.

    Attributes:
        config: the settings of its run. step: when in the run. labels: it knows none. context: tokens that it reads.
        converses: whether it has learnt how conversations are written.
    """

    labels: Mapping[str, tuple[str, ...]] = {}

    def __init__(self, folder: Path, facts: Mapping[str, Any], device: torch.device) -> None:
        config = load_config(facts["config"])
        if not isinstance(config, LanguageConfig):
            raise DamagedError("The checkpoint {name} holds no settings of a language model.", name=folder.name)
        description = facts["description"]
        self.config, self.step, self.context, self._folder = config, int(facts["step"]), config.context, folder
        self.ends = tuple(int(token) for token in description.get("ends", ()))
        network, self._additions = filled(folder, config, int(description["tokens"]), device)
        self.tokeniser = FileTokeniser.from_file(folder / TOKENISER)
        self._writer = TextWriter(Writer(network, self.ends), self.tokeniser)
        self._writers = {False: self._writer}
        template, own = read_template(folder), bool(description.get("conversations", False))
        self._conversations = Conversations(self.tokeniser, template) if template is not None or own else None
        self._marks = bool(description.get("marks", False))

    @property
    def converses(self) -> bool:
        """Whether it has learnt how conversations are written; others continue their texts."""
        return self._conversations is not None

    @property
    def network(self) -> LanguageModel:
        """The network, which nobody else has."""
        return self._writers[False].writer.model

    @property
    def reused(self) -> int:
        """Tokens of the last prompt that had not to be read again."""
        return self._writer.writer.reused

    def conversation(self, messages: Sequence[Message], start: str = "", tokens: int = 1) -> Prompt:
        """A conversation up to the next reply, which begins with ``start`` and has room for ``tokens`` or a quarter of
        the context. Of one that is too long the oldest turns are left out, never the system text.

        Raises:
            UsageError: there is nothing to reply to, or the model's template refuses it.
        """
        most = self._most(tokens)
        if self._conversations is None:
            whole = "\n\n".join(message.content for message in messages)
            return trimmed_text(self.tokeniser, whole + (f"\n\n{start}" if start else ""), most, marks=self._marks)
        return self._conversations.prompt(messages, start, most)

    def text(self, text: str, tokens: int = 1) -> Prompt:
        """A plain text to be continued, of a long one the end."""
        return trimmed_text(self.tokeniser, text, self._most(tokens), marks=self._marks)

    def write(self, prompt: Prompt, writing: Writing) -> Iterator[tuple[WrittenToken, ...]]:
        """What ``writing.count`` rows say, token by token; nothing (an empty tuple) from time to time while it reads.

        Raises:
            UsageError: the prompt is empty.
        """
        self._writer = self._with_numbers(int8=writing.int8)
        return self._writer.continued([prompt.tokens], writing)

    def read(
        self, prompt: Prompt, *, alternatives: int, attention: bool, logits_after: int | None = None
    ) -> Iterator[tuple[int, int] | ReadText]:
        """How it reads a text: how many of how many tokens so far, at last what was found.

        Raises:
            UsageError: the text is too long for what is asked.
        """
        return reading(
            self.network, self.tokeniser, prompt.tokens, self.step, alternatives, attention=attention,
            logits_after=logits_after,
        )  # fmt: skip

    def read_whole(self, text: str, messages: Sequence[Message]) -> Prompt:
        """A text or a conversation as it stands, to be looked at."""
        if messages and self._conversations is not None:
            return self._conversations.whole(messages, self.context)
        whole = text or "\n\n".join(message.content for message in messages)
        return trimmed_text(self.tokeniser, whole, self.context, marks=self._marks)

    def exported(self) -> Exported:
        """The network, and apart what was added to it; how texts become tokens, and where texts end."""
        facts = {
            "family": self.config.family, "step": self.step, "tokens": self.network.tokens, "ends": list(self.ends),
            "config": self.config.model_dump(mode="json"),
        }  # fmt: skip
        files = {name: (self._folder / name).read_bytes() for name in BESIDE if (self._folder / name).is_file()}
        tensors = {"decoder": self.network.state_dict()} | ({"additions": self._additions} if self._additions else {})
        return Exported(tensors, facts, files)

    def write_huggingface(self, folder: Path) -> None:
        """Write it into the existing ``folder`` as other programs read it. Raises as ``write_folder``."""
        write_folder(folder, self.network, beside=self._folder, ends=self.ends)
        if not (folder / SETTINGS).is_file():
            (folder / SETTINGS).write_text(json.dumps(self._tokeniser_settings(), indent=2) + "\n", encoding="utf-8")
        if self.converses and read_template(folder) is None:
            (folder / TEMPLATE).write_text(chat_format.TEMPLATE, encoding="utf-8")

    def _tokeniser_settings(self) -> dict[str, Any]:
        """What transformers asks of a tokeniser besides its file."""
        found: dict[str, Any] = {
            "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": self.context,
            "clean_up_tokenization_spaces": False,
        }  # fmt: skip
        marks = {"eos_token": self.ends[0] if self.ends else None, "pad_token": self.tokeniser.mark(chat_format.PAD)}
        return found | {name: self.tokeniser.shown(mark) for name, mark in marks.items() if mark is not None}

    def _with_numbers(self, *, int8: bool) -> TextWriter:
        """What writes with the wished numbers; those of eight bits are for CPUs alone."""
        if int8 not in self._writers and next(self.network.parameters()).device.type == "cpu":
            small = twin(self.network)
            assert isinstance(small, LanguageModel)
            self._writers[int8] = TextWriter(Writer(small, self.ends, int8=int8), self.tokeniser)
        return self._writers.get(int8, self._writers[False])

    def _most(self, tokens: int) -> int:
        """How long a prompt may be so that the answer has room."""
        return self.context - min(tokens, max(1, self.context // 4)) + 1


def filled(
    folder: Path, config: LanguageConfig, tokens: int, device: torch.device
) -> tuple[LanguageModel, dict[str, Tensor]]:
    """The network of a checkpoint, read tensor by tensor into its place, with additions merged, in eval mode; and the
    additions (none where all of it learnt), which are a few megabytes.

    Raises:
        DamagedError: something is missing, of another shape, or does not belong there.
    """
    with torch.device("meta"):
        model = tuned(build_language_model(config, tokens), config)
    model = model.to_empty(device=device)
    path = next((folder / name for name in PARTS if (folder / name).is_file()), folder / PARTS[-1])
    places = model.state_dict(keep_vars=True)
    with torch.no_grad(), open_tensors(path) as tensors:
        for name in sorted(set(places) ^ set(tensors.shapes)):
            raise DamagedError("In {file}, {name} is missing or does not belong there.", file=path.name, name=name)
        for name, place in places.items():
            if tensors.shapes[name] != tuple(place.shape):
                raise DamagedError("In {file}, {name} has another shape than the model.", file=path.name, name=name)
            place.copy_(tensors.read(name))
    additions = additions_of(model)
    merge_lora(model)
    return model.requires_grad_(False).eval(), additions


def tuned(model: LanguageModel, config: LanguageConfig) -> LanguageModel:
    """The network with places for what is tuned."""
    if isinstance(config.tuning, LoraTuning):
        tuning = config.tuning
        add_lora(model.stack, rank=tuning.rank, scale=tuning.scale, targets=tuning.targets)
        model.requires_grad_(False)
        for name, parameter in model.named_parameters():
            parameter.requires_grad_(name.endswith((".added_down", ".added_up")))
    return model


def load_model(folder: Path, device: torch.device) -> WritingLanguageModel:
    """The model of a checkpoint of either kind; every family's generation module has this function.

    Raises:
        DamagedError: it is not whole, or not of a language model.
    """
    facts = read_facts(folder, "language")
    try:
        return WritingLanguageModel(folder, facts, device)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise DamagedError("The checkpoint {name} lacks what a language model needs.", name=folder.name) from error
