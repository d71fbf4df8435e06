"""Every family's panel opens in the window, with a run of its own, and nothing of it is a special case."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QTableView

from studio.config.facts import DataFacts, DeviceFacts, TextFacts
from studio.config.registry import data_kinds, preset
from studio.config.requests import TrainRequest
from studio.families import FAMILIES
from studio.projects.project import Project
from studio.ui.actions import page_shortcuts
from studio.ui.pages import BY_ID, page_of_family, page_title
from studio.ui.panels.panel import TABS, ModelPanel
from studio.ui.panels.tab import PanelTab
from studio.ui.window import StudioWindow

PICTURES = DataFacts(count=12, height=40, width=40, channels=3, labels={"hair": ("red", "blue")})


def facts(family: str) -> DataFacts | TextFacts:
    """What a family's presets know of the data."""
    kind = data_kinds(family)[-1]
    return PICTURES if kind == "pictures" else TextFacts(kind=kind, count=9, characters=900, distinct=30, longest=120)


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest) -> str:
    """Each family."""
    return str(request.param)


@pytest.fixture
def run_name(family: str, project_path: Path) -> str:
    """The name of a finished run of the family in the project."""
    config = preset(family, facts(family), DeviceFacts(), "quick")
    request = TrainRequest(family=family, dataset="cats", config=config.model_dump(mode="json"), dial="quick")
    with Project.open(project_path) as project:
        run = project.runs.new(family, "cats", config, request)
        run.metrics.append(1, 8, {"loss": 1.0})
        run.set_status(state="finished", step=1, total=1)
        run.metrics.close()
        return run.name


def test_its_panel_opens_with_every_tab(
    family: str,
    run_name: str,
    make_window: Callable[..., StudioWindow],
    project_path: Path,
    errors: list[str],
) -> None:
    window = make_window(project_path)
    window.session.go(page_of_family(family), tab="train", run=run_name)
    panel = window.pages.current
    assert (
        isinstance(panel, ModelPanel) and panel.family == family and window.pages.current_id == page_of_family(family)
    )
    for tab in TABS:
        panel.show_tab(tab)
        window.grab()
        assert isinstance(panel.current_tab(), PanelTab) and panel.current_tab().family == family
    assert errors == []


def test_its_run_is_among_the_others(
    family: str, run_name: str, make_window: Callable[..., StudioWindow], project_path: Path, errors: list[str]
) -> None:
    window = make_window(project_path)
    window.pages.show("runs")
    window.grab()
    assert [info.name for info in window.session.runs()] == [run_name]
    shown = [table.model() for table in window.pages.page("runs").findChildren(QTableView) if table.model().rowCount()]
    cells = [str(model.index(0, column).data()) for model in shown for column in range(model.columnCount())]
    assert page_title(page_of_family(family)) in cells and errors == []


def test_it_has_a_place_in_the_navigation(family: str, make_window: Callable[..., StudioWindow]) -> None:
    page = page_of_family(family)
    assert BY_ID[page].family == family and BY_ID[page].group == "models"
    assert page in make_window(show=False).navigation.items
    keys = [key for _, key in page_shortcuts() if key]
    assert len(keys) == len(set(keys)) and page in {shown for shown, _ in page_shortcuts()}
