"""Create for diffusion with a network that was really trained, if only for two steps: the same bits again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import UNet2DModel
from PIL import Image
from safetensors.torch import load_file

from studio.config.builtin import Portraits
from studio.config.diffusion import DiffusionConfig, UnetNetwork
from studio.config.requests import BuiltinRequest, ExportRequest, FilmRequest, LoadRequest, TrainRequest
from studio.jobs.registry import run_job
from studio.models.diffusion_format import WEIGHTS
from studio.projects.project import Project
from studio.ui.panels.diffusion_create import DiffusionCreateTab
from studio.ui.window import StudioWindow
from tests.ui.panels.creating import window_of
from tests.ui.panels.forming import opened, paint
from tests.ui.panels.test_gan_create_for_real import work

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def trained_project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A project with forty portraits and a run of two steps that reads words."""
    path = tmp_path_factory.mktemp("real") / "project"
    with Project.create(path):
        pass
    record = work(BuiltinRequest(what=Portraits(count=40, size=32)), path)
    with Project.open(path) as project:
        project.datasets.add(record)
    config = DiffusionConfig(
        steps=2, batch=8, network=UnetNetwork(width=4), sample_count=4, text=True, condition=("hair",)
    )
    plain = config.model_dump(mode="json")
    made = work(TrainRequest(family="diffusion", dataset="portraits", config=plain, device="cpu"), path)
    return path, made["run"]


@pytest.fixture
def tab(make_window: Callable[..., StudioWindow], trained_project: tuple[Path, str]) -> DiffusionCreateTab:
    """Create with that run and few steps."""
    path, run = trained_project
    tab = opened(make_window(path), run)
    tab.desk.clear()
    tab.form.restore({"sampling": {"sampler_steps": 4}})
    return tab


def wait(qtbot: Any, tab: DiffusionCreateTab) -> None:
    qtbot.waitUntil(lambda: not tab.maker.is_busy(), timeout=60_000)


