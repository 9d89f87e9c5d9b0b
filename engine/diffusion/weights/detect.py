"""What a single file holds, told from the names of its tensors; nothing else of it is read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from engine.diffusion.weights.configs.kinds import BY_WIDTH, REFINER, SD1, SD2, SDXL, Kind
from engine.diffusion.weights.configs.unet import Shapes


class Layout(Enum):
    """Whose names a component's tensors have."""

    ORIGINAL = "latent diffusion"
    PUBLISHED = "Diffusers"
    OPENCLIP = "OpenCLIP"


@dataclass(frozen=True)
class Part:
    """One component in a file: its tensors' names begin with `prefix` and go on as in `layout`."""

    class_name: str
    layout: Layout
    prefix: str = ""

    @property
    def projects(self) -> bool:
        """Whether it is a text encoder with a projection."""
        return self.class_name.endswith("WithProjection")


UNET, VAE, CONTROLNET = "model.diffusion_model.", "first_stage_model.", "control_model."
CLIP, OPENCLIP = "cond_stage_model.transformer.", "cond_stage_model.model."
SDXL_CLIP = "conditioner.embedders.0.transformer."
SDXL_OPENCLIP = "conditioner.embedders.1.model."
REFINER_OPENCLIP = "conditioner.embedders.0.model."

_unet, _controlnet, _vae = "UNet2DConditionModel", "ControlNetModel", "AutoencoderKL"
_clip, _projecting = "CLIPTextModel", "CLIPTextModelWithProjection"
_tokens = "token_embedding.weight"

# Component, class, layout, prefix, and the name behind it that shows the component.
MARKS = (
    ("unet", _unet, Layout.ORIGINAL, UNET, "out.2.weight"),
    ("unet", _unet, Layout.ORIGINAL, "", "out.2.weight"),
    ("unet", _unet, Layout.PUBLISHED, "", "up_blocks.0.resnets.0.conv1.weight"),
    ("controlnet", _controlnet, Layout.ORIGINAL, CONTROLNET, "input_hint_block.0.weight"),
    ("controlnet", _controlnet, Layout.ORIGINAL, "", "input_hint_block.0.weight"),
    ("controlnet", _controlnet, Layout.PUBLISHED, "", "controlnet_cond_embedding.conv_in.weight"),
    ("vae", _vae, Layout.ORIGINAL, VAE, "encoder.down.0.block.0.conv1.weight"),
    ("vae", _vae, Layout.ORIGINAL, "", "encoder.down.0.block.0.conv1.weight"),
    ("vae", _vae, Layout.PUBLISHED, "", "encoder.down_blocks.0.resnets.0.conv1.weight"),
    ("text_encoder", _clip, Layout.PUBLISHED, CLIP, f"text_model.embeddings.{_tokens}"),
    ("text_encoder", _clip, Layout.PUBLISHED, CLIP, f"embeddings.{_tokens}"),
    ("text_encoder", _clip, Layout.PUBLISHED, SDXL_CLIP, f"text_model.embeddings.{_tokens}"),
    ("text_encoder", _clip, Layout.OPENCLIP, OPENCLIP, _tokens),
    ("text_encoder_2", _projecting, Layout.OPENCLIP, SDXL_OPENCLIP, _tokens),
    ("text_encoder_2", _projecting, Layout.OPENCLIP, REFINER_OPENCLIP, _tokens),
)
# What else a weight file may be, by how a name in it begins or ends.
BEGINNINGS: Mapping[str, str] = {
    "lora_unet_": "a LoRA",
    "lora_te": "a LoRA",
    "emb_params": "a textual inversion",
    "image_proj.": "an IP-Adapter",
    "ip_adapter.": "an IP-Adapter",
    "model.diffusion_model.joint_blocks.": "a Stable Diffusion 3 model",
    "model.diffusion_model.double_blocks.": "a Flux model",
    "double_blocks.": "a Flux model",
}
ENDINGS: Mapping[str, str] = {
    **dict.fromkeys((".lora_A.weight", ".lora_up.weight", ".lora.up.weight"), "a LoRA"),
    **dict.fromkeys((".hada_w1_a", ".lokr_w1", ".lokr_w2"), "a LoRA"),
}


def parts_in(names: Collection[str]) -> dict[str, Part]:
    """The components in a file by name; empty where it is no model that is known."""
    found: dict[str, Part] = {}
    for name, class_name, layout, prefix, mark in MARKS:
        if name not in found and prefix + mark in names:
            found[name] = Part(class_name, layout, prefix)
    return found


def something_else(names: Iterable[str]) -> str:
    """What a file is that is no model: `a LoRA`, …; "" where that is not known either."""
    for name in names:
        for head, what in BEGINNINGS.items():
            if name.startswith(head):
                return what
        for tail, what in ENDINGS.items():
            if name.endswith(tail):
                return what
    return ""


def kind_of(parts: Mapping[str, Part], shapes: Shapes, hint: str = "") -> Kind:
    """The kind of model that the components belong to; `shapes` are those of the whole file.

    Text encoders tell it. A UNet or ControlNet alone is told by its attention, and an autoencoder
    alone, which has the same shapes in every kind, by `hint`: its file's name and metadata.
    """
    text, second = parts.get("text_encoder"), parts.get("text_encoder_2")
    if second:
        return SDXL if text else REFINER
    if text:
        return SD2 if text.layout is Layout.OPENCLIP else SD1
    network = parts.get("unet") or parts.get("controlnet")
    if network:
        return _kind_of_network(network.prefix, shapes)
    return SDXL if "xl" in hint.lower() else SD1


def _kind_of_network(prefix: str, shapes: Shapes) -> Kind:
    names = [name for name in shapes if name.startswith(prefix)]
    contexts = [shapes[name][1] for name in names if name.endswith(".attn2.to_k.weight")]
    if contexts and contexts[0] in BY_WIDTH:
        return BY_WIDTH[contexts[0]]
    if any(
        prefix + name in shapes
        for name in ("label_emb.0.0.weight", "add_embedding.linear_1.weight")
    ):
        return SDXL
    linear = any(len(shapes[name]) == 2 for name in names if name.endswith(".proj_in.weight"))
    return SD2 if linear else SD1
