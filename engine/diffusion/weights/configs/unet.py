"""The configuration of a UNet or ControlNet, read from the names and shapes of its weights.

Shapes tell everything but the number of attention heads, which goes by kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.diffusion.weights.configs.kinds import Kind
from engine.graph.errors import LoomError

Shapes = Mapping[str, tuple[int, ...]]
GROUPS = 32
FOLDER_ONLY = "Such a layout can only be read from a Diffusers folder."


@dataclass(frozen=True)
class Level:
    """One resolution on the way down: ResNets of `width`, each with `depth` transformer blocks."""

    width: int
    layers: int
    depth: int


@dataclass(frozen=True)
class Outline:
    """A UNet without its numbers. `attention` is the place of one of its transformers."""

    stem: tuple[int, ...]
    levels: tuple[Level, ...]
    middle: int
    attention: str
    added: int | None


def unet_config(shapes: Shapes, kind: Kind, sample_size: int, published: bool) -> dict[str, Any]:
    """The `config.json` of a UNet; `published` tells its own names from latent diffusion's.

    Raises LoomError where the layout is none that a configuration can describe.
    """
    outline = _published(shapes) if published else _original(shapes)
    last = shapes["conv_out.weight" if published else "out.2.weight"]
    return {
        "_class_name": "UNet2DConditionModel",
        "sample_size": sample_size,
        "out_channels": last[0],
        **_common(outline, shapes, kind),
        "up_block_types": [
            "CrossAttnUpBlock2D" if level.depth else "UpBlock2D"
            for level in reversed(outline.levels)
        ],
    }


def controlnet_config(shapes: Shapes, kind: Kind, published: bool) -> dict[str, Any]:
    """The `config.json` of a ControlNet."""
    outline = _published(shapes) if published else _original(shapes)
    if published:
        stem = "controlnet_cond_embedding.conv_in"
        places = (f"controlnet_cond_embedding.blocks.{i}" for i in range(1, 49, 2))
    else:
        stem, places = "input_hint_block.0", (f"input_hint_block.{i}" for i in range(4, 99, 4))
    # Behind the stem the convolutions come in twos: one keeps the width, one goes to the next.
    widths = [shapes[f"{place}.weight"][0] for place in places if f"{place}.weight" in shapes]
    hint = shapes[f"{stem}.weight"]
    return {
        "_class_name": "ControlNetModel",
        **_common(outline, shapes, kind),
        "conditioning_channels": hint[1],
        "conditioning_embedding_out_channels": [hint[0], *widths],
    }


def _common(outline: Outline, shapes: Shapes, kind: Kind) -> dict[str, Any]:
    widths = [level.width for level in outline.levels]
    attention = outline.attention
    config: dict[str, Any] = {
        "in_channels": outline.stem[1],
        "block_out_channels": widths,
        "layers_per_block": _one_or_all([level.layers for level in outline.levels]),
        "down_block_types": [
            "CrossAttnDownBlock2D" if level.depth else "DownBlock2D" for level in outline.levels
        ],
        "cross_attention_dim": shapes[f"{attention}.transformer_blocks.0.attn2.to_k.weight"][1],
        "attention_head_dim": heads_of(widths, kind),
        "norm_num_groups": GROUPS,
        "norm_eps": 1e-5,
    }
    if len(shapes[f"{attention}.proj_in.weight"]) == 2:
        config["use_linear_projection"] = True
    depths = _depths(outline)
    if depths != 1:
        config["transformer_layers_per_block"] = depths
    if outline.added is not None or "label_emb.weight" in shapes:
        if not kind.unet:
            raise LoomError(
                f"The UNet takes a class embedding, which {kind.title} does not have.",
                remedy=FOLDER_ONLY,
            )
        config |= {**kind.unet, "projection_class_embeddings_input_dim": outline.added}
    return config


def heads_of(widths: list[int], kind: Kind) -> int | list[int]:
    """The attention heads of a UNet of this kind."""
    if kind.head_width is None:
        return 8
    return [max(1, width // kind.head_width) for width in widths]


def _depths(outline: Outline) -> int | list[int]:
    """Transformer blocks of each resolution; those without any take what leaves it simplest."""
    given = {level.depth for level in outline.levels if level.depth} | {outline.middle}
    if len(given) == 1:
        return outline.middle
    depths = [level.depth or 1 for level in outline.levels]
    if not outline.levels[-1].depth:
        depths[-1] = outline.middle
    if depths[-1] != outline.middle:
        raise LoomError(
            f"The UNet's middle has {outline.middle} transformer blocks, "
            f"its lowest resolution {depths[-1]}.",
            remedy=FOLDER_ONLY,
        )
    return depths


def _one_or_all(values: list[int]) -> int | list[int]:
    return values[0] if len(set(values)) == 1 else values


def _original(shapes: Shapes) -> Outline:
    levels: list[Level] = []
    depths: list[int] = []
    attention, width, number = "", 0, 1
    while True:
        block = f"input_blocks.{number}"
        resnet = shapes.get(f"{block}.0.out_layers.3.weight")
        if resnet is None:
            levels.append(_level(width, depths))
            if f"{block}.0.op.weight" not in shapes:
                break
            depths = []
        else:
            width = resnet[0]
            depths.append(_depth(shapes, f"{block}.1"))
            attention = attention or (f"{block}.1" if depths[-1] else "")
        number += 1
    added = "label_emb.0.0.weight"
    return _outline(shapes, "input_blocks.0.0", levels, "middle_block.1", attention, added)


def _published(shapes: Shapes) -> Outline:
    levels: list[Level] = []
    attention = ""
    while f"down_blocks.{len(levels)}.resnets.0.conv2.weight" in shapes:
        block = f"down_blocks.{len(levels)}"
        depths: list[int] = []
        while f"{block}.resnets.{len(depths)}.conv2.weight" in shapes:
            place = f"{block}.attentions.{len(depths)}"
            depths.append(_depth(shapes, place))
            attention = attention or (place if depths[-1] else "")
        levels.append(_level(shapes[f"{block}.resnets.0.conv2.weight"][0], depths))
    added = "add_embedding.linear_1.weight"
    return _outline(shapes, "conv_in", levels, "mid_block.attentions.0", attention, added)


def _outline(
    shapes: Shapes,
    stem: str,
    levels: list[Level],
    middle: str,
    attention: str,
    added: str,
) -> Outline:
    depth = _depth(shapes, middle)
    if not attention or not depth:
        raise LoomError(
            "The UNet has no attention where Stable Diffusion has it.",
            remedy=FOLDER_ONLY,
        )
    width = shapes[added][1] if added in shapes else None
    return Outline(shapes[f"{stem}.weight"], tuple(levels), depth, attention, width)


def _level(width: int, depths: list[int]) -> Level:
    if len(set(depths)) != 1:
        raise LoomError(
            f"The UNet's layers of width {width} have {', '.join(map(str, depths))} transformer "
            "blocks, not all the same.",
            remedy=FOLDER_ONLY,
        )
    return Level(width, len(depths), depths[0])


def _depth(shapes: Shapes, place: str) -> int:
    depth = 0
    while f"{place}.transformer_blocks.{depth}.norm1.weight" in shapes:
        depth += 1
    return depth
