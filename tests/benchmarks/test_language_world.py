"""What language models learn of the embedded *World* with a preset, in how long, beside two ways to guess.

``quick`` is asked about facts that it read and was never asked for, in wordings that it did not read; ``balanced`` also
about stories, told in the question itself, of combinations that no story of the data set contains. Figures are those of
the studio's own jobs; replies are written at temperature 0. ``STUDIO_DIAL`` chooses one of the dials.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch

from studio.config.base import Settings
from studio.config.builtin import World
from studio.config.requests import BuiltinRequest, ChatRequest, TrainRequest
from studio.config.texts import Message
from studio.config.writing import Writing
from studio.data.world.chats import chat
from studio.data.world.checking import (
    WorldQuestion,
    commonest,
    fact_questions,
    nearest,
    score,
    story_questions,
    turns_of,
)
from studio.data.world.people import Valley
from studio.ground.events import Ended
from studio.jobs.planning import plan
from studio.jobs.registry import run_job
from studio.jobs.serving import ModelServer
from studio.jobs.steering import CommandQueue
from studio.projects.project import Project

WHAT = World()
GREEDY = Writing(temperature=0, tokens=40)
DIALS = [dial for dial in ("quick", "balanced") if os.environ.get("STUDIO_DIAL", dial) == dial]
Report = Callable[[list[dict[str, Any]]], None]


def finished(request: Settings, project: Path) -> Any:
    """The result of a job, which has to come to its end."""
    *_, ended = run_job(request, project, CommandQueue())
    assert isinstance(ended, Ended) and ended.status == "finished", f"{ended.error} {ended.trace}"
    return ended.result


def trained(project: Path, dial: Any) -> dict[str, Any]:
    """The name of a run with the dial's preset, its steps, and what it cost."""
    config = plan(project, "world", family="language", dial=dial, overrides={})
    began, cpu = time.monotonic(), time.process_time()
    request = TrainRequest(family="language", dataset="world", config=config.model_dump(mode="json"), dial=dial)
    run = finished(request, project)
    cost = {"minutes": (time.monotonic() - began) / 60, "cpu_minutes": (time.process_time() - cpu) / 60}
    return {"run": run["run"], "steps": run["step"], **cost}


def replies(project: Path, run: str, questions: Sequence[WorldQuestion]) -> list[str]:
    """What the run's best model replies to each question, asked alone."""
    server = ModelServer(project)
    found = []
    try:
        for question in questions:
            asked = (Message(role="user", content=question.prompt),)
            *_, ended = server.serve(ChatRequest(run=run, messages=asked, writing=GREEDY), CommandQueue())
            assert isinstance(ended, Ended) and ended.status == "finished", ended
            found.append(ended.result.rows[0].text)  # type: ignore[union-attr]
    finally:
        server.close()
    return found


@pytest.mark.parametrize("dial", DIALS)
def test_the_world_is_learnt(dial: str, tmp_path: Path, report: Report) -> None:
    project, valley = tmp_path / "project", Valley(WHAT.seed)
    with Project.create(project) as made:
        made.datasets.add(finished(BuiltinRequest(what=WHAT, name="world"), project))
    run = trained(project, dial)
    turns = turns_of(chat(valley, index) for index in range(WHAT.count))
    rows = []
    for name, questions in (("facts", fact_questions(valley)), ("stories", story_questions(valley))):
        said = replies(project, run["run"], questions)
        guesses = {"commonest": commonest(questions, turns), "nearest": nearest(questions, turns)}
        scores = {guess: score(questions, given) for guess, given in guesses.items()}
        rows.append({"questions": name, "score": score(questions, said), **scores})
    report([{"dial": dial, **row, "threads": torch.get_num_threads(), **run} for row in rows])
    for row in rows:
        assert row["commonest"] < 0.15 and row["nearest"] < 0.30
    facts, stories = (row["score"] for row in rows)
    assert facts >= 0.9 if dial == "quick" else stories >= 0.9
