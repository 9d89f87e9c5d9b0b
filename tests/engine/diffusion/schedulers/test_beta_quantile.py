import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.diffusion.schedulers.beta_quantile import cumulative, quantile

shapes = st.floats(0.2, 20)


@given(st.floats(1e-6, 1 - 1e-6))
def test_arcsine_distribution_in_closed_form(p):
    assert quantile(p, 0.5, 0.5) == pytest.approx(math.sin(math.pi * p / 2) ** 2, rel=1e-12)


@given(st.floats(1e-6, 1 - 1e-6), shapes)
def test_power_distribution_in_closed_form(p, a):
    assert quantile(p, a, 1.0) == pytest.approx(p ** (1 / a), rel=1e-11)


@given(st.floats(1e-4, 1 - 1e-4), shapes, shapes)
def test_quantile_inverts_the_distribution(p, a, b):
    x = quantile(p, a, b)
    if 0 < x < 1:
        # Near 1 the distribution can rise faster than x has digits: p lies between x's neighbours.
        below, above = math.nextafter(x, 0), math.nextafter(x, 1)
        assert cumulative(below, a, b) <= p * (1 + 1e-7)
        assert above == 1 or cumulative(above, a, b) >= p * (1 - 1e-7)


def test_ends():
    assert (quantile(0.0, 0.6, 0.6), quantile(1.0, 0.6, 0.6)) == (0.0, 1.0)
    assert quantile(0.5, 0.6, 0.6) == pytest.approx(0.5)
