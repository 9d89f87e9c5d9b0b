from itertools import pairwise
from typing import Any

import pytest
import torch

from engine.diffusion.models.controlnet import (
    ControlNetConfig,
    ControlNetModel,
    ControlResiduals,
    guess_scales,
)
from engine.diffusion.models.unet_2d_condition import AddedConditioning, UNet2DConditionModel
from engine.graph.errors import LoomError

TINY: dict[str, Any] = {
    "block_out_channels": [8, 16],
    "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
    "layers_per_block": 1,
    "norm_num_groups": 4,
    "cross_attention_dim": 6,
    "attention_head_dim": 2,
}
HINTS = {"conditioning_embedding_out_channels": (4, 6, 8)}


def tiny(**changes: Any) -> ControlNetModel:
    """A ControlNet whose outlets are not silent."""
    torch.manual_seed(0)
    model = ControlNetModel.from_config({**TINY, **HINTS, **changes})
    for name, parameter in model.named_parameters():
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.3)
        assert parameter.any(), name
    return model.eval().requires_grad_(False)


def inputs() -> tuple[torch.Tensor, int, torch.Tensor, torch.Tensor]:
    g = torch.Generator().manual_seed(1)
    sample, text = torch.randn(2, 4, 6, 10, generator=g), torch.randn(2, 3, 6, generator=g)
    return sample, 7, text, torch.rand(2, 3, 24, 40, generator=g)


def test_a_fresh_copy_of_a_unet_changes_nothing_and_then_all():
    torch.manual_seed(0)
    ups = ["UpBlock2D", "CrossAttnUpBlock2D"]
    unet = UNet2DConditionModel.from_config({**TINY, "up_block_types": ups}).double().eval()
    control = ControlNetModel.from_unet(unet, **HINTS)
    assert next(control.parameters()).dtype is torch.float64
    sample, t, text, hint = (x.double() if torch.is_tensor(x) else x for x in inputs())
    found = control(sample, t, text, hint)
    assert not any(x.any() for x in (*found.down, found.mid))
    plain = unet(sample, t, text)
    led = unet(sample, t, text, down_residuals=found.down, mid_residual=found.mid)
    assert torch.equal(led, plain)
    for outlet in (*control.controlnet_down_blocks, control.controlnet_mid_block):
        torch.nn.init.normal_(outlet.weight)
    found = control(sample, t, text, hint)
    led = unet(sample, t, text, down_residuals=found.down, mid_residual=found.mid)
    assert (led - plain).abs().max() > 1e-3
    # The copy has weights of its own.
    with torch.no_grad():
        control.conv_in.weight.zero_()
    assert unet.conv_in.weight.any()


def test_a_unet_of_another_kind_is_refused_by_its_blocks():
    unclip = {
        "down_block_types": ["ResnetDownsampleBlock2D", "SimpleCrossAttnDownBlock2D"],
        "up_block_types": ["SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D"],
        "attention_head_dim": 8,
    }
    with torch.device("meta"):
        unet = UNet2DConditionModel.from_config({**TINY, **unclip})
        with pytest.raises(LoomError, match="ResnetDownsampleBlock2D"):
            ControlNetModel.from_unet(unet)


def test_residuals_fit_the_unet_s_skip_connections():
    control = tiny(layers_per_block=[2, 1])
    found = control(*inputs())
    assert tuple(x.shape[1] for x in found.down) == control.config.skip_widths == (8, 8, 8, 8, 16)
    assert found.mid.shape == (2, 16, 3, 5)


def test_the_hint_matters_and_is_embedded_once_for_all_steps():
    control = tiny()
    sample, t, text, hint = inputs()
    found = control(sample, t, text, hint)
    same = control.residuals(sample, t, text, control.embed_hint(hint))
    assert torch.equal(found.mid, same.mid)
    other = control(sample, t, text, 1 - hint)
    assert all((a - b).abs().max() > 1e-4 for a, b in zip(found.down, other.down, strict=True))
    one = control(sample, t, text, hint[:1])
    torch.testing.assert_close(one.mid[0], found.mid[0], rtol=1e-4, atol=1e-5)


