"""Pictures as tensors and as files' pixels, and several of them in one grid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from engine.diffusion.values import Image
from engine.graph.errors import LoomError

if TYPE_CHECKING:
    import PIL.Image

PAPER = 1.0
"""What empty cells of a grid are filled with: white."""


def to_pil(image: Image) -> list[PIL.Image.Image]:
    """Each picture of a batch in eight bits a channel, rounded to the nearest level."""
    from PIL.Image import fromarray

    levels = (image.pixels.clamp(0, 1) * 255).round().to(torch.uint8)
    return [fromarray(picture.permute(1, 2, 0).contiguous().numpy()) for picture in levels]


def grid(images: Sequence[Image], columns: int = 0) -> Image:
    """All pictures of all batches in one (1, 3, rows·H, columns·W), in reading order.

    0 columns makes it about square. Raises LoomError when there is none, or sizes differ.
    """
    if not images:
        raise LoomError("There is no picture to put into the grid.", field="images")
    sizes = sorted({(image.pixels.shape[3], image.pixels.shape[2]) for image in images})
    if len(sizes) > 1:
        found = " and ".join(f"{width}×{height}" for width, height in sizes)
        raise LoomError(
            f"A grid takes pictures of one size, and these are {found}.",
            field="images",
            remedy="Make them the same size first.",
        )
    cells = torch.cat([image.pixels for image in images])
    count, channels, height, width = cells.shape
    columns = min(columns, count) or math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    empty = cells.new_full((rows * columns - count, channels, height, width), PAPER)
    table = torch.cat([cells, empty]).view(rows, columns, channels, height, width)
    return Image(table.permute(2, 0, 3, 1, 4).reshape(1, channels, rows * height, columns * width))
