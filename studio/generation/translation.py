"""What a trained translation model is asked for: translations, their alternatives, what was looked at.

A model here is a second instance, built on ``meta`` and filled tensor by tensor from a checkpoint. Shapes: L blocks, H
heads, M tokens of a source, N of a translation.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from studio.config.decoding import Decoding
from studio.config.registry import load_config
from studio.config.translation import TranslationConfig
from studio.data.pair_tokenisers import TOKENISER, JointTokeniser, MarianTokeniser, PairTokeniser
from studio.data.tokenisers import FileTokeniser
from studio.generation.models import Exported, read_facts
from studio.generation.translation_decoding import Decoder, Marks, finished
from studio.generation.translation_search import Hypothesis
from studio.generation.translation_words import SearchTree, continues, joined, version
from studio.generation.translations import SeenTranslation, Version, Word
from studio.ground.errors import DamagedError
from studio.models.products import packed, twin
from studio.models.transformer import Attention
from studio.models.translation import TranslationModel, build_translation_model
from studio.models.translation_format import BESIDE, write_folder
from studio.models.weights import open_tensors

FAMILY = "translation"
PARTS = ("average.translator.safetensors", "module.translator.safetensors")
"""Where the weights of a checkpoint are: those that are averaged, where there are some."""
_ROWS = {"cpu": 16, "cuda": 128}  # sentences in one batch
_WORD_TOKENS = 8  # a word that could stand somewhere is written out so far
_SPLIT = re.compile(r"(?<=[.!?…;:,])\s+|\s+")
Work = Generator[tuple[int, int], None, list[tuple[Version, ...]]]


class TranslatorModel:
    """A translation model as a checkpoint holds it.

    Attributes:
        config: the settings of its run. step: when in the run. labels: it knows none.
    """

    labels: Mapping[str, tuple[str, ...]] = {}

    def __init__(self, folder: Path, facts: Mapping[str, Any], device: torch.device) -> None:
        config = load_config(facts["config"])
        if not isinstance(config, TranslationConfig):
            raise DamagedError("The checkpoint {name} holds no settings of a translation model.", name=folder.name)
        about = facts["description"]
        self.config, self.step, self._folder = config, int(facts["step"]), folder
        self.tokeniser, self._pad = tokeniser_of(folder, about)
        self.network = filled(folder, config, (int(about["source_tokens"]), int(about["target_tokens"])), device)
        self._decoders = dict[bool, Decoder]()

    def translate(self, sentences: Sequence[str], decoding: Decoding, *, begins: Sequence[str] = ()) -> Work:
        """Translations of each sentence, the best first; tells on the way how many of how many sentences are done.

        A sentence is translated alike alone and among others. One that is longer than the model has learnt to read is
        translated in parts; one without a word has one translation, the empty one. Of what is sought each text comes
        once, in however many ways it can be cut into tokens.

        Args:
            begins: what the translation of each begins with.
        """
        parts, found = list[tuple[int, list[int], list[int]]](), [list[list[Hypothesis]]() for _ in sentences]
        for number, sentence in enumerate(sentences):
            begin = self.tokeniser.begun(begins[number].rstrip()) if begins and begins[number].strip() else []
            pieces = self._parts(sentence)
            found[number] = [[] for _ in pieces]
            parts += [(number, piece, begin if place == 0 else []) for place, piece in enumerate(pieces)]
        order = sorted(range(len(parts)), key=lambda part: (-len(parts[part][1]), part))
        places = [sum(1 for earlier in parts[:part] if earlier[0] == parts[part][0]) for part in range(len(parts))]
        rows = _ROWS.get(self._device.type, _ROWS["cpu"])
        wanted, decoding = decoding.count, _with_spare(decoding)
        for begin_at in range(0, len(order), rows):
            batch = order[begin_at : begin_at + rows]
            sources = [parts[part][1] for part in batch]
            prefixes = [parts[part][2] for part in batch]
            work = self._decoder(decoding).decode(sources, decoding, prefixes=prefixes, seeds=batch)
            made = yield from _telling(work, begin_at, len(order))
            for part, hypotheses in zip(batch, made, strict=True):
                found[parts[part][0]][places[part]] = hypotheses
        yield len(order), len(order)
        return [self._versions(one, wanted, once=decoding.temperature == 0) for one in found]

    def unknown(self, sentence: str) -> tuple[tuple[int, int], ...]:
        """From where to where in a sentence there are words that the model cannot read."""
        return self.tokeniser.unknown(sentence)

    def next_words(self, sentence: str, begin: str, count: int, *, int8: bool = False) -> tuple[Word, ...]:
        """Words that could stand after ``begin`` in the translation of a sentence, the likeliest first."""
        parts = self._parts(sentence)
        if not parts or count < 1:
            return ()
        source, prefix = parts[0], self.tokeniser.begun(begin.rstrip())
        decoder = self._decoder(Decoding(int8=int8))
        first = Decoding(beam=count, count=count, tokens=len(prefix) + 2, length_penalty=0.0)
        work = decoder.decode([source], first, prefixes=[prefix], traced=True)
        choices = next(step.choices[0] for step in work if step.place == len(prefix) + 1)
        work.close()
        likely = {choice.token: choice.score for choice in choices if choice.token != self.tokeniser.end}
        begins = [[*prefix, token] for token in likely]
        if not begins:
            return ()
        more = Decoding(beam=1, tokens=len(prefix) + 1 + _WORD_TOKENS)
        written = finished(decoder.decode([source] * len(begins), more, prefixes=begins))
        words = dict[str, float]()
        for (hypothesis,), likelihood in zip(written, likely.values(), strict=True):
            pieces = self.tokeniser.written(hypothesis.tokens)[len(prefix) :]
            word, end = pieces[0], 1
            while end < len(pieces) and continues(word, pieces[end]):
                word, end = word + pieces[end], end + 1
            words[word] = words.get(word, 0.0) + joined([word], [likelihood])[0].probability
        ranked = sorted(words.items(), key=lambda one: -one[1])
        return tuple(Word(text, probability) for text, probability in ranked[:count])

    def likelihoods(self, sentence: str, translations: Sequence[str]) -> list[float]:
        """How likely each translation of a sentence is, as logarithms; of a long sentence its first part counts."""
        source = next(iter(self._parts(sentence)), [self.tokeniser.end])
        return [self._likelihood(source, [*self.tokeniser.begun(one), self.tokeniser.end]) for one in translations]

    def _likelihood(self, source: Sequence[int], target: Sequence[int]) -> float:
        device = self._device
        given = torch.tensor([[self.tokeniser.begin, *target[:-1]]], device=device)
        with torch.inference_mode():
            logits_1NV = self.network(torch.tensor([list(source)], device=device), given).float()
        wanted = torch.tensor([list(target)], device=device)
        return float(-torch.nn.functional.cross_entropy(logits_1NV[0], wanted[0], reduction="sum"))

    def look(self, sentence: str, decoding: Decoding, begin: str = "") -> SeenTranslation:
        """How one sentence is translated, of a very long one its first part: the search, and what was looked at."""
        source = next(iter(self._parts(sentence)), [self.tokeniser.end])
        prefix, tree = self.tokeniser.begun(begin.rstrip()) if begin.strip() else [], SearchTree(self.tokeniser)
        work = self._decoder(decoding).decode([source], decoding, prefixes=[prefix], traced=True)
        while True:
            try:
                step = next(work)
            except StopIteration as end:
                best = end.value[0][0] if end.value[0] else Hypothesis((), 0.0, ())
                break
            tree.add(step.place - 1, step.choices[0])
        cross, encoder = attention(self.network, source, [self.tokeniser.begin, *best.tokens])
        shown = self.tokeniser.shown(sentence)[: len(source) - 1]
        target = self.tokeniser.written(best.tokens)
        return SeenTranslation((*shown, ""), (*target, ""), cross, encoder, tuple(tree.nodes))

    def exported(self) -> Exported:
        """The network and how sentences become tokens."""
        facts = {
            "family": FAMILY, "step": self.step, "source_tokens": self.network.source_tokens,
            "target_tokens": self.network.target_tokens, "config": self.config.model_dump(mode="json"),
        }  # fmt: skip
        names = (TOKENISER, *BESIDE)
        files = {name: (self._folder / name).read_bytes() for name in names if (self._folder / name).is_file()}
        return Exported({"translator": self.network.state_dict()}, facts, files)

    def write_huggingface(self, folder: Path) -> None:
        """Write it into the existing ``folder`` as other programs read it. Raises UsageError where none can."""
        marks = {"begin": self.tokeniser.begin, "end": self.tokeniser.end, "pad": self._pad}
        write_folder(folder, self.network, beside=self._folder, **marks)

    @property
    def _device(self) -> torch.device:
        return self.network.source_words.weight.device

    def _decoder(self, decoding: Decoding) -> Decoder:
        """With the wished numbers; those of eight bits are for CPUs alone."""
        small = decoding.int8 and self._device.type == "cpu"
        if small not in self._decoders:
            network = packed(twin(self.network.join()), int8=small)
            assert isinstance(network, TranslationModel)
            marks = Marks(self.tokeniser.begin, self.tokeniser.end, self.tokeniser.never)
            self._decoders[small] = Decoder(network, marks)
        return self._decoders[small]

    def _parts(self, sentence: str) -> list[list[int]]:
        """The tokens of a sentence, in several parts where it is longer than the model reads; [] without any word."""
        if not sentence.strip():
            return []
        tokens = self.tokeniser.read(sentence)
        if len(tokens) <= self.config.context:
            return [tokens]
        halves = _halves(sentence)
        if halves is None:
            return [[*tokens[: self.config.context - 1], self.tokeniser.end]]
        return [part for half in halves for part in self._parts(half)]

    def _versions(self, parts: list[list[Hypothesis]], wanted: int, *, once: bool) -> tuple[Version, ...]:
        if not parts:
            return (Version("", 0.0, ()),)
        told = [[version(one, self.tokeniser) for one in hypotheses] for hypotheses in parts]
        if once:
            told = [different(versions)[:wanted] for versions in told]
        if len(told) == 1:
            return tuple(told[0])
        return tuple(_behind_each_other(rows) for rows in zip(*told, strict=False))


def attention(network: TranslationModel, source: Sequence[int], target: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """How much each token of a translation looks at each of the source, (L, H, N, M) float32, and those of the source
    at each other, (L, H, M, M); rows add up to one."""
    device = network.source_words.weight.device
    own = [part for block in network.encoder.blocks if isinstance(part := block.attention, Attention)]
    cross = network.attentions()
    for part in (*cross, *own):
        part.kept = []
    try:
        with torch.inference_mode():
            network(torch.tensor([list(source)], device=device), torch.tensor([list(target)], device=device))
        found = [torch.cat([weights for part in parts for weights in part.kept or ()]) for parts in (cross, own)]
    finally:
        for part in (*cross, *own):
            part.kept = None
    return found[0].float().cpu().numpy(), found[1].float().cpu().numpy()


def tokeniser_of(folder: Path, about: Mapping[str, Any]) -> tuple[PairTokeniser, int]:
    """The tokeniser of a checkpoint whose description is ``about``, and the token that stands for nothing."""
    sizes = int(about["source_tokens"]), int(about["target_tokens"])
    marks = about.get("marks")
    if marks is not None:
        found = MarianTokeniser(folder, begin=int(marks["begin"]), end=int(marks["end"]), pad=int(marks["pad"]))
        found.must_fit(*sizes)
        return found, int(marks["pad"])
    tokeniser = FileTokeniser.from_file(folder / TOKENISER)
    tokeniser.must_fit(min(sizes))
    joint = JointTokeniser(tokeniser, int(about["end"]), about.get("unread", ()))
    return joint, joint.end


def filled(folder: Path, config: TranslationConfig, tokens: tuple[int, int], device: torch.device) -> TranslationModel:
    """The network of a checkpoint, read tensor by tensor into its place; in eval mode and frozen.

    Raises:
        DamagedError: something is missing, of another shape, or does not belong there.
    """
    with torch.device("meta"):
        model = build_translation_model(config, *tokens)
    model = model.to_empty(device=device)
    path = next((folder / name for name in PARTS if (folder / name).is_file()), folder / PARTS[-1])
    places: Mapping[str, Tensor] = model.state_dict(keep_vars=True)
    with torch.no_grad(), open_tensors(path) as tensors:
        for name in sorted(set(places) ^ set(tensors.shapes)):
            raise DamagedError("In {file}, {name} is missing or does not belong there.", file=path.name, name=name)
        for name, place in places.items():
            if tensors.shapes[name] != tuple(place.shape):
                raise DamagedError("In {file}, {name} has another shape than the model.", file=path.name, name=name)
            place.copy_(tensors.read(name))
    return model.requires_grad_(False).eval()


def load_model(folder: Path, device: torch.device) -> TranslatorModel:
    """The model of a checkpoint of either kind; every family's generation module has this function.

    Raises:
        DamagedError: it is not whole, or not of a translation model.
    """
    facts = read_facts(folder, FAMILY)
    try:
        return TranslatorModel(folder, facts, device)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise DamagedError("The checkpoint {name} lacks what a translation model needs.", name=folder.name) from error


def different(versions: Sequence[Version]) -> list[Version]:
    """Each text once, as it stands first."""
    found: dict[str, Version] = {}
    for one in versions:
        found.setdefault(one.text, one)
    return list(found.values())


def _with_spare(decoding: Decoding) -> Decoding:
    """Where several are sought, all that the search has: some of them may be one text."""
    if decoding.count == 1 or decoding.temperature > 0:
        return decoding
    return decoding.model_copy(update={"count": decoding.beside})


def _telling(
    work: Generator[Any, None, list[list[Hypothesis]]], done: int, total: int
) -> Generator[tuple[int, int], None, list[list[Hypothesis]]]:
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value
        yield done, total


def _halves(sentence: str) -> tuple[str, str] | None:
    """A long text cut near its middle, behind a mark where there is one, else between two words; None within a word."""
    sentence = sentence.strip()
    gaps = list(_SPLIT.finditer(sentence))
    if not gaps:
        return None
    middle = len(sentence) / 2
    marked = [gap for gap in gaps if sentence[gap.start() - 1] in ".!?…;:," and abs(gap.start() - middle) < middle / 2]
    best = min(marked or gaps, key=lambda gap: abs(gap.start() - middle))
    return sentence[: best.start()], sentence[best.end() :]


def _behind_each_other(versions: Sequence[Version]) -> Version:
    words = list(versions[0].words)
    for one in versions[1:]:
        words += [Word(f" {one.words[0].text}", one.words[0].probability), *one.words[1:]] if one.words else []
    text = "".join(word.text for word in words)
    return Version(text, sum(one.score for one in versions) / len(versions), tuple(words))
