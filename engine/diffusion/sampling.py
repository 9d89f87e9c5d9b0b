"""Latents from a UNet: the denoise loop over the values of wires."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import nn

from engine.diffusion.control import Control
from engine.diffusion.denoiser import UNetDenoiser
from engine.diffusion.guidance.base import NEGATIVE, POSITIVE, Guidance
from engine.diffusion.guidance.classifier_free import ClassifierFree
from engine.diffusion.hooks.base import Hook
from engine.diffusion.joined_channels import check_channels, with_channels
from engine.diffusion.kept_steps import KeptSteps, Path, keys
from engine.diffusion.latents import SeededNoise
from engine.diffusion.loop import OnStep, denoise
from engine.diffusion.model_calls import Replays
from engine.diffusion.prompt_schedule import Scheduled
from engine.diffusion.schedulers.base import Scheduler as Solver
from engine.diffusion.schedulers.handles import solver
from engine.diffusion.schedulers.run import SchedulerRun
from engine.diffusion.span import WHOLE, Span
from engine.diffusion.told_check import check_told
from engine.diffusion.values import (
    AttentionMaps,
    Conditioning,
    ExtraChannels,
    Latents,
    Noise,
    Scheduler,
    Trajectory,
)
from engine.graph.errors import LoomError


@dataclass(frozen=True)
class Memory:
    """Where states between steps are kept, and what else than its inputs a run depends on.

    `model` stands for the UNet and the numbers it computes in.
    """

    states: KeptSteps
    model: Any


class Denoised(NamedTuple):
    """The latents of a run, its steps where it was asked to keep them, and where it looked for each
    word where a hook recorded that.
    """

    latents: Latents
    trajectory: Trajectory | None = None
    attention: AttentionMaps | None = None


@dataclass(frozen=True)
class Job:
    """One run of the loop over the values of wires: what is told to whom, in how many steps.

    `guidance` as a number is the scale of classifier-free guidance; a UNet that was distilled to
    take the scale as an input is told it instead. Without `positive` the UNet is unconditional.
    `replays` makes those calls of the UNet that nobody reaches into.
    """

    unet: nn.Module
    scheduler: Scheduler
    latents: Latents
    noise: Noise | None
    positive: Conditioning | None = None
    negative: Conditioning | None = None
    steps: int = 25
    guidance: float | Guidance = 7.5
    span: Span = WHOLE
    channels: ExtraChannels | None = None
    hooks: Sequence[Hook] = ()
    controls: Sequence[tuple[Control, nn.Module]] = ()
    replays: Replays | None = None

    def run(
        self, *, memory: Memory | None = None, record: bool = False, on_step: OnStep | None = None
    ) -> Denoised:
        """Denoised latents (B, C, h, w), float32 on the CPU, of the size and batch of `latents`.

        Runs on the UNet's device. With `memory` it takes up an earlier run that was the same so
        far. Raises LoomError as `loop.denoise` does, and for latents that the UNet can't read.
        """
        config: Any = self.unet.config
        check_told(config, self.positive, self.negative)
        samples = self._checked_samples(config.in_channels)
        scheduler = solver(self.scheduler)
        run = start_run(scheduler, self.scheduler, self.steps, samples.device)
        start, end = self.span.indices(run, scheduler.num_train_timesteps)
        distilled = bool(getattr(config, "time_cond_proj_dim", None))
        guidance, told = self._guidance(distilled)
        contexts = self._contexts()
        path = self._path(memory, guidance, contexts, run, start, record)
        reports: list[Any] = []
        final = denoise(
            UNetDenoiser(self.unet, told, self.controls, self.replays),
            run,
            samples,
            conditioning=contexts,
            guidance=guidance,
            noise=self._noise(samples),
            begin=self.span.begin,
            start=start,
            end=end,
            hooks=self.hooks,
            kept=path,
            on_step=on_step,
            reports=reports,
        )
        latents = Latents(final.cpu(), self.latents.space, self.latents.factor)
        attention = next((found for found in reports if isinstance(found, AttentionMaps)), None)
        if path is None or not record:
            return Denoised(latents, None, attention)
        times = tuple(run.timesteps[start:end].tolist())
        steps = Trajectory(path.trajectory(), times, latents.space, latents.factor)
        return Denoised(latents, steps, attention)

    def predict_first(self) -> None:
        """What one guided step asks of the UNet, and nothing else.

        Over a UNet without numbers, on the meta device, it shows what a step takes in memory.
        """
        guidance, told = self._guidance(bool(getattr(self.unet.config, "time_cond_proj_dim", None)))
        contexts = guidance.contexts(self._contexts())
        run = start_run(solver(self.scheduler), self.scheduler, self.steps, "cpu")
        names = max(guidance.passes(len(run.timesteps), contexts.keys()), key=len)
        samples = self.latents.samples.to(next(self.unet.parameters()).device)
        denoiser = UNetDenoiser(self.unet, told, self.controls)
        Scheduled(denoiser).prepare(run.timesteps, contexts, len(samples))(0, samples, names)

    def _checked_samples(self, reads: int) -> torch.Tensor:
        samples = self.latents.samples
        check_channels(reads, samples, self.channels)
        if not bool(torch.isfinite(samples).all()):
            raise LoomError(
                "The latents are not finite (NaN or infinity) before the first step.",
                field="latents",
                remedy="Look at what made them: half precision overflows in some VAEs.",
            )
        return samples.to(next(self.unet.parameters()).device)

    def _guidance(self, distilled: bool) -> tuple[Guidance, float | None]:
        """The way of guiding, and the scale that the UNet itself is told, if any."""
        if isinstance(self.guidance, Guidance):
            return self.guidance, None
        if distilled:
            return ClassifierFree(1.0), self.guidance
        return ClassifierFree(self.guidance), None

    def _contexts(self) -> dict[str, Any]:
        contexts = {POSITIVE: self.positive}
        if self.negative is not None:
            contexts[NEGATIVE] = self.negative
        return {
            name: told and with_channels(told, self.channels) for name, told in contexts.items()
        }

    def _noise(self, samples: torch.Tensor) -> SeededNoise | None:
        if self.noise is None:
            return None
        batch, *shape = samples.shape
        return SeededNoise(seeds_for(self.noise, batch), shape)

    def _path(
        self,
        memory: Memory | None,
        guidance: Guidance,
        contexts: Mapping[str, Any],
        run: SchedulerRun,
        start: int,
        record: bool,
    ) -> Path | None:
        if memory is None:
            unnamed = list(map(str, range(len(run.timesteps) + 1)))
            return Path(KeptSteps(0), unnamed, start, complete=True) if record else None
        named = guidance.contexts(contexts)
        passes = guidance.passes(len(run.timesteps), named.keys())
        samples = self.latents.samples
        first = tuple(samples.shape) if self.span.begin == "noise" else self.latents
        extent = (self.span.begin, start)
        beginning = (
            *(memory.model, self.scheduler, self.steps, self.noise, first, extent),
            self.guidance if not isinstance(self.guidance, Guidance) else None,
            list(self.hooks),
            [control for control, _ in self.controls],
        )
        found = keys(beginning, guidance, passes, named, start)
        return Path(memory.states, found, start, complete=record)


def start_run(
    scheduler: Solver, named: Scheduler, steps: int, device: torch.device | str
) -> SchedulerRun:
    """The run of `steps` steps, or over the timesteps or sigmas that the wire's scheduler lists."""
    if named.timesteps:
        return scheduler.start(None, device, timesteps=named.timesteps)
    if named.sigmas:
        return scheduler.start(None, device, sigmas=named.sigmas)
    return scheduler.start(steps, device)


def sample(
    unet: nn.Module,
    scheduler: Scheduler,
    latents: Latents,
    noise: Noise,
    positive: Conditioning,
    negative: Conditioning | None = None,
    *,
    steps: int = 25,
    guidance: float | Guidance = 7.5,
    on_step: OnStep | None = None,
) -> Latents:
    """Latents of pictures that show what `positive` says, from pure noise: a Job in one call."""
    job = Job(unet, scheduler, latents, noise, positive, negative, steps, guidance)
    return job.run(on_step=on_step).latents


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
