"""A model's components as one file in the original layout, for programs that read only such."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch

from engine.diffusion.weights import detect
from engine.diffusion.weights.assumed import refuse_unsaid
from engine.diffusion.weights.configs.kinds import BY_WIDTH, REFINER, SD1, SD2, SDXL, Kind
from engine.diffusion.weights.folder import Component
from engine.diffusion.weights.maps.apply import Named, to_theirs
from engine.diffusion.weights.maps.names import NameMap
from engine.diffusion.weights.maps.text import openclip_map, published_name
from engine.diffusion.weights.maps.vae import current_name
from engine.diffusion.weights.prediction import METADATA, V_MARK, ZERO_SNR_MARK, V
from engine.diffusion.weights.single import MAPS
from engine.graph.errors import LoomError


@dataclass(frozen=True)
class Original:
    """What a single file of these components holds, and which of them have no place in it."""

    components: Mapping[str, Component]
    kind: Kind

    @property
    def left_out(self) -> tuple[str, ...]:
        """Components with weights that the original layout has no place for."""
        models = (n for n, part in self.components.items() if part.config_file == "config.json")
        return tuple(name for name in models if name not in self.placed)

    @property
    def metadata(self) -> dict[str, str]:
        """The file's free text: the prediction type where it is v."""
        return {METADATA: "v"} if self._scheduler.get("prediction_type") == V else {}

    def tensors(self) -> Iterator[Named]:
        """All tensors by their original names; empty ones mark what no shape tells."""
        for name in self.placed:
            component = self.components[name]
            prefix = "" if name == "vae" and len(self.placed) == 1 else self._prefix(name)
            names, ours = self._map(component), ours_of(component)
            for theirs, tensor in to_theirs(names, ours) if names else ours:
                yield prefix + theirs, tensor
        if self._scheduler.get("prediction_type") == V:
            yield V_MARK, torch.empty(0)
        if self._scheduler.get("rescale_betas_zero_snr"):
            yield ZERO_SNR_MARK, torch.empty(0)

    @property
    def placed(self) -> tuple[str, ...]:
        """Components that it has."""
        known = (*MAPS, "CLIPTextModel", "CLIPTextModelWithProjection")
        return tuple(n for n, part in self.components.items() if part.class_name in known)

    @property
    def _scheduler(self) -> Mapping[str, object]:
        scheduler = self.components.get("scheduler")
        return scheduler.config() if scheduler and "unet" in self.components else {}

    def _prefix(self, name: str) -> str:
        xl = self.kind is SDXL
        places = {
            "unet": detect.UNET,
            "vae": detect.VAE,
            "controlnet": detect.CONTROLNET,
            "text_encoder": {SD1: detect.CLIP, SD2: detect.OPENCLIP}.get(
                self.kind, detect.SDXL_CLIP
            ),
            "text_encoder_2": detect.SDXL_OPENCLIP if xl else detect.REFINER_OPENCLIP,
        }
        return places[name]

    def _map(self, component: Component) -> NameMap | None:
        """Between our names and the original ones; None where those are the same."""
        config = component.config()
        if component.class_name in MAPS:
            return MAPS[component.class_name](config)
        return openclip_map(config["num_hidden_layers"]) if is_openclip(component) else None


def original(components: Mapping[str, Component]) -> Original:
    """The single file of a model's components, which are called as in a pipeline folder.

    Raises LoomError when none of them has a place in such a file, or when it would be read as
    another model than they are.
    """
    found = Original(dict(components), _kind(components))
    if not found.placed:
        raise LoomError(
            f"There is no original layout for {', '.join(components)}.",
            remedy="UNets, autoencoders, ControlNets and CLIP text encoders have one.",
        )
    refuse_unsaid(components, found.kind)
    return found


def ours_of(component: Component) -> Iterator[Named]:
    """The weights of a component by the names that folders have today."""
    text = component.class_name.startswith("CLIPText")
    for name, tensor in component.tensors():
        if not name.endswith("position_ids"):
            yield published_name(name) if text else current_name(name), tensor


def is_openclip(component: Component) -> bool:
    """Whether a text encoder was trained by OpenCLIP, whose networks have another activation."""
    return component.config().get("hidden_act", "quick_gelu") != "quick_gelu"


def _kind(components: Mapping[str, Component]) -> Kind:
    text, second = components.get("text_encoder"), components.get("text_encoder_2")
    if second:
        return SDXL if text else REFINER
    if text:
        return SD2 if is_openclip(text) else SD1
    network = components.get("unet") or components.get("controlnet")
    config = network.config() if network else {}
    if known := BY_WIDTH.get(config.get("cross_attention_dim", 0)):
        return known
    if config.get("addition_embed_type"):
        return SDXL
    return SD2 if config.get("use_linear_projection") else SD1
