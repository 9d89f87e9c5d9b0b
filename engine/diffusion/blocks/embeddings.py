"""Embeddings of scalars: the timestep or noise level, and SDXL's sizes and crops."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from engine.diffusion.blocks.activations import activation


def sinusoidal_embedding(
    values: Tensor,
    dim: int,
    *,
    flip_sin_to_cos: bool = True,
    freq_shift: float = 0.0,
    max_period: float = 10_000.0,
) -> Tensor:
    """Sinusoids of geometrically falling frequency (Vaswani et al. 2017, section 3.5).

    `values` is (N,), the result (N, dim) in float32: `dim / 2` sines then as many cosines, or
    the other way round with `flip_sin_to_cos`. The frequencies are
    `max_period ** (-k / (dim / 2 - freq_shift))`. An odd `dim` ends in a zero column.
    """
    half = dim // 2
    exponent = -math.log(max_period) * torch.arange(half, dtype=torch.float32, device=values.device)
    angles = values.float()[:, None] * torch.exp(exponent / (half - freq_shift))[None, :]
    parts = [angles.cos(), angles.sin()] if flip_sin_to_cos else [angles.sin(), angles.cos()]
    if dim % 2:
        parts.append(torch.zeros_like(angles[:, :1]))
    return torch.cat(parts, dim=-1)


class FourierEmbedding(nn.Module):
    """Sines and cosines of log σ at random frequencies, drawn once and kept with the weights.

    Maps noise levels (N,), above zero, to (N, 2 · features). Tancik et al. 2020, section 3; as
    Song et al. 2021 (appendix C.1) embed the noise level. Without `log` numbers are taken as they
    are; `flip_sin_to_cos` puts the cosines first.
    """

    def __init__(
        self,
        features: int,
        scale: float = 16.0,
        *,
        log: bool = True,
        flip_sin_to_cos: bool = False,
    ) -> None:
        super().__init__()
        self.log, self.flip_sin_to_cos = log, flip_sin_to_cos
        self.weight = nn.Parameter(torch.randn(features) * scale, requires_grad=False)

    def forward(self, values: Tensor) -> Tensor:
        values = values.to(self.weight)
        angles = (values.log() if self.log else values)[:, None] * self.weight[None, :]
        angles = angles * 2 * math.pi
        parts = [angles.sin(), angles.cos()]
        return torch.cat(parts[::-1] if self.flip_sin_to_cos else parts, dim=-1)


class TimestepEmbedding(nn.Module):
    """Two linear layers from sinusoids (N, in) to the residual blocks' conditioning (N, dim).

    `cond_dim` adds a projected guidance embedding to the input, as distilled (LCM) models need;
    `post_act` is an activation at the end.
    """

    def __init__(
        self,
        in_channels: int,
        dim: int,
        cond_dim: int | None = None,
        act_fn: str = "silu",
        post_act: str | None = None,
    ) -> None:
        super().__init__()
        self.linear_1 = nn.Linear(in_channels, dim)
        self.cond_proj = nn.Linear(cond_dim, in_channels, bias=False) if cond_dim else None
        self.act = activation(act_fn)
        self.linear_2 = nn.Linear(dim, dim)
        self.post_act = activation(post_act) if post_act else None

    def forward(self, sinusoids: Tensor, condition: Tensor | None = None) -> Tensor:
        if condition is not None and self.cond_proj is not None:
            sinusoids = sinusoids + self.cond_proj(condition)
        out = self.linear_2(self.act(self.linear_1(sinusoids)))
        return out if self.post_act is None else self.post_act(out)
