"""Autoencoders band by band: the same numbers to rounding, in a fraction of the memory.

Cutting a picture into tiles and decoding each alone leaves seams, because each tile is normalised
by its own mean and variance. Here it is the layers that are cut: each one goes over its input in
bands of rows, with the rows above and below that its convolution sees, and the group norms take
their statistics from all bands before any is normalised (two passes; the moments of bands are
joined as in Chan, Golub and LeVeque 1983, equation 2.1). So no band knows of the cut. What is in
memory is one layer's input, its output and a band; the lowest resolution, with its attention over
all pixels, is computed whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.diffusion.blocks.movq import SpatialNorm
from engine.diffusion.blocks.resampling import nearest_double
from engine.graph.environment import environment

KEY = "vae"
WHOLE, BANDS, HOST = "whole", "bands", "host"
MIB = 1 << 20
# How many tensors as large as a band's input and output a layer has at a time.
AT_A_TIME = 3

Change = Callable[[Tensor, int], Tensor]
"""What is done to rows of a layer's input, and the number of the first of them."""


@dataclass(frozen=True)
class Bands:
    """How an autoencoder is cut: a band takes at most `most` bytes, or is one row.

    With `host`, what lies between two layers waits in the computer's memory, not the device's.
    """

    most: int
    host: bool = False

    def __str__(self) -> str:
        return f"{BANDS}:{max(1, self.most // MIB)}" + (f":{HOST}" if self.host else "")


def bands_of_run() -> Bands | None:
    """How the environment of the running node has autoencoders cut; None for whole.

    Always None where gradients are followed, since bands are written in place, and in what torch
    compiles.
    """
    if torch.is_grad_enabled() or torch.compiler.is_compiling():
        return None
    name, _, rest = environment().get(KEY, WHOLE).partition(":")
    size, _, where = rest.partition(":")
    return Bands(int(size) * MIB, where == HOST) if name == BANDS else None


def decoded(decoder: Any, z: Tensor, condition: tuple[Tensor, ...], bands: Bands) -> Tensor:
    """What `Decoder.forward` gives, one picture of the batch at a time."""
    pictures: list[Tensor] = []
    for i in range(len(z)):
        of_one = tuple(latents[i : i + 1] for latents in condition)
        cut = _Cut(bands, decoder.mid_block(decoder.conv_in(z[i : i + 1]), *of_one), of_one)
        for block in decoder.up_blocks:
            cut.layers(block)
            for upsample in block.upsamplers:
                cut.double(upsample.conv)
        pictures.append(cut.last(decoder))
    return torch.cat(pictures)


def encoded(encoder: Any, x: Tensor, bands: Bands) -> Tensor:
    """What `Encoder.forward` gives, one picture of the batch at a time."""
    features: list[Tensor] = []
    for i in range(len(x)):
        cut = _Cut(bands, x[i : i + 1])
        cut.convolve(encoder.conv_in)
        for block in encoder.down_blocks:
            cut.layers(block)
            for downsample in block.downsamplers:
                cut.halve(downsample.conv)
        cut.whole(encoder.mid_block)
        features.append(cut.last(encoder))
    return torch.cat(features)


