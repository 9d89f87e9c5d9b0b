from typing import Any

import pytest
import torch

from engine.diffusion.models.autoencoder_tiny import AutoencoderTiny, AutoencoderTinyConfig
from engine.graph.errors import LoomError

TINY: dict[str, Any] = {
    "encoder_block_out_channels": [4, 4],
    "decoder_block_out_channels": [6, 6],
    "num_encoder_blocks": [1, 2],
    "num_decoder_blocks": [2, 1],
}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"encoder_block_out_channels": [4, 8]}, "the encoder needs one width"),
        ({"decoder_block_out_channels": [6]}, "the decoder needs one width at all its 2 levels"),
        (
            {"num_decoder_blocks": [1], "decoder_block_out_channels": [6]},
            "encoder has 2 levels and the decoder 1",
        ),
        ({"act_fn": "gelu"}, "act_fn='gelu'"),
        ({"upsample_fn": "bilinear"}, "upsample_fn='bilinear'"),
        ({"upsampling_scaling_factor": 4}, "upsampling_scaling_factor=4"),
    ],
)
def test_what_is_not_implemented_is_refused_by_name(changes: dict[str, Any], said: str):
    with torch.device("meta"), pytest.raises(LoomError, match=said):
        AutoencoderTiny.from_config({**TINY, **changes})


def test_defaults_are_those_of_taesd():
    config = AutoencoderTinyConfig.from_json({"block_out_channels": [64] * 4})
    assert (config.factor, config.latent_channels, config.scaling_factor) == (8, 4, 1.0)
    assert AutoencoderTinyConfig.from_json(config.to_json()) == config


def test_shapes_and_gradients():
    torch.manual_seed(0)
    model = AutoencoderTiny.from_config(TINY)
    x = torch.rand(2, 3, 8, 12) * 2 - 1
    z = model.encode(x)
    assert z.shape == (2, 4, 4, 6)
    decoded = model.decode(z)
    assert decoded.shape == x.shape
    (decoded - x).square().mean().backward()
    assert [n for n, weight in model.named_parameters() if weight.grad is None] == []


def test_outliers_are_squeezed():
    torch.manual_seed(0)
    model = AutoencoderTiny.from_config(TINY).eval()
    z = torch.full((1, 4, 2, 2), 1e4)
    torch.testing.assert_close(model.decode(z), model.decode(z * 10))
    small = torch.full((1, 4, 2, 2), 1e-3)
    assert not torch.allclose(model.decode(small), model.decode(-small), atol=1e-6)


def test_latents_are_kept_as_a_picture():
    model = AutoencoderTiny.from_config(TINY)
    z = torch.tensor([-4.0, -3.0, 0.0, 1.5, 3.0, 5.0])
    kept = model.scale_latents(z)
    assert kept.tolist() == [0.0, 0.0, 0.5, 0.75, 1.0, 1.0]
    assert model.unscale_latents(kept).tolist() == [-3.0, -3.0, 0.0, 1.5, 3.0, 3.0]
