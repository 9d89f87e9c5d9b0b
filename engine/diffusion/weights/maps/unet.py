"""The UNet as latent diffusion's own code names it (Rombach et al. 2022; SDXL's keeps the names).

There the blocks of all resolutions are numbered through: `input_blocks` on the way down,
`output_blocks` on the way up; within a block 0 is the ResNet, 1 the transformer if there is one,
and behind them the upsampler. A downsampler has a block of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.diffusion.weights.maps.names import NameMap, Rule, same

RESNET = {
    "in_layers.0": "norm1",
    "in_layers.2": "conv1",
    "emb_layers.1": "time_emb_proj",
    "out_layers.0": "norm2",
    "out_layers.3": "conv2",
    "skip_connection": "conv_shortcut",
}
STEM = {
    "time_embed.0": "time_embedding.linear_1",
    "time_embed.2": "time_embedding.linear_2",
    "label_emb.0.0": "add_embedding.linear_1",
    "label_emb.0.2": "add_embedding.linear_2",
    "input_blocks.0.0": "conv_in",
}
HEAD = {"out.0": "conv_norm_out", "out.2": "conv_out"}


def unet_map(config: Mapping[str, Any]) -> NameMap:
    """Names for a UNet2DConditionModel of this configuration."""
    rules = [*down_rules(config), *_up_rules(config)]
    return NameMap([*rules, *(same(theirs, ours) for theirs, ours in HEAD.items())])


def down_rules(config: Mapping[str, Any]) -> Iterator[Rule]:
    """Names of the stem, the way down and the middle, which a ControlNet has too."""
    for theirs, ours in STEM.items():
        yield same(theirs, ours)
    types, layers = config["down_block_types"], layers_of(config)
    number = 1
    for i, count in enumerate(layers):
        for j in range(count):
            yield from _resnet(f"input_blocks.{number}.0", f"down_blocks.{i}.resnets.{j}")
            if "CrossAttn" in types[i]:
                yield same(f"input_blocks.{number}.1", f"down_blocks.{i}.attentions.{j}")
            number += 1
        if i < len(layers) - 1:
            yield same(f"input_blocks.{number}.0.op", f"down_blocks.{i}.downsamplers.0.conv")
            number += 1
    yield from _resnet("middle_block.0", "mid_block.resnets.0")
    yield same("middle_block.1", "mid_block.attentions.0")
    yield from _resnet("middle_block.2", "mid_block.resnets.1")


def layers_of(config: Mapping[str, Any]) -> list[int]:
    """ResNets at each resolution on the way down."""
    count, levels = config["layers_per_block"], len(config["block_out_channels"])
    return [count] * levels if isinstance(count, int) else list(count)


def _up_rules(config: Mapping[str, Any]) -> Iterator[Rule]:
    types, layers = config["up_block_types"], layers_of(config)[::-1]
    number = 0
    for i, count in enumerate(layers):
        attention = "CrossAttn" in types[i]
        for j in range(count + 1):
            yield from _resnet(f"output_blocks.{number}.0", f"up_blocks.{i}.resnets.{j}")
            if attention:
                yield same(f"output_blocks.{number}.1", f"up_blocks.{i}.attentions.{j}")
            if j == count and i < len(layers) - 1:
                place = f"output_blocks.{number}.{2 if attention else 1}.conv"
                yield same(place, f"up_blocks.{i}.upsamplers.0.conv")
            number += 1


def _resnet(theirs: str, ours: str) -> Iterator[Rule]:
    for part, name in RESNET.items():
        yield same(f"{theirs}.{part}", f"{ours}.{name}")
