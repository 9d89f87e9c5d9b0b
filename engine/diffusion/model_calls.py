"""The calls of a model that a run's steps make, in the hands of what reaches into the run."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from torch import Tensor, nn

if TYPE_CHECKING:
    from engine.diffusion.models.unet_encoder import Embedded

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


class Replays(Protocol):
    """Something that makes the calls of a run again and again, when nobody reaches into them."""

    def __call__(
        self,
        model: nn.Module,
        steady: Hashable,
        sample: Tensor,
        time: Embedded,
        *context: Any,
        **others: Any,
    ) -> Tensor:
        """`model(sample, time, *context, **others)`.

        From one call with the same `steady` to the next, the numbers of `sample` and `time` change
        and nothing else.
        """
        ...


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


def is_calling() -> bool:
    """Whether predictions made now go through somebody."""
    return bool(_calling.get())


def called(model: nn.Module, step: int, names: Sequence[str]) -> ModelCall:
    """How to call `model` for a prediction of `names`: the model itself where nobody reaches in."""
    call: ModelCall = model
    everyone = _calling.get()
    if everyone:
        asked = Asked(model, step, tuple(names))
        for one in everyone:
            call = one.calls(asked, call)
    return call
