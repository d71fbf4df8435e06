"""Every measure is one entry that names a function, and says enough about itself."""

import pytest

from studio.config.registry import capabilities, data_kinds
from studio.families import FAMILIES
from studio.ground.errors import UsageError
from studio.measures.registry import MEASURES, NOTES, find_measure, measures_for


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_an_entry_is_whole(measure) -> None:
    assert callable(measure.load()) and MEASURES[measure.name] is measure
    assert str(measure.help).endswith(".") and measure.name.replace("_", "").isalpha()


def test_names_with_a_label_and_names_that_there_are_not() -> None:
    assert find_measure("accuracy.hair") is MEASURES["accuracy"]
    with pytest.raises(UsageError, match="no measure covrage; the nearest are: coverage"):
        find_measure("covrage")
    assert set(NOTES) == {"few"}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_of_pictures_can_be_measured(family: str) -> None:
    """Language models measure themselves while they learn."""
    assert len(measures_for(capabilities(family))) >= (4 if "pictures" in data_kinds(family) else 0)
