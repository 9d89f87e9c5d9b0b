"""The original single file: a whole model, or one component, in one `.safetensors` or `.ckpt`.

Which components it has, and their configurations, come from its header alone. A component loads
only its own tensors, each mapped from the file under the name that a published folder would give.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.diffusion.weights.configs.kinds import Config, Kind
from engine.diffusion.weights.configs.text import clip_config, openclip_config
from engine.diffusion.weights.configs.unet import Shapes, controlnet_config, unet_config
from engine.diffusion.weights.configs.vae import vae_config
from engine.diffusion.weights.detect import Layout, Part, kind_of, parts_in, something_else
from engine.diffusion.weights.files import REMEMBERED, header_of, stamp_of
from engine.diffusion.weights.folder import Component
from engine.diffusion.weights.headers import Header
from engine.diffusion.weights.maps.controlnet import controlnet_map
from engine.diffusion.weights.maps.names import NameMap
from engine.diffusion.weights.maps.text import openclip_map, published_name
from engine.diffusion.weights.maps.unet import unet_map
from engine.diffusion.weights.maps.vae import vae_map
from engine.diffusion.weights.prediction import AUTO, config_beside, prediction_of
from engine.graph.errors import LoomError

if TYPE_CHECKING:
    import torch

MAPS: Mapping[str, Callable[[Config], NameMap]] = {
    "UNet2DConditionModel": unet_map,
    "ControlNetModel": controlnet_map,
    "AutoencoderKL": vae_map,
}
EMA = "ema"
EMA_PREFIX = "model_ema."
# Numbers that files carry and no module has: positions, training losses, marks.
LEFT_OUT = ("loss.", "model_ema.", "v_pred", "ztsnr")
LEFT_OUT_OF_TEXT = ("position_ids", "logit_scale", "attn_mask")


@dataclass(frozen=True, kw_only=True)
class FileComponent(Component):
    """A component in a single file: `root` is the file and `subfolder` the component's name."""

    kind: Kind
    values: Config = field(compare=False)
    part: Part | None = None

    @property
    def path(self) -> Path:
        """The file."""
        return self.root

    def config(self) -> dict[str, Any]:
        """What the `config.json` of a published folder would say."""
        return dict(self.values)

    def weights(self) -> tuple[Path, ...]:
        """The file, whichever variant is asked for."""
        return (self.root,)

    def files(self) -> tuple[Path, ...]:
        """The file."""
        return (self.root,)

    def size(self) -> int:
        """Bytes of its own tensors."""
        tensors = header_of(self.root).tensors
        found = (tensors[name] for name in self.names() if name in tensors)
        return sum(tensor.end - tensor.start for tensor in found)

    def contents(self) -> tuple[tuple[str, Path], ...]:
        """The file, under a name that tells its components apart."""
        return ((f"{self.subfolder} {self.variant} of {self.kind.name}", self.root),)

    def tensors(self) -> Iterator[tuple[str, torch.Tensor]]:
        """Its weights by their published names, one by one, mapped from the file."""
        from engine.diffusion.weights.maps.apply import to_ours
        from engine.diffusion.weights.tensors import tensors

        names = self.names()
        found = ((names[n], tensor) for n, tensor in tensors((self.root,)) if n in names)
        return found if self.map is None else to_ours(self.map, found)

    def check(self) -> None:
        """Raise LoomError for a damaged file."""
        header_of(self.root)

    def names(self) -> dict[str, str]:
        """Names in the file → names in the component's own layout, of all tensors it has there."""
        part = self.part
        if part is None:
            return {}
        own = {
            name: name.removeprefix(part.prefix)
            for name in header_of(self.root).tensors
            if name.startswith(part.prefix)
        }
        if part.layout is Layout.PUBLISHED and "CLIP" in part.class_name:
            own = {name: published_name(rest) for name, rest in own.items()}
        own = {name: rest for name, rest in own.items() if not self._is_left_out(rest)}
        if self.variant == EMA:
            own = {ema_name(name): rest for name, rest in own.items()}
        return own

    @property
    def map(self) -> NameMap | None:
        """Between the layout of the file and ours; None where they are the same."""
        if self.part is None or self.part.layout is Layout.PUBLISHED:
            return None
        if self.part.layout is Layout.OPENCLIP:
            return openclip_map(self.values["num_hidden_layers"])
        return MAPS[self.class_name](self.values)

    def _is_left_out(self, name: str) -> bool:
        if "CLIP" not in self.class_name:
            return name.startswith(LEFT_OUT)
        projection = name.startswith("text_projection") and not (self.part and self.part.projects)
        return projection or name.endswith(LEFT_OUT_OF_TEXT) or self._is_unused_layer(name)

    def _is_unused_layer(self, name: str) -> bool:
        head = "transformer.resblocks."
        if not name.startswith(head):
            return False
        return int(name.removeprefix(head).partition(".")[0]) >= self.values["num_hidden_layers"]


