"""What a model's residual blocks are told at each step of a run, computed for all steps at once."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import torch

from engine.diffusion.models.unet_encoder import Embedded, UNetEncoder


class StepEmbeddings:
    """Embeddings of `timesteps` (S,), and of what stays the same beside them for `batch` rows.

    They are computed when the first is asked for. `context`, `added` and `labels` are what the
    model's `forward` is given, `guidance` (1, time_cond_proj_dim) where it was distilled to take
    the guidance scale.
    """

    def __init__(
        self,
        model: UNetEncoder,
        timesteps: torch.Tensor,
        batch: int,
        context: Any,
        added: Any = None,
        labels: torch.Tensor | None = None,
        guidance: torch.Tensor | None = None,
    ) -> None:
        self._model = model
        self._timesteps = timesteps
        self._batch = batch
        self._beside = (context, added, labels)
        self._guidance = guidance

    def __getitem__(self, i: int) -> Embedded:
        """That of step `i`, in the place of its timestep."""
        times, *beside = self._all
        rows = times[i].expand(self._batch, -1)
        return Embedded(self._model.join_beside(rows, *beside))

    @cached_property
    def _all(self) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]:
        """The times' (S, D), and those beside them (batch, D)."""
        steps = len(self._timesteps)
        guidance = None if self._guidance is None else self._guidance.expand(steps, -1)
        times = self._model.embed_time(self._timesteps, steps, guidance)
        return times, *self._model.embed_beside(self._batch, *self._beside)
