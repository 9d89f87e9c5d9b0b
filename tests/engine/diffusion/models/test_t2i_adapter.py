import pytest
import torch
import torch.nn.functional as F

from engine.diffusion.models.t2i_adapter import AdapterBlock, T2IAdapter, T2IAdapterConfig
from engine.graph.errors import LoomError


@pytest.mark.parametrize(
    ("settings", "shapes"),
    [
        ({}, [(320, 64), (640, 32), (1280, 16), (1280, 8)]),
        (
            {"adapter_type": "full_adapter_xl", "downscale_factor": 16},
            [(320, 32), (640, 32), (1280, 16), (1280, 16)],
        ),
        (
            {"adapter_type": "light_adapter", "channels": [320, 640, 1280]},
            [(320, 64), (640, 32), (1280, 16), (1280, 8)],
        ),
    ],
)
def test_states_have_the_sizes_of_the_published_unets_stages(settings, shapes):
    with torch.device("meta"):
        states = T2IAdapter.from_config(settings)(torch.empty(1, 3, 512, 512))
    assert [(s.shape[1], s.shape[2]) for s in states] == shapes
    smallest = T2IAdapterConfig.from_json(settings).factor
    assert 512 // smallest == shapes[-1][1]


def test_a_block_halves_by_means_then_widens_then_adds():
    torch.manual_seed(0)
    block = AdapterBlock(3, 4, 1, halve=True, light=False)
    x = torch.randn(1, 3, 4, 6)
    h = block.in_conv(x.unfold(2, 2, 2).unfold(3, 2, 2).mean((-1, -2)))
    layer = block.resnets[0]
    want = h + layer.block2(layer.block1(h).clamp(min=0))
    torch.testing.assert_close(block(x), want)


def test_a_light_block_works_on_a_quarter_of_the_channels():
    block = AdapterBlock(3, 16, 2, halve=False, light=True)
    assert block.resnets[0].block1.weight.shape == (4, 4, 3, 3)
    assert block(torch.randn(1, 3, 4, 6)).shape == (1, 16, 4, 6)


def test_pixels_are_folded_into_channels():
    torch.manual_seed(0)
    model = T2IAdapter.from_config({"channels": [4], "downscale_factor": 2, "in_channels": 1})
    hint = torch.arange(16.0).view(1, 1, 4, 4) / 16
    x = F.conv2d(
        torch.stack([hint[0, 0, i::2, j::2] for i in (0, 1) for j in (0, 1)])[None],
        model.adapter.conv_in.weight,
        model.adapter.conv_in.bias,
        padding=1,
    )
    torch.testing.assert_close(model(hint)[0], model.adapter.body[0](x))


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ((1, 1, 16, 16), "hints of 3 channels, and this one has 1"),
        ((1, 3, 16, 20), "20×16.*multiples of 8"),
    ],
)
def test_hints_that_do_not_fit_are_refused(shape, said):
    model = T2IAdapter.from_config({"channels": [8, 8]})
    with pytest.raises(LoomError, match=said):
        model(torch.zeros(shape))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"adapter_type": "heavy_adapter"}, "'heavy_adapter'"),
        ({"adapter_type": "full_adapter_xl", "channels": [8, 8]}, "4 channels, not 2"),
    ],
)
def test_settings_that_no_adapter_has_are_refused(settings, said):
    with pytest.raises(LoomError, match=said):
        T2IAdapterConfig.from_json(settings)
