"""DiffEdit's mask: where a picture would change if its words did; and what its last stage begins
with (Couairon et al. 2023).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F

from engine.diffusion.denoiser import UNetDenoiser
from engine.diffusion.guidance.base import NEGATIVE
from engine.diffusion.guidance.classifier_free import ClassifierFree
from engine.diffusion.latents import SeededNoise
from engine.diffusion.sampling import seeds_for, start_run
from engine.diffusion.schedulers.handles import solver
from engine.diffusion.span import Span
from engine.diffusion.trajectories import scale_at, step_of
from engine.diffusion.values import (
    Conditioning,
    Latents,
    Mask,
    Noise,
    Scheduler,
    Trajectory,
)
from engine.graph.errors import LoomError

SOURCE, TARGET = "source", "target"


def noisy_end(trajectory: Trajectory, scheduler: Scheduler, steps: int, strength: float) -> Latents:
    """The end of an inversion, scaled as the samples of `scheduler`'s solver are at that level."""
    found = step_of(trajectory, -1)
    trained = solver(scheduler)
    run = start_run(trained, scheduler, steps, "cpu")
    i, _ = Span("continue", strength).indices(run, trained.num_train_timesteps)
    return replace(found, samples=found.samples * scale_at(run, i))


def ask_for_map(
    unet: Any,
    scheduler: Scheduler,
    latents: Latents,
    source: Conditioning,
    target: Conditioning,
    negative: Conditioning | None = None,
    *,
    steps: int = 50,
    guidance: float = 7.5,
) -> dict[str, torch.Tensor]:
    """What a map of `difference_mask` asks of the UNet, and nothing else.

    Over a UNet without numbers, on the meta device, it shows what that takes in memory.
    """
    samples = latents.samples
    contexts = _contexts(source, target, negative, guidance)
    timesteps = start_run(solver(scheduler), scheduler, steps, "cpu").timesteps
    predict = UNetDenoiser(unet).prepare(timesteps, contexts, len(samples))
    return predict(0, samples, tuple(contexts))


def _contexts(
    source: Conditioning, target: Conditioning, negative: Conditioning | None, guidance: float
) -> dict[str, Conditioning]:
    contexts = {SOURCE: source, TARGET: target}
    return contexts | ({NEGATIVE: negative} if negative is not None and guidance > 1 else {})


@torch.inference_mode()
def difference_mask(
    unet: Any,
    scheduler: Scheduler,
    latents: Latents,
    noise: Noise,
    source: Conditioning,
    target: Conditioning,
    negative: Conditioning | None = None,
    *,
    steps: int = 50,
    strength: float = 0.5,
    maps: int = 10,
    guidance: float = 7.5,
    ratio: float = 3.0,
    on_map: Any = None,
) -> Mask:
    """White where noise predicted for `target` and for `source` differ; (B, 1, H, W), 0 or 1.

    The clean latents are noised `maps` times to the level at which a run of `strength` begins, the
    absolute differences of the guided predictions averaged, cut at `ratio` times their mean, and
    everything above half of that is white. Raises LoomError when nothing differs.
    """
    device = next(unet.parameters()).device
    clean = latents.samples.to(device)
    batch, *shape = clean.shape
    trained = solver(scheduler)
    run = trained.start(steps, device)
    i, _ = Span("renoise", strength).indices(run, trained.num_train_timesteps)
    contexts = _contexts(source, target, negative, guidance)
    guided = NEGATIVE in contexts
    predict = UNetDenoiser(unet).prepare(run.timesteps, contexts, batch)
    combine = ClassifierFree(guidance)
    drawn = SeededNoise(seeds_for(noise, batch), shape)
    total = clean.new_zeros(batch, 1, *shape[1:])
    for k in range(maps):
        noisy = run.scale_input(i, run.add_noise(i, clean, drawn(k).to(clean)))
        found = predict(i, noisy, tuple(contexts))
        both = [
            combine({"positive": found[name], NEGATIVE: found[NEGATIVE]}, i)
            if guided
            else found[name]
            for name in (SOURCE, TARGET)
        ]
        total = total + (both[1] - both[0]).abs().mean(dim=1, keepdim=True)
        if on_map is not None:
            on_map(k, maps)
    mean = total / maps
    if not bool(torch.isfinite(mean).all()):
        raise LoomError(
            "What the model predicts is not finite (NaN or infinity); the usual cause is half "
            "precision that overflows.",
            field="unet",
            remedy="Run the model in bfloat16 or float32.",
        )
    top = mean.mean(dim=(1, 2, 3), keepdim=True) * ratio
    if not bool((top > 0).all()):
        raise LoomError(
            "The model predicts the same for both prompts: there is nothing to mask.",
            field="target",
            remedy="Say in the source what the picture shows, and in the target what it should.",
        )
    white = (mean.clamp(max=top) / top > 0.5).float()
    return Mask(F.interpolate(white, scale_factor=float(latents.factor), mode="nearest").cpu())
