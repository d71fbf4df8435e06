"""Metrics: appended, read while written, cut on resuming, and no changed number passes for a true one."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.ground.errors import DamagedError
from studio.projects import metrics_segments
from studio.projects.metrics import ABSENT, MetricsFile, is_absent


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "metrics"


def write(folder: Path, steps: range, *, names: tuple[str, ...] = ("g", "d")) -> MetricsFile:
    """Records of some steps: each value is the step, divided by the place of its column."""
    file = MetricsFile(folder)
    for step in steps:
        file.append(step, step * 32, {name: step / place for place, name in enumerate(names, 1)})
    file.close()
    return file


def test_nothing_yet(folder: Path) -> None:
    file = MetricsFile(folder)
    table = file.read()
    assert (table.first, table.total, len(table.step), dict(table.values)) == (0, 0, 0, {})
    assert file.seams() == [] and file.count() == 0 and file.columns() == () and file.truncate_after(5) == 0
    assert not folder.exists()
    steps, items, values = table.series("g")
    assert len(steps) == len(items) == len(values) == 0


def test_numbers_come_back(folder: Path) -> None:
    file = MetricsFile(folder)
    file.append(1, 32, {"g": 0.5, "d": float("nan")})
    file.append(2, 64, {"g": float("inf")})
    file.append(3, 96, {"d": -1e300, "held out": 0.75})
    file.append(4, 128, {})
    file.close()
    table = MetricsFile(folder).read()
    assert table.step.tolist() == [1, 2, 3, 4] and table.items.tolist() == [32, 64, 96, 128]
    assert list(table.values) == ["g", "d", "held out"] and table.losses == () and table.total == 4
    steps, items, values = table.series("d")
    assert steps.tolist() == [1, 3] and items.tolist() == [32, 96]
    assert np.isnan(values[0]) and values[1] == -1e300  # given as not-a-number: a gap; not given: no point at all
    assert table.series("g")[2].tolist() == [0.5, float("inf")]
    assert table.series("held out")[0].tolist() == [3]
    assert np.all(np.diff(table.time) >= 0)
    assert len(list(folder.glob("*.bin"))) == 2


def test_absent_is_told_from_not_a_number() -> None:
    assert is_absent(np.array([ABSENT, np.nan, 0.0, np.inf])).tolist() == [True, False, False, False]


def test_of_two_records_of_one_step_the_later_counts(folder: Path) -> None:
    file = MetricsFile(folder)
    for step, values in ((1, {"g": 1.0}), (1, {"d": 5.0}), (2, {"g": 2.0}), (2, {"g": 3.0})):
        file.append(step, step, values)
    table = file.read()
    file.close()
    assert table.series("g")[0].tolist() == [1, 2] and table.series("g")[2].tolist() == [1.0, 3.0]
    assert table.series("d")[2].tolist() == [5.0]


def test_reading_goes_on_where_it_stopped(folder: Path) -> None:
    writer, reader = MetricsFile(folder), MetricsFile(folder)
    seen: list[int] = []
    since = 0
    for step in range(100):
        writer.append(step, step, {"g": 1.0} | ({"new": 2.0} if step >= 50 else {}))
        if step % 7 == 0:
            table = reader.read(since)
            assert table.first == since
            seen += table.step.tolist()
            since = table.total
    writer.close()
    table = reader.read(since)
    assert seen + table.step.tolist() == list(range(100))
    assert reader.read(table.total).step.tolist() == [] and reader.read(100).values["new"].shape == (0,)


def test_a_reader_beside_a_writer_sees_whole_records_in_order(folder: Path) -> None:
    writer, reader = MetricsFile(folder), MetricsFile(folder)
    writing = threading.Thread(target=lambda: [writer.append(n, n, {"g": n / 3}) for n in range(3000)])
    writing.start()
    seen: list[int] = []
    while len(seen) < 3000:
        table = reader.read(len(seen))
        assert table.losses == () and np.array_equal(table.values.get("g", np.zeros(0)), table.step / 3)
        seen += table.step.tolist()
    writing.join()
    writer.close()
    assert seen == list(range(3000))


@pytest.mark.parametrize("torn", [1, 8, 39])
def test_a_torn_record_is_ignored_and_overwritten(folder: Path, torn: int) -> None:
    write(folder, range(10))
    with (folder / "0000.bin").open("ab") as handle:
        handle.write(b"\xab" * torn)
    table = MetricsFile(folder, expected=lambda: 10).read()
    assert table.total == 10 and table.losses == ()
    write(folder, range(10, 12))
    table = MetricsFile(folder).read()
    assert table.step.tolist() == list(range(12)) and table.losses == ()


def test_a_zeroed_end_that_was_never_confirmed_is_what_a_power_cut_leaves(folder: Path) -> None:
    write(folder, range(10))
    path = folder / "0000.bin"
    data = path.read_bytes()
    path.write_bytes(data[:-96] + bytes(96))  # two records of 48 bytes
    table = MetricsFile(folder, expected=lambda: 8).read()
    assert table.total == 8 and table.losses == ()
    table = MetricsFile(folder, expected=lambda: 10).read()
    assert table.step.tolist() == list(range(8)) and "2 metrics records are damaged" in str(table.losses[0])


def test_missing_records_are_named(folder: Path) -> None:
    write(folder, range(10))
    path = folder / "0000.bin"
    path.write_bytes(path.read_bytes()[:-96])
    table = MetricsFile(folder, expected=lambda: 10).read()
    assert table.step.tolist() == list(range(8)) and str(table.losses[0]) == "2 metrics records are missing at the end."


def test_every_flipped_bit_is_noticed(folder: Path) -> None:
    write(folder, range(3))
    path = folder / "0000.bin"
    data = path.read_bytes()
    for bit in range(len(data) * 8):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << (bit % 8)
        path.write_bytes(changed)
        table = MetricsFile(folder, expected=lambda: 3).read()
        assert table.losses, bit
        assert set(table.step.tolist()) <= {0, 1, 2}


@pytest.mark.parametrize("signs", [(0, 1), (3, 4), (1, 3)])
def test_two_changed_signs_do_not_cancel(folder: Path, signs: tuple[int, int]) -> None:
    write(folder, range(3))
    path = folder / "0000.bin"
    data = bytearray(path.read_bytes())
    begin = metrics_segments.read_header(path).begin
    for word in signs:
        data[begin + word * 8 + 7] ^= 0x80
    path.write_bytes(data)
    assert "1 metrics records are damaged" in str(MetricsFile(folder, lambda: 3).read().losses[0])


def test_exchanged_records_are_noticed(folder: Path) -> None:
    write(folder, range(3))
    path = folder / "0000.bin"
    data = path.read_bytes()
    begin = metrics_segments.read_header(path).begin
    path.write_bytes(data[:begin] + data[begin + 48 : begin + 96] + data[begin : begin + 48] + data[begin + 96 :])
    assert "2 metrics records are damaged" in str(MetricsFile(folder, lambda: 3).read().losses[0])


def test_going_on_from_a_step(folder: Path) -> None:
    write(folder, range(20))
    file = write(folder, range(20, 40), names=("g", "d", "new"))
    reader = MetricsFile(folder)
    since = reader.read().total
    assert file.truncate_after(25) == 14
    table = reader.read(since)
    assert table.first == 0 and table.step.tolist() == list(range(26)) and file.seams() == [25]
    assert len(list(folder.glob("*.before-1"))) == 1  # what was cut is kept
    write(folder, range(26, 50), names=("g", "d", "new"))
    assert file.truncate_after(10) == 39 and file.seams() == [10]  # a seam after the cut goes with it
    write(folder, range(11, 15), names=("g", "d", "new"))
    table = reader.read()
    assert table.step.tolist() == list(range(15)) and table.losses == ()
    assert file.truncate_after(14) == 0 and file.seams() == [10, 14]
    assert file.truncate_after(14) == 0 and file.seams() == [10, 14]


def test_going_on_from_the_very_beginning_leaves_no_seam(folder: Path) -> None:
    file = write(folder, range(5))
    assert file.truncate_after(-1) == 5 and file.seams() == [] and file.count() == 0
    write(folder, range(3))
    assert MetricsFile(folder).read().step.tolist() == [0, 1, 2]


def test_cutting_half_done_can_be_done_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after the copy and before the cut, after the cut and before the seam: the next start finishes it."""
    for broken in ("studio.projects.metrics.shorten", "studio.projects.metrics.write_json"):
        place = folder / broken.rpartition(".")[2]
        file = write(place, range(10))
        with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
            patched.setattr(broken, _killed)
            file.truncate_after(4)
        again = MetricsFile(place)
        again.truncate_after(4)
        assert again.read().step.tolist() == list(range(5)) and again.seams() == [4]


