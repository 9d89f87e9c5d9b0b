from typing import Any

import pytest
import torch

from engine.diffusion.models.vq_model import VQModel, VQModelConfig
from engine.graph.errors import LoomError

TINY: dict[str, Any] = {
    "block_out_channels": [8, 8],
    "down_block_types": ["DownEncoderBlock2D", "AttnDownEncoderBlock2D"],
    "up_block_types": ["AttnUpDecoderBlock2D", "UpDecoderBlock2D"],
    "norm_num_groups": 4,
    "num_vq_embeddings": 6,
}
MOVQ: dict[str, Any] = {**TINY, "block_out_channels": [32, 32], "norm_type": "spatial"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"norm_type": "batch"}, "norm_type='batch'"),
        ({"norm_type": "spatial", "vq_embed_dim": 5}, "needs vq_embed_dim"),
        ({"down_block_types": ["DownBlock2D"] * 2}, "VQModel: unknown block 'DownBlock2D'"),
        ({"up_block_types": ["UpDecoderBlock2D"]}, "2 widths for 2 down and 1 up blocks"),
        ({"act_fn": "gelu"}, "act_fn='gelu'"),
        ({"shift_factor": 0.5}, "shift_factor=0.5"),
    ],
)
def test_what_is_not_implemented_is_refused_by_name(changes: dict[str, Any], said: str):
    with torch.device("meta"), pytest.raises(LoomError, match=said):
        VQModel.from_config({**TINY, **changes})


def test_defaults_are_those_of_the_published_format():
    config = VQModelConfig.from_json({})
    assert (config.latent_channels, config.num_vq_embeddings, config.codes) == (3, 256, 3)
    assert (config.scaling_factor, config.force_upcast, config.factor) == (0.18215, False, 1)
    assert VQModelConfig.from_json(config.to_json()) == config


@pytest.mark.parametrize("config", [TINY, MOVQ], ids=["vq", "movq"])
def test_decoding_quantises_unless_told_not_to(config: dict[str, Any]):
    torch.manual_seed(0)
    model = VQModel.from_config(config).eval()
    z = model.encode(torch.rand(2, 3, 8, 12) * 2 - 1)
    assert z.shape == (2, 3, 4, 6)
    quantised = model.quantize(z)
    picture = model.decode(z)
    assert picture.shape == (2, 3, 8, 12)
    torch.testing.assert_close(picture, model.decode_codes(quantised.indices))
    torch.testing.assert_close(
        picture, model.decode(model.quantize.lookup(quantised.indices), force_not_quantize=True)
    )
    assert not torch.allclose(picture, model.decode(z, force_not_quantize=True))


@pytest.mark.parametrize("config", [TINY, MOVQ], ids=["vq", "movq"])
def test_every_weight_learns(config: dict[str, Any]):
    torch.manual_seed(0)
    model = VQModel.from_config(config)
    x = torch.rand(2, 3, 8, 8) * 2 - 1
    quantised = model.quantize(model.encode(x))
    loss = (model.decode(quantised.latents, force_not_quantize=True) - x).square().mean()
    (loss + quantised.codebook_loss + 0.25 * quantised.commitment_loss).backward()
    assert [n for n, weight in model.named_parameters() if weight.grad is None] == []
    chosen = quantised.indices.unique()
    codebook = model.quantize.embedding.weight.grad
    assert codebook is not None
    assert codebook.any(dim=1).nonzero().flatten().tolist() == chosen.tolist()
