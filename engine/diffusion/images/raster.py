"""What pictures and masks have in common: a tensor of pixels, a size, a number in the batch."""

from __future__ import annotations

import torch

from engine.diffusion.values import Image, Mask, Picture
from engine.graph.errors import LoomError

MAX_PIXELS = 1 << 26
"""No picture that is read or made has more: 67 million, such as 8192×8192."""


def tensor_of(picture: Image | Mask) -> torch.Tensor:
    """(B, 3, H, W) of pictures, (B, 1, H, W) of masks."""
    return picture.pixels if isinstance(picture, Image) else picture.values


def like(picture: Picture, tensor: torch.Tensor) -> Picture:
    """A value of the same kind that holds `tensor`."""
    return type(picture)(tensor)


def size_of(picture: Image | Mask) -> tuple[int, int]:
    """Width and height."""
    height, width = tensor_of(picture).shape[2:]
    return width, height


def paired(
    first: Image | Mask, second: Image | Mask, names: tuple[str, str] = ("image", "mask")
) -> tuple[torch.Tensor, torch.Tensor]:
    """The tensors of two values of one size, the one of a batch of 1 repeated for the other.

    Raises LoomError with both sizes, or both numbers, when they don't go together.
    """
    here, there = size_of(first), size_of(second)
    if here != there:
        raise LoomError(
            f"The {names[0]} is {by(*here)} and the {names[1]} {by(*there)}.",
            field=names[1],
            remedy="Resize one of them, so that they are of one size.",
        )
    return same_batch(tensor_of(first), tensor_of(second), names)


def same_batch(
    first: torch.Tensor, second: torch.Tensor, names: tuple[str, str]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Two tensors with as many pictures, the one of a batch of 1 repeated for the other."""
    ours, theirs = len(first), len(second)
    if ours != theirs and 1 not in (ours, theirs):
        raise LoomError(
            f"The {names[0]} is a batch of {ours} and the {names[1]} one of {theirs}.",
            field=names[1],
            remedy="Use as many of both, or one of either for all.",
        )
    count = max(ours, theirs)
    return first.expand(count, -1, -1, -1), second.expand(count, -1, -1, -1)


def check_size(width: int, height: int, field: str = "width") -> None:
    """Raises LoomError for a picture without pixels, or with more than MAX_PIXELS."""
    if width < 1 or height < 1:
        raise LoomError(f"A picture of {by(width, height)} has no pixels.", field=field)
    if width * height > MAX_PIXELS:
        raise LoomError(
            f"A picture of {by(width, height)} has more than {MAX_PIXELS // 10**6} million pixels.",
            field=field,
            remedy="Make it smaller.",
        )


def by(width: int, height: int) -> str:
    """A size in words: `640×480`."""
    return f"{width}×{height}"
