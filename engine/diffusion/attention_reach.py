"""Reaching into a UNet's attention while it predicts: which layer, for which step and prompt.

Prompt-to-prompt editing (Hertz et al. 2022), Attend-and-Excite (Chefer et al. 2023), Pix2Pix Zero
(Parmar et al. 2023) and perturbed or blurred self-attention all read or rewrite probabilities.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from torch import Tensor, nn

from engine.diffusion.blocks.added_kv_attention import AddedKVAttention
from engine.diffusion.blocks.attention import Attention, BasicTransformerBlock
from engine.diffusion.blocks.attention_maps import reached


@dataclass(frozen=True)
class Place:
    """Where attention is computed.

    `layer` is its published name, as in `up_blocks.1.attentions.0.transformer_blocks.0.attn2`;
    `cross` says that it reads what the UNet is told. `names` are the conditionings of the batch,
    one after the other, each with as many rows as there are pictures; `step` counts in the run.
    """

    layer: str
    cross: bool
    step: int
    names: tuple[str, ...]


class Reaches(Protocol):
    """Something that reads or rewrites attention."""

    def reaches(self, place: Place) -> bool:
        """Whether it does so there; elsewhere probabilities are never computed apart."""
        ...

    def attention(self, place: Place, probabilities: Tensor) -> Tensor:
        """What to use in the place of `probabilities` (rows, heads, N, L).

        N are the cells of the layer's grid, row by row; L the tokens it reads, or the cells
        themselves. Where a layer reads tokens and cells at once the tokens come first.
        """
        ...


_attending: ContextVar[tuple[Reaches, ...]] = ContextVar("attending", default=())


@contextmanager
def attending(reaches: Sequence[Reaches]) -> Iterator[None]:
    """Let `reaches`, in their order and nobody else, at the attention of predictions made within.

    Predictions may be differentiated through, with gradients enabled.
    """
    token = _attending.set(tuple(reaches))
    try:
        yield
    finally:
        _attending.reset(token)


def is_attended() -> bool:
    """Whether predictions made now are attended by somebody."""
    return bool(_attending.get())


def bound(model: nn.Module, step: int, names: Sequence[str]) -> AbstractContextManager[None]:
    """While it lasts, those attending reach into `model`'s layers as it predicts `names`."""
    everyone = _attending.get()
    if not everyone:
        return nullcontext()
    layers: dict[nn.Module, Any] = {}
    for layer, (name, cross) in attention_layers(model).items():
        place = Place(name, cross, step, tuple(names))
        those = [one for one in everyone if one.reaches(place)]
        if those:
            layers[layer] = partial(_through, those, place)
    return reached(layers)


def _through(everyone: Sequence[Reaches], place: Place, probabilities: Tensor) -> Tensor:
    for one in everyone:
        probabilities = one.attention(place, probabilities)
    return probabilities


def attention_layers(model: nn.Module) -> dict[nn.Module, tuple[str, bool]]:
    """The attention layers of a UNet: the name of each, and whether it reads what it is told."""
    found: dict[nn.Module, tuple[str, bool]] = {}
    only: set[nn.Module] = set()
    for name, module in model.named_modules():
        if isinstance(module, BasicTransformerBlock):
            only |= {module.attn2} | ({module.attn1} if module.only_cross_attention else set())
        elif isinstance(module, AddedKVAttention):
            found[module] = (name, True)
        elif isinstance(module, Attention):
            found[module] = (name, module in only)
    return found
