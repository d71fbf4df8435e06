"""What a drop means is seen from its names and from a picture's own text."""

from pathlib import Path

import pytest

from studio.ui import drops


@pytest.mark.parametrize("name", ["pictures.zip", "labels.csv", "train-images-idx3-ubyte.gz", "list_attr_celeba.txt"])
def test_files_that_hold_data_sets(tmp_path: Path, name: str) -> None:
    assert drops.understand([tmp_path / name]).kind == "import"


def test_a_folder_is_imported_and_a_project_opened(tmp_path: Path) -> None:
    assert drops.understand([tmp_path]).kind == "import"
    (tmp_path / "project.db").write_bytes(b"")
    assert drops.understand([tmp_path]).kind == "project"


@pytest.mark.parametrize("below", ["", "unet"])
def test_a_network_is_loaded(tmp_path: Path, below: str) -> None:
    place = tmp_path / below
    place.mkdir(exist_ok=True)
    (place / "config.json").write_text('{"model_type": "gpt2"}')
    (place / "model.safetensors").write_bytes(b"")
    assert drops.understand([tmp_path]).kind == "import", "a network of another kind"
    (place / "config.json").write_text('{"_class_name": "UNet2DModel"}')
    assert drops.understand([tmp_path]).kind == "model"
    (place / "model.safetensors").unlink()
    assert drops.understand([tmp_path]).kind == "import"


def test_single_pictures_are_told_apart(tmp_path: Path) -> None:
    assert drops.understand([tmp_path / "a.jpg", tmp_path / "b.PNG"]).kind == "pictures"
    assert drops.understand([tmp_path / "a.jpg", tmp_path / "b.pdf"]).kind == "nothing"
    assert drops.understand([]).kind == "nothing"


def test_a_picture_that_cannot_be_read_is_an_ordinary_one(tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG nothing")
    assert drops.understand([broken]).kind == "pictures"
