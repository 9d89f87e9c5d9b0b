import pytest
import torch
from torch.nn import functional as F

from engine.diffusion.blocks.attention import ConstantContext
from engine.diffusion.blocks.k_stages import AdaGroupNorm, KAttention, KDownStage, KUpStage
from engine.diffusion.blocks.resampling import reflected_double, reflected_halve
from engine.diffusion.blocks.unet_stages import StageSettings

ATTENDS = StageSettings(64, (1, 1), 16, 12, heads=8, head_dim=8, attention="k", act_fn="gelu")
PLAIN = StageSettings(64, (1, 1), 16, 12, heads=8, head_dim=8, act_fn="gelu")


@pytest.fixture
def inputs():
    g = torch.Generator().manual_seed(0)
    return (
        torch.randn(2, 64, 8, 8, generator=g),
        torch.randn(2, 16, generator=g),
        torch.randn(2, 5, 12, generator=g),
    )


def test_time_scales_and_shifts_the_norm(inputs):
    x, temb, _ = inputs
    norm = AdaGroupNorm(16, 64, 2)
    scale, shift = norm.linear(temb).chunk(2, dim=1)
    want = F.group_norm(x, 2) * (1 + scale[..., None, None]) + shift[..., None, None]
    torch.testing.assert_close(norm(x, temb), want)


def test_resampling_keeps_what_is_the_same_everywhere():
    x = torch.full((1, 3, 4, 6), 0.7)
    assert torch.allclose(reflected_halve(x), torch.full((1, 3, 2, 3), 0.7))
    assert torch.allclose(reflected_double(x), torch.full((1, 3, 8, 12), 0.7))
    ramp = torch.arange(8.0).expand(1, 1, 8, 8)
    assert reflected_halve(ramp)[0, 0, 0, 1:-1].tolist() == [2.5, 4.5]


@pytest.mark.parametrize("stage", [ATTENDS, PLAIN], ids=["attention", "none"])
@pytest.mark.parametrize("last", [False, True])
def test_one_skip_connection_a_resolution(inputs, stage, last):
    out, skips = KDownStage(stage, 64, last=last)(*inputs)
    assert out.shape == ((2, 64, 8, 8) if last else (2, 64, 4, 4))
    assert [skip.shape for skip in skips] == ([] if last and stage is ATTENDS else [(2, 64, 8, 8)])


@pytest.mark.parametrize("stage", [ATTENDS, PLAIN], ids=["attention", "none"])
@pytest.mark.parametrize("first", [False, True])
def test_an_up_stage_ends_as_wide_as_the_next(inputs, stage, first):
    x, temb, context = inputs
    skips = [torch.zeros(1), x]
    out = KUpStage(stage, 32, first=first, last=False)(x, skips, temb, context)
    assert out.shape == (2, 32, 16, 16)
    assert len(skips) == (2 if first and stage is ATTENDS else 1)


def test_a_constant_context_is_normalised_and_projected_once(inputs):
    x, temb, context = inputs
    layer = KAttention(ATTENDS, 64, to_itself=True)
    constant = ConstantContext(context)
    assert torch.equal(layer(x, temb, constant), layer(x, temb, context))
    assert constant.of(layer.attn2) is constant.of(layer.attn2)
