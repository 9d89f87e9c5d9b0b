"""What models take in memory, counted on copies that have shapes and no numbers."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import torch
from torch import nn

from engine.diffusion.values import ModelRef
from engine.diffusion.weights.assign import laid_out
from engine.diffusion.weights.find import component as find_component
from engine.diffusion.weights.load import OURS, suited
from engine.graph.environment import within
from engine.runtime.live import FusedAttention, LiveBytes
from engine.runtime.placement import Placement

META = torch.device("meta")


@functools.lru_cache(8)
def blank(ref: ModelRef, dtype: str) -> nn.Module:
    """One of our models without numbers, on the meta device, in the dtype it would have."""
    component = find_component(Path(ref.folder), ref.subfolder, ref.variant)
    config = component.config()
    architecture = getattr(
        importlib.import_module(OURS[component.class_name]), component.class_name
    )
    model: nn.Module = laid_out(lambda: architecture.from_config(config))
    return model.to(META, suited(getattr(torch, dtype), config)).eval().requires_grad_(False)


def weights_of(models: Iterable[nn.Module]) -> int:
    """Bytes of the parameters of several models."""
    return sum(p.numel() * p.itemsize for model in models for p in model.parameters())


def computed(call: Callable[[], object], models: Sequence[nn.Module], placement: Placement) -> int:
    """The most bytes alive at a time while `call` runs over blank `models` in a placement.

    Attention is taken to be fused unless the placement slices it; a slice is then added.
    """
    changes = placement.environment()
    changes.pop("attention", None)
    weights = [parameter for model in models for parameter in model.parameters()]
    live = LiveBytes(weights, device=META.type)
    with torch.inference_mode(), within(changes), FusedAttention(), live:
        call()
    return live.peak + (placement.attention << 20)
