"""Files of tensors: written finite, read without mapping, every damage noticed that shows in the form."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from studio.ground.errors import DamagedError
from studio.models.weights import NotFiniteError, read_tensors, table_of, write_tensors

TENSORS = {
    "weight": torch.randn(4, 3, 2, 2).to(memory_format=torch.channels_last),
    "count": torch.tensor(7),
    "half": torch.randn(5).bfloat16(),
    "none": torch.zeros(0, 3),
    "flag": torch.tensor([True, False]),
}
TABLE = table_of(TENSORS)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_tensors(tmp_path / "a.safetensors", TENSORS)
    return tmp_path / "a.safetensors"


def test_what_is_written_is_read(file: Path) -> None:
    for found in (read_tensors(file, TABLE), load_file(file)):
        assert set(found) == set(TENSORS)
        assert all(
            torch.equal(found[name], tensor) and found[name].dtype == tensor.dtype for name, tensor in TENSORS.items()
        )


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_nothing_that_is_not_finite_is_written(tmp_path: Path, bad: float) -> None:
    with pytest.raises(NotFiniteError, match="weight holds a number that is not finite"):
        write_tensors(tmp_path / "a", {"weight": torch.tensor([1.0, bad])})
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    "table",
    [
        TABLE | {"more": (torch.float32, (1,))},
        {name: entry for name, entry in TABLE.items() if name != "half"},
        TABLE | {"half": (torch.bfloat16, (6,))},
        TABLE | {"half": (torch.float32, (5,))},
    ],
    ids=["missing", "surplus", "shape", "type"],
)
def test_other_architectures_are_refused(file: Path, table: dict[str, tuple[torch.dtype, tuple[int, ...]]]) -> None:
    with pytest.raises(DamagedError, match=r"a\.safetensors, (more|half) "):
        read_tensors(file, table)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.3, 0.6, 0.9, 0.99])
def test_cut_files_are_refused(file: Path, share: float) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(DamagedError):
        read_tensors(file, TABLE)


@pytest.mark.parametrize(
    "header",
    [b"{}", b"[1]", b"\xff\xfe", b'{"weight": 3}', b"[" * 50_000, json.dumps({"weight": {"dtype": "F32"}}).encode()],
)
def test_strange_headers_are_refused(tmp_path: Path, header: bytes) -> None:
    path = tmp_path / "a"
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(DamagedError):
        read_tensors(path, TABLE)


@pytest.mark.parametrize("offsets", [[0, 4], [-8, 0], [0, 10**9], None, ["a", "b"], [0]])
def test_strange_offsets_are_refused(tmp_path: Path, offsets: object) -> None:
    header = json.dumps({"x": {"dtype": "F32", "shape": [2], "data_offsets": offsets}}).encode()
    path = tmp_path / "a"
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(8))
    with pytest.raises(DamagedError):
        read_tensors(path, {"x": (torch.float32, (2,))})


def test_a_missing_file_is_damage(tmp_path: Path) -> None:
    with pytest.raises(DamagedError, match="cannot be read"):
        read_tensors(tmp_path / "gone", TABLE)
