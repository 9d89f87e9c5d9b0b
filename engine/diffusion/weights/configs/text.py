"""The configuration of a CLIP text encoder, read from the names and shapes of its weights.

Shapes do not tell the number of heads; every CLIP text encoder has heads 64 wide.
"""

from __future__ import annotations

from typing import Any

from engine.diffusion.weights.configs.unet import Shapes

HEAD_WIDTH = 64
# What a projection of Stable Diffusion 2's encoder, which has none, is said to be wide.
UNUSED_PROJECTION = 512


def clip_config(shapes: Shapes) -> dict[str, Any]:
    """The `config.json` of OpenAI's CLIP ViT-L in the transformers library's names."""
    positions, width = shapes["text_model.embeddings.position_embedding.weight"]
    return {
        **_common("CLIPTextModel", shapes["text_model.embeddings.token_embedding.weight"]),
        "hidden_act": "quick_gelu",
        "intermediate_size": shapes["text_model.encoder.layers.0.mlp.fc1.weight"][0],
        "max_position_embeddings": positions,
        "num_hidden_layers": _count(shapes, "text_model.encoder.layers.{}.layer_norm1.weight"),
        "projection_dim": width,
    }


def openclip_config(shapes: Shapes, projects: bool) -> dict[str, Any]:
    """The `config.json` of an OpenCLIP text encoder in its own names.

    One that does not project (Stable Diffusion 2's) is read up to its last layer but one.
    """
    name = "CLIPTextModelWithProjection" if projects else "CLIPTextModel"
    projection = shapes.get("text_projection")
    return {
        **_common(name, shapes["token_embedding.weight"]),
        "hidden_act": "gelu",
        "intermediate_size": shapes["transformer.resblocks.0.mlp.c_fc.weight"][0],
        "max_position_embeddings": shapes["positional_embedding"][0],
        "num_hidden_layers": openclip_layers(shapes, projects),
        "projection_dim": projection[1] if projects and projection else UNUSED_PROJECTION,
    }


def openclip_layers(shapes: Shapes, projects: bool) -> int:
    """How many layers are used; files of Diffusers folders' weights lack the unused one."""
    layers = _count(shapes, "transformer.resblocks.{}.ln_1.weight")
    whole = "text_projection" in shapes
    return layers - 1 if whole and not projects else layers


def _common(class_name: str, tokens: tuple[int, ...]) -> dict[str, Any]:
    vocabulary, width = tokens
    return {
        "architectures": [class_name],
        "model_type": "clip_text_model",
        "attention_dropout": 0.0,
        "bos_token_id": 0,
        # The published value: readers then look for the highest id, which is the end token's.
        "eos_token_id": 2,
        "pad_token_id": 1,
        "hidden_size": width,
        "layer_norm_eps": 1e-5,
        "num_attention_heads": max(1, width // HEAD_WIDTH),
        "vocab_size": vocabulary,
    }


def _count(shapes: Shapes, pattern: str) -> int:
    count = 0
    while pattern.format(count) in shapes:
        count += 1
    return count
