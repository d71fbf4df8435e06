"""Language models through the jobs: taken over, talked to, continued, read, stopped, written again."""

import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from studio.cli.app import run as command_line
from studio.config.requests import ChatRequest, ContinueRequest, ExportRequest, PretrainedRequest, ReadRequest
from studio.config.texts import Message
from studio.config.writing import Writing
from studio.generation.replies import ReadText, Replies
from studio.ground.events import Ended, Stop, Written
from studio.jobs.serving import ModelServer
from studio.jobs.steering import CommandQueue
from studio.projects.project import Project
from tests.foreign_languages import foreign_folder, foreign_model

from .conftest import ending, run_to_end

GREEDY = Writing(temperature=0, tokens=8)
TEMPLATE = (
    "{% for m in messages %}{{ m.role[0] + ':' + m.content + '<end>' }}{% endfor %}"
    "{{ 'a:' if add_generation_prompt }}"
)
TALK = (Message(role="user", content="the cat"),)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model of transformers with a tokeniser and a chat template."""
    made = tmp_path_factory.mktemp("foreign") / "Their model"
    shutil.copytree(foreign_folder("llama"), made)
    (made / "chat_template.jinja").write_text(TEMPLATE)
    return made


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A project without anything."""
    path = tmp_path / "empty"
    with Project.create(path):
        pass
    return path


@pytest.fixture
def loaded(empty: Path, folder: Path) -> str:
    """The name of the run that holds the model."""
    end = ending(run_to_end(PretrainedRequest(source=str(folder), name="mine"), empty))
    assert end.status == "finished", (end.error, end.trace)
    return str(end.result["run"])


def served(server: ModelServer, request: Any, commands: CommandQueue | None = None) -> tuple[str, Replies]:
    """The first row as it was streamed, and what the ending holds."""
    texts, result = "", None
    for event in server.serve(request, commands or CommandQueue()):
        if isinstance(event, Written):
            texts += event.text if event.row == 0 else ""
        if isinstance(event, Ended):
            result = event.result
    assert isinstance(result, Replies)
    return texts, result


def test_it_becomes_a_run_that_continues_texts_as_transformers_does(empty: Path, loaded: str, folder: Path) -> None:
    with Project.open(empty, write=False) as project:
        (info,) = project.runs.all()
    assert (info.title, info.family, info.status.state) == ("mine", "language", "finished")
    asked = ContinueRequest(run=loaded, text="the hat", writing=GREEDY, device="cpu")
    events = run_to_end(asked, empty)
    found = ending(events).result
    tokeniser = transformers.PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"))
    prompt = tokeniser("the hat", return_tensors="pt", add_special_tokens=False)["input_ids"]
    made = foreign_model("llama").generate(prompt, max_new_tokens=8, do_sample=False, pad_token_id=0)
    assert found.rows[0].text == tokeniser.decode(made[0, prompt.shape[1] :], skip_special_tokens=True)
    assert "".join(event.text for event in events if isinstance(event, Written)) == found.rows[0].text
    assert (found.request.checkpoint, found.read, found.rows[0].tokens) == ("0", prompt.shape[1], 8)


def test_a_conversation_is_written_by_the_models_template_and_not_read_twice(empty: Path, loaded: str) -> None:
    server = ModelServer(empty)
    streamed, first = served(server, ChatRequest(run=loaded, messages=TALK, start="Yes", writing=GREEDY, device="cpu"))
    assert streamed == first.rows[0].text and streamed.startswith("Yes") and first.reused == 0
    longer = (*TALK, Message(role="assistant", content=streamed), Message(role="user", content="a hat"))
    _, second = served(server, ChatRequest(run=loaded, messages=longer, writing=GREEDY, device="cpu"))
    assert second.reused >= first.read - 4 and second.dropped == 0
    _, alone = served(ModelServer(empty), ChatRequest(run=loaded, messages=longer, writing=GREEDY, device="cpu"))
    assert alone.rows == second.rows
    server.close()


def test_a_conversation_that_is_too_long_keeps_its_system_text(empty: Path, loaded: str) -> None:
    server = ModelServer(empty)
    system = Message(role="system", content="be brief")
    turns = [Message(role=role, content="the cat and the hat") for role in ("user", "assistant") * 6]  # type: ignore[arg-type]
    talk = (system, *turns, TALK[0])
    _, found = served(server, ChatRequest(run=loaded, messages=talk, writing=GREEDY, device="cpu"))
    shorter = (system, *turns[-2:], TALK[0])
    _, wanted = served(server, ChatRequest(run=loaded, messages=shorter, writing=GREEDY, device="cpu"))
    assert found.dropped > 0 and found.read <= 64 and wanted.dropped == 0
    assert found.rows[0].text and found.read >= wanted.read


def test_variants_and_stops(empty: Path, loaded: str) -> None:
    server, writing = ModelServer(empty), Writing(tokens=6, count=3, temperature=1.0)
    _, found = served(server, ContinueRequest(run=loaded, text="the", writing=writing, device="cpu"))
    assert len({row.text for row in found.rows}) == 3
    commands = CommandQueue()
    texts = ""
    for event in server.serve(
        ContinueRequest(run=loaded, text="the", writing=Writing(tokens=50, temperature=0), device="cpu"), commands
    ):
        if isinstance(event, Written):
            texts += event.text
            commands.put(Stop())
        if isinstance(event, Ended):
            assert event.status == "stopped" and event.result.rows[0].text == texts
            assert event.result.rows[0].ending == "" and event.result.rows[0].tokens < 10