class _Cut:
    """A picture (1, C, H, W) between two layers, `x`, and the layers in bands.

    Each layer takes it from here and puts its own there, so that nothing else holds it.
    """

    def __init__(self, bands: Bands, x: Tensor, condition: tuple[Tensor, ...] = ()) -> None:
        self.most = bands.most
        self.device = x.device
        self.home = torch.device("cpu") if bands.host else x.device
        self.condition = condition
        self.x = x.to(self.home)

    def whole(self, layer: nn.Module) -> None:
        """A layer that sees all pixels."""
        self.x = layer(self.x.to(self.device), *self.condition).to(self.home)

    def layers(self, block: Any) -> None:
        """The ResNets of a block, and its attention where it has any."""
        for i, resnet in enumerate(block.resnets):
            self.resnet(resnet)
            if block.attentions:
                self.whole(block.attentions[i])

    def resnet(self, block: Any) -> None:
        """A residual block."""
        x = self.x
        h = self._written(block.conv1, x, self._normed(block.norm1, x))
        shortcut: nn.Module | None = block.conv_shortcut

        def skip(out: Tensor, first: int) -> Tensor:
            rows = x[:, :, first : first + out.shape[2]].to(self.device)
            return out.add_(rows if shortcut is None else shortcut(rows))

        self.x = self._written(block.conv2, h, self._normed(block.norm2, h), skip, into=h)

    def convolve(self, conv: nn.Conv2d) -> None:
        """A convolution alone."""
        self.x = self._written(conv, self.x)

    def last(self, model: Any) -> Tensor:
        """The last norm and convolution, on the device."""
        norm = self._normed(model.conv_norm_out, self.x)
        return self._written(model.conv_out, self.x, norm).to(self.device)

    def double(self, conv: nn.Conv2d) -> None:
        """Each pixel four times, and a convolution."""
        x = self.x
        height, width = x.shape[2] * 2, x.shape[3] * 2

        def window(first: int, last: int) -> Tensor:
            start, end = max(first - 1, 0) // 2, min(last, height - 1) // 2 + 1
            rows = nearest_double(x[:, :, start:end].to(self.device))
            return _padded(rows, 2 * start, first - 1, last + 1, height)

        self.x = self._in_bands(conv, window, x, (height, width))

    def halve(self, conv: nn.Conv2d) -> None:
        """A convolution of every second pixel, with zeros right and below if its padding is 0."""
        x = self.x
        above = int(conv.padding[0])
        height, width = ((side + 1 + above - 3) // 2 + 1 for side in x.shape[2:])

        def window(first: int, last: int) -> Tensor:
            rows = self._rows(x, 2 * first - above, 2 * (last - 1) - above + 3)
            return rows if above else F.pad(rows, (0, 1))

        self.x = self._in_bands(conv, window, x, (height, width))

    def _normed(self, norm: nn.Module, x: Tensor) -> Change:
        """silu(norm(x)) of rows of `x`, by the statistics of all of it."""
        group_norm = norm.norm_layer if isinstance(norm, SpatialNorm) else norm
        assert isinstance(group_norm, nn.GroupNorm)
        factor, shift = self._factor_and_shift(group_norm, x)
        width = x.shape[3]

        def change(rows: Tensor, first: int) -> Tensor:
            out = torch.addcmul(shift, rows.to(factor.dtype), factor).to(rows.dtype)
            if isinstance(norm, SpatialNorm):
                (z,) = self.condition
                z = F.interpolate(z, size=(x.shape[2], width), mode="nearest")
                z = z[:, :, first : first + rows.shape[2]]
                out = out.mul_(norm.conv_y(z)).add_(norm.conv_b(z))
            return F.silu(out, inplace=True)

        return change

    def _factor_and_shift(self, norm: nn.GroupNorm, x: Tensor) -> tuple[Tensor, Tensor]:
        """What a group norm multiplies each channel of `x` by and adds to it, (1, C, 1, 1)."""
        count = 0
        wide = torch.float32 if self.device.type == "mps" else torch.float64  # the most it has
        mean = squares = torch.zeros(norm.num_groups, dtype=wide, device=self.device)
        for first, last in self._bands(x.shape[2], self._bytes(x)):
            rows = x[:, :, first:last].to(self.device)
            grouped = rows.unflatten(1, (norm.num_groups, -1))
            precise = torch.promote_types(x.dtype, torch.float32)
            var, here = torch.var_mean(grouped.to(precise), dim=(0, 2, 3, 4), correction=0)
            var, here = var.to(wide), here.to(wide)
            added = grouped[:, 0].numel()
            between = here - mean
            mean = mean + between * (added / (count + added))
            squares = squares + var * added + between.square() * (count * added / (count + added))
            count += added
        scale = (squares / count + norm.eps).rsqrt()
        channels = norm.num_channels // norm.num_groups
        scale, mean = (v.repeat_interleave(channels) for v in (scale, mean))
        factor = scale * norm.weight
        shift = norm.bias - mean * factor
        precise = torch.promote_types(x.dtype, torch.float32)
        return factor.to(precise).view(1, -1, 1, 1), shift.to(precise).view(1, -1, 1, 1)

    def _written(
        self,
        conv: nn.Conv2d,
        x: Tensor,
        before: Change | None = None,
        after: Change | None = None,
        into: Tensor | None = None,
    ) -> Tensor:
        """`after(conv(before(x)))`; `into` may be `x` itself."""

        def window(first: int, last: int) -> Tensor:
            return self._rows(x, first - 1, last + 1, before)

        return self._in_bands(conv, window, x, (x.shape[2], x.shape[3]), after, into)

    def _in_bands(
        self,
        conv: nn.Conv2d,
        window: Callable[[int, int], Tensor],
        x: Tensor,
        size: tuple[int, int],
        after: Change | None = None,
        into: Tensor | None = None,
    ) -> Tensor:
        """All rows that `conv` makes of its windows: (1, C', *size).

        A band is written when the next one's window was read, so that it may overwrite it.
        """
        height, width = size
        out = into
        row = AT_A_TIME * width * max(conv.in_channels, conv.out_channels) * x.itemsize
        waiting: tuple[int, Tensor] | None = None
        for first, last in self._bands(height, row):
            rows = window(first, last)
            found = F.conv2d(rows, conv.weight, conv.bias, conv.stride, (0, int(conv.padding[1])))
            found = found if after is None else after(found, first)
            if out is None:
                out = _empty_like(found, height, self.home)
            if waiting:
                out[:, :, waiting[0] : first] = waiting[1]
            waiting = first, found
        assert out is not None and waiting is not None
        out[:, :, waiting[0] :] = waiting[1]
        return out

    def _rows(self, x: Tensor, start: int, end: int, change: Change | None = None) -> Tensor:
        """Rows of `x` after `change`, zeros where there are none."""
        first, last = max(start, 0), min(end, x.shape[2])
        rows = x[:, :, first:last].to(self.device)
        rows = rows if change is None else change(rows, first)
        return _padded(rows, first, start, end, x.shape[2])

    def _bytes(self, x: Tensor) -> int:
        """What a row of `x` takes, several times over."""
        return AT_A_TIME * x.shape[1] * x.shape[3] * x.itemsize

    def _bands(self, height: int, row: int) -> Iterator[tuple[int, int]]:
        step = max(1, self.most // row)
        for first in range(0, height, step):
            yield first, min(first + step, height)


def _padded(rows: Tensor, first: int, start: int, end: int, height: int) -> Tensor:
    """Of rows that begin with number `first`, those from `start` to `end`; zeros outside."""
    rows = rows[:, :, max(start - first, 0) : min(end, height) - first]
    above, below = max(-start, 0), max(end - height, 0)
    return F.pad(rows, (0, 0, above, below)) if above or below else rows


def _empty_like(band: Tensor, height: int, device: torch.device) -> Tensor:
    """A tensor for all rows, laid out in memory as `band` is."""
    shape = (*band.shape[:2], height, band.shape[3])
    last = band.is_contiguous(memory_format=torch.channels_last) and not band.is_contiguous()
    layout = torch.channels_last if last else torch.contiguous_format
    return torch.empty(shape, dtype=band.dtype, device=device, memory_format=layout)
