"""ControlNet as its own code names it (Zhang et al. 2023): the way down and zero convolutions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engine.diffusion.weights.maps.names import NameMap, Rule, same
from engine.diffusion.weights.maps.unet import down_rules, layers_of


def controlnet_map(config: Mapping[str, Any]) -> NameMap:
    """Names for a ControlNetModel of this configuration."""
    return NameMap([*down_rules(config), *_zero_convolutions(config), *_hint(config)])


def _zero_convolutions(config: Mapping[str, Any]) -> Iterator[Rule]:
    # One behind the stem, one behind each ResNet and each downsampler.
    layers = layers_of(config)
    for number in range(sum(layers) + len(layers)):
        yield same(f"zero_convs.{number}.0", f"controlnet_down_blocks.{number}")
    yield same("middle_block_out.0", "controlnet_mid_block")


def _hint(config: Mapping[str, Any]) -> Iterator[Rule]:
    """The convolutions that bring the hint to the latents' size; every other place is a SiLU."""
    ours = "controlnet_cond_embedding"
    blocks = 2 * (len(config["conditioning_embedding_out_channels"]) - 1)
    yield same("input_hint_block.0", f"{ours}.conv_in")
    for block in range(blocks):
        yield same(f"input_hint_block.{2 * block + 2}", f"{ours}.blocks.{block}")
    yield same(f"input_hint_block.{2 * blocks + 2}", f"{ours}.conv_out")
