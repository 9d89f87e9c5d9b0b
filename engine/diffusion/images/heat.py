"""Heat maps: numbers as colours, over a picture."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from engine.diffusion.values import Image

# Black, violet, red, orange, pale yellow: lightness rises evenly, so it reads in grey as well.
STOPS = ((0, 0, 4), (87, 16, 110), (188, 55, 84), (249, 142, 9), (252, 255, 164))
BELOW = 0.4  # how much of the picture shows through


def heat(maps: torch.Tensor, pictures: Image | None = None, side: int = 256) -> Image:
    """Maps (N, h, w) in [0, 1] as pictures (N, 3, H, W), hot where they are 1.

    Over `pictures` (N or 1, 3, H, W) in grey, at their size; alone, with `side` pixels on the
    longer side.
    """
    height, width = maps.shape[1:]
    scale = max(1, side // max(height, width))
    size = pictures.pixels.shape[2:] if pictures else (height * scale, width * scale)
    fine = F.interpolate(maps[:, None], size=size, mode="bicubic", align_corners=False)
    level = fine.clamp(0, 1) * (len(STOPS) - 1)  # (N, 1, H, W)
    stops = torch.tensor(STOPS).float() / 255
    low = level.floor().long().clamp(max=len(STOPS) - 2)
    colours = torch.lerp(stops[low[:, 0]], stops[low[:, 0] + 1], (level - low)[:, 0, ..., None])
    found = colours.permute(0, 3, 1, 2)
    if pictures:
        grey = pictures.pixels.mean(1, keepdim=True)
        found = torch.lerp(found, grey, BELOW)
    return Image(found.clamp(0, 1).contiguous())
