"""What the gallery shows and what it says of a creation; knows no widget."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import QCoreApplication, QLocale

from studio.config.denoising import Denoising
from studio.config.requests import Drawn, EditRequest, GenerateRequest
from studio.ground.errors import DamagedError
from studio.projects.gallery import Creation, Filter, Order
from studio.ui.pages.runs_rows import family_title
from studio.ui.panels.recipe_words import begin_words, latent_words
from studio.ui.panels.sampler_words import sampler_words
from studio.ui.text import bytes_text, count_text, number_text


@dataclass(frozen=True, slots=True)
class Wish:
    """Which creations in which order. Empty ``run`` and ``kind`` mean any."""

    words: str = ""
    run: str = ""
    kind: str = ""
    starred: bool = False
    oldest: bool = False

    def filter(self) -> Filter:
        """As the gallery understands it."""
        starred = True if self.starred else None
        return Filter(self.words, run=self.run or None, kind=self.kind or None, starred=starred)

    @property
    def order(self) -> Order:
        """By time."""
        return "oldest" if self.oldest else "newest"

    @property
    def narrows(self) -> bool:
        """Whether anything is left out."""
        return bool(self.words.strip() or self.run or self.kind or self.starred)

    def to_json(self) -> dict[str, Any]:
        """Plain data for the project's state."""
        return {
            "words": self.words,
            "run": self.run,
            "kind": self.kind,
            "starred": self.starred,
            "oldest": self.oldest,
        }

    @classmethod
    def from_json(cls, data: object) -> Wish:
        """The inverse of :meth:`to_json`; whatever is odd is left out."""
        wish = cls()
        for name, value in data.items() if isinstance(data, Mapping) else ():
            if name in cls.__slots__ and type(value) is type(getattr(wish, name)):
                wish = replace(wish, **{name: value})
        return wish


def request_of(creation: Creation) -> GenerateRequest | EditRequest | None:
    """The request that makes it again; None where it holds none that this version understands."""
    for kind in (GenerateRequest, EditRequest):
        try:
            return kind.model_validate(creation.request)
        except (ValidationError, DamagedError, RecursionError):
            continue
    return None


def certificate_of(creation: Creation) -> dict[str, Any]:
    """What its file says of its making, for panels that recall it. Raises DamagedError where it says nothing."""
    about = {"run": creation.run, "family": creation.family, "kind": creation.kind, "note": creation.note}
    return about | {"created": creation.created, "request": creation.request}


def facts_of(creation: Creation) -> list[tuple[str, str]]:
    """How it was made, as lines of label and words."""
    facts = [(_tr("Model"), family_title(creation.family))]
    request = request_of(creation)
    if request is not None:
        facts.append((_tr("Checkpoint"), checkpoint_words(request.checkpoint)))
        facts += _edit_facts(request) if isinstance(request, EditRequest) else _recipe_facts(request)
    size = f"{creation.width} × {creation.height} · {bytes_text(creation.bytes)}"
    return [*facts, (_tr("Size"), size), (_tr("Kept"), moment_words(creation.created))]


def _edit_facts(request: EditRequest) -> list[tuple[str, str]]:
    editing = request.editing
    way = _tr("B → A") if editing.direction == "b2a" else _tr("A → B")
    facts = [(_tr("Direction"), way), (_tr("Strength"), _tr("{0} %").format(round(100 * editing.strength)))]
    return facts if request.source is None else [*facts, (_tr("Made of"), str(request.source))]


def _recipe_facts(request: GenerateRequest) -> list[tuple[str, str]]:
    if len(request.recipes) != 1:
        return [(_tr("Pictures"), count_text(len(request.recipes)))]
    recipe = request.recipes[0]
    latent, facts = recipe.latent, _words_facts(recipe.denoising)
    if isinstance(latent, Drawn):
        facts += [(_tr("Seed"), f"{latent.seed}"), (_tr("Number"), count_text(latent.index + 1))]
    else:
        facts.append((_tr("Latent"), latent_words(latent)))
    facts += [(_label(name), value) for name, value in recipe.labels.items()]
    if recipe.truncation != 1:
        facts.append((_tr("Truncation"), number_text(recipe.truncation, 3)))
    for name, strength in recipe.directions.items():
        facts.append((_tr("Towards {0}").format(name.replace("=", " ")), f"{strength:+.2g}".replace("-", "−")))
    return facts + _way_facts(recipe.denoising)


def _words_facts(way: Denoising | None) -> list[tuple[str, str]]:
    """What the picture was to show, and what not."""
    if way is None:
        return []
    told = [(_tr("Prompt"), way.prompt), (_tr("Towards"), way.other_prompt), (_tr("Not"), way.negative)]
    return [(label, words) for label, words in told if words]


def _way_facts(way: Denoising | None) -> list[tuple[str, str]]:
    """How its noise was taken away."""
    if way is None:
        return []
    begin = [(_tr("Begins with"), begin_words(way.begin))] if way.begin is not None else []
    steps = _tr("{0}, {1} steps").format(sampler_words(way.sampler), way.sampler_steps)
    return [*begin, (_tr("Guidance"), number_text(way.guidance, 3)), (_tr("Sampler"), steps)]


def _label(name: str) -> str:
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def checkpoint_words(checkpoint: str) -> str:
    """“step 4 200”, “best”, “last”."""
    return _tr("step {0}").format(count_text(int(checkpoint))) if checkpoint.isdigit() else checkpoint


def moment_words(moment: float) -> str:
    """A date and a time in full."""
    then = time.localtime(moment)
    month = QLocale().standaloneMonthName(then.tm_mon, QLocale.FormatType.LongFormat)
    return f"{then.tm_mday} {month} {then.tm_year}, {time.strftime('%H:%M', then)}"


def tip_of(creation: Creation) -> str:
    """What the pointer reads over a small picture."""
    lines = [creation.note, creation.run]
    lines += [", ".join(f"{label} {words}" for label, words in facts_of(creation)[1:-2])]
    return "\n".join(line for line in [*lines, moment_words(creation.created)] if line)


def kind_words(kind: str) -> str:
    """A kind of creations in the plural."""
    words = {"picture": _tr("Pictures"), "sample": _tr("Samples"), "sheet": _tr("Sheets"), "film": _tr("Films")}
    return words.get(kind, _label(kind))


def file_name(creation: Creation) -> str:
    """A name for its file outside the project."""
    return f"{creation.run or creation.kind}-{creation.id:05d}.png"


def common(values: Sequence[bool]) -> bool:
    """Whether all are true; False for none."""
    return bool(values) and all(values)


def _tr(words: str) -> str:
    return QCoreApplication.translate("Gallery", words)
