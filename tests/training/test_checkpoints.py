"""What is kept, what goes, and in which order."""

import shutil
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from studio.config.base import Best
from studio.ground.errors import DamagedError
from studio.ground.files import LEFTOVER
from studio.models.weights import open_tensors, read_tensors
from studio.projects.bin import folder_size
from studio.training import checkpoints as module
from studio.training.cadence import MODEL_POINTS, model_steps, resume_interval, sample_steps, thinned
from studio.training.checkpoints import Checkpoints, Point, read_point
from studio.training.state import tables

BEST = Best("distance", lowest=True)
PARTS = {"module.a": {"x": torch.arange(4.0)}, "average.a": {"x": torch.ones(2)}}


def _resume(store: Checkpoints, step: int) -> None:
    assert len(list(store.save_resume(PARTS, {"step": step}, step))) == len(PARTS)


def _model(store: Checkpoints, step: int, distance: float | None = None) -> None:
    measures = {} if distance is None else {"distance": distance}
    list(store.save_model(PARTS, {"step": step, "measures": measures}, step))


def _steps(points: list[Point]) -> list[int]:
    return [point.step for point in points]


def test_the_last_three_resume_points_stay(tmp_path: Path) -> None:
    store = Checkpoints(tmp_path, BEST)
    for step in (1, 2, 3, 4, 5):
        _resume(store, step)
    assert _steps(store.points("resume")) == [3, 4, 5]
    loaded = store.newest_good(tables(PARTS))
    assert loaded is not None and loaded.facts == {"step": 5} and loaded.skipped == ()
    assert torch.equal(loaded.parts["module.a"]["x"], PARTS["module.a"]["x"])


def test_nothing_there_is_nothing(tmp_path: Path) -> None:
    assert Checkpoints(tmp_path / "none").newest_good({}) is None
    assert Checkpoints(tmp_path / "none").points("model") == [] and Checkpoints(tmp_path / "none", BEST).best() is None


def test_the_same_step_can_be_written_again(tmp_path: Path) -> None:
    store = Checkpoints(tmp_path, BEST)
    _resume(store, 1)
    list(store.save_resume({"module.a": {"x": torch.zeros(4)}}, {"step": 1, "new": True}, 1))
    parts, facts = read_point(store.points("resume")[0].path, tables({"module.a": {"x": torch.zeros(4)}}))
    assert facts["new"] and float(parts["module.a"]["x"].sum()) == 0
    assert [p.name for p in tmp_path.iterdir()] == ["resume-000000001"]


@pytest.mark.parametrize("place", ["write_tensors", "write_json", "verify_manifest"])
def test_a_failed_write_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    store = Checkpoints(tmp_path, BEST)
    _resume(store, 1)
    _resume(store, 2)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(module, place, fail)
        for step in (2, 3):
            with pytest.raises(OSError, match="No space"):
                _resume(store, step)
    good = [point for point in store.points("resume") if point.step < 3]
    assert _steps(good) == [1, 2]
    for point in good:
        read_point(point.path, tables(PARTS))
    assert not list(tmp_path.glob(f"*{LEFTOVER}*"))


def test_old_points_go_only_after_the_new_one_is_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, seen = Checkpoints(tmp_path, BEST), []
    for step in (1, 2, 3):
        _resume(store, step)
    monkeypatch.setattr(module, "verify_manifest", lambda _: seen.append(_steps(store.points("resume"))))
    _resume(store, 4)
    assert seen == [[1, 2, 3, 4]] and _steps(store.points("resume")) == [2, 3, 4]


def test_model_points_are_thinned_but_first_best_and_last_stay(tmp_path: Path) -> None:
    store = Checkpoints(tmp_path, BEST)
    for step in range(60):
        _model(store, step, 0.5 if step == 41 else 1.0 + step)
    steps = _steps(store.points("model"))
    assert len(steps) == MODEL_POINTS and {0, 41, 59} <= set(steps)
    best = store.best()
    assert best is not None and best.step == 41
    assert steps[1] - steps[0] <= steps[10] - steps[9] <= 12


def test_model_points_are_bounded_in_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MODEL_BYTES", 6000)
    store = Checkpoints(tmp_path, BEST)
    for step in range(30):
        _model(store, step, 1.0 / (step + 1))
    size = sum(f.stat().st_size for p in store.points("model") for f in p.path.iterdir())
    assert 3 <= len(store.points("model")) < 10 and size <= 6000


def test_a_damaged_model_point_is_never_the_best(tmp_path: Path) -> None:
    store = Checkpoints(tmp_path, BEST)
    _model(store, 0, 1.0)
    _model(store, 1, 0.1)
    (store.points("model")[1].path / "state.json").write_bytes(b"{")
    best = store.best()
    assert best is not None and best.step == 0


def test_the_highest_is_best_where_the_measure_says_so(tmp_path: Path) -> None:
    store = Checkpoints(tmp_path, Best("distance", lowest=False))
    for step, share in ((0, 0.2), (1, 0.9), (2, 0.9), (3, 0.5)):
        _model(store, step, share)
    best = store.best()
    assert best is not None and best.step == 1
    assert Checkpoints(tmp_path).best() is None


def test_without_measures_there_is_no_best(tmp_path: Path) -> None:
    store = Checkpoints(tmp_path, BEST)
    _model(store, 0)
    assert store.best() is None


def test_what_is_set_aside_is_offered_no_more(tmp_path: Path) -> None:
    store = Checkpoints(tmp_path, BEST)
    for _ in range(2):
        _resume(store, 7)
        store.set_aside(store.points("resume"))
    assert store.points("resume") == []
    assert sorted(p.name for p in tmp_path.iterdir()) == ["damaged-resume-000000007-1", "damaged-resume-000000007-2"]


