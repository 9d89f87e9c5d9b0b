"""Weights laid out as the processor's matrix kernels read them.

oneDNN's kernels read weights in blocks. Torch keeps them in rows, so every call of a layer lays
them out anew; at the narrow end of a UNet, where weights are larger than what they are multiplied
with, that is more than half of the call. Here a layer does so once, at its first call. A
convolution's numbers are those of torch's own to the last bit, a linear layer's differ by the order
of a sum; neither depends on what the layer was given first. Convolutions give channels_last, in
which the pixels are a transformer's rows without being copied.
"""

from __future__ import annotations

import platform
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.diffusion.weights.filling import fill
from engine.diffusion.weights.mapped import release

# Smaller layers gain nothing, and a UNet's first convolution is often asked for its weight's dtype.
LEAST = {nn.Linear: 1 << 16, nn.Conv2d: 1 << 14}
# What a linear layer's layout is chosen for. It is the same for other numbers of rows.
ROWS = 512
# Kernels for pictures of fewer pixels may read another layout, and computing from the wrong one is
# twenty times as slow; within either class the layout is the same, or as fast.
SMALL = 16 * 16

_packing = threading.Lock()  # a model may be lent to several threads


def can_pack(dtype: torch.dtype) -> bool:
    """Whether this machine and this torch have the kernels for weights of `dtype`."""
    if platform.machine() not in ("x86_64", "AMD64") or not torch.backends.mkldnn.is_available():
        return False
    if dtype is torch.bfloat16:
        return torch.ops.mkldnn._is_mkldnn_bf16_supported()
    return dtype is torch.float32


def pack(model: Any, sources: Mapping[nn.Parameter, Tensor] | None = None) -> None:
    """Put packed layers in the place of a model's linear layers and convolutions, in place.

    For models on the CPU whose weights are final. Names of weights stay; see `Packed` for what
    happens when something asks for them. Layers that share a weight, small ones, and those that
    are more than torch's own stay as they are. Does nothing where there are no kernels for it.

    Weights in `sources`, which are of `packable`, have no numbers yet: they are made of these, in
    the dtype that they have, when their layer is packed.
    """
    if not isinstance(model, nn.Module):
        return
    sources = sources or {}
    for owner, name, layer in _layers(model):
        if isinstance(layer, Packed):
            layer.packs = True
        elif _is_plain(layer):
            kind = PackedLinear if type(layer) is nn.Linear else PackedConv2d
            layer = kind(layer)
            setattr(owner, name, layer)
        elif type(layer) is nn.Conv2d and not _suits(layer):
            _in_channels_last(layer)
        if isinstance(layer, Packed) and (source := sources.get(layer.held)) is not None:
            layer.make_of(source)


def packable(model: nn.Module) -> set[nn.Parameter]:
    """The weights that `pack` packs; it asks for shapes and dtypes alone."""
    found: set[nn.Parameter] = set()
    for _, _, layer in _layers(model):
        if isinstance(layer, Packed):
            found.add(layer.held)
        elif _is_plain(layer):
            assert isinstance(layer.weight, nn.Parameter)
            found.add(layer.weight)
    return found


def _layers(
    model: nn.Module,
) -> Iterator[tuple[nn.Module, str, Packed | nn.Linear | nn.Conv2d]]:
    """Packed layers, and those that might be, each with its owner and its name there."""
    shared = _shared(model)
    for owner in list(model.modules()):
        for name, layer in list(owner.named_children()):
            if isinstance(layer, Packed) or (
                isinstance(layer, nn.Linear | nn.Conv2d) and id(layer.weight) not in shared
            ):
                yield owner, name, layer


def forget(model: nn.Module) -> None:
    """Let go of what a model's layers packed; their weights are about to be set or moved."""
    for layer in model.modules():
        if isinstance(layer, Packed):
            layer.forget()


def drop(module: nn.Module) -> None:
    """Let go of what layers packed; they pack again when their weights are there the next time."""
    for layer in module.modules():
        if isinstance(layer, Packed):
            layer.drop()


