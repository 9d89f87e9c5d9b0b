"""The stages of unconditional UNets: one resolution each, with the resampling that leaves it.

Each stage passes on (x, temb, picture). `picture` is the small copy of the image that NCSN++
carries along beside the features (Song et al. 2021, appendix H.1, "input skip" and "output skip");
the stages of other networks hand it on untouched.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.diffusion.blocks.attention import SpatialSelfAttention
from engine.diffusion.blocks.group_norm import GroupNorm
from engine.diffusion.blocks.resampling import fir_double, fir_halve
from engine.diffusion.blocks.resnet import ResnetBlock2D

# A residual block of given widths in and out, and attention of a given width.
MakeResnet = Callable[..., ResnetBlock2D]
MakeAttention = Callable[[int], SpatialSelfAttention]


class DownStage(nn.Module):
    """ResNets, each followed by attention where there is any; then `downsampler`.

    The output of each layer is kept for the skip connections.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        layers: int,
        resnet: MakeResnet,
        attention: MakeAttention | None = None,
        downsampler: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.resnets = nn.ModuleList(
            resnet(in_channels if i == 0 else channels, channels) for i in range(layers)
        )
        if attention is not None:
            self.attentions = nn.ModuleList(attention(channels) for _ in range(layers))
        self.downsamplers = nn.ModuleList([] if downsampler is None else [downsampler])

    def forward(
        self, x: Tensor, temb: Tensor, picture: Tensor
    ) -> tuple[Tensor, list[Tensor], Tensor]:
        x, skips = self._layers(x, temb)
        for downsample in self.downsamplers:
            x = _resample(downsample, x, temb)
            skips.append(x)
        return x, skips, picture

    def _layers(self, x: Tensor, temb: Tensor) -> tuple[Tensor, list[Tensor]]:
        skips: list[Tensor] = []
        for i, resnet in enumerate(self.resnets):
            x = resnet(x, temb)
            if hasattr(self, "attentions"):
                x = self.attentions[i](x)
            skips.append(x)
        return x, skips


class SkipDownStage(DownStage):
    """A stage of NCSN++: as it halves the features it adds the halved input picture to them."""

    def __init__(
        self,
        in_channels: int,
        channels: int,
        layers: int,
        resnet: MakeResnet,
        attention: MakeAttention | None = None,
        picture_channels: int | None = None,
    ) -> None:
        super().__init__(in_channels, channels, layers, resnet, attention)
        self.halves = picture_channels is not None
        if picture_channels is not None:
            self.resnet_down = resnet(channels, channels, resample=fir_halve, shortcut=True)
            self.skip_conv = nn.Conv2d(picture_channels, channels, 1)

    def forward(
        self, x: Tensor, temb: Tensor, picture: Tensor
    ) -> tuple[Tensor, list[Tensor], Tensor]:
        x, skips = self._layers(x, temb)
        if self.halves:
            picture = fir_halve(picture)
            x = self.resnet_down(x, temb) + self.skip_conv(picture)
            skips.append(x)
        return x, skips, picture


class MidStage(nn.Module):
    """ResNet, attention where there is any, ResNet, at the lowest resolution."""

    def __init__(
        self, channels: int, resnet: MakeResnet, attention: MakeAttention | None = None
    ) -> None:
        super().__init__()
        self.attentions = nn.ModuleList([] if attention is None else [attention(channels)])
        self.resnets = nn.ModuleList(resnet(channels, channels) for _ in range(2))

    def forward(self, x: Tensor, temb: Tensor) -> Tensor:
        x = self.resnets[0](x, temb)
        for attention in self.attentions:
            x = attention(x)
        return self.resnets[1](x, temb)


class UpStage(nn.Module):
    """ResNets that each take a skip connection beside their input; then `upsampler`.

    `skip_channels` are the widths of the connections in the order in which they are used.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        skip_channels: Sequence[int],
        resnet: MakeResnet,
        attention: MakeAttention | None = None,
        upsampler: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.resnets = nn.ModuleList(
            resnet((in_channels if i == 0 else channels) + skip, channels)
            for i, skip in enumerate(skip_channels)
        )
        if attention is not None:
            self.attentions = nn.ModuleList(attention(channels) for _ in skip_channels)
        self.upsamplers = nn.ModuleList([] if upsampler is None else [upsampler])

    def forward(
        self, x: Tensor, skips: list[Tensor], temb: Tensor, picture: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        for i, resnet in enumerate(self.resnets):
            x = resnet(torch.cat([x, skips.pop()], dim=1), temb)
            if hasattr(self, "attentions"):
                x = self.attentions[i](x)
        for upsample in self.upsamplers:
            x = _resample(upsample, x, temb)
        return x, picture


class SkipUpStage(nn.Module):
    """A stage of NCSN++: it draws its part of the output picture before it doubles the features.

    Attention, where there is any, comes once, after all ResNets, and these then normalise their
    input in 32 groups however narrow it is.
    """

    def __init__(
        self,
        in_channels: int,
        channels: int,
        skip_channels: Sequence[int],
        resnet: MakeResnet,
        attention: MakeAttention | None = None,
        picture_channels: int | None = None,
        eps: float = 1e-6,
    ) -> None:
        super().__init__()
        groups = {} if attention is None else {"groups": 32}
        self.resnets = nn.ModuleList(
            resnet((in_channels if i == 0 else channels) + skip, channels, **groups)
            for i, skip in enumerate(skip_channels)
        )
        self.attentions = nn.ModuleList([] if attention is None else [attention(channels)])
        self.draws = picture_channels is not None
        if picture_channels is not None:
            self.resnet_up = resnet(channels, channels, resample=fir_double, shortcut=True)
            self.skip_norm = GroupNorm(quarter_groups(channels), channels, eps=eps)
            self.skip_conv = nn.Conv2d(channels, picture_channels, 3, padding=1)

    def forward(
        self, x: Tensor, skips: list[Tensor], temb: Tensor, picture: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        for resnet in self.resnets:
            x = resnet(torch.cat([x, skips.pop()], dim=1), temb)
        for attention in self.attentions:
            x = attention(x)
        picture = None if picture is None else fir_double(picture)
        if self.draws:
            drawn = self.skip_conv(F.silu(self.skip_norm(x)))
            picture = drawn if picture is None else picture + drawn
            x = self.resnet_up(x, temb)
        return x, picture


def quarter_groups(channels: int) -> int:
    """How many groups NCSN++ normalises `channels` in."""
    return min(channels // 4, 32)


def skip_resnet(resnet: MakeResnet) -> MakeResnet:
    """`resnet` with NCSN++'s groups by width and its division by √2."""

    def make(in_channels: int, out_channels: int, **rest: object) -> ResnetBlock2D:
        settings = {"groups": quarter_groups(in_channels), **rest}
        return resnet(
            in_channels,
            out_channels,
            groups_out=quarter_groups(out_channels),
            output_scale_factor=math.sqrt(2),
            **settings,
        )

    return make


def spatial_attention(
    head_dim: int | None, groups: int | None, eps: float, scale: float = 1.0
) -> MakeAttention:
    """Attention in heads `head_dim` wide (one head where that is None)."""

    def make(channels: int) -> SpatialSelfAttention:
        heads = 1 if head_dim is None else channels // head_dim
        return SpatialSelfAttention(
            channels, heads=heads, groups=groups, eps=eps, output_scale_factor=scale
        )

    return make


def _resample(layer: nn.Module, x: Tensor, temb: Tensor) -> Tensor:
    return layer(x, temb) if isinstance(layer, ResnetBlock2D) else layer(x)
