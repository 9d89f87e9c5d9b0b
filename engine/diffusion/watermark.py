"""An invisible watermark: a short message in the colour of a picture, read without the original.

The one that Stable Diffusion XL's pictures carry (known as dwtDct), so that either reads what the
other writes. The blue-difference U of YUV goes through one level of the Haar wavelet. In every
4 × 4 block of its approximation the largest coefficient, the first one left out, is moved to the
middle of the lower or the upper half of a step of 36, for a 0 or a 1. The blocks carry the bits in
turn, row by row, and each bit is what most of its blocks say.

Where the plain rule would move a coefficient below the next one, which would then be read instead,
the nearest value that is read right is taken here. What is read outlasts JPEG with colours at full
size; with colours at half size the squares that are moved fade.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.diffusion.images.raster import by, size_of
from engine.diffusion.values import Image
from engine.diffusion.watermark_message import SDXL, bits_of
from engine.graph.errors import LoomError

SMALLEST = 256  # pixels of a side
BLOCK, STEP = 4, 36.0
# How far a value may be from the middle of its half, in which 9 is the edge, and count as right.
SLACK = 3.0
LUMA = (0.299, 0.587, 0.114)
# U is 0.492 (blue − luma), with 128 for no colour.
U_OF_BLUE, NEUTRAL = 0.492, 128.0


@dataclass(frozen=True)
class Reading:
    """The bits of one picture, how many are as looked for, and the share of blocks that say them.

    Pictures without a watermark say something too, and plain ones with one voice: what tells is
    `equal`, which by chance is about half of the bits. `agreement` is from a half to 1.
    """

    bits: str
    equal: int
    agreement: float


def embed(image: Image, message: str = SDXL) -> Image:
    """The pictures (B, 3, H, W) with a message of zeros and ones in each; their eight-bit levels.

    Rows and columns beyond a multiple of eight stay as they are. Pure white, black and blue can't
    take all bits, which the other blocks make up for. Raises LoomError for pictures below 256 × 256
    and messages that are no bits.
    """
    bits = torch.tensor(bits_of(message))
    _check_size(image)
    pixels = (image.pixels.clamp(0, 1) * 255).round()
    values = _blocks(_approximation(_u(pixels)))  # (B, blocks, 16)
    wanted = bits.to(values).repeat(-(-values.shape[1] // len(bits)))[: values.shape[1]]
    change = torch.zeros_like(values)
    largest, places = values[..., 1:].topk(2, dim=-1)
    moved = _moved(largest[..., 0], largest[..., 1], wanted)
    change.scatter_(-1, places[..., :1] + 1, (moved - largest[..., 0])[..., None])
    # A change of one coefficient is half of it in each pixel of a square of two.
    u = _unblocked(change, *pixels.shape[2:]).repeat_interleave(2, -1).repeat_interleave(2, -2) / 2
    # Y stays: blue rises by ΔU / 0.492, and green falls by what balances it.
    blue = u / U_OF_BLUE
    changed = pixels.clone()
    part = changed[..., : u.shape[-2], : u.shape[-1]]
    part[:, 2] += blue
    part[:, 1] -= blue * LUMA[2] / LUMA[1]
    return Image(changed.round().clamp(0, 255) / 255)


def read(image: Image, message: str = SDXL) -> list[Reading]:
    """As many bits as `message` has, from each picture. Raises LoomError as `embed` does."""
    count = len(bits_of(message))
    _check_size(image)
    values = _blocks(_approximation(_u((image.pixels.clamp(0, 1) * 255).round())))
    said = (values[..., 1:].amax(-1).remainder(STEP) > STEP / 2).float()  # (B, blocks)
    return [_reading(row, count, message) for row in said]


def _reading(said: Tensor, count: int, message: str) -> Reading:
    shares = torch.stack([said[k::count].mean() for k in range(count)])
    bits = "".join(str(int(share > 0.5)) for share in shares)
    equal = sum(a == b for a, b in zip(bits, message, strict=True))
    return Reading(bits, equal, float(torch.maximum(shares, 1 - shares).mean()))


def _moved(largest: Tensor, second: Tensor, bits: Tensor) -> Tensor:
    """What the largest coefficient becomes: the nearest value of which a reader gets the bit."""
    middle = (0.25 + 0.5 * bits) * STEP
    below = (largest / STEP).floor() * STEP + middle - STEP
    choices = torch.stack([below, below + STEP, below + 2 * STEP])
    seen = torch.maximum(choices, second)
    right = (seen.remainder(STEP) - middle).abs() <= SLACK
    distance = (choices - largest).abs().where(right, torch.inf)
    return choices.gather(0, distance.argmin(0, keepdim=True))[0]


def _u(pixels: Tensor) -> Tensor:
    """U (B, H, W) of levels from 0 to 255, around 128."""
    luma = torch.einsum("c,bchw->bhw", torch.tensor(LUMA).to(pixels), pixels)
    return (pixels[:, 2] - luma) * U_OF_BLUE + NEUTRAL


def _approximation(plane: Tensor) -> Tensor:
    """The Haar wavelet's lowest band of the part whose sides are multiples of four: sums / 2."""
    height, width = (side // 4 * 4 for side in plane.shape[1:])
    return torch.nn.functional.avg_pool2d(plane[:, None, :height, :width], 2)[:, 0] * 2


def _blocks(band: Tensor) -> Tensor:
    """(B, h, w) as its whole blocks, row by row: (B, blocks, 16)."""
    rows, columns = (side // BLOCK for side in band.shape[1:])
    cut = band[:, : rows * BLOCK, : columns * BLOCK]
    split = cut.reshape(-1, rows, BLOCK, columns, BLOCK).transpose(2, 3)
    return split.reshape(-1, rows * columns, BLOCK**2)


def _unblocked(blocks: Tensor, height: int, width: int) -> Tensor:
    """The blocks of a picture of height × width where they were in its band: (B, h, w)."""
    rows, columns = height // 4 * 2 // BLOCK, width // 4 * 2 // BLOCK
    split = blocks.reshape(-1, rows, columns, BLOCK, BLOCK).transpose(2, 3)
    return split.reshape(-1, rows * BLOCK, columns * BLOCK)


def _check_size(image: Image) -> None:
    width, height = size_of(image)
    if min(width, height) < SMALLEST:
        raise LoomError(
            f"The picture is {by(width, height)}, and a watermark needs {by(SMALLEST, SMALLEST)}.",
            field="image",
            remedy="Make the picture larger, or leave the watermark out.",
        )
