"""Table 2 of Lin et al. (2023), T = 1000 and S = 10; counted from 0, there from 1."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.diffusion.schedulers import spacing


def test_leading_is_multiples_from_the_offset():
    t = spacing.leading(1000, 10, offset=1)
    assert t.tolist() == [901, 801, 701, 601, 501, 401, 301, 201, 101, 1]


def test_linspace_includes_both_ends():
    t = spacing.linspace(1000, 10)
    assert t.tolist() == [999, 888, 777, 666, 555, 444, 333, 222, 111, 0]


def test_trailing_starts_at_the_last_timestep():
    t = spacing.trailing(1000, 10)
    assert t.tolist() == [999, 899, 799, 699, 599, 499, 399, 299, 199, 99]


def test_trailing_has_no_step_of_rounding_error():
    assert len(spacing.trailing(1000, 61)) == 61


@pytest.mark.parametrize(
    ("name", "expected"),
    [("leading", [600, 400, 200]), ("linspace", [999, 666, 333]), ("trailing", [999, 666, 332])],
)
def test_before_zero_leaves_out_the_end(name, expected):
    trained = 1000 if name != "leading" else 800
    assert spacing.spaced_before_zero(name, trained, 3).round().tolist() == expected


@given(
    st.sampled_from(["leading", "linspace", "trailing"]),
    st.integers(2, 1000),
    st.data(),
)
def test_descending_and_inside_the_trained_range(name, trained, data):
    steps = data.draw(st.integers(1, trained))
    t = spacing.spaced(name, trained, steps)
    assert len(t) == steps
    assert t[0] <= trained - 1
    assert t[-1] >= 0
    assert (t[:-1] > t[1:]).all()
