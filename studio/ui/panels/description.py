"""What the tabs that all families share need to know of one family: its stage, its curves, its words."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from studio.config.facts import Facts
from studio.config.registry import capabilities
from studio.ground.errors import Text, text
from studio.ui.panels.column_block import MakeBlock
from studio.ui.panels.stage import PictureStage, Stage
from studio.ui.panels.train_view import PICTURES, DataWords

_CONTEXT = "Families"


def mark(words: str) -> str:
    """Mark a constant of a description for translation; `said` looks it up."""
    return str(QT_TRANSLATE_NOOP("Families", words))


def said(words: str) -> str:
    """A constant of a description in the user's language."""
    return QCoreApplication.translate(_CONTEXT, words) if words else ""


@dataclass(frozen=True, slots=True)
class Line:
    """One curve: the name of its metric, words for the legend, a colour of the theme's table, a sentence about it.

    Not ``smoothed`` is what is measured on many items at once and must be read as it is.
    """

    metric: str
    name: str
    colour: str
    tip: str = ""
    smoothed: bool = True


@dataclass(frozen=True, slots=True)
class CurveGroup:
    """The curves that stand in one plot. ``log``: its values are first shown on a logarithmic axis; ``dots``: they are
    few, each with an error of its own; ``prefix``: it shows every metric of a run whose name begins so; ``some``: of
    its lines those alone that the run has, for runs differ in them."""

    key: str
    title: str
    lines: tuple[Line, ...]
    log: bool = False
    dots: bool = False
    prefix: str = ""
    some: bool = False

    def of(self, metrics: Iterable[str]) -> CurveGroup:
        """The group with a line for each of these metrics that it means, where that depends on the run."""
        if self.some:
            known = set(metrics)
            present = tuple(line for line in self.lines if line.metric in known)
            return replace(self, lines=present) if present else self
        if not self.prefix:
            return self
        found = [name for name in metrics if name.startswith(self.prefix)]
        lines = (
            Line(name, name.removeprefix(self.prefix), f"series:{at}", smoothed=False) for at, name in enumerate(found)
        )
        return replace(self, lines=tuple(lines))

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of its metrics."""
        return tuple(line.metric for line in self.lines)


_CREATE = text("Create with it")


def _has_values(label: str, values: tuple[str, ...]) -> bool:
    return len(values) >= 2


def _takes_all(data: Facts) -> Text | None:
    return None


def _all_fit(overrides: Mapping[str, Any], data: Facts) -> Mapping[str, Any]:
    return overrides


@dataclass(frozen=True)
class FamilyDescription:
    """See the module. ``shown`` are the groups of the plots from the left; wider windows show more of them.

    ``items`` are what a step learns from, ``counted`` what a data set consists of where that is something else.
    ``stage`` makes what stands above the curves; ``samples`` is its title and ``constant`` says what stays the same
    from step to step. ``use``: what is done with a trained one. ``suits`` says of a label and its values whether it can
    be learned; ``refuses`` why nothing can be learned from some data; ``data_words``: what it says of data that are
    missing. ``block`` makes what its column has above the form; ``fitting`` leaves out of what the user has set
    whatever does not fit the chosen data. ``remedies``: words for the actions of notices; which setting each changes
    says ``config.<family>.remedy``.
    ``reasons``: what “Why?” explains for a notice, by its code.
    """

    family: str
    items: str
    groups: tuple[CurveGroup, ...]
    shown: tuple[str, ...]
    stage: Callable[[], Stage] = PictureStage
    counted: str = ""
    samples: str = mark("Samples")
    constant: str = mark("same seeds at every step")
    use: Text = _CREATE
    data_words: DataWords = PICTURES
    suits: Callable[[str, tuple[str, ...]], bool] = _has_values
    refuses: Callable[[Any], Text | None] = _takes_all
    block: MakeBlock | None = None
    fitting: Callable[[Mapping[str, Any], Any], Mapping[str, Any]] = _all_fit
    remedies: Mapping[str, str] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def makes_pictures(self) -> bool:
        """Whether its samples are pictures of its own, which can be kept and filmed."""
        return "pictures" in capabilities(self.family)

    def group(self, key: str) -> CurveGroup:
        """The group of that key; the first where there is none."""
        return next((group for group in self.groups if group.key == key), self.groups[0])


def description_of(family: str) -> FamilyDescription | None:
    """How the panel of a family speaks of it; None for one that this version does not have."""
    name = f"studio.ui.panels.{family}_words"
    if not family.isidentifier() or importlib.util.find_spec(name) is None:
        return None
    return next((v for v in vars(importlib.import_module(name)).values() if isinstance(v, FamilyDescription)), None)
