"""The values that wires carry: immutable, and light to import (tensors only in annotations).

A model travels as a handle (`ModelRef`), never as weights: a kept result pins no memory, and the
model pool decides what is loaded. Facets are what port types compare before anything runs:
`space` (whose latents or embeddings these are: sd15, sdxl, starter, …), `channels` (of the latents)
and `width` (of the text embedding, the UNet's cross-attention dimension).
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar, runtime_checkable

from engine.graph import digests
from engine.graph.types import conversion, kind

if TYPE_CHECKING:
    import torch
    from torch import nn


@kind("Latents", colour="#c678dd", facets=("space", "channels"))
@dataclass(frozen=True, eq=False)
class Latents:
    """Latents of a batch: `samples` (B, C, h, w), each cell standing for `factor`² pixels."""

    samples: torch.Tensor
    space: str = ""
    factor: int = 8

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of the picture these decode to."""
        return self.samples.shape[3] * self.factor, self.samples.shape[2] * self.factor


@kind("Image", colour="#61afef")
@dataclass(frozen=True, eq=False)
class Image:
    """Pictures: `pixels` (B, 3, H, W), float32 in [0, 1], RGB."""

    pixels: torch.Tensor


@kind("Mask", colour="#abb2bf")
@dataclass(frozen=True, eq=False)
class Mask:
    """Masks: `values` (B, 1, H, W), float32 in [0, 1]; 1 (white) is where something is done."""

    values: torch.Tensor


Picture = TypeVar("Picture", Image, Mask)  # what is done with pictures and masks alike
Batch = TypeVar("Batch", Image, Mask, Latents)  # what is done with any batch


@conversion(Image, Mask, "its luminance: white is 1, black is 0")
def _luminance(image: Image) -> Mask:
    from engine.diffusion.images.masks import from_luminance

    return from_luminance(image)


@kind("Conditioning", colour="#e5c07b", facets=("space", "width"))
@dataclass(frozen=True, eq=False)
class Conditioning:
    """All that a UNet is told besides the sample and the time; B is 1 or the batch.

    `embeds` (B, L, D) are the prompt's embeddings, D = 0 for no prompt, and `pooled` (B, P), where
    there is one, its single vector. `sizes` (B, 6) are SDXL's original size, crop and target size,
    (B, 5) its refiner's, with an aesthetic score in the last place. `channels` (B, c, h, w) are
    joined to the sample: a mask, a picture. `level` (B,) is the noise that was added to those
    (upscalers), or the class of the picture.
    `warnings` are sentences for the person who wrote the prompt, such as words that did not fit.

    From the fraction `at` of a run on, `then` takes its place.
    """

    embeds: torch.Tensor
    pooled: torch.Tensor | None = None
    space: str = ""
    warnings: tuple[str, ...] = ()
    sizes: torch.Tensor | None = None
    channels: torch.Tensor | None = None
    level: torch.Tensor | None = None
    then: Conditioning | None = None
    at: float = 1.0


@kind("Trajectory", colour="#a070d0", facets=("space", "channels"))
@dataclass(frozen=True, eq=False)
class Trajectory:
    """The latents of a run before its first and after every step: `samples` (S + 1, B, C, h, w).

    `timesteps` (S,) are those of its steps; inversions rise from the clean picture, others fall.
    """

    samples: torch.Tensor
    timesteps: tuple[float, ...] = ()
    space: str = ""
    factor: int = 8


@kind("AttentionMaps", colour="#ff79c6")
@dataclass(frozen=True, eq=False)
class AttentionMaps:
    """How much each part of a picture looked at each token: `maps` (B, L, h, w), adding up to 1
    over the tokens; an average over `layers`, by their names, and over steps.
    """

    maps: torch.Tensor
    layers: tuple[str, ...] = ()


@kind("ExtraChannels", colour="#8be9fd", facets=("space",))
@dataclass(frozen=True, eq=False)
class ExtraChannels:
    """What some UNets read beside the sample: `channels` (B, c, h, w) on the latents' grid.

    `level` (B,) is the noise level of the picture in them, where the UNet asks for it.
    """

    channels: torch.Tensor
    space: str = ""
    level: torch.Tensor | None = None


@kind("Noise", colour="#d19a66")
@dataclass(frozen=True)
class Noise:
    """Where noise comes from: a seed for each picture, so that any one can be made again alone."""

    seeds: tuple[int, ...]


@kind("Scheduler", colour="#98c379")
@dataclass(frozen=True)
class Scheduler:
    """A solver by its published class name, with its configuration as JSON text (keys sorted).

    `timesteps` or `sigmas`, at most one of them and falling, take the place of a number of steps.
    """

    class_name: str
    config: str = "{}"
    timesteps: tuple[float, ...] = ()
    sigmas: tuple[float, ...] = ()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """From the content of a `scheduler_config.json`; `_class_name` says which solver."""
        values = {name: value for name, value in data.items() if not name.startswith("_")}
        return cls(str(data.get("_class_name", "")), json.dumps(values, sort_keys=True))

    def to_json(self) -> dict[str, Any]:
        """The content of a `scheduler_config.json`."""
        return {"_class_name": self.class_name, **json.loads(self.config)}