def test_a_kept_picture_dropped_on_the_window_is_made_again_to_the_bit(
    tab: DiffusionCreateTab, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab.form.words.show_texts("a girl with red hair", "glasses")
    tab.form.seed_field.set_value(11)
    tab.form.count.set_value(5)
    window_of(tab).does.run("generate")
    wait(qtbot, tab)
    tab.view.pick([3])
    tab.keep()
    picture = tab.sheet.entries[3].picture
    project = window_of(tab).session.project
    assert project is not None and picture is not None
    file = project.gallery.path(project.gallery.query()[0])
    tab.desk.clear()
    tab.form.restore({})
    said: list[str] = []
    monkeypatch.setattr(tab.session, "toast", lambda words, **more: said.append(words))
    window_of(tab).does.take_drop([file])
    wait(qtbot, tab)
    assert np.array_equal(tab.sheet.entries[0].picture, picture)  # type: ignore[arg-type]
    assert tab.form.words.texts() == {"prompt": "a girl with red hair", "negative": "glasses"}
    tab.again.click()
    wait(qtbot, tab)
    assert said == ["Made again: the same to the bit"] * 2
    assert np.array_equal(tab.sheet.entries[0].picture, picture)  # type: ignore[arg-type]


def test_outside_of_the_paint_nothing_changes(tab: DiffusionCreateTab, qtbot: Any, tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "mine.png")
    window_of(tab).does.take_drop([tmp_path / "mine.png"])
    qtbot.waitUntil(lambda: len(tab.sheet) == 1)
    wait(qtbot, tab)
    assert np.array_equal(tab.sheet.entries[0].picture, pixels)  # type: ignore[arg-type]
    tab.show_painter()
    paint(tab, (0.3, 0.3), (0.7, 0.6))
    mask = tab.form.begin.painted()
    assert mask is not None
    tab.form.count.set_value(2)
    window_of(tab).does.run("generate")
    wait(qtbot, tab)
    for entry in tab.sheet.entries[1:]:
        assert entry.picture is not None
        assert np.array_equal(entry.picture[~mask], pixels[~mask])
        assert not np.array_equal(entry.picture[mask], pixels[mask])


def test_variations_and_ways_of_a_real_network(tab: DiffusionCreateTab, qtbot: Any) -> None:
    tab.form.count.set_value(2)
    window_of(tab).does.run("generate")
    wait(qtbot, tab)
    tab.view.pick([0, 1])
    wait(qtbot, tab)
    assert tab.bench.between.strip.count() == 9
    tab.bench.show_mode("variations")
    wait(qtbot, tab)
    assert tab.bench.variations.strip.count() == 8
    tab.bench.words.other.set_value("blue hair")
    tab.bench.show_mode("words")
    wait(qtbot, tab)
    assert tab.bench.words.way.strip.count() == 9


def test_labels_and_sizes_of_a_real_network(tab: DiffusionCreateTab, qtbot: Any) -> None:
    tab.form.choices.restore({"hair": "blond"})
    tab.form.width_field.set_value(48)
    tab.form.count.set_value(1)
    generated = len(tab.sheet)
    window_of(tab).does.run("generate")
    wait(qtbot, tab)
    entry = tab.sheet.entries[generated]
    assert entry.picture is not None and entry.picture.shape == (32, 48, 3)
    assert entry.labels == {"hair": "blond"}


def test_a_u_net_of_diffusers_is_dropped_used_filmed_and_written(
    make_window: Callable[..., StudioWindow], jobs: dict[type, Any], tmp_path: Path, qtbot: Any
) -> None:
    jobs |= dict.fromkeys((LoadRequest, FilmRequest, ExportRequest), run_job)
    torch.manual_seed(3)
    made = UNet2DModel(
        sample_size=32, block_out_channels=(8, 16), layers_per_block=1, norm_num_groups=4,
        down_block_types=("DownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "UpBlock2D"),
    )  # fmt: skip
    made.save_pretrained(tmp_path / "Somebody's")
    with Project.create(tmp_path / "project"):
        pass
    window = make_window(tmp_path / "project")
    window.session.go("gallery")
    window.does.take_drop([tmp_path / "Somebody's"])
    qtbot.waitUntil(lambda: window.pages.current.page_id == "diffusion", timeout=60_000)
    (info,) = window.session.runs()
    tab: Any = window.pages.current.current_tab()
    tab.form.restore({"sampling": {"sampler_steps": 4}})
    tab.form.count.set_value(1)
    window.does.run("generate")
    wait(qtbot, tab)
    assert tab.sheet.entries[0].picture.shape == (32, 32, 3)
    window.session.go("diffusion", tab="look")
    look: Any = window.pages.current.current_tab()
    film = look.views["film"]
    qtbot.waitUntil(lambda: film.table.columns() > 0 and not look.maker.is_busy(), timeout=60_000)
    film.exporter.ask_file = lambda *_: str(tmp_path / "film")
    film.export.click()
    qtbot.waitUntil((tmp_path / "film.gif").is_file, timeout=60_000)
    window.session.go("diffusion", tab="train", run=info.name)
    train: Any = window.pages.current.current_tab()
    train.works.ask_folder = lambda _: tmp_path
    train.works.export_model("diffusers")
    place = tmp_path / f"{info.name}-diffusers"
    qtbot.waitUntil(lambda: place.is_dir() and not len(window.session.board), timeout=60_000)
    before, after = (load_file(folder / WEIGHTS) for folder in (tmp_path / "Somebody's", place))
    assert before.keys() == after.keys() and all(torch.equal(before[key], after[key]) for key in before)
    names = [action.objectName() for action in train.works.build_menu(
        renew=lambda: None, start_from=lambda _: None, create=lambda _: None).actions()]  # fmt: skip
    assert "runMenu_exportDiffusers" in names
