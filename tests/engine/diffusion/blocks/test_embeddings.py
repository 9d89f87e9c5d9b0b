import math

import pytest
import torch

from engine.diffusion.blocks.embeddings import (
    FourierEmbedding,
    TimestepEmbedding,
    sinusoidal_embedding,
)


def by_formula(t: float, dim: int, flip: bool, shift: float, period: float) -> list[float]:
    half = dim // 2
    angles = [t * period ** (-k / (half - shift)) for k in range(half)]
    sines, cosines = [math.sin(a) for a in angles], [math.cos(a) for a in angles]
    return [*(cosines + sines if flip else sines + cosines), *[0.0] * (dim % 2)]


@pytest.mark.parametrize("dim", [2, 8, 9, 320])
@pytest.mark.parametrize("flip", [True, False])
@pytest.mark.parametrize(("shift", "period"), [(0.0, 10_000.0), (0.5, 10_000.0), (0.0, 50.0)])
def test_values_of_the_formula(dim: int, flip: bool, shift: float, period: float):
    times = [0.0, 1.0, 17.5, 250.0, 999.0]
    found = sinusoidal_embedding(
        torch.tensor(times), dim, flip_sin_to_cos=flip, freq_shift=shift, max_period=period
    )
    want = torch.tensor([by_formula(t, dim, flip, shift, period) for t in times])
    assert found.shape == (5, dim) and found.dtype == torch.float32
    # At an angle of 999 radians float32 carries about 1e-4.
    torch.testing.assert_close(found, want, rtol=0, atol=2e-4)
    torch.testing.assert_close(found[:3], want[:3], rtol=0, atol=3e-6)


def test_known_numbers():
    found = sinusoidal_embedding(torch.tensor([1]), 4)
    want = [math.cos(1), math.cos(0.01), math.sin(1), math.sin(0.01)]
    torch.testing.assert_close(found, torch.tensor([want]))


def test_half_precision_and_whole_numbers_give_float32():
    want = sinusoidal_embedding(torch.tensor([500.0]), 16)
    for dtype in (torch.int64, torch.int32, torch.float16, torch.bfloat16):
        assert torch.equal(sinusoidal_embedding(torch.tensor([500], dtype=dtype), 16), want)


def test_condition_is_projected_onto_the_input():
    torch.manual_seed(0)
    layer = TimestepEmbedding(6, 10, cond_dim=3)
    sinusoids, condition = torch.randn(2, 6), torch.randn(2, 3)
    assert layer.cond_proj is not None and layer.cond_proj.bias is None
    moved = layer(sinusoids + condition @ layer.cond_proj.weight.T)
    torch.testing.assert_close(layer(sinusoids, condition), moved)
    assert layer(sinusoids).shape == (2, 10)
    assert TimestepEmbedding(6, 10).cond_proj is None


def test_the_activation_is_the_one_asked_for():
    torch.manual_seed(0)
    layer = TimestepEmbedding(6, 10, act_fn="gelu")
    x = torch.randn(2, 6)
    want = layer.linear_2(torch.nn.functional.gelu(layer.linear_1(x)))
    torch.testing.assert_close(layer(x), want)


def test_noise_levels_are_embedded_by_their_logarithm():
    torch.manual_seed(0)
    layer = FourierEmbedding(3)
    assert not layer.weight.requires_grad and layer.weight.abs().max() > 4
    angles = 2 * math.pi * torch.tensor([0.5, 20.0]).log()[:, None] * layer.weight
    want = torch.cat([angles.sin(), angles.cos()], dim=1)
    torch.testing.assert_close(layer(torch.tensor([0.5, 20.0])), want, rtol=0, atol=1e-4)
    assert torch.equal(layer(torch.tensor([1])), torch.tensor([[0.0, 0, 0, 1, 1, 1]]))
