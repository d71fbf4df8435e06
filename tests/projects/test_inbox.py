"""Commands to a run: whole, in order, once; what is none of ours is put aside and named."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.ground.events import ChangeSetting, Command, Continue, Pause, SampleNow, SaveNow, Stop
from studio.ground.files import write_json
from studio.projects.inbox import Inbox


def test_every_command_in_order_once(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path / "inbox")
    assert inbox.poll() == []
    sent: list[Command] = [Pause(), SampleNow(), ChangeSetting("generator_rate", 0.1), SaveNow(), Continue(), Stop()]
    for command in sent:
        Inbox(tmp_path / "inbox").send(command)
    assert inbox.poll() == sent and inbox.poll() == [] and inbox.refused() == []


@pytest.mark.parametrize(
    "data", [{"command": "format"}, {"command": "stop", "now": 1}, {}, {"command": [1]}, {"command": None}]
)
def test_what_is_no_command_is_put_aside(tmp_path: Path, data: dict[str, object]) -> None:
    inbox = Inbox(tmp_path)
    write_json(tmp_path / "0.json", data)
    inbox.send(Stop())
    assert inbox.poll() == [Stop()]
    assert [str(words) for words in inbox.refused()] == [
        "The command 0.json could not be understood and was put aside."
    ]
    assert (tmp_path / "0.json.refused").exists() and inbox.poll() == [] and inbox.refused() == []


def test_a_command_being_written_is_not_seen(tmp_path: Path) -> None:
    (tmp_path / "1.json.part-abc").write_text("{")
    assert Inbox(tmp_path).poll() == []


def test_what_was_said_to_an_earlier_leg_is_thrown_away(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path)
    inbox.send(Stop())
    inbox.clear()
    assert inbox.poll() == []
