"""Names that the published files have: each a fact about Stable Diffusion's own layout."""

import pytest

from engine.diffusion.weights.maps.controlnet import controlnet_map
from engine.diffusion.weights.maps.kohya import kohya_name, text_names, unet_names
from engine.diffusion.weights.maps.text import openclip_map, published_name
from engine.diffusion.weights.maps.unet import unet_map
from engine.diffusion.weights.maps.vae import vae_map

SD = {
    "block_out_channels": [320, 640, 1280, 1280],
    "layers_per_block": 2,
    "down_block_types": [*["CrossAttnDownBlock2D"] * 3, "DownBlock2D"],
    "up_block_types": ["UpBlock2D", *["CrossAttnUpBlock2D"] * 3],
    "conditioning_embedding_out_channels": [16, 32, 96, 256],
}
SDXL = {
    "block_out_channels": [320, 640, 1280],
    "layers_per_block": 2,
    "down_block_types": ["DownBlock2D", *["CrossAttnDownBlock2D"] * 2],
    "up_block_types": [*["CrossAttnUpBlock2D"] * 2, "UpBlock2D"],
}
ATTENTION = "transformer_blocks.0.attn1.to_q.weight"


def agree(names, theirs: str, ours: str) -> None:
    found = names.to_ours(theirs)
    assert found is not None and found[0] == (ours,)
    back = names.to_theirs(ours)
    assert back is not None and back[0] == theirs


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("time_embed.0.weight", "time_embedding.linear_1.weight"),
        ("input_blocks.0.0.bias", "conv_in.bias"),
        ("input_blocks.1.0.in_layers.2.weight", "down_blocks.0.resnets.0.conv1.weight"),
        (f"input_blocks.2.1.{ATTENTION}", f"down_blocks.0.attentions.1.{ATTENTION}"),
        ("input_blocks.3.0.op.weight", "down_blocks.0.downsamplers.0.conv.weight"),
        ("input_blocks.4.0.skip_connection.bias", "down_blocks.1.resnets.0.conv_shortcut.bias"),
        ("input_blocks.11.0.emb_layers.1.bias", "down_blocks.3.resnets.1.time_emb_proj.bias"),
        ("middle_block.1.proj_in.weight", "mid_block.attentions.0.proj_in.weight"),
        ("middle_block.2.out_layers.3.bias", "mid_block.resnets.1.conv2.bias"),
        ("output_blocks.0.0.out_layers.0.bias", "up_blocks.0.resnets.0.norm2.bias"),
        ("output_blocks.2.1.conv.weight", "up_blocks.0.upsamplers.0.conv.weight"),
        ("output_blocks.5.2.conv.weight", "up_blocks.1.upsamplers.0.conv.weight"),
        (f"output_blocks.11.1.{ATTENTION}", f"up_blocks.3.attentions.2.{ATTENTION}"),
        ("out.0.weight", "conv_norm_out.weight"),
        ("out.2.weight", "conv_out.weight"),
    ],
)
def test_stable_diffusion(theirs, ours):
    agree(unet_map(SD), theirs, ours)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("label_emb.0.0.weight", "add_embedding.linear_1.weight"),
        ("input_blocks.3.0.op.bias", "down_blocks.0.downsamplers.0.conv.bias"),
        (f"input_blocks.4.1.{ATTENTION}", f"down_blocks.1.attentions.0.{ATTENTION}"),
        (f"input_blocks.8.1.{ATTENTION}", f"down_blocks.2.attentions.1.{ATTENTION}"),
        ("output_blocks.2.2.conv.weight", "up_blocks.0.upsamplers.0.conv.weight"),
        (f"output_blocks.5.1.{ATTENTION}", f"up_blocks.1.attentions.2.{ATTENTION}"),
        ("output_blocks.8.0.in_layers.0.weight", "up_blocks.2.resnets.2.norm1.weight"),
    ],
)
def test_sdxl(theirs, ours):
    agree(unet_map(SDXL), theirs, ours)
    assert unet_map(SDXL).to_ours("input_blocks.9.0.op.bias") is None  # the last has none


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("input_hint_block.0.weight", "controlnet_cond_embedding.conv_in.weight"),
        ("input_hint_block.2.weight", "controlnet_cond_embedding.blocks.0.weight"),
        ("input_hint_block.12.weight", "controlnet_cond_embedding.blocks.5.weight"),
        ("input_hint_block.14.weight", "controlnet_cond_embedding.conv_out.weight"),
        ("zero_convs.0.0.weight", "controlnet_down_blocks.0.weight"),
        ("zero_convs.11.0.bias", "controlnet_down_blocks.11.bias"),
        ("middle_block_out.0.weight", "controlnet_mid_block.weight"),
        ("input_blocks.11.0.in_layers.0.bias", "down_blocks.3.resnets.1.norm1.bias"),
    ],
)
def test_controlnet(theirs, ours):
    agree(controlnet_map(SD), theirs, ours)
    assert controlnet_map(SD).to_ours("zero_convs.12.0.bias") is None


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("encoder.down.0.block.1.conv2.bias", "encoder.down_blocks.0.resnets.1.conv2.bias"),
        (
            "encoder.down.1.block.0.nin_shortcut.bias",
            "encoder.down_blocks.1.resnets.0.conv_shortcut.bias",
        ),
        ("encoder.down.2.downsample.conv.bias", "encoder.down_blocks.2.downsamplers.0.conv.bias"),
        ("encoder.mid.block_2.norm1.bias", "encoder.mid_block.resnets.1.norm1.bias"),
        ("encoder.norm_out.weight", "encoder.conv_norm_out.weight"),
        ("decoder.mid.attn_1.proj_out.bias", "decoder.mid_block.attentions.0.to_out.0.bias"),
        ("decoder.mid.attn_1.norm.bias", "decoder.mid_block.attentions.0.group_norm.bias"),
        ("decoder.up.3.block.2.conv1.bias", "decoder.up_blocks.0.resnets.2.conv1.bias"),
        ("decoder.up.1.upsample.conv.bias", "decoder.up_blocks.2.upsamplers.0.conv.bias"),
        (
            "decoder.up.0.block.0.nin_shortcut.bias",
            "decoder.up_blocks.3.resnets.0.conv_shortcut.bias",
        ),
        ("post_quant_conv.weight", "post_quant_conv.weight"),
    ],
)
def test_vae(theirs, ours):
    agree(
        vae_map({"block_out_channels": [128, 256, 512, 512], "layers_per_block": 2}), theirs, ours
    )


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("token_embedding.weight", "text_model.embeddings.token_embedding.weight"),
        ("positional_embedding", "text_model.embeddings.position_embedding.weight"),
        ("transformer.resblocks.22.ln_2.bias", "text_model.encoder.layers.22.layer_norm2.bias"),
        ("transformer.resblocks.0.mlp.c_fc.bias", "text_model.encoder.layers.0.mlp.fc1.bias"),
        ("transformer.resblocks.0.mlp.c_proj.bias", "text_model.encoder.layers.0.mlp.fc2.bias"),
        ("ln_final.bias", "text_model.final_layer_norm.bias"),
        ("text_projection", "text_projection.weight"),
    ],
)
def test_openclip(theirs, ours):
    agree(openclip_map(23), theirs, ours)


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("encoder.layers.0.mlp.fc1.bias", "text_model.encoder.layers.0.mlp.fc1.bias"),
        ("text_model.final_layer_norm.bias", "text_model.final_layer_norm.bias"),
        ("text_projection.weight", "text_projection.weight"),
    ],
)
def test_published_names_of_a_text_encoder(name, published):
    assert published_name(name) == published


def test_kohyas_names():
    modules = [
        "down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_out.0",
        "mid_block.attentions.0.proj_in",
        "time_embedding.linear_1",
    ]
    found = unet_names(modules, unet_map(SD))
    for style in (
        "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_out_0",
        "lora_unet_input_blocks_1_1_transformer_blocks_0_attn1_to_out_0",
    ):
        assert found[style] == modules[0]
    assert found["lora_unet_middle_block_1_proj_in"] == modules[1]
    assert found["lora_unet_time_embed_0"] == modules[2]
    assert len(found) == 6
    assert set(unet_names(modules)) == {kohya_name("lora_unet", module) for module in modules}


def test_kohyas_names_of_text_encoders_do_not_depend_on_the_library():
    old, new = "text_model.encoder.layers.0.self_attn.q_proj", "encoder.layers.0.self_attn.q_proj"
    name = "lora_te_text_model_encoder_layers_0_self_attn_q_proj"
    assert text_names([old]) == {name: old}
    assert text_names([new]) == {name: new}
    projection = text_names(["text_projection"], "lora_te2")
    assert projection == {"lora_te2_text_projection": "text_projection"}
