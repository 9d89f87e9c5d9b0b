"""Models larger than their memory: each part of the weights is there just while it computes.

The weights stay in their file's map. Before a part of the module runs, its weights are brought in,
and those of the part that ran after it the last time are sent for; when it is done they are let go.
The numbers are the same to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from engine.diffusion.weights.mapped import release, send_for
from engine.graph.errors import LoomError
from engine.runtime.packing import drop
from engine.runtime.transfer import Transfer

ALIGNMENT = 256  # bytes: what kernels like weights to begin at
TINY = 1 << 14  # numbers of a weight that stays: biases, norms, convolutions that are not packed
SMALL = 1 << 18  # parts below this stay: they save nothing


@dataclass(frozen=True)
class Weight:
    """A parameter, and its numbers as they lie in the computer's memory or a file's map."""

    parameter: nn.Parameter
    stored: Tensor


@dataclass(eq=False)
class Unit:
    """A part of a module whose weights come and go together; `size` is in bytes on the device."""

    module: nn.Module
    weights: Sequence[Weight]
    size: int = field(init=False)

    def __post_init__(self) -> None:
        self.size = sum(padded(weight.parameter) for weight in self.weights)


class Carrier(Protocol):
    """Brings the weights of units and lets them go.

    `readable` says whether they can still be read after that, as gradients do.
    """

    readable: bool

    def begin(self, unit: Unit) -> None:
        """Begin to bring in what will be needed next; may do nothing where there is no room."""
        ...

    def bring(self, unit: Unit) -> None:
        """The unit is about to compute: its weights are there for what is computed from now on."""
        ...

    def let_go(self, unit: Unit) -> None:
        """The unit has computed."""
        ...


class Pages:
    """Weights used where their file is mapped: let go, they take no memory until read again."""

    readable = True

    def begin(self, unit: Unit) -> None:
        """Have the system read ahead."""
        for weight in unit.weights:
            send_for(weight.stored)

    def bring(self, unit: Unit) -> None:
        """They are read as they are used."""

    def let_go(self, unit: Unit) -> None:
        """Drop the pages."""
        for weight in unit.weights:
            weight.parameter.data = weight.stored
            release(weight.stored)


@dataclass(eq=False)
class _Slot:
    """Room on the device for one unit. `mark` is behind the last computing that read it."""

    memory: Tensor
    unit: Unit | None = None
    mark: Any = None
    busy: bool = False


class Slots:
    """Two places on the device, as large as the largest unit: one is read while the other fills.

    A unit that is away has weights of the right shape and dtype that are all NaN and take no
    memory, so that reading them out of turn can't go unseen.
    """

    readable = False

    def __init__(self, units: Iterable[Unit], device: torch.device, transfer: Transfer) -> None:
        units = list(units)
        largest = max(unit.size for unit in units)
        self._transfer = transfer
        self._slots = [
            _Slot(torch.empty(largest, dtype=torch.uint8, device=device)) for _ in range(2)
        ]
        for slot in self._slots:  # whatever had this memory before
            slot.mark = transfer.mark()
        for unit in units:
            _send_away(unit, device)

    def begin(self, unit: Unit) -> None:
        """Fill the place that nobody reads."""
        if self._holding(unit) is None and (slot := self._idle()):
            self._fill(slot, unit)

    def bring(self, unit: Unit) -> None:
        """Let the weights be views of their place."""
        slot = self._holding(unit)
        if slot is None:
            slot = self._idle()
            assert slot is not None, "parts of a module compute one at a time"
            self._fill(slot, unit)
        slot.busy = True
        self._transfer.wait()
        for weight, place in _places(unit, slot.memory):
            weight.parameter.data = place

    def let_go(self, unit: Unit) -> None:
        """Free the place once what was asked to be computed is computed."""
        slot = self._holding(unit)
        if slot is not None and slot.busy:
            slot.mark, slot.busy = self._transfer.mark(), False
            _send_away(unit, slot.memory.device)

    def _holding(self, unit: Unit) -> _Slot | None:
        return next((slot for slot in self._slots if slot.unit is unit), None)

    def _idle(self) -> _Slot | None:
        return next((slot for slot in self._slots if not slot.busy), None)

    def _fill(self, slot: _Slot, unit: Unit) -> None:
        slot.unit = unit
        if slot.mark is not None:
            self._transfer.after(slot.mark)
        for weight, place in _places(unit, slot.memory):
            self._transfer.copy(place, weight.stored)
            release(weight.stored)


class Streaming:
    """A module whose units come and go through a carrier, until `close`.

    A layer of a unit that is called from elsewhere brings its unit in too.
    """

    def __init__(self, units: Sequence[Unit], carrier: Carrier) -> None:
        self._carrier = carrier
        # Which unit comes after which: first a guess, then what was seen.
        self._after = dict(zip(units, (*units[1:], units[0]), strict=True))
        self._last: Unit | None = None
        self._depth = dict.fromkeys(units, 0)
        self._handles: list[Any] = []
        for unit in units:
            before, behind = partial(self._before, unit), partial(self._behind, unit)
            for layer in unit.module.modules():
                if layer is unit.module or any(True for _ in layer.parameters(recurse=False)):
                    self._handles.append(layer.register_forward_pre_hook(before))
                    self._handles.append(layer.register_forward_hook(behind, always_call=True))

    def close(self) -> None:
        """Take the hooks off."""
        for handle in self._handles:
            handle.remove()

    def _before(self, unit: Unit, *_: Any) -> None:
        self._depth[unit] += 1
        if self._depth[unit] > 1:
            return
        if torch.is_grad_enabled() and not self._carrier.readable:
            raise LoomError(
                "Gradients are asked for through a model that is streamed, because it is larger "
                "than its memory.",
                remedy="Raise the budget that --vram or --ram sets, or leave out the hook that "
                "follows gradients.",
            )
        if self._last is not None:
            self._after[self._last] = unit
        self._last = unit
        with torch.inference_mode(False):
            self._carrier.bring(unit)
            self._carrier.begin(self._after[unit])

    def _behind(self, unit: Unit, *_: Any) -> None:
        self._depth[unit] -= 1
        if self._depth[unit] == 0:
            drop(unit.module)
            with torch.inference_mode(False):
                self._carrier.let_go(unit)


def units_of(module: nn.Module, stored: dict[nn.Parameter, Tensor], most: int) -> list[Unit]:
    """The parts of a module that can come and go: the largest of at most `most` bytes.

    What is small, or belongs to several parts, or to a part that is too large by weights of its
    own, is in none of them.
    """
    owners: dict[nn.Parameter, int] = {}
    for _, part in module.named_modules(remove_duplicate=False):
        for parameter in part.parameters(recurse=False):
            owners[parameter] = owners.get(parameter, 0) + 1
    return list(_units(module, stored, owners, most))


def _units(
    part: nn.Module, stored: dict[nn.Parameter, Tensor], owners: dict[nn.Parameter, int], most: int
) -> Iterator[Unit]:
    parameters = [p for p in part.parameters() if owners[p] == 1 and p.numel() >= TINY]
    unit = Unit(part, [Weight(p, stored[p]) for p in parameters])
    callable_whole = not isinstance(part, nn.ModuleList | nn.ModuleDict)
    children = list(part.children())
    if callable_whole and (unit.size <= most or not children):
        if unit.size >= SMALL:
            yield unit
        return
    for child in children:
        yield from _units(child, stored, owners, most)


def padded(parameter: Tensor) -> int:
    """Bytes that a weight takes in a slot."""
    return math.ceil(parameter.numel() * parameter.itemsize / ALIGNMENT) * ALIGNMENT


def _places(unit: Unit, memory: Tensor) -> Iterator[tuple[Weight, Tensor]]:
    start = 0
    for weight in unit.weights:
        parameter = weight.parameter
        end = start + parameter.numel() * parameter.itemsize
        yield weight, memory[start:end].view(parameter.dtype).view(parameter.shape)
        start += padded(parameter)


def _send_away(unit: Unit, device: torch.device) -> None:
    for weight in unit.weights:
        parameter = weight.parameter
        nothing = torch.full((), math.nan, dtype=parameter.dtype, device=device)
        parameter.data = nothing.expand(parameter.shape)
