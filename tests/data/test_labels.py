"""Labels: codes and values, and what the user has changed of them."""

from studio.config.data import Relabelled
from studio.data.labels import labels_of, relabelled


def test_changes_take_effect_and_new_values_come_last() -> None:
    columns = {"hair": labels_of(["red", "blue", "", "red"]), "mood": labels_of(["sad", "gay", "sad", "gay"])}
    names = ["a", "b", "c", "d"]
    changes = (
        Relabelled(name="a", label="hair", value="green"),
        Relabelled(name="c", label="hair", value="blue"),
        Relabelled(name="d", label="hair", value=""),
        Relabelled(name="gone", label="hair", value="blue"),
        Relabelled(name="a", label="gone", value="blue"),
    )
    found = relabelled(columns, names, changes)
    assert found["hair"].values == ("blue", "red", "green")
    assert found["hair"].codes.tolist() == [2, 0, 0, -1]
    assert found["mood"] is columns["mood"] and columns["hair"].codes.tolist() == [1, 0, -1, 1]


def test_of_several_changes_the_last_counts() -> None:
    columns = {"hair": labels_of(["red", "blue"])}
    changes = [Relabelled(name="a", label="hair", value=value) for value in ("blue", "", "red")]
    assert relabelled(columns, ["a", "b"], changes)["hair"].codes.tolist() == [1, 0]
