"""What latents look like while they form, in a fraction of a step's time.

Latents of published VAEs keep the picture's layout: each cell's colour is close to a linear
function of its channels. Where that function is known it is used; elsewhere the three directions in
which the latents vary most stand in for red, green and blue.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F

from engine.diffusion.values import Image, Latents

INTERVAL = 0.25  # seconds between previews, at least
SHARE = 0.2  # of the run's time that drawing them may take
SIDE = 512  # pixels of a preview's longer side, at most

Map = tuple[tuple[tuple[float, ...], ...], tuple[float, ...]]
"""A row (R, G, B) for each channel, and the colour of zero; colours are in -1…1."""

_STABLE_DIFFUSION: Map = (
    (
        (0.298, 0.207, 0.208),
        (0.187, 0.286, 0.173),
        (-0.158, 0.189, 0.264),
        (-0.184, -0.271, -0.473),
    ),
    (0.0, 0.0, 0.0),
)
MAPS: Mapping[str, Map] = {
    # As measured by keturn on the forum of Hugging Face, 2022, for the VAE of Stable Diffusion.
    "sd15": _STABLE_DIFFUSION,
    "sd21": _STABLE_DIFFUSION,
    # `fitted_map` over 256 scenes.
    "starter": (
        (
            (0.1181, 0.1012, -0.0528),
            (-0.0934, 0.1387, -0.1774),
            (0.2722, -0.1203, -0.4462),
            (-0.4674, -0.3824, -0.2367),
        ),
        (0.3259, 0.0615, -0.0303),
    ),
}


class Previews:
    """Hands a picture of the latents so far to `show_image`, a few times a second at most.

    `draw` makes it: `picture`, or a small autoencoder. Where it is slow, pictures come less often.
    """

    def __init__(
        self,
        show_image: Callable[[Image], object],
        latents: Latents,
        draw: Callable[[Latents], Image] | None = None,
        interval: float = INTERVAL,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._show, self._like, self._draw = show_image, latents, draw or picture
        self._interval, self._clock = interval, clock
        self._next = clock()

    def show(self, samples: torch.Tensor) -> None:
        """Show `samples` (B, C, h, w) if it is time, and there is anything finite to see."""
        began = self._clock()
        if began < self._next or not bool(torch.isfinite(samples).all()):
            return
        self._show(self._draw(Latents(samples, self._like.space, self._like.factor)))
        spent = self._clock() - began
        self._next = began + max(self._interval, spent / SHARE)


@torch.inference_mode()
def picture(latents: Latents) -> Image:
    """Pictures (B, 3, H, W) in [0, 1] of latents, without a VAE; at most `SIDE` pixels a side."""
    x = latents.samples.detach().float().cpu()
    if latents.factor == 1 and x.shape[1] == 3:
        rgb = x
    elif found := MAPS.get(latents.space):
        rows, zero = (torch.tensor(values) for values in found)
        rgb = torch.einsum("bchw,cr->brhw", x, rows) + zero.view(1, 3, 1, 1)
    else:
        rgb = principal_colours(x)
    scale = max(1, min(latents.factor, SIDE // max(x.shape[2:])))
    enlarged = F.interpolate(rgb, scale_factor=float(scale), mode="nearest")
    return Image((enlarged / 2 + 0.5).clamp(0, 1).clone())


def principal_colours(x: torch.Tensor) -> torch.Tensor:
    """The first three principal components of the cells of (B, C, h, w), (B, 3, h, w), about ±1."""
    cells = x.permute(0, 2, 3, 1).reshape(-1, x.shape[1])
    cells = torch.nan_to_num(cells - cells.mean(0))
    *_, directions = torch.linalg.svd(cells, full_matrices=False)
    directions = directions[:3]
    flip = torch.where(directions.sum(1, keepdim=True) < 0, -1.0, 1.0)  # the same way every time
    found = cells @ (directions * flip).T
    found = found / (2 * found.std(0) + 1e-6)
    if found.shape[1] < 3:
        found = F.pad(found, (0, 3 - found.shape[1]))
    return found.reshape(x.shape[0], *x.shape[2:], 3).permute(0, 3, 1, 2)


def fitted_map(latents: torch.Tensor, pictures: torch.Tensor) -> Map:
    """The least-squares map from latents (B, C, h, w) to pictures (B, 3, H, W) in -1…1."""
    small = F.interpolate(pictures, size=latents.shape[2:], mode="area")
    inputs = latents.permute(0, 2, 3, 1).reshape(-1, latents.shape[1])
    ones = torch.ones(len(inputs), 1)
    targets = small.permute(0, 2, 3, 1).reshape(-1, 3)
    solution = torch.linalg.lstsq(torch.cat([inputs, ones], dim=1), targets).solution
    rows = tuple(tuple(round(v, 4) for v in row) for row in solution.tolist())
    return rows[:-1], rows[-1]
