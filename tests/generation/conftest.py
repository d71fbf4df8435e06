"""What tests of generation share."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.training.conftest import TinyPictures


@pytest.fixture(scope="session")
def tiny() -> TinyPictures:
    """72 pictures of 32x32 with the labels ``hair`` and ``smile``."""
    return TinyPictures()


@pytest.fixture
def make_copy() -> Callable[[Path, Path], Path]:
    """A function that copies a checkpoint's folder, so that it can be damaged."""

    def copy(source: Path, target: Path) -> Path:
        return Path(shutil.copytree(source, target))

    return copy
