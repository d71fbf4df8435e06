"""The Chat tab over a tiny model with real weights: no stand-ins between the field and the reply."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from studio.config.requests import PretrainedRequest
from studio.ground.events import Ended
from studio.jobs.registry import run_job
from studio.jobs.steering import CommandQueue
from studio.projects.project import Project
from studio.ui.panels.language_chat import LanguageChatTab
from studio.ui.window import StudioWindow
from tests.foreign_languages import foreign_folder
from tests.ui.panels.talking import opened, shown, write

pytestmark = pytest.mark.slow
TEMPLATE = (
    "{% for m in messages %}{{ m.role[0] + ':' + m.content + '<end>' }}{% endfor %}"
    "{{ 'a:' if add_generation_prompt }}"
)


@pytest.fixture
def tab(make_window: Callable[..., StudioWindow], tmp_path: Path) -> LanguageChatTab:
    """The tab with a model of random weights that has a chat template."""
    shutil.copytree(foreign_folder("llama"), tmp_path / "model")
    (tmp_path / "model" / "chat_template.jinja").write_text(TEMPLATE)
    Project.create(tmp_path / "project").close()
    request = PretrainedRequest(source=str(tmp_path / "model"), name="mine")
    ended = [event for event in run_job(request, tmp_path / "project", CommandQueue()) if isinstance(event, Ended)][-1]
    assert ended.status == "finished", (ended.error, ended.trace)
    tab = opened(make_window(tmp_path / "project"), ended.result["run"])
    tab.settings.form.set_value("tokens", 12)
    tab.settings.form.set_value("temperature", 0.0)
    return tab


def say(tab: LanguageChatTab, qtbot: Any, words: str) -> None:
    write(tab.view.composer.field, words)
    qtbot.waitUntil(lambda: tab.writer.busy_with() == 0 and len(shown(tab)) > 0, timeout=60_000)


def test_it_answers_and_goes_on(tab: LanguageChatTab, qtbot: Any, errors: list[str]) -> None:
    say(tab, qtbot, "the cat")
    assert errors == []
    first = tab.desk.path()[-1]
    assert first.state == "whole" and first.about["tokens"] == 12 and first.about["ending"] == "full"
    assert shown(tab)[1] != ""
    tab.settings.start.setText("that is ")
    tab.desk.again(first.id)
    qtbot.waitUntil(lambda: tab.writer.busy_with() == 0, timeout=60_000)
    assert shown(tab)[1].startswith("that is ") and tab.view.transcript.entries()[1].count == 2
    tab.settings.start.clear()
    tab.desk.flip(tab.desk.path()[-1].id, -1)
    say(tab, qtbot, "and the hat")
    assert len(shown(tab)) == 4 and tab.desk.path()[-1].state == "whole"


def test_a_notebook_goes_on(tab: LanguageChatTab, qtbot: Any, errors: list[str]) -> None:
    tab.list.new_asked.emit("notebook")
    tab.notebook_view.field.setPlainText("the cat and")
    tab.notebook.go()
    qtbot.waitUntil(lambda: tab.writer.busy_with() == 0, timeout=60_000)
    assert errors == [] and tab.notebook.text().startswith("the cat and")
    assert len(tab.notebook.text()) > len("the cat and")