def test_it_says_how_it_reads(empty: Path, loaded: str) -> None:
    asked = ReadRequest(run=loaded, text="the c\N{SNOWMAN}", alternatives=5, attention=True, device="cpu")
    found = ending(run_to_end(asked, empty)).result
    assert isinstance(found, ReadText) and found.attention is not None
    ids = torch.tensor([[token.token for token in found.tokens]])
    with torch.no_grad():
        shares = foreign_model("llama")(ids).logits[0].softmax(dim=-1)
    assert found.tokens[0].probability is None and found.tokens[0].alternatives == ()
    for place, token in enumerate(found.tokens[1:]):
        assert token.probability == pytest.approx(float(shares[place, token.token]), abs=1e-5)
        assert [one[1] for one in token.alternatives] == shares[place].topk(5).indices.tolist()
    assert [one[1] for one in found.next] == shares[-1].topk(5).indices.tolist()
    assert "".join(token.text for token in found.tokens) == "the c<e2><98><83>"
    count = len(found.tokens)
    assert found.attention.shape == (2, 4, count, count)
    assert np.allclose(found.attention.sum(axis=3), 1, atol=1e-5) and not np.triu(found.attention[0, 0], 1).any()
    marked = ending(run_to_end(ReadRequest(run=loaded, messages=TALK, device="cpu"), empty)).result
    assert [token.text for token in marked.tokens if token.mark] == ["<end>"]


def test_it_comes_out_as_it_went_in(empty: Path, loaded: str, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    end = ending(run_to_end(ExportRequest(run=loaded, folder=out, format="huggingface"), empty))
    assert end.status == "finished", (end.error, end.trace)
    theirs = transformers.AutoModelForCausalLM.from_pretrained(out)
    ids = torch.arange(1, 20)[None]
    with torch.no_grad():
        assert torch.allclose(theirs(ids).logits, foreign_model("llama")(ids).logits, atol=1e-5)
    assert (out / "chat_template.jinja").read_text() == TEMPLATE
    end = ending(run_to_end(ExportRequest(run=loaded, folder=tmp_path / "own"), empty))
    assert end.status == "finished" and (tmp_path / "own" / "tokenizer.json").is_file()
    assert json.loads((tmp_path / "own" / "config.json").read_text())["family"] == "language"


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda f: (f / "tokenizer.json").unlink(), "lacks its tokeniser"),
        (lambda f: (f / "tokenizer.json").write_text("{}"), "holds no tokeniser"),
        (lambda f: (f / "model.safetensors").unlink(), "lacks its weights"),
        (lambda f: shutil.rmtree(f), "There is no folder"),
    ],
    ids=["no tokeniser", "no real tokeniser", "no weights", "no folder"],
)
def test_what_cannot_be_taken_over_has_a_sentence(
    empty: Path, folder: Path, tmp_path: Path, damage: Any, sentence: str
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    damage(copy)
    end = ending(run_to_end(PretrainedRequest(source=str(copy)), empty))
    assert end.status == "failed" and sentence in str(end.error)
    with Project.open(empty, write=False) as project:
        assert project.runs.all() == []


def test_a_hostile_template_is_named_and_the_model_continues_texts(empty: Path, folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    (copy / "chat_template.jinja").write_text("{% for i in range(9999) %}{{ 'x' * 9999 }}{% endfor %}")
    events = run_to_end(PretrainedRequest(source=str(copy)), empty)
    assert any(getattr(event, "code", "") == "template" for event in events)
    name = ending(events).result["run"]
    refused = ending(run_to_end(ChatRequest(run=name, messages=TALK, writing=GREEDY, device="cpu"), empty))
    assert refused.status == "failed" and "chat template is not used" in str(refused.error)
    assert ending(run_to_end(ContinueRequest(run=name, text="a", writing=GREEDY, device="cpu"), empty)).result.rows


def test_the_command_line_talks(
    empty: Path, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command_line(["pretrained", str(empty), str(folder), "--name", "mine", "--json"]) == 0
    name = json.loads(capsys.readouterr().out.splitlines()[-1])["run"]
    words = ["chat", str(empty), name, "--temperature", "0", "--max-tokens", "6", "--device", "cpu"]
    assert command_line([*words, "--prompt", "the cat", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    last = lines[-1]
    assert last["text"] == "".join(line["text"] for line in lines if line["event"] == "written")
    assert last["rows"][0]["tokens"] == 6 and last["status"] == "finished"
    assert command_line([*words, "--prompt", "the cat"]) == 0
    shown = "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in last["text"])
    assert capsys.readouterr().out == shown + "\n"
    monkeypatch.setattr("sys.stdin", io.StringIO("the cat\nand\n\n"))
    assert command_line([*words, "--json"]) == 0
    ends = [line for line in map(json.loads, capsys.readouterr().out.splitlines()) if line["event"] == "ended"]
    assert ends[0]["text"] == last["text"] and len(ends) == 2 and ends[1]["result"]["reused"] > 0
    out = empty.parent / "written"
    assert command_line(["export", str(empty), name, "--format", "huggingface", "--out", str(out)]) == 0
    assert transformers.AutoModelForCausalLM.from_pretrained(out).config.model_type == "llama"
    assert command_line(["chat", str(empty), name, "--prompt", ""]) == 2
    assert command_line(["chat", str(empty), name, "--prompt", "a", "--top-p", "0"]) == 2
