"""What values look like: pixels of images, masks, latents and trajectories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


def tensor_of(value: Any) -> torch.Tensor | None:
    """Pictures (B, 3 or 1, H, W) in [0, 1] of a value; None for one that is no picture.

    Latents are drawn by the linear map of their family, without a VAE.
    """
    from engine.diffusion.preview import picture
    from engine.diffusion.values import Image, Latents, Mask

    match value:
        case Image():
            return value.pixels
        case Mask():
            return value.values
        case Latents():
            return picture(value).pixels
        case _:
            return None


def smaller(pictures: torch.Tensor, side: int) -> torch.Tensor:
    """The pictures with their longer side at most `side` pixels; 0 leaves them as they are."""
    import torch.nn.functional as F

    height, width = pictures.shape[2:]
    if not side or max(height, width) <= side:
        return pictures
    scale = side / max(height, width)
    size = max(1, round(height * scale)), max(1, round(width * scale))
    return F.interpolate(pictures.float(), size=size, mode="area")


def to_bytes(pictures: torch.Tensor) -> torch.Tensor:
    """Pictures (B, C, H, W) in [0, 1] as bytes (B, H, W, C), in order in memory."""
    import torch

    scaled = pictures.detach().float().cpu().clamp(0, 1).mul(255).round()
    return scaled.to(torch.uint8).permute(0, 2, 3, 1).contiguous()
