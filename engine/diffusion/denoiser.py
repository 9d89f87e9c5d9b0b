"""What the denoise loop asks for predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import torch
from torch import nn

from engine.diffusion.schedulers.run import at_least_float32
from engine.graph.errors import LoomError

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


class UNetDenoiser:
    """A conditional UNet `model(sample, timestep, encoder_hidden_states)` as a Denoiser.

    Contexts are embeddings (1 or B, L, D), or values with such `embeds`. All contexts of a step go
    through the model in one batch when their lengths L agree, one after the other when not. The
    model works in its own dtype; the predictions are float32.
    """

    def __init__(self, model: nn.Module) -> None:
        self.model = model

    def prepare(self, timesteps: torch.Tensor, contexts: Mapping[str, Any], batch: int) -> Predict:
        """Moves and repeats the embeddings once, and joins them once for each set of names that
        occurs.
        """
        parameter = next(self.model.parameters())
        device, dtype = parameter.device, parameter.dtype
        embeds = {
            name: _per_picture(name, context, batch).to(device, dtype)
            for name, context in contexts.items()
        }
        joined: dict[tuple[str, ...], torch.Tensor] = {}

        def predict(i: int, sample: torch.Tensor, names: Sequence[str]) -> dict[str, torch.Tensor]:
            names = tuple(names)
            sample, t = sample.to(device, dtype), timesteps[i]
            if len({embeds[name].shape[1] for name in names}) > 1:
                outputs = [self.model(sample, t, embeds[name]) for name in names]
            else:
                if names not in joined:
                    joined[names] = torch.cat([embeds[name] for name in names])  # (n B, L, D)
                stacked = sample.repeat(len(names), *[1] * (sample.ndim - 1))
                outputs = self.model(stacked, t, joined[names]).chunk(len(names))
            return {name: at_least_float32(out) for name, out in zip(names, outputs, strict=True)}

        return predict


def _per_picture(name: str, context: Any, batch: int) -> torch.Tensor:
    """The embeddings of a context, (batch, L, D)."""
    embeds: torch.Tensor = getattr(context, "embeds", context)
    if embeds.ndim != 3 or embeds.shape[0] not in (1, batch):
        raise LoomError(
            f"The {name} conditioning has shape {tuple(embeds.shape)}, and {batch} pictures need "
            f"(1, length, width) or ({batch}, length, width): give one prompt, or one a picture."
        )
    return embeds.expand(batch, -1, -1)
