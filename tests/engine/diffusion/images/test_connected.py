import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from engine.diffusion.images.connected import reach


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.booleans(), st.floats(0.3, 0.9))
def test_what_is_reached_is_what_scipy_labels(seed: int, diagonal: bool, share: float):
    chance = np.random.default_rng(seed)
    passable = chance.random((13, 17)) < share
    start = chance.random((13, 17)) < 0.05
    labels, _ = ndimage.label(passable, np.ones((3, 3)) if diagonal else None)
    wanted = np.isin(labels, np.unique(labels[start & passable])) & passable
    if not (start & passable).any():
        wanted[:] = False
    assert np.array_equal(reach(start, passable, diagonal), wanted)


def test_the_end_of_a_long_winding_path_is_reached():
    passable = np.zeros((99, 50), bool)
    passable[::2] = True
    passable[1::4, -1] = passable[3::4, 0] = True  # each row leads into the next at one end
    start = np.zeros_like(passable)
    start[0, 0] = True
    assert np.array_equal(reach(start, passable), passable)
    passable[49] = False
    assert reach(start, passable)[:49].sum() == passable[:49].sum()
    assert not reach(start, passable)[50:].any()


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1)])
def test_small_pictures(shape: tuple[int, int]):
    everything = np.ones(shape, bool)
    start = np.zeros(shape, bool)
    assert not reach(start, everything).any()
    start[-1, -1] = True
    assert reach(start, everything).all()
    assert not reach(start, ~everything).any()
