"""Modules laid out without memory, and their places filled tensor by tensor.

Nothing is drawn at random only to be overwritten, and no weight is in memory twice: a tensor that
has the right type is used where its file is mapped, any other is converted and let go before the
next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from engine.diffusion.weights.filling import fill
from engine.diffusion.weights.mapped import release
from engine.graph.errors import LoomError

M = TypeVar("M", bound=nn.Module)
# How many tensors an error lists by name.
SHOWN = 5
# Where the functions are that draw first weights; transformers puts its own in place of torch's.
INITIALISERS = ("torch.nn.init", "transformers.initialization")


class _WithoutWeights(TorchFunctionMode):
    """While it is on, for its thread alone, what layers make for their weights takes no memory.

    Layers ask for weights with `torch.empty`, and what would fill them does nothing. Buffers are
    computed with other functions, and so are real.
    """

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if func is torch.empty:
            kwargs["device"] = "meta"
        if getattr(func, "__module__", "") in INITIALISERS:
            tensor = kwargs["tensor"] if "tensor" in kwargs else args[0]
            if tensor.is_meta:
                return tensor
        return func(*args, **kwargs)


def laid_out(make: Callable[[], M]) -> M:
    """The module that `make` makes, its weights without memory, for `assign` to fill."""
    with _WithoutWeights():
        return make()


def assign(
    model: nn.Module,
    weights: Iterable[tuple[str, torch.Tensor]],
    dtype: torch.dtype | Callable[[str], torch.dtype] | None,
    source: str,
    *,
    device: str = "cpu",
    optional: Callable[[str], bool] = lambda name: False,
) -> None:
    """Put `weights` in their places on `device`, those in floating point as `dtype`.

    `dtype` can be a function of the name; with None each keeps its own. Names for which `optional`
    holds may be left over. Of a weight that has several names one is enough. Raises LoomError,
    which calls the file or folder `source`, listing the tensors that are missing, unexpected or of
    another shape.
    """
    places = model.state_dict(keep_vars=True)
    empty: dict[int, list[str]] = {}  # names of each place, which may have several
    for name, place in places.items():
        empty.setdefault(id(place), []).append(name)
    unexpected: list[str] = []
    misshaped: list[str] = []
    for name, tensor in weights:
        place = places.get(name)
        if place is None:
            if not optional(name):
                unexpected.append(name)
            continue
        names = empty.pop(id(place), [])
        if place.shape != tensor.shape:
            misshaped.append(_misshaped(name, tensor.shape, place.shape))
        elif names:
            _put(model, names, _converted(tensor, _wanted(dtype, name, tensor), device))
    missing = [names[0] for names in empty.values()]
    refuse_mismatch(type(model).__name__, source, missing, unexpected, misshaped)
    if device != "cpu":
        model.to(device)  # buffers that no file has


def _wanted(
    dtype: torch.dtype | Callable[[str], torch.dtype] | None, name: str, tensor: torch.Tensor
) -> torch.dtype:
    if dtype is None or not tensor.is_floating_point():
        return tensor.dtype
    return dtype if isinstance(dtype, torch.dtype) else dtype(name)


def _converted(tensor: torch.Tensor, dtype: torch.dtype, device: str) -> torch.Tensor:
    """`tensor` itself where it is as it should be; else what was made of it, and it is let go."""
    if device == "cpu" and tensor.dtype != dtype:
        value = torch.empty(tensor.shape, dtype=dtype)
        fill(value, tensor)
    else:
        value = tensor.to(device, dtype).contiguous()
    if value is not tensor:
        release(tensor)
    return value


def _put(model: nn.Module, names: Iterable[str], value: torch.Tensor) -> None:
    """Let `value` be the parameter or buffer of these names."""
    parameter = nn.Parameter(value, requires_grad=False)
    for name in names:
        owner_name, _, attribute = name.rpartition(".")
        owner = model.get_submodule(owner_name)
        if isinstance(getattr(owner, attribute), nn.Parameter):
            owner.register_parameter(attribute, parameter)
        else:
            owner.register_buffer(attribute, value)


def refuse_mismatch(
    class_name: str,
    source: str,
    missing: Sequence[str],
    unexpected: Sequence[str],
    misshaped: Sequence[str],
) -> None:
    """Raise LoomError if any list has an entry; the message names the first few of each."""
    found = {
        "missing": missing,
        "not known to the model": unexpected,
        "of another shape": misshaped,
    }
    parts = [f"{len(names)} {what} ({_some(names)})" for what, names in found.items() if names]
    if parts:
        raise LoomError(
            f"The weights in {source} don't fit the {class_name} that its config describes: "
            f"tensors {'; '.join(parts)}.",
            remedy="Use the config that belongs to these weights.",
        )


def _misshaped(name: str, found: Sequence[int], expected: Sequence[int]) -> str:
    there, here = ("×".join(map(str, shape)) or "one number" for shape in (found, expected))
    return f"{name} is {there} where {here} belongs"


def _some(names: Sequence[str]) -> str:
    rest = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")
