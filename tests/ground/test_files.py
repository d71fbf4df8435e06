"""Files appear whole or not at all, and notice when they were changed."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.ground import files
from studio.ground.errors import DamagedError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def test_an_error_while_writing_leaves_the_old_file_and_no_litter(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    files.write_bytes(path, b"old")
    with pytest.raises(OSError, match="full"), files.whole_file(path) as handle:
        handle.write(b"half of the n")
        raise OSError("full")
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.bin"]


def test_a_folder_appears_only_when_complete(tmp_path: Path) -> None:
    with pytest.raises(ValueError), files.whole_folder(tmp_path / "f") as folder:
        (folder / "x").write_bytes(b"1")
        raise ValueError
    assert list(tmp_path.iterdir()) == []
    with files.whole_folder(tmp_path / "f") as folder:
        (folder / "x").write_bytes(b"1")
    files.verify_manifest(tmp_path / "f")


def test_the_order_is_files_then_manifest_then_name_then_parent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log: list[str] = []
    real_sync, real_replace, real_manifest = files.sync, files.replace, files.write_manifest
    monkeypatch.setattr(files, "sync", lambda p: (log.append(f"sync {p.name.split(files.LEFTOVER)[0]}"), real_sync(p)))
    monkeypatch.setattr(files, "replace", lambda a, b: (log.append(f"rename {b.name}"), real_replace(a, b)))
    monkeypatch.setattr(files, "write_manifest", lambda p: (log.append("manifest"), real_manifest(p)))
    with files.whole_folder(tmp_path / "point") as folder:
        (folder / "weights").write_bytes(b"w")
    assert log[:2] == ["sync weights", "manifest"]
    assert log.index("manifest") < log.index("rename point")
    assert log[-1] == f"sync {tmp_path.name}"


@pytest.mark.parametrize("damage", ["cut", "flip", "zeros", "missing", "surplus"])
def test_a_manifest_notices_every_damage(tmp_path: Path, damage: str) -> None:
    with files.whole_folder(tmp_path / "f") as folder:
        (folder / "x").write_bytes(bytes(range(200)))
        (folder / "y").write_bytes(b"other")
    target = tmp_path / "f" / "x"
    data = target.read_bytes()
    {
        "cut": lambda: target.write_bytes(data[:-1]),
        "flip": lambda: target.write_bytes(data[:50] + bytes([data[50] ^ 1]) + data[51:]),
        "zeros": lambda: target.write_bytes(bytes(len(data))),
        "missing": target.unlink,
        "surplus": lambda: (tmp_path / "f" / "z").write_bytes(b""),
    }[damage]()
    with pytest.raises(DamagedError):
        files.verify_manifest(tmp_path / "f")


@given(data=st.dictionaries(st.text().filter(lambda k: k != "seal"), JSON, max_size=5))
def test_json_comes_back_as_written(tmp_path_factory: pytest.TempPathFactory, data: dict[str, object]) -> None:
    path = tmp_path_factory.mktemp("json") / "a.json"
    files.write_json(path, data)
    assert files.read_json(path) == json.loads(json.dumps(data))


def test_every_flipped_bit_of_a_json_file_is_noticed_or_harmless(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    original = {"step": 1200, "name": "Porträts", "rates": [0.1, 2e-4]}
    files.write_json(path, original)
    data = path.read_bytes()
    for bit in range(len(data) * 8):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << (bit % 8)
        path.write_bytes(bytes(changed))
        try:
            assert files.read_json(path) == original
        except DamagedError:
            continue


def test_leftovers_are_swept(tmp_path: Path) -> None:
    (tmp_path / f"a{files.LEFTOVER}1").write_bytes(b"")
    (tmp_path / f"b{files.LEFTOVER}2").mkdir()
    (tmp_path / "kept").write_bytes(b"")
    assert len(files.sweep_leftovers(tmp_path)) == 2
    assert [p.name for p in tmp_path.iterdir()] == ["kept"]