def test_scales_are_of_all_or_of_each():
    control = tiny()
    plain = control(*inputs())
    half = control(*inputs(), scale=0.5)
    torch.testing.assert_close(half.mid, plain.mid / 2)
    scales = [0.0, 1.0, 2.0, 3.0, 4.0]
    each = control(*inputs(), scale=scales)
    pairs = zip((*each.down, each.mid), (*plain.down, plain.mid), strict=True)
    for scale, (got, want) in zip(scales, pairs, strict=True):
        torch.testing.assert_close(got, want * scale)
    with pytest.raises(LoomError, match="5 residuals, and 2 scales"):
        control(*inputs(), scale=[1.0, 1.0])


def test_guess_mode_weakens_the_finer_residuals():
    scales = guess_scales(13)
    assert (scales[0], scales[-1]) == (pytest.approx(0.1), 1.0)
    ratios = [b / a for a, b in pairwise(scales)]
    assert ratios == pytest.approx([10 ** (1 / 12)] * 12)
    control = tiny()
    plain, guessed = control(*inputs()), control(*inputs(), scale=0.5, guess=True)
    torch.testing.assert_close(guessed.down[0], plain.down[0] * 0.05)
    torch.testing.assert_close(guessed.mid, plain.mid * 0.5)


def test_pooled_controls_have_no_places_and_no_finer_ones():
    found = tiny(global_pool_conditions=True)(*inputs(), guess=True)
    want = tiny()(*inputs())
    assert all(x.shape[-2:] == (1, 1) for x in (*found.down, found.mid))
    torch.testing.assert_close(found.down[0], want.down[0].mean((2, 3), keepdim=True))


def test_colours_in_the_other_order():
    sample, t, text, hint = inputs()
    bgr = tiny(controlnet_conditioning_channel_order="bgr")
    torch.testing.assert_close(bgr(sample, t, text, hint.flip(1)).mid, tiny()(*inputs()).mid)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"hint": torch.zeros(2, 1, 24, 40)}, "hints of 3 channels, and this one has 1"),
        ({"hint": torch.zeros(2, 3, 48, 80)}, "latents of 20×12, and these are 10×6.*4 times"),
        ({"encoder_hidden_states": torch.zeros(2, 3, 5)}, "6 wide, and ones 5 wide"),
        (
            {"added": AddedConditioning(torch.zeros(2, 5), torch.zeros(2, 6))},
            "takes no AddedConditioning",
        ),
    ],
)
def test_what_does_not_fit_is_said(change: dict[str, Any], said: str):
    names = ("sample", "timestep", "encoder_hidden_states", "hint")
    given = {**dict(zip(names, inputs(), strict=True)), **change}
    with pytest.raises(LoomError, match=said):
        tiny()(**given)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"mid_block_type": None}, "mid_block_type=None"),
        ({"controlnet_conditioning_channel_order": "grb"}, "'grb'"),
        ({"encoder_hid_dim": 3}, "encoder_hid_dim_type='text_proj'"),
        ({"down_block_types": ["DownBlock2D"]}, "2 widths for 1 down blocks"),
        ({"resnet_out_scale_factor": 2.0}, "resnet_out_scale_factor=2.0"),
    ],
)
def test_settings_that_no_controlnet_has_are_refused(changes: dict[str, Any], said: str):
    with pytest.raises(LoomError, match=said):
        ControlNetConfig.from_json({**TINY, **changes})


def test_residuals_do_not_change():
    one = ControlResiduals((torch.ones(1, 2, 4, 4),), torch.ones(1, 2, 2, 2))
    one.scaled(3.0)
    assert one.down[0].max() == 1 and one.mid.max() == 1
