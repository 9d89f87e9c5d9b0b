"""Counting the bytes of tensors that are alive, on any device, without asking its allocator.

What a model takes beside its weights is found by calling a copy that has shapes and no numbers
(torch's meta device): the same layers run, tensors are made and let go, and only their sizes are
added up. What kernels use inside themselves is not seen.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class LiveBytes(TorchDispatchMode):
    """While it is on, counts the storages of tensors that are made in this thread on a device.

    `now` is what is alive of them, `peak` the most there has been. `limit`, where it is given, is
    what a device would have: torch.OutOfMemoryError is raised above it. Those of `given` are not
    counted.
    """

    def __init__(self, given: Iterable[Tensor] = (), limit: int = 0, device: str = "cpu") -> None:
        super().__init__()
        self.device = device
        self.now = 0
        self.peak = 0
        self.limit = limit
        self._alive: dict[int, weakref.ref[Any]] = {}
        self._given = {tensor.untyped_storage()._cdata for tensor in given}

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        found = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(found):
            # Packed weights have no storage.
            if isinstance(leaf, Tensor) and leaf.device.type == self.device and not leaf.is_mkldnn:
                self._count(leaf.untyped_storage())
        return found

    def _count(self, storage: torch.UntypedStorage) -> None:
        key, size = storage._cdata, storage.nbytes()
        if key in self._alive or key in self._given:
            return

        def freed(_: object) -> None:
            self._alive.pop(key, None)
            self.now -= size

        self._alive[key] = weakref.ref(storage, freed)
        self.now += size
        self.peak = max(self.peak, self.now)
        if self.limit and self.now > self.limit:
            raise torch.OutOfMemoryError(
                f"Tried to have {self.now} bytes alive, and {self.limit} is the limit."
            )


class FusedAttention(TorchFunctionMode):
    """While it is on, attention makes its result and nothing else, as fused kernels do."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if func is F.scaled_dot_product_attention:
            q, _, v = args[:3]
            return q.new_empty(*q.shape[:-1], v.shape[-1])
        return func(*args, **(kwargs or {}))
