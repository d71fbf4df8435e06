"""A conversation as Markdown and JSON: texts stay as they are."""

from __future__ import annotations

from studio.projects.conversation_export import as_data, as_markdown, file_name
from studio.projects.conversations import Conversations
from studio.projects.project import Project


def filled(talks: Conversations) -> int:
    id = talks.new("A/B: \n# title?")
    talks.keep_draft(id, settings={"system": "Be brief."})
    said, [reply] = talks.say(id, 0, "# not a heading\n```\ncode", replies=[{"run": "stories", "checkpoint": "40"}])
    talks.finish(reply, "````four````", "whole", {"run": "stories", "checkpoint": "40"})
    [other] = talks.begin(id, said, [{}])
    talks.finish(other, "other", "stopped", {})
    talks.choose(id, {said: reply})
    return id


def test_markdown_is_the_chosen_path_in_fences(project: Project) -> None:
    id = filled(project.conversations)
    assert as_markdown(project.conversations, id) == (
        "# A/B: # title?\n\n## System\n\n```text\nBe brief.\n```\n\n"
        "## You\n\n````text\n# not a heading\n```\ncode\n````\n\n"
        "## Model (stories, 40)\n\n`````text\n````four````\n`````\n"
    )


def test_json_is_training_data_and_every_version(project: Project) -> None:
    data = as_data(project.conversations, filled(project.conversations))
    assert [message["role"] for message in data["messages"]] == ["system", "user", "assistant"]
    assert data["messages"][2]["content"] == "````four````"
    assert [one["content"] for one in data["versions"]][1:] == ["````four````", "other"]
    assert data["versions"][2]["state"] == "stopped"


def test_a_notebook_is_its_text(project: Project) -> None:
    id = project.conversations.new("n", kind="notebook")
    project.conversations.keep_draft(id, "Once upon a time")
    assert "Once upon a time" in as_markdown(project.conversations, id)
    assert as_data(project.conversations, id)["text"] == "Once upon a time"


def test_a_file_name_fits_every_system(project: Project) -> None:
    talks = project.conversations
    assert file_name(talks.get(talks.new("A/B: \n# title?"))) == "A B title"
    assert file_name(talks.get(talks.new("../..\x00"))) == "conversation"
    assert len(file_name(talks.get(talks.new("x" * 500)))) == 60
