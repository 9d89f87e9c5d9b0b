"""Leading a UNet by a picture.

ControlNets (Zhang et al. 2023) and T2I-Adapters (Mou et al. 2023), several at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.diffusion.guidance.base import POSITIVE
from engine.diffusion.values import ControlNet, T2IAdapter, read_fields
from engine.graph import digests
from engine.graph.errors import LoomError
from engine.graph.types import kind

if TYPE_CHECKING:
    import torch

Time = Callable[[Any], Any]


@kind("Control", colour="#f7a072", facets=("space",))
@dataclass(frozen=True, eq=False)
class Control:
    """A network that leads the UNet, and the picture it leads by, `hint` (B, 3, H, W) in [0, 1].

    `scale` is how strongly. Outside `start` to `end`, fractions of the run, it leaves the UNet
    alone; `guess` leaves the negative prediction alone, and weakens the finer residuals.
    """

    net: ControlNet | T2IAdapter
    hint: torch.Tensor
    scale: float = 1.0
    start: float = 0.0
    end: float = 1.0
    guess: bool = False
    space: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= 1:
            raise LoomError(
                f"A control can't last from {self.start} to {self.end} of the run.",
                field="start",
                remedy="Start before the end, both from 0 to 1.",
            )


digests.reader(Control)(read_fields)


class Lead:
    """A control in one run: its network lent, and what is the same for all steps computed once."""

    def __init__(self, control: Control, model: Any, batch: int) -> None:
        """Raises LoomError as the network does for a hint that it can't read."""
        import torch

        self.control, self.model = control, model
        parameter = next(model.parameters())
        hint = control.hint.to(parameter)
        if hint.shape[0] not in (1, batch):
            raise LoomError(
                f"There are {hint.shape[0]} hints for {batch} pictures.",
                field="controls",
                remedy="Give one hint, or one for each picture.",
            )
        hint = hint.expand(batch, -1, -1, -1)
        with torch.no_grad():
            if isinstance(control.net, T2IAdapter):
                self.states = [control.scale * state for state in model(hint)]
            else:
                self.features = model.embed_hint(hint)

    def acts(self, i: int, steps: int) -> bool:
        """Whether it leads step `i` of `steps`."""
        return i / steps >= self.control.start and (i + 1) / steps <= self.control.end

    def extra(
        self,
        sample: torch.Tensor,
        time: Time,
        context: Any,
        added: Any,
        names: Sequence[str],
    ) -> dict[str, list[torch.Tensor]]:
        """Arguments of the UNet for a batch of all `names`, one after the other."""
        if isinstance(self.control.net, T2IAdapter):
            states = [state.repeat(len(names), 1, 1, 1) for state in self.states]
            return {"adapter_states": states}
        found = self.model.residuals(
            sample,
            time(self.model),
            context,
            self.features.repeat(len(names), 1, 1, 1),
            scale=self.control.scale,
            guess=self.control.guess,
            added=added,
        )
        if self.control.guess:
            each = len(sample) // len(names)
            kept = [float(name == POSITIVE) for name in names for _ in range(each)]
            rows = found.mid.new_tensor(kept).view(-1, 1, 1, 1)
            return {
                "down_residuals": [residual * rows for residual in found.down],
                "mid_residual": [found.mid * rows],
            }
        return {"down_residuals": list(found.down), "mid_residual": [found.mid]}


def together(
    leads: Sequence[Lead],
    sample: torch.Tensor,
    time: Time,
    context: Any,
    added: Any,
    names: Sequence[str],
) -> dict[str, Any]:
    """What all `leads` add, summed, as arguments of the UNet.

    `time` gives a network what it is told of the step: the timestep, or its embeddings of all.
    """
    total: dict[str, list[torch.Tensor]] = {}
    for lead in leads:
        for name, tensors in lead.extra(sample, time, context, added, names).items():
            before = total.get(name)
            total[name] = (
                [a + b for a, b in zip(before, tensors, strict=True)] if before else tensors
            )
    mid = total.pop("mid_residual", None)
    return {**total, **({"mid_residual": mid[0]} if mid else {})}
