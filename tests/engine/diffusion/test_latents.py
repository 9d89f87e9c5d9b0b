import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.diffusion.latents import SeededNoise, zeros
from engine.graph.errors import LoomError


def test_zeros_have_the_latent_shape():
    x = zeros(2, 4, 96, 64, factor=8)
    assert x.shape == (2, 4, 8, 12)
    assert not x.any()


def test_size_that_does_not_fit_names_the_nearest():
    with pytest.raises(LoomError, match=r"height of 70 pixels is not a multiple of 8.*Use 72"):
        zeros(1, 4, 64, 70)


@given(st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=4), st.integers(0, 5))
def test_a_picture_depends_on_its_own_seed_only(seeds, index):
    batch = SeededNoise(seeds, (2, 3, 3))(index)
    for seed, noise in zip(seeds, batch, strict=True):
        assert torch.equal(SeededNoise([seed], (2, 3, 3))(index)[0], noise)


@given(st.lists(st.integers(0, 6), max_size=8))
def test_order_of_asking_does_not_matter(order):
    stream = SeededNoise([7], (1, 2, 2))
    straight = [SeededNoise([7], (1, 2, 2))(i) for i in range(7)]
    for i in order:
        assert torch.equal(stream(i), straight[i])


def test_first_noise_is_torchs_for_that_seed():
    want = torch.randn(4, 5, 6, generator=torch.Generator().manual_seed(11))
    assert torch.equal(SeededNoise([3, 11], (4, 5, 6))(0)[1], want)


def test_noises_differ_by_seed_and_by_index():
    n = SeededNoise([1, 2], (4, 8, 8))
    assert not torch.equal(n(0)[0], n(0)[1])
    assert not torch.equal(n(0), n(1))
    assert SeededNoise([0], (4, 64, 64))(0).std().item() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("seeds", [[], [-1], [2**63]])
def test_bad_seeds(seeds):
    with pytest.raises(LoomError, match="seed"):
        SeededNoise(seeds, (1, 2, 2))
