"""Edges of a picture, as thin white lines: Canny (1986), "A computational approach to edge
detection", with the Sobel gradients, the L1 norm and the thresholds that edge-guided diffusion
models were trained with.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from engine.diffusion.images.connected import reach
from engine.diffusion.images.filters import gaussian
from engine.diffusion.values import Image
from engine.graph.errors import LoomError

SOBEL = ((-1.0, 0.0, 1.0), (-2.0, 0.0, 2.0), (-1.0, 0.0, 1.0))
TAN_22 = math.sqrt(2) - 1
"""The slope that parts the four directions across an edge: the tangent of 22.5°."""


def canny(image: Image, low: float = 100.0, high: float = 200.0, blur: float = 0.0) -> Image:
    """White lines, one pixel wide, on black.

    The thresholds are in units of |gx| + |gy| of 3×3 Sobel gradients over 256 levels, 0 to 2040. A
    line is made of pixels above `low`, and has one above `high`. `blur` pixels of Gaussian blur
    come first. Of the three channels each pixel takes the one with the strongest edge. Raises
    LoomError when `low` is above `high`.
    """
    if low > high:
        raise LoomError(
            f"The low threshold, {low:g}, is above the high one, {high:g}.",
            field="low",
            remedy="Exchange them.",
        )
    levels = (gaussian(image.pixels, blur).clamp(0, 1) * 255).round()
    across, down = _gradients(levels)
    strength = across.abs() + down.abs()
    strongest = strength.argmax(1, keepdim=True)
    across, down, strength = (t.gather(1, strongest) for t in (across, down, strength))
    ridge = _is_ridge(across, down, strength)
    weak, strong = ridge & (strength > low), ridge & (strength > high)
    lines = [
        torch.from_numpy(reach(start[0].cpu().numpy(), passable[0].cpu().numpy(), diagonal=True))
        for start, passable in zip(strong, weak, strict=True)
    ]
    return Image(torch.stack(lines).unsqueeze(1).float().repeat(1, 3, 1, 1))


def _gradients(levels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Sobel gradients to the right and down, (B, C, H, W) each."""
    sobel = torch.tensor(SOBEL).view(1, 1, 3, 3)
    planes = F.pad(levels.flatten(0, 1).unsqueeze(1), (1, 1, 1, 1), "replicate")
    return tuple(F.conv2d(planes, k).view(levels.shape) for k in (sobel, sobel.mT))  # type: ignore[return-value]


def _is_ridge(across: torch.Tensor, down: torch.Tensor, strength: torch.Tensor) -> torch.Tensor:
    """Where the strength is the largest of the three pixels along the gradient.

    Of two equal neighbours, the one to the right or below is no ridge.
    """
    padded = F.pad(strength, (1, 1, 1, 1))

    def beside(right: int, below: int) -> torch.Tensor:
        height, width = strength.shape[2:]
        return padded[:, :, 1 + below : 1 + below + height, 1 + right : 1 + right + width]

    flat = down.abs() < TAN_22 * across.abs()
    steep = across.abs() < TAN_22 * down.abs()
    same_sign = (across < 0) == (down < 0)
    horizontal = (strength > beside(-1, 0)) & (strength >= beside(1, 0))
    vertical = (strength > beside(0, -1)) & (strength >= beside(0, 1))
    falling = (strength > beside(-1, -1)) & (strength > beside(1, 1))
    rising = (strength > beside(1, -1)) & (strength > beside(-1, 1))
    slanted = torch.where(same_sign, falling, rising)
    return torch.where(flat, horizontal, torch.where(steep, vertical, slanted))
