"""The session: jobs, queue, selection, undo, runs of others, all without a window."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from studio.config.gan import GanConfig
from studio.config.requests import ExportRequest, ImportRequest, TrainRequest
from studio.ground.errors import StudioError, UsageError, text
from studio.ground.events import Continue, Ended, Event, Pause, Progress, Samples, Started, Stop
from studio.jobs.steering import CommandQueue
from studio.projects.datasets import DataSetRecord
from studio.projects.project import Project
from studio.ui.session import Session

Make = Callable[[], Session]
Request = Callable[..., TrainRequest]


@pytest.fixture
def session(make_session: Make, project_path: Path) -> Session:
    made = make_session()
    made.set_project(Project.open(project_path))
    return made


def export(run: str = "x") -> ExportRequest:
    return ExportRequest(run=run, folder=Path("somewhere"))


# --- jobs ------------------------------------------------------------------------------------------------------------


def test_events_arrive_in_order_and_end_once(session: Session, jobs: dict[Any, Any], qtbot: Any) -> None:
    def work(request: Any, path: Path, commands: CommandQueue) -> Iterator[Event]:
        yield Started("export", "x")
        yield Progress(text("Writing"), 1, 2)
        yield Ended("finished", result={"file": "a"})

    jobs[ExportRequest] = work
    got: list[Event] = []
    job = session.start(export(), got.append, title="Exporting")
    qtbot.waitUntil(lambda: not job.running, timeout=5000)
    assert [type(event).__name__ for event in got] == ["Started", "Progress", "Ended"]
    assert job.ended is not None and job.ended.result == {"file": "a"}
    assert job.progress is not None and job.progress.done == 1
    assert len(session.board) == 0


def test_a_failure_is_reported_unless_quiet(session: Session, jobs: dict[Any, Any], qtbot: Any) -> None:
    def work(request: Any, path: Path, commands: CommandQueue) -> Iterator[Event]:
        yield Started("export")
        raise StudioError("The moon is full.")

    jobs[ExportRequest] = work
    told: list[tuple[str, str]] = []
    session.failed.connect(lambda doing, error, trace: told.append((doing, str(error))))
    loud = session.start(export(), title="Exporting")
    qtbot.waitUntil(lambda: not loud.running, timeout=5000)
    quiet = session.start(export(), title="Exporting", quiet=True)
    qtbot.waitUntil(lambda: not quiet.running, timeout=5000)
    assert told == [("Exporting", "The moon is full.")]


def test_a_failing_listener_does_not_stop_the_others(session: Session, jobs: dict[Any, Any], qtbot: Any) -> None:
    def work(request: Any, path: Path, commands: CommandQueue) -> Iterator[Event]:
        commands.wait(5)
        yield Ended("finished")

    def listen(event: Event) -> None:
        raise ValueError("a page has a bug")

    jobs[ExportRequest] = work
    first = session.start(export(), listen)
    second = session.start(export())
    with qtbot.captureExceptions() as caught:
        first.stop()
        qtbot.waitUntil(lambda: not first.running, timeout=5000)
        second.stop()
        qtbot.waitUntil(lambda: not second.running, timeout=5000)
    assert [str(entry[1]) for entry in caught] == ["a page has a bug"]


def test_an_import_is_recorded_in_the_project(session: Session, jobs: dict[Any, Any], qtbot: Any) -> None:
    def work(request: ImportRequest, path: Path, commands: CommandQueue) -> Iterator[Event]:
        folder = path / "data" / "dogs"
        folder.mkdir()
        yield Ended("finished", result=DataSetRecord(request.name, "data/dogs", count=3, size=(8, 8)))

    jobs[ImportRequest] = work
    with qtbot.waitSignal(session.datasets_changed, timeout=5000):
        session.start(ImportRequest(source=Path("d"), name="dogs"))
    assert {d.name for d in session.datasets()} == {"cats", "dogs"}
    facts = session.data_facts("dogs")
    assert facts is not None and (facts.count, facts.height) == (3, 8)


def test_without_a_project_nothing_starts(make_session: Make, train_request: Request) -> None:
    session = make_session()
    with pytest.raises(StudioError, match="No project is open"):
        session.start(export())
    with pytest.raises(StudioError, match="No project is open"):
        session.train(train_request())


# --- training --------------------------------------------------------------------------------------------------------


def test_one_trains_and_the_others_wait(session: Session, train_request: Request, qtbot: Any) -> None:
    session.train(train_request())
    session.train(train_request())
    qtbot.waitUntil(lambda: session.training is not None and session.training.step > 0, timeout=5000)
    assert session.training is not None
    first = session.training.name
    assert first == "cats-gan-1"
    assert len(session.line.queue.waiting) == 1
    assert session.is_own(first) and session.is_live(first)
    assert session.selection("gan").run == first
    session.send(first, Stop())
    qtbot.waitUntil(lambda: session.training is not None and session.training.name == "cats-gan-2", timeout=5000)
    assert session.line.queue.waiting == ()


def test_pause_and_continue_reach_the_run(session: Session, train_request: Request, qtbot: Any) -> None:
    session.train(train_request())
    qtbot.waitUntil(lambda: session.training is not None and session.training.step > 0, timeout=5000)
    live = session.training
    assert live is not None
    session.send(live.name, Pause())
    qtbot.waitUntil(lambda: live.paused, timeout=5000)
    held = live.step
    qtbot.wait(150)
    assert live.step == held
    session.send(live.name, Continue())
    qtbot.waitUntil(lambda: live.step > held, timeout=5000)


def test_the_queue_is_there_again_and_waits_to_be_asked(
    session: Session, train_request: Request, qtbot: Any, make_session: Make
) -> None:
    session.train(train_request())
    session.train(train_request(7))
    qtbot.waitUntil(lambda: session.training is not None and session.training.step > 0, timeout=5000)
    session.line.held = True
    session.board.stop_all()
    qtbot.waitUntil(lambda: len(session.board) == 0, timeout=5000)
    project = session.project
    assert project is not None
    path = project.path
    session.set_project(None)
    project.close()
    again = make_session()
    again.set_project(Project.open(path))
    assert [w.request.config["steps"] for w in again.line.queue.waiting] == [7]
    assert again.training is None
    again.line.held = False
    again.line.advance()
    qtbot.waitUntil(lambda: any(r.status.step == 7 for r in again.runs()), timeout=5000)


def test_a_watch_reads_what_a_run_leaves(session: Session, train_request: Request, qtbot: Any) -> None:
    session.train(train_request(40))
    qtbot.waitUntil(lambda: session.training is not None and bool(session.training.name), timeout=5000)
    assert session.training is not None
    watch = session.watch(session.training.name)
    assert watch is not None
    qtbot.waitUntil(lambda: watch.status.state == "finished", timeout=8000)
    steps, items, values = watch.curves()["loss"]
    assert steps.tolist() == list(range(1, 41))
    assert items[-1] == 320
    assert values[3] == pytest.approx(0.25)
    assert session.watch(watch.name) is watch, "one watch a run"
    session.release(watch)
    session.release(watch)


def test_a_run_of_another_process_shows_and_hears(session: Session, train_request: Request, qtbot: Any) -> None:
    project = session.project
    assert project is not None
    run = project.runs.new("gan", "cats", GanConfig(), train_request())
    with run.lock():
        run.set_status(state="running", step=5, total=1200)
        qtbot.waitUntil(lambda: session.is_live(run.name), timeout=5000)
        assert not session.is_own(run.name)
        session.send(run.name, Pause())
        assert [type(c) for c in run.inbox.poll()] == [Pause]
        session.delete_run(run.name)
        assert any(r.name == run.name for r in session.runs()), "a live run is not deleted"
    run.set_status(state="stopped")
    qtbot.waitUntil(lambda: not session.is_live(run.name), timeout=5000)


# --- selection -------------------------------------------------------------------------------------------------------


def test_the_only_data_set_is_chosen(session: Session) -> None:
    assert session.selection("gan").dataset == "cats"


def test_a_selection_is_remembered(session: Session, train_request: Request, make_session: Make) -> None:
    project = session.project
    assert project is not None
    run = project.runs.new("gan", "cats", GanConfig(), train_request())
    session.refresh()
    session.select("gan", run=run.name, checkpoint="best")
    assert session.selection("gan").dataset == "cats", "a run brings its data set"
    session.memory.write()
    path = project.path
    session.set_project(None)
    project.close()
    again = make_session()
    again.set_project(Project.open(path))
    assert (again.selection("gan").run, again.selection("gan").checkpoint) == (run.name, "best")


def test_another_run_means_its_last_checkpoint(session: Session, train_request: Request) -> None:
    assert session.project is not None
    runs = [session.project.runs.new("gan", "cats", GanConfig(), train_request()) for _ in range(2)]
    session.refresh()
    session.select("gan", run=runs[0].name, checkpoint="400")
    session.select("gan", run=runs[1].name)
    assert session.selection("gan").checkpoint == "last"


def test_what_is_gone_is_not_selected(session: Session, train_request: Request) -> None:
    assert session.project is not None
    run = session.project.runs.new("gan", "cats", GanConfig(), train_request())
    session.refresh()
    session.select("gan", run=run.name)
    session.delete_run(run.name)
    assert session.selection("gan").run == ""


# --- undo ------------------------------------------------------------------------------------------------------------


def test_deleting_is_undone(session: Session, train_request: Request) -> None:
    assert session.project is not None
    run = session.project.runs.new("gan", "cats", GanConfig(), train_request())
    session.refresh()
    toasts: list[Any] = []
    session.toasted.connect(toasts.append)
    session.delete_run(run.name)
    session.delete_dataset("cats")
    assert (len(session.runs()), len(session.datasets())) == (0, 0)
    assert [t.action for t in toasts] == ["Undo", "Undo"]
    toasts[0].callback()
    assert (len(session.runs()), len(session.datasets())) == (1, 0), "out of order, as the toast says"
    session.undo_now()
    assert len(session.datasets()) == 1
    assert session.undo.top() is None
    toasts[0].callback()
    assert len(session.runs()) == 1, "the second click does nothing"


def test_deletions_are_done_again(session: Session, train_request: Request) -> None:
    assert session.project is not None
    run = session.project.runs.new("gan", "cats", GanConfig(), train_request())
    session.refresh()
    session.delete_run(run.name)
    session.delete_dataset("cats")
    for _ in range(2):
        session.undo_now()
        session.undo_now()
        assert (len(session.runs()), len(session.datasets())) == (1, 1)
        session.redo_now()
        assert (len(session.runs()), len(session.datasets())) == (0, 1)
        session.redo_now()
        assert (len(session.runs()), len(session.datasets())) == (0, 0)
    assert session.undo.next() is None
    assert len(session.project.bin.list()) == 2


def test_a_failing_undo_is_told(session: Session) -> None:
    def fail() -> None:
        raise UsageError("It is not in the bin any more.")

    told: list[str] = []
    session.failed.connect(lambda doing, error, trace: told.append(str(error)))
    session.undo.push(text("Deleted it"), fail)
    session.undo_now()
    assert told == ["It is not in the bin any more."]
    assert session.undo.top() is None


def test_runs_are_told_whether_to_keep_the_computer_awake(
    session: Session, jobs: dict[Any, Any], train_request: Request, qtbot: Any
) -> None:
    told: list[bool] = []

    def work(request: Any, path: Path, commands: CommandQueue) -> Iterator[Event]:
        told.append(request.keep_awake)
        yield Ended("stopped")

    jobs[TrainRequest] = work
    for wanted in (True, False):
        session.set_preference("keep_awake", wanted)
        session.train(train_request())
        qtbot.waitUntil(lambda: session.training is None, timeout=5000)
    assert told == [True, False]


# --- pace ------------------------------------------------------------------------------------------------------------


def test_the_timer_is_slow_when_idle_and_quick_for_work(session: Session, jobs: dict[Any, Any], qtbot: Any) -> None:
    def work(request: Any, path: Path, commands: CommandQueue) -> Iterator[Event]:
        commands.wait(5)
        yield Ended("stopped")

    jobs[ExportRequest] = work
    session.begin()
    assert session._timer.interval() >= 500
    job = session.start(export())
    assert session._timer.interval() <= 34
    job.stop()
    qtbot.waitUntil(lambda: session._timer.interval() >= 500, timeout=5000)


def test_many_idle_runs_cost_little_to_look_at(session: Session, train_request: Request) -> None:
    assert session.project is not None
    for _ in range(30):
        session.project.runs.new("gan", "cats", GanConfig(), train_request())
    session.refresh()
    reads: list[str] = []
    session.runs_changed.connect(lambda: reads.append("changed"))
    before = time.thread_time()
    session.lists._read_runs()
    assert len(session.runs()) == 30
    assert reads == []
    assert time.thread_time() - before < 0.5


def test_samples_are_the_latest(session: Session, jobs: dict[Any, Any], qtbot: Any) -> None:
    import numpy as np

    def work(request: Any, path: Path, commands: CommandQueue) -> Iterator[Event]:
        for step in range(50):
            yield Samples(step, np.zeros((1, 4, 4, 3), np.uint8))
        yield Ended("finished")

    jobs[ExportRequest] = work
    got: list[Event] = []
    job = session.start(export(), got.append)
    qtbot.waitUntil(lambda: not job.running, timeout=5000)
    steps = [event.step for event in got if isinstance(event, Samples)]
    assert steps[-1] == 49
    assert len(steps) <= 50
