"""Models loaded with another configuration than their own, for training to go on from.

A UNet widened from 4 to 8 or 9 input channels keeps every weight but those of its first
convolution (Brooks et al. 2023, section 3.2, and Rombach et al. 2022, section 4.5, begin so).
"""

from __future__ import annotations

import copy
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from engine.diffusion.weights.assign import assign, laid_out
from engine.diffusion.weights.folder import Component
from engine.diffusion.weights.load import OURS
from engine.diffusion.weights.maps.vae import current_name
from engine.graph.errors import LoomError


@dataclass(frozen=True)
class Reshaped:
    """The model, and the names of the tensors that its weights did not fit: those begin anew."""

    model: nn.Module
    begun_anew: tuple[str, ...]


def load_reshaped(
    component: Component, changes: dict[str, Any], dtype: torch.dtype = torch.float32
) -> Reshaped:
    """The model of `component` under its config with `changes` (`{"in_channels": 9}`), on the CPU.

    Tensors of another shape, and those that only the changed model has, are drawn at random as the
    layer's own initialisation does. Raises LoomError for a class that is not ours, and for weights
    that the changed model has no place for.
    """
    if component.class_name not in OURS:
        raise LoomError(
            f"{component.path} holds a {component.class_name}, which can't be changed in shape.",
            remedy=f"These can: {', '.join(OURS)}.",
        )
    module = importlib.import_module(OURS[component.class_name])
    architecture = getattr(module, component.class_name)
    model: nn.Module = laid_out(lambda: architecture.from_config({**component.config(), **changes}))
    places = {name: place.shape for name, place in model.state_dict().items()}
    anew = dict.fromkeys(places)

    def weights() -> Iterator[tuple[str, torch.Tensor]]:
        for stored, tensor in component.tensors():
            name = current_name(stored)
            if places.get(name, tensor.shape) == tensor.shape:
                anew.pop(name, None)
                yield name, tensor
        yield from _drawn(model, tuple(anew))

    assign(model, weights(), dtype, str(component.path))
    return Reshaped(model, tuple(anew))


def _drawn(model: nn.Module, names: tuple[str, ...]) -> Iterator[tuple[str, torch.Tensor]]:
    """Fresh random values of these parameters."""
    for owner in dict.fromkeys(name.rpartition(".")[0] for name in names):
        layer: Any = copy.deepcopy(model.get_submodule(owner)).to_empty(device="cpu")
        layer.reset_parameters()
        for attribute, value in layer.named_parameters(recurse=False):
            if f"{owner}.{attribute}" in names:
                yield f"{owner}.{attribute}", value.detach()
