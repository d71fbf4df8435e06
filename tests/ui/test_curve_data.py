"""Smoothing with honest ends, thinning that paints the same line, ranges and readings."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.ui import curve_data as cd

numbers = st.floats(-1e6, 1e6, allow_subnormal=False)
gappy = st.lists(st.one_of(numbers, st.sampled_from([math.nan, math.inf, -math.inf])), max_size=300)
weights = st.floats(0, 0.99)


def slow_smooth(values: list[float], weight: float) -> list[float]:
    """The definition, one value after the other."""
    result, total, share = [], 0.0, 0.0
    for value in values:
        if not math.isfinite(value):
            result.append(math.nan)
            continue
        total, share = value + weight * total, 1 + weight * share
        result.append(total / share)
    return result


@given(gappy, weights)
def test_smoothing_is_the_definition(values, weight):
    np.testing.assert_allclose(cd.smooth(values, weight), slow_smooth(values, weight), rtol=1e-9, atol=1e-6)


@given(st.lists(numbers, min_size=1, max_size=200), weights)
def test_first_value_stays(values, weight):
    assert cd.smooth(values, weight)[0] == values[0]


@given(numbers, st.integers(1, 500), weights)
def test_constants_stay(value, count, weight):
    np.testing.assert_allclose(cd.smooth([value] * count, weight), value, rtol=1e-12)


@given(gappy, weights)
def test_gaps_stay_gaps_and_nothing_else(values, weight):
    np.testing.assert_array_equal(np.isfinite(cd.smooth(values, weight)), np.isfinite(np.array(values, dtype=float)))


@given(st.lists(numbers, min_size=1, max_size=200), weights)
def test_smoothed_stays_within_the_raw(values, weight):
    smoothed = cd.smooth(values, weight)
    room = 1e-9 * max(1.0, max(map(abs, values)))
    assert smoothed.min() >= min(values) - room and smoothed.max() <= max(values) + room


def test_no_smoothing_is_the_raw_and_bad_weights_are_refused():
    np.testing.assert_array_equal(cd.smooth([3, 1, 2], 0), [3, 1, 2])
    for weight in (1, -0.1, 1.5):
        with pytest.raises(ValueError, match="weight"):
            cd.smooth([1], weight)


def test_smoothing_leaves_its_input_alone():
    values = np.array([1.0, math.inf, 3.0])
    cd.smooth(values, 0.5)
    assert math.isinf(values[1])


@settings(max_examples=60)
@given(st.lists(st.one_of(numbers, st.just(math.nan)), min_size=1, max_size=2000), st.integers(1, 60))
def test_thinning_keeps_what_is_seen(values, columns):
    y = np.array(values)
    x = np.arange(len(y), dtype=float)
    low, high = 0.0, float(max(len(y) - 1, 1))
    thin_x, thin_y = cd.thin(x, y, low=low, high=high, columns=columns)
    kept = thin_x.astype(int)
    np.testing.assert_array_equal(thin_y, y[kept])
    assert (np.diff(thin_x) > 0).all()
    assert thin_x[0] == x[0] and thin_x[-1] == x[-1]
    if np.isfinite(y).any():
        assert np.nanmin(thin_y) == np.nanmin(y) and np.nanmax(thin_y) == np.nanmax(y)
    assert np.isnan(thin_y).any() == np.isnan(y).any()
    assert len(thin_x) <= max(5 * (columns + 1), 2 * columns)


def test_two_points_stay_two_points():
    x, y = cd.thin(np.array([0.0, 9.0]), np.array([1.0, 2.0]), low=0, high=9, columns=1)
    assert x.tolist() == [0, 9] and y.tolist() == [1, 2]


def test_thinning_reaches_beyond_the_edges_by_one_point():
    x = np.arange(100.0)
    seen, _ = cd.thin(x, x, low=40.5, high=50.5, columns=400)
    assert (seen[0], seen[-1]) == (40, 51)


def test_every_column_keeps_its_extremes():
    rng = np.random.default_rng(3)
    x, y = np.arange(10_000.0), rng.standard_normal(10_000)
    thin_x, thin_y = cd.thin(x, y, low=0, high=10_000, columns=100)
    for column in range(100):
        inside = (thin_x >= column * 100) & (thin_x < (column + 1) * 100)
        piece = y[column * 100 : (column + 1) * 100]
        assert thin_y[inside].min() == piece.min() and thin_y[inside].max() == piece.max()
        assert inside.sum() <= 4


def test_log_of_what_is_not_positive_is_a_gap():
    found = cd.log_values(np.array([100.0, 0.0, -1.0, math.nan]))
    np.testing.assert_array_equal(found, [2, math.nan, math.nan, math.nan])


def test_range_leaves_room_and_tames_spikes():
    strong = np.linspace(0, 1, 1000)
    faint = strong.copy()
    faint[500] = 1e9
    low, high = cd.value_range([strong], [faint])
    assert low == pytest.approx(-0.06, abs=0.01) and high == pytest.approx(1.06, abs=0.01)
    assert cd.value_range([np.array([math.nan])], []) is None
    low, high = cd.value_range([np.array([5.0])], [])
    assert low < 5 < high


@pytest.mark.parametrize(("step", "index"), [(-5, 0), (0, 0), (14, 1), (15, 1), (16, 2), (99, 2)])
def test_nearest(step, index):
    assert cd.nearest(np.array([0.0, 10.0, 20.0]), step) == index


def test_curve_reads_and_grows():
    curve = cd.Curve()
    assert curve.at(3, 0.5) is None
    curve.set([0, 10], [1.0, 3.0])
    assert curve.at(2, 0.5) == (0, 1, 1)
    before = curve.smoothed(0.5)
    assert curve.smoothed(0.5) is before
    curve.append([20], [math.inf])
    assert curve.smoothed(0.5) is not before
    assert math.isnan(curve.at(20, 0.5)[1])


def test_curve_refuses_what_makes_no_line():
    with pytest.raises(ValueError, match="one value a step"):
        cd.Curve().set([1, 2], [1.0])
    with pytest.raises(ValueError, match="ascend"):
        cd.Curve().set([2, 1], [1.0, 2.0])


def test_table():
    one, two = cd.Curve(), cd.Curve()
    one.set([1, 2], [0.5, math.nan])
    two.set([2, 3], [1.0, 2.0])
    assert cd.table_text({"loss": one, 'odd, "name"': two}) == 'step,loss,"odd, ""name"""\n1,0.5,\n2,,1.0\n3,,2.0\n'
