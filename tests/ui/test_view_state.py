"""What is allowed and shown, decided without Qt."""

from dataclasses import replace

import pytest

from studio.ground.errors import text
from studio.ui.view_state import HeaderIntention, JobView, PageIntention, Reality, RunView, resolve

PANEL = PageIntention(
    page="gan",
    family="gan",
    tab="train",
    dataset="cats",
    offers=frozenset({"train"}),
    header=HeaderIntention(title="GAN", data=True, run=True, primary="train", secondary=("stop",)),
)
OPEN = Reality(project="Cats", datasets=("cats",), engine="ready")


def run(state: str, *, live: bool = False, own: bool = False, **more: object) -> RunView:
    return RunView("cats-1", "gan", "cats", state=state, step=300, total=1200, live=live, own=own, **more)  # type: ignore[arg-type]


def why_not(action: str, intention: PageIntention, reality: Reality) -> str:
    view = resolve(intention, reality).actions[action]
    assert view.enabled == (view.why_not is None)
    return str(view.why_not or "")


def test_train_is_allowed_with_project_data_and_engine() -> None:
    assert why_not("train", PANEL, OPEN) == ""


@pytest.mark.parametrize(
    ("intention", "reality", "words"),
    [
        (PANEL, Reality(engine="ready"), "No project is open"),
        (PANEL, replace(OPEN, read_only=True, why_read_only=text("cats is in use by Ann.")), "in use by Ann"),
        (replace(PANEL, family=""), OPEN, "Open a model panel"),
        (PANEL, replace(OPEN, datasets=()), "no data set yet"),
        (replace(PANEL, dataset=""), OPEN, "Choose a data set"),
        (replace(PANEL, form_error="Steps is refused."), OPEN, "Steps is refused."),
        (PANEL, replace(OPEN, engine="loading"), "still being loaded"),
        (PANEL, replace(OPEN, engine="failed", engine_error="no disk"), "no disk"),
        (PANEL, replace(OPEN, closing=True), "closing"),
        (replace(PANEL, blocks={"train": text("Prepare first.")}), OPEN, "Prepare first."),
    ],
)
def test_train_says_why_not(intention: PageIntention, reality: Reality, words: str) -> None:
    assert words in why_not("train", intention, reality)


def test_every_disabled_action_has_a_reason() -> None:
    for name, view in resolve(PageIntention(), Reality()).actions.items():
        assert view.enabled or str(view.why_not).endswith("."), name


def test_page_actions_are_only_for_pages_that_offer_them() -> None:
    assert "Create tab" in why_not("generate", PANEL, OPEN)
    offering = replace(PANEL, offers=frozenset({"generate"}))
    assert why_not("generate", offering, OPEN) == ""
    assert "still being loaded" in why_not("generate", offering, replace(OPEN, engine="loading"))
    blocked = replace(offering, blocks={"generate": text("Choose a checkpoint.")})
    assert why_not("generate", blocked, OPEN) == "Choose a checkpoint."


@pytest.mark.parametrize(
    ("state", "live", "button"),
    [
        ("running", True, "pause"),
        ("paused", True, "pause"),
        ("stopped", False, "resume"),
        ("interrupted", False, "resume"),
        ("failed", False, "resume"),
        ("finished", False, "train"),
    ],
)
def test_the_main_button_follows_the_chosen_run(state: str, live: bool, button: str) -> None:
    reality = replace(OPEN, runs=(run(state, live=live),))
    assert resolve(replace(PANEL, run="cats-1"), reality).primary == button
    assert resolve(PANEL, reality).primary == "train"


def test_stop_stands_beside_pause_alone() -> None:
    reality = replace(OPEN, runs=(run("running", live=True),), training="cats-1")
    assert resolve(replace(PANEL, run="cats-1"), reality).secondary == ("stop",)
    stopped = replace(OPEN, runs=(run("stopped"),))
    assert resolve(replace(PANEL, run="cats-1"), stopped).secondary == ("new_run",)
    assert resolve(PANEL, stopped).secondary == ()