def _is_plain(layer: nn.Module) -> bool:
    """Whether a layer is torch's own, large, and one that the kernels compute."""
    if type(layer) is nn.Linear:
        fits = layer.weight.numel() >= LEAST[nn.Linear]
    else:
        fits = type(layer) is nn.Conv2d and _suits(layer)
    weight = layer.weight
    assert isinstance(weight, Tensor)
    return fits and weight.device.type == "cpu" and can_pack(weight.dtype)


def _in_channels_last(layer: nn.Conv2d) -> None:
    """Have a convolution that stays give its result in channels_last: as its weight lies."""
    if layer.weight.device.type == "cpu" and can_pack(layer.weight.dtype):
        with torch.inference_mode(False), torch.no_grad():
            layer.weight.data = layer.weight.contiguous(memory_format=torch.channels_last)


def _suits(layer: nn.Conv2d) -> bool:
    """Whether a convolution is one that the kernels compute."""
    plain = layer.groups == 1 and layer.padding_mode == "zeros"
    return plain and not isinstance(layer.padding, str) and layer.weight.numel() >= LEAST[nn.Conv2d]


def _shared(model: nn.Module) -> set[int]:
    seen: set[int] = set()
    twice: set[int] = set()
    for module in model.modules():
        for parameter in module._parameters.values():
            (twice if id(parameter) in seen else seen).add(id(parameter))
    return twice


class Packed(nn.Module, ABC):
    """A layer that packs its weight at its first call, and lets go of the one in rows.

    From then on a stand-in is in the weight's place, which has its shape and type, takes no memory
    and is NaN throughout. Whatever asks for the weight itself, or calls the layer with gradients,
    gets it back exactly as it was; the layer is then an ordinary one until `pack` says otherwise. A
    weight that is given other data is packed anew. With `make_of` the stand-in is there from the
    beginning: the weight is converted when it is packed, and never there in rows as a whole model.
    """

    bias: Tensor | None

    def __init__(self, layer: nn.Linear | nn.Conv2d) -> None:
        nn.Module.__init__(self)
        vars(self).update(vars(layer))  # its settings, hooks and parameters
        self.packs = True
        self._packed: Tensor | None = None
        self._source: Tensor | None = None
        self._stand_in = 0  # its address
        self._class = ""

    @property
    def weight(self) -> nn.Parameter:
        """The weight in rows."""
        self._unpack()
        return self.held

    @property
    def held(self) -> nn.Parameter:
        """What is in the weight's place: the weight, or its stand-in."""
        found = self._parameters["weight"]
        assert found is not None
        return found

    def forget(self) -> None:
        """Let go of what was packed, and be an ordinary layer, whose weight is yet to be set."""
        with _packing:
            self.packs, self._packed, self._source = False, None, None

    def make_of(self, source: Tensor) -> None:
        """Make the weight of `source`, in the dtype it has now, once the layer packs it."""
        with _packing, torch.inference_mode(False):
            self._packed, self._source = None, source
            self._put_stand_in()

    def drop(self) -> None:
        """Let go of what was packed; the weight is given other data before the next call."""
        with _packing:
            self._packed, self._source = None, None

    @abstractmethod
    def _layout(self, weight: Tensor, x: Tensor) -> Tensor:
        """`weight` as the kernels read it for inputs like `x`."""

    def _class_of(self, x: Tensor) -> str:
        """What inputs the layout for `x` is good for."""
        return ""

    def _kernel_weight(self, x: Tensor) -> Tensor | None:
        """The packed weight for an input, or None where an ordinary layer must compute it."""
        rows = self.held
        if not self.packs or x.dtype != rows.dtype or x.numel() == 0:
            return None
        if torch.is_grad_enabled() and (x.requires_grad or rows.requires_grad):
            return None
        if torch.is_autocast_enabled("cpu") or torch.compiler.is_compiling():
            return None
        fits = self._class == self._class_of(x)
        if self._packed is None or not fits or rows.data_ptr() != self._stand_in:
            return self._pack(x)
        return self._packed

    def _pack(self, x: Tensor) -> Tensor | None:
        """Pack the weight for inputs like `x`; what it was packed for before is given up."""
        with _packing, torch.inference_mode(False), torch.no_grad():
            rows, wanted = self.held, self._class_of(x)
            if not self.packs:
                return None
            there = self._packed is not None and rows.data_ptr() == self._stand_in
            if there and self._class == wanted:
                return self._packed
            dense = self._dense()
            self._packed, self._class = self._layout(dense, x), wanted
            self._put_stand_in()
            release(dense)
            return self._packed

    def _unpack(self) -> None:
        with _packing, torch.inference_mode(False), torch.no_grad():
            if self.held.data_ptr() == self._stand_in:
                self.held.data = self._dense()
            self.packs, self._packed, self._source = False, None, None

    def _dense(self) -> Tensor:
        """The weight in rows: as it lies there, or out of what was packed, or of its source."""
        rows = self.held
        if rows.data_ptr() != self._stand_in:
            return rows.data
        if self._packed is not None:
            return self._packed.to_dense().view(rows.shape)
        if self._source is None:
            return rows.data
        made = torch.empty(rows.shape, dtype=rows.dtype)
        fill(made, self._source)
        return made

    def _put_stand_in(self) -> None:
        nan = torch.full((1,), torch.nan, dtype=self.held.dtype)
        self.held.data = nan.expand(self.held.shape)
        self._stand_in = nan.data_ptr()

    def _apply(self, fn: Any, recurse: bool = True) -> Any:
        self._unpack()
        return super()._apply(fn, recurse)

    def _save_to_state_dict(self, *args: Any, **kwargs: Any) -> None:
        self._unpack()
        super()._save_to_state_dict(*args, **kwargs)

    def _load_from_state_dict(self, *args: Any, **kwargs: Any) -> None:
        self._unpack()
        super()._load_from_state_dict(*args, **kwargs)


