"""Group normalisation (Wu and He 2018) that keeps its digits on large pictures in channels_last.

For that layout torch's kernel on the CPU adds up the numbers of a group, and their squares, one
after the other in float32: of a 512² picture the fifth digit is lost. Here its statistics are those
of a few rows at a time, put together as Chan, Golub and LeVeque (1979) do.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

ENOUGH = 1 << 16  # numbers of a group up to which torch's own sums are good to some millionths
AT_ONCE = 1 << 12  # numbers of a group that are summed by torch


class GroupNorm(nn.GroupNorm):
    """torch's, with accurate statistics for pictures (B, C, H, W) wherever it needs help."""

    def forward(self, input: Tensor) -> Tensor:
        return self._over_rows(input) if self._is_hard(input) else super().forward(input)

    def _is_hard(self, x: Tensor) -> bool:
        if x.dim() != 4 or x.device.type != "cpu" or x.dtype != torch.float32:
            return False
        if torch.is_grad_enabled() or torch.compiler.is_compiling() or x.is_contiguous():
            return False
        numbers = x[0].numel() // self.num_groups
        return numbers > ENOUGH and x.is_contiguous(memory_format=torch.channels_last)

    def _over_rows(self, x: Tensor) -> Tensor:
        factors, shifts = zip(*map(self._factor_and_shift, x.split(1)), strict=True)
        factor, shift = (torch.cat(parts)[:, :, None, None] for parts in (factors, shifts))
        return torch.addcmul(shift, x, factor)

    def _factor_and_shift(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """What each channel of one picture (1, C, H, W) is multiplied by, and what is added."""
        _, channels, height, width = x.shape
        each = channels // self.num_groups
        rows = max(1, AT_ONCE // (width * each))
        means: list[Tensor] = []
        variances: list[Tensor] = []
        counts: list[int] = []
        for first in range(0, height, rows):
            part = x[:, :, first : first + rows]
            pixels = part.shape[2] * width
            _, mean, scale = torch.native_group_norm(
                part, None, None, 1, channels, pixels, self.num_groups, self.eps
            )
            means.append(mean.double())
            variances.append(scale.double().square().reciprocal() - self.eps)
            counts.append(pixels)
        share = torch.tensor(counts, dtype=torch.float64)[:, None] / (height * width)
        mean, variance = torch.cat(means), torch.cat(variances)  # (parts, groups)
        whole = (share * mean).sum(0)
        spread = (share * (variance + (mean - whole).square())).sum(0)
        scale = (spread.clamp(min=0) + self.eps).rsqrt()
        factor, centre = (
            value.float().repeat_interleave(each)[None] for value in (scale, whole * scale)
        )
        if not self.affine:
            return factor, -centre
        return factor * self.weight, self.bias - centre * self.weight