def test_pause_turns_into_continue() -> None:
    reality = replace(OPEN, runs=(run("paused", live=True),), training="cats-1")
    assert str(resolve(PANEL, reality).actions["pause"].title) == "Continue"


def test_training_beside_another_run_is_queueing() -> None:
    reality = replace(OPEN, runs=(run("running", live=True),), training="cats-1")
    assert str(resolve(PANEL, reality).actions["train"].title) == "Add to queue"


def test_a_run_of_another_process_can_be_paused() -> None:
    reality = replace(OPEN, runs=(run("running", live=True, own=False),), training="cats-1")
    assert why_not("pause", PageIntention(), reality) == ""
    assert why_not("stop", PageIntention(), reality) == ""


def test_a_damaged_run_is_not_resumed() -> None:
    reality = replace(OPEN, runs=(run("failed", damage="its status is gone"),))
    assert "its status is gone" in why_not("resume", replace(PANEL, run="cats-1"), reality)
    assert resolve(replace(PANEL, run="cats-1"), reality).primary == "train"


def test_undo_names_what_it_takes_back() -> None:
    assert "nothing to undo" in why_not("undo", PANEL, OPEN)
    view = resolve(PANEL, replace(OPEN, undo=text("Deleted the run {name}", name="a"))).actions["undo"]
    assert view.enabled
    assert str(view.title) == "Undo: Deleted the run a"


def test_redo_names_what_it_does_again() -> None:
    assert "Nothing was taken back" in why_not("redo", PANEL, OPEN)
    view = resolve(PANEL, replace(OPEN, redo=text("Deleted the run {name}", name="a"))).actions["redo"]
    assert view.enabled
    assert str(view.title) == "Redo: Deleted the run a"


def test_the_status_tells_of_the_run() -> None:
    live = run("running", live=True, rate=340.0, seconds_left=240.0)
    status = resolve(PANEL, replace(OPEN, runs=(live,), training="cats-1", waiting=2)).status
    assert (status.dot, status.name, status.share, status.rate, status.waiting) == ("running", "cats-1", 0.25, 340.0, 2)


def test_a_paused_run_has_no_speed() -> None:
    live = run("paused", live=True, rate=340.0, seconds_left=240.0)
    status = resolve(PANEL, replace(OPEN, runs=(live,), training="cats-1")).status
    assert (status.dot, status.rate, str(status.activity)) == ("paused", None, "paused")


def test_a_run_that_begins_tells_what_it_does() -> None:
    live = replace(run("running", live=True), step=0, activity=text("Preparing pictures"), activity_share=0.5)
    status = resolve(PANEL, replace(OPEN, runs=(live,), training="cats-1")).status
    assert (str(status.activity), status.share) == ("Preparing pictures", 0.5)


def test_the_status_tells_of_other_work_and_of_loading() -> None:
    job = JobView(7, "Importing cats", share=0.5)
    status = resolve(PANEL, replace(OPEN, jobs=(job,))).status
    assert (status.name, status.share, status.cancel) == ("Importing cats", 0.5, 7)
    assert str(resolve(PANEL, replace(OPEN, engine="loading")).status.activity) == "Loading PyTorch…"
    assert str(resolve(PANEL, OPEN).status.activity) == "Nothing is training"


def test_saved_words() -> None:
    def words(reality: Reality) -> str:
        return str(resolve(PANEL, reality).status.saved or "")

    assert words(Reality()) == ""
    assert words(OPEN) == "All saved"
    assert words(replace(OPEN, read_only=True)) == "Read only"
    assert words(replace(OPEN, trouble=text("disk full"))) == "Not saved"


def test_equal_states_compare_equal() -> None:
    assert resolve(PANEL, OPEN) == resolve(PANEL, OPEN)
    assert resolve(PANEL, OPEN) != resolve(replace(PANEL, dataset=""), OPEN)
