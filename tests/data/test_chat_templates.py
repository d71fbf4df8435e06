"""Chat templates: written as transformers writes them; hostile ones refused in time; odd ones with a sentence."""

import json
from pathlib import Path
from typing import Any

import pytest
from transformers import PreTrainedTokenizerFast

from studio.config.texts import Message
from studio.data.chat_templates import ChatTemplate, read_template
from studio.ground.errors import DamagedError, UsageError
from tests.foreign_languages import make_tokeniser

CHATML = (
    "{%- for message in messages %}\n"
    "    {%- if loop.first and message['role'] != 'system' %}\n"
    "        {{- '<|im_start|>system\\nBe kind.<|im_end|>\\n' }}\n"
    "    {%- endif %}\n"
    "    {{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}\n"
    "{%- endfor %}\n"
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"
)
STRICT = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
    "{{ raise_exception('Roles must alternate') }}{% endif %}"
    "{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] | trim + ' [/INST]' }}"
    "{% else %}{% generation %}{{ message['content'] + eos_token }}{% endgeneration %}{% endif %}{% endfor %}"
)
ODD = (
    "{% set ns = namespace(found=false) %}{% for m in messages if m.role != 'system' %}"
    "{% if loop.index > 3 %}{% break %}{% endif %}{{ m | tojson }}{% set ns.found = true %}\n{% endfor %}"
    "{{ ns.found }}{{ tools is none }}{{ messages[-1].content.split('!')[0] | upper }}"
)
CONVERSATIONS = [
    [("user", "Hi <b> & \"you\" é\N{SNOWMAN}!")],
    [("system", "  Short. "), ("user", "a\n\nb"), ("assistant", "c"), ("user", " d ")],
    [("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d")],
]


def messages(turns: list[tuple[str, str]]) -> list[Message]:
    return [Message(role=role, content=content) for role, content in turns]  # type: ignore[arg-type]


@pytest.mark.parametrize("source", [CHATML, STRICT, ODD], ids=["chatml", "strict", "odd"])
@pytest.mark.parametrize("reply", [True, False])
def test_it_writes_what_transformers_writes(source: str, reply: bool) -> None:
    marks = {"bos_token": "<s>", "eos_token": "</s>"}
    theirs = PreTrainedTokenizerFast(tokenizer_object=make_tokeniser(), **marks)
    theirs.chat_template = source
    ours = ChatTemplate(source, marks)
    written = 0
    for turns in CONVERSATIONS:
        plain: list[Any] = [{"role": role, "content": content} for role, content in turns]
        try:
            wanted = theirs.apply_chat_template(plain, tokenize=False, add_generation_prompt=reply)
        except Exception:
            with pytest.raises(UsageError, match="Roles must alternate"):
                ours.written(messages(turns), reply=reply)
            continue
        assert ours.written(messages(turns), reply=reply) == wanted
        written += 1
    assert written >= 2


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in range(99999) %}{% for j in range(99999) %}{% for k in range(99999) %}{% endfor %}{% endfor %}"
        "{% endfor %}",
        "{% set ns = namespace(s='x' * 9999) %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}"
        "{{ ns.s }}",
        "{% for i in range(9999) %}{{ 'x' * 9999 }}{% endfor %}",
    ],
    ids=["time", "memory", "text"],
)
def test_a_template_without_end_is_refused_in_time(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("studio.data.chat_templates._SECONDS", 1)
    with pytest.raises(UsageError, match="is not used"):
        ChatTemplate(source).written(messages(CONVERSATIONS[0]), reply=True)
    monkeypatch.setattr("subprocess.run", None)
    with pytest.raises(UsageError, match="is not used"):  # which is known by now
        ChatTemplate(source).written(messages(CONVERSATIONS[0]), reply=False)


@pytest.mark.parametrize(
    "source",
    ["{{ messages.__class__.__mro__ }}", "{{ ''.__class__.__base__.__subclasses__() }}", "{{ raise_exception.x.y }}"],
)
def test_the_sandbox_shows_nothing_of_python(source: str) -> None:
    with pytest.raises(UsageError, match="refuses it"):
        ChatTemplate(source).written(messages(CONVERSATIONS[0]), reply=True)


def test_it_is_read_from_either_file_or_there_is_none(tmp_path: Path) -> None:
    assert read_template(tmp_path) is None
    settings = tmp_path / "tokenizer_config.json"
    settings.write_text(json.dumps({"chat_template": "{{ eos_token }}", "eos_token": {"content": "<e>"}}))
    found = read_template(tmp_path)
    assert found is not None and found.written(messages(CONVERSATIONS[0]), reply=True) == "<e>"
    listed = [{"name": "tool_use", "template": "t"}, {"name": "default", "template": "{{ bos_token }}d"}]
    settings.write_text(json.dumps({"chat_template": listed, "bos_token": "<b>"}))
    found = read_template(tmp_path)
    assert found is not None and found.source == "{{ bos_token }}d" and found.marks == {"bos_token": "<b>"}
    (tmp_path / "chat_template.jinja").write_text("{{ 'own' }}")
    found = read_template(tmp_path)
    assert found is not None and found.source == "{{ 'own' }}"


def test_what_is_no_template_has_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DamagedError, match="cannot be read"):
        ChatTemplate("{% for %}")
    (tmp_path / "chat_template.jinja").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DamagedError, match="holds no text"):
        read_template(tmp_path)
    (tmp_path / "chat_template.jinja").write_text("x" * 2_000_000)
    with pytest.raises(DamagedError, match="too long"):
        read_template(tmp_path)
