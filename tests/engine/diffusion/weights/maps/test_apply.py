import pytest
import torch

from engine.diffusion.weights.maps.apply import to_ours, to_theirs
from engine.diffusion.weights.maps.text import openclip_map
from engine.diffusion.weights.maps.vae import vae_map
from engine.graph.errors import LoomError

CLIP = openclip_map(1)
VAE = vae_map({"block_out_channels": [8], "layers_per_block": 1})
LAYER = "text_model.encoder.layers.0.self_attn"


def test_one_matrix_becomes_query_key_and_value_without_a_copy():
    stacked = torch.arange(18.0).reshape(9, 2)
    ours = dict(to_ours(CLIP, [("transformer.resblocks.0.attn.in_proj_weight", stacked)]))
    assert list(ours) == [f"{LAYER}.{letter}_proj.weight" for letter in "qkv"]
    assert torch.equal(ours[f"{LAYER}.k_proj.weight"], stacked[3:6])
    assert ours[f"{LAYER}.q_proj.weight"].data_ptr() == stacked.data_ptr()


def test_the_three_come_together_again_in_whatever_order():
    parts = [(f"{LAYER}.{letter}_proj.bias", torch.full((2,), ord(letter))) for letter in "vqk"]
    ((name, whole),) = to_theirs(CLIP, parts)
    assert name == "transformer.resblocks.0.attn.in_proj_bias"
    assert whole.tolist() == [*[ord("q")] * 2, *[ord("k")] * 2, *[ord("v")] * 2]


def test_the_projection_is_turned():
    theirs = torch.arange(6.0).reshape(2, 3)
    ((name, ours),) = to_ours(CLIP, [("text_projection", theirs)])
    assert name == "text_projection.weight" and torch.equal(ours, theirs.t())
    ((name, back),) = to_theirs(CLIP, [(name, ours)])
    assert name == "text_projection" and torch.equal(back, theirs)


@pytest.mark.parametrize("part", ["q", "proj_out"])
def test_convolutions_of_one_pixel_are_linear_layers(part):
    theirs = {
        f"encoder.mid.attn_1.{part}.weight": torch.randn(8, 8, 1, 1),
        f"encoder.mid.attn_1.{part}.bias": torch.randn(8),
    }
    ours = dict(to_ours(VAE, theirs.items()))
    assert [tuple(tensor.shape) for tensor in ours.values()] == [(8, 8), (8,)]
    back = dict(to_theirs(VAE, ours.items()))
    assert all(torch.equal(back[name], tensor) for name, tensor in theirs.items())


def test_other_convolutions_stay_what_they_are():
    ((_, ours),) = to_ours(VAE, [("quant_conv.weight", torch.randn(8, 8, 1, 1))])
    assert ours.shape == (8, 8, 1, 1)


def test_a_matrix_that_is_not_three_is_refused():
    with pytest.raises(LoomError, match="8 rows, which is not 3 times"):
        list(to_ours(CLIP, [("transformer.resblocks.0.attn.in_proj_weight", torch.ones(8, 2))]))


def test_what_has_no_name_is_passed_on_one_way_and_refused_the_other():
    strange = [("strange.weight", torch.ones(1))]
    assert [name for name, _ in to_ours(CLIP, strange)] == ["strange.weight"]
    with pytest.raises(LoomError, match=r"no place for the tensor strange\.weight"):
        list(to_theirs(CLIP, strange))
