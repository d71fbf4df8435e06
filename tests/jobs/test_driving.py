"""The driver: a stop counts at any event, everything else at the end of a step, pausing serves commands."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.ground.errors import UsageError, text
from studio.ground.events import (
    ChangeSetting,
    Command,
    Continue,
    Ended,
    Event,
    Metrics,
    Notice,
    Pause,
    Paused,
    Progress,
    SampleNow,
    SaveNow,
    Stop,
)
from studio.jobs.driving import Driver, Steering
from studio.jobs.steering import CommandQueue
from studio.projects.inbox import Inbox


class FakeTrainer:
    """Three events a step, the middle one inside a write; says in ``log`` what it was told and where it then was."""

    def __init__(self, steps: int = 5) -> None:
        self.steps, self.step, self.stopping = steps, 0, False
        self.inside_a_write = False
        self.log: list[tuple[str, int, bool]] = []
        self.closed = False

    def run(self) -> Iterator[Event]:
        try:
            while self.step < self.steps and not self.stopping:
                self.step += 1
                yield Metrics(self.step, self.step, {})
                self.inside_a_write = True
                yield Progress(text("Saving a checkpoint"), 0)
                self.inside_a_write = False
            yield Ended("stopped" if self.stopping else "finished")
        finally:
            self.closed = True

    def apply(self, command: Command) -> Iterator[Event]:
        self.log.append((type(command).__name__, self.step, self.inside_a_write))
        if isinstance(command, Stop):
            self.stopping = True
        elif isinstance(command, ChangeSetting):
            raise UsageError("{path} is fixed.", path=command.path)
        elif isinstance(command, Pause | Continue):
            yield Paused(isinstance(command, Pause), self.step)
        else:
            yield Progress(text("At work"), 0)
            yield Progress(text("At work"), 1)


class Scene:
    """A driven fake trainer, and what is said to it after the event of a given number."""

    def __init__(self, folder: Path) -> None:
        self.trainer, self.commands, self.inbox = FakeTrainer(), CommandQueue(), Inbox(folder / "inbox")
        self.clock = 0.0
        self.steering = Steering(self.commands, self.inbox, clock=lambda: self.clock)

    def play(self, said: dict[int, list[Command]]) -> tuple[list[Event], Ended]:
        driving, events = Driver(self.trainer, self.steering).drive(), []
        while True:
            try:
                events.append(next(driving))
            except StopIteration as end:
                return events, end.value
            for command in said.get(len(events), []):
                self.commands.put(command)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path)


def test_without_a_word_everything_passes_and_the_ending_is_returned(scene: Scene):
    events, end = scene.play({})
    assert [e.step for e in events if isinstance(e, Metrics)] == [1, 2, 3, 4, 5]
    assert end == Ended("finished")
    assert scene.trainer.closed


def test_a_stop_counts_at_any_event(scene: Scene):
    _, end = scene.play({2: [Stop()]})  # said after the event inside a write
    assert end == Ended("stopped")
    assert scene.trainer.log == [("Stop", 1, True)]


def test_other_commands_never_meet_a_half_written_checkpoint(scene: Scene):
    scene.play({2: [SaveNow(), SampleNow()]})
    assert scene.trainer.log == [("SaveNow", 2, False), ("SampleNow", 2, False)]


def test_while_paused_no_step_is_made_and_commands_are_obeyed_in_order(scene: Scene):
    events, end = scene.play({1: [Pause(), SampleNow(), Continue(), SaveNow()]})
    assert [name for name, *_ in scene.trainer.log] == ["Pause", "SampleNow", "Continue", "SaveNow"]
    assert {step for _, step, _ in scene.trainer.log} == {1}
    assert [e.paused for e in events if isinstance(e, Paused)] == [True, False]
    assert end == Ended("finished")


def test_pausing_twice_or_going_on_while_running_does_nothing(scene: Scene):
    events, _ = scene.play({1: [Continue(), Pause(), Pause(), Continue(), Continue()]})
    assert [e.paused for e in events if isinstance(e, Paused)] == [True, False]


def test_a_stop_ends_a_pause_and_drops_what_waits(scene: Scene):
    _, end = scene.play({1: [Pause()], 2: [Stop(), SampleNow()]})
    assert end == Ended("stopped")
    assert [name for name, *_ in scene.trainer.log] == ["Pause", "Stop", "SampleNow"][: len(scene.trainer.log)]


def test_a_stop_is_heard_in_the_middle_of_another_command(scene: Scene):
    _, end = scene.play({1: [SaveNow()], 2: [Stop()]})
    assert end == Ended("stopped")
    assert scene.trainer.log == [("SaveNow", 1, False), ("Stop", 1, False)]


def test_a_refused_command_is_a_notice_and_the_run_goes_on(scene: Scene):
    events, end = scene.play({1: [ChangeSetting("batch", 3)]})
    (notice,) = [e for e in events if isinstance(e, Notice)]
    assert str(notice.body) == "batch is fixed."
    assert end == Ended("finished")


def test_the_inbox_is_looked_into_twice_a_second_and_no_oftener(scene: Scene):
    scene.steering.take()
    scene.inbox.send(Pause())
    scene.clock = 0.4
    assert scene.steering.take() == []
    scene.clock = 0.5
    assert scene.steering.take() == [Pause()]


def test_a_trainer_that_says_nothing_at_its_end_has_failed(scene: Scene):
    scene.trainer.run = lambda: iter([Metrics(1, 1, {})])  # type: ignore[method-assign]
    _, end = scene.play({})
    assert end.status == "failed"