@runtime_checkable
class Patch(Protocol):
    """A change to a model's weights or layers; hashable, and equal where it changes the same."""

    def apply(self, module: nn.Module) -> None:
        """Make the change on a freshly loaded module that nobody else holds."""
        ...


@dataclass(frozen=True)
class ModelRef:
    """A handle on one component of a model. Two handles are equal when they load the same numbers.

    `folder` is the model's root and `subfolder` the component's place in it ("" for the root
    itself); neither counts for equality, nor does `variant`: the content hash `digest` does.
    `dtype` is a torch name ("float16", "bfloat16", …); "" leaves it to the device.
    """

    folder: str = field(compare=False)
    subfolder: str = field(compare=False)
    class_name: str
    digest: str
    dtype: str = ""
    variant: str = field(default="", compare=False)
    patches: tuple[Patch, ...] = ()

    @property
    def path(self) -> Path:
        """The folder that holds the component's config and weights."""
        return Path(self.folder) / self.subfolder

    def __digest__(self) -> str:
        """The content it stands for, wherever the folder lies."""
        fields = (field.name for field in dataclasses.fields(self) if field.compare)
        return digests.digest({name: getattr(self, name) for name in fields})

    def patched(self, patch: Patch) -> Self:
        """The same model with one more patch on top."""
        return dataclasses.replace(self, patches=(*self.patches, patch))


@kind("UNet", colour="#e06c75", facets=("space", "channels", "width"))
@dataclass(frozen=True)
class UNet(ModelRef):
    """A denoiser for latents of `channels` channels, reading text embeddings `width` wide.

    `width` is 0 where it reads no text; one that works on pixels themselves has a `factor` of 1.
    `factor` is the pixels per latent cell along one side; `in_channels` is more than `channels`
    where a mask or a picture is joined to the latents; `sample_size` is the latent side it was
    trained at.
    """

    space: str = ""
    channels: int = 4
    width: int = 0
    in_channels: int = 4
    factor: int = 8
    sample_size: int = 64


@kind("VAE", colour="#56b6c2", facets=("space", "channels"))
@dataclass(frozen=True)
class VAE(ModelRef):
    """Between pictures and latents of `channels` channels, `factor` pixels to a cell's side."""

    space: str = ""
    channels: int = 4
    factor: int = 8


@kind("TextEncoder", colour="#d19a66", facets=("space", "width"))
@dataclass(frozen=True)
class TextEncoder(ModelRef):
    """From token ids to embeddings `width` wide."""

    space: str = ""
    width: int = 0


@kind("Tokenizer", colour="#abb2bf")
@dataclass(frozen=True)
class Tokenizer(ModelRef):
    """From words to token ids; `pad` fills short prompts where its folder names another token."""

    pad: str = ""


@kind("ControlNet", colour="#f78c6c", facets=("space", "width"))
@dataclass(frozen=True)
class ControlNet(ModelRef):
    """Leads a UNet of its family by a picture; reads text embeddings `width` wide, as the UNet."""

    space: str = ""
    width: int = 0


@kind("T2IAdapter", colour="#ffcb6b", facets=("space",))
@dataclass(frozen=True)
class T2IAdapter(ModelRef):
    """Features of a picture for a UNet of its family."""

    space: str = ""


@kind("SafetyChecker", colour="#ff6b6b")
@dataclass(frozen=True)
class SafetyChecker(ModelRef):
    """Says which pictures should not be shown."""


@kind("Captioner", colour="#7fd1b9")
@dataclass(frozen=True)
class Captioner(ModelRef):
    """Says in words what a picture shows."""


@kind("TextGenerator", colour="#b9d17f")
@dataclass(frozen=True)
class TextGenerator(ModelRef):
    """Answers a text with texts."""


HANDLES: tuple[type[ModelRef], ...] = (
    *(UNet, VAE, TextEncoder, Tokenizer, ControlNet, T2IAdapter),
    *(SafetyChecker, Captioner, TextGenerator),
)
TENSOR_KINDS: tuple[type, ...] = (
    Latents,
    Image,
    Mask,
    Conditioning,
    Trajectory,
    AttentionMaps,
    ExtraChannels,
)


def read_fields(value: Any, digest: digests.Digest) -> None:
    """Feed an object with tensors to a content digest: type, shape and bytes of each tensor."""
    for name, content in vars(value).items():
        digest.text("field", name)
        if hasattr(content, "untyped_storage"):
            digest.text("tensor", f"{content.dtype} {tuple(content.shape)}")
            digest.bytes("data", tensor_bytes(content))
        else:
            digest.value(content)


def tensor_bytes(tensor: torch.Tensor) -> memoryview:
    """The numbers of a tensor as bytes, in row-major order, on the CPU."""
    import torch

    flat = tensor.detach().cpu().contiguous().reshape(-1)
    return flat.view(torch.uint8).numpy().data


for _kind in TENSOR_KINDS:
    digests.reader(_kind)(read_fields)
