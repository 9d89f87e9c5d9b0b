"""The stages of a conditioned UNet: the layers of one resolution, down, in the middle and up.

A stage is a row of ResNets, each followed by attention where the stage has any. Published names of
its parts: `resnets`, `attentions`, `downsamplers`, `upsamplers`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from engine.diffusion.blocks.added_kv_attention import AddedKVAttention
from engine.diffusion.blocks.attention import Context, Transformer2DModel
from engine.diffusion.blocks.resampling import Resample, average_halve, nearest_double
from engine.diffusion.blocks.resnet import Downsample2D, ResnetBlock2D, TimeNorm, Upsample2D

AttentionKind = Literal["none", "transformer", "added_kv", "k"]
WHOLE = slice(None)


@dataclass(frozen=True)
class StageSettings:
    """What the layers of one stage are made of.

    `depths` has an entry for each ResNet: the transformer blocks that follow it. With
    `residual_resampling` a ResNet changes the resolution where otherwise a convolution does.
    """

    width: int
    depths: tuple[int, ...]
    temb_channels: int
    context_dim: int
    heads: int
    head_dim: int
    attention: AttentionKind = "none"
    residual_resampling: bool = False
    only_cross_attention: bool = False
    normalised_context: bool = False
    linear_projection: bool = False
    groups: int = 32
    eps: float = 1e-5
    act_fn: str = "silu"
    time_embedding_norm: TimeNorm = "default"
    skip_time_act: bool = False
    output_scale_factor: float = 1.0

    def resnet(self, in_channels: int, resample: Resample | None = None) -> ResnetBlock2D:
        """A ResNet to this stage's width."""
        return ResnetBlock2D(
            in_channels,
            self.width,
            temb_channels=self.temb_channels,
            groups=self.groups,
            eps=self.eps,
            act_fn=self.act_fn,
            time_embedding_norm=self.time_embedding_norm,
            skip_time_act=self.skip_time_act,
            output_scale_factor=self.output_scale_factor,
            resample=resample,
        )

    def attentions(self) -> nn.ModuleList:
        """What follows each ResNet; empty where nothing does."""
        if self.attention == "none":
            return nn.ModuleList()
        return nn.ModuleList(self._attention(depth) for depth in self.depths)

    def _attention(self, depth: int) -> nn.Module:
        if self.attention == "added_kv":
            return AddedKVAttention(
                self.width,
                self.context_dim,
                heads=self.heads,
                head_dim=self.head_dim,
                groups=self.groups,
                only_cross_attention=self.only_cross_attention,
                normalised_context=self.normalised_context,
            )
        return Transformer2DModel(
            self.width,
            heads=self.heads,
            context_dim=self.context_dim,
            depth=depth,
            groups=self.groups,
            linear_projection=self.linear_projection,
            only_cross_attention=self.only_cross_attention,
        )


class Stage(nn.Module):
    """One resolution: ResNets, each followed by attention where the stage has any."""

    def __init__(self, settings: StageSettings, inputs: tuple[int, ...]) -> None:
        super().__init__()
        self.residual_resampling = settings.residual_resampling
        self.resnets = nn.ModuleList(settings.resnet(channels) for channels in inputs)
        self.attentions = settings.attentions()

    def layer(self, i: int, x: Tensor, temb: Tensor, context: Context | None) -> Tensor:
        """ResNet `i` and the attention after it."""
        x = self.resnets[i](x, temb)
        return self.attentions[i](x, context) if len(self.attentions) else x


class DownStage(Stage):
    """A down block: keeps each layer's output for the skip connections, then halves.

    `in_channels` is the width of the stage before; the last stage halves nothing.
    """

    def __init__(self, settings: StageSettings, in_channels: int, last: bool) -> None:
        width = settings.width
        super().__init__(settings, (in_channels, *(width,) * (len(settings.depths) - 1)))
        self.downsamplers = nn.ModuleList()
        if not last:
            residual = settings.residual_resampling
            self.downsamplers.append(
                settings.resnet(width, average_halve) if residual else Downsample2D(width)
            )

    def forward(
        self,
        x: Tensor,
        temb: Tensor,
        context: Context | None,
        extra: Tensor | None = None,
        most: int | None = None,
    ) -> tuple[Tensor, list[Tensor]]:
        """The stage's output and its skip connections; it stops after the first `most` of them.

        A T2I-Adapter's `extra` is added after the last attention or, in a stage without
        attention, to the output, halved where the stage halves; the last skip connection has it
        either way.
        """
        skips: list[Tensor] = []
        for i in range(len(self.resnets))[:most]:
            x = self.layer(i, x, temb, context)
            if extra is not None and len(self.attentions) and i == len(self.resnets) - 1:
                x = x + extra
            skips.append(x)
        if most is not None and most <= len(self.resnets):
            return x, skips
        for downsample in self.downsamplers:
            x = downsample(x, temb) if self.residual_resampling else downsample(x)
            skips.append(x)
        if extra is not None and not len(self.attentions):
            x = skips[-1] = x + extra
        return x, skips


class MidStage(Stage):
    """The lowest resolution: ResNet, attention, ResNet; or one ResNet where there is none."""

    def __init__(self, settings: StageSettings) -> None:
        count = 1 if settings.attention == "none" else 2
        super().__init__(settings, (settings.width,) * count)

    def forward(self, x: Tensor, temb: Tensor, context: Context | None) -> Tensor:
        x = self.layer(0, x, temb, context)
        for resnet in self.resnets[1:]:
            x = resnet(x, temb)
        return x


class UpStage(Stage):
    """An up block: each ResNet takes a skip connection beside its input; then doubles.

    `in_channels` is the width of the stage before, `skip_channels` that of the last skip
    connection; the others are as wide as the stage. The last stage doubles nothing.
    """

    def __init__(
        self, settings: StageSettings, in_channels: int, skip_channels: int, last: bool
    ) -> None:
        width, count = settings.width, len(settings.depths)
        super().__init__(
            settings,
            tuple(
                (in_channels if i == 0 else width) + (skip_channels if i == count - 1 else width)
                for i in range(count)
            ),
        )
        self.upsamplers = nn.ModuleList()
        if not last:
            residual = settings.residual_resampling
            self.upsamplers.append(
                settings.resnet(width, nearest_double) if residual else Upsample2D(width)
            )

    def forward(
        self,
        x: Tensor,
        skips: list[Tensor],
        temb: Tensor,
        context: Context | None,
        part: slice = WHOLE,
    ) -> Tensor:
        """Takes its skip connections from the end of `skips`, of its layers only a `part`."""
        layers = range(len(self.resnets))
        for i in layers[part]:
            x = self.layer(i, torch.cat([x, skips.pop()], dim=1), temb, context)
        if layers[-1] not in layers[part]:
            return x
        for upsample in self.upsamplers:
            if self.residual_resampling:
                x = upsample(x, temb)
            else:
                # A size that two does not divide was rounded up on the way down.
                x = upsample(x, size=(skips[-1].shape[-2], skips[-1].shape[-1]))
        return x
