"""The calls of a model that a run's steps make, in the hands of what reaches into the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor, nn

ModelCall = Callable[..., Tensor]
"""A model's `forward`, or something in its place that takes the same arguments."""


@dataclass(frozen=True)
class Asked:
    """A call of `model`, which is shared with other runs.

    `names` are the conditionings of the batch, one after the other, each with as many rows as there
    are pictures; `step` counts in the run.
    """

    model: nn.Module
    step: int
    names: tuple[str, ...]


class Calls(Protocol):
    """Something that calls models in its own way."""

    def calls(self, asked: Asked, call: ModelCall) -> ModelCall:
        """What to call in the place of `call`."""
        ...


_calling: ContextVar[tuple[Calls, ...]] = ContextVar("calling", default=())


@contextmanager
def calling(everyone: Sequence[Calls]) -> Iterator[None]:
    """Have the predictions made within go through `everyone`, the last of them outermost."""
    token = _calling.set(tuple(everyone))
    try:
        yield
    finally:
        _calling.reset(token)


def called(model: nn.Module, step: int, names: Sequence[str]) -> ModelCall:
    """How to call `model` for a prediction of `names`: the model itself where nobody reaches in."""
    call: ModelCall = model
    everyone = _calling.get()
    if everyone:
        asked = Asked(model, step, tuple(names))
        for one in everyone:
            call = one.calls(asked, call)
    return call
