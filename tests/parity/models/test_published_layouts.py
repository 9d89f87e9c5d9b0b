"""Every name and shape of published models at full size, without memory, against the reference."""

from typing import Any

import pytest
import torch
from torch import nn

from engine.diffusion.models.controlnet import ControlNetModel
from engine.diffusion.models.t2i_adapter import T2IAdapter
from engine.diffusion.models.unet_2d_condition import UNet2DConditionModel
from tests.parity.models.published import ADAPTERS, CONTROLNETS, UNETS

diffusers = pytest.importorskip("diffusers")
pytestmark = pytest.mark.parity

# Parameters, from what was published with the weights.
COUNTS = {
    "stable diffusion 1.5": 859_520_964,
    "stable diffusion 2.1": 865_910_724,
    "sdxl": 2_567_463_684,
}


def compare(ours: Any, theirs: Any, config: dict[str, Any]) -> nn.Module:
    """Our model on the meta device, once its layout has been found equal."""
    with torch.device("meta"):
        mine = ours.from_config(config)
        expected = theirs.from_config(config).state_dict()
    found = mine.state_dict()
    assert {n: v.shape for n, v in found.items()} == {n: v.shape for n, v in expected.items()}
    return mine


@pytest.mark.parametrize("name", UNETS)
def test_unet(name: str):
    model = compare(UNet2DConditionModel, diffusers.UNet2DConditionModel, UNETS[name])
    if name in COUNTS:
        assert sum(p.numel() for p in model.parameters()) == COUNTS[name]


@pytest.mark.parametrize("name", CONTROLNETS)
def test_controlnet(name: str):
    model = compare(ControlNetModel, diffusers.ControlNetModel, CONTROLNETS[name])
    if name == "stable diffusion 1.5":
        assert sum(p.numel() for p in model.parameters()) == 361_279_120


@pytest.mark.parametrize("name", ADAPTERS)
def test_adapter(name: str):
    compare(T2IAdapter, diffusers.T2IAdapter, ADAPTERS[name])


@pytest.mark.parametrize("name", CONTROLNETS)
def test_residuals_fit_the_unet_of_the_family(name: str):
    family = "stable diffusion 1.5" if name == "shuffle" else name
    with torch.device("meta"):
        unet = UNet2DConditionModel.from_config(UNETS[family])
        control = ControlNetModel.from_unet(unet)
    widths = [32, 16, 8, 4]
    config = control.config
    sizes = [widths[0]]
    for i, count in enumerate(config.layers):
        sizes += [widths[i]] * count + ([widths[i + 1]] if i < config.blocks - 1 else [])
    shapes = [(1, w, s, s) for w, s in zip(config.skip_widths, sizes, strict=True)]
    sample = torch.empty(1, 4, 32, 32, device="meta")
    temb = torch.empty(1, config.time_dim, device="meta")
    text = torch.empty(1, 77, config.each("cross_attention_dim")[0], device="meta")
    _, skips = unet.encode(unet.conv_in(sample), temb, text)
    assert [tuple(skip.shape) for skip in skips] == shapes
