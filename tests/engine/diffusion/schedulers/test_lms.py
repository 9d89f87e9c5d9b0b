import math

import pytest
import torch

from engine.diffusion.schedulers.euler import EulerDiscreteScheduler
from engine.diffusion.schedulers.lms import LMSDiscreteScheduler, weights

NODES = [3.0, 4.5, 7.0, 14.0]


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_weights_integrate_polynomials_of_lower_degree_exactly(order):
    nodes, end = NODES[:order], 0.5
    for degree in range(order):
        exact = (end ** (degree + 1) - nodes[0] ** (degree + 1)) / (degree + 1)
        found = sum(w * node**degree for w, node in zip(weights(nodes, end), nodes, strict=True))
        assert found == pytest.approx(exact, rel=1e-12)


def test_weights_of_even_steps_are_adams_and_bashforths():
    assert weights([0.0, -1.0, -2.0, -3.0], 1.0) == pytest.approx(
        [55 / 24, -59 / 24, 37 / 24, -9 / 24]
    )


def test_weights_stay_exact_where_levels_are_far_apart():
    found = weights([0.01, 157.0, 3000.0, 20000.0], 0.0)
    assert math.fsum(found) == pytest.approx(-0.01, rel=1e-9)


def test_a_run_begun_in_the_middle_begins_in_first_order():
    lms, euler = LMSDiscreteScheduler().start(20), EulerDiscreteScheduler().start(20)
    x, m = torch.randn(2, 1, 3, 4, 4)
    torch.testing.assert_close(lms.step(5, m, x), euler.step(5, m, x))
    assert not torch.allclose(lms.step(6, -m, x), euler.step(6, -m, x))
    torch.testing.assert_close(lms.step(9, m, x), euler.step(9, m, x))  # after a jump
