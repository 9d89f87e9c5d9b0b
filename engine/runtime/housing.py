"""A model whose weights lie in a file's map, and come to the device and go again.

Weights never change, so letting them go copies nothing back.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from engine.diffusion.values import ModelRef
from engine.diffusion.weights.find import component as find_component
from engine.diffusion.weights.load import OURS, THEIRS, dtype_there, load, load_component, suited
from engine.diffusion.weights.mapped import release
from engine.runtime.device import compiles
from engine.runtime.packing import forget, pack, packable
from engine.runtime.placement import AUTOENCODERS
from engine.runtime.streaming import Carrier, Pages, Slots, Streaming, units_of
from engine.runtime.transfer import Transfer, transfer_to

State = Literal["away", "resident", "streamed"]
# A slot takes at most this share of the memory that a streamed model may have.
SLOT_SHARE = 8
LEAST_SLOT = 4 << 20


class Housed:
    """A module with its weights on the CPU as their files have them, to be used on `device`.

    `dtype` is what its floating point numbers become there, or says so by name. Its state is
    "away" (nothing but the file's map), "resident", or "streamed" (each part is there while it
    computes). `size` is what its weights take on the device when all are there. `can_stream` is
    said of models whose layers are all called as modules. One thread at a time may move it.
    """

    def __init__(
        self,
        module: nn.Module,
        device: torch.device,
        dtype: torch.dtype | Callable[[str], torch.dtype],
        transfer: Transfer | None = None,
        can_stream: bool = True,
    ) -> None:
        self.module = module
        self.can_stream = can_stream
        self.device = device
        self.state: State = "away"
        self._stored: dict[nn.Parameter, Tensor] = {p: p.data for p in module.parameters()}
        wanted = dtype if callable(dtype) else lambda _: dtype
        self._dtypes = {
            parameter: wanted(name) if parameter.is_floating_point() else parameter.dtype
            for name, parameter in module.named_parameters()
        }
        self._streaming: Streaming | None = None
        self._transfer = transfer or transfer_to(device)
        self.size = sum(map(self._size_of, self._stored))
        if device.type != "cpu":
            for buffer in module.buffers():
                buffer.data = buffer.data.to(device)

    @property
    def in_place(self) -> bool:
        """Whether the weights are used where their file is mapped."""
        return self.device.type == "cpu" and all(
            tensor.dtype == self._dtypes[p] for p, tensor in self._stored.items()
        )

    def bring(self) -> None:
        """All weights to the device; torch.OutOfMemoryError leaves the model away."""
        if self.state == "resident":
            return
        if self.state == "streamed":
            self.let_go()
        try:
            with torch.inference_mode(False):
                later = self._made_when_packed()
                for parameter, stored in self._stored.items():
                    if parameter not in later:
                        self._settle(parameter, stored)
            self._transfer.wait()
        except BaseException:
            self.let_go()
            raise
        if self.device.type == "cpu":
            pack(self.module, later)
        elif compiles(self.device.type):
            from engine.runtime.compilation import compile_blocks  # it imports torch's compiler

            compile_blocks(self.module)
        self.state = "resident"

    def stream(self, memory: int) -> int:
        """Each part while it computes, its places within `memory` bytes where its layers allow it.

        Returns the bytes that are on the device all the time.
        """
        self.let_go()
        if not self.in_place:
            self._empty()
        most = max(LEAST_SLOT, memory // SLOT_SHARE)
        units = units_of(self.module, self._stored, most)
        moving = {weight.parameter for unit in units for weight in unit.weights}
        with torch.inference_mode(False):
            for parameter, stored in self._stored.items():
                if parameter not in moving:
                    self._settle(parameter, stored)
            if self.device.type == "cpu":
                pack(self.module)
                units = units_of(self.module, self._stored, most)  # with the layers that pack
            if units:
                carrier: Carrier = (
                    Pages() if self.in_place else Slots(units, self.device, self._transfer)
                )
                self._streaming = Streaming(units, carrier)
        self._transfer.wait()
        self.state = "streamed"
        staying = sum(self._size_of(p) for p in self._stored if p not in moving)
        return staying + 2 * max((unit.size for unit in units), default=0)

    def let_go(self) -> None:
        """No weights on the device, and none of the file's pages in memory."""
        self._transfer.wait()  # nothing may be on its way to memory that is let go
        if self._streaming:
            self._streaming.close()
            self._streaming = None
        forget(self.module)
        for parameter, stored in self._stored.items():
            parameter.data = stored
            release(stored)
        self.state = "away"

    def _empty(self) -> None:
        """Give the weights the dtype and device that they will have, and no numbers."""
        for parameter, stored in self._stored.items():
            shape = torch.empty((), dtype=self._dtypes[parameter], device=self.device)
            parameter.data = shape.expand(stored.shape)

    def _made_when_packed(self) -> dict[nn.Parameter, Tensor]:
        """What those weights are made of that are converted, and packed, when first used."""
        if self.device.type != "cpu" or self.in_place:
            return {}
        self._empty()
        stored = {p: self._stored[p] for p in packable(self.module)}
        return {p: tensor for p, tensor in stored.items() if tensor.dtype != self._dtypes[p]}

    def _settle(self, parameter: nn.Parameter, stored: Tensor) -> None:
        dtype = self._dtypes[parameter]
        if self.device.type == "cpu" and stored.dtype == dtype:
            parameter.data = stored
            return
        here = torch.empty(stored.shape, dtype=dtype, device=self.device)
        self._transfer.after(self._transfer.mark())  # whatever had this memory before
        self._transfer.copy(here, stored)
        release(stored)
        parameter.data = here

    def _size_of(self, parameter: nn.Parameter) -> int:
        return parameter.numel() * self._dtypes[parameter].itemsize


def house(ref: ModelRef, device: str) -> Any:
    """What a handle stands for: a Housed where its weights are as their file has them.

    With patches it is the loaded module itself; of a tokenizer, the tokenizer. Raises LoomError as
    `load` does.
    """
    name = ref.class_name
    if ref.patches or name not in (*OURS, *THEIRS):
        model = load(ref, device)
        if device == "cpu":
            pack(model)
        return model
    component = find_component(Path(ref.folder), ref.subfolder, ref.variant)
    dtype = getattr(torch, ref.dtype or "float32")
    module = load_component(component, None)
    wanted = dtype_there(module, dtype) if name in THEIRS else suited(dtype, component.config())
    return Housed(module, torch.device(device), wanted, can_stream=name not in AUTOENCODERS)
