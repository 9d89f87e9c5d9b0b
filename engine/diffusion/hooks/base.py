"""What reaches into the denoise loop between its steps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from engine.diffusion.values import read_fields
from engine.graph import digests
from engine.graph.types import kind

if TYPE_CHECKING:
    import torch

    from engine.diffusion.attention_reach import Place
    from engine.diffusion.model_calls import Asked, ModelCall
    from engine.diffusion.schedulers.run import SchedulerRun


@dataclass(frozen=True)
class Loop:
    """The run that a hook joins: steps `start` to `end` (exclusive) of `run`.

    `noise` is the unit noise (B, C, h, w) that the run began with, None for one that went on from
    noisy latents. `predict(i, sample, names)` asks the model, `contexts` are what it may be asked
    by name; under `attention_reach.attending` a hook can reach into that alone.
    """

    run: SchedulerRun
    start: int
    end: int
    shape: tuple[int, ...]
    device: torch.device
    noise: torch.Tensor | None
    contexts: Mapping[str, Any]
    predict: Callable[[int, torch.Tensor, Sequence[str]], dict[str, torch.Tensor]]


class StepHook:
    """A hook in one run. The methods do nothing; a hook overrides what it needs.

    Samples are (B, C, h, w), float32, and are never changed in place. Between steps it must keep
    nothing that a step depends on, unless its Hook says `stateful`.
    """

    def before(self, i: int, sample: torch.Tensor) -> torch.Tensor:
        """The sample that step `i` works on."""
        return sample

    def guided(self, i: int, prediction: torch.Tensor, sample: torch.Tensor) -> torch.Tensor:
        """The prediction that step `i` follows, from the guided one."""
        return prediction

    def after(self, i: int, sample: torch.Tensor) -> torch.Tensor:
        """The sample that step `i` leaves."""
        return sample

    def reaches(self, place: Place) -> bool:
        """Whether it reads or rewrites the attention probabilities there, as steps predict."""
        return False

    def attention(self, place: Place, probabilities: torch.Tensor) -> torch.Tensor:
        """The attention to use in the place of `probabilities` (rows, heads, N, L)."""
        return probabilities

    def calls(self, asked: Asked, call: ModelCall) -> ModelCall:
        """What steps call in the place of the model, from `call`; with the same arguments."""
        return call

    def report(self) -> Any:
        """What it found out, once the run is over; None for nothing."""
        return None


@kind("Hook", colour="#c0a0ff")
@dataclass(frozen=True, eq=False)
class Hook(ABC):
    """The settings of a change to the loop; `begin` joins it to a run."""

    needs_gradients: ClassVar[bool] = False
    """Whether its steps differentiate through the model; the loop then runs without inference mode,
    and the hook enables gradients where it wants them."""
    stateful: ClassVar[bool] = False
    """Whether a step depends on what earlier steps left in the hook, or it must see them all; such
    runs start over."""

    @abstractmethod
    def begin(self, loop: Loop) -> StepHook:
        """The hook in one run; LoomError when it can't work there."""


digests.reader(Hook)(read_fields)
