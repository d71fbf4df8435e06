"""Measures in words: numbers with their errors, which way is good, the best checkpoints, runs compared."""

from pathlib import Path

import pytest

from studio.projects.measures import MeasureFile, MeasureRow
from studio.ui import measured
from studio.ui.text import NO_BREAK


def row(measure: str = "frechet_distance", value: float = 10.0, step: int = 100, **other: object) -> MeasureRow:
    known = {"error": 0.5, "count": 1000, "seed": 0, "features": "pixels", "kind": "model", "at": float(step)}
    lowest = measure.partition(".")[0] not in ("precision", "recall", "attribute_accuracy")
    return MeasureRow(measure=measure, value=value, step=step, lowest_is_best=lowest, **(known | other))  # type: ignore[arg-type]


@pytest.fixture
def file(tmp_path: Path) -> MeasureFile:
    return MeasureFile(tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "error", "words"),
    [
        ("frechet_distance", 12.3456, 0.42, "12.35 ± 0.42"),
        ("frechet_distance", 123.456, 12.0, "123.5 ± 12.0"),
        ("sliced_wasserstein", 0.01234, 0.00032, "0.01234 ± 0.00032"),
        ("precision", 0.931, 0.008, "93.10 ± 0.80 %"),
        ("frechet_distance", 12.3456, None, "12.35"),
        ("precision", 1.0, 0.0, "100.000 ± 0.000 %"),
    ],
)
def test_a_number_shows_the_places_that_its_error_leaves_sense_in(
    name: str, value: float, error: float | None, words: str
) -> None:
    assert measured.number_words(name, value, error).replace(NO_BREAK, " ") == words


def test_names_and_directions() -> None:
    assert measured.title("attribute_accuracy.hair") == "Attribute accuracy: hair"
    assert measured.help_words("precision").endswith("Higher is better.")
    assert measured.help_words("frechet_distance").endswith("Lower is better.")
    assert measured.title("of_tomorrow") == "of tomorrow"
    assert measured.help_words("of_tomorrow") == ""
    assert measured.order(["accuracy", "of_tomorrow", "precision.x", "precision"])[:2] == ["precision", "precision.x"]


def test_what_has_one_unit_stands_in_one_plot(file: MeasureFile) -> None:
    labels = [row(f"attribute_accuracy.{label}", 0.5) for label in ("hair", "glasses")]
    file.add([row(), row("precision", 0.4), row("recall", 0.2), *labels])
    groups = {group.key: group for group in measured.groups(file)}
    assert list(groups) == ["measure:frechet_distance", "measure:precision", "measure:attribute_accuracy"]
    assert [line.name for line in groups["measure:attribute_accuracy"].lines] == ["glasses", "hair"]
    assert groups["measure:precision"].title == "Precision / Recall · higher is better"
    assert groups["measure:frechet_distance"].title.endswith("lower is better")


def test_few_samples_are_said_to_be_few(file: MeasureFile) -> None:
    file.add([row(note="few", count=20)])
    (group,) = measured.groups(file)
    assert group.lines[0].name == "few samples: 20"
    file.add([row("precision", 0.4, note="few"), row("recall", 0.2)])
    names = [line.name for line in measured.groups(file)[1].lines]
    assert names == ["Precision (few samples)", "Recall"]
    assert "few" in measured.note_words(file.all()[0]).lower()
    assert group.lines[0].errors.tolist() == [0.5]


def test_the_best_is_named_only_where_there_is_a_choice(file: MeasureFile) -> None:
    file.add([row(value=5.0, step=100), row(value=3.0, step=200), row(value=2.0, step=300), row("precision", 0.3)])
    (best,) = measured.best_choices(file, kept=[100, 200])
    assert (best.checkpoint, best.step) == ("best:frechet_distance", 200), "step 300 is not kept any more"
    assert best.words == "best by Fréchet distance (judge)"
    assert measured.best_choices(file, kept=[100]) == []


def test_runs_are_compared_by_their_best_and_only_on_the_same_terms(tmp_path: Path) -> None:
    files = {name: MeasureFile(tmp_path / name) for name in ("a", "b", "c")}
    for name in files:
        (tmp_path / name).mkdir()
    files["a"].add([row("precision", 0.5, 100), row("precision", 0.4, 200)])
    files["b"].add([row("precision", 0.6, 100)])
    stand = {name: measured.standing(file, "precision") for name, file in files.items()}
    assert stand["a"].best is not None and stand["a"].last is not None
    assert (stand["a"].best.value, stand["a"].last.value) == (0.5, 0.4)
    assert stand["c"].best is None
    assert measured.leader(stand) == "b"
    assert measured.same_terms(stand.values())
    files["c"].add([row("precision", 0.9, 100, count=50)])
    stand["c"] = measured.standing(files["c"], "precision")
    assert not measured.same_terms(stand.values())
