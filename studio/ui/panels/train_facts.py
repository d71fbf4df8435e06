"""What the session knows of a panel's run and data, gathered for `train_view`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from studio.config.facts import Facts
from studio.config.registry import must_learn_from
from studio.ground.errors import Text, UsageError
from studio.projects.datasets import DataSetRecord
from studio.projects.run import RunInfo
from studio.ui.panels.description import FamilyDescription
from studio.ui.panels.train_view import RunFacts, TrainFacts
from studio.ui.view_state import LIVE_STATES

if TYPE_CHECKING:
    from studio.ui.session import Session

_BATCH = re.compile(r"with a batch of (\d+)")


def gather(session: Session, about: FamilyDescription) -> TrainFacts:
    """The facts as they are now."""
    family = about.family
    chosen = session.selection(family)
    data = session.facts_for(family, chosen.dataset)
    info, training = session.lists.run(chosen.run), session.training
    record = session.lists.dataset(chosen.dataset)
    return TrainFacts(
        project=session.project is not None,
        read_only=session.project is not None and not session.can_write,
        datasets=len(session.lists.datasets_for(family)),
        dataset=chosen.dataset,
        dataset_fits=record is None or record.count > 0,
        data_words=about.data_words,
        why_not_data=_why_not(about, record, data),
        run=run_facts(session, info, about.use) if info is not None else None,
        starting=training is not None and not training.name and training.family == family,
        others_train=training is not None,
    )


def _why_not(about: FamilyDescription, record: DataSetRecord | None, data: Facts | None) -> Text | None:
    """Why a family cannot learn from a data set: its kind, or what is in it."""
    if record is None or not record.count:
        return None
    if data is not None:
        return about.refuses(data)
    try:
        must_learn_from(about.family, record.kind, record.name)
    except UsageError as error:
        return error.text
    return None


def run_facts(session: Session, info: RunInfo, use: Text) -> RunFacts:
    """A run as its status says; one that this window has just taken up again counts as running."""
    status, own = info.status, session.is_own(info.name)
    state: str = status.state
    if own and state not in LIVE_STATES:
        state = "running"
    return RunFacts(
        name=info.name,
        state=state,
        step=status.step,
        total=status.total or 0,
        live=own or info.live,
        own=own,
        use=use,
        damage=info.damage,
        error=status.error,
        smaller_batch=smaller_batch(status.error) if state == "failed" else 0,
        dataset_there=session.lists.dataset(info.dataset) is not None,
    )


def smaller_batch(error: str) -> int:
    """The batch that fits, where a failure for lack of memory names one; else 0."""
    named = _BATCH.search(error)
    return int(named[1]) if named is not None else 0
