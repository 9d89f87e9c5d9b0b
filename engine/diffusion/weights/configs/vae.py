"""The configuration of an autoencoder, read from the names and shapes of its weights."""

from __future__ import annotations

from typing import Any

from engine.diffusion.weights.configs.kinds import Kind
from engine.diffusion.weights.configs.unet import GROUPS, Shapes


def vae_config(shapes: Shapes, kind: Kind, sample_size: int, published: bool) -> dict[str, Any]:
    """The `config.json` of an AutoencoderKL; `published` tells its own names from the original.

    `sample_size` is the side of the latents that the model of its kind was trained at.
    """
    down = "encoder.down_blocks.{}.resnets.{}" if published else "encoder.down.{}.block.{}"
    widths: list[int] = []
    layers = 0
    while (first := down.format(len(widths), 0) + ".conv2.weight") in shapes:
        widths.append(shapes[first][0])
    while down.format(0, layers) + ".conv2.weight" in shapes:
        layers += 1
    attention = "mid_block.attentions.0.to_q" if published else "mid.attn_1.q"
    old = "mid_block.attentions.0.query"  # as Diffusers named it before 2023
    config: dict[str, Any] = {
        "_class_name": "AutoencoderKL",
        "in_channels": shapes["encoder.conv_in.weight"][1],
        "out_channels": shapes["decoder.conv_out.weight"][0],
        "down_block_types": ["DownEncoderBlock2D"] * len(widths),
        "up_block_types": ["UpDecoderBlock2D"] * len(widths),
        "block_out_channels": widths,
        "layers_per_block": layers,
        "latent_channels": shapes["encoder.conv_out.weight"][0] // 2,
        "norm_num_groups": GROUPS,
        "sample_size": sample_size * 2 ** (len(widths) - 1),
        "scaling_factor": kind.scaling_factor,
        "force_upcast": True,
    }
    for name in ("quant_conv", "post_quant_conv"):
        if f"{name}.weight" not in shapes:
            config[f"use_{name}"] = False
    if not any(f"encoder.{name}.weight" in shapes for name in (attention, old)):
        config["mid_block_add_attention"] = False
    return config
