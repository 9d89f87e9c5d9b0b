from dataclasses import replace

import pytest
import torch

from engine.diffusion.blocks.unet_stages import DownStage, MidStage, StageSettings, UpStage

PLAIN = StageSettings(
    width=8, depths=(1, 1), temb_channels=6, context_dim=5, heads=2, head_dim=4, groups=4
)
KINDS = {
    "plain": PLAIN,
    "transformers": replace(PLAIN, attention="transformer"),
    "residual": replace(PLAIN, residual_resampling=True),
    "added": replace(PLAIN, attention="added_kv", residual_resampling=True),
}


@pytest.fixture
def given() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    g = torch.Generator().manual_seed(0)
    shapes = ((2, 4, 6, 8), (2, 6), (2, 3, 5))
    x, temb, context = (torch.randn(shape, generator=g) for shape in shapes)
    return x, temb, context


@pytest.mark.parametrize("kind", KINDS)
def test_down_keeps_every_layer_and_halves_unless_it_is_the_last(kind: str, given):
    x, temb, context = given
    out, skips = DownStage(KINDS[kind], 4, last=False)(x, temb, context)
    assert [tuple(s.shape) for s in skips] == [(2, 8, 6, 8), (2, 8, 6, 8), (2, 8, 3, 4)]
    assert out is skips[-1]
    out, skips = DownStage(KINDS[kind], 4, last=True)(x, temb, context)
    assert len(skips) == 2 and out.shape == (2, 8, 6, 8)


@pytest.mark.parametrize("kind", KINDS)
def test_up_takes_the_last_skips_first_and_doubles_unless_it_is_the_last(kind: str, given):
    _, temb, context = given
    torch.manual_seed(0)
    stage = UpStage(KINDS[kind], in_channels=12, skip_channels=4, last=False)
    x = torch.randn(2, 12, 3, 4)
    skips = [torch.randn(2, n, *size) for n, size in ((7, (6, 8)), (4, (3, 4)), (8, (3, 4)))]
    rest = [*skips]
    out = stage(x, rest, temb, context)
    assert out.shape == (2, 8, 6, 8) and rest == skips[:1]
    h = stage.layer(0, torch.cat([x, skips[2]], 1), temb, context)
    h = stage.layer(1, torch.cat([h, skips[1]], 1), temb, context)
    up = stage.upsamplers[0]
    torch.testing.assert_close(out, up(h, temb) if KINDS[kind].residual_resampling else up(h))
    last = UpStage(KINDS[kind], in_channels=12, skip_channels=4, last=True)
    assert last(x, [*skips], temb, context).shape == (2, 8, 3, 4)


def test_up_reaches_sizes_that_two_does_not_divide(given):
    _, temb, _ = given
    stage = UpStage(PLAIN, in_channels=8, skip_channels=8, last=False)
    skips = [torch.randn(2, 8, 5, 7), torch.randn(2, 8, 3, 4), torch.randn(2, 8, 3, 4)]
    assert stage(torch.randn(2, 8, 3, 4), skips, temb, None).shape == (2, 8, 5, 7)


def test_the_middle_has_one_resnet_without_attention_and_two_around_it_with(given):
    x, temb, context = given
    x = torch.cat([x, x], 1)
    one = MidStage(replace(PLAIN, depths=(1,)))
    assert len(one.resnets) == 1
    torch.testing.assert_close(one(x, temb, None), one.resnets[0](x, temb))
    two = MidStage(replace(PLAIN, depths=(2,), attention="transformer"))
    assert len(two.resnets) == 2 and len(two.attentions[0].transformer_blocks) == 2
    h = two.attentions[0](two.resnets[0](x, temb), context)
    torch.testing.assert_close(two(x, temb, context), two.resnets[1](h, temb))


def test_depths_are_those_of_each_layer():
    stage = DownStage(replace(PLAIN, depths=(3, 1), attention="transformer"), 4, last=True)
    assert [len(a.transformer_blocks) for a in stage.attentions] == [3, 1]
