"""A Data page in the real window, pictures for it, and a page with these pictures."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from studio.projects.project import Project
from studio.ui.pages.data import DataPage
from studio.ui.window import StudioWindow
from tests.ui.pages.data_page import (
    LONG,
    fill,
    settled,
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An empty project."""
    found = tmp_path / "project é"
    Project.create(found).close()
    return found


@pytest.fixture
def open_page(qtbot: Any, make_window: Callable[..., StudioWindow]) -> Iterator[Callable[[Path | None], DataPage]]:
    """A function that shows the Data page of a window on a project."""

    def show(project: Path | None) -> DataPage:
        window = make_window(project)
        window.resize(1280, 800)
        page = window.pages.show("data")
        assert isinstance(page, DataPage)
        return page

    yield show


@pytest.fixture
def sprites(tmp_path: Path) -> Path:
    """Two classes of 40x60 pictures, some transparent, one of them twice, one that is not a picture."""
    root = tmp_path / "sprites"
    generator = np.random.default_rng(3)
    for kind in ("cats", "dogs"):
        (root / kind).mkdir(parents=True)
        for number in range(8):
            pixels = generator.integers(0, 256, (60, 40, 4), np.uint8)
            pixels[:10, :, 3] = 0
            Image.fromarray(pixels).save(root / kind / f"{kind}{number}.png")
    copy = (root / "cats" / "cats0.png").read_bytes()
    (root / "cats" / "copy.png").write_bytes(copy)
    (root / "dogs" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n nothing follows")
    return root


@pytest.fixture
def shown(qtbot: Any, path: Path, sprites: Path, open_page: Any) -> DataPage:
    """The page with the sprites chosen, read and checked."""
    fill(path, sprites)
    page = open_page(path)
    qtbot.waitUntil(lambda: page.view.sight is not None, timeout=LONG)
    settled(qtbot, page)
    return page
