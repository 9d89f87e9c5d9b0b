"""Residual convolution blocks and the resampling between resolutions."""

from __future__ import annotations

from typing import Literal, get_args

import torch.nn.functional as F
from torch import Tensor, nn

from engine.diffusion.blocks.activations import activation
from engine.diffusion.blocks.group_norm import GroupNorm
from engine.diffusion.blocks.resampling import Resample, nearest_double
from engine.graph.errors import LoomError

TimeNorm = Literal["default", "scale_shift"]


class ResnetBlock2D(nn.Module):
    """norm → SiLU → conv, twice, with the time embedding between, plus a skip.

    Maps (B, in, H, W) to (B, out, H, W), or to another resolution with `resample`.

    `temb_channels` is the width of the time embedding (B, temb_channels); its projection is added
    to every pixel between the convolutions (Ho et al. 2020, appendix B), or, with
    `time_embedding_norm="scale_shift"`, scales and shifts the second norm's output (Dhariwal and
    Nichol 2021, equation 7). `skip_time_act` projects the embedding as it is, without SiLU.

    `resample` changes the resolution of both branches before the first convolution (Song et al.
    2021, appendix H.1). The sum of the branches is divided by `output_scale_factor`. `groups_out`
    are the second norm's groups where they differ. `conv_shortcut` exists where the channel count
    changes, or where `shortcut` asks for it.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        temb_channels: int | None = None,
        groups: int = 32,
        groups_out: int | None = None,
        eps: float = 1e-6,
        act_fn: str = "silu",
        dropout: float = 0.0,
        time_embedding_norm: TimeNorm = "default",
        skip_time_act: bool = False,
        output_scale_factor: float = 1.0,
        resample: Resample | None = None,
        shortcut: bool | None = None,
    ) -> None:
        super().__init__()
        if time_embedding_norm not in get_args(TimeNorm):
            raise LoomError(
                f"A residual block can't take the time in by {time_embedding_norm!r}.",
                field="resnet_time_scale_shift",
                remedy=f"Use one of {', '.join(get_args(TimeNorm))}.",
            )
        self.act = activation(act_fn)
        self.dropout = dropout
        self.scale_shift = time_embedding_norm == "scale_shift"
        self.skip_time_act = skip_time_act
        self.output_scale_factor = output_scale_factor
        self.resample = resample
        self.norm1 = GroupNorm(groups, in_channels, eps=eps)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        projected = 2 * out_channels if self.scale_shift else out_channels
        self.time_emb_proj = nn.Linear(temb_channels, projected) if temb_channels else None
        self.norm2 = GroupNorm(groups_out or groups, out_channels, eps=eps)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        shortcut = in_channels != out_channels if shortcut is None else shortcut
        self.conv_shortcut = nn.Conv2d(in_channels, out_channels, 1) if shortcut else None

    def forward(self, x: Tensor, temb: Tensor | None = None) -> Tensor:
        h = self.act(self.norm1(x))
        if self.resample is not None:
            x, h = self.resample(x), self.resample(h)
        h = self._conditioned_norm(self.conv1(h), temb)
        h = self.conv2(F.dropout(self.act(h), self.dropout, self.training))
        h = h + (x if self.conv_shortcut is None else self.conv_shortcut(x))
        return h if self.output_scale_factor == 1.0 else h / self.output_scale_factor

    def _conditioned_norm(self, h: Tensor, temb: Tensor | None) -> Tensor:
        if self.time_emb_proj is None or temb is None:
            return self.norm2(h)
        time = self.time_emb_proj(temb if self.skip_time_act else self.act(temb))[:, :, None, None]
        if not self.scale_shift:
            return self.norm2(h + time)
        scale, shift = time.chunk(2, dim=1)
        return self.norm2(h) * (1 + scale) + shift


class Downsample2D(nn.Module):
    """Halves height and width with a strided 3×3 convolution.

    `padding=1` pads all four sides (UNet); `padding=0` pads right and bottom only, as the
    latent autoencoder was trained.
    """

    def __init__(self, channels: int, *, padding: int = 1) -> None:
        super().__init__()
        self.padding = padding
        self.conv = nn.Conv2d(channels, channels, 3, stride=2, padding=padding)

    def forward(self, x: Tensor) -> Tensor:
        if self.padding == 0:
            x = F.pad(x, (0, 1, 0, 1))
        return self.conv(x)


class Upsample2D(nn.Module):
    """Nearest-neighbour upsampling, by two or to a given size, then a 3×3 convolution."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor, size: tuple[int, int] | None = None) -> Tensor:
        x = nearest_double(x) if size is None else F.interpolate(x, size=size, mode="nearest")
        return self.conv(x)
