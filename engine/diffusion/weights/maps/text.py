"""CLIP text encoders: as OpenCLIP names them, and as the transformers library does.

OpenCLIP (Ilharco et al. 2021; ViT-H in Stable Diffusion 2, ViT-bigG in SDXL) keeps query, key and
value in one matrix, and its projection as (width, projected), the transpose of a linear layer's.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.diffusion.weights.maps.names import How, NameMap, Rule, same

BODY, PROJECTION = "text_model", "text_projection"
LAYER = {
    "ln_1": "layer_norm1",
    "ln_2": "layer_norm2",
    "attn.out_proj": "self_attn.out_proj",
    "mlp.c_fc": "mlp.fc1",
    "mlp.c_proj": "mlp.fc2",
}


def openclip_map(layers: int) -> NameMap:
    """Names for a CLIP text model with `layers` layers, with or without its projection."""
    return NameMap(_rules(layers))


def _rules(layers: int) -> Iterator[Rule]:
    yield same("token_embedding", f"{BODY}.embeddings.token_embedding")
    position = f"{BODY}.embeddings.position_embedding.weight"
    yield same("positional_embedding", position)
    yield same("ln_final", f"{BODY}.final_layer_norm")
    yield Rule(PROJECTION, (f"{PROJECTION}.weight",), How.TRANSPOSED)
    for i in range(layers):
        theirs, ours = f"transformer.resblocks.{i}", f"{BODY}.encoder.layers.{i}"
        for part, name in LAYER.items():
            yield same(f"{theirs}.{part}", f"{ours}.{name}")
        for kind in ("weight", "bias"):
            parts = tuple(f"{ours}.self_attn.{letter}_proj.{kind}" for letter in "qkv")
            yield Rule(f"{theirs}.attn.in_proj_{kind}", parts, How.STACKED)


def published_name(name: str) -> str:
    """The name a published folder has for a tensor of a CLIP text model.

    The transformers library has dropped `text_model.` from the names within the encoder that does
    not project, and files written by it lack them too.
    """
    return name if name.partition(".")[0] in (BODY, PROJECTION) else f"{BODY}.{name}"