def read_file(path: Path, variant: str = "", prediction: str = AUTO) -> dict[str, FileComponent]:
    """The components of a single file by the names that a pipeline folder gives them.

    With a UNet comes a scheduler; tokenizers are never in such a file (see `vocabulary`). `variant`
    "ema" takes the averaged weights of a UNet where the file has both. `prediction` is what the
    UNet predicts: epsilon, v_prediction, or auto (see `prediction`).

    Raises LoomError when the file is damaged, no model, or has no such variant.
    """
    sidecar = config_beside(path)
    stamps = (stamp_of(path), stamp_of(sidecar) if sidecar.is_file() else None)
    return dict(_read(path, stamps, variant, prediction))


@functools.lru_cache(REMEMBERED)
def _read(path: Path, _: object, variant: str, prediction: str) -> dict[str, FileComponent]:
    header = header_of(path)
    parts = parts_in(header.tensors.keys())
    if not parts:
        raise _no_model(path, header)
    _check_variant(path, header, variant)
    shapes = {name: tensor.shape for name, tensor in header.tensors.items()}
    hint = f"{path.stem} {header.metadata.get('modelspec.architecture', '')}"
    kind = kind_of(parts, shapes, hint)
    try:
        return _components(path, header, shapes, parts, kind, variant, prediction)
    except (KeyError, IndexError, ValueError) as error:
        raise LoomError(
            f"{path} looks like {kind.title}, but tensors are missing or misshaped ({error}).",
            remedy="Download or copy it again.",
        ) from error


def ema_name(name: str) -> str:
    """Where the average of a weight is kept: the dots of its name are left out there."""
    return EMA_PREFIX + name.removeprefix("model.").replace(".", "")


def _components(
    path: Path,
    header: Header,
    shapes: Shapes,
    parts: Mapping[str, Part],
    kind: Kind,
    variant: str,
    said: str,
) -> dict[str, FileComponent]:
    unet = parts.get("unet")
    stem = {
        Layout.ORIGINAL: "input_blocks.0.0.weight",
        Layout.PUBLISHED: "conv_in.weight",
    }
    in_channels = shapes[unet.prefix + stem[unet.layout]][1] if unet else 4
    prediction = prediction_of(path, header, kind, in_channels, said)
    size = kind.sizes[prediction.type]
    found: dict[str, FileComponent] = {}
    for name, part in parts.items():
        config = _config(part, _own(shapes, part), kind, size)
        found[name] = FileComponent(
            path, name, part.class_name, "config.json", kind=kind, values=config, part=part
        )
    if unet:
        found["unet"] = replace(found["unet"], variant=variant)
        scheduler = {**kind.scheduler, "prediction_type": prediction.type}
        if prediction.zero_snr:
            scheduler |= {"rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
        found["scheduler"] = FileComponent(
            path,
            "scheduler",
            scheduler["_class_name"],
            "scheduler_config.json",
            kind=kind,
            values=scheduler,
        )
    return found


def _config(part: Part, shapes: Shapes, kind: Kind, sample_size: int) -> Config:
    published = part.layout is Layout.PUBLISHED
    match part.class_name:
        case "UNet2DConditionModel":
            return unet_config(shapes, kind, sample_size, published)
        case "ControlNetModel":
            return controlnet_config(shapes, kind, published)
        case "AutoencoderKL":
            return vae_config(shapes, kind, sample_size, published)
        case _ if part.layout is Layout.OPENCLIP:
            return openclip_config(shapes, part.projects)
        case _:
            return clip_config({published_name(name): shape for name, shape in shapes.items()})


def _own(shapes: Shapes, part: Part) -> Shapes:
    return {
        name.removeprefix(part.prefix): shape
        for name, shape in shapes.items()
        if name.startswith(part.prefix)
    }


def _check_variant(path: Path, header: Header, variant: str) -> None:
    averaged = any(name.startswith(EMA_PREFIX + "diffusion_model") for name in header.tensors)
    variants = ("", EMA) if averaged else ("",)
    if variant not in variants:
        names = ", ".join(repr(name) if name else "plain" for name in variants)
        raise LoomError(
            f"{path} has no {variant!r} variant; it has: {names}.",
            field="variant",
            remedy="Choose one of these variants.",
        )


def _no_model(path: Path, header: Header) -> LoomError:
    what = something_else(header.tensors)
    if what == "a LoRA":
        return LoomError(
            f"{path} is a LoRA, which changes a model and is none itself.",
            field="model",
            remedy="Load the model that it was trained on, and put the LoRA on top of it.",
        )
    if what:
        return LoomError(f"{path} is {what}, which can't be loaded as a model.", field="model")
    some = ", ".join(list(header.tensors)[:3]) or "none at all"
    return LoomError(
        f"{path} is no model of a kind that is known; its tensors are called {some}.",
        field="model",
        remedy="Stable Diffusion 1, 2 and XL, their autoencoders and ControlNets are.",
    )
