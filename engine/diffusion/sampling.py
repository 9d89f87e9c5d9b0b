"""Latents from noise by a text-conditioned UNet: the denoise loop over the values of wires."""

from __future__ import annotations

from typing import Any

from torch import nn

from engine.diffusion.denoiser import UNetDenoiser
from engine.diffusion.guidance.classifier_free import NEGATIVE, POSITIVE, ClassifierFree
from engine.diffusion.latents import SeededNoise
from engine.diffusion.loop import OnStep, denoise
from engine.diffusion.schedulers.handles import solver
from engine.diffusion.values import Conditioning, Latents, Noise, Scheduler
from engine.graph.errors import LoomError


def sample(
    unet: nn.Module,
    scheduler: Scheduler,
    latents: Latents,
    noise: Noise,
    positive: Conditioning,
    negative: Conditioning | None = None,
    *,
    steps: int = 25,
    guidance: float = 7.5,
    on_step: OnStep | None = None,
) -> Latents:
    """Denoised latents (B, C, h, w), float32 on the CPU, of the size and batch of `latents`.

    Runs on the UNet's device. Raises LoomError as `loop.denoise` does, and for latents that the
    UNet can't read.
    """
    batch, channels, *size = latents.samples.shape
    config: Any = unet.config
    if channels != config.in_channels:
        raise LoomError(
            f"This UNet reads {config.in_channels} channels, and the latents have {channels}.",
            field="unet",
            remedy="Join a UNet for text to image; others read a mask or a picture as well.",
        )
    contexts = {POSITIVE: positive} | ({NEGATIVE: negative} if negative else {})
    samples = denoise(
        UNetDenoiser(unet),
        solver(scheduler),
        latents.samples.to(next(unet.parameters()).device),
        steps=steps,
        conditioning=contexts,
        guidance=ClassifierFree(guidance),
        noise=SeededNoise(seeds_for(noise, batch), (channels, *size)),
        on_step=on_step,
    )
    return Latents(samples.cpu(), latents.space, latents.factor)


def seeds_for(noise: Noise, batch: int) -> tuple[int, ...]:
    """A seed for each of `batch` pictures: one seed s goes on as s, s + 1, s + 2, …"""
    if len(noise.seeds) == 1:
        return tuple(range(noise.seeds[0], noise.seeds[0] + batch))
    if len(noise.seeds) != batch:
        raise LoomError(
            f"There are {len(noise.seeds)} seeds for {batch} pictures.",
            field="noise",
            remedy="Give one seed, or one for each picture.",
        )
    return noise.seeds
