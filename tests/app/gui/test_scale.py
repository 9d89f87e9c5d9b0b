"""How sliders go through ranges."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.gui.inspector.widgets.number import read_number
from app.gui.scale import Scale
from engine.graph.params import MAX_SEED, Param, Range

RANGES = [
    (Range(1, 1000), int),
    (Range(64, 8192, 8), int),
    (Range(0, 64), int),
    (Range(-65536, 65536), int),
    (Range(0, 100, 0.1), float),
    (Range(0, 1, 0.01), float),
    (Range(0.01, 1, 0.01), float),
    (Range(-1, 0), float),
    (Range(3, 3), int),
]


@pytest.mark.parametrize("extent, base", RANGES)
@given(fraction=st.floats(0, 1))
def test_every_place_of_a_slider_is_a_value_that_fits(extent, base, fraction):
    scale = Scale.of(extent, base is int)
    param = Param("p", base, extent.low, extent)
    value = scale.value(fraction)
    assert param.validate(value) == value
    assert scale.value(scale.fraction(value)) == pytest.approx(value, abs=scale.step * 1.01)


@pytest.mark.parametrize("extent, base", RANGES)
def test_ends_and_order(extent, base):
    scale = Scale.of(extent, base is int)
    values = [scale.value(place / 200) for place in range(201)]
    assert values[0] == extent.low and values[-1] == extent.high
    assert values == sorted(values)


def test_wide_ranges_are_finer_where_values_are_small():
    assert Scale.of(Range(64, 8192, 8), True).value(0.5) == 728
    assert Scale.of(Range(1, 1000), True).value(0.5) == 32
    assert Scale.of(Range(0, 64), True).value(0.5) == 32
    assert Scale.of(Range(-65536, 65536), True).value(0.5) == 0


def test_steps_are_exact():
    seeds = Scale(0, MAX_SEED, 1, True)
    assert seeds.moved(MAX_SEED - 1, 5) == MAX_SEED
    assert seeds.moved(2**60 + 1, 1) == 2**60 + 2
    assert Scale.of(Range(0, 100, 0.1), False).moved(7.5, 1) == 7.6
    assert Scale.of(Range(64, 8192, 8), True).moved(512, 10) == 592
    assert Scale.of(Range(64, 8192, 8), True).moved(8192, 1) == 8192


@pytest.mark.parametrize(
    "text, whole, value",
    [
        ("7,5", False, 7.5),
        (" 20 ", True, 20),
        ("1 024", True, 1024),
        ("−3", True, -3),
        ("2.5", True, 2.5),
        ("9223372036854775807", True, 2**63 - 1),
        ("nan", False, None),
        ("many", True, None),
        ("", True, None),
    ],
)
def test_numbers_are_read_as_people_type_them(text, whole, value):
    assert read_number(text, whole) == value
