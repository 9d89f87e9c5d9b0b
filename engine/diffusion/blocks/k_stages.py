"""The stages of k-diffusion's UNets, which the ×2 latent upscaler has (after Karras et al. 2022).

Time scales and shifts every norm, attention has no feed-forward layer, resolutions change by fixed
filters, and only the last layer of each resolution has a skip connection. Published names of the
parts are those of the other stages.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.diffusion.blocks.activations import activation
from engine.diffusion.blocks.attention import Attention, Context, KeysValues
from engine.diffusion.blocks.resampling import reflected_double, reflected_halve
from engine.diffusion.blocks.unet_stages import StageSettings

GROUP = 32
"""Channels of a norm's group."""


class AdaGroupNorm(nn.Module):
    """A group norm of (B, C, H, W), scaled and shifted by what the time (B, temb_channels) says."""

    def __init__(self, temb_channels: int, channels: int, groups: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.groups, self.eps = groups, eps
        self.linear = nn.Linear(temb_channels, 2 * channels)

    def forward(self, x: Tensor, temb: Tensor) -> Tensor:
        scale, shift = self.linear(temb)[:, :, None, None].chunk(2, dim=1)
        return F.group_norm(x, self.groups, eps=self.eps) * (1 + scale) + shift


class KResnet(nn.Module):
    """norm → activation → conv, twice, plus a skip: (B, in, H, W) to (B, out, H, W).

    `inner` channels are between the convolutions.
    """

    def __init__(
        self, stage: StageSettings, in_channels: int, inner: int, out_channels: int
    ) -> None:
        super().__init__()
        temb, eps = stage.temb_channels, stage.eps
        self.act = activation(stage.act_fn)
        self.norm1 = AdaGroupNorm(temb, in_channels, in_channels // GROUP, eps)
        self.conv1 = nn.Conv2d(in_channels, inner, 3, padding=1)
        self.norm2 = AdaGroupNorm(temb, inner, stage.width // GROUP, eps)
        self.conv2 = nn.Conv2d(inner, out_channels, 3, padding=1)
        self.conv_shortcut = (
            nn.Conv2d(in_channels, out_channels, 1, bias=False)
            if in_channels != out_channels
            else None
        )

    def forward(self, x: Tensor, temb: Tensor) -> Tensor:
        h = self.conv1(self.act(self.norm1(x, temb)))
        h = self.conv2(self.act(self.norm2(h, temb)))
        return h + (x if self.conv_shortcut is None else self.conv_shortcut(x))


class NormalisedContextAttention(Attention):
    """Attention to a context whose tokens are normalised first."""

    def __init__(self, dim: int, *, context_dim: int, heads: int, head_dim: int) -> None:
        super().__init__(dim, context_dim=context_dim, heads=heads, head_dim=head_dim, bias=True)
        self.norm_cross = nn.LayerNorm(context_dim)

    def project_context(self, context: Tensor) -> KeysValues:
        return super().project_context(self.norm_cross(context))


class KAttention(nn.Module):
    """Pixels (B, C, H, W) attend to one another, where `to_itself`, and then to the context."""

    def __init__(self, stage: StageSettings, channels: int, to_itself: bool) -> None:
        super().__init__()
        temb, groups = stage.temb_channels, max(1, channels // GROUP)
        heads = channels // stage.head_dim
        if to_itself:
            self.norm1 = AdaGroupNorm(temb, channels, groups)
            self.attn1 = Attention(channels, heads=heads, head_dim=stage.head_dim, bias=True)
        self.to_itself = to_itself
        self.norm2 = AdaGroupNorm(temb, channels, groups)
        self.attn2 = NormalisedContextAttention(
            channels, context_dim=stage.context_dim, heads=heads, head_dim=stage.head_dim
        )

    def forward(self, x: Tensor, temb: Tensor, context: Context) -> Tensor:
        size = x.shape[-2:]
        if self.to_itself:
            tokens = self.norm1(x, temb).flatten(2).transpose(1, 2)  # (B, HW, C)
            x = x + self.attn1(tokens).transpose(1, 2).unflatten(2, size)
        tokens = self.norm2(x, temb).flatten(2).transpose(1, 2)
        return x + self.attn2(tokens, context).transpose(1, 2).unflatten(2, size)


class KStage(nn.Module):
    """One resolution: ResNets, each followed by attention where the stage has any."""

    resnets: nn.ModuleList
    attentions: nn.ModuleList

    def layers(self, x: Tensor, temb: Tensor, context: Context | None) -> Tensor:
        """(B, C, H, W) after all of them."""
        for i, resnet in enumerate(self.resnets):
            x = resnet(x, temb)
            if len(self.attentions):
                x = self.attentions[i](x, temb, context)
        return x


class KDownStage(KStage):
    """A down block. The lowest one halves nothing, and with attention has no skip connection."""

    def __init__(self, stage: StageSettings, in_channels: int, last: bool) -> None:
        super().__init__()
        width, count = stage.width, len(stage.depths)
        attends = stage.attention == "k"
        self.halves, self.skips = not last, not (last and attends)
        self.resnets = nn.ModuleList(
            KResnet(stage, in_channels if i == 0 else width, width, width) for i in range(count)
        )
        self.attentions = nn.ModuleList(
            KAttention(stage, width, to_itself=last) for _ in range(count if attends else 0)
        )

    def forward(
        self, x: Tensor, temb: Tensor, context: Context | None, extra: Tensor | None = None
    ) -> tuple[Tensor, list[Tensor]]:
        """The stage's output and its skip connections, one or none; `extra` is not used."""
        x = self.layers(x, temb, context)
        return (reflected_halve(x) if self.halves else x), ([x] if self.skips else [])


class KUpStage(KStage):
    """An up block: takes a skip connection beside its input, unless it is the first with attention.

    Its last layer goes to `out_channels`, the width of the stage after; the last stage doubles
    nothing.
    """

    def __init__(self, stage: StageSettings, out_channels: int, first: bool, last: bool) -> None:
        super().__init__()
        width, count = stage.width, len(stage.depths)
        attends = stage.attention == "k"
        self.doubles, self.takes_skip = not last, not (first and attends)
        widths = [(1 + self.takes_skip) * width, *(width,) * (count - 1)]
        outs = [*(width,) * (count - 1), out_channels]
        self.resnets = nn.ModuleList(
            KResnet(stage, inside, width if attends else out, out)
            for inside, out in zip(widths, outs, strict=True)
        )
        self.attentions = nn.ModuleList(
            KAttention(stage, out, to_itself=first) for out in (outs if attends else ())
        )

    def forward(
        self, x: Tensor, skips: list[Tensor], temb: Tensor, context: Context | None
    ) -> Tensor:
        """Takes its skip connection from the end of `skips`."""
        if self.takes_skip:
            x = torch.cat([x, skips.pop()], dim=1)
        x = self.layers(x, temb, context)
        return reflected_double(x) if self.doubles else x