def test_leftovers_are_swept_and_never_listed(tmp_path: Path) -> None:
    store = Checkpoints(tmp_path, BEST)
    _resume(store, 1)
    (tmp_path / f"resume-000000002{LEFTOVER}1234").mkdir()
    assert _steps(store.points("resume")) == [1]
    store.sweep()
    assert [p.name for p in tmp_path.iterdir()] == ["resume-000000001"]


@pytest.mark.parametrize("total", [1, 2, 7, 60, 1200, 40_000, 10_000_000])
@pytest.mark.parametrize("items", [1, 32, 4096])
def test_cadences_hold_their_bounds(total: int, items: int) -> None:
    samples, models = sample_steps(total, items), model_steps(total, items)
    assert len(samples) <= 300 and len(models) <= MODEL_POINTS - 2
    for steps in (samples, models):
        assert {0, total} <= steps and min(steps) == 0 and max(steps) == total
    assert samples == sample_steps(total, items)


def test_samples_are_dense_at_first() -> None:
    steps = sorted(sample_steps(40_000, 32))
    assert steps[:6] == [0, 1, 2, 3, 4, 5]
    gaps = [b - a for a, b in pairwise(steps)]
    assert max(gaps) <= 167 and gaps[100] == 167


def test_thinning_keeps_the_spacing_even_in_the_logarithm() -> None:
    dropped = thinned(list(range(1, 257)), {1, 256}, 9)
    left = sorted(set(range(1, 257)) - set(dropped))
    assert len(left) == 9 and left[0] == 1 and left[-1] == 256
    ratios = [b / a for a, b in pairwise(left)]
    assert max(ratios) <= 3.01
    assert thinned([1, 2, 3], {1, 2, 3}, 2) == []


def test_resume_points_come_every_minute_or_two_per_cent() -> None:
    values: Mapping[float, float] = {0.0: 60.0, 3000.0: 60.0, 36_000.0: 720.0}
    assert {seconds: resume_interval(seconds) for seconds in values} == values


LARGE = {"base": torch.arange(6.0), "added": torch.zeros(2)}
STILL = {"module.a": frozenset({"base"})}


def _tuned(store: Checkpoints, step: int, **changed: torch.Tensor) -> Path:
    parts = {"module.a": LARGE | {"added": torch.full((2,), float(step))} | changed, "task": {"t": torch.ones(1)}}
    list(store.save_resume(parts, {"step": step}, step, still=STILL))
    found, _ = read_point(store.points("resume")[-1].path, tables(parts))
    assert all(torch.equal(found["module.a"][name], tensor) for name, tensor in parts["module.a"].items())
    return store.points("resume")[-1].path / "module.a.still.safetensors"


def test_what_does_not_learn_lies_on_the_disk_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WORTH", 1)
    store = Checkpoints(tmp_path)
    files = [_tuned(store, step) for step in (1, 2, 3)]
    assert len({file.stat().st_ino for file in files}) == 1
    assert set(read_tensors(files[0].with_name("module.a.safetensors"), tables({"a": LARGE})["a"])) == set(LARGE)
    assert folder_size(tmp_path) < 3 * folder_size(files[0].parent) + files[0].stat().st_size
    shutil.copytree(tmp_path, tmp_path.with_name("copy"))
    last = _tuned(store, 4)
    assert not files[0].exists() and last.stat().st_ino == files[1].stat().st_ino
    copied = Checkpoints(tmp_path.with_name("copy")).newest_good(tables({"module.a": LARGE}))
    assert copied is not None and copied.point.step == 3, "a copy needs nothing of the original"


def test_what_has_changed_or_is_damaged_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WORTH", 1)
    store = Checkpoints(tmp_path)
    first, other = _tuned(store, 1), _tuned(store, 2, base=torch.tensor([0.0, 1.0, 2.0, 3.0, 4.0, -0.0]))
    assert first.stat().st_ino != other.stat().st_ino
    other.write_bytes(other.read_bytes()[:-1] + b"\x41")
    third = _tuned(store, 3, base=torch.tensor([0.0, 1.0, 2.0, 3.0, 4.0, -0.0]))
    assert third.stat().st_ino != other.stat().st_ino

    def unknown(*_: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr("os.link", unknown)
    assert _tuned(store, 4).stat().st_nlink == 1
    assert folder_size(tmp_path / "resume-000000004", freed=True) == folder_size(tmp_path / "resume-000000004")
    assert folder_size(first.parent, freed=True) == 0, "it is gone"


def test_what_is_kept_apart_belongs_to_the_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WORTH", 1)
    store = Checkpoints(tmp_path)
    file = _tuned(store, 1)
    table = tables({"module.a": LARGE})
    with open_tensors(file.with_name("module.a.safetensors")) as opened:
        assert opened.shapes == {"base": (6,), "added": (2,)}
        assert torch.equal(opened.read("base"), LARGE["base"])
    with pytest.raises(DamagedError, match="base is missing"):
        read_tensors(file.with_name("module.a.safetensors"), {"added": table["module.a"]["added"]})
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(DamagedError, match=r"still\.safetensors is damaged"):
        read_point(file.parent, table)
    file.unlink()
    with pytest.raises(DamagedError, match=r"still\.safetensors is missing"):
        read_point(file.parent, table)
    monkeypatch.setattr(module, "WORTH", 1 << 20)
    assert not _tuned(store, 2).exists(), "little is not worth a file"
