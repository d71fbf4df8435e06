"""The command line without a trained run: words, exit codes, what is printed where, what is not loaded."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from studio.cli.app import run
from studio.cli.output import duration, finite, printable, size
from studio.projects.project import Project

Captured = pytest.CaptureFixture[str]
HOSTILE = '<img src="file:///etc/passwd">[bold red]\x1b[31m\u202eévil🎈'


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = tmp_path / "a project é🎈"
    assert run(["new", str(path)]) == 0
    return path


def lines(captured: Captured) -> list[dict]:
    return [json.loads(line) for line in captured.readouterr().out.splitlines()]


# --- projects --------------------------------------------------------------------------------------------------


def test_new_makes_a_project_and_refuses_a_folder_that_holds_something(tmp_path: Path, capsys: Captured):
    path = tmp_path / "deep" / "place"
    assert run(["new", str(path), "--json"]) == 0
    assert lines(capsys) == [{"project": str(path), "name": "place", "status": "finished"}]
    assert run(["new", str(path)]) == 2
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("keep me")
    assert run(["new", str(tmp_path / "full")]) == 2
    assert [p.name for p in (tmp_path / "full").iterdir()] == ["mine.txt"]
    assert "not empty" in capsys.readouterr().err


def test_an_empty_project_lists_nothing_and_says_what_to_do(project: Path, capsys: Captured):
    for command, hint in (["runs"], "studio train"), (["data", "list"], "studio data add"):
        capsys.readouterr()
        assert run([*command, str(project)]) == 0
        assert hint in capsys.readouterr().out
        assert run([*command, str(project), "--json"]) == 0
        assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["runs", "{tmp}/nothing"], "There is no project"),
        (["runs", "{tmp}"], "not a project"),
        (["train", "{project}"], "--data"),
        (["train", "{project}", "--data", "x", "--steps", "zero"], "integer"),
        (["train", "{project}", "--data", "x", "--steps", "0"], "greater than"),
        (["train", "{project}", "--data", "nothing"], "There is no data set nothing"),
        (["train", "{project}", "--data", "x", "--steps", "3", "--minutes", "2"], "not both"),
        (["train", "{project}", "--data", "x", "--preset", "fastest"], "quick"),
        (["train", "{project}", "--data", "x", "--set", "width"], "NAME=VALUE"),
        (["train", "{project}", "--data", "x", "--set", "batch=8", "--set", "batch=9"], "twice"),
        (["resume", "{project}", "no-run"], "There is no run no-run"),
        (["stop", "{project}", "no-run"], "There is no run no-run"),
        (["generate", "{project}", "no-run", "--out", "{tmp}/a.png"], "There is no run no-run"),
        (["generate", "{project}", "no-run", "--out", "{tmp}/a.jpg"], ".png"),
        (["generate", "{project}", "r", "--out", "{tmp}/o", "--checkpoint", "first"], "last, best"),
        (["generate", "{project}", "r", "--out", "{tmp}/o", "--label", "blond"], "NAME=VALUE"),
        (["film", "{project}", "r", "--out", "{tmp}/a.mp3"], ".gif"),
        (["settings", "--family", "gun"], "gan"),
        (["data", "builtin", "{project}", "landscapes"], "portraits"),
        (["data", "builtin", "{project}", "world", "--size", "32"], "size"),
        (["data", "builtin", "{project}", "world", "--kind", "verse"], "chat"),
        (["data", "builtin", "{project}", "portraits", "--count", "0"], "count"),
        (["data", "add", "{project}", "{tmp}/nothing", "--name", "x"], "There is nothing at"),
        (["--wrong"], "--wrong"),
        (["data", "wrong"], "wrong"),
        (["trian", "{project}"], "train"),
        (["{tmp}/nowhere"], "studio new"),
    ],
)
def test_wrong_use_ends_with_one_sentence_and_code_2(
    arguments: list[str], words: str, project: Path, tmp_path: Path, capsys: Captured
):
    capsys.readouterr()
    assert run([word.format(project=project, tmp=tmp_path) for word in arguments]) == 2
    captured = capsys.readouterr()
    said = [line for line in captured.err.splitlines() if line]
    assert words in said[-1]
    assert "Traceback" not in captured.err
    assert captured.out == ""


def test_without_a_display_it_names_the_headless_way(project: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    for arguments in ([], [str(project)]):
        assert run(arguments) == 1
        assert "studio train" in capsys.readouterr().err


def test_a_first_word_that_is_no_command_is_a_project(project: Path, monkeypatch: pytest.MonkeyPatch):
    import types

    opened = []
    app = types.ModuleType("studio.app")
    app.main = lambda path: opened.append(path) or 0  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "studio.app", app)
    monkeypatch.chdir(project.parent)
    assert run(["new", "train"]) == 0
    assert run([]) == run([str(project)]) == run(["./train"]) == 0
    assert opened == [None, project, Path("train")]


# --- data ------------------------------------------------------------------------------------------------------


def test_a_folder_of_classes_is_added_and_listed(project: Path, tiny_pictures: Path, capsys: Captured):
    capsys.readouterr()
    assert run(["data", "add", str(project), str(tiny_pictures), "--name", HOSTILE.replace("\x1b", ""), "--json"]) == 0
    printed = lines(capsys)
    assert printed[-1]["status"] == "finished"
    assert printed[-1]["result"]["count"] == 36
    assert printed[-1]["result"]["labels"] == {"class": {"circles": 12, "squares": 12, "stripes": 12}}
    assert run(["data", "list", str(project)]) == 0
    shown = capsys.readouterr().out
    assert "\u202e" not in shown
    assert '<img src="file:///etc/passwd">[bold red]' in shown


def test_texts_are_added_listed_checked_and_refused_by_picture_families(
    project: Path, tmp_path: Path, capsys: Captured
):
    found = [{"prompt": f"Who is {i % 30}?", "response": f"She is {i % 30}."} for i in range(31)]
    (tmp_path / "qa.jsonl").write_text("\n".join(map(json.dumps, found)))
    capsys.readouterr()
    assert run(["data", "add", str(project), str(tmp_path / "qa.jsonl"), "--name", "qa", "--json"]) == 0
    result = lines(capsys)[-1]["result"]
    assert (result["kind"], result["count"]) == ("chat", 31)
    assert run(["data", "list", str(project)]) == 0
    assert "chat" in capsys.readouterr().out
    assert run(["data", "check", str(project), "qa", "--json"]) == 0
    codes = [finding["code"] for finding in lines(capsys)[-1]["findings"]]
    assert codes == ["duplicates", "statistics", "few"]
    assert run(["train", str(project), "--family", "gan", "--data", "qa"]) == 2
    assert "holds conversations, and models of the family gan learn from pictures" in capsys.readouterr().err
    wrong = ["data", "add", str(project), str(tmp_path / "qa.jsonl"), "--name", "y", "--kind", "verse"]
    assert run(wrong) == 2


def test_a_source_without_a_picture_fails_in_a_sentence(project: Path, tmp_path: Path, capsys: Captured):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.bin").write_text("no picture")
    assert run(["data", "add", str(project), str(tmp_path / "empty"), "--name", "x"]) == 1
    captured = capsys.readouterr()
    assert len(captured.err.splitlines()[-1]) > 20
    assert "Traceback" not in captured.err
    assert list((project / "data").iterdir()) == []


def test_a_name_that_is_taken_is_refused_before_anything_is_read(project: Path, tiny_pictures: Path, capsys: Captured):
    assert run(["data", "add", str(project), str(tiny_pictures), "--name", "shapes"]) == 0
    assert run(["data", "add", str(project), str(tiny_pictures), "--name", "shapes"]) == 2
    assert "already" in capsys.readouterr().err
    with Project.open(project, write=False) as opened:
        assert [record.name for record in opened.datasets.all()] == ["shapes"]


def test_builtin_and_check(project: Path, capsys: Captured):
    assert run(["data", "builtin", str(project), "portraits", "--count", "20", "--size", "32"]) == 0
    capsys.readouterr()
    assert run(["data", "check", str(project), "portraits", "--json"]) == 0
    last = lines(capsys)[-1]
    assert last["status"] == "finished"
    assert isinstance(last["findings"], list)
    assert run(["data", "check", str(project), "portraitz"]) == 2


def test_the_world_is_written_as_conversations_or_as_text(project: Path, capsys: Captured):
    for form in ("chat", "text"):
        words = ["data", "builtin", str(project), "world", "--name", form, "--kind", form, "--count", "20", "--json"]
        assert run(words) == 0
        result = lines(capsys)[-1]["result"]
        assert (result["name"], result["kind"], result["count"]) == (form, form, 20)


def test_a_project_that_another_holds_is_refused_with_its_holder(project: Path, tiny_pictures: Path, capsys: Captured):
    with Project.open(project, write="required"):
        assert run(["data", "add", str(project), str(tiny_pictures), "--name", "x"]) == 1
        assert "in use by" in capsys.readouterr().err
        assert run(["data", "list", str(project)]) == 0


# --- settings, help, speed -------------------------------------------------------------------------------------


def test_settings_lists_path_default_range_and_help(capsys: Captured):
    assert run(["settings", "--family", "gan", "--json"]) == 0
    rows = {row["path"]: row for row in lines(capsys)}
    assert rows["batch"]["minimum"] == 1
    assert rows["loss"]["choices"][0] == "non_saturating"
    assert all(row["help"] for row in rows.values())
    assert run(["settings", "--family", "gan"]) == 0
    assert "steps\t" in capsys.readouterr().out


@pytest.mark.parametrize("command", [[], ["train"], ["resume"], ["generate"], ["data"], ["data", "add"], ["doctor"]])
def test_every_command_has_help(command: list[str], capsys: Captured):
    assert run([*command, "--help"]) == 0
    assert "Usage" in capsys.readouterr().out


def test_light_commands_load_neither_torch_nor_qt(project: Path):
    code = (
        "import sys\n"
        "sys.modules['torch'] = None\n"
        "from studio.cli.app import run\n"
        f"assert run(['runs', {str(project)!r}]) == 0\n"
        f"assert run(['data', 'list', {str(project)!r}]) == 0\n"
        "assert run(['settings']) == 0\n"
        f"assert run(['train', {str(project)!r}, '--data', 'none']) == 2\n"
        "assert not any(name.startswith('PySide6') for name in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_a_reader_that_goes_away_is_no_error(project: Path):
    command = f"{sys.executable} -m studio settings --json | head -1"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {command}"], capture_output=True, text=True, timeout=60)
    assert done.stderr == ""
    assert json.loads(done.stdout)["path"] == "picture_size"


def test_python_dash_m_and_exit_codes(tmp_path: Path):
    for arguments, code in (["--version"], 0), (["--wrong"], 2):
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "studio", *arguments], capture_output=True, timeout=60, env=os.environ
        )
        assert done.returncode == code
        assert time.monotonic() - began < 30


# --- what is printed -------------------------------------------------------------------------------------------


def test_no_name_repaints_the_terminal():
    assert "\x1b" not in printable(HOSTILE)
    assert "\u202e" not in printable(HOSTILE)
    assert "évil🎈" in printable(HOSTILE)
    assert printable("a\nb") == "a\N{REPLACEMENT CHARACTER}b"


def test_json_has_no_not_a_number():
    data = {"a": float("nan"), "b": [float("inf"), 1.5], "c": {"d": float("-inf")}, "e": "nan"}
    assert finite(data) == {"a": None, "b": [None, 1.5], "c": {"d": None}, "e": "nan"}


def test_durations_and_sizes_in_words():
    assert [duration(s) for s in (3, 89, 200, 7500)] == ["3 s", "89 s", "3 min", "2 h 05 min"]
    assert [size(n) for n in (12, 3400, 5_600_000, 7e9, 8e13)] == ["12 B", "3 KB", "5.6 MB", "7.0 GB", "80000.0 GB"]


def test_plain_lines_tell_pace_and_numbers_together_and_not_too_often(capsys: Captured):
    from studio.cli.output import PlainReporter
    from studio.ground.errors import text
    from studio.ground.events import CheckpointSaved, Metrics, Notice, Progress, Started

    reporter = PlainReporter()
    reporter.report(Started("train", "gan", 5, 100))
    reporter.report(Progress(text("Training"), 5, 100, 12.0, 30.0))
    for step in range(6, 50):
        reporter.report(Metrics(step, step * 8, {"loss": 0.5, "b": 1.0}))
    reporter.report(CheckpointSaved(49, "resume"))
    reporter.report(Notice("n", "warning", text("It is [bold]{x}", x="\x1b[2J"), text("Try this.")))
    reporter.close()
    assert capsys.readouterr().err.splitlines() == [
        "training from step 5 to 100",
        "step 6 of 100, 12/s 30 s left: loss 0.5  b 1",
        "checkpoint at step 49",
        "warning: It is [bold]\N{REPLACEMENT CHARACTER}[2J. Try this.",
    ]
