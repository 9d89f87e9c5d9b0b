"""The autoencoder as latent diffusion's own code names it (Rombach et al. 2022).

Its decoder counts resolutions from the largest, ours from the smallest; its attention is made of
1×1 convolutions where ours is linear.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.diffusion.weights.maps.names import How, NameMap, Rule, same

RESNET = {
    "norm1": "norm1",
    "conv1": "conv1",
    "norm2": "norm2",
    "conv2": "conv2",
    "nin_shortcut": "conv_shortcut",
}
# Diffusers folders written before 2023 name the parts of their attention differently.
OLD_ATTENTION = {
    "query": "to_q",
    "key": "to_k",
    "value": "to_v",
    "proj_attn": "to_out.0",
}
ATTENTION = {"q": "to_q", "k": "to_k", "v": "to_v", "proj_out": "to_out.0"}


def vae_map(config: Mapping[str, Any]) -> NameMap:
    """Names for an AutoencoderKL of this configuration."""
    levels, layers = len(config["block_out_channels"]), config["layers_per_block"]
    rules = [same(name, name) for name in ("quant_conv", "post_quant_conv")]
    for side in ("encoder", "decoder"):
        rules += [same(f"{side}.{name}", f"{side}.{name}") for name in ("conv_in", "conv_out")]
        rules.append(same(f"{side}.norm_out", f"{side}.conv_norm_out"))
        rules += _middle(side)
    for level in range(levels):
        down, up = f"encoder.down_blocks.{level}", f"decoder.up_blocks.{levels - 1 - level}"
        for layer in range(layers):
            rules += _resnet(f"encoder.down.{level}.block.{layer}", f"{down}.resnets.{layer}")
        for layer in range(layers + 1):
            rules += _resnet(f"decoder.up.{level}.block.{layer}", f"{up}.resnets.{layer}")
        rules.append(same(f"encoder.down.{level}.downsample.conv", f"{down}.downsamplers.0.conv"))
        rules.append(same(f"decoder.up.{level}.upsample.conv", f"{up}.upsamplers.0.conv"))
    return NameMap(rules)


def _middle(side: str) -> Iterator[Rule]:
    theirs, ours = f"{side}.mid", f"{side}.mid_block"
    yield from _resnet(f"{theirs}.block_1", f"{ours}.resnets.0")
    yield from _resnet(f"{theirs}.block_2", f"{ours}.resnets.1")
    yield same(f"{theirs}.attn_1.norm", f"{ours}.attentions.0.group_norm")
    for part, name in ATTENTION.items():
        yield Rule(f"{theirs}.attn_1.{part}", (f"{ours}.attentions.0.{name}",), How.LINEAR)


def _resnet(theirs: str, ours: str) -> Iterator[Rule]:
    for part, name in RESNET.items():
        yield same(f"{theirs}.{part}", f"{ours}.{name}")


def current_name(name: str) -> str:
    """The name that a tensor of an older Diffusers folder goes by now."""
    owner, _, rest = name.rpartition(".")
    block, _, part = owner.rpartition(".")
    if part in OLD_ATTENTION and ".attentions." in name:
        return f"{block}.{OLD_ATTENTION[part]}.{rest}"
    # NCSN++ folders of 2022 hold the frequencies of their time embedding twice.
    return "time_proj.weight" if name == "time_proj.W" else name
