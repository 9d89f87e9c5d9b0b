"""MoVQ's layers: norms that the quantised latents modulate from place to place.

Zheng et al. 2022, "MoVQ: Modulating Quantized Vectors for High-Fidelity Image
Generation", section 3.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from engine.diffusion.blocks.attention import Attention
from engine.diffusion.blocks.group_norm import GroupNorm


class SpatialNorm(nn.Module):
    """Group norm of (B, C, H, W), scaled and shifted at each pixel by latents (B, Z, h, w).

    The latents are enlarged to H × W by repeating their cells (equation 2 of the paper). The norm
    has 32 groups, as it was trained.
    """

    def __init__(self, channels: int, latent_channels: int) -> None:
        super().__init__()
        self.norm_layer = GroupNorm(32, channels, eps=1e-6)
        self.conv_y = nn.Conv2d(latent_channels, channels, 1)
        self.conv_b = nn.Conv2d(latent_channels, channels, 1)

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        z = F.interpolate(z, size=x.shape[-2:], mode="nearest")
        return self.norm_layer(x) * self.conv_y(z) + self.conv_b(z)


class SpatialResnetBlock2D(nn.Module):
    """norm → SiLU → conv, twice, plus a skip, with norms that read the latents."""

    def __init__(self, in_channels: int, out_channels: int, latent_channels: int) -> None:
        super().__init__()
        self.norm1 = SpatialNorm(in_channels, latent_channels)
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.norm2 = SpatialNorm(out_channels, latent_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.conv_shortcut = (
            nn.Conv2d(in_channels, out_channels, 1) if in_channels != out_channels else None
        )

    def forward(self, x: Tensor, z: Tensor) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x, z)))
        h = self.conv2(F.silu(self.norm2(h, z)))
        return h + (x if self.conv_shortcut is None else self.conv_shortcut(x))


class SpatialNormAttention(Attention):
    """One head of self-attention over the pixels of (B, C, H, W), its norm reading the latents."""

    def __init__(self, channels: int, latent_channels: int) -> None:
        super().__init__(channels, heads=1, head_dim=channels, bias=True)
        self.spatial_norm = SpatialNorm(channels, latent_channels)

    def forward(self, x: Tensor, z: Tensor) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        out = super().forward(self.spatial_norm(x, z).flatten(2).transpose(1, 2))  # (B, HW, C)
        return x + out.transpose(1, 2).unflatten(2, x.shape[-2:])
