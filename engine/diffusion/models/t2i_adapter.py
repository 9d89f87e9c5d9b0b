"""T2IAdapter: features of a picture that a UNet's encoder adds to its own.

Mou et al. 2023, "T2I-Adapter: Learning Adapters to Dig out More Controllable Ability", section 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, Self

import torch.nn.functional as F
from torch import Tensor, nn

from engine.diffusion.models.config import ModelConfig
from engine.graph.errors import LoomError

FULL, FULL_XL, LIGHT = "full_adapter", "full_adapter_xl", "light_adapter"


@dataclass(frozen=True)
class T2IAdapterConfig(ModelConfig):
    """Shapes of a T2IAdapter, with the defaults of the published `config.json`."""

    class_name: ClassVar[str] = "T2IAdapter"

    in_channels: int = 3
    channels: tuple[int, ...] = (320, 640, 1280, 1280)
    num_res_blocks: int = 2
    downscale_factor: int = 8
    adapter_type: str = FULL

    def __post_init__(self) -> None:
        if self.adapter_type not in (FULL, FULL_XL, LIGHT):
            raise LoomError(
                f"T2IAdapter: adapter_type={self.adapter_type!r} is not implemented; known: "
                f"{FULL}, {FULL_XL}, {LIGHT}.",
                field="adapter_type",
            )
        if self.adapter_type == FULL_XL and len(self.channels) != 4:
            raise LoomError(
                f"T2IAdapter: adapter_type={FULL_XL!r} has 4 channels, not {len(self.channels)}.",
                field="channels",
            )

    @property
    def blocks(self) -> tuple[tuple[int, int, bool], ...]:
        """Channels in and out of each block, and whether it halves height and width first."""
        widths = self.channels
        if self.adapter_type == FULL_XL:
            halved = (False, False, True, False)
            pairs = zip((widths[0], *widths), widths, halved, strict=False)
            return tuple(pairs)
        if self.adapter_type == FULL:
            first = (widths[0], widths[0], False)
            return (first, *((a, b, True) for a, b in pairwise(widths)))
        first = (self.in_channels * self.downscale_factor**2, widths[0], False)
        last = (widths[-1], widths[-1], True)
        return (first, *((a, b, True) for a, b in pairwise(widths)), last)

    @property
    def factor(self) -> int:
        """Pixels to a cell's side of the smallest features."""
        return self.downscale_factor * 2 ** sum(halved for _, _, halved in self.blocks)


class AdapterResidual(nn.Module):
    """conv → ReLU → conv, added to the input; the second convolution is 1×1 or 3×3."""

    def __init__(self, channels: int, kernel: int) -> None:
        super().__init__()
        self.block1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.block2 = nn.Conv2d(channels, channels, kernel, padding=kernel // 2)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.block2(F.relu(self.block1(x)))


class AdapterBlock(nn.Module):
    """Features (B, in, h, w) to (B, out, h, w), or half as high and wide, rounded up.

    A `light` block works on a quarter of the channels between two 1×1 convolutions.
    """

    def __init__(
        self, in_channels: int, out_channels: int, layers: int, *, halve: bool, light: bool
    ) -> None:
        super().__init__()
        inner = out_channels // 4 if light else out_channels
        self.halve = halve
        self.in_conv = (
            nn.Conv2d(in_channels, inner, 1) if light or in_channels != inner else nn.Identity()
        )
        kernel = 3 if light else 1
        self.resnets = nn.Sequential(*(AdapterResidual(inner, kernel) for _ in range(layers)))
        self.out_conv = nn.Conv2d(inner, out_channels, 1) if light else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        if self.halve:
            x = F.avg_pool2d(x, kernel_size=2, stride=2, ceil_mode=True)
        return self.out_conv(self.resnets(self.in_conv(x)))


class AdapterBody(nn.Module):
    """Pixels folded into channels, then the blocks, each of whose outputs is a state."""

    def __init__(self, config: T2IAdapterConfig) -> None:
        super().__init__()
        light = config.adapter_type == LIGHT
        self.downscale_factor = config.downscale_factor
        folded = config.in_channels * config.downscale_factor**2
        self.conv_in = (
            nn.Identity() if light else nn.Conv2d(folded, config.channels[0], 3, padding=1)
        )
        self.body = nn.ModuleList(
            AdapterBlock(inputs, outputs, config.num_res_blocks, halve=halve, light=light)
            for inputs, outputs, halve in config.blocks
        )

    def forward(self, hint: Tensor) -> tuple[Tensor, ...]:
        x = self.conv_in(F.pixel_unshuffle(hint, self.downscale_factor))
        states: list[Tensor] = []
        for block in self.body:
            x = block(x)
            states.append(x)
        return tuple(states)


class T2IAdapter(nn.Module):
    """A hint to the states that a UNet's down blocks add to their features."""

    def __init__(self, config: T2IAdapterConfig) -> None:
        super().__init__()
        self.config = config
        self.adapter = AdapterBody(config)

    @classmethod
    def from_config(cls, data: Mapping[str, Any]) -> Self:
        """Build from a parsed `config.json`, with fresh random weights."""
        return cls(T2IAdapterConfig.from_json(data))

    def forward(self, hint: Tensor) -> tuple[Tensor, ...]:
        """The states of a hint (B, in_channels, H, W) in [0, 1], largest first.

        They are the same for all steps of a run: the UNet's `adapter_states`. Raises LoomError for
        another number of channels, or sides that are no multiples of `downscale_factor`.
        """
        channels, (height, width) = hint.shape[1], hint.shape[-2:]
        step = self.config.downscale_factor
        if channels != self.config.in_channels:
            raise LoomError(
                f"This T2I-Adapter reads hints of {self.config.in_channels} channels, and this one "
                f"has {channels}.",
                field="hint",
            )
        if height % step or width % step:
            raise LoomError(
                f"The hint is {width}×{height}, and this T2I-Adapter takes sides that are "
                f"multiples of {step}.",
                field="hint",
                remedy="Resize it to the picture's size.",
            )
        return self.adapter(hint)