class PackedLinear(Packed, nn.Linear):  # pyright: ignore[reportIncompatibleVariableOverride]
    """A linear layer with a packed weight."""

    def forward(self, input: Tensor) -> Tensor:
        weight = self._kernel_weight(input)
        if weight is None:
            return F.linear(input, self.weight, self.bias)
        return torch.ops.mkldnn._linear_pointwise(input, weight, self.bias, "none", [], "")

    def _layout(self, weight: Tensor, x: Tensor) -> Tensor:
        return torch.ops.mkldnn._reorder_linear_weight(weight.contiguous(), ROWS)


class PackedConv2d(Packed, nn.Conv2d):  # pyright: ignore[reportIncompatibleVariableOverride]
    """A convolution with a packed weight; what it gives is in channels_last.

    One of single pixels is a linear layer over them, whose layout suits pictures of any size.
    """

    def forward(self, input: Tensor) -> Tensor:
        weight = self._kernel_weight(input) if self.padding_mode == "zeros" else None
        if weight is None:
            return self._conv_forward(input, self.weight, self.bias)
        input = input.contiguous(memory_format=torch.channels_last)
        if self._of_pixels:
            pixels = input.permute(0, 2, 3, 1)  # (B, H, W, C)
            out = torch.ops.mkldnn._linear_pointwise(pixels, weight, self.bias, "none", [], "")
            return out.permute(0, 3, 1, 2)
        shape = self.padding, self.stride, self.dilation, self.groups
        return torch.ops.mkldnn._convolution_pointwise(
            input, weight, self.bias, *shape, "none", [], ""
        )

    @property
    def _of_pixels(self) -> bool:
        return (self.kernel_size, self.stride, self.padding) == ((1, 1), (1, 1), (0, 0))

    def _layout(self, weight: Tensor, x: Tensor) -> Tensor:
        if self._of_pixels:
            return torch.ops.mkldnn._reorder_linear_weight(weight.flatten(1).contiguous(), ROWS)
        shape = self.padding, self.stride, self.dilation, self.groups
        return torch.ops.mkldnn._reorder_convolution_weight(weight, *shape, list(x.shape))

    def _class_of(self, x: Tensor) -> str:
        if self._of_pixels:
            return ""
        return "small" if x.shape[-2] * x.shape[-1] < SMALL else "large"
