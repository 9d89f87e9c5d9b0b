"""What UNets with more inputs read beside the sample: masks, pictures, depth.

All are laid out on the latents' grid and go through the VAE's scaling where they are latents.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F

from engine.diffusion.latent_codec import encode, unscaled
from engine.diffusion.latent_mask import on_grid
from engine.diffusion.values import ExtraChannels, Image, Latents, Mask
from engine.graph.errors import LoomError


@torch.inference_mode()
def for_inpainting(vae: Any, image: Image, mask: Mask, space: str = "") -> ExtraChannels:
    """Mask (B, 1, h, w), then the latents of the picture with the masked part grey.

    Rombach et al. 2022, section 4.5, as the published inpainting UNets were trained: white is made
    anew. Raises LoomError where mask and picture differ in size.
    """
    white = matching(mask, image)
    grey = image.pixels * 2 - 1
    hidden = Image((grey * (white < 0.5) / 2 + 0.5).clone())
    latents = encode(vae, hidden, space)
    small = on_grid(white, *latents.samples.shape[2:])
    batch = max(small.shape[0], latents.samples.shape[0])
    parts = (small.expand(batch, -1, -1, -1), latents.samples.expand(batch, -1, -1, -1))
    return ExtraChannels(torch.cat(parts, dim=1).clone(), space)


@torch.inference_mode()
def for_editing(vae: Any, image: Image, space: str = "") -> ExtraChannels:
    """The latents of the picture without the VAE's scaling (Brooks et al. 2023)."""
    latents = encode(vae, image, space)
    return ExtraChannels(unscaled(latents.samples, vae.config).clone(), space)


@torch.inference_mode()
def for_depth(depth: Image, latents: Latents, space: str = "") -> ExtraChannels:
    """A depth map (its first channel) at the latents' size, scaled to -1…1 picture by picture."""
    grid = latents.samples.shape[2:]
    x = F.interpolate(depth.pixels[:, :1], size=grid, mode="bicubic", align_corners=False)
    low, high = (getattr(x, end)(dim=(1, 2, 3), keepdim=True) for end in ("amin", "amax"))
    if not bool((high > low).all()):
        raise LoomError(
            "The depth map is the same everywhere: it says nothing.",
            field="depth",
            remedy="Join a picture of depths, near white and far black.",
        )
    return ExtraChannels((2 * (x - low) / (high - low) - 1).clone(), space)


def matching(mask: Mask, image: Image) -> torch.Tensor:
    """The mask's values; LoomError where it is not of the picture's size."""
    if mask.values.shape[2:] != image.pixels.shape[2:]:
        sizes = [f"{t.shape[3]}×{t.shape[2]}" for t in (mask.values, image.pixels)]
        raise LoomError(
            f"The mask is {sizes[0]}, and the picture {sizes[1]}.",
            field="mask",
            remedy="Resize one of them.",
        )
    return mask.values
