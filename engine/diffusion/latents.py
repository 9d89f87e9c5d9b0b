"""Latents to begin from: zeros, and noise that belongs to a seed."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from engine.diffusion.values import Image, Latents
from engine.graph.errors import LoomError


def zeros(
    batch: int,
    channels: int,
    width: int,
    height: int,
    factor: int = 8,
    device: torch.device | str = "cpu",
) -> torch.Tensor:
    """Zero latents (batch, channels, height / factor, width / factor), float32.

    `width` and `height` are the picture's, in pixels; `factor` is how much smaller the VAE makes
    it.
    """
    for name, size in (("width", width), ("height", height)):
        if size < factor or size % factor:
            nearest = max(factor, round(size / factor) * factor)
            raise LoomError(
                f"A {name} of {size} pixels is not a multiple of {factor}.",
                field=name,
                remedy=f"Use {nearest}.",
            )
    return torch.zeros(batch, channels, height // factor, width // factor, device=device)


class SeededNoise:
    """Unit noise for a batch, drawn on the CPU from one generator a picture.

    So picture k depends on its own seed only: it comes out the same alone, in any batch, and on any
    device. `noise(0)` is what a run begins with, `noise(i + 1)` what step i of a stochastic solver
    adds; the same index always gives the same noise, whichever were asked for before.
    """

    def __init__(self, seeds: Sequence[int], shape: Sequence[int]) -> None:
        """`seeds`: one a picture, 0 ≤ seed < 2^63; `shape`: (C, h, w) of one picture."""
        if not seeds:
            raise LoomError("Noise needs at least one seed.")
        for seed in seeds:
            if not 0 <= seed < 2**63:
                raise LoomError(f"The seed {seed} is out of range: use 0 to {2**63 - 1}.")
        self.seeds = tuple(seeds)
        self.shape = tuple(shape)
        self._rewind()

    def __call__(self, index: int) -> torch.Tensor:
        """The `index`-th noise (B, C, h, w), float32, on the CPU."""
        if index < self._next:
            self._rewind()
        while self._next < index:
            self._draw()
        return self._draw()

    def _draw(self) -> torch.Tensor:
        self._next += 1
        return torch.stack([torch.randn(self.shape, generator=g) for g in self._generators])

    def _rewind(self) -> None:
        self._next = 0
        self._generators = [torch.Generator().manual_seed(seed) for seed in self.seeds]


def as_image(latents: Latents) -> Image:
    """Samples (B, 3, H, W) in -1…1 as pictures in [0, 1]; one channel makes grey ones.

    Raises LoomError for latents that a VAE must decode.
    """
    x = latents.samples
    if latents.factor != 1 or x.shape[1] not in (1, 3):
        raise LoomError(
            f"These are latents of {x.shape[1]} channels, {latents.factor} pixels to a cell's "
            "side, and no pictures.",
            field="latents",
            remedy="Decode them with their VAE.",
        )
    return Image((x / 2 + 0.5).clamp(0, 1).expand(-1, 3, -1, -1).clone())


def joined(latents: Sequence[Latents]) -> Latents:
    """Several latents as one batch; LoomError where sizes or spaces differ."""
    first = latents[0]
    for other in latents[1:]:
        if other.samples.shape[1:] != first.samples.shape[1:] or other.space != first.space:
            raise LoomError(
                f"Latents of {tuple(first.samples.shape[1:])} in {first.space or 'no space'} and "
                f"of {tuple(other.samples.shape[1:])} in {other.space or 'no space'} can't be one "
                "batch.",
                field="latents",
                remedy="Join latents of one model and one size.",
            )
    samples = torch.cat([each.samples for each in latents])
    return Latents(samples, first.space, first.factor)


def listed_seeds(text: str) -> tuple[int, ...]:
    """The seeds of a text, apart by commas, spaces or lines; LoomError for anything else."""
    words = text.replace(",", " ").split()
    if not all(word.isdecimal() for word in words):
        raise LoomError(f"{text!r} is no list of seeds.", field="others", remedy="Write 11, 42, 7.")
    return tuple(map(int, words))