def _killed(*args: object) -> None:
    raise KeyboardInterrupt


def test_damaged_seams_have_a_name_and_stop_nobody(folder: Path) -> None:
    file = write(folder, range(10))
    file.truncate_after(5)
    (folder / "seams.json").write_text("{}")
    with pytest.raises(DamagedError):
        file.seams()
    assert "seams.json" in str(MetricsFile(folder).read().losses[0])
    file.truncate_after(4)
    assert file.seams() == [4] and MetricsFile(folder).read().losses == ()


def test_a_full_disk_leaves_whole_records(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(folder, range(5))
    real = os.write

    def half(handle: int, data: bytes) -> int:
        return real(handle, data[:20])

    def none(handle: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    ways: tuple[Callable[[int, bytes], int], ...] = (half, none)
    for way in ways:
        with monkeypatch.context() as patched, pytest.raises(OSError, match="No space left"):
            patched.setattr(os, "write", way)
            file.append(5, 5, {"g": 1.0, "d": 2.0})
        assert (file.read().total, MetricsFile(folder).read().total) == (5, 5)
    file.append(5, 160, {"g": 5.0, "d": 2.5})
    file.close()
    assert MetricsFile(folder).read().step.tolist() == list(range(6))


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 2**62),
            st.integers(0, 2**62),
            st.dictionaries(st.text(max_size=9), st.floats(width=64), max_size=4),
        ),
        max_size=12,
    )
)
def test_any_numbers_under_any_names(
    tmp_path_factory: pytest.TempPathFactory, records: list[tuple[int, int, dict[str, float]]]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    file = MetricsFile(folder)
    for step, items, values in records:
        file.append(step, items, values)
    file.close()
    table = MetricsFile(folder).read()
    assert table.step.tolist() == [step for step, _, _ in records] and table.losses == ()
    for row, (_, _, values) in enumerate(records):
        for name, column in table.values.items():
            expected = values.get(name, ABSENT)
            assert column[row] == expected or (np.isnan(column[row]) and np.isnan(expected))
            assert bool(is_absent(column[row : row + 1])[0]) == (name not in values)


def test_the_format_never_changes(tmp_path: Path) -> None:
    """A record of the first release, byte by byte."""
    (tmp_path / "x.bin").write_bytes(metrics_segments.header(("g",)))
    segment = metrics_segments.read_header(tmp_path / "x.bin")
    assert metrics_segments.encode(segment, 7, 224, 1.0, {"g": 0.5}).hex() == RECORD


RECORD = "0700000000000000e000000000000000000000000000f03f000000000000e03fd5270e3295f52e53"
