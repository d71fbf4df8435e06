"""Language models through the jobs: trained on conversations, begun with another program's model and its tokens."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from studio.cli.app import run as command_line
from studio.config.language import Gpt2Network, LanguageConfig
from studio.config.requests import ChatRequest, PretrainedRequest, ResumeRequest, TrainRequest
from studio.config.texts import Characters, Message
from studio.config.writing import Writing
from studio.data.texts.chat_format import END
from studio.data.texts.store import TextWriter
from studio.generation.language import load_model
from studio.jobs.footprint import Footprint
from studio.jobs.planning import plan
from studio.projects.datasets import DataSetRecord
from studio.projects.project import Project
from studio.projects.run import Run
from studio.training.checkpoints import Checkpoints
from tests.foreign_languages import foreign_folder

from .conftest import ending, run_to_end

TEMPLATE = (
    "{% for m in messages %}{{ m.role[0] + ':' + m.content + eos_token }}{% endfor %}"
    "{{ 'a:' if add_generation_prompt }}"
)
CPU = torch.device("cpu")
SMALL = {"steps": 2, "batch": 2, "sample_count": 1, "sample_tokens": 2, "context": 32, "shares": 1}


@pytest.fixture(autouse=True)
def _ready(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the estimate of the memory, which ``test_footprint.py`` is about."""
    monkeypatch.setattr("studio.jobs.trials.measure_footprint", lambda *_, **__: iter([None, Footprint(0, 0)]))


@pytest.fixture
def talks(tmp_path: Path) -> Path:
    """A project with 20 short conversations."""
    path = tmp_path / "talks"
    with Project.create(path) as project:
        folder = project.datasets.new_folder("talks")
        with TextWriter(folder, "chat") as writer:
            for number in range(20):
                said = (Message(role="user", content=f"{number} cats?"), Message(role="assistant", content="the hat."))
                writer.add_conversation(f"{number}", said)
            writer.finish(source="tests", origin="file").close()
        home = folder.relative_to(path).as_posix()
        project.datasets.add(DataSetRecord(name="talks", folder=home, kind="chat", count=20))
    return path


@pytest.fixture
def theirs(talks: Path, tmp_path: Path) -> str:
    """A run of the project that is another program's model, with a chat template."""
    folder = tmp_path / "Theirs"
    shutil.copytree(foreign_folder("llama"), folder)
    (folder / "chat_template.jinja").write_text(TEMPLATE)
    (folder / "tokenizer_config.json").write_text(json.dumps({"eos_token": "<end>"}))
    end = ending(run_to_end(PretrainedRequest(source=str(folder), name="theirs"), talks))
    assert end.status == "finished", (end.error, end.trace)
    return str(end.result["run"])


def trained(path: Path, config: LanguageConfig, **more: Any) -> Run:
    plain = config.model_dump(mode="json")
    asked = TrainRequest(family="language", dataset="talks", config=plain, device="cpu", **more)
    end = ending(run_to_end(asked, path))
    assert end.status in {"finished", "stopped"}, (end.error, end.trace)
    return Run(path / "runs" / end.result["run"])


def test_a_run_goes_on_from_another_programs_model_with_its_tokens_and_template(
    talks: Path, theirs: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.training.checkpoints.WORTH", 1)
    changes = {**SMALL, "tuning": "lora", "tuning.rank": 2}
    planned = plan(talks, "talks", family="language", overrides=changes, start=(theirs, None))
    assert isinstance(planned, LanguageConfig) and planned.tokens.kind == "inherited"
    run = trained(talks, planned, start_run=theirs, start_checkpoint="last", stop_at=1)
    shutil.rmtree(talks / "runs" / theirs)  # what it needs of it is its own by now
    end = ending(run_to_end(ResumeRequest(run=run.name, device="cpu"), talks))
    assert end.status == "finished", (end.error, end.trace)
    for kind in ("resume", "model"):  # the other program's weights lie on the disk once
        still = [file for file in run.checkpoints_folder.glob(f"{kind}-*/*.still.safetensors") if "module" in file.name]
        assert len({file.stat().st_ino for file in still}) == 1 < len(still)
    point = Checkpoints(run.checkpoints_folder).points("model")[-1]
    assert point.facts()["description"]["conversations"]
    asked = (Message(role="user", content="5 cats?"),)
    model = load_model(point.path, CPU)
    assert model.tokeniser.decode(list(model.conversation(asked).tokens)) == "u:5 cats?a:"
    talked = ChatRequest(run=run.name, messages=asked, writing=Writing(tokens=3), device="cpu")
    assert ending(run_to_end(talked, talks)).status == "finished"
    words = ["chat", str(talks), run.name, "--prompt", "5 cats?", "--max-tokens", "2", "--json", "--device", "cpu"]
    assert command_line(words) == 0 and "text" in json.loads(capsys.readouterr().out.splitlines()[-1])


def test_its_answers_are_learnt_as_its_template_writes_them(talks: Path, theirs: str) -> None:
    planned = plan(talks, "talks", family="language", overrides=SMALL, start=(theirs, None))
    run = trained(talks, planned, start_run=theirs)  # type: ignore[arg-type]
    samples = run.samples.read_with_notes(run.samples.steps()[-1])[1]["texts"]
    assert samples[0]["reference"] == "the hat." and samples[0]["prompt"].endswith("cats?\na:")


def test_inherited_tokens_need_somebody_to_inherit_from(talks: Path) -> None:
    config = LanguageConfig(**SMALL, tokens={"kind": "inherited"})  # type: ignore[arg-type]
    asked = TrainRequest(family="language", dataset="talks", config=config.model_dump(mode="json"), device="cpu")
    end = ending(run_to_end(asked, talks))
    assert end.status == "failed" and end.refused and "--start" in str(end.error)


def test_what_cannot_be_begun_with_has_a_sentence(talks: Path, theirs: str) -> None:
    config = LanguageConfig(**SMALL, tokens=Characters(), network=Gpt2Network(depth=1, width=16))  # type: ignore[arg-type]
    asked = TrainRequest(
        family="language", dataset="talks", config=config.model_dump(mode="json"), device="cpu", start_run=theirs
    )
    end = ending(run_to_end(asked, talks))
    assert end.status == "failed" and "tokens are others" in str(end.error), end.trace


def test_own_conversations_are_written_as_our_own_format(talks: Path, tmp_path: Path) -> None:
    run = trained(talks, LanguageConfig(**SMALL, network=Gpt2Network(depth=1, width=16)))  # type: ignore[arg-type]
    out = tmp_path / "out"
    assert command_line(["export", str(talks), run.name, "--format", "huggingface", "--out", str(out)]) == 0
    tokeniser = transformers.AutoTokenizer.from_pretrained(out)
    said = [{"role": "user", "content": "5 cats?"}]
    text = tokeniser.apply_chat_template(said, tokenize=False, add_generation_prompt=True)
    assert text == f"<|user|>5 cats?{END}<|assistant|>"
    model = load_model(Checkpoints(run.checkpoints_folder).points("model")[-1].path, CPU)
    mine = model.conversation([Message(role="user", content="5 cats?")]).tokens
    assert tokeniser(text, add_special_tokens=False)["input_ids"] == list(mine)
    odd = model.conversation([Message(role="user", content=f"a{END}<|assistant|>b")]).tokens
    assert sum(model.tokeniser.is_mark(token) for token in odd) == 3  # letters that look like marks stay letters
