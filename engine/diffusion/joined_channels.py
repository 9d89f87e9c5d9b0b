"""Extra channels on their way into a UNet: checked against it, and told beside the prompt."""

from __future__ import annotations

from dataclasses import replace

import torch

from engine.diffusion.values import Conditioning, ExtraChannels
from engine.graph.errors import LoomError


def check_channels(reads: int, samples: torch.Tensor, extra: ExtraChannels | None) -> None:
    """LoomError unless latents (B, C, h, w) and what goes beside them are what a UNet `reads`."""
    joined = samples.shape[1] + (extra.channels.shape[1] if extra else 0)
    if joined != reads:
        raise LoomError(
            f"This UNet reads {reads} channels, and it gets {joined}: the latents have "
            f"{samples.shape[1]}" + (", the rest are extra channels." if extra else "."),
            field="unet",
            remedy="Join a UNet for this kind of run"
            + (", or leave out the extra channels." if extra else ", or the extra channels."),
        )
    if extra and extra.channels.shape[2:] != samples.shape[2:]:
        raise LoomError(
            f"The extra channels are {_size(extra.channels)} cells, and the latents "
            f"{_size(samples)}.",
            field="channels",
            remedy="Make both from pictures of one size.",
        )


def with_channels(told: Conditioning, extra: ExtraChannels | None) -> Conditioning:
    """A conditioning, and those that follow it, with the extra channels."""
    if extra is None:
        return told
    then = told.then and with_channels(told.then, extra)
    return replace(told, channels=extra.channels, level=extra.level, then=then)


def _size(tensor: torch.Tensor) -> str:
    return f"{tensor.shape[3]}×{tensor.shape[2]}"
