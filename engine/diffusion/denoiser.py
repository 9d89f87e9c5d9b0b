"""What the denoise loop asks for predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, runtime_checkable

import torch
from torch import nn

from engine.diffusion.attention_reach import bound, is_attended
from engine.diffusion.blocks.attention import ConstantContext
from engine.diffusion.control import Control, Lead, together
from engine.diffusion.model_calls import Replays, called, is_calling
from engine.diffusion.models.controlnet import ControlNetModel
from engine.diffusion.models.unet_2d_condition import AddedConditioning, UNet2DConditionModel
from engine.diffusion.models.unet_encoder import Embedded, UNetEncoder
from engine.diffusion.schedulers.run import at_least_float32
from engine.diffusion.step_embeddings import StepEmbeddings
from engine.diffusion.values import Conditioning
from engine.graph.environment import environment
from engine.graph.errors import LoomError

GUIDANCE, APART = "guidance", "apart"

Predict = Callable[[int, torch.Tensor, Sequence[str]], dict[str, torch.Tensor]]
"""(i, sample, names) → a prediction (B, C, h, w) of each named context, at step i of the run."""


@runtime_checkable
class Denoiser(Protocol):
    """Something that predicts. Everything that is the same for all steps is computed once, in
    `prepare`.
    """

    def prepare(self, timesteps: torch.Tensor, contexts: Mapping[str, Any], batch: int) -> Predict:
        """A predictor for `batch` pictures in a run over `timesteps` (S,) with named `contexts`."""
        ...


class FunctionDenoiser:
    """A plain function `denoiser(sample, t, context)` as a Denoiser; one call a context."""

    def __init__(self, function: Callable[[torch.Tensor, torch.Tensor, Any], torch.Tensor]) -> None:
        self.function = function

    def prepare(self, timesteps: torch.Tensor, contexts: Mapping[str, Any], batch: int) -> Predict:
        """Calls the function with `timesteps[i]` and the context as it was given."""

        def predict(i: int, sample: torch.Tensor, names: Sequence[str]) -> dict[str, torch.Tensor]:
            return {name: self.function(sample, timesteps[i], contexts[name]) for name in names}

        return predict


@dataclass(frozen=True)
class Told:
    """What a UNet is told of each of B pictures, on its device and in its dtype."""

    embeds: torch.Tensor | None
    pooled: torch.Tensor | None = None
    sizes: torch.Tensor | None = None
    channels: torch.Tensor | None = None
    level: torch.Tensor | None = None

    @classmethod
    def of(
        cls, name: str, context: Any, batch: int, device: torch.device, dtype: torch.dtype
    ) -> Told:
        """From a Conditioning, embeddings (1 or batch, L, D), or None where there is no prompt."""
        if context is None or isinstance(context, torch.Tensor):
            context = Conditioning(context)  # type: ignore[arg-type]
        values: dict[str, torch.Tensor | None] = {}
        for field in ("embeds", "pooled", "sizes", "channels", "level"):
            value: torch.Tensor | None = getattr(context, field)
            if value is None or (field == "embeds" and value.shape[-1] == 0):
                values[field] = None
                continue
            if value.shape[0] not in (1, batch):
                raise LoomError(
                    f"The {name} conditioning has {field} of shape {tuple(value.shape)}, and "
                    f"{batch} pictures need 1 or {batch} in the first place: give one prompt, or "
                    "one a picture.",
                    field=name,
                )
            numbers = value.expand(batch, *value.shape[1:]).to(device)
            values[field] = numbers if field == "level" else numbers.to(dtype)
        return cls(**values)

    def joins(self, other: Told) -> bool:
        """Whether both can go through the model in one batch: all shapes agree."""
        return _shapes(self) == _shapes(other)

    @staticmethod
    def joined(parts: Sequence[Told]) -> Told:
        """Several in one batch, in order."""
        columns = zip(*(vars(part).values() for part in parts), strict=True)
        return Told(*(None if c[0] is None else torch.cat(c) for c in columns))


class _Call:
    """What goes into every call for one set of contexts.

    Where the model takes a constant context, its keys and values are projected in the first call
    and used in all, and the embeddings of all `timesteps` are computed together.
    """

    def __init__(
        self,
        told: Told,
        model: nn.Module,
        batch: int,
        guidance: float | None,
        timesteps: torch.Tensor,
    ) -> None:
        self.told = told
        self.batch = batch
        self.guidance: torch.Tensor | None = None
        if guidance is not None:
            config: Any = model.config
            width = config.time_cond_proj_dim
            parameter = next(model.parameters())
            self.guidance = guidance_embedding(guidance, batch, width).to(parameter)
        self.added: AddedConditioning | None = None
        if told.sizes is not None:
            if told.pooled is None:
                raise LoomError(
                    "The conditioning has sizes and no pooled vector.",
                    field="positive",
                    remedy="Encode the prompt with a text encoder that projects.",
                )
            self.added = AddedConditioning(told.pooled, told.sizes)
        self.timesteps = timesteps
        self.context: torch.Tensor | ConstantContext | None = told.embeds
        self._steps: dict[nn.Module, StepEmbeddings] = {}
        if told.embeds is not None and isinstance(model, UNet2DConditionModel):
            self.context = ConstantContext(told.embeds)
            guided = None if self.guidance is None else self.guidance[:1]
            self._steps[model] = self._embeddings(model, told.level, guided)

    def time(self, i: int, model: nn.Module) -> torch.Tensor | Embedded:
        """The timestep of step `i`, or what `model` makes of it and of what stays the same."""
        if isinstance(model, ControlNetModel) and model not in self._steps:
            self._steps[model] = self._embeddings(model)
        found = self._steps.get(model)
        return self.timesteps[i] if found is None else found[i]

    def _embeddings(
        self,
        model: UNetEncoder,
        labels: torch.Tensor | None = None,
        guidance: torch.Tensor | None = None,
    ) -> StepEmbeddings:
        told = (self.context, self.added, labels, guidance)
        return StepEmbeddings(model, self.timesteps, self.batch, *told)


def _shapes(told: Told) -> list[torch.Size | None]:
    return [None if value is None else value.shape for value in vars(told).values()]


class UNetDenoiser:
    """A UNet as a Denoiser: `model(sample, timestep, embeds)`, or `model(sample, timestep)` where
    the context is None.

    Contexts are Conditionings, or embeddings (1 or B, L, D). All contexts of a step go through the
    model in one batch when their shapes agree, one after the other when not, or when the running
    node's environment says `guidance: apart`, which takes less memory. The model works in its own
    dtype; the predictions are float32. `guidance` is told to models that were distilled to take the
    guidance scale as an input (Luo et al. 2023). `controls` lead it, each by its network. `replays`
    makes the calls that nobody leads or reaches into, where it is given.
    """

    def __init__(
        self,
        model: nn.Module,
        guidance: float | None = None,
        controls: Sequence[tuple[Control, nn.Module]] = (),
        replays: Replays | None = None,
    ) -> None:
        self.model = model
        self.guidance = guidance
        self.controls = controls
        self.replays = replays

    def prepare(self, timesteps: torch.Tensor, contexts: Mapping[str, Any], batch: int) -> Predict:
        """Moves and repeats what the contexts say once, and joins it once for each set of names
        that occurs.
        """
        parameter = next(self.model.parameters())
        device, dtype = parameter.device, parameter.dtype
        told = {name: Told.of(name, c, batch, device, dtype) for name, c in contexts.items()}
        leads = [Lead(control, model, batch) for control, model in self.controls]
        calls: dict[tuple[str, ...], _Call] = {}
        apart = environment().get(GUIDANCE) == APART

        def call_of(*names: str) -> _Call:
            if names not in calls:
                every = Told.joined([told[name] for name in names])
                rows = batch * len(names)
                calls[names] = _Call(every, self.model, rows, self.guidance, timesteps)
            return calls[names]

        def predict(i: int, sample: torch.Tensor, names: Sequence[str]) -> dict[str, torch.Tensor]:
            names = tuple(names)
            sample = sample.to(device, dtype)
            acting = [lead for lead in leads if lead.acts(i, len(timesteps))]
            if apart or not all(told[name].joins(told[names[0]]) for name in names):
                outputs = [self._call(sample, i, call_of(name), acting, (name,)) for name in names]
            else:
                stacked = sample.repeat(len(names), *[1] * (sample.ndim - 1))
                every = self._call(stacked, i, call_of(*names), acting, names)
                outputs = every.chunk(len(names))
            return {name: at_least_float32(out) for name, out in zip(names, outputs, strict=True)}

        return predict

    def _call(
        self,
        sample: torch.Tensor,
        i: int,
        call: _Call,
        leads: Sequence[Lead],
        names: Sequence[str],
    ) -> torch.Tensor:
        told = call.told
        extra: dict[str, Any] = {}
        if call.added is not None:
            extra["added"] = call.added
        if told.level is not None:
            extra["class_labels"] = told.level
        if call.guidance is not None:
            extra["guidance"] = call.guidance
        if leads:
            time = partial(call.time, i)
            extra |= together(leads, sample, time, call.context, call.added, names)
        if told.channels is not None:
            sample = torch.cat([sample, told.channels], dim=1)
        context = () if call.context is None else (call.context,)
        time = call.time(i, self.model)
        reached = bool(leads) or is_calling() or is_attended()
        if self.replays and isinstance(time, Embedded) and not reached:
            return self.replays(self.model, call, sample, time, *context, **extra)
        model = called(self.model, i, names)
        with bound(self.model, i, names):
            return model(sample, time, *context, **extra)


def guidance_embedding(scale: float, batch: int, width: int) -> torch.Tensor:
    """Sinusoids (batch, width) of 1000 (scale - 1), float32: what guidance-distilled UNets read."""
    from engine.diffusion.blocks.embeddings import sinusoidal_embedding

    w = torch.full((batch,), (scale - 1) * 1000.0)
    return sinusoidal_embedding(w, width, flip_sin_to_cos=False, freq_shift=1)
