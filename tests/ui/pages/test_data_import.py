"""The import dialog in the real window: what a source is read as, from which columns, and what is shown of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel

from studio.config.requests import CheckRequest, ImportRequest
from studio.jobs.registry import run_job
from studio.projects.project import Project
from studio.ui.pages.data_import import SourceRow
from studio.ui.widgets.inputs import Combo
from tests.ui.pages.data_page import HOSTILE, LONG, click, dialog_of, labels_of

TABLE = f"id;title;review\n1;Film;{HOSTILE} and more of it\n2;Other;Another long review\n"


@pytest.fixture
def jobs() -> dict[Any, Any]:
    """The real jobs: these tests are about what becomes of real texts."""
    return dict.fromkeys((ImportRequest, CheckRequest), run_job)


@pytest.fixture
def offer(qtbot: Any, path: Path, tmp_path: Path, open_page: Any) -> Any:
    """A function (files' names and words) that opens the dialog on them; gives page, dialog and its rows, looked at."""

    def run(*names: str, **words: str) -> Any:
        for name, said in words.items():
            (tmp_path / name.replace("_", ".")).write_text(said)
        page = open_page(path)
        page.doors.open_import([tmp_path / name for name in names])
        dialog = dialog_of(page, "importDialog")
        rows = dialog.rows()
        qtbot.waitUntil(lambda: all(row.reading.look() is not None for row in rows), timeout=LONG)
        QApplication.processEvents()
        return page, dialog, rows

    return run


def choose(qtbot: Any, row: SourceRow, name: str, value: str) -> None:
    """Choose in a combo box as a user does, and wait for what is seen then."""
    combo = row.findChild(Combo, name)
    before = row.reading.look()
    place = combo.findData(value)
    assert combo.isVisible() and place >= 0, [combo.itemData(i) for i in range(combo.count())]
    combo.setCurrentIndex(place)
    combo.activated.emit(place)
    renewed(qtbot, row, before)


def renewed(qtbot: Any, row: SourceRow, before: object) -> None:
    """Another look has come and is shown."""
    qtbot.waitUntil(lambda: row.reading.look() is not before, timeout=LONG)
    QApplication.processEvents()


def imported(qtbot: Any, page: Any, dialog: Any, path: Path) -> Any:
    """Import, and open the data set that came in."""
    qtbot.mouseClick(dialog.main, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(page.session.datasets()) == 1 and not len(page.session.board), timeout=LONG)
    return page.session.datasets()[0]


def test_a_table_with_several_columns_of_text(qtbot: Any, offer: Any, path: Path) -> None:
    page, dialog, (row,) = offer("table.csv", table_csv=TABLE)
    assert (row.reading.kind.value(), row.reading.columns[0].value()) == ("text", "review")
    assert any(words.startswith(HOSTILE) for words in labels_of(row))
    shown = next(label for label in row.findChildren(QLabel) if label.text().startswith(HOSTILE))
    assert shown.textFormat() == Qt.TextFormat.PlainText
    assert row.request() == ImportRequest(source=row.source, name="table"), "it is read so if nobody chooses"
    choose(qtbot, row, "column0", "title")
    assert "Film" in labels_of(row) and not any(words.startswith(HOSTILE) for words in labels_of(row))
    record = imported(qtbot, page, dialog, path)
    assert (record.kind, record.count, record.characters) == ("text", 2, len("FilmOther"))


def test_a_table_becomes_conversations_or_pairs(qtbot: Any, offer: Any, path: Path) -> None:
    page, dialog, (row,) = offer("table.csv", table_csv=TABLE)
    choose(qtbot, row, "readAs", "chat")
    assert [combo.value() for combo in row.reading.columns] == ["title", "review"]
    choose(qtbot, row, "column0", "review")
    assert row.request().columns == ("review", "title"), "one column cannot be both"
    choose(qtbot, row, "readAs", "parallel")
    assert row.reading.head.isVisible() and not row.reading.head.value()
    choose(qtbot, row, "column0", "1")
    choose(qtbot, row, "column1", "2")
    before = row.reading.look()
    qtbot.mouseClick(row.reading.head, Qt.MouseButton.LeftButton)
    renewed(qtbot, row, before)
    assert row.request() == ImportRequest(
        source=row.source, name="table", kind="parallel", columns=("title", "review")
    )
    record = imported(qtbot, page, dialog, path)
    assert (record.kind, record.count) == ("parallel", 2)


def test_what_tells_itself_is_only_shown(qtbot: Any, offer: Any) -> None:
    talk = {"messages": [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "A fox."}]}
    _, dialog, (row,) = offer("talk.jsonl", talk_jsonl=json.dumps(talk))
    assert {"Who?", "A fox."} <= set(labels_of(row))
    assert row.request() == ImportRequest(source=row.source, name="talk") and dialog.main.isEnabled()


def test_two_files_of_two_languages_are_pairs(qtbot: Any, offer: Any, path: Path) -> None:
    page, dialog, (row,) = offer("train.en", "train.fr", train_en="Hello.\nBye.\n", train_fr="Bonjour.\nSalut.\n")
    assert {"Hello.", "Salut."} <= set(labels_of(row)) and row.field.name() == "train"
    record = imported(qtbot, page, dialog, path)
    assert (record.kind, record.count) == ("parallel", 2)


def test_pairs_in_two_files_wait_for_the_second(qtbot: Any, offer: Any, path: Path, tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("Bonjour.\n")
    page, dialog, (row,) = offer("one.txt", one_txt="Hello.\n")
    choose(qtbot, row, "readAs", "parallel")
    assert not dialog.main.isEnabled() and any("translations" in words for words in labels_of(row))
    before = row.reading.look()
    row.reading.second.edit.setText(str(tmp_path / "other.txt"))
    row.reading.second.edit.editingFinished.emit()
    renewed(qtbot, row, before)
    assert dialog.main.isEnabled() and {"Hello.", "Bonjour."} <= set(labels_of(row))
    assert imported(qtbot, page, dialog, path).kind == "parallel"


def test_a_source_that_cannot_be_opened_says_why(qtbot: Any, path: Path, tmp_path: Path, open_page: Any) -> None:
    (tmp_path / "wrong.zip").write_bytes(b"this is no zip")
    page = open_page(path)
    page.doors.open_import([tmp_path / "wrong.zip"])
    dialog = dialog_of(page, "importDialog")
    error = dialog.findChild(QLabel, "readingError")
    qtbot.waitUntil(error.isVisible, timeout=LONG)
    assert "wrong.zip" in error.text()
    click(qtbot, dialog, "removeSource")
    assert not dialog.rows()
    with Project.open(path, write=False) as project:
        assert not list(project.datasets.all())
