"""Module names in LoRA files of Kohya's trainer and the A1111 web UI: dots become underscores.

`lora_unet_down_blocks_0_attentions_0_proj_in` is the UNet's `down_blocks.0.attentions.0.proj_in`;
files for SDXL name its blocks as latent diffusion does (`lora_unet_input_blocks_4_1_…`). Text
encoders are `lora_te_`, or `lora_te1_` and `lora_te2_` where there are two. As names of modules
have underscores too, a name is found among those that the model has rather than taken apart.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.diffusion.weights.maps.names import NameMap
from engine.diffusion.weights.maps.text import published_name

UNET = "lora_unet"
TEXT = ("lora_te", "lora_te1", "lora_te2")


def kohya_name(prefix: str, module: str) -> str:
    """The name of a module, given by its path with dots."""
    return f"{prefix}_{module.replace('.', '_')}"


def unet_names(modules: Iterable[str], original: NameMap | None = None) -> dict[str, str]:
    """Kohya's names → paths of a UNet's modules; with `original`, latent diffusion's names too."""
    found: dict[str, str] = {}
    for module in modules:
        found[kohya_name(UNET, module)] = module
        if original and (theirs := original.to_theirs(module)):
            found[kohya_name(UNET, theirs[0])] = module
    return found


def text_names(modules: Iterable[str], prefix: str = TEXT[0]) -> dict[str, str]:
    """Kohya's names of a CLIP text encoder's modules → their paths, which may lack `text_model.`"""
    return {kohya_name(prefix, published_name(module)): module for module in modules}
