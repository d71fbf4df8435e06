"""Events and commands in their plain form."""

import json

import numpy as np
import pytest

from studio.ground import events
from studio.ground.errors import StudioError, text


@pytest.mark.parametrize("command", [events.Stop(), events.ChangeSetting("loss.r1", 0.5), events.SaveNow()])
def test_a_command_survives_the_inbox(command: events.Command) -> None:
    data = json.loads(json.dumps(events.command_to_json(command)))
    assert events.command_from_json(data) == command


@pytest.mark.parametrize("data", [{}, {"command": "format"}, {"command": "stop", "extra": 1}])
def test_what_is_no_command_is_refused(data: dict[str, object]) -> None:
    with pytest.raises((KeyError, TypeError)):
        events.command_from_json(data)


def test_every_event_becomes_one_json_line() -> None:
    line = events.event_to_json(events.CheckpointSaved(4, "resume"))
    assert line == {"event": "checkpoint_saved", "step": 4, "kind": "resume", "best": False}
    pictures = events.event_to_json(events.Samples(1, np.zeros((2, 4, 4, 3), np.uint8)))
    assert json.loads(json.dumps(pictures))["pictures"]["shape"] == [2, 4, 4, 3]
    ended = events.event_to_json(events.Ended("failed", text("No {what}.", what="space"), result={"run": "a"}))
    assert (ended["error"], ended["result"]) == ("No space.", {"run": "a"})


def test_braces_in_parameters_are_letters() -> None:
    assert str(StudioError("There is no {name}.", name="{0.__class__}")) == "There is no {0.__class__}."
